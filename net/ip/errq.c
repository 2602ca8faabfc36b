// SPDX-License-Identifier: GPL-2.0-only
/*
 * The error queue of a socket, ip(7) IP_RECVERR: what recvmsg() with MSG_ERRQUEUE reads.
 *
 * Three kinds of packets wait there, each with a struct errinfo in cb: ICMP errors about what the socket sent
 * (data is what the error quotes of it), notices that buffers of MSG_ZEROCOPY are free, and times at which
 * packets left (stamp.c; data is the packet).
 *
 * Others make the errors, so what they take is bounded: those that wait have as much memory as the socket may
 * receive, what comes beyond is dropped. Notices merge; times have a limit of their own.
 *
 * The queue and what is counted of it change under the socket's lock (S); packets are copied out without it.
 */
#include "ip6_impl.h"

#include <tern/lib/string.h>
#include <tern/mm/uio.h>

struct errinfo { struct sock_extended_err ee; be32 dst; struct in6ip dst6; u32 ifindex; u16 port; bool is_v6; };
static_assert(sizeof(struct errinfo) <= sizeof(((struct pktbuf *)0)->cb), "fits");

static struct errinfo *info_of(struct pktbuf *pb) { return (struct errinfo *)pb->cb; }

static bool is_icmp(const struct errinfo *info)
{
	return info->ee.ee_origin == SO_EE_ORIGIN_ICMP || info->ee.ee_origin == SO_EE_ORIGIN_ICMP6;
}

/* ---- putting ---- */

void isock_queue_error(struct isock *sk, const struct pktbuf *pb, const struct icmperr *e)
{
	u8 origin = e->is_v6 ? SO_EE_ORIGIN_ICMP6 : SO_EE_ORIGIN_ICMP;
	struct errinfo info = { .ee = { (u32)-e->err, origin, e->type, e->code, 0, e->info, 0 },
				.dst = e->dst, .dst6 = e->dst6, .ifindex = pb->nif->index, .port = e->port,
				.is_v6 = e->is_v6 };
	struct pktbuf *c = pktbuf_clone(pb, ALLOC_ATOMIC);
	bool has_room;

	if (!c)
		return;
	memcpy(c->cb, &info, sizeof(info));
	c->hash = c->truesize;		/* as counted */
	spin_lock_bh(&sk->lock);
	has_room = sk->errq_bytes + c->hash <= READ_ONCE(sk->ns.rcvbuf);
	if (has_room) {
		sk->errq_bytes += c->hash;
		list_add_tail(&c->link, &sk->errq);
	}
	spin_unlock_bh(&sk->lock);
	if (!has_room)
		pktbuf_free(c);
}

int isock_queue_zerocopy(struct isock *sk)
{
	struct errinfo e = { .ee = { .ee_origin = SO_EE_ORIGIN_ZEROCOPY, .ee_code = SO_EE_CODE_ZEROCOPY_COPIED } };
	struct pktbuf *c = pktbuf_alloc(0, 0, ALLOC_KERNEL), *last;
	struct errinfo *tail;

	if (!c)
		return -ENOBUFS;
	spin_lock_bh(&sk->lock);
	last = list_last_entry_or_null(&sk->errq, struct pktbuf, link);
	tail = last ? info_of(last) : NULL;
	e.ee.ee_info = e.ee.ee_data = sk->zerocopy_next++;
	if (tail && tail->ee.ee_origin == SO_EE_ORIGIN_ZEROCOPY && tail->ee.ee_data + 1 == e.ee.ee_info) {
		tail->ee.ee_data = e.ee.ee_info;
	} else {
		memcpy(c->cb, &e, sizeof(e));
		list_add_tail(&c->link, &sk->errq);
		c = NULL;
	}
	spin_unlock_bh(&sk->lock);
	if (c)
		pktbuf_free(c);
	isock_wake(sk, POLLERR);
	return 0;
}

void isock_fill_stamp_error(struct pktbuf *c, u32 key, u32 err)
{
	struct errinfo e = { .ee = { .ee_errno = err, .ee_origin = SO_EE_ORIGIN_TIMESTAMPING, .ee_data = key } };

	memcpy(c->cb, &e, sizeof(e));
}

/* ---- taking ---- */

static struct pktbuf *take_error(struct isock *sk, bool *more)
{
	struct pktbuf *pb;

	spin_lock_bh(&sk->lock);
	pb = list_first_entry_or_null(&sk->errq, struct pktbuf, link);
	if (pb) {
		list_unlink(&pb->link);
		sk->nstamps -= info_of(pb)->ee.ee_origin == SO_EE_ORIGIN_TIMESTAMPING;
		sk->errq_bytes -= is_icmp(info_of(pb)) ? pb->hash : 0;
	}
	*more = !list_is_empty(&sk->errq);
	spin_unlock_bh(&sk->lock);
	return pb;
}

/* A notice without an address: in the words of the socket's family. */
static void give_notice(struct isock *sk, struct sockmsg *m, const struct errinfo *info)
{
	struct { struct sock_extended_err ee; struct sockaddr_in6 offender; } out = { .ee = info->ee };
	bool is_6 = sk->ns.family == AF_INET6;

	m->name_len = 0;
	sockmsg_put(m, is_6 ? SOL_IPV6 : SOL_IP, is_6 ? IPV6_RECVERR : IP_RECVERR, &out,
		    is_6 ? sizeof(out) : sizeof(out.ee) + sizeof(struct sockaddr_in));
}

static void give_icmp6(struct isock *sk, struct sockmsg *m, const struct pktbuf *pb, const struct errinfo *info)
{
	struct { struct sock_extended_err ee; struct sockaddr_in6 offender; } out = { .ee = info->ee };
	struct isockaddr to = { .is_v6 = info->is_v6, .a4 = info->dst, .a6 = info->dst6, .port = info->port };
	struct in6ip by = info->is_v6 ? pkt_ip6(pb)->saddr : in6_map(pkt_ip4(pb)->saddr);

	if (m->name)
		isock_put_name(sk, m->name, &m->name_len, &to);
	out.offender.sin6_family = AF_INET6;
	memcpy(out.offender.sin6_addr, &by, sizeof(by));
	if (info->is_v6 && in6_is_link(&by))
		out.offender.sin6_scope_id = info->ifindex;
	sockmsg_put(m, SOL_IPV6, IPV6_RECVERR, &out, sizeof(out));
}

static void give_icmp4(struct sockmsg *m, const struct pktbuf *pb, const struct errinfo *info)
{
	struct { struct sock_extended_err ee; struct sockaddr_in offender; } out = { .ee = info->ee };

	isock_fill_name(m, info->dst, info->port);
	out.offender.sin_family = AF_INET;
	out.offender.sin_addr = pkt_ip4(pb)->saddr;
	sockmsg_put(m, SOL_IP, IP_RECVERR, &out, sizeof(out));
}

static void give(struct isock *sk, struct sockmsg *m, const struct pktbuf *pb, const struct errinfo *info)
{
	if (info->ee.ee_origin == SO_EE_ORIGIN_TIMESTAMPING && (READ_ONCE(sk->stamping) & STAMPING_SOFTWARE))
		isock_put_stamping(m, pb->stamp);
	if (!is_icmp(info))
		give_notice(sk, m, info);
	else if (sk->ns.family == AF_INET6)
		give_icmp6(sk, m, pb, info);
	else
		give_icmp4(m, pb, info);
}

ssize_t isock_recv_error(struct isock *sk, struct sockmsg *m)
{
	struct pktbuf *pb;
	bool more;
	size_t n;

	pb = take_error(sk, &more);
	if (!pb)
		return -EAGAIN;
	n = pktbuf_to_uio(pb, 0, m->uio, (u32)min_t(size_t, m->uio->resid, pb->len));
	if (n < pb->len)
		m->out_flags |= MSG_TRUNC;
	m->out_flags |= MSG_ERRQUEUE;
	give(sk, m, pb, info_of(pb));
	pktbuf_free(pb);
	if (!more && READ_ONCE(sk->ns.error))
		netsock_take_error(&sk->ns);
	return (ssize_t)n;
}
