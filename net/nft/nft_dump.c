// SPDX-License-Identifier: GPL-2.0-only
/* Showing the packet filter's generation to nft(8). */
#include "nft_impl.h"

#include <tern/kernel/process.h>
#include <tern/kernel/thread.h>
#include <tern/lib/string.h>

#define REPLY_ROOM	8192u
#define ELEMS_AT_ONCE	64u

/* What a list is limited to; names empty: all. */
struct asked { u8 family; char table[NFT_NAME], name[NFT_NAME]; };

struct out { struct nlpkt *p; u16 flags; u32 portid, seq, gen; };

static void *begin(struct out *o, u8 msg, u8 family)
{
	struct nfgenmsg *m = nlpkt_begin(o->p, (u16)(NFNL_SUBSYS_NFTABLES << 8 | msg), o->flags, o->portid, o->seq,
					 sizeof(*m));

	if (m)
		*m = (struct nfgenmsg){ .family = family, .res_id = TO_BE16(o->gen & 0xffff) };
	return m;
}

static void put_blob(struct nlpkt *p, u16 type, const struct nftblob *b)
{
	if (b)
		nlpkt_put(p, type, b->data, b->len);
}

static bool put_table(struct out *o, const struct nfttable *t)
{
	const struct nftchain *c;
	u32 use = 0;

	if (!begin(o, NFT_NEWTABLE, t->family))
		return false;
	list_foreach(c, &t->chains, link)
		use++;
	nlpkt_put_str(o->p, NFTA_TABLE_NAME, t->name);
	nft_put_u32(o->p, NFTA_TABLE_FLAGS, t->flags);
	nft_put_u32(o->p, NFTA_TABLE_USE, use);
	nft_put_u64(o->p, NFTA_TABLE_HANDLE, t->handle);
	put_blob(o->p, NFTA_TABLE_USERDATA, t->userdata);
	return nlpkt_end(o->p);
}

static bool put_chain(struct out *o, const struct nftchain *c)
{
	u32 at;

	if (!begin(o, NFT_NEWCHAIN, c->table->family))
		return false;
	nlpkt_put_str(o->p, NFTA_CHAIN_TABLE, c->table->name);
	nft_put_u64(o->p, NFTA_CHAIN_HANDLE, c->handle);
	nlpkt_put_str(o->p, NFTA_CHAIN_NAME, c->name);
	if (c->is_base) {
		at = nlpkt_nest(o->p, NFTA_CHAIN_HOOK | NLATTR_NESTED);
		nft_put_u32(o->p, NFTA_HOOK_HOOKNUM, c->hook);
		nft_put_u32(o->p, NFTA_HOOK_PRIORITY, (u32)c->priority);
		nlpkt_nest_end(o->p, at);
		nft_put_u32(o->p, NFTA_CHAIN_POLICY, c->policy);
		nlpkt_put_str(o->p, NFTA_CHAIN_TYPE, c->type);
		nft_put_u32(o->p, NFTA_CHAIN_FLAGS, NFT_CHAIN_BASE);
	}
	nft_put_u32(o->p, NFTA_CHAIN_USE, c->nrules);
	put_blob(o->p, NFTA_CHAIN_USERDATA, c->userdata);
	return nlpkt_end(o->p);
}

static bool put_rule(struct out *o, const struct nftchain *c, u32 i)
{
	const struct nftrule *r = c->rules[i];

	if (!begin(o, NFT_NEWRULE, c->table->family))
		return false;
	nlpkt_put_str(o->p, NFTA_RULE_TABLE, c->table->name);
	nlpkt_put_str(o->p, NFTA_RULE_CHAIN, c->name);
	nft_put_u64(o->p, NFTA_RULE_HANDLE, r->handle);
	if (i)
		nft_put_u64(o->p, NFTA_RULE_POSITION, c->rules[i - 1]->handle);
	nftrule_show(o->p, r, c->table);
	put_blob(o->p, NFTA_RULE_USERDATA, r->userdata);
	return nlpkt_end(o->p);
}

static bool put_set(struct out *o, const struct nftset *s)
{
	u32 at;

	if (!begin(o, NFT_NEWSET, s->table->family))
		return false;
	nlpkt_put_str(o->p, NFTA_SET_TABLE, s->table->name);
	nlpkt_put_str(o->p, NFTA_SET_NAME, s->name);
	nft_put_u64(o->p, NFTA_SET_HANDLE, s->handle);
	if (s->flags)
		nft_put_u32(o->p, NFTA_SET_FLAGS, s->flags);
	nft_put_u32(o->p, NFTA_SET_KEY_TYPE, s->key_type);
	nft_put_u32(o->p, NFTA_SET_KEY_LEN, s->key_len);
	if (s->flags & NFT_SET_MAP) {
		nft_put_u32(o->p, NFTA_SET_DATA_TYPE, s->data_type);
		nft_put_u32(o->p, NFTA_SET_DATA_LEN, s->data_len);
	}
	at = nlpkt_nest(o->p, NFTA_SET_DESC | NLATTR_NESTED);
	nlpkt_nest_end(o->p, at);
	put_blob(o->p, NFTA_SET_USERDATA, s->userdata);
	return nlpkt_end(o->p);
}

/* Members from @from on, some at once; how many went. */
static u32 put_elems(struct out *o, const struct nftset *s, u32 from)
{
	u32 n = s->elems ? min(s->elems->n - from, ELEMS_AT_ONCE) : 0, at;

	if (!begin(o, NFT_NEWSETELEM, s->table->family))
		return 0;
	nlpkt_put_str(o->p, NFTA_SET_ELEM_LIST_TABLE, s->table->name);
	nlpkt_put_str(o->p, NFTA_SET_ELEM_LIST_SET, s->name);
	at = nlpkt_nest(o->p, NFTA_SET_ELEM_LIST_ELEMENTS | NLATTR_NESTED);
	for (u32 i = 0; i < n; i++)
		nftelem_show(o->p, s, nftelem_at(s->elems, from + i));
	nlpkt_nest_end(o->p, at);
	return nlpkt_end(o->p) ? max(n, 1u) : 0;
}

/* ---- walks ---- */

static void read_asked(const void *data, u32 len, struct asked *a)
{
	const struct nlattr_head *tb[3];

	memset(a, 0, sizeof(*a));
	if (len < sizeof(struct nfgenmsg))
		return;
	a->family = ((const struct nfgenmsg *)data)->family;
	if (nlattrs_read(data + sizeof(struct nfgenmsg), len - (u32)sizeof(struct nfgenmsg), tb, 2))
		return;
	nft_text(tb[1], a->table, sizeof(a->table));	/* the table's name is the first attribute of all */
	nft_text(tb[2], a->name, sizeof(a->name));
}

static bool wanted(const struct asked *a, const struct nfttable *t)
{
	return (!a->family || a->family == t->family) && (!a->table[0] || !strcmp(a->table, t->name));
}

struct nftwalk { struct nldump *d; struct out o; u64 at; u8 msg; struct asked asked; };

/* One object, if its turn has come; false: no room. */
#define WALK(w, put) ({								\
	bool _fits = true;							\
	if (nldump_due((w)->d, &(w)->at)) {					\
		_fits = (put);							\
		if (_fits)							\
			(w)->d->arg[0] = (w)->at;				\
	}									\
	_fits; })

static bool walk_chains(struct nftwalk *w, const struct nfttable *t)
{
	const struct nftchain *c;

	list_foreach(c, &t->chains, link) {
		if (w->msg == NFT_GETCHAIN && !WALK(w, put_chain(&w->o, c)))
			return false;
		if (w->msg != NFT_GETRULE || (w->asked.name[0] && strcmp(w->asked.name, c->name)))
			continue;
		for (u32 i = 0; i < c->nrules; i++)
			if (!WALK(w, put_rule(&w->o, c, i)))
				return false;
	}
	return true;
}

static bool walk_sets(struct nftwalk *w, const struct nfttable *t)
{
	const struct nftset *s;

	list_foreach(s, &t->sets, link) {
		if (w->asked.name[0] && strcmp(w->asked.name, s->name))
			continue;
		if (w->msg == NFT_GETSET && !WALK(w, put_set(&w->o, s)))
			return false;
		for (u32 i = 0; w->msg == NFT_GETSETELEM && s->elems && i < s->elems->n; i += ELEMS_AT_ONCE)
			if (!WALK(w, put_elems(&w->o, s, i)))
				return false;
	}
	return true;
}

static int dump(struct nldump *d, struct nlpkt *p)
{
	struct nftwalk *w = kmem_zalloc(sizeof(*w), ALLOC_KERNEL);
	const struct nfttable *t;
	bool fits = true;

	if (!w)
		return -ENOMEM;
	w->d = d;
	w->msg = (u8)d->type;
	read_asked(d->req, d->req_len, &w->asked);
	kmutex_lock(&d->ns->config_lock);
	w->o = (struct out){ p, NLM_F_MULTI, d->portid, d->seq, d->ns->filter ? d->ns->filter->id : 1 };
	if (d->ns->filter) {
		list_foreach(t, &d->ns->filter->tables, link) {
			if (!fits || !wanted(&w->asked, t))
				continue;
			if (w->msg == NFT_GETTABLE)
				fits = WALK(w, put_table(&w->o, t));
			else if (w->msg == NFT_GETCHAIN || w->msg == NFT_GETRULE)
				fits = walk_chains(w, t);
			else if (w->msg == NFT_GETSET || w->msg == NFT_GETSETELEM)
				fits = walk_sets(w, t);
		}
	}
	kmutex_unlock(&d->ns->config_lock);
	kmem_free(w);
	return fits ? 0 : 1;
}

/* ---- one ---- */

static bool put_gen(struct out *o)
{
	if (!begin(o, NFT_NEWGEN, 0))
		return false;
	nft_put_u32(o->p, NFTA_GEN_ID, o->gen);
	nft_put_u32(o->p, NFTA_GEN_PROC_PID, (u32)pidref_nr(process_self()->p_pid));
	nlpkt_put_str(o->p, NFTA_GEN_PROC_NAME, "nft");
	return nlpkt_end(o->p);
}

/* The named object; -ENOENT. config_lock held. */
static int put_one(struct nftgen *g, u8 msg, const struct asked *a, struct out *o)
{
	const struct nfttable *t = g ? nft_table(g, a->family, a->table) : NULL;
	const struct nftchain *c;
	const struct nftset *s;

	if (!t)
		return -ENOENT;
	switch (msg) {
	case NFT_GETTABLE:
		return put_table(o, t) ? 0 : -ENOBUFS;
	case NFT_GETCHAIN:
		c = nft_chain(t, a->name);
		return !c ? -ENOENT : put_chain(o, c) ? 0 : -ENOBUFS;
	case NFT_GETSET:
		s = nft_set(t, a->name, 0);
		return !s ? -ENOENT : put_set(o, s) ? 0 : -ENOBUFS;
	}
	return -EOPNOTSUPP;
}

static int get_one(struct nlreq *r, u8 msg)
{
	struct asked *a = kmem_alloc(sizeof(*a), ALLOC_KERNEL);
	struct nlpkt *p = nlpkt_alloc(REPLY_ROOM, ALLOC_KERNEL);
	struct out o = { p, 0, r->portid, r->h->seq, 0 };
	const struct nlattr_head *tb[4];
	int err = a && p ? 0 : -ENOMEM;

	if (!err) {
		read_asked(r->data, r->len, a);
		if (msg == NFT_GETCHAIN && !nlreq_attrs(r, sizeof(struct nfgenmsg), tb, NFTA_CHAIN_NAME))
			nft_text(tb[NFTA_CHAIN_NAME], a->name, sizeof(a->name));
		kmutex_lock(&r->ns->config_lock);
		o.gen = r->ns->filter ? r->ns->filter->id : 1;
		err = msg == NFT_GETGEN ? (put_gen(&o) ? 0 : -ENOBUFS) : put_one(r->ns->filter, msg, a, &o);
		kmutex_unlock(&r->ns->config_lock);
	}
	kmem_free(a);
	if (!err)
		return nlreq_reply(r, p);
	kmem_free(p);
	return err;
}

/* The member that a key belongs to, as `nft get element` asks. */
static int get_elem(struct nlreq *r)
{
	const struct nlattr_head *tb[NFTA_SET_ELEM_LIST_SET_ID + 1], *list[NFTA_LIST_ELEM + 1];
	struct asked *a = kmem_alloc(sizeof(*a), ALLOC_KERNEL);
	struct nlpkt *p = nlpkt_alloc(REPLY_ROOM, ALLOC_KERNEL);
	struct out o = { p, 0, r->portid, r->h->seq, 0 };
	const struct nftelem *e;
	const struct nfttable *t;
	const struct nftset *s;
	int err = a && p ? nlreq_attrs(r, sizeof(struct nfgenmsg), tb, NFTA_SET_ELEM_LIST_SET_ID) : -ENOMEM;
	u32 at;

	if (!err && !tb[NFTA_SET_ELEM_LIST_ELEMENTS])
		err = -EINVAL;
	if (!err)
		err = nlattrs_in(tb[NFTA_SET_ELEM_LIST_ELEMENTS], list, NFTA_LIST_ELEM);
	if (!err && !list[NFTA_LIST_ELEM])
		err = -EINVAL;
	if (!err) {
		read_asked(r->data, r->len, a);
		kmutex_lock(&r->ns->config_lock);
		t = r->ns->filter ? nft_table(r->ns->filter, a->family, a->table) : NULL;
		s = t ? nft_set(t, a->name, 0) : NULL;
		o.gen = r->ns->filter ? r->ns->filter->id : 1;
		e = s ? nftset_get(s, list[NFTA_LIST_ELEM]) : NULL;
		err = !e ? -ENOENT : begin(&o, NFT_NEWSETELEM, a->family) ? 0 : -ENOBUFS;
		if (!err) {
			nlpkt_put_str(p, NFTA_SET_ELEM_LIST_TABLE, a->table);
			nlpkt_put_str(p, NFTA_SET_ELEM_LIST_SET, a->name);
			at = nlpkt_nest(p, NFTA_SET_ELEM_LIST_ELEMENTS | NLATTR_NESTED);
			nftelem_show(p, s, e);
			nlpkt_nest_end(p, at);
			nlpkt_end(p);
		}
		kmutex_unlock(&r->ns->config_lock);
	}
	kmem_free(a);
	if (!err)
		return nlreq_reply(r, p);
	kmem_free(p);
	return err;
}

int nft_get(struct nlreq *r)
{
	u8 msg = (u8)r->h->type;

	if (r->h->type >> 8 != NFNL_SUBSYS_NFTABLES)
		return -EINVAL;
	if (r->len < sizeof(struct nfgenmsg))
		return -EINVAL;
	switch (msg) {
	case NFT_GETTABLE:
	case NFT_GETCHAIN:
	case NFT_GETSET:
		return (r->h->flags & NLM_F_DUMP) == NLM_F_DUMP ? nlreq_dump(r, dump) : get_one(r, msg);
	case NFT_GETSETELEM:
		return (r->h->flags & NLM_F_DUMP) == NLM_F_DUMP ? nlreq_dump(r, dump) : get_elem(r);
	case NFT_GETRULE:
	case NFT_GETOBJ:
	case NFT_GETFLOWTABLE:
		return (r->h->flags & NLM_F_DUMP) == NLM_F_DUMP ? nlreq_dump(r, dump) : -EOPNOTSUPP;
	case NFT_GETGEN:
		return get_one(r, msg);
	}
	return -EINVAL;	/* changes come in batches */
}
