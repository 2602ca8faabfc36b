// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory: size classes, object caches, pages, virtually contiguous memory. Flags, size classes and
 * struct page are shared layouts, so that nothing is translated.
 */
#include "../lx.h"

#include <asm/cpu.h>
#include <asm/page.h>
#include <tern/base/err.h>
#include <tern/base/preempt.h>
#include <tern/kernel/klog.h>
#include <tern/lib/string.h>
#include <tern/mm/kva.h>
#include <tern/mm/page.h>
#include <tern/mm/slab.h>

#define LX_ZERO_SIZE	16UL	/* what kmalloc(0) gives: no memory behind it */
#define KMEM_PAGES_MAX	(PAGE_SIZE << BUDDY_ORDER_MAX)

static bool is_nothing(const void *p)
{
	return (uptr)p <= LX_ZERO_SIZE;
}

LX_EXPORT_ALIAS(kmalloc_caches, kmem_classes);

void *lx_kmalloc_trace(struct lx_kmem_cache *cache, unsigned int gfp, size_t size)
{
	return objcache_alloc((struct objcache *)cache, gfp);
}
LX_EXPORT(kmalloc_trace);

void *lx_kmalloc_node_trace(struct lx_kmem_cache *cache, unsigned int gfp, int node, size_t size)
{
	return objcache_alloc((struct objcache *)cache, gfp);
}
LX_EXPORT(kmalloc_node_trace);

void *lx___kmalloc(size_t size, unsigned int gfp)
{
	return size ? kmem_alloc_sized(size, gfp) : (void *)LX_ZERO_SIZE;
}
LX_EXPORT(__kmalloc);

void *lx___kmalloc_node(size_t size, unsigned int gfp, int node)
{
	return lx___kmalloc(size, gfp);
}
LX_EXPORT(__kmalloc_node);

void *lx___kmalloc_node_track_caller(size_t size, unsigned int gfp, int node, unsigned long caller)
{
	return lx___kmalloc(size, gfp);
}
LX_EXPORT(__kmalloc_node_track_caller);

void *lx_kmalloc_large(size_t size, unsigned int gfp)
{
	return lx___kmalloc(size, gfp);
}
LX_EXPORT(kmalloc_large);

void *lx_kmalloc_large_node(size_t size, unsigned int gfp, int node)
{
	return lx___kmalloc(size, gfp);
}
LX_EXPORT(kmalloc_large_node);

void lx_kfree(const void *p)
{
	if (!is_nothing(p))
		kmem_free(p);
}
LX_EXPORT(kfree);

void lx_kfree_sensitive(const void *p)
{
	if (is_nothing(p))
		return;
	mem_wipe((void *)p, kmem_size(p));
	kmem_free(p);
}
LX_EXPORT(kfree_sensitive);

size_t lx_ksize(const void *p)
{
	return is_nothing(p) ? 0 : kmem_size(p);
}
LX_EXPORT(ksize);

void *lx_krealloc(const void *p, size_t size, unsigned int gfp)
{
	if (!size) {
		lx_kfree(p);
		return (void *)LX_ZERO_SIZE;
	}
	return kmem_realloc(is_nothing(p) ? NULL : (void *)p, size, gfp);
}
LX_EXPORT(krealloc);

/* The size class that @size falls into. */
size_t lx_kmalloc_size_roundup(size_t size)
{
	if (!size || size > KMEM_PAGES_MAX)
		return size;
	if (size > 8192)
		return PAGE_SIZE << (64 - __builtin_clzl((size - 1) >> PAGE_SHIFT));
	if (size > 64 && size <= 96)
		return 96;
	if (size > 128 && size <= 192)
		return 192;
	return size <= 8 ? 8 : 1UL << (64 - __builtin_clzl(size - 1));
}
LX_EXPORT(kmalloc_size_roundup);

/* ---- copies ---- */

void *lx_kmemdup(const void *p, size_t n, unsigned int gfp) { return kmem_dup(p, n, gfp); }
LX_EXPORT(kmemdup);

char *lx_kstrdup(const char *s, unsigned int gfp) { return s ? kmem_strdup(s, gfp) : NULL; }
LX_EXPORT(kstrdup);

const char *lx_kstrdup_const(const char *s, unsigned int gfp) { return lx_kstrdup(s, gfp); }
LX_EXPORT(kstrdup_const);

void lx_kfree_const(const void *p) { lx_kfree(p); }
LX_EXPORT(kfree_const);

char *lx_kstrndup(const char *s, size_t max, unsigned int gfp)
{
	return s ? kmem_strndup(s, max, gfp) : NULL;
}
LX_EXPORT(kstrndup);

char *lx_kmemdup_nul(const char *s, size_t n, unsigned int gfp)
{
	char *copy = s ? kmem_alloc(n + 1, gfp) : NULL;

	if (copy) {
		memcpy(copy, s, n);
		copy[n] = 0;
	}
	return copy;
}
LX_EXPORT(kmemdup_nul);

/* ---- object caches: a struct kmem_cache is opaque, so this is ours ---- */

struct lx_kmem_cache {
	struct objcache *objects;
	void (*ctor)(void *);
	unsigned int size;
	char name[32];
};

struct lx_kmem_cache *lx_kmem_cache_create_usercopy(const char *name, unsigned int size,
		unsigned int align, unsigned int flags, unsigned int user_off, unsigned int user_size,
		void (*ctor)(void *))
{
	struct lx_kmem_cache *c = kmem_zalloc(sizeof(*c), ALLOC_KERNEL);

	if (!c)
		return NULL;
	strlcpy(c->name, name, sizeof(c->name));
	c->ctor = ctor;
	c->size = size;
	c->objects = objcache_create(c->name, size, align ? align : 8,
				     (flags & 0x2000 ? OBJCACHE_HWALIGN : 0) |
				     (flags & 0x80000 ? OBJCACHE_RCU : 0), ctor);
	if (c->objects)
		return c;
	kmem_free(c);
	return NULL;
}
LX_EXPORT(kmem_cache_create_usercopy);

struct lx_kmem_cache *lx_kmem_cache_create(const char *name, unsigned int size, unsigned int align,
					   unsigned int flags, void (*ctor)(void *))
{
	return lx_kmem_cache_create_usercopy(name, size, align, flags, 0, 0, ctor);
}
LX_EXPORT(kmem_cache_create);

void lx_kmem_cache_destroy(struct lx_kmem_cache *c)
{
	if (!c)
		return;
	objcache_destroy(c->objects);
	kmem_free(c);
}
LX_EXPORT(kmem_cache_destroy);

void *lx_kmem_cache_alloc(struct lx_kmem_cache *c, unsigned int gfp)
{
	return objcache_alloc(c->objects, gfp);
}
LX_EXPORT(kmem_cache_alloc);

void *lx_kmem_cache_alloc_node(struct lx_kmem_cache *c, unsigned int gfp, int node)
{
	return objcache_alloc(c->objects, gfp);
}
LX_EXPORT(kmem_cache_alloc_node);

void lx_kmem_cache_free(struct lx_kmem_cache *c, void *p)
{
	if (p)
		objcache_free(c->objects, p);
}
LX_EXPORT(kmem_cache_free);

void lx_kmem_cache_free_bulk(struct lx_kmem_cache *c, size_t n, void **p)
{
	for (size_t i = 0; i < n; i++)
		lx_kmem_cache_free(c, p[i]);
}
LX_EXPORT(kmem_cache_free_bulk);

int lx_kmem_cache_alloc_bulk(struct lx_kmem_cache *c, unsigned int gfp, size_t n, void **p)
{
	for (size_t i = 0; i < n; i++) {
		p[i] = lx_kmem_cache_alloc(c, gfp);
		if (!p[i]) {
			lx_kmem_cache_free_bulk(c, i, p);
			return 0;
		}
	}
	return (int)n;
}
LX_EXPORT(kmem_cache_alloc_bulk);

unsigned int lx_kmem_cache_size(struct lx_kmem_cache *c)
{
	return c->size;
}
LX_EXPORT(kmem_cache_size);

/* Empty slabs go when memory is short; "some are left" is the answer until then. */
int lx_kmem_cache_shrink(struct lx_kmem_cache *c)
{
	return 1;
}
LX_EXPORT(kmem_cache_shrink);

/* ---- pages ---- */

struct lx_page *lx___alloc_pages(unsigned int gfp, unsigned int order, int node,
				 struct lx_nodemask_t *nodes)
{
	return order > BUDDY_ORDER_MAX ? NULL : (struct lx_page *)page_alloc(order, gfp);
}
LX_EXPORT(__alloc_pages);

struct lx_page *lx_alloc_pages(unsigned int gfp, unsigned int order)
{
	return lx___alloc_pages(gfp, order, 0, NULL);
}
LX_EXPORT(alloc_pages);

unsigned long lx___get_free_pages(unsigned int gfp, unsigned int order)
{
	return order > BUDDY_ORDER_MAX ? 0 : (unsigned long)page_alloc_kva(order, gfp);
}
LX_EXPORT(__get_free_pages);

unsigned long lx_get_zeroed_page(unsigned int gfp)
{
	return lx___get_free_pages(gfp | ALLOC_ZERO, 0);
}
LX_EXPORT(get_zeroed_page);

/* The block is free when its last reference goes; others may hold one on its first page. */
void lx___free_pages(struct lx_page *lp, unsigned int order)
{
	struct page *p = (struct page *)lp;

	if (page_flag_test(p, PG_HEAD))
		page_put(p);
	else if (atomic_dec_and_test(&p->refcount)) {
		atomic_set(&p->refcount, 1);
		page_free(p, order);
	}
}
LX_EXPORT(__free_pages);

void lx_free_pages(unsigned long addr, unsigned int order)
{
	if (addr)
		lx___free_pages((struct lx_page *)virt_to_page((void *)addr), order);
}
LX_EXPORT(free_pages);

void lx___folio_put(struct lx_folio *folio)
{
	page_put_final((struct page *)folio);
}
LX_EXPORT(__folio_put);

void *lx_alloc_pages_exact(size_t size, unsigned int gfp)
{
	return size > KMEM_PAGES_MAX ? NULL : kmem_alloc_sized(ALIGN_UP(size, PAGE_SIZE), gfp);
}
LX_EXPORT(alloc_pages_exact);

void lx_free_pages_exact(void *p, size_t size)
{
	kmem_free(p);
}
LX_EXPORT(free_pages_exact);

/* ---- virtually contiguous ---- */

void *lx_vmalloc(unsigned long size) { return kva_alloc(size, ALLOC_KERNEL); }
LX_EXPORT(vmalloc);
void *lx_vzalloc(unsigned long size) { return kva_alloc(size, ALLOC_KERNEL | ALLOC_ZERO); }
LX_EXPORT(vzalloc);
void *lx___vmalloc(unsigned long size, unsigned int gfp) { return kva_alloc(size, gfp); }
LX_EXPORT(__vmalloc);
void *lx_vmalloc_node(unsigned long size, int node) { return lx_vmalloc(size); }
LX_EXPORT(vmalloc_node);
void *lx_vzalloc_node(unsigned long size, int node) { return lx_vzalloc(size); }
LX_EXPORT(vzalloc_node);

void lx_vfree(const void *p)
{
	if (!p)
		return;
	if (in_atomic() || !irq_is_enabled())
		kva_free_deferred(p);
	else
		kva_free(p);
}
LX_EXPORT(vfree);

bool lx_is_vmalloc_addr(const void *p)
{
	return kva_contains(p);
}
LX_EXPORT(is_vmalloc_addr);

void *lx_kvmalloc_node(size_t size, unsigned int gfp, int node)
{
	return size ? kmem_alloc_large(size, gfp) : (void *)LX_ZERO_SIZE;
}
LX_EXPORT(kvmalloc_node);

void lx_kvfree(const void *p)
{
	if (is_nothing(p))
		return;
	if (kva_contains(p))
		lx_vfree(p);
	else
		kmem_free(p);
}
LX_EXPORT(kvfree);

void lx_kvfree_sensitive(const void *p, size_t n)
{
	if (is_nothing(p))
		return;
	mem_wipe((void *)p, n);
	lx_kvfree(p);
}
LX_EXPORT(kvfree_sensitive);

/* ---- what inlined page code tests: none of these features is there ---- */

static struct lx_static_key lx_devmap_managed_key, lx_hugetlb_optimize_vmemmap_key;
LX_EXPORT_DATA(devmap_managed_key);
LX_EXPORT_DATA(hugetlb_optimize_vmemmap_key);

bool lx___put_devmap_managed_page_refs(struct lx_page *page, int refs)
{
	return false;
}
LX_EXPORT(__put_devmap_managed_page_refs);

void lx___check_object_size(const void *p, unsigned long n, bool to_user)
{
	uptr end;

	if (__builtin_add_overflow((uptr)p, n, &end) || (is_nothing(p) && n))
		kpanic("copy of %lu bytes at %p leaves kernel memory", n, p);
}
LX_EXPORT(__check_object_size);
