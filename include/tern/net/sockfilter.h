/* SPDX-License-Identifier: GPL-2.0-only */
/* Filters that programs attach to sockets (classic BPF). Owner net/core/sockfilter.c. */
#pragma once

#include <tern/net/netsock.h>

struct pktbuf;

/**
 * sockfilter_run() - how many bytes of a packet a socket takes; 0: none of it
 * @off: where the packet begins for the filter, from pb->data; may be negative
 * Context: RCU read section.
 */
u32 sockfilter_run_slow(const struct netsock *s, const struct pktbuf *pb, s32 off);
static inline u32 sockfilter_run(const struct netsock *s, const struct pktbuf *pb, s32 off)
{
	return likely(!READ_ONCE(s->filter)) ? U32_MAX : sockfilter_run_slow(s, pb, off);
}
/** sockfilter_run_bytes() - the same for a packet of @n bytes in one piece, as netlink's. */
u32 sockfilter_run_bytes(const struct netsock *s, const void *data, u32 n);
/** sockfilter_set() - SO_ATTACH_FILTER, SO_DETACH_FILTER, SO_LOCK_FILTER; 0 or -errno. */
int sockfilter_set(struct netsock *s, int name, const void *val, u32 len);
/** sockfilter_drop() - at the end of a socket. */
void sockfilter_drop(struct netsock *s);
