// SPDX-License-Identifier: GPL-2.0-only
/* NVMe controllers: enabling, admin commands, creating I/O queues. NVMe 1.4, 3.1.5, 5, 7.6.1. */
#include "nvme_impl.h"

#include <asm/io.h>
#include <tern/base/err.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/sched.h>

#define ADMIN_TIMEOUT	(30 * NSEC_PER_SEC)
#define FEATURE_QUEUES	7
#define QUEUE_PHYS_CONTIG 1u
#define QUEUE_INTERRUPTS 2u

static void write64(u8 __iomem *p, u64 v)
{
	mmio_write32(p, (u32)v);
	mmio_write32(p + 4, (u32)(v >> 32));
}

/* No interrupt tells of it: look until CSTS says so, as long as CAP.TO allows. */
static int wait_status(struct nvme *ctl, u32 mask, u32 want)
{
	nsec_t end = clock_ns() + ((ctl->cap >> 24 & 0xff) + 1) * 500 * NSEC_PER_MSEC;

	for (;;) {
		u32 csts = mmio_read32(ctl->regs + REG_CSTS);

		if (csts == U32_MAX)
			return -ENODEV;
		if ((csts & mask) == want)
			return 0;
		if (csts & CSTS_FATAL && want)
			return -EIO;
		if (clock_ns() > end)
			return -ETIMEDOUT;
		sched_sleep_until(clock_ns() + NSEC_PER_MSEC);
	}
}

int nvme_disable(struct nvme *ctl)
{
	mmio_write32(ctl->regs + REG_CC, mmio_read32(ctl->regs + REG_CC) & ~CC_ENABLE);
	return wait_status(ctl, CSTS_READY, 0);
}

int nvme_enable(struct nvme *ctl)
{
	struct nvme_queue *q = &ctl->admin;
	int err = nvme_disable(ctl);

	if (err)
		return err;
	nvme_queue_clear(q);
	mmio_write32(ctl->regs + REG_AQA, (q->size - 1) << 16 | (q->size - 1));
	write64(ctl->regs + REG_ASQ, virt_to_phys(q->sq));
	write64(ctl->regs + REG_ACQ, virt_to_phys(q->cq));
	mmio_write32(ctl->regs + REG_CC, CC_ENABLE | CC_ENTRY_SIZES);
	return wait_status(ctl, CSTS_READY, CSTS_READY);
}

void nvme_shut_down(struct nvme *ctl)
{
	mmio_write32(ctl->regs + REG_CC, mmio_read32(ctl->regs + REG_CC) | CC_SHUTDOWN);
	(void)wait_status(ctl, CSTS_SHUT_MASK, CSTS_SHUT_DONE);
}

void nvme_admin_ended(struct nvme *ctl, const struct nvme_cqe *c)
{
	ctl->admin_cqe = *c;
	latch_open_one(&ctl->admin_done);
}

int nvme_admin(struct nvme *ctl, struct nvme_sqe *e, u32 *result)
{
	struct nvme_queue *q = &ctl->admin;
	u64 flags;
	int err;

	latch_init(&ctl->admin_done);
	flags = spin_lock_irqsave(&q->lock);
	e->cid = (u16)q->tail;
	err = nvme_queue_put(q, e);
	nvme_queue_ring(q);
	spin_unlock_irqrestore(&q->lock, flags);
	if (!err)
		err = latch_wait_until(&ctl->admin_done, clock_ns() + ADMIN_TIMEOUT);
	if (err)
		return err;
	if (ctl->admin_cqe.status >> 1) {
		kwarn("nvme%u: admin command %u: status %x", ctl->index, e->opcode, ctl->admin_cqe.status >> 1);
		return -EIO;
	}
	if (result)
		*result = ctl->admin_cqe.result;
	return 0;
}

int nvme_identify(struct nvme *ctl, u32 cns, u32 nsid, void *page)
{
	struct nvme_sqe e = { .opcode = ADM_IDENTIFY, .nsid = nsid, .prp1 = virt_to_phys(page), .cdw10 = cns };

	return nvme_admin(ctl, &e, NULL);
}

static int create_queue(struct nvme *ctl, struct nvme_queue *q)
{
	struct nvme_sqe cq = {
		.opcode = ADM_CREATE_CQ, .prp1 = virt_to_phys(q->cq), .cdw10 = (q->size - 1) << 16 | q->id,
		.cdw11 = q->vector << 16 | QUEUE_INTERRUPTS | QUEUE_PHYS_CONTIG,
	};
	struct nvme_sqe sq = {
		.opcode = ADM_CREATE_SQ, .prp1 = virt_to_phys(q->sq), .cdw10 = (q->size - 1) << 16 | q->id,
		.cdw11 = q->id << 16 | QUEUE_PHYS_CONTIG,
	};
	int err;

	nvme_queue_clear(q);
	err = nvme_admin(ctl, &cq, NULL);
	return err ? err : nvme_admin(ctl, &sq, NULL);
}

int nvme_make_queues(struct nvme *ctl)
{
	struct nvme_sqe e = { .opcode = ADM_SET_FEATURES, .cdw10 = FEATURE_QUEUES,
			      .cdw11 = (ctl->nr_queues - 1) << 16 | (ctl->nr_queues - 1) };
	u32 granted = 0;
	int err = nvme_admin(ctl, &e, &granted);

	if (err)
		return err;
	if (min(granted & 0xffff, granted >> 16) + 1 < ctl->nr_queues)
		return -ENOSPC;
	for (u32 i = 0; i < ctl->nr_queues && !err; i++)
		err = create_queue(ctl, &ctl->queues[i]);
	return err;
}
