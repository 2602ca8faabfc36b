// SPDX-License-Identifier: GPL-2.0-only
/* Netlink messages: building and reading. */
#include <tern/net/netlink.h>

#include <tern/lib/string.h>

struct nlpkt *nlpkt_alloc(u32 room, alloc_flags flags)
{
	struct nlpkt *p = kmem_alloc(sizeof(*p) + room, flags);

	if (!p)
		return NULL;
	memset(p, 0, sizeof(*p));
	list_init(&p->link);
	p->room = room;
	return p;
}

/* @n more bytes, aligned, the padding zero; NULL: full. */
static void *extend(struct nlpkt *p, u32 n)
{
	u32 all = NL_ALIGN(n);
	void *at = p->data + p->len;

	if (p->is_full || all > p->room - p->len) {
		p->is_full = true;
		return NULL;
	}
	if (all != n)
		memset(at + n, 0, all - n);
	p->len += all;
	return at;
}

void *nlpkt_begin(struct nlpkt *p, u16 type, u16 flags, u32 portid, u32 seq, u32 n)
{
	struct nlhead *h;

	p->msg = p->len;
	h = extend(p, (u32)sizeof(*h) + n);
	if (!h)
		return NULL;
	*h = (struct nlhead){ .type = type, .flags = flags, .seq = seq, .pid = portid };
	memset(h + 1, 0, n);
	return h + 1;
}

void *nlpkt_raw(struct nlpkt *p, u32 n)
{
	void *at = extend(p, n);

	if (at)
		memset(at, 0, n);
	return at;
}

void nlpkt_put(struct nlpkt *p, u16 type, const void *data, u32 n)
{
	struct nlattr_head *a = extend(p, (u32)sizeof(*a) + n);

	if (!a)
		return;
	*a = (struct nlattr_head){ .len = (u16)(sizeof(*a) + n), .type = type };
	memcpy(a + 1, data, n);
}

void nlpkt_put_str(struct nlpkt *p, u16 type, const char *s)
{
	nlpkt_put(p, type, s, (u32)strlen(s) + 1);
}

u32 nlpkt_nest(struct nlpkt *p, u16 type)
{
	u32 at = p->len;
	struct nlattr_head *a = extend(p, sizeof(*a));

	if (a)
		*a = (struct nlattr_head){ .len = sizeof(*a), .type = type };
	return at;
}

void nlpkt_nest_end(struct nlpkt *p, u32 at)
{
	struct nlattr_head *a = (void *)(p->data + at);

	if (!p->is_full)
		a->len = (u16)(p->len - at);
}

bool nlpkt_end(struct nlpkt *p)
{
	struct nlhead *h = (void *)(p->data + p->msg);

	if (p->is_full) {
		p->len = p->msg;
		return false;
	}
	h->len = p->len - p->msg;
	return true;
}

/* ---- reading ---- */

const void *nlreq_fixed(const struct nlreq *r, void *store, u32 n)
{
	if (r->len >= n)
		return r->data;
	memset(store, 0, n);
	memcpy(store, r->data, r->len);
	return store;
}

int nlattrs_read(const void *data, u32 len, const struct nlattr_head **tb, u32 max)
{
	memset(tb, 0, (max + 1) * sizeof(*tb));
	while (len >= sizeof(struct nlattr_head)) {
		const struct nlattr_head *a = data;
		u32 type = NLATTR_TYPE(a->type), step;

		if (a->len < sizeof(*a) || a->len > len)
			return -EINVAL;
		if (type <= max)
			tb[type] = a;
		step = min(NL_ALIGN((u32)a->len), len);
		data += step;
		len -= step;
	}
	return 0;
}

int nlreq_attrs(const struct nlreq *r, u32 n, const struct nlattr_head **tb, u32 max)
{
	n = NL_ALIGN(n);
	if (r->len <= n)
		return nlattrs_read(NULL, 0, tb, max);
	return nlattrs_read(r->data + n, r->len - n, tb, max);
}

u32 nlattr_u32(const struct nlattr_head *a)
{
	u32 v = 0;

	memcpy(&v, nlattr_data(a), min_t(u32, sizeof(v), nlattr_len(a)));
	return v;
}
