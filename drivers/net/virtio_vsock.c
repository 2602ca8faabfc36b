// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtio socket device: VIRTIO 1.2, 5.10; the way to the host for AF_VSOCK (net/vsock).
 *
 * In: the receive queue is full of packets with room for RX_ROOM bytes. The interrupt queues a work
 * item, which hands them on: a packet is itself what waits to be read, so a new one takes
 * its place in the queue.
 *
 * Out: a packet is its own token. What finds the queue full waits in a list; senders are limited
 * by the room that the host promised (credit), so the list is short. Sent ones are freed when
 * the next are sent, or by the work item.
 *
 * Events: the host may say that it forgot all connections (it was migrated) and the number is new.
 *
 * Locks: tx_lock protects the send queue and its list; the receive and event queues are the work's,
 * of which one runs at a time. Probe and remove run before and after.
 */
#include <generated/svc_driver.h>
#include <tern/base/err.h>
#include <tern/base/lock.h>
#include <tern/drivers/virtio.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/irq.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <tern/net/vsock_drv.h>

enum { QUEUE_RX, QUEUE_TX, QUEUE_EVENT, NQUEUES };

#define F_SEQPACKET	1
#define CONFIG_CID	0
#define RX_ROOM		(4096u - (u32)sizeof(struct vspkt))
#define NEVENTS		4u
#define RETRY_NS	(20 * NSEC_PER_MSEC)

struct vsdev {
	struct vsock_link link;
	struct virtio_dev *dev;		/* I */
	struct vqueue *queue[NQUEUES];	/* I */
	struct spin tx_lock;		/* protects T members; LOCKRANK_NET_XMIT */
	struct list waiting;		/* T of vspkt */
	struct delayed_item work;
	u32 events[NEVENTS];		/* the device's */
};

static struct vsdev *vsdev_of(struct vsock_link *l)
{
	return container_of(l, struct vsdev, link);
}

static void read_cid(struct vsdev *d)
{
	u64 cid;

	virtio_config_read(d->dev, CONFIG_CID, &cid, sizeof(cid));
	WRITE_ONCE(d->link.cid, (u32)cid);
}

/* ---- sending ---- */

/* Locks: tx_lock. */
static void push(struct vsdev *d)
{
	struct vqueue *q = d->queue[QUEUE_TX];
	struct vspkt *p;
	u32 len;

	while ((p = vqueue_take(q, &len)))
		vspkt_free(p);
	while ((p = list_first_entry_or_null(&d->waiting, struct vspkt, link))) {
		struct virtio_seg segs[2] = { { virt_to_phys(&p->h), sizeof(p->h) },
					      { virt_to_phys(p->data), p->len } };

		if (vqueue_free_count(q) < 2 || vqueue_add(q, segs, p->len ? 2 : 1, 0, p))
			break;
		list_del(&p->link);
	}
	vqueue_kick(q);
}

static void vsdev_send(struct vsock_link *l, struct vspkt *p)
{
	struct vsdev *d = vsdev_of(l);

	spin_lock(&d->tx_lock);
	list_add_tail(&p->link, &d->waiting);
	push(d);
	spin_unlock(&d->tx_lock);
}

/* ---- receiving ---- */

/* False: out of memory with the queue nearly empty. */
static bool fill(struct vsdev *d)
{
	struct vqueue *q = d->queue[QUEUE_RX];

	while (vqueue_free_count(q) >= 2) {
		struct vspkt *p = vspkt_alloc(RX_ROOM);
		struct virtio_seg segs[2];

		if (!p)
			break;
		segs[0] = (struct virtio_seg){ virt_to_phys(&p->h), sizeof(p->h) };
		segs[1] = (struct virtio_seg){ virt_to_phys(p->data), RX_ROOM };
		if (vqueue_add(q, segs, 0, 2, p)) {
			vspkt_free(p);
			break;
		}
	}
	vqueue_kick(q);
	return vqueue_free_count(q) < vqueue_size(q) - 2;
}

static void receive(struct vsdev *d)
{
	struct vspkt *p;
	u32 len;

	while ((p = vqueue_take(d->queue[QUEUE_RX], &len))) {
		p->len = len > sizeof(p->h) ? min_t(u32, len - (u32)sizeof(p->h), RX_ROOM) : 0;
		if (len < sizeof(p->h))
			vspkt_free(p);
		else
			vsock_link_input(&d->link, p);
	}
}

static void put_event(struct vsdev *d, u32 *ev)
{
	struct virtio_seg seg = { virt_to_phys(ev), sizeof(*ev) };

	(void)vqueue_add(d->queue[QUEUE_EVENT], &seg, 0, 1, ev);	/* it has room for all */
}

static void take_events(struct vsdev *d)
{
	u32 *ev, len;
	bool any = false;

	while ((ev = vqueue_take(d->queue[QUEUE_EVENT], &len))) {
		put_event(d, ev);
		any = true;
	}
	if (!any)
		return;
	vqueue_kick(d->queue[QUEUE_EVENT]);
	read_cid(d);		/* there is but one kind of event */
	vsock_link_reset(&d->link);
}

static void vsdev_work(struct workitem *w)
{
	struct vsdev *d = container_of(w, struct vsdev, work.work);

	take_events(d);
	receive(d);
	spin_lock(&d->tx_lock);
	push(d);
	spin_unlock(&d->tx_lock);
	if (!fill(d))
		workpool_queue_delayed(workpool_system, &d->work, RETRY_NS);
}

static void vsdev_interrupt(struct vqueue *q, void *arg)
{
	struct vsdev *d = arg;

	workpool_queue(workpool_system, &d->work.work);
}

/* ---- probe and remove ---- */

static void drop_queues(struct vsdev *d)
{
	struct vspkt *p, *next;
	void *token;

	for (u32 i = 0; i < NQUEUES && !IS_ERR_OR_NULL(d->queue[i]); i++) {
		while ((token = vqueue_drain(d->queue[i])))
			if (i != QUEUE_EVENT)
				vspkt_free(token);
		vqueue_destroy(d->queue[i]);
	}
	list_foreach_safe(p, next, &d->waiting, link)
		vspkt_free(p);
}

static int make_queues(struct vsdev *d)
{
	static const char *const names[NQUEUES] = { "virtio-vsock-rx", "virtio-vsock-tx", "virtio-vsock-event" };

	for (u32 i = 0; i < NQUEUES; i++) {
		d->queue[i] = vqueue_create(d->dev, i, vsdev_interrupt, d, names[i]);
		if (IS_ERR(d->queue[i]))
			return (int)PTR_ERR(d->queue[i]);
	}
	return 0;
}

static int vsdev_probe(struct devnode *node)
{
	struct vsdev *d = kmem_zalloc(sizeof(*d), ALLOC_KERNEL);
	int err;

	if (!d)
		return -ENOMEM;
	d->dev = virtio_of(node);
	spin_init(&d->tx_lock, LOCKRANK_NET_XMIT);
	list_init(&d->waiting);
	delayed_work_init(&d->work, vsdev_work);
	err = virtio_negotiate(d->dev, BIT(F_SEQPACKET) | BIT(VIRTIO_F_EVENT_IDX));
	if (err)
		goto err_free;
	d->link.send = vsdev_send;
	d->link.has_seqpacket = virtio_has(d->dev, F_SEQPACKET);
	read_cid(d);
	err = make_queues(d);
	if (!err)
		err = vsock_link_add(&d->link);
	if (err)
		goto err_stop;
	node->driver_data = d;
	virtio_start(d->dev);
	for (u32 i = 0; i < NEVENTS; i++)
		put_event(d, &d->events[i]);
	vqueue_kick(d->queue[QUEUE_EVENT]);
	workpool_queue(workpool_system, &d->work.work);		/* it fills the receive queue */
	return 0;
err_stop:
	virtio_stop(d->dev);
	drop_queues(d);
err_free:
	kmem_free(d);
	return err;
}

static void vsdev_remove(struct devnode *node)
{
	struct vsdev *d = node->driver_data;

	vsock_link_remove(&d->link);
	virtio_stop(d->dev);
	delayed_work_cancel_sync(&d->work);
	drop_queues(d);
	kmem_free(d);
}

static const struct virtio_id vsdev_ids[] = { { VIRTIO_ID_VSOCK }, { 0 } };

static struct driver_desc vsdev_driver = {
	.name = "virtio-vsock", .bus = &virtio_bus, .ids = vsdev_ids, .probe = vsdev_probe,
	.remove = vsdev_remove,
};
DRIVER(vsdev_driver);
