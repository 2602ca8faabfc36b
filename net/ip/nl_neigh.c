// SPDX-License-Identifier: GPL-2.0-only
/* IPv4 neighbours over netlink (RTM_*NEIGH). */
#include "nl_impl.h"

#include <tern/lib/string.h>

#include "neigh.h"

static u16 nud_of(const struct neigh *n)
{
	static const u8 nud[] = { [NEIGH_NONE] = 0, [NEIGH_INCOMPLETE] = NUD_INCOMPLETE, [NEIGH_FAILED] = NUD_FAILED,
				  [NEIGH_REACHABLE] = NUD_REACHABLE, [NEIGH_STALE] = NUD_STALE,
				  [NEIGH_DELAY] = NUD_DELAY, [NEIGH_PROBE] = NUD_PROBE,
				  [NEIGH_PERMANENT] = NUD_PERMANENT };

	return nud[n->state];
}

struct walk { struct nldump *d; struct nlpkt *p; struct netif *nif; u64 at; bool is_full; };

static bool put_neigh(struct nlpkt *p, const struct netif *nif, const struct neigh *n, u16 flags, u32 portid, u32 seq)
{
	struct ndmsg *m = nlpkt_begin(p, RTM_NEWNEIGH, flags, portid, seq, sizeof(*m));
	struct ndacacheinfo ci = { 0 };

	if (!m)
		return false;
	m->family = AF_INET;
	m->index = (s32)nif->index;
	m->state = nud_of(n);
	m->type = RTN_UNICAST;
	nlpkt_put_u32(p, NDA_DST, n->ip);
	if (n->state >= NEIGH_REACHABLE)
		nlpkt_put(p, NDA_LLADDR, n->mac, sizeof(n->mac));
	nlpkt_put_u32(p, NDA_PROBES, n->probes);
	nlpkt_put(p, NDA_CACHEINFO, &ci, sizeof(ci));
	return nlpkt_end(p);
}

static bool walk_one(const struct neigh *n, void *arg)
{
	struct walk *w = arg;

	if (!nldump_due(w->d, &w->at))
		return true;
	if (!put_neigh(w->p, w->nif, n, NLM_F_MULTI, w->d->portid, w->d->seq)) {
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
		if (w.nif->neigh4 && !w.is_full)
			neigh4_walk(w.nif, walk_one, &w);
	}
	return w.is_full;
}

/* What a request names: interface and address. */
static int read_request(const struct nlreq *r, struct netif **nif, be32 *ip, const struct nlattr_head **mac, u16 *state)
{
	const struct nlattr_head *tb[NDA_LLADDR + 1];
	struct ndmsg store;
	const struct ndmsg *m = nlreq_fixed(r, &store, sizeof(store));
	int err = nlreq_attrs(r, sizeof(*m), tb, NDA_LLADDR);

	if (err)
		return err;
	if (!tb[NDA_DST] || nlattr_len(tb[NDA_DST]) < 4 || (tb[NDA_LLADDR] && nlattr_len(tb[NDA_LLADDR]) < 6))
		return -EINVAL;
	*nif = netif_find_index(r->ns, (u32)m->index);
	if (!*nif)
		return -ENODEV;
	if (!(*nif)->neigh4)
		return -EINVAL;
	*ip = nlattr_u32(tb[NDA_DST]);
	*mac = tb[NDA_LLADDR];
	*state = m->state;
	return 0;
}

static int change_neigh(struct nlreq *r, bool is_new)
{
	const struct nlattr_head *mac;
	struct neigh old;
	struct netif *nif;
	bool exists;
	u16 state;
	be32 ip;
	int err = read_request(r, &nif, &ip, &mac, &state);

	if (err)
		return err;
	exists = !neigh4_get(nif, ip, &old);
	if (!is_new)
		return exists ? neigh4_del(nif, ip) : -ENOENT;
	if (exists && (r->h->flags & NLM_F_EXCL))
		return -EEXIST;
	if (!exists && !(r->h->flags & NLM_F_CREATE))
		return -ENOENT;
	if (!mac)
		return -EINVAL;
	return neigh4_put(nif, ip, nlattr_data(mac), state & NUD_PERMANENT ? NEIGH_PERMANENT :
			  state & NUD_REACHABLE ? NEIGH_REACHABLE : NEIGH_STALE);
}

static int get_neigh(struct nlreq *r)
{
	const struct nlattr_head *mac;
	struct neigh n;
	struct netif *nif;
	struct nlpkt *p;
	u16 state;
	be32 ip;
	int err = read_request(r, &nif, &ip, &mac, &state);

	if (err)
		return err;
	if (neigh4_get(nif, ip, &n))
		return -ENOENT;
	p = nlpkt_alloc(256, ALLOC_KERNEL);
	if (!p)
		return -ENOBUFS;
	put_neigh(p, nif, &n, 0, r->portid, r->h->seq);
	return nlreq_reply(r, p);
}

static const struct rtobject neigh4_object = { .base = RTM_NEWNEIGH, .family = AF_INET, .change = change_neigh,
					       .get = get_neigh, .dump = dump_neighs };
RTOBJECT(neigh4_object);
