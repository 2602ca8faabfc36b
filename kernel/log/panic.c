// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end: panic, broken invariants, faults in kernel mode.
 *
 * The first CPU to panic stops the others, frees the log from whoever held it and
 * prints everything; then "panic=" decides: negative reboots at once, N > 0 after N
 * seconds, 0 (the default) halts.
 */
#include "klog_impl.h"

#include <asm/clock.h>
#include <asm/cpu.h>
#include <asm/frame.h>
#include <asm/power.h>
#include <asm/smp.h>
#include <tern/base/preempt.h>
#include <tern/base/upcall.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/cmdline.h>
#include <tern/kernel/process.h>
#include <tern/kernel/sched.h>
#include <tern/kernel/thread.h>
#include <tern/kernel/version.h>
#include <tern/lib/fmt.h>

u64 klog_is_restricted = 1, klog_hide_addresses, panic_on_warn, panic_on_oops;

static u32 panic_cpu;		/* number + 1 of the CPU that panicked first */
static u32 panic_depth;		/* panics inside the panic: that CPU's */
static u64 taint_bits;
static char panic_text[512];

void klog_taint(u32 bit)
{
	bit_set_atomic(bit, &taint_bits);
}

u64 klog_taint_mask(void)
{
	return READ_ONCE(taint_bits);
}

static void log_where(void)
{
	struct thread *t = thread_self();

	klog(KLOG_EMERG, "CPU %u, thread %s (%d), Tern %s, taint %lx", cpu_self(),
	     t ? t->t_comm : "?", t && t->t_pid ? t->t_pid->at[0].nr : 0, version_release, taint_bits);
}

/* Decimal with sign; cmdline_get_u64() knows no negative numbers. */
static s64 panic_seconds(void)
{
	const char *s = cmdline_get("panic");
	bool is_negative = s && *s == '-';
	s64 n = 0;

	for (s += s && is_negative; s && *s >= '0' && *s <= '9' && n < 1000000; s++)
		n = n * 10 + (*s - '0');
	return is_negative ? -n : n;
}

static void panic_finish(void) __noreturn;
static void panic_finish(void)
{
	s64 wait = panic_seconds();

	klog(KLOG_EMERG, "---[ end Kernel panic: %s ]---", panic_text);
	console_flush_panic();
	for (s64 i = 0; i < wait * 10; i++)
		arch_delay_ns(100 * NSEC_PER_MSEC);
	if (wait)
		arch_reboot();
	cpu_halt_forever();
}

/* One CPU gets through; a second panic on it skips what may have caused it. */
static void panic_enter(void)
{
	u32 me = cpu_self() + 1, old = 0;

	irq_disable();
	if (__atomic_compare_exchange_n(&panic_cpu, &old, me, false, __ATOMIC_SEQ_CST,
					__ATOMIC_SEQ_CST)) {
		klog_ring_bust();
		return;
	}
	if (old != me)
		cpu_halt_forever();
	if (panic_depth++ >= 2)
		cpu_halt_forever();
	if (panic_depth == 2)
		arch_reboot();
	klog_ring_bust();
	panic_finish();
}

static void panic_body(const struct frame *f) __noreturn;
static void panic_body(const struct frame *f)
{
	smp_stop_others();
	klog_ring_bust();
	klog(KLOG_EMERG, "Kernel panic - not syncing: %s", panic_text);
	log_where();
	if (f)
		klog_frame(KLOG_EMERG, f);
	else
		klog_backtrace(KLOG_EMERG);
	panic_finish();
}

void kpanic(const char *fmt, ...)
{
	va_list ap;

	panic_enter();
	va_start(ap, fmt);
	fmt_vput(panic_text, sizeof(panic_text), fmt, ap);
	va_end(ap);
	panic_body(NULL);
}

/* May the thread alone pay for it? Not with locks held, in interrupts, or if it is vital. */
static bool can_kill_thread(const struct frame *f)
{
	struct thread *t = thread_self();

	if (f ? !(f->rflags & RFLAGS_IF) : !irq_is_enabled())
		return false;
	return t && t->t_proc && !in_atomic() && !(t->t_flags & (TF_KTHREAD | TF_IDLE | TF_EXITING)) &&
	       !(t->t_proc->p_flags & PROC_INIT) && !READ_ONCE(panic_cpu) &&
	       !cmdline_has("oops=panic") && !cmdline_has("panic_on_oops") && !READ_ONCE(panic_on_oops);
}

static void end_thread(const struct frame *f) __noreturn;
static void end_thread(const struct frame *f)
{
	if (!can_kill_thread(f)) {
		panic_enter();
		panic_body(f);
	}
	klog_taint(TAINT_DIE);
	log_where();
	if (f)
		klog_frame(KLOG_ERR, f);
	else
		klog_backtrace(KLOG_ERR);
	irq_enable();
	thread_exit(SIGSEGV);
}

void kbug(const char *expr, const char *file, int line)
{
	klog(KLOG_CRIT, "BUG: %s at %s:%d", expr, file, line);
	fmt_put(panic_text, sizeof(panic_text), "BUG: %s at %s:%d", expr, file, line);
	end_thread(NULL);
}

void kdie(const struct frame *f, const char *what)
{
	klog(KLOG_CRIT, "Oops: %s", what);
	fmt_put(panic_text, sizeof(panic_text), "%s", what);
	end_thread(f);
}

void kwarn_at(const char *expr, const char *file, int line)
{
	klog_taint(TAINT_WARN);
	klog(KLOG_WARNING, "WARNING: %s at %s:%d", expr, file, line);
	klog_backtrace(KLOG_WARNING);
	if (READ_ONCE(panic_on_warn))
		kpanic("panic_on_warn is set");
}
