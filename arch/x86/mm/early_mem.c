// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory before the page allocator: the boot map's RAM minus a sorted list of
 * reserved ranges. early_mem_alloc() takes from the top of the highest range
 * below the limit that is mapped, so that low memory stays for devices and the
 * result is one contiguous piece in most cases; every allocation extends the
 * same reserved range downwards. The page allocator takes what is left.
 * Runs on the boot CPU only.
 */
#include "../pt_impl.h"

#include <asm/bootinfo.h>
#include <asm/early.h>
#include <tern/base/bug.h>
#include <tern/lib/string.h>

#define RESERVED_MAX	64

static struct { paddr_t start, end; } reserved[RESERVED_MAX] __initdata;
static u32 nreserved __initdata;
bool early_mem_is_closed;

/* What the tables in use reach: 4 GiB until arch_mm_setup(). */
paddr_t early_mem_limit __initdata = 1UL << 32;

void __init early_mem_reserve(paddr_t start, u64 len)
{
	paddr_t end = ALIGN_UP(start + len, PAGE_SIZE);
	u32 i, j;

	start = ALIGN_DOWN(start, PAGE_SIZE);
	if (start >= end)
		return;
	for (i = 0; i < nreserved && reserved[i].end < start; i++)
		;
	for (j = i; j < nreserved && reserved[j].start <= end; j++) {
		start = min(start, reserved[j].start);
		end = max(end, reserved[j].end);
	}
	/* [i, j) melt into one */
	if (j == i) {
		VERIFY(nreserved < RESERVED_MAX);
		memmove(&reserved[i + 1], &reserved[i], (nreserved - i) * sizeof(*reserved));
		nreserved++;
	} else {
		memmove(&reserved[i + 1], &reserved[j], (nreserved - j) * sizeof(*reserved));
		nreserved -= j - i - 1;
	}
	reserved[i].start = start;
	reserved[i].end = end;
}

/* Largest gap end <= @limit in [start, end) with room for @size; 0 if none. */
static paddr_t __init fit_down(paddr_t start, paddr_t end, u64 size, u64 align)
{
	for (u32 i = nreserved; i-- > 0 && end > start;) {
		paddr_t lo;

		if (reserved[i].start >= end)
			continue;
		lo = max(start, reserved[i].end);
		if (reserved[i].end < end && end - lo >= size) {
			paddr_t at = ALIGN_DOWN(end - size, align);

			if (at >= lo)
				return at;
		}
		end = min(end, reserved[i].start);
	}
	if (end > start && end - start >= size) {
		paddr_t at = ALIGN_DOWN(end - size, align);

		if (at >= start)
			return at;
	}
	return 0;
}

/* Small pieces come from one page after the other. */
static void *__init alloc_small(size_t size, size_t align)
{
	static u8 *at __initdata, *end __initdata;
	u8 *p = (u8 *)ALIGN_UP((uptr)at, align);

	if (!at || p + size > end) {
		p = early_mem_alloc(PAGE_SIZE, PAGE_SIZE);
		end = p + PAGE_SIZE;
	}
	at = p + size;
	return p;
}

void *__init early_mem_alloc(size_t size, size_t align)
{
	VERIFY(!early_mem_is_closed);
	size = ALIGN_UP(size, 64);
	align = max_t(size_t, align, 64);
	if (size <= PAGE_SIZE / 2 && align <= PAGE_SIZE / 2)
		return alloc_small(size, align);
	for (u32 i = bootinfo.nmem; i-- > 0;) {
		struct boot_memrange *m = &bootinfo.mem[i];
		paddr_t end = min(m->start + m->len_bytes, early_mem_limit), at;

		if (m->kind != BOOT_MEM_RAM || m->start >= end)
			continue;
		at = fit_down(m->start, ALIGN_DOWN(end, PAGE_SIZE), size, align);
		if (!at)
			continue;
		early_mem_reserve(at, size);
		memset(phys_to_virt(at), 0, size);
		return phys_to_virt(at);
	}
	kpanic("out of memory at boot: no %zu bytes in the memory map", size);
}

void __init early_mem_foreach_ram(void (*fn)(pfn_t start, pfn_t end, void *arg), void *arg)
{
	for (u32 i = 0; i < bootinfo.nmem; i++) {
		struct boot_memrange *m = &bootinfo.mem[i];
		pfn_t s = DIV_ROUND_UP(m->start, PAGE_SIZE);
		pfn_t e = (m->start + m->len_bytes) >> PAGE_SHIFT;

		if (m->kind == BOOT_MEM_RAM && s < e)
			fn(s, e, arg);
	}
}

static void __init free_in_range(pfn_t s, pfn_t e, void *arg)
{
	struct { void (*fn)(pfn_t, pfn_t, void *); void *arg; } *to = arg;

	for (u32 i = 0; i < nreserved && s < e; i++) {
		pfn_t rs = reserved[i].start >> PAGE_SHIFT, re = reserved[i].end >> PAGE_SHIFT;

		if (re <= s)
			continue;
		if (rs >= e)
			break;
		if (rs > s)
			to->fn(s, rs, to->arg);
		s = re;
	}
	if (s < e)
		to->fn(s, e, to->arg);
}

void __init early_mem_foreach_free(void (*fn)(pfn_t start, pfn_t end, void *arg), void *arg)
{
	struct { void (*fn)(pfn_t, pfn_t, void *); void *arg; } to = { fn, arg };

	early_mem_is_closed = true;
	early_mem_foreach_ram(free_in_range, &to);
}

pfn_t __init early_mem_top(void)
{
	pfn_t top = 0;

	for (u32 i = 0; i < bootinfo.nmem; i++)
		if (bootinfo.mem[i].kind == BOOT_MEM_RAM)
			top = max(top, (bootinfo.mem[i].start + bootinfo.mem[i].len_bytes) >>
				       PAGE_SHIFT);
	return top;
}
