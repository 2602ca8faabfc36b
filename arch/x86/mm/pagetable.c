// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page tables, 4 levels of 512 entries.
 *
 * The kernel half is one set of tables: every top table made by
 * pt_root_create() copies the kernel's top entries. Those in use are made at
 * boot (arch_mm_setup()); if one is added later, other address spaces catch up
 * in the page fault handler (pt_sync_kernel_top()).
 *
 * Tables are added without a lock: a new one is installed by compare and swap
 * and the loser frees its own. Kernel tables are never freed. Tables of user
 * space go away only through pt_free_range(), when no walker is left in it,
 * after the TLB flush of the gather.
 *
 * Lock order: pt_lock() is LOCKRANK_PTL; nothing here takes another lock.
 */
#include "../pt_impl.h"

#include <asm/cpufeature.h>
#include <asm/early.h>
#include <asm/msr.h>
#include <asm/tlb.h>
#include <tern/base/bug.h>
#include <tern/base/err.h>
#include <tern/base/spin.h>
#include <tern/lib/string.h>
#include <tern/mm/page.h>
#include <tern/mm/vmstat.h>

pte_t kernel_root[PT_ENTRIES] __aligned(4096) __section(".bss..page_aligned");
u64 pte_nx __ro_after_init;

u64 pt_prot_bits(u32 prot)
{
	u64 v = PTE_PRESENT | PTE_ACCESSED;

	if (prot & PROT_W)
		v |= PTE_WRITE;
	if (!(prot & PROT_X))
		v |= pte_nx;
	if (prot & PROT_USER)
		v |= PTE_USER;
	if (prot & PROT_NOCACHE)
		v |= PTE_PCD | PTE_PWT;
	else if (prot & PROT_WC)
		v |= PTE_PWT;
	if (prot & PROT_GLOBAL)
		v |= PTE_GLOBAL;
	return v;
}

pte_t pte_make(pfn_t pfn, u32 prot)
{
	return (pte_t){ pfn << PAGE_SHIFT | pt_prot_bits(prot) };
}

pte_t *pt_alloc_table(void)
{
	if (!early_mem_is_closed)
		return early_mem_alloc(PAGE_SIZE, PAGE_SIZE);
	return page_alloc_kva(0, ALLOC_KERNEL | ALLOC_ZERO);
}

void pt_free_table(pte_t *table)
{
	page_free_kva(table, 0);
}

/*
 * Tables of user space know, in their page's index, the counter of bytes that
 * their address space keeps; it is inherited from the top table.
 */
static void count_tables(pte_t *table, s64 n)
{
	atomic64 *bytes = (atomic64 *)virt_to_page(table)->index;

	vmstat_add(VMSTAT_PAGETABLE, n);
	if (bytes)
		atomic_add(bytes, n * (s64)PAGE_SIZE);
}

/* The table behind @slot, made if asked for; NULL if absent or no memory. */
static pte_t *table_of(pte_t *slot, bool create, u64 bits)
{
	pte_t e = pte_load(slot), *t;

	if (pte_present(e))
		return pt_table(e);
	if (!create)
		return NULL;
	t = pt_alloc_table();
	if (!t)
		return NULL;
	if (bits == PT_TABLE)
		virt_to_page(t)->index = virt_to_page(slot)->index;
	if (!cas(&slot->v, e.v, virt_to_phys(t) | bits)) {
		pt_free_table(t);
		return pt_table(pte_load(slot));
	}
	if (bits == PT_TABLE)
		count_tables(t, 1);
	return t;
}

/* ---- user half ---- */

paddr_t pt_root_create(void)
{
	pte_t *root = page_alloc_kva(0, ALLOC_KERNEL);

	if (!root)
		return 0;
	virt_to_page(root)->index = 0;
	memset(root, 0, PAGE_SIZE / 2);
	memcpy(root + PT_ENTRIES / 2, kernel_root + PT_ENTRIES / 2, PAGE_SIZE / 2);
	return virt_to_phys(root);
}

void pt_root_destroy(paddr_t root)
{
	pte_t *top = phys_to_virt(root);

	if (IS_ENABLED(CONFIG_DEBUG_KERNEL))
		ASSERT(mem_is_zero(top, PAGE_SIZE / 2));
	page_free_kva(top, 0);
}

void pt_root_count_in(paddr_t root, atomic64 *bytes)
{
	phys_to_page(root)->index = (u64)bytes;
}

bool pt_sync_kernel_top(uptr va)
{
	pte_t *top = phys_to_virt(cr3_read() & PTE_PFN_MASK);
	u32 i = pt_index(va, 4);

	if (i < PT_ENTRIES / 2 || pte_present(pte_load(&top[i])) ||
	    !pte_present(pte_load(&kernel_root[i])))
		return false;
	pte_store(&top[i], pte_load(&kernel_root[i]));
	return true;
}

pte_t *pt_walk(paddr_t root, uptr va, bool create, bool *huge)
{
	pte_t *t = phys_to_virt(root);

	if (huge)
		*huge = false;
	t = table_of(&t[pt_index(va, 4)], create, PT_TABLE);
	if (!t)
		return NULL;
	t = table_of(&t[pt_index(va, 3)], create, PT_TABLE);
	if (!t)
		return NULL;
	t += pt_index(va, 2);
	if (pte_huge(pte_load(t)) && pte_present(pte_load(t))) {
		if (!huge)
			return NULL;
		*huge = true;
		return t;
	}
	t = table_of(t, create, PT_TABLE);
	return t ? &t[pt_index(va, 1)] : NULL;
}

uptr pt_next_present(paddr_t root, uptr va, uptr end)
{
	while (va < end) {
		pte_t *t = phys_to_virt(root);
		u32 level = 4;

		for (; level > 1; level--) {
			pte_t e = pte_load(&t[pt_index(va, level)]);

			if (!pte_present(e))
				break;
			if (level == 2 || pte_huge(e))
				return va;
			t = pt_table(e);
		}
		va = ALIGN_DOWN(va, 1UL << pt_shift(level)) + (1UL << pt_shift(level));
	}
	return end;
}

struct spin *pt_lock(const pte_t *slot)
{
	struct page *page = virt_to_page(slot);

	static_assert(sizeof(struct spin) <= sizeof(page->private), "lock fits in the page");
	return (struct spin *)&page->private;
}

int pt_set_huge(paddr_t root, uptr va, pte_t entry)
{
	pte_t *t = table_of((pte_t *)phys_to_virt(root) + pt_index(va, 4), true, PT_TABLE);

	if (t)
		t = table_of(&t[pt_index(va, 3)], true, PT_TABLE);
	if (!t)
		return -ENOMEM;
	t += pt_index(va, 2);
	return cas(&t->v, 0UL, entry.v | PTE_HUGE) ? 0 : -EEXIST;
}

/* A level 2 entry as one of its 512 level 1 entries. */
static u64 small_entry(u64 huge, u32 i)
{
	u64 pat = huge >> 12 & 1;	/* PAT moves from bit 12 to bit 7 */

	return (huge & ~(PTE_HUGE | 1UL << 12)) | pat << 7 | (u64)i << PAGE_SHIFT;
}

int pt_split_huge(paddr_t root, uptr va)
{
	pte_t *small = pt_alloc_table(), *slot, e;
	bool huge;

	if (!small)
		return -ENOMEM;
	slot = pt_walk(root, va, false, &huge);
	if (slot && huge) {
		do {
			e = pte_load(slot);
			if (!pte_present(e) || !pte_huge(e))
				break;
			for (u32 i = 0; i < PT_ENTRIES; i++)
				small[i].v = small_entry(e.v, i);
			virt_to_page(small)->index = virt_to_page(slot)->index;
		} while (!cas(&slot->v, e.v, virt_to_phys(small) | PT_TABLE));
		if (pte_present(e) && pte_huge(e)) {
			count_tables(small, 1);
			return 0;
		}
	}
	pt_free_table(small);
	return 0;
}

struct free_range {
	struct tlb_gather *tg;
	uptr start, end;	/* tables that touch this range ... */
	uptr lo, hi;		/* ... and lie in this one are free */
	u64 freed;
};

/* Tables below @table, which maps from @base; level is the table's own. */
static void free_level(struct free_range *fr, pte_t *table, u32 level, uptr base)
{
	uptr span = 1UL << pt_shift(level), at = max(base, ALIGN_DOWN(fr->start, span));
	uptr stop = min(base + span * PT_ENTRIES, fr->end);

	for (; at < stop; at += span) {
		pte_t *slot = &table[pt_index(at, level)], e = pte_load(slot);

		if (!pte_present(e) || pte_huge(e))
			continue;
		if (level > 2)
			free_level(fr, pt_table(e), level - 1, at);
		if (at < fr->lo || at + span > fr->hi)
			continue;
		pte_store(slot, (pte_t){ 0 });
		tlb_gather_add(fr->tg, at);
		fr->tg->full = true;	/* paging-structure caches */
		count_tables(pt_table(e), -1);
		tlb_gather_page(fr->tg, virt_to_page(pt_table(e)));
		fr->freed++;
	}
}

u64 pt_free_range(struct tlb_gather *tg, paddr_t root, uptr start, uptr end, uptr limit_lo,
		  uptr limit_hi)
{
	struct free_range fr = { tg, start, end, limit_lo, limit_hi, 0 };

	if (limit_hi >= USER_END)	/* the last table reaches further */
		fr.hi = 1UL << 47;
	free_level(&fr, phys_to_virt(root), 4, 0);
	return fr.freed;
}

/* ---- kernel half ---- */

pte_t *pt_kernel_slot(uptr va, u32 level, bool create)
{
	pte_t *t = kernel_root;

	for (u32 l = 4; l > level; l--) {
		pte_t *slot = &t[pt_index(va, l)];

		if (pte_present(pte_load(slot)) && pte_huge(pte_load(slot)))
			return NULL;
		t = table_of(slot, create, PT_KTABLE);
		if (!t)
			return NULL;
	}
	return &t[pt_index(va, level)];
}

int pt_map_kernel(uptr va, paddr_t pa, u64 npages, u32 prot)
{
	u64 bits = pt_prot_bits(prot) | PTE_DIRTY;
	pte_t *slot = NULL;

	if ((prot & PROT_W) && (prot & PROT_X))
		return -EINVAL;
	for (u64 i = 0; i < npages; i++, va += PAGE_SIZE, pa += PAGE_SIZE) {
		slot = slot && pt_index(va, 1) ? slot + 1 : pt_kernel_slot(va, 1, true);
		if (!slot)
			return -ENOMEM;
		if (!pte_none(pte_load(slot)))
			return -EEXIST;
		pte_store(slot, (pte_t){ pa | bits });
	}
	return 0;
}

void pt_unmap_kernel(uptr va, u64 npages)
{
	pte_t *slot = NULL;

	for (u64 i = 0; i < npages; i++, va += PAGE_SIZE) {
		slot = slot && pt_index(va, 1) ? slot + 1 : pt_kernel_slot(va, 1, false);
		if (slot)
			pte_store(slot, (pte_t){ 0 });
	}
}

/* Replace the large page that covers @va by a table, down to 4 KiB pages. */
static int split_kernel(uptr va)
{
	for (u32 level = 3; level > 1; level--) {
		pte_t *slot = pt_kernel_slot(va, level, false), e, *t;
		u64 step;

		if (!slot || !pte_present(pte_load(slot)))
			return -ENOENT;
		e = pte_load(slot);
		if (!pte_huge(e))
			continue;
		t = pt_alloc_table();
		if (!t)
			return -ENOMEM;
		step = 1UL << pt_shift(level - 1);
		for (u32 i = 0; i < PT_ENTRIES; i++)
			t[i].v = level == 2 ? small_entry(e.v, i) : e.v + i * step;
		pte_store(slot, (pte_t){ virt_to_phys(t) | PT_KTABLE });
	}
	return 0;
}

int pt_protect_kernel(uptr va, u64 npages, u32 prot)
{
	u64 bits = pt_prot_bits(prot) | PTE_DIRTY;
	uptr start = va;

	if ((prot & PROT_W) && (prot & PROT_X))
		return -EINVAL;
	for (u64 i = 0; i < npages; i++, va += PAGE_SIZE) {
		pte_t *slot = pt_kernel_slot(va, 1, false), e;

		if (!slot) {
			int err = split_kernel(va);

			if (err)
				return err;
			slot = pt_kernel_slot(va, 1, false);
			if (!slot)
				return -ENOENT;
		}
		e = pte_load(slot);
		if (pte_present(e))
			pte_store(slot, (pte_t){ (e.v & PTE_PFN_MASK) | bits });
	}
	tlb_flush_kernel(start, va);
	return 0;
}

paddr_t pt_kernel_lookup(uptr va)
{
	pte_t *t = kernel_root;

	for (u32 l = 4; l; l--) {
		pte_t e = pte_load(&t[pt_index(va, l)]);

		if (!pte_present(e))
			return -1UL;
		if (l == 1 || pte_huge(e)) {
			u64 mask = (1UL << pt_shift(l)) - 1;

			return (e.v & PTE_PFN_MASK & ~mask) | (va & mask);
		}
		t = pt_table(e);
	}
	return -1UL;
}
