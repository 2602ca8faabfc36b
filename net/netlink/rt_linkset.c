// SPDX-License-Identifier: GPL-2.0-only
/*
 * RTM_NEWLINK, RTM_SETLINK, RTM_DELLINK: interfaces are made, changed, moved and removed.
 *
 * All of it runs under netif_links_lock, since it may concern two namespaces; the settings
 * of one interface under its namespace's config_lock, inside.
 */
#include "rt_impl.h"

#include <tern/base/err.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>
#include <tern/net/linkkind.h>
#include <uapi/socket.h>

/* Text of an attribute, which need not end with a zero; false: too long. */
static bool text_of(const struct nlattr_head *a, char *text, u32 room)
{
	u32 n = nlattr_len(a);

	memset(text, 0, room);
	memcpy(text, nlattr_data(a), min(n, room - 1));
	return n < room || (n == room && !((const char *)nlattr_data(a))[n - 1]);
}

struct netif *rtlink_find(struct netns *ns, const struct ifinfomsg *m, const struct nlattr_head *name)
{
	char text[IFNAMSIZ];

	if (m->index > 0)
		return netif_find_index(ns, (u32)m->index);
	if (!name || !text_of(name, text, sizeof(text)))
		return NULL;
	return netif_find_name(ns, text);
}

/* ---- making one ---- */

/* The namespace that IFLA_NET_NS_* names, NULL: none named; with a reference. */
static struct netns *named_ns(const struct nlattr_head **tb)
{
	if (tb[IFLA_NET_NS_FD])
		return netns_of_fd((int)nlattr_u32(tb[IFLA_NET_NS_FD]));
	return tb[IFLA_NET_NS_PID] ? netns_of_pid((s32)nlattr_u32(tb[IFLA_NET_NS_PID])) : NULL;
}

int linknew_read(struct linknew *w)
{
	struct netns *ns = named_ns(w->tb);

	if (IS_ERR(ns))
		return (int)PTR_ERR(ns);
	if (ns) {
		netns_put(w->ns);
		w->ns = ns;
		if (!cap_has_in(ns->base.owner, CAP_NET_ADMIN))
			return -EPERM;
	}
	if (w->tb[IFLA_IFNAME]) {
		w->name = nlattr_data(w->tb[IFLA_IFNAME]);
		if (!nlattr_len(w->tb[IFLA_IFNAME]) || nlattr_len(w->tb[IFLA_IFNAME]) > IFNAMSIZ ||
		    w->name[nlattr_len(w->tb[IFLA_IFNAME]) - 1])
			return -EINVAL;
	}
	return 0;
}

int linknew_apply(const struct linknew *w, struct netif *nif)
{
	const struct nlattr_head *addr = w->tb[IFLA_ADDRESS];
	u32 mtu = w->tb[IFLA_MTU] ? nlattr_u32(w->tb[IFLA_MTU]) : nif->mtu;

	if (!netif_name_is_valid_pattern(w->name) || mtu < 68 || mtu > nif->mtu_max)
		return -EINVAL;
	strlcpy(nif->name, w->name, sizeof(nif->name));
	nif->mtu = mtu;
	nif->index = w->m->index > 0 ? (u32)w->m->index : 0;
	if (w->tb[IFLA_TXQLEN])
		nif->txq_len = nlattr_u32(w->tb[IFLA_TXQLEN]);
	if (w->tb[IFLA_GROUP])
		nif->group = nlattr_u32(w->tb[IFLA_GROUP]);
	if (!addr)
		return 0;
	if (nlattr_len(addr) != nif->addr_len || (((const u8 *)nlattr_data(addr))[0] & 1))
		return nlattr_len(addr) != nif->addr_len ? -EINVAL : -EADDRNOTAVAIL;
	memcpy(nif->addr, nlattr_data(addr), nif->addr_len);
	return 0;
}

/* Kind and settings out of IFLA_LINKINFO; *kind NULL: not named. 0, -EINVAL, -EOPNOTSUPP. */
static int read_info(const struct nlattr_head *a, const struct linkkind **kind, const struct nlattr_head **info)
{
	char name[32];
	int err;

	*kind = NULL;
	memset(info, 0, (IFLA_INFO_SLAVE_DATA + 1) * sizeof(*info));
	if (!a)
		return 0;
	err = nlattrs_in(a, info, IFLA_INFO_SLAVE_DATA);
	if (err || !info[IFLA_INFO_KIND])
		return err;
	if (!text_of(info[IFLA_INFO_KIND], name, sizeof(name)))
		return -EINVAL;
	TABLE_FOREACH(linkkind, __typeof__(const struct linkkind *), k)
		if (!strcmp((*k)->name, name))
			*kind = *k;
	return *kind ? 0 : -EOPNOTSUPP;
}

static int create(struct nlreq *r, const struct ifinfomsg *m, const struct nlattr_head **tb,
		  const struct linkkind *kind, const struct nlattr_head *data, struct netif **out)
{
	struct linknew w = { .ns = netns_get(r->ns), .link_ns = r->ns, .m = m, .tb = tb, .data = data };
	char pattern[IFNAMSIZ];
	int err;

	fmt_print(pattern, sizeof(pattern), "%s%%d", kind->name);
	w.name = pattern;
	err = linknew_read(&w);
	*out = err ? ERR_PTR(err) : kind->create(&w);
	netns_put(w.ns);
	return IS_ERR(*out) ? (int)PTR_ERR(*out) : 0;
}

/* ---- settings of one; config_lock held ---- */

static int set_name(struct netif *nif, const struct nlattr_head *a)
{
	char name[IFNAMSIZ];

	if (!text_of(a, name, sizeof(name)))
		return -EINVAL;
	return strcmp(name, nif->name) ? netif_rename(nif, name) : 0;
}

static int set_addr(struct netif *nif, const struct nlattr_head *a)
{
	int err = nlattr_len(a) < nif->addr_len ? -EINVAL : nif->ops->set_addr(nif, nlattr_data(a));

	if (!err)
		netif_changed(nif);
	return err;
}

static int set_alias(struct netif *nif, const struct nlattr_head *a)
{
	u32 n = nlattr_len(a);
	char *text, *old;

	if (n >= IFALIASZ)
		return -EINVAL;
	text = n ? kmem_zalloc(n + 1, ALLOC_KERNEL) : NULL;
	if (n && !text)
		return -ENOMEM;
	if (n)
		memcpy(text, nlattr_data(a), n);
	old = xchg(&nif->alias, text);
	rcu_wait();
	kmem_free(old);
	netif_changed(nif);
	return 0;
}

static int set_master(struct netif *nif, u32 index)
{
	struct netif *master = index ? netif_find_index(nif->ns, index) : NULL;

	return index && !master ? -EINVAL : netif_set_master(nif, master);
}

static int set_carrier(struct netif *nif, bool on)
{
	if (!nif->kind || nif->kind->lower || !(nif->flags & IFF_NOARP))
		return -EOPNOTSUPP;	/* only where nothing else decides */
	netif_set_carrier(nif, on);
	return 0;
}

static int set_simple(struct netif *nif, const struct nlattr_head **tb)
{
	int err = 0;

	if (tb[IFLA_ADDRESS])
		err = set_addr(nif, tb[IFLA_ADDRESS]);
	if (!err && tb[IFLA_MTU])
		err = netif_set_mtu(nif, nlattr_u32(tb[IFLA_MTU]));
	if (!err && tb[IFLA_TXQLEN]) {
		WRITE_ONCE(nif->txq_len, nlattr_u32(tb[IFLA_TXQLEN]));
		netif_changed(nif);
	}
	if (!err && tb[IFLA_GROUP]) {
		WRITE_ONCE(nif->group, nlattr_u32(tb[IFLA_GROUP]));
		netif_changed(nif);
	}
	if (!err && tb[IFLA_IFALIAS])
		err = set_alias(nif, tb[IFLA_IFALIAS]);
	if (!err && tb[IFLA_CARRIER])
		err = set_carrier(nif, (u8)nlattr_u32(tb[IFLA_CARRIER]));
	return err;
}

static const struct linkaf *family_of(u32 type)
{
	TABLE_FOREACH(linkaf, __typeof__(const struct linkaf *), af)
		if ((*af)->family == type)
			return *af;
	return NULL;
}

/* What families have to do with an interface. */
static int set_families(struct netif *nif, const struct nlattr_head *spec)
{
	const struct nlattr_head *tb[AF_MAX];
	const struct linkaf *af;
	int err = nlattrs_in(spec, tb, AF_MAX - 1);

	for (u32 i = 0; i < AF_MAX && !err; i++) {
		af = tb[i] ? family_of(i) : NULL;
		if (tb[i])
			err = af ? af->set(nif, tb[i]) : -EAFNOSUPPORT;
	}
	return err;
}

static int set_flags(struct netif *nif, const struct ifinfomsg *m)
{
	u32 mask = m->change ? m->change : m->flags ? ~0u : 0;

	return mask ? netif_set_flags(nif, (nif->flags & ~mask) | (m->flags & mask)) : 0;
}

static int change(struct netif *nif, const struct ifinfomsg *m, const struct nlattr_head **tb,
		  const struct linkkind *kind, const struct nlattr_head **info)
{
	int err = 0;

	if (kind && kind != nif->kind)
		return -EOPNOTSUPP;
	if (info[IFLA_INFO_DATA] && kind)
		err = kind->change ? kind->change(nif, info[IFLA_INFO_DATA]) : -EOPNOTSUPP;
	if (!err && info[IFLA_INFO_SLAVE_DATA])
		err = nif->master ? nif->master->kind->change_port(nif, info[IFLA_INFO_SLAVE_DATA]) : -EOPNOTSUPP;
	if (!err)
		err = set_simple(nif, tb);
	if (!err && tb[IFLA_AF_SPEC] && m->family != AF_BRIDGE)
		err = set_families(nif, tb[IFLA_AF_SPEC]);
	if (!err && m->index > 0 && tb[IFLA_IFNAME])
		err = set_name(nif, tb[IFLA_IFNAME]);
	if (!err && tb[IFLA_MASTER])
		err = set_master(nif, nlattr_u32(tb[IFLA_MASTER]));
	return err ? err : set_flags(nif, m);
}

/* ---- requests; links lock held ---- */

/* To the namespace that is asked for, if any. */
static int move(struct netif *nif, const struct nlattr_head **tb)
{
	struct netns *ns = named_ns(tb);
	char name[IFNAMSIZ] = "";
	int err = 0;

	if (IS_ERR_OR_NULL(ns))
		return ns ? (int)PTR_ERR(ns) : 0;
	if (!cap_has_in(ns->base.owner, CAP_NET_ADMIN))
		err = -EPERM;
	else if (tb[IFLA_IFNAME] && !text_of(tb[IFLA_IFNAME], name, sizeof(name)))
		err = -EINVAL;
	else
		err = netif_move(nif, ns, name[0] ? name : NULL);
	netns_put(ns);
	return err;
}

static int remove_link(struct netif *nif)
{
	if (!nif)
		return -ENODEV;
	if (!nif->kind)
		return -EOPNOTSUPP;
	nif->kind->remove(nif);
	return 0;
}

/* A new one's other settings: what it is a port of, and up. */
static int finish(struct netif *nif, const struct ifinfomsg *m, const struct nlattr_head **tb)
{
	struct netns *ns = nif->ns;
	int err = 0;

	kmutex_lock(&ns->config_lock);
	if (tb[IFLA_MASTER])
		err = set_master(nif, nlattr_u32(tb[IFLA_MASTER]));
	if (!err)
		err = set_flags(nif, m);
	kmutex_unlock(&ns->config_lock);
	if (err)
		nif->kind->remove(nif);
	return err;
}

static int change_locked(struct nlreq *r, const struct ifinfomsg *m, const struct nlattr_head **tb, bool is_new)
{
	const struct nlattr_head *info[IFLA_INFO_SLAVE_DATA + 1];
	struct netif *nif = rtlink_find(r->ns, m, tb[IFLA_IFNAME]);
	const struct linkkind *kind;
	struct netns *ns;
	int err;

	if (!is_new)
		return remove_link(nif);
	if (nif && (r->h->flags & NLM_F_EXCL))
		return -EEXIST;
	err = read_info(tb[IFLA_LINKINFO], &kind, info);
	if (!nif && !(r->h->flags & NLM_F_CREATE))
		return -ENODEV;
	if (err)
		return err;
	if (!nif) {
		if (!kind || !kind->create)
			return kind ? -EOPNOTSUPP : -ENODEV;
		err = create(r, m, tb, kind, info[IFLA_INFO_DATA], &nif);
		return err ? err : finish(nif, m, tb);
	}
	err = move(nif, tb);
	if (err)
		return err;
	ns = nif->ns;
	kmutex_lock(&ns->config_lock);
	err = change(nif, m, tb, kind, info);
	kmutex_unlock(&ns->config_lock);
	return err;
}

int rtlink_change(struct nlreq *r, bool is_new)
{
	const struct nlattr_head **tb = kmem_alloc((IFLA_MAX + 1) * sizeof(*tb), ALLOC_KERNEL);
	struct ifinfomsg store;
	const struct ifinfomsg *m = nlreq_fixed(r, &store, sizeof(store));
	int err;

	if (!tb)
		return -ENOMEM;
	err = nlreq_attrs(r, sizeof(*m), tb, IFLA_MAX);
	if (!err && (m->index < 0 || (!is_new && !m->index && !tb[IFLA_IFNAME])))
		err = -EINVAL;
	if (!err) {
		kmutex_lock(&netif_links_lock);
		err = change_locked(r, m, tb, is_new);
		kmutex_unlock(&netif_links_lock);
	}
	kmem_free(tb);
	return err;
}
