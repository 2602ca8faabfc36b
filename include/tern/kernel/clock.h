/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading time. Owner kernel/time/clock.c. */
#pragma once

#include <tern/base/annotate.h>
#include <tern/base/upcall.h>

#define NSEC_PER_SEC	1000000000UL
#define NSEC_PER_MSEC	1000000UL
#define NSEC_PER_USEC	1000UL
#define HZ		250
#define USER_HZ		100

/** clock_init() - choose a clock source; then clock_ns() is exact. */
void clock_init(void);
/* clock_ns() of upcall.h: CLOCK_MONOTONIC. */
s64 clock_realtime_ns(void);	/* since 1970 */
nsec_t clock_boot_ns(void);
nsec_t clock_raw_ns(void);
/** clock_realtime_coarse_ns() - value of the last tick or update: for file time stamps; cheap. */
s64 clock_realtime_coarse_ns(void);
nsec_t clock_coarse_ns(void);
/** clock_set_realtime() - step the wall clock; wakes absolute sleepers. */
void clock_set_realtime(s64 ns);
/** clock_ticks_now() - HZ ticks since boot. */
u64 clock_ticks_now(void);

struct timespec64_ { s64 sec; s64 nsec; };
static inline struct timespec64_ ns_to_timespec(s64 ns)
{
	s64 sec = ns / (s64)NSEC_PER_SEC, rem = ns % (s64)NSEC_PER_SEC;

	return rem < 0 ? (struct timespec64_){ sec - 1, rem + (s64)NSEC_PER_SEC }
		       : (struct timespec64_){ sec, rem };
}
/** timespec_to_ns() - saturates; caller checked nsec with timespec_is_valid(). */
static inline u64 timespec_to_ns(struct timespec64_ t)
{
	if (t.sec >= S64_MAX / (s64)NSEC_PER_SEC)
		return (u64)S64_MAX;
	return (u64)t.sec * NSEC_PER_SEC + (u64)t.nsec;
}
static inline bool timespec_is_valid(struct timespec64_ t)
{
	return t.sec >= 0 && t.nsec >= 0 && t.nsec < (s64)NSEC_PER_SEC;
}
/** user_get_timespec() - copy in and validate; 0, -EFAULT, -EINVAL. */
int user_get_timespec(u64 *ns, const void __user *ts);
int user_put_timespec(s64 ns, void __user *ts);
/** deadline_after() - clock_ns() + @ns without overflow. */
nsec_t deadline_after(u64 ns);
