// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handle tables: numbers for objects, with rights. A handle value is slot index
 * | generation << 32; the generation of a slot goes up each time the slot is
 * emptied, so a stale handle is refused rather than mistaken for its successor.
 *
 * Slots live in pages of 64 that are never moved, in a directory that is
 * copied when it grows: readers need only RCU. A slot's meta word (generation,
 * rights, in-use bit) is written before and checked after taking a reference.
 *
 * Lock order: lock (LOCKRANK_HANDLE) is a leaf. Lookups take no lock.
 */
#include <tern/kernel/object.h>

#include <tern/base/err.h>
#include <tern/base/spin.h>
#include <tern/lib/bits.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define PAGE_SLOTS	64
#define FIRST_PAGES	4
#define HANDLE_INDEX(h)	((u32)(h))
#define HANDLE_GEN(h)	((u32)((h) >> 32))
#define RIGHTS_VALID	((u32)RIGHT_ALL)

struct slot_page {
	u64 used;			/* L bit: slot is taken */
	struct handle_slot slot[PAGE_SLOTS];	/* R, L to write */
};

struct slot_dir {
	struct rcu_job rcu;
	u32 npages;			/* I */
	struct slot_page *page[];	/* R, L to write */
};

struct handle_table {
	struct spin lock;		/* protects changes of everything below */
	struct slot_dir *dir;		/* R */
	u32 count;			/* L handles in use */
};

static struct slot_dir *dir_alloc(u32 npages)
{
	struct slot_dir *d = kmem_zalloc(sizeof(*d) + npages * sizeof(d->page[0]), ALLOC_KERNEL);

	if (d)
		d->npages = npages;
	return d;
}

struct handle_table *handle_table_create(void)
{
	struct handle_table *t = kmem_zalloc(sizeof(*t), ALLOC_KERNEL);

	if (!t)
		return NULL;
	spin_init(&t->lock, LOCKRANK_HANDLE);
	t->dir = dir_alloc(FIRST_PAGES);
	if (!t->dir) {
		kmem_free(t);
		return NULL;
	}
	return t;
}

void handle_table_destroy(struct handle_table *t)
{
	u32 i, n;

	for (i = 0; i < t->dir->npages; i++) {
		struct slot_page *p = t->dir->page[i];

		for (n = 0; p && n < PAGE_SLOTS; n++)
			if (p->used & BIT(n))
				object_put(p->slot[n].obj);
		kmem_free(p);
	}
	kmem_free(t->dir);
	kmem_free(t);
}

/* Lowest free index >= min in existing pages, or the first index without a page. */
static u32 find_free_locked(struct handle_table *t, u32 min)
{
	struct slot_dir *d = t->dir;
	u32 i = min / PAGE_SLOTS, skip = min % PAGE_SLOTS;

	for (; i < d->npages && d->page[i]; i++, skip = 0) {
		u64 free = ~d->page[i]->used & (~0UL << skip);

		if (free)
			return i * PAGE_SLOTS + bit_lowest(free);
	}
	return i * PAGE_SLOTS + skip;
}

static struct slot_page *page_of(struct handle_table *t, u32 index)
{
	u32 i = index / PAGE_SLOTS;

	return i < t->dir->npages ? t->dir->page[i] : NULL;
}

/* Make room for @index; called without the lock, so somebody else may be faster. */
static int grow(struct handle_table *t, u32 index)
{
	u32 need = index / PAGE_SLOTS + 1, i;
	struct slot_page *p = kmem_zalloc(sizeof(*p), ALLOC_KERNEL);
	struct slot_dir *d = NULL, *old = NULL;

	if (!p)
		return -ENOMEM;
	if (need > READ_ONCE(t->dir)->npages) {
		d = dir_alloc(roundup_pow2(need));
		if (!d) {
			kmem_free(p);
			return -ENOMEM;
		}
	}
	spin_lock(&t->lock);
	if (d && d->npages > t->dir->npages) {
		old = t->dir;
		for (i = 0; i < old->npages; i++)
			d->page[i] = old->page[i];
		rcu_publish(t->dir, d);
		d = NULL;
	}
	if (need <= t->dir->npages && !t->dir->page[need - 1]) {
		rcu_publish(t->dir->page[need - 1], p);
		p = NULL;
	}
	spin_unlock(&t->lock);
	kmem_free(p);
	kmem_free(d);
	if (old)
		rcu_defer_free(&old->rcu, old);
	return 0;
}

s64 handle_add(struct handle_table *t, struct object *o, u32 rights, u32 min_index, u32 limit)
{
	struct handle_slot *s;
	struct slot_page *p;
	u32 index;
	int err;

	for (;;) {
		spin_lock(&t->lock);
		index = find_free_locked(t, min_index);
		if (index >= limit) {
			spin_unlock(&t->lock);
			return -EMFILE;
		}
		p = page_of(t, index);
		if (p)
			break;
		spin_unlock(&t->lock);
		err = grow(t, index);
		if (err)
			return err;
	}
	object_get(o);
	s = &p->slot[index % PAGE_SLOTS];
	s->rights = rights & RIGHTS_VALID;
	p->used |= BIT(index % PAGE_SLOTS);
	t->count++;
	rcu_publish(s->obj, o);
	spin_unlock(&t->lock);
	return (s64)((u64)(s->generation & 0x7fffffff) << 32 | index);
}

static struct handle_slot *slot_rcu(struct handle_table *t, u64 handle)
{
	struct slot_dir *d = rcu_load(t->dir);
	u32 index = HANDLE_INDEX(handle), i = index / PAGE_SLOTS;
	struct slot_page *p = i < d->npages ? rcu_load(d->page[i]) : NULL;

	return p ? &p->slot[index % PAGE_SLOTS] : NULL;
}

static bool slot_is(const struct handle_slot *s, u64 handle)
{
	return (READ_ONCE(s->generation) & 0x7fffffff) == HANDLE_GEN(handle);
}

/* Objects must be freed after a grace period for this: object_ops.destroy sees to it. */
struct object *handle_lookup(struct handle_table *t, u64 handle, u32 rights)
{
	struct object *o = ERR_PTR(-EBADF), *found;
	struct handle_slot *s;

	rcu_read_lock();
	s = slot_rcu(t, handle);
	found = s ? rcu_load(s->obj) : NULL;
	if (!found || !slot_is(s, handle))
		goto out;
	if ((READ_ONCE(s->rights) & rights) != rights) {
		o = ERR_PTR(-EACCES);
		goto out;
	}
	if (!ref_get_unless_zero(&found->refs))
		goto out;
	/* Emptied and filled again meanwhile? */
	smp_rmb();
	if (rcu_load(s->obj) == found && slot_is(s, handle)) {
		rcu_read_unlock();
		return found;
	}
	rcu_read_unlock();
	object_put(found);
	return ERR_PTR(-EBADF);
out:
	rcu_read_unlock();
	return o;
}

int handle_close(struct handle_table *t, u64 handle)
{
	u32 index = HANDLE_INDEX(handle);
	struct object *o = NULL;
	struct slot_page *p;

	spin_lock(&t->lock);
	p = page_of(t, index);
	if (p && (p->used & BIT(index % PAGE_SLOTS)) && slot_is(&p->slot[index % PAGE_SLOTS], handle)) {
		struct handle_slot *s = &p->slot[index % PAGE_SLOTS];

		o = s->obj;
		rcu_publish(s->obj, NULL);
		WRITE_ONCE(s->generation, s->generation + 1);
		p->used &= ~BIT(index % PAGE_SLOTS);
		t->count--;
	}
	spin_unlock(&t->lock);
	if (!o)
		return -EBADF;
	object_put(o);
	return 0;
}
