// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interfaces made by request: dummy, veth, VLAN, bridge; their moves between namespaces.
 * guest-modules: dummy, veth, 8021q, bridge
 */
#include "tap.h"
#include "nl.h"

#include <linux/net_namespace.h>
#include <sys/mount.h>

#define LOWERLAYERDOWN	3		/* states of RFC 2863 as IFLA_OPERSTATE numbers them */
#define UP		6

static struct ifinfomsg im;
static struct rtattr *tb[IFLA_MAX + 1];

CASE(dummy_lives_and_dies)
{
	int old;

	new_ns(&old);
	CHECK_EQ(add("d0", "dummy"), 0);
	CHECK_EQ(add("d0", "dummy"), EEXIST);
	CHECK_EQ(add("a/b", "dummy"), EINVAL);
	CHECK_EQ(add("d1", "nothing-like-it"), EOPNOTSUPP);
	NEED(show("d0", &im, tb) == 0);
	CHECK_EQ(im.ifi_flags & (IFF_UP | IFF_NOARP | IFF_BROADCAST), IFF_NOARP | IFF_BROADCAST);
	CHECK_STR(string(sub(tb[IFLA_LINKINFO], IFLA_INFO_KIND)), "dummy");
	address("d0", "10.5.0.1");
	NEED(show("d0", &im, tb) == 0);
	CHECK_EQ(*(uint8_t *)RTA_DATA(tb[IFLA_OPERSTATE]), 0);
	CHECK(talk(self_ns(), self_ns(), "10.5.0.1"));
	CHECK_EQ(del("d0"), 0);
	CHECK_EQ(show("d0", &im, tb), ENODEV);
	CHECK_EQ(del("lo"), EOPNOTSUPP);
	CHECK_EQ(del("none"), EINVAL);
}

CASE(names_aliases_groups)
{
	struct ifinfomsg *m;
	struct req r;
	int old;

	new_ns(&old);
	start(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
	end(&r, info(&r, "dummy"));
	CHECK_EQ(ask(&r), 0);
	CHECK(if_nametoindex("dummy0"));
	CHECK_EQ(set_word("dummy0", IFLA_GROUP, 7), 0);
	CHECK_EQ(set_word("dummy0", IFLA_MTU, 1400), 0);
	CHECK_EQ(set_word("dummy0", IFLA_TXQLEN, 77), 0);
	m = start(&r, RTM_NEWLINK, 0, sizeof(*m));
	m->ifi_index = (int)if_nametoindex("dummy0");
	attr(&r, IFLA_IFALIAS, "a second name", 13);
	text(&r, IFLA_IFNAME, "other");
	CHECK_EQ(ask(&r), 0);
	NEED(show("other", &im, tb) == 0);
	CHECK_EQ(value(tb[IFLA_GROUP]), 7);
	CHECK_EQ(value(tb[IFLA_MTU]), 1400);
	CHECK_EQ(value(tb[IFLA_TXQLEN]), 77);
	NEED(tb[IFLA_IFALIAS]);
	CHECK_STR(RTA_DATA(tb[IFLA_IFALIAS]), "a second name");
}

static const char *in_sysfs(const char *name, const char *file)
{
	char path[100];

	snprintf(path, sizeof(path), "sys/class/net/%s/%s", name, file);
	return read_file(path);
}

/* Linux looks at links once a second. */
static void becomes(const char *name, const char *state)
{
	for (int i = 0; i < 300 && strcmp(in_sysfs(name, "operstate"), state); i++)
		msleep(10);
	CHECK_STR(in_sysfs(name, "operstate"), state);
}

CASE(sysfs_tells_of_links)
{
	char want[100];
	int old;

	new_ns(&old);
	NEED(unshare(CLONE_NEWNS) == 0);
	NEED(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	NEED(mkdir("sys", 0755) == 0 && mount("sysfs", "sys", "sysfs", 0, NULL) == 0);
	CHECK_EQ(add_veth("v0", "v1"), 0);
	snprintf(want, sizeof(want), "INTERFACE=v0\nIFINDEX=%u\n", if_nametoindex("v0"));
	CHECK_STR(in_sysfs("v0", "uevent"), want);
	CHECK_EQ(atoi(in_sysfs("v0", "iflink")), if_nametoindex("v1"));
	CHECK_STR(in_sysfs("v0", "operstate"), "down\n");
	CHECK_EQ(set_up("v0", 1), 0);
	becomes("v0", "lowerlayerdown\n");
	CHECK_EQ(set_up("v1", 1), 0);
	becomes("v0", "up\n");
	CHECK_STR(in_sysfs("v0", "carrier"), "1\n");
	CHECK_EQ(set_word("v0", IFLA_GROUP, 5), 0);
	CHECK_STR(in_sysfs("v0", "netdev_group"), "5\n");
	CHECK_STR(in_sysfs("v0", "ifalias"), "");
	CHECK_STR(in_sysfs("v0", "statistics/collisions"), "0\n");
	CHECK_STR(in_sysfs("lo", "operstate"), "unknown\n");
	CHECK_EQ(set_up("lo", 0), 0);
	CHECK_STR(in_sysfs("lo", "operstate"), "down\n");
	CHECK_EQ(add("b0", "dummy"), 0);
	CHECK_EQ(del("b0"), 0);
	CHECK(access("sys/class/net/b0", F_OK) != 0);
	CHECK(access("sys/devices/virtual/net/b0", F_OK) != 0);
}

/* What the kernel tells of a link once it is in this state. */
static void show_once(const char *name, uint8_t state)
{
	for (int i = 0; i < 300; i++) {
		NEED(show(name, &im, tb) == 0);
		if (*(uint8_t *)RTA_DATA(tb[IFLA_OPERSTATE]) == state)
			return;
		msleep(10);
	}
	CHECK_EQ(*(uint8_t *)RTA_DATA(tb[IFLA_OPERSTATE]), state);
}

CASE(veth_joins_two_namespaces)
{
	int old, a, b;

	a = new_ns(&old);
	CHECK_EQ(add_veth("v0", "v1"), 0);
	NEED(show("v0", &im, tb) == 0);
	CHECK_EQ(value(tb[IFLA_LINK]), if_nametoindex("v1"));
	CHECK(!tb[IFLA_LINK_NETNSID]);
	b = new_ns(&old);
	go(a);
	CHECK_EQ(set_word("v1", IFLA_NET_NS_FD, (uint32_t)b), 0);
	CHECK_EQ(if_nametoindex("v1"), 0);
	address("v0", "10.6.0.1");
	show_once("v0", LOWERLAYERDOWN);
	CHECK(tb[IFLA_LINK_NETNSID]);
	CHECK_EQ(im.ifi_flags & IFF_RUNNING, 0);
	go(b);
	CHECK(if_nametoindex("v1"));
	address("v1", "10.6.0.2");
	CHECK(talk(a, b, "10.6.0.2"));
	CHECK(talk(b, a, "10.6.0.1"));
	go(a);
	show_once("v0", UP);
	CHECK_EQ(im.ifi_flags & IFF_RUNNING, IFF_RUNNING);
	CHECK_EQ(del("v0"), 0);
	go(b);
	CHECK_EQ(if_nametoindex("v1"), 0);
}

CASE(a_namespace_takes_its_pairs_along)
{
	int old, b, a = new_ns(&old);
	pid_t pid;

	CHECK_EQ(add_veth("v0", "v1"), 0);
	CHILD(pid, {
		int o;

		b = new_ns(&o);
		go(a);
		CHECK_EQ(set_word("v1", IFLA_NET_NS_FD, (uint32_t)b), 0);
	});
	JOIN(pid);
	for (int i = 0; i < 300 && if_nametoindex("v0"); i++)
		msleep(10);
	CHECK_EQ(if_nametoindex("v0"), 0);
	CHECK_EQ(set_word("lo", IFLA_NET_NS_FD, (uint32_t)old), EINVAL);
}

CASE(large_tcp_through_veth)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(4001) };
	int old, a, b, l, s, c;
	static char data[1 << 20];
	pid_t pid;
	size_t got = 0;

	a = new_ns(&old);
	CHECK_EQ(add_veth("v0", "v1"), 0);
	b = new_ns(&old);
	go(a);
	CHECK_EQ(set_word("v1", IFLA_NET_NS_FD, (uint32_t)b), 0);
	address("v0", "10.6.0.1");
	go(b);
	address("v1", "10.6.0.2");
	l = socket(AF_INET, SOCK_STREAM, 0);
	NEED(bind(l, (void *)&at, sizeof(at)) == 0 && listen(l, 1) == 0);
	go(a);
	CHILD(pid, {
		s = socket(AF_INET, SOCK_STREAM, 0);
		inet_pton(AF_INET, "10.6.0.2", &at.sin_addr);
		NEED(connect(s, (void *)&at, sizeof(at)) == 0);
		for (size_t i = 0; i < sizeof(data); i++)
			data[i] = (char)(i * 7 + (i >> 12));
		for (size_t n = 0; n < sizeof(data);) {
			ssize_t k = write(s, data + n, sizeof(data) - n);

			NEED(k > 0);
			n += (size_t)k;
		}
		close(s);
	});
	c = accept(l, NULL, NULL);
	NEED(c >= 0);
	for (;;) {
		ssize_t k = read(c, data + got, sizeof(data) - got);

		if (k <= 0)
			break;
		got += (size_t)k;
	}
	CHECK_EQ(got, sizeof(data));
	for (size_t i = 0; i < got; i++)
		if (data[i] != (char)(i * 7 + (i >> 12))) {
			CHECK_EQ(i, -1);
			break;
		}
	JOIN(pid);
}

CASE(vlans_keep_tags_apart)
{
	int old, a, b;

	a = new_ns(&old);
	CHECK_EQ(add_veth("v0", "v1"), 0);
	b = new_ns(&old);
	go(a);
	CHECK_EQ(set_word("v1", IFLA_NET_NS_FD, (uint32_t)b), 0);
	CHECK_EQ(add_vlan("v0", "v0.5", 5), 0);
	CHECK_EQ(add_vlan("v0", "again", 5), EEXIST);
	CHECK_EQ(add_vlan("v0", "toobig", 4095), ERANGE);
	CHECK_EQ(set_up("v0.5", 1), ENETDOWN);
	CHECK_EQ(set_up("v0", 1), 0);
	address("v0.5", "10.7.0.1");
	NEED(show("v0.5", &im, tb) == 0);
	CHECK_EQ(value(tb[IFLA_LINK]), if_nametoindex("v0"));
	CHECK_EQ(*(uint16_t *)RTA_DATA(sub(sub(tb[IFLA_LINKINFO], IFLA_INFO_DATA), IFLA_VLAN_ID)), 5);
	go(b);
	CHECK_EQ(set_up("v1", 1), 0);
	CHECK_EQ(add_vlan("v1", "five", 5), 0);
	CHECK_EQ(add_vlan("v1", "six", 6), 0);
	address("five", "10.7.0.2");
	address("six", "10.8.0.2");
	CHECK(talk(a, b, "10.7.0.2"));
	CHECK(talk(b, a, "10.7.0.1"));
	go(a);
	CHECK_EQ(set_up("v0", 0), 0);
	NEED(show("v0.5", &im, tb) == 0);
	CHECK_EQ(im.ifi_flags & IFF_UP, 0);
	CHECK_EQ(del("v0"), 0);
	CHECK_EQ(if_nametoindex("v0.5"), 0);
}

/* Is an address learned behind @port; -1: not known at all. */
static int learned(const char *port, const unsigned char *mac)
{
	struct ndmsg *m;
	struct req r;
	int s = fresh_nl(), done = 0, found = -1;

	m = start(&r, RTM_GETNEIGH, NLM_F_DUMP, sizeof(*m));
	m->ndm_family = AF_BRIDGE;
	r.h.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	NEED(send(s, &r, r.h.nlmsg_len, 0) > 0);
	while (!done) {
		int n = (int)recv(s, buf, sizeof(buf), 0);

		NEED(n > 0);
		for (struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, (unsigned)n); h = NLMSG_NEXT(h, n)) {
			struct ndmsg *d = NLMSG_DATA(h);
			int left = (int)NLMSG_PAYLOAD(h, sizeof(*d));
			struct rtattr *a = (void *)((char *)d + NLMSG_ALIGN(sizeof(*d)));

			if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR) {
				done = 1;
				break;
			}
			for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
				if (a->rta_type == NDA_LLADDR && !memcmp(RTA_DATA(a), mac, 6))
					found = d->ndm_ifindex == (int)if_nametoindex(port);
		}
	}
	close(s);
	return found;
}

CASE(a_bridge_learns_and_floods)
{
	unsigned char mac[6];
	int old, hub, ns[3];
	struct req r;

	hub = new_ns(&old);
	CHECK_EQ(add("br0", "bridge"), 0);
	CHECK_EQ(set_up("br0", 1), 0);
	for (int i = 0; i < 3; i++) {
		char port[8], ip[16];

		go(hub);
		snprintf(port, sizeof(port), "p%d", i);
		snprintf(ip, sizeof(ip), "10.9.0.%d", i + 1);
		CHECK_EQ(add_veth(port, "far"), 0);
		ns[i] = new_ns(&old);
		go(hub);
		CHECK_EQ(set_word("far", IFLA_NET_NS_FD, (uint32_t)ns[i]), 0);
		CHECK_EQ(set_word(port, IFLA_MASTER, if_nametoindex("br0")), 0);
		CHECK_EQ(set_up(port, 1), 0);
		go(ns[i]);
		address("far", ip);
	}
	CHECK(talk(ns[0], ns[1], "10.9.0.2"));
	CHECK(talk(ns[2], ns[0], "10.9.0.1"));
	NEED(show("far", &im, tb) == 0);
	go(ns[1]);
	NEED(show("far", &im, tb) == 0);
	memcpy(mac, RTA_DATA(tb[IFLA_ADDRESS]), 6);
	go(hub);
	CHECK_EQ(learned("p1", mac), 1);
	address("br0", "10.9.0.100");
	CHECK(talk(ns[1], hub, "10.9.0.100"));
	CHECK(talk(hub, ns[2], "10.9.0.3"));
	go(hub);
	NEED(show("p0", &im, tb) == 0);
	CHECK_EQ(value(tb[IFLA_MASTER]), if_nametoindex("br0"));
	CHECK_STR(string(sub(tb[IFLA_LINKINFO], IFLA_INFO_SLAVE_KIND)), "bridge");
	CHECK_EQ(*(uint8_t *)RTA_DATA(sub(sub(tb[IFLA_LINKINFO], IFLA_INFO_SLAVE_DATA), IFLA_BRPORT_STATE)), 3);
	/* a port that leaves is alone */
	CHECK_EQ(set_word("p1", IFLA_MASTER, 0), 0);
	CHECK(!talk(ns[0], ns[1], "10.9.0.2"));
	CHECK(talk(ns[0], ns[2], "10.9.0.3"));
	go(hub);
	CHECK(learned("p1", mac) != 1);
	CHECK_EQ(set_word("lo", IFLA_MASTER, if_nametoindex("br0")), EINVAL);
	start(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
	CHECK_EQ(del("br0"), 0);
	NEED(show("p0", &im, tb) == 0);
	CHECK(!tb[IFLA_MASTER]);
}

CASE(namespaces_have_numbers)
{
	struct rtgenmsg *g;
	int old, other;
	struct req r;

	new_ns(&old);
	other = old;
	g = start(&r, RTM_NEWNSID, 0, sizeof(*g));
	word(&r, NETNSA_FD, (uint32_t)other);
	word(&r, NETNSA_NSID, 12);
	CHECK_EQ(ask(&r), 0);
	CHECK_EQ(ask(&r), EEXIST);
	g = start(&r, RTM_GETNSID, 0, sizeof(*g));
	r.h.nlmsg_flags = NLM_F_REQUEST;
	word(&r, NETNSA_FD, (uint32_t)other);
	NEED(send(fresh_nl(), &r, r.h.nlmsg_len, 0) > 0);
	(void)g;
}

TAP_MAIN
