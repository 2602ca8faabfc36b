// SPDX-License-Identifier: GPL-2.0-only
/*
 * What routers said that paths take, RFC 1191 and 8201. TCP, UDP, raw and ping sockets tell of errors about packets
 * of theirs; routes of our own to that destination by that interface have the smaller MTU then, for every
 * socket, until the timer ends it. Nobody who forwards asks here.
 *
 * A path is on its namespace's list by age (pathtable.lock) and in one hash of all namespaces (its bucket's
 * lock); the locks are not held together: whoever takes it off the list takes it out of the hash, and only who
 * put it there first puts it on the list. MTU and time change under the bucket's lock, readers are RCU. Who keeps
 * a route looks again (route_gen). PATHS_MAX of a namespace are kept, the oldest go.
 */
#include "pathmtu.h"

#include <tern/base/initcall.h>
#include <tern/fs/procfs.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/growtab.h>
#include <tern/mm/slab.h>

#include "ip6_impl.h"

#define PATHS_MAX	8192u
#define EXPIRES_S	600u

struct pathmtu {
	struct rcu_job rcu;		/* first */
	struct growlink hash_link;
	struct list by_age;		/* pathtable.lock */
	struct in6ip dst, gateway;	/* I */
	const struct pathtable *owner;	/* I */
	u32 ifindex;			/* I */
	u32 mtu;			/* R the bucket's lock */
	bool is_locked;			/* R the bucket's lock */
	nsec_t expires;			/* R the bucket's lock */
};

static struct growtab paths;

static u32 hash_of(const struct pathtable *t, const struct in6ip *dst, u32 ifindex)
{
	return (u32)hash_combine(hash_combine((u64)(uptr)t, ifindex), dst->q[0] ^ dst->q[1]);
}

/* RCU, or the bucket's lock. */
static struct pathmtu *find(const struct pathtable *t, const struct in6ip *dst, u32 ifindex, u32 hash)
{
	struct pathmtu *p;

	growtab_foreach_rcu(p, &paths, hash, hash_link)
		if (p->owner == t && p->ifindex == ifindex && in6_same(&p->dst, dst))
			return p;
	return NULL;
}

void pathmtu_look(const struct pathtable *t, const struct in6ip *dst, struct iproute *r)
{
	const struct pathmtu *p = find(t, dst, r->nif->index, hash_of(t, dst, r->nif->index));
	nsec_t expires;
	u32 mtu;

	if (!p || r->is_locked)
		return;
	expires = READ_ONCE(p->expires);
	mtu = READ_ONCE(p->mtu);
	if (expires <= clock_ns() || mtu > r->mtu)
		return;
	r->mtu = mtu;
	r->is_locked = READ_ONCE(p->is_locked);
	r->expires = expires;
}

/* ---- forgetting ---- */

/* Taken off the list by the caller. */
static void drop(const struct pathtable *t, struct pathmtu *p)
{
	struct spin *lock = growtab_lock(&paths, hash_of(t, &p->dst, p->ifindex));

	spin_lock_bh(lock);
	growtab_del(&paths, &p->hash_link);
	spin_unlock_bh(lock);
	rcu_defer_free(&p->rcu, p);
}

/* The oldest, if it is due by @now; 0: whenever. Off the list. */
static struct pathmtu *take_oldest(struct pathtable *t, nsec_t now)
{
	struct pathmtu *p;

	spin_lock_bh(&t->lock);
	p = list_first_entry_or_null(&t->by_age, struct pathmtu, by_age);
	if (p && now && READ_ONCE(p->expires) > now) {
		timeout_arm(&t->timer, p->expires);
		p = NULL;
	}
	if (p) {
		list_del_init(&p->by_age);
		WRITE_ONCE(t->n, t->n - 1);
	}
	spin_unlock_bh(&t->lock);
	return p;
}

static void forget(struct pathtable *t, nsec_t now)
{
	struct pathmtu *p = take_oldest(t, now);

	if (!p)
		return;
	for (; p; p = take_oldest(t, now))
		drop(t, p);
	netns_routes_changed(t->ns);
}

static void age(struct timeout *timer)
{
	forget(container_of(timer, struct pathtable, timer), clock_ns());
}

void pathtable_flush(struct pathtable *t)
{
	forget(t, 0);
}

/* ---- learning ---- */

/* Put on the list behind all others, where it is the latest to end. */
static void put_on_list(struct pathtable *t, struct pathmtu *p)
{
	bool is_full;

	spin_lock_bh(&t->lock);
	list_add_tail(&p->by_age, &t->by_age);
	WRITE_ONCE(t->n, t->n + 1);
	is_full = t->n > PATHS_MAX;
	if (t->n == 1)
		timeout_arm(&t->timer, p->expires);
	spin_unlock_bh(&t->lock);
	if (is_full) {
		p = take_oldest(t, 0);
		if (p)
			drop(t, p);
	}
}

/* One that was heard of again is young again; not if somebody takes it out, or has not put it on the list yet. */
static void make_young(struct pathtable *t, const struct in6ip *dst, u32 ifindex, u32 hash)
{
	struct pathmtu *p;

	spin_lock_bh(&t->lock);
	p = find(t, dst, ifindex, hash);
	if (p && !list_is_empty(&p->by_age)) {
		list_del(&p->by_age);
		list_add_tail(&p->by_age, &t->by_age);
	}
	spin_unlock_bh(&t->lock);
}

static struct pathmtu *make(const struct pathtable *t, const struct in6ip *dst, const struct iproute *r)
{
	struct pathmtu *p = kmem_zalloc(sizeof(*p), ALLOC_ATOMIC);

	if (!p)
		return NULL;
	growlink_init(&p->hash_link);
	list_init(&p->by_age);
	p->dst = *dst;
	p->gateway = in6_is_mapped(dst) && r->gateway ? in6_map(r->gateway) : r->gateway6;
	p->owner = t;
	p->ifindex = r->nif->index;
	return p;
}

/* The bucket's lock held. True: routes there have another MTU now. */
static bool update(struct pathmtu *p, u32 mtu, u32 least, u32 most, nsec_t expires)
{
	u32 was = p->mtu;

	WRITE_ONCE(p->mtu, mtu < least ? min(least, most) : mtu);
	WRITE_ONCE(p->is_locked, mtu < least);
	WRITE_ONCE(p->expires, expires);
	return p->mtu != was;
}

void pathmtu_learn(struct pathtable *t, const struct in6ip *dst, const struct iproute *r, u32 mtu)
{
	u32 hash = hash_of(t, dst, r->nif->index), least = (u32)READ_ONCE(t->least);
	nsec_t expires = clock_ns() + READ_ONCE(t->expires_s) * NSEC_PER_SEC;
	struct spin *lock = growtab_lock(&paths, hash);
	struct pathmtu *p, *fresh = NULL;
	bool changed = false;

	if (r->is_locked || r->mtu < mtu || (r->mtu == mtu && !r->expires))
		return;
	spin_lock_bh(lock);
	p = find(t, dst, r->nif->index, hash);
	if (!p)
		p = fresh = make(t, dst, r);
	if (p)
		changed = update(p, mtu, least, r->mtu, expires);
	if (fresh)
		growtab_add(&paths, &fresh->hash_link, hash);
	spin_unlock_bh(lock);
	if (fresh)
		put_on_list(t, fresh);
	else if (p)
		make_young(t, dst, r->nif->index, hash);
	if (changed)
		netns_routes_changed(t->ns);
}

static void path4_is(struct netns *ns, be32 dst, be32 src, u32 oif, u32 mark, u32 mtu)
{
	struct in6ip mapped = in6_map(dst);
	struct iproute r;

	if (!ip4_route_flow(ns, dst, src, oif, 0, mark, &r) && r.type == RTN_UNICAST)
		pathmtu_learn(&ns->ip4->paths, &mapped, &r, mtu);
}

static void path6_is(struct netns *ns, const struct in6ip *dst, const struct in6ip *src, u32 oif, u32 mark, u32 mtu)
{
	struct iproute r;

	if (mtu < IP6_MTU_MIN)		/* which every link takes: RFC 8201 4 */
		return;
	if (!ip6_route_flow(ns, dst, src, oif, 0, mark, &r) && r.type == RTN_UNICAST)
		pathmtu_learn(&ns->ip6->paths, dst, &r, mtu);
}

void ip4_path_is(struct netns *ns, be32 dst, be32 src, u32 mtu)
{
	path4_is(ns, dst, src, 0, 0, mtu);
}

void ip6_path_is(struct netns *ns, const struct in6ip *dst, const struct in6ip *src, u32 mtu)
{
	path6_is(ns, dst, src, 0, 0, mtu);
}

void isock_path4_is(struct isock *sk, be32 dst, be32 src, u32 mtu)
{
	path4_is(sk->net, dst, src, sk->bound_if, sk->mark, mtu);
}

void isock_path6_is(struct isock *sk, const struct in6ip *dst, const struct in6ip *src, u32 mtu)
{
	path6_is(sk->net, dst, src, sk->bound_if, sk->mark, mtu);
}

/* ---- showing ---- */

bool pathtable_walk(struct pathtable *t, u64 *at, bool (*fn)(const struct pathinfo *info, void *arg), void *arg)
{
	nsec_t now = clock_ns();
	struct pathmtu *p;
	bool more = true;
	u64 i = 0;

	spin_lock_bh(&t->lock);
	list_foreach(p, &t->by_age, by_age) {
		struct pathinfo info = { p->dst, p->gateway, p->ifindex, p->mtu, 0, p->is_locked };

		if (i++ < *at)
			continue;
		info.left = p->expires > now ? p->expires - now : 0;
		more = fn(&info, arg);
		if (!more)
			break;
		++*at;
	}
	spin_unlock_bh(&t->lock);
	return more;
}

static ssize_t write_flush(const char *text, size_t n, void *arg)
{
	if (!netns_cap(CAP_NET_ADMIN))
		return -EPERM;
	pathtable_flush(arg ? &netns_self()->ip6->paths : &netns_self()->ip4->paths);
	return (ssize_t)n;
}
static void print_nothing(struct seqbuf *sb, void *arg)
{
}
static struct procfile flush_file = { .path = "sys/net/ipv4/route/flush", .mode = 0200, .print = print_nothing,
	.write = write_flush };
PROCFILE(flush_file);
static struct procfile flush6_file = { .path = "sys/net/ipv6/route/flush", .mode = 0200, .print = print_nothing,
	.write = write_flush, .arg = &flush6_file };
PROCFILE(flush6_file);

/* ---- namespaces ---- */

void pathtable_init(struct pathtable *t, struct netns *ns, u32 least)
{
	*t = (struct pathtable){ .ns = ns, .expires_s = EXPIRES_S, .least = least };
	spin_init(&t->lock, LOCKRANK_NET_TABLE);
	list_init(&t->by_age);
	timeout_init(&t->timer, age, 0);
}

void pathtable_fini(struct pathtable *t)
{
	pathtable_flush(t);
	timeout_cancel_sync(&t->timer);
}

static int paths_start(void)
{
	return growtab_init(&paths, 4, LOCKRANK_NET_TABLE);
}
INITCALL(FS, paths_start);
