// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mutexes.
 *
 * The owner word holds the owner's thread and two flags: WAITERS (the queue is not
 * empty: unlock must take the slow path) and HANDOFF (the first waiter was passed
 * over once: the next unlock gives it the mutex). A contender first spins while
 * the owner is on a CPU, then queues. Taking a free mutex past the queue is allowed
 * once, which keeps throughput; HANDOFF then keeps it fair.
 *
 * Lock order: the mutex's own spin lock is LOCKRANK_WAITQ. Flags change only under it; the
 * owner part changes by compare-and-swap. Waking comes after it, with preemption off.
 */
#include "sync_impl.h"

#include <tern/base/bug.h>
#include <tern/base/lock.h>
#include <tern/kernel/sched.h>
#include <tern/kernel/thread.h>

#define M_WAITERS	1UL
#define M_HANDOFF	2UL
#define M_FLAGS		3UL
#define SPINS_MAX	4000	/* then sleep */

struct kmutex_waiter {
	struct list link;
	struct thread *thread;
};

static struct thread *owner_of(u64 word)
{
	return (struct thread *)(word & ~M_FLAGS);
}

void kmutex_init(struct kmutex *m, enum lockrank rank)
{
	m->owner = 0;
	spin_init(&m->lock, LOCKRANK_WAITQ);
	list_init(&m->waiters);
	m->rank = rank;
}

/* Free, or handed to us: make it ours. @is_queued: we may use a hand-off. */
static bool mutex_take(struct kmutex *m, struct thread *self, bool is_queued)
{
	u64 word = READ_ONCE(m->owner);

	if (owner_of(word) == self && is_queued)
		return true;
	while (!owner_of(word)) {
		if ((word & M_HANDOFF) && !is_queued)
			return false;
		if (__atomic_compare_exchange_n(&m->owner, &word, (word & ~M_HANDOFF) | (u64)self, false,
						__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return true;
	}
	return false;
}

/* Preemption off keeps the owner's memory: threads are freed after a grace period. */
static bool mutex_spin(struct kmutex *m, struct thread *self)
{
	bool taken = false;

	if (cpu_count_online == 1)
		return false;
	preempt_disable();
	for (u32 i = 0; i < SPINS_MAX; i++) {
		u64 word = READ_ONCE(m->owner);

		if (!owner_of(word)) {
			taken = mutex_take(m, self, false);
			if (taken || (READ_ONCE(m->owner) & M_HANDOFF))
				break;
		} else if (!READ_ONCE(owner_of(word)->t_sched.se_on_cpu)) {
			break;
		}
		if (need_resched())
			break;
		cpu_relax();
	}
	preempt_enable();
	return taken;
}

static bool must_give_up(u32 state)
{
	return (state == THREAD_SLEEPING && signal_is_pending()) ||
	       (state == THREAD_KILLABLE && signal_is_fatal_pending());
}

static void mutex_set_flags(struct kmutex *m, u64 flags)
{
	__atomic_fetch_or(&m->owner, flags, __ATOMIC_SEQ_CST);
}

/* m->lock held. */
static void mutex_unqueue(struct kmutex *m, struct kmutex_waiter *w)
{
	bool was_first = list_is_first(&w->link, &m->waiters);

	list_del(&w->link);
	if (list_is_empty(&m->waiters))
		__atomic_fetch_and(&m->owner, ~M_FLAGS, __ATOMIC_SEQ_CST);
	else if (was_first)
		__atomic_fetch_and(&m->owner, ~M_HANDOFF, __ATOMIC_SEQ_CST);
}

static int mutex_wait(struct kmutex *m, struct thread *self, u32 state)
{
	struct kmutex_waiter w = { .thread = self };
	u64 flags = spin_lock_irqsave(&m->lock);
	int err = 0;

	list_add_tail(&w.link, &m->waiters);
	mutex_set_flags(m, M_WAITERS);
	self->t_blocked_on = m;
	for (;;) {
		xchg(&self->t_state, state);
		if (mutex_take(m, self, true))
			break;
		if (must_give_up(state)) {
			err = -ERESTARTSYS;
			break;
		}
		spin_unlock_irqrestore(&m->lock, flags);
		sched_block();
		flags = spin_lock_irqsave(&m->lock);
		if (list_is_first(&w.link, &m->waiters) && owner_of(READ_ONCE(m->owner)) != self)
			mutex_set_flags(m, M_HANDOFF);
	}
	WRITE_ONCE(self->t_state, THREAD_RUNNING);
	self->t_blocked_on = NULL;
	mutex_unqueue(m, &w);
	spin_unlock_irqrestore(&m->lock, flags);
	return err;
}

static int mutex_lock_common(struct kmutex *m, u32 state, bool is_nested)
{
	struct thread *self = thread_self();
	int err;

	__lockcheck(lockcheck_acquire_sleeping(m->rank, m, is_nested, false));
	if (likely(cas(&m->owner, 0, (u64)self)) || mutex_spin(m, self))
		return 0;
	err = mutex_wait(m, self, state);
	if (err)
		__lockcheck(lockcheck_release_sleeping(m->rank, m));
	return err;
}

void kmutex_lock(struct kmutex *m)
{
	might_sleep();
	(void)mutex_lock_common(m, THREAD_UNINTERRUPTIBLE, false);
}

void kmutex_lock_nested(struct kmutex *m)
{
	might_sleep();
	(void)mutex_lock_common(m, THREAD_UNINTERRUPTIBLE, true);
}

int kmutex_lock_killable(struct kmutex *m)
{
	might_sleep();
	return mutex_lock_common(m, THREAD_KILLABLE, false);
}

int kmutex_lock_intr(struct kmutex *m)
{
	might_sleep();
	return mutex_lock_common(m, THREAD_SLEEPING, false);
}

bool kmutex_trylock(struct kmutex *m)
{
	if (!mutex_take(m, thread_self(), false))
		return false;
	__lockcheck(lockcheck_acquire_sleeping(m->rank, m, false, true));
	return true;
}

static void mutex_unlock_slow(struct kmutex *m, struct thread *self)
{
	struct thread *next = NULL;
	u64 flags;

	preempt_disable();	/* keeps the memory of the thread to wake */
	flags = spin_lock_irqsave(&m->lock);
	if (!list_is_empty(&m->waiters))
		next = list_first_entry(&m->waiters, struct kmutex_waiter, link)->thread;
	if (next && (READ_ONCE(m->owner) & M_HANDOFF))
		store_release(&m->owner, (u64)next | M_WAITERS);
	else
		__atomic_fetch_and(&m->owner, M_FLAGS, __ATOMIC_SEQ_CST);
	spin_unlock_irqrestore(&m->lock, flags);
	if (next)
		thread_wake(next);
	preempt_enable();
}

void kmutex_unlock(struct kmutex *m)
{
	struct thread *self = thread_self();

	ASSERT(owner_of(READ_ONCE(m->owner)) == self);
	__lockcheck(lockcheck_release_sleeping(m->rank, m));
	if (unlikely(!cas(&m->owner, (u64)self, 0)))
		mutex_unlock_slow(m, self);
}

bool kmutex_is_locked(const struct kmutex *m)
{
	return owner_of(READ_ONCE(m->owner)) != NULL;
}

bool kmutex_is_mine(const struct kmutex *m)
{
	return owner_of(READ_ONCE(m->owner)) == thread_self();
}
