/* SPDX-License-Identifier: GPL-2.0-only */
/* What the host tests of lib share: repeatable random numbers, a counting allocator. */
#pragma once

#include <tern/base/types.h>
#include <tern/lib/alloc.h>
#include <tern/lib/ktest.h>
#include <tern/lib/string.h>
#include <uapi/errno.h>

#include <stdio.h>
#include <stdlib.h>

/* xorshift64*: the same numbers in every run. */
static inline u64 test_random(u64 *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dUL;
}

/* Counts live blocks; fails the allocation that brings left to zero. */
struct test_heap {
	struct lib_alloc alloc;
	long live;
	long left;	/* negative: never fail */
};

static inline void *test_heap_get(void *ctx, size_t size)
{
	struct test_heap *h = ctx;
	void *p;

	if (!h->left)
		return NULL;
	h->left -= h->left > 0;
	p = aligned_alloc(16, ALIGN_UP(size, 16UL));
	if (!p)
		abort();
	h->live++;
	__builtin_memset(p, 0xa5, size);
	return p;
}

static inline void test_heap_put(void *ctx, void *ptr, size_t size)
{
	struct test_heap *h = ctx;

	h->live--;
	__builtin_memset(ptr, 0x5a, size);
	free(ptr);
}

static inline void test_heap_init(struct test_heap *h)
{
	h->alloc = (struct lib_alloc){ test_heap_get, test_heap_put, h };
	h->live = 0;
	h->left = -1;
}
