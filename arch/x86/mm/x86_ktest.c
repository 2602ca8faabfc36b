// SPDX-License-Identifier: GPL-2.0-only
/* Self tests of page tables, user copies, bulk memory, calls between CPUs, and the clock. */
#include <asm/aspace.h>
#include <asm/clock.h>
#include <asm/pgtable.h>
#include <asm/smp.h>
#include <asm/tlb.h>
#include <asm/uaccess.h>
#include <tern/lib/ktest.h>
#include <tern/lib/string.h>
#include <tern/mm/aspace.h>
#include <tern/mm/page.h>
#include <tern/mm/slab.h>

#include "../pt_impl.h"

/* ---- bulk memory against byte loops ---- */

static void fill(u8 *p, size_t n, u32 seed)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (u8)(seed + i * 7);
}

TEST(x86_memops, copies_and_moves_every_small_size)
{
	static u8 a[300], b[300], want[300];

	for (size_t n = 0; n < 130; n++) {
		fill(a, sizeof(a), (u32)n);
		fill(b, sizeof(b), 99);
		(memcpy)(b + 3, a + 5, n);
		REQUIRE_EQ((memcmp)(b + 3, a + 5, n), 0);
		REQUIRE_EQ(b[3 + n], (u8)(99 + (3 + n) * 7));
		for (size_t shift = 0; shift < 20; shift += 3) {
			fill(a, sizeof(a), 5);
			for (size_t i = 0; i < sizeof(a); i++)
				want[i] = a[i];
			for (size_t i = 0; i < n; i++)
				want[30 + shift + i] = a[30 + i];
			(memmove)(a + 30 + shift, a + 30, n);
			REQUIRE_EQ((memcmp)(a, want, sizeof(a)), 0);
		}
	}
}

TEST(x86_memops, sets_every_small_size)
{
	static u8 a[300];

	for (size_t n = 0; n < 200; n++) {
		fill(a, sizeof(a), 1);
		(memset)(a + 1, 0xee, n);
		REQUIRE_EQ(a[0], 1);
		for (size_t i = 0; i < n; i++)
			REQUIRE_EQ(a[1 + i], 0xee);
		REQUIRE_EQ(a[1 + n], (u8)(1 + (1 + n) * 7));
	}
}

/* ---- page tables ---- */

TEST(x86_pagetable, kernel_mapping_is_found_and_removed)
{
	uptr va = EARLY_MMIO_END - 8 * PAGE_SIZE;
	struct page *page = page_alloc(0, ALLOC_KERNEL | ALLOC_ZERO);

	REQUIRE(page);
	EXPECT_EQ(pt_map_kernel(va, page_to_phys(page), 1, PROT_R | PROT_W | PROT_X), -EINVAL);
	REQUIRE_EQ(pt_map_kernel(va, page_to_phys(page), 1, PROT_R | PROT_W), 0);
	EXPECT_EQ(pt_map_kernel(va, page_to_phys(page), 1, PROT_R), -EEXIST);
	EXPECT_EQ(pt_kernel_lookup(va + 5), page_to_phys(page) + 5);
	*(volatile u32 *)va = 0x1234;
	EXPECT_EQ(*(u32 *)page_to_virt(page), 0x1234);
	pt_unmap_kernel(va, 1);
	tlb_flush_kernel(va, va + PAGE_SIZE);
	EXPECT_EQ(pt_kernel_lookup(va), -1UL);
	page_put(page);
}

TEST(x86_pagetable, image_is_never_writable_and_executable)
{
	extern char _text[], _end[];

	for (uptr va = (uptr)_text; va < (uptr)_end; va += PAGE_SIZE) {
		pte_t *slot = pt_kernel_slot(va, 1, false);

		if (slot && pte_present(pte_load(slot)))
			REQUIRE(!pte_writable(pte_load(slot)) || (pte_load(slot).v & PTE_NX));
	}
	EXPECT(!pte_writable(pte_load(pt_kernel_slot((uptr)_text, 1, false))));
	EXPECT_EQ(pt_kernel_lookup(0), -1UL);
}

TEST(x86_pagetable, huge_entry_splits_into_the_same_pages)
{
	struct arch_aspace aa;
	uptr va = 0x40000000;
	bool huge;
	pte_t *slot;

	REQUIRE_EQ(arch_aspace_init(&aa), 0);
	REQUIRE_EQ(pt_set_huge(aa.root, va, pte_make(0x200000 >> PAGE_SHIFT, PROT_R | PROT_USER)), 0);
	EXPECT_EQ(pt_set_huge(aa.root, va, pte_make(0, PROT_R)), -EEXIST);
	slot = pt_walk(aa.root, va + PAGE_SIZE, false, &huge);
	EXPECT(slot && huge);
	EXPECT(!pt_walk(aa.root, va, false, NULL));
	REQUIRE_EQ(pt_split_huge(aa.root, va), 0);
	slot = pt_walk(aa.root, va + 5 * PAGE_SIZE, false, &huge);
	REQUIRE(slot && !huge);
	EXPECT_EQ(pte_pfn(pte_load(slot)), (0x200000 >> PAGE_SHIFT) + 5);
	EXPECT(!pte_huge(pte_load(slot)));
	for (u32 i = 0; i < PT_ENTRIES; i++)
		pte_store(pt_walk(aa.root, va + i * PAGE_SIZE, false, &huge), (pte_t){ 0 });
	{
		static struct aspace as;
		struct tlb_gather tg;

		as.arch = aa;
		as.arch.cpus = &as.arch.cpus_inline;
		tlb_gather_init(&tg, &as);
		EXPECT_EQ(pt_free_range(&tg, aa.root, va, va + HUGE_PAGE_SIZE, 0, USER_END), 3);
		tlb_gather_fini(&tg);
	}
	arch_aspace_fini(&aa);
}

/* ---- user copies: addresses that cannot work ---- */

TEST(x86_uaccess, bad_ranges_fail_and_zero)
{
	u64 v = 5;
	u8 b[16];
	char s[8];

	memset(b, 0xff, sizeof(b));
	EXPECT_EQ(user_copyin(b, (void __user *)0x10, 8), -EFAULT);
	EXPECT_EQ(b[0] | b[7], 0);
	EXPECT_EQ(b[8], 0xff);
	EXPECT_EQ(user_copyin(b, (void __user *)(USER_END - 4), 8), -EFAULT);
	EXPECT_EQ(user_copyin(b, (void __user *)-1UL, 8), -EFAULT);
	EXPECT_EQ(user_copyin(b, (void __user *)&v, 8), -EFAULT);
	EXPECT_EQ(user_copyout((void __user *)&v, b, 8), -EFAULT);
	EXPECT_EQ(v, 5);
	EXPECT_EQ(user_strncpy(s, (const char __user *)0x10, sizeof(s)), -EFAULT);
	EXPECT_EQ(user_strnlen((const char __user *)0x10, 10), 0);
	EXPECT_EQ(user_copyin_nofault(b, (void __user *)0x10, 8), 8);
	EXPECT_EQ(user_zero((void __user *)0x10, 5), 5);
}

/* ---- other CPUs ---- */

static u32 calls;

static void count_call(void *arg)
{
	__atomic_fetch_add(&calls, 1, __ATOMIC_SEQ_CST);
}

TEST(x86_smp, call_runs_once_on_each)
{
	calls = 0;
	for (u32 i = 0; i < 100; i++)
		smp_call(SMP_CALL_ALL, count_call, NULL);
	EXPECT_EQ(calls, 100 * cpu_count_online);
	calls = 0;
	for_each_online_cpu(cpu)
		smp_call(cpu, count_call, NULL);
	EXPECT_EQ(calls, cpu_count_online);
}

/* ---- clock ---- */

TEST(x86_clock, never_goes_back)
{
	nsec_t last = arch_clock_ns(), start = last;

	for (u32 i = 0; i < 10000; i++) {
		nsec_t now = arch_clock_ns();

		REQUIRE(now >= last);
		last = now;
	}
	arch_delay_ns(1000000);
	EXPECT(arch_clock_ns() - start >= 1000000);
}
