// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP: acknowledgements in. What is acknowledged leaves the write queue; SACK (RFC 2018)
 * and the times at which segments were sent (RACK, RFC 8985) tell what is lost; that is
 * resent as far as the congestion window allows (RFC 6675, 6582 without SACK).
 *
 * Each queued packet carries marks; sacked_out, lost_out and retrans_out are the bytes
 * with each mark, so tcp_in_flight() is arithmetic.
 */
#include "tcp_impl.h"

static void unmark(struct tcpsock *tp, const struct tcpcb *cb, u32 n)
{
	if (cb->mark & TCPMARK_SACKED)
		tp->sacked_out -= n;
	if (cb->mark & TCPMARK_LOST)
		tp->lost_out -= n;
	if (cb->mark & TCPMARK_RETRANS)
		tp->retrans_out -= n;
}

/* A packet was delivered: RFC 8985 6.2 step 2. */
static void note_delivery(struct tcpsock *tp, const struct tcpcb *cb, nsec_t now)
{
	u64 rtt = now - cb->sent;

	tp->delivered++;
	if (!cb->retries && seq_before(cb->end_seq, tp->fack)) {
		tp->is_reordering = true;
		tp->reord_seen++;
	}
	if (seq_after(cb->end_seq, tp->fack))
		tp->fack = cb->end_seq;
	if (cb->retries && rtt < tp->min_rtt)
		return;		/* surely the first copy's */
	if (cb->sent < tp->rack_sent || (cb->sent == tp->rack_sent && !seq_after(cb->end_seq, tp->rack_seq)))
		return;
	tp->rack_sent = cb->sent;
	tp->rack_seq = cb->end_seq;
	tp->rack_rtt = rtt;
}

static u32 min_seq(u32 a, u32 b)
{
	return seq_before(a, b) ? a : b;
}

/* Drop what @ack covers; the time of the newest that was sent once goes to *@sent. */
static void clean_queue(struct tcpsock *tp, u32 ack, nsec_t *sent, nsec_t now)
{
	struct pktbuf *pb, *next;

	list_foreach_safe(pb, next, &tp->wq, link) {
		struct tcpcb *cb = tcpcb_of(pb);

		if (pb == tp->send_head || !seq_after(ack, cb->seq))
			break;
		if (!cb->retries)
			*sent = cb->sent;
		if (!(cb->mark & TCPMARK_SACKED)) {
			note_delivery(tp, cb, now);
			tcprate_delivered(tp, cb, min_seq(cb->end_seq, ack) - cb->seq, now);
		}
		if (seq_before(ack, cb->end_seq)) {
			u32 n = ack - cb->seq;

			unmark(tp, cb, n);
			pktbuf_drop_front(pb, min(n, pb->len));
			cb->seq = ack;
			break;
		}
		unmark(tp, cb, cb->end_seq - cb->seq);
		list_unlink(&pb->link);
		tp->wq_mem -= pb->truesize;
		pktbuf_free(pb);
	}
}

static void mark_sacked(struct tcpsock *tp, struct pktbuf *pb, nsec_t now)
{
	struct tcpcb *cb = tcpcb_of(pb);
	u32 n = cb->end_seq - cb->seq;

	unmark(tp, cb, n);
	cb->mark = TCPMARK_SACKED;
	tp->sacked_out += n;
	note_delivery(tp, cb, now);
	tcprate_delivered(tp, cb, n, now);
}

/* One block; true if it said something new. */
static bool take_block(struct tcpsock *tp, u32 start, u32 end, nsec_t now)
{
	struct pktbuf *pb;
	bool news = false;

	if (!seq_before(start, end) || !seq_after(end, tp->snd_una) || seq_after(end, tp->snd_nxt) ||
	    seq_before(start, tp->snd_una))
		return false;
	list_foreach(pb, &tp->wq, link) {
		struct tcpcb *cb = tcpcb_of(pb);

		if (pb == tp->send_head || !seq_before(cb->seq, end))
			break;
		if ((cb->mark & TCPMARK_SACKED) || !seq_after(cb->end_seq, start))
			continue;
		if (seq_before(cb->seq, start)) {	/* the block begins inside */
			tcp_split(tp, pb, start - cb->seq);
			continue;
		}
		if (seq_after(cb->end_seq, end) && end - cb->seq < pb->len &&
		    tcp_split(tp, pb, end - cb->seq))
			break;
		mark_sacked(tp, pb, now);
		news = true;
	}
	return news;
}

static void mark_lost(struct tcpsock *tp, struct tcpcb *cb)
{
	u32 n = cb->end_seq - cb->seq;

	if (!(cb->mark & TCPMARK_LOST)) {
		cb->mark |= TCPMARK_LOST;
		tp->lost_out += n;
	}
	if (cb->mark & TCPMARK_RETRANS) {
		cb->mark &= (u8)~TCPMARK_RETRANS;
		tp->retrans_out -= n;
	}
}

/*
 * What was sent before something that was delivered, and is late by more than a reordering
 * may explain, is lost: RFC 8985 6.2 step 5. True: some is. *@next: when more may be.
 */
static bool find_lost(struct tcpsock *tp, nsec_t now, nsec_t *next)
{
	bool sure = !tp->is_reordering && (tp->dupacks >= 3 || tp->ca_state >= TCPCA_RECOVERY);
	u64 reorder = sure ? 0 : min_t(u64, tp->reorder_mult * tp->min_rtt / 4, tp->srtt);
	struct pktbuf *pb;
	bool any = false;

	*next = 0;
	list_foreach(pb, &tp->wq, link) {
		struct tcpcb *cb = tcpcb_of(pb);
		nsec_t due;

		if (pb == tp->send_head)
			break;
		if ((cb->mark & TCPMARK_SACKED) || (cb->mark & (TCPMARK_LOST | TCPMARK_RETRANS)) == TCPMARK_LOST)
			continue;
		if (cb->sent > tp->rack_sent ||
		    (cb->sent == tp->rack_sent && !seq_before(cb->end_seq, tp->rack_seq)))
			continue;
		due = cb->sent + tp->rack_rtt + reorder;
		if (due <= now) {
			mark_lost(tp, cb);
			any = true;
		} else if (!*next || due < *next) {
			*next = due;
		}
	}
	return any;
}

void tcp_resend_lost(struct tcpsock *tp)
{
	struct pktbuf *pb;

	list_foreach(pb, &tp->wq, link) {
		struct tcpcb *cb = tcpcb_of(pb);

		if (pb == tp->send_head)
			break;
		if ((cb->mark & (TCPMARK_LOST | TCPMARK_RETRANS)) != TCPMARK_LOST)
			continue;
		if (tcp_in_flight(tp) >= tp->cwnd || tcp_resend(tp, pb))
			break;
	}
}

/* Down to what congestion control says, and tell the peer. */
static void reduce(struct tcpsock *tp)
{
	tp->high_seq = tp->snd_nxt;
	tp->ssthresh = tp->cc->ssthresh(tp);
	if (tp->cc->acked)
		tp->cwnd = tp->ssthresh;
	tp->ecn |= tp->ecn & TCPECN_OK ? TCPECN_TELL : 0;
}

void tcp_slow_down(struct tcpsock *tp)
{
	if (tp->ca_state >= TCPCA_CWR)
		return;
	reduce(tp);
	tp->ca_state = TCPCA_CWR;
}

static void enter_recovery(struct tcpsock *tp)
{
	if (tp->ca_state != TCPCA_CWR)
		reduce(tp);
	tp->high_seq = tp->snd_nxt;
	tp->ca_state = TCPCA_RECOVERY;
	ipstat_inc(tp->sk.net, TCPSTAT_FAST_RETRANS);
}

void tcp_enter_loss(struct tcpsock *tp)
{
	struct pktbuf *pb;

	if (tp->ca_state != TCPCA_LOSS) {
		tp->ssthresh = tp->cc->ssthresh(tp);
		tp->high_seq = tp->snd_nxt;
		tp->ecn |= tp->ecn & TCPECN_OK ? TCPECN_TELL : 0;
	}
	tp->ca_state = TCPCA_LOSS;
	tp->cwnd = tp->mss;
	tp->dupacks = 0;
	if (!tp->sack_ok)
		tp->sacked_out = 0;
	list_foreach(pb, &tp->wq, link) {
		if (pb == tp->send_head)
			break;
		if (!(tcpcb_of(pb)->mark & TCPMARK_SACKED))
			mark_lost(tp, tcpcb_of(pb));
	}
}

static void mark_head_lost(struct tcpsock *tp)
{
	struct pktbuf *pb = list_first_entry_or_null(&tp->wq, struct pktbuf, link);

	if (pb && pb != tp->send_head && !(tcpcb_of(pb)->mark & TCPMARK_SACKED)) {
		if (pb->len > tp->mss)
			tcp_split(tp, pb, tp->mss);
		mark_lost(tp, tcpcb_of(pb));
	}
}

static void react(struct tcpsock *tp, u32 acked, bool news, nsec_t now)
{
	bool recovering = tp->ca_state == TCPCA_RECOVERY || tp->ca_state == TCPCA_LOSS;
	nsec_t next = 0;
	bool lost = ((tp->sacked_out && tp->sack_ok) || recovering) && find_lost(tp, now, &next);

	tp->reorder_due = next;

	if (tp->ca_state == TCPCA_CWR && !seq_before(tp->snd_una, tp->high_seq))
		tp->ca_state = TCPCA_OPEN;
	if (recovering && !seq_before(tp->snd_una, tp->high_seq)) {
		if (tp->cc->acked)
			tp->cwnd = max(min(tp->cwnd, tp->ssthresh), 2 * tp->mss);
		tp->ca_state = TCPCA_OPEN;
		tp->dupacks = 0;
		if (!tp->sack_ok)
			tp->sacked_out = 0;
		recovering = false;
	}
	if (recovering) {
		if (acked && !tp->sack_ok)
			mark_head_lost(tp);	/* the next hole, RFC 6582 */
		if (tp->ca_state == TCPCA_LOSS && acked)
			tp->cwnd = min(tp->cwnd + acked, max(tp->ssthresh, tp->mss));
		tcp_resend_lost(tp);
		return;
	}
	if (lost || (tp->dupacks >= 3 && (tp->sack_ok || tp->sacked_out >= 3 * tp->mss))) {
		if (!tp->lost_out)
			mark_head_lost(tp);
		enter_recovery(tp);
		tcp_resend_lost(tp);
		return;
	}
	if (acked && tp->cc->acked && tp->ca_state != TCPCA_CWR)
		tp->cc->acked(tp, acked, now);
}

void tcp_reorder_timer(struct tcpsock *tp, nsec_t now)
{
	nsec_t next;

	if (find_lost(tp, now, &next)) {
		if (tp->ca_state < TCPCA_RECOVERY)
			enter_recovery(tp);
		tcp_resend_lost(tp);
	}
	tp->reorder_due = next;
	tcp_rearm_rtx(tp, now);
}

/* The answer to a probe of the tail: RFC 8985 7.4. By its time stamp, was it the probe that arrived? */
static void end_tail_probe(struct tcpsock *tp, u32 ack, const struct tcp_opts *o)
{
	if (seq_before(ack, tp->tlp_seq))
		return;
	tp->tlp_out = false;
	if (!tp->tlp_was_resent || !tp->ts_ok || !o->has_ts || tp->ca_state != TCPCA_OPEN)
		return;
	if ((s32)(o->tsecr - tcp_now_ms(tp, tp->tlp_sent)) < 0)
		return;		/* the first copy was only late */
	tcp_slow_down(tp);
}

static void update_window(struct tcpsock *tp, const struct tcp_head *h, u32 seq, u32 ack)
{
	u32 wnd = (u32)FROM_BE16(h->window) << tp->snd_wscale;

	if (seq_after(ack, tp->snd_una) || seq_after(seq, tp->snd_wl1) ||
	    (seq == tp->snd_wl1 && wnd > tp->snd_wnd)) {
		tp->snd_wl1 = seq;
		tp->snd_wnd = wnd;
		tp->max_window = max(tp->max_window, wnd);
	}
}

/* Without SACK each duplicate tells that a segment arrived, but the first did not. */
static void guess_sacked(struct tcpsock *tp)
{
	u32 out = tp->snd_nxt - tp->snd_una;

	if (tp->sacked_out + 2 * tp->mss <= out)
		tp->sacked_out += tp->mss;
}

/* What is acknowledged was the hole, then what the duplicates were for. */
static void guess_acked(struct tcpsock *tp, u32 acked)
{
	u32 beyond = acked > tp->mss ? acked - tp->mss : 0;

	tp->sacked_out -= min(tp->sacked_out, beyond);
	if (tp->snd_una == tp->snd_nxt)
		tp->sacked_out = 0;
}

/* When a segment left whose time stamp came back; 0: it cannot be. */
static nsec_t stamp_time(const struct tcpsock *tp, u32 tsecr, nsec_t now)
{
	u32 age = tcp_now_ms(tp, now) - tsecr;

	return age < 60000 ? now - age * NSEC_PER_MSEC : 0;
}

bool tcp_ack(struct tcpsock *tp, const struct tcp_head *h, u32 seq, u32 ack, u32 len, const struct tcp_opts *o)
{
	u32 old_wnd = tp->snd_wnd, acked;
	nsec_t now, sent = 0;
	bool news = false;

	if (unlikely(seq_after(ack, tp->snd_nxt))) {
		if (tp->state != TCP_ESTABLISHED)
			tcp_send_challenge(tp);
		return false;
	}
	if (unlikely(seq_before(ack, tp->snd_una))) {
		if (!seq_before(ack, tp->snd_una - (u32)min_t(u64, tp->max_window, tp->bytes_acked)))
			return true;
		tcp_send_challenge(tp);	/* RFC 5961 5.2 */
		return false;
	}
	acked = ack - tp->snd_una;
	update_window(tp, h, seq, ack);
	if (likely(!acked && tp->snd_nxt == tp->snd_una)) {
		tp->probes = 0;
		if (tp->send_head && tp->snd_wnd != old_wnd)
			tcp_push(tp, false);
		return true;
	}
	now = clock_ns();
	if (unlikely(o->nsack && tp->sack_ok))
		if (seq_before(o->sack[0].start, ack)) {	/* we resent something in vain */
			tp->dsack_dups++;
			tp->reorder_mult = min(tp->reorder_mult + 1, 20);
		}
	if (unlikely(o->nsack && tp->sack_ok))
		for (u32 i = 0; i < o->nsack; i++)
			news |= take_block(tp, o->sack[i].start, o->sack[i].end, now);
	if (acked) {
		tp->snd_una = ack;
		tp->bytes_acked += acked;
		clean_queue(tp, ack, &sent, now);
		if (!tp->sack_ok)
			guess_acked(tp, acked);
		if (tp->retries && tp->ts_ok && o->has_ts && !sent && o->tsecr)
			sent = stamp_time(tp, o->tsecr, now);
		if (sent) {	/* Karn: else the time-out stays long */
			tcp_rtt_sample(tp, now - sent);
			tp->backoff = 0;
		}
		tp->retries = tp->probes = 0;
		tp->retrans_since = 0;
		if (tp->ca_state == TCPCA_OPEN)
			tp->dupacks = 0;
		if (unlikely(tp->tlp_out))
			end_tail_probe(tp, ack, o);
		if (tp->snd_urg && !seq_before(ack, tp->snd_up))
			tp->snd_urg = false;
	} else if (!len && !(h->flags & (TCPF_SYN | TCPF_FIN)) && (news || tp->snd_wnd == old_wnd)) {
		tp->dupacks++;
		if (!tp->sack_ok)
			guess_sacked(tp);
	}
	if (unlikely((tp->ecn & TCPECN_OK) && (h->flags & (TCPF_ECE | TCPF_SYN)) == TCPF_ECE)) {
		tp->delivered_ce++;
		tcp_slow_down(tp);
	}
	react(tp, acked, news, now);
	if (acked || news)
		tcprate_end(tp, acked, now);
	tcp_push(tp, false);
	if (acked || tp->reorder_due)
		tcp_rearm_rtx(tp, now);
	if (acked) {
		if (tp->wants_space && tcp_has_space(tp)) {
			tp->wants_space = false;
			isock_wake(&tp->sk, IWAKE_WRITE);
		}
	}
	return true;
}
