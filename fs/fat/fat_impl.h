/* SPDX-License-Identifier: GPL-2.0-only */
/* FAT, private. Legend: I immutable, L vn_lock, K lock of the vnode's chain, T lock of the table, P lock of places. */
#pragma once

#include <tern/base/bug.h>
#include <tern/base/err.h>
#include <tern/drivers/blkdev.h>
#include <tern/fs/filesys.h>
#include <tern/fs/ofile.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/klog.h>
#include <tern/lib/rbtree.h>
#include <tern/lib/seqbuf.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <uapi/dirent.h>
#include <uapi/fcntl.h>
#include <uapi/mount.h>

#include "parse.h"

struct fat_options { uid_t uid; gid_t gid; u32 fmask, dmask; bool is_quiet, stops, discards; };

struct fat_mount {
	struct filesys *fs;
	struct blkdev *bdev;		/* I */
	u32 bdev_mode;			/* I */
	struct fat_geo geo;		/* I */
	struct fat_options opt;		/* I */
	struct kmutex table_lock;	/* protects the table's entries and what follows; LOCKRANK_FS, inside chains */
	u32 free;			/* T clusters; FREE_UNKNOWN */
	u32 next;			/* T where to look first */
	bool is_aligned;		/* I no page of the device holds parts of two clusters */
	bool was_dirty;			/* I before it was mounted */
	bool is_writing;		/* the volume is marked dirty */
	struct spin places_lock;	/* protects places; LOCKRANK_FS_SPIN */
	struct rbtree places;		/* P vnodes by the place of their entry */
	u64 next_ino;			/* A */
};
#define FREE_UNKNOWN U32_MAX

/* Clusters that lie together: @index is the number in the file. */
struct fat_run { u32 index, cluster, n; };

struct fat_vnode {
	struct vnode vn;		/* first */
	struct kmutex lock;		/* protects chain and place; LOCKRANK_FS */
	u32 start;			/* K first cluster, 0: none */
	struct fat_run *runs;		/* K of the chain, as far as it was followed */
	u32 nruns, room;		/* K */
	bool is_whole;			/* K to its end */
	u64 place;			/* K, P of its entry; 0: root, or unlinked */
	struct rbnode by_place;		/* P */
	u8 attr, lcase;			/* L */
	char *name;			/* L of its directory: as the directory has it */
	u32 name_len;
};

static inline struct fat_vnode *fat_of(struct vnode *vn) { return (struct fat_vnode *)vn; }
static inline struct fat_mount *fat_mount_of(const struct vnode *vn) { return vn->vn_fs->priv; }

/* table.c */
int fat_meta_read(struct fat_mount *m, u64 pos, void *buf, u32 len);
int fat_meta_write(struct fat_mount *m, u64 pos, const void *buf, u32 len);
int fat_meta_zero(struct fat_mount *m, u64 pos, u32 len);
/** fat_fail() - the volume contradicts itself: says so, stops writing. Returns -EIO. */
int fat_fail(struct fat_mount *m, const char *what);
/** fat_next() - what follows @cluster: another, 0 at the end of the chain; -EIO. */
int fat_next(struct fat_mount *m, u32 cluster, u32 *next);
/** fat_alloc() - a cluster behind @prev (0: begins a chain), near it if it can be; -ENOSPC. */
int fat_alloc(struct fat_mount *m, u32 prev, u32 *out);
/** fat_free_chain() - @cluster and all that follow; @last (or 0) becomes the end of the chain. */
int fat_free_chain(struct fat_mount *m, u32 last, u32 cluster);
/** fat_count_free() - free clusters; 0 or -EIO. */
int fat_count_free(struct fat_mount *m, u32 *out);
/** fat_info_store() - counts to the information sector. */
int fat_info_store(struct fat_mount *m);
void fat_info_load(struct fat_mount *m);
/** fat_mark() - the boot sector says whether the volume is in use. */
int fat_mark(struct fat_mount *m, bool is_dirty);

/* chain.c */
/** fat_map() - cluster number @index of the file and how many lie behind it (1 at least): -ENODATA past the end. */
int fat_map(struct fat_vnode *v, u32 index, u32 *cluster, u32 *n);
/** fat_grow() - the chain has @n clusters at least; -ENOSPC and then as before. */
int fat_grow(struct fat_vnode *v, u32 n);
/** fat_cut() - the chain has @n clusters at most. */
int fat_cut(struct fat_vnode *v, u32 n);
/** fat_forget_cached() - a directory goes: its pages must not be written over what gets its clusters. */
void fat_forget_cached(struct fat_vnode *v);
/** fat_chain_forget() - what is known of the chain, as another begins at @start. */
void fat_chain_forget(struct fat_vnode *v, u32 start);

/* slots.c */
struct fat_entry { u32 first, nslots; u64 place; struct fat_dirent d; char name[FAT_NAME_ROOM]; u32 len; };
/** fat_slot_place() - where slot @n of the directory is; -ENODATA past its end. */
int fat_slot_place(struct fat_vnode *dir, u32 n, u64 *place);
/** fat_entry_next() - the first entry that ends behind slot *@at, which moves past it: 1, 0 at the end, -errno. */
int fat_entry_next(struct fat_vnode *dir, u32 *at, struct fat_entry *e);
/** fat_find() - the entry called so: 1, 0, -errno. */
int fat_find(struct fat_vnode *dir, const char *name, u32 len, struct fat_entry *e);
/** fat_add() - a new entry of @d's attributes and contents; its place and name as it is now in *@out. */
int fat_add(struct fat_vnode *dir, const char *name, u32 len, const struct fat_dirent *d, struct fat_entry *out);
/** fat_drop() - the slots of an entry are free. */
int fat_drop(struct fat_vnode *dir, const struct fat_entry *e);
/** fat_is_empty() - nothing but the dots: 1, 0, -errno. */
int fat_is_empty(struct fat_vnode *dir);

/* namei.c */
extern const struct vnode_ops fat_vnode_ops;

/* file.c */
extern const struct pagecache_ops fat_pagecache_ops;
extern const struct ofile_ops fat_file_fops, fat_dir_fops;
/** fat_resize() - the file has @size bytes; new ones are zeroes. vn L. */
int fat_resize(struct fat_vnode *v, u64 size);

/* vnode.c */
int fat_cache_init(void);
/** fat_vnode_get() - the file of an entry, referenced. */
struct vnode *fat_vnode_get(struct filesys *fs, const struct fat_entry *e);
struct vnode *fat_root_make(struct filesys *fs);
/** fat_vnode_move() - its entry is at @place now (0: nowhere), called so. K taken here. -ENOMEM. */
int fat_vnode_move(struct fat_vnode *v, const struct fat_entry *e);
/** fat_store() - attributes, size and start to its entry. */
int fat_store(struct fat_vnode *v);
void fat_evict(struct vnode *vn);
int fat_change_attr(struct vnode *vn, const struct vattr *va);
/** fat_dirent_fill() - times and attributes of a new entry. */
void fat_dirent_fill(struct fat_dirent *d, u8 attr, u32 start, s64 now);
