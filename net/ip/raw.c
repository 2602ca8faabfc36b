// SPDX-License-Identifier: GPL-2.0-only
/*
 * Raw sockets: whole IP packets of a protocol. They hang in a list by protocol; each gets a copy of every packet
 * that fits, of IPv4 with its header, and is told of every ICMP error about what it may have sent.
 */
#include "raw_impl.h"

#include <tern/fs/procfs.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <tern/mm/uio.h>
#include <tern/net/inetsum.h>

static struct rawbucket raw_table[RAW_BUCKETS] = { [0 ... RAW_BUCKETS - 1] = RAWBUCKET_INIT };

static void hash_add(struct rawbucket *b, struct isock *sk)
{
	isock_get(sk);
	spin_lock_bh(&b->lock);
	hlist_add_head_rcu(&sk->hash_node, &b->socks);
	spin_unlock_bh(&b->lock);
}

void rawbucket_remove(struct rawbucket *b, struct isock *sk)
{
	bool was_there;

	spin_lock_bh(&b->lock);
	was_there = !hlist_unhashed(&sk->hash_node);
	if (was_there)
		hlist_del_rcu(&sk->hash_node);
	spin_unlock_bh(&b->lock);
	if (was_there)
		isock_put(sk);
}

/* ---- raw ---- */

static bool raw_fits(const struct isock *sk, const struct netns *ns, const struct pktbuf *pb)
{
	const struct ip4_head *h = pkt_ip4(pb);
	u8 type;

	if (sk->net != ns || sk->ns.protocol != h->protocol || sk->ns.family != AF_INET)
		return false;
	if ((sk->rcv_saddr && sk->rcv_saddr != h->daddr) || (sk->daddr && sk->daddr != h->saddr) ||
	    (sk->bound_if && sk->bound_if != pb->nif->index))
		return false;
	if (h->protocol != IPPROTO_ICMP || !pb->linear)
		return true;
	type = pb->data[0];
	return type >= 32 || !(sk->icmp_filter & BIT(type));
}

bool rawsock_receive(struct netns *ns, struct pktbuf *pb)
{
	struct rawbucket *b = &raw_table[pkt_ip4(pb)->protocol % RAW_BUCKETS];
	u32 hlen = ip4_hlen(pkt_ip4(pb));
	bool any = false;
	struct isock *sk;

	if (likely(hlist_is_empty(&b->socks)))
		return false;
	hlist_foreach_rcu(sk, &b->socks, hash_node) {
		struct pktbuf *c;

		if (!raw_fits(sk, ns, pb))
			continue;
		any = true;
		c = pktbuf_clone(pb, ALLOC_ATOMIC);
		if (!c)
			continue;
		pktbuf_push(c, hlen);
		c->cb[4] = 0;
		c->cb[5] = pb->nif->index;
		dgram_deliver(sk, c);
	}
	return any;
}

static bool raw6_fits(const struct isock *sk, const struct netns *ns, const struct pktbuf *pb, u8 protocol)
{
	const struct ip6_head *h = pkt_ip6(pb);
	u8 type;

	if (sk->net != ns || sk->ns.protocol != protocol || sk->ns.family != AF_INET6)
		return false;
	if ((!in6_is_any(&sk->rcv_saddr6) && !in6_same(&sk->rcv_saddr6, &h->daddr)) ||
	    (!in6_is_any(&sk->daddr6) && !in6_same(&sk->daddr6, &h->saddr)) ||
	    (sk->bound_if && sk->bound_if != pb->nif->index))
		return false;
	if (protocol != IPPROTO_ICMPV6 || !pb->linear)
		return true;
	type = pb->data[0];
	return !(sk->icmp6_filter[type / 32] & BIT(type % 32));
}

bool rawsock6_receive(struct netns *ns, struct pktbuf *pb, u8 protocol)
{
	struct rawbucket *b = &raw_table[protocol % RAW_BUCKETS];
	bool any = false;
	struct isock *sk;

	if (likely(hlist_is_empty(&b->socks)))
		return false;
	hlist_foreach_rcu(sk, &b->socks, hash_node) {
		struct pktbuf *c;

		if (!raw6_fits(sk, ns, pb, protocol))
			continue;
		any = true;
		c = pktbuf_clone(pb, ALLOC_ATOMIC);
		if (!c)
			continue;
		c->cb[4] = 0;
		c->cb[5] = pb->nif->index;
		dgram_deliver(sk, c);
	}
	return any;
}

/* ---- errors ---- */

/* About a packet of @sk, data behind the quoted IP header, which is @hlen bytes. Consumes nothing. */
static void raw_take_error(struct isock *sk, struct pktbuf *pb, u32 hlen, const struct icmperr *e, bool is_hard)
{
	u32 back = sk->hdrincl ? hlen : 0;

	if (!sk->recverr && !isock_has_peer(sk))
		return;
	if (sk->recverr) {
		pktbuf_push(pb, back);
		isock_queue_error(sk, pb, e);
		pktbuf_pull(pb, back);
	}
	if (sk->recverr || is_hard)
		isock_error(sk, e->err);
}

void rawsock_error(struct netns *ns, const struct ip4_head *q, struct pktbuf *pb, u8 type, u8 code, u32 info)
{
	bool hard, too_big = type == ICMP_DEST_UNREACH && code == ICMP_FRAG_NEEDED;
	struct icmperr e = { icmp4_to_errno(type, code, &hard), type, code, info, .dst = q->daddr };
	struct isock *sk;

	hlist_foreach_rcu(sk, &raw_table[q->protocol % RAW_BUCKETS].socks, hash_node) {
		if (sk->net != ns || sk->ns.protocol != q->protocol || sk->ns.family != AF_INET ||
		    (sk->rcv_saddr && sk->rcv_saddr != q->saddr) || (sk->daddr && sk->daddr != q->daddr) ||
		    (sk->bound_if && sk->bound_if != pb->nif->index))
			continue;
		if (too_big)
			isock_path4_is(sk, q->daddr, q->saddr, info);
		raw_take_error(sk, pb, ip4_hlen(q), &e, too_big ? sk->pmtudisc != IP_PMTUDISC_DONT : hard);
	}
}

void rawsock6_error(struct netns *ns, const struct ip6_head *q, u8 protocol, struct pktbuf *pb, u8 type, u8 code,
		    u32 info)
{
	bool hard, too_big = type == ICMP6_PACKET_TOO_BIG;
	struct icmperr e = { icmp6_to_errno(type, code, &hard), type, code, info, .dst6 = q->daddr, .is_v6 = true };
	struct isock *sk;

	hlist_foreach_rcu(sk, &raw_table[protocol % RAW_BUCKETS].socks, hash_node) {
		if (sk->net != ns || sk->ns.protocol != protocol || sk->ns.family != AF_INET6 ||
		    (!in6_is_any(&sk->rcv_saddr6) && !in6_same(&sk->rcv_saddr6, &q->saddr)) ||
		    (!in6_is_any(&sk->daddr6) && !in6_same(&sk->daddr6, &q->daddr)) ||
		    (sk->bound_if && sk->bound_if != pb->nif->index))
			continue;
		if (too_big && (sk->recverr || isock_has_peer(sk)))
			isock_path6_is(sk, &q->daddr, &q->saddr, info);
		raw_take_error(sk, pb, 0, &e, too_big ? sk->pmtudisc == IP_PMTUDISC_DO : hard);
	}
}

static int raw_bind(struct netsock *s, const struct sockaddr_any *a, u32 len)
{
	struct isock *sk = isock_of(s);
	struct isockaddr b;
	int err = isock_check_bind(sk, a, len, &b);

	if (err)
		return err;
	spin_lock_bh(&sk->lock);
	isock_set_local(sk, &b);
	sk->bound |= b.a4 || !in6_is_any(&b.a6) ? ISOCK_ADDR : 0;
	spin_unlock_bh(&sk->lock);
	return 0;
}

/* The user's own header: what is 0 in it is filled in. */
static int send_with_header(struct isock *sk, const struct iproute *r, struct pktbuf *pb)
{
	struct ip4_head *h;
	u32 hlen;

	if (!pktbuf_make_linear(pb, min(pb->len, 60u)))
		goto bad;
	h = (void *)pb->data;
	if (pb->len < sizeof(*h) || ip4_hlen(h) < sizeof(*h) || ip4_hlen(h) > pb->linear)
		goto bad;
	hlen = ip4_hlen(h);
	if (pb->len > r->nif->mtu || (pb->len > r->mtu && (h->frag_off & TO_BE16(IP4_DF)))) {
		pktbuf_free(pb);
		return -EMSGSIZE;
	}
	if (!h->saddr)
		h->saddr = r->saddr;
	if (!h->id)
		h->id = TO_BE16(ip4_id(h->saddr, h->daddr, h->protocol));
	h->total_len = TO_BE16(pb->len);
	h->check = 0;
	h->check = (u16)~inetsum_fold(inetsum_add(0, h, hlen));
	pktbuf_own_write(pb, sk);
	return ip4_send_raw(sk->net, r, pb);
bad:
	pktbuf_free(pb);
	return -EINVAL;
}

/* Checksum of what has one: ICMPv6 always, others where the user said. */
static int sum6(const struct isock *sk, struct pktbuf *pb, const struct in6ip *s, const struct in6ip *d)
{
	s32 off = sk->ns.protocol == IPPROTO_ICMPV6 ? 2 : sk->sum_off6;
	u16 sum = 0;

	if (off < 0)
		return 0;
	if ((u32)off + 2 > pb->len || !pktbuf_make_linear(pb, (u32)off + 2))
		return -EINVAL;
	memcpy(pb->data + off, &sum, 2);
	sum = (u16)~inetsum_fold(pktbuf_sum(pb, 0, pb->len,
					    inetsum_pseudo6(s, d, (u8)sk->ns.protocol, pb->len)));
	memcpy(pb->data + off, &sum, 2);
	return 0;
}

static int push6(struct isock *sk, struct pktbuf *pb, const struct dgsend *d, u8 protocol)
{
	struct ip6send how = { .daddr = d->daddr6, .protocol = protocol };
	struct iproute r;
	int err;

	bh_disable();
	rcu_read_lock();
	err = dgram_route(sk, d, &r);
	if (!err)
		err = sum6(sk, pb, &r.saddr6, &d->daddr6);
	if (err) {
		pktbuf_free(pb);
	} else {
		how.saddr = r.saddr6;
		how.tclass = d->tos >= 0 ? (u8)d->tos : sk->tclass;
		how.hops = d->ttl >= 0 ? (u8)d->ttl : r.type == RTN_MULTICAST ? sk->mc_hops6 :
			   sk->hops6 < 0 ? 0 : (u8)sk->hops6;
		how.may_fragment = sk->pmtudisc != IP_PMTUDISC_DO;
		pb->flags = sk->mc_loop;
		pktbuf_own_write(pb, sk);
		err = ip6_send(sk->net, &r, &how, pb);
	}
	rcu_read_unlock();
	bh_enable();
	return err;
}

int raw_push(struct isock *sk, struct pktbuf *pb, const struct dgsend *d, u8 protocol)
{
	struct ip4send how = { .daddr = d->daddr, .protocol = protocol, .may_fragment = true };
	struct iproute r;
	int err;

	if (d->is_v6)
		return push6(sk, pb, d, protocol);
	bh_disable();
	rcu_read_lock();
	err = dgram_route(sk, d, &r);
	if (err) {
		pktbuf_free(pb);
	} else if (sk->hdrincl) {
		err = send_with_header(sk, &r, pb);
	} else {
		how.saddr = r.saddr;
		how.tos = d->tos >= 0 ? (u8)d->tos : sk->tos;
		how.ttl = d->ttl >= 0 ? (u8)d->ttl : isock_ttl(sk, d->daddr);
		how.is_df = sk->pmtudisc == IP_PMTUDISC_DO;
		how.may_fragment = !how.is_df;
		pb->flags = sk->mc_loop;
		pktbuf_own_write(pb, sk);
		err = ip4_send(sk->net, &r, &how, pb);
	}
	rcu_read_unlock();
	bh_enable();
	return err;
}

struct pktbuf *raw_copy_in(struct sockmsg *m, int *err)
{
	struct pktbuf *pb = pktbuf_alloc(PKT_HEADROOM, 0, ALLOC_KERNEL);

	*err = -ENOBUFS;
	if (!pb)
		return NULL;
	*err = pktbuf_append_uio(pb, m->uio, (u32)m->uio->resid);
	if (!*err)
		return pb;
	pktbuf_free(pb);
	return NULL;
}

static ssize_t raw_send(struct netsock *s, struct sockmsg *m)
{
	struct isock *sk = isock_of(s);
	size_t len = m->uio->resid;
	struct pktbuf *pb;
	struct dgsend d;
	int err;

	if (len > 65535)
		return -EMSGSIZE;
	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	err = dgram_decode(sk, m, &d);
	if (!err)
		err = dgram_charge(sk, m->flags);
	if (err)
		return err;
	pb = raw_copy_in(m, &err);
	if (!pb)
		return err;
	err = raw_push(sk, pb, &d, (u8)s->protocol);
	return err ? err : (ssize_t)len;
}

static void raw_release(struct netsock *s)
{
	struct isock *sk = isock_of(s);

	rawbucket_remove(&raw_table[s->protocol % RAW_BUCKETS], sk);
	dgram_destroy(sk);
	isock_put(sk);
}

static int raw_setopt(struct netsock *s, int level, int name, const void *val, u32 len)
{
	if (level == SOL_ICMPV6 && s->family == AF_INET6 && name == ICMPV6_FILTER && s->protocol == IPPROTO_ICMPV6) {
		memcpy(isock_of(s)->icmp6_filter, val, min_t(u32, len, sizeof(isock_of(s)->icmp6_filter)));
		return 0;
	}
	if (level == SOL_RAW && s->family == AF_INET6)
		level = SOL_IPV6;	/* where some set IPV6_CHECKSUM */
	if (level != SOL_RAW)
		return isock_setopt(s, level, name, val, len);
	if (name != ICMP_FILTER || s->protocol != IPPROTO_ICMP)
		return -ENOPROTOOPT;
	memcpy(&isock_of(s)->icmp_filter, val, min_t(u32, len, 4));
	return 0;
}

static int raw_getopt(struct netsock *s, int level, int name, void *val, u32 *len)
{
	if (level != SOL_RAW)
		return isock_getopt(s, level, name, val, len);
	if (name != ICMP_FILTER || s->protocol != IPPROTO_ICMP)
		return -ENOPROTOOPT;
	*len = min_t(u32, *len, 4);
	memcpy(val, &isock_of(s)->icmp_filter, *len);
	return 0;
}

static const struct netsock_ops raw_ops = {
	.release = raw_release, .bind = raw_bind, .connect = dgram_connect, .pair = netsock_no_pair,
	.listen = netsock_no_listen, .accept = netsock_no_accept, .getname = isock_getname,
	.shutdown = dgram_shutdown, .send = raw_send, .recv = dgram_recv, .poll = dgram_poll,
	.ioctl = isock_ioctl, .setopt = raw_setopt, .getopt = raw_getopt,
};

struct netsock *rawsock_create(int protocol)
{
	struct isock *sk = kmem_zalloc(sizeof(*sk), ALLOC_KERNEL);

	if (!sk)
		return ERR_PTR(-ENOMEM);
	isock_init(sk, &raw_ops, SOCK_RAW, (u32)protocol);
	sk->hdrincl = protocol == IPPROTO_RAW;
	sk->sport = (u16)protocol;	/* what /proc shows as a port */
	hash_add(&raw_table[(u32)protocol % RAW_BUCKETS], sk);
	return &sk->ns;
}

struct netsock *rawsock6_create(int protocol)
{
	struct netsock *s = rawsock_create(protocol);

	if (!IS_ERR(s))
		isock_of(s)->hdrincl = false;
	return s;
}

u64 rawsock_count(const struct netns *ns)
{
	struct isock *sk;
	u64 n = 0;

	rcu_read_lock();
	for (u32 i = 0; i < RAW_BUCKETS; i++)
		hlist_foreach_rcu(sk, &raw_table[i].socks, hash_node)
			n += sk->net == ns;
	rcu_read_unlock();
	return n;
}

static void print_raw(struct seqbuf *sb, void *arg)
{
	u16 family = arg ? AF_INET6 : AF_INET;
	struct isock *sk;

	seqbuf_puts(sb, "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  "
		    "timeout inode ref pointer drops\n");
	rcu_read_lock();
	for (u32 i = 0; i < RAW_BUCKETS; i++) {
		hlist_foreach_rcu(sk, &raw_table[i].socks, hash_node) {
			if (sk->ns.family != family || sk->net != netns_self())
				continue;
			seqbuf_printf(sb, "%4u: ", sk->ns.protocol);
			isock_print_ends(sb, sk);
			seqbuf_printf(sb, " %02X %08X:%08X %02X:%08lX %08X %5u %8d %lu %d %016lx %u\n",
				      isock_has_peer(sk) ? 1 : 7, atomic_read(&sk->wmem), sk->rx_bytes, 0, 0UL,
				      0, sk->ns.uid, 0, sk->ns.ino, ref_read(&sk->refs), 0UL, sk->drops);
		}
	}
	rcu_read_unlock();
}
static struct procfile raw_file = { .path = "net/raw", .print = print_raw };
PROCFILE(raw_file);
static struct procfile raw6_file = { .path = "net/raw6", .print = print_raw, .arg = &raw6_file };
PROCFILE(raw6_file);
