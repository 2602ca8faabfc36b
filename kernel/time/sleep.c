// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sleeping for a time. The timeout is hard: it wakes from the timer interrupt itself.
 * Threads of the fair class allow it their slack; others none. Sleepers on the wall clock
 * are woken when that is set and work out their deadline again.
 */
#include <asm/uaccess.h>
#include <tern/base/waitq.h>
#include <tern/kernel/sched.h>

#include "time_impl.h"

struct sleeper {
	struct timeout timeout;
	struct thread *thread;
	bool has_fired;
};

static void sleeper_fire(struct timeout *t)
{
	struct sleeper *s = container_of(t, struct sleeper, timeout);

	WRITE_ONCE(s->has_fired, true);
	thread_wake(s->thread);
}

int sched_block_until(nsec_t deadline)
{
	struct sleeper s = { .thread = thread_self() };

	if (deadline == WAIT_FOREVER) {
		sched_block();
		return 0;
	}
	if (deadline <= clock_ns()) {
		WRITE_ONCE(s.thread->t_state, THREAD_RUNNING);
		return -ETIMEDOUT;
	}
	timeout_init(&s.timeout, sleeper_fire, TIMEOUT_HARD);
	if (!s.thread->t_sched.se_rt_prio)
		s.timeout.slack = s.thread->t_timer_slack_ns;
	timeout_arm(&s.timeout, deadline);
	sched_block();
	timeout_cancel_sync(&s.timeout);
	return s.has_fired ? -ETIMEDOUT : 0;
}

void sched_sleep_until(nsec_t deadline)
{
	struct thread *self = thread_self();

	might_sleep();
	while (clock_ns() < deadline) {
		xchg(&self->t_state, THREAD_UNINTERRUPTIBLE);
		sched_block_until(deadline);
	}
	WRITE_ONCE(self->t_state, THREAD_RUNNING);
}

struct wall_sleeper {
	struct clock_watch watch;
	struct thread *thread;
};

static void wall_stepped(struct clock_watch *w)
{
	thread_wake(container_of(w, struct wall_sleeper, watch)->thread);
}

/* 0, -ERESTARTSYS on a signal, -errno if the clock has no such time. */
static int sleep_on(s32 id, s64 ns, bool is_absolute, nsec_t *deadline)
{
	struct thread *self = thread_self();
	int err;

	for (;;) {
		xchg(&self->t_state, THREAD_SLEEPING);
		err = is_absolute ? clock_to_deadline(id, ns, true, deadline) : 0;
		if (err || clock_ns() >= *deadline)
			break;
		if (signal_is_pending()) {
			err = -ERESTARTSYS;
			break;
		}
		sched_block_until(*deadline);
	}
	WRITE_ONCE(self->t_state, THREAD_RUNNING);
	return err;
}

static long sleep_restart(struct restart_info *r);

/* A relative sleep was cut short: what is left, and how to go on. */
static long interrupted(nsec_t deadline, void __user *rmtp)
{
	struct restart_info *r = &thread_self()->t_restart;
	nsec_t now = clock_ns();

	if (now >= deadline)
		return 0;
	if (rmtp && user_put_timespec((s64)(deadline - now), rmtp))
		return -EFAULT;
	r->fn = sleep_restart;
	r->a[0] = deadline;
	r->a[1] = (u64)rmtp;
	return -ERESTART_BLOCK;
}

static long sleep_restart(struct restart_info *r)
{
	nsec_t deadline = r->a[0];
	void __user *rmtp = (void __user *)r->a[1];

	return sleep_on(CLOCK_MONOTONIC_, 0, false, &deadline) ? interrupted(deadline, rmtp) : 0;
}

long clock_sleep(s32 id, u64 ns, bool is_absolute, void __user *rmtp)
{
	struct wall_sleeper w = { .watch.stepped = wall_stepped, .thread = thread_self() };
	bool is_wall = is_absolute && clock_is_wall(id);
	nsec_t deadline;
	int err = clock_may_wait(id);

	if (!err)
		err = clock_to_deadline(id, (s64)ns, is_absolute, &deadline);
	if (err)
		return err;
	if (is_wall)
		clock_watch_add(&w.watch);
	err = sleep_on(id, (s64)ns, is_absolute, &deadline);
	if (is_wall)
		clock_watch_remove(&w.watch);
	if (err != -ERESTARTSYS)
		return err;
	return is_absolute ? -ERESTARTNOHAND : interrupted(deadline, rmtp);
}
