// SPDX-License-Identifier: GPL-2.0-only
/*
 * madvise: each kind of advice is done or refused, none is swallowed.
 *
 * Holes in the range are skipped and make the result -ENOMEM at the end, as
 * Linux does. Advice that changes flags takes as_lock for writing, the rest
 * for reading.
 */
#include <tern/base/upcall.h>

#include "reclaim_impl.h"
#include "rmap_impl.h"
#include "swap_impl.h"
#include "usage_impl.h"
#include "userfault_impl.h"

/* What a kind of advice does to a region's flags. */
static bool flags_of(int advice, u32 *set, u32 *clear)
{
	*set = *clear = 0;
	switch (advice) {
	case MADV_NORMAL: *clear = REGION_SEQ_READ | REGION_RAND_READ; return true;
	case MADV_RANDOM: *set = REGION_RAND_READ; *clear = REGION_SEQ_READ; return true;
	case MADV_SEQUENTIAL: *set = REGION_SEQ_READ; *clear = REGION_RAND_READ; return true;
	case MADV_DONTFORK: *set = REGION_DONTFORK; return true;
	case MADV_DOFORK: *clear = REGION_DONTFORK; return true;
	case MADV_DONTDUMP: *set = REGION_DONTDUMP; return true;
	case MADV_DODUMP: *clear = REGION_DONTDUMP; return true;
	case MADV_WIPEONFORK: *set = REGION_WIPEONFORK; return true;
	case MADV_KEEPONFORK: *clear = REGION_WIPEONFORK; return true;
	default: return false;
	}
}

static int check_flag_advice(const struct region *rg, int advice)
{
	if (advice == MADV_WIPEONFORK && (rg->pc || !region_is_private(rg)))
		return -EINVAL;
	if ((advice == MADV_DOFORK || advice == MADV_DODUMP) &&
	    (rg->flags & (REGION_PFNMAP | REGION_SPECIAL)))
		return -EINVAL;
	return 0;
}

static int advise_flags(struct aspace *as, uptr start, uptr end, int advice, u32 set, u32 clear)
{
	bool hole = false;
	struct region *rg;
	uptr at = start;
	int err = 0;

	rwsem_write_lock(&as->as_lock);
	while (at < end && !err) {
		uptr to;

		rg = region_find(as, at);
		if (!rg || rg->start >= end) {
			hole = true;
			break;
		}
		hole |= rg->start > at;
		at = max(at, rg->start);
		to = min(rg->end, end);
		err = check_flag_advice(rg, advice);
		if (!err)
			err = region_change_flags(as, at, to, set, clear);
		at = to;
	}
	rwsem_write_unlock(&as->as_lock);
	return err ? err : hole ? -ENOMEM : 0;
}

static int zap_part(struct region *rg, uptr start, uptr end)
{
	struct tlb_gather tg;

	tlb_gather_init(&tg, rg->as);
	zap_range(&tg, rg, start, end);
	tlb_gather_fini(&tg);
	return 0;
}

void aspace_forget_special(struct aspace *as, const struct region_ops *ops)
{
	struct region *rg;

	rwsem_read_lock(&as->as_lock);
	for (rg = region_first(as); rg; rg = region_next(rg))
		if (rg->ops == ops)
			zap_part(rg, rg->start, rg->end);
	rwsem_read_unlock(&as->as_lock);
}

/* Who resolves the region's faults is told before its pages go. */
static int discard_part(struct region *rg, uptr start, uptr end, bool *unlocked)
{
	struct aspace *as = rg->as;
	struct uffd_news n;

	uffd_news_begin(&n, rg, UFFD_FEATURE_EVENT_REMOVE);
	if (likely(!n.u))
		return zap_part(rg, start, end);
	n.event = UFFD_EVENT_REMOVE;
	n.from = start;
	n.to = end;
	rwsem_read_unlock(&as->as_lock);
	uffd_news_tell(&n);
	rwsem_read_lock(&as->as_lock);
	*unlocked = false;
	rg = region_at(as, start);
	/* It may be another one by now. */
	if (!rg || (rg->flags & (REGION_PFNMAP | REGION_SPECIAL | REGION_LOCKED)))
		return rg ? -EINVAL : -ENOMEM;
	return zap_part(rg, start, min(rg->end, end));
}

/* Read-ahead of a file's part; memory objects have nothing to read. */
static void read_ahead_part(struct region *rg, uptr start, uptr end)
{
	struct pagecache *pc = rg->pc;
	u64 first = region_index(rg, start), n = (end - start) >> PAGE_SHIFT;

	if (rg->anon)
		swap_read_range(rg, start, end);
	if (pc && pc->ops->read_ahead && !(pc->flags & PAGECACHE_NOWRITEBACK))
		pc->ops->read_ahead(pc, first, min(n, 1024UL));
}

#define OUT_BATCH 32u

/* Pages that only this program maps, in an order that swap keeps together. */
struct gather { struct page *pages[OUT_BATCH]; u32 n; uptr next; };

static void gather_table(pte_t *slot, uptr va, u64 n, void *arg)
{
	struct gather *g = arg;

	for (u64 i = 0; i < n && g->n < OUT_BATCH; i++, va += PAGE_SIZE) {
		pte_t e = pte_load(slot + i);
		struct page *p;

		g->next = va + PAGE_SIZE;
		if (!pte_is_mapped(e) || pte_frame_special(e))
			continue;
		p = pfn_to_page(pte_frame(e));
		if (atomic_read(&p->mapcount))
			continue;
		page_get(p);
		g->pages[g->n++] = p;
	}
}

/* Those of [*at, end) up to a batch or the end of a table; *at moves past them. */
static u32 gather_pages(struct region *rg, uptr *at, uptr end, struct gather *g)
{
	uptr to = min(ALIGN_DOWN(*at, HUGE_PAGE_SIZE) + HUGE_PAGE_SIZE, end);

	*g = (struct gather){ .next = to };
	pt_visit_range(rg->as, *at, to, gather_table, g);
	*at = g->next;
	return g->n;
}

static int page_out_part(struct region *rg, uptr start, uptr end)
{
	struct gather g;

	while (start < end && !signal_is_fatal_pending()) {
		if (gather_pages(rg, &start, end, &g))
			reclaim_pages(g.pages, g.n);
	}
	return 0;
}

static void cold_table(pte_t *slot, uptr va, u64 n, void *arg)
{
	for (u64 i = 0; i < n; i++) {
		pte_t e = pte_load(slot + i);

		if (!pte_present(e) || pte_frame_special(e))
			continue;
		__atomic_fetch_and(&slot[i].v, ~PTE_ACCESSED, __ATOMIC_SEQ_CST);
		page_flag_clear(pfn_to_page(pte_frame(e)), PG_REFERENCED);
		lru_deactivate(pfn_to_page(pte_frame(e)));
	}
}

/* read lock held; may be dropped and is then gone (*unlocked). */
static int advise_part(struct region *rg, uptr start, uptr end, int advice, bool *unlocked)
{
	bool plain = !(rg->flags & (REGION_PFNMAP | REGION_SPECIAL));
	struct aspace *as = rg->as;
	int err;

	switch (advice) {
	case MADV_WILLNEED:
		read_ahead_part(rg, start, end);
		return 0;
	case MADV_DONTNEED:
		if (!plain || (rg->flags & REGION_LOCKED))
			return -EINVAL;
		return discard_part(rg, start, end, unlocked);
	case MADV_DONTNEED_LOCKED:
		return plain ? discard_part(rg, start, end, unlocked) : -EINVAL;
	case MADV_FREE:
		if (rg->ops != &region_ops_anon || (rg->flags & REGION_LOCKED))
			return -EINVAL;
		return discard_part(rg, start, end, unlocked);
	case MADV_COLD:
		if (!plain || (rg->flags & REGION_LOCKED))
			return -EINVAL;
		pt_visit_range(as, start, end, cold_table, NULL);
		return 0;
	case MADV_PAGEOUT:
		if (!plain || (rg->flags & REGION_LOCKED))
			return -EINVAL;
		return page_out_part(rg, start, end);
	case MADV_REMOVE: {
		loff_t from = (loff_t)region_index(rg, start) << PAGE_SHIFT;
		struct ofile *file = rg->file;

		if (rg->flags & REGION_LOCKED)
			return -EINVAL;
		if (!rg->pc || region_is_private(rg) || !(rg->flags & REGION_MAYWRITE))
			return rg->pc ? -EACCES : -EINVAL;
		if (!file)
			return pagecache_punch(rg->pc, from, from + (loff_t)(end - start));
		mmface_ofile_get(file);
		rwsem_read_unlock(&as->as_lock);
		*unlocked = true;
		err = mmface_punch(file, from, from + (loff_t)(end - start));
		ofile_put(file);
		return err;
	}
	default:
		return -EINVAL;
	}
}

static int advise_pages(struct aspace *as, uptr start, uptr end, int advice)
{
	bool hole = false, unlocked = true;
	int err = 0;

	for (uptr at = start; at < end && !err;) {
		struct region *rg;
		uptr to;

		if (unlocked)
			rwsem_read_lock(&as->as_lock);
		unlocked = false;
		rg = region_find(as, at);
		if (!rg || rg->start >= end) {
			hole = true;
			break;
		}
		hole |= rg->start > at;
		at = max(at, rg->start);
		to = min(rg->end, end);
		err = advise_part(rg, at, to, advice, &unlocked);
		at = to;
	}
	if (!unlocked)
		rwsem_read_unlock(&as->as_lock);
	return err ? err : hole ? -ENOMEM : 0;
}

/* MADV_POPULATE_*: fault everything in, with that kind of access; holes tell at the end. */
static int advise_populate(struct aspace *as, uptr start, uptr end, bool is_write)
{
	bool hole = false;
	int err = 0;

	for (uptr at = start; at < end && !err; at += PAGE_SIZE) {
		u32 flags = is_write ? FAULT_WRITE : 0;
		struct region *rg;

		if (signal_is_fatal_pending())
			return -EINTR;
		rwsem_read_lock(&as->as_lock);
		rg = region_find(as, at);
		hole |= !rg || rg->start > at;
		if (rg)
			at = max(at, rg->start);
		if (!rg || at >= end)
			at = end;
		else if ((rg->flags & (REGION_PFNMAP | REGION_SPECIAL)) ||
			 !(rg->flags & (is_write ? REGION_WRITE : REGION_READ)))
			err = -EINVAL;
		else
			err = region_fault(rg, at, &flags);
		if (err == FAULT_ASK) {
			err = uffd_wait(rg, at, flags);
			at -= PAGE_SIZE;	/* once more */
		} else {
			rwsem_read_unlock(&as->as_lock);
		}
		if (err && err != -ENOMEM && err != -EINVAL)
			err = -EFAULT;
	}
	return err ? err : hole ? -ENOMEM : 0;
}

static bool is_page_advice(int advice)
{
	switch (advice) {
	case MADV_WILLNEED: case MADV_DONTNEED: case MADV_DONTNEED_LOCKED: case MADV_FREE:
	case MADV_COLD: case MADV_PAGEOUT: case MADV_REMOVE:
		return true;
	default:
		return false;
	}
}

int aspace_advise(struct aspace *as, uptr addr, size_t len, int advice)
{
	bool populate = advice == MADV_POPULATE_READ || advice == MADV_POPULATE_WRITE;
	u32 set, clear;
	uptr end;
	bool flags = flags_of(advice, &set, &clear);

	if (!flags && !populate && !is_page_advice(advice))
		return -EINVAL;
	if (addr & ~PAGE_MASK)
		return -EINVAL;
	if (len && !ALIGN_UP(len, PAGE_SIZE))
		return -EINVAL;
	end = addr + ALIGN_UP(len, PAGE_SIZE);
	if (end < addr)
		return -EINVAL;
	if (end == addr)
		return 0;
	if (end > USER_END)
		return -ENOMEM;
	if (flags)
		return advise_flags(as, addr, end, advice, set, clear);
	if (populate)
		return advise_populate(as, addr, end, advice == MADV_POPULATE_WRITE);
	return advise_pages(as, addr, end, advice);
}

int aspace_reap(struct aspace *as)
{
	struct region *rg;

	if (rwsem_read_lock_killable(&as->as_lock))
		return -EINTR;
	for (rg = region_find(as, 0); rg; rg = region_next(rg))
		if (region_is_private(rg) && !(rg->flags & (REGION_PFNMAP | REGION_SPECIAL | REGION_LOCKED)))
			(void)zap_part(rg, rg->start, rg->end);
	rwsem_read_unlock(&as->as_lock);
	return 0;
}
