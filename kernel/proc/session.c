// SPDX-License-Identifier: GPL-2.0-only
/*
 * Process groups and sessions. Membership is a role of the group's or
 * session's pid (pid.c); all changes are made under process_tree_lock.
 */
#include "proc_impl.h"

#include <tern/kernel/ctty.h>
#include <tern/kernel/procnews.h>
#include <tern/kernel/syscalls.h>

/* ---- no terminals until their driver registers ---- */

static void no_tty_leader_exit(struct process *p)
{
}

static void no_tty_ref(struct tty *t)
{
}

static u64 no_tty_dev(struct tty *t)
{
	return 0;
}

static s32 no_tty_pgrp(struct tty *t)
{
	return -1;
}

static const struct ctty_ops no_ctty_ops = {
	.leader_exit = no_tty_leader_exit,
	.get = no_tty_ref,
	.put = no_tty_ref,
	.dev = no_tty_dev,
	.pgrp_nr = no_tty_pgrp,
};
const struct ctty_ops *ctty_ops = &no_ctty_ops;

/* ---- groups and sessions ---- */

/* Move @p into the group @pgrp (a borrowed pid). */
static void pgrp_move_locked(struct process *p, struct pidref *pgrp)
{
	struct pidref *old = p->p_pgrp;

	if (old == pgrp)
		return;
	pidref_get(pgrp);
	if (old)
		pidref_detach(old, PIDROLE_PGRP, &p->p_role_node[PIDROLE_PGRP]);
	rcu_publish(p->p_pgrp, pgrp);
	pidref_attach(pgrp, PIDROLE_PGRP, &p->p_role_node[PIDROLE_PGRP]);
	pidref_put(old);
}

static void session_move_locked(struct process *p, struct pidref *session)
{
	struct pidref *old = p->p_session;

	pidref_get(session);
	if (old)
		pidref_detach(old, PIDROLE_SESSION, &p->p_role_node[PIDROLE_SESSION]);
	rcu_publish(p->p_session, session);
	pidref_attach(session, PIDROLE_SESSION, &p->p_role_node[PIDROLE_SESSION]);
	pidref_put(old);
}

static int setpgid_check_locked(struct process *p, struct process *self)
{
	if (p != self) {
		if (p->p_parent != self)
			return -ESRCH;
		if (p->p_session != self->p_session)
			return -EPERM;
		if (p->p_flags & PROC_EXECED)
			return -EACCES;
	}
	/* A session leader stays where it is. */
	return p->p_session == p->p_pid ? -EPERM : 0;
}

/* The group must exist in the session already, unless it is founded by @p itself. */
static struct pidref *pgrp_target_locked(struct process *p, s32 pgid)
{
	struct pidref *pgrp;
	struct hnode *n;

	if (pgid == pidref_nr(p->p_pid))
		return p->p_pid;
	pgrp = pidref_find(pgid);
	n = pgrp ? pgrp->users[PIDROLE_PGRP].first : NULL;
	if (!n || container_of(n, struct process, p_role_node[PIDROLE_PGRP])->p_session !=
	    p->p_session)
		return NULL;
	return pgrp;
}

long sys_setpgid(int pid, int pgid)
{
	struct process *self = process_self(), *p;
	struct pidref *pgrp;
	int err = -ESRCH;
	u64 flags;

	if (pgid < 0)
		return -EINVAL;
	flags = spin_lock_irqsave(&process_tree_lock);
	p = pid ? pidref_process(pidref_find(pid)) : self;
	if (p && p->p_exit_state == PROCEXIT_ALIVE)
		err = setpgid_check_locked(p, self);
	if (!err) {
		pgrp = pgrp_target_locked(p, pgid ? pgid : pidref_nr(p->p_pid));
		if (pgrp)
			pgrp_move_locked(p, pgrp);
		else
			err = -EPERM;
	}
	spin_unlock_irqrestore(&process_tree_lock, flags);
	return err;
}

static struct process *process_or_self(int pid)
{
	return pid ? pidref_process(pidref_find(pid)) : process_self();
}

long sys_getpgid(int pid)
{
	struct process *p;
	long ret = -ESRCH;

	rcu_read_lock();
	p = process_or_self(pid);
	if (p)
		ret = pidref_nr(rcu_load(p->p_pgrp));
	rcu_read_unlock();
	return ret;
}

long sys_getpgrp(void)
{
	return sys_getpgid(0);
}

long sys_getsid(int pid)
{
	struct process *p;
	long ret = -ESRCH;

	rcu_read_lock();
	p = process_or_self(pid);
	if (p)
		ret = pidref_nr(rcu_load(p->p_session));
	rcu_read_unlock();
	return ret;
}

static struct tty *take_tty_locked(struct process *p)
{
	struct tty *t;

	spin_lock(&p->p_actions->lock);
	t = p->p_tty;
	p->p_tty = NULL;
	spin_unlock(&p->p_actions->lock);
	return t;
}

long sys_setsid(void)
{
	struct process *p = process_self();
	struct tty *tty;
	u64 flags = spin_lock_irqsave(&process_tree_lock);

	/* Nobody else may be in a group or session of this number. */
	if (p->p_pgrp == p->p_pid || !hlist_is_empty(&p->p_pid->users[PIDROLE_PGRP]) ||
	    !hlist_is_empty(&p->p_pid->users[PIDROLE_SESSION])) {
		spin_unlock_irqrestore(&process_tree_lock, flags);
		return -EPERM;
	}
	session_move_locked(p, p->p_pid);
	pgrp_move_locked(p, p->p_pid);
	tty = take_tty_locked(p);
	spin_unlock_irqrestore(&process_tree_lock, flags);
	if (tty)
		ctty_ops->put(tty);
	procnews_self(PROC_EVENT_SID);
	return pidref_nr(p->p_pid);
}

void session_leader_exit(struct process *p)
{
	struct tty *tty;
	u64 flags;

	if (p->p_tty && p->p_session == p->p_pid)
		ctty_ops->leader_exit(p);
	flags = spin_lock_irqsave(&process_tree_lock);
	tty = take_tty_locked(p);
	spin_unlock_irqrestore(&process_tree_lock, flags);
	if (tty)
		ctty_ops->put(tty);
}
