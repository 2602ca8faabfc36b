// SPDX-License-Identifier: GPL-2.0-only
/*
 * Moving pages in and out of pipes without copying, for splice and friends.
 *
 * A splice that takes data out holds the oldest slots (is_held) instead of the
 * lock while it writes them somewhere, as that may need locks that rank before
 * the pipe's. Readers wait meanwhile; writers may append slots.
 */
#include "pipe_impl.h"

static bool is_nonblock(const struct ofile *pipe, u32 flags)
{
	return (flags & SPLICE_F_NONBLOCK) || (pipe->of_flags & O_NONBLOCK);
}

int pipe_room(struct ofile *pipe, u32 flags)
{
	struct pipe *p = pipe_of(pipe);
	int err;

	if (pipe_may_write(p) && READ_ONCE(p->readers))
		return 0;
	if (!READ_ONCE(p->readers))
		return pipe_broken();
	if (is_nonblock(pipe, flags))
		return -EAGAIN;
	err = waitq_wait_intr_excl(&p->wr_wait, pipe_may_write(p));
	if (err)
		return err;
	return READ_ONCE(p->readers) ? 0 : pipe_broken();
}

ssize_t pipe_push(struct ofile *pipe, const struct uio_pageseg *seg, u32 n, u32 flags)
{
	struct pipe *p = pipe_of(pipe);
	u32 done = 0;
	int err;

	while (!done) {
		bool was_empty;

		err = pipe_room(pipe, flags);
		if (err)
			return err;
		kmutex_lock(&p->lock);
		was_empty = pipe_is_empty(p);
		while (done < n && p->readers && !pipe_is_full(p)) {
			*pipe_buf(p, p->head) = (struct pipebuf){ .page = seg[done].page,
				.off = seg[done].off, .len = seg[done].len };
			WRITE_ONCE(p->head, p->head + 1);
			done++;
		}
		kmutex_unlock(&p->lock);
		if (done && was_empty)
			pipe_wake_readers(p);
	}
	return done;
}

int pipe_hold(struct ofile *pipe, struct uio_pageseg *seg, u32 max, size_t len, u32 flags)
{
	struct pipe *p = pipe_of(pipe);
	u32 n = 0;

	for (;;) {
		int err;

		kmutex_lock(&p->lock);
		if (!p->is_held) {
			for (u32 i = p->tail; i != p->head && n < max && len; i++, n++) {
				struct pipebuf *b = pipe_buf(p, i);

				seg[n] = (struct uio_pageseg){ b->page, b->off, (u32)min_t(size_t, b->len, len) };
				len -= seg[n].len;
			}
			if (n || !p->writers) {
				WRITE_ONCE(p->is_held, n != 0);
				kmutex_unlock(&p->lock);
				return (int)n;
			}
		}
		kmutex_unlock(&p->lock);
		if (is_nonblock(pipe, flags))
			return -EAGAIN;
		err = waitq_wait_intr_excl(&p->rd_wait, pipe_may_read(p));
		if (err)
			return err;
	}
}

void pipe_release(struct ofile *pipe, size_t used)
{
	struct pipe *p = pipe_of(pipe);
	bool was_full;

	kmutex_lock(&p->lock);
	was_full = pipe_is_full(p);
	while (used) {
		struct pipebuf *b = pipe_buf(p, p->tail);
		u32 n = (u32)min_t(size_t, used, b->len);

		b->off += n;
		b->len -= n;
		used -= n;
		if (!b->len)
			pipe_buf_drop(p);
	}
	WRITE_ONCE(p->is_held, false);
	kmutex_unlock(&p->lock);
	if (was_full)
		pipe_wake_writers(p);
	if (pipe_may_read(p))
		pipe_wake_readers(p);
}

#define MOVE_BATCH 16

ssize_t pipe_move(struct ofile *from, struct ofile *to, size_t len, u32 flags, bool is_tee)
{
	struct uio_pageseg seg[MOVE_BATCH];
	ssize_t taken;
	size_t bytes = 0;
	int n, err;

	if (pipe_of(from) == pipe_of(to))
		return -EINVAL;
	/* Room first, so that what is held is not held for long. */
	err = pipe_room(to, flags);
	if (err)
		return err;
	n = pipe_hold(from, seg, MOVE_BATCH, len, flags);
	if (n <= 0)
		return n;
	for (int i = 0; i < n; i++)
		page_get(seg[i].page);
	taken = pipe_push(to, seg, (u32)n, flags | SPLICE_F_NONBLOCK);
	for (int i = 0; i < n; i++) {
		if (i < taken)
			bytes += seg[i].len;
		else
			page_put(seg[i].page);
	}
	pipe_release(from, is_tee ? 0 : bytes);
	return bytes ? (ssize_t)bytes : taken;
}
