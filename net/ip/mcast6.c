// SPDX-License-Identifier: GPL-2.0-only
/*
 * IPv6 groups: which an interface receives, which a socket wants. MLDv1 (RFC 2710)
 * reports tell routers. The groups that addresses need are wanted without being listed.
 */
#include "ip6_impl.h"

#include <tern/lib/string.h>
#include <tern/mm/slab.h>

struct mc6group { struct list link; struct rcu_job rcu; struct in6ip group; u32 users; };
struct mc6member { struct list link; struct in6ip group; u32 ifindex; };
struct mld_head { u8 type, code; be16 check, delay, pad_; struct in6ip group; };
#define MLD_REPORT	131
#define MLD_DONE	132

bool netif_mc6_wants(const struct netif *nif, const struct in6ip *group)
{
	const struct mc6group *g;
	const struct ifaddr6 *a;

	if (in6_same(group, &IN6_ALL_NODES) || (nif->flags & (IFF_LOOPBACK | IFF_ALLMULTI)))
		return true;
	if (group->b[11] == 1 && group->b[12] == 0xff && group->b[1] == 2) {
		list_foreach_rcu(a, &nif->addrs6, link)
			if (!memcmp(group->b + 13, a->addr.b + 13, 3))
				return true;
	}
	list_foreach_rcu(g, &nif->groups6, link)
		if (in6_same(&g->group, group))
			return true;
	return false;
}

/* With the router alert option, RFC 2711. */
static void send_mld(struct netif *nif, u8 type, const struct in6ip *group)
{
	static const u8 alert[8] = { IPPROTO_ICMPV6, 0, 5, 2, 0, 0, 1, 0 };
	struct in6ip d = type == MLD_DONE ? IN6_ALL_ROUTERS : *group;
	struct ip6send how = { .protocol = IPPROTO_HOPOPTS, .hops = 1, .daddr = d };
	struct iproute r = { .nif = nif, .type = RTN_MULTICAST, .mtu = nif->mtu };
	struct pktbuf *pb;

	if (!netif_is_up(nif) || (nif->flags & IFF_LOOPBACK) || !ip6_source_for(nif, &IN6_ALL_ROUTERS, &how.saddr))
		return;
	pb = pktbuf_alloc(PKT_HEADROOM, 64, ALLOC_ATOMIC);
	if (!pb)
		return;
	*(struct mld_head *)pktbuf_put(pb, sizeof(struct mld_head)) =
		(struct mld_head){ .type = type, .group = *group };
	icmp6_finish(pb, &how.saddr, &how.daddr);
	memcpy(pktbuf_push(pb, sizeof(alert)), alert, sizeof(alert));
	bh_disable();
	ip6_send(nif->ns, &r, &how, pb);
	bh_enable();
}

/* config_lock held. */
static int nif_join(struct netif *nif, const struct in6ip *group)
{
	struct mc6group *g;

	list_foreach(g, &nif->groups6, link) {
		if (in6_same(&g->group, group)) {
			g->users++;
			return 0;
		}
	}
	g = kmem_zalloc(sizeof(*g), ALLOC_KERNEL);
	if (!g)
		return -ENOMEM;
	g->group = *group;
	g->users = 1;
	list_add_tail_rcu(&g->link, &nif->groups6);
	nif->ops->set_filter(nif);
	rcu_read_lock();
	send_mld(nif, MLD_REPORT, group);
	rcu_read_unlock();
	return 0;
}

static void nif_leave(struct netif *nif, const struct in6ip *group)
{
	struct mc6group *g;

	list_foreach(g, &nif->groups6, link) {
		if (!in6_same(&g->group, group))
			continue;
		if (--g->users)
			return;
		list_del_rcu(&g->link);
		rcu_read_lock();
		send_mld(nif, MLD_DONE, group);
		rcu_read_unlock();
		rcu_defer_free(&g->rcu, g);
		nif->ops->set_filter(nif);
		return;
	}
}

bool isock_mc6_wants(struct isock *sk, const struct in6ip *group, u32 ifindex)
{
	const struct mc6member *m;
	bool wants = list_is_empty(&sk->mc6_list) || sk->mc_all;

	spin_lock_bh(&sk->lock);
	list_foreach(m, &sk->mc6_list, link)
		if (in6_same(&m->group, group) && m->ifindex == ifindex)
			wants = true;
	spin_unlock_bh(&sk->lock);
	return wants;
}

static int join(struct isock *sk, struct netif *nif, const struct in6ip *group)
{
	struct mc6member *m;
	int err;

	list_foreach(m, &sk->mc6_list, link)
		if (in6_same(&m->group, group) && m->ifindex == nif->index)
			return -EADDRINUSE;
	m = kmem_zalloc(sizeof(*m), ALLOC_KERNEL);
	if (!m)
		return -ENOMEM;
	m->group = *group;
	m->ifindex = nif->index;
	err = nif_join(nif, group);
	if (err) {
		kmem_free(m);
		return err;
	}
	spin_lock_bh(&sk->lock);
	list_add(&m->link, &sk->mc6_list);
	spin_unlock_bh(&sk->lock);
	return 0;
}

static void drop(struct isock *sk, struct mc6member *m)
{
	struct netif *nif = netif_find_index(sk->net, m->ifindex);

	spin_lock_bh(&sk->lock);
	list_unlink(&m->link);
	spin_unlock_bh(&sk->lock);
	if (nif)
		nif_leave(nif, &m->group);
	kmem_free(m);
}

static int leave(struct isock *sk, u32 ifindex, const struct in6ip *group)
{
	struct mc6member *m;

	list_foreach(m, &sk->mc6_list, link) {
		if (in6_same(&m->group, group) && (!ifindex || m->ifindex == ifindex)) {
			drop(sk, m);
			return 0;
		}
	}
	return -EADDRNOTAVAIL;
}

int isock_mc6_join(struct isock *sk, const void *val, u32 len, bool is_join)
{
	struct ipv6_mreq_ m;
	struct in6ip group;
	struct iproute r;
	struct netif *nif;
	int err;

	if (len < sizeof(m))
		return -EINVAL;
	memcpy(&m, val, sizeof(m));
	memcpy(&group, m.group, 16);
	if (!in6_is_group(&group))
		return -EINVAL;
	kmutex_lock(&sk->net->config_lock);
	if (!is_join) {
		err = leave(sk, (u32)m.ifindex, &group);
	} else {
		rcu_read_lock();
		nif = m.ifindex ? netif_find_index(sk->net, (u32)m.ifindex) :
		      ip6_route_out(sk->net, &group, NULL, 0, &r) ? NULL : r.nif;
		rcu_read_unlock();
		err = nif ? join(sk, nif, &group) : -ENODEV;
	}
	kmutex_unlock(&sk->net->config_lock);
	return err;
}

void isock_mc6_drop_all(struct isock *sk)
{
	struct mc6member *m, *next;

	if (list_is_empty(&sk->mc6_list))
		return;
	kmutex_lock(&sk->net->config_lock);
	list_foreach_safe(m, next, &sk->mc6_list, link)
		drop(sk, m);
	kmutex_unlock(&sk->net->config_lock);
}
