/* SPDX-License-Identifier: GPL-2.0-only */
/* The vendor's view of an open file: of a module's device, or of a native one (native.c). */
#pragma once

#include "../lx.h"

#include <tern/fs/ofile.h>
#include <tern/kernel/irq.h>
#include <tern/kernel/thread.h>

/*
 * f_count has one reference for the native file that owns the view, and those of modules. Who drops the last
 * ends it; a module that still has one after the program's last close has a view without native file.
 */
struct file_view {
	struct lx_file file;		/* modules hold pointers to the two */
	struct lx_inode inode;
	struct lx_address_space mapping;
	struct ofile *native;		/* owns this, NULL once closed; a view of a native file holds it instead */
	struct lx_cdev *cdev;		/* I with a reference; NULL: of no device */
	struct kmutex lock;		/* protects relays */
	struct list relays;		/* to native wait queues, one for each queue that poll() named */
	struct task_work late;		/* one of the two ends it, when a module drops the last reference */
	struct workitem later;
};

extern const struct ofile_ops lx_file_fops;
/** lx_view_make() - a view of @f whose operations are @ops; NULL: no memory. Sleeps. */
struct file_view *lx_view_make(struct ofile *f, const struct lx_file_operations *ops);
/** lx_view_init() - the same in memory of the caller's, all zero. */
void lx_view_init(struct file_view *v, struct ofile *f, const struct lx_file_operations *ops);
/** lx_view_of() - the view of a native file that has one. */
struct file_view *lx_view_of(const struct ofile *f);
/** lx_view_release() - the module's release runs, and it is freed with what it held. Sleeps. */
void lx_view_release(struct file_view *v);
/** lx_view_drop_relays() - nobody waits on the module's queues any more. Sleeps. */
void lx_view_drop_relays(struct file_view *v);
/** lx_file_native() - the file that a view is of. */
struct ofile *lx_file_native(struct lx_file *file);
/** lx_native_view() - a module's view of the native @f, whose reference it takes over; ERR_PTR. Sleeps. */
struct file_view *lx_native_view(struct ofile *f);
/** lx_view_is_native() - is it one of those. */
bool lx_view_is_native(const struct file_view *v);
/** lx_native_view_end() - the last reference is gone: free it, with the file's. Sleeps. */
void lx_native_view_end(struct file_view *v);
