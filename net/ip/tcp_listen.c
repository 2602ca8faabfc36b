// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP: listeners. A SYN makes a child in SYN_RECV that holds a reference to its listener; the third
 * segment puts it in the listener's queue, where accept() finds it.
 */
#include "tcp_impl.h"

#include <tern/kernel/random.h>

void tcp_take_syn_options(struct tcpsock *tp, const struct segment *s)
{
	const struct tcp_opts *o = &s->o;

	tp->mss_peer = o->mss ? o->mss : tp->sk.is_v6 ? TCP_MSS6_DEFAULT : TCP_MSS_DEFAULT;
	tp->ts_ok = o->has_ts && READ_ONCE(tcp_knobs(tp)->timestamps);
	tp->sack_ok = o->sack_ok && READ_ONCE(tcp_knobs(tp)->sack);
	tp->ws_ok = o->wscale >= 0 && READ_ONCE(tcp_knobs(tp)->scaling);
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
	tp->ssthresh = U32_MAX / 2;
	tp->snd_wnd = FROM_BE16(s->h->window);
	tp->snd_wl1 = s->seq;
	tp->quick = TCP_QUICK_ACKS;
}

bool tcp_hand_to_listener(struct tcpsock *tp, const struct pktbuf *pb, const struct segment *s)
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
	ipstat_inc(l->sk.net, TCPSTAT_LISTEN_OVERFLOWS);
	if (gone) {
		tcp_reply_reset(tp->sk.net, pb, s->h, s->len);
		tcp_end(tp, -ECONNRESET);
	}
	return false;
}

struct tcpsock *tcp_make_child(struct tcpsock *l, const struct pktbuf *pb, const struct segment *s)
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
	c->sk.mark = l->sk.mark;
	c->sk.tos = l->sk.tos;
	c->sk.pmtudisc = l->sk.pmtudisc;
	c->sk.bound = l->sk.bound;
	c->sk.ns.max_pacing = l->sk.ns.max_pacing;
	if (c->cc != l->cc)
		tcpcc_start(c, l->cc);
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

/* Its SYN-ACK, with what the SYN asked for. Lock held. True: @pb was consumed. */
static bool answer_syn(struct tcpsock *l, struct tcpsock *c, struct pktbuf *pb, struct segment *s)
{
	enum tcpfast fast = tcp_fast_judge(l, pb, s);
	bool consumed = false;

	tcp_take_syn_options(c, s);
	if (tcp_knobs(l)->ecn && !s->ecn && !(~s->flags & (TCPF_ECE | TCPF_CWR)))
		c->ecn = TCPECN_OK;
	c->last_rcvd = clock_ns();
	tcp_choose_isn(c);
	c->snd_una = c->snd_nxt = c->write_seq = c->fack = c->small_end = c->iss;
	if (fast == TCPFAST_TELL)
		tcp_fast_tell(c, pb);
	if (tcp_queue_flag(c, TCPF_SYN)) {
		tcp_end(c, -ENOBUFS);
		return false;
	}
	if (fast == TCPFAST_OPEN)
		consumed = tcp_fast_open(l, c, pb, s);
	tcp_push(c, true);
	return consumed;
}

bool tcp_listener_syn(struct tcpsock *l, struct pktbuf *pb, struct segment *s)
{
	struct tcpsock *c;
	bool full, many, consumed = false;

	spin_lock(&l->accept_lock);
	full = l->is_deaf || l->naccept > l->backlog;
	many = l->nsyn >= max(l->backlog, 8u) || tcp_knobs(l)->cookies == 2;
	if (!full && !many)
		l->nsyn++;
	spin_unlock(&l->accept_lock);
	if (full || (many && !tcp_knobs(l)->cookies)) {
		ipstat_inc(l->sk.net, TCPSTAT_LISTEN_DROPS);
		return false;
	}
	if (many) {
		tcp_cookie_send(l, pb, s);
		return false;
	}
	c = tcp_make_child(l, pb, s);
	if (!c) {
		spin_lock(&l->accept_lock);
		l->nsyn--;
		spin_unlock(&l->accept_lock);
		return false;
	}
	spin_lock(&c->sk.lock);
	c->state = TCP_SYN_RECV;
	if (tcp_inherit_port(c, l->sk.sport) || tcp_hash(c))	/* no memory, or another SYN was faster */
		tcp_end(c, 0);
	else
		consumed = answer_syn(l, c, pb, s);
	spin_unlock(&c->sk.lock);
	if (c->fast_of)
		isock_wake(&l->sk, IWAKE_READ);
	return consumed;
}
