// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changing what regions allow and how they are kept: mprotect, mlock.
 *
 * A change applies to whole regions: the range is split off first, then each
 * part gets its new flags and its entries are rewritten. Entries never gain
 * write permission here (the next write fault decides), except pages that are
 * ours alone. Pages under PROT_NONE keep their frame in an entry that is not
 * present.
 *
 * Locks: as_lock for writing, taken here.
 */
#include "usage_impl.h"

struct reprotect {
	struct region *rg;
	struct tlb_gather *tg;
};

static pte_t restored(const struct region *rg, pte_t e)
{
	u64 v = (rg->pte_bits & ~PTE_WRITE) + (pte_frame(e) << PAGE_SHIFT);

	if (pte_frame_dirty(e))
		v |= PTE_DIRTY;
	if (pte_frame_special(e))
		v |= PTE_SPECIAL;
	return (pte_t){ v };
}

static void reprotect_table(pte_t *slot, uptr va, u64 n, void *arg)
{
	struct reprotect *rp = arg;
	const struct region *rg = rp->rg;

	for (u64 i = 0; i < n; i++, slot++, va += PAGE_SIZE) {
		pte_t e = pte_load(slot), to;

		if (!pte_is_mapped(e))
			continue;
		/* Taken out while it changes: the dirty bit may be set behind our back. */
		if (pte_present(e))
			e = pte_exchange(slot, (pte_t){ 0 });
		if (pte_is_kept(e) && !(rg->flags & REGION_PROT)) {
			to = e;
		} else if (!(rg->flags & REGION_PROT)) {
			to = pte_to_kept(e);
		} else {
			to = restored(rg, e);
			if ((rg->flags & REGION_WRITE) && pte_present(e) && pte_writable(e))
				to.v |= PTE_WRITE;
		}
		if (unlikely(pte_is_guarded(e)))
			to = pte_guard(to);
		pte_store(slot, to);
		if (pte_present(e) && ((e.v & ~to.v & PTE_WRITE) | (to.v & ~e.v & PTE_NX) |
				       !pte_present(to)))
			tlb_gather_add(rp->tg, va);
	}
}

/* One region, whole: new flags, accounting, entries. */
static int set_flags(struct region *rg, u32 flags, struct tlb_gather *tg)
{
	struct aspace *as = rg->as;
	struct reprotect rp = { rg, tg };
	u64 n = region_pages(rg);

	if ((flags & (REGION_WRITE | REGION_SHARED)) == REGION_WRITE &&
	    !(rg->flags & (REGION_ACCOUNT | REGION_NORESERVE | REGION_WRITE))) {
		if (aspace_may_grow(as, flags, 0) || commit_charge(n))
			return -ENOMEM;
		flags |= REGION_ACCOUNT;
	}
	aspace_account(as, rg->flags, -(s64)n);
	aspace_account(as, flags, n);
	region_set_prot(rg, flags);
	pt_visit_range(as, rg->start, rg->end, reprotect_table, &rp);
	return 0;
}

static int may_protect(const struct region *rg, u32 prot)
{
	if (prot & ~(rg->flags / REGION_MAYREAD) & REGION_PROT)
		return -EACCES;
	return (rg->flags & REGION_SPECIAL) && (prot & REGION_WRITE) ? -EACCES : 0;
}

/* The part of one region in [start, end). */
static int protect_part(struct aspace *as, uptr start, uptr end, u32 prot, struct tlb_gather *tg)
{
	int err = region_split_range(as, start, end);
	struct region *rg = region_at(as, start);

	if (err)
		return err;
	if ((rg->flags & REGION_PROT) != prot)
		err = set_flags(rg, (rg->flags & ~REGION_PROT) | prot, tg);
	region_merge(rg);
	return err;
}

/* Up to the first hole or refusal; what lies before it is changed. */
static int protect_locked(struct aspace *as, uptr start, uptr end, u32 prot)
{
	struct tlb_gather tg;
	int err = 0;

	tlb_gather_init(&tg, as);
	for (uptr at = start, to; at < end && !err; at = to) {
		struct region *rg = region_at(as, at);

		if (!rg) {
			err = -ENOMEM;
			break;
		}
		to = min(rg->end, end);
		err = may_protect(rg, prot);
		if (!err)
			err = protect_part(as, at, to, prot, &tg);
	}
	tlb_gather_fini(&tg);
	return err;
}

int aspace_protect(struct aspace *as, uptr addr, size_t len, u32 prot)
{
	bool grows_down = prot & PROT_GROWSDOWN;
	uptr end;
	int err;

	if (prot & ~(REGION_PROT | PROT_GROWSDOWN | PROT_GROWSUP))
		return -EINVAL;
	if ((prot & PROT_GROWSDOWN) && (prot & PROT_GROWSUP))
		return -EINVAL;
	if (addr & ~PAGE_MASK)
		return -EINVAL;
	if (!len)
		return 0;
	if (!user_pages_ok(addr, len, &end))
		return -ENOMEM;
	rwsem_write_lock(&as->as_lock);
	if (grows_down) {
		struct region *rg = region_find(as, addr);

		err = -EINVAL;
		if (!rg || rg->start >= end)
			err = -ENOMEM;
		if (!rg || rg->start >= end || !(rg->flags & REGION_GROWSDOWN))
			goto out;
		addr = rg->start;
	} else if (prot & PROT_GROWSUP) {
		err = -EINVAL;
		goto out;
	}
	err = protect_locked(as, addr, end, prot & REGION_PROT);
out:
	rwsem_write_unlock(&as->as_lock);
	return err;
}

/* ---- flags without entries: mlock and some advice ---- */

static void lock_account(struct region *rg, u32 set, u32 clear)
{
	bool was = rg->flags & REGION_LOCKED, will = (rg->flags & ~clear) | set;

	will = ((rg->flags & ~clear) | set) & REGION_LOCKED;
	if (was != will)
		rg->as->locked_vm += will ? region_pages(rg) : -region_pages(rg);
}

static void munlock_table(pte_t *slot, uptr va, u64 n, void *arg)
{
	for (u64 i = 0; i < n; i++, slot++) {
		pte_t e = pte_load(slot);

		if (pte_is_mapped(e) && !pte_frame_special(e))
			page_clear_mlocked(pfn_to_page(pte_frame(e)));
	}
}

static void mlock_table(pte_t *slot, uptr va, u64 n, void *arg)
{
	for (u64 i = 0; i < n; i++, slot++) {
		pte_t e = pte_load(slot);

		if (pte_is_mapped(e) && !pte_frame_special(e))
			page_set_mlocked(pfn_to_page(pte_frame(e)));
	}
}

int region_change_flags(struct aspace *as, uptr start, uptr end, u32 set, u32 clear)
{
	int err = region_split_range(as, start, end);
	struct region *rg;

	if (err)
		return err;
	rg = region_find(as, start);
	while (rg && rg->start < end) {
		if (!(rg->flags & (REGION_SPECIAL | REGION_PFNMAP)) || !(set & REGION_LOCKED)) {
			bool was = rg->flags & REGION_LOCKED;

			lock_account(rg, set, clear);
			rg->flags = (rg->flags & ~clear) | set;
			if (was != !!(rg->flags & REGION_LOCKED))
				pt_visit_range(as, rg->start, rg->end,
					       was ? munlock_table : mlock_table, NULL);
		}
		rg = region_next(region_merge(rg));
	}
	return 0;
}

static int set_policy_locked(struct aspace *as, uptr start, uptr end, u16 policy)
{
	struct region *rg;
	int err;

	for (uptr at = start; at < end; at = rg->end) {
		rg = region_at(as, at);
		if (!rg)
			return -EFAULT;
	}
	err = region_split_range(as, start, end);
	if (err)
		return err;
	for (rg = region_find(as, start); rg && rg->start < end; rg = region_next(region_merge(rg)))
		rg->mempolicy = policy;
	return 0;
}

int aspace_set_policy(struct aspace *as, uptr start, uptr end, u16 policy)
{
	int err;

	rwsem_write_lock(&as->as_lock);
	err = set_policy_locked(as, start, end, policy);
	rwsem_write_unlock(&as->as_lock);
	return err;
}
