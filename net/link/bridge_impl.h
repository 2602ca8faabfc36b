/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of a bridge: packets (bridge.c), addresses (bridge_fdb.c), control (bridge_ctl.c). Theory in bridge.c. */
#pragma once

#include <tern/kernel/irq.h>
#include <tern/lib/hlist.h>

#include "link_impl.h"

#define BRIDGE_BUCKETS	1024u
#define BRIDGE_FDB_MAX	65536u	/* learned addresses of one bridge */

enum brstate { BR_DISABLED, BR_LISTENING, BR_LEARNING, BR_FORWARDING, BR_BLOCKING };

struct bridge {
	struct netif nif;		/* first */
	struct list ports;		/* R config_lock */
	struct spin lock;		/* protects fdb against change; bottom halves off */
	struct hlist fdb[BRIDGE_BUCKETS];	/* R lock */
	u32 nlearned;			/* lock */
	struct delayed_item gc;
	u64 ageing_ns;			/* A 0: at once */
	u32 forward_delay, hello_time, max_age;	/* A hundredths of a second; for spanning trees, which are off */
	u16 priority;			/* A */
	u16 group_fwd_mask;		/* A link-local groups that are forwarded */
	bool has_own_addr, has_own_mtu;	/* config_lock: set by the user, not taken from ports */
	bool is_dying;			/* A */
};

struct brport {
	struct list link;		/* R config_lock: bridge->ports */
	struct rcu_job rcu;
	struct netif *nif;		/* I */
	struct bridge *bridge;		/* I */
	u16 number;			/* I from 1 */
	u16 priority;			/* A */
	u32 cost;			/* A */
	u8 state;			/* A enum brstate */
	bool learning, flood, mcast_flood, bcast_flood, hairpin, isolated;	/* A */
};

struct fdb {
	struct hnode node;		/* R lock */
	struct rcu_job rcu;
	u8 mac[6];			/* I */
	struct brport *port;		/* A NULL: the bridge itself */
	bool is_local, is_static;	/* I ours; never ages */
	nsec_t updated;			/* A */
};

static inline struct bridge *bridge_of(const struct netif *nif) { return container_of(nif, struct bridge, nif); }
static inline struct brport *brport_of(const struct netif *nif) { return rcu_load(nif->port); }

/* ---- addresses ---- */
void fdb_init(struct bridge *br);
/** fdb_find() - RCU; NULL: not known, or aged. */
struct fdb *fdb_find(struct bridge *br, const u8 *mac);
/** fdb_learn() - @mac sends through @p. RCU, bottom halves off. */
void fdb_learn(struct brport *p, const u8 *mac);
/** fdb_add() - by request; 0, -EEXIST, -ENOMEM. */
int fdb_add(struct bridge *br, struct brport *p, const u8 *mac, bool is_local, bool is_static);
/** fdb_del() - by request; 0, -ENOENT. */
int fdb_del(struct bridge *br, const struct brport *p, const u8 *mac);
/** fdb_flush() - of a port, NULL: of all; @all: those that do not age too. */
void fdb_flush(struct bridge *br, const struct brport *p, bool all);
/** fdb_walk() - false from @fn stops. */
void fdb_walk(struct bridge *br, bool (*fn)(const struct fdb *f, void *arg), void *arg);
/** fdb_stop() - no work item runs any more. Sleeps. */
void fdb_stop(struct bridge *br);

/* ---- packets ---- */
bool bridge_input(struct netif *nif, struct pktbuf *pb);
extern const struct netif_ops bridge_ops;

/* ---- control ---- */
/** bridge_put_port() - IFLA_BRPORT_* of a port. */
void bridge_put_port(struct nlpkt *p, const struct netif *nif);
int bridge_change_port(struct netif *nif, const struct nlattr_head *data);
/** bridge_sysfs_add() and the like - bridge/ and brif/ of a bridge, brport/ of a port. */
void bridge_sysfs_add(struct bridge *br);
void bridge_sysfs_add_port(struct brport *p);
void bridge_sysfs_del_port(struct brport *p);
