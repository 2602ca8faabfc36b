// SPDX-License-Identifier: GPL-2.0-only
/* /proc/sys/net/ipv6/conf. Theory in if6conf.h. */
#include "ip6_impl.h"

#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <tern/net/ifctl.h>

static const struct ifctlrow rows[] = {
#define IF6CONF_ROW(id, file, lowest, highest, all, dflt) { .name = file, .min = lowest, .max = highest },
	IF6CONF_ROWS(IF6CONF_ROW)
#undef IF6CONF_ROW
};

int if6conf_attach(struct netif *nif)
{
	struct if6conf *c = kmem_dup(&nif->ns->ip6->conf.dflt, sizeof(*c), ALLOC_KERNEL);

	if (!c)
		return -ENOMEM;
	c->v[IF6_MTU] = (s32)nif->mtu;
	if (nif->features & NETIF_F_NOARP)
		c->v[IF6_ACCEPT_DAD] = -1;
	nif->conf6 = c;
	return 0;
}

void if6conf_detach(struct netif *nif)
{
	kmem_free(nif->conf6);
	nif->conf6 = NULL;
}

void if6conf_mtu_changed(struct netif *nif)
{
	WRITE_ONCE(nif->conf6->v[IF6_MTU], (s32)nif->mtu);
}

/* ---- files ---- */

static s32 *values(struct netns *ns, enum ifctlwho who, struct netif *nif)
{
	struct if6confs *c = &ns->ip6->conf;

	if (who == IFCTL_IF)
		return nif->conf6 ? nif->conf6->v : NULL;
	return who == IFCTL_ALL ? c->all.v : c->dflt.v;
}

/* An interface's row is @v from now on. */
static int set(struct netif *nif, u32 row, s32 v)
{
	s32 old = nif->conf6->v[row];

	if (row == IF6_MTU && (v < (s32)IP6_MTU_MIN || v > (s32)nif->mtu))
		return -EINVAL;
	WRITE_ONCE(nif->conf6->v[row], v);
	if (row == IF6_DISABLE && !old != !v)
		return ip6_switch(nif);
	if (row == IF6_ADDR_GEN_MODE && old != v && v == IF6_GEN_EUI64)
		return ip6_make_local(nif);
	if (row == IF6_FORWARDING && !old && v)
		ip6_forget_routers(nif);
	return 0;
}

int if6conf_put(struct netif *nif, enum if6row row, s32 v)
{
	if (v < rows[row].min || v > rows[row].max)
		return -EINVAL;
	WRITE_ONCE(nif->conf6->v[row], v);
	return 0;
}

/* Rows of "all" that are everybody's. */
static int set_all(struct netns *ns, u32 row, s32 v)
{
	struct netif *nif;
	int err = 0, e;

	if (row == IF6_FORWARDING && ns->ip6->conf.all.v[row] == v)
		return 0;
	WRITE_ONCE(ns->ip6->conf.all.v[row], v);
	if (row != IF6_FORWARDING && row != IF6_DISABLE && row != IF6_ADDR_GEN_MODE)
		return 0;
	WRITE_ONCE(ns->ip6->conf.dflt.v[row], v);
	netif_foreach(nif, ns) {
		e = set(nif, row, v);
		err = err ? err : e;
	}
	return err;
}

static int change(struct netns *ns, enum ifctlwho who, struct netif *nif, u32 row, s32 v)
{
	int err = 0;

	if (who == IFCTL_IF)
		err = set(nif, row, v);
	else if (who == IFCTL_ALL)
		err = set_all(ns, row, v);
	else
		WRITE_ONCE(ns->ip6->conf.dflt.v[row], v);
	netns_routes_changed(ns);	/* who keeps a route asks again */
	return err;
}

static const struct ifctl conf6_ctl = {
	.set = { .path = "sys/net/ipv6/conf", .ops = &ifctl_ops },
	.rows = rows, .nrows = ARRAY_SIZE(rows), .nrows_if = ARRAY_SIZE(rows), .has_all = true,
	.values = values, .change = change,
};
IFCTL(conf6_ctl);
