// SPDX-License-Identifier: GPL-2.0-only
/*
 * Swapped pages and their users: faults on entries that name a slot, pages of memory
 * objects that leave for swap and come back, and swapoff, which brings all of them back.
 *
 * A memory object keeps a tree of the slots of its swapped pages beside the tree of its
 * pages; a page is in one of them or in neither, and changes from one to the other under pc->lock.
 *
 * swapoff looks at every address space and every object that has something in swap, until nothing
 * names a slot of the device: what a fork copies meanwhile is found in the next round.
 *
 * Lock order: as_lock (read) or pc->inval (read) > page lock > page table lock, pc->lock > swap device.
 */
#include <tern/base/rcu.h>
#include <tern/base/upcall.h>
#include <tern/base/waitq.h>

#include "pagecache_impl.h"
#include "swap_impl.h"

static LIST_HEAD(objects);
static struct spin objects_lock = SPIN_INIT(LOCKRANK_KLIST);	/* protects the list of objects with swapped pages */

/* The locked page of a slot as its next user wants it; 0, -EAGAIN: it is not that page now, -EIO. */
static int check_page(struct page *p, swapent e)
{
	if (!page_is_swapcache(p) || p->private != e.v)
		return -EAGAIN;
	return page_flag_test(p, PG_UPTODATE) ? 0 : -EIO;
}

static void map_page(struct region *rg, pte_t *slot, struct page *p)
{
	pte_t e = { (rg->pte_bits & ~PTE_WRITE) + (page_to_pfn(p) << PAGE_SHIFT) };

	if (!(rg->flags & REGION_PROT))
		e = pte_to_kept(e);
	if (unlikely(pte_is_guarded(pte_load(slot))))
		e = pte_guard(e);
	page_map_inc(p);
	pte_store(slot, e);
	rss_add(rg->as, RSS_ANON, 1);
	rss_add(rg->as, RSS_SWAP, -1);
}

/* The page is locked and checked. 0 done or somebody else was faster, -ENOMEM. */
static int install_swapped(struct region *rg, uptr addr, pte_t *slot, pte_t e, struct page *p, bool is_write)
{
	struct spin *lock = pt_lock(slot);
	int err = anon_prepare(rg);

	if (err)
		return err;
	spin_lock(lock);
	if (pte_load(slot).v != e.v) {
		spin_unlock(lock);
		return 0;
	}
	anon_set_page(p, rg, addr);
	page_get(p);
	map_page(rg, slot, p);
	spin_unlock(lock);
	if (rg->flags & REGION_LOCKED)
		page_set_mlocked(p);
	lru_touch(p);
	swap_put(pte_to_swapent(e));
	if (is_write || (rg->flags & REGION_LOCKED) || swap_is_scarce())
		if (page_is_swapcache(p))
			(void)swapcache_try_del(p);
	return 0;
}

int swap_fault(struct region *rg, uptr addr, pte_t *slot, pte_t e, u32 *flags)
{
	swapent ent = pte_to_swapent(e);
	bool was_read;
	struct page *p;
	int err;

	/* Still that entry: then the slot, and with it the device, stays until we have the page. */
	spin_lock(pt_lock(slot));
	if (pte_load(slot).v != e.v) {
		spin_unlock(pt_lock(slot));
		return 0;
	}
	swap_dup(ent);
	spin_unlock(pt_lock(slot));
	p = swap_read_in(ent, &was_read);
	if (was_read)
		*flags |= FAULT_MAJOR;
	if (IS_ERR_OR_NULL(p)) {
		swap_put(ent);
		return p ? (int)PTR_ERR(p) : 0;
	}
	page_lock(p);
	swap_put(ent);
	err = check_page(p, ent);
	if (!err)
		err = install_swapped(rg, addr, slot, e, p, *flags & FAULT_WRITE);
	page_unlock(p);
	page_put(p);
	return err == -EAGAIN ? 0 : err;
}

/* ---- memory objects ---- */

static void enlist(struct pagecache *pc)
{
	if (!list_is_empty(&pc->swapped_link))
		return;
	spin_lock(&objects_lock);
	if (list_is_empty(&pc->swapped_link))
		list_add_tail(&pc->swapped_link, &objects);
	spin_unlock(&objects_lock);
}

void shmem_swap_forget(struct pagecache *pc)
{
	if (list_is_empty(&pc->swapped_link))
		return;
	spin_lock(&objects_lock);
	list_del_init(&pc->swapped_link);
	spin_unlock(&objects_lock);
}

int shmem_swap_out(struct page *p)
{
	struct pagecache *pc = p->mapping;
	swapent e = swap_alloc(page_memgroup(p));
	u64 flags;
	int err;

	if (!e.v)
		return -ENOSPC;
	err = swapcache_add(p, e, false);
	if (err) {
		swap_free_unused(e);
		return err;
	}
	enlist(pc);
	swap_dup(e);	/* the object's */
	flags = spin_lock_irqsave(&pc->lock);
	/* Ours, the object's, the cache's: nobody can find it while it changes places. */
	err = atomic_cas(&p->refcount, 3, 0) ? 0 : -EBUSY;
	if (!err) {
		err = radix_insert(&pc->swapped, p->index, swapent_to_entry(e), &radix_node_alloc);
		if (!err)
			pagecache_take_out_locked(pc, p);
		atomic_set(&p->refcount, err ? 3 : 2);
	}
	spin_unlock_irqrestore(&pc->lock, flags);
	if (err) {
		swap_put(e);
		if (page_is_swapcache(p))
			swapcache_del(p);
		return err;
	}
	page_flag_set(p, PG_DIRTY);
	return 0;
}

/* The slot that @index names, held so that its device stays; { 0 }: it names none. */
static swapent hold_entry(struct pagecache *pc, u64 index)
{
	u64 flags = spin_lock_irqsave(&pc->lock);
	void *entry = radix_lookup(&pc->swapped, index);
	swapent e = { 0 };

	if (entry) {
		e = entry_to_swapent(entry);
		swap_dup(e);
	}
	spin_unlock_irqrestore(&pc->lock, flags);
	return e;
}

struct page *shmem_swap_in(struct pagecache *pc, u64 index)
{
	bool was_read;
	struct page *p;
	swapent e = hold_entry(pc, index);
	int err;

	if (!e.v)
		return NULL;
	p = swap_read_in(e, &was_read);
	if (was_read)
		vmstat_add(VMSTAT_PGMAJFAULT, 1);
	if (IS_ERR_OR_NULL(p)) {
		swap_put(e);
		return p;
	}
	page_lock(p);
	err = check_page(p, e);
	if (!err)
		/* Takes the slot's place in the object. */
		err = pagecache_insert(pc, p, index);
	swap_put(e);
	if (!err) {
		swap_put(e);	/* the object's */
		if (page_is_swapcache(p))
			(void)swapcache_try_del(p);
		page_flag_set(p, PG_DIRTY);
	}
	page_unlock(p);
	if (!err)
		return p;
	page_put(p);
	return err == -EAGAIN || err == -EEXIST ? NULL : ERR_PTR(err);
}

void shmem_swap_drop(struct pagecache *pc, u64 first, u64 last)
{
	u64 index = first;

	while (!radix_is_empty(&pc->swapped)) {
		u64 flags = spin_lock_irqsave(&pc->lock);
		void *entry = radix_next(&pc->swapped, &index, last);

		if (entry) {
			(void)radix_erase(&pc->swapped, index, &radix_node_alloc);
			pc->nswapped--;
		}
		spin_unlock_irqrestore(&pc->lock, flags);
		if (!entry)
			return;
		swap_put(entry_to_swapent(entry));
	}
}

/* ---- advice ---- */

struct entry_search { u32 dev; pte_t found; uptr va; };

static void find_entry(pte_t *slot, uptr va, u64 n, void *arg)
{
	struct entry_search *s = arg;

	for (u64 i = 0; i < n && !s->found.v; i++, va += PAGE_SIZE) {
		pte_t e = pte_load(slot + i);

		if (pte_none(e) || !pte_is_swap(e))
			continue;
		if (s->dev != SWAP_DEVS && swapent_dev(pte_to_swapent(e)) != s->dev)
			continue;
		s->found = e;
		s->va = va;
	}
}

/* The first entry of [start, end) that names a slot of @dev (SWAP_DEVS: of any). */
static bool next_entry(struct aspace *as, uptr start, uptr end, u32 dev, struct entry_search *s)
{
	*s = (struct entry_search){ .dev = dev };
	/* A table at a time: what was found ends it. */
	for (uptr at = start, to; at < end && !s->found.v; at = to) {
		to = min(ALIGN_DOWN(at, HUGE_PAGE_SIZE) + HUGE_PAGE_SIZE, end);
		pt_visit_range(as, at, to, find_entry, s);
	}
	return s->found.v;
}

void swap_read_range(struct region *rg, uptr start, uptr end)
{
	struct entry_search s;

	while (start < end && next_entry(rg->as, start, end, SWAP_DEVS, &s)) {
		pte_t *slot = pt_walk(rg->as->arch.root, s.va, false, NULL);
		swapent e = pte_to_swapent(s.found);
		struct page *p;
		bool was_read, still;

		spin_lock(pt_lock(slot));
		still = pte_load(slot).v == s.found.v;
		if (still)
			swap_dup(e);
		spin_unlock(pt_lock(slot));
		start = s.va + PAGE_SIZE;
		if (!still)
			continue;
		p = swap_read_in(e, &was_read);
		swap_put(e);
		if (IS_ERR(p))
			return;
		if (p)
			page_put(p);
	}
}

/* ---- swapoff ---- */

static int unuse_region(struct region *rg, u32 dev)
{
	uptr at = rg->start;
	struct entry_search s;

	while (at < rg->end && next_entry(rg->as, at, rg->end, dev, &s)) {
		pte_t *slot = pt_walk(rg->as->arch.root, s.va, false, NULL);
		u32 flags = 0;
		int err = swap_fault(rg, s.va, slot, s.found, &flags);

		if (err)
			return err;
		if (signal_is_fatal_pending())
			return -EINTR;
		/* Somebody else may have been faster with another page: look at the same place again. */
		at = s.va;
	}
	return 0;
}

static int unuse_aspace(struct aspace *as, void *arg)
{
	struct region *rg;
	int err = 0;

	if (atomic_read(&as->rss[RSS_SWAP]) <= 0)
		return 0;
	rwsem_read_lock(&as->as_lock);
	for (rg = region_first(as); rg && !err; rg = region_next(rg))
		if (rg->anon)
			err = unuse_region(rg, *(u32 *)arg);
	rwsem_read_unlock(&as->as_lock);
	return err;
}

static int unuse_object(struct pagecache *pc, u32 dev)
{
	u64 index = 0;
	int err = 0;

	rwsem_read_lock(&pc->inval);
	while (!err) {
		struct page *p;
		void *entry;

		rcu_read_lock();
		entry = radix_next(&pc->swapped, &index, U64_MAX);
		rcu_read_unlock();
		if (!entry)
			break;
		if (swapent_dev(entry_to_swapent(entry)) == dev) {
			p = shmem_swap_in(pc, index);
			if (IS_ERR(p))
				err = (int)PTR_ERR(p);
			else if (p)
				page_put(p);
		}
		if (signal_is_fatal_pending())
			err = -EINTR;
		if (!++index)
			break;
	}
	rwsem_read_unlock(&pc->inval);
	return err;
}

static bool hold_object(struct pagecache *pc)
{
	return pc->flags & PAGECACHE_SHMEM ? shmem_hold(pc) : pc->vnode && mmface_hold(pc);
}

static void release_object(struct pagecache *pc)
{
	if (pc->flags & PAGECACHE_SHMEM)
		shmem_release(pc);
	else
		mmface_release(pc);
}

/* Each object once: those that were looked at go to the end of the list. */
static int unuse_objects(u32 dev)
{
	u64 left = 0;
	struct pagecache *pc;
	int err = 0;

	spin_lock(&objects_lock);
	list_foreach(pc, &objects, swapped_link)
		left++;
	while (left-- && !err && !list_is_empty(&objects)) {
		pc = list_first_entry(&objects, struct pagecache, swapped_link);
		list_move_tail(&pc->swapped_link, &objects);
		if (!hold_object(pc))
			continue;
		spin_unlock(&objects_lock);
		err = unuse_object(pc, dev);
		release_object(pc);
		spin_lock(&objects_lock);
	}
	spin_unlock(&objects_lock);
	return err;
}

int swap_unuse(u32 dev)
{
	int err = aspace_foreach(unuse_aspace, &dev);

	return err ? err : unuse_objects(dev);
}
