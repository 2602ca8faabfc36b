// SPDX-License-Identifier: GPL-2.0-only
/*
 * Datagrams and sequenced packets: one send is one receive.
 *
 * A sender is limited by the memory of what it sent and nobody has read (wmem);
 * a queue takes max_dgram messages from senders that its owner is not
 * connected to. A sender that finds it full stands in the owner's list of
 * blocked senders, and the next read wakes all in it.
 *
 * Lock order: block_lock > the owner's lock.
 */
#include "unix_impl.h"

#include <tern/kernel/clock.h>
#include <tern/kernel/thread.h>

static struct spin block_lock = SPIN_INIT(LOCKRANK_SOCK_GC);	/* protects lists of blocked senders */

/* ---- senders that wait for a reader ---- */

static bool is_full(const struct usock *u, const struct usock *to)
{
	return to != u && READ_ONCE(to->peer) != u && READ_ONCE(to->qlen) > to->max_dgram;
}

/* Stand in the list if it is full; the reader then wakes us. */
static bool block_on(struct usock *u, struct usock *to, struct ublocker *b)
{
	bool full;

	spin_lock(&block_lock);
	spin_lock(&to->lock);
	full = is_full(u, to) && !to->is_dead && !(to->shutdown & USHUT_RECV);
	spin_unlock(&to->lock);
	list_del_init(&b->link);	/* of a peer that it had before */
	if (full)
		list_add_tail(&b->link, &to->blocked);
	spin_unlock(&block_lock);
	return full;
}

static void wake_blocked(struct usock *u)
{
	struct ublocker *b;

	spin_lock(&block_lock);
	while ((b = list_first_entry_or_null(&u->blocked, struct ublocker, link))) {
		list_del_init(&b->link);
		usock_wake(b->sender, UWAKE_WRITE);
	}
	spin_unlock(&block_lock);
}

static void unblock(struct ublocker *b)
{
	spin_lock(&block_lock);
	list_del_init(&b->link);
	spin_unlock(&block_lock);
}

void udgram_unblock(struct usock *u)
{
	if (u->ns.type != SOCK_DGRAM)
		return;
	wake_blocked(u);
	unblock(&u->poll_blocker);
}

bool udgram_peer_is_full(struct usock *u)
{
	struct usock *peer = usock_peer_get(u);
	bool full;

	if (!peer)
		return false;
	full = is_full(u, peer) && block_on(u, peer, &u->poll_blocker);
	usock_put(peer);
	return full;
}

/* ---- sending ---- */

static bool has_wmem(const struct usock *u)
{
	return atomic_read(&u->wmem) < (s64)READ_ONCE(u->ns.sndbuf) || READ_ONCE(u->shutdown) & USHUT_SEND ||
	       READ_ONCE(u->ns.error);
}

static int wait_wmem(struct usock *u, u32 flags, nsec_t deadline)
{
	int err;

	if (likely(has_wmem(u)))
		return 0;
	if (flags & MSG_DONTWAIT)
		return -EAGAIN;
	err = waitq_wait_intr_until(&u->ns.wait, has_wmem(u), deadline);
	return err == -ETIMEDOUT ? -EAGAIN : err;
}

static struct usmsg *message_make(struct usock *u, struct uio *uio)
{
	size_t len = uio->resid;
	struct usmsg *msg;

	if (len + sizeof(*msg) > READ_ONCE(u->ns.sndbuf))
		return ERR_PTR(-EMSGSIZE);
	msg = kmem_alloc_large(sizeof(*msg) + len, ALLOC_KERNEL);
	if (!msg)
		return ERR_PTR(-ENOBUFS);
	*msg = (struct usmsg){ .len = (u32)len, .truesize = (u32)(sizeof(*msg) + len) };
	if (uio_get(uio, msg->data, len) == len)
		return msg;
	kmem_free_large(msg);
	return ERR_PTR(-EFAULT);
}

enum { TRY_AGAIN = 1 };

/* Into the queue: 0, TRY_AGAIN if it is full, -EPIPE, -EPERM, -ECONNREFUSED. */
static int enqueue(struct usock *u, struct usock *to, struct usmsg *msg)
{
	int err = 0;

	spin_lock(&to->lock);
	if (to->is_dead)
		err = usock_is_connection(u) ? -EPIPE : -ECONNREFUSED;
	else if (to->shutdown & USHUT_RECV)
		err = -EPIPE;
	else if (!usock_is_connection(u) && to->peer && to->peer != u)
		err = -EPERM;
	else if (is_full(u, to))
		err = TRY_AGAIN;
	if (!err) {
		usock_get(u);
		msg->from = u;
		atomic_add(&u->wmem, msg->truesize);
		list_link_between_rcu(&msg->link, to->queue.prev, &to->queue);
		to->qlen++;
		to->qbytes += msg->truesize;
		to->qdata += msg->len;
	}
	spin_unlock(&to->lock);
	return err;
}

static bool may_retry(const struct usock *u, const struct usock *to)
{
	return !is_full(u, to) || READ_ONCE(to->is_dead) || READ_ONCE(to->shutdown);
}

static int deliver(struct usock *u, struct usock *to, struct usmsg *msg, u32 flags, nsec_t deadline)
{
	struct ublocker b = { .link = LIST_INIT(b.link), .sender = u };
	int err;

	while ((err = enqueue(u, to, msg)) == TRY_AGAIN) {
		if (flags & MSG_DONTWAIT)
			return -EAGAIN;
		if (!block_on(u, to, &b))
			continue;
		err = waitq_wait_intr_until(&u->ns.wait, may_retry(u, to), deadline);
		unblock(&b);
		if (err)
			return err == -ETIMEDOUT ? -EAGAIN : err;
	}
	if (!err)
		usock_wake(to, UWAKE_READ);
	return err;
}

/* A connected peer that is gone: the connection ends with the first send that finds out. */
static void forget_peer(struct usock *u, struct usock *peer)
{
	bool was;

	spin_lock(&u->lock);
	was = u->peer == peer;
	if (was) {
		u->peer = NULL;
		u->state = USTATE_IDLE;
	}
	spin_unlock(&u->lock);
	if (was)
		usock_put(peer);
}

static struct usock *destination(struct usock *u, const struct sockmsg *m)
{
	struct usock *to;

	if (m->name_len && usock_is_connection(u))
		return ERR_PTR(READ_ONCE(u->peer) ? -EISCONN : -ENOTCONN);
	if (m->name_len)
		return usock_find(m->name, m->name_len, u->ns.type);
	to = usock_peer_get(u);
	return to ? to : ERR_PTR(-ENOTCONN);
}

static ssize_t send_to(struct usock *u, struct usock *to, struct sockmsg *m, struct uscm *scm)
{
	nsec_t deadline = u->ns.sndtimeo ? deadline_after(u->ns.sndtimeo) : WAIT_FOREVER;
	struct usmsg *msg;
	ssize_t n;
	int err;

	err = wait_wmem(u, m->flags, deadline);
	if (err)
		return err;
	if (READ_ONCE(u->shutdown) & USHUT_SEND)
		return -EPIPE;
	msg = message_make(u, m->uio);
	if (IS_ERR(msg))
		return PTR_ERR(msg);
	n = msg->len;
	uscm_attach(scm, msg, u, to);
	err = deliver(u, to, msg, m->flags, deadline);
	if (!err)
		return n;
	usmsg_free(msg);
	if (err == -ECONNREFUSED && !m->name_len)
		forget_peer(u, to);
	return err;
}

ssize_t udgram_send(struct netsock *s, struct sockmsg *m)
{
	struct usock *u = usock_of(s), *to;
	struct uscm scm = { 0 };
	ssize_t n;
	int err;

	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	err = netsock_take_error(s);
	if (err)
		return err;
	if (m->control) {
		err = uscm_parse(&scm, m);
		if (err)
			return err;
	}
	if (s->options & SOCKOPT_PASSCRED && !load_acquire(&u->addr)) {
		kmutex_lock(&u->state_lock);
		err = usock_autobind(u);
		kmutex_unlock(&u->state_lock);
	}
	to = err ? ERR_PTR(err) : destination(u, m);
	if (IS_ERR(to)) {
		n = PTR_ERR(to);
	} else {
		n = send_to(u, to, m, &scm);
		usock_put(to);
	}
	uscm_drop(&scm);
	return n;
}

/* ---- receiving ---- */

static bool has_input(const struct usock *u)
{
	return !list_is_empty(&u->queue) || READ_ONCE(u->shutdown) & USHUT_RECV || READ_ONCE(u->ns.error);
}

/* First message, taken out unless @peek: NULL if there is none. Locks: read_lock. */
static struct usmsg *first(struct usock *u, bool peek)
{
	struct usmsg *msg;

	spin_lock(&u->lock);
	msg = list_first_entry_or_null(&u->queue, struct usmsg, link);
	if (msg && !peek) {
		list_unlink(&msg->link);
		u->qlen--;
		u->qbytes -= msg->truesize;
		u->qdata -= msg->len;
	}
	spin_unlock(&u->lock);
	return msg;
}

static void message_done(struct usock *u, struct usmsg *msg)
{
	atomic_sub(&msg->from->wmem, msg->truesize);
	if (usock_is_writable(msg->from))
		usock_wake(msg->from, UWAKE_WRITE);
	usmsg_free(msg);
	if (unlikely(!list_is_empty(&u->blocked)))
		wake_blocked(u);
}

static void put_name(struct sockmsg *m, const struct usmsg *msg)
{
	const struct usaddr *a = load_acquire(&msg->from->addr);

	m->name_len = a ? a->len : 0;
	if (a)
		memcpy(m->name, &a->name, a->len);
}

/* Give @msg to the caller; bytes or -EFAULT. */
static ssize_t hand_over(struct usock *u, struct sockmsg *m, struct usmsg *msg, bool peek)
{
	size_t n = min_t(size_t, m->uio->resid, msg->len);
	struct scmfds *fds = NULL;

	if (uio_put(m->uio, msg->data, n) != n)
		return -EFAULT;
	if (n < msg->len)
		m->out_flags |= MSG_TRUNC;
	if (m->name)
		put_name(m, msg);
	if (u->ns.options & SOCKOPT_PASSCRED)
		usmsg_put_creds(msg, m);
	if (msg->fds) {
		fds = peek ? scmfds_dup(msg->fds) : msg->fds;
		if (!peek)
			msg->fds = NULL;
		if (fds)
			scmfds_deliver(fds, m);
	}
	return m->flags & MSG_TRUNC ? msg->len : n;
}

ssize_t udgram_recv(struct netsock *s, struct sockmsg *m)
{
	struct usock *u = usock_of(s);
	nsec_t deadline = s->rcvtimeo ? deadline_after(s->rcvtimeo) : WAIT_FOREVER;
	bool peek = m->flags & MSG_PEEK;
	struct usmsg *msg;
	ssize_t n;
	int err;

	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (usock_is_connection(u) && READ_ONCE(u->state) != USTATE_CONNECTED)
		return -ENOTCONN;
	m->name_len = 0;
	for (;;) {
		kmutex_lock(&u->read_lock);
		msg = first(u, peek);
		if (msg)
			break;
		kmutex_unlock(&u->read_lock);
		err = netsock_take_error(s);
		if (err)
			return err;
		if (READ_ONCE(u->shutdown) & USHUT_RECV)
			return s->type == SOCK_SEQPACKET || !(m->flags & MSG_DONTWAIT) ? 0 : -EAGAIN;
		if (m->flags & MSG_DONTWAIT)
			return -EAGAIN;
		err = waitq_wait_common(&s->wait, has_input(u), THREAD_SLEEPING, true, deadline);
		if (err)
			return err == -ETIMEDOUT ? -EAGAIN : err;
	}
	if (!peek)
		kmutex_unlock(&u->read_lock);
	n = hand_over(u, m, msg, peek);
	if (peek)
		kmutex_unlock(&u->read_lock);
	else
		message_done(u, msg);
	return n;
}
