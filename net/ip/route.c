// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses of interfaces and the routes that follow from them.
 *
 * Two tables: local says which addresses are ours or broadcast, main where the rest
 * goes. An address makes entries in both while its interface is up. Changes hold
 * config_lock and move route_gen on, so that who keeps a route looks again; readers
 * are RCU.
 */
#include "ip_impl.h"

#include <tern/base/initcall.h>
#include <tern/kernel/clock.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

static struct ip4tables initial_tables = { .ns = &netns_initial,
					   .frag_lock = SPIN_INIT(LOCKRANK_NET_TABLE) };

static void *route_get_memory(void *ctx, size_t size)
{
	return kmem_alloc(size, ALLOC_KERNEL);
}

static void route_put_memory(void *ctx, void *p, size_t size)
{
	rcu_defer_free(p, p);
}

static const struct lib_alloc route_alloc = { route_get_memory, route_put_memory, NULL };
static_assert(sizeof(struct rcu_job) <= sizeof(((struct fibnode *)0)->defer), "deferral record");

static be32 mask4(u8 plen)
{
	return plen ? TO_BE32(~0u << (32 - plen)) : 0;
}

/* ---- lookups ---- */

struct want { be32 saddr; u32 oif; };

static bool route_fits(const struct fibroute *r, void *arg)
{
	const struct want *w = arg;

	return (!w->oif || !r->nif || r->nif->index == w->oif) && (!r->nif || netif_is_up(r->nif));
}

be32 ip4_addr_for(const struct netif *nif, be32 daddr)
{
	const struct ifaddr4 *a, *first = NULL;

	list_foreach_rcu(a, &nif->addrs4, link) {
		if (!((a->local ^ daddr) & mask4(a->plen)))
			return a->local;
		if (!first)
			first = a;
	}
	return first ? first->local : 0;
}

u8 ip4_local_type(struct netns *ns, be32 addr)
{
	const struct fibroute *r;

	if (addr == INADDR_ANY || addr == INADDR_BROADCAST)
		return RTN_BROADCAST;
	if ((addr & TO_BE32(0xf0000000)) == TO_BE32(0xe0000000))
		return RTN_MULTICAST;
	r = fib_lookup(&ns->ip4->local, fib4_key(FROM_BE32(addr)), NULL, NULL);
	return r ? r->type : RTN_UNICAST;
}

/* No route needed: limited broadcast and multicast go out of the interface that was asked for. */
static int route_direct(struct netns *ns, struct netif *nif, u8 type, be32 daddr, be32 saddr, struct iproute *r)
{
	*r = (struct iproute){ .nif = nif, .type = type, .mtu = nif->mtu,
			       .saddr = saddr ? saddr : ip4_addr_for(nif, daddr) };
	return 0;
}

static int route_error(u8 type)
{
	if (type == RTN_BLACKHOLE)
		return -EINVAL;
	return type == RTN_PROHIBIT ? -EACCES : -EHOSTUNREACH;
}

int ip4_route_out(struct netns *ns, be32 daddr, be32 saddr, u32 oif, struct iproute *r)
{
	struct want w = { saddr, oif };
	const struct fibroute *f;
	struct netif *nif;
	u8 type = daddr == INADDR_ANY ? RTN_LOCAL : ip4_local_type(ns, daddr);

	if (type == RTN_LOCAL) {
		f = fib_lookup(&ns->ip4->local, fib4_key(FROM_BE32(daddr)), NULL, NULL);
		*r = (struct iproute){ .nif = ns->loopback, .type = type, .mtu = ns->loopback->mtu,
				       .saddr = saddr ? saddr : daddr ? daddr : TO_BE32(0x7f000001) };
		if (f && f->prefsrc && !saddr)
			r->saddr = f->prefsrc;
		return netif_is_up(ns->loopback) ? 0 : -ENETUNREACH;
	}
	if (oif && type != RTN_UNICAST) {
		nif = netif_find_index(ns, oif);
		return nif ? route_direct(ns, nif, type, daddr, saddr, r) : -ENODEV;
	}
	if (type == RTN_BROADCAST) {
		f = fib_lookup(&ns->ip4->local, fib4_key(FROM_BE32(daddr)), NULL, NULL);
		if (f)
			return route_direct(ns, f->nif, type, daddr, saddr, r);
	}
	f = fib_lookup(&ns->ip4->main, fib4_key(FROM_BE32(daddr)), route_fits, &w);
	if (!f) {
		nif = oif ? netif_find_index(ns, oif) : NULL;	/* bound: as if on link */
		return nif && netif_is_up(nif) ? route_direct(ns, nif, type, daddr, saddr, r) : -ENETUNREACH;
	}
	if (f->type > RTN_MULTICAST)
		return route_error(f->type);
	*r = (struct iproute){ .nif = f->nif, .type = type, .mtu = f->nif->mtu, .saddr = saddr,
			       .gateway = type == RTN_UNICAST ? f->gateway : 0 };
	if (!saddr)
		r->saddr = f->prefsrc ? f->prefsrc : ip4_addr_for(f->nif, f->gateway ? f->gateway : daddr);
	return 0;
}

/* ---- routes ---- */

static int table_add(struct netns *ns, struct fib *t, be32 dst, u8 plen, const struct fibroute *model)
{
	struct fibroute *r = kmem_dup(model, sizeof(*model), ALLOC_KERNEL);
	int err;

	if (!r)
		return -ENOMEM;
	err = fib_insert(t, fib4_key(FROM_BE32(dst)), plen, r, &route_alloc);
	if (err) {
		kmem_free(r);
		return err;
	}
	netns_routes_changed(ns);
	ip4_route_news(ns, t == &ns->ip4->local, fib4_key(FROM_BE32(dst)), plen, r, true);
	return 0;
}

int ip4_route_add(struct netns *ns, be32 dst, u8 plen, be32 gateway, struct netif *nif, u32 metric,
		  u8 type, u8 scope, u8 protocol, be32 prefsrc)
{
	struct fibroute r = { .nif = nif, .gateway = gateway, .prefsrc = prefsrc, .metric = metric,
			      .type = type, .scope = scope, .protocol = protocol };
	struct iproute via;
	int err = 0;

	if (plen > 32 || (dst & ~mask4(plen)))
		return -EINVAL;
	if (gateway) {
		rcu_read_lock();
		err = ip4_route_out(ns, gateway, 0, nif ? nif->index : 0, &via);
		if (!err && (via.type != RTN_UNICAST || via.gateway))
			err = -ENETUNREACH;
		rcu_read_unlock();
		if (err)
			return -ENETUNREACH;
		r.nif = via.nif;
	}
	if (type == RTN_UNICAST && !r.nif)
		return -ENODEV;
	if (r.nif && !netif_is_up(r.nif))
		return -ENETDOWN;
	return table_add(ns, &ns->ip4->main, dst, plen, &r);
}

struct victim {
	struct netns *ns;
	struct fib *table;
	fibkey key;
	u8 plen;
	be32 gateway;
	struct netif *nif;
	u32 metric;
};

static bool is_victim(const struct fibroute *r, void *arg)
{
	const struct victim *v = arg;

	if ((v->gateway && v->gateway != r->gateway) || (v->nif && v->nif != r->nif) ||
	    (v->metric && v->metric != r->metric))
		return false;
	ip4_route_news(v->ns, v->table == &v->ns->ip4->local, v->key, v->plen, r, false);
	return true;
}

int ip4_route_del(struct netns *ns, be32 dst, u8 plen, be32 gateway, struct netif *nif, u32 metric)
{
	struct victim v = { .ns = ns, .table = &ns->ip4->main, .key = fib4_key(FROM_BE32(dst)), .plen = plen,
			    .gateway = gateway, .nif = nif, .metric = metric };
	int err = fib_delete(&ns->ip4->main, fib4_key(FROM_BE32(dst)), plen, is_victim, &v, &route_alloc);

	if (!err)
		netns_routes_changed(ns);
	return err;
}

struct routeprobe { fibkey key; u8 plen; u32 metric; bool is_there; };

static bool probe_one(fibkey key, u8 plen, const struct fibroute *r, void *arg)
{
	struct routeprobe *p = arg;

	if (key == p->key && plen == p->plen && r->metric == p->metric)
		p->is_there = true;
	return !p->is_there;
}

bool ip4_route_exists(struct netns *ns, be32 dst, u8 plen, u32 metric)
{
	struct routeprobe p = { fib4_key(FROM_BE32(dst)), plen, metric, false };

	fib_walk(&ns->ip4->main, probe_one, &p);
	return p.is_there;
}

static bool is_other(const struct fibroute *r, void *arg)
{
	const struct victim *v = arg;

	if (r->metric != v->metric || (r->gateway == v->gateway && (!v->nif || r->nif == v->nif)))
		return false;
	ip4_route_news(v->ns, false, v->key, v->plen, r, false);
	return true;
}

int ip4_route_drop_others(struct netns *ns, be32 dst, u8 plen, u32 metric, be32 gateway, struct netif *nif)
{
	struct victim v = { .ns = ns, .table = &ns->ip4->main, .key = fib4_key(FROM_BE32(dst)), .plen = plen,
			    .gateway = gateway, .nif = nif, .metric = metric };

	while (!fib_delete(&ns->ip4->main, v.key, plen, is_other, &v, &route_alloc))
		netns_routes_changed(ns);
	return 0;
}

/* One route through an interface, if there is any. */
struct found { struct netif *nif; fibkey key; u8 plen; bool is_any; };

static bool find_through(fibkey key, u8 plen, const struct fibroute *r, void *arg)
{
	struct found *f = arg;

	if (r->nif != f->nif)
		return true;
	f->key = key;
	f->plen = plen;
	f->is_any = true;
	return false;
}

static void table_flush(struct netns *ns, struct fib *t, struct netif *nif)
{
	struct victim v = { .ns = ns, .table = t, .nif = nif };

	for (;;) {
		struct found f = { .nif = nif };

		fib_walk(t, find_through, &f);
		v.key = f.key;
		v.plen = f.plen;
		if (!f.is_any || fib_delete(t, f.key, f.plen, is_victim, &v, &route_alloc))
			break;
	}
	netns_routes_changed(ns);
}

/* ---- addresses ---- */

static int addr_routes_add(struct netif *nif, const struct ifaddr4 *a)
{
	struct netns *ns = nif->ns;
	struct fibroute r = { .nif = nif, .prefsrc = a->local, .type = RTN_LOCAL, .scope = RT_SCOPE_HOST,
			      .protocol = RTPROT_KERNEL };
	be32 net = a->local & mask4(a->plen);
	int err = table_add(ns, &ns->ip4->local, a->local, 32, &r);

	if (err)
		return err == -EEXIST ? 0 : err;
	if ((nif->flags & IFF_LOOPBACK) && a->plen < 32)
		err = table_add(ns, &ns->ip4->local, net, a->plen, &r);
	r.type = RTN_BROADCAST;
	r.scope = RT_SCOPE_LINK;
	if (!err && a->broadcast)
		err = table_add(ns, &ns->ip4->local, a->broadcast, 32, &r);
	if (!err && a->plen < 31 && a->broadcast != (net | ~mask4(a->plen)))
		err = table_add(ns, &ns->ip4->local, net | ~mask4(a->plen), 32, &r);
	r.type = RTN_UNICAST;
	if (!err && !(nif->flags & IFF_LOOPBACK) && a->plen < 32)
		err = table_add(ns, &ns->ip4->main, net, a->plen, &r);
	return err == -EEXIST ? 0 : err;
}

static bool has_prefsrc(const struct fibroute *r, void *arg)
{
	const struct ifaddr4 *a = arg;

	return r->prefsrc == a->local && r->protocol == RTPROT_KERNEL;
}

static void addr_routes_del(struct netif *nif, struct ifaddr4 *a)
{
	struct netns *ns = nif->ns;
	u32 net = FROM_BE32(a->local & mask4(a->plen));

	fib_delete(&ns->ip4->local, fib4_key(FROM_BE32(a->local)), 32, has_prefsrc, a, &route_alloc);
	fib_delete(&ns->ip4->local, fib4_key(net), a->plen, has_prefsrc, a, &route_alloc);
	if (a->broadcast)
		fib_delete(&ns->ip4->local, fib4_key(FROM_BE32(a->broadcast)), 32, has_prefsrc, a, &route_alloc);
	if (a->plen < 31)
		fib_delete(&ns->ip4->local, fib4_key(net | ~FROM_BE32(mask4(a->plen))), 32, has_prefsrc, a,
			   &route_alloc);
	fib_delete(&ns->ip4->main, fib4_key(net), a->plen, has_prefsrc, a, &route_alloc);
	netns_routes_changed(ns);
}

int ip4_addr_add(struct netif *nif, be32 local, u8 plen, be32 broadcast, const char *label, u8 scope)
{
	struct ifaddr4 *a;
	int err = 0;

	if (plen > 32)
		return -EINVAL;
	list_foreach(a, &nif->addrs4, link)
		if (a->local == local && a->plen == plen)
			return -EEXIST;
	a = kmem_zalloc(sizeof(*a), ALLOC_KERNEL);
	if (!a)
		return -ENOMEM;
	a->local = local;
	a->plen = plen;
	a->broadcast = broadcast;
	a->scope = scope;
	a->stamp = (u32)(clock_ns() / 10000000);
	strlcpy(a->label, label, sizeof(a->label));
	list_add_tail_rcu(&a->link, &nif->addrs4);
	ip4_addr_news(nif, a, true);
	if (netif_is_up(nif))
		err = addr_routes_add(nif, a);
	return err;
}

static void addr_drop(struct netif *nif, struct ifaddr4 *a)
{
	addr_routes_del(nif, a);
	ip4_addr_news(nif, a, false);
	list_del_rcu(&a->link);
	rcu_defer_free(&a->rcu, a);
}

int ip4_addr_del(struct netif *nif, be32 local, u8 plen)
{
	struct ifaddr4 *a;

	list_foreach(a, &nif->addrs4, link) {
		if (a->local == local && a->plen == plen) {
			addr_drop(nif, a);
			if (list_is_empty(&nif->addrs4)) {	/* no IPv4 here any more */
				table_flush(nif->ns, &nif->ns->ip4->main, nif);
				table_flush(nif->ns, &nif->ns->ip4->local, nif);
			}
			return 0;
		}
	}
	return -EADDRNOTAVAIL;
}

/* The loopback interface has its address as soon as it is up. */
static int loopback_addr(struct netif *nif)
{
	if (!(nif->flags & IFF_LOOPBACK) || !list_is_empty(&nif->addrs4))
		return 0;
	return ip4_addr_add(nif, TO_BE32(0x7f000001), 8, 0, nif->name, RT_SCOPE_HOST);
}

static int route_watch(struct netif *nif, enum netevent ev)
{
	struct netns *ns = nif->ns;
	struct ifaddr4 *a, *next;
	int err = 0;

	switch (ev) {
	case NETEVENT_ADD:
		if (!ns->ip4)
			ns->ip4 = &initial_tables;
		break;
	case NETEVENT_UP:
		list_foreach(a, &nif->addrs4, link)
			if (!err)
				err = addr_routes_add(nif, a);
		if (!err)
			err = loopback_addr(nif);
		break;
	case NETEVENT_DOWN:
		table_flush(ns, &ns->ip4->main, nif);
		table_flush(ns, &ns->ip4->local, nif);
		break;
	case NETEVENT_CHANGE:
	case NETEVENT_GONE:
		break;
	case NETEVENT_REMOVE:
		list_foreach_safe(a, next, &nif->addrs4, link)
			addr_drop(nif, a);
		break;
	}
	return err;
}
NETWATCH(route_watch);

static int tables_init(struct netns *ns)
{
	struct ip4tables *t = kmem_zalloc(sizeof(*t), ALLOC_KERNEL);

	if (!t)
		return -ENOMEM;
	t->ns = ns;
	spin_init(&t->frag_lock, LOCKRANK_NET_TABLE);
	ns->ip4 = t;
	return 0;
}

/* Its interfaces are gone, and their routes with them; packets in pieces hold the namespace. */
static void tables_fini(struct netns *ns)
{
	kmem_free(ns->ip4);
}

static const struct netnspart ip4_part = { tables_init, tables_fini };
NETNSPART(ip4_part);
