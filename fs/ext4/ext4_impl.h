/* SPDX-License-Identifier: GPL-2.0-only */
/* ext4 below the VFS and above the volume code; the kernel only. */
#pragma once

#include <tern/drivers/blkdev.h>
#include <tern/fs/filesys.h>
#include <tern/fs/ofile.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/irq.h>
#include <tern/mm/reclaim.h>
#include <uapi/fcntl.h>
#include <uapi/mount.h>

#include "vol.h"

/* A mounted instance: filesys->priv. */
struct ext4_mount {
	struct ext4_vol vol;
	struct filesys *fs;		/* I */
	struct blkdev *bdev;		/* I */
	u32 bdev_mode;			/* how it was opened */
	struct ext4_slot *slots;	/* commit_lock: EXT4_WR_BATCH writes in flight */
	struct workpool *done;		/* I finishes data writes */
	struct delayed_item commit;	/* the periodic one */
	u32 commit_seconds;
	struct cacheshrinker shrinker;
	atomic32 evictions;		/* vnodes that have left the table */
	u32 shown;			/* EXT4_OPT_* that were given */
};

struct ext4_vnode {
	struct vnode vn;		/* first */
	struct ext4_node n;
	struct latch loaded;		/* open when n and vn are filled in */
	int error;			/* why not; the vnode is dead then */
	char *link;			/* text of a symbolic link */
	bool emptied;			/* cut to nothing while it had data: written out when closed */
};

static inline struct ext4_vnode *ext4_of(struct vnode *vn) { return (struct ext4_vnode *)vn; }
static inline struct ext4_node *ext4_node_of(struct vnode *vn) { return &ext4_of(vn)->n; }
static inline struct ext4_mount *ext4_mount_of(const struct filesys *fs) { return fs->priv; }
static inline struct ext4_vol *ext4_vol_of(const struct vnode *vn) { return &ext4_mount_of(vn->vn_fs)->vol; }

extern const struct vnode_ops ext4_vnode_ops;
extern const struct ofile_ops ext4_file_fops, ext4_dir_fops;
extern const struct pagecache_ops ext4_pagecache_ops;

/* dev.c */
int ext4_dev_init(struct ext4_mount *m);
void ext4_dev_fini(struct ext4_mount *m);

/* vnode.c */
int ext4_vnode_cache_init(void);
/** ext4_vnode_get() - vnode of an inode, with a reference; ERR_PTR. Sleeps. */
struct vnode *ext4_vnode_get(struct filesys *fs, u32 ino);
/** ext4_trim() - ioctl(FITRIM): the disk forgets what is free in a range. trim.c. */
long ext4_trim(struct filesys *fs, void __user *arg);
/** ext4_vnode_new() - an empty one for an inode to be made; freed by ext4_vnode_discard() if it is not. */
struct ext4_vnode *ext4_vnode_new(void);
void ext4_vnode_discard(struct ext4_vnode *e);
/** ext4_vnode_ready() - e->n is filled in: make the vnode of it; inserted into the table. */
int ext4_vnode_ready(struct filesys *fs, struct ext4_vnode *e);
/** ext4_pull() - what the VFS changes of a vnode goes to its node; before ext4_node_store(). */
void ext4_pull(struct vnode *vn);
/** ext4_store() - pull and store in @tx. */
int ext4_store(struct ext4_tx *tx, struct vnode *vn);
int ext4_setattr(struct vnode *vn, const struct vattr *va);
int ext4_write_attr(struct vnode *vn, bool wait);
int ext4_fsync_vnode(struct vnode *vn);

/* file.c */
/** ext4_extent() - filesys_ops.extent. */
int ext4_extent(struct vnode *vn, u64 pos, struct fsextent *out);

/* acl.c */
/** ext4_acl_load() - the lists of a vnode that was just read. 0, -ENOMEM, -EUCLEAN, -EINVAL. */
int ext4_acl_load(struct vnode *vn);
/** ext4_acl_store() - the vnode's lists go to its attributes, or from there; EXT4_XATTR_CREDITS. */
int ext4_acl_store(struct ext4_tx *tx, struct vnode *vn);

/* dirops.c */
struct vnode *ext4_lookup(struct vnode *dir, const char *name, u32 len);
struct vnode *ext4_create(struct vnode *dir, const char *name, u32 len, mode_t mode);
struct vnode *ext4_mkdir(struct vnode *dir, const char *name, u32 len, mode_t mode);
struct vnode *ext4_mknod(struct vnode *dir, const char *name, u32 len, mode_t mode, u64 rdev);
struct vnode *ext4_symlink(struct vnode *dir, const char *name, u32 len, const char *target);
struct vnode *ext4_tmpfile(struct vnode *dir, mode_t mode);
int ext4_link(struct vnode *dir, const char *name, u32 len, struct vnode *target);
int ext4_unlink(struct vnode *dir, const char *name, u32 len, struct vnode *target);
int ext4_rmdir(struct vnode *dir, const char *name, u32 len, struct vnode *target);
int ext4_rename(struct vnode *odir, const char *oname, u32 olen, struct vnode *old_vn,
		struct vnode *ndir, const char *nname, u32 nlen, struct vnode *new_vn, u32 flags);

/* direct.c */
ssize_t ext4_direct_read(struct ofile *f, struct uio *u, loff_t *pos);
ssize_t ext4_direct_write(struct ofile *f, struct uio *u, loff_t *pos);

/* inpage.c: files whose contents lie in the inode; pages are locked */
/** ext4_inline_page_read() - pagecache_ops.read_page for them. */
int ext4_inline_page_read(struct vnode *vn, struct page *p);
/** ext4_inline_page_begin() - before a write up to byte @end: it stays where it is if it fits, and what
 * was empty comes there. The vnode lock held for writing. 0 or -errno. */
int ext4_inline_page_begin(struct vnode *vn, u64 end);
/** ext4_inline_page_end() - the first page has new contents, the file goes up to @end at least. 0 or -errno. */
int ext4_inline_page_end(struct vnode *vn, struct page *p, u64 end);
/** ext4_inline_page_spill() - contents get a block; @p: the first page, up to date. 0 or -errno. */
int ext4_inline_page_spill(struct vnode *vn, struct page *p);
/** ext4_page_spill() - the same, the vnode lock held for writing and no page locked. */
int ext4_page_spill(struct vnode *vn);
/** ext4_page_cut_inline() - make contents in the inode shorter; -EAGAIN: they are not there any more. */
int ext4_page_cut_inline(struct vnode *vn, u64 size);

/* page.c */
/** ext4_page_forget_map() - the blocks of the page at byte @pos changed under it: look again before writing. */
void ext4_page_forget_map(struct vnode *vn, u64 pos);
/** ext4_page_bring_in() - the page at byte @pos is in the cache if @pos is inside a page and the file. */
int ext4_page_bring_in(struct vnode *vn, u64 pos);
