// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ends: of a tracee, of a tracer, and what wait sees of tracees.
 *
 * The end of a process whose leader is traced by somebody else than its parent
 * is first the tracer's to see; when it has waited, or let go, the parent is
 * told. Other traced threads leave their record behind for the tracer.
 *
 * Everything _locked runs under process_tree_lock and may take S.
 */
#include "../proc_impl.h"

#include <uapi/wait.h>

#include "../wait_impl.h"
#include "trace_impl.h"

bool trace_is_foreign_locked(const struct process *p)
{
	const struct tracerec *tr = p->p_leader->t_trace;

	return tr && tr->tracer != p->p_parent;
}

/* ---- the tracee ends ---- */

/* False: the tracer does not want to know. */
static bool tell_end_locked(struct tracerec *tr, struct thread *t, int status)
{
	struct ksigaction *ka = &tr->tracer->p_actions->act[SIGCHLD - 1];
	bool nobody_waits = ka->handler == SIG_IGN || (ka->flags & SA_NOCLDWAIT);
	struct ksiginfo info;

	if (ka->handler != SIG_IGN) {
		process_fill_end(&info, t->t_proc, status);
		info.user.chld.pid = pidref_nr(t->t_pid);
		signal_send_process(tr->tracer, SIGCHLD, &info);
	}
	process_wake_parent(tr->tracer);
	return !nobody_waits;
}

void trace_thread_end_locked(struct thread *t)
{
	struct tracerec *tr = t->t_trace;

	if (!tell_end_locked(tr, t, t->t_exit_code)) {
		tracerec_unlink_locked(tr);
		return;
	}
	tr->pid = pidref_get(t->t_pid);
	tr->exit_status = t->t_exit_code;
	tr->uid = t->t_real_cred->uid;
	tr->thread = NULL;
	pidref_attach(tr->pid, PIDROLE_REMAINS, &tr->pid_node);
	WRITE_ONCE(t->t_trace, NULL);
}

bool trace_process_end_locked(struct process *p)
{
	struct tracerec *tr = p->p_leader->t_trace;

	if (!tr || tr->tracer == p->p_parent)
		return false;
	if (!tell_end_locked(tr, p->p_leader, p->p_group_exit_code)) {
		tracerec_unlink_locked(tr);
		return false;
	}
	waitq_wake(&p->p_pid->exit_wait, 0, 1);
	return true;
}

/* ---- the tracer ends ---- */

static void let_go_locked(struct tracerec *tr, struct list *dead)
{
	struct process *p = tr->proc;
	bool is_leader = tr->thread && tr->thread == p->p_leader;
	bool is_foreign = p->p_parent != tr->tracer;

	if (tr->thread && (tr->options & PTRACE_O_EXITKILL))
		signal_send_process(p, SIGKILL, NULL);
	tracerec_unlink_locked(tr);
	if (is_leader && is_foreign && p->p_exit_state == PROCEXIT_ZOMBIE &&
	    process_notify_parent_locked(p)) {
		p->p_exit_state = PROCEXIT_TAKEN;
		list_add_tail(&p->p_sibling_dead, dead);
	}
}

void trace_tracer_end_locked(struct thread *t, struct list *dead)
{
	struct tracerec *tr, *tmp;

	list_foreach_safe(tr, tmp, &t->t_proc->p_ptraced, link)
		if (tr->tracer_serial == t->t_serial)
			let_go_locked(tr, dead);
}

/* ---- waiting ---- */

static bool record_matches(const struct tracerec *tr, const struct wait_request *w)
{
	const struct pidref *pid = tr->thread ? tr->thread->t_pid : tr->pid;

	if (w->which == P_PID && pid != w->pid)
		return false;
	if (w->which == P_PGID && tr->proc->p_pgrp != w->pid)
		return false;
	return !(w->options & __WNOTHREAD) || tr->tracer_serial == thread_self()->t_serial;
}

static void fill_end(struct wait_request *w, int status)
{
	w->status = status;
	w->code = status & 0x7f ? (status & 0x80 ? CLD_DUMPED : CLD_KILLED) : CLD_EXITED;
}

static enum wait_result check_remains(struct tracerec *tr, struct wait_request *w)
{
	if (!(w->options & WEXITED))
		return CHILD_NO;
	w->nr = pidref_nr(tr->pid);
	w->uid = tr->uid;
	fill_end(w, tr->exit_status);
	wait_fill_usage(tr->proc, &w->ru);
	if (!(w->options & WNOWAIT))
		tracerec_unlink_locked(tr);
	return CHILD_REPORTED;
}

/* A zombie that its real parent has not seen yet. */
static enum wait_result check_foreign_zombie(struct tracerec *tr, struct wait_request *w,
					     struct process **found)
{
	struct process *p = tr->proc;

	if (!(w->options & WEXITED))
		return CHILD_NO;
	w->nr = pidref_nr(p->p_pid);
	w->uid = p->p_leader->t_real_cred->uid;
	fill_end(w, p->p_group_exit_code);
	wait_fill_usage(p, &w->ru);
	if (w->options & WNOWAIT)
		return CHILD_REPORTED;
	tracerec_unlink_locked(tr);
	if (!process_notify_parent_locked(p))
		return CHILD_REPORTED;
	p->p_exit_state = PROCEXIT_TAKEN;
	*found = p;
	return CHILD_REAP;
}

static enum wait_result check_record(struct tracerec *tr, struct wait_request *w,
				     struct process **found)
{
	struct process *p = tr->proc;

	if (!record_matches(tr, w))
		return CHILD_NO;
	if (!tr->thread)
		return check_remains(tr, w);
	if (tr->thread == p->p_leader && p->p_exit_state != PROCEXIT_ALIVE) {
		if (p->p_exit_state == PROCEXIT_TAKEN || p->p_parent == tr->tracer)
			return CHILD_NO;	/* seen as a child */
		return check_foreign_zombie(tr, w, found);
	}
	if (!tr->is_stopped || tr->is_listening || !tr->stop_code)
		return CHILD_MAYBE;
	w->nr = pidref_nr(tr->thread->t_pid);
	w->uid = tr->thread->t_real_cred->uid;
	w->code = CLD_TRAPPED;
	w->status = tr->stop_code << 8 | 0x7f;
	wait_fill_usage(p, &w->ru);
	if (!(w->options & WNOWAIT))
		tr->stop_code = 0;
	return CHILD_REPORTED;
}

enum wait_result trace_wait_locked(struct process *self, struct wait_request *w,
				   struct process **found)
{
	enum wait_result r, best = CHILD_NO;
	struct tracerec *tr, *tmp;

	list_foreach_safe(tr, tmp, &self->p_ptraced, link) {
		r = check_record(tr, w, found);
		if (r > best)
			best = r;
		if (r >= CHILD_REPORTED)
			break;
	}
	return best;
}
