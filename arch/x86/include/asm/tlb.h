/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Translation caches: flush by range, batched over many pages and CPUs.
 * Owner arch/x86/mm/tlb.c. PCID is used if the CPU has it.
 *
 * Life of a batch: tlb_gather_init(), then for each cleared entry
 * tlb_gather_add() and for each page to free afterwards tlb_gather_page(),
 * then tlb_gather_fini() flushes once on all CPUs that may cache the address
 * space and only then drops the page references.
 */
#pragma once

#include <tern/base/types.h>

struct aspace;
struct page;

struct tlb_gather {
	struct aspace *as;
	uptr start, end;	/* range that needs flushing; empty if start >= end */
	bool full;		/* flush the whole address space instead */
	u32 npages;
	u32 npages_max;
	struct page **pages;	/* points at the inline ones or at a page of more */
	struct page *inline_pages[16];
};

void tlb_gather_init(struct tlb_gather *tg, struct aspace *as);
/* Note that [va, va + PAGE_SIZE) was unmapped or lost a permission. */
static inline void tlb_gather_add(struct tlb_gather *tg, uptr va)
{
	if (va < tg->start)
		tg->start = va;
	if (va + 4096 > tg->end)
		tg->end = va + 4096;
}
/** tlb_gather_page() - drop a page reference after the flush; may flush now if full. */
void tlb_gather_page(struct tlb_gather *tg, struct page *page);
/** tlb_gather_fini() - flush and free. Context: interrupts on. */
void tlb_gather_fini(struct tlb_gather *tg);

/** tlb_flush_page() - one user page of @as on every CPU that runs it. */
void tlb_flush_page(struct aspace *as, uptr va);
/** tlb_flush_range() - user range [start, end) of @as on every CPU that runs it. */
void tlb_flush_range(struct aspace *as, uptr start, uptr end);
/** tlb_flush_aspace() - everything of @as. */
void tlb_flush_aspace(struct aspace *as);
/** tlb_flush_kernel() - a kernel range on every CPU. Context: interrupts on. */
void tlb_flush_kernel(uptr start, uptr end);
