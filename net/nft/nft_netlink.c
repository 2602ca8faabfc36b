// SPDX-License-Identifier: GPL-2.0-only
/* Requests of nft(8): what changes tables, chains, rules and sets, and what shows them. Theory in nft.c. */
#include "nft_impl.h"

#include <tern/lib/fmt.h>
#include <tern/lib/string.h>

static u8 family_of(const struct nlreq *r)
{
	return r->len >= sizeof(struct nfgenmsg) ? ((const struct nfgenmsg *)r->data)->family : 0;
}

static int attrs(const struct nlreq *r, const struct nlattr_head **tb, u32 max)
{
	return r->len < sizeof(struct nfgenmsg) ? -EINVAL : nlreq_attrs(r, sizeof(struct nfgenmsg), tb, max);
}

/* ---- tables ---- */

static int new_table(struct nlreq *r, struct nftgen *g)
{
	const struct nlattr_head *tb[NFTA_TABLE_USERDATA + 1];
	u8 family = family_of(r);
	char name[NFT_NAME];
	struct nfttable *t;
	u32 flags;
	int err = attrs(r, tb, NFTA_TABLE_USERDATA);

	if (err || !nft_text(tb[NFTA_TABLE_NAME], name, sizeof(name)))
		return err ? err : -EINVAL;
	if (family != NFPROTO_IPV4 && family != NFPROTO_IPV6 && family != NFPROTO_INET)
		return -EAFNOSUPPORT;
	flags = tb[NFTA_TABLE_FLAGS] ? nft_u32(tb[NFTA_TABLE_FLAGS]) : 0;
	if (flags & ~NFT_TABLE_DORMANT)
		return -EOPNOTSUPP;
	t = nft_table(g, family, name);
	if (t) {
		if (r->h->flags & NLM_F_EXCL)
			return -EEXIST;
		t->flags = tb[NFTA_TABLE_FLAGS] ? flags : t->flags;
		return 0;
	}
	t = kmem_zalloc(sizeof(*t), ALLOC_KERNEL);
	if (!t)
		return -ENOMEM;
	strlcpy(t->name, name, sizeof(t->name));
	t->family = family;
	t->flags = flags;
	t->handle = g->next_handle++;
	t->userdata = nftblob_make(tb[NFTA_TABLE_USERDATA]);
	list_init(&t->chains);
	list_init(&t->sets);
	list_add_tail(&t->link, &g->tables);
	return 0;
}

static int del_table(struct nlreq *r, struct nftgen *g)
{
	const struct nlattr_head *tb[NFTA_TABLE_USERDATA + 1];
	struct nfttable *t, *next;
	char name[NFT_NAME];
	u8 family = family_of(r);
	bool any = false;
	int err = attrs(r, tb, NFTA_TABLE_USERDATA);

	if (err)
		return err;
	if (tb[NFTA_TABLE_NAME] && !nft_text(tb[NFTA_TABLE_NAME], name, sizeof(name)))
		return -EINVAL;
	list_foreach_safe(t, next, &g->tables, link) {
		if ((family && t->family != family) || (tb[NFTA_TABLE_NAME] && strcmp(t->name, name)) ||
		    (tb[NFTA_TABLE_HANDLE] && t->handle != nft_u64(tb[NFTA_TABLE_HANDLE])))
			continue;
		any = true;
		list_del(&t->link);
		nfttable_free(t);
	}
	return any || (!tb[NFTA_TABLE_NAME] && !tb[NFTA_TABLE_HANDLE]) ? 0 : -ENOENT;
}

/* Attributes of a request about something in a table, and the table, which the first of them names; ERR_PTR. */
#define NFTA_ANY_TABLE	1u
static_assert(NFTA_CHAIN_TABLE == NFTA_ANY_TABLE && NFTA_RULE_TABLE == NFTA_ANY_TABLE &&
	      NFTA_SET_TABLE == NFTA_ANY_TABLE && NFTA_SET_ELEM_LIST_TABLE == NFTA_ANY_TABLE, "one place for the name");
static struct nfttable *read_in_table(struct nlreq *r, struct nftgen *g, const struct nlattr_head **tb, u32 max)
{
	int err = attrs(r, tb, max);
	char text[NFT_NAME];
	struct nfttable *t;

	if (err)
		return ERR_PTR(err);
	if (!nft_text(tb[NFTA_ANY_TABLE], text, sizeof(text)))
		return ERR_PTR(-EINVAL);
	t = nft_table(g, family_of(r), text);
	return t ? t : ERR_PTR(-ENOENT);
}

/* ---- chains ---- */

static int read_hook(const struct nlattr_head **tb, struct nftchain *c)
{
	const struct nlattr_head *hook[NFTA_HOOK_DEVS + 1];
	int err = nlattrs_in(tb[NFTA_CHAIN_HOOK], hook, NFTA_HOOK_DEVS);

	if (err || !hook[NFTA_HOOK_HOOKNUM] || !hook[NFTA_HOOK_PRIORITY])
		return err ? err : -EINVAL;
	if (hook[NFTA_HOOK_DEV] || hook[NFTA_HOOK_DEVS] || nft_u32(hook[NFTA_HOOK_HOOKNUM]) >= NF_HOOKS)
		return -EOPNOTSUPP;
	strlcpy(c->type, "filter", sizeof(c->type));
	if (tb[NFTA_CHAIN_TYPE] && !nft_text(tb[NFTA_CHAIN_TYPE], c->type, sizeof(c->type)))
		return -EINVAL;
	c->is_nat = !strcmp(c->type, "nat");
	if (strcmp(c->type, "filter") && !c->is_nat)
		return strcmp(c->type, "route") ? -ENOENT : -EOPNOTSUPP;
	c->is_base = true;
	c->hook = (u8)nft_u32(hook[NFTA_HOOK_HOOKNUM]);
	c->priority = (s32)nft_u32(hook[NFTA_HOOK_PRIORITY]);
	if (c->is_nat && (c->hook == NF_FORWARD || c->priority <= NFT_PRIORITY_TRACK))
		return -EOPNOTSUPP;
	c->policy = NF_ACCEPT;
	return 0;
}

static int set_policy(struct nftchain *c, const struct nlattr_head *a)
{
	u32 policy = a ? nft_u32(a) : c->policy;

	if (a && (!c->is_base || policy > NF_ACCEPT))
		return c->is_base ? -EINVAL : -EOPNOTSUPP;
	c->policy = (u8)policy;
	return 0;
}

static int new_chain(struct nlreq *r, struct nftgen *g)
{
	const struct nlattr_head *tb[NFTA_CHAIN_USERDATA + 1];
	struct nfttable *t = read_in_table(r, g, tb, NFTA_CHAIN_USERDATA);
	struct nftchain *c;
	char name[NFT_NAME];
	int err;

	if (IS_ERR(t))
		return (int)PTR_ERR(t);
	if (!tb[NFTA_CHAIN_NAME])
		return -EOPNOTSUPP;	/* chains without names */
	if (!nft_text(tb[NFTA_CHAIN_NAME], name, sizeof(name)))
		return -EINVAL;
	c = nft_chain(t, name);
	if (c)
		return r->h->flags & NLM_F_EXCL ? -EEXIST : set_policy(c, tb[NFTA_CHAIN_POLICY]);
	c = kmem_zalloc(sizeof(*c), ALLOC_KERNEL);
	if (!c)
		return -ENOMEM;
	strlcpy(c->name, name, sizeof(c->name));
	c->table = t;
	err = tb[NFTA_CHAIN_HOOK] ? read_hook(tb, c) : 0;
	if (!err)
		err = set_policy(c, tb[NFTA_CHAIN_POLICY]);
	if (err) {
		kmem_free(c);
		return err;
	}
	c->handle = g->next_handle++;
	c->userdata = nftblob_make(tb[NFTA_CHAIN_USERDATA]);
	list_add_tail(&c->link, &t->chains);
	return 0;
}

static struct nftchain *chain_of(const struct nfttable *t, const struct nlattr_head *name,
				 const struct nlattr_head *handle)
{
	struct nftchain *c = NULL;
	char text[NFT_NAME];

	if (handle)
		c = nft_chain_by(t, nft_u64(handle));
	else if (nft_text(name, text, sizeof(text)))
		c = nft_chain(t, text);
	return c ? c : ERR_PTR(-ENOENT);
}

static int del_chain(struct nlreq *r, struct nftgen *g)
{
	const struct nlattr_head *tb[NFTA_CHAIN_USERDATA + 1];
	struct nfttable *t = read_in_table(r, g, tb, NFTA_CHAIN_USERDATA);
	struct nftchain *c;

	c = IS_ERR(t) ? ERR_CAST(t) : chain_of(t, tb[NFTA_CHAIN_NAME], tb[NFTA_CHAIN_HANDLE]);
	if (IS_ERR(c))
		return (int)PTR_ERR(c);
	if (nft_is_used(t, c->handle, 0))
		return -EBUSY;
	list_del(&c->link);
	nftchain_free(c);
	return 0;
}

/* ---- rules ---- */

static s32 index_of(const struct nftchain *c, const struct nlattr_head *handle)
{
	for (u32 i = 0; i < c->nrules; i++)
		if (c->rules[i]->handle == nft_u64(handle))
			return (s32)i;
	return -ENOENT;
}

static int insert_rule(struct nftchain *c, struct nftrule *rule, u32 at)
{
	struct nftrule **rules = kmem_alloc((c->nrules + 1) * sizeof(*rules), ALLOC_KERNEL);

	if (!rules)
		return -ENOMEM;
	memcpy(rules, c->rules, at * sizeof(*rules));
	rules[at] = rule;
	memcpy(rules + at + 1, c->rules + at, (c->nrules - at) * sizeof(*rules));
	kmem_free(c->rules);
	c->rules = rules;
	c->nrules++;
	return 0;
}

static void remove_rule(struct nftchain *c, u32 at)
{
	nftrule_put(c->rules[at]);
	c->nrules--;
	memmove(c->rules + at, c->rules + at + 1, (c->nrules - at) * sizeof(*c->rules));
}

/* Where a new rule goes; *replaces: the rule there goes. */
static s32 place_of(const struct nlreq *r, const struct nftchain *c, const struct nlattr_head **tb, bool *replaces)
{
	bool is_behind = r->h->flags & NLM_F_APPEND;
	s32 at;

	*replaces = tb[NFTA_RULE_HANDLE] && (r->h->flags & NLM_F_REPLACE);
	if (tb[NFTA_RULE_HANDLE])
		return *replaces ? index_of(c, tb[NFTA_RULE_HANDLE]) : -EEXIST;
	if (tb[NFTA_RULE_POSITION]) {
		at = index_of(c, tb[NFTA_RULE_POSITION]);
		return at < 0 ? at : at + is_behind;
	}
	return is_behind ? (s32)c->nrules : 0;
}

static struct nftrule *make_rule(struct nlreq *r, struct nftgen *g, struct nfttable *t, struct nftchain *c,
				 const struct nlattr_head **tb)
{
	struct nftctx ctx = { r->ns, g, t, c };
	struct nftrule *rule = kmem_zalloc(sizeof(*rule), ALLOC_KERNEL);
	int err;

	if (!rule)
		return ERR_PTR(-ENOMEM);
	ref_init(&rule->refs, 1);
	rule->handle = g->next_handle++;
	rule->userdata = nftblob_make(tb[NFTA_RULE_USERDATA]);
	err = nftrule_parse(&ctx, tb[NFTA_RULE_EXPRESSIONS], rule);
	if (!err)
		return rule;
	nftrule_put(rule);
	return ERR_PTR(err);
}

static int new_rule(struct nlreq *r, struct nftgen *g)
{
	const struct nlattr_head *tb[NFTA_RULE_POSITION_ID + 1];
	struct nftrule *rule;
	struct nfttable *t = read_in_table(r, g, tb, NFTA_RULE_POSITION_ID);
	struct nftchain *c;
	bool replaces;
	s32 at;
	int err;

	c = IS_ERR(t) ? ERR_CAST(t) : chain_of(t, tb[NFTA_RULE_CHAIN], NULL);
	if (IS_ERR(c))
		return (int)PTR_ERR(c);
	if (tb[NFTA_RULE_COMPAT] || tb[NFTA_RULE_POSITION_ID])
		return -EOPNOTSUPP;
	at = place_of(r, c, tb, &replaces);
	if (at < 0)
		return at;
	rule = make_rule(r, g, t, c, tb);
	if (IS_ERR(rule))
		return (int)PTR_ERR(rule);
	err = insert_rule(c, rule, (u32)at);
	if (err)
		nftrule_put(rule);
	else if (replaces)
		remove_rule(c, (u32)at + 1);
	return err;
}

static void flush_chain(struct nftchain *c)
{
	while (c->nrules)
		remove_rule(c, c->nrules - 1);
}

static int del_rule(struct nlreq *r, struct nftgen *g)
{
	const struct nlattr_head *tb[NFTA_RULE_POSITION_ID + 1];
	struct nfttable *t = read_in_table(r, g, tb, NFTA_RULE_POSITION_ID);
	struct nftchain *c;
	s32 at;

	if (IS_ERR(t))
		return (int)PTR_ERR(t);
	if (!tb[NFTA_RULE_CHAIN]) {
		list_foreach(c, &t->chains, link)
			flush_chain(c);
		return 0;
	}
	c = chain_of(t, tb[NFTA_RULE_CHAIN], NULL);
	if (IS_ERR(c))
		return (int)PTR_ERR(c);
	if (!tb[NFTA_RULE_HANDLE]) {
		flush_chain(c);
		return 0;
	}
	at = index_of(c, tb[NFTA_RULE_HANDLE]);
	if (at < 0)
		return at;
	remove_rule(c, (u32)at);
	return 0;
}

/* ---- sets ---- */

static int read_set(const struct nlattr_head **tb, struct nftset *s)
{
	if (tb[NFTA_SET_TIMEOUT] || tb[NFTA_SET_EXPR] || tb[NFTA_SET_EXPRESSIONS])
		return -EOPNOTSUPP;
	if (!tb[NFTA_SET_KEY_LEN] || !nft_text(tb[NFTA_SET_NAME], s->name, sizeof(s->name)))
		return -EINVAL;
	s->flags = tb[NFTA_SET_FLAGS] ? nft_u32(tb[NFTA_SET_FLAGS]) : 0;
	if ((s->flags & ~(NFT_SET_ANONYMOUS | NFT_SET_CONSTANT | NFT_SET_INTERVAL | NFT_SET_MAP | NFT_SET_CONCAT)) ||
	    (s->flags & (NFT_SET_INTERVAL | NFT_SET_CONCAT)) == (NFT_SET_INTERVAL | NFT_SET_CONCAT))
		return -EOPNOTSUPP;
	s->key_type = tb[NFTA_SET_KEY_TYPE] ? nft_u32(tb[NFTA_SET_KEY_TYPE]) : 0;
	s->key_len = nft_u32(tb[NFTA_SET_KEY_LEN]);
	s->id = tb[NFTA_SET_ID] ? nft_u32(tb[NFTA_SET_ID]) : 0;
	if (s->flags & NFT_SET_MAP) {
		if (!tb[NFTA_SET_DATA_TYPE])
			return -EINVAL;
		s->data_type = nft_u32(tb[NFTA_SET_DATA_TYPE]);
		s->data_len = s->data_type == NFT_DATA_VERDICT || !tb[NFTA_SET_DATA_LEN] ? 0 :
			      nft_u32(tb[NFTA_SET_DATA_LEN]);
	}
	return !s->key_len || s->key_len > NFT_DATA_MAX || s->data_len > NFT_DATA_MAX ? -EINVAL : 0;
}

/* "__set%d": the first free number. */
static void name_set(const struct nfttable *t, struct nftset *s)
{
	char *percent = strchr(s->name, '%');

	if (!percent)
		return;
	for (u32 i = 0; ; i++) {
		fmt_print(percent, sizeof(s->name) - (size_t)(percent - s->name), "%u", i);
		if (!nft_set(t, s->name, 0))
			return;
	}
}

static int new_set(struct nlreq *r, struct nftgen *g)
{
	const struct nlattr_head *tb[NFTA_SET_EXPRESSIONS + 1];
	struct nfttable *t = read_in_table(r, g, tb, NFTA_SET_EXPRESSIONS);
	struct nftset *s;
	int err;

	if (IS_ERR(t))
		return (int)PTR_ERR(t);
	s = kmem_zalloc(sizeof(*s), ALLOC_KERNEL);
	if (!s)
		return -ENOMEM;
	err = read_set(tb, s);
	if (!err && nft_set(t, s->name, 0)) {
		err = r->h->flags & NLM_F_EXCL ? -EEXIST : 0;
		kmem_free(s);
		return err;
	}
	if (err) {
		kmem_free(s);
		return err;
	}
	name_set(t, s);
	s->table = t;
	s->handle = g->next_handle++;
	s->userdata = nftblob_make(tb[NFTA_SET_USERDATA]);
	list_add_tail(&s->link, &t->sets);
	return 0;
}

static struct nftset *set_of(const struct nfttable *t, const struct nlattr_head *name, const struct nlattr_head *id)
{
	struct nftset *s = NULL;
	char text[NFT_NAME];

	if (nft_text(name, text, sizeof(text)))
		s = nft_set(t, text, id ? nft_u32(id) : 0);
	return s ? s : ERR_PTR(-ENOENT);
}

static int del_set(struct nlreq *r, struct nftgen *g)
{
	const struct nlattr_head *tb[NFTA_SET_EXPRESSIONS + 1];
	struct nfttable *t = read_in_table(r, g, tb, NFTA_SET_EXPRESSIONS);
	struct nftset *s;

	s = IS_ERR(t) ? ERR_CAST(t) : set_of(t, tb[NFTA_SET_NAME], NULL);
	if (IS_ERR(s))
		return (int)PTR_ERR(s);
	if (nft_is_used(t, 0, s->handle))
		return -EBUSY;
	list_del(&s->link);
	nftset_free(s);
	return 0;
}

static int change_elems(struct nlreq *r, struct nftgen *g, bool is_new)
{
	const struct nlattr_head *tb[NFTA_SET_ELEM_LIST_SET_ID + 1];
	struct nfttable *t = read_in_table(r, g, tb, NFTA_SET_ELEM_LIST_SET_ID);
	struct nftset *s;

	s = IS_ERR(t) ? ERR_CAST(t) : set_of(t, tb[NFTA_SET_ELEM_LIST_SET], tb[NFTA_SET_ELEM_LIST_SET_ID]);
	if (IS_ERR(s))
		return (int)PTR_ERR(s);
	if (tb[NFTA_SET_ELEM_LIST_ELEMENTS])
		return nftset_change(s, tb[NFTA_SET_ELEM_LIST_ELEMENTS], is_new, r->h->flags & NLM_F_EXCL);
	if (is_new)
		return -EINVAL;
	nftelems_put(s->elems);	/* all of them */
	s->elems = NULL;
	return 0;
}

int nft_change(struct nlreq *r, struct nftgen *g, u8 msg)
{
	switch (msg) {
	case NFT_NEWTABLE:
		return new_table(r, g);
	case NFT_DELTABLE:
		return del_table(r, g);
	case NFT_NEWCHAIN:
		return new_chain(r, g);
	case NFT_DELCHAIN:
		return del_chain(r, g);
	case NFT_NEWRULE:
		return new_rule(r, g);
	case NFT_DELRULE:
		return del_rule(r, g);
	case NFT_NEWSET:
		return new_set(r, g);
	case NFT_DELSET:
		return del_set(r, g);
	case NFT_NEWSETELEM:
	case NFT_DELSETELEM:
		return change_elems(r, g, msg == NFT_NEWSETELEM);
	}
	return -EOPNOTSUPP;
}
