// SPDX-License-Identifier: GPL-2.0-only
/*
 * Putting fragments together: RFC 791, 815, with the limits of RFC 1122 and overlaps
 * refused as RFC 5722 does for IPv6.
 *
 * A fragq collects the pieces of one datagram, sorted by offset. It dies when it is
 * complete, when its time is over (30 s) or when the memory of all of them passes
 * FRAG_MEM_MAX: then new pieces are dropped. All under frag_lock.
 */
#include "ip_impl.h"

#include <tern/kernel/clock.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define FRAG_TIME	(30 * NSEC_PER_SEC)
#define FRAG_MEM_MAX	(4u << 20)
#define FRAG_PIECES_MAX	2048u

struct fragq {
	struct hnode node;
	struct list pieces;		/* of pktbuf, cb[0] = offset, data at payload */
	be32 saddr, daddr;
	be16 id;
	u8 protocol;
	u32 total;			/* bytes, once the last piece is here; 0 before */
	u32 have, npieces;
	u64 mem;
	struct timeout timer;
	struct netns *ns;
	refcount refs;			/* table and timer */
};

static struct hlist *bucket_of(struct ip4tables *t, const struct ip4_head *h)
{
	u64 v = hash_combine((u64)h->saddr << 32 | h->daddr, (u64)h->id << 8 | h->protocol);

	return &t->frag_hash[v % ARRAY_SIZE(t->frag_hash)];
}

static void fragq_put(struct fragq *q)
{
	if (ref_put(&q->refs)) {
		netns_put(q->ns);
		kmem_free(q);
	}
}

/* Out of the table with its pieces on @out; frag_lock held. The table's reference is the caller's. */
static void unhash(struct ip4tables *t, struct fragq *q, struct list *out)
{
	hlist_del_init(&q->node);
	list_splice_init(&q->pieces, out);
	t->frag_mem -= q->mem;
}

static void expire(struct timeout *timer)
{
	struct fragq *q = container_of(timer, struct fragq, timer);
	struct ip4tables *t = q->ns->ip4;
	struct pktbuf *first;
	bool was_there;
	LIST_HEAD(out);

	spin_lock_bh(&t->frag_lock);
	was_there = !hlist_unhashed(&q->node);
	if (was_there)
		unhash(t, q, &out);
	spin_unlock_bh(&t->frag_lock);
	if (was_there) {
		ipstat_inc(IPSTAT_REASM_TIMEOUT);
		ipstat_inc(IPSTAT_REASM_FAILS);
		first = list_first_entry_or_null(&out, struct pktbuf, link);
		rcu_read_lock();
		if (first && !first->cb[0])
			icmp4_error(q->ns, first, ICMP_TIME_EXCEEDED, 1, 0);
		rcu_read_unlock();
		pktbuf_purge(&out);
		fragq_put(q);
	}
	fragq_put(q);
}

static struct fragq *find_or_make(struct netns *ns, const struct ip4_head *h)
{
	struct ip4tables *t = ns->ip4;
	struct hlist *b = bucket_of(t, h);
	struct fragq *q;

	hlist_foreach(q, b, node)
		if (q->saddr == h->saddr && q->daddr == h->daddr && q->id == h->id &&
		    q->protocol == h->protocol)
			return q;
	q = kmem_zalloc(sizeof(*q), ALLOC_ATOMIC);
	if (!q)
		return NULL;
	list_init(&q->pieces);
	q->saddr = h->saddr;
	q->daddr = h->daddr;
	q->id = h->id;
	q->protocol = h->protocol;
	q->ns = netns_get(ns);
	ref_init(&q->refs, 2);
	timeout_init(&q->timer, expire, 0);
	timeout_arm(&q->timer, clock_ns() + FRAG_TIME);
	hlist_add_head(&q->node, b);
	return q;
}

/* Sort a piece in; false: it does not belong (overlap, past the end). */
static bool add_piece(struct ip4tables *t, struct fragq *q, struct pktbuf *pb, u32 off, u32 len, bool is_last)
{
	struct pktbuf *p;
	struct list *at = &q->pieces;
	u32 cost;

	if (is_last && q->total && q->total != off + len)
		return false;
	if (q->total && off + len > q->total)
		return false;
	list_foreach_reverse(p, &q->pieces, link) {
		u32 poff = (u32)p->cb[0], plen = (u32)p->cb[1];

		if (is_last && poff + plen > off + len)
			return false;
		if (poff + plen <= off)
			break;
		if (off + len > poff)
			return false;
		at = &p->link;
	}
	if (is_last)
		q->total = off + len;
	pb->cb[0] = off;
	pb->cb[1] = len;
	list_add_tail(&pb->link, at);
	q->have += len;
	q->npieces++;
	cost = frag_cost(pb);
	q->mem += cost;
	t->frag_mem += cost;
	return true;
}

/* All pieces as one packet; data at the header. */
static struct pktbuf *join(struct fragq *q, struct list *pieces)
{
	struct pktbuf *first = list_first_entry(pieces, struct pktbuf, link), *pb, *p;
	u32 hlen = ip4_hlen(pkt_ip4(first));
	struct ip4_head *h;

	if (hlen + q->total > 65535)
		return NULL;
	pb = pktbuf_alloc(PKT_HEADROOM, hlen + q->total, ALLOC_ATOMIC);
	if (!pb)
		return NULL;
	pb->nif = first->nif;
	pb->type = first->type;
	pb->flags = first->flags;
	pb->protocol = first->protocol;
	pb->stamp = first->stamp;
	pb->net = pb->mac = (u16)pktbuf_headroom(pb);
	h = pktbuf_put(pb, hlen);
	memcpy(h, pkt_ip4(first), hlen);
	h->total_len = TO_BE16(hlen + q->total);
	h->frag_off = 0;
	list_foreach(p, pieces, link) {
		u32 n = (u32)p->cb[1];

		pktbuf_read(p, ip4_hlen(pkt_ip4(p)), pktbuf_put(pb, n), n);
	}
	return pb;
}

struct pktbuf *ip4_reassemble(struct netns *ns, struct pktbuf *pb)
{
	const struct ip4_head *h = pkt_ip4(pb);
	u32 off = (FROM_BE16(h->frag_off) & IP4_OFFMASK) * 8u, len = pb->len - ip4_hlen(h);
	bool is_last = !(h->frag_off & TO_BE16(IP4_MF)), done = false;
	struct ip4tables *t = ns->ip4;
	struct pktbuf *whole = NULL;
	struct fragq *q;
	LIST_HEAD(out);

	ipstat_inc(IPSTAT_REASM_REQDS);
	spin_lock(&t->frag_lock);
	q = t->frag_mem < FRAG_MEM_MAX && len && off + len <= 65535 && (is_last || !(len & 7)) ?
	    find_or_make(ns, h) : NULL;
	if (!q || q->npieces >= FRAG_PIECES_MAX || !add_piece(t, q, pb, off, len, is_last)) {
		list_add(&pb->link, &out);
		ipstat_inc(IPSTAT_REASM_FAILS);
	} else if (q->total && q->have == q->total) {
		unhash(t, q, &out);
		done = true;
	}
	spin_unlock(&t->frag_lock);
	if (done) {
		if (timeout_cancel(&q->timer))
			fragq_put(q);
		whole = join(q, &out);
		fragq_put(q);
		ipstat_inc(whole ? IPSTAT_REASM_OKS : IPSTAT_REASM_FAILS);
	}
	pktbuf_purge(&out);
	return whole;
}

void ip4_frag_usage(struct netns *ns, u64 *n, u64 *mem)
{
	struct ip4tables *t = ns->ip4;

	*n = 0;
	spin_lock_bh(&t->frag_lock);
	for (u32 i = 0; i < ARRAY_SIZE(t->frag_hash); i++)
		for (const struct hnode *h = t->frag_hash[i].first; h; h = h->next)
			(*n)++;
	*mem = t->frag_mem;
	spin_unlock_bh(&t->frag_lock);
}
