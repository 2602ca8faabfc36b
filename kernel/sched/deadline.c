// SPDX-License-Identifier: GPL-2.0-only
/*
 * The deadline class: earliest deadline first, with constant bandwidth servers.
 *
 * A thread may run se_dl_runtime in each se_dl_period and should have done so by
 * se_dl_deadline after the period's start. When its budget (se_dl_left) is used up it
 * is throttled: it waits in the throttled list, still on the run queue, for the
 * next period. On a wake-up it keeps budget and deadline only if that is no more
 * bandwidth than it was granted; else it starts afresh.
 *
 * Admission: the sum of runtime / period of all deadline threads stays below 95 % of
 * the CPUs on line; the rest is for everybody else.
 */
#include "sched_impl.h"

#define BW_SHIFT	20

static struct spin bw_lock = SPIN_INIT(LOCKRANK_THREAD);
static u64 bw_total;	/* bw_lock: sum of runtime / period, fixed point */

static u64 bandwidth(u64 runtime, u64 period)
{
	return period ? (runtime << BW_SHIFT) / period : 0;
}

static u64 bw_of(const struct thread *t)
{
	const struct schedent *se = &t->t_sched;

	return se->se_policy == SCHED_POLICY_DEADLINE ? bandwidth(se->se_dl_runtime, se->se_dl_period)
						      : 0;
}

int dl_admit(struct thread *t, u64 runtime, u64 period, bool to_deadline)
{
	u64 limit = (95UL << BW_SHIFT) / 100 * cpu_count_online, flags, want;
	int err = 0;

	flags = spin_lock_irqsave(&bw_lock);
	want = bw_total - bw_of(t) + (to_deadline ? bandwidth(runtime, period) : 0);
	if (to_deadline && want > limit && want > bw_total)
		err = -EBUSY;
	else
		bw_total = want;
	spin_unlock_irqrestore(&bw_lock, flags);
	return err;
}

void dl_thread_gone(struct thread *t)
{
	(void)dl_admit(t, 0, 0, false);
}

static bool less(const struct rbnode *a, const struct rbnode *b)
{
	return (s64)(rbtree_entry(a, struct schedent, se_node)->se_dl_abs -
		     rbtree_entry(b, struct schedent, se_node)->se_dl_abs) < 0;
}

static void start_afresh(struct schedent *se, nsec_t now)
{
	se->se_dl_abs = now + se->se_dl_deadline;
	se->se_dl_left = se->se_dl_runtime;
}

/* Would left / (abs - now) exceed runtime / deadline? Scaled to avoid overflow. */
static bool would_overflow(struct schedent *se, nsec_t now)
{
	return (se->se_dl_left >> 10) * (se->se_dl_deadline >> 10) >
	       ((se->se_dl_abs - now) >> 10) * (se->se_dl_runtime >> 10);
}

/* Start of the period after the current one. */
static nsec_t next_period(const struct schedent *se)
{
	return se->se_dl_abs - se->se_dl_deadline + se->se_dl_period;
}

static void throttle(struct runq *rq, struct schedent *se)
{
	nsec_t at = next_period(se);

	rbtree_erase(&rq->dl.tree, &se->se_node);
	list_add_tail(&se->se_link, &rq->dl.throttled);
	se->se_dl_throttled = true;
	if (!rq->dl.replenish_at || at < rq->dl.replenish_at)
		rq->dl.replenish_at = at;
	sched_arm(rq, rq->dl.replenish_at);
}

static void dl_update(struct runq *rq, struct thread *t)
{
	u64 delta = exec_account(rq, t);

	t->t_sched.se_dl_left -= min(delta, t->t_sched.se_dl_left);
}

static void dl_enqueue(struct runq *rq, struct thread *t, u32 flags)
{
	struct schedent *se = &t->t_sched;

	if ((s64)(rq->clock - se->se_dl_abs) >= 0 || would_overflow(se, rq->clock))
		start_afresh(se, rq->clock);
	se->se_dl_throttled = false;
	rbtree_add(&rq->dl.tree, &se->se_node, less);
	rq->dl.nr++;
}

static void dl_dequeue(struct runq *rq, struct thread *t, u32 flags)
{
	struct schedent *se = &t->t_sched;

	if (rq->curr == t)
		dl_update(rq, t);
	if (se->se_dl_throttled)
		list_del(&se->se_link);
	else
		rbtree_erase(&rq->dl.tree, &se->se_node);
	se->se_dl_throttled = false;
	rq->dl.nr--;
}

static struct thread *dl_pick(struct runq *rq)
{
	struct rbnode *first = rbtree_first(&rq->dl.tree);
	struct schedent *se;

	if (!first)
		return NULL;
	se = rbtree_entry(first, struct schedent, se_node);
	sched_arm(rq, rq->clock + se->se_dl_left);
	return thread_of(se);
}

static void dl_put_prev(struct runq *rq, struct thread *t)
{
	dl_update(rq, t);
	if (!t->t_sched.se_dl_left && !t->t_sched.se_dl_throttled)
		throttle(rq, &t->t_sched);
}

static void dl_tick(struct runq *rq, struct thread *t)
{
	dl_update(rq, t);
	if (!t->t_sched.se_dl_left)
		rq_resched(rq);
	else
		sched_arm(rq, rq->clock + t->t_sched.se_dl_left);
}

/* The rest of the budget is given up: sleeps until the next period. */
static void dl_yield(struct runq *rq, struct thread *t)
{
	dl_update(rq, t);
	t->t_sched.se_dl_left = 0;
}

static bool dl_preempts(struct runq *rq, struct thread *t)
{
	return (s64)(t->t_sched.se_dl_abs - rq->curr->t_sched.se_dl_abs) < 0;
}

void dl_replenish(struct runq *rq)
{
	struct schedent *se, *next;
	bool is_any = false;

	rq->dl.replenish_at = 0;
	list_foreach_safe(se, next, &rq->dl.throttled, se_link) {
		nsec_t at = next_period(se);

		if (at > rq->clock) {
			if (!rq->dl.replenish_at || at < rq->dl.replenish_at)
				rq->dl.replenish_at = at;
			continue;
		}
		list_del(&se->se_link);
		se->se_dl_throttled = false;
		se->se_dl_left = se->se_dl_runtime;
		se->se_dl_abs += se->se_dl_period;
		if ((s64)(rq->clock - se->se_dl_abs) >= 0)
			start_afresh(se, rq->clock);
		rbtree_add(&rq->dl.tree, &se->se_node, less);
		is_any = true;
	}
	if (rq->dl.replenish_at)
		sched_arm(rq, rq->dl.replenish_at);
	if (is_any)
		rq_resched(rq);
}

const struct schedclass sched_class_deadline = {
	.name = "deadline", .rank = 0,
	.enqueue = dl_enqueue, .dequeue = dl_dequeue, .pick = dl_pick,
	.put_prev = dl_put_prev, .update = dl_update, .tick = dl_tick,
	.yield = dl_yield, .preempts = dl_preempts,
};
