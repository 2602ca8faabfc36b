// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory for devices. There is no I/O memory management unit in use: a bus address is a physical
 * address. What the device's mask cannot reach gets a bounce buffer; the mapping fails (the all-ones
 * address) only if there is no memory for one. x86 keeps caches coherent: synchronising is nothing else.
 */
#include "../lx.h"

#include <asm/page.h>
#include <tern/base/err.h>
#include <tern/drivers/dma.h>
#include <tern/lib/string.h>
#include <tern/mm/page.h>
#include <tern/mm/slab.h>

typedef unsigned long long dma_addr;

#define MASK_32		0xffffffffULL
#define TO_DEVICE	1u		/* directions; 0 is both */
#define FROM_DEVICE	2u
#define ATTR_NO_SYNC	0x20ul		/* the caller synchronises by himself */

static u64 mask_of(const struct lx_device *dev)
{
	return dev && dev->dma_mask && *dev->dma_mask ? *dev->dma_mask : MASK_32;
}

static bool is_reachable(const struct lx_device *dev, u64 addr, u64 size)
{
	return !size || addr + size - 1 <= mask_of(dev);
}

static u32 order_of(size_t size)
{
	u32 order = 0;

	while ((PAGE_SIZE << order) < size)
		order++;
	return order;
}

void *lx_dma_alloc_attrs(struct lx_device *dev, size_t size, dma_addr *handle, unsigned int gfp,
			 unsigned long attrs)
{
	u64 mask = dev && dev->coherent_dma_mask ? dev->coherent_dma_mask : MASK_32;
	u32 order = order_of(size);
	void *va;

	if (!size || order > BUDDY_ORDER_MAX)
		return NULL;
	gfp |= ALLOC_ZERO;
	if (mask <= MASK_32)
		gfp |= ALLOC_DMA32;
	va = page_alloc_kva(order, gfp & ~0x3u);
	if (!va)
		return NULL;
	if (virt_to_phys(va) + size - 1 > mask) {
		page_free_kva(va, order);
		return NULL;
	}
	*handle = virt_to_phys(va);
	return va;
}
LX_EXPORT(dma_alloc_attrs);

void lx_dma_free_attrs(struct lx_device *dev, size_t size, void *va, dma_addr handle, unsigned long attrs)
{
	if (va)
		page_free_kva(va, order_of(size));
}
LX_EXPORT(dma_free_attrs);

dma_addr lx_dma_map_page_attrs(struct lx_device *dev, struct lx_page *page, size_t off, size_t size,
			       unsigned int dir, unsigned long attrs)
{
	u64 addr = page_to_phys((struct page *)page) + off;

	return is_reachable(dev, addr, size) ? addr : dma_bounce_map(addr, size, mask_of(dev));
}
LX_EXPORT(dma_map_page_attrs);

void lx_dma_unmap_page_attrs(struct lx_device *dev, dma_addr addr, size_t size, unsigned int dir,
			     unsigned long attrs)
{
	dma_bounce_unmap(addr, dir != TO_DEVICE && !(attrs & ATTR_NO_SYNC));
}
LX_EXPORT(dma_unmap_page_attrs);

void lx_dma_sync_single_for_cpu(struct lx_device *dev, dma_addr addr, size_t size, unsigned int dir)
{
	if (dir != TO_DEVICE)
		dma_bounce_sync(addr, size, false);
}
LX_EXPORT(dma_sync_single_for_cpu);

void lx_dma_sync_single_for_device(struct lx_device *dev, dma_addr addr, size_t size, unsigned int dir)
{
	if (dir != FROM_DEVICE)
		dma_bounce_sync(addr, size, true);
}
LX_EXPORT(dma_sync_single_for_device);

bool lx_dma_need_sync(struct lx_device *dev, dma_addr addr) { return dma_is_bounced(addr); }
LX_EXPORT(dma_need_sync);
size_t lx_dma_max_mapping_size(struct lx_device *dev)
{
	return mask_of(dev) > MASK_32 ? ~0UL : DMA_BOUNCE_MAX - PAGE_SIZE;
}
LX_EXPORT(dma_max_mapping_size);

static int dma_is_supported(struct lx_device *dev, unsigned long long mask)
{
	return mask >= MASK_32;
}

int lx_dma_set_mask(struct lx_device *dev, unsigned long long mask)
{
	if (!dev->dma_mask || !dma_is_supported(dev, mask))
		return -EIO;
	*dev->dma_mask = mask;
	return 0;
}
LX_EXPORT(dma_set_mask);

int lx_dma_set_coherent_mask(struct lx_device *dev, unsigned long long mask)
{
	if (!dma_is_supported(dev, mask))
		return -EIO;
	dev->coherent_dma_mask = mask;
	return 0;
}
LX_EXPORT(dma_set_coherent_mask);

unsigned long long lx_dma_get_required_mask(struct lx_device *dev)
{
	return ~0ULL;
}
LX_EXPORT(dma_get_required_mask);

/* ---- scatter lists: the low bits of page_link mark a chain (1) and the end (2) ---- */

#define SG_CHAIN	1UL
#define SG_END		2UL

static struct page *sg_page_of(const struct lx_scatterlist *sg)
{
	return (struct page *)(sg->page_link & ~(SG_CHAIN | SG_END));
}

void lx_sg_init_table(struct lx_scatterlist *sg, unsigned int n)
{
	memset(sg, 0, sizeof(*sg) * n);
	sg[n - 1].page_link |= SG_END;
}
LX_EXPORT(sg_init_table);

void lx_sg_init_one(struct lx_scatterlist *sg, const void *buf, unsigned int n)
{
	lx_sg_init_table(sg, 1);
	sg->page_link |= (unsigned long)virt_to_page(buf);
	sg->offset = (unsigned int)((uptr)buf & ~PAGE_MASK);
	sg->length = n;
}
LX_EXPORT(sg_init_one);

struct lx_scatterlist *lx_sg_next(struct lx_scatterlist *sg)
{
	if (sg->page_link & SG_END)
		return NULL;
	sg++;
	return sg->page_link & SG_CHAIN ? (struct lx_scatterlist *)(sg->page_link & ~(SG_CHAIN | SG_END)) : sg;
}
LX_EXPORT(sg_next);

int lx_sg_nents(struct lx_scatterlist *sg)
{
	int n = 0;

	for (; sg; sg = lx_sg_next(sg))
		n++;
	return n;
}
LX_EXPORT(sg_nents);

struct lx_scatterlist *lx_sg_last(struct lx_scatterlist *sg, unsigned int n)
{
	struct lx_scatterlist *last = sg;

	for (; sg; sg = lx_sg_next(sg))
		last = sg;
	return last;
}
LX_EXPORT(sg_last);

int lx_sg_alloc_table(struct lx_sg_table *t, unsigned int n, unsigned int gfp)
{
	t->sgl = kmem_calloc(n, sizeof(*t->sgl), gfp);
	t->nents = t->orig_nents = t->sgl ? n : 0;
	if (!t->sgl)
		return -ENOMEM;
	lx_sg_init_table(t->sgl, n);
	return 0;
}
LX_EXPORT(sg_alloc_table);

void lx_sg_free_table(struct lx_sg_table *t)
{
	kmem_free(t->sgl);
	t->sgl = NULL;
	t->nents = t->orig_nents = 0;
}
LX_EXPORT(sg_free_table);

/* The first chunk, of @nfirst entries, is the caller's; if it is too small all of it is new. */
int lx_sg_alloc_table_chained(struct lx_sg_table *t, int n, struct lx_scatterlist *first,
			      unsigned int nfirst)
{
	if (first && (unsigned int)n <= nfirst) {
		t->sgl = first;
		t->nents = t->orig_nents = (unsigned int)n;
		lx_sg_init_table(first, (unsigned int)n);
		return 0;
	}
	return lx_sg_alloc_table(t, (unsigned int)n, ALLOC_ATOMIC);
}
LX_EXPORT(sg_alloc_table_chained);

void lx_sg_free_table_chained(struct lx_sg_table *t, unsigned int nfirst)
{
	if (t->orig_nents > nfirst)
		lx_sg_free_table(t);
}
LX_EXPORT(sg_free_table_chained);

static size_t sg_copy(struct lx_scatterlist *sg, u8 *buf, size_t n, size_t skip, bool to_buf)
{
	size_t done = 0;

	for (; sg && done < n; sg = lx_sg_next(sg)) {
		size_t off = min_t(size_t, skip, sg->length), part = min_t(size_t, sg->length - off, n - done);
		u8 *mem = (u8 *)page_to_virt(sg_page_of(sg)) + sg->offset + off;

		skip -= off;
		memcpy(to_buf ? buf + done : mem, to_buf ? mem : buf + done, part);
		done += part;
	}
	return done;
}

size_t lx_sg_copy_from_buffer(struct lx_scatterlist *sg, unsigned int n, const void *buf, size_t len)
{
	return sg_copy(sg, (u8 *)buf, len, 0, false);
}
LX_EXPORT(sg_copy_from_buffer);

size_t lx_sg_copy_to_buffer(struct lx_scatterlist *sg, unsigned int n, void *buf, size_t len)
{
	return sg_copy(sg, buf, len, 0, true);
}
LX_EXPORT(sg_copy_to_buffer);

size_t lx_sg_pcopy_from_buffer(struct lx_scatterlist *sg, unsigned int n, const void *buf, size_t len,
			       long skip)
{
	return sg_copy(sg, (u8 *)buf, len, (size_t)skip, false);
}
LX_EXPORT(sg_pcopy_from_buffer);

size_t lx_sg_pcopy_to_buffer(struct lx_scatterlist *sg, unsigned int n, void *buf, size_t len, long skip)
{
	return sg_copy(sg, buf, len, (size_t)skip, true);
}
LX_EXPORT(sg_pcopy_to_buffer);

static void unmap_list(struct lx_scatterlist *sg, unsigned int n, unsigned int dir)
{
	for (; sg && n; sg = lx_sg_next(sg), n--)
		dma_bounce_unmap(sg->dma_address, dir != TO_DEVICE);
}

unsigned int lx_dma_map_sg_attrs(struct lx_device *dev, struct lx_scatterlist *sg, int n, unsigned int dir,
				 unsigned long attrs)
{
	unsigned int i = 0;

	struct lx_scatterlist *first = sg;

	for (; sg && i < (unsigned int)n; sg = lx_sg_next(sg), i++) {
		sg->dma_address = page_to_phys(sg_page_of(sg)) + sg->offset;
		sg->dma_length = sg->length;
		if (!is_reachable(dev, sg->dma_address, sg->length))
			sg->dma_address = dma_bounce_map(sg->dma_address, sg->length, mask_of(dev));
		if (sg->dma_address == DMA_NOWHERE) {
			unmap_list(first, i, TO_DEVICE);
			return 0;
		}
	}
	return i;
}
LX_EXPORT(dma_map_sg_attrs);

void lx_dma_unmap_sg_attrs(struct lx_device *dev, struct lx_scatterlist *sg, int n, unsigned int dir,
			   unsigned long attrs)
{
	unmap_list(sg, (unsigned int)n, attrs & ATTR_NO_SYNC ? TO_DEVICE : dir);
}
LX_EXPORT(dma_unmap_sg_attrs);

void lx_dma_sync_sg_for_cpu(struct lx_device *dev, struct lx_scatterlist *sg, int n, unsigned int dir)
{
	for (; sg && n > 0; sg = lx_sg_next(sg), n--)
		lx_dma_sync_single_for_cpu(dev, sg->dma_address, sg->dma_length, dir);
}
LX_EXPORT(dma_sync_sg_for_cpu);
void lx_dma_sync_sg_for_device(struct lx_device *dev, struct lx_scatterlist *sg, int n, unsigned int dir)
{
	for (; sg && n > 0; sg = lx_sg_next(sg), n--)
		lx_dma_sync_single_for_device(dev, sg->dma_address, sg->dma_length, dir);
}
LX_EXPORT(dma_sync_sg_for_device);
