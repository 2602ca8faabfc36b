// SPDX-License-Identifier: GPL-2.0-only
/*
 * What UDP, raw and ping sockets share: a queue of packets, control messages,
 * connecting.
 *
 * A queued packet has data at what the user reads, net and tp at its headers. A reader
 * takes it off the queue under the socket's lock and copies without; MSG_PEEK copies
 * a clone.
 */
#include "ip6_impl.h"

#include <asm/uaccess.h>
#include <tern/kernel/clock.h>
#include <tern/lib/string.h>
#include <tern/mm/uio.h>
#include <tern/net/sockfilter.h>

/* ---- sending ---- */

static int take_cmsg6(int type, const void *data, size_t n, struct dgsend *d)
{
	struct in6_pktinfo_ pi;
	s32 v;

	if (type == IPV6_PKTINFO) {
		if (n < sizeof(pi))
			return -EINVAL;
		memcpy(&pi, data, sizeof(pi));
		memcpy(&d->saddr6, pi.addr, 16);
		if (pi.ifindex)
			d->oif = pi.ifindex;
		return 0;
	}
	if (n != sizeof(v))
		return -EINVAL;
	memcpy(&v, data, sizeof(v));
	if (v < -1 || v > 255)
		return -EINVAL;
	if (type == IPV6_HOPLIMIT)
		d->ttl = (s16)v;
	else if (type == IPV6_TCLASS)
		d->tos = (s16)v;
	else
		return -EINVAL;
	return 0;
}

static int take_cmsg(const struct cmsghdr *c, struct dgsend *d)
{
	const void *data = c + 1;
	size_t n = c->len - sizeof(*c);
	struct in_pktinfo pi;
	s32 v = 0;

	if (c->level == SOL_IPV6)
		return take_cmsg6(c->type, data, n, d);
	if (c->level != SOL_IP)
		return c->level == SOL_SOCKET ? -EINVAL : 0;
	if (c->type == IP_PKTINFO) {
		if (n != sizeof(pi))
			return -EINVAL;
		memcpy(&pi, data, sizeof(pi));
		if (pi.ipi_ifindex)
			d->oif = (u32)pi.ipi_ifindex;
		d->saddr = pi.ipi_spec_dst;
		return 0;
	}
	if (n == 1 && c->type == IP_TOS)
		v = *(const u8 *)data;
	else if (n == sizeof(v))
		memcpy(&v, data, sizeof(v));
	else
		return -EINVAL;
	if (c->type == IP_TTL && v >= 1 && v <= 255)
		d->ttl = (s16)v;
	else if (c->type == IP_TOS && v >= 0 && v <= 255)
		d->tos = (s16)v;
	else
		return -EINVAL;
	return 0;
}

static int take_control(const struct sockmsg *m, struct dgsend *d)
{
	size_t off = 0;

	while (m->control && off + sizeof(struct cmsghdr) <= m->control_len) {
		const struct cmsghdr *c = m->control + off;
		int err;

		if (c->len < sizeof(*c) || c->len > m->control_len - off)
			return -EINVAL;
		err = take_cmsg(c, d);
		if (err)
			return err;
		off += CMSG_ALIGN_(c->len);
	}
	return 0;
}

/* A name of IPv4 is as good to a socket of IPv6, unless it is for that alone: then @refused. 0 or -errno. */
static int read_name(const struct isock *sk, const struct sockaddr_any *a, u32 len, int refused, struct isockaddr *to)
{
	const struct sockaddr_in *in = (const void *)a;

	if (sk->ns.family != AF_INET6 || len < sizeof(*in) || in->sin_family != AF_INET)
		return isock_read_addr(sk, a, len, to);
	*to = (struct isockaddr){ .a4 = in->sin_addr, .port = FROM_BE16(in->sin_port), .oif = sk->bound_if };
	return sk->v6only ? refused : 0;
}

static bool is_udp(const struct isock *sk)
{
	return sk->ns.protocol == IPPROTO_UDP || sk->ns.protocol == IPPROTO_UDPLITE;
}

/* Where a message goes that names nobody, or somebody; 0 or -errno. */
static int take_name(struct isock *sk, const struct sockmsg *m, struct dgsend *d)
{
	bool is_udp6 = sk->ns.family == AF_INET6 && is_udp(sk);
	struct isockaddr to;
	int err;

	if (!m->name || !m->name_len || (is_udp6 && m->name_len >= 2 && m->name->family == AF_UNSPEC))
		return isock_has_peer(sk) ? 0 : -EDESTADDRREQ;
	if (sk->ns.family == AF_INET && m->name_len >= sizeof(struct sockaddr_in) && m->name->family == AF_UNSPEC)
		m->name->family = AF_INET;
	err = is_udp6 ? read_name(sk, m->name, m->name_len, -ENETUNREACH, &to) :
	      isock_read_addr(sk, m->name, m->name_len, &to);
	if (err)
		return err;
	d->is_v6 = to.is_v6;
	d->daddr = to.a4;
	d->daddr6 = to.a6;
	d->dport = to.port;
	if (to.oif)
		d->oif = to.oif;
	return 0;
}

int dgram_decode(struct isock *sk, struct sockmsg *m, struct dgsend *d)
{
	int err;

	*d = (struct dgsend){ .daddr = sk->daddr, .dport = sk->dport, .saddr = sk->saddr, .daddr6 = sk->daddr6,
			      .saddr6 = sk->saddr6, .is_v6 = sk->is_v6, .oif = sk->bound_if, .ttl = -1, .tos = -1 };
	err = take_name(sk, m, d);
	if (!err && m->control)
		err = take_control(m, d);
	if (err)
		return err;
	if (d->is_v6) {
		if (in6_is_any(&d->daddr6))
			d->daddr6 = IN6_LOOPBACK;
		if (in6_is_group(&d->daddr6) && !d->oif)
			d->oif = sk->mc_if;
		return 0;
	}
	if (!d->daddr)
		d->daddr = TO_BE32(0x7f000001);
	if ((d->daddr & TO_BE32(0xf0000000)) == TO_BE32(0xe0000000)) {
		if (!d->oif)
			d->oif = sk->mc_if;
		if (!d->saddr)
			d->saddr = sk->mc_addr;
	}
	return 0;
}

static bool has_room(const struct isock *sk)
{
	return (u32)atomic_read(&sk->wmem) < READ_ONCE(sk->ns.sndbuf) || READ_ONCE(sk->ns.error) ||
	       (READ_ONCE(sk->shutdown) & SEND_SHUTDOWN);
}

int dgram_route(struct isock *sk, const struct dgsend *d, struct iproute *r)
{
	int err;

	if (d->is_v6)
		err = ip6_route_flow(sk->net, &d->daddr6, &d->saddr6, d->oif, 0, sk->mark, r);
	else
		err = ip4_route_flow(sk->net, d->daddr, d->saddr, d->oif, 0, sk->mark, r);
	if (!err && !d->is_v6 && r->type == RTN_BROADCAST && !(sk->ns.options & BIT(SO_BROADCAST)))
		return -EACCES;
	if (!err && sk->pmtudisc >= IP_PMTUDISC_PROBE)
		r->mtu = r->nif->mtu;	/* whatever the path takes */
	return ip_count_no_route(sk->net, d->is_v6, err);
}

int dgram_charge(struct isock *sk, u32 flags)
{
	int err = netsock_take_error(&sk->ns);

	if (unlikely(err))
		return err;
	if (unlikely(READ_ONCE(sk->shutdown) & SEND_SHUTDOWN))
		return -EPIPE;
	if (likely(has_room(sk)))
		return 0;
	if (flags & MSG_DONTWAIT)
		return -EAGAIN;
	err = waitq_wait_intr_until(&sk->ns.wait, has_room(sk), sk->ns.sndtimeo ?
				    deadline_after(sk->ns.sndtimeo) : WAIT_FOREVER);
	return err == -ETIMEDOUT ? -EAGAIN : err;
}

static void write_done(struct pktbuf *pb)
{
	struct isock *sk = pb->owner;

	atomic_sub(&sk->wmem, (s32)pb->truesize);
	isock_wake(sk, IWAKE_WRITE);
	isock_put(sk);
}

void pktbuf_own_write(struct pktbuf *pb, struct isock *sk)
{
	isock_get(sk);
	atomic_add(&sk->wmem, (s32)pb->truesize);
	pb->owner = sk;
	pb->destroy = write_done;
	pb->mark = sk->mark;
	if (unlikely(sk->stamping))
		isock_mark_to_stamp(sk, pb);
}

bool pktbuf_is_own_write(const struct pktbuf *pb)
{
	return pb->destroy == write_done;
}

/* ---- receiving ---- */

bool dgram_deliver(struct isock *sk, struct pktbuf *pb)
{
	u32 mem = pb->truesize;
	bool ok;
	s32 head = (s32)(sk->ns.type == SOCK_RAW ? pb->net : pb->tp) - (s32)pktbuf_headroom(pb);

	if (unlikely(!sockfilter_run(&sk->ns, pb, head))) {
		pktbuf_free(pb);
		return true;	/* not wanted is not an error */
	}
	if (unlikely(isock_wants_stamps(sk)) && pb->stamp <= 0)
		pb->stamp = clock_realtime_ns();
	spin_lock(&sk->lock);
	ok = sk->rx_bytes + mem <= READ_ONCE(sk->ns.rcvbuf) || list_is_empty(&sk->rxq);
	if (ok) {
		sk->rx_bytes += mem;
		pb->hash = mem;		/* as counted */
		list_add_tail(&pb->link, &sk->rxq);
	} else {
		sk->drops++;
	}
	spin_unlock(&sk->lock);
	if (!ok) {
		pktbuf_free(pb);
		return false;
	}
	isock_wake(sk, IWAKE_READ);
	return true;
}

/* First packet, or with peek a clone of it; NULL: none. */
static struct pktbuf *take(struct isock *sk, bool peek)
{
	struct pktbuf *pb;

	spin_lock_bh(&sk->lock);
	pb = list_first_entry_or_null(&sk->rxq, struct pktbuf, link);
	if (pb && peek) {
		struct pktbuf *c = pktbuf_clone(pb, ALLOC_ATOMIC);

		if (c)		/* the sender's port is there */
			memcpy(c->cb, pb->cb, sizeof(c->cb));
		pb = c;
	} else if (pb) {
		list_unlink(&pb->link);
		sk->rx_bytes -= pb->hash;
		if (pb->stamp > 0)
			sk->stamp = pb->stamp;
	}
	spin_unlock_bh(&sk->lock);
	return pb;
}

static bool has_input(const struct isock *sk)
{
	return !list_is_empty(&sk->rxq) || READ_ONCE(sk->ns.error) || (READ_ONCE(sk->shutdown) & RECV_SHUTDOWN);
}

/* The next packet; NULL: end of file; ERR_PTR. */
static struct pktbuf *wait_packet(struct isock *sk, u32 flags)
{
	nsec_t deadline = WAIT_FOREVER;
	struct pktbuf *pb;
	int err;

	for (;;) {
		err = netsock_take_error(&sk->ns);
		if (unlikely(err))
			return ERR_PTR(err);
		pb = take(sk, flags & MSG_PEEK);
		if (pb)
			return pb;
		if (READ_ONCE(sk->shutdown) & RECV_SHUTDOWN)
			return NULL;
		if (flags & MSG_DONTWAIT)
			return ERR_PTR(-EAGAIN);
		if (sk->ns.rcvtimeo && deadline == WAIT_FOREVER)
			deadline = deadline_after(sk->ns.rcvtimeo);
		err = waitq_wait_common(&sk->ns.wait, has_input(sk), THREAD_SLEEPING, true, deadline);
		if (err)
			return ERR_PTR(err == -ETIMEDOUT ? -EAGAIN : err);
	}
}

static void give_cmsgs6(struct isock *sk, struct sockmsg *m, const struct pktbuf *pb)
{
	const struct ip6_head *h = pkt_ip6(pb);
	struct in6_pktinfo_ pi = { .ifindex = (u32)pb->cb[5] };
	s32 v;

	if (sk->cmsg & ISOCK_CMSG_PKTINFO6) {
		memcpy(pi.addr, &h->daddr, 16);
		sockmsg_put(m, SOL_IPV6, IPV6_PKTINFO, &pi, sizeof(pi));
	}
	if (sk->cmsg & ISOCK_CMSG_HOPS6) {
		v = h->hops;
		sockmsg_put(m, SOL_IPV6, IPV6_HOPLIMIT, &v, sizeof(v));
	}
	if (sk->cmsg & ISOCK_CMSG_TCLASS6) {
		v = (FROM_BE32(h->flow) >> 20) & 0xff;
		sockmsg_put(m, SOL_IPV6, IPV6_TCLASS, &v, sizeof(v));
	}
}

static void give_cmsgs(struct isock *sk, struct sockmsg *m, const struct pktbuf *pb)
{
	const struct ip4_head *h = pkt_ip4(pb);
	s32 v;

	if (isock_wants_stamps(sk))
		isock_give_stamps(sk, m, pb);
	if (!sk->cmsg)
		return;
	if (pkt_is_v6(pb)) {
		give_cmsgs6(sk, m, pb);
		return;
	}
	if (sk->cmsg & ISOCK_CMSG_PKTINFO) {
		struct in_pktinfo pi = { .ipi_ifindex = (s32)pb->cb[5], .ipi_addr = h->daddr,
					 .ipi_spec_dst = h->daddr };

		sockmsg_put(m, SOL_IP, IP_PKTINFO, &pi, sizeof(pi));
	}
	if (sk->cmsg & ISOCK_CMSG_TTL) {
		v = h->ttl;
		sockmsg_put(m, SOL_IP, IP_TTL, &v, sizeof(v));
	}
	if (sk->cmsg & ISOCK_CMSG_TOS)
		sockmsg_put(m, SOL_IP, IP_TOS, &h->tos, 1);
	if (sk->cmsg & ISOCK_CMSG_ORIGDST) {
		struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = h->daddr };

		memcpy(&in.sin_port, pb->buf + pb->tp + 2, 2);
		sockmsg_put(m, SOL_IP, IP_RECVORIGDSTADDR, &in, sizeof(in));
	}
}

ssize_t dgram_recv(struct netsock *s, struct sockmsg *m)
{
	struct isock *sk = isock_of(s);
	struct pktbuf *pb;
	size_t want, n;
	ssize_t ret;

	if (unlikely(m->flags & MSG_ERRQUEUE))
		return isock_recv_error(sk, m);
	if (unlikely(m->flags & MSG_OOB))
		return -EOPNOTSUPP;
	pb = wait_packet(sk, m->flags);
	if (IS_ERR_OR_NULL(pb)) {
		m->name_len = 0;
		return PTR_ERR(pb);
	}
	want = min_t(size_t, m->uio->resid, pb->len);
	n = pktbuf_to_uio(pb, 0, m->uio, (u32)want);
	ret = n < want ? -EFAULT : (ssize_t)n;
	if (want < pb->len) {
		m->out_flags |= MSG_TRUNC;
		if (m->flags & MSG_TRUNC && ret >= 0)
			ret = pb->len;
	}
	if (m->name)
		isock_sender_name(sk, m, pb, (u16)pb->cb[4], (u32)pb->cb[5]);
	if (unlikely(sk->cmsg || isock_wants_stamps(sk)))
		give_cmsgs(sk, m, pb);
	pktbuf_free(pb);
	return ret;
}

u32 dgram_poll(struct netsock *s, struct ofile *f, struct poll_table *pt)
{
	struct isock *sk = isock_of(s);
	u8 shut;
	u32 ev = 0;

	poll_wait(f, &s->wait, pt);
	shut = READ_ONCE(sk->shutdown);
	if (READ_ONCE(s->error) || !list_is_empty(&sk->errq))
		ev |= POLLERR;
	if (shut & RECV_SHUTDOWN)
		ev |= POLLRDHUP | POLLIN | POLLRDNORM;
	if (shut == (RECV_SHUTDOWN | SEND_SHUTDOWN))
		ev |= POLLHUP;
	if (!list_is_empty(&sk->rxq))
		ev |= POLLIN | POLLRDNORM;
	if ((u32)atomic_read(&sk->wmem) < READ_ONCE(s->sndbuf))
		ev |= POLLOUT | POLLWRNORM | POLLWRBAND;
	return ev;
}

/* ---- connecting ---- */

int dgram_connect(struct netsock *s, const struct sockaddr_any *a, u32 len, bool may_block)
{
	struct isock *sk = isock_of(s);
	struct isockaddr to;
	struct iproute r;
	int err;

	if (len < sizeof(a->family))
		return -EINVAL;
	if (a->family == AF_UNSPEC) {
		spin_lock_bh(&sk->lock);
		isock_forget_peer(sk);
		spin_unlock_bh(&sk->lock);
		return 0;
	}
	err = read_name(sk, a, len, -EAFNOSUPPORT, &to);
	if (err)
		return err;
	if (to.is_v6 && in6_is_any(&to.a6))
		to.a6 = IN6_LOOPBACK;
	if (!to.is_v6 && !to.a4)
		to.a4 = TO_BE32(0x7f000001);
	rcu_read_lock();
	err = isock_route(sk, &to, &r);
	rcu_read_unlock();
	if (err)
		return err;
	if (r.type == RTN_BROADCAST && !(s->options & BIT(SO_BROADCAST)))
		return -EACCES;
	spin_lock_bh(&sk->lock);
	isock_set_peer(sk, &to, &r);
	spin_unlock_bh(&sk->lock);
	return 0;
}

int dgram_shutdown(struct netsock *s, int how)
{
	struct isock *sk = isock_of(s);
	bool connected;

	spin_lock_bh(&sk->lock);
	connected = isock_has_peer(sk);
	if (connected)
		sk->shutdown |= (u8)(how + 1);
	spin_unlock_bh(&sk->lock);
	isock_wake(sk, IWAKE_ALL);
	return connected ? 0 : -ENOTCONN;
}

void dgram_destroy(struct isock *sk)
{
	LIST_HEAD(out);

	isock_mc_drop_all(sk);
	isock_mc6_drop_all(sk);
	if (sk->cork)
		pktbuf_free(sk->cork);
	sk->cork = NULL;
	spin_lock_bh(&sk->lock);
	sk->shutdown = RECV_SHUTDOWN | SEND_SHUTDOWN;
	list_splice_init(&sk->rxq, &out);
	list_splice_init(&sk->errq, &out);
	spin_unlock_bh(&sk->lock);
	pktbuf_purge(&out);
}
