// SPDX-License-Identifier: GPL-2.0-only
/*
 * VLAN interfaces, IEEE 802.1Q: packets of one tag of a lower interface.
 *
 * In: a packet of type 0x8100 goes to the VLAN interface of its tag, tag taken off.
 * Out: the tag goes between the addresses and the type. The carrier is the lower
 * interface's; when that goes down or ends, so do those above it. The lower interface
 * lists them (uppers) under RCU; each holds a reference on it.
 *
 * Limits: 802.1Q only, no priority maps. A hardware address of its own is received only
 * if the lower interface receives it (or is promiscuous).
 */
#include "link_impl.h"

#include <tern/mm/slab.h>

#define TAG_LEN		4u
#define ADDRS_LEN	12u
#define VID_MASK	0xfffu

struct vlan {
	struct netif nif;		/* first */
	struct netif *lower;		/* I with a reference */
	u16 vid;			/* I */
};

static struct vlan *vlan_of(const struct netif *nif)
{
	return container_of(nif, struct vlan, nif);
}

static struct vlan *find(const struct netif *lower, u16 vid)
{
	struct netif *nif;

	list_foreach_rcu(nif, &lower->uppers, upper_link)
		if (nif->kind == &vlan_kind && vlan_of(nif)->vid == vid)
			return vlan_of(nif);
	return NULL;
}

/* ---- in ---- */

static u16 tag_of(const struct pktbuf *pb)
{
	return (u16)(pb->data[0] << 8 | pb->data[1]);
}

bool vlan_takes(const struct netif *nif, struct pktbuf *pb)
{
	return pktbuf_make_linear(pb, TAG_LEN) && find(nif, tag_of(pb) & VID_MASK);
}

static void retype(struct netif *nif, struct pktbuf *pb)
{
	if (pb->type == PKT_OTHERHOST && !memcmp(pb->buf + pb->mac, nif->addr, 6))
		pb->type = PKT_HOST;
}

static void vlan_receive(struct pktbuf *pb)
{
	struct netif *lower = pb->nif;
	struct vlan *v;
	u16 tag;

	if (!pktbuf_make_linear(pb, TAG_LEN))
		goto drop;
	tag = tag_of(pb);
	memcpy(&pb->protocol, pb->data + 2, 2);
	v = find(lower, tag & VID_MASK);
	if (!v && (tag & VID_MASK))
		goto drop;
	memmove(pb->buf + pb->mac + TAG_LEN, pb->buf + pb->mac, ADDRS_LEN);
	pb->mac += TAG_LEN;
	pktbuf_pull(pb, TAG_LEN);
	pb->priority = tag >> 13;
	if (v) {
		if (!netif_is_up(&v->nif))
			goto drop;
		pb->nif = &v->nif;
		retype(&v->nif, pb);
	}
	net_receive(pb);
	return;
drop:
	netif_stat_add(lower, rx_dropped, 1);
	pktbuf_free(pb);
}
static const struct linkproto vlan_link = { .type = TO_BE16(ETH_P_8021Q), .receive = vlan_receive };
LINKPROTO(vlan_link);

/* ---- out ---- */

static int vlan_xmit(struct netif *nif, struct pktbuf *pb)
{
	struct vlan *v = vlan_of(nif);
	u8 *p;

	if (!pktbuf_need_headroom(pb, TAG_LEN)) {
		netif_stat_add(nif, tx_dropped, 1);
		pktbuf_free(pb);
		return -ENOBUFS;
	}
	p = pktbuf_push(pb, TAG_LEN);
	memmove(p, p + TAG_LEN, ADDRS_LEN);
	p[12] = (u8)(ETH_P_8021Q >> 8);
	p[13] = (u8)ETH_P_8021Q;
	p[14] = (u8)(v->vid >> 8);
	p[15] = (u8)v->vid;
	pb->mac = (u16)pktbuf_headroom(pb);
	pb->protocol = TO_BE16(ETH_P_8021Q);
	netif_send(v->lower, pb);
	return 0;
}

static bool lower_has_carrier(const struct vlan *v)
{
	return netif_is_up(v->lower) && READ_ONCE(v->lower->has_carrier);
}

static int vlan_start(struct netif *nif)
{
	struct vlan *v = vlan_of(nif);

	if (!netif_is_up(v->lower))
		return -ENETDOWN;
	netif_set_carrier(nif, lower_has_carrier(v));
	return 0;
}

static void vlan_free(struct netif *nif)
{
	netif_put(vlan_of(nif)->lower);
	kmem_free(vlan_of(nif));
}

static const struct netif_ops vlan_ops = {
	.start = vlan_start, .stop = link_stop, .xmit = vlan_xmit, .header = ether_header,
	.set_filter = link_set_filter, .set_addr = link_set_ether_addr, .release = vlan_free,
};

/* What happens to the lower interface. */
static int vlan_watch(struct netif *lower, enum netevent ev)
{
	struct netif *nif;

	if (ev != NETEVENT_UP && ev != NETEVENT_DOWN && ev != NETEVENT_CHANGE)
		return 0;
	list_foreach_rcu(nif, &lower->uppers, upper_link) {
		if (nif->kind != &vlan_kind)
			continue;
		if (ev == NETEVENT_DOWN && nif->ns == lower->ns)
			netif_set_flags(nif, nif->flags & ~IFF_UP);
		netif_set_carrier(nif, lower_has_carrier(vlan_of(nif)));
	}
	return 0;
}
NETWATCH(vlan_watch);

/* ---- life ---- */

static struct netif *vlan_lower(const struct netif *nif)
{
	return vlan_of(nif)->lower;
}

static int read_data(const struct linknew *w, u16 *vid)
{
	const struct nlattr_head *tb[IFLA_VLAN_PROTOCOL + 1];
	be16 proto = TO_BE16(ETH_P_8021Q);
	int err;

	if (!w->data)
		return -EINVAL;
	err = nlattrs_in(w->data, tb, IFLA_VLAN_PROTOCOL);
	if (err)
		return err;
	if (tb[IFLA_VLAN_PROTOCOL])
		memcpy(&proto, nlattr_data(tb[IFLA_VLAN_PROTOCOL]), 2);
	if (!tb[IFLA_VLAN_ID] || proto != TO_BE16(ETH_P_8021Q))
		return tb[IFLA_VLAN_ID] ? -EPROTONOSUPPORT : -EINVAL;
	memcpy(vid, nlattr_data(tb[IFLA_VLAN_ID]), 2);
	return *vid >= VID_MASK ? -ERANGE : 0;
}

static int add(struct vlan *v, struct linknew *w)
{
	int err;

	v->nif.mtu = v->lower->mtu;
	v->nif.mtu_max = v->lower->mtu;
	err = linknew_apply(w, &v->nif);
	if (!err)
		err = netif_add(&v->nif, w->ns);
	if (!err)
		list_add_tail_rcu(&v->nif.upper_link, &v->lower->uppers);
	return err;
}

static struct netif *vlan_create(struct linknew *w)
{
	struct netif *lower = w->tb[IFLA_LINK] ? netif_find_index(w->link_ns, nlattr_u32(w->tb[IFLA_LINK])) : NULL;
	struct vlan *v;
	u16 vid;
	int err = read_data(w, &vid);

	if (err)
		return ERR_PTR(err);
	if (!w->tb[IFLA_LINK])
		return ERR_PTR(-EINVAL);
	if (!lower)
		return ERR_PTR(-ENODEV);
	if (lower->type != ARPHRD_ETHER)
		return ERR_PTR(-EOPNOTSUPP);
	if (find(lower, vid))
		return ERR_PTR(-EEXIST);
	v = kmem_zalloc(sizeof(*v), ALLOC_KERNEL);
	if (!v)
		return ERR_PTR(-ENOMEM);
	netif_init_ether(&v->nif, &vlan_ops, lower->addr);
	v->nif.kind = &vlan_kind;
	v->nif.features = LINK_FEATURES | (lower->features & NETIF_F_NOARP);
	v->nif.is_lockless = true;
	v->vid = vid;
	v->lower = lower;
	netif_get(lower);
	err = add(v, w);
	if (!err)
		return &v->nif;
	netif_put(&v->nif);
	return ERR_PTR(err);
}

static void vlan_remove(struct netif *nif)
{
	list_del_rcu(&nif->upper_link);
	netif_remove_locked(nif);
}

static void vlan_show(struct nlpkt *p, const struct netif *nif)
{
	be16 proto = TO_BE16(ETH_P_8021Q);
	u32 flags[2] = { VLAN_FLAG_REORDER_HDR, ~0u };

	nlpkt_put(p, IFLA_VLAN_PROTOCOL, &proto, sizeof(proto));
	nlpkt_put(p, IFLA_VLAN_ID, &vlan_of(nif)->vid, 2);
	nlpkt_put(p, IFLA_VLAN_FLAGS, flags, sizeof(flags));
}

const struct linkkind vlan_kind = { .name = "vlan", .create = vlan_create, .remove = vlan_remove,
				    .show = vlan_show, .lower = vlan_lower };
LINKKIND(vlan_kind);
