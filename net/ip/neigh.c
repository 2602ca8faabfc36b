// SPDX-License-Identifier: GPL-2.0-only
/*
 * Neighbours: which link address has an address of IPv4 or IPv6. States as RFC 4861; how is asked is arp.c's and
 * nd.c's.
 *
 * An entry is INCOMPLETE while it is asked for (packets wait in its queue), REACHABLE for a while after it was heard
 * of, then STALE: still used, and DELAY, PROBE ask again once it is used; FAILED after some questions without an
 * answer: packets get an ICMP error. PERMANENT and NOARP ones are told by somebody, and stay.
 *
 * Entries of all interfaces are in one hash table that grows, read under RCU: where a packet goes that needs no more
 * than a link address is one word (@fast). Each interface's table has its entries in order of when they are due, for
 * one timer, and of how long they have been idle (STALE, FAILED). Idle ones go when their time is over and the
 * namespace has more than gc_thresh1 entries, and earlier when there are more than gc_thresh2, or gc_thresh3 and a new
 * one is wanted.
 *
 * Lock order: neightab.lock (LOCKRANK_NET_NEIGH) > the hash table's (LOCKRANK_NET_NEIGH_HASH). Neither is held while
 * packets or news are sent: those are put on a struct deeds and done afterwards.
 */
#include "ip6_impl.h"

#include <tern/base/bug.h>
#include <tern/base/initcall.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/random.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <tern/net/netlink.h>

#include "neigh.h"

#define HEAD_BITS	6u
#define IDLE_ENOUGH	(5 * NSEC_PER_SEC)	/* to go early */
#define STEPS_MAX	16u			/* entries that one run of a timer handles */

static struct growtab entries;

/* What is to be done when the lock is free. */
struct ask { struct in6ip ip; u8 mac[6]; bool unicast; be32 from; };
struct deeds {
	struct list dead;	/* of pktbuf: nobody will come for them, their senders are told */
	struct list lost;	/* of pktbuf: no room for them */
	struct list news;	/* of nlpkt */
	u32 nask;
	struct ask ask[STEPS_MAX];
};

/* ---- entries; table's lock held ---- */

static u32 hash_of(const struct neightab *t, const struct in6ip *ip)
{
	return (u32)hash_combine(hash_combine((u64)(uptr)t, ip->q[0]), ip->q[1]);
}

/* RCU or the table's lock. */
static struct neigh *find(const struct neightab *t, const struct in6ip *ip)
{
	struct neigh *n;

	growtab_foreach_rcu(n, &entries, hash_of(t, ip), link)
		if (n->table == t && in6_same(&n->ip6, ip))
			return n;
	return NULL;
}

static struct neighbours *neighbours_of(const struct neightab *t)
{
	return t->is_v6 ? &t->nif->ns->ip6->neighbours : &t->nif->ns->ip4->neighbours;
}

static s32 conf(const struct neightab *t, enum neighrow row) { return READ_ONCE(t->conf.v[row]); }
static u64 threshold(const struct neightab *t, enum neighrow row)
{
	return (u64)READ_ONCE(neighbours_of(t)->conf.v[row]);
}

static void set_due(struct neigh *n, nsec_t due)
{
	struct neightab *t = n->table;
	struct rbnode **link = &t->by_due.root, *parent = NULL;

	if (!rbnode_is_detached(&n->timed)) {
		rbtree_erase(&t->by_due, &n->timed);
		rbnode_init(&n->timed);
	}
	n->due = due;
	if (due == U64_MAX)
		return;
	while (*link) {
		parent = *link;
		link = due < container_of(parent, struct neigh, timed)->due ? &parent->left : &parent->right;
	}
	rbtree_link(&n->timed, parent, link);
	rbtree_insert_fixup(&t->by_due, &n->timed);
	if (!t->is_dead && (!timeout_is_armed(&t->timer) || due < READ_ONCE(t->timer.when)))
		timeout_arm(&t->timer, due);
}

/* How long an entry stays in @state, in ns. */
static nsec_t time_in(const struct neightab *t, u8 state)
{
	nsec_t base;

	switch (state) {
	case NEIGH_INCOMPLETE:
	case NEIGH_PROBE:
		return (u32)conf(t, NEIGH_RETRANS_MS) * NSEC_PER_MSEC;
	case NEIGH_REACHABLE:	/* RFC 4861 6.3.2: half to one and a half of it */
		base = (u32)conf(t, NEIGH_REACHABLE_MS) * NSEC_PER_MSEC;
		return base / 2 + random_below(base);
	case NEIGH_DELAY:
		return (u32)conf(t, NEIGH_DELAY_S) * NSEC_PER_SEC;
	case NEIGH_STALE:
	case NEIGH_FAILED:
		return (u32)conf(t, NEIGH_STALE_S) * NSEC_PER_SEC;
	default:
		return U64_MAX;
	}
}

static void tell(const struct neigh *n, u16 type, struct deeds *d)
{
	struct nlpkt *p = neigh_news(n, type);

	if (p)
		list_add_tail(&p->link, &d->news);
}

static void set_state(struct neigh *n, u8 state, nsec_t now)
{
	bool is_idle = state == NEIGH_STALE || state == NEIGH_FAILED;
	nsec_t stays = time_in(n->table, state);
	u64 fast = NEIGH_FAST;

	n->state = state;
	n->updated = now;
	memcpy(&fast, n->mac, 6);
	WRITE_ONCE(n->fast, neigh_is_usable(n) && !is_idle ? fast : 0);
	list_del_init(&n->idle);
	if (is_idle)
		list_add_tail(&n->idle, &n->table->idle);
	set_due(n, stays == U64_MAX ? U64_MAX : now + stays);
}

static void free_rcu(struct rcu_job *job)
{
	kmem_free(container_of(job, struct neigh, rcu));
}

/* Out of all tables; what waits for it is for @d. */
static void drop(struct neigh *n, struct deeds *d)
{
	struct neightab *t = n->table;
	struct spin *lock = growtab_lock(&entries, n->link.hash);

	spin_lock(lock);
	growtab_del(&entries, &n->link);
	spin_unlock(lock);
	WRITE_ONCE(n->fast, 0);
	set_due(n, U64_MAX);
	list_del_init(&n->idle);
	list_del(&n->of_table);
	atomic_dec(&neighbours_of(t)->count);
	list_splice_tail_init(&n->queue, &d->lost);
	tell(n, RTM_DELNEIGH, d);
	rcu_defer(&n->rcu, free_rcu);
}

/* Room for one more: true, perhaps at the cost of one that is idle. */
static bool make_room(struct neightab *t, struct deeds *d)
{
	u64 count = (u64)atomic_read(&neighbours_of(t)->count);
	struct neigh *oldest = list_first_entry_or_null(&t->idle, struct neigh, idle);

	if (likely(count < threshold(t, NEIGH_GC_THRESH2)))
		return true;
	if (oldest && (count >= threshold(t, NEIGH_GC_THRESH3) || oldest->updated + IDLE_ENOUGH < clock_ns())) {
		drop(oldest, d);
		return true;
	}
	return count < threshold(t, NEIGH_GC_THRESH3);
}

static struct neigh *make(struct neightab *t, const struct in6ip *ip, struct deeds *d)
{
	u32 hash = hash_of(t, ip);
	struct spin *lock = growtab_lock(&entries, hash);
	struct neigh *n = make_room(t, d) ? kmem_zalloc(sizeof(*n), ALLOC_ATOMIC) : NULL;

	if (!n)
		return NULL;
	n->table = t;
	n->ip6 = *ip;
	n->ip = ip->w[0];
	n->due = U64_MAX;
	n->used = n->confirmed = n->updated = clock_ns();
	rbnode_init(&n->timed);
	list_init(&n->idle);
	list_init(&n->queue);
	list_add_tail(&n->of_table, &t->all);
	growlink_init(&n->link);
	spin_lock(lock);
	growtab_add(&entries, &n->link, hash);
	spin_unlock(lock);
	atomic_inc(&neighbours_of(t)->count);
	return n;
}

/* ---- deeds ---- */

static void deeds_init(struct deeds *d)
{
	list_init(&d->dead);
	list_init(&d->lost);
	list_init(&d->news);
	d->nask = 0;
}

/* Source of the packet that waits the longest; 0: none, or of IPv6. */
static be32 who_waits(const struct neigh *n)
{
	if (n->table->is_v6 || list_is_empty(&n->queue))
		return 0;
	return pkt_ip4(list_first_entry(&n->queue, struct pktbuf, link))->saddr;
}

static void note_ask(struct deeds *d, const struct neigh *n)
{
	struct ask *a = &d->ask[d->nask++];

	*a = (struct ask){ .ip = n->ip6, .unicast = n->state == NEIGH_PROBE, .from = who_waits(n) };
	memcpy(a->mac, n->mac, 6);
}

/* Nobody will come for these packets. */
static void give_up(struct netif *nif, bool is_v6, struct list *queue)
{
	struct pktbuf *pb;

	rcu_read_lock();
	list_foreach(pb, queue, link) {
		/* it is we who cannot reach the host: the error goes to our own socket */
		pb->type = PKT_HOST;
		if (is_v6)
			icmp6_error(nif->ns, pb, ICMP6_DEST_UNREACH, ICMP6_ADDR_UNREACH, 0);
		else
			icmp4_error(nif->ns, pb, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0);
	}
	rcu_read_unlock();
	pktbuf_purge(queue);
}

static void publish(struct netif *nif, struct list *news)
{
	struct nlpkt *p, *next;

	list_foreach_safe(p, next, news, link) {
		list_del_init(&p->link);
		netlink_publish(nif->ns, NETLINK_ROUTE, RTNLGRP_NEIGH, p);
	}
}

/* No lock held. */
static void do_deeds(struct neightab *t, struct deeds *d)
{
	for (u32 i = 0; i < d->nask; i++) {
		const struct ask *a = &d->ask[i];

		if (t->is_v6)
			nd_solicit(t->nif, &a->ip, a->unicast ? a->mac : NULL, NULL);
		else
			arp_ask(t->nif, a->ip.w[0], a->unicast ? a->mac : NULL, a->from);
	}
	give_up(t->nif, t->is_v6, &d->dead);
	pktbuf_purge(&d->lost);
	publish(t->nif, &d->news);
}

/* ---- time ---- */

/* An unanswered question: another one, or the end. */
static void ask_again(struct neigh *n, nsec_t now, struct deeds *d)
{
	enum neighrow row = n->state == NEIGH_PROBE ? NEIGH_UCAST_SOLICIT : NEIGH_MCAST_SOLICIT;

	if (n->probes < (u32)conf(n->table, row)) {
		n->probes++;
		set_due(n, now + time_in(n->table, n->state));
		note_ask(d, n);
		return;
	}
	set_state(n, NEIGH_FAILED, now);
	tell(n, RTM_NEWNEIGH, d);
	list_splice_tail_init(&n->queue, &d->dead);
	n->nqueue = 0;
}

/* One entry's time is over. */
static void step(struct neigh *n, nsec_t now, struct deeds *d)
{
	struct neightab *t = n->table;
	bool is_used;

	switch (n->state) {
	case NEIGH_REACHABLE:	/* in use: see to it that it is still there */
		is_used = now - READ_ONCE(n->used) <= time_in(t, NEIGH_DELAY);
		set_state(n, is_used ? NEIGH_DELAY : NEIGH_STALE, now);
		if (!is_used)
			tell(n, RTM_NEWNEIGH, d);
		break;
	case NEIGH_DELAY:
		n->probes = 0;
		set_state(n, NEIGH_PROBE, now);
		tell(n, RTM_NEWNEIGH, d);
		fallthrough;
	case NEIGH_INCOMPLETE:
	case NEIGH_PROBE:
		ask_again(n, now, d);
		break;
	case NEIGH_STALE:
	case NEIGH_FAILED:
		if ((u64)atomic_read(&neighbours_of(t)->count) > threshold(t, NEIGH_GC_THRESH1))
			drop(n, d);
		else
			set_due(n, now + max(time_in(t, n->state), NSEC_PER_SEC));
		break;
	default:
		set_due(n, U64_MAX);
	}
}

/* Every entry that is due, a number at a time; then sleep until the next one. */
static void table_timer(struct timeout *timer)
{
	struct neightab *t = container_of(timer, struct neightab, timer);
	nsec_t now = clock_ns();
	struct neigh *n = NULL;
	struct deeds d;
	u32 i;

	deeds_init(&d);
	spin_lock_bh(&t->lock);
	for (i = 0; i < STEPS_MAX && t->by_due.leftmost; i++) {
		n = container_of(t->by_due.leftmost, struct neigh, timed);
		if (n->due > now)
			break;
		step(n, now, &d);
	}
	if (t->by_due.leftmost && !t->is_dead)
		timeout_arm(&t->timer, container_of(t->by_due.leftmost, struct neigh, timed)->due);
	spin_unlock_bh(&t->lock);
	do_deeds(t, &d);
}

/* ---- packets ---- */

static void send_to(struct netif *nif, struct pktbuf *pb, const void *mac)
{
	nif->ops->header(nif, pb, mac);
	netif_send(nif, pb);
}

/* Queue @pb behind those that wait; the oldest gives way if there are too many. */
static void wait_for(struct neigh *n, struct pktbuf *pb, struct deeds *d)
{
	u32 most = max((u32)conf(n->table, NEIGH_UNRES_QLEN), 1u);
	struct pktbuf *old;

	while (n->nqueue >= most) {
		old = list_first_entry(&n->queue, struct pktbuf, link);
		list_del(&old->link);
		list_add_tail(&old->link, &d->lost);
		n->nqueue--;
	}
	pb->nif = n->table->nif;
	list_add_tail(&pb->link, &n->queue);
	n->nqueue++;
}

/* The table's lock held. True: @pb may go to @mac now. False: it waits, or is lost. */
static bool resolve(struct neightab *t, const struct in6ip *hop, struct pktbuf *pb, u8 *mac, struct deeds *d)
{
	struct neigh *n = find(t, hop);
	nsec_t now = clock_ns();

	if (!n)
		n = make(t, hop, d);
	if (!n) {
		list_add_tail(&pb->link, &d->lost);
		return false;
	}
	n->used = now;
	if (neigh_is_usable(n)) {
		memcpy(mac, n->mac, 6);
		if (n->state == NEIGH_STALE)
			set_state(n, NEIGH_DELAY, now);
		return true;
	}
	wait_for(n, pb, d);
	if (n->state != NEIGH_INCOMPLETE) {
		n->probes = 1;
		set_state(n, NEIGH_INCOMPLETE, now);
		note_ask(d, n);
	}
	return false;
}

static __noinline void send_slow(struct neightab *t, const struct in6ip *hop, struct pktbuf *pb)
{
	struct deeds d;
	u8 mac[6];
	bool ok;

	deeds_init(&d);
	spin_lock(&t->lock);
	ok = resolve(t, hop, pb, mac, &d);
	spin_unlock(&t->lock);
	if (ok)
		send_to(t->nif, pb, mac);
	do_deeds(t, &d);
}

static void neigh_send(struct neightab *t, const struct in6ip *hop, struct pktbuf *pb)
{
	nsec_t now = clock_coarse_ns();
	struct neigh *n;
	u64 fast;

	rcu_read_lock();
	n = find(t, hop);
	fast = likely(n) ? READ_ONCE(n->fast) : 0;
	if (likely(fast) && now - READ_ONCE(n->used) > NSEC_PER_SEC)
		WRITE_ONCE(n->used, now);
	rcu_read_unlock();
	if (likely(fast))
		send_to(t->nif, pb, &fast);
	else
		send_slow(t, hop, pb);
}

void neigh4_send(struct netif *nif, be32 hop, struct pktbuf *pb)
{
	neigh_send(nif->neigh4, NEIGH_KEY4(hop), pb);
}

void neigh6_send(struct netif *nif, const struct in6ip *hop, struct pktbuf *pb)
{
	neigh_send(nif->neigh6, hop, pb);
}

/* ---- what is learnt, and told ---- */

/* The entry of @ip has @mac and @state now; what waited is for @ready. The table's lock held. */
static void take(struct neigh *n, const u8 *mac, u8 state, struct list *ready, struct deeds *d)
{
	bool is_same = !memcmp(n->mac, mac, 6) && n->state == state;
	nsec_t now = clock_ns();

	memcpy(n->mac, mac, 6);
	if (state != NEIGH_STALE)
		n->confirmed = now;
	set_state(n, state, now);
	if (!is_same)
		tell(n, RTM_NEWNEIGH, d);
	n->nqueue = 0;
	list_splice_tail_init(&n->queue, ready);
}

static void send_ready(struct neightab *t, struct list *ready, const u8 *mac)
{
	struct pktbuf *pb, *next;

	list_foreach_safe(pb, next, ready, link) {
		bh_disable();
		send_to(t->nif, pb, mac);
		bh_enable();
	}
}

/* State of an entry of which was heard. */
static u8 state_after(const struct neigh *n, const u8 *mac, u32 how)
{
	if ((how & NEIGH_ANSWER) || n->state == NEIGH_INCOMPLETE)
		return NEIGH_REACHABLE;
	return memcmp(n->mac, mac, 6) || !neigh_is_usable(n) ? NEIGH_STALE : n->state;
}

void neigh_learn(struct neightab *t, const struct in6ip *ip, const u8 *mac, u32 how)
{
	LIST_HEAD(ready);
	struct deeds d;
	struct neigh *n;
	u8 state;

	deeds_init(&d);
	spin_lock_bh(&t->lock);
	n = find(t, ip);
	if (!n && (how & NEIGH_MAKE))
		n = make(t, ip, &d);
	if (n && n->state < NEIGH_NOARP) {
		state = state_after(n, mac, how);
		if ((how & NEIGH_ANSWER) || state != n->state || memcmp(n->mac, mac, 6))
			take(n, mac, state, &ready, &d);
	}
	spin_unlock_bh(&t->lock);
	send_ready(t, &ready, mac);
	do_deeds(t, &d);
}

int neigh_put(struct neightab *t, const struct in6ip *ip, const u8 *mac, u8 state)
{
	LIST_HEAD(ready);
	struct deeds d;
	struct neigh *n;

	if (!t)
		return -EINVAL;
	deeds_init(&d);
	spin_lock_bh(&t->lock);
	n = find(t, ip);
	if (!n)
		n = make(t, ip, &d);
	if (n)
		take(n, mac, state, &ready, &d);
	spin_unlock_bh(&t->lock);
	send_ready(t, &ready, mac);
	do_deeds(t, &d);
	return n ? 0 : -ENOBUFS;
}

void neigh_walk(struct neightab *t, bool (*fn)(const struct neigh *n, void *arg), void *arg)
{
	struct neigh *n;

	spin_lock_bh(&t->lock);
	list_foreach(n, &t->all, of_table)
		if (!fn(n, arg))
			break;
	spin_unlock_bh(&t->lock);
}

int neigh_get(struct neightab *t, const struct in6ip *ip, struct neigh *out)
{
	struct neigh *n;

	if (!t)
		return -ENXIO;
	spin_lock_bh(&t->lock);
	n = find(t, ip);
	if (n)
		*out = *n;
	spin_unlock_bh(&t->lock);
	return n ? 0 : -ENXIO;
}

int neigh_del(struct neightab *t, const struct in6ip *ip)
{
	struct deeds d;
	struct neigh *n;

	if (!t)
		return -ENXIO;
	deeds_init(&d);
	spin_lock_bh(&t->lock);
	n = find(t, ip);
	if (n)
		drop(n, &d);
	spin_unlock_bh(&t->lock);
	do_deeds(t, &d);
	return n ? 0 : -ENXIO;
}

/* ---- tables ---- */

static void table_empty(struct neightab *t)
{
	struct deeds d;
	struct neigh *n, *next;

	deeds_init(&d);
	spin_lock_bh(&t->lock);
	list_foreach_safe(n, next, &t->all, of_table)
		drop(n, &d);
	spin_unlock_bh(&t->lock);
	do_deeds(t, &d);
}

static struct neightab *table_make(struct netif *nif, bool is_v6)
{
	struct neightab *t = kmem_zalloc(sizeof(*t), ALLOC_KERNEL);

	if (!t)
		return NULL;
	spin_init(&t->lock, LOCKRANK_NET_NEIGH);
	list_init(&t->all);
	list_init(&t->idle);
	t->nif = nif;
	t->is_v6 = is_v6;
	timeout_init(&t->timer, table_timer, 0);
	t->conf = neighbours_of(t)->conf;
	t->conf.is_set = 0;
	return t;
}

static void table_end(struct neightab *t, bool is_last)
{
	if (!t)
		return;
	table_empty(t);
	if (is_last) {
		spin_lock_bh(&t->lock);
		t->is_dead = true;
		spin_unlock_bh(&t->lock);
		timeout_cancel_sync(&t->timer);
	}
}

/* Packets may have made entries until the last reader was gone. */
static void table_free(struct neightab *t)
{
	if (t)
		table_empty(t);
	kmem_free(t);
}

int neigh_attach(struct netif *nif, bool is_v6)
{
	struct neightab **t = is_v6 ? &nif->neigh6 : &nif->neigh4;

	if (nif->features & NETIF_F_NOARP)
		return 0;
	*t = table_make(nif, is_v6);
	return *t ? 0 : -ENOMEM;
}

static int neigh_watch(struct netif *nif, enum netevent ev)
{
	if (ev == NETEVENT_DOWN || ev == NETEVENT_REMOVE) {
		table_end(nif->neigh4, ev == NETEVENT_REMOVE);
		table_end(nif->neigh6, ev == NETEVENT_REMOVE);
	}
	if (ev == NETEVENT_GONE) {
		table_free(nif->neigh4);
		table_free(nif->neigh6);
		nif->neigh4 = nif->neigh6 = NULL;
	}
	return 0;
}
NETWATCH(neigh_watch);

static int neigh_start(void)
{
	VERIFY(!growtab_init(&entries, HEAD_BITS, LOCKRANK_NET_NEIGH_HASH));
	return 0;
}
INITCALL(FS, neigh_start);
