// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers of high resolution.
 *
 * Each CPU has a queue for each clock and each of two contexts: the timer interrupt, or the soft interrupt
 * for those that ask for it. A timer's base, which modules read inline for the time, is the head of the
 * queue that it was on last; its tree node is used as a native one. The first of a queue fires at its hard
 * limit, and with it all whose soft limit has passed.
 *
 * Queues of clocks that are set are armed anew when that happens.
 *
 * Lock order: a queue's lock alone; functions run without it.
 */
#include "../lx.h"

#include "../runtime.h"

#include <asm/cpu.h>
#include <tern/base/bug.h>
#include <tern/base/initcall.h>
#include <tern/base/spin.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/timeout.h>
#include <tern/lib/rbtree.h>
#include <tern/lib/string.h>

#define CLOCK_REALTIME	0
#define CLOCK_BOOTTIME	7
#define CLOCK_TAI	11
#define MODE_REL	1u
#define MODE_SOFT	4u
#define MODE_HARD	8u
#define IS_QUEUED	1u	/* in state */

enum { MONO, REAL, BOOT, TAI, CLOCKS };
enum { HARD, SOFT, KINDS };

struct queue {
	struct lx_hrtimer_clock_base pub;	/* first: timers' base; its running: whose function runs */
	struct spin lock;			/* protects tree and the timers on it */
	struct rbtree tree;
	struct timeout timeout;
	u32 cpu;				/* I */
};
static_assert(sizeof(struct rbnode) == sizeof(struct lx_rb_node), "timers' nodes are used as native ones");

static DEFINE_PERCPU(struct queue, queues[KINDS][CLOCKS]);

static long long mono_now(void) { return (long long)clock_ns(); }
static long long boot_now(void) { return (long long)clock_boot_ns(); }
static long long real_now(void) { return clock_realtime_ns(); }
static long long tai_now(void) { return clock_tai_ns(); }

static struct queue *queue_of(const struct lx_hrtimer *t)
{
	return container_of(READ_ONCE(t->base), struct queue, pub);
}

static struct rbnode *node_of(struct lx_hrtimer *t) { return (struct rbnode *)&t->node.node; }

static struct lx_hrtimer *timer_at(const struct rbnode *n)
{
	return container_of((struct lx_rb_node *)n, struct lx_hrtimer, node.node);
}

static bool is_before(const struct rbnode *a, const struct rbnode *b)
{
	return timer_at(a)->node.expires < timer_at(b)->node.expires;
}

static s64 add(s64 a, s64 b)
{
	s64 sum;

	return __builtin_add_overflow(a, b, &sum) ? S64_MAX : sum;
}

/* ---- queues ---- */

static struct queue *lock_queue(const struct lx_hrtimer *t, u64 *flags)
{
	for (;;) {
		struct queue *q = queue_of(t);

		*flags = spin_lock_irqsave(&q->lock);
		if (queue_of(t) == q)
			return q;
		spin_unlock_irqrestore(&q->lock, *flags);
	}
}

static void insert_locked(struct queue *q, struct lx_hrtimer *t)
{
	rbtree_add(&q->tree, node_of(t), is_before);
	WRITE_ONCE(t->state, IS_QUEUED);
}

static bool remove_locked(struct queue *q, struct lx_hrtimer *t)
{
	if (!(t->state & IS_QUEUED))
		return false;
	rbtree_erase(&q->tree, node_of(t));
	WRITE_ONCE(t->state, 0);
	return true;
}

static void arm_locked(struct queue *q)
{
	struct rbnode *first = rbtree_first(&q->tree);
	s64 left;

	if (!first)
		return;
	left = timer_at(first)->node.expires - q->pub.get_time();
	timeout_arm_on(&q->timeout, (nsec_t)max_t(s64, add(mono_now(), left), 0), q->cpu);
}

static unsigned int call(struct lx_hrtimer *t, unsigned int (*fn)(struct lx_hrtimer *))
{
	unsigned int again;

	if (t->is_soft)
		return fn(t);
	lx_irqs_hold();
	again = fn(t);
	lx_irqs_release();
	return again;
}

static void queue_fired(struct timeout *to)
{
	struct queue *q = container_of(to, struct queue, timeout);
	u64 flags = spin_lock_irqsave(&q->lock);
	s64 now = q->pub.get_time();
	struct rbnode *first;

	while ((first = rbtree_first(&q->tree)) && timer_at(first)->_softexpires <= now) {
		struct lx_hrtimer *t = timer_at(first);
		unsigned int (*fn)(struct lx_hrtimer *) = t->function;

		remove_locked(q, t);
		WRITE_ONCE(q->pub.running, t);
		spin_unlock_irqrestore(&q->lock, flags);
		if (call(t, fn)) {		/* else it may be gone */
			flags = spin_lock_irqsave(&q->lock);
			if (!(t->state & IS_QUEUED))
				insert_locked(q, t);
		} else {
			flags = spin_lock_irqsave(&q->lock);
		}
		WRITE_ONCE(q->pub.running, NULL);
	}
	arm_locked(q);
	spin_unlock_irqrestore(&q->lock, flags);
}

/* ---- what modules call ---- */

static u32 clock_index(int clock, bool is_relative)
{
	switch (clock) {
	case CLOCK_REALTIME: return is_relative ? MONO : REAL;
	case CLOCK_BOOTTIME: return BOOT;
	case CLOCK_TAI: return TAI;
	default: return MONO;
	}
}

void lx_hrtimer_init(struct lx_hrtimer *t, int clock, unsigned int mode)
{
	u32 kind = mode & MODE_SOFT ? SOFT : HARD;

	memset(t, 0, sizeof(*t));
	t->is_soft = kind == SOFT;
	t->is_hard = (mode & MODE_HARD) != 0;
	t->base = &percpu_ptr(queues, cpu_self())[0][kind][clock_index(clock, mode & MODE_REL)].pub;
}
LX_EXPORT(hrtimer_init);

/* Off its queue, onto this CPU's, which is locked; it stays where its function runs. */
static struct queue *move_here(struct lx_hrtimer *t, u64 *flags)
{
	for (;;) {
		struct queue *q = lock_queue(t, flags);
		struct queue *here = &percpu_ptr(queues, cpu_self())[0][t->is_soft ? SOFT : HARD][q->pub.index];

		remove_locked(q, t);
		if (here == q || q->pub.running == t)
			return q;
		WRITE_ONCE(t->base, &here->pub);
		spin_unlock_irqrestore(&q->lock, *flags);
	}
}

void lx_hrtimer_start_range_ns(struct lx_hrtimer *t, long long when, unsigned long long range, unsigned int mode)
{
	u64 flags;
	struct queue *q = move_here(t, &flags);

	t->is_rel = mode & MODE_REL;
	t->_softexpires = mode & MODE_REL ? add(q->pub.get_time(), when) : when;
	t->node.expires = add(t->_softexpires, (s64)min_t(u64, range, S64_MAX));
	insert_locked(q, t);
	if (rbtree_first(&q->tree) == node_of(t))
		arm_locked(q);
	spin_unlock_irqrestore(&q->lock, flags);
}
LX_EXPORT(hrtimer_start_range_ns);

/* 1 it was queued, 0 it was not, -1 its function runs. */
static int try_cancel(struct lx_hrtimer *t)
{
	u64 flags;
	struct queue *q = lock_queue(t, &flags);
	int was = q->pub.running == t ? -1 : remove_locked(q, t);

	spin_unlock_irqrestore(&q->lock, flags);
	return was;
}

int lx_hrtimer_cancel(struct lx_hrtimer *t)
{
	int was;

	while ((was = try_cancel(t)) < 0)
		cpu_relax();
	return was;
}
LX_EXPORT(hrtimer_cancel);

bool lx_hrtimer_active(const struct lx_hrtimer *t)
{
	u64 flags;
	struct queue *q = lock_queue(t, &flags);
	bool is_active = t->state & IS_QUEUED || q->pub.running == t;

	spin_unlock_irqrestore(&q->lock, flags);
	return is_active;
}
LX_EXPORT(hrtimer_active);

/* Move its end by whole intervals until it lies behind @now: how many. The timer is not queued. */
unsigned long long lx_hrtimer_forward(struct lx_hrtimer *t, long long now, long long interval)
{
	s64 late = now - t->node.expires;
	u64 n;

	if (late < 0 || WARN_IF(t->state & IS_QUEUED))
		return 0;
	interval = max_t(s64, interval, 1);
	n = (u64)(late / interval) + 1;
	t->_softexpires = add(t->_softexpires, (s64)n * interval);
	t->node.expires = add(t->node.expires, (s64)n * interval);
	return n;
}
LX_EXPORT(hrtimer_forward);

/* ---- boot, clocks that are set ---- */

static void clock_stepped(struct clock_watch *w)
{
	for_each_possible_cpu(cpu) {
		for (u32 i = 0; i < KINDS * CLOCKS; i++) {
			struct queue *q = &percpu_ptr(queues, cpu)[0][i / CLOCKS][i % CLOCKS];
			u64 flags = spin_lock_irqsave(&q->lock);

			arm_locked(q);
			spin_unlock_irqrestore(&q->lock, flags);
		}
	}
}

static void queue_init(struct queue *q, u32 cpu, u32 kind, u32 clock)
{
	static long long (*const times[CLOCKS])(void) = { mono_now, real_now, boot_now, tai_now };

	spin_init(&q->lock, LOCKRANK_DRIVER);
	timeout_init(&q->timeout, queue_fired, kind == HARD ? TIMEOUT_HARD : 0);
	q->pub.index = clock;
	q->pub.get_time = times[clock];
	q->cpu = cpu;
}

static int hrtimers_init(void)
{
	static struct clock_watch watch = { .stepped = clock_stepped };

	for_each_possible_cpu(cpu)
		for (u32 i = 0; i < KINDS * CLOCKS; i++)
			queue_init(&percpu_ptr(queues, cpu)[0][i / CLOCKS][i % CLOCKS], cpu, i / CLOCKS, i % CLOCKS);
	clock_watch_add(&watch);
	return 0;
}
INITCALL(CORE, hrtimers_init);
