// SPDX-License-Identifier: GPL-2.0-only
/*
 * Longest prefix match: a binary trie whose nodes are prefixes; a child's prefix is
 * longer than its parent's and begins with it. A node without routes is a fork and has
 * two children. A walk remembers the routes it passed: the last accepted is the answer.
 * Depth is at most 129. Writers publish with release stores, so that readers
 * always see a valid trie; what is unlinked is freed by the allocator after them.
 */
#include "fib.h"

#include <tern/base/err.h>

static fibkey mask_of(u8 plen)
{
	return plen ? ~(fibkey)0 << (128 - plen) : 0;
}

static bool covers(const struct fibnode *n, fibkey addr)
{
	return !((n->key ^ addr) & mask_of(n->plen));
}

static u32 next_bit(fibkey addr, u8 plen)
{
	return (u32)(addr >> (127 - plen)) & 1;
}

const struct fibroute *fib_lookup(const struct fib *t, fibkey addr,
				   bool (*ok)(const struct fibroute *r, void *arg), void *arg)
{
	const struct fibnode *n = __atomic_load_n(&t->root, __ATOMIC_ACQUIRE);
	const struct fibroute *best = NULL, *r;

	while (n && covers(n, addr)) {
		for (r = __atomic_load_n(&n->routes, __ATOMIC_ACQUIRE); r;
		     r = __atomic_load_n(&r->next, __ATOMIC_ACQUIRE)) {
			if (!ok || ok(r, arg)) {
				best = r;
				break;
			}
		}
		if (n->plen == 128)
			break;
		n = __atomic_load_n(&n->child[next_bit(addr, n->plen)], __ATOMIC_ACQUIRE);
	}
	return best;
}

static struct fibnode *node_make(fibkey key, u8 plen, const struct lib_alloc *a)
{
	struct fibnode *n = lib_alloc_get(a, sizeof(*n));

	if (n)
		*n = (struct fibnode){ .key = key & mask_of(plen), .plen = plen };
	return n;
}

/* Number of leading bits that agree, at most @max. */
static u8 common(fibkey a, fibkey b, u8 max)
{
	u64 hi = (u64)((a ^ b) >> 64), lo = (u64)(a ^ b);
	u8 n = hi ? (u8)__builtin_clzl(hi) : lo ? (u8)(64 + __builtin_clzl(lo)) : 128;

	return n < max ? n : max;
}

/* The place that points, or shall point, at the node of a prefix. */
static struct fibnode **find_slot(struct fib *t, fibkey key, u8 plen)
{
	struct fibnode **at = &t->root;

	while (*at && (*at)->plen < plen && covers(*at, key))
		at = &(*at)->child[next_bit(key, (*at)->plen)];
	return at;
}

static bool is_node(const struct fibnode *n, fibkey key, u8 plen)
{
	return n && n->plen == plen && n->key == (key & mask_of(plen));
}

/* A node for a prefix that has none, linked in; NULL: no memory. */
static struct fibnode *add_node(struct fibnode **at, fibkey key, u8 plen, const struct lib_alloc *a)
{
	struct fibnode *old = *at, *n = node_make(key, plen, a), *fork;
	u8 same;

	if (!n)
		return NULL;
	if (!old) {
		__atomic_store_n(at, n, __ATOMIC_RELEASE);
		return n;
	}
	same = common(old->key, n->key, plen < old->plen ? plen : old->plen);
	if (same == plen) {	/* the new one is above */
		n->child[next_bit(old->key, plen)] = old;
		__atomic_store_n(at, n, __ATOMIC_RELEASE);
		return n;
	}
	fork = node_make(key, same, a);
	if (!fork) {
		lib_alloc_put(a, n, sizeof(*n));
		return NULL;
	}
	fork->child[next_bit(old->key, same)] = old;
	fork->child[next_bit(n->key, same)] = n;
	__atomic_store_n(at, fork, __ATOMIC_RELEASE);
	return n;
}

int fib_insert(struct fib *t, fibkey key, u8 plen, struct fibroute *r, const struct lib_alloc *a)
{
	struct fibnode **slot, *n;
	struct fibroute **at;

	if (plen > 128)
		return -EINVAL;
	slot = find_slot(t, key, plen);
	n = is_node(*slot, key, plen) ? *slot : add_node(slot, key, plen, a);
	if (!n)
		return -ENOMEM;
	for (at = &n->routes; *at && (*at)->metric <= r->metric; at = &(*at)->next)
		if ((*at)->metric == r->metric && (*at)->nif == r->nif && (*at)->gateway == r->gateway &&
		    (*at)->gateway6.q[0] == r->gateway6.q[0] && (*at)->gateway6.q[1] == r->gateway6.q[1] &&
		    (*at)->type == r->type)
			return -EEXIST;
	r->next = *at;
	r->plen = plen;
	__atomic_store_n(at, r, __ATOMIC_RELEASE);
	t->nroutes++;
	return 0;
}

/* Nodes without a use on the way to a prefix are taken out: at most two. */
static void prune(struct fib *t, fibkey key, u8 plen, const struct lib_alloc *a)
{
	struct fibnode **at = &t->root, **above = NULL;

	while (*at && (*at)->plen < plen && covers(*at, key)) {
		above = at;
		at = &(*at)->child[next_bit(key, (*at)->plen)];
	}
	for (u32 i = 0; at && i < 2; i++) {
		struct fibnode *n = *at;

		if (!n || n->routes || (n->child[0] && n->child[1]))
			return;
		__atomic_store_n(at, n->child[n->child[0] ? 0 : 1], __ATOMIC_RELEASE);
		lib_alloc_put(a, n, sizeof(*n));
		at = above;
	}
}

int fib_delete(struct fib *t, fibkey key, u8 plen, bool (*match)(const struct fibroute *r, void *arg),
		void *arg, const struct lib_alloc *a)
{
	struct fibnode *n = plen > 128 ? NULL : *find_slot(t, key, plen);

	if (!is_node(n, key, plen))
		return -ESRCH;
	for (struct fibroute **at = &n->routes, *r; (r = *at); at = &r->next) {
		if (match && !match(r, arg))
			continue;
		__atomic_store_n(at, r->next, __ATOMIC_RELEASE);
		t->nroutes--;
		lib_alloc_put(a, r, sizeof(*r));
		if (!n->routes)
			prune(t, key, plen, a);
		return 0;
	}
	return -ESRCH;
}

/* The last address that @n and what is below it can be about. */
static fibkey last_of(const struct fibnode *n)
{
	return n->plen < 128 ? n->key | ~(fibkey)0 >> n->plen : n->key;
}

static bool walk(const struct fibnode *n, fibkey key, u8 plen, fib_walk_fn fn, void *arg)
{
	if (!n || last_of(n) < key)
		return true;
	if (n->key > key || (n->key == key && n->plen >= plen))
		for (const struct fibroute *r = __atomic_load_n(&n->routes, __ATOMIC_ACQUIRE); r;
		     r = __atomic_load_n(&r->next, __ATOMIC_ACQUIRE))
			if (!fn(n->key, n->plen, r, arg))
				return false;
	return walk(__atomic_load_n(&n->child[0], __ATOMIC_ACQUIRE), key, plen, fn, arg) &&
	       walk(__atomic_load_n(&n->child[1], __ATOMIC_ACQUIRE), key, plen, fn, arg);
}

void fib_walk_from(const struct fib *t, fibkey key, u8 plen, fib_walk_fn fn, void *arg)
{
	walk(__atomic_load_n(&t->root, __ATOMIC_ACQUIRE), key, plen, fn, arg);
}

void fib_walk(const struct fib *t, fib_walk_fn fn, void *arg)
{
	fib_walk_from(t, 0, 0, fn, arg);
}
