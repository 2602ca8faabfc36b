// SPDX-License-Identifier: GPL-2.0-only
/* IPv6 addresses and neighbours over netlink. As nl_addr.c and nl_neigh.c. */
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

struct walk { struct nldump *d; struct nlpkt *p; struct netif *nif; u64 at; bool is_full; };

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
