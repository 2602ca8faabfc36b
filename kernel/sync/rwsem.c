// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reader-writer semaphores.
 *
 * count holds the WRITER bit, the WAITERS bit and RS_READER for each reader.
 * A reader adds itself and is in if neither bit was set; a writer swaps 0 for
 * WRITER. Others first spin while the writer runs, then queue under the spin lock in
 * order of arrival. Who makes the semaphore free looks at the first waiter: readers are
 * granted it, all at the front at once. A writer is woken to try. Meanwhile whoever runs
 * may take a free semaphore past the waiters: granted to a sleeper it would stand unused
 * until that one runs, and each user after it would sleep, too. A writer that has waited
 * for HANDOFF_TICKS is granted it. A reader that must queue takes its bias back first;
 * until then it can hide that the semaphore is free, so it looks for waiters to serve
 * itself.
 *
 * Lock order: the own spin lock is LOCKRANK_WAITQ. Who is to be woken is noted under it
 * and woken after it, with preemption off: a wake-up may interrupt another CPU, which
 * takes long, and a thread's memory stays for a grace period.
 */
#include "sync_impl.h"

#include <tern/base/bug.h>
#include <tern/base/lock.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/sched.h>
#include <tern/kernel/thread.h>

#define RS_WRITER	1L
#define RS_WAITERS	2L
#define RS_READER	256L
#define SPINS_MAX	4000	/* then sleep: the owner's CPU may be waiting for ours */
#define HANDOFF_TICKS	2	/* so long others may pass a waiting writer */

struct rwsem_sleeper {
	struct list link;
	struct thread *thread;
	bool is_writer;
	u64 since;		/* clock_ticks when it queued */
	bool is_served;		/* off the queue, will be granted */
	bool is_granted;	/* release: last access by the granter */
};

/* What is left to do after the lock. */
struct rwsem_wakes {
	struct list granted;
	struct thread *writer;	/* to be told to try */
};

void rwsem_init(struct rwsem *s, enum lockrank rank)
{
	s->count = 0;
	s->writer = NULL;
	spin_init(&s->lock, LOCKRANK_WAITQ);
	list_init(&s->waiters);
	s->rank = rank;
}

static s64 count_add(struct rwsem *s, s64 n)
{
	return __atomic_add_fetch(&s->count, n, __ATOMIC_SEQ_CST);
}

static void unqueue(struct rwsem *s, struct rwsem_sleeper *w)
{
	list_del(&w->link);
	if (list_is_empty(&s->waiters))
		__atomic_fetch_and(&s->count, ~RS_WAITERS, __ATOMIC_SEQ_CST);
}

static void grant(struct rwsem *s, struct rwsem_sleeper *w, struct rwsem_wakes *wakes)
{
	unqueue(s, w);
	w->is_served = true;
	list_add_tail(&w->link, &wakes->granted);
}

/* Preemption is off, the lock is not held. A sleeper's record is gone once it is granted. */
static void wake(struct rwsem_wakes *wakes)
{
	while (!list_is_empty(&wakes->granted)) {
		struct rwsem_sleeper *w = list_first_entry(&wakes->granted, struct rwsem_sleeper, link);
		struct thread *t = w->thread;

		list_del(&w->link);
		store_release(&w->is_granted, true);
		thread_wake(t);
	}
	if (wakes->writer)
		thread_wake(wakes->writer);
}

static bool has_waited_long(const struct rwsem_sleeper *w)
{
	return clock_ticks_now() - w->since >= HANDOFF_TICKS;
}

/*
 * Lock held: give the semaphore to the first writer, if it is @self or has waited long,
 * else wake it; or to all readers at the front.
 */
static void grant_waiters(struct rwsem *s, const struct rwsem_sleeper *self,
			  struct rwsem_wakes *wakes)
{
	while (!list_is_empty(&s->waiters)) {
		struct rwsem_sleeper *w = list_entry(s->waiters.next, struct rwsem_sleeper, link);
		s64 count = READ_ONCE(s->count);

		if (w->is_writer) {
			if (count & ~RS_WAITERS)
				return;
			if (w != self && !has_waited_long(w)) {
				wakes->writer = w->thread;
				return;
			}
			if (!cas(&s->count, count, count | RS_WRITER))
				return;
			s->writer = w->thread;
			grant(s, w, wakes);
			return;
		}
		if ((count & RS_WRITER) || !cas(&s->count, count, count + RS_READER)) {
			if (count & RS_WRITER)
				return;
			continue;
		}
		grant(s, w, wakes);
	}
}

static bool must_give_up(u32 state)
{
	return state == THREAD_KILLABLE && signal_is_fatal_pending();
}

enum queue_op { QUEUE_SERVE, QUEUE_JOIN, QUEUE_TRY, QUEUE_LEAVE };

/*
 * Change the queue, then serve its front. QUEUE_TRY: a woken writer tries; if it is too
 * late the next release wakes it again. QUEUE_LEAVE fails if @w was served meanwhile.
 */
static bool queue_update(struct rwsem *s, struct rwsem_sleeper *w, enum queue_op op)
{
	struct rwsem_wakes wakes = { .granted = LIST_INIT(wakes.granted) };
	bool done = true;
	u64 flags;

	preempt_disable();
	flags = spin_lock_irqsave(&s->lock);
	if (op == QUEUE_JOIN) {
		list_add_tail(&w->link, &s->waiters);
		__atomic_fetch_or(&s->count, RS_WAITERS, __ATOMIC_SEQ_CST);
	} else if (op == QUEUE_TRY) {
		done = !w->is_served && list_is_first(&w->link, &s->waiters);
	} else if (op == QUEUE_LEAVE) {
		done = !w->is_served;
		if (done)
			unqueue(s, w);
	}
	if (done)
		grant_waiters(s, op == QUEUE_LEAVE ? NULL : w, &wakes);
	spin_unlock_irqrestore(&s->lock, flags);
	wake(&wakes);
	preempt_enable();
	return done;
}

static int rwsem_wait(struct rwsem *s, bool is_writer, u32 state)
{
	struct thread *self = thread_self();
	struct rwsem_sleeper w = { .thread = self, .is_writer = is_writer,
				   .since = clock_ticks_now() };
	int err = 0;

	queue_update(s, &w, QUEUE_JOIN);
	self->t_blocked_on = s;
	for (;;) {
		xchg(&self->t_state, state);
		if (load_acquire(&w.is_granted))
			break;
		if (is_writer && queue_update(s, &w, QUEUE_TRY) && load_acquire(&w.is_granted))
			break;
		if (must_give_up(state)) {
			if (queue_update(s, &w, QUEUE_LEAVE)) {
				err = -ERESTARTSYS;
				break;
			}
			state = THREAD_UNINTERRUPTIBLE;		/* the grant is on its way */
			continue;
		}
		sched_block();
	}
	WRITE_ONCE(self->t_state, THREAD_RUNNING);
	self->t_blocked_on = NULL;
	return err;
}

static void rwsem_release_slow(struct rwsem *s)
{
	queue_update(s, NULL, QUEUE_SERVE);
}

static bool read_take(struct rwsem *s)
{
	s64 count = READ_ONCE(s->count);

	while (!(count & (RS_WRITER | RS_WAITERS)))
		if (__atomic_compare_exchange_n(&s->count, &count, count + RS_READER, false,
						__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return true;
	return false;
}

/* The semaphore is free but for its waiters: take it past them. */
static bool steal(struct rwsem *s, s64 bias)
{
	s64 count = READ_ONCE(s->count);

	return !(count & ~RS_WAITERS) && cas(&s->count, count, count + bias);
}

/* Preemption is off: the writer's memory stays. False: it does not run, or it takes long. */
static bool is_writer_running(const struct rwsem *s)
{
	const struct thread *writer = READ_ONCE(s->writer);

	return !need_resched() && (!writer || READ_ONCE(writer->t_sched.se_on_cpu));
}

static bool read_spin(struct rwsem *s)
{
	bool taken = false;

	if (cpu_count_online == 1)
		return steal(s, RS_READER);
	preempt_disable();
	for (u32 i = 0; i < SPINS_MAX && is_writer_running(s); i++) {
		taken = steal(s, RS_READER) || read_take(s);
		if (taken || !(READ_ONCE(s->count) & RS_WRITER))
			break;		/* readers and waiters: nobody to watch */
		cpu_relax();
	}
	preempt_enable();
	return taken;
}

static int read_lock_common(struct rwsem *s, u32 state)
{
	int err;

	__lockcheck(lockcheck_acquire_sleeping(s->rank, s, false, false));
	if (likely(!((count_add(s, RS_READER)) & (RS_WRITER | RS_WAITERS))))
		return 0;
	if (count_add(s, -RS_READER) & RS_WAITERS)
		rwsem_release_slow(s);
	if (read_spin(s))
		return 0;
	err = rwsem_wait(s, false, state);
	if (err)
		__lockcheck(lockcheck_release_sleeping(s->rank, s));
	return err;
}

void rwsem_read_lock(struct rwsem *s)
{
	might_sleep();
	(void)read_lock_common(s, THREAD_UNINTERRUPTIBLE);
}

int rwsem_read_lock_killable(struct rwsem *s)
{
	might_sleep();
	return read_lock_common(s, THREAD_KILLABLE);
}

bool rwsem_read_trylock(struct rwsem *s)
{
	if (!read_take(s))
		return false;
	__lockcheck(lockcheck_acquire_sleeping(s->rank, s, false, true));
	return true;
}

void rwsem_read_unlock(struct rwsem *s)
{
	s64 count;

	__lockcheck(lockcheck_release_sleeping(s->rank, s));
	count = count_add(s, -RS_READER);
	ASSERT(count >= 0);
	if (unlikely(count & RS_WAITERS) && count < RS_READER)
		rwsem_release_slow(s);
}

/* While the writer runs, the wait is likely to be short. Past waiters, too: see above. */
static bool write_spin(struct rwsem *s)
{
	bool taken = false;

	preempt_disable();
	for (u32 i = 0; i < SPINS_MAX && is_writer_running(s); i++) {
		s64 count = READ_ONCE(s->count);

		taken = steal(s, RS_WRITER);
		if (taken || cpu_count_online == 1)
			break;
		if ((count & ~RS_WAITERS) && !(count & RS_WRITER))
			break;		/* readers: nobody to watch */
		cpu_relax();
	}
	if (taken)
		WRITE_ONCE(s->writer, thread_self());
	preempt_enable();
	return taken;
}

static int write_lock_common(struct rwsem *s, u32 state, bool is_nested)
{
	int err;

	__lockcheck(lockcheck_acquire_sleeping(s->rank, s, is_nested, false));
	if (likely(cas(&s->count, 0, RS_WRITER))) {
		WRITE_ONCE(s->writer, thread_self());
		return 0;
	}
	if (write_spin(s))
		return 0;
	err = rwsem_wait(s, true, state);
	if (err)
		__lockcheck(lockcheck_release_sleeping(s->rank, s));
	return err;
}

void rwsem_write_lock(struct rwsem *s)
{
	might_sleep();
	(void)write_lock_common(s, THREAD_UNINTERRUPTIBLE, false);
}

void rwsem_write_lock_nested(struct rwsem *s)
{
	might_sleep();
	(void)write_lock_common(s, THREAD_UNINTERRUPTIBLE, true);
}

int rwsem_write_lock_killable(struct rwsem *s)
{
	might_sleep();
	return write_lock_common(s, THREAD_KILLABLE, false);
}

bool rwsem_write_trylock(struct rwsem *s)
{
	if (!cas(&s->count, 0, RS_WRITER))
		return false;
	WRITE_ONCE(s->writer, thread_self());
	__lockcheck(lockcheck_acquire_sleeping(s->rank, s, false, true));
	return true;
}

void rwsem_write_unlock(struct rwsem *s)
{
	ASSERT(s->writer == thread_self());
	__lockcheck(lockcheck_release_sleeping(s->rank, s));
	WRITE_ONCE(s->writer, NULL);
	if (unlikely(count_add(s, -RS_WRITER) & RS_WAITERS))
		rwsem_release_slow(s);
}

void rwsem_downgrade(struct rwsem *s)
{
	ASSERT(s->writer == thread_self());
	WRITE_ONCE(s->writer, NULL);
	if (count_add(s, RS_READER - RS_WRITER) & RS_WAITERS)
		rwsem_release_slow(s);
}

bool rwsem_is_locked_any(const struct rwsem *s)
{
	return (READ_ONCE(s->count) & ~RS_WAITERS) != 0;
}

bool rwsem_is_write_mine(const struct rwsem *s)
{
	return READ_ONCE(s->writer) == thread_self();
}
