// SPDX-License-Identifier: GPL-2.0-only
/* /proc/net/sockstat, sockstat6, ipv6_route and the range of ports. */
#include "ip6_impl.h"
#include "tcp_impl.h"

#include <tern/fs/procfs.h>

static bool count_tcp(struct tcpsock *tp, void *arg)
{
	u64 *n = arg;

	n[tp->state == TCP_TIME_WAIT ? 1 : 0]++;
	if (tp->is_orphan && tp->state != TCP_TIME_WAIT)
		n[2]++;
	n[3] += tp->sk.rx_bytes + tp->wq_mem + tp->ofo_mem;
	return true;
}

static bool count_udp(struct isock *sk, void *arg)
{
	u64 *n = arg;

	n[0]++;
	n[1] += sk->rx_bytes + (u32)atomic_read(&sk->wmem);
	return true;
}

NETRANGE(ports, "ipv4/ip_local_port_range", ns->ip4->knobs.ports, 1, 65535, true);
NETCTL(free_ports, "ipv4/ip_unprivileged_port_start", ns->ip4->knobs.first_free_port, 0, 65535);
NETCTL(nonlocal, "ipv4/ip_nonlocal_bind", ns->ip4->knobs.binds_nonlocal, 0, 1);
NETCTL(nonlocal6, "ipv6/ip_nonlocal_bind", ns->ip6->binds_nonlocal, 0, 1);
NETRANGE(ping_gids, "ipv4/ping_group_range", ns->ip4->knobs.ping_gids, 0, S32_MAX, false);
NETCTL(echo_all, "ipv4/icmp_echo_ignore_all", ns->ip4->knobs.echo_ignores_all, 0, 1);
NETCTL(echo_groups, "ipv4/icmp_echo_ignore_broadcasts", ns->ip4->knobs.echo_ignores_groups, 0, 1);
NETCTL(echo_all6, "ipv6/icmp/echo_ignore_all", ns->ip6->echo_ignores_all, 0, 1);

static bool count6(struct tcpsock *tp, void *arg)
{
	*(u64 *)arg += tp->sk.ns.family == AF_INET6 && tp->state != TCP_TIME_WAIT;
	return true;
}

static bool count_udp6(struct isock *sk, void *arg)
{
	*(u64 *)arg += sk->ns.family == AF_INET6;
	return true;
}

static void print_sockstat6(struct seqbuf *sb, void *arg)
{
	const struct netns *ns = netns_self();
	u64 tcp = 0, udp = 0, lite = 0;

	rcu_read_lock();
	tcp_foreach(ns, count6, &tcp);
	udp_foreach(ns, IPPROTO_UDP, count_udp6, &udp);
	udp_foreach(ns, IPPROTO_UDPLITE, count_udp6, &lite);
	rcu_read_unlock();
	seqbuf_printf(sb, "TCP6: inuse %lu\nUDP6: inuse %lu\nUDPLITE6: inuse %lu\n", tcp, udp, lite);
}
static struct procfile sockstat6_file = { .path = "net/sockstat6", .print = print_sockstat6 };
PROCFILE(sockstat6_file);

static void print_in6(struct seqbuf *sb, const struct in6ip *a)
{
	for (u32 i = 0; i < 16; i++)
		seqbuf_printf(sb, "%02x", a->b[i]);
}

static bool print_route6(fibkey key, u8 plen, const struct fibroute *r, void *arg)
{
	struct in6ip dst = fib6_addr(key), none = { 0 };
	bool has_gateway = !in6_is_any(&r->gateway6);
	struct seqbuf *sb = arg;

	print_in6(sb, &dst);
	seqbuf_printf(sb, " %02x ", plen);
	print_in6(sb, &none);
	seqbuf_puts(sb, " 00 ");
	print_in6(sb, &r->gateway6);
	seqbuf_printf(sb, " %08x %08x %08x %08x %8s\n", r->metric, 1, 0,
		      (r->type == RTN_LOCAL ? 0x80000000u : 0) | 1u | (has_gateway ? 2u : 0) | (plen == 128 ? 4u : 0),
		      r->nif ? r->nif->name : "lo");
	return true;
}

static void print_routes6(struct seqbuf *sb, void *arg)
{
	rcu_read_lock();
	fib_walk(&netns_self()->ip6->set.main, print_route6, sb);
	fib_walk(&netns_self()->ip6->set.local, print_route6, sb);
	rcu_read_unlock();
}
static struct procfile route6_file = { .path = "net/ipv6_route", .print = print_routes6 };
PROCFILE(route6_file);

static void print_sockstat(struct seqbuf *sb, void *arg)
{
	struct netns *ns = netns_self();
	u64 tcp[4] = { 0 }, udp[2] = { 0 }, lite[2] = { 0 }, raw = rawsock_count(ns), frags, frag_mem;

	rcu_read_lock();
	tcp_foreach(ns, count_tcp, tcp);
	udp_foreach(ns, IPPROTO_UDP, count_udp, udp);
	udp_foreach(ns, IPPROTO_UDPLITE, count_udp, lite);
	rcu_read_unlock();
	reasm_usage(&ns->ip4->reasm, &frags, &frag_mem);
	seqbuf_printf(sb, "sockets: used %lu\n", netsock_count());
	seqbuf_printf(sb, "TCP: inuse %lu orphan %lu tw %lu alloc %lu mem %lu\n", tcp[0], tcp[2], tcp[1],
		      tcp[0], DIV_ROUND_UP(tcp[3], PAGE_SIZE));
	seqbuf_printf(sb, "UDP: inuse %lu mem %lu\n", udp[0], DIV_ROUND_UP(udp[1], PAGE_SIZE));
	seqbuf_printf(sb, "UDPLITE: inuse %lu\nRAW: inuse %lu\nFRAG: inuse %lu memory %lu\n", lite[0], raw, frags,
		      frag_mem);
}
static struct procfile sockstat_file = { .path = "net/sockstat", .print = print_sockstat };
PROCFILE(sockstat_file);
