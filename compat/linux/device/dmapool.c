// SPDX-License-Identifier: GPL-2.0-only
/*
 * Small blocks of coherent memory: each page of a pool is cut into blocks that cross no boundary; free
 * blocks are chained through their first words.
 *
 * Lock: the pool's, with interrupts off; pages are allocated outside of it.
 */
#include "../lx.h"

#include "../runtime.h"

#include <tern/base/err.h>
#include <tern/lib/list.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

struct block {
	struct block *next;
	unsigned long long handle;
};

struct pool_page {
	struct list link;
	void *va;
	unsigned long long handle;
};

/* Modules hold pointers only. */
struct pool {
	struct lx_dma_pool pub;		/* first */
	struct list pages;
	struct block *free;
};

static struct pool *pool_of(struct lx_dma_pool *p) { return container_of(p, struct pool, pub); }
static unsigned long pool_lock(struct pool *p)
{
	return lx__raw_spin_lock_irqsave((struct lx_raw_spinlock *)&p->pub.lock);
}
static void pool_unlock(struct pool *p, unsigned long flags)
{
	lx__raw_spin_unlock_irqrestore((struct lx_raw_spinlock *)&p->pub.lock, flags);
}

struct lx_dma_pool *lx_dma_pool_create(const char *name, struct lx_device *dev, size_t size, size_t align,
				       size_t boundary)
{
	struct pool *p;

	align = align ? align : 1;
	if (!dev || !size || (align & (align - 1)) || (boundary && (boundary < size || (boundary & (boundary - 1)))))
		return NULL;
	p = kmem_zalloc(sizeof(*p), ALLOC_KERNEL);
	if (!p)
		return NULL;
	list_init(&p->pages);
	strlcpy(p->pub.name, name, sizeof(p->pub.name));
	p->pub.dev = dev;
	p->pub.size = ALIGN_UP(max(size, sizeof(struct block)), max(align, sizeof(void *)));
	p->pub.allocation = max(p->pub.size, PAGE_SIZE);
	p->pub.boundary = boundary ? boundary : p->pub.allocation;
	return &p->pub;
}
LX_EXPORT(dma_pool_create);

static void cut_locked(struct pool *p, const struct pool_page *page)
{
	size_t size = p->pub.size, limit = p->pub.boundary;

	for (size_t at = 0; at + size <= p->pub.allocation; at += size) {
		struct block *b;

		if (at / limit != (at + size - 1) / limit)
			at = ALIGN_UP(at, limit);
		if (at + size > p->pub.allocation)
			break;
		b = (struct block *)((u8 *)page->va + at);
		b->handle = page->handle + at;
		b->next = p->free;
		p->free = b;
	}
}

static int grow(struct pool *p, unsigned int gfp)
{
	struct pool_page *page = kmem_zalloc(sizeof(*page), gfp);
	unsigned long flags;

	if (!page)
		return -ENOMEM;
	page->va = lx_dma_alloc_attrs(p->pub.dev, p->pub.allocation, &page->handle, gfp, 0);
	if (!page->va) {
		kmem_free(page);
		return -ENOMEM;
	}
	flags = pool_lock(p);
	list_add(&page->link, &p->pages);
	cut_locked(p, page);
	pool_unlock(p, flags);
	return 0;
}

void *lx_dma_pool_alloc(struct lx_dma_pool *pub, unsigned int gfp, unsigned long long *handle)
{
	struct pool *p = pool_of(pub);
	unsigned long flags;
	struct block *b;

	for (;;) {
		flags = pool_lock(p);
		b = p->free;
		if (b)
			p->free = b->next;
		pool_unlock(p, flags);
		if (b)
			break;
		if (grow(p, gfp & ~ALLOC_ZERO))
			return NULL;
	}
	*handle = b->handle;
	if (gfp & ALLOC_ZERO)
		memset(b, 0, pub->size);
	return b;
}
LX_EXPORT(dma_pool_alloc);

void lx_dma_pool_free(struct lx_dma_pool *pub, void *va, unsigned long long handle)
{
	struct pool *p = pool_of(pub);
	unsigned long flags = pool_lock(p);
	struct block *b = va;

	b->handle = handle;
	b->next = p->free;
	p->free = b;
	pool_unlock(p, flags);
}
LX_EXPORT(dma_pool_free);

void lx_dma_pool_destroy(struct lx_dma_pool *pub)
{
	struct pool *p;

	if (!pub)
		return;
	p = pool_of(pub);
	while (!list_is_empty(&p->pages)) {
		struct pool_page *page = list_first_entry(&p->pages, struct pool_page, link);

		list_del(&page->link);
		lx_dma_free_attrs(pub->dev, pub->allocation, page->va, page->handle, 0);
		kmem_free(page);
	}
	kmem_free(p);
}
LX_EXPORT(dma_pool_destroy);

static void devm_destroy(void *pool) { lx_dma_pool_destroy(pool); }

struct lx_dma_pool *lx_dmam_pool_create(const char *name, struct lx_device *dev, size_t size, size_t align,
					size_t boundary)
{
	struct lx_dma_pool *p = lx_dma_pool_create(name, dev, size, align, boundary);

	if (!p || !lx_devm_add_action(dev, devm_destroy, p))
		return p;
	lx_dma_pool_destroy(p);
	return NULL;
}
LX_EXPORT(dmam_pool_create);

/* ---- coherent memory that goes with the binding; tables of scatter lists ---- */

struct coherent { struct lx_device *dev; size_t size; void *va; unsigned long long handle; unsigned long attrs; };

static void coherent_release(struct lx_device *dev, void *data)
{
	struct coherent *c = data;

	lx_dma_free_attrs(dev, c->size, c->va, c->handle, c->attrs);
}

void *lx_dmam_alloc_attrs(struct lx_device *dev, size_t size, unsigned long long *handle, unsigned int gfp,
			  unsigned long attrs)
{
	struct coherent *c = lx___devres_alloc_node(coherent_release, sizeof(*c), gfp, 0, "coherent");

	if (!c)
		return NULL;
	c->va = lx_dma_alloc_attrs(dev, size, handle, gfp, attrs);
	if (!c->va) {
		lx_devres_free(c);
		return NULL;
	}
	c->size = size;
	c->handle = *handle;
	c->attrs = attrs;
	lx_devres_add(dev, c);
	return c->va;
}
LX_EXPORT(dmam_alloc_attrs);

int lx_dma_map_sgtable(struct lx_device *dev, struct lx_sg_table *t, unsigned int dir, unsigned long attrs)
{
	unsigned int n = lx_dma_map_sg_attrs(dev, t->sgl, (int)t->orig_nents, dir, attrs);

	if (!n)
		return -EIO;
	t->nents = n;
	return 0;
}
LX_EXPORT(dma_map_sgtable);

/* There is no memory on other devices that could be mapped. */
bool lx_dma_pci_p2pdma_supported(struct lx_device *dev) { return false; }
LX_EXPORT(dma_pci_p2pdma_supported);
