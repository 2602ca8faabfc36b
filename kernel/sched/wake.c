// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waking: the winner of the state swap (see core.c) owns the thread until it is on
 * a queue again. If the thread has not quite left its CPU, it goes on that CPU's
 * lock-free wake_list, which the CPU empties when the switch is over; else the
 * waker chooses a CPU and queues it there.
 *
 * Choice of a CPU: the waker's own if it is alone there and used to sleep soon after a
 * wake-up (a round trip then needs no interrupt and no idle CPU to start up; if the guess
 * is wrong an idle CPU takes the thread at the next tick); else the last one if it
 * idles, else the waker's if that idles, else any idle one, else the less busy of the
 * two. With one CPU on line nothing is looked at.
 */
#include "sched_impl.h"

#include <asm/cpu.h>
#include <tern/lib/bits.h>

#define SHORT_BURST	(2 * NSEC_PER_MSEC)	/* below a tick */

static bool is_idle_cpu(u32 cpu)
{
	return bit_test(cpu, sched_idle_cpus);
}

static u32 first_allowed(struct thread *t)
{
	for_each_online_cpu(cpu)
		if (cpu_allowed(t, cpu))
			return cpu;
	return cpu_self();
}

static bool find_idle(struct thread *t, u32 from, u32 *out)
{
	u32 n = cpu_count_possible;

	for (size_t i = bitmap_find_next(sched_idle_cpus, n, from), round = 0; round < 2;
	     i = bitmap_find_next(sched_idle_cpus, n, i + 1)) {
		if (i >= n) {
			if (round++)
				break;
			i = bitmap_find_first(sched_idle_cpus, n);
			if (i >= n)
				break;
		}
		if (cpu_is_online(i) && cpu_allowed(t, i)) {
			*out = i;
			return true;
		}
	}
	return false;
}

/* A real-time thread goes where something less urgent runs. */
static u32 select_rt(struct thread *t, u32 prev)
{
	u32 best = prev;
	s32 best_level = -1;

	for_each_online_cpu(cpu) {
		struct thread *curr = READ_ONCE(cpu_rq(cpu)->curr);
		s32 level = rt_level(curr);

		if (cpu_allowed(t, cpu) && (level > best_level || (level == best_level && cpu == prev))) {
			best = cpu;
			best_level = level;
		}
	}
	return best;
}

/* Is the thread that wakes somebody about to sleep itself? */
static bool waker_sleeps_soon(u32 cpu)
{
	const struct thread *self = thread_self();
	const struct schedent *se = &self->t_sched;

	return !in_interrupt() && !(self->t_flags & TF_IDLE) &&
	       READ_ONCE(cpu_rq(cpu)->nr_running) == 1 && se->se_burst_avg < SHORT_BURST &&
	       se->se_sum_exec - se->se_burst_base < SHORT_BURST;
}

u32 select_cpu(struct thread *t)
{
	u32 prev = t->t_sched.se_cpu, me = cpu_self(), cpu;

	if (!is_smp() || t->t_sched.se_migrate_disable)
		return prev;
	if (t->t_sched.se_wake_cpu) {
		cpu = t->t_sched.se_wake_cpu - 1;
		t->t_sched.se_wake_cpu = 0;
		if (cpu_is_online(cpu) && cpu_allowed(t, cpu))
			return cpu;
	}
	if (!cpu_is_online(prev) || !cpu_allowed(t, prev))
		prev = first_allowed(t);
	if (t->t_sched.se_class == &sched_class_fair && cpu_allowed(t, me) && waker_sleeps_soon(me))
		return me;
	if (is_idle_cpu(prev))
		return prev;
	if (is_idle_cpu(me) && cpu_allowed(t, me))
		return me;
	if (find_idle(t, prev, &cpu))
		return cpu;
	if (t->t_sched.se_class != &sched_class_fair)
		return select_rt(t, prev);
	if (cpu_allowed(t, me) && READ_ONCE(cpu_rq(me)->nr_running) < READ_ONCE(cpu_rq(prev)->nr_running))
		return me;
	return prev;
}

void place_thread(struct thread *t, u32 cpu, u32 flags)
{
	struct schedent *se = &t->t_sched;
	struct runq *rq = cpu_rq(cpu);

	if (cpu != se->se_cpu) {
		fair_migrate(t, se->se_cpu, cpu);
		WRITE_ONCE(se->se_cpu, cpu);
		se->se_nr_migrations++;
	}
	rq_lock(rq);
	rq_clock_update(rq);
	rq_enqueue(rq, t, flags);
	rq_check_preempt(rq, t);
	rq_unlock(rq);
}

void push_thread(struct thread *t)
{
	spinword_lock(&t->t_sched.se_lock);
	place_thread(t, select_cpu(t), ENQ_MOVE);
	spinword_unlock(&t->t_sched.se_lock);
}

static void wake_list_add(struct runq *rq, struct thread *t)
{
	struct thread *head = READ_ONCE(rq->wake_list);

	do
		t->t_sched.se_wake_next = head;
	while (!__atomic_compare_exchange_n(&rq->wake_list, &head, t, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_RELAXED));
	if (!head)
		smp_send_resched(rq->cpu);
}

static void wake_claimed(struct thread *t)
{
	struct schedent *se = &t->t_sched;
	struct runq *last = cpu_rq(se->se_cpu);

	if (se->se_in_load) {
		se->se_in_load = false;
		__atomic_fetch_sub(&last->nr_uninterruptible, 1, __ATOMIC_RELAXED);
	}
	if (se->se_in_io)
		__atomic_fetch_sub(&last->nr_iowait, 1, __ATOMIC_RELAXED);
	if (unlikely(se->se_in_io || se->se_in_memstall))
		psi_woken(last, t);
	if (unlikely(load_acquire(&se->se_on_cpu))) {
		if (last->cpu != cpu_self()) {
			wake_list_add(last, t);
			return;
		}
		ASSERT(!"woken inside its own switch");
	}
	spinword_lock(&se->se_lock);
	place_thread(t, select_cpu(t), ENQ_WAKE);
	spinword_unlock(&se->se_lock);
}

void wake_list_drain(struct runq *rq)
{
	struct thread *t = xchg(&rq->wake_list, NULL), *ordered = NULL;

	while (t) {
		struct thread *next = t->t_sched.se_wake_next;

		t->t_sched.se_wake_next = ordered;
		ordered = t;
		t = next;
	}
	while (ordered) {
		t = ordered;
		ordered = t->t_sched.se_wake_next;
		/* Its switch began before it was put here, so it is over. */
		ASSERT(!load_acquire(&t->t_sched.se_on_cpu));
		spinword_lock(&t->t_sched.se_lock);
		place_thread(t, select_cpu(t), ENQ_WAKE);
		spinword_unlock(&t->t_sched.se_lock);
	}
}

/* On interrupt exit: what other CPUs left for this one. */
void sched_irq_poll(void)
{
	struct runq *rq = this_rq();

	if (unlikely(READ_ONCE(rq->wake_list)))
		wake_list_drain(rq);
	if (READ_ONCE(thread_self()->t_work) & WORK_RESCHED)
		need_resched_set();
}

bool thread_wake_state(struct thread *t, u32 states)
{
	u64 flags;

	/* The caller's change of the condition, before we look at the state. */
	smp_mb();
	for (;;) {
		u32 state = READ_ONCE(t->t_state);

		if (!(state & states))
			return false;
		if (!(state & THREAD_OFFQ)) {
			if (cas(&t->t_state, state, THREAD_RUNNING))
				return true;
			continue;
		}
		preempt_disable();
		flags = irq_save();
		if (cas(&t->t_state, state, THREAD_RUNNING)) {
			wake_claimed(t);
			irq_restore(flags);
			preempt_enable();
			return true;
		}
		irq_restore(flags);
		preempt_enable();
	}
}

bool thread_wake(struct thread *t)
{
	return thread_wake_state(t, THREAD_SLEEPING | THREAD_UNINTERRUPTIBLE);
}

void thread_wake_new(struct thread *t)
{
	u64 flags;

	ASSERT(t->t_state == THREAD_NEW);
	preempt_disable();
	flags = irq_save();
	WRITE_ONCE(t->t_state, THREAD_RUNNING);
	spinword_lock(&t->t_sched.se_lock);
	place_thread(t, select_cpu(t), ENQ_NEW);
	spinword_unlock(&t->t_sched.se_lock);
	irq_restore(flags);
	preempt_enable();
}

void thread_wait_inactive(struct thread *t)
{
	for (;;) {
		u32 state = READ_ONCE(t->t_state);

		if (state == THREAD_RUNNING || ((state & THREAD_OFFQ) &&
						!load_acquire(&t->t_sched.se_on_cpu)))
			return;
		if (t->t_sched.se_on_cpu)
			cpu_relax();
		sched_sleep_until(clock_ns() + 50 * NSEC_PER_USEC);
	}
}

void sched_kick(struct thread *t)
{
	preempt_disable();
	if (t != thread_self() && READ_ONCE(t->t_sched.se_on_cpu))
		smp_send_resched(READ_ONCE(t->t_sched.se_cpu));
	preempt_enable();
}
