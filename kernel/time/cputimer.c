// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPU-time clocks and what waits on them.
 *
 * Clocks of a thread or a process count user time (VIRT), user and kernel time
 * (PROF) or exact run time (SCHED). Alarms on them, ITIMER_VIRTUAL, ITIMER_PROF,
 * RLIMIT_CPU and RLIMIT_RTTIME are looked at by the tick of a thread that runs, so
 * they are up to a tick late and cost nothing to processes that have none.
 *
 * Lock order: posix_timers.lock is dropped before anything is fired or signalled; it is
 * before the scheduler's locks.
 */
#include <tern/kernel/sched.h>
#include <tern/kernel/signal.h>
#include <tern/mm/slab.h>

#include "time_impl.h"

u64 cpu_clock_ns(struct process *p, struct thread *t, u32 kind)
{
	struct tms_sum sum;

	if (t && kind == CPUCLOCK_SCHED_)
		return thread_sum_exec(t);
	if (t)
		thread_cpu_time(t, &sum.utime, &sum.stime);
	else
		process_cpu_time(p, &sum);
	return kind == CPUCLOCK_VIRT_ ? sum.utime : sum.utime + sum.stime;
}

static int open_thread(s32 tid, struct cpu_clock *c)
{
	struct thread *t = thread_self();
	struct pidref *ref;
	bool is_ok = true;

	rcu_read_lock();
	if (tid) {
		ref = pidref_find(tid);
		t = ref ? pidref_thread(ref) : NULL;
	}
	if (!t || t->t_proc != process_self() || !ref_get_unless_zero(&t->t_refs))
		is_ok = false;
	rcu_read_unlock();
	if (!is_ok)
		return -EINVAL;
	c->thread = t;
	c->process = process_self();
	process_get(c->process);
	return 0;
}

int cpu_clock_open(s32 id, struct cpu_clock *c)
{
	s32 nr = ~(id >> 3);

	*c = (struct cpu_clock){ .kind = CPUCLOCK_SCHED_ };
	if (id == CLOCK_THREAD_CPUTIME_ID_)
		return open_thread(0, c);
	if (id != CLOCK_PROCESS_CPUTIME_ID_) {
		c->kind = (u32)id & 3;
		if (c->kind == CPUCLOCK_FD_)
			return -EINVAL;
		if (id & 4)
			return open_thread(nr, c);
	}
	if (id == CLOCK_PROCESS_CPUTIME_ID_ || !nr) {
		c->process = process_self();
		process_get(c->process);
		return 0;
	}
	c->process = process_lookup(nr);
	if (c->process && pidref_nr(c->process->p_pid) != nr) {
		process_put(c->process);
		c->process = NULL;
	}
	return c->process ? 0 : -EINVAL;
}

void cpu_clock_close(struct cpu_clock *c)
{
	if (c->thread)
		thread_put(c->thread);
	process_put(c->process);
}

/* ---- alarms ---- */

void cpu_alarm_arm(struct posix_timers *pt, struct cpu_alarm *a)
{
	u64 flags = spin_lock_irqsave(&pt->lock);

	if (!a->link.next) {
		list_add(&a->link, &pt->alarms);
		pt->nr_cpu++;
	}
	spin_unlock_irqrestore(&pt->lock, flags);
}

bool cpu_alarm_disarm(struct posix_timers *pt, struct cpu_alarm *a)
{
	u64 flags = spin_lock_irqsave(&pt->lock);
	bool was_armed = a->link.next;

	if (was_armed) {
		list_del(&a->link);
		pt->nr_cpu--;
	}
	spin_unlock_irqrestore(&pt->lock, flags);
	return was_armed;
}

/* An alarm whose time has come, unlinked; NULL: none. */
static struct cpu_alarm *take_due(struct posix_timers *pt, struct thread *t, const u64 now[3])
{
	u64 flags = spin_lock_irqsave(&pt->lock);
	struct cpu_alarm *a, *due = NULL;

	list_foreach(a, &pt->alarms, link) {
		u64 at = now[a->kind];

		if (a->thread)
			at = a->thread == t ? cpu_clock_ns(pt->process, t, a->kind) : 0;
		if (at >= a->expires) {
			due = a;
			list_del(&a->link);
			pt->nr_cpu--;
			break;
		}
	}
	spin_unlock_irqrestore(&pt->lock, flags);
	return due;
}

static bool itimer_due(struct posix_timers *pt, u32 i, u64 now)
{
	u64 flags = spin_lock_irqsave(&pt->lock);
	bool is_due = pt->cpu[i].expires && now >= pt->cpu[i].expires;

	if (is_due && pt->cpu[i].interval) {
		pt->cpu[i].expires += pt->cpu[i].interval;
		if (pt->cpu[i].expires <= now)
			pt->cpu[i].expires = now + pt->cpu[i].interval;
	} else if (is_due) {
		pt->cpu[i].expires = 0;
		pt->nr_cpu--;
	}
	spin_unlock_irqrestore(&pt->lock, flags);
	return is_due;
}

static void send(struct process *p, int sig)
{
	struct ksiginfo info;

	signal_fill_kernel(&info, sig);
	signal_send_process(p, sig, &info);
}

static void check_timers(struct posix_timers *pt, struct thread *t, const struct tms_sum *sum)
{
	u64 now[3];
	struct cpu_alarm *a;

	now[CPUCLOCK_VIRT_] = sum->utime;
	now[CPUCLOCK_PROF_] = now[CPUCLOCK_SCHED_] = sum->utime + sum->stime;
	if (itimer_due(pt, 0, sum->utime))
		send(pt->process, SIGVTALRM);
	if (itimer_due(pt, 1, sum->utime + sum->stime))
		send(pt->process, SIGPROF);
	while ((a = take_due(pt, t, now)) != NULL)
		a->fire(a);
}

/* Soft limit: SIGXCPU, again each second; hard limit: SIGKILL. */
static void check_limit(struct process *p, u64 total)
{
	struct rlimit64_ *lim = &p->p_rlimit[RLIMIT_CPU];
	u64 secs = total / NSEC_PER_SEC;

	if (secs >= lim->max && lim->max != RLIM_INFINITY_) {
		send(p, SIGKILL);
	} else if (secs >= lim->cur) {
		send(p, SIGXCPU);
		WRITE_ONCE(lim->cur, secs + 1);
	}
}

static void check_rt_time(struct thread *t)
{
	struct rlimit64_ *lim = &t->t_proc->p_rlimit[RLIMIT_RTTIME];
	u64 us = t->t_sched.se_rt_timeout / NSEC_PER_USEC;

	if (lim->max != RLIM_INFINITY_ && us > lim->max) {
		send(t->t_proc, SIGKILL);
	} else if (us > lim->cur) {
		WRITE_ONCE(lim->cur, lim->cur + 1000000);
		send(t->t_proc, SIGXCPU);
	}
}

void cputimer_tick(struct thread *t)
{
	struct process *p = t->t_proc;
	struct posix_timers *pt = READ_ONCE(p->p_timers);
	bool has_timers = pt && READ_ONCE(pt->nr_cpu);
	bool has_limit = READ_ONCE(p->p_rlimit[RLIMIT_CPU].cur) != RLIM_INFINITY_;
	struct tms_sum sum;

	if (t->t_flags & (TF_KTHREAD | TF_EXITING))
		return;
	if (unlikely(t->t_sched.se_rt_timeout) &&
	    READ_ONCE(p->p_rlimit[RLIMIT_RTTIME].cur) != RLIM_INFINITY_)
		check_rt_time(t);
	if (likely(!has_timers && !has_limit))
		return;
	process_cpu_time(p, &sum);
	if (has_timers)
		check_timers(pt, t, &sum);
	if (has_limit)
		check_limit(p, sum.utime + sum.stime);
}

void process_cpu_limit_changed(struct process *p)
{
	/* The tick reads the limit itself. */
}
