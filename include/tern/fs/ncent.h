/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The name cache: (parent, name) -> vnode, also for names known to be absent.
 * Owner fs/vfs/namecache.c. Lookups take no lock (RCU and a sequence count);
 * an entry is freed after a grace period.
 */
#pragma once

#include <tern/fs/vnode.h>
#include <tern/lib/hlist.h>

#define NCENT_INLINE_LEN 32

struct ncent {
	struct seqctr nc_seq;		/* changes with name, parent or vnode */
	u32 nc_flags;			/* NCENT_* */
	struct hnode nc_hash;		/* in the hash table */
	struct ncent *nc_parent;	/* with a reference; root: itself */
	struct vnode *nc_vnode;		/* NULL: negative */
	u32 nc_hashval;
	u32 nc_len;
	const char *nc_name;		/* nc_inline, or the text of nc_ext */
	struct nc_extname *nc_ext;	/* long name, counted, RCU-freed; or NULL */
	char nc_inline[NCENT_INLINE_LEN];
	struct spin nc_lock;		/* LOCKRANK_NCENT; protects children and flags */
	atomic32 nc_refs;		/* negative: dead */
	struct filesys *nc_fs;		/* I */
	struct list nc_children, nc_sibling;	/* parent's nc_lock */
	struct list nc_alias;		/* vnode's vn_spin: vn_aliases */
	struct list nc_lru;
	bool nc_recent;			/* used since the shrinker last came by (racy hint) */
	u32 nc_nmounts;			/* mounts on it, in all namespaces; mount_tree_lock */
	void *nc_priv;			/* file system's */
	struct rcu_job nc_rcu;
};
#define NCENT_MOUNTED	0x1u	/* something is mounted here in some namespace */
#define NCENT_UNHASHED	0x2u
#define NCENT_LRU	0x4u
#define NCENT_REFERENCED 0x8u
#define NCENT_NOCACHE	0x10u	/* dropped with its last reference (procfs) */
#define NCENT_DISCONNECTED 0x20u

/*
 * Rules. nc_vnode of an entry that one holds a reference on never becomes
 * another vnode, and not NULL while positive: ncent_detach() only makes an
 * entry negative that nobody else uses. Names and parents change by rename only:
 * read them under nc_lock, or under ncent_rename_seq with RCU.
 */
extern struct seqctr ncent_rename_seq;

static inline void ncent_get(struct ncent *nc) { atomic_inc(&nc->nc_refs); }
void ncent_put(struct ncent *nc);
/** ncent_lookup() - cached child with a reference, or NULL. */
struct ncent *ncent_lookup(struct ncent *parent, const char *name, u32 len);
/**
 * ncent_get_live() - reference to an entry found under RCU; false if it is
 * dying or being changed.
 */
bool ncent_get_live(struct ncent *nc);
/**
 * ncent_find_rcu() - cached child by hash value; RCU held, no reference
 * @seq: out, pass to seq_read_retry(&nc->nc_seq) after reading what is needed
 */
struct ncent *ncent_find_rcu(const struct ncent *parent, const char *name, u32 len, u32 hash, u32 *seq);
/** ncent_hash() - hash value of a name below @parent. */
u32 ncent_hash(const struct ncent *parent, const char *name, u32 len);
/** ncent_hash_component() - the same for text up to the next slash or NUL; its length in *len. */
u32 ncent_hash_component(const struct ncent *parent, const char *text, u32 *len);
/**
 * ncent_add() - new child entry for @vn (NULL: negative; consumes the vnode
 * reference); hashed. NULL if no memory.
 */
struct ncent *ncent_add(struct ncent *parent, const char *name, u32 len, struct vnode *vn);
/**
 * ncent_tmp() - unhashed entry "#ino" below @parent for O_TMPFILE; consumes the
 * vnode reference. NULL if no memory.
 */
struct ncent *ncent_tmp(struct ncent *parent, struct vnode *vn);
/** ncent_attach() - a negative entry becomes positive. */
void ncent_attach(struct ncent *nc, struct vnode *vn);
/** ncent_forget() - unhash: later lookups ask the file system. */
void ncent_forget(struct ncent *nc);
/** ncent_detach() - unlinked: becomes negative if unused elsewhere, else unhashed. */
void ncent_detach(struct ncent *nc);
/** ncent_move() - after a rename; both parents' vnodes are locked. @exchange swaps. */
void ncent_move(struct ncent *nc, struct ncent *target, bool exchange);
/** ncent_prune() - drop unused entries below @nc (unmount, rmdir). */
void ncent_prune(struct ncent *nc);
bool ncent_is_below(struct ncent *nc, struct ncent *ancestor);
/**
 * ncent_anon() - nameless entry for pipes, sockets and the like; shown as @name
 * in /proc/PID/fd.
 */
/** ncent_alias() - some entry that names @vn, with a reference, or NULL. */
struct ncent *ncent_alias(struct vnode *vn);
/** ncent_shrink() - free up to @n unused entries, oldest first; returns how many went. Sleeps. */
u64 ncent_shrink(u64 n);
/** ncent_counts() - entries there are, and those that nobody uses. */
void ncent_counts(u64 *all, u64 *unused);
void ncent_flags_set(struct ncent *nc, u32 set, u32 clear);
/** ncent_init() - the hash table. Boot. */
void ncent_init(void);
struct ncent *ncent_anon(struct filesys *fs, struct vnode *vn, const char *name);
