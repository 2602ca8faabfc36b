// SPDX-License-Identifier: GPL-2.0-only
/* What a program's pages are, for /proc/PID/pagemap; forgetting what was used, for clear_refs. */
#include <asm/tlb.h>
#include <tern/lib/string.h>

#include "aspace_impl.h"
#include "swap_impl.h"

#define PM_PRESENT	BIT(63)
#define PM_SWAPPED	BIT(62)
#define PM_FILE		BIT(61)
#define PM_GUARDED	BIT(57)	/* against writes, by userfaultfd */
#define PM_EXCLUSIVE	BIT(56)

struct pagemap_walk {
	u64 *out;
	uptr start;
	bool with_frames;
};

static void pagemap_table(pte_t *slot, uptr va, u64 n, void *arg)
{
	const struct pagemap_walk *w = arg;
	u64 *out = w->out + ((va - w->start) >> PAGE_SHIFT);

	for (u64 i = 0; i < n; i++) {
		pte_t e = pte_load(slot + i);
		const struct page *p;

		if (pte_is_swap(e))
			out[i] = PM_SWAPPED | swapent_dev(pte_to_swapent(e)) |
				 swapent_slot(pte_to_swapent(e)) << SWAP_DEV_BITS;
		if (!pte_is_mapped(e))
			continue;
		out[i] = PM_PRESENT | (w->with_frames ? pte_frame(e) : 0) | (pte_is_guarded(e) ? PM_GUARDED : 0);
		if (pte_frame_special(e))
			continue;
		p = pfn_to_page(pte_frame(e));
		if (!page_is_anon(p))
			out[i] |= PM_FILE;
		if (atomic_read(&p->mapcount) == 0)
			out[i] |= PM_EXCLUSIVE;
	}
}

int aspace_pagemap(struct aspace *as, uptr start, u64 n, u64 *out, bool with_frames)
{
	struct pagemap_walk w = { out, start, with_frames };
	uptr end = start + (n << PAGE_SHIFT);
	struct region *rg;
	int err;

	memset(out, 0, n * sizeof(*out));
	err = rwsem_read_lock_killable(&as->as_lock);
	if (err)
		return err;
	for (rg = region_find(as, start); rg && rg->start < end; rg = region_next(rg))
		pt_visit_range(as, max(rg->start, start), min(rg->end, end), pagemap_table, &w);
	rwsem_read_unlock(&as->as_lock);
	return 0;
}

static void forget_table(pte_t *slot, uptr va, u64 n, void *arg)
{
	for (u64 i = 0; i < n; i++) {
		pte_t e = pte_load(slot + i);

		if (!pte_present(e) || pte_frame_special(e))
			continue;
		__atomic_fetch_and(&slot[i].v, ~PTE_ACCESSED, __ATOMIC_SEQ_CST);
		page_flag_clear(pfn_to_page(pte_frame(e)), PG_REFERENCED);
	}
}

int aspace_clear_refs(struct aspace *as, bool of_anon, bool of_files)
{
	struct region *rg;
	int err = rwsem_read_lock_killable(&as->as_lock);

	if (err)
		return err;
	for (rg = region_first(as); rg; rg = region_next(rg))
		if (rg->file ? of_files : of_anon)
			pt_visit_range(as, rg->start, rg->end, forget_table, NULL);
	tlb_flush_aspace(as);
	rwsem_read_unlock(&as->as_lock);
	return 0;
}
