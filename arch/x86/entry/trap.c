// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exceptions: from vectors.S to signals, fixups, or an oops.
 *
 *	user mode	page fault -> trap_page_fault(); what mm does not resolve and
 *			every other exception -> trap_signal()
 *	kernel mode	page fault at a user address inside user_copy code -> the
 *			same, then the exception table; everything else the
 *			exception table or trap_oops()
 *	#DB NMI #DF #MC	on stacks of their own (trap_special())
 *
 * Exceptions come with interrupts off. Before anything that may sleep they are
 * switched on again if they were on where it happened.
 *
 * Signals and codes are Linux's for the same exception. Intel SDM vol. 3A, 6.15.
 */
#include "../entry_impl.h"

#include <asm/backtrace.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/page.h>
#include <asm/pgtable.h>
#include <asm/smp.h>
#include <tern/base/err.h>
#include <tern/base/foreign.h>
#include <tern/base/kallsyms.h>
#include <tern/base/preempt.h>
#include <tern/base/upcall.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/thread.h>

#include "../smp_impl.h"
#include "../apic_impl.h"
#include "../pt_impl.h"

enum {
	TRAP_DE = 0, TRAP_DB = 1, TRAP_NMI = 2, TRAP_BP = 3, TRAP_DF = 8, TRAP_GP = 13,
	TRAP_PF = 14, TRAP_MF = 16, TRAP_MC = 18, TRAP_XM = 19, TRAP_COUNT = 32,
};

#define SI_KERNEL_CODE	0x80
#define TRAP_BRKPT_CODE	1
#define TRAP_TRACE_CODE	2
#define TRAP_HWBKPT_CODE 4
#define DR6_STEP	0x4000UL

static const struct {
	const char *name;
	u8 sig;			/* user mode: signal, 0: see the code */
	u8 code;
	bool has_addr;		/* si_addr is the instruction */
} traps[TRAP_COUNT] = {
	[0] = { "divide error", SIGFPE, 1, true },
	[1] = { "debug", SIGTRAP, TRAP_TRACE_CODE, true },
	[2] = { "NMI" },
	[3] = { "int3", SIGTRAP, SI_KERNEL_CODE },
	[4] = { "overflow", SIGSEGV, SI_KERNEL_CODE },
	[5] = { "bounds", SIGSEGV, SI_KERNEL_CODE },
	[6] = { "invalid opcode", SIGILL, 2, true },
	[7] = { "device not available", SIGSEGV, SI_KERNEL_CODE },
	[8] = { "double fault", SIGSEGV, SI_KERNEL_CODE },
	[9] = { "coprocessor segment overrun", SIGFPE, SI_KERNEL_CODE },
	[10] = { "invalid TSS", SIGSEGV, SI_KERNEL_CODE },
	[11] = { "segment not present", SIGBUS, SI_KERNEL_CODE },
	[12] = { "stack segment", SIGBUS, SI_KERNEL_CODE },
	[13] = { "general protection fault", SIGSEGV, SI_KERNEL_CODE },
	[14] = { "page fault", SIGSEGV, 1 },
	[15] = { "reserved 15", SIGSEGV, SI_KERNEL_CODE },
	[16] = { "x87 error", SIGFPE, 0, true },
	[17] = { "alignment check", SIGBUS, 1 },
	[18] = { "machine check", SIGBUS, SI_KERNEL_CODE },
	[19] = { "SIMD error", SIGFPE, 0, true },
	[20] = { "virtualization", SIGSEGV, SI_KERNEL_CODE },
	[21] = { "control protection", SIGSEGV, SI_KERNEL_CODE },
	[22 ... 31] = { "reserved", SIGSEGV, SI_KERNEL_CODE },
};

/* ---- the kernel's own faults ---- */

static void print_frame(const struct frame *f)
{
	struct ksym sym;

	if (ksym_lookup(f->rip, &sym))
		kerr("rip %016lx %s+0x%lx rflags %08lx cs %lx", f->rip, sym.name,
		     f->rip - sym.addr, f->rflags, f->cs);
	else
		kerr("rip %016lx rflags %08lx cs %lx", f->rip, f->rflags, f->cs);
	kerr("rsp %016lx rbp %016lx rax %016lx rbx %016lx", f->rsp, f->rbp, f->rax, f->rbx);
	kerr("rcx %016lx rdx %016lx rsi %016lx rdi %016lx", f->rcx, f->rdx, f->rsi, f->rdi);
	kerr("r8  %016lx r9  %016lx r10 %016lx r11 %016lx", f->r8, f->r9, f->r10, f->r11);
	kerr("r12 %016lx r13 %016lx r14 %016lx r15 %016lx", f->r12, f->r13, f->r14, f->r15);
	kerr("cr2 %016lx cr3 %016lx cr4 %016lx gs %016lx", cr2_read(), cr3_read(), cr4_read(),
	     this_cpu_read(cpu_area_base));
}

void trap_oops(const struct frame *f, const char *what, u32 vector, u32 code)
{
	struct thread *t = thread_self();
	bool is_fatal = !t || in_interrupt() || !(f->rflags & RFLAGS_IF) || in_atomic() ||
			(t->t_flags & (TF_IDLE | TF_EXITING));

	kerr("kernel %s: error %04x, cpu %u, thread %s", what, code, cpu_self(),
	     t ? t->t_comm : "none");
	print_frame(f);
	arch_backtrace_log(f);
	foreign_code->died(f->rip);
	if (is_fatal)
		kpanic("kernel %s at %016lx", what, f->rip);
	irq_enable();
	thread_exit(SIGSEGV);
}

/* ---- page faults ---- */

/* Give a fault of user space to mm; true if the thread may go on. */
static bool resolve(struct frame *f, uptr addr, u32 code, int *sig, int *si_code)
{
	*si_code = 1;			/* SEGV_MAPERR */
	if (addr >= USER_END) {
		*sig = SIGSEGV;
		return false;
	}
	*sig = trap_page_fault(f, addr, code, si_code);
	return *sig <= 0;
}

/* Is this code that may touch user memory: has it opened the window, or a fixup? */
static bool is_user_copy(const struct frame *f)
{
	return ((f->rflags & RFLAGS_AC) && cpu_has(FEAT_SMAP)) || extable_has(f->rip);
}

static void kernel_page_fault(struct frame *f, uptr addr, u32 code)
{
	int sig, si_code;

	if (addr >= USER_END && pt_sync_kernel_top(addr))
		return;
	if (addr < USER_END && (f->rflags & RFLAGS_IF) && !in_atomic() && thread_self() &&
	    thread_self()->t_as && is_user_copy(f)) {
		irq_enable();
		if (resolve(f, addr, code, &sig, &si_code) && sig == 0) {
			irq_disable();
			return;
		}
		irq_disable();
	}
	if (extable_fixup(f))
		return;
	trap_oops(f, addr < PAGE_SIZE ? "access to the null page" : "page fault", TRAP_PF, code);
}

static void user_signal(struct frame *f, int sig, int si_code, uptr addr, u32 vector, u32 code)
{
	struct arch_thread *at = &thread_self()->t_arch;

	at->trap_no = vector;
	at->fault_code = code;
	if (vector == TRAP_PF)
		at->fault_addr = addr;
	trap_signal(sig, si_code, addr, vector);
}

static void page_fault(struct frame *f, u32 code)
{
	uptr addr = cr2_read();
	int sig, si_code;

	if (!frame_is_user(f)) {
		kernel_page_fault(f, addr, code);
		return;
	}
	irq_enable();
	if (!resolve(f, addr, code, &sig, &si_code))
		user_signal(f, sig, si_code, addr, TRAP_PF, code | 4);
	irq_disable();
}

/* ---- the others ---- */

/* Numeric exception: unmasked bits IE DE ZE OE UE PE to FPE_*. */
static int fpe_code(u32 status)
{
	if (status & 1)
		return 7;		/* FPE_FLTINV */
	if (status & 4)
		return 3;		/* FPE_FLTDIV */
	if (status & 8)
		return 4;		/* FPE_FLTOVF */
	if (status & 0x12)
		return 5;		/* FPE_FLTUND */
	if (status & 0x20)
		return 6;		/* FPE_FLTRES */
	return 0;
}

static int numeric_code(u32 vector)
{
	u16 cw, sw;
	u32 mxcsr;

	if (vector == TRAP_MF) {
		__asm__ volatile("fnstcw %0; fnstsw %1" : "=m" (cw), "=m" (sw));
		return fpe_code(sw & ~cw);
	}
	__asm__ volatile("stmxcsr %0" : "=m" (mxcsr));
	return fpe_code(~(mxcsr >> 7) & mxcsr);
}

static u64 dr6_take(void)
{
	u64 v;

	__asm__ volatile("mov %%dr6, %0" : "=r" (v));
	__asm__ volatile("mov %0, %%dr6" : : "r" (0xffff0ff0UL));
	return v;
}

/* Breakpoints on instructions come before the instruction, all others after. */
static bool is_exec_breakpoint(const struct arch_thread *at, u64 dr6)
{
	for (u32 n = 0; n < 4; n++)
		if ((dr6 >> n & 1) && !(at->debug_reg[7] >> (16 + 4 * n) & 3))
			return true;
	return false;
}

static void debug_trap(struct frame *f)
{
	u64 dr6 = dr6_take();
	struct arch_thread *at = &thread_self()->t_arch;
	int code = TRAP_TRACE_CODE;

	if (!frame_is_user(f)) {
		/* A user's TF that came in with SYSENTER-like entries: never keep it. */
		f->rflags &= ~RFLAGS_TF;
		return;
	}
	at->step_by_branch = false;	/* the processor has cleared its flag */
	at->debug_reg[6] = dr6 & (DR6_STEP | 0xf);
	if (is_exec_breakpoint(at, dr6))
		f->rflags |= RFLAGS_RF;		/* or it would hit again at once */
	if (dr6 & 0xf)
		code = TRAP_HWBKPT_CODE;
	else if (!(dr6 & DR6_STEP))
		code = TRAP_BRKPT_CODE;
	irq_enable();
	user_signal(f, SIGTRAP, code, f->rip, TRAP_DB, 0);
	irq_disable();
}

static void nmi(struct frame *f)
{
	static struct ratelimit limit;

	if (smp_is_stopping())
		cpu_halt_forever();
	this_cpu_inc(arch_irq_counts.nmi);
	if (ratelimit_ok(&limit))
		kwarn("NMI without a known reason on CPU %u", cpu_self());
}

static void user_trap(struct frame *f, u32 vector, u32 code)
{
	int si_code = traps[vector].code;

	if (vector == TRAP_MF || vector == TRAP_XM)
		si_code = numeric_code(vector);
	if (f->rflags & RFLAGS_IF)
		irq_enable();
	user_signal(f, traps[vector].sig, si_code, traps[vector].has_addr ? f->rip : 0, vector,
		    code);
	irq_disable();
}

void trap_dispatch(u32 vector, struct frame *f, u32 code)
{
	if (likely(vector == TRAP_PF)) {
		page_fault(f, code);
		return;
	}
	if (vector == TRAP_NMI) {
		nmi(f);
		return;
	}
	if (vector == TRAP_MC)
		kpanic("machine check on CPU %u", cpu_self());
	if (vector == TRAP_DB) {
		debug_trap(f);
		return;
	}
	if (frame_is_user(f)) {
		user_trap(f, vector, code);
		return;
	}
	if (foreign_code->trap(f, vector) || extable_fixup(f))
		return;
	trap_oops(f, traps[vector].name, vector, code);
}

/* A double fault with the stack pointer in or just below a stack's guard page. */
static void double_fault(const struct frame *f, u32 code)
{
	const struct thread *t = thread_self();
	u64 low = t ? (u64)t->t_kstack : 0, at = cr2_read();

	if (low && at < low && at >= low - PAGE_SIZE)
		kerr("stack overflow of thread %s: stack %016lx, rsp %016lx", t->t_comm, low,
		     f->rsp);
	print_frame(f);
	arch_backtrace_log(f);
	kpanic("double fault, error %x", code);
}

void trap_special(u32 vector, struct frame *f, u32 code)
{
	this_cpu_add(cpu_preempt_count, NMI_OFFSET);
	switch (vector) {
	case TRAP_DF:
		double_fault(f, code);
		break;
	case TRAP_MC:
		kpanic("machine check on CPU %u", cpu_self());
	case TRAP_NMI:
		nmi(f);
		break;
	default:
		debug_trap(f);
		break;
	}
	this_cpu_add(cpu_preempt_count, -NMI_OFFSET);
}

struct frame *trap_move_to_top(const struct frame *f)
{
	struct frame *top = (struct frame *)this_cpu_read(cpu_kstack_top) - 1;
	struct frame tmp = *f;

	/* The hardware part at the top is still what IRET was to use. */
	tmp.orig_rax = top->orig_rax;
	tmp.rip = top->rip;
	tmp.cs = top->cs;
	tmp.rflags = top->rflags;
	tmp.rsp = top->rsp;
	tmp.ss = top->ss;
	*top = tmp;
	top->orig_rax = -1UL;
	return top;
}
