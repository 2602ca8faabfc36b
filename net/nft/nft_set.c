// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets and maps of the packet filter: members sorted by key, found by halving.
 * In a set of intervals a member begins one or (INTERVAL_END) ends one.
 */
#include "nft_impl.h"

#include <tern/lib/sort.h>
#include <tern/lib/string.h>

#define SET_BYTES_MAX	(64u << 20)

void nftelems_put(struct nftelems *e)
{
	if (e && ref_put(&e->refs))
		kmem_free(e);
}

/* By key; of equal keys the end of one interval comes before the beginning of the next. */
static int order(const struct nftset *s, const struct nftelem *a, const u8 *key, u32 flags)
{
	int d = memcmp(a->bytes, key, s->key_len);

	return d ? d : (int)(flags & NFT_SET_ELEM_INTERVAL_END) - (int)(a->flags & NFT_SET_ELEM_INTERVAL_END);
}

/* The first place whose member is not before the key. */
static u32 place_of(const struct nftset *s, const u8 *key, u32 flags)
{
	u32 low = 0, high = s->elems ? s->elems->n : 0;

	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (order(s, nftelem_at(s->elems, mid), key, flags) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct nftelem *nftset_find(const struct nftset *s, const u8 *key)
{
	u32 at = place_of(s, key, 0);
	const struct nftelem *e;

	if (s->elems && at < s->elems->n) {
		e = nftelem_at(s->elems, at);
		if (!memcmp(e->bytes, key, s->key_len) && !(e->flags & NFT_SET_ELEM_INTERVAL_END))
			return e;
	}
	if (!(s->flags & NFT_SET_INTERVAL) || !at)
		return NULL;
	e = nftelem_at(s->elems, at - 1);
	return e->flags & NFT_SET_ELEM_INTERVAL_END ? NULL : e;
}

/* ---- changes ---- */

static int read_value(const struct nlattr_head *a, u8 *out, u32 len)
{
	const struct nlattr_head *tb[NFTA_DATA_VERDICT + 1];
	int err = a ? nlattrs_in(a, tb, NFTA_DATA_VERDICT) : -EINVAL;

	if (err)
		return err;
	if (!tb[NFTA_DATA_VALUE] || nlattr_len(tb[NFTA_DATA_VALUE]) != len)
		return -EINVAL;
	memcpy(out, nlattr_data(tb[NFTA_DATA_VALUE]), len);
	return 0;
}

static int read_elem(const struct nftset *s, const struct nlattr_head *a, bool is_new, struct nftelem *e)
{
	const struct nlattr_head *tb[NFTA_SET_ELEM_KEY_END + 1];
	int err = nlattrs_in(a, tb, NFTA_SET_ELEM_KEY_END);

	if (err)
		return err;
	if (tb[NFTA_SET_ELEM_TIMEOUT] || tb[NFTA_SET_ELEM_EXPR] || tb[NFTA_SET_ELEM_KEY_END])
		return -EOPNOTSUPP;
	memset(e, 0, sizeof(*e) + s->key_len + s->data_len);
	e->flags = tb[NFTA_SET_ELEM_FLAGS] ? nft_u32(tb[NFTA_SET_ELEM_FLAGS]) : 0;
	if (e->flags & ~NFT_SET_ELEM_INTERVAL_END)
		return -EOPNOTSUPP;
	err = read_value(tb[NFTA_SET_ELEM_KEY], e->bytes, s->key_len);
	if (err || !is_new || !(s->flags & NFT_SET_MAP) || (e->flags & NFT_SET_ELEM_INTERVAL_END))
		return err;
	if (!tb[NFTA_SET_ELEM_DATA])
		return -EINVAL;
	if (s->data_type == NFT_DATA_VERDICT)
		return nft_read_verdict(s->table, tb[NFTA_SET_ELEM_DATA], &e->verdict);
	return read_value(tb[NFTA_SET_ELEM_DATA], e->bytes + s->key_len, s->data_len);
}

const struct nftelem *nftset_get(const struct nftset *s, const struct nlattr_head *elem)
{
	const struct nlattr_head *tb[NFTA_SET_ELEM_KEY + 1];
	u8 key[NFT_DATA_MAX];

	if (nlattrs_in(elem, tb, NFTA_SET_ELEM_KEY) ||
	    read_value(tb[NFTA_SET_ELEM_KEY], key, s->key_len))
		return NULL;
	return nftset_find(s, key);
}

/* A copy with room for @more. */
static struct nftelems *copy(const struct nftset *s, u32 more)
{
	u32 n = s->elems ? s->elems->n : 0;
	u32 stride = ALIGN_UP((u32)sizeof(struct nftelem) + s->key_len + s->data_len, 8u);
	u64 bytes = (u64)(n + more) * stride;
	struct nftelems *e;

	if (bytes > SET_BYTES_MAX)
		return NULL;
	e = kmem_alloc(sizeof(*e) + bytes, ALLOC_KERNEL);
	if (!e)
		return NULL;
	ref_init(&e->refs, 1);
	e->n = n;
	e->stride = stride;
	if (n)
		memcpy(e->mem, s->elems->mem, (size_t)n * stride);
	return e;
}

/* One member in or out of a set whose members are its own. */
static int apply(struct nftset *s, const struct nftelem *e, bool is_new, bool is_excl)
{
	struct nftelems *all = s->elems;
	u32 at = place_of(s, e->bytes, e->flags);
	u8 *p = all->mem + (size_t)at * all->stride;
	bool is_there = at < all->n && !order(s, nftelem_at(all, at), e->bytes, e->flags);

	if (!is_new) {
		if (!is_there)
			return -ENOENT;
		memmove(p, p + all->stride, (size_t)(all->n - at - 1) * all->stride);
		all->n--;
		return 0;
	}
	if (is_there)
		return is_excl ? -EEXIST : 0;
	memmove(p + all->stride, p, (size_t)(all->n - at) * all->stride);
	memcpy(p, e, sizeof(*e) + s->key_len + s->data_len);
	all->n++;
	return 0;
}

static u32 count(const struct nlattr_head *list)
{
	const void *p = nlattr_data(list);
	u32 left = nlattr_len(list), n = 0;

	for (; left >= sizeof(struct nlattr_head); n++) {
		const struct nlattr_head *a = p;

		if (a->len < sizeof(*a) || a->len > left)
			break;
		p += NL_ALIGN((u32)a->len);
		left -= min(NL_ALIGN((u32)a->len), left);
	}
	return n;
}

int nftset_change(struct nftset *s, const struct nlattr_head *list, bool is_new, bool is_excl)
{
	u32 n = count(list);
	struct nftelems *old = s->elems, *new = copy(s, is_new ? n : 0);
	const struct nlattr_head *a = nlattr_data(list);
	struct nftelem *e;
	int err = 0;

	if (!new)
		return -ENOMEM;
	e = kmem_alloc(sizeof(*e) + s->key_len + s->data_len, ALLOC_KERNEL);
	if (!e) {
		kmem_free(new);
		return -ENOMEM;
	}
	s->elems = new;
	for (u32 i = 0; i < n && !err; i++) {
		err = read_elem(s, a, is_new, e);
		if (!err)
			err = apply(s, e, is_new, is_excl);
		a = (const void *)a + NL_ALIGN((u32)a->len);
	}
	kmem_free(e);
	nftelems_put(old);
	return err;
}

void nftelem_show(struct nlpkt *p, const struct nftset *s, const struct nftelem *e)
{
	u32 all = nlpkt_nest(p, NFTA_LIST_ELEM | NLATTR_NESTED), at;

	at = nlpkt_nest(p, NFTA_SET_ELEM_KEY | NLATTR_NESTED);
	nlpkt_put(p, NFTA_DATA_VALUE, e->bytes, s->key_len);
	nlpkt_nest_end(p, at);
	if ((s->flags & NFT_SET_MAP) && !(e->flags & NFT_SET_ELEM_INTERVAL_END)) {
		if (s->data_type == NFT_DATA_VERDICT) {
			nft_put_verdict(p, NFTA_SET_ELEM_DATA, &e->verdict, s->table);
		} else {
			at = nlpkt_nest(p, NFTA_SET_ELEM_DATA | NLATTR_NESTED);
			nlpkt_put(p, NFTA_DATA_VALUE, e->bytes + s->key_len, s->data_len);
			nlpkt_nest_end(p, at);
		}
	}
	if (e->flags)
		nft_put_u32(p, NFTA_SET_ELEM_FLAGS, e->flags);
	nlpkt_nest_end(p, all);
}
