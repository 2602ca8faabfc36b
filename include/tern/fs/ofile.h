/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Open files and descriptor tables. Owner fs/vfs/ofile.c, fdtab.c, poll.c.
 *
 * An ofile is a kernel object (kernel/object) so that a descriptor is a handle with
 * rights. Legend: I immutable, A atomic, F of_lock, P of_pos_lock.
 */
#pragma once

#include <tern/fs/path.h>
#include <tern/kernel/object.h>
#include <tern/mm/aspace.h>

struct poll_table;
struct epoll_item;
struct fowner;

/* Directory listing: called for each entry; false stops (buffer full). */
struct dir_sink {
	bool (*emit)(struct dir_sink *s, const char *name, u32 len, u64 ino, u32 d_type, loff_t next_pos);
	loff_t pos;
};

struct ofile_ops {
	/* Open: f_path, flags and vnode are set; may replace f->of_ops (device files). */
	int (*open)(struct ofile *f, struct vnode *vn);
	/* Each close(2) of a descriptor (flush) and the last reference (release). */
	int (*flush)(struct ofile *f);
	void (*release)(struct ofile *f);
	/* *pos is the position to use and move; streams ignore it. Bytes or -errno. */
	ssize_t (*read)(struct ofile *f, struct uio *u, loff_t *pos);
	ssize_t (*write)(struct ofile *f, struct uio *u, loff_t *pos);
	loff_t (*seek)(struct ofile *f, loff_t off, int whence);
	/* Entries from s->pos on; 0 or -errno. Directory vnode locked for reading. */
	int (*readdir)(struct ofile *f, struct dir_sink *s);
	/* Events ready now (POLL*); queues the caller via poll_wait() if @pt is not NULL. */
	u32 (*poll)(struct ofile *f, struct poll_table *pt);
	long (*ioctl)(struct ofile *f, u32 cmd, uptr arg);
	/* Check and complete a mapping request: set req->ops/pc/priv; default: page cache. */
	int (*mmap)(struct ofile *f, struct map_request *req);
	int (*fsync)(struct ofile *f, loff_t start, loff_t end, bool datasync);
	int (*fallocate)(struct ofile *f, int mode, loff_t off, loff_t len);
	/* Zero-copy moves with a pipe; defaults copy through pages. */
	ssize_t (*splice_read)(struct ofile *f, loff_t *pos, struct ofile *pipe, size_t len, u32 flags);
	ssize_t (*splice_write)(struct ofile *pipe, struct ofile *f, loff_t *pos, size_t len, u32 flags);
	int (*set_flags)(struct ofile *f, u32 new_flags);	/* fcntl(F_SETFL), FIONBIO */
	void (*show_fdinfo)(struct ofile *f, struct seqbuf *sb);
};

struct ofile {
	struct object of_obj;		/* reference count; first member */
	const struct ofile_ops *of_ops;	/* I after open */
	u32 of_flags;			/* F O_* status flags */
	u32 of_mode;			/* I OFILE_READ/WRITE/... */
	struct fspath of_path;		/* I with references */
	struct vnode *of_vnode;		/* I of_path's vnode */
	loff_t of_pos;			/* P */
	struct kmutex of_pos_lock;	/* LOCKRANK_OFILE_POS */
	struct spin of_lock;		/* protects flags, owner, epoll list; LOCKRANK_FS_SPIN */
	void *of_priv;			/* I after open: driver's */
	const struct credset *of_cred;	/* I opener's, with a reference */
	struct fowner *of_owner;	/* F F_SETOWN / O_ASYNC */
	struct list of_epoll;		/* F epoll items that watch it */
	u32 of_ra_start, of_ra_size;	/* read-ahead state, in pages (racy hints) */
	u64 of_ra_prev;
	u32 of_wb_err;			/* errseq sampled at open */
};
#define OFILE_READ	0x1u
#define OFILE_WRITE	0x2u
#define OFILE_EXEC	0x4u
#define OFILE_SEEK	0x8u	/* has a position */
#define OFILE_PATH	0x10u	/* O_PATH */
#define OFILE_STREAM	0x20u	/* position is never used: no position lock */
#define OFILE_ATOMIC_POS 0x40u	/* position lock needed when shared */
#define OFILE_WROTE_ACCESS 0x80u /* holds vn_writers and the mount's write count */
#define OFILE_NOWAIT	0x100u
#define OFILE_READ_ONLY	0x800u	/* counted in vn_readers */
#define OFILE_NONOTIFY	0x400u	/* no watcher is told of what is done through it */
#define OFILE_EXCL	0x200u	/* opened with O_EXCL: claims a block device */

static inline struct ofile *ofile_of(struct object *o) { return container_of(o, struct ofile, of_obj); }
static inline void ofile_get(struct ofile *f) { object_get(&f->of_obj); }
/**
 * ofile_put() - the last reference releases, from task work if the thread is a
 * user's. Any sleepable context.
 */
void ofile_put(struct ofile *f);
/** ofile_open() - open a resolved path; ERR_PTR with Linux errors. */
struct ofile *ofile_open(const struct fspath *p, u32 flags, const struct credset *cred);
/** ofile_drop_write_access() - @f, new and nobody else's yet, may be written and still be executed. */
void ofile_drop_write_access(struct ofile *f);
/** ofile_open_kernel() - by kernel string, with @flags O_*; for exec, core dumps, console. */
struct ofile *ofile_open_kernel(const char *name, u32 flags, mode_t mode);
/**
 * ofile_create_anon() - a file without a name: eventfd, epoll, pidfd; shown as
 * "anon_inode:NAME".
 */
struct ofile *ofile_create_anon(const struct ofile_ops *ops, void *priv, u32 flags, const char *name);
/** ofile_read_kernel() / ofile_write_kernel() - at *pos into kernel memory. */
ssize_t ofile_read_kernel(struct ofile *f, void *buf, size_t n, loff_t *pos);
ssize_t ofile_write_kernel(struct ofile *f, const void *buf, size_t n, loff_t *pos);
/**
 * ofile_transfer() - what preadv2(2) and pwritev2(2) do with an open file
 * @pos: -1: the file's own
 * @rwf: RWF_*
 */
ssize_t ofile_transfer(struct ofile *f, struct uio *u, loff_t pos, bool is_write, u32 rwf);

/**
 * fsize_limit() - how much of [@pos, @pos+n) may be written: RLIMIT_FSIZE,
 * largest file; -EFBIG (and SIGXFSZ).
 */
ssize_t fsize_limit(struct vnode *vn, loff_t pos, size_t n);
/** ofile_fallocate() - fallocate(2). */
int ofile_fallocate(struct ofile *f, int mode, loff_t off, loff_t len);
/**
 * flock_range() - lock of the open file itself on @len bytes, as fcntl(F_OFD_SETLK)
 * @type: F_RDLCK, F_WRLCK, F_UNLCK
 * Return: 0, -EAGAIN (held by another, @wait not set), -ERESTARTSYS, -EINVAL, -ENOLCK. Sleeps.
 */
int flock_range(struct ofile *f, u64 start, u64 len, int type, bool wait);
/**
 * ofile_splice() - splice(2); @ip, @op NULL: the file's own position or a pipe. ofile_tee() - tee(2).
 * Flags are checked by the caller.
 */
long ofile_splice(struct ofile *in, loff_t *ip, struct ofile *out, loff_t *op, size_t len, u32 flags);
long ofile_tee(struct ofile *in, struct ofile *out, size_t len, u32 flags);

/** ofile_count() / ofile_max() - for /proc/sys/fs/file-nr. */
u64 ofile_count(void);
u64 ofile_max(void);
/**
 * ofile_epoll_release() - a watched file goes: its epoll items leave. Called by
 * the last ofile_put()
 * if of_epoll is not empty; implemented with epoll (weak: nothing).
 */
void ofile_epoll_release(struct ofile *f);

/* ---- ready-made slots ---- */
int fop_default_open(struct ofile *f, struct vnode *vn);
int fop_default_flush(struct ofile *f);
void fop_default_release(struct ofile *f);
ssize_t fop_no_read(struct ofile *f, struct uio *u, loff_t *pos);	/* -EINVAL */
ssize_t fop_no_write(struct ofile *f, struct uio *u, loff_t *pos);	/* -EINVAL */
loff_t fop_no_seek(struct ofile *f, loff_t off, int whence);		/* -ESPIPE */
/**
 * fop_seek_sized() - lseek(2) on a file of known size, for seek slots.
 * @size: bytes, where SEEK_END counts from. @max: the last position allowed.
 * @find: where data or a hole begins at or after @off, or a negative error.
 *
 * Return: the new position, or -EINVAL, -EOVERFLOW, -ENXIO (no data or hole there).
 */
loff_t fop_seek_sized(struct ofile *f, loff_t off, int whence, loff_t size, u64 max,
		      loff_t (*find)(struct ofile *f, loff_t off, bool is_hole));
loff_t fop_default_seek(struct ofile *f, loff_t off, int whence);	/* by vnode size */
int fop_no_readdir(struct ofile *f, struct dir_sink *s);		/* -ENOTDIR */
u32 fop_default_poll(struct ofile *f, struct poll_table *pt);		/* always readable and writable */
long fop_no_ioctl(struct ofile *f, u32 cmd, uptr arg);			/* -ENOTTY */
int fop_no_mmap(struct ofile *f, struct map_request *req);		/* -ENODEV */
int fop_default_mmap(struct ofile *f, struct map_request *req);		/* page cache */
int fop_no_fsync(struct ofile *f, loff_t start, loff_t end, bool datasync);	/* -EINVAL */
int fop_default_fsync(struct ofile *f, loff_t start, loff_t end, bool datasync); /* memory: nothing to write */
int fop_no_fallocate(struct ofile *f, int mode, loff_t off, loff_t len);	/* -EOPNOTSUPP */
ssize_t fop_default_splice_read(struct ofile *f, loff_t *pos, struct ofile *pipe, size_t len, u32 flags);
ssize_t fop_default_splice_write(struct ofile *pipe, struct ofile *f, loff_t *pos, size_t len, u32 flags);
int fop_default_set_flags(struct ofile *f, u32 new_flags);
void fop_default_show_fdinfo(struct ofile *f, struct seqbuf *sb);
loff_t fop_dir_seek(struct ofile *f, loff_t off, int whence);		/* positions are cookies */
ssize_t fop_pagecache_read(struct ofile *f, struct uio *u, loff_t *pos);
ssize_t fop_pagecache_write(struct ofile *f, struct uio *u, loff_t *pos);

ssize_t fop_isdir_read(struct ofile *f, struct uio *u, loff_t *pos);	/* -EISDIR */
/* No reads, writes or requests (its own: open, release); a file whose bytes never change, by the page cache. */
#define FOPS_PLAIN										\
	.flush = fop_default_flush, .splice_read = fop_default_splice_read,			\
	.splice_write = fop_default_splice_write, .set_flags = fop_default_set_flags,		\
	.show_fdinfo = fop_default_show_fdinfo
#define FOPS_NO_STORAGE										\
	.readdir = fop_no_readdir, .mmap = fop_no_mmap, .fsync = fop_no_fsync,			\
	.fallocate = fop_no_fallocate
#define FOPS_DIRECTORY										\
	.open = fop_default_open, .release = fop_default_release, .read = fop_isdir_read,	\
	.write = fop_no_write, .poll = fop_default_poll, .ioctl = fop_no_ioctl,			\
	.mmap = fop_no_mmap, .fallocate = fop_no_fallocate, FOPS_PLAIN
/* No reads, writes or requests (its own: open, release); a file of bytes that never change, through the page cache. */
#define FOPS_REFUSE										\
	.read = fop_no_read, .write = fop_no_write, .seek = fop_no_seek,			\
	.poll = fop_default_poll, .ioctl = fop_no_ioctl, FOPS_PLAIN, FOPS_NO_STORAGE
#define FOPS_RO_FILE										\
	.open = fop_default_open, .release = fop_default_release, .read = fop_pagecache_read,	\
	.write = fop_no_write, .seek = fop_default_seek, .readdir = fop_no_readdir,		\
	.poll = fop_default_poll, .ioctl = fop_no_ioctl, .mmap = fop_default_mmap,		\
	.fsync = fop_default_fsync, .fallocate = fop_no_fallocate, FOPS_PLAIN
extern const struct ofile_ops chardev_fops, blkdev_fops, socknode_fops;
/** ofile_ops_verify() - no slot is NULL; stops the machine if one is. */
void ofile_ops_verify(const struct ofile_ops *ops);
/** ofile_make_stream() - from ops->open: the file has no position. */
static inline void ofile_make_stream(struct ofile *f)
{
	f->of_mode = (f->of_mode & ~(OFILE_SEEK | OFILE_ATOMIC_POS)) | OFILE_STREAM;
}

/* ---- descriptors ---- */
struct fdtab;
/**
 * fd_get() - file of a descriptor with a reference; ERR_PTR(-EBADF), for O_PATH
 * too; fd_get_path() allows it.
 */
struct ofile *fd_get(int fd);
struct ofile *fd_get_path(int fd);
/*
 * fd_borrow(): no reference while the table is not shared (hot paths); pass the
 * result to fd_return(). file is NULL if there is none.
 */
struct fdref { struct ofile *file; bool has_ref; };
struct fdref fd_borrow(int fd);
/** fd_borrow_path() - the same, O_PATH files too. */
struct fdref fd_borrow_path(int fd);
static inline void fd_return(struct fdref r) { if (unlikely(r.has_ref)) ofile_put(r.file); }
/**
 * fd_reserve() - lowest free number >= @min below RLIMIT_NOFILE; -EMFILE,
 * -ENOMEM. Then fd_install or fd_cancel.
 */
int fd_reserve(int min, bool cloexec);
/** fd_publish() - consumes the caller's reference. */
void fd_publish(int fd, struct ofile *f);
void fd_cancel(int fd);
/** fd_add() - reserve and install; on error the reference stays the caller's. */
int fd_add(struct ofile *f, bool cloexec);
int fd_close(int fd);
/** fd_set_cloexec() / fd_is_cloexec() - FD_CLOEXEC of thread_self's descriptor: 0/1 or -EBADF. */
int fd_set_cloexec(int fd, bool on);
int fd_is_cloexec(int fd);
/**
 * fd_dup_to() - dup2/dup3: @new takes @f (consumes the reference unless it
 * fails); returns @new or -errno.
 */
int fd_dup_to(struct ofile *f, int new, bool cloexec);
/** fdtab_is_shared() - does another thread use @t. */
bool fdtab_is_shared(const struct fdtab *t);
struct fdtab *fdtab_create(void);
struct fdtab *fdtab_copy(struct fdtab *from);	/* NULL: no memory */
void fdtab_get(struct fdtab *t);
void fdtab_put(struct fdtab *t);
/** fdtab_close_exec() - execve. */
void fdtab_close_exec(void);
/** fdtab_unshare() - private copy for thread_self; 0 or -ENOMEM. */
int fdtab_unshare(void);
/**
 * fdtab_file_of() - file @fd of another thread's table with a reference, NULL
 * if none (/proc/PID/fd, pidfd_getfd).
 */
struct ofile *fdtab_file_of(struct thread *t, int fd);
/** fdtab_room() - slots that the table of another thread has now, 0 if it has none any more. */
u32 fdtab_room(struct thread *t);
/** fdtab_next() - lowest open descriptor >= @fd of @t, or -1. */
int fdtab_next(struct thread *t, int fd);

/* ---- readiness ---- */
#define POLLIN 0x1u
#define POLLPRI 0x2u
#define POLLOUT 0x4u
#define POLLERR 0x8u
#define POLLHUP 0x10u
#define POLLNVAL 0x20u
#define POLLRDNORM 0x40u
#define POLLRDBAND 0x80u
#define POLLWRNORM 0x100u
#define POLLWRBAND 0x200u
#define POLLMSG 0x400u
#define POLLRDHUP 0x2000u
#define POLLDEFAULT (POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM)

struct poll_table { void (*queue)(struct poll_table *pt, struct ofile *f, struct waitq *q); u32 events; };
/**
 * poll_wait() - from ofile_ops.poll: the caller wants wake-ups of @q
 * (waitq_wake with key = POLL* events).
 */
static inline void poll_wait(struct ofile *f, struct waitq *q, struct poll_table *pt)
{
	if (pt)
		pt->queue(pt, f, q);
}
/** ofile_send_sigio() - O_ASYNC owners of the file get SIGIO. */
void ofile_sigio(struct ofile *f, u32 band);
/** fowner_signal() - who F_SETOWN names gets F_SETSIG's signal with these values. Context: any thread. */
void fowner_signal(struct ofile *f, int fd, s32 code, u32 band);
/** fowner_default() - this process is the owner unless there is one; 0 or -ENOMEM. */
int fowner_default(struct ofile *f);

/*
 * Watchers (inotify, fanotify). The one implementation registers its function; the
 * hooks cost a load and a branch while vfs_nr_watches is 0. Who sets vn_watches
 * counts it there.
 */
extern atomic64 vfs_nr_watches;
#define VFS_NOTIFY_RENAMED 0x04000000u	/* with IN_MOVED_FROM: within the directory */
#define VFS_NOTIFY_UNLINKED 0x08000000u	/* in a mask, with a name: that entry is unlinked */
typedef void (*vfs_notify_fn)(struct vnode *watched, u32 mask, const char *name, u32 len, u32 cookie);
void vfs_notify_register(vfs_notify_fn fn);
/** vfs_notify_slow() - tells watchers of @vn and of its parent by @nc. */
void vfs_notify_slow(struct vnode *vn, struct ncent *nc, u32 mask);
/** vfs_notify_name() - an event of an entry in @dir by name (create, delete, move). */
void vfs_notify_name(struct vnode *dir, u32 mask, const char *name, u32 len, u32 cookie);
/* What fanotify is told; its one implementation registers. */
struct vfs_fan_ops {
	/* @mask (IN_*) was done with the open file. */
	void (*event)(struct ofile *f, u32 mask);
	void (*vnode_gone)(struct vnode *vn);		/* its last name is gone */
	void (*filesys_gone)(struct filesys *fs);	/* nothing of it is mounted any more */
};
void vfs_fan_register(const struct vfs_fan_ops *ops);
void vfs_notify_file_slow(struct ofile *f, u32 mask);
/** vfs_notify_file() - hook: @mask was done with an open file. */
static inline void vfs_notify_file(struct ofile *f, u32 mask)
{
	if (unlikely(atomic_read(&vfs_nr_watches)))
		vfs_notify_file_slow(f, mask);
}
/* In flags of ofile_open(), never a program's: OFILE_NONOTIFY. */
#define O_NONOTIFY_	0x80000000u
/** vfs_notify() - hook: @mask (IN_*) happened to @vn, known by @nc (may be NULL). */
static inline void vfs_notify(struct vnode *vn, struct ncent *nc, u32 mask)
{
	if (unlikely(atomic_read(&vfs_nr_watches)))
		vfs_notify_slow(vn, nc, mask);
}
