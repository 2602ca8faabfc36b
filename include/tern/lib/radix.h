/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A 64-way tree from u64 to pointers, with three tags per entry.
 *
 * Readers (functions marked "lock-free") need only an RCU read section, or
 * the writers' lock. Writers are serialised by the caller. A reader sees an
 * entry as it was at some moment of its call; to make sure that an object is
 * still in the tree, take a reference on it, then look it up again.
 *
 * Entries are any non-NULL pointers with bit 1 (value 2) clear; bit 0 is free
 * for the caller. A tree with just index 0 has no node at all.
 */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>
#include <tern/lib/alloc.h>

#define RADIX_BITS	6
#define RADIX_SLOTS	(1U << RADIX_BITS)
#define RADIX_TAGS	3
#define RADIX_NODE_MARK	2UL

struct radix_node {
	u64 defer[2];			/* for the allocator's free function */
	struct radix_node *parent;
	u8 shift;			/* index bits below this node's own six */
	u8 offset;			/* this node's slot in the parent */
	u8 count;			/* slots in use */
	u64 tags[RADIX_TAGS];		/* a bit for each slot */
	void *slots[RADIX_SLOTS];
};

struct radix {
	void *root;			/* NULL, entry 0, or a marked node */
	u32 tags;			/* bit t: some entry has tag t */
};

#define RADIX_INIT	{ NULL, 0 }

static inline void radix_init(struct radix *t)
{
	t->root = NULL;
	t->tags = 0;
}

static inline bool radix_is_empty(const struct radix *t)
{
	return !READ_ONCE(t->root);
}

/**
 * radix_lookup() - the entry at @index
 * Context: lock-free.
 * Return: the entry or NULL.
 */
void *radix_lookup(const struct radix *t, u64 index);

/**
 * radix_store() - insert, replace or (with NULL) erase the entry at @index
 * @old: out, may be NULL: what was there before
 * @alloc: called for nodes of sizeof(struct radix_node); its free function must
 *	delay the real freeing until readers are gone
 *
 * Replacing keeps the tags, erasing clears them. Erasing never fails.
 * Return: 0, -ENOMEM (nothing changed), -EINVAL if @entry has bit 1 set.
 */
int radix_store(struct radix *t, u64 index, void *entry, void **old,
		const struct lib_alloc *alloc) __must_check;

/**
 * radix_insert() - as radix_store() but -EEXIST if there is an entry
 */
int radix_insert(struct radix *t, u64 index, void *entry,
		 const struct lib_alloc *alloc) __must_check;

/**
 * radix_erase() - remove the entry at @index
 * Return: what was there, or NULL.
 */
void *radix_erase(struct radix *t, u64 index, const struct lib_alloc *alloc);

/**
 * radix_destroy() - drop all entries and free all nodes
 */
void radix_destroy(struct radix *t, const struct lib_alloc *alloc);

/**
 * radix_next() - first entry in [*@index, @last]
 * @index: in: where to start; out: where the entry is
 * Context: lock-free.
 * Return: the entry, or NULL (then *@index is unchanged).
 */
void *radix_next(const struct radix *t, u64 *index, u64 last);

/**
 * radix_prev() - last entry in [@first, *@index]
 * Context: lock-free.
 */
void *radix_prev(const struct radix *t, u64 *index, u64 first);

/**
 * radix_next_tagged() - first entry with @tag in [*@index, @last]
 * Context: lock-free.
 */
void *radix_next_tagged(const struct radix *t, u64 *index, u64 last, unsigned tag);

/**
 * radix_next_hole() - first index without an entry in [@index, @last]
 * Context: lock-free.
 * Return: that index, or @last + 1 if all are in use (0 if @last is U64_MAX).
 */
u64 radix_next_hole(const struct radix *t, u64 index, u64 last);

/**
 * radix_gang() - many entries of [*@index, @last] at once
 * @index: in: where to start; out: one past the last entry returned
 * @entries: out, n entries
 * @indices: out, their places; may be NULL
 * Context: lock-free.
 * Return: how many were found.
 */
size_t radix_gang(const struct radix *t, u64 *index, u64 last, void **entries,
		  u64 *indices, size_t n);

/**
 * radix_tag_set() - set @tag (0..2) of the entry at @index, if there is one
 */
void radix_tag_set(struct radix *t, u64 index, unsigned tag);

/**
 * radix_tag_clear() - clear @tag of the entry at @index
 */
void radix_tag_clear(struct radix *t, u64 index, unsigned tag);

/**
 * radix_tag_get() - does the entry at @index have @tag?
 * Context: lock-free.
 */
bool radix_tag_get(const struct radix *t, u64 index, unsigned tag);

/* Does any entry have @tag? */
static inline bool radix_has_tag(const struct radix *t, unsigned tag)
{
	return READ_ONCE(t->tags) >> tag & 1;
}

/**
 * struct radix_preload - nodes taken before a lock that forbids allocation
 * @alloc: pass this to radix_store() under the lock
 */
struct radix_preload {
	struct lib_alloc alloc;
	const struct lib_alloc *backing;
	struct radix_node *nodes;	/* chained by parent */
};

/**
 * radix_preload() - take enough nodes for one store
 * @p: out
 * @max_index: no lower than the index to store and than any index in the tree
 *	when it is stored; if the tree went higher meanwhile, the store may fail
 *	with -ENOMEM and the caller begins again
 * @backing: where nodes come from; used for frees too
 * Return: 0 or -ENOMEM (nothing to undo).
 */
int radix_preload(struct radix_preload *p, u64 max_index,
		  const struct lib_alloc *backing) __must_check;

/**
 * radix_preload_drop() - give unused nodes back
 */
void radix_preload_drop(struct radix_preload *p);

static inline void *radix_next_after(const struct radix *t, u64 *index, u64 last)
{
	u64 next = *index + 1;
	void *entry;

	if (*index >= last)
		return NULL;
	entry = radix_next(t, &next, last);
	if (entry)
		*index = next;
	return entry;
}

/* The current entry may be erased in the body. */
#define radix_foreach(entry, tree, index, first, last)				\
	for (index = (first), entry = radix_next(tree, &index, last); entry;	\
	     entry = radix_next_after(tree, &index, last))
