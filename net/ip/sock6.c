// SPDX-License-Identifier: GPL-2.0-only
/*
 * What sockets of either family share about addresses, and the options of IPv6.
 *
 * An AF_INET6 socket speaks IPv6 (is_v6) until it is bound or connected to an IPv4-mapped
 * address; one that is bound to all addresses gets IPv4 packets too unless v6only.
 */
#include "ip6_impl.h"

#include <tern/base/initcall.h>
#include <tern/kernel/cred.h>
#include <tern/lib/seqbuf.h>
#include <tern/lib/string.h>

int isock_read_addr(const struct isock *sk, const struct sockaddr_any *a, u32 len, struct isockaddr *out)
{
	const struct sockaddr_in *in = (const void *)a;
	const struct sockaddr_in6 *in6 = (const void *)a;

	memset(out, 0, sizeof(*out));
	out->oif = sk->bound_if;
	if (sk->ns.family == AF_INET) {
		if (len < sizeof(*in))
			return -EINVAL;
		if (in->sin_family != AF_INET && (in->sin_family != AF_UNSPEC || in->sin_addr))
			return -EAFNOSUPPORT;
		out->a4 = in->sin_addr;
		out->port = FROM_BE16(in->sin_port);
		return 0;
	}
	if (len < SOCKADDR_IN6_MIN)
		return -EINVAL;
	if (in6->sin6_family != AF_INET6)
		return -EAFNOSUPPORT;
	out->is_v6 = true;
	memcpy(&out->a6, in6->sin6_addr, 16);
	out->port = FROM_BE16(in6->sin6_port);
	if (in6_is_mapped(&out->a6)) {
		if (sk->v6only)
			return -ENETUNREACH;
		out->is_v6 = false;
		out->a4 = out->a6.w[3];
	} else if (in6_scope(&out->a6) == RT_SCOPE_LINK && len >= sizeof(*in6) && in6->sin6_scope_id) {
		if (sk->bound_if && sk->bound_if != in6->sin6_scope_id)
			return -EINVAL;
		out->oif = in6->sin6_scope_id;
	}
	return 0;
}

/* Is it an address that one may be bound to. */
static bool is_bindable(const struct isock *sk, const struct isockaddr *b)
{
	bool ok;

	if (sk->freebind || (b->is_v6 ? in6_is_any(&b->a6) || READ_ONCE(sk->net->ip6->binds_nonlocal) :
					!b->a4 || READ_ONCE(sk->net->ip4->knobs.binds_nonlocal)))
		return true;
	rcu_read_lock();
	if (b->is_v6) {
		struct netif *nif = in6_is_link(&b->a6) && b->oif ? netif_find_index(sk->net, b->oif) : NULL;

		ok = nif ? netif_addr6(nif, &b->a6) != NULL : ip6_local_type(sk->net, &b->a6) != RTN_UNICAST;
	} else {
		ok = ip4_local_type(sk->net, b->a4) != RTN_UNICAST;
	}
	rcu_read_unlock();
	return ok;
}

int isock_check_bind(struct isock *sk, const struct sockaddr_any *a, u32 len, struct isockaddr *b)
{
	int err = isock_read_addr(sk, a, len, b);

	if (err)
		return err == -ENETUNREACH ? -EINVAL : err;
	if (b->is_v6 && in6_is_link(&b->a6) && !b->oif)
		return -EINVAL;
	if (!is_bindable(sk, b))
		return -EADDRNOTAVAIL;
	if (!b->port || sk->ns.type == SOCK_RAW || b->port >= READ_ONCE(sk->net->ip4->knobs.first_free_port))
		return 0;
	return netns_cap(CAP_NET_BIND_SERVICE) ? 0 : -EACCES;
}

void isock_set_local(struct isock *sk, const struct isockaddr *b)
{
	sk->is_v6 = b->is_v6;
	if (b->is_v6) {
		sk->rcv_saddr6 = b->a6;
		sk->saddr6 = in6_is_group(&b->a6) ? (struct in6ip){ 0 } : b->a6;
		if (b->oif)
			sk->bound_if = b->oif;
		return;
	}
	sk->rcv_saddr = sk->saddr = b->a4;
	if ((b->a4 & TO_BE32(0xf0000000)) == TO_BE32(0xe0000000) || b->a4 == INADDR_BROADCAST)
		sk->saddr = 0;
}

void isock_forget_local(struct isock *sk)
{
	sk->rcv_saddr = sk->saddr = 0;
	sk->rcv_saddr6 = sk->saddr6 = (struct in6ip){ 0 };
	sk->is_v6 = sk->ns.family == AF_INET6;
}

void isock_forget_peer(struct isock *sk)
{
	sk->daddr = 0;
	sk->daddr6 = (struct in6ip){ 0 };
	sk->dport = 0;
	sk->route_gen = 0;
	if (!(sk->bound & ISOCK_ADDR))
		isock_forget_local(sk);
}

int isock_route(struct isock *sk, const struct isockaddr *to, struct iproute *r)
{
	int err;

	if (!to->is_v6)
		err = ip4_route_flow(sk->net, to->a4, sk->saddr, sk->bound_if, 0, sk->mark, r);
	else
		err = ip6_route_flow(sk->net, &to->a6, &sk->saddr6, to->oif, 0, sk->mark, r);
	return ip_count_no_route(sk->net, to->is_v6, err);
}

void isock_set_peer(struct isock *sk, const struct isockaddr *to, const struct iproute *r)
{
	sk->is_v6 = to->is_v6;
	sk->dport = to->port;
	sk->route_gen = 0;
	if (to->is_v6) {
		sk->daddr6 = to->a6;
		if (in6_is_any(&sk->saddr6))
			sk->saddr6 = r->saddr6;
		if (in6_is_any(&sk->rcv_saddr6))
			sk->rcv_saddr6 = r->saddr6;
		if (in6_is_link(&to->a6))
			sk->bound_if = to->oif;
		return;
	}
	sk->daddr = to->a4;
	if (!sk->saddr)
		sk->saddr = r->saddr;
	if (!sk->rcv_saddr)
		sk->rcv_saddr = r->saddr;
}

/* ---- which sockets meet ---- */

static bool takes_any4(const struct isock *sk)
{
	if (sk->ns.family == AF_INET || !sk->is_v6)
		return !sk->rcv_saddr;
	return !sk->v6only && in6_is_any(&sk->rcv_saddr6);
}

static bool takes_some4(const struct isock *sk)
{
	return sk->ns.family == AF_INET || !sk->is_v6 || (!sk->v6only && in6_is_any(&sk->rcv_saddr6));
}

bool isock_overlap(const struct isock *a, const struct isock *b)
{
	if (takes_some4(a) && takes_some4(b) && (takes_any4(a) || takes_any4(b) || a->rcv_saddr == b->rcv_saddr))
		return true;
	if (a->ns.family != AF_INET6 || b->ns.family != AF_INET6 || !a->is_v6 || !b->is_v6)
		return false;
	return in6_is_any(&a->rcv_saddr6) || in6_is_any(&b->rcv_saddr6) || in6_same(&a->rcv_saddr6, &b->rcv_saddr6);
}

bool isock_has_peer(const struct isock *sk)
{
	return sk->is_v6 ? !in6_is_any(&sk->daddr6) : sk->daddr != 0;
}

void pkt_flow(const struct pktbuf *pb, u16 lport, u16 rport, struct ipflow *f)
{
	*f = (struct ipflow){ .lport = lport, .rport = rport, .ifindex = pb->nif->index };
	f->is_v6 = pkt_is_v6(pb);
	if (f->is_v6) {
		f->l6 = pkt_ip6(pb)->daddr;
		f->r6 = pkt_ip6(pb)->saddr;
	} else {
		f->l4 = pkt_ip4(pb)->daddr;
		f->r4 = pkt_ip4(pb)->saddr;
	}
}

/* Addresses only; negative: no. */
static int score_addrs(const struct isock *sk, const struct ipflow *f)
{
	int n = 0;

	if (f->is_v6) {
		if (sk->ns.family != AF_INET6 || !sk->is_v6)
			return -1;
		if (!in6_is_any(&sk->rcv_saddr6)) {
			if (!in6_same(&sk->rcv_saddr6, &f->l6))
				return -1;
			n += 4;
		}
		if (!in6_is_any(&sk->daddr6)) {
			if (!in6_same(&sk->daddr6, &f->r6))
				return -1;
			n += 4;
		}
		return n;
	}
	if (!takes_some4(sk) || (sk->is_v6 && !in6_is_any(&sk->daddr6)))
		return -1;
	if (sk->rcv_saddr) {
		if (sk->rcv_saddr != f->l4)
			return -1;
		n += 4;
	}
	if (sk->daddr) {
		if (sk->daddr != f->r4)
			return -1;
		n += 4;
	}
	return n + (sk->ns.family == AF_INET);
}

int isock_score(const struct isock *sk, const struct netns *ns, const struct ipflow *f)
{
	int n;

	if (sk->net != ns || sk->sport != f->lport)
		return -1;
	n = score_addrs(sk, f);
	if (n < 0)
		return -1;
	if (sk->dport && isock_has_peer(sk)) {
		if (sk->dport != f->rport)
			return -1;
		n += 4;
	}
	if (sk->bound_if) {
		if (sk->bound_if != f->ifindex && !(f->is_v6 && in6_is_loopback(&f->l6)) &&
		    !(f->ifindex == sk->net->loopback->index && f->is_v6 && in6_is_link(&f->l6)))
			return -1;
		n += 4;
	}
	return n;
}

/* ---- names ---- */

void isock_put_name(const struct isock *sk, struct sockaddr_any *a, u32 *len, const struct isockaddr *from)
{
	struct sockaddr_in6 *in6 = (void *)a;
	struct sockaddr_in *in = (void *)a;
	struct in6ip addr;

	if (sk->ns.family == AF_INET) {
		*in = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = TO_BE16(from->port),
					    .sin_addr = from->a4 };
		*len = sizeof(*in);
		return;
	}
	addr = from->is_v6 ? from->a6 : in6_map(from->a4);
	*in6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = TO_BE16(from->port) };
	memcpy(in6->sin6_addr, &addr, 16);
	if (from->is_v6 && in6_scope(&addr) == RT_SCOPE_LINK)
		in6->sin6_scope_id = from->oif;
	*len = sizeof(*in6);
}

void isock_sender_name(const struct isock *sk, struct sockmsg *m, const struct pktbuf *pb, u16 port, u32 ifindex)
{
	struct isockaddr from = { .is_v6 = pkt_is_v6(pb), .port = port, .oif = ifindex };

	if (!m->name)
		return;
	if (from.is_v6)
		from.a6 = pkt_ip6(pb)->saddr;
	else
		from.a4 = pkt_ip4(pb)->saddr;
	isock_put_name(sk, m->name, &m->name_len, &from);
}

int isock_getname(struct netsock *s, struct sockaddr_any *a, u32 *len, enum sockend end)
{
	struct isock *sk = isock_of(s);
	struct isockaddr n = { 0 };
	int err = 0;

	spin_lock_bh(&sk->lock);
	n.is_v6 = sk->is_v6;
	n.oif = sk->bound_if;
	if (end != SOCKEND_OWN) {
		n.a4 = sk->daddr;
		n.a6 = sk->daddr6;
		n.port = sk->dport;
		err = sk->dport || (s->type == SOCK_RAW && isock_has_peer(sk)) ? 0 : -ENOTCONN;
	} else {
		n.a4 = sk->rcv_saddr ? sk->rcv_saddr : sk->saddr;
		n.a6 = in6_is_any(&sk->rcv_saddr6) ? sk->saddr6 : sk->rcv_saddr6;
		n.port = sk->sport;
	}
	spin_unlock_bh(&sk->lock);
	isock_put_name(sk, a, len, &n);
	return err;
}

static void print_end(struct seqbuf *sb, const struct isock *sk, be32 a4, const struct in6ip *a6, u16 port)
{
	struct in6ip a = sk->is_v6 ? *a6 : a4 || isock_has_peer(sk) ? in6_map(a4) : *a6;

	if (sk->ns.family == AF_INET)
		seqbuf_printf(sb, "%08X:%04X", a4, port);
	else
		seqbuf_printf(sb, "%08X%08X%08X%08X:%04X", a.w[0], a.w[1], a.w[2], a.w[3], port);
}

void isock_print_ends(struct seqbuf *sb, const struct isock *sk)
{
	print_end(sb, sk, sk->rcv_saddr, &sk->rcv_saddr6, sk->sport);
	seqbuf_putc(sb, ' ');
	print_end(sb, sk, sk->daddr, &sk->daddr6, sk->dport);
}

/* ---- options ---- */

/* long: one case an option */
int isock_set6(struct isock *sk, int name, const void *val, u32 len, s32 v)
{
	switch (name) {
	case IPV6_V6ONLY:
		if (sk->sport)
			return -EINVAL;
		sk->v6only = v;
		return 0;
	case IPV6_UNICAST_HOPS:
		if (v < -1 || v > 255)
			return -EINVAL;
		sk->hops6 = (s16)v;
		return 0;
	case IPV6_MULTICAST_HOPS:
		if (v < -1 || v > 255)
			return -EINVAL;
		sk->mc_hops6 = v == -1 ? 1 : (u8)v;
		return 0;
	case IPV6_MULTICAST_LOOP:
		if (v != 0 && v != 1)
			return -EINVAL;
		sk->mc_loop = v;
		return 0;
	case IPV6_MULTICAST_IF:
		sk->mc_if = (u32)v;
		return 0;
	case IPV6_ADD_MEMBERSHIP:
	case IPV6_DROP_MEMBERSHIP:
		return isock_mc6_join(sk, val, len, name == IPV6_ADD_MEMBERSHIP);
	case IPV6_MTU_DISCOVER:
		if (v < IP_PMTUDISC_DONT || v > IP_PMTUDISC_OMIT)
			return -EINVAL;
		sk->pmtudisc = (u8)v;
		return 0;
	case IPV6_RECVERR:
		sk->recverr = v;
		return 0;
	case IPV6_RECVPKTINFO:
		isock_set_cmsg(sk, ISOCK_CMSG_PKTINFO6, v);
		return 0;
	case IPV6_RECVHOPLIMIT:
		isock_set_cmsg(sk, ISOCK_CMSG_HOPS6, v);
		return 0;
	case IPV6_RECVTCLASS:
		isock_set_cmsg(sk, ISOCK_CMSG_TCLASS6, v);
		return 0;
	case IPV6_TCLASS:
		if (v < -1 || v > 255)
			return -EINVAL;
		sk->tclass = v < 0 ? 0 : (u8)v;
		return 0;
	case IPV6_FREEBIND:
		sk->freebind = v;
		return 0;
	case IPV6_CHECKSUM:
		if (sk->ns.type != SOCK_RAW || (v & 1) || sk->ns.protocol == IPPROTO_ICMPV6)
			return sk->ns.protocol == IPPROTO_ICMPV6 && v == 2 ? 0 : -EINVAL;
		sk->sum_off6 = v < 0 ? -1 : v;
		return 0;
	}
	return -ENOPROTOOPT;
}

int isock_get6(struct isock *sk, int name, s32 *v)
{
	struct isockaddr to = { .is_v6 = true };
	struct iproute r;
	int err;

	switch (name) {
	case IPV6_V6ONLY: *v = sk->v6only; return 0;
	case IPV6_UNICAST_HOPS:
		*v = sk->hops6 < 0 ? READ_ONCE(sk->net->ip6->conf.all.v[IF6_HOP_LIMIT]) : sk->hops6;
		return 0;
	case IPV6_MULTICAST_HOPS: *v = sk->mc_hops6; return 0;
	case IPV6_MULTICAST_LOOP: *v = sk->mc_loop; return 0;
	case IPV6_MULTICAST_IF: *v = (s32)sk->mc_if; return 0;
	case IPV6_MTU_DISCOVER: *v = sk->pmtudisc; return 0;
	case IPV6_RECVERR: *v = sk->recverr; return 0;
	case IPV6_RECVPKTINFO: *v = !!(sk->cmsg & ISOCK_CMSG_PKTINFO6); return 0;
	case IPV6_RECVHOPLIMIT: *v = !!(sk->cmsg & ISOCK_CMSG_HOPS6); return 0;
	case IPV6_RECVTCLASS: *v = !!(sk->cmsg & ISOCK_CMSG_TCLASS6); return 0;
	case IPV6_TCLASS: *v = sk->tclass; return 0;
	case IPV6_FREEBIND: *v = sk->freebind; return 0;
	case IPV6_MTU:
		if (!sk->dport || !sk->is_v6)
			return -ENOTCONN;
		to.a6 = sk->daddr6;
		to.oif = sk->bound_if;
		rcu_read_lock();
		err = isock_route(sk, &to, &r);
		*v = (s32)r.mtu;
		rcu_read_unlock();
		return err;
	}
	return -ENOPROTOOPT;
}

/* ---- the family ---- */

static struct netsock *inet6_create(int type, int protocol)
{
	struct netsock *s;

	if (protocol < 0 || protocol >= IPPROTO_MAX + 7)
		return ERR_PTR(-EINVAL);
	switch (type) {
	case SOCK_STREAM:
		s = protocol && protocol != IPPROTO_TCP ? ERR_PTR(-EPROTONOSUPPORT) : tcp_create();
		break;
	case SOCK_DGRAM:
		if (protocol == IPPROTO_ICMPV6)
			s = ping_create(IPPROTO_ICMPV6);
		else if (!protocol || protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE)
			s = udp_create(protocol ? (u32)protocol : IPPROTO_UDP);
		else
			s = ERR_PTR(-EPROTONOSUPPORT);
		break;
	case SOCK_RAW:
		if (!protocol)
			return ERR_PTR(-EPROTONOSUPPORT);
		if (!netns_cap(CAP_NET_RAW))
			return ERR_PTR(-EPERM);
		s = rawsock6_create(protocol);
		break;
	default:
		return ERR_PTR(-ESOCKTNOSUPPORT);
	}
	if (IS_ERR(s))
		return s;
	s->family = AF_INET6;
	isock_of(s)->is_v6 = true;
	return s;
}

static const struct netfamily inet6_family = { .family = AF_INET6, .create = inet6_create };
PROTOCOL(inet6_family);
