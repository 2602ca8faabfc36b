// SPDX-License-Identifier: GPL-2.0-only
/*
 * How packets move a connection on: TCP by its flags (RFC 9293 3.3.2 as somebody between the ends sees it),
 * all else by whether there was an answer. Sequence numbers are not looked at.
 */
#include "track_impl.h"

#include <tern/kernel/clock.h>

#define SAME		CTTCP_STATES		/* as it was */
#define INVALID		(CTTCP_STATES + 1)
#define AGAIN		(CTTCP_STATES + 2)
#define UDP_STREAM_AFTER	(2 * NSEC_PER_SEC)
#define UNSEEN_S	300u			/* a connection met in its middle, until it is answered */

static u8 on_syn_ack(u8 state, u8 dir)
{
	if (dir ? state == CTTCP_SYN_SENT || state == CTTCP_SYN_SENT2 : state == CTTCP_SYN_SENT2)
		return CTTCP_SYN_RECV;
	return state == CTTCP_NONE || (!dir && state == CTTCP_SYN_SENT) ? INVALID : SAME;
}

static u8 on_syn(u8 state, u8 dir)
{
	if (state == CTTCP_NONE)
		return CTTCP_SYN_SENT;
	if (state == CTTCP_TIME_WAIT || state == CTTCP_CLOSE)
		return AGAIN;
	return dir && state == CTTCP_SYN_SENT ? CTTCP_SYN_SENT2 : SAME;
}

static u8 on_fin(struct ctflow *f, u8 state, u8 dir)
{
	switch (state) {
	case CTTCP_SYN_RECV:
	case CTTCP_ESTABLISHED:
		f->fin_dir = dir;
		return CTTCP_FIN_WAIT;
	case CTTCP_FIN_WAIT:
	case CTTCP_CLOSE_WAIT:
		return dir == f->fin_dir ? SAME : CTTCP_LAST_ACK;
	case CTTCP_NONE:
	case CTTCP_SYN_SENT:
	case CTTCP_SYN_SENT2:
		return INVALID;
	}
	return SAME;
}

static u8 on_ack(const struct ctflow *f, u8 state, u8 dir, bool loose)
{
	switch (state) {
	case CTTCP_NONE:
		return loose ? CTTCP_ESTABLISHED : INVALID;
	case CTTCP_SYN_SENT:
		return dir ? SAME : INVALID;
	case CTTCP_SYN_RECV:
		return dir ? SAME : CTTCP_ESTABLISHED;
	case CTTCP_FIN_WAIT:
		return dir == f->fin_dir ? SAME : CTTCP_CLOSE_WAIT;
	case CTTCP_LAST_ACK:
		return dir == f->fin_dir ? CTTCP_TIME_WAIT : SAME;
	}
	return SAME;
}

static u8 next_state(struct ctflow *f, u8 dir, u8 flags, bool loose)
{
	u8 state = f->tcp_state;

	if (flags & TCPF_RST)
		return state == CTTCP_NONE ? INVALID : CTTCP_CLOSE;
	if (flags & TCPF_SYN)
		return flags & TCPF_FIN ? INVALID : flags & TCPF_ACK ? on_syn_ack(state, dir) : on_syn(state, dir);
	if (!(flags & TCPF_ACK))
		return INVALID;
	return flags & TCPF_FIN ? on_fin(f, state, dir) : on_ack(f, state, dir, loose);
}

/* Time that a connection has from this packet on. */
static void extend(struct ctflow *f, u64 seconds)
{
	u64 ns = seconds * NSEC_PER_SEC;

	WRITE_ONCE(f->expires, (READ_ONCE(f->status) & IPS_CONFIRMED) ? clock_coarse_ns() + ns : ns);
}

static enum ctverdict tcp_moves(struct tracktable *t, struct ctflow *f, u8 dir, const struct pktbuf *pb, u32 l4)
{
	u8 flags, next;
	u64 seconds;

	if (l4 + sizeof(struct tcp_head) > pb->len)
		return CTV_INVALID;
	pktbuf_read(pb, l4 + (u32)offsetof(struct tcp_head, flags), &flags, 1);
	spin_lock_bh(&f->lock);
	next = next_state(f, dir, flags, READ_ONCE(t->loose));
	if (next < CTTCP_STATES)
		f->tcp_state = next;
	if (next <= SAME && dir)
		ctflow_set(f, IPS_SEEN_REPLY);
	if (f->tcp_state == CTTCP_ESTABLISHED && (READ_ONCE(f->status) & IPS_SEEN_REPLY))
		ctflow_set(f, IPS_ASSURED);
	seconds = READ_ONCE(t->timeouts[f->tcp_state]);
	if (f->tcp_state == CTTCP_ESTABLISHED && !(READ_ONCE(f->status) & IPS_ASSURED))
		seconds = min_t(u64, seconds, UNSEEN_S);
	spin_unlock_bh(&f->lock);
	if (next == AGAIN)
		return CTV_AGAIN;
	if (next == INVALID)
		return CTV_INVALID;
	extend(f, seconds);
	return CTV_FINE;
}

enum ctverdict track_state(struct tracktable *t, struct ctflow *f, u8 dir, const struct pktbuf *pb, u32 l4)
{
	u32 status;

	if (f->dir[0].t.proto == IPPROTO_TCP)
		return tcp_moves(t, f, dir, pb, l4);
	if (dir)
		ctflow_set(f, IPS_SEEN_REPLY);
	status = READ_ONCE(f->status);
	switch (f->dir[0].t.proto) {
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
		if ((status & IPS_SEEN_REPLY) && clock_coarse_ns() >= f->begun + UDP_STREAM_AFTER) {
			ctflow_set(f, IPS_ASSURED);
			extend(f, t->timeouts[CTTIME_UDP_STREAM]);
		} else {
			extend(f, t->timeouts[CTTIME_UDP]);
		}
		break;
	case IPPROTO_ICMP:
		extend(f, t->timeouts[CTTIME_ICMP]);
		break;
	case IPPROTO_ICMPV6:
		extend(f, t->timeouts[CTTIME_ICMP6]);
		break;
	default:
		extend(f, t->timeouts[CTTIME_OTHER]);
	}
	return CTV_FINE;
}
