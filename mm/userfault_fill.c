// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a reader of userfaultfd may do: take ranges, put pages in place, guard entries.
 *
 * Pages are made and filled without locks; under as_lock the place is looked at again and
 * an entry that is there by then is EEXIST. Shared memory gets the page in its object
 * first, then in the table. Lock order: as_lock (read) > pc->inval (read) > page lock > pt_lock.
 */
#include <asm/uaccess.h>
#include <tern/lib/string.h>
#include <tern/mm/memgroup.h>
#include <tern/mm/pagecache.h>

#include "mm_impl.h"
#include "reclaim_impl.h"
#include "rmap_impl.h"
#include "swap_impl.h"
#include "userfault_impl.h"

#define FEATURES (UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_EVENT_FORK | UFFD_FEATURE_EVENT_REMAP | \
		  UFFD_FEATURE_EVENT_REMOVE | UFFD_FEATURE_MISSING_SHMEM | UFFD_FEATURE_EVENT_UNMAP | \
		  UFFD_FEATURE_SIGBUS | UFFD_FEATURE_THREAD_ID | UFFD_FEATURE_MINOR_SHMEM |	      \
		  UFFD_FEATURE_EXACT_ADDRESS)

int uffd_range_ok(const struct uffd_range *r)
{
	if ((r->start & ~PAGE_MASK) || (r->len & ~PAGE_MASK) || !r->len || r->start < vm_mmap_min_addr ||
	    r->start >= USER_END || r->len > USER_END - r->start)
		return -EINVAL;
	return 0;
}

static bool is_anon(const struct region *rg)
{
	return rg->ops == &region_ops_anon;
}

static bool is_shmem(const struct region *rg)
{
	return rg->pc && (rg->pc->flags & PAGECACHE_SWAPBACKED) && rg->ops->fault == pagecache_region_fault;
}

/* ---- UFFDIO_API ---- */

static long do_api(struct uffd *u, struct uffd_api __user *arg)
{
	struct uffd_api a, none = { 0 };
	bool was_ready;

	if (user_copyin(&a, arg, sizeof(a)))
		return -EFAULT;
	if (a.api != UFFD_API || (a.features & ~FEATURES) ||
	    ((a.features & UFFD_FEATURE_EVENT_FORK) && !cap_has(MM_CAP_SYS_PTRACE))) {
		if (user_copyout(arg, &none, sizeof(none)))
			return -EFAULT;
		return a.api == UFFD_API && !(a.features & ~FEATURES) ? -EPERM : -EINVAL;
	}
	spin_lock(&u->lock);
	was_ready = u->is_ready;
	if (!was_ready)
		u->features = a.features;
	spin_unlock(&u->lock);
	if (was_ready)
		return user_copyout(arg, &none, sizeof(none)) ? -EFAULT : -EINVAL;
	a.features = FEATURES;
	a.ioctls = UFFD_API_IOCTLS;
	if (user_copyout(arg, &a, sizeof(a)))
		return -EFAULT;
	WRITE_ONCE(u->is_ready, true);
	return 0;
}

/* ---- taking ranges ---- */

static u32 mode_flags(u64 mode)
{
	return (mode & UFFD_MODE_MISSING ? REGION_UFFD_MISSING : 0) |
	       (mode & UFFD_MODE_WP ? REGION_UFFD_WP : 0) |
	       (mode & UFFD_MODE_MINOR ? REGION_UFFD_MINOR : 0);
}

static int may_take(const struct uffd *u, const struct region *rg, u64 mode)
{
	if (!is_anon(rg) && !is_shmem(rg))
		return -EINVAL;
	if ((mode & UFFD_MODE_WP) && !is_anon(rg))
		return -EINVAL;
	if ((mode & UFFD_MODE_MINOR) && !is_shmem(rg))
		return -EINVAL;
	if (!(rg->flags & REGION_MAYWRITE))
		return -EPERM;
	return rg->uffd && rg->uffd != u ? -EBUSY : 0;
}

/* The part of a region in [start, end) becomes a region of its own, @u's. */
static int set_part(struct region **rg, uptr start, uptr end, struct uffd *u, u32 flags)
{
	struct aspace *as = (*rg)->as;
	uptr at = max((*rg)->start, start);
	int err = region_split_range(as, at, min((*rg)->end, end));

	if (err)
		return err;
	*rg = region_at(as, at);
	region_uffd_set(*rg, u, flags);
	*rg = region_merge(*rg);
	return 0;
}

static int take_range(struct uffd *u, uptr start, uptr end, u64 mode)
{
	struct region *first = region_find(u->as, start), *rg;
	int err = 0;

	if (!first)
		return -ENOMEM;
	if (first->start >= end)
		return -EINVAL;
	for (rg = first; rg && rg->start < end && !err; rg = region_next(rg))
		err = may_take(u, rg, mode);
	for (rg = first; rg && rg->start < end && !err; rg = region_next(rg))
		err = set_part(&rg, start, end, u, mode_flags(mode));
	return err;
}

static long do_register(struct uffd *u, struct uffd_register __user *arg)
{
	struct uffd_register r;
	int err;

	if (user_copyin(&r, arg, sizeof(r) - sizeof(r.ioctls)))
		return -EFAULT;
	if (!r.mode || (r.mode & ~(u64)(UFFD_MODE_MISSING | UFFD_MODE_WP | UFFD_MODE_MINOR)))
		return -EINVAL;
	err = uffd_range_ok(&r.range);
	if (err)
		return err;
	rwsem_write_lock(&u->as->as_lock);
	err = take_range(u, r.range.start, r.range.start + r.range.len, r.mode);
	rwsem_write_unlock(&u->as->as_lock);
	if (err)
		return err;
	r.ioctls = UFFD_RANGE_WAKE | UFFD_RANGE_COPY | UFFD_RANGE_ZEROPAGE |
		   (r.mode & UFFD_MODE_WP ? UFFD_RANGE_WRITEPROTECT : 0) |
		   (r.mode & UFFD_MODE_MINOR ? UFFD_RANGE_CONTINUE : 0);
	return user_put(r.ioctls, &arg->ioctls);
}

static int drop_range(struct uffd *u, uptr start, uptr end)
{
	struct region *first = region_find(u->as, start), *rg;
	int err = 0;

	if (!first)
		return -ENOMEM;
	if (first->start >= end)
		return -EINVAL;
	for (rg = first; rg && rg->start < end; rg = region_next(rg))
		if (!is_anon(rg) && !is_shmem(rg))
			return -EINVAL;
	for (rg = first; rg && rg->start < end && !err; rg = region_next(rg)) {
		if (!rg->uffd)
			continue;
		uffd_wake(rg->uffd, max(rg->start, start), min(rg->end, end));
		if (rg->flags & REGION_UFFD_WP)
			uffd_protect(rg, max(rg->start, start), min(rg->end, end), false);
		err = set_part(&rg, start, end, NULL, 0);
	}
	return err;
}

static int get_range(struct uffd_range *r, const struct uffd_range __user *arg)
{
	return user_copyin(r, arg, sizeof(*r)) ? -EFAULT : uffd_range_ok(r);
}

static long do_unregister(struct uffd *u, const struct uffd_range __user *arg)
{
	struct uffd_range r;
	int err = get_range(&r, arg);

	if (err)
		return err;
	rwsem_write_lock(&u->as->as_lock);
	err = drop_range(u, r.start, r.start + r.len);
	rwsem_write_unlock(&u->as->as_lock);
	return err;
}

static long do_wake(struct uffd *u, const struct uffd_range __user *arg)
{
	struct uffd_range r;
	int err = get_range(&r, arg);

	if (!err)
		uffd_wake(u, r.start, r.start + r.len);
	return err;
}

/* ---- putting pages in place ---- */

struct fill {
	struct uffd *u;
	uptr start, end;
	uptr src;		/* COPY */
	enum { FILL_COPY, FILL_ZERO, FILL_CONTINUE } how;
	bool is_guarded;
};

/* The region that the whole fill lies in; ERR_PTR. as_lock held. */
static struct region *fill_region(const struct fill *f)
{
	struct region *rg = region_at(f->u->as, f->start);

	if (!rg || f->end > rg->end || !rg->uffd)
		return ERR_PTR(-ENOENT);
	if (READ_ONCE(f->u->changing))
		return ERR_PTR(-EAGAIN);
	if (f->is_guarded && !(rg->flags & REGION_UFFD_WP))
		return ERR_PTR(-EINVAL);
	if (f->how == FILL_CONTINUE && (!is_shmem(rg) || region_is_private(rg)))
		return ERR_PTR(-EINVAL);
	return rg;
}

/* Consumes a reference of @p, also on an error. */
static int put_entry(struct region *rg, pte_t *slot, struct page *p, bool is_guarded)
{
	u64 clear = is_guarded ? PTE_WRITE : 0;
	pte_t e = { (rg->pte_bits & ~clear) + (page_to_pfn(p) << PAGE_SHIFT) };
	struct spin *lock = pt_lock(slot);

	e.v |= PTE_DIRTY;
	if (!(rg->flags & REGION_PROT))
		e = pte_to_kept(e);
	if (is_guarded)
		e = pte_guard(e);
	spin_lock(lock);
	if (!pte_none(pte_load(slot))) {
		spin_unlock(lock);
		page_put(p);
		return -EEXIST;
	}
	page_map_inc(p);
	pte_store(slot, e);
	spin_unlock(lock);
	rss_add(rg->as, page_rss_kind(p), 1);
	return 0;
}

/* @from: contents, NULL zeroes. */
static int fill_anon(struct region *rg, uptr addr, pte_t *slot, struct page *from, bool is_guarded)
{
	struct page *p;
	int err = anon_prepare(rg);

	if (err)
		return err;
	p = page_alloc(0, ALLOC_USER | (from ? 0 : ALLOC_ZERO));
	if (!p)
		return -ENOMEM;
	if (memgroup_charge(p, MEMKIND_ANON, ALLOC_USER)) {
		page_put(p);
		return -ENOMEM;
	}
	if (from)
		page_copy(page_to_virt(p), page_to_virt(from));
	anon_set_page(p, rg, addr);
	p->flags |= BIT(PG_SWAPBACKED) | BIT(PG_UPTODATE);
	page_get(p);	/* for the lists */
	err = put_entry(rg, slot, p, is_guarded);
	if (err)
		page_put(p);
	else
		lru_add_new(p);
	return err;
}

/* A new page of the object; -EEXIST: it has one. */
static struct page *object_page(struct region *rg, u64 index, struct page *from)
{
	struct pagecache *pc = rg->pc;
	loff_t size = pc->vnode ? mmface_size(pc) : pc->anon_size;
	struct page *p;
	bool is_new;

	if ((loff_t)index >= size / (loff_t)PAGE_SIZE + !!(size % PAGE_SIZE))
		return ERR_PTR(-EFAULT);
	p = pagecache_get(pc, index, ALLOC_USER, &is_new);
	if (IS_ERR(p))
		return p;
	if (!is_new) {
		page_put(p);
		return ERR_PTR(-EEXIST);
	}
	if (from)
		page_copy(page_to_virt(p), page_to_virt(from));
	else
		memset(page_to_virt(p), 0, PAGE_SIZE);
	page_flag_set(p, PG_UPTODATE);
	page_mark_dirty(p);
	page_unlock(p);
	return p;
}

static int fill_object(struct fill *f, struct region *rg, uptr addr, pte_t *slot, struct page *from)
{
	u64 index = region_index(rg, addr);
	struct page *p;
	int err;

	rwsem_read_lock(&rg->pc->inval);
	if (f->how == FILL_CONTINUE) {
		p = pagecache_is_there(rg->pc, index) ? pagecache_read_in(rg->pc, index) : ERR_PTR(-EFAULT);
	} else {
		p = object_page(rg, index, from);
	}
	err = IS_ERR(p) ? (int)PTR_ERR(p) : put_entry(rg, slot, p, false);
	rwsem_read_unlock(&rg->pc->inval);
	return err;
}

/* Before anything is read from the program: is there a place for it. */
static int check_place(struct fill *f)
{
	struct region *rg;

	rwsem_read_lock(&f->u->as->as_lock);
	rg = fill_region(f);
	rwsem_read_unlock(&f->u->as->as_lock);
	return IS_ERR(rg) ? (int)PTR_ERR(rg) : 0;
}

static int fill_page(struct fill *f, uptr addr, struct page *from)
{
	struct region *rg;
	pte_t *slot;
	int err = 0;

	rwsem_read_lock(&f->u->as->as_lock);
	rg = fill_region(f);
	if (IS_ERR(rg)) {
		err = (int)PTR_ERR(rg);
		goto out;
	}
	slot = pt_walk(rg->as->arch.root, addr, true, NULL);
	if (!slot)
		err = -ENOMEM;
	else if (!pte_none(pte_load(slot)))
		err = -EEXIST;
	else if (is_shmem(rg) && !region_is_private(rg))
		err = fill_object(f, rg, addr, slot, from);
	else
		err = fill_anon(rg, addr, slot, from, f->is_guarded);
out:
	rwsem_read_unlock(&f->u->as->as_lock);
	return err;
}

/* Bytes filled, or the first page's error. */
static s64 fill_all(struct fill *f)
{
	struct page *from = NULL;
	s64 done = 0;
	int err = check_place(f);

	if (err)
		return err;
	if (f->how == FILL_COPY) {
		from = page_alloc(0, ALLOC_USER);
		if (!from)
			return -ENOMEM;
	}
	for (uptr at = f->start; at < f->end && !err; at += PAGE_SIZE) {
		if (signal_is_fatal_pending())
			err = -EINTR;
		else if (from && user_copyin(page_to_virt(from), (void __user *)(f->src + (at - f->start)),
					     PAGE_SIZE))
			err = -EFAULT;
		else
			err = fill_page(f, at, from);
		if (!err)
			done += PAGE_SIZE;
	}
	if (from)
		page_put(from);
	return done ? done : err;
}

/* Fill, tell how much, wake. */
static long run_fill(struct fill *f, s64 __user *done_at, bool dont_wake)
{
	struct aspace *as = f->u->as;
	s64 done;

	if (READ_ONCE(f->u->changing))
		return user_put(-EAGAIN, done_at) ? -EFAULT : -EAGAIN;
	if (!aspace_get_unless_zero(as))
		return -ESRCH;
	done = fill_all(f);
	aspace_put(as);
	if (user_put(done, done_at))
		return -EFAULT;
	if (done < 0)
		return done;
	if (!dont_wake)
		uffd_wake(f->u, f->start, f->start + (u64)done);
	return (u64)done == f->end - f->start ? 0 : -EAGAIN;
}

static long do_copy(struct uffd *u, struct uffd_copy __user *arg)
{
	struct fill f = { .u = u, .how = FILL_COPY };
	struct uffd_range to;
	struct uffd_copy c;
	int err;

	if (user_copyin(&c, arg, sizeof(c) - sizeof(c.done)))
		return -EFAULT;
	to = (struct uffd_range){ c.dst, c.len };
	err = uffd_range_ok(&to);
	if (err)
		return err;
	if (c.src + c.len <= c.src || (c.mode & ~(u64)(UFFD_COPY_DONTWAKE | UFFD_COPY_WP)))
		return -EINVAL;
	f.start = c.dst;
	f.end = c.dst + c.len;
	f.src = c.src;
	f.is_guarded = c.mode & UFFD_COPY_WP;
	return run_fill(&f, &arg->done, c.mode & UFFD_COPY_DONTWAKE);
}

static long do_fill(struct uffd *u, struct uffd_fill __user *arg, u32 cmd)
{
	struct fill f = { .u = u, .how = cmd == UFFDIO_CONTINUE ? FILL_CONTINUE : FILL_ZERO };
	struct uffd_fill z;
	int err;

	if (user_copyin(&z, arg, sizeof(z) - sizeof(z.done)))
		return -EFAULT;
	err = uffd_range_ok(&z.range);
	if (err)
		return err;
	if (z.mode & ~(u64)UFFD_FILL_DONTWAKE)
		return -EINVAL;
	f.start = z.range.start;
	f.end = z.range.start + z.range.len;
	return run_fill(&f, &arg->done, z.mode & UFFD_FILL_DONTWAKE);
}

/* ---- guarding ---- */

struct guard_walk { struct tlb_gather tg; bool is_on; };

static void guard_table(pte_t *slot, uptr va, u64 n, void *arg)
{
	struct guard_walk *w = arg;

	for (u64 i = 0; i < n; i++, slot++, va += PAGE_SIZE) {
		pte_t e = pte_load(slot);

		if (pte_none(e) || pte_is_guarded(e) == w->is_on)
			continue;
		if (!w->is_on) {
			pte_store(slot, pte_unguard(e));
			continue;
		}
		/* Taken out while it changes: the dirty bit may be set behind our back. */
		if (pte_present(e)) {
			e = pte_exchange(slot, (pte_t){ 0 });
			tlb_gather_add(&w->tg, va);
			e = pte_wrprotect(e);
		}
		pte_store(slot, pte_guard(e));
	}
}

void uffd_protect(struct region *rg, uptr start, uptr end, bool is_on)
{
	struct guard_walk w = { .is_on = is_on };

	tlb_gather_init(&w.tg, rg->as);
	pt_visit_range(rg->as, start, end, guard_table, &w);
	tlb_gather_fini(&w.tg);
}

static int protect_range(struct uffd *u, uptr start, uptr end, bool is_on)
{
	struct region *rg = region_at(u->as, start);

	if (READ_ONCE(u->changing))
		return -EAGAIN;
	if (!rg || end > rg->end || !(rg->flags & REGION_UFFD_WP))
		return -ENOENT;
	uffd_protect(rg, start, end, is_on);
	return 0;
}

static long do_protect(struct uffd *u, const struct uffd_protect __user *arg)
{
	struct uffd_protect w;
	bool is_on;
	int err;

	if (READ_ONCE(u->changing))
		return -EAGAIN;
	if (user_copyin(&w, arg, sizeof(w)))
		return -EFAULT;
	err = uffd_range_ok(&w.range);
	if (err)
		return err;
	is_on = w.mode & UFFD_PROTECT_WP;
	if ((w.mode & ~(u64)(UFFD_PROTECT_WP | UFFD_PROTECT_DONTWAKE)) ||
	    (is_on && (w.mode & UFFD_PROTECT_DONTWAKE)))
		return -EINVAL;
	/* For writing: no fault may be between its look at an entry and its change. */
	rwsem_write_lock(&u->as->as_lock);
	err = protect_range(u, w.range.start, w.range.start + w.range.len, is_on);
	rwsem_write_unlock(&u->as->as_lock);
	if (!err && !is_on && !(w.mode & UFFD_PROTECT_DONTWAKE))
		uffd_wake(u, w.range.start, w.range.start + w.range.len);
	return err;
}

/* ---- all ---- */

/* Calls on an address space that still has users. */
static long range_ioctl(struct uffd *u, u32 cmd, void __user *arg)
{
	long err;

	if (!aspace_get_unless_zero(u->as))
		return cmd == UFFDIO_WRITEPROTECT ? -ESRCH : -ENOMEM;
	err = cmd == UFFDIO_REGISTER ? do_register(u, arg) :
	      cmd == UFFDIO_UNREGISTER ? do_unregister(u, arg) : do_protect(u, arg);
	aspace_put(u->as);
	return err;
}

long uffd_ioctl(struct uffd *u, u32 cmd, void __user *arg)
{
	if (cmd != UFFDIO_API && !uffd_is_ready(u))
		return -EINVAL;
	switch (cmd) {
	case UFFDIO_API:
		return do_api(u, arg);
	case UFFDIO_REGISTER:
	case UFFDIO_UNREGISTER:
	case UFFDIO_WRITEPROTECT:
		return range_ioctl(u, cmd, arg);
	case UFFDIO_WAKE:
		return do_wake(u, arg);
	case UFFDIO_COPY:
		return do_copy(u, arg);
	case UFFDIO_ZEROPAGE:
	case UFFDIO_CONTINUE:
		return do_fill(u, arg, cmd);
	default:
		return -EINVAL;
	}
}
