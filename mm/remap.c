// SPDX-License-Identifier: GPL-2.0-only
/*
 * mremap: growing and shrinking in place, moving entries to another address.
 *
 * Moving transfers entries from table to table; pages and their counts do not
 * change hands. Locks: as_lock for writing.
 */
#include "userfault_impl.h"

struct move {
	struct aspace *as;
	struct tlb_gather *tg;
	s64 delta;
	int err;
};

/* The target's table was made before; both locks, lower address first. */
static void move_stretch(struct move *m, pte_t *from, pte_t *to, uptr va, u64 n)
{
	struct spin *a = pt_lock(from), *b = pt_lock(to);

	if (a > b)
		swap(a, b);
	spin_lock(a);
	if (a != b)
		spin_lock_nested(b);
	for (u64 i = 0; i < n; i++, from++, to++, va += PAGE_SIZE) {
		pte_t e = pte_load(from);

		if (pte_none(e))
			continue;
		e = pte_exchange(from, (pte_t){ 0 });
		if (pte_present(e))
			tlb_gather_add(m->tg, va);
		pte_store(to, e);
	}
	if (a != b)
		spin_unlock(b);
	spin_unlock(a);
}

/* Entries of [start, end) go to +delta; on error what was moved stays moved. */
static int move_entries(struct move *m, uptr start, uptr end)
{
	uptr next;

	for (uptr va = start; va < end; va = next) {
		pte_t *from = pt_walk(m->as->arch.root, va, false, NULL), *to;
		uptr dst = va + m->delta;

		if (!from) {
			next = pt_next_present(m->as->arch.root, va, end);
			continue;
		}
		next = min(min(ALIGN_DOWN(va, HUGE_PAGE_SIZE) + HUGE_PAGE_SIZE, end),
			   ALIGN_DOWN(dst, HUGE_PAGE_SIZE) + HUGE_PAGE_SIZE - m->delta);
		to = pt_walk(m->as->arch.root, dst, true, NULL);
		if (!to)
			return -ENOMEM;
		move_stretch(m, from, to, va, (next - va) >> PAGE_SHIFT);
	}
	return 0;
}

static int move_pages(struct aspace *as, uptr old, size_t len, uptr new)
{
	struct move m = { .as = as, .delta = (s64)(new - old) };
	struct tlb_gather tg;
	int err;

	tlb_gather_init(&tg, as);
	m.tg = &tg;
	err = move_entries(&m, old, old + len);
	if (err) {
		/* Give back what already lies at the new place. */
		struct move back = { .as = as, .tg = &tg, .delta = -m.delta };

		(void)move_entries(&back, new, new + len);
	}
	tlb_gather_fini(&tg);
	return err;
}

/* A region of @len at @at with all properties of @rg and the pages of [old, old + old_len). */
static long move_region(struct aspace *as, struct region *rg, uptr old, size_t old_len, uptr at,
			size_t len, bool keep_old)
{
	u64 npages = len >> PAGE_SHIFT;
	struct region *n;
	int err;

	if (as->nregions >= vm_max_map_count - 3)
		return -ENOMEM;
	if ((rg->flags & REGION_ACCOUNT) && commit_charge(npages))
		return -ENOMEM;
	n = region_copy(as, rg);
	if (!n) {
		err = -ENOMEM;
		goto err_commit;
	}
	n->start = at;
	n->end = at + len;
	n->pgoff = region_index(rg, old);
	if (keep_old)
		n->flags &= ~(REGION_LOCKED | REGION_LOCKONFAULT);
	region_link(as, n);
	err = move_pages(as, old, min(old_len, len), at);
	if (err) {
		region_unlink(as, n);
		region_drop(n);
		goto err_commit;
	}
	aspace_account(as, n->flags, npages);
	if (n->flags & REGION_LOCKED)
		as->locked_vm += npages;
	if (!keep_old && old_len)
		err = unmap_range(as, old, old + old_len);
	region_merge(n);
	return err ? err : (long)at;
err_commit:
	if (rg->flags & REGION_ACCOUNT)
		commit_uncharge(npages);
	return err;
}

static bool can_grow_in_place(struct aspace *as, struct region *rg, uptr old_end, u64 grow)
{
	struct region *next = region_next(rg);

	if (rg->end != old_end || USER_END - old_end < grow)
		return false;
	return !next || region_guard_start(next) >= old_end + grow;
}

static long grow_in_place(struct aspace *as, struct region *rg, uptr old, u64 grow)
{
	u64 n = grow >> PAGE_SHIFT;

	if ((rg->flags & REGION_ACCOUNT) && commit_charge(n))
		return -ENOMEM;
	region_resize(rg, rg->start, rg->end + grow, rg->pgoff);
	aspace_account(as, rg->flags, n);
	if (rg->flags & REGION_LOCKED)
		as->locked_vm += n;
	region_merge(rg);
	return old;
}

/* Checks common to every growth and move. */
static int check_remap(struct aspace *as, struct region *rg, uptr old, size_t old_len,
		       size_t new_len, u32 flags)
{
	u64 grow = new_len > old_len ? (new_len - old_len) >> PAGE_SHIFT : 0;

	if (!old_len && !(rg->flags & (REGION_SHARED)))
		return -EINVAL;
	if ((flags & MREMAP_DONTUNMAP) && (rg->flags & REGION_PFNMAP))
		return -EINVAL;
	if (old_len > rg->end - old)
		return -EFAULT;
	if (new_len == old_len)
		return 0;
	if (rg->flags & (REGION_SPECIAL | REGION_PFNMAP))
		return -EFAULT;
	if ((rg->flags & REGION_LOCKED) &&
	    ((as->locked_vm + grow) << PAGE_SHIFT) > as->limit_memlock && !cap_has(MM_CAP_IPC_LOCK))
		return -EAGAIN;
	return aspace_may_grow(as, rg->flags, grow);
}

static long remap_fixed(struct aspace *as, uptr old, size_t old_len, size_t new_len, u32 flags,
			uptr new)
{
	struct region *rg;
	int err;

	if ((new & ~PAGE_MASK) || new_len > USER_END || new > USER_END - new_len)
		return -EINVAL;
	if (new < old + old_len && old < new + new_len)
		return -EINVAL;
	if (new < vm_mmap_min_addr && !cap_has(MM_CAP_SYS_RAWIO))
		return -EPERM;
	err = unmap_range(as, new, new + new_len);
	if (!err && old_len > new_len && !(flags & MREMAP_DONTUNMAP)) {
		err = unmap_range(as, old + new_len, old + old_len);
		old_len = new_len;
	}
	if (err)
		return err;
	rg = region_at(as, old);
	if (!rg)
		return -EFAULT;
	err = check_remap(as, rg, old, old_len, new_len, flags);
	return err ? err : move_region(as, rg, old, old_len, new, new_len, flags & MREMAP_DONTUNMAP);
}

static long remap_locked(struct aspace *as, uptr old, size_t old_len, size_t new_len, u32 flags,
			 uptr new)
{
	struct region *rg = region_at(as, old);
	uptr at;
	int err;

	if (!rg)
		return -EFAULT;
	if (flags & MREMAP_FIXED)
		return remap_fixed(as, old, old_len, new_len, flags, new);
	if (old_len >= new_len && !(flags & MREMAP_DONTUNMAP)) {
		err = old_len > new_len ? unmap_range(as, old + new_len, old + old_len) : 0;
		return err ? err : (long)old;
	}
	err = check_remap(as, rg, old, old_len, new_len, flags);
	if (err)
		return err;
	if (!(flags & MREMAP_DONTUNMAP) &&
	    can_grow_in_place(as, rg, old + old_len, new_len - old_len))
		return grow_in_place(as, rg, old, new_len - old_len);
	if (!(flags & MREMAP_MAYMOVE))
		return -ENOMEM;
	at = region_find_gap(as, new_len, vm_mmap_min_addr, as->mmap_base);
	if (!at)
		return -ENOMEM;
	return move_region(as, rg, old, old_len, at, new_len, flags & MREMAP_DONTUNMAP);
}

long aspace_remap(struct aspace *as, uptr old, size_t old_len, size_t new_len, u32 flags, uptr new)
{
	struct uffd_news news = { 0 };
	bool fill = false;
	long at;

	if ((flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP)) || (old & ~PAGE_MASK))
		return -EINVAL;
	if ((flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) && !(flags & MREMAP_MAYMOVE))
		return -EINVAL;
	if ((flags & MREMAP_DONTUNMAP) && old_len != new_len)
		return -EINVAL;
	if (old_len > USER_END || new_len > USER_END)
		return -ENOMEM;
	old_len = ALIGN_UP(old_len, PAGE_SIZE);
	new_len = ALIGN_UP(new_len, PAGE_SIZE);
	if (!new_len)
		return -EINVAL;
	rwsem_write_lock(&as->as_lock);
	at = remap_locked(as, old, old_len, new_len, flags, new);
	if (at > 0) {
		struct region *rg = region_at(as, at);

		fill = rg && (rg->flags & REGION_LOCKED) && new_len > old_len;
		if (unlikely(rg && rg->uffd && (uptr)at != old))
			uffd_moved(rg, old, (uptr)at, new_len, &news);
	}
	rwsem_write_unlock(&as->as_lock);
	uffd_news_tell(&news);
	if (fill)
		(void)aspace_populate(as, at + old_len, new_len - old_len);
	return at;
}

int aspace_shift_stack(struct aspace *as, struct region *rg, uptr shift)
{
	uptr old = rg->start, len = rg->end - rg->start;
	int err;

	if (!shift)
		return 0;
	if (shift > old)
		return -ENOMEM;
	rwsem_write_lock(&as->as_lock);
	/* Cover both places, move the pages, then let go of the old one. */
	region_resize(rg, old - shift, rg->end, rg->pgoff);
	err = move_pages(as, old, len, old - shift);
	if (err)
		region_resize(rg, old, old + len, rg->pgoff);
	else
		region_resize(rg, old - shift, old - shift + len, rg->pgoff);
	if (!err) {
		struct tlb_gather tg;

		tlb_gather_init(&tg, as);
		free_tables(&tg, as, max(old, rg->end), old + len);
		tlb_gather_fini(&tg);
	}
	rwsem_write_unlock(&as->as_lock);
	return err;
}
