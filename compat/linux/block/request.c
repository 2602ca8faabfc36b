// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests: a native command becomes the vendor's request in the command's own memory, the driver
 * starts it, and its end becomes the command's.
 *
 * Drivers end requests under locks that starting takes as well, so the end is carried out in the
 * block soft interrupt: completed requests wait there in a list per CPU.
 *
 * Contexts: start and kick under the native hardware queue's lock, interrupts off.
 */
#include "block_impl.h"

#include "../runtime.h"

#include <asm/cpu.h>
#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/lib/string.h>

#define SPECIAL_PAYLOAD	BIT(18)		/* rq_flags: data is rq->special_vec */
#define STATE_IN_FLIGHT	1
#define STATE_COMPLETE	2
#define SG_END		2UL

static DEFINE_PERCPU(struct lx_request *, completed);
static DEFINE_PERCPU(struct lx_disk *, restarts);

/* ---- status ---- */

static const struct { int error; u8 status; } codes[] = {
	{ 0, 0 }, { -EOPNOTSUPP, 1 }, { -ETIMEDOUT, 2 }, { -ENOSPC, 3 }, { -ENOLINK, 4 }, { -EREMOTEIO, 5 },
	{ -EBADE, 6 }, { -ENODATA, 7 }, { -EILSEQ, 8 }, { -ENOMEM, 9 }, { -EIO, 10 }, { -EAGAIN, 12 },
	{ -EBUSY, 13 }, { -ETOOMANYREFS, 14 }, { -EOVERFLOW, 15 }, { -ENODEV, 17 },
};
#define STATUS_RESOURCE		9u
#define STATUS_IOERR		10u
#define STATUS_DEV_RESOURCE	13u

int lx_blk_status_to_errno(unsigned char status)
{
	for (u32 i = 0; i < ARRAY_SIZE(codes); i++)
		if (codes[i].status == status)
			return codes[i].error;
	return -EIO;
}
LX_EXPORT(blk_status_to_errno);

unsigned char lx_errno_to_blk_status(int error)
{
	for (u32 i = 0; i < ARRAY_SIZE(codes); i++)
		if (codes[i].error == error)
			return codes[i].status;
	return STATUS_IOERR;
}
LX_EXPORT(errno_to_blk_status);

/* ---- start ---- */

static u32 op_of(const struct blkcmd *c)
{
	static const u32 ops[] = {
		[IOREQ_READ] = LX_REQ_OP_READ, [IOREQ_WRITE] = LX_REQ_OP_WRITE,
		[IOREQ_FLUSH] = LX_REQ_OP_FLUSH, [IOREQ_DISCARD] = LX_REQ_OP_DISCARD,
		[IOREQ_WRITE_ZEROES] = LX_REQ_OP_WRITE_ZEROES,
	};
	u32 op = ops[c->op];

	if (c->flags & IOREQ_FUA)
		op |= 1u << LX___REQ_FUA;
	if (c->op == IOREQ_WRITE_ZEROES && (c->flags & IOREQ_NOUNMAP))
		op |= 1u << LX___REQ_NOUNMAP;
	return op;
}

static void fill(struct lx_cmd *lc, struct lx_disk *d, struct blkcmd *c)
{
	struct lx_request *rq = &lc->rq;
	bool has_range = c->op == IOREQ_DISCARD || c->op == IOREQ_WRITE_ZEROES;

	memset(rq, 0, sizeof(*rq));
	rq->q = &d->queue;
	rq->mq_hctx = &d->hctx[blkhwq_index(c->hwq)];
	rq->cmd_flags = op_of(c);
	rq->tag = (int)c->tag;
	rq->internal_tag = -1;
	rq->__data_len = (unsigned int)(c->nsectors << SECTOR_SHIFT);
	rq->__sector = c->sector;
	rq->nr_phys_segments = (unsigned short)(has_range ? 1 : c->nsegs);
	rq->ref.counter = 1;
	rq->queuelist.next = rq->queuelist.prev = &rq->queuelist;
	lc->native = c;
	if (!has_range)
		return;
	memset(&lc->bio, 0, sizeof(lc->bio));
	lc->bio.bi_iter.bi_sector = c->sector;
	lc->bio.bi_iter.bi_size = rq->__data_len;
	rq->bio = rq->biotail = &lc->bio;
}

static int prepare(struct lx_cmd *lc, struct lx_disk *d, struct blkcmd *c)
{
	const struct lx_blk_mq_ops *ops = d->queue.mq_ops;
	int err = 0;

	if (!lc->is_ready && ops->init_request)
		err = ops->init_request(d->queue.tag_set, &lc->rq, blkhwq_index(c->hwq), 0);
	lc->is_ready = !err;
	return err;
}

static int disk_start(struct blkhwq *hwq, struct blkcmd *c)
{
	struct lx_disk *d = blkdisk_priv(blkhwq_disk(hwq));
	struct lx_cmd *lc = c->pdu;
	struct lx_blk_mq_queue_data bd = { .rq = &lc->rq };
	u8 status;

	if (prepare(lc, d, c))
		return -ENOMEM;
	fill(lc, d, c);
	lx_irqs_hold();
	status = d->queue.mq_ops->queue_rq(lc->rq.mq_hctx, &bd);
	lx_irqs_release();
	if (status == STATUS_RESOURCE || status == STATUS_DEV_RESOURCE)
		return -EBUSY;
	return lx_blk_status_to_errno(status);
}

static void disk_kick(struct blkhwq *hwq)
{
	struct lx_disk *d = blkdisk_priv(blkhwq_disk(hwq));

	if (!d->queue.mq_ops->commit_rqs)
		return;
	lx_irqs_hold();
	d->queue.mq_ops->commit_rqs(&d->hctx[blkhwq_index(hwq)]);
	lx_irqs_release();
}

static void disk_release(struct blkdisk *native)
{
	struct lx_disk *d = blkdisk_priv(native);

	blkdisk_free(native);
	lx_disk_put(d);
}

const struct blkdisk_ops lx_disk_ops = {
	.start = disk_start, .kick = disk_kick, .poll = blkop_default_poll, .direct = blkop_no_direct,
	.reset = blkop_no_reset, .open = blkop_default_open, .close = blkop_default_close,
	.ioctl = blkop_no_ioctl, .serial = blkop_no_serial, .release = disk_release,
};

void lx_blk_mq_start_request(struct lx_request *rq)
{
	WRITE_ONCE(rq->state, STATE_IN_FLIGHT);
}
LX_EXPORT(blk_mq_start_request);

static void sg_put(struct lx_scatterlist *sg, struct page *page, u32 off, u32 len)
{
	sg->page_link = (sg->page_link & SG_END) | (unsigned long)page;
	sg->offset = off;
	sg->length = len;
}

int lx___blk_rq_map_sg(struct lx_request_queue *q, struct lx_request *rq, struct lx_scatterlist *sg,
		       struct lx_scatterlist **last)
{
	struct lx_scatterlist *at = NULL;
	struct blkcmd_iter it;
	struct blkseg s;
	int n = 0;

	if (rq->rq_flags & SPECIAL_PAYLOAD) {
		sg_put(sg, (struct page *)rq->special_vec.bv_page, rq->special_vec.bv_offset,
		       rq->special_vec.bv_len);
		at = sg;
		n = 1;
	} else {
		blkcmd_iter_init(&it, cmd_of(rq)->native);
		for (; blkcmd_next_seg(&it, &s); n++) {
			at = at ? lx_sg_next(at) : sg;
			sg_put(at, phys_to_page(s.addr), (u32)(s.addr & ~PAGE_MASK), s.len);
		}
	}
	if (at)
		at->page_link |= SG_END;
	if (last)
		*last = at;
	return n;
}
LX_EXPORT(__blk_rq_map_sg);

/* ---- end ---- */

void lx_blk_mq_end_request(struct lx_request *rq, unsigned char status)
{
	WRITE_ONCE(rq->state, 0);
	blkcmd_done(cmd_of(rq)->native, lx_blk_status_to_errno(status));
}
LX_EXPORT(blk_mq_end_request);

void lx_blk_mq_end_request_batch(struct lx_io_comp_batch *batch)
{
	struct lx_request *rq, *next;

	for (rq = batch->req_list; rq; rq = next) {
		next = rq->rq_next;
		lx_blk_mq_end_request(rq, 0);
	}
	batch->req_list = NULL;
}
LX_EXPORT(blk_mq_end_request_batch);

void lx_blk_mq_complete_request(struct lx_request *rq)
{
	u64 flags = irq_save();

	WRITE_ONCE(rq->state, STATE_COMPLETE);
	rq->rq_next = this_cpu_read(completed);
	this_cpu_write(completed, rq);
	softirq_raise(SOFTIRQ_BLOCK);
	irq_restore(flags);
}
LX_EXPORT(blk_mq_complete_request);

void lx_disk_restart(struct lx_disk *d)
{
	u64 flags = irq_save();

	if (!xchg(&d->must_restart, true)) {
		d->next_restart = this_cpu_read(restarts);
		this_cpu_write(restarts, d);
		softirq_raise(SOFTIRQ_BLOCK);
	}
	irq_restore(flags);
}

static void run_stopped(struct lx_disk *d)
{
	store_release(&d->must_restart, false);
	for (u32 i = 0; d->native && i < d->queue.nr_hw_queues; i++)
		blkhwq_run(blkhwq_of(d->native, i));
}

static void complete_softirq(void)
{
	struct lx_request *rq, *next, *ordered = NULL;
	struct lx_disk *d, *next_disk;
	u64 flags = irq_save();

	rq = this_cpu_read(completed);
	this_cpu_write(completed, NULL);
	d = this_cpu_read(restarts);
	this_cpu_write(restarts, NULL);
	irq_restore(flags);
	for (; d; d = next_disk) {
		next_disk = d->next_restart;
		run_stopped(d);
	}
	for (; rq; rq = next) {		/* the last one came first */
		next = rq->rq_next;
		rq->rq_next = ordered;
		ordered = rq;
	}
	for (; ordered; ordered = next) {
		next = ordered->rq_next;
		ordered->q->mq_ops->complete(ordered);
	}
}

/* It begins again: the native layer starts commands that ended with this. */
void lx_blk_mq_requeue_request(struct lx_request *rq, bool kick)
{
	WRITE_ONCE(rq->state, 0);
	blkcmd_done(cmd_of(rq)->native, -EAGAIN);
}
LX_EXPORT(blk_mq_requeue_request);

/* ---- requests of a driver's own: they have no native command, so there are none ---- */

struct lx_request *lx_blk_mq_alloc_request(struct lx_request_queue *q, unsigned int op, unsigned int flags)
{
	return ERR_PTR(-EOPNOTSUPP);
}
LX_EXPORT(blk_mq_alloc_request);

void lx_blk_mq_free_request(struct lx_request *rq) { }
LX_EXPORT(blk_mq_free_request);

unsigned char lx_blk_execute_rq(struct lx_request *rq, bool at_head)
{
	return lx_errno_to_blk_status(-EOPNOTSUPP);
}
LX_EXPORT(blk_execute_rq);

int lx_blk_rq_map_kern(struct lx_request_queue *q, struct lx_request *rq, void *buf, unsigned int n,
		       unsigned int gfp)
{
	return -EOPNOTSUPP;
}
LX_EXPORT(blk_rq_map_kern);

static int requests_init(void)
{
	softirq_register(SOFTIRQ_BLOCK, complete_softirq);
	return 0;
}
INITCALL(CORE, requests_init);
