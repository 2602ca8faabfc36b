/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Routes by longest prefix: a binary trie with compressed paths. Keys have 128 bits,
 * those of IPv4 in the upper 32. Pure but
 * for the memory that it is given; readers need an RCU read section, writers a lock.
 */
#pragma once

#include <tern/base/compiler.h>
#include <tern/lib/alloc.h>
#include <tern/net/byteorder.h>
#include <uapi/in6.h>

struct netif;

#define RTN_UNSPEC	0
#define RTN_UNICAST	1
#define RTN_LOCAL	2
#define RTN_BROADCAST	3
#define RTN_MULTICAST	5
#define RTN_BLACKHOLE	6
#define RTN_UNREACHABLE	7
#define RTN_PROHIBIT	8
#define RTN_THROW	9
#define RT_SCOPE_UNIVERSE 0
#define RT_SCOPE_LINK	253
#define RT_SCOPE_HOST	254
#define RTPROT_KERNEL	2
#define RTPROT_BOOT	3
#define RTPROT_STATIC	4
#define RTPROT_RA	9

typedef unsigned __int128 fibkey;

/* One of several ways of a route. */
struct fibhop {
	struct netif *nif;
	be32 gateway;
	struct in6ip gateway6;
	u32 weight;
};

/* One route; several of a prefix are a chain by metric. Immutable once there but for next. */
struct fibroute {
	u64 defer[2];			/* for the allocator's free function; first */
	struct fibroute *next;
	struct netif *nif;
	be32 gateway, prefsrc;
	struct in6ip gateway6, prefsrc6;
	nsec_t expires;			/* 0: never */
	u32 metric;
	u32 mtu;			/* 0: the interface's */
	u8 type, scope, protocol;
	u8 plen;			/* set by fib_insert() */
	bool is_mtu_locked;
	u32 nhops;			/* 0: nif and gateway are the only way */
	struct fibhop hops[];
};

struct fibnode {
	u64 defer[2];			/* first */
	fibkey key;			/* host order, bits past plen are 0 */
	u8 plen;
	struct fibroute *routes;	/* NULL: only a fork */
	struct fibnode *child[2];
};

struct fib { struct fibnode *root; u32 nroutes; };

/** fib_lookup() - longest prefix of @addr (host order) that has a route @ok accepts; NULL. */
const struct fibroute *fib_lookup(const struct fib *t, fibkey addr,
				  bool (*ok)(const struct fibroute *r, void *arg), void *arg);
/** fib_insert() - @r becomes the table's; 0, -EEXIST (prefix, metric, nif, gateway), -ENOMEM. */
int fib_insert(struct fib *t, fibkey key, u8 plen, struct fibroute *r, const struct lib_alloc *a);
/** fib_delete() - first route of that very prefix that @match accepts; 0 or -ESRCH. */
int fib_delete(struct fib *t, fibkey key, u8 plen, bool (*match)(const struct fibroute *r, void *arg),
	       void *arg, const struct lib_alloc *a);
/** fib_walk() - all routes by ascending prefix; false from @fn stops. */
typedef bool (*fib_walk_fn)(fibkey key, u8 plen, const struct fibroute *r, void *arg);
void fib_walk(const struct fib *t, fib_walk_fn fn, void *arg);
/** fib_walk_from() - those of prefix @key, @plen and behind it: to go on with a walk. */
void fib_walk_from(const struct fib *t, fibkey key, u8 plen, fib_walk_fn fn, void *arg);

static inline fibkey fib4_key(u32 addr) { return (fibkey)addr << 96; }
static inline u32 fib4_addr(fibkey key) { return (u32)(key >> 96); }
static inline fibkey fib6_key(const struct in6ip *a)
{
	return (fibkey)__builtin_bswap64(a->q[0]) << 64 | __builtin_bswap64(a->q[1]);
}
static inline struct in6ip fib6_addr(fibkey key)
{
	return (struct in6ip){ .q = { __builtin_bswap64((u64)(key >> 64)), __builtin_bswap64((u64)key) } };
}
