/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of epoll. Theory in epoll.c. */
#pragma once

#include <tern/base/lock.h>
#include <tern/fs/event.h>
#include <tern/lib/rbtree.h>
#include <uapi/epoll.h>

struct usercount;

struct epset {
	refcount refs;			/* its file, each item */
	struct kmutex lock;		/* protects items; polling goes on under it */
	struct waitq wait;		/* epoll_wait sleepers; its lock protects ready */
	struct list ready;		/* wait.lock: items that may have something */
	struct waitq poll_wait;		/* those who poll the set itself */
	struct rbtree items;		/* lock: by file and descriptor */
	struct usercount *user;		/* I whose watches are counted, kept alive by cred */
	const struct credset *cred;	/* I with a reference */
	struct ofile *file;		/* I its own file, no reference */
	u64 loop_mark;			/* epoll_loop_lock: last check that came by */
};

/* One waiter on one queue of the watched file. */
struct epwaiter {
	struct waiter w;
	struct waitq *q;
	struct epoll_item *item;
	struct epwaiter *next;
};

struct epoll_item {
	struct rbnode node;		/* L in set->items */
	struct list ready_link;		/* set->wait.lock */
	bool is_ready;			/* set->wait.lock: on the ready list, or on a scan's */
	u32 events;			/* L to write: EPOLL*, 0 low bits: disabled */
	u64 data;			/* L */
	struct epset *set;		/* I with a reference */
	struct ofile *file;		/* I no reference: file's release removes the item */
	int fd;				/* I */
	struct list file_link;		/* file's of_lock: in of_epoll */
	struct epwaiter *waiters;	/* L */
	struct epwaiter first;		/* most files have one queue */
};

#define EPOLL_FLAGS	(EPOLLEXCLUSIVE | EPOLLWAKEUP | EPOLLONESHOT | EPOLLET)
#define EPOLL_NEST_MAX	4

extern const struct ofile_ops epoll_fops;
extern struct kmutex epoll_loop_lock;
extern struct spin epoll_up_lock;	/* protects of_epoll of sets */

void epset_put(struct epset *s);
/** epset_insert() - 0, -EEXIST, -ENOMEM, -ENOSPC, -ELOOP. Locks: set->lock. */
int epset_insert(struct epset *s, struct ofile *f, int fd, const struct epoll_event *ev);
/** epset_remove() - consumes the item. Locks: set->lock. */
void epset_remove(struct epoll_item *item);
/** epset_modify() - new events and data. Locks: set->lock. */
void epset_modify(struct epoll_item *item, const struct epoll_event *ev);
struct epoll_item *epset_find(struct epset *s, struct ofile *f, int fd);
/** item_poll() - events of interest ready now. */
u32 item_poll(struct epoll_item *item, struct poll_table *pt);
/** item_mark_ready() - put it on the ready list and wake. Context: any. */
bool item_mark_ready(struct epoll_item *item);
/** epset_scan() - up to @max events to user memory; count or -EFAULT. */
int epset_scan(struct epset *s, struct epoll_event __user *out, int max);
/** epset_has_events() - is anything ready; @depth of nested sets. Takes set->lock. */
bool epset_has_events(struct epset *s, u32 depth);
/**
 * epoll_loop_check() - would watching @target from @s make a ring or too deep a
 * nest; 0 or -ELOOP.
 */
int epoll_loop_check(struct epset *s, struct ofile *target);
