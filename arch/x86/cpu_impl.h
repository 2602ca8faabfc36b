/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to arch/x86: bring-up of one CPU. */
#pragma once

#include <asm/boot.h>
#include <asm/cpufeature.h>
#include <asm/frame.h>
#include <asm/percpu_area.h>

/** cpu_detect() - fill @ci with what CPUID says about this CPU. */
void cpu_detect(struct cpu_info *ci);
/** cpu_setup_control() - control registers and EFER as all CPUs have them. */
void cpu_setup_control(void);
/** cpu_merge_features() - a further CPU: drop from the common set what it lacks. */
void cpu_merge_features(const struct cpu_info *ci);

/** desc_setup_cpu() - GDT, TSS, interrupt stacks and syscall registers of this CPU. */
void desc_setup_cpu(u32 cpu);
/** desc_alloc_stacks() - IST stacks of a CPU; before it starts. 0 or -ENOMEM. */
int desc_alloc_stacks(u32 cpu);
/** desc_set_kstack() - stack for entries from user mode on this CPU. */
void desc_set_kstack(u64 top);
#define IOMAP_SIZE	8192u		/* a bit for each port */
#define IOMAP_NONE	0UL
#define IOMAP_ALL	1UL
/**
 * desc_set_iomap() - ports that user code of this CPU may use from now on
 * @map: IOMAP_SIZE bytes, a bit clear for each allowed port; NULL with
 * @version: IOMAP_NONE, IOMAP_ALL, or a number that @map's contents have alone
 * Context: preemption off.
 */
void desc_set_iomap(const u8 *map, u64 version);
/* Ports in a thread's life (ioport.c). */
struct arch_thread;
void ioports_load(const struct arch_thread *at);
void ioports_fork(struct arch_thread *child, const struct arch_thread *self);
void ioports_fini(struct arch_thread *at);
/** idt_setup() - build the table (boot CPU). */
void idt_setup(void);
/** idt_load() - load it. */
void idt_load(void);
/** entry_patch_smap() - turn the marked no-operations of entry and copy code into stac/clac. */
void entry_patch_smap(void);

/** percpu_setup() - make the areas of all possible CPUs; this CPU moves to its own. */
void percpu_setup(u32 ncpus);

/** fpu_setup_cpu() - XCR0 and control words of this CPU; sizes on the first call. */
void fpu_setup_cpu(void);

/** canary_setup() - new stack canary for this CPU. Callers must not return through one. */
u64 canary_random(void);

enum {			/* interrupt stack table slots, 1-based in gates */
	IST_NONE, IST_DF, IST_NMI, IST_DB, IST_MC, IST_COUNT
};
#define IST_STACK_SIZE	8192
