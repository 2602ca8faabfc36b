/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Paths and mounts. A path is a name cache entry seen through a mount.
 * Owner fs/vfs/path.c (walking), mount.c (tree of mounts, namespaces).
 *
 * Lock order: mount_tree_lock (rwsem, LOCKRANK_MOUNTNS) > vnode locks; readers of the
 * mount hash use RCU and a sequence count.
 */
#pragma once

#include <tern/fs/ncent.h>
#include <tern/fs/filesys.h>

struct mountns;

struct mountpt {
	struct filesys *mp_fs;		/* I with a reference */
	struct ncent *mp_root;		/* I root of this mount in the file system (bind: a subtree) */
	struct mountpt *mp_parent;	/* tree lock; RCU */
	struct ncent *mp_point;		/* tree lock; where it is mounted, in mp_parent */
	struct list mp_children, mp_sibling;	/* tree lock */
	struct hnode mp_hash;		/* (parent, point) -> mount; RCU */
	struct list mp_peer, mp_slave_list, mp_slave_link;	/* propagation */
	struct mountpt *mp_master;
	u32 mp_propagation;		/* MS_SHARED, MS_SLAVE, MS_PRIVATE, MS_UNBINDABLE */
	u32 mp_peer_group;
	u32 mp_flags;			/* A MOUNT_* */
	u32 mp_id, mp_parent_id_at_detach;
	refcount mp_refs;
	atomic32 mp_writers;		/* open for writing: read-only remount must wait */
	struct mountns *mp_ns;		/* tree lock; NULL: detached */
	struct list mp_ns_link;
	char *mp_source;
	struct list mp_work;		/* tree lock: scratch of one propagation */
	struct mountpt *mp_copy;	/* tree lock: scratch, what it got */
	u64 mp_mark;			/* tree lock: scratch, generation of the two above */
	struct rcu_job mp_rcu;
};
#define MOUNT_RDONLY	0x1u
#define MOUNT_NOSUID	0x2u
#define MOUNT_NODEV	0x4u
#define MOUNT_NOEXEC	0x8u
#define MOUNT_NOATIME	0x10u
#define MOUNT_NODIRATIME 0x20u
#define MOUNT_RELATIME	0x40u
#define MOUNT_STRICTATIME 0x80u
#define MOUNT_NOSYMFOLLOW 0x100u
#define MOUNT_DOOMED	0x200u
/* Came from a more privileged mount namespace: */
#define MOUNT_LOCKED	0x1000u	/* stays where it is */
#define MOUNT_LOCK_RDONLY 0x2000u	/* these settings stay */
#define MOUNT_LOCK_NOSUID 0x4000u
#define MOUNT_LOCK_NODEV 0x8000u
#define MOUNT_LOCK_NOEXEC 0x10000u
#define MOUNT_LOCK_ATIME 0x20000u
#define MOUNT_FLOATING	0x800u	/* held by a descriptor, in no namespace: fsmount.c */
#define MOUNT_INTERNAL	0x400u	/* kernel's own: pipefs, anon files */

struct fspath { struct mountpt *mnt; struct ncent *nc; };

static inline struct vnode *path_vnode(const struct fspath *p) { return p->nc->nc_vnode; }
void fspath_get(const struct fspath *p);
void fspath_put(const struct fspath *p);
static inline bool path_equal(const struct fspath *a, const struct fspath *b)
{
	return a->mnt == b->mnt && a->nc == b->nc;
}

/* Working directory, root and umask; shared by CLONE_FS. */
struct fsctx {
	refcount refs;
	struct spin lock;	/* protects the rest; seq for lock-free readers */
	struct seqctr seq;
	struct fspath root, cwd;
	mode_t umask;
};
extern struct fsctx fsctx_initial;	/* process_kernel's and its kernel threads' */
/** fsctx_self() - thread_self's, never NULL. */
struct fsctx *fsctx_self(void);
/** fsctx_root() / fsctx_cwd() - with references. */
void fsctx_root(struct fsctx *f, struct fspath *out);
void fsctx_cwd(struct fsctx *f, struct fspath *out);
/** fsctx_set_root() / fsctx_set_cwd() - takes references of its own. */
void fsctx_set_root(struct fsctx *f, const struct fspath *p);
void fsctx_set_cwd(struct fsctx *f, const struct fspath *p);
struct fsctx *fsctx_copy(struct fsctx *from);	/* NULL if no memory */
void fsctx_put(struct fsctx *f);

/* Lookup flags. */
#define LOOKUP_FOLLOW	0x1u	/* follow a symbolic link in the last component */
#define LOOKUP_DIRECTORY 0x2u	/* must be a directory */
#define LOOKUP_PARENT	0x4u	/* stop at the parent; last component in the state */
#define LOOKUP_EMPTY	0x8u	/* an empty path means the start itself (AT_EMPTY_PATH) */
#define LOOKUP_NOMOUNT	0x10u	/* do not cross into a mount at the last component */
#define LOOKUP_CREATE	0x20u	/* negative result is fine */
#define LOOKUP_EXCL	0x40u
#define LOOKUP_OPEN	0x80u
#define LOOKUP_BENEATH	0x100u	/* RESOLVE_* of openat2 */
#define LOOKUP_IN_ROOT	0x200u
#define LOOKUP_NO_XDEV	0x400u
#define LOOKUP_NO_MAGICLINKS 0x800u
#define LOOKUP_NO_SYMLINKS 0x1000u
#define LOOKUP_CACHED	0x2000u
#define LOOKUP_REVAL	0x8000u		/* internal: no lock-free walk */
#define LOOKUP_KERNEL	0x4000u	/* from the kernel itself: init's root and credentials */

/**
 * path_lookup_user() - resolve a user string from @dirfd (AT_FDCWD); out has
 * references. Linux errors. Sleeps.
 */
int path_lookup_user(int dirfd, const char __user *name, u32 flags, struct fspath *out);
/** path_lookup() - kernel string; relative to thread_self's cwd. */
int path_lookup(const char *name, u32 flags, struct fspath *out);
int path_lookup_at(const struct fspath *start, const char *name, u32 flags, struct fspath *out);
/**
 * path_name_get() - copy a user path of at most PATH_MAX bytes
 * Return: buffer to free with path_name_put(), or ERR_PTR(-ENAMETOOLONG,
 * -EFAULT, -ENOMEM, -ENOENT if it
 *	is empty and LOOKUP_EMPTY is not given).
 */
char *path_name_get(const char __user *name, u32 flags);
void path_name_put(char *name);
/** path_name_buf() - a buffer of PATH_MAX bytes; NULL if no memory. Free with path_name_put(). */
char *path_name_buf(void);
/**
 * path_print() - absolute name of @p below @root, at the end of @buf
 * " (deleted)" is appended for unlinked ones, "(unreachable)" goes before what is not below @root.
 * Return: pointer into @buf, or ERR_PTR(-ENAMETOOLONG).
 */
char *path_print(const struct fspath *p, const struct fspath *root, char *buf, size_t size);
/** path_print_self() - below thread_self's root. */
char *path_print_self(const struct fspath *p, char *buf, size_t size);
/** path_may_write() - take a write count on the mount: 0 or -EROFS; path_end_write() drops. */
int mountpt_want_write(struct mountpt *m);
void mountpt_drop_write(struct mountpt *m);

/**
 * name_mknod() - mknodat(2) as thread_self with a kernel string; sockets bind
 * by it. 0 or Linux's errors.
 */
int name_mknod(int dirfd, const char *name, mode_t mode, u64 rdev, bool is_kernel);

/* Kernel-side conveniences (initramfs, devtmpfs, drivers); full paths; 0 or -errno. */
int kfs_mkdir(const char *path, mode_t mode);
int kfs_mknod(const char *path, mode_t mode, u64 rdev);
int kfs_symlink(const char *target, const char *path);
int kfs_link(const char *existing, const char *path);
int kfs_unlink(const char *path);
int kfs_rmdir(const char *path);
int kfs_chown(const char *path, uid_t uid, gid_t gid);
int kfs_chmod(const char *path, mode_t mode);
int kfs_utime(const char *path, s64 mtime_ns);
int kfs_mount(const char *source, const char *target, const char *type, u64 flags, const char *data);
int kfs_chdir(const char *path);
int kfs_chroot(const char *path);
/** kfs_move_root() - MS_MOVE the mount at @path over the root (switch to a disk root). */
int kfs_move_root(const char *path);

/**
 * kfs_mkdir_at() and so on - relative to @start (a kernel mount), with an
 * owner; no permission asked.
 */
int kfs_mkdir_at(const struct fspath *start, const char *name, mode_t mode);
int kfs_mknod_at(const struct fspath *start, const char *name, mode_t mode, uid_t uid, gid_t gid, u64 rdev);
int kfs_unlink_at(const struct fspath *start, const char *name);
int kfs_rmdir_at(const struct fspath *start, const char *name);

/**
 * vfs_init() - name cache, rootfs mount, first fsctx (of process_kernel).
 * Before the first process.
 */
void vfs_init(void);
/** vfs_kernel_mount() - internal mount of a type (pipefs, sockfs, devtmpfs): mount or ERR_PTR. */
struct mountpt *vfs_kernel_mount(const char *type, void *priv);
void mountpt_put(struct mountpt *m);
/** struct mountview - what a table of mounts shows: a namespace as seen from a root. */
struct mountview {
	struct nsbase *ns;	/* with a reference; NULL: empty */
	struct fspath root;	/* with references unless empty */
};
/**
 * mountview_get() - namespace and root of @t now
 *
 * Refs: those of @view, until mountview_put().
 * Return: 0; -EINVAL: @t has ended; -ENOENT: it is about to, and has no root any more.
 */
int mountview_get(struct thread *t, struct mountview *view);
/** mountview_put() - sleeps; nothing if @view is empty. */
void mountview_put(struct mountview *view);
enum mounts_style { MOUNTS_NONE, MOUNTS_TABLE, MOUNTS_INFO, MOUNTS_STATS };
/**
 * mounts_print() - /proc/PID/mounts, mountinfo or mountstats (@style) of a view; sleeps
 * Return: 0, or -ENOMEM.
 */
int mounts_print(const struct mountview *view, struct seqbuf *sb, enum mounts_style style);
/** mountns_self() - of thread_self; borrowed. */
struct mountns *mountns_self(void);
/** mountns_owner() - user namespace that owns @ns. */
struct userns *mountns_owner(const struct mountns *ns);
/** mounts_may_change() - thread_self has CAP_SYS_ADMIN over its mount namespace. */
bool mounts_may_change(void);
extern struct mountns *mountns_initial;
/**
 * mountns_event() - for poll of /proc/self/mounts
 * @ns: a mount namespace
 * @count: out: where a number changes with each mount and unmount
 * Return: what to wait on.
 */
struct waitq *mountns_event(struct nsbase *ns, const u64 **count);
