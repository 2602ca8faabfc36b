/* SPDX-License-Identifier: GPL-2.0-only */
#include <tern/lib/bitmap.h>

#include "test_impl.h"

#define N	333

static bool model[N];

static void load(u64 *map)
{
	bitmap_fill(map, N);
	for (size_t i = 0; i < N; i++)
		bitmap_assign_bit(map, i, model[i]);
}

static size_t model_find(size_t from, bool want)
{
	while (from < N && model[from] != want)
		from++;
	return from;
}

static size_t model_run(size_t from, size_t len, size_t align)
{
	for (size_t s = ALIGN_UP(from, align); s + len <= N; s += align) {
		size_t i = 0;

		while (i < len && !model[s + i])
			i++;
		if (i == len)
			return s;
	}
	return N;
}

TEST(lib_bitmap, ranges_and_searches_agree_with_a_model)
{
	BITMAP(map, N);
	u64 rng = 21;

	for (int round = 0; round < 2000; round++) {
		size_t a = test_random(&rng) % N, len = test_random(&rng) % (N - a + 1), w = 0;
		bool v = test_random(&rng) % 2;
		size_t from = test_random(&rng) % (N + 4), last = N;
		size_t want = 1 + test_random(&rng) % 40, align = 1UL << (test_random(&rng) % 5);

		load(map);
		if (v)
			bitmap_set(map, a, len);
		else
			bitmap_clear(map, a, len);
		for (size_t i = 0; i < N; i++) {
			if (i >= a && i < a + len)
				model[i] = v;
			REQUIRE(bitmap_test(map, i) == model[i]);
			w += model[i];
			last = model[i] ? i : last;
		}
		EXPECT_EQ(bitmap_weight(map, N), w);
		EXPECT_EQ(bitmap_find_next(map, N, from), from < N ? model_find(from, true) : N);
		EXPECT_EQ(bitmap_find_next_zero(map, N, from), from < N ? model_find(from, false) : N);
		EXPECT_EQ(bitmap_find_last(map, N), last);
		EXPECT_EQ(bitmap_find_zero_run(map, N, from, want, align), model_run(from, want, align));
		EXPECT_EQ(bitmap_is_empty(map, N), !w);
		EXPECT_EQ(bitmap_is_full(map, N), w == N);
	}
}

TEST(lib_bitmap, combinations)
{
	BITMAP(a, 100) = { 0xf0, 0xf };
	BITMAP(b, 100) = { 0x3c, 0xf000000000000003 };
	BITMAP(c, 100);

	EXPECT(bitmap_and(c, a, b, 100));
	EXPECT(c[0] == 0x30 && (c[1] & 0xfffffffff) == 3);
	bitmap_or(c, a, b, 100);
	EXPECT_EQ(c[0], 0xfc);
	bitmap_xor(c, a, b, 100);
	EXPECT_EQ(c[0], 0xcc);
	EXPECT(bitmap_andnot(c, a, b, 100));
	EXPECT_EQ(c[0], 0xc0);
	EXPECT(bitmap_intersects(a, b, 100) && !bitmap_intersects(c, b, 66));
	EXPECT(bitmap_subset(c, a, 100) && !bitmap_subset(a, b, 100));
	bitmap_copy(c, b, 100);
	c[1] |= 1UL << 40;
	EXPECT(bitmap_equal(b, c, 100) && !bitmap_equal(a, b, 100));
	EXPECT(!bitmap_test_and_set(a, 0) && bitmap_test_and_clear(a, 0));
}

TEST(lib_bits, arithmetic)
{
	EXPECT_EQ(ilog2(1), 0);
	EXPECT_EQ(ilog2(4095), 11);
	EXPECT_EQ(roundup_pow2(0), 1);
	EXPECT_EQ(roundup_pow2(5), 8);
	EXPECT_EQ(roundup_pow2(8), 8);
	EXPECT_EQ(roundup_pow2(1UL << 63), 1UL << 63);
	EXPECT_EQ(rounddown_pow2(9), 8);
	EXPECT_EQ(ceil_log2(9), 4);
	EXPECT_EQ(ffs64(0), 0);
	EXPECT_EQ(ffs64(0x80), 8);
	EXPECT_EQ(fls64(0x81), 8);
	EXPECT_EQ(hweight64(U64_MAX), 64);
	EXPECT_EQ(hweight64(0x8000000000000101), 3);
	EXPECT_EQ(rol32(0x80000001, 1), 3);
	EXPECT_EQ(ror64(1, 1), 1UL << 63);
	EXPECT_EQ(get_be32("\1\2\3\4"), 0x01020304);
	EXPECT(is_pow2(64) && !is_pow2(0) && !is_pow2(65));
}
