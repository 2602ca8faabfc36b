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
 * only while the queue is full; meanwhile packets wait in a list. A packet leaves its sender's
 * account at once.
 *
 * Queues come in pairs, as many as the device has and there are CPUs; each pair's interrupts go to
 * a CPU of its own, and a CPU sends by the pair that has its number. The device
 * answers on the pair that a flow was last sent by, 5.1.6.5.6.1.
 *
 * Life-cycle: probe makes queues and interface; remove stops the device, waits for
 * poll and work, then frees what the queues still have.
 *
 * Locks: a receive queue is its poll's; a send queue is its pair's tx_lock's; the control
 * queue and the number of pairs in use are config_lock's.
 */
#include <generated/svc_driver.h>
#include <asm/uaccess.h>
#include <tern/base/err.h>
#include <tern/drivers/virtio.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/irq.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/sched.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <tern/net/netif_drv.h>
#include <uapi/ethtool.h>

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
#define NET_F_MQ		22
#define NET_F_CTRL_MAC_ADDR	23

#define CONFIG_MAC	0
#define CONFIG_STATUS	6
#define CONFIG_PAIRS	8
#define CONFIG_MTU	10
#define STATUS_LINK_UP	1

/* Pair n has queues 2n and 2n + 1; the control queue follows the last that there may be. */

/* Before every packet, 5.1.6. */
struct vnet_head { struct vnethdr h; u16 num_buffers; };
static_assert(sizeof(struct vnet_head) == 12, "wire");

#define ETH_HEAD	14u
#define TX_SEGS		(PKT_FRAGS + 1u)
#define REFILL_NS	(20 * NSEC_PER_MSEC)
#define CTRL_WAIT_NS	(2 * NSEC_PER_SEC)

#define CTRL_RX		0
#define CTRL_RX_PROMISC	0
#define CTRL_RX_ALLMULTI 1
#define CTRL_MAC	1
#define CTRL_MAC_ADDR_SET 1
#define CTRL_MQ		4
#define CTRL_MQ_PAIRS_SET 0

struct ctrl { struct latch done; u8 head[2], status, data[8]; };

struct vnpair {
	struct vnet *v;			/* I */
	struct vqueue *rx, *tx;		/* I */
	struct rxpoll rx_poll, tx_poll;
	struct delayed_item refill;
	struct spin tx_lock;		/* protects T members and tx; LOCKRANK_NET_XMIT */
	struct list waiting;		/* T of pktbuf */
	u32 nwaiting;			/* T */
};

struct vnet {
	struct netif nif;		/* first */
	struct virtio_dev *dev;		/* I NULL once removed */
	struct vqueue *ctrl;		/* I NULL: none */
	u32 npairs;			/* I */
	u32 nused;			/* C to write: pairs that the device knows of */
	bool is_dying;			/* A */
	struct vnpair pair[];
};

static struct vnet *vnet_of(struct netif *nif)
{
	return container_of(nif, struct vnet, nif);
}

/* ---- receiving ---- */

/* Pages until the queue is full; false: no memory and nearly no buffers. */
static bool fill(struct vnpair *v, alloc_flags flags)
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
	struct vnpair *pair = container_of(w, struct vnpair, refill.work);

	if (READ_ONCE(pair->v->is_dying))
		return;
	bh_disable();
	rxpoll_schedule(&pair->rx_poll);	/* it is the poll that touches the queue */
	bh_enable();
}

/* Bytes of a page to a packet: the first ones copied, the rest by reference. Takes the page. */
static bool take_bytes(struct pktbuf *pb, struct page *p, u32 off, u32 n)
{
	u32 copy = pb->nfrags || pb->len ? 0 : n <= PKT_COPY_WHOLE ? n : ether_copy_len(pktpage_at(p, off));
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
static bool take_rest(struct vnpair *v, struct pktbuf *pb, u32 more)
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

static void receive(struct vnpair *pair, struct page *p, u32 len)
{
	struct vnet *v = pair->v;
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
		for (; more && (p = vqueue_take(pair->rx, &len)); more--)
			page_put(p);
		netif_stat_add(&v->nif, rx_dropped, 1);
		return;
	}
	ok = take_bytes(pb, p, sizeof(h), len - (u32)sizeof(h));
	ok &= take_rest(pair, pb, more);
	ok = ok && netif_is_up(&v->nif) && !vnethdr_apply(pb, &h.h) && ether_receive_header(&v->nif, pb);
	if (!ok) {
		pktbuf_free(pb);
		goto bad;
	}
	net_receive_gro(pb);
	return;
bad:
	netif_stat_add(&v->nif, rx_errors, netif_is_up(&v->nif));
}

static u32 rx_poll(struct rxpoll *rp, u32 budget)
{
	struct vnpair *v = container_of(rp, struct vnpair, rx_poll);
	struct page *p;
	u32 n = 0, len;

	while (n < budget && (p = vqueue_take(v->rx, &len))) {
		receive(v, p, len);
		n++;
	}
	if (READ_ONCE(v->v->is_dying)) {
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
	struct vnpair *v = arg;

	vqueue_irq_off(q);
	rxpoll_schedule(&v->rx_poll);
}

/* ---- sending ---- */

static void reclaim(struct vqueue *tx)
{
	struct pktbuf *pb;
	u32 len;

	while ((pb = vqueue_take(tx, &len)))
		pktbuf_free(pb);
}

/* Room for any packet; if not, the interrupt is on. */
static bool has_room(struct vqueue *tx)
{
	for (;;) {
		reclaim(tx);
		if (vqueue_free_count(tx) >= TX_SEGS)
			return true;
		if (!vqueue_irq_on(tx))
			return false;
		vqueue_irq_off(tx);	/* some were sent meanwhile */
	}
}

/* There is room. Consumes. tx_lock held. */
static void put_packet(struct vnpair *pair, struct pktbuf *pb)
{
	struct netif *nif = &pair->v->nif;
	struct virtio_seg segs[TX_SEGS];
	struct vnet_head *h;
	u32 n = 0;

	if (!pktbuf_need_headroom(pb, sizeof(*h))) {
		netif_stat_add(nif, tx_errors, 1);
		pktbuf_free(pb);
		return;
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
	if (vqueue_add(pair->tx, segs, n, 0, pb)) {	/* the queue is broken */
		netif_stat_add(nif, tx_errors, 1);
		pktbuf_free(pb);
		return;
	}
	vqueue_kick(pair->tx);
}

static int vnet_xmit(struct netif *nif, struct pktbuf *pb)
{
	struct vnet *v = vnet_of(nif);
	struct vnpair *pair = &v->pair[cpu_self() % READ_ONCE(v->nused)];
	int err = 0;

	spin_lock(&pair->tx_lock);
	if (likely(list_is_empty(&pair->waiting) && has_room(pair->tx))) {
		put_packet(pair, pb);
	} else if (pair->nwaiting < READ_ONCE(nif->txq_len)) {
		list_add_tail(&pb->link, &pair->waiting);
		pair->nwaiting++;
	} else {
		netif_stat_add(nif, tx_dropped, 1);
		pktbuf_free(pb);
		err = -ENOBUFS;
	}
	spin_unlock(&pair->tx_lock);
	return err;
}

static u32 tx_poll(struct rxpoll *rp, u32 budget)
{
	struct vnpair *pair = container_of(rp, struct vnpair, tx_poll);
	struct pktbuf *pb;

	rxpoll_done(rp);
	if (READ_ONCE(pair->v->is_dying))
		return 0;
	spin_lock(&pair->tx_lock);
	while ((pb = list_first_entry_or_null(&pair->waiting, struct pktbuf, link)) && has_room(pair->tx)) {
		list_unlink(&pb->link);
		pair->nwaiting--;
		put_packet(pair, pb);
	}
	spin_unlock(&pair->tx_lock);
	return 0;
}

static void tx_interrupt(struct vqueue *q, void *arg)
{
	struct vnpair *pair = arg;

	vqueue_irq_off(q);
	rxpoll_schedule(&pair->tx_poll);
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

static void drop_waiting(struct vnpair *pair)
{
	struct pktbuf *pb, *next;
	LIST_HEAD(gone);

	spin_lock_bh(&pair->tx_lock);
	list_splice_init(&pair->waiting, &gone);
	pair->nwaiting = 0;
	spin_unlock_bh(&pair->tx_lock);
	list_foreach_safe(pb, next, &gone, link)
		pktbuf_free(pb);
}

static void vnet_stop(struct netif *nif)
{
	struct vnet *v = vnet_of(nif);

	for (u32 i = 0; i < v->npairs; i++)
		drop_waiting(&v->pair[i]);
}

/* config_lock held, or before anybody knows the interface. */
static int use_pairs(struct vnet *v, u32 n)
{
	u16 pairs = (u16)n;
	int err = command(v, CTRL_MQ, CTRL_MQ_PAIRS_SET, &pairs, sizeof(pairs));

	if (!err)
		WRITE_ONCE(v->nused, n);
	return err;
}

static int set_channels(struct vnet *v, const struct ethtool_channels *c)
{
	struct kmutex *lock = &v->nif.ns->config_lock;
	int err;

	if (!netns_cap(CAP_NET_ADMIN))
		return -EPERM;
	if (c->rx_count || c->tx_count || c->other_count || !c->combined_count || c->combined_count > v->npairs)
		return -EINVAL;
	kmutex_lock(lock);
	err = c->combined_count == v->nused ? 0 : use_pairs(v, c->combined_count);
	kmutex_unlock(lock);
	return err;
}

static long vnet_ethtool(struct netif *nif, u32 cmd, void __user *arg)
{
	struct vnet *v = vnet_of(nif);
	struct ethtool_channels c = { .cmd = ETHTOOL_GCHANNELS, .max_combined = v->npairs,
				      .combined_count = READ_ONCE(v->nused) };

	if (cmd == ETHTOOL_GCHANNELS)
		return user_copyout(arg, &c, sizeof(c));
	if (cmd != ETHTOOL_SCHANNELS)
		return -ENOTTY;
	return user_copyin(&c, arg, sizeof(c)) ? -EFAULT : set_channels(v, &c);
}

static void vnet_release(struct netif *nif)
{
	kmem_free(vnet_of(nif));
}

static const struct netif_ops vnet_ops = {
	.start = vnet_start, .stop = vnet_stop, .xmit = vnet_xmit, .header = ether_header,
	.set_filter = vnet_set_filter, .set_addr = vnet_set_addr, .ethtool = vnet_ethtool,
	.release = vnet_release,
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

static int make_pair(struct vnet *v, u32 i)
{
	struct vnpair *pair = &v->pair[i];

	pair->rx = vqueue_create(v->dev, 2 * i, rx_interrupt, pair, "virtio-net-rx");
	if (IS_ERR(pair->rx))
		return (int)PTR_ERR(pair->rx);
	pair->tx = vqueue_create(v->dev, 2 * i + 1, tx_interrupt, pair, "virtio-net-tx");
	if (IS_ERR(pair->tx))
		return (int)PTR_ERR(pair->tx);
	vqueue_irq_off(pair->tx);
	return 0;
}

static void drop_pair(struct vnpair *pair)
{
	void *token;

	if (!IS_ERR_OR_NULL(pair->rx)) {
		while ((token = vqueue_drain(pair->rx)))
			page_put(token);
		vqueue_destroy(pair->rx);
	}
	if (!IS_ERR_OR_NULL(pair->tx)) {
		while ((token = vqueue_drain(pair->tx)))
			pktbuf_free(token);
		vqueue_destroy(pair->tx);
	}
	drop_waiting(pair);
}

/* The first pair and the control queue must be; of the others as many as there are interrupts for. */
static int make_queues(struct vnet *v, u32 most)
{
	int err = make_pair(v, 0);

	if (err)
		return err;
	if (virtio_has(v->dev, NET_F_CTRL_VQ)) {
		v->ctrl = vqueue_create(v->dev, 2 * most, ctrl_interrupt, v, "virtio-net-ctrl");
		if (IS_ERR(v->ctrl))
			return (int)PTR_ERR(v->ctrl);
	}
	for (u32 i = 1; i < v->npairs; i++)
		if (make_pair(v, i)) {
			drop_pair(&v->pair[i]);
			v->pair[i].rx = v->pair[i].tx = NULL;
			v->npairs = i;
		}
	for (u32 i = 0; v->npairs > 1 && i < v->npairs; i++) {	/* best effort */
		(void)vqueue_set_cpu(v->pair[i].rx, i);
		(void)vqueue_set_cpu(v->pair[i].tx, i);
	}
	return 0;
}

static void drop_queues(struct vnet *v)
{
	void *token;

	for (u32 i = 0; i < v->npairs; i++)
		drop_pair(&v->pair[i]);
	if (!IS_ERR_OR_NULL(v->ctrl)) {
		while ((token = vqueue_drain(v->ctrl)))
			kmem_free(token);
		vqueue_destroy(v->ctrl);
	}
}

#define WANTED (BIT(NET_F_CSUM) | BIT(NET_F_GUEST_CSUM) | BIT(NET_F_MTU) | BIT(NET_F_MAC) |		\
		BIT(NET_F_GUEST_TSO4) | BIT(NET_F_GUEST_TSO6) | BIT(NET_F_HOST_TSO4) |			\
		BIT(NET_F_HOST_TSO6) | BIT(NET_F_MRG_RXBUF) | BIT(NET_F_STATUS) | BIT(NET_F_CTRL_VQ) |	\
		BIT(NET_F_CTRL_RX) | BIT(NET_F_MQ) | BIT(NET_F_CTRL_MAC_ADDR) | BIT(VIRTIO_F_EVENT_IDX))

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
	v->nif.is_lockless = true;
	v->nif.bus_name = d->node.parent ? d->node.parent->name : NULL;
	v->nif.features = NETIF_F_SG | NETIF_F_GRO;
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
	for (u32 i = 0; i < v->npairs; i++) {
		struct vnpair *pair = &v->pair[i];

		delayed_work_cancel_sync(&pair->refill);
		while (READ_ONCE(pair->rx_poll.is_scheduled) || READ_ONCE(pair->tx_poll.is_scheduled))
			sched_sleep_until(clock_ns() + NSEC_PER_MSEC);
	}
	rcu_wait();
}

/* Pairs of queues that a device of these features has. */
static u32 pairs_of(struct virtio_dev *d)
{
	u16 n = 1;

	if (virtio_has(d, NET_F_MQ) && virtio_has(d, NET_F_CTRL_VQ))
		virtio_config_read(d, CONFIG_PAIRS, &n, sizeof(n));
	return clamp_t(u32, n, 1, 0x8000);
}

static struct vnet *vnet_alloc(struct virtio_dev *d, u32 npairs)
{
	struct vnet *v = kmem_zalloc(sizeof(*v) + npairs * sizeof(v->pair[0]), ALLOC_KERNEL);

	if (!v)
		return NULL;
	v->dev = d;
	v->npairs = npairs;
	v->nused = 1;
	for (u32 i = 0; i < npairs; i++) {
		struct vnpair *pair = &v->pair[i];

		pair->v = v;
		rxpoll_init(&pair->rx_poll, rx_poll);
		rxpoll_init(&pair->tx_poll, tx_poll);
		delayed_work_init(&pair->refill, refill_work);
		spin_init(&pair->tx_lock, LOCKRANK_NET_XMIT);
		list_init(&pair->waiting);
	}
	return v;
}

/* Live from now on. */
static int vnet_begin(struct vnet *v)
{
	if (virtio_has(v->dev, NET_F_STATUS) && virtio_config_watch(v->dev, config_changed, v))
		kwarn("net: %s: changes of the link go unnoticed", v->dev->node.name);
	virtio_start(v->dev);
	for (u32 i = 0; i < v->npairs; i++)
		fill(&v->pair[i], ALLOC_KERNEL);
	v->dev->node.driver_data = v;
	if (v->npairs > 1 && use_pairs(v, v->npairs))
		kwarn("net: %s: one pair of queues of %u", v->dev->node.name, v->npairs);
	return netif_add(&v->nif, &netns_initial);
}

static int vnet_probe(struct devnode *node)
{
	struct virtio_dev *d = virtio_of(node);
	int err = negotiate(d);
	struct vnet *v;

	if (err)
		return err;
	v = vnet_alloc(d, min(pairs_of(d), cpu_count_online));
	if (!v) {
		virtio_stop(d);
		return -ENOMEM;
	}
	setup_netif(v);
	err = make_queues(v, pairs_of(d));
	if (err) {
		virtio_stop(d);
		drop_queues(v);
		kmem_free(v);
		return err;
	}
	err = vnet_begin(v);
	if (!err)
		return 0;
	quiesce(v);
	drop_queues(v);
	netif_put(&v->nif);
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
