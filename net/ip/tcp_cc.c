// SPDX-License-Identifier: GPL-2.0-only
/* TCP: round-trip time (RFC 6298) and CUBIC (RFC 9438), windows in bytes. */
#include "tcp_impl.h"

#include <tern/lib/string.h>

#define BETA_1024	717u	/* 0.7 */
#define CWND_MAX	(64u << 20)

void tcp_rtt_sample(struct tcpsock *tp, u64 rtt)
{
	rtt = max_t(u64, rtt, 1000);
	if (!tp->srtt) {
		tp->srtt = rtt;
		tp->rttvar = rtt / 2;
	} else {
		u64 diff = tp->srtt > rtt ? tp->srtt - rtt : rtt - tp->srtt;

		tp->rttvar = (3 * tp->rttvar + diff) / 4;
		tp->srtt = (7 * tp->srtt + rtt) / 8;
	}
	if (!tp->min_rtt || rtt < tp->min_rtt)
		tp->min_rtt = rtt;
	tp->rto = clamp_t(u64, tp->srtt + max_t(u64, 4 * tp->rttvar, TCP_RTO_MIN), TCP_RTO_MIN, TCP_RTO_MAX);
}

static u64 cube_root(u64 v)
{
	u64 r = 0;

	for (int b = 20; b >= 0; b--) {
		u64 t = r | 1UL << b;

		if (t * t * t <= v)
			r = t;
	}
	return r;
}

void cubic_reset(struct tcpsock *tp)
{
	memset(&tp->cubic, 0, sizeof(tp->cubic));
}

u32 cubic_ssthresh(struct tcpsock *tp)
{
	struct cubic *c = &tp->cubic;

	c->epoch = 0;
	c->wmax = tp->cwnd < c->wmax ? (u64)tp->cwnd * (1024 + BETA_1024) / 2048 : tp->cwnd;
	return max((u32)((u64)tp->cwnd * BETA_1024 / 1024), 2 * tp->mss);
}

/* Where the curve is now, in bytes. */
static u64 curve(struct tcpsock *tp, nsec_t now)
{
	struct cubic *c = &tp->cubic;
	u64 t = (now - c->epoch + tp->min_rtt) / NSEC_PER_MSEC, d, delta;

	d = t > c->k_ms ? t - c->k_ms : c->k_ms - t;
	d = min_t(u64, d, 1000000);
	delta = d * d / 1000 * d / 1000 * tp->mss / 1000 * 2 / 5;	/* 0.4 segments per s^3 */
	if (t < c->k_ms)
		return delta < c->origin ? c->origin - delta : 0;
	return c->origin + delta;
}

void cubic_acked(struct tcpsock *tp, u32 bytes, nsec_t now)
{
	struct cubic *c = &tp->cubic;
	u64 target, step;

	if (!tp->is_cwnd_limited)
		return;
	tp->is_cwnd_limited = false;
	if (tp->cwnd < tp->ssthresh) {
		tp->cwnd = min(tp->cwnd + min(bytes, tp->cwnd), CWND_MAX);
		return;
	}
	if (!c->epoch) {
		c->epoch = now;
		c->est = tp->cwnd;
		c->origin = max_t(u64, c->wmax, tp->cwnd);
		c->k_ms = cube_root((c->origin - tp->cwnd) / tp->mss * 5 / 2 * 1000000000UL);
	}
	c->est += (u64)bytes * tp->mss / tp->cwnd * 529 / 1000;
	target = max(curve(tp, now), c->est);
	if (target <= tp->cwnd)
		return;
	step = min_t(u64, (target - tp->cwnd) * bytes / tp->cwnd, bytes / 2);
	tp->cwnd = (u32)min_t(u64, tp->cwnd + step, CWND_MAX);
}
