/* SPDX-License-Identifier: GPL-2.0-only */
/* Other processors: start-up and calls. Owner arch/x86/cpu/smp.c, smp_call.c. */
#pragma once

#include <asm/cpu.h>

/**
 * smp_start_all() - start every possible CPU that is not running yet
 * Each ends in cpu_online_main() on a stack from kstack_alloc(). One that does not
 * answer is reported and left out; "maxcpus=N" and "nosmp" limit the number.
 * Context: sleeps (allocates); once, after the scheduler of this CPU runs.
 */
void smp_start_all(void);

/** Lowest address of the stack that a CPU's idle thread runs on. */
DECLARE_PERCPU(void *, cpu_idle_stack);

/** smp_call_mask() - like smp_call() for the CPUs in a bitmap, this one excluded. */
void smp_call_mask(const u64 *mask, void (*fn)(void *arg), void *arg);
/** smp_call_some() - smp_call_mask() for those of the CPUs that @wants says are needed. */
void smp_call_some(const u64 *mask, bool (*wants)(u32 cpu, void *arg), void (*fn)(void *arg),
		   void *arg);

/** smp_stop_others() - halt all other CPUs for good (panic, power off). Context: any. */
void smp_stop_others(void);

/** smp_mark_online() - this CPU takes part from now on. */
void smp_mark_online(void);

/** smp_call_handle() - run calls that others queued for this CPU; interrupts off. */
void smp_call_handle(void);

/** smp_call_setup() - queues for all possible CPUs; boot. */
void smp_call_setup(void);
