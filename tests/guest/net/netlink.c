// SPDX-License-Identifier: GPL-2.0-only
/* AF_NETLINK: links, addresses, routes and sockets as programs ask for and change them. */
#include "tap.h"

#include <arpa/inet.h>
#include <linux/genetlink.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/taskstats.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>

static char buf[65536];
static uint32_t seq;

static int nl(int protocol)
{
	int s = socket(AF_NETLINK, SOCK_RAW, protocol);
	struct sockaddr_nl a = { .nl_family = AF_NETLINK };

	NEED(s >= 0);
	NEED(bind(s, (void *)&a, sizeof(a)) == 0);
	return s;
}

struct req { struct nlmsghdr h; char data[512]; };

static void *start(struct req *r, int type, int flags, size_t n)
{
	memset(r, 0, sizeof(*r));
	r->h.nlmsg_type = type;
	r->h.nlmsg_flags = NLM_F_REQUEST | flags;
	r->h.nlmsg_seq = ++seq;
	r->h.nlmsg_len = NLMSG_LENGTH(n);
	return r->data;
}

static void attr(struct req *r, int type, const void *v, size_t n)
{
	struct rtattr *a = (void *)((char *)r + NLMSG_ALIGN(r->h.nlmsg_len));

	a->rta_type = type;
	a->rta_len = RTA_LENGTH(n);
	memcpy(RTA_DATA(a), v, n);
	r->h.nlmsg_len = NLMSG_ALIGN(r->h.nlmsg_len) + RTA_ALIGN(a->rta_len);
}

static void put(int s, struct req *r)
{
	NEED(send(s, r, r->h.nlmsg_len, 0) == (ssize_t)r->h.nlmsg_len);
}

/* The acknowledgement's error, as errno. */
static int ack(int s)
{
	ssize_t n = recv(s, buf, sizeof(buf), 0);
	struct nlmsghdr *h = (void *)buf;

	NEED(n > 0);
	CHECK_EQ(h->nlmsg_type, NLMSG_ERROR);
	CHECK_EQ(h->nlmsg_seq, seq);
	return -((struct nlmsgerr *)NLMSG_DATA(h))->error;
}

static struct rtattr *find(struct nlmsghdr *h, size_t fixed, int type)
{
	struct rtattr *a = (void *)((char *)NLMSG_DATA(h) + NLMSG_ALIGN(fixed));
	int left = (int)(h->nlmsg_len - NLMSG_LENGTH(NLMSG_ALIGN(fixed)));

	for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == type)
			return a;
	return NULL;
}

/* All messages of a list; how many @fn counts. */
static int list(int s, struct req *r, int (*fn)(struct nlmsghdr *h))
{
	int count = 0;

	put(s, r);
	for (;;) {
		ssize_t n = recv(s, buf, sizeof(buf), 0);

		NEED(n > 0);
		for (struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			CHECK_EQ(h->nlmsg_seq, seq);
			if (h->nlmsg_type == NLMSG_DONE)
				return count;
			if (h->nlmsg_type == NLMSG_ERROR)
				return ((struct nlmsgerr *)NLMSG_DATA(h))->error;
			CHECK(h->nlmsg_flags & NLM_F_MULTI);
			count += fn(h);
		}
	}
}

static int is_lo(struct nlmsghdr *h)
{
	struct rtattr *a = find(h, sizeof(struct ifinfomsg), IFLA_IFNAME);

	CHECK_EQ(h->nlmsg_type, RTM_NEWLINK);
	return a && !strcmp(RTA_DATA(a), "lo");
}

static int lo_addr(struct nlmsghdr *h)
{
	struct ifaddrmsg *m = NLMSG_DATA(h);
	struct rtattr *a = find(h, sizeof(*m), IFA_LOCAL);

	return m->ifa_family == AF_INET && a && *(uint32_t *)RTA_DATA(a) == htonl(INADDR_LOOPBACK) &&
	       m->ifa_prefixlen == 8 && m->ifa_scope == RT_SCOPE_HOST;
}

static uint32_t wanted;

static int has_addr(struct nlmsghdr *h)
{
	struct ifaddrmsg *m = NLMSG_DATA(h);
	struct rtattr *a = find(h, sizeof(*m), IFA_LOCAL);

	return m->ifa_family == AF_INET && a && *(uint32_t *)RTA_DATA(a) == wanted;
}

static int has_route(struct nlmsghdr *h)
{
	struct rtmsg *m = NLMSG_DATA(h);
	struct rtattr *a = find(h, sizeof(*m), RTA_DST);

	return m->rtm_family == AF_INET && a && *(uint32_t *)RTA_DATA(a) == wanted && m->rtm_table == RT_TABLE_MAIN;
}

static int set_link(int s, const char *name, unsigned flags, unsigned mask)
{
	struct req r;
	struct ifinfomsg *m = start(&r, RTM_NEWLINK, NLM_F_ACK, sizeof(*m));

	m->ifi_index = (int)if_nametoindex(name);
	m->ifi_flags = flags;
	m->ifi_change = mask;
	put(s, &r);
	return ack(s);
}

static int change_addr(int s, int type, int flags, uint32_t addr, int plen)
{
	struct req r;
	struct ifaddrmsg *m = start(&r, type, NLM_F_ACK | flags, sizeof(*m));

	m->ifa_family = AF_INET;
	m->ifa_prefixlen = (uint8_t)plen;
	m->ifa_index = if_nametoindex("lo");
	attr(&r, IFA_LOCAL, &addr, 4);
	attr(&r, IFA_ADDRESS, &addr, 4);
	put(s, &r);
	return ack(s);
}

static int change_route(int s, int type, int flags, uint32_t dst, int plen)
{
	struct req r;
	struct rtmsg *m = start(&r, type, NLM_F_ACK | flags, sizeof(*m));
	int oif = (int)if_nametoindex("lo");

	m->rtm_family = AF_INET;
	m->rtm_dst_len = (uint8_t)plen;
	m->rtm_table = RT_TABLE_MAIN;
	m->rtm_protocol = RTPROT_BOOT;
	m->rtm_scope = RT_SCOPE_LINK;
	m->rtm_type = RTN_UNICAST;
	attr(&r, RTA_DST, &dst, 4);
	attr(&r, RTA_OIF, &oif, 4);
	put(s, &r);
	return ack(s);
}

CASE(sockets_have_addresses)
{
	int s = nl(NETLINK_ROUTE), t = nl(NETLINK_ROUTE);
	struct sockaddr_nl a, b;
	socklen_t n = sizeof(a);

	CHECK(getsockname(s, (void *)&a, &n) == 0);
	CHECK_EQ(n, sizeof(a));
	CHECK_EQ(a.nl_pid, getpid());
	n = sizeof(b);
	CHECK(getsockname(t, (void *)&b, &n) == 0);
	CHECK(b.nl_pid != a.nl_pid && b.nl_pid);
	FAILS(socket(AF_NETLINK, SOCK_STREAM, 0), ESOCKTNOSUPPORT);
	FAILS(socket(AF_NETLINK, SOCK_RAW, 31), EPROTONOSUPPORT);
}

CASE(links_are_listed)
{
	int s = nl(NETLINK_ROUTE);
	struct req r;

	start(&r, RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg));
	CHECK_EQ(list(s, &r, is_lo), 1);
	start(&r, RTM_GETLINK, NLM_F_DUMP, sizeof(struct rtgenmsg));
	CHECK_EQ(list(s, &r, is_lo), 1);
}

CASE(one_link_by_name)
{
	int s = nl(NETLINK_ROUTE);
	struct nlmsghdr *h = (void *)buf;
	struct ifinfomsg *m;
	struct req r;

	start(&r, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	attr(&r, IFLA_IFNAME, "lo", 3);
	put(s, &r);
	NEED(recv(s, buf, sizeof(buf), 0) > 0);
	m = NLMSG_DATA(h);
	CHECK_EQ(h->nlmsg_type, RTM_NEWLINK);
	CHECK_EQ(m->ifi_index, 1);
	CHECK_EQ(m->ifi_type, 772);
	CHECK_EQ(*(uint32_t *)RTA_DATA(find(h, sizeof(*m), IFLA_MTU)), 65536);
	start(&r, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	attr(&r, IFLA_IFNAME, "nope", 5);
	put(s, &r);
	CHECK_EQ(ack(s), ENODEV);
}

CASE(a_link_goes_up_and_its_address_appears)
{
	int s = nl(NETLINK_ROUTE);
	struct req r;
	struct ifaddrmsg *m;

	CHECK_EQ(set_link(s, "lo", IFF_UP, IFF_UP), 0);
	m = start(&r, RTM_GETADDR, NLM_F_DUMP, sizeof(*m));
	m->ifa_family = AF_INET;
	CHECK_EQ(list(s, &r, lo_addr), 1);
	start(&r, RTM_GETADDR, NLM_F_DUMP, sizeof(struct rtgenmsg));
	CHECK_EQ(list(s, &r, lo_addr), 1);
}

CASE(addresses_come_and_go)
{
	int s = nl(NETLINK_ROUTE);
	struct req r;

	set_link(s, "lo", IFF_UP, IFF_UP);
	wanted = inet_addr("10.77.0.1");
	CHECK_EQ(change_addr(s, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, wanted, 24), 0);
	CHECK_EQ(change_addr(s, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, wanted, 24), EEXIST);
	start(&r, RTM_GETADDR, NLM_F_DUMP, sizeof(struct ifaddrmsg));
	CHECK_EQ(list(s, &r, has_addr), 1);
	CHECK_EQ(change_addr(s, RTM_DELADDR, 0, wanted, 24), 0);
	CHECK_EQ(change_addr(s, RTM_DELADDR, 0, wanted, 24), EADDRNOTAVAIL);
	start(&r, RTM_GETADDR, NLM_F_DUMP, sizeof(struct ifaddrmsg));
	CHECK_EQ(list(s, &r, has_addr), 0);
	CHECK_EQ(change_addr(s, RTM_NEWADDR, NLM_F_CREATE, wanted, 33), EINVAL);
}

CASE(routes_come_and_go)
{
	int s = nl(NETLINK_ROUTE);
	struct req r;

	set_link(s, "lo", IFF_UP, IFF_UP);
	wanted = inet_addr("10.88.0.0");
	CHECK_EQ(change_route(s, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, wanted, 16), 0);
	CHECK_EQ(change_route(s, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, wanted, 16), EEXIST);
	CHECK_EQ(change_route(s, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, wanted, 16), 0);
	start(&r, RTM_GETROUTE, NLM_F_DUMP, sizeof(struct rtmsg));
	CHECK_EQ(list(s, &r, has_route), 1);
	CHECK_EQ(change_route(s, RTM_DELROUTE, 0, wanted, 16), 0);
	CHECK_EQ(change_route(s, RTM_DELROUTE, 0, wanted, 16), ESRCH);
	CHECK_EQ(change_route(s, RTM_NEWROUTE, NLM_F_REPLACE, wanted, 16), ENOENT);
	CHECK_EQ(change_route(s, RTM_NEWROUTE, NLM_F_CREATE, inet_addr("10.88.0.1"), 16), EINVAL);
}

CASE(a_route_as_a_packet_would_take_it)
{
	int s = nl(NETLINK_ROUTE);
	uint32_t dst = htonl(INADDR_LOOPBACK);
	struct nlmsghdr *h = (void *)buf;
	struct rtmsg *m;
	struct req r;

	set_link(s, "lo", IFF_UP, IFF_UP);
	m = start(&r, RTM_GETROUTE, 0, sizeof(*m));
	m->rtm_family = AF_INET;
	m->rtm_dst_len = 32;
	attr(&r, RTA_DST, &dst, 4);
	put(s, &r);
	NEED(recv(s, buf, sizeof(buf), 0) > 0);
	m = NLMSG_DATA(h);
	NEED(h->nlmsg_type == RTM_NEWROUTE);
	CHECK_EQ(m->rtm_type, RTN_LOCAL);
	CHECK_EQ(*(uint32_t *)RTA_DATA(find(h, sizeof(*m), RTA_OIF)), 1);
	CHECK_EQ(*(uint32_t *)RTA_DATA(find(h, sizeof(*m), RTA_PREFSRC)), dst);
	dst = inet_addr("203.0.113.1");
	m = start(&r, RTM_GETROUTE, 0, sizeof(*m));
	m->rtm_family = AF_INET;
	m->rtm_dst_len = 32;
	attr(&r, RTA_DST, &dst, 4);
	put(s, &r);
	CHECK_EQ(ack(s), ENETUNREACH);
}

CASE(news_reach_the_groups)
{
	struct sockaddr_nl a = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_IPV4_IFADDR };
	int s = nl(NETLINK_ROUTE), g = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	struct nlmsghdr *h = (void *)buf;
	struct pollfd p = { g, POLLIN, 0 };
	socklen_t n = sizeof(a);

	set_link(s, "lo", IFF_UP, IFF_UP);
	CHECK(bind(g, (void *)&a, sizeof(a)) == 0);
	CHECK_EQ(poll(&p, 1, 0), 0);
	wanted = inet_addr("10.99.0.1");
	CHECK_EQ(change_addr(s, RTM_NEWADDR, NLM_F_CREATE, wanted, 32), 0);
	CHECK_EQ(poll(&p, 1, 1000), 1);
	NEED(recvfrom(g, buf, sizeof(buf), 0, (void *)&a, &n) > 0);
	CHECK_EQ(a.nl_pid, 0);
	CHECK_EQ(h->nlmsg_type, RTM_NEWADDR);
	CHECK(has_addr(h));
	CHECK_EQ(change_addr(s, RTM_DELADDR, 0, wanted, 32), 0);
	NEED(recv(g, buf, sizeof(buf), 0) > 0);
	CHECK_EQ(h->nlmsg_type, RTM_DELADDR);
}

CASE(membership_by_option)
{
	int s = nl(NETLINK_ROUTE), g = RTNLGRP_IPV4_ROUTE, t = nl(NETLINK_ROUTE);
	struct nlmsghdr *h = (void *)buf;

	CHECK(setsockopt(t, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &g, sizeof(g)) == 0);
	set_link(s, "lo", IFF_UP, IFF_UP);
	while (recv(t, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
	wanted = inet_addr("10.89.0.0");
	CHECK_EQ(change_route(s, RTM_NEWROUTE, NLM_F_CREATE, wanted, 16), 0);
	NEED(recv(t, buf, sizeof(buf), 0) > 0);
	CHECK_EQ(h->nlmsg_type, RTM_NEWROUTE);
	CHECK(has_route(h));
	CHECK(setsockopt(t, SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, &g, sizeof(g)) == 0);
	CHECK_EQ(change_route(s, RTM_DELROUTE, 0, wanted, 16), 0);
	FAILS(recv(t, buf, sizeof(buf), MSG_DONTWAIT), EAGAIN);
	g = 1000;
	FAILS(setsockopt(t, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &g, sizeof(g)), EINVAL);
}

CASE(errors_quote_the_request)
{
	int s = nl(NETLINK_ROUTE), on = 1;
	struct nlmsghdr *h = (void *)buf;
	struct nlmsgerr *e = NLMSG_DATA(h);
	struct req r;
	ssize_t n;

	start(&r, 250, NLM_F_ACK, sizeof(struct ifinfomsg));
	put(s, &r);
	n = recv(s, buf, sizeof(buf), 0);
	CHECK_EQ(n, NLMSG_LENGTH(sizeof(*e)) + sizeof(struct ifinfomsg));
	CHECK_EQ(e->error, -EOPNOTSUPP);
	CHECK_EQ(e->msg.nlmsg_type, 250);
	CHECK(setsockopt(s, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on)) == 0);
	put(s, &r);
	n = recv(s, buf, sizeof(buf), 0);
	CHECK_EQ(n, NLMSG_LENGTH(sizeof(*e)));
}

CASE(changes_need_privilege)
{
	int s;

	NEED(setuid(1000) == 0);
	s = nl(NETLINK_ROUTE);
	CHECK_EQ(set_link(s, "lo", 0, IFF_UP), EPERM);
}

CASE(truncation_is_told)
{
	int s = nl(NETLINK_ROUTE);
	struct iovec v = { buf, 20 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	struct req r;

	start(&r, RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg));
	put(s, &r);
	CHECK(recvmsg(s, &m, MSG_PEEK | MSG_TRUNC) > 20);
	CHECK(m.msg_flags & MSG_TRUNC);
	CHECK_EQ(recvmsg(s, &m, 0), 20);
	CHECK(m.msg_flags & MSG_TRUNC);
}

static uint16_t port;

static int is_listener(struct nlmsghdr *h)
{
	struct inet_diag_msg *m = NLMSG_DATA(h);

	CHECK_EQ(h->nlmsg_type, SOCK_DIAG_BY_FAMILY);
	return m->idiag_state == 10 && m->id.idiag_sport == port;
}

CASE(listening_sockets_are_listed)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int s = nl(NETLINK_SOCK_DIAG), l = socket(AF_INET, SOCK_STREAM, 0);
	struct inet_diag_req_v2 *q;
	socklen_t n = sizeof(a);
	struct req r;

	set_link(nl(NETLINK_ROUTE), "lo", IFF_UP, IFF_UP);
	NEED(bind(l, (void *)&a, sizeof(a)) == 0 && listen(l, 7) == 0);
	getsockname(l, (void *)&a, &n);
	port = a.sin_port;
	q = start(&r, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, sizeof(*q));
	q->sdiag_family = AF_INET;
	q->sdiag_protocol = IPPROTO_TCP;
	q->idiag_states = 1 << 10;
	n = (socklen_t)list(s, &r, is_listener);
	if ((int)n == -ENOENT)
		SKIP("no inet_diag module");
	CHECK_EQ(n, 1);
	q = start(&r, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, sizeof(*q));
	q->sdiag_family = AF_INET;
	q->sdiag_protocol = IPPROTO_TCP;
	q->idiag_states = 1 << 1;
	CHECK_EQ(list(s, &r, is_listener), 0);
}

CASE(long_lists_come_in_parts)
{
	int s = nl(NETLINK_ROUTE);
	struct req r;

	set_link(s, "lo", IFF_UP, IFF_UP);
	for (int i = 0; i < 300; i++)
		NEED(change_route(s, RTM_NEWROUTE, NLM_F_CREATE, htonl(0x0a640000u + (unsigned)i), 32) == 0);
	for (int i = 0; i < 300; i += 97) {
		wanted = htonl(0x0a640000u + (unsigned)i);
		start(&r, RTM_GETROUTE, NLM_F_DUMP, sizeof(struct rtmsg));
		CHECK_EQ(list(s, &r, has_route), 1);
	}
	for (int i = 0; i < 300; i++)
		NEED(change_route(s, RTM_DELROUTE, 0, htonl(0x0a640000u + (unsigned)i), 32) == 0);
}

CASE(user_sockets_talk_to_each_other)
{
	struct sockaddr_nl a;
	int s = nl(NETLINK_USERSOCK), t = nl(NETLINK_USERSOCK);
	socklen_t n = sizeof(a);

	CHECK(getsockname(t, (void *)&a, &n) == 0);
	CHECK_EQ(sendto(s, "hello there, friend", 20, 0, (void *)&a, sizeof(a)), 20);
	CHECK_EQ(recv(t, buf, sizeof(buf), 0), 20);
	a.nl_pid = 999999;
	FAILS(sendto(s, "hello there, friend", 20, 0, (void *)&a, sizeof(a)), ECONNREFUSED);
}

/* One reply of the kind asked for; its attributes' end is at n. */
static struct nlmsghdr *ask_generic(int s, int type, int cmd, int attr_type, const void *v, size_t n)
{
	struct genlmsghdr *g;
	struct req r;

	g = start(&r, type, 0, sizeof(*g));
	g->cmd = cmd;
	attr(&r, attr_type, v, n);
	put(s, &r);
	NEED(recv(s, buf, sizeof(buf), 0) > 0);
	return (void *)buf;
}

static int error_of(const struct nlmsghdr *h)
{
	return h->nlmsg_type == NLMSG_ERROR ? -((const struct nlmsgerr *)NLMSG_DATA(h))->error : 0;
}

static void *generic_attr(struct nlmsghdr *h, int type)
{
	char *at = (char *)NLMSG_DATA(h) + GENL_HDRLEN, *end = (char *)h + h->nlmsg_len;

	for (; at < end; at += NLA_ALIGN(((struct nlattr *)at)->nla_len))
		if ((((struct nlattr *)at)->nla_type & NLA_TYPE_MASK) == type)
			return at + NLA_HDRLEN;
	return NULL;
}

CASE(generic_families_have_numbers)
{
	int s = nl(NETLINK_GENERIC);
	struct nlmsghdr *h = ask_generic(s, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME, "nlctrl", 7);
	uint16_t *id = generic_attr(h, CTRL_ATTR_FAMILY_ID), asked = GENL_ID_CTRL;

	CHECK_EQ(h->nlmsg_type, GENL_ID_CTRL);
	NEED(id);
	CHECK_EQ(*id, GENL_ID_CTRL);
	h = ask_generic(s, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_ID, &asked, 2);
	CHECK(generic_attr(h, CTRL_ATTR_FAMILY_NAME) && !strcmp(generic_attr(h, CTRL_ATTR_FAMILY_NAME), "nlctrl"));
	h = ask_generic(s, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME, "nobody", 7);
	CHECK_EQ(error_of(h), ENOENT);
	h = ask_generic(s, GENL_ID_CTRL, 77, CTRL_ATTR_FAMILY_NAME, "nlctrl", 7);
	CHECK_EQ(error_of(h), EOPNOTSUPP);
	h = ask_generic(s, 1000, 1, 1, "x", 1);
	CHECK_EQ(error_of(h), ENOENT);
}

CASE(taskstats_tell_of_a_thread)
{
	int s = nl(NETLINK_GENERIC);
	struct nlmsghdr *h = ask_generic(s, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME, "TASKSTATS", 10);
	uint32_t me = getpid(), nobody = 4000000;
	struct nlattr *inner;
	struct taskstats *ts;
	uint16_t id;

	NEED(generic_attr(h, CTRL_ATTR_FAMILY_ID));
	id = *(uint16_t *)generic_attr(h, CTRL_ATTR_FAMILY_ID);
	for (int tgid = 0; tgid < 2; tgid++) {
		h = ask_generic(s, id, TASKSTATS_CMD_GET,
				tgid ? TASKSTATS_CMD_ATTR_TGID : TASKSTATS_CMD_ATTR_PID, &me, 4);
		CHECK_EQ(h->nlmsg_type, id);
		inner = generic_attr(h, tgid ? TASKSTATS_TYPE_AGGR_TGID : TASKSTATS_TYPE_AGGR_PID);
		NEED(inner);
		CHECK_EQ(*(uint32_t *)((char *)inner + NLA_HDRLEN), me);
		inner = (void *)((char *)inner + NLA_ALIGN(inner->nla_len));
		ts = (void *)((char *)inner + NLA_HDRLEN);
		CHECK(ts->version >= 10);
		CHECK_EQ(inner->nla_len - NLA_HDRLEN >= 328, 1);
	}
	h = ask_generic(s, id, TASKSTATS_CMD_GET, TASKSTATS_CMD_ATTR_PID, &nobody, 4);
	CHECK_EQ(error_of(h), ESRCH);
}

TAP_MAIN
