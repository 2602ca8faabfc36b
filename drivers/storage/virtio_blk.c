// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtio disks: VIRTIO 1.1, 5.2.
 *
 * One hardware queue for each virtqueue, one virtqueue for each CPU if the device has so many; its
 * interrupt goes to that CPU. A command is an indirect table in the command's own memory: header, pieces
 * of data (or a range for discard and write zeroes), status. Without indirect tables the
 * pieces lie in the queue itself.
 *
 * A device that answers no more is reset: stopped, negotiated again, its queues made anew; the
 * core then starts what was in flight once more.
 *
 * Lock: vq->lock (LOCKRANK_DRIVER) protects the virtqueue, inside the core's queue lock; commands
 * are ended without it.
 */
#include <generated/svc_driver.h>
#include <generated/svc_storage.h>
#include <asm/cpu.h>
#include <tern/base/err.h>
#include <tern/drivers/blkdisk.h>
#include <tern/drivers/virtio.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/klog.h>
#include <tern/lib/bits.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

/* Features, 5.2.3. */
#define F_SIZE_MAX	1
#define F_SEG_MAX	2
#define F_RO		5
#define F_BLK_SIZE	6
#define F_FLUSH		9
#define F_TOPOLOGY	10
#define F_CONFIG_WCE	11
#define F_MQ		12
#define F_DISCARD	13
#define F_WRITE_ZEROES	14

/* Configuration, 5.2.4. */
enum { C_CAPACITY = 0, C_SIZE_MAX = 8, C_SEG_MAX = 12, C_BLK_SIZE = 20, C_PHYS_EXP = 24, C_MIN_IO = 26,
	C_OPT_IO = 28, C_WRITEBACK = 32, C_QUEUES = 34, C_DISCARD_MAX = 36, C_DISCARD_ALIGN = 44,
	C_ZEROES_MAX = 48, C_ZEROES_UNMAP = 56 };

enum { T_IN = 0, T_OUT = 1, T_FLUSH = 4, T_GET_ID = 8, T_DISCARD = 11, T_WRITE_ZEROES = 13 };
enum { S_OK = 0, S_IOERR = 1, S_UNSUPP = 2, S_NONE = 0xff };
#define ZEROES_UNMAP	1u
#define ID_BYTES	20

#define SEGS_MAX	120u		/* a command's memory fits into 2 KiB */
#define DEPTH_MAX	64u
#define VBLK_MINORS	16
#define TIMEOUT_NS	(30 * NSEC_PER_SEC)

struct vblk_header { u32 type, ioprio; u64 sector; };
struct vblk_range { u64 sector; u32 nsectors, flags; };

/* A command's memory, shared with the device. */
struct vblk_cmd {
	struct virtio_desc table[SEGS_MAX + 2];
	struct vblk_header header;
	struct vblk_range range;
	u8 status;
};
static_assert(sizeof(struct vblk_cmd) <= 2048, "fits its size class");

struct vblk_queue {
	struct vdisk *vb;		/* I */
	struct vqueue *q;		/* L */
	struct spin lock;
	atomic32 in_handler;		/* A interrupt handlers between taking and ending */
};

struct vdisk {
	struct virtio_dev *dev;
	struct blkdisk *disk;
	u32 nr_queues;
	struct vblk_queue *queues;
	struct virtio_seg segs[SEGS_MAX + 2];	/* queue 0's lock: devices without indirect tables have one */
	struct workitem config_work;
	struct latch id_latch;
	struct vblk_cmd *id_cmd;	/* in flight at probe only */
	char id[ID_BYTES + 1];
};

static int vblk_major;
static u32 vblk_next;			/* devtree_lock */

#define WANTED (BIT(F_SIZE_MAX) | BIT(F_SEG_MAX) | BIT(F_RO) | BIT(F_BLK_SIZE) | BIT(F_FLUSH) |	\
	BIT(F_TOPOLOGY) | BIT(F_MQ) | BIT(F_DISCARD) | BIT(F_WRITE_ZEROES) |			\
	BIT(VIRTIO_F_INDIRECT_DESC) | BIT(VIRTIO_F_EVENT_IDX))

static u64 config(struct vdisk *vb, u32 off, u32 len)
{
	u64 v = 0;

	virtio_config_read(vb->dev, off, &v, len);
	return v;
}

/* ---- commands ---- */

static void put_desc(struct virtio_desc *d, paddr_t addr, u32 len, bool device_writes)
{
	d->addr = addr;
	d->len = len;
	d->flags = device_writes ? VIRTIO_DESC_WRITE : 0;
}

static u32 type_of(enum ioreq_op op)
{
	static const u32 types[] = { [IOREQ_READ] = T_IN, [IOREQ_WRITE] = T_OUT, [IOREQ_FLUSH] = T_FLUSH,
				     [IOREQ_DISCARD] = T_DISCARD, [IOREQ_WRITE_ZEROES] = T_WRITE_ZEROES };

	return types[op];
}

/* Fill the table; how many descriptors. */
static u32 fill(struct vblk_cmd *vc, struct blkcmd *c, u32 zero_flags)
{
	struct blkcmd_iter it;
	struct blkseg s;
	u32 n = 0;

	vc->header = (struct vblk_header){ .type = type_of(c->op), .sector = c->sector };
	vc->status = S_NONE;
	put_desc(&vc->table[n++], virt_to_phys(&vc->header), sizeof(vc->header), false);
	if (c->op == IOREQ_READ || c->op == IOREQ_WRITE) {
		blkcmd_iter_init(&it, c);
		while (blkcmd_next_seg(&it, &s))
			put_desc(&vc->table[n++], s.addr, s.len, c->op == IOREQ_READ);
	} else {
		vc->header.sector = 0;
	}
	if (c->op == IOREQ_DISCARD || c->op == IOREQ_WRITE_ZEROES) {
		vc->range = (struct vblk_range){ c->sector, (u32)c->nsectors, zero_flags };
		put_desc(&vc->table[n++], virt_to_phys(&vc->range), sizeof(vc->range), false);
	}
	put_desc(&vc->table[n++], virt_to_phys(&vc->status), 1, true);
	return n;
}

/* Without indirect tables: the same pieces in the queue's own descriptors. */
static int add_plain(struct vdisk *vb, struct vqueue *q, struct vblk_cmd *vc, u32 n, void *token)
{
	u32 nout = 0;

	for (u32 i = 0; i < n; i++) {
		vb->segs[i] = (struct virtio_seg){ vc->table[i].addr, vc->table[i].len };
		nout += !(vc->table[i].flags & VIRTIO_DESC_WRITE);
	}
	return vqueue_add(q, vb->segs, nout, n - nout, token);
}

static int add(struct vdisk *vb, struct vqueue *q, struct vblk_cmd *vc, u32 n, void *token)
{
	int err = virtio_has(vb->dev, VIRTIO_F_INDIRECT_DESC) ? vqueue_add_table(q, vc->table, n, token)
							       : add_plain(vb, q, vc, n, token);

	return err ? -EBUSY : 0;
}

static int vblk_start(struct blkhwq *hwq, struct blkcmd *c)
{
	struct vdisk *vb = blkdisk_priv(blkhwq_disk(hwq));
	struct vblk_queue *vq = &vb->queues[blkhwq_index(hwq)];
	bool may_unmap = !(c->flags & IOREQ_NOUNMAP) && blkdisk_limits_of(vb->disk)->zeroes_may_unmap;
	u32 n = fill(c->pdu, c, c->op == IOREQ_WRITE_ZEROES && may_unmap ? ZEROES_UNMAP : 0);
	int err;

	spin_lock(&vq->lock);
	err = add(vb, vq->q, c->pdu, n, c);
	spin_unlock(&vq->lock);
	return err;
}

static void vblk_kick(struct blkhwq *hwq)
{
	struct vdisk *vb = blkdisk_priv(blkhwq_disk(hwq));
	struct vblk_queue *vq = &vb->queues[blkhwq_index(hwq)];

	spin_lock(&vq->lock);
	vqueue_kick(vq->q);
	spin_unlock(&vq->lock);
}

static int error_of(u8 status)
{
	switch (status) {
	case S_OK:
		return 0;
	case S_UNSUPP:
		return -EOPNOTSUPP;
	default:
		return -EIO;
	}
}

/* End what the device is done with. Any context. */
static void take_all(struct vblk_queue *vq)
{
	atomic_inc(&vq->in_handler);
	for (;;) {
		u64 flags = spin_lock_irqsave(&vq->lock);
		u32 len;
		void *token = vqueue_take(vq->q, &len);

		spin_unlock_irqrestore(&vq->lock, flags);
		if (!token)
			break;
		if (unlikely(token == vq->vb->id_cmd)) {
			latch_open_all(&vq->vb->id_latch);
		} else {
			struct blkcmd *c = token;

			blkcmd_done(c, error_of(READ_ONCE(((struct vblk_cmd *)c->pdu)->status)));
		}
	}
	atomic_dec(&vq->in_handler);
}

static void vblk_interrupt(struct vqueue *q, void *arg)
{
	take_all(arg);
}

static void vblk_poll(struct blkhwq *hwq)
{
	struct vdisk *vb = blkdisk_priv(blkhwq_disk(hwq));

	take_all(&vb->queues[blkhwq_index(hwq)]);
}

/* ---- reset ---- */

static int reset_device(struct vdisk *vb)
{
	u64 had = vb->dev->features;
	int err;

	virtio_stop(vb->dev);
	for (u32 i = 0; i < vb->nr_queues; i++)
		while (atomic_read(&vb->queues[i].in_handler))
			cpu_relax();
	err = virtio_negotiate(vb->dev, WANTED);
	if (!err && vb->dev->features != had)
		err = -EIO;
	for (u32 i = 0; i < vb->nr_queues && !err; i++)
		err = vqueue_restart(vb->queues[i].q);
	if (!err)
		virtio_start(vb->dev);
	return err;
}

static int vblk_reset(struct blkdisk *d)
{
	return reset_device(blkdisk_priv(d));
}

/* ---- coming and going ---- */

static void config_changed(struct virtio_dev *v, void *arg)
{
	struct vdisk *vb = arg;

	workpool_queue(workpool_system, &vb->config_work);
}

static void config_work(struct workitem *w)
{
	struct vdisk *vb = container_of(w, struct vdisk, config_work);

	blkdisk_set_size(vb->disk, config(vb, C_CAPACITY, 8));
}

static int make_queues(struct vdisk *vb)
{
	u32 n = virtio_has(vb->dev, F_MQ) ? (u32)config(vb, C_QUEUES, 2) : 1;
	int err = 0;

	if (!virtio_has(vb->dev, VIRTIO_F_INDIRECT_DESC))
		n = 1;
	vb->nr_queues = clamp_t(u32, n, 1, cpu_count_possible);
	vb->queues = kmem_calloc(vb->nr_queues, sizeof(*vb->queues), ALLOC_KERNEL);
	if (!vb->queues)
		return -ENOMEM;
	for (u32 i = 0; i < vb->nr_queues && !err; i++) {
		struct vblk_queue *vq = &vb->queues[i];

		vq->vb = vb;
		spin_init(&vq->lock, LOCKRANK_DRIVER);
		vq->q = vqueue_create(vb->dev, i, vblk_interrupt, vq, "virtio-blk");
		if (IS_ERR(vq->q)) {
			err = (int)PTR_ERR(vq->q);
			vq->q = NULL;
			/* Fewer vectors than queues: what there is must do. */
			if (i && err == -ENOSPC) {
				vb->nr_queues = i;
				return 0;
			}
		} else if (vb->nr_queues > 1) {
			(void)vqueue_set_cpu(vq->q, i);
		}
	}
	return err;
}

static void free_queues(struct vdisk *vb)
{
	for (u32 i = 0; vb->queues && i < vb->nr_queues; i++)
		if (vb->queues[i].q)
			vqueue_destroy(vb->queues[i].q);
	kmem_free(vb->queues);
	vb->queues = NULL;
}

static void read_limits(struct vdisk *vb, struct blkdisk_limits *l)
{
	const struct virtio_dev *v = vb->dev;
	u32 size = vqueue_size(vb->queues[0].q);
	bool indirect = virtio_has(v, VIRTIO_F_INDIRECT_DESC);

	*l = (struct blkdisk_limits){
		.block_size = virtio_has(v, F_BLK_SIZE) ? (u32)config(vb, C_BLK_SIZE, 4) : SECTOR_SIZE,
		.max_segs = SEGS_MAX, .max_seg_bytes = 1u << 20, .max_sectors = 2048,
		.has_cache = virtio_has(v, F_FLUSH), .nr_hwq = vb->nr_queues,
		.depth = min(indirect ? size : max(size / 4, 1u), DEPTH_MAX),
		.pdu_bytes = sizeof(struct vblk_cmd), .timeout_ns = TIMEOUT_NS, .is_rotational = true,
	};
	if (virtio_has(v, F_SEG_MAX))
		l->max_segs = clamp_t(u32, (u32)config(vb, C_SEG_MAX, 4), 1, SEGS_MAX);
	if (!indirect)
		l->max_segs = clamp_t(u32, l->max_segs, 1, max(size, 4u) - 3);
	if (virtio_has(v, F_SIZE_MAX))
		l->max_seg_bytes = min(l->max_seg_bytes, (u32)config(vb, C_SIZE_MAX, 4));
	if (virtio_has(v, F_TOPOLOGY)) {
		l->physical_size = l->block_size << (config(vb, C_PHYS_EXP, 1) & 7);
		l->min_io = (u32)config(vb, C_MIN_IO, 2) * l->block_size;
		l->opt_io = (u32)config(vb, C_OPT_IO, 4) * l->block_size;
	}
	if (virtio_has(v, F_DISCARD)) {
		l->max_discard = config(vb, C_DISCARD_MAX, 4);
		l->discard_grain = max((u32)config(vb, C_DISCARD_ALIGN, 4) << SECTOR_SHIFT, l->block_size);
	}
	if (virtio_has(v, F_WRITE_ZEROES)) {
		l->max_zeroes = config(vb, C_ZEROES_MAX, 4);
		l->zeroes_may_unmap = config(vb, C_ZEROES_UNMAP, 1);
	}
}

/* Ask for the serial number; a device may not have one. */
static void read_id(struct vdisk *vb)
{
	struct vblk_queue *vq = &vb->queues[0];
	struct vblk_cmd *vc = kmem_zalloc(sizeof(*vc), ALLOC_KERNEL);
	u8 *text = kmem_zalloc(ID_BYTES, ALLOC_KERNEL);
	u64 flags;
	int err;

	if (!vc || !text)
		goto out;
	vc->header.type = T_GET_ID;
	vc->status = S_NONE;
	put_desc(&vc->table[0], virt_to_phys(&vc->header), sizeof(vc->header), false);
	put_desc(&vc->table[1], virt_to_phys(text), ID_BYTES, true);
	put_desc(&vc->table[2], virt_to_phys(&vc->status), 1, true);
	latch_init(&vb->id_latch);
	vb->id_cmd = vc;
	flags = spin_lock_irqsave(&vq->lock);
	err = add(vb, vq->q, vc, 3, vc);
	if (!err)
		vqueue_kick(vq->q);
	spin_unlock_irqrestore(&vq->lock, flags);
	if (!err && latch_wait_until(&vb->id_latch, clock_ns() + NSEC_PER_SEC)) {
		/* The device still owns the memory: it must forget it first. */
		kwarn("virtio-blk %s: no answer", vb->dev->node.name);
		(void)reset_device(vb);
		err = -EIO;
	}
	if (!err && vc->status == S_OK)
		memcpy(vb->id, text, ID_BYTES);
	vb->id_cmd = NULL;
out:
	kmem_free(text);
	kmem_free(vc);
}

static void vblk_serial(struct blkdisk *d, char *buf, size_t n)
{
	strlcpy(buf, ((struct vdisk *)blkdisk_priv(d))->id, n);
}

static void vblk_release(struct blkdisk *d)
{
	struct vdisk *vb = blkdisk_priv(d);

	blkdisk_free(d);
	kmem_free(vb);
}

static const struct blkdisk_ops vblk_ops = {
	.start = vblk_start, .kick = vblk_kick, .poll = vblk_poll, .direct = blkop_no_direct,
	.reset = vblk_reset, .open = blkop_default_open, .close = blkop_default_close,
	.ioctl = blkop_no_ioctl, .serial = vblk_serial, .release = vblk_release,
};

static int make_disk(struct vdisk *vb)
{
	struct blkdisk_limits limits;
	char name[12];

	read_limits(vb, &limits);
	blk_print_letters(name, "vd", vblk_next);
	vb->disk = blkdisk_create(name, (u32)vblk_major, vblk_next * VBLK_MINORS, VBLK_MINORS, &limits,
				  &vblk_ops, vb);
	if (IS_ERR(vb->disk))
		return (int)PTR_ERR(vb->disk);
	vblk_next++;
	return 0;
}

static int vblk_probe(struct devnode *d)
{
	struct virtio_dev *v = virtio_of(d);
	struct vdisk *vb = kmem_zalloc(sizeof(*vb), ALLOC_KERNEL);
	int err;

	if (!vb)
		return -ENOMEM;
	vb->dev = v;
	workitem_init(&vb->config_work, config_work);
	err = virtio_negotiate(v, WANTED);
	if (err)
		goto err_free;
	err = make_queues(vb);
	if (!err)
		err = make_disk(vb);
	if (err)
		goto err_stop;
	(void)virtio_config_watch(v, config_changed, vb);
	d->driver_data = vb;
	virtio_start(v);
	read_id(vb);
	err = svc_storage_add(vb->disk, config(vb, C_CAPACITY, 8), virtio_has(v, F_RO), d);
	if (!err)
		return 0;
	virtio_stop(v);
	(void)workitem_cancel_sync(&vb->config_work);
	blkdisk_free(vb->disk);
	goto err_queues;
err_stop:
	virtio_stop(v);
err_queues:
	free_queues(vb);
err_free:
	kmem_free(vb);
	return err;
}

static void vblk_remove(struct devnode *d)
{
	struct vdisk *vb = d->driver_data;

	virtio_stop(vb->dev);
	(void)workitem_cancel_sync(&vb->config_work);
	blkdisk_vanish(vb->disk);
	free_queues(vb);
	svc_storage_remove(vb->disk);
}

static const struct virtio_id vblk_ids[] = { { VIRTIO_ID_BLOCK }, { 0 } };

static struct driver_desc vblk_driver = {
	.name = "virtio-blk", .bus = &virtio_bus, .ids = vblk_ids, .probe = vblk_probe,
	.remove = vblk_remove,
};

static int vblk_init(void)
{
	vblk_major = blk_major_register(0, "virtblk");
	return vblk_major < 0 ? vblk_major : svc_driver_add(&vblk_driver);
}
INITCALL(DEVICE, vblk_init);
