/* SPDX-License-Identifier: GPL-2.0-only */
/* What routers said that paths take. Theory in pathmtu.c. */
#pragma once

#include <tern/base/lock.h>
#include <tern/kernel/timeout.h>
#include <tern/lib/list.h>
#include <tern/net/netns.h>
#include <uapi/in6.h>

struct iproute;

/* What a namespace has learnt of one version of IP. */
struct pathtable {
	struct netns *ns;		/* I */
	struct spin lock;		/* protects by_age, n */
	struct list by_age;		/* of pathmtu; learnt first, first */
	u32 n;				/* A to see that there is none */
	struct timeout timer;		/* ends what is too old */
	u64 expires_s;			/* A sysctl: how long it is believed */
	u64 least;			/* A sysctl: less is not believed, bytes; IPv4's alone */
};

/* One path, as it is shown. */
struct pathinfo {
	struct in6ip dst, gateway;	/* IPv4's mapped */
	u32 ifindex, mtu;
	nsec_t left;
	bool is_locked;
};

/** pathtable_init() - empty; believes for ten minutes. */
void pathtable_init(struct pathtable *t, struct netns *ns, u32 least);
/** pathtable_fini() - forget all; nobody learns any more. Sleeps. */
void pathtable_fini(struct pathtable *t);
/** pathtable_flush() - forget all. Context: soft interrupts on or off. */
void pathtable_flush(struct pathtable *t);
/**
 * pathmtu_learn() - the path to @dst by @r takes no more than @mtu bytes: RFC 1191 6, RFC 8201 5
 *
 * Not if that is more than was known, or the route's MTU is locked. Less than the table's least counts as that,
 * with @r's is_locked: such a router does not know better, packets go without the bit DF.
 * Context: RCU read section; sockets may be locked.
 */
void pathmtu_learn(struct pathtable *t, const struct in6ip *dst, const struct iproute *r, u32 mtu);
/** pathmtu_look() - what is known of the way to @dst into *@r. RCU. */
void pathmtu_look(const struct pathtable *t, const struct in6ip *dst, struct iproute *r);
/**
 * pathtable_walk() - the paths from number *@at on, which moves behind those that @fn took; false from it stops
 * Context: @fn does not sleep. Return: false if it stopped.
 */
bool pathtable_walk(struct pathtable *t, u64 *at, bool (*fn)(const struct pathinfo *info, void *arg), void *arg);
static inline bool pathtable_is_empty(const struct pathtable *t) { return likely(!READ_ONCE(t->n)); }
