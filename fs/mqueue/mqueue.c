// SPDX-License-Identifier: GPL-2.0-only
/*
 * A message queue's contents. A sender gives its message to the receiver that
 * has waited longest, else puts it in, else waits with it; a receiver takes the
 * first message and puts the longest waiting sender's in. So a sleeper's work
 * is done when it is woken; its status changes under the queue's lock, which it
 * takes before it returns.
 */
#include "mqueue_impl.h"

#include <tern/kernel/clock.h>
#include <tern/lib/fmt.h>

#define WAIT_PENDING	1

struct mqwait {
	struct list link;	/* L */
	struct mqmessage *m;	/* L to be put in; or what was received */
	int status;		/* L to change */
	struct waitq waitq;
	struct clock_watch watch;
	bool is_stepped;	/* A the wall clock was set */
};

static struct mqmessage *first_of(struct mqueue *q)
{
	struct rbnode *n = q->messages.leftmost;

	return n ? container_of(n, struct mqmessage, node) : NULL;
}

/* Lock held. */
static void insert(struct mqueue *q, struct mqmessage *m)
{
	struct rbnode **link = &q->messages.root, *parent = NULL;

	m->key = (u64)(MQ_PRIO_MAX_ - m->prio) << 48 | (q->serial++ & ((1UL << 48) - 1));
	while (*link) {
		parent = *link;
		link = m->key < container_of(parent, struct mqmessage, node)->key ? &parent->left
										   : &parent->right;
	}
	rbtree_link(&m->node, parent, link);
	rbtree_insert_fixup(&q->messages, &m->node);
	q->count++;
	q->nbytes += m->size;
}

static void take_out(struct mqueue *q, struct mqmessage *m)
{
	rbtree_erase(&q->messages, &m->node);
	q->count--;
	q->nbytes -= m->size;
}

static void finish(struct mqwait *w, int status)
{
	list_del_init(&w->link);
	WRITE_ONCE(w->status, status);
	waitq_wake_all(&w->waitq);
}

/* The wall clock was set: how long it is until the deadline must be found out again. */
static void clock_stepped(struct clock_watch *watch)
{
	struct mqwait *w = container_of(watch, struct mqwait, watch);

	WRITE_ONCE(w->is_stepped, true);
	waitq_wake_all(&w->waitq);
}

/* No lock held. 0 woken, -ETIMEDOUT, -ERESTARTSYS. */
static int wait_until(struct mqwait *w, u64 deadline)
{
	bool is_timed = deadline != WAIT_FOREVER;
	nsec_t until = WAIT_FOREVER;
	int err;

	w->watch.stepped = clock_stepped;
	if (is_timed)
		clock_watch_add(&w->watch);
	do {
		WRITE_ONCE(w->is_stepped, false);
		if (is_timed)
			until = clock_real_to_mono((s64)deadline);
		err = waitq_wait_intr_until(&w->waitq, READ_ONCE(w->status) != WAIT_PENDING ||
					    READ_ONCE(w->is_stepped), until);
	} while (!err && READ_ONCE(w->status) == WAIT_PENDING);
	if (is_timed)
		clock_watch_remove(&w->watch);
	return err;
}

/* Lock held on entry, not on return; the final status. */
static int wait_on(struct mqueue *q, struct list *waiters, struct mqwait *w, u64 deadline)
{
	int err;

	w->status = WAIT_PENDING;
	waitq_init(&w->waitq);
	list_add_tail(&w->link, waiters);
	spin_unlock(&q->lock);
	err = wait_until(w, deadline);
	spin_lock(&q->lock);
	if (w->status == WAIT_PENDING) {
		list_del_init(&w->link);
		w->status = err;
	}
	spin_unlock(&q->lock);
	return w->status;
}

/* Lock held: the queue has room. */
static struct mqnotice deliver(struct mqueue *q, struct mqmessage *m)
{
	struct mqnotice none = { 0 };
	struct mqwait *w = list_first_entry_or_null(&q->receivers, struct mqwait, link);

	if (w) {
		w->m = m;
		finish(w, 0);
		return none;
	}
	insert(q, m);
	waitq_wake(&q->poll_wait, 0, POLLIN | POLLRDNORM);
	return q->count == 1 ? mqnotice_take(q) : none;
}

int mqueue_send(struct mqueue *q, struct mqmessage *m, bool may_wait, u64 deadline)
{
	struct mqwait w = { .m = m };
	struct mqnotice notice;

	spin_lock(&q->lock);
	if (q->count >= q->maxmsg) {
		if (may_wait)
			return wait_on(q, &q->senders, &w, deadline);
		spin_unlock(&q->lock);
		return -EAGAIN;
	}
	notice = deliver(q, m);
	spin_unlock(&q->lock);
	mqnotice_send(&notice);
	return 0;
}

struct mqmessage *mqueue_receive(struct mqueue *q, bool may_wait, u64 deadline)
{
	struct mqwait w = { .m = NULL }, *sender;
	struct mqmessage *m;
	int err;

	spin_lock(&q->lock);
	m = first_of(q);
	if (!m) {
		if (may_wait) {
			err = wait_on(q, &q->receivers, &w, deadline);
			return err ? ERR_PTR(err) : w.m;
		}
		spin_unlock(&q->lock);
		return ERR_PTR(-EAGAIN);
	}
	take_out(q, m);
	sender = list_first_entry_or_null(&q->senders, struct mqwait, link);
	if (sender) {
		insert(q, sender->m);
		finish(sender, 0);
	} else {
		waitq_wake(&q->poll_wait, 0, POLLOUT | POLLWRNORM);
	}
	spin_unlock(&q->lock);
	return m;
}

void mqueue_free_messages(struct mqueue *q)
{
	struct mqmessage *m;

	while ((m = first_of(q))) {
		take_out(q, m);
		kmem_free_large(m);
	}
}

ssize_t mqueue_status(struct mqueue *q, char *buf, size_t size)
{
	struct mqnotice n;
	u64 nbytes;
	s32 pid;

	spin_lock(&q->lock);
	n = q->notice;
	pid = pidref_nr(n.owner);
	nbytes = q->nbytes;
	spin_unlock(&q->lock);
	return fmt_print(buf, size, "QSIZE:%-10lu NOTIFY:%-5d SIGNO:%-5d NOTIFY_PID:%-6d\n", nbytes,
			 n.owner ? n.kind : 0, n.owner && n.kind == SIGEV_SIGNAL ? n.signo : 0, pid);
}

/* ---- file operations ---- */

static ssize_t mqueue_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	char text[80];
	ssize_t len = mqueue_status(mqueue_of(f->of_vnode), text, sizeof(text));
	size_t n;

	if (*pos < 0 || *pos >= len)
		return 0;
	n = min_t(size_t, (size_t)(len - *pos), u->resid);
	if (n && !(n = uio_put(u, text + *pos, n)))
		return -EFAULT;
	*pos += n;
	return n;
}

static u32 mqueue_poll(struct ofile *f, struct poll_table *pt)
{
	struct mqueue *q = mqueue_of(f->of_vnode);
	u32 ev = 0;

	poll_wait(f, &q->poll_wait, pt);
	spin_lock(&q->lock);
	if (q->count)
		ev = POLLIN | POLLRDNORM;
	if (q->count < q->maxmsg)
		ev |= POLLOUT | POLLWRNORM;
	spin_unlock(&q->lock);
	return ev;
}

/* Each close(2): the process's registration ends. */
static int mqueue_flush(struct ofile *f)
{
	(void)mqnotice_set(mqueue_of(f->of_vnode), NULL);
	return 0;
}

const struct ofile_ops mqueue_fops = {
	.open = fop_default_open,
	.flush = mqueue_flush,
	.release = fop_default_release,
	.read = mqueue_read,
	.write = fop_no_write,
	.seek = fop_default_seek,
	.poll = mqueue_poll,
	.ioctl = fop_no_ioctl,
	.splice_read = fop_default_splice_read,
	.splice_write = fop_default_splice_write,
	.set_flags = fop_default_set_flags,
	.show_fdinfo = fop_default_show_fdinfo,
	FOPS_NO_STORAGE,
};
