// SPDX-License-Identifier: GPL-2.0-only
/*
 * Floods and nonsense from a network, through a tap device: SYNs, fragments and ARP from senders that do
 * not exist, then packets that are random, cut short or slightly wrong. Memory stays bounded, and a
 * connection opened afterwards works. TERN_FUZZ_SECONDS=N in the environment sets how long.
 *
 * guest-modules: tun
 */
#include "tap.h"
#include "inet.h"

#include <linux/if_tun.h>
#include <net/if_arp.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sched.h>

#define FLOOD		20000
#define BOUND_KIB	32768
#define PEERS_KIB	65536	/* with what Linux keeps of each address that sent something: 36 MiB seen */
#define FUZZ_S		3

static int tap;
static uint8_t our_mac[6];
static uint64_t state = 88172645463325252ull;

static uint32_t rnd(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16);
}

static void setup(void)
{
	struct ifreq r = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	struct sockaddr_in *a = (void *)&r.ifr_addr;
	int s;

	NEED(!unshare(CLONE_NEWNET));
	s = socket(AF_INET, SOCK_DGRAM, 0);
	strcpy(r.ifr_name, "tap0");
	tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
	NEED(tap >= 0);
	NEED(!ioctl(tap, TUNSETIFF, &r));
	a->sin_family = AF_INET;
	a->sin_addr.s_addr = inet_addr("10.98.0.1");
	NEED(!ioctl(s, SIOCSIFADDR, &r));
	a->sin_addr.s_addr = inet_addr("255.255.0.0");
	NEED(!ioctl(s, SIOCSIFNETMASK, &r));
	NEED(!ioctl(s, SIOCGIFHWADDR, &r));
	memcpy(our_mac, r.ifr_hwaddr.sa_data, 6);
	close(s);
	link_up("tap0");
	lo_up();
}

static long available_kib(void)
{
	const char *at = strstr(read_file("/proc/meminfo"), "MemAvailable:");

	return at ? atol(at + 13) : -1;
}

/* Ethernet and IPv4 in front of @len bytes of @protocol at p + 34, from a random sender. */
static int frame4(uint8_t *p, int len, int protocol, unsigned frag)
{
	uint8_t *ip = p + 14;

	memcpy(p, our_mac, 6);
	memcpy(p + 6, "\x02\0\0\0\0\2", 6);
	put16(p + 12, 0x0800);
	memset(ip, 0, 20);
	ip[0] = 0x45;
	put16(ip + 2, (unsigned)len + 20);
	put16(ip + 4, rnd());
	put16(ip + 6, frag);
	ip[8] = 64;
	ip[9] = (uint8_t)protocol;
	ip[12] = 10;
	ip[13] = 98;
	ip[14] = (uint8_t)rnd();
	ip[15] = (uint8_t)(2 + rnd() % 250);
	memcpy(ip + 16, "\x0a\x62\0\1", 4);
	put16(ip + 10, ~sum16(ip, 20, 0));
	return len + 34;
}

static void finish_tcp(uint8_t *p, int len)
{
	uint8_t *t = p + 34;

	put16(t + 16, 0);
	put16(t + 16, ~sum16(t, (size_t)len, sum16(p + 14 + 12, 8, 6 + (unsigned)len)));
}

static int syn(uint8_t *p, unsigned port)
{
	uint8_t *t = p + 34;
	uint32_t seq = rnd();

	memset(t, 0, 24);
	put16(t, 1024 + rnd() % 60000);
	put16(t + 2, port);
	memcpy(t + 4, &seq, 4);
	t[12] = 6 << 4;
	t[13] = 2;
	put16(t + 14, 65535);
	memcpy(t + 20, "\2\4\5\xb4", 4);
	frame4(p, 24, IPPROTO_TCP, 0);
	finish_tcp(p, 24);
	return 58;
}

static void drain(void)
{
	uint8_t in[2048];

	while (read(tap, in, sizeof(in)) > 0)
		;
}

static int listener(struct sockaddr_in *a)
{
	int s = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t n = sizeof(*a);

	*a = (struct sockaddr_in){ .sin_family = AF_INET };
	NEED(!bind(s, (void *)a, n) && !listen(s, 16));
	NEED(!getsockname(s, (void *)a, &n));
	return s;
}

/* A connection over loopback to the same listener. */
static void check_service(int l, struct sockaddr_in a)
{
	int c = socket(AF_INET, SOCK_STREAM, 0), s;
	char b = 0;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	NEED(!connect(c, (void *)&a, sizeof(a)));
	s = accept(l, NULL, NULL);
	NEED(s >= 0);
	NEED(write(c, "x", 1) == 1 && read(s, &b, 1) == 1 && b == 'x');
	close(c);
	close(s);
}

CASE(syn_flood_takes_no_memory_and_no_service)
{
	struct sockaddr_in a;
	uint8_t p[128];
	long before;
	int l;

	setup();
	l = listener(&a);
	check_service(l, a);
	before = available_kib();
	for (int i = 0; i < FLOOD; i++) {
		write(tap, p, (size_t)syn(p, ntohs(a.sin_port)));
		if (i % 16 == 0)
			drain();
	}
	CHECK(before - available_kib() < BOUND_KIB);
	check_service(l, a);
}

CASE(fragment_flood_takes_no_memory)
{
	static uint8_t p[1600];
	struct sockaddr_in a;
	int l;
	long before;

	setup();
	l = listener(&a);
	before = available_kib();
	for (int i = 0; i < FLOOD; i++) {
		int n = frame4(p, 1400, IPPROTO_UDP, 0x2000 | rnd() % 6000);

		write(tap, p, (size_t)n);
	}
	CHECK(before - available_kib() < BOUND_KIB);
	check_service(l, a);
}

CASE(arp_flood_takes_no_memory)
{
	struct sockaddr_in a;
	uint8_t p[60];
	int l;
	long before;

	setup();
	l = listener(&a);
	before = available_kib();
	for (int i = 0; i < FLOOD; i++) {
		memset(p, 0, sizeof(p));
		memset(p, 0xff, 6);
		memcpy(p + 6, "\x02\0\0\0\0\3", 6);
		put16(p + 12, 0x0806);
		memcpy(p + 14, "\0\1\x08\0\6\4\0\1\x02\0\0\0\0\3", 14);
		p[28] = 10;
		p[29] = 98;
		put16(p + 30, rnd());
		memcpy(p + 38, "\x0a\x62\0\1", 4);
		write(tap, p, 42);
		if (i % 16 == 0)
			drain();
	}
	CHECK(before - available_kib() < BOUND_KIB);
	check_service(l, a);
}

/* Whole headers of some protocol, then a few bytes changed. */
static int odd_packet(uint8_t *p, unsigned port)
{
	int n = (int)(rnd() % 1400);

	for (int i = 14; i < n + 60; i++)
		p[i] = (uint8_t)rnd();
	switch (rnd() % 8) {
	case 0:
		n = syn(p, port);
		break;
	case 1:		/* TCP with random options and flags */
		put16(p + 36, port);
		n = frame4(p, 20 + n % 100, IPPROTO_TCP, 0);
		finish_tcp(p, n - 34);
		break;
	case 2:
		n = frame4(p, 8 + n, IPPROTO_UDP, rnd() & 0x3fff);
		break;
	case 3:
		n = frame4(p, 8 + n, IPPROTO_ICMP, 0);
		p[34] = (uint8_t)(rnd() % 20);
		break;
	case 4:		/* any IPv4 header with options */
		n = frame4(p, n, (int)(rnd() % 256), 0);
		p[14] = (uint8_t)(0x40 | rnd() % 16);
		break;
	case 5:		/* IPv6 to all nodes, any chain of headers */
		memcpy(p, "\x33\x33\0\0\0\1\x02\0\0\0\0\2\x86\xdd", 14);
		p[14] = 0x60;
		put16(p + 18, (unsigned)n);
		p[20] = (uint8_t)"\0\x2b\x2c\x3a\x06\x11\x3c\x3b"[rnd() % 8];
		memcpy(p + 38, "\xff\2\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
		n += 54;
		break;
	case 6:
		memset(p, 0xff, 6);
		put16(p + 12, 0x0806);
		memcpy(p + 14, "\0\1\x08\0\6\4\0", 7);
		n = 42;
		break;
	default:
		memcpy(p, our_mac, 6);
		put16(p + 12, rnd() % 2 ? 0x0800 : 0x86dd);
		n += 14;
	}
	for (unsigned k = rnd() % 4; k; k--)
		p[14 + rnd() % 60] ^= (uint8_t)(1 << rnd() % 8);
	return rnd() % 4 ? n : (int)(rnd() % (unsigned)(n + 1));
}

static int fuzz_seconds(void)
{
	const char *asked = getenv("TERN_FUZZ_SECONDS");
	int n = asked ? atoi(asked) : FUZZ_S;

	alarm((unsigned)n + 60);
	return n;
}

CASE(random_packets_from_a_tap_do_no_harm)
{
	static uint8_t p[2048];
	int seconds = fuzz_seconds(), l;
	time_t end = time(NULL) + seconds;
	struct sockaddr_in a;
	unsigned long n = 0;
	long before;

	setup();
	l = listener(&a);
	before = available_kib();
	while (time(NULL) < end) {
		for (int i = 0; i < 64; i++, n++)
			write(tap, p, (size_t)odd_packet(p, ntohs(a.sin_port)));
		drain();
	}
	printf("# %lu packets\n", n);
	CHECK(before - available_kib() < PEERS_KIB);
	check_service(l, a);
}

CASE(random_packets_to_loopback_do_no_harm)
{
	static uint8_t p[2048];
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_halen = 6 };
	int seconds = fuzz_seconds(), l, s;
	time_t end = time(NULL) + seconds;
	struct sockaddr_in a;
	long before;

	setup();
	l = listener(&a);
	s = socket(AF_PACKET, SOCK_RAW, 0);
	NEED(s >= 0);
	to.sll_ifindex = (int)if_nametoindex("lo");
	before = available_kib();
	memset(our_mac, 0, 6);
	while (time(NULL) < end) {
		for (int i = 0; i < 64; i++)
			sendto(s, p, (size_t)odd_packet(p, ntohs(a.sin_port)), 0, (void *)&to, sizeof(to));
	}
	CHECK(before - available_kib() < BOUND_KIB);
	check_service(l, a);
}

TAP_MAIN
