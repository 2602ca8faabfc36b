// SPDX-License-Identifier: GPL-2.0-only
/* /proc/net/snmp, netstat and snmp6: what a namespace has counted. */
#include "ip6_impl.h"

#include <tern/base/percpu_alloc.h>
#include <tern/fs/procfs.h>
#include <tern/lib/fmt.h>

/* Consecutive rows of the same protocol. */
struct group { const char *name; u32 first, last; };

static const char *const names[IPSTAT_COUNT] = {
#define IPSTAT_NAME(id, name) [id] = name,
	IPSTAT_ROWS(IPSTAT_NAME)
#undef IPSTAT_NAME
};

static const struct group ip = { "Ip", IPSTAT_IN_RECEIVES, IPSTAT_FRAG_CREATES };
static const struct group tcp = { "Tcp", TCPSTAT_ACTIVE_OPENS, TCPSTAT_IN_CSUM_ERRORS };
static const struct group udp = { "Udp", UDPSTAT_IN, UDPSTAT_IN_CSUM_ERRORS };
static const struct group udplite = { "UdpLite", UDPLITESTAT_IN, UDPLITESTAT_IN_CSUM_ERRORS };
static const struct group tcpext = { "TcpExt", TCPSTAT_SYNCOOKIES_SENT, TCPSTAT_OFO_QUEUE };
static const struct group ipext = { "IpExt", IPSTAT_IN_NO_ROUTES, IPSTAT_IN_CE };
static const struct group ip6 = { "Ip6", IP6STAT_IN_RECEIVES, IP6STAT_IN_CE };
static const struct group icmp6 = { "Icmp6", ICMP6STAT_IN_MSGS, ICMP6STAT_IN_CSUM_ERRORS };
static const struct group udp6 = { "Udp6", UDP6STAT_IN, UDP6STAT_IN_CSUM_ERRORS };
static const struct group udplite6 = { "UdpLite6", UDPLITE6STAT_IN, UDPLITE6STAT_IN_CSUM_ERRORS };

DEFINE_PERCPU(struct ipstats, initial_ipstats);

static u64 sum(const struct netns *ns, u32 which)
{
	s64 n = 0;

	for_each_possible_cpu(cpu)
		n += (s64)READ_ONCE(percpu_ptr(*ns->ipstats, cpu)->n[which]);
	return n < 0 ? 0 : (u64)n;	/* a gauge that goes up here and down there */
}

/* ---- ICMP's types ---- */

struct typename { u8 type; const char *name; };

static const struct typename icmp_types[] = {
	{ ICMP_DEST_UNREACH, "DestUnreachs" }, { ICMP_TIME_EXCEEDED, "TimeExcds" }, { ICMP_PARAMETERPROB, "ParmProbs" },
	{ ICMP_SOURCE_QUENCH, "SrcQuenchs" }, { ICMP_REDIRECT, "Redirects" }, { ICMP_ECHO, "Echos" },
	{ ICMP_ECHOREPLY, "EchoReps" }, { 13, "Timestamps" }, { 14, "TimestampReps" }, { 17, "AddrMasks" },
	{ 18, "AddrMaskReps" },
};

static const struct typename icmp6_types[] = {
	{ ICMP6_DEST_UNREACH, "DestUnreachs" }, { ICMP6_PACKET_TOO_BIG, "PktTooBigs" },
	{ ICMP6_TIME_EXCEEDED, "TimeExcds" }, { ICMP6_PARAM_PROB, "ParmProblems" }, { ICMP6_ECHO_REQUEST, "Echos" },
	{ ICMP6_ECHO_REPLY, "EchoReplies" }, { 130, "GroupMembQueries" }, { 131, "GroupMembResponses" },
	{ 132, "GroupMembReductions" }, { ICMP6_ROUTER_SOLICIT, "RouterSolicits" },
	{ 134, "RouterAdvertisements" }, { 135, "NeighborSolicits" },
	{ ICMP6_NEIGH_ADVERT, "NeighborAdvertisements" }, { 137, "Redirects" }, { 143, "MLDv2Reports" },
};

void icmp4_count_in(struct netns *ns, u8 type)
{
	atomic_inc(&ns->ip4->icmp.in[type]);
}

void icmp4_count_out(struct netns *ns, u8 type)
{
	ipstat_inc(ns, ICMPSTAT_OUT_MSGS);
	atomic_inc(&ns->ip4->icmp.out[type]);
}

void icmp6_count_in(struct netns *ns, u8 type)
{
	atomic_inc(&ns->ip6->icmp.in[type]);
}

void icmp6_count_out(struct netns *ns, u8 type)
{
	ipstat_inc(ns, ICMP6STAT_OUT_MSGS);
	atomic_inc(&ns->ip6->icmp.out[type]);
}

/* ---- two lines a protocol ---- */

static void print_names(struct seqbuf *sb, const struct group *g)
{
	for (u32 i = g->first; i <= g->last; i++)
		seqbuf_printf(sb, " %s", names[i]);
}

static void print_values(struct seqbuf *sb, const struct netns *ns, const struct group *g)
{
	for (u32 i = g->first; i <= g->last; i++)
		seqbuf_printf(sb, " %lu", sum(ns, i));
}

static void print_pair(struct seqbuf *sb, const struct netns *ns, const struct group *g)
{
	seqbuf_printf(sb, "%s:", g->name);
	print_names(sb, g);
	seqbuf_printf(sb, "\n%s:", g->name);
	print_values(sb, ns, g);
	seqbuf_puts(sb, "\n");
}

static void print_icmp(struct seqbuf *sb, const struct netns *ns)
{
	static const struct group in = { "Icmp", ICMPSTAT_IN_MSGS, ICMPSTAT_IN_CSUM_ERRORS };
	static const struct group out = { "Icmp", ICMPSTAT_OUT_MSGS, ICMPSTAT_OUT_LIMITED };
	const struct icmptypes *t = &ns->ip4->icmp;

	seqbuf_puts(sb, "Icmp:");
	print_names(sb, &in);
	for (u32 i = 0; i < ARRAY_SIZE(icmp_types); i++)
		seqbuf_printf(sb, " In%s", icmp_types[i].name);
	print_names(sb, &out);
	for (u32 i = 0; i < ARRAY_SIZE(icmp_types); i++)
		seqbuf_printf(sb, " Out%s", icmp_types[i].name);
	seqbuf_puts(sb, "\nIcmp:");
	print_values(sb, ns, &in);
	for (u32 i = 0; i < ARRAY_SIZE(icmp_types); i++)
		seqbuf_printf(sb, " %lu", (u64)atomic_read(&t->in[icmp_types[i].type]));
	print_values(sb, ns, &out);
	for (u32 i = 0; i < ARRAY_SIZE(icmp_types); i++)
		seqbuf_printf(sb, " %lu", (u64)atomic_read(&t->out[icmp_types[i].type]));
	seqbuf_puts(sb, "\n");
}

/* What has not come or gone yet has no column. */
static void print_types(struct seqbuf *sb, const struct icmptypes *t)
{
	bool any = false;

	for (u32 i = 0; i < 256; i++)
		any = any || atomic_read(&t->in[i]) || atomic_read(&t->out[i]);
	if (!any)
		return;
	seqbuf_puts(sb, "IcmpMsg:");
	for (u32 i = 0; i < 256; i++)
		if (atomic_read(&t->in[i]))
			seqbuf_printf(sb, " InType%u", i);
	for (u32 i = 0; i < 256; i++)
		if (atomic_read(&t->out[i]))
			seqbuf_printf(sb, " OutType%u", i);
	seqbuf_puts(sb, "\nIcmpMsg:");
	for (u32 i = 0; i < 256; i++)
		if (atomic_read(&t->in[i]))
			seqbuf_printf(sb, " %lu", (u64)atomic_read(&t->in[i]));
	for (u32 i = 0; i < 256; i++)
		if (atomic_read(&t->out[i]))
			seqbuf_printf(sb, " %lu", (u64)atomic_read(&t->out[i]));
	seqbuf_puts(sb, "\n");
}

static void print_snmp(struct seqbuf *sb, void *arg)
{
	const struct netns *ns = netns_self();

	seqbuf_puts(sb, "Ip: Forwarding DefaultTTL");
	print_names(sb, &ip);
	seqbuf_printf(sb, "\nIp: %u %lu", READ_ONCE(ns->ip4->conf.all.v[IF4_FORWARDING]) ? 1 : 2, ns->ip4->ttl);
	print_values(sb, ns, &ip);
	seqbuf_puts(sb, "\n");
	print_icmp(sb, ns);
	print_types(sb, &ns->ip4->icmp);
	seqbuf_puts(sb, "Tcp: RtoAlgorithm RtoMin RtoMax MaxConn");
	print_names(sb, &tcp);
	seqbuf_puts(sb, "\nTcp: 1 200 120000 -1");
	print_values(sb, ns, &tcp);
	seqbuf_puts(sb, "\n");
	print_pair(sb, ns, &udp);
	print_pair(sb, ns, &udplite);
}
static struct procfile snmp_file = { .path = "net/snmp", .print = print_snmp };
PROCFILE(snmp_file);

static void print_netstat(struct seqbuf *sb, void *arg)
{
	print_pair(sb, netns_self(), &tcpext);
	print_pair(sb, netns_self(), &ipext);
}
static struct procfile netstat_file = { .path = "net/netstat", .print = print_netstat };
PROCFILE(netstat_file);

/* ---- a line a counter ---- */

static void print_line(struct seqbuf *sb, const char *whose, const char *dir, const char *name, u64 n)
{
	char text[48];

	fmt_print(text, sizeof(text), "%s%s%s", whose, dir, name);
	seqbuf_printf(sb, "%-32s\t%lu\n", text, n);
}

static void print_lines(struct seqbuf *sb, const struct netns *ns, const struct group *g)
{
	for (u32 i = g->first; i <= g->last; i++)
		print_line(sb, g->name, "", names[i], sum(ns, i));
}

static void print_types6(struct seqbuf *sb, const struct icmptypes *t)
{
	char type[8];

	for (u32 i = 0; i < ARRAY_SIZE(icmp6_types); i++)
		print_line(sb, "Icmp6", "In", icmp6_types[i].name, (u64)atomic_read(&t->in[icmp6_types[i].type]));
	for (u32 i = 0; i < ARRAY_SIZE(icmp6_types); i++)
		print_line(sb, "Icmp6", "Out", icmp6_types[i].name, (u64)atomic_read(&t->out[icmp6_types[i].type]));
	for (u32 i = 0; i < 512; i++) {
		u64 n = (u64)atomic_read(i < 256 ? &t->in[i] : &t->out[i - 256]);

		fmt_print(type, sizeof(type), "%u", i & 255);
		if (n)
			print_line(sb, "Icmp6", i < 256 ? "InType" : "OutType", type, n);
	}
}

static void print_snmp6(struct seqbuf *sb, void *arg)
{
	const struct netns *ns = netns_self();

	print_lines(sb, ns, &ip6);
	print_lines(sb, ns, &icmp6);
	print_types6(sb, &ns->ip6->icmp);
	print_lines(sb, ns, &udp6);
	print_lines(sb, ns, &udplite6);
}
static struct procfile snmp6_file = { .path = "net/snmp6", .print = print_snmp6 };
PROCFILE(snmp6_file);

/* ---- namespaces ---- */

static int stats_init(struct netns *ns)
{
	ns->ipstats = percpu_alloc(sizeof(*ns->ipstats), 64);
	return ns->ipstats ? 0 : -ENOMEM;
}

static void stats_fini(struct netns *ns)
{
	percpu_free(ns->ipstats);
}
static const struct netnspart stats_part = { stats_init, stats_fini };
NETNSPART(stats_part);
