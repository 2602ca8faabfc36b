// SPDX-License-Identifier: GPL-2.0-only
/*
 * After the end: telling the parent, finding new parents, orphaned process
 * groups, and taking the remains out of the tables.
 *
 * Everything _locked runs under process_tree_lock and may take S.
 */
#include "proc_impl.h"

#include <tern/kernel/cgroup.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/userns.h>
#include <tern/lib/string.h>

#define NSEC_PER_USER_TICK (NSEC_PER_SEC / USER_HZ)

void process_wake_parent(struct process *parent)
{
	if (!waitq_is_empty(&parent->p_child_wait))
		waitq_wake_all(&parent->p_child_wait);
}

/* ---- telling the parent ---- */

static void fill_child_info(struct ksiginfo *info, struct process *p, int sig)
{
	struct process *parent = p->p_parent;
	struct pidns *ns = parent->p_pid ? pidref_ns(parent->p_pid) : &pidns_initial;
	struct userns *u = parent->p_leader ? parent->p_leader->t_real_cred->ns : &userns_initial;

	memset(info, 0, sizeof(*info));
	info->user.si_signo = sig;
	info->user.chld.pid = pidref_nr_in(p->p_pid, ns);
	info->user.chld.uid = uid_show_in(u, p->p_leader->t_real_cred->uid);
	info->user.chld.utime = READ_ONCE(p->p_utime) / NSEC_PER_USER_TICK;
	info->user.chld.stime = READ_ONCE(p->p_stime) / NSEC_PER_USER_TICK;
}

void process_fill_end(struct ksiginfo *info, struct process *p, int status)
{
	fill_child_info(info, p, SIGCHLD);
	if (status & 0x80)
		info->user.si_code = CLD_DUMPED;
	else
		info->user.si_code = status & 0x7f ? CLD_KILLED : CLD_EXITED;
	info->user.chld.status = status & 0x7f ? status & 0x7f : status >> 8;
}

bool process_notify_parent_locked(struct process *p)
{
	struct process *parent = p->p_parent;
	int sig = p->p_exit_signal;
	bool nobody_waits = false;
	struct ksiginfo info;

	waitq_wake(&p->p_pid->exit_wait, 0, 1);
	if (parent->p_flags & PROC_KERNEL)
		return true;
	if (sig == SIGCHLD) {
		struct ksigaction *ka = &parent->p_actions->act[SIGCHLD - 1];

		nobody_waits = ka->handler == SIG_IGN || (ka->flags & SA_NOCLDWAIT);
		if (ka->handler == SIG_IGN)
			sig = 0;
	}
	if (sig > 0) {
		process_fill_end(&info, p, p->p_group_exit_code);
		info.user.si_signo = sig;
		signal_send_process(parent, sig, &info);
	}
	process_wake_parent(parent);
	return nobody_waits;
}

void process_notify_job_locked(struct process *p, int why)
{
	struct process *parent = p->p_parent;
	struct ksigaction *ka = &parent->p_actions->act[SIGCHLD - 1];
	struct ksiginfo info;

	if (parent->p_flags & PROC_KERNEL)
		return;
	if (ka->handler != SIG_IGN && !(ka->flags & SA_NOCLDSTOP)) {
		fill_child_info(&info, p, SIGCHLD);
		info.user.si_code = why;
		info.user.chld.status = why == CLD_CONTINUED ? SIGCONT : p->p_stop_code & 0x7f;
		signal_send_process(parent, SIGCHLD, &info);
	}
	process_wake_parent(parent);
}

/* ---- orphaned process groups (POSIX 3.264) ---- */

static bool process_is_gone(const struct process *p)
{
	return p->p_exit_state != PROCEXIT_ALIVE;
}

bool pgrp_will_be_orphaned_locked(struct pidref *pgrp, struct process *ignored)
{
	struct hnode *n;

	for (n = pgrp ? pgrp->users[PIDROLE_PGRP].first : NULL; n; n = n->next) {
		struct process *p = container_of(n, struct process, p_role_node[PIDROLE_PGRP]);

		if (p == ignored || process_is_gone(p) || process_is_init(p->p_parent))
			continue;
		if (p->p_parent->p_pgrp != pgrp && p->p_parent->p_session == p->p_session)
			return false;
	}
	return true;
}

bool process_is_orphaned_pgrp(struct pidref *pgrp)
{
	u64 flags = spin_lock_irqsave(&process_tree_lock);
	bool ret = pgrp_will_be_orphaned_locked(pgrp, NULL);

	spin_unlock_irqrestore(&process_tree_lock, flags);
	return ret;
}

bool pgrp_has_stopped_locked(struct pidref *pgrp)
{
	struct hnode *n;

	for (n = pgrp ? pgrp->users[PIDROLE_PGRP].first : NULL; n; n = n->next)
		if (container_of(n, struct process, p_role_node[PIDROLE_PGRP])->p_flags &
		    PROC_STOPPED)
			return true;
	return false;
}

static void pgrp_send_locked(struct pidref *pgrp, int sig)
{
	struct hnode *n;

	for (n = pgrp->users[PIDROLE_PGRP].first; n; n = n->next)
		signal_send_process(container_of(n, struct process, p_role_node[PIDROLE_PGRP]),
				    sig, NULL);
}

static void hangup_if_orphaned(struct process *p, struct process *parent, struct process *ignored)
{
	if (!p->p_pgrp || parent->p_pgrp == p->p_pgrp || parent->p_session != p->p_session)
		return;
	if (!pgrp_will_be_orphaned_locked(p->p_pgrp, ignored) ||
	    !pgrp_has_stopped_locked(p->p_pgrp))
		return;
	pgrp_send_locked(p->p_pgrp, SIGHUP);
	pgrp_send_locked(p->p_pgrp, SIGCONT);
}

void pgrp_hangup_if_orphaned_locked(struct process *p)
{
	hangup_if_orphaned(p, p->p_parent, p);
}

/* ---- new parents ---- */

static struct process *find_reaper_locked(struct process *p)
{
	struct pidns *ns = pidref_ns(p->p_pid);
	struct process *r;

	/* Not beyond the pid namespace: its own init comes last. */
	if (p->p_has_subreaper)
		for (r = p->p_parent; !process_is_init(r) && !(r->p_flags & PROC_KERNEL) &&
				      pidref_ns(r->p_pid) == ns; r = r->p_parent)
			if (r->p_is_subreaper && !process_is_gone(r) && r->p_nthreads)
				return r;
	while (ns->parent && (!ns->init || ns->init == p))
		ns = ns->parent;
	return ns->init;
}

void process_reparent_children_locked(struct process *p, struct list *dead)
{
	struct process *child, *tmp, *reaper;

	if (list_is_empty(&p->p_children))
		return;
	reaper = find_reaper_locked(p);
	list_foreach_safe(child, tmp, &p->p_children, p_sibling) {
		if (child->p_leader->t_pdeath_signal && !process_is_gone(child))
			signal_send_process(child, child->p_leader->t_pdeath_signal, NULL);
		child->p_exit_signal = SIGCHLD;
		rcu_publish(child->p_parent, reaper);
		child->p_parent_serial = reaper->p_leader->t_serial;
		list_move_tail(&child->p_sibling, &reaper->p_children);
		if (child->p_exit_state == PROCEXIT_ZOMBIE) {
			if (!trace_is_foreign_locked(child) && process_notify_parent_locked(child)) {
				child->p_exit_state = PROCEXIT_TAKEN;
				list_add_tail(&child->p_sibling_dead, dead);
			}
			continue;
		}
		hangup_if_orphaned(child, p, p);
	}
}

/* ---- out of the tables ---- */

void thread_release_locked(struct thread *t)
{
	struct process *p = t->t_proc;

	if (t->t_trace)
		tracerec_unlink_locked(t->t_trace);
	spin_lock(&p->p_actions->lock);
	list_del_rcu(&t->t_group_link);
	sigpending_flush(&t->t_sig.pending);
	spin_unlock(&p->p_actions->lock);
	thread_list_del_locked(t);
	pidref_detach(t->t_pid, PIDROLE_THREAD, &t->t_pid_node);
	if (p->p_cgroup)
		cgroup_thread_gone_locked(t);
	if (!(p->p_flags & PROC_KERNEL))
		atomic_dec(&t->t_real_cred->user->nprocs);
}

static void process_unlink_locked(struct process *p)
{
	pidref_detach(p->p_pid, PIDROLE_PROCESS, &p->p_role_node[PIDROLE_PROCESS]);
	if (p->p_pgrp)
		pidref_detach(p->p_pgrp, PIDROLE_PGRP, &p->p_role_node[PIDROLE_PGRP]);
	if (p->p_session)
		pidref_detach(p->p_session, PIDROLE_SESSION, &p->p_role_node[PIDROLE_SESSION]);
	list_del_rcu(&p->p_sibling);
	process_list_del_locked(p);
}

void process_release(struct process *p)
{
	struct thread *leader;
	u64 flags = spin_lock_irqsave(&process_tree_lock);

	leader = p->p_leader;
	thread_release_locked(leader);
	process_unlink_locked(p);
	spin_lock(&p->p_actions->lock);
	sigpending_flush(&p->p_pending);
	spin_unlock(&p->p_actions->lock);
	rcu_publish(p->p_leader, NULL);		/* references to p may outlive it */
	spin_unlock_irqrestore(&process_tree_lock, flags);
	pidref_gone(p->p_pid);
	thread_put(leader);
	process_put(p);
}

void process_release_list(struct list *dead)
{
	struct process *p, *tmp;

	list_foreach_safe(p, tmp, dead, p_sibling_dead)
		process_release(p);
}
