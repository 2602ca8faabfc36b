// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP: round-trip time (RFC 6298), delivery rate (draft-cheng-iccrg-delivery-rate-estimation), pacing,
 * and two congestion controls, Reno (RFC 5681) and CUBIC (RFC 9438); the third is tcp_bbr.c. Windows are
 * bytes. All under sk.lock.
 */
#include "tcp_impl.h"

#include <tern/fs/procfs.h>
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

/* ---- delivery rate ---- */

void tcprate_sent(struct tcpsock *tp, struct tcpcb *cb, nsec_t now)
{
	if (tp->snd_nxt == tp->snd_una)
		tp->first_sent = tp->delivered_at = now;
	cb->delivered = tp->sum_delivered;
	cb->delivered_at = tp->delivered_at;
	cb->first_sent = tp->first_sent;
	cb->mark &= (u8)~TCPMARK_IDLE;
	if (tp->idle_until > tp->sum_delivered)
		cb->mark |= TCPMARK_IDLE;
}

void tcprate_delivered(struct tcpsock *tp, const struct tcpcb *cb, u32 n, nsec_t now)
{
	struct tcprate *r = &tp->rate;

	tp->sum_delivered += n;
	tp->delivered_at = now;
	if (!cb->delivered_at || (r->is_new && cb->delivered < r->prior))
		return;
	r->is_new = true;
	r->prior = cb->delivered;
	r->is_idle = cb->mark & TCPMARK_IDLE;
	r->rtt = cb->retries ? 0 : now - cb->sent;
	r->interval = max_t(u64, cb->sent - cb->first_sent, now - cb->delivered_at);
	tp->first_sent = cb->sent;
}

void tcprate_end(struct tcpsock *tp, u32 acked, nsec_t now)
{
	struct tcprate *r = &tp->rate;

	if (tp->idle_until && tp->sum_delivered >= tp->idle_until)
		tp->idle_until = 0;
	if (r->is_new) {
		r->delivered = tp->sum_delivered - r->prior;
		r->acked = acked;
		r->lost = tp->lost_out;
		if (r->interval < tp->min_rtt)
			r->interval = 0;	/* resent: not a sample */
		else if (!r->is_idle || r->delivered * NSEC_PER_SEC / r->interval > tp->last_rate)
			tp->last_rate = r->delivered * NSEC_PER_SEC / r->interval;
		if (tp->cc->sampled)
			tp->cc->sampled(tp, r, now);
	}
	memset(r, 0, sizeof(*r));
	if (tp->pacing_rate || tp->sk.ns.max_pacing != U64_MAX)
		tcpcc_pace(tp);
}

u64 tcpcc_pace(struct tcpsock *tp)
{
	u64 rate = U64_MAX;

	if (tp->cc->paces && tp->pacing_rate)
		rate = tp->pacing_rate;
	else if (tp->srtt)	/* faster than the window asks for, so that it can grow */
		rate = (u64)tp->cwnd * NSEC_PER_SEC / tp->srtt * (tp->cwnd < tp->ssthresh / 2 ? 20 : 12) / 10;
	rate = max_t(u64, min_t(u64, rate, tp->sk.ns.max_pacing), 1);
	if (tp->cc->paces || tp->sk.ns.max_pacing != U64_MAX)
		tp->pacing_rate = tp->cc->paces && !tp->pacing_rate ? 0 : rate;
	else
		tp->pacing_rate = 0;
	return rate;
}

/* ---- Reno ---- */

static void reno_start(struct tcpsock *tp)
{
}

static u32 reno_ssthresh(struct tcpsock *tp)
{
	return max(tp->cwnd / 2, 2 * tp->mss);
}

static void reno_acked(struct tcpsock *tp, u32 bytes, nsec_t now)
{
	if (!tp->is_cwnd_limited)
		return;
	tp->is_cwnd_limited = false;
	if (tp->cwnd < tp->ssthresh)
		tp->cwnd = min(tp->cwnd + min(bytes, tp->cwnd), CWND_MAX);
	else
		tp->cwnd = min(tp->cwnd + max((u32)((u64)bytes * tp->mss / tp->cwnd), 1u), CWND_MAX);
}

const struct tcpcc tcp_reno = { .name = "reno", .start = reno_start, .ssthresh = reno_ssthresh, .acked = reno_acked };

/* ---- CUBIC ---- */

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

static void cubic_start(struct tcpsock *tp)
{
	memset(&tp->cubic, 0, sizeof(tp->cubic));
}

static u32 cubic_ssthresh(struct tcpsock *tp)
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

static void cubic_acked(struct tcpsock *tp, u32 bytes, nsec_t now)
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

const struct tcpcc tcp_cubic = { .name = "cubic", .start = cubic_start, .ssthresh = cubic_ssthresh,
				 .acked = cubic_acked };

/* ---- the choice ---- */

static const struct tcpcc *const all[] = { &tcp_reno, &tcp_cubic, &tcp_bbr };

const struct tcpcc *tcpcc_default(const struct netns *ns)
{
	const struct tcpcc *chosen = READ_ONCE(ns->ip4->cc);

	return chosen ? chosen : &tcp_cubic;
}

const struct tcpcc *tcpcc_find(const char *name)
{
	for (u32 i = 0; i < ARRAY_SIZE(all); i++)
		if (!strcmp(all[i]->name, name))
			return all[i];
	return NULL;
}

void tcpcc_start(struct tcpsock *tp, const struct tcpcc *cc)
{
	tp->cc = cc;
	tp->pacing_rate = 0;
	cc->start(tp);
}

static void print_chosen(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "%s\n", tcpcc_default(netns_self())->name);
}

static ssize_t choose(const char *text, size_t n, void *arg)
{
	char name[16] = "";
	const struct tcpcc *cc;

	for (u32 i = 0; i < n && i < sizeof(name) - 1 && text[i] > ' '; i++)
		name[i] = text[i];
	cc = tcpcc_find(name);
	if (!netns_cap(CAP_NET_ADMIN))
		return -EPERM;
	if (!cc)
		return -ENOENT;
	WRITE_ONCE(netns_self()->ip4->cc, cc);
	return (ssize_t)n;
}
static struct procfile congestion_file = { .path = "sys/net/ipv4/tcp_congestion_control", .mode = 0644,
	.print = print_chosen, .write = choose, .is_netns = true };
PROCFILE(congestion_file);

static void print_all(struct seqbuf *sb, void *arg)
{
	for (u32 i = 0; i < ARRAY_SIZE(all); i++)
		seqbuf_printf(sb, i ? " %s" : "%s", all[i]->name);
	seqbuf_puts(sb, "\n");
}
static struct procfile available_file = { .path = "sys/net/ipv4/tcp_available_congestion_control",
	.print = print_all };
PROCFILE(available_file);
static struct procfile allowed_file = { .path = "sys/net/ipv4/tcp_allowed_congestion_control", .print = print_all };
PROCFILE(allowed_file);
