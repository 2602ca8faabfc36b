// SPDX-License-Identifier: GPL-2.0-only
/*
 * PACKET_RX_RING: packets in memory that a program maps, versions 1 and 2.
 *
 * A ring is blocks of contiguous pages, cut into frames. The kernel writes a packet into the
 * frame at head if that is the kernel's, and gives it away by its status; the program gives
 * it back by writing status 0. All the program can spoil is its own packets: head and
 * sizes are kept here, not there.
 *
 * Life-cycle: references of the socket and of each mapping; a ring that is mapped cannot be
 * replaced. head is under the socket's lock.
 */
#include "packet_impl.h"

#include <tern/lib/string.h>
#include <tern/mm/aspace.h>
#include <tern/mm/slab.h>
#include <uapi/mman.h>

#define RING_ALIGN	16u
#define BLOCK_ORDER_MAX	9u
#define RING_PAGES_MAX	(1u << 18)

struct packring {
	refcount refs;
	atomic32 nregions;	/* mappings */
	atomic32 npending;	/* mmap() calls that have no mapping yet */
	u32 frame_size, nframes, per_block;	/* I */
	u32 nblocks, order;	/* I */
	u32 head;		/* socket's lock */
	u8 *blocks[];		/* I */
};

static u8 *frame_at(const struct packring *r, u32 i)
{
	return r->blocks[i / r->per_block] + (size_t)(i % r->per_block) * r->frame_size;
}

static u32 hdr_len(const struct packsock *ps)
{
	return (u32)(ps->version == TPACKET_V1 ? sizeof(struct tpacket1_head) : sizeof(struct tpacket2_head));
}

static u64 load_status(const struct packsock *ps, const u8 *frame)
{
	return ps->version == TPACKET_V1 ? load_acquire((const u64 *)frame) : load_acquire((const u32 *)frame);
}

void packring_put(struct packring *r)
{
	if (!ref_put(&r->refs))
		return;
	for (u32 i = 0; i < r->nblocks; i++)
		if (r->blocks[i])
			page_free_kva(r->blocks[i], r->order);
	kmem_free(r);
}

static struct packring *ring_make(const struct packsock *ps, const struct tpacket_req *q)
{
	u32 npages = q->block_size / PAGE_SIZE, order = 0;
	struct packring *r;

	if (!q->block_size || q->block_size % PAGE_SIZE || !q->frame_size || q->frame_size % RING_ALIGN ||
	    q->frame_size > q->block_size || q->frame_size < hdr_len(ps) + sizeof(struct sockaddr_ll) + ps->reserve ||
	    (u64)q->block_nr * npages > RING_PAGES_MAX ||
	    q->frame_nr != q->block_size / q->frame_size * q->block_nr)
		return ERR_PTR(-EINVAL);
	while ((1u << order) < npages)
		order++;
	if (order > BLOCK_ORDER_MAX)
		return ERR_PTR(-ENOMEM);
	r = kmem_zalloc(sizeof(*r) + q->block_nr * sizeof(r->blocks[0]), ALLOC_KERNEL);
	if (!r)
		return ERR_PTR(-ENOMEM);
	ref_init(&r->refs, 1);
	r->frame_size = q->frame_size;
	r->nframes = q->frame_nr;
	r->per_block = q->block_size / q->frame_size;
	r->nblocks = q->block_nr;
	r->order = order;
	for (u32 i = 0; i < r->nblocks; i++) {
		/* Compound: references of mappings to its pages count for the whole block. */
		r->blocks[i] = page_alloc_kva(order, ALLOC_KERNEL | ALLOC_ZERO | ALLOC_NOWARN |
					      (order ? ALLOC_COMPOUND : 0));
		if (!r->blocks[i]) {
			packring_put(r);
			return ERR_PTR(-ENOMEM);
		}
	}
	return r;
}

int packring_set(struct packsock *ps, const struct tpacket_req *q)
{
	struct packring *r = NULL, *old;
	LIST_HEAD(waiting);

	if (q->block_nr) {
		r = ring_make(ps, q);
		if (IS_ERR(r))
			return (int)PTR_ERR(r);
	} else if (q->frame_nr) {
		return -EINVAL;
	}
	spin_lock_bh(&ps->lock);
	old = ps->ring;
	if (old && (atomic_read(&old->nregions) || atomic_read(&old->npending))) {
		spin_unlock_bh(&ps->lock);
		if (r)
			packring_put(r);
		return -EBUSY;
	}
	ps->ring = r;
	list_splice_init(&ps->queue, &waiting);
	ps->rx_bytes = 0;
	spin_unlock_bh(&ps->lock);
	pktbuf_purge(&waiting);
	if (old)
		packring_put(old);
	return 0;
}

/* Header and address; the status comes last. */
static void write_head(struct packsock *ps, u8 *frame, const struct packet_seen *sn, u32 snaplen, u16 mac, u16 net,
		       s64 stamp, u32 status)
{
	struct sockaddr_ll *ll = (void *)(frame + ALIGN_UP(hdr_len(ps), RING_ALIGN));
	u32 sec = (u32)(stamp / 1000000000), nsec = (u32)(stamp % 1000000000);

	*ll = (struct sockaddr_ll){ .sll_family = AF_PACKET, .sll_protocol = sn->protocol,
				    .sll_ifindex = (s32)sn->ifindex, .sll_hatype = sn->hatype,
				    .sll_pkttype = sn->pkttype, .sll_halen = sn->halen };
	memcpy(ll->sll_addr, sn->addr, sizeof(sn->addr));
	if (ps->version == TPACKET_V1) {
		struct tpacket1_head *h = (void *)frame;

		h->len = sn->orig_len;
		h->snaplen = snaplen;
		h->mac = mac;
		h->net = net;
		h->sec = sec;
		h->usec = nsec / 1000;
		store_release(&h->status, (u64)status);
	} else {
		struct tpacket2_head *h = (void *)frame;

		h->len = sn->orig_len;
		h->snaplen = snaplen;
		h->mac = mac;
		h->net = net;
		h->sec = sec;
		h->nsec = nsec;
		h->vlan_tci = h->vlan_tpid = 0;
		store_release(&h->status, status);
	}
}

bool packring_store(struct packsock *ps, const struct pktbuf *pb, s32 off, u32 n, const struct packet_seen *sn,
		    s64 stamp)
{
	u32 fixed = ALIGN_UP(hdr_len(ps), RING_ALIGN) + (u32)sizeof(struct sockaddr_ll), mac, net, status;
	struct packring *r = ps->ring;
	u8 *frame = frame_at(r, r->head);

	if (load_status(ps, frame)) {
		ps->stats.drops++;
		ps->is_losing = true;
		return false;
	}
	if (ps->ns.type == SOCK_DGRAM) {
		mac = net = ALIGN_UP(fixed, RING_ALIGN) + 16 + ps->reserve;
	} else {
		net = ALIGN_UP(fixed + max((u32)sn->mac_len, 16u), RING_ALIGN) + ps->reserve;
		mac = net - sn->mac_len;
	}
	n = min(n, sn->orig_len);
	n = mac < r->frame_size ? min(n, r->frame_size - mac) : 0;
	if (off < 0) {
		u32 before = min(n, (u32)-off);

		memcpy(frame + mac, pb->data + off, before);
		if (n > before)
			pktbuf_read(pb, 0, frame + mac + before, n - before);
	} else if (n) {
		pktbuf_read(pb, (u32)off, frame + mac, n);
	}
	status = TP_STATUS_USER | (ps->is_losing ? TP_STATUS_LOSING : 0) |
		 (pb->sum_state == PKTSUM_PARTIAL ? TP_STATUS_CSUMNOTREADY :
		  pb->sum_state == PKTSUM_GOOD ? TP_STATUS_CSUM_VALID : 0);
	ps->is_losing = false;
	ps->stats.packets++;
	write_head(ps, frame, sn, n, (u16)mac, (u16)net, stamp, status);
	r->head = r->head + 1 == r->nframes ? 0 : r->head + 1;
	return true;
}

bool packring_is_readable(const struct packsock *ps)
{
	const struct packring *r = ps->ring;

	return load_status(ps, frame_at(r, r->head ? r->head - 1 : r->nframes - 1)) != 0;
}

/* ---- mapping ---- */

static void ring_open(struct region *rg)
{
	struct packring *r = rg->priv;

	ref_get(&r->refs);
	atomic_inc(&r->nregions);
	if (atomic_read(&r->npending))
		atomic_dec(&r->npending);
}

static void ring_close(struct region *rg)
{
	struct packring *r = rg->priv;

	atomic_dec(&r->nregions);
	packring_put(r);
}

static int ring_fault(struct pagefault *f)
{
	struct packring *r = f->rg->priv;
	u64 per = 1u << r->order, block = f->index / per;

	if (block >= r->nblocks)
		return -ENXIO;
	f->page = virt_to_page(r->blocks[block] + f->index % per * PAGE_SIZE);
	page_get(f->page);
	return 0;
}

static int ring_may_split(struct region *rg, uptr addr)
{
	return -EINVAL;
}

static const char *ring_name(struct region *rg)
{
	return NULL;
}

static const struct region_ops packring_ops = {
	.open = ring_open, .close = ring_close, .fault = ring_fault, .may_split = ring_may_split, .name = ring_name,
};

int packsock_mmap(struct netsock *s, struct map_request *req)
{
	struct packsock *ps = packsock_of(s);
	struct packring *r;
	int err = -EINVAL;

	spin_lock_bh(&ps->lock);
	r = ps->ring;
	if (r && !req->pgoff && req->len == (size_t)r->nblocks << (r->order + PAGE_SHIFT)) {
		req->ops = &packring_ops;
		req->priv = r;
		req->rflags |= REGION_SPECIAL | REGION_DONTDUMP;
		atomic_inc(&r->npending);
		err = 0;
	}
	spin_unlock_bh(&ps->lock);
	return err;
}
