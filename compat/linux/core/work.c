// SPDX-License-Identifier: GPL-2.0-only
/*
 * Work queues and tasklets of modules.
 *
 * A work_struct that waits stands in its queue's list; its word `data` holds the queue, and bit 0 says
 * that it is pending (modules test that bit inline). Runners, native work items, take works off the
 * list, never the same work twice at a time. An ordered queue has one runner.
 *
 * A work is forgotten before its function runs: the function may free it.
 *
 * Lock order: queue lock alone.
 */
#include "../task.h"

#include "../format.h"
#include "../runtime.h"

#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/base/preempt.h>
#include <tern/base/waitq.h>
#include <tern/kernel/irq.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/thread.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define WORK_PENDING	1UL
#define WORK_ON_QUEUE	4UL		/* the rest of data is the queue */
#define WORK_QUEUE_MASK	(~0xffUL)
#define CPU_ANY		8192
#define RUNNERS_MAX	8u
#define ORDERED_FLAGS	0x20000u	/* __WQ_ORDERED */

struct runner {
	struct workitem item;
	struct lx_workqueue_struct *wq;
	struct lx_work_struct *work;	/* that runs now, by address only */
	struct thread *thread;
};

struct lx_workqueue_struct {
	struct spin lock;		/* protects list and runners; LOCKRANK_DRIVER */
	struct lx_list_head works;
	struct waitq done;		/* a work ended */
	u64 ended;
	u32 nrunners;
	struct runner runners[RUNNERS_MAX];
	char name[24];
} __aligned(256);

static inline unsigned long *data_of(struct lx_work_struct *w) { return (unsigned long *)&w->data; }

static struct lx_workqueue_struct *queue_of(struct lx_work_struct *w)
{
	unsigned long d = READ_ONCE(*data_of(w));

	return d & WORK_ON_QUEUE ? (struct lx_workqueue_struct *)(d & WORK_QUEUE_MASK) : NULL;
}

static bool runs_locked(const struct lx_workqueue_struct *wq, const struct lx_work_struct *w)
{
	for (u32 i = 0; i < wq->nrunners; i++)
		if (wq->runners[i].work == w)
			return true;
	return false;
}

static void unlink_locked(struct lx_work_struct *w)
{
	w->entry.prev->next = w->entry.next;
	w->entry.next->prev = w->entry.prev;
	w->entry.next = w->entry.prev = &w->entry;
}

/* The first work that does not run already, off the list; NULL: none. */
static struct lx_work_struct *take_locked(struct lx_workqueue_struct *wq)
{
	for (struct lx_list_head *l = wq->works.next; l != &wq->works; l = l->next) {
		struct lx_work_struct *w = container_of(l, struct lx_work_struct, entry);

		if (runs_locked(wq, w))
			continue;
		unlink_locked(w);
		return w;
	}
	return NULL;
}

static void run_works(struct workitem *item)
{
	struct runner *r = container_of(item, struct runner, item);
	struct lx_workqueue_struct *wq = r->wq;
	struct lx_work_struct *w;
	u64 flags;

	if (lx_task_enter())
		kwarn("%s: no memory for a view of its worker", wq->name);
	flags = spin_lock_irqsave(&wq->lock);
	while ((w = take_locked(wq))) {
		void (*fn)(struct lx_work_struct *) = w->func;

		r->work = w;
		r->thread = thread_self();
		__atomic_fetch_and(data_of(w), ~WORK_PENDING, __ATOMIC_SEQ_CST);
		spin_unlock_irqrestore(&wq->lock, flags);
		fn(w);
		if (in_atomic())
			kerr("%s: work %p returned in atomic context", wq->name, fn);
		flags = spin_lock_irqsave(&wq->lock);
		r->work = NULL;
		r->thread = NULL;
		wq->ended++;
		spin_unlock_irqrestore(&wq->lock, flags);
		waitq_wake_if_any(&wq->done);
		flags = spin_lock_irqsave(&wq->lock);
	}
	spin_unlock_irqrestore(&wq->lock, flags);
}

/* Wake a runner that has nothing to do. */
static void kick(struct lx_workqueue_struct *wq)
{
	for (u32 i = 0; i < wq->nrunners; i++)
		if (!READ_ONCE(wq->runners[i].work) &&
		    workpool_queue(workpool_long, &wq->runners[i].item))
			return;
	/* All run or are queued: a runner looks at the list again when its work ends; one that
	 * was just about to leave is queued once more. */
	workpool_queue(workpool_long, &wq->runners[0].item);
}

/* @w is pending and on no list: append it. */
static void append(struct lx_workqueue_struct *wq, struct lx_work_struct *w)
{
	u64 flags = spin_lock_irqsave(&wq->lock);

	*data_of(w) = (unsigned long)wq | WORK_ON_QUEUE | WORK_PENDING;
	w->entry.prev = wq->works.prev;
	w->entry.next = &wq->works;
	wq->works.prev->next = &w->entry;
	wq->works.prev = &w->entry;
	spin_unlock_irqrestore(&wq->lock, flags);
	kick(wq);
}

static bool claim(struct lx_work_struct *w)
{
	return !(__atomic_fetch_or(data_of(w), WORK_PENDING, __ATOMIC_SEQ_CST) & WORK_PENDING);
}

bool lx_queue_work_on(int cpu, struct lx_workqueue_struct *wq, struct lx_work_struct *w)
{
	if (!claim(w))
		return false;
	append(wq, w);
	return true;
}
LX_EXPORT(queue_work_on);

bool lx_queue_work_node(int node, struct lx_workqueue_struct *wq, struct lx_work_struct *w)
{
	return lx_queue_work_on(0, wq, w);
}
LX_EXPORT(queue_work_node);

/* ---- delayed ---- */

void lx_delayed_work_timer_fn(struct lx_timer_list *t)
{
	struct lx_delayed_work *d = container_of(t, struct lx_delayed_work, timer);

	append(d->wq, &d->work);
}
LX_EXPORT(delayed_work_timer_fn);

static void start_delay(struct lx_workqueue_struct *wq, struct lx_delayed_work *d, unsigned long delay)
{
	d->wq = wq;
	if (!delay) {
		append(wq, &d->work);
		return;
	}
	*data_of(&d->work) = (unsigned long)wq | WORK_ON_QUEUE | WORK_PENDING;
	lx_mod_timer(&d->timer, lx_jiffies_now() + delay);
}

bool lx_queue_delayed_work_on(int cpu, struct lx_workqueue_struct *wq, struct lx_delayed_work *d,
			      unsigned long delay)
{
	if (!claim(&d->work))
		return false;
	start_delay(wq, d, delay);
	return true;
}
LX_EXPORT(queue_delayed_work_on);

/* Take a pending work back: from its timer or its list. True if it was there; it stays claimed. */
static bool grab(struct lx_work_struct *w, struct lx_timer_list *timer)
{
	for (;;) {
		struct lx_workqueue_struct *wq;
		bool got = false;
		u64 flags;

		if (timer && lx_timer_delete(timer))
			return true;
		if (!(READ_ONCE(*data_of(w)) & WORK_PENDING))
			return false;
		wq = queue_of(w);
		if (!wq)
			return false;
		flags = spin_lock_irqsave(&wq->lock);
		if ((*data_of(w) & WORK_PENDING) && READ_ONCE(w->entry.next) != &w->entry) {
			unlink_locked(w);
			got = true;
		}
		spin_unlock_irqrestore(&wq->lock, flags);
		if (got)
			return true;
		cpu_relax();	/* between timer and list: on its way */
	}
}

bool lx_mod_delayed_work_on(int cpu, struct lx_workqueue_struct *wq, struct lx_delayed_work *d,
			    unsigned long delay)
{
	bool was = grab(&d->work, &d->timer);

	if (!was && !claim(&d->work))
		return true;	/* queued by somebody else meanwhile */
	start_delay(wq, d, delay);
	return was;
}
LX_EXPORT(mod_delayed_work_on);

/* ---- waiting ---- */

static bool is_running(struct lx_workqueue_struct *wq, struct lx_work_struct *w, bool or_queued)
{
	u64 flags = spin_lock_irqsave(&wq->lock);
	bool runs = runs_locked(wq, w);

	if (or_queued && (*data_of(w) & WORK_PENDING) && w->entry.next != &w->entry)
		runs = true;
	spin_unlock_irqrestore(&wq->lock, flags);
	return runs;
}

bool lx_flush_work(struct lx_work_struct *w)
{
	struct lx_workqueue_struct *wq = queue_of(w);

	if (!wq || !is_running(wq, w, true))
		return false;
	waitq_wait(&wq->done, !is_running(wq, w, true));
	return true;
}
LX_EXPORT(flush_work);

static bool cancel(struct lx_work_struct *w, struct lx_timer_list *timer, bool wait)
{
	struct lx_workqueue_struct *wq = queue_of(w);
	bool was = grab(w, timer);

	if (wq && wait)
		waitq_wait(&wq->done, !is_running(wq, w, false));
	if (was)
		__atomic_fetch_and(data_of(w), ~WORK_PENDING, __ATOMIC_SEQ_CST);
	return was;
}

bool lx_cancel_work_sync(struct lx_work_struct *w) { return cancel(w, NULL, true); }
LX_EXPORT(cancel_work_sync);
bool lx_cancel_work(struct lx_work_struct *w) { return cancel(w, NULL, false); }
LX_EXPORT(cancel_work);
bool lx_cancel_delayed_work(struct lx_delayed_work *d) { return cancel(&d->work, &d->timer, false); }
LX_EXPORT(cancel_delayed_work);
bool lx_cancel_delayed_work_sync(struct lx_delayed_work *d) { return cancel(&d->work, &d->timer, true); }
LX_EXPORT(cancel_delayed_work_sync);

bool lx_flush_delayed_work(struct lx_delayed_work *d)
{
	if (lx_timer_delete(&d->timer))
		append(d->wq, &d->work);
	return lx_flush_work(&d->work);
}
LX_EXPORT(flush_delayed_work);

static bool is_idle(struct lx_workqueue_struct *wq)
{
	u64 flags = spin_lock_irqsave(&wq->lock);
	bool idle = wq->works.next == &wq->works;

	for (u32 i = 0; i < wq->nrunners; i++)
		idle &= !wq->runners[i].work;
	spin_unlock_irqrestore(&wq->lock, flags);
	return idle;
}

void lx___flush_workqueue(struct lx_workqueue_struct *wq)
{
	waitq_wait(&wq->done, is_idle(wq));
}
LX_EXPORT(__flush_workqueue);

void lx_drain_workqueue(struct lx_workqueue_struct *wq)
{
	lx___flush_workqueue(wq);
}
LX_EXPORT(drain_workqueue);

unsigned int lx_work_busy(struct lx_work_struct *w)
{
	struct lx_workqueue_struct *wq = queue_of(w);

	return (*data_of(w) & WORK_PENDING ? 1 : 0) | (wq && is_running(wq, w, false) ? 2 : 0);
}
LX_EXPORT(work_busy);

/* ---- queues ---- */

static void queue_setup(struct lx_workqueue_struct *wq, u32 nrunners)
{
	spin_init(&wq->lock, LOCKRANK_DRIVER);
	wq->works.next = wq->works.prev = &wq->works;
	waitq_init(&wq->done);
	wq->nrunners = nrunners;
	for (u32 i = 0; i < nrunners; i++) {
		wq->runners[i].wq = wq;
		workitem_init(&wq->runners[i].item, run_works);
	}
}

struct lx_workqueue_struct *lx_alloc_workqueue(const char *fmt, unsigned int flags, int max_active, ...)
{
	/* Sizes that are powers of two are aligned to themselves. */
	struct lx_workqueue_struct *wq = kmem_zalloc(sizeof(*wq) <= 1024 ? 1024 : 2048, ALLOC_KERNEL);
	va_list ap;

	static_assert(sizeof(*wq) <= 2048, "alignment");
	if (!wq)
		return NULL;
	va_start(ap, max_active);
	lx_vformat(wq->name, sizeof(wq->name), fmt, ap);
	va_end(ap);
	queue_setup(wq, (flags & ORDERED_FLAGS) || max_active == 1 ? 1 : RUNNERS_MAX);
	return wq;
}
LX_EXPORT(alloc_workqueue);

void lx_destroy_workqueue(struct lx_workqueue_struct *wq)
{
	lx___flush_workqueue(wq);
	for (u32 i = 0; i < wq->nrunners; i++)
		(void)workitem_cancel_sync(&wq->runners[i].item);
	kmem_free(wq);
}
LX_EXPORT(destroy_workqueue);

static struct lx_workqueue_struct system_queues[4] = {
	{ .name = "events" }, { .name = "events_long" }, { .name = "events_highpri" },
	{ .name = "events_freezable" },
};
struct lx_workqueue_struct *lx_system_wq = &system_queues[0];
LX_EXPORT_DATA(system_wq);
static struct lx_workqueue_struct *lx_system_power_efficient_wq = &system_queues[0];
LX_EXPORT_DATA(system_power_efficient_wq);
static struct lx_workqueue_struct *lx_system_long_wq = &system_queues[1];
LX_EXPORT_DATA(system_long_wq);
struct lx_workqueue_struct *lx_system_unbound_wq = &system_queues[1];
LX_EXPORT_DATA(system_unbound_wq);
static struct lx_workqueue_struct *lx_system_highpri_wq = &system_queues[2];
LX_EXPORT_DATA(system_highpri_wq);
struct lx_workqueue_struct *lx_system_freezable_wq = &system_queues[3];
LX_EXPORT_DATA(system_freezable_wq);

/* ---- tasklets ---- */

#define TASKLET_QUEUED	0u
#define TASKLET_RUNS	1u

static DEFINE_PERCPU(struct lx_tasklet_struct *, tasklets);

static void tasklet_enqueue(struct lx_tasklet_struct *t)
{
	u64 flags = irq_save();

	t->next = this_cpu_read(tasklets);
	this_cpu_write(tasklets, t);
	softirq_raise(SOFTIRQ_TASKLET);
	irq_restore(flags);
}

static void tasklet_run(struct lx_tasklet_struct *t)
{
	if (bit_test_and_set(TASKLET_RUNS, &t->state) || READ_ONCE(t->count.counter)) {
		if (READ_ONCE(t->count.counter))
			bit_clear_atomic(TASKLET_RUNS, &t->state);
		tasklet_enqueue(t);	/* runs elsewhere, or is disabled: later */
		return;
	}
	bit_clear_atomic(TASKLET_QUEUED, &t->state);
	if (t->use_callback)
		t->callback(t);
	else
		t->func(t->data);
	bit_clear_atomic(TASKLET_RUNS, &t->state);
}

static void tasklet_softirq(void)
{
	struct lx_tasklet_struct *list, *next;
	u64 flags = irq_save();

	list = this_cpu_read(tasklets);
	this_cpu_write(tasklets, NULL);
	irq_restore(flags);
	for (; list; list = next) {
		next = list->next;
		tasklet_run(list);
	}
}

void lx___tasklet_schedule(struct lx_tasklet_struct *t) { tasklet_enqueue(t); }
LX_EXPORT(__tasklet_schedule);
void lx___tasklet_hi_schedule(struct lx_tasklet_struct *t) { tasklet_enqueue(t); }
LX_EXPORT(__tasklet_hi_schedule);

void lx_tasklet_init(struct lx_tasklet_struct *t, void (*fn)(unsigned long), unsigned long data)
{
	*t = (struct lx_tasklet_struct){ .func = fn, .data = data };
}
LX_EXPORT(tasklet_init);

void lx_tasklet_setup(struct lx_tasklet_struct *t, void (*fn)(struct lx_tasklet_struct *))
{
	*t = (struct lx_tasklet_struct){ .callback = fn, .use_callback = true };
}
LX_EXPORT(tasklet_setup);

void lx_tasklet_unlock_wait(struct lx_tasklet_struct *t)
{
	while (bit_test(TASKLET_RUNS, &t->state))
		sched_yield_cpu();
}
LX_EXPORT(tasklet_unlock_wait);

void lx_tasklet_kill(struct lx_tasklet_struct *t)
{
	while (bit_test_and_set(TASKLET_QUEUED, &t->state))
		sched_yield_cpu();
	lx_tasklet_unlock_wait(t);
	bit_clear_atomic(TASKLET_QUEUED, &t->state);
}
LX_EXPORT(tasklet_kill);

int lx_execute_in_process_context(void (*fn)(struct lx_work_struct *), struct lx_execute_work *ew)
{
	if (!in_interrupt()) {
		fn(&ew->work);
		return 0;
	}
	ew->work.data.counter = 0xfffffffe0L;
	ew->work.entry.next = ew->work.entry.prev = &ew->work.entry;
	ew->work.func = fn;
	(void)lx_queue_work_on(CPU_ANY, lx_system_wq, &ew->work);
	return 1;
}
LX_EXPORT(execute_in_process_context);

static int work_init(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(system_queues); i++)
		queue_setup(&system_queues[i], RUNNERS_MAX);
	softirq_register(SOFTIRQ_TASKLET, tasklet_softirq);
	return 0;
}
INITCALL(CORE, work_init);
