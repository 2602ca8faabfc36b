// SPDX-License-Identifier: GPL-2.0-only
/*
 * The idle class and the idle loop. An idle thread always exists, is never queued
 * and runs with preemption off: it calls the scheduler itself. Before the CPU halts,
 * pending soft interrupts and RCU callbacks run and work is looked for on other
 * queues. The timer is left as it is: a tick that comes once while idle arms nothing
 * again.
 *
 * While is_polling is set, WORK_RESCHED is enough to make the CPU schedule. It is
 * cleared before the last look at the flags, so that who sets them later interrupts.
 */
#include "sched_impl.h"

#include <asm/smp.h>
#include <tern/base/rcu.h>
#include <tern/kernel/init.h>
#include <tern/kernel/irq.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/process.h>
#include <tern/lib/fmt.h>
#include <tern/mm/slab.h>

u64 sched_idle_cpus[CPUSET_WORDS];
static struct thread boot_idle;
static bool is_up;

static void idle_enqueue(struct runq *rq, struct thread *t, u32 flags)
{
}

static struct thread *idle_pick(struct runq *rq)
{
	return rq->idle;
}

static void idle_put_prev(struct runq *rq, struct thread *t)
{
	exec_account(rq, t);
}

static bool idle_preempts(struct runq *rq, struct thread *t)
{
	return false;
}

const struct schedclass sched_class_idle = {
	.name = "idle", .rank = 3,
	.enqueue = idle_enqueue, .dequeue = idle_enqueue, .pick = idle_pick,
	.put_prev = idle_put_prev, .update = idle_put_prev, .tick = idle_put_prev,
	.yield = idle_put_prev, .preempts = idle_preempts,
};

void idle_mark(u32 cpu, bool is_idle)
{
	if (is_idle)
		bit_set_atomic(cpu, sched_idle_cpus);
	else
		bit_clear_atomic(cpu, sched_idle_cpus);
}

void sched_setup_idle(u32 cpu)
{
	struct runq *rq = cpu_rq(cpu);
	struct thread *t = cpu == cpu_self() ? &boot_idle : kmem_zalloc(sizeof(*t), ALLOC_KERNEL);

	VERIFY(t);
	proc_set_idle(t);
	ref_init(&t->t_refs, 1);
	fmt_print(t->t_comm, sizeof(t->t_comm), "idle/%u", cpu);
	t->t_sched.se_class = &sched_class_idle;
	t->t_sched.se_pi_prio = -1;
	t->t_sched.se_weight = WEIGHT_IDLE;
	t->t_sched.se_cpu = cpu;
	t->t_sched.se_on_cpu = true;
	rq->idle = t;
	rq->curr = t;
	if (cpu == cpu_self()) {
		t->t_kstack = this_cpu_read(cpu_idle_stack);
		this_cpu_write(cpu_thread, t);
	}
}

bool sched_is_running(void)
{
	return READ_ONCE(is_up);
}

/* Interrupts off, nothing to run: wait for an interrupt. */
static void idle_wait(struct runq *rq)
{
	if (!rcu_idle_enter()) {
		irq_enable();
		return;
	}
	WRITE_ONCE(rq->is_polling, false);
	smp_mb();
	if (need_resched() || READ_ONCE(rq->wake_list) || this_cpu_read(softirq_pending) ||
	    (READ_ONCE(rq->idle->t_work) & WORK_RESCHED) || READ_ONCE(rq->wants_work))
		irq_enable();
	else
		cpu_wait();
	if (this_cpu_read(rcu_eqs))
		rcu_idle_exit();
}

void sched_idle_loop(void)
{
	struct runq *rq = this_rq();

	rcu_idle_exit();
	rq->idle->t_kstack = this_cpu_read(cpu_idle_stack);
	preempt_disable();
	irq_disable();
	rq->curr->t_sched.se_exec_start = rq->acct_at = clock_ns();
	account_idle_enter(rq);
	irq_enable();
	WRITE_ONCE(is_up, true);
	for (;;) {
		WRITE_ONCE(rq->is_polling, true);
		irq_disable();
		klog_wake_readers();
		if (this_cpu_read(softirq_pending))
			softirq_run_pending();
		sched_irq_poll();
		if (need_resched()) {
			sched_idle_switch();
			continue;
		}
		rq->wants_work = false;
		if (is_smp() && balance_idle(rq)) {
			irq_enable();
			continue;
		}
		idle_wait(rq);
	}
}
