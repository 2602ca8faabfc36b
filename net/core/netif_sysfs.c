// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/class/net/NAME: what an interface is and counts, seen in its network
 * namespace. Show functions read without locks: they run while config_lock may
 * wait for them.
 */
#include <tern/net/netif.h>

#include <tern/base/rcu.h>
#include <tern/fs/sysfs.h>
#include <tern/lib/string.h>
#include <tern/net/linkkind.h>
#include <tern/net/netns.h>
#include <uapi/netlink.h>

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
SHOW_NUMBER(group, "%u", nif->group)
SHOW_NUMBER(ifindex, "%u", nif->index)
SHOW_NUMBER(mtu, "%u", nif->mtu)
SHOW_NUMBER(tx_queue_len, "%u", nif->txq_len)
SHOW_NUMBER(type, "%u", nif->type)

static int show_iflink(struct seqbuf *sb, void *arg)
{
	const struct netif *nif = arg, *lower;

	rcu_read_lock();
	lower = netif_lower(nif);
	seqbuf_printf(sb, "%u\n", lower ? lower->index : nif->index);
	rcu_read_unlock();
	return 0;
}

static int show_ifalias(struct seqbuf *sb, void *arg)
{
	const struct netif *nif = arg;
	const char *alias;

	rcu_read_lock();
	alias = rcu_load(nif->alias);
	if (alias)
		seqbuf_printf(sb, "%s\n", alias);
	rcu_read_unlock();
	return 0;
}

/* What udev reads. */
static int show_uevent(struct seqbuf *sb, void *arg)
{
	const struct netif *nif = arg;

	if (nif->kind && !strcmp(nif->kind->name, "bridge"))
		seqbuf_puts(sb, "DEVTYPE=bridge\n");
	seqbuf_printf(sb, "INTERFACE=%s\nIFINDEX=%u\n", nif->name, nif->index);
	return 0;
}

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
	static const char *const names[] = {
		[IF_OPER_UNKNOWN] = "unknown", [IF_OPER_DOWN] = "down",
		[IF_OPER_LOWERLAYERDOWN] = "lowerlayerdown", [IF_OPER_UP] = "up",
	};
	const struct netif *nif = arg;

	rcu_read_lock();
	seqbuf_printf(sb, "%s\n", names[netif_operstate(nif)]);
	rcu_read_unlock();
	return 0;
}

static const struct sysattr attrs[] = {
	{ .name = "address", .show = show_address }, { .name = "broadcast", .show = show_broadcast },
	{ .name = "addr_len", .show = show_addr_len }, { .name = "flags", .show = show_flags },
	{ .name = "ifindex", .show = show_ifindex }, { .name = "iflink", .show = show_iflink },
	{ .name = "mtu", .show = show_mtu }, { .name = "tx_queue_len", .show = show_tx_queue_len },
	{ .name = "type", .show = show_type }, { .name = "carrier", .show = show_carrier },
	{ .name = "operstate", .show = show_operstate }, { .name = "netdev_group", .show = show_group },
	{ .name = "ifalias", .show = show_ifalias }, { .name = "uevent", .show = show_uevent },
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
/* What no driver here tells apart; netlink says the same. */
static int show_stat_none(struct seqbuf *sb, void *arg)
{
	seqbuf_puts(sb, "0\n");
	return 0;
}

#define STAT_NONE(id) { .name = #id, .show = show_stat_none }
#define STAT_ATTR(member) { .name = #member, .show = show_stat_##member }
static const struct sysattr stat_attrs[] = {
	STAT_ATTR(rx_packets), STAT_ATTR(rx_bytes), STAT_ATTR(rx_errors), STAT_ATTR(rx_dropped),
	STAT_ATTR(multicast), STAT_ATTR(tx_packets), STAT_ATTR(tx_bytes), STAT_ATTR(tx_errors),
	STAT_ATTR(tx_dropped),
	STAT_NONE(collisions), STAT_NONE(rx_length_errors), STAT_NONE(rx_over_errors),
	STAT_NONE(rx_crc_errors), STAT_NONE(rx_frame_errors), STAT_NONE(rx_fifo_errors),
	STAT_NONE(rx_missed_errors), STAT_NONE(tx_aborted_errors), STAT_NONE(tx_carrier_errors),
	STAT_NONE(tx_fifo_errors), STAT_NONE(tx_heartbeat_errors), STAT_NONE(tx_window_errors),
	STAT_NONE(rx_compressed), STAT_NONE(tx_compressed), STAT_NONE(rx_nohandler),
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

	if (!err)
		err = sysfs_files_create(nif->sys, attrs, ARRAY_SIZE(attrs), nif);
	return err ? err : sysfs_files_create(stats, stat_attrs, ARRAY_SIZE(stat_attrs), nif);
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
