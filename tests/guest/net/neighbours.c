// SPDX-License-Identifier: GPL-2.0-only
/*
 * Neighbours: how they are asked and for how long they are believed, who is told, and that many are no trouble.
 *
 * guest-modules: tun
 */
#include "tap.h"
#include "inet.h"
#include "nl.h"
#include "tun.h"

#define US "10.98.0.1"
#define SOON 100	/* ms that an answer takes at most */

static uint8_t frame[2000];
static const uint8_t peer_mac[6] = { 2, 0, 0, 0, 0, 9 };

static void conf(const char *row, const char *to)
{
	char path[100];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/neigh/t0/%s", row);
	NEED(!put_file(path, to));
}

static int ready(void)
{
	int tap;

	NEED(!unshare(CLONE_NEWNET));
	lo_up();
	tap = tun_open("t0", IFF_TAP);
	set_address("t0", US, "255.255.0.0");
	link_up("t0");
	return tap;
}

static void send_to(const char *ip)
{
	struct sockaddr_in to = addr(ip, 9);
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	NEED(!sendto(s, "", 0, 0, (void *)&to, sizeof(to)));
	close(s);
}

/* The next frame of @protocol within @ms, in frame; 0: none. */
static int next(int tap, int protocol, int ms)
{
	size_t n;

	while ((n = tun_next(tap, frame, sizeof(frame), ms)))
		if (n >= 42 && frame[12] == 8 && frame[13] == protocol)
			return 1;
	return 0;
}
static int asked(int tap, int ms) { return next(tap, 6, ms); }

/* @ip tells where it is: the answer to a question, or by itself. */
static void say(int tap, const char *ip, const uint8_t *mac, int op)
{
	uint8_t p[42] = { [12] = 8, 6, 0, 1, 8, 0, 6, 4, 0, (uint8_t)op };
	struct ifreq r = named("t0");
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	in_addr_t from = inet_addr(ip), us = inet_addr(US);

	NEED(!ioctl(s, SIOCGIFHWADDR, &r));
	close(s);
	memcpy(p, r.ifr_hwaddr.sa_data, 6);
	memcpy(p + 6, mac, 6);
	memcpy(p + 22, mac, 6);
	memcpy(p + 28, &from, 4);
	memcpy(p + 32, r.ifr_hwaddr.sa_data, 6);
	memcpy(p + 38, &us, 4);
	NEED(write(tap, p, sizeof(p)) == sizeof(p));
}

/* 0 or errno. */
static int request(int type, int flags, const char *ip, int state, const uint8_t *mac)
{
	struct ndmsg *m;
	struct in_addr a;
	struct req r;

	m = start(&r, type, flags, sizeof(*m));
	m->ndm_family = AF_INET;
	m->ndm_ifindex = (int)if_nametoindex("t0");
	m->ndm_state = (uint16_t)state;
	inet_pton(AF_INET, ip, &a);
	attr(&r, NDA_DST, &a, 4);
	if (mac)
		attr(&r, NDA_LLADDR, mac, 6);
	return ask(&r);
}

/* What is known of @ip: NUD_*, 0: nothing; *mac. */
static int state_of(const char *ip, uint8_t *mac)
{
	static char reply[4096];
	struct nlmsghdr *h = (void *)reply;
	struct ndmsg *m;
	struct in_addr a;
	struct req r;
	int s = fresh_nl(), n;

	m = start(&r, RTM_GETNEIGH, 0, sizeof(*m));
	r.h.nlmsg_flags = NLM_F_REQUEST;
	m->ndm_family = AF_INET;
	m->ndm_ifindex = (int)if_nametoindex("t0");
	inet_pton(AF_INET, ip, &a);
	attr(&r, NDA_DST, &a, 4);
	NEED(send(s, &r, r.h.nlmsg_len, 0) > 0 && recv(s, reply, sizeof(reply), 0) > 0);
	close(s);
	if (h->nlmsg_type == NLMSG_ERROR)
		return 0;
	m = NLMSG_DATA(h);
	n = (int)NLMSG_PAYLOAD(h, sizeof(*m));
	for (struct rtattr *t = (void *)(m + 1); mac && RTA_OK(t, n); t = RTA_NEXT(t, n))
		if (t->rta_type == NDA_LLADDR)
			memcpy(mac, RTA_DATA(t), 6);
	return m->ndm_state;
}

CASE(asked_and_answered)
{
	int tap = ready();

	send_to("10.98.0.2");
	CHECK(asked(tap, SOON));
	CHECK_EQ(state_of("10.98.0.2", NULL), NUD_INCOMPLETE);
	say(tap, "10.98.0.2", peer_mac, 2);
	CHECK(next(tap, 0, SOON) && !memcmp(frame, peer_mac, 6));
	CHECK_EQ(state_of("10.98.0.2", NULL), NUD_REACHABLE);
	send_to("10.98.0.2");
	CHECK(next(tap, 0, SOON));
}

CASE(nobody_answers)
{
	int tap = ready(), n = 0;

	conf("mcast_solicit", "2");
	conf("retrans_time_ms", "200");
	send_to("10.98.0.2");
	while (asked(tap, 500))
		n++;
	CHECK_EQ(n, 2);
	CHECK_EQ(state_of("10.98.0.2", NULL), NUD_FAILED);
	send_to("10.98.0.2");
	CHECK(asked(tap, SOON));
}

/* Believed for a while, then asked again when it is used: where it was, and then everybody. */
CASE(it_grows_stale)
{
	uint8_t mac[6];
	int tap = ready(), n = 0;

	conf("base_reachable_time_ms", "200");
	conf("delay_first_probe_time", "1");
	conf("retrans_time_ms", "3000");
	conf("ucast_solicit", "2");
	NEED(!request(RTM_NEWNEIGH, NLM_F_CREATE, "10.98.0.2", NUD_STALE, peer_mac));
	CHECK_EQ(state_of("10.98.0.2", mac), NUD_STALE);
	CHECK(!memcmp(mac, peer_mac, 6));
	send_to("10.98.0.2");
	CHECK(next(tap, 0, SOON));
	CHECK_EQ(state_of("10.98.0.2", NULL), NUD_DELAY);
	CHECK(asked(tap, 3000));
	CHECK(!memcmp(frame, peer_mac, 6));
	CHECK_EQ(state_of("10.98.0.2", NULL), NUD_PROBE);
	conf("retrans_time_ms", "200");
	msleep(2200);		/* it was not used lately */
	say(tap, "10.98.0.2", peer_mac, 2);
	CHECK_EQ(state_of("10.98.0.2", NULL), NUD_REACHABLE);
	msleep(500);
	CHECK(state_of("10.98.0.2", NULL) & (NUD_STALE | NUD_DELAY));	/* the latter if it was in use */
	NEED(!request(RTM_NEWNEIGH, NLM_F_REPLACE, "10.98.0.2", NUD_STALE, peer_mac));
	while (next(tap, 0, SOON))
		;
	send_to("10.98.0.2");
	while (asked(tap, 2500))
		n++;
	CHECK_EQ(n, 2);
	CHECK_EQ(state_of("10.98.0.2", NULL), NUD_FAILED);
}

CASE(it_moves)
{
	static const uint8_t other[6] = { 2, 0, 0, 0, 0, 7 };
	uint8_t mac[6];
	int tap = ready();

	NEED(!request(RTM_NEWNEIGH, NLM_F_CREATE, "10.98.0.2", NUD_STALE, peer_mac));
	msleep(1200);		/* not at once after it was told */
	say(tap, "10.98.0.2", other, 1);
	CHECK(next(tap, 6, SOON));
	CHECK_EQ(state_of("10.98.0.2", mac), NUD_STALE);
	CHECK(!memcmp(mac, other, 6));
	NEED(!request(RTM_NEWNEIGH, NLM_F_REPLACE, "10.98.0.2", NUD_PERMANENT, peer_mac));
	msleep(1200);
	say(tap, "10.98.0.2", other, 1);
	CHECK(next(tap, 6, SOON));
	CHECK_EQ(state_of("10.98.0.2", mac), NUD_PERMANENT);
	CHECK(!memcmp(mac, peer_mac, 6));
}

CASE(given_by_hand)
{
	ready();
	CHECK_EQ(request(RTM_NEWNEIGH, 0, "10.98.0.2", NUD_PERMANENT, peer_mac), ENOENT);
	CHECK_EQ(request(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL, "10.98.0.2", NUD_NOARP, peer_mac), 0);
	CHECK_EQ(request(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL, "10.98.0.2", NUD_PERMANENT, peer_mac), EEXIST);
	CHECK_EQ(state_of("10.98.0.2", NULL), NUD_NOARP);
	CHECK_EQ(request(RTM_DELNEIGH, 0, "10.98.0.2", 0, NULL), 0);
	CHECK_EQ(state_of("10.98.0.2", NULL), 0);
	CHECK_EQ(request(RTM_DELNEIGH, 0, "10.98.0.2", 0, NULL), ENOENT);
}

CASE(no_more_than_that_wait)
{
	int tap = ready(), n = 0;

	conf("unres_qlen", "3");
	for (int i = 0; i < 10; i++)
		send_to("10.98.0.2");
	CHECK(asked(tap, SOON));
	say(tap, "10.98.0.2", peer_mac, 2);
	while (next(tap, 0, SOON))
		n++;
	CHECK(n >= 3 && n < 10);
}

/* The next news of @ip at @s: its type and state. */
static int news(int s, const char *ip, int *state)
{
	struct timeval tv = { 3, 0 };
	in_addr_t a = inet_addr(ip);

	NEED(!setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	for (;;) {
		ssize_t n = recv(s, buf, sizeof(buf), 0);
		struct nlmsghdr *h = (void *)buf;
		struct ndmsg *m = NLMSG_DATA(h);
		struct rtattr *t = (void *)(m + 1);

		if (n <= 0)
			return 0;
		if (m->ndm_family != AF_INET || t->rta_type != NDA_DST || memcmp(RTA_DATA(t), &a, 4))
			continue;
		*state = m->ndm_state;
		return h->nlmsg_type;
	}
}

CASE(who_listens_is_told)
{
	struct sockaddr_nl all = { .nl_family = AF_NETLINK, .nl_groups = 1u << (RTNLGRP_NEIGH - 1) };
	int tap = ready(), s = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), state;

	NEED(!bind(s, (void *)&all, sizeof(all)));
	send_to("10.98.0.2");
	CHECK(asked(tap, SOON));
	say(tap, "10.98.0.2", peer_mac, 2);
	CHECK_EQ(news(s, "10.98.0.2", &state), RTM_NEWNEIGH);
	CHECK_EQ(state, NUD_REACHABLE);
	CHECK_EQ(request(RTM_NEWNEIGH, NLM_F_REPLACE, "10.98.0.2", NUD_PERMANENT, peer_mac), 0);
	CHECK_EQ(news(s, "10.98.0.2", &state), RTM_NEWNEIGH);
	CHECK_EQ(state, NUD_PERMANENT);
	NEED(!set_up("t0", 0));
	do
		CHECK(news(s, "10.98.0.2", &state) == RTM_DELNEIGH || state == NUD_FAILED);
	while (state == NUD_FAILED && ((struct nlmsghdr *)buf)->nlmsg_type != RTM_DELNEIGH);
}

/* Hosts that do not exist are asked for in vain, and forgotten for those that do. */
CASE(many_that_do_not_exist)
{
	int tap = ready();

	conf("mcast_solicit", "1");
	conf("retrans_time_ms", "50");
	for (int i = 0; i < 3000; i++) {
		char ip[20];

		snprintf(ip, sizeof(ip), "10.98.%d.%d", 1 + i / 250, 1 + i % 250);
		send_to(ip);
		if (i % 500 == 499)
			msleep(300);
	}
	msleep(300);
	while (tun_next(tap, frame, sizeof(frame), SOON))
		;
	send_to("10.98.0.2");
	CHECK(asked(tap, SOON));
	say(tap, "10.98.0.2", peer_mac, 2);
	CHECK(next(tap, 0, SOON));
	CHECK_EQ(state_of("10.98.0.2", NULL), NUD_REACHABLE);
}

TAP_MAIN
