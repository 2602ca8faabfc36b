// SPDX-License-Identifier: GPL-2.0-only
/* ICMPv6, RFC 4443: echo, errors out and in. Neighbour discovery is nd.c's. */
#include "ip6_impl.h"

#include <tern/kernel/clock.h>
#include <tern/lib/string.h>

#define ERRORS_PER_SECOND	1000u
#define BURST			50u

static struct spin bucket_lock = SPIN_INIT(LOCKRANK_NET_TABLE);	/* protects the token bucket */
static u64 tokens = BURST;
static nsec_t filled_at;

static bool take_token(void)
{
	nsec_t now = clock_ns();
	bool ok;

	spin_lock_bh(&bucket_lock);
	if (now - filled_at >= NSEC_PER_SEC / ERRORS_PER_SECOND) {
		tokens = min_t(u64, tokens + (now - filled_at) / (NSEC_PER_SEC / ERRORS_PER_SECOND), BURST);
		filled_at = now;
	}
	ok = tokens != 0;
	tokens -= ok;
	spin_unlock_bh(&bucket_lock);
	return ok;
}

void icmp6_finish(struct pktbuf *pb, const struct in6ip *s, const struct in6ip *d)
{
	struct icmp_head *h = (void *)pb->data;

	h->check = 0;
	h->check = (u16)~inetsum_fold(pktbuf_sum(pb, 0, pb->len, inetsum_pseudo6(s, d, IPPROTO_ICMPV6, pb->len)));
	pb->sum_state = PKTSUM_NONE;
}

/* Not about errors, groups (but for too big packets), or nobody: RFC 4443 2.4 (e). */
static bool deserves_error(const struct pktbuf *pb, u8 type)
{
	const struct ip6_head *h = pkt_ip6(pb);

	if (in6_is_any(&h->saddr) || in6_is_group(&h->saddr))
		return false;
	if (in6_is_group(&h->daddr) && type != ICMP6_PACKET_TOO_BIG && type != ICMP6_PARAM_PROB)
		return false;
	return h->next != IPPROTO_ICMPV6 || pb->buf[pb->net + sizeof(*h)] >= 128;
}

void icmp6_error(struct netns *ns, const struct pktbuf *pb, u8 type, u8 code, u32 info)
{
	const struct ip6_head *h = pkt_ip6(pb);
	struct ip6send how = { .protocol = IPPROTO_ICMPV6, .daddr = h->saddr, .may_fragment = true };
	u32 max = IP6_MTU_MIN - 40 - (u32)sizeof(struct icmp_head), behind = pktbuf_headroom(pb) - pb->net, rest;
	bool is_ours = ip6_local_type(ns, &h->daddr) == RTN_LOCAL;
	struct icmp_head *ih;
	struct iproute r;
	struct pktbuf *e;

	if (!deserves_error(pb, type) || (pb->nif != ns->loopback && !take_token()))
		return;
	if (ip6_route_out(ns, &h->saddr, is_ours ? &h->daddr : NULL, in6_is_link(&h->saddr) ? pb->nif->index : 0, &r))
		return;
	how.saddr = r.saddr6;
	e = pktbuf_alloc(PKT_HEADROOM, (u32)sizeof(*ih) + max, ALLOC_ATOMIC);
	if (!e) {
		ipstat_inc(ns, ICMP6STAT_OUT_ERRORS);
		return;
	}
	ih = pktbuf_put(e, sizeof(*ih));
	ih->type = type;
	ih->code = code;
	ih->info = TO_BE32(info);
	behind = min(behind, max);
	memcpy(pktbuf_put(e, behind), h, behind);
	rest = min(max - behind, pb->len);
	pktbuf_read(pb, 0, pktbuf_put(e, rest), rest);
	icmp6_finish(e, &how.saddr, &how.daddr);
	ip6_send(ns, &r, &how, e);
}

int icmp6_to_errno(u8 type, u8 code, bool *is_hard)
{
	static const s16 unreach[] = { ENETUNREACH, EACCES, EHOSTUNREACH, EHOSTUNREACH, ECONNREFUSED, EACCES, EACCES };

	*is_hard = false;
	if (type == ICMP6_DEST_UNREACH && code < ARRAY_SIZE(unreach)) {
		*is_hard = code == 1 || code >= 4;
		return -unreach[code];
	}
	if (type == ICMP6_PACKET_TOO_BIG)
		return -EMSGSIZE;
	if (type == ICMP6_PARAM_PROB) {
		*is_hard = true;
		return -EPROTO;
	}
	return -EHOSTUNREACH;
}

/* From behind the quoted IP header to its protocol's, if the quote reaches 8 bytes into that; -1: it does not. */
static int skip_quoted(struct pktbuf *pb, u8 next)
{
	for (u32 k = 0; k < IP6_EXT_MAX; k++) {
		bool is_fragment = next == IPPROTO_FRAGMENT;
		u32 n;

		if (!pktbuf_make_linear(pb, 8))
			return -1;
		if (!is_fragment && next != IPPROTO_HOPOPTS && next != IPPROTO_DSTOPTS && next != IPPROTO_ROUTING)
			return next;
		if (is_fragment && ((pb->data[2] << 8 | pb->data[3]) & ~7))
			return -1;	/* not the first: its protocol's header is in another */
		n = is_fragment ? 8 : (pb->data[1] + 1u) * 8;
		if (!pktbuf_make_linear(pb, n))
			return -1;
		next = pb->data[0];
		pktbuf_pull(pb, n);
	}
	return -1;
}

/* data at the ICMP header. */
static void take_error(struct netns *ns, struct pktbuf *pb, u8 type, u8 code, u32 info)
{
	struct ip6_head q;	/* a copy: the packet moves when it is made linear */
	int next;

	if (!pktbuf_make_linear(pb, sizeof(struct icmp_head) + sizeof(q) + 8))
		return;
	pktbuf_pull(pb, sizeof(struct icmp_head));
	memcpy(&q, pb->data, sizeof(q));
	if (FROM_BE32(q.flow) >> 28 != 6)
		return;
	pktbuf_pull(pb, sizeof(q));
	next = skip_quoted(pb, q.next);
	if (next < 0)
		return;
	rawsock6_error(ns, &q, (u8)next, pb, type, code, info);
	TABLE_FOREACH(ip6proto, __typeof__(const struct ip6proto *), p)
		if ((*p)->protocol == next && (*p)->error)
			(*p)->error(ns, &q, pb, type, code, info);
}

static void answer_echo(struct netns *ns, struct pktbuf *pb)
{
	const struct ip6_head *h = pkt_ip6(pb);
	struct ip6send how = { .protocol = IPPROTO_ICMPV6, .daddr = h->saddr, .may_fragment = true };
	bool is_ours = ip6_local_type(ns, &h->daddr) == RTN_LOCAL;
	struct iproute r;
	struct pktbuf *e;

	if (ip6_route_out(ns, &h->saddr, is_ours ? &h->daddr : NULL, in6_is_link(&h->saddr) ? pb->nif->index : 0, &r))
		goto out;
	how.saddr = r.saddr6;
	e = pktbuf_slice(pb, 0, pb->len, PKT_HEADROOM, ALLOC_ATOMIC);
	if (!e) {
		ipstat_inc(ns, ICMP6STAT_OUT_ERRORS);
		goto out;
	}
	((struct icmp_head *)e->data)->type = ICMP6_ECHO_REPLY;
	icmp6_finish(e, &how.saddr, &how.daddr);
	ip6_send(ns, &r, &how, e);
out:
	pktbuf_free(pb);
}

static bool is_right(struct netns *ns, struct pktbuf *pb)
{
	if (!pktbuf_make_linear(pb, sizeof(struct icmp_head)))
		return false;
	if (pktsum_is_trusted(pb) ||
	    inetsum_fold(pktbuf_sum(pb, 0, pb->len, pkt_pseudo(pb, IPPROTO_ICMPV6, pb->len))) == 0xffff)
		return true;
	ipstat_inc(ns, ICMP6STAT_IN_CSUM_ERRORS);
	return false;
}

static void icmp6_receive(struct netns *ns, struct pktbuf *pb)
{
	const struct icmp_head *h;
	u8 type, code;

	ipstat_inc(ns, ICMP6STAT_IN_MSGS);
	if (!is_right(ns, pb)) {
		ipstat_inc(ns, ICMP6STAT_IN_ERRORS);
		pktbuf_free(pb);
		return;
	}
	h = (void *)pb->data;
	type = h->type;
	code = h->code;
	icmp6_count_in(ns, type);
	if (type == ICMP6_ECHO_REQUEST && !READ_ONCE(ns->ip6->echo_ignores_all)) {
		answer_echo(ns, pb);
	} else if (type == ICMP6_ECHO_REPLY) {
		ping6_receive(ns, pb);
	} else if (type >= ICMP6_ROUTER_SOLICIT && type <= ICMP6_NEIGH_ADVERT) {
		nd_receive(ns, pb);
	} else {
		if (type >= ICMP6_DEST_UNREACH && type <= ICMP6_PARAM_PROB)
			take_error(ns, pb, type, code, FROM_BE32(h->info));
		pktbuf_free(pb);
	}
}

static const struct ip6proto icmp6_proto = { .protocol = IPPROTO_ICMPV6, .receive = icmp6_receive,
					    .error = ping6_error };
IP6PROTO_TABLE(icmp6_proto);
