// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page descriptors: handing out, taking back, the page lock and its waiters.
 *
 * A page in use has refcount >= 1. The last page_put() ends in
 * page_put_final(), which takes it off the reclaim lists and gives it to the
 * allocator. mapcount counts user page table entries less one.
 *
 * Waiting for a page bit: waiters queue on a hashed wait queue and set
 * PG_WAITERS each time before they test; whoever clears the bit wakes the
 * queue only if PG_WAITERS was set. Since the mark is cleared before the
 * wake-up, a waiter that set it too early is woken and sets it again.
 */
#include <tern/mm/memgroup.h>
#include <tern/base/upcall.h>
#include <tern/base/waitq.h>
#include <tern/lib/hash.h>
#include <tern/lib/string.h>
#include <tern/mm/page.h>

#include "mm_impl.h"
#include "reclaim_impl.h"

struct page *page_zero_frame;

static struct waitq *wait_table;
static u32 wait_bits;

#define POISON_FREE	0xaaaaaaaaaaaaaaaaUL
#define FLAGS_BAD_AT_FREE (BIT(PG_LOCKED) | BIT(PG_LRU) | BIT(PG_SLAB) | BIT(PG_WRITEBACK) | \
			   BIT(PG_RESERVED) | BIT(PG_PRIVATE))

void page_poison_fill(struct page *page, u32 order)
{
	u64 *w = page_to_virt(page);

	for (u64 i = 0; i < (PAGE_SIZE << order) / 8; i++)
		w[i] = POISON_FREE;
}

void page_poison_check(struct page *page, u32 order)
{
	const u64 *w = page_to_virt(page);

	for (u64 i = 0; i < (PAGE_SIZE << order) / 8; i++)
		if (unlikely(w[i] != POISON_FREE))
			kpanic("page %#lx: free memory was written at offset %#lx: %#lx",
			       page_to_pfn(page), i * 8, w[i]);
}

static void prepare_tails(struct page *page, u32 order, alloc_flags flags)
{
	u64 zflags = page->flags & PAGE_ZONE_MASK;
	bool is_compound = flags & ALLOC_COMPOUND;

	for (u64 i = 1; i < (1UL << order); i++) {
		page_init_free(page + i, zflags);
		page[i].private = 0;
		page[i].compound_head = is_compound ? (u64)page | 1 : 0;
	}
	if (!is_compound)
		return;
	page->flags |= BIT(PG_HEAD);
	page[1].compound_order = order;
	page[1].compound_dtor = 0;
	page[1].compound_mapcount = U32_MAX;
}

void page_prepare(struct page *page, u32 order, alloc_flags flags)
{
	if (IS_ENABLED(CONFIG_DEBUG_PAGE_POISON))
		page_poison_check(page, order);
	page->private = 0;
	page->compound_head = 0;
	if (order)
		prepare_tails(page, order, flags);
	if (flags & ALLOC_ZERO)
		for (u64 i = 0; i < (1UL << order); i++)
			page_zero(page_to_virt(page + i));
	atomic_set(&page->refcount, 1);
	vmstat_add(VMSTAT_PGALLOC, 1L << order);
}

/* refcount is zero; the block's descriptors go back to the free state. */
void page_release(struct page *page, u32 order)
{
	if (unlikely(page->memcg_data))
		memgroup_uncharge(page);
	ASSERT(!(page->flags & FLAGS_BAD_AT_FREE));
	ASSERT(atomic_read(&page->mapcount) == MAPCOUNT_NONE);
	if (order && page_flag_test(page, PG_HEAD))
		for (u64 i = 1; i < (1UL << order); i++)
			page[i].compound_head = 0;
	if (IS_ENABLED(CONFIG_DEBUG_PAGE_POISON))
		page_poison_fill(page, order);
	page_init_free(page, page->flags & PAGE_ZONE_MASK);
	vmstat_add(VMSTAT_PGFREE, 1L << order);
	if (likely(order < PCP_ORDERS))
		pcp_free(page, order);
	else
		buddy_give(page, order);
}

void page_put_final(struct page *page)
{
	if (page_flag_test(page, PG_LRU))
		lru_remove_final(page);
	if (unlikely(page->flags & (BIT(PG_UNEVICTABLE) | BIT(PG_MLOCKED)))) {
		if (page_flag_test(page, PG_UNEVICTABLE))
			lru_count_unevictable(page, -1);
		if (page_flag_test(page, PG_MLOCKED))
			vmstat_add(VMSTAT_MLOCKED, -1);
	}
	page_release(page, page_order(page));
}

/* ---- waiting for page bits ---- */
void page_waitqs_init(void)
{
	wait_bits = clamp_t(u32, ceil_log2(page_count_total() / 256), 6, 12);
	wait_table = kmem_calloc(1UL << wait_bits, sizeof(*wait_table), ALLOC_KERNEL);
	VERIFY(wait_table);
	for (u32 i = 0; i < (1U << wait_bits); i++)
		waitq_init(&wait_table[i]);
}

static struct waitq *page_waitq(const struct page *p)
{
	return &wait_table[hash_ptr(p, wait_bits)];
}

bool page_trylock(struct page *p)
{
	return !bit_test_and_set(PG_LOCKED, &p->flags);
}

static bool trylock_marking(struct page *p)
{
	page_flag_set(p, PG_WAITERS);
	return page_trylock(p);
}

void page_lock(struct page *p)
{
	bool in_io;

	might_sleep();
	if (likely(page_trylock(p)))
		return;
	in_io = sched_io_begin();
	waitq_wait(page_waitq(p), trylock_marking(p));
	sched_io_end(in_io);
}

int page_lock_killable(struct page *p)
{
	bool in_io;
	int err;

	might_sleep();
	if (likely(page_trylock(p)))
		return 0;
	in_io = sched_io_begin();
	err = waitq_wait_killable(page_waitq(p), trylock_marking(p));
	sched_io_end(in_io);
	return err;
}

static void clear_and_wake(struct page *p, enum page_flag f)
{
	u64 old = __atomic_fetch_and(&p->flags, ~BIT(f), __ATOMIC_SEQ_CST);

	if (unlikely(old & BIT(PG_WAITERS)))
		page_wake_flag(p, f);
}

void page_unlock(struct page *p)
{
	ASSERT(page_flag_test(p, PG_LOCKED));
	clear_and_wake(p, PG_LOCKED);
}

static bool is_clear_marking(struct page *p, enum page_flag f)
{
	page_flag_set(p, PG_WAITERS);
	return !page_flag_test(p, f);
}

void page_wait_flag(struct page *p, enum page_flag f)
{
	bool in_io;

	might_sleep();
	if (!page_flag_test(p, f))
		return;
	in_io = sched_io_begin();
	waitq_wait(page_waitq(p), is_clear_marking(p, f));
	sched_io_end(in_io);
}

void page_wake_flag(struct page *p, enum page_flag f)
{
	page_flag_clear(p, PG_WAITERS);
	waitq_wake_all(page_waitq(p));
}
