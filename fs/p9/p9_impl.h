/* SPDX-License-Identifier: GPL-2.0-only */
/* 9P file system, private. Legend: I immutable, L vn_lock, T tags_lock. */
#pragma once

#include <tern/base/bug.h>
#include <tern/base/err.h>
#include <tern/fs/filesys.h>
#include <tern/fs/ofile.h>
#include <tern/fs/p9link.h>
#include <tern/kernel/cred.h>
#include <tern/lib/seqbuf.h>
#include <tern/mm/slab.h>
#include <uapi/dirent.h>
#include <uapi/fcntl.h>
#include <uapi/mount.h>

#include "wire.h"

#define P9_BUF		8192u		/* a message without payload */
#define ID_SAME		0xffffffffu	/* no owner given */

struct p9_mount {
	struct p9_link *link;
	u32 msize;			/* I as agreed */
	u32 payload;			/* I bytes of data in a read or write */
	struct spin tags_lock;		/* protects tags; LOCKRANK_FS_SPIN */
	u64 tags;			/* T in use */
	struct waitq tags_free;
	u32 next_fid;			/* A */
	char *aname;			/* I */
	u32 root_fid;
};

struct p9_vnode {
	struct vnode vn;		/* first */
	u32 fid;			/* I names the file, never opened */
	struct kmutex lock;		/* protects map_fid; LOCKRANK_FS */
	u32 map_fid;			/* opened for reading, for the page cache; P9_NOFID */
	char *link;			/* I text of a symbolic link */
};

struct p9_attr {
	struct p9_qid qid;
	u32 mode, uid, gid;
	u64 nlink, rdev, size, blksize, blocks;
	s64 atime, mtime, ctime;
};

static inline struct p9_vnode *p9_of(struct vnode *vn) { return (struct p9_vnode *)vn; }
static inline struct p9_mount *p9_mount_of(const struct vnode *vn) { return vn->vn_fs->priv; }

/* client.c: calls are answered with 0 or -errno; all sleep. */
struct p9_call { struct p9_mount *m; struct p9_msg msg; u8 *buf; u8 type; };
/** p9_begin() - a message of that type; its fields follow by p9_put(). */
int p9_begin(struct p9_mount *m, struct p9_call *c, enum p9_type type);
/** p9_send() - and the reply's fields can be taken from c->msg; p9_end() in any case. */
int p9_send(struct p9_call *c, const struct uio_pageseg *segs, u32 n, bool payload_in);
void p9_end(struct p9_call *c);
u32 p9_fid_new(struct p9_mount *m);
void p9_clunk(struct p9_mount *m, u32 fid);
/** p9_walk() - @name in @fid (NULL: itself) gets fid *out. */
int p9_walk(struct p9_mount *m, u32 fid, const char *name, u32 len, u32 *out);
int p9_getattr(struct p9_mount *m, u32 fid, struct p9_attr *a);
/** p9_open() - a fid of the same file, opened. */
int p9_open(struct p9_mount *m, u32 fid, u32 flags, u32 *out);
/** p9_io() - bytes that went; @segs at most m->payload. */
ssize_t p9_io(struct p9_mount *m, u32 fid, u64 pos, const struct uio_pageseg *segs, u32 n, u32 len, bool is_write);
int p9_connect(struct p9_mount *m, u32 uid);

/* vnode.c */
int p9_cache_init(void);
/** p9_vnode_get() - the file of @fid (consumed), referenced. */
struct vnode *p9_vnode_get(struct filesys *fs, u32 fid);
int p9_refresh(struct vnode *vn);

/* file.c */
extern const struct pagecache_ops p9_pagecache_ops;
extern const struct ofile_ops p9_file_fops, p9_dir_fops;

/* xattr.c */
ssize_t p9_getxattr(struct vnode *vn, const char *name, void *buf, size_t size);
int p9_setxattr(struct vnode *vn, const char *name, const void *val, size_t size, u32 flags);
ssize_t p9_listxattr(struct vnode *vn, char *buf, size_t size);
int p9_removexattr(struct vnode *vn, const char *name);
