/* SPDX-License-Identifier: GPL-2.0-only */
/* Where IP asks the packet filter. Owner net/nft/nft.c. */
#pragma once

#include <tern/net/netif.h>
#include <uapi/nftables.h>

/* ---- what the filter asks IP; net/ip/filter.c ---- */
/** filter_find_transport() - protocol, and offset of its header from the network header; false: none here. */
bool filter_find_transport(const struct pktbuf *pb, u8 *protocol, u32 *off);
/** filter_refuse() - an ICMP error about @pb; @is_common: @code is one of nft's for both versions. */
void filter_refuse(struct netns *ns, u8 hook, struct pktbuf *pb, bool is_common, u8 code);
/** filter_reset() - a TCP reset for @pb, whose TCP header would be at @off. */
void filter_reset(struct netns *ns, struct pktbuf *pb, u32 off);
/** filter_log() - a line about @pb in the kernel's log. */
void filter_log(const char *prefix, const struct netif *in, const struct netif *out, const struct pktbuf *pb);

/* ---- what IP asks the filter ---- */
bool filter_run(struct netns *ns, enum nfhook hook, const struct netif *in, const struct netif *out, struct pktbuf *pb);

/**
 * filter_pass() - may a packet go on; data at its network header, pb->net set. False: it is
 * freed. RCU, bottom halves off.
 */
static inline bool filter_pass(struct netns *ns, enum nfhook hook, const struct netif *in, const struct netif *out,
			       struct pktbuf *pb)
{
	return likely(!READ_ONCE(ns->filter)) || filter_run(ns, hook, in, out, pb);
}
