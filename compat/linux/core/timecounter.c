// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clocks of devices: a counter that wraps becomes nanoseconds. There are no clock devices for users
 * (/dev/ptp): a driver is told that nobody takes its clock, as by a vendor kernel built without them.
 */
#include "../lx.h"

#include <tern/base/err.h>

static u64 to_ns(const struct lx_cyclecounter *cc, u64 cycles, u64 mask, u64 *frac)
{
	u64 ns = cycles * cc->mult + *frac;

	*frac = ns & mask;
	return ns >> cc->shift;
}

void lx_timecounter_init(struct lx_timecounter *t, const struct lx_cyclecounter *cc, unsigned long long start)
{
	t->cc = cc;
	t->cycle_last = cc->read(cc);
	t->nsec = start;
	t->mask = (1ULL << cc->shift) - 1;
	t->frac = 0;
}
LX_EXPORT(timecounter_init);

unsigned long long lx_timecounter_read(struct lx_timecounter *t)
{
	u64 now = t->cc->read(t->cc), passed = (now - t->cycle_last) & t->cc->mask;
	u64 frac = t->frac;

	t->cycle_last = now;
	t->nsec += to_ns(t->cc, passed, t->mask, &frac);
	t->frac = frac;
	return t->nsec;
}
LX_EXPORT(timecounter_read);

/* The time of a stamp that may lie a little before the last reading. */
unsigned long long lx_timecounter_cyc2time(const struct lx_timecounter *t, unsigned long long stamp)
{
	u64 passed = (stamp - t->cycle_last) & t->cc->mask, frac = t->frac;

	if (passed <= t->cc->mask / 2)
		return t->nsec + to_ns(t->cc, passed, t->mask, &frac);
	passed = (t->cycle_last - stamp) & t->cc->mask;
	return t->nsec - ((passed * t->cc->mult - frac) >> t->cc->shift);
}
LX_EXPORT(timecounter_cyc2time);

struct lx_ptp_clock *lx_ptp_clock_register(struct lx_ptp_clock_info *info, struct lx_device *parent)
{
	return NULL;
}
LX_EXPORT(ptp_clock_register);
int lx_ptp_clock_unregister(struct lx_ptp_clock *c) { return 0; }
LX_EXPORT(ptp_clock_unregister);
int lx_ptp_clock_index(struct lx_ptp_clock *c) { return -1; }
LX_EXPORT(ptp_clock_index);
void lx_ptp_clock_event(struct lx_ptp_clock *c, struct lx_ptp_clock_event *ev) { }
LX_EXPORT(ptp_clock_event);
int lx_ptp_find_pin(struct lx_ptp_clock *c, unsigned int func, unsigned int channel) { return -1; }
LX_EXPORT(ptp_find_pin);

int lx_get_device_system_crosststamp(int (*get)(long long *, struct lx_system_counterval_t *, void *), void *arg,
				     struct lx_system_time_snapshot *begin, struct lx_system_device_crosststamp *out)
{
	return -EOPNOTSUPP;
}
LX_EXPORT(get_device_system_crosststamp);

/* No always-running timer is known: the reading names no clock. */
struct lx_system_counterval_t lx_convert_art_to_tsc(unsigned long long art)
{
	return (struct lx_system_counterval_t){ 0 };
}
LX_EXPORT(convert_art_to_tsc);
