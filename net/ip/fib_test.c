/* SPDX-License-Identifier: GPL-2.0-only */
#include "fib.h"

#include <stdlib.h>
#include <tern/base/err.h>
#include <tern/lib/ktest.h>

static long live;

static void *get(void *ctx, size_t size)
{
	live++;
	return calloc(1, size);
}

static void put(void *ctx, void *p, size_t size)
{
	live--;
	free(p);
}

static const struct lib_alloc heap = { get, put, NULL };

struct row { u32 key; u8 plen; bool used; };

static u64 next_random(u64 *state)
{
	*state = *state * 6364136223846793005UL + 1442695040888963407UL;
	return *state >> 33;
}

static int insert(struct fib *t, u32 key, u8 plen, u32 id)
{
	struct fibroute *r = get(NULL, sizeof(*r));
	int err;

	r->prefsrc = id;
	err = fib_insert(t, fib4_key(key), plen, r, &heap);
	if (err)
		put(NULL, r, sizeof(*r));
	return err;
}

static s64 slow_lookup(const struct row *rows, u32 n, u32 addr)
{
	s64 best = -1;

	for (u32 i = 0; i < n; i++) {
		u32 mask = rows[i].plen ? ~0u << (32 - rows[i].plen) : 0;

		if (rows[i].used && !((addr ^ rows[i].key) & mask) &&
		    (best < 0 || rows[i].plen > rows[best].plen))
			best = i;
	}
	return best;
}

TEST(net_fib, longest_prefix_wins_among_random_routes)
{
	static struct row rows[400];
	struct fib t = { 0 };
	u64 rng = 3;

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		u8 plen = (u8)(next_random(&rng) % 33);
		u32 mask = plen ? ~0u << (32 - plen) : 0;

		/* few distinct high bits, so that prefixes nest */
		rows[i].key = (u32)(next_random(&rng) & 0x0303ffff) & mask;
		rows[i].plen = plen;
		rows[i].used = !insert(&t, rows[i].key, plen, i);
	}
	for (u32 round = 0; round < 3; round++) {
		for (u32 k = 0; k < 3000; k++) {
			u32 addr = (u32)(next_random(&rng) & 0x0303ffff);
			const struct fibroute *r = fib_lookup(&t, fib4_key(addr), NULL, NULL);

			REQUIRE_EQ(r ? (s64)r->prefsrc : -1, slow_lookup(rows, ARRAY_SIZE(rows), addr));
		}
		for (u32 i = round; i < ARRAY_SIZE(rows); i += 3) {
			if (!rows[i].used)
				continue;
			REQUIRE_EQ(fib_delete(&t, fib4_key(rows[i].key), rows[i].plen, NULL, NULL, &heap), 0);
			rows[i].used = false;
		}
	}
	EXPECT(!t.root);
	EXPECT_EQ(t.nroutes, 0);
	EXPECT_EQ(live, 0);
}

TEST(net_fib, metric_orders_routes_of_a_prefix)
{
	struct fib t = { 0 };
	struct fibroute *a = get(NULL, sizeof(*a)), *b = get(NULL, sizeof(*b));

	a->metric = 20;
	b->metric = 10;
	EXPECT_EQ(fib_insert(&t, fib4_key(0), 0, a, &heap), 0);
	EXPECT_EQ(fib_insert(&t, fib4_key(0), 0, a, &heap), -EEXIST);
	EXPECT_EQ(fib_insert(&t, fib4_key(0), 0, b, &heap), 0);
	EXPECT(fib_lookup(&t, fib4_key(5), NULL, NULL) == b);
	EXPECT_EQ(fib_delete(&t, fib4_key(0), 0, NULL, NULL, &heap), 0);
	EXPECT(fib_lookup(&t, fib4_key(5), NULL, NULL) == a);
	EXPECT_EQ(fib_delete(&t, fib4_key(0), 0, NULL, NULL, &heap), 0);
	EXPECT_EQ(fib_delete(&t, fib4_key(0), 0, NULL, NULL, &heap), -ESRCH);
	EXPECT_EQ(live, 0);
}

struct listing { u32 n; u32 ids[400]; fibkey keys[400]; u8 plens[400]; };

static bool list_one(fibkey key, u8 plen, const struct fibroute *r, void *arg)
{
	struct listing *l = arg;

	l->keys[l->n] = key;
	l->plens[l->n] = plen;
	l->ids[l->n++] = r->prefsrc;
	return true;
}

TEST(net_fib, a_walk_goes_on_where_it_was)
{
	static struct listing all, rest;
	struct fib t = { 0 };
	u64 rng = 7;

	for (u32 i = 0; i < 300; i++) {
		u8 plen = (u8)(next_random(&rng) % 33);
		u32 mask = plen ? ~0u << (32 - plen) : 0;

		insert(&t, (u32)(next_random(&rng) & 0x0303ffff) & mask, plen, i);
	}
	all.n = 0;
	fib_walk(&t, list_one, &all);
	EXPECT_EQ(all.n, t.nroutes);
	for (u32 i = 0; i < all.n; i++) {
		rest.n = 0;
		fib_walk_from(&t, all.keys[i], all.plens[i], list_one, &rest);
		REQUIRE_EQ(rest.n, all.n - i);
		REQUIRE_EQ(rest.ids[0], all.ids[i]);
	}
	for (u32 i = 0; i < all.n; i++)
		REQUIRE_EQ(fib_delete(&t, all.keys[i], all.plens[i], NULL, NULL, &heap), 0);
	EXPECT_EQ(live, 0);
}
