// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtio SCSI hosts: queues, the driver's own commands, resets, units that come and go. VIRTIO 1.1, 5.6.
 *
 * A host has targets with logical units. They are looked for in the background after probe, and again
 * when the device's event queue says that one came, went or changed its size. Units share the
 * request queues, one for each CPU if the device has so many; a unit's command is an indirect
 * table in the command's own memory: request, data to the device, response, data from it.
 *
 * A device that answers no more is reset as a whole: other units are held meanwhile and start their
 * commands again.
 *
 * Life: the host's structure lives until the last unit's disk is released.
 * Lock order: host->lock > the core's queue lock > vq->lock. svc_storage_add() is called without
 * host->lock, as reading a partition table may need a reset.
 */
#include "virtio_scsi_impl.h"

#include <generated/svc_driver.h>
#include <asm/cpu.h>
#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/klog.h>
#include <tern/lib/bits.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define F_HOTPLUG	1
#define F_CHANGE	2
#define WANTED		(BIT(F_HOTPLUG) | BIT(F_CHANGE) | BIT(VIRTIO_F_INDIRECT_DESC) | BIT(VIRTIO_F_EVENT_IDX))

/* Configuration, 5.6.4. */
enum { C_QUEUES = 0, C_SEG_MAX = 4, C_MAX_SECTORS = 8, C_CMD_PER_LUN = 12, C_MAX_TARGET = 30, C_MAX_LUN = 32 };
enum { Q_CONTROL = 0, Q_EVENTS = 1, Q_REQUESTS = 2 };

#define EVENTS_MISSED	BIT(31)
enum { EVENT_NONE = 0, EVENT_TRANSPORT = 1, EVENT_PARAMETER = 3 };
enum { REASON_RESCAN = 1, REASON_REMOVED = 2 };
#define REASON_CAPACITY	(0x2au | 0x09u << 8)

#define EXEC_TIMEOUT	(10 * NSEC_PER_SEC)
#define TARGETS_MAX	256u
#define LUNS_MAX	128u
#define LUNS_BYTES	(8 + 8 * LUNS_MAX)

static u32 config(struct vscsi *h, u32 off, u32 len)
{
	u32 v = 0;

	virtio_config_read(h->dev, off, &v, len);
	return v;
}

void vscsi_put(struct vscsi *h)
{
	if (!ref_put(&h->refs))
		return;
	kmem_free(h->queues);
	kmem_free(h->event_bufs);
	kmem_free(h->own);
	kmem_free(h);
}

/* ---- commands ---- */

void vscsi_request_init(struct vscsi_cmd *c, u32 target, u32 lun)
{
	memset(&c->request, 0, sizeof(c->request));
	memset(&c->response, 0, sizeof(c->response));
	c->request.lun[0] = 1;
	c->request.lun[1] = (u8)target;
	c->request.lun[2] = (u8)(0x40 | lun >> 8);
	c->request.lun[3] = (u8)lun;
	c->request.tag = (u64)(uptr)c;
	c->response.response = 0xff;
}

void vscsi_put_desc(struct vscsi_cmd *c, u32 i, paddr_t addr, u32 len, bool device_writes)
{
	c->table[i] = (struct virtio_desc){ .addr = addr, .len = len, .flags = device_writes ? VIRTIO_DESC_WRITE : 0 };
}

int vscsi_add(struct vscsi_queue *vq, struct vscsi_cmd *c, u32 n, void *token)
{
	u64 flags = spin_lock_irqsave(&vq->lock);
	int err = vqueue_add_table(vq->q, c->table, n, token);

	if (err)
		vq->was_full = true;
	spin_unlock_irqrestore(&vq->lock, flags);
	return err ? -EBUSY : 0;
}

static void *take_one(struct vscsi_queue *vq, bool *runs_all)
{
	u64 flags = spin_lock_irqsave(&vq->lock);
	u32 len;
	void *token = vqueue_take(vq->q, &len);

	if (token && vq->was_full) {
		vq->was_full = false;
		*runs_all = true;
	}
	spin_unlock_irqrestore(&vq->lock, flags);
	return token;
}

void vscsi_take(struct vscsi_queue *vq)
{
	struct vscsi *h = vq->host;
	bool runs_all = false;
	void *token;

	atomic_inc(&vq->in_handler);
	while ((token = take_one(vq, &runs_all))) {
		if (token == h->own)
			latch_open_all(&h->own_done);
		else
			vscsi_cmd_ended(token);
	}
	if (runs_all)
		workpool_queue(workpool_system, &h->run_work);
	atomic_dec(&vq->in_handler);
}

static void request_interrupt(struct vqueue *q, void *arg)
{
	vscsi_take(arg);
}

/* A unit found the queue full of others' commands. */
static void run_work(struct workitem *w)
{
	struct vscsi *h = container_of(w, struct vscsi, run_work);
	struct vscsi_unit *u;

	kmutex_lock(&h->lock);
	list_foreach(u, &h->units, link)
		for (u32 i = 0; i < h->nr_queues; i++)
			blkhwq_run(blkhwq_of(u->disk, i));
	kmutex_unlock(&h->lock);
}

/* ---- reset ---- */

static void offer_events(struct vscsi *h)
{
	u64 flags = spin_lock_irqsave(&h->events.lock);

	for (u32 i = 0; i < VSCSI_EVENTS; i++) {
		struct virtio_seg seg = { virt_to_phys(&h->event_bufs[i]), sizeof(*h->event_bufs) };

		if (vqueue_add(h->events.q, &seg, 0, 1, &h->event_bufs[i]))
			break;
	}
	vqueue_kick(h->events.q);
	spin_unlock_irqrestore(&h->events.lock, flags);
}

static void wait_handlers(struct vscsi *h)
{
	for (u32 i = 0; i < h->nr_queues; i++)
		while (atomic_read(&h->queues[i].in_handler))
			cpu_relax();
}

/* The device forgets all that it had; nobody uses the queues. */
static int restart(struct vscsi *h)
{
	u64 had = h->dev->features;
	int err;

	virtio_stop(h->dev);
	wait_handlers(h);
	err = virtio_negotiate(h->dev, WANTED);
	if (!err && h->dev->features != had)
		err = -EIO;
	if (!err)
		err = vqueue_restart(h->control);
	if (!err)
		err = vqueue_restart(h->events.q);
	for (u32 i = 0; i < h->nr_queues && !err; i++)
		err = vqueue_restart(h->queues[i].q);
	if (err)
		return err;
	virtio_start(h->dev);
	offer_events(h);
	return 0;
}

static int reset_locked(struct vscsi *h, struct blkdisk *me)
{
	struct vscsi_unit *u;
	int err;

	list_foreach(u, &h->units, link)
		if (u->disk != me)
			blkdisk_hold(u->disk);
	err = h->is_gone ? -ENODEV : restart(h);
	list_foreach(u, &h->units, link) {
		atomic_set(&u->inflight, 0);
		if (u->disk != me)
			blkdisk_forgotten(u->disk, err);
	}
	return err;
}

int vscsi_reset(struct vscsi *h, struct blkdisk *me)
{
	int err;

	kmutex_lock(&h->lock);
	err = reset_locked(h, me);
	kmutex_unlock(&h->lock);
	return err;
}

/* ---- the driver's own commands ---- */

static int exec_locked(struct vscsi *h, u32 n)
{
	struct vscsi_response *r = &h->own->response;
	struct vscsi_queue *vq = &h->queues[0];
	u64 flags;
	int err;

	latch_init(&h->own_done);
	err = vscsi_add(vq, h->own, n, h->own);
	if (err)
		return err;
	flags = spin_lock_irqsave(&vq->lock);
	vqueue_kick(vq->q);
	spin_unlock_irqrestore(&vq->lock, flags);
	err = latch_wait_until(&h->own_done, clock_ns() + EXEC_TIMEOUT);
	if (err) {
		/* The device still owns the memory: it must forget it first. */
		kwarn("virtio-scsi %s: no answer, resetting", h->dev->node.name);
		(void)reset_locked(h, NULL);
		return err;
	}
	if (r->response)
		return -ENODEV;
	return scsi_error_of(r->status, r->sense, min(r->sense_len, SCSI_SENSE_BYTES));
}

int vscsi_exec(void *address, const u8 *cdb, void *buf, u32 len)
{
	struct vscsi_address *a = address;
	struct vscsi *h = a->host;
	struct vscsi_cmd *c = h->own;
	u32 n = 0;
	int err;

	kmutex_lock(&h->lock);
	vscsi_request_init(c, a->target, a->lun);
	memcpy(c->request.cdb, cdb, SCSI_CDB_BYTES);
	vscsi_put_desc(c, n++, virt_to_phys(&c->request), sizeof(c->request), false);
	vscsi_put_desc(c, n++, virt_to_phys(&c->response), sizeof(c->response), true);
	if (len)
		vscsi_put_desc(c, n++, virt_to_phys(buf), len, true);
	err = h->is_gone ? -ENODEV : exec_locked(h, n);
	kmutex_unlock(&h->lock);
	return err;
}

/* ---- units ---- */

static struct vscsi_unit *find_unit(struct vscsi *h, u32 target, u32 lun)
{
	struct vscsi_unit *u;

	list_foreach(u, &h->units, link)
		if (u->target == target && u->lun == lun)
			return u;
	return NULL;
}

/* Off the list if it is there, for the caller alone. */
static struct vscsi_unit *take_unit(struct vscsi *h, u32 target, u32 lun)
{
	struct vscsi_unit *u;

	kmutex_lock(&h->lock);
	u = find_unit(h, target, lun);
	if (u)
		list_del(&u->link);
	kmutex_unlock(&h->lock);
	return u;
}

static void add_unit(struct vscsi *h, u32 target, u32 lun)
{
	bool is_known;
	int err;

	kmutex_lock(&h->lock);
	is_known = find_unit(h, target, lun);
	kmutex_unlock(&h->lock);
	if (is_known || target > h->max_target || lun > h->max_lun)
		return;
	err = vscsi_unit_add(h, target, lun);
	if (err && err != -ENODEV)
		kwarn("virtio-scsi %s: unit %u:%u: error %d", h->dev->node.name, target, lun, err);
}

/* Units of a target, by its list; a target without one has at most unit 0. */
static void scan_target(struct vscsi *h, u32 target, u8 *buf)
{
	const u8 cdb[SCSI_CDB_BYTES] = { SCSI_OP_REPORT_LUNS, [8] = LUNS_BYTES >> 8, [9] = LUNS_BYTES & 0xff };
	struct vscsi_address a = { h, target, 0 };
	u32 n;
	int err;

	memset(buf, 0, LUNS_BYTES);
	err = vscsi_exec(&a, cdb, buf, LUNS_BYTES);
	if (err == -EAGAIN)
		err = vscsi_exec(&a, cdb, buf, LUNS_BYTES);
	if (err == -ENODEV)
		return;
	n = err ? 0 : min(get_be32(buf) / 8, LUNS_MAX);
	if (!n)
		add_unit(h, target, 0);
	for (u32 i = 0; i < n; i++) {
		const u8 *lun = buf + 8 + 8 * i;

		if (lun[0] >> 6 <= 1)	/* numbers of one level */
			add_unit(h, target, (lun[0] & 0x3fu) << 8 | lun[1]);
	}
}

static void scan_all(struct vscsi *h)
{
	u8 *buf = kmem_alloc(LUNS_BYTES, ALLOC_KERNEL);

	for (u32 target = 0; buf && target <= h->max_target && !READ_ONCE(h->is_gone); target++)
		scan_target(h, target, buf);
	kmem_free(buf);
}

/* ---- events ---- */

static void transport_event(struct vscsi *h, u32 target, u32 lun, u32 reason)
{
	struct vscsi_unit *u;

	if (reason == REASON_RESCAN) {
		add_unit(h, target, lun);
	} else if (reason == REASON_REMOVED) {
		u = take_unit(h, target, lun);
		if (u)
			vscsi_unit_remove(u);
	}
}

static void handle_event(struct vscsi *h, const struct vscsi_event *e)
{
	u32 target = e->lun[1], lun = (e->lun[2] & 0x3fu) << 8 | e->lun[3];
	struct vscsi_unit *u;

	if (e->event & EVENTS_MISSED)
		WRITE_ONCE(h->scans_all, true);
	switch (e->event & ~(u32)EVENTS_MISSED) {
	case EVENT_TRANSPORT:
		transport_event(h, target, lun, e->reason);
		break;
	case EVENT_PARAMETER:
		/* Units go only by this work item. */
		kmutex_lock(&h->lock);
		u = find_unit(h, target, lun);
		kmutex_unlock(&h->lock);
		if (u && e->reason == REASON_CAPACITY)
			vscsi_unit_resize(u);
		break;
	default:
		break;
	}
}

/* The next event, its buffer given back to the device. */
static bool next_event(struct vscsi *h, struct vscsi_event *out)
{
	u64 flags = spin_lock_irqsave(&h->events.lock);
	u32 len;
	struct vscsi_event *e = vqueue_take(h->events.q, &len);

	if (e) {
		struct virtio_seg seg = { virt_to_phys(e), sizeof(*e) };

		*out = *e;
		(void)vqueue_add(h->events.q, &seg, 0, 1, e);
		vqueue_kick(h->events.q);
	}
	spin_unlock_irqrestore(&h->events.lock, flags);
	return e;
}

static void scan_work(struct workitem *w)
{
	struct vscsi *h = container_of(w, struct vscsi, scan_work);
	struct vscsi_event e = { 0 };

	while (next_event(h, &e))
		handle_event(h, &e);
	if (xchg(&h->scans_all, false))
		scan_all(h);
	if (xchg(&h->is_probing, false))
		blk_probe_end();
}

static void event_interrupt(struct vqueue *q, void *arg)
{
	workpool_queue(workpool_long, &((struct vscsi *)arg)->scan_work);
}

/* ---- coming and going ---- */

static int make_queue(struct vscsi *h, struct vscsi_queue *vq, u32 index)
{
	vq->host = h;
	spin_init(&vq->lock, LOCKRANK_DRIVER);
	vq->q = vqueue_create(h->dev, Q_REQUESTS + index, request_interrupt, vq, "virtio-scsi");
	if (!IS_ERR(vq->q))
		return 0;
	h->nr_queues = index;
	/* Fewer vectors than queues: what there is must do. */
	return index && PTR_ERR(vq->q) == -ENOSPC ? 0 : (int)PTR_ERR(vq->q);
}

static int make_queues(struct vscsi *h)
{
	u32 n = clamp_t(u32, config(h, C_QUEUES, 4), 1, cpu_count_possible);
	int err = 0;

	h->queues = kmem_calloc(n, sizeof(*h->queues), ALLOC_KERNEL);
	h->event_bufs = kmem_calloc(VSCSI_EVENTS, sizeof(*h->event_bufs), ALLOC_KERNEL);
	h->own = kmem_zalloc(sizeof(*h->own), ALLOC_KERNEL);
	if (!h->queues || !h->event_bufs || !h->own)
		return -ENOMEM;
	h->control = vqueue_create(h->dev, Q_CONTROL, NULL, NULL, "virtio-scsi-control");
	if (IS_ERR(h->control))
		return (int)PTR_ERR(h->control);
	spin_init(&h->events.lock, LOCKRANK_DRIVER);
	h->events.q = vqueue_create(h->dev, Q_EVENTS, event_interrupt, h, "virtio-scsi-events");
	if (IS_ERR(h->events.q))
		return (int)PTR_ERR(h->events.q);
	h->nr_queues = n;
	for (u32 i = 0; i < h->nr_queues && !err; i++) {
		err = make_queue(h, &h->queues[i], i);
		if (!err && i < h->nr_queues && n > 1)
			(void)vqueue_set_cpu(h->queues[i].q, i);
	}
	return err;
}

static void free_queues(struct vscsi *h)
{
	for (u32 i = 0; h->queues && i < h->nr_queues; i++)
		vqueue_destroy(h->queues[i].q);
	if (!IS_ERR_OR_NULL(h->events.q))
		vqueue_destroy(h->events.q);
	if (!IS_ERR_OR_NULL(h->control))
		vqueue_destroy(h->control);
}

static void read_limits(struct vscsi *h)
{
	h->max_target = min(config(h, C_MAX_TARGET, 2), TARGETS_MAX - 1);
	h->max_lun = min(config(h, C_MAX_LUN, 4), 0x3fffu);
	h->max_segs = clamp_t(u32, config(h, C_SEG_MAX, 4), 1, VSCSI_SEGS);
	h->max_sectors = clamp_t(u32, config(h, C_MAX_SECTORS, 4), 8, 2048);
	h->depth = clamp_t(u32, min(config(h, C_CMD_PER_LUN, 4), vqueue_size(h->queues[0].q)), 1, VSCSI_DEPTH);
}

static int vscsi_probe(struct devnode *d)
{
	struct vscsi *h = kmem_zalloc(sizeof(*h), ALLOC_KERNEL);
	int err;

	if (!h)
		return -ENOMEM;
	h->dev = virtio_of(d);
	ref_init(&h->refs, 1);
	kmutex_init(&h->lock, LOCKRANK_NONE);
	list_init(&h->units);
	workitem_init(&h->scan_work, scan_work);
	workitem_init(&h->run_work, run_work);
	err = virtio_negotiate(h->dev, WANTED);
	if (!err && !virtio_has(h->dev, VIRTIO_F_INDIRECT_DESC))
		err = -ENODEV;
	if (!err)
		err = make_queues(h);
	if (err) {
		virtio_stop(h->dev);
		free_queues(h);
		vscsi_put(h);
		return err;
	}
	read_limits(h);
	d->driver_data = h;
	h->scans_all = h->is_probing = true;
	blk_probe_begin();
	virtio_start(h->dev);
	offer_events(h);
	workpool_queue(workpool_long, &h->scan_work);
	return 0;
}

static void vscsi_remove(struct devnode *d)
{
	struct vscsi *h = d->driver_data;
	struct vscsi_unit *u, *next;

	kmutex_lock(&h->lock);
	h->is_gone = true;
	kmutex_unlock(&h->lock);
	virtio_stop(h->dev);
	(void)workitem_cancel_sync(&h->scan_work);
	if (xchg(&h->is_probing, false))
		blk_probe_end();
	(void)workitem_cancel_sync(&h->run_work);
	wait_handlers(h);
	list_foreach(u, &h->units, link)
		blkdisk_vanish(u->disk);
	free_queues(h);
	list_foreach_safe(u, next, &h->units, link) {
		list_del(&u->link);
		vscsi_unit_remove(u);
	}
	vscsi_put(h);
}

static const struct virtio_id vscsi_ids[] = { { VIRTIO_ID_SCSI }, { 0 } };

static struct driver_desc vscsi_driver = {
	.name = "virtio-scsi", .bus = &virtio_bus, .ids = vscsi_ids, .probe = vscsi_probe, .remove = vscsi_remove,
};
DRIVER(vscsi_driver);
