// SPDX-License-Identifier: GPL-2.0-only
/* Ethernet headers (IEEE 802.3, type encapsulation of RFC 894). */
#include <tern/net/netif.h>

#include <tern/kernel/random.h>
#include <tern/lib/string.h>

#include "groseg.h"

#define ETH_HEAD	14u
#define ETH_MTU_MAX	65535u

static u8 type_of_destination(const struct netif *nif, const u8 *dst)
{
	if (!memcmp(dst, nif->addr, 6))
		return PKT_HOST;
	if (!(dst[0] & 1))
		return PKT_OTHERHOST;
	return memcmp(dst, nif->broadcast, 6) ? PKT_MULTICAST : PKT_BROADCAST;
}

bool ether_receive_header(struct netif *nif, struct pktbuf *pb)
{
	if (!pktbuf_make_linear(pb, ETH_HEAD))
		return false;
	pb->mac = (u16)pktbuf_headroom(pb);
	pb->nif = nif;
	pb->type = type_of_destination(nif, pb->data);
	memcpy(&pb->protocol, pb->data + 12, 2);
	pktbuf_pull(pb, ETH_HEAD);
	return true;
}

u32 ether_copy_len(const u8 *frame)
{
	u32 head = groseg_head_len(frame + ETH_HEAD, PKT_COPY_HEADERS - ETH_HEAD);

	return head ? ETH_HEAD + head : PKT_COPY_HEADERS;
}

void ether_header(struct netif *nif, struct pktbuf *pb, const u8 *dst)
{
	u8 *p = pktbuf_push(pb, ETH_HEAD);

	memcpy(p, dst ? dst : nif->broadcast, 6);
	memcpy(p + 6, nif->addr, 6);
	memcpy(p + 12, &pb->protocol, 2);
	pb->mac = (u16)pktbuf_headroom(pb);
}

void netif_no_header(struct netif *nif, struct pktbuf *pb, const u8 *dst)
{
	pb->mac = (u16)pktbuf_headroom(pb);
}

void ether_random_addr(u8 addr[6])
{
	random_bytes(addr, 6);
	addr[0] = (u8)((addr[0] & 0xfe) | 2);
}

void netif_init_ether(struct netif *nif, const struct netif_ops *ops, const u8 addr[6])
{
	netif_init(nif, ops, "eth%u");
	nif->type = ARPHRD_ETHER;
	nif->addr_len = 6;
	nif->header_len = ETH_HEAD;
	memcpy(nif->addr, addr, 6);
	memset(nif->broadcast, 0xff, 6);
	nif->mtu = 1500;
	nif->mtu_max = ETH_MTU_MAX;
	nif->flags = IFF_BROADCAST | IFF_MULTICAST;
}
