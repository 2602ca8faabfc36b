// SPDX-License-Identifier: GPL-2.0-only
/*
 * veth: two interfaces joined back to back, as a rule across namespaces. What one
 * sends the other receives, through the CPU's backlog. There is a carrier while both
 * are up. The end of one is the end of both; a peer is reached under RCU.
 */
#include "link_impl.h"

#include <tern/mm/slab.h>
#include <tern/net/track.h>

struct veth {
	struct netif nif;		/* first */
	struct veth *peer;		/* R links lock; NULL once one ends */
};

static struct veth *veth_of(struct netif *nif)
{
	return container_of(nif, struct veth, nif);
}

static int veth_xmit(struct netif *nif, struct pktbuf *pb)
{
	struct veth *peer;
	int ret = -ENETDOWN;

	link_forget_sender(pb);
	rcu_read_lock();
	peer = rcu_load(veth_of(nif)->peer);
	if (peer && netif_is_up(&peer->nif) && ether_receive_header(&peer->nif, pb)) {
		if (peer->nif.ns != nif->ns)
			pb->mark = pb->priority = 0;
		pktbuf_forget_flow(pb);
		net_queue_receive(pb);
		ret = 0;
	}
	rcu_read_unlock();
	if (ret) {
		netif_stat_add(nif, tx_dropped, 1);
		pktbuf_free(pb);
	}
	return ret;
}

static void set_carriers(struct netif *nif, bool on)
{
	struct veth *peer;

	rcu_read_lock();
	peer = rcu_load(veth_of(nif)->peer);
	if (peer && (!on || netif_is_up(&peer->nif))) {
		netif_set_carrier(nif, on);
		netif_set_carrier(&peer->nif, on);
	}
	rcu_read_unlock();
}

static int veth_start(struct netif *nif)
{
	set_carriers(nif, true);
	return 0;
}

static void veth_stop(struct netif *nif)
{
	set_carriers(nif, false);
}

static void veth_free(struct netif *nif)
{
	kmem_free(veth_of(nif));
}

static const struct netif_ops veth_ops = {
	.start = veth_start, .stop = veth_stop, .xmit = veth_xmit, .header = ether_header,
	.set_filter = link_set_filter, .set_addr = link_set_ether_addr, .release = veth_free,
};

static struct netif *veth_lower(const struct netif *nif)
{
	struct veth *peer = rcu_load(container_of(nif, struct veth, nif)->peer);

	return peer ? &peer->nif : NULL;
}

/* One end, not added. */
static struct veth *make(const struct linknew *w)
{
	struct veth *v = kmem_zalloc(sizeof(*v), ALLOC_KERNEL);
	u8 mac[6];
	int err;

	if (!v)
		return ERR_PTR(-ENOMEM);
	ether_random_addr(mac);
	netif_init_ether(&v->nif, &veth_ops, mac);
	v->nif.kind = &veth_kind;
	v->nif.features = LINK_FEATURES;
	v->nif.is_lockless = true;
	err = linknew_apply(w, &v->nif);
	if (!err)
		return v;
	netif_put(&v->nif);
	return ERR_PTR(err);
}

/* What VETH_INFO_PEER asks of the other end. */
static int read_peer(const struct linknew *w, struct linknew *peer, const struct nlattr_head **tb)
{
	const struct nlattr_head *info[VETH_INFO_PEER + 1], *a;
	static const struct ifinfomsg none;
	int err = w->data ? nlattrs_in(w->data, info, VETH_INFO_PEER) : 0;

	*peer = (struct linknew){ .ns = netns_get(w->ns), .link_ns = w->link_ns, .m = &none, .tb = tb,
				  .name = "veth%d" };
	if (err)
		return err;
	memset(tb, 0, (IFLA_MAX + 1) * sizeof(*tb));
	a = w->data ? info[VETH_INFO_PEER] : NULL;
	if (!a)
		return 0;
	if (nlattr_len(a) < sizeof(struct ifinfomsg))
		return -EINVAL;
	peer->m = nlattr_data(a);
	err = nlattrs_read(peer->m + 1, nlattr_len(a) - (u32)sizeof(*peer->m), tb, IFLA_MAX);
	return err ? err : linknew_read(peer);
}

static int add_pair(struct veth *v, struct netns *ns, struct veth *peer, struct netns *peer_ns)
{
	int err;

	rcu_publish(v->peer, peer);
	rcu_publish(peer->peer, v);
	err = netif_add(&peer->nif, peer_ns);
	if (err) {
		netif_put(&peer->nif);
		netif_put(&v->nif);
		return err;
	}
	err = netif_add(&v->nif, ns);
	if (!err)
		return 0;
	rcu_publish(peer->peer, NULL);
	netif_remove_locked(&peer->nif);
	netif_put(&v->nif);
	return err;
}

static struct netif *veth_create(struct linknew *w)
{
	const struct nlattr_head **tb = kmem_alloc((IFLA_MAX + 1) * sizeof(*tb), ALLOC_KERNEL);
	struct linknew pw;
	struct veth *v, *peer;
	int err;

	if (!tb)
		return ERR_PTR(-ENOMEM);
	err = read_peer(w, &pw, tb);
	peer = err ? ERR_PTR(err) : make(&pw);
	v = IS_ERR(peer) ? peer : make(w);
	if (!IS_ERR(peer) && IS_ERR(v))
		netif_put(&peer->nif);
	if (!IS_ERR(v)) {
		err = add_pair(v, w->ns, peer, pw.ns);
		if (err)
			v = ERR_PTR(err);
	}
	netns_put(pw.ns);
	kmem_free(tb);
	return IS_ERR(v) ? ERR_CAST(v) : &v->nif;
}

static void veth_remove(struct netif *nif)
{
	struct veth *v = veth_of(nif), *peer = v->peer;

	if (peer) {
		rcu_publish(peer->peer, NULL);
		rcu_publish(v->peer, NULL);
		netif_remove_locked(&peer->nif);
	}
	netif_remove_locked(nif);
}

const struct linkkind veth_kind = { .name = "veth", .create = veth_create, .remove = veth_remove,
				    .lower = veth_lower };
LINKKIND(veth_kind);
