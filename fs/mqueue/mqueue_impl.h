/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * POSIX message queues, private. A queue is a file of the mqueue file system.
 * Legend: I immutable, L the queue's lock, D vn_lock of the directory.
 */
#pragma once

#include <tern/base/lock.h>
#include <tern/fs/filesys.h>
#include <tern/fs/ofile.h>
#include <tern/fs/path.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/process.h>
#include <tern/lib/rbtree.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <uapi/fcntl.h>
#include <uapi/mqueue.h>
#include <uapi/time.h>

struct mqmessage {
	struct rbnode node;	/* L in queue->messages */
	u64 key;		/* L order: priority downwards, then age */
	u32 prio;		/* I */
	u64 size;		/* I */
	u8 text[];		/* I */
};

/* Who is told when a message comes to an empty queue; one at a time. */
struct mqnotice {
	struct pidref *owner;	/* NULL: nobody */
	s32 kind, signo;	/* SIGEV_* */
	u64 value;
};

struct mqueue {
	struct vnode vn;	/* first */
	struct spin lock;	/* protects L; LOCKRANK_IPC */
	struct rbtree messages;	/* L by key */
	struct list senders, receivers;	/* L of struct mqwait, oldest first */
	u64 maxmsg, msgsize;	/* I */
	u64 count, nbytes, serial;	/* L */
	struct mqnotice notice;	/* L */
	struct waitq poll_wait;
	const struct credset *payer;	/* I with a reference: whose RLIMIT_MSGQUEUE it counts against */
	u64 charged;		/* I bytes */
	struct list by_pos;	/* D */
	u64 pos;		/* D place in listings; 0: unlinked */
	char *name;		/* D */
};

struct mqlimits { u32 msg_max, msgsize_max, queues_max, msg_default, msgsize_default; };
extern struct mqlimits mq_limits;	/* /proc/sys/fs/mqueue */

extern const struct ofile_ops mqueue_fops;
static inline struct mqueue *mqueue_of(struct vnode *vn) { return container_of(vn, struct mqueue, vn); }

/* ---- mqfs.c ---- */
/**
 * mqfs_open() - open, or with O_CREAT make, the queue @name
 * @attr: NULL: defaults
 * Return: file, or ERR_PTR as mq_open(3).
 */
struct ofile *mqfs_open(const char *name, u32 flags, mode_t mode, const struct mq_attr_ *attr);
int mqfs_unlink(const char *name);

/* ---- mqueue.c ---- */
/** mqueue_send() - @m is used up if it is 0; -EAGAIN, -ETIMEDOUT (@deadline: wall time in ns), -ERESTARTSYS. */
int mqueue_send(struct mqueue *q, struct mqmessage *m, bool may_wait, u64 deadline);
/** mqueue_receive() - the first message, now the caller's; ERR_PTR as mqueue_send(). */
struct mqmessage *mqueue_receive(struct mqueue *q, bool may_wait, u64 deadline);
/** mqueue_free_messages() - nobody uses the queue any more. */
void mqueue_free_messages(struct mqueue *q);
/** mqueue_status() - text of QSIZE and NOTIFY as reading the file shows it. */
ssize_t mqueue_status(struct mqueue *q, char *buf, size_t size);

/* ---- mqnotify.c ---- */
/** mqnotice_take() - a message came: what is to be sent; leaves none registered. Lock held. */
struct mqnotice mqnotice_take(struct mqueue *q);
/** mqnotice_send() - no lock held; uses @n up. */
void mqnotice_send(struct mqnotice *n);
/** mqnotice_set() - register thread_self's process, or (@ev NULL) take its registration back. */
int mqnotice_set(struct mqueue *q, const struct sigevent_ *ev);
