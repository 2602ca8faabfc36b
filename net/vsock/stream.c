// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data of connections. Room at the other end is taken before a packet is made; a reader copies
 * under read_lock only, as senders touch the queue's tail.
 */
#include "vsock_impl.h"

#include <tern/kernel/clock.h>

#define STREAM_ROOM	256u	/* of a short packet, for what comes behind it */

u32 vsock_credit(const struct vsock *v)
{
	u32 under_way = READ_ONCE(v->tx_cnt) - READ_ONCE(v->peer_fwd_cnt), all = READ_ONCE(v->peer_buf_alloc);

	return under_way < all ? all - under_way : 0;
}

/* ---- sending ---- */

static bool cannot_send(const struct vsock *v)
{
	return READ_ONCE(v->shutdown) & VSHUT_SEND || READ_ONCE(v->peer_shutdown) & VSHUT_RECV;
}

/* Until the other end has room: 0, -EAGAIN, -EPIPE, -ERESTARTSYS. */
static int wait_room(struct vsock *v, u32 flags, nsec_t deadline)
{
	int err = 0;

	if (!vsock_credit(v) && !cannot_send(v) && flags & MSG_DONTWAIT)
		return -EAGAIN;
	err = waitq_wait_intr_until(&v->ns.wait, vsock_credit(v) || cannot_send(v) || READ_ONCE(v->ns.error),
				    deadline);
	if (err)
		return err == -ETIMEDOUT ? -EAGAIN : err;
	if (READ_ONCE(v->ns.error))
		return netsock_take_error(&v->ns);
	return cannot_send(v) ? -EPIPE : 0;
}

/* Take room for up to @want bytes, or give back what was not used. */
static u32 take_room(struct vsock *v, u32 want)
{
	u32 n;

	spin_lock(&v->lock);
	n = min_t(u32, min_t(u32, want, VSOCK_PACKET_MAX), vsock_credit(v));
	v->tx_cnt += n;
	spin_unlock(&v->lock);
	return n;
}

static void give_room(struct vsock *v, u32 n)
{
	spin_lock(&v->lock);
	v->tx_cnt -= n;
	spin_unlock(&v->lock);
}

/* One packet of what @m has left; bytes or -errno. */
static ssize_t send_one(struct vsock *v, struct sockmsg *m)
{
	u32 n = take_room(v, (u32)min_t(size_t, m->uio->resid, U32_MAX)), flags = 0;
	struct vspkt *p;

	if (!n)
		return 0;	/* another thread was faster */
	p = vspkt_alloc(vsock_is_seq(v) ? n : max_t(u32, n, STREAM_ROOM));
	if (!p || uio_get(m->uio, p->data, n) != n) {
		give_room(v, n);
		if (p)
			vspkt_free(p);
		return p ? -EFAULT : -ENOMEM;
	}
	p->len = n;
	if (vsock_is_seq(v) && !m->uio->resid)
		flags = VSOCK_SEQ_EOM | (m->flags & MSG_EOR ? VSOCK_SEQ_EOR : 0);
	vsock_send_packet(v, p, VSOCK_RW, flags);
	return n;
}

static ssize_t send_loop(struct vsock *v, struct sockmsg *m)
{
	nsec_t deadline = v->ns.sndtimeo ? deadline_after(v->ns.sndtimeo) : WAIT_FOREVER;
	ssize_t done = 0, n = 0;

	while (m->uio->resid) {
		n = wait_room(v, m->flags, deadline);
		if (!n)
			n = send_one(v, m);
		if (n < 0)
			break;
		done += n;
	}
	return done ? done : n;
}

ssize_t vsock_send(struct netsock *s, struct sockmsg *m)
{
	struct vsock *v = vsock_of(s);
	u8 state = READ_ONCE(v->state);
	ssize_t n;

	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (m->name_len)
		return state == VSTATE_CONNECTED ? -EISCONN : -EOPNOTSUPP;
	if (cannot_send(v))
		return -EPIPE;
	if (state != VSTATE_CONNECTED)
		return -ENOTCONN;
	if (!vsock_is_seq(v))
		return send_loop(v, m);
	if (m->uio->resid > READ_ONCE(v->peer_buf_alloc))
		return -ENOMEM;		/* as Linux says it */
	n = kmutex_lock_intr(&v->send_lock);
	if (n)
		return n;
	n = send_loop(v, m);
	kmutex_unlock(&v->send_lock);
	return n;
}

/* ---- receiving ---- */

static bool has_input(const struct vsock *v)
{
	return (vsock_is_seq(v) ? READ_ONCE(v->messages) : READ_ONCE(v->rx_bytes)) ||
	       READ_ONCE(v->shutdown) & VSHUT_RECV || READ_ONCE(v->peer_shutdown) & VSHUT_SEND ||
	       READ_ONCE(v->ns.error);
}

/* Nothing to read: 0 look again, 1 end of file, -errno. */
static int wait_input(struct vsock *v, u32 flags, nsec_t deadline)
{
	int err = netsock_take_error(&v->ns);

	if (err)
		return err;
	if (READ_ONCE(v->shutdown) & VSHUT_RECV)
		return 1;
	if (READ_ONCE(v->peer_shutdown) & VSHUT_SEND)
		return vsock_is_seq(v) ? !READ_ONCE(v->messages) : !READ_ONCE(v->rx_bytes);
	if (flags & MSG_DONTWAIT)
		return -EAGAIN;
	err = waitq_wait_intr_until(&v->ns.wait, has_input(v), deadline);
	return err == -ETIMEDOUT ? -EAGAIN : err;
}

/* The packet after @p (NULL: the first) and how much of it is to be read. */
static struct vspkt *next_packet(struct vsock *v, struct vspkt *p, u32 *left)
{
	struct list *l;

	spin_lock(&v->lock);
	l = p ? p->link.next : v->rxq.next;
	p = l == &v->rxq ? NULL : list_entry(l, struct vspkt, link);
	*left = p ? p->len - p->off : 0;
	spin_unlock(&v->lock);
	return p;
}

/* @n bytes of the first packet were read. @is_end: a whole message was. True: the other end should know. */
static bool consume(struct vsock *v, struct vspkt *p, u32 n, bool is_end)
{
	bool is_gone, must_tell;

	spin_lock(&v->lock);
	p->off += n;
	v->rx_bytes -= n;
	v->fwd_cnt += n;
	v->messages -= is_end;
	is_gone = p->off == p->len;
	if (is_gone)
		list_unlink(&p->link);
	if (v->is_done && !v->rx_bytes && !v->messages)
		v->state = VSTATE_CLOSING;
	must_tell = !v->is_done && v->fwd_cnt - v->told_fwd_cnt + VSOCK_PACKET_MAX > v->buf_alloc;
	spin_unlock(&v->lock);
	if (is_gone)
		vspkt_free(p);
	return must_tell;
}

/* Locks: read_lock. */
static ssize_t copy_stream(struct vsock *v, struct sockmsg *m, bool *must_tell)
{
	bool peek = m->flags & MSG_PEEK;
	struct vspkt *p = NULL;
	ssize_t done = 0;
	u32 left, n;

	while (m->uio->resid && (p = next_packet(v, peek ? p : NULL, &left))) {
		n = (u32)min_t(size_t, left, m->uio->resid);
		if (uio_put(m->uio, p->data + p->off, n) != n)
			return done ? done : -EFAULT;
		done += n;
		if (!peek)
			*must_tell |= consume(v, p, n, false);
	}
	return done;
}

static ssize_t recv_stream(struct vsock *v, struct sockmsg *m)
{
	nsec_t deadline = v->ns.rcvtimeo ? deadline_after(v->ns.rcvtimeo) : WAIT_FOREVER;
	size_t least = m->flags & MSG_WAITALL ? m->uio->resid : min_t(size_t, m->uio->resid, v->ns.rcvlowat);
	ssize_t done = 0, n;

	while (m->uio->resid) {
		bool must_tell = false;

		kmutex_lock(&v->read_lock);
		n = copy_stream(v, m, &must_tell);
		kmutex_unlock(&v->read_lock);
		if (must_tell)
			vsock_send_op(v, VSOCK_CREDIT_UPDATE, 0);
		if (n < 0)
			return done ? done : n;
		done += n;
		if ((size_t)done >= least || (n && m->flags & MSG_PEEK))
			break;
		n = wait_input(v, m->flags, deadline);
		if (n)
			return done || n > 0 ? done : n;
	}
	return done;
}

/* One whole message, which is there. Locks: read_lock. Its length, or -EFAULT when it is lost. */
static ssize_t copy_message(struct vsock *v, struct sockmsg *m, bool *must_tell)
{
	ssize_t done = 0, err = 0;
	struct vspkt *p;
	u32 left, n, flags = 0;

	while (!(flags & VSOCK_SEQ_EOM) && (p = next_packet(v, NULL, &left))) {
		n = (u32)min_t(size_t, left, m->uio->resid);
		if (!err && uio_put(m->uio, p->data + p->off, n) != n)
			err = -EFAULT;
		if (n < left)
			m->out_flags |= MSG_TRUNC;
		done += left;
		flags = p->h.flags;
		*must_tell |= consume(v, p, left, flags & VSOCK_SEQ_EOM);
	}
	if (flags & VSOCK_SEQ_EOR)
		m->out_flags |= MSG_EOR;
	return err ? err : done;
}

static ssize_t recv_message(struct vsock *v, struct sockmsg *m)
{
	nsec_t deadline = v->ns.rcvtimeo ? deadline_after(v->ns.rcvtimeo) : WAIT_FOREVER;
	size_t room = m->uio->resid;
	ssize_t n = 0;

	if (m->flags & MSG_PEEK)
		return -EOPNOTSUPP;
	for (;;) {
		bool must_tell = false, is_there;

		kmutex_lock(&v->read_lock);
		is_there = READ_ONCE(v->messages);
		if (is_there)
			n = copy_message(v, m, &must_tell);
		kmutex_unlock(&v->read_lock);
		if (must_tell)
			vsock_send_op(v, VSOCK_CREDIT_UPDATE, 0);
		if (is_there)
			break;
		n = wait_input(v, m->flags, deadline);
		if (n)
			return n > 0 ? 0 : n;
	}
	return n > (ssize_t)room && !(m->flags & MSG_TRUNC) ? (ssize_t)room : n;
}

ssize_t vsock_recv(struct netsock *s, struct sockmsg *m)
{
	struct vsock *v = vsock_of(s);
	u8 state = READ_ONCE(v->state);

	if (m->name)
		m->name_len = 0;
	if (state != VSTATE_CONNECTED)
		return READ_ONCE(v->is_done) ? 0 : -ENOTCONN;
	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (READ_ONCE(v->shutdown) & VSHUT_RECV || !m->uio->resid)
		return 0;
	return vsock_is_seq(v) ? recv_message(v, m) : recv_stream(v, m);
}
