// SPDX-License-Identifier: GPL-2.0-only
/* nanosleep(2), clock_nanosleep(2), also on CPU-time clocks. */
#include <asm/uaccess.h>
#include <tern/kernel/syscalls.h>
#include <tern/kernel/timens.h>

#include "time_impl.h"

long sys_nanosleep(const void __user *rqtp, void __user *rmtp)
{
	u64 ns;
	int err = user_get_timespec(&ns, rqtp);

	return err ? err : clock_sleep(CLOCK_MONOTONIC_, ns, false, rmtp);
}

struct cpu_sleeper {
	struct cpu_alarm alarm;
	struct latch fired;
};

static void cpu_sleeper_fire(struct cpu_alarm *a)
{
	latch_open_all(&container_of(a, struct cpu_sleeper, alarm)->fired);
}

static long cpu_sleep_restart(struct restart_info *r);

/* Until the clock shows @until. */
static long cpu_sleep(s32 id, u64 until, bool is_absolute, void __user *rmtp)
{
	struct cpu_sleeper s = { .alarm.expires = until, .alarm.fire = cpu_sleeper_fire };
	struct restart_info *r = &thread_self()->t_restart;
	struct posix_timers *pt;
	struct cpu_clock c;
	long err = cpu_clock_open(id, &c);
	u64 now;

	if (err)
		return err;
	pt = timers_of(c.process, true);
	err = PTR_ERR(pt);
	if (IS_ERR(pt))
		goto out;
	s.alarm.thread = c.thread;
	s.alarm.kind = c.kind;
	latch_init(&s.fired);
	cpu_alarm_arm(pt, &s.alarm);
	err = latch_wait_intr(&s.fired);
	/* If it fired meanwhile, fire() is or was running: wait until it is done with us. */
	if (!cpu_alarm_disarm(pt, &s.alarm)) {
		latch_wait(&s.fired);
		err = 0;
	}
	if (!err)
		goto out;
	now = cpu_clock_ns(c.process, c.thread, c.kind);
	err = is_absolute ? -ERESTARTNOHAND : -ERESTART_BLOCK;
	if (!is_absolute && rmtp && user_put_timespec(until > now ? (s64)(until - now) : 0, rmtp))
		err = -EFAULT;
	*r = (struct restart_info){ .fn = cpu_sleep_restart, .a = { until, (u64)rmtp, (u64)id } };
out:
	cpu_clock_close(&c);
	return err;
}

static long cpu_sleep_restart(struct restart_info *r)
{
	return cpu_sleep((s32)r->a[2], r->a[0], false, (void __user *)r->a[1]);
}

long sys_clock_nanosleep(s32 id, s32 flags, const void __user *rqtp, void __user *rmtp)
{
	bool is_absolute = flags & TIMER_ABSTIME_;
	s64 now;
	u64 ns;
	int err;

	if (!clock_id_is_valid(id))
		return -EINVAL;
	err = user_get_timespec(&ns, rqtp);
	if (err)
		return err;
	if (!clock_id_is_cpu(id))
		return clock_sleep(id, is_absolute ? timens_to_machine(id, ns) : ns, is_absolute, rmtp);
	/* A thread cannot sleep until it has itself run for a while. */
	if (id == CLOCK_THREAD_CPUTIME_ID_ || (id < 0 && (id & 4) && !~(id >> 3)))
		return -EINVAL;
	err = clock_read_id(id, &now);
	if (err)
		return err;
	return cpu_sleep(id, is_absolute ? ns : (u64)now + ns, is_absolute, rmtp);
}
