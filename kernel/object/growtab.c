// SPDX-License-Identifier: GPL-2.0-only
/*
 * Growing hash tables.
 *
 * Each head has a lock and one chain in order of the hash. Among the things stand markers, which
 * cut the chain in places of about one thing: a search begins at the marker of its place. To double
 * the places a worker puts a new marker in the middle of each, one after the other, and then lets
 * searches use them. Nothing is ever moved, so whoever walks a chain meanwhile misses nothing,
 * and a table that grows holds nobody up longer than an insertion would.
 *
 * Tables do not shrink: their markers (24 bytes for each thing there ever was at a time) go with the table.
 * Things with equal hashes lie side by side and cannot be told apart by growing, so a table whose keys
 * strangers choose hashes them with a secret.
 *
 * Lock order: one head's lock at a time, of the owner's rank.
 */
#include <tern/kernel/growtab.h>

#include <tern/base/bug.h>
#include <tern/kernel/sched.h>
#include <tern/mm/slab.h>

#define MARKERS_A_BREATH	256u

static struct growtab *table_of(struct workitem *w)
{
	return container_of(w, struct growtab, work);
}

/* What points to the first link with at least @hash: the caller's goes in front of it. Lock held. */
static struct hnode **find_place(const struct growtab *t, u32 hash)
{
	struct hnode **at = (struct hnode **)growtab_place(t, hash);

	while (*at && growlink_of(*at)->hash < hash)
		at = &(*at)->next;
	return at;
}

static void link_in(struct growtab *t, struct growlink *l, u32 hash)
{
	struct hnode **at = find_place(t, hash), *n = &l->node;

	l->hash = hash;
	n->next = *at;
	n->pprev = at;
	if (n->next)
		n->next->pprev = &n->next;
	__atomic_store_n(at, n, __ATOMIC_RELEASE);
}

/* ---- growing ---- */

/* Markers of the next level: at the odd numbers of twice as many places. */
static void set_markers(struct growtab *t, struct growlink *markers, u32 bits)
{
	for (u32 i = 0; i < 1u << (bits - 1); i++) {
		u32 hash = (2 * i + 1) << (32 - bits);
		struct spin *lock = growtab_lock(t, hash);

		spin_lock_bh(lock);
		link_in(t, &markers[i], hash);
		spin_unlock_bh(lock);
		if (i % MARKERS_A_BREATH == 0)
			sched_check();
	}
}

static bool is_full(const struct growtab *t)
{
	return t->bits < 31 && t->bits - t->head_bits < GROWTAB_LEVELS && growtab_count(t) > 1ul << t->bits;
}

static void grow(struct workitem *w)
{
	struct growtab *t = table_of(w);

	while (is_full(t)) {
		u32 level = t->bits - t->head_bits;
		struct growlink *markers = kmem_alloc_large(sizeof(*markers) << t->bits, ALLOC_KERNEL);

		if (!markers)
			return;		/* longer chains until the next insertion asks again */
		set_markers(t, markers, t->bits + 1);
		t->levels[level] = markers;
		__atomic_store_n(&t->bits, t->bits + 1, __ATOMIC_RELEASE);
	}
}

u64 growtab_count(const struct growtab *t)
{
	u64 n = 0;

	for (u32 i = 0; i < growtab_heads(t); i++)
		n += READ_ONCE(t->heads[i].count);
	return n;
}

/* ---- things ---- */

void growtab_add(struct growtab *t, struct growlink *l, u32 hash)
{
	struct growhead *h = growtab_head(t, hash);

	spin_assert_held(&h->lock);
	link_in(t, l, hash | 1);
	WRITE_ONCE(h->count, h->count + 1);
	if (unlikely(h->count > 2u << (READ_ONCE(t->bits) - t->head_bits)))
		workpool_queue(workpool_system, &t->work);
}

void growtab_del(struct growtab *t, struct growlink *l)
{
	struct growhead *h = growtab_head(t, l->hash);

	spin_assert_held(&h->lock);
	hlist_del_rcu(&l->node);
	WRITE_ONCE(h->count, h->count - 1);
}

/* ---- tables ---- */

int growtab_init(struct growtab *t, u32 head_bits, enum lockrank rank)
{
	*t = (struct growtab){ .head_bits = head_bits, .bits = head_bits };
	t->heads = kmem_alloc_large(sizeof(*t->heads) << head_bits, ALLOC_KERNEL | ALLOC_ZERO);
	if (!t->heads)
		return -ENOMEM;
	for (u32 i = 0; i < growtab_heads(t); i++)
		spin_init(&t->heads[i].lock, rank);
	workitem_init(&t->work, grow);
	return 0;
}

void growtab_fini(struct growtab *t)
{
	if (!t->heads)
		return;
	workitem_cancel_sync(&t->work);
	ASSERT(!growtab_count(t));
	for (u32 i = 0; i < GROWTAB_LEVELS; i++)
		kmem_free_large(t->levels[i]);
	kmem_free_large(t->heads);
	t->heads = NULL;
}
