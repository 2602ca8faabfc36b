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

/** lru_add() - a new page of a file cache; by way of this CPU's batch. */
void lru_add(struct page *page);
/** lru_remove_final() - the last reference is gone; any context. */
void lru_remove_final(struct page *page);
/** lru_touch() - used again: referenced, then active. */
void lru_touch(struct page *page);
/** lru_drain() - this CPU's batch goes to the lists. */
void lru_drain_all(void);
void lru_init(void);
/** lru_rescue() - a page is no longer locked in memory. */
void lru_rescue(struct page *page);
/* With lru.lock held. */
void lru_link_locked(struct page *p, bool is_active);
void lru_unlink_locked(struct page *p);
struct lru_lists {
	struct spin lock;	/* protects both lists; LOCKRANK_LRU, irqsave */
	struct list active, inactive;	/* L */
};
extern struct lru_lists lru;

u64 commit_limit_pages(void);
void oom_victim_gone(void);
