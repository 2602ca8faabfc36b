// SPDX-License-Identifier: GPL-2.0-only
/*
 * What routers say that a path takes: learnt for the destination, for all sockets, for a while. RFC 1191, 8201.
 *
 * guest-modules: tun
 */
#include "tap.h"
#include "inet.h"
#include "tun.h"

#include <linux/route.h>
#include <linux/rtnetlink.h>
#include <netinet/tcp.h>
#include <sched.h>

#define FAR	"10.50.0.1"
#define FAR6	"fd50::1"
#define PORT 9

struct in6_ifreq { struct in6_addr addr; uint32_t plen; int ifindex; };

static int in_the_first;	/* namespace: the one that is never made */
static int tun, udp;
static uint8_t pkt[2000];	/* what came out last */

static void add_route(int s)
{
	struct rtentry rt = { .rt_flags = RTF_UP | RTF_GATEWAY };
	struct sockaddr_in *a = (void *)&rt.rt_dst;

	*a = addr("10.50.0.0", 0);
	*(struct sockaddr_in *)&rt.rt_genmask = addr("255.255.0.0", 0);
	*(struct sockaddr_in *)&rt.rt_gateway = addr("10.98.0.2", 0);
	NEED(!ioctl(s, SIOCADDRT, &rt));
}

static void setup(void)
{
	int s;

	NEED(in_the_first || !unshare(CLONE_NEWNET));
	lo_up();
	tun = tun_open("tun0", IFF_TUN);
	set_address("tun0", "10.98.0.1", "255.255.255.0");
	link_up("tun0");
	s = socket(AF_INET, SOCK_DGRAM, 0);
	add_route(s);
	close(s);
	udp = socket(AF_INET, SOCK_DGRAM, 0);
}

/* The next packet of @version that leaves, into pkt; its length. */
static int next_out(int version)
{
	struct pollfd p = { tun, POLLIN, 0 };
	ssize_t n;

	do {
		NEED(poll(&p, 1, 3000) == 1);
		n = read(tun, pkt, sizeof(pkt));
		NEED(n > 0);
	} while (pkt[0] >> 4 != version || (version == 6 && pkt[6] == IPPROTO_HOPOPTS) ||
		 (version == 6 && pkt[6] == IPPROTO_ICMPV6));
	return (int)n;
}

static int send_far(int s, const char *ip, size_t n)
{
	static char bytes[4000];
	struct sockaddr_in to = addr(ip, PORT);

	return sendto(s, bytes, n, 0, (void *)&to, sizeof(to)) == (ssize_t)n ? 0 : errno;
}

/* A router tells that the packet in pkt is too big. */
static void too_big(unsigned mtu)
{
	uint8_t p[20 + 8 + 28] = { 0x45, [8] = 64, [9] = IPPROTO_ICMP, [12] = 10, 98, 0, 2, 10, 98, 0, 1, 3, 4 };

	put16(p + 2, sizeof(p));
	put16(p + 10, 0xffff & ~sum16(p, 20, 0));
	put16(p + 26, mtu);
	memcpy(p + 28, pkt, 28);
	put16(p + 22, 0xffff & ~sum16(p + 20, sizeof(p) - 20, 0));
	NEED(write(tun, p, sizeof(p)) == sizeof(p));
}

/* What a new socket to @ip is told. */
static int mtu_to(const char *ip)
{
	struct sockaddr_in to = addr(ip, PORT);
	int s = socket(AF_INET, SOCK_DGRAM, 0), v = -1;
	socklen_t n = sizeof(v);

	NEED(!connect(s, (void *)&to, sizeof(to)));
	NEED(!getsockopt(s, IPPROTO_IP, IP_MTU, &v, &n));
	close(s);
	return v;
}

static void learn(unsigned mtu)
{
	NEED(send_far(udp, FAR, 1400) == 0);
	NEED(next_out(4) == 1428);
	too_big(mtu);
}

CASE(a_datagram_goes_in_pieces_once_the_path_is_known)
{
	setup();
	NEED(send_far(udp, FAR, 1400) == 0);
	CHECK_EQ(next_out(4), 1428);
	CHECK_EQ(pkt[6] & 0x40, 0x40);		/* DF */
	too_big(1000);
	NEED(send_far(udp, FAR, 1400) == 0);
	CHECK_EQ(next_out(4), 996);
	CHECK_EQ(pkt[6], 0x20);			/* more follow */
	CHECK_EQ(next_out(4), 1428 - 976);
	NEED(send_far(udp, FAR, 900) == 0);
	CHECK_EQ(next_out(4), 928);
	CHECK_EQ(pkt[6] & 0x40, 0x40);
}

CASE(it_is_the_destinations_for_every_socket)
{
	setup();
	learn(1000);
	CHECK_EQ(mtu_to(FAR), 1000);
	CHECK_EQ(mtu_to("10.50.0.2"), 1500);
	too_big(1200);				/* not more than was known */
	CHECK_EQ(mtu_to(FAR), 1000);
	too_big(800);
	CHECK_EQ(mtu_to(FAR), 800);
}

CASE(who_must_not_fragment_is_told)
{
	int s, v = IP_PMTUDISC_DO;

	setup();
	learn(1000);
	s = socket(AF_INET, SOCK_DGRAM, 0);
	NEED(!setsockopt(s, IPPROTO_IP, IP_MTU_DISCOVER, &v, sizeof(v)));
	CHECK_EQ(send_far(s, FAR, 1400), EMSGSIZE);
	CHECK_EQ(send_far(s, FAR, 972), 0);
	CHECK_EQ(next_out(4), 1000);
	v = IP_PMTUDISC_PROBE;			/* does not care */
	NEED(!setsockopt(s, IPPROTO_IP, IP_MTU_DISCOVER, &v, sizeof(v)));
	CHECK_EQ(send_far(s, FAR, 1400), 0);
	CHECK_EQ(next_out(4), 1428);
	CHECK_EQ(pkt[6] & 0x40, 0x40);
}

/* How many of the routes that an answer holds are to FAR with an MTU of @mtu that ends. */
static int in_answer(const char *p, int n, uint32_t mtu)
{
	int found = 0;

	for (struct nlmsghdr *h = (void *)p; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
		struct rtmsg *m = NLMSG_DATA(h);
		int left = (int)RTM_PAYLOAD(h), good = 0;

		if (h->nlmsg_type != RTM_NEWROUTE || !(m->rtm_flags & RTM_F_CLONED))
			continue;
		for (struct rtattr *a = RTM_RTA(m); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
			struct rtattr *metric = RTA_DATA(a);
			in_addr_t far = inet_addr(FAR);

			if (a->rta_type == RTA_DST)
				good += !memcmp(RTA_DATA(a), &far, 4);
			if (a->rta_type == RTA_CACHEINFO)
				good += ((struct rta_cacheinfo *)RTA_DATA(a))->rta_expires > 50000;
			if (a->rta_type == RTA_METRICS)
				good += metric->rta_type == RTAX_MTU && *(uint32_t *)RTA_DATA(metric) == mtu;
		}
		found += good == 3;
	}
	return found;
}

/* The route to FAR (a @dump: all that were learnt) as ip route shows it. */
static int shown(int dump, uint32_t mtu)
{
	struct { struct nlmsghdr h; struct rtmsg m; struct rtattr a; in_addr_t dst; } q = {
		.h = { sizeof(q), RTM_GETROUTE, NLM_F_REQUEST | (dump ? NLM_F_DUMP : 0), 1, 0 },
		.m = { .rtm_family = AF_INET, .rtm_dst_len = dump ? 0 : 32, .rtm_flags = dump ? RTM_F_CLONED : 0 },
		.a = { 8, RTA_DST }, .dst = inet_addr(FAR) };
	int s = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), found;
	static char answer[16384];
	ssize_t n;

	if (dump)
		q.h.nlmsg_len = NLMSG_LENGTH(sizeof(q.m));
	NEED(send(s, &q, q.h.nlmsg_len, 0) == (ssize_t)q.h.nlmsg_len);
	n = recv(s, answer, sizeof(answer), 0);
	NEED(n > 0);
	found = in_answer(answer, (int)n, mtu);
	close(s);
	return found;
}

CASE(it_is_shown)
{
	setup();
	CHECK_EQ(shown(0, 1000), 0);
	CHECK_EQ(shown(1, 1000), 0);
	learn(1000);
	CHECK_EQ(shown(0, 1000), 1);
	CHECK_EQ(shown(1, 1000), 1);
}

CASE(it_is_forgotten_when_asked)
{
	setup();
	learn(1000);
	CHECK_EQ(mtu_to(FAR), 1000);
	NEED(!put_file("/proc/sys/net/ipv4/route/flush", "1"));
	CHECK_EQ(mtu_to(FAR), 1500);
}

CASE(it_is_forgotten_with_time)
{
	setup();
	NEED(!put_file("/proc/sys/net/ipv4/route/mtu_expires", "1"));
	learn(1000);
	CHECK_EQ(mtu_to(FAR), 1000);
	usleep(1300000);
	CHECK_EQ(mtu_to(FAR), 1500);
}

CASE(nobody_makes_it_too_small)
{
	setup();
	learn(100);
	CHECK_EQ(mtu_to(FAR), 552);
	NEED(send_far(udp, FAR, 400) == 0);
	CHECK_EQ(next_out(4), 428);
	CHECK_EQ(pkt[6] & 0x40, 0);		/* who knows what the path takes: no DF */
}

CASE(a_connected_socket_hears_of_it)
{
	struct sockaddr_in to = addr(FAR, PORT);
	int v = 0;
	socklen_t n = sizeof(v);

	setup();
	NEED(!connect(udp, (void *)&to, sizeof(to)));
	NEED(getsockopt(udp, IPPROTO_IP, IP_MTU, &v, &n) == 0);
	CHECK_EQ(v, 1500);
	learn(1000);
	CHECK_EQ(send(udp, "x", 1, 0), -1);
	CHECK_EQ(errno, EMSGSIZE);
	NEED(getsockopt(udp, IPPROTO_IP, IP_MTU, &v, &n) == 0);
	CHECK_EQ(v, 1000);
}

/* ---- TCP ---- */

/* Answer the SYN in pkt. */
static void accept_it(void)
{
	uint8_t p[44] = { 0x45, [8] = 64, [9] = IPPROTO_TCP, [12] = 10, 50, 0, 1, 10, 98, 0, 1 };
	uint8_t *t = p + 20;

	put16(p + 2, sizeof(p));
	put16(p + 10, 0xffff & ~sum16(p, 20, 0));
	memcpy(t, pkt + 22, 2);
	memcpy(t + 2, pkt + 20, 2);
	put16(t + 6, 1000);
	memcpy(t + 8, pkt + 24, 4);
	for (int i = 11; !++t[i]; i--)
		;
	t[12] = 6 << 4;
	t[13] = 0x12;
	put16(t + 14, 60000);
	t[20] = 2;
	t[21] = 4;
	put16(t + 22, 1460);
	put16(t + 16, 0xffff & ~sum16(t, 24, sum16(p + 12, 8, IPPROTO_TCP + 24)));
	NEED(write(tun, p, sizeof(p)) == sizeof(p));
}

CASE(a_new_connection_knows_it)
{
	struct sockaddr_in to = addr(FAR, 80);
	static char bytes[5000];
	int s;

	setup();
	learn(1000);
	s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	FAILS(connect(s, (void *)&to, sizeof(to)), EINPROGRESS);
	NEED(next_out(4) > 40);
	accept_it();
	CHECK_EQ(next_out(4), 40);
	NEED(send(s, bytes, sizeof(bytes), 0) == sizeof(bytes));
	CHECK_EQ(next_out(4), 1000);
	CHECK_EQ(next_out(4), 1000);
}

/* ---- IPv6 ---- */

static void setup6(void)
{
	struct in6_ifreq q = { .plen = 64 };
	struct in6_rtmsg { struct in6_addr dst, src, gateway; uint32_t type; uint16_t dst_len, src_len;
			   uint32_t metric; unsigned long info; uint32_t flags; int ifindex; } rt = { 0 };
	int s;

	setup();
	s = socket(AF_INET6, SOCK_DGRAM, 0);
	inet_pton(AF_INET6, "fd98::1", &q.addr);
	q.ifindex = rt.ifindex = (int)if_nametoindex("tun0");
	NEED(!ioctl(s, SIOCSIFADDR, &q));
	inet_pton(AF_INET6, "fd50::", &rt.dst);
	rt.dst_len = 64;
	rt.flags = RTF_UP;
	rt.metric = 1;
	NEED(!ioctl(s, SIOCADDRT, &rt));
	close(s);
	udp = socket(AF_INET6, SOCK_DGRAM, 0);
}

static int send_far6(size_t n)
{
	static char bytes[4000];
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons(9) };

	inet_pton(AF_INET6, FAR6, &to.sin6_addr);
	return sendto(udp, bytes, n, 0, (void *)&to, sizeof(to)) == (ssize_t)n ? 0 : errno;
}

static void too_big6(unsigned mtu)
{
	uint8_t p[40 + 8 + 48] = { 0x60, [6] = IPPROTO_ICMPV6, 64, [40] = 2 };

	put16(p + 4, sizeof(p) - 40);
	inet_pton(AF_INET6, "fd98::2", p + 8);
	memcpy(p + 24, pkt + 8, 16);
	put16(p + 46, mtu);
	memcpy(p + 48, pkt, 48);
	put16(p + 42, 0xffff & ~sum16(p + 40, sizeof(p) - 40, sum16(p + 8, 32, IPPROTO_ICMPV6 + sizeof(p) - 40)));
	NEED(write(tun, p, sizeof(p)) == sizeof(p));
}

static int mtu_to6(const char *ip)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons(9) };
	int s = socket(AF_INET6, SOCK_DGRAM, 0), v = -1;
	socklen_t n = sizeof(v);

	inet_pton(AF_INET6, ip, &to.sin6_addr);
	NEED(!connect(s, (void *)&to, sizeof(to)));
	NEED(!getsockopt(s, IPPROTO_IPV6, IPV6_MTU, &v, &n));
	close(s);
	return v;
}

CASE(the_same_of_ipv6)
{
	setup6();
	CHECK_EQ(mtu_to6(FAR6), 1500);
	NEED(send_far6(1400) == 0);
	CHECK_EQ(next_out(6), 1448);
	too_big6(1300);
	CHECK_EQ(mtu_to6(FAR6), 1300);
	CHECK_EQ(mtu_to6("fd50::2"), 1500);
	NEED(send_far6(1400) == 0);
	CHECK_EQ(next_out(6), 40 + 8 + 1248);
	CHECK_EQ(pkt[6], IPPROTO_FRAGMENT);
	CHECK_EQ(next_out(6), 40 + 8 + 1408 - 1248);
	too_big6(1000);				/* it is the second piece: nothing to find a socket by */
	CHECK_EQ(mtu_to6(FAR6), 1300);
}

CASE(the_first_namespace_learns_too)
{
	int udp6;

	in_the_first = 1;
	setup6();
	udp6 = udp;
	udp = socket(AF_INET, SOCK_DGRAM, 0);
	learn(1000);
	CHECK_EQ(mtu_to(FAR), 1000);
	udp = udp6;
	NEED(send_far6(1400) == 0);
	CHECK_EQ(next_out(6), 1448);
	too_big6(1300);
	CHECK_EQ(mtu_to6(FAR6), 1300);
}

CASE(every_link_of_ipv6_takes_1280)
{
	setup6();
	NEED(send_far6(1400) == 0);
	CHECK_EQ(next_out(6), 1448);
	too_big6(600);
	CHECK_EQ(mtu_to6(FAR6), 1500);
}

TAP_MAIN
