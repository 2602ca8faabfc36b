/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to fs/vfs. */
#pragma once

#include <tern/base/bug.h>
#include <tern/base/err.h>
#include <tern/fs/ofile.h>
#include <tern/fs/path.h>
#include <tern/fs/pipe.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/process.h>
#include <tern/kernel/thread.h>
#include <tern/lib/bits.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <uapi/fcntl.h>
#include <uapi/fsevent.h>
#include <uapi/mount.h>

struct statx;

/* ---- path.c: walking ---- */

enum last_kind { LAST_NORM, LAST_DOT, LAST_DOTDOT, LAST_ROOT };

/* The component at which a parent walk stopped; text is not terminated. */
struct lastname { const char *name; u32 len; enum last_kind kind; bool has_slash; };

#define LINK_MAX_FOLLOWED	40
#define LINK_FRAMES_INLINE	4

/* What is left of the text around a symbolic link that is being followed. */
struct link_frame { const char *rest; struct vnode *vn; void *cookie; };

struct walk {
	struct fspath cur;	/* where we are; references unless is_rcu */
	struct fspath root;	/* where "/" and ".." end; references unless is_rcu */
	struct fspath start;	/* relative names begin here; borrowed by the caller */
	struct vnode *vn;	/* of cur */
	const char *rest;	/* text still to do */
	u32 seq;		/* of cur.nc while is_rcu */
	u32 mount_seq, rename_seq;	/* at the start */
	u32 flags;		/* LOOKUP_* */
	u32 nlinks;		/* followed so far */
	u32 depth, depth_max;	/* frames in use, available */
	bool is_rcu;
	bool must_be_dir;	/* slash behind the last component */
	struct lastname last;
	struct link_frame *frames;
	struct link_frame inline_frames[LINK_FRAMES_INLINE];
};

/** walk_begin() - resolve @name from @start (NULL: cwd); reference mode. */
int walk_begin(struct walk *w, const struct fspath *start, const char *name, u32 flags);
/** walk_parent() - go on to the last component: cur is its directory. 0 or -errno. */
int walk_parent(struct walk *w);
/**
 * walk_push_link() - a symbolic link was found as last component of cur:
 * walk_parent() goes on in it.
 */
int walk_push_link(struct walk *w, const struct fspath *link);
/**
 * walk_child() - entry @last of cur, mounts not crossed; maybe negative.
 * Referenced or ERR_PTR. Locks: needs the dir's.
 */
struct ncent *walk_child(struct walk *w);
/** walk_end() - drop everything. */
void walk_end(struct walk *w);
/**
 * mount_cross() - replace @p by what is mounted on it, as often as needed.
 * Keeps references right.
 */
void mount_cross(struct fspath *p);

/** lookup_from() - @name from @dirfd (as path_lookup_at); @flags may hold LOOKUP_EMPTY. */
int lookup_from(int dirfd, const char *name, u32 flags, struct fspath *out);
/** start_from() - directory for a relative name: *out with references. -EBADF, -ENOTDIR. */
int start_from(int dirfd, const char *name, struct fspath *out);

/**
 * entry_lookup_locked() - child of a directory whose lock is held; asks the
 * file system. May be negative.
 */
struct ncent *entry_lookup_locked(struct ncent *dir, const char *name, u32 len);

extern u64 sysctl_protected_symlinks, sysctl_protected_hardlinks, sysctl_protected_fifos,
	sysctl_protected_regular;

/* ---- creating and removing names: dirop.c ---- */

/* A name about to be made, removed or renamed: parent locked, entry referenced. */
struct dirop {
	struct walk walk;
	struct fspath dir;	/* borrowed from walk.cur */
	struct ncent *nc;
	bool has_write;		/* on the mount */
};
/** dirop_begin_create() - lock the parent of @name for making it: -EEXIST if there. */
int dirop_begin_create(struct dirop *op, int dirfd, const char *name, u32 lookup_flags, bool is_dir);
/** dirop_begin_create_at() - the kernel's own: relative to @start, no permission asked. */
int dirop_begin_create_at(struct dirop *op, const struct fspath *start, const char *name, bool is_dir);
/** dirop_unlink_at() - the kernel's own removal of a name. */
int dirop_unlink_at(const struct fspath *start, const char *name, bool is_dir);
void dirop_end(struct dirop *op);
/** entry_may_create() - permission of thread_self to make a name in @dir (locked). */
int entry_may_create(struct vnode *dir);
/** entry_may_delete() - ... to remove @victim from it. */
int entry_may_delete(struct vnode *dir, struct ncent *victim, bool is_dir);
/**
 * entry_create() - regular file @nc (negative) in @dir, locked, permission
 * checked by the caller.
 */
int entry_create(struct ncent *dir, struct ncent *nc, mode_t mode);
int entry_mkdir(struct ncent *dir, struct ncent *nc, mode_t mode);
int entry_mknod(struct ncent *dir, struct ncent *nc, mode_t mode, u64 rdev);
int entry_symlink(struct ncent *dir, struct ncent *nc, const char *target);

/* Operations by name, as the system calls and the kernel itself use them. */
int name_mkdir(int dirfd, const char *name, mode_t mode);
int name_mknod(int dirfd, const char *name, mode_t mode, u64 rdev, bool is_kernel);
int name_symlink(const char *target, int dirfd, const char *name);
int name_link(int odirfd, const char *oname, int ndirfd, const char *nname, u32 at_flags);
int name_unlink(int dirfd, const char *name);
int name_rmdir(int dirfd, const char *name);
int name_rename(int odirfd, const char *oname, int ndirfd, const char *nname, u32 flags);

/* ---- open.c ---- */

struct open_req { u32 flags; mode_t mode; u32 lookup; };
/** open_name() - open(2): @name a kernel string. Referenced ofile or ERR_PTR. */
struct ofile *open_name(int dirfd, const char *name, const struct open_req *req);
/** open_found() - a file that was found: permission checked by O_*, truncated if so wanted. */
struct ofile *open_found(const struct fspath *p, u32 flags);
/**
 * open_check_flags() - 0 and *out filled, -EINVAL as openat2 (is_strict) or as
 * openat (unknown bits dropped).
 */
int open_check_flags(const struct open_how *how, bool is_strict, struct open_req *out);
/** ofile_alloc() - blank file with one reference; -ENFILE, -ENOMEM. */
struct ofile *ofile_alloc(const struct credset *cred);
void ofile_init(void);
extern const struct ofile_ops path_fops;	/* O_PATH */
extern const struct ofile_ops no_fops;		/* refuses everything; files being set up */
/** umask_self() - of thread_self. */
mode_t umask_self(void);

/* ---- attributes: attr.c ---- */
int path_chmod(const struct fspath *p, mode_t mode);
int path_chown(const struct fspath *p, uid_t uid, gid_t gid);
int path_truncate(const struct fspath *p, loff_t len, bool is_open);
int path_utimes(const struct fspath *p, const s64 *times, const u8 *how);
enum { TIME_SET, TIME_NOW, TIME_OMIT };
int path_statx(const struct fspath *p, u32 mask, struct vattr *va);
/** path_readlink() - a link's text to user memory: bytes, cut to @size; -EINVAL if @p is none. */
long path_readlink(const struct fspath *p, char __user *buf, size_t size);
/** path_touch_atime() - reading happened: relatime and mount rules. */
void path_touch_atime(const struct fspath *p, struct vnode *vn);
static inline void ofile_touch_atime(struct ofile *f)
{
	if (!(f->of_flags & O_NOATIME))
		path_touch_atime(&f->of_path, f->of_vnode);
}

/* ---- mount.c and its parts ---- */
extern struct rwsem mount_tree_lock;
extern struct seqctr mount_seq;
/** mount_find_rcu() - what is mounted on (@mnt, @nc); RCU held; NULL. */
struct mountpt *mount_find_rcu(const struct mountpt *mnt, const struct ncent *nc);
/** mount_find() - the same with a reference. */
struct mountpt *mount_find(const struct mountpt *mnt, const struct ncent *nc);
bool mountpt_get_live(struct mountpt *m);
static inline void mountpt_get(struct mountpt *m) { ref_get(&m->mp_refs); }
bool mount_is_writable(const struct mountpt *m);

/* ---- poll.c ---- */
struct poll_wait_entry;

/* ---- locks: flock.c ---- */
struct fdtab;
#ifdef CONFIG_FILE_LOCKING
void flocks_close(struct ofile *f, struct fdtab *owner);	/* each close(2): POSIX locks */
void flocks_release(struct ofile *f);				/* last reference: flock, OFD locks */
void flocks_free(struct vnode *vn);
long flock_posix(struct ofile *f, int cmd, void __user *arg);
/* ---- lease.c ---- */
long lease_fcntl(struct ofile *f, int fd, int cmd, long arg);
int lease_break_slow(struct vnode *vn, u32 flags);
/** lease_break() - @vn is about to be opened with @flags: 0 once no lease forbids it, -EAGAIN, -ERESTARTSYS. */
static inline int lease_break(struct vnode *vn, u32 flags)
{
	return likely(!load_acquire(&vn->vn_leases)) ? 0 : lease_break_slow(vn, flags);
}
void leases_release(struct ofile *f);				/* last reference */
void leases_free(struct vnode *vn);
/** leases_print() - lines of /proc/locks; *n counts them. Locks: none of vnodes. */
void leases_print(struct seqbuf *sb, struct vnode *vn, u32 *n);
#else
static inline void flocks_close(struct ofile *f, struct fdtab *owner) { }
static inline void flocks_release(struct ofile *f) { }
static inline void flocks_free(struct vnode *vn) { }
static inline long flock_posix(struct ofile *f, int cmd, void __user *arg) { return -EINVAL; }
static inline long lease_fcntl(struct ofile *f, int fd, int cmd, long arg) { return -EINVAL; }
static inline int lease_break(struct vnode *vn, u32 flags) { return 0; }
static inline void leases_release(struct ofile *f) { }
static inline void leases_free(struct vnode *vn) { }
#endif

/* ---- owner.c ---- */
struct fowner;
void fowner_free(struct ofile *f);
long fowner_fcntl(struct ofile *f, u32 cmd, uptr arg);


/**
 * rw_check() - range and descriptor-independent checks of a transfer at @pos;
 * bytes to do or -errno.
 */
static inline bool pos_is_valid(loff_t pos, size_t n)
{
	return pos >= 0 && (u64)pos + n <= (u64)S64_MAX;
}
#define RW_MAX 0x7ffff000UL

ssize_t ofile_read(struct ofile *f, struct uio *u, loff_t *pos);
ssize_t ofile_write(struct ofile *f, struct uio *u, loff_t *pos);

/** thread_self's root for printing and scoping. */

/** mount_parent() - mount point of @m with references; false at the top of the tree. */
bool mount_parent(struct mountpt *m, struct fspath *out);
void path_name_init(void);
/**
 * fdtab_close_range() - close thread_self's descriptors first..last, or mark
 * them close-on-exec.
 */
int fdtab_close_range(u32 first, u32 last, bool mark_only);
extern u64 sysctl_nr_open;
/** fd_dup_min() - F_DUPFD. */
long fd_dup_min(int fd, u64 min, bool cloexec);
/** vfs_fiemap() / vfs_fibmap() - the ioctls FS_IOC_FIEMAP and FIBMAP on a regular file or directory. */
long vfs_fiemap(struct ofile *f, uptr arg);
long vfs_fibmap(struct ofile *f, int __user *arg);
