// SPDX-License-Identifier: GPL-2.0-only
/*
 * Soft interrupts, and what happens around hard ones.
 *
 * Each CPU has a word of raised numbers. They run when the outermost hard
 * interrupt ends, when bottom halves are enabled again, or in ksoftirqd if they were
 * raised elsewhere or keep coming: after ROUNDS rounds or a while the rest is left to
 * that thread, so that a flood competes with everybody else for the CPU.
 *
 * Counting is the vendor's (base/preempt.h): 0x100 while serving, 0x200 for each
 * bh_disable().
 */
#include <tern/base/initcall.h>
#include <tern/base/rcu.h>
#include <tern/base/upcall.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/irq.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/sched.h>
#include <tern/kernel/thread.h>
#include <tern/lib/bits.h>

#define ROUNDS		10
#define ROUND_NS	(2 * NSEC_PER_MSEC)

DEFINE_PERCPU(u32, softirq_pending);
DEFINE_PERCPU(struct frame *, cpu_irq_frame);
static DEFINE_PERCPU(struct thread *, ksoftirqd);

static DEFINE_PERCPU(u64, softirq_runs[SOFTIRQ_COUNT]);
static void (*handlers[SOFTIRQ_COUNT])(void);

void softirq_register(enum softirq nr, void (*fn)(void))
{
	handlers[nr] = fn;
}

u64 softirq_count(enum softirq nr, u32 cpu)
{
	return (*percpu_ptr(softirq_runs, cpu))[nr];
}

static void wake_ksoftirqd(void)
{
	struct thread *t = this_cpu_read(ksoftirqd);

	if (t)
		thread_wake(t);
}

void softirq_mark(enum softirq nr)
{
	this_cpu_or(softirq_pending, 1u << nr);
}

void softirq_raise(enum softirq nr)
{
	u64 flags = irq_save();

	softirq_mark(nr);
	if (!in_interrupt())
		wake_ksoftirqd();
	irq_restore(flags);
}

static void run_raised(u32 raised)
{
	while (raised) {
		u32 nr = bit_lowest(raised), before = preempt_count();

		raised &= raised - 1;
		this_cpu_add(softirq_runs[nr], 1);
		if (handlers[nr])
			handlers[nr]();
		VERIFY(preempt_count() == before);
	}
}

/* Interrupts off on entry and exit, on while handlers run. */
static void serve(void)
{
	u64 begin = 0;
	u32 raised;

	this_cpu_add(cpu_preempt_count, SOFTIRQ_OFFSET);
	for (u32 round = 0; (raised = this_cpu_read(softirq_pending)) != 0; round++) {
		if (round == 1)
			begin = clock_ns();
		if (round >= ROUNDS || (round > 1 && (clock_ns() - begin > ROUND_NS || need_resched()))) {
			wake_ksoftirqd();
			break;
		}
		this_cpu_write(softirq_pending, 0);
		irq_enable();
		run_raised(raised);
		irq_disable();
	}
	this_cpu_add(cpu_preempt_count, -SOFTIRQ_OFFSET);
}

void softirq_run_pending(void)
{
	u64 flags;

	if (in_interrupt())
		return;
	flags = irq_save();
	if (this_cpu_read(softirq_pending))
		serve();
	irq_restore(flags);
}

void bh_disable(void)
{
	this_cpu_add(cpu_preempt_count, SOFTIRQ_DISABLE_OFFSET);
	barrier();
}

void bh_enable(void)
{
	barrier();
	/* One preempt count stays until soft interrupts are done: no switch in between. */
	this_cpu_add(cpu_preempt_count, PREEMPT_OFFSET - SOFTIRQ_DISABLE_OFFSET);
	if (unlikely(this_cpu_read(softirq_pending)))
		softirq_run_pending();
	preempt_enable();
}

void irq_enter(void)
{
	this_cpu_add(cpu_preempt_count, HARDIRQ_OFFSET);
	rcu_irq_enter();
}

/* Interrupts off. */
void irq_exit(void)
{
	this_cpu_add(cpu_preempt_count, -HARDIRQ_OFFSET);
	if (in_hardirq())
		return;
	rcu_tick(preempt_count() == 0);
	timeout_irq_poll();
	if (unlikely(this_cpu_read(softirq_pending)) && !in_interrupt())
		serve();
	sched_irq_poll();
}

static int ksoftirqd_main(void *unused)
{
	struct thread *self = thread_self();

	while (!kthread_must_stop()) {
		xchg(&self->t_state, THREAD_SLEEPING);
		if (!this_cpu_read(softirq_pending)) {
			sched_block();
			continue;
		}
		WRITE_ONCE(self->t_state, THREAD_RUNNING);
		softirq_run_pending();
		sched_check();
	}
	return 0;
}

static int ksoftirqd_start(void)
{
	for_each_online_cpu(cpu) {
		struct thread *t = kthread_create(ksoftirqd_main, NULL, "ksoftirqd/%u", cpu);

		if (IS_ERR(t))
			return PTR_ERR(t);
		kthread_pin(t, cpu);
		*percpu_ptr(ksoftirqd, cpu) = t;
		thread_wake_new(t);
	}
	return 0;
}
INITCALL(CORE, ksoftirqd_start);

void softirq_init(void)
{
}
