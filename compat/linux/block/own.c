// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests of a driver's own: commands of its admin queue, and those that a program passes through.
 *
 * Data is kernel memory named directly, or a copy of a program's memory, which is copied back when the
 * request is unmapped. Such a request waits for a tag, is parked while its queue is stopped and ends by its
 * end_io().
 */
#include "block_impl.h"

#include "../runtime.h"

#include <asm/cpu.h>
#include <asm/pgtable.h>
#include <asm/uaccess.h>
#include <tern/base/bug.h>
#include <tern/base/err.h>
#include <tern/lib/string.h>
#include <tern/mm/kva.h>
#include <tern/mm/slab.h>

#define REQ_NOWAIT	1u
#define REQ_RESERVED	2u
#define REQ_PM		4u
#define OP_IS_WRITE	1u
#define COPY_MAX	(4UL << 20)
#define END_IO_NONE	0u

/* ---- made and freed ---- */

static struct lx_cmd *take(struct lx_queue *q, struct lx_blk_mq_tags *t, u32 flags)
{
	bool reserved = (flags & REQ_RESERVED) != 0;
	struct lx_cmd *c = lx_tags_take(t, reserved);

	if (!c && !(flags & REQ_NOWAIT))
		waitq_wait(&tags_of(t)->freed, (c = lx_tags_take(t, reserved)) != NULL);
	return c;
}

static bool is_shut(struct lx_queue *q, u32 flags)
{
	return READ_ONCE(q->q.mq_freeze_depth) || (!(flags & REQ_PM) && READ_ONCE(q->q.pm_only.counter));
}

/*
 * Frozen, or open for power management only: it waits until that is over. Quiesced: it may be made, and is
 * parked when it is executed.
 */
static int enter(struct lx_queue *q, u32 flags)
{
	(void)atomic_add_return(&q->inflight, 1);
	while (is_shut(q, flags)) {
		lx_queue_leave(q);
		if (bit_test(QUEUE_FLAG_DYING, &q->q.queue_flags))
			return -ENODEV;
		if (flags & REQ_NOWAIT)
			return -EAGAIN;
		waitq_wait(&q->idle, !is_shut(q, flags) ||
			   bit_test(QUEUE_FLAG_DYING, &q->q.queue_flags));
		(void)atomic_add_return(&q->inflight, 1);
	}
	return 0;
}

static struct lx_request *make(struct lx_request_queue *pub, u32 op, u32 flags, u32 index)
{
	struct lx_queue *q = lx_queue_of(pub);
	int err = enter(q, flags);
	struct lx_cmd *c;

	if (err)
		return ERR_PTR(err);
	c = take(q, q->hctx[index].tags, flags);
	if (!c) {
		lx_queue_leave(q);
		return ERR_PTR(-EAGAIN);
	}
	lx_request_init(&c->rq, q, index, op);
	return &c->rq;
}

struct lx_request *lx_blk_mq_alloc_request(struct lx_request_queue *q, unsigned int op, unsigned int flags)
{
	u32 index = q->tag_set->map[0].mq_map[this_cpu_read(cpu_id)];

	return make(q, op, flags, index % lx_queue_of(q)->nr_hctx);
}
LX_EXPORT(blk_mq_alloc_request);

struct lx_request *lx_blk_mq_alloc_request_hctx(struct lx_request_queue *q, unsigned int op, unsigned int flags,
						unsigned int index)
{
	return index < lx_queue_of(q)->nr_hctx ? make(q, op, flags, index) : ERR_PTR(-EXDEV);
}
LX_EXPORT(blk_mq_alloc_request_hctx);

void lx_blk_mq_free_request(struct lx_request *rq) { lx_cmd_clear(cmd_of(rq)); }
LX_EXPORT(blk_mq_free_request);

/* ---- data ---- */

static struct page *page_of(const void *va)
{
	return kva_contains(va) ? phys_to_page(pt_kernel_lookup((uptr)va)) : virt_to_page(va);
}

/* Pieces by page, neighbours in memory as one. */
static int attach(struct lx_request *rq, void *buf, u32 n, alloc_flags flags)
{
	u32 pages = (u32)((((uptr)buf & ~PAGE_MASK) + n + PAGE_SIZE - 1) >> PAGE_SHIFT), used = 0;
	struct lx_cmd *c = cmd_of(rq);
	struct lx_bio_vec *v = lx_cmd_vecs(c, pages, flags);

	if (!v)
		return -ENOMEM;
	for (u32 at = 0, len; at < n; at += len) {
		u8 *p = (u8 *)buf + at;
		u32 off = (u32)((uptr)p & ~PAGE_MASK);

		len = min((u32)PAGE_SIZE - off, n - at);
		v[used++] = (struct lx_bio_vec){ (struct lx_page *)page_of(p), len, off };
	}
	memset(&c->bio, 0, sizeof(c->bio));
	c->bio.bi_opf = rq->cmd_flags;
	c->bio.bi_iter.bi_size = n;
	c->bio.bi_io_vec = v;
	c->bio.bi_vcnt = c->bio.bi_max_vecs = (unsigned short)used;
	c->bio.__bi_remaining.counter = c->bio.__bi_cnt.counter = 1;
	c->bio.bi_bdev = lx_queue_of(rq->q)->disk ? &lx_queue_of(rq->q)->disk->part0 : NULL;
	rq->bio = rq->biotail = &c->bio;
	rq->__data_len = n;
	rq->nr_phys_segments = (unsigned short)used;
	return 0;
}

int lx_blk_rq_map_kern(struct lx_request_queue *q, struct lx_request *rq, void *buf, unsigned int n, unsigned int gfp)
{
	if (!n || !buf || n > (q->limits.max_hw_sectors << SECTOR_SHIFT))
		return -EINVAL;
	return attach(rq, buf, n, gfp);
}
LX_EXPORT(blk_rq_map_kern);

int lx_blk_rq_map_user(struct lx_request_queue *q, struct lx_request *rq, struct lx_rq_map_data *map, void *ubuf,
		       size_t n, unsigned int gfp)
{
	struct lx_cmd *c = cmd_of(rq);
	int err = 0;

	if (map)
		return -EOPNOTSUPP;
	if (!n || n > COPY_MAX || n > (u64)q->limits.max_hw_sectors << SECTOR_SHIFT)
		return -EINVAL;
	c->copy = kmem_alloc_large(n, gfp | ALLOC_ZERO);
	if (!c->copy)
		return -ENOMEM;
	if ((rq->cmd_flags & OP_IS_WRITE) && user_copyin(c->copy, ubuf, n))
		err = -EFAULT;
	if (!err)
		err = attach(rq, c->copy, (u32)n, gfp);
	if (err) {
		kmem_free_large(c->copy);
		c->copy = NULL;
		return err;
	}
	c->ucopy = (void __user *)ubuf;
	c->copy_bytes = rq->cmd_flags & OP_IS_WRITE ? 0 : n;
	return 0;
}
LX_EXPORT(blk_rq_map_user);

int lx_blk_rq_map_user_io(struct lx_request *rq, struct lx_rq_map_data *map, void *ubuf, size_t n, unsigned int gfp,
			  bool is_vec, int vecs, bool check, int rw)
{
	if (is_vec)
		return -EOPNOTSUPP;
	return n ? lx_blk_rq_map_user(rq->q, rq, map, ubuf, n, gfp) : 0;
}
LX_EXPORT(blk_rq_map_user_io);

/* Iterators come from io_uring's commands alone, which no file of a module gets. */
int lx_blk_rq_map_user_iov(struct lx_request_queue *q, struct lx_request *rq, struct lx_rq_map_data *map,
			   const struct lx_iov_iter *iter, unsigned int gfp)
{
	return -EOPNOTSUPP;
}
LX_EXPORT(blk_rq_map_user_iov);

int lx_blk_rq_unmap_user(struct lx_bio *bio)
{
	struct lx_cmd *c = container_of(bio, struct lx_cmd, bio);
	int err = 0;

	if (!bio || !c->copy)
		return 0;
	if (c->copy_bytes && user_copyout(c->ucopy, c->copy, c->copy_bytes))
		err = -EFAULT;
	kmem_free_large(c->copy);
	c->copy = NULL;
	return err;
}
LX_EXPORT(blk_rq_unmap_user);

/* ---- carried out ---- */

void lx_blk_execute_rq_nowait(struct lx_request *rq, bool at_head) { lx_queue_park(rq, 0); }
LX_EXPORT(blk_execute_rq_nowait);

struct waiting {
	struct waitq done_q;
	bool is_done;
	u8 status;
};

static unsigned int executed(struct lx_request *rq, unsigned char status)
{
	struct waiting *w = rq->end_io_data;

	u64 flags = spin_lock_irqsave(&w->done_q.lock);

	w->status = status;
	w->is_done = true;
	waitq_wake_locked(&w->done_q, 0, 0);
	spin_unlock_irqrestore(&w->done_q.lock, flags);
	return END_IO_NONE;
}

/* The waker is out of the queue's lock before this returns: it lies on our stack. */
static bool is_executed(struct waiting *w)
{
	u64 flags = spin_lock_irqsave(&w->done_q.lock);
	bool done = w->is_done;

	spin_unlock_irqrestore(&w->done_q.lock, flags);
	return done;
}

unsigned char lx_blk_execute_rq(struct lx_request *rq, bool at_head)
{
	struct waiting w = { .is_done = false };

	waitq_init(&w.done_q);
	rq->end_io = executed;
	rq->end_io_data = &w;
	lx_blk_execute_rq_nowait(rq, at_head);
	waitq_wait(&w.done_q, READ_ONCE(w.is_done));
	VERIFY(is_executed(&w));
	return w.status;
}
LX_EXPORT(blk_execute_rq);

bool lx_blk_rq_is_poll(struct lx_request *rq) { return rq->mq_hctx && rq->mq_hctx->type == LX_HCTX_TYPE_POLL; }
LX_EXPORT(blk_rq_is_poll);
