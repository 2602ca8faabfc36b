// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timeouts.
 *
 * Each CPU has two trees, for functions that run in the timer interrupt (hard) and in
 * SOFTIRQ_TIMER (soft), ordered by the latest time at which a timeout may fire: when + slack.
 * The hardware is set for the earliest of these and for the scheduler's next event;
 * when it fires, everything whose time has come runs, so timeouts with slack share
 * interrupts. The hardware is never moved to a later time, only to an earlier one: an
 * interrupt too early costs less than programming twice.
 *
 * home names the CPU whose lock guards a timeout. It changes only with that lock held
 * while the timeout is not armed; who locks looks again afterwards. A function
 * may run while its timeout is armed or freed: the queue only remembers its address.
 *
 * Lock order: a queue's lock (LOCKRANK_TIMEOUT) is not held while functions run.
 */
#include <asm/cpu.h>
#include <asm/irq.h>
#include <tern/base/spin.h>
#include <tern/base/upcall.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/init.h>
#include <tern/kernel/irq.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/sched.h>
#include <tern/kernel/timeout.h>

#include "time_impl.h"

#define HARD	0
#define SOFT	1

/* Legend: L lock, C own CPU with interrupts off. */
struct timeout_queue {
	struct spin lock;
	struct rbtree tree[2];		/* L */
	struct timeout *running[2];	/* L; address only */
	nsec_t tick_at;			/* C scheduler's event, 0: none */
	nsec_t hw_at;			/* C hardware is set for, 0: off */
	u64 fired;			/* C */
	bool is_poked;			/* A another CPU armed the first timeout */
};

static DEFINE_PERCPU(struct timeout_queue, timeout_queues) = {
	.lock = SPIN_INIT(LOCKRANK_TIMEOUT),
};
static DEFINE_PERCPU(u32, timer_is_up);

static struct timeout_queue *queue_at(u32 cpu)
{
	return percpu_ptr(timeout_queues, cpu);
}

static nsec_t latest(const struct timeout *t)
{
	return t->when + t->slack < t->when ? U64_MAX : t->when + t->slack;
}

static bool less(const struct rbnode *a, const struct rbnode *b)
{
	return latest(rbtree_entry(a, struct timeout, node)) <
	       latest(rbtree_entry(b, struct timeout, node));
}

static u32 kind_of(const struct timeout *t)
{
	return t->flags & TIMEOUT_HARD ? HARD : SOFT;
}

static struct timeout *first_of(const struct timeout_queue *q, u32 kind)
{
	return rbtree_entry_or_null(rbtree_first(&q->tree[kind]), struct timeout, node);
}

void timeout_init(struct timeout *t, timeout_fn fn, u32 flags)
{
	*t = (struct timeout){ .fn = fn, .flags = flags, .home = cpu_self() };
}

/* Own CPU, interrupts off. */
static void set_hardware(struct timeout_queue *q, nsec_t at)
{
	if (!this_cpu_read(timer_is_up) || (q->hw_at && q->hw_at <= at))
		return;
	q->hw_at = at;
	arch_timer_set(at);
}

void timeout_request_tick(nsec_t when)
{
	struct timeout_queue *q = this_cpu_ptr(timeout_queues);

	if (q->tick_at && q->tick_at <= when)
		return;
	q->tick_at = when;
	set_hardware(q, when);
}

/* ---- arming ---- */

static struct timeout_queue *lock_home(struct timeout *t, u64 *flags)
{
	*flags = irq_save();
	for (;;) {
		u32 home = READ_ONCE(t->home);
		struct timeout_queue *q = queue_at(home);

		spin_lock(&q->lock);
		if (t->home == home)
			return q;
		spin_unlock(&q->lock);
	}
}

static void unlock_home(struct timeout_queue *q, u64 flags)
{
	spin_unlock_irqrestore(&q->lock, flags);
}

static bool remove_locked(struct timeout_queue *q, struct timeout *t)
{
	if (!t->cpu)
		return false;
	rbtree_erase(&q->tree[kind_of(t)], &t->node);
	WRITE_ONCE(t->cpu, 0);
	return true;
}

/* Take the unarmed timeout, locked at @q, to @cpu's queue; returns that locked,
 * or NULL: try again.
 */
static struct timeout_queue *move_home(struct timeout_queue *q, struct timeout *t, u32 cpu)
{
	struct timeout_queue *to = queue_at(cpu);

	WRITE_ONCE(t->home, cpu);
	spin_unlock(&q->lock);
	spin_lock(&to->lock);
	if (t->home == cpu && !t->cpu)
		return to;
	spin_unlock(&to->lock);
	return NULL;
}

static bool arm_locked(struct timeout_queue *q, struct timeout *t, nsec_t when)
{
	t->when = when;
	rbtree_add(&q->tree[kind_of(t)], &t->node, less);
	WRITE_ONCE(t->cpu, t->home + 1);
	return rbtree_first(&q->tree[kind_of(t)]) == &t->node;
}

static void poke(u32 cpu)
{
	WRITE_ONCE(queue_at(cpu)->is_poked, true);
	smp_send_resched(cpu);
}

bool timeout_arm_on(struct timeout *t, nsec_t when, u32 cpu)
{
	bool was_armed = false, is_first;
	struct timeout_queue *q;
	u64 flags;

	for (;;) {
		q = lock_home(t, &flags);
		was_armed |= remove_locked(q, t);
		/* While its function runs it stays, so that a canceller sees both in one place. */
		if (t->home == cpu || q->running[kind_of(t)] == t)
			break;
		q = move_home(q, t, cpu);
		if (q)
			break;
		irq_restore(flags);
	}
	is_first = arm_locked(q, t, when);
	cpu = t->home;
	spin_unlock(&q->lock);
	if (is_first && cpu == cpu_self())
		set_hardware(q, latest(t));
	else if (is_first)
		poke(cpu);
	irq_restore(flags);
	return was_armed;
}

bool timeout_arm(struct timeout *t, nsec_t when)
{
	bool r;

	preempt_disable();
	r = timeout_arm_on(t, when, cpu_self());
	preempt_enable();
	return r;
}

bool timeout_cancel(struct timeout *t)
{
	struct timeout_queue *q;
	bool was_armed;
	u64 flags;

	if (!timeout_is_armed(t))
		return false;
	q = lock_home(t, &flags);
	was_armed = remove_locked(q, t);
	unlock_home(q, flags);
	return was_armed;
}

bool timeout_cancel_sync(struct timeout *t)
{
	bool was_armed = false;

	for (;;) {
		struct timeout_queue *q;
		bool is_running;
		u64 flags;

		q = lock_home(t, &flags);
		was_armed |= remove_locked(q, t);
		is_running = q->running[kind_of(t)] == t;
		unlock_home(q, flags);
		if (!is_running)
			return was_armed;
		cpu_relax();
	}
}

nsec_t timeout_left(const struct timeout *t)
{
	nsec_t now = clock_ns(), when = READ_ONCE(t->when);

	return timeout_is_armed(t) && when > now ? when - now : 0;
}

/* ---- firing ---- */

/* Queue locked, interrupts off; functions of soft timeouts run with interrupts on. */
static void run_due(struct timeout_queue *q, u32 kind, nsec_t now)
{
	struct timeout *t;

	while ((t = first_of(q, kind)) && t->when <= now) {
		timeout_fn fn = t->fn;

		remove_locked(q, t);
		q->running[kind] = t;
		spin_unlock(&q->lock);
		if (kind == SOFT)
			irq_enable();
		fn(t);
		if (kind == SOFT)
			irq_disable();
		spin_lock(&q->lock);
		q->running[kind] = NULL;
	}
}

/* Own CPU, interrupts off: the hardware has fired or was moved by another CPU's arming. */
static void reprogram(struct timeout_queue *q)
{
	nsec_t at = q->tick_at ? q->tick_at : U64_MAX;

	for (u32 kind = HARD; kind <= SOFT; kind++) {
		struct timeout *t;

		/* A due soft one is about to be run by the soft interrupt. */
		t = first_of(q, kind);
		if (t)
			at = min(at, latest(t));
	}
	if (at != U64_MAX)
		set_hardware(q, at);
}

static bool was_user_mode(void)
{
	const struct frame *f = this_cpu_read(cpu_irq_frame);

	return f && frame_is_user(f);
}

void trap_timer(void)
{
	struct timeout_queue *q = this_cpu_ptr(timeout_queues);
	nsec_t now = clock_ns();
	struct timeout *t;

	q->fired++;
	q->hw_at = 0;
	clock_tick_update();
	if (q->tick_at && q->tick_at <= now) {
		q->tick_at = 0;
		sched_tick(now, was_user_mode());
	}
	spin_lock(&q->lock);
	run_due(q, HARD, now);
	t = first_of(q, SOFT);
	if (t && t->when <= now)
		softirq_mark(SOFTIRQ_TIMER);
	else
		t = NULL;
	if (!t)
		reprogram(q);
	spin_unlock(&q->lock);
	klog_wake_readers();
}

static void timer_softirq(void)
{
	struct timeout_queue *q;

	irq_disable();
	q = this_cpu_ptr(timeout_queues);
	spin_lock(&q->lock);
	run_due(q, SOFT, clock_ns());
	reprogram(q);
	spin_unlock(&q->lock);
	irq_enable();
}

/* Another CPU may have put an earlier timeout here: it sends a reschedule interrupt. */
void timeout_irq_poll(void)
{
	struct timeout_queue *q = this_cpu_ptr(timeout_queues);

	if (likely(!READ_ONCE(q->is_poked)))
		return;
	(void)xchg(&q->is_poked, false);
	spin_lock(&q->lock);
	reprogram(q);
	spin_unlock(&q->lock);
}

u64 timeout_ticks(u32 cpu)
{
	return READ_ONCE(queue_at(cpu)->fired);
}

void timeout_init_cpu(void)
{
	struct timeout_queue *q = this_cpu_ptr(timeout_queues);
	u64 flags = irq_save();

	softirq_register(SOFTIRQ_TIMER, timer_softirq);
	this_cpu_write(timer_is_up, 1);
	q->hw_at = 0;
	spin_lock(&q->lock);
	reprogram(q);
	spin_unlock(&q->lock);
	irq_restore(flags);
}
