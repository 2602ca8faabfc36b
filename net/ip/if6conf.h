/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What IPv6 does on each interface, as /proc/sys/net/ipv6/conf has it. Owner net/ip/if6conf.c.
 *
 * An interface begins with a copy of the namespace's "default" and has its own from then on. What "all" is good for
 * differs: forwarding, disable_ipv6 and addr_gen_mode are written to all the others, keep_addr_on_down and accept_dad
 * count beside an interface's own, hop_limit is for sockets without a route; the other rows of it do nothing, as on
 * Linux.
 */
#pragma once

#include <tern/net/netif.h>

/* Row, its file, values allowed, a new namespace's "all" and "default". */
#define IF6CONF_ROWS(X)										\
	X(IF6_ACCEPT_DAD, "accept_dad", S32_MIN, S32_MAX, 0, 1)					\
	X(IF6_ACCEPT_RA, "accept_ra", S32_MIN, S32_MAX, 1, 1)					\
	X(IF6_ACCEPT_RA_DEFRTR, "accept_ra_defrtr", S32_MIN, S32_MAX, 1, 1)			\
	X(IF6_ACCEPT_RA_MTU, "accept_ra_mtu", S32_MIN, S32_MAX, 1, 1)				\
	X(IF6_ACCEPT_RA_PINFO, "accept_ra_pinfo", S32_MIN, S32_MAX, 1, 1)			\
	X(IF6_ADDR_GEN_MODE, "addr_gen_mode", 0, 1, 0, 0)					\
	X(IF6_AUTOCONF, "autoconf", S32_MIN, S32_MAX, 1, 1)					\
	X(IF6_DAD_TRANSMITS, "dad_transmits", S32_MIN, S32_MAX, 1, 1)				\
	X(IF6_DISABLE, "disable_ipv6", S32_MIN, S32_MAX, 0, 0)					\
	X(IF6_FORWARDING, "forwarding", S32_MIN, S32_MAX, 0, 0)					\
	X(IF6_HOP_LIMIT, "hop_limit", 1, 255, 64, 64)						\
	X(IF6_KEEP_ADDR, "keep_addr_on_down", S32_MIN, S32_MAX, 0, 0)				\
	X(IF6_MAX_ADDRESSES, "max_addresses", S32_MIN, S32_MAX, 16, 16)				\
	X(IF6_MTU, "mtu", S32_MIN, S32_MAX, 1280, 1280)						\
	X(IF6_NDISC_NOTIFY, "ndisc_notify", S32_MIN, S32_MAX, 0, 0)				\
	X(IF6_SOLICIT_INTERVAL, "router_solicitation_interval", 0, 1000000, 4, 4)	/* s */	\
	X(IF6_SOLICIT_MAX, "router_solicitation_max_interval", 0, 1000000, 3600, 3600)	/* s */	\
	X(IF6_SOLICITATIONS, "router_solicitations", -1, S32_MAX, -1, -1)	/* -1: until one answers */

enum if6row {
#define IF6CONF_ID(id, name, min, max, all, dflt) id,
	IF6CONF_ROWS(IF6CONF_ID)
#undef IF6CONF_ID
	IF6CONF_COUNT
};
#define IF6_GEN_EUI64	0	/* values of IF6_ADDR_GEN_MODE */
#define IF6_GEN_NONE	1

struct if6conf { s32 v[IF6CONF_COUNT]; };	/* A */
struct if6confs { struct if6conf all, dflt; };
#define IF6CONF_ALL(id, name, min, max, all, dflt) [id] = (all),
#define IF6CONF_DFLT(id, name, min, max, all, dflt) [id] = (dflt),
#define IF6CONFS_INIT { .all.v = { IF6CONF_ROWS(IF6CONF_ALL) }, .dflt.v = { IF6CONF_ROWS(IF6CONF_DFLT) } }

/** if6conf_attach() - an interface that comes: its own, from "default"; config_lock held. 0 or -ENOMEM. */
int if6conf_attach(struct netif *nif);
/** if6conf_detach() - nobody reads them any more. */
void if6conf_detach(struct netif *nif);
/** if6conf_put() - a row of it is @v from now on, no more; config_lock held. 0, -EINVAL. */
int if6conf_put(struct netif *nif, enum if6row row, s32 v);
/** if6conf_mtu_changed() - the link's MTU is IPv6's, too; config_lock held. */
void if6conf_mtu_changed(struct netif *nif);

/* For readers that are sure of @nif: RCU or config_lock. */
/** if6_own() - a row of the interface. */
static inline s32 if6_own(const struct netif *nif, enum if6row row) { return READ_ONCE(nif->conf6->v[row]); }
static inline bool if6_is_disabled(const struct netif *nif) { return if6_own(nif, IF6_DISABLE) != 0; }
/** if6_mtu() - of IPv6 packets on the link. */
static inline u32 if6_mtu(const struct netif *nif)
{
	return min(nif->mtu, (u32)if6_own(nif, IF6_MTU));
}
/** if6_takes_adverts() - does it listen to routers, RFC 4861 6.2.1 and accept_ra. */
static inline bool if6_takes_adverts(const struct netif *nif)
{
	s32 v = if6_own(nif, IF6_ACCEPT_RA);

	return if6_own(nif, IF6_FORWARDING) ? v == 2 : v != 0;
}
