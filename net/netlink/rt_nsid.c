// SPDX-License-Identifier: GPL-2.0-only
/* Numbers of namespaces (RTM_*NSID), as `ip netns` asks for and gives them. */
#include <tern/net/netlink.h>

#include <tern/base/err.h>

/* The namespace that NETNSA_FD or NETNSA_PID names, with a reference. */
static struct netns *named(const struct nlattr_head **tb)
{
	if (tb[NETNSA_FD])
		return netns_of_fd((int)nlattr_u32(tb[NETNSA_FD]));
	return tb[NETNSA_PID] ? netns_of_pid((s32)nlattr_u32(tb[NETNSA_PID])) : ERR_PTR(-EINVAL);
}

static int get_nsid(struct nlreq *r)
{
	const struct nlattr_head *tb[NETNSA_CURRENT_NSID + 1];
	struct rtgenmsg *m;
	struct netns *ns;
	struct nlpkt *p;
	int err = nlreq_attrs(r, sizeof(*m), tb, NETNSA_CURRENT_NSID);

	if (err)
		return err;
	if (tb[NETNSA_NSID])
		ns = netns_by_id(r->ns, (s32)nlattr_u32(tb[NETNSA_NSID]));
	else
		ns = named(tb);
	if (IS_ERR_OR_NULL(ns))
		return ns ? (int)PTR_ERR(ns) : -ENOENT;
	p = nlpkt_alloc(64, ALLOC_KERNEL);
	if (p) {
		m = nlpkt_begin(p, RTM_NEWNSID, 0, r->portid, r->h->seq, sizeof(*m));
		m->family = 0;
		nlpkt_put_u32(p, NETNSA_NSID, (u32)netns_id_of(r->ns, ns, false));
		nlpkt_end(p);
	}
	netns_put(ns);
	return p ? nlreq_reply(r, p) : -ENOBUFS;
}

static int new_nsid(struct nlreq *r, bool is_new)
{
	const struct nlattr_head *tb[NETNSA_CURRENT_NSID + 1];
	struct netns *ns;
	int err = nlreq_attrs(r, sizeof(struct rtgenmsg), tb, NETNSA_CURRENT_NSID);

	if (err)
		return err;
	if (!is_new)
		return -EOPNOTSUPP;
	if (!tb[NETNSA_NSID])
		return -EINVAL;
	ns = named(tb);
	if (IS_ERR(ns))
		return (int)PTR_ERR(ns);
	err = netns_set_id(r->ns, ns, (s32)nlattr_u32(tb[NETNSA_NSID]));
	netns_put(ns);
	return err;
}

static int dump_nsids(struct nldump *d, struct nlpkt *p)
{
	for (s32 id = (s32)d->arg[0]; netns_has_id_from(d->ns, &id); id++) {
		struct rtgenmsg *m = nlpkt_begin(p, RTM_NEWNSID, NLM_F_MULTI, d->portid, d->seq, sizeof(*m));

		if (!m)
			return 1;
		nlpkt_put_u32(p, NETNSA_NSID, (u32)id);
		if (!nlpkt_end(p))
			return 1;
		d->arg[0] = (u64)id + 1;
	}
	return 0;
}

static const struct rtobject nsid_object = { .base = RTM_NEWNSID, .get = get_nsid, .change = new_nsid,
					     .dump = dump_nsids };
RTOBJECT(nsid_object);
