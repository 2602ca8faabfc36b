// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stop of a traced thread. The thread describes the stop in its tracerec,
 * sets THREAD_TRACED, tells the tracer (SIGCHLD and its wait queue) and sleeps
 * until a request resumes it, the tracer goes away, or SIGKILL arrives.
 *
 * A request marks the record busy under the tree lock while it looks at the
 * thread; a thread that SIGKILL woke waits for the end of that before it moves.
 *
 * Group stops: a traced thread takes part in one by stopping for its tracer
 * (JOB_TRAP_STOP) and not as THREAD_STOPPED; see stop_here() in sigdeliver.c.
 *
 * Lock order: process_tree_lock > S.
 */
#include "../proc_impl.h"

#include "trace_impl.h"

bool tracee_must_die_locked(const struct thread *t)
{
	return (t->t_job & JOB_SIGKILL) || (t->t_sig.pending.set & SIGBIT(SIGKILL));
}

static void tell_tracer_locked(struct tracerec *tr, struct thread *t, s32 code, int why)
{
	struct ksigaction *ka = &tr->tracer->p_actions->act[SIGCHLD - 1];
	struct ksiginfo info;

	if (ka->handler != SIG_IGN && !(ka->flags & SA_NOCLDSTOP)) {
		memset(&info, 0, sizeof(info));
		info.user.si_signo = SIGCHLD;
		info.user.si_code = why;
		info.user.chld.pid = pidref_nr(t->t_pid);
		info.user.chld.uid = t->t_real_cred->uid;
		info.user.chld.status = why == CLD_STOPPED ? t->t_proc->p_stop_code & 0x7f
							   : code & 0x7f;
		signal_send_process(tr->tracer, SIGCHLD, &info);
	}
	process_wake_parent(tr->tracer);
}

/* Describe the stop; S held. True: the group stop is complete with this thread. */
static bool enter_stop_locked(struct tracerec *tr, struct thread *t, s32 code, int why, u64 message,
			      struct ksiginfo *info)
{
	bool is_last = false;

	if (why == CLD_STOPPED && (t->t_job & JOB_STOP_PENDING))
		is_last = signal_stop_count_locked(t->t_proc, t);
	t->t_job &= ~JOB_TRAP_STOP;
	tr->stop_code = code;
	tr->message = message;
	tr->info = info;
	tr->is_stopped = true;
	t->t_trace_signal = 0;
	WRITE_ONCE(t->t_state, THREAD_TRACED);
	smp_mb();
	return is_last;
}

static bool is_busy(struct thread *t)
{
	u64 flags = spin_lock_irqsave(&process_tree_lock);
	bool ret = t->t_trace && t->t_trace->is_busy;

	spin_unlock_irqrestore(&process_tree_lock, flags);
	return ret;
}

/* Woken: by the tracer, which has ended the stop, or by SIGKILL. */
static int leave_stop(struct thread *t)
{
	struct tracerec *tr;
	u64 flags;
	int sig;

	waitq_wait(&t->t_proc->p_child_wait, !is_busy(t));
	flags = spin_lock_irqsave(&process_tree_lock);
	tr = t->t_trace;
	if (tr) {
		tr->is_stopped = false;
		tr->is_listening = false;
		tr->stop_code = 0;
		tr->message = 0;
		tr->info = NULL;
	}
	sig = t->t_trace_signal;
	t->t_trace_signal = 0;
	spin_lock(&t->t_proc->p_actions->lock);
	signal_recalc_locked();		/* those sent meanwhile did not take the stopped thread */
	spin_unlock(&t->t_proc->p_actions->lock);
	spin_unlock_irqrestore(&process_tree_lock, flags);
	return sig;
}

int tracee_stop(s32 code, int why, u64 message, struct ksiginfo *info, int fallback)
{
	struct thread *t = thread_self();
	struct process *p = t->t_proc;
	u64 flags = spin_lock_irqsave(&process_tree_lock);
	struct tracerec *tr = t->t_trace;
	struct sigactions *a = p->p_actions;
	bool is_last;

	spin_lock(&a->lock);
	if (!tr || tracee_must_die_locked(t)) {
		t->t_job &= ~(JOB_TRAP_STOP | JOB_TRAP_NOTIFY);
		spin_unlock(&a->lock);
		spin_unlock_irqrestore(&process_tree_lock, flags);
		return fallback;
	}
	is_last = enter_stop_locked(tr, t, code, why, message, info);
	spin_unlock(&a->lock);
	tell_tracer_locked(tr, t, code, why);
	if (is_last && p->p_parent != tr->tracer)
		process_notify_job_locked(p, CLD_STOPPED);
	spin_unlock_irqrestore(&process_tree_lock, flags);
	sched_block();
	return leave_stop(t);
}

int tracee_notify(s32 code, int why, u64 message)
{
	struct ksiginfo info;

	memset(&info, 0, sizeof(info));
	info.user.si_signo = code & 0x7f;
	info.user.si_code = code;
	info.user.kill.pid = pidref_nr(thread_self()->t_pid);
	info.user.kill.uid = cred_self()->uid;
	return tracee_stop(code, why, message, &info, 0);
}

void tracee_job_trap(void)
{
	struct thread *t = thread_self();
	struct process *p = t->t_proc;
	struct sigactions *a;
	bool is_seized;
	u64 flags;
	int sig;

	flags = spin_lock_irqsave(&process_tree_lock);
	is_seized = t->t_trace && t->t_trace->is_seized;
	spin_unlock_irqrestore(&process_tree_lock, flags);
	a = signal_lock(p, &flags);
	sig = t->t_job >> JOB_STOP_SIG_SHIFT;
	/* What happens from here on, this stop does not tell: PTRACE_LISTEN brings it out. */
	t->t_job &= ~JOB_TRAP_NOTIFY;
	if (is_seized && !p->p_stop_count && !(p->p_flags & PROC_STOPPED))
		sig = SIGTRAP;
	signal_unlock(a, flags);
	if (is_seized)
		tracee_notify(sig | PTRACE_EVENT_STOP << 8, CLD_STOPPED, 0);
	else
		tracee_stop(sig, CLD_STOPPED, 0, NULL, 0);
}

int tracee_signal(int sig, struct ksiginfo *info)
{
	struct thread *t = thread_self();
	struct sigactions *a;
	u64 flags;
	int now = tracee_stop(sig, CLD_TRAPPED, 0, info, sig);

	if (!now)
		return 0;
	if (now != info->user.si_signo) {
		signal_fill_kernel(info, now);
		info->user.si_code = SI_USER;
		info->user.kill.pid = tracee_tracer_nr(t);
	}
	/* The handler of an earlier signal, or the tracer, may have blocked it. */
	a = signal_lock(t->t_proc, &flags);
	if (t->t_sig.blocked & SIGBIT(now)) {
		if (signal_send_locked(now, info, t, false))
			t->t_sig.pending.set |= SIGBIT(now);
		now = 0;
	}
	signal_unlock(a, flags);
	return now;
}

bool trace_stop_news_locked(struct thread *t)
{
	/* Under S the record does not go away. */
	struct tracerec *tr = READ_ONCE(t->t_trace);

	if (!tr || !tr->is_seized)
		return false;
	t->t_job |= JOB_TRAP_NOTIFY;
	signal_wake_thread(t, false);
	if (tr->is_listening)
		thread_wake_state(t, THREAD_TRACED);
	return true;
}

s32 tracee_tracer_nr(struct thread *t)
{
	u64 flags = spin_lock_irqsave(&process_tree_lock);
	s32 nr = t->t_trace ? pidref_nr(t->t_trace->tracer->p_pid) : 0;

	spin_unlock_irqrestore(&process_tree_lock, flags);
	return nr;
}
