// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where packets of IPv4 go.
 *
 * Table local says which addresses are ours or broadcast, main and those that rules name where the rest goes
 * (fibset.c); addresses make entries in both (addr4.c). Changes hold config_lock and move route_gen on, so that who
 * keeps a route looks again; readers are RCU.
 */
#include "ip6_impl.h"

#include <tern/base/initcall.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/cred.h>
#include <tern/lib/hash.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <uapi/netlink.h>

#define TTL_DEFAULT	64
#define PATH_LEAST	552u	/* bytes that are believed of a path, unless told otherwise */

struct ip4tables ip4_initial_tables = { .ns = &netns_initial, .conf = IF4CONFS_INIT, .neighbours = NEIGHBOURS_INIT,
				       .ttl = TTL_DEFAULT, .tcp = TCPKNOBS_DEFAULT,
				       .knobs = IPKNOBS_DEFAULT,
					   .reasm = REASM_TABLE_INIT(ip4_reasm_ops) };

/* ---- lookups ---- */

u8 ip4_local_type(struct netns *ns, be32 addr)
{
	const struct fibroute *r;

	if (addr == INADDR_ANY || addr == INADDR_BROADCAST)
		return RTN_BROADCAST;
	if (ip4_is_group(addr))
		return RTN_MULTICAST;
	r = fib_lookup(&ns->ip4->set.local, fib4_key(FROM_BE32(addr)), NULL, NULL);
	return r ? r->type : RTN_UNICAST;
}

/* No route needed: limited broadcast and multicast go out of the interface that was asked for. */
static int route_direct(struct netns *ns, struct netif *nif, u8 type, be32 daddr, be32 saddr, struct iproute *r)
{
	*r = (struct iproute){ .nif = nif, .type = type, .mtu = nif->mtu,
			       .saddr = saddr ? saddr : ip4_addr_for(nif, daddr) };
	return 0;
}

static void look_for_path(struct netns *ns, be32 daddr, struct iproute *r)
{
	struct in6ip dst = in6_map(daddr);

	pathmtu_look(&ns->ip4->paths, &dst, r);
}

int ip4_route_flow(struct netns *ns, be32 daddr, be32 saddr, u32 oif, u32 iif, u32 mark, struct iproute *r)
{
	struct fibflow flow = { fib4_key(FROM_BE32(saddr)), fib4_key(FROM_BE32(daddr)), oif, iif, mark, 0 };
	const struct fibroute *f;
	struct fibhop hop;
	struct netif *nif;
	u32 table;
	int err;
	u8 type = daddr == INADDR_ANY ? RTN_LOCAL : ip4_local_type(ns, daddr);

	if (type == RTN_LOCAL) {
		f = fib_lookup(&ns->ip4->set.local, fib4_key(FROM_BE32(daddr)), NULL, NULL);
		*r = (struct iproute){ .nif = ns->loopback, .type = type, .mtu = ns->loopback->mtu,
				       .table = RT_TABLE_LOCAL,
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
		f = fib_lookup(&ns->ip4->set.local, fib4_key(FROM_BE32(daddr)), NULL, NULL);
		if (f)
			return route_direct(ns, f->nif, type, daddr, saddr, r);
	}
	flow.uid = READ_ONCE(ns->ip4->set.has_rules) ? cred_self()->euid : 0;
	err = fibset_lookup(&ns->ip4->set, &flow, &f, &table);
	if (err) {
		nif = oif && err == -ENETUNREACH ? netif_find_index(ns, oif) : NULL;	/* bound: as if on link */
		return nif && netif_is_up(nif) ? route_direct(ns, nif, type, daddr, saddr, r) : err;
	}
	fibroute_hop(f, (u32)hash_combine(saddr, daddr), &hop);
	*r = (struct iproute){ .nif = hop.nif, .type = type, .mtu = f->mtu ? min(f->mtu, hop.nif->mtu) : hop.nif->mtu,
			       .saddr = saddr, .gateway = type == RTN_UNICAST ? hop.gateway : 0, .table = table };
	r->is_locked = f->is_mtu_locked;
	if (!iif && !pathtable_is_empty(&ns->ip4->paths))
		look_for_path(ns, daddr, r);
	if (!saddr)
		r->saddr = f->prefsrc ? f->prefsrc :
			   hop.gateway ? ip4_source_for(hop.nif, hop.gateway, RT_SCOPE_UNIVERSE) :
			   ip4_source_for(hop.nif, daddr, RT_SCOPE_LINK);
	return 0;
}

int ip4_route_out(struct netns *ns, be32 daddr, be32 saddr, u32 oif, struct iproute *r)
{
	return ip4_route_flow(ns, daddr, saddr, oif, 0, 0, r);
}

/* ---- routes ---- */

/* The interface that a gateway is on; 0 or -ENETUNREACH. */
static int find_way(struct netns *ns, be32 gateway, struct netif **nif)
{
	struct iproute via;
	int err;

	if (!gateway)
		return 0;
	rcu_read_lock();
	err = ip4_route_out(ns, gateway, 0, *nif ? (*nif)->index : 0, &via);
	if (!err && (via.type != RTN_UNICAST || via.gateway))
		err = -ENETUNREACH;
	rcu_read_unlock();
	if (err)
		return -ENETUNREACH;
	*nif = via.nif;
	return 0;
}

static int check_way(const struct netif *nif)
{
	if (!nif)
		return -ENODEV;
	return netif_is_up(nif) ? 0 : -ENETDOWN;
}

int ip4_route_add(struct netns *ns, u32 table, be32 dst, u8 plen, struct fibroute *model)
{
	int err;

	if (plen > 32 || (dst & ~ip4_mask(plen)))
		return -EINVAL;
	err = find_way(ns, model->gateway, &model->nif);
	if (!err && model->type == RTN_UNICAST && !model->nhops)
		err = check_way(model->nif);
	for (u32 i = 0; i < model->nhops && !err; i++) {
		err = find_way(ns, model->hops[i].gateway, &model->hops[i].nif);
		if (!err)
			err = check_way(model->hops[i].nif);
	}
	if (err)
		return err;
	if (model->nif && !netif_is_up(model->nif))
		return -ENETDOWN;
	return fibset_add(&ns->ip4->set, table, fib4_key(FROM_BE32(dst)), plen, model);
}

void ip4_tables_begin(struct ip4tables *t, struct netns *ns)
{
	pathtable_init(&t->paths, ns, PATH_LEAST);
	addr4_work_init(t);
}

static int tables_init(struct netns *ns)
{
	struct ip4tables *t = kmem_zalloc(sizeof(*t), ALLOC_KERNEL);
	int err;

	if (!t)
		return -ENOMEM;
	t->ns = ns;
	t->ttl = TTL_DEFAULT;
	if4confs_init(&t->conf);
	t->neighbours = (struct neighbours)NEIGHBOURS_INIT;
	ip4_tables_begin(t, ns);
	t->tcp = (struct tcpknobs)TCPKNOBS_DEFAULT;
	t->knobs = (struct ipknobs)IPKNOBS_DEFAULT;
	reasm_table_init(&t->reasm, &ip4_reasm_ops);
	err = fibset_init(&t->set, ns, AF_INET);
	if (err)
		kmem_free(t);
	else
		ns->ip4 = t;
	return err;
}

/* Its interfaces are gone, and their routes with them; packets in pieces hold the namespace. */
static void tables_fini(struct netns *ns)
{
	delayed_work_cancel_sync(&ns->ip4->lifetimes);
	pathtable_fini(&ns->ip4->paths);
	fibset_fini(&ns->ip4->set);
	kmem_free(ns->ip4);
}

static const struct netnspart ip4_part = { tables_init, tables_fini };
NETNSPART(ip4_part);
