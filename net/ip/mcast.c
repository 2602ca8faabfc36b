// SPDX-License-Identifier: GPL-2.0-only
/*
 * Groups: which an interface receives, which a socket wants. IGMPv2 (RFC 2236) reports
 * tell routers; a group joined on an interface is reported at once, on queries of the
 * router at once too, and left when the last socket leaves.
 */
#include "ip_impl.h"

#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <tern/net/inetsum.h>

struct mcgroup {
	struct list link;		/* R, config_lock: nif->groups4 */
	struct rcu_job rcu;
	be32 group;
	u32 users;			/* config_lock */
};

struct igmp_head { u8 type, time; be16 check; be32 group; };
#define IGMP_QUERY	0x11
#define IGMP_REPORT2	0x16
#define IGMP_LEAVE	0x17
#define ALL_HOSTS	TO_BE32(0xe0000001)
#define ALL_ROUTERS	TO_BE32(0xe0000002)

static bool is_group(be32 a)
{
	return (a & TO_BE32(0xf0000000)) == TO_BE32(0xe0000000);
}

/* With the router alert option, RFC 2113. */
static void send_igmp(struct netif *nif, u8 type, be32 dst, be32 group)
{
	struct iproute r = { .nif = nif, .type = RTN_MULTICAST, .mtu = nif->mtu };
	static const u8 alert[4] = { 0x94, 4, 0, 0 };
	struct igmp_head *g;
	struct ip4_head *h;
	struct pktbuf *pb;

	if (!netif_is_up(nif) || (nif->flags & IFF_LOOPBACK))
		return;
	pb = pktbuf_alloc(PKT_HEADROOM, 32, ALLOC_ATOMIC);
	if (!pb)
		return;
	h = pktbuf_put(pb, sizeof(*h) + sizeof(alert));
	*h = (struct ip4_head){ .version_ihl = 0x46, .tos = 0xc0, .total_len = TO_BE16(32), .ttl = 1,
				.protocol = IPPROTO_IGMP, .saddr = ip4_addr_for(nif, dst), .daddr = dst };
	memcpy(h + 1, alert, sizeof(alert));
	h->check = (u16)~inetsum_fold(inetsum_add(0, h, 24));
	g = pktbuf_put(pb, sizeof(*g));
	*g = (struct igmp_head){ .type = type, .group = group };
	g->check = (u16)~inetsum_fold(inetsum_add(0, g, sizeof(*g)));
	bh_disable();
	ip4_send_raw(nif->ns, &r, pb);
	bh_enable();
}

bool netif_mc4_wants(const struct netif *nif, be32 group)
{
	const struct mcgroup *g;

	if (group == ALL_HOSTS || (nif->flags & (IFF_LOOPBACK | IFF_ALLMULTI)))
		return true;
	list_foreach_rcu(g, &nif->groups4, link)
		if (g->group == group)
			return true;
	return false;
}

/* config_lock held. */
static int nif_join(struct netif *nif, be32 group)
{
	struct mcgroup *g;

	list_foreach(g, &nif->groups4, link) {
		if (g->group == group) {
			g->users++;
			return 0;
		}
	}
	g = kmem_zalloc(sizeof(*g), ALLOC_KERNEL);
	if (!g)
		return -ENOMEM;
	g->group = group;
	g->users = 1;
	list_add_tail_rcu(&g->link, &nif->groups4);
	nif->ops->set_filter(nif);
	rcu_read_lock();
	send_igmp(nif, IGMP_REPORT2, group, group);
	rcu_read_unlock();
	return 0;
}

static void nif_leave(struct netif *nif, be32 group)
{
	struct mcgroup *g;

	list_foreach(g, &nif->groups4, link) {
		if (g->group != group)
			continue;
		if (--g->users)
			return;
		list_del_rcu(&g->link);
		rcu_defer_free(&g->rcu, g);
		nif->ops->set_filter(nif);
		rcu_read_lock();
		send_igmp(nif, IGMP_LEAVE, ALL_ROUTERS, group);
		rcu_read_unlock();
		return;
	}
}

static struct netif *choose_nif(struct isock *sk, const struct ip_mreqn *m)
{
	struct netif *nif;
	struct iproute r;
	int err;

	if (m->imr_ifindex)
		return netif_find_index(sk->net, (u32)m->imr_ifindex);
	if (m->imr_address) {
		netif_foreach(nif, sk->net)
			if (ip4_addr_for(nif, m->imr_address) == m->imr_address)
				return nif;
		return NULL;
	}
	rcu_read_lock();
	err = ip4_route_out(sk->net, m->imr_multiaddr, 0, 0, &r);
	rcu_read_unlock();
	return err ? NULL : r.nif;
}

static int join(struct isock *sk, struct netif *nif, be32 group)
{
	struct mcmember *mm;
	int err;

	list_foreach(mm, &sk->mc_list, link)
		if (mm->group == group && mm->ifindex == nif->index)
			return -EADDRINUSE;
	mm = kmem_zalloc(sizeof(*mm), ALLOC_KERNEL);
	if (!mm)
		return -ENOBUFS;
	err = nif_join(nif, group);
	if (err) {
		kmem_free(mm);
		return err;
	}
	mm->group = group;
	mm->ifindex = nif->index;
	spin_lock_bh(&sk->lock);
	list_add_tail(&mm->link, &sk->mc_list);
	spin_unlock_bh(&sk->lock);
	return 0;
}

static int leave(struct isock *sk, u32 ifindex, be32 group)
{
	struct mcmember *mm;
	struct netif *nif;

	list_foreach(mm, &sk->mc_list, link) {
		if (mm->group != group || (ifindex && mm->ifindex != ifindex))
			continue;
		nif = netif_find_index(sk->net, mm->ifindex);
		if (nif)
			nif_leave(nif, group);
		spin_lock_bh(&sk->lock);
		list_del(&mm->link);
		spin_unlock_bh(&sk->lock);
		kmem_free(mm);
		return 0;
	}
	return -EADDRNOTAVAIL;
}

int isock_mc_join(struct isock *sk, const void *val, u32 len, bool join_it)
{
	struct ip_mreqn m = { 0 };
	struct netif *nif;
	int err;

	if (len < 8)
		return -EINVAL;
	memcpy(&m, val, min_t(u32, len, sizeof(m)));
	if (!is_group(m.imr_multiaddr))
		return -EINVAL;
	kmutex_lock(&sk->net->config_lock);
	nif = choose_nif(sk, &m);
	if (join_it)
		err = nif ? join(sk, nif, m.imr_multiaddr) : -ENODEV;
	else
		err = leave(sk, (m.imr_ifindex || m.imr_address) && nif ? nif->index : 0, m.imr_multiaddr);
	kmutex_unlock(&sk->net->config_lock);
	return err;
}

void isock_mc_drop_all(struct isock *sk)
{
	if (list_is_empty(&sk->mc_list))
		return;
	kmutex_lock(&sk->net->config_lock);
	while (!list_is_empty(&sk->mc_list)) {
		struct mcmember *mm = list_first_entry(&sk->mc_list, struct mcmember, link);

		leave(sk, mm->ifindex, mm->group);
	}
	kmutex_unlock(&sk->net->config_lock);
}

bool isock_mc_wants(struct isock *sk, be32 group, u32 ifindex)
{
	struct mcmember *mm;
	bool wants = sk->mc_all;

	spin_lock(&sk->lock);
	list_foreach(mm, &sk->mc_list, link) {
		if (mm->group == group) {
			wants = mm->ifindex == ifindex;
			if (wants)
				break;
		}
	}
	spin_unlock(&sk->lock);
	return wants;
}

static void igmp_receive(struct netns *ns, struct pktbuf *pb)
{
	const struct igmp_head *q;
	const struct mcgroup *g;

	if (!pktbuf_make_linear(pb, sizeof(*q)) || inetsum_fold(pktbuf_sum(pb, 0, pb->len, 0)) != 0xffff)
		goto out;
	q = (void *)pb->data;
	if (q->type != IGMP_QUERY)
		goto out;
	list_foreach_rcu(g, &pb->nif->groups4, link)
		if (!q->group || q->group == g->group)
			send_igmp(pb->nif, IGMP_REPORT2, g->group, g->group);
out:
	pktbuf_free(pb);
}
static const struct ipproto igmp_proto = { .protocol = IPPROTO_IGMP, .receive = igmp_receive };
IPPROTO_TABLE(igmp_proto);
