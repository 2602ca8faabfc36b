// SPDX-License-Identifier: GPL-2.0-only
/*
 * Routing tables and rules, routes that refuse, several ways, forwarding of both versions.
 * guest-modules: dummy, veth
 */
#include "tap.h"
#include "nl.h"

#include <linux/fib_rules.h>

static int old;

/* Route request; via, dev, table may be NULL or 0. 0 or errno. */
static int route(int cmd, int flags, const char *dst, int plen, const char *via, const char *dev, uint32_t table,
		 int type)
{
	int v6 = strchr(dst, ':') != NULL;
	unsigned char a[16];
	struct rtmsg *m;
	struct req r;

	m = start(&r, cmd, flags, sizeof(*m));
	m->rtm_family = v6 ? AF_INET6 : AF_INET;
	m->rtm_dst_len = (unsigned char)plen;
	m->rtm_type = (unsigned char)type;
	m->rtm_protocol = RTPROT_STATIC;
	m->rtm_scope = cmd == RTM_DELROUTE ? RT_SCOPE_NOWHERE : via || type != RTN_UNICAST ? RT_SCOPE_UNIVERSE :
		       RT_SCOPE_LINK;
	inet_pton(m->rtm_family, dst, a);
	if (plen)
		attr(&r, RTA_DST, a, v6 ? 16 : 4);
	if (via) {
		inet_pton(m->rtm_family, via, a);
		attr(&r, RTA_GATEWAY, a, v6 ? 16 : 4);
	}
	if (dev)
		word(&r, RTA_OIF, if_nametoindex(dev));
	word(&r, RTA_TABLE, table ? table : RT_TABLE_MAIN);
	return ask(&r);
}

#define NEW (NLM_F_CREATE | NLM_F_EXCL)

static int rule(int cmd, uint32_t prio, uint32_t table, const char *from, uint32_t mark, int action)
{
	struct fib_rule_hdr *h;
	unsigned char a[4];
	struct req r;

	h = start(&r, cmd, cmd == RTM_NEWRULE ? NEW : 0, sizeof(*h));
	h->family = AF_INET;
	h->action = (unsigned char)action;
	if (from) {
		inet_pton(AF_INET, from, a);
		h->src_len = 32;
		attr(&r, FRA_SRC, a, 4);
	}
	if (mark)
		word(&r, FRA_FWMARK, mark);
	if (prio)
		word(&r, FRA_PRIORITY, prio);
	if (table)
		word(&r, FRA_TABLE, table);
	return ask(&r);
}

/* The interface and table that a packet would take; negative: -errno. */
static int way(const char *dst, const char *src, uint32_t mark, uint32_t *table)
{
	int v6 = strchr(dst, ':') != NULL, s = fresh_nl(), n, oif = 0;
	struct nlmsghdr *h = (void *)buf;
	unsigned char a[16];
	struct rtmsg *m;
	struct req r;

	m = start(&r, RTM_GETROUTE, 0, sizeof(*m));
	r.h.nlmsg_flags = NLM_F_REQUEST;
	m->rtm_flags = RTM_F_LOOKUP_TABLE;
	m->rtm_family = v6 ? AF_INET6 : AF_INET;
	m->rtm_dst_len = v6 ? 128 : 32;
	inet_pton(m->rtm_family, dst, a);
	attr(&r, RTA_DST, a, v6 ? 16 : 4);
	if (src) {
		inet_pton(m->rtm_family, src, a);
		m->rtm_src_len = v6 ? 128 : 32;
		attr(&r, RTA_SRC, a, v6 ? 16 : 4);
	}
	if (mark)
		word(&r, RTA_MARK, mark);
	NEED(send(s, &r, r.h.nlmsg_len, 0) > 0);
	NEED(recv(s, buf, sizeof(buf), 0) > 0);
	close(s);
	if (h->nlmsg_type == NLMSG_ERROR)
		return ((struct nlmsgerr *)NLMSG_DATA(h))->error;
	m = NLMSG_DATA(h);
	n = (int)RTM_PAYLOAD(h);
	for (struct rtattr *t = RTM_RTA(m); RTA_OK(t, n); t = RTA_NEXT(t, n)) {
		if (t->rta_type == RTA_OIF)
			oif = (int)value(t);
		if (t->rta_type == RTA_TABLE && table)
			*table = value(t);
	}
	return oif;
}

static void two_dummies(void)
{
	new_ns(&old);
	CHECK_EQ(add("d0", "dummy"), 0);
	CHECK_EQ(add("d1", "dummy"), 0);
	address("d0", "10.1.0.1");
	address("d1", "10.2.0.1");
}

CASE(routes_that_refuse)
{
	two_dummies();
	CHECK_EQ(route(RTM_NEWROUTE, NEW, "10.50.0.0", 16, NULL, NULL, 0, RTN_BLACKHOLE), 0);
	CHECK_EQ(route(RTM_NEWROUTE, NEW, "10.51.0.0", 16, NULL, NULL, 0, RTN_UNREACHABLE), 0);
	CHECK_EQ(route(RTM_NEWROUTE, NEW, "10.52.0.0", 16, NULL, NULL, 0, RTN_PROHIBIT), 0);
	CHECK_EQ(way("10.50.1.1", NULL, 0, NULL), -EINVAL);
	CHECK_EQ(way("10.51.1.1", NULL, 0, NULL), -EHOSTUNREACH);
	CHECK_EQ(way("10.52.1.1", NULL, 0, NULL), -EACCES);
	CHECK_EQ(route(RTM_NEWROUTE, NEW, "10.50.0.0", 16, NULL, NULL, 0, RTN_BLACKHOLE), EEXIST);
	CHECK_EQ(route(RTM_DELROUTE, 0, "10.50.0.0", 16, NULL, NULL, 0, RTN_BLACKHOLE), 0);
	CHECK_EQ(way("10.50.1.1", NULL, 0, NULL), -ENETUNREACH);
	CHECK_EQ(route(RTM_DELROUTE, 0, "10.50.0.0", 16, NULL, NULL, 0, RTN_BLACKHOLE), ESRCH);
}

CASE(tables_and_rules)
{
	uint32_t t = 0;

	two_dummies();
	CHECK_EQ(route(RTM_NEWROUTE, NEW, "10.60.0.0", 16, "10.1.0.9", NULL, 0, RTN_UNICAST), 0);
	CHECK_EQ(route(RTM_NEWROUTE, NEW, "10.60.0.0", 16, "10.2.0.9", NULL, 1000, RTN_UNICAST), 0);
	CHECK_EQ(way("10.60.0.1", NULL, 0, &t), if_nametoindex("d0"));
	CHECK_EQ(t, RT_TABLE_MAIN);
	CHECK_EQ(rule(RTM_NEWRULE, 100, 1000, "10.2.0.1", 0, FR_ACT_TO_TBL), 0);
	CHECK_EQ(rule(RTM_NEWRULE, 100, 1000, "10.2.0.1", 0, FR_ACT_TO_TBL), EEXIST);
	CHECK_EQ(way("10.60.0.1", "10.2.0.1", 0, &t), if_nametoindex("d1"));
	CHECK_EQ(t, 1000);
	CHECK_EQ(way("10.60.0.1", "10.1.0.1", 0, NULL), if_nametoindex("d0"));
	CHECK_EQ(rule(RTM_NEWRULE, 101, 1000, NULL, 7, FR_ACT_TO_TBL), 0);
	CHECK_EQ(way("10.60.0.1", NULL, 7, NULL), if_nametoindex("d1"));
	CHECK_EQ(way("10.60.0.1", NULL, 8, NULL), if_nametoindex("d0"));
	CHECK_EQ(rule(RTM_NEWRULE, 50, 0, NULL, 9, FR_ACT_PROHIBIT), 0);
	CHECK_EQ(way("10.60.0.1", NULL, 9, NULL), -EACCES);
	CHECK_EQ(rule(RTM_DELRULE, 50, 0, NULL, 9, FR_ACT_PROHIBIT), 0);
	CHECK_EQ(way("10.60.0.1", NULL, 9, NULL), if_nametoindex("d0"));
	CHECK_EQ(rule(RTM_DELRULE, 50, 0, NULL, 9, FR_ACT_PROHIBIT), ENOENT);
	CHECK_EQ(rule(RTM_DELRULE, 32766, RT_TABLE_MAIN, NULL, 0, FR_ACT_TO_TBL), 0);
	CHECK_EQ(way("10.60.0.1", NULL, 0, NULL), -ENETUNREACH);
	CHECK_EQ(way("10.1.0.1", NULL, 0, NULL), if_nametoindex("lo"));
}

CASE(several_ways_share_flows)
{
	unsigned char via[2][4] = { { 10, 1, 0, 9 }, { 10, 2, 0, 9 } };
	unsigned char dst[4] = { 10, 70, 0, 0 };
	int first = 0, second = 0;
	struct rtattr *all;
	struct rtmsg *m;
	struct req r;

	two_dummies();
	m = start(&r, RTM_NEWROUTE, NEW, sizeof(*m));
	*m = (struct rtmsg){ .rtm_family = AF_INET, .rtm_dst_len = 16, .rtm_table = RT_TABLE_MAIN,
			     .rtm_protocol = RTPROT_STATIC, .rtm_type = RTN_UNICAST };
	attr(&r, RTA_DST, dst, 4);
	all = attr(&r, RTA_MULTIPATH, NULL, 0);
	for (int i = 0; i < 2; i++) {
		struct rtnexthop *n = (void *)((char *)&r + NLMSG_ALIGN(r.h.nlmsg_len));

		memset(n, 0, sizeof(*n));
		r.h.nlmsg_len += sizeof(*n);
		attr(&r, RTA_GATEWAY, via[i], 4);
		n->rtnh_len = (unsigned short)((char *)&r + r.h.nlmsg_len - (char *)n);
	}
	end(&r, all);
	CHECK_EQ(ask(&r), 0);
	for (int i = 1; i < 60; i++) {
		char ip[20];
		int oif;

		snprintf(ip, sizeof(ip), "10.70.%d.%d", i, i * 3 % 250);
		oif = way(ip, NULL, 0, NULL);
		first += oif == (int)if_nametoindex("d0");
		second += oif == (int)if_nametoindex("d1");
	}
	CHECK_EQ(first + second, 59);
	CHECK(first > 5 && second > 5);
	CHECK_EQ(set_up("d0", 0), 0);
	CHECK_EQ(way("10.70.1.1", NULL, 0, NULL), if_nametoindex("d1"));
	CHECK_EQ(set_up("d1", 0), 0);
	CHECK_EQ(way("10.70.1.1", NULL, 0, NULL), -ENETUNREACH);
}

static void address6(const char *name, const char *ip)
{
	struct ifaddrmsg *m;
	unsigned char a[16];
	struct req r;

	inet_pton(AF_INET6, ip, a);
	m = start(&r, RTM_NEWADDR, NEW, sizeof(*m));
	m->ifa_family = AF_INET6;
	m->ifa_prefixlen = 64;
	m->ifa_flags = IFA_F_NODAD;
	m->ifa_index = if_nametoindex(name);
	attr(&r, IFA_LOCAL, a, 16);
	CHECK_EQ(ask(&r), 0);
}

static int talk6(int a, int b, const char *to)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6, .sin6_port = htons(4000) };
	struct timeval tv = { 3, 0 };
	char got[16] = "";
	int s, r, ok;

	go(b);
	r = socket(AF_INET6, SOCK_DGRAM, 0);
	NEED(bind(r, (void *)&at, sizeof(at)) == 0);
	NEED(setsockopt(r, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == 0);
	go(a);
	s = socket(AF_INET6, SOCK_DGRAM, 0);
	inet_pton(AF_INET6, to, &at.sin6_addr);
	ok = sendto(s, "word", 4, 0, (void *)&at, sizeof(at)) == 4 && recv(r, got, sizeof(got), 0) == 4;
	close(s);
	close(r);
	return ok;
}

CASE(a_router_forwards_both_versions)
{
	int left, mid, right;

	mid = new_ns(&old);
	CHECK_EQ(add_veth("ml", "l"), 0);
	CHECK_EQ(add_veth("mr", "r"), 0);
	left = new_ns(&old);
	right = new_ns(&old);
	go(mid);
	CHECK_EQ(set_word("l", IFLA_NET_NS_FD, (uint32_t)left), 0);
	CHECK_EQ(set_word("r", IFLA_NET_NS_FD, (uint32_t)right), 0);
	address("ml", "10.11.0.254");
	address6("ml", "fd00:11::fe");
	address("mr", "10.12.0.254");
	address6("mr", "fd00:12::fe");
	go(left);
	address("l", "10.11.0.1");
	address6("l", "fd00:11::1");
	CHECK_EQ(route(RTM_NEWROUTE, NEW, "0.0.0.0", 0, "10.11.0.254", NULL, 0, RTN_UNICAST), 0);
	CHECK_EQ(route(RTM_NEWROUTE, NEW, "::", 0, "fd00:11::fe", NULL, 0, RTN_UNICAST), 0);
	go(right);
	address("r", "10.12.0.1");
	address6("r", "fd00:12::1");
	CHECK_EQ(route(RTM_NEWROUTE, NEW, "0.0.0.0", 0, "10.12.0.254", NULL, 0, RTN_UNICAST), 0);
	CHECK_EQ(route(RTM_NEWROUTE, NEW, "::", 0, "fd00:12::fe", NULL, 0, RTN_UNICAST), 0);
	CHECK(!talk(left, right, "10.12.0.1"));
	go(mid);
	NEED(!put_file("/proc/sys/net/ipv4/ip_forward", "1\n"));
	NEED(!put_file("/proc/sys/net/ipv6/conf/all/forwarding", "1\n"));
	CHECK(talk(left, right, "10.12.0.1"));
	CHECK(talk(right, left, "10.11.0.1"));
	CHECK(talk6(left, right, "fd00:12::1"));
	CHECK(talk6(right, left, "fd00:11::1"));
	go(old);
}

TAP_MAIN
