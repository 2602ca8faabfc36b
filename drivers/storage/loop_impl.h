/* SPDX-License-Identifier: GPL-2.0-only */
/* Loop devices, private to drivers/storage. */
#pragma once

#include <tern/drivers/blkdisk.h>
#include <tern/fs/ofile.h>
#include <tern/lib/list.h>
#include <uapi/blk.h>

/* Legend: I immutable, D the disk's lock, T loop_table_lock. */
struct loop {
	u32 number;			/* I */
	struct blkdisk *disk;		/* I */
	struct list link;		/* T */
	struct ofile *file;		/* D, and changed only while the disk is stopped; NULL: unbound */
	bool file_is_writable;		/* D */
	u64 offset, size_limit;		/* D bytes; changed while stopped */
	struct loop_info64 info;	/* D what GET_STATUS shows */
};

extern struct kmutex loop_table_lock;	/* protects the table of loops */

/** loop_make() - device @number, or with -1 the lowest free; loop_table_lock held. ERR_PTR. */
struct loop *loop_make(int number);
/** loop_find() - loop_table_lock held; NULL. */
struct loop *loop_find(u32 number);
/** loop_drop() - take a device away: 0, -EBUSY bound or open. loop_table_lock held. */
int loop_drop(struct loop *lo);
/** loop_first_free() - unbound and lowest, NULL; loop_table_lock held. */
struct loop *loop_first_free(void);
