// SPDX-License-Identifier: GPL-2.0-only
/*
 * Intel 82574L Gigabit Ethernet (QEMU's e1000e): one receive and one transmit ring, MSI-X, segmentation
 * and checksums by the device.
 *
 * In: every descriptor of the ring owns a page. An interrupt turns its cause off and schedules the poll, which
 * takes the pages that were filled and puts new ones in their place: small packets are copied, of others the headers
 * are, and the page goes on as a piece of the packet. A long frame lies in several pages.
 *
 * Out: a packet is descriptors in a row, before them a context where checksums or segments are wanted. The last one
 * asks for a report; what was reported is freed when the next packet is sent, or by the interrupt that is
 * on only while the ring is full. A packet leaves its sender's account at once.
 *
 * Life-cycle: probe resets the device, makes rings and interface; start and stop turn receiver and
 * transmitter on and off; remove resets it again, waits for the polls and frees what the rings have.
 *
 * Locks: the receive ring is the poll's; the transmit ring is netif.tx_lock's.
 *
 * Limits: 82574L only, one queue each way, no VLAN offload, no wake-up on LAN.
 */
#include <asm/io.h>
#include <generated/svc_driver.h>
#include <tern/base/err.h>
#include <tern/drivers/pci.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/sched.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <tern/net/netif_drv.h>

#include "e1000e_regs.h"

#define RING_N		256u		/* descriptors, a page of them */
#define BAR_BYTES	0x20000u
#define TX_PIECE	4096u		/* bytes of a descriptor at most */
#define TX_NEED		(2 * PKT_FRAGS + 20u)	/* descriptors of the largest packet */
#define MTU_MAX		9000u
#define RESET_WAIT_NS	(100 * NSEC_PER_MSEC)
#define REFILL_NS	(20 * NSEC_PER_MSEC)
#define NVECTORS	3u
#define ETH_HEAD	14u
#define IP6_HEAD	40u

struct e1000e;
struct vector { struct e1000e *e; u32 causes; };

struct e1000e {
	struct netif nif;		/* first */
	struct pcifn *pci;		/* I */
	u8 __iomem *regs;		/* I */
	struct rx_desc *rx;		/* the poll's */
	struct page *rx_pages[RING_N];	/* NULL: to be filled */
	u32 rx_next, rx_filled;		/* next to be taken; first without a page */
	struct pktbuf *rx_part;		/* a long frame so far */
	bool rx_skips;			/* to the end of a frame that is dropped */
	struct tx_desc *tx;		/* tx_lock */
	struct pktbuf *tx_packets[RING_N];	/* by their last descriptor */
	u32 tx_next, tx_clean;		/* free running */
	struct rxpoll rx_poll, tx_poll;
	struct delayed_item refill;
	struct vector vectors[NVECTORS];
	bool is_dying;			/* A */
};

static struct e1000e *e1000e_of(struct netif *nif) { return container_of(nif, struct e1000e, nif); }
static u32 get(struct e1000e *e, u32 reg) { return mmio_read32(e->regs + reg); }
static void put(struct e1000e *e, u32 reg, u32 v) { mmio_write32(e->regs + reg, v); }

/* ---- receiving ---- */

/* Pages up to one descriptor before the next to be taken; false: no memory and nearly no buffers. */
static bool fill(struct e1000e *e, alloc_flags flags)
{
	bool any = false;
	u32 i = e->rx_filled;

	while ((i + 1) % RING_N != e->rx_next) {
		struct page *p = page_alloc(0, flags | ALLOC_NOWARN);

		if (!p)
			break;
		e->rx_pages[i] = p;
		e->rx[i] = (struct rx_desc){ .addr = page_to_phys(p) };
		i = (i + 1) % RING_N;
		any = true;
	}
	e->rx_filled = i;
	if (any) {
		smp_wmb();
		put(e, RING_RX + RING_TAIL, i);
	}
	return (i + RING_N - e->rx_next) % RING_N > 4;
}

static void refill_work(struct workitem *w)
{
	struct e1000e *e = container_of(w, struct e1000e, refill.work);

	if (READ_ONCE(e->is_dying))
		return;
	bh_disable();
	rxpoll_schedule(&e->rx_poll);	/* it is the poll that touches the ring */
	bh_enable();
}

/* Bytes of a page to a packet: the first ones copied, the rest by reference. Takes the page. */
static bool take_bytes(struct pktbuf *pb, struct page *p, u32 n)
{
	u32 copy = pb->len ? 0 : n <= PKT_COPY_WHOLE ? n : ether_copy_len(pktpage_at(p, 0));
	bool ok = true;

	if (copy)
		memcpy(pktbuf_put(pb, copy), pktpage_at(p, 0), copy);
	if (n > copy)
		ok = pktbuf_add_frag(pb, p, copy, n - copy);
	page_put(p);
	return ok;
}

static void drop_part(struct e1000e *e)
{
	if (e->rx_part)
		pktbuf_free(e->rx_part);
	e->rx_part = NULL;
	e->rx_skips = true;
	netif_stat_add(&e->nif, rx_errors, 1);
}

/* The frame is whole. */
static void deliver(struct e1000e *e, const struct rx_desc *d)
{
	struct pktbuf *pb = e->rx_part;

	e->rx_part = NULL;
	if (!(d->status & RXS_IXSM) && (d->status & (RXS_TCPCS | RXS_UDPCS)) && !(d->errors & RXE_CSUM))
		pb->sum_state = PKTSUM_GOOD;
	if (netif_is_up(&e->nif) && ether_receive_header(&e->nif, pb)) {
		net_receive_gro(pb);
		return;
	}
	netif_stat_add(&e->nif, rx_errors, netif_is_up(&e->nif));
	pktbuf_free(pb);
}

/* A descriptor's page; true: it ended a frame. */
static bool take(struct e1000e *e, struct page *p, const struct rx_desc *d)
{
	bool is_last = d->status & RXS_EOP;

	if (!e->rx_part && !e->rx_skips)
		e->rx_part = pktbuf_alloc(PKT_HEADROOM, 0, ALLOC_ATOMIC);
	if (!e->rx_part || (d->errors & RXE_FRAME)) {
		page_put(p);
		if (!e->rx_skips)
			drop_part(e);
	} else if (!take_bytes(e->rx_part, p, min_t(u32, d->len, PAGE_SIZE))) {
		drop_part(e);
	}
	if (!is_last)
		return false;
	if (e->rx_part)
		deliver(e, d);
	e->rx_skips = false;
	return true;
}

static bool is_done(const struct e1000e *e)
{
	return e->rx_pages[e->rx_next] && (READ_ONCE(e->rx[e->rx_next].status) & RXS_DD);
}

static u32 rx_poll(struct rxpoll *rp, u32 budget)
{
	struct e1000e *e = container_of(rp, struct e1000e, rx_poll);
	u32 n = 0;

	while (n < budget && is_done(e)) {
		struct page *p = e->rx_pages[e->rx_next];
		struct rx_desc d;

		smp_rmb();	/* the rest after the status */
		d = e->rx[e->rx_next];
		e->rx_pages[e->rx_next] = NULL;
		e->rx_next = (e->rx_next + 1) % RING_N;
		n += take(e, p, &d);
	}
	if (READ_ONCE(e->is_dying)) {
		rxpoll_done(rp);
		return 0;
	}
	if (!fill(e, ALLOC_ATOMIC))
		workpool_queue_delayed(workpool_system, &e->refill, REFILL_NS);
	if (n == budget)
		return n;
	rxpoll_done(rp);
	put(e, REG_IMS, INT_RXQ0);
	if (is_done(e)) {	/* more came meanwhile */
		put(e, REG_IMC, INT_RXQ0);
		rxpoll_schedule(rp);
	}
	return n;
}

/* ---- sending; tx_lock held ---- */

static u32 tx_room(const struct e1000e *e)
{
	return RING_N - 1 - (e->tx_next - e->tx_clean);
}

/* Free what was sent: up to the last packet that the device reported. */
static void reclaim(struct e1000e *e)
{
	u32 at = e->tx_clean;

	for (; at != e->tx_next; at++) {
		struct pktbuf *pb = e->tx_packets[at % RING_N];

		if (!pb)
			continue;
		if (!(READ_ONCE(e->tx[at % RING_N].status) & TXS_DD))
			break;
		e->tx_packets[at % RING_N] = NULL;
		pktbuf_free(pb);
		e->tx_clean = at + 1;
	}
}

static struct tx_desc *next_desc(struct e1000e *e) { return &e->tx[e->tx_next++ % RING_N]; }

/* What the device sums up for each segment must not hold lengths: they differ. */
static void prepare_segments(struct pktbuf *pb)
{
	u8 *ip = pb->buf + pb->net, *tcp = pb->buf + pb->tp;
	u64 sum;
	u16 folded;

	if (pb->gso_type == PKTGSO_TCP4) {
		memset(ip + 2, 0, 2);		/* total length */
		memset(ip + 10, 0, 2);		/* checksum */
		sum = inetsum_add(0, ip + 12, 8);
	} else {
		memset(ip + 4, 0, 2);		/* payload length */
		sum = inetsum_add(0, ip + 8, 32);
	}
	folded = inetsum_fold(sum + TO_BE16(6));
	memcpy(tcp + 16, &folded, 2);
}

/* Where checksums begin and go, and how long segments are. */
static void put_context(struct e1000e *e, struct pktbuf *pb)
{
	u32 ip = (u32)(pb->buf + pb->net - pb->data), tp = (u32)(pb->buf + pb->sum_start - pb->data);
	bool is_v4 = pb->gso_type == PKTGSO_TCP4;
	u32 head = 0, low = tp | (tp + pb->sum_off) << 8, cmd = TXC_DEXT;
	struct tx_desc *d = next_desc(e);
	u32 ipcs = 0;

	if (pb->gso_size) {
		head = tp + (u32)(pb->buf[pb->tp + 12] >> 4) * 4;
		cmd |= TXC_TSE | TXC_TCP | (is_v4 ? TXC_IP : 0) | (pb->len - head);
		ipcs = ip | (is_v4 ? (ip + 10) << 8 : 0) | (is_v4 ? tp - 1 : 0) << 16;
	}
	d->addr = (u64)low << 32 | ipcs;
	d->status = head << 8 | (u32)pb->gso_size << 16;
	d->cmd = cmd;
}

static void put_data(struct e1000e *e, u64 phys, u32 n, u32 cmd, u32 options)
{
	while (n) {
		u32 piece = min(n, TX_PIECE);
		struct tx_desc *d = next_desc(e);

		d->addr = phys;
		d->status = options;
		d->cmd = cmd | piece;
		phys += piece;
		n -= piece;
	}
}

static int e1000e_xmit(struct netif *nif, struct pktbuf *pb)
{
	struct e1000e *e = e1000e_of(nif);
	u32 cmd = TXC_DATA | TXC_DEXT | TXC_IFCS, options = 0;

	reclaim(e);
	if (tx_room(e) < TX_NEED) {
		put(e, REG_IMS, INT_TXQ0);
		reclaim(e);
		if (tx_room(e) < TX_NEED)
			return -EBUSY;
		put(e, REG_IMC, INT_TXQ0);
	}
	if (pb->destroy) {	/* the sender's room is free as soon as it is sent */
		pb->destroy(pb);
		pb->destroy = NULL;
	}
	if (pb->sum_state == PKTSUM_PARTIAL) {
		options = TXS_TXSM;
		if (pb->gso_size) {
			prepare_segments(pb);
			cmd |= TXC_TSE;
			options |= pb->gso_type == PKTGSO_TCP4 ? TXS_IXSM : 0;
		}
		put_context(e, pb);
	}
	put_data(e, virt_to_phys(pb->data), pb->linear, cmd, options);
	for (u32 i = 0; i < pb->nfrags; i++)
		put_data(e, page_to_phys(pb->frag[i].page) + pb->frag[i].off, pb->frag[i].len, cmd, options);
	e->tx[(e->tx_next - 1) % RING_N].cmd |= TXC_EOP | TXC_RS;
	e->tx_packets[(e->tx_next - 1) % RING_N] = pb;
	smp_wmb();
	put(e, RING_TX + RING_TAIL, e->tx_next % RING_N);
	return 0;
}

static u32 tx_poll(struct rxpoll *rp, u32 budget)
{
	struct e1000e *e = container_of(rp, struct e1000e, tx_poll);

	rxpoll_done(rp);
	if (!READ_ONCE(e->is_dying))
		netif_tx_resume(&e->nif);
	return 0;
}

/* ---- interrupts ---- */

static enum irq_result interrupt(u32 irq, void *arg)
{
	struct vector *v = arg;
	struct e1000e *e = v->e;

	put(e, REG_IMC, v->causes & (INT_RXQ0 | INT_TXQ0));
	if (v->causes & INT_RXQ0)
		rxpoll_schedule(&e->rx_poll);
	if (v->causes & INT_TXQ0)
		rxpoll_schedule(&e->tx_poll);
	if (v->causes & INT_OTHER) {
		put(e, REG_ICR, INT_LSC | INT_OTHER);
		netif_set_carrier(&e->nif, get(e, REG_STATUS) & STATUS_LU);
		put(e, REG_IMS, INT_LSC | INT_OTHER);
	}
	return IRQ_DONE;
}

/* A vector for each of receiving, sending, all else; where there are fewer they share the last. */
static int attach_interrupts(struct e1000e *e)
{
	static const u32 causes[NVECTORS] = { INT_RXQ0, INT_TXQ0, INT_OTHER | INT_LSC };
	int n = pcifn_msix_setup(e->pci, NVECTORS), err;

	if (n < 0)
		return n;
	for (u32 i = 0; i < NVECTORS; i++)
		e->vectors[min(i, (u32)n - 1)].causes |= causes[i];
	for (u32 i = 0; i < (u32)n; i++) {
		e->vectors[i].e = e;
		err = pcifn_msix_attach(e->pci, i, interrupt, "e1000e", &e->vectors[i]);
		if (err) {
			pcifn_msix_teardown(e->pci);
			return err;
		}
	}
	put(e, REG_CTRL_EXT, get(e, REG_CTRL_EXT) | CTRL_EXT_PBA_CLR);
	put(e, REG_IVAR, IVAR_RXQ0(0) | IVAR_TXQ0(min(1u, (u32)n - 1)) | IVAR_OTHER(min(2u, (u32)n - 1)) |
			 IVAR_TX_EVERY);
	put(e, REG_EIAC, INT_RXQ0 | INT_TXQ0);
	return 0;
}

/* ---- the interface ---- */

/* The receiver on; groups are chosen in software. */
static void set_receiver(struct e1000e *e)
{
	u32 rctl = RCTL_EN | RCTL_MPE | RCTL_LPE | RCTL_BAM | RCTL_4096 | RCTL_SECRC;

	put(e, REG_RCTL, rctl | (netif_is_promisc(&e->nif) ? RCTL_UPE : 0));
}

static void e1000e_set_filter(struct netif *nif)
{
	if (netif_is_up(nif))
		set_receiver(e1000e_of(nif));
}

static int e1000e_set_addr(struct netif *nif, const u8 *addr)
{
	struct e1000e *e = e1000e_of(nif);
	u32 low, high = 0;

	if (addr[0] & 1)
		return -EADDRNOTAVAIL;
	memcpy(&low, addr, 4);
	memcpy(&high, addr + 4, 2);
	put(e, REG_RAL0, low);
	put(e, REG_RAH0, high | RAH_VALID);
	memcpy(nif->addr, addr, 6);
	return 0;
}

static int e1000e_start(struct netif *nif)
{
	struct e1000e *e = e1000e_of(nif);

	set_receiver(e);
	put(e, REG_IMS, INT_RXQ0 | INT_OTHER | INT_LSC);
	return 0;
}

static void e1000e_stop(struct netif *nif)
{
	put(e1000e_of(nif), REG_RCTL, 0);
}

static void e1000e_release(struct netif *nif)
{
	kmem_free(e1000e_of(nif));
}

static const struct netif_ops e1000e_ops = {
	.start = e1000e_start, .stop = e1000e_stop, .xmit = e1000e_xmit, .header = ether_header,
	.set_filter = e1000e_set_filter, .set_addr = e1000e_set_addr, .release = e1000e_release,
};

/* ---- probe and remove ---- */

static bool wait_for(struct e1000e *e, u32 reg, u32 bits, u32 value)
{
	nsec_t deadline = clock_ns() + RESET_WAIT_NS;

	while ((get(e, reg) & bits) != value) {
		if (clock_ns() > deadline)
			return false;
		sched_sleep_until(clock_ns() + NSEC_PER_MSEC);
	}
	return true;
}

/* All is off afterwards, and the device does not touch memory. */
static int reset(struct e1000e *e)
{
	put(e, REG_IMC, U32_MAX);
	put(e, REG_RCTL, 0);
	put(e, REG_TCTL, TCTL_PSP);
	put(e, REG_CTRL, get(e, REG_CTRL) | CTRL_GIO_OFF);
	wait_for(e, REG_STATUS, STATUS_GIO_ON, 0);	/* else the reset ends what it does */
	put(e, REG_CTRL, get(e, REG_CTRL) | CTRL_RST);
	sched_sleep_until(clock_ns() + 2 * NSEC_PER_MSEC);
	if (!wait_for(e, REG_CTRL, CTRL_RST, 0) || !wait_for(e, REG_EECD, EECD_AUTO_RD, EECD_AUTO_RD))
		return -EIO;
	put(e, REG_IMC, U32_MAX);
	get(e, REG_ICR);
	return 0;
}

static void put_ring(struct e1000e *e, u32 ring, const void *descs)
{
	u64 phys = virt_to_phys(descs);

	put(e, ring + RING_BASE_LO, (u32)phys);
	put(e, ring + RING_BASE_HI, (u32)(phys >> 32));
	put(e, ring + RING_BYTES, RING_N * 16);
	put(e, ring + RING_HEAD, 0);
	put(e, ring + RING_TAIL, 0);
}

static int make_rings(struct e1000e *e)
{
	static_assert(RING_N * sizeof(struct rx_desc) == PAGE_SIZE, "a ring is a page");
	struct page *rx = page_alloc(0, ALLOC_KERNEL | ALLOC_ZERO), *tx = page_alloc(0, ALLOC_KERNEL | ALLOC_ZERO);

	e->rx = rx ? page_to_virt(rx) : NULL;
	e->tx = tx ? page_to_virt(tx) : NULL;
	if (!rx || !tx)
		return -ENOMEM;
	put_ring(e, RING_RX, e->rx);
	put_ring(e, RING_TX, e->tx);
	for (u32 i = 0; i < 128; i++)
		put(e, REG_MTA + i * 4, 0);
	put(e, REG_RXCSUM, RXCSUM_TUOFL | RXCSUM_IPOFL);
	put(e, REG_TIPG, TIPG_DEFAULT);
	put(e, REG_TCTL, TCTL_EN | TCTL_PSP | TCTL_DEFAULT);
	put(e, REG_CTRL, (get(e, REG_CTRL) & ~(u32)CTRL_GIO_OFF) | CTRL_SLU);
	return fill(e, ALLOC_KERNEL) ? 0 : -ENOMEM;
}

static void drop_rings(struct e1000e *e)
{
	for (u32 i = 0; i < RING_N; i++) {
		if (e->rx_pages[i])
			page_put(e->rx_pages[i]);
		if (e->tx_packets[i])
			pktbuf_free(e->tx_packets[i]);
	}
	if (e->rx_part)
		pktbuf_free(e->rx_part);
	if (e->rx)
		page_put(virt_to_page(e->rx));
	if (e->tx)
		page_put(virt_to_page(e->tx));
}

static void setup_netif(struct e1000e *e)
{
	u32 low = get(e, REG_RAL0), high = get(e, REG_RAH0);
	u8 mac[6];

	memcpy(mac, &low, 4);
	memcpy(mac + 4, &high, 2);
	if (!(high & RAH_VALID) || (mac[0] & 1))
		ether_random_addr(mac);
	netif_init_ether(&e->nif, &e1000e_ops, mac);
	e1000e_set_addr(&e->nif, mac);
	e->nif.driver_name = "e1000e";
	e->nif.bus_name = e->pci->node.name;
	e->nif.features = NETIF_F_GRO | NETIF_F_SG | NETIF_F_SUM | NETIF_F_TSO4 | NETIF_F_TSO6;
	e->nif.mtu_max = MTU_MAX;
	e->nif.has_carrier = get(e, REG_STATUS) & STATUS_LU;
}

/* Nothing of ours runs any more on return. Sleeps. */
static void quiesce(struct e1000e *e)
{
	WRITE_ONCE(e->is_dying, true);
	reset(e);
	pcifn_msix_teardown(e->pci);
	delayed_work_cancel_sync(&e->refill);
	while (READ_ONCE(e->rx_poll.is_scheduled) || READ_ONCE(e->tx_poll.is_scheduled))
		sched_sleep_until(clock_ns() + NSEC_PER_MSEC);
	rcu_wait();
}

static void let_go(struct e1000e *e)
{
	drop_rings(e);
	pcifn_unmap_bar(e->regs);
	pcifn_disable(e->pci);
}

static int e1000e_probe(struct devnode *node)
{
	struct e1000e *e = kmem_zalloc(sizeof(*e), ALLOC_KERNEL);
	int err;

	if (!e)
		return -ENOMEM;
	e->pci = pcifn_of(node);
	rxpoll_init(&e->rx_poll, rx_poll);
	rxpoll_init(&e->tx_poll, tx_poll);
	delayed_work_init(&e->refill, refill_work);
	pcifn_enable(e->pci);
	e->regs = pcifn_map_bar(e->pci, 0, 0, BAR_BYTES);
	err = e->regs ? reset(e) : -ENOMEM;
	if (err)
		goto err_free;
	setup_netif(e);
	err = make_rings(e);
	if (!err)
		err = attach_interrupts(e);
	if (err)
		goto err_quiet;
	node->driver_data = e;
	err = netif_add(&e->nif, &netns_initial);
	if (!err) {
		put(e, REG_IMS, INT_OTHER | INT_LSC);
		return 0;
	}
	quiesce(e);
	let_go(e);
	netif_put(&e->nif);
	return err;
err_quiet:
	reset(e);
err_free:
	if (e->regs)
		let_go(e);
	else
		pcifn_disable(e->pci);
	kmem_free(e);
	return err;
}

static void e1000e_remove(struct devnode *node)
{
	struct e1000e *e = node->driver_data;

	netif_get(&e->nif);
	netif_remove(&e->nif);
	quiesce(e);
	let_go(e);
	netif_put(&e->nif);
}

static const struct pci_id e1000e_ids[] = { { .vendor = 0x8086, .device = 0x10d3 }, { 0 } };

static struct driver_desc e1000e_driver = {
	.name = "e1000e", .bus = &pci_bus, .ids = e1000e_ids, .probe = e1000e_probe, .remove = e1000e_remove,
};
DRIVER(e1000e_driver);
