// SPDX-License-Identifier: GPL-2.0-only
/*
 * Options of SOL_SOCKET about time, marks and identity, of Internet sockets.
 *
 * guest-modules: dummy
 */
#include "../tap.h"
#include "inet.h"

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>

#ifndef SO_BINDTOIFINDEX
#define SO_BINDTOIFINDEX 62
#endif

static int udp_to_self(struct sockaddr_in *a)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	lo_up();
	*a = addr("127.0.0.1", 0);
	NEED(bind(s, (void *)a, sizeof(*a)) == 0);
	*a = name_of(s);
	return s;
}

/* Receive; the control message of @type is copied to @to. True: there was one. */
static bool received(int s, int flags, int level, int type, void *to, size_t n)
{
	char buf[2048], ctl[512];
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = ctl, .msg_controllen = sizeof(ctl) };

	NEED(recvmsg(s, &m, flags) >= 0);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_level == level && c->cmsg_type == type) {
			CHECK(c->cmsg_len >= CMSG_LEN(n));
			memcpy(to, CMSG_DATA(c), n);
			return true;
		}
	return false;
}

static long long since(struct timespec a, struct timespec b)
{
	return (b.tv_sec - a.tv_sec) * 1000000000LL + b.tv_nsec - a.tv_nsec;
}

CASE(arrival_in_nanoseconds)
{
	struct timespec before, at, after;
	struct sockaddr_in a;
	int s = udp_to_self(&a), on = 1, v = 0;
	socklen_t n = sizeof(v);

	NEED(setsockopt(s, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) == 0);
	CHECK(getsockopt(s, SOL_SOCKET, SO_TIMESTAMPNS, &v, &n) == 0 && v == 1);
	CHECK(getsockopt(s, SOL_SOCKET, SO_TIMESTAMP, &v, &n) == 0 && v == 0);
	clock_gettime(CLOCK_REALTIME, &before);
	NEED(sendto(s, "x", 1, 0, (void *)&a, sizeof(a)) == 1);
	CHECK(received(s, 0, SOL_SOCKET, SO_TIMESTAMPNS, &at, sizeof(at)));
	clock_gettime(CLOCK_REALTIME, &after);
	CHECK(since(before, at) >= 0 && since(at, after) >= 0);
}

CASE(arrival_by_the_general_option)
{
	int flags = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE, v = 0;
	struct timespec before, at[3];
	bool is_there = false;
	struct sockaddr_in a;
	int s = udp_to_self(&a);
	socklen_t n = sizeof(v);

	NEED(setsockopt(s, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof(flags)) == 0);
	CHECK(getsockopt(s, SOL_SOCKET, SO_TIMESTAMPING, &v, &n) == 0);
	CHECK_EQ(v, flags);
	for (int i = 0; i < 200 && !is_there; i++) {	/* Linux begins to look a moment after it was asked to */
		clock_gettime(CLOCK_REALTIME, &before);
		NEED(sendto(s, "x", 1, 0, (void *)&a, sizeof(a)) == 1);
		is_there = received(s, 0, SOL_SOCKET, SO_TIMESTAMPING, at, sizeof(at));
		msleep(is_there ? 0 : 10);
	}
	CHECK(is_there);
	CHECK(since(before, at[0]) >= 0 && since(before, at[0]) < 5000000000LL);
	CHECK(at[1].tv_sec == 0 && at[2].tv_sec == 0);
	flags = 1 << 30;
	FAILS(setsockopt(s, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof(flags)), EINVAL);
}

CASE(departure_comes_back)
{
	int flags = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_ID |
		    SOF_TIMESTAMPING_OPT_TSONLY;
	struct sock_extended_err ee;
	struct timespec before, at[3];
	struct sockaddr_in a;
	int s = udp_to_self(&a);
	struct pollfd p = { s, 0, 0 };

	NEED(setsockopt(s, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof(flags)) == 0);
	clock_gettime(CLOCK_REALTIME, &before);
	for (unsigned i = 0; i < 3; i++)
		NEED(sendto(s, "hello", 5, 0, (void *)&a, sizeof(a)) == 5);
	CHECK_EQ(poll(&p, 1, 1000), 1);
	CHECK(p.revents & POLLERR);
	for (unsigned i = 0; i < 2; i++) {
		CHECK(received(s, MSG_ERRQUEUE, SOL_IP, IP_RECVERR, &ee, sizeof(ee)));
		CHECK_EQ(ee.ee_errno, ENOMSG);
		CHECK_EQ(ee.ee_origin, SO_EE_ORIGIN_TIMESTAMPING);
		CHECK_EQ(ee.ee_info, SCM_TSTAMP_SND);
		CHECK_EQ(ee.ee_data, i);
	}
	CHECK(received(s, MSG_ERRQUEUE, SOL_SOCKET, SO_TIMESTAMPING, at, sizeof(at)));
	CHECK(since(before, at[0]) >= 0 && since(before, at[0]) < 5000000000LL);
	FAILS(recv(s, &ee, 1, MSG_ERRQUEUE | MSG_DONTWAIT), EAGAIN);
	CHECK_EQ(recv(s, &ee, sizeof(ee), 0), 5);
}

CASE(departure_brings_the_packet)
{
	int flags = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
	char buf[256];
	struct sockaddr_in a;
	int s = udp_to_self(&a);
	ssize_t n;

	NEED(setsockopt(s, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof(flags)) == 0);
	NEED(sendto(s, "contents", 8, 0, (void *)&a, sizeof(a)) == 8);
	n = recv(s, buf, sizeof(buf), MSG_ERRQUEUE);
	CHECK_EQ(n, 14 + 20 + 8 + 8);		/* with all its headers */
	CHECK(n == 50 && !memcmp(buf + 42, "contents", 8));
}

CASE(marks_and_identity)
{
	unsigned long long cookie = 0, other = 0;
	int s = socket(AF_INET, SOCK_STREAM, 0), t = socket(AF_INET6, SOCK_DGRAM, 0), v = 77;
	socklen_t n = sizeof(v), n8 = sizeof(cookie);

	CHECK(setsockopt(s, SOL_SOCKET, SO_MARK, &v, n) == 0);
	v = 0;
	CHECK(getsockopt(s, SOL_SOCKET, SO_MARK, &v, &n) == 0 && v == 77);
	CHECK(getsockopt(s, SOL_SOCKET, SO_COOKIE, &cookie, &n8) == 0 && cookie);
	CHECK(getsockopt(t, SOL_SOCKET, SO_COOKIE, &other, &n8) == 0 && other && other != cookie);
	n8 = 4;
	FAILS(getsockopt(t, SOL_SOCKET, SO_COOKIE, &other, &n8), EINVAL);
	v = 1;
	CHECK(setsockopt(t, SOL_SOCKET, SO_BINDTOIFINDEX, &v, n) == 0);
	v = 0;
	CHECK(getsockopt(t, SOL_SOCKET, SO_BINDTOIFINDEX, &v, &n) == 0 && v == 1);
	NEED(setuid(1000) == 0);
	FAILS(setsockopt(s, SOL_SOCKET, SO_MARK, &v, n), EPERM);
}

static long setting(const char *name)
{
	char path[96];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
	return atol(read_file(path));
}

CASE(settings_of_tcp_are_a_namespaces_own)
{
	static const char *const names[] = { "tcp_syn_retries", "tcp_retries2", "tcp_keepalive_time", "tcp_ecn",
					     "tcp_syncookies", "tcp_fastopen", "tcp_mtu_probing" };
	long before[7];
	char path[96];
	int s, v = 0;
	socklen_t n = sizeof(v);
	pid_t pid;

	for (int i = 0; i < 7; i++)
		before[i] = setting(names[i]);
	CHILD(pid,
		NEED(unshare(CLONE_NEWNET) == 0);
		for (int i = 0; i < 7; i++) {
			snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", names[i]);
			write_file(path, "1");
			CHECK_EQ(setting(names[i]), 1);
		}
		s = socket(AF_INET, SOCK_STREAM, 0);
		CHECK(getsockopt(s, IPPROTO_TCP, 4, &v, &n) == 0 && v == 1);	/* TCP_KEEPIDLE */
	);
	JOIN(pid);
	for (int i = 0; i < 7; i++)
		CHECK_EQ(setting(names[i]), before[i]);
}

CASE(mark_chooses_the_route)
{
	struct sockaddr_in a = addr("10.77.0.1", 9);
	int s = socket(AF_INET, SOCK_DGRAM, 0), t = socket(AF_INET, SOCK_STREAM, 0), v = 5;

	NEED(unshare(CLONE_NEWNET) == 0);
	close(s);
	close(t);
	s = socket(AF_INET, SOCK_DGRAM, 0);
	t = socket(AF_INET, SOCK_STREAM, 0);
	if (system("ip link set lo up && ip link add d0 type dummy && ip addr add 10.9.9.9/24 dev d0 &&"
		   "ip link set d0 up && ip route add default dev d0 table 100 && ip rule add fwmark 5 table 100"))
		SKIP("no dummy interfaces");
	FAILS(connect(s, (void *)&a, sizeof(a)), ENETUNREACH);
	NEED(setsockopt(s, SOL_SOCKET, SO_MARK, &v, sizeof(v)) == 0);
	CHECK(connect(s, (void *)&a, sizeof(a)) == 0);
	CHECK_EQ(name_of(s).sin_addr.s_addr, inet_addr("10.9.9.9"));
	CHECK(send(s, "x", 1, 0) == 1);
	NEED(fcntl(t, F_SETFL, O_NONBLOCK) == 0);
	FAILS(connect(t, (void *)&a, sizeof(a)), ENETUNREACH);
	NEED(setsockopt(t, SOL_SOCKET, SO_MARK, &v, sizeof(v)) == 0);
	FAILS(connect(t, (void *)&a, sizeof(a)), EINPROGRESS);
}

TAP_MAIN
