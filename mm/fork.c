// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copying an address space for fork.
 *
 * Regions are duplicated; of the page tables only entries of private pages
 * (anonymous memory, private copies of file pages) are copied, made read-only
 * in both spaces so that the next writer copies the page. What a file or
 * shared object backs is left for the child to fault in again.
 *
 * Locks: the parent's as_lock for writing; the child is nobody else's yet.
 */
#include <tern/lib/string.h>

#include "rmap_impl.h"
#include "swap_impl.h"
#include "userfault_impl.h"

struct fork_copy {
	struct aspace *child;
	struct uffd_forks *uffd;
	struct region *rg;	/* the child's */
	pte_t *dst;		/* slot of the last entry copied, in the table of dst_va */
	uptr dst_va;
	s64 nanon, nswap;
	bool has_wrprotected;
	int err;
};

/* The child's slot for @va; consecutive ones of a table without a walk. */
static pte_t *child_slot(struct fork_copy *fc, uptr va)
{
	if (fc->dst && ALIGN_DOWN(va, HUGE_PAGE_SIZE) == ALIGN_DOWN(fc->dst_va, HUGE_PAGE_SIZE))
		return fc->dst + ((s64)(va - fc->dst_va) >> PAGE_SHIFT);
	fc->dst = pt_walk(fc->child->arch.root, va, true, NULL);
	fc->dst_va = va;
	return fc->dst;
}

/* Guards are for the regions of those who asked for them. */
static pte_t guard_of_child(const struct fork_copy *fc, pte_t e)
{
	return fc->rg->flags & REGION_UFFD_WP ? e : pte_unguard(e);
}

static void copy_table(pte_t *slot, uptr va, u64 n, void *arg)
{
	struct fork_copy *fc = arg;

	for (u64 i = 0; i < n; i++, slot++, va += PAGE_SIZE) {
		pte_t e = pte_load(slot), *dst;
		struct page *p;

		if (pte_none(e))
			continue;
		if (pte_is_swap(e)) {
			dst = child_slot(fc, va);
			if (dst) {
				swap_dup(pte_to_swapent(e));
				pte_store(dst, guard_of_child(fc, e));
				fc->nswap++;
				continue;
			}
			fc->err = -ENOMEM;
			return;
		}
		if (!pte_is_mapped(e) || pte_frame_special(e))
			continue;
		p = pfn_to_page(pte_frame(e));
		if (!page_is_anon(p))
			continue;
		dst = child_slot(fc, va);
		if (!dst) {
			fc->err = -ENOMEM;
			return;
		}
		if (pte_present(e) && pte_writable(e)) {
			/* Another CPU may set the dirty bit right now. */
			__atomic_fetch_and(&slot->v, ~PTE_WRITE, __ATOMIC_SEQ_CST);
			e = pte_wrprotect(e);
			fc->has_wrprotected = true;
		}
		atomic_inc(&p->refcount);
		atomic_inc(&p->mapcount);
		pte_store(dst, guard_of_child(fc, e));
		fc->nanon++;
	}
}

/*
 * Tables of the child are made under the parent's table lock otherwise; so
 * build them before, one per stretch that has entries.
 */
static int copy_entries(struct fork_copy *fc, struct region *from)
{
	uptr next;

	for (uptr va = from->start; va < from->end; va = next) {
		pte_t *slot = pt_walk(from->as->arch.root, va, false, NULL);

		if (!slot) {
			next = pt_next_present(from->as->arch.root, va, from->end);
			continue;
		}
		next = min(ALIGN_DOWN(va, HUGE_PAGE_SIZE) + HUGE_PAGE_SIZE, from->end);
		if (!child_slot(fc, va))
			return -ENOMEM;
		spin_lock(pt_lock(slot));
		copy_table(slot, va, (next - va) >> PAGE_SHIFT, fc);
		spin_unlock(pt_lock(slot));
		if (fc->err)
			return fc->err;
	}
	return 0;
}

static void copy_totals(struct aspace *to, const struct aspace *from)
{
	to->mmap_base = from->mmap_base;
	to->start_code = from->start_code;
	to->end_code = from->end_code;
	to->start_data = from->start_data;
	to->end_data = from->end_data;
	to->start_brk = from->start_brk;
	to->brk = from->brk;
	to->start_stack = from->start_stack;
	to->arg_start = from->arg_start;
	to->arg_end = from->arg_end;
	to->env_start = from->env_start;
	to->env_end = from->env_end;
	memcpy(to->auxv, from->auxv, sizeof(to->auxv));
	to->is_dumpable = from->is_dumpable;
	to->vdso_addr = from->vdso_addr;
	to->is_clock_hidden = from->is_clock_hidden;
	to->uid_owner = from->uid_owner;
	to->limit_as = from->limit_as;
	to->limit_data = from->limit_data;
	to->limit_stack = from->limit_stack;
	to->limit_memlock = from->limit_memlock;
	to->membarrier_state = from->membarrier_state;
	if (from->exe_file) {
		mmface_ofile_get(from->exe_file);
		to->exe_file = from->exe_file;
	}
}

static int copy_region(struct fork_copy *fc, struct region *from)
{
	struct aspace *child = fc->child;
	u64 n = region_pages(from);
	struct region *rg;
	int err;

	if ((from->flags & REGION_ACCOUNT) && commit_charge(n))
		return -ENOMEM;
	rg = region_copy(child, from);
	if (!rg) {
		if (from->flags & REGION_ACCOUNT)
			commit_uncharge(n);
		return -ENOMEM;
	}
	err = uffd_fork_region(fc->uffd, rg, from);
	if (err) {
		if (from->flags & REGION_ACCOUNT)
			commit_uncharge(n);
		region_drop(rg);
		return err;
	}
	/* Locks are not inherited. */
	rg->flags &= ~(REGION_LOCKED | REGION_LOCKONFAULT);
	if ((from->flags & REGION_WIPEONFORK) && rg->anon) {
		anonset_put(rg->anon);
		rg->anon = NULL;
	}
	region_link(child, rg);
	aspace_account(child, rg->flags, n);
	if (!rg->anon)
		return 0;
	fc->rg = rg;
	err = copy_entries(fc, from);
	return err;
}

struct aspace *aspace_fork(struct aspace *parent)
{
	struct aspace *child = aspace_create();
	struct uffd_forks forks;
	struct fork_copy fc = { .child = child, .uffd = &forks };
	struct region *rg;
	int err;

	if (!child)
		return ERR_PTR(-ENOMEM);
	err = rwsem_write_lock_killable(&parent->as_lock);
	if (err) {
		aspace_put(child);
		return ERR_PTR(-EAGAIN);
	}
	list_init(&forks.pairs);
	copy_totals(child, parent);
	rbtree_foreach(rg, &parent->as_regions, node) {
		if (rg->flags & REGION_DONTFORK)
			continue;
		err = copy_region(&fc, rg);
		if (err)
			break;
	}
	rss_add(child, RSS_ANON, fc.nanon);
	rss_add(child, RSS_SWAP, fc.nswap);
	if (fc.has_wrprotected)
		tlb_flush_aspace(parent);
	rwsem_write_unlock(&parent->as_lock);
	uffd_fork_done(&forks, err);
	if (err) {
		aspace_put(child);
		return ERR_PTR(err);
	}
	return child;
}
