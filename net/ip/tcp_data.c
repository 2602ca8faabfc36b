// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP: bytes that arrive. What is in order joins sk.rxq; the rest waits in ofo, by sequence number and
 * without overlaps, until the hole before it is filled. What waits is told by SACK (RFC 2018: the block
 * that changed last comes first), what came twice by DSACK (RFC 2883). All under sk.lock.
 */
#include "tcp_impl.h"

#include <tern/fs/ofile.h>
#include <tern/lib/string.h>

/* The blocks without those that [start, end) touches, which then is first. */
static void sack_first(struct tcpsock *tp, u32 start, u32 end)
{
	u32 n = 0;

	for (u32 i = 0; i < tp->nsack; i++)
		if (seq_after(tp->sack[i].start, end) || seq_before(tp->sack[i].end, start))
			tp->sack[n++] = tp->sack[i];
	n = min(n, TCP_SACKS - 1);
	memmove(tp->sack + 1, tp->sack, n * sizeof(*tp->sack));
	tp->sack[0].start = start;
	tp->sack[0].end = end;
	tp->nsack = (u8)(n + 1);
}

/* [start, end) came early: find what it joined. */
static void note_early(struct tcpsock *tp, u32 start, u32 end)
{
	struct pktbuf *pb;

	if (!tp->sack_ok || start == end)
		return;
	list_foreach(pb, &tp->ofo, link) {
		const struct tcpcb *cb = tcpcb_of(pb);

		if (cb->seq == end)
			end = cb->end_seq;
	}
	list_foreach_reverse(pb, &tp->ofo, link) {
		const struct tcpcb *cb = tcpcb_of(pb);

		if (!seq_after(cb->seq, start) && !seq_before(cb->end_seq, start))
			start = cb->seq;
	}
	sack_first(tp, start, end);
}

/* Blocks that are no longer ahead of a hole. */
static void forget_sacks(struct tcpsock *tp)
{
	u32 n = 0;

	for (u32 i = 0; i < tp->nsack; i++)
		if (seq_after(tp->sack[i].start, tp->rcv_nxt))
			tp->sack[n++] = tp->sack[i];
	tp->nsack = (u8)n;
}

/* Behind what is there; consumes. */
static void append_ready(struct tcpsock *tp, struct pktbuf *pb)
{
	struct pktbuf *last = list_last_entry_or_null(&tp->sk.rxq, struct pktbuf, link);

	tp->bytes_rcvd += tcpcb_of(pb)->end_seq - tp->rcv_nxt;
	tp->rcv_nxt = tcpcb_of(pb)->end_seq;
	if (last && pb->len == pb->linear && pb->len <= pktbuf_tailroom(last)) {
		memcpy(pktbuf_put(last, pb->len), pb->data, pb->len);
		pktbuf_free(pb);
		return;
	}
	tp->sk.rx_bytes += pb->truesize;
	list_add_tail(&pb->link, &tp->sk.rxq);
}

/* True: a FIN follows what was taken. */
static bool fill_from_ofo(struct tcpsock *tp)
{
	struct pktbuf *pb;
	bool fin = false;

	while ((pb = list_first_entry_or_null(&tp->ofo, struct pktbuf, link))) {
		struct tcpcb *cb = tcpcb_of(pb);

		if (seq_after(cb->seq, tp->rcv_nxt))
			break;
		list_unlink(&pb->link);
		tp->ofo_mem -= pb->truesize;
		if (cb->flags & TCPF_FIN)
			fin = true;
		if (!seq_after(cb->end_seq, tp->rcv_nxt)) {
			pktbuf_free(pb);
			continue;
		}
		if (seq_before(cb->seq, tp->rcv_nxt)) {
			pktbuf_drop_front(pb, tp->rcv_nxt - cb->seq);
			cb->seq = tp->rcv_nxt;
		}
		append_ready(tp, pb);
	}
	forget_sacks(tp);
	return fin;
}

static u32 min_seq(u32 a, u32 b)
{
	return seq_before(a, b) ? a : b;
}

/* These bytes were here before. */
static void note_twice(struct tcpsock *tp, u32 start, u32 end)
{
	if (!tp->sack_ok || !seq_before(start, end))
		return;
	tp->has_dsack = true;
	tp->dsack.start = start;
	tp->dsack.end = end;
}

/* Keep what came too early: in order, without overlaps; consumes. */
static void keep_early(struct tcpsock *tp, struct pktbuf *pb)
{
	struct tcpcb *cb = tcpcb_of(pb);
	struct pktbuf *p, *next;
	struct list *at = &tp->ofo;

	ipstat_inc(tp->sk.net, TCPSTAT_OFO_QUEUE);
	tp->rcv_ooopack++;
	list_foreach_reverse(p, &tp->ofo, link) {
		if (!seq_after(tcpcb_of(p)->seq, cb->seq)) {
			at = &p->link;
			if (!seq_before(tcpcb_of(p)->end_seq, cb->end_seq)) {
				if (tcpcb_of(p)->end_seq == cb->end_seq)
					tcpcb_of(p)->flags |= cb->flags;
				goto drop;
			}
			if (seq_after(tcpcb_of(p)->end_seq, cb->seq)) {
				u32 n = tcpcb_of(p)->end_seq - cb->seq;

				pktbuf_drop_front(pb, n);
				cb->seq += n;
			}
			break;
		}
	}
	list_add(&pb->link, at);
	tp->ofo_mem += pb->truesize;
	for (p = pb; !list_is_last(&p->link, &tp->ofo); ) {
		next = list_next_entry(pb, link);
		if (!seq_before(tcpcb_of(next)->seq, cb->end_seq))
			break;
		if (seq_after(tcpcb_of(next)->end_seq, cb->end_seq)) {
			pktbuf_trim(pb, tcpcb_of(next)->seq - cb->seq);
			cb->end_seq = tcpcb_of(next)->seq;
			break;
		}
		if (tcpcb_of(next)->end_seq == cb->end_seq)
			cb->flags |= tcpcb_of(next)->flags;
		list_unlink(&next->link);
		tp->ofo_mem -= next->truesize;
		pktbuf_free(next);
	}
	note_early(tp, cb->seq, cb->end_seq);
	return;
drop:
	note_early(tp, tcpcb_of(p)->seq, tcpcb_of(p)->end_seq);
	note_twice(tp, cb->seq, cb->end_seq);
	pktbuf_free(pb);
}

bool tcp_take_data(struct tcpsock *tp, struct pktbuf *pb, struct segment *s)
{
	struct tcpcb *cb = tcpcb_of(pb);
	u32 end = s->seq + s->len, limit = tp->rcv_wup + tp->rcv_wnd;
	bool fin = s->flags & TCPF_FIN;
	u32 seq = s->seq;

	if (seq_after(end, limit) && seq_after(limit, tp->rcv_nxt)) {
		pktbuf_trim(pb, limit - seq);
		end = limit;
		fin = false;
	}
	if (!seq_after(end, tp->rcv_nxt) || seq_after(end, limit)) {
		if (end == tp->rcv_nxt && fin && !seq_after(end, limit)) {
			pktbuf_free(pb);
			return true;
		}
		tp->ack_now = true;	/* old, or no window: say where we are */
		note_twice(tp, seq, min_seq(end, tp->rcv_nxt));
		pktbuf_free(pb);
		return false;
	}
	if (seq_before(seq, tp->rcv_nxt)) {
		pktbuf_drop_front(pb, tp->rcv_nxt - seq);
		seq = tp->rcv_nxt;
	}
	tp->last_data_rcvd = tp->last_rcvd;
	if (s->piece > tp->rcv_mss)
		tp->rcv_mss = min(s->piece, TCP_MSS_MAX);
	*cb = (struct tcpcb){ .seq = seq, .end_seq = end, .flags = fin ? TCPF_FIN : 0 };
	if (seq != tp->rcv_nxt) {
		keep_early(tp, pb);
		return false;
	}
	append_ready(tp, pb);
	if (unlikely(!list_is_empty(&tp->ofo))) {
		fin |= fill_from_ofo(tp);
		tp->ack_now = true;
	}
	if (tp->rcv_nxt - tp->copied_seq >= tp->sk.ns.rcvlowat)
		isock_wake(&tp->sk, IWAKE_READ);
	return fin;
}

void tcp_take_urgent(struct tcpsock *tp, const struct segment *s, struct pktbuf *pb)
{
	u32 ptr = FROM_BE16(s->h->urgent), at;

	if (!ptr)
		return;
	at = s->seq + ptr - 1;
	if (seq_before(at, tp->rcv_nxt) || seq_before(at, tp->copied_seq))
		return;
	if (!tp->has_urg || seq_after(at, tp->urg_seq)) {
		tp->has_urg = true;
		tp->urg_seq = at;
		tp->urg_valid = false;
		tp->urg_read = false;
		if (tp->sk.ns.file)
			ofile_sigio(tp->sk.ns.file, POLLPRI);
	}
	if (seq_before(at, s->seq + s->len) && !tp->urg_valid) {
		pktbuf_read(pb, at - s->seq, &tp->urg_byte, 1);
		tp->urg_valid = true;
		isock_wake(&tp->sk, POLLPRI);
	}
}
