/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An interface of a module: the vendor's net_device and the native netif that it appears as.
 *
 * Life: alloc_netdev_mqs() makes it with the module's reference; register_netdevice() makes it an interface
 * of the native stack, whose reference goes with the last user there; free_netdev() drops the module's.
 *
 * Legend: I immutable once registered, R rtnl, X the native tx_lock, A atomic.
 */
#pragma once

#include "../lx.h"

#include <tern/base/rcu.h>
#include <tern/kernel/irq.h>
#include <tern/net/netif.h>

struct thread;

struct lx_nic {
	struct netif nif;		/* first */
	struct list link;		/* R nics, readers RCU */
	refcount refs;
	struct rxpoll resume;		/* queues have room again: packets that wait go on */
	struct lx_sk_buff *refused;	/* X the driver was too busy for it */
	u16 *xps;			/* I which queue a CPU sends on; NULL: by flow */
	struct delayed_item watchdog;	/* looks for queues that are stopped too long */
	struct thread *registrant;	/* R who registers it, until that gives rtnl back */
	bool is_present;		/* R registered, and not yet being taken away */
	bool sums_only_ip4;		/* R the device cannot sum IPv6 */
	struct lx_net_device dev __aligned(64);	/* last: the driver's part follows */
};
static_assert(sizeof(struct lx_net_device) == 2432, "the driver's part begins behind it");

static inline struct lx_nic *nic_of(const struct lx_net_device *dev) { return container_of(dev, struct lx_nic, dev); }
static inline struct lx_nic *nic_of_netif(const struct netif *nif) { return container_of(nif, struct lx_nic, nif); }

/* dev->state */
#define DEV_START	BIT(0)
#define DEV_PRESENT	BIT(1)
#define DEV_NOCARRIER	BIT(2)
/* netdev_queue->state */
#define QUEUE_DRV_OFF	BIT(0)
#define QUEUE_STACK_OFF	BIT(1)
#define QUEUE_FROZEN	BIT(2)
#define QUEUE_OFF	(QUEUE_DRV_OFF | QUEUE_STACK_OFF | QUEUE_FROZEN)

/* features of a net_device, by bit number of the vendor's enumeration */
#define DEV_F(name)	BIT(LX_NETIF_F_##name##_BIT)

/* sk_buff->ip_summed */
enum { SUM_NONE, SUM_UNNECESSARY, SUM_COMPLETE, SUM_PARTIAL };

#define SKB_ALIGN	64u
#define SKB_PAD		64u	/* in front of what drivers receive into */
#define SHARED_SIZE	((u32)ALIGN_UP(sizeof(struct lx_skb_shared_info), SKB_ALIGN))
#define ETH_HEAD	14u

static inline struct lx_skb_shared_info *skb_shared(const struct lx_sk_buff *skb)
{
	return (struct lx_skb_shared_info *)(skb->head + skb->end);
}
static inline u8 *skb_tail(const struct lx_sk_buff *skb) { return skb->head + skb->tail; }
static inline u32 skb_headroom(const struct lx_sk_buff *skb) { return (u32)(skb->data - skb->head); }
static inline u32 skb_tailroom(const struct lx_sk_buff *skb) { return skb->data_len ? 0 : skb->end - skb->tail; }
static inline u32 skb_linear(const struct lx_sk_buff *skb) { return skb->len - skb->data_len; }
static inline void skb_reserve(struct lx_sk_buff *skb, u32 n)
{
	skb->data += n;
	skb->tail += n;
}

extern const struct netif_ops lx_nic_ops;

/** lx_skb_free() - drop a reference to @skb; the last frees. Context: any but NMI. */
void lx_skb_free(struct lx_sk_buff *skb);
/** lx_skb_sum() - the Internet checksum over @n bytes from @off on top of @sum, not folded. */
u64 lx_skb_sum(const struct lx_sk_buff *skb, u32 off, u32 n, u64 sum);

/** lx_nic_receive() - a packet of a driver, its link header parsed, to @receive; consumes. Bottom halves off. */
void lx_nic_receive(struct lx_sk_buff *skb, void (*receive)(struct pktbuf *pb));
/** lx_nic_xmit() - netif_ops.xmit. */
int lx_nic_xmit(struct netif *nif, struct pktbuf *pb);
/** lx_nic_resume() - a queue has room again. Context: any but NMI. */
void lx_nic_resume(struct lx_nic *nic);
/** lx_nic_ethtool() - netif_ops.ethtool. Sleeps. */
long lx_nic_ethtool(struct netif *nif, u32 cmd, void __user *arg);
/** lx_nic_put() - drop a reference; the last frees. Sleeps. */
void lx_nic_put(struct lx_nic *nic);
/** lx_nic_features() - what the native stack may leave to the device. */
u32 lx_nic_features(const struct lx_net_device *dev);

/** lx_nic_addrs_init() / lx_nic_addrs_free() - the address lists of a device. 0, -ENOMEM. Sleep. */
int lx_nic_addrs_init(struct lx_net_device *dev);
void lx_nic_addrs_free(struct lx_net_device *dev);

/** lx_net_notify() - tell the chain of modules; rtnl held. 0 or -errno of one that refuses. */
int lx_net_notify(unsigned long event, struct lx_net_device *dev);
/**
 * lx_rtnl_yield() / lx_rtnl_resume() - let go of rtnl around a native operation that takes the locks
 * outside of it; what protects the caller meanwhile is lx_nic.registrant. Sleep.
 */
void lx_rtnl_yield(void);
void lx_rtnl_resume(void);
/** lx_rtnl_enter_for() - take rtnl once @nic is no longer being registered. Sleeps. */
void lx_rtnl_enter_for(struct lx_nic *nic);
/* Every registered one; rtnl held or RCU. */
extern struct list lx_nics;
