// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP: segments in, RFC 9293 3.10.7 with the tests of RFC 5961 and 7323.
 *
 * A segment finds its connection under RCU, takes the connection's lock and runs its
 * state; a SYN finds a listener, which makes a child in SYN_RECV. Bottom halves are off.
 * Data in order goes to sk.rxq, other data to ofo until the hole is filled.
 */
#include "tcp_impl.h"

#include <tern/fs/ofile.h>
#include <tern/kernel/random.h>
#include <tern/lib/string.h>
#include <tern/net/inetsum.h>

/* piece: payload as it was on the wire, where several came as one. */
struct segment { struct tcp_head *h; u32 seq, ack, len, piece; u8 flags; struct tcp_opts o; };

/* ---- acknowledging ---- */

/* Decide when what arrived is acknowledged. */
static void schedule_ack(struct tcpsock *tp)
{
	if (tp->ack_now || !list_is_empty(&tp->ofo) || tp->rcv_nxt - tp->rcv_wup > tp->rcv_mss) {
		tcp_send_ack(tp);
	} else if (tp->quick && !tp->is_pingpong) {
		tp->quick--;
		tcp_send_ack(tp);
	} else {
		tp->ack_pending = true;
		if (!tp->delack.due)
			tcp_timer_set(tp, &tp->delack, tp->last_rcvd + TCP_DELACK_NS);
	}
}

void tcp_opened_window(struct tcpsock *tp)
{
	u32 have = tp->rcv_wup + tp->rcv_wnd - tp->rcv_nxt, room, used = tp->sk.rx_bytes + tp->ofo_mem;
	u32 limit = tp->sk.ns.rcvbuf_locked ? tp->sk.ns.rcvbuf / 2 : tp->rcv_limit;

	if (tp->state == TCP_CLOSE || tp->state == TCP_TIME_WAIT || (tp->sk.shutdown & RECV_SHUTDOWN))
		return;
	room = used < limit ? limit - used : 0;
	if ((tp->ack_pending && tp->rcv_nxt - tp->rcv_wup > tp->rcv_mss) ||
	    (room >= 2 * have && room - have >= min(tp->rcv_mss, limit / 2)))
		tcp_send_ack(tp);
}

/* What lies beyond the hole: the block with @seq first. */
static void make_sacks(struct tcpsock *tp, u32 seq)
{
	struct pktbuf *pb;
	u32 n = 0;

	tp->nsack = 0;
	if (!tp->sack_ok)
		return;
	list_foreach(pb, &tp->ofo, link) {
		struct tcpcb *cb = tcpcb_of(pb);

		if (cb->seq == cb->end_seq)
			continue;	/* only a FIN */
		if (n && tp->sack[n - 1].end == cb->seq) {
			tp->sack[n - 1].end = cb->end_seq;
		} else if (n < TCP_SACKS) {
			tp->sack[n].start = cb->seq;
			tp->sack[n++].end = cb->end_seq;
		} else {
			break;
		}
	}
	for (u32 i = 1; i < n; i++) {
		if (!seq_before(seq, tp->sack[i].start) && seq_before(seq, tp->sack[i].end)) {
			swap(tp->sack[0], tp->sack[i]);
			break;
		}
	}
	tp->nsack = (u8)n;
}

/* ---- data ---- */

/* Behind what is there; consumes. */
static void append_ready(struct tcpsock *tp, struct pktbuf *pb)
{
	struct pktbuf *last = list_last_entry_or_null(&tp->sk.rxq, struct pktbuf, link);

	tp->rcv_nxt = tcpcb_of(pb)->end_seq;
	if (last && pb->len == pb->linear && pb->len <= pktbuf_tailroom(last)) {
		memcpy(pktbuf_put(last, pb->len), pb->data, pb->len);
		pktbuf_free(pb);
		return;
	}
	tp->sk.rx_bytes += pb->truesize;
	list_add_tail(&pb->link, &tp->sk.rxq);
}

/* True: a FIN follows what was taken. */
static bool fill_from_ofo(struct tcpsock *tp)
{
	struct pktbuf *pb;
	bool fin = false;

	while ((pb = list_first_entry_or_null(&tp->ofo, struct pktbuf, link))) {
		struct tcpcb *cb = tcpcb_of(pb);

		if (seq_after(cb->seq, tp->rcv_nxt))
			break;
		list_unlink(&pb->link);
		tp->ofo_mem -= pb->truesize;
		if (cb->flags & TCPF_FIN)
			fin = true;
		if (!seq_after(cb->end_seq, tp->rcv_nxt)) {
			pktbuf_free(pb);
			continue;
		}
		if (seq_before(cb->seq, tp->rcv_nxt)) {
			pktbuf_drop_front(pb, tp->rcv_nxt - cb->seq);
			cb->seq = tp->rcv_nxt;
		}
		append_ready(tp, pb);
	}
	make_sacks(tp, tp->rcv_nxt);
	return fin;
}

static u32 min_seq(u32 a, u32 b)
{
	return seq_before(a, b) ? a : b;
}

/* These bytes were here before. */
static void note_twice(struct tcpsock *tp, u32 start, u32 end)
{
	if (!tp->sack_ok || !seq_before(start, end))
		return;
	tp->has_dsack = true;
	tp->dsack.start = start;
	tp->dsack.end = end;
}

/* Keep what came too early: in order, without overlaps; consumes. */
static void keep_early(struct tcpsock *tp, struct pktbuf *pb)
{
	struct tcpcb *cb = tcpcb_of(pb);
	struct pktbuf *p, *next;
	struct list *at = &tp->ofo;

	ipstat_inc(TCPSTAT_OFO_QUEUE);
	list_foreach_reverse(p, &tp->ofo, link) {
		if (!seq_after(tcpcb_of(p)->seq, cb->seq)) {
			at = &p->link;
			if (!seq_before(tcpcb_of(p)->end_seq, cb->end_seq)) {
				if (tcpcb_of(p)->end_seq == cb->end_seq)
					tcpcb_of(p)->flags |= cb->flags;
				goto drop;
			}
			if (seq_after(tcpcb_of(p)->end_seq, cb->seq)) {
				u32 n = tcpcb_of(p)->end_seq - cb->seq;

				pktbuf_drop_front(pb, n);
				cb->seq += n;
			}
			break;
		}
	}
	list_add(&pb->link, at);
	tp->ofo_mem += pb->truesize;
	for (p = pb; !list_is_last(&p->link, &tp->ofo); ) {
		next = list_next_entry(pb, link);
		if (!seq_before(tcpcb_of(next)->seq, cb->end_seq))
			break;
		if (seq_after(tcpcb_of(next)->end_seq, cb->end_seq)) {
			pktbuf_trim(pb, tcpcb_of(next)->seq - cb->seq);
			cb->end_seq = tcpcb_of(next)->seq;
			break;
		}
		if (tcpcb_of(next)->end_seq == cb->end_seq)
			cb->flags |= tcpcb_of(next)->flags;
		list_unlink(&next->link);
		tp->ofo_mem -= next->truesize;
		pktbuf_free(next);
	}
	make_sacks(tp, cb->seq);
	return;
drop:
	make_sacks(tp, cb->seq);
	note_twice(tp, cb->seq, cb->end_seq);
	pktbuf_free(pb);
}

/* Data of a segment; consumes. True: a FIN follows what arrived. */
static bool take_data(struct tcpsock *tp, struct pktbuf *pb, struct segment *s)
{
	struct tcpcb *cb = tcpcb_of(pb);
	u32 end = s->seq + s->len, limit = tp->rcv_wup + tp->rcv_wnd;
	bool fin = s->flags & TCPF_FIN;
	u32 seq = s->seq;

	if (seq_after(end, limit) && seq_after(limit, tp->rcv_nxt)) {
		pktbuf_trim(pb, limit - seq);
		end = limit;
		fin = false;
	}
	if (!seq_after(end, tp->rcv_nxt) || seq_after(end, limit)) {
		if (end == tp->rcv_nxt && fin && !seq_after(end, limit)) {
			pktbuf_free(pb);
			return true;
		}
		tp->ack_now = true;	/* old, or no window: say where we are */
		note_twice(tp, seq, min_seq(end, tp->rcv_nxt));
		pktbuf_free(pb);
		return false;
	}
	if (seq_before(seq, tp->rcv_nxt)) {
		pktbuf_drop_front(pb, tp->rcv_nxt - seq);
		seq = tp->rcv_nxt;
	}
	if (s->piece > tp->rcv_mss)
		tp->rcv_mss = min(s->piece, TCP_MSS_MAX);
	*cb = (struct tcpcb){ .seq = seq, .end_seq = end, .flags = fin ? TCPF_FIN : 0 };
	if (seq != tp->rcv_nxt) {
		keep_early(tp, pb);
		return false;
	}
	append_ready(tp, pb);
	if (unlikely(!list_is_empty(&tp->ofo))) {
		fin |= fill_from_ofo(tp);
		tp->ack_now = true;
	}
	if (tp->rcv_nxt - tp->copied_seq >= tp->sk.ns.rcvlowat)
		isock_wake(&tp->sk, IWAKE_READ);
	return fin;
}

static void take_urgent(struct tcpsock *tp, const struct segment *s, struct pktbuf *pb)
{
	u32 ptr = FROM_BE16(s->h->urgent), at;

	if (!ptr)
		return;
	at = s->seq + ptr - 1;
	if (seq_before(at, tp->rcv_nxt) || seq_before(at, tp->copied_seq))
		return;
	if (!tp->has_urg || seq_after(at, tp->urg_seq)) {
		tp->has_urg = true;
		tp->urg_seq = at;
		tp->urg_valid = false;
		tp->urg_read = false;
		if (tp->sk.ns.file)
			ofile_sigio(tp->sk.ns.file, POLLPRI);
	}
	if (seq_before(at, s->seq + s->len) && !tp->urg_valid) {
		pktbuf_read(pb, at - s->seq, &tp->urg_byte, 1);
		tp->urg_valid = true;
		isock_wake(&tp->sk, POLLPRI);
	}
}

static void take_fin(struct tcpsock *tp)
{
	tp->rcv_nxt++;
	tp->fin_rcvd = true;
	tp->ack_now = true;
	tp->sk.shutdown |= RECV_SHUTDOWN;
	switch (tp->state) {
	case TCP_SYN_RECV:
	case TCP_ESTABLISHED:
		tcp_go(tp, TCP_CLOSE_WAIT);
		break;
	case TCP_FIN_WAIT1:
		tcp_go(tp, TCP_CLOSING);
		break;
	case TCP_FIN_WAIT2:
		tcp_send_ack(tp);
		tcp_linger_tw(tp);
		break;
	}
	isock_wake(&tp->sk, IWAKE_READ | POLLRDHUP | (tp->state == TCP_TIME_WAIT ? POLLHUP | POLLOUT : 0));
}

/* ---- opening ---- */

static void take_syn_options(struct tcpsock *tp, const struct segment *s, bool we_are_server)
{
	const struct tcp_opts *o = &s->o;

	tp->mss_peer = o->mss ? o->mss : TCP_MSS_DEFAULT;
	tp->ts_ok = o->has_ts;
	tp->sack_ok = o->sack_ok;
	tp->ws_ok = o->wscale >= 0;
	tp->snd_wscale = tp->ws_ok ? (u8)o->wscale : 0;
	if (!tp->ws_ok)
		tp->rcv_wscale = 0;
	if (tp->ts_ok) {
		tp->ts_recent = o->tsval;
		tp->ts_recent_at = clock_ns();
	}
	tp->irs = s->seq;
	tp->rcv_nxt = tp->rcv_wup = tp->copied_seq = tp->drs_seq = s->seq + 1;
	tcp_choose_mss(tp);
	tp->rcv_mss = min(tp->mss, TCP_MSS_DEFAULT);
	tp->rcv_limit = max(tp->rcv_limit, 8 * tp->mss);
	tp->cwnd = 10 * tp->mss;
	tp->ssthresh = U32_MAX / 2;
	tp->snd_wnd = FROM_BE16(s->h->window);
	tp->max_window = tp->snd_wnd;
	tp->snd_wl1 = s->seq;
	tp->quick = TCP_QUICK_ACKS;
}

/* Now ESTABLISHED: timers, and who waits for it. */
static void established(struct tcpsock *tp)
{
	tcp_go(tp, TCP_ESTABLISHED);
	tcp_rearm_keep(tp);
	tp->retrans_since = 0;
	isock_wake(&tp->sk, IWAKE_WRITE);
}

/* The third step at a child; false: its listener has no room, or is gone. */
static bool hand_to_listener(struct tcpsock *tp)
{
	struct tcpsock *l = tp->listener;
	bool ok = false, gone;

	if (!l)
		return true;	/* both sides opened */
	spin_lock(&l->accept_lock);
	gone = l->is_deaf;
	if (!gone && l->naccept <= l->backlog) {
		l->naccept++;
		l->nsyn--;
		list_add_tail(&tp->accept_link, &l->accept_q);
		ok = true;
	}
	spin_unlock(&l->accept_lock);
	if (ok)
		return true;
	ipstat_inc(TCPSTAT_LISTEN_OVERFLOWS);
	if (gone) {
		tcp_send_reset(tp);
		tcp_end(tp, -ECONNRESET);
	}
	return false;
}

static void syn_sent(struct tcpsock *tp, struct segment *s)
{
	bool ack_ok = (s->flags & TCPF_ACK) && s->ack == tp->snd_nxt && tp->snd_nxt != tp->snd_una;
	const struct tcp_head *h = s->h;

	if ((s->flags & TCPF_RST) && ack_ok) {
		ipstat_inc(TCPSTAT_ATTEMPT_FAILS);
		tcp_end(tp, -ECONNREFUSED);
		return;
	}
	if ((s->flags & TCPF_RST) || !(s->flags & TCPF_SYN))
		return;
	if ((s->flags & TCPF_ACK) && !ack_ok)
		return;
	take_syn_options(tp, s, false);
	if (!ack_ok) {	/* both open at once: RFC 9293 figure 8 */
		struct pktbuf *syn = list_first_entry(&tp->wq, struct pktbuf, link);

		tcp_go(tp, TCP_SYN_RECV);
		tcp_resend(tp, syn);
		return;
	}
	tcp_go(tp, TCP_ESTABLISHED);
	s->o.nsack = 0;
	tp->snd_wscale = 0;	/* a SYN's window is not scaled */
	tcp_ack(tp, h, s->seq, s->ack, 0, &s->o);
	tp->snd_wscale = tp->ws_ok ? (u8)s->o.wscale : 0;
	established(tp);
	if (tp->send_head)
		tcp_push(tp, false);
	if (tp->ack_pending || tp->rcv_nxt != tp->rcv_wup || !tp->send_head)
		tcp_send_ack(tp);
}

/* ---- a connection's segment ---- */

/* RFC 7323 5: an old duplicate by its time stamp. */
static bool is_old_stamp(const struct tcpsock *tp, const struct segment *s)
{
	return tp->ts_ok && s->o.has_ts && (s32)(s->o.tsval - tp->ts_recent) < 0 && !(s->flags & TCPF_RST) &&
	       clock_ns() - tp->ts_recent_at < 24UL * 86400 * NSEC_PER_SEC;
}

static bool in_window(const struct tcpsock *tp, const struct segment *s)
{
	u32 end = s->seq + s->len + !!(s->flags & TCPF_FIN), limit = tp->rcv_wup + tp->rcv_wnd;

	if (seq_before(limit, tp->rcv_nxt))
		limit = tp->rcv_nxt;
	return !seq_before(end, tp->rcv_wup) && !seq_after(s->seq, limit);
}

static void take_reset(struct tcpsock *tp, const struct segment *s)
{
	if (s->seq != tp->rcv_nxt) {
		tcp_send_ack(tp);	/* RFC 5961 3.2 */
		return;
	}
	if (tp->state == TCP_ESTABLISHED || tp->state == TCP_CLOSE_WAIT)
		ipstat_inc(TCPSTAT_ESTAB_RESETS);
	if (tp->state == TCP_SYN_RECV && !tp->listener)
		tcp_end(tp, -ECONNREFUSED);
	else
		tcp_end(tp, tp->state == TCP_CLOSE_WAIT ? -EPIPE : -ECONNRESET);
}

/* After an acknowledgement: states that wait for our FIN's. */
static void fin_acked(struct tcpsock *tp)
{
	if (tp->snd_una != tp->write_seq)
		return;
	switch (tp->state) {
	case TCP_FIN_WAIT1:
		tcp_go(tp, TCP_FIN_WAIT2);
		isock_wake(&tp->sk, IWAKE_WRITE);
		if (tp->is_orphan)
			tcp_timer_set(tp, &tp->keep, clock_ns() + tcp_fin_wait(tp->linger2));
		break;
	case TCP_CLOSING:
		tcp_linger_tw(tp);
		break;
	case TCP_LAST_ACK:
		tcp_end(tp, 0);
		break;
	}
}

static bool first_ack(struct tcpsock *tp, struct segment *s)
{
	if (s->ack != tp->snd_nxt) {
		tcp_send_reset(tp);
		return false;
	}
	if (tp->listener && tp->listener->defer_accept && !s->len && !(s->flags & TCPF_FIN))
		return false;	/* comes back with data */
	if (!hand_to_listener(tp))
		return false;
	ipstat_inc(TCPSTAT_PASSIVE_OPENS);
	tp->snd_wnd = (u32)FROM_BE16(s->h->window) << tp->snd_wscale;
	tp->max_window = tp->snd_wnd;
	tp->snd_wl1 = s->seq;
	established(tp);
	if (tp->listener)
		isock_wake(&tp->listener->sk, IWAKE_READ);
	return true;
}

/* Lock held. True: @pb was consumed. */
static bool run_segment(struct tcpsock *tp, struct pktbuf *pb, struct segment *s)
{
	if (unlikely(tp->state == TCP_SYN_SENT)) {
		syn_sent(tp, s);
		return false;
	}
	if (unlikely(tp->state == TCP_SYN_RECV && !tp->listener && s->seq + 1 == tp->rcv_nxt &&
		     (s->flags & (TCPF_SYN | TCPF_ACK | TCPF_RST)) == (TCPF_SYN | TCPF_ACK) && s->ack == tp->snd_nxt)) {
		s->flags &= (u8)~TCPF_SYN;	/* we both opened: its SYN again, with our ACK */
		s->seq++;
	}
	if (unlikely(is_old_stamp(tp, s) || !in_window(tp, s))) {
		if (s->flags & TCPF_RST)
			return false;
		if (tp->state == TCP_SYN_RECV && (s->flags & TCPF_SYN))
			tcp_resend(tp, list_first_entry(&tp->wq, struct pktbuf, link));
		else
			tcp_send_ack(tp);
		return false;
	}
	if (unlikely(s->flags & (TCPF_RST | TCPF_SYN))) {
		if (s->flags & TCPF_RST)
			take_reset(tp, s);
		else if (tp->state == TCP_SYN_RECV)
			tcp_resend(tp, list_first_entry(&tp->wq, struct pktbuf, link));
		else
			tcp_send_ack(tp);
		return false;
	}
	if (unlikely(!(s->flags & TCPF_ACK)))
		return false;
	if (tp->ts_ok && s->o.has_ts && !seq_after(s->seq, tp->rcv_wup)) {
		tp->ts_recent = s->o.tsval;
		tp->ts_recent_at = tp->last_rcvd;
	}
	if (unlikely(tp->state == TCP_SYN_RECV) && !first_ack(tp, s))
		return false;
	if (!tcp_ack(tp, s->h, s->seq, s->ack, s->len, &s->o))
		return false;
	if (unlikely(tp->state > TCP_SYN_RECV && tp->state != TCP_CLOSE_WAIT)) {
		fin_acked(tp);
		if (tp->state == TCP_CLOSE)
			return false;
	}
	if (unlikely(s->flags & TCPF_URG))
		take_urgent(tp, s, pb);
	if (!s->len && !(s->flags & TCPF_FIN))
		return false;
	if (s->len && tp->is_orphan && seq_after(s->seq + s->len, tp->rcv_nxt)) {
		tcp_send_reset(tp);	/* nobody will read it */
		tcp_end(tp, 0);
		return false;
	}
	if (tp->state == TCP_CLOSE_WAIT || tp->state > TCP_CLOSE_WAIT || tp->fin_rcvd) {
		tcp_send_ack(tp);
		return false;
	}
	if (take_data(tp, pb, s))
		take_fin(tp);
	if (tp->state != TCP_TIME_WAIT)
		schedule_ack(tp);
	return true;
}

/* A segment for a connection that is over on our side. True: a new one may be made. */
static bool in_time_wait(struct tcpsock *tp, const struct segment *s)
{
	if (s->flags & TCPF_RST) {
		if (s->seq == tp->rcv_nxt)
			tcp_end(tp, 0);
		return false;
	}
	if ((s->flags & TCPF_SYN) && !(s->flags & TCPF_ACK) &&
	    (seq_after(s->seq, tp->rcv_nxt) ||
	     (tp->ts_ok && s->o.has_ts && (s32)(s->o.tsval - tp->ts_recent) > 0))) {
		tcp_end(tp, 0);
		return true;
	}
	if (s->len || (s->flags & (TCPF_FIN | TCPF_SYN)) || s->seq != tp->rcv_nxt) {
		tcp_timer_set(tp, &tp->keep, clock_ns() + TCP_TW_NS);
		tcp_send_ack(tp);
	}
	return false;
}

/* ---- a listener's SYN ---- */

static struct tcpsock *make_child(struct tcpsock *l, const struct pktbuf *pb, const struct segment *s)
{
	struct tcpsock *c = tcp_alloc(l->sk.net, ALLOC_ATOMIC);
	struct ipflow f;

	if (!c)
		return NULL;
	c->sk.ns.options = l->sk.ns.options;
	c->sk.ns.linger = l->sk.ns.linger;
	c->sk.ns.sndbuf = l->sk.ns.sndbuf;
	c->sk.ns.rcvbuf = l->sk.ns.rcvbuf;
	c->sk.ns.priority = l->sk.ns.priority;
	c->sk.ns.rcvlowat = l->sk.ns.rcvlowat;
	c->sk.ns.sndtimeo = l->sk.ns.sndtimeo;
	c->sk.ns.rcvtimeo = l->sk.ns.rcvtimeo;
	c->sk.ns.sndbuf_locked = l->sk.ns.sndbuf_locked;
	c->sk.ns.rcvbuf_locked = l->sk.ns.rcvbuf_locked;
	c->sk.bound_if = l->sk.bound_if;
	c->sk.ttl = l->sk.ttl;
	c->sk.tos = l->sk.tos;
	c->sk.pmtudisc = l->sk.pmtudisc;
	c->sk.bound = l->sk.bound;
	c->nodelay = l->nodelay;
	c->cork = l->cork;
	c->mss_user = l->mss_user;
	c->keep_idle = l->keep_idle;
	c->keep_intvl = l->keep_intvl;
	c->keep_cnt = l->keep_cnt;
	c->user_timeout = l->user_timeout;
	c->linger2 = l->linger2;
	pkt_flow(pb, l->sk.sport, FROM_BE16(s->h->sport), &f);
	c->sk.ns.family = l->sk.ns.family;
	c->sk.v6only = l->sk.v6only;
	c->sk.hops6 = l->sk.hops6;
	c->sk.tclass = l->sk.tclass;
	c->sk.is_v6 = f.is_v6;
	c->sk.rcv_saddr = c->sk.saddr = f.l4;
	c->sk.rcv_saddr6 = c->sk.saddr6 = f.l6;
	c->sk.daddr = f.r4;
	c->sk.daddr6 = f.r6;
	c->sk.dport = f.rport;
	if (f.is_v6 && in6_is_link(&f.r6))
		c->sk.bound_if = f.ifindex;
	isock_get(&l->sk);
	c->listener = l;
	return c;
}

/* Under RCU, no lock held. */
static void listener_syn(struct tcpsock *l, struct pktbuf *pb, struct segment *s)
{
	struct tcpsock *c;
	bool full;

	spin_lock(&l->accept_lock);
	full = l->is_deaf || l->naccept > l->backlog || l->nsyn > max(l->backlog, 8u);
	if (!full)
		l->nsyn++;
	spin_unlock(&l->accept_lock);
	if (full) {
		ipstat_inc(TCPSTAT_LISTEN_DROPS);
		return;
	}
	c = make_child(l, pb, s);
	if (!c) {
		spin_lock(&l->accept_lock);
		l->nsyn--;
		spin_unlock(&l->accept_lock);
		return;
	}
	spin_lock(&c->sk.lock);
	tcp_inherit_port(c, l->sk.sport);
	c->state = TCP_SYN_RECV;
	if (tcp_hash(c)) {	/* another SYN was faster */
		tcp_end(c, 0);
	} else {
		take_syn_options(c, s, true);
		c->last_rcvd = clock_ns();
		c->iss = random_u32();
		c->snd_una = c->snd_nxt = c->write_seq = c->fack = c->iss;
		if (tcp_queue_flag(c, TCPF_SYN))
			tcp_end(c, -ENOBUFS);
		else
			tcp_push(c, true);
	}
	spin_unlock(&c->sk.lock);
}

/* ---- entry ---- */

static bool parse(struct pktbuf *pb, struct segment *s)
{
	u32 hlen;

	if (!pktbuf_make_linear(pb, sizeof(struct tcp_head)))
		return false;
	s->h = (void *)pb->data;
	hlen = (u32)(s->h->doff >> 4) * 4;
	if (hlen < sizeof(struct tcp_head) || !pktbuf_make_linear(pb, hlen))
		return false;
	s->h = (void *)pb->data;
	pb->tp = (u16)pktbuf_headroom(pb);
	if (!pktsum_is_trusted(pb) &&
	    inetsum_fold(pktbuf_sum(pb, 0, pb->len, pkt_pseudo(pb, IPPROTO_TCP, pb->len))) != 0xffff) {
		ipstat_inc(TCPSTAT_IN_CSUM_ERRORS);
		return false;
	}
	s->seq = FROM_BE32(s->h->seq);
	s->ack = FROM_BE32(s->h->ack);
	s->flags = s->h->flags;
	s->len = pb->len - hlen;
	s->piece = pb->gso_size ? pb->gso_size : s->len;
	tcp_read_options((u8 *)(s->h + 1), hlen - (u32)sizeof(*s->h), s->flags & TCPF_SYN, &s->o);
	pktbuf_pull(pb, hlen);
	return true;
}

/* To a connection; true: done, *consumed tells whether @pb is gone. */
static bool to_connection(struct tcpsock *tp, struct pktbuf *pb, struct segment *s, bool *consumed)
{
	bool again = false, dead;

	spin_lock(&tp->sk.lock);
	dead = tp->state == TCP_CLOSE;
	if (!dead) {
		if (unlikely(tp->state == TCP_TIME_WAIT)) {
			again = in_time_wait(tp, s);
		} else {
			tp->last_rcvd = clock_ns();
			*consumed = run_segment(tp, pb, s);
		}
	}
	spin_unlock(&tp->sk.lock);
	return !dead && !again;
}

static void tcp_receive(struct netns *ns, struct pktbuf *pb)
{
	struct segment s;
	struct tcpsock *tp;
	bool consumed = false;
	struct ipflow f;

	ipstat_inc(TCPSTAT_IN_SEGS);
	if (unlikely(pb->flags != RTN_LOCAL || !parse(pb, &s))) {
		ipstat_inc(TCPSTAT_IN_ERRS);
		pktbuf_free(pb);
		return;
	}
	pkt_flow(pb, FROM_BE16(s.h->dport), FROM_BE16(s.h->sport), &f);
	tp = tcp_find(ns, &f);
	if (likely(tp && to_connection(tp, pb, &s, &consumed)))
		goto out;
	tp = tcp_find_listener(ns, &f);
	if (tp && (s.flags & (TCPF_SYN | TCPF_ACK | TCPF_RST | TCPF_FIN)) == TCPF_SYN)
		listener_syn(tp, pb, &s);
	else if (!tp || (s.flags & TCPF_ACK))
		tcp_reply_reset(ns, pb, s.h, s.len + !!(s.flags & TCPF_SYN) + !!(s.flags & TCPF_FIN));
out:
	if (!consumed)
		pktbuf_free(pb);
}

/* A path that takes no more than @mtu, or an error that ends an attempt. */
static void take_error(struct tcpsock *tp, u32 seq, bool too_big, u32 mtu, int err)
{
	u32 least = tp->sk.is_v6 ? IP6_MTU_MIN : 576;

	tcp_lock(tp);
	if (tp->state == TCP_CLOSE || tp->state == TCP_LISTEN || seq_before(seq, tp->snd_una) ||
	    seq_after(seq, tp->snd_nxt)) {
		tcp_unlock(tp);
		return;
	}
	if (too_big) {
		if (mtu >= least && mtu < tp->mss + tcp_overhead(tp) + (tp->ts_ok ? 12 : 0)) {
			tp->pmtu = mtu;
			tcp_choose_mss(tp);
			tcp_enter_loss(tp);
			tp->cwnd = max(tp->ssthresh, tp->mss);
			tcp_resend_lost(tp);
		}
	} else if (tp->state == TCP_SYN_SENT || (tp->state == TCP_SYN_RECV && !tp->listener)) {
		tcp_end(tp, err);
	}
	tcp_unlock(tp);
}

/* pb->data is at the TCP header that we sent; only 8 bytes of it are sure. */
static void tcp_error(struct netns *ns, const struct ip4_head *q, struct pktbuf *pb, u8 type, u8 code, u32 info)
{
	const struct tcp_head *h = (void *)pb->data;
	struct ipflow f = { .l4 = q->saddr, .r4 = q->daddr, .lport = FROM_BE16(h->sport),
			    .rport = FROM_BE16(h->dport) };
	struct tcpsock *tp = tcp_find(ns, &f);
	bool hard;

	if (tp)
		take_error(tp, FROM_BE32(h->seq), type == ICMP_DEST_UNREACH && code == ICMP_FRAG_NEEDED, info,
			   icmp4_to_errno(type, code, &hard));
}

static void tcp6_error(struct netns *ns, const struct ip6_head *q, struct pktbuf *pb, u8 type, u8 code, u32 info)
{
	const struct tcp_head *h = (void *)pb->data;
	struct ipflow f = { .is_v6 = true, .l6 = q->saddr, .r6 = q->daddr, .lport = FROM_BE16(h->sport),
			    .rport = FROM_BE16(h->dport) };
	struct tcpsock *tp = tcp_find(ns, &f);
	bool hard;

	if (tp)
		take_error(tp, FROM_BE32(h->seq), type == ICMP6_PACKET_TOO_BIG, info,
			   icmp6_to_errno(type, code, &hard));
}

static const struct ipproto tcp_proto = { .protocol = IPPROTO_TCP, .receive = tcp_receive, .error = tcp_error };
IPPROTO_TABLE(tcp_proto);
static const struct ip6proto tcp6_proto = { .protocol = IPPROTO_TCP, .receive = tcp_receive, .error = tcp6_error };
IP6PROTO_TABLE(tcp6_proto);
