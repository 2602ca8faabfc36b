// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bridges: Ethernet interfaces joined to one network (IEEE 802.1D without spanning trees).
 *
 * Nouns: port, an interface whose packets all come here; fdb, which address is behind
 * which port, learned from who sends; the bridge's own interface, where packets for this
 * machine go up and from which it sends.
 *
 * Life-cycle: RTM_NEWLINK makes a bridge, IFLA_MASTER its ports. A port's packets come by its
 * rx_hook under RCU; it is freed a grace period after it left. Learned addresses go
 * when they were silent for ageing_ns.
 *
 * Lock order: netif_links_lock > config_lock > bridge.lock. Packets take bridge.lock only
 * to learn a new address.
 *
 * Limits: no spanning tree protocol (stp_state stays 0), no VLAN filter, no snooping of
 * groups: they are flooded. BRIDGE_FDB_MAX learned addresses, then unknown ones are flooded.
 */
#include "bridge_impl.h"

#include <tern/kernel/clock.h>
#include <tern/mm/slab.h>

#define ETH_HEAD	14u
#define VLAN_TAG	4u	/* does not count against an MTU */

/* ---- packets; RCU, bottom halves off ---- */

static bool may_send(const struct brport *p, const struct brport *from, const struct pktbuf *pb)
{
	if (READ_ONCE(p->state) != BR_FORWARDING || !netif_is_up(p->nif))
		return false;
	if (p == from)
		return p->hairpin;
	if (from && p->isolated && from->isolated)
		return false;
	return (pb->gso_size ? pktgso_part_len(pb) : pb->len - ETH_HEAD) <= p->nif->mtu + VLAN_TAG;
}

static bool wants_flood(const struct brport *p, const u8 *dst)
{
	if (!(dst[0] & 1))
		return READ_ONCE(p->flood);
	return dst[0] == 0xff ? READ_ONCE(p->bcast_flood) : READ_ONCE(p->mcast_flood);
}

/* Consumes. */
static void send_through(struct brport *p, struct pktbuf *pb)
{
	pb->mac = (u16)pktbuf_headroom(pb);
	netif_send(p->nif, pb);
}

/* A copy to every port that wants it; @pb stays the caller's. */
static void flood(struct bridge *br, const struct brport *from, const struct pktbuf *pb)
{
	struct brport *p;

	list_foreach_rcu(p, &br->ports, link) {
		struct pktbuf *c;

		if (!may_send(p, from, pb) || !wants_flood(p, pb->data))
			continue;
		c = pktbuf_clone(pb, ALLOC_ATOMIC);
		if (c)
			send_through(p, c);
		else
			netif_stat_add(p->nif, tx_dropped, 1);
	}
}

/* To this machine; consumes. */
static void pass_up(struct bridge *br, struct pktbuf *pb)
{
	if (netif_is_up(&br->nif) && ether_receive_header(&br->nif, pb))
		net_receive(pb);
	else
		pktbuf_free(pb);
}

static void pass_copy_up(struct bridge *br, const struct pktbuf *pb)
{
	struct pktbuf *c = pktbuf_clone(pb, ALLOC_ATOMIC);

	if (c)
		pass_up(br, c);
}

/* From a port, or (@from NULL) from this machine; data at the link header. Consumes. */
static void switch_packet(struct bridge *br, struct brport *from, struct pktbuf *pb)
{
	const u8 *dst = pb->data;
	struct fdb *f = dst[0] & 1 ? NULL : fdb_find(br, dst);
	struct brport *to = f ? READ_ONCE(f->port) : NULL;

	if (f && f->is_local) {
		if (from)
			pass_up(br, pb);
		else
			pktbuf_free(pb);
		return;
	}
	if (from && ((dst[0] & 1) || netif_is_promisc(&br->nif)))
		pass_copy_up(br, pb);
	if (f && to && may_send(to, from, pb)) {
		send_through(to, pb);
		return;
	}
	if (!f)
		flood(br, from, pb);
	pktbuf_free(pb);
}

/* 01-80-C2-00-00-0x never leaves its link, unless group_fwd_mask says so or it is an unused spanning tree's. */
static bool is_link_local(const struct bridge *br, const u8 *dst)
{
	static const u8 group[5] = { 0x01, 0x80, 0xc2, 0x00, 0x00 };

	return !memcmp(dst, group, 5) && dst[5] < 16 && dst[5] && !(READ_ONCE(br->group_fwd_mask) & BIT(dst[5]));
}

bool bridge_input(struct netif *nif, struct pktbuf *pb)
{
	struct brport *p = brport_of(nif);
	const u8 *eth = pb->buf + pb->mac;

	if (!p || pb->mac + ETH_HEAD != pktbuf_headroom(pb))
		return false;
	if (pb->protocol == TO_BE16(ETH_P_8021Q) && vlan_takes(nif, pb))
		return false;
	if (is_link_local(p->bridge, eth))
		return false;
	if ((eth[6] & 1) || READ_ONCE(p->state) < BR_LEARNING || !netif_is_up(&p->bridge->nif)) {
		pktbuf_free(pb);
		return true;
	}
	if (READ_ONCE(p->learning))
		fdb_learn(p, eth + 6);
	if (READ_ONCE(p->state) != BR_FORWARDING) {
		pktbuf_free(pb);
		return true;
	}
	pktbuf_push(pb, ETH_HEAD);
	switch_packet(p->bridge, p, pb);
	return true;
}

static int bridge_xmit(struct netif *nif, struct pktbuf *pb)
{
	link_forget_sender(pb);
	rcu_read_lock();
	switch_packet(bridge_of(nif), NULL, pb);
	rcu_read_unlock();
	return 0;
}

/* ---- the interface ---- */

static int bridge_set_addr(struct netif *nif, const u8 *addr)
{
	struct bridge *br = bridge_of(nif);
	int err;

	if (addr[0] & 1)
		return -EADDRNOTAVAIL;
	err = fdb_add(br, NULL, addr, true, true);
	if (err && err != -EEXIST)
		return err;
	if (memcmp(nif->addr, addr, 6))
		fdb_del(br, NULL, nif->addr);
	memcpy(nif->addr, addr, 6);
	br->has_own_addr = true;
	return 0;
}

static void bridge_free(struct netif *nif)
{
	kmem_free(bridge_of(nif));
}

const struct netif_ops bridge_ops = {
	.start = link_start, .stop = link_stop, .xmit = bridge_xmit, .header = ether_header,
	.set_filter = link_set_filter, .set_addr = bridge_set_addr, .release = bridge_free,
};

/* ---- ports; config_lock held ---- */

/* Address and MTU of the bridge follow its ports unless the user chose; so does the carrier. */
static void follow_ports(struct bridge *br)
{
	bool has_own = br->has_own_addr, carrier = false;
	const struct netif *low = NULL;
	u32 mtu = br->nif.mtu_max;
	struct brport *p;

	list_foreach(p, &br->ports, link) {
		if (!low || memcmp(p->nif->addr, low->addr, 6) < 0)
			low = p->nif;
		mtu = min(mtu, p->nif->mtu);
		carrier |= netif_is_up(p->nif) && READ_ONCE(p->nif->has_carrier);
	}
	if (!has_own && low && memcmp(br->nif.addr, low->addr, 6) && !bridge_set_addr(&br->nif, low->addr))
		netif_changed(&br->nif);
	br->has_own_addr = has_own;
	if (!br->has_own_mtu && low && mtu != br->nif.mtu)
		netif_set_mtu(&br->nif, mtu);
	netif_set_carrier(&br->nif, carrier);
}

static void port_follow_link(struct brport *p)
{
	bool on = netif_is_up(p->nif) && READ_ONCE(p->nif->has_carrier);

	if (on && p->state == BR_DISABLED)
		WRITE_ONCE(p->state, BR_FORWARDING);
	else if (!on)
		WRITE_ONCE(p->state, BR_DISABLED);
}

static u16 free_number(const struct bridge *br)
{
	const struct brport *p;
	u16 n = 1;

again:
	list_foreach(p, &br->ports, link) {
		if (p->number == n) {
			n++;
			goto again;
		}
	}
	return n;
}

static int bridge_add_port(struct netif *master, struct netif *nif)
{
	struct bridge *br = bridge_of(master);
	struct brport *p;
	int err;

	if ((nif->flags & IFF_LOOPBACK) || nif->type != ARPHRD_ETHER || nif->header_len != ETH_HEAD)
		return -EINVAL;
	if (nif->kind == &bridge_kind)
		return -ELOOP;
	p = kmem_zalloc(sizeof(*p), ALLOC_KERNEL);
	if (!p)
		return -ENOMEM;
	p->nif = nif;
	p->bridge = br;
	p->number = free_number(br);
	p->priority = 32;
	p->cost = 100;
	p->learning = p->flood = p->mcast_flood = p->bcast_flood = true;
	err = fdb_add(br, p, nif->addr, true, true);
	if (err && err != -EEXIST) {
		kmem_free(p);
		return err;
	}
	port_follow_link(p);
	list_add_tail_rcu(&p->link, &br->ports);
	rcu_publish(nif->port, p);
	rcu_publish(nif->rx_hook, bridge_input);
	netif_add_promisc(nif, 1, 0);
	follow_ports(br);
	bridge_sysfs_add_port(p);
	return 0;
}

static void bridge_del_port(struct netif *master, struct netif *nif)
{
	struct bridge *br = bridge_of(master);
	struct brport *p = nif->port;

	bridge_sysfs_del_port(p);
	rcu_publish(nif->rx_hook, NULL);
	rcu_publish(nif->port, NULL);
	list_del_rcu(&p->link);
	fdb_flush(br, p, true);
	netif_add_promisc(nif, -1, 0);
	follow_ports(br);
	rcu_defer_free(&p->rcu, p);
}

static int bridge_watch(struct netif *nif, enum netevent ev)
{
	struct brport *p = nif->port;

	if (nif->kind == &bridge_kind && ev == NETEVENT_ADD)
		bridge_sysfs_add(bridge_of(nif));
	if (!p || ev == NETEVENT_ADD || ev == NETEVENT_GONE || ev == NETEVENT_REMOVE)
		return 0;
	if (ev == NETEVENT_CHANGE && !fdb_find(p->bridge, nif->addr))
		fdb_add(p->bridge, p, nif->addr, true, true);
	port_follow_link(p);
	follow_ports(p->bridge);
	return 0;
}
NETWATCH(bridge_watch);

/* ---- life ---- */

static int bridge_change(struct netif *nif, const struct nlattr_head *data)
{
	const struct nlattr_head *tb[IFLA_BR_FDB_FLUSH + 1];
	struct bridge *br = bridge_of(nif);
	int err = nlattrs_in(data, tb, IFLA_BR_FDB_FLUSH);

	if (err)
		return err;
	if ((tb[IFLA_BR_STP_STATE] && nlattr_u32(tb[IFLA_BR_STP_STATE])) ||
	    (tb[IFLA_BR_VLAN_FILTERING] && (u8)nlattr_u32(tb[IFLA_BR_VLAN_FILTERING])))
		return -EOPNOTSUPP;
	if (tb[IFLA_BR_AGEING_TIME])
		WRITE_ONCE(br->ageing_ns, nlattr_u32(tb[IFLA_BR_AGEING_TIME]) * (NSEC_PER_SEC / 100));
	if (tb[IFLA_BR_FORWARD_DELAY])
		WRITE_ONCE(br->forward_delay, nlattr_u32(tb[IFLA_BR_FORWARD_DELAY]));
	if (tb[IFLA_BR_HELLO_TIME])
		WRITE_ONCE(br->hello_time, nlattr_u32(tb[IFLA_BR_HELLO_TIME]));
	if (tb[IFLA_BR_MAX_AGE])
		WRITE_ONCE(br->max_age, nlattr_u32(tb[IFLA_BR_MAX_AGE]));
	if (tb[IFLA_BR_PRIORITY])
		WRITE_ONCE(br->priority, (u16)nlattr_u32(tb[IFLA_BR_PRIORITY]));
	if (tb[IFLA_BR_GROUP_FWD_MASK])
		WRITE_ONCE(br->group_fwd_mask, (u16)nlattr_u32(tb[IFLA_BR_GROUP_FWD_MASK]));
	if (tb[IFLA_BR_FDB_FLUSH])
		fdb_flush(br, NULL, false);
	return 0;
}

static struct netif *bridge_create(struct linknew *w)
{
	struct bridge *br = kmem_zalloc(sizeof(*br), ALLOC_KERNEL);
	u8 mac[6];
	int err;

	if (!br)
		return ERR_PTR(-ENOMEM);
	ether_random_addr(mac);
	netif_init_ether(&br->nif, &bridge_ops, mac);
	br->nif.kind = &bridge_kind;
	br->nif.features = LINK_FEATURES;
	br->nif.is_lockless = br->nif.is_bound = true;
	list_init(&br->ports);
	spin_init(&br->lock, LOCKRANK_NET_TABLE);
	fdb_init(br);
	br->ageing_ns = 300 * NSEC_PER_SEC;
	br->forward_delay = 1500;
	br->hello_time = 200;
	br->max_age = 2000;
	br->priority = 0x8000;
	err = w->data ? bridge_change(&br->nif, w->data) : 0;
	if (!err)
		err = linknew_apply(w, &br->nif);
	br->has_own_addr = w->tb[IFLA_ADDRESS];
	br->has_own_mtu = w->tb[IFLA_MTU];
	if (!err)
		err = fdb_add(br, NULL, br->nif.addr, true, true);
	if (!err)
		err = netif_add(&br->nif, w->ns);
	if (!err)
		return &br->nif;
	fdb_flush(br, NULL, true);
	netif_put(&br->nif);
	return ERR_PTR(err);
}

static void bridge_remove(struct netif *nif)
{
	struct bridge *br = bridge_of(nif);
	struct netns *ns = nif->ns;

	kmutex_lock(&ns->config_lock);
	while (!list_is_empty(&br->ports))
		netif_leave_master(list_first_entry(&br->ports, struct brport, link)->nif);
	kmutex_unlock(&ns->config_lock);
	fdb_stop(br);
	fdb_flush(br, NULL, true);
	netif_remove_locked(nif);
}

/* Priority and address, as the protocol has them. */
static void put_id(struct nlpkt *p, u16 type, const struct bridge *br)
{
	u8 id[8] = { (u8)(br->priority >> 8), (u8)br->priority };

	memcpy(id + 2, br->nif.addr, 6);
	nlpkt_put(p, type, id, sizeof(id));
}

static void bridge_show(struct nlpkt *p, const struct netif *nif)
{
	const struct bridge *br = bridge_of(nif);
	u16 mask = br->group_fwd_mask, priority = br->priority;

	nlpkt_put_u32(p, IFLA_BR_FORWARD_DELAY, br->forward_delay);
	nlpkt_put_u32(p, IFLA_BR_HELLO_TIME, br->hello_time);
	nlpkt_put_u32(p, IFLA_BR_MAX_AGE, br->max_age);
	nlpkt_put_u32(p, IFLA_BR_AGEING_TIME, (u32)(br->ageing_ns / (NSEC_PER_SEC / 100)));
	nlpkt_put_u32(p, IFLA_BR_STP_STATE, 0);
	nlpkt_put(p, IFLA_BR_PRIORITY, &priority, sizeof(priority));
	nlpkt_put_u8(p, IFLA_BR_VLAN_FILTERING, 0);
	nlpkt_put(p, IFLA_BR_GROUP_FWD_MASK, &mask, sizeof(mask));
	put_id(p, IFLA_BR_ROOT_ID, br);
	put_id(p, IFLA_BR_BRIDGE_ID, br);
}

const struct linkkind bridge_kind = {
	.name = "bridge", .create = bridge_create, .change = bridge_change, .remove = bridge_remove,
	.show = bridge_show, .add_port = bridge_add_port, .del_port = bridge_del_port,
	.change_port = bridge_change_port, .show_port = bridge_put_port,
};
LINKKIND(bridge_kind);
