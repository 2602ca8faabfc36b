// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reader-writer semaphores.
 *
 * count holds the WRITER bit, the WAITERS bit and RS_READER for each reader.
 * A reader adds itself and is in if neither bit was set; a writer swaps 0 for
 * WRITER. Others first spin while the writer runs, then queue under the spin lock in
 * order of arrival. Who makes the semaphore free looks at the first waiter: readers are
 * granted it, all at the front at once. A writer is woken to try; meanwhile another
 * writer that spins may take it, once: a writer that was passed over is granted it. A
 * reader that must queue takes its bias back first; until then it can hide that the
 * semaphore is free, so it looks for waiters to serve itself.
 *
 * Lock order: the own spin lock (LOCKRANK_WAITQ) is held while waking.
 */
#include "sync_impl.h"

#include <tern/base/bug.h>
#include <tern/base/lock.h>
#include <tern/kernel/sched.h>
#include <tern/kernel/thread.h>

#define RS_WRITER	1L
#define RS_WAITERS	2L
#define RS_READER	256L
#define SPINS_MAX	4000	/* then sleep: the owner's CPU may be waiting for ours */

struct rwsem_sleeper {
	struct list link;
	struct thread *thread;
	bool is_writer;
	bool was_woken;		/* a writer that was told to try */
	bool is_granted;	/* release: last access by the granter */
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

/* Lock held, so preemption is off and the thread's memory stays after the grant. */
static void grant(struct rwsem *s, struct rwsem_sleeper *w)
{
	struct thread *t = w->thread;

	list_del(&w->link);
	if (list_is_empty(&s->waiters))
		__atomic_fetch_and(&s->count, ~RS_WAITERS, __ATOMIC_SEQ_CST);
	store_release(&w->is_granted, true);
	thread_wake(t);
}

/* Lock held: give the semaphore to the first writer, or to all readers at the front. */
static void grant_waiters(struct rwsem *s)
{
	while (!list_is_empty(&s->waiters)) {
		struct rwsem_sleeper *w = list_entry(s->waiters.next, struct rwsem_sleeper, link);
		s64 count = READ_ONCE(s->count);

		if (w->is_writer && !w->was_woken) {
			if (count & ~RS_WAITERS)
				return;
			w->was_woken = true;
			thread_wake(w->thread);
			return;
		}
		if (w->is_writer) {
			if ((count & ~RS_WAITERS) || !cas(&s->count, count, count | RS_WRITER))
				return;
			s->writer = w->thread;
			grant(s, w);
			return;
		}
		if ((count & RS_WRITER) || !cas(&s->count, count, count + RS_READER)) {
			if (count & RS_WRITER)
				return;
			continue;
		}
		grant(s, w);
	}
}

static bool must_give_up(u32 state)
{
	return state == THREAD_KILLABLE && signal_is_fatal_pending();
}

/* A woken writer tries; if it is too late the next release grants. */
static bool woken_writer_takes(struct rwsem *s, struct rwsem_sleeper *w)
{
	u64 flags = spin_lock_irqsave(&s->lock);

	if (!w->is_granted && list_is_first(&w->link, &s->waiters))
		grant_waiters(s);
	spin_unlock_irqrestore(&s->lock, flags);
	return load_acquire(&w->is_granted);
}

static int rwsem_wait(struct rwsem *s, bool is_writer, u32 state)
{
	struct thread *self = thread_self();
	struct rwsem_sleeper w = { .thread = self, .is_writer = is_writer };
	u64 flags = spin_lock_irqsave(&s->lock);
	int err = 0;

	list_add_tail(&w.link, &s->waiters);
	__atomic_fetch_or(&s->count, RS_WAITERS, __ATOMIC_SEQ_CST);
	grant_waiters(s);
	spin_unlock_irqrestore(&s->lock, flags);
	self->t_blocked_on = s;
	for (;;) {
		xchg(&self->t_state, state);
		if (load_acquire(&w.is_granted))
			break;
		if (READ_ONCE(w.was_woken) && woken_writer_takes(s, &w))
			break;
		if (must_give_up(state)) {
			flags = spin_lock_irqsave(&s->lock);
			if (!w.is_granted) {
				list_del(&w.link);
				if (list_is_empty(&s->waiters))
					__atomic_fetch_and(&s->count, ~RS_WAITERS, __ATOMIC_SEQ_CST);
				grant_waiters(s);
				err = -ERESTARTSYS;
			}
			spin_unlock_irqrestore(&s->lock, flags);
			break;
		}
		sched_block();
	}
	WRITE_ONCE(self->t_state, THREAD_RUNNING);
	self->t_blocked_on = NULL;
	return err;
}

static void rwsem_release_slow(struct rwsem *s)
{
	u64 flags = spin_lock_irqsave(&s->lock);

	grant_waiters(s);
	spin_unlock_irqrestore(&s->lock, flags);
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
		return false;
	preempt_disable();
	for (u32 i = 0; i < SPINS_MAX && !taken && is_writer_running(s); i++) {
		if (READ_ONCE(s->count) & RS_WAITERS)
			break;
		taken = read_take(s);
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

	if (cpu_count_online == 1)
		return false;
	preempt_disable();
	for (u32 i = 0; i < SPINS_MAX && is_writer_running(s); i++) {
		s64 count = READ_ONCE(s->count);

		if (!(count & ~RS_WAITERS)) {
			taken = cas(&s->count, count, count | RS_WRITER);
			if (taken)
				break;
		} else if (!(count & RS_WRITER)) {
			break;		/* readers: nobody to watch */
		}
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
