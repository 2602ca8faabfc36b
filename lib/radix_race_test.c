/* SPDX-License-Identifier: GPL-2.0-only */
/* Readers without a lock against one writer; nodes are freed when all have ended. */
#include <tern/lib/idmap.h>
#include <tern/lib/radix.h>

#include "test_impl.h"

#include <pthread.h>

#define ROUNDS	60000
#define READERS	2

static struct radix tree;
static struct idmap map;
static volatile bool is_over;
static unsigned wrong[READERS];

/* Freed nodes wait here, chained through their first word. */
static void *waiting;

static void *race_get(void *ctx, size_t size)
{
	return malloc(size);
}

static void race_put(void *ctx, void *ptr, size_t size)
{
	*(void **)ptr = waiting;
	waiting = ptr;
}

static const struct lib_alloc race_alloc = { race_get, race_put, NULL };

static void *entry_of(u64 index)
{
	return (void *)(index * 16 + 16);
}

/* Close to zero, over several levels, now and then far. */
static u64 pick(u64 *rng)
{
	return test_random(rng) >> (44 + test_random(rng) % 20);
}

static bool is_sane(u64 *rng)
{
	u64 from = pick(rng), at = from, found[8];
	void *e = radix_lookup(&tree, from), *got[8];
	size_t n;

	if (e && e != entry_of(from))
		return false;
	e = radix_next(&tree, &at, U64_MAX);
	if (e && (at < from || e != entry_of(at)))
		return false;
	at = from;
	e = radix_next_tagged(&tree, &at, U64_MAX, 1);
	if (e && (at < from || e != entry_of(at)))
		return false;
	at = from;
	e = radix_prev(&tree, &at, 0);
	if (e && (at > from || e != entry_of(at)))
		return false;
	at = from;
	n = radix_gang(&tree, &at, U64_MAX, got, found, 8);
	for (size_t i = 0; i < n; i++) {
		if (got[i] != entry_of(found[i]) || found[i] < from || (i && found[i] <= found[i - 1]))
			return false;
	}
	e = idmap_find(&map, (u32)from);
	return !e || e == entry_of((u32)from);
}

static void *reader(void *arg)
{
	unsigned *count = arg;
	u64 rng = 1000 + (u64)(count - wrong);

	while (!is_over)
		*count += !is_sane(&rng);
	return NULL;
}

static void write_once(u64 *rng)
{
	u64 index = pick(rng);

	switch (test_random(rng) % 6) {
	case 0:
	case 1:
		(void)!radix_store(&tree, index, entry_of(index), NULL, &race_alloc);
		break;
	case 2:
		radix_erase(&tree, index, &race_alloc);
		break;
	case 3:
		radix_tag_set(&tree, index, 1);
		break;
	case 4:
		(void)!idmap_insert(&map, (u32)index, entry_of((u32)index), &race_alloc);
		break;
	default:
		idmap_remove(&map, (u32)index, &race_alloc);
	}
}

TEST(lib_radix, readers_without_lock_see_whole_entries)
{
	pthread_t threads[READERS];
	u64 rng = 77;

	is_over = false;
	for (int i = 0; i < READERS; i++) {
		wrong[i] = 0;
		REQUIRE(!pthread_create(&threads[i], NULL, reader, &wrong[i]));
	}
	for (int round = 0; round < ROUNDS; round++) {
		/* from time to time empty all, so that the tree loses its height */
		if (round % 5000 == 4999) {
			void *e;
			u64 at;

			radix_foreach(e, &tree, at, 0, U64_MAX)
				radix_erase(&tree, at, &race_alloc);
		}
		write_once(&rng);
	}
	is_over = true;
	for (int i = 0; i < READERS; i++) {
		pthread_join(threads[i], NULL);
		EXPECT_EQ(wrong[i], 0);
	}
	radix_destroy(&tree, &race_alloc);
	idmap_destroy(&map, &race_alloc);
	while (waiting) {
		void *p = waiting;

		waiting = *(void **)p;
		free(p);
	}
}
