// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions of an address space: the tree by address, gaps, splitting, merging.
 *
 * Each region keeps the free bytes between its predecessor and itself (below
 * the guard, if it is a stack); the tree is augmented with the largest of a
 * subtree, so that a place for a new mapping is found in one walk, from the
 * top down. A region that maps an object is also in the object's own tree
 * (rmap.c).
 *
 * Locks: everything here needs as_lock for writing, except region_find(),
 * region_at(), region_next(), region_first(), region_prev(): reading.
 */
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#include "aspace_impl.h"
#include "rmap_impl.h"
#include "userfault_impl.h"

#define region_of(n) rbtree_entry(n, struct region, node)

static struct objcache *region_cache;

static bool gap_update(struct rbnode *n)
{
	struct region *rg = region_of(n);
	uptr m = rg->gap;

	if (n->left)
		m = max(m, region_of(n->left)->gap_max);
	if (n->right)
		m = max(m, region_of(n->right)->gap_max);
	if (m == rg->gap_max)
		return false;
	rg->gap_max = m;
	return true;
}

struct region *region_first(struct aspace *as)
{
	return rbtree_entry_or_null(rbtree_first(&as->as_regions), struct region, node);
}

struct region *region_next(struct region *rg)
{
	return rbtree_entry_or_null(rbtree_next(&rg->node), struct region, node);
}

struct region *region_prev(struct region *rg)
{
	return rbtree_entry_or_null(rbtree_prev(&rg->node), struct region, node);
}

struct region *region_find(struct aspace *as, uptr addr)
{
	struct region *hit = READ_ONCE(as->as_last_hit), *best = NULL;
	struct rbnode *n;

	if (hit && hit->start <= addr && addr < hit->end)
		return hit;
	for (n = as->as_regions.root; n;) {
		struct region *rg = region_of(n);

		if (rg->end > addr) {
			best = rg;
			if (rg->start <= addr)
				break;
			n = n->left;
		} else {
			n = n->right;
		}
	}
	if (best)
		WRITE_ONCE(as->as_last_hit, best);
	return best;
}

struct region *region_at(struct aspace *as, uptr addr)
{
	struct region *rg = region_find(as, addr);

	return rg && rg->start <= addr ? rg : NULL;
}

/* Recompute the gap in front of @rg; its ancestors follow. */
static void gap_refresh(struct region *rg)
{
	struct region *prev = region_prev(rg);
	uptr from = prev ? prev->end : 0, to = region_guard_start(rg);

	rg->gap = to > from ? to - from : 0;
	rbtree_propagate(&rg->node, gap_update);
}

/* After a change of @rg's bounds or of its guard. */
void region_gaps_refresh(struct region *rg)
{
	struct region *next = region_next(rg);

	gap_refresh(rg);
	if (next)
		gap_refresh(next);
}

struct region *region_alloc(struct aspace *as)
{
	struct region *rg = objcache_zalloc(region_cache, ALLOC_KERNEL);

	if (rg) {
		rg->as = as;
		rg->ops = &region_ops_anon;
	}
	return rg;
}

void region_free(struct region *rg)
{
	objcache_free(region_cache, rg);
}

void region_set_prot(struct region *rg, u32 flags)
{
	rg->flags = flags;
	rg->pte_bits = pte_make(0, (flags & REGION_PROT) | PROT_USER).v;
}

/* The gaps around it are as they were, or the caller refreshes them. */
static void tree_insert(struct aspace *as, struct region *rg)
{
	struct rbnode **link = &as->as_regions.root, *parent = NULL;

	while (*link) {
		parent = *link;
		link = rg->start < region_of(parent)->start ? &parent->left : &parent->right;
	}
	rg->as = as;
	rg->gap = 0;
	rg->gap_max = 0;
	rbtree_link(&rg->node, parent, link);
	rbtree_insert_augmented(&as->as_regions, &rg->node, gap_update);
	as->nregions++;
	WRITE_ONCE(as->as_seq, as->as_seq + 1);
}

static void tree_erase(struct aspace *as, struct region *rg)
{
	if (as->as_last_hit == rg)
		as->as_last_hit = NULL;
	rbtree_erase_augmented(&as->as_regions, &rg->node, gap_update);
	as->nregions--;
	WRITE_ONCE(as->as_seq, as->as_seq + 1);
}

void region_link(struct aspace *as, struct region *rg)
{
	tree_insert(as, rg);
	region_gaps_refresh(rg);
	rmap_insert(rg);
}

void region_unlink(struct aspace *as, struct region *rg)
{
	struct region *next = region_next(rg);

	rmap_remove(rg);
	tree_erase(as, rg);
	if (next)
		gap_refresh(next);
}

void region_resize(struct region *rg, uptr start, uptr end, u64 pgoff)
{
	rmap_resize(rg, start, end, pgoff);
	region_gaps_refresh(rg);
	WRITE_ONCE(rg->as->as_seq, rg->as->as_seq + 1);
}

struct region *region_copy(struct aspace *as, const struct region *rg)
{
	struct region *n = objcache_alloc(region_cache, ALLOC_KERNEL);

	if (!n)
		return NULL;
	*n = *rg;
	n->as = as;
	if (n->file)
		mmface_ofile_get(n->file);
	if (n->anon)
		anonset_get(n->anon);
	if (n->uffd)
		ref_get(&n->uffd->refs);
	if (n->ops->open)
		n->ops->open(n);
	return n;
}

void region_drop(struct region *rg)
{
	if (rg->ops->close)
		rg->ops->close(rg);
	if (rg->file)
		ofile_put(rg->file);
	if (rg->anon)
		anonset_put(rg->anon);
	if (unlikely(rg->uffd))
		uffd_put(rg->uffd);
	region_free(rg);
}

int region_split(struct region *rg, uptr addr)
{
	struct aspace *as = rg->as;
	uptr end = rg->end;
	struct region *hi;
	int err;

	if (as->nregions >= vm_max_map_count)
		return -ENOMEM;
	err = rg->ops->may_split ? rg->ops->may_split(rg, addr) : 0;
	if (err)
		return err;
	hi = region_copy(as, rg);
	if (!hi)
		return -ENOMEM;
	hi->start = addr;
	hi->end = end;
	hi->pgoff = rg->pgoff + ((addr - rg->start) >> PAGE_SHIFT);
	/* The trees of objects cover every page all the time: truncation may walk them. The gaps stay as they are. */
	rmap_insert(hi);
	rmap_resize(rg, rg->start, addr, rg->pgoff);
	tree_insert(as, hi);
	return 0;
}

int region_split_range(struct aspace *as, uptr start, uptr end)
{
	struct region *rg = region_at(as, start);
	int err;

	if (rg && rg->start < start) {
		err = region_split(rg, start);
		if (err)
			return err;
	}
	rg = region_at(as, end - 1);
	return rg && rg->end > end ? region_split(rg, end) : 0;
}

static bool can_join(const struct region *a, const struct region *b)
{
	if (a->end != b->start || a->flags != b->flags || a->ops != b->ops || a->file != b->file ||
	    a->pc != b->pc || a->priv != b->priv || a->uffd != b->uffd ||
	    a->mempolicy != b->mempolicy)
		return false;
	if (a->flags & (REGION_SPECIAL | REGION_PFNMAP))
		return false;
	if (a->anon && b->anon && a->anon != b->anon)
		return false;
	/* Without pages, anonymous memory has no place of its own yet. */
	return (!a->pc && !b->anon) || a->pgoff + region_pages(a) == b->pgoff;
}

/* @b goes into @a. The gaps stay as they are. */
static void join(struct region *a, struct region *b)
{
	anon_join(a, b);
	tree_erase(b->as, b);
	rmap_resize(a, a->start, b->end, a->pgoff);
	rmap_remove(b);
	region_drop(b);
}

struct region *region_merge(struct region *rg)
{
	struct region *other = region_prev(rg);

	if (other && can_join(other, rg)) {
		join(other, rg);
		rg = other;
	}
	other = region_next(rg);
	if (other && can_join(rg, other))
		join(rg, other);
	return rg;
}

bool region_extend(struct aspace *as, uptr at, size_t len, u32 flags)
{
	struct region *next = region_find(as, at);
	struct region *prev = next ? region_prev(next)
				   : rbtree_entry_or_null(rbtree_last(&as->as_regions), struct region, node);
	struct region fresh = { .as = as, .start = at, .end = at + len, .pgoff = at >> PAGE_SHIFT,
				.flags = flags, .ops = &region_ops_anon };

	if (prev && can_join(prev, &fresh)) {
		region_resize(prev, prev->start, at + len, prev->pgoff);
		region_merge(prev);
		return true;
	}
	if (next && can_join(&fresh, next)) {
		region_resize(next, at, next->end, fresh.pgoff);
		return true;
	}
	return false;
}

/* Highest fit in the subtree @n; subtrees without a large enough gap are skipped. */
static uptr gap_in(const struct rbnode *n, size_t len, uptr low, uptr high)
{
	while (n) {
		const struct region *rg = region_of(n);
		uptr end, start, at;

		if (rg->gap_max < len)
			return 0;
		if (rg->start < high) {
			at = gap_in(n->right, len, low, high);
			if (at)
				return at;
		}
		end = region_guard_start(rg);
		start = max(end - rg->gap, low);
		end = min(end, high);
		if (rg->gap >= len && end > start && end - start >= len)
			return end - len;
		if (rg->start <= low)
			return 0;
		n = n->left;
	}
	return 0;
}

uptr region_find_gap(struct aspace *as, size_t len, uptr low, uptr high)
{
	struct rbnode *last = rbtree_last(&as->as_regions);
	uptr top = last ? max(region_of(last)->end, low) : low;

	if (len > high || high - len < low)
		return 0;
	if (top < high && high - top >= len)
		return high - len;
	return gap_in(as->as_regions.root, len, low, high);
}

static void default_open(struct region *rg)
{
}

static void default_close(struct region *rg)
{
}

static int default_may_split(struct region *rg, uptr addr)
{
	return 0;
}

static const char *default_name(struct region *rg)
{
	return NULL;
}

static int anon_fault_never(struct pagefault *f)
{
	return -EFAULT;
}

const struct region_ops region_ops_anon = {
	.open = default_open,
	.close = default_close,
	.fault = anon_fault_never,	/* fault.c knows anonymous memory itself */
	.may_split = default_may_split,
	.name = default_name,
};

const struct region_ops region_ops_pagecache = {
	.open = default_open,
	.close = default_close,
	.fault = pagecache_region_fault,
	.may_split = default_may_split,
	.name = default_name,
};

const char *region_name(struct region *rg)
{
	const struct aspace *as = rg->as;
	const char *name = rg->ops->name ? rg->ops->name(rg) : NULL;

	if (name || rg->file)
		return name;
	if (rg->start <= as->brk && rg->end >= as->start_brk && as->brk > as->start_brk && !rg->pc)
		return "[heap]";
	if (rg->start <= as->start_stack && rg->end >= as->start_stack)
		return "[stack]";
	return NULL;
}

void region_init(void)
{
	region_cache = objcache_create("region", sizeof(struct region), 0, OBJCACHE_HWALIGN, NULL);
	VERIFY(region_cache);
}
