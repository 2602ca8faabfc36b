// SPDX-License-Identifier: GPL-2.0-only
/* IPv6 routes: which addresses are ours, where the rest goes. As route.c for IPv4. */
#include "ip6_impl.h"

#include <tern/base/initcall.h>
#include <tern/kernel/clock.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <uapi/netlink.h>

#define METRIC_KERNEL	256u
#define METRIC_USER	1024u

static void *route_get_memory(void *ctx, size_t size)
{
	return kmem_alloc(size, ALLOC_ATOMIC);
}

static void route_put_memory(void *ctx, void *p, size_t size)
{
	rcu_defer_free(p, p);
}
static const struct lib_alloc route_alloc = { route_get_memory, route_put_memory, NULL };

struct want { u32 oif; nsec_t now; };

static bool route_fits(const struct fibroute *r, void *arg)
{
	const struct want *w = arg;

	return (!w->oif || !r->nif || r->nif->index == w->oif) && (!r->nif || netif_is_up(r->nif)) &&
	       (!r->expires || r->expires > w->now);
}

u8 ip6_local_type(struct netns *ns, const struct in6ip *a)
{
	if (in6_is_group(a))
		return RTN_MULTICAST;
	return fib_lookup(&ns->ip6->local, fib6_key(a), NULL, NULL) ? RTN_LOCAL : RTN_UNICAST;
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

static int direct(struct netif *nif, u8 type, const struct in6ip *daddr, const struct in6ip *saddr,
		  struct iproute *r)
{
	*r = (struct iproute){ .nif = nif, .type = type, .mtu = nif->mtu };
	if (saddr && !in6_is_any(saddr))
		r->saddr6 = *saddr;
	else if (!ip6_source_for(nif, daddr, &r->saddr6))
		return -EADDRNOTAVAIL;
	return netif_is_up(nif) ? 0 : -ENETUNREACH;
}

int ip6_route_out(struct netns *ns, const struct in6ip *daddr, const struct in6ip *saddr, u32 oif,
		  struct iproute *r)
{
	struct want w = { oif, clock_coarse_ns() };
	const struct in6ip *dst = in6_is_any(daddr) ? &IN6_LOOPBACK : daddr;
	const struct fibroute *f;
	struct netif *nif;
	u8 type = ip6_local_type(ns, dst);

	if (type == RTN_LOCAL) {
		*r = (struct iproute){ .nif = ns->loopback, .type = type, .mtu = ns->loopback->mtu };
		r->saddr6 = saddr && !in6_is_any(saddr) ? *saddr : *dst;
		return netif_is_up(ns->loopback) ? 0 : -ENETUNREACH;
	}
	if (type == RTN_MULTICAST || in6_is_link(dst)) {
		nif = oif ? netif_find_index(ns, oif) : type == RTN_MULTICAST ? default_link(ns) : NULL;
		if (!nif)
			return oif ? -ENODEV : -EINVAL;
		return direct(nif, type, dst, saddr, r);
	}
	f = fib_lookup(&ns->ip6->main, fib6_key(dst), route_fits, &w);
	if (!f)
		return -ENETUNREACH;
	if (f->type > RTN_MULTICAST)
		return f->type == RTN_PROHIBIT ? -EACCES : f->type == RTN_BLACKHOLE ? -EINVAL : -EHOSTUNREACH;
	*r = (struct iproute){ .nif = f->nif, .type = type, .mtu = f->nif->mtu, .gateway6 = f->gateway6 };
	if (saddr && !in6_is_any(saddr))
		r->saddr6 = *saddr;
	else if (!in6_is_any(&f->prefsrc6))
		r->saddr6 = f->prefsrc6;
	else if (!ip6_source_for(f->nif, dst, &r->saddr6))
		return -EADDRNOTAVAIL;
	return 0;
}

/* ---- changes; config_lock held ---- */

static int table_add(struct netns *ns, struct fib *t, const struct in6ip *dst, u8 plen, const struct fibroute *model)
{
	struct fibroute *r = kmem_dup(model, sizeof(*model), ALLOC_KERNEL);
	int err;

	if (!r)
		return -ENOMEM;
	err = fib_insert(t, fib6_key(dst), plen, r, &route_alloc);
	if (err) {
		kmem_free(r);
		return err;
	}
	netns_routes_changed(ns);
	ip6_route_news(ns, t == &ns->ip6->local, fib6_key(dst), plen, r, true);
	return 0;
}

int ip6_route_add(struct netns *ns, const struct in6ip *dst, u8 plen, const struct fibroute *model)
{
	struct fibroute r = *model;

	if (plen > 128)
		return -EINVAL;
	if (r.type == RTN_UNICAST && !r.nif)
		return in6_is_any(&r.gateway6) ? -ENODEV : -EHOSTUNREACH;
	if (r.nif && !netif_is_up(r.nif))
		return -ENETDOWN;
	if (!r.metric)
		r.metric = METRIC_USER;
	return table_add(ns, &ns->ip6->main, dst, plen, &r);
}

struct victim {
	struct netns *ns;
	struct fib *table;
	fibkey key;
	u8 plen;
	const struct in6ip *gateway;
	struct netif *nif;
	u32 metric;
};

static bool is_victim(const struct fibroute *r, void *arg)
{
	const struct victim *v = arg;

	if ((v->gateway && !in6_is_any(v->gateway) && !in6_same(v->gateway, &r->gateway6)) ||
	    (v->nif && v->nif != r->nif) || (v->metric && v->metric != r->metric))
		return false;
	ip6_route_news(v->ns, v->table == &v->ns->ip6->local, v->key, v->plen, r, false);
	return true;
}

int ip6_route_del(struct netns *ns, const struct in6ip *dst, u8 plen, const struct in6ip *gateway,
		  struct netif *nif, u32 metric)
{
	struct victim v = { ns, &ns->ip6->main, fib6_key(dst), plen, gateway, nif, metric };
	int err = fib_delete(v.table, v.key, plen, is_victim, &v, &route_alloc);

	if (!err)
		netns_routes_changed(ns);
	return err;
}

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

void ip6_routes_flush(struct netif *nif)
{
	table_flush(nif->ns, &nif->ns->ip6->main, nif);
	table_flush(nif->ns, &nif->ns->ip6->local, nif);
}

struct routeprobe { fibkey key; u8 plen; u32 metric; bool is_there; };

static bool probe_one(fibkey key, u8 plen, const struct fibroute *r, void *arg)
{
	struct routeprobe *p = arg;

	if (key == p->key && plen == p->plen && r->metric == p->metric)
		p->is_there = true;
	return !p->is_there;
}

bool ip6_route_exists(struct netns *ns, const struct in6ip *dst, u8 plen, u32 metric)
{
	struct routeprobe p = { fib6_key(dst), plen, metric ? metric : METRIC_USER, false };

	fib_walk(&ns->ip6->main, probe_one, &p);
	return p.is_there;
}

static struct in6ip prefix_of(const struct in6ip *a, u8 plen)
{
	return fib6_addr(plen ? fib6_key(a) & ~(fibkey)0 << (128 - plen) : 0);
}

int ip6_local_add(struct netif *nif, const struct ifaddr6 *a)
{
	struct fibroute r = { .nif = nif, .type = RTN_LOCAL, .protocol = RTPROT_KERNEL };
	struct in6ip net = prefix_of(&a->addr, a->plen);
	int err = table_add(nif->ns, &nif->ns->ip6->local, &a->addr, 128, &r);

	if (err)
		return err == -EEXIST ? 0 : err;
	r.type = RTN_UNICAST;
	r.metric = METRIC_KERNEL;
	if (nif->flags & IFF_LOOPBACK)
		return 0;
	err = table_add(nif->ns, &nif->ns->ip6->main, &net, a->plen, &r);
	return err == -EEXIST ? 0 : err;
}

void ip6_local_del(struct netif *nif, const struct ifaddr6 *a)
{
	struct victim v = { .ns = nif->ns, .table = &nif->ns->ip6->local, .key = fib6_key(&a->addr), .plen = 128,
			    .nif = nif };
	struct in6ip net = prefix_of(&a->addr, a->plen);
	const struct ifaddr6 *b;

	fib_delete(v.table, v.key, 128, is_victim, &v, &route_alloc);
	netns_routes_changed(nif->ns);
	list_foreach(b, &nif->addrs6, link) {
		struct in6ip other = prefix_of(&b->addr, b->plen);

		if (b != a && b->plen == a->plen && in6_same(&other, &net))
			return;		/* somebody else needs the network's route */
	}
	ip6_route_del(nif->ns, &net, a->plen, NULL, nif, METRIC_KERNEL);
}
