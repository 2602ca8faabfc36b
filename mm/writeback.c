// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dirty pages: marking, cleaning for I/O, the end of I/O, flushing a range.
 *
 * PG_DIRTY of a page and the DIRTY tag of its place go together for objects
 * that are written back; memory objects only have the flag. Cleaning for I/O
 * first write-protects and cleans all user entries, so that a later store
 * through a mapping is noticed.
 *
 * A flush marks what is dirty now with TOWRITE and writes exactly that, so that
 * a busy writer cannot keep it running.
 *
 * wb_err is a sequence: low 12 bits the last errno, the rest a counter that
 * moves when an error is set; each open file compares with what it has seen.
 *
 * Lock order: page lock > pc->lock > dirty_lock; all irqsave.
 */
#include <tern/base/rcu.h>
#include <tern/base/upcall.h>
#include <tern/base/waitq.h>

#include "pagecache_impl.h"

#define ERR_BITS	12
#define ERR_MASK	((1u << ERR_BITS) - 1)
#define BATCH		16

static LIST_HEAD(dirty_objects);
static struct spin dirty_lock = SPIN_INIT(LOCKRANK_DIRTY_LIST);	/* protects the list and dirtied_when */
static struct waitq flusher_wait = WAITQ_INIT(flusher_wait);
struct waitq *writeback_waitq = &flusher_wait;
static struct waitq written_wait = WAITQ_INIT(written_wait);
static u64 written_seq;			/* A writes that ended */

static inline bool writes_back(const struct pagecache *pc)
{
	return !(pc->flags & PAGECACHE_NOWRITEBACK);
}

/* pc->lock held. */
static void object_dirtied(struct pagecache *pc)
{
	if (!list_is_empty(&pc->dirty_link))
		return;
	spin_lock(&dirty_lock);
	if (list_is_empty(&pc->dirty_link)) {
		pc->dirtied_when = clock_ns();
		list_add_tail(&pc->dirty_link, &dirty_objects);
	}
	spin_unlock(&dirty_lock);
}

void writeback_forget(struct pagecache *pc)
{
	u64 flags = spin_lock_irqsave(&dirty_lock);

	list_del_init(&pc->dirty_link);
	spin_unlock_irqrestore(&dirty_lock, flags);
}

static u32 flusher_kicked;

void writeback_kick(void)
{
	if (READ_ONCE(flusher_kicked))
		return;
	WRITE_ONCE(flusher_kicked, 1);
	waitq_wake_if_any(&flusher_wait);
}

bool writeback_was_kicked(void)
{
	return READ_ONCE(flusher_kicked) && xchg(&flusher_kicked, 0);
}

struct pagecache *pagecache_next_dirty(u64 before_ns, bool (*hold)(struct pagecache *pc))
{
	struct pagecache *pc, *tmp, *found = NULL;
	u64 flags = spin_lock_irqsave(&dirty_lock);

	list_foreach_safe(pc, tmp, &dirty_objects, dirty_link) {
		if (pc->dirtied_when > before_ns)
			break;
		if (hold(pc)) {
			list_del_init(&pc->dirty_link);
			found = pc;
			break;
		}
	}
	spin_unlock_irqrestore(&dirty_lock, flags);
	return found;
}

void page_mark_dirty(struct page *page)
{
	struct pagecache *pc = page->mapping;
	u64 flags;

	if (page_flag_test(page, PG_DIRTY) || bit_test_and_set(PG_DIRTY, &page->flags))
		return;
	if (!pc || page_is_anon(page) || !writes_back(pc))
		return;
	flags = spin_lock_irqsave(&pc->lock);
	if (page->mapping == pc) {
		radix_tag_set(&pc->pages, page->index, PC_TAG_DIRTY);
		vmstat_add(VMSTAT_DIRTY, 1);
		memgroup_count_page(page, MEMSTAT_DIRTY, 1);
		object_dirtied(pc);
	}
	spin_unlock_irqrestore(&pc->lock, flags);
}

bool page_clear_dirty_for_io(struct page *page)
{
	struct pagecache *pc = page->mapping;

	ASSERT(page_flag_test(page, PG_LOCKED));
	if (rmap_clean_page(page))
		page_mark_dirty(page);
	if (!bit_test_and_clear(PG_DIRTY, &page->flags))
		return false;
	if (writes_back(pc)) {
		vmstat_add(VMSTAT_DIRTY, -1);
		memgroup_count_page(page, MEMSTAT_DIRTY, -1);
	}
	return true;
}

void page_start_writeback(struct page *page)
{
	struct pagecache *pc = page->mapping;
	u64 flags = spin_lock_irqsave(&pc->lock);

	/* An error of an earlier attempt was told already. */
	page_flag_clear(page, PG_ERROR);
	if (!bit_test_and_set(PG_WRITEBACK, &page->flags)) {
		vmstat_add(VMSTAT_WRITEBACK, 1);
		memgroup_count_page(page, MEMSTAT_WRITEBACK, 1);
	}
	radix_tag_set(&pc->pages, page->index, PC_TAG_WRITEBACK);
	radix_tag_clear(&pc->pages, page->index, PC_TAG_TOWRITE);
	if (!page_flag_test(page, PG_DIRTY))
		radix_tag_clear(&pc->pages, page->index, PC_TAG_DIRTY);
	spin_unlock_irqrestore(&pc->lock, flags);
}

void page_end_writeback(struct page *page)
{
	struct pagecache *pc = page->mapping;
	u64 flags, old;

	/* The last reference may be the cache's: hold the page over the wake-up. */
	page_get(page);
	flags = spin_lock_irqsave(&pc->lock);
	radix_tag_clear(&pc->pages, page->index, PC_TAG_WRITEBACK);
	old = __atomic_fetch_and(&page->flags, ~BIT(PG_WRITEBACK), __ATOMIC_SEQ_CST);
	spin_unlock_irqrestore(&pc->lock, flags);
	if (old & BIT(PG_WRITEBACK)) {
		vmstat_add(VMSTAT_WRITEBACK, -1);
		memgroup_count_page(page, MEMSTAT_WRITEBACK, -1);
	}
	if (old & BIT(PG_WAITERS))
		page_wake_flag(page, PG_WRITEBACK);
	page_put(page);
	dirty_written();
	writeback_ended();
}

void writeback_ended(void)
{
	__atomic_fetch_add(&written_seq, 1, __ATOMIC_RELAXED);
	waitq_wake_if_any(&written_wait);
}

void writeback_wait_some(u64 ns)
{
	u64 seen = READ_ONCE(written_seq);

	if (!vmstat_read(VMSTAT_WRITEBACK) && !vmstat_read(VMSTAT_DIRTY))
		return;
	(void)waitq_wait_common(&written_wait, READ_ONCE(written_seq) != seen, THREAD_KILLABLE, false,
				clock_ns() + ns);
}

/* ---- errors ---- */
void pagecache_set_error(struct pagecache *pc, int err)
{
	u32 old = READ_ONCE(pc->wb_err), new;

	do {
		new = ((old >> ERR_BITS) + 1) << ERR_BITS | ((u32)-err & ERR_MASK);
	} while (!__atomic_compare_exchange_n(&pc->wb_err, &old, new, false, __ATOMIC_SEQ_CST,
					      __ATOMIC_SEQ_CST));
}

u32 pagecache_sample_error(struct pagecache *pc)
{
	return READ_ONCE(pc->wb_err);
}

int pagecache_check_error(struct pagecache *pc, u32 *seen)
{
	u32 now = READ_ONCE(pc->wb_err);

	if (now == *seen)
		return 0;
	*seen = now;
	return -(int)(now & ERR_MASK);
}

/* ---- flushing ---- */

/* A page of the range with @tag, with a reference; *index moves past it. */
static struct page *next_tagged(struct pagecache *pc, u64 *index, u64 last, u32 tag)
{
	struct page *p;

	rcu_read_lock();
	do {
		p = *index <= last ? radix_next_tagged(&pc->pages, index, last, tag) : NULL;
		if (!p)
			break;
		(*index)++;
	} while (!page_get_unless_zero(p));
	rcu_read_unlock();
	return p;
}

static void mark_towrite(struct pagecache *pc, u64 first, u64 last)
{
	u64 index = first, flags = spin_lock_irqsave(&pc->lock);
	u32 n = 0;

	while (radix_next_tagged(&pc->pages, &index, last, PC_TAG_DIRTY)) {
		radix_tag_set(&pc->pages, index, PC_TAG_TOWRITE);
		if (index++ == last)
			break;
		if (++n % 256 == 0) {
			/* Let interrupts in. */
			spin_unlock_irqrestore(&pc->lock, flags);
			flags = spin_lock_irqsave(&pc->lock);
		}
	}
	spin_unlock_irqrestore(&pc->lock, flags);
}

static void clear_towrite(struct pagecache *pc, struct page *p)
{
	u64 flags = spin_lock_irqsave(&pc->lock);

	if (p->mapping == pc)
		radix_tag_clear(&pc->pages, p->index, PC_TAG_TOWRITE);
	spin_unlock_irqrestore(&pc->lock, flags);
}

static int write_one(struct pagecache *pc, struct page *p)
{
	page_lock(p);
	if (p->mapping != pc) {
		page_unlock(p);
		return 0;
	}
	page_wait_flag(p, PG_WRITEBACK);
	if (!page_clear_dirty_for_io(p)) {
		page_unlock(p);
		clear_towrite(pc, p);
		return 0;
	}
	return pc->ops->write_page(pc, p);
}

static int wait_range(struct pagecache *pc, u64 first, u64 last)
{
	u64 index = first;
	struct page *p;
	int err = 0;

	while ((p = next_tagged(pc, &index, last, PC_TAG_WRITEBACK))) {
		page_wait_flag(p, PG_WRITEBACK);
		if (bit_test_and_clear(PG_ERROR, &p->flags) && !err)
			err = -EIO;
		page_put(p);
	}
	return err;
}

int pagecache_flush(struct pagecache *pc, loff_t start, loff_t end, bool wait)
{
	u64 first = (u64)start >> PAGE_SHIFT, last, index;
	u32 seen = pagecache_sample_error(pc);
	struct page *p;
	int err = 0, e;

	if (!writes_back(pc) || end <= start)
		return 0;
	last = (u64)(end - 1) >> PAGE_SHIFT;
	mark_towrite(pc, first, last);
	index = first;
	while ((p = next_tagged(pc, &index, last, PC_TAG_TOWRITE))) {
		e = write_one(pc, p);
		page_put(p);
		if (e && !err)
			err = e;
	}
	if (wait) {
		e = wait_range(pc, first, last);
		if (e && !err)
			err = e;
	}
	e = pagecache_check_error(pc, &seen);
	return err ? err : e;
}
