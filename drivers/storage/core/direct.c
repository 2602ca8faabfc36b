// SPDX-License-Identifier: GPL-2.0-only
/*
 * O_DIRECT: between the device and the caller's memory, with no copy.
 *
 * Position, length and addresses are multiples of the logical block size, else -EINVAL. What the
 * page cache has of the range is written out before, and for writes forgotten before and after, so
 * that both ways of access agree as far as they do not run at the same time.
 */
#include "file_impl.h"

#include <tern/mm/slab.h>

#define DIRECT_SEGS	256u
#define DIRECT_FEW	8u

static int prepare(struct blkdev *b, u64 from, u64 to, bool is_write)
{
	struct pagecache *pc = blkdev_cache(b);

	if (!READ_ONCE(pc->npages))
		return 0;
	return is_write ? bdev_forget(b, from, to) : pagecache_flush(pc, (loff_t)from, (loff_t)to, true);
}

static ssize_t one_chunk(struct blkdev *b, struct uio *u, u64 pos, struct uio_pageseg *segs, u32 max,
			 bool is_write)
{
	size_t grain = blkdev_block_size(b);
	struct ioreq r;
	ssize_t got;
	u32 n;
	int err;

	got = uio_pin(u, segs, max, (size_t)max << PAGE_SHIFT, !is_write, &n);
	if (got <= 0)
		return got ? got : -EFAULT;
	if ((size_t)got & (grain - 1)) {
		/* Memory ended inside a block. */
		uio_unpin(segs, n, false);
		return -EFAULT;
	}
	ioreq_init(&r, b, is_write ? IOREQ_WRITE : IOREQ_READ, pos >> SECTOR_SHIFT, segs, n, NULL);
	err = ioreq_submit_wait(&r);
	uio_unpin(segs, n, !is_write && !err);
	if (err)
		uio_revert(u, (size_t)got);
	return err ? err : got;
}

ssize_t bdev_direct(struct ofile *f, struct uio *u, loff_t *pos, bool is_write)
{
	struct uio_pageseg few[DIRECT_FEW], *segs = few;
	struct blkdev *b = f->of_priv;
	u64 end, size = blkdev_sectors(b) << SECTOR_SHIFT;
	u32 max = DIRECT_FEW;
	ssize_t done = 0, got;

	if ((u64)*pos >= size)
		return 0;
	if (u->resid > size - (u64)*pos)
		uio_truncate(u, size - (u64)*pos);
	end = (u64)*pos + u->resid;
	if (((u64)*pos | uio_alignment(u)) & (blkdev_block_size(b) - 1))
		return -EINVAL;
	got = prepare(b, (u64)*pos, end, is_write);
	if (got)
		return got;
	if (u->resid > (DIRECT_FEW - 1) << PAGE_SHIFT) {
		segs = kmem_calloc(DIRECT_SEGS, sizeof(*segs), ALLOC_KERNEL);
		max = segs ? DIRECT_SEGS : DIRECT_FEW;
		segs = segs ? segs : few;
	}
	while (u->resid) {
		got = one_chunk(b, u, (u64)*pos, segs, max, is_write);
		if (got <= 0)
			break;
		*pos += got;
		done += got;
		if (u->resid && signal_is_fatal_pending()) {
			got = -EINTR;
			break;
		}
	}
	if (segs != few)
		kmem_free(segs);
	if (is_write)
		(void)prepare(b, end - u->resid - (u64)done, end, true);
	return done ? done : got;
}
