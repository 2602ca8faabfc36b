// SPDX-License-Identifier: GPL-2.0-only
/*
 * From an object, or a set of regions that share anonymous pages, back to the user
 * entries that name its pages.
 *
 * A tree is an interval tree: regions ordered by first page index, each
 * with the largest last index of its subtree. A region is in it from when it is
 * linked until just before its page tables may go, so whoever holds the tree's lock
 * can walk those tables (they may grow meanwhile, not shrink). A private mapping of a
 * file is in two: pages of the file are found by the one, its own copies by the other.
 *
 * An entry that is being moved (mremap) may be missed: the page then counts as mapped.
 *
 * Lock order: page lock > tree (file's, then anonymous) > pt_lock of the table.
 */
#include "aspace_impl.h"
#include "rmap_impl.h"
#include "swap_impl.h"

#define link_of(n) rbtree_entry(n, struct rmap_link, node)

static inline u64 last_index(const struct region *rg)
{
	return rg->pgoff + region_pages(rg) - 1;
}

static bool last_update(struct rbnode *n)
{
	struct rmap_link *l = link_of(n);
	u64 m = last_index(l->rg);

	if (n->left)
		m = max(m, link_of(n->left)->last_max);
	if (n->right)
		m = max(m, link_of(n->right)->last_max);
	if (m == l->last_max)
		return false;
	l->last_max = m;
	return true;
}

void rmap_tree_init(struct rmap_tree *t)
{
	spin_init(&t->lock, LOCKRANK_RMAP_SPIN);
	rbtree_init(&t->regions);
}

static void insert_locked(struct rmap_tree *t, struct region *rg, struct rmap_link *l)
{
	struct rbnode **link = &t->regions.root, *parent = NULL;

	while (*link) {
		parent = *link;
		link = rg->pgoff < link_of(parent)->rg->pgoff ? &parent->left : &parent->right;
	}
	l->rg = rg;
	l->last_max = 0;
	rbtree_link(&l->node, parent, link);
	rbtree_insert_augmented(&t->regions, &l->node, last_update);
}

static void erase_locked(struct rmap_tree *t, struct rmap_link *l)
{
	rbtree_erase_augmented(&t->regions, &l->node, last_update);
}

void rmap_tree_insert(struct rmap_tree *t, struct region *rg, struct rmap_link *l)
{
	spin_lock(&t->lock);
	insert_locked(t, rg, l);
	spin_unlock(&t->lock);
}

void rmap_tree_remove(struct rmap_tree *t, struct rmap_link *l)
{
	spin_lock(&t->lock);
	erase_locked(t, l);
	spin_unlock(&t->lock);
}

static bool may_write_object(const struct region *rg)
{
	return (rg->flags & (REGION_SHARED | REGION_MAYWRITE)) == (REGION_SHARED | REGION_MAYWRITE);
}

static void count_writer(struct region *rg, u32 delta)
{
	struct pagecache *pc = rg->pc;

	if (may_write_object(rg))
		WRITE_ONCE(pc->nr_shared_writable, pc->nr_shared_writable + delta);
}

void rmap_insert(struct region *rg)
{
	if (rg->pc) {
		spin_lock(&rg->pc->maps.lock);
		insert_locked(&rg->pc->maps, rg, &rg->pc_link);
		count_writer(rg, 1);
		spin_unlock(&rg->pc->maps.lock);
	}
	if (rg->anon)
		rmap_tree_insert(&rg->anon->maps, rg, &rg->anon_link);
}

void rmap_remove(struct region *rg)
{
	if (rg->pc) {
		spin_lock(&rg->pc->maps.lock);
		erase_locked(&rg->pc->maps, &rg->pc_link);
		count_writer(rg, -1U);
		spin_unlock(&rg->pc->maps.lock);
	}
	if (rg->anon)
		rmap_tree_remove(&rg->anon->maps, &rg->anon_link);
}

/* Does a region that begins at @pgoff stay where it is in its tree. */
static bool keeps_place(const struct rmap_link *l, u64 pgoff)
{
	const struct rbnode *prev, *next;

	if (pgoff == l->rg->pgoff)
		return true;
	prev = rbtree_prev(&l->node);
	next = rbtree_next(&l->node);
	return (!prev || link_of(prev)->rg->pgoff <= pgoff) && (!next || pgoff <= link_of(next)->rg->pgoff);
}

/* Out of the tree, if the bounds that are to come have another place there. */
static bool begin_resize(struct rmap_tree *t, struct rmap_link *l, u64 pgoff)
{
	bool is_out = !keeps_place(l, pgoff);

	if (is_out)
		erase_locked(t, l);
	return is_out;
}

static void end_resize(struct rmap_tree *t, struct region *rg, struct rmap_link *l, bool is_out)
{
	if (is_out)
		insert_locked(t, rg, l);
	else
		rbtree_propagate(&l->node, last_update);
}

void rmap_resize(struct region *rg, uptr start, uptr end, u64 pgoff)
{
	struct rmap_tree *file = rg->pc ? &rg->pc->maps : NULL;
	struct rmap_tree *anon = rg->anon ? &rg->anon->maps : NULL;
	bool file_out = false, anon_out = false;

	if (file) {
		spin_lock(&file->lock);
		file_out = begin_resize(file, &rg->pc_link, pgoff);
	}
	if (anon) {
		spin_lock_nested(&anon->lock);
		anon_out = begin_resize(anon, &rg->anon_link, pgoff);
	}
	rg->start = start;
	rg->end = end;
	rg->pgoff = pgoff;
	if (anon) {
		end_resize(anon, rg, &rg->anon_link, anon_out);
		spin_unlock(&anon->lock);
	}
	if (file) {
		end_resize(file, rg, &rg->pc_link, file_out);
		spin_unlock(&file->lock);
	}
}

static void visit(const struct rbnode *n, u64 first, u64 last, rmap_visit *fn, void *arg)
{
	while (n) {
		struct region *rg = link_of(n)->rg;

		if (link_of(n)->last_max < first)
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
	if (!READ_ONCE(pc->maps.regions.root))
		return;
	spin_lock(&pc->maps.lock);
	visit(pc->maps.regions.root, first, last, fn, arg);
	spin_unlock(&pc->maps.lock);
}

/* All regions that may map the locked page. */
static void walk_page(struct page *page, rmap_visit *fn, void *arg)
{
	struct rmap_tree *t;

	if (!page_is_anon(page)) {
		rmap_walk(page->mapping, page->index, page->index, fn, arg);
		return;
	}
	t = anonset_lock_page(page);
	if (t) {
		visit(t->regions.root, page->index, page->index, fn, arg);
		spin_unlock(&t->lock);
	}
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
	bool is_anon = page_is_anon(w->page);
	pte_t *slot, to = { 0 };

	if (rg->flags & REGION_LOCKED) {
		w->found_locked = true;
		return;
	}
	slot = slot_lock(rg, first, w->page);
	if (!slot)
		return;
	if (is_anon) {
		swap_dup((swapent){ w->page->private });
		to = swapent_to_pte((swapent){ w->page->private });
		rss_add(rg->as, RSS_SWAP, 1);
	}
	if (is_anon && unlikely(pte_is_guarded(pte_load(slot))))
		to = pte_guard(to);
	if (pte_frame_dirty(pte_exchange(slot, to)))
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

	ASSERT(!page_is_anon(page) || page_flag_test(page, PG_SWAPCACHE));
	walk_page(page, unmap_page_one, &w);
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

	walk_page(page, young_one, &w);
	*is_locked = w.found_locked;
	return w.found_young;
}
