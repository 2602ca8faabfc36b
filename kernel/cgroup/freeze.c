// SPDX-License-Identifier: GPL-2.0-only
/*
 * Freezing control groups. A frozen thread stands in cgroup_freeze_point(), on
 * its way to user mode: sleeps that signals can end are ended as if by one, and
 * begin again afterwards. Only SIGKILL gets it out.
 */
#include "cgroup_impl.h"

#include <tern/kernel/pidns.h>

static struct waitq thaw_wait = WAITQ_INIT(thaw_wait);

void cgroup_thaw_check(void)
{
	waitq_wake_all(&thaw_wait);
}

static bool is_freezing(struct process *p)
{
	struct cgnode *c;
	bool ret;

	rcu_read_lock();
	c = rcu_load(p->p_cgroup);
	ret = c && READ_ONCE(c->is_freezing);
	rcu_read_unlock();
	return ret;
}

/* P. */
static void job_set_locked(struct thread *t, bool on)
{
	struct sigactions *a = t->t_proc->p_actions;

	spin_lock(&a->lock);
	if (on) {
		t->t_job |= JOB_FREEZE;
		signal_nudge_locked(t);
	} else {
		t->t_job &= ~JOB_FREEZE;
	}
	spin_unlock(&a->lock);
}

void cgroup_freeze_point(void)
{
	struct thread *t = thread_self();
	struct process *p = t->t_proc;
	u64 flags = spin_lock_irqsave(&process_tree_lock);

	if (!p->p_cgroup || !p->p_cgroup->is_freezing) {
		job_set_locked(t, false);
		spin_unlock_irqrestore(&process_tree_lock, flags);
		return;
	}
	t->t_is_frozen = true;
	cgroup_count_threads_locked(p->p_cgroup, 0, 1);
	spin_unlock_irqrestore(&process_tree_lock, flags);
	(void)waitq_wait_killable(&thaw_wait, !is_freezing(p));
	flags = spin_lock_irqsave(&process_tree_lock);
	t->t_is_frozen = false;
	cgroup_count_threads_locked(p->p_cgroup, 0, -1);
	if (!p->p_cgroup || !p->p_cgroup->is_freezing)
		job_set_locked(t, false);
	spin_unlock_irqrestore(&process_tree_lock, flags);
}

/* C and P: what @c and the groups below inherit. */
static void set_freezing_locked(struct cgnode *c)
{
	struct cgnode *child;

	c->is_freezing = c->freezes || (c->parent && c->parent->is_freezing);
	cgroup_count_threads_locked(c, 0, 0);
	list_foreach(child, &c->children, sibling)
		set_freezing_locked(child);
}

static void set_jobs_locked(struct cgnode *top)
{
	struct process *p;
	struct thread *t;

	list_foreach(p, &process_all, p_all_link) {
		if (!p->p_cgroup || !cgnode_is_within(p->p_cgroup, top))
			continue;
		list_foreach(t, &p->p_threads, t_group_link)
			job_set_locked(t, p->p_cgroup->is_freezing);
	}
}

void cgroup_freeze(struct cgnode *c, bool on)
{
	bool was_freezing = c->is_freezing;
	u64 flags;

	if (c->freezes == on)
		return;
	c->freezes = on;
	flags = spin_lock_irqsave(&process_tree_lock);
	set_freezing_locked(c);
	set_jobs_locked(c);
	spin_unlock_irqrestore(&process_tree_lock, flags);
	if (c->is_freezing == was_freezing)
		cgnode_event(c, CGEVENT_STATE);		/* a group above decides: who waits for it shall look */
	cgroup_thaw_check();
}
