// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP: segments in, RFC 9293 3.10.7 with the tests of RFC 5961 and 7323.
 *
 * A segment finds its connection under RCU, takes the connection's lock and runs its
 * state; a SYN finds a listener, which makes a child in SYN_RECV. Bottom halves are off.
 * What it carries is for tcp_data.c; a listener's part is in tcp_listen.c.
 */
#include "tcp_impl.h"

#include <tern/fs/ofile.h>
#include <tern/kernel/random.h>
#include <tern/lib/string.h>
#include <tern/net/inetsum.h>


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
	room = min(used < limit ? limit - used : 0, 65535u << tp->rcv_wscale);
	if ((tp->ack_pending && tp->rcv_nxt - tp->rcv_wup > tp->rcv_mss) ||
	    (room >= 2 * have && room - have >= min(tp->rcv_mss, limit / 2)))
		tcp_send_ack(tp);
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

/* Now ESTABLISHED: timers, and who waits for it. */
void tcp_established(struct tcpsock *tp)
{
	tcp_go(tp, TCP_ESTABLISHED);
	tcp_choose_mss(tp);
	tp->cwnd = 10 * tp->mss;
	tcp_rearm_keep(tp);
	tp->retrans_since = 0;
	isock_wake(&tp->sk, IWAKE_WRITE);
}

static void syn_sent(struct tcpsock *tp, const struct pktbuf *pb, struct segment *s)
{
	bool ack_ok = (s->flags & TCPF_ACK) && seq_after(s->ack, tp->snd_una) && !seq_after(s->ack, tp->snd_nxt);
	const struct tcp_head *h = s->h;

	if ((s->flags & TCPF_ACK) && !ack_ok) {	/* of an attempt before; the SYN once more */
		if (!tp->retries)
			tcp_timer_set(tp, &tp->rtx, clock_ns() + TCP_SYN_AGAIN_NS);
		tcp_reply_reset(tp->sk.net, pb, h, 0);
		return;
	}
	if ((s->flags & TCPF_RST) && ack_ok) {
		tcp_end(tp, -ECONNREFUSED);
		return;
	}
	if ((s->flags & TCPF_RST) || !(s->flags & TCPF_SYN))
		return;
	tcp_take_syn_options(tp, s);
	if (tcp_knobs(tp)->ecn == 1 && !tp->retries && (s->flags & (TCPF_ECE | TCPF_CWR)) == TCPF_ECE)
		tp->ecn = TCPECN_OK;
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
	tcp_fast_answer(tp, s);
	tcp_established(tp);
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
		tcp_send_challenge(tp);	/* RFC 5961 3.2 */
		return;
	}
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
			tcp_timer_set(tp, &tp->keep, clock_ns() + tcp_fin_wait(tp));
		break;
	case TCP_CLOSING:
		tcp_linger_tw(tp);
		break;
	case TCP_LAST_ACK:
		tcp_end(tp, 0);
		break;
	}
}

static bool first_ack(struct tcpsock *tp, const struct pktbuf *pb, struct segment *s)
{
	if (s->ack != tp->snd_nxt) {
		tcp_reply_reset(tp->sk.net, pb, s->h, s->len);
		return false;
	}
	if (tp->listener && tp->listener->defer_accept && !s->len && !(s->flags & TCPF_FIN))
		return false;	/* comes back with data */
	if (!tcp_hand_to_listener(tp, pb, s))
		return false;
	ipstat_inc(tp->sk.net, TCPSTAT_PASSIVE_OPENS);
	tp->bytes_acked--;	/* our SYN is about to be counted */
	tp->snd_wnd = (u32)FROM_BE16(s->h->window) << tp->snd_wscale;
	tp->max_window = tp->snd_wnd;
	tp->snd_wl1 = s->seq;
	tcp_established(tp);
	if (tp->listener)
		isock_wake(&tp->listener->sk, IWAKE_READ);
	return true;
}

/* What routers and the peer say about congestion, with data: RFC 3168 6.1.3. */
static void take_mark(struct tcpsock *tp, const struct segment *s)
{
	if (s->flags & TCPF_CWR) {
		tp->ecn &= (u8)~TCPECN_ECHO;
		tp->ack_now = true;	/* its window may be a single segment */
	}
	if (s->ecn)
		tp->ecn |= TCPECN_SEEN;
	if (s->ecn == 3) {
		if (!(tp->ecn & TCPECN_ECHO))
			tp->ack_now = true;
		tp->ecn |= TCPECN_ECHO;
	}
}

/* Lock held. True: @pb was consumed. */
static bool run_segment(struct tcpsock *tp, struct pktbuf *pb, struct segment *s)
{
	if (unlikely(tp->state == TCP_SYN_SENT)) {
		syn_sent(tp, pb, s);
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
			tcp_send_challenge(tp);
		return false;
	}
	if (unlikely(!(s->flags & TCPF_ACK)))
		return false;
	if (tp->ts_ok && s->o.has_ts && !seq_after(s->seq, tp->rcv_wup)) {
		tp->ts_recent = s->o.tsval;
		tp->ts_recent_at = tp->last_rcvd;
	}
	if (unlikely(tp->state == TCP_SYN_RECV) && !first_ack(tp, pb, s))
		return false;
	if (!tcp_ack(tp, s->h, s->seq, s->ack, s->len, &s->o))
		return false;
	if (unlikely(tp->fast_of) && tp->snd_una != tp->iss)
		tcp_fast_done(tp);
	if (unlikely(tp->state > TCP_SYN_RECV && tp->state != TCP_CLOSE_WAIT)) {
		fin_acked(tp);
		if (tp->state == TCP_CLOSE)
			return false;
	}
	if (unlikely(tp->ecn & TCPECN_OK) && s->len)
		take_mark(tp, s);
	if (unlikely(s->flags & TCPF_URG))
		tcp_take_urgent(tp, s, pb);
	if (!s->len && !(s->flags & TCPF_FIN))
		return false;
	if (s->len && tp->is_orphan && seq_after(s->seq + s->len, tp->rcv_nxt)) {
		tcp_reply_reset(tp->sk.net, pb, s->h, s->len);	/* nobody will read it */
		tcp_end(tp, 0);
		return false;
	}
	if (tp->state == TCP_CLOSE_WAIT || tp->state > TCP_CLOSE_WAIT || tp->fin_rcvd) {
		tcp_send_ack(tp);
		return false;
	}
	if (tcp_take_data(tp, pb, s))
		take_fin(tp);
	if (tp->state != TCP_TIME_WAIT && tp->state != TCP_CLOSE)	/* too many wait: it is over at once */
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
		ipstat_inc(pb->nif->ns, TCPSTAT_IN_CSUM_ERRORS);
		return false;
	}
	s->seq = FROM_BE32(s->h->seq);
	s->ack = FROM_BE32(s->h->ack);
	s->flags = s->h->flags;
	s->ecn = (pkt_is_v6(pb) ? ip6_class(pkt_ip6(pb)) : pkt_ip4(pb)->tos) & 3;
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
			tp->segs_in += max(pb->gso_segs, (u16)1);
			if (s->len)
				tp->data_segs_in += max(pb->gso_segs, (u16)1);
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

	ipstat_inc(ns, TCPSTAT_IN_SEGS);
	if (unlikely(pb->flags != RTN_LOCAL || !parse(pb, &s))) {
		ipstat_inc(ns, TCPSTAT_IN_ERRS);
		pktbuf_free(pb);
		return;
	}
	pkt_flow(pb, FROM_BE16(s.h->dport), FROM_BE16(s.h->sport), &f);
	tp = tcp_find(ns, &f);
	if (likely(tp && to_connection(tp, pb, &s, &consumed)))
		goto out;
	tp = tcp_find_listener(ns, &f);
	if (tp && tp->cookies_at && (s.flags & (TCPF_SYN | TCPF_ACK | TCPF_RST)) == TCPF_ACK) {
		struct tcpsock *c = tcp_cookie_check(tp, pb, &s);

		if (c) {
			consumed = run_segment(c, pb, &s);
			if (c->state == TCP_SYN_RECV)	/* not yet: the cookie will come again */
				tcp_end(c, 0);
			spin_unlock(&c->sk.lock);
			goto out;
		}
	}
	if (tp && (s.flags & (TCPF_SYN | TCPF_ACK | TCPF_RST | TCPF_FIN)) == TCPF_SYN)
		consumed = tcp_listener_syn(tp, pb, &s);
	else if (!tp || (s.flags & TCPF_ACK))
		tcp_reply_reset(ns, pb, s.h, s.len + !!(s.flags & TCPF_SYN) + !!(s.flags & TCPF_FIN));
out:
	if (!consumed)
		pktbuf_free(pb);
}

/* Known for all connections there; without memory for that, for this one. */
static void path_is(struct tcpsock *tp, u32 mtu)
{
	struct isock *sk = &tp->sk;
	const struct iproute *r;
	int err;

	if (sk->is_v6)
		isock_path6_is(sk, &sk->daddr6, &sk->saddr6, mtu);
	else
		isock_path4_is(sk, sk->daddr, sk->saddr, mtu);
	r = tcp_route(tp, &err);
	if (r && r->mtu > mtu && !r->is_locked)
		tp->pmtu = max(mtu, sk->is_v6 ? IP6_MTU_MIN : 576u);
	tcp_choose_mss(tp);
}

/* A path that takes no more than @mtu, or an error that ends an attempt. */
static void take_error(struct tcpsock *tp, u32 seq, bool too_big, u32 mtu, int err)
{
	u32 least = tp->sk.is_v6 ? IP6_MTU_MIN : 0;

	tcp_lock(tp);
	if (tp->state == TCP_CLOSE || tp->state == TCP_LISTEN || seq_before(seq, tp->snd_una) ||
	    seq_after(seq, tp->snd_nxt)) {
		tcp_unlock(tp);
		return;
	}
	if (too_big) {
		if (mtu >= least && mtu < tp->mss + tcp_overhead(tp) + (tp->ts_ok ? 12 : 0)) {
			path_is(tp, mtu);
			tcp_enter_loss(tp);
			tp->cwnd = max(tp->ssthresh, tp->mss);
			tcp_resend_lost(tp);
		}
	} else if (tp->state == TCP_SYN_SENT || (tp->state == TCP_SYN_RECV && !tp->listener)) {
		tcp_end(tp, err);
	} else if (tp->sk.recverr && !tp->sk.is_v6) {
		WRITE_ONCE(tp->sk.ns.error, err);
		isock_wake(&tp->sk, IWAKE_ALL);
	} else {
		WRITE_ONCE(tp->sk.ns.soft_error, err);
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
