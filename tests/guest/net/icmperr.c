// SPDX-License-Identifier: GPL-2.0-only
/*
 * ICMP errors about what was sent, as sockets are told of them: raw and ping sockets, packets in pieces, mapped
 * addresses, and how many may wait.
 *
 * guest-modules: tun
 */
#include "tap.h"
#include "inet.h"
#include "tun.h"

#include <linux/errqueue.h>
#include <sched.h>

#define PEER "10.98.0.2"
#define PEER6 "fd98::2"
#define PROTOCOL 253		/* for experiments: RFC 3692 */

struct in6_ifreq { struct in6_addr addr; uint32_t plen; int ifindex; };

static int tun;
static uint8_t pkt[2000];	/* what came out last */
static int pkt_len;

static void setup(void)
{
	struct in6_ifreq q = { .plen = 64 };
	int s;

	NEED(!unshare(CLONE_NEWNET));
	lo_up();
	tun = tun_open("tun0", IFF_TUN);
	set_address("tun0", "10.98.0.1", "255.255.255.0");
	link_up("tun0");
	s = socket(AF_INET6, SOCK_DGRAM, 0);
	inet_pton(AF_INET6, "fd98::1", &q.addr);
	q.ifindex = (int)if_nametoindex("tun0");
	NEED(!ioctl(s, SIOCSIFADDR, &q));
	close(s);
}

/* The next packet of @protocol that leaves, into pkt: the first byte tells the version. */
static void out(int version, int protocol)
{
	do
		pkt_len = (int)tun_next(tun, pkt, sizeof(pkt), 3000);
	while (pkt_len && (pkt[0] >> 4 != version || pkt[version == 4 ? 9 : 6] != protocol ||
			   (version == 6 && protocol == IPPROTO_ICMPV6 && pkt[40] > 129)));
	NEED(pkt_len);
}

/* A router tells of an error of the packet in pkt. */
static void error4(int type, int code, unsigned info)
{
	uint8_t p[20 + 8 + 500] = { 0x45, [8] = 64, [9] = IPPROTO_ICMP, [12] = 10, 98, 0, 9, 10, 98, 0, 1,
				    (uint8_t)type, (uint8_t)code };
	size_t quote = pkt_len < 500 ? (size_t)pkt_len : 500, n = 28 + quote;

	put16(p + 2, (unsigned)n);
	put16(p + 10, 0xffff & ~sum16(p, 20, 0));
	put16(p + 26, info);
	memcpy(p + 28, pkt, quote);
	put16(p + 22, 0xffff & ~sum16(p + 20, n - 20, 0));
	NEED(write(tun, p, n) == (ssize_t)n);
}

static void error6(int type, int code, unsigned info)
{
	uint8_t p[40 + 8 + 500] = { 0x60, [6] = IPPROTO_ICMPV6, 64, [40] = (uint8_t)type, (uint8_t)code };
	size_t quote = pkt_len < 500 ? (size_t)pkt_len : 500, n = 48 + quote;

	put16(p + 4, (unsigned)n - 40);
	inet_pton(AF_INET6, "fd98::9", p + 8);
	memcpy(p + 24, pkt + 8, 16);
	put16(p + 46, info);
	memcpy(p + 48, pkt, quote);
	put16(p + 42, 0xffff & ~sum16(p + 40, n - 40, sum16(p + 8, 32, IPPROTO_ICMPV6 + (unsigned)n - 40)));
	NEED(write(tun, p, n) == (ssize_t)n);
}

static struct sockaddr_in6 addr6(const char *ip, int port)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };

	inet_pton(AF_INET6, ip, &a.sin6_addr);
	return a;
}

static int sends(int s, const char *ip, int port, const void *bytes, size_t n)
{
	struct sockaddr_in a = addr(ip, port);
	struct sockaddr_in6 b = addr6(ip, port);
	int is_6 = !!strchr(ip, ':');

	return sendto(s, bytes, n, 0, is_6 ? (void *)&b : (void *)&a, is_6 ? sizeof(b) : sizeof(a)) == (ssize_t)n;
}

static void connected(int s, const char *ip, int port)
{
	struct sockaddr_in a = addr(ip, port);
	struct sockaddr_in6 b = addr6(ip, port);
	int is_6 = !!strchr(ip, ':');

	NEED(!connect(s, is_6 ? (void *)&b : (void *)&a, is_6 ? sizeof(b) : sizeof(a)));
}

static int told_socket(int family, int type, int protocol)
{
	int s = socket(family, type, protocol), one = 1;

	NEED(s >= 0);
	NEED(!setsockopt(s, family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6,
			 family == AF_INET ? IP_RECVERR : IPV6_RECVERR, &one, sizeof(one)));
	return s;
}

/* ---- what the error queue holds ---- */
static struct sock_extended_err ee;
static union { struct sockaddr_in in; struct sockaddr_in6 in6; } to, by;
static uint8_t quoted[600];

/* Bytes quoted, or -1. */
static int next_error(int s)
{
	char control[256];
	struct iovec iov = { quoted, sizeof(quoted) };
	struct msghdr m = { .msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	int n;

	memset(&to, 0, sizeof(to));
	n = (int)recvmsg(s, &m, MSG_ERRQUEUE);
	if (n < 0)
		return -1;
	c = CMSG_FIRSTHDR(&m);
	NEED(c && (c->cmsg_level == IPPROTO_IP ? c->cmsg_type == IP_RECVERR :
		   c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR));
	memcpy(&ee, CMSG_DATA(c), sizeof(ee));
	memcpy(&by, SO_EE_OFFENDER((struct sock_extended_err *)CMSG_DATA(c)), c->cmsg_len - CMSG_LEN(sizeof(ee)));
	return n;
}

static int is6(const struct sockaddr_in6 *a, const char *ip)
{
	struct sockaddr_in6 want = addr6(ip, 0);

	return a->sin6_family == AF_INET6 && !memcmp(&a->sin6_addr, &want.sin6_addr, 16);
}

/* What a new socket to @ip is told. */
static int mtu_to(const char *ip)
{
	int is_6 = !!strchr(ip, ':'), s = socket(is_6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0), v = -1;
	socklen_t n = sizeof(v);

	connected(s, ip, 9);
	NEED(!getsockopt(s, is_6 ? IPPROTO_IPV6 : IPPROTO_IP, is_6 ? IPV6_MTU : IP_MTU, &v, &n));
	close(s);
	return v;
}

/* ---- raw sockets ---- */

CASE(a_raw_socket_is_told)
{
	int s;

	setup();
	s = told_socket(AF_INET, SOCK_RAW, PROTOCOL);
	NEED(sends(s, PEER, 0, "hello123", 8));
	out(4, PROTOCOL);
	error4(3, 1, 0);
	CHECK_EQ(next_error(s), 8);
	CHECK(!memcmp(quoted, "hello123", 8));
	CHECK_EQ(ee.ee_errno, EHOSTUNREACH);
	CHECK_EQ(ee.ee_origin, SO_EE_ORIGIN_ICMP);
	CHECK_EQ(ee.ee_type, 3);
	CHECK_EQ(ee.ee_code, 1);
	CHECK_EQ(to.in.sin_addr.s_addr, inet_addr(PEER));
	CHECK_EQ(to.in.sin_port, 0);
	CHECK_EQ(by.in.sin_addr.s_addr, inet_addr("10.98.0.9"));
	CHECK_EQ(next_error(s), -1);
}

CASE(who_did_not_ask_is_told_of_hard_errors_about_its_peer)
{
	int s, t;

	setup();
	s = socket(AF_INET, SOCK_RAW, PROTOCOL);
	t = socket(AF_INET, SOCK_RAW, PROTOCOL);
	connected(t, PEER, 0);
	NEED(sends(s, PEER, 0, "hello123", 8));
	out(4, PROTOCOL);
	error4(3, 1, 0);
	FAILS(recv(s, quoted, 1, MSG_DONTWAIT), EAGAIN);
	FAILS(recv(t, quoted, 1, MSG_DONTWAIT), EAGAIN);
	error4(3, 2, 0);
	FAILS(recv(s, quoted, 1, MSG_DONTWAIT), EAGAIN);
	FAILS(recv(t, quoted, 1, MSG_DONTWAIT), ENOPROTOOPT);
	FAILS(recv(t, quoted, 1, MSG_DONTWAIT), EAGAIN);
	connected(t, "10.98.0.3", 0);
	error4(3, 2, 0);
	FAILS(recv(t, quoted, 1, MSG_DONTWAIT), EAGAIN);
}

CASE(who_sends_headers_gets_them_back)
{
	uint8_t p[28] = { 0x45, [8] = 64, [9] = PROTOCOL, [16] = 10, 98, 0, 2, 'h', 'e', 'l', 'l', 'o', '1', '2', '3' };
	int s, one = 1;

	setup();
	s = told_socket(AF_INET, SOCK_RAW, PROTOCOL);
	NEED(!setsockopt(s, IPPROTO_IP, IP_HDRINCL, &one, sizeof(one)));
	NEED(sends(s, PEER, 0, p, sizeof(p)));
	out(4, PROTOCOL);
	error4(11, 0, 0);
	CHECK_EQ(next_error(s), 28);
	CHECK_EQ(quoted[0], 0x45);
	CHECK_EQ(quoted[9], PROTOCOL);
	CHECK(!memcmp(quoted + 20, "hello123", 8));
	CHECK_EQ(ee.ee_errno, EHOSTUNREACH);
}

CASE(a_raw_socket_learns_what_the_path_takes)
{
	static uint8_t bytes[1400];
	int s, v = IP_PMTUDISC_DO;

	setup();
	s = socket(AF_INET, SOCK_RAW, PROTOCOL);
	NEED(!setsockopt(s, IPPROTO_IP, IP_MTU_DISCOVER, &v, sizeof(v)));
	NEED(sends(s, PEER, 0, bytes, sizeof(bytes)));
	out(4, PROTOCOL);
	error4(3, 4, 1000);
	CHECK_EQ(mtu_to(PEER), 1000);
	FAILS(sends(s, PEER, 0, bytes, sizeof(bytes)) - 1, EMSGSIZE);
}

CASE(a_raw_socket_of_ipv6_is_told)
{
	static uint8_t bytes[1400];
	int s;

	setup();
	s = told_socket(AF_INET6, SOCK_RAW, PROTOCOL);
	NEED(sends(s, PEER6, 0, "hello123", 8));
	out(6, PROTOCOL);
	error6(1, 4, 0);
	CHECK_EQ(next_error(s), 8);
	CHECK(!memcmp(quoted, "hello123", 8));
	CHECK_EQ(ee.ee_errno, ECONNREFUSED);
	CHECK_EQ(ee.ee_origin, SO_EE_ORIGIN_ICMP6);
	CHECK(is6(&to.in6, PEER6));
	CHECK(is6(&by.in6, "fd98::9"));
	NEED(sends(s, PEER6, 0, bytes, sizeof(bytes)));
	out(6, PROTOCOL);
	error6(2, 0, 1300);
	CHECK_EQ(next_error(s), 500 - 40);
	CHECK_EQ(ee.ee_errno, EMSGSIZE);
	CHECK_EQ(ee.ee_info, 1300);
	CHECK_EQ(mtu_to(PEER6), 1300);
	NEED(!put_file("/proc/sys/net/ipv6/route/flush", "1"));
}

/* ---- ping ---- */

static int ping_socket(int family)
{
	NEED(!put_file("/proc/sys/net/ipv4/ping_group_range", "0 0"));
	return told_socket(family, SOCK_DGRAM, family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
}

CASE(a_ping_is_told)
{
	int s;

	setup();
	s = ping_socket(AF_INET);
	NEED(sends(s, PEER, 0, "\10\0\0\0\0\0\0\1data", 12));
	out(4, IPPROTO_ICMP);
	error4(11, 0, 0);
	CHECK_EQ(next_error(s), 12);
	CHECK_EQ(quoted[0], 8);
	CHECK(!memcmp(quoted + 8, "data", 4));
	CHECK_EQ(ee.ee_errno, EHOSTUNREACH);
	CHECK_EQ(ee.ee_type, 11);
	CHECK_EQ(to.in.sin_addr.s_addr, inet_addr(PEER));
}

CASE(a_ping_of_ipv6_is_told)
{
	int s;

	setup();
	s = ping_socket(AF_INET6);
	NEED(sends(s, PEER6, 0, "\200\0\0\0\0\0\0\1data", 12));
	out(6, IPPROTO_ICMPV6);
	error6(1, 3, 0);
	CHECK_EQ(next_error(s), 12);
	CHECK_EQ(quoted[0], 128);
	CHECK(!memcmp(quoted + 8, "data", 4));
	CHECK_EQ(ee.ee_errno, EHOSTUNREACH);
	CHECK_EQ(ee.ee_origin, SO_EE_ORIGIN_ICMP6);
	CHECK(is6(&to.in6, PEER6));
	error6(2, 0, 1290);
	CHECK_EQ(next_error(s), 12);
	CHECK_EQ(mtu_to(PEER6), 1290);
}

/* The kernel's own answers find the way as well. */
CASE(an_answer_learns_what_the_path_takes)
{
	static uint8_t p[1228] = { 0x45, [8] = 64, [9] = IPPROTO_ICMP, [12] = 10, 98, 0, 2, 10, 98, 0, 1, 8 };

	setup();
	put16(p + 2, sizeof(p));
	put16(p + 10, 0xffff & ~sum16(p, 20, 0));
	put16(p + 22, 0xffff & ~sum16(p + 20, sizeof(p) - 20, 0));
	NEED(write(tun, p, sizeof(p)) == sizeof(p));
	out(4, IPPROTO_ICMP);
	CHECK_EQ(pkt[20], 0);
	error4(3, 4, 1100);
	CHECK_EQ(mtu_to(PEER), 1100);
}

/* ---- datagrams ---- */

CASE(a_datagram_in_pieces_is_found_by_the_first)
{
	static uint8_t bytes[2000];
	int s;

	setup();
	s = told_socket(AF_INET6, SOCK_DGRAM, 0);
	NEED(sends(s, PEER6, 9, bytes, sizeof(bytes)));
	out(6, IPPROTO_FRAGMENT);
	error6(1, 4, 0);
	CHECK_EQ(next_error(s), 500 - 40 - 8 - 8);
	CHECK_EQ(ee.ee_errno, ECONNREFUSED);
	CHECK_EQ(ntohs(to.in6.sin6_port), 9);
	out(6, IPPROTO_FRAGMENT);
	error6(1, 4, 0);
	CHECK_EQ(next_error(s), -1);
}

CASE(mapped_addresses_stay_mapped)
{
	int s, one = 1;

	NEED(!unshare(CLONE_NEWNET));
	lo_up();
	s = told_socket(AF_INET6, SOCK_DGRAM, 0);
	NEED(!setsockopt(s, IPPROTO_IP, IP_RECVERR, &one, sizeof(one)));
	NEED(sends(s, "::ffff:127.0.0.1", 9, "hello123", 8));
	CHECK_EQ(next_error(s), 8);
	CHECK_EQ(ee.ee_errno, ECONNREFUSED);
	CHECK_EQ(ee.ee_origin, SO_EE_ORIGIN_ICMP);
	CHECK(is6(&to.in6, "::ffff:127.0.0.1"));
	CHECK_EQ(ntohs(to.in6.sin6_port), 9);
	CHECK(is6(&by.in6, "::ffff:127.0.0.1"));
}

CASE(errors_wait_as_far_as_there_is_room)
{
	int s, n = 4096, got = 0;

	NEED(!unshare(CLONE_NEWNET));
	lo_up();
	s = told_socket(AF_INET, SOCK_DGRAM, 0);
	NEED(!setsockopt(s, SOL_SOCKET, SO_RCVBUF, &n, sizeof(n)));
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 200; i++)
			sends(s, "127.0.0.1", 9, "hello123", 8);
		for (got = 0; next_error(s) == 8; got++)
			;
		CHECK(got >= 2 && got < 50);
	}
}

TAP_MAIN
