// SPDX-License-Identifier: GPL-2.0-only
/*
 * The last resort when memory ran out: the process with the most memory,
 * corrected by its oom_score_adj (thousandths of all memory), is killed. While
 * a victim is still dying nobody else is chosen.
 */
#include "proc_impl.h"

#include <tern/base/upcall.h>
#include <tern/kernel/cgroup.h>
#include <tern/kernel/klog.h>
#include <tern/mm/memgroup.h>
#include <tern/mm/vmstat.h>

#define ADJ_NEVER	(-1000)
#define VICTIM_PATIENCE	(2UL * 1000000000)

static u64 victim_since;		/* ns of the last kill */
static struct process *last_victim;	/* R with a reference */

static s64 badness(struct process *p, struct aspace *as, u64 total)
{
	s64 adj = READ_ONCE(p->p_oom_score_adj);

	if (adj == ADJ_NEVER)
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

/* Address space of @p as a hint: valid under RCU only, for its counters. */
static struct aspace *peek_aspace(struct process *p)
{
	struct aspace *as = NULL;
	struct thread *t;

	process_thread_foreach_rcu(p, t)
		if (!as && !(READ_ONCE(t->t_flags) & TF_KTHREAD))
			as = READ_ONCE(t->t_as);
	return as;
}

static struct process *choose_victim(u64 total)
{
	struct process *p, *best = NULL;
	s64 points, most = S64_MIN;
	u64 flags = spin_lock_irqsave(&process_tree_lock);

	list_foreach(p, &process_all, p_all_link) {
		struct aspace *as = may_die(p) ? peek_aspace(p) : NULL;

		points = as ? badness(p, as, total) : S64_MIN;
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

/*
 * Every process that shares the memory must go, else nothing is freed. One that ended since it was chosen, and
 * may have been waited for, has no leader to ask for its name: it has given its memory back.
 */
static void kill_victim(struct process *p)
{
	struct aspace *as = process_aspace(p);
	u64 flags;

	if (as)
		as->oom_victim = true;
	flags = spin_lock_irqsave(&process_tree_lock);
	if (may_die(p)) {
		kerr("Out of memory: killed process %d (%s), score adjustment %d", pidref_nr(p->p_pid),
		     p->p_leader->t_comm, p->p_oom_score_adj);
		vmstat_add(VMSTAT_OOM_KILL, 1);
		signal_send_process(p, SIGKILL, NULL);
	}
	spin_unlock_irqrestore(&process_tree_lock, flags);
	if (as)
		aspace_put(as);
}

/* Is the last one still holding memory, within reasonable time? */
static bool victim_is_dying(u64 now)
{
	struct process *p;
	bool ret;

	rcu_read_lock();
	p = rcu_load(last_victim);
	ret = p && READ_ONCE(p->p_nthreads) && now - READ_ONCE(victim_since) < VICTIM_PATIENCE;
	rcu_read_unlock();
	return ret;
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
		struct aspace *as;
		struct memgroup *m = p->p_cgroup ? p->p_cgroup->mem : NULL;

		while (m && m != g)
			m = m->parent;
		as = m && may_die(p) ? peek_aspace(p) : NULL;
		if (!as)
			continue;
		if (all && READ_ONCE(p->p_oom_score_adj) != ADJ_NEVER) {
			signal_send_process(p, SIGKILL, NULL);
			memgroup_event(g, MEMEVENT_OOM_KILL);
		}
		points = badness(p, as, page_count_total());
		if (points > most) {
			most = points;
			best = p;
		}
	}
	return best;
}

bool memgroup_oom(struct memgroup *g)
{
	struct process *p;
	bool is_dying;
	u64 flags;

	if (process_self()->p_flags & PROC_GROUP_EXIT)
		return true;
	flags = spin_lock_irqsave(&process_tree_lock);
	p = group_victim_locked(g, false);
	is_dying = p && (READ_ONCE(p->p_flags) & PROC_GROUP_EXIT);
	if (p && !is_dying) {
		memgroup_event(g, MEMEVENT_OOM);
		kerr("Memory of a control group is full: killed process %d (%s)",
		     p->p_pid->at[0].nr, p->p_leader->t_comm);
		if (READ_ONCE(g->kills_all)) {
			memgroup_event(g, MEMEVENT_GROUP_KILL);
			group_victim_locked(g, true);
		} else {
			memgroup_event(g, MEMEVENT_OOM_KILL);
			signal_send_process(p, SIGKILL, NULL);
		}
		tell_oom_locked(p->p_cgroup, g);
	}
	spin_unlock_irqrestore(&process_tree_lock, flags);
	return p;
}

bool oom_kill(u64 npages_wanted)
{
	u64 now = clock_ns(), since = READ_ONCE(victim_since);
	struct process *p, *old;

	if (process_self()->p_flags & PROC_GROUP_EXIT)
		return true;	/* the caller itself is dying and frees memory soon */
	if (victim_is_dying(now))
		return true;
	if (!cas(&victim_since, since, now))
		return true;
	if (READ_ONCE(oom_panics))
		kpanic("out of memory, and panic_on_oom is set");
	p = victim_for(process_self());
	if (!p)
		return false;
	kerr("%s wants %lu pages and there are none", thread_self()->t_comm, npages_wanted);
	kill_victim(p);
	old = xchg(&last_victim, p);
	if (old)
		process_put(old);
	return true;
}
