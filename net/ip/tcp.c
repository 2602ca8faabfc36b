// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP sockets: RFC 9293, 1122, 7323, 2018, 6298, 6582, 8985, 9438, 5961.
 *
 * Nouns: tcpsock; write queue (wq), packets sent and not; child, a connection that a
 * listener made and nobody accepted yet; orphan, a connection whose file is closed.
 *
 * Life-cycle: the first reference is the file's, or the listener's for a child; each
 * table and each armed timer holds one. tcp_end() ends a connection: out of the
 * tables, timers off; what stays is for whoever holds the file. The memory goes a grace
 * period after the last reference.
 *
 * Everything runs under sk.lock with bottom halves off, short and without sleeping;
 * users copy bytes outside of it (tcp_user.c). A segment sent over loopback waits in the
 * backlog until the lock is free, so the two ends never hold both locks.
 *
 * Lock order: recv_lock > sk.lock > a listener's accept_lock = a table's bucket lock.
 */
#include "tcp_impl.h"

#include <asm/uaccess.h>
#include <tern/base/bug.h>
#include <tern/base/initcall.h>
#include <tern/kernel/random.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

static const struct netsock_ops tcp_ops;

static bool counts(u8 state)
{
	return state == TCP_ESTABLISHED || state == TCP_CLOSE_WAIT;
}

void tcp_go(struct tcpsock *tp, u8 state)
{
	if (counts(state) != counts(tp->state))
		ipstat_add(tp->sk.net, TCPSTAT_CURR_ESTAB, counts(state) ? 1 : -1);
	if (state == TCP_CLOSE && counts(tp->state))
		ipstat_inc(tp->sk.net, TCPSTAT_ESTAB_RESETS);
	if (state == TCP_CLOSE && (tp->state == TCP_SYN_SENT || tp->state == TCP_SYN_RECV))
		ipstat_inc(tp->sk.net, TCPSTAT_ATTEMPT_FAILS);
	if (tp->state == TCP_TIME_WAIT && state != TCP_TIME_WAIT)
		atomic_dec(&tp->sk.net->ntime_wait);
	WRITE_ONCE(tp->state, state);
}

static void reset_vars(struct tcpsock *tp)
{
	tp->rto = TCP_RTO_INIT;
	tp->mss = TCP_MSS_DEFAULT;
	tp->cwnd = 10 * TCP_MSS_DEFAULT;
	tp->ssthresh = U32_MAX / 2;
	tp->srtt = tp->rttvar = tp->min_rtt = 0;
	tp->backoff = tp->retries = tp->probes = tp->keep_probes = 0;
	tp->sacked_out = tp->lost_out = tp->retrans_out = tp->dupacks = 0;
	tp->ca_state = TCPCA_OPEN;
	tp->rcv_wscale = 7;
	tp->snd_wscale = 0;
	tp->rcv_limit = 131072;
	tp->rcv_wnd = 0;
	tp->fin_queued = tp->fin_rcvd = tp->is_pingpong = tp->ack_pending = tp->ack_now = false;
	tp->small_end = tp->snd_una;
	tp->max_window = 0;
	tp->sk.ns.soft_error = 0;
	tp->challenged = tp->last_data_rcvd = 0;
	tp->has_urg = tp->urg_valid = tp->snd_urg = false;
	tp->ts_ok = tp->sack_ok = tp->ws_ok = false;
	tp->ts_recent = 0;
	tp->rack_sent = tp->retrans_since = tp->reorder_due = 0;
	tp->tlp_out = tp->is_reordering = tp->has_dsack = false;
	tp->reorder_mult = 1;
	tp->mss_peer = tp->pmtu = tp->mtu_searched = 0;
	tp->nsack = 0;
	tp->ecn = 0;
	tp->fast_says = tp->fast_waits = tp->fast_taken = false;
	tp->sum_delivered = tp->idle_until = tp->last_rate = 0;
	tp->delivered_at = tp->first_sent = tp->pace_next = 0;
	tcpcc_start(tp, tp->cc);
}

struct tcpsock *tcp_alloc(struct netns *ns, alloc_flags flags)
{
	struct tcpsock *tp = kmem_zalloc(sizeof(*tp), flags);

	if (!tp)
		return NULL;
	isock_init(&tp->sk, &tcp_ops, SOCK_STREAM, IPPROTO_TCP);
	netns_put(tp->sk.net);
	tp->sk.net = netns_get(ns);
	tp->sk.ns.sndbuf = 16384;
	tp->sk.ns.rcvbuf = 131072;
	tp->state = TCP_CLOSE;
	growlink_init(&tp->listen_link);
	kmutex_init(&tp->recv_lock, LOCKRANK_SOCK_READ);
	spin_init(&tp->accept_lock, LOCKRANK_NET_TABLE);
	list_init(&tp->wq);
	list_init(&tp->ofo);
	list_init(&tp->accept_q);
	list_init(&tp->accept_link);
	tcp_timers_init(tp);
	tp->cc = tcpcc_default(ns);
	reset_vars(tp);
	return tp;
}

struct netsock *tcp_create(void)
{
	struct tcpsock *tp = tcp_alloc(netns_self(), ALLOC_KERNEL);

	return tp ? &tp->sk.ns : ERR_PTR(-ENOMEM);
}

/* ---- ending ---- */

/* What was not sent or read; S held. */
void tcp_purge(struct tcpsock *tp)
{
	pktbuf_purge(&tp->wq);
	pktbuf_purge(&tp->ofo);
	tp->send_head = NULL;
	tp->wq_mem = 0;
	tp->ofo_mem = 0;
	tp->sacked_out = tp->lost_out = tp->retrans_out = 0;
	if (tp->is_orphan) {
		pktbuf_purge(&tp->sk.rxq);
		tp->sk.rx_bytes = 0;
	}
}

/* A child that nobody can accept any more leaves its listener; the reference goes. */
static void leave_listener(struct tcpsock *tp)
{
	struct tcpsock *l = tp->listener;
	bool waits;

	spin_lock(&l->accept_lock);
	waits = !list_is_empty(&tp->accept_link);
	if (!waits)
		l->nsyn--;
	spin_unlock(&l->accept_lock);
	if (waits)
		return;		/* accept() shall find it */
	tp->listener = NULL;
	isock_put(&l->sk);
	isock_put(&tp->sk);
}

void tcp_end(struct tcpsock *tp, int err)
{
	bool was_child = tp->listener && tp->state == TCP_SYN_RECV;

	if (tp->state == TCP_CLOSE && !was_child && !growlink_is_hashed(&tp->sk.hash_link))
		return;
	tcp_go(tp, TCP_CLOSE);
	tcp_unhash(tp);
	tcp_timers_stop(tp);
	tcp_purge(tp);
	tp->sk.shutdown = RECV_SHUTDOWN | SEND_SHUTDOWN;
	if (err)
		WRITE_ONCE(tp->sk.ns.error, err);
	isock_wake(&tp->sk, IWAKE_ALL);
	if (unlikely(tp->fast_of))
		tcp_fast_done(tp);
	if (was_child)
		leave_listener(tp);
}

/* It ends with its namespace, which does not wait for it: tcp_fini(). */
static void let_go_of_net(struct tcpsock *tp)
{
	if (tp->sk.net_is_borrowed)
		return;
	tp->sk.net_is_borrowed = true;
	netns_put(tp->sk.net);
}

void tcp_linger_tw(struct tcpsock *tp)
{
	struct netns *ns = tp->sk.net;

	tcp_go(tp, TCP_TIME_WAIT);
	if ((u64)atomic_add_return(&ns->ntime_wait, 1) > READ_ONCE(ns->tcp_max_tw)) {
		tcp_end(tp, 0);
		return;
	}
	if (tp->is_orphan)
		let_go_of_net(tp);
	ipstat_inc(ns, TCPSTAT_TW);
	tp->rtx.due = tp->delack.due = 0;
	tcp_purge(tp);
	tcp_timer_set(tp, &tp->keep, clock_ns() + TCP_TW_NS);
}

static void send_fin(struct tcpsock *tp)
{
	if (tp->fin_queued)
		return;
	if (tcp_queue_flag(tp, TCPF_FIN)) {	/* no memory: not a clean end */
		tcp_send_reset(tp);
		tcp_end(tp, -ENOBUFS);
		return;
	}
	tp->fin_queued = true;
	tp->cork = false;
	tcp_push(tp, true);
}

static void abort_connection(struct tcpsock *tp, int err)
{
	if (tp->state != TCP_CLOSE && tp->state != TCP_LISTEN && tp->state != TCP_SYN_SENT &&
	    tp->state != TCP_TIME_WAIT)
		tcp_send_reset(tp);
	tcp_end(tp, err);
}

static void close_listener(struct tcpsock *tp)
{
	struct tcpsock *c, *next;
	LIST_HEAD(q);

	tcp_lock(tp);
	tcp_go(tp, TCP_CLOSE);
	tcp_unhash(tp);
	tcp_unlock(tp);
	spin_lock_bh(&tp->accept_lock);
	tp->is_deaf = true;
	list_splice_init(&tp->accept_q, &q);
	tp->naccept = 0;
	spin_unlock_bh(&tp->accept_lock);
	isock_wake(&tp->sk, IWAKE_ALL);
	list_foreach_safe(c, next, &q, accept_link) {
		tcp_lock(c);
		c->listener = NULL;
		c->is_orphan = true;
		abort_connection(c, -ECONNRESET);
		tcp_purge(c);
		tcp_unlock(c);
		isock_put(&tp->sk);
		isock_put(&c->sk);
	}
}

/* Close by the user: what follows goes on without a file. S held. */
static void orphan(struct tcpsock *tp)
{
	bool unread = !list_is_empty(&tp->sk.rxq);

	tp->is_orphan = true;
	pktbuf_purge(&tp->sk.rxq);
	tp->sk.rx_bytes = 0;
	tp->sk.ns.file = NULL;
	if (tp->state == TCP_CLOSE || tp->state == TCP_SYN_SENT) {
		tcp_end(tp, 0);
	} else if (unread || (tp->sk.ns.linger.onoff && !tp->sk.ns.linger.linger)) {
		abort_connection(tp, 0);
	} else if (tp->state == TCP_ESTABLISHED || tp->state == TCP_SYN_RECV) {
		tcp_go(tp, TCP_FIN_WAIT1);
		send_fin(tp);
	} else if (tp->state == TCP_CLOSE_WAIT) {
		tcp_go(tp, TCP_LAST_ACK);
		send_fin(tp);
	} else if (tp->state == TCP_FIN_WAIT2) {
		tcp_timer_set(tp, &tp->keep, clock_ns() + tcp_fin_wait(tp));
	} else if (tp->state == TCP_TIME_WAIT) {
		let_go_of_net(tp);
	}
	tp->sk.shutdown = RECV_SHUTDOWN | SEND_SHUTDOWN;
}

#define STATES_CLOSING (TCPF_STATE(TCP_FIN_WAIT1) | TCPF_STATE(TCP_CLOSING) | TCPF_STATE(TCP_LAST_ACK))

static void linger(struct tcpsock *tp)
{
	nsec_t deadline = deadline_after((u64)tp->sk.ns.linger.linger * NSEC_PER_SEC);

	if (waitq_wait_intr_until(&tp->sk.ns.wait, !((STATES_CLOSING >> READ_ONCE(tp->state)) & 1), deadline))
		return;	/* a signal or the time: the rest goes on without us */
}

static void tcp_release(struct netsock *s)
{
	struct tcpsock *tp = tcp_of(s);

	isock_mc_drop_all(&tp->sk);
	isock_mc6_drop_all(&tp->sk);
	if (tp->state == TCP_LISTEN) {
		close_listener(tp);
	} else {
		tcp_lock(tp);
		orphan(tp);
		tcp_unlock(tp);
		if (s->linger.onoff && s->linger.linger)
			linger(tp);
	}
	tcp_lock(tp);
	if (tp->state == TCP_CLOSE)
		tcp_unhash(tp);
	tcp_unlock(tp);
	pktbuf_purge(&tp->sk.errq);
	isock_put(&tp->sk);
}

static int tcp_shut(struct netsock *s, int how)
{
	struct tcpsock *tp = tcp_of(s);
	int err = 0;

	if (tp->state == TCP_LISTEN) {
		if (how == SHUT_WR)
			return 0;
		close_listener(tp);
		return 0;
	}
	tcp_lock(tp);
	if (tp->state == TCP_CLOSE || tp->state == TCP_TIME_WAIT) {
		err = -ENOTCONN;
	} else if (tp->state == TCP_SYN_SENT) {
		tcp_end(tp, 0);
	} else {
		tp->sk.shutdown |= (u8)(how + 1);
		if (how != SHUT_RD && (tp->state == TCP_ESTABLISHED || tp->state == TCP_CLOSE_WAIT)) {
			tcp_go(tp, tp->state == TCP_ESTABLISHED ? TCP_FIN_WAIT1 : TCP_LAST_ACK);
			send_fin(tp);
		}
		isock_wake(&tp->sk, IWAKE_ALL);
	}
	tcp_unlock(tp);
	return err;
}

/* ---- binding, connecting, listening ---- */

static int tcp_bind(struct netsock *s, const struct sockaddr_any *a, u32 len)
{
	struct tcpsock *tp = tcp_of(s);
	struct isockaddr b;
	int err = isock_check_bind(&tp->sk, a, len, &b);

	if (err)
		return err;
	tcp_lock(tp);
	if (tp->state != TCP_CLOSE || tp->sk.sport) {
		err = -EINVAL;
	} else {
		isock_set_local(&tp->sk, &b);
		err = tcp_take_port(tp, b.port);
		if (err)
			isock_forget_local(&tp->sk);
		else
			tp->sk.bound |= (b.a4 || !in6_is_any(&b.a6) ? ISOCK_ADDR : 0) | (b.port ? ISOCK_PORT : 0);
	}
	tcp_unlock(tp);
	return err;
}

/* @data lies behind the SYN in the queue and leaves with it. */
static void push_syn(struct tcpsock *tp, struct pktbuf *data)
{
	struct tcpcb *cb;

	if (data) {
		cb = tcpcb_of(data);
		*cb = (struct tcpcb){ .seq = tp->write_seq, .end_seq = tp->write_seq + data->len, .flags = TCPF_PSH };
		tp->write_seq += data->len;
		tp->wq_mem += data->truesize;
		list_add_tail(&data->link, &tp->wq);
		tp->fast_data = data;
	}
	tcp_push(tp, true);
	tp->fast_data = NULL;
	if (data && tp->send_head == data) {
		cb->sent = clock_ns();
		tcprate_sent(tp, cb, cb->sent);
		tp->snd_nxt = cb->end_seq;
		tp->send_head = NULL;
	}
}

/* Ends, sequence numbers, the SYN. S held; the route was looked up. @data: NULL, or goes with it if it succeeds. */
static int start_connect(struct tcpsock *tp, const struct iproute *r, const struct isockaddr *to, struct pktbuf *data)
{
	struct isock *sk = &tp->sk;
	int err;

	reset_vars(tp);
	sk->shutdown = 0;
	tp->is_orphan = false;
	isock_set_peer(sk, to, r);
	err = tcp_connect_port(tp);
	if (err)
		goto fail;
	tcp_choose_mss(tp);
	tp->snd_una = tp->snd_nxt = tp->write_seq = tp->fack = tp->small_end = tp->iss;
	tp->rcv_nxt = tp->rcv_wup = tp->copied_seq = 0;
	tp->rcv_mss = TCP_MSS_DEFAULT;
	tcp_go(tp, TCP_SYN_SENT);
	ipstat_inc(sk->net, TCPSTAT_ACTIVE_OPENS);
	if (tp->fast_wants)
		tcp_fast_prepare(tp);
	err = tcp_queue_flag(tp, TCPF_SYN);
	if (!err) {
		push_syn(tp, data);
		return 0;
	}
	tcp_end(tp, 0);
fail:
	isock_forget_peer(sk);
	return err;
}

static void disconnect(struct tcpsock *tp)
{
	tcp_lock(tp);
	if (tp->state != TCP_LISTEN) {
		abort_connection(tp, 0);
		tcp_unhash(tp);
		isock_forget_peer(&tp->sk);
		if (!(tp->sk.bound & ISOCK_PORT))
			tp->sk.sport = 0;
		tp->sk.shutdown = 0;
		tp->is_connecting = false;
	}
	tcp_unlock(tp);
	if (tp->state == TCP_LISTEN)
		close_listener(tp);
}

#define STATES_OPENING (TCPF_STATE(TCP_SYN_SENT) | TCPF_STATE(TCP_SYN_RECV))
static bool is_opening(const struct tcpsock *tp)
{
	return (STATES_OPENING >> READ_ONCE(tp->state)) & 1;
}

/* 0: connected; -EINPROGRESS, -ERESTARTSYS, or what ended it. */
static int wait_connected(struct tcpsock *tp)
{
	nsec_t timeo = tp->sk.ns.sndtimeo;
	int err;

	err = waitq_wait_intr_until(&tp->sk.ns.wait, !is_opening(tp), timeo ? deadline_after(timeo) : WAIT_FOREVER);
	if (err)
		return err == -ETIMEDOUT ? -EINPROGRESS : err;
	tp->is_connecting = false;
	if (tp->state != TCP_CLOSE)
		return 0;
	err = netsock_take_error(&tp->sk.ns);
	return err ? err : -ECONNABORTED;
}

/* After a failed attempt the socket may try again. */
static void forget_attempt(struct tcpsock *tp)
{
	tcp_lock(tp);
	if (tp->state == TCP_CLOSE) {
		isock_forget_peer(&tp->sk);
		if (!(tp->sk.bound & ISOCK_PORT))
			tp->sk.sport = 0;
	}
	tcp_unlock(tp);
}

/* S held, RCU. */
static int try_connect(struct tcpsock *tp, const struct isockaddr *to, struct pktbuf *data)
{
	struct iproute r;
	int err = isock_route(&tp->sk, to, &r);

	if (!err && (r.type == RTN_BROADCAST || r.type == RTN_MULTICAST))
		err = -ENETUNREACH;
	if (!err)
		err = start_connect(tp, &r, to, data);
	tp->is_connecting = !err;
	return err;
}

int tcp_begin_connect(struct tcpsock *tp, const struct isockaddr *to, bool may_block, bool *is_first,
		      struct pktbuf **data)
{
	int err;

	if (READ_ONCE(tp->was_hashed))	/* who still stands on it by its old hash would miss what comes behind */
		rcu_wait();
	rcu_read_lock();
	tcp_lock(tp);
	*is_first = !tp->is_connecting;
	if (!*is_first)
		err = is_opening(tp) && !may_block ? -EALREADY : 0;
	else if (tp->state != TCP_CLOSE)
		err = -EISCONN;
	else
		err = try_connect(tp, to, data ? *data : NULL);
	if (*is_first && !err && data)
		*data = NULL;
	tcp_unlock(tp);
	rcu_read_unlock();
	return err;
}

int tcp_await(struct tcpsock *tp, bool is_first, bool may_block)
{
	int err;

	if (is_first && !may_block)
		return -EINPROGRESS;	/* even if it is done: the caller polls */
	err = wait_connected(tp);
	if (err && tp->state == TCP_CLOSE)
		forget_attempt(tp);
	return err;
}

static int tcp_connect_to(struct netsock *s, const struct sockaddr_any *a, u32 len, bool may_block)
{
	struct tcpsock *tp = tcp_of(s);
	struct isockaddr to;
	bool is_first;
	int err;

	if (len < sizeof(a->family))
		return -EINVAL;
	if (a->family == AF_UNSPEC) {
		disconnect(tp);
		return 0;
	}
	err = isock_read_addr(&tp->sk, a, len, &to);
	if (err)
		return err;
	if (to.is_v6 && in6_is_any(&to.a6))
		to.a6 = IN6_LOOPBACK;
	if (!to.is_v6 && !to.a4)
		to.a4 = TO_BE32(0x7f000001);
	if (unlikely(tp->fast_connect) && tp->state == TCP_CLOSE && tcp_fast_knows(tp, &to)) {
		if (tp->fast_waits)
			return -EISCONN;
		tp->fast_to = to;
		tp->fast_waits = true;	/* the first send connects */
		return 0;
	}
	tp->fast_wants = tp->fast_connect;
	err = tcp_begin_connect(tp, &to, may_block, &is_first, NULL);
	return err ? err : tcp_await(tp, is_first, may_block);
}

static int tcp_listen(struct netsock *s, int backlog)
{
	struct tcpsock *tp = tcp_of(s);
	int err = 0;

	tcp_lock(tp);
	if (tp->state != TCP_CLOSE && tp->state != TCP_LISTEN) {
		err = -EINVAL;
	} else if (tp->state == TCP_CLOSE) {
		if (!tp->sk.sport)
			err = tcp_take_port(tp, 0);
		if (!err)
			err = tcp_listen_hash(tp);
		if (!err) {
			tp->is_deaf = false;
			tp->sk.shutdown = 0;
			tcp_go(tp, TCP_LISTEN);
		}
	}
	if (!err)
		WRITE_ONCE(tp->backlog, backlog < 0 ? 4096u : (u32)backlog);
	tcp_unlock(tp);
	return err;
}

static struct tcpsock *take_child(struct tcpsock *l)
{
	struct tcpsock *c;

	spin_lock_bh(&l->accept_lock);
	c = list_first_entry_or_null(&l->accept_q, struct tcpsock, accept_link);
	if (c) {
		list_del_init(&c->accept_link);
		l->naccept--;
	}
	spin_unlock_bh(&l->accept_lock);
	return c;
}

static struct netsock *tcp_accept(struct netsock *s, bool may_block)
{
	struct tcpsock *l = tcp_of(s), *c;
	nsec_t deadline = s->rcvtimeo ? deadline_after(s->rcvtimeo) : WAIT_FOREVER;
	int err;

	for (;;) {
		if (READ_ONCE(l->state) != TCP_LISTEN)
			return ERR_PTR(-EINVAL);
		c = take_child(l);
		if (c)
			break;
		if (!may_block)
			return ERR_PTR(-EAGAIN);
		err = waitq_wait_common(&s->wait, !list_is_empty(&l->accept_q) || READ_ONCE(l->state) != TCP_LISTEN,
					THREAD_SLEEPING, true, deadline);
		if (err)
			return ERR_PTR(err == -ETIMEDOUT ? -EAGAIN : err);
	}
	tcp_lock(c);
	c->listener = NULL;
	tcp_unlock(c);
	isock_put(&l->sk);
	return &c->sk.ns;
}

/* ---- readiness, ioctl ---- */

static u32 tcp_ready(struct netsock *s, struct ofile *f, struct poll_table *pt)
{
	struct tcpsock *tp = tcp_of(s);
	u8 state, shut;
	u32 ev = 0;

	poll_wait(f, &s->wait, pt);
	state = READ_ONCE(tp->state);
	if (state == TCP_LISTEN)
		return list_is_empty(&tp->accept_q) ? 0 : POLLIN | POLLRDNORM;
	if (unlikely(tp->fast_waits))
		return POLLOUT | POLLWRNORM;
	shut = READ_ONCE(tp->sk.shutdown);
	if (shut == (RECV_SHUTDOWN | SEND_SHUTDOWN) || state == TCP_CLOSE)
		ev |= POLLHUP;
	if (shut & RECV_SHUTDOWN)
		ev |= POLLIN | POLLRDNORM | POLLRDHUP;
	if (!is_opening(tp)) {
		if (tp->rcv_nxt - tp->copied_seq - tp->fin_rcvd >= s->rcvlowat && !list_is_empty(&tp->sk.rxq))
			ev |= POLLIN | POLLRDNORM;
		if (tp->urg_valid)
			ev |= POLLPRI;
		if ((shut & SEND_SHUTDOWN) || tcp_has_space(tp)) {
			ev |= POLLOUT | POLLWRNORM;
		} else {
			tcp_lock(tp);
			tp->wants_space = true;
			if (tcp_has_space(tp))
				ev |= POLLOUT | POLLWRNORM;
			tcp_unlock(tp);
		}
	}
	if (READ_ONCE(s->error) || !list_is_empty(&tp->sk.errq))
		ev |= POLLERR;
	return ev;
}

#define SIOCATMARK	0x8905u
#define SIOCOUTQNSD	0x894bu

static long tcp_control(struct netsock *s, u32 cmd, uptr arg)
{
	struct tcpsock *tp = tcp_of(s);
	s32 v;

	if (cmd != SIOCINQ && cmd != SIOCOUTQ && cmd != SIOCATMARK && cmd != SIOCOUTQNSD)
		return isock_ioctl(s, cmd, arg);
	if (tp->state == TCP_LISTEN)
		return -EINVAL;
	tcp_lock(tp);
	if (cmd == SIOCATMARK)
		v = tp->has_urg && tp->copied_seq == tp->urg_seq;
	else if (cmd == SIOCOUTQ)
		v = is_opening(tp) || tp->state == TCP_CLOSE ? 0 : (s32)(tp->write_seq - tp->snd_una);
	else if (cmd == SIOCOUTQNSD)
		v = is_opening(tp) || tp->state == TCP_CLOSE ? 0 : (s32)(tp->write_seq - tp->snd_nxt);
	else
		v = is_opening(tp) ? 0 : (s32)(tp->rcv_nxt - tp->copied_seq - tp->fin_rcvd);
	tcp_unlock(tp);
	return user_put(v, (s32 __user *)arg);
}

static int tcp_getname(struct netsock *s, struct sockaddr_any *a, u32 *len, enum sockend end)
{
	u32 over = TCPF_STATE(TCP_CLOSE) | TCPF_STATE(TCP_SYN_SENT) | TCPF_STATE(TCP_TIME_WAIT);

	if (end == SOCKEND_PEER && (TCPF_STATE(READ_ONCE(tcp_of(s)->state)) & over))
		return -ENOTCONN;
	return isock_getname(s, a, len, end);
}

static const struct netsock_ops tcp_ops = {
	.release = tcp_release, .bind = tcp_bind, .connect = tcp_connect_to, .pair = netsock_no_pair,
	.listen = tcp_listen, .accept = tcp_accept, .getname = tcp_getname, .shutdown = tcp_shut,
	.send = tcp_send, .recv = tcp_recv, .poll = tcp_ready, .ioctl = tcp_control,
	.setopt = tcp_setopt, .getopt = tcp_getopt,
};
