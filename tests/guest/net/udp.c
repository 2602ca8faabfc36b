// SPDX-License-Identifier: GPL-2.0-only
/* UDP over loopback: sending, receiving, errors, options, fragments, multicast. */
#include "tap.h"
#include "inet.h"

#include <netinet/udp.h>
#include <poll.h>

static char buf[70000], back[70000];

static int udp(void)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	NEED(s >= 0);
	return s;
}

#define A(a) (struct sockaddr *)&(a), sizeof(a)

static int bound(struct sockaddr_in *a)
{
	int s = udp();

	lo_up();
	*a = addr("127.0.0.1", 0);
	NEED(bind(s, A(*a)) == 0);
	*a = name_of(s);
	CHECK(a->sin_port != 0);
	return s;
}

CASE(datagrams_arrive_whole_with_their_sender)
{
	struct sockaddr_in a, from;
	int r = bound(&a), s = udp();
	socklen_t n = sizeof(from);

	CHECK_EQ(sendto(s, "hello", 5, 0, A(a)), 5);
	CHECK_EQ(sendto(s, "", 0, 0, A(a)), 0);
	CHECK_EQ(sendto(s, "third", 5, 0, A(a)), 5);
	CHECK_EQ(recvfrom(r, back, sizeof(back), 0, (void *)&from, &n), 5);
	CHECK(!memcmp(back, "hello", 5));
	CHECK_EQ(from.sin_family, AF_INET);
	CHECK_EQ(from.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	CHECK_EQ(from.sin_port, name_of(s).sin_port);
	CHECK_EQ(recv(r, back, sizeof(back), 0), 0);
	CHECK_EQ(recv(r, back, 2, MSG_TRUNC), 5);
	FAILS(recv(r, back, 2, MSG_DONTWAIT), EAGAIN);
}

CASE(large_datagrams_come_back_the_same)
{
	struct sockaddr_in a;
	int r = bound(&a), s = udp();
	static const int sizes[] = { 1, 100, 255, 256, 1472, 1473, 4096, 9000, 32767, 65000, 65507 };

	for (unsigned i = 0; i < sizeof(buf); i++)
		buf[i] = (char)(i * 7 + i / 251);
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		CHECK_EQ(sendto(s, buf, sizes[i], 0, A(a)), sizes[i]);
		CHECK_EQ(recv(r, back, sizeof(back), 0), sizes[i]);
		CHECK(!memcmp(buf, back, sizes[i]));
	}
	FAILS(sendto(s, buf, 65508, 0, A(a)), EMSGSIZE);
}

CASE(a_port_without_a_socket_refuses_connected_senders)
{
	struct sockaddr_in a;
	int r = bound(&a), s = udp();
	struct pollfd p = { .fd = s, .events = POLLIN };

	close(r);
	CHECK_EQ(sendto(s, "x", 1, 0, A(a)), 1);
	FAILS(recv(s, back, 1, MSG_DONTWAIT), EAGAIN);
	CHECK_EQ(connect(s, A(a)), 0);
	CHECK_EQ(send(s, "x", 1, 0), 1);
	CHECK_EQ(poll(&p, 1, 1000), 1);
	CHECK(p.revents & POLLERR);
	FAILS(recv(s, back, 1, 0), ECONNREFUSED);
	FAILS(recv(s, back, 1, MSG_DONTWAIT), EAGAIN);
}

CASE(the_error_queue_tells_what_went_wrong)
{
	struct sockaddr_in a;
	int r = bound(&a), s = udp(), one = 1;
	char control[256];
	struct iovec iov = { back, sizeof(back) };
	struct sockaddr_in to;
	struct msghdr m = { .msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = control, .msg_controllen = sizeof(control) };
	struct { uint32_t err; uint8_t origin, type, code, pad; uint32_t info, data; struct sockaddr_in off; } e;
	struct cmsghdr *c;

	close(r);
	CHECK_EQ(setsockopt(s, IPPROTO_IP, IP_RECVERR, &one, sizeof(one)), 0);
	CHECK_EQ(sendto(s, "quoted", 6, 0, A(a)), 6);
	CHECK_EQ(recvmsg(s, &m, MSG_ERRQUEUE), 6);
	CHECK(m.msg_flags & MSG_ERRQUEUE);
	CHECK(!memcmp(back, "quoted", 6));
	CHECK_EQ(to.sin_port, a.sin_port);
	c = CMSG_FIRSTHDR(&m);
	NEED(c && c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR);
	memcpy(&e, CMSG_DATA(c), sizeof(e));
	CHECK_EQ(e.err, ECONNREFUSED);
	CHECK_EQ(e.origin, 2);
	CHECK_EQ(e.type, 3);
	CHECK_EQ(e.code, 3);
	CHECK_EQ(e.off.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	FAILS(recvmsg(s, &m, MSG_ERRQUEUE), EAGAIN);
}

CASE(connecting_chooses_peer_and_source)
{
	struct sockaddr_in a, b, peer;
	int r = bound(&a), s = udp(), t = udp();
	socklen_t n = sizeof(peer);

	FAILS(getpeername(s, (void *)&peer, &n), ENOTCONN);
	FAILS(send(s, "x", 1, 0), EDESTADDRREQ);
	CHECK_EQ(connect(s, A(a)), 0);
	CHECK_EQ(getpeername(s, (void *)&peer, &n), 0);
	CHECK_EQ(peer.sin_port, a.sin_port);
	b = name_of(s);
	CHECK_EQ(b.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	CHECK(b.sin_port != 0);
	CHECK_EQ(sendto(t, "stranger", 8, 0, A(b)), 8);
	FAILS(recv(s, back, sizeof(back), MSG_DONTWAIT), EAGAIN);
	CHECK_EQ(sendto(r, "peer", 4, 0, A(b)), 4);
	CHECK_EQ(recv(s, back, sizeof(back), 0), 4);
	peer.sin_family = AF_UNSPEC;
	CHECK_EQ(connect(s, (void *)&peer, sizeof(peer)), 0);
	FAILS(getpeername(s, (void *)&peer, &n), ENOTCONN);
}

CASE(ports_are_unique_unless_all_agree)
{
	struct sockaddr_in a, any = addr("0.0.0.0", 0), other = addr("127.0.0.2", 0);
	int r = bound(&a), s = udp(), t = udp(), one = 1;

	FAILS(bind(r, A(a)), EINVAL);
	FAILS(bind(s, A(a)), EADDRINUSE);
	any.sin_port = a.sin_port;
	FAILS(bind(s, A(any)), EADDRINUSE);
	other.sin_port = a.sin_port;
	CHECK_EQ(bind(s, A(other)), 0);
	CHECK_EQ(setsockopt(r, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)), 0);
	FAILS(bind(t, A(a)), EADDRINUSE);
	CHECK_EQ(setsockopt(t, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)), 0);
	CHECK_EQ(bind(t, A(a)), 0);
	a = addr("192.0.2.77", 0);
	FAILS(bind(udp(), A(a)), EADDRNOTAVAIL);
}

CASE(reuseport_spreads_flows)
{
	struct sockaddr_in a = addr("127.0.0.1", 0);
	int s[2], one = 1, got[2] = { 0, 0 };

	lo_up();
	for (int i = 0; i < 2; i++) {
		s[i] = udp();
		CHECK_EQ(setsockopt(s[i], SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)), 0);
		NEED(bind(s[i], A(a)) == 0);
		a = name_of(s[0]);
	}
	for (int i = 0; i < 64; i++) {
		int c = udp();

		CHECK_EQ(sendto(c, "x", 1, 0, A(a)), 1);
		close(c);
	}
	for (int i = 0; i < 2; i++)
		while (recv(s[i], back, 1, MSG_DONTWAIT) == 1)
			got[i]++;
	CHECK_EQ(got[0] + got[1], 64);
	CHECK(got[0] > 0 && got[1] > 0);
}

CASE(cork_and_more_join_pieces)
{
	struct sockaddr_in a;
	int r = bound(&a), s = udp(), on = 1, off = 0;

	CHECK_EQ(connect(s, A(a)), 0);
	CHECK_EQ(send(s, "one ", 4, MSG_MORE), 4);
	CHECK_EQ(send(s, "two", 3, 0), 3);
	CHECK_EQ(recv(r, back, sizeof(back), 0), 7);
	CHECK(!memcmp(back, "one two", 7));
	CHECK_EQ(setsockopt(s, IPPROTO_UDP, UDP_CORK, &on, sizeof(on)), 0);
	CHECK_EQ(send(s, "a", 1, 0), 1);
	CHECK_EQ(send(s, buf, 3000, 0), 3000);
	FAILS(recv(r, back, sizeof(back), MSG_DONTWAIT), EAGAIN);
	CHECK_EQ(setsockopt(s, IPPROTO_UDP, UDP_CORK, &off, sizeof(off)), 0);
	CHECK_EQ(recv(r, back, sizeof(back), 0), 3001);
}

CASE(pktinfo_ttl_and_tos_are_told_and_set)
{
	struct sockaddr_in a;
	int r = bound(&a), s = udp(), one = 1, ttl = 33;
	char control[256];
	struct iovec iov = { back, sizeof(back) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			    .msg_controllen = sizeof(control) };
	int seen = 0;

	CHECK_EQ(setsockopt(r, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one)), 0);
	CHECK_EQ(setsockopt(r, IPPROTO_IP, IP_RECVTTL, &one, sizeof(one)), 0);
	CHECK_EQ(setsockopt(r, IPPROTO_IP, IP_RECVTOS, &one, sizeof(one)), 0);
	CHECK_EQ(setsockopt(s, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl)), 0);
	CHECK_EQ(sendto(s, "x", 1, 0, A(a)), 1);
	CHECK_EQ(recvmsg(r, &m, 0), 1);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		CHECK_EQ(c->cmsg_level, IPPROTO_IP);
		if (c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo pi;

			memcpy(&pi, CMSG_DATA(c), sizeof(pi));
			CHECK_EQ(pi.ipi_addr.s_addr, htonl(INADDR_LOOPBACK));
			CHECK_EQ(pi.ipi_ifindex, 1);
			seen |= 1;
		} else if (c->cmsg_type == IP_TTL) {
			CHECK_EQ(*(int *)CMSG_DATA(c), 33);
			seen |= 2;
		} else if (c->cmsg_type == IP_TOS) {
			CHECK_EQ(*(unsigned char *)CMSG_DATA(c), 0);
			seen |= 4;
		}
	}
	CHECK_EQ(seen, 7);
}

CASE(peek_leaves_and_ioctl_counts)
{
	struct sockaddr_in a;
	int r = bound(&a), s = udp(), n = -1;

	CHECK_EQ(ioctl(r, FIONREAD, &n), 0);
	CHECK_EQ(n, 0);
	CHECK_EQ(sendto(s, "12345", 5, 0, A(a)), 5);
	CHECK_EQ(sendto(s, "1", 1, 0, A(a)), 1);
	CHECK_EQ(ioctl(r, FIONREAD, &n), 0);
	CHECK_EQ(n, 5);
	CHECK_EQ(recv(r, back, 3, MSG_PEEK), 3);
	{
		struct sockaddr_in from = { 0 }, peeked = { 0 };
		socklen_t len = sizeof(from);

		CHECK_EQ(recvfrom(r, back, 3, MSG_PEEK, (struct sockaddr *)&peeked, &len), 3);
		CHECK_EQ(getsockname(s, (struct sockaddr *)&from, &len), 0);
		CHECK(from.sin_port && from.sin_port == peeked.sin_port);
	}
	CHECK_EQ(recv(r, back, 10, 0), 5);
	CHECK_EQ(recv(r, back, 10, 0), 1);
}

CASE(broadcast_needs_leave)
{
	struct sockaddr_in a = addr("255.255.255.255", 9);
	int s = udp();

	lo_up();
	CHECK(sendto(s, "x", 1, 0, A(a)) == -1 && (errno == EACCES || errno == ENETUNREACH));
}

CASE(groups_on_loopback)
{
	struct sockaddr_in any = addr("0.0.0.0", 0), group = addr("239.1.2.3", 0);
	struct ip_mreqn mr = { .imr_ifindex = 1 };
	int r = udp(), s = udp(), off = 0;

	lo_up();
	NEED(bind(r, A(any)) == 0);
	group.sin_port = name_of(r).sin_port;
	mr.imr_multiaddr = group.sin_addr;
	CHECK_EQ(setsockopt(r, IPPROTO_IP, IP_MULTICAST_ALL, &off, sizeof(off)), 0);
	CHECK_EQ(setsockopt(s, IPPROTO_IP, IP_MULTICAST_IF, &mr, sizeof(mr)), 0);
	CHECK_EQ(sendto(s, "before", 6, 0, A(group)), 6);
	FAILS(recv(r, back, sizeof(back), MSG_DONTWAIT), EAGAIN);
	CHECK_EQ(setsockopt(r, IPPROTO_IP, IP_ADD_MEMBERSHIP, &mr, sizeof(mr)), 0);
	FAILS(setsockopt(r, IPPROTO_IP, IP_ADD_MEMBERSHIP, &mr, sizeof(mr)), EADDRINUSE);
	CHECK_EQ(sendto(s, "during", 6, 0, A(group)), 6);
	CHECK_EQ(recv(r, back, sizeof(back), MSG_DONTWAIT), 6);
	CHECK(!memcmp(back, "during", 6));
	CHECK_EQ(setsockopt(r, IPPROTO_IP, IP_DROP_MEMBERSHIP, &mr, sizeof(mr)), 0);
	FAILS(setsockopt(r, IPPROTO_IP, IP_DROP_MEMBERSHIP, &mr, sizeof(mr)), EADDRNOTAVAIL);
	CHECK_EQ(sendto(s, "after", 5, 0, A(group)), 5);
	FAILS(recv(r, back, sizeof(back), MSG_DONTWAIT), EAGAIN);
}

CASE(timeouts_and_waiting_readers)
{
	struct sockaddr_in a;
	int r = bound(&a);
	struct timeval tv = { 0, 20000 };
	pid_t pid;

	CHECK_EQ(setsockopt(r, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)), 0);
	FAILS(recv(r, back, 1, 0), EAGAIN);
	tv.tv_sec = 10;
	CHECK_EQ(setsockopt(r, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)), 0);
	CHILD(pid, msleep(30); CHECK_EQ(sendto(udp(), "late", 4, 0, A(a)), 4));
	CHECK_EQ(recv(r, back, 10, 0), 4);
	JOIN(pid);
}

CASE(a_small_receive_buffer_drops)
{
	struct sockaddr_in a;
	int r = bound(&a), s = udp(), size = 4096, got = 0;

	CHECK_EQ(setsockopt(r, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)), 0);
	for (int i = 0; i < 200; i++)
		CHECK_EQ(sendto(s, buf, 1000, 0, A(a)), 1000);
	while (recv(r, back, sizeof(back), MSG_DONTWAIT) > 0)
		got++;
	CHECK(got > 0 && got < 20);
}

TAP_MAIN

#define UDPLITE_SEND_CSCOV	10
#define UDPLITE_RECV_CSCOV	11

static int lite(int family)
{
	int s = socket(family, SOCK_DGRAM, IPPROTO_UDPLITE);

	NEED(s >= 0);
	return s;
}

static void cover(int s, int name, int v, int want)
{
	socklen_t n = sizeof(v);

	CHECK_EQ(setsockopt(s, IPPROTO_UDPLITE, name, &v, sizeof(v)), 0);
	v = -1;
	CHECK_EQ(getsockopt(s, IPPROTO_UDPLITE, name, &v, &n), 0);
	CHECK_EQ(v, want);
}

CASE(udplite_covers_a_part)
{
	int a = lite(AF_INET), b = lite(AF_INET), v = 20;
	struct sockaddr_in to = addr("127.0.0.1", 0);

	lo_up();
	NEED(bind(a, A(to)) == 0);
	to = name_of(a);
	NEED(connect(b, A(to)) == 0);
	CHECK_EQ(send(b, "all", 3, 0), 3);
	CHECK_EQ(recv(a, back, sizeof(back), 0), 3);
	cover(b, UDPLITE_SEND_CSCOV, 3, 8);
	cover(b, UDPLITE_SEND_CSCOV, 20, 20);
	cover(a, UDPLITE_RECV_CSCOV, 20, 20);
	memset(buf, 'x', 100);
	CHECK_EQ(send(b, buf, 100, 0), 100);
	CHECK_EQ(recv(a, back, sizeof(back), MSG_DONTWAIT), 100);
	CHECK(memcmp(buf, back, 100) == 0);
	/* Less than the receiver asks for, then short enough to be covered whole. */
	cover(a, UDPLITE_RECV_CSCOV, 30, 30);
	CHECK_EQ(send(b, buf, 100, 0), 100);
	FAILS(recv(a, back, sizeof(back), MSG_DONTWAIT), EAGAIN);
	CHECK_EQ(send(b, buf, 5, 0), 5);
	CHECK_EQ(recv(a, back, sizeof(back), MSG_DONTWAIT), 5);
	FAILS(setsockopt(udp(), IPPROTO_UDP, UDPLITE_SEND_CSCOV, &v, sizeof(v)), ENOPROTOOPT);
}

CASE(a_device_is_named_in_any_length)
{
	char name[IFNAMSIZ] = "";
	socklen_t n = sizeof(name);
	int s = udp();

	CHECK_EQ(setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, "lo", 2), 0);
	CHECK_EQ(getsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, name, &n), 0);
	CHECK_STR(name, "lo");
	CHECK_EQ(setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, "", 1), 0);
	n = sizeof(name);
	CHECK_EQ(getsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, name, &n), 0);
	CHECK_EQ(n, 0);
	FAILS(setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, "no", 2), ENODEV);
}

CASE(udplite_ports_are_its_own)
{
	struct sockaddr_in to = addr("127.0.0.1", 5511);
	int a = lite(AF_INET), b = udp(), c = udp(), type = 0;
	socklen_t n = sizeof(type);

	lo_up();
	NEED(bind(a, A(to)) == 0);
	NEED(connect(c, A(to)) == 0);
	CHECK_EQ(send(c, "x", 1, 0), 1);
	FAILS(recv(c, back, 10, 0), ECONNREFUSED);
	FAILS(bind(lite(AF_INET), A(to)), EADDRINUSE);
	CHECK_EQ(bind(b, A(to)), 0);
	CHECK_EQ(getsockopt(a, SOL_SOCKET, SO_PROTOCOL, &type, &n), 0);
	CHECK_EQ(type, IPPROTO_UDPLITE);
	close(lite(AF_INET6));
}
