// SPDX-License-Identifier: GPL-2.0-only
/*
 * IPv6's fragments, RFC 8200 4.5: what of the headers names a datagram, what senders are told, and the header
 * of the whole, which has no extensions. A fragment that is all of its datagram is taken alone (RFC 6946).
 * Theory in reasm.c.
 */
#include "ip6_impl.h"

#include <tern/kernel/clock.h>

static void expired(struct netns *ns, const struct pktbuf *first)
{
	ipstat_inc(ns, IP6STAT_REASM_TIMEOUT);
	ipstat_inc(ns, IP6STAT_REASM_FAILS);
	if (first)
		icmp6_error(ns, first, ICMP6_TIME_EXCEEDED, 1, 0);
}

const struct reasm_ops ip6_reasm_ops = { .ttl = 60 * NSEC_PER_SEC, .expired = expired };

/* The field that is wrong, as an offset from the IPv6 header; 0: none. */
static u32 wrong_field(const struct pktbuf *pb, const struct reasm_piece *piece)
{
	if (!piece->is_last && (piece->len & 7))
		return offsetof(struct ip6_head, len);
	if (piece->off + piece->len > 65535)
		return (u32)(pb->data - (u8 *)pkt_ip6(pb)) + (u32)offsetof(struct frag6_head, off);
	return 0;
}

static struct pktbuf *join(struct list *pieces, u32 total, u8 *next)
{
	const struct pktbuf *first = list_first_entry(pieces, struct pktbuf, link);
	struct pktbuf *pb;

	*next = ((const struct frag6_head *)first->data)->next;
	pb = reasm_join(pieces, sizeof(struct ip6_head), total);
	if (pb) {
		pkt_ip6(pb)->len = TO_BE16(total);
		pkt_ip6(pb)->next = *next;
		pktbuf_pull(pb, sizeof(struct ip6_head));
	}
	return pb;
}

struct pktbuf *ip6_reassemble(struct netns *ns, struct pktbuf *pb, u8 *next)
{
	const struct ip6_head *h = pkt_ip6(pb);
	struct reasm_piece piece = { .skip = sizeof(struct frag6_head) };
	struct reasm_key key = { .saddr = h->saddr, .daddr = h->daddr };
	const struct frag6_head *f;
	struct pktbuf *whole;
	struct list pieces;
	u32 wrong;
	int n;

	ipstat_inc(ns, IP6STAT_REASM_REQDS);
	if (!pktbuf_make_linear(pb, sizeof(*f))) {
		pktbuf_free(pb);
		return NULL;
	}
	f = (const struct frag6_head *)pb->data;
	if (!(f->off & TO_BE16(FRAG6_OFFSET | FRAG6_MORE))) {
		ipstat_inc(ns, IP6STAT_REASM_OKS);
		*next = f->next;
		pktbuf_pull(pb, sizeof(*f));
		return pb;
	}
	key.id = f->id;
	piece.off = FROM_BE16(f->off) & FRAG6_OFFSET;
	piece.len = pb->len - piece.skip;
	piece.is_last = !(f->off & TO_BE16(FRAG6_MORE));
	wrong = wrong_field(pb, &piece);
	if (wrong)
		icmp6_error(ns, pb, ICMP6_PARAM_PROB, 0, wrong);
	n = reasm_add(&ns->ip6->reasm, ns, &key, &piece, pb, &pieces);
	whole = n > 0 ? join(&pieces, (u32)n, next) : NULL;
	if (n)
		ipstat_inc(ns, whole ? IP6STAT_REASM_OKS : IP6STAT_REASM_FAILS);
	return whole;
}
