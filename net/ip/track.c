// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connection tracking: which packets belong together, and whether both ends have spoken.
 *
 * Nouns: tuple, the ends of a packet as its headers name them; flow, a connection, which has the
 * tuple that began it and the one that answers carry; table, a namespace's flows by both tuples.
 * Translating addresses (track_nat.c) is nothing but another answering tuple, chosen before the
 * flow is confirmed.
 *
 * Life-cycle: track_in(), before the filter's rules, finds a packet's flow or makes one that only
 * the packet knows. track_confirm(), behind the last rule, puts it into the table: a connection whose
 * first packet was dropped leaves nothing. It ends when its time is over, when the other protocol says
 * so (a new SYN in TIME_WAIT), when the table is full and nobody has answered yet, or by request.
 * Packets and the table hold references; memory goes back a grace period after the last.
 *
 * Lock order: table > flow; neither is held while packets are sent. Lookups are RCU.
 *
 * Limits: fragments of IPv4 are put together first, those of IPv6 are untracked; no helpers that
 * read protocols to expect further connections, zones, labels, byte counts; sequence numbers of TCP are not checked.
 */
#include "track_impl.h"

#include <tern/base/initcall.h>
#include <tern/fs/procfs.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/random.h>
#include <tern/lib/string.h>
#include <tern/mm/kva.h>
#include <tern/mm/slab.h>
#include <tern/mm/vmstat.h>
#include <tern/net/netctl.h>
#include <uapi/nftables.h>

#define BUCKETS_MIN	1024u
#define BUCKETS_MAX	262144u
#define MEMORY_A_BUCKET	(128u << 10)	/* of the machine's */
#define SCAN_EVERY	NSEC_PER_SEC
#define SCAN_PART	8u		/* of the table, each time */
#define EARLY_LOOKS	8u		/* buckets searched for one to give up */

static const u64 default_timeouts[CTTIMES] = {
	[CTTCP_NONE] = 120, [CTTCP_SYN_SENT] = 120, [CTTCP_SYN_RECV] = 60, [CTTCP_ESTABLISHED] = 432000,
	[CTTCP_FIN_WAIT] = 120, [CTTCP_CLOSE_WAIT] = 60, [CTTCP_LAST_ACK] = 30, [CTTCP_TIME_WAIT] = 120,
	[CTTCP_CLOSE] = 10, [CTTCP_SYN_SENT2] = 120, [CTTIME_UDP] = 30, [CTTIME_UDP_STREAM] = 120,
	[CTTIME_ICMP] = 30, [CTTIME_ICMP6] = 30, [CTTIME_OTHER] = 600,
};

/* ---- flows ---- */

static void free_rcu(struct rcu_job *job)
{
	kmem_free(container_of(job, struct ctflow, rcu));
}

void ctflow_free(struct ctflow *f)
{
	rcu_defer(&f->rcu, free_rcu);
}

u32 track_expires_in(const struct ctflow *f)
{
	u64 now = clock_coarse_ns(), at = READ_ONCE(f->expires);

	return at > now ? (u32)min_t(u64, (at - now) / NSEC_PER_MSEC, U32_MAX) : 0;
}

static bool is_over(const struct ctflow *f)
{
	return READ_ONCE(f->expires) <= clock_coarse_ns();
}

/* ---- the table ---- */

static struct hlist *bucket_of(const struct tracktable *tt, const struct cttuple *t)
{
	u64 h = hash_combine(tt->secret ^ t->src.q[0] ^ t->src.q[1] * 31, t->dst.q[0] ^ t->dst.q[1] * 31);

	h = hash_combine(h, (u64)t->sport << 32 | (u64)t->dport << 16 | t->proto);
	return &tt->buckets[h & (tt->nbuckets - 1)];
}

static struct ctlink *find(struct tracktable *tt, const struct cttuple *t)
{
	struct ctlink *l;

	hlist_foreach_rcu(l, bucket_of(tt, t), node)
		if (cttuple_same(&l->t, t) && !is_over(ctflow_of(l)))
			return l;
	return NULL;
}

struct ctlink *track_find(struct tracktable *tt, const struct cttuple *t)
{
	struct ctlink *l = find(tt, t);

	return l && ref_get_unless_zero(&ctflow_of(l)->refs) ? l : NULL;
}

bool track_is_taken(struct tracktable *tt, const struct cttuple *t)
{
	return find(tt, t);
}

/* Table lock held. False: it was not there. The table's reference becomes the caller's. */
static bool unlink(struct tracktable *tt, struct ctflow *f)
{
	if (hlist_unhashed(&f->dir[0].node))
		return false;
	hlist_del_rcu(&f->dir[0].node);
	hlist_del_rcu(&f->dir[1].node);
	ctflow_set(f, IPS_DYING);
	tt->count--;
	return true;
}

static void bury(struct ctflow *f)
{
	track_news(f, false);
	ctflow_put(f);
}

void track_kill(struct tracktable *tt, struct ctflow *f)
{
	bool was_there;

	spin_lock_bh(&tt->lock);
	was_there = unlink(tt, f);
	spin_unlock_bh(&tt->lock);
	if (was_there)
		bury(f);
}

void track_kill_all(struct tracktable *tt, u8 family)
{
	for (u32 i = 0; rcu_load(tt->buckets) && i < tt->nbuckets; i++) {
		struct ctlink *l;

		rcu_read_lock();
		hlist_foreach_rcu(l, &tt->buckets[i], node)
			if (!family || family == (l->t.is_v6 ? NFPROTO_IPV6 : NFPROTO_IPV4))
				track_kill(tt, ctflow_of(l));
		rcu_read_unlock();
	}
}

/* The table is full: one that nobody has answered goes. */
static bool make_room(struct tracktable *tt)
{
	u32 at = random_u32() & (tt->nbuckets - 1);
	struct ctflow *victim = NULL;
	struct ctlink *l;

	for (u32 i = 0; i < EARLY_LOOKS && !victim; i++)
		hlist_foreach_rcu(l, &tt->buckets[(at + i) & (tt->nbuckets - 1)], node)
			if (!(READ_ONCE(ctflow_of(l)->status) & IPS_ASSURED) || is_over(ctflow_of(l)))
				victim = ctflow_of(l);
	if (!victim || !ref_get_unless_zero(&victim->refs))
		return false;
	track_kill(tt, victim);
	ctflow_put(victim);
	return true;
}

/* Drops those of a bucket whose time is over; they are collected on @out by their first node. */
static void scan_bucket(struct tracktable *tt, struct hlist *b, struct hlist *out)
{
	struct hnode *next;
	struct ctlink *l;

	hlist_foreach_safe(l, next, b, node) {
		struct ctflow *f = ctflow_of(l);

		if (!l->dir && is_over(f) && unlink(tt, f))
			hlist_add_head(&f->dead, out);
	}
}

static void scan(struct workitem *w)
{
	struct tracktable *tt = container_of(w, struct tracktable, scan.work);
	u32 n = tt->nbuckets / SCAN_PART;
	struct hnode *next;
	struct ctflow *f;
	bool any;

	for (u32 i = 0; i < n; i++) {
		struct hlist out = { 0 };

		spin_lock_bh(&tt->lock);
		scan_bucket(tt, &tt->buckets[(tt->scan_at + i) & (tt->nbuckets - 1)], &out);
		spin_unlock_bh(&tt->lock);
		hlist_foreach_safe(f, next, &out, dead)
			bury(f);
	}
	tt->scan_at += n;
	spin_lock_bh(&tt->lock);
	any = tt->count;
	spin_unlock_bh(&tt->lock);
	if (any)
		workpool_queue_delayed(workpool_long, &tt->scan, SCAN_EVERY);
}

/* ---- packets ---- */

static void belongs(struct pktbuf *pb, struct ctflow *f, u8 dir, enum ctstate state)
{
	pb->ct = f;
	pb->ct_reply = dir;
	pb->ct_state = (u8)state;
}

static struct ctflow *flow_alloc(struct netns *ns, const struct cttuple *t)
{
	struct tracktable *tt = ns->track;
	struct ctflow *f;
	struct cttuple reply;

	if (!cttuple_can_begin(t) || !cttuple_invert(t, &reply))
		return NULL;
	f = kmem_zalloc(sizeof(*f), ALLOC_ATOMIC);
	if (!f)
		return NULL;
	ref_init(&f->refs, 1);
	spin_init(&f->lock, LOCKRANK_NET_NEIGH);
	f->ns = ns;
	f->dir[0].t = *t;
	f->dir[1].t = reply;
	f->dir[1].dir = 1;
	f->begun = clock_coarse_ns();
	f->id = (u32)hash_combine(tt->secret, (u64)__atomic_add_fetch(&tt->next_id, 1, __ATOMIC_RELAXED));
	return f;
}

/* An ICMP error is about the connection of the packet that it quotes, on its way in the other direction. */
static void track_error(struct tracktable *tt, struct pktbuf *pb, bool is_v6, u32 l4)
{
	struct cttuple quoted, answer;
	struct ctlink *l;
	u32 inner;

	if (cttuple_read(pb, l4 + (u32)sizeof(struct icmp_head), is_v6, &quoted, &inner) != CTPARSE_OK ||
	    !cttuple_invert(&quoted, &answer))
		return;
	l = track_find(tt, &answer);
	if (l)
		belongs(pb, ctflow_of(l), l->dir, CT_RELATED);
}

static enum ctstate state_of(const struct ctflow *f, u8 dir)
{
	return dir || (READ_ONCE(f->status) & IPS_SEEN_REPLY) ? CT_ESTABLISHED : CT_NEW;
}

/* False: there is no room for it. */
static bool track_new(struct netns *ns, struct pktbuf *pb, const struct cttuple *t, u32 l4)
{
	struct tracktable *tt = ns->track;
	struct ctflow *f;

	if (READ_ONCE(tt->count) >= READ_ONCE(tt->max) && !make_room(tt)) {
		klog_ratelimited(KLOG_WARNING, "track: table full, a packet is dropped");
		return false;
	}
	f = flow_alloc(ns, t);
	if (!f)
		return true;
	if (track_state(tt, f, 0, pb, l4) != CTV_FINE) {
		ctflow_put(f);
		return true;
	}
	belongs(pb, f, 0, CT_NEW);
	return true;
}

bool track_in(struct netns *ns, struct pktbuf *pb)
{
	struct tracktable *tt = ns->track;
	bool is_v6 = pb->buf[pb->net] >> 4 == 6;
	struct cttuple t;
	struct ctlink *l;
	struct ctflow *f;
	u32 l4 = 0;

	if (pb->ct || pb->ct_state == CT_UNTRACKED)	/* came over loopback; the rules said so */
		return true;
	switch (cttuple_read(pb, 0, is_v6, &t, &l4)) {
	case CTPARSE_OK:
		break;
	case CTPARSE_UNTRACKED:
		pb->ct_state = CT_UNTRACKED;
		return true;
	case CTPARSE_ERROR:
		track_error(tt, pb, is_v6, l4);
		return true;
	case CTPARSE_INVALID:
		return true;
	}
	l = track_find(tt, &t);
	if (!l)
		return track_new(ns, pb, &t, l4);
	f = ctflow_of(l);
	switch (track_state(tt, f, l->dir, pb, l4)) {
	case CTV_FINE:
		belongs(pb, f, l->dir, state_of(f, l->dir));
		return true;
	case CTV_AGAIN:
		track_kill(tt, f);
		ctflow_put(f);
		return track_new(ns, pb, &t, l4);
	case CTV_INVALID:
		ctflow_put(f);
	}
	return true;
}

/*
 * Two threads sent the first packets of a connection at once: the later one joins the flow that is in the table, if
 * answers to both would be the same. Table lock held.
 */
static struct ctflow *flow_to_join(struct tracktable *tt, const struct ctflow *f)
{
	struct ctlink *l = find(tt, &f->dir[0].t);

	if (!l || l->dir || f->dir[0].t.proto == IPPROTO_TCP || !cttuple_same(&ctflow_of(l)->dir[1].t, &f->dir[1].t))
		return NULL;
	ref_get(&ctflow_of(l)->refs);
	return ctflow_of(l);
}

bool track_confirm(struct pktbuf *pb)
{
	struct ctflow *f = pb->ct, *other = NULL;
	struct tracktable *tt;
	bool ok, was_empty = false;

	if (!f || pb->ct_state == CT_RELATED || (READ_ONCE(f->status) & IPS_CONFIRMED))
		return true;
	tt = f->ns->track;
	spin_lock_bh(&tt->lock);
	ok = !find(tt, &f->dir[0].t) && !find(tt, &f->dir[1].t);
	if (ok) {
		f->expires += clock_coarse_ns();
		ctflow_set(f, IPS_CONFIRMED);
		ref_get(&f->refs);
		was_empty = !tt->count++;
		hlist_add_head_rcu(&f->dir[0].node, bucket_of(tt, &f->dir[0].t));
		hlist_add_head_rcu(&f->dir[1].node, bucket_of(tt, &f->dir[1].t));
	} else {
		other = flow_to_join(tt, f);
	}
	spin_unlock_bh(&tt->lock);
	if (other) {
		pb->ct = other;
		ctflow_put(f);
		return true;
	}
	if (was_empty)
		workpool_queue_delayed(workpool_long, &tt->scan, SCAN_EVERY);
	if (ok)
		track_news(f, true);
	return ok;
}

/* ---- namespaces and settings ---- */

static struct tracktable initial_table;

static void table_init(struct tracktable *tt, struct netns *ns)
{
	struct meminfo mi;

	meminfo_get(&mi);
	tt->ns = ns;
	spin_init(&tt->lock, LOCKRANK_NET_TABLE);
	tt->loose = 1;
	memcpy(tt->timeouts, default_timeouts, sizeof(tt->timeouts));
	tt->nbuckets = BUCKETS_MIN;
	while (tt->nbuckets < BUCKETS_MAX && tt->nbuckets < mi.total / (MEMORY_A_BUCKET / PAGE_SIZE))
		tt->nbuckets *= 2;
	tt->max = tt->nbuckets;
	tt->secret = random_u64();
	delayed_work_init(&tt->scan, scan);
	ns->track = tt;
}

static int track_start_initial(void)
{
	table_init(&initial_table, &netns_initial);
	return 0;
}
INITCALL(FS, track_start_initial);

int track_start(struct netns *ns)
{
	struct tracktable *tt = ns->track;
	size_t size = tt->nbuckets * sizeof(*tt->buckets);
	struct hlist *b;

	if (tt->buckets)
		return 0;
	b = kva_alloc(size, ALLOC_KERNEL);
	if (!b)
		return -ENOMEM;
	memset(b, 0, size);
	rcu_publish(tt->buckets, b);
	return 0;
}

static int track_init(struct netns *ns)
{
	struct tracktable *tt = kmem_zalloc(sizeof(*tt), ALLOC_KERNEL);

	if (!tt)
		return -ENOMEM;
	table_init(tt, ns);
	return 0;
}

/* No packet comes any more. */
static void track_fini(struct netns *ns)
{
	struct tracktable *tt = ns->track;

	delayed_work_cancel_sync(&tt->scan);
	track_kill_all(tt, 0);
	rcu_wait();
	kva_free(tt->buckets);
	kmem_free(tt);
}
static const struct netnspart track_part = { track_init, track_fini };
NETNSPART(track_part);

NETCTL(ct_max, "netfilter/nf_conntrack_max", ns->track->max, 1, S32_MAX);
NETCTL(ct_max_old, "nf_conntrack_max", ns->track->max, 1, S32_MAX);
NETCTL(ct_loose, "netfilter/nf_conntrack_tcp_loose", ns->track->loose, 0, 255);
#define CT_TIME(id, name, which) \
	NETCTL(id, "netfilter/nf_conntrack_" name, ns->track->timeouts[which], 0, S32_MAX)
CT_TIME(ct_syn_sent, "tcp_timeout_syn_sent", CTTCP_SYN_SENT);
CT_TIME(ct_syn_recv, "tcp_timeout_syn_recv", CTTCP_SYN_RECV);
CT_TIME(ct_established, "tcp_timeout_established", CTTCP_ESTABLISHED);
CT_TIME(ct_fin_wait, "tcp_timeout_fin_wait", CTTCP_FIN_WAIT);
CT_TIME(ct_close_wait, "tcp_timeout_close_wait", CTTCP_CLOSE_WAIT);
CT_TIME(ct_last_ack, "tcp_timeout_last_ack", CTTCP_LAST_ACK);
CT_TIME(ct_time_wait, "tcp_timeout_time_wait", CTTCP_TIME_WAIT);
CT_TIME(ct_close, "tcp_timeout_close", CTTCP_CLOSE);
CT_TIME(ct_udp, "udp_timeout", CTTIME_UDP);
CT_TIME(ct_udp_stream, "udp_timeout_stream", CTTIME_UDP_STREAM);
CT_TIME(ct_icmp, "icmp_timeout", CTTIME_ICMP);
CT_TIME(ct_icmp6, "icmpv6_timeout", CTTIME_ICMP6);
CT_TIME(ct_other, "generic_timeout", CTTIME_OTHER);

static void print_count(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "%lu\n", READ_ONCE(netns_self()->track->count));
}
static struct procfile count_file = { .path = "sys/net/netfilter/nf_conntrack_count", .mode = 0444,
				      .print = print_count };
PROCFILE(count_file);

static void print_buckets(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "%u\n", netns_self()->track->nbuckets);
}
static struct procfile buckets_file = { .path = "sys/net/netfilter/nf_conntrack_buckets", .mode = 0444,
					.print = print_buckets };
PROCFILE(buckets_file);
