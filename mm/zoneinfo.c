// SPDX-License-Identifier: GPL-2.0-only
/* Zones and page frames as /proc shows them. */
#include <tern/mm/vmstat.h>

#include "aspace_impl.h"
#include "mm_impl.h"

bool zoneinfo_get(u32 n, struct zoneinfo *out)
{
	struct memzone *z = &zones[n];
	u64 flags;

	if (n >= ZONE_COUNT)
		return false;
	*out = (struct zoneinfo){
		.name = z->name, .start = z->start, .end = z->end, .wm_min = READ_ONCE(z->wm_min),
		.wm_low = READ_ONCE(z->wm_low), .wm_high = READ_ONCE(z->wm_high),
	};
	flags = spin_lock_irqsave(&z->lock);
	out->managed = z->managed;
	out->free = z->free;
	for (u32 o = 0; o <= BUDDY_ORDER_MAX; o++)
		out->blocks[o] = z->lists[o].count;
	spin_unlock_irqrestore(&z->lock, flags);
	return true;
}

u64 page_pfn_end(void)
{
	u64 end = 0;

	for (u32 i = 0; i < ZONE_COUNT; i++)
		if (zones[i].managed)
			end = max(end, zones[i].end);
	return end;
}

static bool is_managed(u64 pfn)
{
	for (u32 i = 0; i < ZONE_COUNT; i++)
		if (zones[i].managed && pfn >= zones[i].start && pfn < zones[i].end)
			return page_ranges_contain(pfn);
	return false;
}

u64 page_report_mapcount(u64 pfn)
{
	const struct page *p = is_managed(pfn) ? pfn_to_page(pfn) : NULL;
	s32 n;

	/* In slabs and free blocks the word has another meaning. */
	if (!p || page_flag_test(p, PG_SLAB))
		return 0;
	n = atomic_read(&p->mapcount);
	return n >= 0 ? (u64)n + 1 : 0;
}

/* Bits of user space's own numbering (Linux's Documentation/admin-guide/mm/pagemap.rst). */
enum { KPF_LOCKED = 0, KPF_ERROR, KPF_REFERENCED, KPF_UPTODATE, KPF_DIRTY, KPF_LRU, KPF_ACTIVE,
	KPF_SLAB, KPF_WRITEBACK, KPF_BUDDY = 10, KPF_MMAP, KPF_ANON, KPF_SWAPBACKED = 14,
	KPF_HEAD, KPF_TAIL, KPF_UNEVICTABLE = 18, KPF_NOPAGE = 20 };

u64 page_report_flags(u64 pfn)
{
	static const struct { u8 ours, theirs; } bits[] = {
		{ PG_LOCKED, KPF_LOCKED }, { PG_ERROR, KPF_ERROR }, { PG_REFERENCED, KPF_REFERENCED },
		{ PG_UPTODATE, KPF_UPTODATE }, { PG_DIRTY, KPF_DIRTY }, { PG_LRU, KPF_LRU },
		{ PG_ACTIVE, KPF_ACTIVE }, { PG_SLAB, KPF_SLAB }, { PG_WRITEBACK, KPF_WRITEBACK },
		{ PG_SWAPBACKED, KPF_SWAPBACKED }, { PG_HEAD, KPF_HEAD },
		{ PG_UNEVICTABLE, KPF_UNEVICTABLE },
	};
	const struct page *p;
	u64 out = 0, flags;
	s32 n;

	if (!is_managed(pfn))
		return BIT(KPF_NOPAGE);
	p = pfn_to_page(pfn);
	flags = READ_ONCE(p->flags);
	for (u32 i = 0; i < ARRAY_SIZE(bits); i++)
		out |= (flags >> bits[i].ours & 1) << bits[i].theirs;
	if (READ_ONCE(p->compound_head) & 1 && !(flags & BIT(PG_LRU)))
		out |= BIT(KPF_TAIL);
	n = atomic_read(&p->mapcount);
	if (n == MAPCOUNT_BUDDY)
		return BIT(KPF_BUDDY);
	if (n >= 0 && !(flags & BIT(PG_SLAB)))
		out |= BIT(KPF_MMAP) | (page_is_anon(p) ? BIT(KPF_ANON) : 0);
	return out;
}
