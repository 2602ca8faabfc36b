// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bytes of an sk_buff: added, taken, copied, summed, made linear, listed for a device.
 *
 * A packet is its linear part, then the pieces of pages, then the buffers of frag_list. skb_walk()
 * goes over any range of it; the rest of this file is what is done with each stretch.
 */
#include "net_impl.h"

#include <tern/base/bug.h>
#include <tern/base/err.h>
#include <tern/kernel/klog.h>
#include <tern/lib/string.h>
#include <tern/net/inetsum.h>

#define PULL_EXTRA	128	/* room for the next pull */
#define FRAG_ORDER	3u
#define SG_END		2UL
#define SG_FLAGS	3UL

/* ---- ends of the linear part ---- */

void *lx_skb_put(struct lx_sk_buff *skb, unsigned int n)
{
	u8 *p = skb_tail(skb);

	VERIFY(!skb->data_len && n <= skb->end - skb->tail);
	skb->tail += n;
	skb->len += n;
	return p;
}
LX_EXPORT(skb_put);

void *lx_skb_push(struct lx_sk_buff *skb, unsigned int n)
{
	VERIFY(n <= skb_headroom(skb));
	skb->data -= n;
	skb->len += n;
	return skb->data;
}
LX_EXPORT(skb_push);

void *lx_skb_pull(struct lx_sk_buff *skb, unsigned int n)
{
	if (n > skb->len || (n > skb_linear(skb) && !lx___pskb_pull_tail(skb, (int)(n - skb_linear(skb)))))
		return NULL;
	skb->len -= n;
	return skb->data += n;
}
LX_EXPORT(skb_pull);

/* ---- walking ---- */

typedef int (*stretch_fn)(void *arg, struct page *page, u32 off, u8 *at, u32 n);

static int walk_frags(const struct lx_sk_buff *skb, u32 *skip, u32 *n, stretch_fn fn, void *arg)
{
	struct lx_skb_shared_info *shared = skb_shared(skb);
	int err = 0;

	for (u32 i = 0; i < shared->nr_frags && *n && !err; i++) {
		struct lx_bio_vec *f = &shared->frags[i];
		u32 part;

		if (*skip >= f->bv_len) {
			*skip -= f->bv_len;
			continue;
		}
		part = min(*n, f->bv_len - *skip);
		err = fn(arg, (struct page *)f->bv_page, f->bv_offset + *skip,
			 pktpage_at((struct page *)f->bv_page, f->bv_offset + *skip), part);
		*n -= part;
		*skip = 0;
	}
	return err;
}

/* @fn for each stretch of bytes [@skip, @skip + @n): 0, its error, or -EFAULT if the packet is shorter. */
static int skb_walk(const struct lx_sk_buff *skb, u32 skip, u32 n, stretch_fn fn, void *arg)
{
	u32 linear = skb_linear(skb);
	int err = 0;

	if (skip < linear) {
		u32 part = min(n, linear - skip);

		err = fn(arg, NULL, 0, skb->data + skip, part);
		n -= part;
		skip = 0;
	} else {
		skip -= linear;
	}
	if (!err && n)
		err = walk_frags(skb, &skip, &n, fn, arg);
	for (struct lx_sk_buff *f = n ? skb_shared(skb)->frag_list : NULL; f && n && !err; f = f->next) {
		u32 part;

		if (skip >= f->len) {
			skip -= f->len;
			continue;
		}
		part = min(n, f->len - skip);
		err = skb_walk(f, skip, part, fn, arg);
		n -= part;
		skip = 0;
	}
	return err ? err : n ? -EFAULT : 0;
}

/* ---- copies ---- */

static int copy_out(void *arg, struct page *page, u32 off, u8 *at, u32 n)
{
	u8 **to = arg;

	memcpy(*to, at, n);
	*to += n;
	return 0;
}

static int copy_in(void *arg, struct page *page, u32 off, u8 *at, u32 n)
{
	const u8 **from = arg;

	memcpy(at, *from, n);
	*from += n;
	return 0;
}

int lx_skb_copy_bits(const struct lx_sk_buff *skb, int off, void *to, int n)
{
	if (off < 0 || n < 0)
		return -EFAULT;
	return skb_walk(skb, (u32)off, (u32)n, copy_out, &to);
}
LX_EXPORT(skb_copy_bits);

int lx_skb_store_bits(struct lx_sk_buff *skb, int off, const void *from, int n)
{
	if (off < 0 || n < 0)
		return -EFAULT;
	return skb_walk(skb, (u32)off, (u32)n, copy_in, &from);
}
LX_EXPORT(skb_store_bits);

/* ---- sums ---- */

struct sum { u64 sum; u32 done; };

/* Behind an odd number of bytes, high and low are exchanged. */
static int add_sum(void *arg, struct page *page, u32 off, u8 *at, u32 n)
{
	struct sum *s = arg;
	u16 part = inetsum_fold(inetsum_add(0, at, n));

	s->sum += s->done & 1 ? (u16)(part << 8 | part >> 8) : part;
	s->done += n;
	return 0;
}

u64 lx_skb_sum(const struct lx_sk_buff *skb, u32 off, u32 n, u64 sum)
{
	struct sum s = { .sum = sum };

	(void)skb_walk(skb, off, n, add_sum, &s);
	return s.sum;
}

unsigned int lx_skb_checksum(const struct lx_sk_buff *skb, int off, int n, unsigned int sum)
{
	return inetsum_fold(lx_skb_sum(skb, (u32)off, (u32)n, sum));
}
LX_EXPORT(skb_checksum);

unsigned int lx_csum_partial(const void *p, int n, unsigned int sum)
{
	return inetsum_fold(inetsum_add(sum, p, (size_t)n));
}
LX_EXPORT(csum_partial);

unsigned short lx_csum_ipv6_magic(const struct lx_in6_addr *from, const struct lx_in6_addr *to, unsigned int len,
				  unsigned char protocol, unsigned int sum)
{
	u64 s = inetsum_add(sum, from, 16);

	s = inetsum_add(s, to, 16) + TO_BE32(len) + TO_BE32((u32)protocol);
	return (u16)~inetsum_fold(s);
}
LX_EXPORT(csum_ipv6_magic);

/* Complete the sum that was left to the device. */
int lx_skb_checksum_help(struct lx_sk_buff *skb)
{
	u32 start = skb->csum_start - skb_headroom(skb), at = start + skb->csum_offset;
	u16 sum;

	if (skb->ip_summed != SUM_PARTIAL || at + 2 > skb_linear(skb))
		return -EINVAL;
	sum = (u16)~inetsum_fold(lx_skb_sum(skb, start, skb->len - start, 0));
	sum = sum ? sum : 0xffff;
	memcpy(skb->data + at, &sum, sizeof(sum));
	skb->ip_summed = SUM_NONE;
	return 0;
}
LX_EXPORT(skb_checksum_help);

void lx_skb_copy_and_csum_dev(const struct lx_sk_buff *skb, unsigned char *to)
{
	u32 start = skb->csum_start - skb_headroom(skb);
	u16 sum;

	(void)lx_skb_copy_bits(skb, 0, to, (int)skb->len);
	if (skb->ip_summed != SUM_PARTIAL || start >= skb->len)
		return;
	sum = (u16)~inetsum_fold(inetsum_add(0, to + start, skb->len - start));
	memcpy(to + start + skb->csum_offset, &sum, sizeof(sum));
}
LX_EXPORT(skb_copy_and_csum_dev);

bool lx_skb_partial_csum_set(struct lx_sk_buff *skb, unsigned short start, unsigned short off)
{
	u32 from = skb_headroom(skb) + start;

	if (from > 0xffff || (u32)start + off + 2 > skb_linear(skb))
		return false;
	skb->ip_summed = SUM_PARTIAL;
	skb->csum_start = skb->transport_header = (u16)from;
	skb->csum_offset = off;
	return true;
}
LX_EXPORT(skb_partial_csum_set);

/* ---- from pieces to the linear part, and shorter ---- */

static void drop_from_list(struct lx_sk_buff *skb, u32 n)
{
	struct lx_skb_shared_info *shared = skb_shared(skb);

	while (n) {
		struct lx_sk_buff *f = shared->frag_list;

		if (f->len > n) {
			(void)lx_skb_pull(f, n);
			return;
		}
		n -= f->len;
		shared->frag_list = f->next;
		lx_skb_free(f);
	}
}

/* The first @n bytes behind the linear part go; somebody has copied them. */
static void drop_from_frags(struct lx_sk_buff *skb, u32 n)
{
	struct lx_skb_shared_info *shared = skb_shared(skb);
	u32 keep = 0;

	for (u32 i = 0; i < shared->nr_frags; i++) {
		struct lx_bio_vec f = shared->frags[i];

		if (f.bv_len <= n) {
			n -= f.bv_len;
			page_put((struct page *)f.bv_page);
			continue;
		}
		f.bv_offset += n;
		f.bv_len -= n;
		n = 0;
		shared->frags[keep++] = f;
	}
	shared->nr_frags = (u8)keep;
	if (n)
		drop_from_list(skb, n);
}

void *lx___pskb_pull_tail(struct lx_sk_buff *skb, int delta)
{
	u32 n = (u32)delta;

	if (n > skb->data_len)
		return NULL;
	if ((skb->tail + n > skb->end || skb->cloned) &&
	    lx_pskb_expand_head(skb, 0, skb->tail + n > skb->end ? delta + PULL_EXTRA : 0, ALLOC_ATOMIC))
		return NULL;
	if (lx_skb_copy_bits(skb, (int)skb_linear(skb), skb_tail(skb), delta))
		return NULL;
	drop_from_frags(skb, n);
	skb->tail += n;
	skb->data_len -= n;
	return skb_tail(skb);
}
LX_EXPORT(__pskb_pull_tail);

int lx____pskb_trim(struct lx_sk_buff *skb, unsigned int len)
{
	struct lx_skb_shared_info *shared = skb_shared(skb);
	u32 left, keep = 0;

	if (len >= skb->len)
		return 0;
	if (skb->cloned && lx_pskb_expand_head(skb, 0, 0, ALLOC_ATOMIC))
		return -ENOMEM;
	if (shared->frag_list && !lx___pskb_pull_tail(skb, (int)skb->data_len))
		return -ENOMEM;
	shared = skb_shared(skb);
	left = len > skb_linear(skb) ? len - skb_linear(skb) : 0;
	if (!left) {
		skb->tail = skb_headroom(skb) + len;
		skb->data_len = 0;
	}
	for (u32 i = 0; i < shared->nr_frags; i++) {
		struct lx_bio_vec *f = &shared->frags[i];

		f->bv_len = min(f->bv_len, left);
		left -= f->bv_len;
		if (f->bv_len)
			keep = i + 1;
		else
			page_put((struct page *)f->bv_page);
	}
	shared->nr_frags = (u8)keep;
	if (skb->data_len)
		skb->data_len -= skb->len - len;
	skb->len = len;
	return 0;
}
LX_EXPORT(___pskb_trim);

void lx_skb_trim(struct lx_sk_buff *skb, unsigned int len)
{
	if (skb->len <= len || skb->data_len)
		return;
	skb->len = len;
	skb->tail = skb_headroom(skb) + len;
}
LX_EXPORT(skb_trim);

/* Zeroes behind the packet, which do not count into its length; frees it on failure if @must_free. */
int lx___skb_pad(struct lx_sk_buff *skb, int pad, bool must_free)
{
	int need = (int)skb->data_len + pad - (int)(skb->end - skb->tail);
	int err = 0;

	if (skb->cloned || need > 0)
		err = lx_pskb_expand_head(skb, 0, need > 0 ? need : 0, ALLOC_ATOMIC);
	if (!err && skb->data_len && !lx___pskb_pull_tail(skb, (int)skb->data_len))
		err = -ENOMEM;
	if (!err)
		memset(skb_tail(skb), 0, (size_t)pad);
	else if (must_free)
		lx_skb_free(skb);
	return err;
}
LX_EXPORT(__skb_pad);

/* ---- pages ---- */

void lx_skb_add_rx_frag(struct lx_sk_buff *skb, int i, struct lx_page *page, int off, int size,
			unsigned int truesize)
{
	struct lx_skb_shared_info *shared = skb_shared(skb);

	shared->frags[i] = (struct lx_bio_vec){ .bv_page = page, .bv_len = (u32)size, .bv_offset = (u32)off };
	shared->nr_frags = (u8)(i + 1);
	skb->len += (u32)size;
	skb->data_len += (u32)size;
	skb->truesize += truesize;
}
LX_EXPORT(skb_add_rx_frag);

void lx_skb_coalesce_rx_frag(struct lx_sk_buff *skb, int i, int size, unsigned int truesize)
{
	skb_shared(skb)->frags[i].bv_len += (u32)size;
	skb->len += (u32)size;
	skb->data_len += (u32)size;
	skb->truesize += truesize;
}
LX_EXPORT(skb_coalesce_rx_frag);

bool lx_skb_page_frag_refill(unsigned int size, struct lx_page_frag *frag, unsigned int gfp)
{
	struct page *p = (struct page *)frag->page;

	if (p) {
		if (atomic_read(&p->refcount) == 1) {
			frag->offset = 0;
			return true;
		}
		if (frag->offset + size <= frag->size)
			return true;
		page_put(p);
	}
	frag->offset = 0;
	frag->size = (u32)PAGE_SIZE << FRAG_ORDER;
	p = page_alloc(FRAG_ORDER, (gfp & ~ALLOC_DIRECT) | ALLOC_COMPOUND | ALLOC_NOWARN | ALLOC_NORETRY);
	if (!p) {
		frag->size = PAGE_SIZE;
		p = page_alloc(0, gfp);
	}
	frag->page = (struct lx_page *)p;
	return p;
}
LX_EXPORT(skb_page_frag_refill);

struct sg_fill { struct lx_scatterlist *sg; int n; };

static int add_sg(void *arg, struct page *page, u32 off, u8 *at, u32 n)
{
	struct sg_fill *f = arg;
	struct lx_scatterlist *sg = &f->sg[f->n++];

	if (!page) {
		page = virt_to_page(at);
		off = (u32)((uptr)at & ~PAGE_MASK);
	}
	sg->page_link = (sg->page_link & SG_FLAGS) | (unsigned long)page;
	sg->offset = off;
	sg->length = n;
	return 0;
}

int lx_skb_to_sgvec(struct lx_sk_buff *skb, struct lx_scatterlist *sg, int off, int n)
{
	struct sg_fill f = { .sg = sg };

	if (skb_walk(skb, (u32)off, (u32)n, add_sg, &f))
		return -EMSGSIZE;
	if (f.n)
		sg[f.n - 1].page_link |= SG_END;
	return f.n;
}
LX_EXPORT(skb_to_sgvec);
