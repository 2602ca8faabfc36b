// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP's timers. Moving a timer on with every segment would cost more than the segment:
 * due is a plain store, and a timeout that fires before it is due is armed again.
 * An armed timeout holds a reference to its socket.
 */
#include "tcp_impl.h"

#include <tern/net/netctl.h>

#define RETRIES_ORPHAN	8u

#define TCP_KNOB(id, file, member, low, high)	NETCTL(id, "ipv4/tcp_" file, ns->ip4->tcp.member, low, high)
TCP_KNOB(syn, "syn_retries", syn_retries, 1, 127);
TCP_KNOB(synack, "synack_retries", synack_retries, 0, 255);
TCP_KNOB(retries1, "retries1", retries1, 0, 255);
TCP_KNOB(retries2, "retries2", retries2, 0, 255);
TCP_KNOB(keep_time, "keepalive_time", keep_time, 1, 32767);
TCP_KNOB(keep_interval, "keepalive_intvl", keep_interval, 1, 32767);
TCP_KNOB(keep_count, "keepalive_probes", keep_count, 1, 127);
TCP_KNOB(ecn, "ecn", ecn, 0, 2);
TCP_KNOB(cookies, "syncookies", cookies, 0, 2);
TCP_KNOB(probes_mtu, "mtu_probing", probes_mtu, 0, 1);
TCP_KNOB(base_mss, "base_mss", base_mss, 48, 65535);
TCP_KNOB(mss_floor, "mtu_probe_floor", mss_floor, 48, 65535);
TCP_KNOB(fin_time, "fin_timeout", fin_time, 1, 120);
TCP_KNOB(timestamps, "timestamps", timestamps, 0, 2);
TCP_KNOB(sack, "sack", sack, 0, 1);
TCP_KNOB(scaling, "window_scaling", scaling, 0, 1);

void tcp_timer_set(struct tcpsock *tp, struct tcptimer *t, nsec_t due)
{
	t->due = due;
	if (!due || (timeout_is_armed(&t->t) && t->t.when <= due))
		return;
	if (!timeout_arm(&t->t, due))
		isock_get(&tp->sk);
}

static void stop(struct tcpsock *tp, struct tcptimer *t)
{
	t->due = 0;
	if (timeout_is_armed(&t->t) && timeout_cancel(&t->t))
		isock_put(&tp->sk);
}

void tcp_timers_stop(struct tcpsock *tp)
{
	stop(tp, &tp->rtx);
	stop(tp, &tp->delack);
	stop(tp, &tp->keep);
	stop(tp, &tp->pace);
}

/* When to probe the tail: RFC 8985 7.2; 0: not. */
static u64 probe_delay(const struct tcpsock *tp)
{
	u64 delay;

	if (!tp->sack_ok || !tp->srtt || tp->tlp_out || tp->backoff || tp->ca_state != TCPCA_OPEN || tp->sacked_out ||
	    tp->snd_nxt == tp->snd_una || (tp->state != TCP_ESTABLISHED && tp->state != TCP_CLOSE_WAIT))
		return 0;
	delay = 2 * tp->srtt + (tp->snd_nxt - tp->snd_una <= tp->mss ? TCP_RTO_MIN : 2 * NSEC_PER_MSEC);
	return delay < tp->rto ? delay : 0;
}

void tcp_rearm_rtx(struct tcpsock *tp, nsec_t now)
{
	nsec_t due = now + min_t(u64, tp->rto << tp->backoff, TCP_RTO_MAX);
	u64 delay;

	tp->rtx_kind = RTX_RESEND;
	if (tp->snd_nxt == tp->snd_una && !tp->send_head) {
		tp->rtx.due = 0;
		return;
	}
	delay = probe_delay(tp);
	if (unlikely(tp->reorder_due && tp->reorder_due < due)) {
		tp->rtx_kind = RTX_REORDER;
		due = tp->reorder_due;
	} else if (delay) {
		tp->rtx_kind = RTX_PROBE_TAIL;
		due = now + delay;
	}
	if (unlikely(tp->user_timeout && tp->retrans_since))
		due = min_t(nsec_t, due, max_t(nsec_t, now, tp->retrans_since + tp->user_timeout * NSEC_PER_MSEC));
	tcp_timer_set(tp, &tp->rtx, due);
}

void tcp_rearm_keep(struct tcpsock *tp)
{
	u32 s = tp->keep_probes ? tp->keep_intvl : tp->keep_idle;

	if ((tp->sk.ns.options & BIT(SO_KEEPALIVE)) && tp->state != TCP_LISTEN && tp->state != TCP_CLOSE &&
	    tp->state != TCP_SYN_SENT && tp->state != TCP_TIME_WAIT && tp->state != TCP_FIN_WAIT2)
		tcp_timer_set(tp, &tp->keep, clock_ns() + s * NSEC_PER_SEC);
}

/* ---- resending ---- */

static u32 retries_allowed(const struct tcpsock *tp)
{
	const struct tcpknobs *k = tcp_knobs(tp);

	if (tp->state == TCP_SYN_SENT)
		return tp->syn_retries ? tp->syn_retries : (u32)k->syn_retries;
	if (tp->state == TCP_SYN_RECV)
		return (u32)k->synack_retries;
	return tp->is_orphan ? RETRIES_ORPHAN : (u32)k->retries2;
}

static bool is_over(struct tcpsock *tp, u32 tries, nsec_t now)
{
	if (tp->user_timeout && tp->retrans_since && tp->state != TCP_SYN_RECV)
		return now - tp->retrans_since >= tp->user_timeout * NSEC_PER_MSEC;
	return tries >= retries_allowed(tp);
}

/* A window too small for a whole segment: as much as fits, rather than nothing. */
static void fill_small_window(struct tcpsock *tp)
{
	struct pktbuf *pb = tp->send_head;

	if (tp->snd_wnd && pb->len > tp->snd_wnd && !tcp_split(tp, pb, tp->snd_wnd))
		tp->max_window = tp->snd_wnd;
	tcp_push(tp, true);
}

static void probe_window(struct tcpsock *tp, nsec_t now)
{
	if (!tp->retrans_since)
		tp->retrans_since = now;
	if (tp->user_timeout ? now - tp->retrans_since >= tp->user_timeout * NSEC_PER_MSEC :
	    tp->probes >= (tp->is_orphan ? RETRIES_ORPHAN : tcp_knobs(tp)->retries2)) {
		tcp_end(tp, -ETIMEDOUT);
		return;
	}
	tp->probes = (u8)min(tp->probes + 1, 255);
	fill_small_window(tp);
	if (tp->snd_nxt == tp->snd_una && tp->send_head) {
		tcp_send_probe(tp);
		if (tp->backoff < 12)
			tp->backoff++;
	}
	tcp_rearm_rtx(tp, now);
}

/* The last segment once more, or a new one: its answer shows what is missing. */
static void probe_tail(struct tcpsock *tp, nsec_t now)
{
	struct pktbuf *pb = tp->send_head ? list_prev_entry(tp->send_head, link) :
			    list_last_entry(&tp->wq, struct pktbuf, link);
	u32 before = tp->snd_nxt;

	tp->tlp_out = true;
	tp->tlp_sent = now;
	tp->tlp_was_resent = false;
	if (tp->send_head)
		tcp_push(tp, true);
	if (tp->snd_nxt == before) {
		if (pb->len > tp->mss && !tcp_split(tp, pb, pb->len - tp->mss))
			pb = list_next_entry(pb, link);
		tp->tlp_was_resent = true;
		tcp_resend(tp, pb);
		ipstat_inc(tp->sk.net, TCPSTAT_LOSS_PROBES);
	}
	tp->tlp_seq = tp->snd_nxt;
	tcp_rearm_rtx(tp, now);
}

/* What is resent so long without an answer may be too large for the path, which does not say so: RFC 4821 7.7. */
static void suspect_path(struct tcpsock *tp, nsec_t now)
{
	const struct tcpknobs *k = tcp_knobs(tp);
	u32 extra = tcp_overhead(tp) + (tp->ts_ok ? 12 : 0), mss = (u32)k->base_mss;
	u32 doubled = (u32)min_t(u64, k->retries1, 9);

	if (!k->probes_mtu || now - tp->retrans_since < ((2u << doubled) - 1) * TCP_RTO_MIN)
		return;
	if (tp->mtu_searched)
		mss = max(min(mss, tp->mtu_searched / 2), (u32)k->mss_floor);
	tp->mtu_searched = mss;
	tp->pmtu = tp->pmtu ? min(tp->pmtu, mss + extra) : mss + extra;
	tcp_choose_mss(tp);
}

static void resend_timer(struct tcpsock *tp, nsec_t now)
{
	struct pktbuf *pb = list_first_entry_or_null(&tp->wq, struct pktbuf, link);

	if (tp->snd_nxt == tp->snd_una) {
		if (tp->send_head)
			probe_window(tp, now);
		return;
	}
	if (!pb || pb == tp->send_head)
		return;
	if (tp->rtx_kind == RTX_REORDER) {
		tcp_reorder_timer(tp, now);
		return;
	}
	if (tp->rtx_kind == RTX_PROBE_TAIL) {
		probe_tail(tp, now);
		return;
	}
	tp->tlp_out = false;
	tp->reorder_due = 0;
	ipstat_inc(tp->sk.net, TCPSTAT_TIMEOUTS);
	if (!tp->retrans_since)
		tp->retrans_since = now;
	if (is_over(tp, tp->retries, now)) {
		tcp_end(tp, -ETIMEDOUT);
		return;
	}
	if (tp->state != TCP_SYN_SENT && tp->state != TCP_SYN_RECV) {
		suspect_path(tp, now);
		tcp_enter_loss(tp);
	}
	tp->retries++;
	tcp_resend(tp, pb);
	if (tp->backoff < 12)
		tp->backoff++;
	tcp_rearm_rtx(tp, now);
}

static void delack_timer(struct tcpsock *tp, nsec_t now)
{
	if (tp->ack_pending) {
		ipstat_inc(tp->sk.net, TCPSTAT_DELAYED_ACKS);
		tp->is_pingpong = false;
		tcp_send_ack(tp);
	}
}

static void keep_timer(struct tcpsock *tp, nsec_t now)
{
	nsec_t heard;

	if (tp->state == TCP_TIME_WAIT || (tp->state == TCP_FIN_WAIT2 && tp->is_orphan)) {
		tcp_end(tp, 0);
		return;
	}
	if (!(tp->sk.ns.options & BIT(SO_KEEPALIVE)))
		return;
	if (tp->snd_nxt != tp->snd_una || tp->send_head) {	/* that tells as well */
		tcp_timer_set(tp, &tp->keep, now + tp->keep_idle * NSEC_PER_SEC);
		return;
	}
	heard = tp->last_rcvd + tp->keep_idle * NSEC_PER_SEC;
	if (heard > now) {
		tp->keep_probes = 0;
		tcp_timer_set(tp, &tp->keep, heard);
		return;
	}
	if (tp->user_timeout ? now - heard >= tp->user_timeout * NSEC_PER_MSEC && tp->keep_probes :
	    tp->keep_probes >= tp->keep_cnt) {
		tcp_send_reset(tp);
		tcp_end(tp, -ETIMEDOUT);
		return;
	}
	tp->keep_probes++;
	tcp_send_probe(tp);
	tcp_timer_set(tp, &tp->keep, now + tp->keep_intvl * NSEC_PER_SEC);
}

static void fire(struct tcpsock *tp, struct tcptimer *t, void (*fn)(struct tcpsock *tp, nsec_t now))
{
	nsec_t now = clock_ns(), due;

	tcp_lock(tp);
	due = t->due;
	if (due && due <= now) {
		t->due = 0;
		if (tp->state != TCP_CLOSE)
			fn(tp, now);
	} else if (due) {
		tcp_timer_set(tp, t, due);
	}
	tcp_unlock(tp);
	isock_put(&tp->sk);
}

static void rtx_fire(struct timeout *t)
{
	struct tcpsock *tp = container_of(t, struct tcpsock, rtx.t);

	fire(tp, &tp->rtx, resend_timer);
}

static void delack_fire(struct timeout *t)
{
	struct tcpsock *tp = container_of(t, struct tcpsock, delack.t);

	fire(tp, &tp->delack, delack_timer);
}

static void keep_fire(struct timeout *t)
{
	struct tcpsock *tp = container_of(t, struct tcpsock, keep.t);

	fire(tp, &tp->keep, keep_timer);
}

static void pace_timer(struct tcpsock *tp, nsec_t now)
{
	tcp_push(tp, false);
}

static void pace_fire(struct timeout *t)
{
	struct tcpsock *tp = container_of(t, struct tcpsock, pace.t);

	fire(tp, &tp->pace, pace_timer);
}

void tcp_timers_init(struct tcpsock *tp)
{
	const struct tcpknobs *k = tcp_knobs(tp);

	timeout_init(&tp->rtx.t, rtx_fire, 0);
	timeout_init(&tp->delack.t, delack_fire, 0);
	timeout_init(&tp->keep.t, keep_fire, 0);
	timeout_init(&tp->pace.t, pace_fire, 0);
	tp->keep_idle = (u32)k->keep_time;
	tp->keep_intvl = (u32)k->keep_interval;
	tp->keep_cnt = (u8)k->keep_count;
}
