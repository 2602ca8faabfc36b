// SPDX-License-Identifier: GPL-2.0-only
/*
 * Self tests of address spaces, on spaces that no CPU has loaded: contents are
 * read and written through aspace_access(), which takes real faults.
 */
#include <tern/lib/ktest.h>
#include <tern/lib/string.h>

#include "mm_impl.h"
#include "usage_impl.h"

#define RW	(REGION_READ | REGION_WRITE | REGION_MAYALL)
#define BASE	0x10000000UL

static long map_anon(struct aspace *as, uptr addr, size_t npages, u32 rflags, u32 map_flags)
{
	struct map_request req = {
		.addr = addr, .len = npages << PAGE_SHIFT, .rflags = rflags,
		.map_flags = map_flags | MAP_PRIVATE | MAP_ANONYMOUS,
	};

	return aspace_map(as, &req);
}

static bool poke(struct aspace *as, uptr addr, u64 v)
{
	return aspace_access(as, addr, &v, sizeof(v), true, false) == sizeof(v);
}

static u64 peek(struct aspace *as, uptr addr)
{
	u64 v = ~0UL;

	return aspace_access(as, addr, &v, sizeof(v), false, false) == sizeof(v) ? v : ~0UL;
}

/* Is the tree in order, without overlaps, with right gaps and totals? */
static bool is_sound(struct aspace *as)
{
	struct region *rg, *prev = NULL;
	u64 pages = 0, n = 0;

	rbtree_foreach(rg, &as->as_regions, node) {
		uptr from = prev ? prev->end : 0, to = region_guard_start(rg);

		if (rg->start >= rg->end || (prev && prev->end > rg->start))
			return false;
		if (rg->gap != (to > from ? to - from : 0))
			return false;
		pages += region_pages(rg);
		n++;
		prev = rg;
	}
	return pages == as->total_vm && n == as->nregions;
}

TEST(mm_region, gaps_are_found_from_the_top)
{
	struct aspace *as = aspace_create();
	long a, b, c;

	REQUIRE(as != NULL);
	as->mmap_base = 0x7f0000000000;
	a = map_anon(as, 0, 16, RW, 0);
	b = map_anon(as, 0, 16, REGION_READ | REGION_MAYALL, 0);
	c = map_anon(as, 0, 16, RW, 0);
	EXPECT_EQ(a, 0x7f0000000000 - (16 << PAGE_SHIFT));
	EXPECT_EQ(b, a - (16 << PAGE_SHIFT));
	EXPECT_EQ(c, b - (16 << PAGE_SHIFT));
	EXPECT_EQ(as->nregions, 3);
	EXPECT_EQ(aspace_unmap(as, b, 16 << PAGE_SHIFT), 0);
	EXPECT_EQ(map_anon(as, 0, 20, RW, 0), c - (20 << PAGE_SHIFT));
	EXPECT_EQ(map_anon(as, 0, 16, RW, 0), b);
	/* All four agree now and touch: one region. */
	EXPECT_EQ(as->nregions, 1);
	EXPECT(is_sound(as));
	aspace_put(as);
}

TEST(mm_region, fixed_mappings_replace_or_refuse)
{
	struct aspace *as = aspace_create();

	REQUIRE(as != NULL);
	EXPECT_EQ(map_anon(as, BASE, 16, RW, MAP_FIXED), BASE);
	EXPECT(poke(as, BASE + 5 * PAGE_SIZE, 77));
	EXPECT_EQ(map_anon(as, BASE + 4 * PAGE_SIZE, 4, RW, MAP_FIXED_NOREPLACE), -EEXIST);
	EXPECT_EQ(map_anon(as, BASE + 4 * PAGE_SIZE, 4, REGION_READ | REGION_MAYALL, MAP_FIXED),
		  BASE + 4 * PAGE_SIZE);
	EXPECT_EQ(as->nregions, 3);
	EXPECT_EQ(peek(as, BASE + 5 * PAGE_SIZE), 0);
	EXPECT(!poke(as, BASE + 5 * PAGE_SIZE, 1));
	EXPECT_EQ(map_anon(as, BASE + 1, 4, RW, MAP_FIXED), -EINVAL);
	EXPECT_EQ(map_anon(as, USER_END - PAGE_SIZE, 2, RW, MAP_FIXED), -ENOMEM);
	EXPECT(is_sound(as));
	aspace_put(as);
}

TEST(mm_region, unmapping_frees_every_page)
{
	struct aspace *as = aspace_create();
	s64 anon = vmstat_read(VMSTAT_ANON);

	REQUIRE(as != NULL);
	EXPECT_EQ(map_anon(as, BASE, 1024, RW, MAP_FIXED), BASE);
	for (u32 i = 0; i < 1024; i += 3)
		EXPECT(poke(as, BASE + i * PAGE_SIZE, i));
	EXPECT_EQ(atomic_read(&as->rss[RSS_ANON]), 342);
	EXPECT_EQ(vmstat_read(VMSTAT_ANON), anon + 342);
	EXPECT_EQ(aspace_unmap(as, BASE + 100 * PAGE_SIZE, 800 * PAGE_SIZE), 0);
	EXPECT_EQ(as->nregions, 2);
	EXPECT_EQ(peek(as, BASE + 99 * PAGE_SIZE), 99);
	EXPECT_EQ(peek(as, BASE + 102 * PAGE_SIZE), ~0UL);
	EXPECT(is_sound(as));
	EXPECT_EQ(aspace_unmap(as, 0, USER_END), 0);
	EXPECT_EQ(atomic_read(&as->rss[RSS_ANON]), 0);
	EXPECT_EQ(as->total_vm, 0);
	aspace_put(as);
	EXPECT_EQ(vmstat_read(VMSTAT_ANON), anon);
}

TEST(mm_region, protection_splits_and_merges)
{
	struct aspace *as = aspace_create();

	REQUIRE(as != NULL);
	EXPECT_EQ(map_anon(as, BASE, 30, RW, MAP_FIXED), BASE);
	EXPECT(poke(as, BASE + 12 * PAGE_SIZE, 5));
	EXPECT_EQ(aspace_protect(as, BASE + 10 * PAGE_SIZE, 10 * PAGE_SIZE, 0), 0);
	EXPECT_EQ(as->nregions, 3);
	EXPECT_EQ(peek(as, BASE + 12 * PAGE_SIZE), ~0UL);
	EXPECT_EQ(atomic_read(&as->rss[RSS_ANON]), 1);
	EXPECT_EQ(aspace_protect(as, BASE + 10 * PAGE_SIZE, 10 * PAGE_SIZE, REGION_READ), 0);
	EXPECT_EQ(peek(as, BASE + 12 * PAGE_SIZE), 5);
	EXPECT(!poke(as, BASE + 12 * PAGE_SIZE, 6));
	EXPECT_EQ(aspace_protect(as, BASE, 30 * PAGE_SIZE, REGION_READ | REGION_WRITE), 0);
	EXPECT_EQ(as->nregions, 1);
	EXPECT(poke(as, BASE + 12 * PAGE_SIZE, 6));
	EXPECT_EQ(peek(as, BASE + 12 * PAGE_SIZE), 6);
	EXPECT_EQ(aspace_protect(as, BASE, 31 * PAGE_SIZE, REGION_READ), -ENOMEM);
	EXPECT(is_sound(as));
	aspace_put(as);
}

TEST(mm_region, fork_copies_on_write)
{
	struct aspace *as = aspace_create(), *child;
	s64 anon = vmstat_read(VMSTAT_ANON);

	REQUIRE(as != NULL);
	EXPECT_EQ(map_anon(as, BASE, 8, RW, MAP_FIXED), BASE);
	for (u32 i = 0; i < 4; i++)
		EXPECT(poke(as, BASE + i * PAGE_SIZE, 100 + i));
	child = aspace_fork(as);
	REQUIRE(!IS_ERR(child));
	EXPECT_EQ(vmstat_read(VMSTAT_ANON), anon + 4);
	EXPECT_EQ(atomic_read(&child->rss[RSS_ANON]), 4);
	EXPECT_EQ(peek(child, BASE + PAGE_SIZE), 101);
	EXPECT(poke(child, BASE + PAGE_SIZE, 7));
	EXPECT_EQ(peek(as, BASE + PAGE_SIZE), 101);
	EXPECT_EQ(peek(child, BASE + PAGE_SIZE), 7);
	EXPECT_EQ(vmstat_read(VMSTAT_ANON), anon + 5);
	EXPECT(poke(as, BASE + 2 * PAGE_SIZE, 8));
	EXPECT_EQ(peek(child, BASE + 2 * PAGE_SIZE), 102);
	EXPECT(is_sound(child));
	aspace_put(as);
	EXPECT(poke(child, BASE + 3 * PAGE_SIZE, 9));
	EXPECT_EQ(peek(child, BASE), 100);
	aspace_put(child);
	EXPECT_EQ(vmstat_read(VMSTAT_ANON), anon);
}

TEST(mm_region, forced_write_makes_a_private_copy)
{
	struct aspace *as = aspace_create();
	u64 v = 42;

	REQUIRE(as != NULL);
	EXPECT_EQ(map_anon(as, BASE, 2, REGION_READ | REGION_MAYALL, MAP_FIXED), BASE);
	EXPECT_EQ(peek(as, BASE), 0);
	EXPECT(!poke(as, BASE, 1));
	EXPECT_EQ(aspace_access(as, BASE, &v, sizeof(v), true, true), sizeof(v));
	EXPECT_EQ(peek(as, BASE), 42);
	EXPECT(!poke(as, BASE, 1));
	aspace_put(as);
}

TEST(mm_region, remap_moves_pages)
{
	struct aspace *as = aspace_create();
	long at;

	REQUIRE(as != NULL);
	as->mmap_base = 0x7f0000000000;
	EXPECT_EQ(map_anon(as, BASE, 4, RW, MAP_FIXED), BASE);
	EXPECT_EQ(map_anon(as, BASE + 5 * PAGE_SIZE, 1, RW, MAP_FIXED), BASE + 5 * PAGE_SIZE);
	EXPECT(poke(as, BASE + 3 * PAGE_SIZE, 33));
	EXPECT_EQ(aspace_remap(as, BASE, 4 * PAGE_SIZE, 5 * PAGE_SIZE, 0, 0), BASE);
	EXPECT_EQ(aspace_remap(as, BASE, 5 * PAGE_SIZE, 9 * PAGE_SIZE, 0, 0), -ENOMEM);
	at = aspace_remap(as, BASE, 5 * PAGE_SIZE, 9 * PAGE_SIZE, MREMAP_MAYMOVE, 0);
	REQUIRE(at > 0);
	EXPECT_EQ(peek(as, at + 3 * PAGE_SIZE), 33);
	EXPECT_EQ(peek(as, BASE), ~0UL);
	EXPECT_EQ(aspace_remap(as, at, 9 * PAGE_SIZE, 2 * PAGE_SIZE, 0, 0), at);
	EXPECT_EQ(peek(as, at + 3 * PAGE_SIZE), ~0UL);
	EXPECT_EQ(aspace_remap(as, at, 2 * PAGE_SIZE, 2 * PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED,
			       BASE + 64 * PAGE_SIZE), BASE + 64 * PAGE_SIZE);
	EXPECT(is_sound(as));
	aspace_put(as);
}

TEST(mm_region, stack_grows_to_its_limit)
{
	struct aspace *as = aspace_create();
	uptr top = 0x7ffff0000000;

	REQUIRE(as != NULL);
	as->limit_stack = 64 * PAGE_SIZE;
	EXPECT_EQ(aspace_stack_setup(as, top, 4 * PAGE_SIZE, false), 0);
	EXPECT(poke(as, top - 40 * PAGE_SIZE, 1));
	EXPECT_EQ(region_first(as)->start, top - 40 * PAGE_SIZE);
	EXPECT(!poke(as, top - 65 * PAGE_SIZE, 1));
	EXPECT_EQ(as->stack_vm, 40);
	/* Nothing may settle in the guard below it. */
	as->mmap_base = top;
	EXPECT(map_anon(as, 0, 1, RW, 0) <= (long)(top - (40 + 256 + 1) * PAGE_SIZE));
	EXPECT(is_sound(as));
	aspace_put(as);
}

TEST(mm_region, heap_moves_both_ways)
{
	struct aspace *as = aspace_create();

	REQUIRE(as != NULL);
	as->start_brk = as->brk = BASE + 123;
	EXPECT_EQ(aspace_brk(as, 0), BASE + 123);
	EXPECT_EQ(aspace_brk(as, BASE + 100000), BASE + 100000);
	EXPECT(poke(as, BASE + 99000, 3));
	EXPECT_EQ(aspace_brk(as, BASE + 200000), BASE + 200000);
	EXPECT_EQ(as->nregions, 1);
	EXPECT_EQ(aspace_brk(as, BASE + 123), BASE + 123);
	EXPECT_EQ(peek(as, BASE + 99000), ~0UL);
	EXPECT(is_sound(as));
	aspace_put(as);
}

TEST(mm_region, shared_memory_is_shared)
{
	struct aspace *as = aspace_create(), *child;
	struct map_request req = {
		.addr = BASE, .len = 8 * PAGE_SIZE, .rflags = RW | REGION_SHARED,
		.map_flags = MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED,
	};
	s64 shmem = vmstat_read(VMSTAT_SHMEM);

	REQUIRE(as != NULL);
	REQUIRE_EQ(aspace_shmem_map(&req), 0);
	EXPECT_EQ(aspace_map(as, &req), BASE);
	aspace_shmem_done(&req);
	EXPECT(poke(as, BASE + PAGE_SIZE, 1));
	child = aspace_fork(as);
	REQUIRE(!IS_ERR(child));
	EXPECT_EQ(peek(child, BASE + PAGE_SIZE), 1);
	EXPECT(poke(child, BASE + 2 * PAGE_SIZE, 2));
	EXPECT_EQ(peek(as, BASE + 2 * PAGE_SIZE), 2);
	EXPECT_EQ(vmstat_read(VMSTAT_SHMEM), shmem + 2);
	EXPECT_EQ(aspace_advise(as, BASE, 8 * PAGE_SIZE, MADV_REMOVE), 0);
	EXPECT_EQ(peek(child, BASE + PAGE_SIZE), 0);
	aspace_put(as);
	aspace_put(child);
	EXPECT_EQ(vmstat_read(VMSTAT_SHMEM), shmem);
}

TEST(mm_region, advice_is_done_or_refused)
{
	struct aspace *as = aspace_create();

	REQUIRE(as != NULL);
	EXPECT_EQ(map_anon(as, BASE, 8, RW, MAP_FIXED), BASE);
	EXPECT(poke(as, BASE, 9));
	EXPECT_EQ(aspace_advise(as, BASE, PAGE_SIZE, MADV_DONTNEED), 0);
	EXPECT_EQ(peek(as, BASE), 0);
	EXPECT_EQ(aspace_advise(as, BASE, PAGE_SIZE, MADV_MERGEABLE), -EINVAL);
	EXPECT_EQ(aspace_advise(as, BASE, PAGE_SIZE, 12345), -EINVAL);
	EXPECT_EQ(aspace_advise(as, BASE + 4 * PAGE_SIZE, 8 * PAGE_SIZE, MADV_DONTNEED), -ENOMEM);
	EXPECT_EQ(aspace_advise(as, BASE + PAGE_SIZE, PAGE_SIZE, MADV_DONTFORK), 0);
	EXPECT_EQ(as->nregions, 3);
	EXPECT_EQ(aspace_advise(as, BASE, 8 * PAGE_SIZE, MADV_POPULATE_WRITE), 0);
	EXPECT_EQ(atomic_read(&as->rss[RSS_ANON]), 8);
	aspace_put(as);
}

TEST(mm_region, page_tables_are_counted_and_freed)
{
	struct aspace *as = aspace_create();
	s64 tables = vmstat_read(VMSTAT_PAGETABLE);

	REQUIRE(as != NULL);
	for (uptr at = BASE; at < BASE + (64UL << 30); at += 3UL << 30) {
		EXPECT_EQ(map_anon(as, at, 4, RW, MAP_FIXED), at);
		EXPECT(poke(as, at, 1));
	}
	EXPECT_EQ(vmstat_read(VMSTAT_PAGETABLE) - tables, 1 + 22 * 2);
	EXPECT_EQ(atomic_read(&as->pt_bytes), (1 + 22 * 2) * PAGE_SIZE);
	for (uptr at = BASE; at < BASE + (60UL << 30); at += 3UL << 30)
		EXPECT_EQ(aspace_unmap(as, at, 4 * PAGE_SIZE), 0);
	EXPECT_EQ(atomic_read(&as->pt_bytes), (1 + 2 * 2) * PAGE_SIZE);
	unmap_all(as);
	EXPECT_EQ(atomic_read(&as->pt_bytes), 0);
	aspace_put(as);
	EXPECT_EQ(vmstat_read(VMSTAT_PAGETABLE), tables - 1);
}
