/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tmpfs, private. Legend: I immutable, L vn_lock of the vnode, V its vn_spin, A atomic.
 */
#pragma once

#include <tern/base/bug.h>
#include <tern/fs/filesys.h>
#include <tern/fs/ofile.h>
#include <tern/kernel/cred.h>
#include <tern/lib/rbtree.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <uapi/fcntl.h>
#include <uapi/mount.h>

struct tmpfs_super {
	struct filesys *fs;		/* I */
	u64 max_blocks, max_inodes;	/* A 0: no limit */
	atomic64 used_blocks;		/* pages of file data; may lag behind (file.c) */
	atomic64 used_inodes;
	u64 next_ino;			/* A */
	struct spin handles_lock;	/* protects handles; LOCKRANK_FS_SPIN */
	struct rbtree handles;		/* files that a handle was asked of, by number */
	bool is_ramfs;			/* I no limits, nothing of it is swapped out */
	u32 shown;			/* options that were given: for show_options */
	mode_t mode;			/* of the root, likewise */
	uid_t uid;
	gid_t gid;
};

/* A name in a directory; holds a reference on the vnode. */
struct tmpfs_entry {
	struct rbnode by_name, by_pos;	/* L */
	u64 pos;			/* I place in listings; never reused */
	struct tmpfs_vnode *child;	/* L */
	u32 hash, len;			/* I */
	char name[];			/* I NUL-terminated */
};

struct tmpfs_xattr;

struct tmpfs_vnode {
	struct vnode vn;		/* first */
	union {
		struct {		/* directories */
			struct rbtree names, order;	/* L */
			u64 next_pos;			/* L */
			struct tmpfs_vnode *parent;	/* L valid while linked */
		} dir;
		struct {		/* files */
			u64 charged;	/* V pages that used_blocks knows of */
			u32 seals;	/* L F_SEAL_* */
		} file;
		char *link;		/* I symbolic links: same as vn_link */
	};
	struct tmpfs_xattr *xattrs;	/* V list */
	struct list work;		/* unmount */
	struct rbnode by_ino;		/* in handles */
	bool has_handle;		/* handles_lock */
};

static inline struct tmpfs_vnode *tmpfs_of(struct vnode *vn) { return (struct tmpfs_vnode *)vn; }
static inline struct tmpfs_super *super_of(const struct vnode *vn) { return vn->vn_fs->priv; }

extern const struct vnode_ops tmpfs_vnode_ops;
extern const struct ofile_ops tmpfs_file_fops, tmpfs_dir_fops;
extern const struct pagecache_ops tmpfs_pagecache_ops;

/**
 * tmpfs_vnode_make() - new vnode with one reference, owned as a file made in
 * @dir (may be NULL).
 */
struct tmpfs_vnode *tmpfs_vnode_make(struct filesys *fs, struct vnode *dir, mode_t mode);
void tmpfs_cache_init(void);

/* dir.c */
struct vnode *tmpfs_lookup(struct vnode *dir, const char *name, u32 len);
struct vnode *tmpfs_create(struct vnode *dir, const char *name, u32 len, mode_t mode);
struct vnode *tmpfs_mkdir(struct vnode *dir, const char *name, u32 len, mode_t mode);
struct vnode *tmpfs_mknod(struct vnode *dir, const char *name, u32 len, mode_t mode, u64 rdev);
struct vnode *tmpfs_symlink(struct vnode *dir, const char *name, u32 len, const char *target);
struct vnode *tmpfs_tmpfile(struct vnode *dir, mode_t mode);
int tmpfs_link(struct vnode *dir, const char *name, u32 len, struct vnode *target);
int tmpfs_unlink(struct vnode *dir, const char *name, u32 len, struct vnode *target);
int tmpfs_rmdir(struct vnode *dir, const char *name, u32 len, struct vnode *target);
int tmpfs_rename(struct vnode *odir, const char *oname, u32 olen, struct vnode *old_vn,
		 struct vnode *ndir, const char *nname, u32 nlen, struct vnode *new_vn, u32 flags);
/**
 * tmpfs_dir_clear() - unmount: forget all entries; directories among them go to
 * @work, referenced.
 */
void tmpfs_dir_clear(struct tmpfs_vnode *dir, struct list *work);

/* file.c */
int tmpfs_setattr(struct vnode *vn, const struct vattr *va);
/** tmpfs_recount() - bring used_blocks in line with the pages that the file really has. */
void tmpfs_recount(struct tmpfs_vnode *t);

/* xattr.c */
ssize_t tmpfs_getxattr(struct vnode *vn, const char *name, void *buf, size_t size);
int tmpfs_setxattr(struct vnode *vn, const char *name, const void *val, size_t size, u32 flags);
ssize_t tmpfs_listxattr(struct vnode *vn, char *buf, size_t size);
int tmpfs_removexattr(struct vnode *vn, const char *name);
void tmpfs_xattrs_free(struct tmpfs_vnode *t);

/* handle.c: filesys_ops.handle_make, handle_find; tmpfs_handle_forget(): @t is evicted. */
int tmpfs_handle_make(struct vnode *vn, s32 *type, void *data, u32 *bytes);
struct vnode *tmpfs_handle_find(struct filesys *fs, s32 type, const void *data, u32 bytes);
void tmpfs_handle_forget(struct tmpfs_vnode *t);
