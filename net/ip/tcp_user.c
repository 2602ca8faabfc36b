// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP: bytes from and to users. Both copy without the socket's lock: a sender fills a
 * packet of its own and queues it; a reader takes what lies in the first packet, which
 * only readers remove (recv_lock), while senders only append behind it.
 */
#include "tcp_impl.h"

#include <tern/kernel/sched.h>
#include <tern/kernel/signal.h>
#include <tern/kernel/thread.h>
#include <tern/lib/string.h>
#include <tern/mm/uio.h>

#define SND_LIMIT_MIN	(256u << 10)
#define SND_LIMIT_MAX	(4u << 20)
#define RCV_LIMIT_MAX	(6u << 20)
#define LINEAR_MAX	256u	/* small pieces are copied rather than shared */
#define STATES_OPEN	(TCPF_STATE(TCP_ESTABLISHED) | TCPF_STATE(TCP_CLOSE_WAIT))
#define STATES_OPENING	(TCPF_STATE(TCP_SYN_SENT) | TCPF_STATE(TCP_SYN_RECV))

static bool is_in(const struct tcpsock *tp, u32 states)
{
	return (states >> READ_ONCE(tp->state)) & 1;
}

u32 tcp_snd_limit(const struct tcpsock *tp)
{
	if (tp->sk.ns.sndbuf_locked)
		return tp->sk.ns.sndbuf;
	return clamp_t(u32, tp->cwnd * 2, SND_LIMIT_MIN, SND_LIMIT_MAX);
}

bool tcp_has_space(const struct tcpsock *tp)
{
	u64 used = READ_ONCE(tp->wq_mem);

	if (unlikely(tp->notsent_low) && tp->write_seq - tp->snd_nxt >= tp->notsent_low)
		return false;
	return used + used / 2 <= tcp_snd_limit(tp);
}

/* ---- sending ---- */

static bool can_go_on(const struct tcpsock *tp)
{
	if (is_in(tp, STATES_OPENING))
		return false;
	return !is_in(tp, STATES_OPEN) || READ_ONCE(tp->wq_mem) < tcp_snd_limit(tp) ||
	       (READ_ONCE(tp->sk.shutdown) & SEND_SHUTDOWN);
}

/* The same; if not, ask for a wake-up. Each time anew: splitting what waits takes room after a wake-up. */
static bool can_go_on_or_ask(struct tcpsock *tp)
{
	if (can_go_on(tp))
		return true;
	tcp_lock(tp);
	tp->wants_space = true;
	tcp_unlock(tp);
	return can_go_on(tp);
}

/* Connected, with room: 0; -EPIPE, -EAGAIN, -ERESTARTSYS, the socket's error. */
static int wait_room(struct tcpsock *tp, u32 flags, nsec_t deadline)
{
	int err;

	for (;;) {
		err = netsock_take_error(&tp->sk.ns);
		if (unlikely(err))
			return err;
		if (READ_ONCE(tp->sk.shutdown) & SEND_SHUTDOWN)
			return -EPIPE;
		if (likely(is_in(tp, STATES_OPEN))) {
			if (likely(READ_ONCE(tp->wq_mem) < tcp_snd_limit(tp)))
				return 0;
		} else if (!is_in(tp, STATES_OPENING)) {
			return -EPIPE;
		}
		if (can_go_on_or_ask(tp))
			continue;
		if (flags & MSG_DONTWAIT)
			return -EAGAIN;
		err = waitq_wait_intr_until(&tp->sk.ns.wait, can_go_on_or_ask(tp) || READ_ONCE(tp->sk.ns.error),
					    deadline);
		if (err)
			return err == -ETIMEDOUT ? -EAGAIN : err;
	}
}

/* Join a small piece to the last that waits; true: it was consumed. */
static bool join_last(struct tcpsock *tp, struct pktbuf *pb)
{
	struct pktbuf *last = tp->send_head ? list_last_entry(&tp->wq, struct pktbuf, link) : NULL;
	u32 old_len, old_mem;

	if (!last || last->len + pb->len > max(tp->mss, 1u) ||
	    (tcpcb_of(last)->flags & (TCPF_SYN | TCPF_FIN)))
		return false;
	old_len = last->len;
	old_mem = last->truesize;
	/* Its linear memory becomes a piece or two of what is sent. */
	if (!pktbuf_share(last, pb, 0, pb->len) || last->nfrags + 2u > PKT_FRAGS) {
		pktbuf_trim(last, old_len);
		last->truesize = old_mem;
		return false;
	}
	tcpcb_of(last)->end_seq += pb->len;
	tcpcb_of(last)->flags |= TCPF_PSH;
	tp->write_seq += pb->len;
	tp->wq_mem += last->truesize - old_mem;
	pktbuf_free(pb);
	return true;
}

static void enqueue(struct tcpsock *tp, struct pktbuf *pb, bool push)
{
	if (tp->send_head && join_last(tp, pb))
		return;
	*tcpcb_of(pb) = (struct tcpcb){ .seq = tp->write_seq, .end_seq = tp->write_seq + pb->len,
					.flags = push ? TCPF_PSH : 0 };
	tp->write_seq += pb->len;
	tp->wq_mem += pb->truesize;
	list_add_tail(&pb->link, &tp->wq);
	if (!tp->send_head)
		tp->send_head = pb;
}

static struct pktbuf *copy_in(struct uio *u, u32 n)
{
	struct pktbuf *pb = pktbuf_alloc(0, 0, ALLOC_KERNEL);
	int err;

	if (!pb)
		return ERR_PTR(-ENOBUFS);
	err = n <= LINEAR_MAX ? pktbuf_append_uio(pb, u, n) : pktbuf_append_pages(pb, u, n);
	if (!err)
		return pb;
	pktbuf_free(pb);
	return ERR_PTR(err);
}

static u32 chunk_size(const struct tcpsock *tp)
{
	u32 mss = max(READ_ONCE(tp->mss), 48u);

	return mss >= TCP_CHUNK_MAX / 2 ? mss : TCP_CHUNK_MAX - TCP_CHUNK_MAX % mss;
}

/* One chunk; bytes or -errno. */
static ssize_t send_chunk(struct tcpsock *tp, struct sockmsg *m)
{
	u32 n = (u32)min_t(size_t, m->uio->resid, chunk_size(tp));
	struct pktbuf *pb = copy_in(m->uio, n);
	bool is_last = !m->uio->resid;
	int err = 0;

	if (IS_ERR(pb))
		return PTR_ERR(pb);
	tcp_lock(tp);
	if (unlikely(!is_in(tp, STATES_OPEN) || (tp->sk.shutdown & SEND_SHUTDOWN))) {
		err = -EPIPE;
	} else {
		enqueue(tp, pb, is_last);
		if (unlikely((m->flags & MSG_OOB) && is_last)) {
			tp->snd_up = tp->write_seq;
			tp->snd_urg = true;
		}
		if (!(m->flags & MSG_MORE) || tp->write_seq - tp->snd_nxt >= tp->mss)
			tcp_push(tp, (m->flags & MSG_OOB) && is_last);
	}
	tcp_unlock(tp);
	if (err)
		pktbuf_free(pb);
	return err ? err : (ssize_t)n;
}

static void send_sigpipe(void)
{
	struct ksiginfo info;

	signal_fill_user(&info, SIGPIPE, SI_USER);
	signal_send_thread(thread_self(), SIGPIPE, &info);
}

ssize_t tcp_send(struct netsock *s, struct sockmsg *m)
{
	nsec_t deadline = s->sndtimeo ? deadline_after(s->sndtimeo) : WAIT_FOREVER;
	struct tcpsock *tp = tcp_of(s);
	bool tells = (m->flags & MSG_ZEROCOPY) && s->zerocopy && m->uio->resid;
	ssize_t done = 0, n = 0;

	if (unlikely(m->flags & MSG_FASTOPEN || tp->fast_waits)) {
		done = tcp_fast_send(tp, m);
		if (done < 0 || (done && !m->uio->resid))
			return done;
	}
	do {
		n = wait_room(tp, m->flags, deadline);
		if (!n && m->uio->resid)
			n = send_chunk(tp, m);
		if (n < 0)
			break;
		done += n;
	} while (m->uio->resid);
	if (unlikely(tells && done))	/* the bytes are copied: the buffer is free again */
		isock_queue_zerocopy(&tp->sk);
	if (done || !n)
		return done;
	if (n == -EPIPE && !(m->flags & MSG_NOSIGNAL))
		send_sigpipe();
	return n;
}

/* ---- receiving ---- */

static bool is_eof(const struct tcpsock *tp)
{
	return READ_ONCE(tp->sk.shutdown) & RECV_SHUTDOWN;
}

static bool has_input(const struct tcpsock *tp)
{
	return !list_is_empty(&tp->sk.rxq) || is_eof(tp) || READ_ONCE(tp->sk.ns.error) ||
	       is_in(tp, TCPF_STATE(TCP_CLOSE));
}

/* What a reader is told when it found nothing: 0 there is something now, 1 end of file, -errno, -EAGAIN. S held. */
static int why_empty(struct tcpsock *tp)
{
	int err;

	if (!list_is_empty(&tp->sk.rxq))
		return 0;	/* bytes come before the end and the error that followed them */
	err = netsock_take_error(&tp->sk.ns);
	if (err)
		return err;
	if (is_eof(tp))
		return 1;
	return is_in(tp, TCPF_STATE(TCP_CLOSE) | TCPF_STATE(TCP_LISTEN)) ? -ENOTCONN : -EAGAIN;
}

/* Nothing to read: 0 look again, 1 end of file, -errno. */
static int wait_input(struct tcpsock *tp, u32 flags, nsec_t deadline)
{
	int err;

	tcp_lock(tp);
	err = why_empty(tp);
	tcp_unlock(tp);
	if (err != -EAGAIN || (flags & MSG_DONTWAIT))
		return err;
	err = waitq_wait_common(&tp->sk.ns.wait, has_input(tp), THREAD_SLEEPING, false, deadline);
	return err == -ETIMEDOUT ? -EAGAIN : err;
}

/* A fast reader deserves a larger window. S held. */
static void tune(struct tcpsock *tp, nsec_t now)
{
	u64 copied = tp->copied_seq - tp->drs_seq;

	if (now - tp->drs_at < max_t(u64, tp->srtt, NSEC_PER_MSEC))
		return;
	if (copied * 2 > tp->rcv_limit && tp->drs_at)
		tp->rcv_limit = (u32)min_t(u64, copied * 4, RCV_LIMIT_MAX);
	tp->drs_seq = tp->copied_seq;
	tp->drs_at = now;
}

/* Bytes of the first packet up to an urgent mark; S held. */
static u32 readable(struct tcpsock *tp, const struct pktbuf *pb, u32 at)
{
	u32 n = pb->len;

	if (unlikely(tp->has_urg) && seq_after(tp->urg_seq, at) && tp->urg_seq - at < n)
		n = tp->urg_seq - at;
	return n;
}

/* @n bytes of the first packet were read; S held. Returns it if it is empty. */
static struct pktbuf *consume(struct tcpsock *tp, struct pktbuf *pb, u32 n)
{
	tp->copied_seq += n;
	if (n < pb->len) {
		pktbuf_drop_front(pb, n);
		return NULL;
	}
	list_unlink(&pb->link);
	tp->sk.rx_bytes -= pb->truesize;
	return pb;
}

/* The urgent byte is not in the stream unless SO_OOBINLINE. S held. True: one was skipped. */
static bool skip_urgent(struct tcpsock *tp, struct pktbuf *pb, struct pktbuf **empty)
{
	if (likely(!tp->has_urg) || tp->copied_seq != tp->urg_seq)
		return false;
	tp->has_urg = false;
	if (tp->sk.ns.options & BIT(SO_OOBINLINE))
		return false;
	*empty = consume(tp, pb, 1);
	return true;
}

/* Copy what is there; bytes or -EFAULT. recv_lock held. */
static ssize_t copy_queue(struct tcpsock *tp, struct sockmsg *m, bool *stop)
{
	struct pktbuf *pb, *empty = NULL;
	ssize_t done = 0;
	u32 n;

	tcp_lock(tp);
	while (m->uio->resid && (pb = list_first_entry_or_null(&tp->sk.rxq, struct pktbuf, link))) {
		if (unlikely(tp->has_urg && done && tp->copied_seq == tp->urg_seq)) {
			*stop = true;
			break;
		}
		if (unlikely(skip_urgent(tp, pb, &empty)))
			goto next;
		n = (u32)min_t(size_t, readable(tp, pb, tp->copied_seq), m->uio->resid);
		tcp_unlock(tp);
		if (m->flags & MSG_TRUNC)
			uio_skip(m->uio, n);
		else if (unlikely(pktbuf_to_uio(pb, 0, m->uio, n) != n))
			return done ? done : -EFAULT;
		done += n;
		tcp_lock(tp);
		empty = consume(tp, pb, n);
next:
		if (empty) {
			tcp_unlock(tp);
			pktbuf_free(empty);
			empty = NULL;
			tcp_lock(tp);
		}
	}
	if (done) {
		tune(tp, tp->last_rcvd);
		tcp_opened_window(tp);
	}
	tcp_unlock(tp);
	return done;
}

/* The same without taking. The queue only grows behind us. */
static ssize_t peek_queue(struct tcpsock *tp, struct sockmsg *m)
{
	ssize_t done = 0;
	struct list *at;

	tcp_lock(tp);
	for (at = tp->sk.rxq.next; at != &tp->sk.rxq && m->uio->resid; at = at->next) {
		struct pktbuf *pb = list_entry(at, struct pktbuf, link);
		u32 n = (u32)min_t(size_t, pb->len, m->uio->resid);

		tcp_unlock(tp);
		if (m->flags & MSG_TRUNC)
			uio_skip(m->uio, n);
		else if (pktbuf_to_uio(pb, 0, m->uio, n) != n)
			return done ? done : -EFAULT;
		done += n;
		tcp_lock(tp);
	}
	tcp_unlock(tp);
	return done;
}

static ssize_t recv_urgent(struct tcpsock *tp, struct sockmsg *m)
{
	ssize_t n = -EINVAL;
	u8 byte = 0;

	tcp_lock(tp);
	if (!(tp->sk.ns.options & BIT(SO_OOBINLINE)) && tp->urg_valid) {
		byte = tp->urg_byte;
		n = 1;
		if (!(m->flags & MSG_PEEK)) {
			tp->urg_valid = false;
			tp->urg_read = true;
		}
	} else if (tp->has_urg && !tp->urg_valid && !tp->urg_read) {
		n = -EAGAIN;
	}
	tcp_unlock(tp);
	if (n != 1)
		return n;
	m->out_flags |= MSG_OOB;
	return !m->uio->resid || uio_put(m->uio, &byte, 1) == 1 ? (ssize_t)min_t(size_t, 1, m->uio->resid + 1) :
	       -EFAULT;
}

ssize_t tcp_recv(struct netsock *s, struct sockmsg *m)
{
	nsec_t deadline = s->rcvtimeo ? deadline_after(s->rcvtimeo) : WAIT_FOREVER;
	struct tcpsock *tp = tcp_of(s);
	size_t least = m->flags & MSG_WAITALL ? m->uio->resid : min_t(size_t, m->uio->resid, s->rcvlowat);
	ssize_t done = 0, n;
	bool stop = false;
	int err;

	m->name_len = 0;
	if (unlikely(m->flags & MSG_ERRQUEUE))
		return isock_recv_error(&tp->sk, m);
	if (unlikely(m->flags & MSG_OOB))
		return recv_urgent(tp, m);
	if (unlikely(READ_ONCE(tp->state) == TCP_LISTEN))
		return -ENOTCONN;
	for (;;) {
		if (!list_is_empty(&tp->sk.rxq)) {
			kmutex_lock(&tp->recv_lock);
			n = unlikely(m->flags & MSG_PEEK) ? peek_queue(tp, m) : copy_queue(tp, m, &stop);
			kmutex_unlock(&tp->recv_lock);
			if (n < 0)
				return done ? done : n;
			done += n;
		}
		if ((size_t)done >= least || stop || !m->uio->resid || (done && (m->flags & MSG_PEEK)))
			return done;
		err = wait_input(tp, m->flags, deadline);
		if (err)
			return done || err > 0 ? done : err;
	}
}
