// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP: SYN cookies, RFC 4987 3.6. When too many SYNs wait, a listener keeps nothing: the first sequence
 * number of its SYN-ACK is a keyed hash of the connection, the peer's number and the time, with the
 * largest segment; the options lie in the low bits of the time stamp. The ACK that returns both makes
 * the connection.
 *
 *	cookie	minutes mod 32 (5 bits), segment size (3), hash (24)
 *	stamp	milliseconds, in the low bits: window scale (4; 15 none), SACK, ECN
 */
#include "tcp_impl.h"

#include <tern/base/initcall.h>
#include <tern/kernel/random.h>
#include <tern/lib/hash.h>

#define STEP_NS		(60 * NSEC_PER_SEC)
#define STEPS_GOOD	2u
#define STAMP_BITS	63u
#define STAMP_NO_SCALE	15u
#define STAMP_SACK	16u
#define STAMP_ECN	32u
#define OUR_SCALE	7u

static const u16 sizes[8] = { 536, 1220, 1300, 1400, 1440, 1460, 4312, 8960 };
static struct hash_key key;

struct seed { struct in6ip l, r; u32 l4, r4, isn, step; u16 lport, rport; u32 index; };

static u32 hash24(const struct pktbuf *pb, const struct segment *s, u32 isn, u32 step, u32 index)
{
	struct seed d = { .isn = isn, .step = step, .index = index, .lport = s->h->dport, .rport = s->h->sport };

	if (pkt_is_v6(pb)) {
		d.l = pkt_ip6(pb)->daddr;
		d.r = pkt_ip6(pb)->saddr;
	} else {
		d.l4 = pkt_ip4(pb)->daddr;
		d.r4 = pkt_ip4(pb)->saddr;
	}
	return (u32)hash_bytes(&d, sizeof(d), &key) & 0xffffff;
}

/* The time stamps of a connection begin here, before it is one. */
static u32 stamp_base(const struct pktbuf *pb, const struct segment *s)
{
	return hash24(pb, s, 0, 0, ~0u) << 8;
}

static u32 make_cookie(const struct pktbuf *pb, const struct segment *s, u32 mss, nsec_t now)
{
	u32 step = (u32)(now / STEP_NS), index = ARRAY_SIZE(sizes) - 1;

	while (index && sizes[index] > mss)
		index--;
	return (step & 31) << 27 | index << 24 | hash24(pb, s, s->seq, step, index);
}

/* The largest segment; 0: no cookie of ours. */
static u32 read_cookie(const struct pktbuf *pb, const struct segment *s, nsec_t now)
{
	u32 cookie = s->ack - 1, step = (u32)(now / STEP_NS), index = cookie >> 24 & 7;

	for (u32 i = 0; i < STEPS_GOOD; i++, step--)
		if ((step & 31) == cookie >> 27 && hash24(pb, s, s->seq - 1, step, index) == (cookie & 0xffffff))
			return sizes[index];
	return 0;
}

static u8 *put32(u8 *p, u32 v)
{
	for (u32 i = 0; i < 4; i++)
		p[i] = (u8)(v >> (24 - 8 * i));
	return p + 4;
}

static u32 our_mss(const struct tcpsock *l, const struct pktbuf *pb)
{
	u32 mss = pb->nif->mtu - (pkt_is_v6(pb) ? 60 : 40);

	return l->mss_user ? min(mss, l->mss_user) : min(mss, TCP_MSS_MAX);
}

void tcp_cookie_send(struct tcpsock *l, const struct pktbuf *pb, const struct segment *s)
{
	u32 mss = s->o.mss ? s->o.mss : pkt_is_v6(pb) ? TCP_MSS6_DEFAULT : TCP_MSS_DEFAULT, stamp, bits;
	const struct tcpknobs *k = tcp_knobs(l);
	bool sack = s->o.sack_ok && READ_ONCE(k->sack), scales = s->o.wscale >= 0 && READ_ONCE(k->scaling);
	nsec_t now = clock_ns();
	u8 opt[40], *p = opt;

	WRITE_ONCE(l->cookies_at, now);
	p = put32(p, 0x02040000 | our_mss(l, pb));
	if (s->o.has_ts && READ_ONCE(k->timestamps)) {
		stamp = (u32)(now / NSEC_PER_MSEC) + stamp_base(pb, s);
		bits = !scales ? STAMP_NO_SCALE : min((u32)s->o.wscale, 14u);
		bits |= sack ? STAMP_SACK : 0;
		bits |= k->ecn && !s->ecn && !(~s->flags & (TCPF_ECE | TCPF_CWR)) ? STAMP_ECN : 0;
		bits |= stamp & ~STAMP_BITS;
		p = put32(p, sack ? 0x0402080a : 0x0101080a);
		p = put32(p, (s32)(bits - stamp) > 0 ? bits - STAMP_BITS - 1 : bits);
		p = put32(p, s->o.tsval);
		if (scales)
			p = put32(p, 0x01030300 | OUR_SCALE);
	}
	ipstat_inc(l->sk.net, TCPSTAT_SYNCOOKIES_SENT);
	tcp_reply_syn(l->sk.net, pb, s->h, make_cookie(pb, s, mss, now), 65535, opt, (u32)(p - opt));
}

/* As if the SYN were here: what it said. */
static void restore_options(struct tcpsock *c, const struct pktbuf *pb, const struct segment *s, u32 mss)
{
	struct segment syn = { .h = s->h, .seq = s->seq - 1, .o = { .mss = (u16)mss, .wscale = -1 } };
	u32 bits = s->o.tsecr & STAMP_BITS;

	if (s->o.has_ts) {
		syn.o.has_ts = true;
		syn.o.tsval = s->o.tsval;
		syn.o.sack_ok = bits & STAMP_SACK;
		syn.o.wscale = (bits & STAMP_NO_SCALE) == STAMP_NO_SCALE ? -1 : (s8)(bits & STAMP_NO_SCALE);
		c->ts_offset = stamp_base(pb, s);
		c->ecn = bits & STAMP_ECN ? TCPECN_OK : 0;
	}
	tcp_take_syn_options(c, &syn);
	c->iss = s->ack - 1;
	c->snd_una = c->iss;
	c->snd_nxt = c->write_seq = c->fack = c->small_end = s->ack;
	c->rcv_wnd = 65535;
}

struct tcpsock *tcp_cookie_check(struct tcpsock *l, const struct pktbuf *pb, struct segment *s)
{
	nsec_t now = clock_ns();
	struct tcpsock *c;
	u32 mss;
	bool full;

	if (now - READ_ONCE(l->cookies_at) > STEPS_GOOD * STEP_NS)
		return NULL;
	mss = read_cookie(pb, s, now);
	if (!mss)
		return NULL;
	spin_lock(&l->accept_lock);
	full = l->is_deaf || l->naccept > l->backlog;
	if (!full)
		l->nsyn++;
	spin_unlock(&l->accept_lock);
	c = full ? NULL : tcp_make_child(l, pb, s);
	if (!c) {
		spin_lock(&l->accept_lock);
		l->nsyn -= !full;
		spin_unlock(&l->accept_lock);
		return NULL;
	}
	spin_lock(&c->sk.lock);
	c->state = TCP_SYN_RECV;
	c->last_rcvd = now;
	if (tcp_inherit_port(c, l->sk.sport) || tcp_hash(c)) {
		tcp_end(c, 0);
		spin_unlock(&c->sk.lock);
		return NULL;
	}
	restore_options(c, pb, s, mss);
	return c;
}

static int cookie_start(void)
{
	key = (struct hash_key){ { random_u64(), random_u64() } };
	return 0;
}
INITCALL(FS, cookie_start);
