// SPDX-License-Identifier: GPL-2.0-only
/*
 * What /proc/net/snmp, netstat and snmp6 count: each namespace for itself, packet by packet.
 *
 * guest-modules: tun
 */
#include "tap.h"
#include "inet.h"
#include "tun.h"

#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>

#define CLOSED	1		/* a port that nobody has */

struct in6_ifreq { struct in6_addr addr; uint32_t plen; int ifindex; };

/* The value in column @name of @group ("Ip", "TcpExt"); -1: there is none. */
static long in_table(const char *text, const char *group, const char *name)
{
	char want[32], *head, *values, *h, *v, *hs, *vs;
	const char *at, *next;

	snprintf(want, sizeof(want), "%s: ", group);
	for (at = text; strncmp(at, want, strlen(want)); at++) {
		at = strchr(at, '\n');
		if (!at)
			return -1;
	}
	next = strchr(at, '\n') + 1;
	head = strndup(at, (size_t)(next - 1 - at));
	values = strndup(next, strcspn(next, "\n"));
	h = strtok_r(head, " ", &hs);
	v = strtok_r(values, " ", &vs);
	while (h && v && strcmp(h, name)) {
		h = strtok_r(NULL, " ", &hs);
		v = strtok_r(NULL, " ", &vs);
	}
	return h && v ? atol(v) : -1;
}

static long count(const char *group, const char *name)
{
	long n = in_table(read_file("/proc/net/snmp"), group, name);

	return n < 0 ? in_table(read_file("/proc/net/netstat"), group, name) : n;
}

/* A line of /proc/net/snmp6. */
static long count6(const char *name)
{
	char *text = strdup(read_file("/proc/net/snmp6")), *line, *save;
	size_t n = strlen(name);

	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (!strncmp(line, name, n) && strchr(" \t", line[n]))
			return atol(line + n);
	return -1;
}

static void own_network(void)
{
	NEED(!unshare(CLONE_NEWNET));
	lo_up();
}

static int udp_to(const char *ip, int port, size_t len)
{
	static char bytes[65536];
	struct sockaddr_in to = addr(ip, port);
	int s = socket(AF_INET, SOCK_DGRAM, 0), err = 0;

	NEED(s >= 0);
	if (sendto(s, bytes, len, 0, (void *)&to, sizeof(to)) != (ssize_t)len)
		err = errno;
	close(s);
	return err;
}

CASE(a_new_namespace_has_counted_nothing)
{
	NEED(udp_to("127.0.0.1", CLOSED, 1) == 0);
	CHECK(count("Ip", "OutRequests") > 0);
	own_network();
	CHECK_EQ(count("Ip", "InReceives"), 0);
	CHECK_EQ(count("Ip", "OutRequests"), 0);
	CHECK_EQ(count("Udp", "NoPorts"), 0);
	CHECK_EQ(count("Icmp", "OutMsgs"), 0);
	CHECK_EQ(count("Tcp", "ActiveOpens"), 0);
	CHECK_EQ(count("IpExt", "InOctets"), 0);
	CHECK_EQ(count("Ip", "DefaultTTL"), 64);
	CHECK_EQ(count("Ip", "Forwarding"), 2);
}

CASE(counts_do_not_leak_into_other_namespaces)
{
	long before;
	pid_t pid;
	int st;

	own_network();
	before = count("Ip", "OutRequests");
	pid = fork();
	if (!pid) {
		own_network();
		for (int i = 0; i < 5; i++)
			udp_to("127.0.0.1", CLOSED, 1);
		_exit(count("Udp", "NoPorts") != 5);
	}
	NEED(waitpid(pid, &st, 0) == pid);
	CHECK_EQ(st, 0);
	CHECK_EQ(count("Ip", "OutRequests"), before);
	CHECK_EQ(count("Udp", "NoPorts"), 0);
}

CASE(settings_are_told)
{
	own_network();
	NEED(!put_file("/proc/sys/net/ipv4/ip_forward", "1"));
	CHECK_EQ(count("Ip", "Forwarding"), 1);
	NEED(!put_file("/proc/sys/net/ipv4/ip_default_ttl", "77"));
	CHECK_EQ(count("Ip", "DefaultTTL"), 77);
	NEED(!put_file("/proc/sys/net/ipv4/ip_default_ttl", "64"));
	CHECK_EQ(count("Tcp", "RtoMin"), 200);
}

CASE(a_closed_port_of_udp)
{
	own_network();
	NEED(udp_to("127.0.0.1", CLOSED, 10) == 0);
	CHECK_EQ(count("Udp", "OutDatagrams"), 1);
	CHECK_EQ(count("Udp", "NoPorts"), 1);
	CHECK_EQ(count("Udp", "InDatagrams"), 0);
	CHECK_EQ(count("Ip", "OutRequests"), 2);
	CHECK_EQ(count("Ip", "InReceives"), 2);
	CHECK_EQ(count("Ip", "InDelivers"), 2);
	CHECK_EQ(count("IpExt", "InOctets"), 38 + 20 + 8 + 38);
	CHECK_EQ(count("IpExt", "OutOctets"), 38 + 20 + 8 + 38);
	CHECK_EQ(count("IpExt", "InNoECTPkts"), 2);
	CHECK_EQ(count("Icmp", "OutMsgs"), 1);
	CHECK_EQ(count("Icmp", "InMsgs"), 1);
	CHECK_EQ(count("Icmp", "OutDestUnreachs"), 1);
	CHECK_EQ(count("Icmp", "InDestUnreachs"), 1);
	CHECK_EQ(count("IcmpMsg", "OutType3"), 1);
	CHECK_EQ(count("IcmpMsg", "InType3"), 1);
	CHECK_EQ(count("IcmpMsg", "InType8"), -1);
}

CASE(datagrams_that_are_read_and_that_find_no_room)
{
	struct sockaddr_in me = addr("127.0.0.1", 7001);
	int s, small = 1, n = 0;
	char b[2000];

	own_network();
	s = socket(AF_INET, SOCK_DGRAM, 0);
	NEED(!setsockopt(s, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)));
	NEED(!bind(s, (void *)&me, sizeof(me)));
	for (int i = 0; i < 20; i++)
		NEED(udp_to("127.0.0.1", 7001, 1000) == 0);
	while (recv(s, b, sizeof(b), MSG_DONTWAIT) > 0)
		n++;
	CHECK(n > 0 && n < 20);
	CHECK_EQ(count("Udp", "InDatagrams"), n);
	CHECK_EQ(count("Udp", "RcvbufErrors"), 20 - n);
	CHECK_EQ(count("Udp", "InErrors"), 20 - n);
	CHECK_EQ(count("Udp", "OutDatagrams"), 20);
	CHECK_EQ(count("UdpLite", "InDatagrams"), 0);
	close(s);
}

CASE(nowhere_to_send)
{
	own_network();
	CHECK_EQ(udp_to("10.99.9.9", 9, 1), ENETUNREACH);
	CHECK_EQ(count("Ip", "OutNoRoutes"), 1);
	CHECK_EQ(count("Ip", "OutRequests"), 0);
	CHECK_EQ(count("Udp", "OutDatagrams"), 0);
}

CASE(connections)
{
	struct linger hard = { 1, 0 };
	struct sockaddr_in me = addr("127.0.0.1", 7002), closed = addr("127.0.0.1", CLOSED);
	int l, c, s;

	own_network();
	l = socket(AF_INET, SOCK_STREAM, 0);
	NEED(!bind(l, (void *)&me, sizeof(me)) && !listen(l, 5));
	c = socket(AF_INET, SOCK_STREAM, 0);
	NEED(!connect(c, (void *)&me, sizeof(me)));
	s = accept(l, NULL, NULL);
	NEED(s >= 0);
	CHECK_EQ(count("Tcp", "ActiveOpens"), 1);
	CHECK_EQ(count("Tcp", "PassiveOpens"), 1);
	CHECK_EQ(count("Tcp", "CurrEstab"), 2);
	CHECK_EQ(count("Tcp", "InSegs"), 3);
	CHECK_EQ(count("Tcp", "OutSegs"), 3);
	NEED(!setsockopt(c, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)));
	close(c);
	CHECK_EQ(count("Tcp", "CurrEstab"), 0);
	CHECK_EQ(count("Tcp", "EstabResets"), 2);
	CHECK_EQ(count("Tcp", "OutRsts"), 1);
	c = socket(AF_INET, SOCK_STREAM, 0);
	FAILS(connect(c, (void *)&closed, sizeof(closed)), ECONNREFUSED);
	CHECK_EQ(count("Tcp", "AttemptFails"), 1);
	CHECK_EQ(count("Tcp", "ActiveOpens"), 2);
	CHECK_EQ(count("Tcp", "OutRsts"), 2);
}

/* ---- through a tun device ---- */

static int tun;

static void with_tun(void)
{
	own_network();
	tun = tun_open("tun0", IFF_TUN);
	set_address("tun0", "10.98.0.1", "255.255.255.0");
	link_up("tun0");
}

/* A packet from 10.98.0.2; @bad is added to the header's checksum. */
static void inject(const char *to, int protocol, const void *body, size_t n, unsigned frag, unsigned bad)
{
	uint8_t p[1500] = { 0x45, [8] = 64, [9] = (uint8_t)protocol, [12] = 10, 98, 0, 2 };
	struct in_addr dst;

	inet_aton(to, &dst);
	memcpy(p + 16, &dst, 4);
	put16(p + 2, (unsigned)(20 + n));
	put16(p + 4, 7);
	put16(p + 6, frag);
	put16(p + 10, (0xffff & ~sum16(p, 20, 0)) + bad);
	memcpy(p + 20, body, n);
	NEED(write(tun, p, 20 + n) == (ssize_t)(20 + n));
}

CASE(what_is_wrong_with_a_packet)
{
	uint8_t body[40] = { 0 };

	with_tun();
	inject("10.98.0.1", IPPROTO_UDP, body, 8, 0, 1);	/* the header's sum */
	CHECK_EQ(count("Ip", "InReceives"), 1);
	CHECK_EQ(count("Ip", "InHdrErrors"), 1);
	CHECK_EQ(count("IpExt", "InCsumErrors"), 1);
	inject("10.77.0.1", IPPROTO_UDP, body, 8, 0, 0);	/* not for us */
	CHECK_EQ(count("Ip", "InDelivers"), 0);
	inject("10.98.0.1", 200, body, 8, 0, 0);		/* no such protocol */
	CHECK_EQ(count("Ip", "InUnknownProtos"), 1);
	CHECK_EQ(count("Icmp", "OutDestUnreachs"), 1);
	put16(body, 5);
	put16(body + 2, 5);
	put16(body + 4, 8);
	put16(body + 6, 0x1234);
	inject("10.98.0.1", IPPROTO_UDP, body, 8, 0, 0);	/* UDP's sum */
	CHECK_EQ(count("Udp", "InCsumErrors"), 1);
	CHECK_EQ(count("Udp", "InErrors"), 1);
	body[12] = 5 << 4;
	inject("10.98.0.1", IPPROTO_TCP, body, 20, 0, 0);	/* TCP's */
	CHECK_EQ(count("Tcp", "InCsumErrors"), 1);
	CHECK_EQ(count("Tcp", "InErrs"), 1);
	memset(body, 0, sizeof(body));
	body[0] = 8;
	inject("10.98.0.1", IPPROTO_ICMP, body, 8, 0, 0);	/* ICMP's */
	CHECK_EQ(count("Icmp", "InCsumErrors"), 1);
	CHECK_EQ(count("Icmp", "InErrors"), 1);
	CHECK_EQ(count("Icmp", "InEchos"), 0);
	put16(body + 2, 0xf7ff);
	inject("10.98.0.1", IPPROTO_ICMP, body, 8, 0, 0);	/* and one that is right */
	CHECK_EQ(count("Icmp", "InEchos"), 1);
	CHECK_EQ(count("Icmp", "OutEchoReps"), 1);
	CHECK_EQ(count("IcmpMsg", "InType8"), 1);
	CHECK_EQ(count("IcmpMsg", "OutType0"), 1);
}

CASE(pieces_out_and_in)
{
	uint8_t body[16] = { 0, 9, 0, 9, 0, 16 };

	with_tun();
	NEED(udp_to("10.98.0.2", 9, 3000) == 0);
	CHECK_EQ(count("Ip", "OutRequests"), 1);
	CHECK_EQ(count("Ip", "FragOKs"), 1);
	CHECK_EQ(count("Ip", "FragCreates"), 3);
	CHECK_EQ(count("Ip", "FragFails"), 0);
	inject("10.98.0.1", IPPROTO_UDP, body, 8, 0x2000, 0);
	CHECK_EQ(count("Ip", "ReasmReqds"), 1);
	CHECK_EQ(count("Ip", "ReasmOKs"), 0);
	inject("10.98.0.1", IPPROTO_UDP, body + 8, 8, 1, 0);
	CHECK_EQ(count("Ip", "ReasmReqds"), 2);
	CHECK_EQ(count("Ip", "ReasmOKs"), 1);
	CHECK_EQ(count("Ip", "InReceives"), 2);
	CHECK_EQ(count("Ip", "InDelivers"), 1);
	CHECK_EQ(count("Udp", "NoPorts"), 1);
}

CASE(what_is_forwarded)
{
	uint8_t body[1400] = { 0 };

	with_tun();
	NEED(!put_file("/proc/sys/net/ipv4/ip_forward", "1"));
	put_file("/proc/sys/net/ipv4/conf/all/send_redirects", "0");
	put_file("/proc/sys/net/ipv4/conf/tun0/send_redirects", "0");
	inject("10.98.0.77", IPPROTO_UDP, body, 8, 0, 0);
	CHECK_EQ(count("Ip", "ForwDatagrams"), 1);
	CHECK_EQ(count("Ip", "InDelivers"), 0);
	inject("10.66.0.77", IPPROTO_UDP, body, 8, 0, 0);	/* no route */
	CHECK_EQ(count("IpExt", "InNoRoutes"), 1);
	CHECK_EQ(count("Icmp", "OutDestUnreachs"), 1);
}

/* ---- IPv6 ---- */

static int udp6_to(const char *ip, int port, size_t len)
{
	static char bytes[8192];
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
	int s = socket(AF_INET6, SOCK_DGRAM, 0), err = 0;

	NEED(s >= 0 && inet_pton(AF_INET6, ip, &to.sin6_addr) == 1);
	if (sendto(s, bytes, len, 0, (void *)&to, sizeof(to)) != (ssize_t)len)
		err = errno;
	close(s);
	return err;
}

CASE(a_closed_port_of_udp6)
{
	long in, out, sent;

	own_network();
	in = count6("Ip6InReceives");
	out = count6("Ip6OutRequests");
	sent = count6("Icmp6OutMsgs");
	NEED(in >= 0 && out >= 0 && sent >= 0);
	NEED(udp6_to("::1", CLOSED, 10) == 0);
	CHECK_EQ(count6("Ip6InReceives"), in + 2);
	CHECK_EQ(count6("Ip6OutRequests"), out + 2);
	CHECK_EQ(count6("Udp6OutDatagrams"), 1);
	CHECK_EQ(count6("Udp6NoPorts"), 1);
	CHECK_EQ(count6("Icmp6OutMsgs"), sent + 1);
	CHECK_EQ(count6("Icmp6OutDestUnreachs"), 1);
	CHECK_EQ(count6("Icmp6InDestUnreachs"), 1);
	CHECK_EQ(count6("Icmp6InType1"), 1);
	CHECK_EQ(count6("Icmp6OutType1"), 1);
	CHECK_EQ(count6("Icmp6InEchos"), 0);
	CHECK_EQ(count("Udp", "NoPorts"), 0);
	CHECK_EQ(count("Ip", "InReceives"), 0);
}

CASE(nowhere_to_send6)
{
	own_network();
	CHECK_EQ(udp6_to("fd55::1", 9, 1), ENETUNREACH);
	CHECK_EQ(count6("Ip6OutNoRoutes"), 1);
	CHECK_EQ(count6("Udp6OutDatagrams"), 0);
}

CASE(pieces6)
{
	struct ifreq r = named("lo");
	struct sockaddr_in6 me = { .sin6_family = AF_INET6, .sin6_port = htons(7003),
				   .sin6_addr = { { { [15] = 1 } } } };
	long out;
	char b[8192];
	int s;

	own_network();
	s = socket(AF_INET6, SOCK_DGRAM, 0);
	r.ifr_mtu = 1400;
	NEED(!ioctl(s, SIOCSIFMTU, &r));
	NEED(!bind(s, (void *)&me, sizeof(me)));
	out = count6("Ip6OutRequests");
	NEED(udp6_to("::1", 7003, 3000) == 0);
	CHECK_EQ(recv(s, b, sizeof(b), 0), 3000);
	CHECK_EQ(count6("Ip6OutRequests"), out + 1);
	CHECK_EQ(count6("Ip6FragOKs"), 1);
	CHECK_EQ(count6("Ip6FragCreates"), 3);
	CHECK_EQ(count6("Ip6ReasmReqds"), 3);
	CHECK_EQ(count6("Ip6ReasmOKs"), 1);
	CHECK_EQ(count6("Udp6InDatagrams"), 1);
	CHECK_EQ(count("Udp", "InDatagrams"), 0);
	close(s);
}

TAP_MAIN
