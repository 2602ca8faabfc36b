// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets over the border: a pktbuf becomes an sk_buff on its way out, an sk_buff a pktbuf on its way in.
 *
 * Headers are copied, pages change hands: the pieces of a packet that is sent belong to its sk_buff
 * afterwards; what a driver received into a piece of a page goes on as that piece. Memory of the object
 * allocator is copied.
 *
 * A queue that its driver (or its byte limit) has stopped makes the native stack wait; whoever starts it
 * schedules `resume`. A driver that is busy although its queue is open keeps the stack waiting too:
 * the sk_buff is kept (refused) and is the first to be tried again.
 *
 * Locks: out, the native tx_lock, inside it the queue's own lock, which drivers take as well.
 */
#include "net_impl.h"

#include "../runtime.h"

#include <asm/cpu.h>
#include <tern/base/err.h>
#include <tern/lib/string.h>

#define COPY_WHOLE	(PKT_COPY_WHOLE - ETH_HEAD)	/* bytes behind the link header */
#define TX_HEADROOM	64u	/* drivers push headers of their own */
#define TX_LEAST	64u	/* and pad to the least that Ethernet has */
#define TX_BUSY		0x10
#define TX_CONSUMED	0x0f	/* answers up to here */
#define TAG_LEN		4u
#define GSO_TCP4	1u	/* skb_shared_info.gso_type */
#define GSO_TCP6	0x10u

u32 lx_nic_features(const struct lx_net_device *dev)
{
	u64 f = dev->features;
	bool has_sum = f & (DEV_F(HW_CSUM) | DEV_F(IP_CSUM)), has_sg = f & DEV_F(SG);

	return (dev->napi_list.next != &dev->napi_list ? NETIF_F_GRO : 0) |
	       (has_sg ? NETIF_F_SG : 0) | (has_sum ? NETIF_F_SUM : 0) |
	       (has_sum && has_sg && (f & DEV_F(TSO)) ? NETIF_F_TSO4 : 0) |
	       (has_sg && (f & DEV_F(TSO6)) && (f & (DEV_F(HW_CSUM) | DEV_F(IPV6_CSUM))) ? NETIF_F_TSO6 : 0);
}

/* ---- out ---- */

static void set_offloads(struct lx_sk_buff *skb, const struct pktbuf *pb)
{
	struct lx_skb_shared_info *shared = skb_shared(skb);
	int by = (int)skb_headroom(skb) - (int)pktbuf_headroom(pb);

	if (pb->sum_state == PKTSUM_PARTIAL) {
		skb->ip_summed = SUM_PARTIAL;
		skb->csum_start = (u16)(pb->sum_start + by);
		skb->csum_offset = pb->sum_off;
		skb->transport_header = skb->csum_start;
	}
	if (!pb->gso_size)
		return;
	shared->gso_size = pb->gso_size;
	shared->gso_segs = pb->gso_segs;
	shared->gso_type = pb->gso_type == PKTGSO_TCP6 ? GSO_TCP6 : GSO_TCP4;
	skb->transport_header = (u16)(pb->tp + by);
}

/* The packet's pages are the sk_buff's afterwards; the packet itself stays the caller's. NULL: no memory. */
static struct lx_sk_buff *from_native(struct lx_nic *nic, struct pktbuf *pb)
{
	struct lx_sk_buff *skb = lx___alloc_skb(TX_HEADROOM + max(pb->linear, TX_LEAST), ALLOC_ATOMIC, 0, -1);
	struct lx_skb_shared_info *shared;

	if (unlikely(!skb))
		return NULL;
	skb_reserve(skb, TX_HEADROOM);
	memcpy(lx_skb_put(skb, pb->linear), pb->data, pb->linear);
	shared = skb_shared(skb);
	for (u32 i = 0; i < pb->nfrags; i++)
		shared->frags[i] = (struct lx_bio_vec){ (struct lx_page *)pb->frag[i].page, pb->frag[i].len,
							pb->frag[i].off };
	shared->nr_frags = (u8)pb->nfrags;
	skb->len = pb->len;
	skb->data_len = pb->len - pb->linear;
	skb->truesize += skb->data_len;
	pb->nfrags = 0;
	skb->dev = &nic->dev;
	skb->protocol = pb->protocol;
	skb->priority = pb->priority;
	skb->mark = pb->mark;
	skb->mac_header = TX_HEADROOM;
	skb->network_header = TX_HEADROOM + ETH_HEAD;
	skb->mac_len = ETH_HEAD;
	set_offloads(skb, pb);
	return skb;
}

static u32 pick_queue(struct lx_nic *nic, const struct pktbuf *pb)
{
	u32 n = nic->dev.real_num_tx_queues;

	if (n == 1)
		return 0;
	if (nic->xps && nic->xps[cpu_self()] < n)
		return nic->xps[cpu_self()];
	return (pb->hash ? pb->hash : cpu_self()) % n;
}

/* False: refused. */
static bool hand_over(struct lx_nic *nic, struct lx_netdev_queue *q, struct lx_sk_buff *skb)
{
	struct lx_net_device *dev = &nic->dev;
	bool is_locked = !(dev->features & DEV_F(LLTX));
	int r = TX_BUSY;

	if (is_locked) {
		lx__raw_spin_lock((void *)&q->_xmit_lock);
		WRITE_ONCE(q->xmit_lock_owner, (int)cpu_self());
	}
	if (!(READ_ONCE(q->state) & QUEUE_OFF)) {
		r = dev->netdev_ops->ndo_start_xmit(skb, dev);
		if (r <= TX_CONSUMED)
			q->trans_start = lx_jiffies_now();
	}
	if (is_locked) {
		WRITE_ONCE(q->xmit_lock_owner, -1);
		lx__raw_spin_unlock((void *)&q->_xmit_lock);
	}
	return r <= TX_CONSUMED;
}

/* The packet that the driver was too busy for. False: it still is. */
static bool try_refused(struct lx_nic *nic)
{
	struct lx_netdev_queue *q = &nic->dev._tx[nic->refused->queue_mapping];

	if (!hand_over(nic, q, nic->refused)) {
		if (!(READ_ONCE(q->state) & QUEUE_OFF))
			lx_nic_resume(nic);
		return false;
	}
	nic->refused = NULL;
	return true;
}

int lx_nic_xmit(struct netif *nif, struct pktbuf *pb)
{
	struct lx_nic *nic = nic_of_netif(nif);
	struct lx_net_device *dev = &nic->dev;
	struct lx_netdev_queue *q;
	struct lx_sk_buff *skb;
	u32 i;

	if (unlikely((READ_ONCE(dev->state) & (DEV_START | DEV_PRESENT)) != (DEV_START | DEV_PRESENT)))
		goto drop;
	if (unlikely(nic->refused) && !try_refused(nic))
		return -EBUSY;
	i = pick_queue(nic, pb);
	q = &dev->_tx[i];
	if (READ_ONCE(q->state) & QUEUE_OFF)
		return -EBUSY;
	if (nic->sums_only_ip4 && pb->sum_state == PKTSUM_PARTIAL && pb->protocol != TO_BE16(ETH_P_IP))
		pktbuf_finish_sum(pb);
	skb = from_native(nic, pb);
	if (unlikely(!skb))
		goto drop;
	pktbuf_free(pb);
	skb->queue_mapping = (u16)i;
	if (unlikely(!hand_over(nic, q, skb))) {
		nic->refused = skb;
		if (!(READ_ONCE(q->state) & QUEUE_OFF))
			lx_nic_resume(nic);
	}
	return 0;
drop:
	netif_stat_add(nif, tx_dropped, 1);
	pktbuf_free(pb);
	return -ENOBUFS;
}

/* ---- in ---- */

/* Bytes behind the copied headers, in the order that they have: by reference where that is possible. */
static bool take_linear(struct pktbuf *pb, struct lx_sk_buff *skb, u32 skip)
{
	u32 n = skb_linear(skb) - skip;
	u8 *at = skb->data + skip;
	struct page *p;

	if (!n)
		return true;
	if (!skb->head_frag || skb->cloned)
		return !pktbuf_append(pb, at, n);
	p = page_head(virt_to_page(at));
	return pktbuf_add_frag(pb, p, (u32)(at - (u8 *)page_to_virt(p)), n);
}

static bool take_pieces(struct pktbuf *pb, struct lx_sk_buff *skb)
{
	struct lx_skb_shared_info *shared = skb_shared(skb);
	bool ok = true;

	for (u32 i = 0; i < shared->nr_frags && ok; i++) {
		struct lx_bio_vec *f = &shared->frags[i];

		ok = pktbuf_add_frag(pb, (struct page *)f->bv_page, f->bv_offset, f->bv_len) ||
		     !pktbuf_append(pb, pktpage_at((struct page *)f->bv_page, f->bv_offset), f->bv_len);
	}
	for (struct lx_sk_buff *s = shared->frag_list; s && ok; s = s->next)
		ok = take_linear(pb, s, 0) && take_pieces(pb, s);
	return ok;
}

/* What the device found out about sums and segments. @mac: offset by which headers lie behind skb's. */
static bool take_offloads(struct pktbuf *pb, const struct lx_sk_buff *skb, int by)
{
	const struct lx_skb_shared_info *shared = skb_shared(skb);
	u32 start;

	if (skb->ip_summed == SUM_UNNECESSARY)
		pb->sum_state = PKTSUM_GOOD;
	if (skb->ip_summed != SUM_PARTIAL)
		return !shared->gso_size;
	start = (u32)(skb->csum_start + by);
	pb->sum_state = PKTSUM_PARTIAL;
	pb->sum_start = (u16)start;
	pb->sum_off = skb->csum_offset;
	if (start < pktbuf_headroom(pb) ||
	    !pktbuf_make_linear(pb, start - pktbuf_headroom(pb) + skb->csum_offset + 2))
		return false;
	if (!shared->gso_size)
		return true;
	pb->tp = (u16)start;
	pb->gso_size = shared->gso_size;
	pb->gso_segs = shared->gso_segs;
	pb->gso_type = shared->gso_type & GSO_TCP6 ? PKTGSO_TCP6 : PKTGSO_TCP4;
	return shared->gso_type & (GSO_TCP4 | GSO_TCP6);
}

/* Link header and first bytes; a tag that the device took out is back in its place. */
static void take_head(struct pktbuf *pb, const struct lx_sk_buff *skb, u32 copy)
{
	const u8 *mac = skb->head + skb->mac_header;
	u32 tag = skb->vlan_present ? TAG_LEN : 0;
	u8 *h = pktbuf_put(pb, ETH_HEAD + tag + copy);

	pb->mac = (u16)pktbuf_headroom(pb);
	memcpy(h, mac, ETH_HEAD);
	memcpy(h + ETH_HEAD + tag, skb->data, copy);
	pb->protocol = skb->protocol;
	if (tag) {
		u16 tci = TO_BE16(skb->vlan_tci);

		memcpy(h + 16, mac + 12, 2);
		memcpy(h + 12, &skb->vlan_proto, 2);
		memcpy(h + 14, &tci, 2);
		pb->protocol = skb->vlan_proto;
	}
	pktbuf_pull(pb, ETH_HEAD);
}

/* Bytes behind the link header that are headers, of a long packet. */
static u32 heads_len(const struct lx_sk_buff *skb)
{
	const u8 *mac = skb->head + skb->mac_header;

	return skb->data == mac + ETH_HEAD ? ether_copy_len(mac) - ETH_HEAD : PKT_COPY_HEADERS;
}

/* NULL: no memory, or nonsense. */
static struct pktbuf *to_native(struct lx_nic *nic, struct lx_sk_buff *skb)
{
	u32 linear = skb_linear(skb), copy = linear <= COPY_WHOLE ? linear : heads_len(skb);
	struct pktbuf *pb = pktbuf_alloc(PKT_HEADROOM - TAG_LEN, 0, ALLOC_ATOMIC);
	int by;

	if (unlikely(!pb))
		return NULL;
	pb->nif = &nic->nif;
	take_head(pb, skb, copy);
	by = (int)(pktbuf_headroom(pb) + (skb->vlan_present ? TAG_LEN : 0)) - (int)skb_headroom(skb);
	pb->type = skb->pkt_type;
	pb->hash = skb->hash;
	if (take_linear(pb, skb, copy) && take_pieces(pb, skb) && take_offloads(pb, skb, by))
		return pb;
	pktbuf_free(pb);
	return NULL;
}

void lx_nic_receive(struct lx_sk_buff *skb, void (*receive)(struct pktbuf *pb))
{
	struct lx_net_device *dev = skb->dev;
	struct lx_nic *nic = nic_of(dev);
	struct pktbuf *pb = NULL;

	if (likely((READ_ONCE(dev->state) & DEV_START) && netif_is_up(&nic->nif))) {
		pb = to_native(nic, skb);
		if (!pb)
			netif_stat_add(&nic->nif, rx_dropped, 1);
	}
	lx_skb_free(skb);
	if (pb)
		receive(pb);
}
