// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP fast open, RFC 7413: data in the SYN of a client that has talked to the server before.
 *
 * A server gives a client a cookie, a keyed hash of both addresses. A SYN that returns it makes a
 * child that is ESTABLISHED at once: its data can be read and answered before the third segment. The
 * listener lets TCP_FASTOPEN of these wait for it.
 *
 * A client keeps cookies by address in a small table of fixed size: a newer one takes the
 * place of an older one. What left with the SYN lies in the write queue behind it; if the server takes
 * only the SYN, or the SYN is lost, it goes again as ordinary data.
 */
#include "tcp_impl.h"

#include <tern/base/initcall.h>
#include <tern/kernel/random.h>
#include <tern/lib/hash.h>
#include <tern/lib/string.h>
#include <tern/net/netctl.h>

#define OPTION		34
#define COOKIE_BYTES	8u
#define CACHE_BITS	8
#define FAST_CLIENT	1u
#define FAST_SERVER	2u
#define FAST_CLIENT_BARE 4u	/* data without a cookie */
#define FAST_SERVER_BARE 0x200u
#define FAST_SERVER_ALL	0x400u	/* every listener, without being asked */
#define OPTIONS_MAX	40u

NETCTL(mode, "ipv4/tcp_fastopen", ns->ip4->tcp.fastopen, 0, S32_MAX);

static struct hash_key key;

static bool may(const struct tcpsock *tp, u32 what)
{
	return READ_ONCE(tcp_knobs(tp)->fastopen) & what;
}

/* ---- the server ---- */

static void make_cookie(const struct pktbuf *pb, u8 cookie[COOKIE_BYTES])
{
	struct { struct in6ip l, r; } d = { 0 };
	u64 h;

	if (pkt_is_v6(pb)) {
		d.l = pkt_ip6(pb)->daddr;
		d.r = pkt_ip6(pb)->saddr;
	} else {
		d.l = in6_map(pkt_ip4(pb)->daddr);
		d.r = in6_map(pkt_ip4(pb)->saddr);
	}
	h = hash_bytes(&d, sizeof(d), &key);
	memcpy(cookie, &h, COOKIE_BYTES);
}

static u32 queue_of(const struct tcpsock *l)
{
	u32 n = READ_ONCE(l->fast_qlen);

	return !n && may(l, FAST_SERVER_ALL) ? READ_ONCE(l->backlog) : n;
}

enum tcpfast tcp_fast_judge(struct tcpsock *l, const struct pktbuf *pb, const struct segment *s)
{
	u8 cookie[COOKIE_BYTES];

	if (!may(l, FAST_SERVER) || (!s->len && s->o.fast_len < 0) || READ_ONCE(l->nfast) >= queue_of(l))
		return TCPFAST_NO;
	if (s->len && (may(l, FAST_SERVER_BARE) || l->fast_bare))
		return TCPFAST_OPEN;
	if (s->o.fast_len < 0)
		return TCPFAST_NO;
	make_cookie(pb, cookie);
	return s->o.fast_len == COOKIE_BYTES && !memcmp(s->o.fast, cookie, COOKIE_BYTES) ? TCPFAST_OPEN : TCPFAST_TELL;
}

void tcp_fast_tell(struct tcpsock *c, const struct pktbuf *pb)
{
	make_cookie(pb, c->fast_cookie);
	c->fast_len = COOKIE_BYTES;
	c->fast_says = true;
}

bool tcp_fast_open(struct tcpsock *l, struct tcpsock *c, struct pktbuf *pb, struct segment *s)
{
	bool consumed = s->len;

	if (!tcp_hand_to_listener(c, pb, s))
		return false;
	isock_get(&l->sk);
	c->fast_of = l;
	spin_lock(&l->accept_lock);
	l->nfast++;
	spin_unlock(&l->accept_lock);
	ipstat_inc(l->sk.net, TCPSTAT_PASSIVE_OPENS);
	c->bytes_acked--;	/* our SYN will be counted */
	c->max_window = c->snd_wnd;
	tcp_established(c);
	tcp_window(c);
	s->seq++;		/* where the data begins */
	if (s->len)
		tcp_take_data(c, pb, s);
	return consumed;
}

void tcp_fast_done(struct tcpsock *c)
{
	struct tcpsock *l = c->fast_of;

	c->fast_of = NULL;
	spin_lock(&l->accept_lock);
	l->nfast--;
	spin_unlock(&l->accept_lock);
	isock_put(&l->sk);
}

/* ---- the client's cookies ---- */

struct entry { struct netns *ns; struct in6ip addr; u8 len, cookie[TCP_FAST_COOKIE_MAX]; };
static struct entry cache[1u << CACHE_BITS];
static struct spin cache_lock = SPIN_INIT(LOCKRANK_NET_TABLE);	/* protects cache */

static struct in6ip peer_of(const struct tcpsock *tp)
{
	return tp->sk.is_v6 ? tp->sk.daddr6 : in6_map(tp->sk.daddr);
}

static struct entry *slot_of(const struct in6ip *a)
{
	return &cache[hash_bytes(a, sizeof(*a), &key) & ((1u << CACHE_BITS) - 1)];
}

static bool is_entry(const struct entry *e, const struct netns *ns, const struct in6ip *a)
{
	return e->ns == ns && e->len && !memcmp(&e->addr, a, sizeof(*a));
}

bool tcp_fast_knows(const struct tcpsock *tp, const struct isockaddr *to)
{
	struct in6ip a = to->is_v6 ? to->a6 : in6_map(to->a4);
	bool found;

	if (may(tp, FAST_CLIENT_BARE) || tp->fast_bare)
		return true;
	spin_lock_bh(&cache_lock);
	found = is_entry(slot_of(&a), tp->sk.net, &a);
	spin_unlock_bh(&cache_lock);
	return found;
}

/* The cookie of a server that the socket has as its peer. */
static bool recall(struct tcpsock *tp)
{
	struct in6ip a = peer_of(tp);
	struct entry *e = slot_of(&a);
	bool found;

	spin_lock_bh(&cache_lock);
	found = is_entry(e, tp->sk.net, &a);
	if (found) {
		tp->fast_len = e->len;
		memcpy(tp->fast_cookie, e->cookie, e->len);
	}
	spin_unlock_bh(&cache_lock);
	return found;
}

static void remember(const struct tcpsock *tp, const u8 *cookie, u32 len)
{
	struct in6ip a = peer_of(tp);
	struct entry *e = slot_of(&a);

	spin_lock_bh(&cache_lock);
	*e = (struct entry){ .ns = tp->sk.net, .addr = a, .len = (u8)len };
	memcpy(e->cookie, cookie, len);
	spin_unlock_bh(&cache_lock);
}

static int part_init(struct netns *ns)
{
	return 0;
}

static void part_fini(struct netns *ns)
{
	spin_lock_bh(&cache_lock);
	for (u32 i = 0; i < ARRAY_SIZE(cache); i++)
		if (cache[i].ns == ns)
			cache[i].len = 0;
	spin_unlock_bh(&cache_lock);
}
static const struct netnspart fast_part = { part_init, part_fini };
NETNSPART(fast_part);

/* ---- the client ---- */

void tcp_fast_prepare(struct tcpsock *tp)
{
	tp->fast_len = 0;
	tp->fast_says = recall(tp) || !(may(tp, FAST_CLIENT_BARE) || tp->fast_bare);
}

/* As much as surely fits beside the options. */
static u32 room_in_syn(struct tcpsock *tp, const struct isockaddr *to)
{
	struct iproute r;
	u32 room = TCP_MSS_DEFAULT;

	rcu_read_lock();
	if (!isock_route(&tp->sk, to, &r))
		room = min(r.mtu - (to->is_v6 ? 60 : 40), TCP_MSS_MAX);
	rcu_read_unlock();
	if (tp->mss_user)
		room = min(room, tp->mss_user);
	return max(room, TCP_MSS_DEFAULT) - OPTIONS_MAX;
}

static int whom(struct tcpsock *tp, const struct sockmsg *m, struct isockaddr *to)
{
	if (tp->fast_waits) {
		*to = tp->fast_to;
		return 0;
	}
	if (!may(tp, FAST_CLIENT) || (m->name_len >= sizeof(m->name->family) && m->name->family == AF_UNSPEC))
		return -EOPNOTSUPP;
	return m->name_len ? isock_read_addr(&tp->sk, m->name, m->name_len, to) : -EINVAL;
}

ssize_t tcp_fast_send(struct tcpsock *tp, struct sockmsg *m)
{
	bool may_block = !(m->flags & MSG_DONTWAIT), is_first;
	struct pktbuf *data = NULL;
	struct isockaddr to;
	u32 n = 0;
	int err = whom(tp, m, &to);

	if (err)
		return err;
	if (m->uio->resid && tcp_fast_knows(tp, &to)) {
		n = (u32)min_t(size_t, m->uio->resid, room_in_syn(tp, &to));
		data = pktbuf_alloc(0, 0, ALLOC_KERNEL);
		err = data ? pktbuf_append_pages(data, m->uio, n) : -ENOBUFS;
	}
	tp->fast_waits = false;
	tp->fast_wants = true;
	if (!err)
		err = tcp_begin_connect(tp, &to, may_block, &is_first, &data);
	tp->fast_wants = false;
	if (data) {		/* it did not go */
		pktbuf_free(data);
		uio_revert(m->uio, err ? 0 : n);
		n = 0;
	}
	if (err || n)
		return err ? err : (ssize_t)n;
	return tcp_await(tp, is_first, may_block);
}

void tcp_fast_answer(struct tcpsock *tp, const struct segment *s)
{
	struct pktbuf *first;

	if (s->o.fast_len > 0 && tp->fast_says)
		remember(tp, s->o.fast, (u32)s->o.fast_len);
	tp->fast_says = false;
	if (tp->snd_nxt == tp->iss + 1)
		return;
	if (tp->snd_una != tp->iss + 1) {
		tp->fast_taken = true;
		return;
	}
	first = list_first_entry_or_null(&tp->wq, struct pktbuf, link);
	if (!first)
		return;
	tp->send_head = first;
	tp->snd_nxt = tp->small_end = tp->snd_una;
}

u8 *tcp_fast_option(const struct tcpsock *tp, u8 *p)
{
	u32 n = 2u + tp->fast_len;

	p[0] = OPTION;
	p[1] = (u8)n;
	memcpy(p + 2, tp->fast_cookie, tp->fast_len);
	while (n & 3)
		p[n++] = 1;
	return p + n;
}

/* ---- options ---- */

int tcp_fast_setopt(struct tcpsock *tp, int name, s32 v)
{
	bool is_idle = tp->state == TCP_CLOSE, is_listener = tp->state == TCP_LISTEN;

	if (name == TCP_FASTOPEN) {
		if (v < 0 || (!is_idle && !is_listener))
			return -EINVAL;
		tp->fast_qlen = (u32)min_t(u64, (u32)v, READ_ONCE(tp->sk.net->somaxconn));
		return 0;
	}
	if (v < 0 || v > 1)
		return -EINVAL;
	if (name == TCP_FASTOPEN_CONNECT) {
		if (!may(tp, FAST_CLIENT))
			return -EOPNOTSUPP;
		if (!is_idle)
			return -EINVAL;
		tp->fast_connect = v;
		return 0;
	}
	if (!is_idle && !is_listener)
		return -EINVAL;
	tp->fast_bare = v;
	return 0;
}

static int fast_start(void)
{
	key = (struct hash_key){ { random_u64(), random_u64() } };
	return 0;
}
INITCALL(FS, fast_start);
