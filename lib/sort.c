/* SPDX-License-Identifier: GPL-2.0-only */
/* Heap sort for arrays, bottom-up merge sort for lists, binary search. */
#include <tern/lib/sort.h>

#include <tern/lib/bits.h>

static void swap_elements(u8 *a, u8 *b, size_t size)
{
	for (; size >= 8; size -= 8, a += 8, b += 8) {
		u64 t = get_le64(a);

		put_le64(a, get_le64(b));
		put_le64(b, t);
	}
	for (; size; size--, a++, b++)
		swap(*a, *b);
}

/* Let element i sink to its place in the heap of n. */
static void sift(u8 *base, size_t i, size_t n, size_t size, sort_compare_t *compare, void *ctx)
{
	size_t child;

	while ((child = 2 * i + 1) < n) {
		if (child + 1 < n &&
		    compare(base + child * size, base + (child + 1) * size, ctx) < 0)
			child++;
		if (compare(base + i * size, base + child * size, ctx) >= 0)
			return;
		swap_elements(base + i * size, base + child * size, size);
		i = child;
	}
}

void sort_array(void *base, size_t n, size_t size, sort_compare_t *compare, void *ctx)
{
	for (size_t i = n / 2; i--; )
		sift(base, i, n, size, compare, ctx);
	while (n > 1) {
		n--;
		swap_elements(base, (u8 *)base + n * size, size);
		sift(base, 0, n, size, compare, ctx);
	}
}

void *sort_find(const void *key, const void *base, size_t n, size_t size,
		sort_compare_t *compare, void *ctx)
{
	const u8 *p = base;

	while (n) {
		const u8 *mid = p + n / 2 * size;
		int c = compare(key, mid, ctx);

		if (!c)
			return (void *)mid;
		if (c > 0) {
			p = mid + size;
			n -= n / 2 + 1;
		} else {
			n /= 2;
		}
	}
	return NULL;
}

/* Merge two chains (linked by next, ending in NULL); a's come first if equal. */
static struct list *merge(struct list *a, struct list *b, sort_list_compare_t *compare, void *ctx)
{
	struct list *first = NULL, **end = &first;

	while (a && b) {
		struct list **from = compare(a, b, ctx) <= 0 ? &a : &b;

		*end = *from;
		end = &(*from)->next;
		*from = (*from)->next;
	}
	*end = a ? a : b;
	return first;
}

void sort_list(struct list *head, sort_list_compare_t *compare, void *ctx)
{
	/* part[i]: a sorted chain of 2^i items, or none; older items higher up */
	struct list *part[64] = { NULL }, *chain = NULL, *item, *prev;
	unsigned i;

	if (list_is_empty(head) || list_is_singular(head))
		return;
	head->prev->next = NULL;
	for (item = head->next; item; ) {
		chain = item;
		item = item->next;
		chain->next = NULL;
		for (i = 0; part[i]; i++) {
			chain = merge(part[i], chain, compare, ctx);
			part[i] = NULL;
		}
		part[i] = chain;
	}
	chain = NULL;
	for (i = 0; i < 64; i++)
		chain = part[i] ? merge(part[i], chain, compare, ctx) : chain;
	prev = head;
	for (item = chain; item; item = item->next) {
		prev->next = item;
		item->prev = prev;
		prev = item;
	}
	prev->next = head;
	head->prev = prev;
}
