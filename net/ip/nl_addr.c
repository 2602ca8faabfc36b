// SPDX-License-Identifier: GPL-2.0-only
/* IPv4 addresses over netlink (RTM_*ADDR), and news of their changes. */
#include "ip_impl.h"
#include "nl_impl.h"

#include <tern/lib/string.h>

#define ADDR_ROOM	256u

/* A later address of a network that an earlier one is in. */
static bool is_secondary(const struct netif *nif, const struct ifaddr4 *a)
{
	const struct ifaddr4 *b;

	list_foreach(b, &nif->addrs4, link) {
		if (a == b)
			return false;
		if (b->plen == a->plen && !((a->local ^ b->local) & ip4_mask(a->plen)))
			return true;
	}
	return false;
}

static bool put_addr(struct nlpkt *p, const struct netif *nif, const struct ifaddr4 *a, u16 type, u16 flags,
		     u32 portid, u32 seq)
{
	struct ifacacheinfo ci = { U32_MAX, U32_MAX, a->stamp, a->stamp };
	struct ifaddrmsg *m = nlpkt_begin(p, type, flags, portid, seq, sizeof(*m));

	if (!m)
		return false;
	m->family = AF_INET;
	m->plen = a->plen;
	m->flags = IFA_F_PERMANENT | is_secondary(nif, a);
	m->scope = a->scope;
	m->index = nif->index;
	nlpkt_put_u32(p, IFA_ADDRESS, a->local);
	nlpkt_put_u32(p, IFA_LOCAL, a->local);
	if (a->broadcast)
		nlpkt_put_u32(p, IFA_BROADCAST, a->broadcast);
	nlpkt_put_str(p, IFA_LABEL, a->label);
	nlpkt_put_u32(p, IFA_FLAGS, m->flags);
	nlpkt_put(p, IFA_CACHEINFO, &ci, sizeof(ci));
	return nlpkt_end(p);
}

static int dump_addrs(struct nldump *d, struct nlpkt *p)
{
	const struct ifaddrmsg *m = (const void *)d->req;
	struct ifaddr4 *a;
	struct netif *nif;
	u64 at = 0;

	netif_foreach(nif, d->ns) {
		if (d->strict && m->index && m->index != nif->index)
			continue;
		list_foreach(a, &nif->addrs4, link) {
			if (!nldump_due(d, &at))
				continue;
			if (!put_addr(p, nif, a, RTM_NEWADDR, NLM_F_MULTI, d->portid, d->seq))
				return 1;
			d->arg[0] = at;
		}
	}
	return 0;
}

void ip4_addr_news(struct netif *nif, const struct ifaddr4 *a, bool is_new)
{
	struct nlpkt *p;

	if (!netlink_is_heard(nif->ns, NETLINK_ROUTE, RTNLGRP_IPV4_IFADDR))
		return;
	p = nlpkt_alloc(ADDR_ROOM, ALLOC_KERNEL);
	if (!p)
		return;
	put_addr(p, nif, a, is_new ? RTM_NEWADDR : RTM_DELADDR, 0, 0, 0);
	netlink_publish(nif->ns, NETLINK_ROUTE, RTNLGRP_IPV4_IFADDR, p);
}

static struct ifaddr4 *find_addr(struct netif *nif, be32 local, u8 plen)
{
	struct ifaddr4 *a;

	list_foreach(a, &nif->addrs4, link)
		if (a->local == local && a->plen == plen)
			return a;
	return NULL;
}

static int add_addr(struct netif *nif, const struct ifaddrmsg *m, const struct nlattr_head **tb, be32 local)
{
	be32 broadcast = tb[IFA_BROADCAST] ? nlattr_u32(tb[IFA_BROADCAST]) : 0;
	char label[IFNAMSIZ] = "";

	if (tb[IFA_LABEL])
		memcpy(label, nlattr_data(tb[IFA_LABEL]), min_t(u32, nlattr_len(tb[IFA_LABEL]), IFNAMSIZ - 1));
	else
		strlcpy(label, nif->name, sizeof(label));
	return ip4_addr_add(nif, local, m->plen, broadcast, label, m->scope);
}

static int change_addr(struct nlreq *r, bool is_new)
{
	const struct nlattr_head *tb[IFA_FLAGS + 1];
	struct ifaddrmsg store;
	const struct ifaddrmsg *m = nlreq_fixed(r, &store, sizeof(store));
	struct netif *nif = netif_find_index(r->ns, m->index);
	int err = nlreq_attrs(r, sizeof(*m), tb, IFA_FLAGS);
	be32 local;

	if (err)
		return err;
	if (m->plen > 32 || (!tb[IFA_LOCAL] && !tb[IFA_ADDRESS]))
		return -EINVAL;
	if (!nif)
		return -ENODEV;
	local = nlattr_u32(tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS]);
	if (!is_new)
		return ip4_addr_del(nif, local, m->plen);
	if (find_addr(nif, local, m->plen))
		return (r->h->flags & NLM_F_EXCL) || !(r->h->flags & NLM_F_REPLACE) ? -EEXIST : 0;
	return add_addr(nif, m, tb, local);
}

static const struct rtobject addr4_object = { .base = RTM_NEWADDR, .family = AF_INET, .change = change_addr,
					      .dump = dump_addrs };
RTOBJECT(addr4_object);
