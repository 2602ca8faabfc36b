// SPDX-License-Identifier: GPL-2.0-only
/*
 * File systems of programs ("FUSE"): mount -t fuse with fd=N of an open /dev/fuse. A program,
 * the daemon, reads requests from there and writes answers (uapi/fuse.h).
 *
 * Nouns: a fuselink is the connection; a fusecall one request with its answer; a fusechan one
 * descriptor of /dev/fuse. link.c has connections and calls, chan.c the daemon's side, node.c
 * files and attributes, name.c directories' entries, open.c what is open, data.c contents, dir.c
 * listings, notify.c what the daemon says unasked, control.c fusectl, super.c mounts.
 *
 * Life of a call: NEW, PENDING (in a list for the daemon), SENT (it was read), ANSWERING (an answer is
 * being copied), DONE. Whoever asked waits; a signal is told to the daemon (INTERRUPT), a deadly one ends
 * the wait whatever the daemon does. The call goes on without him then: data moves between the
 * daemon and pages of the call's own, so nobody is in the way of an answer that comes late, and
 * what such an answer opened or looked up is given back (fuse_undo()).
 *
 * A daemon that hangs holds up those who ask it, until they are killed or "abort" is written in
 * fusectl; one that ends (last close of /dev/fuse) makes every call fail.
 *
 * Lock order: vn_lock > page; fl->lock and vn_spin are innermost.
 *
 * Limits: no writeback cache, locks are kept here, names of 7.37 that are not negotiated
 * (readdirplus, passthrough of ACLs, DAX) are absent; one call carries FUSE_PAGES pages.
 */
#include "fuse_impl.h"

static struct spin links_lock = SPIN_INIT(LOCKRANK_KLIST);	/* protects links */
static LIST_HEAD(links);

struct fuselink *fuse_link_make(void)
{
	struct fuselink *fl = kmem_zalloc(sizeof(*fl), ALLOC_KERNEL);

	if (!fl)
		return NULL;
	ref_init(&fl->refs, 1);
	spin_init(&fl->lock, LOCKRANK_FS_SPIN);
	waitq_init(&fl->readers);
	waitq_init(&fl->started);
	list_init(&fl->pending);
	list_init(&fl->sent);
	list_init(&fl->interrupts);
	list_init(&fl->forgets);
	list_init(&fl->polled);
	list_init(&fl->link);
	fl->pids = pidns_get(pidns_self());
	fl->ids = userns_get(userns_self());
	fl->is_up = true;
	fl->max_background = 12;
	fl->congestion = 9;
	fl->max_write = PAGE_SIZE;
	return fl;
}

static void drop_forgets(struct fuselink *fl)
{
	struct fuseforget *g, *next;

	list_foreach_safe(g, next, &fl->forgets, link)
		kmem_free(g);
	list_init(&fl->forgets);
}

void fuse_link_put(struct fuselink *fl)
{
	if (!ref_put(&fl->refs))
		return;
	drop_forgets(fl);
	pidns_put(fl->pids);
	userns_put(fl->ids);
	rcu_defer_free(&fl->rcu, fl);
}

void fuse_links_add(struct fuselink *fl)
{
	spin_lock(&links_lock);
	list_add_tail(&fl->link, &links);
	spin_unlock(&links_lock);
}

void fuse_links_each(bool (*fn)(struct fuselink *fl, void *arg), void *arg)
{
	struct fuselink *fl;

	spin_lock(&links_lock);
	list_foreach(fl, &links, link)
		if (!fn(fl, arg))
			break;
	spin_unlock(&links_lock);
}

bool fuse_lacks(struct fuselink *fl, u32 op)
{
	return READ_ONCE(fl->absent) & (1UL << op);
}

void fuse_note_lack(struct fuselink *fl, u32 op)
{
	bit_set_atomic(op, &fl->absent);
}

/* ---- calls ---- */

struct fusecall *fuse_call_make(struct fuselink *fl, u32 op, u64 nodeid, size_t in_len, size_t out_room)
{
	struct fusecall *c = kmem_zalloc(sizeof(*c) + ALIGN_UP(in_len, 8) + out_room, ALLOC_NOFS);

	if (!c)
		return NULL;
	ref_init(&c->refs, 1);
	fuse_link_get(fl);
	c->fl = fl;
	list_init(&c->link);
	list_init(&c->interrupt);
	waitq_init(&c->wait);
	c->op = op;
	c->uid = uid_show_in(fl->ids, cred_self()->fsuid);
	c->gid = gid_show_in(fl->ids, cred_self()->fsgid);
	c->pid = (u32)pidref_nr_in(process_self()->p_pid, fl->pids);
	c->nodeid = nodeid;
	c->in_len = (u32)in_len;
	c->out_room = (u32)out_room;
	c->in = (u8 *)(c + 1);
	c->out = c->in + ALIGN_UP(in_len, 8);
	return c;
}

int fuse_call_pages(struct fusecall *c, size_t bytes)
{
	u32 n = (u32)DIV_ROUND_UP(bytes, PAGE_SIZE);

	c->pages = n <= ARRAY_SIZE(c->page_store) ? c->page_store : kmem_alloc(n * sizeof(*c->pages), ALLOC_NOFS);
	if (!c->pages)
		return -ENOMEM;
	for (; c->npages < n; c->npages++) {
		c->pages[c->npages] = page_alloc(0, ALLOC_NOFS | ALLOC_ZERO);
		if (!c->pages[c->npages])
			return -ENOMEM;
	}
	return 0;
}

void fuse_call_put(struct fusecall *c)
{
	if (!c || !ref_put(&c->refs))
		return;
	while (c->npages)
		page_put(c->pages[--c->npages]);
	if (c->pages != c->page_store)
		kmem_free(c->pages);
	fuse_link_put(c->fl);
	kmem_free(c);
}

/* Queue for the daemon with a reference of the list's; 0 or why not. */
static int enqueue(struct fusecall *c)
{
	struct fuselink *fl = c->fl;
	int err = 0;

	spin_lock(&fl->lock);
	if (!fl->is_up) {
		err = -ENOTCONN;
	} else {
		fl->last_unique += 2;		/* the lowest bit marks interrupts */
		c->unique = fl->last_unique;
		c->state = FUSECALL_PENDING;
		fl->nwaiting++;
		ref_get(&c->refs);
		list_add_tail(&c->link, &fl->pending);
	}
	spin_unlock(&fl->lock);
	if (!err)
		waitq_wake(&fl->readers, 1, POLLIN | POLLRDNORM);
	return err;
}

static void forget_released(struct fusecall *r)
{
	fuse_forget(r->fl, r->nodeid, 1);
}

/* 0, -ENOMEM. */
static int release(struct fuselink *fl, u32 op, u64 nodeid, u64 fh, bool forgets)
{
	struct fuse_release_in in = { .fh = fh };
	struct fusecall *r = fuse_call_make(fl, op, nodeid, sizeof(in), 0);

	if (!r)
		return -ENOMEM;
	memcpy(r->in, &in, sizeof(in));
	if (forgets)
		r->done = forget_released;
	fuse_call_start(r);
	return 0;
}

void fuse_undo(struct fusecall *c, bool is_known)
{
	const struct fuse_entry_out *e = (void *)c->out;
	const struct fuse_open_out *o = (void *)c->out;
	bool forgets = false;

	if (c->error)
		return;
	switch (c->op) {
	case FUSE_OPEN: case FUSE_OPENDIR:
		(void)release(c->fl, c->op == FUSE_OPEN ? FUSE_RELEASE : FUSE_RELEASEDIR, c->nodeid, o->fh, false);
		return;
	case FUSE_LOOKUP: case FUSE_MKNOD: case FUSE_MKDIR: case FUSE_SYMLINK: case FUSE_LINK: case FUSE_CREATE:
		forgets = !is_known && e->nodeid && e->nodeid != FUSE_ROOT_ID;
		break;
	default:
		return;
	}
	o = (void *)(e + 1);
	if (c->op == FUSE_CREATE && !release(c->fl, FUSE_RELEASE, e->nodeid, o->fh, forgets))
		return;
	if (forgets)
		fuse_forget(c->fl, e->nodeid, 1);
}

void fuse_call_end(struct fusecall *c, int err)
{
	struct fuselink *fl = c->fl;
	bool is_left;

	spin_lock(&fl->lock);
	fl->nwaiting--;
	c->error = err;
	is_left = c->is_left;
	list_del_init(&c->interrupt);
	store_release(&c->state, FUSECALL_DONE);
	spin_unlock(&fl->lock);
	if (c->done)
		c->done(c);
	else if (is_left)
		fuse_undo(c, false);	/* the answer came when nobody wanted it any more */
	waitq_wake_all(&c->wait);
	fuse_call_put(c);
}

/* A signal came: tell the daemon if it has the call. */
static void interrupt(struct fusecall *c)
{
	struct fuselink *fl = c->fl;
	bool tell;

	spin_lock(&fl->lock);
	c->is_interrupted = c->state == FUSECALL_PENDING;
	tell = c->state == FUSECALL_SENT && list_is_empty(&c->interrupt) && !fuse_lacks(fl, FUSE_INTERRUPT);
	if (tell)
		list_add_tail(&c->interrupt, &fl->interrupts);
	spin_unlock(&fl->lock);
	if (tell)
		waitq_wake(&fl->readers, 1, POLLIN | POLLRDNORM);
}

/*
 * Killed: out of the list if the daemon has not read it, else left to itself. -EINTR, or 0 if it is done.
 * The daemon is told of a close in any case.
 */
static int leave(struct fusecall *c)
{
	struct fuselink *fl = c->fl;
	bool was_pending;

	spin_lock(&fl->lock);
	if (c->state == FUSECALL_DONE) {
		spin_unlock(&fl->lock);
		return 0;
	}
	was_pending = c->state == FUSECALL_PENDING && c->op != FUSE_FLUSH;
	if (was_pending) {
		list_del_init(&c->link);
		fl->nwaiting--;
	} else {
		c->is_left = true;
	}
	spin_unlock(&fl->lock);
	if (was_pending)
		fuse_call_put(c);
	return -EINTR;
}

static int wait_start(struct fuselink *fl)
{
	int err = waitq_wait_killable(&fl->started, load_acquire(&fl->is_started));

	return err ? -EINTR : fl->start_error;
}

int fuse_call_run(struct fusecall *c)
{
	int err = wait_start(c->fl);

	if (!err)
		err = enqueue(c);
	if (err)
		return err;
	if (waitq_wait_intr(&c->wait, load_acquire(&c->state) == FUSECALL_DONE)) {
		interrupt(c);
		if (waitq_wait_killable(&c->wait, load_acquire(&c->state) == FUSECALL_DONE))
			err = leave(c);
	}
	return err ? err : c->error;
}

void fuse_call_start(struct fusecall *c)
{
	int err;

	c->uid = c->gid = c->pid = 0;	/* nobody's */
	err = enqueue(c);
	if (!err) {
		fuse_call_put(c);
		return;
	}
	c->error = err;
	if (c->done)
		c->done(c);
	fuse_call_put(c);
}

int fuse_ask(struct fuselink *fl, u32 op, u64 nodeid, const void *in, size_t in_len, const char *name, u32 name_len,
	     void *out, size_t out_len)
{
	struct fusecall *c = fuse_call_make(fl, op, nodeid, in_len + (name ? name_len + 1 : 0), out_len);
	int err;

	if (!c)
		return -ENOMEM;
	memcpy(c->in, in, in_len);
	if (name)
		memcpy(c->in + in_len, name, name_len);
	err = fuse_call_run(c);
	if (!err)
		memcpy(out, c->out, out_len);
	fuse_call_put(c);
	return err;
}

void fuse_forget(struct fuselink *fl, u64 nodeid, u64 n)
{
	struct fuseforget *g;

	if (!n || !READ_ONCE(fl->is_up))
		return;
	g = kmem_alloc(sizeof(*g), ALLOC_NOFS | ALLOC_NOFAIL);
	g->nodeid = nodeid;
	g->nlookup = n;
	spin_lock(&fl->lock);
	list_add_tail(&g->link, &fl->forgets);
	spin_unlock(&fl->lock);
	waitq_wake(&fl->readers, 1, POLLIN | POLLRDNORM);
}

/* ---- the connection's start and end ---- */

void fuse_link_started(struct fuselink *fl, int err)
{
	fl->start_error = err;
	store_release(&fl->is_started, true);
	waitq_wake_all(&fl->started);
}

/* The next call that nobody will answer, with the list's reference; NULL: none. */
static struct fusecall *next_victim(struct fuselink *fl, bool *was_sent)
{
	struct fusecall *c = NULL;

	spin_lock(&fl->lock);
	if (!list_is_empty(&fl->pending))
		c = list_first_entry(&fl->pending, struct fusecall, link);
	else if (!list_is_empty(&fl->sent))
		c = list_first_entry(&fl->sent, struct fusecall, link);
	if (c) {
		*was_sent = c->state == FUSECALL_SENT;
		c->state = FUSECALL_ANSWERING;	/* its caller cannot take it back any more */
		list_del_init(&c->link);
	}
	spin_unlock(&fl->lock);
	return c;
}

void fuse_link_down(struct fuselink *fl, bool is_abort)
{
	struct fusecall *c;
	bool was_up, was_sent = false;

	spin_lock(&links_lock);
	list_del_init(&fl->link);
	spin_unlock(&links_lock);
	spin_lock(&fl->lock);
	was_up = fl->is_up;
	fl->is_up = false;
	if (was_up)
		fl->is_aborted = is_abort;
	spin_unlock(&fl->lock);
	if (!was_up)
		return;
	while ((c = next_victim(fl, &was_sent)))
		fuse_call_end(c, was_sent || is_abort ? -ECONNABORTED : -ENOTCONN);
	if (!load_acquire(&fl->is_started))
		fuse_link_started(fl, -ENOTCONN);
	waitq_wake(&fl->readers, 0, POLLERR | POLLIN | POLLRDNORM);
}
