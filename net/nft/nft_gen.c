// SPDX-License-Identifier: GPL-2.0-only
/* Generations of the packet filter: copies, order of hooks, ends. Theory in nft.c. */
#include "nft_impl.h"

#include <tern/lib/string.h>

/* ---- parts ---- */

struct nftblob *nftblob_make(const struct nlattr_head *a)
{
	u32 n = a ? nlattr_len(a) : 0;
	struct nftblob *b = n ? kmem_alloc(sizeof(*b) + n, ALLOC_KERNEL) : NULL;

	if (!b)
		return NULL;
	ref_init(&b->refs, 1);
	b->len = n;
	memcpy(b->data, nlattr_data(a), n);
	return b;
}

static struct nftblob *blob_get(struct nftblob *b)
{
	if (b)
		ref_get(&b->refs);
	return b;
}

void nftblob_put(struct nftblob *b)
{
	if (b && ref_put(&b->refs))
		kmem_free(b);
}

void nftrule_put(struct nftrule *r)
{
	if (!ref_put(&r->refs))
		return;
	nftblob_put(r->userdata);
	kmem_free(r->exprs);
	kmem_free(r);
}

void nftchain_free(struct nftchain *c)
{
	for (u32 i = 0; i < c->nrules; i++)
		nftrule_put(c->rules[i]);
	nftblob_put(c->userdata);
	kmem_free(c->rules);
	kmem_free(c);
}

void nftset_free(struct nftset *s)
{
	nftblob_put(s->userdata);
	nftelems_put(s->elems);
	kmem_free(s);
}

void nfttable_free(struct nfttable *t)
{
	struct nftchain *c, *nc;
	struct nftset *s, *ns;

	list_foreach_safe(c, nc, &t->chains, link)
		nftchain_free(c);
	list_foreach_safe(s, ns, &t->sets, link)
		nftset_free(s);
	nftblob_put(t->userdata);
	kmem_free(t);
}

void nftgen_free(struct nftgen *g)
{
	struct nfttable *t, *next;

	list_foreach_safe(t, next, &g->tables, link)
		nfttable_free(t);
	kmem_free(g);
}

/* ---- copies: rules, members of sets and user data are shared ---- */

static bool copy_chain(struct nfttable *t, const struct nftchain *old)
{
	struct nftchain *c = kmem_dup(old, sizeof(*old), ALLOC_KERNEL);

	if (!c)
		return false;
	c->table = t;
	blob_get(c->userdata);
	c->rules = old->nrules ? kmem_dup(old->rules, old->nrules * sizeof(*old->rules), ALLOC_KERNEL) : NULL;
	if (old->nrules && !c->rules)
		c->nrules = 0;
	for (u32 i = 0; i < c->nrules; i++)
		ref_get(&c->rules[i]->refs);
	list_add_tail(&c->link, &t->chains);
	return c->nrules == old->nrules;
}

static bool copy_set(struct nfttable *t, const struct nftset *old)
{
	struct nftset *s = kmem_dup(old, sizeof(*old), ALLOC_KERNEL);

	if (!s)
		return false;
	s->table = t;
	s->id = 0;
	blob_get(s->userdata);
	if (s->elems)
		ref_get(&s->elems->refs);
	list_add_tail(&s->link, &t->sets);
	return true;
}

static bool copy_table(struct nftgen *g, const struct nfttable *old)
{
	struct nfttable *t = kmem_dup(old, sizeof(*old), ALLOC_KERNEL);
	const struct nftchain *c;
	const struct nftset *s;
	bool ok = true;

	if (!t)
		return false;
	blob_get(t->userdata);
	list_init(&t->chains);
	list_init(&t->sets);
	list_add_tail(&t->link, &g->tables);
	list_foreach(s, &old->sets, link)
		ok = ok && copy_set(t, s);
	list_foreach(c, &old->chains, link)
		ok = ok && copy_chain(t, c);
	return ok;
}

struct nftgen *nftgen_clone(const struct nftgen *old)
{
	struct nftgen *g = kmem_zalloc(sizeof(*g), ALLOC_KERNEL);
	const struct nfttable *t;
	bool ok = true;

	if (!g)
		return NULL;
	g->id = old ? old->id + 1 : 2;
	g->next_handle = old ? old->next_handle : 1;
	list_init(&g->tables);
	if (old)
		list_foreach(t, &old->tables, link)
			ok = ok && copy_table(g, t);
	if (ok)
		return g;
	nftgen_free(g);
	return NULL;
}

/* ---- finding ---- */

struct nfttable *nft_table(struct nftgen *g, u8 family, const char *name)
{
	struct nfttable *t;

	list_foreach(t, &g->tables, link)
		if (t->family == family && !strcmp(t->name, name))
			return t;
	return NULL;
}

struct nftchain *nft_chain(const struct nfttable *t, const char *name)
{
	struct nftchain *c;

	list_foreach(c, &t->chains, link)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

struct nftchain *nft_chain_by(const struct nfttable *t, u64 handle)
{
	struct nftchain *c;

	list_foreach(c, &t->chains, link)
		if (c->handle == handle)
			return c;
	return NULL;
}

struct nftset *nft_set(const struct nfttable *t, const char *name, u32 id)
{
	struct nftset *s;

	list_foreach(s, &t->sets, link)
		if ((id && s->id == id) || !strcmp(s->name, name))
			return s;
	return NULL;
}

struct nftset *nft_set_by(const struct nfttable *t, u64 handle)
{
	struct nftset *s;

	list_foreach(s, &t->sets, link)
		if (s->handle == handle)
			return s;
	return NULL;
}

static bool names_chain(const struct nftset *s, u64 chain)
{
	for (u32 i = 0; s->elems && i < s->elems->n; i++)
		if (nftelem_at(s->elems, i)->verdict.chain == chain)
			return true;
	return false;
}

bool nft_is_used(const struct nfttable *t, u64 chain, u64 set)
{
	const struct nftchain *c;
	const struct nftset *s;

	list_foreach(s, &t->sets, link)
		if (chain && names_chain(s, chain))
			return true;
	list_foreach(c, &t->chains, link)
		for (u32 i = 0; i < c->nrules; i++)
			for (u32 k = 0; k < c->rules[i]->n; k++)
				if ((chain && c->rules[i]->exprs[k].verdict.chain == chain) ||
				    (set && c->rules[i]->exprs[k].set == set))
					return true;
	return false;
}

/* ---- the finished ones ---- */

static int check_chain(const struct nfttable *t, const struct nftchain *base, const struct nftchain *c, u32 depth);

static int check_target(const struct nfttable *t, const struct nftchain *base, u64 chain, u32 depth)
{
	const struct nftchain *to = chain ? nft_chain_by(t, chain) : NULL;

	return to ? check_chain(t, base, to, depth + 1) : 0;
}

static int check_expr(const struct nfttable *t, const struct nftchain *base, const struct nftexpr *e, u32 depth)
{
	const struct nftset *s = e->set ? nft_set_by(t, e->set) : NULL;
	int err = check_target(t, base, e->verdict.chain, depth);

	if (e->type->fits && !e->type->fits(e, base))
		return -EOPNOTSUPP;
	for (u32 i = 0; !err && s && s->elems && i < s->elems->n; i++)
		err = check_target(t, base, nftelem_at(s->elems, i)->verdict.chain, depth);
	return err;
}

/* What may run when packets come to @base: jumps end, expressions fit. */
static int check_chain(const struct nfttable *t, const struct nftchain *base, const struct nftchain *c, u32 depth)
{
	int err = depth > NFT_JUMPS_MAX ? -EMLINK : 0;

	for (u32 i = 0; !err && i < c->nrules; i++)
		for (u32 k = 0; !err && k < c->rules[i]->n; k++)
			err = check_expr(t, base, &c->rules[i]->exprs[k], depth);
	return err;
}

static bool asks_about_connections(const struct nftchain *c)
{
	for (u32 i = 0; i < c->nrules; i++)
		for (u32 k = 0; k < c->rules[i]->n; k++)
			if (c->rules[i]->exprs[k].type->tracks)
				return true;
	return c->is_nat;
}

static void hook_up(struct nftgen *g, struct nftchain *c, u32 v)
{
	struct list *hook = c->is_nat ? &g->nats[v][c->hook] : &g->hooks[v][c->hook], *at = hook;
	struct nftchain *o;

	g->has_nats[v] |= c->is_nat;
	list_foreach(o, hook, hook_link[v])
		if (o->priority <= c->priority)
			at = &o->hook_link[v];
	list_add(&c->hook_link[v], at);
}

static void drop_unused_sets(struct nfttable *t)
{
	struct nftset *s, *next;

	list_foreach_safe(s, next, &t->sets, link) {
		if ((s->flags & NFT_SET_ANONYMOUS) && !nft_is_used(t, 0, s->handle)) {
			list_del(&s->link);
			nftset_free(s);
		}
	}
}

static int finish_table(struct nftgen *g, struct nfttable *t)
{
	bool is_v4 = t->family != NFPROTO_IPV6, is_v6 = t->family != NFPROTO_IPV4, tracks = false;
	struct nftchain *c;
	int err = 0;

	drop_unused_sets(t);
	list_foreach(c, &t->chains, link) {
		tracks = tracks || asks_about_connections(c);
		if (!c->is_base || err)
			continue;
		err = check_chain(t, c, c, 0);
		if (t->flags & NFT_TABLE_DORMANT)
			continue;
		if (is_v4)
			hook_up(g, c, 0);
		if (is_v6)
			hook_up(g, c, 1);
	}
	g->tracks[0] |= tracks && is_v4;
	g->tracks[1] |= tracks && is_v6;
	return err;
}

int nftgen_finish(struct nftgen *g)
{
	struct nfttable *t;
	int err = 0;

	for (u32 v = 0; v < 2; v++)
		for (u32 h = 0; h < NF_HOOKS; h++) {
			list_init(&g->hooks[v][h]);
			list_init(&g->nats[v][h]);
		}
	list_foreach(t, &g->tables, link)
		if (!err)
			err = finish_table(g, t);
	return err;
}
