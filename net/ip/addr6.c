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
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <uapi/netlink.h>

#define DAD_NS		NSEC_PER_SEC
#define SOLICIT_NS	(4 * NSEC_PER_SEC)
#define SOLICITS	3u
#define ADVERTS_MAX	8u

struct if6 {
	struct netif *nif;		/* I */
	struct delayed_item work;
	bool waits_for_link;		/* config_lock; up, but nobody would hear us */
	u32 solicits_left;		/* config_lock */
	nsec_t solicit_at;		/* config_lock; 0: no */
	struct spin adverts_lock;	/* protects adverts; bottom halves off */
	struct list adverts;		/* of pktbuf */
	u32 nadverts;
};

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

static void wake_work(struct if6 *i, nsec_t delay)
{
	workpool_rearm_delayed(workpool_system, &i->work, delay);
}

static void start_detection(struct netif *nif, struct ifaddr6 *a)
{
	if (!(a->flags & IFA_F_TENTATIVE)) {
		ip6_local_add(nif, a);
		return;
	}
	a->dad_until = clock_ns() + DAD_NS;
	bh_disable();
	nd_solicit(nif, &a->addr, NULL, &(struct in6ip){ 0 });
	bh_enable();
	wake_work(nif->if6, DAD_NS);
}

int ip6_addr_add(struct netif *nif, const struct in6ip *addr, u8 plen, u8 flags, u64 valid_s, u64 preferred_s)
{
	nsec_t now = clock_ns();
	struct ifaddr6 *a;

	if (plen > 128 || in6_is_any(addr) || in6_is_group(addr) ||
	    (in6_is_loopback(addr) && !(nif->flags & IFF_LOOPBACK)))
		return in6_is_group(addr) ? -EADDRNOTAVAIL : -EINVAL;
	if (!nif->if6)
		return -EOPNOTSUPP;
	if (netif_addr6(nif, addr))
		return -EEXIST;
	a = kmem_zalloc(sizeof(*a), ALLOC_KERNEL);
	if (!a)
		return -ENOMEM;
	a->addr = *addr;
	a->plen = plen;
	a->scope = in6_scope(addr);
	a->stamp = (u32)(now / 10000000);
	a->flags = flags;
	if (!(flags & IFA_F_NODAD) && !(nif->features & NETIF_F_NOARP))
		a->flags |= IFA_F_TENTATIVE;
	if (valid_s)
		a->valid = now + valid_s * NSEC_PER_SEC;
	if (preferred_s)
		a->preferred = now + preferred_s * NSEC_PER_SEC;
	list_add_tail_rcu(&a->link, &nif->addrs6);
	if (netif_is_up(nif))
		start_detection(nif, a);
	if (a->valid)
		wake_work(nif->if6, min_t(u64, DAD_NS, valid_s * NSEC_PER_SEC));
	ip6_addr_news(nif, a, true);
	return 0;
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

static struct in6ip interface_id(const struct netif *nif, const struct in6ip *prefix)
{
	struct in6ip a = *prefix;

	memcpy(a.b + 8, nif->addr, 3);
	a.b[8] ^= 2;
	a.b[11] = 0xff;
	a.b[12] = 0xfe;
	memcpy(a.b + 13, nif->addr + 3, 3);
	return a;
}

/* ---- advertisements: RFC 4861 4.2, RFC 4862 5.5.3 ---- */

struct advert { u8 type, code; be16 check; u8 hops, flags; be16 lifetime; be32 reachable, retrans; };
struct prefix_opt { u8 type, len, plen, flags; be32 valid, preferred, pad_; struct in6ip prefix; };
static_assert(sizeof(struct prefix_opt) == 32, "wire");
#define PREFIX_ON_LINK	0x80
#define PREFIX_AUTO	0x40
#define INFINITE	0xffffffffu

void ip6_take_advert(struct netif *nif, struct pktbuf *pb)
{
	struct if6 *i = nif->if6;
	bool ok = false;

	if (i) {
		spin_lock_bh(&i->adverts_lock);
		ok = i->nadverts < ADVERTS_MAX;
		if (ok) {
			i->nadverts++;
			list_add_tail(&pb->link, &i->adverts);
		}
		spin_unlock_bh(&i->adverts_lock);
	}
	if (ok)
		wake_work(i, 0);
	else
		pktbuf_free(pb);
}

static void take_prefix(struct netif *nif, const struct prefix_opt *o)
{
	u32 valid = FROM_BE32(o->valid), preferred = FROM_BE32(o->preferred);
	struct fibroute r = { .nif = nif, .type = RTN_UNICAST, .protocol = RTPROT_KERNEL, .metric = 256 };
	struct in6ip addr;
	struct ifaddr6 *a;
	nsec_t now = clock_ns();

	if (preferred > valid || in6_is_link(&o->prefix) || in6_is_group(&o->prefix) || o->plen > 128)
		return;
	if ((o->flags & PREFIX_ON_LINK) && valid) {
		r.expires = valid == INFINITE ? 0 : now + valid * NSEC_PER_SEC;
		ip6_route_add(nif->ns, RT_TABLE_MAIN, &o->prefix, o->plen, &r);
	}
	if (!(o->flags & PREFIX_AUTO) || o->plen != 64 || !valid)
		return;
	addr = interface_id(nif, &o->prefix);
	a = netif_addr6(nif, &addr);
	if (!a) {
		ip6_addr_add(nif, &addr, 64, 0, valid == INFINITE ? 0 : valid, preferred == INFINITE ? 0 : preferred);
		return;
	}
	if (a->valid)
		a->valid = valid == INFINITE ? 0 : now + valid * NSEC_PER_SEC;
	a->preferred = preferred == INFINITE ? 0 : now + preferred * NSEC_PER_SEC;
}

static void take_router(struct netif *nif, const struct pktbuf *pb, const struct advert *ra)
{
	const struct in6ip any = { 0 }, *from = &pkt_ip6(pb)->saddr;
	u32 lifetime = FROM_BE16(ra->lifetime);
	struct fibroute r = { .nif = nif, .type = RTN_UNICAST, .protocol = RTPROT_RA, .metric = 1024,
			      .gateway6 = *from };
	struct fibmatch old = { .nif = nif, .metric = 1024, .gateway6 = *from };

	fibset_del(&nif->ns->ip6->set, RT_TABLE_MAIN, 0, 0, &old);
	if (!lifetime)
		return;
	r.expires = clock_ns() + lifetime * NSEC_PER_SEC;
	ip6_route_add(nif->ns, RT_TABLE_MAIN, &any, 0, &r);
}

static void run_advert(struct netif *nif, struct pktbuf *pb)
{
	const struct advert *ra = (void *)pb->data;
	u32 off = sizeof(*ra);

	if (!pktbuf_make_linear(pb, pb->len))
		return;
	ra = (void *)pb->data;
	nif->if6->solicit_at = 0;
	take_router(nif, pb, ra);
	while (off + 8 <= pb->len) {
		const u8 *o = pb->data + off;
		u32 n = o[1] * 8u;

		if (!n || off + n > pb->len)
			return;
		if (o[0] == 3 && n == sizeof(struct prefix_opt))
			take_prefix(nif, (const void *)o);
		off += n;
	}
}

/* ---- the work item ---- */

/* What is due at addresses; time of the next. */
static nsec_t step_addrs(struct netif *nif, nsec_t now)
{
	struct ifaddr6 *a, *tmp;
	nsec_t next = U64_MAX;

	list_foreach_safe(a, tmp, &nif->addrs6, link) {
		if (a->dad_until && a->dad_until <= now) {
			a->dad_until = 0;
			if (!(a->flags & IFA_F_DADFAILED)) {
				__atomic_fetch_and(&a->flags, (u8)~IFA_F_TENTATIVE, __ATOMIC_SEQ_CST);
				ip6_local_add(nif, a);
				if (a->scope == RT_SCOPE_LINK && !(nif->flags & IFF_LOOPBACK)) {
					nif->if6->solicits_left = SOLICITS;
					nif->if6->solicit_at = now;
				}
			}
			ip6_addr_news(nif, a, true);
		}
		if (a->valid && a->valid <= now) {
			addr_drop(nif, a);
			continue;
		}
		if (a->dad_until)
			next = min(next, a->dad_until);
		if (a->valid)
			next = min(next, a->valid);
	}
	return next;
}

static void if6_work(struct workitem *w)
{
	struct if6 *i = container_of(w, struct if6, work.work);
	struct netif *nif = i->nif;
	struct pktbuf *pb, *tmp;
	nsec_t now, next;
	LIST_HEAD(adverts);

	kmutex_lock(&nif->ns->config_lock);
	spin_lock_bh(&i->adverts_lock);
	list_splice_init(&i->adverts, &adverts);
	i->nadverts = 0;
	spin_unlock_bh(&i->adverts_lock);
	if (netif_is_up(nif))
		list_foreach_safe(pb, tmp, &adverts, link)
			run_advert(nif, pb);
	pktbuf_purge(&adverts);
	now = clock_ns();
	next = netif_is_up(nif) ? step_addrs(nif, now) : U64_MAX;
	if (netif_is_up(nif) && i->solicit_at && i->solicit_at <= now) {
		bh_disable();
		nd_router_solicit(nif);
		bh_enable();
		i->solicit_at = --i->solicits_left ? now + SOLICIT_NS : 0;
	}
	if (netif_is_up(nif) && i->solicit_at)
		next = min(next, i->solicit_at);
	kmutex_unlock(&nif->ns->config_lock);
	if (next != U64_MAX)
		workpool_rearm_delayed(workpool_system, &i->work, next > now ? next - now : 0);
}

/* ---- interfaces ---- */

static int make_if6(struct netif *nif)
{
	struct if6 *i = kmem_zalloc(sizeof(*i), ALLOC_KERNEL);

	if (!i)
		return -ENOMEM;
	i->nif = nif;
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

static int go_up(struct netif *nif)
{
	static const struct in6ip link = { .b = { 0xfe, 0x80 } };
	struct in6ip local = interface_id(nif, &link);
	struct ifaddr6 *a;

	nif->if6->waits_for_link = !READ_ONCE(nif->has_carrier);
	if (nif->if6->waits_for_link)
		return 0;
	list_foreach(a, &nif->addrs6, link) {
		if (!(a->flags & IFA_F_NODAD) && !(nif->features & NETIF_F_NOARP))
			a->flags = (u8)((a->flags | IFA_F_TENTATIVE) & ~IFA_F_DADFAILED);
		start_detection(nif, a);
	}
	if (nif->flags & IFF_LOOPBACK) {
		int err = ip6_addr_add(nif, &IN6_LOOPBACK, 128, IFA_F_PERMANENT, 0, 0);

		return err == -EEXIST ? 0 : err;
	}
	if (nif->type == ARPHRD_ETHER && !netif_addr6(nif, &local))
		return ip6_addr_add(nif, &local, 64, IFA_F_PERMANENT, 0, 0);
	return 0;
}

static struct ip6tables initial_tables = { .reasm = REASM_TABLE_INIT(ip6_reasm_ops) };

static int addr6_watch(struct netif *nif, enum netevent ev)
{
	struct ifaddr6 *a, *tmp;
	int err = 0;

	switch (ev) {
	case NETEVENT_ADD:
		if (!nif->ns->ip6) {
			err = fibset_init(&initial_tables.set, nif->ns, AF_INET6);
			pathtable_init(&initial_tables.paths, nif->ns, IP6_MTU_MIN);
			nif->ns->ip6 = &initial_tables;
		}
		return err ? err : make_if6(nif);
	case NETEVENT_UP:
		return go_up(nif);
	case NETEVENT_DOWN:
		nif->if6->waits_for_link = false;
		list_foreach_safe(a, tmp, &nif->addrs6, link) {
			if (a->valid || a->scope == RT_SCOPE_LINK)
				addr_drop(nif, a);
			else
				ip6_local_del(nif, a);
		}
		fibset_flush(&nif->ns->ip6->set, nif, false);
		break;
	case NETEVENT_REMOVE:
		list_foreach_safe(a, tmp, &nif->addrs6, link)
			addr_drop(nif, a);
		fibset_flush(&nif->ns->ip6->set, nif, true);
		break;
	case NETEVENT_GONE:
		if6_destroy(nif);
		break;
	case NETEVENT_CHANGE:
		return nif->if6->waits_for_link ? go_up(nif) : 0;
	}
	return 0;
}
NETWATCH(addr6_watch);

static int tables_init(struct netns *ns)
{
	struct ip6tables *t = kmem_zalloc(sizeof(*t), ALLOC_KERNEL);
	int err = t ? fibset_init(&t->set, ns, AF_INET6) : -ENOMEM;

	if (err) {
		kmem_free(t);
		return err;
	}
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
