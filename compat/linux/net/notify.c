// SPDX-License-Identifier: GPL-2.0-only
/*
 * What interfaces of modules tell each other and the log: notifiers, an interface above others (failover),
 * features, statistics, messages.
 */
#include "net_impl.h"

#include "../format.h"
#include "../runtime.h"
#include "../task.h"

#include <tern/base/err.h>
#include <tern/base/percpu_alloc.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/random.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define NOTIFY_STOP	0x8000
#define NOTIFY_ERR	0x7fff
#define RATE_BURST	10u
#define RATE_NS		(5 * NSEC_PER_SEC)

/* ---- notifiers; rtnl held ---- */

static struct lx_raw_notifier_head chain;

static int tell(struct lx_notifier_block *n, unsigned long event, struct lx_net_device *dev)
{
	struct lx_netdev_notifier_info info = { .dev = dev };
	int r = n->notifier_call(n, event, &info);

	return r & NOTIFY_STOP ? -(r & NOTIFY_ERR) + 1 : 0;
}

int lx_net_notify(unsigned long event, struct lx_net_device *dev)
{
	struct lx_netdev_notifier_info info = { .dev = dev };
	int r = lx_raw_notifier_call_chain(&chain, event, &info);

	return r & NOTIFY_STOP ? -((r & NOTIFY_ERR) - 1) : 0;
}

int lx_call_netdevice_notifiers(unsigned long event, struct lx_net_device *dev)
{
	struct lx_netdev_notifier_info info = { .dev = dev };

	return lx_raw_notifier_call_chain(&chain, event, &info);
}
LX_EXPORT(call_netdevice_notifiers);

/* It hears of the interfaces that there are already. */
int lx_register_netdevice_notifier(struct lx_notifier_block *n)
{
	struct lx_nic *nic;
	int err;

	lx_rtnl_lock();
	err = lx_raw_notifier_chain_register(&chain, n);
	if (!err)
		list_foreach(nic, &lx_nics, link) {
			(void)tell(n, LX_NETDEV_REGISTER, &nic->dev);
			if (nic->dev.flags & IFF_UP)
				(void)tell(n, LX_NETDEV_UP, &nic->dev);
		}
	lx_rtnl_unlock();
	return err;
}
LX_EXPORT(register_netdevice_notifier);

int lx_unregister_netdevice_notifier(struct lx_notifier_block *n)
{
	struct lx_nic *nic;
	int err;

	lx_rtnl_lock();
	err = lx_raw_notifier_chain_unregister(&chain, n);
	if (!err)
		list_foreach(nic, &lx_nics, link) {
			if (nic->dev.flags & IFF_UP) {
				(void)tell(n, LX_NETDEV_GOING_DOWN, &nic->dev);
				(void)tell(n, LX_NETDEV_DOWN, &nic->dev);
			}
			(void)tell(n, LX_NETDEV_UNREGISTER, &nic->dev);
		}
	lx_rtnl_unlock();
	return err;
}
LX_EXPORT(unregister_netdevice_notifier);

void lx_netdev_notify_peers(struct lx_net_device *dev)
{
	lx_rtnl_lock();
	(void)lx_net_notify(LX_NETDEV_NOTIFY_PEERS, dev);
	lx_rtnl_unlock();
}
LX_EXPORT(netdev_notify_peers);

void lx_synchronize_net(void)
{
	rcu_wait();
}
LX_EXPORT(synchronize_net);

/* ---- an interface that takes another's packets ---- */

int lx_netdev_rx_handler_register(struct lx_net_device *dev, unsigned int (*fn)(struct lx_sk_buff **), void *data)
{
	if (dev->rx_handler)
		return -EBUSY;
	dev->rx_handler_data = data;
	rcu_publish(dev->rx_handler, fn);
	return 0;
}
LX_EXPORT(netdev_rx_handler_register);

void lx_netdev_rx_handler_unregister(struct lx_net_device *dev)
{
	rcu_publish(dev->rx_handler, NULL);
	rcu_wait();
	dev->rx_handler_data = NULL;
}
LX_EXPORT(netdev_rx_handler_unregister);

/* Links between interfaces of modules are known to the modules alone: the native stack joins its own. */
int lx_netdev_master_upper_dev_link(struct lx_net_device *dev, struct lx_net_device *upper, void *priv,
				    void *info, struct lx_netlink_ext_ack *ack)
{
	return -EOPNOTSUPP;
}
LX_EXPORT(netdev_master_upper_dev_link);
void lx_netdev_upper_dev_unlink(struct lx_net_device *dev, struct lx_net_device *upper) { }
LX_EXPORT(netdev_upper_dev_unlink);
void lx_netdev_lower_state_changed(struct lx_net_device *dev, void *state) { }
LX_EXPORT(netdev_lower_state_changed);

/* No VLANs are told to the hardware: the native stack keeps them above. */
bool lx_vlan_uses_dev(const struct lx_net_device *dev) { return false; }
LX_EXPORT(vlan_uses_dev);
int lx_vlan_vid_add(struct lx_net_device *dev, unsigned short proto, unsigned short vid) { return -EOPNOTSUPP; }
LX_EXPORT(vlan_vid_add);
void lx_vlan_vid_del(struct lx_net_device *dev, unsigned short proto, unsigned short vid) { }
LX_EXPORT(vlan_vid_del);
/* There are none to hand on. */
int lx_vlan_vids_add_by_dev(struct lx_net_device *dev, const struct lx_net_device *by) { return 0; }
LX_EXPORT(vlan_vids_add_by_dev);
void lx_vlan_vids_del_by_dev(struct lx_net_device *dev, const struct lx_net_device *by) { }
LX_EXPORT(vlan_vids_del_by_dev);

/* ---- configuration by modules; rtnl held ---- */

static int change(struct lx_net_device *dev, int (*fn)(struct netif *nif, u32 arg), u32 arg)
{
	struct netif *nif = &nic_of(dev)->nif;
	int err;

	lx_rtnl_yield();
	kmutex_lock(&nif->ns->config_lock);
	err = fn(nif, arg);
	kmutex_unlock(&nif->ns->config_lock);
	lx_rtnl_resume();
	return err;
}

static int set_up(struct netif *nif, u32 up)
{
	return netif_set_flags(nif, up ? nif->flags | IFF_UP : nif->flags & ~IFF_UP);
}

int lx_dev_open(struct lx_net_device *dev, struct lx_netlink_ext_ack *ack)
{
	return change(dev, set_up, true);
}
LX_EXPORT(dev_open);

void lx_dev_close(struct lx_net_device *dev)
{
	(void)change(dev, set_up, false);
}
LX_EXPORT(dev_close);

int lx_dev_set_mtu(struct lx_net_device *dev, int mtu)
{
	return change(dev, netif_set_mtu, (u32)mtu);
}
LX_EXPORT(dev_set_mtu);

void lx_netdev_update_features(struct lx_net_device *dev)
{
	const struct lx_net_device_ops *ops = dev->netdev_ops;
	u64 f = (dev->features & ~dev->hw_features) | dev->wanted_features;

	if (ops->ndo_fix_features)
		f = ops->ndo_fix_features(dev, f);
	if (f != dev->features && (!ops->ndo_set_features || ops->ndo_set_features(dev, f) >= 0))
		dev->features = f;
	nic_of(dev)->sums_only_ip4 = !(dev->features & (DEV_F(HW_CSUM) | DEV_F(IPV6_CSUM)));
	WRITE_ONCE(nic_of(dev)->nif.features, lx_nic_features(dev));
}
LX_EXPORT(netdev_update_features);

void lx_netdev_change_features(struct lx_net_device *dev)
{
	lx_netdev_update_features(dev);
	(void)lx_net_notify(LX_NETDEV_FEAT_CHANGE, dev);
}
LX_EXPORT(netdev_change_features);

/* What an interface over several can do: some features if one of them can, others if all can. */
unsigned long long lx_netdev_increment_features(unsigned long long all, unsigned long long one,
						unsigned long long mask)
{
	u64 if_one = DEV_F(SG) | DEV_F(HIGHDMA) | DEV_F(FRAGLIST) | DEV_F(TSO) | DEV_F(TSO6) | DEV_F(TSO_ECN),
	    if_all = DEV_F(LLTX) | DEV_F(VLAN_CHALLENGED);

	if (mask & DEV_F(HW_CSUM))
		mask |= DEV_F(IP_CSUM) | DEV_F(IPV6_CSUM);
	return (all | (one & if_one & mask)) & (one | ~(if_all | DEV_F(HW_CSUM) | DEV_F(IP_CSUM) | DEV_F(IPV6_CSUM)));
}
LX_EXPORT(netdev_increment_features);

unsigned long long lx_passthru_features_check(struct lx_sk_buff *skb, struct lx_net_device *dev,
					      unsigned long long features)
{
	return features;
}
LX_EXPORT(passthru_features_check);

/* Out of the interface, as if the native stack had sent it; consumes. */
int lx___dev_queue_xmit(struct lx_sk_buff *skb, struct lx_net_device *sb)
{
	struct lx_netdev_queue *q = &skb->dev->_tx[skb->queue_mapping % skb->dev->real_num_tx_queues];
	int r = 1;

	bh_disable();
	lx__raw_spin_lock((void *)&q->_xmit_lock);
	if (!(READ_ONCE(q->state) & QUEUE_OFF) && (skb->dev->state & DEV_START))
		r = skb->dev->netdev_ops->ndo_start_xmit(skb, skb->dev);
	lx__raw_spin_unlock((void *)&q->_xmit_lock);
	bh_enable();
	if (r) {
		lx_skb_free(skb);
		return 1;	/* NET_XMIT_DROP */
	}
	return 0;
}
LX_EXPORT(__dev_queue_xmit);

/* ---- statistics ---- */

struct lx_net_device_core_stats *lx_netdev_core_stats_alloc(struct lx_net_device *dev)
{
	void *fresh = percpu_alloc(sizeof(struct lx_net_device_core_stats), 64), *old = NULL;

	if (fresh && !__atomic_compare_exchange_n((void **)&dev->core_stats, &old, fresh, false,
						  __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		percpu_free(fresh);
	if (!dev->core_stats)
		return NULL;
	return (void *)((uptr)dev->core_stats + this_cpu_read(cpu_area_base));
}
LX_EXPORT(netdev_core_stats_alloc);

void lx_netdev_stats_to_stats64(struct lx_rtnl_link_stats64 *to, const struct lx_net_device_stats *from)
{
	const unsigned long *f = (const unsigned long *)from;
	unsigned long long *t = (unsigned long long *)to;

	memset(to, 0, sizeof(*to));
	for (u32 i = 0; i < sizeof(*from) / sizeof(*f); i++)
		t[i] = READ_ONCE(f[i]);
}
LX_EXPORT(netdev_stats_to_stats64);

struct lx_rtnl_link_stats64 *lx_dev_get_stats(struct lx_net_device *dev, struct lx_rtnl_link_stats64 *s)
{
	const struct lx_net_device_ops *ops = dev->netdev_ops;

	memset(s, 0, sizeof(*s));
	if (ops->ndo_get_stats64)
		ops->ndo_get_stats64(dev, s);
	else
		lx_netdev_stats_to_stats64(s, ops->ndo_get_stats ? ops->ndo_get_stats(dev) : &dev->stats);
	if (!dev->core_stats)
		return s;
	for_each_possible_cpu(cpu) {
		const struct lx_net_device_core_stats *c = (void *)((uptr)dev->core_stats + percpu_base[cpu]);

		s->rx_dropped += READ_ONCE(c->rx_dropped);
		s->tx_dropped += READ_ONCE(c->tx_dropped);
		s->rx_nohandler += READ_ONCE(c->rx_nohandler);
	}
	return s;
}
LX_EXPORT(dev_get_stats);

void lx_netdev_rss_key_fill(void *key, unsigned long n)
{
	static struct spin lock = SPIN_INIT(LOCKRANK_DRIVER);	/* protects common while it is made */
	static u8 common[52];					/* one key for all of them */
	static bool is_made;
	u8 fresh[sizeof(common)];
	u64 flags;

	random_bytes(fresh, sizeof(fresh));
	flags = spin_lock_irqsave(&lock);
	if (!is_made)
		memcpy(common, fresh, sizeof(common));
	is_made = true;
	spin_unlock_irqrestore(&lock, flags);
	memcpy(key, common, min(n, sizeof(common)));
}
LX_EXPORT(netdev_rss_key_fill);

/* ---- messages: "driver bus-address name: text" ---- */

static void say(int level, const struct lx_net_device *dev, const char *fmt, va_list ap)
{
	const struct lx_device *parent = dev ? dev->dev.parent : NULL;
	char name[64];

	fmt_print(name, sizeof(name), "%s%s%s", parent ? parent->kobj.name : "", parent ? " " : "",
		  !dev ? "(NULL net_device)" : strchr(dev->name, '%') ? "(unnamed net_device)" : dev->name);
	lx_device_say(level, parent ? lx_dev_driver_string(parent) : "", name, fmt, ap);
}

#define SAY(level)	LX_SAY(say, level, dev, fmt)

void lx_netdev_emerg(const struct lx_net_device *dev, const char *fmt, ...) { SAY(KLOG_EMERG); }
LX_EXPORT(netdev_emerg);
void lx_netdev_alert(const struct lx_net_device *dev, const char *fmt, ...) { SAY(KLOG_ALERT); }
LX_EXPORT(netdev_alert);
void lx_netdev_crit(const struct lx_net_device *dev, const char *fmt, ...) { SAY(KLOG_CRIT); }
LX_EXPORT(netdev_crit);
void lx_netdev_err(const struct lx_net_device *dev, const char *fmt, ...) { SAY(KLOG_ERR); }
LX_EXPORT(netdev_err);
void lx_netdev_warn(const struct lx_net_device *dev, const char *fmt, ...) { SAY(KLOG_WARNING); }
LX_EXPORT(netdev_warn);
void lx_netdev_notice(const struct lx_net_device *dev, const char *fmt, ...) { SAY(KLOG_NOTICE); }
LX_EXPORT(netdev_notice);
void lx_netdev_info(const struct lx_net_device *dev, const char *fmt, ...) { SAY(KLOG_INFO); }
LX_EXPORT(netdev_info);
void lx___dynamic_netdev_dbg(struct lx__ddebug *d, const struct lx_net_device *dev, const char *fmt, ...)
{
	SAY(KLOG_DEBUG);
}
LX_EXPORT(__dynamic_netdev_dbg);
void lx_netdev_printk(const char *level, const struct lx_net_device *dev, const char *fmt, ...)
{
	SAY(level && level[0] == '\1' && char_is_digit(level[1]) ? level[1] - '0' : KLOG_WARNING);
}
LX_EXPORT(netdev_printk);

/* Nobody listens to these texts. */
void lx_do_trace_netlink_extack(const char *text) { }
LX_EXPORT(do_trace_netlink_extack);

int lx_net_ratelimit(void)
{
	static nsec_t began;
	static u32 said;
	nsec_t now = clock_ns();

	if (now - READ_ONCE(began) > RATE_NS) {
		WRITE_ONCE(began, now);
		WRITE_ONCE(said, 0);
	}
	return __atomic_fetch_add(&said, 1, __ATOMIC_RELAXED) < RATE_BURST;
}
LX_EXPORT(net_ratelimit);

/* Netlink families of modules: absent. */
struct lx_sock *lx___netlink_kernel_create(struct lx_net *net, int unit, struct lx_module *m,
					   struct lx_netlink_kernel_cfg *cfg)
{
	return NULL;
}
LX_EXPORT(__netlink_kernel_create);
void lx_netlink_kernel_release(struct lx_sock *sk) { }
LX_EXPORT(netlink_kernel_release);
void lx_netlink_ack(struct lx_sk_buff *skb, struct lx_nlmsghdr *h, int err, const struct lx_netlink_ext_ack *ack) { }
LX_EXPORT(netlink_ack);
bool lx_netlink_capable(const struct lx_sk_buff *skb, int cap) { return false; }
LX_EXPORT(netlink_capable);
