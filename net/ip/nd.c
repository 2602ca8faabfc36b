// SPDX-License-Identifier: GPL-2.0-only
/* Neighbour discovery, RFC 4861: solicitations and advertisements of neighbours and routers. */
#include "ip6_impl.h"

#include <tern/lib/string.h>
#include <uapi/netlink.h>

#include "neigh.h"

struct nd_head { u8 type, code; be16 check; be32 flags; struct in6ip target; };
static_assert(sizeof(struct nd_head) == 24, "wire");
struct nd_link { u8 type, len, mac[6]; };
static_assert(sizeof(struct nd_link) == 8, "wire");
#define OPT_SOURCE_LINK	1
#define OPT_TARGET_LINK	2
#define NA_ROUTER	0x80000000u
#define NA_SOLICITED	0x40000000u
#define NA_OVERRIDE	0x20000000u
#define HOPS		255	/* from the same link, for sure */

/* Checksum, and out to an address whose link address is known or follows from the group. */
static void send(struct netif *nif, struct pktbuf *pb, const struct in6ip *s, const struct in6ip *d, const u8 *mac)
{
	u8 group[6] = { 0x33, 0x33, d->b[12], d->b[13], d->b[14], d->b[15] };
	struct ip6_head *h;
	u32 len = pb->len;

	icmp6_finish(pb, s, d);
	h = pktbuf_push(pb, sizeof(*h));
	*h = (struct ip6_head){ .flow = TO_BE32(6u << 28), .len = TO_BE16(len), .next = IPPROTO_ICMPV6, .hops = HOPS,
				.saddr = *s, .daddr = *d };
	pb->net = (u16)pktbuf_headroom(pb);
	pb->protocol = TO_BE16(ETH_P_IPV6);
	nif->ops->header(nif, pb, mac ? mac : group);
	netif_send(nif, pb);
}

static void put_link(struct pktbuf *pb, const struct netif *nif, u8 type)
{
	struct nd_link *l = pktbuf_put(pb, sizeof(*l));

	l->type = type;
	l->len = 1;
	memcpy(l->mac, nif->addr, 6);
}

static struct pktbuf *make(u8 type, u32 flags, const struct in6ip *target)
{
	struct pktbuf *pb = pktbuf_alloc(PKT_HEADROOM, 64, ALLOC_ATOMIC);

	if (pb)
		*(struct nd_head *)pktbuf_put(pb, sizeof(struct nd_head)) =
			(struct nd_head){ .type = type, .flags = TO_BE32(flags), .target = *target };
	return pb;
}

void nd_solicit(struct netif *nif, const struct in6ip *target, const u8 *mac, const struct in6ip *saddr)
{
	struct in6ip d = mac ? *target : in6_solicited(target), s;
	struct pktbuf *pb;

	rcu_read_lock();
	if (saddr)
		s = *saddr;
	else if (!ip6_source_for(nif, target, &s))
		goto out;
	pb = make(ICMP6_NEIGH_SOLICIT, 0, target);
	if (!pb)
		goto out;
	if (!in6_is_any(&s))
		put_link(pb, nif, OPT_SOURCE_LINK);
	send(nif, pb, &s, &d, mac);
out:
	rcu_read_unlock();
}

void nd_router_solicit(struct netif *nif)
{
	struct pktbuf *pb;
	struct in6ip s;

	rcu_read_lock();
	if (ip6_source_for(nif, &IN6_ALL_ROUTERS, &s)) {
		pb = pktbuf_alloc(PKT_HEADROOM, 64, ALLOC_ATOMIC);
		if (pb) {
			*(struct icmp_head *)pktbuf_put(pb, sizeof(struct icmp_head)) =
				(struct icmp_head){ .type = ICMP6_ROUTER_SOLICIT };
			put_link(pb, nif, OPT_SOURCE_LINK);
			send(nif, pb, &s, &IN6_ALL_ROUTERS, NULL);
		}
	}
	rcu_read_unlock();
}

static void advertise(struct netif *nif, const struct in6ip *target, const struct in6ip *to, const u8 *mac)
{
	bool to_all = in6_is_any(to);
	u32 flags = NA_OVERRIDE | (to_all ? 0 : NA_SOLICITED) | (if6_own(nif, IF6_FORWARDING) ? NA_ROUTER : 0);
	struct pktbuf *pb = make(ICMP6_NEIGH_ADVERT, flags, target);
	struct in6ip d = to_all ? IN6_ALL_NODES : *to;

	if (!pb)
		return;
	put_link(pb, nif, OPT_TARGET_LINK);
	send(nif, pb, target, &d, to_all ? NULL : mac);
}

void nd_announce(struct netif *nif, const struct in6ip *addr)
{
	advertise(nif, addr, &(struct in6ip){ 0 }, NULL);
}

/* Link address option of @type behind @off; NULL: none. False: malformed. */
static bool find_link(const struct pktbuf *pb, u32 off, u8 type, const u8 **mac)
{
	*mac = NULL;
	while (off + 2 <= pb->linear) {
		const u8 *o = pb->data + off;
		u32 n = o[1] * 8u;

		if (!n || off + n > pb->linear)
			return false;
		if (o[0] == type && n == sizeof(struct nd_link))
			*mac = o + 2;
		off += n;
	}
	return off == pb->linear;
}

static void take_solicit(struct netif *nif, struct pktbuf *pb)
{
	const struct nd_head *h = (void *)pb->data;
	const struct in6ip *from = &pkt_ip6(pb)->saddr;
	const struct ifaddr6 *a;
	const u8 *mac;

	if (!find_link(pb, sizeof(*h), OPT_SOURCE_LINK, &mac))
		return;
	a = netif_addr6(nif, &h->target);
	if (!a)
		return;
	if (a->flags & IFA_F_TENTATIVE) {
		if (in6_is_any(from))	/* another one tries to take it */
			ip6_addr_clash(nif, &h->target);
		return;
	}
	if (!in6_is_any(from) && mac)
		neigh_learn(nif->neigh6, from, mac, NEIGH_MAKE);
	if (in6_is_any(from) || mac)
		advertise(nif, &h->target, from, mac);
	else
		advertise(nif, &h->target, from, pb->buf + pb->mac + 6);
}

static void take_advert(struct netif *nif, struct pktbuf *pb)
{
	const struct nd_head *h = (void *)pb->data;
	u32 flags = FROM_BE32(h->flags);
	const struct ifaddr6 *a;
	const u8 *mac;

	if (!find_link(pb, sizeof(*h), OPT_TARGET_LINK, &mac) || in6_is_group(&h->target))
		return;
	a = netif_addr6(nif, &h->target);
	if (a) {
		if (pb->type != PKT_LOOPED)
			ip6_addr_clash(nif, &h->target);
		return;
	}
	if (mac)
		neigh_learn(nif->neigh6, &h->target, mac, flags & NA_SOLICITED ? NEIGH_ANSWER : 0);
}

void nd_receive(struct netns *ns, struct pktbuf *pb)
{
	struct netif *nif = pb->nif;
	u8 type = pb->data[0];

	if (pkt_ip6(pb)->hops != HOPS || pb->data[1] || !nif->neigh6 || !pktbuf_make_linear(pb, pb->len))
		goto out;
	if (type == ICMP6_ROUTER_ADVERT) {
		const u8 *mac;

		if (pb->len < 16 || !if6_takes_adverts(nif) || !in6_is_link(&pkt_ip6(pb)->saddr) ||
		    !find_link(pb, 16, OPT_SOURCE_LINK, &mac))
			goto out;
		if (mac)
			neigh_learn(nif->neigh6, &pkt_ip6(pb)->saddr, mac, NEIGH_MAKE);
		ip6_take_advert(nif, pb);
		return;
	}
	if (pb->len < sizeof(struct nd_head))
		goto out;
	if (type == ICMP6_NEIGH_SOLICIT)
		take_solicit(nif, pb);
	else if (type == ICMP6_NEIGH_ADVERT)
		take_advert(nif, pb);
out:
	pktbuf_free(pb);
}
