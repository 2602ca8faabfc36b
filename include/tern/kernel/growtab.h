/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hash tables that grow with what is in them, while readers walk and writers write. Owner
 * kernel/object/growtab.c.
 *
 *	struct thing { ...; struct growlink link; };
 *
 *	rcu_read_lock();
 *	growtab_foreach_rcu(t, &table, hash, link)
 *		if (t->key == key)
 *			break;			(t is NULL behind the last)
 *
 *	spin_lock(lock = growtab_lock(&table, hash));
 *	growtab_add(&table, &t->link, hash);
 *	spin_unlock(lock);
 *
 * The order is by the hash's upper bits: they have to be well spread (hash_u64(), hash_bytes()).
 */
#pragma once

#include <tern/base/rcu.h>
#include <tern/kernel/irq.h>
#include <tern/lib/hlist.h>

#define GROWTAB_LEVELS	22u

/* In a thing of the table, and at the markers in it. */
struct growlink {
	struct hnode node;	/* table lock; on no chain: not in the table */
	u32 hash;		/* lowest bit: 1 a thing, 0 a marker */
};

struct growhead {
	struct spin lock;	/* protects the chain's links against change, count */
	u32 count;		/* things */
	struct hlist chain;	/* in order of their hash */
};

struct growtab {
	struct growhead *heads;			/* I 1 << head_bits of them */
	u32 head_bits;				/* I */
	u32 bits;				/* the table is cut in 1 << bits; only grows */
	struct growlink *levels[GROWTAB_LEVELS];/* markers that each growth added, set before bits */
	struct workitem work;			/* grows it */
};

/**
 * growtab_init() - an empty table
 * @head_bits: it has 1 << @head_bits locks, and places at the start; 1..16
 * @rank: of the locks, which are taken with soft interrupts on or off as the owner likes
 * Context: sleeps. Return: 0, -ENOMEM.
 */
int growtab_init(struct growtab *t, u32 head_bits, enum lockrank rank) __must_check;

/** growtab_fini() - frees an empty table that nobody uses; fine on zeros. Sleeps. */
void growtab_fini(struct growtab *t);

/** growtab_count() - things in the table: a moment's sum over all locks' counts, none taken. */
u64 growtab_count(const struct growtab *t);

/** growtab_add() - before those of the same hash. Context: growtab_lock(@t, @hash) held; nosleep. */
void growtab_add(struct growtab *t, struct growlink *l, u32 hash);

/**
 * growtab_del() - take out
 *
 * Readers may stand on it: for a grace period it is not freed, nor put in again with another hash.
 * Context: its lock held.
 */
void growtab_del(struct growtab *t, struct growlink *l);

static inline void growlink_init(struct growlink *l)
{
	hnode_init(&l->node);
	l->hash = 0;
}

/** growlink_is_hashed() - is it in a table. */
static inline bool growlink_is_hashed(const struct growlink *l)
{
	return !hlist_unhashed(&l->node);
}

static inline struct growhead *growtab_head(const struct growtab *t, u32 hash)
{
	return &t->heads[hash >> (32 - t->head_bits)];
}

/** growtab_lock() - the lock under which things with @hash come and go. */
static inline struct spin *growtab_lock(const struct growtab *t, u32 hash)
{
	return &growtab_head(t, hash)->lock;
}

/*
 * Where things with @hash begin. Place number i of 1 << bits begins at hash i << (32 - bits); with z zeros at
 * i's end it was cut off when the table had 1 << (bits - z) places, as the one with odd number i >> z.
 */
static inline struct hnode *const *growtab_place(const struct growtab *t, u32 hash)
{
	u32 bits = __atomic_load_n(&t->bits, __ATOMIC_ACQUIRE), more = bits - t->head_bits;
	u32 i = hash >> (32 - bits), z;

	if (!(i & ((1u << more) - 1)))
		return &growtab_head(t, hash)->chain.first;
	z = (u32)__builtin_ctz(i);
	return &t->levels[more - z - 1][i >> (z + 1)].node.next;
}

static inline struct growlink *growlink_of(struct hnode *n)
{
	return hlist_entry_or_null(n, struct growlink, node);
}

/* The thing with @hash at or behind @n, or NULL. */
static inline struct growlink *growtab_seek(struct hnode *n, u32 hash)
{
	struct growlink *l = growlink_of(n);

	while (l && l->hash < hash)
		l = growlink_of(hlist_load_rcu(l->node.next));
	return l && l->hash == hash ? l : NULL;
}

static inline struct growlink *growtab_first(const struct growtab *t, u32 hash)
{
	return growtab_seek(hlist_load_rcu(*growtab_place(t, hash)), hash | 1);
}

static inline struct growlink *growtab_next(const struct growlink *l)
{
	struct growlink *next = growlink_of(hlist_load_rcu(l->node.next));

	return next && next->hash == l->hash ? next : NULL;
}

#define growlink_entry(l, type, member)						\
	({ struct growlink *_l = (l); _l ? container_of(_l, type, member) : NULL; })

/* Things with @hash. Context: RCU read section or the lock. */
#define growtab_foreach_rcu(pos, t, hash, member)					\
	for (pos = growlink_entry(growtab_first(t, hash), __typeof__(*pos), member);	\
	     pos;									\
	     pos = growlink_entry(growtab_next(&pos->member), __typeof__(*pos), member))

/* The first thing at or behind @n, whatever its hash. */
static inline struct growlink *growtab_any(struct hnode *n)
{
	struct growlink *l = growlink_of(n);

	while (l && !(l->hash & 1))
		l = growlink_of(hlist_load_rcu(l->node.next));
	return l;
}

static inline u32 growtab_heads(const struct growtab *t)
{
	return 1u << t->head_bits;
}

/* All things of head number @i < growtab_heads(): walk the heads for the whole table. RCU or that lock. */
#define growtab_foreach_of_head_rcu(pos, t, i, member)					\
	for (pos = growlink_entry(growtab_any(hlist_load_rcu((t)->heads[i].chain.first)), __typeof__(*pos), member); \
	     pos;									\
	     pos = growlink_entry(growtab_any(hlist_load_rcu(pos->member.node.next)), __typeof__(*pos), member))
