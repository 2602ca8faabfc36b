/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel address map pieces that only arch/x86 and mm_init need. Owner arch/x86/mm. */
#pragma once

#include <asm/pgtable.h>

#define EARLY_MMIO_BASE	0xffffe98000000000UL	/* for devices needed before kva exists */
#define EARLY_MMIO_END	0xffffe98040000000UL

/**
 * arch_mm_setup() - build the final kernel tables and load them. Before
 * anything but the early allocator.
 */
void arch_mm_setup(void);

/**
 * arch_map_page_array() - back the struct pages of [start, end) with zeroed early memory
 * May be called for several ranges in ascending order; shared edges are mapped once.
 */
void arch_map_page_array(pfn_t start, pfn_t end);

/** arch_protect_image() - make __ro_after_init data read-only; init/main.c, when init has run. */
void arch_protect_image(void);

/**
 * early_mmio_map() - map device memory for good; prot PROT_NOCACHE or 0
 * (cached, firmware tables).
 */
void *early_mmio_map(paddr_t pa, size_t size, u32 prot);

/** early_mmio_unmap() - take back the most recent early_mmio_map() only. */
void early_mmio_unmap(void *va, size_t size);

/** paddr_in_direct_map() - is [pa, pa + len) readable through phys_to_virt(). */
bool paddr_in_direct_map(paddr_t pa, u64 len);
