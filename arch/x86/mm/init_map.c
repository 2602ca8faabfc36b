// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's final address map, built once from the boot memory map:
 *
 *	direct map	RAM and firmware tables, largest pages that fit, no
 *			execution; the image's code and constants also read-only
 *	image		each section with its own rights, nothing both writable
 *			and executable
 *	page array	only where RAM is (arch_map_page_array())
 *	early devices	early_mmio_map()
 *
 * Address 0 and everything else in the low half is unmapped.
 */
#include "../pt_impl.h"

#include <asm/bootinfo.h>
#include <asm/cpufeature.h>
#include <asm/early.h>
#include <asm/msr.h>
#include <asm/percpu_area.h>
#include <asm/tlb.h>
#include <tern/base/bug.h>
#include <tern/mm/page.h>

#include "../cpu_impl.h"

u64 va_direct_base __ro_after_init = 0xffff888000000000;
u64 va_pages_base __ro_after_init = 0xffffea0000000000;
u64 va_image_offset __ro_after_init;

extern char _text[], _etext[], __rodata_start[], __rodata_end[], _sdata[], _end[];
extern char __ro_after_init_start[], __ro_after_init_end[], __init_begin[], __inittext_end[];
extern char __bss_stop[], __kallsyms_start[], __kallsyms_end[];

/* Map [pa, end) at va with pages up to 1 GiB; what is mapped already stays. */
static void __init map_linear(uptr va, paddr_t pa, paddr_t end, u64 bits)
{
	while (pa < end) {
		u32 level = 1;
		pte_t *slot;

		if (IS_ALIGNED(pa | va, 1UL << pt_shift(2)) && end - pa >= 1UL << pt_shift(2))
			level = 2;
		if (cpu_has(FEAT_GBPAGES) && IS_ALIGNED(pa | va, 1UL << pt_shift(3)) &&
		    end - pa >= 1UL << pt_shift(3))
			level = 3;
		slot = pt_kernel_slot(va, level, true);
		if (slot && pte_present(pte_load(slot)) && level > 1 && !pte_huge(pte_load(slot))) {
			level = 1;	/* part of it is mapped small */
			slot = pt_kernel_slot(va, 1, true);
		}
		if (slot && pte_none(pte_load(slot)))
			pte_store(slot, (pte_t){ pa | bits | (level > 1 ? PTE_HUGE : 0) });
		pa += 1UL << pt_shift(level);
		va += 1UL << pt_shift(level);
	}
}

static void __init map_direct(uptr base)
{
	u64 bits = pt_prot_bits(PROT_R | PROT_W | PROT_GLOBAL) | PTE_DIRTY;

	map_linear(base, 0, 0x100000, bits);
	for (u32 i = 0; i < bootinfo.nmem; i++) {
		struct boot_memrange *m = &bootinfo.mem[i];
		paddr_t start = m->start, end = m->start + m->len_bytes;

		if (m->kind != BOOT_MEM_RAM && m->kind != BOOT_MEM_ACPI && m->kind != BOOT_MEM_NVS)
			continue;
		start = m->kind == BOOT_MEM_RAM ? ALIGN_UP(start, PAGE_SIZE)
						: ALIGN_DOWN(start, PAGE_SIZE);
		end = m->kind == BOOT_MEM_RAM ? ALIGN_DOWN(end, PAGE_SIZE) : ALIGN_UP(end, PAGE_SIZE);
		if (start < end)
			map_linear(base + start, start, end, bits);
	}
}

bool paddr_in_direct_map(paddr_t pa, u64 len)
{
	if (!len || pa + len < pa)
		return false;
	for (paddr_t at = ALIGN_DOWN(pa, PAGE_SIZE); at < pa + len; at += PAGE_SIZE)
		if (pt_kernel_lookup(va_direct_base + at) == -1UL)
			return false;
	return true;
}

static void __init map_image(const char *from, const char *to, u32 prot)
{
	int err = pt_map_kernel((uptr)from, virt_to_phys(from), (to - from) >> PAGE_SHIFT,
				prot | PROT_GLOBAL);

	VERIFY(!err);
}

/* Top entries that other address spaces copy must exist before the first copy. */
static void __init make_top_entries(void)
{
	static const uptr at[] __initdata = { KVA_BASE, PERCPU_WINDOW, EARLY_MMIO_BASE };

	for (u32 i = 0; i < ARRAY_SIZE(at); i++)
		VERIFY(pt_kernel_slot(at[i], 3, true));
	VERIFY(pt_kernel_slot(va_pages_base, 3, true));
	VERIFY(pt_kernel_slot(MODULE_BASE, 2, true));
}

#define DIRECT_ROOM	0x400000000000UL	/* 64 TiB up to the next area */
#define PAGES_ROOM	0x10000000000UL		/* 1 TiB */
#define BASE_STEP	0x40000000UL		/* 1 GiB, the largest page */

/* A multiple of BASE_STEP below @room - @size. */
static u64 __init random_offset(u64 room, u64 size)
{
	u64 steps = (room - min(size, room)) / BASE_STEP;

	return steps ? canary_random() / 256 % steps * BASE_STEP : 0;
}

/* Returns where the direct map shall lie; the page array's base is set at once. */
static uptr __init choose_bases(void)
{
	u64 top = (u64)early_mem_top() << PAGE_SHIFT;

	if (!IS_ENABLED(CONFIG_RANDOMIZE_BASE) || bootinfo_option("nokaslr", NULL, NULL))
		return va_direct_base;
	va_pages_base += random_offset(PAGES_ROOM, (top >> PAGE_SHIFT) * sizeof(struct page));
	return va_direct_base + random_offset(DIRECT_ROOM, top);
}

void __init arch_mm_setup(void)
{
	uptr direct = choose_bases();

	pte_nx = cpu_has(FEAT_NX) ? PTE_NX : 0;
	map_direct(direct);
	map_image(_text, (char *)ALIGN_UP((uptr)_etext, PAGE_SIZE), PROT_R | PROT_X);
	map_image(__rodata_start, __rodata_end, PROT_R);
	map_image(_sdata, __init_begin, PROT_R | PROT_W);
	map_image(__init_begin, __inittext_end, PROT_R | PROT_X);
	map_image(__inittext_end, __bss_stop, PROT_R | PROT_W);
	map_image(__kallsyms_start, _end, PROT_R);
	make_top_entries();
	cr3_write(virt_to_phys(kernel_root));
	va_direct_base = direct;
	early_mem_limit = U64_MAX;
	/* The same pages through the direct map. */
	VERIFY(!pt_protect_kernel((uptr)phys_to_virt(virt_to_phys(_text)),
				  (__rodata_end - _text) >> PAGE_SHIFT, PROT_R | PROT_GLOBAL));
}

void arch_protect_image(void)
{
	u64 n = (__ro_after_init_end - __ro_after_init_start) >> PAGE_SHIFT;
	int err = pt_protect_kernel((uptr)__ro_after_init_start, n, PROT_R | PROT_GLOBAL);

	if (!err)
		err = pt_protect_kernel((uptr)phys_to_virt(virt_to_phys(__ro_after_init_start)), n,
					PROT_R | PROT_GLOBAL);
	WARN_IF(err);
}

void __init arch_map_page_array(pfn_t start, pfn_t end)
{
	uptr va = ALIGN_DOWN((uptr)pfn_to_page(start), PAGE_SIZE);
	uptr stop = ALIGN_UP((uptr)pfn_to_page(end), PAGE_SIZE);
	u64 bits = pt_prot_bits(PROT_R | PROT_W | PROT_GLOBAL) | PTE_DIRTY;

	for (uptr step; va < stop; va += step) {
		pte_t *slot = pt_kernel_slot(va, 2, true);
		bool huge = IS_ALIGNED(va, HUGE_PAGE_SIZE) && stop - va >= HUGE_PAGE_SIZE &&
			    pte_none(pte_load(slot));

		step = huge ? HUGE_PAGE_SIZE : PAGE_SIZE;
		if (!huge)
			slot = pt_kernel_slot(va, 1, true);
		if (slot && pte_none(pte_load(slot)))
			pte_store(slot, (pte_t){ virt_to_phys(early_mem_alloc(step, step)) | bits |
						 (huge ? PTE_HUGE : 0) });
	}
}

static uptr early_mmio_next = EARLY_MMIO_BASE;

void *early_mmio_map(paddr_t pa, size_t size, u32 prot)
{
	paddr_t start = ALIGN_DOWN(pa, PAGE_SIZE);
	u64 n = (ALIGN_UP(pa + size, PAGE_SIZE) - start) >> PAGE_SHIFT;
	uptr va = early_mmio_next;

	if (n > (EARLY_MMIO_END - va) >> PAGE_SHIFT)
		return NULL;
	if (pt_map_kernel(va, start, n, PROT_R | PROT_W | PROT_GLOBAL | prot))
		return NULL;
	early_mmio_next = va + (n + 1) * PAGE_SIZE;
	return (void *)(va + (pa - start));
}

void early_mmio_unmap(void *va, size_t size)
{
	uptr start = ALIGN_DOWN((uptr)va, PAGE_SIZE), end = ALIGN_UP((uptr)va + size, PAGE_SIZE);

	pt_unmap_kernel(start, (end - start) >> PAGE_SHIFT);
	for (uptr at = start; at < end; at += PAGE_SIZE)
		__asm__ volatile("invlpg (%0)" : : "r" (at) : "memory");
	if (early_mmio_next == end + PAGE_SIZE)
		early_mmio_next = start;
}
