// SPDX-License-Identifier: GPL-2.0-only
/*
 * Expressions of rules: reading and showing lists of them, verdicts, and those that act:
 * immediate, lookup, counter, limit, log, reject. What looks at packets is in nft_match.c.
 */
#include "nft_impl.h"

#include <tern/kernel/clock.h>
#include <tern/lib/string.h>

u64 nft_u64(const struct nlattr_head *a)
{
	u64 v = 0;

	memcpy(&v, nlattr_data(a), min_t(u32, sizeof(v), nlattr_len(a)));
	return __builtin_bswap64(v);
}

void nft_put_u64(struct nlpkt *p, u16 type, u64 v)
{
	v = __builtin_bswap64(v);
	nlpkt_put(p, type, &v, sizeof(v));
}

bool nft_text(const struct nlattr_head *a, char *out, u32 room)
{
	u32 n = a ? nlattr_len(a) : 0;

	if (!n || n > room)
		return false;
	memset(out, 0, room);
	memcpy(out, nlattr_data(a), n);
	return !out[room - 1] && out[0];
}

/* Registers 1 to 4 have 16 bytes, 8 to 23 are quarters of them. */
int nft_reg(u32 reg, u32 len)
{
	u32 at = reg >= 1 && reg <= 4 ? (reg - 1) * 16 : reg >= 8 && reg <= 23 ? (reg - 8) * 4 : NFT_DATA_MAX;

	return at + len <= NFT_DATA_MAX && len ? (int)at : -EINVAL;
}

/* ---- verdicts ---- */

int nft_read_verdict(const struct nfttable *t, const struct nlattr_head *a, struct nftverdict *v)
{
	const struct nlattr_head *data[NFTA_DATA_VERDICT + 1], *tb[NFTA_VERDICT_CHAIN + 1];
	const struct nftchain *c;
	char name[NFT_NAME];
	int err = nlattrs_in(a, data, NFTA_DATA_VERDICT);

	if (!err && !data[NFTA_DATA_VERDICT])
		err = -EINVAL;
	if (!err)
		err = nlattrs_in(data[NFTA_DATA_VERDICT], tb,
				   NFTA_VERDICT_CHAIN);
	if (err || !tb[NFTA_VERDICT_CODE])
		return err ? err : -EINVAL;
	*v = (struct nftverdict){ .code = (s32)nft_u32(tb[NFTA_VERDICT_CODE]) };
	if (v->code == NFT_JUMP || v->code == NFT_GOTO) {
		if (!nft_text(tb[NFTA_VERDICT_CHAIN], name, sizeof(name)))
			return -EINVAL;
		c = nft_chain(t, name);
		if (!c)
			return -ENOENT;
		if (c->is_base)
			return -EOPNOTSUPP;
		v->chain = c->handle;
		return 0;
	}
	return v->code == NF_DROP || v->code == NF_ACCEPT || (v->code <= NFT_CONTINUE && v->code >= NFT_RETURN) ?
	       0 : -EOPNOTSUPP;
}

void nft_put_verdict(struct nlpkt *p, u16 type, const struct nftverdict *v, const struct nfttable *t)
{
	const struct nftchain *c = v->chain ? nft_chain_by(t, v->chain) : NULL;
	u32 data = nlpkt_nest(p, type | NLATTR_NESTED), at = nlpkt_nest(p, NFTA_DATA_VERDICT | NLATTR_NESTED);

	nft_put_u32(p, NFTA_VERDICT_CODE, (u32)v->code);
	if (c)
		nlpkt_put_str(p, NFTA_VERDICT_CHAIN, c->name);
	nlpkt_nest_end(p, at);
	nlpkt_nest_end(p, data);
}

/* ---- immediate ---- */

#define IMMEDIATE_DREG	1
#define IMMEDIATE_DATA	2

static int immediate_parse(const struct nftctx *c, struct nftexpr *e, const struct nlattr_head *data)
{
	const struct nlattr_head *tb[IMMEDIATE_DATA + 1], *v[NFTA_DATA_VERDICT + 1];
	int err = nlattrs_in(data, tb, IMMEDIATE_DATA);

	if (err || !tb[IMMEDIATE_DREG] || !tb[IMMEDIATE_DATA])
		return err ? err : -EINVAL;
	e->dreg = nft_u32(tb[IMMEDIATE_DREG]);
	if (!e->dreg)
		return nft_read_verdict(c->table, tb[IMMEDIATE_DATA], &e->verdict);
	err = nlattrs_in(tb[IMMEDIATE_DATA], v, NFTA_DATA_VERDICT);
	if (err || !v[NFTA_DATA_VALUE] || nft_reg(e->dreg, nlattr_len(v[NFTA_DATA_VALUE])) < 0)
		return err ? err : -EINVAL;
	e->len = nlattr_len(v[NFTA_DATA_VALUE]);
	memcpy(e->a, nlattr_data(v[NFTA_DATA_VALUE]), e->len);
	return 0;
}

static void immediate_eval(struct nftexpr *e, struct nfteval *v)
{
	if (e->dreg)
		memcpy(v->regs + nft_reg(e->dreg, e->len), e->a, e->len);
	else
		v->verdict = e->verdict;
}

static void immediate_show(struct nlpkt *p, const struct nftexpr *e, const struct nfttable *t)
{
	u32 at;

	nft_put_u32(p, IMMEDIATE_DREG, e->dreg);
	if (!e->dreg) {
		nft_put_verdict(p, IMMEDIATE_DATA, &e->verdict, t);
		return;
	}
	at = nlpkt_nest(p, IMMEDIATE_DATA | NLATTR_NESTED);
	nlpkt_put(p, NFTA_DATA_VALUE, e->a, e->len);
	nlpkt_nest_end(p, at);
}
const struct nftexprtype nft_immediate = { "immediate", immediate_parse, immediate_eval, immediate_show };

/* ---- lookup ---- */

#define LOOKUP_SET	1
#define LOOKUP_SREG	2
#define LOOKUP_DREG	3
#define LOOKUP_SET_ID	4
#define LOOKUP_FLAGS	5
#define LOOKUP_INV	1u

static int lookup_parse(const struct nftctx *c, struct nftexpr *e, const struct nlattr_head *data)
{
	const struct nlattr_head *tb[LOOKUP_FLAGS + 1];
	const struct nftset *s;
	char name[NFT_NAME] = "";
	int err = nlattrs_in(data, tb, LOOKUP_FLAGS);

	if (err || !tb[LOOKUP_SREG] || !nft_text(tb[LOOKUP_SET], name, sizeof(name)))
		return err ? err : -EINVAL;
	s = nft_set(c->table, name, tb[LOOKUP_SET_ID] ? nft_u32(tb[LOOKUP_SET_ID]) : 0);
	if (!s)
		return -ENOENT;
	e->set = s->handle;
	e->sreg = nft_u32(tb[LOOKUP_SREG]);
	e->op = tb[LOOKUP_FLAGS] ? nft_u32(tb[LOOKUP_FLAGS]) : 0;
	e->key = tb[LOOKUP_DREG] != NULL;
	e->dreg = tb[LOOKUP_DREG] ? nft_u32(tb[LOOKUP_DREG]) : 0;
	if ((e->op & ~LOOKUP_INV) || nft_reg(e->sreg, s->key_len) < 0 || (e->key && !(s->flags & NFT_SET_MAP)) ||
	    (e->key && e->dreg && nft_reg(e->dreg, s->data_len) < 0) ||
	    (e->key && !e->dreg && s->data_type != NFT_DATA_VERDICT))
		return -EINVAL;
	return 0;
}

static void lookup_eval(struct nftexpr *e, struct nfteval *v)
{
	const struct nftset *s = nft_set_by(v->table, e->set);
	const struct nftelem *m = s ? nftset_find(s, v->regs + nft_reg(e->sreg, s->key_len)) : NULL;

	if (!m != !!(e->op & LOOKUP_INV)) {
		v->verdict.code = NFT_BREAK;
		return;
	}
	if (!m || !e->key)
		return;
	if (e->dreg)
		memcpy(v->regs + nft_reg(e->dreg, s->data_len), m->bytes + s->key_len, s->data_len);
	else
		v->verdict = m->verdict;
}

static void lookup_show(struct nlpkt *p, const struct nftexpr *e, const struct nfttable *t)
{
	const struct nftset *s = nft_set_by(t, e->set);

	nlpkt_put_str(p, LOOKUP_SET, s ? s->name : "");
	nft_put_u32(p, LOOKUP_SREG, e->sreg);
	if (e->key)
		nft_put_u32(p, LOOKUP_DREG, e->dreg);
	nft_put_u32(p, LOOKUP_FLAGS, e->op);
}
const struct nftexprtype nft_lookup = { "lookup", lookup_parse, lookup_eval, lookup_show };

/* ---- counter: n[0] bytes, n[1] packets ---- */

#define COUNTER_BYTES	1
#define COUNTER_PACKETS	2

static int counter_parse(const struct nftctx *c, struct nftexpr *e, const struct nlattr_head *data)
{
	const struct nlattr_head *tb[COUNTER_PACKETS + 1];
	int err = data ? nlattrs_in(data, tb, COUNTER_PACKETS) : 0;

	if (err || !data)
		return err;
	e->n[0] = tb[COUNTER_BYTES] ? nft_u64(tb[COUNTER_BYTES]) : 0;
	e->n[1] = tb[COUNTER_PACKETS] ? nft_u64(tb[COUNTER_PACKETS]) : 0;
	return 0;
}

static void counter_eval(struct nftexpr *e, struct nfteval *v)
{
	__atomic_fetch_add(&e->n[0], v->pb->len, __ATOMIC_RELAXED);
	__atomic_fetch_add(&e->n[1], 1, __ATOMIC_RELAXED);
}

static void counter_show(struct nlpkt *p, const struct nftexpr *e, const struct nfttable *t)
{
	nft_put_u64(p, COUNTER_BYTES, READ_ONCE(e->n[0]));
	nft_put_u64(p, COUNTER_PACKETS, READ_ONCE(e->n[1]));
}
const struct nftexprtype nft_counter = { "counter", counter_parse, counter_eval, counter_show, .has_no_data = true };

/* ---- limit: n[0] rate, n[1] unit in s, n[2] tokens in ns, n[3] when they were counted; off burst ---- */

#define LIMIT_RATE	1
#define LIMIT_UNIT	2
#define LIMIT_BURST	3
#define LIMIT_TYPE	4
#define LIMIT_FLAGS	5
#define LIMIT_INV	1u

static u64 limit_cost(const struct nftexpr *e, u64 what)
{
	return what * (e->n[1] * NSEC_PER_SEC / e->n[0]);
}

static u64 limit_most(const struct nftexpr *e)
{
	if (e->key)		/* bytes: a unit's worth and the burst */
		return e->n[1] * NSEC_PER_SEC + limit_cost(e, e->off);
	return limit_cost(e, e->off ? e->off : 1);
}

static int limit_parse(const struct nftctx *c, struct nftexpr *e, const struct nlattr_head *data)
{
	const struct nlattr_head *tb[LIMIT_FLAGS + 1];
	int err = nlattrs_in(data, tb, LIMIT_FLAGS);

	if (err || !tb[LIMIT_RATE] || !tb[LIMIT_UNIT])
		return err ? err : -EINVAL;
	e->n[0] = nft_u64(tb[LIMIT_RATE]);
	e->n[1] = nft_u64(tb[LIMIT_UNIT]);
	e->off = tb[LIMIT_BURST] ? nft_u32(tb[LIMIT_BURST]) : 0;
	e->key = tb[LIMIT_TYPE] ? nft_u32(tb[LIMIT_TYPE]) : 0;
	e->op = tb[LIMIT_FLAGS] ? nft_u32(tb[LIMIT_FLAGS]) : 0;
	if (!e->n[0] || !e->n[1] || e->n[1] > 604800 || e->n[0] > e->n[1] * NSEC_PER_SEC || e->key > 1)
		return -EOVERFLOW;
	e->n[2] = limit_most(e);
	e->n[3] = clock_coarse_ns();
	return 0;
}

static void limit_eval(struct nftexpr *e, struct nfteval *v)
{
	u64 cost = limit_cost(e, e->key ? v->pb->len : 1), most = limit_most(e);
	nsec_t now = clock_ns();
	bool is_over;

	spin_lock(&e->lock);
	e->n[2] = min(most, e->n[2] + (now - e->n[3]));
	e->n[3] = now;
	is_over = e->n[2] < cost;
	if (!is_over)
		e->n[2] -= cost;
	spin_unlock(&e->lock);
	if (is_over != !!(e->op & LIMIT_INV))
		v->verdict.code = NFT_BREAK;
}

static void limit_show(struct nlpkt *p, const struct nftexpr *e, const struct nfttable *t)
{
	nft_put_u64(p, LIMIT_RATE, e->n[0]);
	nft_put_u64(p, LIMIT_UNIT, e->n[1]);
	nft_put_u32(p, LIMIT_BURST, e->off);
	nft_put_u32(p, LIMIT_TYPE, e->key);
	nft_put_u32(p, LIMIT_FLAGS, e->op);
}
const struct nftexprtype nft_limit = { "limit", limit_parse, limit_eval, limit_show };

/* ---- log: a line in the kernel's log ---- */

#define LOG_GROUP	1
#define LOG_PREFIX	2
#define LOG_LEVEL	5
#define LOG_FLAGS	6

static int log_parse(const struct nftctx *c, struct nftexpr *e, const struct nlattr_head *data)
{
	const struct nlattr_head *tb[LOG_FLAGS + 1];
	int err = data ? nlattrs_in(data, tb, LOG_FLAGS) : 0;

	if (err || !data)
		return err;
	if (tb[LOG_GROUP] || (tb[LOG_FLAGS] && nft_u32(tb[LOG_FLAGS])))
		return -EOPNOTSUPP;
	if (tb[LOG_PREFIX]) {
		if (nlattr_len(tb[LOG_PREFIX]) >= sizeof(e->a))
			return -EOPNOTSUPP;
		memcpy(e->a, nlattr_data(tb[LOG_PREFIX]), nlattr_len(tb[LOG_PREFIX]));
	}
	e->key = tb[LOG_LEVEL] ? nft_u32(tb[LOG_LEVEL]) : 4;
	return e->key > 7 ? -EINVAL : 0;
}

static void log_eval(struct nftexpr *e, struct nfteval *v)
{
	filter_log((const char *)e->a, v->in, v->out, v->pb);
}

static void log_show(struct nlpkt *p, const struct nftexpr *e, const struct nfttable *t)
{
	if (e->a[0])
		nlpkt_put_str(p, LOG_PREFIX, (const char *)e->a);
	nft_put_u32(p, LOG_LEVEL, e->key);
}
const struct nftexprtype nft_log = { "log", log_parse, log_eval, log_show, .has_no_data = true };

/* ---- reject ---- */

#define REJECT_TYPE	1
#define REJECT_CODE	2

static int reject_parse(const struct nftctx *c, struct nftexpr *e, const struct nlattr_head *data)
{
	const struct nlattr_head *tb[REJECT_CODE + 1];
	int err = nlattrs_in(data, tb, REJECT_CODE);

	if (err || !tb[REJECT_TYPE])
		return err ? err : -EINVAL;
	e->key = nft_u32(tb[REJECT_TYPE]);
	e->op = tb[REJECT_CODE] ? (u8)nlattr_u32(tb[REJECT_CODE]) : 0;
	if (e->key > NFT_REJECT_ICMPX || (e->key == NFT_REJECT_ICMPX && e->op > 3) ||
	    (e->key == NFT_REJECT_ICMP && c->table->family == NFPROTO_INET))
		return -EINVAL;
	return 0;
}

static void reject_eval(struct nftexpr *e, struct nfteval *v)
{
	v->verdict.code = NF_DROP;
	if (e->key == NFT_REJECT_TCP_RST && v->has_transport)
		filter_reset(v->ns, v->pb, v->transport);
	else if (e->key != NFT_REJECT_TCP_RST)
		filter_refuse(v->ns, v->hook, v->pb, e->key == NFT_REJECT_ICMPX, (u8)e->op);
}

static void reject_show(struct nlpkt *p, const struct nftexpr *e, const struct nfttable *t)
{
	nft_put_u32(p, REJECT_TYPE, e->key);
	if (e->key != NFT_REJECT_TCP_RST)
		nlpkt_put_u8(p, REJECT_CODE, (u8)e->op);
}
const struct nftexprtype nft_reject = { "reject", reject_parse, reject_eval, reject_show };

/* ---- lists of expressions ---- */

static const struct nftexprtype *const types[] = {
	&nft_payload, &nft_meta, &nft_cmp, &nft_range, &nft_bitwise, &nft_byteorder, &nft_immediate, &nft_lookup,
	&nft_counter, &nft_limit, &nft_log, &nft_reject, &nft_ct, &nft_notrack, &nft_nat, &nft_masq, &nft_redir,
};

static int parse_one(const struct nftctx *c, const struct nlattr_head *a, struct nftexpr *e)
{
	const struct nlattr_head *tb[NFTA_EXPR_DATA + 1];
	char name[32];
	int err = nlattrs_in(a, tb, NFTA_EXPR_DATA);

	if (err || !nft_text(tb[NFTA_EXPR_NAME], name, sizeof(name)))
		return err ? err : -EINVAL;
	for (u32 i = 0; i < ARRAY_SIZE(types); i++) {
		if (strcmp(types[i]->name, name))
			continue;
		e->type = types[i];
		spin_init(&e->lock, LOCKRANK_NET_TABLE);
		if (!tb[NFTA_EXPR_DATA] && !e->type->has_no_data)
			return -EINVAL;
		return e->type->parse(c, e, tb[NFTA_EXPR_DATA]);
	}
	return -ENOENT;
}

int nftrule_parse(const struct nftctx *c, const struct nlattr_head *list, struct nftrule *r)
{
	const void *p = list ? nlattr_data(list) : NULL;
	u32 left = list ? nlattr_len(list) : 0, n = 0;
	int err = 0;

	r->exprs = kmem_zalloc(NFT_EXPRS_MAX * sizeof(*r->exprs), ALLOC_KERNEL);
	if (!r->exprs)
		return -ENOMEM;
	for (; left >= sizeof(struct nlattr_head) && !err; n++) {
		const struct nlattr_head *a = p;

		if (a->len < sizeof(*a) || a->len > left || n == NFT_EXPRS_MAX)
			return -EINVAL;
		err = parse_one(c, a, &r->exprs[n]);
		p += NL_ALIGN((u32)a->len);
		left -= min(NL_ALIGN((u32)a->len), left);
	}
	r->n = n;
	return err;
}

void nftrule_show(struct nlpkt *p, const struct nftrule *r, const struct nfttable *t)
{
	u32 all = nlpkt_nest(p, NFTA_RULE_EXPRESSIONS | NLATTR_NESTED);

	for (u32 i = 0; i < r->n; i++) {
		u32 one = nlpkt_nest(p, NFTA_LIST_ELEM | NLATTR_NESTED), data;

		nlpkt_put_str(p, NFTA_EXPR_NAME, r->exprs[i].type->name);
		data = nlpkt_nest(p, NFTA_EXPR_DATA | NLATTR_NESTED);
		r->exprs[i].type->show(p, &r->exprs[i], t);
		nlpkt_nest_end(p, data);
		nlpkt_nest_end(p, one);
	}
	nlpkt_nest_end(p, all);
}
