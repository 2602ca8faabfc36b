/* SPDX-License-Identifier: GPL-2.0-only */
/* Reverse mapping of objects, private to mm/. */
#pragma once

#include <asm/tlb.h>
#include <tern/mm/aspace.h>

/* Called under rmap_lock for each region that maps part of [first, last]; its share is passed. */
typedef void rmap_visit(struct region *rg, u64 first, u64 last, void *arg);
void rmap_walk(struct pagecache *pc, u64 first, u64 last, rmap_visit *fn, void *arg);
/** rmap_clean_page() - write-protect and clean all entries; was one dirty. Page locked. */
bool rmap_clean_page(struct page *page);
/**
 * rmap_unmap_page() - take it out of all mappings but locked ones; true if none
 * is left. Page locked.
 */
bool rmap_unmap_page(struct page *page);
/** rmap_test_young() - was it used since the last call; clears the marks. Page locked. */
bool rmap_test_young(struct page *page, bool *is_locked);
/**
 * zap_file_range() - for pagecache_unmap(): entries of the object, private
 * copies too if @even_cows.
 */
void zap_file_range(struct tlb_gather *tg, struct region *rg, uptr start, uptr end, bool even_cows);
