/* SPDX-License-Identifier: GPL-2.0-only */
/* Address spaces, private to mm/. */
#pragma once

#include <asm/tlb.h>
#include <tern/base/bug.h>
#include <tern/base/err.h>
#include <tern/mm/aspace.h>
#include <tern/mm/face.h>
#include <tern/mm/shmem.h>
#include <tern/mm/vmstat.h>
#include <uapi/mman.h>

/* ---- entries ---- */

/* A page kept under PROT_NONE: payload is pfn << 2 | special << 1 | dirty. */
#define SOFT_NONE	1u

static inline bool pte_is_kept(pte_t e)
{
	return !pte_present(e) && pte_soft_type(e) == SOFT_NONE;
}
static inline bool pte_is_mapped(pte_t e)
{
	return pte_present(e) || (e.v && pte_is_kept(e));
}
static inline pfn_t pte_frame(pte_t e)
{
	return likely(pte_present(e)) ? pte_pfn(e) : pte_soft_payload(e) >> 2;
}
static inline bool pte_frame_special(pte_t e)
{
	return likely(pte_present(e)) ? pte_special(e) : pte_soft_payload(e) & 2;
}
static inline bool pte_frame_dirty(pte_t e)
{
	return likely(pte_present(e)) ? pte_dirty(e) : pte_soft_payload(e) & 1;
}
static inline pte_t pte_to_kept(pte_t e)
{
	return pte_make_soft(SOFT_NONE, pte_pfn(e) << 2 | (u64)pte_special(e) << 1 | pte_dirty(e));
}

/* A page of no file: mapping is its anonset with this bit, as vendor modules test it. */
#define MAPPING_ANON	1UL
static inline bool page_is_anon(const struct page *p) { return (uptr)p->mapping & 1; }

static inline enum rss_kind page_rss_kind(const struct page *p)
{
	if (page_is_anon(p))
		return RSS_ANON;
	return p->mapping && (p->mapping->flags & PAGECACHE_SWAPBACKED) ? RSS_SHMEM : RSS_FILE;
}
static inline void rss_add(struct aspace *as, enum rss_kind kind, s64 n)
{
	atomic_add(&as->rss[kind], n);
}

/* One more, one less user entry that names the page; references are the caller's. */
static inline void page_map_inc(struct page *p)
{
	if (atomic_fetch_add(&p->mapcount, 1) == -1)
		vmstat_add(page_is_anon(p) ? VMSTAT_ANON : VMSTAT_MAPPED, 1);
}
static inline void page_map_dec(struct page *p)
{
	if (atomic_fetch_add(&p->mapcount, -1) == 0)
		vmstat_add(page_is_anon(p) ? VMSTAT_ANON : VMSTAT_MAPPED, -1);
}
static inline bool page_is_mapped(const struct page *p) { return atomic_read(&p->mapcount) >= 0; }

/* ---- regions (region.c); as_lock held for writing unless stated ---- */
static inline u64 region_pages(const struct region *rg)
{
	return (rg->end - rg->start) >> PAGE_SHIFT;
}
static inline u64 region_index(const struct region *rg, uptr addr)
{
	return rg->pgoff + ((addr - rg->start) >> PAGE_SHIFT);
}
static inline bool region_is_private(const struct region *rg) { return !(rg->flags & REGION_SHARED); }
/* Writes to the page cache through this region are to be noticed one page at a time. */
static inline bool region_tracks_dirty(const struct region *rg)
{
	return rg->pc && !(rg->pc->flags & PAGECACHE_NOWRITEBACK);
}

/** aspace_shmem_again() - as aspace_shmem_map(), of the object that @rg maps; false: it maps none. */
bool aspace_shmem_again(struct map_request *req, const struct region *rg);
struct region *region_alloc(struct aspace *as);
void region_free(struct region *rg);
void region_set_prot(struct region *rg, u32 flags);
/** region_link() - into the tree and the object's map; takes no references. */
void region_link(struct aspace *as, struct region *rg);
void region_unlink(struct aspace *as, struct region *rg);
/** region_resize() - new bounds that touch no other region. */
void region_resize(struct region *rg, uptr start, uptr end, u64 pgoff);
/** region_split() - cut at @addr inside; @rg keeps the lower part; 0, -ENOMEM, ops' error. */
int region_split(struct region *rg, uptr addr);
/** region_split_range() - region borders at @start and @end; 0 or error. */
int region_split_range(struct aspace *as, uptr start, uptr end);
/** region_merge() - join with equal neighbours; returns the region that holds it now. */
struct region *region_merge(struct region *rg);
/**
 * region_extend() - anonymous memory at [@at, @at + @len), which is free, as part of an equal neighbour
 * Return: false: there is none.
 */
bool region_extend(struct aspace *as, uptr at, size_t len, u32 flags);
/** region_copy() - a detached copy with references to file and object. */
struct region *region_copy(struct aspace *as, const struct region *rg);
/** region_drop() - a detached region: close, drop references, free. */
void region_drop(struct region *rg);
/** region_find_gap() - address for @len bytes, top down from @high; 0 if none. */
uptr region_find_gap(struct aspace *as, size_t len, uptr low, uptr high);
static inline uptr region_guard_start(const struct region *rg)
{
	uptr guard = rg->flags & REGION_GROWSDOWN ? (uptr)vm_stack_guard_pages << PAGE_SHIFT : 0;

	return rg->start > guard ? rg->start - guard : 0;
}
struct region *region_prev(struct region *rg);
void region_gaps_refresh(struct region *rg);

/* ---- totals (aspace.c) ---- */
void aspace_account(struct aspace *as, u32 flags, s64 npages);
/** aspace_may_grow() - by rlimits; 0 or -ENOMEM. */
int aspace_may_grow(struct aspace *as, u32 flags, u64 npages);
/** commit_charge() - promise memory; 0 or -ENOMEM. */
int commit_charge(u64 npages);
void commit_uncharge(u64 npages);
void aspace_init(void);
/** aspace_foreach() - @fn for every address space that has users, until one returns not 0. Sleeps. */
int aspace_foreach(int (*fn)(struct aspace *as, void *arg), void *arg);
/** rmap_*: the trees of the region's object and of its anonymous pages (rmap.c). */
void rmap_insert(struct region *rg);
void rmap_remove(struct region *rg);
void rmap_resize(struct region *rg, uptr start, uptr end, u64 pgoff);
void region_init(void);

/* ---- page tables (unmap.c) ---- */
/* Called with the table lock held for @n slots from @va on. */
typedef void pt_visit(pte_t *slot, uptr va, u64 n, void *arg);
void pt_visit_range(struct aspace *as, uptr start, uptr end, pt_visit *fn, void *arg);
/** zap_range() - clear entries, drop pages through the gather. as_lock any, or the last user. */
void zap_range(struct tlb_gather *tg, struct region *rg, uptr start, uptr end);
/** free_tables() - page tables of a range without regions that lie between its neighbours. */
void free_tables(struct tlb_gather *tg, struct aspace *as, uptr start, uptr end);
/** unmap_range() - munmap with as_lock held for writing. */
int unmap_range(struct aspace *as, uptr start, uptr end);
void unmap_all(struct aspace *as);
/* Is [addr, addr + len) a legal user range, page aligned; *end rounded up. */
static inline bool user_pages_ok(uptr addr, size_t len, uptr *end)
{
	if ((addr & ~PAGE_MASK) || len > USER_END)
		return false;
	*end = addr + ALIGN_UP(len, PAGE_SIZE);
	return addr <= USER_END && *end >= addr && *end <= USER_END;
}

/* ---- faults (fault.c) ---- */
#define FAULT_WRITE	0x1u
#define FAULT_EXEC	0x2u
#define FAULT_USER	0x4u
#define FAULT_FORCE	0x8u	/* ptrace: MAY bits decide, private copies are made */
#define FAULT_MAJOR	0x100u	/* out: had to wait for I/O */
#define FAULT_ASK_WP	0x200u	/* out, with FAULT_ASK: the entry is guarded */
#define FAULT_ASK_MINOR	0x400u	/* ... the page is in the object */
#define FAULT_ASK	1	/* result: a program resolves it, see uffd_wait() */
/**
 * region_fault() - one page; as_lock held for reading. 0, FAULT_ASK, -EFAULT, -EACCES,
 * -ENOMEM, or SIGBUS errors.
 */
int region_fault(struct region *rg, uptr addr, u32 *flags);
/** aspace_find_expand() - region of an address, growing a stack; read lock held, may be retaken. */
struct region *aspace_find_expand(struct aspace *as, uptr addr, int *err);
int region_expand_down(struct region *rg, uptr addr);
bool region_permits(const struct region *rg, u32 fault_flags);
/** page_is_sole() - an anonymous page that one entry maps and nobody else has: its writer may keep it. pt_lock held. */
bool page_is_sole(struct page *p);
void page_set_mlocked(struct page *p);
void page_clear_mlocked(struct page *p);
