/* SPDX-License-Identifier: GPL-2.0-only */
/* Reclaim lists and pressure, private to mm/. */
#pragma once

#include <tern/base/spin.h>
#include <tern/base/types.h>
#include <tern/mm/page.h>

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
/** lru_rescue() - a page is no longer locked in memory. */
void lru_rescue(struct page *page);
/* With lru.lock held. */
void lru_link_locked(struct page *p, bool is_active);
void lru_unlink_locked(struct page *p);
enum lru_kind { LRU_FILE, LRU_ANON, LRU_KINDS };
struct lru_lists {
	struct spin lock;	/* protects all lists; LOCKRANK_LRU, irqsave */
	struct list active[LRU_KINDS], inactive[LRU_KINDS];	/* L */
};
extern struct lru_lists lru;

struct memgroup;
/** reclaim_group() - swap out pages that are charged to @g or below; pages freed. Sleeps. */
u64 reclaim_group(struct memgroup *g, u64 want);
/** reclaim_pages() - swap out or drop @n referenced pages now, used or not; drops the references. Sleeps. */
void reclaim_pages(struct page **pages, u32 n);
u64 commit_limit_pages(void);
void oom_victim_gone(void);
