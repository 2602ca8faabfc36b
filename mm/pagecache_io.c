// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading and writing through the page cache.
 *
 * Reads look pages up without a lock and copy with only a reference held, so
 * user page faults in between are harmless. A miss reads ahead: a sequential
 * reader gets a window that doubles up to 32 pages; the first page of
 * the last window read carries PG_READAHEAD and starts the next one.
 *
 * Writes hold the page lock while they copy, therefore with page faults turned
 * into short copies; the user's page is then faulted in without the lock.
 */
#include <tern/base/upcall.h>

#include "pagecache_impl.h"

#define AHEAD_MAX	32u
#define AHEAD_MIN	4u

void pagecache_read_ahead_pages(struct pagecache *pc, u64 index, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		bool is_new;
		struct page *p = pagecache_get(pc, index + i,
					       ALLOC_USER | ALLOC_NORETRY | ALLOC_NOWARN, &is_new);

		if (IS_ERR(p))
			return;
		if (is_new) {
			int err = pc->ops->read_page(pc, p);

			if (!err && i == n / 2)
				page_flag_set(p, PG_READAHEAD);
		}
		page_put(p);
	}
}

/* Before a miss at @index is read: what comes along. */
static void ahead_on_miss(struct pagecache *pc, u64 index, u64 last)
{
	struct page *before = index ? pagecache_find(pc, index - 1) : NULL;
	u32 n = AHEAD_MIN;

	if (index && !before)
		return;		/* random access */
	if (before) {
		page_put(before);
		n = AHEAD_MAX;
	}
	n = min_t(u64, n, last - index + 1);
	if (n > 1)
		pc->ops->read_ahead(pc, index, n);
}

static void ahead_on_mark(struct pagecache *pc, struct page *p, u64 last)
{
	u64 next = p->index + AHEAD_MAX / 2;

	page_flag_clear(p, PG_READAHEAD);
	if (next <= last)
		pc->ops->read_ahead(pc, next, min_t(u64, AHEAD_MAX, last - next + 1));
}

/* The uptodate page at @index, or NULL for a hole of a memory object. */
static struct page *page_for_read(struct pagecache *pc, u64 index, u64 last)
{
	struct page *p = pagecache_find(pc, index);

	if (likely(p && page_flag_test(p, PG_UPTODATE))) {
		if (unlikely(page_flag_test(p, PG_READAHEAD)))
			ahead_on_mark(pc, p, last);
		lru_touch(p);
		return p;
	}
	if (!p) {
		if ((pc->flags & PAGECACHE_SWAPBACKED) && pagecache_is_hole(pc, index))
			return NULL;
		if (pc->ops->read_ahead) {
			rwsem_read_lock(&pc->inval);
			ahead_on_miss(pc, index, last);
			rwsem_read_unlock(&pc->inval);
		}
	} else {
		page_put(p);
	}
	rwsem_read_lock(&pc->inval);
	p = pagecache_read_in(pc, index);
	rwsem_read_unlock(&pc->inval);
	return p;
}

ssize_t pagecache_read(struct pagecache *pc, struct uio *u, loff_t *pos, loff_t size)
{
	ssize_t done = 0;
	int err = 0;

	if (*pos < 0)
		return -EINVAL;
	while (u->resid && *pos < size) {
		size_t off = *pos & ~PAGE_MASK;
		size_t n = min(u->resid, PAGE_SIZE - off), got;
		struct page *p;

		n = min_t(u64, n, (u64)(size - *pos));
		p = page_for_read(pc, (u64)*pos >> PAGE_SHIFT, (u64)(size - 1) >> PAGE_SHIFT);
		if (IS_ERR(p)) {
			err = PTR_ERR(p);
			break;
		}
		got = p ? uio_put_page(u, p, off, n) : uio_put_zero(u, n);
		if (p)
			page_put(p);
		*pos += (loff_t)got;
		done += (ssize_t)got;
		if (unlikely(got < n)) {
			err = -EFAULT;
			break;
		}
		if (unlikely(signal_is_fatal_pending())) {
			err = -EINTR;
			break;
		}
	}
	return done ? done : err;
}

/* One page's part. Bytes accepted, 0 if the source must be faulted in first, -errno. */
static ssize_t write_piece(struct pagecache *pc, struct uio *u, loff_t pos, size_t n)
{
	struct page *page;
	void *priv = NULL;
	size_t copied;
	ssize_t taken;
	int err = pc->ops->write_begin(pc, pos, n, &page, &priv);

	if (err)
		return err;
	u->nofault = true;
	copied = uio_get_page(u, page, pos & ~PAGE_MASK, n);
	u->nofault = false;
	taken = pc->ops->write_end(pc, pos, n, copied, page, priv);
	if (taken < (ssize_t)copied)
		uio_revert(u, taken > 0 ? copied - (size_t)taken : copied);
	return taken;
}

ssize_t pagecache_write(struct pagecache *pc, struct uio *u, loff_t *pos)
{
	ssize_t done = 0, got = 0;
	bool retried = false;

	if (*pos < 0)
		return -EINVAL;
	while (u->resid) {
		size_t n = min(u->resid, PAGE_SIZE - (*pos & ~PAGE_MASK));

		got = write_piece(pc, u, *pos, n);
		if (got < 0)
			break;
		if (!got) {
			/* Nothing could be copied: bring the source in, once per page. */
			got = -EFAULT;
			if (retried || uio_fault_in(u, n, false) == n)
				break;
			retried = true;
			continue;
		}
		retried = false;
		*pos += got;
		done += got;
		if (unlikely(signal_is_fatal_pending())) {
			got = -EINTR;
			break;
		}
	}
	if (done && !(pc->flags & PAGECACHE_NOWRITEBACK))
		dirty_balance();
	return done ? done : got;
}
