// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interfaces of modules: made, registered with the native stack, taken away. See net_impl.h.
 *
 * rtnl is the vendor's one lock of configuration. Here it lies inside of the native config_lock, since
 * the native stack calls start and stop with that held. A driver that holds rtnl and registers an interface
 * needs the native locks, which lie outside: rtnl is let go around the native call. So that nobody starts
 * the interface before its driver has finished, those who want rtnl for it wait until the driver has
 * given rtnl back (registrant).
 *
 * Lock order: netif_links_lock > config_lock > rtnl > what drivers take.
 *
 * Limits: interfaces of modules are in no VLAN filter of their hardware; multicast is not filtered.
 */
#include "net_impl.h"

#include "../runtime.h"
#include "../task.h"

#include <tern/base/bug.h>
#include <tern/base/err.h>
#include <tern/base/lock.h>
#include <tern/base/percpu_alloc.h>
#include <tern/base/waitq.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/sched.h>
#include <tern/kernel/thread.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define ARPHRD_ETHER	1
#define REG_REGISTERED	1
#define REG_UNREGISTERED 3
#define TX_QUEUE_LEN	1000u
#define GSO_MAX		65536u
#define GSO_SEGS_MAX	65535u

LIST_HEAD(lx_nics);
static struct kmutex rtnl = KMUTEX_INIT(rtnl, LOCKRANK_NETDRIVER);
static struct waitq registered = WAITQ_INIT(registered);

/* All namespaces are the native stack's; modules see one. */
static struct lx_net lx_init_net;
LX_EXPORT_DATA(init_net);

/* ---- rtnl ---- */

void lx_rtnl_lock(void) { kmutex_lock(&rtnl); }
LX_EXPORT(rtnl_lock);

int lx_rtnl_trylock(void) { return kmutex_trylock(&rtnl); }
LX_EXPORT(rtnl_trylock);

int lx_rtnl_is_locked(void) { return kmutex_is_locked(&rtnl); }
LX_EXPORT(rtnl_is_locked);

/* What was being registered is complete. */
void lx_rtnl_unlock(void)
{
	struct lx_nic *nic;
	bool any = false;

	list_foreach(nic, &lx_nics, link) {
		if (nic->registrant != thread_self())
			continue;
		nic->registrant = NULL;
		any = true;
	}
	kmutex_unlock(&rtnl);
	if (any)
		waitq_wake_all(&registered);
}
LX_EXPORT(rtnl_unlock);

void lx_rtnl_yield(void) { kmutex_unlock(&rtnl); }
void lx_rtnl_resume(void) { kmutex_lock(&rtnl); }

void lx_rtnl_enter_for(struct lx_nic *nic)
{
	for (;;) {
		kmutex_lock(&rtnl);
		if (!nic->registrant || nic->registrant == thread_self())
			return;
		kmutex_unlock(&rtnl);
		waitq_wait(&registered, !READ_ONCE(nic->registrant));
	}
}

/* ---- memory ---- */

void lx_nic_put(struct lx_nic *nic)
{
	struct lx_net_device *dev = &nic->dev;

	if (!ref_put(&nic->refs))
		return;
	lx_nic_addrs_free(dev);
	kmem_free_large(dev->_tx);
	kmem_free_large(dev->_rx);
	percpu_free(dev->pcpu_refcnt);
	percpu_free(dev->core_stats);
	kmem_free(nic->xps);
	kmem_free_large(nic);
}

static void tx_queue_init(struct lx_net_device *dev, struct lx_netdev_queue *q)
{
	q->dev = dev;
	q->xmit_lock_owner = -1;
	q->numa_node = -1;
	lx_dql_init(&q->dql, 250);
}

static int queues_make(struct lx_net_device *dev, u32 ntx, u32 nrx)
{
	dev->_tx = kmem_alloc_large(ntx * sizeof(*dev->_tx), ALLOC_KERNEL | ALLOC_ZERO);
	dev->_rx = kmem_alloc_large(nrx * sizeof(*dev->_rx), ALLOC_KERNEL | ALLOC_ZERO);
	if (!dev->_tx || !dev->_rx)
		return -ENOMEM;
	dev->num_tx_queues = dev->real_num_tx_queues = ntx;
	dev->num_rx_queues = dev->real_num_rx_queues = nrx;
	for (u32 i = 0; i < ntx; i++)
		tx_queue_init(dev, &dev->_tx[i]);
	for (u32 i = 0; i < nrx; i++)
		dev->_rx[i].dev = dev;
	return 0;
}

static void link_empty(struct lx_list_head *l) { l->next = l->prev = l; }

static void defaults(struct lx_net_device *dev)
{
	link_empty(&dev->dev_list);
	link_empty(&dev->napi_list);
	link_empty(&dev->unreg_list);
	link_empty(&dev->close_list);
	link_empty(&dev->ptype_all);
	link_empty(&dev->ptype_specific);
	link_empty(&dev->adj_list.upper);
	link_empty(&dev->adj_list.lower);
	link_empty(&dev->net_notifier_list);
	dev->nd_net.net = &lx_init_net;
	dev->state = DEV_PRESENT;
	dev->gso_max_size = dev->tso_max_size = dev->gro_max_size = GSO_MAX;
	dev->gso_max_segs = dev->tso_max_segs = GSO_SEGS_MAX;
	dev->upper_level = dev->lower_level = 1;
	dev->tx_queue_len = TX_QUEUE_LEN;
	lx_device_initialize(&dev->dev);
}

static void watchdog_work(struct workitem *w);

static u32 resume_poll(struct rxpoll *p, u32 budget)
{
	struct lx_nic *nic = container_of(p, struct lx_nic, resume);

	rxpoll_done(p);
	if (READ_ONCE(nic->is_present))
		netif_tx_resume(&nic->nif);
	return 0;
}

void lx_nic_resume(struct lx_nic *nic)
{
	rxpoll_schedule(&nic->resume);
}

struct lx_net_device *lx_alloc_netdev_mqs(int priv, const char *name, unsigned char assign,
					  void (*setup)(struct lx_net_device *), unsigned int ntx,
					  unsigned int nrx)
{
	struct lx_nic *nic;
	struct lx_net_device *dev;
	size_t size;

	if (priv < 0 || !ntx || !nrx || strlen(name) >= sizeof(dev->name))
		return NULL;
	size = sizeof(*nic) + ALIGN_UP((u32)priv, 32u);
	/* Drivers let devices reach into their part: pages in a row, if there are any. */
	nic = kmem_alloc_sized(size, ALLOC_KERNEL | ALLOC_ZERO | ALLOC_NOWARN | ALLOC_NORETRY);
	if (!nic)
		nic = kmem_alloc_large(size, ALLOC_KERNEL | ALLOC_ZERO);
	if (!nic)
		return NULL;
	dev = &nic->dev;
	ref_init(&nic->refs, 1);
	list_init(&nic->link);
	rxpoll_init(&nic->resume, resume_poll);
	delayed_work_init(&nic->watchdog, watchdog_work);
	defaults(dev);
	dev->pcpu_refcnt = percpu_alloc(sizeof(int), sizeof(int));
	if (!dev->pcpu_refcnt || lx_nic_addrs_init(dev) || queues_make(dev, ntx, nrx)) {
		lx_nic_put(nic);
		return NULL;
	}
	setup(dev);
	strlcpy(dev->name, name, sizeof(dev->name));
	dev->name_assign_type = assign;
	return dev;
}
LX_EXPORT(alloc_netdev_mqs);

void lx_ether_setup(struct lx_net_device *dev)
{
	dev->type = ARPHRD_ETHER;
	dev->hard_header_len = dev->min_header_len = ETH_HEAD;
	dev->mtu = dev->max_mtu = 1500;
	dev->min_mtu = 68;
	dev->addr_len = 6;
	dev->flags = IFF_BROADCAST | IFF_MULTICAST;
	memset(dev->broadcast, 0xff, 6);
}
LX_EXPORT(ether_setup);

struct lx_net_device *lx_alloc_etherdev_mqs(int priv, unsigned int ntx, unsigned int nrx)
{
	return lx_alloc_netdev_mqs(priv, "eth%d", 1, lx_ether_setup, ntx, nrx);
}
LX_EXPORT(alloc_etherdev_mqs);

void lx_free_netdev(struct lx_net_device *dev)
{
	lx_nic_put(nic_of(dev));
}
LX_EXPORT(free_netdev);

static void devm_free(struct lx_device *d, void *data)
{
	lx_free_netdev(*(struct lx_net_device **)data);
}

struct lx_net_device *lx_devm_alloc_etherdev_mqs(struct lx_device *d, int priv, unsigned int ntx,
						 unsigned int nrx)
{
	struct lx_net_device **p = lx___devres_alloc_node(devm_free, sizeof(*p), ALLOC_KERNEL, 0, "netdev");

	if (!p)
		return NULL;
	*p = lx_alloc_etherdev_mqs(priv, ntx, nrx);
	if (!*p) {
		lx_devres_free(p);
		return NULL;
	}
	lx_devres_add(d, p);
	return *p;
}
LX_EXPORT(devm_alloc_etherdev_mqs);

/* ---- the watchdog: a queue that is stopped for long has lost its interrupt ---- */

static bool is_stuck(const struct lx_net_device *dev, u32 i)
{
	const struct lx_netdev_queue *q = &dev->_tx[i];

	return (READ_ONCE(q->state) & QUEUE_DRV_OFF) &&
	       (s64)(lx_jiffies_now() - READ_ONCE(q->trans_start) - (u64)dev->watchdog_timeo) > 0;
}

static void watchdog_work(struct workitem *w)
{
	struct lx_nic *nic = container_of(w, struct lx_nic, watchdog.work);
	struct lx_net_device *dev = &nic->dev;
	u32 stuck;

	if (lx_task_enter())
		return;
	bh_disable();
	spin_lock(&nic->nif.tx_lock);
	for (stuck = 0; stuck < dev->real_num_tx_queues && !is_stuck(dev, stuck); stuck++)
		;
	if (stuck < dev->real_num_tx_queues && READ_ONCE(nic->nif.has_carrier) &&
	    (dev->state & (DEV_START | DEV_PRESENT)) == (DEV_START | DEV_PRESENT)) {
		kwarn("net: %s: transmit queue %u timed out", dev->name, stuck);
		dev->_tx[stuck].trans_start = lx_jiffies_now();
		dev->netdev_ops->ndo_tx_timeout(dev, stuck);
	}
	spin_unlock(&nic->nif.tx_lock);
	bh_enable();
	if (READ_ONCE(dev->state) & DEV_START)
		workpool_queue_delayed(workpool_system, &nic->watchdog,
				       (u64)dev->watchdog_timeo * (NSEC_PER_SEC / 250));
}

/* ---- up and down: netif_ops ---- */

static void set_flags(struct lx_nic *nic)
{
	struct lx_net_device *dev = &nic->dev;

	/* Groups are chosen in software, as for native drivers. */
	dev->flags = (dev->flags & ~(u32)IFF_PROMISC) | IFF_ALLMULTI |
		     (netif_is_promisc(&nic->nif) ? IFF_PROMISC : 0);
	if (!dev->netdev_ops->ndo_set_rx_mode || !(dev->state & DEV_START))
		return;
	lx__raw_spin_lock_bh((void *)&dev->addr_list_lock);
	dev->netdev_ops->ndo_set_rx_mode(dev);
	lx__raw_spin_unlock_bh((void *)&dev->addr_list_lock);
}

static int open_locked(struct lx_nic *nic)
{
	struct lx_net_device *dev = &nic->dev;
	const struct lx_net_device_ops *ops = dev->netdev_ops;
	int err;

	if (!nic->is_present || !(dev->state & DEV_PRESENT))
		return -ENODEV;
	bit_set_atomic(0, &dev->state);
	err = ops->ndo_validate_addr ? ops->ndo_validate_addr(dev) : 0;
	if (!err && ops->ndo_open)
		err = ops->ndo_open(dev);
	if (err) {
		bit_clear_atomic(0, &dev->state);
		return err;
	}
	dev->flags |= IFF_UP;
	set_flags(nic);
	for (u32 i = 0; i < dev->num_tx_queues; i++)
		dev->_tx[i].trans_start = lx_jiffies_now();
	if (ops->ndo_tx_timeout) {
		if (dev->watchdog_timeo <= 0)
			dev->watchdog_timeo = 5 * 250;
		workpool_queue_delayed(workpool_system, &nic->watchdog,
				       (u64)dev->watchdog_timeo * (NSEC_PER_SEC / 250));
	}
	(void)lx_net_notify(LX_NETDEV_UP, dev);
	return 0;
}

static int nic_start(struct netif *nif)
{
	struct lx_nic *nic = nic_of_netif(nif);
	int err = lx_task_enter();

	if (err)
		return err;
	lx_rtnl_enter_for(nic);
	err = open_locked(nic);
	lx_rtnl_unlock();
	return err;
}

static void nic_stop(struct netif *nif)
{
	struct lx_nic *nic = nic_of_netif(nif);
	struct lx_net_device *dev = &nic->dev;

	if (lx_task_enter())
		kwarn("net: %s: no memory for a view of the thread that stops it", nif->name);
	lx_rtnl_enter_for(nic);
	(void)lx_net_notify(LX_NETDEV_GOING_DOWN, dev);
	spin_lock_bh(&nif->tx_lock);	/* nobody sends on return */
	bit_clear_atomic(0, &dev->state);
	lx_skb_free(nic->refused);
	nic->refused = NULL;
	spin_unlock_bh(&nif->tx_lock);
	delayed_work_cancel_sync(&nic->watchdog);
	if (dev->netdev_ops->ndo_stop)
		(void)dev->netdev_ops->ndo_stop(dev);
	dev->flags &= ~(u32)IFF_UP;
	(void)lx_net_notify(LX_NETDEV_DOWN, dev);
	lx_rtnl_unlock();
}

static void nic_set_filter(struct netif *nif)
{
	struct lx_nic *nic = nic_of_netif(nif);

	lx_rtnl_enter_for(nic);
	set_flags(nic);
	lx_rtnl_unlock();
}

static int nic_set_addr(struct netif *nif, const u8 *addr)
{
	struct lx_nic *nic = nic_of_netif(nif);
	struct lx_sockaddr sa = { .sa_family = nic->dev.type };
	int err = lx_task_enter();

	if (err)
		return err;
	memcpy(sa.sa_data, addr, nif->addr_len);
	lx_rtnl_enter_for(nic);
	err = lx_dev_set_mac_address(&nic->dev, &sa, NULL);
	lx_rtnl_unlock();
	return err;
}

static int nic_set_mtu(struct netif *nif, u32 mtu)
{
	struct lx_nic *nic = nic_of_netif(nif);
	struct lx_net_device *dev = &nic->dev;
	int err = lx_task_enter();

	if (err)
		return err;
	lx_rtnl_enter_for(nic);
	if (mtu < dev->min_mtu || !(dev->state & DEV_PRESENT))
		err = mtu < dev->min_mtu ? -EINVAL : -ENODEV;
	else if (dev->netdev_ops->ndo_change_mtu)
		err = dev->netdev_ops->ndo_change_mtu(dev, (int)mtu);
	else
		dev->mtu = mtu;
	if (!err)
		(void)lx_net_notify(LX_NETDEV_CHANGEMTU, dev);
	lx_rtnl_unlock();
	return err;
}

static void nic_stats(const struct netif *nif, struct netif_stats *out)
{
	struct lx_rtnl_link_stats64 s;

	lx_dev_get_stats(&nic_of_netif(nif)->dev, &s);
	*out = (struct netif_stats){
		.rx_packets = s.rx_packets, .rx_bytes = s.rx_bytes, .rx_errors = s.rx_errors,
		.rx_dropped = s.rx_dropped + out->rx_dropped, .multicast = s.multicast,
		.tx_packets = s.tx_packets, .tx_bytes = s.tx_bytes, .tx_errors = s.tx_errors,
		.tx_dropped = s.tx_dropped + out->tx_dropped,
	};
}

static void nic_release(struct netif *nif)
{
	lx_nic_put(nic_of_netif(nif));
}

const struct netif_ops lx_nic_ops = {
	.start = nic_start, .stop = nic_stop, .xmit = lx_nic_xmit, .header = ether_header,
	.set_filter = nic_set_filter, .set_addr = nic_set_addr, .set_mtu = nic_set_mtu,
	.get_stats = nic_stats, .ethtool = lx_nic_ethtool, .release = nic_release,
};

/* ---- registration ---- */

static void fill_netif(struct lx_nic *nic)
{
	struct lx_net_device *dev = &nic->dev;
	struct netif *nif = &nic->nif;

	netif_init_ether(nif, &lx_nic_ops, dev->dev_addr);
	strlcpy(nif->name, dev->name, sizeof(nif->name));
	memcpy(nif->broadcast, dev->broadcast, 6);
	nif->mtu = dev->mtu;
	nif->mtu_max = dev->max_mtu ? dev->max_mtu : 65535;
	nif->txq_len = dev->tx_queue_len;
	nif->has_carrier = !(dev->state & DEV_NOCARRIER);
	nif->features = lx_nic_features(dev);
	nif->driver_name = dev->dev.parent ? lx_dev_driver_string(dev->dev.parent) : NULL;
	nif->bus_name = dev->dev.parent ? dev->dev.parent->kobj.name : NULL;
}

/* rtnl held. Other links than Ethernet have no bridge. */
static int register_locked(struct lx_nic *nic)
{
	struct lx_net_device *dev = &nic->dev;
	int err = dev->type == ARPHRD_ETHER && dev->addr_len == 6 && dev->netdev_ops->ndo_start_xmit ? 0 :
		-EAFNOSUPPORT;

	if (!err && dev->netdev_ops->ndo_init)
		err = dev->netdev_ops->ndo_init(dev);
	if (err)
		return err > 0 ? -EIO : err;
	dev->hw_features |= DEV_F(GSO) | DEV_F(GRO);
	dev->features |= DEV_F(GSO) | DEV_F(GRO);
	dev->wanted_features = dev->features & dev->hw_features;
	lx_netdev_update_features(dev);
	fill_netif(nic);
	nic->registrant = thread_self();
	nic->is_present = true;
	list_add_tail_rcu(&nic->link, &lx_nics);
	ref_get(&nic->refs);
	lx_rtnl_yield();
	err = netif_add(&nic->nif, &netns_initial);
	lx_rtnl_resume();
	if (!err) {
		strlcpy(dev->name, nic->nif.name, sizeof(dev->name));
		dev->ifindex = (int)nic->nif.index;
		dev->reg_state = REG_REGISTERED;
		memcpy(dev->perm_addr, dev->dev_addr, 6);
		err = lx_net_notify(LX_NETDEV_REGISTER, dev);
		return err;
	}
	nic->is_present = false;
	nic->registrant = NULL;
	list_del_rcu(&nic->link);
	if (dev->netdev_ops->ndo_uninit)
		dev->netdev_ops->ndo_uninit(dev);
	netif_put(&nic->nif);
	return err;
}

int lx_register_netdevice(struct lx_net_device *dev)
{
	return register_locked(nic_of(dev));
}
LX_EXPORT(register_netdevice);

int lx_register_netdev(struct lx_net_device *dev)
{
	int err;

	lx_rtnl_lock();
	err = register_locked(nic_of(dev));
	lx_rtnl_unlock();
	return err;
}
LX_EXPORT(register_netdev);

/* rtnl held; the interface is nobody's any more on return. */
static void unregister_locked(struct lx_nic *nic)
{
	struct lx_net_device *dev = &nic->dev;

	if (!nic->is_present)
		return;
	nic->registrant = NULL;
	(void)lx_net_notify(LX_NETDEV_UNREGISTER, dev);
	netif_get(&nic->nif);
	lx_rtnl_yield();
	netif_remove(&nic->nif);
	lx_rtnl_resume();
	WRITE_ONCE(nic->is_present, false);
	list_del_rcu(&nic->link);
	if (dev->netdev_ops->ndo_uninit)
		dev->netdev_ops->ndo_uninit(dev);
	dev->reg_state = REG_UNREGISTERED;
	lx_rtnl_yield();
	while (READ_ONCE(nic->resume.is_scheduled))
		sched_sleep_until(clock_ns() + NSEC_PER_MSEC);
	rcu_wait();
	lx_rtnl_resume();
	netif_put(&nic->nif);
}

void lx_unregister_netdevice_queue(struct lx_net_device *dev, struct lx_list_head *together)
{
	unregister_locked(nic_of(dev));
}
LX_EXPORT(unregister_netdevice_queue);

void lx_unregister_netdev(struct lx_net_device *dev)
{
	lx_rtnl_lock();
	unregister_locked(nic_of(dev));
	lx_rtnl_unlock();
}
LX_EXPORT(unregister_netdev);

/* A new name, given by a user. */
static int nic_watch(struct netif *nif, enum netevent ev)
{
	if (nif->ops == &lx_nic_ops && ev == NETEVENT_CHANGE)
		strlcpy(nic_of_netif(nif)->dev.name, nif->name, IFNAMSIZ);
	return 0;
}
NETWATCH(nic_watch);

void lx_netif_set_tso_max_size(struct lx_net_device *dev, unsigned int n)
{
	dev->tso_max_size = min_t(u32, n, GSO_MAX);
	dev->gso_max_size = min_t(u32, dev->gso_max_size, dev->tso_max_size);
}
LX_EXPORT(netif_set_tso_max_size);
