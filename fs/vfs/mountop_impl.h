/* SPDX-License-Identifier: GPL-2.0-only */
/* The mount operations, for sys_mount.c, kfs.c and mountns.c. Paths have
 * references that stay the caller's.
 */
#pragma once

#include "vfs_impl.h"

#define MOUNTS_MAX	100000u		/* a namespace, as fs.mount-max */
#define MOUNT_USER_FLAGS (MOUNT_RDONLY | MOUNT_NOSUID | MOUNT_NODEV | MOUNT_NOEXEC | MOUNT_NOATIME | \
	MOUNT_NODIRATIME | MOUNT_RELATIME | MOUNT_STRICTATIME | MOUNT_NOSYMFOLLOW)

/** mount_make() - unattached mount of a new or found instance; ERR_PTR(-ENODEV, ...). */
struct mountpt *mount_make(const char *type, const struct mount_args *args, u32 mflags, bool is_kernel);
/** mount_hides_below() - locked mounts hide something below @p. Locks: tree lock. */
bool mount_hides_below(const struct fspath *p);
/** mount_flags_locked() - would @mflags undo what is locked. */
bool mount_flags_locked(const struct mountpt *m, u32 mflags);
/* @target moves to what is mounted on top of it. 0 or -errno as mount(2). */
int mount_new(struct fspath *target, const char *type, const struct mount_args *args, u32 mflags);
int mount_bind(struct fspath *target, const struct fspath *from, bool recurse);
int mount_move(struct fspath *target, const struct fspath *from);
int mount_set_propagation(struct fspath *p, u64 flags);
int mount_reconfigure(struct fspath *p, u32 mflags);
int mount_remount(struct fspath *p, const struct mount_args *args, u32 mflags);
int mount_unmount(struct fspath *p, u32 flags);
int mount_pivot(const struct fspath *new, struct fspath *old);
/** fsctx_replace() - root and cwd equal to @old become @new. */
void fsctx_replace(struct fsctx *f, const struct fspath *old, const struct fspath *new);
/** do_mount_flags() - mount(2)'s flag word, dispatched; @data NUL-terminated or NULL. */
int mount_by_flags(const char *source, struct fspath *target, const char *type, u64 flags, const char *data);
/** vfs_notify_mounts_gone() - watchers of the root learn of the unmount. */
void vfs_notify_mounts_gone(struct filesys *fs);
