// SPDX-License-Identifier: GPL-2.0-only
/*
 * Vectors 32 and above: to devices, the timer, or another CPU's request. Runs on
 * this CPU's interrupt stack (entry/vectors.S), interrupts off.
 */
#include "../apic_impl.h"

#include <asm/cpu.h>
#include <asm/page.h>
#include <asm/smp.h>
#include <tern/base/err.h>
#include <tern/base/preempt.h>
#include <tern/base/upcall.h>
#include <tern/kernel/klog.h>
#include <tern/mm/page.h>

#include "../smp_impl.h"
#include "../entry_impl.h"

#define IRQ_STACK_ORDER	2	/* 16 KiB */

static u8 boot_irq_stack[PAGE_SIZE << IRQ_STACK_ORDER] __aligned(4096)
	__section(".bss..page_aligned");
DEFINE_PERCPU(u64, cpu_irq_stack);
DEFINE_PERCPU(s32, cpu_irq_depth) = -1;
DEFINE_PERCPU(struct arch_irq_counts, arch_irq_counts);

void __init irq_stack_setup_boot(void)
{
	this_cpu_write(cpu_irq_stack, (u64)boot_irq_stack + sizeof(boot_irq_stack));
}

int irq_stack_alloc(u32 cpu)
{
	u64 *top = percpu_ptr(cpu_irq_stack, cpu);
	u8 *p;

	if (*top)
		return 0;
	p = page_alloc_kva(IRQ_STACK_ORDER, ALLOC_KERNEL);
	if (!p)
		return -ENOMEM;
	*top = (u64)p + (PAGE_SIZE << IRQ_STACK_ORDER);
	return 0;
}

void irq_dispatch(u32 vector, struct frame *f)
{
	struct frame *outer;

	switch (vector) {
	case VECTOR_RESCHED:	/* irq_exit() and the way out look at what others want */
		lapic_eoi();
		this_cpu_inc(arch_irq_counts.resched);
		irq_enter();
		irq_exit();
		return;
	case VECTOR_CALL:
		lapic_eoi();
		this_cpu_inc(arch_irq_counts.call);
		irq_enter();
		smp_call_handle();
		irq_exit();
		return;
	case VECTOR_STOP:
		cpu_halt_forever();
	case VECTOR_SPURIOUS:
		this_cpu_inc(arch_irq_counts.spurious);
		return;
	case VECTOR_ERROR:
		lapic_eoi();
		this_cpu_inc(arch_irq_counts.error);
		lapic_report_error();
		return;
	}
	outer = this_cpu_read(cpu_irq_frame);
	this_cpu_write(cpu_irq_frame, f);
	irq_enter();
	if (vector == VECTOR_TIMER) {
		lapic_eoi();
		this_cpu_inc(arch_irq_counts.timer);
		trap_timer();
	} else {
		irq_dispatch_device(vector);
	}
	irq_exit();
	this_cpu_write(cpu_irq_frame, outer);
}
