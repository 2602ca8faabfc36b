// SPDX-License-Identifier: GPL-2.0-only
/* Lists: what the inline operations of modules call to be checked, and sorting. */
#include "../lx.h"

#include <tern/kernel/klog.h>
#include <tern/lib/sort.h>

bool lx___list_add_valid(struct lx_list_head *item, struct lx_list_head *prev, struct lx_list_head *next)
{
	if (likely(prev && next && next->prev == prev && prev->next == next && item != prev && item != next))
		return true;
	kwarn("list_add corruption: item %p between %p and %p", item, prev, next);
	klog_backtrace(KLOG_WARNING);
	return false;
}
LX_EXPORT(__list_add_valid);

bool lx___list_del_entry_valid(struct lx_list_head *item)
{
	if (likely(item->next && item->prev && item->prev->next == item && item->next->prev == item))
		return true;
	kwarn("list_del corruption: item %p", item);
	klog_backtrace(KLOG_WARNING);
	return false;
}
LX_EXPORT(__list_del_entry_valid);

struct by { void *priv; int (*cmp)(void *, const struct lx_list_head *, const struct lx_list_head *); };

static int compare(const struct list *a, const struct list *b, void *ctx)
{
	struct by *by = ctx;

	return by->cmp(by->priv, (const struct lx_list_head *)a, (const struct lx_list_head *)b) > 0;
}

/* A list head is two pointers in both worlds. */
void lx_list_sort(void *priv, struct lx_list_head *head,
		  int (*cmp)(void *, const struct lx_list_head *, const struct lx_list_head *))
{
	struct by by = { priv, cmp };

	static_assert(sizeof(struct list) == sizeof(struct lx_list_head), "list head");
	sort_list((struct list *)head, compare, &by);
}
LX_EXPORT(list_sort);

static int compare_values(const void *a, const void *b, void *ctx)
{
	return ((int (*)(const void *, const void *))ctx)(a, b);
}

void lx_sort(void *base, size_t n, size_t size, int (*cmp)(const void *, const void *),
	     void (*swap)(void *, void *, int))
{
	sort_array(base, n, size, compare_values, cmp);
}
LX_EXPORT(sort);

bool lx_llist_add_batch(struct lx_llist_node *first, struct lx_llist_node *last, struct lx_llist_head *head)
{
	struct lx_llist_node *old = READ_ONCE(head->first);

	do {
		last->next = old;
	} while (!__atomic_compare_exchange_n(&head->first, &old, first, true, __ATOMIC_SEQ_CST,
					      __ATOMIC_SEQ_CST));
	return !old;
}
LX_EXPORT(llist_add_batch);

struct lx_llist_node *lx_llist_reverse_order(struct lx_llist_node *head)
{
	struct lx_llist_node *made = NULL, *next;

	for (; head; head = next) {
		next = head->next;
		head->next = made;
		made = head;
	}
	return made;
}
LX_EXPORT(llist_reverse_order);
