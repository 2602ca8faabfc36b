/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests of NETLINK_ROUTE for tests: links, addresses, namespaces. Include after tap.h. */
#pragma once

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>

static char buf[65536];
static uint32_t seq;

struct req { struct nlmsghdr h; char data[1024]; };

/* A socket of the namespace that the thread is in now. */
static inline int fresh_nl(void)
{
	struct sockaddr_nl a = { .nl_family = AF_NETLINK };
	int s = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	NEED(s >= 0 && bind(s, (void *)&a, sizeof(a)) == 0);
	return s;
}

static inline void *start(struct req *r, int type, int flags, size_t n)
{
	memset(r, 0, sizeof(*r));
	r->h.nlmsg_type = (uint16_t)type;
	r->h.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	r->h.nlmsg_seq = ++seq;
	r->h.nlmsg_len = NLMSG_LENGTH(n);
	return r->data;
}

static inline struct rtattr *attr(struct req *r, int type, const void *v, size_t n)
{
	struct rtattr *a = (void *)((char *)r + NLMSG_ALIGN(r->h.nlmsg_len));

	a->rta_type = (unsigned short)type;
	a->rta_len = (unsigned short)RTA_LENGTH(n);
	if (n)
		memcpy(RTA_DATA(a), v, n);
	r->h.nlmsg_len = NLMSG_ALIGN(r->h.nlmsg_len) + RTA_ALIGN(a->rta_len);
	return a;
}

static inline void end(struct req *r, struct rtattr *a)
{
	a->rta_len = (unsigned short)((char *)r + r->h.nlmsg_len - (char *)a);
}

static inline void text(struct req *r, int type, const char *s) { attr(r, type, s, strlen(s) + 1); }
static inline void word(struct req *r, int type, uint32_t v) { attr(r, type, &v, 4); }

/* Result of a request: 0 or errno. */
static inline int ask(struct req *r)
{
	int s = fresh_nl(), err;
	struct nlmsghdr *h = (void *)buf;
	ssize_t n;

	NEED(send(s, r, r->h.nlmsg_len, 0) == (ssize_t)r->h.nlmsg_len);
	do
		n = recv(s, buf, sizeof(buf), 0);
	while (n > 0 && h->nlmsg_type != NLMSG_ERROR);
	NEED(n > 0);
	err = -((struct nlmsgerr *)NLMSG_DATA(h))->error;
	close(s);
	return err;
}

static inline struct rtattr *info(struct req *r, const char *kind)
{
	struct rtattr *a = attr(r, IFLA_LINKINFO, NULL, 0);

	text(r, IFLA_INFO_KIND, kind);
	return a;
}

static inline int add(const char *name, const char *kind)
{
	struct req r;

	start(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
	text(&r, IFLA_IFNAME, name);
	end(&r, info(&r, kind));
	return ask(&r);
}

static inline int add_veth(const char *a, const char *b)
{
	struct ifinfomsg none = { 0 };
	struct rtattr *i, *d, *p;
	struct req r;

	start(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
	text(&r, IFLA_IFNAME, a);
	i = info(&r, "veth");
	d = attr(&r, IFLA_INFO_DATA, NULL, 0);
	p = attr(&r, VETH_INFO_PEER, &none, sizeof(none));
	text(&r, IFLA_IFNAME, b);
	end(&r, p);
	end(&r, d);
	end(&r, i);
	return ask(&r);
}

static inline int add_vlan(const char *lower, const char *name, uint16_t id)
{
	struct rtattr *i, *d;
	struct req r;

	start(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
	text(&r, IFLA_IFNAME, name);
	word(&r, IFLA_LINK, if_nametoindex(lower));
	i = info(&r, "vlan");
	d = attr(&r, IFLA_INFO_DATA, NULL, 0);
	attr(&r, IFLA_VLAN_ID, &id, 2);
	end(&r, d);
	end(&r, i);
	return ask(&r);
}

static inline int del(const char *name)
{
	struct ifinfomsg *m;
	struct req r;

	m = start(&r, RTM_DELLINK, 0, sizeof(*m));
	m->ifi_index = (int)if_nametoindex(name);
	return ask(&r);
}

static inline int set_word(const char *name, int type, uint32_t v)
{
	struct ifinfomsg *m;
	struct req r;

	m = start(&r, RTM_NEWLINK, 0, sizeof(*m));
	m->ifi_index = (int)if_nametoindex(name);
	word(&r, type, v);
	return ask(&r);
}

static inline int set_up(const char *name, int up)
{
	struct ifinfomsg *m;
	struct req r;

	m = start(&r, RTM_NEWLINK, 0, sizeof(*m));
	m->ifi_index = (int)if_nametoindex(name);
	m->ifi_flags = up ? IFF_UP : 0;
	m->ifi_change = IFF_UP;
	return ask(&r);
}

static inline void address(const char *name, const char *ip)
{
	struct ifaddrmsg *m;
	struct in_addr a;
	struct req r;

	inet_pton(AF_INET, ip, &a);
	m = start(&r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, sizeof(*m));
	m->ifa_family = AF_INET;
	m->ifa_prefixlen = 24;
	m->ifa_index = if_nametoindex(name);
	attr(&r, IFA_LOCAL, &a, 4);
	attr(&r, IFA_ADDRESS, &a, 4);
	CHECK_EQ(ask(&r), 0);
	CHECK_EQ(set_up(name, 1), 0);
}

/* Attributes of an interface; 0 or errno. */
static inline int show(const char *name, struct ifinfomsg *out, struct rtattr **tb)
{
	static char reply[16384];
	struct nlmsghdr *h = (void *)reply;
	struct ifinfomsg *m;
	struct rtattr *a;
	struct req r;
	int s = fresh_nl(), n;

	m = start(&r, RTM_GETLINK, 0, sizeof(*m));
	r.h.nlmsg_flags = NLM_F_REQUEST;
	text(&r, IFLA_IFNAME, name);
	NEED(send(s, &r, r.h.nlmsg_len, 0) > 0);
	NEED(recv(s, reply, sizeof(reply), 0) > 0);
	close(s);
	if (h->nlmsg_type == NLMSG_ERROR)
		return -((struct nlmsgerr *)NLMSG_DATA(h))->error;
	memset(tb, 0, sizeof(*tb) * (IFLA_MAX + 1));
	*out = *(struct ifinfomsg *)NLMSG_DATA(h);
	n = (int)IFLA_PAYLOAD(h);
	for (a = IFLA_RTA((struct ifinfomsg *)NLMSG_DATA(h)); RTA_OK(a, n); a = RTA_NEXT(a, n))
		if (a->rta_type <= IFLA_MAX)
			tb[a->rta_type] = a;
	return 0;
}

static inline struct rtattr *sub(struct rtattr *a, int type)
{
	int n = a ? (int)RTA_PAYLOAD(a) : 0;

	for (struct rtattr *b = a ? RTA_DATA(a) : NULL; b && RTA_OK(b, n); b = RTA_NEXT(b, n))
		if ((b->rta_type & NLA_TYPE_MASK) == type)
			return b;
	return NULL;
}

static inline const char *string(struct rtattr *a) { return a ? RTA_DATA(a) : ""; }
static inline uint32_t value(struct rtattr *a) { return a ? *(uint32_t *)RTA_DATA(a) : 0; }


static inline int self_ns(void)
{
	int fd = open("/proc/self/ns/net", O_RDONLY);

	NEED(fd >= 0);
	return fd;
}

/* A new namespace that the caller is in afterwards; the old one's and its descriptors. */
static inline int new_ns(int *old)
{
	*old = self_ns();
	NEED(unshare(CLONE_NEWNET) == 0);
	CHECK_EQ(set_up("lo", 1), 0);
	return self_ns();
}

static inline void go(int ns) { NEED(setns(ns, CLONE_NEWNET) == 0); }

/* Words from a socket in @a to one in @b come through. */
static inline int talk(int a, int b, const char *to)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(4000) };
	struct timeval tv = { 2, 0 };
	char got[16] = "";
	int s, r, ok;

	go(b);
	r = socket(AF_INET, SOCK_DGRAM, 0);
	NEED(bind(r, (void *)&at, sizeof(at)) == 0);
	NEED(setsockopt(r, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == 0);
	go(a);
	s = socket(AF_INET, SOCK_DGRAM, 0);
	inet_pton(AF_INET, to, &at.sin_addr);
	ok = sendto(s, "word", 4, 0, (void *)&at, sizeof(at)) == 4 && recv(r, got, sizeof(got), 0) == 4 &&
	     !memcmp(got, "word", 4);
	close(s);
	close(r);
	return ok;
}

