// SPDX-License-Identifier: GPL-2.0-only
/*
 * The last resort when memory ran out: the process with the most memory,
 * corrected by its oom_score_adj (thousandths of all memory), is killed, and who
 * shares that memory with it. While a victim is still dying nobody else is chosen; when one
 * counts as dying is mm/oom.c's.
 */
#include "proc_impl.h"

#include <tern/base/upcall.h>
#include <tern/kernel/cgroup.h>
#include <tern/kernel/klog.h>
#include <tern/mm/memgroup.h>
#include <tern/mm/vmstat.h>

#define ADJ_NEVER	(-1000)

/* S64_MIN: not to be chosen, or chosen before and still there. */
static s64 badness(struct process *p, struct aspace *as, u64 total)
{
	s64 adj = READ_ONCE(p->p_oom_score_adj);

	if (adj == ADJ_NEVER || READ_ONCE(as->oom_victim))
		return S64_MIN;
	return (s64)(aspace_rss(as) + atomic_read(&as->rss[RSS_SWAP]) +
		     atomic_read(&as->pt_bytes) / (s64)PAGE_SIZE) + adj * (s64)total / 1000;
}

static bool may_die(struct process *p)
{
	return p != process_pid1 && !(p->p_flags & PROC_KERNEL) &&
	       p->p_exit_state == PROCEXIT_ALIVE;
}

bool thread_set_memalloc(bool is_on)
{
	struct thread *t = thread_self();
	bool was = t->t_flags & TF_MEMALLOC;

	t->t_flags = is_on ? t->t_flags | TF_MEMALLOC : t->t_flags & ~TF_MEMALLOC;
	return was;
}

bool thread_is_memalloc(void)
{
	return thread_self()->t_flags & TF_MEMALLOC;
}

s64 process_oom_score(struct process *p)
{
	u64 total = page_count_total();
	struct aspace *as = process_aspace(p);
	s64 points;

	if (!as || !may_die(p)) {
		if (as)
			aspace_put(as);
		return 0;
	}
	points = badness(p, as, total);
	aspace_put(as);
	if (points == S64_MIN)
		return 0;
	points = 666 + points * 1000 / (s64)total * 2 / 3;	/* as Linux shows it */
	return points < 0 ? 0 : points;
}

/* Under RCU or P. Do @fn with the address space of @p, which stays meanwhile; NULL: @p has none any more. */
static struct aspace *with_aspace(struct process *p, void (*fn)(struct aspace *as, void *arg), void *arg)
{
	struct aspace *as = NULL;
	struct thread *t;
	u64 flags;

	process_thread_foreach_rcu(p, t) {
		flags = spin_lock_irqsave(&t->t_lock);
		as = t->t_flags & TF_KTHREAD ? NULL : t->t_as;
		if (as)
			fn(as, arg);
		spin_unlock_irqrestore(&t->t_lock, flags);
		if (as)
			break;
	}
	return as;
}

struct judgement { struct process *p; u64 total; s64 points; };

static void judge(struct aspace *as, void *arg)
{
	struct judgement *j = arg;

	j->points = badness(j->p, as, j->total);
}

/* P. S64_MIN: it is not to be chosen. */
static s64 points_locked(struct process *p, u64 total)
{
	struct judgement j = { p, total, S64_MIN };

	if (may_die(p))
		(void)with_aspace(p, judge, &j);
	return j.points;
}

static struct process *choose_victim(u64 total)
{
	struct process *p, *best = NULL;
	s64 points, most = S64_MIN;
	u64 flags = spin_lock_irqsave(&process_tree_lock);

	list_foreach(p, &process_all, p_all_link) {
		points = points_locked(p, total);
		if (points > most) {
			most = points;
			best = p;
		}
	}
	if (best)
		process_get(best);
	spin_unlock_irqrestore(&process_tree_lock, flags);
	return best;
}

static void mark(struct aspace *as, void *group)
{
	aspace_mark_victim(as, group);
}

static void nothing(struct aspace *as, void *unused)
{
}

/* P. Who shares the memory must go, else nothing is freed; one that is never to be killed does not. */
static void kill_locked(struct process *p, struct memgroup *g)
{
	struct aspace *as = with_aspace(p, mark, g);
	struct process *q;

	signal_send_process(p, SIGKILL, NULL);
	if (!as)
		return;
	list_foreach(q, &process_all, p_all_link)
		if (q != p && may_die(q) && READ_ONCE(q->p_oom_score_adj) != ADJ_NEVER &&
		    with_aspace(q, nothing, NULL) == as)
			signal_send_process(q, SIGKILL, NULL);
}

/*
 * One that ended since it was chosen, and may have been waited for, has no leader to ask for its name: it has given
 * its memory back.
 */
static void kill_victim(struct process *p)
{
	u64 flags = spin_lock_irqsave(&process_tree_lock);

	if (may_die(p)) {
		kerr("Out of memory: killed process %d (%s), score adjustment %d", pidref_nr(p->p_pid),
		     p->p_leader->t_comm, p->p_oom_score_adj);
		vmstat_add(VMSTAT_OOM_KILL, 1);
		kill_locked(p, NULL);
	}
	spin_unlock_irqrestore(&process_tree_lock, flags);
}

u64 oom_panics, oom_kills_asker;

/* Whom to end for the sake of the rest, with a reference. */
static struct process *victim_for(struct process *asker)
{
	if (READ_ONCE(oom_kills_asker) && !(asker->p_flags & (PROC_KERNEL | PROC_INIT)) &&
	    READ_ONCE(asker->p_oom_score_adj) != ADJ_NEVER) {
		process_get(asker);
		return asker;
	}
	return choose_victim(page_count_total());
}

/* ---- a full control group ---- */

/* P. Readers of memory.events of @g, which @c is in or below, and of the groups above. */
static void tell_oom_locked(struct cgnode *c, struct memgroup *g)
{
	while (c->parent && c->mem != g)
		c = c->parent;
	for (; c->parent; c = c->parent)
		cgnode_event(c, CGEVENT_MEMORY);
}

/* P. The worst in @g and below; @all: every one. */
static struct process *group_victim_locked(struct memgroup *g, bool all)
{
	struct process *p, *best = NULL;
	s64 points, most = S64_MIN;

	list_foreach(p, &process_all, p_all_link) {
		struct memgroup *m = p->p_cgroup ? p->p_cgroup->mem : NULL;

		while (m && m != g)
			m = m->parent;
		if (!m || !may_die(p))
			continue;
		if (all && READ_ONCE(p->p_oom_score_adj) != ADJ_NEVER) {
			(void)with_aspace(p, mark, g);
			signal_send_process(p, SIGKILL, NULL);
			memgroup_event(g, MEMEVENT_OOM_KILL);
		}
		points = points_locked(p, page_count_total());
		if (points > most) {
			most = points;
			best = p;
		}
	}
	return best;
}

/* P. Has somebody who was to die for @g still got his memory, within reasonable time? */
static bool group_waits_locked(struct memgroup *g)
{
	return atomic_read(&g->nvictims) && clock_ns() - g->victim_since < VICTIM_PATIENCE_NS;
}

/* P. @p, the worst in @g, is told to die, or is at it. */
static void kill_in_group_locked(struct process *p, struct memgroup *g)
{
	g->victim_since = clock_ns();
	if (READ_ONCE(p->p_flags) & PROC_GROUP_EXIT) {
		(void)with_aspace(p, mark, g);
		return;
	}
	memgroup_event(g, MEMEVENT_OOM);
	kerr("Memory of a control group is full: killed process %d (%s)",
	     p->p_pid->at[0].nr, p->p_leader->t_comm);
	if (READ_ONCE(g->kills_all)) {
		memgroup_event(g, MEMEVENT_GROUP_KILL);
		group_victim_locked(g, true);
	} else {
		memgroup_event(g, MEMEVENT_OOM_KILL);
		kill_locked(p, g);
	}
	tell_oom_locked(p->p_cgroup, g);
}

bool memgroup_oom(struct memgroup *g)
{
	struct process *p = NULL;
	bool is_waiting;
	u64 flags;

	if (process_self()->p_flags & PROC_GROUP_EXIT)
		return true;
	flags = spin_lock_irqsave(&process_tree_lock);
	is_waiting = group_waits_locked(g);
	if (!is_waiting)
		p = group_victim_locked(g, false);
	if (p)
		kill_in_group_locked(p, g);
	spin_unlock_irqrestore(&process_tree_lock, flags);
	return is_waiting || p;
}

/* Who ends frees memory soon, and needs some for that. */
static bool caller_is_dying(void)
{
	struct thread *t = thread_self();

	if (!(process_self()->p_flags & PROC_GROUP_EXIT))
		return false;
	if (t->t_as && !(t->t_flags & TF_KTHREAD))
		aspace_mark_victim(t->t_as, NULL);
	return true;
}

bool oom_kill(u64 npages_wanted)
{
	struct process *p;

	if (caller_is_dying())
		return true;
	if (READ_ONCE(oom_panics))
		kpanic("out of memory, and panic_on_oom is set");
	p = victim_for(process_self());
	if (!p)
		return false;
	kerr("%s wants %lu pages and there are none", thread_self()->t_comm, npages_wanted);
	kill_victim(p);
	process_put(p);
	return true;
}
