// SPDX-License-Identifier: GPL-2.0-only
/*
 * IPv4 addresses of interfaces, and the routes that follow from them.
 *
 * An address is of a network: its own, or that of the peer at the other end of a link. The first one of a network is
 * the primary, which makes the route to it; those behind it are secondary, say so, and go with it unless
 * promote_secondaries lets the next one take its place. The list has primaries in front, by scope.
 *
 * While the interface is up, table local has each address and the broadcast addresses, main the network. An address
 * with a lifetime is deprecated when it is not preferred any more, and ends: a work item of the namespace does it.
 *
 * Locks: changes hold config_lock; lists are read under RCU.
 */
#include "ip_impl.h"

#include <tern/kernel/clock.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <uapi/netlink.h>

#include "neigh.h"

static bool is_secondary(const struct ifaddr4 *a) { return READ_ONCE(a->flags) & IFA_F_SECONDARY; }
static be32 network_of(const struct ifaddr4 *a) { return a->peer & ip4_mask(a->plen); }

static bool same_network(const struct ifaddr4 *a, const struct ifaddr4 *b)
{
	return a->plen == b->plen && ifaddr4_covers(a, b->peer);
}

static u32 stamp_now(void) { return (u32)(clock_ns() / 10000000); }

/* ---- lookups ---- */

static be32 source_on(const struct netif *nif, be32 daddr, u8 scope)
{
	const struct ifaddr4 *a, *first = NULL;

	list_foreach_rcu(a, &nif->addrs4, link) {
		if (is_secondary(a) || a->scope > scope)
			continue;
		if (ifaddr4_covers(a, daddr))
			return a->local;
		if (!first)
			first = a;
	}
	return first ? first->local : 0;
}

be32 ip4_source_for(const struct netif *nif, be32 daddr, u8 scope)
{
	be32 found = source_on(nif, daddr, scope);
	const struct ifaddr4 *a;
	struct netif *other;

	if (likely(found))
		return found;
	netif_foreach(other, nif->ns)
		list_foreach_rcu(a, &other->addrs4, link)
			if (!is_secondary(a) && a->scope != RT_SCOPE_LINK && a->scope <= scope)
				return a->local;
	return 0;
}

/* The one that @a's network has its route from. */
static const struct ifaddr4 *primary_of(const struct netif *nif, const struct ifaddr4 *a)
{
	const struct ifaddr4 *p;

	if (is_secondary(a))
		list_foreach(p, &nif->addrs4, link)
			if (!is_secondary(p) && same_network(p, a))
				return p;
	return a;
}

struct ifaddr4 *ip4_addr_find(const struct netif *nif, const struct ifaddr4 *model)
{
	struct ifaddr4 *a;

	list_foreach(a, &nif->addrs4, link)
		if (same_network(a, model) && a->local == model->local)
			return a;
	return NULL;
}

/* ---- routes ---- */

/* What an address puts into the tables: @fn for each; an error ends it. */
typedef int (*own_fn)(struct netif *nif, u32 table, u32 dst, u8 plen, const struct fibroute *r);

static int own_broadcasts(struct netif *nif, const struct ifaddr4 *a, struct fibroute *r, own_fn fn)
{
	be32 last = network_of(a) | ~ip4_mask(a->plen);
	int err = 0;

	r->type = RTN_BROADCAST;
	r->scope = RT_SCOPE_LINK;
	r->metric = 0;
	if (a->broadcast && a->broadcast != INADDR_BROADCAST)
		err = fn(nif, RT_TABLE_LOCAL, FROM_BE32(a->broadcast), 32, r);
	if (!err && !is_secondary(a) && network_of(a) && a->plen < 31 && a->broadcast != last)
		err = fn(nif, RT_TABLE_LOCAL, FROM_BE32(last), 32, r);
	return err;
}

static int own_network(struct netif *nif, const struct ifaddr4 *a, struct fibroute *r, own_fn fn)
{
	bool is_lo = nif->flags & IFF_LOOPBACK;

	if (is_secondary(a) || !network_of(a) || (a->plen == 32 && a->peer == a->local) ||
	    (READ_ONCE(a->flags) & IFA_F_NOPREFIXROUTE))
		return 0;
	r->type = is_lo ? RTN_LOCAL : RTN_UNICAST;
	r->scope = is_lo ? RT_SCOPE_HOST : RT_SCOPE_LINK;
	r->metric = a->metric;
	return fn(nif, is_lo ? RT_TABLE_LOCAL : RT_TABLE_MAIN, FROM_BE32(network_of(a)), a->plen, r);
}

static int own_routes(struct netif *nif, const struct ifaddr4 *a, own_fn fn)
{
	struct fibroute r = { .nif = nif, .prefsrc = primary_of(nif, a)->local, .type = RTN_LOCAL,
			      .scope = RT_SCOPE_HOST, .protocol = RTPROT_KERNEL };
	int err = fn(nif, RT_TABLE_LOCAL, FROM_BE32(a->local), 32, &r);

	if (!err)
		err = own_network(nif, a, &r, fn);
	return err ? err : own_broadcasts(nif, a, &r, fn);
}

/* One that is there already serves two addresses. */
static int route_put(struct netif *nif, u32 table, u32 dst, u8 plen, const struct fibroute *r)
{
	int err = fibset_add(&nif->ns->ip4->set, table, fib4_key(dst), plen, r);

	return err == -EEXIST ? 0 : err;
}

static int route_take(struct netif *nif, u32 table, u32 dst, u8 plen, const struct fibroute *r)
{
	struct fibmatch own = { .nif = nif, .prefsrc = r->prefsrc, .type = r->type, .protocol = RTPROT_KERNEL,
				.metric = r->metric, .has_metric = true };

	fibset_del(&nif->ns->ip4->set, table, fib4_key(dst), plen, &own);
	return 0;
}

static int routes_add(struct netif *nif, const struct ifaddr4 *a) { return own_routes(nif, a, route_put); }

/* Does another interface, or another address, have it too. */
static bool is_still_ours(const struct netif *nif, be32 local)
{
	const struct ifaddr4 *a;
	struct netif *other;

	netif_foreach(other, nif->ns)
		list_foreach(a, &other->addrs4, link)
			if (a->local == local)
				return true;
	return false;
}

/* @a has left the list: its routes, but those that another address needs, which makes its own again. */
static void routes_del(struct netif *nif, const struct ifaddr4 *a)
{
	struct ifaddr4 *b;

	own_routes(nif, a, route_take);
	if (!is_still_ours(nif, a->local))
		fibset_forget_source(&nif->ns->ip4->set, a->local);
	if (netif_is_up(nif))
		list_foreach(b, &nif->addrs4, link)
			if (b->local == a->local || same_network(a, b) || b->broadcast == a->broadcast)
				routes_add(nif, b);
}

/* ---- lifetimes ---- */

static void look_again(struct netns *ns, nsec_t when)
{
	nsec_t now = clock_ns();

	workpool_rearm_delayed(workpool_system, &ns->ip4->lifetimes, when > now ? when - now : 0);
}

static nsec_t next_of(const struct ifaddr4 *a)
{
	nsec_t preferred = a->preferred && !(a->flags & IFA_F_DEPRECATED) ? a->preferred : U64_MAX;

	return a->valid ? min(a->valid, preferred) : preferred;
}

static void set_lifetimes(struct netif *nif, struct ifaddr4 *a, const struct ifaddr4 *model)
{
	u32 flags = a->flags & ~(IFA_F_PERMANENT | IFA_F_DEPRECATED);

	a->valid = model->valid;
	a->preferred = model->preferred;
	a->changed = stamp_now();
	flags |= !a->valid ? IFA_F_PERMANENT : 0;
	flags |= a->preferred && a->preferred <= clock_ns() ? IFA_F_DEPRECATED : 0;
	WRITE_ONCE(a->flags, flags);
	if (next_of(a) != U64_MAX)
		look_again(nif->ns, next_of(a));
}

/* What is due of one interface's; when the next is. */
static nsec_t step(struct netif *nif, nsec_t now)
{
	struct ifaddr4 *a, *next;
	nsec_t due = U64_MAX;

again:
	list_foreach_safe(a, next, &nif->addrs4, link) {
		if (a->valid && a->valid <= now) {
			ip4_addr_del(nif, a);	/* and perhaps others */
			goto again;
		}
		if (a->preferred && a->preferred <= now && !(a->flags & IFA_F_DEPRECATED)) {
			WRITE_ONCE(a->flags, a->flags | IFA_F_DEPRECATED);
			ip4_addr_news(nif, a, true);
		}
		due = min(due, next_of(a));
	}
	return due;
}

static void run_lifetimes(struct workitem *w)
{
	struct ip4tables *t = container_of(w, struct ip4tables, lifetimes.work);
	nsec_t now = clock_ns(), due = U64_MAX, one;
	struct netif *nif;

	kmutex_lock(&t->ns->config_lock);
	netif_foreach(nif, t->ns) {
		one = step(nif, now);
		due = min(due, one);
	}
	if (due != U64_MAX)
		look_again(t->ns, due);
	kmutex_unlock(&t->ns->config_lock);
}

void addr4_work_init(struct ip4tables *t)
{
	delayed_work_init(&t->lifetimes, run_lifetimes);
}

/* ---- changes ---- */

/* Behind the last primary of as wide a scope; secondaries at the end. */
static void insert(struct netif *nif, struct ifaddr4 *a)
{
	struct list *after = &nif->addrs4;
	struct ifaddr4 *b;

	if (is_secondary(a)) {
		list_add_tail_rcu(&a->link, &nif->addrs4);
		return;
	}
	list_foreach(b, &nif->addrs4, link)
		if (!is_secondary(b) && a->scope <= b->scope)
			after = &b->link;
	list_add_rcu(&a->link, after);
}

/* Is @model the first of its network; -EEXIST, -EINVAL: not to be had. */
static int find_place(const struct netif *nif, const struct ifaddr4 *model, bool *secondary)
{
	const struct ifaddr4 *a;

	*secondary = false;
	list_foreach(a, &nif->addrs4, link) {
		if (!same_network(a, model))
			continue;
		if (a->local == model->local)
			return -EEXIST;
		if (a->scope != model->scope)
			return -EINVAL;
		*secondary = true;
	}
	return 0;
}

int ip4_addr_add(struct netif *nif, const struct ifaddr4 *model)
{
	struct ifaddr4 *a;
	bool secondary;
	int err;

	if (model->plen > 32)
		return -EINVAL;
	err = find_place(nif, model, &secondary);
	if (err)
		return err;
	a = kmem_dup(model, sizeof(*model), ALLOC_KERNEL);
	if (!a)
		return -ENOMEM;
	a->flags = (model->flags & IFA_F_NOPREFIXROUTE) | (secondary ? IFA_F_SECONDARY : 0);
	a->made = stamp_now();
	set_lifetimes(nif, a, model);
	if4conf_settle(nif);
	insert(nif, a);
	ip4_addr_news(nif, a, true);
	return netif_is_up(nif) ? routes_add(nif, a) : 0;
}

int ip4_addr_change(struct netif *nif, struct ifaddr4 *a, const struct ifaddr4 *model)
{
	int err = 0;

	if (a->metric != model->metric) {
		own_routes(nif, a, route_take);
		a->metric = model->metric;
		if (netif_is_up(nif))
			err = routes_add(nif, a);
	}
	a->protocol = model->protocol;
	set_lifetimes(nif, a, model);
	ip4_addr_news(nif, a, true);
	return err;
}

/* The first of @a's network that is secondary. NULL: none. */
static struct ifaddr4 *next_in_line(struct netif *nif, const struct ifaddr4 *a)
{
	struct ifaddr4 *b;

	list_foreach(b, &nif->addrs4, link)
		if (is_secondary(b) && same_network(a, b))
			return b;
	return NULL;
}

/* Routes of the others in its network name it from now on. */
static void promote(struct netif *nif, struct ifaddr4 *heir)
{
	WRITE_ONCE(heir->flags, heir->flags & ~IFA_F_SECONDARY);
	list_del_rcu(&heir->link);
	rcu_wait();		/* who stands on it does not go on from its new place */
	insert(nif, heir);
}

/* @heir, or NULL, takes its place. */
static void drop(struct netif *nif, struct ifaddr4 *a, struct ifaddr4 *heir)
{
	struct ifaddr4 *b;

	if (heir)
		list_foreach(b, &nif->addrs4, link)
			if (b != a && same_network(a, b))
				own_routes(nif, b, route_take);	/* they name @a */
	list_del_rcu(&a->link);
	if (heir)
		promote(nif, heir);
	routes_del(nif, a);
	ip4_addr_news(nif, a, false);
	if (heir)
		ip4_addr_news(nif, heir, true);
	rcu_defer_free(&a->rcu, a);
}

void ip4_addr_del(struct netif *nif, struct ifaddr4 *a)
{
	struct ifaddr4 *heir = NULL;

	if (!is_secondary(a)) {
		heir = next_in_line(nif, a);
		for (; heir && !if4_any(nif, IF4_PROMOTE_SECONDARIES); heir = next_in_line(nif, a))
			drop(nif, heir, NULL);
	}
	drop(nif, a, heir);
	if (list_is_empty(&nif->addrs4))	/* no IPv4 here any more */
		fibset_flush(&nif->ns->ip4->set, nif, true);
}

/* ---- interfaces ---- */

/* The loopback interface has its address as soon as it is up. */
static int loopback_addr(struct netif *nif)
{
	struct ifaddr4 a = { .local = TO_BE32(0x7f000001), .peer = TO_BE32(0x7f000001), .plen = 8,
			     .scope = RT_SCOPE_HOST };

	if (!(nif->flags & IFF_LOOPBACK) || !list_is_empty(&nif->addrs4))
		return 0;
	strlcpy(a.label, nif->name, sizeof(a.label));
	return ip4_addr_add(nif, &a);
}

static int come(struct netif *nif)
{
	struct netns *ns = nif->ns;
	int err = 0;

	if (!ns->ip4) {
		err = fibset_init(&ip4_initial_tables.set, ns, AF_INET);
		ns->ip4 = &ip4_initial_tables;
		ip4_tables_begin(ns->ip4, ns);
		ns->ipstats = &initial_ipstats;
	}
	if (!err)
		err = if4conf_attach(nif);
	return err ? err : neigh_attach(nif, false);
}

static void go(struct netif *nif)
{
	struct ifaddr4 *a, *next;

	list_foreach_safe(a, next, &nif->addrs4, link)
		drop(nif, a, NULL);
	fibset_flush(&nif->ns->ip4->set, nif, true);
}

static int addr4_watch(struct netif *nif, enum netevent ev)
{
	struct ifaddr4 *a;
	int err = 0;

	switch (ev) {
	case NETEVENT_ADD:
		return come(nif);
	case NETEVENT_UP:
		list_foreach(a, &nif->addrs4, link)
			if (!err)
				err = routes_add(nif, a);
		return err ? err : loopback_addr(nif);
	case NETEVENT_DOWN:
		fibset_flush(&nif->ns->ip4->set, nif, false);
		break;
	case NETEVENT_REMOVE:
		go(nif);
		break;
	case NETEVENT_GONE:
		if4conf_detach(nif);
		break;
	case NETEVENT_CHANGE:
		break;
	}
	return 0;
}
NETWATCH(addr4_watch);
