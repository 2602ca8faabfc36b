/* SPDX-License-Identifier: GPL-2.0-only */
#include <tern/lib/radix.h>

#include "test_impl.h"

#define COUNT	400

/* The model: a small array of (index, entry, tags), searched linearly. */
struct model {
	u64 index;
	void *entry;
	unsigned tags;
};

static struct model model[COUNT];

/* Indices that lie close, on node borders, and at the very top. */
static void model_init(u64 *rng)
{
	for (unsigned i = 0; i < COUNT; i++) {
		u64 v = i;

		if (i >= 150)
			v = (i - 150) * 64 + 63;
		if (i >= 250)
			v = test_random(rng) >> (test_random(rng) % 64);
		if (i >= 390)
			v = U64_MAX - (COUNT - 1 - i);
		for (unsigned k = 0; k < i; k++) {
			if (model[k].index == v) {
				v++;
				k = -1U;
			}
		}
		model[i] = (struct model){ .index = v };
	}
}

static const struct model *model_next(u64 from, u64 last, unsigned tag)
{
	const struct model *best = NULL;

	for (unsigned i = 0; i < COUNT; i++) {
		const struct model *m = &model[i];

		if (m->entry && m->index >= from && m->index <= last &&
		    (tag == 3 || m->tags >> tag & 1) && (!best || m->index < best->index))
			best = m;
	}
	return best;
}

static const struct model *model_prev(u64 from, u64 first)
{
	const struct model *best = NULL;

	for (unsigned i = 0; i < COUNT; i++) {
		const struct model *m = &model[i];

		if (m->entry && m->index <= from && m->index >= first &&
		    (!best || m->index > best->index))
			best = m;
	}
	return best;
}

static u64 model_hole(u64 from, u64 last)
{
	while (from <= last) {
		const struct model *m = model_next(from, from, 3);

		if (!m)
			return from;
		if (from++ == U64_MAX)
			break;
	}
	return from;
}

static bool agrees(const struct radix *t, u64 from, u64 last)
{
	u64 at = from;
	const struct model *m = model_next(from, last, 3);

	if (radix_next(t, &at, last) != (m ? m->entry : NULL) || at != (m ? m->index : from))
		return false;
	for (unsigned tag = 0; tag < RADIX_TAGS; tag++) {
		at = from;
		m = model_next(from, last, tag);
		if (radix_next_tagged(t, &at, last, tag) != (m ? m->entry : NULL) ||
		    at != (m ? m->index : from))
			return false;
		if (radix_has_tag(t, tag) != (model_next(0, U64_MAX, tag) != NULL))
			return false;
	}
	at = last;
	m = model_prev(last, from);
	if (radix_prev(t, &at, from) != (m ? m->entry : NULL) || at != (m ? m->index : last))
		return false;
	return radix_next_hole(t, from, last) == model_hole(from, last);
}

static void check_gang(const struct radix *t)
{
	void *got[7];
	u64 at[7], index = 0, from = 0;
	size_t n, total = 0, want = 0;

	do {
		n = radix_gang(t, &index, U64_MAX, got, at, 7);
		for (size_t i = 0; i < n; i++) {
			const struct model *m = model_next(from, U64_MAX, 3);

			REQUIRE(m && m->entry == got[i] && m->index == at[i]);
			from = at[i] + 1;
		}
		total += n;
	} while (n == 7 && index);
	for (unsigned i = 0; i < COUNT; i++)
		want += model[i].entry != NULL;
	EXPECT_EQ(total, want);
}

static void one_step(struct radix *t, const struct lib_alloc *alloc, u64 *rng)
{
	struct model *m = &model[test_random(rng) % COUNT];
	void *entry = (void *)((test_random(rng) & ~15UL) | 16), *old = NULL;
	unsigned tag = test_random(rng) % RADIX_TAGS;

	switch (test_random(rng) % 8) {
	case 0:
	case 1:
		REQUIRE_EQ(radix_store(t, m->index, entry, &old, alloc), 0);
		EXPECT(old == m->entry);
		m->entry = entry;
		break;
	case 2:
		EXPECT_EQ(radix_insert(t, m->index, entry, alloc), m->entry ? -EEXIST : 0);
		if (!m->entry)
			m->entry = entry;
		break;
	case 3:
	case 4:
		EXPECT(radix_erase(t, m->index, alloc) == m->entry);
		m->entry = NULL;
		m->tags = 0;
		break;
	case 5:
	case 6:
		radix_tag_set(t, m->index, tag);
		if (m->entry)
			m->tags |= 1U << tag;
		break;
	default:
		radix_tag_clear(t, m->index, tag);
		m->tags &= ~(1U << tag);
	}
	EXPECT(radix_lookup(t, m->index) == m->entry);
	for (tag = 0; tag < RADIX_TAGS; tag++)
		EXPECT_EQ(radix_tag_get(t, m->index, tag), m->tags >> tag & 1);
}

TEST(lib_radix, agrees_with_a_model)
{
	struct radix t = RADIX_INIT;
	struct test_heap heap;
	u64 rng = 11;

	test_heap_init(&heap);
	model_init(&rng);
	for (int round = 0; round < 20000; round++) {
		one_step(&t, &heap.alloc, &rng);
		if (round % 8 == 0) {
			u64 a = model[test_random(&rng) % COUNT].index + test_random(&rng) % 3 - 1;
			u64 b = model[test_random(&rng) % COUNT].index;

			REQUIRE(agrees(&t, min(a, b), max(a, b)));
		}
		if (round % 512 == 0)
			check_gang(&t);
	}
	for (unsigned i = 0; i < COUNT; i++)
		EXPECT(radix_erase(&t, model[i].index, &heap.alloc) == model[i].entry);
	EXPECT(radix_is_empty(&t));
	EXPECT_EQ(heap.live, 0);
}

TEST(lib_radix, failed_stores_change_nothing)
{
	struct radix t = RADIX_INIT;
	struct test_heap heap;
	u64 rng = 3;

	test_heap_init(&heap);
	model_init(&rng);
	for (int round = 0; round < 3000; round++) {
		struct model *m = &model[test_random(&rng) % COUNT];
		void *entry = (void *)(u64)(16 + 16 * round), *old = NULL;
		int err;

		heap.left = test_random(&rng) % 4;
		err = radix_store(&t, m->index, round % 3 ? entry : NULL, &old, &heap.alloc);
		EXPECT(!err || (err == -ENOMEM && round % 3));
		if (!err) {
			EXPECT(old == m->entry);
			m->entry = round % 3 ? entry : NULL;
		}
		EXPECT(radix_lookup(&t, m->index) == m->entry);
	}
	REQUIRE(agrees(&t, 0, U64_MAX));
	radix_destroy(&t, &heap.alloc);
	EXPECT_EQ(heap.live, 0);
	EXPECT(radix_is_empty(&t));
}

TEST(lib_radix, preload_covers_the_worst_case)
{
	struct test_heap heap;

	test_heap_init(&heap);
	for (unsigned bits = 0; bits <= 64; bits++) {
		u64 index = bits ? ~0UL >> (64 - bits) : 0;
		struct radix t = RADIX_INIT;
		struct radix_preload p;
		void *old;

		REQUIRE_EQ(radix_store(&t, 0, &t, NULL, &heap.alloc), 0);
		REQUIRE_EQ(radix_preload(&p, index, &heap.alloc), 0);
		heap.left = 0;
		EXPECT_EQ(radix_store(&t, index, &heap, &old, &p.alloc), 0);
		heap.left = -1;
		radix_preload_drop(&p);
		EXPECT(radix_lookup(&t, index) == &heap);
		radix_destroy(&t, &heap.alloc);
	}
	heap.left = 5;
	struct radix_preload p;

	EXPECT_EQ(radix_preload(&p, U64_MAX, &heap.alloc), -ENOMEM);
	EXPECT_EQ(heap.live, 0);
}

TEST(lib_radix, refuses_marked_entries)
{
	struct radix t = RADIX_INIT;
	struct test_heap heap;

	test_heap_init(&heap);
	EXPECT_EQ(radix_store(&t, 0, (void *)6UL, NULL, &heap.alloc), -EINVAL);
	EXPECT_EQ(radix_store(&t, 0, (void *)5UL, NULL, &heap.alloc), 0);
	EXPECT_EQ(heap.live, 0);
}
