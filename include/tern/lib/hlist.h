/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hash chains: a one-pointer head, links with a back pointer to whatever
 * points at them. The _rcu forms are as in list.h.
 */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

struct hlist {
	struct hnode *first;
};

struct hnode {
	struct hnode *next;
	struct hnode **pprev;	/* NULL: on no chain */
};

#define HLIST_INIT	{ NULL }

static inline void hlist_init(struct hlist *h)
{
	h->first = NULL;
}

static inline void hnode_init(struct hnode *n)
{
	n->next = NULL;
	n->pprev = NULL;
}

static inline bool hlist_is_empty(const struct hlist *h)
{
	return !READ_ONCE(h->first);
}

/* True while the node is on no chain. */
static inline bool hlist_unhashed(const struct hnode *n)
{
	return !READ_ONCE(n->pprev);
}

static inline void hlist_add_head(struct hnode *n, struct hlist *h)
{
	n->next = h->first;
	n->pprev = &h->first;
	if (n->next)
		n->next->pprev = &n->next;
	WRITE_ONCE(h->first, n);
}

/* Insert n right after pos. */
static inline void hlist_add_behind(struct hnode *n, struct hnode *pos)
{
	n->next = pos->next;
	n->pprev = &pos->next;
	if (n->next)
		n->next->pprev = &n->next;
	WRITE_ONCE(pos->next, n);
}

static inline void hlist_unlink(struct hnode *n)
{
	WRITE_ONCE(*n->pprev, n->next);
	if (n->next)
		n->next->pprev = n->pprev;
}

static inline void hlist_del(struct hnode *n)
{
	hlist_unlink(n);
	n->next = NULL;
	n->pprev = NULL;
}

/* Remove if hashed; fine on a node that is on no chain. */
static inline void hlist_del_init(struct hnode *n)
{
	if (!hlist_unhashed(n))
		hlist_del(n);
}

static inline void hlist_add_head_rcu(struct hnode *n, struct hlist *h)
{
	struct hnode *first = h->first;

	n->next = first;
	n->pprev = &h->first;
	__atomic_store_n(&h->first, n, __ATOMIC_RELEASE);
	if (first)
		first->pprev = &n->next;
}

/* n->next stays for readers that stand on it. */
static inline void hlist_del_rcu(struct hnode *n)
{
	hlist_unlink(n);
	WRITE_ONCE(n->pprev, NULL);
}

#define hlist_entry(ptr, type, member)	container_of(ptr, type, member)
#define hlist_entry_or_null(ptr, type, member)					\
	({ __typeof__(ptr) _p = (ptr); _p ? hlist_entry(_p, type, member) : NULL; })

#define hlist_foreach(pos, head, member)						\
	for (pos = hlist_entry_or_null((head)->first, __typeof__(*pos), member);	\
	     pos;									\
	     pos = hlist_entry_or_null(pos->member.next, __typeof__(*pos), member))

/* pos may be removed or freed in the body; tmp is a struct hnode pointer. */
#define hlist_foreach_safe(pos, tmp, head, member)					\
	for (pos = hlist_entry_or_null((head)->first, __typeof__(*pos), member);	\
	     pos && ((tmp = pos->member.next), true);					\
	     pos = hlist_entry_or_null(tmp, __typeof__(*pos), member))

#define hlist_load_rcu(p)	__atomic_load_n(&(p), __ATOMIC_ACQUIRE)

#define hlist_foreach_rcu(pos, head, member)						\
	for (pos = hlist_entry_or_null(hlist_load_rcu((head)->first), __typeof__(*pos), member); \
	     pos;									\
	     pos = hlist_entry_or_null(hlist_load_rcu(pos->member.next), __typeof__(*pos), member))
