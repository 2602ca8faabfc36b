// SPDX-License-Identifier: GPL-2.0-only
/* Ioreqs that the caller waits for: pages, kernel memory, flushes, discards, zeroes. */
#include "blk_impl.h"

#include <asm/page.h>
#include <tern/base/upcall.h>
#include <tern/lib/string.h>

#define RANGE_STEP	(1UL << 22)	/* sectors of one discard: others get their turn */

static void wake_waiter(struct ioreq *r)
{
	latch_open_all(r->priv);
}

int ioreq_submit_wait(struct ioreq *r)
{
	struct latch l;
	bool in_io;

	might_sleep();
	latch_init(&l);
	r->priv = &l;
	r->done = wake_waiter;
	r->flags |= IOREQ_SYNC;
	ioreq_submit(r);
	in_io = sched_io_begin();
	latch_wait(&l);
	sched_io_end(in_io);
	return r->error;
}

int blkdev_rw_page(struct blkdev *b, enum ioreq_op op, u32 flags, u64 pos, struct page *page, u32 len)
{
	struct uio_pageseg seg = { page, 0, len };
	struct ioreq r;

	ioreq_init(&r, b, op, pos >> SECTOR_SHIFT, &seg, 1, wake_waiter);
	r.flags = flags;
	return ioreq_submit_wait(&r);
}

#define KVA_SEGS	32u

int blkdev_rw_kva(struct blkdev *b, enum ioreq_op op, u32 flags, u64 pos, void *buf, size_t len)
{
	struct uio_pageseg segs[KVA_SEGS];
	u8 *at = buf;
	struct ioreq r;
	int err = 0;

	if ((pos | len | (uptr)buf) & (SECTOR_SIZE - 1))
		return -EINVAL;
	while (len && !err) {
		u32 n = 0;
		u64 from = pos;

		for (; n < KVA_SEGS && len; n++) {
			u32 off = (uptr)at & ~PAGE_MASK;
			u32 part = (u32)min_t(size_t, len, PAGE_SIZE - off);

			segs[n] = (struct uio_pageseg){ virt_to_page(at), off, part };
			at += part;
			pos += part;
			len -= part;
		}
		ioreq_init(&r, b, op, from >> SECTOR_SHIFT, segs, n, wake_waiter);
		r.flags = flags;
		err = ioreq_submit_wait(&r);
	}
	return err;
}

int blkdev_read_bytes(struct blkdev *b, u64 pos, void *buf, u32 len)
{
	u64 size = blkdev_sectors(b) << SECTOR_SHIFT;

	if (pos > size || len > size - pos)
		return -EIO;
	while (len) {
		u32 off = pos & ~PAGE_MASK, n = min_t(u32, len, (u32)PAGE_SIZE - off);
		struct page *p = pagecache_read_in(blkdev_cache(b), pos >> PAGE_SHIFT);

		if (IS_ERR(p))
			return (int)PTR_ERR(p);
		memcpy(buf, (u8 *)page_to_virt(p) + off, n);
		page_put(p);
		buf = (u8 *)buf + n;
		pos += n;
		len -= n;
	}
	return 0;
}

int blkdev_flush_cache(struct blkdev *b)
{
	struct ioreq r = { .dev = b, .op = IOREQ_FLUSH };

	return ioreq_submit_wait(&r);
}

static int range_op(struct blkdev *b, enum ioreq_op op, u64 sector, u64 n, u32 flags)
{
	int err = 0;

	while (n && !err) {
		struct ioreq r = { .dev = b, .op = op, .flags = flags, .sector = sector,
				   .nsectors = min_t(u64, n, RANGE_STEP) };

		err = ioreq_submit_wait(&r);
		sector += r.nsectors;
		n -= r.nsectors;
		if (signal_is_fatal_pending() && !err && n)
			err = -EINTR;
	}
	return err;
}

int blkdev_discard_range(struct blkdev *b, u64 sector, u64 n)
{
	return range_op(b, IOREQ_DISCARD, sector, n, 0);
}

#define ZERO_SEGS	64u

static int write_zero_pages(struct blkdev *b, u64 sector, u64 n)
{
	struct uio_pageseg segs[ZERO_SEGS];
	int err = 0;

	while (n && !err) {
		struct ioreq r;
		u64 left = n << SECTOR_SHIFT;
		u32 k = 0;

		for (; k < ZERO_SEGS && left; k++) {
			segs[k] = (struct uio_pageseg){ page_zero_frame, 0,
							(u32)min_t(u64, left, PAGE_SIZE) };
			left -= segs[k].len;
		}
		ioreq_init(&r, b, IOREQ_WRITE, sector, segs, k, wake_waiter);
		err = ioreq_submit_wait(&r);
		sector += r.nsectors;
		n -= r.nsectors;
		if (signal_is_fatal_pending() && !err && n)
			err = -EINTR;
	}
	return err;
}

int blkdev_zero_range(struct blkdev *b, u64 sector, u64 n, u32 flags)
{
	int err = -EOPNOTSUPP;

	if (b->disk->limits.max_zeroes)
		err = range_op(b, IOREQ_WRITE_ZEROES, sector, n, flags & IOREQ_NOUNMAP);
	/* Some devices offer the command and refuse it all the same. */
	return err == -EOPNOTSUPP ? write_zero_pages(b, sector, n) : err;
}
