// SPDX-License-Identifier: GPL-2.0-only
/*
 * The packet filter: nf_tables, as nft(8) speaks to it.
 *
 * Nouns: table, chains and sets of one family; base chain, a chain on a hook, where packets
 * of IP pass; rule, expressions that load, compare, and say what becomes of a packet;
 * generation, all there is in a namespace at one time.
 *
 * Life-cycle: a batch of requests changes a copy of the current generation; rules and members
 * of sets, which never change, are shared. If all requests were right the copy is published
 * at once and the old generation freed after its readers; else the copy is dropped. So
 * a packet sees the rules before a batch or those after it.
 *
 * Where a rule asks about connections, they are looked up at NFT_PRIORITY_TRACK of the hooks where packets
 * enter and remembered behind the last chain of those where they leave (net/ip/track.c). Chains of type nat
 * see the first packet of a connection only, all at one place among the others whatever their priority.
 *
 * Lock order: config_lock protects generations against change; packets read under RCU.
 *
 * Limits: families ip, ip6 and inet; no objects, flow tables, chains of type route,
 * sets that packets change or whose members end, payload writes, nameless chains, monitor.
 */
#include "nft_impl.h"

#include <tern/kernel/cred.h>
#include <tern/lib/string.h>

/* Below and above every priority that a chain can have. */
#define PRIORITY_FIRST	(-(s64)S32_MAX - 1)
#define PRIORITY_END	((s64)S32_MAX + 1)

/* ---- packets ---- */

static void run_rule(const struct nftrule *r, struct nfteval *v)
{
	v->verdict.code = NFT_CONTINUE;
	for (u32 i = 0; i < r->n && v->verdict.code == NFT_CONTINUE; i++)
		r->exprs[i].type->eval(&r->exprs[i], v);
}

/* NF_ACCEPT, NF_DROP, or NFT_RETURN past the last rule. */
static s32 run_chain(const struct nftchain *c, struct nfteval *v)
{
	struct { const struct nftchain *c; u32 i; } stack[NFT_JUMPS_MAX];
	u32 depth = 0, i = 0;

	for (;;) {
		if (i == c->nrules) {
			if (!depth)
				return NFT_RETURN;
			c = stack[--depth].c;
			i = stack[depth].i;
			continue;
		}
		run_rule(c->rules[i++], v);
		switch (v->verdict.code) {
		case NF_ACCEPT:
		case NF_DROP:
			return v->verdict.code;
		case NFT_RETURN:
			i = c->nrules;
			break;
		case NFT_JUMP:
			if (depth == NFT_JUMPS_MAX)
				return NF_DROP;	/* checked before; never */
			stack[depth].c = c;
			stack[depth++].i = i;
			fallthrough;
		case NFT_GOTO:
			c = nft_chain_by(v->table, v->verdict.chain);
			i = 0;
			if (!c)
				return NF_DROP;
			break;
		}
	}
}

/* Chains whose priority is in [@from, @to); false: dropped. */
static bool run_chains(struct nfteval *v, const struct list *hook, s64 from, s64 to)
{
	const struct nftchain *c;
	s32 code;

	list_foreach(c, hook, hook_link[v->is_v6]) {
		if (c->priority < from || c->priority >= to)
			continue;
		v->table = c->table;
		code = run_chain(c, v);
		if (code == NF_DROP || (code == NFT_RETURN && c->policy == NF_DROP))
			return false;
	}
	return true;
}

/* The first packet of a connection chooses how its addresses are translated; every packet's are. */
static bool translate(struct nfteval *v, enum nattype type)
{
	struct ctflow *f = v->pb->ct;

	if (!f || !v->gen->has_nats[v->is_v6])
		return true;
	if (v->pb->ct_state == CT_NEW && !(READ_ONCE(f->status) & IPS_CONFIRMED) && !nat_is_bound(f, type)) {
		if (!run_chains(v, &v->gen->nats[v->is_v6][v->hook], PRIORITY_FIRST, PRIORITY_END) ||
		    !nat_bind(f, NULL, type))
			return false;
	}
	return nat_apply(v->pb, type);
}

static bool run_hook(struct nfteval *v)
{
	const struct list *hook = &v->gen->hooks[v->is_v6][v->hook];

	if (v->hook == NF_FORWARD || !v->gen->tracks[v->is_v6])
		return run_chains(v, hook, PRIORITY_FIRST, PRIORITY_END);
	if (v->hook == NF_PRE_ROUTING || v->hook == NF_LOCAL_OUT)
		return run_chains(v, hook, PRIORITY_FIRST, NFT_PRIORITY_TRACK) && track_in(v->ns, v->pb) &&
		       run_chains(v, hook, NFT_PRIORITY_TRACK, NFT_PRIORITY_NAT_DST) && translate(v, NAT_DST) &&
		       run_chains(v, hook, NFT_PRIORITY_NAT_DST, PRIORITY_END);
	return run_chains(v, hook, PRIORITY_FIRST, NFT_PRIORITY_NAT_SRC) && translate(v, NAT_SRC) &&
	       run_chains(v, hook, NFT_PRIORITY_NAT_SRC, PRIORITY_END) && track_confirm(v->pb);
}

bool filter_run(struct netns *ns, enum nfhook hook, const struct netif *in, const struct netif *out, struct pktbuf *pb)
{
	struct nftgen *g = rcu_load(ns->filter);
	struct nfteval v = { .ns = ns, .gen = g, .pb = pb, .in = in, .out = out, .hook = (u8)hook };

	if (!g)
		return true;
	v.is_v6 = pb->buf[pb->net] >> 4 == 6;
	if (list_is_empty(&g->hooks[v.is_v6][hook]) && !g->tracks[v.is_v6])
		return true;
	v.has_transport = filter_find_transport(pb, &v.l4proto, &v.transport);
	if (run_hook(&v))
		return true;
	pktbuf_free(pb);
	return false;
}

/* ---- batches ---- */

static bool has_id(const struct nlreq *r, u32 *id)
{
	const struct nlattr_head *tb[NFNL_BATCH_GENID + 1];

	if (nlreq_attrs(r, sizeof(struct nfgenmsg), tb, NFNL_BATCH_GENID) || !tb[NFNL_BATCH_GENID])
		return false;
	*id = nft_u32(tb[NFNL_BATCH_GENID]);
	return true;
}

static void publish(struct netns *ns, struct nftgen *g)
{
	struct nftgen *old = ns->filter;

	rcu_publish(ns->filter, g);
	WRITE_ONCE(ns->defrags, g->tracks[0]);
	if (!old)
		return;
	rcu_wait();
	nftgen_free(old);
}

/* The requests of a batch up to its end; true: all were right and the end was there. */
static bool run_batch(struct nlreq *r, struct nftgen *g, const void *data, u32 len)
{
	bool ok = true, is_done = false;

	while (len >= sizeof(struct nlhead) && !is_done) {
		const struct nlhead *h = data;
		int err = 0;

		if (h->len < sizeof(*h) || h->len > len)
			return false;
		r->h = h;
		r->data = h + 1;
		r->len = h->len - (u32)sizeof(*h);
		if (h->type == NFNL_BATCH_END)
			is_done = true;
		else if (h->type >> 8 != NFNL_SUBSYS_NFTABLES)
			err = -EINVAL;
		else if (h->flags & NLM_F_REQUEST)
			err = nft_change(r, g, (u8)h->type);
		if (err || ((h->flags & NLM_F_ACK) && !is_done))
			nlreq_answer(r, err);
		ok = ok && !err;
		data += min(NL_ALIGN(h->len), len);
		len -= min(NL_ALIGN(h->len), len);
	}
	return ok && is_done;
}

static void batch(struct nlreq *r, const void *rest, u32 len)
{
	struct nlreq begin = *r;
	struct nftgen *g = NULL;
	u32 id;
	int err = netns_cap(CAP_NET_ADMIN) ? 0 : -EPERM;

	kmutex_lock(&r->ns->config_lock);
	if (!err && has_id(r, &id) && id != (r->ns->filter ? r->ns->filter->id : 1))
		err = -ERESTART;
	if (!err) {
		g = nftgen_clone(r->ns->filter);
		err = g ? 0 : -ENOMEM;
	}
	if (!err && run_batch(r, g, rest, len)) {
		err = nftgen_finish(g);
		if (!err && (g->tracks[0] || g->tracks[1]))
			err = track_start(r->ns);
		if (!err) {
			publish(r->ns, g);
			g = NULL;
		}
	}
	kmutex_unlock(&r->ns->config_lock);
	if (g)
		nftgen_free(g);
	if (err || (begin.h->flags & NLM_F_ACK))
		nlreq_answer(&begin, err);
}

static int request(struct nlreq *r)
{
	return r->h->type >> 8 == NFNL_SUBSYS_CTNETLINK ? track_request(r) : nft_get(r);
}

static const struct nlfamily netfilter_family = { .protocol = NETLINK_NETFILTER, .ngroups = 9, .request = request,
						  .batch_type = NFNL_BATCH_BEGIN, .batch = batch };
NLFAMILY(netfilter_family);

/* ---- namespaces ---- */

static int filter_init(struct netns *ns)
{
	return 0;
}

static void filter_fini(struct netns *ns)
{
	if (ns->filter)
		nftgen_free(ns->filter);
}
static const struct netnspart filter_part = { filter_init, filter_fini };
NETNSPART(filter_part);
