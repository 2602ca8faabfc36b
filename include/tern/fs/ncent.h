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
	struct seqcount nc_seq;		/* changes with name, parent or vnode */
	u32 nc_flags;			/* NCENT_* */
	struct hnode nc_hash;		/* in the hash table */
	struct ncent *nc_parent;	/* with a reference; root: itself */
	struct vnode *nc_vnode;		/* NULL: negative */
	u32 nc_hashval;
	u32 nc_len;
	const char *nc_name;		/* inline or RCU-freed memory */
	char nc_inline[NCENT_INLINE_LEN];
	struct spin nc_lock;		/* LOCKRANK_NCENT; protects children and flags */
	atomic32 nc_refs;		/* negative: dead */
	struct filesys *nc_fs;		/* I */
	struct list nc_children, nc_sibling;	/* parent's nc_lock */
	struct list nc_alias;		/* vnode's vn_spin: vn_aliases */
	struct list nc_lru;
	void *nc_priv;			/* file system's */
	struct rcu_job nc_rcu;
};
#define NCENT_MOUNTED	0x1u	/* something is mounted here in some namespace */
#define NCENT_UNHASHED	0x2u
#define NCENT_LRU	0x4u
#define NCENT_REFERENCED 0x8u
#define NCENT_NOCACHE	0x10u	/* dropped with its last reference (procfs) */
#define NCENT_DISCONNECTED 0x20u

static inline void ncent_get(struct ncent *nc) { atomic_inc(&nc->nc_refs); }
void ncent_put(struct ncent *nc);
/** ncent_lookup() - cached child with a reference, or NULL. */
struct ncent *ncent_lookup(struct ncent *parent, const char *name, u32 len);
/** ncent_add() - new child entry for @vn (NULL: negative; consumes the vnode reference); hashed. NULL if no memory. */
struct ncent *ncent_add(struct ncent *parent, const char *name, u32 len, struct vnode *vn);
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
/** ncent_anon() - nameless entry for pipes, sockets and the like; shown as @name in /proc/PID/fd. */
struct ncent *ncent_anon(struct filesys *fs, struct vnode *vn, const char *name);
