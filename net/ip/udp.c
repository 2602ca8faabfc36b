// SPDX-License-Identifier: GPL-2.0-only
/*
 * UDP, RFC 768 and 1122 4.1, and what UDP-Lite (udplite.c) has in common with it.
 *
 * Bound sockets hang in a table by local port. A receiver walks its port's under RCU
 * and takes the socket that fits best: bound address, connected peer, interface; among
 * equals with SO_REUSEPORT the flow's hash decides. A port is unique by the rules of
 * SO_REUSEADDR and SO_REUSEPORT, checked under the table's lock for the port.
 *
 * Sending copies the user's data without locks, then routes and sends in an RCU read
 * section. With UDP_CORK or MSG_MORE data collects in sk->cork under send_lock.
 */
#include "ip6_impl.h"

#include <tern/base/bug.h>
#include <tern/base/initcall.h>
#include <tern/fs/procfs.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/random.h>
#include <tern/lib/hash.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <tern/mm/uio.h>
#include <tern/net/inetsum.h>

#define LOCK_BITS	8
#define PAYLOAD_MAX	65507u
#define UDP_SUM_OFF	6

/* UDP's, then UDP-Lite's. */
static struct growtab udp_table[2];


static bool is_lite(const struct isock *sk)
{
	return sk->ns.protocol == IPPROTO_UDPLITE;
}

static struct growtab *table_of(const struct isock *sk)
{
	return &udp_table[is_lite(sk)];
}

static u32 port_hash(const struct netns *ns, u16 port)
{
	return (u32)hash_combine((u64)(uptr)ns, port);
}

/* @stat: UDPSTAT_*; counted where packets of that version and protocol are. */
static void count(struct netns *ns, bool is_v6, bool lite, u32 stat)
{
	static const u32 first[2][2] = { { UDPSTAT_IN, UDPLITESTAT_IN }, { UDP6STAT_IN, UDPLITE6STAT_IN } };

	ipstat_inc(ns, stat - UDPSTAT_IN + first[is_v6][lite]);
}

/* ---- ports ---- */

static bool conflicts(const struct isock *sk, const struct isock *o)
{
	u32 both = sk->ns.options & o->ns.options;

	if (o->bound_if && sk->bound_if && o->bound_if != sk->bound_if)
		return false;
	if ((both & BIT(SO_REUSEADDR)) || (both & BIT(SO_REUSEPORT)))
		return false;
	return isock_overlap(sk, o);
}

/* Take @port if it is free; S held. */
static bool try_port(struct isock *sk, u16 port)
{
	u32 hash = port_hash(sk->net, port);
	struct growtab *t = table_of(sk);
	struct spin *lock = growtab_lock(t, hash);
	struct isock *o;
	bool ok = true;

	spin_lock(lock);
	growtab_foreach_rcu(o, t, hash, hash_link) {
		if (o->net == sk->net && o->sport == port && conflicts(sk, o)) {
			ok = false;
			break;
		}
	}
	if (ok) {
		sk->sport = port;
		isock_get(sk);
		growtab_add(t, &sk->hash_link, hash);
	}
	spin_unlock(lock);
	return ok;
}

static int take_port(struct isock *sk, u16 port)
{
	u32 low, n = ip_local_ports(sk->net, &low), start;

	if (port)
		return try_port(sk, port) ? 0 : -EADDRINUSE;
	start = (u32)random_below(n);
	for (u32 i = 0; i < n; i++)
		if (try_port(sk, (u16)(low + (start + i) % n)))
			return 0;
	return -EADDRINUSE;
}

static int udp_bind(struct netsock *s, const struct sockaddr_any *a, u32 len)
{
	struct isock *sk = isock_of(s);
	struct isockaddr b;
	int err = isock_check_bind(sk, a, len, &b);

	if (err)
		return err;
	spin_lock_bh(&sk->lock);
	if (sk->sport) {
		err = -EINVAL;
	} else {
		isock_set_local(sk, &b);
		err = take_port(sk, b.port);
		if (err)
			isock_forget_local(sk);
		else
			sk->bound |= (b.a4 || !in6_is_any(&b.a6) ? ISOCK_ADDR : 0) | (b.port ? ISOCK_PORT : 0);
	}
	spin_unlock_bh(&sk->lock);
	return err;
}

static int autobind(struct isock *sk)
{
	int err = 0;

	if (likely(sk->sport))
		return 0;
	spin_lock_bh(&sk->lock);
	if (!sk->sport)
		err = take_port(sk, 0) ? -EAGAIN : 0;
	spin_unlock_bh(&sk->lock);
	return err;
}

static void unhash(struct isock *sk)
{
	struct growtab *t = table_of(sk);
	struct spin *lock = growtab_lock(t, port_hash(sk->net, sk->sport));
	bool was_there;

	spin_lock_bh(lock);
	was_there = growlink_is_hashed(&sk->hash_link);
	if (was_there)
		growtab_del(t, &sk->hash_link);
	spin_unlock_bh(lock);
	if (was_there)
		isock_put(sk);
}

static int udp_connect(struct netsock *s, const struct sockaddr_any *a, u32 len, bool may_block)
{
	struct isock *sk = isock_of(s);
	int err = autobind(sk);

	return err ? err : dgram_connect(s, a, len, may_block);
}

static void udp_release(struct netsock *s)
{
	struct isock *sk = isock_of(s);

	if (sk->sport)
		unhash(sk);
	dgram_destroy(sk);
	isock_put(sk);
}

/* ---- receiving ---- */

/* Under RCU; no reference. */
static struct isock *lookup(struct netns *ns, bool lite, const struct ipflow *f)
{
	u32 hash = port_hash(ns, f->lport), nequal = 0, pick = 0;
	struct isock *sk, *best = NULL;
	int top = -1;

	growtab_foreach_rcu(sk, &udp_table[lite], hash, hash_link) {
		int n = isock_score(sk, ns, f);

		if (n > top) {
			top = n;
			best = sk;
			nequal = 1;
		} else if (n >= 0 && n == top && (sk->ns.options & best->ns.options & BIT(SO_REUSEPORT))) {
			nequal++;
		}
	}
	if (likely(nequal < 2))
		return best;
	pick = (u32)(hash_combine(((u64)f->r4 << 32 | f->l4) ^ f->r6.q[1], (u64)f->rport << 16 | f->lport) % nequal);
	growtab_foreach_rcu(sk, &udp_table[lite], hash, hash_link)
		if (isock_score(sk, ns, f) == top && !pick--)
			return sk;
	return best;
}

/* To one socket; consumes. The checksum covers @cover bytes from the header on. */
static void to_socket(struct isock *sk, struct pktbuf *pb, u16 sport, u32 cover)
{
	bool lite = is_lite(sk), is_v6 = pkt_is_v6(pb);

	if (unlikely(lite && !udplite_is_wanted(sk, pb->len + (u32)sizeof(struct udp_head), cover))) {
		count(sk->net, is_v6, true, UDPSTAT_IN_ERRORS);
		pktbuf_free(pb);
		return;
	}
	pb->cb[4] = sport;
	pb->cb[5] = pb->nif->index;
	if (dgram_deliver(sk, pb)) {
		count(sk->net, is_v6, lite, UDPSTAT_IN);
	} else {
		count(sk->net, is_v6, lite, UDPSTAT_RCVBUF_ERRORS);
		count(sk->net, is_v6, lite, UDPSTAT_IN_ERRORS);
	}
}

/* Every socket that wants it gets a copy. */
static void to_many(struct netns *ns, bool lite, struct pktbuf *pb, const struct ipflow *f, u32 cover)
{
	bool is_group = pb->flags == RTN_MULTICAST;
	u32 hash = port_hash(ns, f->lport);
	struct isock *sk;

	growtab_foreach_rcu(sk, &udp_table[lite], hash, hash_link) {
		struct pktbuf *c;

		if (isock_score(sk, ns, f) < 0)
			continue;
		if (is_group && !(f->is_v6 ? isock_mc6_wants(sk, &f->l6, f->ifindex) :
				  isock_mc_wants(sk, f->l4, f->ifindex)))
			continue;
		c = pktbuf_clone(pb, ALLOC_ATOMIC);
		if (c)
			to_socket(sk, c, f->rport, cover);
	}
	pktbuf_free(pb);
}

/* Length and checksum; the packet is cut to its length. *@cover of it are sure. */
static bool is_right(struct pktbuf *pb, const struct udp_head *h, u32 *cover)
{
	u32 len = FROM_BE16(h->len);

	if (len < sizeof(*h) || len > pb->len)
		return false;
	pktbuf_trim(pb, len);
	*cover = len;
	if ((!h->check && !pkt_is_v6(pb)) || pktsum_is_trusted(pb) ||
	    inetsum_fold(pktbuf_sum(pb, 0, len, pkt_pseudo(pb, IPPROTO_UDP, len))) == 0xffff)
		return true;
	count(pb->nif->ns, pkt_is_v6(pb), false, UDPSTAT_IN_CSUM_ERRORS);
	return false;
}

static void receive(struct netns *ns, struct pktbuf *pb, bool lite)
{
	const struct udp_head *h;
	struct ipflow f;
	struct isock *sk;
	u32 cover;

	if (!pktbuf_make_linear(pb, sizeof(*h)))
		goto bad;
	h = (void *)pb->data;
	pb->tp = (u16)pktbuf_headroom(pb);
	if (lite ? !udplite_is_right(pb, h, &cover) : !is_right(pb, h, &cover))
		goto bad;
	pkt_flow(pb, FROM_BE16(h->dport), FROM_BE16(h->sport), &f);
	pktbuf_pull(pb, sizeof(*h));
	if (unlikely(pb->flags != RTN_LOCAL)) {
		to_many(ns, lite, pb, &f, cover);
		return;
	}
	sk = lookup(ns, lite, &f);
	if (likely(sk)) {
		to_socket(sk, pb, f.rport, cover);
		return;
	}
	count(ns, f.is_v6, lite, UDPSTAT_NO_PORTS);
	if (f.is_v6)
		icmp6_error(ns, pb, ICMP6_DEST_UNREACH, ICMP6_PORT_UNREACH, 0);
	else
		icmp4_error(ns, pb, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
	pktbuf_free(pb);
	return;
bad:
	count(ns, pkt_is_v6(pb), lite, UDPSTAT_IN_ERRORS);
	pktbuf_free(pb);
}

static void udp_receive(struct netns *ns, struct pktbuf *pb)
{
	receive(ns, pb, false);
}

static void udplite_receive(struct netns *ns, struct pktbuf *pb)
{
	receive(ns, pb, true);
}

/* pb->data is at the UDP header that we sent. */
static void udp_error(struct netns *ns, const struct ip4_head *q, struct pktbuf *pb, u8 type, u8 code, u32 info)
{
	const struct udp_head *h = (void *)pb->data;
	struct ipflow f = { .l4 = q->saddr, .r4 = q->daddr, .lport = FROM_BE16(h->sport),
			    .rport = FROM_BE16(h->dport), .ifindex = pb->nif->index };
	struct isock *sk = lookup(ns, q->protocol == IPPROTO_UDPLITE, &f);
	bool hard;
	int err;

	if (!sk)
		return;
	err = icmp4_to_errno(type, code, &hard);
	if (type == ICMP_DEST_UNREACH && code == ICMP_FRAG_NEEDED) {
		isock_path4_is(sk, q->daddr, q->saddr, info);
		hard = sk->pmtudisc != IP_PMTUDISC_DONT;
	}
	if (!sk->recverr) {
		if (hard && sk->daddr)
			isock_error(sk, err);
		return;
	}
	pktbuf_pull(pb, sizeof(*h));
	isock_queue_error(sk, pb, &(struct icmperr){ err, type, code, info, .dst = q->daddr, .port = f.rport });
	isock_error(sk, err);
}

static void take_error6(struct netns *ns, const struct ip6_head *q, struct pktbuf *pb, u8 type, u8 code, u32 info,
			bool lite)
{
	const struct udp_head *h = (void *)pb->data;
	struct ipflow f = { .is_v6 = true, .l6 = q->saddr, .r6 = q->daddr, .lport = FROM_BE16(h->sport),
			    .rport = FROM_BE16(h->dport), .ifindex = pb->nif->index };
	struct isock *sk = lookup(ns, lite, &f);
	bool hard;
	int err;

	if (!sk)
		return;
	err = icmp6_to_errno(type, code, &hard);
	if (type == ICMP6_PACKET_TOO_BIG)
		isock_path6_is(sk, &q->daddr, &q->saddr, info);
	if (sk->recverr) {
		pktbuf_pull(pb, sizeof(*h));
		isock_queue_error(sk, pb, &(struct icmperr){ err, type, code, info, .dst6 = q->daddr,
							     .port = f.rport, .is_v6 = true });
	}
	if (sk->recverr || (hard && isock_has_peer(sk)))
		isock_error(sk, err);
}

static void udp6_error(struct netns *ns, const struct ip6_head *q, struct pktbuf *pb, u8 type, u8 code, u32 info)
{
	take_error6(ns, q, pb, type, code, info, false);
}

static void udplite6_error(struct netns *ns, const struct ip6_head *q, struct pktbuf *pb, u8 type, u8 code, u32 info)
{
	take_error6(ns, q, pb, type, code, info, true);
}

/* ---- sending ---- */

static void put_head(struct isock *sk, struct pktbuf *pb, u16 dport, u64 pseudo)
{
	u32 len = pb->len + (u32)sizeof(struct udp_head);
	struct udp_head *h = pktbuf_push(pb, sizeof(*h));

	pb->tp = (u16)pktbuf_headroom(pb);
	*h = (struct udp_head){ TO_BE16(sk->sport), TO_BE16(dport), TO_BE16(len), 0 };
	if (unlikely(is_lite(sk))) {
		udplite_put_sum(sk, pb, pseudo);
		return;
	}
	if (sk->no_check && !sk->is_v6)
		return;
	h->check = inetsum_fold(pseudo);
	pb->sum_state = PKTSUM_PARTIAL;
	pb->sum_start = pb->tp;
	pb->sum_off = UDP_SUM_OFF;
}

static int push6(struct isock *sk, struct pktbuf *pb, const struct dgsend *d)
{
	struct ip6send how = { .daddr = d->daddr6, .protocol = (u8)sk->ns.protocol };
	struct iproute r;
	int err = dgram_route(sk, d, &r);

	if (err) {
		pktbuf_free(pb);
		return err;
	}
	how.saddr = r.saddr6;
	how.tclass = d->tos >= 0 ? (u8)d->tos : sk->tclass;
	how.hops = d->ttl >= 0 ? (u8)d->ttl : r.type == RTN_MULTICAST ? sk->mc_hops6 :
		   sk->hops6 < 0 ? 0 : (u8)sk->hops6;
	how.may_fragment = sk->pmtudisc != IP_PMTUDISC_DO && sk->pmtudisc != IP_PMTUDISC_PROBE;
	put_head(sk, pb, d->dport, inetsum_pseudo6(&r.saddr6, &d->daddr6, sk->ns.protocol,
						   pb->len + (u32)sizeof(struct udp_head)));
	pb->flags = sk->mc_loop;
	pktbuf_own_write(pb, sk);
	return ip6_send(sk->net, &r, &how, pb);
}

static int push4(struct isock *sk, struct pktbuf *pb, const struct dgsend *d)
{
	struct ip4send how = { .daddr = d->daddr, .protocol = (u8)sk->ns.protocol };
	struct iproute r;
	int err = dgram_route(sk, d, &r);

	if (err) {
		pktbuf_free(pb);
		return err;
	}
	how.saddr = r.saddr;
	how.tos = d->tos >= 0 ? (u8)d->tos : sk->tos;
	how.ttl = d->ttl >= 0 ? (u8)d->ttl : isock_ttl(sk, d->daddr);
	if (r.type == RTN_MULTICAST && !how.ttl && d->ttl < 0)
		how.ttl = 1;
	how.is_df = sk->pmtudisc == IP_PMTUDISC_DO || (sk->pmtudisc == IP_PMTUDISC_WANT && !r.is_locked) ||
		    sk->pmtudisc == IP_PMTUDISC_PROBE;
	how.may_fragment = sk->pmtudisc != IP_PMTUDISC_DO && sk->pmtudisc != IP_PMTUDISC_PROBE;
	put_head(sk, pb, d->dport, inetsum_pseudo4(r.saddr, d->daddr, sk->ns.protocol,
						   pb->len + (u32)sizeof(struct udp_head)));
	pb->flags = sk->mc_loop;
	pktbuf_own_write(pb, sk);
	return ip4_send(sk->net, &r, &how, pb);
}

/* Header and checksum, then out; consumes. */
static int push(struct isock *sk, struct pktbuf *pb, const struct dgsend *d)
{
	int err;

	bh_disable();
	rcu_read_lock();
	err = d->is_v6 ? push6(sk, pb, d) : push4(sk, pb, d);
	if (!err || err == -ENOBUFS)
		count(sk->net, d->is_v6, is_lite(sk), err ? UDPSTAT_SNDBUF_ERRORS : UDPSTAT_OUT);
	rcu_read_unlock();
	bh_enable();
	return err;
}

/* The rare way: data collects until the cork is pulled. Locks: send_lock. */
static int send_corked(struct isock *sk, struct sockmsg *m, const struct dgsend *d, bool more)
{
	u32 len = (u32)m->uio->resid;
	struct pktbuf *pb = sk->cork;
	int err;

	if (!pb)
		pb = pktbuf_alloc(PKT_HEADROOM, 0, ALLOC_KERNEL);
	if (!pb)
		return -ENOBUFS;
	sk->cork = pb;
	if (pb->len + len > PAYLOAD_MAX)
		return -EMSGSIZE;
	err = pktbuf_append_uio(pb, m->uio, len);
	if (err) {
		sk->cork = NULL;
		pktbuf_free(pb);
		return err;
	}
	if (more)
		return 0;
	sk->cork = NULL;
	return push(sk, pb, d);
}

static ssize_t udp_send(struct netsock *s, struct sockmsg *m)
{
	struct isock *sk = isock_of(s);
	size_t len = m->uio->resid;
	struct pktbuf *pb;
	struct dgsend d;
	int err;

	if (unlikely(len > PAYLOAD_MAX))
		return -EMSGSIZE;
	if (unlikely(m->flags & MSG_OOB))
		return -EOPNOTSUPP;
	err = dgram_decode(sk, m, &d);
	if (!err && !d.dport)
		err = -EINVAL;
	if (!err)
		err = autobind(sk);
	if (!err)
		err = dgram_charge(sk, m->flags);
	if (unlikely(err))
		return err;
	if (unlikely(sk->cork || (m->flags & MSG_MORE) || (s->options & BIT(31)))) {
		kmutex_lock(&sk->send_lock);
		err = send_corked(sk, m, &d, (m->flags & MSG_MORE) || (s->options & BIT(31)));
		kmutex_unlock(&sk->send_lock);
		return err ? err : (ssize_t)len;
	}
	pb = pktbuf_alloc(PKT_HEADROOM, 0, ALLOC_KERNEL);
	if (unlikely(!pb))
		return -ENOBUFS;
	err = pktbuf_append_uio(pb, m->uio, (u32)len);
	if (unlikely(err)) {
		pktbuf_free(pb);
		return err;
	}
	err = push(sk, pb, &d);
	return err ? err : (ssize_t)len;
}

/* ---- options ---- */

/* Corked is kept in a bit of options that no SO_ number uses. */
static int set_cork(struct isock *sk, bool on)
{
	struct dgsend d = { .daddr = sk->daddr, .dport = sk->dport, .saddr = sk->saddr, .daddr6 = sk->daddr6,
			    .saddr6 = sk->saddr6, .is_v6 = sk->is_v6, .oif = sk->bound_if, .ttl = -1, .tos = -1 };
	struct pktbuf *pb = NULL;
	int err = 0;

	kmutex_lock(&sk->send_lock);
	if (on) {
		__atomic_fetch_or(&sk->ns.options, (u32)BIT(31), __ATOMIC_SEQ_CST);
	} else {
		__atomic_fetch_and(&sk->ns.options, ~(u32)BIT(31), __ATOMIC_SEQ_CST);
		swap(pb, sk->cork);
	}
	if (pb)
		err = isock_has_peer(sk) ? push(sk, pb, &d) : (pktbuf_free(pb), 0);
	kmutex_unlock(&sk->send_lock);
	return err;
}

static int udp_setopt(struct netsock *s, int level, int name, const void *val, u32 len)
{
	s32 v;

	if (level != SOL_UDP && level != SOL_UDPLITE)
		return isock_setopt(s, level, name, val, len);
	if (len < sizeof(v))
		return -EINVAL;
	memcpy(&v, val, sizeof(v));
	if (name == UDPLITE_SEND_CSCOV || name == UDPLITE_RECV_CSCOV)
		return udplite_setopt(isock_of(s), name, v);
	return name == UDP_CORK ? set_cork(isock_of(s), v) : -ENOPROTOOPT;
}

static int udp_getopt(struct netsock *s, int level, int name, void *val, u32 *len)
{
	s32 v;

	if (level != SOL_UDP && level != SOL_UDPLITE)
		return isock_getopt(s, level, name, val, len);
	switch (name) {
	case UDP_CORK: v = !!(s->options & BIT(31)); break;
	case UDPLITE_SEND_CSCOV: v = isock_of(s)->lite_send; break;
	case UDPLITE_RECV_CSCOV: v = isock_of(s)->lite_receive; break;
	default: return -ENOPROTOOPT;
	}
	*len = min_t(u32, *len, sizeof(v));
	memcpy(val, &v, *len);
	return 0;
}

static const struct netsock_ops udp_ops = {
	.release = udp_release, .bind = udp_bind, .connect = udp_connect, .pair = netsock_no_pair,
	.listen = netsock_no_listen, .accept = netsock_no_accept, .getname = isock_getname,
	.shutdown = dgram_shutdown, .send = udp_send, .recv = dgram_recv, .poll = dgram_poll,
	.ioctl = isock_ioctl, .setopt = udp_setopt, .getopt = udp_getopt,
};

struct netsock *udp_create(u32 protocol)
{
	struct isock *sk = kmem_zalloc(sizeof(*sk), ALLOC_KERNEL);

	if (!sk)
		return ERR_PTR(-ENOMEM);
	isock_init(sk, &udp_ops, SOCK_DGRAM, protocol);
	return &sk->ns;
}

static const struct ipproto udp_proto = { .protocol = IPPROTO_UDP, .receive = udp_receive, .error = udp_error };
IPPROTO_TABLE(udp_proto);
static const struct ip6proto udp6_proto = { .protocol = IPPROTO_UDP, .receive = udp_receive, .error = udp6_error };
IP6PROTO_TABLE(udp6_proto);
static const struct ipproto udplite_proto = {
	.protocol = IPPROTO_UDPLITE, .receive = udplite_receive, .error = udp_error,
};
IPPROTO_TABLE(udplite_proto);
static const struct ip6proto udplite6_proto = {
	.protocol = IPPROTO_UDPLITE, .receive = udplite_receive, .error = udplite6_error,
};
IP6PROTO_TABLE(udplite6_proto);

/* ---- /proc/net/udp ---- */

void udp_foreach(const struct netns *ns, u32 protocol, bool (*fn)(struct isock *sk, void *arg), void *arg)
{
	const struct growtab *t = &udp_table[protocol == IPPROTO_UDPLITE];
	struct isock *sk;

	for (u32 i = 0; i < growtab_heads(t); i++)
		growtab_foreach_of_head_rcu(sk, t, i, hash_link)
			if (sk->net == ns && !fn(sk, arg))
				return;
}

struct printer { struct seqbuf *sb; u32 line; u16 family; u32 protocol; };

static bool print_sock(struct isock *sk, void *arg)
{
	struct printer *pr = arg;

	if (sk->ns.family != pr->family)
		return true;
	seqbuf_printf(pr->sb, "%5u: ", pr->line++);
	isock_print_ends(pr->sb, sk);
	seqbuf_printf(pr->sb, " %02X %08X:%08X %02X:%08lX %08X %5u %8d %lu %d %016lx %u\n",
		      isock_has_peer(sk) ? 1 : 7, atomic_read(&sk->wmem), sk->rx_bytes, 0, 0UL, 0, sk->ns.uid,
		      0, sk->ns.ino, ref_read(&sk->refs), 0UL, sk->drops);
	return true;
}

static void print_udp(struct seqbuf *sb, void *arg)
{
	struct printer pr = *(const struct printer *)arg;

	pr.sb = sb;
	if (pr.family == AF_INET6)
		seqbuf_puts(sb, "  sl  local_address                         remote_address                        "
			    "st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n");
	else
		seqbuf_printf(sb, "%-127s\n", "   sl  local_address rem_address   st tx_queue rx_queue tr "
			      "tm->when retrnsmt   uid  timeout inode ref pointer drops");
	rcu_read_lock();
	udp_foreach(netns_self(), pr.protocol, print_sock, &pr);
	rcu_read_unlock();
}

#define UDP_FILE(name, fam, proto)							\
	static struct printer name##_what = { .family = (fam), .protocol = (proto) };	\
	static struct procfile name##_file = { .path = "net/" #name, .print = print_udp, .arg = &name##_what }; \
	PROCFILE(name##_file)
UDP_FILE(udp, AF_INET, IPPROTO_UDP);
UDP_FILE(udp6, AF_INET6, IPPROTO_UDP);
UDP_FILE(udplite, AF_INET, IPPROTO_UDPLITE);
UDP_FILE(udplite6, AF_INET6, IPPROTO_UDPLITE);

static int udp_start(void)
{
	for (u32 i = 0; i < 2; i++)
		VERIFY(!growtab_init(&udp_table[i], LOCK_BITS, LOCKRANK_NET_TABLE));
	return 0;
}
INITCALL(FS, udp_start);
