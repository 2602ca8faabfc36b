// SPDX-License-Identifier: GPL-2.0-only
/* IPv6 addresses, routes, rules and neighbours over netlink. As nl_addr.c and the like. */
#include "ip6_impl.h"
#include "nl_impl.h"

#include <tern/kernel/clock.h>
#include <tern/kernel/cred.h>
#include <tern/lib/string.h>

#include "neigh.h"

#define ROOM	512u

static u32 seconds_left(nsec_t t, nsec_t now)
{
	return !t ? U32_MAX : t > now ? (u32)((t - now) / NSEC_PER_SEC) : 0;
}

static bool read_ip(const struct nlattr_head *a, struct in6ip *out)
{
	*out = (struct in6ip){ 0 };
	if (!a)
		return true;
	if (nlattr_len(a) < 16)
		return false;
	memcpy(out, nlattr_data(a), 16);
	return true;
}

/* ---- addresses ---- */

static bool put_addr(struct nlpkt *p, const struct netif *nif, const struct ifaddr6 *a, u16 type, u16 flags,
		     u32 portid, u32 seq)
{
	struct ifaddrmsg *m = nlpkt_begin(p, type, flags, portid, seq, sizeof(*m));
	nsec_t now = clock_ns();
	struct ifacacheinfo ci = { seconds_left(a->preferred, now), seconds_left(a->valid, now), a->stamp, a->stamp };

	if (!m)
		return false;
	m->family = AF_INET6;
	m->plen = a->plen;
	m->flags = a->flags;
	m->scope = a->scope;
	m->index = nif->index;
	nlpkt_put(p, IFA_ADDRESS, &a->addr, 16);
	nlpkt_put(p, IFA_CACHEINFO, &ci, sizeof(ci));
	nlpkt_put_u32(p, IFA_FLAGS, a->flags);
	return nlpkt_end(p);
}

static int dump_addrs(struct nldump *d, struct nlpkt *p)
{
	const struct ifaddrmsg *m = (const void *)d->req;
	struct ifaddr6 *a;
	struct netif *nif;
	u64 at = 0;

	netif_foreach(nif, d->ns) {
		if (d->strict && m->index && m->index != nif->index)
			continue;
		list_foreach(a, &nif->addrs6, link) {
			if (!nldump_due(d, &at))
				continue;
			if (!put_addr(p, nif, a, RTM_NEWADDR, NLM_F_MULTI, d->portid, d->seq))
				return 1;
			d->arg[0] = at;
		}
	}
	return 0;
}

void ip6_addr_news(struct netif *nif, const struct ifaddr6 *a, bool is_new)
{
	struct nlpkt *p;

	if (!netlink_is_heard(nif->ns, NETLINK_ROUTE, RTNLGRP_IPV6_IFADDR))
		return;
	p = nlpkt_alloc(ROOM, ALLOC_KERNEL);
	if (!p)
		return;
	put_addr(p, nif, a, is_new ? RTM_NEWADDR : RTM_DELADDR, 0, 0, 0);
	netlink_publish(nif->ns, NETLINK_ROUTE, RTNLGRP_IPV6_IFADDR, p);
}

static int change_addr(struct nlreq *r, bool is_new)
{
	const struct nlattr_head *tb[IFA_FLAGS + 1];
	struct ifacacheinfo ci = { U32_MAX, U32_MAX, 0, 0 };
	struct ifaddrmsg store;
	const struct ifaddrmsg *m = nlreq_fixed(r, &store, sizeof(store));
	struct netif *nif = netif_find_index(r->ns, m->index);
	struct in6ip addr;
	u32 flags;
	int err = nlreq_attrs(r, sizeof(*m), tb, IFA_FLAGS);

	if (err)
		return err;
	if ((!tb[IFA_LOCAL] && !tb[IFA_ADDRESS]) || m->plen > 128 ||
	    !read_ip(tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS], &addr))
		return -EINVAL;
	if (!nif)
		return -ENODEV;
	if (!is_new)
		return ip6_addr_del(nif, &addr, m->plen);
	if (netif_addr6(nif, &addr))
		return (r->h->flags & NLM_F_EXCL) || !(r->h->flags & NLM_F_REPLACE) ? -EEXIST : 0;
	if (tb[IFA_CACHEINFO] && nlattr_len(tb[IFA_CACHEINFO]) >= sizeof(ci))
		memcpy(&ci, nlattr_data(tb[IFA_CACHEINFO]), sizeof(ci));
	if (!ci.valid || ci.preferred > ci.valid)
		return -EINVAL;
	flags = (tb[IFA_FLAGS] ? nlattr_u32(tb[IFA_FLAGS]) : m->flags) & IFA_F_NODAD;
	return ip6_addr_add(nif, &addr, m->plen, (u8)(flags | (ci.valid == U32_MAX ? IFA_F_PERMANENT : 0)),
			    ci.valid == U32_MAX ? 0 : ci.valid, ci.preferred == U32_MAX ? 0 : ci.preferred);
}

static const struct rtobject addr6_object = { .base = RTM_NEWADDR, .family = AF_INET6, .change = change_addr,
					      .dump = dump_addrs };
RTOBJECT(addr6_object);

/* ---- routes ---- */

static bool put_route(struct nlpkt *p, u8 table, fibkey key, u8 plen, const struct fibroute *f, u16 type,
		      u16 flags, u32 portid, u32 seq)
{
	struct rtmsg *m = nlpkt_begin(p, type, flags, portid, seq, sizeof(*m));
	struct in6ip dst = fib6_addr(key);
	u32 cache[8] = { 0 };

	if (!m)
		return false;
	m->family = AF_INET6;
	m->dst_len = plen;
	m->table = table;
	m->protocol = f->protocol;
	m->type = f->type;
	nlpkt_put_u32(p, RTA_TABLE, table);
	if (plen)
		nlpkt_put(p, RTA_DST, &dst, 16);
	nlpkt_put_u32(p, RTA_PRIORITY, f->metric);
	if (!in6_is_any(&f->prefsrc6))
		nlpkt_put(p, RTA_PREFSRC, &f->prefsrc6, 16);
	if (!in6_is_any(&f->gateway6))
		nlpkt_put(p, RTA_GATEWAY, &f->gateway6, 16);
	if (f->nif)
		nlpkt_put_u32(p, RTA_OIF, f->nif->index);
	if (f->expires)
		cache[2] = seconds_left(f->expires, clock_ns()) * USER_HZ;
	nlpkt_put(p, RTA_CACHEINFO, cache, sizeof(cache));
	nlpkt_put_u8(p, RTA_PREF, 0);
	return nlpkt_end(p);
}

struct walk { struct nldump *d; struct nlpkt *p; struct netif *nif; u64 at; u8 table; bool is_full; };

static bool walk_route(fibkey key, u8 plen, const struct fibroute *f, void *arg)
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

static int dump_routes(struct nldump *d, struct nlpkt *p)
{
	const struct nlattr_head *tb[RTA_TABLE + 1];
	const struct rtmsg *m = (const void *)d->req;
	struct walk w = { .d = d, .p = p };
	u32 table = 0;

	if (d->req_len >= sizeof(*m) && (m->flags & RTM_F_CLONED))
		return 0;
	if (d->strict && d->req_len >= sizeof(*m)) {
		table = m->table;
		if (!nlattrs_read(m + 1, d->req_len - (u32)sizeof(*m), tb, RTA_TABLE) && tb[RTA_TABLE])
			table = nlattr_u32(tb[RTA_TABLE]);
	}
	if (table && table != RT_TABLE_MAIN && table != RT_TABLE_LOCAL)
		return -ENOENT;
	w.table = RT_TABLE_MAIN;
	if (table != RT_TABLE_LOCAL)
		fib_walk(&d->ns->ip6->main, walk_route, &w);
	w.table = RT_TABLE_LOCAL;
	if (!w.is_full && table != RT_TABLE_MAIN)
		fib_walk(&d->ns->ip6->local, walk_route, &w);
	return w.is_full;
}

void ip6_route_news(struct netns *ns, bool is_local, fibkey key, u8 plen, const struct fibroute *f, bool is_new)
{
	struct nlpkt *p;

	if (!netlink_is_heard(ns, NETLINK_ROUTE, RTNLGRP_IPV6_ROUTE))
		return;
	p = nlpkt_alloc(ROOM, ALLOC_ATOMIC);
	if (!p)
		return;
	put_route(p, is_local ? RT_TABLE_LOCAL : RT_TABLE_MAIN, key, plen, f,
		  is_new ? RTM_NEWROUTE : RTM_DELROUTE, 0, 0, 0);
	netlink_publish(ns, NETLINK_ROUTE, RTNLGRP_IPV6_ROUTE, p);
}

static int get_route(struct nlreq *r)
{
	const struct nlattr_head *tb[RTA_TABLE + 1];
	struct in6ip dst, src;
	struct iproute via;
	struct nlpkt *p;
	struct rtmsg *m;
	int err = nlreq_attrs(r, sizeof(*m), tb, RTA_TABLE);

	if (err)
		return err;
	if (!read_ip(tb[RTA_DST], &dst) || !read_ip(tb[2], &src))
		return -EINVAL;
	rcu_read_lock();
	err = ip6_route_out(r->ns, &dst, &src, tb[RTA_OIF] ? nlattr_u32(tb[RTA_OIF]) : 0, &via);
	rcu_read_unlock();
	if (err)
		return err;
	p = nlpkt_alloc(ROOM, ALLOC_KERNEL);
	if (!p)
		return -ENOBUFS;
	m = nlpkt_begin(p, RTM_NEWROUTE, 0, r->portid, r->h->seq, sizeof(*m));
	*m = (struct rtmsg){ .family = AF_INET6, .dst_len = 128, .type = via.type,
			     .table = via.type == RTN_UNICAST ? RT_TABLE_MAIN : RT_TABLE_LOCAL };
	nlpkt_put_u32(p, RTA_TABLE, m->table);
	nlpkt_put(p, RTA_DST, &dst, 16);
	nlpkt_put_u32(p, RTA_OIF, via.nif->index);
	nlpkt_put(p, RTA_PREFSRC, &via.saddr6, 16);
	if (!in6_is_any(&via.gateway6))
		nlpkt_put(p, RTA_GATEWAY, &via.gateway6, 16);
	nlpkt_end(p);
	return nlreq_reply(r, p);
}

/* The interface that a gateway is on; 0 or -errno. */
static int find_way(struct nlreq *r, struct fibroute *f)
{
	struct iproute via;
	int err;

	if (in6_is_any(&f->gateway6) || f->nif)
		return 0;
	rcu_read_lock();
	err = ip6_route_out(r->ns, &f->gateway6, NULL, 0, &via);
	rcu_read_unlock();
	if (err || via.type != RTN_UNICAST || !in6_is_any(&via.gateway6))
		return -EHOSTUNREACH;
	f->nif = via.nif;
	return 0;
}

static int change_route(struct nlreq *r, bool is_new)
{
	const struct nlattr_head *tb[RTA_TABLE + 1];
	struct rtmsg store;
	const struct rtmsg *m = nlreq_fixed(r, &store, sizeof(store));
	struct fibroute f = { .type = m->type ? m->type : RTN_UNICAST, .protocol = m->protocol };
	u16 flags = r->h->flags;
	struct in6ip dst;
	bool exists;
	u32 table;
	int err = nlreq_attrs(r, sizeof(*m), tb, RTA_TABLE);

	if (err)
		return err;
	table = tb[RTA_TABLE] ? nlattr_u32(tb[RTA_TABLE]) : m->table;
	if (m->dst_len > 128 || m->src_len || !read_ip(tb[RTA_DST], &dst) || !read_ip(tb[RTA_GATEWAY], &f.gateway6) ||
	    !read_ip(tb[RTA_PREFSRC], &f.prefsrc6))
		return -EINVAL;
	if ((table && table != RT_TABLE_MAIN) || tb[9] || tb[RTA_METRICS])
		return -EOPNOTSUPP;
	if (f.type != RTN_UNICAST && (f.type < RTN_BLACKHOLE || f.type > RTN_PROHIBIT))
		return -EOPNOTSUPP;
	f.metric = tb[RTA_PRIORITY] ? nlattr_u32(tb[RTA_PRIORITY]) : 0;
	f.nif = tb[RTA_OIF] ? netif_find_index(r->ns, nlattr_u32(tb[RTA_OIF])) : NULL;
	if (tb[RTA_OIF] && !f.nif)
		return -ENODEV;
	if (!is_new)
		return ip6_route_del(r->ns, &dst, m->dst_len, &f.gateway6, f.nif, f.metric);
	exists = ip6_route_exists(r->ns, &dst, m->dst_len, f.metric);
	if (exists && (flags & NLM_F_EXCL))
		return -EEXIST;
	if (!exists && !(flags & NLM_F_CREATE))
		return -ENOENT;
	err = find_way(r, &f);
	if (!err && exists && (flags & NLM_F_REPLACE))
		ip6_route_del(r->ns, &dst, m->dst_len, NULL, NULL, f.metric ? f.metric : 1024);
	return err ? err : ip6_route_add(r->ns, &dst, m->dst_len, &f);
}

static const struct rtobject route6_object = { .base = RTM_NEWROUTE, .family = AF_INET6, .change = change_route,
					       .get = get_route, .dump = dump_routes };
RTOBJECT(route6_object);

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
		h->family = AF_INET6;
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
static const struct rtobject rule6_object = { .base = RTM_NEWRULE, .family = AF_INET6, .dump = dump_rules };
RTOBJECT(rule6_object);

/* ---- neighbours ---- */

static u16 nud_of(const struct neigh *n)
{
	static const u8 nud[] = { 0, NUD_INCOMPLETE, NUD_FAILED, NUD_REACHABLE, NUD_STALE, NUD_DELAY, NUD_PROBE,
				  NUD_PERMANENT };

	return nud[n->state];
}

static bool walk_neigh(const struct neigh *n, void *arg)
{
	struct walk *w = arg;
	struct ndmsg *m;

	if (!nldump_due(w->d, &w->at))
		return true;
	m = nlpkt_begin(w->p, RTM_NEWNEIGH, NLM_F_MULTI, w->d->portid, w->d->seq, sizeof(*m));
	if (m) {
		m->family = AF_INET6;
		m->index = (s32)w->nif->index;
		m->state = nud_of(n);
		m->type = RTN_UNICAST;
		nlpkt_put(w->p, NDA_DST, &n->ip6, 16);
		if (n->state >= NEIGH_REACHABLE)
			nlpkt_put(w->p, NDA_LLADDR, n->mac, sizeof(n->mac));
		nlpkt_put_u32(w->p, NDA_PROBES, n->probes);
	}
	if (!m || !nlpkt_end(w->p)) {
		w->is_full = true;
		return false;
	}
	w->d->arg[0] = w->at;
	return true;
}

static int dump_neighs(struct nldump *d, struct nlpkt *p)
{
	const struct ndmsg *m = (const void *)d->req;
	struct walk w = { .d = d, .p = p };

	netif_foreach(w.nif, d->ns) {
		if (d->strict && m->index && m->index != (s32)w.nif->index)
			continue;
		if (w.nif->neigh6 && !w.is_full)
			neigh6_walk(w.nif, walk_neigh, &w);
	}
	return w.is_full;
}

static int change_neigh(struct nlreq *r, bool is_new)
{
	const struct nlattr_head *tb[NDA_LLADDR + 1];
	struct ndmsg store;
	const struct ndmsg *m = nlreq_fixed(r, &store, sizeof(store));
	struct netif *nif = netif_find_index(r->ns, (u32)m->index);
	struct neigh old;
	struct in6ip ip;
	bool exists;
	int err = nlreq_attrs(r, sizeof(*m), tb, NDA_LLADDR);

	if (err)
		return err;
	if (!tb[NDA_DST] || !read_ip(tb[NDA_DST], &ip) || (tb[NDA_LLADDR] && nlattr_len(tb[NDA_LLADDR]) < 6))
		return -EINVAL;
	if (!nif)
		return -ENODEV;
	if (!nif->neigh6)
		return -EINVAL;
	exists = !neigh6_get(nif, &ip, &old);
	if (!is_new)
		return exists ? neigh6_del(nif, &ip) : -ENOENT;
	if (exists && (r->h->flags & NLM_F_EXCL))
		return -EEXIST;
	if (!exists && !(r->h->flags & NLM_F_CREATE))
		return -ENOENT;
	if (!tb[NDA_LLADDR])
		return -EINVAL;
	neigh6_learn(nif, &ip, nlattr_data(tb[NDA_LLADDR]), m->state & NUD_PERMANENT ? NEIGH_PERMANENT :
		     m->state & NUD_REACHABLE ? NEIGH_REACHABLE : NEIGH_STALE, true);
	return 0;
}

static const struct rtobject neigh6_object = { .base = RTM_NEWNEIGH, .family = AF_INET6, .change = change_neigh,
					       .dump = dump_neighs };
RTOBJECT(neigh6_object);
