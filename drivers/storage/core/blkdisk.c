// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disks, seen from their drivers: making, showing, resizing, taking away.
 *
 * A blkdisk is born with one reference, the driver's, and its whole-disk blkdev; each partition's
 * blkdev and each open holds one more. blkdisk_remove() gives the driver's reference back; the
 * last one calls ops->release.
 */
#include "blk_impl.h"

#include <tern/base/bug.h>
#include <tern/fs/devtmpfs.h>
#include <tern/fs/vnode.h>
#include <tern/kernel/iogroup.h>
#include <tern/lib/bits.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

static bool limits_are_valid(const struct blkdisk_limits *l)
{
	return l->block_size >= SECTOR_SIZE && l->block_size <= PAGE_SIZE && is_pow2(l->block_size) &&
	       (!l->nr_hwq || (l->depth && l->max_segs && l->max_sectors &&
			       l->max_seg_bytes >= l->block_size));
}

static void verify_ops(const struct blkdisk_ops *ops)
{
	const void *const *slot = (const void *const *)ops;

	for (size_t i = 0; i < sizeof(*ops) / sizeof(*slot); i++)
		VERIFY(slot[i]);
}

struct blkdisk *blkdisk_create(const char *name, u32 major, u32 first_minor, u32 minors,
			       const struct blkdisk_limits *l, const struct blkdisk_ops *ops, void *priv)
{
	struct blkdisk *d;
	int err = -ENOMEM;

	verify_ops(ops);
	if (!limits_are_valid(l) || !*name || strlen(name) >= BLKDISK_NAME)
		return ERR_PTR(-EINVAL);
	d = kmem_zalloc(sizeof(*d), ALLOC_KERNEL);
	if (!d)
		return ERR_PTR(-ENOMEM);
	strlcpy(d->name, name, sizeof(d->name));
	d->major = major;
	d->first_minor = first_minor;
	d->minors = minors;
	d->limits = *l;
	d->limits.physical_size = max(l->physical_size, l->block_size);
	d->ops = ops;
	d->priv = priv;
	ref_init(&d->refs, 1);
	kmutex_init(&d->lock, LOCKRANK_BLKDISK);
	list_init(&d->parts);
	waitq_init(&d->idle);
	workitem_init(&d->reset_work, blkdisk_reset_work);
	blkflush_init(d);
	d->whole = blkdev_make(d, 0, 0, 0);
	if (d->whole)
		err = blkqueue_create(d);
	if (err) {
		blkdisk_free(d);
		return ERR_PTR(err);
	}
	d->flush_req.dev = d->whole;
	return d;
}

void blkdisk_free(struct blkdisk *d)
{
	(void)workitem_cancel_sync(&d->reset_work);
	blkqueue_destroy(d);
	if (d->whole) {
		percpu_free(d->whole->stats);
		kmem_free(d->whole);
	}
	kmem_free(d);
}

void blkdisk_get(struct blkdisk *d)
{
	ref_get(&d->refs);
}

void blkdisk_put(struct blkdisk *d)
{
	if (ref_put(&d->refs))
		d->ops->release(d);
}

int blkdisk_add(struct blkdisk *d, u64 sectors, bool is_readonly, struct devnode *parent)
{
	int err;

	d->parent = parent;
	d->whole->nsectors = sectors;
	d->whole->is_readonly = is_readonly;
	kmutex_lock(&d->lock);
	err = blkdev_list(d->whole);
	/* A disk whose table cannot be read is there all the same. */
	if (!err && sectors)
		(void)blkdisk_scan_locked(d);
	kmutex_unlock(&d->lock);
	return err;
}

void blkdisk_vanish(struct blkdisk *d)
{
	WRITE_ONCE(d->is_gone, true);
	(void)workitem_cancel_sync(&d->reset_work);
	for (u32 i = 0; i < d->limits.nr_hwq; i++)
		(void)timeout_cancel_sync(&d->hwqs[i].timer);
	blkqueue_fail_all(d);
}

void blkdisk_remove(struct blkdisk *d)
{
	if (!d->is_gone)
		blkdisk_vanish(d);
	kmutex_lock(&d->lock);
	blkdisk_drop_parts_locked(d);
	WRITE_ONCE(d->whole->is_gone, true);
	blkdev_unlist(d->whole);
	kmutex_unlock(&d->lock);
	iogroup_forget_disk(d->whole->number);
	blkdisk_put(d);
}

void blkdisk_lock(struct blkdisk *d)
{
	kmutex_lock(&d->lock);
}

void blkdisk_unlock(struct blkdisk *d)
{
	kmutex_unlock(&d->lock);
}

void blkdisk_set_size_locked(struct blkdisk *d, u64 sectors)
{
	WRITE_ONCE(d->whole->nsectors, sectors);
	bdev_vnode_resize(d->whole);
}

void blkdisk_set_size(struct blkdisk *d, u64 sectors)
{
	kmutex_lock(&d->lock);
	blkdisk_set_size_locked(d, sectors);
	kmutex_unlock(&d->lock);
}

void blkdisk_clear_locked(struct blkdisk *d)
{
	blkdisk_drop_parts_locked(d);
	blkdisk_set_size_locked(d, 0);
}

void blkdisk_set_readonly_locked(struct blkdisk *d, bool on)
{
	struct blkdev *b;

	WRITE_ONCE(d->whole->is_readonly, on);
	list_foreach(b, &d->parts, part_link)
		WRITE_ONCE(b->is_readonly, on);
}

void blkdisk_set_readonly(struct blkdisk *d, bool on)
{
	kmutex_lock(&d->lock);
	blkdisk_set_readonly_locked(d, on);
	kmutex_unlock(&d->lock);
}

void blkdisk_set_partitions_locked(struct blkdisk *d, bool on)
{
	d->no_partitions = !on;
}

void blkdisk_set_partitions(struct blkdisk *d, bool on)
{
	kmutex_lock(&d->lock);
	blkdisk_set_partitions_locked(d, on);
	kmutex_unlock(&d->lock);
}

int blkdisk_rescan(struct blkdisk *d)
{
	int err;

	kmutex_lock(&d->lock);
	err = blkdisk_scan_locked(d);
	kmutex_unlock(&d->lock);
	return err;
}

struct blkdisk_limits *blkdisk_limits_of(struct blkdisk *d) { return &d->limits; }
struct sysnode *blkdisk_sysdir(struct blkdisk *d) { return d->whole->sys; }
void *blkdisk_priv(const struct blkdisk *d) { return d->priv; }
bool blkdisk_is_driven_by(const struct blkdisk *d, const struct blkdisk_ops *ops) { return d->ops == ops; }
struct blkdev *blkdisk_dev(struct blkdisk *d) { return d->whole; }
u32 blkdisk_openers(const struct blkdisk *d) { return READ_ONCE(d->openers); }
