/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kinds of interfaces that exist by request (tun, veth, bridge...): what RTM_NEWLINK's
 * IFLA_LINKINFO names. Owner net/netlink/rt_link.c.
 */
#pragma once

#include <tern/net/netif.h>
#include <tern/net/netlink.h>

/* What RTM_NEWLINK asks for. */
struct linknew {
	struct netns *ns;			/* where the new interface goes */
	struct netns *link_ns;			/* where IFLA_LINK is looked up */
	const struct ifinfomsg *m;
	const struct nlattr_head **tb;		/* IFLA_* */
	const struct nlattr_head *data;		/* IFLA_INFO_DATA; NULL: none */
	const char *name;			/* a name or a pattern */
};

struct linkkind {
	const char *name;
	/* Make and add what is asked for, down; links lock held, no config_lock. ERR_PTR. */
	struct netif *(*create)(struct linknew *w);	/* NULL: not by netlink */
	/* New settings from IFLA_INFO_DATA; config_lock held. */
	int (*change)(struct netif *nif, const struct nlattr_head *data);	/* NULL: none */
	/* The end, by request or with the namespace; links lock held, no config_lock. */
	void (*remove)(struct netif *nif);
	/* Attributes into IFLA_INFO_DATA; config_lock held. */
	void (*show)(struct nlpkt *p, const struct netif *nif);		/* NULL: none */
};
#define LINKKIND(k) TABLE_ENTRY(linkkind, const struct linkkind *, linkkind_ptr_##k) = &(k)

/** linknew_name() - the name asked for, or @pattern, into @nif; hardware address, MTU and index too. */
int linknew_apply(const struct linknew *w, struct netif *nif);
