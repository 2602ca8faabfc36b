// SPDX-License-Identifier: GPL-2.0-only
/*
 * Software queues, hardware queues and the commands in flight.
 *
 * Each CPU has a software queue for each disk: what it submits waits there in order. Each
 * hardware queue serves the CPUs whose number is its own modulo the number of hardware queues,
 * takes from their queues in turn while it has free commands, and starts them. Both
 * submission and completion run it; nothing else is needed, as each completion frees a command.
 *
 * A command is free, waiting (to be started again) or started. The driver ends started
 * ones by blkcmd_done(); a command that is overdue has the disk reset, after which all that
 * were in flight are started again, RETRIES times at most.
 *
 * Lock order: hwq->lock > swq->lock > the driver's own. Ioreqs are done with no lock held.
 */
#include "blk_impl.h"

#include <asm/cpu.h>
#include <tern/base/bug.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/klog.h>
#include <tern/lib/bitmap.h>
#include <tern/mm/slab.h>
#include <tern/svc/fault.h>

#define RETRIES		5u

struct blkdisk *blkhwq_disk(const struct blkhwq *q)
{
	return q->disk;
}

u32 blkhwq_index(const struct blkhwq *q)
{
	return q->index;
}

struct blkhwq *blkhwq_of(struct blkdisk *d, u32 index)
{
	return &d->hwqs[index];
}

struct blkcmd *blkhwq_cmd(struct blkhwq *q, u32 tag)
{
	struct blkcmd *c;

	if (tag >= q->disk->limits.depth)
		return NULL;
	c = &q->cmds[tag];
	return load_acquire(&c->state) == CMD_STARTED ? c : NULL;
}

/* ---- taking from the software queues ---- */

/* Fill @c from the queue of @cpu: 1 filled, 0 it was empty; -1: the head can never be sent. */
static int fill_from(struct blkhwq *q, struct blkcmd *c, u32 cpu, struct list *bad)
{
	struct blkswq *s = q->disk->swqs[cpu];
	struct ioreq *r;
	int got = 1;

	spin_lock(&s->lock);
	r = list_first_entry_or_null(&s->reqs, struct ioreq, link);
	if (!r) {
		bit_clear_atomic(cpu, q->pending);
		got = 0;
	} else if (!blkcmd_build(c, r, &s->reqs)) {
		list_move_tail(&r->link, bad);
		got = -1;
	} else if (r->issued == r->nsectors) {
		list_del(&r->link);
	} else {
		atomic_inc(&r->pending);
	}
	spin_unlock(&s->lock);
	return got;
}

/* The next command to start, NULL if there is none. */
static struct blkcmd *next_cmd(struct blkhwq *q, struct list *bad)
{
	struct blkcmd *c = list_first_entry_or_null(&q->again, struct blkcmd, link);
	u32 n = cpu_count_possible;

	if (c) {
		list_del(&c->link);
		return c;
	}
	if (!q->nfree)
		return NULL;
	c = &q->cmds[q->free_tags[q->nfree - 1]];
	for (u32 i = 0; i < n; i++) {
		u32 cpu = (q->next_cpu + i) % n;
		int got;

		if (!bit_test(cpu, q->pending))
			continue;
		do {
			got = fill_from(q, c, cpu, bad);
		} while (got < 0);
		if (got) {
			q->next_cpu = cpu + 1;
			q->nfree--;
			return c;
		}
	}
	return NULL;
}

static bool has_work(struct blkhwq *q)
{
	if (!list_is_empty(&q->again))
		return true;
	for (u32 i = 0; i < DIV_ROUND_UP(cpu_count_possible, 64); i++)
		if (READ_ONCE(q->pending[i]))
			return true;
	return false;
}

/* ---- starting and ending ---- */

static void start_timer(struct blkhwq *q, nsec_t now)
{
	nsec_t t = q->disk->limits.timeout_ns;

	if (t && !timeout_is_armed(&q->timer))
		timeout_arm(&q->timer, now + t);
}

/* The ioreqs of a command that was taken off the driver; no lock held. */
static void end_reqs(struct ioreq *r, u32 n, int error)
{
	while (n--) {
		struct ioreq *next = r->merged;

		ioreq_part_done(r, error);
		r = next;
	}
}

/* Give the command back; lock held. */
static void release_cmd(struct blkhwq *q, struct blkcmd *c)
{
	WRITE_ONCE(c->state, CMD_FREE);
	q->free_tags[q->nfree++] = c->tag;
}

static void count_ended(struct blkdisk *d)
{
	if (atomic_dec_and_test(&d->inflight) && atomic_read(&d->stopped))
		waitq_wake_all(&d->idle);
}

/* Start one: false if the queue has no room now. Failed ones go to @failed. Lock held. */
static bool start_one(struct blkhwq *q, struct blkcmd *c, nsec_t now, struct list *failed)
{
	struct blkdisk *d = q->disk;
	int err;

	c->deadline = now + d->limits.timeout_ns;
	store_release(&c->state, CMD_STARTED);
	atomic_inc(&d->inflight);
	err = unlikely(fault_inject(FAULT_BLOCK_LOST)) ? 0 : d->ops->start(q, c);
	if (likely(!err))
		return true;
	atomic_dec(&d->inflight);
	WRITE_ONCE(c->state, CMD_WAITING);
	if (err == -EBUSY) {
		list_add(&c->link, &q->again);
		q->is_busy = true;
		return false;
	}
	c->error = err;
	list_add_tail(&c->link, failed);
	return true;
}

static void end_failed(struct blkhwq *q, struct list *failed, struct list *bad)
{
	while (!list_is_empty(failed)) {
		struct blkcmd *c = list_first_entry(failed, struct blkcmd, link);
		struct ioreq *r = c->first;
		u32 n = c->nreqs;
		int err = c->error;
		u64 flags;

		list_del(&c->link);
		flags = spin_lock_irqsave(&q->lock);
		release_cmd(q, c);
		spin_unlock_irqrestore(&q->lock, flags);
		end_reqs(r, n, err);
	}
	while (!list_is_empty(bad)) {
		struct ioreq *r = list_first_entry(bad, struct ioreq, link);

		list_del(&r->link);
		ioreq_part_done(r, r->dev->disk->is_gone ? -ENODEV : -EINVAL);
	}
}

void blkhwq_run(struct blkhwq *q)
{
	struct blkdisk *d = q->disk;
	LIST_HEAD(failed);
	LIST_HEAD(bad);
	struct blkcmd *c;
	bool any = false;
	u64 flags;
	nsec_t now;

	if (!has_work(q))
		return;
	now = clock_ns();
	flags = spin_lock_irqsave(&q->lock);
	q->is_busy = false;
	while (!atomic_read(&d->stopped) && (c = next_cmd(q, &bad))) {
		if (unlikely(d->is_gone || d->is_dead)) {
			c->error = d->is_gone ? -ENODEV : -EIO;
			list_add_tail(&c->link, &failed);
		} else if (start_one(q, c, now, &failed)) {
			any = true;
		} else {
			break;
		}
	}
	if (any) {
		d->ops->kick(q);
		start_timer(q, now);
	}
	spin_unlock_irqrestore(&q->lock, flags);
	if (unlikely(!list_is_empty(&failed) || !list_is_empty(&bad)))
		end_failed(q, &failed, &bad);
}

/* The driver is done with @c: take it back, or have it tried again. */
void blkcmd_done(struct blkcmd *c, int error)
{
	struct blkhwq *q = c->hwq;
	struct ioreq *r = c->first;
	u32 n = c->nreqs;
	u64 flags = spin_lock_irqsave(&q->lock);
	bool again = error == -EAGAIN && ++c->retries <= RETRIES;

	if (WARN_IF(c->state != CMD_STARTED)) {
		spin_unlock_irqrestore(&q->lock, flags);
		return;
	}
	if (again) {
		WRITE_ONCE(c->state, CMD_WAITING);
		list_add_tail(&c->link, &q->again);
	} else {
		release_cmd(q, c);
	}
	spin_unlock_irqrestore(&q->lock, flags);
	count_ended(q->disk);
	if (has_work(q))
		blkhwq_run(q);
	if (!again)
		end_reqs(r, n, error == -EAGAIN ? -EIO : error);
}

/* ---- into the software queues ---- */

static struct blkhwq *add_here(struct ioreq *r)
{
	struct blkdisk *d = r->dev->disk;
	u64 flags = irq_save();
	u32 cpu = cpu_self();
	struct blkswq *s = d->swqs[cpu];
	struct blkhwq *q = &d->hwqs[cpu % d->limits.nr_hwq];

	spin_lock(&s->lock);
	list_add_tail(&r->link, &s->reqs);
	spin_unlock(&s->lock);
	bit_set_atomic(cpu, q->pending);
	irq_restore(flags);
	return q;
}

void ioreq_enqueue(struct ioreq *r)
{
	blkhwq_run(add_here(r));
}

void ioreq_enqueue_list(struct list *reqs)
{
	struct blkhwq *last = NULL;

	while (!list_is_empty(reqs)) {
		struct ioreq *r = list_first_entry(reqs, struct ioreq, link);
		struct blkhwq *q;

		list_del(&r->link);
		q = add_here(r);
		if (last && q != last)
			blkhwq_run(last);
		last = q;
	}
	if (last)
		blkhwq_run(last);
}

/* ---- time-outs and resets ---- */

/* Is a command overdue? *next: when the earliest of the others will be, 0: none. */
static bool look_overdue(struct blkhwq *q, nsec_t now, nsec_t *next)
{
	u64 flags = spin_lock_irqsave(&q->lock);
	bool overdue = false;

	*next = 0;
	for (u32 i = 0; i < q->disk->limits.depth; i++) {
		struct blkcmd *c = &q->cmds[i];

		if (c->state != CMD_STARTED)
			continue;
		if (c->deadline <= now)
			overdue = true;
		else if (!*next || c->deadline < *next)
			*next = c->deadline;
	}
	spin_unlock_irqrestore(&q->lock, flags);
	return overdue;
}

void blkhwq_timer(struct timeout *t)
{
	struct blkhwq *q = container_of(t, struct blkhwq, timer);
	nsec_t now = clock_ns(), next;

	if (look_overdue(q, now, &next)) {
		q->disk->ops->poll(q);
		if (look_overdue(q, now, &next)) {
			kwarn("%s: a command takes longer than %lu s, resetting", q->disk->name,
			      q->disk->limits.timeout_ns / NSEC_PER_SEC);
			workpool_queue(workpool_long, &q->disk->reset_work);
			return;
		}
	}
	if (next)
		timeout_arm(t, next);
}

void blkqueue_set_timeout(struct blkdisk *d, nsec_t ns)
{
	WRITE_ONCE(d->limits.timeout_ns, ns);
	/* Timers stay armed for longer than a command takes: they must not sleep past the new ones. */
	for (u32 i = 0; i < d->limits.nr_hwq; i++)
		timeout_arm(&d->hwqs[i].timer, clock_ns() + ns);
}

/* After a reset the driver knows of no command: all go round again, or fail. */
static void reclaim_started(struct blkhwq *q, int error)
{
	LIST_HEAD(failed);
	LIST_HEAD(none);
	u64 flags = spin_lock_irqsave(&q->lock);

	for (u32 i = 0; i < q->disk->limits.depth; i++) {
		struct blkcmd *c = &q->cmds[i];

		if (c->state != CMD_STARTED)
			continue;
		WRITE_ONCE(c->state, CMD_WAITING);
		atomic_dec(&q->disk->inflight);
		c->error = error ? error : -ETIMEDOUT;
		list_add_tail(&c->link, error || ++c->retries > RETRIES ? &failed : &q->again);
	}
	spin_unlock_irqrestore(&q->lock, flags);
	end_failed(q, &failed, &none);
}

/* With `stopped` raised: whoever was past the test has started its commands now. */
static void drain_starters(struct blkdisk *d)
{
	for (u32 i = 0; i < d->limits.nr_hwq; i++) {
		u64 flags = spin_lock_irqsave(&d->hwqs[i].lock);

		spin_unlock_irqrestore(&d->hwqs[i].lock, flags);
	}
}

void blkdisk_hold(struct blkdisk *d)
{
	atomic_inc(&d->stopped);
	drain_starters(d);
}

void blkdisk_forgotten(struct blkdisk *d, int error)
{
	if (error)
		WRITE_ONCE(d->is_dead, true);
	for (u32 i = 0; i < d->limits.nr_hwq; i++)
		reclaim_started(&d->hwqs[i], error ? -EIO : 0);
	blkdisk_go(d);
}

void blkdisk_reset_work(struct workitem *w)
{
	struct blkdisk *d = container_of(w, struct blkdisk, reset_work);
	int err;

	blkdisk_hold(d);
	err = d->ops->reset(d);
	if (err)
		kerr("%s: reset failed (%d): given up", d->name, err);
	blkdisk_forgotten(d, err);
}

void blkqueue_fail_all(struct blkdisk *d)
{
	drain_starters(d);
	for (u32 i = 0; i < d->limits.nr_hwq; i++)
		reclaim_started(&d->hwqs[i], -ENODEV);
	for (u32 i = 0; i < d->limits.nr_hwq; i++)
		blkhwq_run(&d->hwqs[i]);
}

void blkdisk_stop(struct blkdisk *d)
{
	atomic_inc(&d->stopped);
	drain_starters(d);
	waitq_wait(&d->idle, atomic_read(&d->inflight) == 0);
}

void blkdisk_go(struct blkdisk *d)
{
	if (!atomic_dec_and_test(&d->stopped))
		return;
	for (u32 i = 0; i < d->limits.nr_hwq; i++)
		blkhwq_run(&d->hwqs[i]);
}

/* ---- making and freeing ---- */

static int make_hwq(struct blkdisk *d, u32 index)
{
	struct blkhwq *q = &d->hwqs[index];
	u32 depth = d->limits.depth;

	q->disk = d;
	q->index = index;
	spin_init(&q->lock, LOCKRANK_BLKHWQ);
	list_init(&q->again);
	timeout_init(&q->timer, blkhwq_timer, 0);
	q->pending = kmem_calloc(DIV_ROUND_UP(cpu_count_possible, 64), sizeof(u64), ALLOC_KERNEL);
	q->free_tags = kmem_calloc(depth, sizeof(u32), ALLOC_KERNEL);
	q->cmds = kmem_calloc(depth, sizeof(struct blkcmd), ALLOC_KERNEL);
	if (!q->pending || !q->free_tags || !q->cmds)
		return -ENOMEM;
	for (u32 i = 0; i < depth; i++) {
		struct blkcmd *c = &q->cmds[i];

		c->hwq = q;
		c->tag = i;
		c->pdu = kmem_zalloc(max(d->limits.pdu_bytes, 8u), ALLOC_KERNEL);
		if (!c->pdu)
			return -ENOMEM;
		/* The lowest tags are taken first: their memory is warm. */
		q->free_tags[i] = depth - 1 - i;
	}
	q->nfree = depth;
	return 0;
}

int blkqueue_create(struct blkdisk *d)
{
	int err = 0;

	if (!d->limits.nr_hwq)
		return 0;
	d->swqs = kmem_calloc(cpu_count_possible, sizeof(*d->swqs), ALLOC_KERNEL);
	d->hwqs = kmem_calloc(d->limits.nr_hwq, sizeof(*d->hwqs), ALLOC_KERNEL);
	if (!d->swqs || !d->hwqs)
		err = -ENOMEM;
	for (u32 i = 0; i < cpu_count_possible && !err; i++) {
		d->swqs[i] = kmem_zalloc(sizeof(struct blkswq), ALLOC_KERNEL);
		if (!d->swqs[i])
			err = -ENOMEM;
		else
			spin_init(&d->swqs[i]->lock, LOCKRANK_BLKSWQ);
		if (!err)
			list_init(&d->swqs[i]->reqs);
	}
	for (u32 i = 0; i < d->limits.nr_hwq && !err; i++)
		err = make_hwq(d, i);
	if (err)
		blkqueue_destroy(d);
	return err;
}

static void free_hwq(struct blkhwq *q, u32 depth)
{
	if (!q->disk)
		return;
	timeout_cancel_sync(&q->timer);
	for (u32 i = 0; q->cmds && i < depth; i++)
		kmem_free(q->cmds[i].pdu);
	kmem_free(q->cmds);
	kmem_free(q->free_tags);
	kmem_free(q->pending);
}

void blkqueue_destroy(struct blkdisk *d)
{
	for (u32 i = 0; d->hwqs && i < d->limits.nr_hwq; i++)
		free_hwq(&d->hwqs[i], d->limits.depth);
	for (u32 i = 0; d->swqs && i < cpu_count_possible; i++)
		kmem_free(d->swqs[i]);
	kmem_free(d->hwqs);
	kmem_free(d->swqs);
	d->hwqs = NULL;
	d->swqs = NULL;
}
