// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/class/net/NAME: what an interface is and counts, seen in its network
 * namespace. Show functions read without locks: they run while config_lock may
 * wait for them.
 */
#include <tern/net/netif.h>

#include <tern/fs/sysfs.h>
#include <tern/lib/string.h>
#include <tern/net/netns.h>

static int show_addr(struct seqbuf *sb, const struct netif *nif, const u8 *a)
{
	for (u32 i = 0; i < nif->addr_len; i++)
		seqbuf_printf(sb, "%s%02x", i ? ":" : "", a[i]);
	seqbuf_putc(sb, '\n');
	return 0;
}

static int show_address(struct seqbuf *sb, void *arg)
{
	const struct netif *nif = arg;

	return show_addr(sb, nif, nif->addr);
}

static int show_broadcast(struct seqbuf *sb, void *arg)
{
	const struct netif *nif = arg;

	return show_addr(sb, nif, nif->broadcast);
}

#define SHOW_NUMBER(id, format, value)						\
	static int show_##id(struct seqbuf *sb, void *arg)			\
	{									\
		const struct netif *nif = arg;					\
		seqbuf_printf(sb, format "\n", value);				\
		return 0;							\
	}
SHOW_NUMBER(addr_len, "%u", nif->addr_len)
SHOW_NUMBER(flags, "0x%x", nif->flags)
SHOW_NUMBER(ifindex, "%u", nif->index)
SHOW_NUMBER(iflink, "%u", nif->index)
SHOW_NUMBER(mtu, "%u", nif->mtu)
SHOW_NUMBER(tx_queue_len, "%u", nif->txq_len)
SHOW_NUMBER(type, "%u", nif->type)

static int show_carrier(struct seqbuf *sb, void *arg)
{
	const struct netif *nif = arg;

	if (!netif_is_up(nif))
		return -EINVAL;
	seqbuf_printf(sb, "%u\n", READ_ONCE(nif->has_carrier));
	return 0;
}

static int show_operstate(struct seqbuf *sb, void *arg)
{
	const struct netif *nif = arg;

	if (nif->flags & IFF_LOOPBACK)
		seqbuf_puts(sb, "unknown\n");
	else
		seqbuf_puts(sb, netif_is_up(nif) && nif->has_carrier ? "up\n" : "down\n");
	return 0;
}

static const struct sysattr attrs[] = {
	{ .name = "address", .show = show_address }, { .name = "broadcast", .show = show_broadcast },
	{ .name = "addr_len", .show = show_addr_len }, { .name = "flags", .show = show_flags },
	{ .name = "ifindex", .show = show_ifindex }, { .name = "iflink", .show = show_iflink },
	{ .name = "mtu", .show = show_mtu }, { .name = "tx_queue_len", .show = show_tx_queue_len },
	{ .name = "type", .show = show_type }, { .name = "carrier", .show = show_carrier },
	{ .name = "operstate", .show = show_operstate },
};

#define SHOW_STAT(member)							\
	static int show_stat_##member(struct seqbuf *sb, void *arg)		\
	{									\
		struct netif_stats s;						\
		netif_stats_sum(arg, &s);					\
		seqbuf_printf(sb, "%lu\n", s.member);				\
		return 0;							\
	}
SHOW_STAT(rx_packets)
SHOW_STAT(rx_bytes)
SHOW_STAT(rx_errors)
SHOW_STAT(rx_dropped)
SHOW_STAT(multicast)
SHOW_STAT(tx_packets)
SHOW_STAT(tx_bytes)
SHOW_STAT(tx_errors)
SHOW_STAT(tx_dropped)
#define STAT_ATTR(member) { .name = #member, .show = show_stat_##member }
static const struct sysattr stat_attrs[] = {
	STAT_ATTR(rx_packets), STAT_ATTR(rx_bytes), STAT_ATTR(rx_errors), STAT_ATTR(rx_dropped),
	STAT_ATTR(multicast), STAT_ATTR(tx_packets), STAT_ATTR(tx_bytes), STAT_ATTR(tx_errors),
	STAT_ATTR(tx_dropped),
};

static struct sysnode *subdir(struct sysnode *parent, const char *name)
{
	struct sysnode *n = sysfs_dir_find(parent, name);

	return n ? n : sysfs_dir_create(parent, name);
}

static int fill(struct netif *nif)
{
	struct sysnode *stats = sysfs_dir_create(nif->sys, "statistics");
	int err = IS_ERR(stats) ? (int)PTR_ERR(stats) : 0;

	for (u32 i = 0; !err && i < ARRAY_SIZE(attrs); i++)
		err = sysfs_file_create(nif->sys, &attrs[i], nif);
	for (u32 i = 0; !err && i < ARRAY_SIZE(stat_attrs); i++)
		err = sysfs_file_create(stats, &stat_attrs[i], nif);
	return err;
}

int netif_sysfs_add(struct netif *nif)
{
	struct sysnode *class = subdir(sysfs_class, "net"), *dev = subdir(sysfs_devices, "virtual");
	int err;

	if (!IS_ERR(dev))
		dev = subdir(dev, "net");
	if (IS_ERR(dev) || IS_ERR(class))
		return -ENOMEM;
	nif->sys = sysfs_dir_create_in(dev, nif->name, nif->ns->base.inum);
	if (IS_ERR(nif->sys)) {
		err = (int)PTR_ERR(nif->sys);
		nif->sys = NULL;
		return err;
	}
	err = fill(nif);
	if (!err)
		err = sysfs_link_create_in(class, nif->name, nif->sys, nif->ns->base.inum);
	if (!err)
		err = sysfs_link_create(nif->sys, "subsystem", class);
	return err;
}

void netif_sysfs_remove(struct netif *nif)
{
	struct sysnode *class = sysfs_dir_find(sysfs_class, "net");

	if (class)
		sysfs_remove_name_in(class, nif->name, nif->ns->base.inum);
	if (nif->sys)
		sysfs_remove(nif->sys);
	nif->sys = NULL;
}
