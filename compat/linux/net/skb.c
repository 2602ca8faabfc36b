// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets of modules: struct sk_buff, its memory and its references.
 *
 * Drivers know the geometry: bytes lie between head and end, behind them the shared part
 * (skb_shared_info) with pieces of pages and a list of further buffers. The memory is either from
 * the object allocator or a piece of a page (head_frag), which may go on to a native packet as it is.
 * Clones share head and shared part, counted in dataref.
 *
 * Contexts: allocation and freeing anywhere but in NMI.
 */
#include "net_impl.h"

#include <tern/base/bug.h>
#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define NO_HEADER	0xffffu
#define FRAG_LEAST	1024u	/* smaller ones come from the object allocator */
#define DATAREF_MASK	0xffff

static struct objcache *skb_cache;

/* ---- making ---- */

/* @size bytes at @head, shared part behind them. */
static struct lx_sk_buff *skb_over(void *head, u32 size, bool is_frag, u32 gfp)
{
	struct lx_sk_buff *skb = objcache_alloc(skb_cache, gfp & ~ALLOC_DMA32);
	struct lx_skb_shared_info *shared;

	if (unlikely(!skb))
		return NULL;
	memset(skb, 0, sizeof(*skb));
	skb->head = skb->data = head;
	skb->end = size;
	skb->truesize = (u32)sizeof(*skb) + size + SHARED_SIZE;
	skb->head_frag = is_frag;
	skb->mac_header = skb->transport_header = NO_HEADER;
	skb->users.refs.counter = 1;
	shared = skb_shared(skb);
	memset(shared, 0, offsetof(struct lx_skb_shared_info, dataref));
	shared->dataref.counter = 1;
	return skb;
}

struct lx_sk_buff *lx___alloc_skb(unsigned int size, unsigned int gfp, int flags, int node)
{
	struct lx_sk_buff *skb;
	void *head;

	size = ALIGN_UP(size, SKB_ALIGN);
	head = kmem_alloc_sized(size + SHARED_SIZE, gfp);
	if (!head)
		return NULL;
	skb = skb_over(head, size, false, gfp);
	if (!skb)
		kmem_free(head);
	return skb;
}
LX_EXPORT(__alloc_skb);

/* A piece of this CPU's shared page. An interrupt's handler may have come while the page was being cut. */
static void *frag_alloc(u32 size)
{
	u32 n = ALIGN_UP(size, SKB_ALIGN), off, got;
	struct page *p = in_hardirq() ? NULL : pktpage_get(n, n, &off, &got, ALLOC_ATOMIC);

	return p ? pktpage_at(p, off) : NULL;
}

void *lx___netdev_alloc_frag_align(unsigned int size, unsigned int mask)
{
	return frag_alloc(size);
}
LX_EXPORT(__netdev_alloc_frag_align);

void *lx___napi_alloc_frag_align(unsigned int size, unsigned int mask)
{
	return frag_alloc(size);
}
LX_EXPORT(__napi_alloc_frag_align);

void lx_page_frag_free(void *p)
{
	page_put(virt_to_page(p));
}
LX_EXPORT(page_frag_free);

void lx___page_frag_cache_drain(struct lx_page *page, unsigned int n)
{
	struct page *p = page_head((struct page *)page);

	if (atomic_add_return(&p->refcount, -(s32)n) == 0)
		page_put_final(p);
}
LX_EXPORT(__page_frag_cache_drain);

static struct lx_sk_buff *alloc_for_receive(struct lx_net_device *dev, u32 len, u32 gfp)
{
	struct lx_sk_buff *skb;
	void *data;

	len += SKB_PAD;
	if (len < FRAG_LEAST || len + SHARED_SIZE > PAGE_SIZE || (gfp & (ALLOC_DIRECT | 1)) || in_hardirq()) {
		skb = lx___alloc_skb(len, gfp, 0, -1);
	} else {
		data = frag_alloc((u32)ALIGN_UP(len, SKB_ALIGN) + SHARED_SIZE);
		if (!data)
			return NULL;
		skb = skb_over(data, ALIGN_UP(len, SKB_ALIGN), true, gfp);
		if (!skb)
			lx_page_frag_free(data);
	}
	if (!skb)
		return NULL;
	skb_reserve(skb, SKB_PAD);
	skb->dev = dev;
	return skb;
}

struct lx_sk_buff *lx___netdev_alloc_skb(struct lx_net_device *dev, unsigned int len, unsigned int gfp)
{
	return alloc_for_receive(dev, len, gfp);
}
LX_EXPORT(__netdev_alloc_skb);

struct lx_sk_buff *lx___napi_alloc_skb(struct lx_napi_struct *napi, unsigned int len, unsigned int gfp)
{
	return alloc_for_receive(napi->dev, len, gfp);
}
LX_EXPORT(__napi_alloc_skb);

/* Around memory that the driver received into; @size 0: all of what kmalloc() gave. */
struct lx_sk_buff *lx_build_skb(void *data, unsigned int size)
{
	u32 whole = size ? size : (u32)kmem_size(data);

	return data ? skb_over(data, whole - SHARED_SIZE, size != 0, ALLOC_ATOMIC) : NULL;
}
LX_EXPORT(build_skb);

struct lx_sk_buff *lx_napi_build_skb(void *data, unsigned int size)
{
	return lx_build_skb(data, size);
}
LX_EXPORT(napi_build_skb);

/* ---- freeing ---- */

static void head_free(struct lx_sk_buff *skb)
{
	if (skb->head_frag)
		lx_page_frag_free(skb->head);
	else
		kmem_free(skb->head);
}

static void free_list(struct lx_sk_buff *skb)
{
	while (skb) {
		struct lx_sk_buff *next = skb->next;

		lx_skb_free(skb);
		skb = next;
	}
}

/* What the packet holds, if no clone does. */
static void data_release(struct lx_sk_buff *skb)
{
	struct lx_skb_shared_info *shared = skb_shared(skb);
	int part = skb->nohdr ? (1 << 16) + 1 : 1;

	if (skb->cloned && __atomic_sub_fetch(&shared->dataref.counter, part, __ATOMIC_SEQ_CST))
		return;
	for (u32 i = 0; i < shared->nr_frags; i++)
		page_put((struct page *)shared->frags[i].bv_page);
	if (unlikely(shared->frag_list))
		free_list(shared->frag_list);
	head_free(skb);
}

void lx_skb_free(struct lx_sk_buff *skb)
{
	if (!skb || (skb->users.refs.counter != 1 &&
		     __atomic_sub_fetch(&skb->users.refs.counter, 1, __ATOMIC_SEQ_CST)))
		return;
	if (skb->destructor)
		skb->destructor(skb);
	if (skb->head)
		data_release(skb);
	objcache_free(skb_cache, skb);
}

void lx_consume_skb(struct lx_sk_buff *skb) { lx_skb_free(skb); }
LX_EXPORT(consume_skb);
void lx_kfree_skb_reason(struct lx_sk_buff *skb, unsigned int reason) { lx_skb_free(skb); }
LX_EXPORT(kfree_skb_reason);
void lx___kfree_skb(struct lx_sk_buff *skb) { lx_skb_free(skb); }
LX_EXPORT(__kfree_skb);
void lx_kfree_skb_list_reason(struct lx_sk_buff *skb, unsigned int reason) { free_list(skb); }
LX_EXPORT(kfree_skb_list_reason);
void lx_napi_consume_skb(struct lx_sk_buff *skb, int budget) { lx_skb_free(skb); }
LX_EXPORT(napi_consume_skb);
void lx___dev_kfree_skb_any(struct lx_sk_buff *skb, unsigned int reason) { lx_skb_free(skb); }
LX_EXPORT(__dev_kfree_skb_any);
void lx___dev_kfree_skb_irq(struct lx_sk_buff *skb, unsigned int reason) { lx_skb_free(skb); }
LX_EXPORT(__dev_kfree_skb_irq);

/* Nobody tracks connections or routes in packets of modules. */
void lx_nf_conntrack_destroy(struct lx_nf_conntrack *nfct) { }
LX_EXPORT(nf_conntrack_destroy);
void lx_dst_release(struct lx_dst_entry *dst) { VERIFY(!dst); }
LX_EXPORT(dst_release);

/* ---- copies ---- */

struct lx_sk_buff *lx_skb_clone(struct lx_sk_buff *skb, unsigned int gfp)
{
	struct lx_sk_buff *n = objcache_alloc(skb_cache, gfp);

	if (!n)
		return NULL;
	memcpy(n, skb, sizeof(*n));
	n->next = n->prev = NULL;
	n->sk = NULL;
	n->destructor = NULL;
	n->users.refs.counter = 1;
	n->cloned = skb->cloned = 1;
	n->nohdr = 0;
	__atomic_add_fetch(&skb_shared(skb)->dataref.counter, 1, __ATOMIC_SEQ_CST);
	return n;
}
LX_EXPORT(skb_clone);

static void shift_headers(struct lx_sk_buff *skb, int by)
{
	if (skb->ip_summed == SUM_PARTIAL)
		skb->csum_start = (u16)(skb->csum_start + by);
	if (skb->transport_header != NO_HEADER)
		skb->transport_header = (u16)(skb->transport_header + by);
	if (skb->mac_header != NO_HEADER)
		skb->mac_header = (u16)(skb->mac_header + by);
	skb->network_header = (u16)(skb->network_header + by);
	skb->inner_transport_header = (u16)(skb->inner_transport_header + by);
	skb->inner_network_header = (u16)(skb->inner_network_header + by);
	skb->inner_mac_header = (u16)(skb->inner_mac_header + by);
}

/* The new head has copies of the references that the old one keeps. */
static void share_pieces(struct lx_skb_shared_info *shared)
{
	for (u32 i = 0; i < shared->nr_frags; i++)
		page_get((struct page *)shared->frags[i].bv_page);
	for (struct lx_sk_buff *f = shared->frag_list; f; f = f->next)
		__atomic_add_fetch(&f->users.refs.counter, 1, __ATOMIC_SEQ_CST);
}

static bool has_other_owners(const struct lx_sk_buff *skb)
{
	return skb->cloned && (READ_ONCE(skb_shared(skb)->dataref.counter) & DATAREF_MASK) != 1;
}

int lx_pskb_expand_head(struct lx_sk_buff *skb, int nhead, int ntail, unsigned int gfp)
{
	u32 size = (u32)ALIGN_UP((u32)nhead + skb->end + (u32)ntail, SKB_ALIGN);
	u8 *head = kmem_alloc_sized(size + SHARED_SIZE, gfp);
	struct lx_skb_shared_info *shared;

	if (!head)
		return -ENOMEM;
	memcpy(head + nhead, skb->head, skb->tail);
	shared = (struct lx_skb_shared_info *)(head + size);
	memcpy(shared, skb_shared(skb), sizeof(*shared));
	shared->dataref.counter = 1;
	if (has_other_owners(skb)) {
		share_pieces(shared);
		data_release(skb);
	} else {
		head_free(skb);
	}
	skb->data = head + nhead + skb_headroom(skb);
	skb->head = head;
	skb->head_frag = 0;
	skb->end = size;
	skb->tail += (u32)nhead;
	shift_headers(skb, nhead);
	skb->cloned = skb->nohdr = 0;
	skb->hdr_len = 0;
	return 0;
}
LX_EXPORT(pskb_expand_head);

void lx_skb_copy_header(struct lx_sk_buff *to, const struct lx_sk_buff *from)
{
	u32 off = offsetof(struct lx_sk_buff, headers);

	to->dev = from->dev;
	to->tstamp = from->tstamp;
	memcpy(to->cb, from->cb, sizeof(to->cb));
	to->queue_mapping = from->queue_mapping;
	memcpy((u8 *)to + off, (const u8 *)from + off, sizeof(from->headers));
	shift_headers(to, (int)skb_headroom(to) - (int)skb_headroom(from));
	skb_shared(to)->gso_size = skb_shared(from)->gso_size;
	skb_shared(to)->gso_segs = skb_shared(from)->gso_segs;
	skb_shared(to)->gso_type = skb_shared(from)->gso_type;
}
LX_EXPORT(skb_copy_header);

struct lx_sk_buff *lx_skb_copy_expand(const struct lx_sk_buff *skb, int headroom, int tailroom, unsigned int gfp)
{
	struct lx_sk_buff *n = lx___alloc_skb((u32)headroom + skb->len + (u32)tailroom, gfp, 0, -1);

	if (!n)
		return NULL;
	skb_reserve(n, (u32)headroom);
	(void)lx_skb_copy_bits(skb, 0, lx_skb_put(n, skb->len), (int)skb->len);
	lx_skb_copy_header(n, skb);
	return n;
}
LX_EXPORT(skb_copy_expand);

struct lx_sk_buff *lx_skb_copy(const struct lx_sk_buff *skb, unsigned int gfp)
{
	return lx_skb_copy_expand(skb, (int)skb_headroom(skb), 0, gfp);
}
LX_EXPORT(skb_copy);

struct lx_sk_buff *lx_skb_realloc_headroom(struct lx_sk_buff *skb, unsigned int headroom)
{
	struct lx_sk_buff *n = lx_skb_clone(skb, ALLOC_ATOMIC);
	u32 has = skb_headroom(skb);

	if (n && lx_pskb_expand_head(n, headroom > has ? (int)ALIGN_UP(headroom - has, SKB_ALIGN) : 0, 0,
				     ALLOC_ATOMIC)) {
		lx_skb_free(n);
		return NULL;
	}
	return n;
}
LX_EXPORT(skb_realloc_headroom);

static int skb_init(void)
{
	skb_cache = objcache_create("lx_skb", sizeof(struct lx_sk_buff), 64, OBJCACHE_HWALIGN, NULL);
	return skb_cache ? 0 : -ENOMEM;
}
INITCALL(CORE, skb_init);
