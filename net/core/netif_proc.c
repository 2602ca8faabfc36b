// SPDX-License-Identifier: GPL-2.0-only
/* /proc/net/dev. */
#include <tern/net/netif.h>

#include <tern/fs/procfs.h>

static void print_dev(struct seqbuf *sb, void *arg)
{
	struct netns *ns = netns_self();
	struct netif_stats s;
	struct netif *nif;

	seqbuf_puts(sb, "Inter-|   Receive                                                |  Transmit\n"
		    " face |bytes    packets errs drop fifo frame compressed multicast|"
		    "bytes    packets errs drop fifo colls carrier compressed\n");
	rcu_read_lock();
	netif_foreach(nif, ns) {
		netif_stats_sum(nif, &s);
		seqbuf_printf(sb, "%6s: %7lu %7lu %4lu %4lu %4u %5u %10u %9lu "
			      "%8lu %7lu %4lu %4lu %4u %5u %7u %10u\n", nif->name, s.rx_bytes,
			      s.rx_packets, s.rx_errors, s.rx_dropped, 0, 0, 0, s.multicast,
			      s.tx_bytes, s.tx_packets, s.tx_errors, s.tx_dropped, 0, 0, 0, 0);
	}
	rcu_read_unlock();
}
static struct procfile dev_file = { .path = "net/dev", .print = print_dev };
PROCFILE(dev_file);
