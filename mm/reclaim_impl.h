/* SPDX-License-Identifier: GPL-2.0-only */
/* Reclaim lists and pressure, private to mm/. */
#pragma once

#include <tern/base/spin.h>
#include <tern/base/types.h>
#include <tern/mm/memgroup.h>
#include <tern/mm/page.h>

struct aspace;

/** reclaim_direct() - free some pages in the caller's context; pages freed. Sleeps. */
u64 reclaim_direct(u32 order, alloc_flags flags);
/** reclaim_wake() - the reclaim thread shall look. Context: any. */
void reclaim_wake(void);
void reclaim_start(void);

/** lru_add() - a new page of a cache; by way of this CPU's batch. */
void lru_add(struct page *page);
/** lru_add_new() - the same with a reference of the caller's, which it loses. */
void lru_add_new(struct page *page);
/** lru_rotate() - it was written: look at it next. Context: any. */
void lru_rotate(struct page *page);
/** lru_deactivate() - not needed soon. */
void lru_deactivate(struct page *page);
/** lru_remove_final() - the last reference is gone; any context. */
void lru_remove_final(struct page *page);
/** lru_touch() - used again: referenced, then active. */
void lru_touch(struct page *page);
/** lru_drain_local() / lru_drain_all() - this CPU's batch goes to the lists; every CPU's. */
void lru_drain_local(void);
void lru_drain_all(void);
void lru_init(void);
/** lru_count_unevictable() - @n pages like @p more that reclaim has put aside. */
void lru_count_unevictable(const struct page *p, s64 n);
/** lru_rescue() - a page is no longer locked in memory. */
void lru_rescue(struct page *page);
/* With lru.lock held. */
void lru_link_locked(struct page *p, bool is_active);
void lru_unlink_locked(struct page *p);
struct lru_lists {
	struct spin lock;	/* protects all lists; LOCKRANK_LRU, irqsave */
	struct list sets;	/* L struct lruset: of the groups and `root` */
	struct lruset root;	/* pages that are charged to no group */
};
extern struct lru_lists lru;
/** lruset_init() / lruset_fini() - the lists of a group; it has no pages then. */
void lruset_init(struct lruset *set, struct memgroup *g);
void lruset_fini(struct lruset *set);

/** reclaim_group() - free or swap out pages that are charged to @g (NULL: all) or below; pages freed. Sleeps. */
u64 reclaim_group(struct memgroup *g, u64 want, alloc_flags flags);
/** reclaim_pages() - swap out or drop @n referenced pages now, used or not; drops the references. Sleeps. */
void reclaim_pages(struct page **pages, u32 n);
u64 commit_limit_pages(void);
/** oom_victim_gone() - the marked @as has given back what it had. */
void oom_victim_gone(struct aspace *as);
/**
 * oom_begin() - may this thread have a victim chosen? Not if another is at it or memory is on its way back: try
 * again after oom_nap(). If so, oom_end() follows. @naps: in vain, of this allocation; 0 at first. Context: sleeps.
 */
bool oom_begin(u32 *naps);
void oom_end(void);
/** oom_nap() - until a victim is gone, or a moment; a fatal signal ends it. Sleeps. */
void oom_nap(void);
