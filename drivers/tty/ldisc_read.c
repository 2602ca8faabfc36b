// SPDX-License-Identifier: GPL-2.0-only
/*
 * The line discipline, reader's side.
 *
 * Canonical: a read takes bytes up to and including the end of one line; an
 * end-of-file mark at once after a line end is a read of 0 bytes. Raw: VMIN and
 * VTIME as POSIX.1-2017 11.1.7 has it. tty->lock is dropped while waiting.
 */
#include "tty_impl.h"

#include <tern/kernel/clock.h>
#include <tern/kernel/thread.h>
#include <tern/lib/bits.h>
#include <uapi/fcntl.h>

#define NS_PER_TENTH	(NSEC_PER_SEC / 10)

static bool mark_test(const struct tty *t, u32 i)
{
	i %= TTY_READ_SIZE;
	return (t->rmark[i / 64] >> (i % 64)) & 1;
}

size_t ldisc_readable(const struct tty *t)
{
	size_t n;

	if (!L_FLAG(t, ICANON))
		return READ_ONCE(t->rhead) - READ_ONCE(t->rtail);
	n = READ_ONCE(t->rcanon) - READ_ONCE(t->rtail);
	/* A lone end-of-file mark makes a read return, but holds no byte. */
	if (n == 1 && mark_test(t, t->rtail) && t->rbuf[t->rtail % TTY_READ_SIZE] == 0)
		return 0;
	return n;
}

/* Copy @n bytes from the ring to the user; returns bytes that arrived. L. */
static size_t copy_out(struct tty *t, struct uio *u, size_t n)
{
	size_t done = 0;

	while (done < n) {
		u32 off = (t->rtail + done) % TTY_READ_SIZE;
		size_t part = min_t(size_t, n - done, TTY_READ_SIZE - off);
		size_t got = uio_put(u, t->rbuf + off, part);

		done += got;
		if (got < part)
			break;
	}
	return done;
}

/* One line or a part of it. L; a line is there. Sets *faulted. */
static size_t take_line(struct tty *t, struct uio *u, bool *faulted)
{
	size_t len = 0, limit = min_t(size_t, u->resid, t->rcanon - t->rtail), got;
	bool ended = false, is_eof;

	while (len < limit && !ended)
		ended = mark_test(t, t->rtail + len++);
	/* The mark may lie just behind a full user buffer: an EOF mark is swallowed too. */
	is_eof = ended && t->rbuf[(t->rtail + len - 1) % TTY_READ_SIZE] == 0;
	if (!ended && len == u->resid && t->rtail + len != t->rcanon &&
	    mark_test(t, t->rtail + len) && t->rbuf[(t->rtail + len) % TTY_READ_SIZE] == 0) {
		got = copy_out(t, u, len);
		*faulted = got < len;
		t->rtail += got + (got == len);
		return got;
	}
	got = copy_out(t, u, len - is_eof);
	*faulted = got < len - is_eof;
	t->rtail += *faulted ? got : len;
	return got;
}

static size_t take_raw(struct tty *t, struct uio *u, bool *faulted)
{
	size_t n = min_t(size_t, u->resid, t->rhead - t->rtail), got = copy_out(t, u, n);

	*faulted = got < n;
	t->rtail += got;
	t->rcanon = t->rtail;
	return got;
}

/* Room was made: take what the port or the ring kept back. L. */
static void room_made(struct tty *t)
{
	if (READ_ONCE(t->ring_head) != READ_ONCE(t->ring_tail))
		workpool_queue(workpool_system, &t->input_work);
	t->ops->unthrottle(t);
}

/* How long a raw read waits, as VMIN and VTIME say. */
struct raw_wait {
	size_t min;		/* bytes to wait for */
	u64 time;		/* ns, 0: no time-out */
	bool is_interbyte;	/* time runs from the last byte, once there is one */
};

static struct raw_wait raw_wait_of(struct tty *t, size_t want)
{
	struct raw_wait w = { .min = t->tio.c_cc[VMIN], .time = t->tio.c_cc[VTIME] * NS_PER_TENTH };

	w.is_interbyte = w.min != 0;
	w.min = min_t(size_t, max_t(size_t, w.min, 1), want);
	return w;
}

static bool is_readable(struct tty *t)
{
	return (L_FLAG(t, ICANON) ? t->rcanon != t->rtail : t->rhead != t->rtail) ||
	       tty_flag(t, TTY_HUNGUP) || tty_flag(t, TTY_OTHER_CLOSED);
}

/* 0 go on and look again; 1 end the read with what there is; -errno. Called without the lock. */
static int wait_input(struct tty *t, struct ofile *f, bool canon, const struct raw_wait *w, size_t done)
{
	nsec_t deadline = WAIT_FOREVER;
	int err;

	if (f->of_flags & O_NONBLOCK)
		return done ? 1 : -EAGAIN;
	if (!canon && w->time && (!w->is_interbyte || done))
		deadline = deadline_after(w->time);
	if (!canon && !w->time && t->tio.c_cc[VMIN] == 0)
		return 1;	/* MIN 0, TIME 0: never wait */
	err = waitq_wait_intr_until(&t->read_wait, is_readable(t), deadline);
	if (err == -ETIMEDOUT)
		return 1;
	return err && done ? 1 : err;
}

/* What ends a read that found nothing: 0 wait, 1 end of file, -EIO. L. */
static int no_more(struct tty *t)
{
	if (tty_flag(t, TTY_HUNGUP))
		return 1;
	if (tty_flag(t, TTY_OTHER_CLOSED))
		return tty_flag(t, TTY_PTY_MASTER) ? -EIO : 1;
	return 0;
}

ssize_t ldisc_read(struct tty *t, struct ofile *f, struct uio *u)
{
	size_t done = 0, want = u->resid;
	bool faulted = false;
	int err = ctty_check_read(t);

	if (err || !want)
		return err;
	kmutex_lock(&t->lock);
	for (;;) {
		bool canon = L_FLAG(t, ICANON);
		struct raw_wait w = raw_wait_of(t, want);

		t->minimum_to_wake = canon || w.time ? 1 : (u32)(w.min - done);
		if (canon && t->rcanon != t->rtail) {
			done += take_line(t, u, &faulted);
			break;
		}
		if (!canon)
			done += take_raw(t, u, &faulted);
		if (faulted || (!canon && done >= w.min))
			break;
		err = no_more(t);
		if (!err) {
			kmutex_unlock(&t->lock);
			err = wait_input(t, f, canon, &w, done);
			kmutex_lock(&t->lock);
		}
		if (err)
			break;
	}
	room_made(t);
	kmutex_unlock(&t->lock);
	if (done)
		return (ssize_t)done;
	return faulted ? -EFAULT : err < 0 ? err : 0;
}
