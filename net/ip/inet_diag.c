// SPDX-License-Identifier: GPL-2.0-only
/* Lists of TCP and UDP sockets for sock_diag (ss). */
#include "nl_impl.h"
#include "tcp_impl.h"

#include <tern/lib/string.h>

struct walk { struct nldump *d; struct nlpkt *p; const struct inetdiag_req *q; u64 at; bool is_full; };

static bool wants_ext(const struct inetdiag_req *q, u32 which)
{
	return q->ext & (1u << (which - 1));
}

static void fill_id(struct inetdiag_msg *m, const struct isock *sk)
{
	m->family = (u8)sk->ns.family;
	m->id.sport = TO_BE16(sk->sport);
	m->id.dport = TO_BE16(sk->dport);
	if (sk->ns.family == AF_INET6) {
		struct in6ip l = sk->is_v6 ? sk->rcv_saddr6 : in6_map(sk->rcv_saddr);
		struct in6ip r = sk->is_v6 ? sk->daddr6 : in6_map(sk->daddr);

		memcpy(m->id.src, &l, 16);
		memcpy(m->id.dst, &r, 16);
	} else {
		m->id.src[0] = sk->rcv_saddr;
		m->id.dst[0] = sk->daddr;
	}
	m->id.ifindex = sk->bound_if;
	m->id.cookie[0] = (u32)sk->ns.ino;
	m->id.cookie[1] = (u32)(sk->ns.ino >> 32);
	m->uid = sk->ns.uid;
	m->inode = (u32)sk->ns.ino;
}

static void put_common(struct nlpkt *p, const struct isock *sk, const struct inetdiag_req *q, u32 rmem, u32 wmem)
{
	nlpkt_put_u8(p, INET_DIAG_SHUTDOWN, sk->shutdown);
	if (sk->ns.family == AF_INET6)
		nlpkt_put_u8(p, INET_DIAG_SKV6ONLY, sk->v6only);
	if (wants_ext(q, INET_DIAG_TOS))
		nlpkt_put_u8(p, INET_DIAG_TOS, sk->tos);
	if (wants_ext(q, INET_DIAG_MEMINFO)) {
		u32 v[4] = { rmem, wmem, 0, wmem };

		nlpkt_put(p, INET_DIAG_MEMINFO, v, sizeof(v));
	}
	if (wants_ext(q, INET_DIAG_SKMEMINFO)) {
		u32 v[9] = { rmem, sk->ns.rcvbuf, wmem, sk->ns.sndbuf, 0, wmem, 0, 0, sk->drops };

		nlpkt_put(p, INET_DIAG_SKMEMINFO, v, sizeof(v));
	}
}

/* Ports of a request are filters if they are set. */
static bool fits(const struct isock *sk, u8 state, const struct walk *w)
{
	const struct inetdiag_req *q = w->q;

	return sk->net == w->d->ns && (q->states & (1u << state)) && (!q->family || q->family == sk->ns.family) &&
	       (!q->id.sport || q->id.sport == TO_BE16(sk->sport)) &&
	       (!q->id.dport || q->id.dport == TO_BE16(sk->dport));
}

static void fill_timer(struct inetdiag_msg *m, const struct tcpsock *tp)
{
	nsec_t now = clock_ns(), due = 0;

	if (tp->state == TCP_TIME_WAIT) {
		m->timer = 3;
		due = tp->keep.due;
	} else if (tp->rtx.due) {
		m->timer = tp->snd_nxt == tp->snd_una ? 4 : 1;
		m->retrans = m->timer == 4 ? tp->probes : tp->retries;
		due = tp->rtx.due;
	} else if (tp->keep.due) {
		m->timer = 2;
		m->retrans = tp->keep_probes;
		due = tp->keep.due;
	}
	m->expires = due > now ? (u32)((due - now) / NSEC_PER_MSEC) : 0;
}

static bool one_tcp(struct tcpsock *tp, void *arg)
{
	struct walk *w = arg;
	struct inetdiag_msg *m;
	struct tcpinfo info;

	if (!fits(&tp->sk, tp->state, w) || !nldump_due(w->d, &w->at))
		return true;
	if (wants_ext(w->q, INET_DIAG_INFO))
		tcp_describe(tp, &info);
	m = nlpkt_begin(w->p, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, w->d->portid, w->d->seq, sizeof(*m));
	if (m) {
		fill_id(m, &tp->sk);
		m->state = tp->state;
		fill_timer(m, tp);
		if (tp->is_orphan)
			m->inode = 0;
		if (tp->state == TCP_LISTEN) {
			m->rqueue = tp->naccept;
			m->wqueue = tp->backlog;
		} else if (tp->state != TCP_TIME_WAIT) {
			m->rqueue = tp->rcv_nxt - tp->copied_seq - tp->fin_rcvd;
			m->wqueue = tp->write_seq - tp->snd_una;
		}
		put_common(w->p, &tp->sk, w->q, tp->sk.rx_bytes, (u32)tp->wq_mem);
		if (wants_ext(w->q, INET_DIAG_CONG))
			nlpkt_put_str(w->p, INET_DIAG_CONG, "cubic");
		if (wants_ext(w->q, INET_DIAG_INFO))
			nlpkt_put(w->p, INET_DIAG_INFO, &info, sizeof(info));
	}
	if (!m || !nlpkt_end(w->p)) {
		w->is_full = true;
		return false;
	}
	w->d->arg[0] = w->at;
	return true;
}

static bool one_udp(struct isock *sk, void *arg)
{
	u8 state = isock_has_peer(sk) ? TCP_ESTABLISHED : TCP_CLOSE;
	struct walk *w = arg;
	struct inetdiag_msg *m;

	if (!fits(sk, state, w) || !nldump_due(w->d, &w->at))
		return true;
	m = nlpkt_begin(w->p, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, w->d->portid, w->d->seq, sizeof(*m));
	if (m) {
		fill_id(m, sk);
		m->state = state;
		m->rqueue = sk->rx_bytes;
		m->wqueue = (u32)atomic_read(&sk->wmem);
		put_common(w->p, sk, w->q, sk->rx_bytes, m->wqueue);
	}
	if (!m || !nlpkt_end(w->p)) {
		w->is_full = true;
		return false;
	}
	w->d->arg[0] = w->at;
	return true;
}

static int diag_dump(struct nldump *d, struct nlpkt *p)
{
	struct walk w = { .d = d, .p = p, .q = (const void *)d->req };

	rcu_read_lock();
	if (w.q->protocol == IPPROTO_TCP)
		tcp_foreach(d->ns, one_tcp, &w);
	else
		udp_foreach(d->ns, w.q->protocol, one_udp, &w);
	rcu_read_unlock();
	return w.is_full;
}

static bool diag_check(const void *req, u32 len)
{
	const struct nlattr_head *tb[INET_DIAG_REQ_PROTOCOL + 1];
	const struct inetdiag_req *q = req;

	if (len < sizeof(*q) || nlattrs_read(q + 1, len - (u32)sizeof(*q), tb, INET_DIAG_REQ_PROTOCOL))
		return false;
	if (tb[INET_DIAG_REQ_PROTOCOL] && nlattr_u32(tb[INET_DIAG_REQ_PROTOCOL]) != q->protocol)
		return false;
	return (q->protocol == IPPROTO_TCP || q->protocol == IPPROTO_UDP);
}

static const struct sockdiag diag4 = { .family = AF_INET, .check = diag_check, .dump = diag_dump };
SOCKDIAG(diag4);
static const struct sockdiag diag6 = { .family = AF_INET6, .check = diag_check, .dump = diag_dump };
SOCKDIAG(diag6);
