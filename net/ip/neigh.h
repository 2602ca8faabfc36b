/* SPDX-License-Identifier: GPL-2.0-only */
/* Neighbour entries, for those who show and set them. Theory in neigh.c. */
#pragma once

#include <tern/kernel/timeout.h>
#include <tern/lib/fmt.h>
#include <tern/lib/hlist.h>
#include <tern/net/netif.h>
#include <uapi/in6.h>

enum neighstate { NEIGH_NONE, NEIGH_INCOMPLETE, NEIGH_FAILED, NEIGH_REACHABLE, NEIGH_STALE, NEIGH_DELAY,
	NEIGH_PROBE, NEIGH_PERMANENT };

struct neigh {			/* all under the table's lock */
	struct hnode node;
	struct in6ip ip6;	/* key; IPv4 in w[0] */
	be32 ip;
	u8 mac[6];
	u8 state;		/* enum neighstate */
	u8 probes;
	u32 nqueue;
	nsec_t due;		/* when its state changes by itself */
	struct list queue;	/* of pktbuf: wait for the address */
};

struct neightab {
	struct spin lock;	/* protects entries; bottom halves off */
	struct hlist hash[64];
	u32 count;
	struct netif *nif;
	bool is_v6;		/* I */
	struct timeout timer;
	bool is_dead;
	u8 told[6];		/* config_lock: our link address, as neighbours know it */
};

#define NEIGH_KEY4(ip) (&(struct in6ip){ .w = { (ip) } })

/* @t is a netif's neigh4 or neigh6, NULL where it has no neighbours. */
/** neigh_put() - an entry in @state: PERMANENT, REACHABLE or STALE; 0, -EINVAL: no table. */
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
#define NEIGH_FOR_EVER	0x4u	/* PERMANENT */
/**
 * arp_ask() - who has @ip (RFC 826)
 * @dst: link address to ask; NULL: everybody
 * @from: source of what is to be sent there, which is told where arp_announce allows; 0: not known
 * Context: any but hard interrupts.
 */
void arp_ask(struct netif *nif, be32 ip, const u8 *dst, be32 from);
