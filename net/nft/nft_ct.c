// SPDX-License-Identifier: GPL-2.0-only
/* Expressions about connections: ct, notrack; and those that translate addresses: nat, masq, redir. */
#include "nft_impl.h"

#include <tern/lib/string.h>

/* ---- ct: op is the direction, CT_ANY_DIR if none was named ---- */

#define CT_DREG		1
#define CT_KEY		2
#define CT_DIRECTION	3
#define CT_SREG		4
#define CT_ANY_DIR	2u

static u32 ct_len(u32 key, u8 family)
{
	switch (key) {
	case NFT_CT_STATE:
	case NFT_CT_STATUS:
	case NFT_CT_MARK:
	case NFT_CT_EXPIRATION:
	case NFT_CT_SRC_IP:
	case NFT_CT_DST_IP:
	case NFT_CT_ID:
		return 4;
	case NFT_CT_DIRECTION:
	case NFT_CT_L3PROTOCOL:
	case NFT_CT_PROTOCOL:
		return 1;
	case NFT_CT_PROTO_SRC:
	case NFT_CT_PROTO_DST:
		return 2;
	case NFT_CT_SRC:
	case NFT_CT_DST:
		return family == NFPROTO_IPV4 ? 4 : 16;
	case NFT_CT_SRC_IP6:
	case NFT_CT_DST_IP6:
		return 16;
	}
	return 0;
}

static bool ct_needs_direction(u32 key)
{
	return (key >= NFT_CT_SRC && key <= NFT_CT_PROTO_DST && key != NFT_CT_PROTOCOL) ||
	       (key >= NFT_CT_SRC_IP && key <= NFT_CT_DST_IP6);
}

static int ct_parse(const struct nftctx *c, struct nftexpr *e, const struct nlattr_head *data)
{
	const struct nlattr_head *tb[CT_SREG + 1];
	int err = nlattrs_in(data, tb, CT_SREG);

	if (err || !tb[CT_KEY] || !tb[CT_DREG] == !tb[CT_SREG])
		return err ? err : -EINVAL;
	e->key = nft_u32(tb[CT_KEY]);
	e->len = ct_len(e->key, c->table->family);
	e->dreg = tb[CT_DREG] ? nft_u32(tb[CT_DREG]) : 0;
	e->sreg = tb[CT_SREG] ? nft_u32(tb[CT_SREG]) : 0;
	e->op = tb[CT_DIRECTION] ? (u8)nlattr_u32(tb[CT_DIRECTION]) : CT_ANY_DIR;
	if (!e->len || (e->sreg && e->key != NFT_CT_MARK))
		return -EOPNOTSUPP;
	if ((tb[CT_DIRECTION] && e->op > 1) || (ct_needs_direction(e->key) && !tb[CT_DIRECTION]))
		return -EINVAL;
	return nft_reg(e->dreg ? e->dreg : e->sreg, e->len) < 0 ? -EINVAL : 0;
}

static u32 ct_state_bit(const struct pktbuf *pb)
{
	static const u32 bits[] = { [CT_NONE] = NFT_CT_STATE_INVALID, [CT_ESTABLISHED] = NFT_CT_STATE_ESTABLISHED,
				    [CT_RELATED] = NFT_CT_STATE_RELATED, [CT_NEW] = NFT_CT_STATE_NEW,
				    [CT_UNTRACKED] = NFT_CT_STATE_UNTRACKED };

	return bits[pb->ct_state];
}

/* A number in the machine's order into @to; false: the key is no number. */
static bool ct_number(const struct nftexpr *e, const struct nfteval *v, u8 *to)
{
	const struct ctflow *f = v->pb->ct;
	u32 n;

	switch (e->key) {
	case NFT_CT_DIRECTION:
		n = v->pb->ct_reply;
		break;
	case NFT_CT_STATUS:
		n = READ_ONCE(f->status);
		break;
	case NFT_CT_MARK:
		n = READ_ONCE(f->mark);
		break;
	case NFT_CT_EXPIRATION:
		n = track_expires_in(f);
		break;
	case NFT_CT_ID:
		n = TO_BE32(f->id);
		break;
	case NFT_CT_L3PROTOCOL:
		n = v->is_v6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
		break;
	case NFT_CT_PROTOCOL:
		n = f->dir[0].t.proto;
		break;
	default:
		return false;
	}
	memcpy(to, &n, 4);
	return true;
}

static const void *ct_end(u32 key, const struct cttuple *t)
{
	switch (key) {
	case NFT_CT_SRC:
	case NFT_CT_SRC_IP:
	case NFT_CT_SRC_IP6:
		return &t->src;
	case NFT_CT_DST:
	case NFT_CT_DST_IP:
	case NFT_CT_DST_IP6:
		return &t->dst;
	case NFT_CT_PROTO_SRC:
		return &t->sport;
	}
	return &t->dport;
}

static bool ct_is_of_version(u32 key, bool is_v6)
{
	return is_v6 ? key != NFT_CT_SRC_IP && key != NFT_CT_DST_IP : key != NFT_CT_SRC_IP6 && key != NFT_CT_DST_IP6;
}

static void ct_eval(struct nftexpr *e, struct nfteval *v)
{
	struct ctflow *f = v->pb->ct;
	u8 *at = v->regs + nft_reg(e->dreg ? e->dreg : e->sreg, e->len);
	u32 n;

	if (e->sreg) {
		memcpy(&n, at, 4);
		if (f)
			WRITE_ONCE(f->mark, n);
		return;
	}
	if (e->key == NFT_CT_STATE) {
		n = ct_state_bit(v->pb);
		memcpy(at, &n, 4);
		return;
	}
	if (!f || !ct_is_of_version(e->key, v->is_v6)) {
		v->verdict.code = NFT_BREAK;
		return;
	}
	if (ct_number(e, v, at))
		return;
	if (e->len < 4)
		memset(at, 0, 4);
	memcpy(at, ct_end(e->key, &f->dir[e->op & 1].t), e->len);
}

static void ct_show(struct nlpkt *p, const struct nftexpr *e, const struct nfttable *t)
{
	nft_put_u32(p, CT_KEY, e->key);
	nft_put_u32(p, e->dreg ? CT_DREG : CT_SREG, e->dreg ? e->dreg : e->sreg);
	if (e->op != CT_ANY_DIR)
		nlpkt_put_u8(p, CT_DIRECTION, (u8)e->op);
}
const struct nftexprtype nft_ct = { "ct", ct_parse, ct_eval, ct_show, .tracks = true };

/* ---- notrack ---- */

static int notrack_parse(const struct nftctx *c, struct nftexpr *e, const struct nlattr_head *data)
{
	return 0;
}

static void notrack_eval(struct nftexpr *e, struct nfteval *v)
{
	if (!v->pb->ct)
		v->pb->ct_state = CT_UNTRACKED;
}

static void notrack_show(struct nlpkt *p, const struct nftexpr *e, const struct nfttable *t)
{
}
const struct nftexprtype nft_notrack = { "notrack", notrack_parse, notrack_eval, notrack_show, .has_no_data = true };

/* ---- nat: key NAT_SRC or NAT_DST; registers of the range in n[]; op flags; off family ---- */

#define NAT_TYPE	1
#define NAT_FAMILY	2
#define NAT_ADDR_MIN	3
#define NAT_ADDR_MAX	4
#define NAT_PROTO_MIN	5
#define NAT_PROTO_MAX	6
#define NAT_FLAGS	7

/* Registers of a range: the lower one into n[at], the upper into n[at + 1], by default the same. */
static int read_range(struct nftexpr *e, u32 at, const struct nlattr_head *min, const struct nlattr_head *max, u32 len)
{
	if (!min)
		return max ? -EINVAL : 0;
	e->n[at] = nft_u32(min);
	e->n[at + 1] = max ? nft_u32(max) : e->n[at];
	return nft_reg((u32)e->n[at], len) < 0 || nft_reg((u32)e->n[at + 1], len) < 0 ? -EINVAL : 0;
}

static int read_flags(struct nftexpr *e, const struct nlattr_head *flags)
{
	e->op = flags ? nft_u32(flags) : 0;
	if (e->op & ~NF_NAT_RANGE_ALL)
		return -EOPNOTSUPP;
	e->op |= (e->n[0] ? NF_NAT_RANGE_MAP_IPS : 0) | (e->n[2] ? NF_NAT_RANGE_PROTO_SPECIFIED : 0);
	return 0;
}

static int nat_parse(const struct nftctx *c, struct nftexpr *e, const struct nlattr_head *data)
{
	const struct nlattr_head *tb[NAT_FLAGS + 1];
	int err = nlattrs_in(data, tb, NAT_FLAGS);

	if (err || !tb[NAT_TYPE] || !tb[NAT_FAMILY] || (!tb[NAT_ADDR_MIN] && !tb[NAT_PROTO_MIN]))
		return err ? err : -EINVAL;
	e->key = nft_u32(tb[NAT_TYPE]);
	e->off = nft_u32(tb[NAT_FAMILY]);
	if (e->key > NAT_DST)
		return -EINVAL;
	if (e->off != NFPROTO_IPV4 && e->off != NFPROTO_IPV6 && (e->off != NFPROTO_INET || tb[NAT_ADDR_MIN]))
		return -EAFNOSUPPORT;
	if (c->table->family != NFPROTO_INET && c->table->family != e->off)
		return -EAFNOSUPPORT;
	err = read_range(e, 0, tb[NAT_ADDR_MIN], tb[NAT_ADDR_MAX], e->off == NFPROTO_IPV6 ? 16 : 4);
	if (!err)
		err = read_range(e, 2, tb[NAT_PROTO_MIN], tb[NAT_PROTO_MAX], 2);
	return err ? err : read_flags(e, tb[NAT_FLAGS]);
}

static u16 port_in(const struct nfteval *v, u64 reg)
{
	be16 port;

	memcpy(&port, v->regs + nft_reg((u32)reg, 2), 2);
	return FROM_BE16(port);
}

static void fill_ports(const struct nftexpr *e, const struct nfteval *v, struct natrange *r)
{
	r->flags = e->op;
	if (!e->n[2])
		return;
	r->port_min = port_in(v, e->n[2]);
	r->port_max = max(r->port_min, port_in(v, e->n[3]));
}

static void bind_as(struct nfteval *v, const struct natrange *r, enum nattype type)
{
	v->verdict.code = !v->pb->ct || nat_bind(v->pb->ct, r, type) ? NF_ACCEPT : NF_DROP;
}

static void nat_eval(struct nftexpr *e, struct nfteval *v)
{
	u32 n = v->is_v6 ? 16 : 4;
	struct natrange r = { 0 };

	if (e->off != NFPROTO_INET && v->is_v6 != (e->off == NFPROTO_IPV6))
		return;
	fill_ports(e, v, &r);
	if (e->n[0]) {
		memcpy(&r.min, v->regs + nft_reg((u32)e->n[0], n), n);
		memcpy(&r.max, v->regs + nft_reg((u32)e->n[1], n), n);
	}
	bind_as(v, &r, e->key);
}

static void show_range(struct nlpkt *p, const struct nftexpr *e, u32 at, u16 min, u16 max)
{
	if (!e->n[at])
		return;
	nft_put_u32(p, min, (u32)e->n[at]);
	nft_put_u32(p, max, (u32)e->n[at + 1]);
}

static void nat_show(struct nlpkt *p, const struct nftexpr *e, const struct nfttable *t)
{
	nft_put_u32(p, NAT_TYPE, e->key);
	nft_put_u32(p, NAT_FAMILY, e->off);
	show_range(p, e, 0, NAT_ADDR_MIN, NAT_ADDR_MAX);
	show_range(p, e, 2, NAT_PROTO_MIN, NAT_PROTO_MAX);
	if (e->op)
		nft_put_u32(p, NAT_FLAGS, e->op);
}

static bool is_at(const struct nftchain *base, enum nattype type)
{
	if (!base->is_nat)
		return false;
	return type == NAT_SRC ? base->hook == NF_POST_ROUTING || base->hook == NF_LOCAL_IN :
	       base->hook == NF_PRE_ROUTING || base->hook == NF_LOCAL_OUT;
}

static bool nat_fits(const struct nftexpr *e, const struct nftchain *base)
{
	return is_at(base, e->key);
}
const struct nftexprtype nft_nat = { "nat", nat_parse, nat_eval, nat_show, .tracks = true, .fits = nat_fits };

/* ---- masq: the address of the interface that the packet leaves by ---- */

#define MASQ_FLAGS	1
#define MASQ_PROTO_MIN	2
#define MASQ_PROTO_MAX	3

static int masq_parse(const struct nftctx *c, struct nftexpr *e, const struct nlattr_head *data)
{
	const struct nlattr_head *tb[MASQ_PROTO_MAX + 1] = { NULL };
	int err = data ? nlattrs_in(data, tb, MASQ_PROTO_MAX) : 0;

	if (!err)
		err = read_range(e, 2, tb[MASQ_PROTO_MIN], tb[MASQ_PROTO_MAX], 2);
	return err ? err : read_flags(e, tb[MASQ_FLAGS]);
}

static void masq_eval(struct nftexpr *e, struct nfteval *v)
{
	struct natrange r = { 0 };

	fill_ports(e, v, &r);
	r.flags |= NF_NAT_RANGE_MAP_IPS;
	if (v->pb->ct && !nat_our_addr(v->out, v->pb->ct, &r.min)) {
		v->verdict.code = NF_DROP;
		return;
	}
	r.max = r.min;
	bind_as(v, &r, NAT_SRC);
}

static void masq_show(struct nlpkt *p, const struct nftexpr *e, const struct nfttable *t)
{
	if (e->op)
		nft_put_u32(p, MASQ_FLAGS, e->op);
	show_range(p, e, 2, MASQ_PROTO_MIN, MASQ_PROTO_MAX);
}

static bool masq_fits(const struct nftexpr *e, const struct nftchain *base)
{
	return base->is_nat && base->hook == NF_POST_ROUTING;
}
const struct nftexprtype nft_masq = { "masq", masq_parse, masq_eval, masq_show, .tracks = true, .has_no_data = true,
				      .fits = masq_fits };

/* ---- redir: to this machine ---- */

#define REDIR_PROTO_MIN	1
#define REDIR_PROTO_MAX	2
#define REDIR_FLAGS	3

static int redir_parse(const struct nftctx *c, struct nftexpr *e, const struct nlattr_head *data)
{
	const struct nlattr_head *tb[REDIR_FLAGS + 1] = { NULL };
	int err = data ? nlattrs_in(data, tb, REDIR_FLAGS) : 0;

	if (!err)
		err = read_range(e, 2, tb[REDIR_PROTO_MIN], tb[REDIR_PROTO_MAX], 2);
	return err ? err : read_flags(e, tb[REDIR_FLAGS]);
}

static void redir_eval(struct nftexpr *e, struct nfteval *v)
{
	struct natrange r = { 0 };

	fill_ports(e, v, &r);
	r.flags |= NF_NAT_RANGE_MAP_IPS;
	if (v->hook == NF_LOCAL_OUT) {
		r.min.b[v->is_v6 ? 15 : 3] = 1;
		if (!v->is_v6)
			r.min.b[0] = 127;
	} else if (v->pb->ct && !nat_our_addr(v->in, v->pb->ct, &r.min)) {
		v->verdict.code = NF_DROP;
		return;
	}
	r.max = r.min;
	bind_as(v, &r, NAT_DST);
}

static void redir_show(struct nlpkt *p, const struct nftexpr *e, const struct nfttable *t)
{
	show_range(p, e, 2, REDIR_PROTO_MIN, REDIR_PROTO_MAX);
	if (e->op)
		nft_put_u32(p, REDIR_FLAGS, e->op);
}

static bool redir_fits(const struct nftexpr *e, const struct nftchain *base)
{
	return is_at(base, NAT_DST);
}
const struct nftexprtype nft_redir = { "redir", redir_parse, redir_eval, redir_show, .tracks = true,
				       .has_no_data = true, .fits = redir_fits };
