// SPDX-License-Identifier: GPL-2.0-only
/*
 * Neighbours: which link address has an address of IPv4 or IPv6. States as RFC 4861; who is asked how is arp.c's and
 * nd.c's.
 *
 * An entry is INCOMPLETE while it is asked for (packets wait in its queue), REACHABLE
 * for a while after it was heard of, then STALE: still used, and DELAY, PROBE
 * ask again once it is used; FAILED after PROBES questions without an answer: packets get
 * an ICMP error. Each interface has a table; entries not used for GC_NS go.
 *
 * Lock order: table lock and entry lock are one, neightab.lock (LOCKRANK_NET_NEIGH);
 * it is not held while packets are sent.
 */
#include "ip6_impl.h"

#include <tern/fs/procfs.h>
#include <tern/kernel/clock.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#include "neigh.h"

#define REACHABLE_NS	(30 * NSEC_PER_SEC)
#define RETRANS_NS	NSEC_PER_SEC
#define DELAY_NS	(5 * NSEC_PER_SEC)
#define GC_NS		(60 * NSEC_PER_SEC)
#define PROBES		3u
#define QUEUE_MAX	64u
#define ENTRIES_MAX	1024u

static struct hlist *bucket_of(struct neightab *t, const struct in6ip *ip)
{
	return &t->hash[hash_u64(ip->q[0] ^ ip->q[1], 6)];
}

static struct neigh *find(struct neightab *t, const struct in6ip *ip)
{
	struct neigh *n;

	hlist_foreach(n, bucket_of(t, ip), node)
		if (in6_same(&n->ip6, ip))
			return n;
	return NULL;
}

/* @from: who wants to send there, as far as we know. */
static void ask_for(struct netif *nif, bool is_v6, const struct in6ip *ip, const u8 *dst, be32 from)
{
	if (is_v6)
		nd_solicit(nif, ip, dst, NULL);
	else
		arp_ask(nif, ip->w[0], dst, from);
}

/* Source of the packet that waits the longest; 0: none, or of IPv6. */
static be32 who_waits(const struct neightab *t, const struct neigh *n)
{
	if (t->is_v6 || list_is_empty(&n->queue))
		return 0;
	return pkt_ip4(list_first_entry(&n->queue, struct pktbuf, link))->saddr;
}

static void neigh_free(struct neigh *n)
{
	pktbuf_purge(&n->queue);
	kmem_free(n);
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

/* One entry's time is over. True: ask now. Lock held. */
static bool step(struct neigh *n, nsec_t now, struct list *dead)
{
	switch (n->state) {
	case NEIGH_REACHABLE:
		n->state = NEIGH_STALE;
		n->due = now + GC_NS;
		return false;
	case NEIGH_DELAY:
		n->state = NEIGH_PROBE;
		n->probes = 0;
		fallthrough;
	case NEIGH_INCOMPLETE:
	case NEIGH_PROBE:
		if (n->probes++ < PROBES) {
			n->due = now + RETRANS_NS;
			return true;
		}
		n->state = NEIGH_FAILED;
		n->due = now + GC_NS;
		list_splice_tail_init(&n->queue, dead);
		n->nqueue = 0;
		return false;
	case NEIGH_STALE:
	case NEIGH_FAILED:
		hlist_del_init(&n->node);
		return false;
	default:
		n->due = U64_MAX;
		return false;
	}
}

#define ASK_AT_ONCE 16u

/* Every entry that is due; then sleep until the next one. */
static void table_timer(struct timeout *timer)
{
	struct neightab *t = container_of(timer, struct neightab, timer);
	struct { struct in6ip ip; u8 mac[6]; bool unicast; be32 from; } ask[ASK_AT_ONCE];
	nsec_t now = clock_ns(), next = U64_MAX;
	struct hnode *tmp;
	struct neigh *n;
	LIST_HEAD(dead);
	u32 nask = 0;

	spin_lock_bh(&t->lock);
	for (u32 i = 0; i < ARRAY_SIZE(t->hash); i++) {
		hlist_foreach_safe(n, tmp, &t->hash[i], node) {
			if (n->due <= now && nask < ASK_AT_ONCE && step(n, now, &dead)) {
				ask[nask].ip = n->ip6;
				ask[nask].unicast = n->state == NEIGH_PROBE;
				ask[nask].from = who_waits(t, n);
				memcpy(ask[nask++].mac, n->mac, 6);
			}
			if (hlist_unhashed(&n->node)) {
				t->count--;
				neigh_free(n);
				continue;
			}
			next = min(next, max(n->due, now + NSEC_PER_MSEC));
		}
	}
	if (next != U64_MAX && !t->is_dead)
		timeout_arm(&t->timer, next);
	spin_unlock_bh(&t->lock);
	for (u32 i = 0; i < nask; i++)
		ask_for(t->nif, t->is_v6, &ask[i].ip, ask[i].unicast ? ask[i].mac : NULL, ask[i].from);
	give_up(t->nif, t->is_v6, &dead);
}

static void arm_for(struct neightab *t, nsec_t due)
{
	if (!timeout_is_armed(&t->timer) || due < t->timer.when)
		timeout_arm(&t->timer, due);
}

static struct neigh *make(struct neightab *t, const struct in6ip *ip)
{
	struct neigh *n;

	if (t->count >= ENTRIES_MAX)
		return NULL;
	n = kmem_zalloc(sizeof(*n), ALLOC_ATOMIC);
	if (!n)
		return NULL;
	n->ip6 = *ip;
	n->ip = ip->w[0];
	n->due = U64_MAX;
	list_init(&n->queue);
	hlist_add_head(&n->node, bucket_of(t, ip));
	t->count++;
	return n;
}

static bool is_usable(const struct neigh *n)
{
	return n->state >= NEIGH_REACHABLE;
}

static void send_to(struct neightab *t, const struct in6ip *hop, struct pktbuf *pb)
{
	struct netif *nif = t->nif;
	struct pktbuf *old = NULL;
	bool ask = false;
	be32 from = 0;
	struct neigh *n;
	u8 mac[6];

	spin_lock(&t->lock);
	n = find(t, hop);
	if (likely(n && is_usable(n))) {
		memcpy(mac, n->mac, 6);
		if (n->state == NEIGH_STALE) {
			n->state = NEIGH_DELAY;
			n->due = clock_ns() + DELAY_NS;
			arm_for(t, n->due);
		}
		spin_unlock(&t->lock);
		nif->ops->header(nif, pb, mac);
		netif_send(nif, pb);
		return;
	}
	if (!n)
		n = make(t, hop);
	if (!n) {
		old = pb;
	} else {
		if (n->state != NEIGH_INCOMPLETE) {
			n->state = NEIGH_INCOMPLETE;
			n->probes = 1;
			n->due = clock_ns() + RETRANS_NS;
			arm_for(t, n->due);
			ask = true;
		}
		if (n->nqueue == QUEUE_MAX) {
			old = list_first_entry(&n->queue, struct pktbuf, link);
			list_del(&old->link);
			n->nqueue--;
		}
		pb->nif = nif;
		list_add_tail(&pb->link, &n->queue);
		n->nqueue++;
		from = who_waits(t, n);
	}
	spin_unlock(&t->lock);
	if (old)
		pktbuf_free(old);
	if (ask)
		ask_for(nif, t->is_v6, hop, NULL, from);
}

void neigh4_send(struct netif *nif, be32 hop, struct pktbuf *pb)
{
	send_to(nif->neigh4, NEIGH_KEY4(hop), pb);
}

void neigh6_send(struct netif *nif, const struct in6ip *hop, struct pktbuf *pb)
{
	send_to(nif->neigh6, hop, pb);
}

void neigh_learn(struct neightab *t, const struct in6ip *ip, const u8 *mac, u32 how)
{
	bool is_permanent = how & NEIGH_FOR_EVER;
	struct netif *nif = t->nif;
	struct pktbuf *pb, *next;
	struct neigh *n;
	LIST_HEAD(ready);

	spin_lock_bh(&t->lock);
	n = find(t, ip);
	if (!n && (how & NEIGH_MAKE))
		n = make(t, ip);
	if (n && (n->state != NEIGH_PERMANENT || is_permanent)) {
		bool same = !memcmp(n->mac, mac, 6);

		memcpy(n->mac, mac, 6);
		if (is_permanent)
			n->state = NEIGH_PERMANENT;
		else if ((how & NEIGH_ANSWER) || n->state == NEIGH_INCOMPLETE)
			n->state = NEIGH_REACHABLE;
		else if (!same || n->state < NEIGH_REACHABLE)
			n->state = NEIGH_STALE;
		n->due = is_permanent ? U64_MAX :
			 clock_ns() + (n->state == NEIGH_REACHABLE ? REACHABLE_NS : GC_NS);
		n->nqueue = 0;
		list_splice_init(&n->queue, &ready);
		if (n->due != U64_MAX)
			arm_for(t, n->due);
	}
	spin_unlock_bh(&t->lock);
	list_foreach_safe(pb, next, &ready, link) {
		bh_disable();
		nif->ops->header(nif, pb, mac);
		netif_send(nif, pb);
		bh_enable();
	}
}

int neigh_put(struct neightab *t, const struct in6ip *ip, const u8 *mac, u8 state)
{
	if (!t)
		return -EINVAL;
	neigh_learn(t, ip, mac, NEIGH_MAKE | (state != NEIGH_STALE ? NEIGH_ANSWER : 0) |
		    (state == NEIGH_PERMANENT ? NEIGH_FOR_EVER : 0));
	return 0;
}

void neigh_walk(struct neightab *t, bool (*fn)(const struct neigh *n, void *arg), void *arg)
{
	struct neigh *n;

	spin_lock_bh(&t->lock);
	for (u32 i = 0; i < ARRAY_SIZE(t->hash); i++)
		hlist_foreach(n, &t->hash[i], node)
			if (!fn(n, arg))
				goto out;
out:
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
	struct neigh *n;

	if (!t)
		return -ENXIO;
	spin_lock_bh(&t->lock);
	n = find(t, ip);
	if (n) {
		hlist_del_init(&n->node);
		t->count--;
		neigh_free(n);
	}
	spin_unlock_bh(&t->lock);
	return n ? 0 : -ENXIO;
}

static void table_empty(struct neightab *t)
{
	struct hnode *tmp;
	struct neigh *n;

	spin_lock_bh(&t->lock);
	for (u32 i = 0; i < ARRAY_SIZE(t->hash); i++) {
		hlist_foreach_safe(n, tmp, &t->hash[i], node) {
			hlist_del_init(&n->node);
			neigh_free(n);
		}
	}
	t->count = 0;
	spin_unlock_bh(&t->lock);
}

static struct neightab *table_make(struct netif *nif, bool is_v6)
{
	struct neightab *t = kmem_zalloc(sizeof(*t), ALLOC_KERNEL);

	if (!t)
		return NULL;
	spin_init(&t->lock, LOCKRANK_NET_NEIGH);
	t->nif = nif;
	t->is_v6 = is_v6;
	timeout_init(&t->timer, table_timer, 0);
	return t;
}

static void table_end(struct neightab *t, bool is_last)
{
	if (!t)
		return;
	table_empty(t);
	if (is_last) {
		WRITE_ONCE(t->is_dead, true);
		timeout_cancel_sync(&t->timer);
	}
}

static int neigh_watch(struct netif *nif, enum netevent ev)
{
	if (ev == NETEVENT_ADD && !(nif->features & NETIF_F_NOARP)) {
		nif->neigh4 = table_make(nif, false);
		nif->neigh6 = table_make(nif, true);
		return nif->neigh4 && nif->neigh6 ? 0 : -ENOMEM;
	}
	if (ev == NETEVENT_DOWN || ev == NETEVENT_REMOVE) {
		table_end(nif->neigh4, ev == NETEVENT_REMOVE);
		table_end(nif->neigh6, ev == NETEVENT_REMOVE);
	}
	if (ev == NETEVENT_GONE) {
		kmem_free(nif->neigh4);
		kmem_free(nif->neigh6);
		nif->neigh4 = nif->neigh6 = NULL;
	}
	return 0;
}
NETWATCH(neigh_watch);

static void print_table(struct seqbuf *sb, struct netif *nif)
{
	struct neightab *t = nif->neigh4;
	struct neigh *n;
	char ip[16];

	spin_lock_bh(&t->lock);
	for (u32 i = 0; i < ARRAY_SIZE(t->hash); i++) {
		hlist_foreach(n, &t->hash[i], node) {
			const u8 *a = (const u8 *)&n->ip, *m = n->mac;

			fmt_print(ip, sizeof(ip), "%u.%u.%u.%u", a[0], a[1], a[2], a[3]);
			seqbuf_printf(sb, "%-16s 0x%-10x0x%-10x%02x:%02x:%02x:%02x:%02x:%02x     *        %s\n",
				      ip, 1, is_usable(n) ? n->state == NEIGH_PERMANENT ? 6 : 2 : 0,
				      m[0], m[1], m[2], m[3], m[4], m[5], nif->name);
		}
	}
	spin_unlock_bh(&t->lock);
}

static void print_arp(struct seqbuf *sb, void *arg)
{
	struct netns *ns = netns_self();
	struct netif *nif;

	seqbuf_puts(sb, "IP address       HW type     Flags       HW address            Mask     Device\n");
	rcu_read_lock();
	netif_foreach(nif, ns)
		if (nif->neigh4)
			print_table(sb, nif);
	rcu_read_unlock();
}
static struct procfile arp_file = { .path = "net/arp", .print = print_arp };
PROCFILE(arp_file);
