// SPDX-License-Identifier: GPL-2.0-only
/* Connections over netlink, as conntrack(8) asks for them, and /proc/net/nf_conntrack. */
#include "track_impl.h"

#include <tern/fs/procfs.h>
#include <tern/kernel/cred.h>
#include <tern/lib/string.h>
#include <tern/net/netlink.h>
#include <uapi/nftables.h>

#define NEWS_ROOM	512u

static bool is_icmp(const struct cttuple *t) { return t->proto == IPPROTO_ICMP || t->proto == IPPROTO_ICMPV6; }

/* ---- out ---- */

static void put_proto(struct nlpkt *p, const struct cttuple *t)
{
	u32 at = nlpkt_nest(p, CTA_TUPLE_PROTO | NLATTR_NESTED);
	u16 base = t->is_v6 ? CTA_PROTO_ICMPV6_ID : CTA_PROTO_ICMP_ID;

	nlpkt_put_u8(p, CTA_PROTO_NUM, t->proto);
	if (is_icmp(t)) {
		nlpkt_put(p, base, &t->sport, 2);
		nlpkt_put_u8(p, base + 1, (u8)(FROM_BE16(t->dport) >> 8));
		nlpkt_put_u8(p, base + 2, (u8)FROM_BE16(t->dport));
	} else if (ctproto_has_ports(t->proto)) {
		nlpkt_put(p, CTA_PROTO_SRC_PORT, &t->sport, 2);
		nlpkt_put(p, CTA_PROTO_DST_PORT, &t->dport, 2);
	}
	nlpkt_nest_end(p, at);
}

static void put_tuple(struct nlpkt *p, u16 type, const struct cttuple *t)
{
	u32 all = nlpkt_nest(p, type | NLATTR_NESTED), at = nlpkt_nest(p, CTA_TUPLE_IP | NLATTR_NESTED);

	nlpkt_put(p, t->is_v6 ? CTA_IP_V6_SRC : CTA_IP_V4_SRC, &t->src, t->is_v6 ? 16 : 4);
	nlpkt_put(p, t->is_v6 ? CTA_IP_V6_DST : CTA_IP_V4_DST, &t->dst, t->is_v6 ? 16 : 4);
	nlpkt_nest_end(p, at);
	put_proto(p, t);
	nlpkt_nest_end(p, all);
}

static void put_be32(struct nlpkt *p, u16 type, u32 v) { nlpkt_put_u32(p, type, TO_BE32(v)); }

static bool put_flow(struct nlpkt *p, const struct ctflow *f, u8 msg, u16 flags, u32 portid, u32 seq)
{
	struct nfgenmsg *m = nlpkt_begin(p, NFNL_SUBSYS_CTNETLINK << 8 | msg, flags, portid, seq, sizeof(*m));
	u32 info, tcp;

	if (!m)
		return false;
	m->family = f->dir[0].t.is_v6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
	put_tuple(p, CTA_TUPLE_ORIG, &f->dir[0].t);
	put_tuple(p, CTA_TUPLE_REPLY, &f->dir[1].t);
	put_be32(p, CTA_STATUS, READ_ONCE(f->status));
	put_be32(p, CTA_ID, f->id);
	if (msg == IPCTNL_MSG_CT_NEW) {
		put_be32(p, CTA_TIMEOUT, track_expires_in(f) / 1000);
		put_be32(p, CTA_MARK, READ_ONCE(f->mark));
		put_be32(p, CTA_USE, 1);
		if (f->dir[0].t.proto == IPPROTO_TCP) {
			info = nlpkt_nest(p, CTA_PROTOINFO | NLATTR_NESTED);
			tcp = nlpkt_nest(p, CTA_PROTOINFO_TCP | NLATTR_NESTED);
			nlpkt_put_u8(p, CTA_PROTOINFO_TCP_STATE, READ_ONCE(f->tcp_state));
			nlpkt_nest_end(p, tcp);
			nlpkt_nest_end(p, info);
		}
	}
	return nlpkt_end(p);
}

void track_news(struct ctflow *f, bool is_new)
{
	u32 group = is_new ? NFNLGRP_CONNTRACK_NEW : NFNLGRP_CONNTRACK_DESTROY;
	struct nlpkt *p;

	if (!netlink_is_heard(f->ns, NETLINK_NETFILTER, group))
		return;
	p = nlpkt_alloc(NEWS_ROOM, ALLOC_ATOMIC);
	if (!p)
		return;
	if (put_flow(p, f, is_new ? IPCTNL_MSG_CT_NEW : IPCTNL_MSG_CT_DELETE,
		     is_new ? NLM_F_CREATE | NLM_F_EXCL : 0, 0, 0))
		netlink_publish(f->ns, NETLINK_NETFILTER, group, p);
	else
		kmem_free(p);
}

/* arg[0]: bucket, arg[1]: how many of it are listed. */
static int dump(struct nldump *d, struct nlpkt *p)
{
	struct tracktable *tt = d->ns->track;
	u8 family = ((const struct nfgenmsg *)d->req)->family;
	int full = 0;

	rcu_read_lock();
	for (; rcu_load(tt->buckets) && d->arg[0] < tt->nbuckets && !full; d->arg[0]++, d->arg[1] = 0) {
		struct ctlink *l;
		u64 at = 0;

		hlist_foreach_rcu(l, &tt->buckets[d->arg[0]], node) {
			if (l->dir || at++ < d->arg[1] || !track_expires_in(ctflow_of(l)) ||
			    (family && family != (l->t.is_v6 ? NFPROTO_IPV6 : NFPROTO_IPV4)))
				continue;
			full = !put_flow(p, ctflow_of(l), IPCTNL_MSG_CT_NEW, NLM_F_MULTI, d->portid, d->seq);
			if (full)
				break;
			d->arg[1] = at;
		}
		if (full)
			break;
	}
	rcu_read_unlock();
	return full;
}

/* ---- in ---- */

static bool read_number(const struct nlattr_head *a, void *out, u32 n)
{
	if (!a || nlattr_len(a) < n)
		return false;
	memcpy(out, nlattr_data(a), n);
	return true;
}

static int read_proto(const struct nlattr_head *a, struct cttuple *t)
{
	const struct nlattr_head *tb[CTA_PROTO_ICMPV6_CODE + 1];
	u16 base = t->is_v6 ? CTA_PROTO_ICMPV6_ID : CTA_PROTO_ICMP_ID;
	u8 type, code;
	int err = a ? nlattrs_in(a, tb, CTA_PROTO_ICMPV6_CODE) : -EINVAL;

	if (err || !read_number(tb[CTA_PROTO_NUM], &t->proto, 1))
		return err ? err : -EINVAL;
	if (is_icmp(t)) {
		if (!read_number(tb[base], &t->sport, 2) || !read_number(tb[base + 1], &type, 1) ||
		    !read_number(tb[base + 2], &code, 1))
			return -EINVAL;
		t->dport = TO_BE16(type << 8 | code);
	} else if (ctproto_has_ports(t->proto) && (!read_number(tb[CTA_PROTO_SRC_PORT], &t->sport, 2) ||
						   !read_number(tb[CTA_PROTO_DST_PORT], &t->dport, 2))) {
		return -EINVAL;
	}
	return 0;
}

static int read_tuple(const struct nlattr_head *a, bool is_v6, struct cttuple *t)
{
	const struct nlattr_head *tb[CTA_TUPLE_PROTO + 1], *ip[CTA_IP_V6_DST + 1];
	int err = nlattrs_in(a, tb, CTA_TUPLE_PROTO);

	memset(t, 0, sizeof(*t));
	t->is_v6 = is_v6;
	if (!err && !tb[CTA_TUPLE_IP])
		err = -EINVAL;
	if (!err)
		err = nlattrs_in(tb[CTA_TUPLE_IP], ip, CTA_IP_V6_DST);
	if (err)
		return err;
	if (!read_number(ip[is_v6 ? CTA_IP_V6_SRC : CTA_IP_V4_SRC], &t->src, is_v6 ? 16 : 4) ||
	    !read_number(ip[is_v6 ? CTA_IP_V6_DST : CTA_IP_V4_DST], &t->dst, is_v6 ? 16 : 4))
		return -EINVAL;
	return read_proto(tb[CTA_TUPLE_PROTO], t);
}

/* The flow that a request names, with a reference; ERR_PTR. */
static struct ctflow *flow_of(struct nlreq *r, const struct nlattr_head **tb)
{
	const struct nlattr_head *a = tb[CTA_TUPLE_ORIG] ? tb[CTA_TUPLE_ORIG] : tb[CTA_TUPLE_REPLY];
	struct tracktable *tt = r->ns->track;
	struct ctlink *l = NULL;
	struct cttuple t;
	int err = read_tuple(a, ((const struct nfgenmsg *)r->data)->family == NFPROTO_IPV6, &t);

	if (err)
		return ERR_PTR(err);
	rcu_read_lock();
	if (rcu_load(tt->buckets))
		l = track_find(tt, &t);
	rcu_read_unlock();
	return l ? ctflow_of(l) : ERR_PTR(-ENOENT);
}

static int get_one(struct nlreq *r, const struct nlattr_head **tb)
{
	struct ctflow *f = flow_of(r, tb);
	struct nlpkt *p;
	bool ok;

	if (IS_ERR(f))
		return (int)PTR_ERR(f);
	p = nlpkt_alloc(NEWS_ROOM, ALLOC_KERNEL);
	ok = p && put_flow(p, f, IPCTNL_MSG_CT_NEW, 0, r->portid, r->h->seq);
	ctflow_put(f);
	if (ok)
		return nlreq_reply(r, p);
	kmem_free(p);
	return -ENOMEM;
}

static int end_one(struct nlreq *r, const struct nlattr_head **tb)
{
	struct ctflow *f = flow_of(r, tb);

	if (IS_ERR(f))
		return (int)PTR_ERR(f);
	track_kill(r->ns->track, f);
	ctflow_put(f);
	return 0;
}

static int get_stats(struct nlreq *r)
{
	struct nlpkt *p = nlpkt_alloc(NEWS_ROOM, ALLOC_KERNEL);
	u16 type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET_STATS;

	if (!p)
		return -ENOMEM;
	nlpkt_begin(p, type, 0, r->portid, r->h->seq, sizeof(struct nfgenmsg));
	put_be32(p, CTA_STATS_GLOBAL_ENTRIES, (u32)READ_ONCE(r->ns->track->count));
	put_be32(p, CTA_STATS_GLOBAL_MAX_ENTRIES, (u32)READ_ONCE(r->ns->track->max));
	nlpkt_end(p);
	return nlreq_reply(r, p);
}

int track_request(struct nlreq *r)
{
	const struct nlattr_head *tb[CTA_ID + 1];
	int err = r->len < sizeof(struct nfgenmsg) ? -EINVAL : 0;

	if (!netns_cap(CAP_NET_ADMIN))
		return -EPERM;
	if (!err)
		err = nlreq_attrs(r, sizeof(struct nfgenmsg), tb, CTA_ID);
	if (err)
		return err;
	switch ((u8)r->h->type) {
	case IPCTNL_MSG_CT_GET:
		if ((r->h->flags & NLM_F_DUMP) == NLM_F_DUMP)
			return nlreq_dump(r, dump);
		return tb[CTA_TUPLE_ORIG] || tb[CTA_TUPLE_REPLY] ? get_one(r, tb) : -EINVAL;
	case IPCTNL_MSG_CT_DELETE:
		if (tb[CTA_TUPLE_ORIG] || tb[CTA_TUPLE_REPLY])
			return end_one(r, tb);
		track_kill_all(r->ns->track, ((const struct nfgenmsg *)r->data)->family);
		return 0;
	case IPCTNL_MSG_CT_GET_STATS:
		return get_stats(r);
	}
	return -EOPNOTSUPP;
}

/* ---- /proc/net/nf_conntrack ---- */

static void print_addr6(struct seqbuf *sb, const char *name, const struct in6ip *a)
{
	seqbuf_puts(sb, name);
	for (u32 i = 0; i < 8; i++)
		seqbuf_printf(sb, i ? ":%04x" : "%04x", FROM_BE16(a->h[i]));
}

static void show_tuple(struct seqbuf *sb, const struct cttuple *t)
{
	if (t->is_v6) {
		print_addr6(sb, "src=", &t->src);
		print_addr6(sb, " dst=", &t->dst);
	} else {
		seqbuf_printf(sb, "src=%u.%u.%u.%u dst=%u.%u.%u.%u", t->src.b[0], t->src.b[1], t->src.b[2], t->src.b[3],
			      t->dst.b[0], t->dst.b[1], t->dst.b[2], t->dst.b[3]);
	}
	if (is_icmp(t))
		seqbuf_printf(sb, " type=%u code=%u id=%u ", FROM_BE16(t->dport) >> 8, FROM_BE16(t->dport) & 255,
			      FROM_BE16(t->sport));
	else if (ctproto_has_ports(t->proto))
		seqbuf_printf(sb, " sport=%u dport=%u ", FROM_BE16(t->sport), FROM_BE16(t->dport));
	else
		seqbuf_puts(sb, " ");
}

static const char *proto_name(u8 proto)
{
	switch (proto) {
	case IPPROTO_ICMP:
		return "icmp";
	case IPPROTO_ICMPV6:
		return "icmpv6";
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_UDPLITE:
		return "udplite";
	}
	return "unknown";
}

static void print_flow(struct seqbuf *sb, const struct ctflow *f)
{
	static const char *const states[] = { "NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT",
					      "LAST_ACK", "TIME_WAIT", "CLOSE", "SYN_SENT2" };
	const struct cttuple *t = &f->dir[0].t;
	u32 status = READ_ONCE(f->status);

	seqbuf_printf(sb, "%-8s %u %-8s %u %u ", t->is_v6 ? "ipv6" : "ipv4", t->is_v6 ? AF_INET6 : AF_INET,
		      proto_name(t->proto), t->proto, track_expires_in(f) / 1000);
	if (t->proto == IPPROTO_TCP)
		seqbuf_printf(sb, "%s ", states[READ_ONCE(f->tcp_state)]);
	show_tuple(sb, t);
	if (!(status & IPS_SEEN_REPLY))
		seqbuf_puts(sb, "[UNREPLIED] ");
	show_tuple(sb, &f->dir[1].t);
	if (status & IPS_ASSURED)
		seqbuf_puts(sb, "[ASSURED] ");
	seqbuf_printf(sb, "mark=%u zone=0 use=2\n", READ_ONCE(f->mark));
}

static void print_flows(struct seqbuf *sb, void *arg)
{
	struct tracktable *tt = netns_self()->track;
	struct ctlink *l;

	rcu_read_lock();
	for (u32 i = 0; rcu_load(tt->buckets) && i < tt->nbuckets; i++)
		hlist_foreach_rcu(l, &tt->buckets[i], node)
			if (!l->dir && track_expires_in(ctflow_of(l)))
				print_flow(sb, ctflow_of(l));
	rcu_read_unlock();
}
static struct procfile flows_file = { .path = "net/nf_conntrack", .mode = 0440, .print = print_flows };
PROCFILE(flows_file);
