// SPDX-License-Identifier: GPL-2.0-only
/*
 * Per-CPU memory at run time.
 *
 * A cookie is an offset into every CPU's area, behind the linked section: a
 * %gs displacement, or added to percpu_base[cpu]. The offsets are dealt out in
 * chunks of 64 KiB; a chunk's pages are mapped for all possible CPUs from its
 * bottom upwards, no further than allocations reached. Chunks are added as
 * needed up to the stride of the areas and never given back.
 *
 * A chunk is a bitmap of 16-byte granules; a second one marks the last granule
 * of each allocation, which is how percpu_free() knows the size.
 *
 * Lock order: percpu_grow (sleeping) > percpu_lock (irqsave).
 */
#include <asm/cpu.h>
#include <asm/percpu_area.h>
#include <tern/base/lock.h>
#include <tern/base/percpu_alloc.h>
#include <tern/lib/bitmap.h>
#include <tern/lib/string.h>
#include <tern/mm/kva.h>

#include "mm_impl.h"

#define GRANULE		16UL
#define CHUNK_BYTES	(64UL * 1024)
#define CHUNK_GRANULES	(CHUNK_BYTES / GRANULE)
#define ALLOC_MAX	(32UL * 1024)

struct percpu_chunk {
	struct percpu_chunk *next;	/* L */
	uptr cookie;		/* I of granule 0 */
	u32 mapped;		/* G bytes that have pages */
	u32 nfree;		/* L granules */
	BITMAP(used, CHUNK_GRANULES);	/* L */
	BITMAP(last, CHUNK_GRANULES);	/* L */
};

static struct percpu_chunk first_chunk;
static struct percpu_chunk *chunks = &first_chunk;
static struct spin percpu_lock = SPIN_INIT(LOCKRANK_SLAB);	/* protects chunk bitmaps */
/* protects which pages are mapped, G */
static struct kmutex percpu_grow = KMUTEX_INIT(percpu_grow, LOCKRANK_PERCPU);

void percpu_init(void)
{
	first_chunk.cookie = percpu_static_size();
	first_chunk.nfree = CHUNK_GRANULES;
	vmstat_add(VMSTAT_PERCPU, cpu_count_possible * (percpu_static_size() >> PAGE_SHIFT));
}

static void *take_from(struct percpu_chunk *c, u32 n, u32 align)
{
	size_t at;

	if (c->nfree < n)
		return NULL;
	at = bitmap_find_zero_run(c->used, CHUNK_GRANULES, 0, n, align);
	if (at >= CHUNK_GRANULES)
		return NULL;
	bitmap_set(c->used, at, n);
	bitmap_set_bit(c->last, at + n - 1);
	c->nfree -= n;
	return (void *)(c->cookie + at * GRANULE);
}

static void *take_any(u32 n, u32 align, struct percpu_chunk **from)
{
	void *cookie = NULL;
	u64 flags = spin_lock_irqsave(&percpu_lock);

	for (struct percpu_chunk *c = chunks; c && !cookie; c = c->next) {
		cookie = take_from(c, n, align);
		*from = c;
	}
	spin_unlock_irqrestore(&percpu_lock, flags);
	return cookie;
}

static void *take_growing(u32 n, u32 align, struct percpu_chunk **from)
{
	uptr next = chunks->cookie + CHUNK_BYTES;
	struct percpu_chunk *c;
	u64 flags;

	if (next + CHUNK_BYTES > PERCPU_STRIDE)
		return NULL;
	c = kmem_zalloc(sizeof(*c), ALLOC_KERNEL);
	if (!c)
		return NULL;
	c->cookie = next;
	c->nfree = CHUNK_GRANULES;
	flags = spin_lock_irqsave(&percpu_lock);
	c->next = chunks;
	chunks = c;
	spin_unlock_irqrestore(&percpu_lock, flags);
	return take_any(n, align, from);
}

/* One more page behind a chunk's mapped part, for every CPU or none. */
static bool map_page_everywhere(struct percpu_chunk *c)
{
	uptr at = c->cookie + c->mapped;
	u32 cpu;

	for (cpu = 0; cpu < cpu_count_possible; cpu++) {
		struct page *p = page_alloc(0, ALLOC_KERNEL);

		if (!p)
			goto err_unmap;
		if (kva_map_at(percpu_base[cpu] + at, page_to_phys(p), 1, PROT_R | PROT_W)) {
			page_free(p, 0);
			goto err_unmap;
		}
	}
	c->mapped += PAGE_SIZE;
	vmstat_add(VMSTAT_PERCPU, cpu_count_possible);
	return true;
err_unmap:
	while (cpu-- > 0) {
		paddr_t pa = pt_kernel_lookup(percpu_base[cpu] + at);

		kva_unmap_at(percpu_base[cpu] + at, 1);
		page_free(phys_to_page(pa), 0);
	}
	return false;
}

static bool map_upto(struct percpu_chunk *c, uptr end)
{
	bool ok = true;

	if (READ_ONCE(c->mapped) >= end - c->cookie)
		return true;
	kmutex_lock(&percpu_grow);
	while (ok && c->mapped < end - c->cookie)
		ok = map_page_everywhere(c);
	kmutex_unlock(&percpu_grow);
	return ok;
}

void *percpu_alloc(size_t size, size_t align)
{
	u32 n = DIV_ROUND_UP(size, GRANULE), step = max(align, GRANULE) / GRANULE;
	struct percpu_chunk *c;
	void *cookie;

	if (!size || size > ALLOC_MAX || align > 64 || (align && !is_pow2(align)))
		return NULL;
	cookie = take_any(n, step, &c);
	if (!cookie) {
		kmutex_lock(&percpu_grow);
		cookie = take_any(n, step, &c);
		if (!cookie)
			cookie = take_growing(n, step, &c);
		kmutex_unlock(&percpu_grow);
		if (!cookie)
			return NULL;
	}
	if (!map_upto(c, (uptr)cookie + size)) {
		percpu_free(cookie);
		return NULL;
	}
	for_each_possible_cpu(cpu)
		memset((void *)((uptr)cookie + percpu_base[cpu]), 0, size);
	return cookie;
}

void percpu_free(void *cookie)
{
	struct percpu_chunk *c;
	size_t at, end;
	u64 flags;

	if (!cookie)
		return;
	flags = spin_lock_irqsave(&percpu_lock);
	for (c = chunks; c && (uptr)cookie - c->cookie >= CHUNK_BYTES; c = c->next)
		;
	VERIFY(c);
	at = ((uptr)cookie - c->cookie) / GRANULE;
	end = bitmap_find_next(c->last, CHUNK_GRANULES, at);
	VERIFY(end < CHUNK_GRANULES && bitmap_test(c->used, at));
	bitmap_clear_bit(c->last, end);
	bitmap_clear(c->used, at, end - at + 1);
	c->nfree += end - at + 1;
	spin_unlock_irqrestore(&percpu_lock, flags);
}
