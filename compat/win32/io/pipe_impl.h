/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of named pipes share: pipe.c data, pipename.c instances, pipectl.c requests. */
#pragma once

#include "../pipe.h"

#define TYPE_MESSAGE	1u
#define MESSAGE_MAX	(1u << 20)
#define MODE_NONBLOCKING 1u

enum { SERVER, CLIENT };

struct message { struct list link; u32 len, at; u8 data[]; };

/* A request that waits. */
struct pending {
	struct list link;
	struct nt_request r;
	void __user *buf;
	u32 len;
	bool is_listen;
};

struct pipe_end {
	struct list queue;		/* lock: messages for this end to read */
	u32 queued;			/* lock: bytes in it */
	struct list pending;		/* lock: its reads and listens, oldest first */
	struct nt_file *file;		/* lock: borrowed; NULL: not open */
	u32 read_mode, nonblocking;	/* racy: message reads, no waiting */
};

struct nt_pipe {
	refcount refs;			/* one per open end */
	struct list link;		/* nt_pipe_names_lock: in its name's instances */
	struct pipe_name *name;		/* I while the server's end is open */
	struct kmutex lock;
	struct waitq wq;		/* readers, writers and listeners that wait in a call */
	u32 state;			/* lock STATE_* */
	struct pipe_end end[2];
};

/* nt_pipe_names_lock protects what changes. */
struct pipe_name {
	struct list link;
	struct list instances;
	u32 type, config, max_instances, in_quota, out_quota, ninstances;
	struct ofile *other;		/* CreatePipe: the client's end, until it is opened */
	u32 len;
	u16 text[];
};

extern struct kmutex nt_pipe_names_lock;

struct end_ref { struct nt_pipe *p; u32 side; };

static inline struct end_ref *ref_of(struct nt_file *f)
{
	return f->priv;
}

/* ---- pipe.c; lock held, but for the last three ---- */

void nt_pipe_queue_drop(struct pipe_end *e);
/** nt_pipe_pend() - put a request down; STATUS_PENDING or STATUS_NO_MEMORY. */
ntstatus nt_pipe_pend(struct pipe_end *e, struct nt_request *r, void __user *buf, u32 len, bool is_listen);
/** nt_pipe_finish() - a pending request ends. */
void nt_pipe_finish(struct pending *w, ntstatus s, u64 information);
void nt_pipe_finish_all(struct pipe_end *e, ntstatus s);
/**
 * nt_pipe_take() - copy what is there to @k (kernel memory); a message that does not fit stays with its rest
 * Return: bytes; *more: some of the message is left.
 */
u32 nt_pipe_take(struct pipe_end *e, u8 *k, u32 room, bool peek, bool *more);
/** nt_pipe_broken() - what stops an end from reading or writing now; STATUS_SUCCESS: nothing. */
ntstatus nt_pipe_broken(const struct nt_pipe *p, u32 side);
/** nt_pipe_transceive() - a message out, its answer in; consumes the request. */
ntstatus nt_pipe_transceive(struct nt_request *r, struct end_ref *er, const void __user *in, u32 in_len,
			    void __user *out, u32 out_len);
void nt_pipe_put(struct nt_pipe *p);
/** nt_pipe_wait_name() - FSCTL_PIPE_WAIT of the root: does an instance of the name listen. */
ntstatus nt_pipe_wait_name(const u8 __user *in, u32 len);
