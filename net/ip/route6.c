// SPDX-License-Identifier: GPL-2.0-only
/* IPv6 routes: which addresses are ours, where the rest goes. As route.c for IPv4. */
#include "ip6_impl.h"

#include <tern/base/initcall.h>
#include <tern/kernel/cred.h>
#include <tern/lib/hash.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <uapi/netlink.h>

#define METRIC_KERNEL	256u
#define METRIC_USER	1024u

u8 ip6_local_type(struct netns *ns, const struct in6ip *a)
{
	if (in6_is_group(a))
		return RTN_MULTICAST;
	return fib_lookup(&ns->ip6->set.local, fib6_key(a), NULL, NULL) ? RTN_LOCAL : RTN_UNICAST;
}

/* The interface for a packet to a group when none was named. */
static struct netif *default_link(struct netns *ns)
{
	struct netif *nif;

	netif_foreach(nif, ns)
		if (netif_is_up(nif) && !(nif->flags & IFF_LOOPBACK) && (nif->flags & IFF_MULTICAST))
			return nif;
	return ns->loopback;
}

static u64 flow_hash(const struct in6ip *a)
{
	return a ? hash_combine(a->q[0], a->q[1]) : 0;
}

static int direct(struct netif *nif, u8 type, const struct in6ip *daddr, const struct in6ip *saddr,
		  struct iproute *r)
{
	*r = (struct iproute){ .nif = nif, .type = type, .mtu = if6_mtu(nif),
			       .hops6 = (u8)if6_own(nif, IF6_HOP_LIMIT) };
	if (saddr && !in6_is_any(saddr))
		r->saddr6 = *saddr;
	else if (!ip6_source_for(nif, daddr, &r->saddr6))
		return -EADDRNOTAVAIL;
	return netif_is_up(nif) ? 0 : -ENETUNREACH;
}

int ip6_route_flow(struct netns *ns, const struct in6ip *daddr, const struct in6ip *saddr, u32 oif, u32 iif,
		   u32 mark, struct iproute *r)
{
	const struct in6ip *dst = in6_is_any(daddr) ? &IN6_LOOPBACK : daddr;
	struct fibflow flow = { saddr ? fib6_key(saddr) : 0, fib6_key(dst), oif, iif, mark, 0 };
	const struct fibroute *f;
	struct fibhop hop;
	struct netif *nif;
	u32 table;
	int err;
	u8 type = ip6_local_type(ns, dst);

	if (type == RTN_LOCAL) {
		*r = (struct iproute){ .nif = ns->loopback, .type = type, .mtu = ns->loopback->mtu,
				       .table = RT_TABLE_LOCAL };
		r->saddr6 = saddr && !in6_is_any(saddr) ? *saddr : *dst;
		return netif_is_up(ns->loopback) ? 0 : -ENETUNREACH;
	}
	if (type == RTN_MULTICAST || in6_is_link(dst)) {
		nif = oif ? netif_find_index(ns, oif) : type == RTN_MULTICAST ? default_link(ns) : NULL;
		if (!nif)
			return oif ? -ENODEV : -EINVAL;
		return direct(nif, type, dst, saddr, r);
	}
	flow.uid = READ_ONCE(ns->ip6->set.has_rules) ? cred_self()->euid : 0;
	err = fibset_lookup(&ns->ip6->set, &flow, &f, &table);
	if (err)
		return err;
	fibroute_hop(f, (u32)hash_combine(flow_hash(saddr), flow_hash(dst)), &hop);
	*r = (struct iproute){ .nif = hop.nif, .type = type, .gateway6 = hop.gateway6, .table = table,
			       .hops6 = (u8)if6_own(hop.nif, IF6_HOP_LIMIT),
			       .mtu = f->mtu ? min(f->mtu, if6_mtu(hop.nif)) : if6_mtu(hop.nif) };
	r->is_locked = f->is_mtu_locked;
	if (!iif && !pathtable_is_empty(&ns->ip6->paths))
		pathmtu_look(&ns->ip6->paths, dst, r);
	if (saddr && !in6_is_any(saddr))
		r->saddr6 = *saddr;
	else if (!in6_is_any(&f->prefsrc6))
		r->saddr6 = f->prefsrc6;
	else if (!ip6_source_for(hop.nif, dst, &r->saddr6))
		return -EADDRNOTAVAIL;
	return 0;
}

int ip6_route_out(struct netns *ns, const struct in6ip *daddr, const struct in6ip *saddr, u32 oif,
		  struct iproute *r)
{
	return ip6_route_flow(ns, daddr, saddr, oif, 0, 0, r);
}

/* ---- changes; config_lock held ---- */

/* The interface that a gateway is on; 0 or -EHOSTUNREACH. */
static int find_way(struct netns *ns, const struct in6ip *gateway, struct netif **nif)
{
	struct iproute via;
	int err;

	if (in6_is_any(gateway) || *nif)
		return 0;
	rcu_read_lock();
	err = ip6_route_out(ns, gateway, NULL, 0, &via);
	rcu_read_unlock();
	if (err || via.type != RTN_UNICAST || !in6_is_any(&via.gateway6))
		return -EHOSTUNREACH;
	*nif = via.nif;
	return 0;
}

int ip6_route_add(struct netns *ns, u32 table, const struct in6ip *dst, u8 plen, struct fibroute *model)
{
	int err;

	if (plen > 128)
		return -EINVAL;
	err = find_way(ns, &model->gateway6, &model->nif);
	for (u32 i = 0; i < model->nhops && !err; i++) {
		err = find_way(ns, &model->hops[i].gateway6, &model->hops[i].nif);
		if (!err && !model->hops[i].nif)
			err = -ENODEV;
	}
	if (err)
		return err;
	if (model->type == RTN_UNICAST && !model->nif && !model->nhops)
		return -ENODEV;
	if (model->nif && !netif_is_up(model->nif))
		return -ENETDOWN;
	if (model->nif && if6_is_disabled(model->nif))
		return -EACCES;
	if (!model->metric)
		model->metric = METRIC_USER;
	return fibset_add(&ns->ip6->set, table, fib6_key(dst), plen, model);
}

static struct in6ip prefix_of(const struct in6ip *a, u8 plen)
{
	return fib6_addr(plen ? fib6_key(a) & ~(fibkey)0 << (128 - plen) : 0);
}

/* What an address is in: its own network, or the other end's. */
static struct in6ip network_of(const struct ifaddr6 *a)
{
	return prefix_of(in6_is_any(&a->peer) ? &a->addr : &a->peer, a->plen);
}

int ip6_local_add(struct netif *nif, const struct ifaddr6 *a)
{
	struct fibroute r = { .nif = nif, .type = RTN_LOCAL, .protocol = RTPROT_KERNEL };
	struct fibset *s = &nif->ns->ip6->set;
	struct in6ip net = network_of(a);
	int err = fibset_add(s, RT_TABLE_LOCAL, fib6_key(&a->addr), 128, &r);

	if (err && err != -EEXIST)
		return err;
	if ((nif->flags & IFF_LOOPBACK) || (a->flags & IFA_F_NOPREFIXROUTE))
		return 0;
	r.type = RTN_UNICAST;
	r.metric = a->metric ? a->metric : METRIC_KERNEL;
	err = fibset_add(s, RT_TABLE_MAIN, fib6_key(&net), a->plen, &r);
	return err == -EEXIST ? 0 : err;
}

/* Does @b have the route to its network from where @a has it. */
static bool shares_route(const struct ifaddr6 *a, const struct ifaddr6 *b)
{
	struct in6ip x = network_of(a), y = network_of(b);

	return !(b->flags & (IFA_F_TENTATIVE | IFA_F_NOPREFIXROUTE)) && a->metric == b->metric && a->plen == b->plen &&
	       in6_same(&x, &y);
}

void ip6_local_del(struct netif *nif, const struct ifaddr6 *a)
{
	struct fibmatch own = { .nif = nif }, net_route = { .nif = nif,
		.metric = a->metric ? a->metric : METRIC_KERNEL, .type = RTN_UNICAST, .protocol = RTPROT_KERNEL };
	struct fibset *s = &nif->ns->ip6->set;
	struct in6ip net = network_of(a);
	const struct ifaddr6 *b;

	fibset_del(s, RT_TABLE_LOCAL, fib6_key(&a->addr), 128, &own);
	if (a->flags & IFA_F_NOPREFIXROUTE)
		return;
	list_foreach(b, &nif->addrs6, link)
		if (b != a && shares_route(a, b))
			return;		/* somebody else needs the network's route */
	fibset_del(s, RT_TABLE_MAIN, fib6_key(&net), a->plen, &net_route);
}
