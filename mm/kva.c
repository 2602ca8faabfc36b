// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel address ranges outside the direct map: kva_alloc(), page and device
 * mappings, the module window.
 *
 * A space is a window of addresses. Free stretches form a tree by address,
 * augmented with the largest stretch below each node, so that the lowest fit
 * is found in one walk down; ranges in use form a second tree by address. Each
 * range is followed by an unmapped guard page, which also guards what lies
 * above it from running down into it.
 *
 * Flushing is lazy: an unmapped range waits on the lazy list, still reserved,
 * until enough pages are together or addresses run out; then one flush on all
 * CPUs frees them all.
 *
 * Lock order: kva_lock (sleeping) protects trees, lists and the kernel's page
 * tables. kva_free_deferred() only pushes on a lock-free stack, through the
 * first word of the memory itself; the next kva operation takes it.
 */
#include <asm/cpu.h>
#include <asm/pgtable.h>
#include <asm/tlb.h>
#include <tern/base/initcall.h>
#include <tern/base/lock.h>
#include <tern/lib/rbtree.h>
#include <tern/lib/string.h>
#include <tern/mm/kva.h>
#include <tern/mm/reclaim.h>

#include "mm_impl.h"
#include "reclaim_impl.h"

#define LAZY_PAGES	8192	/* flush when this much waits */

enum kva_kind { KVA_PAGES, KVA_MAPPED, KVA_MMIO };

/* A stretch, free or in use. All under kva_lock. */
struct kva_range {
	struct rbnode node;	/* in free (by address, augmented) or used (by address) */
	uptr start, end;	/* the guard page included */
	u64 fit_max;		/* free: largest stretch of the subtree */
	struct list lazy;
	u32 npages;		/* mapped; the rest is guard */
	enum kva_kind kind;
};

struct kva_space {
	uptr base, end;
	struct rbtree free, used;
};

static struct kva_space space_kva = { KVA_BASE, KVA_END, RBTREE_INIT, RBTREE_INIT };
static struct kva_space space_module = { MODULE_BASE, MODULE_END, RBTREE_INIT, RBTREE_INIT };
static struct kmutex kva_lock = KMUTEX_INIT(kva_lock, LOCKRANK_KVA);
static LIST_HEAD(lazy_ranges);
static u64 lazy_pages, lazy_nranges;
static void *deferred;	/* A stack of addresses to free */

#define range_of(n) rbtree_entry(n, struct kva_range, node)

static bool fit_update(struct rbnode *n)
{
	struct kva_range *r = range_of(n);
	u64 m = r->end - r->start;

	if (n->left)
		m = max(m, range_of(n->left)->fit_max);
	if (n->right)
		m = max(m, range_of(n->right)->fit_max);
	if (m == r->fit_max)
		return false;
	r->fit_max = m;
	return true;
}

static void free_insert(struct kva_space *s, struct kva_range *r)
{
	struct rbnode **link = &s->free.root, *parent = NULL;

	while (*link) {
		parent = *link;
		link = r->start < range_of(parent)->start ? &parent->left : &parent->right;
	}
	rbtree_link(&r->node, parent, link);
	r->fit_max = 0;
	rbtree_insert_augmented(&s->free, &r->node, fit_update);
}

static void used_insert(struct kva_space *s, struct kva_range *r)
{
	struct rbnode **link = &s->used.root, *parent = NULL;

	while (*link) {
		parent = *link;
		link = r->start < range_of(parent)->start ? &parent->left : &parent->right;
	}
	rbtree_link(&r->node, parent, link);
	rbtree_insert_fixup(&s->used, &r->node);
}

static struct kva_space *space_of(uptr va)
{
	if (va >= KVA_BASE && va < KVA_END)
		return &space_kva;
	return va >= MODULE_BASE && va < MODULE_END ? &space_module : NULL;
}

static struct kva_range *used_find(struct kva_space *s, uptr va)
{
	struct rbnode *n = s->used.root;

	while (n) {
		struct kva_range *r = range_of(n);

		if (va == r->start)
			return r;
		n = va < r->start ? n->left : n->right;
	}
	return NULL;
}

static bool fits(const struct kva_range *r, u64 size, u64 align)
{
	uptr at = ALIGN_UP(r->start, align);

	return at >= r->start && at < r->end && r->end - at >= size;
}

/* Lowest free stretch that takes @size; subtrees too small are skipped. */
static struct kva_range *free_find(struct kva_space *s, u64 size, u64 align)
{
	struct rbnode *n = s->free.root;
	u64 need = size + align - PAGE_SIZE;	/* surely fits, however it lies */

	while (n) {
		if (n->left && range_of(n->left)->fit_max >= need)
			n = n->left;
		else if (fits(range_of(n), size, align))
			return range_of(n);
		else
			n = n->right;
	}
	return NULL;
}

/* A stretch is free again: join it with its neighbours. Consumes @r. */
static void range_release(struct kva_space *s, struct kva_range *r)
{
	struct rbnode *n;

	free_insert(s, r);
	n = rbtree_prev(&r->node);
	if (n && range_of(n)->end == r->start) {
		struct kva_range *p = range_of(n);

		rbtree_erase_augmented(&s->free, n, fit_update);
		r->start = p->start;
		rbtree_propagate(&r->node, fit_update);
		kmem_free(p);
	}
	n = rbtree_next(&r->node);
	if (n && range_of(n)->start == r->end) {
		struct kva_range *p = range_of(n);

		rbtree_erase_augmented(&s->free, n, fit_update);
		r->end = p->end;
		rbtree_propagate(&r->node, fit_update);
		kmem_free(p);
	}
}

/* Flush what was unmapped since the last time and make the addresses free. */
static void lazy_purge(void)
{
	uptr lo = ~0UL, hi = 0;
	struct kva_range *r, *tmp;

	if (list_is_empty(&lazy_ranges))
		return;
	list_foreach(r, &lazy_ranges, lazy) {
		lo = min(lo, r->start);
		hi = max(hi, r->end);
	}
	tlb_flush_kernel(lo, hi);
	list_foreach_safe(r, tmp, &lazy_ranges, lazy) {
		list_del(&r->lazy);
		range_release(space_of(r->start), r);
	}
	lazy_pages = lazy_nranges = 0;
}

/* Cut [at, at + size) out of the free stretch @f; @r and @spare are ours to use. */
static void range_cut(struct kva_space *s, struct kva_range *f, struct kva_range *r,
		      struct kva_range **spare, u64 size, u64 align)
{
	uptr at = ALIGN_UP(f->start, align), end = f->end;

	r->start = at;
	r->end = at + size;
	if (at > f->start) {
		f->end = at;
		rbtree_propagate(&f->node, fit_update);
	} else {
		rbtree_erase_augmented(&s->free, &f->node, fit_update);
		kmem_free(f);
	}
	if (r->end < end) {
		(*spare)->start = r->end;
		(*spare)->end = end;
		free_insert(s, *spare);
		*spare = NULL;
	}
	used_insert(s, r);
}

/* Reserve addresses for @npages and the guard. Takes kva_lock. */
static struct kva_range *range_alloc(struct kva_space *s, u64 npages, u64 align,
				     enum kva_kind kind)
{
	u64 size = (npages + 1) << PAGE_SHIFT;
	struct kva_range *r = kmem_alloc(sizeof(*r), ALLOC_KERNEL);
	struct kva_range *spare = kmem_alloc(sizeof(*spare), ALLOC_KERNEL);
	struct kva_range *f = NULL;

	if (!r || !spare || !npages || npages > U32_MAX)
		goto err_free;
	r->npages = npages;
	r->kind = kind;
	kmutex_lock(&kva_lock);
	f = free_find(s, size, align);
	if (!f) {
		lazy_purge();
		f = free_find(s, size, align);
	}
	if (f)
		range_cut(s, f, r, &spare, size, align);
	kmutex_unlock(&kva_lock);
	if (!f)
		goto err_free;
	kmem_free(spare);
	return r;
err_free:
	kmem_free(r);
	kmem_free(spare);
	return NULL;
}

/* Unmapped already: out of the used tree, to the lazy list. kva_lock held. */
static void range_retire(struct kva_range *r)
{
	rbtree_erase(&space_of(r->start)->used, &r->node);
	list_add_tail(&r->lazy, &lazy_ranges);
	lazy_pages += r->npages;
	lazy_nranges++;
	if (lazy_pages >= LAZY_PAGES)
		lazy_purge();
}

/* The frames stay; the caller collected them. */
static void range_unmap(struct kva_range *r)
{
	kmutex_lock(&kva_lock);
	pt_unmap_kernel(r->start, r->npages);
	range_retire(r);
	kmutex_unlock(&kva_lock);
}

int kva_map_at(uptr va, paddr_t pa, u64 npages, u32 prot)
{
	int err;

	kmutex_lock(&kva_lock);
	err = pt_map_kernel(va, pa, npages, prot | PROT_GLOBAL);
	kmutex_unlock(&kva_lock);
	return err;
}

void kva_unmap_at(uptr va, u64 npages)
{
	kmutex_lock(&kva_lock);
	pt_unmap_kernel(va, npages);
	kmutex_unlock(&kva_lock);
	tlb_flush_kernel(va, va + (npages << PAGE_SHIFT));
}

/* ---- memory of pages ---- */
static void frames_free(uptr start, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		paddr_t pa = pt_kernel_lookup(start + ((u64)i << PAGE_SHIFT));

		page_free(phys_to_page(pa), 0);
	}
	vmstat_add(VMSTAT_KVA, -(s64)n);
}

static void pages_release(struct kva_range *r)
{
	struct page *batch[16];
	u32 done = 0;

	/* Unmap before the frames go: remember them batch by batch. */
	while (done < r->npages) {
		u32 n = min_t(u32, r->npages - done, ARRAY_SIZE(batch));
		uptr va = r->start + ((u64)done << PAGE_SHIFT);

		for (u32 i = 0; i < n; i++)
			batch[i] = phys_to_page(pt_kernel_lookup(va + ((u64)i << PAGE_SHIFT)));
		kmutex_lock(&kva_lock);
		pt_unmap_kernel(va, n);
		kmutex_unlock(&kva_lock);
		for (u32 i = 0; i < n; i++)
			page_free(batch[i], 0);
		done += n;
	}
	vmstat_add(VMSTAT_KVA, -(s64)r->npages);
	kmutex_lock(&kva_lock);
	range_retire(r);
	kmutex_unlock(&kva_lock);
}

/* Frames for [start, start + n) one batch at a time; 0 or -ENOMEM with *done mapped. */
static int pages_fill(struct kva_range *r, alloc_flags flags, u32 *done)
{
	struct page *batch[16];

	while (*done < r->npages) {
		u32 want = min_t(u32, r->npages - *done, ARRAY_SIZE(batch));
		u32 got = page_alloc_bulk(want, batch, flags), i;
		int err = got < want ? -ENOMEM : 0;

		kmutex_lock(&kva_lock);
		for (i = 0; i < got && !err; i++)
			err = pt_map_kernel(r->start + ((u64)(*done + i) << PAGE_SHIFT),
					    page_to_phys(batch[i]), 1, PROT_R | PROT_W | PROT_GLOBAL);
		kmutex_unlock(&kva_lock);
		if (err) {
			u32 mapped = i ? i - 1 : 0;

			for (u32 k = mapped; k < got; k++)
				page_free(batch[k], 0);
			*done += mapped;
			return -ENOMEM;
		}
		*done += got;
	}
	return 0;
}

static void *alloc_pages_in(struct kva_space *s, size_t size, size_t align, alloc_flags flags)
{
	u64 npages = DIV_ROUND_UP(size, PAGE_SIZE);
	struct kva_range *r;
	u32 done = 0;

	if (!size || npages > page_count_total())
		return NULL;
	kva_reap_deferred();
	r = range_alloc(s, npages, align, KVA_PAGES);
	if (!r)
		return NULL;
	if (pages_fill(r, flags & ~ALLOC_COMPOUND, &done)) {
		frames_free(r->start, done);
		vmstat_add(VMSTAT_KVA, done);
		range_unmap(r);
		return NULL;
	}
	vmstat_add(VMSTAT_KVA, npages);
	return (void *)r->start;
}

void *kva_alloc(size_t size, alloc_flags flags)
{
	might_sleep();
	return alloc_pages_in(&space_kva, size, PAGE_SIZE, flags);
}

void *kva_alloc_aligned(size_t size, size_t align, alloc_flags flags)
{
	return alloc_pages_in(&space_kva, size, align, flags);
}

void *kva_alloc_module(size_t size)
{
	might_sleep();
	return alloc_pages_in(&space_module, size, PAGE_SIZE, ALLOC_KERNEL | ALLOC_ZERO);
}

static struct kva_range *range_lookup(const volatile void *va)
{
	struct kva_space *s = space_of((uptr)va);
	struct kva_range *r;

	VERIFY(s);
	kmutex_lock(&kva_lock);
	r = used_find(s, (uptr)va);
	kmutex_unlock(&kva_lock);
	VERIFY(r);
	return r;
}

static void free_one(const void *va)
{
	struct kva_range *r = range_lookup(va);

	VERIFY(r->kind == KVA_PAGES);
	pages_release(r);
}

void kva_reap_deferred(void)
{
	void *chain = READ_ONCE(deferred) ? xchg(&deferred, NULL) : NULL;

	while (chain) {
		void *next = *(void **)chain;

		free_one(chain);
		chain = next;
	}
}

void kva_free(const void *va)
{
	might_sleep();
	if (!va)
		return;
	/* A page table for a mapping was wanted, and reclaim led here. */
	if (kmutex_is_mine(&kva_lock)) {
		kva_free_deferred(va);
		return;
	}
	free_one(va);
	kva_reap_deferred();
}

void kva_free_deferred(const void *va)
{
	void *old = READ_ONCE(deferred);

	if (!va)
		return;
	do {
		*(void **)va = old;
	} while (!__atomic_compare_exchange_n(&deferred, &old, (void *)va, false,
					      __ATOMIC_RELEASE, __ATOMIC_RELAXED));
	reclaim_wake();
}

/* What waits for a flush is small, but under pressure it need not wait. */
static u64 lazy_count(struct cacheshrinker *s)
{
	return READ_ONCE(lazy_nranges);
}

static u64 lazy_scan(struct cacheshrinker *s, u64 n)
{
	u64 freed;

	/* Reclaim for a page table of a mapping under way holds the lock. */
	if (kmutex_is_mine(&kva_lock) || !kmutex_trylock(&kva_lock))
		return 0;
	freed = lazy_nranges;
	lazy_purge();
	kmutex_unlock(&kva_lock);
	return freed;
}

static struct cacheshrinker lazy_shrinker = { .name = "kva", .count = lazy_count, .scan = lazy_scan };

static int lazy_shrinker_init(void)
{
	shrinker_register(&lazy_shrinker);
	return 0;
}
INITCALL(CORE, lazy_shrinker_init);

/* ---- mappings of what others own ---- */
void *kva_map_pages(struct page **pages, size_t n, u32 prot)
{
	struct kva_range *r;
	int err = 0;

	might_sleep();
	r = range_alloc(&space_kva, n, PAGE_SIZE, KVA_MAPPED);
	if (!r)
		return NULL;
	kmutex_lock(&kva_lock);
	for (size_t i = 0; i < n && !err; i++)
		err = pt_map_kernel(r->start + (i << PAGE_SHIFT), page_to_phys(pages[i]), 1,
				    prot | PROT_GLOBAL);
	kmutex_unlock(&kva_lock);
	if (err) {
		range_unmap(r);
		return NULL;
	}
	return (void *)r->start;
}

void kva_unmap_pages(const void *va)
{
	if (va)
		range_unmap(range_lookup(va));
}

void __iomem *mmio_map(paddr_t pa, size_t size, u32 prot)
{
	u64 off = pa & ~PAGE_MASK, npages;
	struct kva_range *r;
	int err;

	if (!size || size > KVA_END - KVA_BASE || pa + size < pa)
		return NULL;
	npages = DIV_ROUND_UP(size + off, PAGE_SIZE);
	r = range_alloc(&space_kva, npages, PAGE_SIZE, KVA_MMIO);
	if (!r)
		return NULL;
	kmutex_lock(&kva_lock);
	err = pt_map_kernel(r->start, pa - off, npages, prot | PROT_R | PROT_W | PROT_GLOBAL);
	kmutex_unlock(&kva_lock);
	if (err) {
		range_unmap(r);
		return NULL;
	}
	return (void __iomem *)(r->start + off);
}

void mmio_unmap(volatile void __iomem *va)
{
	if (va)
		range_unmap(range_lookup((void *)((uptr)va & PAGE_MASK)));
}

bool kva_contains(const void *va)
{
	return space_of((uptr)va) != NULL;
}

static void space_init(struct kva_space *s)
{
	struct kva_range *r = kmem_zalloc(sizeof(*r), ALLOC_KERNEL);

	VERIFY(r);
	r->start = s->base;
	r->end = s->end;
	free_insert(s, r);
}

void kva_init(void)
{
	space_init(&space_kva);
	space_init(&space_module);
}
