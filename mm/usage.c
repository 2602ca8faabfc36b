// SPDX-License-Identifier: GPL-2.0-only
/* What is resident: smaps figures of a region, mincore. */
#include <tern/base/rcu.h>
#include <tern/lib/radix.h>

#include "aspace_impl.h"
#include "swap_impl.h"
#include "usage_impl.h"

struct usage_walk {
	struct region *rg;
	struct region_usage *out;
	u64 shifted[RSS_KINDS], dirty_shifted, swap_shifted;	/* bytes << 12 */
};

#define PSS_SHIFT 12

static void usage_table(pte_t *slot, uptr va, u64 n, void *arg)
{
	struct usage_walk *w = arg;
	struct region_usage *u = w->out;

	for (u64 i = 0; i < n; i++, slot++) {
		pte_t e = pte_load(slot);
		struct page *p;
		s32 mapcount;
		bool dirty;
		u64 share;

		if (pte_is_swap(e)) {
			u->swap += PAGE_SIZE;
			w->swap_shifted += (PAGE_SIZE << PSS_SHIFT) / max(swap_users(pte_to_swapent(e)), 1u);
		}
		if (!pte_is_mapped(e) || pte_frame_special(e))
			continue;
		p = pfn_to_page(pte_frame(e));
		mapcount = max(atomic_read(&p->mapcount) + 1, 1);
		dirty = pte_frame_dirty(e) || page_flag_test(p, PG_DIRTY);
		u->rss += PAGE_SIZE;
		share = (PAGE_SIZE << PSS_SHIFT) / mapcount;
		w->shifted[page_rss_kind(p)] += share;
		w->dirty_shifted += dirty ? share : 0;
		if (mapcount > 1)
			*(dirty ? &u->shared_dirty : &u->shared_clean) += PAGE_SIZE;
		else
			*(dirty ? &u->private_dirty : &u->private_clean) += PAGE_SIZE;
		if ((pte_present(e) && pte_young(e)) || page_flag_test(p, PG_REFERENCED))
			u->referenced += PAGE_SIZE;
		if (page_is_anon(p))
			u->anonymous += PAGE_SIZE;
		if (w->rg->flags & REGION_LOCKED)
			u->locked += PAGE_SIZE / mapcount;
	}
}

void region_usage_get(struct region *rg, struct region_usage *out)
{
	struct usage_walk w = { .rg = rg, .out = out };

	*out = (struct region_usage){ 0 };
	pt_visit_range(rg->as, rg->start, rg->end, usage_table, &w);
	out->pss_anon = w.shifted[RSS_ANON] >> PSS_SHIFT;
	out->pss_file = w.shifted[RSS_FILE] >> PSS_SHIFT;
	out->pss_shmem = w.shifted[RSS_SHMEM] >> PSS_SHIFT;
	out->pss = (w.shifted[RSS_ANON] + w.shifted[RSS_FILE] + w.shifted[RSS_SHMEM]) >> PSS_SHIFT;
	out->pss_dirty = w.dirty_shifted >> PSS_SHIFT;
	out->swap_pss = w.swap_shifted >> PSS_SHIFT;
}

struct core_walk {
	u8 *vec;
	uptr start;
};

static void core_table(pte_t *slot, uptr va, u64 n, void *arg)
{
	struct core_walk *w = arg;
	u8 *vec = w->vec + ((va - w->start) >> PAGE_SHIFT);

	for (u64 i = 0; i < n; i++)
		if (pte_is_mapped(pte_load(slot + i)))
			vec[i] = 1;
}

/* Pages of the object that are in the cache though not mapped here. */
static void core_cached(struct region *rg, uptr start, uptr end, u8 *vec)
{
	rcu_read_lock();
	for (uptr va = start; va < end; va += PAGE_SIZE, vec++) {
		struct page *p = *vec ? NULL : radix_lookup(&rg->pc->pages, region_index(rg, va));

		if (p && page_flag_test(p, PG_UPTODATE))
			*vec = 1;
	}
	rcu_read_unlock();
}

int aspace_mincore(struct aspace *as, uptr start, uptr end, u8 *vec)
{
	struct region *rg;
	int err = 0;

	rwsem_read_lock(&as->as_lock);
	rg = region_find(as, start);
	for (uptr at = start; at < end; at = rg->end, rg = region_next(rg)) {
		struct core_walk w = { vec + ((at - start) >> PAGE_SHIFT), at };
		uptr to;

		if (!rg || rg->start > at) {
			err = -ENOMEM;
			break;
		}
		to = min(rg->end, end);
		if (rg->file && !mmface_may_mincore(rg->file)) {
			for (uptr va = at; va < to; va += PAGE_SIZE)
				w.vec[(va - at) >> PAGE_SHIFT] = 1;
		} else {
			pt_visit_range(as, at, to, core_table, &w);
			if (rg->pc)
				core_cached(rg, at, to, w.vec);
		}
		if (to == end)
			break;
	}
	rwsem_read_unlock(&as->as_lock);
	return err;
}
