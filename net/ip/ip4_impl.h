/* SPDX-License-Identifier: GPL-2.0-only */
/* What a namespace has of IPv4, and of both versions where they share it: addresses, routes, settings. */
#pragma once

#include <tern/base/err.h>
#include <tern/kernel/irq.h>
#include <tern/lib/list.h>
#include <tern/net/netctl.h>
#include <tern/net/netif.h>
#include <uapi/in6.h>

#include "fibset.h"
#include "if4conf.h"
#include "ipstat.h"
#include "neighconf.h"
#include "pathmtu.h"
#include "reasm.h"

struct tcpcc;

/* ---- addresses ---- */
static inline bool ip4_is_group(be32 a) { return (a & TO_BE32(0xf0000000)) == TO_BE32(0xe0000000); }
static inline bool ip4_is_loopback(be32 a) { return (a & TO_BE32(0xff000000)) == TO_BE32(0x7f000000); }
/** ip4_mask() - of a prefix of @plen bits, 0 to 32. */
static inline be32 ip4_mask(u8 plen) { return plen ? TO_BE32(~0u << (32 - plen)) : 0; }
struct ifaddr4 {			/* I unless noted */
	struct list link;		/* R, config_lock: nif->addrs4 */
	struct rcu_job rcu;
	be32 local, broadcast;
	be32 peer;			/* the network is this one's: @local, or the other end of a link */
	u8 plen, scope, protocol;
	u32 flags;			/* A IFA_F_* */
	u32 metric;			/* config_lock; of the network's route */
	nsec_t valid, preferred;	/* config_lock; when it is over; 0: never */
	u32 made, changed;		/* hundredths of a second since boot; the latter config_lock */
	char label[IFNAMSIZ];
};
/** ifaddr4_covers() - is @ip in the network of @a. */
static inline bool ifaddr4_covers(const struct ifaddr4 *a, be32 ip)
{
	return !((a->peer ^ ip) & ip4_mask(a->plen));
}

/* Where a packet goes. Borrowed pointers: valid in the RCU read section, or while
 * ns->route_gen stays and the section begins before it is compared. */
struct iproute {
	struct netif *nif;
	be32 gateway;			/* 0: on link */
	be32 saddr;			/* source to use */
	struct in6ip gateway6, saddr6;	/* the same of IPv6 */
	u32 mtu;
	u32 table;			/* where it was found */
	u8 type;			/* RTN_* */
	u8 hops6;			/* IPv6: limit of what does not say one; 0: 64 */
	bool is_locked;			/* the MTU is not to be found out: no bit DF */
	nsec_t expires;			/* of an MTU that was learnt; else 0 */
};

/* Settings of TCP, /proc/sys/net/ipv4/tcp_*; A. */
struct tcpknobs {
	u64 syn_retries, synack_retries, retries1, retries2;
	u64 keep_time, keep_interval, keep_count;	/* s, s, probes */
	u64 ecn;		/* 0: never; 1: ask for it; 2: if asked */
	u64 cookies;		/* 0: never; 1: if many SYNs wait; 2: always */
	u64 fastopen;		/* tcp_fast.c */
	u64 probes_mtu;		/* 1: smaller segments where larger ones vanish */
	u64 base_mss, mss_floor;	/* of these */
	u64 fin_time;			/* s that an orphan waits for the other end's FIN */
	u64 timestamps, sack, scaling;	/* options that are offered, and taken: RFC 7323, 2018 */
};
#define TCPKNOBS_DEFAULT { .syn_retries = 6, .synack_retries = 5, .retries1 = 3, .retries2 = 15,		\
	.keep_time = 7200, .keep_interval = 75, .keep_count = 9, .ecn = 2, .cookies = 1, .fastopen = 1,	\
	.base_mss = 1024, .mss_floor = 48, .fin_time = 60, .timestamps = 1, .sack = 1, .scaling = 1 }

/* Settings of both versions of IP, /proc/sys/net/ipv4; A. */
struct ipknobs {
	u64 ports;			/* ip_local_port_range: two numbers, as NETRANGE() has them */
	u64 ping_gids;			/* ping_group_range: who may have ping sockets */
	u64 first_free_port;		/* the first that needs no privilege */
	u64 binds_nonlocal;		/* to addresses that are not ours (yet), IPv4's */
	u64 echo_ignores_all, echo_ignores_groups;
};
#define IPKNOBS_DEFAULT { .ports = NETRANGE_OF(32768, 60999), .ping_gids = NETRANGE_OF(0, S32_MAX),	\
	.first_free_port = 1024, .echo_ignores_groups = 1 }

struct ip4tables {
	struct netns *ns;
	struct ipknobs knobs;
	const struct tcpcc *cc;		/* A what new connections use; NULL: the usual one */
	struct tcpknobs tcp;
	struct fibset set;
	struct delayed_item lifetimes;	/* of addresses that end: addr4.c */
	struct if4confs conf;
	struct neighbours neighbours;
	u64 ttl;			/* A ip_default_ttl */
	struct icmptypes icmp;
	struct pathtable paths;
	struct reasm_table reasm;
};

/** ip4_route_out() - for a packet that we send; RCU. 0, -ENETUNREACH, -EHOSTUNREACH, -EACCES. */
int ip4_route_out(struct netns *ns, be32 daddr, be32 saddr, u32 oif, struct iproute *r);
/** ip4_local_type() - RTN_LOCAL, RTN_BROADCAST, RTN_MULTICAST or RTN_UNICAST; RCU. */
u8 ip4_local_type(struct netns *ns, be32 addr);
/**
 * ip4_source_for() - an address of ours to talk to @daddr through @nif
 * @scope: no wider than it: RT_SCOPE_LINK for neighbours, RT_SCOPE_UNIVERSE behind a gateway
 * Return: one of @nif, of @daddr's network if there is one; another interface's; 0: none. Context: RCU.
 */
be32 ip4_source_for(const struct netif *nif, be32 daddr, u8 scope);
/** ip4_addr_for() - the same for neighbours. */
static inline be32 ip4_addr_for(const struct netif *nif, be32 daddr)
{
	return ip4_source_for(nif, daddr, RT_SCOPE_LINK);
}
/**
 * ip4_addr_add() - a copy of @model (local, peer, plen, scope, broadcast, label, protocol, metric, valid and preferred,
 *	and of flags those that a user may set); config_lock held
 * Return: 0, -EINVAL: bits, or scope not that of its network; -EEXIST, -ENOMEM.
 */
int ip4_addr_add(struct netif *nif, const struct ifaddr4 *model);
/** ip4_addr_find() - by all that makes an address one; config_lock held. NULL: none. */
struct ifaddr4 *ip4_addr_find(const struct netif *nif, const struct ifaddr4 *model);
/** ip4_addr_change() - metric, protocol and lifetimes are @model's from now on; config_lock held. 0 or -ENOMEM. */
int ip4_addr_change(struct netif *nif, struct ifaddr4 *a, const struct ifaddr4 *model);
/** ip4_addr_del() - and what follows from it; config_lock held. */
void ip4_addr_del(struct netif *nif, struct ifaddr4 *a);
/** addr4_work_init() - a namespace begins. */
void addr4_work_init(struct ip4tables *t);
extern struct ip4tables ip4_initial_tables;	/* netns_initial's */
/** ip4_tables_begin() - what does not begin as zero. */
void ip4_tables_begin(struct ip4tables *t, struct netns *ns);
/** ip4_route_flow() - the same for a packet that came in on @iif (0: ours), with a mark. */
int ip4_route_flow(struct netns *ns, be32 daddr, be32 saddr, u32 oif, u32 iif, u32 mark, struct iproute *r);
/**
 * ip4_route_add() - a copy of @model, ways looked up; config_lock held
 * Return: 0, -EINVAL, -ENETUNREACH, -ENODEV, -ENETDOWN, -EEXIST, -ENOMEM.
 */
int ip4_route_add(struct netns *ns, u32 table, be32 dst, u8 plen, struct fibroute *model);
/** ip4_addr_news() - to who listens on netlink; config_lock held. */
void ip4_addr_news(struct netif *nif, const struct ifaddr4 *a, bool is_new);
long ip4_ioctl(struct netns *ns, u32 cmd, uptr arg);
/**
 * ip6_ioctl() - SIOCSIFADDR, SIOCDIFADDR, SIOCADDRT and SIOCDELRT of an AF_INET6 socket
 * Return: 0, -ENOTTY: another request; -EPERM, -EFAULT, -EINVAL, -ENODEV, or what adding and deleting say.
 */
long ip6_ioctl(struct netns *ns, u32 cmd, uptr arg);
