// SPDX-License-Identifier: GPL-2.0-only
/* The loopback interface: what is sent is received. */
#include <tern/net/netif.h>

#include <tern/base/initcall.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define LOOPBACK_MTU	65536u

static int loop_start(struct netif *nif)
{
	return 0;
}

static void loop_stop(struct netif *nif)
{
}

static int loop_xmit(struct netif *nif, struct pktbuf *pb)
{
	if (pb->destroy) {	/* the sender's room is free as soon as it is sent */
		pb->destroy(pb);
		pb->destroy = NULL;
	}
	ether_receive_header(nif, pb);
	pb->type = PKT_HOST;
	if (pb->sum_state == PKTSUM_PARTIAL)
		pb->sum_state = PKTSUM_GOOD;
	net_queue_receive(pb);
	return 0;
}

static void loop_set_filter(struct netif *nif)
{
}

static int loop_set_addr(struct netif *nif, const u8 *addr)
{
	return -EOPNOTSUPP;
}

static void loop_release(struct netif *nif)
{
	kmem_free(nif);
}

static const struct netif_ops loop_ops = {
	.start = loop_start, .stop = loop_stop, .xmit = loop_xmit, .header = ether_header,
	.set_filter = loop_set_filter, .set_addr = loop_set_addr, .release = loop_release,
};

int loopback_create(struct netns *ns)
{
	struct netif *nif = kmem_zalloc(sizeof(*nif), ALLOC_KERNEL);
	int err;

	if (!nif)
		return -ENOMEM;
	netif_init(nif, &loop_ops, "lo");
	nif->type = ARPHRD_LOOPBACK;
	nif->addr_len = 6;
	nif->header_len = 14;
	nif->mtu = LOOPBACK_MTU;
	nif->mtu_max = LOOPBACK_MTU;
	nif->flags = IFF_LOOPBACK;
	nif->features = NETIF_F_SUM | NETIF_F_TSO4 | NETIF_F_TSO6 | NETIF_F_SG | NETIF_F_NOARP;
	nif->is_lockless = nif->is_bound = true;
	nif->has_carrier = true;
	err = netif_add(nif, ns);
	if (!err)
		ns->loopback = nif;
	else
		netif_put(nif);
	return err;
}

static int loopback_start(void)
{
	return loopback_create(&netns_initial);
}
INITCALL(BUS, loopback_start);
