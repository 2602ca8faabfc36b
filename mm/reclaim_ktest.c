// SPDX-License-Identifier: GPL-2.0-only
/*
 * Self tests of reading in, write-back and reclaim, on an object whose store is
 * arithmetic: page i holds the number i in each word until it is written.
 */
#include <tern/lib/ktest.h>
#include <tern/lib/string.h>
#include <tern/mm/reclaim.h>

#include "pagecache_impl.h"
#include "usage_impl.h"

#define NPAGES	200u
#define BASE	0x20000000UL

static struct pagecache pc;
static u64 store[NPAGES];	/* first word of each page */
static u32 nreads, nwrites;
static bool fail_reads, fail_writes;

static int fake_read(struct pagecache *c, struct page *page)
{
	u64 *w = page_to_virt(page);

	nreads++;
	if (fail_reads) {
		page_flag_set(page, PG_ERROR);
		page_unlock(page);
		return -EIO;
	}
	for (u32 i = 0; i < PAGE_SIZE / 8; i++)
		w[i] = page->index;
	w[0] = store[page->index];
	page_flag_set(page, PG_UPTODATE);
	page_unlock(page);
	return 0;
}

static int fake_write(struct pagecache *c, struct page *page)
{
	nwrites++;
	page_start_writeback(page);
	if (fail_writes)
		pagecache_set_error(c, -EIO);
	else
		store[page->index] = *(u64 *)page_to_virt(page);
	page_unlock(page);
	page_end_writeback(page);
	return 0;
}

static int fake_write_begin(struct pagecache *c, loff_t pos, size_t len, struct page **page, void **priv)
{
	struct page *p = pagecache_read_in(c, (u64)pos >> PAGE_SHIFT);

	if (IS_ERR(p))
		return PTR_ERR(p);
	page_lock(p);
	*page = p;
	return 0;
}

static const struct pagecache_ops fake_ops = {
	.read_page = fake_read,
	.read_ahead = pagecache_read_ahead_pages,
	.write_page = fake_write,
	.write_begin = fake_write_begin,
	.write_end = pagecache_memory_write_end,
	.make_writable = pagecache_memory_make_writable,
	.release_page = pagecache_memory_release_page,
};

static void begin(void)
{
	pagecache_init(&pc, NULL, &fake_ops, 0);
	pc.anon_size = NPAGES * PAGE_SIZE;
	for (u32 i = 0; i < NPAGES; i++)
		store[i] = i;
	nreads = nwrites = 0;
	fail_reads = fail_writes = false;
}

static u64 word_at(u64 index)
{
	loff_t pos = (loff_t)(index << PAGE_SHIFT);
	u64 v = ~0UL;
	struct uio u;

	uio_init_kernel(&u, &v, sizeof(v));
	return pagecache_read(&pc, &u, &pos, NPAGES * PAGE_SIZE) == sizeof(v) ? v : ~0UL;
}

static bool write_word(u64 index, u64 v)
{
	loff_t pos = (loff_t)(index << PAGE_SHIFT);
	struct uio u;

	uio_init_kernel(&u, &v, sizeof(v));
	return pagecache_write(&pc, &u, &pos) == sizeof(v);
}

TEST(mm_reclaim, sequential_reads_read_ahead_and_each_page_once)
{
	begin();
	for (u32 i = 0; i < NPAGES; i++)
		EXPECT_EQ(word_at(i), i);
	EXPECT_EQ(nreads, NPAGES);
	EXPECT_EQ(pc.npages, NPAGES);
	pagecache_fini(&pc);
}

TEST(mm_reclaim, read_errors_are_reported_and_can_be_retried)
{
	begin();
	fail_reads = true;
	EXPECT_EQ(word_at(7), ~0UL);
	fail_reads = false;
	EXPECT_EQ(word_at(7), 7);
	pagecache_fini(&pc);
}

TEST(mm_reclaim, clean_pages_go_and_come_back)
{
	s64 lists;

	begin();
	lru_drain_all();
	lists = vmstat_read(VMSTAT_INACTIVE_FILE) + vmstat_read(VMSTAT_ACTIVE_FILE);
	for (u32 i = 0; i < NPAGES; i++)
		EXPECT_EQ(word_at(i), i);
	lru_drain_all();
	EXPECT_EQ(vmstat_read(VMSTAT_INACTIVE_FILE) + vmstat_read(VMSTAT_ACTIVE_FILE), lists + NPAGES);
	EXPECT(reclaim_drop_caches(1) >= NPAGES);
	EXPECT_EQ(pc.npages, 0);
	EXPECT_EQ(word_at(150), 150);
	pagecache_fini(&pc);
	lru_drain_all();
}

TEST(mm_reclaim, dirty_pages_stay_until_flushed)
{
	s64 dirty = vmstat_read(VMSTAT_DIRTY);

	begin();
	for (u32 i = 0; i < 10; i++)
		EXPECT(write_word(i * 3, 1000 + i));
	EXPECT_EQ(vmstat_read(VMSTAT_DIRTY), dirty + 10);
	lru_drain_all();
	(void)reclaim_drop_caches(1);
	EXPECT_EQ(pc.npages, 10);
	EXPECT_EQ(pagecache_flush(&pc, 0, 15 * PAGE_SIZE, true), 0);
	EXPECT_EQ(nwrites, 5);
	EXPECT_EQ(pagecache_flush(&pc, 0, S64_MAX, true), 0);
	EXPECT_EQ(nwrites, 10);
	EXPECT_EQ(vmstat_read(VMSTAT_DIRTY), dirty);
	EXPECT_EQ(pagecache_flush(&pc, 0, S64_MAX, true), 0);
	EXPECT_EQ(nwrites, 10);
	(void)reclaim_drop_caches(1);
	EXPECT_EQ(pc.npages, 0);
	EXPECT_EQ(word_at(27), 1009);
	pagecache_fini(&pc);
}

TEST(mm_reclaim, write_errors_are_seen_once_by_each)
{
	u32 a, b;

	begin();
	a = b = pagecache_sample_error(&pc);
	fail_writes = true;
	EXPECT(write_word(1, 2));
	EXPECT_EQ(pagecache_flush(&pc, 0, S64_MAX, true), -EIO);
	EXPECT_EQ(pagecache_check_error(&pc, &a), -EIO);
	EXPECT_EQ(pagecache_check_error(&pc, &a), 0);
	EXPECT_EQ(pagecache_check_error(&pc, &b), -EIO);
	pagecache_fini(&pc);
}

static struct aspace *map_it(u32 rflags)
{
	struct aspace *as = aspace_create();
	struct map_request req = {
		.addr = BASE, .len = NPAGES * PAGE_SIZE, .map_flags = MAP_FIXED | MAP_SHARED,
		.rflags = rflags | REGION_SHARED | REGION_MAYALL, .pc = &pc,
	};

	if (!as || aspace_map(as, &req) != BASE)
		return NULL;
	return as;
}

static u64 peek(struct aspace *as, u64 index)
{
	u64 v = ~0UL;

	return aspace_access(as, BASE + index * PAGE_SIZE, &v, 8, false, false) == 8 ? v : ~0UL;
}

static bool poke(struct aspace *as, u64 index, u64 v)
{
	return aspace_access(as, BASE + index * PAGE_SIZE, &v, 8, true, false) == 8;
}

TEST(mm_reclaim, mapped_pages_are_unmapped_and_faulted_again)
{
	struct aspace *as;

	begin();
	as = map_it(REGION_READ);
	REQUIRE(as != NULL);
	for (u32 i = 0; i < NPAGES; i++)
		EXPECT_EQ(peek(as, i), i);
	EXPECT_EQ(atomic_read(&as->rss[RSS_FILE]), NPAGES);
	lru_drain_all();
	/* The first looks find them young. */
	for (u32 k = 0; k < 4; k++)
		(void)reclaim_drop_caches(1);
	EXPECT_EQ(pc.npages, 0);
	EXPECT_EQ(atomic_read(&as->rss[RSS_FILE]), 0);
	EXPECT_EQ(peek(as, 33), 33);
	aspace_put(as);
	pagecache_fini(&pc);
}

TEST(mm_reclaim, stores_through_a_mapping_reach_the_store_each_time)
{
	struct aspace *as;

	begin();
	as = map_it(REGION_READ | REGION_WRITE);
	REQUIRE(as != NULL);
	EXPECT(poke(as, 5, 500));
	EXPECT_EQ(word_at(5), 500);
	EXPECT_EQ(pagecache_flush(&pc, 0, S64_MAX, true), 0);
	EXPECT_EQ(store[5], 500);
	/* The entry was write-protected: the next store is noticed. */
	EXPECT(poke(as, 5, 501));
	EXPECT_EQ(pagecache_flush(&pc, 0, S64_MAX, true), 0);
	EXPECT_EQ(store[5], 501);
	EXPECT_EQ(nwrites, 2);
	aspace_put(as);
	pagecache_fini(&pc);
}

TEST(mm_reclaim, truncation_empties_mappings)
{
	struct aspace *as;

	begin();
	as = map_it(REGION_READ);
	REQUIRE(as != NULL);
	for (u32 i = 0; i < 64; i++)
		EXPECT_EQ(peek(as, i), i);
	pc.anon_size = 10 * PAGE_SIZE;
	pagecache_truncate(&pc, pc.anon_size);
	EXPECT_EQ(peek(as, 9), 9);
	EXPECT_EQ(peek(as, 10), ~0UL);
	EXPECT(atomic_read(&as->rss[RSS_FILE]) <= 10);
	aspace_put(as);
	pagecache_fini(&pc);
}

TEST(mm_reclaim, locked_pages_stay)
{
	struct aspace *as;
	s64 mlocked = vmstat_read(VMSTAT_MLOCKED);

	begin();
	as = map_it(REGION_READ);
	REQUIRE(as != NULL);
	rwsem_write_lock(&as->as_lock);
	EXPECT_EQ(region_change_flags(as, BASE, BASE + 20 * PAGE_SIZE, REGION_LOCKED, 0), 0);
	rwsem_write_unlock(&as->as_lock);
	EXPECT_EQ(aspace_populate(as, BASE, 20 * PAGE_SIZE), 0);
	EXPECT_EQ(as->locked_vm, 20);
	lru_drain_all();
	for (u32 k = 0; k < 4; k++)
		(void)reclaim_drop_caches(1);
	EXPECT_EQ(vmstat_read(VMSTAT_MLOCKED), mlocked + 20);
	EXPECT_EQ(atomic_read(&as->rss[RSS_FILE]), 20);
	aspace_put(as);
	EXPECT_EQ(vmstat_read(VMSTAT_MLOCKED), mlocked);
	lru_drain_all();
	(void)reclaim_drop_caches(1);
	EXPECT_EQ(pc.npages, 0);
	pagecache_fini(&pc);
}
