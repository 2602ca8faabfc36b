// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flushing a disk's cache. One flush command is in flight at a time; whoever wants one meanwhile
 * waits for the next, which all of them share: a flush that began before a write was done
 * does not cover it.
 */
#include "blk_impl.h"

/* Those that wait become those that run: true if there are any. flush_lock held. */
static bool begin_locked(struct blkdisk *d)
{
	if (list_is_empty(&d->flush_waiting))
		return false;
	list_splice_tail_init(&d->flush_waiting, &d->flush_running);
	return true;
}

static void send(struct blkdisk *d)
{
	d->flush_req.issued = 0;
	d->flush_req.error = 0;
	d->flush_req.stage = STAGE_DATA;
	atomic_set(&d->flush_req.pending, 1);
	ioreq_enqueue(&d->flush_req);
}

/* The flush command ended; ioreq_part_done() has nothing to flush for it. */
static void flush_ended(struct ioreq *f)
{
	struct blkdisk *d = f->priv;
	LIST_HEAD(done);
	u64 flags = spin_lock_irqsave(&d->flush_lock);
	int err = f->error;
	bool more;

	list_splice_tail_init(&d->flush_running, &done);
	more = begin_locked(d);
	spin_unlock_irqrestore(&d->flush_lock, flags);
	if (more)
		send(d);
	while (!list_is_empty(&done)) {
		struct ioreq *r = list_first_entry(&done, struct ioreq, link);

		list_del(&r->link);
		ioreq_flush_done(r, err);
	}
}

void blkflush_join(struct ioreq *r)
{
	struct blkdisk *d = r->dev->disk;
	u64 flags = spin_lock_irqsave(&d->flush_lock);
	bool start = false;

	list_add_tail(&r->link, &d->flush_waiting);
	if (list_is_empty(&d->flush_running))
		start = begin_locked(d);
	spin_unlock_irqrestore(&d->flush_lock, flags);
	if (start)
		send(d);
}

void blkflush_init(struct blkdisk *d)
{
	spin_init(&d->flush_lock, LOCKRANK_BLKFLUSH);
	list_init(&d->flush_waiting);
	list_init(&d->flush_running);
	d->flush_req = (struct ioreq){ .op = IOREQ_FLUSH, .done = flush_ended, .priv = d,
				       .group = BLK_GROUPS };
}
