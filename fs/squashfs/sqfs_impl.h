/* SPDX-License-Identifier: GPL-2.0-only */
/* squashfs, private. Legend: I immutable, C lock of the cache, E lock of the entry. */
#pragma once

#include <tern/base/bug.h>
#include <tern/base/err.h>
#include <tern/drivers/blkdev.h>
#include <tern/fs/filesys.h>
#include <tern/fs/ofile.h>
#include <tern/kernel/cred.h>
#include <tern/lib/seqbuf.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#include "parse.h"

/* An unpacked block of the image. */
struct sqfs_block {
	u64 pos;		/* C place on the disk; ~0: nothing */
	u32 users;		/* C not to be given another block */
	u64 used_at;		/* C for the choice of the one to drop */
	struct kmutex lock;	/* one filler; LOCKRANK_FS */
	bool is_filled;		/* E */
	int err;		/* E why it is not */
	u32 len;		/* E */
	u64 next;		/* E place behind it */
	u8 *data;		/* I of the cache's room */
};

/* The blocks of one kind that were used last. */
struct sqfs_cache {
	struct sqfs_mount *m;	/* I */
	struct spin lock;	/* protects the choice of entries; LOCKRANK_FS_SPIN */
	struct waitq waitq;	/* all are in use */
	u32 n, room;		/* I */
	u64 clock;		/* C */
	struct sqfs_block *blocks;	/* I */
};

struct sqfs_mount {
	struct blkdev *bdev;
	struct sqfs_image img;
	struct sqfs_cache meta, frags;
};

/* Where a file's blocks are: size words, and the place of each SQFS_STRIDE-th. */
#define SQFS_STRIDE 64u
struct sqfs_map { u64 n; u32 *sizes; u64 *places; };

struct sqfs_vnode {
	struct vnode vn;	/* first */
	struct sqfs_inode i;	/* I */
	struct sqfs_map *map;	/* A made on first use */
	char *link;		/* I text of a symbolic link */
};

static inline struct sqfs_vnode *sqfs_of(struct vnode *vn) { return (struct sqfs_vnode *)vn; }
static inline struct sqfs_mount *sqfs_mount_of(const struct vnode *vn) { return vn->vn_fs->priv; }

extern const struct lib_alloc sqfs_memory;

/* cache.c */
int sqfs_cache_init(struct sqfs_cache *c, struct sqfs_mount *m, u32 n, u32 room);
void sqfs_cache_fini(struct sqfs_cache *c);
/**
 * sqfs_block_get() - the block at @pos, filled by @fill if it is not there
 * @arg: for @fill
 * Return: the block, to be put, or ERR_PTR. Sleeps.
 */
struct sqfs_block *sqfs_block_get(struct sqfs_cache *c, u64 pos,
				  int (*fill)(struct sqfs_mount *m, struct sqfs_block *b, u32 arg), u32 arg);
void sqfs_block_put(struct sqfs_cache *c, struct sqfs_block *b);
/** sqfs_meta_get() / _put() - slots of struct sqfs_image. */
int sqfs_meta_get(void *ctx, u64 pos, struct sqfs_meta *out);
void sqfs_meta_put(void *ctx, struct sqfs_meta *m);

/* data.c */
extern const struct pagecache_ops sqfs_pagecache_ops;
void sqfs_map_free(struct sqfs_map *map);

/* vnode.c */
int sqfs_vnode_cache_init(void);
/** sqfs_vnode_get() - by reference of the inode. */
struct vnode *sqfs_vnode_get(struct filesys *fs, u64 ref);
