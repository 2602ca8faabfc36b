// SPDX-License-Identifier: GPL-2.0-only
/* dummy: an interface that takes addresses and loses what is sent. */
#include <tern/net/linkkind.h>

#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#include "link_impl.h"

static int dummy_xmit(struct netif *nif, struct pktbuf *pb)
{
	pktbuf_free(pb);
	return 0;
}

static void dummy_free(struct netif *nif)
{
	kmem_free(nif);
}

static const struct netif_ops dummy_ops = {
	.start = link_start, .stop = link_stop, .xmit = dummy_xmit, .header = ether_header,
	.set_filter = link_set_filter, .set_addr = link_set_ether_addr, .release = dummy_free,
};

static struct netif *dummy_create(struct linknew *w)
{
	struct netif *nif = kmem_zalloc(sizeof(*nif), ALLOC_KERNEL);
	u8 mac[6];
	int err;

	if (!nif)
		return ERR_PTR(-ENOMEM);
	ether_random_addr(mac);
	netif_init_ether(nif, &dummy_ops, mac);
	nif->kind = &dummy_kind;
	nif->flags = IFF_BROADCAST | IFF_NOARP;
	nif->features = LINK_FEATURES | NETIF_F_NOARP;
	nif->is_lockless = true;
	nif->has_carrier = true;
	err = linknew_apply(w, nif);
	if (!err)
		err = netif_add(nif, w->ns);
	if (!err)
		return nif;
	netif_put(nif);
	return ERR_PTR(err);
}

const struct linkkind dummy_kind = { .name = "dummy", .create = dummy_create, .remove = netif_remove_locked };
LINKKIND(dummy_kind);
