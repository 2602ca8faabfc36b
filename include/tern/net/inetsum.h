/* SPDX-License-Identifier: GPL-2.0-only */
/* The Internet checksum (RFC 1071). Pure; owner net/core/inetsum.c. */
#pragma once

#include <tern/net/byteorder.h>

/**
 * inetsum_add() - one's complement sum of @n bytes on top of @sum
 * @sum: running sum, not folded; 0 to begin with. A piece that is followed by
 *	another has even length.
 */
u64 inetsum_add(u64 sum, const void *data, size_t n);

/* To 16 bits; the value's byte order is that of the data. */
static inline u16 inetsum_fold(u64 sum)
{
	sum = (sum & U32_MAX) + (sum >> 32);
	sum = (sum & U32_MAX) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (u16)sum;
}

/* Sum of the pseudo header of TCP and UDP over IPv4. @len in host order. */
static inline u64 inetsum_pseudo4(be32 saddr, be32 daddr, u8 protocol, u32 len)
{
	return (u64)saddr + daddr + TO_BE16(protocol) + TO_BE16(len & 0xffff) + TO_BE16(len >> 16);
}
