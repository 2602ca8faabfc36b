// SPDX-License-Identifier: GPL-2.0-only
/*
 * Beginning and end of tracing: TRACEME, ATTACH, SEIZE, and the way back of
 * a thread to a life without tracer.
 *
 * Lock order: p_exec_lock > process_tree_lock > S.
 */
#include "../proc_impl.h"

#include <asm/tracereg.h>
#include <tern/kernel/procnews.h>
#include <tern/kernel/vfsface.h>
#include <tern/mm/slab.h>
#include <uapi/clone.h>

#include "trace_impl.h"

#define JOB_TRAPS	(JOB_TRAP_STOP | JOB_TRAP_NOTIFY)

struct tracerec *tracerec_alloc(struct process *tracer, u64 tracer_serial, const struct credset *c)
{
	struct tracerec *tr = kmem_zalloc(sizeof(*tr), ALLOC_KERNEL);

	if (!tr)
		return NULL;
	tr->tracer = tracer;
	tr->tracer_serial = tracer_serial;
	tr->cred = cred_get(c);
	return tr;
}

void tracerec_free(struct tracerec *tr)
{
	if (!tr)
		return;
	cred_put(tr->cred);
	if (tr->proc)
		process_put(tr->proc);
	pidref_put(tr->pid);
	kmem_free(tr);
}

void tracerec_link_locked(struct tracerec *tr, struct thread *t)
{
	tr->thread = t;
	tr->proc = t->t_proc;
	process_get(tr->proc);
	list_add_tail(&tr->link, &tr->tracer->p_ptraced);
	WRITE_ONCE(t->t_trace, tr);
}

/* S held: back to what job control says. */
static void release_thread_locked(struct thread *t)
{
	struct process *p = t->t_proc;

	t->t_job &= ~JOB_TRAPS;
	if (!(t->t_job & JOB_DYING) && !(p->p_flags & PROC_GROUP_EXIT) &&
	    ((p->p_flags & PROC_STOPPED) || p->p_stop_count))
		t->t_job |= JOB_STOP_PENDING;
	thread_work_clear(t, WORK_TRACE_ENTRY | WORK_TRACE_EXIT | WORK_TRACE_EMULATE | WORK_STEP);
	if (t->t_job & JOB_STOP_PENDING)
		thread_work_set(t, WORK_SIGNAL);
	thread_wake_state(t, THREAD_TRACED);
}

/* The thread, if it still lives, goes on or into the group stop that is in force. */
void tracerec_unlink_locked(struct tracerec *tr)
{
	struct thread *t = tr->thread;

	list_del(&tr->link);
	if (t) {
		WRITE_ONCE(t->t_trace, NULL);
		spin_lock(&t->t_proc->p_actions->lock);
		release_thread_locked(t);
		spin_unlock(&t->t_proc->p_actions->lock);
	} else {
		pidref_detach(tr->pid, PIDROLE_REMAINS, &tr->pid_node);
	}
	tracerec_free(tr);
}

/* P, S held. */
static int may_attach_locked(struct thread *t)
{
	if (t->t_trace || (t->t_job & JOB_DYING) || t->t_proc->p_exit_state != PROCEXIT_ALIVE)
		return -EPERM;
	return 0;
}

/* A thread in a group stop changes over to a stop for the tracer. */
static void attach_locked(struct tracerec *tr, struct thread *t)
{
	tracerec_link_locked(tr, t);
	if (!tr->is_seized)
		signal_send_locked(SIGSTOP, NULL, t, false);
	if (READ_ONCE(t->t_state) & THREAD_STOPPED) {
		t->t_job |= JOB_TRAP_STOP;
		thread_work_set(t, WORK_SIGNAL);
		thread_wake_state(t, THREAD_STOPPED);
	}
}

static int attach_exec_locked(struct thread *t, struct tracerec *tr)
{
	struct process *p = t->t_proc;
	u64 flags;
	int err;

	if (!process_may_access(p, true))
		return -EPERM;
	flags = spin_lock_irqsave(&process_tree_lock);
	spin_lock(&p->p_actions->lock);
	err = may_attach_locked(t);
	if (!err)
		attach_locked(tr, t);
	spin_unlock(&p->p_actions->lock);
	spin_unlock_irqrestore(&process_tree_lock, flags);
	return err;
}

long trace_attach(struct thread *t, bool is_seize, u64 options)
{
	struct process *p = t->t_proc;
	struct tracerec *tr;
	int err;

	if ((t->t_flags & TF_KTHREAD) || p == process_self())
		return -EPERM;
	tr = tracerec_alloc(process_self(), thread_self()->t_serial, cred_self());
	if (!tr)
		return -ENOMEM;
	tr->is_seized = is_seize;
	tr->options = options;
	/* Not while it changes to a program with more rights. */
	err = kmutex_lock_intr(&p->p_exec_lock) ? -ERESTARTNOINTR : 0;
	if (!err) {
		err = attach_exec_locked(t, tr);
		kmutex_unlock(&p->p_exec_lock);
	}
	if (err)
		tracerec_free(tr);
	else
		procnews_ptrace(t, true);
	return err;
}

/* The thread that made this process, or the leader if that one is gone. */
static struct thread *parent_thread_locked(struct process *p)
{
	struct thread *t;

	list_foreach(t, &p->p_parent->p_threads, t_group_link)
		if (t->t_serial == p->p_parent_serial && !(t->t_flags & TF_EXITING))
			return t;
	t = p->p_parent->p_leader;
	return t && !(t->t_flags & TF_EXITING) ? t : NULL;
}

long trace_me(void)
{
	struct thread *t = thread_self(), *parent;
	struct process *p = t->t_proc;
	struct tracerec *tr = tracerec_alloc(p, 0, cred_self());
	u64 flags;
	int err = 0;

	if (!tr)
		return -ENOMEM;
	flags = spin_lock_irqsave(&process_tree_lock);
	spin_lock(&p->p_actions->lock);
	parent = p->p_parent->p_flags & PROC_KERNEL ? NULL : parent_thread_locked(p);
	if (t->t_trace || !parent) {
		err = t->t_trace ? -EPERM : 0;
	} else if (!landlayer_covers(parent->t_real_cred->landlock, cred_self()->landlock)) {
		err = -EPERM;
	} else {
		cred_put(tr->cred);
		tr->cred = cred_get(parent->t_real_cred);
		tr->tracer = parent->t_proc;
		tr->tracer_serial = parent->t_serial;
		tracerec_link_locked(tr, t);
		tr = NULL;
	}
	spin_unlock(&p->p_actions->lock);
	spin_unlock_irqrestore(&process_tree_lock, flags);
	tracerec_free(tr);
	return err;
}

/* ---- children of a tracee ---- */

struct tracerec *trace_fork_prepare(u64 clone_flags, u32 event)
{
	struct thread *self = thread_self();
	struct tracerec *tr;

	if (likely(!tracee_is_traced(self)) || (clone_flags & CLONE_UNTRACED))
		return NULL;
	if (!(clone_flags & CLONE_PTRACE) && !tracee_wants(event))
		return NULL;
	tr = tracerec_alloc(self->t_proc, 0, cred_self());
	return tr ? tr : ERR_PTR(-ENOMEM);
}

void trace_fork_locked(struct tracerec *tr, struct thread *t)
{
	struct tracerec *mine = thread_self()->t_trace;

	if (!mine) {
		tracerec_free(tr);	/* the tracer has gone meanwhile */
		return;
	}
	cred_put(tr->cred);
	tr->cred = cred_get(mine->cred);
	tr->tracer = mine->tracer;
	tr->tracer_serial = mine->tracer_serial;
	tr->is_seized = mine->is_seized;
	tr->options = mine->options;
	tracerec_link_locked(tr, t);
	if (tr->is_seized)
		t->t_job |= JOB_TRAP_STOP;
	else
		t->t_sig.pending.set |= SIGBIT(SIGSTOP);
	t->t_work |= WORK_SIGNAL;
}
