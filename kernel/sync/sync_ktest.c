// SPDX-License-Identifier: GPL-2.0-only
/* Self tests of locks, wait queues and RCU, with several threads each. */
#include <tern/base/lock.h>
#include <tern/base/rcu.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/thread.h>
#include <tern/lib/ktest.h>
#include <tern/mm/slab.h>

#define THREADS	4
#define ROUNDS	2000

/* Threads that work on one shared thing and say when they are done. */
struct crew {
	int (*fn)(void *arg);
	struct kmutex mutex;
	struct rwsem rwsem;
	struct spin spin;
	struct latch latch;
	struct waitq waitq;
	u64 plain, other, wrong;
	atomic32 left;
	struct latch done;
};

static void crew_init(struct crew *c)
{
	*c = (struct crew){ 0 };
	kmutex_init(&c->mutex, LOCKRANK_NONE);
	rwsem_init(&c->rwsem, LOCKRANK_NONE);
	spin_init(&c->spin, LOCKRANK_NONE);
	latch_init(&c->latch);
	waitq_init(&c->waitq);
	latch_init(&c->done);
}

static void crew_end(struct crew *c)
{
	if (atomic_dec_and_test(&c->left))
		latch_open_all(&c->done);
}

/* Returns the number of threads that could be started. */
static u32 crew_run(struct crew *c, int (*fn)(void *arg), u32 n)
{
	u32 started = 0;

	atomic_set(&c->left, 1);
	for (u32 i = 0; i < n; i++) {
		struct thread *t;

		atomic_inc(&c->left);
		t = kthread_start(fn, c, "ktest/%u", i);
		if (IS_ERR(t)) {
			atomic_dec(&c->left);
			continue;
		}
		thread_put(t);
		started++;
	}
	return started;
}

static bool crew_wait(struct crew *c)
{
	crew_end(c);
	return latch_wait_until(&c->done, deadline_after(60 * NSEC_PER_SEC)) == 0;
}

static int mutex_worker(void *arg)
{
	struct crew *c = arg;

	for (u32 i = 0; i < ROUNDS; i++) {
		kmutex_lock(&c->mutex);
		c->wrong += c->plain != c->other;
		c->plain++;
		if (i % 64 == 0)
			sched_sleep_until(deadline_after(10 * NSEC_PER_USEC));
		c->other++;
		kmutex_unlock(&c->mutex);
	}
	crew_end(c);
	return 0;
}

TEST(sync_mutex, excludes_others_while_the_owner_sleeps)
{
	static struct crew c;

	crew_init(&c);
	REQUIRE_EQ(crew_run(&c, mutex_worker, THREADS), THREADS);
	REQUIRE(crew_wait(&c));
	EXPECT_EQ(c.plain, THREADS * ROUNDS);
	EXPECT_EQ(c.wrong, 0);
	EXPECT(!kmutex_is_locked(&c.mutex));
	EXPECT(kmutex_trylock(&c.mutex));
	EXPECT(kmutex_is_mine(&c.mutex));
	EXPECT(!kmutex_trylock(&c.mutex));
	kmutex_unlock(&c.mutex);
}

static int rwsem_worker(void *arg)
{
	struct crew *c = arg;

	for (u32 i = 0; i < ROUNDS; i++) {
		if (i % 4) {
			rwsem_read_lock(&c->rwsem);
			if (READ_ONCE(c->plain) != READ_ONCE(c->other))
				__atomic_fetch_add(&c->wrong, 1, __ATOMIC_RELAXED);
			if (i % 128 == 1)
				sched_yield_cpu();
			rwsem_read_unlock(&c->rwsem);
			continue;
		}
		rwsem_write_lock(&c->rwsem);
		c->plain++;
		if (i % 64 == 0)
			sched_sleep_until(deadline_after(10 * NSEC_PER_USEC));
		c->other++;
		if (i % 8)
			rwsem_write_unlock(&c->rwsem);
		else
			rwsem_downgrade(&c->rwsem);
		if (i % 8 == 0)
			rwsem_read_unlock(&c->rwsem);
	}
	crew_end(c);
	return 0;
}

TEST(sync_rwsem, readers_never_see_half_a_write)
{
	static struct crew c;

	crew_init(&c);
	REQUIRE_EQ(crew_run(&c, rwsem_worker, THREADS), THREADS);
	REQUIRE(crew_wait(&c));
	EXPECT_EQ(c.plain, THREADS * ROUNDS / 4);
	EXPECT_EQ(c.wrong, 0);
	EXPECT(!rwsem_is_locked_any(&c.rwsem));
	EXPECT(rwsem_read_trylock(&c.rwsem));
	EXPECT(rwsem_read_trylock(&c.rwsem));
	EXPECT(!rwsem_write_trylock(&c.rwsem));
	rwsem_read_unlock(&c.rwsem);
	rwsem_read_unlock(&c.rwsem);
	EXPECT(rwsem_write_trylock(&c.rwsem));
	EXPECT(!rwsem_read_trylock(&c.rwsem));
	rwsem_write_unlock(&c.rwsem);
}

static int spin_worker(void *arg)
{
	struct crew *c = arg;

	for (u32 i = 0; i < ROUNDS * 10; i++) {
		spin_lock(&c->spin);
		c->plain++;
		spin_unlock(&c->spin);
	}
	crew_end(c);
	return 0;
}

TEST(sync_spin, counts_are_exact)
{
	static struct crew c;

	crew_init(&c);
	REQUIRE_EQ(crew_run(&c, spin_worker, THREADS), THREADS);
	REQUIRE(crew_wait(&c));
	EXPECT_EQ(c.plain, THREADS * ROUNDS * 10);
	EXPECT(spin_trylock(&c.spin));
	EXPECT(spin_is_locked(&c.spin));
	spin_unlock(&c.spin);
}

static int ping_worker(void *arg)
{
	struct crew *c = arg;

	for (u32 i = 0; i < ROUNDS; i++) {
		waitq_wait(&c->waitq, READ_ONCE(c->plain) % 2 == 1);
		WRITE_ONCE(c->plain, c->plain + 1);
		waitq_wake_all(&c->waitq);
	}
	crew_end(c);
	return 0;
}

TEST(sync_waitq, no_wakeup_is_lost)
{
	static struct crew c;
	u32 rounds = 0;

	crew_init(&c);
	REQUIRE_EQ(crew_run(&c, ping_worker, 1), 1);
	for (u32 i = 0; i < ROUNDS; i++) {
		WRITE_ONCE(c.plain, c.plain + 1);
		waitq_wake_all(&c.waitq);
		if (waitq_wait_common(&c.waitq, READ_ONCE(c.plain) % 2 == 0, THREAD_UNINTERRUPTIBLE,
				      false, deadline_after(20 * NSEC_PER_SEC)))
			break;
		rounds++;
	}
	EXPECT_EQ(rounds, ROUNDS);
	EXPECT(crew_wait(&c));
}

static int latch_worker(void *arg)
{
	struct crew *c = arg;

	latch_wait(&c->latch);
	__atomic_fetch_add(&c->plain, 1, __ATOMIC_SEQ_CST);
	crew_end(c);
	return 0;
}

TEST(sync_latch, one_passes_for_each_opening)
{
	static struct crew c;

	crew_init(&c);
	REQUIRE_EQ(crew_run(&c, latch_worker, 3), 3);
	sched_sleep_until(deadline_after(20 * NSEC_PER_MSEC));
	EXPECT_EQ(c.plain, 0);
	latch_open_one(&c.latch);
	sched_sleep_until(deadline_after(50 * NSEC_PER_MSEC));
	EXPECT_EQ(READ_ONCE(c.plain), 1);
	latch_open_all(&c.latch);
	EXPECT(crew_wait(&c));
	EXPECT_EQ(c.plain, 3);
	latch_init(&c.latch);
	EXPECT_EQ(latch_wait_until(&c.latch, deadline_after(5 * NSEC_PER_MSEC)), -ETIMEDOUT);
}

/* ---- RCU ---- */

struct rcu_thing {
	u64 magic;
	struct rcu_job job;
};
#define ALIVE	0x600d600d600d600dUL
#define DEAD	0x0bad0bad0bad0badUL

static struct rcu_thing *rcu_shared;
static bool rcu_stop;
static u64 rcu_freed;

static int rcu_reader(void *arg)
{
	struct crew *c = arg;

	while (!READ_ONCE(rcu_stop)) {
		for (u32 i = 0; i < 100; i++) {
			rcu_read_lock();
			if (rcu_load(rcu_shared)->magic != ALIVE)
				__atomic_fetch_add(&c->wrong, 1, __ATOMIC_RELAXED);
			rcu_read_unlock();
		}
		sched_yield_cpu();
	}
	crew_end(c);
	return 0;
}

static void rcu_free(struct rcu_job *job)
{
	struct rcu_thing *t = container_of(job, struct rcu_thing, job);

	t->magic = DEAD;
	kmem_free(t);
	__atomic_fetch_add(&rcu_freed, 1, __ATOMIC_RELAXED);
}

static struct rcu_thing *thing_make(void)
{
	struct rcu_thing *t = kmem_alloc(sizeof(*t), ALLOC_KERNEL);

	if (t)
		t->magic = ALIVE;
	return t;
}

TEST(sync_rcu, readers_never_see_freed_memory)
{
	static struct crew c;
	u64 deferred = 0;

	crew_init(&c);
	rcu_stop = false;
	rcu_freed = 0;
	rcu_shared = thing_make();
	REQUIRE(rcu_shared);
	REQUIRE_EQ(crew_run(&c, rcu_reader, THREADS), THREADS);
	for (u32 i = 0; i < ROUNDS; i++) {
		struct rcu_thing *old = rcu_shared, *new = thing_make();

		if (!new)
			break;
		rcu_publish(rcu_shared, new);
		rcu_defer(&old->job, rcu_free);
		deferred++;
		if (i % 100 == 0)
			rcu_wait();
	}
	rcu_flush();
	EXPECT_EQ(READ_ONCE(rcu_freed), deferred);
	WRITE_ONCE(rcu_stop, true);
	EXPECT(crew_wait(&c));
	EXPECT_EQ(c.wrong, 0);
	kmem_free(rcu_shared);
}

TEST(sync_rcu, wait_ends_soon)
{
	nsec_t begin = clock_ns();

	for (u32 i = 0; i < 20; i++)
		rcu_wait();
	EXPECT(clock_ns() - begin < 2 * NSEC_PER_SEC);
}
