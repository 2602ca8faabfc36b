// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/sys/net/ipv6/conf: settings of interfaces, and that they act.
 *
 * guest-modules: tun
 */
#include "tap.h"
#include "inet.h"
#include "nl.h"
#include "tun.h"

#include <netinet/icmp6.h>
#include <netinet/ip6.h>
#include <time.h>

#define CONF "/proc/sys/net/ipv6/conf/"
#define SOON 100	/* ms that an answer takes at most */
#define US "fd98::1"
#define PEER "fd98::2"

struct in6_ifreq { struct in6_addr addr; uint32_t plen; int ifindex; };

static uint8_t frame[2000];
static const uint8_t router_mac[6] = { 2, 0, 0, 0, 0, 9 };
static struct in6_addr router;		/* fe80::9 */

static int get(const char *whose, const char *row)
{
	char path[200];

	snprintf(path, sizeof(path), CONF "%s/%s", whose, row);
	return atoi(read_file(path));
}

static int set(const char *whose, const char *row, const char *to)
{
	char path[200];

	snprintf(path, sizeof(path), CONF "%s/%s", whose, row);
	return put_file(path, to);
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void own_namespace(void)
{
	NEED(!unshare(CLONE_NEWNET));
	lo_up();
	inet_pton(AF_INET6, "fe80::9", &router);
}

/* 0 or errno. */
static int give(const char *dev, const char *ip, int plen)
{
	int s = socket(AF_INET6, SOCK_DGRAM, 0), err;
	struct in6_ifreq q = { .plen = (uint32_t)plen, .ifindex = (int)if_nametoindex(dev) };

	NEED(inet_pton(AF_INET6, ip, &q.addr) == 1);
	err = ioctl(s, SIOCSIFADDR, &q) ? errno : 0;
	close(s);
	return err;
}

/* The line of an address that begins with @hex on @dev in /proc/net/if_inet6, NULL: none. */
static const char *line_of(const char *dev, const char *hex)
{
	static char line[200];
	const char *p = read_file("/proc/net/if_inet6");

	for (; *p; p = strchr(p, '\n') + 1) {
		size_t n = (size_t)(strchr(p, '\n') - p);
		const char *name;

		memcpy(line, p, n);
		line[n] = '\0';
		name = strrchr(line, ' ') + 1;
		if (!strncmp(line, hex, strlen(hex)) && !strcmp(name, dev))
			return line;
	}
	return NULL;
}

static int flags_of(const char *dev, const char *hex)
{
	unsigned index, plen, scope, flags;
	const char *l = line_of(dev, hex);

	NEED(l && sscanf(l + 32, "%x %x %x %x", &index, &plen, &scope, &flags) == 4);
	return (int)flags;
}

/* Within @ms there is an address that begins with @hex, and is tentative no more. */
static int comes(const char *dev, const char *hex, int ms)
{
	long end = now_ms() + ms;

	while (now_ms() < end) {
		if (line_of(dev, hex) && !(flags_of(dev, hex) & IFA_F_TENTATIVE))
			return 1;
		msleep(20);
	}
	return 0;
}

static int has_route(const char *dev, const char *hex)
{
	const char *p = read_file("/proc/net/ipv6_route");
	size_t n = strlen(dev);

	for (; *p; p = strchr(p, '\n') + 1)
		if (!strncmp(p, hex, strlen(hex)) && !strncmp(strchr(p, '\n') - n, dev, n))
			return 1;
	return 0;
}

/* The next ICMPv6 message of @type within @ms, in frame; 0: none. */
static int next_icmp(int tap, int type, int ms)
{
	long end = now_ms() + ms, left;
	size_t n;

	while ((left = end - now_ms()) > 0) {
		n = tun_next(tap, frame, sizeof(frame), (int)left);
		if (n >= 62 && frame[12] == 0x86 && frame[13] == 0xdd && frame[20] == IPPROTO_ICMPV6 &&
		    frame[54] == type)
			return 1;
	}
	return 0;
}

static void send_icmp(int tap, const struct in6_addr *dst, const void *message, size_t n)
{
	uint8_t p[200] = { 0x33, 0x33, 0, 0, 0, 1, [12] = 0x86, 0xdd, 0x60, [20] = IPPROTO_ICMPV6, 255 };

	memcpy(p + 6, router_mac, 6);
	put16(p + 18, (unsigned)n);
	memcpy(p + 22, &router, 16);
	memcpy(p + 38, dst, 16);
	memcpy(p + 54, message, n);
	put16(p + 56, 0xffff & ~sum16(p + 54, n, sum16(p + 22, 32, IPPROTO_ICMPV6 + (unsigned)n)));
	NEED(write(tap, p, 54 + n) == (ssize_t)(54 + n));
}

/* A router tells of itself, and of fd50::/64. */
static void advertise(int tap, unsigned valid, unsigned preferred)
{
	uint8_t m[16 + 32 + 8] = { 134, 0, 0, 0, 33, 0, 0x07, 0x08, [16] = 3, 4, 64, 0xc0, [32] = 0xfd, 0x50,
				   [48] = 5, 1, 0, 0, 0, 0, 0x05, 0x14 };
	struct in6_addr all;

	put16(m + 20, valid >> 16);
	put16(m + 22, valid);
	put16(m + 24, preferred >> 16);
	put16(m + 26, preferred);
	inet_pton(AF_INET6, "ff02::1", &all);
	send_icmp(tap, &all, m, sizeof(m));
}

/* A tap that is up with its link-local address. */
static int ready(const char *name)
{
	int tap = tun_open(name, IFF_TAP);

	NEED(!set(name, "dad_transmits", "0"));
	link_up(name);
	NEED(comes(name, "fe80", 2000));
	return tap;
}

CASE(rows_of_each_interface)
{
	own_namespace();
	tun_open("t0", IFF_TAP);
	CHECK_EQ(get("t0", "accept_ra"), 1);
	CHECK_EQ(get("t0", "mtu"), 1500);
	CHECK_EQ(get("all", "mtu"), 1280);
	CHECK_EQ(get("t0", "hop_limit"), 64);
	CHECK_EQ(get("t0", "dad_transmits"), 1);
	CHECK_EQ(get("t0", "router_solicitations"), -1);
	CHECK_EQ(get("lo", "accept_dad"), -1);
	CHECK_EQ(set("default", "accept_ra", "0"), 0);
	CHECK_EQ(get("t0", "accept_ra"), 1);
	tun_open("t1", IFF_TAP);
	CHECK_EQ(get("t1", "accept_ra"), 0);
}

CASE(disabled_on_one)
{
	own_namespace();
	ready("t0");
	CHECK_EQ(give("t0", US, 64), 0);
	CHECK_EQ(set("t0", "disable_ipv6", "1"), 0);
	CHECK(!line_of("t0", ""));
	CHECK(!has_route("t0", "fd98"));
	CHECK_EQ(give("t0", US, 64), EACCES);
	CHECK(line_of("lo", "0000"));
	CHECK_EQ(set("t0", "disable_ipv6", "0"), 0);
	CHECK(comes("t0", "fe80", 2000));
	CHECK(!line_of("t0", "fd98"));
	CHECK_EQ(give("t0", US, 64), 0);
}

CASE(disabled_everywhere)
{
	own_namespace();
	ready("t0");
	CHECK_EQ(set("all", "disable_ipv6", "1"), 0);
	CHECK_STR(read_file("/proc/net/if_inet6"), "");
	CHECK_EQ(get("default", "disable_ipv6"), 1);
	CHECK_EQ(get("t0", "disable_ipv6"), 1);
	tun_open("t1", IFF_TAP);
	link_up("t1");
	CHECK(!comes("t1", "fe80", 300));
	CHECK_EQ(set("all", "disable_ipv6", "0"), 0);
	CHECK(comes("t0", "fe80", 2000));
	CHECK(comes("t1", "fe80", 3000));
	CHECK(comes("lo", "0000", 100));
}

/* What a host on the link asks is not heard. */
CASE(disabled_is_deaf)
{
	uint8_t ask[8] = { 128 };
	struct in6_addr us;
	int tap;

	own_namespace();
	tap = ready("t0");
	inet_pton(AF_INET6, "ff02::1", &us);
	send_icmp(tap, &us, ask, sizeof(ask));
	CHECK(next_icmp(tap, 135, 1000));		/* who are you, to answer */
	CHECK_EQ(set("t0", "disable_ipv6", "1"), 0);
	send_icmp(tap, &us, ask, sizeof(ask));
	CHECK(!next_icmp(tap, 135, SOON));
}

CASE(a_router_is_believed)
{
	int tap;

	own_namespace();
	tap = ready("t0");
	advertise(tap, 4000, 2000);
	CHECK(comes("t0", "fd50", 2000));
	CHECK(!(flags_of("t0", "fd50") & IFA_F_PERMANENT));
	CHECK(has_route("t0", "00000000000000000000000000000000 00"));
	CHECK(has_route("t0", "fd500000000000000000000000000000 40"));
	CHECK_EQ(get("t0", "mtu"), 1300);
	CHECK_EQ(get("t0", "hop_limit"), 33);
	CHECK_EQ(get("all", "hop_limit"), 64);
}

/* By @row of t0 being @off, some of it is not. */
static int without(const char *row, const char *off)
{
	int tap;

	own_namespace();
	tap = ready("t0");
	CHECK_EQ(set("t0", row, off), 0);
	advertise(tap, 4000, 2000);
	msleep(300);
	return (line_of("t0", "fd50") ? 1 : 0) | (has_route("t0", "00000000000000000000000000000000 00") ? 2 : 0) |
	       (has_route("t0", "fd500000000000000000000000000000 40") ? 4 : 0) | (get("t0", "mtu") == 1300 ? 8 : 0);
}

CASE(a_router_is_not_heard) { CHECK_EQ(without("accept_ra", "0"), 0); }
CASE(a_router_does_not_listen_to_others) { CHECK_EQ(without("forwarding", "1"), 0); }
CASE(without_a_default_route) { CHECK_EQ(without("accept_ra_defrtr", "0"), 1 | 4 | 8); }
CASE(without_networks) { CHECK_EQ(without("accept_ra_pinfo", "0"), 2 | 8); }
CASE(without_addresses) { CHECK_EQ(without("autoconf", "0"), 2 | 4 | 8); }
CASE(without_the_mtu) { CHECK_EQ(without("accept_ra_mtu", "0"), 1 | 2 | 4); }

CASE(a_router_that_listens_all_the_same)
{
	int tap;

	own_namespace();
	tap = ready("t0");
	CHECK_EQ(set("t0", "forwarding", "1"), 0);
	CHECK_EQ(set("t0", "accept_ra", "2"), 0);
	advertise(tap, 4000, 2000);
	CHECK(comes("t0", "fd50", 2000));
}

CASE(addresses_end_with_what_routers_say)
{
	int tap;

	own_namespace();
	tap = ready("t0");
	advertise(tap, 8000, 1);
	CHECK(comes("t0", "fd50", 2000));
	msleep(1600);
	CHECK(flags_of("t0", "fd50") & IFA_F_DEPRECATED);
	advertise(tap, 0, 0);		/* nobody ends it at once */
	msleep(300);
	CHECK(line_of("t0", "fd50"));
	advertise(tap, 8000, 4000);
	msleep(300);
	CHECK(!(flags_of("t0", "fd50") & IFA_F_DEPRECATED));
}

/* An address is asked for as often as it is said, and used then. */
CASE(how_often_is_asked)
{
	int tap, n = 0;
	long begin;

	own_namespace();
	tap = tun_open("t0", IFF_TAP);
	CHECK_EQ(set("t0", "dad_transmits", "2"), 0);
	link_up("t0");
	begin = now_ms();
	CHECK(!comes("t0", "fe80", 1500));
	CHECK(comes("t0", "fe80", 3000));
	CHECK(now_ms() - begin >= 1900);
	while (next_icmp(tap, 135, SOON))
		n++;
	CHECK_EQ(n, 2);
	CHECK_EQ(set("t0", "dad_transmits", "0"), 0);
	CHECK_EQ(give("t0", US, 64), 0);
	CHECK(comes("t0", "fd98", 3000));	/* at once or within a second, by chance (RFC 4862, 5.4.2) */
	CHECK(!next_icmp(tap, 135, SOON));
	CHECK_EQ(set("t0", "dad_transmits", "1"), 0);
	CHECK_EQ(set("t0", "accept_dad", "0"), 0);
	CHECK_EQ(give("t0", "fd99::1", 64), 0);
	CHECK(comes("t0", "fd99", 3000));
	CHECK(!next_icmp(tap, 135, SOON));
}

CASE(no_address_of_its_own)
{
	own_namespace();
	tun_open("t0", IFF_TAP);
	CHECK_EQ(set("t0", "addr_gen_mode", "1"), 0);
	link_up("t0");
	CHECK(!comes("t0", "fe80", 300));
	CHECK_EQ(set("t0", "addr_gen_mode", "0"), 0);
	CHECK(comes("t0", "fe80", 3000));
	FAILS(set("t0", "addr_gen_mode", "7"), EINVAL);
}

/* As what manages the network says it: 0 or errno. */
static int say_mode(const char *dev, uint8_t mode)
{
	struct rtattr *spec, *six;
	struct ifinfomsg *m;
	struct req r;

	m = start(&r, RTM_SETLINK, 0, sizeof(*m));
	m->ifi_index = (int)if_nametoindex(dev);
	spec = attr(&r, IFLA_AF_SPEC, NULL, 0);
	six = attr(&r, AF_INET6, NULL, 0);
	attr(&r, IFLA_INET6_ADDR_GEN_MODE, &mode, 1);
	end(&r, six);
	end(&r, spec);
	return ask(&r);
}

CASE(no_address_by_request)
{
	struct rtattr *tb[IFLA_MAX + 1];
	struct ifinfomsg m;

	own_namespace();
	tun_open("t0", IFF_TAP);
	CHECK_EQ(say_mode("t0", 1), 0);
	CHECK_EQ(get("t0", "addr_gen_mode"), 1);
	NEED(!show("t0", &m, tb));
	CHECK_EQ(*(uint8_t *)RTA_DATA(sub(sub(tb[IFLA_AF_SPEC], AF_INET6), IFLA_INET6_ADDR_GEN_MODE)), 1);
	link_up("t0");
	CHECK(!comes("t0", "fe80", 300));
	CHECK_EQ(say_mode("t0", 77), EINVAL);
	CHECK_EQ(say_mode("t0", 0), 0);
	NEED(!set_up("t0", 0) && !set_up("t0", 1));
	CHECK(comes("t0", "fe80", 3000));
}

CASE(addresses_go_with_the_link)
{
	own_namespace();
	ready("t0");
	CHECK_EQ(give("t0", US, 64), 0);
	CHECK_EQ(set_up("t0", 0), 0);
	CHECK(!line_of("t0", ""));
	CHECK_EQ(set_up("t0", 1), 0);
	CHECK_EQ(give("t0", US, 64), 0);
	CHECK_EQ(set("t0", "keep_addr_on_down", "1"), 0);
	CHECK_EQ(set_up("t0", 0), 0);
	CHECK(!line_of("t0", "fe80"));
	CHECK(line_of("t0", "fd98"));
	CHECK(!has_route("t0", "fd980000000000000000000000000000 40"));
	CHECK_EQ(set_up("t0", 1), 0);
	CHECK(comes("t0", "fd98", 1000));
	CHECK(has_route("t0", "fd980000000000000000000000000000 40"));
}

CASE(the_mtu_of_ipv6_alone)
{
	own_namespace();
	ready("t0");
	FAILS(set("t0", "mtu", "1279"), EINVAL);
	FAILS(set("t0", "mtu", "1501"), EINVAL);
	CHECK_EQ(set("t0", "mtu", "1300"), 0);
	CHECK_EQ(set_word("t0", IFLA_MTU, 1400), 0);
	CHECK_EQ(get("t0", "mtu"), 1400);
}

/* A packet from here, of @n bytes of UDP: the first frame of it, without neighbours. */
static size_t sent(int tun, size_t n)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons(9) };
	int s = socket(AF_INET6, SOCK_DGRAM, 0);
	static char bytes[2000];
	size_t got;

	inet_pton(AF_INET6, PEER, &to.sin6_addr);
	NEED(sendto(s, bytes, n, 0, (void *)&to, sizeof(to)) == (ssize_t)n);
	close(s);
	do
		got = tun_next(tun, frame, sizeof(frame), 1000);
	while (got && frame[6] != IPPROTO_UDP && frame[6] != IPPROTO_FRAGMENT);
	return got;
}

CASE(what_packets_look_like)
{
	int tun;

	own_namespace();
	tun = tun_open("t0", IFF_TUN);
	link_up("t0");
	CHECK_EQ(give("t0", US, 64), 0);
	CHECK_EQ(sent(tun, 1400), 1448);
	CHECK_EQ(frame[7], 64);
	CHECK_EQ(set("t0", "hop_limit", "77"), 0);
	CHECK_EQ(set("t0", "mtu", "1300"), 0);
	CHECK_EQ(sent(tun, 1400), 40 + 8 + 1248);
	CHECK_EQ(frame[7], 77);
}

static void put_udp(int fd, const char *src, const char *dst)
{
	uint8_t p[48] = { 0x60, [5] = 8, [6] = IPPROTO_UDP, 64 };

	inet_pton(AF_INET6, src, p + 8);
	inet_pton(AF_INET6, dst, p + 24);
	put16(p + 40, 9);
	put16(p + 42, 9);
	put16(p + 44, 8);
	put16(p + 46, 0xffff & ~sum16(p + 8, 40, IPPROTO_UDP + 8));
	NEED(write(fd, p, sizeof(p)) == sizeof(p));
}

static int forwarded(int t0, int t1)
{
	size_t n;

	put_udp(t0, PEER, "fd99::2");
	while ((n = tun_next(t1, frame, sizeof(frame), SOON)))
		if (frame[6] == IPPROTO_UDP)
			return 1;
	return 0;
}

CASE(forwarding_is_for_all)
{
	int t0, t1;

	own_namespace();
	t0 = tun_open("t0", IFF_TUN);
	t1 = tun_open("t1", IFF_TUN);
	link_up("t0");
	link_up("t1");
	CHECK_EQ(give("t0", US, 64), 0);
	CHECK_EQ(give("t1", "fd99::1", 64), 0);
	CHECK(!forwarded(t0, t1));
	CHECK_EQ(set("t0", "forwarding", "1"), 0);	/* says that it is a router, does not make one */
	CHECK(!forwarded(t0, t1));
	CHECK_EQ(set("t0", "forwarding", "0"), 0);
	CHECK_EQ(set("all", "forwarding", "1"), 0);
	CHECK_EQ(get("t0", "forwarding"), 1);
	CHECK_EQ(get("default", "forwarding"), 1);
	CHECK(forwarded(t0, t1));
	CHECK_EQ(frame[7], 63);
	CHECK_EQ(set("all", "forwarding", "0"), 0);
	CHECK_EQ(get("t1", "forwarding"), 0);
	CHECK(!forwarded(t0, t1));
}

CASE(routers_are_asked_for)
{
	int tap, n = 0;

	own_namespace();
	tap = tun_open("t0", IFF_TAP);
	CHECK_EQ(set("t0", "dad_transmits", "0"), 0);
	CHECK_EQ(set("t0", "router_solicitations", "2"), 0);
	CHECK_EQ(set("t0", "router_solicitation_interval", "1"), 0);
	link_up("t0");
	while (next_icmp(tap, 133, 3000))
		n++;
	CHECK_EQ(n, 2);
	close(tap);
	tap = tun_open("t0", IFF_TAP);
	CHECK_EQ(set("t0", "router_solicitations", "0"), 0);
	link_up("t0");
	CHECK(!next_icmp(tap, 133, 2500));
}

CASE(neighbours_are_told)
{
	int tap;

	own_namespace();
	tap = ready("t0");
	CHECK_EQ(give("t0", US, 64), 0);
	CHECK(!next_icmp(tap, 136, SOON));
	CHECK_EQ(set("t0", "ndisc_notify", "1"), 0);
	CHECK_EQ(set_up("t0", 0), 0);
	CHECK_EQ(set_up("t0", 1), 0);
	CHECK(next_icmp(tap, 136, 2000));
	CHECK_EQ(frame[22], 0xfe);
}

TAP_MAIN
