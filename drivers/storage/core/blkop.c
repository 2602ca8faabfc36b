// SPDX-License-Identifier: GPL-2.0-only
/* Ready-made slots of blkdisk_ops. */
#include "blk_impl.h"

int blkop_no_start(struct blkhwq *q, struct blkcmd *c) { return -EIO; }
void blkop_default_kick(struct blkhwq *q) { }
void blkop_default_poll(struct blkhwq *q) { }
int blkop_no_direct(struct blkdisk *d, struct ioreq *r) { return -EIO; }
int blkop_no_reset(struct blkdisk *d) { return -EOPNOTSUPP; }
int blkop_default_open(struct blkdisk *d, u32 mode) { return 0; }
void blkop_default_close(struct blkdisk *d) { }
long blkop_no_ioctl(struct blkdisk *d, struct blkdev *b, u32 mode, u32 cmd, uptr arg) { return -ENOTTY; }
void blkop_no_serial(struct blkdisk *d, char *buf, size_t n) { *buf = 0; }
