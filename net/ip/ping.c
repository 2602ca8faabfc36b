// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ping sockets: ICMP echo for everybody in ping_group_range. A socket's local port is the identifier of its
 * requests; it hangs in a list by that.
 */
#include "raw_impl.h"

#include <tern/kernel/cred.h>
#include <tern/kernel/random.h>
#include <tern/mm/slab.h>
#include <tern/net/inetsum.h>

static struct rawbucket ping_table[RAW_BUCKETS] = { [0 ... RAW_BUCKETS - 1] = RAWBUCKET_INIT };

/* @local NULL: any address. */
static struct isock *ping_find(struct netns *ns, u32 protocol, const struct isockaddr *local, u16 id)
{
	struct isock *sk;

	hlist_foreach_rcu(sk, &ping_table[id % RAW_BUCKETS].socks, hash_node) {
		if (sk->net != ns || sk->sport != id || sk->ns.protocol != protocol)
			continue;
		if (!local || (protocol == IPPROTO_ICMP && (!sk->rcv_saddr || sk->rcv_saddr == local->a4)) ||
		    (protocol != IPPROTO_ICMP &&
		     (in6_is_any(&sk->rcv_saddr6) || in6_same(&sk->rcv_saddr6, &local->a6))))
			return sk;
	}
	return NULL;
}

static bool ping_try(struct isock *sk, u16 id)
{
	struct rawbucket *b = &ping_table[id % RAW_BUCKETS];
	bool free;

	spin_lock(&b->lock);
	free = !ping_find(sk->net, sk->ns.protocol, NULL, id);
	if (free) {
		sk->sport = id;
		isock_get(sk);
		hlist_add_head_rcu(&sk->hash_node, &b->socks);
	}
	spin_unlock(&b->lock);
	return free;
}

/* An identifier for the socket; 0 or -EADDRINUSE. */
static int ping_take(struct isock *sk, u16 id, const struct isockaddr *addr)
{
	u32 start = random_u32();
	int err = -EADDRINUSE;

	spin_lock_bh(&sk->lock);
	if (sk->sport) {
		err = id ? -EINVAL : 0;
	} else if (id) {
		err = ping_try(sk, id) ? 0 : -EADDRINUSE;
	} else {
		for (u32 i = 0; err && i < 65536; i++)
			if ((u16)(start + i) && ping_try(sk, (u16)(start + i)))
				err = 0;
	}
	if (!err && addr)
		isock_set_local(sk, addr);
	spin_unlock_bh(&sk->lock);
	return err;
}

static int pingsock_bind(struct netsock *s, const struct sockaddr_any *a, u32 len)
{
	struct isockaddr b;
	int err = isock_check_bind(isock_of(s), a, len, &b);

	return err ? err : ping_take(isock_of(s), b.port, &b);
}

/* To a ping socket, if there is one; consumes. */
static void to_ping(struct isock *sk, struct pktbuf *pb)
{
	if (!sk || (sk->bound_if && sk->bound_if != pb->nif->index)) {
		pktbuf_free(pb);
		return;
	}
	pb->cb[4] = 0;
	pb->cb[5] = pb->nif->index;
	dgram_deliver(sk, pb);
}

void ping_receive(struct netns *ns, struct pktbuf *pb)
{
	const struct icmp_head *h = (void *)pb->data;
	struct isockaddr local = { .a4 = pkt_ip4(pb)->daddr };

	to_ping(ping_find(ns, IPPROTO_ICMP, &local, FROM_BE16(h->id)), pb);
}

void ping6_receive(struct netns *ns, struct pktbuf *pb)
{
	const struct icmp_head *h = (void *)pb->data;
	struct isockaddr local = { .is_v6 = true, .a6 = pkt_ip6(pb)->daddr };

	to_ping(ping_find(ns, IPPROTO_ICMPV6, &local, FROM_BE16(h->id)), pb);
}

/* data at the quoted ICMP header. */
static void take_error(struct isock *sk, struct pktbuf *pb, const struct icmperr *e, bool is_hard)
{
	if (!sk->recverr && !(is_hard && isock_has_peer(sk)))
		return;
	if (sk->recverr)
		isock_queue_error(sk, pb, e);
	isock_error(sk, e->err);
}

void ping_error(struct netns *ns, const struct ip4_head *q, struct pktbuf *pb, u8 type, u8 code, u32 info)
{
	bool hard, too_big = type == ICMP_DEST_UNREACH && code == ICMP_FRAG_NEEDED;
	struct icmperr e = { icmp4_to_errno(type, code, &hard), type, code, info, .dst = q->daddr };
	const struct icmp_head *h = (void *)pb->data;
	struct isock *sk = NULL;

	if (h->type == ICMP_ECHO)
		sk = ping_find(ns, IPPROTO_ICMP, &(struct isockaddr){ .a4 = q->saddr }, FROM_BE16(h->id));
	if (too_big && h->type == ICMP_ECHOREPLY)
		ip4_path_is(ns, q->daddr, q->saddr, info);
	if (!sk)
		return;
	if (too_big) {
		isock_path4_is(sk, q->daddr, q->saddr, info);
		if (sk->pmtudisc == IP_PMTUDISC_DONT)
			return;
	}
	take_error(sk, pb, &e, too_big || hard);
}

void ping6_error(struct netns *ns, const struct ip6_head *q, struct pktbuf *pb, u8 type, u8 code, u32 info)
{
	const struct icmp_head *h = (void *)pb->data;
	struct icmperr e = { 0, type, code, info, .dst6 = q->daddr, .is_v6 = true };
	struct isock *sk;
	bool hard;

	if (type == ICMP6_PACKET_TOO_BIG)
		ip6_path_is(ns, &q->daddr, &q->saddr, info);
	if (h->type != ICMP6_ECHO_REQUEST)
		return;
	e.err = icmp6_to_errno(type, code, &hard);
	sk = ping_find(ns, IPPROTO_ICMPV6, &(struct isockaddr){ .is_v6 = true, .a6 = q->saddr }, FROM_BE16(h->id));
	if (sk)
		take_error(sk, pb, &e, hard);
}

static ssize_t ping_send(struct netsock *s, struct sockmsg *m)
{
	struct isock *sk = isock_of(s);
	size_t len = m->uio->resid;
	struct icmp_head *h;
	struct pktbuf *pb;
	struct dgsend d;
	int err;

	if (len > 65535 - 20)
		return -EMSGSIZE;
	if (len < sizeof(*h))
		return -EINVAL;
	err = dgram_decode(sk, m, &d);
	if (!err)
		err = ping_take(sk, 0, NULL);
	if (!err)
		err = dgram_charge(sk, m->flags);
	if (err)
		return err;
	pb = raw_copy_in(m, &err);
	if (!pb)
		return err;
	if (!pktbuf_make_linear(pb, sizeof(*h))) {
		pktbuf_free(pb);
		return -ENOBUFS;
	}
	h = (void *)pb->data;
	if (h->type != (s->protocol == IPPROTO_ICMP ? ICMP_ECHO : ICMP6_ECHO_REQUEST) || h->code) {
		pktbuf_free(pb);
		return -EINVAL;
	}
	h->id = TO_BE16(sk->sport);
	h->check = 0;
	h->check = (u16)~inetsum_fold(pktbuf_sum(pb, 0, pb->len, 0));
	err = raw_push(sk, pb, &d, (u8)s->protocol);
	return err ? err : (ssize_t)len;
}

static int ping_connect(struct netsock *s, const struct sockaddr_any *a, u32 len, bool may_block)
{
	int err = ping_take(isock_of(s), 0, NULL);

	return err ? err : dgram_connect(s, a, len, may_block);
}

static void ping_release(struct netsock *s)
{
	struct isock *sk = isock_of(s);

	if (sk->sport)
		rawbucket_remove(&ping_table[sk->sport % RAW_BUCKETS], sk);
	dgram_destroy(sk);
	isock_put(sk);
}

static const struct netsock_ops ping_ops = {
	.release = ping_release, .bind = pingsock_bind, .connect = ping_connect, .pair = netsock_no_pair,
	.listen = netsock_no_listen, .accept = netsock_no_accept, .getname = isock_getname,
	.shutdown = dgram_shutdown, .send = ping_send, .recv = dgram_recv, .poll = dgram_poll,
	.ioctl = isock_ioctl, .setopt = isock_setopt, .getopt = isock_getopt,
};

/* Is one of the groups of @c in @range. "1 0" is nobody; Debian's user land makes it everybody, as it is here. */
static bool may_ping(const struct credset *c, u64 range)
{
	u32 low = NETRANGE_LOW(range), high = NETRANGE_HIGH(range);
	const struct grouplist *g = c->groups;

	if (c->egid >= low && c->egid <= high)
		return true;
	for (u32 i = 0; g && i < g->n; i++)
		if (g->gid[i] >= low && g->gid[i] <= high)
			return true;
	return false;
}

struct netsock *ping_create(u32 protocol)
{
	struct isock *sk;

	if (!may_ping(cred_self(), READ_ONCE(netns_self()->ip4->knobs.ping_gids)))
		return ERR_PTR(-EACCES);
	sk = kmem_zalloc(sizeof(*sk), ALLOC_KERNEL);
	if (!sk)
		return ERR_PTR(-ENOMEM);
	isock_init(sk, &ping_ops, SOCK_DGRAM, protocol);
	return &sk->ns;
}
