// SPDX-License-Identifier: GPL-2.0-only
/*
 * Translation of addresses: RFC 3022, 4787 (address and port dependent filtering, ports kept if free).
 *
 * A binding is the answering tuple of a flow that is not simply the one that began it turned round.
 * nat_bind() chooses it while the flow is still its first packet's own; nat_apply() rewrites every packet:
 * the destination where packets come in or are made, the source where they leave or are delivered. What a packet's
 * address becomes is read off the other direction's tuple, so that a second pass changes nothing.
 *
 * Checksums are corrected for what changed; those that a device will finish hold the sum of
 * addresses only. An ICMP error is rewritten outside and in the packet that it quotes.
 */
#include "track_impl.h"

#include <tern/kernel/random.h>
#include <tern/lib/string.h>
#include <tern/net/inetsum.h>

#define PORT_TRIES	512u

/* ---- choosing ---- */

/* Is the answer to @t free, beside @f itself which is in no table yet. */
static bool is_free(struct tracktable *tt, const struct cttuple *t)
{
	struct cttuple reply;

	return cttuple_invert(t, &reply) && !track_is_taken(tt, &reply);
}

/* The number that tells connections between the same hosts apart: a port, or the identifier of ICMP. */
static be16 *number_of(struct cttuple *t, enum nattype type)
{
	return type == NAT_SRC ? &t->sport : &t->dport;
}

static bool has_number(const struct cttuple *t, enum nattype type)
{
	return ctproto_has_ports(t->proto) ||
	       ((t->proto == IPPROTO_ICMP || t->proto == IPPROTO_ICMPV6) && type == NAT_SRC);
}

/*
 * An address of the range, whose ends may come from a packet: always the same for a pair of hosts, or for one
 * host if that was asked for.
 */
static void choose_address(struct tracktable *tt, struct cttuple *t, const struct natrange *r, enum nattype type)
{
	struct in6ip *a = type == NAT_SRC ? &t->src : &t->dst;
	u32 word = t->is_v6 ? 3 : 0;
	u32 low = FROM_BE32(r->min.w[word]), high = max(low, FROM_BE32(r->max.w[word]));
	u64 h;

	h = hash_combine(tt->secret, t->src.q[0] ^ t->src.q[1]);
	if (!(r->flags & NF_NAT_RANGE_PERSISTENT))
		h = hash_combine(h, t->dst.q[0] ^ t->dst.q[1]);
	*a = r->min;
	a->w[word] = TO_BE32(low + (u32)(h % ((u64)high - low + 1)));
}

/* Ports from which a free one is looked for; a well-known one stays one. */
static void port_range(const struct natrange *r, enum nattype type, const struct cttuple *t, u32 *low, u32 *n)
{
	u32 high = 65535, now = FROM_BE16(t->sport);

	*low = 1024;
	if (r && (r->flags & NF_NAT_RANGE_PROTO_SPECIFIED)) {
		*low = r->port_min;
		high = r->port_max;
	} else if (!ctproto_has_ports(t->proto)) {
		*low = 0;
	} else if (type == NAT_SRC && now < 1024) {
		*low = now < 512 ? 1 : 600;
		high = now < 512 ? 511 : 1023;
	}
	*n = high - *low + 1;
}

/* False: every number tried is taken. */
static bool choose_number(struct tracktable *tt, struct cttuple *t, const struct natrange *r, enum nattype type)
{
	u32 flags = r ? r->flags : 0, low, n, from;
	be16 *number = number_of(t, type);
	bool is_random = flags & (NF_NAT_RANGE_PROTO_RANDOM | NF_NAT_RANGE_PROTO_RANDOM_FULLY);
	u16 now = FROM_BE16(*number);
	bool fits = !(flags & NF_NAT_RANGE_PROTO_SPECIFIED) || (now >= r->port_min && now <= r->port_max);

	if (!has_number(t, type))
		return is_free(tt, t);
	if (fits && !is_random && is_free(tt, t))
		return true;
	if (type == NAT_DST && !(flags & NF_NAT_RANGE_PROTO_SPECIFIED))
		return is_free(tt, t);	/* the service is what it is */
	port_range(r, type, t, &low, &n);
	from = is_random || type == NAT_SRC ? (u32)random_below(n) : 0;
	for (u32 i = 0; i < min(n, PORT_TRIES); i++) {
		*number = TO_BE16(low + (from + i) % n);
		if (is_free(tt, t))
			return true;
	}
	return false;
}

bool nat_bind(struct ctflow *f, const struct natrange *r, enum nattype type)
{
	struct tracktable *tt = f->ns->track;
	struct cttuple now, t;

	if ((READ_ONCE(f->status) & IPS_CONFIRMED) || nat_is_bound(f, type))
		return true;
	if (!cttuple_invert(&f->dir[1].t, &now))
		return false;
	t = now;
	if (r && (r->flags & NF_NAT_RANGE_MAP_IPS))
		choose_address(tt, &t, r, type);
	if ((r || type == NAT_SRC) && !choose_number(tt, &t, r, type))
		return false;
	if (!cttuple_same(&t, &now)) {
		cttuple_invert(&t, &f->dir[1].t);
		ctflow_set(f, type == NAT_SRC ? IPS_SRC_NAT : IPS_DST_NAT);
	}
	ctflow_set(f, type == NAT_SRC ? IPS_SRC_NAT_DONE : IPS_DST_NAT_DONE);
	return true;
}

bool nat_our_addr(const struct netif *nif, const struct ctflow *f, struct in6ip *out)
{
	struct cttuple t;

	memset(out, 0, sizeof(*out));
	if (!cttuple_invert(&f->dir[1].t, &t))
		return false;
	if (t.is_v6)
		return ip6_source_for(nif, &t.dst, out);
	out->w[0] = ip4_addr_for(nif, t.dst.w[0]);
	return out->w[0];
}

/* ---- rewriting ---- */

/* A checksum field after @n bytes (even) under it changed. */
static void correct(be16 *check, const void *old, const void *new, u32 n, bool is_unfinished)
{
	u64 minus = inetsum_fold(inetsum_add(0, old, n)), plus = inetsum_add(0, new, n);
	u16 sum = is_unfinished ? *check : (u16)~*check;

	sum = inetsum_fold((u64)sum + (u16)~minus + plus);
	*check = is_unfinished ? sum : (u16)~sum;
}

struct manip { u8 *p; bool is_v6, is_unfinished; };

/* The address at @at becomes @to; the checksum of IPv4 and the transport's, if it covers addresses, follow. */
static void set_address(const struct manip *m, u8 *at, const struct in6ip *to, be16 *check)
{
	struct ip4_head *h = (void *)m->p;
	u32 n = m->is_v6 ? 16 : 4;
	u8 old[16];

	memcpy(old, at, n);
	memcpy(at, to, n);
	if (!m->is_v6)
		correct(&h->check, old, at, n, false);
	if (check)
		correct(check, old, at, n, m->is_unfinished);
}

static void set_number(const struct manip *m, be16 *at, be16 to, be16 *check)
{
	be16 old = *at;

	*at = to;
	if (check && !m->is_unfinished)
		correct(check, &old, at, sizeof(old), false);
}

/* Where a transport's checksum is, from its header; 0: nothing that we know of. */
static u32 check_at(u8 proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return offsetof(struct tcp_head, check);
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
		return offsetof(struct udp_head, check);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return offsetof(struct icmp_head, check);
	}
	return 0;
}

/*
 * Source or destination of the packet at @off from pb->net become those of @to. @l4: its transport header;
 * a quoted packet may end before the checksum.
 */
static bool rewrite(struct pktbuf *pb, u32 off, u32 l4, const struct cttuple *to, enum nattype type)
{
	u32 at = check_at(to->proto), need = min(pb->len, l4 + max(at + 2, 8u));
	bool is_icmp = to->proto == IPPROTO_ICMP || to->proto == IPPROTO_ICMPV6;
	bool has_check = at && l4 + at + 2 <= pb->len;
	struct manip m = { .is_v6 = to->is_v6, .is_unfinished = !off && pb->sum_state == PKTSUM_PARTIAL };
	u32 addr = (to->is_v6 ? 8 : 12) + (type == NAT_DST ? (to->is_v6 ? 16 : 4) : 0);
	be16 *check, *number;
	u8 *t;

	if (!pktbuf_make_linear(pb, need))
		return false;
	m.p = pb->data + off;
	t = pb->data + l4;
	check = has_check ? (void *)(t + at) : NULL;
	if (check && to->proto == IPPROTO_UDP && !*check && !m.is_unfinished)
		check = NULL;	/* there is none */
	set_address(&m, m.p + addr, type == NAT_SRC ? &to->src : &to->dst,
		    to->proto == IPPROTO_ICMP ? NULL : check);
	number = (void *)(t + (is_icmp ? 4 : type == NAT_SRC ? 0 : 2));
	if (is_icmp || ctproto_has_ports(to->proto))
		if (l4 + 4 <= pb->len && (!is_icmp || l4 + 6 <= pb->len))
			set_number(&m, number, is_icmp || type == NAT_SRC ? to->sport : to->dport, check);
	if (check && to->proto == IPPROTO_UDP && !*check && !m.is_unfinished)
		*check = 0xffff;
	return true;
}

static u32 transport_of(const struct pktbuf *pb, bool is_v6, u32 off)
{
	struct cttuple t;
	u32 l4 = 0;

	return cttuple_read(pb, off, is_v6, &t, &l4) == CTPARSE_INVALID ? 0 : l4;
}

/* The checksum of an ICMP message whose quotation was changed. */
static void sum_icmp(struct pktbuf *pb, bool is_v6, u32 l4)
{
	struct icmp_head *h = (void *)(pb->data + l4);
	u64 sum = is_v6 ? inetsum_pseudo6(&pkt_ip6(pb)->saddr, &pkt_ip6(pb)->daddr, IPPROTO_ICMPV6, pb->len - l4) : 0;

	h->check = 0;
	h->check = (u16)~inetsum_fold(pktbuf_sum(pb, l4, pb->len - l4, sum));
}

/* An error goes the way of the packet's answers; it quotes one that went the other way. */
static bool apply_to_error(struct pktbuf *pb, const struct ctflow *f, u8 dir, enum nattype type)
{
	bool is_v6 = f->dir[0].t.is_v6;
	u32 l4 = transport_of(pb, is_v6, 0), inner = l4 + (u32)sizeof(struct icmp_head), inner_l4;
	struct cttuple to = f->dir[!dir].t;
	struct manip m = { .is_v6 = is_v6 };
	enum nattype other = type == NAT_SRC ? NAT_DST : NAT_SRC;

	inner_l4 = l4 ? transport_of(pb, is_v6, inner) : 0;
	if (!inner_l4 || !rewrite(pb, inner, inner_l4, &to, other))
		return false;
	m.p = pb->data;
	if (type == NAT_SRC)
		set_address(&m, m.p + (is_v6 ? 8 : 12), &to.dst, NULL);
	else
		set_address(&m, m.p + (is_v6 ? 24 : 16), &to.src, NULL);
	sum_icmp(pb, is_v6, l4);
	return true;
}

bool nat_apply(struct pktbuf *pb, enum nattype type)
{
	const struct ctflow *f = pb->ct;
	u32 bit = type == NAT_SRC ? IPS_SRC_NAT : IPS_DST_NAT;
	struct cttuple to;
	u32 l4;

	if (pb->ct_reply)
		bit ^= IPS_NAT_MASK;
	if (!(READ_ONCE(f->status) & bit))
		return true;
	if (pb->ct_state == CT_RELATED)
		return apply_to_error(pb, f, pb->ct_reply, type);
	l4 = transport_of(pb, f->dir[0].t.is_v6, 0);
	return l4 && cttuple_invert(&f->dir[!pb->ct_reply].t, &to) && rewrite(pb, 0, l4, &to, type);
}
