/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small objects. Owner mm/slab.c. Size classes are shared layout (modules
 * index kmem_classes): 8 16 32 64 96 128 192 256 512 1k 2k 4k 8k; power-of-two
 * sizes are naturally aligned. Larger requests go to the page allocator.
 */
#pragma once

#include <tern/mm/page.h>

struct objcache;

/* Column of a size in kmem_classes; 1 .. 8192. */
static __always_inline u32 kmem_class_of(size_t size)
{
	if (size <= 8)
		return 3;
	if (size > 64 && size <= 96)
		return 1;
	if (size > 128 && size <= 192)
		return 2;
	return 64 - __builtin_clzl(size - 1);
}

void *kmem_alloc_sized(size_t size, alloc_flags flags) __malloc;

/** kmem_alloc() - @size bytes; 0 gives a pointer that only kmem_free takes; NULL on failure. */
static __always_inline __malloc void *kmem_alloc(size_t size, alloc_flags flags);
void *kmem_zalloc(size_t size, alloc_flags flags) __malloc;
/** kmem_calloc() - @n objects of @size zeroed; NULL also on overflow. */
void *kmem_calloc(size_t n, size_t size, alloc_flags flags) __malloc;
/** kmem_realloc() - grow or shrink; on failure NULL and @p stays. */
void *kmem_realloc(void *p, size_t size, alloc_flags flags) __must_check;
/** kmem_free() - NULL is allowed. Context: any but NMI. */
void kmem_free(const void *p);
/** kmem_size() - usable bytes of an allocation. */
size_t kmem_size(const void *p);
char *kmem_strdup(const char *s, alloc_flags flags);
char *kmem_strndup(const char *s, size_t n, alloc_flags flags);
void *kmem_dup(const void *p, size_t n, alloc_flags flags);
/** kmem_alloc_large() - kmem_alloc or, for large sizes, kva pages; free with kmem_free_large. */
void *kmem_alloc_large(size_t size, alloc_flags flags);
/** kmem_free_large() - NULL is allowed. Context: any but NMI (large ones then wait for reclaim). */
void kmem_free_large(const void *p);

#define OBJCACHE_HWALIGN	0x1u	/* align to a cache line */
#define OBJCACHE_RCU		0x2u	/* slabs are freed after a grace period: type-stable memory */
#define OBJCACHE_ACCOUNT	0x4u
#define OBJCACHE_RECLAIM	0x8u	/* counted as reclaimable */

/**
 * objcache_create() - a cache of equal objects
 * @ctor: runs once when a slab is made, not at each allocation; may be NULL
 * Return: cache, NULL if memory ran out. Context: sleeps.
 */
struct objcache *objcache_create(const char *name, size_t size, size_t align, u32 flags,
				 void (*ctor)(void *));
void objcache_destroy(struct objcache *c);
void *objcache_alloc(struct objcache *c, alloc_flags flags);
void *objcache_zalloc(struct objcache *c, alloc_flags flags);
void objcache_free(struct objcache *c, void *obj);

/* [type][class], 4 x 14, the vendor's kmalloc_caches (linux-module-abi 2.7). */
extern struct objcache *kmem_classes[4][14];

static __always_inline __malloc void *kmem_alloc(size_t size, alloc_flags flags)
{
	if (__builtin_constant_p(size) && size && size <= 8192)
		return objcache_alloc(kmem_classes[0][kmem_class_of(size)], flags);
	return kmem_alloc_sized(size, flags);
}

/* One line of /proc/slabinfo. */
struct objcache_info {
	const char *name;
	u64 size, stride, per_slab, pages_per_slab, slabs, objects, in_use;
};
/** objcache_next_info() - the @n-th cache, from 0; false past the last. Sleeps. */
bool objcache_next_info(u32 n, struct objcache_info *out);
/** objcache_in_use() - objects that are allocated now. */
u64 objcache_in_use(struct objcache *c);
