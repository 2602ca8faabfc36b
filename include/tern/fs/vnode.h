/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct vnode: one file object, whatever its names. Owner fs/vfs/vnode.c.
 *
 * Life: a file system allocates it (embedded in its own structure) with
 * vnode_init(); references are held by name cache entries, open files and
 * mappings; the last vnode_put() keeps it cached if it has a backing store and
 * links, else calls ops->evict, which drops contents and frees.
 *
 * Lock: vn_lock (rwsem). Directories: write for changing entries, read for
 * lookup in the file system and readdir; files: write for data size and
 * attributes, read for nothing that the page cache does itself.
 * Parent before child, then by address; rename takes the file system's rename
 * mutex first when the parents differ.
 *
 * Legend: I immutable, L vn_lock, V vn_spin, A atomic.
 */
#pragma once

#include <tern/base/lock.h>
#include <tern/mm/pagecache.h>
#include <tern/base/rcu.h>
#include <tern/kernel/growtab.h>
#include <uapi/stat.h>

struct vnode;
struct ncent;
struct filesys;
struct ofile;
struct fspath;
struct credset;
struct seqbuf;
struct dir_sink;
struct flocks;
struct leaseset;
struct watchset;

/* Attributes as the stat family reports them. */
struct vattr {
	u32 mask;		/* VATTR_* that are set or wanted */
	mode_t mode;
	u32 nlink;
	uid_t uid;
	gid_t gid;
	u64 ino, size, blocks;	/* blocks of 512 bytes */
	u64 dev, rdev;
	u32 blksize;
	s64 atime, mtime, ctime, btime;	/* ns since 1970 */
	u64 attributes, attributes_mask;	/* STATX_ATTR_* */
	u64 mnt_id;
};
#define VATTR_MODE	0x1u
#define VATTR_UID	0x2u
#define VATTR_GID	0x4u
#define VATTR_SIZE	0x8u
#define VATTR_ATIME	0x10u
#define VATTR_MTIME	0x20u
#define VATTR_CTIME	0x40u
#define VATTR_ATIME_SET	0x80u	/* to the value given, else to now */
#define VATTR_MTIME_SET	0x100u
#define VATTR_FORCE	0x200u	/* no permission check (kernel's own change) */
#define VATTR_KILL_SUID	0x400u
#define VATTR_OPEN_TRUNC 0x800u	/* truncation by open(O_TRUNC) */

/*
 * Operations on vnodes. Every slot is filled (fs/vfs/defaults.c has vnop_no_*
 * and vnop_default_*); checked when a file system registers. "dir L" is the
 * directory locked for writing, "dir l" for reading.
 */
struct vnode_ops {
	/* dir l. Find @name: the vnode with a reference, NULL if absent, or ERR_PTR. */
	struct vnode *(*lookup)(struct vnode *dir, const char *name, u32 len);
	/* dir L. Make and return with a reference; the name is known to be absent. */
	struct vnode *(*create)(struct vnode *dir, const char *name, u32 len, mode_t mode);
	struct vnode *(*mkdir)(struct vnode *dir, const char *name, u32 len, mode_t mode);
	struct vnode *(*mknod)(struct vnode *dir, const char *name, u32 len, mode_t mode, u64 rdev);
	struct vnode *(*symlink)(struct vnode *dir, const char *name, u32 len, const char *target);
	struct vnode *(*tmpfile)(struct vnode *dir, mode_t mode);
	/* dir L, target L. */
	int (*link)(struct vnode *dir, const char *name, u32 len, struct vnode *target);
	int (*unlink)(struct vnode *dir, const char *name, u32 len, struct vnode *target);
	int (*rmdir)(struct vnode *dir, const char *name, u32 len, struct vnode *target);
	/* both dirs L, victims L. @flags RENAME_*; @new_vn NULL if the name is free. */
	int (*rename)(struct vnode *odir, const char *oname, u32 olen, struct vnode *old_vn,
		      struct vnode *ndir, const char *nname, u32 nlen, struct vnode *new_vn, u32 flags);
	/* Target text: a NUL-terminated string valid until link_put; may sleep. */
	const char *(*readlink)(struct vnode *vn, void **cookie);
	void (*link_put)(struct vnode *vn, void *cookie);
	/* "Magic" links (/proc/PID/fd/N, cwd, exe): fill @out with a referenced
	 * path; -EINVAL if plain.
	 */
	int (*follow)(struct vnode *vn, struct fspath *out);
	int (*getattr)(struct vnode *vn, struct vattr *va);
	/* vn L. Decoded and permission-checked by vnode_setattr(). */
	int (*setattr)(struct vnode *vn, const struct vattr *va);
	int (*permission)(struct vnode *vn, u32 mask);	/* MAY_*; default: mode bits and capabilities */
	/* Extended attributes: bytes or -errno (-ENODATA, -ERANGE, -EOPNOTSUPP). */
	ssize_t (*getxattr)(struct vnode *vn, const char *name, void *buf, size_t size);
	int (*setxattr)(struct vnode *vn, const char *name, const void *val, size_t size, u32 flags);
	ssize_t (*listxattr)(struct vnode *vn, char *buf, size_t size);
	int (*removexattr)(struct vnode *vn, const char *name);
	/* Revalidate a cached name (procfs): 1 valid, 0 stale. Called under
	 * RCU, must not sleep; see flags.
	 */
	int (*revalidate)(struct ncent *nc);
	/* Last reference: drop contents, then free by vnode_free_deferred(). Sleeps. */
	void (*evict)(struct vnode *vn);
};

struct ofile_ops;

struct vnode {
	const struct vnode_ops *vn_ops;		/* I */
	const struct ofile_ops *vn_fops;	/* I operations of files opened on it */
	struct filesys *vn_fs;			/* I mounted instance it belongs to */
	mode_t vn_mode;				/* L (type bits I) */
	uid_t vn_uid;				/* L */
	gid_t vn_gid;				/* L */
	u32 vn_nlink;				/* L */
	u64 vn_ino;				/* I */
	u64 vn_rdev;				/* I devices */
	u64 vn_size;				/* L to change; read with vnode_size() */
	u64 vn_blocks;				/* V 512-byte blocks */
	s64 vn_atime, vn_mtime, vn_ctime, vn_btime;	/* V ns */
	u32 vn_flags;				/* V VNODE_* */
	u32 vn_generation;
	atomic32 vn_refs;			/* A */
	atomic32 vn_writers;			/* A open for writing; negative: writes denied (running text) */
	atomic32 vn_readers;			/* A regular files: open for reading only */
	u8 vn_write_hint;			/* racy: F_SET_RW_HINT */
	struct rwsem vn_lock;
	struct spin vn_spin;			/* protects small fields; LOCKRANK_VNODE_SPIN */
	struct pagecache vn_pages;
	struct pagecache *vn_pc;		/* I usually &vn_pages */
	struct list vn_aliases;			/* V name cache entries that name it */
	const char *vn_link;			/* I symlink text that lives as long as the vnode: lock-free walks */
	void *vn_special;			/* V pipe, device, socket bound here */
	struct flocks *vn_flocks;		/* A locks; made on first use, fs/vfs/flock.c */
	struct leaseset *vn_leases;		/* A the same of leases, fs/vfs/lease.c */
	struct watchset *vn_watches;		/* V inotify, fanotify */
	struct posixacl *vn_acl, *vn_acl_default;	/* L to change, RCU; NULL: none (acl.h) */
	u64 vn_version;				/* A i_version style change counter */
	struct growlink vn_hash;		/* (fs, ino) table for file systems that want it */
	struct list vn_fs_link;			/* all vnodes of the file system */
	struct list vn_lru;			/* unreferenced, cached */
	struct rcu_job vn_rcu;
	void *vn_priv;				/* file system's, if not embedding */
};

#define VNODE_NEW	0x1u	/* being read in; wait */
#define VNODE_FREEING	0x2u
#define VNODE_DIRTY_ATTR 0x4u
#define VNODE_DIRTY_DATA 0x8u
#define VNODE_NOATIME	0x10u
#define VNODE_IMMUTABLE	0x20u
#define VNODE_APPEND	0x40u
#define VNODE_DEAD_DIR	0x80u	/* removed directory: nothing can be made in it */
#define VNODE_SWAPFILE	0x100u
#define VNODE_HASHED	0x200u
#define VNODE_LINKABLE	0x800u	/* made by O_TMPFILE: may get its first name */
#define VNODE_MOUNT_DIR	0x1000u	/* directory that is there to mount on, and always empty */
#define VNODE_PRIVATE	0x400u	/* anonymous objects: not reachable by name */

#define MAY_EXEC	1u
#define MAY_WRITE	2u
#define MAY_READ	4u
#define MAY_APPEND	8u

/** vnode_init() - reference 1; the caller fills ops, mode, ino and so on. */
void vnode_init(struct vnode *vn, struct filesys *fs, const struct vnode_ops *ops,
		const struct ofile_ops *fops, mode_t mode);
static inline void vnode_get(struct vnode *vn) { atomic_inc(&vn->vn_refs); }
/** vnode_put() - Context: sleeps (eviction). NULL allowed. */
void vnode_put(struct vnode *vn);
static inline bool vnode_is_dir(const struct vnode *vn) { return S_ISDIR(vn->vn_mode); }
static inline loff_t vnode_size(const struct vnode *vn) { return (loff_t)READ_ONCE(vn->vn_size); }
static inline void vnode_size_set(struct vnode *vn, u64 n) { WRITE_ONCE(vn->vn_size, n); }
/**
 * vnode_touch() - set VATTR_ATIME/MTIME/CTIME to now (coarse). The caller knows
 * the mount's rules for atime.
 */
void vnode_touch(struct vnode *vn, u32 which);
/**
 * vnode_permission() - MAY_* for thread_self's fs identity; 0, -EACCES, -EROFS
 * (mount checks are path's).
 */
int vnode_permission(struct vnode *vn, u32 mask);
/**
 * vnode_setattr() - checks and applies a change as chmod/chown/truncate/utimes
 * do. Takes vn_lock.
 */
int vnode_setattr(struct vnode *vn, struct vattr *va);
void vnode_getattr_default(struct vnode *vn, struct vattr *va);
/** vnode_deny_write() - running program: 0 or -ETXTBSY; vnode_allow_write() undoes. */
int vnode_deny_write(struct vnode *vn);
void vnode_allow_write(struct vnode *vn);
/** vnode_fini() - undo vnode_init(): drop pages, locks, lists; evict calls it first. Sleeps. */
void vnode_fini(struct vnode *vn);
/**
 * vnode_free_deferred() - @fn frees the memory after a grace period: lock-free
 * walks may still look.
 */
static inline void vnode_free_deferred(struct vnode *vn, void (*fn)(struct rcu_job *job))
{
	rcu_defer(&vn->vn_rcu, fn);
}
/**
 * vnode_special_fops() - operations for devices, FIFOs and sockets by mode;
 * NULL for other kinds.
 */
const struct ofile_ops *vnode_special_fops(mode_t mode);
/**
 * vnode_init_owner() - owner and mode of a new file: fsuid, set-gid
 * directories, thread_self's ids.
 */
void vnode_init_owner(struct vnode *vn, const struct vnode *dir, mode_t mode);
/** vnode_is_owner() - owns it, or CAP_FOWNER. */
bool vnode_is_owner(const struct vnode *vn);
/**
 * vnode_kill_suid() - what writing by the unprivileged does to set-id bits.
 * Lock: vn_lock for writing.
 */
void vnode_kill_suid(struct vnode *vn);
/**
 * vnode_lock_pair() - two vnodes for writing in the order of the rank's rule;
 * either may be NULL.
 */
void vnode_lock_pair(struct vnode *a, struct vnode *b);
void vnode_unlock_pair(struct vnode *a, struct vnode *b);
/** vnode_shrink() - free up to @n unused cached vnodes; returns how many went. */
u64 vnode_shrink(u64 n);
/** vnode_evict_all() - unmount: free every unused vnode of @fs; true if none is left. */
bool vnode_evict_all(struct filesys *fs);
/**
 * vnode_find() / vnode_insert() - (fs, ino) hash for disk file systems; find
 * returns a reference.
 */
struct vnode *vnode_find(struct filesys *fs, u64 ino);
int vnode_insert(struct vnode *vn);
/** vnode_may_delete() - sticky rule: may thread_self remove @vn from sticky @dir. */
bool vnode_may_delete(struct vnode *dir, struct vnode *vn);
