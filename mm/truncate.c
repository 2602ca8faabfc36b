// SPDX-License-Identifier: GPL-2.0-only
/*
 * Forgetting pages: truncation, holes, dropping clean ones.
 *
 * inval is held for writing, so that no fault maps a page of the range while
 * it goes. Mappings are removed first in one sweep; a page that is found
 * mapped all the same (an entry that was being moved) is swept once more.
 */
#include <tern/base/rcu.h>

#include "pagecache_impl.h"
#include "swap_impl.h"

#define BATCH	16

/* A locked page of the object goes for good. */
static void drop_page(struct pagecache *pc, struct page *p)
{
	page_wait_flag(p, PG_WRITEBACK);
	while (unlikely(page_is_mapped(p)))
		pagecache_unmap(pc, p->index, p->index, false);
	if (page_flag_test(p, PG_PRIVATE) && pc->ops->release_page)
		(void)pc->ops->release_page(pc, p);
	pagecache_remove(p);
}

/* Up to BATCH pages of [*index, last] with references; *index moves past them. */
static u32 gang_get(struct pagecache *pc, u64 *index, u64 last, struct page **out)
{
	void *found[BATCH];
	u32 n, got = 0;

	rcu_read_lock();
	n = radix_gang(&pc->pages, index, last, found, NULL, BATCH);
	for (u32 i = 0; i < n; i++)
		if (page_get_unless_zero((struct page *)found[i]))
			out[got++] = found[i];
	rcu_read_unlock();
	/* All are on their way out: look again from there. */
	return n && !got ? U32_MAX : got;
}

void pagecache_remove_range(struct pagecache *pc, u64 first, u64 last)
{
	u64 index = first;

	while (!radix_is_empty(&pc->pages)) {
		struct page *pages[BATCH];
		u32 n = gang_get(pc, &index, last, pages);

		if (!n)
			break;
		if (n == U32_MAX) {
			index = first;
			continue;
		}
		for (u32 i = 0; i < n; i++) {
			page_lock(pages[i]);
			if (pages[i]->mapping == pc)
				drop_page(pc, pages[i]);
			page_unlock(pages[i]);
			page_put(pages[i]);
		}
		if (!index)
			break;	/* passed the largest index */
	}
	/* Last: a page that reclaim had locked may have gone there meanwhile. */
	shmem_swap_drop(pc, first, last);
}

/* Zero bytes [from, to) of the page at @index, if the cache has it. */
static void zero_part(struct pagecache *pc, u64 index, u32 from, u32 to)
{
	struct page *p = from < to ? pagecache_find(pc, index) : NULL;

	if (!p && from < to && !radix_is_empty(&pc->swapped))
		p = shmem_swap_in(pc, index);
	if (IS_ERR_OR_NULL(p))
		return;
	page_lock(p);
	if (p->mapping == pc && page_flag_test(p, PG_UPTODATE)) {
		page_wait_flag(p, PG_WRITEBACK);
		__builtin_memset((u8 *)page_to_virt(p) + from, 0, to - from);
		page_mark_dirty(p);
	}
	page_unlock(p);
	page_put(p);
}

void pagecache_truncate(struct pagecache *pc, loff_t size)
{
	u64 first = ((u64)size + PAGE_SIZE - 1) >> PAGE_SHIFT;

	rwsem_write_lock(&pc->inval);
	pagecache_unmap(pc, first, U64_MAX, true);
	if (size & ~PAGE_MASK)
		zero_part(pc, first - 1, size & ~PAGE_MASK, PAGE_SIZE);
	pagecache_remove_range(pc, first, U64_MAX);
	rwsem_write_unlock(&pc->inval);
}

int pagecache_punch(struct pagecache *pc, loff_t start, loff_t end)
{
	u64 first, stop;

	if (start < 0 || end <= start)
		return -EINVAL;
	first = ((u64)start + PAGE_SIZE - 1) >> PAGE_SHIFT;
	stop = (u64)end >> PAGE_SHIFT;
	rwsem_write_lock(&pc->inval);
	if (first > stop) {
		zero_part(pc, stop, start & ~PAGE_MASK, end & ~PAGE_MASK);
	} else {
		if (start & ~PAGE_MASK)
			zero_part(pc, first - 1, start & ~PAGE_MASK, PAGE_SIZE);
		zero_part(pc, stop, 0, end & ~PAGE_MASK);
	}
	if (first < stop) {
		pagecache_unmap(pc, first, stop - 1, false);
		pagecache_remove_range(pc, first, stop - 1);
	}
	rwsem_write_unlock(&pc->inval);
	return 0;
}

static bool drop_if_clean(struct pagecache *pc, struct page *p)
{
	bool gone = false;

	if (!page_trylock(p))
		return false;
	if (p->mapping == pc && !page_is_mapped(p) && !page_flag_test(p, PG_DIRTY) &&
	    !page_flag_test(p, PG_WRITEBACK) &&
	    (!page_flag_test(p, PG_PRIVATE) || pc->ops->release_page(pc, p)))
		gone = pagecache_remove_frozen(p);
	if (gone)
		atomic_set(&p->refcount, 1);	/* ours alone again */
	page_unlock(p);
	return gone;
}

u64 pagecache_drop_clean(struct pagecache *pc, u64 first, u64 last)
{
	u64 index = first, gone = 0;

	if (pc->flags & (PAGECACHE_SWAPBACKED | PAGECACHE_NOWRITEBACK))
		return 0;
	for (;;) {
		struct page *pages[BATCH];
		u32 n = gang_get(pc, &index, last, pages);

		if (!n || n == U32_MAX)
			return gone;
		for (u32 i = 0; i < n; i++) {
			gone += drop_if_clean(pc, pages[i]);
			page_put(pages[i]);
		}
		if (!index)
			return gone;
	}
}

/* Pages and what is swapped of them together; under RCU. last + 1: none. */
static u64 next_hole(struct pagecache *pc, u64 index, u64 last)
{
	while (index <= last) {
		u64 at = radix_next_hole(&pc->pages, index, last);

		if (at > last || radix_is_empty(&pc->swapped))
			return at;
		index = radix_next_hole(&pc->swapped, at, last);
		if (index == at)
			return at;
	}
	return last + 1;
}

static u64 next_data(struct pagecache *pc, u64 index, u64 last)
{
	u64 page = index, swapped = index;

	if (!radix_next(&pc->pages, &page, last))
		page = last + 1;
	if (!radix_next(&pc->swapped, &swapped, last))
		swapped = last + 1;
	return min(page, swapped);
}

loff_t pagecache_seek(struct pagecache *pc, loff_t pos, loff_t size, bool want_hole)
{
	u64 index, last;
	loff_t at;

	if (pos < 0 || pos >= size)
		return -ENXIO;
	index = (u64)pos >> PAGE_SHIFT;
	last = (u64)(size - 1) >> PAGE_SHIFT;
	rcu_read_lock();
	index = want_hole ? next_hole(pc, index, last) : next_data(pc, index, last);
	rcu_read_unlock();
	at = max((loff_t)(index << PAGE_SHIFT), pos);
	if (at < size)
		return at;
	return want_hole ? size : -ENXIO;
}
