/* SPDX-License-Identifier: GPL-2.0-only */
/* Object caches, private to slab*.c. */
#pragma once

#include <tern/lib/string.h>

#include "mm_impl.h"

/* This CPU's free objects, chained through the link word of each. */
struct slab_cpu {
	void *head;
	u32 count;
	u32 busy;
};

/*
 * Legend: I immutable, L lock, A atomic.
 *
 * The descriptor of a slab's first page: mapping = cache, private = free list,
 * index = objects handed to CPUs, lru = partial list while some are free.
 */
struct objcache {
	struct slab_cpu *cpu;	/* I per-CPU cookie */
	u32 stride;		/* I bytes from object to object */
	u32 link_off;		/* I where a free object keeps its link */
	u32 size;		/* I bytes the user asked for */
	u32 flags;		/* I OBJCACHE_* */
	u16 order;		/* I pages of a slab, log2 */
	u16 per_slab;		/* I objects of a slab */
	u16 cpu_max, batch;	/* I per-CPU list: limit, and how many move at once */
	u32 align;		/* I */
	alloc_flags gfp;	/* I added to page allocations */
	void (*ctor)(void *);	/* I */
	const char *name;	/* I */
	struct spin lock;	/* protects the slabs' free lists and these: */
	struct list partial;	/* L slabs with a free object */
	u32 npartial;		/* L */
	u32 nempty;		/* L of them wholly free */
	u64 nslabs;		/* A */
	struct list link;	/* in the list of all caches */
};

#define EMPTY_KEEP	2	/* wholly free slabs kept for the next rush */

static inline void **slab_link(const struct objcache *c, void *obj)
{
	return (void **)((char *)obj + c->link_off);
}

/* ---- checks, CONFIG_DEBUG_SLAB (slab_debug.c) ---- */
void slab_debug_layout(struct objcache *c);
void slab_debug_born(struct objcache *c, void *obj);
void slab_debug_alloc(struct objcache *c, void *obj);
void slab_debug_free(struct objcache *c, void *obj);

#define slab_debug_on() IS_ENABLED(CONFIG_DEBUG_SLAB)
