/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Wait queues: the base of every sleep. Owner kernel/sync/waitq.c.
 *
 * Rules: the waker changes the condition, then calls waitq_wake_*(). The waiter
 * uses waitq_wait_*(), which tests the condition after it has queued itself,
 * so that no wake-up is lost. Waiting needs a sleepable context; waking works
 * in any context but NMI.
 *
 * An entry may carry a callback instead of a thread (poll, epoll): it runs
 * under the queue's lock with interrupts off and must not sleep.
 */
#pragma once

#include <tern/base/err.h>
#include <tern/base/spin.h>
#include <tern/lib/list.h>

struct thread;

struct waitq {
	struct spin lock;	/* protects the list; rank LOCKRANK_WAITQ */
	struct list entries;	/* of struct waiter */
};

struct waiter;
/* Return: true if it took the wake-up (counts against an exclusive limit). */
typedef bool (*waiter_fn)(struct waiter *w, u64 key);

/* All zero (WAITER_INIT) before its first waitq_prepare(). */
struct waiter {
	struct list link;	/* next == NULL: on no queue */
	struct thread *thread;	/* waker's target when fn is waiter_wake_thread */
	waiter_fn fn;
	bool is_exclusive;
};

#define WAITER_INIT	{ .link = { NULL, NULL } }
static inline bool waiter_is_queued(const struct waiter *w) { return load_acquire(&w->link.next) != NULL; }

#define WAITQ_INIT(name) { SPIN_INIT(LOCKRANK_WAITQ), LIST_INIT(name.entries) }
void waitq_init(struct waitq *q);

/** waiter_wake_thread() - default callback: wakes w->thread and unlinks w. */
bool waiter_wake_thread(struct waiter *w, u64 key);

static inline bool waitq_is_empty(const struct waitq *q) { return list_is_empty(&q->entries); }

/**
 * waitq_add() / waitq_remove() - callback entries; remove is idempotent and
 * waits for a running callback.
 */
void waitq_add(struct waitq *q, struct waiter *w);
void waitq_remove(struct waitq *q, struct waiter *w);

/**
 * waitq_prepare() - queue thread_self and set its state, before testing the condition
 * @state: THREAD_SLEEPING (signals wake it), THREAD_UNINTERRUPTIBLE or THREAD_KILLABLE
 * waitq_finish() - undo, after the wait; true if a waker had chosen this waiter
 * (an exclusive one that
 * gives up then owes the wake-up to the next).
 */
void waitq_prepare(struct waitq *q, struct waiter *w, u32 state, bool is_exclusive);
bool waitq_finish(struct waitq *q, struct waiter *w);

/**
 * waitq_wake() - wake all shared and up to @nr_exclusive exclusive waiters (0:
 * all); @key is for callbacks (poll events).
 */
void waitq_wake(struct waitq *q, u32 nr_exclusive, u64 key);
#define waitq_wake_one(q)	waitq_wake(q, 1, 0)
#define waitq_wake_all(q)	waitq_wake(q, 0, 0)
/**
 * Skip the lock if nobody waits; the caller's store to the condition must come
 * first (full barrier inside).
 */
#define waitq_wake_if_any(q) do { smp_mb(); if (!waitq_is_empty(q)) waitq_wake_all(q); } while (0)

#define WAIT_FOREVER	U64_MAX

/** waitq_wake_locked() - waitq_wake() by a caller that holds q->lock with interrupts off. */
void waitq_wake_locked(struct waitq *q, u32 nr_exclusive, u64 key);

/* kernel/sched: sleep in the state set by waitq_prepare until woken, a signal
 * or @deadline (clock_ns).
 */
/** sched_block_until() - Return: 0 woken (or signal), -ETIMEDOUT. */
int sched_block_until(nsec_t deadline);
/**
 * signal_is_pending() - does thread_self have a signal that ends an
 * interruptible sleep; kernel/proc/signal.c
 */
bool signal_is_pending(void);
bool signal_is_fatal_pending(void);

/*
 * waitq_wait_common(q, cond, state, exclusive, deadline):
 * 0 when @cond is true, -ERESTARTSYS on a signal, -ETIMEDOUT.
 */
#define waitq_wait_common(q, cond, state, excl, deadline) ({			\
	struct waiter _w = WAITER_INIT; int _r = 0;				\
	might_sleep();								\
	for (;;) {								\
		waitq_prepare(q, &_w, state, excl);				\
		if (cond) { _r = 0; break; }					\
		if (_r) break;							\
		if ((state) == THREAD_SLEEPING && signal_is_pending()) {	\
			_r = -ERESTARTSYS; break; }				\
		if ((state) == THREAD_KILLABLE && signal_is_fatal_pending()) {	\
			_r = -ERESTARTSYS; break; }				\
		_r = sched_block_until(deadline);				\
	}									\
	if (waitq_finish(q, &_w) && _r && (excl))				\
		waitq_wake_one(q);						\
	_r; })

/* Uninterruptible; only for waits that surely end. */
#define waitq_wait(q, cond) do { if (!(cond))					\
	(void)waitq_wait_common(q, cond, THREAD_UNINTERRUPTIBLE, false, WAIT_FOREVER); } while (0)
/* 0 or -ERESTARTSYS. */
#define waitq_wait_intr(q, cond) ((cond) ? 0 :					\
	waitq_wait_common(q, cond, THREAD_SLEEPING, false, WAIT_FOREVER))
#define waitq_wait_intr_excl(q, cond) ((cond) ? 0 :				\
	waitq_wait_common(q, cond, THREAD_SLEEPING, true, WAIT_FOREVER))
#define waitq_wait_killable(q, cond) ((cond) ? 0 :				\
	waitq_wait_common(q, cond, THREAD_KILLABLE, false, WAIT_FOREVER))
/* 0, -ERESTARTSYS, -ETIMEDOUT; @deadline in clock_ns() time. */
#define waitq_wait_intr_until(q, cond, deadline) ((cond) ? 0 :			\
	waitq_wait_common(q, cond, THREAD_SLEEPING, false, deadline))

/* Thread states (struct thread's st_state); see kernel/thread.h. */
#define THREAD_RUNNING		0x0u
#define THREAD_SLEEPING		0x1u	/* a signal wakes it */
#define THREAD_UNINTERRUPTIBLE	0x2u
#define THREAD_STOPPED		0x4u	/* job control */
#define THREAD_TRACED		0x8u	/* ptrace stop */
#define THREAD_DEAD		0x10u
#define THREAD_ZOMBIE		0x20u
#define THREAD_KILL_BIT		0x100u	/* with UNINTERRUPTIBLE: fatal signals wake it */
#define THREAD_KILLABLE		(THREAD_UNINTERRUPTIBLE | THREAD_KILL_BIT)
#define THREAD_NEW		0x200u
#define THREAD_PARKED		0x400u
/* Set beside a sleep state once the thread has left its run queue; only kernel/sched writes it:
 * test t_state with & or through THREAD_STATE(), never with ==. */
#define THREAD_OFFQ		0x1000u
#define THREAD_STATE(t)		(READ_ONCE((t)->t_state) & ~THREAD_OFFQ)
