// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clocks by number: reading, setting, resolution; the older calls for the wall clock.
 * Setting needs CAP_SYS_TIME.
 */
#include <asm/clock.h>
#include <asm/uaccess.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/syscalls.h>
#include <tern/kernel/timens.h>

#include "time_impl.h"

static struct timezone_ timezone;	/* only kept for those who ask */

bool clock_id_is_cpu(s32 id)
{
	return id < 0 || id == CLOCK_PROCESS_CPUTIME_ID_ || id == CLOCK_THREAD_CPUTIME_ID_;
}

bool clock_id_is_valid(s32 id)
{
	return id < 0 || (id <= CLOCK_TAI_ && id != 10);
}

static int read_cpu(s32 id, s64 *ns)
{
	struct cpu_clock c;
	int err = cpu_clock_open(id, &c);

	if (err)
		return err;
	*ns = (s64)cpu_clock_ns(c.process, c.thread, c.kind);
	cpu_clock_close(&c);
	return 0;
}

int clock_read_id(s32 id, s64 *ns)
{
	switch (id) {
	case CLOCK_REALTIME_:
	case CLOCK_REALTIME_ALARM_:
		*ns = clock_realtime_ns();
		return 0;
	case CLOCK_MONOTONIC_:
		*ns = (s64)clock_ns();
		return 0;
	case CLOCK_THREAD_CPUTIME_ID_:
		*ns = (s64)thread_sum_exec(thread_self());
		return 0;
	case CLOCK_MONOTONIC_RAW_:
		*ns = (s64)clock_raw_ns();
		return 0;
	case CLOCK_REALTIME_COARSE_:
		*ns = clock_realtime_coarse_ns();
		return 0;
	case CLOCK_MONOTONIC_COARSE_:
		*ns = (s64)clock_coarse_ns();
		return 0;
	case CLOCK_BOOTTIME_:
	case CLOCK_BOOTTIME_ALARM_:
		*ns = (s64)clock_boot_ns();
		return 0;
	case CLOCK_TAI_:
		*ns = clock_tai_ns();
		return 0;
	default:
		return clock_id_is_cpu(id) ? read_cpu(id, ns) : -EINVAL;
	}
}

bool clock_is_wall(s32 id)
{
	return id == CLOCK_REALTIME_ || id == CLOCK_REALTIME_ALARM_ || id == CLOCK_TAI_;
}

int clock_may_wait(s32 id)
{
	bool is_alarm = id == CLOCK_REALTIME_ALARM_ || id == CLOCK_BOOTTIME_ALARM_;

	return is_alarm && !cap_has(CAP_WAKE_ALARM) ? -EPERM : 0;
}

int clock_to_deadline(s32 id, s64 ns, bool is_absolute, nsec_t *deadline)
{
	switch (id) {
	case CLOCK_REALTIME_:
	case CLOCK_MONOTONIC_:
	case CLOCK_BOOTTIME_:
	case CLOCK_TAI_:
	case CLOCK_REALTIME_ALARM_:	/* the machine is never suspended: nothing to be woken from */
	case CLOCK_BOOTTIME_ALARM_:
		break;
	case CLOCK_MONOTONIC_RAW_:
	case CLOCK_REALTIME_COARSE_:
	case CLOCK_MONOTONIC_COARSE_:
		return -EOPNOTSUPP;
	default:
		return -EINVAL;
	}
	if (!is_absolute)
		*deadline = deadline_after((u64)ns);
	else if (id == CLOCK_REALTIME_ || id == CLOCK_REALTIME_ALARM_)
		*deadline = clock_real_to_mono(ns);
	else if (id == CLOCK_TAI_)
		*deadline = clock_real_to_mono(ns - clock_tai_offset * (s64)NSEC_PER_SEC);
	else
		*deadline = (nsec_t)ns;
	return 0;
}

long sys_clock_gettime(s32 id, void __user *ts)
{
	s64 ns;
	int err = clock_read_id(id, &ns);

	return err ? err : user_put_timespec(ns + timens_offset(id), ts);
}

long sys_clock_getres(s32 id, void __user *ts)
{
	s64 res = 1, now;
	int err;

	if (id == CLOCK_REALTIME_COARSE_ || id == CLOCK_MONOTONIC_COARSE_) {
		res = NSEC_PER_SEC / HZ;
	} else {
		err = clock_read_id(id, &now);	/* does it exist */
		if (err)
			return err;
		if (id < 0 && ((u32)id & 3) != CPUCLOCK_SCHED_)
			res = NSEC_PER_SEC / HZ;
	}
	return ts ? user_put_timespec(res, ts) : 0;
}

static long set_wall(u64 ns)
{
	if (!cap_has(CAP_SYS_TIME))
		return -EPERM;
	/* Not before boot: CLOCK_MONOTONIC may not be ahead of it. */
	if (ns > (u64)S64_MAX - NSEC_PER_SEC || ns < clock_ns())
		return -EINVAL;
	clock_set_realtime((s64)ns);
	return 0;
}

long sys_clock_settime(s32 id, const void __user *ts)
{
	u64 ns;
	int err;

	if (!clock_id_is_valid(id) || id != CLOCK_REALTIME_)
		return -EINVAL;
	err = user_get_timespec(&ns, ts);
	return err ? err : set_wall(ns);
}

long sys_gettimeofday(struct timeval_ __user *tv, struct timezone_ __user *tz)
{
	s64 ns = clock_realtime_ns();
	struct timeval_ v = { ns / (s64)NSEC_PER_SEC, ns % (s64)NSEC_PER_SEC / (s64)NSEC_PER_USEC };

	if (tv && user_copyout(tv, &v, sizeof(v)))
		return -EFAULT;
	if (tz && user_copyout(tz, &timezone, sizeof(timezone)))
		return -EFAULT;
	return 0;
}

long sys_settimeofday(const struct timeval_ __user *tv, const struct timezone_ __user *tz)
{
	struct timezone_ zone;
	struct timeval_ v;

	if (tv && user_copyin(&v, tv, sizeof(v)))
		return -EFAULT;
	if (tv && (v.usec < 0 || v.usec >= 1000000 || v.sec < 0))
		return -EINVAL;
	if (tz && user_copyin(&zone, tz, sizeof(zone)))
		return -EFAULT;
	if (tz && (zone.minuteswest > 15 * 60 || zone.minuteswest < -15 * 60))
		return -EINVAL;
	if (!cap_has(CAP_SYS_TIME))
		return -EPERM;
	if (tz)
		timezone = zone;
	return tv ? set_wall(timespec_to_ns((struct timespec64_){ v.sec, v.usec * 1000 })) : 0;
}

long sys_time(s64 __user *out)
{
	s64 sec = clock_realtime_ns() / (s64)NSEC_PER_SEC;

	if (out && user_put(sec, out))
		return -EFAULT;
	return sec;
}

static long adjust(struct timex_ __user *utx)
{
	struct timex_ tx;
	long state;

	if (user_copyin(&tx, utx, sizeof(tx)))
		return -EFAULT;
	state = ntp_adjust(&tx, cap_has(CAP_SYS_TIME));
	if (state < 0)
		return state;
	return user_copyout(utx, &tx, sizeof(tx)) ? -EFAULT : state;
}

long sys_adjtimex(struct timex_ __user *tx)
{
	return adjust(tx);
}

long sys_clock_adjtime(s32 id, struct timex_ __user *tx)
{
	if (!clock_id_is_valid(id))
		return -EINVAL;
	return id == CLOCK_REALTIME_ ? adjust(tx) : -EOPNOTSUPP;
}
