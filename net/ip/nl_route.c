// SPDX-License-Identifier: GPL-2.0-only
/* IPv4 routes and rules over netlink (RTM_*ROUTE, RTM_GETRULE), and news of their changes. */
#include "nl_impl.h"

#include <tern/kernel/cred.h>
#include <tern/lib/string.h>

#define ROUTE_ROOM	256u

static bool put_route(struct nlpkt *p, u8 table, fibkey key, u8 plen, const struct fibroute *f, u16 type, u16 flags,
		      u32 portid, u32 seq)
{
	struct rtmsg *m = nlpkt_begin(p, type, flags, portid, seq, sizeof(*m));

	if (!m)
		return false;
	m->family = AF_INET;
	m->dst_len = plen;
	m->table = table;
	m->protocol = f->protocol;
	m->scope = f->scope;
	m->type = f->type;
	if (f->nif && !READ_ONCE(f->nif->has_carrier))
		m->flags = RTNH_F_LINKDOWN;
	nlpkt_put_u32(p, RTA_TABLE, table);
	if (plen)
		nlpkt_put_u32(p, RTA_DST, TO_BE32(fib4_addr(key)));
	if (f->metric)
		nlpkt_put_u32(p, RTA_PRIORITY, f->metric);
	if (f->prefsrc)
		nlpkt_put_u32(p, RTA_PREFSRC, f->prefsrc);
	if (f->gateway)
		nlpkt_put_u32(p, RTA_GATEWAY, f->gateway);
	if (f->nif)
		nlpkt_put_u32(p, RTA_OIF, f->nif->index);
	return nlpkt_end(p);
}

struct walk { struct nldump *d; struct nlpkt *p; u64 at; u8 table; bool is_full; };

static bool walk_one(fibkey key, u8 plen, const struct fibroute *f, void *arg)
{
	struct walk *w = arg;

	if (!nldump_due(w->d, &w->at))
		return true;
	if (!put_route(w->p, w->table, key, plen, f, RTM_NEWROUTE, NLM_F_MULTI, w->d->portid, w->d->seq)) {
		w->is_full = true;
		return false;
	}
	w->d->arg[0] = w->at;
	return true;
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

static int dump_routes(struct nldump *d, struct nlpkt *p)
{
	const struct rtmsg *m = (const void *)d->req;
	struct walk w = { .d = d, .p = p };
	u32 table = asked_table(d);

	if (d->req_len >= sizeof(*m) && (m->flags & RTM_F_CLONED))
		return 0;	/* there is no cache of routes */
	if (table && table != RT_TABLE_MAIN && table != RT_TABLE_LOCAL)
		return -ENOENT;
	w.table = RT_TABLE_MAIN;
	if (table != RT_TABLE_LOCAL)
		fib_walk(&d->ns->ip4->main, walk_one, &w);
	w.table = RT_TABLE_LOCAL;
	if (!w.is_full && table != RT_TABLE_MAIN)
		fib_walk(&d->ns->ip4->local, walk_one, &w);
	return w.is_full;
}

void ip4_route_news(struct netns *ns, bool is_local, fibkey key, u8 plen, const struct fibroute *f, bool is_new)
{
	struct nlpkt *p;

	if (!netlink_is_heard(ns, NETLINK_ROUTE, RTNLGRP_IPV4_ROUTE))
		return;
	p = nlpkt_alloc(ROUTE_ROOM, ALLOC_KERNEL);
	if (!p)
		return;
	put_route(p, is_local ? RT_TABLE_LOCAL : RT_TABLE_MAIN, key, plen, f,
		  is_new ? RTM_NEWROUTE : RTM_DELROUTE, 0, 0, 0);
	netlink_publish(ns, NETLINK_ROUTE, RTNLGRP_IPV4_ROUTE, p);
}

/* ---- one route, as a packet would take it ---- */

static int get_route(struct nlreq *r)
{
	const struct nlattr_head *tb[RTA_TABLE + 1];
	u32 cache[8] = { 0 };
	struct rtmsg store, *m;
	struct iproute via;
	struct nlpkt *p;
	be32 dst, src;
	int err = nlreq_attrs(r, sizeof(store), tb, RTA_TABLE);

	if (err)
		return err;
	dst = tb[RTA_DST] ? nlattr_u32(tb[RTA_DST]) : 0;
	src = tb[2] ? nlattr_u32(tb[2]) : 0;
	rcu_read_lock();
	err = ip4_route_out(r->ns, dst, src, tb[RTA_OIF] ? nlattr_u32(tb[RTA_OIF]) : 0, &via);
	rcu_read_unlock();
	if (err)
		return err;
	p = nlpkt_alloc(ROUTE_ROOM, ALLOC_KERNEL);
	if (!p)
		return -ENOBUFS;
	m = nlpkt_begin(p, RTM_NEWROUTE, 0, r->portid, r->h->seq, sizeof(*m));
	*m = (struct rtmsg){ .family = AF_INET, .dst_len = 32, .type = via.type, .flags = RTM_F_CLONED,
			     .table = via.type == RTN_UNICAST ? RT_TABLE_MAIN : RT_TABLE_LOCAL };
	nlpkt_put_u32(p, RTA_TABLE, m->table);
	nlpkt_put_u32(p, RTA_DST, dst);
	nlpkt_put_u32(p, RTA_OIF, via.nif->index);
	nlpkt_put_u32(p, RTA_PREFSRC, via.saddr);
	if (via.gateway)
		nlpkt_put_u32(p, RTA_GATEWAY, via.gateway);
	nlpkt_put_u32(p, RTA_UID, cred_self()->euid);
	nlpkt_put(p, RTA_CACHEINFO, cache, sizeof(cache));
	nlpkt_end(p);
	return nlreq_reply(r, p);
}

/* ---- changes ---- */

struct wanted { be32 dst, gateway, prefsrc; u32 metric, table; struct netif *nif; };

static int read_wanted(const struct nlreq *r, const struct rtmsg *m, struct wanted *w)
{
	const struct nlattr_head *tb[RTA_TABLE + 1];
	int err = nlreq_attrs(r, sizeof(*m), tb, RTA_TABLE);

	if (err)
		return err;
	if (m->dst_len > 32 || m->src_len || m->tos)
		return -EINVAL;
	if (tb[9] || tb[RTA_METRICS])	/* several ways, metrics of its own */
		return -EOPNOTSUPP;
	*w = (struct wanted){ .table = tb[RTA_TABLE] ? nlattr_u32(tb[RTA_TABLE]) : m->table };
	w->dst = tb[RTA_DST] ? nlattr_u32(tb[RTA_DST]) : 0;
	w->gateway = tb[RTA_GATEWAY] ? nlattr_u32(tb[RTA_GATEWAY]) : 0;
	w->prefsrc = tb[RTA_PREFSRC] ? nlattr_u32(tb[RTA_PREFSRC]) : 0;
	w->metric = tb[RTA_PRIORITY] ? nlattr_u32(tb[RTA_PRIORITY]) : 0;
	if (tb[RTA_OIF]) {
		w->nif = netif_find_index(r->ns, nlattr_u32(tb[RTA_OIF]));
		if (!w->nif)
			return -ENODEV;
	}
	if (w->table && w->table != RT_TABLE_MAIN)
		return -EOPNOTSUPP;
	return 0;
}

static int add_route(const struct nlreq *r, const struct rtmsg *m, const struct wanted *w)
{
	bool exists = ip4_route_exists(r->ns, w->dst, m->dst_len, w->metric);
	u16 flags = r->h->flags;
	u8 type = m->type ? m->type : RTN_UNICAST;
	int err;

	if (exists && (flags & NLM_F_EXCL))
		return -EEXIST;
	if (!exists && !(flags & NLM_F_CREATE))
		return -ENOENT;
	if (type != RTN_UNICAST && (type < RTN_BLACKHOLE || type > RTN_PROHIBIT))
		return -EOPNOTSUPP;
	err = ip4_route_add(r->ns, w->dst, m->dst_len, w->gateway, w->nif, w->metric, type, m->scope,
			    m->protocol, w->prefsrc);
	if (exists && (flags & NLM_F_REPLACE) && (!err || err == -EEXIST))
		return err ? 0 : ip4_route_drop_others(r->ns, w->dst, m->dst_len, w->metric, w->gateway, w->nif);
	return err;
}

static int change_route(struct nlreq *r, bool is_new)
{
	struct rtmsg store;
	const struct rtmsg *m = nlreq_fixed(r, &store, sizeof(store));
	struct wanted w;
	int err = read_wanted(r, m, &w);

	if (err)
		return err;
	if (is_new)
		return add_route(r, m, &w);
	return ip4_route_del(r->ns, w.dst, m->dst_len, w.gateway, w.nif, w.metric);
}

static const struct rtobject route4_object = { .base = RTM_NEWROUTE, .family = AF_INET, .change = change_route,
					       .get = get_route, .dump = dump_routes };
RTOBJECT(route4_object);

/* ---- rules: the two tables that a lookup goes through ---- */

static int dump_rules(struct nldump *d, struct nlpkt *p)
{
	static const struct { u32 priority; u8 table; } rules[] = { { 0, RT_TABLE_LOCAL }, { 32766, RT_TABLE_MAIN } };
	u64 at = 0;

	for (u32 i = 0; i < ARRAY_SIZE(rules); i++) {
		struct fibrulehdr *h;

		if (!nldump_due(d, &at))
			continue;
		h = nlpkt_begin(p, RTM_NEWRULE, NLM_F_MULTI, d->portid, d->seq, sizeof(*h));
		if (!h)
			return 1;
		h->family = AF_INET;
		h->table = rules[i].table;
		h->action = FR_ACT_TO_TBL;
		nlpkt_put_u32(p, FRA_TABLE, rules[i].table);
		nlpkt_put_u32(p, FRA_SUPPRESS_PREFIXLEN, U32_MAX);
		nlpkt_put_u8(p, FRA_PROTOCOL, RTPROT_KERNEL);
		if (rules[i].priority)
			nlpkt_put_u32(p, FRA_PRIORITY, rules[i].priority);
		if (!nlpkt_end(p))
			return 1;
		d->arg[0] = at;
	}
	return 0;
}
static const struct rtobject rule4_object = { .base = RTM_NEWRULE, .family = AF_INET, .dump = dump_rules };
RTOBJECT(rule4_object);
