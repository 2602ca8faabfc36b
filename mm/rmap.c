// SPDX-License-Identifier: GPL-2.0-only
/*
 * From an object back to the user entries that name its pages.
 *
 * pc->regions is an interval tree: regions ordered by first page index, each
 * with the largest last index of its subtree. A region is in it from when it is
 * linked until just before its page tables may go, so whoever holds rmap_lock
 * can walk those tables (they may grow meanwhile, not shrink).
 *
 * Lock order: page lock > pc->rmap_lock > pt_lock of the table.
 */
#include "aspace_impl.h"
#include "rmap_impl.h"

#define pc_region_of(n) rbtree_entry(n, struct region, pc_node)

static inline u64 last_index(const struct region *rg)
{
	return rg->pgoff + region_pages(rg) - 1;
}

static bool last_update(struct rbnode *n)
{
	struct region *rg = pc_region_of(n);
	u64 m = last_index(rg);

	if (n->left)
		m = max(m, pc_region_of(n->left)->pc_last_max);
	if (n->right)
		m = max(m, pc_region_of(n->right)->pc_last_max);
	if (m == rg->pc_last_max)
		return false;
	rg->pc_last_max = m;
	return true;
}

static bool may_write_object(const struct region *rg)
{
	return (rg->flags & (REGION_SHARED | REGION_MAYWRITE)) == (REGION_SHARED | REGION_MAYWRITE);
}

static void insert_locked(struct pagecache *pc, struct region *rg)
{
	struct rbnode **link = &pc->regions.root, *parent = NULL;

	while (*link) {
		parent = *link;
		link = rg->pgoff < pc_region_of(parent)->pgoff ? &parent->left : &parent->right;
	}
	rg->pc_last_max = 0;
	rbtree_link(&rg->pc_node, parent, link);
	rbtree_insert_augmented(&pc->regions, &rg->pc_node, last_update);
}

void rmap_insert(struct region *rg)
{
	struct pagecache *pc = rg->pc;

	spin_lock(&pc->rmap_lock);
	insert_locked(pc, rg);
	if (may_write_object(rg))
		WRITE_ONCE(pc->nr_shared_writable, pc->nr_shared_writable + 1);
	spin_unlock(&pc->rmap_lock);
}

void rmap_remove(struct region *rg)
{
	struct pagecache *pc = rg->pc;

	spin_lock(&pc->rmap_lock);
	rbtree_erase_augmented(&pc->regions, &rg->pc_node, last_update);
	if (may_write_object(rg))
		WRITE_ONCE(pc->nr_shared_writable, pc->nr_shared_writable - 1);
	spin_unlock(&pc->rmap_lock);
}

void rmap_resize(struct region *rg, uptr start, uptr end, u64 pgoff)
{
	struct pagecache *pc = rg->pc;

	spin_lock(&pc->rmap_lock);
	rbtree_erase_augmented(&pc->regions, &rg->pc_node, last_update);
	rg->start = start;
	rg->end = end;
	rg->pgoff = pgoff;
	insert_locked(pc, rg);
	spin_unlock(&pc->rmap_lock);
}

static void visit(const struct rbnode *n, u64 first, u64 last, rmap_visit *fn, void *arg)
{
	while (n) {
		struct region *rg = pc_region_of(n);

		if (rg->pc_last_max < first)
			return;
		visit(n->left, first, last, fn, arg);
		if (rg->pgoff > last)
			return;
		if (last_index(rg) >= first)
			fn(rg, max(first, rg->pgoff), min(last, last_index(rg)), arg);
		n = n->right;
	}
}

void rmap_walk(struct pagecache *pc, u64 first, u64 last, rmap_visit *fn, void *arg)
{
	if (!READ_ONCE(pc->regions.root))
		return;
	spin_lock(&pc->rmap_lock);
	visit(pc->regions.root, first, last, fn, arg);
	spin_unlock(&pc->rmap_lock);
}

static inline uptr addr_of_index(const struct region *rg, u64 index)
{
	return rg->start + ((index - rg->pgoff) << PAGE_SHIFT);
}

/* ---- forget an index range in all mappings (truncate, punch) ---- */
static void unmap_one(struct region *rg, u64 first, u64 last, void *arg)
{
	struct tlb_gather tg;
	bool even_cows = *(bool *)arg;

	tlb_gather_init(&tg, rg->as);
	zap_file_range(&tg, rg, addr_of_index(rg, first), addr_of_index(rg, last) + PAGE_SIZE,
		       even_cows);
	tlb_gather_fini(&tg);
}

void pagecache_unmap(struct pagecache *pc, u64 first, u64 last, bool even_cows)
{
	rmap_walk(pc, first, last, unmap_one, &even_cows);
}

/* ---- one page in all mappings ---- */
struct page_walk {
	struct page *page;
	bool found_dirty, found_young, found_locked;
};

/* The slot that maps the page in @rg, with its table locked, or NULL. */
static pte_t *slot_lock(struct region *rg, u64 index, const struct page *page)
{
	pte_t *slot = pt_walk(rg->as->arch.root, addr_of_index(rg, index), false, NULL), e;

	if (!slot)
		return NULL;
	e = pte_load(slot);
	if (!pte_is_mapped(e) || pte_frame(e) != page_to_pfn(page))
		return NULL;
	spin_lock(pt_lock(slot));
	e = pte_load(slot);
	if (pte_is_mapped(e) && pte_frame(e) == page_to_pfn(page) && !pte_frame_special(e))
		return slot;
	spin_unlock(pt_lock(slot));
	return NULL;
}

static void clean_one(struct region *rg, u64 first, u64 last, void *arg)
{
	struct page_walk *w = arg;
	pte_t *slot = slot_lock(rg, first, w->page), e;

	if (!slot)
		return;
	e = pte_load(slot);
	if (pte_frame_dirty(e))
		w->found_dirty = true;
	if (pte_present(e) && (pte_dirty(e) || pte_writable(e))) {
		e = pte_exchange(slot, pte_mkclean(pte_wrprotect(e)));
		if (pte_dirty(e))
			w->found_dirty = true;
		tlb_flush_page(rg->as, addr_of_index(rg, first));
	}
	spin_unlock(pt_lock(slot));
}

bool rmap_clean_page(struct page *page)
{
	struct page_walk w = { .page = page };

	if (page_is_mapped(page))
		rmap_walk(page->mapping, page->index, page->index, clean_one, &w);
	return w.found_dirty;
}

static void unmap_page_one(struct region *rg, u64 first, u64 last, void *arg)
{
	struct page_walk *w = arg;
	pte_t *slot;

	if (rg->flags & REGION_LOCKED) {
		w->found_locked = true;
		return;
	}
	slot = slot_lock(rg, first, w->page);
	if (!slot)
		return;
	if (pte_frame_dirty(pte_exchange(slot, (pte_t){ 0 })))
		w->found_dirty = true;
	tlb_flush_page(rg->as, addr_of_index(rg, first));
	rss_add(rg->as, page_rss_kind(w->page), -1);
	page_map_dec(w->page);
	spin_unlock(pt_lock(slot));
	page_put(w->page);
}

bool rmap_unmap_page(struct page *page)
{
	struct page_walk w = { .page = page };

	rmap_walk(page->mapping, page->index, page->index, unmap_page_one, &w);
	if (w.found_dirty)
		page_mark_dirty(page);
	return !page_is_mapped(page);
}

static void young_one(struct region *rg, u64 first, u64 last, void *arg)
{
	struct page_walk *w = arg;
	pte_t *slot;

	if (rg->flags & REGION_LOCKED)
		w->found_locked = true;
	slot = slot_lock(rg, first, w->page);
	if (!slot)
		return;
	if (pte_present(pte_load(slot)) && pte_young(pte_load(slot))) {
		__atomic_fetch_and(&slot->v, ~PTE_ACCESSED, __ATOMIC_SEQ_CST);	/* no flush: late is fine */
		w->found_young = true;
	}
	spin_unlock(pt_lock(slot));
}

bool rmap_test_young(struct page *page, bool *is_locked)
{
	struct page_walk w = { .page = page };

	rmap_walk(page->mapping, page->index, page->index, young_one, &w);
	*is_locked = w.found_locked;
	return w.found_young;
}
