/* SPDX-License-Identifier: GPL-2.0-only */
/* The two halves of fanotify: marks (fanotify.c) and queued events (fanotify_event.c). */
#pragma once

#include <tern/base/lock.h>
#include <tern/base/rcu.h>
#include <tern/fs/filesys.h>
#include <tern/fs/ofile.h>
#include <tern/lib/hlist.h>
#include <uapi/fanotify.h>

struct fanevent {
	struct list link;
	u32 mask;
	s32 pid;
	struct fspath path;		/* with references; none: the queue overflowed */
};

/* A fanotify file. Legend: I immutable, M marks_lock, Q queue_lock. */
struct fangroup {
	struct list groups_link;	/* groups_lock, RCU for readers */
	struct list marks;		/* M */
	u32 nmarks;			/* M */
	u32 flags;			/* I FAN_* of fanotify_init */
	u32 event_flags;		/* I O_* of the files that events bring */
	struct spin queue_lock;		/* protects the queue; LOCKRANK_FS_SPIN */
	struct list queue;		/* Q of struct fanevent, oldest first */
	u32 nqueued;			/* Q */
	bool has_overflow;		/* Q */
	struct fanevent overflow;	/* Q always there, no memory needed */
	struct waitq wait;
	struct rcu_job rcu;
};

extern u64 fanotify_max_queued, fanotify_max_marks, fanotify_max_groups;
extern const struct ofile_ops fanotify_fops;

/** fangroup_queue() - append an event about @p, or add to the last one. Context: nosleep. */
void fangroup_queue(struct fangroup *g, const struct fspath *p, u32 mask);
/** fangroup_flush() - forget what is queued. */
void fangroup_flush(struct fangroup *g);
/** fangroup_close() - the file is closed: marks go, then the group. Sleeps. */
void fangroup_close(struct fangroup *g);
