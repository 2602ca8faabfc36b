// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page faults: from an address to an entry in the page table.
 *
 * Kinds: anonymous memory is given a zeroed page (the shared zero frame for
 * reads); a private page that others still hold is copied for the writer; a
 * file's page comes from the page cache, and up to 16 cached neighbours of a
 * read fault are mapped along; a shared writable file page is announced to
 * its file system before the entry becomes writable.
 *
 * The page that a private write leaves behind is reused, not copied, if ours
 * is the only reference to it.
 *
 * Truncation is kept out by holding the object's inval lock for reading from
 * the lookup until the entry is in place. Everything is prepared without the
 * table lock and committed under it after the entry was found unchanged;
 * a changed entry means that somebody else was faster: the fault is retried
 * by the processor.
 *
 * Lock order: as_lock (read) > pc->inval (read) > page lock > pt_lock.
 */
#include <tern/mm/memgroup.h>
#include <tern/base/rcu.h>
#include <tern/base/upcall.h>
#include <tern/lib/radix.h>
#include <uapi/signal.h>

#include "aspace_impl.h"
#include "mm_impl.h"
#include "reclaim_impl.h"
#include "rmap_impl.h"
#include "swap_impl.h"
#include "userfault_impl.h"

#define AROUND_PAGES	16u
#define AROUND_BYTES	(AROUND_PAGES * PAGE_SIZE)

/* ---- entries ---- */

/* An entry of the region's protection for a frame; kept aside if it has none at all. */
static inline pte_t make_entry(const struct region *rg, pfn_t pfn, u64 set, u64 clear)
{
	pte_t e = { ((rg->pte_bits & ~clear) | set) + (pfn << PAGE_SHIFT) };

	return likely(rg->flags & REGION_PROT) ? e : pte_to_kept(e);
}

void page_set_mlocked(struct page *p)
{
	if (!bit_test_and_set(PG_MLOCKED, &p->flags))
		vmstat_add(VMSTAT_MLOCKED, 1);
}

void page_clear_mlocked(struct page *p)
{
	if (bit_test_and_clear(PG_MLOCKED, &p->flags)) {
		vmstat_add(VMSTAT_MLOCKED, -1);
		lru_rescue(p);
	}
}

/* Put an entry for @page in an empty slot; false if it was filled meanwhile. */
static bool install(struct region *rg, pte_t *slot, struct page *page, pte_t e)
{
	struct spin *lock = pt_lock(slot);

	spin_lock(lock);
	if (unlikely(!pte_none(pte_load(slot)))) {
		spin_unlock(lock);
		return false;
	}
	page_map_inc(page);
	pte_store(slot, e);
	spin_unlock(lock);
	rss_add(rg->as, page_rss_kind(page), 1);
	if (unlikely(rg->flags & REGION_LOCKED))
		page_set_mlocked(page);
	return true;
}

/* ---- anonymous memory ---- */
/* A page of @rg's own for @addr, not on a reclaim list yet; NULL: no memory. */
static struct page *anon_page(struct region *rg, uptr addr, alloc_flags flags)
{
	struct page *p = unlikely(anon_prepare(rg)) ? NULL : page_alloc(0, ALLOC_USER | flags);

	if (likely(p) && unlikely(memgroup_charge(p, MEMKIND_ANON, ALLOC_USER))) {
		page_put(p);
		p = NULL;
	}
	if (likely(p)) {
		anon_set_page(p, rg, addr);
		p->flags |= BIT(PG_SWAPBACKED) | BIT(PG_UPTODATE);
	}
	return p;
}

/* As install(), for a new page; who came too late frees it. */
static void install_own(struct region *rg, pte_t *slot, struct page *p)
{
	page_get(p);	/* for the lists */
	if (install(rg, slot, p, make_entry(rg, page_to_pfn(p), PTE_DIRTY, 0))) {
		lru_add_new(p);
	} else {
		page_put(p);
		page_put(p);
	}
}

static int anon_fault(struct region *rg, uptr addr, pte_t *slot, u32 flags)
{
	struct page *p;

	if (!(flags & FAULT_WRITE)) {
		struct spin *lock = pt_lock(slot);

		spin_lock(lock);
		if (pte_none(pte_load(slot)))
			pte_store(slot, make_entry(rg, page_to_pfn(page_zero_frame), PTE_SPECIAL,
						   PTE_WRITE));
		spin_unlock(lock);
		return 0;
	}
	p = anon_page(rg, addr, ALLOC_ZERO);
	if (unlikely(!p))
		return -ENOMEM;
	install_own(rg, slot, p);
	return 0;
}

/* ---- copy on write ---- */

/* Replace the read-only @old entry by one for a private copy of its page. */
static int cow_copy(struct region *rg, uptr addr, pte_t *slot, pte_t old, struct page *from)
{
	struct page *p = anon_page(rg, addr, from ? 0 : ALLOC_ZERO);
	struct spin *lock = pt_lock(slot);
	pte_t now;

	if (unlikely(!p)) {
		if (from)
			page_put(from);
		return -ENOMEM;
	}
	if (from)
		page_copy(page_to_virt(p), page_to_virt(from));
	spin_lock(lock);
	now = pte_load(slot);
	if (!pte_is_mapped(now) || pte_frame(now) != pte_frame(old) || pte_writable(now)) {
		spin_unlock(lock);
		page_put(p);
		if (from)
			page_put(from);
		return 0;
	}
	page_map_inc(p);
	page_get(p);
	pte_store(slot, make_entry(rg, page_to_pfn(p), PTE_DIRTY, 0));
	spin_unlock(lock);
	lru_add_new(p);
	rss_add(rg->as, RSS_ANON, 1);
	tlb_flush_page(rg->as, addr);
	if (unlikely(rg->flags & REGION_LOCKED))
		page_set_mlocked(p);
	if (from) {
		rss_add(rg->as, page_rss_kind(from), -1);
		page_map_dec(from);
		page_put(from);	/* ours */
		page_put(from);	/* the entry's */
	}
	return 0;
}

/* A shared page becomes writable: the file system may have to reserve room for it. */
static int shared_make_writable(struct region *rg, pte_t *slot, struct page *page)
{
	struct pagecache *pc = rg->pc;
	struct spin *lock = pt_lock(slot);
	int err = 0;
	pte_t e;

	page_lock(page);
	if (page->mapping != pc) {
		page_unlock(page);
		page_put(page);
		return 0;
	}
	if (region_tracks_dirty(rg) && pc->ops->make_writable)
		err = pc->ops->make_writable(pc, page);
	if (!err) {
		page_mark_dirty(page);
		spin_lock(lock);
		e = pte_load(slot);
		if (pte_present(e) && pte_frame(e) == page_to_pfn(page))
			pte_store(slot, (pte_t){ e.v | PTE_WRITE | PTE_DIRTY | PTE_ACCESSED });
		spin_unlock(lock);
	}
	page_unlock(page);
	page_put(page);
	return err;
}

bool page_is_sole(struct page *p)
{
	if (likely(atomic_read(&p->refcount) == 1))
		return true;
	if (atomic_read(&p->mapcount))
		return false;
	/* New ones have a reference of this CPU's batch for a while. */
	if (!page_flag_test(p, PG_LRU))
		lru_drain_local();
	if (page_is_swapcache(p) && page_trylock(p)) {
		if (page_is_swapcache(p))
			(void)swapcache_try_del(p);
		page_unlock(p);
	}
	return atomic_read(&p->refcount) == 1;
}

static int write_fault(struct region *rg, uptr addr, pte_t *slot)
{
	struct spin *lock = pt_lock(slot);
	struct page *page;
	pte_t e;

	spin_lock(lock);
	e = pte_load(slot);
	if (!pte_is_mapped(e) || pte_writable(e)) {
		spin_unlock(lock);
		return 0;
	}
	if (pte_frame_special(e)) {
		spin_unlock(lock);
		/* Frames without descriptors are only mapped as their owner says. */
		if (rg->flags & REGION_PFNMAP)
			return -EACCES;
		return cow_copy(rg, addr, slot, e, NULL);
	}
	page = pfn_to_page(pte_frame(e));
	if (region_is_private(rg) && page_is_anon(page) && page_is_sole(page)) {
		if (rg->flags & REGION_WRITE)
			pte_store(slot, (pte_t){ (e.v & ~PTE_GUARD) | PTE_WRITE | PTE_DIRTY | PTE_ACCESSED });
		spin_unlock(lock);
		return 0;
	}
	page_get(page);
	spin_unlock(lock);
	return region_is_private(rg) ? cow_copy(rg, addr, slot, e, page)
				     : shared_make_writable(rg, slot, page);
}

/* ---- pages of objects ---- */

/* Fill the empty slots around a read fault with what the cache has ready. */
static bool map_around(struct region *rg, uptr addr, pte_t *slot)
{
	uptr base = ALIGN_DOWN(addr, AROUND_BYTES), lo = max(rg->start, base);
	uptr hi = min(rg->end, base + AROUND_BYTES);
	u64 first = region_index(rg, lo), index = first, at[AROUND_PAGES];
	u64 clear = region_is_private(rg) || region_tracks_dirty(rg) ? PTE_WRITE : 0;
	struct pagecache *pc = rg->pc;
	struct spin *lock = pt_lock(slot);
	void *found[AROUND_PAGES];
	size_t n, mapped = 0;
	bool hit;

	rcu_read_lock();
	n = radix_gang(&pc->pages, &index, first + ((hi - lo) >> PAGE_SHIFT) - 1, found, at,
		       AROUND_PAGES);
	for (size_t i = 0; i < n; i++) {
		struct page *p = found[i];

		if (!page_get_unless_zero(p)) {
			found[i] = NULL;
		} else if (p->mapping != pc || p->index != at[i] || !page_flag_test(p, PG_UPTODATE)) {
			page_put(p);
			found[i] = NULL;
		}
	}
	rcu_read_unlock();
	slot -= (addr - lo) >> PAGE_SHIFT;
	spin_lock(lock);
	for (size_t i = 0; i < n; i++) {
		struct page *p = found[i];
		pte_t *s = slot + (at[i] - first);

		if (!p || !pte_none(pte_load(s)))
			continue;
		page_map_inc(p);
		pte_store(s, make_entry(rg, page_to_pfn(p), 0, clear));
		found[i] = NULL;
		mapped++;
	}
	hit = !pte_none(pte_load(slot + ((addr - lo) >> PAGE_SHIFT)));
	spin_unlock(lock);
	for (size_t i = 0; i < n; i++)
		if (found[i])
			page_put(found[i]);
	if (mapped)
		rss_add(rg->as, pc->flags & PAGECACHE_SWAPBACKED ? RSS_SHMEM : RSS_FILE, mapped);
	return hit;
}

int pagecache_region_fault(struct pagefault *f)
{
	struct pagecache *pc = f->rg->pc;
	loff_t size = pc->vnode ? mmface_size(pc) : pc->anon_size;
	struct page *p;

	if ((loff_t)f->index >= size / (loff_t)PAGE_SIZE + !!(size % PAGE_SIZE))
		return -ENXIO;
	p = pagecache_read_in(pc, f->index);
	if (IS_ERR(p))
		return PTR_ERR(p);
	f->page = p;
	return 0;
}

/* An owner's page enters the table: copied for a private writer, else as it is. */
static int object_install(struct region *rg, struct pagefault *f, pte_t *slot, bool is_write)
{
	struct page *page = f->page, *copy;

	if (is_write && region_is_private(rg)) {
		copy = anon_page(rg, f->addr, 0);
		if (copy) {
			page_copy(page_to_virt(copy), page_to_virt(page));
			install_own(rg, slot, copy);
		}
		page_put(page);
		return copy ? 0 : -ENOMEM;
	}
	if (region_is_private(rg) || region_tracks_dirty(rg)) {
		if (!install(rg, slot, page, make_entry(rg, page_to_pfn(page), 0, PTE_WRITE)))
			page_put(page);
		/* The writer comes back for a write fault and finds the page. */
		return is_write ? write_fault(rg, f->addr, slot) : 0;
	}
	if (is_write && page->mapping)
		page_mark_dirty(page);
	if (!install(rg, slot, page, make_entry(rg, page_to_pfn(page), is_write ? PTE_DIRTY : 0, 0)))
		page_put(page);
	return 0;
}

static bool is_cached(struct pagecache *pc, u64 index)
{
	bool yes;

	rcu_read_lock();
	yes = radix_lookup(&pc->pages, index) != NULL;
	rcu_read_unlock();
	return yes;
}

static int object_fault(struct region *rg, uptr addr, pte_t *slot, u32 *flags)
{
	bool is_write = *flags & FAULT_WRITE;
	bool is_cache = rg->ops->fault == pagecache_region_fault;
	struct pagefault f = {
		.rg = rg, .addr = addr, .index = region_index(rg, addr),
		.is_write = is_write, .is_exec = *flags & FAULT_EXEC,
	};
	int err = 0;

	if (is_cache) {
		rwsem_read_lock(&rg->pc->inval);
		if (!(is_write && region_is_private(rg)) && !(rg->flags & REGION_UFFD_MINOR) &&
		    map_around(rg, addr, slot)) {
			if (is_write && !pte_writable(pte_load(slot)))
				err = write_fault(rg, addr, slot);
			goto out;
		}
		if (!(rg->pc->flags & PAGECACHE_NOWRITEBACK) && !is_cached(rg->pc, f.index))
			*flags |= FAULT_MAJOR;
	}
	err = rg->ops->fault(&f);
	if (err)
		goto out;
	if (rg->flags & REGION_PFNMAP) {
		spin_lock(pt_lock(slot));
		if (pte_none(pte_load(slot)))
			pte_store(slot, make_entry(rg, f.pfn, PTE_SPECIAL, 0));
		spin_unlock(pt_lock(slot));
	} else {
		err = object_install(rg, &f, slot, is_write);
	}
out:
	if (is_cache)
		rwsem_read_unlock(&rg->pc->inval);
	return err;
}

int region_fault(struct region *rg, uptr addr, u32 *flags)
{
	pte_t *slot, e;

	addr &= PAGE_MASK;
	slot = pt_walk(rg->as->arch.root, addr, true, NULL);
	if (unlikely(!slot))
		return -ENOMEM;
	e = pte_load(slot);
	if (unlikely(rg->uffd) && uffd_must_ask(rg, addr, e, flags))
		return FAULT_ASK;
	if (pte_none(e)) {
		if (rg->ops == &region_ops_anon)
			return anon_fault(rg, addr, slot, *flags);
		return object_fault(rg, addr, slot, flags);
	}
	if (unlikely(pte_is_swap(e))) {
		int err = swap_fault(rg, addr, slot, e, flags);

		if (err)
			return err;
		e = pte_load(slot);
		if (unlikely(rg->uffd) && uffd_must_ask(rg, addr, e, flags))
			return FAULT_ASK;
	}
	if ((*flags & FAULT_WRITE) && pte_is_mapped(e) && !pte_writable(e))
		return write_fault(rg, addr, slot);
	return 0;
}

bool region_permits(const struct region *rg, u32 fl)
{
	u32 need = fl & FAULT_WRITE ? REGION_WRITE : fl & FAULT_EXEC ? REGION_EXEC : REGION_PROT;

	if (likely(rg->flags & need))
		return true;
	if (!(fl & FAULT_FORCE))
		return false;
	if (fl & FAULT_WRITE)
		return region_is_private(rg) && (rg->flags & REGION_MAYWRITE);
	return rg->flags & REGION_MAYREAD;
}

/* ---- growing stacks ---- */

int region_expand_down(struct region *rg, uptr addr)
{
	struct aspace *as = rg->as;
	uptr guard = (uptr)vm_stack_guard_pages << PAGE_SHIFT, grow = rg->start - addr;
	struct region *prev = region_prev(rg);
	u64 n = grow >> PAGE_SHIFT;

	if (addr < vm_mmap_min_addr || rg->end - addr > as->limit_stack)
		return -ENOMEM;
	if (prev && !(prev->flags & REGION_GROWSDOWN) && (prev->flags & REGION_PROT) &&
	    (addr < prev->end || addr - prev->end < guard))
		return -ENOMEM;
	if (prev && addr < prev->end)
		return -ENOMEM;
	if (aspace_may_grow(as, rg->flags, n))
		return -ENOMEM;
	if ((rg->flags & REGION_LOCKED) &&
	    (as->locked_vm + n) << PAGE_SHIFT > as->limit_memlock && !cap_has(MM_CAP_IPC_LOCK))
		return -ENOMEM;
	if (rg->pgoff < n)
		return -ENOMEM;
	if ((rg->flags & REGION_ACCOUNT) && commit_charge(n))
		return -ENOMEM;
	aspace_account(as, rg->flags, n);
	if (rg->flags & REGION_LOCKED)
		as->locked_vm += n;
	region_resize(rg, addr, rg->end, rg->pgoff - n);
	return 0;
}

struct region *aspace_find_expand(struct aspace *as, uptr addr, int *err)
{
	struct region *rg = region_find(as, addr);

	*err = -EFAULT;
	if (!rg || rg->start <= addr || !(rg->flags & REGION_GROWSDOWN))
		return rg && rg->start <= addr ? rg : NULL;
	rwsem_read_unlock(&as->as_lock);
	rwsem_write_lock(&as->as_lock);
	rg = region_find(as, addr);
	if (rg && rg->start > addr && (rg->flags & REGION_GROWSDOWN) &&
	    region_expand_down(rg, addr & PAGE_MASK))
		rg = NULL;
	rwsem_downgrade(&as->as_lock);
	return rg && rg->start <= addr ? rg : NULL;
}

/* ---- the trap ---- */
#define CODE_WRITE	0x2u
#define CODE_USER	0x4u
#define CODE_FETCH	0x10u

static int fault_signal(int err, int *si_code)
{
	switch (err) {
	case 0:
	case -ENOMEM:
		return err;
	case -EFAULT:
		*si_code = SEGV_MAPERR;
		return SIGSEGV;
	case -EACCES:
		*si_code = SEGV_ACCERR;
		return SIGSEGV;
	default:
		*si_code = BUS_ADRERR;
		return SIGBUS;
	}
}

int trap_page_fault(struct frame *f, uptr addr, u32 code, int *si_code)
{
	struct aspace *as = aspace_self();
	u32 flags = (code & CODE_WRITE ? FAULT_WRITE : 0) | (code & CODE_FETCH ? FAULT_EXEC : 0) |
		    (code & CODE_USER);
	struct region *rg;
	int err;

	if (unlikely(!as || in_atomic()))
		return fault_signal(-EFAULT, si_code);
	vmstat_add(VMSTAT_PGFAULT, 1);
	rwsem_read_lock(&as->as_lock);
	rg = region_at(as, addr);
	if (unlikely(!rg))
		rg = aspace_find_expand(as, addr, &err);
	if (unlikely(!rg))
		err = -EFAULT;
	else if (unlikely(!region_permits(rg, flags)))
		err = -EACCES;
	else
		err = region_fault(rg, addr, &flags);
	if (unlikely(err == FAULT_ASK))
		err = uffd_wait(rg, addr, flags);
	else
		rwsem_read_unlock(&as->as_lock);
	if (flags & FAULT_MAJOR)
		vmstat_add(VMSTAT_PGMAJFAULT, 1);
	if (unlikely(READ_ONCE(memgroup_count)))
		memgroup_count_fault(flags & FAULT_MAJOR);
	mmface_fault_count(flags & FAULT_MAJOR);
	/* Nothing could be freed and nobody killed: it has to be us. */
	if (unlikely(err == -ENOMEM) && !signal_is_fatal_pending()) {
		*si_code = SI_KERNEL;
		return SIGKILL;
	}
	return fault_signal(err, si_code);
}
