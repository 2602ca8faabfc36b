// SPDX-License-Identifier: GPL-2.0-only
/* NETLINK_SOCK_DIAG: lists of sockets, a family each. */
#include <tern/net/netlink.h>

static const struct sockdiag *diag_of(u8 family)
{
	TABLE_FOREACH(sockdiag, __typeof__(const struct sockdiag *), o)
		if ((*o)->family == family)
			return *o;
	return NULL;
}

static int diag_request(struct nlreq *r)
{
	const struct sockdiag *o;

	if (r->h->type == 18 || r->h->type == 19)
		return -EOPNOTSUPP;	/* the form of before 3.3 */
	if (r->h->type != SOCK_DIAG_BY_FAMILY || r->len < 2)
		return -EINVAL;
	o = diag_of(*(const u8 *)r->data);
	if (!o)
		return -ENOENT;
	if (!(r->h->flags & NLM_F_DUMP))
		return -EOPNOTSUPP;
	return o->check(r->data, r->len) ? nlreq_dump(r, o->dump) : -ENOENT;
}

static const struct nlfamily diag_family = { .protocol = NETLINK_SOCK_DIAG, .ngroups = 5,
					     .request = diag_request };
NLFAMILY(diag_family);
