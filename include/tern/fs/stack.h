/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a file system made of others (overlayfs) does with the files below it. Owner
 * fs/vfs/stack.c. The caller may hold locks of its own vnodes; locks of the layer below
 * are taken here. Permission was asked in the upper layer: none is asked here. Names are
 * single components, without NUL. All sleep.
 */
#pragma once

#include <tern/fs/ofile.h>
#include <tern/fs/path.h>

#define STACK_DEPTH_MAX 2u		/* layers of stacked file systems, for the sake of the kernel stack */

/**
 * stack_mount() - a view of @p's file system from @p on that is in no mount tree
 * @flags: MOUNT_*
 * Return: mount to mountpt_put(); ERR_PTR(-EINVAL: its names change by themselves or it is stacked
 *	too deep, -ENOMEM).
 */
struct mountpt *stack_mount(const struct fspath *p, u32 flags);
/** stack_lookup() - @name in @dir: 0 and a path with references, -ENOENT, or what the layer says. */
int stack_lookup(const struct fspath *dir, const char *name, u32 len, struct fspath *out);

/* What is to be made. */
struct stack_new {
	mode_t mode;			/* with the type; exact but for the directory's default list */
	u64 rdev;
	const char *target;		/* symbolic link */
	struct vnode *link;		/* not NULL: another name of this file */
	bool is_tmp;			/* a regular file without a name; @name is not used */
};
/** stack_make() - the new file in *out with references; -EEXIST, -EROFS, ... */
int stack_make(const struct fspath *dir, const char *name, u32 len, const struct stack_new *what,
	       struct fspath *out);
/** stack_remove() - unlink or rmdir, as it is. */
int stack_remove(const struct fspath *dir, const char *name, u32 len);

struct stack_name { const struct fspath *dir; const char *name; u32 len; };
/** stack_rename() - @flags RENAME_*; a target that is there is replaced unless RENAME_NOREPLACE. */
int stack_rename(const struct stack_name *from, const struct stack_name *to, u32 flags);
/** stack_setattr() - as vnode_setattr() without its checks. */
int stack_setattr(const struct fspath *p, const struct vattr *va);
/** stack_getattr() - as the file system has it. */
int stack_getattr(const struct fspath *p, struct vattr *va);
/** stack_setxattr() - @val NULL with @size 0 and no flags removes it. */
int stack_setxattr(const struct fspath *p, const char *name, const void *val, size_t size, u32 flags);
int stack_removexattr(const struct fspath *p, const char *name);
ssize_t stack_getxattr(const struct fspath *p, const char *name, void *buf, size_t size);
ssize_t stack_listxattr(const struct fspath *p, char *buf, size_t size);
/** stack_list() - all entries of @dir to @emit; 0 or -errno. The callback must not use the layer. */
int stack_list(const struct fspath *dir, struct dir_sink *sink);
/** stack_open() - O_* as open(2); no watcher is told. */
struct ofile *stack_open(const struct fspath *p, u32 flags);
/** stack_fsync() - the file or directory becomes stable. */
int stack_fsync(const struct fspath *p);
