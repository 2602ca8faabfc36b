/* SPDX-License-Identifier: GPL-2.0-only */
/* Links: what is shown (rt_link.c), what is changed (rt_linkset.c). */
#pragma once

#include <tern/net/netlink.h>

struct netif;

/** qdisc_name() - how packets wait for it. */
const char *qdisc_name(const struct netif *nif);
/** rtlink_find() - by index or name, NULL: none such; links lock, config_lock or RCU. */
struct netif *rtlink_find(struct netns *ns, const struct ifinfomsg *m, const struct nlattr_head *name);
/** rtlink_change() - RTM_NEWLINK, RTM_SETLINK, RTM_DELLINK; takes its locks itself. */
int rtlink_change(struct nlreq *r, bool is_new);
