// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose time it was.
 *
 * What a thread has run is exact (se_sum_exec); how it divides into user and kernel
 * time is sampled: each tick adds the time since the last one to the side it
 * interrupted. The two shown values always add up to the exact sum and never shrink.
 * A CPU's times are sampled the same way while it is busy, and exact for idle time.
 */
#include "sched_impl.h"

#include <tern/base/preempt.h>
#include <tern/lib/seqbuf.h>

static u64 *bucket_of(struct runq *rq, struct thread *t, bool was_user)
{
	if (was_user)
		return t->t_sched.se_nice > 0 ? &rq->times.nice : &rq->times.user;
	if (preempt_count() & SOFTIRQ_MASK & SOFTIRQ_OFFSET)
		return &rq->times.softirq;
	return &rq->times.system;
}

void account_tick(struct runq *rq, nsec_t now, bool was_user)
{
	struct thread *t = rq->curr;
	u64 delta = now - rq->acct_at;

	if (t == rq->idle || (s64)delta <= 0)
		return;
	rq->acct_at = now;
	*bucket_of(rq, t, was_user) += delta;
	if (unlikely(t->t_sched.se_group))
		group_tick(rq, t, delta, was_user);
	if (was_user)
		t->t_sched.se_tick_user += min_t(u64, delta, TICK_NS);
	else
		t->t_sched.se_tick_sys += min_t(u64, delta, TICK_NS);
}

/* The rest since the last tick goes where most of the thread's time went. */
void account_idle_enter(struct runq *rq)
{
	struct thread *t = rq->curr;
	u64 delta = rq->clock - rq->acct_at;
	bool is_user = t->t_as && t->t_sched.se_tick_user >= t->t_sched.se_tick_sys;

	if (t != rq->idle && (s64)delta > 0)
		*bucket_of(rq, t, is_user) += delta;
	rq->idle_since = rq->clock | 1;
	idle_mark(rq->cpu, true);
}

void account_idle_exit(struct runq *rq)
{
	u64 delta = rq->clock - rq->idle_since;

	if ((s64)delta > 0) {
		if (READ_ONCE(rq->nr_iowait) > 0)
			rq->times.iowait += delta;
		else
			rq->times.idle += delta;
	}
	rq->idle_since = 0;
	rq->acct_at = rq->clock;
	idle_mark(rq->cpu, false);
	clock_coarse_refresh(rq->clock);
	sched_arm(rq, rq->clock + TICK_NS);
}

/* Under the lock: an idle time that ends meanwhile would be counted twice, and the sum go back afterwards. */
void cpu_times_get(u32 cpu, struct cpu_times *ct)
{
	struct runq *rq = cpu_rq(cpu);
	u64 flags = irq_save(), now;

	rq_lock(rq);
	now = clock_ns();
	*ct = rq->times;
	if (rq->idle_since && now > rq->idle_since)
		*(READ_ONCE(rq->nr_iowait) > 0 ? &ct->iowait : &ct->idle) += now - rq->idle_since;
	rq_unlock(rq);
	irq_restore(flags);
}

void sched_account_now(void)
{
	struct thread *self = thread_self();
	u64 flags;
	struct runq *rq = thread_rq_lock(self, &flags);

	self->t_sched.se_class->update(rq, self);
	thread_rq_unlock(self, rq, flags);
}

u64 thread_sum_exec(struct thread *t)
{
	u64 flags, sum;
	struct runq *rq;

	if (!READ_ONCE(t->t_sched.se_on_cpu))
		return READ_ONCE(t->t_sched.se_sum_exec);
	rq = thread_rq_lock(t, &flags);
	if (rq->curr == t)
		t->t_sched.se_class->update(rq, t);
	sum = t->t_sched.se_sum_exec;
	thread_rq_unlock(t, rq, flags);
	return sum;
}

/* total * part / whole without overflow; precise enough for a sampled ratio. */
static u64 scale(u64 total, u64 part, u64 whole)
{
	while (whole >> 24) {
		whole >>= 1;
		part >>= 1;
	}
	return total / whole * part + total % whole * part / whole;
}

void thread_cpu_time(struct thread *t, u64 *utime, u64 *stime)
{
	struct schedent *se = &t->t_sched;
	u64 total = thread_sum_exec(t), user, sys, flags;

	preempt_disable();
	flags = irq_save();
	spinword_lock(&se->se_lock);
	user = se->se_tick_user;
	sys = se->se_tick_sys;
	if (!sys)
		sys = t->t_flags & TF_KTHREAD ? total : 0;
	else
		sys = user ? scale(total, sys, user + sys) : total;
	sys = min(max(sys, se->se_shown_sys), total);
	user = total - sys;
	if (user < se->se_shown_user) {
		user = min(se->se_shown_user, total);
		sys = total - user;
	}
	se->se_shown_user = user;
	se->se_shown_sys = sys;
	spinword_unlock(&se->se_lock);
	irq_restore(flags);
	preempt_enable();
	*utime = user;
	*stime = sys;
}

bool sched_io_begin(void)
{
	struct thread *self = thread_self();
	bool old = self->t_sched.se_in_io;

	self->t_sched.se_in_io = true;
	return old;
}

void sched_io_end(bool old)
{
	thread_self()->t_sched.se_in_io = old;
}

static u64 clock_units(u64 ns)
{
	return ns / (NSEC_PER_SEC / USER_HZ);
}

static void print_times(struct seqbuf *sb, const struct cpu_times *ct)
{
	seqbuf_printf(sb, " %lu %lu %lu %lu %lu %lu %lu %lu 0 0\n", clock_units(ct->user),
		      clock_units(ct->nice), clock_units(ct->system), clock_units(ct->idle),
		      clock_units(ct->iowait), clock_units(ct->irq), clock_units(ct->softirq),
		      clock_units(ct->steal));
}

void sched_print_stat(struct seqbuf *sb)
{
	struct cpu_times sum = { 0 }, ct;

	for_each_online_cpu(cpu) {
		cpu_times_get(cpu, &ct);
		sum.user += ct.user;
		sum.nice += ct.nice;
		sum.system += ct.system;
		sum.idle += ct.idle;
		sum.iowait += ct.iowait;
		sum.irq += ct.irq;
		sum.softirq += ct.softirq;
		sum.steal += ct.steal;
	}
	seqbuf_puts(sb, "cpu ");
	print_times(sb, &sum);
	for_each_online_cpu(cpu) {
		cpu_times_get(cpu, &ct);
		seqbuf_printf(sb, "cpu%u", cpu);
		print_times(sb, &ct);
	}
}
