// SPDX-License-Identifier: GPL-2.0-only
/* Bit maps and sets of processors. */
#include "../lx.h"

#include <asm/cpu.h>
#include <tern/base/err.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define WORD_BITS 64u

/* First bit >= @at whose value is not @skip; @n if none. */
static unsigned long find(const unsigned long *map, unsigned long n, unsigned long at, unsigned long skip)
{
	while (at < n) {
		unsigned long w = (map[at / WORD_BITS] ^ skip) >> (at % WORD_BITS);

		if (w) {
			at += (unsigned long)__builtin_ctzl(w);
			return at < n ? at : n;
		}
		at = (at / WORD_BITS + 1) * WORD_BITS;
	}
	return n;
}

unsigned long lx__find_first_bit(const unsigned long *map, unsigned long n) { return find(map, n, 0, 0); }
LX_EXPORT(_find_first_bit);
unsigned long lx__find_next_bit(const unsigned long *map, unsigned long n, unsigned long at)
{
	return find(map, n, at, 0);
}
LX_EXPORT(_find_next_bit);
unsigned long lx__find_first_zero_bit(const unsigned long *map, unsigned long n)
{
	return find(map, n, 0, ~0UL);
}
LX_EXPORT(_find_first_zero_bit);
unsigned long lx__find_next_zero_bit(const unsigned long *map, unsigned long n, unsigned long at)
{
	return find(map, n, at, ~0UL);
}
LX_EXPORT(_find_next_zero_bit);

unsigned long lx__find_last_bit(const unsigned long *map, unsigned long n)
{
	for (unsigned long at = n; at--;)
		if (map[at / WORD_BITS] >> (at % WORD_BITS) & 1)
			return at;
	return n;
}
LX_EXPORT(_find_last_bit);

unsigned long lx__find_first_and_bit(const unsigned long *a, const unsigned long *b, unsigned long n)
{
	for (unsigned long at = find(a, n, 0, 0); at < n; at = find(a, n, at + 1, 0))
		if (b[at / WORD_BITS] >> (at % WORD_BITS) & 1)
			return at;
	return n;
}
LX_EXPORT(_find_first_and_bit);

unsigned long lx__find_next_and_bit(const unsigned long *a, const unsigned long *b, unsigned long n,
				    unsigned long at)
{
	for (at = find(a, n, at, 0); at < n; at = find(a, n, at + 1, 0))
		if (b[at / WORD_BITS] >> (at % WORD_BITS) & 1)
			return at;
	return n;
}
LX_EXPORT(_find_next_and_bit);

static unsigned long last_mask(unsigned int n)
{
	return n % WORD_BITS ? ~0UL >> (WORD_BITS - n % WORD_BITS) : ~0UL;
}

unsigned int lx___bitmap_weight(const unsigned long *map, unsigned int n)
{
	unsigned int sum = 0;

	for (unsigned int i = 0; i < DIV_ROUND_UP(n, WORD_BITS); i++) {
		unsigned long w = map[i] & (i == (n - 1) / WORD_BITS ? last_mask(n) : ~0UL);

		for (; w; w &= w - 1)
			sum++;
	}
	return sum;
}
LX_EXPORT(__bitmap_weight);

bool lx___bitmap_and(unsigned long *d, const unsigned long *a, const unsigned long *b, unsigned int n)
{
	unsigned long any = 0;

	for (unsigned int i = 0; i < DIV_ROUND_UP(n, WORD_BITS); i++)
		any |= d[i] = a[i] & b[i] & (i == (n - 1) / WORD_BITS ? last_mask(n) : ~0UL);
	return any;
}
LX_EXPORT(__bitmap_and);

void lx___bitmap_or(unsigned long *d, const unsigned long *a, const unsigned long *b, unsigned int n)
{
	for (unsigned int i = 0; i < DIV_ROUND_UP(n, WORD_BITS); i++)
		d[i] = a[i] | b[i];
}
LX_EXPORT(__bitmap_or);

void lx___bitmap_xor(unsigned long *d, const unsigned long *a, const unsigned long *b, unsigned int n)
{
	for (unsigned int i = 0; i < DIV_ROUND_UP(n, WORD_BITS); i++)
		d[i] = a[i] ^ b[i];
}
LX_EXPORT(__bitmap_xor);

bool lx___bitmap_andnot(unsigned long *d, const unsigned long *a, const unsigned long *b, unsigned int n)
{
	unsigned long any = 0;

	for (unsigned int i = 0; i < DIV_ROUND_UP(n, WORD_BITS); i++)
		any |= d[i] = a[i] & ~b[i] & (i == (n - 1) / WORD_BITS ? last_mask(n) : ~0UL);
	return any;
}
LX_EXPORT(__bitmap_andnot);

bool lx___bitmap_equal(const unsigned long *a, const unsigned long *b, unsigned int n)
{
	for (unsigned int i = 0; i < DIV_ROUND_UP(n, WORD_BITS); i++)
		if ((a[i] ^ b[i]) & (i == (n - 1) / WORD_BITS ? last_mask(n) : ~0UL))
			return false;
	return true;
}
LX_EXPORT(__bitmap_equal);

bool lx___bitmap_intersects(const unsigned long *a, const unsigned long *b, unsigned int n)
{
	for (unsigned int i = 0; i < DIV_ROUND_UP(n, WORD_BITS); i++)
		if (a[i] & b[i] & (i == (n - 1) / WORD_BITS ? last_mask(n) : ~0UL))
			return true;
	return false;
}
LX_EXPORT(__bitmap_intersects);

bool lx___bitmap_subset(const unsigned long *a, const unsigned long *b, unsigned int n)
{
	for (unsigned int i = 0; i < DIV_ROUND_UP(n, WORD_BITS); i++)
		if (a[i] & ~b[i] & (i == (n - 1) / WORD_BITS ? last_mask(n) : ~0UL))
			return false;
	return true;
}
LX_EXPORT(__bitmap_subset);

void lx___bitmap_set(unsigned long *map, unsigned int at, int n)
{
	for (; n > 0; n--, at++)
		map[at / WORD_BITS] |= 1UL << (at % WORD_BITS);
}
LX_EXPORT(__bitmap_set);

void lx___bitmap_clear(unsigned long *map, unsigned int at, int n)
{
	for (; n > 0; n--, at++)
		map[at / WORD_BITS] &= ~(1UL << (at % WORD_BITS));
}
LX_EXPORT(__bitmap_clear);

unsigned long *lx_bitmap_alloc(unsigned int n, unsigned int gfp)
{
	return kmem_calloc(DIV_ROUND_UP(n, WORD_BITS), 8, gfp);
}
LX_EXPORT(bitmap_alloc);
unsigned long *lx_bitmap_zalloc(unsigned int n, unsigned int gfp) { return lx_bitmap_alloc(n, gfp); }
LX_EXPORT(bitmap_zalloc);
void lx_bitmap_free(const unsigned long *map) { kmem_free(map); }
LX_EXPORT(bitmap_free);

/* A free area of @n bits whose start is a multiple of @mask + 1. */
unsigned long lx_bitmap_find_next_zero_area_off(unsigned long *map, unsigned long size, unsigned long start,
		unsigned int n, unsigned long mask, unsigned long offset)
{
	for (;;) {
		unsigned long at = find(map, size, start, ~0UL), end, used;

		at = ((at + offset + mask) & ~mask) - offset;
		end = at + n;
		if (end > size)
			return end;
		used = find(map, end, at, 0);
		if (used >= end)
			return at;
		start = used + 1;
	}
}
LX_EXPORT(bitmap_find_next_zero_area_off);

/* ---- sets of processors ---- */

bool lx_alloc_cpumask_var_node(struct lx_cpumask **mask, unsigned int gfp, int node)
{
	*mask = kmem_alloc(sizeof(**mask), gfp);
	return *mask;
}
LX_EXPORT(alloc_cpumask_var_node);

void lx_free_cpumask_var(struct lx_cpumask *mask) { kmem_free(mask); }
LX_EXPORT(free_cpumask_var);

unsigned int lx_cpumask_next_wrap(int n, const struct lx_cpumask *mask, int start, bool wrap)
{
	unsigned int next = (unsigned int)find(mask->bits, cpu_count_possible, (unsigned long)(n + 1), 0);

	if (wrap && n < start && next >= (unsigned int)start)
		return cpu_count_possible;
	if (next >= cpu_count_possible && !wrap)
		return lx_cpumask_next_wrap(-1, mask, start, true);
	return next;
}
LX_EXPORT(cpumask_next_wrap);

unsigned int lx_cpumask_local_spread(unsigned int i, int node)
{
	i %= cpu_count_online;
	for_each_online_cpu(cpu)
		if (!i--)
			return cpu;
	return 0;
}
LX_EXPORT(cpumask_local_spread);
