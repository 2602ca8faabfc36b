/* SPDX-License-Identifier: GPL-2.0-only */
/* Searching and combining arrays of bits. */
#include <tern/lib/bitmap.h>

/* Bits first..63 of a word. */
static u64 mask_from(size_t first)
{
	return ~0UL << (first & 63);
}

void bitmap_set(u64 *map, size_t start, size_t len)
{
	size_t w = start >> 6, last = (start + len - 1) >> 6;

	if (!len)
		return;
	if (w == last) {
		map[w] |= mask_from(start) & bitmap_last_mask(start + len);
		return;
	}
	map[w++] |= mask_from(start);
	while (w < last)
		map[w++] = ~0UL;
	map[w] |= bitmap_last_mask(start + len);
}

void bitmap_clear(u64 *map, size_t start, size_t len)
{
	size_t w = start >> 6, last = (start + len - 1) >> 6;

	if (!len)
		return;
	if (w == last) {
		map[w] &= ~(mask_from(start) & bitmap_last_mask(start + len));
		return;
	}
	map[w++] &= ~mask_from(start);
	while (w < last)
		map[w++] = 0;
	map[w] &= ~bitmap_last_mask(start + len);
}

/* First bit at or after from in map, each word first xored with flip. */
static __always_inline size_t scan(const u64 *map, size_t n, size_t from, u64 flip)
{
	size_t w = from >> 6, words = BITMAP_WORDS(n), bit;
	u64 v;

	if (from >= n)
		return n;
	v = (map[w] ^ flip) & mask_from(from);
	while (!v) {
		if (++w >= words)
			return n;
		v = map[w] ^ flip;
	}
	bit = w * 64 + bit_lowest(v);
	return min(bit, n);
}

size_t bitmap_find_next(const u64 *map, size_t n, size_t from)
{
	return scan(map, n, from, 0);
}

size_t bitmap_find_next_zero(const u64 *map, size_t n, size_t from)
{
	return scan(map, n, from, ~0UL);
}

size_t bitmap_find_last(const u64 *map, size_t n)
{
	size_t w = BITMAP_WORDS(n);

	for (u64 mask = bitmap_last_mask(n); w; mask = ~0UL) {
		u64 v = map[--w] & mask;

		if (v)
			return w * 64 + bit_highest(v);
	}
	return n;
}

size_t bitmap_find_zero_run(const u64 *map, size_t n, size_t from, size_t len, size_t align)
{
	size_t start = from, next;

	if (!len || len > n)
		return n;
	for (;;) {
		start = ALIGN_UP(bitmap_find_next_zero(map, n, start), align);
		if (start > n - len)
			return n;
		next = bitmap_find_next(map, start + len, start);
		if (next >= start + len)
			return start;
		start = next + 1;
	}
}

size_t bitmap_weight(const u64 *map, size_t n)
{
	size_t sum = 0, words = n / 64;

	for (size_t i = 0; i < words; i++)
		sum += hweight64(map[i]);
	if (n & 63)
		sum += hweight64(map[words] & bitmap_last_mask(n));
	return sum;
}

bool bitmap_and(u64 *dst, const u64 *a, const u64 *b, size_t n)
{
	size_t words = BITMAP_WORDS(n);
	u64 any = 0;

	for (size_t i = 0; i < words; i++) {
		dst[i] = a[i] & b[i];
		any |= i + 1 < words ? dst[i] : dst[i] & bitmap_last_mask(n);
	}
	return any;
}

void bitmap_or(u64 *dst, const u64 *a, const u64 *b, size_t n)
{
	for (size_t i = 0; i < BITMAP_WORDS(n); i++)
		dst[i] = a[i] | b[i];
}

void bitmap_xor(u64 *dst, const u64 *a, const u64 *b, size_t n)
{
	for (size_t i = 0; i < BITMAP_WORDS(n); i++)
		dst[i] = a[i] ^ b[i];
}

bool bitmap_andnot(u64 *dst, const u64 *a, const u64 *b, size_t n)
{
	size_t words = BITMAP_WORDS(n);
	u64 any = 0;

	for (size_t i = 0; i < words; i++) {
		dst[i] = a[i] & ~b[i];
		any |= i + 1 < words ? dst[i] : dst[i] & bitmap_last_mask(n);
	}
	return any;
}

bool bitmap_equal(const u64 *a, const u64 *b, size_t n)
{
	size_t words = n / 64;

	for (size_t i = 0; i < words; i++) {
		if (a[i] != b[i])
			return false;
	}
	return !(n & 63) || !((a[words] ^ b[words]) & bitmap_last_mask(n));
}

bool bitmap_intersects(const u64 *a, const u64 *b, size_t n)
{
	size_t words = n / 64;

	for (size_t i = 0; i < words; i++) {
		if (a[i] & b[i])
			return true;
	}
	return (n & 63) && (a[words] & b[words] & bitmap_last_mask(n));
}

bool bitmap_subset(const u64 *a, const u64 *b, size_t n)
{
	size_t words = n / 64;

	for (size_t i = 0; i < words; i++) {
		if (a[i] & ~b[i])
			return false;
	}
	return !(n & 63) || !(a[words] & ~b[words] & bitmap_last_mask(n));
}
