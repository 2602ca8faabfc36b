/* SPDX-License-Identifier: GPL-2.0-only */
/* Small character devices of major 1. */
#pragma once

#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/fs/chardev.h>
#include <tern/fs/devtmpfs.h>
#include <tern/fs/filesys.h>
#include <tern/fs/ofile.h>
#include <tern/mm/uio.h>
#include <uapi/fcntl.h>

#define MEM_MAJOR	1

/** char_add() - register minor @c->minor of major 1 and make its node; 0 or -errno. */
static inline int char_add(struct chardev *c, const char *node, mode_t mode)
{
	int err;

	c->major = MEM_MAJOR;
	c->count = 1;
	err = chardev_register(c);
	return err ? err : devtmpfs_add(node, S_IFCHR | mode, 0, 0, DEV_MAKE(MEM_MAJOR, c->minor));
}

/* No position is kept, but calls that bring one are welcome: pread of /dev/zero. */
static inline int char_open(struct ofile *f, struct vnode *vn)
{
	f->of_mode = (f->of_mode & ~OFILE_ATOMIC_POS) | OFILE_STREAM;
	return 0;
}

/* Seeking succeeds and changes nothing. */
static inline loff_t char_seek(struct ofile *f, loff_t off, int whence)
{
	return f->of_pos = 0;
}

#define CHAR_FOPS_COMMON						\
	.flush = fop_default_flush, .release = fop_default_release,	\
	.readdir = fop_no_readdir, .fsync = fop_no_fsync,		\
	.fallocate = fop_no_fallocate, .splice_read = fop_default_splice_read, \
	.splice_write = fop_default_splice_write, .set_flags = fop_default_set_flags, \
	.show_fdinfo = fop_default_show_fdinfo
