// SPDX-License-Identifier: GPL-2.0-only
/*
 * Physical memory in blocks of 2^order pages.
 *
 * A zone is a range of page numbers with one set of free lists. A free block
 * is known by its first page: mapcount says "buddy", private holds the order.
 * A freed block merges with its buddy (page number with one bit flipped)
 * while that is free and of the same order. Taking prefers the smallest block
 * that fits.
 *
 * Page descriptors of free memory are written only when their page becomes
 * the head of a block or is handed out: the array starts as zeroes, and zeroes
 * are no buddy. So bringing up memory costs per block, not per page.
 *
 * Lock order: zone->lock is innermost but for TLB, HW and log; irqsave.
 */
#include <tern/base/bug.h>
#include <tern/mm/page.h>

#include "mm_impl.h"

struct memzone zones[ZONE_COUNT] = {
	[ZONE_DMA32] = { .lock = SPIN_INIT(LOCKRANK_BUDDY), .id = ZONE_DMA32, .name = "DMA32" },
	[ZONE_NORMAL] = { .lock = SPIN_INIT(LOCKRANK_BUDDY), .id = ZONE_NORMAL, .name = "Normal" },
};

#define DMA32_END	(1UL << (32 - PAGE_SHIFT))

static inline bool page_is_buddy(const struct page *p, u32 order)
{
	return atomic_read(&p->mapcount) == MAPCOUNT_BUDDY && p->private == order;
}

static inline void block_insert(struct memzone *z, struct page *p, u32 order)
{
	p->private = order;
	p->mapcount.v = MAPCOUNT_BUDDY;
	list_add(&p->lru, &z->lists[order].head);
	z->lists[order].count++;
}

static inline void block_remove(struct memzone *z, struct page *p, u32 order)
{
	list_unlink(&p->lru);
	p->lru.next = NULL;
	p->private = 0;
	p->mapcount.v = MAPCOUNT_NONE;
	z->lists[order].count--;
}

/* The buddy's descriptor may lie past the zone's end, but is always mapped. */
static void give_locked(struct memzone *z, struct page *page, u32 order)
{
	pfn_t pfn = page_to_pfn(page);

	z->free += 1UL << order;
	while (order < BUDDY_ORDER_MAX) {
		struct page *buddy = pfn_to_page(pfn ^ (1UL << order));

		if (!page_is_buddy(buddy, order) || page_zone_id(buddy) != z->id)
			break;
		block_remove(z, buddy, order);
		pfn &= ~(1UL << order);
		order++;
	}
	page = pfn_to_page(pfn);
	page_init_free(page, ZONE_FLAGS(z->id));
	block_insert(z, page, order);
}

static u64 watermark_pages(const struct memzone *z, enum watermark wm)
{
	switch (wm) {
	case WM_HIGH: return z->wm_high;
	case WM_LOW: return z->wm_low;
	case WM_MIN: return z->wm_min;
	case WM_RESERVE: return z->wm_min / 4;
	default: return 0;
	}
}

/* Smallest block of at least @order, cut down to it. */
static struct page *take_locked(struct memzone *z, u32 order)
{
	for (u32 o = order; o < BUDDY_ORDERS; o++) {
		struct page *p;

		if (list_is_empty(&z->lists[o].head))
			continue;
		p = list_first_entry(&z->lists[o].head, struct page, lru);
		block_remove(z, p, o);
		while (o > order) {
			struct page *half = p + (1UL << --o);

			page_init_free(half, ZONE_FLAGS(z->id));
			block_insert(z, half, o);
		}
		z->free -= 1UL << order;
		return p;
	}
	return NULL;
}

struct page *buddy_take(struct memzone *z, u32 order, enum watermark wm)
{
	struct page *p = NULL;
	u64 flags = spin_lock_irqsave(&z->lock);

	if (z->free >= watermark_pages(z, wm) + (1UL << order))
		p = take_locked(z, order);
	spin_unlock_irqrestore(&z->lock, flags);
	return p;
}

u32 buddy_take_many(struct memzone *z, u32 n, enum watermark wm, struct page **head)
{
	u64 zflags = ZONE_FLAGS(z->id), keep = watermark_pages(z, wm);
	struct page *chain = NULL;
	u32 got = 0;
	u64 flags = spin_lock_irqsave(&z->lock);

	while (got < n && z->free > keep) {
		u32 order = min_t(u64, bit_highest(n - got), bit_highest(z->free - keep));
		struct page *p = NULL;

		while (!(p = take_locked(z, order)) && order)
			order--;
		if (!p)
			break;
		for (u32 i = 0; i < (1U << order); i++, p++) {
			page_init_free(p, zflags);
			p->lru.next = (struct list *)chain;
			chain = p;
		}
		got += 1U << order;
	}
	spin_unlock_irqrestore(&z->lock, flags);
	*head = chain;
	return got;
}

void buddy_give(struct page *page, u32 order)
{
	struct memzone *z = &zones[page_zone_id(page)];
	u64 flags = spin_lock_irqsave(&z->lock);

	give_locked(z, page, order);
	spin_unlock_irqrestore(&z->lock, flags);
}

void buddy_give_chain(struct memzone *z, struct page *head)
{
	u64 flags = spin_lock_irqsave(&z->lock);

	while (head) {
		struct page *next = (struct page *)head->lru.next;

		give_locked(z, head, 0);
		head = next;
	}
	spin_unlock_irqrestore(&z->lock, flags);
}

bool buddy_below(u32 order, enum watermark wm)
{
	for (u32 i = 0; i < ZONE_COUNT; i++) {
		struct memzone *z = &zones[i];

		if (z->managed && READ_ONCE(z->free) >= watermark_pages(z, wm) + (1UL << order))
			return false;
	}
	return true;
}

/* One zone's part of a range, in the largest aligned blocks. */
static void add_blocks(struct memzone *z, pfn_t start, pfn_t end)
{
	u64 flags;

	if (start >= end)
		return;
	flags = spin_lock_irqsave(&z->lock);
	z->managed += end - start;
	while (start < end) {
		u32 order = start ? min_t(u32, bit_lowest(start), BUDDY_ORDER_MAX) : BUDDY_ORDER_MAX;
		struct page *p = pfn_to_page(start);

		while (start + (1UL << order) > end)
			order--;
		page_init_free(p, ZONE_FLAGS(z->id));
		if (IS_ENABLED(CONFIG_DEBUG_PAGE_POISON))
			page_poison_fill(p, order);
		give_locked(z, p, order);
		start += 1UL << order;
	}
	spin_unlock_irqrestore(&z->lock, flags);
}

static void __init widen(struct memzone *z, pfn_t start, pfn_t end)
{
	if (start >= end)
		return;
	z->start = z->start == z->end ? start : min(z->start, start);
	z->end = max(z->end, end);
}

void __init buddy_span(pfn_t start, pfn_t end)
{
	widen(&zones[ZONE_DMA32], start, min_t(pfn_t, end, DMA32_END));
	widen(&zones[ZONE_NORMAL], max_t(pfn_t, start, DMA32_END), end);
}

void buddy_add_range(pfn_t start, pfn_t end)
{
	add_blocks(&zones[ZONE_DMA32], start, min_t(pfn_t, end, DMA32_END));
	add_blocks(&zones[ZONE_NORMAL], max_t(pfn_t, start, DMA32_END), end);
}

static u64 isqrt(u64 v)
{
	u64 r = 0;

	for (u64 bit = 1UL << 31; bit; bit >>= 1)
		if ((r + bit) * (r + bit) <= v)
			r += bit;
	return r;
}

/* Spread by size; the other marks follow. */
static void set_reserve(u64 reserve)
{
	u64 total = page_count_total();

	for (u32 i = 0; i < ZONE_COUNT; i++) {
		struct memzone *z = &zones[i];

		z->wm_min = reserve * z->managed / total;
		z->wm_low = z->wm_min + z->wm_min / 4 + 1;
		z->wm_high = z->wm_min + z->wm_min / 2 + 2;
	}
}

/*
 * The reserve grows with the square root of memory: 4 * sqrt(KiB) KiB in all,
 * within 128 KiB .. 64 MiB and never above a thirty-second, spread by size.
 */
void buddy_set_watermarks(void)
{
	u64 total = page_count_total(), kib = total * (PAGE_SIZE / 1024), reserve;

	if (!total)
		return;
	reserve = clamp_t(u64, isqrt(kib * 16), 128, 65536) / (PAGE_SIZE / 1024);
	reserve = min(reserve, total / 32);
	set_reserve(reserve);
}

static u64 reserve_pages(void)
{
	u64 n = 0;

	for (u32 i = 0; i < ZONE_COUNT; i++)
		n += READ_ONCE(zones[i].wm_min);
	return n;
}

u64 vm_min_free_kib(void)
{
	return reserve_pages() * (PAGE_SIZE / 1024);
}

int vm_set_min_free_kib(u64 kib)
{
	u64 pages = kib / (PAGE_SIZE / 1024);

	if (pages > page_count_total() / 4)
		return -EINVAL;
	set_reserve(pages);
	return 0;
}

struct memzone *buddy_zone_of(pfn_t pfn)
{
	return &zones[pfn < DMA32_END ? ZONE_DMA32 : ZONE_NORMAL];
}

/* Blocks are aligned, so that one which begins in the range ends in it. */
static bool range_is_free(struct memzone *z, pfn_t start, pfn_t end)
{
	while (start < end) {
		struct page *p = pfn_to_page(start);

		if (atomic_read(&p->mapcount) != MAPCOUNT_BUDDY || page_zone_id(p) != z->id)
			return false;
		start += 1UL << p->private;
	}
	return true;
}

int buddy_remove_range(pfn_t start, pfn_t end)
{
	struct memzone *z = buddy_zone_of(start);
	u64 n = end - start, flags;
	int err = -EBUSY;

	flags = spin_lock_irqsave(&z->lock);
	if (z->free >= z->wm_high + n && range_is_free(z, start, end)) {
		while (start < end) {
			struct page *p = pfn_to_page(start);
			u32 order = p->private;

			block_remove(z, p, order);
			start += 1UL << order;
		}
		z->free -= n;
		z->managed -= n;
		err = 0;
	}
	spin_unlock_irqrestore(&z->lock, flags);
	if (!err)
		set_reserve(reserve_pages());
	return err;
}

void buddy_return_range(pfn_t start, pfn_t end)
{
	buddy_add_range(start, end);
	set_reserve(reserve_pages());
}

void buddy_init(void)
{
	for (u32 i = 0; i < ZONE_COUNT; i++)
		for (u32 o = 0; o < BUDDY_ORDERS; o++)
			list_init(&zones[i].lists[o].head);
}

void page_adjust_total(struct page *p, s64 delta)
{
	struct memzone *z = &zones[page_zone_id(p)];
	u64 flags = spin_lock_irqsave(&z->lock);

	z->managed += (u64)delta;
	spin_unlock_irqrestore(&z->lock, flags);
}

u64 page_count_total(void)
{
	u64 n = 0;

	for (u32 i = 0; i < ZONE_COUNT; i++)
		n += READ_ONCE(zones[i].managed);
	return n;
}

u64 page_count_free(void)
{
	u64 n = pcp_count();

	for (u32 i = 0; i < ZONE_COUNT; i++)
		n += READ_ONCE(zones[i].free);
	return n;
}

bool pfn_is_valid(pfn_t pfn)
{
	return page_ranges_contain(pfn);
}
