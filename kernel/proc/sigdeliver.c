// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taking signals: on the way to user mode a thread looks at what is pending,
 * takes part in group stops, carries out default actions, pushes a handler's
 * frame, and decides whether an interrupted system call is run again.
 *
 * Lock order: S and process_tree_lock are never held together here: stops and
 * continues are reported to the parent after S was dropped.
 */
#include "proc_impl.h"

#include <asm/tracereg.h>
#include <asm/uaccess.h>
#include <tern/kernel/cgroup.h>
#include <tern/kernel/futex.h>
#include <tern/kernel/persona.h>
#include <tern/kernel/procnews.h>
#include <tern/kernel/trace.h>
#include <tern/lib/string.h>

#define NR_RESTART_SYSCALL	219
#define SYSCALL_INSN_LEN	2

/* ---- group stop ---- */

static void stop_begin_locked(struct process *p, struct thread *self, int sig)
{
	struct thread *t;

	if (!(p->p_flags & PROC_STOPPED))
		p->p_stop_code = sig;
	p->p_stop_count = 0;
	list_foreach(t, &p->p_threads, t_group_link) {
		if ((t->t_job & JOB_DYING) || (t != self && (READ_ONCE(t->t_state) & THREAD_STOPPED)))
			continue;
		t->t_job = (t->t_job & ((1u << JOB_STOP_SIG_SHIFT) - 1)) |
			   (u32)sig << JOB_STOP_SIG_SHIFT | JOB_STOP_PENDING | JOB_STOP_CONSUME;
		p->p_stop_count++;
		if (t != self && !trace_stop_news_locked(t))
			signal_wake_thread(t, false);
	}
}

/* Leave the count of those still to stop; true: this was the last one. */
bool signal_stop_count_locked(struct process *p, struct thread *t)
{
	bool counted = t->t_job & JOB_STOP_CONSUME;

	t->t_job &= ~(JOB_STOP_PENDING | JOB_STOP_CONSUME);
	if (!counted || !p->p_stop_count || --p->p_stop_count)
		return false;
	if (p->p_flags & PROC_STOPPED)
		return false;
	p->p_flags = (p->p_flags & ~PROC_CONTINUED) | PROC_STOPPED;
	return true;
}

/* A dying thread does not hold up a stop. */
void signal_job_leave_locked(struct thread *t)
{
	if (signal_stop_count_locked(t->t_proc, t))
		t->t_proc->p_flags |= PROC_CLD_STOPPED;
}

static void report_job(struct process *p, int why)
{
	u64 flags = spin_lock_irqsave(&process_tree_lock);

	process_notify_job_locked(p, why);
	spin_unlock_irqrestore(&process_tree_lock, flags);
}

/*
 * @sig: stop signal just taken, or 0 to take part in a stop under way.
 * Return: true: stopped and continued meanwhile, S dropped; false: no stop, S held.
 */
static bool stop_here(struct process *p, struct sigactions *a, u64 flags, int sig)
{
	struct thread *t = thread_self();
	bool is_last;

	if (!(t->t_job & JOB_STOP_PENDING)) {
		if (!(t->t_job & JOB_STOP_DEQUEUED) || (p->p_flags & PROC_GROUP_EXIT) ||
		    p->p_exec_thread)
			return false;
		stop_begin_locked(p, t, sig);
	}
	t->t_job &= ~JOB_STOP_DEQUEUED;
	if (t->t_trace) {
		t->t_job |= JOB_TRAP_STOP;	/* it stops for its tracer: take_one() */
		return false;
	}
	is_last = signal_stop_count_locked(p, t);
	WRITE_ONCE(t->t_state, THREAD_STOPPED);
	smp_mb();
	signal_unlock(a, flags);
	if (is_last)
		report_job(p, CLD_STOPPED);
	sched_block();
	return true;
}

/* ---- what to do about one signal ---- */

enum verdict { SIG_NOTHING, SIG_RELOCK, SIG_HANDLER, SIG_DEADLY };

static enum verdict default_action(struct process *p, struct sigactions *a, u64 *flags, int sig)
{
	ksigset bit = SIGBIT(sig);

	if (bit & SIGSET_IGNORED)
		return SIG_NOTHING;
	if ((p->p_flags & PROC_INIT) && !(bit & SIGSET_KILLSTOP))
		return SIG_NOTHING;
	if (!(bit & SIGSET_STOP))
		return SIG_DEADLY;
	thread_self()->t_job |= JOB_STOP_DEQUEUED;
	if (sig != SIGSTOP) {
		bool orphaned;

		signal_unlock(a, *flags);
		orphaned = process_is_orphaned_pgrp(p->p_pgrp);
		if (orphaned)
			return SIG_RELOCK;
		*flags = spin_lock_irqsave(&a->lock);
	}
	return stop_here(p, a, *flags, sig) ? SIG_RELOCK : SIG_NOTHING;
}

static void fatal_exit(int sig, const struct ksiginfo *info, struct frame *f) __noreturn;
static void fatal_exit(int sig, const struct ksiginfo *info, struct frame *f)
{
	int status = sig;

	thread_self()->t_flags |= TF_SIGNALED;
	if (SIGBIT(sig) & SIGSET_CORE) {
		procnews_self(PROC_EVENT_COREDUMP);
		if (IS_ENABLED(CONFIG_COREDUMP) && coredump_write(sig, info, f))
			status |= 0x80;
	}
	process_exit_group(status);
}

/* What the tracer makes of a signal; S is dropped meanwhile. */
static int ask_tracer(struct sigactions *a, u64 *flags, int sig, struct ksiginfo *info)
{
	signal_unlock(a, *flags);
	sig = tracee_signal(sig, info);
	*flags = spin_lock_irqsave(&a->lock);
	return sig;
}

/* S held; SIG_NOTHING with *sig 0: nothing (more) is pending. */
static enum verdict take_one(struct process *p, struct sigactions *a, u64 *flags, int *sig,
			     struct ksiginfo *info, struct ksigaction *act)
{
	struct thread *t = thread_self();
	struct ksigaction *ka;

	/* SIGKILL and what the tracer wants come before signals. */
	if (p->p_flags & PROC_GROUP_EXIT || (t->t_job & JOB_SIGKILL) ||
	    (t->t_sig.pending.set & SIGBIT(SIGKILL))) {
		if (t->t_trace) {	/* it may still stop once: PTRACE_EVENT_EXIT */
			t->t_job &= ~JOB_SIGKILL;
			t->t_sig.pending.set &= ~SIGBIT(SIGKILL);
		}
		*sig = SIGKILL;
		return SIG_DEADLY;
	}
	if ((t->t_job & JOB_STOP_PENDING) && stop_here(p, a, *flags, 0))
		return SIG_RELOCK;
	if (t->t_job & (JOB_TRAP_STOP | JOB_TRAP_NOTIFY)) {
		signal_unlock(a, *flags);
		tracee_job_trap();
		return SIG_RELOCK;
	}
	if (unlikely(t->t_job & JOB_FREEZE)) {
		signal_unlock(a, *flags);
		cgroup_freeze_point();
		return SIG_RELOCK;
	}
	*sig = signal_dequeue_locked(t, ~t->t_sig.blocked, info);
	if (!*sig)
		return SIG_NOTHING;
	if (unlikely(t->t_trace) && !(t->t_job & JOB_FATAL_FORCED)) {
		*sig = ask_tracer(a, flags, *sig, info);
		if (!*sig) {
			signal_unlock(a, *flags);
			return SIG_RELOCK;
		}
	}
	ka = &a->act[*sig - 1];
	if (ka->handler == SIG_IGN)
		return SIG_NOTHING;
	if (ka->handler == SIG_DFL)
		return default_action(p, a, flags, *sig);
	*act = *ka;
	if (ka->flags & SA_RESETHAND)
		ka->handler = SIG_DFL;
	return SIG_HANDLER;
}

/* Next signal with a handler, 0 if there is none; does all else on the way. */
static int signal_next(struct frame *f, struct ksiginfo *info, struct ksigaction *act)
{
	struct process *p = process_self();
	struct sigactions *a;
	enum verdict v;
	u64 flags;
	int sig = 0;

relock:
	a = signal_lock(p, &flags);
	if (unlikely(p->p_flags & (PROC_CLD_STOPPED | PROC_CLD_CONTINUED))) {
		int why = p->p_flags & PROC_CLD_CONTINUED ? CLD_CONTINUED : CLD_STOPPED;

		p->p_flags &= ~(PROC_CLD_STOPPED | PROC_CLD_CONTINUED);
		signal_unlock(a, flags);
		report_job(p, why);
		goto relock;
	}
	do {
		v = take_one(p, a, &flags, &sig, info, act);
	} while (v == SIG_NOTHING && sig);
	if (v == SIG_RELOCK)
		goto relock;
	if (v == SIG_NOTHING)
		signal_recalc_locked();
	signal_unlock(a, flags);
	if (v == SIG_DEADLY)
		fatal_exit(sig, info, f);
	return sig;
}

/* ---- system calls that were interrupted ---- */

static bool in_syscall(const struct frame *f)
{
	return (s64)f->orig_rax >= 0;
}

static void restart_with_handler(struct frame *f, const struct ksigaction *act)
{
	switch (-(s64)f->rax) {
	case ERESTART_BLOCK:
	case ERESTARTNOHAND:
		f->rax = -EINTR;
		break;
	case ERESTARTSYS:
		if (!(act->flags & SA_RESTART)) {
			f->rax = -EINTR;
			break;
		}
		fallthrough;
	case ERESTARTNOINTR:
		f->rax = f->orig_rax;
		f->rip -= SYSCALL_INSN_LEN;
		break;
	}
}

static void restart_without_handler(struct frame *f)
{
	switch (-(s64)f->rax) {
	case ERESTART_BLOCK:
		f->rax = NR_RESTART_SYSCALL;
		f->rip -= SYSCALL_INSN_LEN;
		break;
	case ERESTARTNOHAND:
	case ERESTARTSYS:
	case ERESTARTNOINTR:
		f->rax = f->orig_rax;
		f->rip -= SYSCALL_INSN_LEN;
		break;
	}
	f->orig_rax = ~0UL;	/* once only */
}

/* ---- handlers ---- */

static void enter_handler(struct thread *t, int sig, const struct ksiginfo *info,
			  const struct ksigaction *act, struct frame *f)
{
	ksigset old = t->t_sig.restore_saved ? t->t_sig.saved_mask : t->t_sig.blocked;
	ksigset mask = t->t_sig.blocked | act->mask;
	bool is_stepping = tracestep_is_on(t);

	if (t->t_persona && t->t_persona->signal(f, sig, info))
		return;
	if (in_syscall(f))
		restart_with_handler(f, act);
	f->orig_rax = ~0UL;
	rseq_signal(f);
	if (is_stepping)
		tracestep_set(t, TRACESTEP_OFF);
	if (sigframe_push(t, sig, info, act, old)) {
		/* No way to run it; a handler for SIGSEGV gets one chance. */
		if (sig == SIGSEGV) {
			u64 flags;
			struct sigactions *a = signal_lock(t->t_proc, &flags);

			a->act[SIGSEGV - 1].handler = SIG_DFL;
			signal_unlock(a, flags);
		}
		signal_force_simple(SIGSEGV);
		return;
	}
	t->t_sig.restore_saved = false;
	if (!(act->flags & SA_NODEFER))
		mask |= SIGBIT(sig);
	signal_set_blocked(mask);
	if (is_stepping)
		tracee_step_handler();
}

bool signal_deliver(struct frame *f)
{
	struct thread *t = thread_self();
	struct ksigaction act;
	struct ksiginfo info;
	int sig = signal_next(f, &info, &act);

	if (sig) {
		enter_handler(t, sig, &info, &act, f);
		return true;
	}
	if (in_syscall(f))
		restart_without_handler(f);
	if (t->t_sig.restore_saved) {
		t->t_sig.restore_saved = false;
		signal_set_blocked(t->t_sig.saved_mask);
	}
	return false;
}

int signal_dequeue(ksigset mask, struct ksiginfo *info)
{
	struct thread *t = thread_self();
	struct sigactions *a;
	u64 flags;
	int sig;

	a = signal_lock(t->t_proc, &flags);
	sig = signal_dequeue_locked(t, mask, info);
	signal_unlock(a, flags);
	return sig;
}

bool signal_any_pending(ksigset mask)
{
	struct thread *t = thread_self();

	return (READ_ONCE(t->t_sig.pending.set) | READ_ONCE(t->t_proc->p_pending.set)) & mask;
}

void signal_set_handler(int sig, u64 handler)
{
	struct sigactions *a;
	u64 flags;

	a = signal_lock(process_self(), &flags);
	a->act[sig - 1] = (struct ksigaction){ .handler = handler };
	signal_unlock(a, flags);
}

void signal_exec_reset(void)
{
	struct thread *t = thread_self();
	struct sigactions *a;
	u64 flags;
	int i;

	a = signal_lock(t->t_proc, &flags);
	for (i = 0; i < NSIG; i++) {
		if (a->act[i].handler != SIG_IGN)
			a->act[i].handler = SIG_DFL;
		a->act[i].flags = 0;
		a->act[i].mask = 0;
		a->act[i].restorer = 0;
	}
	signal_unlock(a, flags);
	t->t_sig.altstack_sp = 0;
	t->t_sig.altstack_size = 0;
	t->t_sig.altstack_flags = SS_DISABLE;
	t->t_restart.fn = NULL;
}
