// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arrays with long indices (xarray, radix tree): the native radix tree behind the vendor's head, whose
 * pointer modules test inline for emptiness.
 *
 * Plain numbers are entries with bit 0 set; the native tree keeps bit 1 for itself, so they are moved up by
 * one. Errors of the vendor's are (error << 2 | 2) as a pointer.
 *
 * Lock: xa_lock in the head against change, taken by the caller of the __ forms; lookups run under RCU.
 */
#include "../lx.h"

#include "../runtime.h"

#include <asm/cpu.h>
#include <tern/base/err.h>
#include <tern/base/rcu.h>
#include <tern/lib/radix.h>
#include <tern/mm/slab.h>

#define FLAG_ZERO_BUSY	8u
#define PRESENT		8u

/* Each CPU's nodes for one insertion that must not fail, chained by parent; interrupts off. */
struct stock { struct radix_node *first; u32 n; };
#define STOCK_NODES	(2 * DIV_ROUND_UP(64, RADIX_BITS) - 1)	/* growing to all 64 bits and going down again */
static DEFINE_PERCPU(struct stock, stocks);

static void *stock_take(void)
{
	u64 flags = irq_save();
	struct stock *s = this_cpu_ptr(stocks);
	struct radix_node *n = s->first;

	if (n) {
		s->first = n->parent;
		s->n--;
	}
	irq_restore(flags);
	return n;
}

static void *node_get(void *ctx, size_t size)
{
	void *n = kmem_alloc(size, ALLOC_ATOMIC | ALLOC_NOWARN);

	return n ? n : stock_take();
}
static void node_free(struct rcu_job *job) { kmem_free(job); }
static void node_put(void *ctx, void *p, size_t size) { rcu_defer(p, node_free); }
static const struct lib_alloc nodes = { .alloc = node_get, .free = node_put };

static void *inside(void *e) { return (uptr)e & 1 ? (void *)(((uptr)e >> 1) << 2 | 1) : e; }
static void *outside(void *e) { return (uptr)e & 1 ? (void *)(((uptr)e >> 2) << 1 | 1) : e; }
static void *error_entry(int err) { return (void *)(((uptr)(long)err << 2) | 2); }

static unsigned long lock(struct lx_xarray *x)
{
	return lx__raw_spin_lock_irqsave((struct lx_raw_spinlock *)&x->xa_lock);
}
static void unlock(struct lx_xarray *x, unsigned long flags)
{
	lx__raw_spin_unlock_irqrestore((struct lx_raw_spinlock *)&x->xa_lock, flags);
}

static struct radix tree_of(const struct lx_xarray *x) { return (struct radix){ .root = rcu_load(x->xa_head) }; }

/* What was there, or an error entry. */
static void *store_locked(struct lx_xarray *x, unsigned long index, void *entry)
{
	struct radix t = tree_of(x);
	void *old = NULL;
	int err = radix_store(&t, index, inside(entry), &old, &nodes);

	rcu_publish(x->xa_head, t.root);
	return err ? error_entry(err) : outside(old);
}

void *lx_xa_load(struct lx_xarray *x, unsigned long index)
{
	struct radix t;
	void *e;

	rcu_read_lock();
	t = tree_of(x);
	e = outside(radix_lookup(&t, index));
	rcu_read_unlock();
	return e;
}
LX_EXPORT(xa_load);

void *lx___xa_store(struct lx_xarray *x, unsigned long index, void *entry, unsigned int gfp)
{
	return store_locked(x, index, entry);
}
LX_EXPORT(__xa_store);

void *lx_xa_store(struct lx_xarray *x, unsigned long index, void *entry, unsigned int gfp)
{
	unsigned long flags = lock(x);
	void *old = store_locked(x, index, entry);

	unlock(x, flags);
	return old;
}
LX_EXPORT(xa_store);

void *lx___xa_erase(struct lx_xarray *x, unsigned long index) { return store_locked(x, index, NULL); }
LX_EXPORT(__xa_erase);
void *lx_xa_erase(struct lx_xarray *x, unsigned long index) { return lx_xa_store(x, index, NULL, 0); }
LX_EXPORT(xa_erase);

int lx___xa_insert(struct lx_xarray *x, unsigned long index, void *entry, unsigned int gfp)
{
	struct radix t = tree_of(x);
	int err = radix_insert(&t, index, inside(entry), &nodes);

	rcu_publish(x->xa_head, t.root);
	return err == -EEXIST ? -EBUSY : err;
}
LX_EXPORT(__xa_insert);

int lx___xa_alloc(struct lx_xarray *x, unsigned int *id, void *entry, struct lx_xa_limit limit, unsigned int gfp)
{
	struct radix t = tree_of(x);
	u64 first = x->xa_flags & FLAG_ZERO_BUSY && !limit.min ? 1 : limit.min;
	u64 at = radix_next_hole(&t, first, limit.max);
	int err = !entry ? -EINVAL : at > limit.max ? -EBUSY : radix_insert(&t, at, inside(entry), &nodes);

	rcu_publish(x->xa_head, t.root);
	if (!err)
		*id = (unsigned int)at;
	return err;
}
LX_EXPORT(__xa_alloc);

int lx___xa_alloc_cyclic(struct lx_xarray *x, unsigned int *id, void *entry, struct lx_xa_limit limit,
			 unsigned int *next, unsigned int gfp)
{
	struct lx_xa_limit high = { .min = max(limit.min, *next), .max = limit.max };
	int err = high.min <= limit.max ? lx___xa_alloc(x, id, entry, high, gfp) : -EBUSY;
	bool has_wrapped = false;

	if (err == -EBUSY) {
		err = lx___xa_alloc(x, id, entry, limit, gfp);
		has_wrapped = true;
	}
	if (err)
		return err;
	*next = *id + 1;
	return has_wrapped;
}
LX_EXPORT(__xa_alloc_cyclic);

static void *find(struct lx_xarray *x, unsigned long *index, u64 from, unsigned long last)
{
	struct radix t;
	void *e;

	rcu_read_lock();
	t = tree_of(x);
	e = outside(radix_next(&t, &from, last));
	rcu_read_unlock();
	if (e)
		*index = from;
	return e;
}

void *lx_xa_find(struct lx_xarray *x, unsigned long *index, unsigned long last, unsigned int filter)
{
	return filter == PRESENT ? find(x, index, *index, last) : NULL;
}
LX_EXPORT(xa_find);

void *lx_xa_find_after(struct lx_xarray *x, unsigned long *index, unsigned long last, unsigned int filter)
{
	return filter == PRESENT && *index < last ? find(x, index, (u64)*index + 1, last) : NULL;
}
LX_EXPORT(xa_find_after);

void lx_xa_destroy(struct lx_xarray *x)
{
	unsigned long flags = lock(x);
	struct radix t = tree_of(x);

	radix_destroy(&t, &nodes);
	rcu_publish(x->xa_head, NULL);
	unlock(x, flags);
}
LX_EXPORT(xa_destroy);

/* ---- the older names: the caller has a lock of its own ---- */

int lx_radix_tree_insert(struct lx_xarray *x, unsigned long index, void *entry)
{
	int err = lx___xa_insert(x, index, entry, 0);

	return err == -EBUSY ? -EEXIST : err;
}
LX_EXPORT(radix_tree_insert);
void *lx_radix_tree_delete(struct lx_xarray *x, unsigned long index) { return store_locked(x, index, NULL); }
LX_EXPORT(radix_tree_delete);
void *lx_radix_tree_lookup(const struct lx_xarray *x, unsigned long index)
{
	return lx_xa_load((struct lx_xarray *)x, index);
}
LX_EXPORT(radix_tree_lookup);

void *lx_radix_tree_delete_item(struct lx_xarray *x, unsigned long index, void *item)
{
	void *found = lx_xa_load(x, index);

	if (!found || (item && found != item))
		return NULL;
	return store_locked(x, index, NULL);
}
LX_EXPORT(radix_tree_delete_item);

/* Entries from @first on: how many there were, @max at most. */
unsigned int lx_radix_tree_gang_lookup(const struct lx_xarray *x, void **found, unsigned long first, unsigned int max)
{
	struct radix t;
	u64 at = first;
	u32 n;

	rcu_read_lock();
	t = tree_of(x);
	n = (u32)radix_gang(&t, &at, U64_MAX, found, NULL, max);
	rcu_read_unlock();
	for (u32 i = 0; i < n; i++)
		found[i] = outside(found[i]);
	return n;
}
LX_EXPORT(radix_tree_gang_lookup);

static void stock_add(struct radix_node *n)
{
	u64 flags = irq_save();
	struct stock *s = this_cpu_ptr(stocks);

	n->parent = s->first;
	s->first = n;
	s->n++;
	irq_restore(flags);
}

/* The next insertion on this CPU finds memory; preemption is off if it is 0. */
int lx_radix_tree_preload(unsigned int gfp)
{
	for (;;) {
		struct radix_node *n;

		preempt_disable();
		if (this_cpu_ptr(stocks)->n >= STOCK_NODES)
			return 0;
		preempt_enable();
		n = kmem_alloc(sizeof(*n), gfp);
		if (!n)
			return -ENOMEM;
		stock_add(n);
	}
}
LX_EXPORT(radix_tree_preload);

/* Nodes come from memory that does not wait anyway; the caller counts on preemption being off behind this. */
int lx_radix_tree_maybe_preload(unsigned int gfp)
{
	preempt_disable();
	return 0;
}
LX_EXPORT(radix_tree_maybe_preload);
