// SPDX-License-Identifier: GPL-2.0-only
/*
 * SIOCETHTOOL: links, drivers, what devices do themselves.
 * guest-modules: dummy, veth
 */
#include "tap.h"
#include "nl.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

static int old;

static int ask_ethtool(const char *name, void *data)
{
	struct ifreq r = { .ifr_data = data };
	int s = socket(AF_INET, SOCK_DGRAM, 0), ret, e;

	strncpy(r.ifr_name, name, IFNAMSIZ - 1);
	ret = ioctl(s, SIOCETHTOOL, &r);
	e = errno;
	close(s);
	errno = e;
	return ret;
}

CASE(links_are_seen)
{
	struct ethtool_value v = { ETHTOOL_GLINK, 7 };

	new_ns(&old);
	CHECK_EQ(add_veth("v0", "v1"), 0);
	CHECK(ask_ethtool("v0", &v) == 0);
	CHECK_EQ(v.data, 0);
	CHECK_EQ(set_up("v0", 1), 0);
	CHECK_EQ(set_up("v1", 1), 0);
	v.data = 7;
	CHECK(ask_ethtool("v0", &v) == 0);
	CHECK_EQ(v.data, 1);
	FAILS(ask_ethtool("none", &v), ENODEV);
	v.cmd = 0x7ffffff0;
	FAILS(ask_ethtool("v0", &v), EOPNOTSUPP);
}

CASE(drivers_have_names)
{
	struct ethtool_drvinfo d = { .cmd = ETHTOOL_GDRVINFO };

	new_ns(&old);
	CHECK_EQ(add_veth("v0", "v1"), 0);
	CHECK_EQ(add("d0", "dummy"), 0);
	CHECK(ask_ethtool("v0", &d) == 0);
	CHECK_STR(d.driver, "veth");
	CHECK(ask_ethtool("d0", &d) == 0);
	CHECK_STR(d.driver, "dummy");
}

CASE(what_veth_leaves_to_the_other_end)
{
	struct ethtool_value v = { ETHTOOL_GTXCSUM, 7 };

	new_ns(&old);
	CHECK_EQ(add_veth("v0", "v1"), 0);
	CHECK(ask_ethtool("v0", &v) == 0);
	CHECK_EQ(v.data, 1);
	v.cmd = ETHTOOL_GTSO;
	CHECK(ask_ethtool("v0", &v) == 0);
	CHECK_EQ(v.data, 1);
	v.cmd = ETHTOOL_GSG;
	CHECK(ask_ethtool("v0", &v) == 0);
	CHECK_EQ(v.data, 1);
}

CASE(packets_to_ourselves_do_not_wait)
{
	struct ifinfomsg im;
	struct rtattr *tb[IFLA_MAX + 1];

	new_ns(&old);
	NEED(show("lo", &im, tb) == 0);
	CHECK_STR(string(tb[IFLA_QDISC]), "noqueue");
}

TAP_MAIN
