// SPDX-License-Identifier: GPL-2.0-only
/*
 * NETLINK_GENERIC: families with names and numbers, and the controller that tells them.
 * A family is a table entry (genl.h); its number is the message type of its requests.
 */
#include <tern/net/genl.h>

#include <tern/base/err.h>
#include <tern/lib/string.h>

#define GROUPS_MAX	32

static const struct genlfamily *family_by_id(u16 id)
{
	TABLE_FOREACH(genlfamily, __typeof__(const struct genlfamily *), f)
		if ((*f)->id == id)
			return *f;
	return NULL;
}

static const struct genlfamily *family_by_name(const char *name)
{
	TABLE_FOREACH(genlfamily, __typeof__(const struct genlfamily *), f)
		if (!strcmp((*f)->name, name))
			return *f;
	return NULL;
}

static void put_ops(struct nlpkt *p, const struct genlfamily *f)
{
	u32 list = nlpkt_nest(p, CTRL_ATTR_OPS), at;

	for (u32 i = 0; i < f->nops; i++) {
		const struct genlop *op = &f->ops[i];

		at = nlpkt_nest(p, (u16)(i + 1));
		nlpkt_put_u32(p, CTRL_ATTR_OP_ID, op->cmd);
		nlpkt_put_u32(p, CTRL_ATTR_OP_FLAGS, (op->is_privileged ? GENL_ADMIN_PERM : 0) |
			      GENL_CMD_CAP_DO | (op->dump ? GENL_CMD_CAP_DUMP : 0));
		nlpkt_nest_end(p, at);
	}
	nlpkt_nest_end(p, list);
}

static void put_group(struct nlpkt *p, const struct genlfamily *f)
{
	u32 list = nlpkt_nest(p, CTRL_ATTR_MCAST_GROUPS), at = nlpkt_nest(p, 1);

	nlpkt_put_u32(p, CTRL_ATTR_MCAST_GRP_ID, f->group);
	nlpkt_put_str(p, CTRL_ATTR_MCAST_GRP_NAME, f->group_name);
	nlpkt_nest_end(p, at);
	nlpkt_nest_end(p, list);
}

static bool put_family(struct nlpkt *p, const struct genlfamily *f, u16 flags, u32 portid, u32 seq)
{
	struct genl_head *g = nlpkt_begin(p, GENL_ID_CTRL, flags, portid, seq, sizeof(*g));

	if (g)
		*g = (struct genl_head){ .cmd = CTRL_CMD_NEWFAMILY, .version = 2 };
	nlpkt_put_str(p, CTRL_ATTR_FAMILY_NAME, f->name);
	nlpkt_put(p, CTRL_ATTR_FAMILY_ID, &f->id, sizeof(f->id));
	nlpkt_put_u32(p, CTRL_ATTR_VERSION, f->version);
	nlpkt_put_u32(p, CTRL_ATTR_HDRSIZE, 0);
	nlpkt_put_u32(p, CTRL_ATTR_MAXATTR, f->max_attr);
	if (f->nops)
		put_ops(p, f);
	if (f->group_name)
		put_group(p, f);
	return nlpkt_end(p);
}

static int get_family(struct nlreq *r)
{
	const struct nlattr_head *tb[CTRL_ATTR_MAX + 1];
	const struct genlfamily *f = NULL;
	struct nlpkt *p;
	char name[16];
	u16 id;
	int err = nlreq_attrs(r, sizeof(struct genl_head), tb, CTRL_ATTR_MAX);

	if (err)
		return err;
	if (tb[CTRL_ATTR_FAMILY_ID]) {
		if (nlattr_len(tb[CTRL_ATTR_FAMILY_ID]) < sizeof(id))
			return -ERANGE;
		memcpy(&id, nlattr_data(tb[CTRL_ATTR_FAMILY_ID]), sizeof(id));
		f = family_by_id(id);
	} else if (tb[CTRL_ATTR_FAMILY_NAME]) {
		u32 n = nlattr_len(tb[CTRL_ATTR_FAMILY_NAME]);

		if (!n || n > sizeof(name))
			return -ERANGE;
		memcpy(name, nlattr_data(tb[CTRL_ATTR_FAMILY_NAME]), n);
		name[n - 1] = '\0';
		f = family_by_name(name);
	} else {
		return -EINVAL;
	}
	if (!f)
		return -ENOENT;
	p = nlpkt_alloc(1024, ALLOC_KERNEL);
	if (!p)
		return -ENOBUFS;
	if (!put_family(p, f, 0, r->portid, r->h->seq)) {
		kmem_free(p);
		return -EMSGSIZE;
	}
	return nlreq_reply(r, p);
}

static int dump_families(struct nldump *d, struct nlpkt *p)
{
	u64 at = 0;

	TABLE_FOREACH(genlfamily, __typeof__(const struct genlfamily *), f) {
		if (!nldump_due(d, &at))
			continue;
		if (!put_family(p, *f, NLM_F_MULTI, d->portid, d->seq))
			return 1;
		d->arg[0]++;
	}
	return 0;
}

static const struct genlop ctrl_ops[] = {
	{ .cmd = CTRL_CMD_GETFAMILY, .request = get_family, .dump = dump_families },
};
static const struct genlfamily ctrl_family = {
	.name = "nlctrl", .id = GENL_ID_CTRL, .version = 2, .max_attr = CTRL_ATTR_MAX,
	.ops = ctrl_ops, .nops = ARRAY_SIZE(ctrl_ops), .group = GENL_ID_CTRL, .group_name = "notify",
};
GENLFAMILY(ctrl_family);

static int genl_request(struct nlreq *r)
{
	const struct genlfamily *f = family_by_id(r->h->type);
	const struct genl_head *g = r->data;

	if (!f)
		return -ENOENT;
	if (r->len < sizeof(*g))
		return -EINVAL;
	for (u32 i = 0; i < f->nops; i++) {
		const struct genlop *op = &f->ops[i];

		if (op->cmd != g->cmd)
			continue;
		if (op->is_privileged && !netns_cap(CAP_NET_ADMIN))
			return -EPERM;
		if ((r->h->flags & NLM_F_DUMP) != NLM_F_DUMP)
			return op->request(r);
		return op->dump ? nlreq_dump(r, op->dump) : -EOPNOTSUPP;
	}
	return -EOPNOTSUPP;
}

static const struct nlfamily genl_netlink = { .protocol = NETLINK_GENERIC, .ngroups = GROUPS_MAX,
					      .request = genl_request };
NLFAMILY(genl_netlink);
