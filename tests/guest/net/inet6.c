// SPDX-License-Identifier: GPL-2.0-only
/* IPv6 over loopback: addresses, UDP, TCP, both versions on one socket, ICMPv6. */
#include "tap.h"
#include "inet.h"

#include <linux/ipv6_route.h>
#include <netinet/icmp6.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>

#define A(a) (struct sockaddr *)&(a), sizeof(a)

static char buf[300000], back[300000];

static struct sockaddr_in6 addr6(const char *ip, int port)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	NEED(inet_pton(AF_INET6, ip, &a.sin6_addr) == 1);
	return a;
}

static struct sockaddr_in6 name6_of(int s)
{
	struct sockaddr_in6 a;
	socklen_t n = sizeof(a);

	NEED(getsockname(s, (void *)&a, &n) == 0);
	CHECK_EQ(n, sizeof(a));
	return a;
}

static int is(const struct sockaddr_in6 *a, const char *ip)
{
	char text[64];

	inet_ntop(AF_INET6, &a->sin6_addr, text, sizeof(text));
	if (strcmp(text, ip))
		printf("# address %s\n", text);
	return !strcmp(text, ip);
}

static int bound(int type, const char *ip, struct sockaddr_in6 *a)
{
	int s = socket(AF_INET6, type, 0);

	NEED(s >= 0);
	lo_up();
	*a = addr6(ip, 0);
	NEED(bind(s, A(*a)) == 0);
	if (type == SOCK_STREAM)
		NEED(listen(s, 5) == 0);
	*a = name6_of(s);
	return s;
}

CASE(datagrams_over_loopback)
{
	struct sockaddr_in6 a, b;
	int r = bound(SOCK_DGRAM, "::1", &a), s = socket(AF_INET6, SOCK_DGRAM, 0);
	socklen_t n = sizeof(b);

	CHECK_EQ(sendto(s, "hello", 5, 0, A(a)), 5);
	CHECK_EQ(recvfrom(r, back, 100, 0, (void *)&b, &n), 5);
	CHECK_EQ(n, sizeof(b));
	CHECK(is(&b, "::1"));
	CHECK_EQ(b.sin6_port, name6_of(s).sin6_port);
	CHECK_EQ(sendto(r, "back", 4, 0, A(b)), 4);
	CHECK_EQ(recv(s, back, 100, 0), 4);
}

CASE(large_datagrams_arrive_whole)
{
	struct sockaddr_in6 a;
	int r = bound(SOCK_DGRAM, "::1", &a), s = socket(AF_INET6, SOCK_DGRAM, 0);

	for (int i = 0; i < 60000; i++)
		buf[i] = (char)(i * 31);
	CHECK_EQ(sendto(s, buf, 60000, 0, A(a)), 60000);
	CHECK_EQ(recv(r, back, sizeof(back), 0), 60000);
	CHECK(!memcmp(buf, back, 60000));
}

CASE(fragments_are_joined)
{
	struct sockaddr_in6 a;
	int r = bound(SOCK_DGRAM, "::1", &a), s = socket(AF_INET6, SOCK_DGRAM, 0), f = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq q = { .ifr_name = "lo" };

	q.ifr_mtu = 1400;
	NEED(ioctl(f, SIOCSIFMTU, &q) == 0);
	for (int i = 0; i < 9000; i++)
		buf[i] = (char)(i * 37);
	CHECK_EQ(sendto(s, buf, 9000, 0, A(a)), 9000);
	CHECK_EQ(recv(r, back, sizeof(back), 0), 9000);
	CHECK(!memcmp(buf, back, 9000));
	q.ifr_mtu = 65536;
	NEED(ioctl(f, SIOCSIFMTU, &q) == 0);
}

CASE(a_port_without_a_socket_refuses)
{
	struct sockaddr_in6 a;
	int r = bound(SOCK_DGRAM, "::1", &a), s = socket(AF_INET6, SOCK_DGRAM, 0);

	close(r);
	CHECK(connect(s, A(a)) == 0);
	CHECK_EQ(send(s, "x", 1, 0), 1);
	FAILS(recv(s, back, 1, 0), ECONNREFUSED);
}

CASE(streams_over_loopback)
{
	struct sockaddr_in6 a, b;
	int l = bound(SOCK_STREAM, "::1", &a), c = socket(AF_INET6, SOCK_STREAM, 0), s;
	socklen_t n = sizeof(b);

	CHECK(connect(c, A(a)) == 0);
	s = accept(l, (void *)&b, &n);
	NEED(s >= 0);
	CHECK(is(&b, "::1"));
	CHECK_EQ(b.sin6_port, name6_of(c).sin6_port);
	CHECK_EQ(write(c, "hello", 5), 5);
	CHECK_EQ(read(s, back, 10), 5);
	n = sizeof(b);
	CHECK(getpeername(c, (void *)&b, &n) == 0);
	CHECK_EQ(b.sin6_port, a.sin6_port);
	close(c);
	CHECK_EQ(read(s, back, 10), 0);
}

static void *drain(void *arg)
{
	size_t n = 0;
	ssize_t k;

	while (n < sizeof(back) && (k = read(*(int *)arg, back + n, sizeof(back) - n)) > 0)
		n += (size_t)k;
	return (void *)n;
}

CASE(much_data_in_small_segments)
{
	struct sockaddr_in6 a;
	int l = bound(SOCK_STREAM, "::1", &a), c = socket(AF_INET6, SOCK_STREAM, 0), s, mss = 600;
	pthread_t t;
	void *n;

	CHECK(setsockopt(l, IPPROTO_TCP, TCP_MAXSEG, &mss, sizeof(mss)) == 0);
	CHECK(connect(c, A(a)) == 0);
	s = accept(l, NULL, NULL);
	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = (char)(i * 7 + (i >> 8) * 13);
	NEED(pthread_create(&t, NULL, drain, &s) == 0);
	CHECK_EQ(write(c, buf, sizeof(buf)), sizeof(buf));
	pthread_join(t, &n);
	CHECK_EQ((size_t)n, sizeof(buf));
	CHECK(!memcmp(buf, back, sizeof(buf)));
}

CASE(refused_without_a_listener)
{
	struct sockaddr_in6 a;
	int l = bound(SOCK_STREAM, "::1", &a), c = socket(AF_INET6, SOCK_STREAM, 0);

	close(l);
	FAILS(connect(c, A(a)), ECONNREFUSED);
}

CASE(one_listener_takes_both_versions)
{
	struct sockaddr_in6 a, b;
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	int l = bound(SOCK_STREAM, "::", &a), c = socket(AF_INET, SOCK_STREAM, 0), s;
	socklen_t n = sizeof(b);

	v4.sin_port = a.sin6_port;
	v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(connect(c, A(v4)) == 0);
	s = accept(l, (void *)&b, &n);
	NEED(s >= 0);
	CHECK(is(&b, "::ffff:127.0.0.1"));
	b = name6_of(s);
	CHECK(is(&b, "::ffff:127.0.0.1"));
	CHECK_EQ(write(s, "4", 1), 1);
	CHECK_EQ(read(c, back, 10), 1);
	c = socket(AF_INET6, SOCK_STREAM, 0);
	b = addr6("::ffff:127.0.0.1", ntohs(a.sin6_port));
	CHECK(connect(c, A(b)) == 0);
	s = accept(l, NULL, NULL);
	CHECK_EQ(write(s, "6", 1), 1);
	CHECK_EQ(read(c, back, 10), 1);
}

/* In a namespace of its own: elsewhere an IPv4 connection in TIME-WAIT may have the port that IPv6 was given. */
CASE(v6only_leaves_the_port_to_ipv4)
{
	struct sockaddr_in6 a;
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	int s, t, u, on = 1;

	NEED(!unshare(CLONE_NEWNET));
	lo_up();
	s = socket(AF_INET6, SOCK_STREAM, 0);
	t = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0);
	a = addr6("::", 0);
	CHECK(bind(s, A(a)) == 0);
	CHECK(listen(s, 1) == 0);
	v4.sin_port = name6_of(s).sin6_port;
	CHECK(bind(t, A(v4)) == 0);
	CHECK(listen(t, 1) == 0);
	u = socket(AF_INET6, SOCK_STREAM, 0);
	a = addr6("::", ntohs(v4.sin_port));
	FAILS(bind(u, A(a)), EADDRINUSE);
	FAILS(setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)), EINVAL);
}

CASE(a_dual_port_excludes_ipv4)
{
	struct sockaddr_in6 a;
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	int s = bound(SOCK_DGRAM, "::", &a), t = socket(AF_INET, SOCK_DGRAM, 0);

	v4.sin_port = a.sin6_port;
	FAILS(bind(t, A(v4)), EADDRINUSE);
	close(s);
	CHECK(bind(t, A(v4)) == 0);
}

CASE(udp_of_both_versions_on_one_socket)
{
	struct sockaddr_in6 a, b;
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	int r = bound(SOCK_DGRAM, "::", &a), t = socket(AF_INET, SOCK_DGRAM, 0);
	socklen_t n = sizeof(b);

	v4.sin_port = a.sin6_port;
	v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK_EQ(sendto(t, "four", 4, 0, A(v4)), 4);
	CHECK_EQ(recvfrom(r, back, 10, 0, (void *)&b, &n), 4);
	CHECK(is(&b, "::ffff:127.0.0.1"));
	CHECK_EQ(sendto(r, "re", 2, 0, A(b)), 2);
	CHECK_EQ(recv(t, back, 10, 0), 2);
}

/* IPv4's own name of a host is understood, too. */
CASE(udp_to_a_name_of_ipv4)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 a, none = { .sin6_family = AF_UNSPEC };
	int r = bound(SOCK_DGRAM, "::", &a), s = socket(AF_INET6, SOCK_DGRAM, 0), on = 1;

	v4.sin_port = a.sin6_port;
	CHECK_EQ(sendto(s, "four", 4, 0, A(v4)), 4);
	CHECK_EQ(recv(r, back, 10, 0), 4);
	FAILS(sendto(s, "none", 4, 0, A(none)), EDESTADDRREQ);
	CHECK(connect(s, A(v4)) == 0);
	CHECK_EQ(send(s, "four", 4, 0), 4);
	CHECK_EQ(recv(r, back, 10, 0), 4);
	s = socket(AF_INET6, SOCK_DGRAM, 0);
	CHECK(setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0);
	FAILS(sendto(s, "four", 4, 0, A(v4)), ENETUNREACH);
	FAILS(connect(s, A(v4)), EAFNOSUPPORT);
	s = socket(AF_INET6, SOCK_STREAM, 0);
	FAILS(connect(s, A(v4)), EINVAL);
}

CASE(wrong_addresses_are_refused)
{
	struct sockaddr_in6 a = addr6("2001:db8::1", 0);
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	int s = socket(AF_INET6, SOCK_DGRAM, 0), t = socket(AF_INET6, SOCK_STREAM, 0);

	lo_up();
	FAILS(bind(s, A(a)), EADDRNOTAVAIL);
	FAILS(bind(s, A(v4)), EINVAL);
	a = addr6("2001:db8::1", 80);
	FAILS(connect(t, A(a)), ENETUNREACH);
	FAILS(sendto(s, "x", 1, 0, A(a)), ENETUNREACH);
	FAILS(send(s, "x", 1, 0), EDESTADDRREQ);
	FAILS(connect(t, (void *)&a, 20), EINVAL);
}

CASE(control_messages)
{
	struct sockaddr_in6 a;
	int r = bound(SOCK_DGRAM, "::", &a), s = socket(AF_INET6, SOCK_DGRAM, 0), on = 1, hops = 7, seen = 0;
	char ctl[256];
	struct iovec v = { back, 100 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = ctl, .msg_controllen = sizeof(ctl) };

	CHECK(setsockopt(r, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)) == 0);
	CHECK(setsockopt(r, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &on, sizeof(on)) == 0);
	CHECK(setsockopt(s, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &hops, sizeof(hops)) == 0);
	a.sin6_addr = in6addr_loopback;
	CHECK_EQ(sendto(s, "x", 1, 0, A(a)), 1);
	CHECK_EQ(recvmsg(r, &m, 0), 1);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		if (c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo *pi = (void *)CMSG_DATA(c);

			CHECK(IN6_IS_ADDR_LOOPBACK(&pi->ipi6_addr));
			CHECK_EQ(pi->ipi6_ifindex, if_nametoindex("lo"));
			seen |= 1;
		} else if (c->cmsg_type == IPV6_HOPLIMIT) {
			CHECK_EQ(*(int *)CMSG_DATA(c), 7);
			seen |= 2;
		}
	}
	CHECK_EQ(seen, 3);
}

CASE(echo_on_a_raw_socket)
{
	struct icmp6_hdr h = { .icmp6_type = ICMP6_ECHO_REQUEST };
	struct sockaddr_in6 a = addr6("::1", 0);
	struct icmp6_filter f;
	int s;

	lo_up();
	s = socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
	NEED(s >= 0);
	ICMP6_FILTER_SETBLOCKALL(&f);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &f);
	CHECK(setsockopt(s, IPPROTO_ICMPV6, ICMP6_FILTER, &f, sizeof(f)) == 0);
	h.icmp6_id = htons(99);
	CHECK_EQ(sendto(s, &h, sizeof(h), 0, A(a)), sizeof(h));
	CHECK_EQ(recv(s, &h, sizeof(h), 0), sizeof(h));
	CHECK_EQ(h.icmp6_type, ICMP6_ECHO_REPLY);
	CHECK_EQ(ntohs(h.icmp6_id), 99);
}

CASE(proc_files)
{
	FILE *f = fopen("/proc/net/if_inet6", "r");
	int found = 0;

	lo_up();
	NEED(f);
	while (fgets(buf, 200, f))
		found |= !strncmp(buf, "00000000000000000000000000000001 01 80 10 80       lo", 53);
	CHECK(found);
	fclose(f);
	f = fopen("/proc/net/tcp6", "r");
	CHECK(f);
}

CASE(routes_by_ioctl)
{
	struct in6_rtmsg r = { .rtmsg_dst_len = 48, .rtmsg_metric = 7 };
	const char *line = "fd990001000000000000000000000000 30 ";
	int s = socket(AF_INET6, SOCK_DGRAM, 0);

	lo_up();
	inet_pton(AF_INET6, "fd99:1::", &r.rtmsg_dst);
	r.rtmsg_ifindex = 9999;
	FAILS(ioctl(s, SIOCADDRT, &r), ENODEV);
	r.rtmsg_ifindex = (int)if_nametoindex("lo");
	CHECK(ioctl(s, SIOCADDRT, &r) == 0);
	CHECK(strstr(read_file("/proc/net/ipv6_route"), line));
	FAILS(ioctl(s, SIOCADDRT, &r), EEXIST);
	CHECK(ioctl(s, SIOCDELRT, &r) == 0);
	CHECK(!strstr(read_file("/proc/net/ipv6_route"), line));
	FAILS(ioctl(s, SIOCDELRT, &r), ESRCH);
	r.rtmsg_dst_len = 129;
	FAILS(ioctl(s, SIOCADDRT, &r), EINVAL);
	FAILS(ioctl(s, SIOCADDRT, 8), EFAULT);
}

TAP_MAIN
