// SPDX-License-Identifier: GPL-2.0-only
/* Self tests of soft interrupts and work queues. */
#include <tern/base/lock.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/irq.h>
#include <tern/kernel/sched.h>
#include <tern/kernel/thread.h>
#include <tern/lib/ktest.h>

struct job {
	struct workitem work;
	atomic32 runs, inside, overlaps;
	u64 sleep_ms;
	struct latch *go;
};

static void job_fn(struct workitem *w)
{
	struct job *j = container_of(w, struct job, work);

	if (atomic_add_return(&j->inside, 1) != 1)
		atomic_inc(&j->overlaps);
	if (j->go)
		latch_wait(j->go);
	if (j->sleep_ms)
		sched_sleep_until(deadline_after(j->sleep_ms * NSEC_PER_MSEC));
	atomic_inc(&j->runs);
	atomic_dec(&j->inside);
}

static void job_init(struct job *j)
{
	*j = (struct job){ 0 };
	workitem_init(&j->work, job_fn);
}

TEST(irq_workq, queued_work_runs_once)
{
	static struct job j;

	job_init(&j);
	EXPECT(workpool_queue(workpool_system, &j.work));
	workitem_flush(&j.work);
	EXPECT_EQ(atomic_read(&j.runs), 1);
	EXPECT(workpool_queue(workpool_long, &j.work));
	workitem_flush(&j.work);
	EXPECT_EQ(atomic_read(&j.runs), 2);
}

TEST(irq_workq, blocked_work_does_not_stop_other_work)
{
	static struct job a, b;
	static struct latch go;

	job_init(&a);
	job_init(&b);
	latch_init(&go);
	a.go = &go;
	EXPECT(workpool_queue_on(workpool_system, &a.work, 0));
	sched_sleep_until(deadline_after(10 * NSEC_PER_MSEC));
	EXPECT(workpool_queue_on(workpool_system, &b.work, 0));
	workitem_flush(&b.work);
	EXPECT_EQ(atomic_read(&b.runs), 1);
	EXPECT_EQ(atomic_read(&a.runs), 0);
	latch_open_all(&go);
	workitem_flush(&a.work);
	EXPECT_EQ(atomic_read(&a.runs), 1);
}

TEST(irq_workq, one_item_is_never_run_twice_at_once)
{
	static struct job j;

	job_init(&j);
	j.sleep_ms = 1;
	for (u32 i = 0; i < 50; i++) {
		workpool_queue_on(workpool_system, &j.work, i % cpu_count_online);
		sched_sleep_until(deadline_after(300 * NSEC_PER_USEC));
	}
	workitem_cancel_sync(&j.work);
	EXPECT_EQ(atomic_read(&j.overlaps), 0);
	EXPECT_EQ(atomic_read(&j.inside), 0);
	EXPECT(atomic_read(&j.runs) > 1);
}

struct delayed_job {
	struct delayed_item d;
	atomic32 runs;
	nsec_t ran_at;
};

static void delayed_fn(struct workitem *w)
{
	struct delayed_job *j = container_of(w, struct delayed_job, d.work);

	j->ran_at = clock_ns();
	atomic_inc(&j->runs);
}

TEST(irq_workq, delayed_work_waits_and_can_be_cancelled)
{
	static struct delayed_job j;
	nsec_t begin = clock_ns();

	j = (struct delayed_job){ 0 };
	delayed_work_init(&j.d, delayed_fn);
	EXPECT(workpool_queue_delayed(workpool_system, &j.d, 10 * NSEC_PER_MSEC));
	EXPECT(!workpool_queue_delayed(workpool_system, &j.d, 10 * NSEC_PER_MSEC));
	EXPECT(workpool_rearm_delayed(workpool_system, &j.d, 20 * NSEC_PER_MSEC));
	sched_sleep_until(begin + 80 * NSEC_PER_MSEC);
	EXPECT_EQ(atomic_read(&j.runs), 1);
	EXPECT(j.ran_at >= begin + 20 * NSEC_PER_MSEC);
	EXPECT(workpool_queue_delayed(workpool_system, &j.d, 10 * NSEC_PER_MSEC));
	EXPECT(delayed_work_cancel_sync(&j.d));
	sched_sleep_until(deadline_after(20 * NSEC_PER_MSEC));
	EXPECT_EQ(atomic_read(&j.runs), 1);
}

TEST(irq_workq, a_pool_can_be_made_flushed_and_destroyed)
{
	struct workpool *p = workpool_create("ktest", true, 4);
	static struct job j[8];

	REQUIRE(p);
	for (u32 i = 0; i < 8; i++) {
		job_init(&j[i]);
		j[i].sleep_ms = 2;
		EXPECT(workpool_queue(p, &j[i].work));
	}
	workpool_flush(p);
	for (u32 i = 0; i < 8; i++)
		EXPECT_EQ(atomic_read(&j[i].runs), 1);
	workpool_destroy(p);
}

TEST(irq_softirq, counts_follow_the_vendors_layout)
{
	u32 count = preempt_count();

	bh_disable();
	EXPECT_EQ(preempt_count(), count + SOFTIRQ_DISABLE_OFFSET);
	EXPECT(in_interrupt());
	EXPECT(!in_softirq_serving());
	bh_enable();
	EXPECT_EQ(preempt_count(), count);
}
