// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taking mappings away: clearing entries, munmap, the end of an address space.
 *
 * Order: entries are cleared under their table's lock and their pages put in
 * the gather; regions leave the object trees; tables that no region needs any
 * more are freed into the gather; the gather flushes all CPUs once and only
 * then drops the page references.
 *
 * Locks: as_lock for writing, or nobody else left (unmap_all).
 */
#include "aspace_impl.h"
#include "rmap_impl.h"
#include "swap_impl.h"
#include "userfault_impl.h"

#define TABLE_SPAN	HUGE_PAGE_SIZE

void pt_visit_range(struct aspace *as, uptr start, uptr end, pt_visit *fn, void *arg)
{
	uptr next;

	for (uptr va = start; va < end; va = next) {
		pte_t *slot = pt_walk(as->arch.root, va, false, NULL);
		struct spin *lock;

		if (!slot) {
			next = pt_next_present(as->arch.root, va, end);
			continue;
		}
		next = min(ALIGN_DOWN(va, TABLE_SPAN) + TABLE_SPAN, end);
		lock = pt_lock(slot);
		spin_lock(lock);
		fn(slot, va, (next - va) >> PAGE_SHIFT, arg);
		spin_unlock(lock);
	}
}

struct zap {
	struct tlb_gather *tg;
	struct region *rg;
	bool keep_anon;		/* only pages of the object */
	s64 rss[RSS_KINDS];
};

/* One mapped page leaves; its reference goes to the gather. */
static void zap_page(struct zap *z, pte_t e, uptr va)
{
	struct page *p = pfn_to_page(pte_frame(e));

	if (pte_frame_dirty(e) && p->mapping && !page_is_anon(p))
		page_mark_dirty(p);
	if (unlikely(z->rg->flags & REGION_LOCKED))
		page_clear_mlocked(p);
	z->rss[page_rss_kind(p)]--;
	page_map_dec(p);
	/* The last user of a page that still has a slot: both go, unless somebody looks at it now. */
	if (unlikely(page_is_swapcache(p)) && !page_is_mapped(p) && page_trylock(p)) {
		if (page_is_swapcache(p))
			(void)swapcache_try_del(p);
		page_unlock(p);
	}
	tlb_gather_page(z->tg, p);
}

static void zap_table(pte_t *slot, uptr va, u64 n, void *arg)
{
	struct zap *z = arg;

	for (u64 i = 0; i < n; i++, slot++, va += PAGE_SIZE) {
		pte_t e = pte_load(slot);

		if (pte_none(e))
			continue;
		if (pte_is_swap(e)) {
			if (z->keep_anon)
				continue;
			pte_store(slot, (pte_t){ 0 });
			z->rss[RSS_SWAP]--;
			swap_put(pte_to_swapent(e));
			continue;
		}
		if (z->keep_anon && (!pte_is_mapped(e) || pte_frame_special(e) ||
				     page_is_anon(pfn_to_page(pte_frame(e)))))
			continue;
		/* Noted before the entry goes: the gather may flush on its own. */
		e = pte_exchange(slot, (pte_t){ 0 });
		if (pte_present(e))
			tlb_gather_add(z->tg, va);
		if (pte_is_mapped(e) && !pte_frame_special(e))
			zap_page(z, e, va);
	}
}

static void zap_with(struct zap *z, uptr start, uptr end)
{
	struct aspace *as = z->rg->as;

	pt_visit_range(as, start, end, zap_table, z);
	for (u32 k = 0; k < RSS_KINDS; k++)
		if (z->rss[k])
			rss_add(as, k, z->rss[k]);
}

void zap_range(struct tlb_gather *tg, struct region *rg, uptr start, uptr end)
{
	struct zap z = { .tg = tg, .rg = rg };

	zap_with(&z, start, end);
}

void zap_file_range(struct tlb_gather *tg, struct region *rg, uptr start, uptr end, bool even_cows)
{
	struct zap z = { .tg = tg, .rg = rg, .keep_anon = !even_cows };

	zap_with(&z, start, end);
}

static void note_hiwater(struct aspace *as)
{
	if (as->total_vm > as->hiwater_vm)
		as->hiwater_vm = as->total_vm;
}

/* Bookkeeping for @n pages of a region that go away. */
static void region_unaccount(struct aspace *as, struct region *rg, u64 n)
{
	aspace_account(as, rg->flags, -(s64)n);
	if (rg->flags & REGION_LOCKED)
		as->locked_vm -= n;
	if (rg->flags & REGION_ACCOUNT)
		commit_uncharge(n);
}

/* Tables wholly inside the hole that [start, end) is part of now. */
void free_tables(struct tlb_gather *tg, struct aspace *as, uptr start, uptr end)
{
	struct region *next = region_find(as, end), *prev;
	uptr lo = 0, hi = next ? next->start : USER_END;

	prev = next ? region_prev(next)
		    : rbtree_entry_or_null(rbtree_last(&as->as_regions), struct region, node);
	if (prev)
		lo = prev->end;
	pt_free_range(tg, as->arch.root, start, end, lo, hi);
}

/* Is [start, end) one end of @rg, and not all of it. */
static bool is_edge(const struct region *rg, uptr start, uptr end)
{
	return (rg->start == start && rg->end > end) || (rg->start < start && rg->end == end);
}

/* What is_edge() leaves the region: no second one is made to be dropped at once. */
static int trim(struct aspace *as, struct region *rg, uptr start, uptr end)
{
	bool is_front = rg->start == start;
	u64 n = (end - start) >> PAGE_SHIFT;
	struct tlb_gather tg;
	int err = rg->ops->may_split ? rg->ops->may_split(rg, is_front ? end : start) : 0;

	if (err)
		return err;
	note_hiwater(as);
	tlb_gather_init(&tg, as);
	zap_range(&tg, rg, start, end);
	if (is_front)
		region_resize(rg, end, rg->end, rg->pgoff + n);
	else
		region_resize(rg, rg->start, start, rg->pgoff);
	region_unaccount(as, rg, n);
	free_tables(&tg, as, start, end);
	tlb_gather_fini(&tg);
	return 0;
}

int unmap_range(struct aspace *as, uptr start, uptr end)
{
	struct region *rg = region_find(as, start), *next;
	struct tlb_gather tg;
	LIST_HEAD(gone);
	int err;

	if (!rg || rg->start >= end)
		return 0;
	if (is_edge(rg, start, end))
		return trim(as, rg, start, end);
	err = region_split_range(as, start, end);
	if (err)
		return err;
	note_hiwater(as);
	tlb_gather_init(&tg, as);
	for (rg = region_find(as, start); rg && rg->start < end; rg = next) {
		next = region_next(rg);
		zap_range(&tg, rg, rg->start, rg->end);
		region_unlink(as, rg);
		region_unaccount(as, rg, region_pages(rg));
		list_add_tail(&rg->gone_link, &gone);
	}
	free_tables(&tg, as, start, end);
	tlb_gather_fini(&tg);
	while (!list_is_empty(&gone)) {
		rg = list_first_entry(&gone, struct region, gone_link);
		list_del(&rg->gone_link);
		region_drop(rg);
	}
	return 0;
}

void unmap_all(struct aspace *as)
{
	struct region *rg = region_first(as);
	struct rbnode *tmp;
	struct tlb_gather tg;

	if (!rg)
		return;
	tlb_gather_init(&tg, as);
	tg.full = true;
	rbtree_foreach(rg, &as->as_regions, node) {
		zap_range(&tg, rg, rg->start, rg->end);
		rmap_remove(rg);
	}
	/* Each region takes the tables that none behind it needs. */
	rbtree_foreach(rg, &as->as_regions, node) {
		struct region *next = region_next(rg);

		pt_free_range(&tg, as->arch.root, rg->start, rg->end, 0,
			      next ? next->start : USER_END);
	}
	tlb_gather_fini(&tg);
	rbtree_foreach_postorder(rg, tmp, &as->as_regions, node) {
		region_unaccount(as, rg, region_pages(rg));
		region_drop(rg);
	}
	rbtree_init(&as->as_regions);
	as->nregions = 0;
	as->as_last_hit = NULL;
}

int aspace_unmap(struct aspace *as, uptr addr, size_t len)
{
	LIST_HEAD(news);
	uptr end;
	int err;

	if (!len || !user_pages_ok(addr, len, &end))
		return -EINVAL;
	rwsem_write_lock(&as->as_lock);
	err = uffd_unmap_begin(as, addr, end, &news);
	if (!err)
		err = unmap_range(as, addr, end);
	rwsem_write_unlock(&as->as_lock);
	uffd_unmap_done(&news, err);
	return err;
}
