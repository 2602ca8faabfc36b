// SPDX-License-Identifier: GPL-2.0-only
/*
 * Native block devices for modules that work on top of others (dm, zram's backing device): opened, each looks
 * like a disk of a module whose driver takes bios and makes native requests of them.
 *
 * Life: blkdev_get_by_dev() opens the native device and makes the view; blkdev_put() closes both. A bio's
 * request lives until the native one is done.
 *
 * Contexts: bios are submitted where the submitter may sleep or not; they end in any context.
 * Limits: a view shows no partitions of its own, no inode and no holders in sysfs; no zones.
 */
#include "block_impl.h"

#include "../runtime.h"
#include "../task.h"

#include <asm/cpu.h>
#include <tern/base/err.h>
#include <tern/base/percpu_alloc.h>
#include <tern/fs/vnode.h>
#include <tern/kernel/cgdevice.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <uapi/bpf.h>

#define FMODE_READ	1u
#define FMODE_WRITE	2u
#define FMODE_EXCL	0x80u
#define OP_MASK		0xffu

struct view {
	struct lx_disk d;		/* disk and part0 as modules see them */
	struct blkdev *native;		/* I */
	u32 mode;			/* I */
	void *holder;			/* I */
};

struct stacked {
	struct ioreq r;
	struct lx_bio *bio;
	struct uio_pageseg segs[];
};

static struct view *view_of(struct lx_block_device *b) { return container_of(b, struct view, d.part0); }

/* ---- bios ---- */

bool lx_bvec_next(const struct lx_bio *bio, struct lx_bvec_iter *it, struct lx_bio_vec *out)
{
	const struct lx_bio_vec *v;
	u32 at;

	while (it->bi_size && it->bi_bvec_done >= bio->bi_io_vec[it->bi_idx].bv_len) {
		it->bi_bvec_done = 0;
		it->bi_idx++;
	}
	if (!it->bi_size)
		return false;
	v = &bio->bi_io_vec[it->bi_idx];
	at = v->bv_offset + it->bi_bvec_done;
	out->bv_page = (struct lx_page *)((struct page *)v->bv_page + (at >> PAGE_SHIFT));
	out->bv_offset = at & (PAGE_SIZE - 1);
	out->bv_len = min(min(v->bv_len - it->bi_bvec_done, it->bi_size), (u32)PAGE_SIZE - out->bv_offset);
	it->bi_bvec_done += out->bv_len;
	it->bi_size -= out->bv_len;
	return true;
}

static void stacked_done(struct ioreq *r)
{
	struct stacked *s = container_of(r, struct stacked, r);
	struct lx_bio *bio = s->bio;

	if (r->error)
		bio->bi_status = lx_errno_to_blk_status(r->error);
	kmem_free(s);
	lx_bio_endio(bio);
}

static int op_for(const struct lx_bio *bio, enum ioreq_op *op)
{
	bool flushes = (bio->bi_opf >> LX___REQ_PREFLUSH) & 1;

	switch (bio->bi_opf & OP_MASK) {
	case LX_REQ_OP_READ:		*op = IOREQ_READ; return 0;
	case LX_REQ_OP_WRITE:		*op = flushes && !bio->bi_iter.bi_size ? IOREQ_FLUSH : IOREQ_WRITE; return 0;
	case LX_REQ_OP_FLUSH:		*op = IOREQ_FLUSH; return 0;
	case LX_REQ_OP_DISCARD:		*op = IOREQ_DISCARD; return 0;
	case LX_REQ_OP_WRITE_ZEROES:	*op = IOREQ_WRITE_ZEROES; return 0;
	default:			return -EOPNOTSUPP;
	}
}

static u32 flags_for(const struct lx_bio *bio)
{
	return ((bio->bi_opf >> LX___REQ_FUA) & 1 ? IOREQ_FUA : 0) |
		((bio->bi_opf >> LX___REQ_PREFLUSH) & 1 ? IOREQ_PREFLUSH : 0) |
		((bio->bi_opf >> LX___REQ_SYNC) & 1 ? IOREQ_SYNC : 0);
}

static u32 count_pieces(const struct lx_bio *bio)
{
	struct lx_bvec_iter it = bio->bi_iter;
	struct lx_bio_vec v;
	u32 n = 0;

	while (lx_bvec_next(bio, &it, &v))
		n++;
	return n;
}

static void fail(struct lx_bio *bio, int err)
{
	bio->bi_status = lx_errno_to_blk_status(err);
	lx_bio_endio(bio);
}

static void view_submit(struct lx_bio *bio)
{
	struct view *w = view_of(bio->bi_bdev);
	struct lx_bvec_iter it = bio->bi_iter;
	struct lx_bio_vec v;
	enum ioreq_op op;
	struct stacked *s;
	bool has_data;
	int err = op_for(bio, &op);
	u32 n;

	if (err) {
		fail(bio, err);
		return;
	}
	has_data = op == IOREQ_READ || op == IOREQ_WRITE;
	n = has_data ? count_pieces(bio) : 0;
	s = kmem_zalloc(sizeof(*s) + n * sizeof(s->segs[0]), ALLOC_ATOMIC);
	if (!s) {
		fail(bio, -ENOMEM);
		return;
	}
	s->bio = bio;
	for (n = 0; has_data && lx_bvec_next(bio, &it, &v); n++)
		s->segs[n] = (struct uio_pageseg){ (struct page *)v.bv_page, v.bv_offset, v.bv_len };
	ioreq_init(&s->r, w->native, op, op == IOREQ_FLUSH ? 0 : bio->bi_iter.bi_sector, s->segs, n, stacked_done);
	if (!has_data && op != IOREQ_FLUSH)
		s->r.nsectors = bio->bi_iter.bi_size >> SECTOR_SHIFT;
	s->r.flags = op == IOREQ_FLUSH ? IOREQ_SYNC : flags_for(bio);
	ioreq_submit(&s->r);
}

static const struct lx_block_device_operations view_ops = { .submit_bio = view_submit };

/* ---- opening ---- */

static u32 native_mode(u32 mode)
{
	return (mode & FMODE_READ ? BLKDEV_READ : 0) | (mode & FMODE_WRITE ? BLKDEV_WRITE : 0) |
		(mode & FMODE_EXCL ? BLKDEV_EXCL : 0);
}

static void limits_of(struct lx_queue *q, const struct blkdev *b)
{
	struct lx_queue_limits *l = &q->q.limits;

	lx_blk_set_stacking_limits(l);
	l->logical_block_size = blkdev_block_size(b);
	l->physical_block_size = l->io_min = blkdev_physical_size(b);
	l->dma_alignment = SECTOR_SIZE - 1;
	l->max_write_zeroes_sectors = 0;
	if (blkdev_can_discard(b)) {
		l->discard_granularity = blkdev_discard_grain(b);
		l->max_discard_sectors = l->max_hw_discard_sectors = U32_MAX >> SECTOR_SHIFT;
	}
	bit_set_atomic(QUEUE_FLAG_NONROT, &q->q.queue_flags);
	lx_blk_queue_write_cache(&q->q, blkdev_has_cache(b), true);
}

static void view_fill(struct view *w, u32 devt)
{
	struct lx_disk *d = &w->d;

	d->disk.fops = &view_ops;
	d->disk.queue = &d->queue->q;
	d->disk.part0 = &d->part0;
	strlcpy(d->disk.disk_name, blkdev_name(w->native), sizeof(d->disk.disk_name));
	d->part0.bd_disk = &d->disk;
	d->part0.bd_queue = &d->queue->q;
	d->part0.bd_dev = devt;
	d->part0.bd_nr_sectors = blkdev_sectors(w->native);
	d->part0.bd_read_only = blkdev_is_readonly(w->native);
	d->part0.bd_holder = w->holder;
	limits_of(d->queue, w->native);
}

/* By number: no node's permissions are asked, but the control group's are. */
static struct blkdev *open_judged(u64 number, u32 mode, const void *holder)
{
	u32 access = (mode & BLKDEV_READ ? BPF_ACC_READ : 0) | (mode & BLKDEV_WRITE ? BPF_ACC_WRITE : 0);
	int err = cgdevice_check(true, number, access);

	return err ? ERR_PTR(err) : blkdev_open_number(number, mode, holder);
}

struct lx_block_device *lx_blkdev_get_by_dev(unsigned int devt, unsigned int mode, void *holder)
{
	struct view *w = kmem_zalloc(sizeof(*w), ALLOC_KERNEL);
	u64 number = DEV_MAKE(devt >> 20, devt & 0xfffff);
	int err = -ENOMEM;

	if (!w)
		return ERR_PTR(-ENOMEM);
	w->mode = native_mode(mode);
	w->holder = holder;
	w->d.part0.bd_stats = percpu_alloc(sizeof(struct lx_disk_stats), sizeof(u64));
	w->d.queue = w->d.part0.bd_stats ? lx_queue_make(NULL, NULL) : ERR_PTR(-ENOMEM);
	if (!IS_ERR(w->d.queue)) {
		w->native = open_judged(number, w->mode, holder);
		if (!IS_ERR(w->native)) {
			view_fill(w, devt);
			return &w->d.part0;
		}
		err = (int)PTR_ERR(w->native);
		lx_queue_put(w->d.queue);
	}
	percpu_free(w->d.part0.bd_stats);
	kmem_free(w);
	return ERR_PTR(err);
}
LX_EXPORT(blkdev_get_by_dev);

void lx_blkdev_put(struct lx_block_device *b, unsigned int mode)
{
	struct view *w = view_of(b);

	blkdev_close(w->native, w->mode, w->holder);
	lx_queue_put(w->d.queue);
	percpu_free(w->d.part0.bd_stats);
	kmem_free(w);
}
LX_EXPORT(blkdev_put);

static u32 devt_of(struct blkdev *b)
{
	u64 dev = blkdev_number(b);

	return (u32)DEV_MAJOR(dev) << 20 | (u32)DEV_MINOR(dev);
}

int lx_lookup_bdev(const char *path, unsigned int *devt)
{
	struct blkdev *b = blkdev_open_source(path, 0, NULL);

	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	*devt = devt_of(b);
	blkdev_close(b, 0, NULL);
	return 0;
}
LX_EXPORT(lookup_bdev);

/* 0: there is none. */
unsigned int lx_name_to_dev_t(const char *spec)
{
	struct blkdev *b = blkdev_open_spec(spec, 0, NULL);
	u32 devt;

	if (IS_ERR(b))
		return 0;
	devt = devt_of(b);
	blkdev_close(b, 0, NULL);
	return devt;
}
LX_EXPORT(name_to_dev_t);

int lx_bd_link_disk_holder(struct lx_block_device *b, struct lx_gendisk *g) { return 0; }
LX_EXPORT(bd_link_disk_holder);
void lx_bd_unlink_disk_holder(struct lx_block_device *b, struct lx_gendisk *g) { }
LX_EXPORT(bd_unlink_disk_holder);

/* NULL: it was never added. */
static struct blkdev *native_of(struct lx_disk *d)
{
	if (d->disk.fops == &view_ops)
		return container_of(d, struct view, d)->native;
	return d->native ? blkdisk_dev(d->native) : NULL;
}

/* A module's disk is what its driver made; of others there is a view. */
struct lx_block_device *lx_bdev_hold(struct blkdev *b)
{
	struct blkdisk *native = blkdev_disk(b);

	if (blkdisk_is_driven_by(native, &lx_disk_ops) || blkdisk_is_driven_by(native, &lx_bio_disk_ops))
		return &((struct lx_disk *)blkdisk_priv(native))->part0;
	return lx_blkdev_get_by_dev(devt_of(b), FMODE_READ, NULL);
}

void lx_bdev_drop(struct lx_block_device *b)
{
	if (b->bd_disk->fops == &view_ops)
		lx_blkdev_put(b, FMODE_READ);
}

/* Who claims holds the device open until it is done. */
int lx_bd_prepare_to_claim(struct lx_block_device *b, void *holder)
{
	struct blkdev *native = native_of(disk_of(b->bd_disk)), *opened;

	if (!native)
		return -ENXIO;
	opened = blkdev_open_number(blkdev_number(native), BLKDEV_EXCL, holder);
	if (IS_ERR(opened))
		return (int)PTR_ERR(opened);
	if (opened == native)
		return 0;
	blkdev_close(opened, BLKDEV_EXCL, holder);	/* the disk is gone, and another has its number */
	return -ENXIO;
}
LX_EXPORT(bd_prepare_to_claim);

void lx_bd_abort_claiming(struct lx_block_device *b, void *holder)
{
	blkdev_close(native_of(disk_of(b->bd_disk)), BLKDEV_EXCL, holder);
}
LX_EXPORT(bd_abort_claiming);

/* Who closes a disk last writes it out; there is no page cache of it behind that. */
int lx_sync_blockdev(struct lx_block_device *b)
{
	struct blkdev *native = native_of(disk_of(b->bd_disk));

	return native && blkdisk_openers(blkdev_disk(native)) ? blkdev_sync(native) : 0;
}
LX_EXPORT(sync_blockdev);

/* Whoever else has claimed the disk, a file system say, cannot be asked to stop writing. */
int lx_freeze_bdev(struct lx_block_device *b)
{
	struct lx_disk *d = disk_of(b->bd_disk);
	const void *own = d->disk.fops == &view_ops ? container_of(d, struct view, d)->holder : NULL;
	struct blkdev *native = native_of(d);

	if (!native)
		return 0;
	return blkdev_is_claimed(native, own) ? -EOPNOTSUPP : blkdev_sync(native);
}
LX_EXPORT(freeze_bdev);
int lx_thaw_bdev(struct lx_block_device *b) { return 0; }
LX_EXPORT(thaw_bdev);
