/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small numbers for pointers: allocates ids, finds the pointer of an id.
 * Lookups need only an RCU read section; all else is serialised by the caller.
 * Ids are 0 .. 2^31 - 1.
 */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>
#include <tern/lib/alloc.h>

#define IDMAP_MAX	0x7fffffffU

struct idmap_node {
	u64 defer[2];			/* for the allocator's free function */
	u64 full;			/* bit: the id, or the whole child, is in use */
	u8 shift;
	u8 count;			/* ids or children here */
	void *slots[64];
};

struct idmap {
	struct idmap_node *root;
	u32 count;			/* ids in use */
};

#define IDMAP_INIT	{ NULL, 0 }

static inline void idmap_init(struct idmap *m)
{
	m->root = NULL;
	m->count = 0;
}

/**
 * idmap_find() - the pointer of @id
 * Context: lock-free.
 * Return: NULL if the id is free or reserved with NULL.
 */
void *idmap_find(const struct idmap *m, u32 id);

/**
 * idmap_alloc() - take the lowest free id in [@min, @max]
 * @ptr: may be NULL: the id is reserved and idmap_replace() sets it later
 * @alloc: for nodes; free must wait for readers
 * Return: the id, -ENOSPC, -ENOMEM, -EINVAL if @min > @max or @max > IDMAP_MAX.
 */
int idmap_alloc(struct idmap *m, void *ptr, u32 min, u32 max,
		const struct lib_alloc *alloc) __must_check;

/**
 * idmap_alloc_cyclic() - take the next free id at or after *@next, wrapping
 * @next: in/out; kept by the caller, begins at 0 or @min
 * Return: as idmap_alloc().
 */
int idmap_alloc_cyclic(struct idmap *m, void *ptr, u32 min, u32 max, u32 *next,
		       const struct lib_alloc *alloc) __must_check;

/**
 * idmap_insert() - take this very id
 * Return: 0, -EEXIST, -ENOMEM, -EINVAL if above IDMAP_MAX.
 */
int idmap_insert(struct idmap *m, u32 id, void *ptr, const struct lib_alloc *alloc) __must_check;

/**
 * idmap_replace() - change the pointer of an id in use
 * Return: 0, or -ENOENT.
 */
int idmap_replace(struct idmap *m, u32 id, void *ptr);

/**
 * idmap_remove() - free an id
 * Return: its pointer; NULL if it was free.
 */
void *idmap_remove(struct idmap *m, u32 id, const struct lib_alloc *alloc);

/**
 * idmap_next() - first id at or after *@id whose pointer is not NULL
 * Context: lock-free.
 * Return: the pointer and *@id, or NULL.
 */
void *idmap_next(const struct idmap *m, u32 *id);

/**
 * idmap_destroy() - free all nodes; ids are forgotten
 */
void idmap_destroy(struct idmap *m, const struct lib_alloc *alloc);

#define idmap_foreach(ptr, map, id)						\
	for (id = 0; (ptr = idmap_next(map, &id)) != NULL; id++)
