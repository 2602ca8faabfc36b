// SPDX-License-Identifier: GPL-2.0-only
/*
 * The processor's part of threads: switching, starting, arch_prctl.
 *
 * The kernel stack of every thread ends in a struct frame (thread_frame()): the
 * user registers, for a thread that has any. Below it a new thread gets what
 * arch_switch_stack() pops: r15 r14 r13 r12 rbx rbp and the address to go to.
 *
 * FS and GS base of the user live in the registers while the thread runs. With
 * FSGSBASE user code changes them without us, so they are read at each switch.
 */
#include "../entry_impl.h"

#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/page.h>
#include <asm/thread.h>
#include <asm/uaccess.h>
#include <tern/base/bug.h>
#include <tern/base/err.h>
#include <tern/base/preempt.h>
#include <tern/kernel/syscalls.h>
#include <tern/kernel/thread.h>
#include <tern/lib/string.h>

#include "../cpu_impl.h"
#include "../fpu_impl.h"

/* What arch_switch_stack() finds on a stack. */
struct switch_frame {
	u64 r15, r14, r13, r12, rbx, rbp, rip;
};

#define DR7_RESERVED	0x400UL

u8 entry_has_fsgsbase __ro_after_init;

static u64 gs_read_user(void)
{
	u64 v;

	if (!cpu_has(FEAT_FSGSBASE))
		return msr_read(MSR_KERNEL_GS_BASE);
	__asm__ volatile("swapgs; rdgsbase %0; swapgs" : "=r" (v));
	return v;
}

static void gs_write_user(u64 v)
{
	if (cpu_has(FEAT_FSGSBASE))
		__asm__ volatile("swapgs; wrgsbase %0; swapgs" : : "r" (v));
	else
		msr_write(MSR_KERNEL_GS_BASE, v);
}

static void bases_save(struct arch_thread *at)
{
	if (!cpu_has(FEAT_FSGSBASE))
		return;		/* only arch_prctl changes them, and it stores them */
	at->fs_base = fsbase_read_insn();
	at->gs_base = gs_read_user();
}

static void bases_load(const struct arch_thread *prev, const struct arch_thread *next)
{
	if (!cpu_has(FEAT_FSGSBASE)) {
		if (prev->fs_base != next->fs_base)
			msr_write(MSR_FS_BASE, next->fs_base);
		if (prev->gs_base != next->gs_base)
			msr_write(MSR_KERNEL_GS_BASE, next->gs_base);
		return;
	}
	fsbase_write_insn(next->fs_base);
	gs_write_user(next->gs_base);
}

static void debug_load(const struct arch_thread *at)
{
	__asm__ volatile("mov %0, %%dr0" : : "r" (at->debug_reg[0]));
	__asm__ volatile("mov %0, %%dr1" : : "r" (at->debug_reg[1]));
	__asm__ volatile("mov %0, %%dr2" : : "r" (at->debug_reg[2]));
	__asm__ volatile("mov %0, %%dr3" : : "r" (at->debug_reg[3]));
	__asm__ volatile("mov %0, %%dr7" : : "r" (at->debug_reg[7]));
}

static void switch_rare(const struct arch_thread *prev, const struct arch_thread *next)
{
	if (next->has_debug_reg)
		debug_load(next);
	else if (prev->has_debug_reg)
		__asm__ volatile("mov %0, %%dr7" : : "r" (DR7_RESERVED));
	if (prev->step_by_branch || next->step_by_branch)
		msr_write(MSR_DEBUGCTL, next->step_by_branch ? DEBUGCTL_BTF : 0);
	if (prev->has_ports | next->has_ports)
		ioports_load(next);
	if (prev->tsc_is_off != next->tsc_is_off) {
		u64 cr4 = cr4_read() & ~CR4_TSD;

		cr4_write(next->tsc_is_off ? cr4 | CR4_TSD : cr4);
	}
}

struct thread *arch_thread_switch(struct thread *prev, struct thread *next)
{
	struct arch_thread *pa = &prev->t_arch, *na = &next->t_arch;

	if (pa->xstate) {
		fpu_switch_out(prev);
		bases_save(pa);
	}
	if (na->xstate) {
		fpu_switch_in(next);
		bases_load(pa, na);
	}
	if (unlikely(pa->has_debug_reg | na->has_debug_reg | pa->tsc_is_off | na->tsc_is_off |
		     pa->step_by_branch | na->step_by_branch | pa->has_ports | na->has_ports))
		switch_rare(pa, na);
	this_cpu_write(cpu_thread, next);
	this_cpu_write(cpu_view, next->t_view ? next->t_view : thread_view_default);
	desc_set_kstack((u64)next->t_kstack + KSTACK_SIZE);
	return arch_switch_stack(&pa->sp, na->sp, prev);
}

static struct switch_frame *make_switch_frame(struct thread *t, void (*start)(void))
{
	struct switch_frame *sf = (struct switch_frame *)thread_frame(t) - 1;

	memset(sf, 0, sizeof(*sf));
	sf->rip = (u64)start;
	t->t_arch.sp = (u64)sf;
	return sf;
}

void arch_thread_init_kernel(struct thread *t, int (*fn)(void *arg), void *arg)
{
	struct switch_frame *sf = make_switch_frame(t, thread_entry_kernel);

	memset(thread_frame(t), 0, sizeof(struct frame));
	sf->r12 = (u64)fn;
	sf->rbx = (u64)arg;
	t->t_arch.xstate_cpu = ~0U;
}

int arch_thread_init_user(struct thread *t, const struct frame *regs, u64 sp, u64 tls, bool set_tls)
{
	struct arch_thread *at = &t->t_arch, *self = &thread_self()->t_arch;
	struct frame *f = thread_frame(t);
	void *area = fpu_alloc();

	if (!area)
		return -ENOMEM;
	make_switch_frame(t, thread_entry_user);
	preempt_disable();
	fpu_copy(area);
	if (self->xstate)
		bases_save(self);
	preempt_enable();
	at->xstate = area;
	at->xstate_is_live = false;
	at->xstate_cpu = ~0U;
	at->fs_base = set_tls ? tls : self->fs_base;
	at->gs_base = self->gs_base;
	at->tsc_is_off = self->tsc_is_off;
	ioports_fork(at, self);
	at->has_debug_reg = 0;
	at->step_by_branch = false;
	memset(at->debug_reg, 0, sizeof(at->debug_reg));
	thread_work_set(t, WORK_FPU);
	*f = *regs;
	f->rax = 0;
	if (self->step_is_forced)
		f->rflags &= ~RFLAGS_TF;
	if (sp)
		f->rsp = sp;
	return 0;
}

int arch_thread_exec(struct thread *t, uptr entry, uptr sp)
{
	struct arch_thread *at = &t->t_arch;
	struct frame *f = thread_frame(t);

	if (!at->xstate) {
		void *area = fpu_alloc();

		if (!area)
			return -ENOMEM;
		preempt_disable();
		at->xstate = area;
		fpu_changed(t);
		preempt_enable();
	} else {
		fpu_reset(t);
	}
	preempt_disable();
	at->fs_base = 0;
	at->gs_base = 0;
	if (t == thread_self()) {
		msr_write(MSR_FS_BASE, 0);
		msr_write(MSR_KERNEL_GS_BASE, 0);
		if (at->has_debug_reg)
			__asm__ volatile("mov %0, %%dr7" : : "r" (DR7_RESERVED));
	}
	at->has_debug_reg = 0;
	memset(at->debug_reg, 0, sizeof(at->debug_reg));
	preempt_enable();
	memset(f, 0, sizeof(*f));
	f->rip = entry;
	f->rsp = sp;
	f->orig_rax = -1UL;
	frame_sanitize(f);
	return 0;
}

void arch_thread_fini(struct thread *t)
{
	fpu_free(t->t_arch.xstate);
	t->t_arch.xstate = NULL;
	ioports_fini(&t->t_arch);
}

int arch_user_start(void *unused)
{
	entry_leave_to(thread_frame(thread_self()));
}

/* ---- arch_prctl and friends ---- */

enum {
	ARCH_SET_GS = 0x1001, ARCH_SET_FS, ARCH_GET_FS, ARCH_GET_GS,
	ARCH_GET_CPUID = 0x1011, ARCH_SET_CPUID,
};

static long set_base(struct arch_thread *at, int code, uptr v)
{
	if (v >= USER_END)
		return -EPERM;
	preempt_disable();
	if (code == ARCH_SET_FS) {
		at->fs_base = v;
		msr_write(MSR_FS_BASE, v);
	} else {
		at->gs_base = v;
		msr_write(MSR_KERNEL_GS_BASE, v);
	}
	preempt_enable();
	return 0;
}

static long get_base(struct arch_thread *at, int code, uptr arg)
{
	u64 v;

	preempt_disable();
	bases_save(at);
	v = code == ARCH_GET_FS ? at->fs_base : at->gs_base;
	preempt_enable();
	return user_put(v, (u64 __user *)arg);
}

long arch_prctl_op(int code, uptr arg)
{
	struct arch_thread *at = &thread_self()->t_arch;

	switch (code) {
	case ARCH_SET_FS:
	case ARCH_SET_GS:
		return set_base(at, code, arg);
	case ARCH_GET_FS:
	case ARCH_GET_GS:
		return get_base(at, code, arg);
	case ARCH_GET_CPUID:
		return 1;	/* CPUID works in user mode */
	case ARCH_SET_CPUID:
		return -ENODEV;	/* and cannot be turned off */
	default:
		return -EINVAL;
	}
}

long sys_arch_prctl(int code, uptr arg)
{
	return arch_prctl_op(code, arg);
}
