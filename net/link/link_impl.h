/* SPDX-License-Identifier: GPL-2.0-only */
/* What interfaces made by request have in common. */
#pragma once

#include <tern/lib/string.h>
#include <tern/net/linkkind.h>

/* Another interface, or nobody, does the real work: everything may be left to it. */
#define LINK_FEATURES	(NETIF_F_SUM | NETIF_F_TSO4 | NETIF_F_TSO6 | NETIF_F_SG)

extern const struct linkkind dummy_kind, veth_kind, vlan_kind, bridge_kind;

static inline int link_start(struct netif *nif) { return 0; }
static inline void link_stop(struct netif *nif) { }
static inline void link_set_filter(struct netif *nif) { }
static inline int link_set_ether_addr(struct netif *nif, const u8 *addr)
{
	if (addr[0] & 1)
		return -EADDRNOTAVAIL;
	memcpy(nif->addr, addr, 6);
	return 0;
}

/** link_forget_sender() - who sent @pb has its room back. */
static inline void link_forget_sender(struct pktbuf *pb)
{
	if (pb->destroy) {
		pb->destroy(pb);
		pb->destroy = NULL;
	}
}
/** vlan_takes() - is a tagged packet that came in on @nif for a VLAN interface; RCU. */
bool vlan_takes(const struct netif *nif, struct pktbuf *pb);
