// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory by size: a cache for each of the vendor's size classes, the page
 * allocator above 8 KiB, kva above what is likely to be had in one piece.
 */
#include <tern/base/rcu.h>
#include <tern/lib/radix.h>
#include <tern/mm/kva.h>

#include "slab_impl.h"

#define KMEM_MAX	8192UL
#define ZERO_SIZE_PTR	((void *)16)	/* shared with modules: kmem_free() takes it */
#define LARGE_TRY	(8 * PAGE_SIZE)	/* above this kmem_alloc_large() goes to kva at once */

enum class_row { ROW_NORMAL, ROW_ACCOUNT, ROW_RECLAIM, ROW_DMA, ROW_COUNT };

struct objcache *kmem_classes[4][14];

static const u16 class_size[14] = {
	0, 96, 192, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192
};
static const char *const class_name[3][14] = {
	{ NULL, "kmem-96", "kmem-192", "kmem-8", "kmem-16", "kmem-32", "kmem-64", "kmem-128",
	  "kmem-256", "kmem-512", "kmem-1k", "kmem-2k", "kmem-4k", "kmem-8k" },
	{ NULL, "kmem-rcl-96", "kmem-rcl-192", "kmem-rcl-8", "kmem-rcl-16", "kmem-rcl-32",
	  "kmem-rcl-64", "kmem-rcl-128", "kmem-rcl-256", "kmem-rcl-512", "kmem-rcl-1k",
	  "kmem-rcl-2k", "kmem-rcl-4k", "kmem-rcl-8k" },
	{ NULL, "dma-kmem-96", "dma-kmem-192", "dma-kmem-8", "dma-kmem-16", "dma-kmem-32",
	  "dma-kmem-64", "dma-kmem-128", "dma-kmem-256", "dma-kmem-512", "dma-kmem-1k",
	  "dma-kmem-2k", "dma-kmem-4k", "dma-kmem-8k" },
};

void *kmem_alloc_sized(size_t size, alloc_flags flags)
{
	struct page *p;
	u32 order;

	if (likely(size <= KMEM_MAX)) {
		if (unlikely(!size))
			return ZERO_SIZE_PTR;
		return objcache_alloc(kmem_classes[0][kmem_class_of(size)], flags);
	}
	if (size > PAGE_SIZE << BUDDY_ORDER_MAX)
		return NULL;
	order = ceil_log2(DIV_ROUND_UP(size, PAGE_SIZE));
	p = page_alloc(order, flags | ALLOC_COMPOUND);
	if (!p)
		return NULL;
	vmstat_add(VMSTAT_SLAB_UNRECLAIMABLE, 1L << order);
	return page_to_virt(p);
}

static inline bool is_nothing(const void *p)
{
	return (uptr)p <= (uptr)ZERO_SIZE_PTR;
}

void kmem_free(const void *p)
{
	struct page *s;

	if (unlikely(is_nothing(p)))
		return;
	s = page_head(virt_to_page(p));
	if (likely(page_flag_test(s, PG_SLAB))) {
		objcache_free((struct objcache *)s->mapping, (void *)p);
		return;
	}
	VERIFY(page_flag_test(s, PG_HEAD) && p == page_to_virt(s));
	vmstat_add(VMSTAT_SLAB_UNRECLAIMABLE, -(1L << page_order(s)));
	page_free(s, page_order(s));
}

size_t kmem_size(const void *p)
{
	struct page *s;

	if (is_nothing(p))
		return 0;
	s = page_head(virt_to_page(p));
	if (page_flag_test(s, PG_SLAB))
		return objcache_size((struct objcache *)s->mapping);
	return PAGE_SIZE << page_order(s);
}

void *kmem_zalloc(size_t size, alloc_flags flags)
{
	return kmem_alloc_sized(size, flags | ALLOC_ZERO);
}

void *kmem_calloc(size_t n, size_t size, alloc_flags flags)
{
	size_t bytes;

	return check_mul(n, size, &bytes) ? NULL : kmem_alloc_sized(bytes, flags | ALLOC_ZERO);
}

void *kmem_realloc(void *p, size_t size, alloc_flags flags)
{
	size_t old = kmem_size(p);
	void *n;

	if (!is_nothing(p) && size <= old && size > old / 4)
		return p;
	n = kmem_alloc_sized(size, flags);
	if (!n)
		return NULL;
	if (!is_nothing(p))
		memcpy(n, p, min(old, size));
	kmem_free(p);
	return n;
}

char *kmem_strndup(const char *s, size_t n, alloc_flags flags)
{
	size_t len = strnlen(s, n);
	char *d = kmem_alloc_sized(len + 1, flags);

	if (!d)
		return NULL;
	memcpy(d, s, len);
	d[len] = '\0';
	return d;
}

char *kmem_strdup(const char *s, alloc_flags flags)
{
	return kmem_dup(s, strlen(s) + 1, flags);
}

void *kmem_dup(const void *p, size_t n, alloc_flags flags)
{
	void *d = kmem_alloc_sized(n, flags);

	if (d && n)
		memcpy(d, p, n);
	return d;
}

void *kmem_alloc_large(size_t size, alloc_flags flags)
{
	if (size <= LARGE_TRY) {
		void *p = kmem_alloc_sized(size, size > PAGE_SIZE ? flags | ALLOC_NORETRY : flags);

		if (p)
			return p;
	}
	return kva_alloc(size, flags);
}

void kmem_free_large(const void *p)
{
	if (!kva_contains(p))
		kmem_free(p);
	else if (in_atomic() || !irq_is_enabled())
		kva_free_deferred(p);
	else
		kva_free(p);
}

/* ---- nodes of trees with lock-free readers ---- */
static struct objcache *radix_cache;

static void *radix_node_get(void *ctx, size_t size)
{
	return objcache_alloc(radix_cache, ALLOC_NOWAIT | ALLOC_NOWARN);
}

static void radix_node_reap(struct rcu_job *job)
{
	objcache_free(radix_cache, job);
}

static void radix_node_put(void *ctx, void *ptr, size_t size)
{
	rcu_defer(ptr, radix_node_reap);
}

const struct lib_alloc radix_node_alloc = { radix_node_get, radix_node_put, NULL };

static void *radix_node_get_sleeping(void *ctx, size_t size)
{
	return objcache_alloc(radix_cache, ALLOC_KERNEL);
}
const struct lib_alloc radix_node_alloc_sleeping = { radix_node_get_sleeping, radix_node_put, NULL };

static struct objcache *class_create(u32 row, u32 k)
{
	static const u32 row_flags[ROW_COUNT] = { [ROW_RECLAIM] = OBJCACHE_RECLAIM };
	static const u8 row_name[ROW_COUNT] = { 0, 0, 1, 2 };
	struct objcache *c = objcache_create(class_name[row_name[row]][k], class_size[k],
					     is_pow2(class_size[k]) ? class_size[k] : 8,
					     row_flags[row], NULL);

	VERIFY(c);
	if (row == ROW_DMA)
		c->gfp |= ALLOC_DMA32;
	return c;
}

void slab_init(void)
{
	slab_bootstrap();
	for (u32 row = 0; row < ROW_COUNT; row++)
		for (u32 k = 1; k < ARRAY_SIZE(class_size); k++)
			kmem_classes[row][k] = row == ROW_ACCOUNT ? kmem_classes[ROW_NORMAL][k]
								  : class_create(row, k);
	radix_cache = objcache_create("radix_node", sizeof(struct radix_node), 0, OBJCACHE_RECLAIM, NULL);
	VERIFY(radix_cache);
}
