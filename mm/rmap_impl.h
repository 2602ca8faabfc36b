/* SPDX-License-Identifier: GPL-2.0-only */
/* Reverse mapping: from pages to user entries, private to mm/. */
#pragma once

#include <asm/tlb.h>
#include <tern/mm/aspace.h>

/* Called under the tree's lock for each region that maps part of [first, last]; its share is passed. */
typedef void rmap_visit(struct region *rg, u64 first, u64 last, void *arg);
void rmap_walk(struct pagecache *pc, u64 first, u64 last, rmap_visit *fn, void *arg);
/** rmap_tree_init() - an empty tree. */
void rmap_tree_init(struct rmap_tree *t);
void rmap_tree_insert(struct rmap_tree *t, struct region *rg, struct rmap_link *link);
void rmap_tree_remove(struct rmap_tree *t, struct rmap_link *link);
/** rmap_clean_page() - write-protect and clean all entries; was one dirty. Page locked. */
bool rmap_clean_page(struct page *page);
/**
 * rmap_unmap_page() - take it out of all mappings but locked ones; true if none
 * is left. Entries of a page in the swap cache name its slot from then on. Page locked.
 */
bool rmap_unmap_page(struct page *page);
/** rmap_test_young() - was it used since the last call; clears the marks. Page locked. */
bool rmap_test_young(struct page *page, bool *is_locked);
/**
 * zap_file_range() - for pagecache_unmap(): entries of the object, private
 * copies too if @even_cows.
 */
void zap_file_range(struct tlb_gather *tg, struct region *rg, uptr start, uptr end, bool even_cows);

/* ---- anonymous pages (anon.c) ---- */

/*
 * The regions that may map one another's anonymous pages: those that a region became
 * by splitting, moving and fork. Type-stable memory (OBJCACHE_RCU): who finds one by a
 * page may lock it and then look whether the page is still mapped.
 */
struct anonset {
	refcount refs;			/* A one a region */
	struct rmap_tree maps;
};

/** anon_prepare() - @rg is about to get a page of its own; as_lock held. 0, -ENOMEM. Sleeps. */
int anon_prepare_slow(struct region *rg);
static inline int anon_prepare(struct region *rg)
{
	return likely(READ_ONCE(rg->anon)) ? 0 : anon_prepare_slow(rg);
}
/** anon_set_page() - a page that nobody else sees belongs to @rg's set, for address @addr. */
void anon_set_page(struct page *page, struct region *rg, uptr addr);
/** anon_join() - @a takes over @b's set; it has none or the same. as_lock for writing. */
void anon_join(struct region *a, const struct region *b);
void anonset_get(struct anonset *s);
void anonset_put(struct anonset *s);
/** anonset_lock_page() - the tree of a mapped anonymous page, locked, or NULL: it is mapped no more. */
struct rmap_tree *anonset_lock_page(struct page *page);
void anon_init(void);
