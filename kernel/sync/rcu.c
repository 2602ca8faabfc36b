// SPDX-License-Identifier: GPL-2.0-only
/*
 * RCU.
 *
 * Readers run with preemption off (or in interrupt context), so a CPU on which
 * the scheduler switches, which idles, or whose interrupted code had a preempt
 * count of zero, has no reader of before. Grace periods are numbered; one at a
 * time is on (rcu_current > completed). At its start the CPUs that are not idle go
 * into a mask; each leaves it at its next quiet moment; the last one completes the
 * period. A job waits for the first period that began after it was deferred.
 *
 * Each CPU keeps three lists: new jobs, jobs that wait for period wait_seq, and
 * jobs ready to run in SOFTIRQ_RCU. The tick moves them on, as does the idle loop before
 * it sleeps; so a deferral is a list append and nothing else. A CPU asks for one period a
 * tick at most, and keeps its tick while it has jobs. An idle CPU is outside
 * of RCU (rcu_eqs) and is left alone, unless its own jobs are ready.
 *
 * With one CPU on line rcu_wait() returns at once: its caller may sleep, so no
 * reader is active. rcu_wait() with more CPUs sends each busy one a reschedule
 * interrupt, which reports from irq_exit() or sooner.
 *
 * Lock order: gp_lock (LOCKRANK_RCU) is taken with a run queue lock held. Nothing is
 * woken under it; the soft interrupt does that.
 */
#include <asm/cpu.h>
#include <tern/base/bug.h>
#include <tern/base/lock.h>
#include <tern/base/rcu.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/init.h>
#include <tern/kernel/irq.h>
#include <tern/kernel/sched.h>
#include <tern/kernel/thread.h>
#include <tern/lib/bitmap.h>
#include <tern/mm/slab.h>

#define BATCH		256	/* jobs a soft interrupt runs at once */
#define BATCH_FLOODED	4096
#define FLOOD		8192	/* jobs queued on one CPU */
#define FREE_OFFSET_MAX	4096UL	/* fn below: offset of the job in an object to free */

struct job_list {
	struct rcu_job *head, **tail;
	u64 n;
};

/* C: own CPU with interrupts off, but wait_seq is read by others. */
struct rcu_cpu {
	struct job_list fresh, waiting, ready;
	u64 wait_seq;		/* period that waiting waits for; 0: none */
	nsec_t began_at;	/* C coarse time of the last request for a period */
	struct rcu_job flush_job;
};

static DEFINE_PERCPU(struct rcu_cpu, rcu_cpu_state);
DEFINE_PERCPU(u64, rcu_seen);
DEFINE_PERCPU(u32, rcu_eqs) = 1;	/* until the CPU comes up */

static struct spin gp_lock = SPIN_INIT(LOCKRANK_RCU);	/* protects all up to the mask */
u64 rcu_current;		/* newest period begun; read without the lock */
static u64 completed, needed, hurry_until;
static u32 nr_left;
static BITMAP(gp_mask, CPUSET_BITS);

static struct waitq rcu_waitq = WAITQ_INIT(rcu_waitq);
static struct kmutex flush_mutex = KMUTEX_INIT(flush_mutex, LOCKRANK_NONE);
static struct latch flush_latch = LATCH_INIT(flush_latch);
static atomic32 flush_left;

static void jobs_init(struct job_list *l)
{
	l->head = NULL;
	l->tail = &l->head;
	l->n = 0;
}

static void jobs_splice(struct job_list *to, struct job_list *from)
{
	if (!from->head)
		return;
	*to->tail = from->head;
	to->tail = from->tail;
	to->n += from->n;
	jobs_init(from);
}

/* ---- grace periods: gp_lock held, interrupts off ---- */

static void kick_cpu(u32 cpu)
{
	if (cpu != cpu_self())
		smp_send_resched(cpu);
}

/* The CPUs whose jobs have become ready; waiters of rcu_wait() by our soft interrupt. */
static void announce(void)
{
	for_each_online_cpu(cpu) {
		u64 seq = READ_ONCE(percpu_ptr(rcu_cpu_state, cpu)->wait_seq);

		if (!seq || seq > completed)
			continue;
		if (cpu == cpu_self())
			softirq_mark(SOFTIRQ_RCU);
		else
			smp_send_resched(cpu);
	}
	if (!waitq_is_empty(&rcu_waitq))
		softirq_mark(SOFTIRQ_RCU);
}

/* Start periods until one has to wait for somebody. */
static void gp_start(void)
{
	do {
		WRITE_ONCE(rcu_current, rcu_current + 1);
		smp_mb();
		nr_left = 0;
		for_each_online_cpu(cpu) {
			if (READ_ONCE(*percpu_ptr(rcu_eqs, cpu)))
				continue;
			bitmap_set_bit(gp_mask, cpu);
			nr_left++;
			if (rcu_current <= hurry_until)
				kick_cpu(cpu);
		}
		if (nr_left)
			return;
		WRITE_ONCE(completed, rcu_current);
	} while (needed > completed);
	announce();
}

static void gp_complete(void)
{
	WRITE_ONCE(completed, rcu_current);
	if (needed > completed)
		gp_start();
	announce();
}

/* Number of the first period that begins after now. */
static u64 gp_next(void)
{
	return rcu_current == completed ? rcu_current + 1 : rcu_current + 2;
}

static u64 gp_request(bool in_hurry)
{
	u64 flags = spin_lock_irqsave(&gp_lock), seq = gp_next();

	needed = max(needed, seq);
	if (in_hurry) {
		hurry_until = max(hurry_until, seq);
		for_each_online_cpu(cpu)
			if (bitmap_test(gp_mask, cpu))
				kick_cpu(cpu);
	}
	if (rcu_current == completed)
		gp_start();
	spin_unlock_irqrestore(&gp_lock, flags);
	return seq;
}

void rcu_report_quiet(void)
{
	u32 cpu = cpu_self();

	/* Unlocked by hand: we may be inside the scheduler, which must not be entered again. */
	spinword_lock(&gp_lock.word);
	this_cpu_write(rcu_seen, rcu_current);
	if (bitmap_test_and_clear(gp_mask, cpu) && !--nr_left)
		gp_complete();
	spinword_unlock(&gp_lock.word);
}

/* ---- jobs of this CPU: interrupts off ---- */

/* One request a tick is enough: grace periods that follow each other at once cost all CPUs. */
static bool is_request_due(const struct rcu_cpu *c)
{
	return c->fresh.head && !c->wait_seq &&
	       (c->began_at != clock_coarse_ns() || c->fresh.n >= FLOOD);
}

static bool is_period_over(const struct rcu_cpu *c)
{
	return c->wait_seq && READ_ONCE(completed) >= c->wait_seq;
}

static void advance(struct rcu_cpu *c)
{
	if (is_period_over(c)) {
		jobs_splice(&c->ready, &c->waiting);
		WRITE_ONCE(c->wait_seq, 0);
	}
	if (is_request_due(c)) {
		c->began_at = clock_coarse_ns();
		jobs_splice(&c->waiting, &c->fresh);
		WRITE_ONCE(c->wait_seq, U64_MAX);
		WRITE_ONCE(c->wait_seq, gp_request(false));
		if (READ_ONCE(completed) >= c->wait_seq) {
			jobs_splice(&c->ready, &c->waiting);
			WRITE_ONCE(c->wait_seq, 0);
		}
	}
	if (c->ready.head)
		softirq_mark(SOFTIRQ_RCU);
}

void rcu_defer(struct rcu_job *job, void (*fn)(struct rcu_job *job))
{
	u64 flags = irq_save();
	struct rcu_cpu *c = this_cpu_ptr(rcu_cpu_state);

	job->fn = fn;
	job->next = NULL;
	*c->fresh.tail = job;
	c->fresh.tail = &job->next;
	if (unlikely(++c->fresh.n == FLOOD))
		advance(c);
	irq_restore(flags);
}

void rcu_defer_free(struct rcu_job *job, void *obj)
{
	uptr offset = (uptr)job - (uptr)obj;

	VERIFY(offset < FREE_OFFSET_MAX);
	rcu_defer(job, (void (*)(struct rcu_job *))offset);
}

void rcu_tick(bool is_quiet)
{
	struct rcu_cpu *c = this_cpu_ptr(rcu_cpu_state);

	if (READ_ONCE(rcu_current) != this_cpu_read(rcu_seen)) {
		if (is_quiet)
			rcu_report_quiet();
		else
			need_resched_set();
	}
	if (is_period_over(c) || is_request_due(c))
		advance(c);
}

static void run_job(struct rcu_job *job)
{
	uptr fn = (uptr)job->fn;

	if (fn < FREE_OFFSET_MAX)
		kmem_free((char *)job - fn);
	else
		job->fn(job);
}

static void rcu_softirq(void)
{
	struct rcu_cpu *c;
	struct job_list list;
	u64 left;

	irq_disable();
	c = this_cpu_ptr(rcu_cpu_state);
	advance(c);
	jobs_init(&list);
	jobs_splice(&list, &c->ready);
	irq_enable();
	left = list.n > FLOOD ? BATCH_FLOODED : BATCH;
	while (list.head && left--) {
		struct rcu_job *job = list.head;

		list.head = job->next;
		list.n--;
		run_job(job);
	}
	if (list.head) {
		irq_disable();
		jobs_splice(&list, &c->ready);
		c->ready = list;
		softirq_mark(SOFTIRQ_RCU);
		irq_enable();
	}
	waitq_wake_if_any(&rcu_waitq);
}

bool rcu_idle_enter(void)
{
	struct rcu_cpu *c = this_cpu_ptr(rcu_cpu_state);

	rcu_note_switch();
	if (is_period_over(c) || is_request_due(c)) {
		advance(c);
		rcu_note_switch();
		if (is_period_over(c))
			advance(c);
	}
	if (c->ready.head)
		return false;
	if (c->fresh.head)
		timeout_request_tick(clock_ns() + NSEC_PER_SEC / HZ);
	store_release(this_cpu_ptr(rcu_eqs), 1);
	/* A period that began before it could see that still counts on us. */
	smp_mb();
	rcu_note_switch();
	return true;
}

void rcu_idle_exit(void)
{
	xchg(this_cpu_ptr(rcu_eqs), 0);
}

/* ---- waiting ---- */

void rcu_wait(void)
{
	u64 seq;

	might_sleep();
	if (cpu_count_online == 1) {
		smp_mb();
		return;
	}
	seq = gp_request(true);
	waitq_wait(&rcu_waitq, READ_ONCE(completed) >= seq);
}

static void flush_ran(struct rcu_job *job)
{
	if (atomic_dec_and_test(&flush_left))
		latch_open_one(&flush_latch);
}

static void flush_post(void *unused)
{
	atomic_inc(&flush_left);
	this_cpu_ptr(rcu_cpu_state)->began_at = 0;	/* at once */
	rcu_defer(&this_cpu_ptr(rcu_cpu_state)->flush_job, flush_ran);
}

void rcu_flush(void)
{
	might_sleep();
	kmutex_lock(&flush_mutex);
	atomic_set(&flush_left, 1);
	smp_call(SMP_CALL_ALL, flush_post, NULL);
	gp_request(true);
	if (!atomic_dec_and_test(&flush_left))
		latch_wait(&flush_latch);
	kmutex_unlock(&flush_mutex);
}

void rcu_init(void)
{
	for_each_possible_cpu(cpu) {
		struct rcu_cpu *c = percpu_ptr(rcu_cpu_state, cpu);

		jobs_init(&c->fresh);
		jobs_init(&c->waiting);
		jobs_init(&c->ready);
	}
	this_cpu_write(rcu_eqs, 0);
	softirq_register(SOFTIRQ_RCU, rcu_softirq);
}
