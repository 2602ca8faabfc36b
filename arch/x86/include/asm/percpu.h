/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Per-CPU data: symbols are offsets from zero, %gs holds the CPU's base.
 *
 * DEFINE_PERCPU(u64, hits) makes one u64 for each CPU. this_cpu(hits) is the
 * current CPU's object as an lvalue and needs preemption off (or a thread
 * pinned to its CPU); the this_cpu_*() operations are single instructions
 * and need nothing. percpu_ptr(hits, cpu) reaches another CPU's.
 * Shared layout: the stack canary lies at %gs:0x28 (compiled into modules).
 */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

#ifdef TERN_HOST
#define DEFINE_PERCPU(type, name)	__typeof__(type) name
#define DECLARE_PERCPU(type, name)	extern __typeof__(type) name
#define this_cpu(name)			(name)
#define this_cpu_read(name)		(name)
#define this_cpu_write(name, v)		((name) = (v))
#define this_cpu_add(name, v)		((name) += (v))
#define percpu_ptr(name, cpu)		((void)(cpu), &(name))
#else
#define DEFINE_PERCPU(type, name)					\
	__typeof__(type) name __section(".data..percpu")
#define DECLARE_PERCPU(type, name)	extern __typeof__(type) name __section(".data..percpu")

/* lvalue of this CPU's copy, through %gs */
#define this_cpu(name)	(*(__typeof__(name) __seg_gs *)(uptr)&(name))
#define this_cpu_read(name)	(*(volatile __typeof__(name) __seg_gs *)(uptr)&(name))
#define this_cpu_write(name, v)						\
	(*(volatile __typeof__(name) __seg_gs *)(uptr)&(name) = (v))

#define __this_cpu_op(op, name, v) do {					\
	__typeof__(name) _v = (__typeof__(name))(v);			\
	switch (sizeof(name)) {						\
	case 4: __asm__ volatile(op "l %1, %%gs:%0"			\
		: "+m" (name) : "er" ((u32)(u64)_v) : "cc"); break;		\
	case 8: __asm__ volatile(op "q %1, %%gs:%0"			\
		: "+m" (name) : "er" ((u64)_v) : "cc"); break;		\
	default: __builtin_trap();					\
	} } while (0)
#define this_cpu_add(name, v)	__this_cpu_op("add", name, v)
#define this_cpu_or(name, v)	__this_cpu_op("or", name, v)
#define this_cpu_and(name, v)	__this_cpu_op("and", name, v)

/* base address of each CPU's area; index below cpu_count_possible */
extern u64 *percpu_base;

#define percpu_ptr(name, cpu)						\
	((__typeof__(name) *)((uptr)&(name) + percpu_base[cpu]))
#endif

#define this_cpu_inc(name)	this_cpu_add(name, 1)
#define this_cpu_dec(name)	this_cpu_add(name, -1)

/*
 * The fixed head of the area. Defined in arch/x86/cpu/percpu.c; the members
 * that assembly and hot paths use have names of their own below.
 */
DECLARE_PERCPU(u64, cpu_area_base);	/* equals the %gs base */
DECLARE_PERCPU(u32, cpu_id);		/* 0 .. cpu_count_possible - 1 */
DECLARE_PERCPU(u32, cpu_preempt_count);	/* see base/preempt.h */
DECLARE_PERCPU(struct thread *, cpu_thread);	/* running thread */
DECLARE_PERCPU(void *, cpu_view);	/* its t_view: shared layout of vendor modules */
DECLARE_PERCPU(u64, cpu_kstack_top);	/* entry stack of the running thread */
DECLARE_PERCPU(u64, cpu_scratch);	/* entry code only */

/* Pointer to this CPU's copy; preemption off while it is used. */
#define this_cpu_ptr(name)						\
	((__typeof__(name) *)((uptr)&(name) + this_cpu_read(cpu_area_base)))
