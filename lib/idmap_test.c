/* SPDX-License-Identifier: GPL-2.0-only */
#include <tern/lib/idmap.h>

#include "test_impl.h"

#define SPAN	5000

static void *model[SPAN];
static bool is_taken[SPAN];

static int model_free(u32 min, u32 max)
{
	for (u32 i = min; i <= max; i++) {
		if (!is_taken[i])
			return (int)i;
	}
	return -ENOSPC;
}

static void one_step(struct idmap *m, const struct lib_alloc *alloc, u64 *rng)
{
	u32 id = test_random(rng) % SPAN, other = test_random(rng) % SPAN;
	void *ptr = test_random(rng) % 8 ? (void *)(test_random(rng) | 1) : NULL;
	int got, want;

	switch (test_random(rng) % 6) {
	case 0:
	case 1:
		want = model_free(min(id, other), max(id, other));
		got = idmap_alloc(m, ptr, min(id, other), max(id, other), alloc);
		REQUIRE_EQ(got, want);
		if (got < 0)
			return;
		id = (u32)got;
		break;
	case 2:
		got = idmap_insert(m, id, ptr, alloc);
		REQUIRE_EQ(got, is_taken[id] ? -EEXIST : 0);
		if (got)
			return;
		break;
	case 3:
		REQUIRE_EQ(idmap_replace(m, id, ptr), is_taken[id] ? 0 : -ENOENT);
		if (!is_taken[id])
			return;
		break;
	default:
		REQUIRE(idmap_remove(m, id, alloc) == model[id]);
		is_taken[id] = false;
		model[id] = NULL;
		return;
	}
	is_taken[id] = true;
	model[id] = ptr;
}

static void check_all(struct idmap *m)
{
	u32 count = 0, want = 0, id;
	void *ptr;

	idmap_foreach(ptr, m, id) {
		REQUIRE(id < SPAN && model[id] == ptr);
		count++;
	}
	for (u32 i = 0; i < SPAN; i++) {
		want += model[i] != NULL;
		REQUIRE(idmap_find(m, i) == model[i]);
	}
	EXPECT_EQ(count, want);
}

TEST(lib_idmap, agrees_with_a_model)
{
	struct idmap m = IDMAP_INIT;
	struct test_heap heap;
	u64 rng = 99;

	test_heap_init(&heap);
	memset(model, 0, sizeof(model));
	memset(is_taken, 0, sizeof(is_taken));
	for (int round = 0; round < 20000; round++) {
		one_step(&m, &heap.alloc, &rng);
		if (round % 1000 == 0)
			check_all(&m);
	}
	for (u32 i = 0; i < SPAN; i++)
		idmap_remove(&m, i, &heap.alloc);
	EXPECT_EQ(m.count, 0);
	EXPECT_EQ(heap.live, 0);
}

TEST(lib_idmap, fills_densely_then_reports_full)
{
	struct idmap m = IDMAP_INIT;
	struct test_heap heap;

	test_heap_init(&heap);
	for (int i = 0; i < 10000; i++)
		REQUIRE_EQ(idmap_alloc(&m, &m, 0, 9999, &heap.alloc), i);
	EXPECT_EQ(idmap_alloc(&m, &m, 0, 9999, &heap.alloc), -ENOSPC);
	idmap_remove(&m, 4242, &heap.alloc);
	idmap_remove(&m, 77, &heap.alloc);
	EXPECT_EQ(idmap_alloc(&m, &m, 100, 9999, &heap.alloc), 4242);
	EXPECT_EQ(idmap_alloc(&m, &m, 0, 9999, &heap.alloc), 77);
	idmap_destroy(&m, &heap.alloc);
	EXPECT_EQ(heap.live, 0);
	EXPECT(!idmap_find(&m, 5));
}

TEST(lib_idmap, cyclic_wraps_and_skips_used)
{
	struct idmap m = IDMAP_INIT;
	struct test_heap heap;
	u32 next = 0;

	test_heap_init(&heap);
	for (int i = 1; i <= 10; i++)
		EXPECT_EQ(idmap_alloc_cyclic(&m, &m, 1, 10, &next, &heap.alloc), i);
	EXPECT_EQ(idmap_alloc_cyclic(&m, &m, 1, 10, &next, &heap.alloc), -ENOSPC);
	idmap_remove(&m, 3, &heap.alloc);
	idmap_remove(&m, 7, &heap.alloc);
	next = 5;
	EXPECT_EQ(idmap_alloc_cyclic(&m, &m, 1, 10, &next, &heap.alloc), 7);
	EXPECT_EQ(idmap_alloc_cyclic(&m, &m, 1, 10, &next, &heap.alloc), 3);
	idmap_destroy(&m, &heap.alloc);
}

TEST(lib_idmap, limits_and_lack_of_memory)
{
	struct idmap m = IDMAP_INIT;
	struct test_heap heap;

	test_heap_init(&heap);
	EXPECT_EQ(idmap_alloc(&m, &m, 5, 4, &heap.alloc), -EINVAL);
	EXPECT_EQ(idmap_insert(&m, IDMAP_MAX + 1, &m, &heap.alloc), -EINVAL);
	for (long left = 0; left < 6; left++) {
		heap.left = left;
		EXPECT_EQ(idmap_insert(&m, IDMAP_MAX, &m, &heap.alloc), -ENOMEM);
		EXPECT_EQ(heap.live, 0);
	}
	heap.left = -1;
	EXPECT_EQ(idmap_insert(&m, 0, &m, &heap.alloc), 0);
	heap.left = 7;
	EXPECT_EQ(idmap_insert(&m, IDMAP_MAX, &m, &heap.alloc), -ENOMEM);
	EXPECT(idmap_find(&m, 0) == &m);
	heap.left = -1;
	EXPECT_EQ(idmap_insert(&m, IDMAP_MAX, &heap, &heap.alloc), 0);
	EXPECT(idmap_find(&m, IDMAP_MAX) == &heap);
	EXPECT_EQ(idmap_alloc(&m, &m, IDMAP_MAX, IDMAP_MAX, &heap.alloc), -ENOSPC);
	idmap_destroy(&m, &heap.alloc);
	EXPECT_EQ(heap.live, 0);
}
