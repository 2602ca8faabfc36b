// SPDX-License-Identifier: GPL-2.0-only
/* Self tests of the allocators: buddy, object caches, kva, per-CPU memory. */
#include <asm/cpu.h>
#include <tern/base/percpu_alloc.h>
#include <tern/lib/ktest.h>
#include <tern/lib/string.h>
#include <tern/mm/kva.h>

#include "mm_impl.h"

#define MANY	200

TEST(mm_buddy, blocks_are_aligned_and_come_back)
{
	struct page *p[BUDDY_ORDERS];
	u64 before;

	pcp_drain_all();
	before = page_count_free();
	for (u32 o = 0; o < BUDDY_ORDERS; o++) {
		p[o] = page_alloc(o, ALLOC_KERNEL);
		REQUIRE(p[o] != NULL);
		EXPECT(IS_ALIGNED(page_to_pfn(p[o]), 1UL << o));
		EXPECT_EQ(atomic_read(&p[o]->refcount), 1);
	}
	EXPECT_EQ(page_count_free(), before - (BIT(BUDDY_ORDERS) - 1));
	for (u32 o = 0; o < BUDDY_ORDERS; o++)
		page_free(p[o], o);
	EXPECT_EQ(page_count_free(), before);
}

TEST(mm_buddy, zeroed_pages_are_zero)
{
	for (u32 o = 0; o < 4; o++) {
		void *va = page_alloc_kva(o, ALLOC_KERNEL);

		REQUIRE(va != NULL);
		memset(va, 0xa5, PAGE_SIZE << o);
		page_free_kva(va, o);
		va = page_alloc_kva(o, ALLOC_KERNEL | ALLOC_ZERO);
		REQUIRE(va != NULL);
		EXPECT(mem_is_zero(va, PAGE_SIZE << o));
		page_free_kva(va, o);
	}
}

TEST(mm_buddy, compound_tails_find_their_head)
{
	struct page *p = page_alloc(3, ALLOC_KERNEL | ALLOC_COMPOUND);

	REQUIRE(p != NULL);
	EXPECT_EQ(page_order(p), 3);
	for (u32 i = 0; i < 8; i++)
		EXPECT(page_head(p + i) == p);
	page_get(p + 5);
	EXPECT_EQ(atomic_read(&p->refcount), 2);
	page_put(p);
	page_put(p + 1);
	EXPECT_EQ(p[1].compound_head, 0);
}

TEST(mm_buddy, extra_reference_outlives_page_free)
{
	struct page *p = page_alloc(1, ALLOC_KERNEL);
	u64 before;

	REQUIRE(p != NULL);
	page_get(p);
	before = page_count_free();
	page_free(p, 1);		/* the second page goes, the first stays */
	EXPECT_EQ(page_count_free(), before + 1);
	page_put(p);
	EXPECT_EQ(page_count_free(), before + 2);
}

TEST(mm_buddy, bulk_pages_are_distinct)
{
	static struct page *p[MANY];
	u64 before = page_count_free();

	REQUIRE_EQ(page_alloc_bulk(MANY, p, ALLOC_KERNEL), MANY);
	for (u32 i = 0; i < MANY; i++)
		*(u64 *)page_to_virt(p[i]) = i;
	for (u32 i = 0; i < MANY; i++)
		EXPECT_EQ(*(u64 *)page_to_virt(p[i]), i);
	for (u32 i = 0; i < MANY; i++)
		page_free(p[i], 0);
	EXPECT_EQ(page_count_free(), before);
}

TEST(mm_buddy, too_large_orders_fail)
{
	EXPECT(page_alloc(BUDDY_ORDER_MAX + 1, ALLOC_KERNEL) == NULL);
	EXPECT(kmem_alloc_sized((PAGE_SIZE << BUDDY_ORDER_MAX) + 1, ALLOC_KERNEL) == NULL);
}

TEST(mm_slab, every_size_fits_and_is_aligned)
{
	for (size_t size = 1; size <= 20000; size += size < 300 ? 1 : 97) {
		u8 *p = kmem_alloc_sized(size, ALLOC_KERNEL);

		REQUIRE(p != NULL);
		EXPECT(kmem_size(p) >= size);
		EXPECT(kmem_size(p) < 2 * size || size < 8);
		EXPECT(IS_ALIGNED((uptr)p, 8));
		if (is_pow2(size) && size >= 8)
			EXPECT(IS_ALIGNED((uptr)p, size));
		p[0] = p[size - 1] = 1;
		kmem_free(p);
	}
}

TEST(mm_slab, classes_follow_the_shared_table)
{
	static const u16 want[14] = { 0, 96, 192, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192 };

	for (u32 row = 0; row < 4; row++)
		for (u32 k = 1; k < 14; k++) {
			REQUIRE(kmem_classes[row][k] != NULL);
			EXPECT_EQ(objcache_size(kmem_classes[row][k]), want[k]);
		}
	for (size_t n = 1; n <= 8192; n++) {
		u32 k = kmem_class_of(n);

		REQUIRE(want[k] >= n);
		REQUIRE(k == 3 || want[k] < 2 * n);
	}
}

TEST(mm_slab, zero_size_and_null)
{
	void *p = kmem_alloc(0, ALLOC_KERNEL);

	EXPECT_EQ((uptr)p, 16);
	EXPECT_EQ(kmem_size(p), 0);
	kmem_free(p);
	kmem_free(NULL);
	EXPECT(kmem_calloc(1UL << 40, 1UL << 40, ALLOC_KERNEL) == NULL);
}

TEST(mm_slab, realloc_keeps_contents)
{
	u8 *p = kmem_alloc(100, ALLOC_KERNEL), *q;

	REQUIRE(p != NULL);
	for (u32 i = 0; i < 100; i++)
		p[i] = i;
	q = kmem_realloc(p, 5000, ALLOC_KERNEL);
	REQUIRE(q != NULL);
	for (u32 i = 0; i < 100; i++)
		EXPECT_EQ(q[i], i);
	kmem_free(q);
}

static void count_ctor(void *obj)
{
	*(u64 *)obj = 0x1234;
}

TEST(mm_slab, cache_counts_its_objects)
{
	struct objcache *c = objcache_create("ktest", 40, 0, 0, count_ctor);
	static void *obj[1000];
	u64 free_before;

	REQUIRE(c != NULL);
	free_before = page_count_free();
	for (u32 i = 0; i < 1000; i++) {
		obj[i] = objcache_alloc(c, ALLOC_KERNEL);
		REQUIRE(obj[i] != NULL);
		EXPECT_EQ(*(u64 *)obj[i], 0x1234);
	}
	EXPECT_EQ(objcache_in_use(c), 1000);
	for (u32 i = 0; i < 1000; i++)
		for (u32 k = i + 1; k < i + 5 && k < 1000; k++)
			EXPECT(obj[i] != obj[k]);
	for (u32 i = 0; i < 1000; i++)
		objcache_free(c, obj[(i * 7) % 1000]);
	EXPECT_EQ(objcache_in_use(c), 0);
	objcache_destroy(c);
	EXPECT(page_count_free() >= free_before);
}

TEST(mm_kva, ranges_have_guards_and_are_zeroed)
{
	u8 *p = kva_alloc(3 * PAGE_SIZE, ALLOC_KERNEL | ALLOC_ZERO);

	REQUIRE(p != NULL);
	EXPECT(kva_contains(p));
	EXPECT(mem_is_zero(p, 3 * PAGE_SIZE));
	memset(p, 0x5a, 3 * PAGE_SIZE);
	EXPECT(pt_kernel_lookup((uptr)p + 2 * PAGE_SIZE) != -1UL);
	EXPECT(pt_kernel_lookup((uptr)p + 3 * PAGE_SIZE) == -1UL);
	kva_free(p);
	EXPECT(pt_kernel_lookup((uptr)p) == -1UL);
}

TEST(mm_kva, memory_comes_back)
{
	s64 used = vmstat_read(VMSTAT_KVA);
	void *p[32];

	for (u32 round = 0; round < 20; round++) {
		for (u32 i = 0; i < 32; i++) {
			p[i] = kva_alloc((i + 1) * PAGE_SIZE, ALLOC_KERNEL);
			REQUIRE(p[i] != NULL);
			*(u64 *)p[i] = i;
		}
		for (u32 i = 0; i < 32; i++)
			EXPECT_EQ(*(u64 *)p[i], i);
		for (u32 i = 0; i < 32; i++)
			kva_free(p[(i * 5) % 32]);
	}
	EXPECT_EQ(vmstat_read(VMSTAT_KVA), used);
}

TEST(mm_kva, page_mappings_show_the_pages)
{
	struct page *pg[2];
	u64 *va;

	REQUIRE_EQ(page_alloc_bulk(2, pg, ALLOC_KERNEL | ALLOC_ZERO), 2);
	va = kva_map_pages(pg, 2, PROT_R | PROT_W);
	REQUIRE(va != NULL);
	va[0] = 11;
	va[512] = 22;
	EXPECT_EQ(*(u64 *)page_to_virt(pg[0]), 11);
	EXPECT_EQ(*(u64 *)page_to_virt(pg[1]), 22);
	kva_unmap_pages(va);
	page_free(pg[0], 0);
	page_free(pg[1], 0);
}

TEST(mm_kva, module_window_and_stacks)
{
	u8 *m = kva_alloc_module(5000), *s;
	u8 *more[12];

	REQUIRE(m != NULL);
	EXPECT((uptr)m >= MODULE_BASE && (uptr)m < MODULE_END);
	kva_free(m);
	for (u32 i = 0; i < 12; i++) {
		s = more[i] = kstack_alloc();
		REQUIRE(s != NULL);
		EXPECT(IS_ALIGNED((uptr)s, KSTACK_SIZE));
		EXPECT(pt_kernel_lookup((uptr)s - 1) == -1UL);
		s[0] = s[KSTACK_SIZE - 1] = 1;
	}
	for (u32 i = 0; i < 12; i++)
		kstack_free(more[i]);
	kva_reap_deferred();
}

TEST(mm_percpu, objects_are_zero_and_separate)
{
	u64 *a, *b;

	for (u32 round = 0; round < 3; round++) {
		a = percpu_alloc(24, 8);
		b = percpu_alloc(8192, 64);
		REQUIRE(a && b);
		EXPECT(IS_ALIGNED((uptr)b, 64));
		for_each_possible_cpu(cpu) {
			u64 *pa = (u64 *)((uptr)a + percpu_base[cpu]);
			u64 *pb = (u64 *)((uptr)b + percpu_base[cpu]);

			EXPECT(mem_is_zero(pa, 24));
			EXPECT(mem_is_zero(pb, 8192));
			memset(pa, 0xff, 24);
			memset(pb, 0xff, 8192);
		}
		percpu_free(a);
		percpu_free(b);
	}
	EXPECT(percpu_alloc(64 * 1024, 8) == NULL);
}

TEST(mm_percpu, grows_past_one_chunk)
{
	void *p[6];

	for (u32 i = 0; i < 6; i++) {
		p[i] = percpu_alloc(32 * 1024, 16);
		REQUIRE(p[i] != NULL);
	}
	for (u32 i = 0; i < 6; i++)
		percpu_free(p[i]);
}
