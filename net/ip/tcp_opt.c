// SPDX-License-Identifier: GPL-2.0-only
/* TCP's socket options and TCP_INFO. */
#include "tcp_impl.h"

#include <tern/lib/string.h>

#define KEEP_MAX	32767

static int set_cork(struct tcpsock *tp, bool on)
{
	tp->cork = on;
	if (!on && tp->send_head && tp->state != TCP_SYN_SENT && tp->state != TCP_SYN_RECV)
		tcp_push(tp, true);
	return 0;
}

static int set_range(u32 *to, s32 v, s32 low, s32 high)
{
	if (v < low || v > high)
		return -EINVAL;
	*to = (u32)v;
	return 0;
}

/* long: one case an option. S held. */
static int set_one(struct tcpsock *tp, int name, s32 v)
{
	u32 n;
	int err;

	switch (name) {
	case TCP_NODELAY:
		tp->nodelay = v;
		if (v && tp->send_head && !tp->cork && tp->state != TCP_SYN_SENT && tp->state != TCP_SYN_RECV)
			tcp_push(tp, true);
		return 0;
	case TCP_CORK:
		return set_cork(tp, v);
	case TCP_MAXSEG:
		return v && (v < 88 || v > 32767) ? -EINVAL : set_range(&tp->mss_user, v, 0, 32767);
	case TCP_KEEPIDLE:
		err = set_range(&tp->keep_idle, v, 1, KEEP_MAX);
		if (!err)
			tcp_rearm_keep(tp);
		return err;
	case TCP_KEEPINTVL:
		return set_range(&tp->keep_intvl, v, 1, KEEP_MAX);
	case TCP_KEEPCNT:
		err = set_range(&n, v, 1, 127);
		if (!err)
			tp->keep_cnt = (u8)n;
		return err;
	case TCP_SYNCNT:
		err = set_range(&n, v, 1, 127);
		if (!err)
			tp->syn_retries = (u8)n;
		return err;
	case TCP_LINGER2:
		tp->linger2 = v < 0 ? -1 : min(v, 120);
		return 0;
	case TCP_DEFER_ACCEPT:
		tp->defer_accept = v > 0 ? (u32)v : 0;
		return 0;
	case TCP_QUICKACK:
		tp->is_pingpong = !v;
		if (v) {
			tp->quick = TCP_QUICK_ACKS;
			if (tp->ack_pending)
				tcp_send_ack(tp);
		}
		return 0;
	case TCP_FASTOPEN:
	case TCP_FASTOPEN_CONNECT:
	case TCP_FASTOPEN_NO_COOKIE:
		return tcp_fast_setopt(tp, name, v);
	case TCP_NOTSENT_LOWAT:
		tp->notsent_low = (u32)v;
		isock_wake(&tp->sk, IWAKE_WRITE);
		return 0;
	case TCP_USER_TIMEOUT:
		return set_range(&tp->user_timeout, v, 0, S32_MAX);
	}
	return -ENOPROTOOPT;
}

static int set_congestion(struct tcpsock *tp, const char *name, u32 len)
{
	const struct tcpcc *cc;
	char text[16] = "";

	memcpy(text, name, min_t(u32, len, sizeof(text) - 1));
	cc = tcpcc_find(text);
	if (!cc)
		return -ENOENT;
	tcp_lock(tp);
	if (cc != tp->cc)
		tcpcc_start(tp, cc);
	tcp_unlock(tp);
	return 0;
}

int tcp_setopt(struct netsock *s, int level, int name, const void *val, u32 len)
{
	struct tcpsock *tp = tcp_of(s);
	int err;
	s32 v;

	if (level == SOL_SOCKET && name == SO_KEEPALIVE) {
		tcp_lock(tp);
		tcp_rearm_keep(tp);
		tcp_unlock(tp);
		return 0;
	}
	if (level != SOL_TCP)
		return isock_setopt(s, level, name, val, len);
	if (name == TCP_CONGESTION)
		return len ? set_congestion(tp, val, len) : -EINVAL;
	if (len < sizeof(v))
		return -EINVAL;
	memcpy(&v, val, sizeof(v));
	tcp_lock(tp);
	err = set_one(tp, name, v);
	tcp_unlock(tp);
	return err;
}

static u32 us(u64 ns)
{
	return (u32)(ns / NSEC_PER_USEC);
}

static u32 ms_since(nsec_t t, nsec_t now)
{
	return t ? (u32)((now - t) / NSEC_PER_MSEC) : 0;
}

void tcp_describe(struct tcpsock *tp, struct tcpinfo *i)
{
	u32 mss = max(tp->mss, 1u);
	nsec_t now = clock_ns();

	memset(i, 0, sizeof(*i));
	tcp_lock(tp);
	i->state = tp->state;
	if (tp->state == TCP_LISTEN) {
		i->unacked = tp->naccept;
		i->sacked = tp->backlog;
		tcp_unlock(tp);
		return;
	}
	i->ca_state = tp->ca_state;
	i->retransmits = tp->retries;
	i->probes = tp->probes;
	i->backoff = tp->backoff;
	i->options = (tp->ts_ok ? TCPI_OPT_TIMESTAMPS : 0) | (tp->sack_ok ? TCPI_OPT_SACK : 0) |
		     (tp->ws_ok ? TCPI_OPT_WSCALE : 0) | (tp->ecn & TCPECN_OK ? TCPI_OPT_ECN : 0) |
		     (tp->ecn & TCPECN_SEEN ? TCPI_OPT_ECN_SEEN : 0) | (tp->fast_taken ? TCPI_OPT_SYN_DATA : 0);
	i->wscales = (u8)(tp->snd_wscale | tp->rcv_wscale << 4);
	i->rto = us(tp->rto);
	i->ato = us(TCP_DELACK_NS);
	i->snd_mss = mss;
	i->rcv_mss = tp->rcv_mss;
	i->unacked = DIV_ROUND_UP(tp->snd_nxt - tp->snd_una, mss);
	i->sacked = DIV_ROUND_UP(tp->sacked_out, mss);
	i->lost = DIV_ROUND_UP(tp->lost_out, mss);
	i->retrans = DIV_ROUND_UP(tp->retrans_out, mss);
	i->last_data_sent = ms_since(tp->last_sent, now);
	i->last_ack_recv = ms_since(tp->last_rcvd, now);
	i->last_data_recv = tp->last_data_rcvd ? ms_since(tp->last_data_rcvd, now) : i->last_ack_recv;
	i->pmtu = tp->pmtu ? tp->pmtu : tp->sk.route_gen ? tp->sk.route.mtu : 0;
	i->rcv_ssthresh = tp->rcv_limit;
	i->rtt = us(tp->srtt);
	i->rttvar = us(tp->rttvar);
	i->snd_ssthresh = tp->ssthresh >= U32_MAX / 2 ? S32_MAX : tp->ssthresh / mss;
	i->snd_cwnd = tp->cwnd / mss;
	i->advmss = tp->mss_user ? tp->mss_user : mss;
	i->reordering = 3;
	i->rcv_space = tp->rcv_limit;
	i->total_retrans = tp->total_retrans;
	i->max_pacing_rate = tp->sk.ns.max_pacing;
	i->pacing_rate = tcpcc_pace(tp);
	i->delivery_rate = tp->last_rate;
	i->delivered_ce = tp->delivered_ce;
	i->bytes_acked = tp->bytes_acked;
	i->bytes_received = tp->bytes_rcvd;
	i->segs_out = tp->segs_out;
	i->segs_in = tp->segs_in;
	i->data_segs_out = tp->data_segs_out;
	i->data_segs_in = tp->data_segs_in;
	i->notsent_bytes = tp->write_seq - tp->snd_nxt;
	i->min_rtt = us(tp->min_rtt);
	i->delivered = tp->delivered;
	i->bytes_sent = tp->bytes_sent;
	i->bytes_retrans = tp->bytes_retrans;
	i->dsack_dups = tp->dsack_dups;
	i->reord_seen = tp->reord_seen;
	i->rcv_ooopack = tp->rcv_ooopack;
	i->snd_wnd = tp->snd_wnd;
	tcp_unlock(tp);
}

static int get_one(struct tcpsock *tp, int name, s32 *v)
{
	switch (name) {
	case TCP_NODELAY: *v = tp->nodelay; return 0;
	case TCP_CORK: *v = tp->cork; return 0;
	case TCP_MAXSEG: *v = (s32)(tp->state == TCP_CLOSE && tp->mss_user ? tp->mss_user : tp->mss); return 0;
	case TCP_KEEPIDLE: *v = (s32)tp->keep_idle; return 0;
	case TCP_KEEPINTVL: *v = (s32)tp->keep_intvl; return 0;
	case TCP_KEEPCNT: *v = tp->keep_cnt; return 0;
	case TCP_SYNCNT: *v = tp->syn_retries ? tp->syn_retries : 6; return 0;
	case TCP_LINGER2: *v = tp->linger2 ? tp->linger2 : 60; return 0;
	case TCP_DEFER_ACCEPT: *v = (s32)tp->defer_accept; return 0;
	case TCP_QUICKACK: *v = !tp->is_pingpong; return 0;
	case TCP_FASTOPEN: *v = (s32)tp->fast_qlen; return 0;
	case TCP_FASTOPEN_CONNECT: *v = tp->fast_connect; return 0;
	case TCP_FASTOPEN_NO_COOKIE: *v = tp->fast_bare; return 0;
	case TCP_NOTSENT_LOWAT: *v = (s32)tp->notsent_low; return 0;
	case TCP_USER_TIMEOUT: *v = (s32)tp->user_timeout; return 0;
	}
	return -ENOPROTOOPT;
}

int tcp_getopt(struct netsock *s, int level, int name, void *val, u32 *len)
{
	struct tcpsock *tp = tcp_of(s);
	struct tcpinfo info;
	int err;
	s32 v;

	if (level == SOL_SOCKET && name == SO_ACCEPTCONN) {
		v = tp->state == TCP_LISTEN;
	} else if (level != SOL_TCP) {
		return isock_getopt(s, level, name, val, len);
	} else if (name == TCP_INFO) {
		tcp_describe(tp, &info);
		*len = min_t(u32, *len, sizeof(info));
		memcpy(val, &info, *len);
		return 0;
	} else if (name == TCP_CONGESTION) {
		*len = min_t(u32, *len, 16);
		strncpy(val, tp->cc->name, *len);
		return 0;
	} else {
		err = get_one(tp, name, &v);
		if (err)
			return err;
	}
	*len = min_t(u32, *len, sizeof(v));
	memcpy(val, &v, *len);
	return 0;
}
