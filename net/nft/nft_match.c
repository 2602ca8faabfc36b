// SPDX-License-Identifier: GPL-2.0-only
/* Expressions that load from packets, compute and compare: payload, meta, cmp, range, bitwise, byteorder. */
#include "nft_impl.h"

#include <tern/lib/string.h>

/* A value out of NFTA_DATA_VALUE; its length or -errno. */
static int read_value(const struct nlattr_head *a, u8 *out)
{
	const struct nlattr_head *tb[NFTA_DATA_VERDICT + 1];
	int err = nlattrs_in(a, tb, NFTA_DATA_VERDICT);

	if (err || !tb[NFTA_DATA_VALUE] || nlattr_len(tb[NFTA_DATA_VALUE]) > NFT_DATA_MAX)
		return err ? err : -EINVAL;
	memcpy(out, nlattr_data(tb[NFTA_DATA_VALUE]), nlattr_len(tb[NFTA_DATA_VALUE]));
	return (int)nlattr_len(tb[NFTA_DATA_VALUE]);
}

static void put_value(struct nlpkt *p, u16 type, const u8 *value, u32 len)
{
	u32 at = nlpkt_nest(p, type | NLATTR_NESTED);

	nlpkt_put(p, NFTA_DATA_VALUE, value, len);
	nlpkt_nest_end(p, at);
}

/* Where a register is; the length was checked when the rule was read. */
static u8 *reg(struct nfteval *v, u32 r)
{
	return v->regs + nft_reg(r, 1);
}

/* ---- payload ---- */

#define PAYLOAD_DREG	1
#define PAYLOAD_BASE	2
#define PAYLOAD_OFFSET	3
#define PAYLOAD_LEN	4
#define PAYLOAD_SREG	5

static int payload_parse(const struct nftctx *c, struct nftexpr *e, const struct nlattr_head *data)
{
	const struct nlattr_head *tb[PAYLOAD_SREG + 1];
	int err = nlattrs_in(data, tb, PAYLOAD_SREG);

	if (err)
		return err;
	if (tb[PAYLOAD_SREG])
		return -EOPNOTSUPP;
	if (!tb[PAYLOAD_DREG] || !tb[PAYLOAD_BASE] || !tb[PAYLOAD_OFFSET] || !tb[PAYLOAD_LEN])
		return -EINVAL;
	e->dreg = nft_u32(tb[PAYLOAD_DREG]);
	e->key = nft_u32(tb[PAYLOAD_BASE]);
	e->off = nft_u32(tb[PAYLOAD_OFFSET]);
	e->len = nft_u32(tb[PAYLOAD_LEN]);
	if (e->key > NFT_PAYLOAD_TRANSPORT)
		return -EOPNOTSUPP;
	return e->off > 65535 || e->len > NFT_DATA_MAX || nft_reg(e->dreg, e->len) < 0 ? -EINVAL : 0;
}

static bool load(const struct nftexpr *e, struct nfteval *v, u8 *to)
{
	struct pktbuf *pb = v->pb;
	u32 off = e->off;

	if (e->key == NFT_PAYLOAD_LINK) {
		if (!v->in || pb->mac + off + e->len > pb->net)
			return false;
		memcpy(to, pb->buf + pb->mac + off, e->len);
		return true;
	}
	if (e->key == NFT_PAYLOAD_TRANSPORT) {
		if (!v->has_transport)
			return false;
		off += v->transport;
	}
	if (off + e->len > pb->len)
		return false;
	pktbuf_read(pb, off, to, e->len);
	return true;
}

static void payload_eval(struct nftexpr *e, struct nfteval *v)
{
	u8 *to = reg(v, e->dreg);

	if (e->len & 3)
		memset(to + (e->len & ~3u), 0, 4);
	if (!load(e, v, to))
		v->verdict.code = NFT_BREAK;
}

static void payload_show(struct nlpkt *p, const struct nftexpr *e, const struct nfttable *t)
{
	nft_put_u32(p, PAYLOAD_DREG, e->dreg);
	nft_put_u32(p, PAYLOAD_BASE, e->key);
	nft_put_u32(p, PAYLOAD_OFFSET, e->off);
	nft_put_u32(p, PAYLOAD_LEN, e->len);
}
const struct nftexprtype nft_payload = { "payload", payload_parse, payload_eval, payload_show };

/* ---- meta ---- */

#define META_DREG	1
#define META_KEY	2
#define META_SREG	3

static u32 meta_len(u32 key)
{
	switch (key) {
	case NFT_META_IIFNAME:
	case NFT_META_OIFNAME:
		return IFNAMSIZ;
	case NFT_META_PROTOCOL:
	case NFT_META_IIFTYPE:
	case NFT_META_OIFTYPE:
	case NFT_META_LEN:
	case NFT_META_PRIORITY:
	case NFT_META_MARK:
	case NFT_META_IIF:
	case NFT_META_OIF:
	case NFT_META_NFPROTO:
	case NFT_META_L4PROTO:
	case NFT_META_PKTTYPE:
		return 4;
	}
	return 0;
}

static int meta_parse(const struct nftctx *c, struct nftexpr *e, const struct nlattr_head *data)
{
	const struct nlattr_head *tb[META_SREG + 1];
	int err = nlattrs_in(data, tb, META_SREG);

	if (err || !tb[META_KEY] || !tb[META_DREG] == !tb[META_SREG])
		return err ? err : -EINVAL;
	e->key = nft_u32(tb[META_KEY]);
	e->len = meta_len(e->key);
	e->dreg = tb[META_DREG] ? nft_u32(tb[META_DREG]) : 0;
	e->sreg = tb[META_SREG] ? nft_u32(tb[META_SREG]) : 0;
	if (!e->len || (e->sreg && e->key != NFT_META_MARK && e->key != NFT_META_PRIORITY))
		return -EOPNOTSUPP;
	return nft_reg(e->dreg ? e->dreg : e->sreg, e->len) < 0 ? -EINVAL : 0;
}

static void meta_set(const struct nftexpr *e, struct nfteval *v)
{
	u32 value;

	memcpy(&value, reg(v, e->sreg), 4);
	*(e->key == NFT_META_MARK ? &v->pb->mark : &v->pb->priority) = value;
}

static bool meta_name(struct nfteval *v, u8 *to, const struct netif *nif)
{
	memset(to, 0, IFNAMSIZ);
	if (nif)
		strlcpy((char *)to, nif->name, IFNAMSIZ);
	return nif;
}

/* A number in the machine's order, but for protocol; false: there is none. */
static bool meta_number(const struct nftexpr *e, const struct nfteval *v, u32 *n)
{
	const struct pktbuf *pb = v->pb;

	switch (e->key) {
	case NFT_META_LEN:
		*n = pb->len;
		return true;
	case NFT_META_PROTOCOL:
		*n = TO_BE16(v->is_v6 ? ETH_P_IPV6 : ETH_P_IP);
		return true;
	case NFT_META_PRIORITY:
		*n = pb->priority;
		return true;
	case NFT_META_MARK:
		*n = pb->mark;
		return true;
	case NFT_META_IIF:
	case NFT_META_IIFTYPE:
		*n = !v->in ? 0 : e->key == NFT_META_IIF ? v->in->index : v->in->type;
		return v->in || e->key == NFT_META_IIF;
	case NFT_META_OIF:
	case NFT_META_OIFTYPE:
		*n = !v->out ? 0 : e->key == NFT_META_OIF ? v->out->index : v->out->type;
		return v->out || e->key == NFT_META_OIF;
	case NFT_META_NFPROTO:
		*n = v->is_v6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
		return true;
	case NFT_META_L4PROTO:
		*n = v->l4proto;
		return true;
	case NFT_META_PKTTYPE:
		*n = pb->type;
		return true;
	}
	return false;
}

static void meta_eval(struct nftexpr *e, struct nfteval *v)
{
	bool ok;
	u32 n;

	if (e->sreg) {
		meta_set(e, v);
		return;
	}
	if (e->key == NFT_META_IIFNAME || e->key == NFT_META_OIFNAME) {
		meta_name(v, reg(v, e->dreg), e->key == NFT_META_IIFNAME ? v->in : v->out);
		return;
	}
	ok = meta_number(e, v, &n);
	if (ok)
		memcpy(reg(v, e->dreg), &n, 4);
	else
		v->verdict.code = NFT_BREAK;
}

static void meta_show(struct nlpkt *p, const struct nftexpr *e, const struct nfttable *t)
{
	nft_put_u32(p, META_KEY, e->key);
	nft_put_u32(p, e->dreg ? META_DREG : META_SREG, e->dreg ? e->dreg : e->sreg);
}
const struct nftexprtype nft_meta = { "meta", meta_parse, meta_eval, meta_show };

/* ---- cmp ---- */

#define CMP_SREG	1
#define CMP_OP		2
#define CMP_DATA	3

static int cmp_parse(const struct nftctx *c, struct nftexpr *e, const struct nlattr_head *data)
{
	const struct nlattr_head *tb[CMP_DATA + 1];
	int err = nlattrs_in(data, tb, CMP_DATA);

	if (err || !tb[CMP_SREG] || !tb[CMP_OP] || !tb[CMP_DATA])
		return err ? err : -EINVAL;
	e->sreg = nft_u32(tb[CMP_SREG]);
	e->op = nft_u32(tb[CMP_OP]);
	err = read_value(tb[CMP_DATA], e->a);
	if (err < 0)
		return err;
	e->len = (u32)err;
	return e->op > NFT_CMP_GTE || nft_reg(e->sreg, e->len) < 0 ? -EINVAL : 0;
}

static void cmp_eval(struct nftexpr *e, struct nfteval *v)
{
	int d = memcmp(reg(v, e->sreg), e->a, e->len);
	bool ok = false;

	switch (e->op) {
	case NFT_CMP_EQ:
		ok = !d;
		break;
	case NFT_CMP_NEQ:
		ok = d;
		break;
	case NFT_CMP_LT:
		ok = d < 0;
		break;
	case NFT_CMP_LTE:
		ok = d <= 0;
		break;
	case NFT_CMP_GT:
		ok = d > 0;
		break;
	case NFT_CMP_GTE:
		ok = d >= 0;
		break;
	}
	if (!ok)
		v->verdict.code = NFT_BREAK;
}

static void cmp_show(struct nlpkt *p, const struct nftexpr *e, const struct nfttable *t)
{
	nft_put_u32(p, CMP_SREG, e->sreg);
	nft_put_u32(p, CMP_OP, e->op);
	put_value(p, CMP_DATA, e->a, e->len);
}
const struct nftexprtype nft_cmp = { "cmp", cmp_parse, cmp_eval, cmp_show };

/* ---- range ---- */

#define RANGE_SREG	1
#define RANGE_OP	2
#define RANGE_FROM	3
#define RANGE_TO	4

static int range_parse(const struct nftctx *c, struct nftexpr *e, const struct nlattr_head *data)
{
	const struct nlattr_head *tb[RANGE_TO + 1];
	int err = nlattrs_in(data, tb, RANGE_TO), from, to;

	if (err || !tb[RANGE_SREG] || !tb[RANGE_OP] || !tb[RANGE_FROM] || !tb[RANGE_TO])
		return err ? err : -EINVAL;
	e->sreg = nft_u32(tb[RANGE_SREG]);
	e->op = nft_u32(tb[RANGE_OP]);
	from = read_value(tb[RANGE_FROM], e->a);
	to = read_value(tb[RANGE_TO], e->b);
	if (from < 0 || from != to || e->op > NFT_CMP_NEQ || nft_reg(e->sreg, (u32)from) < 0)
		return -EINVAL;
	e->len = (u32)from;
	return 0;
}

static void range_eval(struct nftexpr *e, struct nfteval *v)
{
	const u8 *x = reg(v, e->sreg);
	bool is_in = memcmp(x, e->a, e->len) >= 0 && memcmp(x, e->b, e->len) <= 0;

	if (is_in != (e->op == NFT_CMP_EQ))
		v->verdict.code = NFT_BREAK;
}

static void range_show(struct nlpkt *p, const struct nftexpr *e, const struct nfttable *t)
{
	nft_put_u32(p, RANGE_SREG, e->sreg);
	nft_put_u32(p, RANGE_OP, e->op);
	put_value(p, RANGE_FROM, e->a, e->len);
	put_value(p, RANGE_TO, e->b, e->len);
}
const struct nftexprtype nft_range = { "range", range_parse, range_eval, range_show };

/* ---- bitwise: and, then exclusive or ---- */

#define BITWISE_SREG	1
#define BITWISE_DREG	2
#define BITWISE_LEN	3
#define BITWISE_MASK	4
#define BITWISE_XOR	5
#define BITWISE_OP	6

static int bitwise_parse(const struct nftctx *c, struct nftexpr *e, const struct nlattr_head *data)
{
	const struct nlattr_head *tb[BITWISE_OP + 1];
	int err = nlattrs_in(data, tb, BITWISE_OP);

	if (err)
		return err;
	if (tb[BITWISE_OP] && nft_u32(tb[BITWISE_OP]))
		return -EOPNOTSUPP;	/* shifts */
	if (!tb[BITWISE_SREG] || !tb[BITWISE_DREG] || !tb[BITWISE_LEN] || !tb[BITWISE_MASK] || !tb[BITWISE_XOR])
		return -EINVAL;
	e->sreg = nft_u32(tb[BITWISE_SREG]);
	e->dreg = nft_u32(tb[BITWISE_DREG]);
	e->len = nft_u32(tb[BITWISE_LEN]);
	if (e->len > NFT_DATA_MAX || nft_reg(e->sreg, e->len) < 0 || nft_reg(e->dreg, e->len) < 0 ||
	    read_value(tb[BITWISE_MASK], e->a) != (int)e->len || read_value(tb[BITWISE_XOR], e->b) != (int)e->len)
		return -EINVAL;
	return 0;
}

static void bitwise_eval(struct nftexpr *e, struct nfteval *v)
{
	const u8 *from = reg(v, e->sreg);
	u8 *to = reg(v, e->dreg);

	for (u32 i = 0; i < e->len; i++)
		to[i] = (u8)((from[i] & e->a[i]) ^ e->b[i]);
}

static void bitwise_show(struct nlpkt *p, const struct nftexpr *e, const struct nfttable *t)
{
	nft_put_u32(p, BITWISE_SREG, e->sreg);
	nft_put_u32(p, BITWISE_DREG, e->dreg);
	nft_put_u32(p, BITWISE_LEN, e->len);
	nft_put_u32(p, BITWISE_OP, 0);
	put_value(p, BITWISE_MASK, e->a, e->len);
	put_value(p, BITWISE_XOR, e->b, e->len);
}
const struct nftexprtype nft_bitwise = { "bitwise", bitwise_parse, bitwise_eval, bitwise_show };

/* ---- byteorder: both directions are the same ---- */

#define BYTEORDER_SREG	1
#define BYTEORDER_DREG	2
#define BYTEORDER_OP	3
#define BYTEORDER_LEN	4
#define BYTEORDER_SIZE	5

static int byteorder_parse(const struct nftctx *c, struct nftexpr *e, const struct nlattr_head *data)
{
	const struct nlattr_head *tb[BYTEORDER_SIZE + 1];
	int err = nlattrs_in(data, tb, BYTEORDER_SIZE);

	if (err)
		return err;
	for (u32 i = BYTEORDER_SREG; i <= BYTEORDER_SIZE; i++)
		if (!tb[i])
			return -EINVAL;
	e->sreg = nft_u32(tb[BYTEORDER_SREG]);
	e->dreg = nft_u32(tb[BYTEORDER_DREG]);
	e->op = nft_u32(tb[BYTEORDER_OP]);
	e->len = nft_u32(tb[BYTEORDER_LEN]);
	e->off = nft_u32(tb[BYTEORDER_SIZE]);
	if ((e->off != 2 && e->off != 4 && e->off != 8) || e->len > NFT_DATA_MAX || nft_reg(e->sreg, e->len) < 0 ||
	    nft_reg(e->dreg, e->len) < 0 || e->op > 1)
		return -EINVAL;
	return 0;
}

static void byteorder_eval(struct nftexpr *e, struct nfteval *v)
{
	const u8 *from = reg(v, e->sreg);
	u8 *to = reg(v, e->dreg), t[8];

	for (u32 at = 0; at + e->off <= e->len; at += e->off) {
		for (u32 i = 0; i < e->off; i++)
			t[i] = from[at + e->off - 1 - i];
		memcpy(to + at, t, e->off);
	}
}

static void byteorder_show(struct nlpkt *p, const struct nftexpr *e, const struct nfttable *t)
{
	nft_put_u32(p, BYTEORDER_SREG, e->sreg);
	nft_put_u32(p, BYTEORDER_DREG, e->dreg);
	nft_put_u32(p, BYTEORDER_OP, e->op);
	nft_put_u32(p, BYTEORDER_LEN, e->len);
	nft_put_u32(p, BYTEORDER_SIZE, e->off);
}
const struct nftexprtype nft_byteorder = { "byteorder", byteorder_parse, byteorder_eval, byteorder_show };
