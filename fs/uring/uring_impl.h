/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * io_uring, private.
 *
 * Nouns: struct uring an instance with its two rings; struct ureq a request;
 * struct uop what an opcode does.
 *
 * Life of a request: read from the submission ring by io_uring_enter(2), carried
 * out there without waiting if that is possible; else it waits on its file's
 * queues (pollwatch) or goes to a worker, which acts in the submitter's address
 * space, with its identity and files. Completing posts its event and hands on to the
 * next of its chain.
 *
 * Lock order: submit_lock (outermost of all but few; operations run under it) >
 * locks of files and memory > lock > scheduler, wait queues, timers.
 *
 * Legend: I immutable, S submit_lock, L lock, A atomic, O whoever carries it out.
 */
#pragma once

#include <asm/uaccess.h>
#include <tern/base/lock.h>
#include <tern/fs/event.h>
#include <tern/fs/path.h>
#include <tern/fs/pollwatch.h>
#include <tern/fs/sockface.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/irq.h>
#include <tern/kernel/process.h>
#include <tern/lib/string.h>
#include <tern/mm/aspace.h>
#include <tern/mm/slab.h>
#include <uapi/fcntl.h>
#include <uapi/io_uring.h>

#define URING_ENTRIES_MAX	32768u
#define URING_PENDING		S64_MIN	/* issue(): it will complete by itself */
#define URING_WAIT		(S64_MIN + 1)	/* issue(): it would have to wait */

/* Memory shared with the program. */
struct uringmem { struct page **pages; u32 n; u8 *va; };

/* A registered buffer: pinned pages. */
struct lentbuf;
struct uringbuf { refcount refs; u64 base, len; u32 npages; const struct credset *payer; struct page *pages[]; };

struct uring {
	refcount refs;			/* the file, requests, threads that use it */
	struct kmutex submit_lock;	/* protects S; LOCKRANK_URING */
	struct spin lock;		/* protects L; LOCKRANK_FS_SPIN */
	u32 setup;			/* I SETUP_* */
	u32 sq_entries, cq_entries;	/* I powers of two */
	struct uringmem rings, sqes;	/* I */
	u32 sq_head;			/* S what has been taken */
	u32 cq_tail;			/* L what has been posted */
	bool is_disabled;		/* S until REG_ENABLE_RINGS */
	bool is_dead;			/* L the file is gone */
	struct list active;		/* L of struct ureq, in order of submission */
	struct list deferred;		/* L of struct ureq by wait_link: for a drain */
	struct list counted;		/* L of struct ureq by wait_link: timeouts with a count */
	struct list overflow;		/* L of struct uringlate */
	u32 ndraining;			/* L drains under way */
	struct ofile **files;		/* L registered ones, NULL: empty */
	u32 nfiles;
	struct uringbuf **bufs;		/* L */
	u32 nbufs;
	struct list bufgroups;		/* L of bufgroup.c's */
	struct eventcount *event;	/* L with a reference */
	bool event_async_only;		/* L */
	struct waitq cq_wait;		/* waiters for events, poll */
	struct waitq idle_wait;		/* waiters for the end of requests */
	struct workitem free_work;	/* the last reference may go where files must not */
};

enum ureq_state { UREQ_IDLE, UREQ_RUNNING, UREQ_POLLING, UREQ_QUEUED, UREQ_WORKING, UREQ_TIMER };

struct ureq {
	refcount refs;
	struct list link;		/* L in ring->active */
	struct list wait_link;		/* L */
	struct uring *ring;		/* I with a reference */
	const struct uop *op;		/* I */
	struct uring_sqe sqe;		/* I copy */
	struct ofile *file;		/* O with a reference */
	u64 owner;			/* I t_serial of the submitter */
	enum ureq_state state;		/* L */
	bool is_cancelled;		/* L */
	bool is_drain;			/* I */
	bool may_block;			/* O a worker carries it out and waits */
	bool has_env;			/* O */
	bool is_short;			/* O fewer bytes than asked for: breaks a chain */
	bool is_begun;			/* O connect: under way */
	bool is_multi;			/* I completes again and again */
	u32 cqe_flags;			/* O of the last completion */
	bool has_buffer;		/* O a lent one, sel_* */
	u64 sel_addr;
	u32 sel_len, sel_room;		/* O bytes to use, and that it has */
	u16 sel_id, sel_at;		/* O its number, and where in a ring it lay */
	struct lentbuf *lent;		/* O its record, if it is not from a ring */
	u32 tries;			/* O times armed */
	s32 result;			/* O with has_result: complete with it */
	bool has_result;
	struct thread *worker;		/* L */
	struct aspace *as;		/* O environment for workers, with references */
	const struct credset *cred;
	struct fdtab *fdtab;
	struct fsctx *fsctx;
	struct process *proc;
	struct namespaces *ns;
	struct ureq *next;		/* O rest of the chain */
	struct ureq *ltimeout, *head;	/* L link timeout and what it guards */
	struct pollwatch watch;
	struct workitem work;
	struct timeout timer;
	u32 left;			/* L completions until a counted timeout */
	nsec_t deadline;		/* O */
	struct uio uio;			/* O reads and writes, as prepared */
	struct iovec store[UIO_FAST], *iov_mem;
	struct uio_pageseg *segs;
	struct uringbuf *buf;
	struct sockop *sockop;
	u8 addr[SOCKFACE_ADDR_MAX];	/* connect */
};

#define UOPF_FILE	0x1u	/* sqe.fd is a file */
#define UOPF_WORKER	0x2u	/* never without a worker: sleeps long */
#define UOPF_POLLIN	0x4u	/* waits for its file to be readable */
#define UOPF_POLLOUT	0x8u
#define UOPF_SELECT	0x20u	/* may take a lent buffer */
#define UOPF_CHAIN_ENV	0x10u	/* pends: the rest of the chain will need its environment */

struct uop {
	int (*prep)(struct ureq *r);	/* check the sqe, read what must be stable; 0 or -errno */
	/* Result, URING_PENDING, or URING_WAIT (with @may_block false only). */
	s64 (*issue)(struct ureq *r, bool may_block);
	u32 flags;
};
extern const struct uop uring_ops[UOP_COUNT];

/* ---- ring.c ---- */
long uring_create(u32 entries, struct uring_params *p);
struct uring *uring_of(struct ofile *f);
void uring_put(struct uring *u);
/** uring_post() - one event. Lock held. */
void uring_post(struct uring *u, u64 user_data, s32 res, u32 flags);
/** uring_flush_overflow() - late events move into the ring as far as there is room. */
void uring_flush_overflow(struct uring *u);
u32 uring_ready(struct uring *u);
/** uring_next_sqe() - take one entry; false: there is none. submit_lock held. */
bool uring_next_sqe(struct uring *u, struct uring_sqe *out);
void uring_sq_commit(struct uring *u);
/** uring_notify() - events were posted: wake who waits. No lock held. */
void uring_notify(struct uring *u, bool is_async);

/* ---- request.c ---- */
/** ureq_make() - for an sqe, on the active list; completes with an error later if *err is set. */
struct ureq *ureq_make(struct uring *u, const struct uring_sqe *sqe, int *err);
void ureq_put(struct ureq *r);
/** ureq_start() - a whole chain, by its submitter. */
void ureq_start(struct ureq *head);
/** ureq_run() - carry out @r and what follows it in its chain. */
void ureq_run(struct ureq *r, bool in_worker);
/** ureq_finish_chain() - complete @r and its chain: the first with @res, others cancelled. */
void ureq_finish_chain(struct ureq *r, s32 res);
/** ureq_env_take() - thread_self's environment for @r and its chain. */
void ureq_env_take(struct ureq *r);
/** ureq_tell() - one completion of several, with CQE_F_MORE. */
void ureq_tell(struct ureq *r, s32 res, u32 flags);
/** ureq_queue() - let a worker go on. Context: any but NMI. */
void ureq_queue(struct ureq *r);
/** ureq_queue_result() - let a worker complete it. */
void ureq_queue_result(struct ureq *r, s32 res);

/* ---- worker.c ---- */
void uring_worker(struct workitem *w);

/* ---- cancel.c ---- */
/** ureq_cancel_locked() - 0, -EALREADY (being carried out, once: it is told). Lock held. */
int ureq_cancel_locked(struct ureq *r);
/** uring_cancel_all() - requests of thread @owner, or (0) all. */
void uring_cancel_all(struct uring *u, u64 owner);
/** uring_note_user() - thread_self submits to @u; 0, -ENOMEM. */
int uring_note_user(struct uring *u);

/* ---- register.c ---- */
long uring_register(struct uring *u, u32 what, void __user *arg, u32 n);
long uring_files_update(struct uring *u, u32 offset, const s32 __user *fds, u32 n);
/** uring_file() - registered file with a reference; ERR_PTR(-EBADF). */
struct ofile *uring_file(struct uring *u, u32 index);
/** uring_buf() - registered buffer that contains the range, with a reference; ERR_PTR(-EFAULT). */
struct uringbuf *uring_buf(struct uring *u, u32 index, u64 addr, u64 len);
void uringbuf_put(struct uringbuf *b);
/** uringbuf_make() - pin the program's memory; ERR_PTR(-EFAULT, -ENOMEM). */
struct uringbuf *uringbuf_make(const struct iovec *v);
void uring_unregister_all(struct uring *u);

/* ---- bufgroup.c ---- */
/** ureq_buffer_take() - a lent buffer for @r: sel_addr, sel_len; 0, -ENOBUFS. */
int ureq_buffer_take(struct ureq *r);
/** ureq_buffer_spend() - it was used: flags for the completion that tells. */
u32 ureq_buffer_spend(struct ureq *r);
/** ureq_buffer_return() - it was not. */
void ureq_buffer_return(struct ureq *r);
long uring_bufring_register(struct uring *u, const void __user *arg);
long uring_bufring_unregister(struct uring *u, const void __user *arg);
void uring_bufgroups_free(struct uring *u);
int prep_provide(struct ureq *r);
s64 issue_provide(struct ureq *r, bool may_block);
s64 issue_remove_buffers(struct ureq *r, bool may_block);

/* ---- operations ---- */
int prep_rw(struct ureq *r);
int prep_rwv(struct ureq *r);
int prep_rw_fixed(struct ureq *r);
s64 issue_read(struct ureq *r, bool may_block);
s64 issue_write(struct ureq *r, bool may_block);
int prep_msg(struct ureq *r);
s64 issue_msg(struct ureq *r, bool may_block);
int prep_xfer(struct ureq *r);
s64 issue_send(struct ureq *r, bool may_block);
s64 issue_recv(struct ureq *r, bool may_block);
int prep_recv(struct ureq *r);
s64 issue_sendmsg_zc(struct ureq *r, bool may_block);
int prep_send_zc(struct ureq *r);
s64 issue_send_zc(struct ureq *r, bool may_block);
int prep_accept(struct ureq *r);
s64 issue_accept(struct ureq *r, bool may_block);
int prep_connect(struct ureq *r);
s64 issue_connect(struct ureq *r, bool may_block);
int prep_shutdown(struct ureq *r);
s64 issue_shutdown(struct ureq *r, bool may_block);
int prep_socket(struct ureq *r);
s64 issue_socket(struct ureq *r, bool may_block);
int prep_poll(struct ureq *r);
s64 issue_poll(struct ureq *r, bool may_block);
int prep_remove(struct ureq *r);
s64 issue_poll_remove(struct ureq *r, bool may_block);
int prep_timeout(struct ureq *r);
s64 issue_timeout(struct ureq *r, bool may_block);
int prep_timeout_remove(struct ureq *r);
s64 issue_timeout_remove(struct ureq *r, bool may_block);
int prep_cancel(struct ureq *r);
s64 issue_cancel(struct ureq *r, bool may_block);
int prep_link_timeout(struct ureq *r);
s64 issue_link_timeout(struct ureq *r, bool may_block);
/** ltimeout_start() - its request goes on by itself now. */
void ltimeout_start(struct ureq *lt);
/** ltimeout_fired() - in a worker: cancel what it guards; its result. */
s32 ltimeout_fired(struct ureq *lt);
u32 poll_events_of(const struct ureq *r);
