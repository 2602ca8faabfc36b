/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What IPv4 does on each interface, as /proc/sys/net/ipv4/conf has it. Owner net/ip/if4conf.c.
 *
 * Three kinds of arrays: the namespace's "all", which is combined with an interface's own in a way that differs from
 * row to row (below); "default", which an interface begins with, and follows until it was set for itself or has an
 * address; and the interface's. Values are Linux's; where a row is a switch, anything but 0 is on.
 */
#pragma once

#include <tern/net/netif.h>

/* Row, its file, values allowed, the first namespace's "all" and "default" to begin with. */
#define IF4CONF_ROWS(X)									\
	X(IF4_ACCEPT_LOCAL, "accept_local", S32_MIN, S32_MAX, 0, 0)			\
	X(IF4_ACCEPT_SOURCE_ROUTE, "accept_source_route", 0, 0, 0, 0)	/* not to be had */	\
	X(IF4_ARP_ACCEPT, "arp_accept", S32_MIN, S32_MAX, 0, 0)				\
	X(IF4_ARP_ANNOUNCE, "arp_announce", S32_MIN, S32_MAX, 0, 0)			\
	X(IF4_ARP_FILTER, "arp_filter", S32_MIN, S32_MAX, 0, 0)				\
	X(IF4_ARP_IGNORE, "arp_ignore", S32_MIN, S32_MAX, 0, 0)				\
	X(IF4_ARP_NOTIFY, "arp_notify", S32_MIN, S32_MAX, 0, 0)				\
	X(IF4_DROP_GRATUITOUS_ARP, "drop_gratuitous_arp", S32_MIN, S32_MAX, 0, 0)	\
	X(IF4_FORWARDING, "forwarding", S32_MIN, S32_MAX, 0, 0)				\
	X(IF4_LOG_MARTIANS, "log_martians", S32_MIN, S32_MAX, 0, 0)			\
	X(IF4_PROMOTE_SECONDARIES, "promote_secondaries", S32_MIN, S32_MAX, 0, 0)	\
	X(IF4_PROXY_ARP, "proxy_arp", S32_MIN, S32_MAX, 0, 0)				\
	X(IF4_ROUTE_LOCALNET, "route_localnet", S32_MIN, S32_MAX, 0, 0)			\
	X(IF4_RP_FILTER, "rp_filter", S32_MIN, S32_MAX, 0, 0)

enum if4row {
#define IF4CONF_ID(id, name, min, max, all, dflt) id,
	IF4CONF_ROWS(IF4CONF_ID)
#undef IF4CONF_ID
	IF4CONF_COUNT
};

struct if4conf {
	s32 v[IF4CONF_COUNT];	/* A */
	u64 is_set;		/* config_lock; rows of an interface that do not follow "default" any more */
};

/* A namespace's own. */
struct if4confs { struct if4conf all, dflt; };
#define IF4CONF_ALL(id, name, min, max, all, dflt) [id] = (all),
#define IF4CONF_DFLT(id, name, min, max, all, dflt) [id] = (dflt),
#define IF4CONFS_INIT { .all.v = { IF4CONF_ROWS(IF4CONF_ALL) }, .dflt.v = { IF4CONF_ROWS(IF4CONF_DFLT) } }

/** if4confs_init() - of a new namespace: those that the first one has now. */
void if4confs_init(struct if4confs *c);
/** if4conf_attach() - an interface that comes: its own, from "default"; config_lock held. 0 or -ENOMEM. */
int if4conf_attach(struct netif *nif);
/** if4conf_settle() - it has an address: it keeps what it has when "default" changes; config_lock held. */
void if4conf_settle(struct netif *nif);
/** if4conf_detach() - nobody reads them any more. */
void if4conf_detach(struct netif *nif);
/** if4conf_forward_all() - ip_forward: for "all", "default" and every interface; config_lock held. */
void if4conf_forward_all(struct netns *ns, s32 on);

/* A row as it holds for @nif, of which a reader is sure: RCU or config_lock. */
/** if4_own() - the interface's alone. */
static inline s32 if4_own(const struct netif *nif, enum if4row row) { return READ_ONCE(nif->conf4->v[row]); }
/** if4_any() - on for all or for it. */
bool if4_any(const struct netif *nif, enum if4row row);
/** if4_max() - the larger of both. */
s32 if4_max(const struct netif *nif, enum if4row row);
