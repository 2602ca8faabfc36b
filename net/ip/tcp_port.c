// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who uses a local port of TCP.
 *
 * A port that is used in a namespace has a record with its sockets: made by the first, freed by the last.
 * One that bind() or listen() chose is not given to connections that take any; a port of such
 * connections is shared by as many as differ in their other ends. Records and what hangs in them are under
 * the table's lock for the port (LOCKRANK_NET_TABLE).
 */
#include "tcp_impl.h"

#include <tern/base/bug.h>
#include <tern/base/initcall.h>
#include <tern/kernel/random.h>
#include <tern/lib/hash.h>
#include <tern/mm/slab.h>

#define LOCK_BITS	8

enum use { BIND, CONNECT, INHERIT };

struct tcpport {
	struct growlink link;
	struct netns *net;		/* I its sockets hold it, or it ends them */
	u16 port;			/* I */
	bool is_bound;			/* by bind() or listen(), since the record was made */
	struct hlist socks;
};

static struct growtab ports;

static u32 port_hash(const struct netns *ns, u16 port)
{
	return (u32)hash_combine((u64)(uptr)ns, port);
}

static bool conflicts(const struct tcpsock *tp, const struct tcpsock *o)
{
	u32 both = tp->sk.ns.options & o->sk.ns.options;

	if (o->sk.bound_if && tp->sk.bound_if && o->sk.bound_if != tp->sk.bound_if)
		return false;
	if ((both & BIT(SO_REUSEADDR)) && READ_ONCE(o->state) != TCP_LISTEN)
		return false;
	if (both & BIT(SO_REUSEPORT))
		return false;
	return isock_overlap(&tp->sk, &o->sk);
}

/* Locks: the port's. */
static struct tcpport *find(const struct netns *ns, u16 port, u32 hash)
{
	struct tcpport *p;

	growtab_foreach_rcu(p, &ports, hash, link)
		if (p->net == ns && p->port == port)
			return p;
	return NULL;
}

/* Locks: the port's. */
static struct tcpport *make(struct netns *ns, u16 port, u32 hash)
{
	struct tcpport *p = kmem_zalloc(sizeof(*p), ALLOC_ATOMIC);

	if (!p)
		return NULL;
	p->net = ns;
	p->port = port;
	growtab_add(&ports, &p->link, hash);
	return p;
}

/* Locks: the port's. */
static bool is_free(const struct tcpsock *tp, const struct tcpport *p, enum use use)
{
	const struct tcpsock *o;

	if (use == CONNECT)
		return !p->is_bound;
	if (use == BIND)
		hlist_foreach(o, &p->socks, bind_node)
			if (conflicts(tp, o))
				return false;
	return true;
}

/* Use @port; 0, -EADDRINUSE, -ENOMEM. */
static int use_port(struct tcpsock *tp, u16 port, enum use use)
{
	struct netns *ns = tp->sk.net;
	u32 hash = port_hash(ns, port);
	struct spin *lock = growtab_lock(&ports, hash);
	struct tcpport *p;
	int err = 0;

	spin_lock_bh(lock);
	p = find(ns, port, hash);
	if (!p) {
		p = make(ns, port, hash);
		err = p ? 0 : -ENOMEM;
	} else if (!is_free(tp, p, use)) {
		err = -EADDRINUSE;
	}
	if (!err) {
		p->is_bound |= use != CONNECT;
		tp->sk.sport = port;
		tp->port = p;
		isock_get(&tp->sk);
		hlist_add_head(&tp->bind_node, &p->socks);
	}
	spin_unlock_bh(lock);
	return err;
}

void tcp_leave_port(struct tcpsock *tp)
{
	struct tcpport *p = tp->port;
	struct spin *lock;
	bool is_last;

	if (!p)
		return;
	lock = growtab_lock(&ports, p->link.hash);
	spin_lock_bh(lock);
	hlist_del(&tp->bind_node);
	tp->port = NULL;
	is_last = hlist_is_empty(&p->socks);
	if (is_last)
		growtab_del(&ports, &p->link);
	spin_unlock_bh(lock);
	if (is_last)
		kmem_free(p);
	isock_put(&tp->sk);
}

int tcp_take_port(struct tcpsock *tp, u16 port)
{
	u32 low, n = ip_local_ports(tp->sk.net, &low), start;
	int err = -EADDRINUSE;

	if (port)
		return use_port(tp, port, BIND);
	start = (u32)random_below(n);
	for (u32 i = 0; i < n && err == -EADDRINUSE; i++)
		err = use_port(tp, (u16)(low + (start + i) % n), BIND);
	return err;
}

int tcp_inherit_port(struct tcpsock *child, u16 port)
{
	return use_port(child, port, INHERIT);
}

int tcp_connect_port(struct tcpsock *tp)
{
	static u32 hint;
	u32 low, n = ip_local_ports(tp->sk.net, &low), start;
	int err = -EADDRINUSE;
	struct ipflow f;

	if (tp->sk.sport)
		return tcp_hash_connection(tp);
	tcp_flow_of(&tp->sk, &f);
	start = (tcp_flow_hash(&f) + __atomic_fetch_add(&hint, 1, __ATOMIC_RELAXED)) % n;
	for (u32 i = 0; i < n && err != -ENOMEM; i++) {
		err = use_port(tp, (u16)(low + (start + i) % n), CONNECT);
		if (err)
			continue;
		if (!tcp_hash_connection(tp))
			return 0;
		tcp_leave_port(tp);
	}
	tp->sk.sport = 0;
	return err == -ENOMEM ? err : -EADDRNOTAVAIL;
}

static int tcp_port_start(void)
{
	VERIFY(!growtab_init(&ports, LOCK_BITS, LOCKRANK_NET_TABLE));
	return 0;
}
INITCALL(FS, tcp_port_start);
