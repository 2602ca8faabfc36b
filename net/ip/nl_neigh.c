// SPDX-License-Identifier: GPL-2.0-only
/* Neighbours over netlink (RTM_*NEIGH), IPv4 and IPv6. */
#include "nl_impl.h"

#include <tern/kernel/clock.h>
#include <tern/lib/string.h>

#include "neigh.h"

#define ROOM	256u

struct walk { struct nldump *d; struct nlpkt *p; u64 at; bool is_full; };

static struct neightab *table_of(const struct netif *nif, bool is_v6) { return is_v6 ? nif->neigh6 : nif->neigh4; }

static u16 nud_of(const struct neigh *n)
{
	static const u8 nud[] = { [NEIGH_NONE] = 0, [NEIGH_INCOMPLETE] = NUD_INCOMPLETE, [NEIGH_FAILED] = NUD_FAILED,
				  [NEIGH_REACHABLE] = NUD_REACHABLE, [NEIGH_STALE] = NUD_STALE,
				  [NEIGH_DELAY] = NUD_DELAY, [NEIGH_PROBE] = NUD_PROBE,
				  [NEIGH_NOARP] = NUD_NOARP, [NEIGH_PERMANENT] = NUD_PERMANENT };

	return nud[n->state];
}

/* How long ago, in hundredths of a second. */
static u32 age(nsec_t t, nsec_t now) { return now > t ? (u32)((now - t) / 10000000) : 0; }

static bool put_neigh(struct nlpkt *p, const struct neigh *n, u16 type, u16 flags, u32 portid, u32 seq)
{
	struct ndmsg *m = nlpkt_begin(p, type, flags, portid, seq, sizeof(*m));
	const struct neightab *t = n->table;
	nsec_t now = clock_ns();
	struct ndacacheinfo ci = { .confirmed = age(n->confirmed, now), .used = age(READ_ONCE(n->used), now),
				   .updated = age(n->updated, now) };

	if (!m)
		return false;
	m->family = t->is_v6 ? AF_INET6 : AF_INET;
	m->index = (s32)t->nif->index;
	m->state = nud_of(n);
	m->type = RTN_UNICAST;
	nlpkt_put(p, NDA_DST, &n->ip6, t->is_v6 ? 16 : 4);
	if (neigh_is_usable(n))
		nlpkt_put(p, NDA_LLADDR, n->mac, sizeof(n->mac));
	nlpkt_put_u32(p, NDA_PROBES, n->probes);
	nlpkt_put(p, NDA_CACHEINFO, &ci, sizeof(ci));
	return nlpkt_end(p);
}

struct nlpkt *neigh_news(const struct neigh *n, u16 type)
{
	struct nlpkt *p;

	if (!netlink_is_heard(n->table->nif->ns, NETLINK_ROUTE, RTNLGRP_NEIGH))
		return NULL;
	p = nlpkt_alloc(ROOM, ALLOC_ATOMIC);
	if (p)
		put_neigh(p, n, type, 0, 0, 0);
	return p;
}

static bool walk_one(const struct neigh *n, void *arg)
{
	struct walk *w = arg;

	if (!nldump_due(w->d, &w->at))
		return true;
	if (!put_neigh(w->p, n, RTM_NEWNEIGH, NLM_F_MULTI, w->d->portid, w->d->seq)) {
		w->is_full = true;
		return false;
	}
	w->d->arg[0] = w->at;
	return true;
}

static int dump_neighs(struct nldump *d, struct nlpkt *p, bool is_v6)
{
	const struct ndmsg *m = (const void *)d->req;
	struct walk w = { .d = d, .p = p };
	struct neightab *t;
	struct netif *nif;

	netif_foreach(nif, d->ns) {
		if (d->strict && m->index && m->index != (s32)nif->index)
			continue;
		t = table_of(nif, is_v6);
		if (t && !w.is_full)
			neigh_walk(t, walk_one, &w);
	}
	return w.is_full;
}
static int dump4(struct nldump *d, struct nlpkt *p) { return dump_neighs(d, p, false); }
static int dump6(struct nldump *d, struct nlpkt *p) { return dump_neighs(d, p, true); }

/* What a request names. */
struct named { struct neightab *t; struct in6ip ip; const struct nlattr_head *mac; u16 state; };

static int read_request(const struct nlreq *r, struct named *out)
{
	const struct nlattr_head *tb[NDA_LLADDR + 1];
	struct ndmsg store;
	const struct ndmsg *m = nlreq_fixed(r, &store, sizeof(store));
	int err = nlreq_attrs(r, sizeof(*m), tb, NDA_LLADDR);
	struct netif *nif;

	if (err)
		return err;
	if (!tb[NDA_DST] || !nlattr_ip(tb[NDA_DST], m->family, &out->ip) ||
	    (tb[NDA_LLADDR] && nlattr_len(tb[NDA_LLADDR]) < 6))
		return -EINVAL;
	nif = netif_find_index(r->ns, (u32)m->index);
	if (!nif)
		return -ENODEV;
	out->t = table_of(nif, m->family == AF_INET6);
	out->mac = tb[NDA_LLADDR];
	out->state = m->state;
	return out->t ? 0 : -EINVAL;
}

static int change_neigh(struct nlreq *r, bool is_new)
{
	struct neigh old;
	struct named n;
	bool exists;
	int err = read_request(r, &n);

	if (err)
		return err;
	exists = !neigh_get(n.t, &n.ip, &old);
	if (!is_new)
		return exists ? neigh_del(n.t, &n.ip) : -ENOENT;
	if (exists && (r->h->flags & NLM_F_EXCL))
		return -EEXIST;
	if (!exists && !(r->h->flags & NLM_F_CREATE))
		return -ENOENT;
	if (!n.mac)
		return -EINVAL;
	return neigh_put(n.t, &n.ip, nlattr_data(n.mac), n.state & NUD_PERMANENT ? NEIGH_PERMANENT :
			 n.state & NUD_NOARP ? NEIGH_NOARP :
			 n.state & NUD_REACHABLE ? NEIGH_REACHABLE : NEIGH_STALE);
}

static int get_neigh(struct nlreq *r)
{
	struct neigh found;
	struct named n;
	struct nlpkt *p;
	int err = read_request(r, &n);

	if (err)
		return err;
	if (neigh_get(n.t, &n.ip, &found))
		return -ENOENT;
	p = nlpkt_alloc(ROOM, ALLOC_KERNEL);
	if (!p)
		return -ENOBUFS;
	put_neigh(p, &found, RTM_NEWNEIGH, 0, r->portid, r->h->seq);
	return nlreq_reply(r, p);
}

static const struct rtobject neigh4_object = { .base = RTM_NEWNEIGH, .family = AF_INET, .change = change_neigh,
					       .get = get_neigh, .dump = dump4 };
RTOBJECT(neigh4_object);
static const struct rtobject neigh6_object = { .base = RTM_NEWNEIGH, .family = AF_INET6, .change = change_neigh,
					       .get = get_neigh, .dump = dump6 };
RTOBJECT(neigh6_object);
