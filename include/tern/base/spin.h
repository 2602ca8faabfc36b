/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Spin locks: test-and-set in a 4-byte word, with a rank for the checker. Not
 * first-come-first-served on purpose: in a virtual machine the CPU whose turn it is may
 * not be running, and all others would wait for it.
 *
 * The word is shared layout: 4 bytes, zero is unlocked; vendor modules'
 * spinlock_t is such a word and uses spinword_*() directly. A lock that
 * interrupt handlers take has a rank above LOCKRANK_IRQ and is only taken
 * with interrupts off. Owner kernel/sync/spin.c; checker lockcheck.c.
 */
#pragma once

#include <asm/atomic.h>
#include <asm/cpu.h>
#include <tern/base/annotate.h>
#include <tern/base/lockrank.h>
#include <tern/base/preempt.h>

typedef struct { u32 v; } spinword;	/* 0 free, 1 held */
static_assert(sizeof(spinword) == 4, "shared layout");

struct spin {
	spinword word;
	u16 rank;		/* enum lockrank */
	u16 owner;		/* CPU + 1 while held, debug kernels only */
};

#define SPIN_INIT(r)	{ .rank = (r) }
static inline void spin_init(struct spin *l, enum lockrank rank)
{
	l->word.v = 0;
	l->rank = rank;
	l->owner = 0;
}

/* Contended path: returns with the lock held; spins with pause. */
void spinword_wait(spinword *w);

static __always_inline bool spinword_trylock(spinword *w)
{
	u32 old = 0;

	return !READ_ONCE(w->v) && __atomic_compare_exchange_n(&w->v, &old, 1, false,
							       __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}
static __always_inline void spinword_lock(spinword *w)
{
	u32 old = 0;

	if (unlikely(!__atomic_compare_exchange_n(&w->v, &old, 1, false, __ATOMIC_ACQUIRE,
						  __ATOMIC_RELAXED)))
		spinword_wait(w);
}
static __always_inline void spinword_unlock(spinword *w)
{
	__atomic_store_n(&w->v, 0, __ATOMIC_RELEASE);
}
static inline bool spinword_is_locked(const spinword *w)
{
	return READ_ONCE(w->v) != 0;
}

/* Debug kernels: check order and record; defined in kernel/sync/lockcheck.c. */
void lockcheck_acquire(u16 rank, const void *lock, bool is_nested, bool is_try);
void lockcheck_release(u16 rank, const void *lock);
bool lockcheck_is_held(const void *lock);
/* A stacked file system begins and ends calling the ones below it. */
void lockcheck_layer_enter(void);
void lockcheck_layer_leave(void);

#define __lockcheck(call) do { if (IS_ENABLED(CONFIG_DEBUG_LOCKS)) call; } while (0)

static __always_inline void spin_lock(struct spin *l) __acquires(l)
{
	preempt_disable();
	__lockcheck(lockcheck_acquire(l->rank, l, false, false));
	spinword_lock(&l->word);
}
/* Second lock of the same rank; the rank's comment gives the order. */
static __always_inline void spin_lock_nested(struct spin *l) __acquires(l)
{
	preempt_disable();
	__lockcheck(lockcheck_acquire(l->rank, l, true, false));
	spinword_lock(&l->word);
}
static __always_inline bool spin_trylock(struct spin *l)
{
	preempt_disable();
	if (!spinword_trylock(&l->word)) {
		preempt_enable();
		return false;
	}
	__lockcheck(lockcheck_acquire(l->rank, l, false, true));
	return true;
}
static __always_inline void spin_unlock(struct spin *l) __releases(l)
{
	__lockcheck(lockcheck_release(l->rank, l));
	spinword_unlock(&l->word);
	preempt_enable();
}
static __always_inline u64 spin_lock_irqsave(struct spin *l) __acquires(l)
{
	u64 flags = irq_save();

	spin_lock(l);
	return flags;
}
static __always_inline void spin_unlock_irqrestore(struct spin *l, u64 flags) __releases(l)
{
	__lockcheck(lockcheck_release(l->rank, l));
	spinword_unlock(&l->word);
	irq_restore(flags);
	preempt_enable();
}
static __always_inline void spin_lock_irq(struct spin *l) __acquires(l)
{
	irq_disable();
	spin_lock(l);
}
static __always_inline void spin_unlock_irq(struct spin *l) __releases(l)
{
	__lockcheck(lockcheck_release(l->rank, l));
	spinword_unlock(&l->word);
	irq_enable();
	preempt_enable();
}
static inline bool spin_is_locked(const struct spin *l) { return spinword_is_locked(&l->word); }
#define spin_assert_held(l)	ASSERT(spin_is_locked(l))
