// SPDX-License-Identifier: GPL-2.0-only
/* Byte streams. Data lies in messages of the receiver's queue; their borders
 * mean nothing to readers.
 */
#include "unix_impl.h"

#include <tern/kernel/clock.h>
#include <tern/kernel/signal.h>
#include <tern/kernel/thread.h>

#define CHUNK_MAX	32640u	/* with its head, eight pages */

void usmsg_free(struct usmsg *m)
{
	if (m->fds)
		scmfds_free(m->fds);
	if (m->has_creds)
		pidref_put(m->pid);
	if (m->from)
		usock_put(m->from);
	kmem_free_large(m);
}

void usmsg_purge(struct list *queue)
{
	struct usmsg *m, *next;

	list_foreach_safe(m, next, queue, link) {
		if (m->from) {
			atomic_sub(&m->from->wmem, m->truesize);
			usock_wake(m->from, UWAKE_WRITE);
		}
		usmsg_free(m);
	}
	list_init(queue);
}

/* ---- sending ---- */

static bool has_space(const struct usock *u, const struct usock *peer)
{
	return READ_ONCE(peer->qbytes) < READ_ONCE(u->ns.sndbuf) || READ_ONCE(u->shutdown) & USHUT_SEND ||
	       READ_ONCE(peer->is_dead);
}

/* Until the peer's queue has room: 0, -EAGAIN, -ERESTARTSYS. */
static int wait_space(struct usock *u, struct usock *peer, u32 flags, nsec_t deadline)
{
	int err;

	while (!has_space(u, peer)) {
		spin_lock(&peer->lock);
		peer->want_space = true;
		spin_unlock(&peer->lock);
		if (has_space(u, peer))
			break;
		if (flags & MSG_DONTWAIT)
			return -EAGAIN;
		err = waitq_wait_intr_until(&u->ns.wait, has_space(u, peer), deadline);
		if (err)
			return err == -ETIMEDOUT ? -EAGAIN : err;
	}
	return 0;
}

/* Append to the peer's queue: 0 or -EPIPE. */
static int enqueue(struct usock *u, struct usock *peer, struct usmsg *msg)
{
	bool closed;

	spin_lock(&peer->lock);
	closed = peer->is_dead || peer->shutdown & USHUT_RECV || u->shutdown & USHUT_SEND;
	if (likely(!closed)) {
		list_link_between_rcu(&msg->link, peer->queue.prev, &peer->queue);
		peer->qlen++;
		peer->qbytes += msg->truesize;
		peer->qdata += msg->len;
	}
	spin_unlock(&peer->lock);
	if (unlikely(closed))
		return -EPIPE;
	usock_wake(peer, UWAKE_READ);
	return 0;
}

static struct usmsg *chunk_make(struct uio *u, u32 len)
{
	struct usmsg *msg = kmem_alloc(sizeof(*msg) + len, ALLOC_KERNEL);

	if (!msg)
		return ERR_PTR(-ENOMEM);
	msg->len = len;
	msg->off = 0;
	msg->truesize = (u32)sizeof(*msg) + len;
	msg->has_creds = false;
	msg->fds = NULL;
	msg->from = NULL;
	if (uio_get(u, msg->data, len) == len)
		return msg;
	kmem_free(msg);
	return ERR_PTR(-EFAULT);
}

static ssize_t send_loop(struct usock *u, struct usock *peer, struct sockmsg *m, struct uscm *scm)
{
	nsec_t deadline = u->ns.sndtimeo ? deadline_after(u->ns.sndtimeo) : WAIT_FOREVER;
	bool wants_creds = (u->ns.options | peer->ns.options) & SOCKOPT_PASSCRED;
	ssize_t done = 0;
	int err = 0;

	while (m->uio->resid) {
		u32 len = min_t(size_t, m->uio->resid, CHUNK_MAX);
		struct usmsg *msg;

		if (unlikely(!has_space(u, peer))) {
			err = wait_space(u, peer, m->flags, deadline);
			if (err)
				break;
		}
		msg = chunk_make(m->uio, len);
		if (IS_ERR(msg)) {
			err = PTR_ERR(msg);
			break;
		}
		if (unlikely(wants_creds || scm->fds || scm->has_creds))
			uscm_attach(scm, msg, u, peer);
		err = enqueue(u, peer, msg);
		if (err) {
			usmsg_free(msg);
			break;
		}
		done += len;
	}
	return done ? done : err;
}

ssize_t ustream_send(struct netsock *s, struct sockmsg *m)
{
	struct usock *u = usock_of(s), *peer = load_acquire(&u->peer);
	struct uscm scm = { 0 };
	ssize_t n;

	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (unlikely(m->name_len))
		return peer ? -EISCONN : -EOPNOTSUPP;
	if (unlikely(!peer))
		return -ENOTCONN;
	if (unlikely(m->control)) {
		n = uscm_parse(&scm, m);
		if (n)
			return n;
	}
	n = READ_ONCE(u->shutdown) & USHUT_SEND || READ_ONCE(peer->is_dead) ? -EPIPE :
	    send_loop(u, peer, m, &scm);
	if (unlikely(m->control))
		uscm_drop(&scm);
	if (unlikely(n == -EPIPE) && !(m->flags & MSG_NOSIGNAL)) {
		struct ksiginfo info;

		signal_fill_user(&info, SIGPIPE, SI_USER);
		signal_send_thread(thread_self(), SIGPIPE, &info);
	}
	return n;
}

/* ---- receiving ---- */

static struct usmsg *queue_first(const struct usock *u)
{
	struct list *l = load_acquire(&u->queue.next);

	return l == &u->queue ? NULL : list_entry(l, struct usmsg, link);
}

static struct usmsg *queue_next(const struct usock *u, const struct usmsg *m)
{
	struct list *l = load_acquire(&m->link.next);

	return l == &u->queue ? NULL : list_entry(l, struct usmsg, link);
}

static bool has_input(const struct usock *u)
{
	return !list_is_empty(&u->queue) || READ_ONCE(u->shutdown) & USHUT_RECV || READ_ONCE(u->ns.error);
}

/* Nothing to read: 0 look again, 1 end of file, -errno. */
static int wait_input(struct usock *u, u32 flags, nsec_t deadline)
{
	int err = netsock_take_error(&u->ns);

	if (err)
		return err;
	if (READ_ONCE(u->shutdown) & USHUT_RECV)
		return list_is_empty(&u->queue);
	if (flags & MSG_DONTWAIT)
		return -EAGAIN;
	err = waitq_wait_common(&u->ns.wait, has_input(u), THREAD_SLEEPING, false, deadline);
	return err == -ETIMEDOUT ? -EAGAIN : err;
}

/* @n bytes of the first message were read: drop it if that was all; wake a sender. */
static void consume(struct usock *u, struct usmsg *msg, u32 n)
{
	struct usock *peer;
	bool gone, wake = false;

	spin_lock(&u->lock);
	msg->off += n;
	u->qdata -= n;
	gone = msg->off == msg->len;
	if (gone) {
		list_unlink(&msg->link);
		u->qlen--;
		u->qbytes -= msg->truesize;
		peer = u->peer;
		if (unlikely(u->want_space) && peer && u->qbytes * 4 <= READ_ONCE(peer->ns.sndbuf)) {
			u->want_space = false;
			wake = true;
		}
	}
	spin_unlock(&u->lock);
	if (gone)
		usmsg_free(msg);
	if (unlikely(wake))
		usock_wake(peer, UWAKE_WRITE);
}

static bool same_creds(const struct usmsg *a, const struct usmsg *b)
{
	return a->has_creds == b->has_creds &&
	       (!a->has_creds || (a->pid == b->pid && a->uid == b->uid && a->gid == b->gid));
}

/* What was taken from messages besides bytes. */
struct taken { struct usmsg creds; bool has_first; struct scmfds *fds; };

static void take_extras(struct usock *u, struct taken *t, struct usmsg *msg, bool peek)
{
	if (!t->has_first) {
		t->has_first = true;
		t->creds = (struct usmsg){ .has_creds = msg->has_creds, .uid = msg->uid, .gid = msg->gid };
		if (msg->has_creds)
			t->creds.pid = pidref_get(msg->pid);
	}
	if (likely(!msg->fds))
		return;
	if (peek) {
		t->fds = scmfds_dup(msg->fds);
		return;
	}
	spin_lock(&u->lock);
	t->fds = msg->fds;
	msg->fds = NULL;
	spin_unlock(&u->lock);
}

/* Copy from the queue until @want bytes, a border that matters, or nothing is
 * left. Locks: read_lock.
 */
static ssize_t copy_queue(struct usock *u, struct sockmsg *m, size_t want, struct taken *t)
{
	bool peek = m->flags & MSG_PEEK, passcred = u->ns.options & SOCKOPT_PASSCRED;
	struct usmsg *msg = queue_first(u), *next;
	ssize_t done = 0;

	while (msg && want) {
		u32 n = min_t(size_t, want, msg->len - msg->off), got;

		if (unlikely(passcred && t->has_first && !same_creds(&t->creds, msg)))
			break;
		got = uio_put(m->uio, msg->data + msg->off, n);
		if (unlikely(got < n))
			return done ? done : -EFAULT;
		if (unlikely(msg->fds || (passcred && !t->has_first)))
			take_extras(u, t, msg, peek);
		done += n;
		want -= n;
		next = peek ? queue_next(u, msg) : NULL;
		if (!peek)
			consume(u, msg, n);
		if (unlikely(t->fds))
			break;
		msg = peek ? next : queue_first(u);
	}
	return done;
}

static void give_extras(struct usock *u, struct sockmsg *m, struct taken *t)
{
	if (u->ns.options & SOCKOPT_PASSCRED)
		usmsg_put_creds(&t->creds, m);
	if (t->creds.has_creds)
		pidref_put(t->creds.pid);
	if (t->fds)
		scmfds_deliver(t->fds, m);
}

static ssize_t recv_loop(struct usock *u, struct sockmsg *m, struct taken *t)
{
	nsec_t deadline = u->ns.rcvtimeo ? deadline_after(u->ns.rcvtimeo) : WAIT_FOREVER;
	size_t least = m->flags & MSG_WAITALL ? m->uio->resid : min_t(size_t, m->uio->resid, u->ns.rcvlowat);
	ssize_t done = 0, n;
	int err;

	while (m->uio->resid) {
		kmutex_lock(&u->read_lock);
		n = copy_queue(u, m, m->uio->resid, t);
		kmutex_unlock(&u->read_lock);
		if (n < 0)
			return done ? done : n;
		done += n;
		/* Messages that cannot be joined, descriptors, or a peek end the call. */
		if ((size_t)done >= least || t->fds || (n && m->flags & MSG_PEEK) || !m->uio->resid ||
		    (done && !list_is_empty(&u->queue)))
			break;
		err = wait_input(u, m->flags, deadline);
		if (err)
			return done || err > 0 ? done : err;
	}
	return done;
}

ssize_t ustream_recv(struct netsock *s, struct sockmsg *m)
{
	struct usock *u = usock_of(s);
	struct taken t;
	ssize_t n;

	if (unlikely(READ_ONCE(u->state) != USTATE_CONNECTED))
		return -EINVAL;
	if (unlikely(m->flags & MSG_OOB))
		return -EOPNOTSUPP;
	t.has_first = false;
	t.creds.has_creds = false;
	t.fds = NULL;
	n = recv_loop(u, m, &t);
	if (unlikely(t.has_first))
		give_extras(u, m, &t);
	if (unlikely(m->name)) {
		m->name_len = 0;
		if (n > 0 && (usock_getname(s, m->name, &m->name_len, SOCKEND_PEER) || m->name_len == USADDR_MIN))
			m->name_len = 0;
	}
	return n;
}
