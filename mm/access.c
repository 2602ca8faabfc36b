// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reaching user pages without being the program: pinning, reading and writing
 * another address space, keys of shared addresses.
 */
#include <tern/base/upcall.h>
#include <tern/lib/string.h>

#include "userfault_impl.h"

/*
 * The page behind @addr with a reference, if its entry allows the access now.
 * NULL: fault first. ERR_PTR(-EFAULT): frames without descriptors.
 */
static struct page *page_behind(struct region *rg, uptr addr, u32 flags)
{
	pte_t *slot = pt_walk(rg->as->arch.root, addr, false, NULL), e;
	struct page *page = NULL;
	bool may_write;

	if (!slot)
		return NULL;
	spin_lock(pt_lock(slot));
	e = pte_load(slot);
	if (!pte_is_mapped(e))
		goto out;
	if (pte_frame_special(e)) {
		if (rg->flags & REGION_PFNMAP)
			page = ERR_PTR(-EFAULT);
		else if (!(flags & FAULT_WRITE))
			page = page_zero_frame;
		goto out;
	}
	page = pfn_to_page(pte_frame(e));
	may_write = pte_writable(e) || ((flags & FAULT_FORCE) && region_is_private(rg) && !pte_is_guarded(e) &&
					page_is_anon(page) && page_is_sole(page));
	if ((flags & FAULT_WRITE) && !may_write)
		page = NULL;
	else if ((flags & FAULT_WRITE) && pte_present(e))
		pte_store(slot, (pte_t){ e.v | PTE_DIRTY | PTE_ACCESSED });
out:
	if (page && !IS_ERR(page))
		page_get(page);
	spin_unlock(pt_lock(slot));
	return page;
}

static struct region *region_for(struct aspace *as, uptr addr, u32 flags)
{
	int err;
	struct region *rg = aspace_find_expand(as, addr, &err);

	if (!rg || !region_permits(rg, flags))
		return NULL;
	/* The processor lets a program read what it may write or run; others ask for more. */
	if (!(flags & (FAULT_WRITE | FAULT_FORCE)) && !(rg->flags & REGION_READ))
		return NULL;
	return rg;
}

/* Wait for who resolves the region's faults; @rg may be gone then, the lock is held again. */
static struct region *ask(struct region *rg, uptr addr, u32 flags, u32 fault_flags)
{
	struct aspace *as = rg->as;
	int err;

	if (as != aspace_self())
		return ERR_PTR(-EFAULT);
	err = uffd_wait(rg, addr, fault_flags);
	rwsem_read_lock(&as->as_lock);
	if (err)
		return ERR_PTR(err);
	rg = region_for(as, addr, flags);
	return rg ? rg : ERR_PTR(-EFAULT);
}

/* Fault until the page can be had; read lock held, perhaps not all the time. */
static struct page *page_obtain(struct region *rg, uptr addr, u32 flags)
{
	for (u32 tries = 0; tries < 64; tries++) {
		struct page *page = page_behind(rg, addr, flags);
		u32 fl = flags;
		int err;

		if (page)
			return page;
		if (signal_is_fatal_pending())
			return ERR_PTR(-EINTR);
		err = region_fault(rg, addr, &fl);
		if (unlikely(err == FAULT_ASK)) {
			rg = ask(rg, addr, flags, fl);
			err = IS_ERR(rg) ? (int)PTR_ERR(rg) : 0;
		}
		if (err)
			return ERR_PTR(err);
	}
	return ERR_PTR(-EFAULT);
}

/* One page's share of an access; 0 on failure. */
static size_t access_page(struct aspace *as, uptr addr, void *buf, size_t n, u32 flags)
{
	struct region *rg = region_for(as, addr, flags);
	struct page *page;
	u8 *at;

	if (!rg)
		return 0;
	page = page_obtain(rg, addr & PAGE_MASK, flags);
	if (IS_ERR(page))
		return 0;
	at = (u8 *)page_to_virt(page) + (addr & ~PAGE_MASK);
	if (flags & FAULT_WRITE) {
		memcpy(at, buf, n);
		if (page->mapping && !page_is_anon(page))
			page_mark_dirty(page);
	} else {
		memcpy(buf, at, n);
	}
	page_put(page);
	return n;
}

size_t aspace_access(struct aspace *as, uptr addr, void *buf, size_t len, bool is_write, bool force)
{
	u32 flags = (is_write ? FAULT_WRITE : 0) | (force ? FAULT_FORCE : 0);
	size_t done = 0;

	if (addr >= USER_END)
		return 0;
	len = min(len, USER_END - addr);
	rwsem_read_lock(&as->as_lock);
	while (done < len) {
		uptr at = addr + done;
		size_t n = min(len - done, PAGE_SIZE - (at & ~PAGE_MASK));

		if (access_page(as, at, (u8 *)buf + done, n, flags) != n)
			break;
		done += n;
	}
	rwsem_read_unlock(&as->as_lock);
	return done;
}

long aspace_pin(struct aspace *as, uptr addr, u32 n, bool is_write, struct page **out)
{
	u32 flags = is_write ? FAULT_WRITE : 0, got = 0;
	long err = -EFAULT;

	if (!as)
		as = aspace_self();
	if (!as)
		return -EFAULT;
	addr &= PAGE_MASK;
	rwsem_read_lock(&as->as_lock);
	for (; got < n && addr < USER_END; got++, addr += PAGE_SIZE) {
		struct region *rg = region_for(as, addr, flags);
		struct page *page = rg ? page_obtain(rg, addr, flags) : ERR_PTR(-EFAULT);

		if (IS_ERR(page)) {
			err = PTR_ERR(page) == -ENOMEM ? -ENOMEM : -EFAULT;
			break;
		}
		out[got] = page;
	}
	rwsem_read_unlock(&as->as_lock);
	return got ? (long)got : n ? err : 0;
}

int aspace_shared_key(uptr addr, bool is_write, struct shared_key *key)
{
	struct aspace *as = aspace_self();
	struct region *rg;
	int err = 0;

	if (!as || addr >= USER_END)
		return -EFAULT;
	rwsem_read_lock(&as->as_lock);
	rg = region_for(as, addr, is_write ? FAULT_WRITE : 0);
	if (!rg && is_write)
		rg = region_for(as, addr, 0);
	key->offset = addr & ~PAGE_MASK;
	if (!rg) {
		err = -EFAULT;
	} else if (rg->pc && !region_is_private(rg)) {
		key->object = rg->pc;
		key->index = region_index(rg, addr & PAGE_MASK);
		key->is_private = false;
	} else {
		key->object = as;
		key->index = addr >> PAGE_SHIFT;
		key->is_private = true;
	}
	rwsem_read_unlock(&as->as_lock);
	return err;
}
