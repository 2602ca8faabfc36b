/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Private layouts of mm/. Nothing outside this folder includes it.
 */
#pragma once

#include <tern/base/bug.h>
#include <tern/base/err.h>
#include <tern/base/spin.h>
#include <tern/lib/alloc.h>
#include <tern/lib/bits.h>
#include <tern/mm/page.h>
#include <tern/mm/slab.h>
#include <tern/mm/vmstat.h>

/* ---- zones and the buddy allocator (buddy.c) ---- */

/* Zone numbers are shared layout: flags bits 51-53. */
enum zone_id { ZONE_DMA32 = 1, ZONE_NORMAL = 2, ZONE_COUNT = 3 };
#define ZONE_SHIFT	51
#define ZONE_FLAGS(z)	((u64)(z) << ZONE_SHIFT)
#define PAGE_ZONE_MASK	(~0UL << ZONE_SHIFT)
static inline enum zone_id page_zone_id(const struct page *p)
{
	return (p->flags >> ZONE_SHIFT) & 7;
}

#define ALLOC_CONTEXT_OOM	(ALLOC_DIRECT | ALLOC_FS)
#define BUDDY_ORDERS	(BUDDY_ORDER_MAX + 1)
#define BUDDY_BLOCK	(1UL << BUDDY_ORDER_MAX)	/* pages */

/* Page types live in mapcount while a page is mapped nowhere. */
#define MAPCOUNT_NONE	(-1)
#define MAPCOUNT_BUDDY	(-129)	/* shared layout: page type "buddy" */

struct buddy_list {
	struct list head;	/* L pages by lru */
	u64 count;		/* L blocks */
};

/* Legend: I immutable after boot, L lock. Read without the lock where exactness does not matter. */
struct memzone {
	struct spin lock;	/* protects lists, free; LOCKRANK_BUDDY, irqsave */
	enum zone_id id;	/* I */
	const char *name;	/* I */
	pfn_t start, end;	/* I; empty zone: start == end */
	u64 managed;		/* L pages given to the allocator */
	u64 free;		/* L pages on the lists */
	u64 wm_min, wm_low, wm_high;	/* pages; set by buddy_set_watermarks() */
	struct buddy_list lists[BUDDY_ORDERS];
};
extern struct memzone zones[ZONE_COUNT];

enum watermark { WM_NONE, WM_RESERVE, WM_MIN, WM_LOW, WM_HIGH };

/** buddy_take() - one block off the zone's lists or NULL; not prepared. Context: any. */
struct page *buddy_take(struct memzone *z, u32 order, enum watermark wm);
/** buddy_take_many() - up to @n single pages chained by lru.next; *head set; returns how many. */
u32 buddy_take_many(struct memzone *z, u32 n, enum watermark wm, struct page **head);
/** buddy_give() - put a block back, merging. */
void buddy_give(struct page *page, u32 order);
/** buddy_give_chain() - put single pages of one zone back. */
void buddy_give_chain(struct memzone *z, struct page *head);
/** buddy_span() - there is memory in [start, end), free or not: its zones reach there. At boot, before any is added. */
void buddy_span(pfn_t start, pfn_t end);
/** buddy_add_range() - [start, end) is managed and free from now on. Context: nosleep. */
void buddy_add_range(pfn_t start, pfn_t end);
/** buddy_zone_of() - the zone whose numbers @pfn is among. */
struct memzone *buddy_zone_of(pfn_t pfn);
/**
 * buddy_remove_range() - [start, end), multiples of the largest block in one zone, is no longer managed.
 * 0; -EBUSY: not all of it is free, or too little would be left free.
 */
int buddy_remove_range(pfn_t start, pfn_t end);
/** buddy_return_range() - what buddy_remove_range() took is managed again, and free. */
void buddy_return_range(pfn_t start, pfn_t end);
void buddy_set_watermarks(void);
void buddy_init(void);
/** buddy_low_pages() - the low marks of all zones together. */
u64 buddy_low_pages(void);
bool buddy_below(u32 order, enum watermark wm);

/* ---- per-CPU page lists (pcp.c) ---- */
#define PCP_ORDERS	4
struct page *pcp_alloc(struct memzone *z, u32 order, enum watermark wm);
void pcp_free(struct page *page, u32 order);
u32 pcp_alloc_many(struct memzone *z, struct page **out, u32 n);
u64 pcp_count(void);
void pcp_drain_all(void);

/* ---- pages (page.c) ---- */
static inline void page_init_free(struct page *p, u64 zone_flags)
{
	p->flags = zone_flags;
	p->mapping = NULL;
	p->mapcount.v = MAPCOUNT_NONE;
	p->refcount.v = 0;
	p->memcg_data = 0;
}
void page_prepare(struct page *page, u32 order, alloc_flags flags);
void page_release(struct page *page, u32 order);
void page_poison_check(struct page *page, u32 order);
void page_poison_fill(struct page *page, u32 order);
void page_waitqs_init(void);
static inline u32 page_order(const struct page *head)
{
	return page_flag_test(head, PG_HEAD) ? head[1].compound_order : 0;
}

/* ---- other parts ---- */
void slab_init(void);
void slab_bootstrap(void);
void slab_shrink_all(void);
size_t objcache_size(const struct objcache *c);
void percpu_init(void);
void kva_init(void);
void kva_reap_deferred(void);
void kstack_init(void);
bool kstack_trim(void);

/* nodes of radix trees that lock-free readers walk */
extern const struct lib_alloc radix_node_alloc;		/* any context */
extern const struct lib_alloc radix_node_alloc_sleeping;	/* may reclaim */
bool page_ranges_contain(pfn_t pfn);
/** page_ranges_count() - pages of memory in [start, end). */
u64 page_ranges_count(pfn_t start, pfn_t end);
