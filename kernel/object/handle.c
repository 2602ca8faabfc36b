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
#define GENERATIONS	0x7fffffffu

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
	u32 rights;			/* I bits that handles may have */
	u32 generations;		/* I 2^n - 1 */
	bool is_closed;			/* L nothing is added any more */
};

static struct slot_dir *dir_alloc(u32 npages)
{
	struct slot_dir *d = kmem_zalloc(sizeof(*d) + npages * sizeof(d->page[0]), ALLOC_KERNEL);

	if (d)
		d->npages = npages;
	return d;
}

struct handle_table *handle_table_create_with(u32 rights, u32 generations)
{
	struct handle_table *t = kmem_zalloc(sizeof(*t), ALLOC_KERNEL);

	if (!t)
		return NULL;
	spin_init(&t->lock, LOCKRANK_HANDLE);
	t->rights = rights;
	t->generations = generations;
	t->dir = dir_alloc(FIRST_PAGES);
	if (!t->dir) {
		kmem_free(t);
		return NULL;
	}
	return t;
}

struct handle_table *handle_table_create(void)
{
	return handle_table_create_with(RIGHT_ALL, GENERATIONS);
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

/* The slot is free; lock held. */
static u64 fill_locked(struct handle_table *t, struct slot_page *p, u32 index, struct object *o,
		       u32 rights)
{
	struct handle_slot *s = &p->slot[index % PAGE_SLOTS];

	object_get(o);
	s->rights = rights & t->rights;
	p->used |= BIT(index % PAGE_SLOTS);
	t->count++;
	rcu_publish(s->obj, o);
	return (u64)(s->generation & t->generations) << 32 | index;
}

s64 handle_add(struct handle_table *t, struct object *o, u32 rights, u32 min_index, u32 limit)
{
	struct slot_page *p;
	u32 index;
	s64 value;
	int err;

	for (;;) {
		spin_lock(&t->lock);
		index = find_free_locked(t, min_index);
		if (index >= limit || t->is_closed) {
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
	value = (s64)fill_locked(t, p, index, o, rights);
	spin_unlock(&t->lock);
	return value;
}

int handle_add_as(struct handle_table *t, u64 handle, struct object *o, u32 rights)
{
	u32 index = HANDLE_INDEX(handle);
	struct slot_page *p;
	int err = 0;

	if (!page_of(t, index))
		err = grow(t, index);
	if (err)
		return err;
	spin_lock(&t->lock);
	p = page_of(t, index);
	if (t->is_closed || (p->used & BIT(index % PAGE_SLOTS))) {
		err = -EBUSY;
	} else {
		WRITE_ONCE(p->slot[index % PAGE_SLOTS].generation, HANDLE_GEN(handle));
		fill_locked(t, p, index, o, rights);
	}
	spin_unlock(&t->lock);
	return err;
}

static struct handle_slot *slot_rcu(struct handle_table *t, u64 handle)
{
	struct slot_dir *d = rcu_load(t->dir);
	u32 index = HANDLE_INDEX(handle), i = index / PAGE_SLOTS;
	struct slot_page *p = i < d->npages ? rcu_load(d->page[i]) : NULL;

	return p ? &p->slot[index % PAGE_SLOTS] : NULL;
}

static bool slot_is(const struct handle_table *t, const struct handle_slot *s, u64 handle)
{
	return (READ_ONCE(s->generation) & t->generations) == HANDLE_GEN(handle);
}

/* Objects must be freed after a grace period for this: object_ops.destroy sees to it. */
struct object *handle_lookup(struct handle_table *t, u64 handle, u32 rights)
{
	struct object *o = ERR_PTR(-EBADF), *found;
	struct handle_slot *s;

	rcu_read_lock();
	s = slot_rcu(t, handle);
	found = s ? rcu_load(s->obj) : NULL;
	if (!found || !slot_is(t, s, handle))
		goto out;
	if ((READ_ONCE(s->rights) & rights) != rights) {
		o = ERR_PTR(-EACCES);
		goto out;
	}
	if (!ref_get_unless_zero(&found->refs))
		goto out;
	/* Emptied and filled again meanwhile? */
	smp_rmb();
	if (rcu_load(s->obj) == found && slot_is(t, s, handle)) {
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

/* The slot of a handle in use, or NULL; lock held. */
static struct handle_slot *slot_locked(struct handle_table *t, u64 handle)
{
	u32 index = HANDLE_INDEX(handle);
	struct slot_page *p = page_of(t, index);
	struct handle_slot *s = p ? &p->slot[index % PAGE_SLOTS] : NULL;

	return s && (p->used & BIT(index % PAGE_SLOTS)) && slot_is(t, s, handle) ? s : NULL;
}

static struct object *empty_locked(struct handle_table *t, struct handle_slot *s, u32 index)
{
	struct object *o = s->obj;

	rcu_publish(s->obj, NULL);
	WRITE_ONCE(s->generation, s->generation + 1);
	page_of(t, index)->used &= ~BIT(index % PAGE_SLOTS);
	t->count--;
	return o;
}

int handle_close(struct handle_table *t, u64 handle)
{
	struct object *o = NULL;
	struct handle_slot *s;

	spin_lock(&t->lock);
	s = slot_locked(t, handle);
	if (s)
		o = empty_locked(t, s, HANDLE_INDEX(handle));
	spin_unlock(&t->lock);
	if (!o)
		return -EBADF;
	object_put(o);
	return 0;
}

s64 handle_rights(struct handle_table *t, u64 handle)
{
	struct handle_slot *s;
	s64 rights = -EBADF;

	spin_lock(&t->lock);
	s = slot_locked(t, handle);
	if (s)
		rights = s->rights;
	spin_unlock(&t->lock);
	return rights;
}

int handle_change_rights(struct handle_table *t, u64 handle, u32 clear, u32 set)
{
	struct handle_slot *s;

	spin_lock(&t->lock);
	s = slot_locked(t, handle);
	if (s)
		WRITE_ONCE(s->rights, ((s->rights & ~clear) | set) & t->rights);
	spin_unlock(&t->lock);
	return s ? 0 : -EBADF;
}

/* First slot in use at or after *@index, or NULL; lock held. */
static struct handle_slot *next_locked(struct handle_table *t, u32 *index)
{
	for (u32 i = *index / PAGE_SLOTS; i < t->dir->npages; i++) {
		struct slot_page *p = t->dir->page[i];
		u64 used = p ? p->used : 0;

		if (i == *index / PAGE_SLOTS)
			used &= ~0UL << (*index % PAGE_SLOTS);
		if (used) {
			*index = i * PAGE_SLOTS + bit_lowest(used);
			return &p->slot[*index % PAGE_SLOTS];
		}
	}
	return NULL;
}

s64 handle_next(struct handle_table *t, u32 *index, struct object **o, u32 *rights)
{
	struct handle_slot *s;
	s64 value = -ENOENT;

	spin_lock(&t->lock);
	s = next_locked(t, index);
	if (s) {
		object_get(s->obj);
		*o = s->obj;
		*rights = s->rights;
		value = (s64)((u64)(s->generation & t->generations) << 32 | *index);
		++*index;
	}
	spin_unlock(&t->lock);
	return value;
}

void handle_table_close(struct handle_table *t)
{
	struct handle_slot *s;
	struct object *o;
	u32 index = 0;

	for (;;) {
		spin_lock(&t->lock);
		t->is_closed = true;
		s = next_locked(t, &index);
		o = s ? empty_locked(t, s, index) : NULL;
		spin_unlock(&t->lock);
		if (!o)
			break;
		object_put(o);
	}
}

u32 handle_count(const struct handle_table *t)
{
	return READ_ONCE(t->count);
}
