// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets on loopback: round trips of one byte, connections, bandwidth, how round trips are spread; and
 * frames and a TCP stream from one network card to another (scripts/bench gives the machine two virtio-net
 * devices, scripts/bench-nics others).
 */
#include "bench.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define BULK		65536
#define UDP_BULK	32768
#define SAMPLES		5000
#define FRAMES		32	/* on their way at once */
#define FRAME_TYPE	0x88b6

static int sock = -1, listener = -1;
static pid_t peer;
static char bulk[BULK];
static struct sockaddr_storage server;
static socklen_t server_len;

static int interface_up(const char *name)
{
	struct ifreq r = { 0 };
	int s = socket(AF_INET, SOCK_DGRAM, 0), status;

	strcpy(r.ifr_name, name);
	status = ioctl(s, SIOCGIFFLAGS, &r);
	r.ifr_flags |= IFF_UP;
	status = status ? status : ioctl(s, SIOCSIFFLAGS, &r);
	close(s);
	return status;
}

/* A socket bound to a free port of loopback; its address in `server`. */
static int bound(int family, int type)
{
	struct sockaddr_in *v4 = (void *)&server;
	struct sockaddr_in6 *v6 = (void *)&server;
	int s = socket(family, type, 0);

	if (s < 0 || interface_up("lo"))
		return -1;
	memset(&server, 0, sizeof(server));
	server.ss_family = family;
	server_len = family == AF_INET ? sizeof(*v4) : sizeof(*v6);
	if (family == AF_INET)
		v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		v6->sin6_addr = in6addr_loopback;
	if (bind(s, (void *)&server, server_len) || getsockname(s, (void *)&server, &server_len))
		return -1;
	return s;
}

static void echo(int s)
{
	char byte;

	while (read(s, &byte, 1) == 1)
		if (write(s, &byte, 1) != 1)
			break;
	_exit(0);
}

static void swallow(int s)
{
	while (read(s, bulk, sizeof(bulk)) > 0)
		continue;
	_exit(0);
}

/* A connection of ours whose other end does `serve`, in a process of its own. */
static int stream(int family, void (*serve)(int))
{
	int one = 1, l = bound(family, SOCK_STREAM);

	if (l < 0 || listen(l, 8))
		return -1;
	peer = fork();
	if (!peer) {
		int s = accept(l, NULL, NULL);

		setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		serve(s);
	}
	close(l);
	sock = socket(family, SOCK_STREAM, 0);
	if (peer < 0 || sock < 0 || connect(sock, (void *)&server, server_len))
		return -1;
	return setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

/* The same with datagrams: both ends connected. */
static int datagrams(int family, void (*serve)(int))
{
	struct sockaddr_storage us;
	int s = bound(family, SOCK_DGRAM);

	us = server;
	sock = bound(family, SOCK_DGRAM);
	if (s < 0 || sock < 0 || connect(s, (void *)&server, server_len) ||
	    connect(sock, (void *)&us, server_len))
		return -1;
	peer = fork();
	if (!peer) {
		close(sock);
		serve(s);
	}
	close(s);
	return peer < 0 ? -1 : 0;
}

static void round_trips(uint64_t n)
{
	char byte = 0;

	while (n--)
		if (write(sock, &byte, 1) != 1 || read(sock, &byte, 1) != 1)
			die("round trip");
}

static void bulk_out(uint64_t n)
{
	while (n--)
		for (size_t done = 0; done < BULK;) {
			ssize_t w = write(sock, bulk + done, BULK - done);

			if (w <= 0)
				die("write");
			done += w;
		}
}

static void end(void)
{
	close(sock);
	if (peer > 0) {
		kill(peer, SIGKILL);
		waitpid(peer, NULL, 0);
	}
}

static int tcp_setup(void) { return stream(AF_INET, echo); }
static int tcp6_setup(void) { return stream(AF_INET6, echo); }
static int udp_setup(void) { return datagrams(AF_INET, echo); }
static int udp6_setup(void) { return datagrams(AF_INET6, echo); }
static int tcp_bulk_setup(void) { return stream(AF_INET, swallow); }
static int tcp6_bulk_setup(void) { return stream(AF_INET6, swallow); }

static int unix_bulk_setup(void)
{
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv))
		return -1;
	peer = fork();
	if (!peer) {
		close(sv[0]);
		swallow(sv[1]);
	}
	close(sv[1]);
	sock = sv[0];
	return peer < 0 ? -1 : 0;
}

/* Both ends here, so that no datagram is lost. */
static int udp_bulk_setup(void)
{
	sock = bound(AF_INET, SOCK_DGRAM);
	peer = 0;
	return sock < 0 ? -1 : connect(sock, (void *)&server, server_len);
}

static void udp_bulk(uint64_t n)
{
	while (n--)
		if (write(sock, bulk, UDP_BULK) != UDP_BULK || read(sock, bulk, UDP_BULK) != UDP_BULK)
			die("datagram");
}

static int connect_setup(void)
{
	listener = bound(AF_INET, SOCK_STREAM);
	return listener < 0 ? -1 : listen(listener, 8);
}

/* Connect, accept, close both; reset, so that no port stays taken. */
static void connects(uint64_t n)
{
	struct linger reset = { 1, 0 };

	while (n--) {
		int s = socket(AF_INET, SOCK_STREAM, 0), got;

		if (s < 0 || connect(s, (void *)&server, server_len))
			die("connect");
		got = accept(listener, NULL, NULL);
		if (got < 0 || setsockopt(s, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)))
			die("accept");
		close(s);
		close(got);
	}
}

static void connect_end(void)
{
	close(listener);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The round trip that this share of SAMPLES do not exceed, per 1000. */
static uint64_t at_share(unsigned share)
{
	static uint64_t took[SAMPLES];

	round_trips(1000);
	for (int i = 0; i < SAMPLES; i++) {
		uint64_t start = now_ns();

		round_trips(1);
		took[i] = now_ns() - start;
	}
	qsort(took, SAMPLES, sizeof(took[0]), compare);
	return took[(uint64_t)(SAMPLES - 1) * share / 1000];
}

static uint64_t at_500(void) { return at_share(500); }
static uint64_t at_990(void) { return at_share(990); }
static uint64_t at_999(void) { return at_share(999); }

static void wait_for_carrier(const char *name)
{
	char path[64], up = '0';

	snprintf(path, sizeof(path), "/sys/class/net/%s/carrier", name);
	for (int i = 0; i < 200 && up != '1'; i++) {
		int fd = open(path, O_RDONLY);

		if (fd < 0 || read(fd, &up, 1) != 1)
			up = '0';
		close(fd);
		if (up != '1')
			usleep(50000);
	}
}

static int packet_socket(const char *name)
{
	struct sockaddr_ll a = { .sll_family = AF_PACKET, .sll_protocol = htons(FRAME_TYPE),
				 .sll_ifindex = (int)if_nametoindex(name) };
	int s = socket(AF_PACKET, SOCK_RAW, htons(FRAME_TYPE)), room = 1 << 20;

	if (s < 0 || interface_up(name) || bind(s, (void *)&a, sizeof(a)))
		return -1;
	return setsockopt(s, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)) ? -1 : s;
}

static int devices_setup(void)
{
	if (!if_nametoindex("eth0") || !if_nametoindex("eth1"))
		return -1;
	memset(bulk, 0xff, 6);		/* to all */
	bulk[12] = (char)(FRAME_TYPE >> 8);
	bulk[13] = (char)(FRAME_TYPE & 0xff);
	sock = packet_socket("eth0");
	listener = packet_socket("eth1");
	wait_for_carrier("eth0");
	wait_for_carrier("eth1");
	return sock < 0 || listener < 0 ? -1 : 0;
}

/* Frames of 60 bytes out of one device and in by the other, FRAMES at a time. */
static void frames(uint64_t n)
{
	while (n) {
		uint64_t batch = n < FRAMES ? n : FRAMES;
		struct pollfd in = { .fd = listener, .events = POLLIN };

		for (uint64_t i = 0; i < batch; i++)
			if (write(sock, bulk, 60) != 60)
				die("frame");
		for (uint64_t i = 0; i < batch; i++)
			if (poll(&in, 1, 5000) != 1 || read(listener, bulk + 1024, 1514) != 60)
				die("a frame was lost");
		n -= batch;
	}
}

static void devices_end(void)
{
	close(sock);
	close(listener);
}

/* ---- a stream that leaves the machine by one card and comes back by the other ---- */

static int set_address(const char *name, uint32_t address)
{
	struct ifreq r = { 0 };
	struct sockaddr_in *a = (void *)&r.ifr_addr;
	int s = socket(AF_INET, SOCK_DGRAM, 0), status;

	strcpy(r.ifr_name, name);
	a->sin_family = AF_INET;
	a->sin_addr.s_addr = htonl(address);
	status = ioctl(s, SIOCSIFADDR, &r);
	a->sin_addr.s_addr = htonl(0xffffff00);
	status = status ? status : ioctl(s, SIOCSIFNETMASK, &r);
	close(s);
	return status ? status : interface_up(name);
}

/* Give a card to the network of process @pid. */
static int give_card(const char *name, pid_t pid)
{
	struct {
		struct nlmsghdr h;
		struct ifinfomsg i;
		struct rtattr a;
		uint32_t pid;
	} m = { .h = { .nlmsg_len = sizeof(m), .nlmsg_type = RTM_NEWLINK, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.i.ifi_index = (int)if_nametoindex(name),
		.a = { .rta_len = RTA_LENGTH(4), .rta_type = IFLA_NET_NS_PID }, .pid = (uint32_t)pid };
	struct { struct nlmsghdr h; struct nlmsgerr e; char more[256]; } answer;
	int s = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	int ok = send(s, &m, sizeof(m), 0) == sizeof(m) && recv(s, &answer, sizeof(answer), 0) > 0 && !answer.e.error;

	close(s);
	return ok ? 0 : -1;
}

#define NEAR	0x0a090001u
#define FAR	0x0a090002u

static void far_end(int ready, int given)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(7009), .sin_addr.s_addr = htonl(FAR) };
	int one = 1, l;
	char byte = 0;

	if (unshare(CLONE_NEWNET) || write(ready, &byte, 1) != 1 || read(given, &byte, 1) != 1 ||
	    set_address("eth1", FAR))
		_exit(1);
	wait_for_carrier("eth1");
	l = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(l, (void *)&a, sizeof(a)) || listen(l, 1) || write(ready, &byte, 1) != 1)
		_exit(1);
	swallow(accept(l, NULL, NULL));
	_exit(0);
}

static int cards_setup(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(7009), .sin_addr.s_addr = htonl(FAR) };
	int ready[2], given[2];
	char byte = 0;

	if (!if_nametoindex("eth0") || !if_nametoindex("eth1") || pipe(ready) || pipe(given))
		return -1;
	peer = fork();
	if (!peer)
		far_end(ready[1], given[0]);
	close(ready[1]);
	if (peer < 0 || read(ready[0], &byte, 1) != 1 || give_card("eth1", peer) || write(given[1], &byte, 1) != 1 ||
	    set_address("eth0", NEAR))
		return -1;
	wait_for_carrier("eth0");
	sock = socket(AF_INET, SOCK_STREAM, 0);
	return read(ready[0], &byte, 1) != 1 || connect(sock, (void *)&a, sizeof(a)) ? -1 : 0;
}

const struct bench_case cases_net[] = {
	{ "tcp_round_trip", "ns", tcp_setup, round_trips, end, 0 },
	{ "tcp6_round_trip", "ns", tcp6_setup, round_trips, end, 0 },
	{ "udp_round_trip", "ns", udp_setup, round_trips, end, 0 },
	{ "udp6_round_trip", "ns", udp6_setup, round_trips, end, 0 },
	{ "tcp_connect", "ns", connect_setup, connects, connect_end, 0 },
	{ "tcp_bandwidth", "MB/s", tcp_bulk_setup, bulk_out, end, BULK },
	{ "tcp6_bandwidth", "MB/s", tcp6_bulk_setup, bulk_out, end, BULK },
	{ "udp_bandwidth", "MB/s", udp_bulk_setup, udp_bulk, end, UDP_BULK },
	{ "unix_bandwidth", "MB/s", unix_bulk_setup, bulk_out, end, BULK },
	{ "tcp_trip_50%", "ns", tcp_setup, NULL, end, .figure = at_500 },
	{ "tcp_trip_99%", "ns", tcp_setup, NULL, end, .figure = at_990 },
	{ "tcp_trip_99.9%", "ns", tcp_setup, NULL, end, .figure = at_999 },
	{ "udp_trip_50%", "ns", udp_setup, NULL, end, .figure = at_500 },
	{ "udp_trip_99%", "ns", udp_setup, NULL, end, .figure = at_990 },
	{ "udp_trip_99.9%", "ns", udp_setup, NULL, end, .figure = at_999 },
	{ "virtio_net_packet", "ns", devices_setup, frames, devices_end, 0 },
	{ "card_stream", "MB/s", cards_setup, bulk_out, end, BULK },
	{ 0 },
};
