// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page cache: pages of one object by index, and the life of such a page.
 *
 * The cache holds one reference on each page. Lookups take no lock: they find
 * the page in the radix tree under RCU, take a reference unless the page is
 * being freed, and look whether it is still the page of that place. Removal
 * needs the page lock; reclaim moreover freezes the reference count, so that a
 * lookup either got its reference before or does not find the page.
 *
 * New pages enter locked and not uptodate; whoever inserted one fills it.
 *
 * Lock order: page lock > pc->lock (irqsave, also taken when I/O ends).
 */
#include <tern/mm/memgroup.h>
#include <tern/base/rcu.h>
#include <tern/lib/string.h>

#include "pagecache_impl.h"
#include "swap_impl.h"

void pagecache_init(struct pagecache *pc, struct vnode *vn, const struct pagecache_ops *ops, u32 flags)
{
	*pc = (struct pagecache){ .vnode = vn, .ops = ops, .flags = flags };
	radix_init(&pc->pages);
	spin_init(&pc->lock, LOCKRANK_PAGECACHE);
	rwsem_init(&pc->inval, LOCKRANK_PAGECACHE_INVAL);
	rmap_tree_init(&pc->maps);
	list_init(&pc->dirty_link);
	list_init(&pc->swapped_link);
}

void pagecache_fini(struct pagecache *pc)
{
	u64 flags;

	pagecache_remove_range(pc, 0, U64_MAX);
	writeback_forget(pc);
	shmem_swap_forget(pc);
	/* Who took the last page away, reclaim perhaps, still holds the lock: it has to be done with @pc first. */
	flags = spin_lock_irqsave(&pc->lock);
	spin_unlock_irqrestore(&pc->lock, flags);
	ASSERT(!pagecache_total(pc) && !pc->maps.regions.root);
}

struct page *pagecache_find(struct pagecache *pc, u64 index)
{
	struct page *p;

	rcu_read_lock();
	for (;;) {
		p = radix_lookup(&pc->pages, index);
		if (!p)
			break;
		if (unlikely(!page_get_unless_zero(p)))
			continue;
		if (likely(p->mapping == pc && p->index == index))
			break;
		rcu_read_unlock();
		page_put(p);
		rcu_read_lock();
	}
	rcu_read_unlock();
	return p;
}

static u64 count_entries(const struct radix *t, u64 first, u64 last)
{
	void *found[32];
	u64 total = 0, at = first;
	size_t n;

	do {
		rcu_read_lock();
		n = radix_gang(t, &at, last, found, NULL, ARRAY_SIZE(found));
		rcu_read_unlock();
		total += n;
	} while (n == ARRAY_SIZE(found) && at <= last && at);
	return total;
}

u64 pagecache_count(struct pagecache *pc, u64 first, u64 last)
{
	return count_entries(&pc->pages, first, last) + count_entries(&pc->swapped, first, last);
}

bool pagecache_is_hole(struct pagecache *pc, u64 index)
{
	u64 flags;
	bool hole;

	/* It never was swapped: then who did not find a page saw all. */
	if (list_is_empty(&pc->swapped_link))
		return true;
	flags = spin_lock_irqsave(&pc->lock);
	hole = !radix_lookup(&pc->pages, index) && !radix_lookup(&pc->swapped, index);
	spin_unlock_irqrestore(&pc->lock, flags);
	return hole;
}

bool pagecache_is_there(struct pagecache *pc, u64 index)
{
	bool is_cached;

	rcu_read_lock();
	is_cached = radix_lookup(&pc->pages, index);
	rcu_read_unlock();
	return is_cached || !pagecache_is_hole(pc, index);
}

static void count_page(const struct pagecache *pc, s64 n)
{
	vmstat_add(VMSTAT_FILE, n);
	if (pc->flags & PAGECACHE_SWAPBACKED)
		vmstat_add(VMSTAT_SHMEM, n);
}

static int insert_locked(struct pagecache *pc, struct page *page, u64 index,
			 const struct lib_alloc *alloc)
{
	u64 flags = spin_lock_irqsave(&pc->lock);
	void *swapped = radix_lookup(&pc->swapped, index);
	int err = -EEXIST;

	/* What is in swap is replaced by the page that has that slot, and by no other. */
	if (!swapped || (page_is_swapcache(page) && entry_to_swapent(swapped).v == page->private)) {
		page->mapping = pc;
		page->index = index;
		err = radix_insert(&pc->pages, index, page, alloc);
	}
	if (!err) {
		pc->npages++;
		if (swapped) {
			(void)radix_erase(&pc->swapped, index, &radix_node_alloc);
			pc->nswapped--;
		}
	} else if (page->mapping == pc) {
		page->mapping = NULL;
	}
	spin_unlock_irqrestore(&pc->lock, flags);
	return err;
}

int pagecache_insert(struct pagecache *pc, struct page *page, u64 index)
{
	struct radix_preload pre;
	int err;

	ASSERT(page_flag_test(page, PG_LOCKED));
	page_get(page);
	if (pc->flags & PAGECACHE_SWAPBACKED)
		page_flag_set(page, PG_SWAPBACKED);
	err = insert_locked(pc, page, index, &radix_node_alloc);
	if (unlikely(err == -ENOMEM)) {
		err = radix_preload(&pre, index, &radix_node_alloc_sleeping);
		if (!err) {
			err = insert_locked(pc, page, index, &pre.alloc);
			radix_preload_drop(&pre);
		}
	}
	if (err) {
		page_put(page);
		return err;
	}
	count_page(pc, 1);
	if (!(pc->flags & PAGECACHE_UNEVICTABLE) && (pc->flags & (PAGECACHE_SWAPBACKED | PAGECACHE_NOWRITEBACK)) !=
						    PAGECACHE_NOWRITEBACK)
		lru_add(page);
	return 0;
}

/*
 * A page leaves; its reference is the caller's to drop. Once the lock is released @pc may be gone, if it was the
 * last page and the caller has no reference on who owns @pc.
 */
static void take_out_locked(struct pagecache *pc, struct page *page)
{
	(void)radix_erase(&pc->pages, page->index, &radix_node_alloc);
	page->mapping = NULL;
	pc->npages--;
	count_page(pc, -1);
}

static void leave_locked(struct pagecache *pc, struct page *page)
{
	take_out_locked(pc, page);
	if (bit_test_and_clear(PG_DIRTY, &page->flags) && !(pc->flags & PAGECACHE_NOWRITEBACK)) {
		vmstat_add(VMSTAT_DIRTY, -1);
		memgroup_count_page(page, MEMSTAT_DIRTY, -1);
	}
}

void pagecache_take_out_locked(struct pagecache *pc, struct page *page)
{
	take_out_locked(pc, page);
	pc->nswapped++;
}

void pagecache_remove(struct page *page)
{
	struct pagecache *pc = page->mapping;
	u64 flags;

	ASSERT(page_flag_test(page, PG_LOCKED) && !page_is_anon(page));
	flags = spin_lock_irqsave(&pc->lock);
	leave_locked(pc, page);
	spin_unlock_irqrestore(&pc->lock, flags);
	page_put(page);
}

bool pagecache_remove_frozen(struct page *page)
{
	struct pagecache *pc = page->mapping;
	u64 flags = spin_lock_irqsave(&pc->lock);
	bool frozen = atomic_cas(&page->refcount, 2, 0);

	/* Dirtied since the caller looked: a new user came and went. */
	if (frozen && (page_flag_test(page, PG_DIRTY) || page_flag_test(page, PG_WRITEBACK))) {
		atomic_set(&page->refcount, 2);
		frozen = false;
	}
	if (frozen)
		leave_locked(pc, page);
	spin_unlock_irqrestore(&pc->lock, flags);
	return frozen;
}

struct page *pagecache_get(struct pagecache *pc, u64 index, alloc_flags flags, bool *is_new)
{
	enum memkind kind = pc->flags & PAGECACHE_SWAPBACKED ? MEMKIND_SHMEM : MEMKIND_FILE;
	struct page *p;
	int err;

	for (;;) {
		*is_new = false;
		p = pagecache_find(pc, index);
		if (p)
			return p;
		if (unlikely(!radix_is_empty(&pc->swapped))) {
			p = shmem_swap_in(pc, index);
			if (p)
				return p;
		}
		p = page_alloc(0, flags);
		if (!p)
			return ERR_PTR(-ENOMEM);
		if (unlikely(memgroup_charge(p, kind, flags))) {
			page_put(p);
			return ERR_PTR(-ENOMEM);
		}
		p->flags |= BIT(PG_LOCKED);
		*is_new = true;
		err = pagecache_insert(pc, p, index);
		if (!err)
			return p;
		p->flags &= ~BIT(PG_LOCKED);
		page_put(p);
		if (err != -EEXIST)
			return ERR_PTR(err);
	}
}

struct page *pagecache_get_locked(struct pagecache *pc, u64 index, alloc_flags flags)
{
	for (;;) {
		bool is_new;
		struct page *p = pagecache_get(pc, index, flags, &is_new);

		if (IS_ERR(p) || is_new)
			return p;
		page_lock(p);
		if (p->mapping == pc && p->index == index)
			return p;
		page_unlock(p);
		page_put(p);
	}
}

/* Read a locked page (the reader unlocks it) and wait; 0 or the error. */
static int fill_page(struct pagecache *pc, struct page *p)
{
	int err = pc->ops->read_page(pc, p);

	if (err)
		return err;
	page_wait_flag(p, PG_LOCKED);
	return page_flag_test(p, PG_UPTODATE) ? 0 : -EIO;
}

struct page *pagecache_read_in(struct pagecache *pc, u64 index)
{
	for (;;) {
		bool is_new;
		struct page *p = pagecache_get(pc, index, ALLOC_USER, &is_new);
		int err;

		if (IS_ERR(p) || (!is_new && likely(page_flag_test(p, PG_UPTODATE))))
			return p;
		if (!is_new) {
			page_lock(p);
			if (p->mapping != pc || page_flag_test(p, PG_UPTODATE)) {
				bool ok = p->mapping == pc;

				page_unlock(p);
				if (ok)
					return p;
				page_put(p);
				continue;
			}
		}
		err = fill_page(pc, p);
		if (!err && p->mapping == pc)
			return p;
		page_put(p);
		if (err)
			return ERR_PTR(err);
	}
}

/* ---- objects with nothing behind them ---- */
int pagecache_memory_read_page(struct pagecache *pc, struct page *page)
{
	page_zero(page_to_virt(page));
	page_flag_set(page, PG_UPTODATE);
	page_unlock(page);
	return 0;
}

void pagecache_no_read_ahead(struct pagecache *pc, u64 index, u32 n)
{
}

int pagecache_memory_write_page(struct pagecache *pc, struct page *page)
{
	/* It lives here only: stays dirty. */
	page_flag_set(page, PG_DIRTY);
	page_unlock(page);
	return 0;
}

int pagecache_memory_write_begin(struct pagecache *pc, loff_t pos, size_t len, struct page **page,
				 void **priv)
{
	struct page *p = pagecache_get_locked(pc, (u64)pos >> PAGE_SHIFT, ALLOC_USER);

	if (IS_ERR(p))
		return PTR_ERR(p);
	/* A new page that is written in part shows zeroes elsewhere. */
	if (!page_flag_test(p, PG_UPTODATE) && len < PAGE_SIZE)
		page_zero(page_to_virt(p));
	*page = p;
	return 0;
}

ssize_t pagecache_memory_write_end(struct pagecache *pc, loff_t pos, size_t len, size_t copied,
				   struct page *page, void *priv)
{
	if (!page_flag_test(page, PG_UPTODATE)) {
		if (copied < len && len == PAGE_SIZE)
			memset((u8 *)page_to_virt(page) + copied, 0, PAGE_SIZE - copied);
		page_flag_set(page, PG_UPTODATE);
	}
	page_mark_dirty(page);
	if (pc->vnode && pos + (loff_t)copied > mmface_size(pc))
		mmface_size_grow(pc, pos + (loff_t)copied);
	page_unlock(page);
	page_put(page);
	return (ssize_t)copied;
}

int pagecache_memory_make_writable(struct pagecache *pc, struct page *page)
{
	return 0;
}

bool pagecache_memory_release_page(struct pagecache *pc, struct page *page)
{
	return true;
}

int pagecache_rofs_write_page(struct pagecache *pc, struct page *page)
{
	page_unlock(page);
	return -EROFS;
}

int pagecache_rofs_write_begin(struct pagecache *pc, loff_t pos, size_t len, struct page **page, void **priv)
{
	return -EROFS;
}

int pagecache_rofs_make_writable(struct pagecache *pc, struct page *page)
{
	return -EROFS;
}

const struct pagecache_ops pagecache_ops_memory = {
	.read_page = pagecache_memory_read_page,
	.read_ahead = pagecache_no_read_ahead,
	.write_page = pagecache_memory_write_page,
	.write_begin = pagecache_memory_write_begin,
	.write_end = pagecache_memory_write_end,
	.make_writable = pagecache_memory_make_writable,
	.release_page = pagecache_memory_release_page,
};
