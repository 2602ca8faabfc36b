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

/* An address that is there is to be added: 0: it is to be changed. */
static int already_there(const struct nlreq *r)
{
	return (r->h->flags & NLM_F_EXCL) || !(r->h->flags & NLM_F_REPLACE) ? -EEXIST : 0;
}

static u32 seconds_left(nsec_t t, nsec_t now)
{
	return !t ? U32_MAX : t > now ? (u32)((t - now) / NSEC_PER_SEC) : 0;
}

/* When @s seconds from now are over. */
static nsec_t end_of(u32 s)
{
	return s == U32_MAX ? 0 : clock_ns() + s * NSEC_PER_SEC;
}

/* Lifetimes that a request gives, for ever without; false: they make no sense. */
static bool read_lifetimes(const struct nlattr_head *a, struct ifacacheinfo *ci)
{
	*ci = (struct ifacacheinfo){ U32_MAX, U32_MAX, 0, 0 };
	if (!a)
		return true;
	if (nlattr_len(a) < sizeof(*ci))
		return false;
	memcpy(ci, nlattr_data(a), sizeof(*ci));
	return ci->valid && ci->preferred <= ci->valid;
}

/* ---- IPv4 ---- */

static bool put_addr4(struct nlpkt *p, const struct netif *nif, const struct ifaddr4 *a, u16 type, u16 flags,
		      u32 portid, u32 seq)
{
	nsec_t now = clock_ns();
	struct ifacacheinfo ci = { seconds_left(a->preferred, now), seconds_left(a->valid, now), a->made, a->changed };
	struct ifaddrmsg *m = nlpkt_begin(p, type, flags, portid, seq, sizeof(*m));

	if (!m)
		return false;
	m->family = AF_INET;
	m->plen = a->plen;
	m->flags = (u8)a->flags;
	m->scope = a->scope;
	m->index = nif->index;
	nlpkt_put_u32(p, IFA_ADDRESS, a->peer);
	nlpkt_put_u32(p, IFA_LOCAL, a->local);
	if (a->broadcast)
		nlpkt_put_u32(p, IFA_BROADCAST, a->broadcast);
	nlpkt_put_str(p, IFA_LABEL, a->label);
	if (a->protocol)
		nlpkt_put_u8(p, IFA_PROTO, a->protocol);
	nlpkt_put_u32(p, IFA_FLAGS, a->flags);
	if (a->metric)
		nlpkt_put_u32(p, IFA_RT_PRIORITY, a->metric);
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

/* What a request asks for, as a model; 0, -EINVAL, -EOPNOTSUPP. */
static int read_addr4(const struct ifaddrmsg *m, const struct nlattr_head **tb, const struct netif *nif,
		      struct ifaddr4 *model)
{
	struct ifacacheinfo ci;

	if (m->plen > 32 || !tb[IFA_LOCAL] || !read_lifetimes(tb[IFA_CACHEINFO], &ci))
		return -EINVAL;
	*model = (struct ifaddr4){ .local = nlattr_u32(tb[IFA_LOCAL]), .plen = m->plen, .scope = m->scope,
				   .flags = tb[IFA_FLAGS] ? nlattr_u32(tb[IFA_FLAGS]) : m->flags,
				   .valid = end_of(ci.valid), .preferred = end_of(ci.preferred) };
	if (model->flags & IFA_F_MCAUTOJOIN)
		return -EOPNOTSUPP;
	model->peer = tb[IFA_ADDRESS] ? nlattr_u32(tb[IFA_ADDRESS]) : model->local;
	model->broadcast = tb[IFA_BROADCAST] ? nlattr_u32(tb[IFA_BROADCAST]) : 0;
	model->metric = tb[IFA_RT_PRIORITY] ? nlattr_u32(tb[IFA_RT_PRIORITY]) : 0;
	model->protocol = tb[IFA_PROTO] && nlattr_len(tb[IFA_PROTO]) ? *(const u8 *)nlattr_data(tb[IFA_PROTO]) : 0;
	if (tb[IFA_LABEL])
		memcpy(model->label, nlattr_data(tb[IFA_LABEL]), min_t(u32, nlattr_len(tb[IFA_LABEL]), IFNAMSIZ - 1));
	else
		strlcpy(model->label, nif->name, sizeof(model->label));
	return 0;
}

static int new_addr4(struct nlreq *r, struct netif *nif, const struct ifaddrmsg *m, const struct nlattr_head **tb)
{
	struct ifaddr4 model, *a;
	int err = read_addr4(m, tb, nif, &model);

	if (err)
		return err;
	a = ip4_addr_find(nif, &model);
	if (!a)
		return ip4_addr_add(nif, &model);
	err = already_there(r);
	return err ? err : ip4_addr_change(nif, a, &model);
}

static bool has_label(const struct ifaddr4 *a, const struct nlattr_head *text)
{
	size_t n = strlen(a->label);

	return nlattr_len(text) >= n && !memcmp(nlattr_data(text), a->label, n) &&
	       (nlattr_len(text) == n || !((const char *)nlattr_data(text))[n]);
}

/* Is it the one that a request to delete means: what it does not say does not matter. */
static bool is_meant(const struct ifaddr4 *a, const struct ifaddrmsg *m, const struct nlattr_head **tb)
{
	if (tb[IFA_LOCAL] && a->local != nlattr_u32(tb[IFA_LOCAL]))
		return false;
	if (tb[IFA_LABEL] && !has_label(a, tb[IFA_LABEL]))
		return false;
	return !tb[IFA_ADDRESS] || (m->plen == a->plen && ifaddr4_covers(a, nlattr_u32(tb[IFA_ADDRESS])));
}

static int change_addr4(struct nlreq *r, bool is_new)
{
	const struct nlattr_head *tb[IFA_PROTO + 1];
	struct ifaddrmsg store;
	const struct ifaddrmsg *m = nlreq_fixed(r, &store, sizeof(store));
	struct netif *nif = netif_find_index(r->ns, m->index);
	int err = nlreq_attrs(r, sizeof(*m), tb, IFA_PROTO);
	struct ifaddr4 *a;

	if (err)
		return err;
	if (!nif)
		return -ENODEV;
	if (is_new)
		return new_addr4(r, nif, m, tb);
	list_foreach(a, &nif->addrs4, link) {
		if (is_meant(a, m, tb)) {
			ip4_addr_del(nif, a);
			return 0;
		}
	}
	return -EADDRNOTAVAIL;
}

static const struct rtobject addr4_object = { .base = RTM_NEWADDR, .family = AF_INET, .change = change_addr4,
					      .dump = dump4 };
RTOBJECT(addr4_object);

/* ---- IPv6 ---- */

static bool put_addr6(struct nlpkt *p, const struct netif *nif, const struct ifaddr6 *a, u16 type, u16 flags,
		      u32 portid, u32 seq)
{
	struct ifaddrmsg *m = nlpkt_begin(p, type, flags, portid, seq, sizeof(*m));
	nsec_t now = clock_ns();
	struct ifacacheinfo ci = { seconds_left(a->preferred, now), seconds_left(a->valid, now), a->made, a->changed };

	if (!m)
		return false;
	m->family = AF_INET6;
	m->plen = a->plen;
	m->flags = (u8)a->flags;
	m->scope = a->scope;
	m->index = nif->index;
	if (!in6_is_any(&a->peer))
		nlpkt_put(p, IFA_LOCAL, &a->addr, 16);
	nlpkt_put(p, IFA_ADDRESS, in6_is_any(&a->peer) ? &a->addr : &a->peer, 16);
	if (a->protocol)
		nlpkt_put_u8(p, IFA_PROTO, a->protocol);
	if (a->metric)
		nlpkt_put_u32(p, IFA_RT_PRIORITY, a->metric);
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

/* IFA_ADDRESS is the peer if there is IFA_LOCAL, the address itself if not. */
static int read_addr6(const struct ifaddrmsg *m, const struct nlattr_head **tb, struct ifaddr6 *model)
{
	struct ifacacheinfo ci;
	struct in6ip local, address;

	if ((!tb[IFA_LOCAL] && !tb[IFA_ADDRESS]) || m->plen > 128 || !nlattr_ip(tb[IFA_LOCAL], AF_INET6, &local) ||
	    !nlattr_ip(tb[IFA_ADDRESS], AF_INET6, &address) || !read_lifetimes(tb[IFA_CACHEINFO], &ci))
		return -EINVAL;
	*model = (struct ifaddr6){ .addr = tb[IFA_LOCAL] ? local : address, .plen = m->plen,
				   .flags = tb[IFA_FLAGS] ? nlattr_u32(tb[IFA_FLAGS]) : m->flags,
				   .valid = end_of(ci.valid), .preferred = end_of(ci.preferred) };
	if (tb[IFA_LOCAL] && tb[IFA_ADDRESS] && !in6_same(&local, &address))
		model->peer = address;
	model->metric = tb[IFA_RT_PRIORITY] ? nlattr_u32(tb[IFA_RT_PRIORITY]) : 0;
	model->protocol = tb[IFA_PROTO] && nlattr_len(tb[IFA_PROTO]) ? *(const u8 *)nlattr_data(tb[IFA_PROTO]) : 0;
	return model->flags & IFA_F_MCAUTOJOIN ? -EOPNOTSUPP : 0;
}

static int change_addr6(struct nlreq *r, bool is_new)
{
	const struct nlattr_head *tb[IFA_PROTO + 1];
	struct ifaddrmsg store;
	const struct ifaddrmsg *m = nlreq_fixed(r, &store, sizeof(store));
	struct netif *nif = netif_find_index(r->ns, m->index);
	int err = nlreq_attrs(r, sizeof(*m), tb, IFA_PROTO);
	struct ifaddr6 model, *a;

	if (!err)
		err = read_addr6(m, tb, &model);
	if (err)
		return err;
	if (!nif)
		return -ENODEV;
	if (!is_new)
		return ip6_addr_del(nif, &model.addr, m->plen);
	a = netif_addr6(nif, &model.addr);
	if (!a)
		return ip6_addr_add(nif, &model);
	err = already_there(r);
	return err ? err : ip6_addr_change(nif, a, &model);
}

static const struct rtobject addr6_object = { .base = RTM_NEWADDR, .family = AF_INET6, .change = change_addr6,
					      .dump = dump6 };
RTOBJECT(addr6_object);

/* ---- IPv6 of an interface ---- */

static void fill_link6(struct nlpkt *p, const struct netif *nif)
{
	if (nif->conf6)
		nlpkt_put_u8(p, IFLA_INET6_ADDR_GEN_MODE, (u8)if6_own(nif, IF6_ADDR_GEN_MODE));
}

/* For when it goes up: an address of its own does not come or go at once, as it does by the file. */
static int set_link6(struct netif *nif, const struct nlattr_head *a)
{
	const struct nlattr_head *tb[IFLA_INET6_ADDR_GEN_MODE + 1];
	int err = nlattrs_in(a, tb, IFLA_INET6_ADDR_GEN_MODE);
	const struct nlattr_head *mode = err ? NULL : tb[IFLA_INET6_ADDR_GEN_MODE];

	if (err)
		return err;
	for (u32 i = 0; i < IFLA_INET6_ADDR_GEN_MODE; i++)
		if (tb[i])
			return -EOPNOTSUPP;
	return !mode || !nlattr_len(mode) ? -EINVAL :
	       if6conf_put(nif, IF6_ADDR_GEN_MODE, *(const u8 *)nlattr_data(mode));
}

static const struct linkaf link6 = { .family = AF_INET6, .fill = fill_link6, .set = set_link6 };
LINKAF(link6);
