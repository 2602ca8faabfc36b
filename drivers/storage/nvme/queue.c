// SPDX-License-Identifier: GPL-2.0-only
/* NVMe queues: rings in memory, doorbells, the phase bit. NVMe 1.4, 4.1 and 4.6. */
#include "nvme_impl.h"

#include <asm/io.h>
#include <tern/base/err.h>
#include <tern/lib/bits.h>
#include <tern/lib/string.h>
#include <tern/mm/page.h>

static u32 order_of(size_t bytes)
{
	u64 n = DIV_ROUND_UP(bytes, PAGE_SIZE);

	return n > 1 ? (u32)ilog2(n - 1) + 1 : 0;
}

int nvme_queue_alloc(struct nvme *ctl, struct nvme_queue *q, u32 id, u32 size, u32 vector)
{
	q->ctl = ctl;
	q->id = id;
	q->size = size;
	q->vector = vector;
	q->sq_order = order_of(size * sizeof(struct nvme_sqe));
	q->cq_order = order_of(size * sizeof(struct nvme_cqe));
	spin_init(&q->lock, LOCKRANK_DRIVER);
	q->sq = page_alloc_kva(q->sq_order, ALLOC_KERNEL);
	q->cq = page_alloc_kva(q->cq_order, ALLOC_KERNEL);
	q->sq_bell = ctl->regs + REG_DOORBELLS + 2 * id * ctl->bell_stride;
	q->cq_bell = q->sq_bell + ctl->bell_stride;
	if (!q->sq || !q->cq) {
		nvme_queue_free(q);
		return -ENOMEM;
	}
	nvme_queue_clear(q);
	return 0;
}

void nvme_queue_free(struct nvme_queue *q)
{
	if (q->sq)
		page_free_kva(q->sq, q->sq_order);
	if (q->cq)
		page_free_kva(q->cq, q->cq_order);
	q->sq = NULL;
	q->cq = NULL;
}

void nvme_queue_clear(struct nvme_queue *q)
{
	u64 flags = spin_lock_irqsave(&q->lock);

	memset(q->cq, 0, q->size * sizeof(*q->cq));
	q->tail = 0;
	q->told = 0;
	q->sq_head = 0;
	q->head = 0;
	q->phase = 1;
	spin_unlock_irqrestore(&q->lock, flags);
}

int nvme_queue_put(struct nvme_queue *q, const struct nvme_sqe *e)
{
	u32 next = q->tail + 1 == q->size ? 0 : q->tail + 1;

	if (next == q->sq_head)
		return -EBUSY;
	q->sq[q->tail] = *e;
	q->tail = next;
	return 0;
}

void nvme_queue_ring(struct nvme_queue *q)
{
	if (q->told == q->tail)
		return;
	q->told = q->tail;
	smp_wmb();	/* entries before the doorbell */
	mmio_write32(q->sq_bell, q->tail);
}

bool nvme_queue_take(struct nvme_queue *q, struct nvme_cqe *out)
{
	u64 flags = spin_lock_irqsave(&q->lock);
	struct nvme_cqe *c = &q->cq[q->head];
	bool any = (load_acquire(&c->status) & 1) == q->phase;

	if (any) {
		*out = *c;
		/* The device's word: taken only where it can be true. */
		if (out->sq_head < q->size)
			q->sq_head = out->sq_head;
		if (++q->head == q->size) {
			q->head = 0;
			q->phase ^= 1;
		}
		mmio_write32(q->cq_bell, q->head);
	}
	spin_unlock_irqrestore(&q->lock, flags);
	return any;
}

enum irq_result nvme_queue_interrupt(u32 irq, void *arg)
{
	struct nvme_queue *q = arg;
	struct nvme_cqe c;
	bool any = false;

	atomic_inc(&q->in_handler);
	while (nvme_queue_take(q, &c)) {
		any = true;
		if (q->id)
			nvme_io_ended(q, &c);
		else
			nvme_admin_ended(q->ctl, &c);
	}
	atomic_dec(&q->in_handler);
	return any ? IRQ_DONE : IRQ_NOT_MINE;
}
