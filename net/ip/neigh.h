/* SPDX-License-Identifier: GPL-2.0-only */
/* Neighbour entries, for those who show and set them. Theory in neigh.c. */
#pragma once

#include <tern/kernel/growtab.h>
#include <tern/kernel/timeout.h>
#include <tern/lib/rbtree.h>
#include <tern/net/netif.h>
#include <uapi/in6.h>

#include "neighconf.h"

enum neighstate { NEIGH_NONE, NEIGH_INCOMPLETE, NEIGH_FAILED, NEIGH_REACHABLE, NEIGH_STALE, NEIGH_DELAY,
	NEIGH_PROBE, NEIGH_NOARP, NEIGH_PERMANENT };

/* Members without a mark are protected by the table's lock. */
struct neigh {
	struct growlink link;	/* R; of the table of all, which has locks of its own */
	struct rcu_job rcu;
	struct neightab *table;	/* I */
	struct in6ip ip6;	/* I key; IPv4 in w[0] */
	be32 ip;		/* I */
	u64 fast;		/* A the link address with NEIGH_FAST: packets go there at once; or 0 */
	nsec_t used;		/* A when a packet last went there, to a second */
	struct list of_table;	/* the table's all */
	struct list idle;	/* the table's idle, the longest first: STALE or FAILED; else empty */
	struct rbnode timed;	/* the table's by_due, unless @due is U64_MAX */
	nsec_t due;		/* when its state changes by itself */
	nsec_t confirmed, updated;
	u8 mac[6];
	u8 state;		/* enum neighstate */
	u32 probes;
	u32 nqueue;
	struct list queue;	/* of pktbuf: wait for the address */
};
#define NEIGH_FAST	BIT(48)

struct neightab {
	struct spin lock;	/* protects its entries; bottom halves off */
	struct list all, idle;
	struct rbtree by_due;
	struct netif *nif;
	bool is_v6;		/* I */
	bool is_dead;		/* no timer any more */
	struct timeout timer;
	struct neighconf conf;
	u8 told[6];		/* config_lock: our link address, as neighbours know it */
};

#define NEIGH_KEY4(ip) (&(struct in6ip){ .w = { (ip) } })
/** neigh_is_usable() - its link address is known. */
static inline bool neigh_is_usable(const struct neigh *n) { return n->state >= NEIGH_REACHABLE; }

/* @t is a netif's neigh4 or neigh6, NULL where it has no neighbours. */
/** neigh_attach() - an interface that comes: its table, if it has neighbours; config_lock held. 0 or -ENOMEM. */
int neigh_attach(struct netif *nif, bool is_v6);
/** neigh_put() - an entry in @state: PERMANENT, NOARP, REACHABLE or STALE; 0, -EINVAL: no table; -ENOBUFS: too many. */
int neigh_put(struct neightab *t, const struct in6ip *ip, const u8 *mac, u8 state);
/** neigh_walk() - all entries under the table's lock, which is there; false from @fn stops. */
void neigh_walk(struct neightab *t, bool (*fn)(const struct neigh *n, void *arg), void *arg);
/** neigh_get() - copy of an entry (without queue); 0 or -ENXIO. */
int neigh_get(struct neightab *t, const struct in6ip *ip, struct neigh *out);
/** neigh_del() - 0 or -ENXIO. */
int neigh_del(struct neightab *t, const struct in6ip *ip);
/** neigh_learn() - @mac is the address of @ip; what waits for it goes out. @how: NEIGH_MAKE and others. */
void neigh_learn(struct neightab *t, const struct in6ip *ip, const u8 *mac, u32 how);
#define NEIGH_MAKE	0x1u	/* remember it even if nobody asked */
#define NEIGH_ANSWER	0x2u	/* it answered us: REACHABLE, else STALE */
/**
 * arp_ask() - who has @ip (RFC 826)
 * @dst: link address to ask; NULL: everybody
 * @from: source of what is to be sent there, which is told where arp_announce allows; 0: not known
 * Context: any but hard interrupts.
 */
void arp_ask(struct netif *nif, be32 ip, const u8 *dst, be32 from);

/* ---- nl_neigh.c ---- */
struct nlpkt;
/** neigh_news() - what who listens is told of @n, RTM_NEWNEIGH or RTM_DELNEIGH; NULL: nobody does. Does not sleep. */
struct nlpkt *neigh_news(const struct neigh *n, u16 type);
