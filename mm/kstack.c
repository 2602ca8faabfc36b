// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel stacks: 16 KiB of kva, 16 KiB aligned, with the unmapped guard page
 * of the range below them. A few free ones wait on each CPU, so that making a
 * thread usually costs no mapping and no flush.
 */
#include <asm/cpu.h>
#include <tern/mm/kva.h>

#include "mm_impl.h"

#define KSTACK_PAGES	(KSTACK_SIZE / PAGE_SIZE)
#define KSTACK_KEEP	8

struct kstack_cpu {
	void *stack[KSTACK_KEEP];
	u32 count;
};
static DEFINE_PERCPU(struct kstack_cpu, kstack_cells);

void *kstack_alloc(void)
{
	void *s = NULL;
	u64 flags = irq_save();
	struct kstack_cpu *c = this_cpu_ptr(kstack_cells);

	if (c->count)
		s = c->stack[--c->count];
	irq_restore(flags);
	if (!s)
		s = kva_alloc_aligned(KSTACK_SIZE, KSTACK_SIZE, ALLOC_KERNEL | ALLOC_ZERO);
	if (s)
		vmstat_add(VMSTAT_KSTACK, KSTACK_PAGES);
	return s;
}

void kstack_free(void *stack)
{
	struct kstack_cpu *c;
	u64 flags;

	if (!stack)
		return;
	vmstat_add(VMSTAT_KSTACK, -(s64)KSTACK_PAGES);
	flags = irq_save();
	c = this_cpu_ptr(kstack_cells);
	if (c->count < KSTACK_KEEP) {
		c->stack[c->count++] = stack;
		stack = NULL;
	}
	irq_restore(flags);
	if (stack)
		kva_free_deferred(stack);
}
