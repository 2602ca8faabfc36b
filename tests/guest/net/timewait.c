// SPDX-License-Identifier: GPL-2.0-only
/*
 * TIME-WAIT: when connect() may take the place of a connection that only waits for late segments, and how
 * the new one differs from it (RFC 6191). All ports are few, so that none is free.
 * guest-modules: veth
 */
#include "tap.h"
#include "inet.h"
#include "nl.h"

#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>

#define PORT_FIRST	20000
#define NPORTS		6
#define RANGE		"/proc/sys/net/ipv4/ip_local_port_range"
#define REUSE		"/proc/sys/net/ipv4/tcp_tw_reuse"

/* Where a client's packets were last: by its port. */
static struct { uint32_t end, stamp, first, first_stamp; } seen[NPORTS];

struct target { struct sockaddr_storage a; socklen_t n; int listener; };

static struct target target4(const char *ip)
{
	struct sockaddr_in a = addr(ip, 0);
	struct target t = { .n = sizeof(a), .listener = socket(AF_INET, SOCK_STREAM, 0) };

	NEED(t.listener >= 0 && !bind(t.listener, (void *)&a, sizeof(a)) && !listen(t.listener, 20));
	NEED(!getsockname(t.listener, (void *)&t.a, &t.n));
	return t;
}

static struct target target6(void)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct target t = { .n = sizeof(a), .listener = socket(AF_INET6, SOCK_STREAM, 0) };

	NEED(t.listener >= 0 && !bind(t.listener, (void *)&a, sizeof(a)) && !listen(t.listener, 20));
	NEED(!getsockname(t.listener, (void *)&t.a, &t.n));
	return t;
}

static void set_number(const char *path, int v)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", v);
	write_file(path, text);
}

/* A connection whose client ends first, and so waits; 0 or the errno of connect(). */
static int use(const struct target *t)
{
	int s = socket(t->a.ss_family, SOCK_STREAM, 0), c;
	char byte = 'x';

	NEED(s >= 0);
	if (connect(s, (void *)&t->a, t->n)) {
		int err = errno;

		close(s);
		return err;
	}
	c = accept(t->listener, NULL, NULL);
	NEED(c >= 0 && write(s, &byte, 1) == 1 && read(c, &byte, 1) == 1);
	close(s);
	NEED(read(c, &byte, 1) == 0);
	close(c);
	return 0;
}

/* As connections are stamped: by the clock that goes with the ticks. */
static long second(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return t.tv_sec;
}

/* From the begin of a second: what is used in the next one may be taken back. */
static void use_all(const struct target *t)
{
	long begun = second();
	int err;

	while (second() == begun)
		msleep(5);
	begun = second();
	for (int i = 0; i < NPORTS; i++)
		CHECK_EQ(use(t), 0);
	if (second() != begun)
		return;
	err = use(t);	/* too young: no time stamp would be newer for sure */
	if (second() == begun)
		CHECK_EQ(err, EADDRNOTAVAIL);
}

/* What the clients sent so far, from a packet socket on the loopback interface. */
static void look(int tap)
{
	unsigned char p[2048];
	struct sockaddr_ll ll;
	socklen_t n = sizeof(ll);
	ssize_t got;

	while ((got = recvfrom(tap, p, sizeof(p), MSG_DONTWAIT, (void *)&ll, &n)) >= 0) {
		const struct tcphdr *h = (void *)(p + 20);
		int at = ntohs(h->source) - PORT_FIRST;
		uint32_t seq = ntohl(h->seq), stamp = 0;
		const unsigned char *o = p + 40;

		if (ll.sll_pkttype == PACKET_OUTGOING || got < 40 || p[9] != IPPROTO_TCP || at < 0 || at >= NPORTS)
			continue;
		for (; o < p + 20 + h->doff * 4 && *o != 8 && *o; o += *o == 1 ? 1 : o[1])
			;
		if (*o == 8) {
			memcpy(&stamp, o + 2, 4);
			stamp = ntohl(stamp);
		}
		if (h->syn) {
			seen[at].first = seq;
			seen[at].first_stamp = stamp;
		}
		seen[at].end = seq + (uint32_t)(got - 20 - h->doff * 4) + h->syn + h->fin;
		seen[at].stamp = stamp;
	}
}

/* One that is the machine's own, but no loopback address. */
static void add_address(const char *ip)
{
	struct ifreq r = named("lo:1");
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	*(struct sockaddr_in *)&r.ifr_addr = addr(ip, 0);
	NEED(!ioctl(s, SIOCSIFADDR, &r));
	close(s);
}

static void begin(void)
{
	NEED(!unshare(CLONE_NEWNET));
	lo_up();
}

static void narrow(void)
{
	write_file(RANGE, "20000 20005");
}

static void widen(void)
{
	write_file(RANGE, "32768 60999");
}

CASE(loopback_takes_ports_back_after_a_second)
{
	struct target v4, v6, other;
	int err;

	begin();
	add_address("10.9.9.9");
	v4 = target4("127.0.0.1");
	v6 = target6();
	other = target4("10.9.9.9");
	narrow();
	use_all(&v4);
	use_all(&v6);
	use_all(&other);
	msleep(1100);	/* Linux counts whole seconds */
	set_number(REUSE, 0);
	CHECK_EQ(use(&v4), EADDRNOTAVAIL);
	set_number(REUSE, 2);
	CHECK_EQ(use(&other), EADDRNOTAVAIL);
	for (int i = 0; i < NPORTS; i++)
		CHECK_EQ(use(&v4), 0);
	CHECK_EQ(use(&v6), 0);
	set_number(REUSE, 1);
	err = use(&other);
	widen();
	CHECK_EQ(err, 0);
}

CASE(what_follows_begins_behind_it)
{
	struct target v4;
	uint32_t end[NPORTS], stamp[NPORTS];
	int tap, err = 0;

	begin();
	tap = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
	NEED(tap >= 0);
	v4 = target4("127.0.0.1");
	narrow();
	use_all(&v4);
	look(tap);
	for (int i = 0; i < NPORTS; i++) {
		end[i] = seen[i].end;
		stamp[i] = seen[i].stamp;
		CHECK(end[i] && stamp[i]);
	}
	msleep(1100);
	for (int i = 0; i < NPORTS; i++)
		err |= use(&v4);
	look(tap);
	widen();
	CHECK_EQ(err, 0);
	for (int i = 0; i < NPORTS; i++) {
		CHECK((int32_t)(seen[i].first - end[i]) > 0);
		CHECK((int32_t)(seen[i].first_stamp - stamp[i]) > 0);
	}
}

/* They are in no other namespace's lists, and do not keep their own alive: its interfaces go with it. */
CASE(a_namespace_takes_them_along)
{
	struct target v4;
	int first, second;

	begin();
	CHECK_EQ(add_veth("v0", "v1"), 0);
	second = new_ns(&first);
	go(first);
	CHECK_EQ(set_word("v1", IFLA_NET_NS_FD, (uint32_t)second), 0);
	go(second);
	v4 = target4("127.0.0.1");
	CHECK_EQ(use(&v4), 0);
	CHECK(strstr(read_file("/proc/net/tcp"), " 06 00000000:") != NULL);
	CHECK(strstr(read_file("/proc/net/tcp"), " 0A 00000000:") != NULL);
	go(first);
	CHECK(strstr(read_file("/proc/net/tcp"), " 06 00000000:") == NULL);
	CHECK(strstr(read_file("/proc/net/tcp"), " 0A 00000000:") == NULL);
	close(v4.listener);
	close(second);
	for (int i = 0; i < 500 && if_nametoindex("v0"); i++)
		msleep(10);
	CHECK_EQ(if_nametoindex("v0"), 0);
}

CASE(a_port_by_name_is_taken_back_too)
{
	struct sockaddr_in me = addr("127.0.0.1", 20007);
	struct target v4;
	int one = 1;

	begin();
	v4 = target4("127.0.0.1");
	for (int round = 0; round < 2; round++) {
		int s = socket(AF_INET, SOCK_STREAM, 0), c;
		char byte;

		setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		CHECK(bind(s, (void *)&me, sizeof(me)) == 0);
		CHECK(connect(s, (void *)&v4.a, v4.n) == 0);
		c = accept(v4.listener, NULL, NULL);
		close(s);
		NEED(read(c, &byte, 1) == 0);
		close(c);
		msleep(round ? 0 : 1100);
	}
}

TAP_MAIN
