// SPDX-License-Identifier: GPL-2.0-only
/* Self tests of the scheduler: shares, priorities, affinity, sleeping. */
#include "sched_impl.h"

#include <tern/base/lock.h>
#include <tern/lib/ktest.h>

/* A thread that burns CPU time until it is told to stop. */
struct burner {
	struct thread *thread;
	bool should_stop;
	struct latch ended;
};

static int burn(void *arg)
{
	struct burner *b = arg;

	while (!READ_ONCE(b->should_stop))
		cpu_relax();
	latch_open_all(&b->ended);
	return 0;
}

static bool burner_start(struct burner *b, u32 cpu, s32 nice)
{
	struct sched_params p = { .policy = SCHED_POLICY_NORMAL, .nice = nice };

	b->should_stop = false;
	latch_init(&b->ended);
	b->thread = kthread_create(burn, b, "burn%d", nice);
	if (IS_ERR(b->thread))
		return false;
	kthread_pin(b->thread, cpu);
	if (sched_set_params(b->thread, &p))
		return false;
	thread_wake_new(b->thread);
	return true;
}

static u64 burner_stop(struct burner *b)
{
	u64 ran = thread_sum_exec(b->thread);

	WRITE_ONCE(b->should_stop, true);
	latch_wait(&b->ended);
	thread_put(b->thread);
	return ran;
}

static void wait_ms(u64 ms)
{
	sched_sleep_until(deadline_after(ms * NSEC_PER_MSEC));
}

TEST(sched_fair, equal_threads_get_equal_shares)
{
	static struct burner b[3];
	u64 ran[3], least = U64_MAX, most = 0;

	for (u32 i = 0; i < 3; i++)
		REQUIRE(burner_start(&b[i], cpu_self(), 0));
	wait_ms(600);
	for (u32 i = 0; i < 3; i++) {
		ran[i] = thread_sum_exec(b[i].thread);
		least = min(least, ran[i]);
		most = max(most, ran[i]);
	}
	for (u32 i = 0; i < 3; i++)
		burner_stop(&b[i]);
	EXPECT(least > 150 * NSEC_PER_MSEC);
	EXPECT(most - least < 40 * NSEC_PER_MSEC);
}

TEST(sched_fair, weight_decides_the_share)
{
	static struct burner heavy, light;
	u64 a, b;

	REQUIRE(burner_start(&heavy, cpu_self(), 0));
	REQUIRE(burner_start(&light, cpu_self(), 5));
	wait_ms(800);
	a = thread_sum_exec(heavy.thread);
	b = thread_sum_exec(light.thread);
	burner_stop(&heavy);
	burner_stop(&light);
	/* 1.25^5 is a little over 3. */
	EXPECT(a > b * 2);
	EXPECT(a < b * 4);
}

TEST(sched_rt, fifo_runs_before_all_others)
{
	struct sched_params fifo = { .policy = SCHED_POLICY_FIFO, .priority = 10 }, old;
	static struct burner b;
	u32 prompt = 0;

	REQUIRE(burner_start(&b, cpu_self(), 0));
	sched_get_params(thread_self(), &old);
	EXPECT_EQ(sched_set_params(thread_self(), &fifo), 0);
	for (u32 i = 0; i < 20; i++) {
		nsec_t due = deadline_after(2 * NSEC_PER_MSEC);

		sched_sleep_until(due);
		prompt += clock_ns() - due < NSEC_PER_MSEC;
	}
	/* A wake-up preempts the burner at once; a busy host may delay some. */
	EXPECT(prompt >= 10);
	EXPECT_EQ(sched_set_params(thread_self(), &old), 0);
	burner_stop(&b);
}

TEST(sched_deadline, budget_is_enforced)
{
	struct sched_params dl = { .policy = SCHED_POLICY_DEADLINE, .runtime = 10 * NSEC_PER_MSEC,
				   .deadline = 100 * NSEC_PER_MSEC, .period = 100 * NSEC_PER_MSEC };
	static struct burner b;
	u64 ran;

	REQUIRE(burner_start(&b, cpu_self(), 0));
	EXPECT_EQ(sched_set_params(b.thread, &dl), 0);
	ran = thread_sum_exec(b.thread);
	wait_ms(500);
	ran = thread_sum_exec(b.thread) - ran;
	EXPECT(ran > 30 * NSEC_PER_MSEC);
	EXPECT(ran < 100 * NSEC_PER_MSEC);
	burner_stop(&b);
	dl.runtime = dl.period;
	for (u32 i = 0; i < cpu_count_online; i++)
		if (i == 0)
			EXPECT_EQ(sched_set_params(thread_self(), &dl), cpu_count_online == 1 ? -EBUSY : 0);
	dl.policy = SCHED_POLICY_NORMAL;
	EXPECT_EQ(sched_set_params(thread_self(), &dl), 0);
}

TEST(sched_affinity, a_thread_goes_where_it_must)
{
	static u64 mask[CPUSET_WORDS], all[CPUSET_WORDS];

	sched_get_affinity(thread_self(), all);
	for_each_online_cpu(cpu) {
		bitmap_zero(mask, CPUSET_BITS);
		bitmap_set_bit(mask, cpu);
		EXPECT_EQ(sched_set_affinity(thread_self(), mask), 0);
		EXPECT_EQ(cpu_self(), cpu);
	}
	bitmap_zero(mask, CPUSET_BITS);
	EXPECT_EQ(sched_set_affinity(thread_self(), mask), -EINVAL);
	EXPECT_EQ(sched_set_affinity(thread_self(), all), 0);
}

TEST(sched_balance, burners_spread_over_all_cpus)
{
	static struct burner b[8];
	u32 n = min_t(u32, cpu_count_online, 8);
	u64 total = 0;

	static u64 all[CPUSET_WORDS];

	sched_get_affinity(thread_self(), all);
	for (u32 i = 0; i < n; i++) {
		REQUIRE(burner_start(&b[i], cpu_self(), 0));
		EXPECT_EQ(sched_set_affinity(b[i].thread, all), 0);
	}
	wait_ms(500);
	for (u32 i = 0; i < n; i++)
		total += burner_stop(&b[i]);
	/* Host CPUs may be fewer than ours: half of the ideal shows that they spread. */
	EXPECT(total > n * 150 * NSEC_PER_MSEC);
}
