// SPDX-License-Identifier: GPL-2.0-only
/* SIOCETHTOOL: what ethtool(8) asks about an interface, of its driver first. Nothing can be changed here. */
#include <tern/net/linkkind.h>

#include <asm/uaccess.h>
#include <tern/kernel/version.h>
#include <tern/lib/string.h>
#include <uapi/ethtool.h>

#include "core_impl.h"

static const char *driver_of(const struct netif *nif)
{
	return nif->driver_name ? nif->driver_name : nif->kind ? nif->kind->name : NULL;
}

static long get_driver(const struct netif *nif, void __user *to)
{
	struct ethtool_drvinfo d = { .cmd = ETHTOOL_GDRVINFO };

	if (!driver_of(nif))
		return -EOPNOTSUPP;
	strlcpy(d.driver, driver_of(nif), sizeof(d.driver));
	strlcpy(d.version, version_release, sizeof(d.version));
	if (nif->bus_name)
		strlcpy(d.bus_info, nif->bus_name, sizeof(d.bus_info));
	return user_copyout(to, &d, sizeof(d));
}

static long get_address(const struct netif *nif, void __user *to)
{
	struct ethtool_addr a;

	if (user_copyin(&a, to, sizeof(a)))
		return -EFAULT;
	if (a.size < nif->addr_len)
		return -EINVAL;
	a.size = nif->addr_len;
	if (user_copyout(to, &a, sizeof(a)))
		return -EFAULT;
	return user_copyout(to + sizeof(a), nif->addr, nif->addr_len);
}

/* One number; false: not such a question. */
static bool value_of(const struct netif *nif, u32 cmd, u32 *v)
{
	u32 f = READ_ONCE(nif->features);

	switch (cmd) {
	case ETHTOOL_GLINK:
		*v = netif_is_up(nif) && READ_ONCE(nif->has_carrier);
		return true;
	case ETHTOOL_GTXCSUM:
	case ETHTOOL_GRXCSUM:
		*v = !!(f & NETIF_F_SUM);
		return true;
	case ETHTOOL_GSG:
		*v = !!(f & NETIF_F_SG);
		return true;
	case ETHTOOL_GTSO:
		*v = !!(f & NETIF_F_TSO4);
		return true;
	case ETHTOOL_GGRO:
		*v = !!(f & NETIF_F_GRO);
		return true;
	case ETHTOOL_GGSO:
		*v = 1;		/* large packets are cut just before the device */
		return true;
	}
	return false;
}

static long answer(const struct netif *nif, u32 cmd, void __user *to)
{
	struct ethtool_value v = { .cmd = cmd };

	if (value_of(nif, cmd, &v.data))
		return user_copyout(to, &v, sizeof(v));
	if (cmd == ETHTOOL_GDRVINFO)
		return get_driver(nif, to);
	return cmd == ETHTOOL_GPERMADDR ? get_address(nif, to) : -EOPNOTSUPP;
}

long ethtool_ioctl(struct netns *ns, uptr arg)
{
	struct netif *nif;
	struct ifreq r;
	u32 cmd;
	long err;

	if (user_copyin(&r, (void __user *)arg, sizeof(r)) || user_copyin(&cmd, (void __user *)r.data, sizeof(cmd)))
		return -EFAULT;
	r.ifr_name[IFNAMSIZ - 1] = '\0';
	rcu_read_lock();
	nif = netif_find_name(ns, r.ifr_name);
	if (nif)
		netif_get(nif);
	rcu_read_unlock();
	if (!nif)
		return -ENODEV;
	err = nif->ops->ethtool ? nif->ops->ethtool(nif, cmd, (void __user *)r.data) : -ENOTTY;
	if (err == -ENOTTY)
		err = answer(nif, cmd, (void __user *)r.data);
	netif_put(nif);
	return err;
}
