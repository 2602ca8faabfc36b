// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses of interfaces: their own, the lists of others that they receive (uc, mc), Ethernet's
 * helpers around them. A list holds one netdev_hw_addr for each address, which drivers walk inline; it is
 * protected by the device's addr_list_lock.
 */
#include "net_impl.h"

#include <tern/base/err.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define ADDR_LEN	6u
#define TYPE_OWN	1	/* netdev_hw_addr.type: NETDEV_HW_ADDR_T_LAN */
#define TYPE_UNICAST	3
#define TYPE_MULTICAST	4
#define IFF_LIVE_ADDR_CHANGE 0x8000u	/* priv_flags */
#define ADDR_SET	3	/* addr_assign_type: a user gave it */

typedef int (*addr_fn)(struct lx_net_device *, const unsigned char *);

static struct lx_netdev_hw_addr *entry(struct lx_list_head *l) { return (struct lx_netdev_hw_addr *)l; }

static void list_start(struct lx_netdev_hw_addr_list *l)
{
	l->list.next = l->list.prev = &l->list;
	l->count = 0;
}

static void list_drop(struct lx_netdev_hw_addr_list *l)
{
	struct lx_list_head *at = l->list.next, *next;

	if (!at)
		return;
	for (; at != &l->list; at = next) {
		next = at->next;
		kmem_free(entry(at));
	}
	list_start(l);
}

static struct lx_netdev_hw_addr *find(struct lx_netdev_hw_addr_list *l, const u8 *addr)
{
	for (struct lx_list_head *at = l->list.next; at != &l->list; at = at->next)
		if (!memcmp(entry(at)->addr, addr, ADDR_LEN))
			return entry(at);
	return NULL;
}

static struct lx_netdev_hw_addr *list_append(struct lx_netdev_hw_addr_list *l, const u8 *addr, u8 type)
{
	struct lx_netdev_hw_addr *a = kmem_zalloc(sizeof(*a), ALLOC_ATOMIC);

	if (!a)
		return NULL;
	memcpy(a->addr, addr, ADDR_LEN);
	a->type = type;
	a->refcount = 1;
	a->list.prev = l->list.prev;
	a->list.next = &l->list;
	l->list.prev->next = &a->list;
	l->list.prev = &a->list;
	l->count++;
	return a;
}

static void remove(struct lx_netdev_hw_addr_list *l, struct lx_netdev_hw_addr *a)
{
	a->list.prev->next = a->list.next;
	a->list.next->prev = a->list.prev;
	l->count--;
	kmem_free(a);
}

int lx_nic_addrs_init(struct lx_net_device *dev)
{
	static const u8 none[ADDR_LEN];
	struct lx_netdev_hw_addr *own;

	list_start(&dev->uc);
	list_start(&dev->mc);
	list_start(&dev->dev_addrs);
	own = list_append(&dev->dev_addrs, none, TYPE_OWN);
	if (!own)
		return -ENOMEM;
	dev->dev_addr = own->addr;
	return 0;
}

void lx_nic_addrs_free(struct lx_net_device *dev)
{
	list_drop(&dev->uc);
	list_drop(&dev->mc);
	list_drop(&dev->dev_addrs);
}

/* ---- an interface's own ---- */

void lx_dev_addr_mod(struct lx_net_device *dev, unsigned int off, const void *addr, unsigned long n)
{
	if (off + n > sizeof(entry(dev->dev_addrs.list.next)->addr))
		return;
	memcpy((u8 *)dev->dev_addr + off, addr, n);
	memcpy(dev->dev_addr_shadow + off, addr, n);
	if (nic_of(dev)->is_present)
		memcpy(nic_of(dev)->nif.addr, dev->dev_addr, ADDR_LEN);
}
LX_EXPORT(dev_addr_mod);

static bool is_station(const u8 *a)
{
	return !(a[0] & 1) && (a[0] | a[1] | a[2] | a[3] | a[4] | a[5]);
}

int lx_eth_validate_addr(struct lx_net_device *dev)
{
	return is_station(dev->dev_addr) ? 0 : -EADDRNOTAVAIL;
}
LX_EXPORT(eth_validate_addr);

int lx_eth_prepare_mac_addr_change(struct lx_net_device *dev, void *p)
{
	struct lx_sockaddr *sa = p;

	if (!(dev->priv_flags & IFF_LIVE_ADDR_CHANGE) && (dev->state & DEV_START))
		return -EBUSY;
	return is_station((const u8 *)sa->sa_data) ? 0 : -EADDRNOTAVAIL;
}
LX_EXPORT(eth_prepare_mac_addr_change);

void lx_eth_commit_mac_addr_change(struct lx_net_device *dev, void *p)
{
	lx_dev_addr_mod(dev, 0, ((struct lx_sockaddr *)p)->sa_data, ADDR_LEN);
}
LX_EXPORT(eth_commit_mac_addr_change);

int lx_eth_mac_addr(struct lx_net_device *dev, void *p)
{
	int err = lx_eth_prepare_mac_addr_change(dev, p);

	if (!err)
		lx_eth_commit_mac_addr_change(dev, p);
	return err;
}
LX_EXPORT(eth_mac_addr);

int lx_dev_set_mac_address(struct lx_net_device *dev, struct lx_sockaddr *sa, struct lx_netlink_ext_ack *ack)
{
	int err;

	if (!dev->netdev_ops->ndo_set_mac_address)
		return -EOPNOTSUPP;
	if (!(dev->state & DEV_PRESENT))
		return -ENODEV;
	err = dev->netdev_ops->ndo_set_mac_address(dev, sa);
	if (err)
		return err;
	dev->addr_assign_type = ADDR_SET;
	(void)lx_net_notify(LX_NETDEV_CHANGEADDR, dev);
	return 0;
}
LX_EXPORT(dev_set_mac_address);

/* The platform knows of none. */
int lx_eth_platform_get_mac_address(struct lx_device *dev, unsigned char *addr)
{
	return -ENODEV;
}
LX_EXPORT(eth_platform_get_mac_address);

/* ---- lists of others ---- */

int lx___hw_addr_sync_dev(struct lx_netdev_hw_addr_list *l, struct lx_net_device *dev, addr_fn add, addr_fn drop)
{
	struct lx_list_head *at = l->list.next, *next;

	for (; at != &l->list; at = next) {
		struct lx_netdev_hw_addr *a = entry(at);
		int err;

		next = at->next;
		if (a->sync_cnt && a->refcount == 1) {
			if (!drop || !drop(dev, a->addr))
				remove(l, a);
			continue;
		}
		if (a->sync_cnt)
			continue;
		err = add(dev, a->addr);
		if (err)
			return err;
		a->sync_cnt++;
		a->refcount++;
	}
	return 0;
}
LX_EXPORT(__hw_addr_sync_dev);

void lx___hw_addr_unsync_dev(struct lx_netdev_hw_addr_list *l, struct lx_net_device *dev, addr_fn drop)
{
	struct lx_list_head *at = l->list.next, *next;

	for (; at != &l->list; at = next) {
		struct lx_netdev_hw_addr *a = entry(at);

		next = at->next;
		if (!a->sync_cnt || (drop && drop(dev, a->addr)))
			continue;
		a->sync_cnt--;
		if (!--a->refcount)
			remove(l, a);
	}
}
LX_EXPORT(__hw_addr_unsync_dev);

static int add_locked(struct lx_net_device *dev, struct lx_netdev_hw_addr_list *l, const u8 *addr, u8 type)
{
	struct lx_netdev_hw_addr *a = find(l, addr);
	int err = 0;

	if (a)
		a->refcount++;
	else
		err = list_append(l, addr, type) ? 0 : -ENOMEM;
	if (!err && (dev->state & DEV_START) && dev->netdev_ops->ndo_set_rx_mode)
		dev->netdev_ops->ndo_set_rx_mode(dev);
	return err;
}

static int del_locked(struct lx_net_device *dev, struct lx_netdev_hw_addr_list *l, const u8 *addr)
{
	struct lx_netdev_hw_addr *a = find(l, addr);

	if (!a)
		return -ENOENT;
	if (!--a->refcount)
		remove(l, a);
	if ((dev->state & DEV_START) && dev->netdev_ops->ndo_set_rx_mode)
		dev->netdev_ops->ndo_set_rx_mode(dev);
	return 0;
}

#define UNDER_LIST_LOCK(dev, what) ({					\
	int err_;							\
	lx__raw_spin_lock_bh((void *)&(dev)->addr_list_lock);		\
	err_ = (what);							\
	lx__raw_spin_unlock_bh((void *)&(dev)->addr_list_lock);		\
	err_; })

int lx_dev_uc_add(struct lx_net_device *dev, const unsigned char *addr)
{
	return UNDER_LIST_LOCK(dev, add_locked(dev, &dev->uc, addr, TYPE_UNICAST));
}
LX_EXPORT(dev_uc_add);
int lx_dev_uc_del(struct lx_net_device *dev, const unsigned char *addr)
{
	return UNDER_LIST_LOCK(dev, del_locked(dev, &dev->uc, addr));
}
LX_EXPORT(dev_uc_del);
int lx_dev_mc_add(struct lx_net_device *dev, const unsigned char *addr)
{
	return UNDER_LIST_LOCK(dev, add_locked(dev, &dev->mc, addr, TYPE_MULTICAST));
}
LX_EXPORT(dev_mc_add);
int lx_dev_mc_del(struct lx_net_device *dev, const unsigned char *addr)
{
	return UNDER_LIST_LOCK(dev, del_locked(dev, &dev->mc, addr));
}
LX_EXPORT(dev_mc_del);

/* What one interface wants to receive, @to receives for it from now on. */
static int sync_to(struct lx_net_device *to, struct lx_netdev_hw_addr_list *from, bool is_uc)
{
	int err = 0;

	for (struct lx_list_head *at = from->list.next; at != &from->list && !err; at = at->next) {
		struct lx_netdev_hw_addr *a = entry(at);

		if (a->sync_cnt)
			continue;
		err = is_uc ? lx_dev_uc_add(to, a->addr) : lx_dev_mc_add(to, a->addr);
		a->sync_cnt += !err;
	}
	return err;
}

static void unsync_from(struct lx_net_device *to, struct lx_netdev_hw_addr_list *from, bool is_uc)
{
	for (struct lx_list_head *at = from->list.next; at != &from->list; at = at->next) {
		struct lx_netdev_hw_addr *a = entry(at);

		if (!a->sync_cnt)
			continue;
		a->sync_cnt--;
		(void)(is_uc ? lx_dev_uc_del(to, a->addr) : lx_dev_mc_del(to, a->addr));
	}
}

int lx_dev_uc_sync_multiple(struct lx_net_device *to, struct lx_net_device *from)
{
	return sync_to(to, &from->uc, true);
}
LX_EXPORT(dev_uc_sync_multiple);
int lx_dev_mc_sync_multiple(struct lx_net_device *to, struct lx_net_device *from)
{
	return sync_to(to, &from->mc, false);
}
LX_EXPORT(dev_mc_sync_multiple);
void lx_dev_uc_unsync(struct lx_net_device *to, struct lx_net_device *from) { unsync_from(to, &from->uc, true); }
LX_EXPORT(dev_uc_unsync);
void lx_dev_mc_unsync(struct lx_net_device *to, struct lx_net_device *from) { unsync_from(to, &from->mc, false); }
LX_EXPORT(dev_mc_unsync);

/* No bridge below: forwarding entries of an interface are its lists. */
int lx_ndo_dflt_fdb_add(struct lx_ndmsg *m, struct lx_nlattr **attrs, struct lx_net_device *dev,
			const unsigned char *addr, unsigned short vid, unsigned short flags)
{
	if (vid)
		return -EINVAL;
	return addr[0] & 1 ? lx_dev_mc_add(dev, addr) : lx_dev_uc_add(dev, addr);
}
LX_EXPORT(ndo_dflt_fdb_add);

/* ---- Ethernet headers ---- */

unsigned short lx_eth_type_trans(struct lx_sk_buff *skb, struct lx_net_device *dev)
{
	const u8 *eth = skb->data;
	be16 type;

	skb->dev = dev;
	skb->mac_header = (u16)skb_headroom(skb);
	skb->data += ETH_HEAD;
	skb->len -= ETH_HEAD;
	if (eth[0] & 1)
		skb->pkt_type = memcmp(eth, dev->broadcast, ADDR_LEN) ? PKT_MULTICAST : PKT_BROADCAST;
	else
		skb->pkt_type = memcmp(eth, dev->dev_addr, ADDR_LEN) ? PKT_OTHERHOST : PKT_HOST;
	memcpy(&type, eth + 12, sizeof(type));
	if (eth[12] >= 0x06)
		return type;
	/* A length: IEEE 802.3, of Novell's kind or with an 802.2 header. */
	return skb->len >= 2 && skb->data[0] == 0xff && skb->data[1] == 0xff ? TO_BE16(0x0001) : TO_BE16(0x0004);
}
LX_EXPORT(eth_type_trans);

/* Without a destination the header is not complete: minus its length. */
int lx_eth_header(struct lx_sk_buff *skb, struct lx_net_device *dev, unsigned short type, const void *to,
		  const void *from, unsigned int len)
{
	u8 *eth = lx_skb_push(skb, ETH_HEAD);
	u16 v = type == 0x0001 || type == 0x0004 ? (u16)len : type;
	be16 field = TO_BE16(v);

	memcpy(eth + 12, &field, sizeof(field));
	memcpy(eth + ADDR_LEN, from ? from : dev->dev_addr, ADDR_LEN);
	if (to) {
		memcpy(eth, to, ADDR_LEN);
		return ETH_HEAD;
	}
	if (!(dev->flags & (IFF_LOOPBACK | IFF_NOARP)))
		return -ETH_HEAD;
	memset(eth, 0, ADDR_LEN);
	return ETH_HEAD;
}
LX_EXPORT(eth_header);

int lx_eth_header_parse(const struct lx_sk_buff *skb, unsigned char *from)
{
	memcpy(from, skb->head + skb->mac_header + ADDR_LEN, ADDR_LEN);
	return ADDR_LEN;
}
LX_EXPORT(eth_header_parse);
