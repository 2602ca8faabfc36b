/* SPDX-License-Identifier: GPL-2.0-only */
/* TCP segments as they arrive: which belong together. Pure; owner net/core/groseg.c. */
#pragma once

#include <tern/net/byteorder.h>

/* A segment: IPv4 without options or IPv6 without extensions, whole; short frames have something behind it. */
struct groseg {
	u16 tcp, head;		/* bytes of the IP header, of both headers */
	u32 len;		/* bytes of data */
	u32 seq;		/* of its first byte */
	bool has_plain_head;	/* nothing behind it, ACK and nothing else but PSH: it can be part of a longer one */
	bool is_pushed;		/* PSH: nothing need be waited for */
};

/**
 * groseg_head_len() - bytes of the IP and TCP headers at @ip, of which @n bytes can be read
 * Return: 0 if it is no TCP, has IP options or extensions, or its headers are longer than @n.
 */
u32 groseg_head_len(const u8 *ip, u32 n);
/**
 * groseg_parse() - what the packet at @ip is; false: no TCP segment that could be joined or come between such
 * @n: bytes that can be read, both headers at least for true
 * @len: bytes of the packet
 */
bool groseg_parse(const u8 *ip, u32 n, u32 len, struct groseg *s);
/** groseg_hash() - of the flow of a parsed packet. */
u32 groseg_hash(const u8 *ip, const struct groseg *s);
/** groseg_is_same_flow() - addresses and ports of two parsed packets. */
bool groseg_is_same_flow(const u8 *a, const struct groseg *sa, const u8 *b, const struct groseg *sb);
/**
 * groseg_is_alike() - headers of one flow are equal but for lengths, sums, sequence and PSH, so that one of
 * them can stand for both
 * @nth: how many segments @b comes after @a: without DF its identity must be that much larger (RFC 6864)
 */
bool groseg_is_alike(const u8 *a, const u8 *b, const struct groseg *s, u32 nth);
