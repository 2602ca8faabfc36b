/* SPDX-License-Identifier: GPL-2.0-only */
/* The vendor's view of an open file of a module. */
#pragma once

#include "../lx.h"

#include <tern/fs/ofile.h>

struct file_view {
	struct lx_file file;		/* modules hold pointers to the two */
	struct lx_inode inode;
	struct lx_address_space mapping;
	struct ofile *native;		/* I owns this */
	struct lx_cdev *cdev;		/* I with a reference; NULL: of no device */
	struct kmutex lock;		/* protects relays */
	struct list relays;		/* to native wait queues, one for each queue that poll() named */
};

extern const struct ofile_ops lx_file_fops;
/** lx_view_make() - a view of @f whose operations are @ops; NULL: no memory. Sleeps. */
struct file_view *lx_view_make(struct ofile *f, const struct lx_file_operations *ops);
/** lx_view_of() - the view of a native file that has one. */
struct file_view *lx_view_of(const struct ofile *f);
/** lx_view_release() - the module's release runs, and it is freed with what it held. Sleeps. */
void lx_view_release(struct file_view *v);
/** lx_view_drop_relays() - nobody waits on the module's queues any more. Sleeps. */
void lx_view_drop_relays(struct file_view *v);
/** lx_file_native() - the file that a view is of. */
struct ofile *lx_file_native(struct lx_file *file);
