// SPDX-License-Identifier: GPL-2.0-only
/* Options of Internet sockets at IPPROTO_IP, and those of SOL_SOCKET that are theirs. */
#include "ip_impl.h"

#include <tern/kernel/cred.h>
#include <tern/lib/string.h>

#define SO_NO_CHECK		11

static int bind_to_device(struct isock *sk, const void *val, u32 len)
{
	char name[IFNAMSIZ] = "";
	struct netif *nif;
	u32 index = 0;

	memcpy(name, val, min_t(u32, len, IFNAMSIZ - 1));
	if (sk->bound_if && !netns_cap(CAP_NET_RAW))
		return -EPERM;
	if (name[0]) {
		rcu_read_lock();
		nif = netif_find_name(sk->net, name);
		index = nif ? nif->index : 0;
		rcu_read_unlock();
		if (!index)
			return -ENODEV;
	}
	spin_lock_bh(&sk->lock);
	sk->bound_if = index;
	sk->route_gen = 0;
	spin_unlock_bh(&sk->lock);
	return 0;
}

static int bind_to_index(struct isock *sk, s32 v)
{
	if (v < 0)
		return -EINVAL;
	if (sk->bound_if && !netns_cap(CAP_NET_RAW))
		return -EPERM;
	spin_lock_bh(&sk->lock);
	sk->bound_if = (u32)v;
	sk->route_gen = 0;
	spin_unlock_bh(&sk->lock);
	return 0;
}

/* Options of SOL_SOCKET that are ours. */
static int set_any(struct isock *sk, int name, const void *val, u32 len, s32 v)
{
	switch (name) {
	case SO_BINDTODEVICE:
		return bind_to_device(sk, val, len);
	case SO_BINDTOIFINDEX:
		return bind_to_index(sk, v);
	case SO_NO_CHECK:
		sk->no_check = v;
		return 0;
	case SO_MARK:
		if (!netns_cap(CAP_NET_ADMIN) && !netns_cap(CAP_NET_RAW))
			return -EPERM;
		spin_lock_bh(&sk->lock);
		WRITE_ONCE(sk->mark, (u32)v);
		sk->route_gen = 0;
		spin_unlock_bh(&sk->lock);
		return 0;
	case SO_TIMESTAMPNS:
		sk->stamp_ns = v;
		__atomic_fetch_and(&sk->ns.options, ~(u32)BIT(SO_TIMESTAMP), __ATOMIC_SEQ_CST);
		return 0;
	case SO_TIMESTAMPING:
		return isock_set_stamping(sk, (u32)v);
	}
	return -ENOPROTOOPT;
}

static int get_any(struct isock *sk, int name, s32 *v)
{
	switch (name) {
	case SO_NO_CHECK: *v = sk->no_check; return 0;
	case SO_ACCEPTCONN: *v = 0; return 0;
	case SO_BINDTOIFINDEX: *v = (s32)sk->bound_if; return 0;
	case SO_MARK: *v = (s32)sk->mark; return 0;
	case SO_TIMESTAMPNS: *v = sk->stamp_ns; return 0;
	case SO_TIMESTAMPING: *v = (s32)sk->stamping; return 0;
	}
	return -ENOPROTOOPT;
}

static int set_mc_if(struct isock *sk, const void *val, u32 len)
{
	struct ip_mreqn m = { 0 };
	struct netif *nif = NULL;
	int err = 0;

	if (len >= sizeof(m))
		memcpy(&m, val, sizeof(m));
	else if (len >= 8)
		memcpy(&m, val, 8);
	else
		memcpy(&m.imr_address, val, sizeof(m.imr_address));
	rcu_read_lock();
	if (m.imr_ifindex) {
		nif = netif_find_index(sk->net, (u32)m.imr_ifindex);
	} else if (m.imr_address) {
		netif_foreach(nif, sk->net)
			if (ip4_addr_for(nif, m.imr_address) == m.imr_address)
				break;
		if (&nif->link == &sk->net->ifs)
			nif = NULL;
	}
	if ((m.imr_ifindex || m.imr_address) && !nif)
		err = -EADDRNOTAVAIL;
	if (!err) {
		sk->mc_if = nif ? nif->index : 0;
		sk->mc_addr = m.imr_address;
	}
	rcu_read_unlock();
	return err;
}

void isock_set_cmsg(struct isock *sk, u8 bit, bool on)
{
	spin_lock_bh(&sk->lock);
	sk->cmsg = on ? sk->cmsg | bit : sk->cmsg & (u8)~bit;
	spin_unlock_bh(&sk->lock);
}

/* long: one case an option */
static int set_ip(struct isock *sk, int name, const void *val, u32 len, s32 v)
{
	switch (name) {
	case IP_TOS:
		sk->tos = (u8)v;
		return 0;
	case IP_TTL:
		if (v != -1 && (v < 1 || v > 255))
			return -EINVAL;
		sk->ttl = (s16)v;
		return 0;
	case IP_HDRINCL:
		if (sk->ns.type != SOCK_RAW)
			return -ENOPROTOOPT;
		sk->hdrincl = v;
		return 0;
	case IP_PKTINFO:
		isock_set_cmsg(sk, ISOCK_CMSG_PKTINFO, v);
		return 0;
	case IP_RECVTTL:
		isock_set_cmsg(sk, ISOCK_CMSG_TTL, v);
		return 0;
	case IP_RECVTOS:
		isock_set_cmsg(sk, ISOCK_CMSG_TOS, v);
		return 0;
	case IP_RECVORIGDSTADDR:
		isock_set_cmsg(sk, ISOCK_CMSG_ORIGDST, v);
		return 0;
	case IP_MTU_DISCOVER:
		if (v < IP_PMTUDISC_DONT || v > IP_PMTUDISC_OMIT)
			return -EINVAL;
		sk->pmtudisc = (u8)v;
		return 0;
	case IP_RECVERR:
		sk->recverr = v;
		return 0;
	case IP_FREEBIND:
		sk->freebind = v;
		return 0;
	case IP_MULTICAST_TTL:
		if (v < -1 || v > 255)
			return -EINVAL;
		sk->mc_ttl = v == -1 ? 1 : (u8)v;
		return 0;
	case IP_MULTICAST_LOOP:
		sk->mc_loop = v;
		return 0;
	case IP_MULTICAST_ALL:
		if (v != 0 && v != 1)
			return -EINVAL;
		sk->mc_all = v;
		return 0;
	case IP_MULTICAST_IF:
		return len < 4 ? -EINVAL : set_mc_if(sk, val, len);
	case IP_ADD_MEMBERSHIP:
	case IP_DROP_MEMBERSHIP:
		return isock_mc_join(sk, val, len, name == IP_ADD_MEMBERSHIP);
	}
	return -ENOPROTOOPT;
}

int isock_setopt(struct netsock *s, int level, int name, const void *val, u32 len)
{
	struct isock *sk = isock_of(s);
	s32 v = 0;

	if (len >= sizeof(v))
		memcpy(&v, val, sizeof(v));
	else if (len)
		v = *(const u8 *)val;
	if (level == SOL_SOCKET)
		return set_any(sk, name, val, len, v);
	if (level == SOL_IP)
		return set_ip(sk, name, val, len, v);
	if (level == SOL_IPV6 && s->family == AF_INET6)
		return isock_set6(sk, name, val, len, v);
	return -ENOPROTOOPT;
}

static int get_mtu(struct isock *sk, s32 *v)
{
	struct iproute r;
	int err;

	if (!sk->dport)
		return -ENOTCONN;
	rcu_read_lock();
	err = ip4_route_flow(sk->net, sk->daddr, sk->saddr, sk->bound_if, 0, sk->mark, &r);
	*v = (s32)r.mtu;
	rcu_read_unlock();
	return err;
}

static int get_ip(struct isock *sk, int name, s32 *v)
{
	switch (name) {
	case IP_TOS: *v = sk->tos; return 0;
	case IP_TTL: *v = sk->ttl < 0 ? 64 : sk->ttl; return 0;
	case IP_HDRINCL: *v = sk->hdrincl; return 0;
	case IP_PKTINFO: *v = !!(sk->cmsg & ISOCK_CMSG_PKTINFO); return 0;
	case IP_RECVTTL: *v = !!(sk->cmsg & ISOCK_CMSG_TTL); return 0;
	case IP_RECVTOS: *v = !!(sk->cmsg & ISOCK_CMSG_TOS); return 0;
	case IP_RECVORIGDSTADDR: *v = !!(sk->cmsg & ISOCK_CMSG_ORIGDST); return 0;
	case IP_MTU_DISCOVER: *v = sk->pmtudisc; return 0;
	case IP_RECVERR: *v = sk->recverr; return 0;
	case IP_FREEBIND: *v = sk->freebind; return 0;
	case IP_MULTICAST_TTL: *v = sk->mc_ttl; return 0;
	case IP_MULTICAST_LOOP: *v = sk->mc_loop; return 0;
	case IP_MULTICAST_ALL: *v = sk->mc_all; return 0;
	case IP_MULTICAST_IF: *v = (s32)sk->mc_addr; return 0;
	case IP_MTU: return get_mtu(sk, v);
	}
	return -ENOPROTOOPT;
}

static int get_bound_device(struct isock *sk, void *val, u32 *len)
{
	struct netif *nif;
	u32 n = 0;

	rcu_read_lock();
	nif = sk->bound_if ? netif_find_index(sk->net, sk->bound_if) : NULL;
	if (nif) {
		n = (u32)strlen(nif->name) + 1;
		if (n <= *len)
			memcpy(val, nif->name, n);
	}
	rcu_read_unlock();
	if (n > *len)
		return -EINVAL;
	*len = n;
	return 0;
}

int isock_getopt(struct netsock *s, int level, int name, void *val, u32 *len)
{
	struct isock *sk = isock_of(s);
	s32 v = 0;
	int err = -ENOPROTOOPT;

	if (level == SOL_SOCKET && name == SO_BINDTODEVICE)
		return get_bound_device(sk, val, len);
	if (level == SOL_SOCKET && name == SO_COOKIE) {
		if (*len < sizeof(s->ino))
			return -EINVAL;
		*len = sizeof(s->ino);
		memcpy(val, &s->ino, *len);	/* as sock_diag has it */
		return 0;
	}
	if (level == SOL_SOCKET)
		err = get_any(sk, name, &v);
	if (level == SOL_IP && name == IP_OPTIONS) {
		*len = 0;
		return 0;
	}
	if (level == SOL_IP)
		err = get_ip(sk, name, &v);
	else if (level == SOL_IPV6 && s->family == AF_INET6)
		err = isock_get6(sk, name, &v);
	if (err)
		return err;
	if (level == SOL_IP && *len > 0 && *len < sizeof(v) && v >= 0 && v <= 255) {
		*len = 1;
		*(u8 *)val = (u8)v;
		return 0;
	}
	*len = min_t(u32, *len, sizeof(v));
	memcpy(val, &v, *len);
	return 0;
}
