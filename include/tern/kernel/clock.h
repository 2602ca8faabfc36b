/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading time. Owner kernel/time/clock.c. */
#pragma once

#include <tern/base/annotate.h>
#include <tern/base/annotate.h>
#include <tern/base/upcall.h>
#include <tern/lib/list.h>

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
/** clock_tai_ns() - clock_realtime_ns() without leap seconds. */
s64 clock_tai_ns(void);
/** clock_boot_realtime_ns() - wall time of boot (btime of /proc/stat). */
s64 clock_boot_realtime_ns(void);
/** clock_coarse_refresh() - the coarse clocks go on to @now (clock_ns). Context: any. */
void clock_coarse_refresh(nsec_t now);

/* Who waits for absolute wall times looks again when the wall clock is set. */
struct clock_watch {
	struct list link;
	void (*stepped)(struct clock_watch *w);	/* may wake and arm; must not sleep */
};
/**
 * clock_watch_add() / clock_watch_remove() - on return of remove, stepped() is
 * not running. Context: any but NMI.
 */
void clock_watch_add(struct clock_watch *w);
void clock_watch_remove(struct clock_watch *w);
/**
 * clock_real_to_mono() - clock_ns() time at which the wall clock shows
 * @real_ns, as things stand; 0 if past.
 */
nsec_t clock_real_to_mono(s64 real_ns);

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
