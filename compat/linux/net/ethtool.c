// SPDX-License-Identifier: GPL-2.0-only
/*
 * ethtool(8) for interfaces of modules: SIOCETHTOOL's commands, answered by the driver's ethtool_ops under
 * rtnl, between its begin() and complete(). What the driver lacks is -EOPNOTSUPP; the native stack
 * answers what it knows itself.
 */
#include "net_impl.h"

#include "../runtime.h"
#include "../task.h"

#include <asm/uaccess.h>
#include <tern/base/err.h>
#include <tern/kernel/version.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <uapi/ethtool.h>

#define NAME_LEN	32u
#define SET_MAX		4096	/* names in a set */
#define BLOB_MAX	(1u << 20)
#define MODE_WORDS	((LX___ETHTOOL_LINK_MODE_MASK_NBITS + 31) / 32)
#define SPEED_UNKNOWN	(~0u)
#define DUPLEX_UNKNOWN	0xffu
#define DUPLEX_FULL	1u

/* ---- numbers and blocks ---- */

static long get_driver(struct lx_net_device *dev, void __user *arg)
{
	const struct lx_ethtool_ops *ops = dev->ethtool_ops;
	struct lx_ethtool_drvinfo d = { .cmd = ETHTOOL_GDRVINFO };

	strlcpy(d.version, version_release, sizeof(d.version));
	if (nic_of(dev)->nif.driver_name)
		strlcpy(d.driver, nic_of(dev)->nif.driver_name, sizeof(d.driver));
	if (nic_of(dev)->nif.bus_name)
		strlcpy(d.bus_info, nic_of(dev)->nif.bus_name, sizeof(d.bus_info));
	if (ops->get_drvinfo)
		ops->get_drvinfo(dev, &d);
	if (ops->get_sset_count) {
		d.n_stats = (u32)max(ops->get_sset_count(dev, LX_ETH_SS_STATS), 0);
		d.testinfo_len = (u32)max(ops->get_sset_count(dev, LX_ETH_SS_TEST), 0);
		d.n_priv_flags = (u32)max(ops->get_sset_count(dev, LX_ETH_SS_PRIV_FLAGS), 0);
	}
	if (ops->get_regs_len)
		d.regdump_len = (u32)ops->get_regs_len(dev);
	if (ops->get_eeprom_len)
		d.eedump_len = (u32)ops->get_eeprom_len(dev);
	return user_copyout(arg, &d, sizeof(d));
}

static long give_value(void __user *arg, u32 cmd, u32 value)
{
	struct ethtool_value v = { cmd, value };

	return user_copyout(arg, &v, sizeof(v));
}

static long get_registers(struct lx_net_device *dev, void __user *arg)
{
	const struct lx_ethtool_ops *ops = dev->ethtool_ops;
	struct lx_ethtool_regs r;
	int have;
	void *buf;
	long err;

	if (!ops->get_regs || !ops->get_regs_len)
		return -EOPNOTSUPP;
	if (user_copyin(&r, arg, sizeof(r)))
		return -EFAULT;
	have = ops->get_regs_len(dev);
	if (have <= 0 || (u32)have > BLOB_MAX)
		return have < 0 ? have : -EINVAL;
	buf = kmem_alloc_large((u32)have, ALLOC_KERNEL | ALLOC_ZERO);
	if (!buf)
		return -ENOMEM;
	r.len = min(r.len, (u32)have);
	ops->get_regs(dev, &r, buf);
	err = user_copyout(arg, &r, sizeof(r)) || user_copyout(arg + sizeof(r), buf, r.len) ? -EFAULT : 0;
	kmem_free_large(buf);
	return err;
}

static long get_eeprom(struct lx_net_device *dev, void __user *arg)
{
	const struct lx_ethtool_ops *ops = dev->ethtool_ops;
	struct lx_ethtool_eeprom e;
	void *buf;
	long err;

	if (!ops->get_eeprom || !ops->get_eeprom_len)
		return -EOPNOTSUPP;
	if (user_copyin(&e, arg, sizeof(e)))
		return -EFAULT;
	if (!e.len || e.len > BLOB_MAX || e.offset + e.len < e.offset ||
	    e.offset + e.len > (u32)ops->get_eeprom_len(dev))
		return -EINVAL;
	buf = kmem_alloc_large(e.len, ALLOC_KERNEL | ALLOC_ZERO);
	if (!buf)
		return -ENOMEM;
	err = ops->get_eeprom(dev, &e, buf);
	if (!err && (user_copyout(arg, &e, sizeof(e)) || user_copyout(arg + sizeof(e), buf, e.len)))
		err = -EFAULT;
	kmem_free_large(buf);
	return err;
}

/* ---- rings, coalescing, pause ---- */

static long get_block(struct lx_net_device *dev, u32 cmd, void __user *arg)
{
	const struct lx_ethtool_ops *ops = dev->ethtool_ops;
	struct lx_kernel_ethtool_coalesce kc = { 0 };
	struct lx_kernel_ethtool_ringparam kr = { 0 };
	struct lx_ethtool_coalesce c = { .cmd = cmd };
	struct lx_ethtool_ringparam r = { .cmd = cmd };
	struct lx_ethtool_pauseparam p = { .cmd = cmd };
	struct lx_ethtool_channels n = { .cmd = cmd };
	struct lx_ethtool_wolinfo w = { .cmd = cmd };
	int err;

	switch (cmd) {
	case ETHTOOL_GCOALESCE:
		err = ops->get_coalesce ? ops->get_coalesce(dev, &c, &kc, NULL) : -EOPNOTSUPP;
		return err ? err : user_copyout(arg, &c, sizeof(c));
	case ETHTOOL_GRINGPARAM:
		if (!ops->get_ringparam)
			return -EOPNOTSUPP;
		ops->get_ringparam(dev, &r, &kr, NULL);
		return user_copyout(arg, &r, sizeof(r));
	case ETHTOOL_GPAUSEPARAM:
		if (!ops->get_pauseparam)
			return -EOPNOTSUPP;
		ops->get_pauseparam(dev, &p);
		return user_copyout(arg, &p, sizeof(p));
	case ETHTOOL_GCHANNELS:
		if (!ops->get_channels)
			return -EOPNOTSUPP;
		ops->get_channels(dev, &n);
		return user_copyout(arg, &n, sizeof(n));
	default:
		if (!ops->get_wol)
			return -EOPNOTSUPP;
		ops->get_wol(dev, &w);
		return user_copyout(arg, &w, sizeof(w));
	}
}

static long set_rings(struct lx_net_device *dev, void __user *arg)
{
	const struct lx_ethtool_ops *ops = dev->ethtool_ops;
	struct lx_kernel_ethtool_ringparam kr = { 0 };
	struct lx_ethtool_ringparam has = { .cmd = ETHTOOL_GRINGPARAM }, r;

	if (!ops->set_ringparam || !ops->get_ringparam)
		return -EOPNOTSUPP;
	if (user_copyin(&r, arg, sizeof(r)))
		return -EFAULT;
	ops->get_ringparam(dev, &has, &kr, NULL);
	if (r.rx_pending > has.rx_max_pending || r.tx_pending > has.tx_max_pending ||
	    r.rx_mini_pending > has.rx_mini_max_pending || r.rx_jumbo_pending > has.rx_jumbo_max_pending)
		return -EINVAL;
	return ops->set_ringparam(dev, &r, &kr, NULL);
}

static long set_pause(struct lx_net_device *dev, void __user *arg)
{
	struct lx_ethtool_pauseparam p;

	if (!dev->ethtool_ops->set_pauseparam)
		return -EOPNOTSUPP;
	return user_copyin(&p, arg, sizeof(p)) ? -EFAULT : dev->ethtool_ops->set_pauseparam(dev, &p);
}

/* ---- names and statistics ---- */

static int count_of(struct lx_net_device *dev, u32 set)
{
	const struct lx_ethtool_ops *ops = dev->ethtool_ops;
	int n = ops->get_sset_count && ops->get_strings ? ops->get_sset_count(dev, (int)set) : -EOPNOTSUPP;

	return n > SET_MAX ? -EOPNOTSUPP : n;
}

static long get_names(struct lx_net_device *dev, void __user *arg)
{
	struct ethtool_names names;
	u8 *buf;
	int n;
	long err;

	if (user_copyin(&names, arg, sizeof(names)))
		return -EFAULT;
	n = count_of(dev, names.set);
	if (n < 0)
		return n;
	buf = kmem_alloc_large((u32)n * NAME_LEN + 1, ALLOC_KERNEL | ALLOC_ZERO);
	if (!buf)
		return -ENOMEM;
	dev->ethtool_ops->get_strings(dev, names.set, buf);
	names.len = (u32)n;
	err = user_copyout(arg, &names, sizeof(names)) ||
	      user_copyout(arg + sizeof(names), buf, (u32)n * NAME_LEN) ? -EFAULT : 0;
	kmem_free_large(buf);
	return err;
}

static long get_set_info(struct lx_net_device *dev, void __user *arg)
{
	struct ethtool_sets info;
	u32 found = 0;

	if (user_copyin(&info, arg, sizeof(info)))
		return -EFAULT;
	for (u32 set = 0; set < 64; set++) {
		int n = info.mask & BIT(set) ? count_of(dev, set) : -ENOENT;
		u32 value = (u32)n;

		if (n < 0) {
			info.mask &= ~BIT(set);
			continue;
		}
		if (user_copyout(arg + sizeof(info) + 4 * found++, &value, sizeof(value)))
			return -EFAULT;
	}
	return user_copyout(arg, &info, sizeof(info));
}

static long get_statistics(struct lx_net_device *dev, void __user *arg)
{
	int n = dev->ethtool_ops->get_ethtool_stats ? count_of(dev, LX_ETH_SS_STATS) : -EOPNOTSUPP;
	struct lx_ethtool_stats head;
	unsigned long long *data;
	long err;

	if (n < 0)
		return n;
	if (user_copyin(&head, arg, sizeof(head)))
		return -EFAULT;
	data = kmem_alloc_large((u32)n * sizeof(*data) + 1, ALLOC_KERNEL | ALLOC_ZERO);
	if (!data)
		return -ENOMEM;
	head.n_stats = (u32)n;
	dev->ethtool_ops->get_ethtool_stats(dev, &head, data);
	err = user_copyout(arg, &head, sizeof(head)) ||
	      user_copyout(arg + sizeof(head), data, (u32)n * sizeof(*data)) ? -EFAULT : 0;
	kmem_free_large(data);
	return err;
}

/* ---- the link ---- */

int lx___ethtool_get_link_ksettings(struct lx_net_device *dev, struct lx_ethtool_link_ksettings *s)
{
	if (!dev->ethtool_ops || !dev->ethtool_ops->get_link_ksettings)
		return -EOPNOTSUPP;
	if (!(dev->state & DEV_PRESENT))
		return -ENODEV;
	memset(s, 0, sizeof(*s));
	return dev->ethtool_ops->get_link_ksettings(dev, s);
}
LX_EXPORT(__ethtool_get_link_ksettings);

static long get_link_settings(struct lx_net_device *dev, void __user *arg)
{
	struct lx_ethtool_link_ksettings s;
	struct lx_ethtool_link_settings asked;
	u32 masks[3][MODE_WORDS];
	int err = lx___ethtool_get_link_ksettings(dev, &s);

	if (err)
		return err;
	if (user_copyin(&asked, arg, sizeof(asked)))
		return -EFAULT;
	s.base.cmd = ETHTOOL_GLINKSETTINGS;
	/* The caller asks first how many words there are. */
	if (asked.link_mode_masks_nwords != MODE_WORDS) {
		memset(&s.base, 0, sizeof(s.base));
		s.base.cmd = ETHTOOL_GLINKSETTINGS;
		s.base.link_mode_masks_nwords = -MODE_WORDS;
		return user_copyout(arg, &s.base, sizeof(s.base));
	}
	s.base.link_mode_masks_nwords = MODE_WORDS;
	memcpy(masks[0], s.link_modes.supported, sizeof(masks[0]));
	memcpy(masks[1], s.link_modes.advertising, sizeof(masks[1]));
	memcpy(masks[2], s.link_modes.lp_advertising, sizeof(masks[2]));
	return user_copyout(arg, &s.base, sizeof(s.base)) ||
	       user_copyout(arg + sizeof(s.base), masks, sizeof(masks)) ? -EFAULT : 0;
}

void lx_ethtool_convert_legacy_u32_to_link_mode(unsigned long *to, unsigned int from)
{
	memset(to, 0, 2 * sizeof(*to));
	to[0] = from;
}
LX_EXPORT(ethtool_convert_legacy_u32_to_link_mode);

/* False: there are modes that the old word has no bit for. */
bool lx_ethtool_convert_link_mode_to_legacy_u32(unsigned int *to, const unsigned long *from)
{
	*to = (u32)from[0];
	return !(from[0] >> 32) && !from[1];
}
LX_EXPORT(ethtool_convert_link_mode_to_legacy_u32);

/* A device without a wire believes what it is told of speed and duplex. */
int lx_ethtool_virtdev_set_link_ksettings(struct lx_net_device *dev, const struct lx_ethtool_link_ksettings *s,
					  unsigned int *speed, unsigned char *duplex)
{
	bool speed_ok = s->base.speed == SPEED_UNKNOWN || s->base.speed <= 0x7fffffff,
	     duplex_ok = s->base.duplex == DUPLEX_UNKNOWN || s->base.duplex <= DUPLEX_FULL;

	if (!speed_ok || !duplex_ok || s->base.autoneg)
		return -EINVAL;
	*speed = s->base.speed;
	*duplex = s->base.duplex;
	return 0;
}
LX_EXPORT(ethtool_virtdev_set_link_ksettings);

unsigned int lx_ethtool_op_get_link(struct lx_net_device *dev)
{
	return !(READ_ONCE(dev->state) & DEV_NOCARRIER);
}
LX_EXPORT(ethtool_op_get_link);

/* Software stamps on receive and report, no clock of the hardware. */
int lx_ethtool_op_get_ts_info(struct lx_net_device *dev, struct lx_ethtool_ts_info *info)
{
	info->so_timestamping = BIT(1) | BIT(3) | BIT(4);
	info->phc_index = -1;
	return 0;
}
LX_EXPORT(ethtool_op_get_ts_info);

void lx_ethtool_sprintf(unsigned char **at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	lx_vsnprintf((char *)*at, NAME_LEN, fmt, ap);
	va_end(ap);
	*at += NAME_LEN;
}
LX_EXPORT(ethtool_sprintf);

/* ---- dispatch ---- */

static long answer(struct lx_net_device *dev, u32 cmd, void __user *arg)
{
	const struct lx_ethtool_ops *ops = dev->ethtool_ops;
	struct ethtool_value v;

	switch (cmd) {
	case ETHTOOL_GDRVINFO:
		return get_driver(dev, arg);
	case ETHTOOL_GREGS:
		return get_registers(dev, arg);
	case ETHTOOL_GEEPROM:
		return get_eeprom(dev, arg);
	case ETHTOOL_GCOALESCE:
	case ETHTOOL_GRINGPARAM:
	case ETHTOOL_GPAUSEPARAM:
	case ETHTOOL_GCHANNELS:
	case ETHTOOL_GWOL:
		return get_block(dev, cmd, arg);
	case ETHTOOL_SRINGPARAM:
		return set_rings(dev, arg);
	case ETHTOOL_SPAUSEPARAM:
		return set_pause(dev, arg);
	case ETHTOOL_GSTRINGS:
		return get_names(dev, arg);
	case ETHTOOL_GSSET_INFO:
		return get_set_info(dev, arg);
	case ETHTOOL_GSTATS:
		return get_statistics(dev, arg);
	case ETHTOOL_GLINKSETTINGS:
		return get_link_settings(dev, arg);
	case ETHTOOL_GMSGLVL:
		return ops->get_msglevel ? give_value(arg, cmd, ops->get_msglevel(dev)) : -EOPNOTSUPP;
	case ETHTOOL_SMSGLVL:
		if (!ops->set_msglevel)
			return -EOPNOTSUPP;
		if (user_copyin(&v, arg, sizeof(v)))
			return -EFAULT;
		ops->set_msglevel(dev, v.data);
		return 0;
	case ETHTOOL_NWAY_RST:
		return ops->nway_reset ? ops->nway_reset(dev) : -EOPNOTSUPP;
	case ETHTOOL_GLINK:
		return ops->get_link ? give_value(arg, cmd, netif_is_up(&nic_of(dev)->nif) && ops->get_link(dev)) :
				       -EOPNOTSUPP;
	default:
		return -ENOTTY;
	}
}

long lx_nic_ethtool(struct netif *nif, u32 cmd, void __user *arg)
{
	struct lx_nic *nic = nic_of_netif(nif);
	struct lx_net_device *dev = &nic->dev;
	long err = lx_task_enter();

	if (err)
		return err;
	lx_rtnl_enter_for(nic);
	if (!nic->is_present || !(dev->state & DEV_PRESENT))
		err = -ENODEV;
	else if (!dev->ethtool_ops)
		err = -ENOTTY;
	else if (dev->ethtool_ops->begin)
		err = dev->ethtool_ops->begin(dev);
	if (!err) {
		err = answer(dev, cmd, arg);
		if (dev->ethtool_ops->complete)
			dev->ethtool_ops->complete(dev);
	}
	lx_rtnl_unlock();
	return err;
}
