// SPDX-License-Identifier: GPL-2.0-only
/* /proc/sys/net/ipv4/neigh and ipv6/neigh. Theory in neighconf.h. */
#include "ip6_impl.h"

#include <tern/net/ifctl.h>

#include "neigh.h"

static const struct ifctlrow rows[] = {
#define NEIGHCONF_ROW(id, file, lowest, highest, dflt) { .name = file, .min = lowest, .max = highest },
	NEIGHCONF_ROWS(NEIGHCONF_ROW)
#undef NEIGHCONF_ROW
};
static_assert(NEIGHCONF_COUNT <= 32, "rows are bits of is_set");

static struct neightab *table_of(const struct netif *nif, bool is_v6)
{
	return is_v6 ? nif->neigh6 : nif->neigh4;
}

static struct neighconf *conf_of(struct netns *ns, bool is_v6)
{
	return is_v6 ? &ns->ip6->neighbours.conf : &ns->ip4->neighbours.conf;
}

static s32 *values(struct netns *ns, enum ifctlwho who, struct netif *nif, bool is_v6)
{
	struct neightab *t;

	if (who != IFCTL_IF)
		return conf_of(ns, is_v6)->v;
	t = table_of(nif, is_v6);
	return t ? t->conf.v : NULL;
}
static s32 *values4(struct netns *ns, enum ifctlwho who, struct netif *nif) { return values(ns, who, nif, false); }
static s32 *values6(struct netns *ns, enum ifctlwho who, struct netif *nif) { return values(ns, who, nif, true); }

static int change(struct netns *ns, enum ifctlwho who, struct netif *nif, u32 row, s32 v, bool is_v6)
{
	struct neightab *t;

	if (who == IFCTL_IF) {
		t = table_of(nif, is_v6);
		WRITE_ONCE(t->conf.v[row], v);
		t->conf.is_set |= BIT(row);
		return 0;
	}
	WRITE_ONCE(conf_of(ns, is_v6)->v[row], v);
	netif_foreach(nif, ns) {
		t = table_of(nif, is_v6);
		if (t && !(t->conf.is_set & BIT(row)))
			WRITE_ONCE(t->conf.v[row], v);
	}
	return 0;
}

static int change4(struct netns *ns, enum ifctlwho who, struct netif *nif, u32 row, s32 v)
{
	return change(ns, who, nif, row, v, false);
}

static int change6(struct netns *ns, enum ifctlwho who, struct netif *nif, u32 row, s32 v)
{
	return change(ns, who, nif, row, v, true);
}

static const struct ifctl neigh4_ctl = {
	.set = { .path = "sys/net/ipv4/neigh", .ops = &ifctl_ops },
	.rows = rows, .nrows = ARRAY_SIZE(rows), .nrows_if = NEIGHCONF_OF_IF, .values = values4, .change = change4,
};
IFCTL(neigh4_ctl);

static const struct ifctl neigh6_ctl = {
	.set = { .path = "sys/net/ipv6/neigh", .ops = &ifctl_ops },
	.rows = rows, .nrows = ARRAY_SIZE(rows), .nrows_if = NEIGHCONF_OF_IF, .values = values6, .change = change6,
};
IFCTL(neigh6_ctl);
