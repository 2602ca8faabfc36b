// SPDX-License-Identifier: GPL-2.0-only
/*
 * IPv4 addresses over netlink: networks and who is first in them, peers, lifetimes, and the routes that follow.
 *
 * guest-modules: dummy
 */
#include "tap.h"
#include "nl.h"

#include <sys/ioctl.h>

/* What a request says of an address; what is 0 is left out. */
struct want {
	const char *local, *peer, *broadcast, *label;
	int plen, scope;
	uint32_t flags, metric, valid, preferred;
};

static int request(const char *dev, int type, int flags, const struct want *w)
{
	struct ifa_cacheinfo ci = { .ifa_valid = w->valid ? w->valid : UINT32_MAX,
				    .ifa_prefered = w->preferred ? w->preferred : UINT32_MAX };
	struct ifaddrmsg *m;
	struct in_addr a;
	struct req r;

	m = start(&r, type, flags, sizeof(*m));
	m->ifa_family = AF_INET;
	m->ifa_prefixlen = (uint8_t)(w->plen ? w->plen : 24);
	m->ifa_scope = (uint8_t)w->scope;
	m->ifa_index = if_nametoindex(dev);
	inet_pton(AF_INET, w->local, &a);
	attr(&r, IFA_LOCAL, &a, 4);
	if (w->peer)
		inet_pton(AF_INET, w->peer, &a);
	attr(&r, IFA_ADDRESS, &a, 4);
	if (w->broadcast) {
		inet_pton(AF_INET, w->broadcast, &a);
		attr(&r, IFA_BROADCAST, &a, 4);
	}
	if (w->label)
		text(&r, IFA_LABEL, w->label);
	if (w->flags)
		word(&r, IFA_FLAGS, w->flags);
	if (w->metric)
		word(&r, IFA_RT_PRIORITY, w->metric);
	if (w->valid || w->preferred)
		attr(&r, IFA_CACHEINFO, &ci, sizeof(ci));
	return ask(&r);
}

static int put(struct want w) { return request("d0", RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &w); }
static int replace(struct want w) { return request("d0", RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, &w); }
static int take(struct want w) { return request("d0", RTM_DELADDR, 0, &w); }
#define PUT(...) put((struct want){ __VA_ARGS__ })
#define REPLACE(...) replace((struct want){ __VA_ARGS__ })
#define TAKE(...) take((struct want){ __VA_ARGS__ })

/* Every answer to a dump of @type, as text in @out: one line each, by @line. */
static void dump(int type, size_t fixed, char *out, size_t size, void (*line)(char *, size_t, struct nlmsghdr *))
{
	int s = fresh_nl(), done = 0;
	struct req r;
	uint8_t *m;

	*out = '\0';
	m = start(&r, type, NLM_F_DUMP, fixed);
	m[0] = AF_INET;
	NEED(send(s, &r, r.h.nlmsg_len, 0) > 0);
	while (!done) {
		ssize_t n = recv(s, buf, sizeof(buf), 0);

		NEED(n > 0);
		for (struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			done |= h->nlmsg_type == NLMSG_DONE;
			NEED(h->nlmsg_type != NLMSG_ERROR);
			if (h->nlmsg_type != NLMSG_DONE)
				line(out + strlen(out), size - strlen(out), h);
		}
	}
	close(s);
}

static void attributes(struct nlmsghdr *h, size_t fixed, struct rtattr **tb, int max)
{
	struct rtattr *a = (void *)((char *)NLMSG_DATA(h) + NLMSG_ALIGN(fixed));
	int n = (int)NLMSG_PAYLOAD(h, fixed);

	memset(tb, 0, sizeof(*tb) * (size_t)(max + 1));
	for (; RTA_OK(a, n); a = RTA_NEXT(a, n))
		if (a->rta_type <= max)
			tb[a->rta_type] = a;
}

static const char *ip_of(struct rtattr *a)
{
	static char text[4][16];
	static int at;

	at = (at + 1) % 4;
	return a ? inet_ntop(AF_INET, RTA_DATA(a), text[at], 16) : "-";
}

static void line_of_address(char *out, size_t size, struct nlmsghdr *h)
{
	struct ifaddrmsg *m = NLMSG_DATA(h);
	struct rtattr *tb[IFA_MAX + 1];

	if (m->ifa_index != if_nametoindex("d0"))
		return;
	attributes(h, sizeof(*m), tb, IFA_MAX);
	snprintf(out, size, "%s/%d%s%s%s%s%s\n", ip_of(tb[IFA_LOCAL]), m->ifa_prefixlen,
		 value(tb[IFA_LOCAL]) == value(tb[IFA_ADDRESS]) ? "" : " peer ",
		 value(tb[IFA_LOCAL]) == value(tb[IFA_ADDRESS]) ? "" : ip_of(tb[IFA_ADDRESS]),
		 value(tb[IFA_FLAGS]) & IFA_F_SECONDARY ? " secondary" : "",
		 value(tb[IFA_FLAGS]) & IFA_F_DEPRECATED ? " deprecated" : "",
		 value(tb[IFA_FLAGS]) & IFA_F_PERMANENT ? "" : " ends");
}

static void line_of_route(char *out, size_t size, struct nlmsghdr *h)
{
	struct rtmsg *m = NLMSG_DATA(h);
	struct rtattr *tb[RTA_MAX + 1];

	attributes(h, sizeof(*m), tb, RTA_MAX);
	if (m->rtm_flags & RTM_F_CLONED || value(tb[RTA_OIF]) != if_nametoindex("d0"))
		return;
	snprintf(out, size, "%s%s/%d src %s metric %u\n",
		 m->rtm_type == RTN_LOCAL ? "local " : m->rtm_type == RTN_BROADCAST ? "broadcast " : "",
		 ip_of(tb[RTA_DST]), m->rtm_dst_len, ip_of(tb[RTA_PREFSRC]), value(tb[RTA_PRIORITY]));
}

static const char *addresses(void)
{
	static char all[8192];

	dump(RTM_GETADDR, sizeof(struct ifaddrmsg), all, sizeof(all), line_of_address);
	return all;
}

static int has_route(const char *line)
{
	static char all[16384];

	dump(RTM_GETROUTE, sizeof(struct rtmsg), all, sizeof(all), line_of_route);
	if (!strstr(all, line))
		printf("# no \"%s\" in:\n%s", line, all);
	return strstr(all, line) != NULL;
}

static int no_route(const char *line)
{
	static char all[16384];

	dump(RTM_GETROUTE, sizeof(struct rtmsg), all, sizeof(all), line_of_route);
	if (strstr(all, line))
		printf("# \"%s\" is in:\n%s", line, all);
	return !strstr(all, line);
}

static void setup(void)
{
	int old;

	new_ns(&old);
	NEED(!add("d0", "dummy"));
	NEED(!set_up("d0", 1));
}

CASE(the_first_of_a_network)
{
	setup();
	CHECK_EQ(PUT("10.1.0.1"), 0);
	CHECK_EQ(PUT("10.1.0.2"), 0);
	CHECK_EQ(PUT("10.1.0.3"), 0);
	CHECK_EQ(PUT("10.2.0.1"), 0);
	CHECK_EQ(PUT("10.1.0.4", .plen = 25), 0);
	CHECK_EQ(PUT("10.1.0.2"), EEXIST);
	CHECK_EQ(PUT("10.1.0.9", .scope = RT_SCOPE_LINK), EINVAL);
	CHECK_STR(addresses(), "10.1.0.1/24\n10.2.0.1/24\n10.1.0.4/25\n10.1.0.2/24 secondary\n10.1.0.3/24 secondary\n");
	CHECK(has_route("local 10.1.0.2/32 src 10.1.0.1 metric 0\n"));
	CHECK(has_route("\n10.1.0.0/24 src 10.1.0.1 metric 0\n") || has_route("10.1.0.0/24 src 10.1.0.1 metric 0\n"));
	CHECK(no_route("10.1.0.0/24 src 10.1.0.2"));
	CHECK_EQ(TAKE("10.1.0.3"), 0);
	CHECK(no_route("local 10.1.0.3/32"));
	CHECK(has_route("10.1.0.0/24 src 10.1.0.1 metric 0\n"));
	CHECK_EQ(TAKE("10.1.0.3"), EADDRNOTAVAIL);
}

CASE(secondaries_go_with_the_first)
{
	setup();
	CHECK_EQ(PUT("10.1.0.1"), 0);
	CHECK_EQ(PUT("10.1.0.2"), 0);
	CHECK_EQ(PUT("10.1.0.3"), 0);
	CHECK_EQ(PUT("10.2.0.1"), 0);
	CHECK_EQ(TAKE("10.1.0.1"), 0);
	CHECK_STR(addresses(), "10.2.0.1/24\n");
	CHECK(no_route("10.1.0."));
}

CASE(or_one_of_them_takes_its_place)
{
	setup();
	NEED(!put_file("/proc/sys/net/ipv4/conf/d0/promote_secondaries", "1"));
	CHECK_EQ(PUT("10.1.0.1", .broadcast = "10.1.0.255"), 0);
	CHECK_EQ(PUT("10.1.0.2", .broadcast = "10.1.0.255"), 0);
	CHECK_EQ(PUT("10.1.0.3", .broadcast = "10.1.0.255"), 0);
	CHECK_EQ(PUT("10.2.0.1"), 0);
	CHECK_EQ(TAKE("10.1.0.1"), 0);
	CHECK_STR(addresses(), "10.2.0.1/24\n10.1.0.2/24\n10.1.0.3/24 secondary\n");
	CHECK(no_route("10.1.0.1"));
	CHECK(has_route("10.1.0.0/24 src 10.1.0.2 metric 0\n"));
	CHECK(has_route("local 10.1.0.2/32 src 10.1.0.2 metric 0\n"));
	CHECK(has_route("local 10.1.0.3/32 src 10.1.0.2 metric 0\n"));
	CHECK(has_route("broadcast 10.1.0.255/32 src 10.1.0.2 metric 0\n"));
}

CASE(the_other_end_of_a_link)
{
	setup();
	CHECK_EQ(PUT("10.1.0.1", .peer = "10.9.0.1", .plen = 32), 0);
	CHECK_STR(addresses(), "10.1.0.1/32 peer 10.9.0.1\n");
	CHECK(has_route("local 10.1.0.1/32 src 10.1.0.1 metric 0\n"));
	CHECK(has_route("10.9.0.1/32 src 10.1.0.1 metric 0\n"));
	CHECK_EQ(TAKE("10.1.0.1", .plen = 32), EADDRNOTAVAIL);
	CHECK_EQ(TAKE("10.1.0.1", .peer = "10.9.0.1", .plen = 32), 0);
	CHECK_STR(addresses(), "");
	CHECK(no_route("10.9.0.1"));
	CHECK_EQ(PUT("10.1.0.1", .plen = 32), 0);	/* nothing but itself */
	CHECK(no_route("\n10.1.0.1/32"));
}

CASE(routes_that_are_not_wanted)
{
	setup();
	CHECK_EQ(PUT("10.1.0.1", .flags = IFA_F_NOPREFIXROUTE), 0);
	CHECK_EQ(PUT("10.2.0.1", .metric = 77), 0);
	CHECK(has_route("local 10.1.0.1/32 src 10.1.0.1 metric 0\n"));
	CHECK(no_route("10.1.0.0/24"));
	CHECK(has_route("10.2.0.0/24 src 10.2.0.1 metric 77\n"));
	CHECK_EQ(REPLACE("10.2.0.1", .metric = 78), 0);
	CHECK(has_route("10.2.0.0/24 src 10.2.0.1 metric 78\n"));
	CHECK(no_route("metric 77"));
	CHECK_EQ(set_up("d0", 0), 0);
	CHECK(no_route("10.2.0.0/24"));
	CHECK_EQ(set_up("d0", 1), 0);
	CHECK(has_route("10.2.0.0/24 src 10.2.0.1 metric 78\n"));
	CHECK(no_route("10.1.0.0/24"));
}

CASE(addresses_that_end)
{
	setup();
	CHECK_EQ(PUT("10.1.0.1", .valid = 2, .preferred = 1), 0);
	CHECK_EQ(PUT("10.2.0.1"), 0);
	CHECK_EQ(PUT("10.3.0.1", .valid = 1, .preferred = 2), EINVAL);
	CHECK_STR(addresses(), "10.1.0.1/24 ends\n10.2.0.1/24\n");
	msleep(1500);
	CHECK_STR(addresses(), "10.1.0.1/24 deprecated ends\n10.2.0.1/24\n");
	msleep(1500);
	CHECK_STR(addresses(), "10.2.0.1/24\n");
	CHECK(no_route("10.1.0."));
	CHECK_EQ(REPLACE("10.2.0.1", .valid = 100, .preferred = 50), 0);
	CHECK_STR(addresses(), "10.2.0.1/24 ends\n");
	CHECK_EQ(REPLACE("10.2.0.1"), 0);
	CHECK_STR(addresses(), "10.2.0.1/24\n");
}

/* What a socket to @ip is given as its address. */
static const char *source_to(const char *ip)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(9) };
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	socklen_t n = sizeof(a);
	static char text[16];

	inet_pton(AF_INET, ip, &a.sin_addr);
	if (connect(s, (void *)&a, sizeof(a))) {
		close(s);
		return "unreachable";
	}
	NEED(!getsockname(s, (void *)&a, &n));
	close(s);
	return inet_ntop(AF_INET, &a.sin_addr, text, sizeof(text));
}

static int route(int type, const char *dst, int plen, const char *source)
{
	uint32_t oif = if_nametoindex("d0");
	struct rtmsg *m;
	struct in_addr a;
	struct req r;

	m = start(&r, type, NLM_F_CREATE, sizeof(*m));
	m->rtm_family = AF_INET;
	m->rtm_dst_len = (uint8_t)plen;
	m->rtm_table = RT_TABLE_MAIN;
	m->rtm_type = RTN_UNICAST;
	m->rtm_scope = RT_SCOPE_LINK;
	m->rtm_protocol = RTPROT_BOOT;
	inet_pton(AF_INET, dst, &a);
	attr(&r, RTA_DST, &a, 4);
	word(&r, RTA_OIF, oif);
	if (source) {
		inet_pton(AF_INET, source, &a);
		attr(&r, RTA_PREFSRC, &a, 4);
	}
	return ask(&r);
}

CASE(which_address_is_used)
{
	setup();
	CHECK_EQ(PUT("10.1.0.1"), 0);
	CHECK_EQ(PUT("10.1.0.2"), 0);
	CHECK_EQ(PUT("10.2.0.1"), 0);
	CHECK_STR(source_to("10.2.0.9"), "10.2.0.1");
	CHECK_STR(source_to("10.1.0.9"), "10.1.0.1");
	CHECK_EQ(route(RTM_NEWROUTE, "10.50.0.0", 16, "10.1.0.2"), 0);
	CHECK_STR(source_to("10.50.0.1"), "10.1.0.2");
	CHECK_EQ(TAKE("10.1.0.2"), 0);			/* and the routes that name it */
	CHECK(no_route("10.50.0.0/16"));
	CHECK_STR(source_to("10.50.0.1"), "unreachable");
}

CASE(an_interface_without_one_borrows)
{
	struct ifaddrmsg *m;
	struct in_addr a;
	struct req r;

	setup();
	inet_pton(AF_INET, "10.7.0.1", &a);
	m = start(&r, RTM_NEWADDR, NLM_F_CREATE, sizeof(*m));
	m->ifa_family = AF_INET;
	m->ifa_prefixlen = 32;
	m->ifa_index = if_nametoindex("lo");
	attr(&r, IFA_LOCAL, &a, 4);
	CHECK_EQ(ask(&r), 0);
	CHECK_EQ(route(RTM_NEWROUTE, "10.50.0.0", 16, NULL), 0);
	CHECK_STR(source_to("10.50.0.1"), "10.7.0.1");
}

CASE(one_address_on_two_interfaces)
{
	setup();
	NEED(!add("d1", "dummy") && !set_up("d1", 1));
	CHECK_EQ(PUT("10.1.0.1"), 0);
	CHECK_EQ(request("d1", RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &(struct want){ "10.1.0.1" }), 0);
	CHECK_EQ(request("d1", RTM_DELADDR, 0, &(struct want){ "10.1.0.1" }), 0);
	CHECK(has_route("local 10.1.0.1/32 src 10.1.0.1 metric 0\n"));
	CHECK(has_route("10.1.0.0/24 src 10.1.0.1 metric 0\n"));
	CHECK_STR(source_to("10.1.0.1"), "10.1.0.1");
}

TAP_MAIN
