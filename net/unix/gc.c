// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets can be sent over sockets, so a ring of queues may hold the only
 * references to its own sockets. The collector finds such rings.
 *
 * A socket in flight is one whose file lies in some queue; inflight counts the
 * messages that carry it. It is a candidate if its file has no other
 * references. From each candidate's count are taken the messages that lie in
 * queues of candidates; whoever keeps some is reachable from outside, and so is
 * everything in its queue, and so on. What is left is a ring: its messages
 * with files are taken out and their files closed.
 *
 * All counting happens under usock_gc_lock; sending and receiving a socket take
 * it too. A socket can only be received from one that a process holds, which is
 * no candidate, so nothing escapes from a ring while it is looked at.
 *
 * Lock order: usock_gc_lock > lock of a listener > lock of its connections.
 */
#include "unix_impl.h"

#include <tern/kernel/irq.h>

enum { GC_NONE, GC_CANDIDATE, GC_REACHED };

struct spin usock_gc_lock = SPIN_INIT(LOCKRANK_SOCK_GC);
static LIST_HEAD(inflight_list);	/* usock_gc_lock: sockets with inflight > 0, by gc_link */
static u64 nr_inflight;

struct usock *usock_of_file(const struct ofile *f)
{
	struct netsock *s = netsock_of(f);

	return s && s->family == AF_UNIX ? usock_of(s) : NULL;
}

void gc_inflight(struct scmfds *fds, s64 by)
{
	struct usock *u;

	spin_lock(&usock_gc_lock);
	for (u32 i = 0; i < fds->n; i++) {
		u = usock_of_file(fds->file[i]);
		if (!u)
			continue;
		if (!u->inflight)
			list_add_tail(&u->gc_link, &inflight_list);
		u->inflight += by;
		nr_inflight += by;
		if (!u->inflight)
			list_del(&u->gc_link);
	}
	spin_unlock(&usock_gc_lock);
}

typedef void (*child_fn)(struct usock *child, struct list *arg);

static void scan_messages(struct list *queue, child_fn fn, struct list *arg)
{
	struct usmsg *m;
	struct usock *c;

	list_foreach(m, queue, link) {
		for (u32 i = 0; m->fds && i < m->fds->n; i++) {
			c = usock_of_file(m->fds->file[i]);
			if (c && c->inflight && c->gc_state != GC_NONE)
				fn(c, arg);
		}
	}
}

/* Every candidate whose file lies in @u's queue; of a listener, in those of its connections. */
static void scan(struct usock *u, child_fn fn, struct list *arg)
{
	struct usock *e;

	spin_lock(&u->lock);
	if (u->state != USTATE_LISTEN) {
		scan_messages(&u->queue, fn, arg);
	} else {
		list_foreach(e, &u->queue, embryo_link) {
			spin_lock_nested(&e->lock);
			scan_messages(&e->queue, fn, arg);
			spin_unlock(&e->lock);
		}
	}
	spin_unlock(&u->lock);
}

static void child_uncount(struct usock *c, struct list *unused)
{
	if (c->gc_refs)
		c->gc_refs--;
}

static void child_reach(struct usock *c, struct list *work)
{
	if (c->gc_state != GC_CANDIDATE)
		return;
	c->gc_state = GC_REACHED;
	list_move_tail(&c->gc_link, work);
}

/* Take messages with files out of a queue. */
static void strip(struct usock *u, struct list *out)
{
	struct usmsg *m, *next;

	list_foreach_safe(m, next, &u->queue, link) {
		if (!m->fds)
			continue;
		list_move_tail(&m->link, out);
		u->qlen--;
		u->qbytes -= m->truesize;
		u->qdata -= m->len - m->off;
	}
}

static void strip_all(struct usock *u, struct list *out)
{
	struct usock *e;

	spin_lock(&u->lock);
	if (u->state != USTATE_LISTEN) {
		strip(u, out);
	} else {
		list_foreach(e, &u->queue, embryo_link) {
			spin_lock_nested(&e->lock);
			strip(e, out);
			spin_unlock(&e->lock);
		}
	}
	spin_unlock(&u->lock);
}

/* Locks: usock_gc_lock. */
static void find_candidates(struct list *candidates)
{
	struct usock *u, *next;

	list_foreach_safe(u, next, &inflight_list, gc_link) {
		if ((u64)ref_read(&u->ns.file->of_obj.refs) != u->inflight)
			continue;
		u->gc_state = GC_CANDIDATE;
		u->gc_refs = u->inflight;
		list_move_tail(&u->gc_link, candidates);
	}
}

static void gc_run(struct workitem *w)
{
	LIST_HEAD(candidates);
	LIST_HEAD(work);
	LIST_HEAD(garbage);
	struct usock *u, *next;

	spin_lock(&usock_gc_lock);
	find_candidates(&candidates);
	list_foreach(u, &candidates, gc_link)
		scan(u, child_uncount, NULL);
	list_foreach_safe(u, next, &candidates, gc_link) {
		if (u->gc_refs) {
			u->gc_state = GC_REACHED;
			list_move_tail(&u->gc_link, &work);
		}
	}
	while ((u = list_first_entry_or_null(&work, struct usock, gc_link))) {
		list_move_tail(&u->gc_link, &inflight_list);
		scan(u, child_reach, &work);
		u->gc_state = GC_NONE;
	}
	list_foreach_safe(u, next, &candidates, gc_link) {
		strip_all(u, &garbage);
		u->gc_state = GC_NONE;
		list_move_tail(&u->gc_link, &inflight_list);
	}
	spin_unlock(&usock_gc_lock);
	usmsg_purge(&garbage);
}

static struct workitem gc_work = { .link = LIST_INIT(gc_work.link), .fn = gc_run };

void gc_kick(void)
{
	if (unlikely(READ_ONCE(nr_inflight)))
		workpool_queue(workpool_long, &gc_work);
}
