/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The preempt count: one word per CPU that says where it stands.
 *
 * Shared layout (modules inline it): bits 0-7 preempt-disable depth, 8-15
 * soft interrupt (0x100 while serving, 0x200 for each bh-disable), 16-19
 * hard interrupt depth, 20-23 NMI, bit 31 inverted "reschedule needed". The
 * word 0x80000000 means: preemptible, nothing pending. Because the flag is
 * folded in inverted, preempt_enable() is one decrement and one branch.
 */
#pragma once

#include <asm/percpu.h>

#define PREEMPT_OFFSET		0x1u
#define SOFTIRQ_OFFSET		0x100u
#define SOFTIRQ_DISABLE_OFFSET	0x200u
#define HARDIRQ_OFFSET		0x10000u
#define NMI_OFFSET		0x100000u
#define PREEMPT_MASK		0xffu
#define SOFTIRQ_MASK		0xff00u
#define HARDIRQ_MASK		0xf0000u
#define NMI_MASK		0xf00000u
#define PREEMPT_NO_RESCHED	0x80000000u
#define PREEMPT_ENABLED		PREEMPT_NO_RESCHED

/* kernel/sched: switch away if the count is zero and a reschedule is due. */
void sched_preempt(void);
/* kernel/irq: run pending soft interrupts; called with bh count back at zero. */
void softirq_run_pending(void);

static inline u32 preempt_count(void)
{
	return this_cpu_read(cpu_preempt_count) & ~PREEMPT_NO_RESCHED;
}

static inline void preempt_disable(void)
{
	this_cpu_add(cpu_preempt_count, PREEMPT_OFFSET);
	barrier();
}

static inline void preempt_enable_no_resched(void)
{
	barrier();
	this_cpu_add(cpu_preempt_count, -PREEMPT_OFFSET);
}

static inline void preempt_enable(void)
{
	barrier();
#ifdef TERN_HOST
	this_cpu_add(cpu_preempt_count, -PREEMPT_OFFSET);
#else
	bool zero;

	__asm__ volatile("decl %%gs:%1" : "=@ccz" (zero), "+m" (cpu_preempt_count) : : "memory");
	if (unlikely(zero))
		sched_preempt();
#endif
}

static inline bool in_hardirq(void) { return preempt_count() & (HARDIRQ_MASK | NMI_MASK); }
static inline bool in_interrupt(void)
{
	return preempt_count() & (HARDIRQ_MASK | NMI_MASK | SOFTIRQ_MASK);
}
static inline bool in_softirq_serving(void) { return preempt_count() & SOFTIRQ_OFFSET; }

/* True if the caller may not sleep, whatever the interrupt flag says. */
static inline bool in_atomic(void) { return preempt_count() != 0; }

static inline void need_resched_set(void)
{
	this_cpu_and(cpu_preempt_count, ~PREEMPT_NO_RESCHED);
}
static inline void need_resched_clear(void)
{
	this_cpu_or(cpu_preempt_count, PREEMPT_NO_RESCHED);
}
static inline bool need_resched(void)
{
	return !(this_cpu_read(cpu_preempt_count) & PREEMPT_NO_RESCHED);
}

/**
 * might_sleep() - state that the caller may block here
 *
 * Debug kernels report a call in atomic context with a backtrace.
 */
void might_sleep_check(const char *file, int line);
#define might_sleep() do {						\
	if (IS_ENABLED(CONFIG_DEBUG_ATOMIC_SLEEP))			\
		might_sleep_check(__FILE__, __LINE__);			\
	} while (0)
