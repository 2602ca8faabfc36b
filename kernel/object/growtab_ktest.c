// SPDX-License-Identifier: GPL-2.0-only
/* Self tests of growing hash tables. */
#include <tern/kernel/growtab.h>

#include <tern/kernel/clock.h>
#include <tern/kernel/thread.h>
#include <tern/lib/hash.h>
#include <tern/lib/ktest.h>
#include <tern/mm/slab.h>

#define THINGS	20000u
#define HEAD_BITS 4u

struct thing { struct growlink link; u32 key; };

static u32 hash_of(u32 key)
{
	return (u32)hash_u64(key, 32);
}

static void put_in(struct growtab *t, struct thing *x)
{
	struct spin *lock = growtab_lock(t, hash_of(x->key));

	spin_lock_bh(lock);
	growtab_add(t, &x->link, hash_of(x->key));
	spin_unlock_bh(lock);
}

static void take_out(struct growtab *t, struct thing *x)
{
	struct spin *lock = growtab_lock(t, hash_of(x->key));

	spin_lock_bh(lock);
	growtab_del(t, &x->link);
	spin_unlock_bh(lock);
}

static struct thing *look_up(const struct growtab *t, u32 key)
{
	struct thing *x;

	rcu_read_lock();
	growtab_foreach_rcu(x, t, hash_of(key), link)
		if (x->key == key)
			break;
	rcu_read_unlock();
	return x;
}

static struct thing *make_things(void)
{
	struct thing *x = kmem_alloc_large(THINGS * sizeof(*x), ALLOC_KERNEL | ALLOC_ZERO);

	for (u32 i = 0; x && i < THINGS; i++)
		x[i].key = i;
	return x;
}

static u32 found(const struct growtab *t, const struct thing *x, u32 n)
{
	u32 ok = 0;

	for (u32 i = 0; i < n; i++)
		ok += look_up(t, i) == &x[i];
	return ok;
}

TEST(object_growtab, finds_all_and_nothing_else_while_it_grows)
{
	struct thing *x = make_things();
	struct growtab t;
	u32 seen = 0;

	REQUIRE(x && !growtab_init(&t, HEAD_BITS, LOCKRANK_KLIST));
	EXPECT(!look_up(&t, 0));
	for (u32 i = 0; i < THINGS; i++)
		put_in(&t, &x[i]);
	EXPECT_EQ(found(&t, x, THINGS), THINGS);
	EXPECT(!look_up(&t, THINGS));
	workitem_flush(&t.work);
	EXPECT(2u << t.bits > THINGS);
	EXPECT_EQ(found(&t, x, THINGS), THINGS);
	EXPECT_EQ(growtab_count(&t), THINGS);
	for (u32 i = 0; i < growtab_heads(&t); i++) {
		struct thing *each;

		rcu_read_lock();
		growtab_foreach_of_head_rcu(each, &t, i, link)
			seen++;
		rcu_read_unlock();
	}
	EXPECT_EQ(seen, THINGS);
	for (u32 i = 0; i < THINGS; i += 2)
		take_out(&t, &x[i]);
	EXPECT_EQ(found(&t, x, THINGS), THINGS / 2);
	for (u32 i = 1; i < THINGS; i += 2)
		take_out(&t, &x[i]);
	EXPECT_EQ(growtab_count(&t), 0);
	growtab_fini(&t);
	kmem_free_large(x);
}

TEST(object_growtab, keeps_equal_hashes_apart_from_others)
{
	struct thing x[3] = { { .key = 7 }, { .key = 7 }, { .key = 8 } }, *each;
	struct growtab t;
	u32 n = 0;

	REQUIRE(!growtab_init(&t, 1, LOCKRANK_KLIST));
	for (u32 i = 0; i < 3; i++)
		put_in(&t, &x[i]);
	rcu_read_lock();
	growtab_foreach_rcu(each, &t, hash_of(7), link)
		n += each->key == 7 ? 1 : 100;
	rcu_read_unlock();
	EXPECT_EQ(n, 2);
	EXPECT(look_up(&t, 7) == &x[1]);
	for (u32 i = 0; i < 3; i++)
		take_out(&t, &x[i]);
	growtab_fini(&t);
}

struct reader { struct growtab *t; const struct thing *x; u32 n; u64 missed, rounds; };

static int read_always(void *arg)
{
	struct reader *r = arg;

	while (!kthread_must_stop()) {
		r->missed += r->n - found(r->t, r->x, r->n);
		r->rounds++;
		sched_sleep_until(clock_ns() + NSEC_PER_MSEC / 10);
	}
	return 0;
}

TEST(object_growtab, readers_miss_nothing_while_others_come_and_go)
{
	struct thing *x = make_things();
	struct growtab t;
	struct reader r = { .t = &t, .x = x, .n = 64 };
	struct thread *reader;

	REQUIRE(x && !growtab_init(&t, HEAD_BITS, LOCKRANK_KLIST));
	for (u32 i = 0; i < r.n; i++)
		put_in(&t, &x[i]);
	reader = kthread_start(read_always, &r, "ktest_growtab");
	REQUIRE(!IS_ERR(reader));
	for (u32 i = r.n; i < THINGS; i++)
		put_in(&t, &x[i]);
	for (u32 i = r.n; i < THINGS; i++)
		take_out(&t, &x[i]);
	while (!READ_ONCE(r.rounds))
		sched_sleep_until(clock_ns() + NSEC_PER_MSEC);
	EXPECT_EQ(kthread_end(reader), 0);
	EXPECT_EQ(r.missed, 0);
	for (u32 i = 0; i < r.n; i++)
		take_out(&t, &x[i]);
	growtab_fini(&t);
	kmem_free_large(x);
}
