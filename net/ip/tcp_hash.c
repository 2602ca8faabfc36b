// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP's tables: connections by both ends, listeners by port; both are read under RCU. Locks are the
 * tables' (LOCKRANK_NET_TABLE), one at a time. A socket that is about to connect is locked before one in
 * TIME-WAIT whose place it takes.
 */
#include "tcp_impl.h"

#include <tern/base/bug.h>
#include <tern/base/initcall.h>
#include <tern/fs/procfs.h>
#include <tern/kernel/random.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>
#include <tern/mm/vmstat.h>
#include <tern/net/netctl.h>

#define CONN_LOCK_BITS	8
#define LISTEN_LOCK_BITS 6
#define ISN_TICK_NS	64u
#define TW_SHARE	64u		/* of memory, that connections in TIME-WAIT may take */
#define TW_MAX		262144u
#define REUSE_GAP	65537u		/* more than a window without scaling */

static struct growtab conns, listeners;
static u64 secret;
static struct hash_key isn_key;

/*
 * RFC 6528: a connection begins where no earlier one between the same ends was, as seen by the clock, and
 * nobody else can tell where. Time stamps go on from one connection between two hosts to the next, so that
 * what they say about TIME-WAIT and old segments is true.
 */
void tcp_choose_isn(struct tcpsock *tp)
{
	struct ipflow f, hosts;

	tcp_flow_of(&tp->sk, &f);
	hosts = f;
	hosts.lport = hosts.rport = 0;
	tp->iss = (u32)hash_bytes(&f, sizeof(f), &isn_key) + (u32)(clock_ns() / ISN_TICK_NS);
	tp->ts_offset = (u32)hash_bytes(&hosts, sizeof(hosts), &isn_key);
}

u32 tcp_flow_hash(const struct ipflow *f)
{
	u64 ports = secret + ((u64)f->lport << 16 | f->rport);

	if (f->is_v6)
		return (u32)hash_combine(hash_combine(ports ^ f->l6.q[0] ^ f->l6.q[1], f->r6.q[0]), f->r6.q[1]);
	return (u32)hash_combine(ports, (u64)f->l4 << 32 | f->r4);
}

void tcp_flow_of(const struct isock *sk, struct ipflow *f)
{
	memset(f, 0, sizeof(*f));	/* holes too: it is hashed */
	f->is_v6 = sk->is_v6;
	f->lport = sk->sport;
	f->rport = sk->dport;
	if (sk->is_v6) {
		f->l6 = sk->rcv_saddr6;
		f->r6 = sk->daddr6;
	} else {
		f->l4 = sk->rcv_saddr;
		f->r4 = sk->daddr;
	}
}

static bool is_same(const struct isock *sk, const struct netns *ns, const struct ipflow *f)
{
	if (sk->sport != f->lport || sk->dport != f->rport || sk->is_v6 != f->is_v6 || sk->net != ns)
		return false;
	if (!f->is_v6)
		return sk->rcv_saddr == f->l4 && sk->daddr == f->r4;
	return in6_same(&sk->rcv_saddr6, &f->l6) && in6_same(&sk->daddr6, &f->r6) &&
	       (!f->ifindex || !in6_is_link(&f->r6) || !sk->bound_if || sk->bound_if == f->ifindex);
}

struct tcpsock *tcp_find(struct netns *ns, const struct ipflow *f)
{
	u32 hash = tcp_flow_hash(f);
	struct tcpsock *tp;

	growtab_foreach_rcu(tp, &conns, hash, sk.hash_link)
		if (is_same(&tp->sk, ns, f))
			return tp;
	return NULL;
}

int tcp_hash(struct tcpsock *tp)
{
	struct isock *sk = &tp->sk;
	int err = -EADDRNOTAVAIL;
	struct spin *lock;
	struct ipflow f;
	u32 hash;

	tcp_flow_of(sk, &f);
	hash = tcp_flow_hash(&f);
	lock = growtab_lock(&conns, hash);
	spin_lock_bh(lock);
	if (!tcp_find(sk->net, &f)) {
		isock_get(sk);
		growtab_add(&conns, &sk->hash_link, hash);
		err = 0;
	}
	spin_unlock_bh(lock);
	tp->was_hashed |= !err;
	return err;
}

/* Take a socket out of a table with the reference that it had. */
static void leave(struct growtab *t, struct growlink *l, struct isock *sk, u32 hash)
{
	struct spin *lock = growtab_lock(t, hash);
	bool was_there;

	spin_lock_bh(lock);
	was_there = growlink_is_hashed(l);
	if (was_there)
		growtab_del(t, l);
	spin_unlock_bh(lock);
	if (was_there)
		isock_put(sk);
}

static u32 listen_hash(const struct netns *ns, u16 port)
{
	return (u32)hash_combine((u64)(uptr)ns, port);
}

void tcp_unhash(struct tcpsock *tp)
{
	struct isock *sk = &tp->sk;
	struct ipflow f;

	if (growlink_is_hashed(&sk->hash_link)) {
		tcp_flow_of(sk, &f);
		leave(&conns, &sk->hash_link, sk, tcp_flow_hash(&f));
	}
	if (growlink_is_hashed(&tp->listen_link))
		leave(&listeners, &tp->listen_link, sk, listen_hash(sk->net, sk->sport));
	tcp_leave_port(tp);
}

/* ---- TIME-WAIT ---- */

static bool is_loopback4(be32 a) { return (a & TO_BE32(0xff000000)) == TO_BE32(0x7f000000); }

static bool is_over_loopback(const struct isock *sk)
{
	if (sk->is_v6)
		return in6_is_loopback(&sk->daddr6) || in6_is_loopback(&sk->rcv_saddr6);
	return is_loopback4(sk->daddr) || is_loopback4(sk->rcv_saddr);
}

/* Time stamps tell a late segment of it from a new connection's: RFC 6191 2. */
static bool is_replaceable(const struct tcpsock *tp)
{
	u64 allowed = READ_ONCE(tp->sk.net->tcp_tw_reuse);

	return READ_ONCE(tp->state) == TCP_TIME_WAIT && tp->ts_ok &&
	       (allowed == 1 || (allowed && is_over_loopback(&tp->sk))) &&
	       clock_ns() >= tp->ts_recent_at + NSEC_PER_SEC;
}

/* End the connection between the same ends that only waits for late segments. *@used: its sequence numbers' end. */
static bool end_time_wait(struct tcpsock *tp, u32 *used)
{
	struct tcpsock *old;
	struct ipflow f;
	bool ok = false;

	tcp_flow_of(&tp->sk, &f);
	rcu_read_lock();
	old = tcp_find(tp->sk.net, &f);
	if (old && is_replaceable(old)) {
		spin_lock_nested(&old->sk.lock);
		ok = is_replaceable(old) && growlink_is_hashed(&old->sk.hash_link);
		if (ok) {
			*used = old->snd_nxt;
			tcp_end(old, 0);
		}
		spin_unlock(&old->sk.lock);
	}
	rcu_read_unlock();
	return ok;
}

/* The first sequence number lies behind those of a connection that this one replaces. */
int tcp_hash_connection(struct tcpsock *tp)
{
	bool has_replaced;
	u32 used = 0;
	int err = tcp_hash(tp);

	has_replaced = err && end_time_wait(tp, &used);
	if (has_replaced)
		err = tcp_hash(tp);
	if (err)
		return err;
	tcp_choose_isn(tp);
	if (has_replaced && seq_before(tp->iss, used + REUSE_GAP))
		tp->iss = used + REUSE_GAP;
	return 0;
}

/* ---- listeners ---- */

int tcp_listen_hash(struct tcpsock *tp)
{
	u32 hash = listen_hash(tp->sk.net, tp->sk.sport);
	struct spin *lock = growtab_lock(&listeners, hash);
	struct tcpsock *o;
	int err = 0;

	spin_lock_bh(lock);
	growtab_foreach_rcu(o, &listeners, hash, listen_link) {
		if (o->sk.net == tp->sk.net && o->sk.sport == tp->sk.sport &&
		    isock_overlap(&o->sk, &tp->sk) &&
		    (!o->sk.bound_if || !tp->sk.bound_if || o->sk.bound_if == tp->sk.bound_if) &&
		    !(o->sk.ns.options & tp->sk.ns.options & BIT(SO_REUSEPORT))) {
			err = -EADDRINUSE;
			break;
		}
	}
	if (!err) {
		isock_get(&tp->sk);
		growtab_add(&listeners, &tp->listen_link, hash);
	}
	spin_unlock_bh(lock);
	return err;
}

struct tcpsock *tcp_find_listener(struct netns *ns, const struct ipflow *f)
{
	u32 hash = listen_hash(ns, f->lport), nequal = 0, pick;
	struct tcpsock *tp, *best = NULL;
	int top = -1;

	growtab_foreach_rcu(tp, &listeners, hash, listen_link) {
		int n = isock_score(&tp->sk, ns, f);

		if (n > top) {
			top = n;
			best = tp;
			nequal = 1;
		} else if (n >= 0 && n == top) {
			nequal++;
		}
	}
	if (likely(nequal < 2))
		return best;
	pick = tcp_flow_hash(f) % nequal;
	growtab_foreach_rcu(tp, &listeners, hash, listen_link)
		if (isock_score(&tp->sk, ns, f) == top && !pick--)
			return tp;
	return best;
}

/* ---- /proc/net/tcp ---- */

void tcp_foreach(const struct netns *ns, bool (*fn)(struct tcpsock *tp, void *arg), void *arg)
{
	struct tcpsock *tp;

	for (u32 i = 0; i < growtab_heads(&listeners); i++)
		growtab_foreach_of_head_rcu(tp, &listeners, i, listen_link)
			if (tp->sk.net == ns && !fn(tp, arg))
				return;
	for (u32 i = 0; i < growtab_heads(&conns); i++)
		growtab_foreach_of_head_rcu(tp, &conns, i, sk.hash_link)
			if (tp->sk.net == ns && !fn(tp, arg))
				return;
}

struct printer { struct seqbuf *sb; u32 line; u16 family; };

static bool print_sock(struct tcpsock *tp, void *arg)
{
	u32 unread = tp->state == TCP_TIME_WAIT ? 0 : tp->rcv_nxt - tp->copied_seq - tp->fin_rcvd;
	bool listens = tp->state == TCP_LISTEN;
	nsec_t now = clock_ns();
	u64 left = tp->rtx.due > now ? (tp->rtx.due - now) / 10000000 : 0;
	struct printer *pr = arg;
	char text[160];

	if (tp->sk.ns.family != pr->family)
		return true;
	seqbuf_printf(pr->sb, "%4u: ", pr->line++);
	isock_print_ends(pr->sb, &tp->sk);
	fmt_print(text, sizeof(text), " %02X %08X:%08X %02X:%08lX %08X %5u %8d %lu %d %016lx %lu %lu %u %u %d",
		  tp->state, listens ? 0 : tp->write_seq - tp->snd_una, listens ? tp->naccept : unread,
		  tp->rtx.due ? 1 : 0, left, tp->retries, tp->sk.ns.uid, tp->probes,
		  tp->is_orphan ? 0 : tp->sk.ns.ino, ref_read(&tp->sk.refs), 0UL, tp->rto / 4000000, 0UL,
		  tp->is_pingpong, tp->mss ? tp->cwnd / tp->mss : 10, -1);
	seqbuf_printf(pr->sb, pr->family == AF_INET ? "%-116s\n" : "%s\n", text);
	return true;
}

static void print_tcp(struct seqbuf *sb, void *arg)
{
	struct printer pr = { sb, 0, arg ? AF_INET6 : AF_INET };

	if (arg)
		seqbuf_puts(sb, "  sl  local_address                         remote_address                        "
			    "st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n");
	else
		seqbuf_printf(sb, "%-149s\n", "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when "
			      "retrnsmt   uid  timeout inode");
	rcu_read_lock();
	tcp_foreach(netns_self(), print_sock, &pr);
	rcu_read_unlock();
}
static struct procfile tcp_file = { .path = "net/tcp", .print = print_tcp };
PROCFILE(tcp_file);
static struct procfile tcp6_file = { .path = "net/tcp6", .print = print_tcp, .arg = &tcp6_file };
PROCFILE(tcp6_file);

/* ---- namespaces ---- */

NETCTL(tw_max, "ipv4/tcp_max_tw_buckets", ns->tcp_max_tw, 0, S32_MAX);
NETCTL(tw_reuse, "ipv4/tcp_tw_reuse", ns->tcp_tw_reuse, 0, 2);	/* 0: never; 1: yes; 2: over loopback */

static int tcp_init(struct netns *ns)
{
	struct meminfo mi;

	meminfo_get(&mi);
	ns->tcp_max_tw = min_t(u64, TW_MAX, mi.total / TW_SHARE * (PAGE_SIZE / sizeof(struct tcpsock)));
	ns->tcp_tw_reuse = 2;
	return 0;
}

static bool end_one(struct tcpsock *tp, void *arg)
{
	tcp_lock(tp);
	tcp_end(tp, 0);
	tcp_unlock(tp);
	return true;
}

/* Connections in TIME-WAIT do not hold their namespace, all others do. */
static void tcp_fini(struct netns *ns)
{
	rcu_read_lock();
	if (atomic_read(&ns->ntime_wait))
		tcp_foreach(ns, end_one, NULL);
	rcu_read_unlock();
}
static const struct netnspart tcp_part = { tcp_init, tcp_fini };
NETNSPART(tcp_part);

static int tcp_hash_start(void)
{
	VERIFY(!growtab_init(&conns, CONN_LOCK_BITS, LOCKRANK_NET_TABLE));
	VERIFY(!growtab_init(&listeners, LISTEN_LOCK_BITS, LOCKRANK_NET_TABLE));
	secret = random_u64();
	random_bytes(&isn_key, sizeof(isn_key));
	return tcp_init(&netns_initial);
}
INITCALL(FS, tcp_hash_start);
