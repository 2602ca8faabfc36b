/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What processes need of files, declared on the kernel's side so that kernel/
 * includes nothing of fs/. Functions that also stand in <tern/fs/...> are the same
 * functions; the others are implemented by fs/procface/.
 */
#pragma once

#include <tern/base/annotate.h>
#include <tern/base/types.h>

struct fdtab;
struct fsctx;
struct mountns;
struct nsbase;
struct userns;
struct ofile;
struct pidref;
struct secfilter;
struct thread;

/* ---- tern/fs/ofile.h, path.h ---- */
struct fdtab *fdtab_create(void);
struct fdtab *fdtab_copy(struct fdtab *from);
void fdtab_get(struct fdtab *t);
void fdtab_put(struct fdtab *t);
void fdtab_close_exec(void);
int fdtab_unshare(void);
struct ofile *fdtab_file_of(struct thread *t, int fd);
/**
 * epoll_watched() - the @nth file (from 0) that the epoll file @ep watches as descriptor @fd
 * Return: its address, to compare only: no reference; -EINVAL if @ep is none, -ENOENT.
 */
struct ofile *epoll_watched(struct ofile *ep, int fd, u32 nth);
struct fsctx *fsctx_copy(struct fsctx *from);
void fsctx_put(struct fsctx *f);
extern struct fsctx fsctx_initial;	/* kernel threads' */
/**
 * mountns_clone() - copy of a mount namespace (NULL: the first), owned by @owner;
 * @fs moves into it. ERR_PTR(-ENOMEM, -ENOSPC).
 */
struct nsbase *mountns_clone(struct nsbase *from, struct userns *owner, struct fsctx *fs);
/** mountns_enter() - root and working directory of @fs (unshared) become the root of @ns. */
void mountns_enter(struct nsbase *ns, struct fsctx *fs);
extern struct mountns *mountns_initial;	/* begins with its nsbase */
/** nsfile_base() - namespace behind an open /proc/PID/ns file (borrowed), or NULL. */
struct nsbase *nsfile_base(struct ofile *f);
/** face_fsctx_is_chrooted() - thread_self's root is not the root of its mount namespace. */
bool face_fsctx_is_chrooted(void);
void ofile_put(struct ofile *f);
ssize_t ofile_read_kernel(struct ofile *f, void *buf, size_t n, loff_t *pos);
ssize_t ofile_write_kernel(struct ofile *f, const void *buf, size_t n, loff_t *pos);
struct ofile *fd_get(int fd);
struct ofile *fd_get_path(int fd);
int fd_is_cloexec(int fd);
bool fdtab_is_shared(const struct fdtab *t);
int fd_reserve(int min, bool cloexec);
void fd_publish(int fd, struct ofile *f);
void fd_cancel(int fd);
int fd_dup_to(struct ofile *f, int fd, bool cloexec);
char *path_name_get(const char __user *name, u32 flags);
void path_name_put(char *name);

/* ---- fs/procface ---- */

/** face_fsctx_get() - one more reference. */
void face_fsctx_get(struct fsctx *f);
/** face_fsctx_is_shared() - do others use it (unshare, setns). */
bool face_fsctx_is_shared(struct fsctx *f);
/** face_ofile_get() - one more reference on an open file. */
void face_ofile_get(struct ofile *f);

/**
 * execfile_open() - open a program: regular file, execute permission, mount allows it
 * @dirfd: directory descriptor or AT_FDCWD
 * @name: kernel string; may be empty with AT_EMPTY_PATH
 * @at_flags: AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW
 * Refs: returns one; while the file lives nobody can open it for writing.
 * Return: file, or ERR_PTR(-EACCES, -ENOENT, -ETXTBSY, -ELOOP and so on).
 */
struct ofile *execfile_open(int dirfd, const char *name, u32 at_flags);

/* What decides about credentials of the new program. */
struct execfile_info {
	mode_t mode;
	uid_t uid;
	gid_t gid;
	bool is_nosuid;		/* mount ignores set-id bits */
	bool is_readable;	/* by the caller: else not dumpable */
	bool is_cloexec;
	u64 dev, ino;
};
/** execfile_allow_write() - it is not run after all: others may write to it again. */
void execfile_allow_write(struct ofile *f);
void execfile_stat(struct ofile *f, struct execfile_info *out);
/** execfile_file_caps() - security.capability attribute; bytes or -errno. */
ssize_t execfile_file_caps(struct ofile *f, void *buf, size_t size);

/** pidfd_create() - a file that stands for @pid; takes a reference of its own. ERR_PTR(-ENOMEM). */
struct ofile *pidfd_create(struct pidref *pid, u32 flags);
/** pidfd_pid_of() - pid behind a pidfd (borrowed from @f), NULL if it is another kind of file. */
struct pidref *pidfd_pid_of(struct ofile *f);
/** procdir_pid_of() - pid whose directory in /proc @f is (borrowed), NULL if it is none. */
struct pidref *procdir_pid_of(struct ofile *f);
/** pidfd_is_nonblock() - was O_NONBLOCK set on it. */
bool pidfd_is_nonblock(struct ofile *f);

/**
 * secfile_create() - the file by which the listener of a seccomp filter works; it takes over a
 * reference (secnotify_close()). ERR_PTR(-ENOMEM, -ENFILE): the reference stays the caller's.
 */
struct ofile *secfile_create(struct secfilter *sf);

struct bpfprog;
/** bpffile_create() - the file that stands for a program; takes over a reference. ERR_PTR(-ENOMEM, -ENFILE): not. */
struct ofile *bpffile_create(struct bpfprog *p);
/** bpffile_prog() - program behind such a file (borrowed from @f), NULL if it is another kind of file. */
struct bpfprog *bpffile_prog(struct ofile *f);

/** corefile_open() - create a core file as a dump may: no links followed, owner only; ERR_PTR. */
struct ofile *corefile_open(const char *name);

/** acctfile_open() - a regular file to append records to; ERR_PTR(-EACCES, -ENOENT and so on). */
struct ofile *acctfile_open(const char *name);

/** face_uring_exit() - @t (thread_self) ends or execs: its io_uring requests end first. Sleeps. */
void face_uring_exit(struct thread *t);

/** path_name_of() - absolute name of an open file into buf's end; ERR_PTR(-ENAMETOOLONG). */
char *face_ofile_name(struct ofile *f, char *buf, size_t size);

/* ---- fs/vfs/landlock.c ---- */
struct landlayer;
/** landlayer_get() / landlayer_put() - references of restrictions; NULL is allowed. Context: any. */
struct landlayer *landlayer_get(struct landlayer *l);
void landlayer_put(struct landlayer *l);
/** landlayer_covers() - is who has @inner restricted at least as who has @outer. Context: any. */
bool landlayer_covers(const struct landlayer *outer, const struct landlayer *inner);
