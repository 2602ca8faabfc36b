// SPDX-License-Identifier: GPL-2.0-only
/*
 * Putting IPv6 fragments together: RFC 8200 4.5, overlaps drop the whole packet (RFC 5722).
 * As frag.c: pieces sorted by offset, 60 s, bounded memory. All under frag6_lock.
 */
#include "ip6_impl.h"

#include <tern/kernel/clock.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define FRAG_TIME	(60 * NSEC_PER_SEC)
#define FRAG_MEM_MAX	(4u << 20)
#define FRAG_PIECES_MAX	2048u

struct frag6q {
	struct hnode node;
	struct list pieces;		/* of pktbuf, cb[0] offset, cb[1] length, data at payload */
	struct in6ip saddr, daddr;
	be32 id;
	u8 next;			/* of the first piece */
	u32 total;			/* bytes, once the last piece is here */
	u32 have, npieces;
	u64 mem;
	struct timeout timer;
	struct netns *ns;
	refcount refs;			/* table and timer */
};

static struct spin frag6_lock = SPIN_INIT(LOCKRANK_NET_TABLE);	/* protects all below */
static struct hlist frag6_hash[64];

static void frag6q_put(struct frag6q *q)
{
	if (ref_put(&q->refs)) {
		netns_put(q->ns);
		kmem_free(q);
	}
}

static void unhash(struct frag6q *q, struct list *out)
{
	hlist_del_init(&q->node);
	list_splice_init(&q->pieces, out);
	q->ns->frag6_mem -= q->mem;
}

static void expire(struct timeout *timer)
{
	struct frag6q *q = container_of(timer, struct frag6q, timer);
	struct pktbuf *first;
	bool was_there;
	LIST_HEAD(out);

	spin_lock_bh(&frag6_lock);
	was_there = !hlist_unhashed(&q->node);
	if (was_there)
		unhash(q, &out);
	spin_unlock_bh(&frag6_lock);
	if (was_there) {
		first = list_first_entry_or_null(&out, struct pktbuf, link);
		rcu_read_lock();
		if (first && !first->cb[0])
			icmp6_error(q->ns, first, ICMP6_TIME_EXCEEDED, 1, 0);
		rcu_read_unlock();
		pktbuf_purge(&out);
		frag6q_put(q);
	}
	frag6q_put(q);
}

static struct frag6q *find_or_make(struct netns *ns, const struct ip6_head *h, const struct frag6_head *f)
{
	struct hlist *b = &frag6_hash[hash_combine(h->saddr.q[1] ^ h->daddr.q[1], f->id) % ARRAY_SIZE(frag6_hash)];
	struct frag6q *q;

	hlist_foreach(q, b, node)
		if (q->id == f->id && in6_same(&q->saddr, &h->saddr) && in6_same(&q->daddr, &h->daddr) && q->ns == ns)
			return q;
	q = kmem_zalloc(sizeof(*q), ALLOC_ATOMIC);
	if (!q)
		return NULL;
	list_init(&q->pieces);
	q->saddr = h->saddr;
	q->daddr = h->daddr;
	q->id = f->id;
	q->ns = netns_get(ns);
	ref_init(&q->refs, 2);
	timeout_init(&q->timer, expire, 0);
	timeout_arm(&q->timer, clock_ns() + FRAG_TIME);
	hlist_add_head(&q->node, b);
	return q;
}

/* Sort a piece in; false: it does not belong. */
static bool add_piece(struct frag6q *q, struct pktbuf *pb, u32 off, u32 len, bool is_last)
{
	struct list *at = &q->pieces;
	struct pktbuf *p;
	u32 cost;

	if ((q->total && off + len > q->total) || (is_last && q->total && q->total != off + len))
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
	q->ns->frag6_mem += cost;
	return true;
}

/* All as one packet: net at a header without extensions, data behind it. */
static struct pktbuf *join(struct frag6q *q, struct list *pieces)
{
	struct pktbuf *first = list_first_entry(pieces, struct pktbuf, link), *pb, *p;
	struct ip6_head *h;

	pb = pktbuf_alloc(PKT_HEADROOM, (u32)sizeof(*h) + q->total, ALLOC_ATOMIC);
	if (!pb)
		return NULL;
	pb->nif = first->nif;
	pb->type = first->type;
	pb->flags = first->flags;
	pb->protocol = first->protocol;
	pb->stamp = first->stamp;
	pb->net = pb->mac = (u16)pktbuf_headroom(pb);
	h = pktbuf_put(pb, sizeof(*h));
	memcpy(h, pkt_ip6(first), sizeof(*h));
	h->len = TO_BE16(q->total);
	h->next = q->next;
	list_foreach(p, pieces, link)
		pktbuf_read(p, 0, pktbuf_put(pb, (u32)p->cb[1]), (u32)p->cb[1]);
	pktbuf_pull(pb, sizeof(*h));
	return pb;
}

struct pktbuf *ip6_reassemble(struct netns *ns, struct pktbuf *pb)
{
	struct pktbuf *whole = NULL;
	struct frag6_head f;
	struct frag6q *q = NULL;
	bool is_last, done = false;
	LIST_HEAD(out);
	u32 off, len;

	if (!pktbuf_make_linear(pb, sizeof(f))) {
		pktbuf_free(pb);
		return NULL;
	}
	memcpy(&f, pb->data, sizeof(f));
	pktbuf_pull(pb, sizeof(f));
	off = FROM_BE16(f.off) & 0xfff8u;
	is_last = !(FROM_BE16(f.off) & FRAG6_MORE);
	len = pb->len;
	spin_lock(&frag6_lock);
	if (ns->frag6_mem < FRAG_MEM_MAX && len && off + len <= 65535 && (is_last || !(len & 7)))
		q = find_or_make(ns, pkt_ip6(pb), &f);
	if (!q || q->npieces >= FRAG_PIECES_MAX || !add_piece(q, pb, off, len, is_last)) {
		list_add(&pb->link, &out);
	} else {
		if (!off)
			q->next = f.next;
		if (q->total && q->have == q->total) {
			unhash(q, &out);
			done = true;
		}
	}
	spin_unlock(&frag6_lock);
	if (done) {
		if (timeout_cancel(&q->timer))
			frag6q_put(q);
		whole = join(q, &out);
		frag6q_put(q);
	}
	pktbuf_purge(&out);
	return whole;
}
