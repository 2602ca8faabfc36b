// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues: made, stopped, run again. While one is stopped (frozen, quiesced) its native commands find no
 * room, and its own requests are parked in requeue_list; a worker gives those to the driver.
 *
 * Lock order: requeue_lock protects the parked; drivers are called without it.
 */
#include "block_impl.h"

#include "../runtime.h"

#include <asm/cpu.h>
#include <tern/base/err.h>
#include <tern/base/rcu.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define FLAG_BLOCKING	BIT(5)		/* BLK_MQ_F_BLOCKING: queue_rq() sleeps */
#define CPU_ANY		8192
#define BUSY_TICKS	1

#define REF_IS_ATOMIC	1UL		/* bit of percpu_count_ptr: the count is data->count, not the CPUs' */

static void parked_work(struct lx_work_struct *w);

bool lx_queue_may_sleep(const struct lx_queue *q) { return q->q.tag_set && (q->q.tag_set->flags & FLAG_BLOCKING); }

/*
 * Modules count inline, in their own code, who still uses a queue whose request has ended (scsi_mod runs the queue
 * of its device then): who freezes the queue waits for these, too.
 */
static void users_gone(struct lx_percpu_ref *ref)
{
	waitq_wake_all(&container_of(ref, struct lx_queue, q.q_usage_counter)->idle);
}

static bool is_idle(struct lx_queue *q)
{
	return !atomic_read(&q->inflight) && !READ_ONCE(q->users.count.counter);
}

/* ---- making ---- */

static void hctx_drop(struct lx_queue *q)
{
	const struct lx_blk_mq_ops *ops = q->q.mq_ops;

	for (; q->nr_hctx; q->nr_hctx--)
		if (ops->exit_hctx)
			ops->exit_hctx(&q->hctx[q->nr_hctx - 1], q->nr_hctx - 1);
	kmem_free(q->hctx);
	q->hctx = NULL;
	lx_xa_destroy(&q->q.hctx_table);
}

/* Which of the set's maps leads to a hardware queue: the first is for all commands, further ones for some. */
static unsigned short type_of(const struct lx_blk_mq_tag_set *set, u32 index)
{
	for (u32 type = 0; type < set->nr_maps; type++)
		if (index - set->map[type].queue_offset < set->map[type].nr_queues)
			return (unsigned short)type;
	return 0;
}

static int hctx_make(struct lx_queue *q, struct lx_blk_mq_tag_set *set)
{
	q->hctx = kmem_calloc(set->nr_hw_queues, sizeof(*q->hctx), ALLOC_KERNEL);
	if (!q->hctx)
		return -ENOMEM;
	for (u32 i = 0; i < set->nr_hw_queues; i++) {
		struct lx_blk_mq_hw_ctx *h = &q->hctx[i];
		int err;

		h->queue = &q->q;
		h->queue_num = i;
		h->type = type_of(set, i);
		h->flags = set->flags;
		h->tags = set->tags[i];
		h->numa_node = 0;
		h->nr_ctx = 1;
		err = set->ops->init_hctx ? set->ops->init_hctx(h, set->driver_data, i) : 0;
		if (err)
			return err;
		q->nr_hctx++;
		if (lx_xa_store(&q->q.hctx_table, i, h, ALLOC_KERNEL))
			return -ENOMEM;
	}
	q->q.nr_hw_queues = set->nr_hw_queues;
	return 0;
}

static void limits_default(struct lx_queue_limits *l)
{
	l->logical_block_size = l->physical_block_size = l->io_min = SECTOR_SIZE;
	l->max_hw_sectors = 255;
	l->max_sectors = 255;
	l->max_segments = 128;
	l->max_segment_size = 65536;
	l->max_discard_segments = 1;
	l->seg_boundary_mask = 0xffffffffUL;
	l->dma_alignment = 511;
}

struct lx_queue *lx_queue_make(struct lx_blk_mq_tag_set *set, void *data)
{
	struct lx_queue *q = kmem_zalloc(sizeof(*q), ALLOC_KERNEL);
	struct lx_request_queue *pub;
	int err;

	if (!q)
		return ERR_PTR(-ENOMEM);
	pub = &q->q;
	pub->queuedata = data;
	ref_init(&q->refs, 1);
	waitq_init(&q->idle);
	pub->requeue_list.next = pub->requeue_list.prev = &pub->requeue_list;
	pub->requeue_work.work.data.counter = 0xfffffffe0L;
	pub->requeue_work.work.entry.next = pub->requeue_work.work.entry.prev = &pub->requeue_work.work.entry;
	pub->requeue_work.work.func = parked_work;
	lx_init_timer_key(&pub->requeue_work.timer, lx_delayed_work_timer_fn, 0x200000, "requeue", NULL);
	lx___mutex_init(&pub->sysfs_lock, "queue", NULL);
	lx___mutex_init(&pub->mq_freeze_lock, "queue", NULL);
	lx___init_waitqueue_head(&pub->mq_freeze_wq, "queue", NULL);
	limits_default(&pub->limits);
	pub->node = -1;
	pub->q_usage_counter.percpu_count_ptr = REF_IS_ATOMIC;
	pub->q_usage_counter.data = &q->users;
	q->users.release = users_gone;
	pub->tag_set_list.next = pub->tag_set_list.prev = &pub->tag_set_list;
	if (!set)
		return q;
	pub->mq_ops = set->ops;
	pub->tag_set = set;
	pub->nr_requests = set->queue_depth;
	pub->rq_timeout = set->timeout ? set->timeout : 30 * HZ;
	err = hctx_make(q, set);
	if (!err) {
		lx_set_join(q);
		return q;
	}
	hctx_drop(q);
	kmem_free(q);
	return ERR_PTR(err);
}

void lx_queue_exit(struct lx_queue *q)
{
	(void)lx_cancel_delayed_work_sync(&q->q.requeue_work);
	if (!q->q.tag_set)
		return;
	lx_set_leave(q);
	hctx_drop(q);
	q->q.tag_set = NULL;
}

void lx_queue_put(struct lx_queue *q)
{
	if (!ref_put(&q->refs))
		return;
	lx_queue_exit(q);
	rcu_wait();			/* the last of its users may still be in users_gone() */
	kmem_free(q);
}

struct lx_request_queue *lx_blk_mq_init_queue(struct lx_blk_mq_tag_set *set)
{
	struct lx_queue *q = lx_queue_make(set, NULL);

	return IS_ERR(q) ? (struct lx_request_queue *)q : &q->q;
}
LX_EXPORT(blk_mq_init_queue);

bool lx_blk_get_queue(struct lx_request_queue *q)
{
	if (bit_test(QUEUE_FLAG_DYING, &q->queue_flags))
		return false;
	ref_get(&lx_queue_of(q)->refs);
	return true;
}
LX_EXPORT(blk_get_queue);

void lx_blk_put_queue(struct lx_request_queue *q) { lx_queue_put(lx_queue_of(q)); }
LX_EXPORT(blk_put_queue);

void lx_blk_mq_destroy_queue(struct lx_request_queue *q)
{
	bit_set_atomic(QUEUE_FLAG_DYING, &q->queue_flags);
	lx_blk_mq_freeze_queue(q);
	lx_queue_exit(lx_queue_of(q));
}
LX_EXPORT(blk_mq_destroy_queue);

void lx_blk_sync_queue(struct lx_request_queue *q)
{
	(void)lx_cancel_delayed_work_sync(&q->requeue_work);
	lx_blk_mq_kick_requeue_list(q);
}
LX_EXPORT(blk_sync_queue);

/* ---- stopping ---- */

bool lx_queue_enter(struct lx_queue *q)
{
	(void)atomic_add_return(&q->inflight, 1);
	if (likely(!atomic_read(&q->stops) && !READ_ONCE(q->q.pm_only.counter)))
		return true;
	lx_queue_leave(q);
	return false;
}

void lx_queue_leave(struct lx_queue *q)
{
	if (atomic_dec_and_test(&q->inflight))
		waitq_wake_if_any(&q->idle);
}

static void go(struct lx_queue *q)
{
	if (!atomic_dec_and_test(&q->stops))
		return;
	if (q->disk)
		lx_disk_restart(q->disk);
	lx_blk_mq_kick_requeue_list(&q->q);
	waitq_wake_all(&q->idle);
}

/* Only requests of power management are made until that is over. */
void lx_blk_set_pm_only(struct lx_request_queue *q) { __atomic_fetch_add(&q->pm_only.counter, 1, __ATOMIC_SEQ_CST); }
LX_EXPORT(blk_set_pm_only);

void lx_blk_clear_pm_only(struct lx_request_queue *q)
{
	struct lx_queue *lq = lx_queue_of(q);

	if (__atomic_sub_fetch(&q->pm_only.counter, 1, __ATOMIC_SEQ_CST))
		return;
	if (lq->disk)
		lx_disk_restart(lq->disk);
	waitq_wake_all(&lq->idle);
}
LX_EXPORT(blk_clear_pm_only);

void lx_blk_freeze_queue_start(struct lx_request_queue *q)
{
	if (__atomic_fetch_add(&q->mq_freeze_depth, 1, __ATOMIC_SEQ_CST) == 0)
		(void)atomic_add_return(&lx_queue_of(q)->stops, 1);
}
LX_EXPORT(blk_freeze_queue_start);

void lx_blk_mq_freeze_queue_wait(struct lx_request_queue *q)
{
	waitq_wait(&lx_queue_of(q)->idle, is_idle(lx_queue_of(q)));
}
LX_EXPORT(blk_mq_freeze_queue_wait);

int lx_blk_mq_freeze_queue_wait_timeout(struct lx_request_queue *q, unsigned long ticks)
{
	struct lx_queue *lq = lx_queue_of(q);
	nsec_t end = clock_ns() + ticks * (NSEC_PER_SEC / HZ);

	if (is_idle(lq))
		return 1;
	return waitq_wait_common(&lq->idle, is_idle(lq), THREAD_UNINTERRUPTIBLE, false, end) == 0;
}
LX_EXPORT(blk_mq_freeze_queue_wait_timeout);

void lx_blk_mq_freeze_queue(struct lx_request_queue *q)
{
	lx_blk_freeze_queue_start(q);
	lx_blk_mq_freeze_queue_wait(q);
}
LX_EXPORT(blk_mq_freeze_queue);

void lx_blk_mq_unfreeze_queue(struct lx_request_queue *q)
{
	if (__atomic_sub_fetch(&q->mq_freeze_depth, 1, __ATOMIC_SEQ_CST) == 0)
		go(lx_queue_of(q));
}
LX_EXPORT(blk_mq_unfreeze_queue);

void lx_blk_mq_quiesce_queue_nowait(struct lx_request_queue *q)
{
	if (__atomic_fetch_add(&q->quiesce_depth, 1, __ATOMIC_SEQ_CST) == 0)
		(void)atomic_add_return(&lx_queue_of(q)->stops, 1);
}
LX_EXPORT(blk_mq_quiesce_queue_nowait);

/* queue_rq() runs with preemption off, or in the worker. */
static void wait_issued(struct lx_request_queue *q)
{
	rcu_wait();
	if (lx_queue_may_sleep(lx_queue_of(q)))
		(void)lx_flush_work(&q->requeue_work.work);
}

void lx_blk_mq_wait_quiesce_done(struct lx_request_queue *q) { wait_issued(q); }
LX_EXPORT(blk_mq_wait_quiesce_done);

void lx_blk_mq_quiesce_queue(struct lx_request_queue *q)
{
	lx_blk_mq_quiesce_queue_nowait(q);
	wait_issued(q);
}
LX_EXPORT(blk_mq_quiesce_queue);

void lx_blk_mq_unquiesce_queue(struct lx_request_queue *q)
{
	int old = READ_ONCE(q->quiesce_depth);

	if (old > 0 && __atomic_sub_fetch(&q->quiesce_depth, 1, __ATOMIC_SEQ_CST) == 0)
		go(lx_queue_of(q));
}
LX_EXPORT(blk_mq_unquiesce_queue);

/* A driver stops a queue when its ring is full; it is tried again after the next completion. */
void lx_blk_mq_stop_hw_queue(struct lx_blk_mq_hw_ctx *h) { bit_set_atomic(0, &h->state); }
LX_EXPORT(blk_mq_stop_hw_queue);

void lx_blk_mq_stop_hw_queues(struct lx_request_queue *q)
{
	for (u32 i = 0; i < lx_queue_of(q)->nr_hctx; i++)
		lx_blk_mq_stop_hw_queue(&lx_queue_of(q)->hctx[i]);
}
LX_EXPORT(blk_mq_stop_hw_queues);

void lx_blk_mq_run_hw_queues(struct lx_request_queue *q, bool async)
{
	struct lx_queue *lq = lx_queue_of(q);

	if (lq->disk)
		lx_disk_restart(lq->disk);
	lx_blk_mq_kick_requeue_list(q);
}
LX_EXPORT(blk_mq_run_hw_queues);

void lx_blk_mq_run_hw_queue(struct lx_blk_mq_hw_ctx *h, bool async) { lx_blk_mq_run_hw_queues(h->queue, async); }
LX_EXPORT(blk_mq_run_hw_queue);

void lx_blk_mq_delay_run_hw_queues(struct lx_request_queue *q, unsigned long ms)
{
	struct lx_queue *lq = lx_queue_of(q);

	WRITE_ONCE(lq->is_starved, true);
	(void)lx_queue_delayed_work_on(CPU_ANY, lx_system_wq, &q->requeue_work,
				       lx___msecs_to_jiffies((unsigned int)ms));
}
LX_EXPORT(blk_mq_delay_run_hw_queues);

void lx_blk_mq_start_stopped_hw_queues(struct lx_request_queue *q, bool async)
{
	struct lx_queue *lq = lx_queue_of(q);
	bool was_stopped = false;

	for (u32 i = 0; i < lq->nr_hctx; i++)
		was_stopped |= bit_test_and_clear(0, &lq->hctx[i].state);
	if (was_stopped)
		lx_blk_mq_run_hw_queues(q, async);
}
LX_EXPORT(blk_mq_start_stopped_hw_queues);

void lx_blk_mq_start_hw_queues(struct lx_request_queue *q) { lx_blk_mq_start_stopped_hw_queues(q, false); }
LX_EXPORT(blk_mq_start_hw_queues);

/* ---- parked requests ---- */

static unsigned long parked_lock(struct lx_request_queue *q)
{
	return lx__raw_spin_lock_irqsave((struct lx_raw_spinlock *)&q->requeue_lock);
}

static void parked_unlock(struct lx_request_queue *q, unsigned long flags)
{
	lx__raw_spin_unlock_irqrestore((struct lx_raw_spinlock *)&q->requeue_lock, flags);
}

static void park(struct lx_request *rq, bool at_head)
{
	struct lx_list_head *h = &rq->q->requeue_list, *n = &rq->queuelist, *prev, *next;
	unsigned long flags = parked_lock(rq->q);

	prev = at_head ? h : h->prev;
	next = at_head ? h->next : h;
	n->prev = prev;
	n->next = next;
	prev->next = n;
	next->prev = n;
	parked_unlock(rq->q, flags);
}

static struct lx_request *unpark(struct lx_request_queue *q)
{
	unsigned long flags = parked_lock(q);
	struct lx_list_head *n = q->requeue_list.next;

	if (n == &q->requeue_list) {
		n = NULL;
	} else {
		n->prev->next = n->next;
		n->next->prev = n->prev;
		n->next = n->prev = n;
	}
	parked_unlock(q, flags);
	return n ? container_of(n, struct lx_request, queuelist) : NULL;
}

void lx_queue_park(struct lx_request *rq, unsigned long ticks)
{
	park(rq, false);
	(void)lx_queue_delayed_work_on(CPU_ANY, lx_system_wq, &rq->q->requeue_work, ticks);
}

static u8 issue(struct lx_request *rq)
{
	u64 flags;
	u8 status;

	if (lx_queue_may_sleep(lx_queue_of(rq->q)))
		return lx_request_issue(rq, true);
	preempt_disable();
	flags = irq_save();
	lx_irqs_hold();
	status = atomic_read(&lx_queue_of(rq->q)->stops) ? STATUS_RESOURCE : lx_request_issue(rq, true);
	lx_irqs_release();
	irq_restore(flags);
	preempt_enable();
	return status;
}

/* Until the list is empty, the queue is stopped or the driver has no room. */
static void parked_work(struct lx_work_struct *w)
{
	struct lx_queue *q = container_of(w, struct lx_queue, q.requeue_work.work);
	struct lx_request *rq;

	if (q->disk && xchg(&q->is_starved, false))
		lx_disk_restart(q->disk);
	while (!atomic_read(&q->stops) && (rq = unpark(&q->q))) {
		u8 status = issue(rq);

		if (status == STATUS_RESOURCE || status == STATUS_DEV_RESOURCE) {
			park(rq, true);
			if (!atomic_read(&q->stops))
				(void)lx_queue_delayed_work_on(CPU_ANY, lx_system_wq, &q->q.requeue_work, BUSY_TICKS);
			return;
		}
		if (status)
			lx_blk_mq_end_request(rq, status);
	}
}

void lx_blk_mq_delay_kick_requeue_list(struct lx_request_queue *q, unsigned long ms)
{
	(void)lx_mod_delayed_work_on(CPU_ANY, lx_system_wq, &q->requeue_work, lx___msecs_to_jiffies((unsigned int)ms));
}
LX_EXPORT(blk_mq_delay_kick_requeue_list);

void lx_blk_mq_kick_requeue_list(struct lx_request_queue *q)
{
	if (READ_ONCE(q->requeue_list.next) != &q->requeue_list)
		(void)lx_mod_delayed_work_on(CPU_ANY, lx_system_wq, &q->requeue_work, 0);
}
LX_EXPORT(blk_mq_kick_requeue_list);

int lx_kblockd_schedule_work(struct lx_work_struct *w) { return lx_queue_work_on(CPU_ANY, lx_system_wq, w); }
LX_EXPORT(kblockd_schedule_work);

void lx_blk_mq_requeue_request(struct lx_request *rq, bool kick)
{
	WRITE_ONCE(rq->state, STATE_IDLE);
	park(rq, true);
	if (kick)
		lx_blk_mq_kick_requeue_list(rq->q);
}
LX_EXPORT(blk_mq_requeue_request);
