// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a network card's driver says of it, for scripts/run-nic-tests: `nicinfo NAME` prints the lines of
 * ethtool -i (driver, bus-info), ethtool (speed) and ethtool -S (every counter).
 */
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static const char *name;

static int ask(void *data)
{
	struct ifreq r = { .ifr_data = data };
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	strncpy(r.ifr_name, name, IFNAMSIZ - 1);
	return ioctl(s, SIOCETHTOOL, &r);
}

static int show_driver(void)
{
	struct ethtool_drvinfo d = { .cmd = ETHTOOL_GDRVINFO };

	if (ask(&d))
		return -1;
	printf("driver: %s\nversion: %s\nbus-info: %s\n", d.driver, d.version, d.bus_info);
	return 0;
}

static void show_speed(void)
{
	struct { struct ethtool_link_settings s; __u32 masks[3 * 127]; } l = { .s.cmd = ETHTOOL_GLINKSETTINGS };

	if (ask(&l))
		return;
	l.s.link_mode_masks_nwords = (__s8)-l.s.link_mode_masks_nwords;
	l.s.cmd = ETHTOOL_GLINKSETTINGS;
	if (!ask(&l))
		printf("speed: %d\nduplex: %s\n", (int)l.s.speed, l.s.duplex == 1 ? "full" : "half");
}

static void show_counters(void)
{
	struct { struct ethtool_sset_info i; __u32 n; } info = { .i = { .cmd = ETHTOOL_GSSET_INFO, .sset_mask = 2 } };
	struct ethtool_gstrings *names;
	struct ethtool_stats *values;

	if (ask(&info) || !info.i.sset_mask)
		return;
	names = calloc(1, sizeof(*names) + (size_t)info.n * ETH_GSTRING_LEN);
	values = calloc(1, sizeof(*values) + (size_t)info.n * sizeof(__u64));
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_STATS;
	names->len = info.n;
	values->cmd = ETHTOOL_GSTATS;
	values->n_stats = info.n;
	if (ask(names) || ask(values))
		return;
	for (unsigned i = 0; i < info.n; i++)
		printf("%.32s: %llu\n", names->data + (size_t)i * ETH_GSTRING_LEN, values->data[i]);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	name = argv[1];
	if (show_driver())
		return 1;
	show_speed();
	show_counters();
	return 0;
}
