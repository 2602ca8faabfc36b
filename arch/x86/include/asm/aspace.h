/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The processor's part of an address space: top table and who may cache what.
 * Owner arch/x86/mm/tlb.c; embedded in struct aspace as member "arch".
 *
 * A CPU sets its bit in @cpus when it loads the space and clears it when it has
 * left it. @flush_gen counts the flushes asked for; each CPU remembers for each
 * of its PCIDs which space and which generation the translations belong to.
 */
#pragma once

#include <asm/atomic.h>
#include <tern/base/types.h>

struct arch_aspace {
	paddr_t root;		/* I physical address of the top table */
	u64 id;			/* I unique for good, never 0 */
	atomic64 flush_gen;	/* A */
	u64 *cpus;		/* A bitmap of CPUs; &cpus_inline up to 64 CPUs */
	u64 cpus_inline;
};

/**
 * arch_aspace_init() - make the top table (pt_root_create) and the CPU set
 * Return: 0 or -ENOMEM. Context: sleeps.
 */
int arch_aspace_init(struct arch_aspace *aa) __attribute__((warn_unused_result));

/** arch_aspace_fini() - free both; no CPU may have it loaded, the user half is empty. */
void arch_aspace_fini(struct arch_aspace *aa);

/** arch_aspace_init_kernel() - for the one space of kernel threads: the kernel's own tables. */
void arch_aspace_init_kernel(struct arch_aspace *aa);

/** arch_aspace_cpu_drop() - this CPU goes to the kernel tables and forgets @aa. Interrupts off. */
void arch_aspace_cpu_drop(struct arch_aspace *aa);
