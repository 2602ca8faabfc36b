/* SPDX-License-Identifier: GPL-2.0-only */
/* The processor's small verbs: interrupt flag, waiting, identity. Owner arch/x86/cpu. */
#pragma once

#include <asm/percpu.h>
#include <tern/base/annotate.h>

#define RFLAGS_IF	0x200UL

static inline void irq_disable(void) { __asm__ volatile("cli" ::: "memory"); }
static inline void irq_enable(void) { __asm__ volatile("sti" ::: "memory"); }
static inline u64 irq_save(void)
{
	u64 flags;

	__asm__ volatile("pushfq; popq %0; cli" : "=r" (flags) : : "memory");
	return flags;
}
static inline void irq_restore(u64 flags)
{
	if (flags & RFLAGS_IF)
		irq_enable();
}
static inline bool irq_is_enabled(void)
{
	u64 flags;

	__asm__ volatile("pushfq; popq %0" : "=r" (flags));
	return flags & RFLAGS_IF;
}
static inline void cpu_relax(void) { __asm__ volatile("pause" ::: "memory"); }
/* Enable interrupts and wait for one; no interrupt is lost between the two. */
static inline void cpu_wait(void) { __asm__ volatile("sti; hlt" ::: "memory"); }
static inline u64 cpu_tsc(void)
{
	u32 lo, hi;

	__asm__ volatile("rdtsc" : "=a" (lo), "=d" (hi));
	return (u64)hi << 32 | lo;
}

/* Number of this CPU; stable only with preemption off. */
static inline u32 cpu_self(void) { return this_cpu_read(cpu_id); }
/* The running thread. */
static inline struct thread *thread_self(void) { return this_cpu_read(cpu_thread); }

/*
 * CPU sets are bitmaps of CPUSET_WORDS words; their size follows from the
 * compile-time ceiling on CPU numbers (8192, as vendor modules have it), only
 * cpu_count_possible bits are ever used.
 */
extern u32 cpu_count_possible;		/* from firmware tables; I after boot */
extern u32 cpu_count_online;		/* changes only while CPUs come up */
bool cpu_is_online(u32 cpu);
#define for_each_online_cpu(c)						\
	for (u32 c = 0; c < cpu_count_possible; c++) if (!cpu_is_online(c)) {} else
#define for_each_possible_cpu(c) for (u32 c = 0; c < cpu_count_possible; c++)

/**
 * cpu_has() - does every CPU have a feature
 * @feature: word * 32 + bit in the vendor's numbering (asm/cpufeature.h)
 */
bool cpu_has(u32 feature);

/** cpu_halt_forever() - stop this CPU with interrupts off. */
void cpu_halt_forever(void) __noreturn;

/**
 * smp_call() - run a function on CPUs and wait until all have run it
 * @cpu: CPU number, or SMP_CALL_OTHERS / SMP_CALL_ALL for all online ones
 * @fn: runs with interrupts off; must not sleep
 * @arg: passed to @fn
 * Context: interrupts on, may be atomic otherwise.
 */
#define SMP_CALL_OTHERS	(~0U)
#define SMP_CALL_ALL	(~0U - 1)
void smp_call(u32 cpu, void (*fn)(void *arg), void *arg);

/** smp_send_resched() - make @cpu look at its need-resched state soon. */
void smp_send_resched(u32 cpu);
