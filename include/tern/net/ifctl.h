/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Settings that each interface has of its own, as /proc/sys/net/ipv4/conf shows them: one directory for each
 * interface of the reader's network namespace, "default" for those that come, and "all" where the subsystem has
 * something to say for all. Owner net/core/ifctl.c.
 *
 * Values are arrays of s32, one of them a row, which the subsystem keeps: ns's all and default for as long as the
 * namespace, an interface's from NETEVENT_ADD to NETEVENT_GONE. Readers take no lock; changes hold config_lock.
 */
#pragma once

#include <tern/fs/procfs.h>
#include <tern/net/netif.h>

struct ifctlrow {
	const char *name;
	s32 min, max;
};

enum ifctlwho { IFCTL_ALL, IFCTL_DEFAULT, IFCTL_IF };

struct ifctl {
	struct procset set;		/* first member; .ops = &ifctl_ops */
	const struct ifctlrow *rows;	/* @nrows of them */
	u32 nrows;
	u32 nrows_if;			/* that an interface has; those behind them are default's alone */
	bool has_all;
	/* Array of @nrows (IFCTL_IF: @nrows_if) values; NULL: @nif has none. @nif: IFCTL_IF's, else NULL. */
	s32 *(*values)(struct netns *ns, enum ifctlwho who, struct netif *nif);
	/* Make row @row @v, which is in its range, and act on it. config_lock held, may sleep. 0 or -errno. */
	int (*change)(struct netns *ns, enum ifctlwho who, struct netif *nif, u32 row, s32 v);
};

extern const struct procset_ops ifctl_ops;
/** IFCTL(var) - register at link time. */
#define IFCTL(var) TABLE_ENTRY(procset, const struct procset *, procset_ptr_##var) = &(var).set
