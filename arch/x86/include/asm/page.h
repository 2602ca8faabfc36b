/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages and the linear maps. Bases are variables since vendor modules read
 * them (page_offset_base, vmemmap_base, phys_base); owner arch/x86/mm.
 */
#pragma once

#include <tern/base/types.h>

#define PAGE_SHIFT	12
#define PAGE_SIZE	(1UL << PAGE_SHIFT)
#define PAGE_MASK	(~(PAGE_SIZE - 1))
#define HUGE_PAGE_SHIFT	21
#define HUGE_PAGE_SIZE	(1UL << HUGE_PAGE_SHIFT)

#define KERNEL_IMAGE_BASE	0xffffffff80000000UL
#define MODULE_BASE		0xffffffffa0000000UL
#define MODULE_END		0xffffffffff000000UL
#define KVA_BASE		0xffffc90000000000UL
#define KVA_END			0xffffe90000000000UL
#define USER_END		0x00007ffffffff000UL	/* first address past user space */
#define USER_MIN		0x0000000000010000UL	/* lowest mappable address: mmap_min_addr */

#define KSTACK_SIZE		16384UL

#ifndef TERN_HOST
extern u64 va_direct_base;	/* exported to modules as page_offset_base */
extern u64 va_pages_base;	/* ... vmemmap_base */
extern u64 va_image_offset;	/* ... phys_base: image phys = virt - KERNEL_IMAGE_BASE + this */

/* Direct map only. */
static inline void *phys_to_virt(paddr_t pa) { return (void *)(pa + va_direct_base); }
/* Direct map or kernel image. */
static inline paddr_t virt_to_phys(const void *va)
{
	u64 x = (u64)va;

	return x >= KERNEL_IMAGE_BASE ? x - KERNEL_IMAGE_BASE + va_image_offset
				      : x - va_direct_base;
}

struct page;
static inline struct page *pfn_to_page(pfn_t pfn) { return (struct page *)(va_pages_base + (pfn << 6)); }
static inline pfn_t page_to_pfn(const struct page *p) { return ((u64)p - va_pages_base) >> 6; }
static inline paddr_t page_to_phys(const struct page *p) { return page_to_pfn(p) << PAGE_SHIFT; }
static inline struct page *phys_to_page(paddr_t pa) { return pfn_to_page(pa >> PAGE_SHIFT); }
static inline void *page_to_virt(const struct page *p) { return phys_to_virt(page_to_phys(p)); }
static inline struct page *virt_to_page(const void *va) { return phys_to_page(virt_to_phys(va)); }

/* Fast page copies; both page aligned, kernel addresses. */
void page_zero(void *page);
void page_copy(void *dst, const void *src);
#endif
