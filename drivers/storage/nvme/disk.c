// SPDX-License-Identifier: GPL-2.0-only
/*
 * NVMe namespaces as disks: commands, page lists, completions, resets. NVMe 1.4, 4.3 and 6.
 *
 * All namespaces of a controller share its queues; a command's identifier tells namespace and tag. A
 * transfer is described by its first address and the addresses of all further pages, in the
 * command's own list. The core never puts a gap between pages (limits.no_gaps).
 *
 * A reset concerns all namespaces: the others are held meanwhile and start their commands again.
 */
#include "nvme_impl.h"

#include <generated/svc_storage.h>
#include <asm/cpu.h>
#include <tern/base/err.h>
#include <tern/kernel/clock.h>
#include <tern/lib/bits.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define RW_FUA		BIT(30)
#define ZEROES_DEALLOCATE BIT(25)
#define DSM_DEALLOCATE	BIT(2)
#define ONCS_DSM	BIT(2)
#define ONCS_ZEROES	BIT(3)
#define TIMEOUT_NS	(30 * NSEC_PER_SEC)

enum { NS_SIZE = 0, NS_FORMAT = 26, NS_FORMATS = 128 };	/* Identify Namespace, 5.15.2.1 */

static struct nvme_ns *ns_of(struct blkhwq *hwq)
{
	return blkdisk_priv(blkhwq_disk(hwq));
}

static struct nvme_queue *queue_of(struct blkhwq *hwq)
{
	return &ns_of(hwq)->ctl->queues[blkhwq_index(hwq)];
}

/* ---- commands ---- */

/* The addresses of a transfer; 0, or -EINVAL if it needs more than there is room for. */
static int fill_prps(struct nvme_sqe *e, struct blkcmd *c)
{
	struct nvme_pdu *pdu = c->pdu;
	struct blkcmd_iter it;
	struct blkseg s;
	u32 n = 0;

	blkcmd_iter_init(&it, c);
	while (blkcmd_next_seg(&it, &s)) {
		while (s.len) {
			u32 part = (u32)min_t(u64, s.len, PAGE_SIZE - (s.addr & ~PAGE_MASK));

			if (!e->prp1)
				e->prp1 = s.addr;
			else if (n < NVME_PRPS)
				pdu->prps[n++] = s.addr;
			else
				return -EINVAL;
			s.addr += part;
			s.len -= part;
		}
	}
	if (n == 1)
		e->prp2 = pdu->prps[0];
	else if (n)
		e->prp2 = virt_to_phys(pdu->prps);
	return 0;
}

static int fill(struct nvme_sqe *e, struct blkcmd *c, const struct nvme_ns *ns)
{
	u32 shift = ns->shift - SECTOR_SHIFT, nblocks = (u32)(c->nsectors >> shift);
	u64 first = c->sector >> shift;
	struct nvme_pdu *pdu = c->pdu;

	*e = (struct nvme_sqe){ .nsid = ns->nsid, .cid = (u16)(ns->index << CID_TAG_BITS | c->tag) };
	switch (c->op) {
	case IOREQ_FLUSH:
		e->opcode = NVM_FLUSH;
		return 0;
	case IOREQ_DISCARD:
		e->opcode = NVM_DSM;
		e->cdw11 = DSM_DEALLOCATE;
		pdu->range.attributes = 0;
		pdu->range.nblocks = nblocks;
		pdu->range.first = first;
		e->prp1 = virt_to_phys(&pdu->range);
		return 0;
	default:
		break;
	}
	e->cdw10 = (u32)first;
	e->cdw11 = (u32)(first >> 32);
	e->cdw12 = nblocks - 1;
	if (c->op == IOREQ_WRITE_ZEROES) {
		e->opcode = NVM_WRITE_ZEROES;
		e->cdw12 |= c->flags & IOREQ_NOUNMAP ? 0 : (u32)ZEROES_DEALLOCATE;
		return 0;
	}
	e->opcode = c->op == IOREQ_WRITE ? NVM_WRITE : NVM_READ;
	e->cdw12 |= c->flags & IOREQ_FUA ? (u32)RW_FUA : 0;
	return fill_prps(e, c);
}

static int ns_start(struct blkhwq *hwq, struct blkcmd *c)
{
	struct nvme_queue *q = queue_of(hwq);
	struct nvme_sqe e;
	int err = fill(&e, c, ns_of(hwq));

	if (err)
		return err;
	spin_lock(&q->lock);
	err = nvme_queue_put(q, &e);
	spin_unlock(&q->lock);
	return err;
}

static void ns_kick(struct blkhwq *hwq)
{
	struct nvme_queue *q = queue_of(hwq);

	spin_lock(&q->lock);
	nvme_queue_ring(q);
	spin_unlock(&q->lock);
}

static void ns_poll(struct blkhwq *hwq)
{
	(void)nvme_queue_interrupt(0, queue_of(hwq));
}

static int error_of(u16 status)
{
	u32 s = status >> 1 & 0x7ff;

	if (!s)
		return 0;
	if (s == 0x001)		/* invalid opcode */
		return -EOPNOTSUPP;
	/* Generic and path errors may pass; media errors do not. */
	return (status >> 1 & STATUS_DNR) || s >> 8 == 2 ? -EIO : -EAGAIN;
}

void nvme_io_ended(struct nvme_queue *q, const struct nvme_cqe *c)
{
	u32 index = c->cid >> CID_TAG_BITS;
	struct nvme_ns *ns;

	list_foreach(ns, &q->ctl->namespaces, link) {
		struct blkcmd *cmd;

		if (ns->index != index)
			continue;
		cmd = blkhwq_cmd(blkhwq_of(ns->disk, q->id - 1), c->cid & ((1u << CID_TAG_BITS) - 1));
		if (cmd)
			blkcmd_done(cmd, error_of(c->status));
		return;
	}
}

/* ---- reset ---- */

static int reset_controller(struct nvme *ctl)
{
	int err = nvme_disable(ctl);

	for (u32 i = 0; i < ctl->nr_queues; i++)
		while (atomic_read(&ctl->queues[i].in_handler))
			cpu_relax();
	if (!err)
		err = nvme_enable(ctl);
	return err ? err : nvme_make_queues(ctl);
}

static int ns_reset(struct blkdisk *d)
{
	struct nvme_ns *me = blkdisk_priv(d), *ns;
	struct nvme *ctl = me->ctl;
	int err;

	kmutex_lock(&ctl->admin_lock);
	list_foreach(ns, &ctl->namespaces, link)
		if (ns != me)
			blkdisk_hold(ns->disk);
	err = ctl->is_gone ? -ENODEV : reset_controller(ctl);
	list_foreach(ns, &ctl->namespaces, link)
		if (ns != me)
			blkdisk_forgotten(ns->disk, err);
	kmutex_unlock(&ctl->admin_lock);
	return err;
}

/* ---- making ---- */

static void ns_serial(struct blkdisk *d, char *buf, size_t n)
{
	strlcpy(buf, ((struct nvme_ns *)blkdisk_priv(d))->ctl->serial, n);
}

static void ns_release(struct blkdisk *d)
{
	struct nvme_ns *ns = blkdisk_priv(d);

	blkdisk_free(d);
	nvme_put(ns->ctl);
	kmem_free(ns);
}

static const struct blkdisk_ops ns_ops = {
	.start = ns_start, .kick = ns_kick, .poll = ns_poll, .direct = blkop_no_direct, .reset = ns_reset,
	.open = blkop_default_open, .close = blkop_default_close, .ioctl = blkop_no_ioctl,
	.serial = ns_serial, .release = ns_release,
};

static int make_disk(struct nvme_ns *ns, u64 nblocks)
{
	struct nvme *ctl = ns->ctl;
	u32 per = 1u << (ns->shift - SECTOR_SHIFT);
	struct blkdisk_limits l = {
		.block_size = 1u << ns->shift, .max_sectors = ctl->max_sectors, .max_segs = NVME_PRPS,
		.max_seg_bytes = 1u << 20, .no_gaps = true, .has_cache = ctl->has_cache, .has_fua = true,
		.nr_hwq = ctl->nr_queues, .depth = NVME_DEPTH, .pdu_bytes = sizeof(struct nvme_pdu),
		.timeout_ns = TIMEOUT_NS, .discard_grain = 1u << ns->shift, .zeroes_may_unmap = true,
		.max_discard = ctl->oncs & ONCS_DSM ? (u64)(U32_MAX / per) * per : 0,
		.max_zeroes = ctl->oncs & ONCS_ZEROES ? min_t(u64, 65536UL * per, ctl->max_sectors) : 0,
	};
	char name[24];
	int err;

	fmt_print(name, sizeof(name), "nvme%un%u", ctl->index, ns->nsid);
	ns->disk = blkdisk_create(name, BLK_MAJOR_EXTENDED, 0, 0, &l, &ns_ops, ns);
	if (IS_ERR(ns->disk))
		return (int)PTR_ERR(ns->disk);
	list_add_tail(&ns->link, &ctl->namespaces);
	ref_get(&ctl->refs);
	err = svc_storage_add(ns->disk, nblocks * per, false, &ctl->pci->node);
	if (err) {
		list_del(&ns->link);
		blkdisk_free(ns->disk);
		nvme_put(ctl);
	}
	return err;
}

int nvme_ns_add(struct nvme *ctl, u32 nsid)
{
	struct nvme_ns *ns = kmem_zalloc(sizeof(*ns), ALLOC_KERNEL);
	u8 *id = page_alloc_kva(0, ALLOC_KERNEL | ALLOC_ZERO);
	u64 nblocks = 0;
	int err = ns && id ? nvme_identify(ctl, 0, nsid, id) : -ENOMEM;

	if (!err) {
		const u8 *format = id + NS_FORMATS + 4 * (id[NS_FORMAT] & 15);

		nblocks = get_le64(id + NS_SIZE);
		ns->ctl = ctl;
		ns->nsid = nsid;
		ns->index = (u32)list_count(&ctl->namespaces);
		ns->shift = format[2];
		/* Formats with metadata or odd blocks are not for us. */
		if (!nblocks || get_le16(format) || ns->shift < SECTOR_SHIFT || ns->shift > PAGE_SHIFT ||
		    ns->index >= NVME_NS_MAX)
			err = -ENODEV;
	}
	if (id)
		page_free_kva(id, 0);
	if (!err)
		err = make_disk(ns, nblocks);
	if (err)
		kmem_free(ns);
	return err;
}
