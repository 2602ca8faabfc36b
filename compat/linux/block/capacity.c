// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a driver changes of a disk that is there: size, limits, whether it can be written.
 *
 * The native disk's lock protects these, and who has it may wait for the disk. A driver may change them with
 * its queue frozen, when that wait would not end. So a change is noted first (due); the native disk takes it over at
 * once, or, of a frozen queue, by a worker or at the end of the ioctl that made it, whichever comes first.
 *
 * Lock order: the native disk's lock > lx_disk.lock > that of the work pool.
 */
#include "block_impl.h"

#include "../runtime.h"

#include <asm/atomic.h>

#define MAX_SECTORS	2560u
#define BIO_DEPTH	128u
#define GENHD_REMOVABLE	1
#define GENHD_NO_PART	4
#define GD_NO_SCAN	5		/* bit of a disk's state */

#define DUE_LIMITS	1u
#define DUE_SIZE	2u
#define DUE_READONLY	4u
#define DUE_NEWS	8u		/* of a new size, for user space */

/* ---- the native disk's lock ---- */

bool lx_disk_lock(struct lx_disk *d)
{
	struct blkdisk *native = READ_ONCE(d->native);
	bool is_locker = READ_ONCE(d->locker) == thread_self();

	if (!native)
		return false;
	if (!is_locker)
		blkdisk_lock(native);
	if (d->is_listed)
		return true;
	if (!is_locker)
		blkdisk_unlock(native);
	return false;
}

void lx_disk_unlock(struct lx_disk *d)
{
	if (READ_ONCE(d->locker) != thread_self())
		blkdisk_unlock(d->native);
}

/* ---- limits ---- */

struct blkdisk_limits lx_disk_limits(const struct lx_disk *d)
{
	const struct lx_queue_limits *l = &d->queue->q.limits;
	const struct lx_blk_mq_tag_set *set = d->queue->q.tag_set;
	const unsigned long *flags = &d->queue->q.queue_flags;

	return (struct blkdisk_limits){
		.block_size = l->logical_block_size, .physical_size = l->physical_block_size,
		.min_io = l->io_min, .opt_io = l->io_opt,
		.max_sectors = min(min(l->max_sectors, l->chunk_sectors ? l->chunk_sectors : U32_MAX), MAX_SECTORS),
		.max_segs = min_t(u32, l->max_segments, VECS_MAX),
		.max_seg_bytes = min(l->max_segment_size, MAX_SECTORS * SECTOR_SIZE),
		.no_gaps = l->virt_boundary_mask != 0,
		.max_discard = l->max_discard_sectors, .max_zeroes = l->max_write_zeroes_sectors,
		.discard_grain = l->discard_granularity,
		.has_cache = bit_test(QUEUE_FLAG_WC, flags),
		.has_fua = bit_test(QUEUE_FLAG_FUA, flags),
		.is_rotational = !bit_test(QUEUE_FLAG_NONROT, flags),
		.is_removable = (d->disk.flags & GENHD_REMOVABLE) != 0,
		.zeroes_may_unmap = true, .nr_hwq = set ? lx_set_queues(set) : 1,
		.depth = set ? set->queue_depth - set->reserved_tags : BIO_DEPTH,
		.pdu_bytes = set ? 0 : lx_bio_pdu_bytes(),
	};
}

bool lx_disk_may_have_parts(const struct lx_disk *d)
{
	return !(d->disk.flags & GENHD_NO_PART) && !bit_test(GD_NO_SCAN, &d->disk.state);
}

/* What can change of them; a disk is not stopped for the others. */
static bool limits_differ(const struct blkdisk_limits *a, const struct blkdisk_limits *b)
{
	return a->block_size != b->block_size || a->physical_size != b->physical_size ||
		a->min_io != b->min_io || a->opt_io != b->opt_io || a->max_discard != b->max_discard ||
		a->max_zeroes != b->max_zeroes || a->discard_grain != b->discard_grain ||
		a->has_cache != b->has_cache || a->has_fua != b->has_fua || a->is_rotational != b->is_rotational;
}

static void limits_update_locked(struct lx_disk *d)
{
	struct blkdisk_limits *now = blkdisk_limits_of(d->native), next = *now, l = lx_disk_limits(d);

	blkdisk_set_partitions_locked(d->native, lx_disk_may_have_parts(d));
	next.block_size = l.block_size;
	next.physical_size = max(l.physical_size, l.block_size);
	next.min_io = l.min_io;
	next.opt_io = l.opt_io;
	next.max_discard = l.max_discard;
	next.max_zeroes = l.max_zeroes;
	next.discard_grain = l.discard_grain;
	next.has_cache = l.has_cache;
	next.has_fua = l.has_fua;
	next.is_rotational = l.is_rotational;
	if (!limits_differ(now, &next))
		return;
	blkdisk_stop(d->native);
	*now = next;
	blkdisk_go(d->native);
}

/* ---- taking over ---- */

static void settle(struct lx_disk *d)
{
	char *news[] = { "RESIZE=1", NULL };
	u32 due;

	if (!READ_ONCE(d->due) || !lx_disk_lock(d))
		return;
	due = xchg(&d->due, 0u);
	if (due & DUE_LIMITS)
		limits_update_locked(d);
	if (due & DUE_SIZE)
		blkdisk_set_size_locked(d->native, READ_ONCE(d->part0.bd_nr_sectors));
	if (due & DUE_READONLY)
		blkdisk_set_readonly_locked(d->native, READ_ONCE(d->is_readonly));
	lx_disk_unlock(d);
	if (due & DUE_NEWS)
		(void)lx_kobject_uevent_env(&d->part0.bd_device.kobj, LX_KOBJ_CHANGE, news);
}

void lx_disk_settle_work(struct workitem *w)
{
	settle(container_of(w, struct lx_disk, settle));
}

void lx_disk_settle(struct lx_disk *d)
{
	(void)__atomic_fetch_or(&d->due, DUE_LIMITS, __ATOMIC_SEQ_CST);
	settle(d);
}

/* Of a disk that is not there nothing is due: it is added with what it then has. */
static void change(struct lx_disk *d, u32 what)
{
	u64 flags;

	if (!READ_ONCE(d->is_listed))
		return;
	(void)__atomic_fetch_or(&d->due, what, __ATOMIC_SEQ_CST);
	if (!READ_ONCE(d->queue->q.mq_freeze_depth)) {
		settle(d);
		return;
	}
	flags = spin_lock_irqsave(&d->lock);
	if (d->is_listed)
		workpool_queue(workpool_long, &d->settle);
	spin_unlock_irqrestore(&d->lock, flags);
}

/* A disk that had no size had no medium, or no driver for it: its limits are new too. */
static bool capacity_set(struct lx_disk *d, u64 sectors, u32 news)
{
	u64 old = d->part0.bd_nr_sectors;

	WRITE_ONCE(d->part0.bd_nr_sectors, sectors);
	if (old == sectors)
		return false;
	change(d, DUE_SIZE | (old ? 0 : DUE_LIMITS) | (old && sectors ? news : 0));
	return old && sectors;
}

/* True: the disk that was there, and still is, tells of its new size. */
bool lx_set_capacity_and_notify(struct lx_gendisk *g, unsigned long long sectors)
{
	bool is_there = READ_ONCE(disk_of(g)->is_listed);

	return capacity_set(disk_of(g), sectors, DUE_NEWS) && is_there;
}
LX_EXPORT(set_capacity_and_notify);

void lx_set_capacity(struct lx_gendisk *g, unsigned long long sectors)
{
	(void)capacity_set(disk_of(g), sectors, 0);
}
LX_EXPORT(set_capacity);

void lx_set_disk_ro(struct lx_gendisk *g, bool on)
{
	WRITE_ONCE(disk_of(g)->is_readonly, on);
	change(disk_of(g), DUE_READONLY);
}
LX_EXPORT(set_disk_ro);
