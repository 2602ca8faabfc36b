// SPDX-License-Identifier: GPL-2.0-only
/* Routes of both versions over netlink (RTM_*ROUTE), and news of their changes. */
#include "ip6_impl.h"
#include "nl_impl.h"

#include <tern/kernel/clock.h>
#include <tern/kernel/cred.h>
#include <tern/lib/string.h>
#include <uapi/time.h>

#define ROUTE_ROOM	4096u	/* HOPS_MAX ways */
#define METRIC6_USER	1024u

static struct fibset *set_of(struct netns *ns, u8 family)
{
	return family == AF_INET ? &ns->ip4->set : &ns->ip6->set;
}

/* ---- showing ---- */

static void put_ip(struct nlpkt *p, u8 family, u16 type, be32 a4, const struct in6ip *a6)
{
	if (family == AF_INET && a4)
		nlpkt_put_u32(p, type, a4);
	else if (family == AF_INET6 && !in6_is_any(a6))
		nlpkt_put(p, type, a6, sizeof(*a6));
}

static u8 hop_flags(const struct netif *nif)
{
	return nif && !READ_ONCE(nif->has_carrier) ? RTNH_F_LINKDOWN : 0;
}

static void put_hops(struct nlpkt *p, u8 family, const struct fibroute *f)
{
	u32 all = nlpkt_nest(p, RTA_MULTIPATH);

	for (u32 i = 0; i < f->nhops; i++) {
		const struct fibhop *h = &f->hops[i];
		struct rtnexthop *n = nlpkt_raw(p, sizeof(*n));
		u32 at = p->len - (u32)sizeof(*n);

		if (!n)
			return;
		n->flags = hop_flags(h->nif);
		n->hops = (u8)(h->weight - 1);
		n->ifindex = (s32)h->nif->index;
		put_ip(p, family, RTA_GATEWAY, h->gateway, &h->gateway6);
		n->len = (u16)(p->len - at);
	}
	nlpkt_nest_end(p, all);
}

static void put_metrics(struct nlpkt *p, u32 mtu, bool is_locked)
{
	u32 at;

	if (!mtu)
		return;
	at = nlpkt_nest(p, RTA_METRICS);
	if (is_locked)
		nlpkt_put_u32(p, RTAX_LOCK, BIT(RTAX_MTU));
	nlpkt_put_u32(p, RTAX_MTU, mtu);
	nlpkt_nest_end(p, at);
}

/* @expires: 0: never. */
static void put_cache(struct nlpkt *p, nsec_t expires)
{
	nsec_t now = clock_ns();
	u32 cache[8] = { 0 };

	if (expires > now)
		cache[2] = (u32)min_t(u64, (expires - now) / (NSEC_PER_SEC / USER_HZ), S32_MAX);
	nlpkt_put(p, RTA_CACHEINFO, cache, sizeof(cache));
}

static bool put_route(struct nlpkt *p, u8 family, u32 table, fibkey key, const struct fibroute *f, u16 type,
		      u16 flags, u32 portid, u32 seq)
{
	struct rtmsg *m = nlpkt_begin(p, type, flags, portid, seq, sizeof(*m));
	struct in6ip dst = fib6_addr(key);

	if (!m)
		return false;
	m->family = family;
	m->dst_len = f->plen;
	m->table = table < 256 ? (u8)table : RT_TABLE_COMPAT;
	m->protocol = f->protocol;
	m->scope = f->scope;
	m->type = f->type;
	m->flags = f->nhops ? 0 : hop_flags(f->nif);
	nlpkt_put_u32(p, RTA_TABLE, table);
	if (f->plen && family == AF_INET)
		nlpkt_put_u32(p, RTA_DST, TO_BE32(fib4_addr(key)));
	else if (f->plen)
		nlpkt_put(p, RTA_DST, &dst, sizeof(dst));
	if (f->metric || family == AF_INET6)
		nlpkt_put_u32(p, RTA_PRIORITY, f->metric);
	put_metrics(p, f->mtu, f->is_mtu_locked);
	put_ip(p, family, RTA_PREFSRC, f->prefsrc, &f->prefsrc6);
	put_ip(p, family, RTA_GATEWAY, f->gateway, &f->gateway6);
	if (f->nif)
		nlpkt_put_u32(p, RTA_OIF, f->nif->index);
	if (f->nhops)
		put_hops(p, family, f);
	if (family == AF_INET6) {
		put_cache(p, f->expires);
		nlpkt_put_u8(p, RTA_PREF, 0);
	}
	return nlpkt_end(p);
}

struct walk { struct nldump *d; struct nlpkt *p; u64 at; u8 family; bool is_full; };

static bool walk_one(u32 table, fibkey key, u8 plen, const struct fibroute *f, void *arg)
{
	struct walk *w = arg;

	if (!nldump_due(w->d, &w->at))
		return true;
	w->is_full = !put_route(w->p, w->family, table, key, f, RTM_NEWROUTE, NLM_F_MULTI, w->d->portid, w->d->seq);
	if (!w->is_full)
		w->d->arg[0] = w->at;
	return !w->is_full;
}

static u32 asked_table(const struct nldump *d)
{
	const struct nlattr_head *tb[RTA_TABLE + 1];
	const struct rtmsg *m = (const void *)d->req;

	if (!d->strict || d->req_len < sizeof(*m))
		return 0;
	if (nlattrs_read(m + 1, d->req_len - (u32)sizeof(*m), tb, RTA_TABLE) || !tb[RTA_TABLE])
		return m->table;
	return nlattr_u32(tb[RTA_TABLE]);
}

/* What is known of one destination. */
static bool put_path(const struct pathinfo *i, void *arg)
{
	const struct walk *w = arg;
	struct nlpkt *p = w->p;
	struct rtmsg *m = nlpkt_begin(p, RTM_NEWROUTE, NLM_F_MULTI, w->d->portid, w->d->seq, sizeof(*m));
	u32 at = w->family == AF_INET ? 3 : 0, n = w->family == AF_INET ? 4 : 16;

	if (!m)
		return false;
	*m = (struct rtmsg){ .family = w->family, .dst_len = (u8)(n * 8), .table = RT_TABLE_MAIN, .type = RTN_UNICAST,
			     .flags = RTM_F_CLONED };
	nlpkt_put_u32(p, RTA_TABLE, RT_TABLE_MAIN);
	nlpkt_put(p, RTA_DST, &i->dst.w[at], n);
	nlpkt_put_u32(p, RTA_OIF, i->ifindex);
	if (!in6_is_any(&i->gateway))
		nlpkt_put(p, RTA_GATEWAY, &i->gateway.w[at], n);
	put_metrics(p, i->mtu, i->is_locked);
	put_cache(p, clock_ns() + i->left);
	return nlpkt_end(p);
}

/* RTM_F_CLONED: paths with an MTU of their own are all the cache of routes there is. */
static int dump_paths(struct walk *w)
{
	struct netns *ns = w->d->ns;

	return !pathtable_walk(w->family == AF_INET ? &ns->ip4->paths : &ns->ip6->paths, &w->d->arg[0], put_path, w);
}

static int dump_routes(struct nldump *d, struct nlpkt *p, u8 family)
{
	const struct rtmsg *m = (const void *)d->req;
	struct walk w = { .d = d, .p = p, .family = family };
	u32 table = asked_table(d);

	if (d->req_len >= sizeof(*m) && (m->flags & RTM_F_CLONED))
		return dump_paths(&w);
	if (table && !fibset_find(set_of(d->ns, family), table))
		return -ENOENT;
	fibset_walk(set_of(d->ns, family), table, walk_one, &w);
	return w.is_full;
}

static int dump4(struct nldump *d, struct nlpkt *p) { return dump_routes(d, p, AF_INET); }
static int dump6(struct nldump *d, struct nlpkt *p) { return dump_routes(d, p, AF_INET6); }

void fib_news(struct fibset *s, u32 table, fibkey key, const struct fibroute *r, bool is_new)
{
	u32 group = s->family == AF_INET ? RTNLGRP_IPV4_ROUTE : RTNLGRP_IPV6_ROUTE;
	struct nlpkt *p;

	if (!netlink_is_heard(s->ns, NETLINK_ROUTE, group))
		return;
	p = nlpkt_alloc(ROUTE_ROOM, ALLOC_ATOMIC);
	if (!p)
		return;
	put_route(p, s->family, table, key, r, is_new ? RTM_NEWROUTE : RTM_DELROUTE, 0, 0, 0);
	netlink_publish(s->ns, NETLINK_ROUTE, group, p);
}

/* ---- reading ---- */

bool nlattr_ip(const struct nlattr_head *a, u8 family, struct in6ip *out)
{
	u32 n = family == AF_INET ? 4 : 16;

	*out = (struct in6ip){ 0 };
	if (!a)
		return true;
	if (nlattr_len(a) < n)
		return false;
	memcpy(out, nlattr_data(a), n);
	return true;
}

static bool read_gateway(const struct nlattr_head *a, u8 family, be32 *a4, struct in6ip *a6)
{
	struct in6ip ip;

	if (!nlattr_ip(a, family, &ip))
		return false;
	*a4 = family == AF_INET ? ip.w[0] : 0;
	*a6 = family == AF_INET6 ? ip : (struct in6ip){ 0 };
	return true;
}

/* ---- one route, as a packet would take it ---- */

static int look_up(struct nlreq *r, u8 family, const struct in6ip *dst, const struct in6ip *src,
		   const struct nlattr_head **tb, struct iproute *via)
{
	u32 oif = tb[RTA_OIF] ? nlattr_u32(tb[RTA_OIF]) : 0, iif = tb[RTA_IIF] ? nlattr_u32(tb[RTA_IIF]) : 0;
	u32 mark = tb[RTA_MARK] ? nlattr_u32(tb[RTA_MARK]) : 0;
	int err;

	rcu_read_lock();
	if (family == AF_INET)
		err = ip4_route_flow(r->ns, dst->w[0], src->w[0], oif, iif, mark, via);
	else
		err = ip6_route_flow(r->ns, dst, src, oif, iif, mark, via);
	rcu_read_unlock();
	return err;
}

static int get_route(struct nlreq *r)
{
	const struct nlattr_head *tb[RTA_MARK + 1];
	struct rtmsg store, *m;
	u8 family = *(const u8 *)r->data;
	struct in6ip dst, src;
	struct iproute via;
	struct nlpkt *p;
	int err = nlreq_attrs(r, sizeof(store), tb, RTA_MARK);

	if (err)
		return err;
	if (!nlattr_ip(tb[RTA_DST], family, &dst) || !nlattr_ip(tb[RTA_SRC], family, &src))
		return -EINVAL;
	err = look_up(r, family, &dst, &src, tb, &via);
	if (err)
		return err;
	p = nlpkt_alloc(ROUTE_ROOM, ALLOC_KERNEL);
	if (!p)
		return -ENOBUFS;
	m = nlpkt_begin(p, RTM_NEWROUTE, 0, r->portid, r->h->seq, sizeof(*m));
	*m = (struct rtmsg){ .family = family, .dst_len = family == AF_INET ? 32 : 128, .type = via.type };
	m->flags = family == AF_INET ? RTM_F_CLONED : 0;
	if (via.type == RTN_LOCAL && family == AF_INET)
		m->flags |= RTCF_LOCAL;
	if (via.type != RTN_UNICAST)	/* IPv4's two tables answer as one */
		via.table = family == AF_INET ? RT_TABLE_MAIN : RT_TABLE_LOCAL;
	m->table = via.table < 256 ? (u8)via.table : RT_TABLE_COMPAT;
	nlpkt_put_u32(p, RTA_TABLE, via.table ? via.table : RT_TABLE_MAIN);
	nlpkt_put(p, RTA_DST, &dst, family == AF_INET ? 4 : 16);
	nlpkt_put_u32(p, RTA_OIF, via.nif->index);
	if (tb[RTA_SRC]) {
		m->src_len = family == AF_INET ? 32 : 128;
		nlpkt_put(p, RTA_SRC, &src, family == AF_INET ? 4 : 16);
	}
	if (!tb[RTA_SRC] || family == AF_INET6)
		put_ip(p, family, RTA_PREFSRC, via.saddr, &via.saddr6);
	put_ip(p, family, RTA_GATEWAY, via.gateway, &via.gateway6);
	if (family == AF_INET) {
		nlpkt_put_u32(p, RTA_UID, cred_self()->euid);
		put_cache(p, via.expires);
	} else if (via.expires) {
		put_cache(p, via.expires);
	}
	if (via.expires)
		put_metrics(p, via.mtu, via.is_locked);
	nlpkt_end(p);
	return nlreq_reply(r, p);
}

/* ---- changes ---- */

static int read_metrics(const struct nlattr_head *a, struct fibroute *f)
{
	const struct nlattr_head *tb[RTAX_MTU + 1];
	int err = nlattrs_in(a, tb, RTAX_MTU);
	u32 known = 0;

	if (err)
		return err;
	for (u32 i = RTAX_LOCK; i <= RTAX_MTU; i++)
		known += tb[i] ? NL_ALIGN((u32)tb[i]->len) : 0;
	if (known != NL_ALIGN(nlattr_len(a)))
		return -EOPNOTSUPP;	/* the MTU is the only one */
	f->mtu = tb[RTAX_MTU] ? nlattr_u32(tb[RTAX_MTU]) : 0;
	f->is_mtu_locked = tb[RTAX_LOCK] && (nlattr_u32(tb[RTAX_LOCK]) & BIT(RTAX_MTU));
	return 0;
}

/* The next way at *at; 0, or -errno. */
static int read_hop(const struct nlreq *r, u8 family, const void **at, u32 *left, struct fibhop *h)
{
	const struct nlattr_head *tb[RTA_GATEWAY + 1];
	const struct rtnexthop *n = *at;
	int err;

	if (*left < sizeof(*n) || n->len < sizeof(*n) || n->len > *left)
		return -EINVAL;
	err = nlattrs_read(n + 1, n->len - (u32)sizeof(*n), tb, RTA_GATEWAY);
	if (err)
		return err;
	*h = (struct fibhop){ .weight = n->hops + 1u };
	if (!read_gateway(tb[RTA_GATEWAY], family, &h->gateway, &h->gateway6))
		return -EINVAL;
	if (n->ifindex) {
		h->nif = netif_find_index(r->ns, (u32)n->ifindex);
		if (!h->nif)
			return -ENODEV;
	}
	*left -= min(NL_ALIGN((u32)n->len), *left);
	*at += NL_ALIGN((u32)n->len);
	return 0;
}

static int read_hops(const struct nlreq *r, u8 family, const struct nlattr_head *a, struct fibroute *f)
{
	const void *at = nlattr_data(a);
	u32 left = nlattr_len(a);
	int err = 0;

	while (left && !err) {
		if (f->nhops == HOPS_MAX)
			return -EINVAL;
		err = read_hop(r, family, &at, &left, &f->hops[f->nhops++]);
	}
	if (!err && !f->nhops)
		return -EINVAL;
	if (!err && f->nhops == 1) {
		f->nif = f->hops[0].nif;
		f->gateway = f->hops[0].gateway;
		f->gateway6 = f->hops[0].gateway6;
		f->nhops = 0;
	}
	return err;
}

static int read_route(const struct nlreq *r, const struct rtmsg *m, const struct nlattr_head **tb, struct fibroute *f)
{
	int err = 0;

	if (m->dst_len > (m->family == AF_INET ? 32 : 128) || m->src_len || m->tos ||
	    !read_gateway(tb[RTA_GATEWAY], m->family, &f->gateway, &f->gateway6) ||
	    !read_gateway(tb[RTA_PREFSRC], m->family, &f->prefsrc, &f->prefsrc6))
		return -EINVAL;
	f->type = m->type;
	f->scope = m->scope;
	f->protocol = m->protocol;
	f->metric = tb[RTA_PRIORITY] ? nlattr_u32(tb[RTA_PRIORITY]) : 0;
	if (tb[RTA_OIF]) {
		f->nif = netif_find_index(r->ns, nlattr_u32(tb[RTA_OIF]));
		if (!f->nif)
			return -ENODEV;
	}
	if (tb[RTA_METRICS])
		err = read_metrics(tb[RTA_METRICS], f);
	if (!err && tb[RTA_MULTIPATH])
		err = read_hops(r, m->family, tb[RTA_MULTIPATH], f);
	return err;
}

static int add(struct netns *ns, u8 family, u32 table, const struct in6ip *dst, u8 plen, struct fibroute *f)
{
	return family == AF_INET ? ip4_route_add(ns, table, dst->w[0], plen, f) :
	       ip6_route_add(ns, table, dst, plen, f);
}

static int add_route(const struct nlreq *r, const struct rtmsg *m, u32 table, const struct in6ip *dst, fibkey key,
		     struct fibroute *f)
{
	struct fibset *s = set_of(r->ns, m->family);
	u32 metric = m->family == AF_INET6 && !f->metric ? METRIC6_USER : f->metric;
	const struct fibroute *old = fibset_exists(s, table, key, m->dst_len, metric);
	struct fibmatch other = { .metric = metric, .has_metric = true };
	u16 flags = r->h->flags;
	int err;

	if (!f->type)
		f->type = RTN_UNICAST;
	if (f->type != RTN_UNICAST && (f->type < RTN_BLACKHOLE || f->type > RTN_THROW))
		return -EOPNOTSUPP;
	if (old && (flags & NLM_F_EXCL))
		return -EEXIST;
	if (!old && !(flags & NLM_F_CREATE))
		return -ENOENT;
	if (!old || !(flags & NLM_F_REPLACE))
		return add(r->ns, m->family, table, dst, m->dst_len, f);
	err = add(r->ns, m->family, table, dst, m->dst_len, f);
	if (err)
		return err == -EEXIST ? 0 : err;
	return fibset_del_others(s, table, key, m->dst_len, &other);
}

static int change_route(struct nlreq *r, bool is_new)
{
	const struct nlattr_head *tb[RTA_TABLE + 1];
	struct rtmsg store;
	const struct rtmsg *m = nlreq_fixed(r, &store, sizeof(store));
	struct fibroute *f;
	struct in6ip dst;
	fibkey key;
	u32 table;
	int err = nlreq_attrs(r, sizeof(*m), tb, RTA_TABLE);

	if (err)
		return err;
	if (!nlattr_ip(tb[RTA_DST], m->family, &dst))
		return -EINVAL;
	key = m->family == AF_INET ? fib4_key(FROM_BE32(dst.w[0])) : fib6_key(&dst);
	table = tb[RTA_TABLE] ? nlattr_u32(tb[RTA_TABLE]) : m->table;
	if (!table)
		table = RT_TABLE_MAIN;
	f = kmem_zalloc(sizeof(*f) + HOPS_MAX * sizeof(f->hops[0]), ALLOC_KERNEL);
	if (!f)
		return -ENOMEM;
	err = read_route(r, m, tb, f);
	if (!err && is_new)
		err = add_route(r, m, table, &dst, key, f);
	else if (!err)
		err = fibset_del(set_of(r->ns, m->family), table, key, m->dst_len,
				 &(struct fibmatch){ .gateway = f->gateway, .gateway6 = f->gateway6, .nif = f->nif,
						     .metric = f->metric, .type = f->type });
	kmem_free(f);
	return err;
}

static const struct rtobject route4_object = { .base = RTM_NEWROUTE, .family = AF_INET, .change = change_route,
					       .get = get_route, .dump = dump4 };
RTOBJECT(route4_object);
static const struct rtobject route6_object = { .base = RTM_NEWROUTE, .family = AF_INET6, .change = change_route,
					       .get = get_route, .dump = dump6 };
RTOBJECT(route6_object);
