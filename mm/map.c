// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making mappings: mmap, brk, the stack, pages of the kernel, populating.
 *
 * A request is checked whole, then place, limits and commitment are settled,
 * then the region is linked and merged with equal neighbours. A fixed mapping
 * first unmaps what is in its way. Filling (MAP_POPULATE, locked regions)
 * happens after as_lock was dropped.
 *
 * Locks: as_lock for writing, taken here.
 */
#include "usage_impl.h"

#define LOW_2G		0x40000000UL	/* MAP_32BIT: first two gigabytes, the upper half unless asked for */
#define LOW_2G_END	0x80000000UL

/* Where it goes; as_lock held. 0: nowhere. */
static uptr choose_place(struct aspace *as, const struct map_request *req, size_t len)
{
	uptr hint = ALIGN_UP(req->addr, PAGE_SIZE), end = req->map_flags & MAP_32BIT ? LOW_2G_END : USER_END, at;
	struct region *next;

	if (hint && hint >= vm_mmap_min_addr && hint < end && end - hint >= len) {
		struct region *prev;

		next = region_find(as, hint);
		prev = next ? region_prev(next) : NULL;
		if ((!next || region_guard_start(next) >= hint + len) &&
		    (!prev || prev->end <= hint))
			return hint;
	}
	if (req->map_flags & MAP_32BIT)
		return region_find_gap(as, len, LOW_2G, LOW_2G_END);
	at = region_find_gap(as, len, vm_mmap_min_addr, as->mmap_base);
	return at ? at : region_find_gap(as, len, vm_mmap_min_addr, USER_END);
}

static long settle_place(struct aspace *as, struct map_request *req, size_t len)
{
	struct region *rg;
	uptr at;

	if (!(req->map_flags & (MAP_FIXED | MAP_FIXED_NOREPLACE))) {
		at = choose_place(as, req, len);
		return at ? (long)at : -ENOMEM;
	}
	if (req->addr & ~PAGE_MASK)
		return -EINVAL;
	if (req->addr > USER_END || len > USER_END - req->addr)
		return -ENOMEM;
	if (req->addr < vm_mmap_min_addr && !cap_has(MM_CAP_SYS_RAWIO))
		return -EPERM;
	if (req->map_flags & MAP_FIXED_NOREPLACE) {
		rg = region_find(as, req->addr);
		if (rg && rg->start < req->addr + len)
			return -EEXIST;
	}
	return req->addr;
}

/* What the limits would be charged less for, because a fixed mapping replaces it. */
static u64 pages_between(struct aspace *as, uptr start, uptr end)
{
	u64 n = 0;

	for (struct region *rg = region_find(as, start); rg && rg->start < end; rg = region_next(rg))
		n += (min(rg->end, end) - max(rg->start, start)) >> PAGE_SHIFT;
	return n;
}

static u32 commit_flags(u32 rflags, u32 map_flags)
{
	if ((rflags & (REGION_SHARED | REGION_WRITE)) != REGION_WRITE)
		return 0;
	if ((map_flags & MAP_NORESERVE) && vm_overcommit_mode != 2)
		return REGION_NORESERVE;
	return REGION_ACCOUNT;
}

static int check_limits(struct aspace *as, u32 rflags, uptr at, u64 npages)
{
	u64 replaced = pages_between(as, at, at + (npages << PAGE_SHIFT));

	if (aspace_may_grow(as, rflags, npages > replaced ? npages - replaced : 0))
		return -ENOMEM;
	if ((rflags & REGION_LOCKED) && ((as->locked_vm + npages) << PAGE_SHIFT) > as->limit_memlock &&
	    !cap_has(MM_CAP_IPC_LOCK))
		return -EAGAIN;
	if (as->nregions >= vm_max_map_count)
		return -ENOMEM;
	return 0;
}

static struct region *build(struct aspace *as, struct map_request *req, uptr at, size_t len)
{
	struct region *rg = region_alloc(as);

	if (!rg)
		return NULL;
	rg->start = at;
	rg->end = at + len;
	rg->pgoff = req->pc || req->file || req->ops ? req->pgoff : at >> PAGE_SHIFT;
	rg->file = req->file;
	rg->pc = req->pc;
	rg->priv = req->priv;
	rg->ops = req->ops ? req->ops : req->pc ? &region_ops_pagecache : &region_ops_anon;
	region_set_prot(rg, req->rflags);
	if (rg->file)
		mmface_ofile_get(rg->file);
	if (rg->ops->open)
		rg->ops->open(rg);
	return rg;
}

/* Into the tree, as a region of its own or as part of a neighbour. */
static int enter(struct aspace *as, struct map_request *req, uptr at, size_t len)
{
	struct region *rg;

	if (!req->pc && !req->file && !req->ops && !(req->rflags & REGION_SHARED) &&
	    region_extend(as, at, len, req->rflags))
		return 0;
	rg = build(as, req, at, len);
	if (!rg)
		return -ENOMEM;
	region_link(as, rg);
	region_merge(rg);
	return 0;
}

/* as_lock held for writing. */
static long map_locked(struct aspace *as, struct map_request *req, size_t len)
{
	u64 npages = len >> PAGE_SHIFT;
	long at = settle_place(as, req, len);
	int err;

	if (at < 0)
		return at;
	req->rflags |= as->def_flags | commit_flags(req->rflags, req->map_flags);
	err = check_limits(as, req->rflags, at, npages);
	if (err)
		return err;
	if (req->map_flags & MAP_FIXED) {
		err = unmap_range(as, at, at + len);
		if (err)
			return err;
	}
	if ((req->rflags & REGION_ACCOUNT) && commit_charge(npages))
		return -ENOMEM;
	err = enter(as, req, at, len);
	if (err) {
		if (req->rflags & REGION_ACCOUNT)
			commit_uncharge(npages);
		return err;
	}
	aspace_account(as, req->rflags, npages);
	if (req->rflags & REGION_LOCKED)
		as->locked_vm += npages;
	return at;
}

long aspace_map(struct aspace *as, struct map_request *req)
{
	size_t len = ALIGN_UP(req->len, PAGE_SIZE);
	bool fill;
	long at;

	if (!req->len)
		return -EINVAL;
	if (!len || len > USER_END)
		return -ENOMEM;
	if (req->pgoff + (len >> PAGE_SHIFT) < req->pgoff)
		return -EOVERFLOW;
	rwsem_write_lock(&as->as_lock);
	at = map_locked(as, req, len);
	fill = at > 0 && (req->rflags & REGION_LOCKED) && !(req->rflags & REGION_LOCKONFAULT);
	rwsem_write_unlock(&as->as_lock);
	if (fill || (at > 0 && (req->map_flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE))
		(void)aspace_populate(as, at, len);
	return at;
}

/* ---- the heap ---- */
uptr aspace_brk(struct aspace *as, uptr brk)
{
	struct map_request req = {
		.rflags = REGION_READ | REGION_WRITE | REGION_MAYALL,
		.map_flags = MAP_FIXED_NOREPLACE,
	};
	uptr from, to, result;
	bool fill = false;

	rwsem_write_lock(&as->as_lock);
	result = as->brk;
	if (brk < as->start_brk || brk > USER_END)
		goto out;
	if (brk - as->start_brk + (as->end_data - as->start_data) > as->limit_data)
		goto out;
	from = ALIGN_UP(as->brk, PAGE_SIZE);
	to = ALIGN_UP(brk, PAGE_SIZE);
	if (to < from) {
		if (unmap_range(as, to, from))
			goto out;
	} else if (to > from) {
		struct region *next = region_find(as, from);

		/* Keep a page free in front of what follows, and a stack's guard. */
		if (next && to + PAGE_SIZE > region_guard_start(next))
			goto out;
		req.addr = from;
		if (map_locked(as, &req, to - from) < 0)
			goto out;
		fill = req.rflags & REGION_LOCKED;
	}
	as->brk = brk;
	result = brk;
out:
	rwsem_write_unlock(&as->as_lock);
	if (fill)
		(void)aspace_populate(as, from, to - from);
	return result;
}

/* ---- exec ---- */
int aspace_stack_setup(struct aspace *as, uptr top, size_t size, bool is_exec)
{
	struct map_request req = {
		.addr = top - ALIGN_UP(size, PAGE_SIZE),
		.len = size,
		.rflags = REGION_READ | REGION_WRITE | (is_exec ? REGION_EXEC : 0) |
			  REGION_MAYALL | REGION_GROWSDOWN,
		.map_flags = MAP_FIXED_NOREPLACE | MAP_PRIVATE,
	};
	long at = aspace_map(as, &req);

	return at < 0 ? (int)at : 0;
}

/* priv is the array of pages, index the place in it. */
static int special_fault(struct pagefault *f)
{
	struct page **pages = f->rg->priv;

	f->page = pages[f->index];
	page_get(f->page);
	return 0;
}

static const struct region_ops region_ops_special = { .fault = special_fault };

long aspace_map_special(struct aspace *as, uptr addr, struct page **pages, u32 n, u32 prot,
			const struct region_ops *ops, void *priv)
{
	struct map_request req = {
		.addr = addr,
		.len = (size_t)n << PAGE_SHIFT,
		.rflags = (prot & REGION_PROT) | REGION_MAYREAD | REGION_MAYEXEC | REGION_SPECIAL |
			  REGION_DONTDUMP,
		.map_flags = MAP_PRIVATE,
		.ops = ops ? ops : &region_ops_special,
		.priv = ops ? priv : pages,
	};

	return aspace_map(as, &req);
}

/* ---- filling ---- */

/* Fault in what is missing of one region; read lock held. */
static int populate_region(struct region *rg, uptr start, uptr end)
{
	u32 base = (rg->flags & (REGION_WRITE | REGION_SHARED)) == REGION_WRITE ? FAULT_WRITE : 0;
	int err = 0;

	if (rg->flags & (REGION_PFNMAP | REGION_SPECIAL))
		return 0;
	if (!(rg->flags & REGION_PROT))
		return -EFAULT;
	for (uptr va = start; va < end && !err; va += PAGE_SIZE) {
		u32 flags = base;

		if (signal_is_fatal_pending())
			return -EINTR;
		err = region_fault(rg, va, &flags);
		/* Another program decides when: not while as_lock is held. */
		if (unlikely(err == FAULT_ASK))
			return -EFAULT;
	}
	return err;
}

static int populate_range(struct aspace *as, uptr addr, uptr end, bool all)
{
	uptr next;
	int err = 0;

	while (addr < end && (!err || (all && err != -EINTR))) {
		struct region *rg;

		rwsem_read_lock(&as->as_lock);
		rg = region_find(as, addr);
		if (!rg || rg->start >= end) {
			err = rg ? 0 : -ENOMEM;
			next = end;
		} else {
			/* In steps, so that writers get their turn. */
			addr = max(addr, rg->start);
			next = min(min(rg->end, end), addr + (1UL << 20));
			err = populate_region(rg, addr, next);
		}
		rwsem_read_unlock(&as->as_lock);
		addr = next;
	}
	return err;
}

int aspace_populate(struct aspace *as, uptr addr, size_t len)
{
	return populate_range(as, addr, addr + ALIGN_UP(len, PAGE_SIZE), false);
}

void aspace_populate_all(struct aspace *as)
{
	(void)populate_range(as, 0, USER_END, true);
}
