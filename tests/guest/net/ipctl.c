// SPDX-License-Identifier: GPL-2.0-only
/*
 * Settings of IP and TCP in /proc/sys/net: each network namespace has its own, and they act.
 *
 * guest-modules: tun
 */
#include "tap.h"
#include "inet.h"
#include "tun.h"

#include <grp.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <sched.h>

#define NET "/proc/sys/net/"

static void own_namespace(void)
{
	NEED(!unshare(CLONE_NEWNET));
	lo_up();
}

static int set(const char *file, const char *to)
{
	char path[100];

	snprintf(path, sizeof(path), NET "%s", file);
	return put_file(path, to);
}

static const char *get(const char *file)
{
	char path[100];

	snprintf(path, sizeof(path), NET "%s", file);
	return read_file(path);
}

/* 0 or errno. */
static int bind_to(int family, const char *ip, int port)
{
	struct sockaddr_in a = addr(ip, port);
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
	int s = socket(family, SOCK_DGRAM, 0), err;

	if (family == AF_INET6)
		NEED(inet_pton(AF_INET6, ip, &a6.sin6_addr) == 1);
	err = family == AF_INET ? bind(s, (void *)&a, sizeof(a)) : bind(s, (void *)&a6, sizeof(a6));
	err = err ? errno : 0;
	close(s);
	return err;
}

static void in_another(void)
{
	own_namespace();
	CHECK_STR(get("ipv4/ip_local_port_range"), "32768\t60999\n");
	CHECK_STR(get("ipv4/tcp_fin_timeout"), "60\n");
	CHECK_STR(get("ipv4/tcp_timestamps"), "1\n");
	CHECK_STR(get("ipv4/ip_unprivileged_port_start"), "1024\n");
	CHECK_STR(get("core/somaxconn"), "4096\n");
}

CASE(each_namespace_has_its_own)
{
	pid_t child;

	own_namespace();
	CHECK_EQ(set("ipv4/ip_local_port_range", "40000 40003"), 0);
	CHECK_EQ(set("ipv4/tcp_fin_timeout", "7"), 0);
	CHECK_EQ(set("ipv4/tcp_timestamps", "0"), 0);
	CHECK_EQ(set("ipv4/ip_unprivileged_port_start", "80"), 0);
	CHECK_EQ(set("ipv4/tcp_congestion_control", "reno"), 0);
	CHECK_EQ(set("core/somaxconn", "77"), 0);
	CHILD(child, in_another());
	JOIN(child);
	CHECK_STR(get("ipv4/ip_local_port_range"), "40000\t40003\n");
	CHECK_STR(get("ipv4/tcp_congestion_control"), "reno\n");
	CHECK_STR(get("core/somaxconn"), "77\n");
}

/* A listener has one more than it asks for, as far as the namespace lets it. */
CASE(how_many_wait_to_be_accepted)
{
	struct sockaddr_in a = addr("127.0.0.1", 7000);
	struct pollfd p[4];
	int l, n = 0;

	own_namespace();
	l = socket(AF_INET, SOCK_STREAM, 0);
	CHECK_EQ(set("core/somaxconn", "1"), 0);
	NEED(!bind(l, (void *)&a, sizeof(a)) && !listen(l, 100));
	for (int i = 0; i < 4; i++) {
		p[i] = (struct pollfd){ socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), POLLOUT, 0 };
		connect(p[i].fd, (void *)&a, sizeof(a));
	}
	usleep(200000);
	NEED(poll(p, 4, 0) >= 0);
	for (int i = 0; i < 4; i++)
		n += !!(p[i].revents & POLLOUT);
	CHECK_EQ(n, 2);
}

CASE(ports_to_choose_from)
{
	struct sockaddr_in a = addr("127.0.0.1", 0);
	int n = 0;

	own_namespace();
	CHECK_EQ(set("ipv4/ip_local_port_range", "40000\t40003\n"), 0);
	for (int i = 0; i < 6; i++) {
		int s = socket(AF_INET, SOCK_DGRAM, 0), port;

		if (bind(s, (void *)&a, sizeof(a)))
			continue;
		port = ntohs(name_of(s).sin_port);
		CHECK(port >= 40000 && port <= 40003);
		n++;
	}
	CHECK_EQ(n, 4);
	FAILS(set("ipv4/ip_local_port_range", "40000 39999"), EINVAL);
	FAILS(set("ipv4/ip_local_port_range", "0 65536"), EINVAL);
}

CASE(ports_that_need_privilege)
{
	own_namespace();
	CHECK_EQ(set("ipv4/ip_unprivileged_port_start", "80"), 0);
	FAILS(set("ipv4/ip_unprivileged_port_start", "65536"), EINVAL);
	NEED(!setresuid(1000, 1000, 1000));
	CHECK_EQ(bind_to(AF_INET, "127.0.0.1", 80), 0);
	CHECK_EQ(bind_to(AF_INET, "127.0.0.1", 79), EACCES);
	CHECK_EQ(bind_to(AF_INET6, "::1", 80), 0);
	CHECK_EQ(bind_to(AF_INET6, "::1", 79), EACCES);
}

CASE(addresses_that_are_not_ours)
{
	own_namespace();
	CHECK_EQ(bind_to(AF_INET, "10.1.2.3", 0), EADDRNOTAVAIL);
	CHECK_EQ(bind_to(AF_INET6, "fd00::77", 0), EADDRNOTAVAIL);
	CHECK_EQ(set("ipv4/ip_nonlocal_bind", "1"), 0);
	CHECK_EQ(bind_to(AF_INET, "10.1.2.3", 0), 0);
	CHECK_EQ(bind_to(AF_INET6, "fd00::77", 0), EADDRNOTAVAIL);
	CHECK_EQ(set("ipv6/ip_nonlocal_bind", "1"), 0);
	CHECK_EQ(bind_to(AF_INET6, "fd00::77", 0), 0);
}

CASE(who_may_ping)
{
	gid_t more = 2000;

	own_namespace();
	CHECK_EQ(set("ipv4/ping_group_range", "1000 2000"), 0);
	FAILS(socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP), EACCES);
	NEED(!setegid(1500));
	CHECK(socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP) >= 0);
	CHECK(socket(AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6) >= 0);
	NEED(!setegid(3000));
	FAILS(socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP), EACCES);
	NEED(!setgroups(1, &more));
	CHECK(socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP) >= 0);
}

/* Is an echo request to @ip answered. */
static int echo(int family, const char *ip)
{
	struct sockaddr_in a = addr(ip, 0);
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6 };
	uint8_t ask[8] = { family == AF_INET ? ICMP_ECHO : ICMP6_ECHO_REQUEST };
	int s = socket(family, SOCK_DGRAM, family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6), on = 1;
	struct pollfd p = { s, POLLIN, 0 };
	int ok;

	NEED(s >= 0);
	if (family == AF_INET6)
		NEED(inet_pton(AF_INET6, ip, &a6.sin6_addr) == 1);
	NEED(!setsockopt(s, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)));
	NEED(sendto(s, ask, 8, 0, family == AF_INET ? (void *)&a : (void *)&a6,
		    family == AF_INET ? sizeof(a) : sizeof(a6)) == 8);
	ok = poll(&p, 1, 200);
	close(s);
	return ok;
}

CASE(echoes)
{
	own_namespace();
	CHECK_EQ(set("ipv4/ping_group_range", "0 2147483647"), 0);
	CHECK_EQ(echo(AF_INET, "127.0.0.1"), 1);
	CHECK_EQ(echo(AF_INET6, "::1"), 1);
	CHECK_EQ(echo(AF_INET, "127.255.255.255"), 0);
	CHECK_EQ(set("ipv4/icmp_echo_ignore_broadcasts", "0"), 0);
	CHECK_EQ(echo(AF_INET, "127.255.255.255"), 1);
	CHECK_EQ(set("ipv4/icmp_echo_ignore_all", "1"), 0);
	CHECK_EQ(echo(AF_INET, "127.0.0.1"), 0);
	CHECK_EQ(echo(AF_INET6, "::1"), 1);
	CHECK_EQ(set("ipv6/icmp/echo_ignore_all", "1"), 0);
	CHECK_EQ(echo(AF_INET6, "::1"), 0);
}

/* Options of a connection's both ends: TCPI_OPT_*. */
static int options(void)
{
	struct sockaddr_in a = addr("127.0.0.1", 0);
	int l = socket(AF_INET, SOCK_STREAM, 0), c = socket(AF_INET, SOCK_STREAM, 0), s, both = TCPI_OPT_TIMESTAMPS |
		TCPI_OPT_SACK | TCPI_OPT_WSCALE;
	struct tcp_info i, k;
	socklen_t n = sizeof(i), m = sizeof(k);
	char b[4];

	NEED(!bind(l, (void *)&a, sizeof(a)) && !listen(l, 1));
	a = name_of(l);
	NEED(!connect(c, (void *)&a, sizeof(a)));
	s = accept(l, NULL, NULL);
	CHECK_EQ(write(c, "abcd", 4), 4);
	CHECK_EQ(read(s, b, 4), 4);
	NEED(!getsockopt(c, IPPROTO_TCP, TCP_INFO, &i, &n) && !getsockopt(s, IPPROTO_TCP, TCP_INFO, &k, &m));
	CHECK_EQ(i.tcpi_options & both, k.tcpi_options & both);
	close(l);
	close(c);
	close(s);
	return i.tcpi_options & both;
}

CASE(what_connections_offer)
{
	own_namespace();
	CHECK_EQ(options(), TCPI_OPT_TIMESTAMPS | TCPI_OPT_SACK | TCPI_OPT_WSCALE);
	CHECK_EQ(set("ipv4/tcp_timestamps", "0"), 0);
	CHECK_EQ(options(), TCPI_OPT_SACK | TCPI_OPT_WSCALE);
	CHECK_EQ(set("ipv4/tcp_sack", "0"), 0);
	CHECK_EQ(options(), TCPI_OPT_WSCALE);
	CHECK_EQ(set("ipv4/tcp_window_scaling", "0"), 0);
	CHECK_EQ(options(), 0);
	CHECK_EQ(set("ipv4/tcp_timestamps", "1"), 0);
	CHECK_EQ(options(), TCPI_OPT_TIMESTAMPS);
}

TAP_MAIN
