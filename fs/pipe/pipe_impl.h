/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A pipe's ring of pages. Legend: I immutable, L lock, A atomic or read racily as a hint.
 */
#pragma once

#include <tern/base/lock.h>
#include <tern/fs/path.h>
#include <tern/fs/pipe.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/signal.h>
#include <tern/kernel/thread.h>
#include <tern/mm/page.h>
#include <tern/mm/slab.h>
#include <uapi/fcntl.h>

struct pipebuf {
	struct page *page;
	u32 off, len;
	bool is_mergeable;	/* ours alone: the next write may append */
	bool is_packet;		/* O_DIRECT: one write, taken by one read */
};

#define PIPE_SLOTS	16u
#define PIPE_SPARES	2u

struct pipe {
	struct kmutex lock;		/* LOCKRANK_PIPE */
	u32 head, tail;			/* L, A slots in use: [tail, head) modulo nslots */
	u32 nslots;			/* L, A power of two */
	u32 readers, writers;		/* L, A open ends */
	bool is_held;			/* L, A a splice works on the oldest data */
	struct pipebuf *bufs;		/* L */
	struct page *spare[PIPE_SPARES]; /* L pages kept for the next write */
	struct waitq rd_wait, wr_wait;
	u32 r_opens, w_opens;		/* L, A opens so far: FIFO rendezvous */
	u32 files;			/* L; FIFO: vn_spin */
};

static inline struct pipe *pipe_of(const struct ofile *f) { return f->of_priv; }
static inline u32 pipe_used(const struct pipe *p) { return READ_ONCE(p->head) - READ_ONCE(p->tail); }
static inline bool pipe_is_empty(const struct pipe *p) { return READ_ONCE(p->head) == READ_ONCE(p->tail); }
static inline bool pipe_is_full(const struct pipe *p) { return pipe_used(p) >= READ_ONCE(p->nslots); }
static inline struct pipebuf *pipe_buf(struct pipe *p, u32 i) { return &p->bufs[i & (p->nslots - 1)]; }

/* May a reader go on: data, or the end. */
static inline bool pipe_may_read(const struct pipe *p)
{
	return !READ_ONCE(p->is_held) && (!pipe_is_empty(p) || !READ_ONCE(p->writers));
}
static inline bool pipe_may_write(const struct pipe *p)
{
	return !pipe_is_full(p) || !READ_ONCE(p->readers);
}

struct pipe *pipe_alloc(void);
void pipe_free(struct pipe *p);
/** pipe_page_get() - a page for new data: a spare one or fresh. Locked. */
struct page *pipe_page_get(struct pipe *p);
/** pipe_buf_drop() - the oldest slot is used up. Locked. */
void pipe_buf_drop(struct pipe *p);
/** pipe_wake_readers() / pipe_wake_writers() - after the lock. */
void pipe_wake_readers(struct pipe *p);
void pipe_wake_writers(struct pipe *p);
/** pipe_wake_ends() - an end was opened or closed: everybody looks again. */
void pipe_wake_ends(struct pipe *p);
/** pipe_broken() - nobody reads: SIGPIPE and -EPIPE. */
int pipe_broken(void);

/* Slots shared by pipe ends and FIFOs. */
ssize_t pipe_fop_read(struct ofile *f, struct uio *u, loff_t *pos);
ssize_t pipe_fop_write(struct ofile *f, struct uio *u, loff_t *pos);
u32 pipe_fop_poll(struct ofile *f, struct poll_table *pt);
long pipe_fop_ioctl(struct ofile *f, u32 cmd, uptr arg);
int pipe_fop_set_flags(struct ofile *f, u32 flags);
/** pipe_close_end() - an open file of the pipe goes; true if it was the last. */
bool pipe_close_end(struct pipe *p, struct ofile *f);
extern const struct ofile_ops pipe_fops;
