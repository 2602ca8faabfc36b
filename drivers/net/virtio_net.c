// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtio network device: VIRTIO 1.1, 5.1.
 *
 * In: the receive queue is full of pages. An interrupt turns itself off and schedules the
 * poll, which takes what came: small packets are copied, of others the headers are, and
 * the page goes on as a piece of the packet. With mergeable buffers a packet may lie in
 * several pages. The poll gives new pages; without memory a work item tries later.
 *
 * Out: header, linear part and pieces are one chain of descriptors; a packet is its own
 * token. Sent ones are freed when the next is sent, or by the interrupt that is turned on
 * only while the queue is full. A packet leaves its sender's account at once.
 *
 * Life-cycle: probe makes queues and interface; remove stops the device, waits for
 * poll and work, then frees what the queues still have.
 *
 * Locks: the receive queue is the poll's; the send queue is netif.tx_lock's; the control
 * queue is config_lock's.
 *
 * Limits: one pair of queues.
 */
#include <generated/svc_driver.h>
#include <tern/base/err.h>
#include <tern/drivers/virtio.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/irq.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/sched.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <tern/net/netif_drv.h>

#define NET_F_CSUM		0
#define NET_F_GUEST_CSUM	1
#define NET_F_MTU		3
#define NET_F_MAC		5
#define NET_F_GUEST_TSO4	7
#define NET_F_GUEST_TSO6	8
#define NET_F_HOST_TSO4		11
#define NET_F_HOST_TSO6		12
#define NET_F_MRG_RXBUF		15
#define NET_F_STATUS		16
#define NET_F_CTRL_VQ		17
#define NET_F_CTRL_RX		18
#define NET_F_CTRL_MAC_ADDR	23

#define CONFIG_MAC	0
#define CONFIG_STATUS	6
#define CONFIG_MTU	10
#define STATUS_LINK_UP	1

enum { QUEUE_RX, QUEUE_TX, QUEUE_CTRL };

/* Before every packet, 5.1.6. */
struct vnet_head { struct vnethdr h; u16 num_buffers; };
static_assert(sizeof(struct vnet_head) == 12, "wire");

#define ETH_HEAD	14u
#define COPY_WHOLE	256u	/* smaller packets do not keep a page */
#define COPY_HEADERS	128u
#define TX_SEGS		(PKT_FRAGS + 1u)
#define REFILL_NS	(20 * NSEC_PER_MSEC)
#define CTRL_WAIT_NS	(2 * NSEC_PER_SEC)

#define CTRL_RX		0
#define CTRL_RX_PROMISC	0
#define CTRL_RX_ALLMULTI 1
#define CTRL_MAC	1
#define CTRL_MAC_ADDR_SET 1

struct ctrl { struct latch done; u8 head[2], status, data[8]; };

struct vnet {
	struct netif nif;		/* first */
	struct virtio_dev *dev;		/* I NULL once removed */
	struct vqueue *rx, *tx, *ctrl;	/* I ctrl NULL: none */
	struct rxpoll rx_poll, tx_poll;
	struct delayed_item refill;
	bool is_dying;			/* A */
};

static struct vnet *vnet_of(struct netif *nif)
{
	return container_of(nif, struct vnet, nif);
}

/* ---- receiving ---- */

/* Pages until the queue is full; false: no memory and nearly no buffers. */
static bool fill(struct vnet *v, alloc_flags flags)
{
	bool any = false;

	while (vqueue_free_count(v->rx)) {
		struct page *p = page_alloc(0, flags | ALLOC_NOWARN);
		struct virtio_seg seg;

		if (!p)
			break;
		seg = (struct virtio_seg){ page_to_phys(p), PAGE_SIZE };
		if (vqueue_add(v->rx, &seg, 0, 1, p)) {
			page_put(p);
			break;
		}
		any = true;
	}
	if (any)
		vqueue_kick(v->rx);
	return vqueue_free_count(v->rx) < vqueue_size(v->rx) - 4;
}

static void refill_work(struct workitem *w)
{
	struct vnet *v = container_of(w, struct vnet, refill.work);

	if (READ_ONCE(v->is_dying))
		return;
	bh_disable();
	rxpoll_schedule(&v->rx_poll);	/* it is the poll that touches the queue */
	bh_enable();
}

/* Bytes of a page to a packet: the first ones copied, the rest by reference. Takes the page. */
static bool take_bytes(struct pktbuf *pb, struct page *p, u32 off, u32 n)
{
	u32 copy = pb->nfrags || pb->len ? 0 : n <= COPY_WHOLE ? n : COPY_HEADERS;
	bool ok = true;

	if (copy) {
		memcpy(pktbuf_put(pb, copy), pktpage_at(p, off), copy);
		off += copy;
		n -= copy;
	}
	if (n)
		ok = pktbuf_add_frag(pb, p, off, n);
	page_put(p);
	return ok;
}

/* The rest of a packet that lies in more than one page. */
static bool take_rest(struct vnet *v, struct pktbuf *pb, u32 more)
{
	bool ok = true;
	u32 len;

	while (more--) {
		struct page *p = vqueue_take(v->rx, &len);

		if (!p)
			return false;
		ok &= take_bytes(pb, p, 0, min_t(u32, len, PAGE_SIZE));
	}
	return ok;
}

static void receive(struct vnet *v, struct page *p, u32 len)
{
	struct vnet_head h;
	struct pktbuf *pb;
	u32 more;
	bool ok;

	len = min_t(u32, len, PAGE_SIZE);
	if (len < sizeof(h) + ETH_HEAD) {
		page_put(p);
		goto bad;
	}
	memcpy(&h, page_to_virt(p), sizeof(h));
	more = virtio_has(v->dev, NET_F_MRG_RXBUF) && h.num_buffers ? h.num_buffers - 1u : 0;
	pb = pktbuf_alloc(PKT_HEADROOM, 0, ALLOC_ATOMIC);
	if (!pb) {
		page_put(p);
		for (; more && (p = vqueue_take(v->rx, &len)); more--)
			page_put(p);
		netif_stat_add(&v->nif, rx_dropped, 1);
		return;
	}
	ok = take_bytes(pb, p, sizeof(h), len - (u32)sizeof(h));
	ok &= take_rest(v, pb, more);
	ok = ok && netif_is_up(&v->nif) && !vnethdr_apply(pb, &h.h) && ether_receive_header(&v->nif, pb);
	if (!ok) {
		pktbuf_free(pb);
		goto bad;
	}
	net_receive(pb);
	return;
bad:
	netif_stat_add(&v->nif, rx_errors, netif_is_up(&v->nif));
}

static u32 rx_poll(struct rxpoll *rp, u32 budget)
{
	struct vnet *v = container_of(rp, struct vnet, rx_poll);
	struct page *p;
	u32 n = 0, len;

	while (n < budget && (p = vqueue_take(v->rx, &len))) {
		receive(v, p, len);
		n++;
	}
	if (READ_ONCE(v->is_dying)) {
		rxpoll_done(rp);
		return 0;
	}
	if (!fill(v, ALLOC_ATOMIC))
		workpool_queue_delayed(workpool_system, &v->refill, REFILL_NS);
	if (n == budget)
		return n;
	rxpoll_done(rp);
	if (vqueue_irq_on(v->rx)) {	/* more came meanwhile */
		vqueue_irq_off(v->rx);
		rxpoll_schedule(rp);
	}
	return n;
}

static void rx_interrupt(struct vqueue *q, void *arg)
{
	struct vnet *v = arg;

	vqueue_irq_off(q);
	rxpoll_schedule(&v->rx_poll);
}

/* ---- sending ---- */

static void reclaim(struct vnet *v)
{
	struct pktbuf *pb;
	u32 len;

	while ((pb = vqueue_take(v->tx, &len)))
		pktbuf_free(pb);
}

/* tx_lock held. */
static int vnet_xmit(struct netif *nif, struct pktbuf *pb)
{
	struct virtio_seg segs[TX_SEGS];
	struct vnet *v = vnet_of(nif);
	struct vnet_head *h;
	u32 n = 0;

	reclaim(v);
	if (vqueue_free_count(v->tx) < TX_SEGS) {
		if (!vqueue_irq_on(v->tx))
			return -EBUSY;
		vqueue_irq_off(v->tx);
		reclaim(v);
		if (vqueue_free_count(v->tx) < TX_SEGS)
			return -EBUSY;
	}
	if (!pktbuf_need_headroom(pb, sizeof(*h))) {
		netif_stat_add(nif, tx_errors, 1);
		pktbuf_free(pb);
		return 0;
	}
	if (pb->destroy) {	/* the sender's room is free as soon as it is sent */
		pb->destroy(pb);
		pb->destroy = NULL;
	}
	h = (void *)(pb->data - sizeof(*h));
	vnethdr_fill(&h->h, pb);
	h->h.flags &= VNETHDR_NEEDS_CSUM;
	h->num_buffers = 0;
	segs[n++] = (struct virtio_seg){ virt_to_phys(h), pb->linear + (u32)sizeof(*h) };
	for (u32 i = 0; i < pb->nfrags; i++)
		segs[n++] = (struct virtio_seg){ page_to_phys(pb->frag[i].page) + pb->frag[i].off,
						 pb->frag[i].len };
	if (vqueue_add(v->tx, segs, n, 0, pb)) {	/* the queue is broken */
		netif_stat_add(nif, tx_errors, 1);
		pktbuf_free(pb);
		return 0;
	}
	vqueue_kick(v->tx);
	return 0;
}

static u32 tx_poll(struct rxpoll *rp, u32 budget)
{
	struct vnet *v = container_of(rp, struct vnet, tx_poll);

	rxpoll_done(rp);
	if (!READ_ONCE(v->is_dying))
		netif_tx_resume(&v->nif);
	return 0;
}

static void tx_interrupt(struct vqueue *q, void *arg)
{
	struct vnet *v = arg;

	vqueue_irq_off(q);
	rxpoll_schedule(&v->tx_poll);
}

/* ---- control ---- */

static void ctrl_interrupt(struct vqueue *q, void *arg)
{
	struct ctrl *c;
	u32 len;

	while ((c = vqueue_take(q, &len)))
		latch_open_one(&c->done);
}

/* A command and its answer; config_lock held. 0, -EIO, -ENOMEM, -ETIMEDOUT. */
static int command(struct vnet *v, u8 class, u8 cmd, const void *data, u32 n)
{
	struct ctrl *c = kmem_zalloc(sizeof(*c), ALLOC_KERNEL);
	struct virtio_seg segs[3];
	int err;

	if (!c)
		return -ENOMEM;
	latch_init(&c->done);
	c->head[0] = class;
	c->head[1] = cmd;
	c->status = 0xff;
	memcpy(c->data, data, n);
	segs[0] = (struct virtio_seg){ virt_to_phys(c->head), sizeof(c->head) };
	segs[1] = (struct virtio_seg){ virt_to_phys(c->data), n };
	segs[2] = (struct virtio_seg){ virt_to_phys(&c->status), 1 };
	err = vqueue_add(v->ctrl, segs, 2, 1, c) ? -EIO : 0;
	if (!err) {
		vqueue_kick(v->ctrl);
		err = latch_wait_until(&c->done, deadline_after(CTRL_WAIT_NS));
		if (err)
			return err;	/* the device still has the command: it is freed at removal */
		err = READ_ONCE(c->status) ? -EIO : 0;
	}
	kmem_free(c);
	return err;
}

static void vnet_set_filter(struct netif *nif)
{
	struct vnet *v = vnet_of(nif);
	u8 on = netif_is_promisc(nif);

	if (!v->ctrl || !virtio_has(v->dev, NET_F_CTRL_RX))
		return;
	if (command(v, CTRL_RX, CTRL_RX_PROMISC, &on, 1))
		kwarn("net: %s: promiscuous mode %u is refused", nif->name, on);
	on = 1;		/* groups are chosen in software */
	if (command(v, CTRL_RX, CTRL_RX_ALLMULTI, &on, 1))
		kwarn("net: %s: multicast is refused", nif->name);
}

static int vnet_set_addr(struct netif *nif, const u8 *addr)
{
	struct vnet *v = vnet_of(nif);
	int err;

	if (addr[0] & 1)
		return -EADDRNOTAVAIL;
	if (!v->ctrl || !virtio_has(v->dev, NET_F_CTRL_MAC_ADDR))
		return -EOPNOTSUPP;
	err = command(v, CTRL_MAC, CTRL_MAC_ADDR_SET, addr, 6);
	if (!err)
		memcpy(nif->addr, addr, 6);
	return err;
}

static int vnet_start(struct netif *nif)
{
	vnet_set_filter(nif);
	return 0;
}

static void vnet_stop(struct netif *nif)
{
}

static void vnet_release(struct netif *nif)
{
	kmem_free(vnet_of(nif));
}

static const struct netif_ops vnet_ops = {
	.start = vnet_start, .stop = vnet_stop, .xmit = vnet_xmit, .header = ether_header,
	.set_filter = vnet_set_filter, .set_addr = vnet_set_addr, .release = vnet_release,
};

/* ---- the link, probe and remove ---- */

static bool link_is_up(struct virtio_dev *d)
{
	u16 status = STATUS_LINK_UP;

	if (virtio_has(d, NET_F_STATUS))
		virtio_config_read(d, CONFIG_STATUS, &status, sizeof(status));
	return status & STATUS_LINK_UP;
}

static void config_changed(struct virtio_dev *d, void *arg)
{
	struct vnet *v = arg;

	netif_set_carrier(&v->nif, link_is_up(d));
}

static int make_queues(struct vnet *v)
{
	v->rx = vqueue_create(v->dev, QUEUE_RX, rx_interrupt, v, "virtio-net-rx");
	if (IS_ERR(v->rx))
		return (int)PTR_ERR(v->rx);
	v->tx = vqueue_create(v->dev, QUEUE_TX, tx_interrupt, v, "virtio-net-tx");
	if (IS_ERR(v->tx))
		return (int)PTR_ERR(v->tx);
	vqueue_irq_off(v->tx);
	if (!virtio_has(v->dev, NET_F_CTRL_VQ))
		return 0;
	v->ctrl = vqueue_create(v->dev, QUEUE_CTRL, ctrl_interrupt, v, "virtio-net-ctrl");
	return IS_ERR(v->ctrl) ? (int)PTR_ERR(v->ctrl) : 0;
}

static void drop_queues(struct vnet *v)
{
	void *token;

	if (!IS_ERR_OR_NULL(v->rx)) {
		while ((token = vqueue_drain(v->rx)))
			page_put(token);
		vqueue_destroy(v->rx);
	}
	if (!IS_ERR_OR_NULL(v->tx)) {
		while ((token = vqueue_drain(v->tx)))
			pktbuf_free(token);
		vqueue_destroy(v->tx);
	}
	if (!IS_ERR_OR_NULL(v->ctrl)) {
		while ((token = vqueue_drain(v->ctrl)))
			kmem_free(token);
		vqueue_destroy(v->ctrl);
	}
}

#define WANTED (BIT(NET_F_CSUM) | BIT(NET_F_GUEST_CSUM) | BIT(NET_F_MTU) | BIT(NET_F_MAC) |		\
		BIT(NET_F_GUEST_TSO4) | BIT(NET_F_GUEST_TSO6) | BIT(NET_F_HOST_TSO4) |			\
		BIT(NET_F_HOST_TSO6) | BIT(NET_F_MRG_RXBUF) | BIT(NET_F_STATUS) | BIT(NET_F_CTRL_VQ) |	\
		BIT(NET_F_CTRL_RX) | BIT(NET_F_CTRL_MAC_ADDR) | BIT(VIRTIO_F_EVENT_IDX))

/* Large packets come only in several buffers: without those, no such packets. */
static int negotiate(struct virtio_dev *d)
{
	int err = virtio_negotiate(d, WANTED);

	if (err || virtio_has(d, NET_F_MRG_RXBUF))
		return err;
	return virtio_negotiate(d, WANTED & ~(BIT(NET_F_GUEST_TSO4) | BIT(NET_F_GUEST_TSO6)));
}

static void setup_netif(struct vnet *v)
{
	struct virtio_dev *d = v->dev;
	u8 mac[6];
	u16 mtu;

	if (virtio_has(d, NET_F_MAC)) {
		virtio_config_read(d, CONFIG_MAC, mac, sizeof(mac));
	} else {
		ether_random_addr(mac);
	}
	netif_init_ether(&v->nif, &vnet_ops, mac);
	v->nif.driver_name = "virtio_net";
	v->nif.bus_name = d->node.parent ? d->node.parent->name : NULL;
	v->nif.features = NETIF_F_SG;
	if (virtio_has(d, NET_F_CSUM))
		v->nif.features |= NETIF_F_SUM;
	if (virtio_has(d, NET_F_HOST_TSO4))
		v->nif.features |= NETIF_F_TSO4;
	if (virtio_has(d, NET_F_HOST_TSO6))
		v->nif.features |= NETIF_F_TSO6;
	if (!virtio_has(d, NET_F_MRG_RXBUF))
		v->nif.mtu_max = PAGE_SIZE - sizeof(struct vnet_head) - ETH_HEAD;
	if (virtio_has(d, NET_F_MTU)) {
		virtio_config_read(d, CONFIG_MTU, &mtu, sizeof(mtu));
		if (mtu >= 68)
			v->nif.mtu = v->nif.mtu_max = mtu;
	}
	v->nif.has_carrier = link_is_up(d);
}

/* Nothing of ours runs any more on return. Sleeps. */
static void quiesce(struct vnet *v)
{
	WRITE_ONCE(v->is_dying, true);
	virtio_stop(v->dev);
	delayed_work_cancel_sync(&v->refill);
	while (READ_ONCE(v->rx_poll.is_scheduled) || READ_ONCE(v->tx_poll.is_scheduled))
		sched_sleep_until(clock_ns() + NSEC_PER_MSEC);
	rcu_wait();
}

static int vnet_probe(struct devnode *node)
{
	struct virtio_dev *d = virtio_of(node);
	struct vnet *v = kmem_zalloc(sizeof(*v), ALLOC_KERNEL);
	int err;

	if (!v)
		return -ENOMEM;
	v->dev = d;
	rxpoll_init(&v->rx_poll, rx_poll);
	rxpoll_init(&v->tx_poll, tx_poll);
	delayed_work_init(&v->refill, refill_work);
	err = negotiate(d);
	if (err)
		goto err_free;
	setup_netif(v);
	err = make_queues(v);
	if (err)
		goto err_stop;
	if (virtio_has(d, NET_F_STATUS) && virtio_config_watch(d, config_changed, v))
		kwarn("net: %s: changes of the link go unnoticed", node->name);
	virtio_start(d);
	fill(v, ALLOC_KERNEL);
	node->driver_data = v;
	err = netif_add(&v->nif, &netns_initial);
	if (!err)
		return 0;
	quiesce(v);
	drop_queues(v);
	netif_put(&v->nif);
	return err;
err_stop:
	virtio_stop(d);
	drop_queues(v);
err_free:
	kmem_free(v);
	return err;
}

static void vnet_remove(struct devnode *node)
{
	struct vnet *v = node->driver_data;

	netif_get(&v->nif);
	netif_remove(&v->nif);
	quiesce(v);
	drop_queues(v);
	netif_put(&v->nif);
}

static const struct virtio_id vnet_ids[] = { { VIRTIO_ID_NET }, { 0 } };

static struct driver_desc vnet_driver = {
	.name = "virtio-net", .bus = &virtio_bus, .ids = vnet_ids, .probe = vnet_probe,
	.remove = vnet_remove,
};
DRIVER(vnet_driver);
