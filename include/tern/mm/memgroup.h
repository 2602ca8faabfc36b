/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of control groups: anonymous pages, shared ones (memory of processes, tmpfs) and pages
 * of file caches are charged to the group of who brings them in first, and to those
 * above, until they are freed; slots in swap likewise. Owner mm/memgroup.c.
 */
#pragma once

#include <asm/atomic.h>
#include <tern/base/compiler.h>
#include <tern/base/rcu.h>
#include <tern/lib/list.h>
#include <tern/mm/page.h>

struct iogroup;
struct seqbuf;

/* What a page is charged as: bits 0-1 of memcg_data. */
enum memkind { MEMKIND_ANON, MEMKIND_SHMEM, MEMKIND_FILE };
#define MEMKIND_MASK	3UL

/* Pages of a group and of those below, and events; the first three are in the order of memkind. */
enum memstat {
	MEMSTAT_ANON, MEMSTAT_SHMEM, MEMSTAT_FILE, MEMSTAT_DIRTY, MEMSTAT_WRITEBACK, MEMSTAT_SWAPCACHED,
	MEMSTAT_INACTIVE_FILE, MEMSTAT_ACTIVE_FILE, MEMSTAT_INACTIVE_ANON, MEMSTAT_ACTIVE_ANON,
	MEMSTAT_UNEVICTABLE, MEMSTAT_PGFAULT, MEMSTAT_PGMAJFAULT, MEMSTAT_PGSCAN, MEMSTAT_PGSTEAL,
	MEMSTATS,
};

/* Rows of memory.events, then of memory.swap.events. */
enum memevent {
	MEMEVENT_LOW, MEMEVENT_HIGH, MEMEVENT_MAX, MEMEVENT_OOM, MEMEVENT_OOM_KILL, MEMEVENT_GROUP_KILL,
	MEMEVENT_SWAP_HIGH, MEMEVENT_SWAP_MAX, MEMEVENT_SWAP_FAIL,
	MEMEVENTS,
};

enum lru_kind { LRU_FILE, LRU_ANON, LRU_KINDS };

/* Reclaim lists of one group, or of the pages that are charged to none. Legend: L lru.lock, I immutable. */
struct lruset {
	struct list lists[LRU_KINDS][2];	/* L inactive, active */
	u64 n[LRU_KINDS][2];			/* L */
	struct list link;			/* L of all sets */
	struct memgroup *group;			/* I NULL: none */
};

/* Memory that reclaim leaves to a group: memory.min and memory.low. */
enum memguard { MEMGUARD_MIN, MEMGUARD_LOW, MEMGUARDS };
struct memguarded {
	s64 want;			/* A pages */
	atomic64 used;			/* A the smaller of that and what the group has */
	atomic64 children;		/* A sum of `used` of the groups right below */
};

struct memgroup {
	refcount refs;			/* its cgroup, children, charged pages and slots */
	struct memgroup *parent;	/* I with a reference; NULL: below the root */
	struct iogroup *io;		/* I with a reference: who pays when its pages are written */
	s64 max, high;			/* A pages: no more; above that charging is slowed down */
	s64 swap_max, swap_high;	/* A the same of slots */
	bool kills_all;			/* A memory.oom.group */
	atomic64 npages, peak;		/* A in it and below */
	atomic64 nswap;			/* A slots, in it and below */
	atomic64 nover;			/* A charges above high */
	atomic32 nvictims;		/* A address spaces that were chosen for its sake and are not gone yet */
	u64 victim_since;		/* process_tree_lock: ns of the last such choice */
	struct memguarded guards[MEMGUARDS];
	atomic64 stats[MEMSTATS];	/* A in it and below */
	atomic64 events[MEMEVENTS];	/* A in it and below */
	atomic64 events_local[MEMEVENTS];	/* A in it */
	struct lruset lru;
	struct rcu_job rcu;
};

extern u32 memgroup_count;		/* A groups that exist: 0, nothing is charged */

/** memgroup_create() - @io: with a reference, which it takes (on failure not). NULL: no memory. */
struct memgroup *memgroup_create(struct memgroup *parent, struct iogroup *io);
void memgroup_put(struct memgroup *g);
/** memgroup_reset() - no limits. */
void memgroup_reset(struct memgroup *g);
/** memgroup_charge_to() - the same as memgroup_charge(), for @g, whose reference is taken. */
int memgroup_charge_to(struct memgroup *g, struct page *p, enum memkind kind, alloc_flags flags);
int memgroup_charge_slow(struct page *p, enum memkind kind, alloc_flags flags);
/**
 * memgroup_charge() - @p is thread_self's group's; 0, -ENOMEM: it must be freed again. Sleeps.
 * @flags: of the page's allocation: without ALLOC_FS the page is charged whatever the limits,
 *	with ALLOC_NORETRY it is refused early
 */
static inline int memgroup_charge(struct page *p, enum memkind kind, alloc_flags flags)
{
	return likely(!READ_ONCE(memgroup_count)) ? 0 : memgroup_charge_slow(p, kind, flags);
}
void memgroup_uncharge(struct page *p);
/** memgroup_swap_charge() - one slot more, with a reference; false: @g may have no more. Context: nosleep. */
bool memgroup_swap_charge(struct memgroup *g);
void memgroup_swap_uncharge(struct memgroup *g);
/** memgroup_swap_room() - may a page of @g go to swap at all. */
bool memgroup_swap_room(const struct memgroup *g);
/** page_memgroup() - whose page it is, NULL: nobody's; the page is held. */
static inline struct memgroup *page_memgroup(const struct page *p)
{
	return (struct memgroup *)(READ_ONCE(p->memcg_data) & ~MEMKIND_MASK);
}
/** memgroup_count_stat() - in @g and those above. Context: any. */
static inline void memgroup_count_stat(struct memgroup *g, enum memstat item, s64 n)
{
	for (; g; g = g->parent)
		atomic_add(&g->stats[item], n);
}
static inline void memgroup_count_page(const struct page *p, enum memstat item, s64 n)
{
	if (unlikely(p->memcg_data))
		memgroup_count_stat(page_memgroup(p), item, n);
}
/** memgroup_count_fault() - thread_self had a page fault. */
void memgroup_count_fault(bool is_major);
void memgroup_event(struct memgroup *g, enum memevent what);
/** memgroup_contains() - is @g @of or above it. */
bool memgroup_contains(const struct memgroup *g, const struct memgroup *of);
/** memgroup_is_guarded() - reclaim for @top (NULL: all) may not take pages of @g. */
bool memgroup_is_guarded(const struct memgroup *g, const struct memgroup *top, enum memguard which);
/** memgroup_set_guard() - pages of memory.min or memory.low. */
void memgroup_set_guard(struct memgroup *g, enum memguard which, s64 pages);
/** memgroup_set_high() - pages above which charges of the group are slowed down. Sleeps. */
void memgroup_set_high(struct memgroup *g, s64 pages);
/** memgroup_shrink() - after its limit fell: free what is too much, as far as that goes. Sleeps. */
void memgroup_shrink(struct memgroup *g);
/** memgroup_reclaim() - memory.reclaim: @g, or NULL for all, gives @pages back. 0, -EAGAIN not so many, -EINTR. */
int memgroup_reclaim(struct memgroup *g, u64 pages);
/** memgroup_dirty_over() - @g or one above has more than @percent of its limit to write. */
bool memgroup_dirty_over(const struct memgroup *g, u64 percent);
