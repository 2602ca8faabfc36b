/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of control groups: anonymous and shared pages (memory of processes,
 * tmpfs) are charged to the group of who touches them first, and to those
 * above, until they are freed. Owner mm/memgroup.c.
 */
#pragma once

#include <asm/atomic.h>
#include <tern/base/compiler.h>
#include <tern/base/rcu.h>
#include <tern/mm/page.h>

struct seqbuf;

struct memgroup {
	refcount refs;			/* its cgroup, children, charged pages */
	struct memgroup *parent;	/* I with a reference; NULL: below the root */
	s64 max, high;			/* A pages: no more; above that charging is slowed down */
	bool kills_all;			/* A memory.oom.group */
	atomic64 npages, peak;		/* A in it and below */
	atomic64 nanon, nshmem;		/* A the same by kind */
	atomic64 nfaults;		/* A charges */
	atomic64 nover;			/* A charges above high */
	atomic64 highs, hits, ooms, kills, group_kills;	/* A memory.events.local */
	struct rcu_job rcu;
};

extern u32 memgroup_count;		/* A groups that exist: 0, nothing is charged */

struct memgroup *memgroup_create(struct memgroup *parent);
void memgroup_put(struct memgroup *g);
/** memgroup_reset() - no limits. */
void memgroup_reset(struct memgroup *g);
int memgroup_charge_slow(struct page *p, bool is_shared);
/** memgroup_charge() - @p is thread_self's group's; 0, -ENOMEM: it must be freed again. Sleeps. */
static inline int memgroup_charge(struct page *p, bool is_shared)
{
	return likely(!READ_ONCE(memgroup_count)) ? 0 : memgroup_charge_slow(p, is_shared);
}
void memgroup_uncharge(struct page *p);
/** page_memgroup() - whose page it is, NULL: nobody's; the page is held. */
static inline struct memgroup *page_memgroup(const struct page *p)
{
	return (struct memgroup *)(READ_ONCE(p->memcg_data) & ~1UL);
}
/** memgroup_contains() - is @g @of or above it. */
bool memgroup_contains(const struct memgroup *g, const struct memgroup *of);
/** memgroup_set_high() - pages above which charges of the group are slowed down. */
static inline void memgroup_set_high(struct memgroup *g, s64 high) { WRITE_ONCE(g->high, high); }
/** memgroup_shrink() - after its limit fell: swap out what is too much, as far as that goes. Sleeps. */
void memgroup_shrink(struct memgroup *g);
