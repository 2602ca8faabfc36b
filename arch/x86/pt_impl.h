/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to arch/x86/mm. */
#pragma once

#include <asm/pgtable.h>
#include <asm/vmap.h>

#define PT_ENTRIES	512
#define PT_TABLE	(PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED | PTE_DIRTY)
#define PT_KTABLE	(PTE_PRESENT | PTE_WRITE | PTE_ACCESSED | PTE_DIRTY)

/* Bits between a level's entries: level 1 is the leaf table of 4 KiB pages. */
static inline u32 pt_shift(u32 level) { return PAGE_SHIFT + 9 * (level - 1); }
static inline u32 pt_index(uptr va, u32 level) { return va >> pt_shift(level) & 511; }
static inline pte_t *pt_table(pte_t e) { return phys_to_virt(e.v & PTE_PFN_MASK); }

extern pte_t kernel_root[PT_ENTRIES];	/* the kernel's top table */
extern u64 pte_nx;			/* PTE_NX, or 0 without the feature */

/** pt_alloc_table() - a zeroed table page, early or late; NULL on failure. */
pte_t *pt_alloc_table(void);
void pt_free_table(pte_t *table);

/**
 * pt_kernel_slot() - entry of @va at @level of the kernel's tables
 * @create: build missing tables
 * Return: NULL if absent, without memory, or under a larger page (*err says).
 */
pte_t *pt_kernel_slot(uptr va, u32 level, bool create);

/** pt_prot_bits() - hardware bits of PROT_*, without address. */
u64 pt_prot_bits(u32 prot);

extern bool early_mem_is_closed;
extern paddr_t early_mem_limit;		/* RAM above is not mapped yet */

/** pt_sync_kernel_top() - copy a kernel top entry that this root lacks; true if it did. */
bool pt_sync_kernel_top(uptr va);
