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
	struct netns *ns;			/* where the new interface goes; with a reference */
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
	/* The interface that it stands on or is joined to; RCU. NULL: none. */
	struct netif *(*lower)(const struct netif *nif);
	/* Interfaces as ports of this one; config_lock held. NULL: has none. 0 or -errno. */
	int (*add_port)(struct netif *master, struct netif *port);
	void (*del_port)(struct netif *master, struct netif *port);
	int (*change_port)(struct netif *port, const struct nlattr_head *data);
	void (*show_port)(struct nlpkt *p, const struct netif *port);
	/* Attributes into IFLA_INFO_DATA; config_lock held. */
	void (*show)(struct nlpkt *p, const struct netif *nif);		/* NULL: none */
};
#define LINKKIND(k) TABLE_ENTRY(linkkind, const struct linkkind *, linkkind_ptr_##k) = &(k)

/**
 * linknew_read() - name and namespace that the attributes ask for; w->ns has a
 * reference, which may be exchanged. 0 or -errno.
 */
int linknew_read(struct linknew *w);
/** linknew_apply() - name, hardware address, MTU, queue length and index as asked for; 0 or -errno. */
int linknew_apply(const struct linknew *w, struct netif *nif);
