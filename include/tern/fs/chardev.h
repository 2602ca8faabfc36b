/* SPDX-License-Identifier: GPL-2.0-only */
/* Character device numbers -> operations. Owner fs/vfs/chardev.c; nodes appear
 * in /dev by devtmpfs.
 */
#pragma once

#include <tern/fs/ofile.h>

struct chardev {
	const char *name;		/* /proc/devices */
	u32 major, minor, count;	/* range [minor, minor + count) */
	const struct ofile_ops *ops;
	void *priv;
	struct list link;
};
/** chardev_register() - major 0: choose one; within another's range: it goes before. 0, -EBUSY. */
int chardev_register(struct chardev *c);
void chardev_unregister(struct chardev *c);
/** chardev_is_used() - does a registered device have that number. */
bool chardev_is_used(u32 major, u32 minor);
/** chardev_major_is_used() - does a registered device have numbers of that major. */
bool chardev_major_is_used(u32 major);
/** chardev_alloc_major() - a free dynamic major. */
u32 chardev_alloc_major(void);
/** chardev_of() - registered device of an open device file. */
struct chardev *chardev_of(const struct ofile *f);
void chardev_print(struct seqbuf *sb);
/** chardev_init() - Boot. */
void chardev_init(void);
/**
 * blkdev_open_hook - set by the storage layer: opens a block device node (may
 * replace f->of_ops); NULL: -ENXIO.
 */
extern int (*blkdev_open_hook)(struct ofile *f, struct vnode *vn);
