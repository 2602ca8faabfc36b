// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP: congestion control by bandwidth and round-trip time (draft-cardwell-iccrg-bbr-congestion-control-00).
 *
 * bw is the most that arrived in a second over the last ten rounds, min_rtt the shortest round trip in
 * ten seconds; their product is what the path holds. Start-up doubles the rate each round until bw stops
 * to grow; draining takes the queue away again; then the rate goes around bw in cycles of eight, and every
 * ten seconds the window goes down to four segments for a moment, to see the path without a queue.
 */
#include "tcp_impl.h"

#include <tern/kernel/random.h>
#include <tern/lib/string.h>

enum { BBR_STARTUP, BBR_DRAIN, BBR_PROBE_BW, BBR_PROBE_RTT };

#define GAIN_ONE	256u
#define GAIN_HIGH	739u			/* 2/ln 2 */
#define GAIN_DRAIN	89u
#define GAIN_WINDOW	512u
#define CYCLE		8u
#define MIN_RTT_NS	(10 * NSEC_PER_SEC)
#define PROBE_NS	(200 * NSEC_PER_MSEC)
#define CWND_MIN_SEGS	4u
#define CWND_MAX	(64u << 20)

static const u32 cycle_gain[CYCLE] = { 320, 192, 256, 256, 256, 256, 256, 256 };

static u64 bandwidth(const struct bbr *b)
{
	u64 most = 0;

	for (u32 i = 0; i < BBR_ROUNDS; i++)
		most = max(most, b->bw[i]);
	return most;
}

/* What the path holds, times @gain, in bytes. */
static u64 path_bytes(const struct tcpsock *tp, u32 gain)
{
	const struct bbr *b = &tp->bbr;
	u64 bw = bandwidth(b);

	if (!bw || !b->min_rtt)
		return (u64)10 * tp->mss * gain / GAIN_ONE;
	return bw * (b->min_rtt / NSEC_PER_USEC) / (NSEC_PER_SEC / NSEC_PER_USEC) * gain / GAIN_ONE;
}

static u32 pacing_gain(const struct bbr *b)
{
	static const u32 gains[] = { [BBR_STARTUP] = GAIN_HIGH, [BBR_DRAIN] = GAIN_DRAIN, [BBR_PROBE_RTT] = GAIN_ONE };

	return b->mode == BBR_PROBE_BW ? cycle_gain[b->cycle] : gains[b->mode];
}

static void bbr_start(struct tcpsock *tp)
{
	u64 rtt = tp->srtt ? tp->srtt : NSEC_PER_MSEC;

	memset(&tp->bbr, 0, sizeof(tp->bbr));
	tp->bbr.min_rtt = tp->min_rtt;
	tp->bbr.min_rtt_at = clock_ns();
	tp->bbr.next_round = tp->sum_delivered;
	tp->pacing_rate = max_t(u64, (u64)max(tp->cwnd, 10 * tp->mss) * NSEC_PER_SEC / rtt * GAIN_HIGH / GAIN_ONE, 1);
}

/* A loss alone says nothing about the path. */
static u32 bbr_ssthresh(struct tcpsock *tp)
{
	return tp->ssthresh;
}

static void take_bandwidth(struct tcpsock *tp, const struct tcprate *r)
{
	struct bbr *b = &tp->bbr;
	u64 bw;

	b->round_start = r->prior >= b->next_round;
	if (b->round_start) {
		b->next_round = tp->sum_delivered;
		b->round++;
		b->bw[b->round % BBR_ROUNDS] = 0;
	}
	if (!r->interval)
		return;
	bw = r->delivered * NSEC_PER_SEC / r->interval;
	if (!r->is_idle || bw >= bandwidth(b))
		b->bw[b->round % BBR_ROUNDS] = max(b->bw[b->round % BBR_ROUNDS], bw);
}

/* Three rounds without a quarter more: the path is full. */
static void look_for_full(struct tcpsock *tp, const struct tcprate *r)
{
	struct bbr *b = &tp->bbr;
	u64 bw = bandwidth(b);

	if (b->is_full || !b->round_start || r->is_idle)
		return;
	if (bw >= b->full_bw * 5 / 4) {
		b->full_bw = bw;
		b->full_count = 0;
	} else if (++b->full_count >= 3) {
		b->is_full = true;
	}
}

static void probe_bandwidth(struct bbr *b, nsec_t now)
{
	b->mode = BBR_PROBE_BW;
	b->cycle = (u8)(random_below(CYCLE - 1) + 2) % CYCLE;	/* anywhere but in the part that drains */
	b->cycle_at = now;
}

static void next_in_cycle(struct tcpsock *tp, const struct tcprate *r, nsec_t now)
{
	struct bbr *b = &tp->bbr;
	bool is_over = now - b->cycle_at > b->min_rtt;
	u32 gain = cycle_gain[b->cycle];

	if (gain > GAIN_ONE)	/* until the queue is there that was asked for */
		is_over = is_over && (r->lost || tcp_in_flight(tp) >= path_bytes(tp, gain));
	else if (gain < GAIN_ONE)	/* or gone again */
		is_over = is_over || tcp_in_flight(tp) <= path_bytes(tp, GAIN_ONE);
	if (is_over) {
		b->cycle = (b->cycle + 1) % CYCLE;
		b->cycle_at = now;
	}
}

static void choose_mode(struct tcpsock *tp, const struct tcprate *r, nsec_t now)
{
	struct bbr *b = &tp->bbr;

	if (b->mode == BBR_STARTUP && b->is_full)
		b->mode = BBR_DRAIN;
	if (b->mode == BBR_DRAIN && tcp_in_flight(tp) <= path_bytes(tp, GAIN_ONE))
		probe_bandwidth(b, now);
	else if (b->mode == BBR_PROBE_BW)
		next_in_cycle(tp, r, now);
}

static void take_round_trip(struct tcpsock *tp, const struct tcprate *r, nsec_t now)
{
	struct bbr *b = &tp->bbr;
	bool is_old = now - b->min_rtt_at > MIN_RTT_NS;

	if (r->rtt && (!b->min_rtt || r->rtt <= b->min_rtt || is_old)) {
		b->min_rtt = r->rtt;
		b->min_rtt_at = now;
	}
	if (is_old && b->mode != BBR_PROBE_RTT) {
		b->mode = BBR_PROBE_RTT;
		b->prior_cwnd = tp->cwnd;
		b->probe_done = 0;
	}
	if (b->mode != BBR_PROBE_RTT)
		return;
	if (!b->probe_done && tcp_in_flight(tp) <= CWND_MIN_SEGS * tp->mss) {
		b->probe_done = now + PROBE_NS;
	} else if (b->probe_done && now > b->probe_done) {
		b->min_rtt_at = now;
		tp->cwnd = max(tp->cwnd, b->prior_cwnd);
		if (b->is_full)
			probe_bandwidth(b, now);
		else
			b->mode = BBR_STARTUP;
	}
}

static void set_window(struct tcpsock *tp, u32 acked)
{
	struct bbr *b = &tp->bbr;
	u32 gain = b->mode == BBR_PROBE_BW ? GAIN_WINDOW : b->mode == BBR_PROBE_RTT ? GAIN_ONE : GAIN_HIGH;
	u64 target = path_bytes(tp, gain) + 3 * max_t(u64, tp->pacing_rate / 1024, tp->mss), cwnd = tp->cwnd;

	if (b->is_full)
		cwnd = min_t(u64, cwnd + acked, target);
	else if (cwnd < target || tp->sum_delivered < 10 * tp->mss)
		cwnd += acked;
	cwnd = clamp_t(u64, cwnd, CWND_MIN_SEGS * tp->mss, CWND_MAX);
	if (b->mode == BBR_PROBE_RTT)
		cwnd = min_t(u64, cwnd, CWND_MIN_SEGS * tp->mss);
	tp->cwnd = (u32)cwnd;
}

static void bbr_sampled(struct tcpsock *tp, const struct tcprate *r, nsec_t now)
{
	struct bbr *b = &tp->bbr;
	u64 rate;

	take_bandwidth(tp, r);
	look_for_full(tp, r);
	choose_mode(tp, r, now);
	take_round_trip(tp, r, now);
	rate = bandwidth(b) / 100 * 99 * pacing_gain(b) / GAIN_ONE;
	if (rate && (b->is_full || rate > tp->pacing_rate))
		tp->pacing_rate = rate;
	set_window(tp, r->acked);
}

const struct tcpcc tcp_bbr = { .name = "bbr", .paces = true, .start = bbr_start, .ssthresh = bbr_ssthresh,
			       .sampled = bbr_sampled };
