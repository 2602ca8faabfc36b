// SPDX-License-Identifier: GPL-2.0-only
/* ioctl(2) on interfaces: what needs no protocol. Addresses are net/ip's. */
#include <tern/net/netif.h>

#include <asm/uaccess.h>
#include <tern/kernel/cred.h>
#include <tern/lib/string.h>

#include "core_impl.h"

static long get_name(struct netns *ns, struct ifreq *r)
{
	struct netif *nif = netif_find_index(ns, (u32)r->ivalue);

	if (!nif)
		return -ENODEV;
	strlcpy(r->ifr_name, nif->name, IFNAMSIZ);
	return 0;
}

/* Reads; false: not one of these. */
static bool get_one(struct netif *nif, u32 cmd, struct ifreq *r)
{
	switch (cmd) {
	case SIOCGIFFLAGS:
		r->flags = (s16)netif_user_flags(nif);
		return true;
	case SIOCGIFMTU:
		r->ivalue = (s32)nif->mtu;
		return true;
	case SIOCGIFMETRIC:
		r->ivalue = 0;
		return true;
	case SIOCGIFINDEX:
		r->ivalue = (s32)nif->index;
		return true;
	case SIOCGIFTXQLEN:
		r->ivalue = (s32)nif->txq_len;
		return true;
	case SIOCGIFHWADDR:
		memset(&r->hw, 0, sizeof(r->hw));
		r->hw.family = nif->type;
		memcpy(r->hw.data, nif->addr, nif->addr_len);
		return true;
	case SIOCGIFMAP:
		memset(&r->map, 0, sizeof(r->map));
		return true;
	}
	return false;
}

static long set_hwaddr(struct netif *nif, const struct ifreq *r)
{
	long err;

	if (r->hw.family != nif->type)
		return -EINVAL;
	err = nif->ops->set_addr(nif, r->hw.data);
	if (!err)
		netif_changed(nif);
	return err;
}

static long set_name(struct netif *nif, const struct ifreq *r)
{
	char name[IFNAMSIZ];

	strlcpy(name, r->newname, sizeof(name));
	return netif_rename(nif, name);
}

static long set_one(struct netif *nif, u32 cmd, const struct ifreq *r)
{
	switch (cmd) {
	case SIOCSIFFLAGS:
		return netif_set_flags(nif, (u16)r->flags);
	case SIOCSIFMTU:
		return netif_set_mtu(nif, (u32)r->ivalue);
	case SIOCSIFTXQLEN:
		if (r->ivalue < 0)
			return -EINVAL;
		WRITE_ONCE(nif->txq_len, (u32)r->ivalue);
		return 0;
	case SIOCSIFHWADDR:
		return set_hwaddr(nif, r);
	case SIOCSIFNAME:
		return set_name(nif, r);
	}
	return -ENOTTY;
}

static bool is_set(u32 cmd)
{
	return cmd == SIOCSIFFLAGS || cmd == SIOCSIFMTU || cmd == SIOCSIFTXQLEN || cmd == SIOCSIFHWADDR ||
	       cmd == SIOCSIFNAME;
}

static bool is_get(u32 cmd)
{
	return cmd == SIOCGIFFLAGS || cmd == SIOCGIFMTU || cmd == SIOCGIFMETRIC || cmd == SIOCGIFINDEX ||
	       cmd == SIOCGIFTXQLEN || cmd == SIOCGIFHWADDR || cmd == SIOCGIFMAP;
}

static void cut_label(char *name)
{
	char *colon = strchr(name, ':');

	if (colon)
		*colon = '\0';
}

long netif_ioctl(struct netns *ns, u32 cmd, uptr arg)
{
	struct ifreq r;
	struct netif *nif;
	long err;

	if (cmd == SIOCETHTOOL)
		return ethtool_ioctl(ns, arg);
	if (!is_set(cmd) && !is_get(cmd) && cmd != SIOCGIFNAME)
		return -ENOTTY;
	if (user_copyin(&r, (void __user *)arg, sizeof(r)))
		return -EFAULT;
	r.ifr_name[IFNAMSIZ - 1] = '\0';
	if (is_set(cmd) && !netns_cap(CAP_NET_ADMIN))
		return -EPERM;
	kmutex_lock(&ns->config_lock);
	if (cmd == SIOCGIFNAME) {
		err = get_name(ns, &r);
	} else {
		char name[IFNAMSIZ];

		strlcpy(name, r.ifr_name, sizeof(name));
		cut_label(name);
		nif = netif_find_name(ns, name);
		if (!nif)
			err = -ENODEV;
		else
			err = get_one(nif, cmd, &r) ? 0 : set_one(nif, cmd, &r);
	}
	kmutex_unlock(&ns->config_lock);
	if (!err && !is_set(cmd) && user_copyout((void __user *)arg, &r, sizeof(r)))
		err = -EFAULT;
	return err;
}
