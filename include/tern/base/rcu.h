/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RCU: readers never block or write shared memory. Owner kernel/sync/rcu.c.
 *
 * A reader brackets its access with rcu_read_lock/unlock (preemptible, may
 * be interrupted, must not sleep of its own will). A writer unpublishes an
 * object and frees it after a grace period, by rcu_defer() or rcu_wait().
 */
#pragma once

#include <asm/atomic.h>
#include <tern/base/annotate.h>
#include <tern/base/compiler.h>
#include <tern/base/preempt.h>

/* Embedded in objects freed by RCU. */
struct rcu_job {
	struct rcu_job *next;
	void (*fn)(struct rcu_job *job);
};

/* Readers disable preemption: a grace period ends when every CPU has switched or idled. */
static inline void rcu_read_lock(void) { preempt_disable(); }
static inline void rcu_read_unlock(void) { preempt_enable(); }
#define rcu_load(p)		__atomic_load_n(&(p), __ATOMIC_CONSUME)
#define rcu_publish(p, v)	__atomic_store_n(&(p), v, __ATOMIC_RELEASE)

/**
 * rcu_defer() - run @fn(@job) in soft interrupt context after a grace period
 * Context: any but NMI.
 */
void rcu_defer(struct rcu_job *job, void (*fn)(struct rcu_job *job));
/** rcu_defer_free() - kmem_free(@obj) after a grace period; @job lies inside @obj. */
void rcu_defer_free(struct rcu_job *job, void *obj);
/** rcu_wait() - return when all readers of now are done. Context: sleeps. */
void rcu_wait(void);
/* Where a CPU stands; kernel/sync/rcu.c. @rcu_eqs: idle, no reader can be running. */
DECLARE_PERCPU(u64, rcu_seen);
DECLARE_PERCPU(u32, rcu_eqs);
extern u64 rcu_current;

/* Hooks of the scheduler and of interrupt entry; interrupts off. */
void rcu_report_quiet(void);
/**
 * rcu_note_switch() - no reader is active on this CPU right now: two loads
 * unless a grace period is on.
 */
static __always_inline void rcu_note_switch(void)
{
	if (unlikely(READ_ONCE(rcu_current) != this_cpu_read(rcu_seen)))
		rcu_report_quiet();
}
/**
 * rcu_idle_enter() - before waiting for an interrupt; false if there are
 * callbacks to run first.
 */
bool rcu_idle_enter(void);
void rcu_idle_exit(void);
/**
 * rcu_tick() - from the tick and other interrupts: move callbacks on.
 * @is_quiet: the interrupted code could sleep.
 */
void rcu_tick(bool is_quiet);
static __always_inline void rcu_irq_enter(void)
{
	if (unlikely(this_cpu_read(rcu_eqs)))
		rcu_idle_exit();
}

/** rcu_flush() - return when all jobs deferred so far have run. Context: sleeps. */
void rcu_flush(void);
