/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Linux AIO, private. A context is a ring of events mapped into the address
 * space; the address is its name, and the mapping its life: io_destroy(2) and the
 * end of the address space are the unmapping.
 *
 * Legend: I immutable, L lock, A atomic.
 */
#pragma once

#include <asm/uaccess.h>
#include <tern/base/lock.h>
#include <tern/fs/event.h>
#include <tern/fs/pollwatch.h>
#include <tern/kernel/irq.h>
#include <tern/mm/aspace.h>
#include <tern/mm/slab.h>
#include <uapi/aio.h>

struct aioctx {
	refcount refs;		/* regions, requests, calls under way */
	u32 nr;			/* I places in the ring */
	u32 quota;		/* I what it counts against aio-max-nr */
	u32 npages;		/* I */
	struct page **pages;	/* I */
	struct spin lock;	/* protects L; LOCKRANK_FS_SPIN */
	u32 tail;		/* L next place to fill */
	u32 inflight;		/* L requests whose event is to come */
	bool is_dead;		/* L no more requests */
	struct list polls;	/* L of struct aioreq: polls that can be cancelled */
	u32 nregions;		/* L */
	struct kmutex reap_lock;	/* one reader of the ring at a time; LOCKRANK_VFS_MISC */
	struct waitq wait;
	struct workitem kill_work;
};

struct aioreq {
	refcount refs;
	struct list link;	/* L in ctx->polls */
	struct aioctx *ctx;	/* I with a reference */
	struct ofile *file;	/* I with a reference */
	struct eventcount *resfd;	/* I with a reference; NULL: none */
	u64 data, obj;		/* I */
	struct pollwatch watch;
	struct workitem work;
	bool is_cancelled;	/* L */
};

/* ---- aioring.c ---- */
/** aioctx_create() - a ring for @n requests, mapped; its address or -errno. */
long aioctx_create(u32 n);
/** aioctx_get() - the context mapped at @addr with a reference; ERR_PTR(-EINVAL). */
struct aioctx *aioctx_get(uptr addr);
void aioctx_put(struct aioctx *c);
/** aioctx_reserve() - a place for one more event: 0, -EAGAIN, -EINVAL if it is dead. */
int aioctx_reserve(struct aioctx *c);
/** aioctx_unreserve() - the request was not begun after all. */
void aioctx_unreserve(struct aioctx *c);
/** aioctx_finish() - post the event of a request into its place. Context: sleeps not. */
void aioctx_finish(struct aioctx *c, u64 data, u64 obj, s64 res);
/** aioctx_reap() - move at most @n events to the user: how many, -EFAULT. Sleeps. */
long aioctx_reap(struct aioctx *c, struct ioevent_ __user *out, u32 n);
/** aioctx_available() - events to be read now. */
u32 aioctx_available(struct aioctx *c);

/* ---- aioreq.c ---- */
/** aioreq_submit() - begin one request: 0 or -errno. A place is reserved; used up if it is 0. */
int aioreq_submit(struct aioctx *c, const struct iocb_ *cb, u64 obj);
/** aioreq_cancel_all() - end all polls. Sleeps. */
void aioreq_cancel_all(struct aioctx *c);
/** aioreq_cancel() - the request of the iocb at @obj: -EINPROGRESS, -EINVAL if there is none. */
int aioreq_cancel(struct aioctx *c, u64 obj);
