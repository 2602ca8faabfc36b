// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sleeping and waking.
 *
 * Module code sets its state in its task_struct (set_current_state() is inline) and calls
 * schedule(); a waker sets that state to running and wakes the native thread. Whichever comes
 * first, the sleeper sees it: it publishes its native state, then looks at the vendor's state
 * once more before it blocks.
 *
 * Wait queues are the vendor's structure, since modules test them inline. Locks and completions
 * sleep with lx_sleep_for(), on a list of struct sleeper inside the vendor's list head.
 *
 * Lock order: a queue's own lock > native locks of thread_wake().
 */
#include "../task.h"
#include "../wait.h"

#include <asm/cpu.h>
#include <tern/base/err.h>
#include <tern/base/preempt.h>
#include <tern/base/upcall.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/sched.h>
#include <tern/kernel/thread.h>

#define TASK_INTERRUPTIBLE	1u
#define TASK_UNINTERRUPTIBLE	2u
#define TASK_WAKEKILL		0x100u
#define WQ_FLAG_EXCLUSIVE	1u
#define LX_ERESTARTSYS		512
#define FOREVER			S64_MAX
#define NS_PER_JIFFY		(NSEC_PER_SEC / HZ)

/* ---- lists in the vendor's form ---- */

static void link_between(struct lx_list_head *n, struct lx_list_head *prev, struct lx_list_head *next)
{
	n->prev = prev;
	n->next = next;
	prev->next = n;
	next->prev = n;
}

static void unlink(struct lx_list_head *n)
{
	n->prev->next = n->next;
	n->next->prev = n->prev;
	n->next = n->prev = n;
}

static bool is_empty(const struct lx_list_head *h)
{
	return READ_ONCE(h->next) == h;
}

/* ---- locks and completions ---- */

struct sleeper {
	struct lx_list_head link;	/* first */
	struct thread *thread;
};

static bool must_give_up(u32 state)
{
	return (state == THREAD_SLEEPING && signal_is_pending()) ||
	       (state == THREAD_KILLABLE && signal_is_fatal_pending());
}

static u64 word_lock(spinword *w)
{
	u64 flags = irq_save();

	preempt_disable();
	spinword_lock(w);
	return flags;
}

static void word_unlock(spinword *w, u64 flags)
{
	spinword_unlock(w);
	irq_restore(flags);
	preempt_enable();
}

int lx_sleep_until(spinword *lock, struct lx_list_head *list, u32 state, bool (*get)(void *arg),
		   void *arg, u64 *flag, u64 bit, nsec_t deadline)
{
	struct thread *self = thread_self();
	struct sleeper s = { .thread = self };
	u64 irq = word_lock(lock);
	int err = 0;

	link_between(&s.link, list->prev, list);
	for (;;) {
		if (flag)
			__atomic_fetch_or(flag, bit, __ATOMIC_SEQ_CST);
		xchg(&self->t_state, state);
		if (get(arg))
			break;
		if (err || must_give_up(state)) {
			err = err ? err : -EINTR;
			break;
		}
		word_unlock(lock, irq);
		err = sched_block_until(deadline);
		irq = word_lock(lock);
	}
	WRITE_ONCE(self->t_state, THREAD_RUNNING);
	unlink(&s.link);
	if (flag && is_empty(list))
		__atomic_fetch_and(flag, ~bit, __ATOMIC_SEQ_CST);
	word_unlock(lock, irq);
	return err;
}

int lx_sleep_for(spinword *lock, struct lx_list_head *list, u32 state, bool (*get)(void *arg),
		 void *arg, u64 *flag, u64 bit)
{
	return lx_sleep_until(lock, list, state, get, arg, flag, bit, WAIT_FOREVER);
}

void lx_wake_sleeper(spinword *lock, struct lx_list_head *list, u32 n)
{
	u64 irq = word_lock(lock);

	for (struct lx_list_head *l = list->next; l != list; l = l->next) {
		thread_wake(((struct sleeper *)l)->thread);
		if (n && !--n)
			break;
	}
	word_unlock(lock, irq);
}

/* ---- completions ---- */

#define DONE_FOR_GOOD	U32_MAX

static inline spinword *completion_lock(struct lx_completion *c) { return (spinword *)&c->wait.lock; }

void lx___init_swait_queue_head(struct lx_swait_queue_head *q, const char *name,
				struct lx_lock_class_key *key)
{
	q->lock = (__typeof__(q->lock)){ 0 };
	q->task_list.next = q->task_list.prev = &q->task_list;
}
LX_EXPORT(__init_swait_queue_head);

static bool completion_take(void *arg)
{
	struct lx_completion *c = arg;

	if (c->done && c->done != DONE_FOR_GOOD)
		c->done--;
	else if (!c->done)
		return false;
	return true;
}

static long completion_wait(struct lx_completion *c, u32 state, unsigned long ticks)
{
	nsec_t deadline = ticks >= (unsigned long)FOREVER ? WAIT_FOREVER : deadline_after(ticks * NS_PER_JIFFY);
	nsec_t now;
	int err;

	might_sleep();
	err = lx_sleep_until(completion_lock(c), &c->wait.task_list, state, completion_take, c, NULL, 0,
			     deadline);
	if (err == -ETIMEDOUT)
		return 0;
	if (err)
		return -LX_ERESTARTSYS;
	now = clock_ns();
	return deadline == WAIT_FOREVER ? FOREVER : now < deadline ? (long)((deadline - now) / NS_PER_JIFFY) + 1 : 1;
}

void lx_complete(struct lx_completion *c)
{
	u64 irq = word_lock(completion_lock(c));

	if (c->done != DONE_FOR_GOOD)
		c->done++;
	if (!is_empty(&c->wait.task_list))
		thread_wake(((struct sleeper *)c->wait.task_list.next)->thread);
	word_unlock(completion_lock(c), irq);
}
LX_EXPORT(complete);

void lx_complete_all(struct lx_completion *c)
{
	u64 irq = word_lock(completion_lock(c));

	c->done = DONE_FOR_GOOD;
	for (struct lx_list_head *l = c->wait.task_list.next; l != &c->wait.task_list; l = l->next)
		thread_wake(((struct sleeper *)l)->thread);
	word_unlock(completion_lock(c), irq);
}
LX_EXPORT(complete_all);

void lx_wait_for_completion(struct lx_completion *c)
{
	(void)completion_wait(c, THREAD_UNINTERRUPTIBLE, FOREVER);
}
LX_EXPORT(wait_for_completion);

void lx_wait_for_completion_io(struct lx_completion *c) { lx_wait_for_completion(c); }
LX_EXPORT(wait_for_completion_io);

int lx_wait_for_completion_interruptible(struct lx_completion *c)
{
	long left = completion_wait(c, THREAD_SLEEPING, FOREVER);

	return left < 0 ? (int)left : 0;
}
LX_EXPORT(wait_for_completion_interruptible);

int lx_wait_for_completion_killable(struct lx_completion *c)
{
	long left = completion_wait(c, THREAD_KILLABLE, FOREVER);

	return left < 0 ? (int)left : 0;
}
LX_EXPORT(wait_for_completion_killable);

unsigned long lx_wait_for_completion_timeout(struct lx_completion *c, unsigned long ticks)
{
	return (unsigned long)completion_wait(c, THREAD_UNINTERRUPTIBLE, ticks);
}
LX_EXPORT(wait_for_completion_timeout);

unsigned long lx_wait_for_completion_io_timeout(struct lx_completion *c, unsigned long ticks)
{
	return lx_wait_for_completion_timeout(c, ticks);
}
LX_EXPORT(wait_for_completion_io_timeout);

long lx_wait_for_completion_interruptible_timeout(struct lx_completion *c, unsigned long ticks)
{
	return completion_wait(c, THREAD_SLEEPING, ticks);
}
LX_EXPORT(wait_for_completion_interruptible_timeout);

long lx_wait_for_completion_killable_timeout(struct lx_completion *c, unsigned long ticks)
{
	return completion_wait(c, THREAD_KILLABLE, ticks);
}
LX_EXPORT(wait_for_completion_killable_timeout);

bool lx_try_wait_for_completion(struct lx_completion *c)
{
	u64 irq = word_lock(completion_lock(c));
	bool got = completion_take(c);

	word_unlock(completion_lock(c), irq);
	return got;
}
LX_EXPORT(try_wait_for_completion);

bool lx_completion_done(struct lx_completion *c)
{
	return READ_ONCE(c->done);
}
LX_EXPORT(completion_done);

/* ---- schedule() ---- */

static u32 native_state(u32 state)
{
	if (state & TASK_INTERRUPTIBLE)
		return THREAD_SLEEPING;
	return state & TASK_WAKEKILL ? THREAD_KILLABLE : THREAD_UNINTERRUPTIBLE;
}

bool lx_signal_ends(u32 state) { return must_give_up(native_state(state)); }

/* Sleep in the state that the caller has set; it is running again on return. */
static void sleep_as_set(nsec_t deadline)
{
	struct lx_task_struct *ts = &lx_task_self()->ts;
	struct thread *self = thread_self();
	u32 state = READ_ONCE(ts->__state);

	if (state) {
		xchg(&self->t_state, native_state(state));
		if (!READ_ONCE(ts->__state) || must_give_up(native_state(state)))
			WRITE_ONCE(self->t_state, THREAD_RUNNING);
		else
			(void)sched_block_until(deadline);
		WRITE_ONCE(self->t_state, THREAD_RUNNING);
		WRITE_ONCE(ts->__state, 0);
	} else if (need_resched()) {
		sched_preempt();
	}
}

void lx_schedule(void)
{
	sleep_as_set(WAIT_FOREVER);
}
LX_EXPORT(schedule);

void lx_io_schedule(void)
{
	bool old = sched_io_begin();

	sleep_as_set(WAIT_FOREVER);
	sched_io_end(old);
}
LX_EXPORT(io_schedule);

long lx_schedule_timeout(long ticks)
{
	nsec_t deadline, now;

	if (ticks == FOREVER) {
		sleep_as_set(WAIT_FOREVER);
		return FOREVER;
	}
	if (ticks < 0)
		return 0;
	deadline = deadline_after((u64)ticks * NS_PER_JIFFY);
	sleep_as_set(deadline);
	now = clock_ns();
	return now < deadline ? (long)((deadline - now) / NS_PER_JIFFY) : 0;
}
LX_EXPORT(schedule_timeout);

static long timeout_in_state(u32 state, long ticks)
{
	WRITE_ONCE(lx_task_self()->ts.__state, state);
	return lx_schedule_timeout(ticks);
}

long lx_schedule_timeout_interruptible(long t) { return timeout_in_state(TASK_INTERRUPTIBLE, t); }
LX_EXPORT(schedule_timeout_interruptible);
long lx_schedule_timeout_uninterruptible(long t) { return timeout_in_state(TASK_UNINTERRUPTIBLE, t); }
LX_EXPORT(schedule_timeout_uninterruptible);

void lx_msleep(unsigned int ms)
{
	sched_sleep_until(deadline_after(ms * NSEC_PER_MSEC));
}
LX_EXPORT(msleep);

unsigned long lx_msleep_interruptible(unsigned int ms)
{
	long left = timeout_in_state(TASK_INTERRUPTIBLE, (long)DIV_ROUND_UP(ms * NSEC_PER_MSEC, NS_PER_JIFFY));

	return (unsigned long)left * (NS_PER_JIFFY / NSEC_PER_MSEC);
}
LX_EXPORT(msleep_interruptible);

void lx_usleep_range_state(unsigned long min, unsigned long max, unsigned int state)
{
	sched_sleep_until(deadline_after(min * NSEC_PER_USEC));
}
LX_EXPORT(usleep_range_state);

void lx_yield(void)
{
	sched_yield_cpu();
}
LX_EXPORT(yield);

int lx___SCT__cond_resched(void);
int lx___SCT__cond_resched(void)
{
	if (!need_resched() || in_atomic())
		return 0;
	sched_preempt();
	return 1;
}
LX_EXPORT_ALIAS(__SCT__cond_resched, lx___SCT__cond_resched);
LX_EXPORT_ALIAS(__SCT__might_resched, lx___SCT__cond_resched);

/* ---- waking threads ---- */

static bool wake_task(struct lx_task_struct *ts, u32 states)
{
	struct thread *t = lx_task_of(ts)->thread;

	if (!t || !(READ_ONCE(ts->__state) & states))
		return false;
	WRITE_ONCE(ts->__state, 0);
	smp_mb();
	thread_wake(t);
	return true;
}

int lx_wake_up_process(struct lx_task_struct *ts)
{
	struct thread *t = lx_task_of(ts)->thread;

	if (t && t->t_state == THREAD_NEW) {
		thread_wake_new(t);
		return 1;
	}
	return wake_task(ts, TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE);
}
LX_EXPORT(wake_up_process);

int lx_default_wake_function(struct lx_wait_queue_entry *e, unsigned int mode, int flags, void *key)
{
	return wake_task(e->private, mode);
}
LX_EXPORT(default_wake_function);

int lx_autoremove_wake_function(struct lx_wait_queue_entry *e, unsigned int mode, int flags, void *key)
{
	int woken = lx_default_wake_function(e, mode, flags, key);

	if (woken)
		unlink(&e->entry);
	return woken;
}
LX_EXPORT(autoremove_wake_function);

/* ---- wait queues ---- */

static inline spinword *queue_lock(struct lx_wait_queue_head *q) { return (spinword *)&q->lock; }

void lx___init_waitqueue_head(struct lx_wait_queue_head *q, const char *name, struct lx_lock_class_key *key)
{
	q->lock = (__typeof__(q->lock)){ 0 };
	q->head.next = q->head.prev = &q->head;
}
LX_EXPORT(__init_waitqueue_head);

void lx_init_wait_entry(struct lx_wait_queue_entry *e, int flags)
{
	e->flags = (unsigned int)flags;
	e->private = &lx_task_self()->ts;
	e->func = lx_autoremove_wake_function;
	e->entry.next = e->entry.prev = &e->entry;
}
LX_EXPORT(init_wait_entry);

void lx_add_wait_queue(struct lx_wait_queue_head *q, struct lx_wait_queue_entry *e)
{
	u64 irq = word_lock(queue_lock(q));

	e->flags &= ~WQ_FLAG_EXCLUSIVE;
	link_between(&e->entry, &q->head, q->head.next);
	word_unlock(queue_lock(q), irq);
}
LX_EXPORT(add_wait_queue);

void lx_add_wait_queue_exclusive(struct lx_wait_queue_head *q, struct lx_wait_queue_entry *e)
{
	u64 irq = word_lock(queue_lock(q));

	e->flags |= WQ_FLAG_EXCLUSIVE;
	link_between(&e->entry, q->head.prev, &q->head);
	word_unlock(queue_lock(q), irq);
}
LX_EXPORT(add_wait_queue_exclusive);

void lx_remove_wait_queue(struct lx_wait_queue_head *q, struct lx_wait_queue_entry *e)
{
	u64 irq = word_lock(queue_lock(q));

	unlink(&e->entry);
	word_unlock(queue_lock(q), irq);
}
LX_EXPORT(remove_wait_queue);

/* Queue the entry, at the end if it is exclusive, and set the state. */
static void enqueue_locked(struct lx_wait_queue_head *q, struct lx_wait_queue_entry *e, int state)
{
	if (is_empty(&e->entry)) {
		if (e->flags & WQ_FLAG_EXCLUSIVE)
			link_between(&e->entry, q->head.prev, &q->head);
		else
			link_between(&e->entry, &q->head, q->head.next);
	}
	__atomic_store_n(&lx_task_self()->ts.__state, (u32)state, __ATOMIC_SEQ_CST);
}

void lx_prepare_to_wait(struct lx_wait_queue_head *q, struct lx_wait_queue_entry *e, int state)
{
	u64 irq = word_lock(queue_lock(q));

	e->flags &= ~WQ_FLAG_EXCLUSIVE;
	enqueue_locked(q, e, state);
	word_unlock(queue_lock(q), irq);
}
LX_EXPORT(prepare_to_wait);

bool lx_prepare_to_wait_exclusive(struct lx_wait_queue_head *q, struct lx_wait_queue_entry *e, int state)
{
	u64 irq = word_lock(queue_lock(q));
	bool first = is_empty(&q->head);

	e->flags |= WQ_FLAG_EXCLUSIVE;
	enqueue_locked(q, e, state);
	word_unlock(queue_lock(q), irq);
	return first;
}
LX_EXPORT(prepare_to_wait_exclusive);

long lx_prepare_to_wait_event(struct lx_wait_queue_head *q, struct lx_wait_queue_entry *e, int state)
{
	u64 irq = word_lock(queue_lock(q));
	long err = 0;

	if (((u32)state & (TASK_INTERRUPTIBLE | TASK_WAKEKILL)) && must_give_up(native_state((u32)state))) {
		unlink(&e->entry);
		err = -LX_ERESTARTSYS;
	} else {
		enqueue_locked(q, e, state);
	}
	word_unlock(queue_lock(q), irq);
	return err;
}
LX_EXPORT(prepare_to_wait_event);

void lx_finish_wait(struct lx_wait_queue_head *q, struct lx_wait_queue_entry *e)
{
	u64 irq;

	WRITE_ONCE(lx_task_self()->ts.__state, 0);
	if (is_empty(&e->entry))
		return;
	irq = word_lock(queue_lock(q));
	unlink(&e->entry);
	word_unlock(queue_lock(q), irq);
}
LX_EXPORT(finish_wait);

static int wake_locked(struct lx_wait_queue_head *q, unsigned int mode, int exclusive, void *key)
{
	struct lx_list_head *l = q->head.next, *next;
	int woken = 0;

	for (; l != &q->head; l = next) {
		struct lx_wait_queue_entry *e = container_of(l, struct lx_wait_queue_entry, entry);
		unsigned int flags = e->flags;
		int done;

		next = l->next;
		done = e->func(e, mode, 0, key);
		if (done < 0)
			break;
		woken += done != 0;
		if (done && (flags & WQ_FLAG_EXCLUSIVE) && exclusive && !--exclusive)
			break;
	}
	return woken;
}

int lx___wake_up(struct lx_wait_queue_head *q, unsigned int mode, int exclusive, void *key)
{
	u64 irq = word_lock(queue_lock(q));
	int woken = wake_locked(q, mode, exclusive, key);

	word_unlock(queue_lock(q), irq);
	return woken;
}
LX_EXPORT(__wake_up);

void lx___wake_up_sync_key(struct lx_wait_queue_head *q, unsigned int mode, void *key)
{
	lx___wake_up(q, mode, 1, key);
}
LX_EXPORT(__wake_up_sync_key);

void lx___wake_up_sync(struct lx_wait_queue_head *q, unsigned int mode)
{
	lx___wake_up(q, mode, 1, NULL);
}
LX_EXPORT(__wake_up_sync);

void lx___wake_up_locked(struct lx_wait_queue_head *q, unsigned int mode, int exclusive)
{
	wake_locked(q, mode, exclusive, NULL);
}
LX_EXPORT(__wake_up_locked);

/* A wake-up that comes between the test and the sleep is remembered in the entry. */
#define WQ_FLAG_WOKEN	2u

long lx_wait_woken(struct lx_wait_queue_entry *e, unsigned int mode, long ticks)
{
	__atomic_store_n(&lx_task_self()->ts.__state, mode, __ATOMIC_SEQ_CST);
	if (!(READ_ONCE(e->flags) & WQ_FLAG_WOKEN) && !lx_kthread_should_stop())
		ticks = lx_schedule_timeout(ticks);
	WRITE_ONCE(lx_task_self()->ts.__state, 0);
	__atomic_fetch_and(&e->flags, ~WQ_FLAG_WOKEN, __ATOMIC_SEQ_CST);
	return ticks;
}
LX_EXPORT(wait_woken);

int lx_woken_wake_function(struct lx_wait_queue_entry *e, unsigned int mode, int flags, void *key)
{
	__atomic_fetch_or(&e->flags, WQ_FLAG_WOKEN, __ATOMIC_SEQ_CST);
	return lx_default_wake_function(e, mode, flags, key);
}
LX_EXPORT(woken_wake_function);
