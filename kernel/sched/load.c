// SPDX-License-Identifier: GPL-2.0-only
/*
 * Load averages: every five seconds each average moves towards the number of threads
 * that run, wait to run or sleep uninterruptibly. No tick comes while all CPUs idle;
 * the next tick or reader makes up for the intervals missed, in which nothing ran.
 */
#include "sched_impl.h"

#include <tern/lib/seqbuf.h>

#define SHIFT		11
#define ONE		(1UL << SHIFT)
#define INTERVAL	(5 * NSEC_PER_SEC + 4 * NSEC_PER_MSEC)
#define MISSED_MAX	2000	/* intervals after which all averages are 0 */

/* exp(-5 s / 1, 5, 15 min) in fixed point */
static const u64 decay[3] = { 1884, 2014, 2037 };

static struct spin load_lock = SPIN_INIT(LOCKRANK_CLOCK);
static u64 averages[3];		/* load_lock */
static nsec_t next_at = INTERVAL;	/* load_lock to change */

static u64 count_active(void)
{
	s64 n = 0;

	for_each_online_cpu(cpu)
		n += READ_ONCE(cpu_rq(cpu)->nr_running) + READ_ONCE(cpu_rq(cpu)->nr_uninterruptible);
	return n > 0 ? (u64)n : 0;
}

static u64 step(u64 avg, u64 k, u64 active)
{
	u64 v = avg * k + active * (ONE - k);

	if (active >= avg)
		v += ONE - 1;
	return v >> SHIFT;
}

static void advance(nsec_t now)
{
	u64 active = count_active() << SHIFT, missed;

	missed = (now - next_at) / INTERVAL;
	next_at += (missed + 1) * INTERVAL;
	missed = min_t(u64, missed, MISSED_MAX);
	for (u32 i = 0; i < 3; i++) {
		for (u64 k = 0; k < missed; k++)
			averages[i] = step(averages[i], decay[i], 0);
		averages[i] = step(averages[i], decay[i], active);
	}
}

void load_tick(nsec_t now)
{
	if (likely(now < READ_ONCE(next_at)))
		return;
	if (!spin_trylock(&load_lock))
		return;
	if (now >= next_at)
		advance(now);
	spin_unlock(&load_lock);
}

void sched_loadavg(u64 avg[3])
{
	u64 flags = irq_save();

	load_tick(clock_ns());
	irq_restore(flags);
	for (u32 i = 0; i < 3; i++)
		avg[i] = READ_ONCE(averages[i]);
}

u32 sched_nr_running(void)
{
	u32 n = 0;

	for_each_online_cpu(cpu)
		n += READ_ONCE(cpu_rq(cpu)->nr_running);
	return n;
}

u32 sched_nr_iowait(void)
{
	s64 n = 0;

	for_each_online_cpu(cpu)
		n += READ_ONCE(cpu_rq(cpu)->nr_iowait);
	return n > 0 ? (u32)n : 0;
}

u64 sched_nr_switches(void)
{
	u64 n = 0;

	for_each_online_cpu(cpu)
		n += READ_ONCE(cpu_rq(cpu)->nr_switches);
	return n;
}

void sched_print_loadavg(struct seqbuf *sb, u64 nthreads, s32 last_pid)
{
	u64 avg[3];

	sched_loadavg(avg);
	for (u32 i = 0; i < 3; i++) {
		u64 v = avg[i] + ONE / 200;

		seqbuf_printf(sb, "%lu.%02lu ", v >> SHIFT, (v & (ONE - 1)) * 100 >> SHIFT);
	}
	seqbuf_printf(sb, "%u/%lu %d\n", sched_nr_running(), nthreads, last_pid);
}
