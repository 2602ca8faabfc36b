/* SPDX-License-Identifier: GPL-2.0-only */
/* Quotas of ext4, private to quota.c (files, counts) and limit.c. Legend: I immutable, C quota->counts. */
#pragma once

#include "vol.h"

#include <tern/fs/quota.h>

/* Block 0. */
struct qhead { u32 magic, version, bgrace, igrace, flags, blocks, free_blk, free_entry; };
struct qentry {
	u32 id, pad;
	u64 ihardlimit, isoftlimit, inodes, bhardlimit, bsoftlimit, space, btime, itime;
} __packed;
static_assert(sizeof(struct qentry) == 72, "disk layout");

struct ext4_dquot {
	struct ext4_dquot *next;	/* I bucket */
	u32 id, off;			/* I place of the entry in the buffer */
	struct ext4_buf *b;		/* I held */
	u64 promised;			/* C bytes of pages that have no blocks yet */
};

struct ext4_quota {
	struct ext4_node file;
	struct kmutex lock;		/* protects the tree and who adds to it */
	struct spin counts;		/* protects the entries' counts and limits; inside node->lock */
	struct ext4_dquot *buckets[EXT4_QUOTA_BUCKETS];	/* A heads: store_release */
	u32 grace[2];			/* A seconds over soft limits: of blocks, of inodes */
	bool complained;
};

static inline struct qentry *ext4_dquot_entry(const struct ext4_dquot *d)
{
	return (void *)(d->b->data + d->off);
}

static inline u64 ext4_quota_plus(u64 v, s64 delta)
{
	return delta < 0 && (u64)-delta > v ? 0 : v + (u64)delta;
}

/** ext4_dquot_find() - of an id; NULL: it has no entry. */
struct ext4_dquot *ext4_dquot_find(struct ext4_quota *q, u32 id);
/** ext4_dquot_times() - use or limits changed: since when is it too much? counts held. */
void ext4_dquot_times(const struct ext4_quota *q, struct qentry *e);
/** ext4_quota_move() - the node's owner changed: what its pages are promised goes along. node->lock held. */
void ext4_quota_move(struct ext4_node *n, const struct ext4_use *old, const struct ext4_use *now);
