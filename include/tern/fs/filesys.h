/* SPDX-License-Identifier: GPL-2.0-only */
/* File system types and mounted instances. Owner fs/vfs/filesys.c. */
#pragma once

#include <tern/fs/vnode.h>

struct mount_args {		/* decoded from mount(2) or fsconfig(2) */
	const char *source;	/* may be NULL */
	const char *data;	/* option text, NUL-terminated, may be NULL */
	u64 sb_flags;		/* MS_RDONLY, MS_SYNCHRONOUS, ... that concern the instance */
	void *priv;		/* internal mounts */
};

struct statfs_info { u64 type, bsize, blocks, bfree, bavail, files, ffree, namelen, frsize, flags; u32 fsid[2]; };

/* A stretch of a file that lies, or is missing, in one piece. Bytes; @phys on the disk of the file system. */
enum fsextent_kind { FSEXTENT_HOLE, FSEXTENT_MAPPED, FSEXTENT_UNWRITTEN, FSEXTENT_INLINE };
struct fsextent {
	u64 pos;		/* where it begins: at or before what was asked for */
	u64 phys, len;		/* from what was asked for on */
	enum fsextent_kind kind;
};

enum quota_op;
struct quota_call;

struct filesys_ops {
	int (*statfs)(struct filesys *fs, struct statfs_info *out);
	int (*sync)(struct filesys *fs, bool wait);
	int (*remount)(struct filesys *fs, const struct mount_args *args);
	void (*unmount)(struct filesys *fs);		/* last mount is gone: free everything */
	void (*show_options)(struct filesys *fs, struct seqbuf *sb);	/* ",size=..." for /proc/mounts */
	int (*write_attr)(struct vnode *vn, bool wait);	/* push attributes to the store */
	/*
	 * Names without case; NULL: they have it. What the directory calls @vn: NAME_MAX + 1 bytes of
	 * room, the length. The name cache has a file under that name alone, so FILESYS_REVALIDATE
	 * must be set and absent names be stale. The directory is locked.
	 */
	u32 (*true_name)(struct vnode *vn, char *name);
	/*
	 * File handles; NULL: it has none. handle_make: *bytes of room in, of handle out.
	 * handle_find: the file with a reference, or ERR_PTR(-ESTALE).
	 */
	int (*handle_make)(struct vnode *vn, s32 *type, void *data, u32 *bytes);
	struct vnode *(*handle_find)(struct filesys *fs, s32 type, const void *data, u32 bytes);
	/* Where byte @pos of a file is; dirty pages may have no place yet. NULL: it cannot tell. Sleeps. */
	int (*extent)(struct vnode *vn, u64 pos, struct fsextent *out);
	/* Quotas of one type (0 users, 1 groups); -ESRCH it keeps none of that type. NULL: of no type. Sleeps. */
	int (*quota)(struct filesys *fs, enum quota_op op, u32 type, struct quota_call *c);
};

struct fstype {
	const char *name;
	u32 flags;		/* FSTYPE_* */
	/* Make or find an instance: referenced filesys or ERR_PTR. */
	struct filesys *(*mount)(struct fstype *t, const struct mount_args *args);
	struct list link;
};
#define FSTYPE_NODEV	0x1u	/* needs no block device */
#define FSTYPE_USERNS	0x2u	/* root of a user namespace may mount it */
#define FSTYPE_SHOWN	0x8u	/* not for a user namespace that cannot see one whole already */
#define FSTYPE_PIDNS	0x10u	/* with USERNS: shows the pid namespace, belongs to its owner */
#define FSTYPE_NETNS	0x20u	/* the same of networks */
#define FSTYPE_CGROUPNS	0x40u	/* ... and of control groups */
#define FSTYPE_IPCNS	0x80u	/* ... and of IPC */
#define FSTYPE_SUBTYPE	0x100u	/* also found as NAME.SUBTYPE, and shown so */
#define FSTYPE_INTERNAL	0x4u	/* only the kernel mounts it; not in /proc/filesystems */

struct filesys {
	const struct fstype *type;	/* I */
	const struct filesys_ops *ops;	/* I */
	struct userns *owner;		/* I with a reference: whose mount it is */
	struct ncent *root;		/* I with a reference */
	refcount refs;			/* mounts and temporary users */
	u64 dev;			/* I st_dev; anonymous major 0 or the disk's */
	u64 magic;			/* I statfs type */
	u32 flags;			/* FS_RDONLY ... */
	u32 blksize;			/* I */
	u64 max_file_size;		/* I */
	u32 name_max;			/* I 255 */
	u32 time_gran;			/* I ns */
	u32 stack_depth;		/* I file systems below it that it is made of */
	struct kmutex rename_lock;	/* LOCKRANK_FS_RENAME */
	struct spin lock;		/* protects vnodes */
	struct list vnodes;
	struct list link;		/* all instances */
	char *source;			/* shown in /proc/mounts */
	char *subtype;			/* I when mounted: what follows the type and a dot; NULL: nothing */
	void *priv;
	struct rcu_job rcu;		/* lock-free walks may still look at flags and limits */
};
#define FILESYS_RDONLY	0x1u
#define FILESYS_NOEXEC	0x2u
#define FILESYS_NODEV	0x4u
#define FILESYS_REVALIDATE 0x8u	/* cached names need ops->revalidate */
#define FILESYS_SYNC	0x10u
#define FILESYS_DIRECT	0x20u	/* regular files take O_DIRECT */

/** FILESYSTEM(fstype_object) - register at link time. */
#define FILESYSTEM(t) TABLE_ENTRY(fstype, struct fstype *, fstype_ptr_##t) = &(t)
int fstype_register(struct fstype *t);
void fstype_unregister(struct fstype *t);
struct fstype *fstype_find(const char *name);
/** fstype_request() - as fstype_find(), a module is asked for first if there is none. Sleeps. */
struct fstype *fstype_request(const char *name);
/** fstype_name() - of number @n of those that programs can mount, NULL: there are not so many. */
const char *fstype_name(u64 n);
/** fstype_number() - its number, or -EINVAL. */
int fstype_number(const char *name);
/** fstype_owner() - the user namespace that a mount by thread_self belongs to. */
struct userns *fstype_owner(const struct fstype *t);
/** filesys_alloc() - an instance with an anonymous device number; NULL if no memory. */
struct filesys *filesys_alloc(const struct fstype *t, const struct filesys_ops *ops);
void filesys_put(struct filesys *fs);
static inline void filesys_get(struct filesys *fs) { ref_get(&fs->refs); }
/** filesystems_print() - /proc/filesystems. */
void filesystems_print(struct seqbuf *sb);
/** filesys_sync_all() - sync(2). */
void filesys_sync_all(void);
/** filesys_sync_one() - syncfs(2): 0 or first error. */
int filesys_sync_one(struct filesys *fs);
/** filesys_foreach_vnode() - @fn on every vnode in memory, under spin locks: it must not sleep. Sleeps between. */
void filesys_foreach_vnode(void (*fn)(struct vnode *vn, void *arg), void *arg);
/** filesys_by_dev() - mounted instance with that st_dev, referenced, or NULL. */
struct filesys *filesys_by_dev(u64 dev);
/**
 * filesys_by_source() - the block device at path @source is mounted already: that instance,
 * referenced; NULL if not; ERR_PTR(-EBUSY) as another type, or as the device cannot be opened.
 */
struct filesys *filesys_by_source(const struct fstype *t, const char *source);
void filesys_init(void);
/** filesys_root_set() - make the root entry of @vn (consumes the reference). 0 or -ENOMEM. */
int filesys_root_set(struct filesys *fs, struct vnode *vn);
/**
 * filesys_discard() - an instance whose mount failed: undo filesys_alloc();
 * @fs->priv is freed by kmem_free.
 */
void filesys_discard(struct filesys *fs);
/**
 * mountopts_each() - call @fn for each word of the comma-separated text @data.
 * @data: mount data, or NULL for none; empty words are left out.
 * @fn: may write into the word, which is a copy; a value but 0 ends the walk.
 *
 * Context: sleeps. Return: 0, what @fn answered, or -ENOMEM.
 */
int mountopts_each(const char *data, int (*fn)(void *ctx, char *word), void *ctx);
u64 filesys_dev_alloc(void);
void filesys_dev_free(u64 dev);

/* Ready-made slots: "no" ones answer the error of a file system without it. */
extern const struct vnode_ops vnode_ops_defaults;	/* copy-source for reading; use the functions below in tables */
struct vnode *vnop_no_lookup(struct vnode *dir, const char *name, u32 len);
struct vnode *vnop_no_create(struct vnode *dir, const char *name, u32 len, mode_t mode);
struct vnode *vnop_no_mkdir(struct vnode *dir, const char *name, u32 len, mode_t mode);
struct vnode *vnop_no_mknod(struct vnode *dir, const char *name, u32 len, mode_t mode, u64 rdev);
struct vnode *vnop_no_symlink(struct vnode *dir, const char *name, u32 len, const char *target);
struct vnode *vnop_no_tmpfile(struct vnode *dir, mode_t mode);
int vnop_no_link(struct vnode *dir, const char *name, u32 len, struct vnode *target);
int vnop_no_unlink(struct vnode *dir, const char *name, u32 len, struct vnode *target);
/** vnode_ops_verify() - no slot is NULL; stops the machine if one is. */
void vnode_ops_verify(const struct vnode_ops *ops);
int vnop_no_rename(struct vnode *odir, const char *oname, u32 olen, struct vnode *old_vn,
		   struct vnode *ndir, const char *nname, u32 nlen, struct vnode *new_vn, u32 flags);
const char *vnop_no_readlink(struct vnode *vn, void **cookie);
void vnop_default_link_put(struct vnode *vn, void *cookie);
int vnop_no_follow(struct vnode *vn, struct fspath *out);
int vnop_default_getattr(struct vnode *vn, struct vattr *va);
int vnop_default_setattr(struct vnode *vn, const struct vattr *va);	/* memory: applies to the vnode */
int vnop_no_setattr(struct vnode *vn, const struct vattr *va);
int vnop_default_permission(struct vnode *vn, u32 mask);
ssize_t vnop_no_getxattr(struct vnode *vn, const char *name, void *buf, size_t size);
int vnop_no_setxattr(struct vnode *vn, const char *name, const void *val, size_t size, u32 flags);
ssize_t vnop_no_listxattr(struct vnode *vn, char *buf, size_t size);
int vnop_no_removexattr(struct vnode *vn, const char *name);
int vnop_default_revalidate(struct ncent *nc);	/* always valid */
/* Slots together: names can neither be made nor go, there are no attributes, it is no link of any kind. */
#define VNOPS_FIXED_NAMES									\
	.create = vnop_no_create, .mkdir = vnop_no_mkdir, .mknod = vnop_no_mknod,		\
	.symlink = vnop_no_symlink, .tmpfile = vnop_no_tmpfile, .link = vnop_no_link,		\
	.unlink = vnop_no_unlink, .rmdir = vnop_no_unlink, .rename = vnop_no_rename
#define VNOPS_NO_XATTR										\
	.getxattr = vnop_no_getxattr, .setxattr = vnop_no_setxattr,				\
	.listxattr = vnop_no_listxattr, .removexattr = vnop_no_removexattr
#define VNOPS_NO_LINK										\
	.readlink = vnop_no_readlink, .link_put = vnop_default_link_put, .follow = vnop_no_follow
int fsop_default_statfs(struct filesys *fs, struct statfs_info *out);
int fsop_default_sync(struct filesys *fs, bool wait);
int fsop_default_remount(struct filesys *fs, const struct mount_args *args);
void fsop_default_unmount(struct filesys *fs);
void fsop_default_show_options(struct filesys *fs, struct seqbuf *sb);
int fsop_default_write_attr(struct vnode *vn, bool wait);
