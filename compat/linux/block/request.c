// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests: a native command takes one of its queue's set, with a bio that describes the command's memory,
 * the driver starts it, and its end becomes the command's.
 *
 * Drivers end requests under locks that starting takes as well, so the end is carried out in the
 * block soft interrupt: completed requests wait there in a list per CPU, and so do those that a driver
 * ends from inside of its queue_rq(). A request is freed when its last
 * reference goes: the end drops one, who walks over the requests in use holds another for a moment.
 *
 * Contexts: start and kick under the native hardware queue's lock, interrupts off.
 */
#include "block_impl.h"

#include "../runtime.h"

#include <asm/cpu.h>
#include <tern/base/err.h>
#include <tern/base/rcu.h>
#include <tern/base/initcall.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define END_IO_FREE	1u
#define SG_END		2UL
#define UNIQUE_TAG_BITS	16
#define BUSY_TICKS	1

static DEFINE_PERCPU(struct lx_request *, completed);
static DEFINE_PERCPU(struct lx_request *, ended);
static DEFINE_PERCPU(struct lx_disk *, restarts);
static struct waitq restarts_over = WAITQ_INIT(restarts_over);	/* some disk's queues were run again */

/* ---- status ---- */

static const struct { int error; u8 status; } codes[] = {
	{ 0, 0 }, { -EOPNOTSUPP, 1 }, { -ETIMEDOUT, 2 }, { -ENOSPC, 3 }, { -ENOLINK, 4 }, { -EREMOTEIO, 5 },
	{ -EBADE, 6 }, { -ENODATA, 7 }, { -EILSEQ, 8 }, { -ENOMEM, 9 }, { -EIO, 10 }, { -EAGAIN, 12 },
	{ -EBUSY, 13 }, { -ETOOMANYREFS, 14 }, { -EOVERFLOW, 15 }, { -ENODEV, 17 },
};

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

const char *lx_blk_op_str(unsigned int op)
{
	static const char *const names[] = {
		[LX_REQ_OP_READ] = "READ", [LX_REQ_OP_WRITE] = "WRITE", [LX_REQ_OP_FLUSH] = "FLUSH",
		[LX_REQ_OP_DISCARD] = "DISCARD", [LX_REQ_OP_SECURE_ERASE] = "SECURE_ERASE",
		[LX_REQ_OP_ZONE_APPEND] = "ZONE_APPEND", [LX_REQ_OP_WRITE_ZEROES] = "WRITE_ZEROES",
		[LX_REQ_OP_ZONE_OPEN] = "ZONE_OPEN", [LX_REQ_OP_ZONE_CLOSE] = "ZONE_CLOSE",
		[LX_REQ_OP_ZONE_FINISH] = "ZONE_FINISH", [LX_REQ_OP_ZONE_RESET] = "ZONE_RESET",
		[LX_REQ_OP_ZONE_RESET_ALL] = "ZONE_RESET_ALL", [LX_REQ_OP_DRV_IN] = "DRV_IN",
		[LX_REQ_OP_DRV_OUT] = "DRV_OUT",
	};

	return op < ARRAY_SIZE(names) && names[op] ? names[op] : "UNKNOWN";
}
LX_EXPORT(blk_op_str);

const char *lx_blk_zone_cond_str(unsigned int cond)
{
	static const char *const names[] = {
		[LX_BLK_ZONE_COND_NOT_WP] = "NOT_WP", [LX_BLK_ZONE_COND_EMPTY] = "EMPTY",
		[LX_BLK_ZONE_COND_IMP_OPEN] = "IMP_OPEN", [LX_BLK_ZONE_COND_EXP_OPEN] = "EXP_OPEN",
		[LX_BLK_ZONE_COND_CLOSED] = "CLOSED", [LX_BLK_ZONE_COND_READONLY] = "READONLY",
		[LX_BLK_ZONE_COND_FULL] = "FULL", [LX_BLK_ZONE_COND_OFFLINE] = "OFFLINE",
	};

	return cond < ARRAY_SIZE(names) && names[cond] ? names[cond] : "UNKNOWN";
}
LX_EXPORT(blk_zone_cond_str);

/* ---- made and freed ---- */

void lx_blk_rq_init(struct lx_request_queue *q, struct lx_request *rq)
{
	memset(rq, 0, sizeof(*rq));
	rq->q = q;
	rq->tag = rq->internal_tag = -1;
	rq->__sector = ~0ULL;
	rq->queuelist.next = rq->queuelist.prev = &rq->queuelist;
	rq->start_time_ns = clock_ns();
}
LX_EXPORT(blk_rq_init);

unsigned int lx_blk_mq_unique_tag(struct lx_request *rq)
{
	return rq->mq_hctx->queue_num << UNIQUE_TAG_BITS | ((u32)rq->tag & (BIT(UNIQUE_TAG_BITS) - 1));
}
LX_EXPORT(blk_mq_unique_tag);

void lx_request_init(struct lx_request *rq, struct lx_queue *q, u32 hctx, u32 op)
{
	struct lx_cmd *c = cmd_of(rq);

	memset(rq, 0, sizeof(*rq));
	rq->q = &q->q;
	rq->mq_hctx = &q->hctx[hctx];
	rq->cmd_flags = op;
	rq->tag = (int)c->tag;
	rq->internal_tag = -1;
	rq->queuelist.next = rq->queuelist.prev = &rq->queuelist;
	rq->start_time_ns = clock_ns();
	c->tags->pub.rqs[rq->tag] = rq;
	c->native = NULL;
	c->error = 0;
	c->more = NULL;
	c->copy = NULL;
	store_release(&rq->ref.counter, 1);
}

struct lx_bio_vec *lx_cmd_vecs(struct lx_cmd *c, u32 n, alloc_flags flags)
{
	if (n <= CMD_VECS)
		return c->vecs;
	c->more = kmem_calloc(n, sizeof(*c->more), flags | ALLOC_NOWARN);
	if (!c->more && n <= VECS_MAX && !xchg(&c->tags->spare_is_used, true))
		c->more = c->tags->spare;
	return c->more;
}

static void vecs_free(struct lx_cmd *c)
{
	if (c->more == c->tags->spare)
		store_release(&c->tags->spare_is_used, false);
	else
		kmem_free(c->more);
	c->more = NULL;
}

void lx_cmd_clear(struct lx_cmd *c)
{
	struct lx_queue *q = lx_queue_of(c->rq.q);

	if (__atomic_sub_fetch(&c->rq.ref.counter, 1, __ATOMIC_SEQ_CST))
		return;
	vecs_free(c);
	kmem_free_large(c->copy);
	lx_tags_put(c);
	lx_queue_leave(q);
}

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

u32 lx_bio_fill(struct lx_bio *bio, struct lx_bio_vec *vecs, struct lx_disk *d, const struct blkcmd *c)
{
	struct blkcmd_iter it;
	struct blkseg s;
	u32 n = 0;

	memset(bio, 0, sizeof(*bio));
	bio->bi_opf = op_of(c);
	bio->bi_bdev = &d->part0;
	bio->bi_iter.bi_sector = c->sector;
	bio->bi_iter.bi_size = (unsigned int)(c->nsectors << SECTOR_SHIFT);
	bio->__bi_remaining.counter = bio->__bi_cnt.counter = 1;
	if (c->op != IOREQ_READ && c->op != IOREQ_WRITE)
		return 0;
	blkcmd_iter_init(&it, c);
	for (; blkcmd_next_seg(&it, &s); n++)
		vecs[n] = (struct lx_bio_vec){ (struct lx_page *)phys_to_page(s.addr), s.len,
					       (unsigned int)(s.addr & ~PAGE_MASK) };
	bio->bi_io_vec = vecs;
	bio->bi_vcnt = bio->bi_max_vecs = (unsigned short)n;
	return n;
}

static int fill(struct lx_cmd *lc, struct lx_disk *d, struct blkcmd *c)
{
	struct lx_bio_vec *vecs = lx_cmd_vecs(lc, c->nsegs, ALLOC_ATOMIC);
	struct lx_request *rq = &lc->rq;
	u32 n;

	if (!vecs)
		return -EBUSY;
	lc->native = c;
	rq->part = &d->part0;
	rq->cmd_flags = op_of(c);
	rq->__data_len = (unsigned int)(c->nsectors << SECTOR_SHIFT);
	rq->__sector = c->sector;
	n = lx_bio_fill(&lc->bio, vecs, d, c);
	rq->nr_phys_segments = (unsigned short)(c->op == IOREQ_DISCARD ? 1 : n);	/* its ranges are one piece */
	if (c->op != IOREQ_FLUSH)
		rq->bio = rq->biotail = &lc->bio;
	return 0;
}

u8 lx_request_issue(struct lx_request *rq, bool is_last)
{
	struct lx_blk_mq_queue_data bd = { .rq = rq, .last = is_last || !rq->q->mq_ops->commit_rqs };
	const struct lx_blk_mq_ops *ops = rq->q->mq_ops;

	if (ops->get_budget) {
		int token = ops->get_budget(rq->q);

		if (token < 0)
			return STATUS_RESOURCE;
		if (ops->set_rq_budget_token)
			ops->set_rq_budget_token(rq, token);
	}
	return ops->queue_rq(rq->mq_hctx, &bd);
}

/* The driver has no room: the request is taken apart again, the command asks later. */
static int give_back(struct lx_queue *q, struct lx_cmd *lc)
{
	if (q->q.mq_ops->cleanup_rq)
		q->q.mq_ops->cleanup_rq(&lc->rq);
	if (atomic_read(&q->inflight) == 1)
		lx_blk_mq_delay_run_hw_queues(&q->q, BUSY_TICKS);
	lx_cmd_clear(lc);
	return -EBUSY;
}

static int start_now(struct lx_queue *q, struct lx_cmd *lc)
{
	int err;
	u8 status;

	if (lx_queue_may_sleep(q)) {
		lx_queue_park(&lc->rq, 0);
		return 0;
	}
	lx_irqs_hold();
	status = lx_request_issue(&lc->rq, false);
	lx_irqs_release();
	if (status == STATUS_RESOURCE || status == STATUS_DEV_RESOURCE)
		return give_back(q, lc);
	if (!status)
		return 0;
	err = lx_blk_status_to_errno(status);
	lx_cmd_clear(lc);
	return err;
}

static int disk_start(struct blkhwq *hwq, struct blkcmd *c)
{
	struct lx_disk *d = blkdisk_priv(blkhwq_disk(hwq));
	struct lx_queue *q = d->queue;
	u32 index = blkhwq_index(hwq) % lx_set_queues(q->q.tag_set);
	struct lx_cmd *lc;

	if (READ_ONCE(d->is_dead))
		return -EIO;
	if (!lx_queue_enter(q))
		return -EBUSY;
	lc = lx_tags_take(q->hctx[index].tags, false);
	if (!lc) {
		WRITE_ONCE(q->is_starved, true);
		smp_mb();
		lc = lx_tags_take(q->hctx[index].tags, false);	/* one came free just before the mark */
	}
	if (!lc) {
		lx_queue_leave(q);
		return -EBUSY;
	}
	lx_request_init(&lc->rq, q, index, 0);
	if (fill(lc, d, c)) {
		lx_cmd_clear(lc);
		return -EBUSY;
	}
	return start_now(q, lc);
}

static void disk_kick(struct blkhwq *hwq)
{
	struct lx_disk *d = blkdisk_priv(blkhwq_disk(hwq));
	struct lx_queue *q = d->queue;

	if (!q->q.mq_ops->commit_rqs || lx_queue_may_sleep(q))
		return;
	lx_irqs_hold();
	q->q.mq_ops->commit_rqs(&q->hctx[blkhwq_index(hwq) % lx_set_queues(q->q.tag_set)]);
	lx_irqs_release();
}

const struct blkdisk_ops lx_disk_ops = {
	.start = disk_start, .kick = disk_kick, .poll = blkop_default_poll, .direct = blkop_no_direct,
	.reset = blkop_no_reset, .open = lx_disk_open, .close = lx_disk_close,
	.ioctl = lx_disk_ioctl, .serial = blkop_no_serial, .release = lx_disk_release,
};

void lx_blk_mq_start_request(struct lx_request *rq)
{
	rq->rq_flags &= ~TIMED_OUT;
	rq->deadline = lx_jiffies_now() + (rq->timeout ? rq->timeout : rq->q->rq_timeout);
	WRITE_ONCE(rq->state, STATE_IN_FLIGHT);
	lx_set_watch(cmd_of(rq)->tags->set);
}
LX_EXPORT(blk_mq_start_request);

static void sg_put(struct lx_scatterlist *sg, struct lx_page *page, u32 off, u32 len)
{
	sg->page_link = (sg->page_link & SG_END) | (unsigned long)page;
	sg->offset = off;
	sg->length = len;
}

int lx___blk_rq_map_sg(struct lx_request_queue *q, struct lx_request *rq, struct lx_scatterlist *sg,
		       struct lx_scatterlist **last)
{
	struct lx_scatterlist *at = NULL;
	int n = 0;

	if (rq->rq_flags & SPECIAL_PAYLOAD) {
		sg_put(sg, rq->special_vec.bv_page, rq->special_vec.bv_offset, rq->special_vec.bv_len);
		at = sg;
		n = 1;
	}
	for (struct lx_bio *bio = n ? NULL : rq->bio; bio; bio = bio->bi_next) {
		u32 skip = bio->bi_iter.bi_bvec_done, left = bio->bi_io_vec ? bio->bi_iter.bi_size : 0;

		for (u32 i = bio->bi_iter.bi_idx; left; i++, n++) {
			const struct lx_bio_vec *v = &bio->bi_io_vec[i];
			u32 len = min(v->bv_len - skip, left);

			at = at ? lx_sg_next(at) : sg;
			sg_put(at, v->bv_page, v->bv_offset + skip, len);
			left -= len;
			skip = 0;
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

void lx_bio_advance_bytes(struct lx_bio *bio, u32 bytes)
{
	struct lx_bvec_iter *it = &bio->bi_iter;

	it->bi_sector += bytes >> SECTOR_SHIFT;
	it->bi_size -= bytes;
	while (bytes && bio->bi_io_vec) {
		u32 rest = bio->bi_io_vec[it->bi_idx].bv_len - it->bi_bvec_done;

		if (bytes < rest) {
			it->bi_bvec_done += bytes;
			return;
		}
		bytes -= rest;
		it->bi_bvec_done = 0;
		it->bi_idx++;
	}
}

/* So many bytes are done; true: there are more. */
bool lx_blk_update_request(struct lx_request *rq, unsigned char status, unsigned int bytes)
{
	struct lx_cmd *c = cmd_of(rq);

	if (status && !c->error)
		c->error = lx_blk_status_to_errno(status);
	bytes = min(bytes, rq->__data_len);
	rq->__data_len -= bytes;
	rq->__sector += bytes >> SECTOR_SHIFT;
	if (rq->bio && bytes && bytes <= rq->bio->bi_iter.bi_size)
		lx_bio_advance_bytes(rq->bio, bytes);
	if (rq->__data_len && !(rq->rq_flags & SPECIAL_PAYLOAD))
		return true;
	rq->bio = NULL;
	return false;
}
LX_EXPORT(blk_update_request);

static void command_done(struct lx_cmd *c)
{
	struct blkcmd *native = c->native;
	int err = c->error;

	c->native = NULL;
	lx_cmd_clear(c);
	if (native)
		blkcmd_done(native, err);
}

/* Onto a list of this CPU, for the soft interrupt. Interrupts off. */
#define PUT_OFF(list, rq) do {			\
	(rq)->rq_next = this_cpu_read(list);	\
	this_cpu_write(list, rq);		\
	softirq_raise(SOFTIRQ_BLOCK);		\
	} while (0)

void lx___blk_mq_end_request(struct lx_request *rq, unsigned char status)
{
	struct lx_cmd *c = cmd_of(rq);

	if (rq->end_io) {
		if (rq->end_io(rq, status) == END_IO_FREE)
			lx_blk_mq_free_request(rq);
		return;
	}
	if (!c->error)
		c->error = lx_blk_status_to_errno(status);
	if (lx_irqs_are_held())		/* in queue_rq(), with the native queue locked */
		PUT_OFF(ended, rq);
	else
		command_done(c);
}
LX_EXPORT(__blk_mq_end_request);

void lx_blk_mq_end_request(struct lx_request *rq, unsigned char status) { lx___blk_mq_end_request(rq, status); }
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
	PUT_OFF(completed, rq);
	irq_restore(flags);
}
LX_EXPORT(blk_mq_complete_request);

/* The driver does not end it in its interrupt: the soft interrupt asks it to. */
bool lx_blk_mq_complete_request_remote(struct lx_request *rq)
{
	lx_blk_mq_complete_request(rq);
	return true;
}
LX_EXPORT(blk_mq_complete_request_remote);

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

static void run_again(struct lx_disk *d)
{
	struct blkdisk *native = READ_ONCE(d->native);

	store_release(&d->must_restart, false);
	for (u32 i = 0; native && i < blkdisk_limits_of(native)->nr_hwq; i++)
		blkhwq_run(blkhwq_of(native, i));
}

/* A soft interrupt is one reader of RCU. */
void lx_disk_restarts_wait(struct lx_disk *d)
{
	waitq_wait(&restarts_over, !READ_ONCE(d->must_restart));
	rcu_wait();
}

/* Of a list that was put together in front: the one that came first. */
static struct lx_request *in_order(struct lx_request *rq)
{
	struct lx_request *next, *ordered = NULL;

	for (; rq; rq = next) {
		next = rq->rq_next;
		rq->rq_next = ordered;
		ordered = rq;
	}
	return ordered;
}

static void complete_softirq(void)
{
	struct lx_request *rq, *over, *next;
	struct lx_disk *d, *next_disk;
	u64 flags = irq_save();

	rq = this_cpu_read(completed);
	this_cpu_write(completed, NULL);
	over = this_cpu_read(ended);
	this_cpu_write(ended, NULL);
	d = this_cpu_read(restarts);
	this_cpu_write(restarts, NULL);
	irq_restore(flags);
	for (; d; d = next_disk) {
		next_disk = d->next_restart;
		run_again(d);
		waitq_wake_if_any(&restarts_over);
	}
	for (over = in_order(over); over; over = next) {
		next = over->rq_next;
		command_done(cmd_of(over));
	}
	for (rq = in_order(rq); rq; rq = next) {
		next = rq->rq_next;
		rq->q->mq_ops->complete(rq);
	}
}

static int requests_init(void)
{
	softirq_register(SOFTIRQ_BLOCK, complete_softirq);
	return 0;
}
INITCALL(CORE, requests_init);
