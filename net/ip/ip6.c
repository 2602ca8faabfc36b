// SPDX-License-Identifier: GPL-2.0-only
/*
 * IPv6, RFC 8200: packets in to protocols, packets out to interfaces.
 *
 * In: the header and the extension headers behind it are checked in their order; what is
 * ours, or for a group we joined, goes to its protocol. pb->net stays at the IPv6 header, so
 * that either version's protocols find the addresses. Out: header in front, whole, cut by
 * the device, or in fragments. All under RCU with bottom halves off, no locks.
 *
 * Limits: routing headers are not followed; proxies and redirects are not sent.
 */
#include "ip6_impl.h"

#include <tern/kernel/random.h>
#include <tern/lib/string.h>
#include <tern/net/filter.h>
#include <tern/net/netctl.h>

NETCTL(mtu_expires6, "ipv6/route/mtu_expires", ns->ip6->paths.expires_s, 1, S32_MAX);	/* s */

#define HOPS_USUAL 64	/* where neither the sender nor the route says */

static void to_link(struct netns *ns, const struct iproute *r, const struct in6ip *daddr, struct pktbuf *pb);

static const struct ip6proto *find_proto(u8 protocol)
{
	TABLE_FOREACH(ip6proto, __typeof__(const struct ip6proto *), p)
		if ((*p)->protocol == protocol)
			return *p;
	return NULL;
}

/* Options of a hop-by-hop or destination header: unknown ones say themselves what to do. */
static bool options_are_fine(struct netns *ns, struct pktbuf *pb, u32 n)
{
	const u8 *o = pb->data;

	for (u32 i = 2; i < n; ) {
		u32 len;

		if (!o[i]) {
			i++;
			continue;
		}
		if (i + 2 > n || i + 2 + o[i + 1] > n)
			return false;
		len = 2u + o[i + 1];
		if (o[i] != 1 && o[i] != 5 && o[i] >> 6) {	/* not padding, not router alert */
			if (o[i] >> 6 == 2 || (o[i] >> 6 == 3 && !in6_is_group(&pkt_ip6(pb)->daddr)))
				icmp6_error(ns, pb, ICMP6_PARAM_PROB, 2,
					    (u32)(pb->data + i - (u8 *)pkt_ip6(pb)));
			return false;
		}
		i += len;
	}
	return true;
}

/* Take extension headers off; the protocol, or -1: drop; *ppb NULL: kept. */
static int skip_headers(struct netns *ns, struct pktbuf **ppb, u8 next)
{
	struct pktbuf *pb = *ppb;

	for (u32 k = 0; k < IP6_EXT_MAX; k++) {
		u32 n;

		if (next == IPPROTO_FRAGMENT) {
			pb = *ppb = ip6_reassemble(ns, pb, &next);
			if (!pb)
				return -1;
			continue;
		}
		if (next != IPPROTO_HOPOPTS && next != IPPROTO_DSTOPTS && next != IPPROTO_ROUTING)
			return next;
		if (!pktbuf_make_linear(pb, 8))
			return -1;
		n = (pb->data[1] + 1u) * 8;
		if (!pktbuf_make_linear(pb, n))
			return -1;
		if (next == IPPROTO_ROUTING && pb->data[3]) {
			icmp6_error(ns, pb, ICMP6_PARAM_PROB, 0, (u32)(pb->data + 2 - (u8 *)pkt_ip6(pb)));
			return -1;
		}
		if (next != IPPROTO_ROUTING && !options_are_fine(ns, pb, n))
			return -1;
		next = pb->data[0];
		pktbuf_pull(pb, n);
	}
	return -1;
}

static void deliver(struct netns *ns, struct pktbuf *pb)
{
	const struct ip6proto *p;
	int next = pkt_ip6(pb)->next;
	bool raw;

	if (!filter_pass(ns, NF_LOCAL_IN, pb->nif, NULL, pb))
		return;
	pktbuf_pull(pb, sizeof(struct ip6_head));
	next = skip_headers(ns, &pb, (u8)next);
	if (!pb)
		return;
	if (next < 0) {
		ipstat_inc(ns, IP6STAT_IN_HDR_ERRORS);
		pktbuf_free(pb);
		return;
	}
	pb->tp = (u16)pktbuf_headroom(pb);
	raw = rawsock6_receive(ns, pb, (u8)next);
	p = find_proto((u8)next);
	if (likely(p)) {
		ipstat_inc(ns, IP6STAT_IN_DELIVERS);
		p->receive(ns, pb);
		return;
	}
	ipstat_inc(ns, raw || next == IPPROTO_NONE ? IP6STAT_IN_DELIVERS : IP6STAT_IN_UNKNOWN_PROTOS);
	if (!raw && next != IPPROTO_NONE)
		icmp6_error(ns, pb, ICMP6_PARAM_PROB, 1, offsetof(struct ip6_head, next));
	pktbuf_free(pb);
}

/* RFC 8200 3, RFC 4291 2.5.6: what is not ours goes on, if we are a router. */
static void forward(struct netns *ns, struct pktbuf *pb)
{
	struct ip6_head *h = pkt_ip6(pb);
	struct iproute r;
	int err;

	if (!READ_ONCE(ns->ip6->conf.all.v[IF6_FORWARDING]) || pb->type != PKT_HOST || pb->flags == RTN_MULTICAST ||
	    in6_is_any(&h->saddr) || in6_is_link(&h->saddr) || in6_is_link(&h->daddr)) {
		ipstat_inc(ns, IP6STAT_IN_ADDR_ERRORS);
		goto drop;
	}
	if (h->hops <= 1) {
		ipstat_inc(ns, IP6STAT_IN_HDR_ERRORS);
		icmp6_error(ns, pb, ICMP6_TIME_EXCEEDED, 0, 0);
		goto drop;
	}
	err = ip6_route_flow(ns, &h->daddr, &h->saddr, 0, pb->nif->index, pb->mark, &r);
	if (err || r.type != RTN_UNICAST) {
		if (err == -ENETUNREACH)
			ipstat_inc(ns, IP6STAT_IN_NO_ROUTES);
		if (err != -EINVAL)	/* a black hole is silent */
			icmp6_error(ns, pb, ICMP6_DEST_UNREACH,
				    err == -EACCES ? ICMP6_ADMIN_PROHIBITED : ICMP6_NO_ROUTE, 0);
		goto drop;
	}
	if (pkt_is_over(pb, r.mtu)) {
		ipstat_inc(ns, IP6STAT_IN_TOO_BIG);
		ipstat_inc(ns, IP6STAT_FRAG_FAILS);
		icmp6_error(ns, pb, ICMP6_PACKET_TOO_BIG, 0, r.mtu);
		goto drop;
	}
	if (!pktbuf_need_headroom(pb, PKT_HEADROOM)) {
		ipstat_inc(ns, IP6STAT_OUT_DISCARDS);
		goto drop;
	}
	if (!filter_pass(ns, NF_FORWARD, pb->nif, r.nif, pb))
		return;
	pkt_ip6(pb)->hops--;
	ipstat_inc(ns, IP6STAT_FORWARDED);
	ipstat_add(ns, IP6STAT_OUT_OCTETS, pb->len);
	if (filter_pass(ns, NF_POST_ROUTING, NULL, r.nif, pb))
		to_link(ns, &r, &pkt_ip6(pb)->daddr, pb);
	return;
drop:
	pktbuf_free(pb);
}

/* Addresses that no packet may carry: RFC 4291 2.5.3, 2.7. */
static bool is_martian(const struct pktbuf *pb, const struct ip6_head *h)
{
	bool is_lo = pb->nif->flags & IFF_LOOPBACK;

	return in6_is_group(&h->saddr) || in6_is_any(&h->daddr) ||
	       (!is_lo && (in6_is_loopback(&h->saddr) || in6_is_loopback(&h->daddr))) ||
	       in6_is_mapped(&h->saddr) || in6_is_mapped(&h->daddr);
}

static void ip6_receive(struct pktbuf *pb)
{
	struct netns *ns = pb->nif->ns;
	const struct ip6_head *h;
	u32 len;

	if (unlikely(pb->type == PKT_OTHERHOST))
		goto drop;
	ipstat_inc(ns, IP6STAT_IN_RECEIVES);
	ipstat_add(ns, IP6STAT_IN_OCTETS, pb->len);
	if (unlikely(if6_is_disabled(pb->nif))) {
		ipstat_inc(ns, IP6STAT_IN_DISCARDS);
		goto drop;
	}
	if (!pktbuf_make_linear(pb, sizeof(*h))) {
		ipstat_inc(ns, pb->len < sizeof(*h) ? IP6STAT_IN_HDR_ERRORS : IP6STAT_IN_DISCARDS);
		goto drop;
	}
	h = (void *)pb->data;
	pb->net = (u16)pktbuf_headroom(pb);
	len = FROM_BE16(h->len) + (u32)sizeof(*h);
	if ((FROM_BE32(h->flow) >> 28) != 6 || is_martian(pb, h))
		goto bad;
	ipstat_inc(ns, IP6STAT_IN_NOECT + (FROM_BE32(h->flow) >> 20 & 3u));
	if (h->len || !pb->gso_size) {	/* a joined packet may be longer than the field */
		if (len > pb->len) {
			ipstat_inc(ns, IP6STAT_IN_TRUNCATED);
			goto drop;
		}
		pktbuf_trim(pb, len);
	}
	if (!filter_pass(ns, NF_PRE_ROUTING, pb->nif, NULL, pb))
		return;
	h = pkt_ip6(pb);
	pb->flags = ip6_local_type(ns, &h->daddr);
	if (pb->flags == RTN_MULTICAST)
		ipstat_inc(ns, IP6STAT_IN_MCAST);
	if (pb->flags == RTN_LOCAL || (pb->flags == RTN_MULTICAST && netif_mc6_wants(pb->nif, &h->daddr))) {
		deliver(ns, pb);
		return;
	}
	forward(ns, pb);
	return;
bad:
	ipstat_inc(ns, IP6STAT_IN_HDR_ERRORS);
drop:
	pktbuf_free(pb);
}
static const struct linkproto ip6_link = { .type = TO_BE16(ETH_P_IPV6), .receive = ip6_receive };
LINKPROTO(ip6_link);

/* ---- out ---- */

static void to_link(struct netns *ns, const struct iproute *r, const struct in6ip *daddr, struct pktbuf *pb)
{
	struct netif *nif = r->nif;

	if (unlikely(if6_is_disabled(nif))) {
		ipstat_inc(ns, IP6STAT_OUT_DISCARDS);
		pktbuf_free(pb);
		return;
	}
	if (unlikely(r->type == RTN_MULTICAST))
		ipstat_inc(ns, IP6STAT_OUT_MCAST);
	pb->protocol = TO_BE16(ETH_P_IPV6);
	if (nif->features & NETIF_F_NOARP) {
		nif->ops->header(nif, pb, NULL);
		netif_send(nif, pb);
	} else if (r->type == RTN_MULTICAST) {
		u8 mac[6] = { 0x33, 0x33, daddr->b[12], daddr->b[13], daddr->b[14], daddr->b[15] };

		nif->ops->header(nif, pb, mac);
		netif_send(nif, pb);
	} else {
		neigh6_send(nif, in6_is_any(&r->gateway6) ? daddr : &r->gateway6, pb);
	}
}

/* A copy of what goes to a group that we joined comes back to our own sockets. */
static void loop_copy(const struct iproute *r, const struct pktbuf *pb)
{
	struct pktbuf *c;

	if ((r->nif->flags & IFF_LOOPBACK) || !netif_mc6_wants(r->nif, &pkt_ip6(pb)->daddr))
		return;
	c = pktbuf_clone(pb, ALLOC_ATOMIC);
	if (!c)
		return;
	c->nif = r->nif;
	c->type = PKT_LOOPED;
	c->protocol = TO_BE16(ETH_P_IPV6);
	c->mac = (u16)pktbuf_headroom(c);
	if (c->sum_state == PKTSUM_PARTIAL)
		c->sum_state = PKTSUM_GOOD;
	net_queue_receive(c);
}

/* As pieces with fragment headers; consumes. */
static int fragment(struct netns *ns, const struct iproute *r, struct pktbuf *pb)
{
	const struct ip6_head *h = (void *)pb->data;
	u32 hlen = sizeof(*h), step = (r->mtu - hlen - (u32)sizeof(struct frag6_head)) & ~7u, len = pb->len - hlen;
	be32 id = random_u32();
	int err = -ENOBUFS;

	if (pb->sum_state == PKTSUM_PARTIAL)
		pktbuf_finish_sum(pb);
	for (u32 off = 0; off < len; off += step) {
		u32 n = min(step, len - off);
		struct pktbuf *f = pktbuf_alloc(PKT_HEADROOM, hlen + (u32)sizeof(struct frag6_head), ALLOC_ATOMIC);
		struct frag6_head *fh;
		struct ip6_head *nh;

		if (!f)
			goto out;
		nh = pktbuf_put(f, hlen);
		memcpy(nh, h, hlen);
		fh = pktbuf_put(f, sizeof(*fh));
		*fh = (struct frag6_head){ .next = h->next, .off = TO_BE16(off | (off + n < len)), .id = id };
		nh->next = IPPROTO_FRAGMENT;
		nh->len = TO_BE16(n + sizeof(*fh));
		if (!pktbuf_share(f, pb, hlen + off, n)) {
			pktbuf_free(f);
			goto out;
		}
		f->net = (u16)pktbuf_headroom(f);
		ipstat_inc(ns, IP6STAT_FRAG_CREATES);
		to_link(ns, r, &nh->daddr, f);
	}
	err = 0;
out:
	ipstat_inc(ns, err ? IP6STAT_FRAG_FAILS : IP6STAT_FRAG_OKS);
	pktbuf_free(pb);
	return err;
}

/* What we send ourselves: the filter may stop it, or send it elsewhere. Consumes. */
static int leave(struct netns *ns, const struct iproute *r, struct pktbuf *pb)
{
	struct in6ip daddr = pkt_ip6(pb)->daddr;
	struct iproute other;
	int err;

	if (!filter_pass(ns, NF_LOCAL_OUT, NULL, r->nif, pb))
		return -EPERM;
	if (unlikely(!in6_same(&pkt_ip6(pb)->daddr, &daddr))) {
		err = ip6_route_flow(ns, &pkt_ip6(pb)->daddr, &pkt_ip6(pb)->saddr, 0, 0, pb->mark, &other);
		if (err) {
			pktbuf_free(pb);
			return err;
		}
		r = &other;
	}
	if (!filter_pass(ns, NF_POST_ROUTING, NULL, r->nif, pb))
		return -EPERM;
	if (unlikely(pb->len > r->mtu && !pb->gso_size))
		return fragment(ns, r, pb);
	to_link(ns, r, &pkt_ip6(pb)->daddr, pb);
	return 0;
}

int ip6_send(struct netns *ns, const struct iproute *r, const struct ip6send *how, struct pktbuf *pb)
{
	u32 len = pb->len;
	struct ip6_head *h = pktbuf_push(pb, sizeof(*h));
	u8 type;

	pb->net = (u16)pktbuf_headroom(pb);
	if (unlikely(len > 65535 || (pb->len > r->mtu && !pb->gso_size && !how->may_fragment))) {
		pktbuf_free(pb);
		return -EMSGSIZE;
	}
	h->flow = TO_BE32(6u << 28 | (u32)how->tclass << 20);
	h->len = TO_BE16(len);
	h->next = how->protocol;
	h->hops = how->hops ? how->hops : r->hops6 ? r->hops6 : HOPS_USUAL;
	h->saddr = how->saddr;
	h->daddr = how->daddr;
	ipstat_inc(ns, IP6STAT_OUT_REQUESTS);
	ipstat_add(ns, IP6STAT_OUT_OCTETS, pb->len);
	if (unlikely(how->protocol == IPPROTO_ICMPV6) && pb->len > sizeof(*h)) {
		pktbuf_read(pb, sizeof(*h), &type, 1);
		icmp6_count_out(ns, type);
	}
	if (unlikely(r->type == RTN_MULTICAST && pb->flags))
		loop_copy(r, pb);
	return leave(ns, r, pb);
}
