// SPDX-License-Identifier: GPL-2.0-only
/*
 * The real-time class: SCHED_FIFO and SCHED_RR, 99 priorities, one list each and a
 * bitmap of lists in use. The running thread stays at the head of its list. RR
 * threads go to the tail when their slice is over. A thread's level is the higher of
 * its own and its inherited priority (se_pi_prio).
 *
 * Throttling: on each CPU the class has sched_rt_runtime_us of sched_rt_period_us.
 * When that is used up, ordinary threads of this CPU run until the period ends, if
 * there are any: a real-time thread that never sleeps does not stop the machine.
 */
#include "sched_impl.h"

u64 sched_rr_slice_ns = SCHED_RR_SLICE_DEFAULT;
s32 sched_rt_runtime_us = 950000, sched_rt_period_us = 1000000;

#define STEAL_SCAN	8

/* 0 .. 98: the most urgent is 0; all others: RT_LEVELS and up. */
s32 rt_level(const struct thread *t)
{
	const struct schedent *se = &t->t_sched;
	s32 prio = max_t(s32, se->se_rt_prio, se->se_pi_prio);

	if (se->se_class == &sched_class_deadline)
		return -1;
	if (se->se_class == &sched_class_idle)
		return RT_LEVELS + 1;
	return prio > 0 ? 99 - prio : RT_LEVELS;
}

static bool is_throttled(const struct runq *rq)
{
	s32 runtime = READ_ONCE(sched_rt_runtime_us);

	return runtime >= 0 && rq->rt.used > (u64)runtime * NSEC_PER_USEC && rq->fair.nr;
}

void rt_period_tick(struct runq *rq)
{
	nsec_t period = (nsec_t)READ_ONCE(sched_rt_period_us) * NSEC_PER_USEC;
	u64 runtime = (u64)max(READ_ONCE(sched_rt_runtime_us), 0) * NSEC_PER_USEC;
	bool was_throttled = is_throttled(rq);

	if (rq->clock < rq->rt.period_end)
		return;
	if (rq->clock - rq->rt.period_end >= period)	/* there were whole periods without any */
		rq->rt.used = 0;
	else
		rq->rt.used -= min(rq->rt.used, runtime);
	rq->rt.period_end = rq->clock + period;
	if (was_throttled && !is_throttled(rq))
		rq_resched(rq);
}

static void rt_update(struct runq *rq, struct thread *t)
{
	u64 delta = exec_account(rq, t);

	t->t_sched.se_slice_left -= min(delta, t->t_sched.se_slice_left);
	t->t_sched.se_rt_timeout += delta;
	rq->rt.used += delta;
}

static void rt_enqueue(struct runq *rq, struct thread *t, u32 flags)
{
	u32 level = (u32)rt_level(t);

	list_add_tail(&t->t_sched.se_link, &rq->rt.queue[level]);
	bitmap_set_bit(rq->rt.bitmap, level);
	rq->rt.nr++;
	if (!t->t_sched.se_slice_left)
		t->t_sched.se_slice_left = RR_SLICE_NS;
}

static void rt_dequeue(struct runq *rq, struct thread *t, u32 flags)
{
	if (rq->curr == t)
		rt_update(rq, t);
	list_del(&t->t_sched.se_link);
	/* The level may have changed by inheritance: look which lists are empty now. */
	for (u32 w = 0; w < 2; w++)
		for (u64 left = rq->rt.bitmap[w]; left; left &= left - 1) {
			u32 level = w * 64 + bit_lowest(left);

			if (list_is_empty(&rq->rt.queue[level]))
				bitmap_clear_bit(rq->rt.bitmap, level);
		}
	rq->rt.nr--;
}

static struct thread *rt_pick(struct runq *rq)
{
	u32 level;

	if (!rq->rt.nr || is_throttled(rq))
		return NULL;
	level = rq->rt.bitmap[0] ? bit_lowest(rq->rt.bitmap[0]) : 64 + bit_lowest(rq->rt.bitmap[1]);
	return thread_of(list_entry(rq->rt.queue[level].next, struct schedent, se_link));
}

static void rt_put_prev(struct runq *rq, struct thread *t)
{
	rt_update(rq, t);
}

static void rt_tick(struct runq *rq, struct thread *t)
{
	struct schedent *se = &t->t_sched;
	struct list *queue = &rq->rt.queue[rt_level(t)];

	rt_update(rq, t);
	if (is_throttled(rq))
		rq_resched(rq);
	if (se->se_policy != SCHED_POLICY_RR || se->se_slice_left)
		return;
	se->se_slice_left = RR_SLICE_NS;
	if (list_is_singular(queue))
		return;
	list_move_tail(&se->se_link, queue);
	rq_resched(rq);
}

static void rt_yield(struct runq *rq, struct thread *t)
{
	list_move_tail(&t->t_sched.se_link, &rq->rt.queue[rt_level(t)]);
}

static bool rt_preempts(struct runq *rq, struct thread *t)
{
	return rt_level(t) < rt_level(rq->curr);
}

struct thread *rt_stealable(struct runq *rq, u32 cpu)
{
	struct schedent *se;
	u32 seen = 0;

	if (rq->rt.nr < 2)
		return NULL;
	for (u32 level = 0; level < RT_LEVELS; level++) {
		list_foreach(se, &rq->rt.queue[level], se_link) {
			struct thread *t = thread_of(se);

			if (t != rq->curr && cpu_allowed(t, cpu) && !se->se_migrate_disable &&
			    spinword_trylock(&se->se_lock))
				return t;
			if (++seen == STEAL_SCAN)
				return NULL;
		}
	}
	return NULL;
}

const struct schedclass sched_class_rt = {
	.name = "rt", .rank = 1,
	.enqueue = rt_enqueue, .dequeue = rt_dequeue, .pick = rt_pick,
	.put_prev = rt_put_prev, .update = rt_update, .tick = rt_tick,
	.yield = rt_yield, .preempts = rt_preempts,
};
