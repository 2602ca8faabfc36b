/* SPDX-License-Identifier: GPL-2.0-only */
/* Pipes and FIFOs. Owner fs/pipe. */
#pragma once
#include <tern/fs/ofile.h>
/** pipe_create() - both ends with a reference each; 0, -ENFILE, -ENOMEM. */
int pipe_create(struct ofile **rd, struct ofile **wr, u32 flags);
bool ofile_is_pipe(const struct ofile *f);
/** fifo_fops - operations of S_IFIFO vnodes of any file system. */
extern const struct ofile_ops fifo_fops;
/** pipe_init() - the internal mount that pipes live in. Boot. */
void pipe_init(void);

/**
 * pipe_fcntl_size() - F_SETPIPE_SZ (@set) and F_GETPIPE_SZ: bytes, or -EBADF,
 * -EPERM, -EBUSY, -ENOMEM.
 */
long pipe_fcntl_size(struct ofile *f, bool set, u64 bytes);

/* ---- moving pages; sleeps, takes the pipe's lock ---- */

/**
 * pipe_push() - append pages; each segment's page reference passes to the pipe if it is taken
 * @flags: SPLICE_F_NONBLOCK, and O_NONBLOCK of the pipe counts too
 * Return: segments taken (at least 1), 0 never; -EPIPE (with SIGPIPE), -EAGAIN, -ERESTARTSYS.
 */
ssize_t pipe_push(struct ofile *pipe, const struct uio_pageseg *seg, u32 n, u32 flags);
/** pipe_room() - wait until a segment fits: 0, -EPIPE (with SIGPIPE), -EAGAIN, -ERESTARTSYS. */
int pipe_room(struct ofile *pipe, u32 flags);
/**
 * pipe_hold() - borrow the oldest data: @seg filled with up to @max pieces of at most @len bytes
 * Other readers wait until pipe_release(). Pages stay the pipe's.
 * Return: number of pieces; 0 at the end (no writers); -EAGAIN, -ERESTARTSYS.
 */
int pipe_hold(struct ofile *pipe, struct uio_pageseg *seg, u32 max, size_t len, u32 flags);
/** pipe_release() - @used bytes of what was held are consumed. */
void pipe_release(struct ofile *pipe, size_t used);
/**
 * pipe_move() - splice or (@is_tee) tee between pipes; bytes or -errno; -EINVAL
 * if they are one.
 */
ssize_t pipe_move(struct ofile *from, struct ofile *to, size_t len, u32 flags, bool is_tee);
/** pipe_peek() - copy up to @n bytes of what is in it and leave them there; how many. */
size_t pipe_peek(struct ofile *pipe, void *buf, size_t n);
