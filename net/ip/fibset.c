// SPDX-License-Identifier: GPL-2.0-only
/*
 * Routing tables by number, and what a lookup through the rules finds. For both versions.
 *
 * Tables local and main are always there, others appear with their first route and stay. While
 * nobody changed the rules a lookup goes straight to main (callers ask local first).
 * A route may have several ways: a flow's hash chooses, by weight, among those that
 * are up.
 */
#include "fibset.h"

#include <tern/base/err.h>
#include <tern/kernel/clock.h>
#include <tern/mm/slab.h>
#include <tern/net/netif.h>
#include <uapi/netlink.h>
#include <uapi/socket.h>

#include "fibrule.h"

static void *route_get_memory(void *ctx, size_t size)
{
	return kmem_alloc(size, ALLOC_ATOMIC);
}

static void route_put_memory(void *ctx, void *p, size_t size)
{
	rcu_defer_free(p, p);
}

static const struct lib_alloc route_alloc = { route_get_memory, route_put_memory, NULL };
static_assert(sizeof(struct rcu_job) <= sizeof(((struct fibnode *)0)->defer), "deferral record");

/* ---- tables ---- */

struct fib *fibset_find(struct fibset *s, u32 id)
{
	struct fibtable *t;

	if (id == RT_TABLE_MAIN)
		return &s->main;
	if (id == RT_TABLE_LOCAL)
		return &s->local;
	list_foreach_rcu(t, &s->others, link)
		if (t->id == id)
			return &t->fib;
	return NULL;
}

static struct fib *find_or_make(struct fibset *s, u32 id)
{
	struct fib *f = fibset_find(s, id);
	struct fibtable *t, *after = NULL, *o;

	if (f)
		return f;
	t = kmem_zalloc(sizeof(*t), ALLOC_KERNEL);
	if (!t)
		return NULL;
	t->id = id;
	list_foreach(o, &s->others, link)
		if (o->id < id)
			after = o;
	list_add_rcu(&t->link, after ? &after->link : &s->others);
	return &t->fib;
}

int fibset_init(struct fibset *s, struct netns *ns, u8 family)
{
	s->ns = ns;
	s->family = family;
	list_init(&s->others);
	list_init(&s->rules);
	return fibrules_init(s);
}

/* All routes of a table, without news: its namespace ends. */
static bool take_first(fibkey key, u8 plen, const struct fibroute *r, void *arg)
{
	struct { fibkey key; u8 plen; bool any; } *f = arg;

	f->key = key;
	f->plen = plen;
	f->any = true;
	return false;
}

static void table_empty(struct fib *t)
{
	for (;;) {
		struct { fibkey key; u8 plen; bool any; } f = { 0 };

		fib_walk(t, take_first, &f);
		if (!f.any || fib_delete(t, f.key, f.plen, NULL, NULL, &route_alloc))
			return;
	}
}

void fibset_fini(struct fibset *s)
{
	struct fibtable *t, *next;

	fibrules_fini(s);
	table_empty(&s->local);
	table_empty(&s->main);
	list_foreach_safe(t, next, &s->others, link) {
		table_empty(&t->fib);
		kmem_free(t);
	}
}

/* ---- ways ---- */

static bool hop_works(const struct fibhop *h)
{
	return netif_is_up(h->nif);
}

void fibroute_hop(const struct fibroute *r, u32 hash, struct fibhop *hop)
{
	u32 total = 0, at;

	*hop = (struct fibhop){ r->nif, r->gateway, r->gateway6, 1 };
	for (u32 i = 0; i < r->nhops; i++)
		total += hop_works(&r->hops[i]) ? r->hops[i].weight : 0;
	if (!total)
		return;
	at = (u32)(((u64)hash * total) >> 32);
	for (u32 i = 0; i < r->nhops; i++) {
		if (!hop_works(&r->hops[i]))
			continue;
		if (at < r->hops[i].weight) {
			*hop = r->hops[i];
			return;
		}
		at -= r->hops[i].weight;
	}
}

/* ---- lookups ---- */

struct want { u32 oif; nsec_t now; };

static bool route_fits(const struct fibroute *r, void *arg)
{
	const struct want *w = arg;

	if (r->expires && r->expires <= w->now)
		return false;
	for (u32 i = 0; i < r->nhops; i++)
		if (hop_works(&r->hops[i]) && (!w->oif || r->hops[i].nif->index == w->oif))
			return true;
	if (r->nhops)
		return false;
	return !r->nif || ((!w->oif || r->nif->index == w->oif) && netif_is_up(r->nif));
}

static int route_error(u8 type)
{
	if (type == RTN_BLACKHOLE)
		return -EINVAL;
	return type == RTN_PROHIBIT ? -EACCES : -EHOSTUNREACH;
}

int fibset_lookup(struct fibset *s, const struct fibflow *f, const struct fibroute **out, u32 *table)
{
	struct want w = { f->oif, clock_coarse_ns() };
	const struct fibrule *rule = NULL;
	const struct fibroute *r;

	*table = RT_TABLE_MAIN;
	if (likely(!READ_ONCE(s->has_rules))) {
		r = fib_lookup(&s->main, f->dst, route_fits, &w);
		if (r && r->type != RTN_THROW)
			goto found;
		return -ENETUNREACH;
	}
	while ((rule = fibrule_next(s, rule, f))) {
		struct fib *t;

		if (rule->action != FR_ACT_TO_TBL)
			return rule->action == FR_ACT_PROHIBIT ? -EACCES :
			       rule->action == FR_ACT_BLACKHOLE ? -EINVAL : -ENETUNREACH;
		t = fibset_find(s, rule->table);
		r = t ? fib_lookup(t, f->dst, route_fits, &w) : NULL;
		if (!r || r->type == RTN_THROW || (s32)r->plen <= rule->suppress_plen)
			continue;
		*table = rule->table;
		goto found;
	}
	return -ENETUNREACH;
found:
	if (r->type > RTN_MULTICAST)
		return route_error(r->type);
	*out = r;
	return 0;
}

/* ---- changes ---- */

int fibset_add(struct fibset *s, u32 table, fibkey key, u8 plen, const struct fibroute *model)
{
	struct fib *t = find_or_make(s, table);
	struct fibroute *r;
	int err;

	r = t ? kmem_dup(model, sizeof(*model) + model->nhops * sizeof(model->hops[0]), ALLOC_KERNEL) : NULL;
	if (!r)
		return -ENOMEM;
	err = fib_insert(t, key, plen, r, &route_alloc);
	if (err) {
		kmem_free(r);
		return err;
	}
	netns_routes_changed(s->ns);
	fib_news(s, table, key, r, true);
	return 0;
}

struct victim { struct fibset *s; u32 table; fibkey key; const struct fibmatch *m; };

static bool same6(const struct in6ip *a, const struct in6ip *b)
{
	return a->q[0] == b->q[0] && a->q[1] == b->q[1];
}

static bool is_victim(const struct fibroute *r, void *arg)
{
	const struct victim *v = arg;
	const struct fibmatch *m = v->m;
	static const struct in6ip any;

	if ((m->gateway && m->gateway != r->gateway) || (m->prefsrc && m->prefsrc != r->prefsrc) ||
	    (!same6(&m->gateway6, &any) && !same6(&m->gateway6, &r->gateway6)) ||
	    (m->nif && m->nif != r->nif) || ((m->metric || m->has_metric) && m->metric != r->metric) ||
	    (m->type && m->type != r->type) || (m->protocol && m->protocol != r->protocol) || r == m->but)
		return false;
	fib_news(v->s, v->table, v->key, r, false);
	return true;
}

int fibset_del(struct fibset *s, u32 table, fibkey key, u8 plen, const struct fibmatch *m)
{
	struct victim v = { s, table, key, m };
	struct fib *t = fibset_find(s, table);
	int err = t ? fib_delete(t, key, plen, is_victim, &v, &route_alloc) : -ESRCH;

	if (!err)
		netns_routes_changed(s->ns);
	return err;
}

struct lastprobe { fibkey key; u8 plen; u32 metric; const struct fibroute *last; };

static bool probe_last(fibkey key, u8 plen, const struct fibroute *r, void *arg)
{
	struct lastprobe *p = arg;

	if (key == p->key && plen == p->plen && r->metric == p->metric)
		p->last = r;
	return true;
}

int fibset_del_others(struct fibset *s, u32 table, fibkey key, u8 plen, struct fibmatch *m)
{
	struct lastprobe p = { key, plen, m->metric, NULL };
	struct fib *t = fibset_find(s, table);

	if (t)
		fib_walk(t, probe_last, &p);
	m->but = p.last;
	while (!fibset_del(s, table, key, plen, m))
		;
	return 0;
}

struct routeprobe { fibkey key; u8 plen; u32 metric; const struct fibroute *found; };

static bool probe_one(fibkey key, u8 plen, const struct fibroute *r, void *arg)
{
	struct routeprobe *p = arg;

	if (key == p->key && plen == p->plen && r->metric == p->metric)
		p->found = r;
	return !p->found;
}

const struct fibroute *fibset_exists(struct fibset *s, u32 table, fibkey key, u8 plen, u32 metric)
{
	struct routeprobe p = { key, plen, metric, NULL };
	struct fib *t = fibset_find(s, table);

	if (t)
		fib_walk(t, probe_one, &p);
	return p.found;
}

/* A route that must go when an interface does, or an address (@source), if there is any. */
struct found { struct netif *nif; bool is_gone; be32 source; fibkey key; u8 plen; const struct fibroute *route; };

static bool must_go(const struct fibroute *r, const struct found *f)
{
	bool names = r->nif == f->nif, any_up = false;

	if (f->source)
		return r->prefsrc == f->source;
	for (u32 i = 0; i < r->nhops; i++) {
		names |= r->hops[i].nif == f->nif;
		any_up |= r->hops[i].nif != f->nif && hop_works(&r->hops[i]);
	}
	return names && (f->is_gone || !r->nhops || !any_up);
}

static bool find_through(fibkey key, u8 plen, const struct fibroute *r, void *arg)
{
	struct found *f = arg;

	if (!must_go(r, f))
		return true;
	f->key = key;
	f->plen = plen;
	f->route = r;
	return false;
}

struct exact { struct fibset *s; u32 table; fibkey key; const struct fibroute *route; };

static bool is_exact(const struct fibroute *r, void *arg)
{
	const struct exact *e = arg;

	if (r != e->route)
		return false;
	fib_news(e->s, e->table, e->key, r, false);
	return true;
}

static void table_flush(struct fibset *s, u32 id, struct fib *t, const struct found *what)
{
	struct found f = *what;

	for (;;) {
		struct exact e = { s, id, 0, NULL };

		f.route = NULL;
		fib_walk_from(t, f.key, f.plen, find_through, &f);
		e.key = f.key;
		e.route = f.route;
		if (!f.route || fib_delete(t, f.key, f.plen, is_exact, &e, &route_alloc))
			return;
	}
}

static void flush(struct fibset *s, const struct found *what)
{
	struct fibtable *t;

	table_flush(s, RT_TABLE_MAIN, &s->main, what);
	table_flush(s, RT_TABLE_LOCAL, &s->local, what);
	list_foreach(t, &s->others, link)
		table_flush(s, t->id, &t->fib, what);
	netns_routes_changed(s->ns);
}

void fibset_flush(struct fibset *s, struct netif *nif, bool is_gone)
{
	flush(s, &(struct found){ .nif = nif, .is_gone = is_gone });
}

void fibset_forget_source(struct fibset *s, be32 local)
{
	flush(s, &(struct found){ .source = local });
}

struct tablewalk { u32 table; fibset_walk_fn fn; void *arg; bool stopped; };

static bool walk_one(fibkey key, u8 plen, const struct fibroute *r, void *arg)
{
	struct tablewalk *w = arg;

	w->stopped = !w->fn(w->table, key, plen, r, w->arg);
	return !w->stopped;
}

void fibset_walk(struct fibset *s, u32 table, fibset_walk_fn fn, void *arg)
{
	struct tablewalk w = { .fn = fn, .arg = arg };
	struct fibtable *t;

	list_foreach_rcu(t, &s->others, link) {
		w.table = t->id;
		if (!w.stopped && (!table || table == t->id))
			fib_walk(&t->fib, walk_one, &w);
	}
	w.table = RT_TABLE_MAIN;
	if (!w.stopped && (!table || table == RT_TABLE_MAIN))
		fib_walk(&s->main, walk_one, &w);
	w.table = RT_TABLE_LOCAL;
	if (!w.stopped && (!table || table == RT_TABLE_LOCAL))
		fib_walk(&s->local, walk_one, &w);
}
