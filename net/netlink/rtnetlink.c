// SPDX-License-Identifier: GPL-2.0-only
/* NETLINK_ROUTE: requests to the object that they are about, under config_lock. */
#include <tern/net/netlink.h>

#include <tern/kernel/cred.h>

static const struct rtobject *object_for(u16 base, u8 family, bool need_dump)
{
	const struct rtobject *any = NULL;

	TABLE_FOREACH(rtobject, __typeof__(const struct rtobject *), o) {
		if ((*o)->base != base || (need_dump && !(*o)->dump))
			continue;
		if ((*o)->family == family)
			return *o;
		if (!(*o)->family)
			any = *o;
	}
	return any;
}

/* The first family from number @from on that has a list; NULL. */
static const struct rtobject *next_family(u16 base, u64 from)
{
	const struct rtobject *next = NULL;

	TABLE_FOREACH(rtobject, __typeof__(const struct rtobject *), o)
		if ((*o)->base == base && (*o)->dump && (*o)->family >= from && (!next || (*o)->family < next->family))
			next = *o;
	return next;
}

/* A list of all families, one after the other by number; arg[5]: those below are done. */
static int dump_families(struct nldump *d, struct nlpkt *p)
{
	const struct rtobject *o;
	int ret;

	while ((o = next_family((u16)d->arg[4], d->arg[5]))) {
		kmutex_lock(&d->ns->config_lock);
		ret = o->dump(d, p);
		kmutex_unlock(&d->ns->config_lock);
		if (ret)
			return ret;
		d->arg[5] = o->family + 1u;
		for (u32 k = 0; k < 4; k++)
			d->arg[k] = 0;
	}
	return 0;
}

static int dump_one(struct nldump *d, struct nlpkt *p)
{
	const struct rtobject *o;
	u16 base = (u16)d->arg[4];
	int ret = 0;

	o = object_for(base, d->req[0], true);
	if (!o)
		return 0;	/* a family without such objects */
	kmutex_lock(&d->ns->config_lock);
	ret = o->dump(d, p);
	kmutex_unlock(&d->ns->config_lock);
	return ret;
}

static int dump_start(struct nldump *d, struct nlpkt *p)
{
	d->arg[4] = d->type & ~3u;
	return d->req[0] ? dump_one(d, p) : dump_families(d, p);
}

static bool is_known(u16 base)
{
	TABLE_FOREACH(rtobject, __typeof__(const struct rtobject *), o)
		if ((*o)->base == base)
			return true;
	return false;
}

static int rt_request(struct nlreq *r)
{
	u16 base = r->h->type & (u16)~3u, kind = r->h->type & 3;
	const struct rtobject *o;
	u8 family;
	int err;

	if (r->len < sizeof(struct rtgenmsg))
		return 0;
	family = *(const u8 *)r->data;
	if (kind != 2 && !netns_cap(CAP_NET_ADMIN))
		return -EPERM;
	if (kind == 2 && (r->h->flags & NLM_F_DUMP) && is_known(base))
		return nlreq_dump(r, dump_start);
	o = object_for(base, family, false);
	if (!o)
		return -EOPNOTSUPP;
	if (kind != 2 && o->has_own_lock)
		return o->change(r, kind != 1);
	kmutex_lock(&r->ns->config_lock);
	if (kind == 2)
		err = o->get ? o->get(r) : -EOPNOTSUPP;
	else
		err = o->change ? o->change(r, kind != 1) : -EOPNOTSUPP;
	kmutex_unlock(&r->ns->config_lock);
	return err;
}

static const struct nlfamily route_family = { .protocol = NETLINK_ROUTE, .ngroups = RTNLGRP_MAX,
					      .request = rt_request };
NLFAMILY(route_family);
