/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How neighbours of an interface are asked, and how many are remembered, as /proc/sys/net/ipv4/neigh and ipv6/neigh
 * have it. Owner net/ip/neighconf.c. An interface follows "default" until it is told otherwise; rows from
 * NEIGH_GC_THRESH1 on are the namespace's, for all its interfaces together, and "default"'s alone.
 */
#pragma once

#include <tern/base/types.h>

/* Row, its file, values allowed, the one to begin with. */
#define NEIGHCONF_ROWS(X)								\
	X(NEIGH_REACHABLE_MS, "base_reachable_time_ms", 1, S32_MAX, 30000)		\
	X(NEIGH_DELAY_S, "delay_first_probe_time", 0, 1000000, 5)			\
	X(NEIGH_STALE_S, "gc_stale_time", 0, 1000000, 60)				\
	X(NEIGH_MCAST_SOLICIT, "mcast_solicit", 0, S32_MAX, 3)				\
	X(NEIGH_RETRANS_MS, "retrans_time_ms", 1, S32_MAX, 1000)			\
	X(NEIGH_UCAST_SOLICIT, "ucast_solicit", 0, S32_MAX, 3)				\
	X(NEIGH_UNRES_QLEN, "unres_qlen", 0, 100000, 101)				\
	X(NEIGH_GC_THRESH1, "gc_thresh1", 0, S32_MAX, 128)				\
	X(NEIGH_GC_THRESH2, "gc_thresh2", 0, S32_MAX, 512)				\
	X(NEIGH_GC_THRESH3, "gc_thresh3", 0, S32_MAX, 1024)

enum neighrow {
#define NEIGHCONF_ID(id, name, min, max, dflt) id,
	NEIGHCONF_ROWS(NEIGHCONF_ID)
#undef NEIGHCONF_ID
	NEIGHCONF_COUNT
};
#define NEIGHCONF_OF_IF	NEIGH_GC_THRESH1	/* rows of an interface */

struct neighconf {
	s32 v[NEIGHCONF_COUNT];	/* A */
	u32 is_set;		/* config_lock; rows of an interface that do not follow "default" any more */
};
#define NEIGHCONF_DFLT(id, name, min, max, dflt) [id] = (dflt),
#define NEIGHCONF_INIT { .v = { NEIGHCONF_ROWS(NEIGHCONF_DFLT) } }

/* A namespace's neighbours of one version of IP. */
struct neighbours {
	struct neighconf conf;	/* "default" */
	atomic64 count;		/* entries */
};
#define NEIGHBOURS_INIT { .conf = NEIGHCONF_INIT }
