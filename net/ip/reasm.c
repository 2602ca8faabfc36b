// SPDX-License-Identifier: GPL-2.0-only
/*
 * Collecting the fragments of datagrams: RFC 791 and 815 for IPv4, RFC 8200 4.5 for IPv6, with the limits
 * of RFC 1122 and the rule of RFC 5722 for both: a fragment that overlaps another ends the datagram. One
 * that is inside another brings nothing new and is dropped alone.
 *
 * A reasm is one datagram: its pieces sorted by offset (pb->cb: offset, length, skip). It dies when it is
 * complete, spoilt, or its time is over; the table and the timer each have a reference. When the pieces of a
 * table keep more than MEM_MAX, new ones are dropped until the old ones expire.
 *
 * Interfaces may go while packets wait, so a reasm keeps numbers: a complete datagram arrived on the
 * interface of its latest piece, and one that expires on that of its first if it is still there.
 *
 * Lock order: reasm_table.lock is a leaf.
 */
#include "reasm.h"

#include <tern/kernel/clock.h>
#include <tern/lib/hash.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <tern/net/netif.h>

#define MEM_MAX		(4u << 20)
#define PIECES_MAX	2048u
#define DATAGRAM_MAX	65535u
#define COPY_MAX	2048u		/* a smaller fragment is copied: it does not keep the pages around it */

enum { CB_OFF, CB_LEN, CB_SKIP, CB_IFINDEX };

struct reasm {
	struct hnode node;
	struct list pieces;		/* of pktbuf */
	struct reasm_key key;		/* I */
	u32 total;			/* bytes, once the last piece is here; 0 before */
	u32 have, npieces;
	u64 mem;
	struct timeout timer;
	struct reasm_table *table;	/* I */
	struct netns *ns;		/* I held */
	refcount refs;
};

void reasm_table_init(struct reasm_table *t, const struct reasm_ops *ops)
{
	*t = (struct reasm_table){ .ops = ops };
	spin_init(&t->lock, LOCKRANK_NET_TABLE);
}

static void reasm_put(struct reasm *r)
{
	if (ref_put(&r->refs)) {
		netns_put(r->ns);
		kmem_free(r);
	}
}

/* Out of the table, its pieces on @out; lock held. The table's reference is the caller's. */
static void unhash(struct reasm *r, struct list *out)
{
	hlist_del_init(&r->node);
	list_splice_init(&r->pieces, out);
	r->table->mem -= r->mem;
	r->table->nqueues--;
}

static void expire(struct timeout *timer)
{
	struct reasm *r = container_of(timer, struct reasm, timer);
	struct reasm_table *t = r->table;
	struct pktbuf *first;
	bool was_there;
	LIST_HEAD(out);

	spin_lock_bh(&t->lock);
	was_there = !hlist_unhashed(&r->node);
	if (was_there)
		unhash(r, &out);
	spin_unlock_bh(&t->lock);
	if (was_there) {
		first = list_first_entry_or_null(&out, struct pktbuf, link);
		rcu_read_lock();
		if (first && !first->cb[CB_OFF])
			first->nif = netif_find_index(r->ns, (u32)first->cb[CB_IFINDEX]);
		t->ops->expired(r->ns, first && !first->cb[CB_OFF] && first->nif ? first : NULL);
		rcu_read_unlock();
		pktbuf_purge(&out);
		reasm_put(r);
	}
	reasm_put(r);
}

static bool is_same(const struct reasm_key *a, const struct reasm_key *b)
{
	return a->id == b->id && a->protocol == b->protocol && !memcmp(&a->saddr, &b->saddr, sizeof(a->saddr)) &&
	       !memcmp(&a->daddr, &b->daddr, sizeof(a->daddr));
}

static struct reasm *find_or_make(struct reasm_table *t, struct netns *ns, const struct reasm_key *key)
{
	u64 v = hash_combine(key->saddr.q[0] ^ key->daddr.q[0], key->saddr.q[1] ^ key->daddr.q[1]);
	struct hlist *b = &t->bucket[hash_combine(v, key->id) % ARRAY_SIZE(t->bucket)];
	struct reasm *r;

	hlist_foreach(r, b, node)
		if (is_same(&r->key, key))
			return r;
	r = kmem_zalloc(sizeof(*r), ALLOC_ATOMIC);
	if (!r)
		return NULL;
	list_init(&r->pieces);
	r->key = *key;
	r->table = t;
	r->ns = netns_get(ns);
	ref_init(&r->refs, 2);
	timeout_init(&r->timer, expire, 0);
	timeout_arm(&r->timer, clock_ns() + t->ops->ttl);
	hlist_add_head(&r->node, b);
	t->nqueues++;
	return r;
}

/* Memory that a fragment keeps: pages count in whole. */
static u32 cost_of(struct pktbuf *pb)
{
	if (pb->nfrags && pb->len <= COPY_MAX)
		pktbuf_make_linear(pb, pb->len);
	return pb->nfrags ? max_t(u32, pb->truesize, PAGE_SIZE) : pb->truesize;
}

enum fit { FIT_NEW, FIT_KNOWN, FIT_SPOILS };

/* Where @n belongs: *@at is the piece behind it, or the head. */
static enum fit find_place(struct reasm *r, const struct reasm_piece *n, struct list **at)
{
	u32 end = n->off + n->len;
	struct pktbuf *p;

	*at = &r->pieces;
	if (r->total && (end > r->total || (n->is_last && end != r->total)))
		return FIT_SPOILS;
	list_foreach_reverse(p, &r->pieces, link) {
		u32 poff = (u32)p->cb[CB_OFF], pend = poff + (u32)p->cb[CB_LEN];

		if (n->off >= poff && end <= pend)
			return FIT_KNOWN;
		if (n->is_last && pend > end)
			return FIT_SPOILS;
		if (pend <= n->off)
			break;
		if (end > poff)
			return FIT_SPOILS;
		*at = &p->link;
	}
	return FIT_NEW;
}

static void insert(struct reasm *r, const struct reasm_piece *n, struct pktbuf *pb, struct list *at)
{
	u32 cost = cost_of(pb);

	if (n->is_last)
		r->total = n->off + n->len;
	pb->cb[CB_OFF] = n->off;
	pb->cb[CB_LEN] = n->len;
	pb->cb[CB_SKIP] = n->skip;
	pb->cb[CB_IFINDEX] = pb->nif->index;
	list_add_tail(&pb->link, at);
	r->have += n->len;
	r->npieces++;
	r->mem += cost;
	r->table->mem += cost;
}

static bool is_wellformed(const struct reasm_piece *n)
{
	return n->len && n->off + n->len <= DATAGRAM_MAX && (n->is_last || !(n->len & 7));
}

/* The lock is held. What reasm_add() returns; @gone: left the table, its pieces are on @out. */
static int add_locked(struct reasm *r, const struct reasm_piece *piece, struct pktbuf *pb, struct list *out,
		      bool *gone)
{
	enum fit fit = FIT_SPOILS;
	struct list *at;

	if (r->npieces < PIECES_MAX)
		fit = find_place(r, piece, &at);
	if (fit == FIT_NEW) {
		insert(r, piece, pb, at);
		*gone = r->total && r->have == r->total;
	} else {
		*gone = fit == FIT_SPOILS;
	}
	if (*gone)
		unhash(r, out);
	if (fit != FIT_NEW)
		list_add(&pb->link, out);
	return fit == FIT_SPOILS ? -EINVAL : *gone ? (int)r->total : 0;
}

int reasm_add(struct reasm_table *t, struct netns *ns, const struct reasm_key *key, const struct reasm_piece *piece,
	      struct pktbuf *pb, struct list *whole)
{
	struct netif *nif = pb->nif;
	struct reasm *r = NULL;
	struct pktbuf *p;
	bool gone = false;
	int n = -ENOBUFS;
	LIST_HEAD(out);

	list_init(whole);
	if (!is_wellformed(piece)) {
		pktbuf_free(pb);
		return -EINVAL;
	}
	spin_lock(&t->lock);
	if (t->mem < MEM_MAX)
		r = find_or_make(t, ns, key);
	if (r)
		n = add_locked(r, piece, pb, &out, &gone);
	else
		list_add(&pb->link, &out);
	spin_unlock(&t->lock);
	if (gone) {
		if (timeout_cancel(&r->timer))
			reasm_put(r);
		reasm_put(r);
	}
	if (n > 0) {
		list_splice_init(&out, whole);
		list_foreach(p, whole, link)
			p->nif = nif;
	}
	pktbuf_purge(&out);
	return n;
}

struct pktbuf *reasm_join(struct list *pieces, u32 head, u32 total)
{
	struct pktbuf *first = list_first_entry(pieces, struct pktbuf, link), *pb = NULL, *p;

	if (head + total <= DATAGRAM_MAX)
		pb = pktbuf_alloc(PKT_HEADROOM, head + total, ALLOC_ATOMIC);
	if (pb) {
		pb->nif = first->nif;
		pb->type = first->type;
		pb->flags = first->flags;
		pb->protocol = first->protocol;
		pb->stamp = first->stamp;
		pb->net = pb->mac = (u16)pktbuf_headroom(pb);
		memcpy(pktbuf_put(pb, head), first->buf + first->net, head);
		list_foreach(p, pieces, link) {
			u32 n = (u32)p->cb[CB_LEN];

			pktbuf_read(p, (u32)p->cb[CB_SKIP], pktbuf_put(pb, n), n);
		}
	}
	pktbuf_purge(pieces);
	return pb;
}

void reasm_usage(struct reasm_table *t, u64 *n, u64 *mem)
{
	spin_lock_bh(&t->lock);
	*n = t->nqueues;
	*mem = t->mem;
	spin_unlock_bh(&t->lock);
}
