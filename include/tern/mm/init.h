/* SPDX-License-Identifier: GPL-2.0-only */
/* Start-up order of memory; called by init/main.c in this order. */
#pragma once

#include <tern/base/types.h>

/**
 * mm_init() - from early allocator to buddy, slab, kva; kmem_alloc works after.
 * Boot CPU, interrupts off.
 */
void mm_init(void);
/** mm_init_late() - what needs threads: reclaim, compaction, flusher threads. */
void mm_init_late(void);
/** mm_free_init() - give the .init sections back to the page allocator. */
void mm_free_init(void);
/** mm_free_reserved() - physical pages that boot kept (initramfs) become free memory. */
void mm_free_reserved(paddr_t start, paddr_t end);
