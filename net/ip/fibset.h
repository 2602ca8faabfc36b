/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The routing tables and rules of a namespace, for one version of IP. Owner net/ip/fibset.c.
 * Readers need an RCU section; changes config_lock.
 */
#pragma once

#include <tern/lib/list.h>
#include <tern/base/rcu.h>

#include "fib.h"

#define HOPS_MAX	64u	/* ways of one route */

struct netns;

struct fibtable { struct list link; struct rcu_job rcu; u32 id; struct fib fib; };

struct fibset {
	struct netns *ns;		/* I */
	u8 family;			/* I AF_INET, AF_INET6 */
	bool has_rules;			/* A others than those it began with */
	struct fib local, main;		/* R config_lock */
	struct list others;		/* R config_lock: of fibtable */
	struct list rules;		/* R config_lock: of fibrule, by priority */
};

/* What a packet is, for rules and routes. */
struct fibflow { fibkey src, dst; u32 oif, iif, mark; u32 uid; };

/** fibset_init() - with the rules that every namespace begins with; 0 or -ENOMEM. */
int fibset_init(struct fibset *s, struct netns *ns, u8 family);
/** fibset_fini() - its routes are gone; readers too. */
void fibset_fini(struct fibset *s);
/** fibset_find() - a table; NULL: there is none of that number. */
struct fib *fibset_find(struct fibset *s, u32 id);
/**
 * fibset_lookup() - by rules; the local table was asked before
 * Return: 0 with a unicast route, -ENETUNREACH, -EHOSTUNREACH, -EACCES, -EINVAL; its table in @table.
 */
int fibset_lookup(struct fibset *s, const struct fibflow *f, const struct fibroute **out, u32 *table);
/** fibset_add() - a copy of @model; 0, -EEXIST, -ENOMEM. */
int fibset_add(struct fibset *s, u32 table, fibkey key, u8 plen, const struct fibroute *model);

/* What a route to be removed looks like; zero: anything. */
struct fibmatch {
	be32 gateway, prefsrc;
	struct in6ip gateway6;
	struct netif *nif;
	u32 metric;
	u8 type, protocol;
	const struct fibroute *but;	/* one that stays */
	bool has_metric;		/* metric counts even if it is 0 */
};
/** fibset_del() - the first of that prefix that fits; 0 or -ESRCH. */
int fibset_del(struct fibset *s, u32 table, fibkey key, u8 plen, const struct fibmatch *m);
/** fibset_del_others() - all that fit but the last, which is the newest; 0. */
int fibset_del_others(struct fibset *s, u32 table, fibkey key, u8 plen, struct fibmatch *m);
/** fibset_exists() - one of that prefix and metric, NULL: none. */
const struct fibroute *fibset_exists(struct fibset *s, u32 table, fibkey key, u8 plen, u32 metric);
/** fibset_flush() - routes that have no way left; @is_gone: all that name @nif. */
void fibset_flush(struct fibset *s, struct netif *nif, bool is_gone);
/** fibset_forget_source() - routes that name @local as the source to use: it is not ours any more. */
void fibset_forget_source(struct fibset *s, be32 local);
/** fibset_walk() - routes of table @table (0: all but local, then local); false from @fn stops. */
typedef bool (*fibset_walk_fn)(u32 table, fibkey key, u8 plen, const struct fibroute *r, void *arg);
void fibset_walk(struct fibset *s, u32 table, fibset_walk_fn fn, void *arg);
/** fibroute_hop() - the way of a flow whose hash is @hash, into @hop. */
void fibroute_hop(const struct fibroute *r, u32 hash, struct fibhop *hop);
/** fib_news() - tell who listens on netlink. */
void fib_news(struct fibset *s, u32 table, fibkey key, const struct fibroute *r, bool is_new);

/* ---- rules (fibrule.c) ---- */
/** fibrules_init() - make the rules to begin with; 0 or -ENOMEM. */
int fibrules_init(struct fibset *s);
void fibrules_fini(struct fibset *s);
