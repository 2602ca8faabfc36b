// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP: segments out.
 *
 * What is sent stays in the write queue until it is acknowledged; a segment on its way
 * is a packet of its own that has the header and shares the pages. A queued packet may
 * hold many segments: the device, or netif_send(), cuts it.
 */
#include "tcp_impl.h"

#include <tern/lib/string.h>
#include <tern/net/inetsum.h>

#define TCP_SUM_OFF	16
#define ECN_MASK	3u
#define ECN_ECT0	2u
#define PACE_FREE	10u	/* segments of a connection that are not paced */
#define PACE_BURSTS	1024u	/* what leaves at once is paced for about a millisecond */

const struct iproute *tcp_route(struct tcpsock *tp, int *err)
{
	struct isock *sk = &tp->sk;
	u32 gen = load_acquire(&sk->net->route_gen);

	if (likely(sk->route_gen == gen && gen))
		return &sk->route;
	*err = sk->is_v6 ? ip6_route_flow(sk->net, &sk->daddr6, &sk->saddr6, sk->bound_if, 0, sk->mark, &sk->route) :
	       ip4_route_flow(sk->net, sk->daddr, sk->saddr, sk->bound_if, 0, sk->mark, &sk->route);
	if (ip_count_no_route(sk->net, sk->is_v6, *err))
		return NULL;
	sk->route_gen = gen;
	return &sk->route;
}

void tcp_choose_mss(struct tcpsock *tp)
{
	const struct iproute *r;
	int err;
	u32 mtu, mss;

	r = tcp_route(tp, &err);
	mtu = r ? r->mtu : 1500;
	if (tp->pmtu)
		mtu = min(mtu, tp->pmtu);
	mss = min(mtu - tcp_overhead(tp), TCP_MSS_MAX);
	if (tp->mss_peer)
		mss = min(mss, tp->mss_peer);
	if (tp->mss_user)
		mss = min(mss, tp->mss_user);
	if (tp->max_window)	/* two segments fit in what the peer offers */
		mss = min(mss, max(tp->max_window > TCP_MSS_DEFAULT ? tp->max_window / 2 : tp->max_window, 48u));
	tp->mss = max(mss, 48u) - (tp->ts_ok ? 12 : 0);
}

/* ---- the window ---- */

static u32 rcv_room(const struct tcpsock *tp)
{
	u32 used = tp->sk.rx_bytes + tp->ofo_mem;
	u32 limit = tp->sk.ns.rcvbuf_locked ? tp->sk.ns.rcvbuf / 2 : tp->rcv_limit;

	return used < limit ? limit - used : 0;
}

u32 tcp_window(struct tcpsock *tp)
{
	u32 have = tp->rcv_wup + tp->rcv_wnd - tp->rcv_nxt, room = rcv_room(tp);

	if ((s32)have < 0)
		have = 0;
	/* small steps are not worth telling: RFC 1122 4.2.3.3 */
	if (room < have || room - have < min(tp->rcv_mss, max(room, 1u) / 2))
		room = have;
	room &= ~((1u << tp->rcv_wscale) - 1);
	if (room < have)	/* never take back */
		room = ALIGN_UP(have, 1u << tp->rcv_wscale);
	room = min(room, 65535u << tp->rcv_wscale);
	tp->rcv_wnd = room;
	tp->rcv_wup = tp->rcv_nxt;
	return room;
}

/* ---- options ---- */

static u8 *put32(u8 *p, u32 v)
{
	v = TO_BE32(v);
	memcpy(p, &v, 4);
	return p + 4;
}

static u8 *put_stamp(struct tcpsock *tp, u8 *p, nsec_t now)
{
	p = put32(p, 0x0101080a);
	p = put32(p, tcp_now_ms(tp, now));
	return put32(p, tp->ts_recent);
}

static u32 syn_options(struct tcpsock *tp, u8 *opt, bool is_reply, nsec_t now)
{
	const struct tcpknobs *k = tcp_knobs(tp);
	bool stamps = is_reply ? tp->ts_ok : READ_ONCE(k->timestamps);
	bool sack = is_reply ? tp->sack_ok : READ_ONCE(k->sack);
	const struct iproute *r;
	u32 mss = TCP_MSS_DEFAULT;
	u8 *p = opt;
	int err;

	r = tcp_route(tp, &err);
	if (r)
		mss = min(r->mtu - tcp_overhead(tp), TCP_MSS_MAX);
	if (tp->mss_user)
		mss = min(mss, tp->mss_user);
	p = put32(p, 0x02040000 | mss);
	if (stamps) {
		if (sack)
			p = put32(p, 0x0402080a);
		else
			p = put32(p, 0x0101080a);
		p = put32(p, tcp_now_ms(tp, now));
		p = put32(p, tp->ts_recent);
	} else if (sack) {
		p = put32(p, 0x01010402);
	}
	if (is_reply ? tp->ws_ok : READ_ONCE(k->scaling))
		p = put32(p, 0x01030300 | tp->rcv_wscale);
	if (unlikely(tp->fast_says) && (is_reply || !tp->retries))
		p = tcp_fast_option(tp, p);
	return (u32)(p - opt);
}

static u32 plain_options(struct tcpsock *tp, u8 *opt, nsec_t now)
{
	u8 *p = opt;
	u32 n;

	if (tp->ts_ok)
		p = put_stamp(tp, p, now);
	if (unlikely(tp->nsack || tp->has_dsack)) {
		u32 twice = tp->has_dsack;

		n = min((u32)tp->nsack, (tp->ts_ok ? 3u : 4u) - twice);
		p = put32(p, 0x01010500 | (2 + 8 * (n + twice)));
		if (twice) {
			p = put32(p, tp->dsack.start);
			p = put32(p, tp->dsack.end);
			tp->has_dsack = false;
		}
		for (u32 i = 0; i < n; i++) {
			p = put32(p, tp->sack[i].start);
			p = put32(p, tp->sack[i].end);
		}
	}
	return (u32)(p - opt);
}

/* ---- one segment ---- */

static void fill_head(struct tcpsock *tp, struct pktbuf *pb, u32 seq, u8 flags, const u8 *opt, u32 nopt)
{
	bool is_syn = flags & TCPF_SYN;
	u32 len, window = tcp_window(tp);
	struct tcp_head *h;

	memcpy(pktbuf_push(pb, nopt), opt, nopt);
	h = pktbuf_push(pb, sizeof(*h));
	len = pb->len;
	pb->tp = (u16)pktbuf_headroom(pb);
	h->sport = TO_BE16(tp->sk.sport);
	h->dport = TO_BE16(tp->sk.dport);
	h->seq = TO_BE32(seq);
	h->ack = flags & TCPF_ACK ? TO_BE32(tp->rcv_nxt) : 0;
	h->doff = (u8)((sizeof(*h) + nopt) / 4 << 4);
	h->flags = flags;
	h->window = TO_BE16(is_syn ? min(window, 65535u) : window >> tp->rcv_wscale);
	h->urgent = 0;
	if (unlikely(tp->snd_urg && seq_before(seq, tp->snd_up) && tp->snd_up - seq <= 65535)) {
		h->flags |= TCPF_URG;
		h->urgent = TO_BE16(tp->snd_up - seq);
	}
	h->check = inetsum_fold(tp->sk.is_v6 ? inetsum_pseudo6(&tp->sk.saddr6, &tp->sk.daddr6, IPPROTO_TCP, len) :
				inetsum_pseudo4(tp->sk.saddr, tp->sk.daddr, IPPROTO_TCP, len));
	pb->sum_state = PKTSUM_PARTIAL;
	pb->sum_start = pb->tp;
	pb->sum_off = TCP_SUM_OFF;
}

static int to_ip(struct tcpsock *tp, const struct iproute *r, struct pktbuf *pb, u8 ecn)
{
	struct isock *sk = &tp->sk;
	struct ip4send how = { .saddr = sk->saddr, .daddr = sk->daddr, .protocol = IPPROTO_TCP,
			       .tos = (u8)((sk->tos & ~ECN_MASK) | ecn),
			       .is_df = sk->pmtudisc == IP_PMTUDISC_WANT ? !r->is_locked :
					sk->pmtudisc != IP_PMTUDISC_DONT, .may_fragment = true };
	struct ip6send how6;

	if (likely(!sk->is_v6)) {
		how.ttl = isock_ttl(sk, 0);
		return ip4_send(sk->net, r, &how, pb);
	}
	how6 = (struct ip6send){ .saddr = sk->saddr6, .daddr = sk->daddr6, .protocol = IPPROTO_TCP,
				 .hops = sk->hops6 < 0 ? 0 : (u8)sk->hops6,
				 .tclass = (u8)((sk->tclass & ~ECN_MASK) | ecn),
				 .may_fragment = true };
	return ip6_send(sk->net, r, &how6, pb);
}

/* Flags that tell of congestion; *@ecn: what the IP header says. RFC 3168 6.1. */
static u8 ecn_flags(struct tcpsock *tp, bool has_data, u32 seq, u8 *ecn)
{
	u8 flags = tp->ecn & TCPECN_ECHO ? TCPF_ECE : 0;

	if (!has_data || seq_before(seq, tp->snd_nxt))
		return flags;
	*ecn = ECN_ECT0;
	if (tp->ecn & TCPECN_TELL) {
		tp->ecn &= (u8)~TCPECN_TELL;
		flags |= TCPF_CWR;
	}
	return flags;
}

/* Build and send; @from: payload to share, NULL: none. */
static int transmit(struct tcpsock *tp, const struct pktbuf *from, u32 seq, u8 flags)
{
	nsec_t now = clock_ns();
	const struct iproute *r;
	struct pktbuf *pb;
	u8 opt[40], ecn = 0;
	u32 nopt;
	int err;

	r = tcp_route(tp, &err);
	if (unlikely(!r))
		return err;
	if (unlikely(tp->ecn & TCPECN_OK) && !(flags & TCPF_SYN))
		flags |= ecn_flags(tp, from && from->len, seq, &ecn);
	pb = pktbuf_alloc(PKT_HEADROOM, 0, ALLOC_ATOMIC);
	if (unlikely(!pb))
		return -ENOBUFS;
	pb->mark = tp->sk.mark;
	if (from && from->len) {
		if (unlikely(!pktbuf_share(pb, from, 0, from->len))) {
			pktbuf_free(pb);
			return -ENOBUFS;
		}
		if (from->len > tp->mss) {
			pb->gso_size = (u16)tp->mss;
			pb->gso_segs = (u16)DIV_ROUND_UP(from->len, tp->mss);
			pb->gso_type = tp->sk.is_v6 ? PKTGSO_TCP6 : PKTGSO_TCP4;
		}
		tp->last_sent = now;
		tp->bytes_sent += from->len;
		tp->data_segs_out += max(pb->gso_segs, (u16)1);
		if (tp->last_data_rcvd && now - tp->last_data_rcvd < TCP_DELACK_NS)
			tp->is_pingpong = true;
	}
	nopt = unlikely(flags & TCPF_SYN) ? syn_options(tp, opt, flags & TCPF_ACK, now) :
	       plain_options(tp, opt, now);
	fill_head(tp, pb, seq, flags, opt, nopt);
	if (flags & TCPF_ACK) {
		tp->ack_pending = tp->ack_now = false;
		tp->delack.due = 0;
	}
	tp->segs_out += max(pb->gso_segs, (u16)1);
	ipstat_add(tp->sk.net, TCPSTAT_OUT_SEGS, max(pb->gso_segs, (u16)1));
	return to_ip(tp, r, pb, ecn);
}

/* A queued packet. */
static int transmit_queued(struct tcpsock *tp, struct pktbuf *pb)
{
	struct tcpcb *cb = tcpcb_of(pb);
	u8 flags = cb->flags;

	if (!(flags & TCPF_SYN) || tp->state != TCP_SYN_SENT)
		flags |= TCPF_ACK;
	if (unlikely(flags & TCPF_SYN))
		flags |= flags & TCPF_ACK ? (tp->ecn & TCPECN_OK ? TCPF_ECE : 0) :
			 tcp_knobs(tp)->ecn == 1 && !tp->retries ? TCPF_ECE | TCPF_CWR : 0;
	cb->sent = clock_ns();
	tcprate_sent(tp, cb, cb->sent);
	return transmit(tp, unlikely(tp->fast_data) ? tp->fast_data : pb, cb->seq, flags);
}

void tcp_send_ack(struct tcpsock *tp)
{
	if (tp->state == TCP_CLOSE || tp->state == TCP_LISTEN)
		return;
	if (transmit(tp, NULL, tp->snd_nxt, TCPF_ACK) == -ENOBUFS) {
		tp->ack_pending = true;
		tcp_timer_set(tp, &tp->delack, clock_ns() + TCP_DELACK_NS);
	}
}

void tcp_send_challenge(struct tcpsock *tp)
{
	nsec_t now = clock_ns();

	if (now - tp->challenged < TCP_CHALLENGE_NS)
		return;
	tp->challenged = now;
	tcp_send_ack(tp);
}

void tcp_send_probe(struct tcpsock *tp)
{
	transmit(tp, NULL, tp->snd_una - 1, TCPF_ACK);
}

void tcp_send_reset(struct tcpsock *tp)
{
	ipstat_inc(tp->sk.net, TCPSTAT_OUT_RSTS);
	transmit(tp, NULL, tp->snd_nxt, TCPF_RST | TCPF_ACK);
}

/* Back to the sender of @pb; consumes @out, whose data begins with the TCP header. */
static void reply(struct netns *ns, const struct pktbuf *pb, struct pktbuf *out)
{
	struct tcp_head *h = (void *)out->data;
	struct iproute r;

	out->tp = (u16)pktbuf_headroom(out);
	out->sum_state = PKTSUM_PARTIAL;
	out->sum_start = out->tp;
	out->sum_off = TCP_SUM_OFF;
	if (pkt_is_v6(pb)) {
		const struct ip6_head *ip = pkt_ip6(pb);
		struct ip6send how = { .saddr = ip->daddr, .daddr = ip->saddr, .protocol = IPPROTO_TCP };

		if (!ip6_route_out(ns, &how.daddr, &how.saddr, in6_is_link(&how.daddr) ? pb->nif->index : 0, &r)) {
			h->check = inetsum_fold(inetsum_pseudo6(&how.saddr, &how.daddr, IPPROTO_TCP, out->len));
			ip6_send(ns, &r, &how, out);
			return;
		}
	} else {
		const struct ip4_head *ip = pkt_ip4(pb);
		struct ip4send how = { .saddr = ip->daddr, .daddr = ip->saddr, .protocol = IPPROTO_TCP,
				       .is_df = true, .may_fragment = true };

		if (!ip4_route_out(ns, ip->saddr, ip->daddr, 0, &r)) {
			h->check = inetsum_fold(inetsum_pseudo4(how.saddr, how.daddr, IPPROTO_TCP, out->len));
			ip4_send(ns, &r, &how, out);
			return;
		}
	}
	pktbuf_free(out);
}

void tcp_reply_syn(struct netns *ns, const struct pktbuf *pb, const struct tcp_head *in, u32 iss, u32 window,
		   const u8 *opt, u32 nopt)
{
	struct pktbuf *out = pktbuf_alloc(PKT_HEADROOM, (u32)sizeof(struct tcp_head) + nopt, ALLOC_ATOMIC);
	struct tcp_head *h;

	if (!out)
		return;
	h = pktbuf_put(out, (u32)sizeof(*h) + nopt);
	*h = (struct tcp_head){ .sport = in->dport, .dport = in->sport, .seq = TO_BE32(iss),
				.ack = TO_BE32(FROM_BE32(in->seq) + 1), .window = TO_BE16(window),
				.doff = (u8)((sizeof(*h) + nopt) / 4 << 4), .flags = TCPF_SYN | TCPF_ACK };
	memcpy(h + 1, opt, nopt);
	ipstat_inc(ns, TCPSTAT_OUT_SEGS);
	reply(ns, pb, out);
}

void tcp_reply_reset(struct netns *ns, const struct pktbuf *pb, const struct tcp_head *in, u32 seg_len)
{
	struct pktbuf *out;
	struct tcp_head *h;

	if ((in->flags & TCPF_RST) || pb->flags != RTN_LOCAL)
		return;
	out = pktbuf_alloc(PKT_HEADROOM, sizeof(*h), ALLOC_ATOMIC);
	if (!out)
		return;
	h = pktbuf_put(out, sizeof(*h));
	*h = (struct tcp_head){ .sport = in->dport, .dport = in->sport, .doff = 5 << 4, .flags = TCPF_RST };
	if (in->flags & TCPF_ACK) {
		h->seq = in->ack;
	} else {
		h->flags |= TCPF_ACK;
		h->ack = TO_BE32(FROM_BE32(in->seq) + seg_len);
	}
	ipstat_inc(ns, TCPSTAT_OUT_SEGS);
	ipstat_inc(ns, TCPSTAT_OUT_RSTS);
	reply(ns, pb, out);
}

/* ---- the queue ---- */

int tcp_queue_flag(struct tcpsock *tp, u8 flag)
{
	struct pktbuf *last = tp->send_head ? list_last_entry(&tp->wq, struct pktbuf, link) : NULL, *pb;
	struct tcpcb *cb;

	if (last && flag == TCPF_FIN) {	/* rides on what waits anyway */
		cb = tcpcb_of(last);
		cb->flags |= TCPF_FIN;
		cb->end_seq++;
		tp->write_seq++;
		return 0;
	}
	pb = pktbuf_alloc(0, 0, ALLOC_ATOMIC);
	if (!pb)
		return -ENOBUFS;
	cb = tcpcb_of(pb);
	*cb = (struct tcpcb){ .seq = tp->write_seq, .end_seq = tp->write_seq + 1, .flags = flag };
	tp->write_seq++;
	list_add_tail(&pb->link, &tp->wq);
	if (!tp->send_head)
		tp->send_head = pb;
	tp->wq_mem += pb->truesize;
	return 0;
}

int tcp_split(struct tcpsock *tp, struct pktbuf *pb, u32 n)
{
	struct tcpcb *cb = tcpcb_of(pb), *rcb;
	struct pktbuf *rest = pktbuf_slice(pb, n, pb->len - n, 0, ALLOC_ATOMIC);
	u32 moved;

	if (!rest)
		return -ENOMEM;
	moved = rest->len - rest->linear;	/* pages count for one of the two */
	rcb = tcpcb_of(rest);
	*rcb = *cb;
	rcb->seq = cb->seq + n;
	cb->end_seq = rcb->seq;
	cb->flags &= (u8)~(TCPF_FIN | TCPF_PSH);
	pktbuf_trim(pb, n);
	list_add(&rest->link, &pb->link);
	pb->truesize -= moved;
	tp->wq_mem += rest->truesize - moved;
	return 0;
}

/* Bytes that may go now: by both windows. 0: none. */
static u32 allowance(struct tcpsock *tp, const struct tcpcb *cb, u32 len)
{
	u32 flight = tcp_in_flight(tp), end = tp->snd_una + tp->snd_wnd, wnd, cw;

	wnd = seq_before(cb->seq, end) ? end - cb->seq : 0;
	if (tp->snd_nxt == tp->snd_una)
		flight = 0;
	cw = tp->cwnd > flight ? tp->cwnd - flight : 0;
	if (cw < len && cw < tp->mss) {
		tp->is_cwnd_limited = true;
		return 0;
	}
	if (wnd >= len && cw >= len)
		return len;
	if (cw < wnd)
		tp->is_cwnd_limited = true;
	wnd = min(wnd, cw);
	/* whole segments, or all that the peer ever offered: no silly windows */
	if (wnd >= tp->mss)
		return wnd - wnd % tp->mss;
	return wnd && (wnd >= tp->max_window / 2 && !flight) ? wnd : 0;
}

/* Wait for more to fill the last segment of @pb. */
static bool holds_back(const struct tcpsock *tp, const struct pktbuf *pb, bool now_all)
{
	const struct tcpcb *cb = tcpcb_of((struct pktbuf *)pb);

	if (!(pb->len % tp->mss) || (cb->flags & (TCPF_FIN | TCPF_SYN)) || !list_is_last(&pb->link, &tp->wq))
		return false;
	if (tp->cork)
		return !now_all;
	return !tp->nodelay && !now_all && seq_after(tp->small_end, tp->snd_una);
}

/* Pacing: may data leave now, and how much; else the timer is set. */
static bool may_leave(struct tcpsock *tp, u32 *may)
{
	u32 burst = (u32)min_t(u64, tp->pacing_rate / PACE_BURSTS, TCP_CHUNK_MAX);
	nsec_t now = clock_ns();

	if (tp->pace_next > now) {
		tcp_timer_set(tp, &tp->pace, tp->pace_next);
		return false;
	}
	tp->pace_next = now;
	burst = max(burst - burst % tp->mss, 2 * tp->mss);
	*may = min(*may, burst);
	return true;
}

void tcp_push(struct tcpsock *tp, bool now_all)
{
	struct pktbuf *pb;
	bool sent = false;

	if (unlikely(tp->sk.route_gen != READ_ONCE(tp->sk.net->route_gen)))
		tcp_choose_mss(tp);	/* what the path takes may have been forgotten */
	while ((pb = tp->send_head)) {
		struct tcpcb *cb = tcpcb_of(pb);
		u32 may;

		if (pb->len) {
			may = allowance(tp, cb, pb->len);
			if (may == pb->len && holds_back(tp, pb, now_all))
				may -= may % tp->mss;
			if (!may || (tp->pacing_rate && !may_leave(tp, &may)))
				break;
			if (unlikely(tp->ecn & TCPECN_TELL))
				may = min(may, tp->mss);	/* CWR is for one segment */
			if (may < pb->len && tcp_split(tp, pb, may))
				break;
		}
		if (transmit_queued(tp, pb) == -ENOBUFS && !(cb->flags & TCPF_SYN))
			break;
		tp->snd_nxt = cb->end_seq;
		if (tp->pacing_rate && tp->data_segs_out >= PACE_FREE)
			tp->pace_next += pb->len * NSEC_PER_SEC / tp->pacing_rate;
		if (pb->len % tp->mss)
			tp->small_end = tp->snd_nxt;
		tp->send_head = list_is_last(&pb->link, &tp->wq) ? NULL : list_next_entry(pb, link);
		sent = true;
	}
	if (!tp->send_head && tcp_in_flight(tp) < tp->cwnd)
		tp->idle_until = max_t(u64, tp->sum_delivered + tcp_in_flight(tp), 1);
	if (sent || (tp->send_head && tp->snd_nxt == tp->snd_una))
		tcp_rearm_rtx(tp, clock_ns());
}

int tcp_resend(struct tcpsock *tp, struct pktbuf *pb)
{
	struct tcpcb *cb = tcpcb_of(pb);
	int err;

	if (pb->len > tp->mss) {
		err = tcp_split(tp, pb, tp->mss);
		if (err)
			return err;
	}
	tp->bytes_retrans += pb->len;
	err = transmit_queued(tp, pb);
	if (err)
		return err;
	if (!(cb->mark & TCPMARK_RETRANS)) {
		cb->mark |= TCPMARK_RETRANS;
		tp->retrans_out += cb->end_seq - cb->seq;
	}
	cb->retries++;
	tp->total_retrans++;
	ipstat_inc(tp->sk.net, TCPSTAT_RETRANS_SEGS);
	return 0;
}
