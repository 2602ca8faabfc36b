/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel mappings outside the direct map, each followed by a guard page. Owner mm/kva.c. */
#pragma once

#include <asm/pgtable.h>
#include <tern/mm/page.h>

/**
 * kva_alloc() - @size bytes of virtually contiguous zero-or-not memory
 * (ALLOC_ZERO); NULL on failure. Sleeps.
 */
void *kva_alloc(size_t size, alloc_flags flags);
/** kva_alloc_aligned() - the same, at a multiple of @align (a power of two >= PAGE_SIZE). */
void *kva_alloc_aligned(size_t size, size_t align, alloc_flags flags);
/** kva_free() - Context: sleeps; from atomic context use kva_free_deferred(). */
void kva_free(const void *va);
void kva_free_deferred(const void *va);
/**
 * kva_map_pages() - map @n pages contiguously with PROT_*; NULL on failure.
 * Takes no page references.
 */
void *kva_map_pages(struct page **pages, size_t n, u32 prot);
void kva_unmap_pages(const void *va);
/** mmio_map() - device memory uncached (PROT_NOCACHE) or PROT_WC; NULL on failure. */
void __iomem *mmio_map(paddr_t pa, size_t size, u32 prot);
void mmio_unmap(volatile void __iomem *va);
/** kva_alloc_module() - in the module window, RW; caller sets final protection. */
void *kva_alloc_module(size_t size);
/**
 * kva_map_at() - map frames at a kernel address that the caller owns (per-CPU
 * areas); 0, -ENOMEM, -EEXIST.
 */
int kva_map_at(uptr va, paddr_t pa, u64 npages, u32 prot);
/** kva_unmap_at() - undo, flushed. */
void kva_unmap_at(uptr va, u64 npages);
/** kva_contains() - is it an address of this allocator. */
bool kva_contains(const void *va);
/** kstack_alloc() - a 16 KiB kernel stack below a guard page, cached per CPU; lowest address. */
void *kstack_alloc(void);
void kstack_free(void *stack);
