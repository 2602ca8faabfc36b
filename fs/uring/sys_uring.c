// SPDX-License-Identifier: GPL-2.0-only
/* Entry functions of io_uring: setup, enter, register. */
#include "uring_impl.h"

#include <tern/kernel/signal.h>
#include <tern/kernel/syscalls.h>

#define SETUP_KNOWN	(SETUP_CQSIZE | SETUP_CLAMP | SETUP_R_DISABLED | SETUP_SUBMIT_ALL | SETUP_COOP_TASKRUN)

long sys_io_uring_setup(u32 entries, struct uring_params __user *up)
{
	struct uring_params p;
	long fd;

	if (user_copyin(&p, up, sizeof(p)))
		return -EFAULT;
	if (p.resv[0] || p.resv[1] || p.resv[2] || (p.flags & ~SETUP_KNOWN))
		return -EINVAL;
	fd = uring_create(entries, &p);
	if (fd < 0 || !user_copyout(up, &p, sizeof(p)))
		return fd;
	(void)fd_close((int)fd);
	return -EFAULT;
}

/* ---- submitting; submit_lock held ---- */

struct batch { struct ureq *head, *tail, *bad; int err; };

/* The chain is whole: begin it, or end it if one of its requests is wrong. */
static void batch_close(struct batch *b)
{
	struct ureq *r, *next;

	if (!b->head)
		return;
	if (!b->bad) {
		ureq_start(b->head);
	} else {
		for (r = b->head; r; r = next) {
			next = r->next;
			r->next = NULL;
			ureq_finish_chain(r, r == b->bad ? b->err : -ECANCELED);
		}
	}
	*b = (struct batch){ 0 };
}

/* One sqe: true if submitting may go on. */
static int submit_one(struct uring *u, const struct uring_sqe *sqe, struct batch *b)
{
	bool is_linked = sqe->flags & (SQE_IO_LINK | SQE_IO_HARDLINK);
	int err = 0;
	struct ureq *r = ureq_make(u, sqe, &err);

	if (!r)
		return -EAGAIN;
	if (err && !b->bad) {
		b->bad = r;
		b->err = err;
	}
	if (b->tail)
		b->tail->next = r;
	else
		b->head = r;
	b->tail = r;
	if (!is_linked)
		batch_close(b);
	return err;
}

static long submit(struct uring *u, u32 n)
{
	struct batch b = { 0 };
	struct uring_sqe sqe;
	u32 done = 0;
	int err;

	err = uring_note_user(u);
	if (err)
		return err;
	kmutex_lock(&u->submit_lock);
	for (n = min(n, u->sq_entries); done < n && uring_next_sqe(u, &sqe); ) {
		err = submit_one(u, &sqe, &b);
		if (err == -EAGAIN) {
			u->sq_head--;
			break;
		}
		done++;
		if (err && !(u->setup & SETUP_SUBMIT_ALL) && !b.head)
			break;
	}
	batch_close(&b);
	uring_sq_commit(u);
	kmutex_unlock(&u->submit_lock);
	return done ? (long)done : err == -EAGAIN ? err : 0;
}

/* ---- waiting ---- */

static long wait_events(struct uring *u, u32 min_events, nsec_t deadline)
{
	int err;

	min_events = min(min_events, u->cq_entries);
	uring_flush_overflow(u);
	err = waitq_wait_intr_until(&u->cq_wait,
				    (uring_flush_overflow(u), uring_ready(u) >= min_events), deadline);
	/* With events at hand a signal can wait. */
	if (err == -ERESTARTSYS)
		return uring_ready(u) ? 0 : -EINTR;
	return err == -ETIMEDOUT ? (uring_ready(u) ? 0 : -ETIME) : err;
}

struct wait_arg { const u64 __user *mask; size_t mask_size; nsec_t deadline; };

static int read_arg(struct wait_arg *w, u32 flags, const void __user *arg, size_t size)
{
	struct uring_getevents_arg a;
	u64 ns;
	int err = 0;

	*w = (struct wait_arg){ arg, size, WAIT_FOREVER };
	if (!(flags & ENTER_EXT_ARG))
		return 0;
	if (size != sizeof(a))
		return -EINVAL;
	if (user_copyin(&a, arg, sizeof(a)))
		return -EFAULT;
	if (a.pad)
		return -EINVAL;
	w->mask = (const u64 __user *)a.sigmask;
	w->mask_size = a.sigmask_sz;
	if (a.ts) {
		err = user_get_timespec(&ns, (const void __user *)a.ts);
		w->deadline = err ? 0 : deadline_after(ns);
	}
	return err;
}

static long get_events(struct uring *u, u32 min_events, u32 flags, const void __user *arg, size_t size)
{
	struct wait_arg w;
	long ret = read_arg(&w, flags, arg, size);

	if (!ret && w.mask)
		ret = signal_set_mask_temp(w.mask, w.mask_size);
	if (ret)
		return ret;
	ret = wait_events(u, min_events, w.deadline);
	if (w.mask)
		signal_restore_mask_now(ret == -EINTR);
	return ret;
}

static long enter(struct uring *u, u32 to_submit, u32 min_events, u32 flags, const void __user *arg,
		  size_t size)
{
	long done = 0, ret;

	if (READ_ONCE(u->is_disabled))
		return -EBADFD;
	if (to_submit) {
		done = submit(u, to_submit);
		if (done < 0)
			return done;
		if ((u32)done != to_submit)
			return done;
	}
	if (!(flags & ENTER_GETEVENTS))
		return done;
	ret = get_events(u, min_events, flags, arg, size);
	return done ? done : ret;
}

long sys_io_uring_enter(u32 fd, u32 to_submit, u32 min_events, u32 flags, const void __user *arg, size_t size)
{
	struct ofile *f;
	struct uring *u;
	long ret;

	if (flags & ~(ENTER_GETEVENTS | ENTER_SQ_WAKEUP | ENTER_SQ_WAIT | ENTER_EXT_ARG))
		return -EINVAL;
	f = fd_get((int)fd);
	if (IS_ERR(f))
		return PTR_ERR(f);
	u = uring_of(f);
	ret = u ? enter(u, to_submit, min_events, flags, arg, size) : -EOPNOTSUPP;
	ofile_put(f);
	return ret;
}

long sys_io_uring_register(u32 fd, u32 what, void __user *arg, u32 n)
{
	struct ofile *f = fd_get((int)fd);
	struct uring *u;
	long ret;

	if (IS_ERR(f))
		return PTR_ERR(f);
	u = uring_of(f);
	if (!u) {
		ofile_put(f);
		return -EOPNOTSUPP;
	}
	kmutex_lock(&u->submit_lock);
	ret = uring_register(u, what, arg, n);
	kmutex_unlock(&u->submit_lock);
	ofile_put(f);
	return ret;
}
