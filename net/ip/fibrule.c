// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules of policy routing, for both versions, and RTM_*RULE.
 *
 * Rules are a list by priority. Every namespace begins with: local at 0, main at 32766 and, for
 * IPv4, default at 32767. The local table is always asked first, wherever its rule stands.
 *
 * Limits: no rules by port, protocol, type of service or tunnel.
 */
#include "fibrule.h"

#include <tern/base/err.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <tern/net/netif.h>
#include <uapi/socket.h>

#include "ip6_impl.h"
#include "nl_impl.h"

#define RULE_ROOM	512u

/* ---- which one fits ---- */

static fibkey prefix_mask(u8 plen)
{
	return plen ? ~(fibkey)0 << (128 - plen) : 0;
}

static bool named(const struct fibset *s, const char *name, u32 index)
{
	struct netif *nif;

	if (!name[0])
		return true;
	nif = netif_find_name(s->ns, name);
	return nif && nif->index == index;
}

static bool fits(const struct fibset *s, const struct fibrule *r, const struct fibflow *f)
{
	bool ok = !((r->src ^ f->src) & prefix_mask(r->src_len)) && !((r->dst ^ f->dst) & prefix_mask(r->dst_len)) &&
		  !((r->mark ^ f->mark) & r->mask) && named(s, r->oif, f->oif) &&
		  named(s, r->iif, f->iif ? f->iif : s->ns->loopback->index) &&
		  (!r->has_uids || (f->uid >= r->uid_low && f->uid <= r->uid_high));

	return ok != r->is_inverted;
}

const struct fibrule *fibrule_next(struct fibset *s, const struct fibrule *at, const struct fibflow *f)
{
	const struct fibrule *r;
	u32 from = 0;
	bool behind = !at;

	list_foreach_rcu(r, &s->rules, link) {
		if (!behind) {
			behind = r == at;
			continue;
		}
		if (r->priority < from || !fits(s, r, f) || r->action == FR_ACT_NOP)
			continue;
		if (r->action != FR_ACT_GOTO)
			return r;
		from = r->jump;
	}
	return NULL;
}

/* ---- the list; config_lock held ---- */

static void insert(struct fibset *s, struct fibrule *r)
{
	struct fibrule *o, *after = NULL;

	list_foreach(o, &s->rules, link)
		if (o->priority <= r->priority)
			after = o;
	list_add_rcu(&r->link, after ? &after->link : &s->rules);
}

static int begin_with(struct fibset *s, u32 priority, u32 table)
{
	struct fibrule *r = kmem_zalloc(sizeof(*r), ALLOC_KERNEL);

	if (!r)
		return -ENOMEM;
	r->priority = priority;
	r->table = table;
	r->action = FR_ACT_TO_TBL;
	r->protocol = RTPROT_KERNEL;
	r->suppress_plen = -1;
	insert(s, r);
	return 0;
}

int fibrules_init(struct fibset *s)
{
	int err = begin_with(s, 0, RT_TABLE_LOCAL);

	if (!err)
		err = begin_with(s, 32766, RT_TABLE_MAIN);
	if (!err && s->family == AF_INET)
		err = begin_with(s, 32767, RT_TABLE_DEFAULT);
	if (err)
		fibrules_fini(s);
	return err;
}

void fibrules_fini(struct fibset *s)
{
	struct fibrule *r, *next;

	list_foreach_safe(r, next, &s->rules, link)
		kmem_free(r);
	list_init(&s->rules);
}

static void changed(struct fibset *s)
{
	WRITE_ONCE(s->has_rules, true);
	netns_routes_changed(s->ns);
}

/* A place before the rules that are there, below the first. */
static u32 free_priority(const struct fibset *s)
{
	const struct fibrule *r;
	u32 n = 0;

	list_foreach(r, &s->rules, link)
		if (++n == 2)
			return r->priority ? r->priority - 1 : 0;
	return 0;
}

/* ---- netlink ---- */

static struct fibset *set_of(struct netns *ns, u8 family)
{
	return family == AF_INET ? &ns->ip4->set : &ns->ip6->set;
}

static void put_addr(struct nlpkt *p, const struct fibset *s, u16 type, fibkey key, u8 plen)
{
	struct in6ip a = fib6_addr(key);

	if (!plen)
		return;
	if (s->family == AF_INET)
		nlpkt_put_u32(p, type, TO_BE32(fib4_addr(key)));
	else
		nlpkt_put(p, type, &a, sizeof(a));
}

static bool put_rule(struct nlpkt *p, const struct fibset *s, const struct fibrule *r, u16 type, u16 flags,
		     u32 portid, u32 seq)
{
	struct fibrulehdr *h = nlpkt_begin(p, type, flags, portid, seq, sizeof(*h));
	u32 uids[2] = { r->uid_low, r->uid_high };

	if (!h)
		return false;
	h->family = s->family;
	h->dst_len = r->dst_len;
	h->src_len = r->src_len;
	h->table = r->table < 256 ? (u8)r->table : RT_TABLE_COMPAT;
	h->action = r->action;
	h->flags = r->is_inverted ? FIB_RULE_INVERT : 0;
	nlpkt_put_u32(p, FRA_TABLE, r->table);
	nlpkt_put_u32(p, FRA_SUPPRESS_PREFIXLEN, (u32)r->suppress_plen);
	nlpkt_put_u8(p, FRA_PROTOCOL, r->protocol);
	if (r->priority)
		nlpkt_put_u32(p, FRA_PRIORITY, r->priority);
	if (r->iif[0])
		nlpkt_put_str(p, FRA_IIFNAME, r->iif);
	if (r->oif[0])
		nlpkt_put_str(p, FRA_OIFNAME, r->oif);
	if (r->mark)
		nlpkt_put_u32(p, FRA_FWMARK, r->mark);
	if (r->mask)
		nlpkt_put_u32(p, FRA_FWMASK, r->mask);
	if (r->action == FR_ACT_GOTO)
		nlpkt_put_u32(p, FRA_GOTO, r->jump);
	if (r->has_uids)
		nlpkt_put(p, FRA_UID_RANGE, uids, sizeof(uids));
	put_addr(p, s, FRA_DST, r->dst, r->dst_len);
	put_addr(p, s, FRA_SRC, r->src, r->src_len);
	return nlpkt_end(p);
}

static int dump_rules(struct fibset *s, struct nldump *d, struct nlpkt *p)
{
	const struct fibrule *r;
	u64 at = 0;

	list_foreach(r, &s->rules, link) {
		if (!nldump_due(d, &at))
			continue;
		if (!put_rule(p, s, r, RTM_NEWRULE, NLM_F_MULTI, d->portid, d->seq))
			return 1;
		d->arg[0] = at;
	}
	return 0;
}

static int dump4(struct nldump *d, struct nlpkt *p) { return dump_rules(&d->ns->ip4->set, d, p); }
static int dump6(struct nldump *d, struct nlpkt *p) { return dump_rules(&d->ns->ip6->set, d, p); }

static void news(struct fibset *s, const struct fibrule *r, bool is_new)
{
	u32 group = s->family == AF_INET ? RTNLGRP_IPV4_RULE : RTNLGRP_IPV6_RULE;
	struct nlpkt *p;

	if (!netlink_is_heard(s->ns, NETLINK_ROUTE, group))
		return;
	p = nlpkt_alloc(RULE_ROOM, ALLOC_KERNEL);
	if (!p)
		return;
	put_rule(p, s, r, is_new ? RTM_NEWRULE : RTM_DELRULE, 0, 0, 0);
	netlink_publish(s->ns, NETLINK_ROUTE, group, p);
}

static int read_prefix(const struct fibset *s, const struct nlattr_head *a, u8 plen, fibkey *key)
{
	u32 n = s->family == AF_INET ? 4 : 16;
	struct in6ip ip = { 0 };

	if (plen > n * 8 || (plen && (!a || nlattr_len(a) < n)))
		return -EINVAL;
	if (!plen)
		return 0;
	memcpy(&ip, nlattr_data(a), n);
	*key = (s->family == AF_INET ? fib4_key(FROM_BE32(ip.w[0])) : fib6_key(&ip)) & prefix_mask(plen);
	return 0;
}

static int read_name(const struct nlattr_head *a, char *name)
{
	if (a && nlattr_len(a) > IFNAMSIZ)
		return -EINVAL;
	if (a)
		memcpy(name, nlattr_data(a), min_t(u32, nlattr_len(a), IFNAMSIZ - 1));
	return 0;
}

static int read_rule(const struct fibset *s, const struct fibrulehdr *h, const struct nlattr_head **tb,
		     struct fibrule *r)
{
	int err;

	if (h->tos || tb[FRA_TUN_ID] || tb[FRA_SUPPRESS_IFGROUP] || tb[FRA_IP_PROTO] || tb[FRA_SPORT_RANGE] ||
	    tb[FRA_DPORT_RANGE] || tb[FRA_L3MDEV])
		return -EOPNOTSUPP;
	*r = (struct fibrule){ .src_len = h->src_len, .dst_len = h->dst_len, .suppress_plen = -1,
			       .is_inverted = h->flags & FIB_RULE_INVERT };
	r->action = h->action;
	r->table = tb[FRA_TABLE] ? nlattr_u32(tb[FRA_TABLE]) : h->table;
	r->priority = tb[FRA_PRIORITY] ? nlattr_u32(tb[FRA_PRIORITY]) : 0;
	r->protocol = tb[FRA_PROTOCOL] ? (u8)nlattr_u32(tb[FRA_PROTOCOL]) : 0;
	r->mark = tb[FRA_FWMARK] ? nlattr_u32(tb[FRA_FWMARK]) : 0;
	r->mask = tb[FRA_FWMASK] ? nlattr_u32(tb[FRA_FWMASK]) : r->mark ? ~0u : 0;
	r->jump = tb[FRA_GOTO] ? nlattr_u32(tb[FRA_GOTO]) : 0;
	if (tb[FRA_SUPPRESS_PREFIXLEN])
		r->suppress_plen = (s32)nlattr_u32(tb[FRA_SUPPRESS_PREFIXLEN]);
	if (tb[FRA_UID_RANGE]) {
		if (nlattr_len(tb[FRA_UID_RANGE]) != 8)
			return -EINVAL;
		r->has_uids = true;
		memcpy(&r->uid_low, nlattr_data(tb[FRA_UID_RANGE]), 8);
	}
	if (r->action == FR_ACT_GOTO && r->jump <= r->priority)
		return -EINVAL;
	err = read_prefix(s, tb[FRA_SRC], h->src_len, &r->src);
	if (!err)
		err = read_prefix(s, tb[FRA_DST], h->dst_len, &r->dst);
	if (!err)
		err = read_name(tb[FRA_IIFNAME], r->iif);
	return err ? err : read_name(tb[FRA_OIFNAME], r->oif);
}

/* All that was asked for is the same. */
static bool is_same(const struct fibrule *a, const struct fibrule *b, const struct nlattr_head **tb)
{
	return (!tb[FRA_PRIORITY] || a->priority == b->priority) && (!b->action || a->action == b->action) &&
	       (!b->table || a->table == b->table) && a->src_len == b->src_len && a->dst_len == b->dst_len &&
	       a->src == b->src && a->dst == b->dst && (!tb[FRA_FWMARK] || a->mark == b->mark) &&
	       (!tb[FRA_FWMASK] || a->mask == b->mask) && (!b->iif[0] || !strcmp(a->iif, b->iif)) &&
	       (!b->oif[0] || !strcmp(a->oif, b->oif)) && (!b->protocol || a->protocol == b->protocol) &&
	       (!b->has_uids || (a->has_uids && a->uid_low == b->uid_low && a->uid_high == b->uid_high)) &&
	       (!tb[FRA_SUPPRESS_PREFIXLEN] || a->suppress_plen == b->suppress_plen) &&
	       (b->action != FR_ACT_GOTO || a->jump == b->jump) && a->is_inverted == b->is_inverted;
}

static struct fibrule *find(struct fibset *s, const struct fibrule *like, const struct nlattr_head **tb)
{
	struct fibrule *r;

	list_foreach(r, &s->rules, link)
		if (is_same(r, like, tb))
			return r;
	return NULL;
}

static int change_rule(struct nlreq *r, bool is_new)
{
	const struct nlattr_head *tb[FRA_DPORT_RANGE + 1];
	struct fibrulehdr store;
	const struct fibrulehdr *h = nlreq_fixed(r, &store, sizeof(store));
	struct fibset *s = set_of(r->ns, h->family);
	struct fibrule want, *rule;
	int err = nlreq_attrs(r, sizeof(*h), tb, FRA_DPORT_RANGE);

	if (!err)
		err = read_rule(s, h, tb, &want);
	if (err)
		return err;
	rule = find(s, &want, tb);
	if (!is_new) {
		if (!rule)
			return -ENOENT;
		list_del_rcu(&rule->link);
		changed(s);
		news(s, rule, false);
		rcu_defer_free(&rule->rcu, rule);
		return 0;
	}
	if (want.action == FR_ACT_TO_TBL && !want.table)
		return -EINVAL;
	if (!want.action || want.action > FR_ACT_PROHIBIT)
		return -EINVAL;
	if (rule && tb[FRA_PRIORITY] && (r->h->flags & NLM_F_EXCL))
		return -EEXIST;
	if (!tb[FRA_PRIORITY])
		want.priority = free_priority(s);
	rule = kmem_dup(&want, sizeof(want), ALLOC_KERNEL);
	if (!rule)
		return -ENOMEM;
	insert(s, rule);
	changed(s);
	news(s, rule, true);
	return 0;
}

static const struct rtobject rule4_object = { .base = RTM_NEWRULE, .family = AF_INET, .change = change_rule,
					      .dump = dump4 };
RTOBJECT(rule4_object);
static const struct rtobject rule6_object = { .base = RTM_NEWRULE, .family = AF_INET6, .change = change_rule,
					      .dump = dump6 };
RTOBJECT(rule6_object);
