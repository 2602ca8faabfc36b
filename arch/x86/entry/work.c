// SPDX-License-Identifier: GPL-2.0-only
/* The slow paths behind the work word, and returns from interrupts. */
#include "../entry_impl.h"

#include <asm/cpu.h>
#include <asm/msr.h>
#include <asm/page.h>
#include <tern/base/preempt.h>
#include <tern/base/upcall.h>
#include <tern/kernel/thread.h>

#include "../fpu_impl.h"
#include "../apic_impl.h"

struct frame *thread_frame(const struct thread *t)
{
	return (struct frame *)((u8 *)t->t_kstack + KSTACK_SIZE) - 1;
}

void user_return(struct frame *f)
{
	struct thread *t = thread_self();

	irq_disable();
	while (READ_ONCE(t->t_work) & WORK_EXIT_MASK) {
		/* Extended state last: what comes before may switch it out again. */
		if (READ_ONCE(t->t_work) & WORK_EXIT_MASK & ~WORK_FPU) {
			irq_enable();
			trap_user_work(f);
			irq_disable();
		} else {
			fpu_reload(t);
		}
	}
}

void syscall_exit_slow(struct frame *f)
{
	irq_enable();
	if (READ_ONCE(thread_self()->t_work) & WORK_SYSEXIT_MASK)
		trap_syscall_exit(f);
	user_return(f);
}

void irq_return_kernel(struct frame *f)
{
	/* Zero: preemptible and a reschedule is due. */
	if (!this_cpu_read(cpu_preempt_count) && (f->rflags & RFLAGS_IF))
		sched_irq_preempt();
}

void frame_sanitize(struct frame *f)
{
	f->cs = SEL_USER_CODE;
	f->ss = SEL_USER_DATA;
	f->rflags = (f->rflags & RFLAGS_USER & ~RFLAGS_NT) | RFLAGS_IF | 2;
}
