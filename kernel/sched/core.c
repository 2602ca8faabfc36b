// SPDX-License-Identifier: GPL-2.0-only
/*
 * The scheduler's core: switching.
 *
 * Each CPU has a run queue (struct runq) with one part for each class; the most
 * urgent class that has a thread provides the next one. A thread is on the queue
 * of se_cpu while it is runnable, the running one included (se_on_rq).
 *
 * Sleeping and waking need no common lock. A thread that wants to sleep sets its
 * state, tests its condition and calls sched_block(), which changes the state from
 * S to S|THREAD_OFFQ by compare-and-swap, then leaves the queue. A waker
 * changes S to RUNNING if the thread was not off its queue: that is all, since the
 * sleeper's own swap then fails. If it was, exactly one waker wins the swap to
 * RUNNING and queues the thread again (wake.c). se_on_cpu stays set until the
 * last instruction on the old stack: nobody runs a thread before it is clear.
 *
 * A thread that may not stay on its CPU (affinity, exec balancing) is taken off the
 * queue when it is switched out and placed elsewhere right after the switch.
 *
 * Lock order: se_lock of a thread > run queue lock. A queue's lock is taken before the
 * switch and released after it, by the next thread. At most one queue is locked at a time.
 * All is done with interrupts off; preempt count is 1 in a switch.
 */
#include "sched_impl.h"

#include <asm/smp.h>
#include <asm/thread.h>
#include <tern/base/rcu.h>
#include <tern/kernel/init.h>
#include <tern/kernel/irq.h>
#include <tern/mm/aspace.h>
#include <tern/mm/slab.h>

DEFINE_PERCPU(struct runq, sched_rq);

const struct schedclass *sched_class_of(const struct thread *t)
{
	const struct schedent *se = &t->t_sched;

	if (se->se_policy == SCHED_POLICY_DEADLINE)
		return &sched_class_deadline;
	if (se->se_rt_prio || se->se_pi_prio > 0)
		return &sched_class_rt;
	return &sched_class_fair;
}

u64 exec_account(struct runq *rq, struct thread *t)
{
	struct schedent *se = &t->t_sched;
	s64 delta = (s64)(rq->clock - se->se_exec_start);

	if (delta <= 0)
		return 0;
	se->se_exec_start = rq->clock;
	WRITE_ONCE(se->se_sum_exec, se->se_sum_exec + (u64)delta);
	if (unlikely(se->se_group))
		group_charge(rq, t, (u64)delta);
	return (u64)delta;
}

void rq_resched(struct runq *rq)
{
	struct thread *t = rq->curr;

	if (READ_ONCE(t->t_work) & WORK_RESCHED)
		return;
	thread_work_set(t, WORK_RESCHED);
	if (rq->cpu == cpu_self())
		need_resched_set();
	else if (t != rq->idle || !READ_ONCE(rq->is_polling))
		rq->wants_kick = true;
}

void rq_enqueue(struct runq *rq, struct thread *t, u32 flags)
{
	struct schedent *se = &t->t_sched;

	se->se_class->enqueue(rq, t, flags);
	se->se_on_rq = true;
	se->se_queued_at = rq->clock;
	rq->nr_running++;
	psi_count(rq, se, 1, false);
}

void rq_dequeue(struct runq *rq, struct thread *t, u32 flags)
{
	t->t_sched.se_class->dequeue(rq, t, flags);
	t->t_sched.se_on_rq = false;
	rq->nr_running--;
	psi_count(rq, &t->t_sched, -1, flags & DEQ_SLEEP);
}

void rq_check_preempt(struct runq *rq, struct thread *t)
{
	const struct schedclass *now = rq->curr->t_sched.se_class, *new = t->t_sched.se_class;

	if (new->rank < now->rank || (new == now && new->preempts(rq, t)))
		rq_resched(rq);
}

void sched_arm(struct runq *rq, nsec_t when)
{
	timeout_request_tick(when);
}

struct runq *thread_rq_lock(struct thread *t, u64 *flags)
{
	struct runq *rq;

	preempt_disable();
	*flags = irq_save();
	spinword_lock(&t->t_sched.se_lock);
	for (;;) {
		rq = cpu_rq(READ_ONCE(t->t_sched.se_cpu));
		rq_lock(rq);
		if (rq->cpu == t->t_sched.se_cpu)
			break;
		rq_unlock(rq);
	}
	rq_clock_update(rq);
	return rq;
}

void thread_rq_unlock(struct thread *t, struct runq *rq, u64 flags)
{
	rq_unlock(rq);
	spinword_unlock(&t->t_sched.se_lock);
	irq_restore(flags);
	preempt_enable();
}

static struct thread *pick_next(struct runq *rq)
{
	struct thread *t;

	if (likely(rq->nr_running == rq->fair.nr)) {
		t = sched_class_fair.pick(rq);
		return t ? t : rq->idle;
	}
	t = sched_class_deadline.pick(rq);
	if (!t)
		t = sched_class_rt.pick(rq);
	if (!t)
		t = sched_class_fair.pick(rq);
	return t ? t : rq->idle;
}

/* How long it ran since it woke: short bursts mean that it soon waits for whom it wakes. */
static void note_burst(struct schedent *se)
{
	s64 burst = (s64)(se->se_sum_exec - se->se_burst_base);

	se->se_burst_base = se->se_sum_exec;
	se->se_burst_avg += (u64)((burst - (s64)se->se_burst_avg) / 4);
}

/* The thread wants to sleep; false if it was woken meanwhile. */
static bool leave_queue(struct runq *rq, struct thread *t)
{
	u32 state = READ_ONCE(t->t_state);

	if (state == THREAD_RUNNING || !cas(&t->t_state, state, state | THREAD_OFFQ))
		return false;
	rq_dequeue(rq, t, DEQ_SLEEP);
	note_burst(&t->t_sched);
	t->t_sched.se_sleep_start = rq->clock;
	t->t_sched.se_rt_timeout = 0;
	if ((state & THREAD_UNINTERRUPTIBLE) && !(t->t_flags & TF_KTHREAD)) {
		t->t_sched.se_in_load = true;
		__atomic_fetch_add(&rq->nr_uninterruptible, 1, __ATOMIC_RELAXED);
	}
	if (t->t_sched.se_in_io)
		__atomic_fetch_add(&rq->nr_iowait, 1, __ATOMIC_RELAXED);
	if (state & (THREAD_DEAD | THREAD_ZOMBIE))
		rq->after_reap = t;
	return true;
}

/* Off this CPU, although runnable? */
static bool must_move(struct runq *rq, struct thread *t)
{
	return unlikely(t->t_sched.se_wake_cpu) || unlikely(!cpu_allowed(t, rq->cpu));
}

static void put_prev(struct runq *rq, struct thread *prev)
{
	if (must_move(rq, prev) && !prev->t_sched.se_migrate_disable && prev != rq->idle) {
		rq_dequeue(rq, prev, 0);
		rq->after_push = prev;
		return;
	}
	prev->t_sched.se_class->put_prev(rq, prev);
}

static void do_reap(struct thread *t)
{
	kmem_free(t->t_lockcheck);
	t->t_lockcheck = NULL;
	if (t->t_sched.se_policy == SCHED_POLICY_DEADLINE)
		dl_thread_gone(t);
	thread_reap_final(t);
}

/* In the context of the thread switched to; the queue of this CPU is locked. */
static void switch_finish(struct thread *prev)
{
	struct runq *rq = this_rq();
	struct thread *push = rq->after_push, *reap = rq->after_reap;

	rq->after_push = NULL;
	rq->after_reap = NULL;
	store_release(&prev->t_sched.se_on_cpu, false);
	rq_unlock(rq);
	if (unlikely(push))
		push_thread(push);
	irq_enable();
	if (unlikely(reap))
		do_reap(reap);
}

static void mark_running(struct runq *rq, struct thread *next)
{
	struct schedent *se = &next->t_sched;

	se->se_exec_start = rq->clock;
	se->se_prev_sum_exec = se->se_sum_exec;
	se->se_wait_sum += rq->clock - se->se_queued_at;
	se->se_nr_runs++;
	se->se_on_cpu = true;
	rq->curr = next;
	rq->nr_switches++;
	if (unlikely(se->se_group))
		group_check(next);
	if (unlikely(next->t_rseq))
		thread_work_set(next, WORK_NOTIFY);	/* its area names the CPU */
}

/* Preempt count is 1. Returns with interrupts on. */
static void switch_away(bool is_preempted)
{
	struct runq *rq;
	struct thread *prev, *next;
	bool leaves;

	irq_disable();
	rq = this_rq();
	prev = rq->curr;
	rcu_note_switch();
	if (unlikely(READ_ONCE(rq->wake_list)))
		wake_list_drain(rq);
	rq_lock(rq);
	rq_clock_update(rq);
	need_resched_clear();
	if (READ_ONCE(prev->t_work) & WORK_RESCHED)
		thread_work_clear(prev, WORK_RESCHED);
	leaves = !is_preempted && leave_queue(rq, prev);
	if (!leaves)
		put_prev(rq, prev);
	next = pick_next(rq);
	if (next == prev) {
		rq_unlock(rq);
		irq_enable();
		return;
	}
	if (leaves)
		prev->t_nvcsw++;
	else
		prev->t_nivcsw++;
	if (unlikely(next == rq->idle))
		account_idle_enter(rq);
	else if (unlikely(prev == rq->idle))
		account_idle_exit(rq);
	mark_running(rq, next);
	if (unlikely(prev->t_sched.se_group || next->t_sched.se_group))
		psi_switch(rq, prev, next);
	if (prev->t_as != next->t_as)
		aspace_switch(prev->t_as, next->t_as);
	prev = arch_thread_switch(prev, next);
	switch_finish(prev);
}

/* Soft interrupts marked inside the scheduler run here at the latest. */
static void after_switch(void)
{
	if (unlikely(this_cpu_read(softirq_pending)) && !preempt_count())
		softirq_run_pending();
}

void sched_block(void)
{
	struct thread *self = thread_self();
	bool is_worker;

	ASSERT(!preempt_count());
	if (READ_ONCE(self->t_state) == THREAD_RUNNING && !need_resched())
		return;
	if (unlikely(self->t_sleephook))
		self->t_sleephook->before(self->t_sleephook);
	is_worker = unlikely(self->t_flags & TF_WORKER) && workq_block_begin(self);
	do {
		preempt_disable();
		switch_away(false);
		preempt_enable_no_resched();
	} while (unlikely(need_resched()));
	after_switch();
	if (unlikely(is_worker))
		workq_block_end(self);
}

void sched_preempt(void)
{
	if (preempt_count() || !irq_is_enabled())
		return;
	do {
		preempt_disable();
		switch_away(true);
		preempt_enable_no_resched();
	} while (need_resched() || (READ_ONCE(thread_self()->t_work) & WORK_RESCHED));
	after_switch();
}

void sched_irq_preempt(void)
{
	if (preempt_count())
		return;
	do {
		preempt_disable();
		switch_away(true);
		irq_disable();
		preempt_enable_no_resched();
	} while (need_resched());
}

void sched_idle_switch(void)
{
	switch_away(true);
}

void sched_exit_final(void)
{
	struct thread *self = thread_self();

	if (!(READ_ONCE(self->t_state) & (THREAD_DEAD | THREAD_ZOMBIE)))
		WRITE_ONCE(self->t_state, THREAD_DEAD);
	if (self->t_as)
		sched_use_aspace(NULL);
	preempt_disable();
	switch_away(false);
	BUG();
}

void thread_start_hook(struct thread *prev)
{
	switch_finish(prev);
	preempt_enable();
}

void sched_yield_cpu(void)
{
	struct runq *rq;

	preempt_disable();
	irq_disable();
	rq = this_rq();
	rq_lock(rq);
	rq_clock_update(rq);
	rq->curr->t_sched.se_class->yield(rq, rq->curr);
	rq_unlock(rq);
	irq_enable();
	switch_away(true);
	preempt_enable_no_resched();
	if (need_resched())
		sched_preempt();
}

void sched_use_aspace(struct aspace *as)
{
	struct thread *self = thread_self();
	u64 flags;

	preempt_disable();
	flags = irq_save();
	aspace_switch(self->t_as, as);
	self->t_as = as;
	irq_restore(flags);
	preempt_enable();
}

void sched_migrate_disable(void)
{
	thread_self()->t_sched.se_migrate_disable++;
	barrier();
}

void sched_migrate_enable(void)
{
	barrier();
	thread_self()->t_sched.se_migrate_disable--;
}

void sched_tick(nsec_t now, bool was_user)
{
	struct runq *rq = this_rq();
	struct thread *t = rq->curr;

	account_tick(rq, now, was_user);
	rq_lock(rq);
	rq->clock = now;
	if (rq->dl.replenish_at && now >= rq->dl.replenish_at)
		dl_replenish(rq);
	if (rq->rt.nr)
		rt_period_tick(rq);
	if (t != rq->idle)
		t->t_sched.se_class->tick(rq, t);
	rq_unlock(rq);
	load_tick(now);
	psi_tick(rq, now);
	if (rq->dl.replenish_at)
		sched_arm(rq, rq->dl.replenish_at);
	if (t == rq->idle)
		return;
	sched_arm(rq, now + TICK_NS);
	cputimer_tick(t);
	balance_tick(rq, now);
}

void sched_init(void)
{
	for_each_possible_cpu(cpu) {
		struct runq *rq = cpu_rq(cpu);

		rq->cpu = cpu;
		rbtree_init(&rq->fair.tree);
		rbtree_init(&rq->dl.tree);
		list_init(&rq->dl.throttled);
		for (u32 i = 0; i < RT_LEVELS; i++)
			list_init(&rq->rt.queue[i]);
	}
	for_each_possible_cpu(cpu)
		sched_setup_idle(cpu);
	balance_init();
}

/* Another CPU, first C code: interrupts off, preempt count 0. */
void cpu_online_main(u32 cpu)
{
	struct thread *idle = cpu_rq(cpu)->idle;

	this_cpu_write(cpu_thread, idle);
	timeout_init_cpu();
	irq_enable();
	sched_idle_loop();
}
