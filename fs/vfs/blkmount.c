// SPDX-License-Identifier: GPL-2.0-only
/* What file systems on block devices share when they are mounted. */
#include "vfs_impl.h"

#include <tern/drivers/blkdev.h>

struct filesys *filesys_by_source(const struct fstype *t, const char *source)
{
	struct blkdev *b = blkdev_open_source(source, BLKDEV_READ, NULL);
	struct filesys *fs;

	if (IS_ERR(b))
		return ERR_CAST(b);
	fs = filesys_by_dev(blkdev_number(b));
	blkdev_close(b, BLKDEV_READ, NULL);
	if (fs && fs->type != t) {
		filesys_put(fs);
		return ERR_PTR(-EBUSY);
	}
	return fs;
}
