// SPDX-License-Identifier: GPL-2.0-only
/*
 * IPv4, RFC 791 and 1122: packets in to protocols, packets out to interfaces.
 *
 * In: check the header, ask the local table whose it is; ours (or broadcast, or a
 * group we joined) goes to raw sockets and to its protocol, the rest is forwarded if
 * ip_forward says so. Out: header in front, then whole, cut by the device, or as
 * fragments to the next hop. All under RCU with bottom halves off, no locks.
 */
#include "ip_impl.h"

#include <tern/kernel/random.h>
#include <tern/lib/string.h>
#include <tern/net/filter.h>
#include <tern/net/inetsum.h>
#include <tern/net/netctl.h>

NETCTL(mtu_expires, "ipv4/route/mtu_expires", ns->ip4->paths.expires_s, 1, S32_MAX);	/* s */
NETCTL(min_pmtu, "ipv4/route/min_pmtu", ns->ip4->paths.least, 68, S32_MAX);
NETCTL(ttl, "ipv4/ip_default_ttl", ns->ip4->ttl, 1, 255);

/* ---- in ---- */

static const struct ipproto *find_proto(u8 protocol)
{
	TABLE_FOREACH(ipproto, __typeof__(const struct ipproto *), p)
		if ((*p)->protocol == protocol)
			return *p;
	return NULL;
}

static int to_wire(struct netns *ns, const struct iproute *r, struct pktbuf *pb);

static void deliver(struct netns *ns, struct pktbuf *pb)
{
	const struct ip4_head *h = pkt_ip4(pb);
	const struct ipproto *p;
	bool raw;

	if (unlikely(h->frag_off & TO_BE16(IP4_MF | IP4_OFFMASK))) {
		pb = ip4_reassemble(ns, pb);
		if (!pb)
			return;
		h = pkt_ip4(pb);
	}
	if (!filter_pass(ns, NF_LOCAL_IN, pb->nif, NULL, pb))
		return;
	h = pkt_ip4(pb);
	pktbuf_pull(pb, ip4_hlen(h));
	pb->tp = (u16)pktbuf_headroom(pb);
	raw = rawsock_receive(ns, pb);
	p = find_proto(h->protocol);
	if (p) {
		ipstat_inc(ns, IPSTAT_IN_DELIVERS);
		p->receive(ns, pb);
		return;
	}
	ipstat_inc(ns, raw ? IPSTAT_IN_DELIVERS : IPSTAT_IN_UNKNOWN_PROTOS);
	if (!raw)
		icmp4_error(ns, pb, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, 0);
	pktbuf_free(pb);
}

/* Nothing is wrong with it, but there is no memory to go on with it. */
static void discard(struct netns *ns, struct pktbuf *pb)
{
	ipstat_inc(ns, IPSTAT_OUT_DISCARDS);
	pktbuf_free(pb);
}

static u8 unreachable_code(int err)
{
	return err == -EACCES ? ICMP_PKT_FILTERED : err == -ENETUNREACH ? ICMP_NET_UNREACH : ICMP_HOST_UNREACH;
}

static void forward(struct netns *ns, struct pktbuf *pb)
{
	struct ip4_head *h = pkt_ip4(pb);
	struct iproute r;
	int err;

	if (!if4_own(pb->nif, IF4_FORWARDING) || pb->type != PKT_HOST) {
		ipstat_inc(ns, IPSTAT_IN_ADDR_ERRORS);
		pktbuf_free(pb);
		return;
	}
	if (h->ttl <= 1) {
		ipstat_inc(ns, IPSTAT_IN_HDR_ERRORS);
		icmp4_error(ns, pb, ICMP_TIME_EXCEEDED, 0, 0);
		pktbuf_free(pb);
		return;
	}
	err = ip4_route_flow(ns, h->daddr, h->saddr, 0, pb->nif->index, pb->mark, &r);
	if (err || r.type != RTN_UNICAST) {
		if (err == -ENETUNREACH)
			ipstat_inc(ns, IPSTAT_IN_NO_ROUTES);
		if (err != -EINVAL)	/* a black hole is silent */
			icmp4_error(ns, pb, ICMP_DEST_UNREACH, unreachable_code(err), 0);
		pktbuf_free(pb);
		return;
	}
	if (pkt_is_over(pb, r.mtu) && (h->frag_off & TO_BE16(IP4_DF))) {
		ipstat_inc(ns, IPSTAT_FRAG_FAILS);
		icmp4_error(ns, pb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, r.mtu);
		pktbuf_free(pb);
		return;
	}
	if (!filter_pass(ns, NF_FORWARD, pb->nif, r.nif, pb))
		return;
	h = pkt_ip4(pb);
	h->ttl--;
	h->check = 0;
	h->check = (u16)~inetsum_fold(inetsum_add(0, h, ip4_hlen(h)));
	ipstat_inc(ns, IPSTAT_FORWARDED);
	ipstat_add(ns, IPSTAT_OUT_OCTETS, pb->len);
	if (!pktbuf_need_headroom(pb, PKT_HEADROOM))
		discard(ns, pb);
	else if (filter_pass(ns, NF_POST_ROUTING, NULL, r.nif, pb))
		to_wire(ns, &r, pb);
}

/* The first @n bytes in one piece; counted, if it is too short or there is no memory. */
static bool has_head(struct netns *ns, struct pktbuf *pb, u32 n)
{
	if (likely(pktbuf_make_linear(pb, n)))
		return true;
	ipstat_inc(ns, pb->len < n ? IPSTAT_IN_HDR_ERRORS : IPSTAT_IN_DISCARDS);
	return false;
}

/* @err: ip4_parse()'s. */
static void count_malformed(struct netns *ns, int err)
{
	if (err == -EMSGSIZE) {
		ipstat_inc(ns, IPSTAT_IN_TRUNCATED);
		return;
	}
	if (err == -EBADMSG)
		ipstat_inc(ns, IPSTAT_IN_CSUM_ERRORS);
	ipstat_inc(ns, IPSTAT_IN_HDR_ERRORS);
}

/* Can the packet be what it says it is; counted, if not. */
static bool has_right_addrs(struct netns *ns, const struct pktbuf *pb, const struct ip4_head *h)
{
	int err = ip4_addrs_are_sane(pb, h) ? 0 : -EINVAL;

	if (likely(!err) && !(pb->nif->flags & IFF_LOOPBACK))
		err = ip4_check_source(ns, pb, h->saddr, h->daddr);
	if (likely(!err))
		return true;
	ipstat_inc(ns, err == -EXDEV ? TCPSTAT_RP_FILTERED : IPSTAT_IN_ADDR_ERRORS);
	if (err != -EXDEV)
		ip4_log_martian(pb, h->saddr, h->daddr);
	return false;
}

static void ip4_receive(struct pktbuf *pb)
{
	struct netns *ns = pb->nif->ns;
	struct ip4_head *h;
	int total;
	u8 type;

	if (unlikely(pb->type == PKT_OTHERHOST))
		goto drop;
	ipstat_inc(ns, IPSTAT_IN_RECEIVES);
	ipstat_add(ns, IPSTAT_IN_OCTETS, pb->len);
	if (!has_head(ns, pb, sizeof(*h)))
		goto drop;
	h = (void *)pb->data;
	if (!has_head(ns, pb, max(ip4_hlen(h), (u32)sizeof(*h))))
		goto drop;
	h = (void *)pb->data;
	pb->net = (u16)pktbuf_headroom(pb);
	total = ip4_parse(h, pb->linear, pb->len);
	if (unlikely(total < 0)) {
		count_malformed(ns, total);
		goto drop;
	}
	ipstat_inc(ns, IPSTAT_IN_NOECT + (h->tos & 3u));
	pktbuf_trim(pb, (u32)total);
	if (unlikely(READ_ONCE(ns->defrags) && (h->frag_off & TO_BE16(IP4_MF | IP4_OFFMASK)))) {
		pb = ip4_reassemble(ns, pb);
		if (!pb)
			return;
	}
	if (!filter_pass(ns, NF_PRE_ROUTING, pb->nif, NULL, pb))
		return;
	h = pkt_ip4(pb);
	if (unlikely(!has_right_addrs(ns, pb, h)))
		goto drop;
	type = ip4_local_type(ns, h->daddr);
	pb->flags = type;	/* protocols look at it */
	if (likely(type == RTN_LOCAL)) {
		deliver(ns, pb);
		return;
	}
	if (type == RTN_BROADCAST) {
		ipstat_inc(ns, IPSTAT_IN_BCAST);
		deliver(ns, pb);
		return;
	}
	if (type == RTN_MULTICAST) {
		ipstat_inc(ns, IPSTAT_IN_MCAST);
		if (!netif_mc4_wants(pb->nif, h->daddr))
			goto drop;
		deliver(ns, pb);
		return;
	}
	forward(ns, pb);
	return;
drop:
	pktbuf_free(pb);
}
static const struct linkproto ip4_link = { .type = TO_BE16(ETH_P_IP), .receive = ip4_receive };
LINKPROTO(ip4_link);

/* ---- out ---- */

/* Identification: a counter for each pair of addresses, hashed with a secret. */
u16 ip4_id(be32 saddr, be32 daddr, u8 protocol)
{
	static u32 counters[256];
	static u64 secret;
	u64 h;

	if (unlikely(!READ_ONCE(secret)))
		cas(&secret, 0UL, random_u64() | 1);
	h = hash_combine(secret, (u64)saddr << 32 | daddr) + protocol;
	return (u16)(__atomic_fetch_add(&counters[h & 255], 1, __ATOMIC_RELAXED) + (h >> 32));
}

static void to_link(struct netns *ns, const struct iproute *r, be32 daddr, struct pktbuf *pb)
{
	struct netif *nif = r->nif;

	pb->protocol = TO_BE16(ETH_P_IP);
	if (unlikely(r->type == RTN_BROADCAST || r->type == RTN_MULTICAST))
		ipstat_inc(ns, r->type == RTN_BROADCAST ? IPSTAT_OUT_BCAST : IPSTAT_OUT_MCAST);
	if (nif->features & NETIF_F_NOARP) {
		nif->ops->header(nif, pb, NULL);
		netif_send(nif, pb);
		return;
	}
	if (r->type == RTN_BROADCAST) {
		nif->ops->header(nif, pb, NULL);
		netif_send(nif, pb);
	} else if (r->type == RTN_MULTICAST) {
		u32 g = FROM_BE32(daddr);
		u8 mac[6] = { 0x01, 0x00, 0x5e, (g >> 16) & 0x7f, (u8)(g >> 8), (u8)g };

		nif->ops->header(nif, pb, mac);
		netif_send(nif, pb);
	} else {
		neigh4_send(nif, r->gateway ? r->gateway : daddr, pb);
	}
}

/* A copy of what goes to a group or to everybody comes back to our own sockets. */
static void loop_copy(struct netns *ns, const struct iproute *r, const struct pktbuf *pb)
{
	struct pktbuf *c;

	if (r->nif->flags & IFF_LOOPBACK)
		return;
	if (r->type == RTN_MULTICAST && !netif_mc4_wants(r->nif, pkt_ip4(pb)->daddr))
		return;
	c = pktbuf_clone(pb, ALLOC_ATOMIC);
	if (!c)
		return;
	c->nif = r->nif;
	c->type = PKT_LOOPED;
	c->protocol = TO_BE16(ETH_P_IP);
	c->mac = (u16)pktbuf_headroom(c);
	if (c->sum_state == PKTSUM_PARTIAL)
		c->sum_state = PKTSUM_GOOD;
	net_queue_receive(c);
}

/* Segments that came joined and are too long one by one. */
static int cut_and_fragment(struct netns *ns, const struct iproute *r, struct pktbuf *pb)
{
	struct pktbuf *next;
	LIST_HEAD(parts);
	int err = 0;

	pktgso_cut(pb, &parts);
	list_foreach_safe(pb, next, &parts, link) {
		int e = ip4_fragment(ns, r, r->mtu, pb);

		err = err ? err : e;
	}
	return err;
}

/* Whole or in pieces; consumes. */
static int to_wire(struct netns *ns, const struct iproute *r, struct pktbuf *pb)
{
	if (unlikely(pkt_is_over(pb, r->mtu)))
		return pb->gso_size ? cut_and_fragment(ns, r, pb) : ip4_fragment(ns, r, r->mtu, pb);
	to_link(ns, r, pkt_ip4(pb)->daddr, pb);
	return 0;
}

/* What we send ourselves: the filter may stop it, or send it elsewhere. Consumes. */
static int leave(struct netns *ns, const struct iproute *r, struct pktbuf *pb)
{
	be32 daddr = pkt_ip4(pb)->daddr;
	struct iproute other;
	int err;

	if (!filter_pass(ns, NF_LOCAL_OUT, NULL, r->nif, pb))
		return -EPERM;
	if (unlikely(pkt_ip4(pb)->daddr != daddr)) {
		err = ip4_route_flow(ns, pkt_ip4(pb)->daddr, pkt_ip4(pb)->saddr, 0, 0, pb->mark, &other);
		if (err) {
			pktbuf_free(pb);
			return err;
		}
		r = &other;
	}
	return filter_pass(ns, NF_POST_ROUTING, NULL, r->nif, pb) ? to_wire(ns, r, pb) : -EPERM;
}

/* A packet of our own, whole. */
static void count_out(struct netns *ns, const struct pktbuf *pb, u8 protocol)
{
	u32 hlen = ip4_hlen(pkt_ip4(pb));
	u8 type;

	ipstat_inc(ns, IPSTAT_OUT_REQUESTS);
	ipstat_add(ns, IPSTAT_OUT_OCTETS, pb->len);
	if (unlikely(protocol == IPPROTO_ICMP) && pb->len > hlen) {
		pktbuf_read(pb, hlen, &type, 1);
		icmp4_count_out(ns, type);
	}
}

int ip4_send_raw(struct netns *ns, const struct iproute *r, struct pktbuf *pb)
{
	pb->net = (u16)pktbuf_headroom(pb);
	count_out(ns, pb, pkt_ip4(pb)->protocol);
	return leave(ns, r, pb);
}

int ip4_send(struct netns *ns, const struct iproute *r, const struct ip4send *how, struct pktbuf *pb)
{
	struct ip4_head *h = pktbuf_push(pb, sizeof(*h));
	bool fits = pb->len <= r->mtu || pb->gso_size;

	pb->net = (u16)pktbuf_headroom(pb);
	if (unlikely(pb->len > 65535 || (!fits && how->is_df && !how->may_fragment))) {
		pktbuf_free(pb);
		return -EMSGSIZE;
	}
	h->version_ihl = 0x45;
	h->tos = how->tos;
	h->total_len = TO_BE16(pb->len);
	h->frag_off = how->is_df && fits ? TO_BE16(IP4_DF) : 0;
	h->id = how->is_df && fits && !pb->gso_size ? 0 :
		TO_BE16(ip4_id(how->saddr, how->daddr, how->protocol));
	h->ttl = how->ttl ? how->ttl : (u8)ns->ip4->ttl;
	h->protocol = how->protocol;
	h->check = 0;
	h->saddr = how->saddr;
	h->daddr = how->daddr;
	h->check = (u16)~inetsum_fold(inetsum_add(0, h, sizeof(*h)));
	count_out(ns, pb, how->protocol);
	if (unlikely(r->type == RTN_BROADCAST || (r->type == RTN_MULTICAST && pb->flags)))
		loop_copy(ns, r, pb);
	return leave(ns, r, pb);
}

int ip4_fragment(struct netns *ns, const struct iproute *r, u32 mtu, struct pktbuf *pb)
{
	const struct ip4_head *h = (void *)pb->data;
	u32 hlen = ip4_hlen(h), step = (mtu - hlen) & ~7u, len = pb->len - hlen;
	u32 base = FROM_BE16(h->frag_off) & IP4_OFFMASK;
	bool more_after = h->frag_off & TO_BE16(IP4_MF);
	int err = -ENOBUFS;

	if (pb->sum_state == PKTSUM_PARTIAL)
		pktbuf_finish_sum(pb);
	for (u32 off = 0; off < len; off += step) {
		u32 n = min(step, len - off);
		struct pktbuf *f = pktbuf_alloc(PKT_HEADROOM, hlen, ALLOC_ATOMIC);
		struct ip4_head *fh;

		if (!f)
			goto out;
		memcpy(pktbuf_put(f, hlen), h, hlen);
		f->priority = pb->priority;
		if (!pktbuf_share(f, pb, hlen + off, n)) {
			pktbuf_free(f);
			goto out;
		}
		fh = (void *)f->data;
		fh->total_len = TO_BE16(hlen + n);
		fh->frag_off = TO_BE16((base + off / 8) | (off + n < len || more_after ? IP4_MF : 0));
		fh->check = 0;
		fh->check = (u16)~inetsum_fold(inetsum_add(0, fh, hlen));
		f->net = (u16)pktbuf_headroom(f);
		ipstat_inc(ns, IPSTAT_FRAG_CREATES);
		to_link(ns, r, fh->daddr, f);
	}
	err = 0;
out:
	ipstat_inc(ns, err ? IPSTAT_FRAG_FAILS : IPSTAT_FRAG_OKS);
	pktbuf_free(pb);
	return err;
}
