// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/sys/net/ipv4/conf: settings of interfaces, and that they act.
 *
 * guest-modules: tun
 */
#include "tap.h"
#include "inet.h"
#include "tun.h"

#include <dirent.h>
#include <netinet/ip.h>
#include <sched.h>

#define CONF "/proc/sys/net/ipv4/conf/"
#define US "10.98.0.1"
#define PEER "10.98.0.2"
#define PORT 1234
#define SOON 100	/* ms that an answer takes at most */

static uint8_t frame[2000];

static int value(const char *whose, const char *row)
{
	char path[200];

	snprintf(path, sizeof(path), CONF "%s/%s", whose, row);
	return atoi(read_file(path));
}

static int set(const char *whose, const char *row, const char *text)
{
	char path[200];

	snprintf(path, sizeof(path), CONF "%s/%s", whose, row);
	return put_file(path, text);
}

static int has_entry(const char *dir, const char *name)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int n = 0;

	NEED(d);
	while ((e = readdir(d)))
		n += !strcmp(e->d_name, name);
	closedir(d);
	return n;
}

static int own_namespace(void)
{
	NEED(!unshare(CLONE_NEWNET));
	lo_up();
	return 0;
}

/* A link with an address of ours, whose other end we hold. */
static int link_made(const char *name, short kind, const char *ip)
{
	int fd = tun_open(name, kind);

	set_address(name, ip, "255.255.255.0");
	link_up(name);
	return fd;
}

/* ---- files ---- */

CASE(a_directory_for_each_interface)
{
	struct ifreq r;
	int s;

	own_namespace();
	s = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK_EQ(has_entry(CONF, "all"), 1);
	CHECK_EQ(has_entry(CONF, "default"), 1);
	CHECK_EQ(has_entry(CONF, "lo"), 1);
	CHECK_EQ(has_entry(CONF, "t0"), 0);
	FAILS(open(CONF "t0/rp_filter", O_RDONLY), ENOENT);
	tun_open("t0", IFF_TUN);
	CHECK_EQ(has_entry(CONF, "t0"), 1);
	CHECK_EQ(has_entry(CONF "t0", "rp_filter"), 1);
	CHECK_EQ(value("t0", "rp_filter"), 0);
	CHECK_EQ(set("t0", "rp_filter", "1\n"), 0);
	r = named("t0");
	strcpy(r.ifr_newname, "other");
	NEED(!ioctl(s, SIOCSIFNAME, &r));
	CHECK_EQ(has_entry(CONF, "t0"), 0);
	FAILS(open(CONF "t0/rp_filter", O_RDONLY), ENOENT);
	CHECK_EQ(has_entry(CONF, "other"), 1);
}

CASE(values_are_checked)
{
	own_namespace();
	CHECK_EQ(set("lo", "rp_filter", "2"), 0);
	CHECK_EQ(value("lo", "rp_filter"), 2);
	CHECK_EQ(set("lo", "rp_filter", " -1 \n"), 0);
	CHECK_EQ(value("lo", "rp_filter"), -1);
	CHECK_EQ(set("lo", "rp_filter", "0x10"), 0);
	CHECK_EQ(value("lo", "rp_filter"), 16);
	FAILS(set("lo", "rp_filter", "x"), EINVAL);
	FAILS(set("lo", "rp_filter", "99999999999"), EINVAL);
	CHECK_EQ(value("lo", "rp_filter"), 16);
}

CASE(an_interface_that_is_gone)
{
	int tun, fd;
	char c;

	own_namespace();
	tun = tun_open("t0", IFF_TUN);
	fd = open(CONF "t0/rp_filter", O_RDWR);
	NEED(fd >= 0);
	CHECK_EQ(read(fd, &c, 1), 1);
	close(tun);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	FAILS(read(fd, &c, 1), ENOENT);
	FAILS(write(fd, "1", 1), ENOENT);
	CHECK_EQ(has_entry(CONF, "t0"), 0);
}

CASE(new_interfaces_begin_with_default)
{
	own_namespace();
	tun_open("t0", IFF_TUN);
	tun_open("t2", IFF_TUN);
	CHECK_EQ(set("t0", "arp_ignore", "1"), 0);
	CHECK_EQ(set("default", "arp_ignore", "2"), 0);
	CHECK_EQ(value("t0", "arp_ignore"), 1);		/* was set */
	CHECK_EQ(value("t2", "arp_ignore"), 2);		/* follows */
	CHECK_EQ(value("lo", "arp_ignore"), 0);		/* has an address: does not any more */
	CHECK_EQ(value("all", "arp_ignore"), 0);
	tun_open("t1", IFF_TUN);
	CHECK_EQ(value("t1", "arp_ignore"), 2);
}

static void use_another(void)
{
	own_namespace();
	CHECK_EQ(value("lo", "rp_filter"), 0);
	CHECK_EQ(set("lo", "rp_filter", "1"), 0);
	CHECK_EQ(value("lo", "rp_filter"), 1);
}

/* One path is another file for who is in another namespace. */
CASE(each_namespace_has_its_own)
{
	pid_t child;

	own_namespace();
	CHECK_EQ(set("lo", "rp_filter", "2"), 0);
	CHECK_EQ(set("all", "rp_filter", "1"), 0);
	for (int i = 0; i < 3; i++) {
		CHILD(child, use_another());
		JOIN(child);
		CHECK_EQ(value("lo", "rp_filter"), 2);
		CHECK_EQ(value("all", "rp_filter"), 1);
	}
}

CASE(forwarding_is_for_all)
{
	own_namespace();
	tun_open("t0", IFF_TUN);
	CHECK_EQ(put_file("/proc/sys/net/ipv4/ip_forward", "1"), 0);
	CHECK_EQ(value("all", "forwarding"), 1);
	CHECK_EQ(value("default", "forwarding"), 1);
	CHECK_EQ(value("t0", "forwarding"), 1);
	CHECK_EQ(set("t0", "forwarding", "0"), 0);
	CHECK_EQ(atoi(read_file("/proc/sys/net/ipv4/ip_forward")), 1);
	CHECK_EQ(set("all", "forwarding", "1"), 0);	/* is so already */
	CHECK_EQ(value("t0", "forwarding"), 0);
	CHECK_EQ(set("all", "forwarding", "0"), 0);
	CHECK_EQ(atoi(read_file("/proc/sys/net/ipv4/ip_forward")), 0);
	CHECK_EQ(value("default", "forwarding"), 0);
	FAILS(put_file("/proc/sys/net/ipv4/ip_forward", "x"), EINVAL);
}

/* Who has a user namespace of its own rules the network namespaces in it, and no other. */
CASE(who_rules_a_namespace_may_set_it)
{
	own_namespace();
	NEED(!setresgid(1000, 1000, 1000) && !setresuid(1000, 1000, 1000));
	CHECK_EQ(value("lo", "rp_filter"), 0);
	FAILS(set("lo", "rp_filter", "1"), EACCES);
	FAILS(put_file("/proc/sys/net/ipv4/ip_forward", "1"), EACCES);
	NEED(!unshare(CLONE_NEWUSER));
	FAILS(set("lo", "rp_filter", "1"), EACCES);
	NEED(!unshare(CLONE_NEWNET));
	CHECK_EQ(set("lo", "rp_filter", "1"), 0);
	CHECK_EQ(value("lo", "rp_filter"), 1);
	CHECK_EQ(put_file("/proc/sys/net/ipv4/ip_forward", "1"), 0);
	FAILS(put_file("/proc/sys/vm/overcommit_memory", "0"), EACCES);
}

/* ---- what comes in ---- */

/* An empty UDP packet into @fd. */
static void put_udp(int fd, const char *src, const char *dst)
{
	uint8_t p[28] = { 0x45, [8] = 64, [9] = IPPROTO_UDP };
	in_addr_t s = inet_addr(src), d = inet_addr(dst);

	put16(p + 2, sizeof(p));
	memcpy(p + 12, &s, 4);
	memcpy(p + 16, &d, 4);
	put16(p + 10, 0xffff & ~sum16(p, 20, 0));
	put16(p + 20, PORT);
	put16(p + 22, PORT);
	put16(p + 24, 8);
	NEED(write(fd, p, sizeof(p)) == sizeof(p));
}

static int receiver(void)
{
	struct sockaddr_in a = addr("0.0.0.0", PORT);
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	NEED(!bind(s, (void *)&a, sizeof(a)));
	return s;
}

/* How many packets wait at @s: none comes late, the device hands them over at once. */
static int count(int s)
{
	struct pollfd p = { s, POLLIN, 0 };
	char c;
	int n = 0;

	while (poll(&p, 1, n ? 0 : SOON) == 1 && recv(s, &c, 1, MSG_DONTWAIT) >= 0)
		n++;
	return n;
}

CASE(the_reverse_path_filter)
{
	int t0, t1, s;

	own_namespace();
	t0 = link_made("t0", IFF_TUN, US);
	t1 = link_made("t1", IFF_TUN, "10.99.0.1");
	(void)t1;
	s = receiver();
	put_udp(t0, "10.98.0.77", US);
	put_udp(t0, "10.99.0.77", US);	/* would be answered by t1 */
	put_udp(t0, "172.16.0.1", US);	/* could not be answered */
	CHECK_EQ(count(s), 3);
	CHECK_EQ(set("t0", "rp_filter", "2"), 0);
	put_udp(t0, "10.98.0.77", US);
	put_udp(t0, "10.99.0.77", US);
	CHECK_EQ(count(s), 2);
	put_udp(t0, "172.16.0.1", US);
	CHECK_EQ(count(s), 0);
	CHECK_EQ(set("t0", "rp_filter", "1"), 0);
	put_udp(t0, "10.99.0.77", US);
	CHECK_EQ(count(s), 0);
	put_udp(t0, "10.98.0.77", US);
	CHECK_EQ(count(s), 1);
	CHECK(strstr(read_file("/proc/net/netstat"), "IPReversePathFilter"));
	CHECK_EQ(set("t0", "rp_filter", "0"), 0);
	CHECK_EQ(set("all", "rp_filter", "1"), 0);	/* the larger of both */
	put_udp(t0, "10.99.0.77", US);
	CHECK_EQ(count(s), 0);
}

CASE(nobody_else_sends_from_our_addresses)
{
	int tun, s;

	own_namespace();
	tun = link_made("t0", IFF_TUN, US);
	s = receiver();
	put_udp(tun, US, US);
	CHECK_EQ(count(s), 0);
	CHECK_EQ(set("t0", "accept_local", "1"), 0);
	put_udp(tun, US, US);
	CHECK_EQ(count(s), 1);
}

CASE(loopback_addresses_stay_here)
{
	int tun, s;

	own_namespace();
	tun = link_made("t0", IFF_TUN, US);
	s = receiver();
	put_udp(tun, PEER, "127.0.0.1");
	put_udp(tun, "127.0.0.2", US);
	CHECK_EQ(count(s), 0);
	CHECK_EQ(set("t0", "route_localnet", "1"), 0);
	put_udp(tun, PEER, "127.0.0.1");
	CHECK_EQ(count(s), 1);
}

CASE(addresses_that_nobody_has)
{
	static const char *const pairs[][2] = {
		{ "0.0.0.0", US }, { "255.255.255.255", US }, { "224.0.0.1", US },
		{ PEER, "0.0.0.0" }, { "0.0.0.0", "10.98.0.255" },
	};
	int tun, s;

	own_namespace();
	tun = link_made("t0", IFF_TUN, US);
	s = receiver();
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		put_udp(tun, pairs[i][0], pairs[i][1]);
		if (count(s))
			tap_fail(__LINE__, "from %s to %s it arrives", pairs[i][0], pairs[i][1]);
	}
	put_udp(tun, "0.0.0.0", "255.255.255.255");	/* asks for its own */
	CHECK_EQ(count(s), 1);
}

CASE(forwarding_is_each_interfaces)
{
	int t0, t1;

	own_namespace();
	t0 = link_made("t0", IFF_TUN, US);
	t1 = link_made("t1", IFF_TUN, "10.99.0.1");
	while (tun_next(t1, frame, sizeof(frame), SOON))	/* what the link says by itself */
		;
	put_udp(t0, PEER, "10.99.0.2");
	CHECK_EQ(tun_next(t1, frame, sizeof(frame), SOON), 0);
	CHECK_EQ(set("t1", "forwarding", "1"), 0);	/* not where it came in */
	put_udp(t0, PEER, "10.99.0.2");
	CHECK_EQ(tun_next(t1, frame, sizeof(frame), SOON), 0);
	CHECK_EQ(set("t1", "forwarding", "0"), 0);
	CHECK_EQ(set("t0", "forwarding", "1"), 0);
	put_udp(t0, PEER, "10.99.0.2");
	CHECK_EQ(tun_next(t1, frame, sizeof(frame), SOON), 28);
	CHECK_EQ(frame[8], 63);
}

/* ---- ARP ---- */

#define ARP_LEN 42u
static const uint8_t peer_mac[6] = { 2, 0, 0, 0, 0, 9 };
static uint8_t asked[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };	/* whom questions go to */

static void put_arp(int tap, int op, const char *from, const char *about, const uint8_t *tha)
{
	uint8_t p[ARP_LEN] = { [12] = 8, 6, 0, 1, 8, 0, 6, 4, 0, (uint8_t)op };
	in_addr_t s = inet_addr(from), t = inet_addr(about);

	memcpy(p, asked, 6);
	memcpy(p + 6, peer_mac, 6);
	memcpy(p + 22, peer_mac, 6);
	memcpy(p + 28, &s, 4);
	if (tha)
		memcpy(p + 32, tha, 6);
	memcpy(p + 38, &t, 4);
	NEED(write(tap, p, sizeof(p)) == sizeof(p));
}

/* The next ARP frame of @op, into frame; 0: none comes. */
static int next_arp(int tap, int op)
{
	size_t n;

	while ((n = tun_next(tap, frame, sizeof(frame), SOON)))
		if (n >= ARP_LEN && frame[12] == 8 && frame[13] == 6 && frame[21] == op)
			return 1;
	return 0;
}

/* Is a question of @from about @about answered. */
static int answers(int tap, const char *from, const char *about)
{
	put_arp(tap, 1, from, about, NULL);
	return next_arp(tap, 2);
}

static int sender_is(const char *ip)
{
	in_addr_t a = inet_addr(ip);

	return !memcmp(frame + 28, &a, 4);
}

static int knows(const char *ip)
{
	return strstr(read_file("/proc/net/arp"), ip) != NULL;
}

CASE(questions_that_are_ignored)
{
	int tap;

	own_namespace();
	tap = link_made("t0", IFF_TAP, US);
	link_made("t1", IFF_TAP, "10.99.0.1");
	CHECK_EQ(answers(tap, PEER, US), 1);
	CHECK(!memcmp(frame, peer_mac, 6) && sender_is(US));
	CHECK_EQ(answers(tap, PEER, "10.99.0.1"), 1);
	CHECK_EQ(answers(tap, PEER, PEER), 0);
	CHECK_EQ(answers(tap, PEER, "127.0.0.1"), 0);
	CHECK_EQ(answers(tap, "0.0.0.0", US), 1);	/* a probe */
	tun_open("t2", IFF_TUN);
	CHECK_EQ(set("t0", "arp_ignore", "1"), 0);
	CHECK_EQ(answers(tap, PEER, US), 1);
	CHECK_EQ(answers(tap, PEER, "10.99.0.1"), 0);
	CHECK_EQ(set("all", "arp_ignore", "2"), 0);
	CHECK_EQ(answers(tap, PEER, US), 1);
	CHECK_EQ(answers(tap, "10.97.0.9", US), 0);
	CHECK_EQ(set("all", "arp_ignore", "8"), 0);
	CHECK_EQ(answers(tap, PEER, US), 0);
}

CASE(questions_that_are_filtered)
{
	int tap;

	own_namespace();
	tap = link_made("t0", IFF_TAP, US);
	link_made("t1", IFF_TAP, "10.99.0.1");
	CHECK_EQ(answers(tap, "10.99.0.7", US), 1);
	CHECK_EQ(set("t0", "arp_filter", "1"), 0);
	CHECK_EQ(answers(tap, "10.99.0.7", US), 0);
	CHECK_EQ(answers(tap, PEER, US), 1);
}

CASE(answers_for_others)
{
	struct ifreq r = named("t0");
	int tap, s;

	own_namespace();
	s = socket(AF_INET, SOCK_DGRAM, 0);
	tap = link_made("t0", IFF_TAP, US);
	link_made("t1", IFF_TAP, "10.99.0.1");
	NEED(!ioctl(s, SIOCGIFHWADDR, &r));
	memcpy(asked, r.ifr_hwaddr.sa_data, 6);		/* it alone: then there is no delay */
	CHECK_EQ(answers(tap, PEER, "10.99.0.2"), 0);
	CHECK_EQ(set("t0", "proxy_arp", "1"), 0);
	CHECK_EQ(answers(tap, PEER, "10.99.0.2"), 0);	/* it would not forward */
	CHECK_EQ(set("t0", "forwarding", "1"), 0);
	CHECK_EQ(answers(tap, PEER, "10.99.0.2"), 1);
	CHECK(sender_is("10.99.0.2"));
	CHECK_EQ(answers(tap, PEER, "10.98.0.3"), 0);	/* it can answer itself */
}

CASE(what_nobody_asked_for)
{
	int tap;

	own_namespace();
	tap = link_made("t0", IFF_TAP, US);
	put_arp(tap, 1, "10.98.0.5", "10.98.0.5", NULL);
	CHECK(!answers(tap, "10.98.0.8", "10.98.0.9"));		/* all before it was seen */
	CHECK(!knows("10.98.0.5"));
	CHECK_EQ(set("t0", "arp_accept", "1"), 0);
	put_arp(tap, 1, "10.98.0.5", "10.98.0.5", NULL);
	CHECK(!answers(tap, "10.98.0.8", "10.98.0.9"));
	CHECK(knows("10.98.0.5"));
	CHECK_EQ(set("t0", "drop_gratuitous_arp", "1"), 0);
	put_arp(tap, 1, "10.98.0.6", "10.98.0.6", NULL);
	CHECK(!answers(tap, "10.98.0.8", "10.98.0.9"));
	CHECK(!knows("10.98.0.6"));
}

/* The source that a question about PEER names when @from sends there. */
static int asks_as(int tap, const char *from, const char *expect)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0), ok;
	struct sockaddr_in me = addr(from, 0), to = addr("10.98.0.3", PORT);
	struct arpreq_ { struct sockaddr pa, ha; int flags; struct sockaddr mask; char dev[16]; } q = { .dev = "t0" };

	NEED(!bind(s, (void *)&me, sizeof(me)));
	NEED(!sendto(s, "", 0, 0, (void *)&to, sizeof(to)));
	ok = next_arp(tap, 1) && sender_is(expect);
	memcpy(&q.pa, &to, sizeof(to));
	ioctl(s, 0x8953, &q);	/* SIOCDARP */
	close(s);
	return ok;
}

CASE(what_neighbours_are_told)
{
	int tap;

	own_namespace();
	tap = link_made("t0", IFF_TAP, US);
	link_made("t1", IFF_TAP, "10.99.0.1");
	CHECK(asks_as(tap, US, US));
	CHECK(asks_as(tap, "10.99.0.1", "10.99.0.1"));
	CHECK_EQ(set("t0", "arp_announce", "1"), 0);
	CHECK(asks_as(tap, "10.99.0.1", US));
	CHECK(asks_as(tap, US, US));
	CHECK_EQ(set("t0", "arp_announce", "2"), 0);
	CHECK(asks_as(tap, "10.99.0.1", US));
}

CASE(told_when_it_goes_up)
{
	int tap;

	own_namespace();
	tap = tun_open("t0", IFF_TAP);
	set_address("t0", US, "255.255.255.0");
	link_up("t0");
	while (next_arp(tap, 1))
		CHECK(!sender_is(US));
	close(tap);
	tap = tun_open("t0", IFF_TAP);
	CHECK_EQ(set("t0", "arp_notify", "1"), 0);
	set_address("t0", US, "255.255.255.0");
	link_up("t0");
	CHECK(next_arp(tap, 1));
	CHECK(sender_is(US) && !memcmp(frame + 38, frame + 28, 4));
}

TAP_MAIN
