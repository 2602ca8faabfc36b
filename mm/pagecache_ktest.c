// SPDX-License-Identifier: GPL-2.0-only
/* Self tests of the page cache on an object with nothing behind it. */
#include <tern/lib/ktest.h>
#include <tern/lib/string.h>

#include "pagecache_impl.h"

static struct pagecache pc;
static u8 buf[3 * PAGE_SIZE];

static ssize_t put(loff_t pos, const void *data, size_t n)
{
	struct uio u;

	uio_init_kernel(&u, (void *)data, n);
	return pagecache_write(&pc, &u, &pos);
}

static ssize_t get(loff_t pos, void *data, size_t n, loff_t size)
{
	struct uio u;

	uio_init_kernel(&u, data, n);
	return pagecache_read(&pc, &u, &pos, size);
}

static void begin(void)
{
	pagecache_init(&pc, NULL, &pagecache_ops_memory, PAGECACHE_SWAPBACKED | PAGECACHE_NOWRITEBACK);
}

TEST(mm_pagecache, reads_what_was_written)
{
	begin();
	for (u32 i = 0; i < sizeof(buf); i++)
		buf[i] = i * 7;
	EXPECT_EQ(put(1000, buf, 9000), 9000);
	EXPECT_EQ(pc.npages, 3);
	memset(buf, 0xee, sizeof(buf));
	EXPECT_EQ(get(0, buf, 12000, 10000), 10000);
	EXPECT(mem_is_zero(buf, 1000));
	for (u32 i = 0; i < 9000; i++)
		REQUIRE(buf[1000 + i] == (u8)(i * 7));
	EXPECT_EQ(get(10000, buf, 10, 10000), 0);
	pagecache_fini(&pc);
	EXPECT_EQ(pc.npages, 0);
}

TEST(mm_pagecache, holes_read_as_zeroes_without_pages)
{
	begin();
	EXPECT_EQ(put(100 * PAGE_SIZE, "x", 1), 1);
	memset(buf, 0xee, sizeof(buf));
	EXPECT_EQ(get(5000, buf, 8000, 100 * PAGE_SIZE + 1), 8000);
	EXPECT(mem_is_zero(buf, 8000));
	EXPECT_EQ(pc.npages, 1);
	EXPECT_EQ(pagecache_seek(&pc, 0, 101 * PAGE_SIZE, false), 100 * PAGE_SIZE);
	EXPECT_EQ(pagecache_seek(&pc, 100 * PAGE_SIZE, 100 * PAGE_SIZE + 1, true), 100 * PAGE_SIZE + 1);
	EXPECT_EQ(pagecache_seek(&pc, 0, 101 * PAGE_SIZE, true), 0);
	EXPECT_EQ(pagecache_seek(&pc, 101 * PAGE_SIZE, 101 * PAGE_SIZE, true), -ENXIO);
	pagecache_fini(&pc);
}

TEST(mm_pagecache, truncation_zeroes_the_rest_of_a_page)
{
	begin();
	memset(buf, 0x55, sizeof(buf));
	EXPECT_EQ(put(0, buf, 3 * PAGE_SIZE), 3 * PAGE_SIZE);
	pagecache_truncate(&pc, PAGE_SIZE + 10);
	EXPECT_EQ(pc.npages, 2);
	EXPECT_EQ(get(0, buf, 3 * PAGE_SIZE, 3 * PAGE_SIZE), 3 * PAGE_SIZE);
	EXPECT_EQ(buf[PAGE_SIZE + 9], 0x55);
	EXPECT(mem_is_zero(buf + PAGE_SIZE + 10, 2 * PAGE_SIZE - 10));
	pagecache_fini(&pc);
}

TEST(mm_pagecache, punching_keeps_the_edges)
{
	begin();
	memset(buf, 0x55, sizeof(buf));
	EXPECT_EQ(put(0, buf, 3 * PAGE_SIZE), 3 * PAGE_SIZE);
	EXPECT_EQ(pagecache_punch(&pc, 100, 2 * PAGE_SIZE + 5), 0);
	EXPECT_EQ(pc.npages, 2);
	EXPECT_EQ(get(0, buf, 3 * PAGE_SIZE, 3 * PAGE_SIZE), 3 * PAGE_SIZE);
	EXPECT_EQ(buf[99], 0x55);
	EXPECT(mem_is_zero(buf + 100, 2 * PAGE_SIZE - 95));
	EXPECT_EQ(buf[2 * PAGE_SIZE + 5], 0x55);
	EXPECT_EQ(pagecache_punch(&pc, 10, 20), 0);
	EXPECT_EQ(get(0, buf, 30, 30), 30);
	EXPECT(buf[9] == 0x55 && buf[20] == 0x55 && mem_is_zero(buf + 10, 10));
	pagecache_fini(&pc);
}

TEST(mm_uio, walks_segments_both_ways)
{
	u8 a[5], b[7], src[12], out[12];
	struct iovec iov[3] = { { a, 5 }, { NULL, 0 }, { b, 7 } };
	struct uio u = { .kind = UIO_KERNEL, .iov = iov, .nsegs = 3, .resid = 12 };

	for (u32 i = 0; i < 12; i++)
		src[i] = i;
	EXPECT_EQ(uio_put(&u, src, 12), 12);
	EXPECT(a[4] == 4 && b[0] == 5 && b[6] == 11);
	EXPECT_EQ(u.resid, 0);
	uio_revert(&u, 9);
	EXPECT_EQ(u.resid, 9);
	EXPECT_EQ(uio_get(&u, out, 20), 9);
	EXPECT_BYTES(out, src + 3, 9);
	uio_revert(&u, 12);
	uio_skip(&u, 6);
	EXPECT_EQ(uio_put_zero(&u, 2), 2);
	EXPECT(b[0] == 5 && b[1] == 0 && b[2] == 0 && b[3] == 8);
}
