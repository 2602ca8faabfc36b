// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a thread is: wchan, stack, syscall, sched. A thread may go on while it is
 * looked at; then what is shown is old, never more than that.
 */
#include "task_impl.h"

#include <asm/backtrace.h>
#include <asm/frame.h>
#include <tern/base/kallsyms.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/sched.h>

/* Functions that only wait on behalf of their caller. */
static const char *const waiters[] = {
	"sched_", "switch_", "waitq_", "kmutex_", "rwsem_", "latch_", "arch_switch", "thread_sleep", "timeout_",
};

static bool is_waiter(const char *name)
{
	for (u32 i = 0; i < ARRAY_SIZE(waiters); i++)
		if (str_has_prefix(name, waiters[i]))
			return true;
	return false;
}

static bool is_blocked(const struct thread *t)
{
	return THREAD_STATE(t) && !load_acquire(&t->t_sched.se_on_cpu);
}

static bool find_caller(void *arg, uptr addr)
{
	struct ksym sym, *found = arg;

	if (!ksym_lookup(addr, &sym) || is_waiter(sym.name))
		return true;
	*found = sym;
	return false;
}

int task_print_wchan(struct seqbuf *sb, struct task_ref *task)
{
	struct ksym sym = { 0 };

	if (task_may_look(task) && is_blocked(task->t))
		arch_backtrace_thread(task->t, find_caller, &sym);
	seqbuf_puts(sb, sym.name ? sym.name : "0");
	return 0;
}

static bool print_call(void *arg, uptr addr)
{
	struct ksym sym;

	if (ksym_lookup(addr, &sym))
		seqbuf_printf(arg, "[<0>] %s+%#lx\n", sym.name, addr - sym.addr);
	return true;
}

int task_print_stack(struct seqbuf *sb, struct task_ref *task)
{
	/* Even owners learn nothing about the kernel's stacks. */
	if (!cap_has(CAP_SYS_ADMIN))
		return -EACCES;
	if (task->t == thread_self())
		arch_backtrace(NULL, print_call, sb);
	else if (is_blocked(task->t))
		arch_backtrace_thread(task->t, print_call, sb);
	return 0;
}

int task_print_syscall(struct seqbuf *sb, struct task_ref *task)
{
	const struct frame *f;

	if (!task_may_access(task, true))
		return -EPERM;
	if (task->t != thread_self() && !is_blocked(task->t)) {
		seqbuf_puts(sb, "running\n");
		return 0;
	}
	if (task->p->p_flags & PROC_KERNEL) {
		seqbuf_puts(sb, "-1 0x0 0x0\n");
		return 0;
	}
	f = thread_frame(task->t);
	if ((s64)f->orig_rax < 0)
		seqbuf_printf(sb, "%ld 0x%lx 0x%lx\n", f->orig_rax, f->rsp, f->rip);
	else
		seqbuf_printf(sb, "%ld 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx\n", f->orig_rax,
			      f->rdi, f->rsi, f->rdx, f->r10, f->r8, f->r9, f->rsp, f->rip);
	return 0;
}

static void print_ms(struct seqbuf *sb, const char *name, u64 ns)
{
	seqbuf_printf(sb, "%-45s:%14lu.%06lu\n", name, ns / 1000000, ns % 1000000);
}

static void print_count(struct seqbuf *sb, const char *name, u64 n)
{
	seqbuf_printf(sb, "%-45s:%21lu\n", name, n);
}

int task_print_sched(struct seqbuf *sb, struct task_ref *task)
{
	const struct thread *t = task->t;
	const struct schedent *se = &t->t_sched;
	struct task_ids ids;

	task_ids_get(task, &ids);
	task_print_name(sb, task->t);
	seqbuf_printf(sb, " (%d, #threads: %u)\n", ids.pid,
		      task->p->p_flags & PROC_KERNEL ? 1 : READ_ONCE(task->p->p_nthreads));
	seqbuf_puts(sb, "---------------------------------------------------------"
			"----------\n");
	print_ms(sb, "se.sum_exec_runtime", se->se_sum_exec);
	print_ms(sb, "wait_sum", se->se_wait_sum);
	print_count(sb, "nr_switches", t->t_nvcsw + t->t_nivcsw);
	print_count(sb, "nr_voluntary_switches", t->t_nvcsw);
	print_count(sb, "nr_involuntary_switches", t->t_nivcsw);
	print_count(sb, "policy", se->se_policy);
	return 0;
}
