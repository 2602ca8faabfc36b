/* SPDX-License-Identifier: GPL-2.0-only */
/* The two halves of inotify: watches (inotify.c) and queued events (inotify_event.c). */
#pragma once

#include <tern/base/lock.h>
#include <tern/fs/filesys.h>
#include <tern/fs/ofile.h>
#include <tern/lib/idmap.h>
#include <uapi/inotify.h>

struct usercount;

struct notified {			/* a queued event */
	struct list link;
	s32 wd;
	u32 mask, cookie;
	u32 name_len;			/* without NUL; 0: none */
	char name[];
};

struct watchgroup {			/* an inotify file */
	refcount refs;			/* the file, each watch */
	struct kmutex lock;		/* protects wds; LOCKRANK_VFS_MISC */
	struct idmap wds;		/* wd -> watch */
	u32 next_wd;			/* L */
	bool is_dying;			/* L */
	struct spin queue_lock;		/* protects the queue; LOCKRANK_FS_SPIN */
	struct list queue;		/* of struct notified, oldest first */
	u32 nqueued;
	size_t queued_bytes;		/* as a reader gets them */
	bool has_overflow;		/* the overflow event is in the queue */
	struct notified overflow;	/* always there, no memory needed */
	struct waitq wait;
	const struct credset *cred;	/* I with a reference: whose watches are counted */
};

struct watch {
	refcount refs;			/* its group's table, each event under way */
	struct watchgroup *group;	/* I with a reference */
	struct vnode *vn;		/* I with a reference */
	s32 wd;				/* I */
	u32 mask;			/* vn_spin */
	bool is_attached;		/* vn_spin: in the vnode's set */
	bool is_doomed;			/* vn_spin: an event is about to end it */
	struct list set_link;		/* vn_spin */
	struct list doomed_link;	/* who removes it */
};

struct watchset { struct list watches, dnotes; };	/* vn_spin */

struct watchset *watchset_alloc(void);
/** watchset_take_empty() - @vn's set, off it, if nothing is left in it. Locks: vn_spin. */
struct watchset *watchset_take_empty(struct vnode *vn);
/**
 * dnotify_event() - signals for @mask; those that wait no more go to @gone, for
 * dnotify_free(). How many. Locks: vn_spin.
 */
u32 dnotify_event(struct watchset *set, u32 mask, struct list *gone);
void dnotify_free(struct list *gone);

extern u64 inotify_max_queued, inotify_max_instances, inotify_max_watches;
extern const struct ofile_ops inotify_fops;

/**
 * group_queue() - append an event, merged with an equal last one. Context: any
 * thread, may hold vn_spin.
 */
void group_queue(struct watchgroup *g, s32 wd, u32 mask, u32 cookie, const char *name, u32 len);
void group_put(struct watchgroup *g);
/** group_drop_watches() - the file is closed. Sleeps. */
void group_drop_watches(struct watchgroup *g);
/** group_read() - events that fit @u. */
ssize_t group_read(struct watchgroup *g, struct uio *u, bool may_block);
void group_flush(struct watchgroup *g);
