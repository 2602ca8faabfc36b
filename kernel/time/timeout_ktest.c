// SPDX-License-Identifier: GPL-2.0-only
/* Self tests of timeouts and clocks. */
#include <tern/base/lock.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/sched.h>
#include <tern/kernel/thread.h>
#include <tern/kernel/timeout.h>
#include <tern/lib/ktest.h>

struct timer_probe {
	struct timeout timeout;
	nsec_t fired_at;
	u32 count, rearm;
	u64 order;
};

static u64 next_order;

static void probe_fire(struct timeout *t)
{
	struct timer_probe *p = container_of(t, struct timer_probe, timeout);

	p->fired_at = clock_ns();
	p->order = __atomic_add_fetch(&next_order, 1, __ATOMIC_SEQ_CST);
	p->count++;
	if (p->rearm) {
		p->rearm--;
		timeout_arm(t, clock_ns() + NSEC_PER_MSEC);
	}
}

static void wait_ms(u64 ms)
{
	sched_sleep_until(deadline_after(ms * NSEC_PER_MSEC));
}

static void probe_run(u32 flags)
{
	static struct timer_probe p[3];
	nsec_t now = clock_ns();
	static const u32 at_ms[3] = { 30, 10, 20 };

	for (u32 i = 0; i < 3; i++) {
		p[i] = (struct timer_probe){ 0 };
		timeout_init(&p[i].timeout, probe_fire, flags);
		EXPECT(!timeout_arm(&p[i].timeout, now + at_ms[i] * NSEC_PER_MSEC));
	}
	wait_ms(60);
	for (u32 i = 0; i < 3; i++) {
		EXPECT_EQ(p[i].count, 1);
		EXPECT(p[i].fired_at >= now + at_ms[i] * NSEC_PER_MSEC);
		EXPECT(!timeout_is_armed(&p[i].timeout));
	}
	EXPECT(p[1].order < p[2].order && p[2].order < p[0].order);
}

TEST(time_timeout, soft_ones_fire_in_order_and_not_early) { probe_run(0); }
TEST(time_timeout, hard_ones_fire_in_order_and_not_early) { probe_run(TIMEOUT_HARD); }

TEST(time_timeout, cancelled_ones_do_not_fire)
{
	static struct timer_probe p;

	p = (struct timer_probe){ 0 };
	timeout_init(&p.timeout, probe_fire, 0);
	timeout_arm(&p.timeout, clock_ns() + 10 * NSEC_PER_MSEC);
	EXPECT(timeout_is_armed(&p.timeout));
	EXPECT(timeout_left(&p.timeout) > 0);
	EXPECT(timeout_cancel_sync(&p.timeout));
	EXPECT(!timeout_cancel_sync(&p.timeout));
	wait_ms(30);
	EXPECT_EQ(p.count, 0);
}

TEST(time_timeout, rearming_from_the_function_works)
{
	static struct timer_probe p;

	p = (struct timer_probe){ .rearm = 4 };
	timeout_init(&p.timeout, probe_fire, TIMEOUT_HARD);
	p.rearm = 4;
	timeout_arm(&p.timeout, clock_ns());
	wait_ms(40);
	EXPECT_EQ(p.count, 5);
	timeout_cancel_sync(&p.timeout);
}

TEST(time_timeout, rearming_moves_it)
{
	static struct timer_probe p;
	nsec_t now = clock_ns();

	p = (struct timer_probe){ 0 };
	timeout_init(&p.timeout, probe_fire, 0);
	timeout_arm(&p.timeout, now + 5 * NSEC_PER_MSEC);
	EXPECT(timeout_arm(&p.timeout, now + 25 * NSEC_PER_MSEC));
	wait_ms(50);
	EXPECT_EQ(p.count, 1);
	EXPECT(p.fired_at >= now + 25 * NSEC_PER_MSEC);
}

TEST(time_clock, never_goes_back)
{
	nsec_t last = clock_ns();
	s64 real = clock_realtime_ns();
	u32 backwards = 0;

	for (u32 i = 0; i < 20000; i++) {
		nsec_t now = clock_ns();

		backwards += now < last;
		last = now;
	}
	EXPECT_EQ(backwards, 0);
	EXPECT(clock_realtime_ns() > real);
	EXPECT(clock_coarse_ns() <= clock_ns());
}

TEST(time_sleep, is_not_short_and_not_very_long)
{
	nsec_t begin = clock_ns(), took;

	wait_ms(20);
	took = clock_ns() - begin;
	EXPECT(took >= 20 * NSEC_PER_MSEC);
	EXPECT(took < 200 * NSEC_PER_MSEC);
}
