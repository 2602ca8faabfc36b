/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical pages: descriptors, references, allocation. Owner mm/page.c, buddy.c.
 *
 * struct page is shared layout: vendor modules inline its members. A block of
 * 2^order pages allocated with ALLOC_COMPOUND has a head (PG_head) and tails
 * (compound_head bit 0); others are plain.
 */
#pragma once

#include <asm/atomic.h>
#include <asm/page.h>
#include <tern/base/annotate.h>
#include <tern/base/compiler.h>
#include <tern/lib/list.h>

struct pagecache;

struct page {
	u64 flags;			/* PG_* bits 0-24; zone 51-53; node 54-63 */
	union {
		struct list lru;	/* free list, reclaim list, slab list */
		struct {
			u64 compound_head;	/* tail: head | 1 */
			u8 compound_dtor;
			u8 compound_order;	/* in the first tail page */
			u16 pad_;
			u32 compound_mapcount;
		};
		struct { void *slab_cache_; void *slab_free_; };
	};
	struct pagecache *mapping;	/* cache that holds it; slab: struct objcache */
	u64 index;			/* page offset in the cache */
	u64 private;			/* owner's: buffers, swap slot, buddy order, slab freelist */
	atomic32 mapcount;		/* user page table entries - 1 */
	atomic32 refcount;
	u64 memcg_data;
} __aligned(64);
static_assert(sizeof(struct page) == 64, "shared layout");
static_assert(offsetof(struct page, mapping) == 0x18, "shared layout");
static_assert(offsetof(struct page, private) == 0x28, "shared layout");
static_assert(offsetof(struct page, mapcount) == 0x30, "shared layout");
static_assert(offsetof(struct page, refcount) == 0x34, "shared layout");

/* Bit numbers are the vendor's. */
enum page_flag {
	PG_LOCKED = 0, PG_REFERENCED = 1, PG_UPTODATE = 2, PG_DIRTY = 3, PG_LRU = 4,
	PG_ACTIVE = 5, PG_WORKINGSET = 6, PG_WAITERS = 7, PG_ERROR = 8, PG_SLAB = 9,
	PG_OWNER = 10, PG_ARCH = 11, PG_RESERVED = 12, PG_PRIVATE = 13, PG_PRIVATE2 = 14,
	PG_WRITEBACK = 15, PG_HEAD = 16, PG_MAPPEDTODISK = 17, PG_READAHEAD = 18,
	PG_SWAPCACHE = PG_OWNER,	/* with SWAPBACKED: has a swap slot, in `private` */
	PG_SWAPBACKED = 19, PG_UNEVICTABLE = 20, PG_MLOCKED = 21,
};

#define page_flag_test(p, f)	((READ_ONCE((p)->flags) >> (f)) & 1)
#define page_flag_set(p, f)	bit_set_atomic(f, &(p)->flags)
#define page_flag_clear(p, f)	bit_clear_atomic(f, &(p)->flags)

/* Allocation context and modifiers: the vendor's GFP bit values (modules pass them). */
typedef u32 alloc_flags;
#define ALLOC_DMA32	0x04u
#define ALLOC_HIGH	0x20u		/* may use reserves */
#define ALLOC_IO	0x40u		/* may start I/O */
#define ALLOC_FS	0x80u		/* may call into file systems */
#define ALLOC_ZERO	0x100u
#define ALLOC_ATOMIC_	0x200u
#define ALLOC_DIRECT	0x400u		/* may reclaim itself: may sleep */
#define ALLOC_KSWAPD	0x800u		/* wakes the reclaim thread */
#define ALLOC_NOWARN	0x2000u
#define ALLOC_NORETRY	0x10000u
#define ALLOC_NOFAIL	0x8000u
#define ALLOC_COMPOUND	0x40000u
#define ALLOC_ACCOUNT	0x400000u
#define ALLOC_KERNEL	(ALLOC_DIRECT | ALLOC_KSWAPD | ALLOC_IO | ALLOC_FS)	/* sleeps */
#define ALLOC_ATOMIC	(ALLOC_HIGH | ALLOC_ATOMIC_ | ALLOC_KSWAPD)		/* any context */
#define ALLOC_NOFS	(ALLOC_DIRECT | ALLOC_KSWAPD | ALLOC_IO)
#define ALLOC_NOWAIT	ALLOC_KSWAPD
#define ALLOC_USER	(ALLOC_KERNEL | 0x100000u)	/* for user space: limits apply */

#define BUDDY_ORDER_MAX	10	/* largest block: 4 MiB */

/**
 * page_alloc() - 2^order physically contiguous pages, one reference held
 * @order: 0 .. BUDDY_ORDER_MAX
 * @flags: ALLOC_*
 * Return: first page, NULL if memory ran out (after reclaim and the OOM killer
 *	if the context allows). Context: as the flags say.
 */
struct page *page_alloc(u32 order, alloc_flags flags);
/** page_free() - give a block back whose reference the caller owns alone. */
void page_free(struct page *page, u32 order);
/** page_alloc_kva() - the same, as a direct-map address; NULL on failure. */
void *page_alloc_kva(u32 order, alloc_flags flags);
void page_free_kva(void *va, u32 order);
/** page_alloc_bulk() - up to @n single pages into @out; returns how many. */
u32 page_alloc_bulk(u32 n, struct page **out, alloc_flags flags);

static inline struct page *page_head(struct page *p)
{
	u64 h = READ_ONCE(p->compound_head);

	return unlikely(h & 1) ? (struct page *)(h - 1) : p;
}
/** page_put_final() - last reference dropped: leave caches and free. */
void page_put_final(struct page *page);
static inline void page_get(struct page *p) { atomic_inc(&page_head(p)->refcount); }
/** page_get_unless_zero() - for lock-free lookups: false if it is being freed. */
static inline bool page_get_unless_zero(struct page *p) { return atomic_inc_not_zero(&p->refcount); }
static inline void page_put(struct page *p)
{
	p = page_head(p);
	if (atomic_dec_and_test(&p->refcount))
		page_put_final(p);
}

/** page_lock() - sleeping bit lock PG_LOCKED: guards contents, mapping and truncation. */
void page_lock(struct page *p);
int page_lock_killable(struct page *p) __must_check;
bool page_trylock(struct page *p);
void page_unlock(struct page *p);
/** page_wait_flag() - wait until a PG_ bit (LOCKED, WRITEBACK) is clear. */
void page_wait_flag(struct page *p, enum page_flag f);
/** page_wake_flag() - after clearing that bit. */
void page_wake_flag(struct page *p, enum page_flag f);

/* Zone pages are counted in; see mm/vmstat.h for the rest. */
u64 page_count_total(void);	/* managed by the allocator */
u64 page_count_free(void);
/** page_adjust_total() - the zone of @p has @delta pages more for its users: a balloon's. Context: any. */
void page_adjust_total(struct page *p, s64 delta);
bool pfn_is_valid(pfn_t pfn);	/* has a struct page backed by memory */
/** page_zero_frame() - the shared read-only page of zeroes. */
extern struct page *page_zero_frame;
