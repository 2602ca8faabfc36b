// SPDX-License-Identifier: GPL-2.0-only
/* Bridges as bridge(8) sees them: AF_BRIDGE requests, settings of ports, sysfs. */
#include "bridge_impl.h"

#include <tern/fs/sysfs.h>
#include <tern/kernel/clock.h>
#include <tern/mm/slab.h>
#include <uapi/socket.h>

/* ---- settings of a port ---- */

void bridge_put_port(struct nlpkt *p, const struct netif *nif)
{
	const struct brport *bp = nif->port;
	u16 priority = bp->priority, number = bp->number, id = (u16)(priority << 8 | number);

	nlpkt_put_u8(p, IFLA_BRPORT_STATE, bp->state);
	nlpkt_put(p, IFLA_BRPORT_PRIORITY, &priority, sizeof(priority));
	nlpkt_put_u32(p, IFLA_BRPORT_COST, bp->cost);
	nlpkt_put_u8(p, IFLA_BRPORT_MODE, bp->hairpin);
	nlpkt_put_u8(p, IFLA_BRPORT_LEARNING, bp->learning);
	nlpkt_put_u8(p, IFLA_BRPORT_UNICAST_FLOOD, bp->flood);
	nlpkt_put(p, IFLA_BRPORT_NO, &number, sizeof(number));
	nlpkt_put(p, IFLA_BRPORT_ID, &id, sizeof(id));
	nlpkt_put_u8(p, IFLA_BRPORT_MCAST_FLOOD, bp->mcast_flood);
	nlpkt_put_u8(p, IFLA_BRPORT_BCAST_FLOOD, bp->bcast_flood);
	nlpkt_put_u8(p, IFLA_BRPORT_ISOLATED, bp->isolated);
}

static void set_bool(bool *to, const struct nlattr_head *a)
{
	if (a)
		WRITE_ONCE(*to, (u8)nlattr_u32(a) != 0);
}

int bridge_change_port(struct netif *nif, const struct nlattr_head *data)
{
	const struct nlattr_head *tb[IFLA_BRPORT_ISOLATED + 1];
	struct brport *bp = nif->port;
	int err = nlattrs_in(data, tb, IFLA_BRPORT_ISOLATED);
	u8 state;

	if (err)
		return err;
	if (tb[IFLA_BRPORT_STATE]) {
		state = (u8)nlattr_u32(tb[IFLA_BRPORT_STATE]);
		if (state > BR_BLOCKING)
			return -EINVAL;
		if (!netif_is_up(nif) && state != BR_DISABLED)
			return -ENETDOWN;
		WRITE_ONCE(bp->state, state);
	}
	if (tb[IFLA_BRPORT_COST])
		WRITE_ONCE(bp->cost, nlattr_u32(tb[IFLA_BRPORT_COST]));
	if (tb[IFLA_BRPORT_PRIORITY])
		WRITE_ONCE(bp->priority, (u16)nlattr_u32(tb[IFLA_BRPORT_PRIORITY]) & 63);
	set_bool(&bp->hairpin, tb[IFLA_BRPORT_MODE]);
	set_bool(&bp->learning, tb[IFLA_BRPORT_LEARNING]);
	set_bool(&bp->flood, tb[IFLA_BRPORT_UNICAST_FLOOD]);
	set_bool(&bp->mcast_flood, tb[IFLA_BRPORT_MCAST_FLOOD]);
	set_bool(&bp->bcast_flood, tb[IFLA_BRPORT_BCAST_FLOOD]);
	set_bool(&bp->isolated, tb[IFLA_BRPORT_ISOLATED]);
	if (tb[IFLA_BRPORT_FLUSH])
		fdb_flush(bp->bridge, bp, false);
	return 0;
}

/* ---- links of the family ---- */

static bool put_port_link(struct nldump *d, struct nlpkt *p, const struct netif *nif)
{
	struct ifinfomsg *m = nlpkt_begin(p, RTM_NEWLINK, NLM_F_MULTI, d->portid, d->seq, sizeof(*m));
	const struct brport *bp = nif->port;
	u32 at;

	if (!m)
		return false;
	m->family = AF_BRIDGE;
	m->type = nif->type;
	m->index = (s32)nif->index;
	m->flags = netif_user_flags(nif);
	nlpkt_put_str(p, IFLA_IFNAME, nif->name);
	nlpkt_put_u32(p, IFLA_MTU, nif->mtu);
	nlpkt_put_u8(p, IFLA_OPERSTATE, netif_operstate(nif));
	nlpkt_put(p, IFLA_ADDRESS, nif->addr, nif->addr_len);
	nlpkt_put_u32(p, IFLA_MASTER, bp->bridge->nif.index);
	at = nlpkt_nest(p, IFLA_PROTINFO | NLATTR_NESTED);
	bridge_put_port(p, nif);
	nlpkt_nest_end(p, at);
	return nlpkt_end(p);
}

static int dump_ports(struct nldump *d, struct nlpkt *p)
{
	struct netif *nif;
	u64 at = 0;

	netif_foreach(nif, d->ns) {
		if (!nif->port || !nldump_due(d, &at))
			continue;
		if (!put_port_link(d, p, nif))
			return 1;
		d->arg[0] = at;
	}
	return 0;
}

static int change_port_link(struct nlreq *r, bool is_new)
{
	const struct nlattr_head *tb[IFLA_PROTINFO + 1];
	struct ifinfomsg store;
	const struct ifinfomsg *m = nlreq_fixed(r, &store, sizeof(store));
	struct netif *nif = netif_find_index(r->ns, (u32)m->index);
	int err = nlreq_attrs(r, sizeof(*m), tb, IFLA_PROTINFO);

	if (err)
		return err;
	if (!nif)
		return -ENODEV;
	if (!is_new || !tb[IFLA_PROTINFO] || !nif->port)
		return -EOPNOTSUPP;
	return bridge_change_port(nif, tb[IFLA_PROTINFO]);
}

static const struct rtobject port_object = { .base = RTM_NEWLINK, .family = AF_BRIDGE, .change = change_port_link,
					     .dump = dump_ports };
RTOBJECT(port_object);

/* ---- addresses ---- */

struct walk { struct nldump *d; struct nlpkt *p; const struct bridge *br; u64 at; bool is_full; };

static bool put_fdb(const struct fdb *f, void *arg)
{
	struct walk *w = arg;
	const struct brport *bp = READ_ONCE(f->port);
	struct ndacacheinfo ci = { 0 };
	struct ndmsg *m;

	if (!nldump_due(w->d, &w->at))
		return true;
	m = nlpkt_begin(w->p, RTM_NEWNEIGH, NLM_F_MULTI, w->d->portid, w->d->seq, sizeof(*m));
	w->is_full = !m;
	if (w->is_full)
		return false;
	m->family = AF_BRIDGE;
	m->index = (s32)(bp ? bp->nif->index : w->br->nif.index);
	m->state = f->is_local ? NUD_PERMANENT : f->is_static ? NUD_NOARP : NUD_REACHABLE;
	nlpkt_put(w->p, NDA_LLADDR, f->mac, 6);
	nlpkt_put_u32(w->p, NDA_MASTER, w->br->nif.index);
	ci.used = ci.updated = (u32)((clock_coarse_ns() - READ_ONCE(f->updated)) / (NSEC_PER_SEC / 100));
	nlpkt_put(w->p, NDA_CACHEINFO, &ci, sizeof(ci));
	w->is_full = !nlpkt_end(w->p);
	if (!w->is_full)
		w->d->arg[0] = w->at;
	return !w->is_full;
}

static int dump_fdb(struct nldump *d, struct nlpkt *p)
{
	struct walk w = { .d = d, .p = p };
	struct netif *nif;

	netif_foreach(nif, d->ns) {
		if (nif->kind != &bridge_kind || w.is_full)
			continue;
		w.br = bridge_of(nif);
		fdb_walk(bridge_of(nif), put_fdb, &w);
	}
	return w.is_full;
}

static int change_fdb(struct nlreq *r, bool is_new)
{
	const struct nlattr_head *tb[NDA_LLADDR + 1];
	struct ndmsg store;
	const struct ndmsg *m = nlreq_fixed(r, &store, sizeof(store));
	struct netif *nif = netif_find_index(r->ns, (u32)m->index);
	int err = nlreq_attrs(r, sizeof(*m), tb, NDA_LLADDR);
	struct bridge *br;

	if (err)
		return err;
	if (!nif)
		return -ENODEV;
	if (!tb[NDA_LLADDR] || nlattr_len(tb[NDA_LLADDR]) != 6)
		return -EINVAL;
	if (!nif->port && nif->kind != &bridge_kind)
		return -EOPNOTSUPP;
	br = nif->port ? brport_of(nif)->bridge : bridge_of(nif);
	if (!is_new)
		return fdb_del(br, nif->port, nlattr_data(tb[NDA_LLADDR]));
	if (!(m->state & (NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE)))
		return -EINVAL;
	err = fdb_add(br, nif->port, nlattr_data(tb[NDA_LLADDR]), m->state & NUD_PERMANENT,
		      !(m->state & NUD_REACHABLE));
	return err == -EEXIST && !(r->h->flags & NLM_F_EXCL) ? 0 : err;
}

static const struct rtobject fdb_object = { .base = RTM_NEWNEIGH, .family = AF_BRIDGE, .change = change_fdb,
					    .dump = dump_fdb };
RTOBJECT(fdb_object);

/* ---- sysfs ---- */

#define SHOW_BRIDGE(id, format, value)						\
	static int show_##id(struct seqbuf *sb, void *arg)			\
	{									\
		const struct bridge *br = arg;					\
		seqbuf_printf(sb, format "\n", value);				\
		return 0;							\
	}
SHOW_BRIDGE(ageing_time, "%lu", br->ageing_ns / (NSEC_PER_SEC / 100))
SHOW_BRIDGE(forward_delay, "%u", br->forward_delay)
SHOW_BRIDGE(hello_time, "%u", br->hello_time)
SHOW_BRIDGE(max_age, "%u", br->max_age)
SHOW_BRIDGE(priority, "%u", br->priority)
SHOW_BRIDGE(group_fwd_mask, "0x%x", br->group_fwd_mask)

static int show_stp_state(struct seqbuf *sb, void *arg)
{
	seqbuf_puts(sb, "0\n");
	return 0;
}

static int show_bridge_id(struct seqbuf *sb, void *arg)
{
	const struct bridge *br = arg;
	const u8 *a = br->nif.addr;

	seqbuf_printf(sb, "%04x.%02x%02x%02x%02x%02x%02x\n", br->priority, a[0], a[1], a[2], a[3], a[4], a[5]);
	return 0;
}

static const struct sysattr bridge_attrs[] = {
	{ .name = "ageing_time", .show = show_ageing_time }, { .name = "forward_delay", .show = show_forward_delay },
	{ .name = "hello_time", .show = show_hello_time }, { .name = "max_age", .show = show_max_age },
	{ .name = "priority", .show = show_priority }, { .name = "stp_state", .show = show_stp_state },
	{ .name = "group_fwd_mask", .show = show_group_fwd_mask },
	{ .name = "bridge_id", .show = show_bridge_id }, { .name = "root_id", .show = show_bridge_id },
};

#define SHOW_PORT(id, format, value)						\
	static int show_port_##id(struct seqbuf *sb, void *arg)			\
	{									\
		const struct brport *bp = arg;					\
		seqbuf_printf(sb, format "\n", value);				\
		return 0;							\
	}
SHOW_PORT(state, "%u", bp->state)
SHOW_PORT(port_no, "0x%x", bp->number)
SHOW_PORT(priority, "%u", bp->priority)
SHOW_PORT(path_cost, "%u", bp->cost)
SHOW_PORT(hairpin_mode, "%u", bp->hairpin)
SHOW_PORT(learning, "%u", bp->learning)
SHOW_PORT(unicast_flood, "%u", bp->flood)
SHOW_PORT(isolated, "%u", bp->isolated)

static const struct sysattr port_attrs[] = {
	{ .name = "state", .show = show_port_state }, { .name = "port_no", .show = show_port_port_no },
	{ .name = "priority", .show = show_port_priority }, { .name = "path_cost", .show = show_port_path_cost },
	{ .name = "hairpin_mode", .show = show_port_hairpin_mode },
	{ .name = "learning", .show = show_port_learning },
	{ .name = "unicast_flood", .show = show_port_unicast_flood },
	{ .name = "isolated", .show = show_port_isolated },
};

static int fill(struct sysnode *parent, const char *name, const struct sysattr *attrs, u32 n, void *arg)
{
	struct sysnode *dir = sysfs_dir_create(parent, name);

	return IS_ERR(dir) ? (int)PTR_ERR(dir) : sysfs_files_create(dir, attrs, n, arg);
}

/* What does not fit in memory is not shown; netlink has it all. */
void bridge_sysfs_add(struct bridge *br)
{
	if (!br->nif.sys || fill(br->nif.sys, "bridge", bridge_attrs, ARRAY_SIZE(bridge_attrs), br))
		return;
	sysfs_dir_create(br->nif.sys, "brif");
}

void bridge_sysfs_add_port(struct brport *p)
{
	struct sysnode *brif = p->bridge->nif.sys ? sysfs_dir_find(p->bridge->nif.sys, "brif") : NULL;
	struct sysnode *port;

	if (!brif || !p->nif->sys || fill(p->nif->sys, "brport", port_attrs, ARRAY_SIZE(port_attrs), p))
		return;
	port = sysfs_dir_find(p->nif->sys, "brport");
	sysfs_link_create(port, "bridge", p->bridge->nif.sys);
	sysfs_link_create(brif, p->nif->name, port);
}

void bridge_sysfs_del_port(struct brport *p)
{
	struct sysnode *brif = p->bridge->nif.sys ? sysfs_dir_find(p->bridge->nif.sys, "brif") : NULL;

	if (brif)
		sysfs_remove_name(brif, p->nif->name);
	if (p->nif->sys)
		sysfs_remove_name(p->nif->sys, "brport");
}
