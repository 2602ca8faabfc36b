/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of fs/sysfs share. */
#pragma once

#include <tern/base/err.h>
#include <tern/base/usegate.h>
#include <tern/fs/filesys.h>
#include <tern/fs/ofile.h>
#include <tern/fs/sysfs.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <uapi/dirent.h>
#include <uapi/fcntl.h>

enum sysnode_kind { SYSNODE_DIR, SYSNODE_ATTR, SYSNODE_BIN, SYSNODE_LINK };

struct sysnode {
	struct list children, sibling;	/* tree lock */
	struct sysnode *parent;		/* tree lock; NULL: root */
	enum sysnode_kind kind;		/* I */
	mode_t mode;			/* tree lock; chmod may change it */
	uid_t uid;			/* tree lock */
	gid_t gid;			/* tree lock */
	u32 net;			/* I network namespace (inum) whose mounts show it; 0: all */
	u64 ino, cookie, next_cookie;	/* I, I, tree lock */
	s64 born_ns;			/* I wall clock */
	int gone;			/* I error when it is removed */
	const void *what;		/* I sysattr, sysbin, or sysdir or NULL */
	void *arg;			/* I */
	char *target;			/* I link text */
	char *name;			/* tree lock */
	u32 events;			/* A counts sysfs_wake() */
	refcount refs;			/* the tree, each vnode */
	struct usegate gate;		/* functions under way; shut when removed */
	struct waitq pollers;		/* wait for events */
};

struct sysvn {
	struct vnode vn;
	struct sysnode *node;		/* I with a reference */
};

static inline struct sysnode *sysnode_of(const struct vnode *vn)
{
	return container_of(vn, struct sysvn, vn)->node;
}

extern struct rwsem sysfs_lock;		/* protects the tree */
void sysnode_put(struct sysnode *n);
/** sysnode_is_shown() - by mounts of network namespace @net. */
static inline bool sysnode_is_shown(const struct sysnode *n, u32 net)
{
	return !n->net || n->net == net;
}
/** sysnode_child_locked() - by name, as network namespace @net sees it; no reference. */
struct sysnode *sysnode_child_locked(struct sysnode *dir, const char *name, u32 len, u32 net);
extern const struct ofile_ops sysfile_fops;
