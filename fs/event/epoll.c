// SPDX-License-Identifier: GPL-2.0-only
/*
 * epoll: a set of files of which one can ask cheaply which are ready.
 *
 * Nouns: a set (epset) holds items; an item stands for one descriptor of one
 * file and waits, by callbacks, on the queues that the file's poll names. A
 * wake-up puts the item on the set's ready list; epoll_wait takes items from that
 * list, asks each file again and reports. So a wait costs O(ready), and adding
 * or removing O(log n).
 *
 * Level-triggered items go back on the list after being reported; edge-triggered
 * ones return only with the next wake-up; one-shot ones are disabled.
 *
 * Life-cycle of an item: epoll_ctl(ADD) makes it; EPOLL_CTL_DEL, the last close of the
 * file (ofile_epoll_release) or of the set ends it. Whoever ends it holds the
 * set's lock, first takes it off the file's queues, then off the file's list,
 * and so the file stays alive until the item has let go.
 *
 * Lists of_epoll are guarded by file_locks[], not by the file's lock: the file
 * may be gone the moment its list is empty.
 *
 * Lock order: epoll_loop_lock > set lock (outer set before inner) > file's own
 * locks in poll > file_locks; in callbacks: file's queue > set's wait.lock
 * > queues of outer sets.
 *
 * Limits: sets nest EPOLL_NEST_MAX deep; items per user, fs.epoll.max_user_watches.
 */
#include "epoll_impl.h"

#include <tern/base/initcall.h>
#include <tern/fs/procfs.h>
#include <tern/kernel/cred.h>
#include <tern/lib/hash.h>
#include <tern/lib/seqbuf.h>
#include <tern/mm/slab.h>
#include <tern/mm/vmstat.h>
#include <uapi/fcntl.h>

#define FILE_LOCKS	64
#define ITEM_COST	(sizeof(struct epoll_item) + 32)

struct kmutex epoll_loop_lock = KMUTEX_INIT(epoll_loop_lock, LOCKRANK_EPOLL_LOOP);
static struct spin file_locks[FILE_LOCKS] = {
	[0 ... FILE_LOCKS - 1] = SPIN_INIT(LOCKRANK_FS_SPIN),	/* protect of_epoll, by hash of the file */
};
static u64 max_user_watches;
static struct procint watches_int = { .path = "sys/fs/epoll/max_user_watches",
	.value = &max_user_watches, .min = 0, .max = S64_MAX, .width = 8 };
PROCINT(watches_int);

bool ofile_is_epoll(const struct ofile *f)
{
	return f->of_ops == &epoll_fops;
}

/* Sets have one lock, so that whoever walks up the graph needs no more. */
struct spin epoll_up_lock = SPIN_INIT(LOCKRANK_FS_SPIN);

static struct spin *file_lock(const struct ofile *f)
{
	return ofile_is_epoll(f) ? &epoll_up_lock : &file_locks[hash_ptr(f, 6)];
}

/* ---- items by (file, descriptor) ---- */

static int item_cmp(const struct epoll_item *i, const struct ofile *f, int fd)
{
	if (i->file != f)
		return (uptr)f < (uptr)i->file ? -1 : 1;
	return fd < i->fd ? -1 : fd > i->fd;
}

struct epoll_item *epset_find(struct epset *s, struct ofile *f, int fd)
{
	struct rbnode *n = s->items.root;

	while (n) {
		struct epoll_item *i = container_of(n, struct epoll_item, node);
		int c = item_cmp(i, f, fd);

		if (!c)
			return i;
		n = c < 0 ? n->left : n->right;
	}
	return NULL;
}

static void item_link(struct epset *s, struct epoll_item *item)
{
	struct rbnode **at = &s->items.root, *parent = NULL;

	while (*at) {
		parent = *at;
		at = item_cmp(container_of(parent, struct epoll_item, node), item->file, item->fd) < 0 ?
		     &parent->left : &parent->right;
	}
	rbtree_link(&item->node, parent, at);
	rbtree_insert_fixup(&s->items, &item->node);
}

/* ---- readiness ---- */

bool item_mark_ready(struct epoll_item *item)
{
	struct epset *s = item->set;
	bool had_sleeper, was_ready;
	u64 flags = irq_save();

	spin_lock_nested(&s->wait.lock);
	was_ready = item->is_ready;
	if (!was_ready) {
		item->is_ready = true;
		list_add_tail(&item->ready_link, &s->ready);
	}
	had_sleeper = !waitq_is_empty(&s->wait);
	if (had_sleeper)
		waitq_wake_locked(&s->wait, 1, POLLIN);
	spin_unlock(&s->wait.lock);
	if (!waitq_is_empty(&s->poll_wait)) {
		spin_lock_nested(&s->poll_wait.lock);
		waitq_wake_locked(&s->poll_wait, 0, POLLIN | POLLRDNORM);
		spin_unlock(&s->poll_wait.lock);
	}
	irq_restore(flags);
	return had_sleeper;
}

/* A queue of the file was woken: its lock is held, interrupts are off. */
static bool item_woken(struct waiter *w, u64 key)
{
	struct epoll_item *item = container_of(w, struct epwaiter, w)->item;
	u32 events = READ_ONCE(item->events);
	bool took;

	if (!(events & ~EPOLL_FLAGS) || (key && !(key & events)))
		return false;
	took = item_mark_ready(item);
	return !(events & EPOLLEXCLUSIVE) || took;
}

struct item_table { struct poll_table pt; struct epoll_item *item; bool has_failed; };

static void item_queue(struct poll_table *pt, struct ofile *f, struct waitq *q)
{
	struct item_table *t = container_of(pt, struct item_table, pt);
	struct epoll_item *item = t->item;
	struct epwaiter *w = &item->first;

	if (item->waiters) {
		w = kmem_zalloc(sizeof(*w), ALLOC_KERNEL);
		if (!w) {
			t->has_failed = true;
			return;
		}
	}
	w->w.fn = item_woken;
	w->w.is_exclusive = item->events & EPOLLEXCLUSIVE;
	w->q = q;
	w->item = item;
	w->next = item->waiters;
	item->waiters = w;
	waitq_add(q, &w->w);
}

static void item_unqueue(struct epoll_item *item)
{
	struct epwaiter *w, *next;

	for (w = item->waiters; w; w = next) {
		next = w->next;
		waitq_remove(w->q, &w->w);
		if (w != &item->first)
			kmem_free(w);
	}
	item->waiters = NULL;
}

u32 item_poll(struct epoll_item *item, struct poll_table *pt)
{
	struct ofile *f = item->file;

	return f->of_ops->poll(f, pt) & item->events & ~EPOLL_FLAGS;
}

/* ---- inserting and removing ---- */

static void item_attach_file(struct epoll_item *item)
{
	spin_lock(file_lock(item->file));
	list_add_tail(&item->file_link, &item->file->of_epoll);
	spin_unlock(file_lock(item->file));
}

static int epoll_start(void)
{
	struct meminfo mi;

	meminfo_get(&mi);
	max_user_watches = mi.total * PAGE_SIZE / 25 / ITEM_COST;
	return 0;
}
INITCALL(FS, epoll_start);

int epset_insert(struct epset *s, struct ofile *f, int fd, const struct epoll_event *ev)
{
	struct item_table t = { .pt = { .queue = item_queue, .events = ev->events } };
	struct epoll_item *item;

	if ((u64)atomic_read(&s->user->epoll_watches) >= READ_ONCE(max_user_watches))
		return -ENOSPC;
	item = kmem_zalloc(sizeof(*item), ALLOC_KERNEL);
	if (!item)
		return -ENOMEM;
	atomic_inc(&s->user->epoll_watches);
	item->set = s;
	ref_get(&s->refs);
	item->file = f;
	item->fd = fd;
	item->events = ev->events;
	item->data = ev->data;
	item_link(s, item);
	item_attach_file(item);
	t.item = item;
	if (item_poll(item, &t.pt))
		item_mark_ready(item);
	if (!t.has_failed)
		return 0;
	epset_remove(item);
	return -ENOMEM;
}

void epset_remove(struct epoll_item *item)
{
	struct epset *s = item->set;
	u64 flags;

	item_unqueue(item);	/* no callback runs any more */
	spin_lock(file_lock(item->file));
	list_del_init(&item->file_link);
	spin_unlock(file_lock(item->file));
	rbtree_erase(&s->items, &item->node);
	flags = spin_lock_irqsave(&s->wait.lock);
	if (item->is_ready)
		list_del(&item->ready_link);
	spin_unlock_irqrestore(&s->wait.lock, flags);
	atomic_dec(&s->user->epoll_watches);
	kmem_free(item);
	epset_put(s);
}

void epset_modify(struct epoll_item *item, const struct epoll_event *ev)
{
	WRITE_ONCE(item->events, ev->events);
	item->data = ev->data;
	smp_mb();	/* a wake-up from now on sees the new events; one before shows in the poll */
	if (item_poll(item, NULL))
		item_mark_ready(item);
}

/* The last reference to @f is gone: no set may look at it any more. */
void ofile_epoll_release(struct ofile *f)
{
	struct epoll_item *item, *next;
	struct epset *s;

	for (;;) {
		LIST_HEAD(mine);

		spin_lock(file_lock(f));
		item = list_first_entry_or_null(&f->of_epoll, struct epoll_item, file_link);
		s = item ? item->set : NULL;
		if (s)
			ref_get(&s->refs);	/* the item holds one */
		spin_unlock(file_lock(f));
		if (!s)
			return;
		kmutex_lock(&s->lock);
		/* Items of this set come and go only under its lock. */
		spin_lock(file_lock(f));
		list_foreach_safe(item, next, &f->of_epoll, file_link)
			if (item->set == s)
				list_move_tail(&item->file_link, &mine);
		spin_unlock(file_lock(f));
		list_foreach_safe(item, next, &mine, file_link)
			epset_remove(item);
		kmutex_unlock(&s->lock);
		epset_put(s);
	}
}

/* ---- the set's own file ---- */

void epset_put(struct epset *s)
{
	if (!ref_put(&s->refs))
		return;
	cred_put(s->cred);
	kmem_free(s);
}

static void epoll_release(struct ofile *f)
{
	struct epset *s = f->of_priv;
	struct rbnode *n;

	kmutex_lock(&s->lock);
	while ((n = rbtree_first(&s->items)))
		epset_remove(container_of(n, struct epoll_item, node));
	kmutex_unlock(&s->lock);
	epset_put(s);
}

static u32 epoll_poll(struct ofile *f, struct poll_table *pt)
{
	struct epset *s = f->of_priv;

	poll_wait(f, &s->poll_wait, pt);
	return epset_has_events(s, 0) ? POLLIN | POLLRDNORM : 0;
}

static void epoll_show_fdinfo(struct ofile *f, struct seqbuf *sb)
{
	struct epset *s = f->of_priv;
	struct rbnode *n;

	kmutex_lock(&s->lock);
	for (n = rbtree_first(&s->items); n && !sb->is_full; n = rbtree_next(n)) {
		struct epoll_item *i = container_of(n, struct epoll_item, node);
		struct vnode *vn = i->file->of_vnode;

		seqbuf_printf(sb, "tfd: %8d events: %8x data: %16lx  pos:%ld ino:%lx sdev:%lx\n", i->fd,
			      i->events, i->data, (long)i->file->of_pos, vn->vn_ino, vn->vn_fs->dev);
	}
	kmutex_unlock(&s->lock);
}

const struct ofile_ops epoll_fops = {
	.open = fop_default_open,
	.flush = fop_default_flush,
	.release = epoll_release,
	.read = fop_no_read,
	.write = fop_no_write,
	.seek = event_seek,
	.poll = epoll_poll,
	.ioctl = fop_no_ioctl,
	.splice_read = fop_default_splice_read,
	.splice_write = fop_default_splice_write,
	.set_flags = fop_default_set_flags,
	.show_fdinfo = epoll_show_fdinfo,
	FOPS_NO_STORAGE,
};
