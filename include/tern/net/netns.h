/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Network namespaces: every table of the network is one's. Owner net/core/netns.c.
 * So far there is one, netns_initial.
 */
#pragma once

#include <tern/base/lock.h>
#include <tern/base/rcu.h>
#include <tern/kernel/irq.h>
#include <tern/lib/list.h>

struct netif;
struct ip4tables;
struct ip6tables;

struct netns {
	refcount refs;
	struct kmutex config_lock;	/* protects interfaces, addresses and routes against change */
	struct list ifs;		/* R config_lock; of netif */
	u32 next_ifindex;		/* config_lock */
	struct netif *loopback;		/* I */
	struct list taps;		/* R config_lock; of nettap */
	u32 route_gen;			/* A changes with every route, address and interface */
	struct ip4tables *ip4;		/* I net/ip's */
	struct ip6tables *ip6;		/* I net/ip's */
};

extern struct netns netns_initial;
/** netns_self() - of thread_self; borrowed. */
static inline struct netns *netns_self(void) { return &netns_initial; }
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
