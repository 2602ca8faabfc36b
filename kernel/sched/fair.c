// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fair class: SCHED_OTHER, SCHED_BATCH, SCHED_IDLE.
 *
 * A thread's vruntime is its run time divided by its weight (1.25 per nice step).
 * The waiting threads are in a tree by vruntime; the one with the least runs. It is
 * out of the tree while it runs. min_vruntime only grows: the reference for those
 * who come. A sleeper comes back with its old vruntime, but at most CREDIT behind
 * the reference; a new thread starts one slice ahead of it, so that forking earns
 * nothing. vruntimes of different CPUs have different origins: a move converts.
 *
 * A slice is the thread's share of LATENCY (or of MIN_GRAN for each thread if there are
 * many); the tick ends it. A woken thread preempts if it is WAKE_GRAN behind.
 */
#include "sched_impl.h"

#define LATENCY		(6 * NSEC_PER_MSEC)
#define MIN_GRAN	(750 * NSEC_PER_USEC)
#define WAKE_GRAN	NSEC_PER_MSEC
#define CREDIT		(3 * NSEC_PER_MSEC)
#define STEAL_SCAN	16

/* 1024 * 1.25^-nice, for nice -20 .. 19. */
static const u32 nice_weight[40] = {
	88818, 71054, 56843, 45475, 36380, 29104, 23283, 18626, 14901, 11921,
	9537, 7629, 6104, 4883, 3906, 3125, 2500, 2000, 1600, 1280,
	1024, 819, 655, 524, 419, 336, 268, 215, 172, 137,
	110, 88, 70, 56, 45, 36, 29, 23, 18, 15,
};

u32 weight_of_nice(s32 nice)
{
	return nice_weight[clamp_t(s32, nice, -20, 19) + 20];
}

static bool vr_before(u64 a, u64 b)
{
	return (s64)(a - b) < 0;
}

static struct schedent *entity_of(struct rbnode *n)
{
	return rbtree_entry(n, struct schedent, se_node);
}

static bool less(const struct rbnode *a, const struct rbnode *b)
{
	return vr_before(rbtree_entry(a, struct schedent, se_node)->se_vruntime,
			 rbtree_entry(b, struct schedent, se_node)->se_vruntime);
}

static u64 weighted(u64 ns, u32 weight)
{
	return weight == WEIGHT_NICE0 ? ns : ns * WEIGHT_NICE0 / weight;
}

/* Often the only one: then there is nothing to balance. */
static void timeline_remove(struct runq *rq, struct rbnode *node)
{
	if (rq->fair.tree.root == node && !node->left && !node->right)
		rbtree_init(&rq->fair.tree);
	else
		rbtree_erase(&rq->fair.tree, node);
}

static bool is_running(struct runq *rq, struct thread *t)
{
	return rq->curr == t;
}

static void advance_min(struct runq *rq, u64 candidate)
{
	struct rbnode *first = rbtree_first(&rq->fair.tree);

	if (first && vr_before(entity_of(first)->se_vruntime, candidate))
		candidate = entity_of(first)->se_vruntime;
	if (vr_before(rq->fair.min_vruntime, candidate))
		WRITE_ONCE(rq->fair.min_vruntime, candidate);
}

static void fair_update(struct runq *rq, struct thread *t)
{
	struct schedent *se = &t->t_sched;
	u64 delta = exec_account(rq, t);

	if (!delta)
		return;
	se->se_vruntime += unlikely(se->se_group) ? group_virtual(rq, se, delta) :
						    weighted(delta, se->se_weight);
	advance_min(rq, se->se_vruntime);
}

static void update_running(struct runq *rq)
{
	if (rq->curr->t_sched.se_class == &sched_class_fair)
		fair_update(rq, rq->curr);
}

static u64 slice_of(struct runq *rq, struct schedent *se)
{
	u64 period = rq->fair.nr > LATENCY / MIN_GRAN ? rq->fair.nr * MIN_GRAN : LATENCY;

	if (!rq->fair.load)
		return period;
	return max_t(u64, period * se->se_weight / rq->fair.load, MIN_GRAN);
}

static void place(struct runq *rq, struct thread *t, u32 flags)
{
	struct schedent *se = &t->t_sched;
	u64 floor = rq->fair.min_vruntime;

	if (flags & ENQ_NEW)
		floor += weighted(slice_of(rq, se), se->se_weight);
	else if (flags & ENQ_WAKE)
		floor -= is_idle_policy(t) ? MIN_GRAN : CREDIT;
	else
		floor -= LATENCY;
	if (vr_before(se->se_vruntime, floor))
		se->se_vruntime = floor;
}

static void fair_enqueue(struct runq *rq, struct thread *t, u32 flags)
{
	update_running(rq);
	if (flags)
		place(rq, t, flags);
	rq->fair.load += t->t_sched.se_weight;
	rq->fair.nr++;
	if (unlikely(t->t_sched.se_group))
		group_load_add(rq, &t->t_sched);
	if (!is_running(rq, t))
		rbtree_add(&rq->fair.tree, &t->t_sched.se_node, less);
}

static void fair_dequeue(struct runq *rq, struct thread *t, u32 flags)
{
	update_running(rq);
	rq->fair.load -= t->t_sched.se_weight;
	rq->fair.nr--;
	if (unlikely(t->t_sched.se_group))
		group_load_sub(rq, &t->t_sched);
	if (!is_running(rq, t))
		timeline_remove(rq, &t->t_sched.se_node);
}

static struct thread *fair_pick(struct runq *rq)
{
	struct rbnode *first = rbtree_first(&rq->fair.tree);

	if (!first)
		return NULL;
	timeline_remove(rq, first);
	return thread_of(entity_of(first));
}

static void fair_put_prev(struct runq *rq, struct thread *t)
{
	fair_update(rq, t);
	rbtree_add(&rq->fair.tree, &t->t_sched.se_node, less);
}

static void fair_tick(struct runq *rq, struct thread *t)
{
	struct schedent *se = &t->t_sched;
	u64 ran, slice;
	struct rbnode *first;

	fair_update(rq, t);
	first = rbtree_first(&rq->fair.tree);
	if (!first)
		return;
	ran = se->se_sum_exec - se->se_prev_sum_exec;
	slice = slice_of(rq, se);
	if (ran >= slice || (ran >= MIN_GRAN &&
			     (s64)(se->se_vruntime - entity_of(first)->se_vruntime) > (s64)slice))
		rq_resched(rq);
}

/* Behind the first waiter: with equal vruntime the older one goes first. */
static void fair_yield(struct runq *rq, struct thread *t)
{
	struct rbnode *first = rbtree_first(&rq->fair.tree);

	fair_update(rq, t);
	if (first && vr_before(t->t_sched.se_vruntime, entity_of(first)->se_vruntime))
		t->t_sched.se_vruntime = entity_of(first)->se_vruntime;
}

static bool fair_preempts(struct runq *rq, struct thread *t)
{
	struct thread *curr = rq->curr;

	if (is_idle_policy(curr) != is_idle_policy(t))
		return is_idle_policy(curr);
	if (t->t_sched.se_policy != SCHED_POLICY_NORMAL)
		return false;
	return (s64)(curr->t_sched.se_vruntime - t->t_sched.se_vruntime) >
	       (s64)weighted(WAKE_GRAN, t->t_sched.se_weight);
}

void fair_migrate(struct thread *t, u32 from, u32 to)
{
	t->t_sched.se_vruntime += READ_ONCE(cpu_rq(to)->fair.min_vruntime) -
				  READ_ONCE(cpu_rq(from)->fair.min_vruntime);
}

/* The queue is locked: a waiting thread that may run on @cpu; its se_lock is taken. */
struct thread *fair_stealable(struct runq *rq, u32 cpu)
{
	struct rbnode *n = rbtree_first(&rq->fair.tree);

	for (u32 i = 0; n && i < STEAL_SCAN; i++, n = rbtree_next(n)) {
		struct thread *t = thread_of(entity_of(n));

		if (cpu_allowed(t, cpu) && !t->t_sched.se_migrate_disable &&
		    spinword_trylock(&t->t_sched.se_lock))
			return t;
	}
	return NULL;
}

const struct schedclass sched_class_fair = {
	.name = "fair", .rank = 2,
	.enqueue = fair_enqueue, .dequeue = fair_dequeue, .pick = fair_pick,
	.put_prev = fair_put_prev, .update = fair_update, .tick = fair_tick,
	.yield = fair_yield, .preempts = fair_preempts,
};
