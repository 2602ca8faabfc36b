// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers for pointers (idr) and numbers alone (ida): the native idmap behind the vendor's head. An
 * empty one has no map at all, since modules test the head inline.
 *
 * Lock: xa_lock in the head against change; lookups run under RCU.
 */
#include "../lx.h"

#include <asm/cpu.h>
#include <tern/base/err.h>
#include <tern/base/preempt.h>
#include <tern/base/rcu.h>
#include <tern/base/spin.h>
#include <tern/lib/idmap.h>
#include <tern/mm/slab.h>

struct map {
	struct idmap ids;
	struct rcu_job rcu;
};

/* Nodes are read under RCU; their first words are the deferral record. */
static void *node_get(void *ctx, size_t size) { return kmem_alloc(size, ALLOC_ATOMIC); }
static void node_free(struct rcu_job *job) { kmem_free(job); }
static void node_put(void *ctx, void *p, size_t size) { rcu_defer(p, node_free); }
static const struct lib_alloc nodes = { .alloc = node_get, .free = node_put };

static u64 lock(struct lx_xarray *x)
{
	u64 flags = irq_save();

	preempt_disable();
	spinword_lock((spinword *)&x->xa_lock);
	return flags;
}

static void unlock(struct lx_xarray *x, u64 flags)
{
	spinword_unlock((spinword *)&x->xa_lock);
	irq_restore(flags);
	preempt_enable();
}

static struct map *map_locked(struct lx_xarray *x)
{
	if (!x->xa_head) {
		struct map *m = kmem_zalloc(sizeof(*m), ALLOC_ATOMIC);

		rcu_publish(x->xa_head, m);
	}
	return x->xa_head;
}

static void map_free(struct rcu_job *job) { kmem_free(container_of(job, struct map, rcu)); }

static void drop_if_empty_locked(struct lx_xarray *x)
{
	struct map *m = x->xa_head;

	if (!m || m->ids.count)
		return;
	idmap_destroy(&m->ids, &nodes);
	x->xa_head = NULL;
	rcu_defer(&m->rcu, map_free);
}

static int alloc_id(struct lx_xarray *x, void *ptr, u32 min, u32 max, u32 *next)
{
	u64 flags = lock(x);
	struct map *m = map_locked(x);
	int id = -ENOMEM;

	if (m && next)
		id = idmap_alloc_cyclic(&m->ids, ptr, min, min_t(u32, max, IDMAP_MAX), next, &nodes);
	else if (m)
		id = idmap_alloc(&m->ids, ptr, min, min_t(u32, max, IDMAP_MAX), &nodes);
	drop_if_empty_locked(x);
	unlock(x, flags);
	return id;
}

static void *remove_id(struct lx_xarray *x, u32 id)
{
	u64 flags = lock(x);
	struct map *m = x->xa_head;
	void *old = m ? idmap_remove(&m->ids, id, &nodes) : NULL;

	drop_if_empty_locked(x);
	unlock(x, flags);
	return old;
}

static void destroy(struct lx_xarray *x)
{
	u64 flags = lock(x);
	struct map *m = x->xa_head;

	if (m) {
		idmap_destroy(&m->ids, &nodes);
		m->ids.count = 0;
		drop_if_empty_locked(x);
	}
	unlock(x, flags);
}

/* ---- numbers alone ---- */

int lx_ida_alloc_range(struct lx_ida *ida, unsigned int min, unsigned int max, unsigned int gfp)
{
	return (int)min < 0 ? -ENOSPC : alloc_id(&ida->xa, NULL, min, (int)max < 0 ? IDMAP_MAX : max, NULL);
}
LX_EXPORT(ida_alloc_range);

void lx_ida_free(struct lx_ida *ida, unsigned int id) { (void)remove_id(&ida->xa, id); }
LX_EXPORT(ida_free);
void lx_ida_destroy(struct lx_ida *ida) { destroy(&ida->xa); }
LX_EXPORT(ida_destroy);

/* ---- numbers for pointers; idr_base is where they begin inside the map ---- */

int lx_idr_alloc(struct lx_idr *idr, void *ptr, int start, int end, unsigned int gfp)
{
	if (start < 0)
		return -EINVAL;
	return alloc_id(&idr->idr_rt, ptr, (u32)start, end > 0 ? (u32)end - 1 : IDMAP_MAX, NULL);
}
LX_EXPORT(idr_alloc);

int lx_idr_alloc_cyclic(struct lx_idr *idr, void *ptr, int start, int end, unsigned int gfp)
{
	return alloc_id(&idr->idr_rt, ptr, (u32)start, end > 0 ? (u32)end - 1 : IDMAP_MAX, &idr->idr_next);
}
LX_EXPORT(idr_alloc_cyclic);

int lx_idr_alloc_u32(struct lx_idr *idr, void *ptr, unsigned int *next, unsigned long max, unsigned int gfp)
{
	int id = alloc_id(&idr->idr_rt, ptr, *next, max > IDMAP_MAX ? IDMAP_MAX : (u32)max, NULL);

	if (id < 0)
		return id;
	*next = (unsigned int)id;
	return 0;
}
LX_EXPORT(idr_alloc_u32);

void *lx_idr_remove(struct lx_idr *idr, unsigned long id)
{
	return id > IDMAP_MAX ? NULL : remove_id(&idr->idr_rt, (u32)id);
}
LX_EXPORT(idr_remove);

void *lx_idr_find(const struct lx_idr *idr, unsigned long id)
{
	const struct map *m = rcu_load(idr->idr_rt.xa_head);

	return m && id <= IDMAP_MAX ? idmap_find(&m->ids, (u32)id) : NULL;
}
LX_EXPORT(idr_find);

void *lx_idr_get_next(struct lx_idr *idr, int *next)
{
	const struct map *m = rcu_load(idr->idr_rt.xa_head);
	u32 id = (u32)*next;
	void *p = m ? idmap_next(&m->ids, &id) : NULL;

	if (p)
		*next = (int)id;
	return p;
}
LX_EXPORT(idr_get_next);

int lx_idr_for_each(const struct lx_idr *idr, int (*fn)(int, void *, void *), void *data)
{
	const struct map *m = rcu_load(idr->idr_rt.xa_head);
	void *p;
	u32 id;
	int err = 0;

	if (m)
		idmap_foreach(p, &m->ids, id) {
			err = fn((int)id, p, data);
			if (err)
				break;
		}
	return err;
}
LX_EXPORT(idr_for_each);

void *lx_idr_replace(struct lx_idr *idr, void *ptr, unsigned long id)
{
	u64 flags = lock(&idr->idr_rt);
	struct map *m = idr->idr_rt.xa_head;
	void *old = m && id <= IDMAP_MAX ? idmap_find(&m->ids, (u32)id) : NULL;

	if (!m || id > IDMAP_MAX || idmap_replace(&m->ids, (u32)id, ptr))
		old = ERR_PTR(-ENOENT);
	unlock(&idr->idr_rt, flags);
	return old;
}
LX_EXPORT(idr_replace);

void lx_idr_destroy(struct lx_idr *idr) { destroy(&idr->idr_rt); }
LX_EXPORT(idr_destroy);

/* Nodes come from reserves that never sleep: nothing to prepare but what idr_preload_end() undoes. */
void lx_idr_preload(unsigned int gfp) { preempt_disable(); }
LX_EXPORT(idr_preload);
