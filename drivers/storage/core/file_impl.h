/* SPDX-License-Identifier: GPL-2.0-only */
/* Open block device nodes, private to drivers/storage/core. */
#pragma once

#include <tern/fs/ofile.h>

#include "blk_impl.h"

/** bdev_file_mode() - BLKDEV_* that a node was opened with. */
u32 bdev_file_mode(const struct ofile *f);
/** bdev_direct() - O_DIRECT transfer inside the device; bytes or -errno. Sleeps. */
ssize_t bdev_direct(struct ofile *f, struct uio *u, loff_t *pos, bool is_write);
long bdev_ioctl(struct ofile *f, u32 cmd, uptr arg);
/** bdev_forget() - bytes [start, end) leave the page cache, dirty ones written. 0 or -errno. Sleeps. */
int bdev_forget(struct blkdev *b, u64 start, u64 end);
/** bdev_soft_block() - what BLKBSZGET says: set, or the largest power of two that divides the size. */
static inline u32 bdev_soft_block(const struct blkdev *b)
{
	u64 size = blkdev_sectors(b) << SECTOR_SHIFT;
	u32 n = blkdev_block_size(b);

	if (b->soft_block)
		return b->soft_block;
	while (n < PAGE_SIZE && !(size & n))
		n <<= 1;
	return n;
}
