// SPDX-License-Identifier: GPL-2.0-only
/*
 * IPv6 addresses of interfaces: RFC 4862 (duplicate detection, stateless configuration),
 * RFC 4291, 6724 in short.
 *
 * An interface that goes up gets a link-local address made from its hardware address. A
 * new address is tentative for DAD_NS while neighbours are asked whether they have it; then
 * routers are asked for. All that waits or needs config_lock is done by the interface's
 * work item: the end of detection, solicitations, advertisements, and the end of addresses.
 *
 * Lock order: config_lock > adverts_lock. Lists are read under RCU.
 */
#include "ip6_impl.h"

#include <tern/base/initcall.h>
#include <tern/fs/procfs.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/klog.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <uapi/netlink.h>

#include "neigh.h"

#define DAD_NS		NSEC_PER_SEC

u8 in6_scope(const struct in6ip *a)
{
	if (in6_is_loopback(a))
		return RT_SCOPE_HOST;
	return in6_is_link(a) || (in6_is_group(a) && (a->b[1] & 15) <= 2) ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
}

struct ifaddr6 *netif_addr6(const struct netif *nif, const struct in6ip *a)
{
	struct ifaddr6 *p;

	list_foreach_rcu(p, &nif->addrs6, link)
		if (in6_same(&p->addr, a))
			return p;
	return NULL;
}

static u32 common_bits(const struct in6ip *a, const struct in6ip *b)
{
	fibkey x = fib6_key(a) ^ fib6_key(b);
	u64 hi = (u64)(x >> 64), lo = (u64)x;

	return hi ? (u32)__builtin_clzl(hi) : lo ? 64u + (u32)__builtin_clzl(lo) : 128;
}

/* How well an address fits a destination; negative: not usable. */
static int fitness(const struct ifaddr6 *p, const struct in6ip *daddr)
{
	int n = (int)common_bits(&p->addr, daddr);

	if (p->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED))
		return -1;
	if (p->scope == in6_scope(daddr))
		n += 1000;
	else if (p->scope == RT_SCOPE_LINK)
		n = 0;		/* rather than nothing */
	if (!p->preferred || p->preferred > clock_coarse_ns())
		n += 200;
	return n;
}

bool ip6_source_for(const struct netif *nif, const struct in6ip *daddr, struct in6ip *out)
{
	const struct ifaddr6 *p, *best = NULL;
	const struct netif *other;
	int top = -1;

	list_foreach_rcu(p, &nif->addrs6, link) {
		int n = fitness(p, daddr);

		if (n > top) {
			top = n;
			best = p;
		}
	}
	if (!best && in6_scope(daddr) != RT_SCOPE_LINK) {
		netif_foreach(other, nif->ns)
			list_foreach_rcu(p, &other->addrs6, link)
				if (p->scope == RT_SCOPE_UNIVERSE && fitness(p, daddr) > top)
					best = p;
	}
	if (!best)
		return false;
	*out = best->addr;
	return true;
}

/* ---- changes; config_lock held ---- */

void ip6_wake(struct if6 *i, nsec_t delay)
{
	workpool_rearm_delayed(workpool_system, &i->work, delay);
}

static u32 stamp_now(void) { return (u32)(clock_ns() / 10000000); }

/* Questions that are asked before an address is used, 0: it is used at once. */
static u32 questions(const struct netif *nif, const struct ifaddr6 *a)
{
	s32 n = if6_own(nif, IF6_DAD_TRANSMITS);

	if ((a->flags & IFA_F_NODAD) || (nif->features & NETIF_F_NOARP) || n <= 0)
		return 0;
	return if6_own(nif, IF6_ACCEPT_DAD) < 1 && nif->ns->ip6->conf.all.v[IF6_ACCEPT_DAD] < 1 ? 0 : (u32)n;
}

static void ask(struct netif *nif, struct ifaddr6 *a)
{
	a->dad_left--;
	a->dad_until = clock_ns() + DAD_NS;
	bh_disable();
	nd_solicit(nif, &a->addr, NULL, &(struct in6ip){ 0 });
	bh_enable();
	ip6_wake(nif->if6, DAD_NS);
}

/* It is ours. */
static void begin_use(struct netif *nif, struct ifaddr6 *a)
{
	ip6_local_add(nif, a);
	if (a->scope == RT_SCOPE_LINK && !(nif->flags & IFF_LOOPBACK))
		ip6_begin_solicit(nif);
	if (if6_own(nif, IF6_NDISC_NOTIFY)) {
		bh_disable();
		nd_announce(nif, &a->addr);
		bh_enable();
	}
}

static void start_detection(struct netif *nif, struct ifaddr6 *a)
{
	a->dad_left = questions(nif, a);
	if (!a->dad_left) {
		__atomic_fetch_and(&a->flags, ~(IFA_F_TENTATIVE | IFA_F_DADFAILED), __ATOMIC_SEQ_CST);
		begin_use(nif, a);
		return;
	}
	__atomic_fetch_or(&a->flags, IFA_F_TENTATIVE, __ATOMIC_SEQ_CST);
	__atomic_fetch_and(&a->flags, ~IFA_F_DADFAILED, __ATOMIC_SEQ_CST);
	ask(nif, a);
}

static void set_lifetimes(struct netif *nif, struct ifaddr6 *a, const struct ifaddr6 *model)
{
	nsec_t now = clock_ns();

	a->valid = model->valid;
	a->preferred = model->preferred;
	a->changed = stamp_now();
	__atomic_fetch_and(&a->flags, ~(IFA_F_PERMANENT | IFA_F_DEPRECATED), __ATOMIC_SEQ_CST);
	__atomic_fetch_or(&a->flags, (a->valid ? 0 : IFA_F_PERMANENT) |
			  (a->preferred && a->preferred <= now ? IFA_F_DEPRECATED : 0), __ATOMIC_SEQ_CST);
	if (a->valid || a->preferred)
		ip6_wake(nif->if6, 0);
}

static int check_addr(const struct netif *nif, const struct ifaddr6 *model)
{
	if (in6_is_group(&model->addr))
		return -EADDRNOTAVAIL;
	if (model->plen > 128 || in6_is_any(&model->addr) ||
	    (in6_is_loopback(&model->addr) && !(nif->flags & IFF_LOOPBACK)))
		return -EINVAL;
	if (!nif->if6)
		return -EOPNOTSUPP;
	if (if6_is_disabled(nif))
		return -EACCES;
	return netif_addr6(nif, &model->addr) ? -EEXIST : 0;
}

int ip6_addr_add(struct netif *nif, const struct ifaddr6 *model)
{
	int err = check_addr(nif, model);
	struct ifaddr6 *a;

	if (err)
		return err;
	a = kmem_dup(model, sizeof(*model), ALLOC_KERNEL);
	if (!a)
		return -ENOMEM;
	a->scope = in6_scope(&a->addr);
	a->made = stamp_now();
	a->flags = model->flags & (IFA_F_NODAD | IFA_F_NOPREFIXROUTE);
	a->flags |= questions(nif, a) ? IFA_F_TENTATIVE : 0;
	set_lifetimes(nif, a, model);
	list_add_tail_rcu(&a->link, &nif->addrs6);
	if (netif_is_up(nif))
		start_detection(nif, a);
	ip6_addr_news(nif, a, true);
	return 0;
}

int ip6_addr_change(struct netif *nif, struct ifaddr6 *a, const struct ifaddr6 *model)
{
	bool has_route = netif_is_up(nif) && !(a->flags & IFA_F_TENTATIVE);
	u32 settable = IFA_F_NOPREFIXROUTE;
	int err = 0;

	if (has_route)
		ip6_local_del(nif, a);
	a->metric = model->metric;
	a->peer = model->peer;
	a->protocol = model->protocol;
	__atomic_fetch_and(&a->flags, ~settable, __ATOMIC_SEQ_CST);
	__atomic_fetch_or(&a->flags, model->flags & settable, __ATOMIC_SEQ_CST);
	if (has_route)
		err = ip6_local_add(nif, a);
	set_lifetimes(nif, a, model);
	ip6_addr_news(nif, a, true);
	return err;
}

static void addr_drop(struct netif *nif, struct ifaddr6 *a)
{
	ip6_local_del(nif, a);
	ip6_addr_news(nif, a, false);
	list_del_rcu(&a->link);
	rcu_defer_free(&a->rcu, a);
}

int ip6_addr_del(struct netif *nif, const struct in6ip *addr, u8 plen)
{
	struct ifaddr6 *a = netif_addr6(nif, addr);

	if (!a || a->plen != plen)
		return -EADDRNOTAVAIL;
	addr_drop(nif, a);
	return 0;
}

void ip6_addr_clash(struct netif *nif, const struct in6ip *addr)
{
	struct ifaddr6 *a = netif_addr6(nif, addr);

	if (a && (a->flags & IFA_F_TENTATIVE))
		__atomic_fetch_or(&a->flags, IFA_F_DADFAILED, __ATOMIC_SEQ_CST);
}

struct in6ip ip6_interface_id(const struct netif *nif, const struct in6ip *prefix)
{
	struct in6ip a = *prefix;

	memcpy(a.b + 8, nif->addr, 3);
	a.b[8] ^= 2;
	a.b[11] = 0xff;
	a.b[12] = 0xfe;
	memcpy(a.b + 13, nif->addr + 3, 3);
	return a;
}

/* Nobody answered, or somebody did; RFC 4862 5.4.5. */
static void end_detection(struct netif *nif, struct ifaddr6 *a)
{
	struct in6ip own = ip6_interface_id(nif, &IN6_LINK_PREFIX);

	a->dad_until = 0;
	if (!(a->flags & IFA_F_DADFAILED)) {
		__atomic_fetch_and(&a->flags, ~IFA_F_TENTATIVE, __ATOMIC_SEQ_CST);
		begin_use(nif, a);
	} else if (if6_own(nif, IF6_ACCEPT_DAD) > 1 && in6_same(&a->addr, &own)) {
		kwarn("IPv6: %s: another host has its link address, IPv6 is disabled there", nif->name);
		WRITE_ONCE(nif->conf6->v[IF6_DISABLE], 1);
	}
	ip6_addr_news(nif, a, true);
}

/* ---- the work item ---- */

static nsec_t next_of(const struct ifaddr6 *a)
{
	nsec_t due = a->dad_until ? a->dad_until : U64_MAX;

	if (a->valid)
		due = min(due, a->valid);
	return a->preferred && !(a->flags & IFA_F_DEPRECATED) ? min(due, a->preferred) : due;
}

/* What is due at addresses; time of the next. */
static nsec_t step_addrs(struct netif *nif, nsec_t now)
{
	struct ifaddr6 *a, *tmp;
	nsec_t due, next = U64_MAX;

	list_foreach_safe(a, tmp, &nif->addrs6, link) {
		if (a->dad_until && a->dad_until <= now) {
			if (a->dad_left && !(a->flags & IFA_F_DADFAILED))
				ask(nif, a);
			else
				end_detection(nif, a);
		}
		if (a->valid && a->valid <= now) {
			addr_drop(nif, a);
			continue;
		}
		if (a->preferred && a->preferred <= now && !(a->flags & IFA_F_DEPRECATED)) {
			__atomic_fetch_or(&a->flags, IFA_F_DEPRECATED, __ATOMIC_SEQ_CST);
			ip6_addr_news(nif, a, true);
		}
		due = next_of(a);
		next = min(next, due);
	}
	return next;
}

static void drop_all(struct netif *nif)
{
	struct ifaddr6 *a, *tmp;

	list_foreach_safe(a, tmp, &nif->addrs6, link)
		addr_drop(nif, a);
	fibset_flush(&nif->ns->ip6->set, nif, true);
}

static void if6_work(struct workitem *w)
{
	struct if6 *i = container_of(w, struct if6, work.work);
	struct netif *nif = i->nif;
	nsec_t now, next = U64_MAX, solicit;

	kmutex_lock(&nif->ns->config_lock);
	ip6_run_adverts(nif);
	now = clock_ns();
	if (netif_is_up(nif)) {
		next = step_addrs(nif, now);
		if (if6_is_disabled(nif) && !list_is_empty(&nif->addrs6))
			drop_all(nif);
		solicit = ip6_solicit(nif, now);
		next = min(next, solicit);
	}
	kmutex_unlock(&nif->ns->config_lock);
	if (next != U64_MAX)
		ip6_wake(i, next > now ? next - now : 0);
}

/* ---- interfaces ---- */

static int make_if6(struct netif *nif)
{
	struct if6 *i = kmem_zalloc(sizeof(*i), ALLOC_KERNEL);

	if (!i)
		return -ENOMEM;
	i->nif = nif;
	i->link_mtu = nif->mtu;
	delayed_work_init(&i->work, if6_work);
	spin_init(&i->adverts_lock, LOCKRANK_NET_TABLE);
	list_init(&i->adverts);
	nif->if6 = i;
	return 0;
}

static void if6_destroy(struct netif *nif)
{
	if (!nif->if6)
		return;
	delayed_work_cancel_sync(&nif->if6->work);
	pktbuf_purge(&nif->if6->adverts);
	kmem_free(nif->if6);
	nif->if6 = NULL;
}

int ip6_make_local(struct netif *nif)
{
	struct ifaddr6 a = { .addr = IN6_LOOPBACK, .plen = 128 };

	if (!netif_is_up(nif) || nif->if6->waits_for_link || if6_is_disabled(nif))
		return 0;
	if (!(nif->flags & IFF_LOOPBACK)) {
		if (nif->type != ARPHRD_ETHER || if6_own(nif, IF6_ADDR_GEN_MODE) == IF6_GEN_NONE)
			return 0;
		a.addr = ip6_interface_id(nif, &IN6_LINK_PREFIX);
		a.plen = 64;
	}
	return netif_addr6(nif, &a.addr) ? 0 : ip6_addr_add(nif, &a);
}

static int go_up(struct netif *nif)
{
	struct ifaddr6 *a;

	nif->if6->waits_for_link = !READ_ONCE(nif->has_carrier);
	if (nif->if6->waits_for_link || if6_is_disabled(nif))
		return 0;
	list_foreach(a, &nif->addrs6, link)
		start_detection(nif, a);
	return ip6_make_local(nif);
}

/* keep_addr_on_down: an address that somebody gave it stays. */
static bool stays(const struct netif *nif, const struct ifaddr6 *a)
{
	s32 all = nif->ns->ip6->conf.all.v[IF6_KEEP_ADDR];

	return (all ? all : if6_own(nif, IF6_KEEP_ADDR)) > 0 && !a->valid && a->scope == RT_SCOPE_UNIVERSE;
}

static void go_down(struct netif *nif)
{
	struct ifaddr6 *a, *tmp;

	nif->if6->waits_for_link = false;
	list_foreach_safe(a, tmp, &nif->addrs6, link) {
		if (stays(nif, a))
			ip6_local_del(nif, a);
		else
			addr_drop(nif, a);
	}
	fibset_flush(&nif->ns->ip6->set, nif, false);
}

int ip6_switch(struct netif *nif)
{
	if (if6_is_disabled(nif))
		drop_all(nif);
	else if (netif_is_up(nif))
		return go_up(nif);
	return 0;
}

static int change(struct netif *nif)
{
	if (nif->if6->link_mtu != nif->mtu) {
		nif->if6->link_mtu = nif->mtu;
		if6conf_mtu_changed(nif);
	}
	return nif->if6->waits_for_link ? go_up(nif) : 0;
}

static struct ip6tables initial_tables = { .conf = IF6CONFS_INIT, .neighbours = NEIGHBOURS_INIT,
					   .reasm = REASM_TABLE_INIT(ip6_reasm_ops) };

static int come(struct netif *nif)
{
	struct netns *ns = nif->ns;
	int err = 0;

	if (!ns->ip6) {
		err = fibset_init(&initial_tables.set, ns, AF_INET6);
		pathtable_init(&initial_tables.paths, ns, IP6_MTU_MIN);
		ns->ip6 = &initial_tables;
	}
	if (!err)
		err = make_if6(nif);
	if (!err)
		err = if6conf_attach(nif);
	return err ? err : neigh_attach(nif, true);
}

static int addr6_watch(struct netif *nif, enum netevent ev)
{
	switch (ev) {
	case NETEVENT_ADD:
		return come(nif);
	case NETEVENT_UP:
		return go_up(nif);
	case NETEVENT_DOWN:
		go_down(nif);
		break;
	case NETEVENT_REMOVE:
		drop_all(nif);
		break;
	case NETEVENT_GONE:
		if6_destroy(nif);
		if6conf_detach(nif);
		break;
	case NETEVENT_CHANGE:
		return change(nif);
	}
	return 0;
}
NETWATCH(addr6_watch);

static int tables_init(struct netns *ns)
{
	static const struct if6confs conf = IF6CONFS_INIT;
	struct ip6tables *t = kmem_zalloc(sizeof(*t), ALLOC_KERNEL);
	int err = t ? fibset_init(&t->set, ns, AF_INET6) : -ENOMEM;

	if (err) {
		kmem_free(t);
		return err;
	}
	t->conf = conf;
	t->neighbours = (struct neighbours)NEIGHBOURS_INIT;
	reasm_table_init(&t->reasm, &ip6_reasm_ops);
	pathtable_init(&t->paths, ns, IP6_MTU_MIN);
	ns->ip6 = t;
	return 0;
}

static void tables_fini(struct netns *ns)
{
	pathtable_fini(&ns->ip6->paths);
	fibset_fini(&ns->ip6->set);
	kmem_free(ns->ip6);
}

static const struct netnspart ip6_part = { tables_init, tables_fini };
NETNSPART(ip6_part);

static void print_if_inet6(struct seqbuf *sb, void *arg)
{
	struct ifaddr6 *a;
	struct netif *nif;

	rcu_read_lock();
	netif_foreach(nif, netns_self()) {
		list_foreach_rcu(a, &nif->addrs6, link) {
			for (u32 i = 0; i < 16; i++)
				seqbuf_printf(sb, "%02x", a->addr.b[i]);
			seqbuf_printf(sb, " %02x %02x %02x %02x %8s\n", nif->index, a->plen,
				      a->scope == RT_SCOPE_HOST ? 0x10 : a->scope == RT_SCOPE_LINK ? 0x20 : 0,
				      a->flags, nif->name);
		}
	}
	rcu_read_unlock();
}
static struct procfile inet6_file = { .path = "net/if_inet6", .print = print_if_inet6 };
PROCFILE(inet6_file);
