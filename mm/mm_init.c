// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the boot memory map to working allocators.
 *
 * The array of page descriptors is mapped, zeroed, for whole blocks of the
 * largest order, so that a buddy's descriptor can always be read. Free
 * memory goes to the buddy lists as it is; RAM that is in use is marked
 * reserved with a reference that is never dropped.
 */
#include <asm/early.h>
#include <asm/vmap.h>
#include <tern/mm/aspace.h>
#include <tern/mm/init.h>
#include <tern/mm/kva.h>

#include "aspace_impl.h"
#include "mm_impl.h"
#include "reclaim_impl.h"

/* RAM, ascending; written at boot only. */
static struct pfn_range { pfn_t start, end; } *ram;
static u32 nram;

static void __init count_range(pfn_t start, pfn_t end, void *arg)
{
	nram++;
}

static void __init note_range(pfn_t start, pfn_t end, void *arg)
{
	u32 *at = arg;

	ram[(*at)++] = (struct pfn_range){ start, end };
}

/* Descriptors of whole blocks: a buddy's can always be read. */
static void __init map_descriptors(void)
{
	for (u32 i = 0; i < nram; i++)
		arch_map_page_array(ALIGN_DOWN(ram[i].start, BUDDY_BLOCK),
				    ALIGN_UP(ram[i].end, BUDDY_BLOCK));
}

static void __init mark_reserved(pfn_t start, pfn_t end)
{
	for (; start < end; start++) {
		struct page *p = pfn_to_page(start);

		page_init_free(p, ZONE_FLAGS(start >> (32 - PAGE_SHIFT) ? ZONE_NORMAL : ZONE_DMA32) |
					  BIT(PG_RESERVED));
		p->refcount.v = 1;
	}
}

/* RAM in [start, end) is in use. */
static void __init reserve_ram(pfn_t start, pfn_t end)
{
	for (u32 i = 0; i < nram; i++)
		mark_reserved(max(start, ram[i].start), min(end, ram[i].end));
}

static void __init take_free(pfn_t start, pfn_t end, void *arg)
{
	pfn_t *cursor = arg;

	reserve_ram(*cursor, start);
	*cursor = end;
	buddy_add_range(start, end);
}

bool page_ranges_contain(pfn_t pfn)
{
	u32 lo = 0, hi = nram;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;

		if (pfn >= ram[mid].end)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < nram && pfn >= ram[lo].start;
}

u64 page_ranges_count(pfn_t start, pfn_t end)
{
	u64 n = 0;

	for (u32 i = 0; i < nram; i++) {
		pfn_t from = max(start, ram[i].start), to = min(end, ram[i].end);

		if (from < to)
			n += to - from;
	}
	return n;
}

void __init mm_init(void)
{
	pfn_t cursor = 0;
	u32 at = 0;

	early_mem_foreach_ram(count_range, NULL);
	ram = early_mem_alloc(nram * sizeof(*ram), sizeof(u64));
	early_mem_foreach_ram(note_range, &at);
	map_descriptors();
	buddy_init();
	for (u32 i = 0; i < nram; i++)
		buddy_span(ram[i].start, ram[i].end);
	early_mem_foreach_free(take_free, &cursor);
	reserve_ram(cursor, U64_MAX);
	buddy_set_watermarks();
	percpu_init();
	slab_init();
	page_waitqs_init();
	kva_init();
	lru_init();
	page_zero_frame = page_alloc(0, ALLOC_KERNEL | ALLOC_ZERO);
	VERIFY(page_zero_frame);
	page_flag_set(page_zero_frame, PG_RESERVED);
	aspace_init();
}

void mm_init_late(void)
{
	reclaim_start();
}

/* Reserved pages of the direct map or the image become ordinary free ones. */
static u64 release_reserved(pfn_t start, pfn_t end)
{
	u64 n = 0;

	for (; start < end; start++) {
		struct page *p = pfn_to_page(start);
		struct memzone *z;
		u64 flags;

		if (!page_ranges_contain(start) || !page_flag_test(p, PG_RESERVED))
			continue;
		z = &zones[page_zone_id(p)];
		page_flag_clear(p, PG_RESERVED);
		flags = spin_lock_irqsave(&z->lock);
		z->managed++;
		spin_unlock_irqrestore(&z->lock, flags);
		page_free(p, 0);
		n++;
	}
	return n;
}

void mm_free_reserved(paddr_t start, paddr_t end)
{
	release_reserved(DIV_ROUND_UP(start, PAGE_SIZE), end >> PAGE_SHIFT);
	buddy_set_watermarks();
}

void mm_free_init(void)
{
	extern char __init_begin[], __init_end[];

	/* Code that is gone shall fault if it is called. */
	(void)pt_protect_kernel((uptr)__init_begin, (__init_end - __init_begin) >> PAGE_SHIFT,
				PROT_R | PROT_W | PROT_GLOBAL);
	mm_free_reserved(virt_to_phys(__init_begin), virt_to_phys(__init_end));
}
