// SPDX-License-Identifier: GPL-2.0-only
/* Calls of 32-bit programs, which there are none of, and commands by io_uring, which no file offers. */
#include "../lx.h"

#include <tern/base/err.h>

#define NO_IOCTL	(-515)

long lx_compat_ptr_ioctl(struct lx_file *file, unsigned int cmd, unsigned long arg)
{
	return file->f_op->unlocked_ioctl ? file->f_op->unlocked_ioctl(file, cmd, arg & 0xffffffffUL) : NO_IOCTL;
}
LX_EXPORT(compat_ptr_ioctl);

int lx_blkdev_compat_ptr_ioctl(struct lx_block_device *b, unsigned int mode, unsigned int cmd, unsigned long arg)
{
	const struct lx_block_device_operations *ops = b->bd_disk->fops;

	return ops->ioctl ? ops->ioctl(b, mode, cmd, arg & 0xffffffffUL) : NO_IOCTL;
}
LX_EXPORT(blkdev_compat_ptr_ioctl);

void lx_io_uring_cmd_done(struct lx_io_uring_cmd *c, long result, long result2, unsigned int flags) { }
LX_EXPORT(io_uring_cmd_done);
void lx_io_uring_cmd_complete_in_task(struct lx_io_uring_cmd *c, void (*fn)(struct lx_io_uring_cmd *, unsigned int))
{
	fn(c, 0);
}
LX_EXPORT(io_uring_cmd_complete_in_task);
int lx_io_uring_cmd_import_fixed(unsigned long long at, unsigned long n, int rw, struct lx_iov_iter *iter, void *cmd)
{
	return -EOPNOTSUPP;
}
LX_EXPORT(io_uring_cmd_import_fixed);
