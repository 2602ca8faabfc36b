// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pools of addresses: chunks of memory of a device, in units of a power of two, first fit.
 *
 * Lock: the pool's, with interrupts off.
 */
#include "../lx.h"

#include "../runtime.h"

#include <tern/base/err.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

struct chunk {
	struct chunk *next;
	unsigned long start, units;
	unsigned long long phys;
	void *owner;
	u8 used[];		/* of each unit */
};

/* The vendor's list head of chunks is ours to use. */
static struct chunk **first(struct lx_gen_pool *p) { return (struct chunk **)&p->chunks.next; }
static unsigned long pool_lock(struct lx_gen_pool *p)
{
	return lx__raw_spin_lock_irqsave((struct lx_raw_spinlock *)&p->lock);
}
static void pool_unlock(struct lx_gen_pool *p, unsigned long flags)
{
	lx__raw_spin_unlock_irqrestore((struct lx_raw_spinlock *)&p->lock, flags);
}

static void pool_release(struct lx_device *dev, void *data)
{
	struct chunk *c = *first(data), *next;

	for (; c; c = next) {
		next = c->next;
		kmem_free_large(c);
	}
}

struct lx_gen_pool *lx_devm_gen_pool_create(struct lx_device *dev, int order, int node, const char *name)
{
	struct lx_gen_pool *p = lx___devres_alloc_node(pool_release, sizeof(*p), ALLOC_KERNEL, 0, "pool");

	if (!p)
		return ERR_PTR(-ENOMEM);
	p->min_alloc_order = order;
	p->name = name;
	lx_devres_add(dev, p);
	return p;
}
LX_EXPORT(devm_gen_pool_create);

int lx_gen_pool_add_owner(struct lx_gen_pool *p, unsigned long at, unsigned long long phys, size_t size, int node,
			  void *owner)
{
	size_t units = size >> p->min_alloc_order;
	struct chunk *c = kmem_alloc_large(sizeof(*c) + units, ALLOC_KERNEL | ALLOC_ZERO);
	unsigned long flags;

	if (!c)
		return -ENOMEM;
	c->start = at;
	c->phys = phys;
	c->units = units;
	c->owner = owner;
	flags = pool_lock(p);
	c->next = *first(p);
	*first(p) = c;
	pool_unlock(p, flags);
	return 0;
}
LX_EXPORT(gen_pool_add_owner);

/* First run of @n free units from an aligned address; units if there is none. */
static unsigned long find_run(const struct lx_gen_pool *p, const struct chunk *c, size_t n, unsigned long align)
{
	unsigned long run = 0;

	for (unsigned long i = 0; i < c->units; i++) {
		if (!run && ((c->start + (i << p->min_alloc_order)) & (align - 1)))
			continue;
		run = c->used[i] ? 0 : run + 1;
		if (run == n)
			return i + 1 - n;
	}
	return c->units;
}

void *lx_gen_pool_dma_alloc_align(struct lx_gen_pool *p, size_t size, unsigned long long *handle, int align)
{
	size_t n;
	unsigned long flags, at;
	struct chunk *c;

	if (!p || !size)
		return NULL;
	n = (size + BIT(p->min_alloc_order) - 1) >> p->min_alloc_order;
	flags = pool_lock(p);
	for (c = *first(p); c; c = c->next) {
		at = find_run(p, c, n, align > 0 ? (unsigned long)align : 1);
		if (at == c->units)
			continue;
		memset(c->used + at, 1, n);
		break;
	}
	pool_unlock(p, flags);
	if (!c)
		return NULL;
	if (handle)
		*handle = c->phys + (at << p->min_alloc_order);
	return (void *)(c->start + (at << p->min_alloc_order));
}
LX_EXPORT(gen_pool_dma_alloc_align);

void *lx_gen_pool_dma_alloc(struct lx_gen_pool *p, size_t size, unsigned long long *handle)
{
	return lx_gen_pool_dma_alloc_align(p, size, handle, 1);
}
LX_EXPORT(gen_pool_dma_alloc);

void lx_gen_pool_free_owner(struct lx_gen_pool *p, unsigned long at, size_t size, void **owner)
{
	size_t n = (size + BIT(p->min_alloc_order) - 1) >> p->min_alloc_order;
	unsigned long flags = pool_lock(p);

	for (struct chunk *c = *first(p); c; c = c->next)
		if (at >= c->start && at < c->start + (c->units << p->min_alloc_order)) {
			memset(c->used + ((at - c->start) >> p->min_alloc_order), 0, n);
			if (owner)
				*owner = c->owner;
		}
	pool_unlock(p, flags);
}
LX_EXPORT(gen_pool_free_owner);
