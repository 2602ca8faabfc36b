// SPDX-License-Identifier: GPL-2.0-only
/*
 * AIO requests. Reads, writes and syncs are carried out by io_submit(2) itself,
 * as Linux does for everything that goes through the page cache; only a poll is
 * under way afterwards, on the wait queues of its file.
 *
 * A poll that fires is looked at again by a work item: then its event is posted,
 * or it is armed once more. Cancelling claims the watch; if the wake-up was
 * faster, the work item finds is_cancelled and ends it.
 */
#include "aio_impl.h"

#include <tern/lib/string.h>

#define POLL_MASK_BITS	0xffffu

static void req_put(struct aioreq *r)
{
	if (!ref_put(&r->refs))
		return;
	if (r->resfd)
		eventcount_put(r->resfd);
	ofile_put(r->file);
	aioctx_put(r->ctx);
	kmem_free(r);
}

static void req_finish(struct aioreq *r, s64 res)
{
	aioctx_finish(r->ctx, r->data, r->obj, res);
	if (r->resfd)
		eventcount_add(r->resfd, 1);
	req_put(r);
}

/* ---- poll ---- */

static void poll_fire(struct pollwatch *w)
{
	(void)workpool_queue(workpool_system, &container_of(w, struct aioreq, watch)->work);
}

/* Off the list: true if the caller is to end it. */
static bool poll_unlist(struct aioreq *r)
{
	bool was_listed;

	spin_lock(&r->ctx->lock);
	was_listed = !list_is_empty(&r->link);
	list_del_init(&r->link);
	spin_unlock(&r->ctx->lock);
	return was_listed;
}

/* Arm it; what is ready at once ends it. */
static int poll_arm(struct aioreq *r, u32 events)
{
	int ready = pollwatch_arm(&r->watch, r->file, events, poll_fire);

	if (ready <= 0)
		return ready;
	(void)poll_unlist(r);
	req_finish(r, ready & POLL_MASK_BITS);
	return 0;
}

/* Lock held: mark it, and try to be the one who ends it. */
static struct aioreq *cancel_locked(struct aioreq *r)
{
	r->is_cancelled = true;
	if (!pollwatch_cancel(&r->watch))
		return NULL;
	list_del_init(&r->link);
	return r;
}

/* Whoever cancelled it meanwhile could not claim the watch. */
static int poll_arm_checked(struct aioreq *r, u32 events)
{
	struct aioctx *c = r->ctx;
	bool is_mine;
	int err;

	ref_get(&r->refs);
	err = poll_arm(r, events);
	spin_lock(&c->lock);
	is_mine = r->is_cancelled && !list_is_empty(&r->link) && cancel_locked(r);
	spin_unlock(&c->lock);
	if (is_mine)
		req_finish(r, 0);
	req_put(r);
	return err;
}

static void poll_work(struct workitem *w)
{
	struct aioreq *r = container_of(w, struct aioreq, work);
	u32 events = r->watch.events, ready;
	bool is_cancelled;

	pollwatch_disarm(&r->watch);
	ready = r->file->of_ops->poll(r->file, NULL) & events;
	spin_lock(&r->ctx->lock);
	is_cancelled = r->is_cancelled;
	spin_unlock(&r->ctx->lock);
	if (!ready && !is_cancelled) {
		(void)poll_arm_checked(r, events);
		return;
	}
	(void)poll_unlist(r);
	req_finish(r, ready & POLL_MASK_BITS);
}

static int submit_poll(struct aioreq *r, const struct iocb_ *cb)
{
	u32 events = (u32)cb->buf & POLL_MASK_BITS;
	int err;

	if (cb->buf >> 16 || cb->offset || cb->nbytes || cb->rw_flags)
		return -EINVAL;
	workitem_init(&r->work, poll_work);
	spin_lock(&r->ctx->lock);
	list_add_tail(&r->link, &r->ctx->polls);
	spin_unlock(&r->ctx->lock);
	err = poll_arm_checked(r, events);
	if (err)
		(void)poll_unlist(r);
	return err;
}

int aioreq_cancel(struct aioctx *c, u64 obj)
{
	struct aioreq *r, *mine = NULL;
	bool is_found = false;

	spin_lock(&c->lock);
	list_foreach(r, &c->polls, link)
		if (r->obj == obj) {
			is_found = true;
			mine = cancel_locked(r);
			break;
		}
	spin_unlock(&c->lock);
	if (mine)
		req_finish(mine, 0);
	return is_found ? -EINPROGRESS : -EINVAL;
}

void aioreq_cancel_all(struct aioctx *c)
{
	struct aioreq *r, *next;
	LIST_HEAD(mine);

	spin_lock(&c->lock);
	list_foreach_safe(r, next, &c->polls, link)
		if (cancel_locked(r))
			list_add_tail(&r->link, &mine);
	spin_unlock(&c->lock);
	list_foreach_safe(r, next, &mine, link) {
		list_del_init(&r->link);
		req_finish(r, 0);
	}
}

/* ---- what is carried out at once ---- */

static int submit_rw(struct aioreq *r, const struct iocb_ *cb, bool is_write, bool is_vector)
{
	struct iovec store[UIO_FAST], *to_free = NULL;
	struct uio u;
	ssize_t n;
	int err;

	if (!(r->file->of_mode & (is_write ? OFILE_WRITE : OFILE_READ)))
		return -EBADF;
	if (cb->offset < 0 && (r->file->of_mode & OFILE_SEEK))
		return -EINVAL;
	if (is_vector)
		err = uio_import(&u, (const struct iovec __user *)cb->buf, cb->nbytes, store, &to_free);
	else
		err = uio_init_user(&u, (void __user *)cb->buf, cb->nbytes);
	if (err)
		return err;
	n = ofile_transfer(r->file, &u, r->file->of_mode & OFILE_SEEK ? cb->offset : -1, is_write,
			   cb->rw_flags);
	kmem_free(to_free);
	/* Nobody makes the call again: it began, and a signal ended it. */
	if (n == -ERESTARTSYS || n == -ERESTARTNOHAND || n == -ERESTARTNOINTR)
		n = -EINTR;
	req_finish(r, n);
	return 0;
}

static int submit_sync(struct aioreq *r, const struct iocb_ *cb, bool datasync)
{
	if (cb->buf || cb->offset || cb->nbytes || cb->rw_flags)
		return -EINVAL;
	req_finish(r, r->file->of_ops->fsync(r->file, 0, S64_MAX, datasync));
	return 0;
}

static int submit_op(struct aioreq *r, const struct iocb_ *cb)
{
	switch (cb->opcode) {
	case IOCB_CMD_PREAD:
	case IOCB_CMD_PREADV:
		return submit_rw(r, cb, false, cb->opcode == IOCB_CMD_PREADV);
	case IOCB_CMD_PWRITE:
	case IOCB_CMD_PWRITEV:
		return submit_rw(r, cb, true, cb->opcode == IOCB_CMD_PWRITEV);
	case IOCB_CMD_FSYNC:
	case IOCB_CMD_FDSYNC:
		return submit_sync(r, cb, cb->opcode == IOCB_CMD_FDSYNC);
	case IOCB_CMD_POLL:
		return submit_poll(r, cb);
	default:
		return -EINVAL;
	}
}

static int take_resfd(struct aioreq *r, const struct iocb_ *cb)
{
	struct eventcount *e;
	struct ofile *f;

	if (!(cb->flags & IOCB_FLAG_RESFD))
		return 0;
	f = fd_get((int)cb->resfd);
	if (IS_ERR(f))
		return (int)PTR_ERR(f);
	e = eventcount_of(f);
	ofile_put(f);
	if (IS_ERR(e))
		return (int)PTR_ERR(e);
	r->resfd = e;
	return 0;
}

int aioreq_submit(struct aioctx *c, const struct iocb_ *cb, u64 obj)
{
	struct aioreq *r = kmem_zalloc(sizeof(*r), ALLOC_KERNEL);
	int err;

	if (!r)
		return -EAGAIN;
	ref_init(&r->refs, 1);
	r->watch = (struct pollwatch)POLLWATCH_IDLE;
	list_init(&r->link);
	r->data = cb->data;
	r->obj = obj;
	r->file = fd_get((int)cb->fd);
	if (IS_ERR(r->file)) {
		err = (int)PTR_ERR(r->file);
		kmem_free(r);
		return err;
	}
	r->ctx = c;
	ref_get(&c->refs);
	err = take_resfd(r, cb);
	if (!err)
		err = submit_op(r, cb);
	if (err)
		req_put(r);
	return err;
}
