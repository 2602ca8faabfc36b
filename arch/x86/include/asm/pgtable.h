/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables: the only place that knows their bits. Owner arch/x86/mm.
 *
 * A pte_t is one leaf entry. User tables are changed by mm/ under the lock of
 * the table page (pt_lock); kernel tables by pt_map_kernel() and friends,
 * which mm/kva.c serialises. Intel SDM vol. 3A, 4.5 (4-level paging).
 */
#pragma once

#include <asm/atomic.h>
#include <asm/page.h>
#include <tern/base/annotate.h>
#include <tern/base/compiler.h>

typedef struct { u64 v; } pte_t;

/* Protection of a mapping, independent of hardware. */
#define PROT_R		0x1u
#define PROT_W		0x2u
#define PROT_X		0x4u
#define PROT_USER	0x8u
#define PROT_NOCACHE	0x10u	/* device memory */
#define PROT_WC		0x20u	/* write combining */
#define PROT_GLOBAL	0x40u	/* kernel mapping, same in all address spaces */

#define PTE_PRESENT	BIT(0)
#define PTE_WRITE	BIT(1)
#define PTE_USER	BIT(2)
#define PTE_PWT		BIT(3)
#define PTE_PCD		BIT(4)
#define PTE_ACCESSED	BIT(5)
#define PTE_DIRTY	BIT(6)
#define PTE_HUGE	BIT(7)	/* in a level 2 or 3 entry */
#define PTE_PAT		BIT(7)	/* in a level 1 entry */
#define PTE_GLOBAL	BIT(8)
#define PTE_SPECIAL	BIT(9)	/* software: no struct page behind it */
#define PTE_NX		BIT(63)
#define PTE_PFN_MASK	0x000ffffffffff000UL

static inline bool pte_none(pte_t e) { return e.v == 0; }
static inline bool pte_present(pte_t e) { return e.v & PTE_PRESENT; }
static inline bool pte_writable(pte_t e) { return e.v & PTE_WRITE; }
static inline bool pte_dirty(pte_t e) { return e.v & PTE_DIRTY; }
static inline bool pte_young(pte_t e) { return e.v & PTE_ACCESSED; }
static inline bool pte_special(pte_t e) { return e.v & PTE_SPECIAL; }
static inline bool pte_huge(pte_t e) { return e.v & PTE_HUGE; }
static inline pfn_t pte_pfn(pte_t e) { return (e.v & PTE_PFN_MASK) >> PAGE_SHIFT; }
static inline pte_t pte_wrprotect(pte_t e) { return (pte_t){ e.v & ~PTE_WRITE }; }
static inline pte_t pte_mkwrite(pte_t e) { return (pte_t){ e.v | PTE_WRITE }; }
static inline pte_t pte_mkdirty(pte_t e) { return (pte_t){ e.v | PTE_DIRTY }; }
static inline pte_t pte_mkclean(pte_t e) { return (pte_t){ e.v & ~PTE_DIRTY }; }
static inline pte_t pte_mkold(pte_t e) { return (pte_t){ e.v & ~PTE_ACCESSED }; }
static inline pte_t pte_mkyoung(pte_t e) { return (pte_t){ e.v | PTE_ACCESSED }; }
static inline pte_t pte_mkspecial(pte_t e) { return (pte_t){ e.v | PTE_SPECIAL }; }

/*
 * Not-present entries with a value are mm's: bit 0 clear, bits 1-5 a type,
 * the rest a payload (swap slots, later migration).
 */
static inline pte_t pte_make_soft(u32 type, u64 payload) { return (pte_t){ (u64)type << 1 | payload << 10 }; }
static inline u32 pte_soft_type(pte_t e) { return (e.v >> 1) & 0x1f; }
static inline u64 pte_soft_payload(pte_t e) { return e.v >> 10; }

/*
 * A guarded entry is kept from writes by mm's wish, whatever its region allows; also one
 * that is not present may be. Software's bits.
 */
#define PTE_GUARD	BIT(10)
#define PTE_SOFT_GUARD	BIT(6)
static inline bool pte_is_guarded(pte_t e)
{
	return e.v & (pte_present(e) ? PTE_GUARD : PTE_SOFT_GUARD);
}
static inline pte_t pte_guard(pte_t e)
{
	return (pte_t){ e.v | (pte_present(e) ? PTE_GUARD : PTE_SOFT_GUARD) };
}
static inline pte_t pte_unguard(pte_t e)
{
	return (pte_t){ e.v & ~(pte_present(e) ? PTE_GUARD : PTE_SOFT_GUARD) };
}

/** pte_make() - a present leaf entry for @pfn with PROT_* bits @prot. */
pte_t pte_make(pfn_t pfn, u32 prot);

/* An entry changes hands atomically; the old value carries the hardware's bits. */
static inline pte_t pte_load(const pte_t *p) { return (pte_t){ READ_ONCE(p->v) }; }
static inline void pte_store(pte_t *p, pte_t e) { WRITE_ONCE(p->v, e.v); }
static inline pte_t pte_exchange(pte_t *p, pte_t e)
{
	return (pte_t){ __atomic_exchange_n(&p->v, e.v, __ATOMIC_SEQ_CST) };
}

struct aspace;

/**
 * pt_root_create() - an empty user half with the kernel's half shared
 * Return: physical address of the top table, or 0 if memory ran out.
 * Context: sleeps.
 */
paddr_t pt_root_create(void);
/** pt_root_count_in() - from now on @bytes is kept at the size of the tables below @root. */
void pt_root_count_in(paddr_t root, atomic64 *bytes);

/** pt_root_destroy() - free the top table; the user half must be empty. */
void pt_root_destroy(paddr_t root);

/**
 * pt_walk() - find the leaf table slot of a user address
 * @root: top table
 * @va: user address
 * @create: build missing tables
 * @huge: may be NULL; set if the slot returned is a 2 MiB entry
 * Return: slot (level 1, or level 2 if *huge), NULL if absent or no memory.
 * Locks: tables above the leaf are only added while the aspace lock is held
 *	(any mode) and removed by pt_free_range() with no other walker.
 */
pte_t *pt_walk(paddr_t root, uptr va, bool create, bool *huge);

/**
 * pt_next_present() - first address in [@va, @end) below which there is a leaf
 * table or large entry; @end if none.
 */
uptr pt_next_present(paddr_t root, uptr va, uptr end);

/** pt_lock() - the spin lock word that guards the leaf table holding @slot. */
struct spin *pt_lock(const pte_t *slot);

/**
 * pt_set_huge() - install a 2 MiB entry where no table exists yet
 * Return: 0, -EEXIST if a table or entry is there, -ENOMEM.
 */
int pt_set_huge(paddr_t root, uptr va, pte_t entry);

/** pt_split_huge() - replace a 2 MiB entry by a table of 512; 0 or -ENOMEM. */
int pt_split_huge(paddr_t root, uptr va);

/**
 * pt_free_range() - free table pages that lie wholly inside [start, end)
 * @limit_lo: no mapping of the aspace lies in [limit_lo, start)
 * @limit_hi: nor in [end, limit_hi)
 * Entries must be cleared already. Table pages go to the TLB gather so that
 * they are freed after the flush.
 * Return: number of table pages freed.
 */
struct tlb_gather;
u64 pt_free_range(struct tlb_gather *tg, paddr_t root, uptr start, uptr end, uptr limit_lo,
		  uptr limit_hi);

/** pt_activate() - load an address space on this CPU; lazy, PCID-aware. */
void pt_activate(struct aspace *as);
/** pt_deactivate() - a thread without address space runs: the loaded one stays, lazy. Interrupts off. */
void pt_deactivate(void);

/* ---- kernel mappings (4 KiB unless stated) ---- */

/**
 * pt_map_kernel() - map [va, va + npages) to physical pages
 * @va: page aligned, in the kernel half
 * @pa: first physical page; consecutive
 * @prot: PROT_* bits; W and X together are refused with -EINVAL
 * Return: 0, -ENOMEM, -EEXIST.
 */
int pt_map_kernel(uptr va, paddr_t pa, u64 npages, u32 prot);

/** pt_unmap_kernel() - clear mappings; the caller flushes (tlb_flush_kernel). */
void pt_unmap_kernel(uptr va, u64 npages);

/** pt_protect_kernel() - change PROT_* bits of mapped pages and flush; splits large pages. */
int pt_protect_kernel(uptr va, u64 npages, u32 prot);

/** pt_kernel_lookup() - physical address behind a kernel address, or -1UL. */
paddr_t pt_kernel_lookup(uptr va);
