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
struct nftgen;
struct tracktable;
struct ipstats;

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
	struct nftgen *filter;		/* R config_lock: net/nft's; NULL: none */
	struct ipstats *ipstats;	/* I net/ip's: what is counted, a per-CPU cookie */
	struct tracktable *track;	/* I net/ip's: connections */
	bool defrags;			/* A the filter follows connections: IPv4 fragments are put together first */
	u64 somaxconn, tcp_max_tw, tcp_tw_reuse;	/* A sysctls */
	atomic64 ntime_wait;		/* connections in TIME-WAIT */
	struct workitem end;		/* takes it down, in process context */
};

/* What a protocol keeps for each namespace: made before its first interface, ended after the last in reverse order. */
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
/**
 * netns_id_of() - number by which @ns knows @other, given one now if it has none and @make
 * Return: -1 without one, or without memory. Context: any but hard interrupts.
 */
s32 netns_id_of(struct netns *ns, const struct netns *other, bool make);
/** netns_set_id() - @id < 0: choose. 0, -EEXIST, -ENOSPC, -ENOMEM. */
int netns_set_id(struct netns *ns, const struct netns *other, s32 id);
/** netns_by_id() - that namespace with a reference; NULL: none. */
struct netns *netns_by_id(struct netns *ns, s32 id);
/** netns_has_id_from() - the lowest number in use from *@id on, into *@id; false: none. */
bool netns_has_id_from(struct netns *ns, s32 *id);
/** netns_forget_ids() - of a namespace that ends. */
void netns_forget_ids(struct netns *ns);
/** netns_of_fd() / netns_of_pid() - with a reference; ERR_PTR(-EBADF, -EINVAL, -ESRCH). */
struct netns *netns_of_fd(int fd);
struct netns *netns_of_pid(s32 pid);
/** loopback_create() - the interface "lo" of @ns. 0 or -ENOMEM. Sleeps. */
int loopback_create(struct netns *ns);
static inline void netns_routes_changed(struct netns *ns)
{
	__atomic_fetch_add(&ns->route_gen, 1, __ATOMIC_SEQ_CST);
}
