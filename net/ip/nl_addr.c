// SPDX-License-Identifier: GPL-2.0-only
/* Addresses of both versions over netlink (RTM_*ADDR), and news of their changes. */
#include "ip6_impl.h"
#include "nl_impl.h"

#include <tern/kernel/clock.h>
#include <tern/lib/string.h>

#define ADDR_ROOM	512u

/* Those of an interface from *@at on; false: @p is full. */
typedef bool (*dump_fn)(struct nldump *d, struct nlpkt *p, struct netif *nif, u64 *at);

static int dump_addrs(struct nldump *d, struct nlpkt *p, dump_fn dump_of)
{
	const struct ifaddrmsg *m = (const void *)d->req;
	struct netif *nif;
	u64 at = 0;

	netif_foreach(nif, d->ns) {
		if (d->strict && m->index && m->index != nif->index)
			continue;
		if (!dump_of(d, p, nif, &at))
			return 1;
	}
	return 0;
}

/* An address that is there is to be added. */
static int already_there(const struct nlreq *r)
{
	return (r->h->flags & NLM_F_EXCL) || !(r->h->flags & NLM_F_REPLACE) ? -EEXIST : 0;
}

/* ---- IPv4 ---- */

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

static bool put_addr4(struct nlpkt *p, const struct netif *nif, const struct ifaddr4 *a, u16 type, u16 flags,
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

static bool dump4_of(struct nldump *d, struct nlpkt *p, struct netif *nif, u64 *at)
{
	struct ifaddr4 *a;

	list_foreach(a, &nif->addrs4, link) {
		if (!nldump_due(d, at))
			continue;
		if (!put_addr4(p, nif, a, RTM_NEWADDR, NLM_F_MULTI, d->portid, d->seq))
			return false;
		d->arg[0] = *at;
	}
	return true;
}
static int dump4(struct nldump *d, struct nlpkt *p) { return dump_addrs(d, p, dump4_of); }

void ip4_addr_news(struct netif *nif, const struct ifaddr4 *a, bool is_new)
{
	struct nlpkt *p;

	if (!netlink_is_heard(nif->ns, NETLINK_ROUTE, RTNLGRP_IPV4_IFADDR))
		return;
	p = nlpkt_alloc(ADDR_ROOM, ALLOC_KERNEL);
	if (!p)
		return;
	put_addr4(p, nif, a, is_new ? RTM_NEWADDR : RTM_DELADDR, 0, 0, 0);
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

static int add_addr4(struct netif *nif, const struct ifaddrmsg *m, const struct nlattr_head **tb, be32 local)
{
	be32 broadcast = tb[IFA_BROADCAST] ? nlattr_u32(tb[IFA_BROADCAST]) : 0;
	char label[IFNAMSIZ] = "";

	if (tb[IFA_LABEL])
		memcpy(label, nlattr_data(tb[IFA_LABEL]), min_t(u32, nlattr_len(tb[IFA_LABEL]), IFNAMSIZ - 1));
	else
		strlcpy(label, nif->name, sizeof(label));
	return ip4_addr_add(nif, local, m->plen, broadcast, label, m->scope);
}

static int change_addr4(struct nlreq *r, bool is_new)
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
		return already_there(r);
	return add_addr4(nif, m, tb, local);
}

static const struct rtobject addr4_object = { .base = RTM_NEWADDR, .family = AF_INET, .change = change_addr4,
					      .dump = dump4 };
RTOBJECT(addr4_object);

/* ---- IPv6 ---- */

static u32 seconds_left(nsec_t t, nsec_t now)
{
	return !t ? U32_MAX : t > now ? (u32)((t - now) / NSEC_PER_SEC) : 0;
}

static bool put_addr6(struct nlpkt *p, const struct netif *nif, const struct ifaddr6 *a, u16 type, u16 flags,
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

static bool dump6_of(struct nldump *d, struct nlpkt *p, struct netif *nif, u64 *at)
{
	struct ifaddr6 *a;

	list_foreach(a, &nif->addrs6, link) {
		if (!nldump_due(d, at))
			continue;
		if (!put_addr6(p, nif, a, RTM_NEWADDR, NLM_F_MULTI, d->portid, d->seq))
			return false;
		d->arg[0] = *at;
	}
	return true;
}
static int dump6(struct nldump *d, struct nlpkt *p) { return dump_addrs(d, p, dump6_of); }

void ip6_addr_news(struct netif *nif, const struct ifaddr6 *a, bool is_new)
{
	struct nlpkt *p;

	if (!netlink_is_heard(nif->ns, NETLINK_ROUTE, RTNLGRP_IPV6_IFADDR))
		return;
	p = nlpkt_alloc(ADDR_ROOM, ALLOC_KERNEL);
	if (!p)
		return;
	put_addr6(p, nif, a, is_new ? RTM_NEWADDR : RTM_DELADDR, 0, 0, 0);
	netlink_publish(nif->ns, NETLINK_ROUTE, RTNLGRP_IPV6_IFADDR, p);
}

static int change_addr6(struct nlreq *r, bool is_new)
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
	    !nlattr_ip(tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS], AF_INET6, &addr))
		return -EINVAL;
	if (!nif)
		return -ENODEV;
	if (!is_new)
		return ip6_addr_del(nif, &addr, m->plen);
	if (netif_addr6(nif, &addr))
		return already_there(r);
	if (tb[IFA_CACHEINFO] && nlattr_len(tb[IFA_CACHEINFO]) >= sizeof(ci))
		memcpy(&ci, nlattr_data(tb[IFA_CACHEINFO]), sizeof(ci));
	if (!ci.valid || ci.preferred > ci.valid)
		return -EINVAL;
	flags = (tb[IFA_FLAGS] ? nlattr_u32(tb[IFA_FLAGS]) : m->flags) & IFA_F_NODAD;
	return ip6_addr_add(nif, &addr, m->plen, (u8)(flags | (ci.valid == U32_MAX ? IFA_F_PERMANENT : 0)),
			    ci.valid == U32_MAX ? 0 : ci.valid, ci.preferred == U32_MAX ? 0 : ci.preferred);
}

static const struct rtobject addr6_object = { .base = RTM_NEWADDR, .family = AF_INET6, .change = change_addr6,
					      .dump = dump6 };
RTOBJECT(addr6_object);
