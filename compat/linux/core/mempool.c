// SPDX-License-Identifier: GPL-2.0-only
/* Pools that keep some elements back, so that an allocation which may wait never fails. */
#include "../lx.h"

#include "../runtime.h"

#include <asm/cpu.h>
#include <tern/base/err.h>
#include <tern/mm/slab.h>

static unsigned long pool_lock(struct lx_mempool_s *p)
{
	return lx__raw_spin_lock_irqsave((struct lx_raw_spinlock *)&p->lock);
}

static void pool_unlock(struct lx_mempool_s *p, unsigned long flags)
{
	lx__raw_spin_unlock_irqrestore((struct lx_raw_spinlock *)&p->lock, flags);
}

void lx_mempool_exit(struct lx_mempool_s *p)
{
	while (p->curr_nr)
		p->free(p->elements[--p->curr_nr], p->pool_data);
	kmem_free(p->elements);
	p->elements = NULL;
}
LX_EXPORT(mempool_exit);

static int fill(struct lx_mempool_s *p, int min, void *(*alloc)(unsigned int, void *), void (*free)(void *, void *),
		void *data, unsigned int gfp)
{
	p->lock = (struct lx_spinlock){ };
	p->min_nr = min;
	p->curr_nr = 0;
	p->pool_data = data;
	p->alloc = alloc;
	p->free = free;
	lx___init_waitqueue_head(&p->wait, "mempool", NULL);
	p->elements = kmem_calloc((size_t)max(min, 1), sizeof(void *), gfp);
	if (!p->elements)
		return -ENOMEM;
	while (p->curr_nr < min) {
		void *e = alloc(gfp, data);

		if (!e) {
			lx_mempool_exit(p);
			return -ENOMEM;
		}
		p->elements[p->curr_nr++] = e;
	}
	return 0;
}

int lx_mempool_init(struct lx_mempool_s *p, int min, void *(*alloc)(unsigned int, void *),
		    void (*free)(void *, void *), void *data)
{
	return fill(p, min, alloc, free, data, ALLOC_KERNEL);
}
LX_EXPORT(mempool_init);

struct lx_mempool_s *lx_mempool_create_node(int min, void *(*alloc)(unsigned int, void *),
					    void (*free)(void *, void *), void *data, unsigned int gfp, int node)
{
	struct lx_mempool_s *p = kmem_zalloc(sizeof(*p), gfp);

	if (p && fill(p, min, alloc, free, data, gfp)) {
		kmem_free(p);
		return NULL;
	}
	return p;
}
LX_EXPORT(mempool_create_node);

struct lx_mempool_s *lx_mempool_create(int min, void *(*alloc)(unsigned int, void *), void (*free)(void *, void *),
				       void *data)
{
	return lx_mempool_create_node(min, alloc, free, data, ALLOC_KERNEL, -1);
}
LX_EXPORT(mempool_create);

void lx_mempool_destroy(struct lx_mempool_s *p)
{
	if (!p)
		return;
	lx_mempool_exit(p);
	kmem_free(p);
}
LX_EXPORT(mempool_destroy);

static void *take_kept(struct lx_mempool_s *p)
{
	unsigned long flags = pool_lock(p);
	void *e = p->curr_nr ? p->elements[--p->curr_nr] : NULL;

	pool_unlock(p, flags);
	return e;
}

void *lx_mempool_alloc(struct lx_mempool_s *p, unsigned int gfp)
{
	for (;;) {
		void *e = p->alloc((gfp & ~(ALLOC_DIRECT | ALLOC_IO)) | ALLOC_NOWARN | ALLOC_NORETRY, p->pool_data);

		if (!e)
			e = take_kept(p);
		if (!e && (gfp & ALLOC_DIRECT))
			e = p->alloc(gfp | ALLOC_NOWARN | ALLOC_NORETRY, p->pool_data);
		if (e || !(gfp & ALLOC_DIRECT))
			return e;
		/* Somebody gives one back; memory may also come free elsewhere. */
		lx_schedule_timeout_uninterruptible(1);
	}
}
LX_EXPORT(mempool_alloc);

void lx_mempool_free(void *e, struct lx_mempool_s *p)
{
	unsigned long flags;
	bool kept = false;

	if (!e)
		return;
	flags = pool_lock(p);
	if (p->curr_nr < p->min_nr) {
		p->elements[p->curr_nr++] = e;
		kept = true;
	}
	pool_unlock(p, flags);
	if (!kept)
		p->free(e, p->pool_data);
}
LX_EXPORT(mempool_free);

int lx_mempool_resize(struct lx_mempool_s *p, int min)
{
	void **elements = kmem_calloc((size_t)max(min, 1), sizeof(void *), ALLOC_KERNEL), **old, *e;
	unsigned long flags;

	if (!elements)
		return -ENOMEM;
	while (p->curr_nr > min && (e = take_kept(p)))
		p->free(e, p->pool_data);
	flags = pool_lock(p);
	old = p->elements;
	for (int i = 0; i < p->curr_nr; i++)
		elements[i] = old[i];
	p->elements = elements;
	p->min_nr = min;
	pool_unlock(p, flags);
	kmem_free(old);
	while (p->curr_nr < min && (e = p->alloc(ALLOC_KERNEL, p->pool_data)))
		lx_mempool_free(e, p);
	return 0;
}
LX_EXPORT(mempool_resize);

/* ---- where elements come from ---- */

void *lx_mempool_kmalloc(unsigned int gfp, void *size) { return kmem_alloc_sized((size_t)size, gfp); }
LX_EXPORT(mempool_kmalloc);
void lx_mempool_kfree(void *e, void *size) { kmem_free(e); }
LX_EXPORT(mempool_kfree);
void *lx_mempool_alloc_slab(unsigned int gfp, void *cache) { return lx_kmem_cache_alloc(cache, gfp); }
LX_EXPORT(mempool_alloc_slab);
void lx_mempool_free_slab(void *e, void *cache) { lx_kmem_cache_free(cache, e); }
LX_EXPORT(mempool_free_slab);
void *lx_mempool_alloc_pages(unsigned int gfp, void *order) { return page_alloc((u32)(uptr)order, gfp); }
LX_EXPORT(mempool_alloc_pages);
void lx_mempool_free_pages(void *e, void *order) { page_free(e, (u32)(uptr)order); }
LX_EXPORT(mempool_free_pages);
