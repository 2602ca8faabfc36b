// SPDX-License-Identifier: GPL-2.0-only
/* IPv4's fragments: what of a header names a datagram, and the header of the whole. Theory in reasm.c. */
#include "ip6_impl.h"

#include <tern/kernel/clock.h>

static void expired(struct netns *ns, const struct pktbuf *first)
{
	ipstat_inc(ns, IPSTAT_REASM_TIMEOUT);
	ipstat_inc(ns, IPSTAT_REASM_FAILS);
	if (first)
		icmp4_error(ns, first, ICMP_TIME_EXCEEDED, 1, 0);
}

const struct reasm_ops ip4_reasm_ops = { .ttl = 30 * NSEC_PER_SEC, .expired = expired };

static struct pktbuf *join(struct list *pieces, u32 total)
{
	u32 hlen = ip4_hlen(pkt_ip4(list_first_entry(pieces, struct pktbuf, link)));
	struct pktbuf *pb;
	struct ip4_head *h;

	if (hlen + total > 65535) {
		pktbuf_purge(pieces);
		return NULL;
	}
	pb = reasm_join(pieces, hlen, total);
	if (pb) {
		h = pkt_ip4(pb);
		h->total_len = TO_BE16(hlen + total);
		h->frag_off = 0;
	}
	return pb;
}

struct pktbuf *ip4_reassemble(struct netns *ns, struct pktbuf *pb)
{
	const struct ip4_head *h = pkt_ip4(pb);
	struct reasm_key key = { .saddr = in6_map(h->saddr), .daddr = in6_map(h->daddr), .id = h->id,
				 .protocol = h->protocol };
	struct reasm_piece piece = { .off = (FROM_BE16(h->frag_off) & IP4_OFFMASK) * 8u, .skip = ip4_hlen(h),
				     .len = pb->len - ip4_hlen(h), .is_last = !(h->frag_off & TO_BE16(IP4_MF)) };
	struct pktbuf *whole = NULL;
	struct list pieces;
	int n;

	ipstat_inc(ns, IPSTAT_REASM_REQDS);
	n = reasm_add(&ns->ip4->reasm, ns, &key, &piece, pb, &pieces);
	if (n > 0)
		whole = join(&pieces, (u32)n);
	if (n)
		ipstat_inc(ns, whole ? IPSTAT_REASM_OKS : IPSTAT_REASM_FAILS);
	return whole;
}
