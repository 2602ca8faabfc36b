// SPDX-License-Identifier: GPL-2.0-only
/*
 * Work queues.
 *
 * A pool has one queue for each CPU, or a single one if it is unbound; a queue has
 * its items and its workers (kernel threads). As many workers as may run (one on a
 * bound queue, one for each CPU on an unbound one) take items; when one of them
 * blocks in an item, sched_block() tells us and another takes over. Missing workers
 * are made by one manager thread, so queueing never allocates; workers that had
 * nothing to do for IDLE_NS end, but for the last one of a queue.
 *
 * An item is never run by two workers at once: it goes back to the queue where it
 * runs, and workers of one queue step over an item that another of them runs. Its state
 * word holds PENDING and the queue it was last on.
 *
 * Lock order: queue lock (LOCKRANK_WORKQ) > manager lock, wait queues, scheduler.
 */
#include <asm/cpu.h>
#include <tern/base/initcall.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/irq.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/thread.h>
#include <tern/mm/slab.h>

#include "workq_impl.h"

#define IDLE_NS		(300 * NSEC_PER_SEC)
#define ACTIVE_BOUND	256u	/* workers of a queue at most */
#define ACTIVE_UNBOUND	512u

struct poolworker {
	struct list link;	/* in idle or busy */
	struct workq *q;	/* I */
	struct thread *thread;	/* I */
	struct workitem *item;	/* being run; address only */
	bool is_idle;
};

struct workq {
	struct spin lock;	/* protects all below */
	struct list items, idle, busy;
	u32 nworkers, nidle, nrunning;	/* running: busy and not blocked */
	bool is_wanted;		/* in the manager's list */
	bool is_dying;
	struct list want_link;
	struct workpool *pool;	/* I */
	u32 cpu;		/* I CPU_ANY: unbound */
	struct waitq done;	/* an item ended, a worker ended */
};

struct workpool {
	const char *name;
	bool is_unbound;
	u32 max_workers, nqueues;
	struct workq queues[];
};

#define CPU_ANY		(~0u)

struct workpool *workpool_system, *workpool_long;

static struct spin manager_lock = SPIN_INIT(LOCKRANK_WAITQ);	/* protects wanted */
static LIST_HEAD(wanted);
static struct thread *manager;

static u32 may_run(const struct workq *q)
{
	return q->cpu == CPU_ANY ? cpu_count_online : 1;
}

static struct workq *queue_of(const struct workitem *w)
{
	return (struct workq *)(READ_ONCE(w->state) & ~WORK_BITS);
}

static bool is_pending(const struct workitem *w)
{
	return READ_ONCE(w->state) & WORK_PENDING;
}

void workitem_init(struct workitem *w, void (*fn)(struct workitem *w))
{
	list_init(&w->link);
	w->fn = fn;
	w->state = 0;
}

/* ---- queue locked ---- */

static bool is_run_by_other(struct workq *q, const struct workitem *w)
{
	struct poolworker *wk;

	list_foreach(wk, &q->busy, link)
		if (wk->item == w)
			return true;
	return false;
}

static void ask_manager(struct workq *q)
{
	u64 flags;

	if (q->is_wanted || q->nworkers >= q->pool->max_workers)
		return;
	flags = spin_lock_irqsave(&manager_lock);
	q->is_wanted = true;
	list_add_tail(&q->want_link, &wanted);
	if (manager)
		thread_wake(manager);
	spin_unlock_irqrestore(&manager_lock, flags);
}

/* There may be something to do: see that somebody does it. */
static void staff(struct workq *q)
{
	struct poolworker *wk;

	if (list_is_empty(&q->items) || q->nrunning >= may_run(q))
		return;
	if (list_is_empty(&q->idle)) {
		ask_manager(q);
		return;
	}
	wk = list_entry(q->idle.next, struct poolworker, link);
	list_move(&wk->link, &q->busy);
	wk->is_idle = false;
	q->nidle--;
	q->nrunning++;
	thread_wake(wk->thread);
}

static struct workitem *take_item(struct workq *q)
{
	struct workitem *w;

	list_foreach(w, &q->items, link) {
		if (is_run_by_other(q, w))
			continue;
		list_del_init(&w->link);
		WRITE_ONCE(w->state, (u64)q);
		return w;
	}
	return NULL;
}

/* ---- workers ---- */

/* True if the worker ends. Queue locked on entry and exit. */
static bool worker_idle(struct poolworker *wk, u64 *flags)
{
	struct workq *q = wk->q;
	bool is_last = q->nworkers == 1;
	int err;

	list_move(&wk->link, &q->idle);
	wk->is_idle = true;
	q->nidle++;
	q->nrunning--;
	xchg(&wk->thread->t_state, THREAD_SLEEPING);
	spin_unlock_irqrestore(&q->lock, *flags);
	err = sched_block_until(is_last ? WAIT_FOREVER : deadline_after(IDLE_NS));
	*flags = spin_lock_irqsave(&q->lock);
	if (!wk->is_idle)
		return false;
	if (q->is_dying || (err == -ETIMEDOUT && q->nworkers > 1)) {
		q->nidle--;
		return true;
	}
	/* Woken for nothing: as if busy for a moment. */
	list_move(&wk->link, &q->busy);
	wk->is_idle = false;
	q->nidle--;
	q->nrunning++;
	return false;
}

static void worker_run(struct poolworker *wk, struct workitem *w, u64 *flags)
{
	struct workq *q = wk->q;
	void (*fn)(struct workitem *w) = w->fn;

	wk->item = w;
	staff(q);
	spin_unlock_irqrestore(&q->lock, *flags);
	fn(w);
	if (unlikely(preempt_count())) {
		kerr("work %p returned with preempt count %#x", fn, preempt_count());
		kpanic("work left a lock held");
	}
	sched_check();
	*flags = spin_lock_irqsave(&q->lock);
	wk->item = NULL;
	if (!waitq_is_empty(&q->done))
		waitq_wake_all(&q->done);
}

static int worker_main(void *arg)
{
	struct poolworker *wk = arg;
	struct workq *q = wk->q;
	u64 flags = spin_lock_irqsave(&q->lock);

	for (;;) {
		struct workitem *w = q->nrunning > may_run(q) ? NULL : take_item(q);

		if (w)
			worker_run(wk, w, &flags);
		else if (worker_idle(wk, &flags))
			break;
	}
	list_del(&wk->link);
	q->nworkers--;
	thread_self()->t_flags &= ~TF_WORKER;
	if (!waitq_is_empty(&q->done))
		waitq_wake_all(&q->done);
	spin_unlock_irqrestore(&q->lock, flags);
	kmem_free(wk);
	return 0;
}

/* The only worker record that a thread needs to find: its own, by walking busy. */
static struct poolworker *worker_self(struct workq *q)
{
	struct poolworker *wk;

	list_foreach(wk, &q->busy, link)
		if (wk->thread == thread_self())
			return wk;
	return NULL;
}

bool workq_block_begin(struct thread *self)
{
	struct workq *q = self->t_workq;
	u64 flags = spin_lock_irqsave(&q->lock);
	bool is_busy = worker_self(q) != NULL;

	if (is_busy) {
		q->nrunning--;
		staff(q);
	}
	spin_unlock_irqrestore(&q->lock, flags);
	return is_busy;
}

void workq_block_end(struct thread *self)
{
	struct workq *q = self->t_workq;
	u64 flags = spin_lock_irqsave(&q->lock);

	q->nrunning++;
	spin_unlock_irqrestore(&q->lock, flags);
}

/* ---- the manager ---- */

static int add_worker(struct workq *q)
{
	struct poolworker *wk = kmem_zalloc(sizeof(*wk), ALLOC_KERNEL);
	struct thread *t;
	u64 flags;

	if (!wk)
		return -ENOMEM;
	if (q->cpu == CPU_ANY)
		t = kthread_create(worker_main, wk, "kwork/u-%s", q->pool->name);
	else
		t = kthread_create(worker_main, wk, "kwork/%u-%s", q->cpu, q->pool->name);
	if (IS_ERR(t)) {
		kmem_free(wk);
		return PTR_ERR(t);
	}
	wk->q = q;
	wk->thread = t;
	t->t_workq = q;
	t->t_flags |= TF_WORKER;
	if (q->cpu != CPU_ANY)
		kthread_pin(t, q->cpu);
	flags = spin_lock_irqsave(&q->lock);
	list_add(&wk->link, &q->busy);
	q->nworkers++;
	q->nrunning++;
	spin_unlock_irqrestore(&q->lock, flags);
	thread_wake_new(t);
	thread_put(t);
	return 0;
}

static struct workq *next_wanted(void)
{
	u64 flags = spin_lock_irqsave(&manager_lock);
	struct workq *q = NULL;

	if (list_is_empty(&wanted)) {
		xchg(&thread_self()->t_state, THREAD_SLEEPING);
	} else {
		q = list_entry(wanted.next, struct workq, want_link);
		list_del_init(&q->want_link);
	}
	spin_unlock_irqrestore(&manager_lock, flags);
	return q;
}

static void serve_queue(struct workq *q)
{
	bool is_needed;
	u64 flags = spin_lock_irqsave(&q->lock);

	q->is_wanted = false;
	is_needed = !list_is_empty(&q->items) && list_is_empty(&q->idle) &&
		    q->nrunning < may_run(q) && !q->is_dying;
	spin_unlock_irqrestore(&q->lock, flags);
	if (!is_needed || !add_worker(q))
		return;
	/* No memory: once more when there may be some. */
	sched_sleep_until(deadline_after(20 * NSEC_PER_MSEC));
	flags = spin_lock_irqsave(&q->lock);
	staff(q);
	spin_unlock_irqrestore(&q->lock, flags);
}

static int manager_main(void *unused)
{
	for (;;) {
		struct workq *q = next_wanted();

		if (q)
			serve_queue(q);
		else
			sched_block();
	}
	return 0;
}

static int workq_start(void)
{
	struct thread *t = kthread_create(manager_main, NULL, "kworkd");
	u64 flags;

	if (IS_ERR(t))
		return PTR_ERR(t);
	flags = spin_lock_irqsave(&manager_lock);
	manager = t;
	spin_unlock_irqrestore(&manager_lock, flags);
	thread_wake_new(t);
	return 0;
}
INITCALL(CORE, workq_start);

/* ---- items ---- */

static struct workq *choose(struct workpool *p, u32 cpu)
{
	if (p->is_unbound)
		return &p->queues[0];
	return &p->queues[cpu != CPU_ANY && cpu_is_online(cpu) ? cpu : cpu_self()];
}

/* PENDING is ours. */
void workq_insert(struct workpool *p, struct workitem *w, u32 cpu)
{
	struct workq *last = queue_of(w), *q;
	u64 flags;

	preempt_disable();
	q = choose(p, cpu);
	if (last && last != q && last->pool == p) {
		flags = spin_lock_irqsave(&last->lock);
		if (is_run_by_other(last, w))
			q = last;
		spin_unlock_irqrestore(&last->lock, flags);
	}
	flags = spin_lock_irqsave(&q->lock);
	WRITE_ONCE(w->state, (u64)q | WORK_PENDING);
	list_add_tail(&w->link, &q->items);
	staff(q);
	spin_unlock_irqrestore(&q->lock, flags);
	preempt_enable();
}

bool workpool_queue_on(struct workpool *p, struct workitem *w, u32 cpu)
{
	if (bit_test_and_set(0, &w->state))
		return false;
	workq_insert(p, w, cpu);
	return true;
}

bool workpool_queue(struct workpool *p, struct workitem *w)
{
	return workpool_queue_on(p, w, CPU_ANY);
}

bool workitem_unqueue(struct workitem *w)
{
	for (;;) {
		struct workq *q = queue_of(w);
		bool is_mine;
		u64 flags;

		if (!is_pending(w))
			return false;
		if (!q) {		/* on its way to its first queue */
			cpu_relax();
			continue;
		}
		flags = spin_lock_irqsave(&q->lock);
		is_mine = READ_ONCE(w->state) == ((u64)q | WORK_PENDING) && w->link.next &&
			  !list_is_empty(&w->link);
		if (is_mine) {
			list_del_init(&w->link);
			WRITE_ONCE(w->state, (u64)q);
		}
		spin_unlock_irqrestore(&q->lock, flags);
		if (is_mine)
			return true;
		cpu_relax();
	}
}

static bool is_running(struct workq *q, struct workitem *w)
{
	u64 flags = spin_lock_irqsave(&q->lock);
	bool r = is_run_by_other(q, w);

	spin_unlock_irqrestore(&q->lock, flags);
	return r;
}

bool workitem_cancel_sync(struct workitem *w)
{
	bool was_queued = false;
	struct workq *q;

	might_sleep();
	do {
		was_queued |= workitem_unqueue(w);
		q = queue_of(w);
		if (q)
			waitq_wait(&q->done, !is_running(q, w));
	} while (is_pending(w));
	return was_queued;
}

void workitem_flush(struct workitem *w)
{
	struct workq *q = queue_of(w);

	might_sleep();
	if (q)
		waitq_wait(&q->done, !is_pending(w) && !is_running(q, w));
}

/* ---- pools ---- */

static void workq_setup(struct workq *q, struct workpool *p, u32 cpu)
{
	spin_init(&q->lock, LOCKRANK_WORKQ);
	list_init(&q->items);
	list_init(&q->idle);
	list_init(&q->busy);
	list_init(&q->want_link);
	waitq_init(&q->done);
	q->pool = p;
	q->cpu = cpu;
}

struct workpool *workpool_create(const char *name, bool is_unbound, u32 max_active)
{
	u32 n = is_unbound ? 1 : cpu_count_possible;
	struct workpool *p = kmem_zalloc(sizeof(*p) + n * sizeof(p->queues[0]), ALLOC_KERNEL);

	if (!p)
		return NULL;
	p->name = name;
	p->is_unbound = is_unbound;
	p->nqueues = n;
	p->max_workers = max_active ? max_active : is_unbound ? ACTIVE_UNBOUND : ACTIVE_BOUND;
	for (u32 i = 0; i < n; i++)
		workq_setup(&p->queues[i], p, is_unbound ? CPU_ANY : i);
	return p;
}

static bool is_quiet(struct workq *q)
{
	u64 flags = spin_lock_irqsave(&q->lock);
	bool r = list_is_empty(&q->items);
	struct poolworker *wk;

	list_foreach(wk, &q->busy, link)
		r = r && !wk->item;
	spin_unlock_irqrestore(&q->lock, flags);
	return r;
}

void workpool_flush(struct workpool *p)
{
	might_sleep();
	for (u32 i = 0; i < p->nqueues; i++)
		waitq_wait(&p->queues[i].done, is_quiet(&p->queues[i]));
}

static bool is_deserted(struct workq *q)
{
	struct poolworker *wk;
	u64 flags = spin_lock_irqsave(&q->lock);
	bool r = !q->nworkers && !q->is_wanted;

	q->is_dying = true;
	list_foreach(wk, &q->idle, link)
		thread_wake(wk->thread);
	spin_unlock_irqrestore(&q->lock, flags);
	return r;
}

void workpool_destroy(struct workpool *p)
{
	workpool_flush(p);
	for (u32 i = 0; i < p->nqueues; i++)
		while (!is_deserted(&p->queues[i]))
			(void)waitq_wait_common(&p->queues[i].done, is_deserted(&p->queues[i]),
						THREAD_UNINTERRUPTIBLE, false,
						deadline_after(10 * NSEC_PER_MSEC));
	rcu_wait();	/* workers have left the queue's lock */
	kmem_free(p);
}

void workq_init(void)
{
	workpool_system = workpool_create("sys", false, 0);
	workpool_long = workpool_create("long", true, 0);
	VERIFY(workpool_system && workpool_long);
}
