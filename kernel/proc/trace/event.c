// SPDX-License-Identifier: GPL-2.0-only
/* What a traced thread reports by itself: events, system calls, steps. */
#include "../proc_impl.h"

#include <asm/tracereg.h>
#include <tern/base/upcall.h>

#include "trace_impl.h"

#define SYSCALL_GOOD	0x80

static u32 options_of(struct thread *t)
{
	u64 flags;
	u32 o;

	if (likely(!tracee_is_traced(t)))
		return 0;
	flags = spin_lock_irqsave(&process_tree_lock);
	o = t->t_trace ? t->t_trace->options : 0;
	spin_unlock_irqrestore(&process_tree_lock, flags);
	return o;
}

bool tracee_wants(u32 event)
{
	return options_of(thread_self()) & BIT(event);
}

void tracee_event(u32 event, u64 message)
{
	if (tracee_wants(event))
		tracee_notify((s32)(event << 8) | SIGTRAP, CLD_TRAPPED, message);
}

static bool is_seized(struct thread *t)
{
	u64 flags = spin_lock_irqsave(&process_tree_lock);
	bool ret = t->t_trace && t->t_trace->is_seized;

	spin_unlock_irqrestore(&process_tree_lock, flags);
	return ret;
}

void tracee_exec(s32 old_nr)
{
	struct thread *t = thread_self();
	struct ksiginfo info;

	if (likely(!tracee_is_traced(t)))
		return;
	if (tracee_wants(PTRACE_EVENT_EXEC)) {
		tracee_event(PTRACE_EVENT_EXEC, old_nr);
	} else if (!is_seized(t)) {
		signal_fill_user(&info, SIGTRAP, SI_USER);
		signal_send_thread(t, SIGTRAP, &info);
	}
}

/* Stop around a system call; a signal from the tracer is sent like any other. */
static void report_syscall(struct thread *t, u64 message)
{
	s32 code = SIGTRAP | (options_of(t) & PTRACE_O_TRACESYSGOOD ? SYSCALL_GOOD : 0);
	int sig = tracee_notify(code, CLD_TRAPPED, message);
	struct ksiginfo info;

	if (sig) {
		signal_fill_kernel(&info, sig);
		signal_send_thread(t, sig, &info);
	}
}

bool tracee_syscall_enter(struct frame *f)
{
	struct thread *t = thread_self();
	bool is_emulated = t->t_work & WORK_TRACE_EMULATE;

	report_syscall(t, PTRACE_EVENTMSG_SYSCALL_ENTRY);
	return !is_emulated && !signal_is_fatal_pending();
}

void tracee_syscall_exit(struct frame *f)
{
	struct thread *t = thread_self();
	u64 work = READ_ONCE(t->t_work);

	if (!tracee_is_traced(t)) {
		thread_work_clear(t, WORK_TRACE_EXIT | WORK_STEP);
		return;
	}
	if ((work & WORK_STEP) && !(work & WORK_TRACE_EMULATE))
		trap_signal(SIGTRAP, TRAP_BRKPT, f->rip, 1);
	else if (work & WORK_TRACE_EXIT)
		report_syscall(t, PTRACE_EVENTMSG_SYSCALL_EXIT);
}

void tracee_step_handler(void)
{
	tracee_notify(SIGTRAP, CLD_TRAPPED, 0);
}

bool tracee_exec_is_safe(void)
{
	struct thread *t = thread_self();
	u64 flags;
	bool ret;

	if (likely(!tracee_is_traced(t)))
		return true;
	flags = spin_lock_irqsave(&process_tree_lock);
	ret = !t->t_trace || cap_has_cred(t->t_trace->cred, cred_self()->ns, CAP_SYS_PTRACE);
	spin_unlock_irqrestore(&process_tree_lock, flags);
	return ret;
}
