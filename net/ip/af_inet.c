// SPDX-License-Identifier: GPL-2.0-only
/*
 * AF_INET: what its sockets share.
 *
 * Nouns: isock, an Internet socket, embedded in or equal to its protocol's own;
 * local end (rcv_saddr, sport), remote end (daddr, dport). Legend in ip_impl.h.
 *
 * Life-cycle: made with one reference for the file; the protocol's hash table and
 * packets on their way out hold more. Release takes it out of the tables; the memory is
 * freed a grace period after the last reference, since receivers find sockets
 * under RCU.
 *
 * Lock order: send_lock > config_lock > isock.lock > a table's bucket lock. Soft
 * interrupts take isock.lock, so everybody disables bottom halves first.
 */
#include "ip_impl.h"

#include <asm/uaccess.h>
#include <tern/base/initcall.h>
#include <tern/kernel/cred.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

void isock_init(struct isock *sk, const struct netsock_ops *ops, u16 type, u32 protocol)
{
	netsock_init(&sk->ns, ops, AF_INET, type, protocol);
	ref_init(&sk->refs, 1);
	sk->ns.takes_filter = type != SOCK_STREAM;
	sk->net = netns_get(netns_self());
	spin_init(&sk->lock, LOCKRANK_SOCK_SPIN);
	kmutex_init(&sk->send_lock, LOCKRANK_SOCK);
	growlink_init(&sk->hash_link);
	list_init(&sk->rxq);
	list_init(&sk->errq);
	list_init(&sk->mc_list);
	list_init(&sk->mc6_list);
	sk->ttl = -1;
	sk->hops6 = -1;
	sk->mc_hops6 = 1;
	sk->sum_off6 = -1;
	sk->mc_ttl = 1;
	sk->mc_loop = sk->mc_all = true;
	sk->pmtudisc = IP_PMTUDISC_WANT;
}

static void isock_free(struct rcu_job *job)
{
	struct isock *sk = container_of(job, struct isock, rcu);

	if (!sk->net_is_borrowed)
		netns_put(sk->net);
	kmem_free(sk);
}

void isock_put(struct isock *sk)
{
	if (ref_put(&sk->refs))
		rcu_defer(&sk->rcu, isock_free);
}

void isock_error(struct isock *sk, int err)
{
	WRITE_ONCE(sk->ns.error, err);
	isock_wake(sk, POLLERR | POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM);
}

u8 isock_ttl(const struct isock *sk, be32 daddr)
{
	if ((daddr & TO_BE32(0xf0000000)) == TO_BE32(0xe0000000))
		return sk->mc_ttl;
	return sk->ttl < 0 ? 0 : (u8)sk->ttl;
}

void isock_fill_name(struct sockmsg *m, be32 addr, u16 port)
{
	struct sockaddr_in *in = (void *)m->name;

	if (!in)
		return;
	*in = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = TO_BE16(port), .sin_addr = addr };
	m->name_len = sizeof(*in);
}

static u32 next_datagram_len(struct isock *sk)
{
	u32 n = 0;

	spin_lock_bh(&sk->lock);
	if (!list_is_empty(&sk->rxq))
		n = list_first_entry(&sk->rxq, struct pktbuf, link)->len;
	spin_unlock_bh(&sk->lock);
	return n;
}

#define SIOCGSTAMP	0x8906u

static long get_stamp(struct isock *sk, uptr arg)
{
	struct { s64 sec, usec; } tv;
	s64 t = READ_ONCE(sk->stamp);

	if (!t)
		return -ENOENT;
	tv.sec = t / 1000000000;
	tv.usec = t % 1000000000 / 1000;
	return user_copyout((void __user *)arg, &tv, sizeof(tv));
}

long isock_ioctl(struct netsock *s, u32 cmd, uptr arg)
{
	struct isock *sk = isock_of(s);
	long err;

	if (cmd == SIOCINQ)
		return user_put((s32)next_datagram_len(sk), (s32 __user *)arg);
	if (cmd == SIOCOUTQ)
		return user_put(atomic_read(&sk->wmem), (s32 __user *)arg);
	if (cmd == SIOCGSTAMP)
		return get_stamp(sk, arg);
	err = s->family == AF_INET6 ? ip6_ioctl(sk->net, cmd, arg) : -ENOTTY;
	if (err == -ENOTTY)
		err = netif_ioctl(sk->net, cmd, arg);
	return err == -ENOTTY ? ip4_ioctl(sk->net, cmd, arg) : err;
}

/* ---- the family ---- */

static struct netsock *create_dgram(int protocol)
{
	if (!protocol || protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE)
		return udp_create(protocol ? (u32)protocol : IPPROTO_UDP);
	if (protocol == IPPROTO_ICMP)
		return ping_create(IPPROTO_ICMP);
	return ERR_PTR(-EPROTONOSUPPORT);
}

static struct netsock *inet_family_create(int type, int protocol)
{
	if (protocol < 0 || protocol >= IPPROTO_MAX + 7)
		return ERR_PTR(-EINVAL);
	switch (type) {
	case SOCK_STREAM:
		if (protocol && protocol != IPPROTO_TCP)
			return ERR_PTR(-EPROTONOSUPPORT);
		return tcp_create();
	case SOCK_DGRAM:
		return create_dgram(protocol);
	case SOCK_RAW:
		if (!protocol)
			return ERR_PTR(-EPROTONOSUPPORT);
		if (!netns_cap(CAP_NET_RAW))
			return ERR_PTR(-EPERM);
		return rawsock_create(protocol);
	}
	return ERR_PTR(-ESOCKTNOSUPPORT);
}

static const struct netfamily inet_family = { .family = AF_INET, .create = inet_family_create };
PROTOCOL(inet_family);
