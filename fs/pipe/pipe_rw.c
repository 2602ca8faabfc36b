// SPDX-License-Identifier: GPL-2.0-only
/* Reading, writing and polling of pipes and FIFOs; pipe.c explains the ring. */
#include "pipe_impl.h"

#include <tern/lib/string.h>
#include <uapi/ioctl.h>

void pipe_wake_readers(struct pipe *p)
{
	if (!waitq_is_empty(&p->rd_wait))
		waitq_wake(&p->rd_wait, 1, POLLIN | POLLRDNORM);
}

void pipe_wake_writers(struct pipe *p)
{
	if (!waitq_is_empty(&p->wr_wait))
		waitq_wake(&p->wr_wait, 1, POLLOUT | POLLWRNORM);
}

void pipe_wake_ends(struct pipe *p)
{
	waitq_wake(&p->rd_wait, 0, POLLIN | POLLRDNORM | POLLHUP | POLLERR);
	waitq_wake(&p->wr_wait, 0, POLLOUT | POLLWRNORM | POLLHUP | POLLERR);
}

int pipe_broken(void)
{
	signal_send_thread(thread_self(), SIGPIPE, NULL);
	return -EPIPE;
}

/* ---- reading ---- */

/* Take what is there, up to what is wanted. Locked. Bytes or -EFAULT. */
static ssize_t take(struct pipe *p, struct uio *u)
{
	ssize_t done = 0;

	while (u->resid && !pipe_is_empty(p)) {
		struct pipebuf *b = pipe_buf(p, p->tail);
		size_t n = min_t(size_t, b->len, u->resid);
		size_t got = uio_put_page(u, b->page, b->off, n);

		bool is_packet = b->is_packet;

		b->off += (u32)got;
		b->len -= (u32)got;
		done += (ssize_t)got;
		if (!b->len || (is_packet && got == n))
			pipe_buf_drop(p);	/* the rest of a packet is lost */
		if (got < n)
			return done ? done : -EFAULT;
		if (is_packet)
			break;
	}
	return done;
}

ssize_t pipe_fop_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct pipe *p = pipe_of(f);
	bool was_full, more, ended;
	ssize_t n;
	int err;

	if (!u->resid)
		return 0;
	for (;;) {
		kmutex_lock(&p->lock);
		was_full = pipe_is_full(p);
		n = p->is_held ? 0 : take(p, u);
		more = !pipe_is_empty(p);
		ended = !p->writers && !p->is_held;
		kmutex_unlock(&p->lock);
		if (n > 0 && was_full) {
			pipe_wake_writers(p);
			ofile_sigio(f, POLLOUT);
		}
		if (n || ended)
			break;
		if (f->of_flags & O_NONBLOCK)
			return -EAGAIN;
		err = waitq_wait_intr_excl(&p->rd_wait, pipe_may_read(p));
		if (err) {
			/* A wake-up meant for a reader may have ended this wait: pass it on. */
			if (pipe_may_read(p))
				pipe_wake_readers(p);
			return err;
		}
	}
	if (more)
		pipe_wake_readers(p);
	return n;
}

/* ---- writing ---- */

/* Append the odd part of a write to the last page, if it fits whole. Bytes, 0 or -EFAULT. */
static ssize_t append(struct pipe *p, struct uio *u)
{
	size_t n = u->resid & (PAGE_SIZE - 1), got;
	struct pipebuf *b;

	if (!n || pipe_is_empty(p) || p->is_held)
		return 0;
	b = pipe_buf(p, p->head - 1);
	if (!b->is_mergeable || b->off + b->len + n > PAGE_SIZE)
		return 0;
	got = uio_get_page(u, b->page, b->off + b->len, n);
	if (got < n) {
		uio_revert(u, got);
		return -EFAULT;
	}
	b->len += (u32)n;
	return (ssize_t)n;
}

/* Fill one new slot. Bytes, -ENOMEM or -EFAULT. */
static ssize_t fill_slot(struct pipe *p, struct uio *u, bool is_packet)
{
	struct page *page = pipe_page_get(p);
	size_t n = min_t(size_t, u->resid, PAGE_SIZE), got;

	if (!page)
		return -ENOMEM;
	got = uio_get_page(u, page, 0, n);
	if (!got) {
		page_put(page);
		return -EFAULT;
	}
	*pipe_buf(p, p->head) = (struct pipebuf){ .page = page, .len = (u32)got,
						    .is_mergeable = !is_packet, .is_packet = is_packet };
	WRITE_ONCE(p->head, p->head + 1);
	return (ssize_t)got;
}

/* Put what fits. Locked. Bytes done and, in *err, what stopped it. */
static ssize_t put(struct pipe *p, struct uio *u, bool is_start, bool is_packet, int *err)
{
	ssize_t done = 0, n;

	*err = 0;
	if (is_start && !is_packet) {
		n = append(p, u);
		if (n < 0)
			*err = (int)n;
		else
			done = n;
	}
	while (u->resid && !*err && !pipe_is_full(p)) {
		n = fill_slot(p, u, is_packet);
		if (n < 0)
			*err = (int)n;
		else
			done += n;
	}
	return done;
}

size_t pipe_peek(struct ofile *f, void *buf, size_t n)
{
	struct pipe *p = pipe_of(f);
	size_t done = 0;

	kmutex_lock(&p->lock);
	for (u32 i = p->tail; i != p->head && done < n; i++) {
		const struct pipebuf *b = pipe_buf(p, i);
		size_t k = min((size_t)b->len, n - done);

		memcpy((u8 *)buf + done, (u8 *)page_to_virt(b->page) + b->off, k);
		done += k;
	}
	kmutex_unlock(&p->lock);
	return done;
}

ssize_t pipe_fop_write(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct pipe *p = pipe_of(f);
	ssize_t done = 0, n;
	int err = 0;

	if (!u->resid)
		return 0;
	for (;;) {
		bool was_empty, room;

		kmutex_lock(&p->lock);
		if (unlikely(!p->readers)) {
			kmutex_unlock(&p->lock);
			err = pipe_broken();
			break;
		}
		was_empty = pipe_is_empty(p);
		n = put(p, u, !done, f->of_flags & O_DIRECT, &err);
		room = !pipe_is_full(p);
		kmutex_unlock(&p->lock);
		done += n;
		if (n && was_empty) {
			pipe_wake_readers(p);
			ofile_sigio(f, POLLIN);
		}
		if (!u->resid || err) {
			if (room)
				pipe_wake_writers(p);
			break;
		}
		if (f->of_flags & O_NONBLOCK) {
			err = -EAGAIN;
			break;
		}
		err = waitq_wait_intr_excl(&p->wr_wait, pipe_may_write(p));
		if (err) {
			if (pipe_may_write(p))
				pipe_wake_writers(p);
			break;
		}
	}
	if (done)
		vnode_touch(f->of_vnode, VATTR_MTIME | VATTR_CTIME);
	return done ? done : err;
}

/* ---- the rest ---- */

u32 pipe_fop_poll(struct ofile *f, struct poll_table *pt)
{
	struct pipe *p = pipe_of(f);
	u32 ev = 0;

	if (f->of_mode & OFILE_READ)
		poll_wait(f, &p->rd_wait, pt);
	if (f->of_mode & OFILE_WRITE)
		poll_wait(f, &p->wr_wait, pt);
	if (pt)
		smp_mb();	/* queued before looking: pairs with the lock of who changes it */
	if (f->of_mode & OFILE_READ) {
		if (!pipe_is_empty(p))
			ev |= POLLIN | POLLRDNORM;
		/* No hang-up on a FIFO opened without waiting until a writer was there. */
		if (!READ_ONCE(p->writers) && (u32)f->of_pos != READ_ONCE(p->w_opens))
			ev |= POLLHUP;
	}
	if (f->of_mode & OFILE_WRITE) {
		if (!pipe_is_full(p))
			ev |= POLLOUT | POLLWRNORM;
		if (!READ_ONCE(p->readers))
			ev |= POLLERR;
	}
	return ev;
}

long pipe_fop_ioctl(struct ofile *f, u32 cmd, uptr arg)
{
	struct pipe *p = pipe_of(f);
	u64 n = 0;

	if (cmd != FIONREAD)
		return -ENOTTY;
	kmutex_lock(&p->lock);
	for (u32 i = p->tail; i != p->head; i++)
		n += pipe_buf(p, i)->len;
	kmutex_unlock(&p->lock);
	return user_put((int)n, (int __user *)arg);
}

int pipe_fop_set_flags(struct ofile *f, u32 flags)
{
	return 0;	/* O_NONBLOCK is read from the file at each call */
}
