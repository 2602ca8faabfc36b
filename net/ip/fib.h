/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Routes of IPv4 by longest prefix: a binary trie with compressed paths. Pure but
 * for the memory that it is given; readers need an RCU read section, writers a lock.
 */
#pragma once

#include <tern/base/compiler.h>
#include <tern/lib/alloc.h>
#include <tern/net/byteorder.h>

struct netif;

#define RTN_UNSPEC	0
#define RTN_UNICAST	1
#define RTN_LOCAL	2
#define RTN_BROADCAST	3
#define RTN_MULTICAST	5
#define RTN_BLACKHOLE	6
#define RTN_UNREACHABLE	7
#define RTN_PROHIBIT	8
#define RT_SCOPE_UNIVERSE 0
#define RT_SCOPE_LINK	253
#define RT_SCOPE_HOST	254
#define RTPROT_KERNEL	2
#define RTPROT_BOOT	3
#define RTPROT_STATIC	4

/* One route; several of a prefix are a chain by metric. Immutable once there but for next. */
struct fibroute {
	u64 defer[2];			/* for the allocator's free function; first */
	struct fibroute *next;
	struct netif *nif;
	be32 gateway, prefsrc;
	u32 metric;
	u8 type, scope, protocol;
};

struct fibnode {
	u64 defer[2];			/* first */
	u32 key;			/* host order, bits past plen are 0 */
	u8 plen;
	struct fibroute *routes;	/* NULL: only a fork */
	struct fibnode *child[2];
};

struct fib4 { struct fibnode *root; u32 nroutes; };

/** fib4_lookup() - longest prefix of @addr (host order) that has a route @ok accepts; NULL. */
const struct fibroute *fib4_lookup(const struct fib4 *t, u32 addr,
				   bool (*ok)(const struct fibroute *r, void *arg), void *arg);
/** fib4_insert() - @r becomes the table's; 0, -EEXIST (prefix, metric, nif, gateway), -ENOMEM. */
int fib4_insert(struct fib4 *t, u32 key, u8 plen, struct fibroute *r, const struct lib_alloc *a);
/** fib4_delete() - first route of that very prefix that @match accepts; 0 or -ESRCH. */
int fib4_delete(struct fib4 *t, u32 key, u8 plen, bool (*match)(const struct fibroute *r, void *arg),
		void *arg, const struct lib_alloc *a);
/** fib4_walk() - all routes by ascending prefix; false from @fn stops. */
void fib4_walk(const struct fib4 *t, bool (*fn)(u32 key, u8 plen, const struct fibroute *r, void *arg),
	       void *arg);
