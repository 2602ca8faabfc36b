// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fragments of datagrams as a bad network brings them, through a tun device: any order, copies, overlaps,
 * pieces past the end, fragments that are all of a datagram, and interfaces that go while pieces wait.
 *
 * guest-modules: tun
 */
#include "tap.h"
#include "inet.h"
#include "tun.h"

#include <sched.h>

#define PORT	7000
#define SIZE	32		/* of each datagram, with the header of UDP */

struct in6_ifreq { struct in6_addr addr; uint32_t plen; int ifindex; };

static const uint8_t peer6[16] = { 0xfd, 0, [15] = 2 }, our6[16] = { 0xfd, 0, [15] = 1 };
static uint8_t datagram[SIZE];		/* the one that is being sent */
static int tun, sock;

/* An interface whose cable is the descriptor. */
static int new_tun(const char *name)
{
	int fd = tun_open(name, IFF_TUN);

	NEED(!fcntl(fd, F_SETFL, O_NONBLOCK));
	link_up(name);
	return fd;
}

/* A network of our own: 10.98.0.1 and fd00::1 on lo, so that they outlive any tun; a socket at PORT. */
static void setup(int family)
{
	struct ifreq r = named("lo:1");
	struct sockaddr_in *a = (void *)&r.ifr_addr, any4 = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	struct sockaddr_in6 any6 = { .sin6_family = AF_INET6, .sin6_port = htons(PORT) };
	struct in6_ifreq q = { .plen = 128 };
	int s, s6;

	NEED(!unshare(CLONE_NEWNET));
	s = socket(AF_INET, SOCK_DGRAM, 0);
	s6 = socket(AF_INET6, SOCK_DGRAM, 0);
	lo_up();
	a->sin_family = AF_INET;
	a->sin_addr.s_addr = inet_addr("10.98.0.1");
	NEED(!ioctl(s, SIOCSIFADDR, &r));
	memcpy(&q.addr, our6, 16);
	q.ifindex = (int)if_nametoindex("lo");
	NEED(!ioctl(s6, SIOCSIFADDR, &q));
	tun = new_tun("tun0");
	sock = socket(family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	NEED(!bind(sock, family == AF_INET ? (void *)&any4 : (void *)&any6,
		   family == AF_INET ? sizeof(any4) : sizeof(any6)));
	close(s);
	close(s6);
}

/* Make the next datagram, whose payload is @mark again and again. */
static void make(uint8_t mark, int family)
{
	unsigned sum = IPPROTO_UDP + SIZE;

	memset(datagram, mark, SIZE);
	put16(datagram, 999);
	put16(datagram + 2, PORT);
	put16(datagram + 4, SIZE);
	put16(datagram + 6, 0);
	if (family == AF_INET6) {
		sum = sum16(peer6, 16, sum16(our6, 16, sum));
		put16(datagram + 6, 0xffff & ~sum16(datagram, SIZE, sum));
	}
}

static void send4_from(int fd, unsigned id, unsigned from, unsigned to, int more)
{
	uint8_t p[20 + SIZE] = { 0x45, [8] = 64, [9] = IPPROTO_UDP, [12] = 10, 99, 0, 2, 10, 98, 0, 1 };

	put16(p + 2, 20 + to - from);
	put16(p + 4, id);
	put16(p + 6, from / 8 | (more ? 0x2000 : 0));
	put16(p + 10, 0xffff & ~sum16(p, 20, 0));
	memcpy(p + 20, datagram + from, to - from);
	NEED(write(fd, p, 20 + to - from) == (ssize_t)(20 + to - from));
}

static void send6(unsigned id, unsigned from, unsigned to, int more)
{
	uint8_t p[48 + SIZE] = { 0x60, [6] = IPPROTO_FRAGMENT, 64, [40] = IPPROTO_UDP };

	put16(p + 4, 8 + to - from);
	memcpy(p + 8, peer6, 16);
	memcpy(p + 24, our6, 16);
	put16(p + 42, from | (more ? 1 : 0));
	put16(p + 46, id);
	memcpy(p + 48, datagram + from, to - from);
	NEED(write(tun, p, 48 + to - from) == (ssize_t)(48 + to - from));
}

static void piece(int family, unsigned id, unsigned from, unsigned to)
{
	if (family == AF_INET)
		send4_from(tun, id, from, to, to != SIZE);
	else
		send6(id, from, to, to != SIZE);
}

/* The mark of the next datagram that arrived, 0: none, -1: mixed. */
static int next_mark(void)
{
	struct pollfd p = { sock, POLLIN, 0 };
	uint8_t b[100];

	if (poll(&p, 1, 0) <= 0 || recv(sock, b, sizeof(b), 0) != SIZE - 8)
		return 0;
	for (int i = 1; i < SIZE - 8; i++)
		if (b[i] != b[0])
			return -1;
	return b[0];
}

/* @at are the starts of pieces of 8 bytes in the order of sending. */
static void send_order(int family, unsigned id, const char *at)
{
	for (; *at; at++)
		piece(family, id, (unsigned)(*at - '0') * 8, (unsigned)(*at - '0') * 8 + 8);
}

static void any_order(int family)
{
	static const char *const order[] = { "0123", "3210", "2031", "1302", "3012" };

	setup(family);
	for (unsigned i = 0; i < 5; i++) {
		make((uint8_t)(1 + i), family);
		send_order(family, 100 + i, order[i]);
		CHECK_EQ(next_mark(), 1 + i);
	}
}
CASE(pieces_of_ipv4_come_in_any_order) { any_order(AF_INET); }
CASE(pieces_of_ipv6_come_in_any_order) { any_order(AF_INET6); }

static void copies(int family)
{
	setup(family);
	make(1, family);
	send_order(family, 1, "001100");
	piece(family, 1, 8, 16);
	CHECK_EQ(next_mark(), 0);
	send_order(family, 1, "3132");
	CHECK_EQ(next_mark(), 1);
	CHECK_EQ(next_mark(), 0);
}
CASE(copies_of_ipv4_pieces_change_nothing) { copies(AF_INET); }
CASE(copies_of_ipv6_pieces_change_nothing) { copies(AF_INET6); }

static void overlaps(int family)
{
	setup(family);
	make(1, family);
	piece(family, 1, 0, 16);
	piece(family, 1, 8, 24);
	piece(family, 1, 16, 32);
	CHECK_EQ(next_mark(), 0);
	piece(family, 1, 0, 16);
	CHECK_EQ(next_mark(), 1);
	make(2, family);
	piece(family, 2, 24, 32);
	piece(family, 2, 0, 24);
	CHECK_EQ(next_mark(), 2);
}
CASE(an_overlap_ends_an_ipv4_datagram) { overlaps(AF_INET); }
CASE(an_overlap_ends_an_ipv6_datagram) { overlaps(AF_INET6); }

CASE(a_piece_past_the_end_spoils_all)
{
	setup(AF_INET);
	make(1, AF_INET);
	send4_from(tun, 1, 8, 16, 0);
	send4_from(tun, 1, 16, 24, 1);
	send4_from(tun, 1, 0, 8, 1);
	CHECK_EQ(next_mark(), 0);
}

CASE(datagrams_are_told_apart)
{
	setup(AF_INET);
	make(1, AF_INET);
	piece(AF_INET, 1, 0, 16);
	make(2, AF_INET);
	piece(AF_INET, 2, 0, 16);
	piece(AF_INET, 2, 16, 32);
	CHECK_EQ(next_mark(), 2);
	make(1, AF_INET);
	piece(AF_INET, 1, 16, 32);
	CHECK_EQ(next_mark(), 1);
}

CASE(a_fragment_that_is_all_stands_alone)
{
	setup(AF_INET6);
	make(1, AF_INET6);
	piece(AF_INET6, 1, 0, 16);
	make(2, AF_INET6);
	send6(1, 0, SIZE, 0);
	CHECK_EQ(next_mark(), 2);
	make(1, AF_INET6);
	piece(AF_INET6, 1, 16, 32);
	CHECK_EQ(next_mark(), 1);
}

/* The next ICMPv6 message of @type at the other end of the cable. */
static int icmp6_from_us(uint8_t type, uint8_t *p, size_t max)
{
	struct pollfd f = { tun, POLLIN, 0 };

	while (poll(&f, 1, 3000) == 1)
		if (read(tun, p, max) > 48 && p[6] == IPPROTO_ICMPV6 && p[40] == type)
			return 1;
	return 0;
}

CASE(a_sender_of_odd_pieces_is_told)
{
	struct { struct in6_addr dst, src, gw; uint32_t type; uint16_t dlen, slen; uint32_t metric;
		 unsigned long info; uint32_t flags; int ifindex; } route = { .dlen = 128, .metric = 1, .flags = 1 };
	uint8_t p[1500];
	int s;

	setup(AF_INET6);
	s = socket(AF_INET6, SOCK_DGRAM, 0);
	memcpy(&route.dst, peer6, 16);
	route.ifindex = (int)if_nametoindex("tun0");
	NEED(!ioctl(s, SIOCADDRT, &route));
	make(1, AF_INET6);
	send6(1, 0, 12, 1);
	NEED(icmp6_from_us(4, p, sizeof(p)));
	CHECK_EQ(p[41], 0);
	CHECK_EQ(ntohl(*(uint32_t *)(p + 44)), 4);
	CHECK_EQ(p[48 + 6], IPPROTO_FRAGMENT);
	piece(AF_INET6, 1, 8, 32);
	CHECK_EQ(next_mark(), 0);
}

CASE(pieces_outlive_their_interface)
{
	int other;

	setup(AF_INET);
	other = new_tun("tun1");
	make(1, AF_INET);
	send4_from(other, 1, 0, 16, 1);
	close(other);
	CHECK_EQ(if_nametoindex("tun1"), 0);
	send4_from(tun, 1, 16, 32, 0);
	CHECK_EQ(next_mark(), 1);
}

TAP_MAIN
