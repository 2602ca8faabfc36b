// SPDX-License-Identifier: GPL-2.0-only
/*
 * Moving threads between CPUs.
 *
 * A CPU about to idle takes one waiting thread from the busiest queue. A busy CPU with
 * waiters that sees an idle one wakes it to do that. Every BALANCE_NS a busy CPU asks
 * in SOFTIRQ_SCHED whether another queue carries clearly more weight and takes the
 * difference's half. Only one queue is locked at a time: a thread on the way is
 * held by its se_lock, which is only tried while a queue is locked.
 */
#include "sched_impl.h"

#include <tern/kernel/irq.h>

#define BALANCE_NS	(64 * NSEC_PER_MSEC)
#define MOVE_MAX	8

/* Interrupts off. Take a waiting thread of @from to @to. */
static bool move_one(struct runq *from, struct runq *to)
{
	struct thread *t;

	rq_lock(from);
	rq_clock_update(from);
	t = rt_stealable(from, to->cpu);
	if (!t)
		t = fair_stealable(from, to->cpu);
	if (t)
		rq_dequeue(from, t, 0);
	rq_unlock(from);
	if (!t)
		return false;
	place_thread(t, to->cpu, ENQ_MOVE);
	spinword_unlock(&t->t_sched.se_lock);
	return true;
}

/* Most waiting threads; a queue whose only thread runs has nothing to give. */
static struct runq *busiest(struct runq *self, u32 at_least)
{
	struct runq *best = NULL;
	u32 most = at_least - 1;

	for_each_online_cpu(cpu) {
		struct runq *rq = cpu_rq(cpu);
		u32 n = READ_ONCE(rq->nr_running);

		if (rq != self && n > most) {
			most = n;
			best = rq;
		}
	}
	return best;
}

bool balance_idle(struct runq *rq)
{
	struct runq *from = busiest(rq, 2);

	if (from && move_one(from, rq))
		return true;
	/* The busiest may have pinned threads only. */
	for_each_online_cpu(cpu)
		if (cpu != rq->cpu && READ_ONCE(cpu_rq(cpu)->nr_running) >= 2 &&
		    move_one(cpu_rq(cpu), rq))
			return true;
	return false;
}

static void kick_idle_cpu(struct runq *rq)
{
	size_t cpu = bitmap_find_first(sched_idle_cpus, cpu_count_possible);

	if (cpu >= cpu_count_possible || cpu == rq->cpu || READ_ONCE(cpu_rq(cpu)->wants_work))
		return;
	WRITE_ONCE(cpu_rq(cpu)->wants_work, true);
	smp_send_resched(cpu);
}

void balance_tick(struct runq *rq, nsec_t now)
{
	if (!is_smp())
		return;
	if (rq->nr_running >= 2)
		kick_idle_cpu(rq);
	if (now >= rq->balance_at) {
		rq->balance_at = now + BALANCE_NS;
		softirq_raise(SOFTIRQ_SCHED);
	}
}

/* Weight above which @from gives: a quarter more than ours and two threads more. */
static bool is_imbalanced(struct runq *from, struct runq *to)
{
	u64 theirs = READ_ONCE(from->fair.load), ours = READ_ONCE(to->fair.load);

	return READ_ONCE(from->nr_running) >= READ_ONCE(to->nr_running) + 2 &&
	       theirs > ours + ours / 4;
}

static void balance_softirq(void)
{
	struct runq *rq = this_rq(), *from;
	u32 moves = 0;

	irq_disable();
	while (moves++ < MOVE_MAX) {
		from = busiest(rq, READ_ONCE(rq->nr_running) + 2);
		if (!from || !is_imbalanced(from, rq) || !move_one(from, rq))
			break;
	}
	irq_enable();
}

void balance_init(void)
{
	softirq_register(SOFTIRQ_SCHED, balance_softirq);
}

static u32 least_loaded(struct thread *t)
{
	u32 best = cpu_self(), least = READ_ONCE(cpu_rq(best)->nr_running);

	for_each_online_cpu(cpu) {
		u32 n = READ_ONCE(cpu_rq(cpu)->nr_running);

		if (n + 1 < least && cpu_allowed(t, cpu)) {
			best = cpu;
			least = n;
		}
	}
	return best;
}

void sched_exec_balance(void)
{
	struct thread *self = thread_self();
	u32 cpu;

	if (!is_smp() || READ_ONCE(this_rq()->nr_running) < 2)
		return;
	preempt_disable();
	cpu = least_loaded(self);
	if (cpu != cpu_self()) {
		self->t_sched.se_wake_cpu = cpu + 1;
		need_resched_set();
	}
	preempt_enable();
}
