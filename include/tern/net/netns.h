/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Network namespaces: every table of the network is one's. Owner net/core/netns.c.
 * Sockets hold theirs; it ends with the last of them and of the threads in it.
 */
#pragma once

#include <tern/base/lock.h>
#include <tern/base/rcu.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/irq.h>
#include <tern/kernel/ns.h>
#include <tern/lib/list.h>

struct netif;
struct ip4tables;
struct ip6tables;

struct netns {
	struct nsbase base;		/* first member */
	struct kmutex config_lock;	/* protects interfaces, addresses and routes against change */
	struct list ifs;		/* R config_lock; of netif */
	u32 next_ifindex;		/* config_lock */
	struct netif *loopback;		/* I */
	struct list taps;		/* R config_lock; of nettap */
	u32 route_gen;			/* A changes with every route, address and interface */
	struct ip4tables *ip4;		/* I net/ip's */
	struct ip6tables *ip6;		/* I net/ip's */
	struct workitem end;		/* takes it down, in process context */
};

/* What a protocol keeps for each namespace: made before its first interface, ended after the last. */
struct netnspart {
	int (*init)(struct netns *ns);
	void (*fini)(struct netns *ns);
};
/** NETNSPART(object) - register at link time. netns_initial's is the protocol's own affair. */
#define NETNSPART(p) TABLE_ENTRY(netnspart, const struct netnspart *, netnspart_ptr_##p) = &(p)

extern struct netns netns_initial;
/** netns_self() - of thread_self; borrowed. */
struct netns *netns_self(void);
static inline struct netns *netns_get(struct netns *ns)
{
	ref_get(&ns->base.refs);
	return ns;
}
/** netns_put() - any context. */
static inline void netns_put(struct netns *ns) { nsbase_put(&ns->base); }
/** netns_cap() - capability over the network of thread_self. */
static inline bool netns_cap(int cap) { return cap_has_in(nsset_self()->net->owner, cap); }
/** loopback_create() - the interface "lo" of @ns. 0 or -ENOMEM. Sleeps. */
int loopback_create(struct netns *ns);
static inline void netns_routes_changed(struct netns *ns)
{
	__atomic_fetch_add(&ns->route_gen, 1, __ATOMIC_SEQ_CST);
}

/* Locks that soft interrupts take too. */
static inline void spin_lock_bh(struct spin *l)
{
	bh_disable();
	spin_lock(l);
}
static inline void spin_unlock_bh(struct spin *l)
{
	spin_unlock(l);
	bh_enable();
}
