// SPDX-License-Identifier: GPL-2.0-only
/* Links (RTM_*LINK): interfaces as iproute2 sees them, and news of their changes. */
#include <tern/net/netlink.h>

#include <tern/base/err.h>
#include <tern/kernel/klog.h>
#include <tern/lib/string.h>
#include <tern/net/linkkind.h>

#include "rt_impl.h"

#define LINK_ROOM	2048u

/* What kind it is, and what its master is, with their settings. */
static void put_info(struct nlpkt *p, const struct netif *nif)
{
	u32 info, data;

	if (!nif->kind && !nif->master)
		return;
	info = nlpkt_nest(p, IFLA_LINKINFO);
	if (nif->kind) {
		nlpkt_put_str(p, IFLA_INFO_KIND, nif->kind->name);
		if (nif->kind->show) {
			data = nlpkt_nest(p, IFLA_INFO_DATA);
			nif->kind->show(p, nif);
			nlpkt_nest_end(p, data);
		}
	}
	if (nif->master) {
		nlpkt_put_str(p, IFLA_INFO_SLAVE_KIND, nif->master->kind->name);
		data = nlpkt_nest(p, IFLA_INFO_SLAVE_DATA);
		nif->master->kind->show_port(p, nif);
		nlpkt_nest_end(p, data);
	}
	nlpkt_nest_end(p, info);
}

/* The interface below it, maybe in another namespace. */
static void put_lower(struct nlpkt *p, const struct netif *nif)
{
	const struct netif *lower;
	s32 id = -1;

	rcu_read_lock();
	lower = netif_lower(nif);
	if (lower) {
		nlpkt_put_u32(p, IFLA_LINK, lower->index);
		if (lower->ns != nif->ns)
			id = netns_id_of(nif->ns, lower->ns, true);
	}
	rcu_read_unlock();
	if (id >= 0)
		nlpkt_put_u32(p, IFLA_LINK_NETNSID, (u32)id);
}

static void put_stats(struct nlpkt *p, const struct netif *nif)
{
	struct linkstats64 s = { 0 };
	struct netif_stats n;
	u32 s32[sizeof(s) / 8 - 1];

	netif_stats_sum(nif, &n);
	s.rx_packets = n.rx_packets;
	s.tx_packets = n.tx_packets;
	s.rx_bytes = n.rx_bytes;
	s.tx_bytes = n.tx_bytes;
	s.rx_errors = n.rx_errors;
	s.tx_errors = n.tx_errors;
	s.rx_dropped = n.rx_dropped;
	s.tx_dropped = n.tx_dropped;
	s.multicast = n.multicast;
	nlpkt_put(p, IFLA_STATS64, &s, sizeof(s));
	for (u32 i = 0; i < ARRAY_SIZE(s32); i++)
		s32[i] = (u32)((const u64 *)&s)[i];
	nlpkt_put(p, IFLA_STATS, s32, sizeof(s32));
}

static void put_families(struct nlpkt *p, const struct netif *nif)
{
	u32 spec = nlpkt_nest(p, IFLA_AF_SPEC), one;

	TABLE_FOREACH(linkaf, __typeof__(const struct linkaf *), af) {
		one = nlpkt_nest(p, (*af)->family);
		(*af)->fill(p, nif);
		nlpkt_nest_end(p, one);
	}
	nlpkt_nest_end(p, spec);
}

/* False: does not fit. */
static bool put_link(struct nlpkt *p, const struct netif *nif, u16 type, u16 flags, u32 portid, u32 seq,
		     u32 change)
{
	struct ifinfomsg *m = nlpkt_begin(p, type, flags, portid, seq, sizeof(*m));
	struct ifmap map = { 0 };

	if (!m)
		return false;
	m->type = nif->type;
	m->index = (s32)nif->index;
	m->flags = netif_user_flags(nif);
	m->change = change;
	nlpkt_put_str(p, IFLA_IFNAME, nif->name);
	nlpkt_put_u32(p, IFLA_TXQLEN, nif->txq_len);
	nlpkt_put_u8(p, IFLA_OPERSTATE, netif_operstate(nif));
	nlpkt_put_u8(p, IFLA_LINKMODE, 0);
	nlpkt_put_u32(p, IFLA_MTU, nif->mtu);
	nlpkt_put_u32(p, IFLA_MIN_MTU, nif->flags & IFF_LOOPBACK ? 0 : 68);
	nlpkt_put_u32(p, IFLA_MAX_MTU, nif->flags & IFF_LOOPBACK ? 0 : nif->mtu_max);
	nlpkt_put_u32(p, IFLA_GROUP, nif->group);
	nlpkt_put_u32(p, IFLA_PROMISCUITY, !!(nif->flags & IFF_PROMISC) + nif->npromisc);
	nlpkt_put_u32(p, IFLA_NUM_TX_QUEUES, 1);
	nlpkt_put_u32(p, IFLA_NUM_RX_QUEUES, 1);
	nlpkt_put_u8(p, IFLA_CARRIER, READ_ONCE(nif->has_carrier));
	nlpkt_put_str(p, IFLA_QDISC, qdisc_name(nif));
	nlpkt_put(p, IFLA_MAP, &map, 28);
	if (nif->addr_len) {
		nlpkt_put(p, IFLA_ADDRESS, nif->addr, nif->addr_len);
		nlpkt_put(p, IFLA_BROADCAST, nif->broadcast, nif->addr_len);
	}
	if (nif->master)
		nlpkt_put_u32(p, IFLA_MASTER, nif->master->index);
	if (nif->alias)
		nlpkt_put_str(p, IFLA_IFALIAS, nif->alias);
	put_families(p, nif);
	put_lower(p, nif);
	put_stats(p, nif);
	put_info(p, nif);
	return nlpkt_end(p);
}

static int dump_links(struct nldump *d, struct nlpkt *p)
{
	struct netif *nif;
	u64 at = 0;

	netif_foreach(nif, d->ns) {
		if (!nldump_due(d, &at))
			continue;
		if (!put_link(p, nif, RTM_NEWLINK, NLM_F_MULTI, d->portid, d->seq, 0))
			return 1;
		d->arg[0] = at;
	}
	return 0;
}

static int get_link(struct nlreq *r)
{
	const struct nlattr_head *tb[IFLA_EXT_MASK + 1];
	struct ifinfomsg store;
	const struct ifinfomsg *m = nlreq_fixed(r, &store, sizeof(store));
	struct netif *nif;
	struct nlpkt *p;
	int err = nlreq_attrs(r, sizeof(*m), tb, IFLA_EXT_MASK);

	if (err)
		return err;
	if (m->index <= 0 && !tb[IFLA_IFNAME])
		return -EINVAL;
	nif = rtlink_find(r->ns, m, tb[IFLA_IFNAME]);
	if (!nif)
		return -ENODEV;
	p = nlpkt_alloc(LINK_ROOM, ALLOC_KERNEL);
	if (!p)
		return -ENOBUFS;
	put_link(p, nif, RTM_NEWLINK, 0, r->portid, r->h->seq, 0);
	return nlreq_reply(r, p);
}

static const struct rtobject link_object = { .base = RTM_NEWLINK, .change = rtlink_change, .has_own_lock = true,
					     .get = get_link, .dump = dump_links };
RTOBJECT(link_object);

static int link_watch(struct netif *nif, enum netevent ev)
{
	struct nlpkt *p;

	if (ev == NETEVENT_GONE || !netlink_is_heard(nif->ns, NETLINK_ROUTE, RTNLGRP_LINK))
		return 0;
	p = nlpkt_alloc(LINK_ROOM, ALLOC_KERNEL);
	if (!p)
		return 0;	/* news are not owed */
	put_link(p, nif, ev == NETEVENT_REMOVE ? RTM_DELLINK : RTM_NEWLINK, 0, 0, 0,
		 ev == NETEVENT_UP || ev == NETEVENT_DOWN ? IFF_UP : ev == NETEVENT_CHANGE ? 0 : ~0u);
	netlink_publish(nif->ns, NETLINK_ROUTE, RTNLGRP_LINK, p);
	return 0;
}
NETWATCH(link_watch);
