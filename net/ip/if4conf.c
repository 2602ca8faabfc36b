// SPDX-License-Identifier: GPL-2.0-only
/* /proc/sys/net/ipv4/conf, and ip_forward, which is the forwarding of all. Theory in if4conf.h. */
#include "ip_impl.h"

#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <tern/net/ifctl.h>

static const struct ifctlrow rows[] = {
#define IF4CONF_ROW(id, file, lowest, highest, all, dflt) { .name = file, .min = lowest, .max = highest },
	IF4CONF_ROWS(IF4CONF_ROW)
#undef IF4CONF_ROW
};
static_assert(IF4CONF_COUNT < 64, "rows are bits of is_set");

void if4confs_init(struct if4confs *c)
{
	const struct if4confs *first = &netns_initial.ip4->conf;

	for (u32 i = 0; i < IF4CONF_COUNT; i++) {
		c->all.v[i] = READ_ONCE(first->all.v[i]);
		c->dflt.v[i] = READ_ONCE(first->dflt.v[i]);
	}
}

int if4conf_attach(struct netif *nif)
{
	struct if4conf *c = kmem_zalloc(sizeof(*c), ALLOC_KERNEL);

	if (!c)
		return -ENOMEM;
	memcpy(c->v, nif->ns->ip4->conf.dflt.v, sizeof(c->v));
	nif->conf4 = c;
	return 0;
}

void if4conf_detach(struct netif *nif)
{
	kmem_free(nif->conf4);
	nif->conf4 = NULL;
}

bool if4_any(const struct netif *nif, enum if4row row)
{
	return READ_ONCE(nif->conf4->v[row]) || READ_ONCE(nif->ns->ip4->conf.all.v[row]);
}

s32 if4_max(const struct netif *nif, enum if4row row)
{
	s32 own = READ_ONCE(nif->conf4->v[row]), all = READ_ONCE(nif->ns->ip4->conf.all.v[row]);

	return max(own, all);
}

static void set(struct if4conf *c, u32 row, s32 v)
{
	WRITE_ONCE(c->v[row], v);
	c->is_set |= BIT(row);
}

void if4conf_forward_all(struct netns *ns, s32 on)
{
	struct netif *nif;

	if (ns->ip4->conf.all.v[IF4_FORWARDING] == on)
		return;		/* an interface that was told otherwise stays so */
	set(&ns->ip4->conf.all, IF4_FORWARDING, on);
	set(&ns->ip4->conf.dflt, IF4_FORWARDING, on);
	netif_foreach(nif, ns)
		set(nif->conf4, IF4_FORWARDING, on);
}

void if4conf_settle(struct netif *nif)
{
	nif->conf4->is_set = BIT(IF4CONF_COUNT) - 1;
}

/* ---- files ---- */

static s32 *values(struct netns *ns, enum ifctlwho who, struct netif *nif)
{
	struct if4confs *c = &ns->ip4->conf;

	if (who == IFCTL_IF)
		return nif->conf4 ? nif->conf4->v : NULL;
	return who == IFCTL_ALL ? c->all.v : c->dflt.v;
}

/* Interfaces that were not told otherwise follow "default". */
static void set_default(struct netns *ns, u32 row, s32 v)
{
	struct netif *nif;

	set(&ns->ip4->conf.dflt, row, v);
	netif_foreach(nif, ns)
		if (!(nif->conf4->is_set & BIT(row)))
			WRITE_ONCE(nif->conf4->v[row], v);
}

static int change(struct netns *ns, enum ifctlwho who, struct netif *nif, u32 row, s32 v)
{
	if (who == IFCTL_IF)
		set(nif->conf4, row, v);
	else if (who == IFCTL_DEFAULT)
		set_default(ns, row, v);
	else if (row == IF4_FORWARDING)
		if4conf_forward_all(ns, v);
	else
		set(&ns->ip4->conf.all, row, v);
	netns_routes_changed(ns);	/* who keeps a route asks again */
	return 0;
}

static const struct ifctl conf4_ctl = {
	.set = { .path = "sys/net/ipv4/conf", .ops = &ifctl_ops },
	.rows = rows, .nrows = ARRAY_SIZE(rows), .nrows_if = ARRAY_SIZE(rows), .has_all = true,
	.values = values, .change = change,
};
IFCTL(conf4_ctl);

static void print_forward(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "%d\n", READ_ONCE(netns_self()->ip4->conf.all.v[IF4_FORWARDING]));
}

static ssize_t write_forward(const char *text, size_t n, void *arg)
{
	struct netns *ns = netns_self();
	s32 v;

	if (!netns_cap(CAP_NET_ADMIN))
		return -EPERM;
	if (parse_s32(str_trim((char *)text), 0, &v, NULL))
		return -EINVAL;
	kmutex_lock(&ns->config_lock);
	if4conf_forward_all(ns, v);
	netns_routes_changed(ns);
	kmutex_unlock(&ns->config_lock);
	return (ssize_t)n;
}
static struct procfile forward_file = { .path = "sys/net/ipv4/ip_forward", .mode = 0644, .print = print_forward,
					.write = write_forward, .is_netns = true };
PROCFILE(forward_file);
