/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Circular doubly linked lists. The same struct is head and link. The _rcu
 * forms let readers walk without a lock while one writer changes the list;
 * a removed entry must stay allocated until those readers are gone.
 */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

struct list {
	struct list *next, *prev;
};

#define LIST_INIT(name)	{ &(name), &(name) }
#define LIST_HEAD(name)	struct list name = LIST_INIT(name)

static inline void list_init(struct list *l)
{
	l->next = l;
	l->prev = l;
}

static inline void list_link_between(struct list *item, struct list *prev, struct list *next)
{
	next->prev = item;
	item->next = next;
	item->prev = prev;
	WRITE_ONCE(prev->next, item);
}

/* Insert right after the head. */
static inline void list_add(struct list *item, struct list *head)
{
	list_link_between(item, head, head->next);
}

/* Insert right before the head, that is, at the end. */
static inline void list_add_tail(struct list *item, struct list *head)
{
	list_link_between(item, head->prev, head);
}

static inline void list_unlink(struct list *item)
{
	item->next->prev = item->prev;
	WRITE_ONCE(item->prev->next, item->next);
}

/* Take out; the links then hold NULL so that a second removal faults. */
static inline void list_del(struct list *item)
{
	list_unlink(item);
	item->next = NULL;
	item->prev = NULL;
}

/* Take out; the item is an empty list afterwards. */
static inline void list_del_init(struct list *item)
{
	list_unlink(item);
	list_init(item);
}

static inline bool list_is_empty(const struct list *head)
{
	return READ_ONCE(head->next) == head;
}

static inline bool list_is_singular(const struct list *head)
{
	return head->next != head && head->next == head->prev;
}

static inline bool list_is_first(const struct list *item, const struct list *head)
{
	return head->next == item;
}

static inline bool list_is_last(const struct list *item, const struct list *head)
{
	return head->prev == item;
}

static inline void list_move(struct list *item, struct list *head)
{
	list_unlink(item);
	list_add(item, head);
}

static inline void list_move_tail(struct list *item, struct list *head)
{
	list_unlink(item);
	list_add_tail(item, head);
}

/* Put item in the place of old; old's links are stale afterwards. */
static inline void list_replace(struct list *old, struct list *item)
{
	item->next = old->next;
	item->prev = old->prev;
	item->next->prev = item;
	WRITE_ONCE(item->prev->next, item);
}

static inline void list_replace_init(struct list *old, struct list *item)
{
	list_replace(old, item);
	list_init(old);
}

static inline void list_splice_between(struct list *from, struct list *prev, struct list *next)
{
	struct list *first = from->next, *last = from->prev;

	first->prev = prev;
	last->next = next;
	next->prev = last;
	WRITE_ONCE(prev->next, first);
}

/* Move all of from behind the head; from is stale afterwards. */
static inline void list_splice(struct list *from, struct list *head)
{
	if (!list_is_empty(from))
		list_splice_between(from, head, head->next);
}

static inline void list_splice_init(struct list *from, struct list *head)
{
	list_splice(from, head);
	list_init(from);
}

/* Move all of from to the end; from is stale afterwards. */
static inline void list_splice_tail(struct list *from, struct list *head)
{
	if (!list_is_empty(from))
		list_splice_between(from, head->prev, head);
}

static inline void list_splice_tail_init(struct list *from, struct list *head)
{
	list_splice_tail(from, head);
	list_init(from);
}

/* Move the head's items up to and including last into the empty list out. */
static inline void list_cut(struct list *out, struct list *head, struct list *last)
{
	list_init(out);
	if (list_is_empty(head) || last == head)
		return;
	out->next = head->next;
	out->next->prev = out;
	head->next = last->next;
	head->next->prev = head;
	out->prev = last;
	last->next = out;
}

static inline size_t list_count(const struct list *head)
{
	size_t n = 0;

	for (const struct list *l = head->next; l != head; l = l->next)
		n++;
	return n;
}

#define list_entry(ptr, type, member)		container_of(ptr, type, member)
#define list_first_entry(head, type, member)	list_entry((head)->next, type, member)
#define list_last_entry(head, type, member)	list_entry((head)->prev, type, member)
#define list_first_entry_or_null(head, type, member)			\
	(list_is_empty(head) ? NULL : list_first_entry(head, type, member))
#define list_last_entry_or_null(head, type, member)			\
	(list_is_empty(head) ? NULL : list_last_entry(head, type, member))
#define list_next_entry(pos, member)	list_entry((pos)->member.next, __typeof__(*(pos)), member)
#define list_prev_entry(pos, member)	list_entry((pos)->member.prev, __typeof__(*(pos)), member)
#define list_is_head_entry(pos, head, member)	(&(pos)->member == (head))

#define list_foreach(pos, head, member)						\
	for (pos = list_first_entry(head, __typeof__(*pos), member);		\
	     &pos->member != (head);						\
	     pos = list_next_entry(pos, member))

#define list_foreach_reverse(pos, head, member)					\
	for (pos = list_last_entry(head, __typeof__(*pos), member);		\
	     &pos->member != (head);						\
	     pos = list_prev_entry(pos, member))

/* Go on behind pos. */
#define list_foreach_continue(pos, head, member)				\
	for (pos = list_next_entry(pos, member);				\
	     &pos->member != (head);						\
	     pos = list_next_entry(pos, member))

/* Start at pos itself. */
#define list_foreach_from(pos, head, member)					\
	for (; &pos->member != (head); pos = list_next_entry(pos, member))

/* pos may be removed or freed in the body. */
#define list_foreach_safe(pos, tmp, head, member)				\
	for (pos = list_first_entry(head, __typeof__(*pos), member),		\
	     tmp = list_next_entry(pos, member);				\
	     &pos->member != (head);						\
	     pos = tmp, tmp = list_next_entry(tmp, member))

/* Lock-free readers: the writer publishes, the reader loads once. */
static inline void list_link_between_rcu(struct list *item, struct list *prev, struct list *next)
{
	item->next = next;
	item->prev = prev;
	__atomic_store_n(&prev->next, item, __ATOMIC_RELEASE);
	next->prev = item;
}

static inline void list_add_rcu(struct list *item, struct list *head)
{
	list_link_between_rcu(item, head, head->next);
}

static inline void list_add_tail_rcu(struct list *item, struct list *head)
{
	list_link_between_rcu(item, head->prev, head);
}

/* item->next stays for readers that stand on it. */
static inline void list_del_rcu(struct list *item)
{
	list_unlink(item);
	item->prev = NULL;
}

static inline void list_replace_rcu(struct list *old, struct list *item)
{
	item->next = old->next;
	item->prev = old->prev;
	__atomic_store_n(&item->prev->next, item, __ATOMIC_RELEASE);
	item->next->prev = item;
	old->prev = NULL;
}

#define list_entry_rcu(ptr, type, member)					\
	list_entry(__atomic_load_n(&(ptr), __ATOMIC_ACQUIRE), type, member)

#define list_foreach_rcu(pos, head, member)					\
	for (pos = list_entry_rcu((head)->next, __typeof__(*pos), member);	\
	     &pos->member != (head);						\
	     pos = list_entry_rcu(pos->member.next, __typeof__(*pos), member))
