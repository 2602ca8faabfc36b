/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A mounted volume below the VFS: buffers of metadata, groups, transactions,
 * in-memory inodes (nodes). Compiles on the build machine too.
 *
 * Lock order: vnode lock > open transaction (ext4_tx) > node map_lock, attr_lock or
 * orphan_lock > group lock > log lock. A thread that has a transaction open neither
 * locks pages nor waits for data, nor begins another one; memory is asked
 * for with ALLOC_NOFS.
 *
 * Legend: I immutable after mount, G group lock, L log lock, A atomic, M map_lock.
 */
#pragma once

#include "dirblock.h"
#include "env.h"
#include "extnode.h"
#include "geometry.h"

#include <uapi/stat.h>

struct ext4_vol;
struct ext4_txn;
struct ext4_image;

/* ---- the device, filled in by dev.c or the host test ---- */
struct ext4_wr { u64 block; const void *data; };
#define EXT4_WR_BATCH	128u
/** ext4_io_read() - one block; 0 or -EIO. Sleeps. */
int ext4_io_read(struct ext4_vol *v, u64 block, void *data);
/** ext4_io_write() - up to EXT4_WR_BATCH blocks; returns when all are done: 0 or the first error. */
int ext4_io_write(struct ext4_vol *v, const struct ext4_wr *wr, u32 n);
/** ext4_io_write_stable() - after all earlier writes are stable, and itself stable on return. */
int ext4_io_write_stable(struct ext4_vol *v, u64 block, const void *data);
int ext4_io_flush(struct ext4_vol *v);
/** ext4_io_discard() - blocks whose contents nobody needs; advice. */
void ext4_io_discard(struct ext4_vol *v, u64 block, u64 n);

/* ---- metadata buffers (buf.c) ---- */
enum ext4_bufkind {
	EXT4_BUF_PLAIN,		/* no check sum of its own: inode tables, indirect blocks, super block */
	EXT4_BUF_GDT, EXT4_BUF_BBITMAP, EXT4_BUF_IBITMAP,
	EXT4_BUF_DIRLEAF, EXT4_BUF_DXROOT, EXT4_BUF_DXNODE, EXT4_BUF_EXTNODE, EXT4_BUF_XATTR,
};
struct ext4_buf {
	struct hnode hash;		/* bucket lock */
	u64 block;			/* I */
	u8 *data;			/* I block_size bytes; changed by who may by the owner's locks */
	atomic32 refs;			/* A */
	u64 state;			/* A EXT4_BUFS_* bits */
	u16 kind;			/* who changes it */
	u32 seed;			/* inode's check sum seed, or group number */
	struct ext4_image *image;	/* L in the running transaction */
	struct ext4_image *ckpt;	/* L committed, not at its place yet */
	struct list lru;		/* lru_lock */
};
#define EXT4_BUFS_UPTODATE	0
#define EXT4_BUFS_READING	1
#define EXT4_BUFS_VERIFIED	2	/* contents were checked by who understands them */
#define EXT4_BUFS_USED		3	/* looked at since the last scan */
#define EXT4_BUFS_PRIVATE	4	/* made up for its holder; freed by the last put */
struct ext4_bucket { struct hlist chain; struct spin lock; };

/** ext4_buf_read() - contents from disk or memory, with a reference; ERR_PTR(-EIO, -ENOMEM). Sleeps. */
struct ext4_buf *ext4_buf_read(struct ext4_vol *v, u64 block);
/** ext4_buf_new() - a block that was just allocated: zeroes, uptodate; ERR_PTR(-ENOMEM). */
struct ext4_buf *ext4_buf_new(struct ext4_vol *v, u64 block);
/** ext4_buf_find() - if in memory, with a reference; else NULL. */
struct ext4_buf *ext4_buf_find(struct ext4_vol *v, u64 block);
/** ext4_buf_private() - zeroes that are no block of the disk, for one reader; NULL: no memory. */
struct ext4_buf *ext4_buf_private(struct ext4_vol *v);
void ext4_buf_put(struct ext4_buf *b);
static inline void ext4_buf_get(struct ext4_buf *b) { atomic_inc(&b->refs); }
/** ext4_buf_shrink() - free up to @n unused buffers; returns how many. */
u64 ext4_buf_shrink(struct ext4_vol *v, u64 n);
int ext4_bufs_init(struct ext4_vol *v);
void ext4_bufs_fini(struct ext4_vol *v);

/* ---- transactions (log.c, commit.c) ---- */
struct ext4_tx {			/* a thread's part in the running transaction */
	struct ext4_vol *vol;
	struct ext4_txn *txn;
	u32 credits;
};
/* One changed block of a transaction; holds a reference on the buffer. */
struct ext4_image {
	struct list link;		/* L txn->images */
	struct ext4_txn *txn;		/* L */
	struct ext4_buf *buf;
	u8 *data;			/* contents as of the commit */
	u16 kind;
	u32 seed;
	bool escaped;
};
struct ext4_revoke { struct list link; u64 block; };
struct ext4_freed { struct list link; u64 block; u32 n; };
enum ext4_txnstate { EXT4_TXN_RUNNING, EXT4_TXN_LOCKED, EXT4_TXN_COMMIT, EXT4_TXN_LOGGED };
struct ext4_txn {
	struct list link;		/* L log->logged */
	u32 tid;			/* I */
	enum ext4_txnstate state;	/* L */
	u32 updates, reserved;		/* L open parts, blocks promised to them */
	u32 nimages, nrevokes;		/* L */
	struct list images;		/* L */
	struct list revokes;		/* L */
	struct list freed;		/* L blocks that may be used again after commit */
	u32 first, used;		/* place in the log */
	u64 born_ns;
};
struct ext4_run { u32 lblk, len; u64 pblk; };	/* where the log lies */
struct ext4_log {
	bool on;			/* I there is a journal; else commits go straight home */
	bool v3, v2, wide;		/* I tag format */
	struct kmutex commit_lock;	/* protects commit, checkpoint, head, tail, super */
	struct spin lock;		/* protects L members */
	struct waitq wait;		/* state changes */
	struct ext4_txn *running;	/* L */
	struct list logged;		/* L committed, oldest first */
	u32 next_tid, committed;	/* L */
	int error;			/* L aborted: every begin fails with it */
	struct ext4_run *runs;		/* I */
	u32 nruns, first, last;		/* I usable blocks of the log [first, last) */
	u32 head, free;			/* commit_lock next block to write, blocks free */
	u32 max_txn;			/* I blocks of one transaction */
	u32 csum_seed;			/* I */
	u32 tag_size, per_desc;		/* I */
	u8 *super, *desc;		/* commit_lock block buffers */
	u32 node_ino;
	struct ext4_wr wr[EXT4_WR_BATCH];	/* commit_lock */
};

/**
 * ext4_tx_begin() - take part in the running transaction
 * @credits: blocks that will be changed at most
 * Return: 0, -EROFS (read-only or aborted), -ENOMEM. May commit. Sleeps.
 */
int ext4_tx_begin(struct ext4_vol *v, u32 credits, struct ext4_tx *tx) __must_check;
void ext4_tx_end(struct ext4_tx *tx);
/** ext4_tx_write() - announce a change of @b, before it is made; 0, -ENOMEM, -EIO. */
int ext4_tx_write(struct ext4_tx *tx, struct ext4_buf *b, enum ext4_bufkind kind, u32 seed) __must_check;
/**
 * ext4_tx_forget() - metadata block @block is being freed: its changes are dropped and replays
 * must not bring older ones back; before ext4_bfree(). 0 or -ENOMEM.
 */
int ext4_tx_forget(struct ext4_tx *tx, u64 block) __must_check;
/** ext4_log_commit() - what was changed up to now is on stable storage on return; 0 or -errno. */
int ext4_log_commit(struct ext4_vol *v);
/** ext4_log_commit_tid() - the same if transaction @tid is not committed yet. */
int ext4_log_commit_tid(struct ext4_vol *v, u32 tid);
/** ext4_log_has() - transaction @tid is on stable storage. */
bool ext4_log_has(struct ext4_vol *v, u32 tid);
/** ext4_log_open() - find and check the journal, replay it if @replay; ext4_log_close(): checkpoint. */
int ext4_log_open(struct ext4_vol *v, bool replay);
int ext4_log_checkpoint_all(struct ext4_vol *v);
void ext4_log_close(struct ext4_vol *v);
void ext4_log_abort(struct ext4_vol *v, int err);
/** ext4_log_started() - mark the log in use on disk (first transaction after mount). */
int ext4_log_mark(struct ext4_vol *v, u32 tid, u32 start);
void ext4_image_free(struct ext4_image *img);
u64 ext4_log_block(const struct ext4_log *l, u32 n);
/* replay.c */
int ext4_log_load(struct ext4_vol *v);
int ext4_log_replay(struct ext4_vol *v);

/* ---- groups, blocks, inodes ---- */
struct ext4_group {
	struct spin lock;		/* protects the bitmaps' contents, pending, avail, the descriptor */
	u64 *pending;			/* G blocks held or freed but not committed; made on first use */
	u32 avail;			/* G blocks that could be held now */
	u32 hint;			/* G where the last search ended */
	bool bad;			/* G bitmap is broken: nothing is taken from here */
};

/* What an inode counts as with the quotas of its user and group. */
#define EXT4_QUOTAS	2u
#define EXT4_QUOTA_BUCKETS 64u
struct ext4_use { u32 ids[EXT4_QUOTAS]; s64 bytes, inodes; };

struct ext4_node {
	struct ext4_vol *vol;		/* I */
	u32 ino, generation, seed;	/* I */
	struct rwsem map_lock;		/* protects block[], the block map; a leaf among sleeping locks */
	struct spin lock;		/* protects the copy to the inode table */
	struct kmutex attr_lock;	/* one change of attributes at a time */
	u32 block[15];			/* M */
	u64 goal;			/* M where the next allocation would like to be */
	mode_t mode;
	uid_t uid;
	gid_t gid;
	u32 nlink, flags, dtime, projid;
	u64 size, blocks, file_acl, version;	/* size as on disk, blocks of 512 bytes */
	s64 atime, mtime, ctime, btime;
	u16 extra_isize;
	struct ext4_use counted;	/* in the quota files; under lock */
	u64 promised;			/* bytes of pages that have no blocks yet, likewise */
	struct list orphan;		/* orphan_lock */
	u32 last_tid;			/* transaction of the last change: for fsync */
	u32 data_tid;			/* likewise of size or map: for fdatasync */
};

#define EXT4_VOL_RDONLY		0x1u
#define EXT4_VOL_ERROR		0x2u
#define EXT4_VOL_DISCARD	0x4u
#define EXT4_VOL_NOBARRIER	0x8u
#define EXT4_VOL_NOLOAD		0x10u
#define EXT4_VOL_AS_EXT2	0x20u	/* mounted by that name: only if it is one */
#define EXT4_VOL_AS_EXT3	0x40u
#define EXT4_VOL_RO_WANTED	0x80u	/* nothing will be written but a replay */
struct ext4_vol {
	struct ext4_geo geo;		/* I */
	void *dev;			/* I dev.c */
	u32 flags;			/* EXT4_VOL_* */
	u32 errors;			/* EXT4_ERRORS_* */
	u64 dev_bytes;			/* I */
	struct ext4_buf *super;		/* I held */
	u32 super_off;			/* I in that buffer */
	struct ext4_buf **gdt;		/* I gdt_blocks, held */
	struct ext4_group *groups;	/* I */
	atomic64 free_blocks, free_inodes, used_dirs;	/* persistent counts */
	atomic64 space;			/* blocks nobody has been promised */
	u64 meta_pool;			/* I of those, kept for metadata of promised data */
	u64 root_pool;			/* I of those, kept for root */
	struct ext4_bucket *buckets;	/* I 1 << bucket_bits of them */
	u32 bucket_bits;		/* I */
	struct waitq buf_wait;
	struct spin lru_lock;		/* protects lru, nbufs */
	struct list lru;
	u64 nbufs;
	struct ext4_log log;
	struct kmutex orphan_lock;	/* protects the list of orphans */
	struct list orphans;		/* newest first */
	struct ext4_quota *quotas[EXT4_QUOTAS];	/* I while writable: users, groups */
	u32 enforced;			/* A bit per type whose limits count */
	u32 dir_hint;
	void (*stopped)(struct ext4_vol *v);	/* I told when it became read-only by itself */
};
static inline struct ext4_disk_super *ext4_super(struct ext4_vol *v)
{
	return (void *)(v->super->data + v->super_off);
}
static inline bool ext4_vol_rdonly(const struct ext4_vol *v) { return READ_ONCE(v->flags) & EXT4_VOL_RDONLY; }

/** ext4_vol_open() - read super block and groups, replay the journal; @why names a fault. */
int ext4_vol_open(struct ext4_vol *v, const char **why);
/** ext4_vol_start() - make it writable: mark it in use, deal with orphans. 0 or -errno. */
int ext4_vol_start(struct ext4_vol *v);
/** ext4_vol_stop() - everything to its place, marked clean; becomes read-only. */
int ext4_vol_stop(struct ext4_vol *v);
void ext4_vol_close(struct ext4_vol *v);
/** ext4_vol_fail() - the volume contradicts itself: says so and acts as errors= wants. Returns -EUCLEAN. */
int ext4_vol_fail(struct ext4_vol *v, const char *fmt, ...) __printf(2, 3);
/** ext4_super_refresh() - counters and check sum of the super block, before it is logged. */
void ext4_super_refresh(struct ext4_vol *v);
/** ext4_super_write() - the super block straight to its place; for state changes outside of transactions. */
int ext4_super_write(struct ext4_vol *v);

/* group.c */
struct ext4_disk_group *ext4_group_desc(struct ext4_vol *v, u32 group);
static inline struct ext4_buf *ext4_group_descbuf(struct ext4_vol *v, u32 group)
{
	return v->gdt[group / v->geo.descs_per_block];
}
static inline bool ext4_wide(const struct ext4_vol *v) { return v->geo.desc_size >= 64; }
/** ext4_groups_read() - descriptors to memory; ext4_groups_load() - check and count them. */
int ext4_groups_read(struct ext4_vol *v);
int ext4_groups_load(struct ext4_vol *v, const char **why);
void ext4_groups_free(struct ext4_vol *v);
/** ext4_group_bbitmap() / ibitmap - verified bitmap of a group, referenced; ERR_PTR. */
struct ext4_buf *ext4_group_bbitmap(struct ext4_vol *v, u32 group);
struct ext4_buf *ext4_group_ibitmap(struct ext4_vol *v, u32 group);
/** ext4_bitmap_refresh() - a changed bitmap's check sum goes to its descriptor. Before commit. */
void ext4_bitmap_refresh(struct ext4_vol *v, struct ext4_buf *b, bool inodes, u32 group);

/* balloc.c */
/**
 * ext4_bhold() - find up to @want free blocks near @goal and keep others from them
 * Nothing changes on disk until ext4_buse(); ext4_bunhold() gives them back. The caller
 * has been promised the space (ext4_space_take()).
 */
int ext4_bhold(struct ext4_vol *v, u64 goal, u32 want, u64 *block, u32 *got);
void ext4_bunhold(struct ext4_vol *v, u64 block, u32 n);
/** ext4_bhold_next() - the same of a group's first run from bit *@at on below @end: *@got, 0: none. 0, -errno. */
int ext4_bhold_next(struct ext4_vol *v, u32 group, u32 *at, u32 end, u32 most, u32 *got);
int ext4_buse(struct ext4_tx *tx, u64 block, u32 n);
/** ext4_bfree() - blocks return; usable again after the commit. The space counts as free at once. */
int ext4_bfree(struct ext4_tx *tx, u64 block, u32 n);
/** ext4_balloc_meta() - one block for metadata of @n, in use and counted; 0 or -errno. */
int ext4_balloc_meta(struct ext4_tx *tx, struct ext4_node *n, u64 goal, u64 *block);
/** ext4_space_take() - promise @n blocks; -ENOSPC. @depth: 0 user, 1 root's reserve, 2 metadata pool. */
int ext4_space_take(struct ext4_vol *v, u64 n, u32 depth);
static inline void ext4_space_give(struct ext4_vol *v, u64 n) { atomic_add(&v->space, (s64)n); }
/** ext4_freed_commit() - after commit: those blocks may be used. */
void ext4_freed_commit(struct ext4_vol *v, struct ext4_txn *t);
u64 ext4_node_goal(struct ext4_vol *v, u32 ino);

/* ialloc.c */
int ext4_ialloc(struct ext4_tx *tx, const struct ext4_node *dir, mode_t mode, u32 *ino);
int ext4_ifree(struct ext4_tx *tx, u32 ino, bool is_dir);
/** ext4_itable_pos() - block and byte offset of an inode. */
int ext4_itable_pos(struct ext4_vol *v, u32 ino, u64 *block, u32 *off);

/* node.c */
int ext4_node_init(struct ext4_node *n, struct ext4_vol *v, u32 ino);
/** ext4_node_load() - read an inode; -ESTALE if it is free, -EUCLEAN. */
int ext4_node_load(struct ext4_node *n);
/** ext4_node_store() - to the inode table, in a transaction. */
int ext4_node_store(struct ext4_tx *tx, struct ext4_node *n);
/** ext4_node_make() - allocate an inode for @mode; nothing points to it yet. */
int ext4_node_make(struct ext4_tx *tx, const struct ext4_node *dir, struct ext4_node *n, struct ext4_vol *v,
		   mode_t mode);
/** ext4_node_erase() - an inode without names and blocks goes. */
int ext4_node_erase(struct ext4_tx *tx, struct ext4_node *n);
static inline bool ext4_is_inline(const struct ext4_node *n) { return READ_ONCE(n->flags) & EXT4_FL_INLINE_DATA; }
static inline bool ext4_is_extents(const struct ext4_node *n) { return n->flags & EXT4_FL_EXTENTS; }
/** ext4_node_has_map() - block[] maps blocks (not a short link or device). */
bool ext4_node_has_map(const struct ext4_node *n);
u32 ext4_max_lblk(const struct ext4_node *n);
/* orphan.c */
int ext4_orphan_add(struct ext4_tx *tx, struct ext4_node *n);
int ext4_orphan_del(struct ext4_tx *tx, struct ext4_node *n);
int ext4_orphans_clean(struct ext4_vol *v);

/* map.c: file block -> disk block */
enum ext4_mapkind { EXT4_HOLE, EXT4_UNWRITTEN, EXT4_MAPPED };
struct ext4_map { u32 lblk, len; u64 pblk; enum ext4_mapkind kind; };
/** ext4_map_find() - what is at @lblk; @m->len blocks alike (at most), map_lock held. */
int ext4_map_find(struct ext4_node *n, u32 lblk, struct ext4_map *m);
/** ext4_map_get() - ext4_map_find() with the lock taken. */
int ext4_map_get(struct ext4_node *n, u32 lblk, struct ext4_map *m);
/** ext4_map_add() - [lblk, +len) was a hole; blocks are in use already. map_lock held for writing. */
int ext4_map_add(struct ext4_tx *tx, struct ext4_node *n, u32 lblk, u32 len, u64 pblk, bool unwritten);
/** ext4_map_written() - unwritten blocks have contents now. map_lock held for writing. */
int ext4_map_written(struct ext4_tx *tx, struct ext4_node *n, u32 lblk, u32 len);
/** ext4_map_drop() - free the blocks of [from, to), in as many transactions as it takes. */
int ext4_map_drop(struct ext4_node *n, u64 from, u64 to);
/** ext4_map_append() - a directory's next block: allocated, mapped, zeroed, referenced. */
struct ext4_buf *ext4_map_append(struct ext4_tx *tx, struct ext4_node *n, u32 lblk);
/** ext4_map_read() - buffer of a mapped block of a directory or the like; ERR_PTR(-EUCLEAN hole). */
struct ext4_buf *ext4_map_read(struct ext4_node *n, u32 lblk);
/** ext4_map_free() - blocks of a file, unmapped already; what directories and links had is forgotten. */
int ext4_map_free(struct ext4_tx *tx, struct ext4_node *n, u64 block, u32 count);
/** ext4_drop_most() - how many blocks one transaction frees: forgetting costs log space. */
static inline u32 ext4_drop_most(const struct ext4_node *n) { return S_ISREG(n->mode) ? EXT4_EXT_INIT_MAX : 128; }
u64 ext4_map_goal(struct ext4_node *n, u32 lblk);
#define EXT4_DROP_CREDITS	40u
/* extent.c, indirect.c: the two kinds */
int ext4_ext_find(struct ext4_node *n, u32 lblk, struct ext4_map *m);
int ext4_ext_add(struct ext4_tx *tx, struct ext4_node *n, u32 lblk, u32 len, u64 pblk, bool unwritten);
int ext4_ext_written(struct ext4_tx *tx, struct ext4_node *n, u32 lblk, u32 len);
/** ext4_ext_drop_one() - free one extent's part in [from, to): 1, 0 nothing is left, -errno. */
int ext4_ext_drop_one(struct ext4_tx *tx, struct ext4_node *n, u64 from, u64 to);
void ext4_ext_init(struct ext4_node *n);
int ext4_ind_find(struct ext4_node *n, u32 lblk, struct ext4_map *m);
int ext4_ind_add(struct ext4_tx *tx, struct ext4_node *n, u32 lblk, u32 len, u64 pblk);
int ext4_ind_drop_one(struct ext4_tx *tx, struct ext4_node *n, u64 from, u64 to);

/* dir.c, htree.c; the directory is locked by the caller */
int ext4_dir_get(struct ext4_node *dir, const char *name, u32 len, u32 *ino);
int ext4_dir_add(struct ext4_tx *tx, struct ext4_node *dir, const char *name, u32 len, u32 ino, mode_t mode);
int ext4_dir_del(struct ext4_tx *tx, struct ext4_node *dir, const char *name, u32 len);
/** ext4_dir_set() - let an existing entry name another inode. */
int ext4_dir_set(struct ext4_tx *tx, struct ext4_node *dir, const char *name, u32 len, u32 ino, mode_t mode);
int ext4_dir_empty(struct ext4_node *dir);		/* 1, 0, -errno */
int ext4_dir_start(struct ext4_tx *tx, struct ext4_node *dir, u32 parent);
typedef bool ext4_emit_fn(void *arg, const char *name, u32 len, u32 ino, u32 dtype, u64 next);
/**
 * ext4_dir_list() - entries from position *pos on; dirlist.c says what positions are
 * @emit: false when full; gets the position after the entry
 */
int ext4_dir_list(struct ext4_node *dir, u64 *pos, ext4_emit_fn *emit, void *arg);
/* A leaf of the index and the hash at which the next begins (bit 0: it goes on with the same), 0: it is the last. */
typedef int ext4_leaf_fn(void *arg, struct ext4_buf *leaf, u8 version, u32 next);
/** ext4_htree_walk() - leaves in the order of hashes from that of @hash on, while @fn returns 1; its 0 or -errno. */
int ext4_htree_walk(struct ext4_node *dir, u32 hash, ext4_leaf_fn *fn, void *arg);
#define EXT4_DIR_CREDITS	24u
struct ext4_buf *ext4_dirblock_read(struct ext4_node *dir, u32 lblk, bool *is_index);
int ext4_htree_find(struct ext4_node *dir, const char *name, u32 len, struct ext4_buf **leaf, int *off);
int ext4_htree_add(struct ext4_tx *tx, struct ext4_node *dir, const char *name, u32 len, u32 ino, u8 ft);
int ext4_htree_make(struct ext4_tx *tx, struct ext4_node *dir, struct ext4_buf *first);

#include "attr.h"
