// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of an ioreq: checked, counted, taken through its stages, done.
 *
 * A write may have three stages: a flush before it (IOREQ_PREFLUSH), its data, and a flush after
 * it when IOREQ_FUA is wanted and the device has no such command. A device without
 * a volatile cache needs none of the flushes. The data stage may take several commands:
 * `pending` counts those in flight, and one more while some are still to come.
 *
 * Contexts: everything here runs in any context but NMI and takes no lock of its own.
 */
#include "blk_impl.h"

#include <tern/kernel/clock.h>
#include <tern/kernel/klog.h>
#include <tern/mm/memgroup.h>
#include <tern/svc/fault.h>

static int check_range(const struct ioreq *r)
{
	u64 n = READ_ONCE(r->dev->nsectors), grain = r->dev->disk->limits.block_size >> SECTOR_SHIFT;

	if (!r->nsectors)
		return -EINVAL;
	if (r->nsectors > n || r->sector > n - r->nsectors)
		return -EIO;
	return (r->sector | r->nsectors) & (grain - 1) ? -EINVAL : 0;
}

static bool is_flush_only(const struct ioreq *r)
{
	return r->op == IOREQ_FLUSH || (r->op == IOREQ_WRITE && !r->nsectors && (r->flags & IOREQ_PREFLUSH));
}

/* May the device be asked this at all? */
static int check(const struct ioreq *r)
{
	const struct blkdisk *d = r->dev->disk;

	if (READ_ONCE(d->is_gone) || READ_ONCE(r->dev->is_gone))
		return -ENODEV;
	if (READ_ONCE(d->is_dead))
		return -EIO;
	if (is_flush_only(r))
		return 0;
	if (r->op != IOREQ_READ && READ_ONCE(r->dev->is_readonly))
		return -EROFS;
	if ((r->op == IOREQ_DISCARD && !d->limits.max_discard) ||
	    (r->op == IOREQ_WRITE_ZEROES && !d->limits.max_zeroes))
		return -EOPNOTSUPP;
	return check_range(r);
}

static bool needs_flush(const struct ioreq *r, u32 flag)
{
	return r->op == IOREQ_WRITE && (r->flags & flag) && r->dev->disk->limits.has_cache;
}

static void report(const struct ioreq *r, int error)
{
	static const char *const names[] = { "READ", "WRITE", "FLUSH", "DISCARD", "WRITE_ZEROES" };

	if ((error == -EIO || error == -ETIMEDOUT || error == -ENOSPC) && !(r->flags & IOREQ_AHEAD))
		klog_ratelimited(KLOG_ERR, "%s error %d, dev %s, sector %lu, %lu sectors", names[r->op], error,
				 r->dev->name, r->sector, r->nsectors);
}

void ioreq_finish(struct ioreq *r, int error)
{
	if (unlikely(error))
		report(r, error);
	blkstat_end(r);
	r->error = error;
	r->done(r);
}

static int injected(const struct ioreq *r)
{
	if (r->op == IOREQ_READ)
		return fault_inject(FAULT_BLOCK_READ);
	return r->op == IOREQ_WRITE ? fault_inject(FAULT_BLOCK_WRITE) : 0;
}

/* The data stage begins. */
static void start_data(struct ioreq *r)
{
	struct blkdisk *d = r->dev->disk;
	int err = injected(r);

	r->stage = STAGE_DATA;
	atomic_set(&r->pending, 1);
	if (unlikely(err))
		ioreq_part_done(r, err);
	else if (!d->limits.nr_hwq)
		ioreq_part_done(r, d->ops->direct(d, r));
	else if (!blkplug_add(r))
		ioreq_enqueue(r);
}

void ioreq_submit(struct ioreq *r)
{
	r->error = 0;
	r->merged = NULL;
	r->issued = 0;
	r->seg_at = 0;
	r->seg_off = 0;
	r->abs_sector = r->dev->start + r->sector;
	if (unlikely(READ_ONCE(memgroup_count)) && !is_flush_only(r) && !check(r) && blkthrottle_hold(r))
		return;
	ioreq_begin(r);
}

void ioreq_begin(struct ioreq *r)
{
	int err = check(r);

	blkstat_begin(r);
	if (unlikely(err)) {
		ioreq_finish(r, err);
	} else if (is_flush_only(r)) {
		r->stage = STAGE_POST;
		if (r->dev->disk->limits.has_cache)
			blkflush_join(r);
		else
			ioreq_finish(r, 0);
	} else if (needs_flush(r, IOREQ_PREFLUSH)) {
		r->stage = STAGE_PRE;
		blkflush_join(r);
	} else {
		start_data(r);
	}
}

void ioreq_flush_done(struct ioreq *r, int error)
{
	if (r->stage == STAGE_PRE && !error)
		start_data(r);
	else
		ioreq_finish(r, error ? error : r->error);
}

void ioreq_part_done(struct ioreq *r, int error)
{
	if (unlikely(error))
		WRITE_ONCE(r->error, error);
	if (!atomic_dec_and_test(&r->pending))
		return;
	if (!r->error && needs_flush(r, IOREQ_FUA) && !r->dev->disk->limits.has_fua) {
		r->stage = STAGE_POST;
		blkflush_join(r);
	} else {
		ioreq_finish(r, r->error);
	}
}
