/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arrays of bits in 64-bit words, not atomic. Sizes are in bits. Bits past the
 * size in the last word are ignored by readers and kept by writers, unless
 * the function says otherwise.
 */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>
#include <tern/lib/bits.h>

#define BITMAP_WORDS(n)		(((n) + 63) / 64)
#define BITMAP(name, n)		u64 name[BITMAP_WORDS(n)]

static __always_inline void bitmap_set_bit(u64 *map, size_t i)
{
	map[i >> 6] |= 1UL << (i & 63);
}

static __always_inline void bitmap_clear_bit(u64 *map, size_t i)
{
	map[i >> 6] &= ~(1UL << (i & 63));
}

static __always_inline void bitmap_assign_bit(u64 *map, size_t i, bool v)
{
	map[i >> 6] = (map[i >> 6] & ~(1UL << (i & 63))) | ((u64)v << (i & 63));
}

static __always_inline bool bitmap_test(const u64 *map, size_t i)
{
	return map[i >> 6] >> (i & 63) & 1;
}

static __always_inline bool bitmap_test_and_set(u64 *map, size_t i)
{
	bool old = bitmap_test(map, i);

	bitmap_set_bit(map, i);
	return old;
}

static __always_inline bool bitmap_test_and_clear(u64 *map, size_t i)
{
	bool old = bitmap_test(map, i);

	bitmap_clear_bit(map, i);
	return old;
}

/* Mask of the valid bits of the last word. */
static __always_inline u64 bitmap_last_mask(size_t n)
{
	return ~0UL >> (-n & 63);
}

/* Clears whole words. */
static inline void bitmap_zero(u64 *map, size_t n)
{
	for (size_t i = 0; i < BITMAP_WORDS(n); i++)
		map[i] = 0;
}

/* Sets n bits, clears the rest of the last word. */
static inline void bitmap_fill(u64 *map, size_t n)
{
	size_t words = BITMAP_WORDS(n);

	for (size_t i = 0; i < words; i++)
		map[i] = ~0UL;
	if (words)
		map[words - 1] &= bitmap_last_mask(n);
}

static inline void bitmap_copy(u64 *dst, const u64 *src, size_t n)
{
	for (size_t i = 0; i < BITMAP_WORDS(n); i++)
		dst[i] = src[i];
}

/**
 * bitmap_set() - set @len bits from @start on
 */
void bitmap_set(u64 *map, size_t start, size_t len);

/**
 * bitmap_clear() - clear @len bits from @start on
 */
void bitmap_clear(u64 *map, size_t start, size_t len);

/**
 * bitmap_find_next() - first set bit at or after @from
 * Return: its index, or @n if there is none.
 */
size_t bitmap_find_next(const u64 *map, size_t n, size_t from) __pure;

/**
 * bitmap_find_next_zero() - first clear bit at or after @from
 * Return: its index, or @n if there is none.
 */
size_t bitmap_find_next_zero(const u64 *map, size_t n, size_t from) __pure;

/**
 * bitmap_find_last() - last set bit below @n
 * Return: its index, or @n if there is none.
 */
size_t bitmap_find_last(const u64 *map, size_t n) __pure;

/**
 * bitmap_find_zero_run() - first run of @len clear bits at or after @from
 * @align: the run starts at a multiple of this (a power of two, 1 for any)
 * Return: its first bit, or @n if there is none.
 */
size_t bitmap_find_zero_run(const u64 *map, size_t n, size_t from, size_t len,
			    size_t align) __pure;

/**
 * bitmap_weight() - number of set bits below @n
 */
size_t bitmap_weight(const u64 *map, size_t n) __pure;

/**
 * bitmap_and() - dst = a & b
 * Return: whether any bit of the result is set.
 */
bool bitmap_and(u64 *dst, const u64 *a, const u64 *b, size_t n);

/**
 * bitmap_or() - dst = a | b
 */
void bitmap_or(u64 *dst, const u64 *a, const u64 *b, size_t n);

/**
 * bitmap_xor() - dst = a ^ b
 */
void bitmap_xor(u64 *dst, const u64 *a, const u64 *b, size_t n);

/**
 * bitmap_andnot() - dst = a & ~b
 * Return: whether any bit of the result is set.
 */
bool bitmap_andnot(u64 *dst, const u64 *a, const u64 *b, size_t n);

/**
 * bitmap_equal() - are the first @n bits the same?
 */
bool bitmap_equal(const u64 *a, const u64 *b, size_t n) __pure;

/**
 * bitmap_intersects() - is any of the first @n bits set in both?
 */
bool bitmap_intersects(const u64 *a, const u64 *b, size_t n) __pure;

/**
 * bitmap_subset() - is each of the first @n bits of @a set in @b too?
 */
bool bitmap_subset(const u64 *a, const u64 *b, size_t n) __pure;

static inline size_t bitmap_find_first(const u64 *map, size_t n)
{
	return bitmap_find_next(map, n, 0);
}

static inline size_t bitmap_find_first_zero(const u64 *map, size_t n)
{
	return bitmap_find_next_zero(map, n, 0);
}

static inline bool bitmap_is_empty(const u64 *map, size_t n)
{
	return bitmap_find_next(map, n, 0) == n;
}

static inline bool bitmap_is_full(const u64 *map, size_t n)
{
	return bitmap_find_next_zero(map, n, 0) == n;
}

#define bitmap_foreach(i, map, n)						\
	for (i = bitmap_find_next(map, n, 0); i < (n); i = bitmap_find_next(map, n, (i) + 1))

#define bitmap_foreach_zero(i, map, n)						\
	for (i = bitmap_find_next_zero(map, n, 0); i < (n);			\
	     i = bitmap_find_next_zero(map, n, (i) + 1))
