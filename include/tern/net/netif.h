/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interfaces: where packets come from and go to. Owner net/core/netif.c.
 *
 * A driver embeds a netif (or has it allocated), fills ops, type, mtu, addr and
 * features, and calls netif_add(). Packets in: pktbuf with data at the network
 * header, protocol, type and mac set, handed to net_receive() from an rxpoll, bottom
 * halves off. Packets out: ops->xmit, bottom halves off, data at the link header.
 *
 * Legend: I immutable once added, C config_lock of the namespace, A atomic, R RCU.
 */
#pragma once

#include <tern/base/err.h>
#include <tern/kernel/growtab.h>
#include <tern/net/netns.h>
#include <tern/net/pktbuf.h>
#include <uapi/if.h>

struct if4conf;
struct if6conf;
struct if6;
struct ifname;
struct linkkind;
struct neightab;
struct netif_stats;
struct seqbuf;
struct sysnode;

#define NETIF_ADDR_MAX	8u

/* features */
#define NETIF_F_SUM	BIT(0)	/* completes TCP and UDP checksums */
#define NETIF_F_TSO4	BIT(1)	/* cuts TCP over IPv4 */
#define NETIF_F_SG	BIT(2)	/* sends pages */
#define NETIF_F_NOARP	BIT(3)
#define NETIF_F_TSO6	BIT(4)	/* cuts TCP over IPv6 */
#define NETIF_F_GRO	BIT(5)	/* what arrives is joined: its driver calls net_receive_gro() */

struct netif_ops {
	/* IFF_UP: receive and send from now on; 0 or -errno. stop: no more. config_lock held. */
	int (*start)(struct netif *nif);
	void (*stop)(struct netif *nif);
	/*
	 * Send; 0: consumed. -EBUSY: no room, the driver calls netif_tx_resume() when
	 * there is. One caller at a time unless is_lockless. Other errors: consumed and lost.
	 */
	int (*xmit)(struct netif *nif, struct pktbuf *pb);
	/* Link header with these addresses (@dst NULL: broadcast), protocol in pb. */
	void (*header)(struct netif *nif, struct pktbuf *pb, const u8 *dst);
	/* Multicast list, promiscuity changed. */
	void (*set_filter)(struct netif *nif);
	int (*set_addr)(struct netif *nif, const u8 *addr);
	/* Optional, config_lock held: 0 or -errno; the driver's own counts; an ethtool command, -ENOTTY: not mine. */
	int (*set_mtu)(struct netif *nif, u32 mtu);
	void (*get_stats)(const struct netif *nif, struct netif_stats *stats);	/* in place of ours; does not sleep */
	long (*ethtool)(struct netif *nif, u32 cmd, void __user *arg);		/* without the lock */
	void (*release)(struct netif *nif);	/* last reference */
};

struct netif_stats {
	u64 rx_packets, rx_bytes, rx_errors, rx_dropped, multicast;
	u64 tx_packets, tx_bytes, tx_errors, tx_dropped;
};

struct netif {
	char name[IFNAMSIZ];		/* C */
	u32 index;			/* I; before netif_add(): wanted, 0: any */
	u16 type;			/* I ARPHRD_* */
	u16 addr_len, header_len;	/* I */
	u8 addr[NETIF_ADDR_MAX];	/* C */
	u8 broadcast[NETIF_ADDR_MAX];	/* I */
	u32 mtu, mtu_max;		/* C */
	u32 flags;			/* C to write: IFF_* without RUNNING */
	u32 features;			/* A NETIF_F_* */
	u32 txq_len;			/* C packets that may wait */
	bool has_carrier;		/* A */
	bool is_lockless;		/* I xmit needs no lock */
	bool was_up;			/* C ever */
	bool is_bound;			/* I stays in its namespace */
	const struct netif_ops *ops;	/* I */
	const struct linkkind *kind;	/* I NULL: hardware, loopback */
	const char *driver_name, *bus_name;	/* I of hardware; NULL: none */
	void *driver;			/* I the driver's */
	struct netns *ns;		/* links lock, R: netif_move() */
	bool is_in_ns;			/* links lock to clear: it is there, from netif_add() to netif_remove() */
	u32 group;			/* C a number for the user */
	char *alias;			/* R C a name for the user; NULL: none */
	struct netif *master;		/* C what it is a port of */
	void *port;			/* R C the master's */
	/* Sees packets before the protocols; true: has taken it. RCU. */
	bool (*rx_hook)(struct netif *nif, struct pktbuf *pb);	/* R C */
	struct list uppers, upper_link;	/* R links lock: interfaces that stand on this one */
	refcount refs;
	struct list link;		/* R C ns->ifs */
	struct growlink index_link;	/* R its table's lock; by number */
	struct ifname *name_entry;	/* C by name */
	struct netif_stats *stats;	/* per-CPU cookie */
	struct spin tx_lock;		/* protects sending and the queue; bottom halves off */
	struct list txq;		/* tx_lock */
	u32 txq_n;			/* tx_lock */
	struct pktbuf *held;		/* A by a rule of fault injection */
	struct list addrs4;		/* R C of ifaddr4 */
	struct neightab *neigh4, *neigh6;	/* I net/ip's */
	struct list addrs6, groups6;	/* R C of ifaddr6; multicast groups */
	struct if6 *if6;		/* I net/ip's */
	struct if4conf *conf4;		/* I net/ip's, from NETEVENT_ADD to GONE */
	struct if6conf *conf6;		/* I the same of IPv6 */
	u32 npromisc, nallmulti;	/* C packet sockets that need it */
	struct list groups4;		/* C multicast groups */
	struct sysnode *sys;		/* its directory */
	struct workitem carrier_work;	/* tells of the carrier; holds a reference while queued */
};

/** netif_init() - defaults of an interface whose memory is zero; @pattern "eth%u" or a name. */
void netif_init(struct netif *nif, const struct netif_ops *ops, const char *pattern);
/** netif_init_ether() - and those of Ethernet. */
void netif_init_ether(struct netif *nif, const struct netif_ops *ops, const u8 addr[6]);
/** netif_add() - publish; takes over the first reference. 0, -ENOMEM, -EEXIST. Sleeps. */
int netif_add(struct netif *nif, struct netns *ns);
/** netif_links_lock - interfaces appear, end and move, one change at a time; outside of config_lock. */
extern struct kmutex netif_links_lock;
/** netif_remove() - down, unpublish, drop the first reference. Sleeps. _locked: the caller has the links lock. */
void netif_remove(struct netif *nif);
void netif_remove_locked(struct netif *nif);
/**
 * netif_move() - to another namespace, down, without addresses; links lock held
 * @name: its name there; NULL: the same, or "dev%d" if that is taken
 * Return: 0, -EINVAL it is bound, -EEXIST, -ENOMEM: it is gone. Sleeps.
 */
int netif_move(struct netif *nif, struct netns *ns, const char *name);
/** netif_set_master() - port of @master from now on (NULL: of none); config_lock held. 0 or -errno. */
int netif_set_master(struct netif *nif, struct netif *master);
/** netif_leave_master() - no port any more; config_lock held. */
void netif_leave_master(struct netif *nif);
/** netif_lower() - what it stands on or is joined to, NULL: nothing; RCU. */
struct netif *netif_lower(const struct netif *nif);
/** netif_operstate() - IF_OPER_*, RFC 2863. */
u8 netif_operstate(const struct netif *nif);
/** netif_name_is_valid_pattern() - a name that an interface may have; one "%d" is replaced. */
bool netif_name_is_valid_pattern(const char *name);
void netif_put(struct netif *nif);
static inline void netif_get(struct netif *nif) { ref_get(&nif->refs); }
/** netif_find_index() / netif_find_name() - under RCU or config_lock; NULL if none. */
struct netif *netif_find_index(struct netns *ns, u32 index);
struct netif *netif_find_name(struct netns *ns, const char *name);
#define netif_foreach(nif, ns)	list_foreach_rcu(nif, &(ns)->ifs, link)
/** netif_set_flags() - IFF_UP and others; config_lock held. 0 or -errno. */
int netif_set_flags(struct netif *nif, u32 flags);
/** netif_set_mtu() - config_lock held; 0 or -EINVAL. */
int netif_set_mtu(struct netif *nif, u32 mtu);
/** netif_rename() - config_lock held; 0, -EINVAL, -EEXIST, -EBUSY: it is up; -ENOMEM. */
int netif_rename(struct netif *nif, const char *name);
/** netif_changed() - tell watchers that something shown changed; config_lock held. */
void netif_changed(struct netif *nif);
/** netif_user_flags() - what ioctl and netlink show. */
u32 netif_user_flags(const struct netif *nif);
/** netif_set_carrier() - the link came or went. Context: any but NMI. */
void netif_set_carrier(struct netif *nif, bool on);
static inline bool netif_is_up(const struct netif *nif) { return READ_ONCE(nif->flags) & IFF_UP; }

/**
 * netif_send() - out of the interface, data at the link header; consumes, also where the interface is down
 * or has no link. Bottom halves off.
 */
void netif_send(struct netif *nif, struct pktbuf *pb);
/** netif_tell_sent - a packet with a stamp that is negative leaves: net/ip's, which clears it. Bottom halves off. */
extern void (*netif_tell_sent)(struct pktbuf *pb);
/** netif_tx_resume() - there is room again. Bottom halves off. */
void netif_tx_resume(struct netif *nif);
/** net_receive() - a packet for the protocols; consumes. Bottom halves off. */
void net_receive(struct pktbuf *pb);
/**
 * net_receive_gro() - the same from a rxpoll; may keep it until the poll's end and join it with others of its TCP
 * stream (net/core/gro.c). The less of the packet is linear beside its headers, the better: ether_copy_len().
 */
void net_receive_gro(struct pktbuf *pb);
/** net_queue_receive() - the same, later in the soft interrupt. Bottom halves off. */
void net_queue_receive(struct pktbuf *pb);

/** netif_stat_add() - this CPU's counter @member. Preemption off. */
#define netif_stat_add(nif, member, n)						\
	(((struct netif_stats *)((uptr)(nif)->stats + this_cpu_read(cpu_area_base)))->member += (n))
#define netif_stat_add_any(nif, member, n) do {					\
	preempt_disable();							\
	netif_stat_add(nif, member, n);						\
	preempt_enable();							\
	} while (0)
void netif_stats_sum(const struct netif *nif, struct netif_stats *out);

/* Polling in place of an interrupt for each packet. */
struct rxpoll {
	struct list link;		/* own CPU, interrupts off */
	u32 is_scheduled;		/* A */
	/* Handle up to @budget packets, return how many; fewer: rxpoll_done() was called. */
	u32 (*poll)(struct rxpoll *p, u32 budget);
};
/** rxpoll_init() - before anything else. */
void rxpoll_init(struct rxpoll *p, u32 (*poll)(struct rxpoll *p, u32 budget));
/** rxpoll_schedule() - poll soon, on this CPU; false: it was scheduled. Context: any but NMI. */
bool rxpoll_schedule(struct rxpoll *p);
/** rxpoll_done() - from poll: interrupts may announce packets again. */
void rxpoll_done(struct rxpoll *p);

/* Protocols above the link, known from link time. */
struct linkproto {
	be16 type;
	void (*receive)(struct pktbuf *pb);	/* consumes; RCU read section, bottom halves off */
};
#define LINKPROTO(p) TABLE_ENTRY(linkproto, const struct linkproto *, linkproto_ptr_##p) = &(p)
#define ETH_P_IP	0x0800
#define ETH_P_ARP	0x0806
#define ETH_P_IPV6	0x86dd
#define ETH_P_8021Q	0x8100

/* Who wants to know about interfaces, known from link time. config_lock held. */
enum netevent { NETEVENT_ADD, NETEVENT_UP, NETEVENT_DOWN, NETEVENT_REMOVE, NETEVENT_CHANGE,
	NETEVENT_GONE };	/* GONE: without the lock, no readers any more */
typedef int (*netwatch_fn)(struct netif *nif, enum netevent ev);
#define NETWATCH(fn) TABLE_ENTRY(netwatch, const netwatch_fn, netwatch_ptr_##fn) = (fn)

/* Who sees packets on their way in and out: packet sockets. */
struct nettap {
	struct list link;		/* R config_lock: ns->taps */
	u32 ifindex;			/* 0: all */
	be16 protocol;			/* ETH_P_ALL: all, and what we send */
	/* @pb stays the sender's; its mac and net are set. RCU, bottom halves off. */
	void (*see)(struct nettap *t, const struct pktbuf *pb, bool is_out);
};
/** nettap_add() / nettap_remove() - config_lock held; after remove, an RCU grace period. */
void nettap_add(struct netns *ns, struct nettap *t);
void nettap_remove(struct netns *ns, struct nettap *t);
/** netif_add_promisc() - count who needs all packets, all groups; config_lock held. */
void netif_add_promisc(struct netif *nif, s32 promisc, s32 allmulti);
static inline bool netif_is_promisc(const struct netif *nif) { return (nif->flags & IFF_PROMISC) || nif->npromisc; }

/** netif_ioctl() - SIOCGIF*, SIOCSIF* that need no protocol; -ENOTTY: another's. */
long netif_ioctl(struct netns *ns, u32 cmd, uptr arg);
/** netif_sysfs_add() / netif_sysfs_remove() - /sys/class/net/NAME. */
int netif_sysfs_add(struct netif *nif);
void netif_sysfs_remove(struct netif *nif);

/** ether_receive_header() - take the link header off: type, protocol, mac. False: too short. */
bool ether_receive_header(struct netif *nif, struct pktbuf *pb);
void ether_header(struct netif *nif, struct pktbuf *pb, const u8 *dst);
/**
 * ether_copy_len() - bytes of a frame that a driver best copies to the linear part, where the rest can stay in its page
 * @frame: more than PKT_COPY_HEADERS bytes, link header first
 */
u32 ether_copy_len(const u8 *frame);
/** ether_random_addr() - a hardware address made up here, of one station. */
void ether_random_addr(u8 addr[6]);
/** netif_no_header() - header of a link that has none. */
void netif_no_header(struct netif *nif, struct pktbuf *pb, const u8 *dst);
