// SPDX-License-Identifier: GPL-2.0-only
/* Polls, timeouts and their removal. */
#include "uring_impl.h"

#include <uapi/errno.h>

#define POLL_EVENTS	(POLLIN | POLLPRI | POLLOUT | POLLRDNORM | POLLRDBAND | POLLWRNORM | \
			 POLLWRBAND | POLLMSG | POLLRDHUP | POLLERR | POLLHUP)

/* ---- poll ---- */

int prep_poll(struct ureq *r)
{
	if (r->sqe.len & ~POLL_ADD_MULTI || r->sqe.off || r->sqe.addr || r->sqe.buf_index)
		return -EINVAL;
	r->is_multi = r->sqe.len;
	return r->is_multi && r->sqe.flags & SQE_CQE_SKIP ? -EINVAL : 0;
}

u32 poll_events_of(const struct ureq *r)
{
	if (r->sqe.opcode == UOP_POLL_ADD)
		return r->sqe.op_flags & POLL_EVENTS;
	return r->op->flags & UOPF_POLLIN ? POLLIN | POLLRDNORM : POLLOUT | POLLWRNORM;
}

s64 issue_poll(struct ureq *r, bool may_block)
{
	u32 ready = 0;

	if (!r->is_multi || may_block)	/* else it is told when it is armed; this one cannot be */
		ready = r->file->of_ops->poll(r->file, NULL) & (poll_events_of(r) | POLLERR | POLLHUP);
	if (ready)
		return ready;
	/* It never waits in a worker: it is armed as often as it takes. */
	r->tries = 0;
	r->may_block = false;
	return URING_WAIT;
}

/* Others with this user data, but @self; lock held. */
static struct ureq *find_request(struct uring *u, const struct ureq *self, u64 user_data, u32 opcode)
{
	struct ureq *r;

	list_foreach(r, &u->active, link)
		if (r != self && r->sqe.user_data == user_data &&
		    (opcode == UOP_COUNT || r->sqe.opcode == opcode))
			return r;
	return NULL;
}

static s64 cancel_by_data(struct ureq *self, u64 user_data, u32 opcode)
{
	struct uring *u = self->ring;
	struct ureq *r;
	s64 err;

	spin_lock(&u->lock);
	r = find_request(u, self, user_data, opcode);
	err = r ? ureq_cancel_locked(r) : -ENOENT;
	spin_unlock(&u->lock);
	return err;
}

int prep_remove(struct ureq *r)
{
	if (r->sqe.ioprio || r->sqe.off || r->sqe.buf_index || r->sqe.splice_fd_in || r->sqe.op_flags)
		return -EINVAL;
	return r->sqe.len ? -EINVAL : 0;
}

s64 issue_poll_remove(struct ureq *r, bool may_block)
{
	return cancel_by_data(r, r->sqe.addr, UOP_POLL_ADD);
}

/* ---- cancel ---- */

int prep_cancel(struct ureq *r)
{
	if (r->sqe.off || r->sqe.len || r->sqe.splice_fd_in)
		return -EINVAL;
	return r->sqe.op_flags & ~(CANCEL_ALL | CANCEL_FD | CANCEL_ANY) ? -EINVAL : 0;
}

static bool cancel_matches(const struct ureq *self, const struct ureq *r)
{
	u32 how = self->sqe.op_flags;

	if (r == self || r->sqe.opcode == UOP_LINK_TIMEOUT)
		return false;
	if (how & CANCEL_ANY)
		return true;
	return how & CANCEL_FD ? r->sqe.fd == self->sqe.fd && (r->op->flags & UOPF_FILE)
			       : r->sqe.user_data == self->sqe.addr;
}

/* Without ALL: 0, -EALREADY or -ENOENT; with it the number of requests. */
s64 issue_cancel(struct ureq *self, bool may_block)
{
	bool all = self->sqe.op_flags & (CANCEL_ALL | CANCEL_ANY);
	struct uring *u = self->ring;
	s64 n = 0, err = -ENOENT;
	struct ureq *r, *next;

	spin_lock(&u->lock);
	list_foreach_safe(r, next, &u->active, link) {
		if (!cancel_matches(self, r))
			continue;
		err = ureq_cancel_locked(r);
		n++;
		if (!all)
			break;
	}
	spin_unlock(&u->lock);
	return all ? n : err;
}

/* ---- timeouts ---- */

/* clock_ns() time that @ns means under TIMEOUT_* flags. */
static nsec_t deadline_of(u64 ns, u32 flags)
{
	nsec_t boot;

	if (!(flags & TIMEOUT_ABS))
		return deadline_after(ns);
	if (flags & TIMEOUT_REALTIME)
		return clock_real_to_mono((s64)ns);
	if (!(flags & TIMEOUT_BOOTTIME))
		return ns;
	boot = clock_boot_ns() - clock_ns();
	return ns > boot ? ns - boot : 0;
}

static int read_timeout(struct ureq *r, u64 uaddr, u32 flags)
{
	u64 ns;
	int err;

	if ((flags & TIMEOUT_BOOTTIME) && (flags & TIMEOUT_REALTIME))
		return -EINVAL;
	err = user_get_timespec(&ns, (const void __user *)uaddr);
	if (!err)
		r->deadline = deadline_of(ns, flags);
	return err;
}

static void timer_fire(struct timeout *t)
{
	ureq_queue_result(container_of(t, struct ureq, timer), -ETIME);
}

static int prep_timer(struct ureq *r)
{
	u32 known = TIMEOUT_ABS | TIMEOUT_BOOTTIME | TIMEOUT_REALTIME | TIMEOUT_ETIME_SUCCESS;

	if (r->sqe.ioprio || r->sqe.buf_index || r->sqe.len != 1 || (r->sqe.op_flags & ~known))
		return -EINVAL;
	timeout_init(&r->timer, timer_fire, 0);
	return read_timeout(r, r->sqe.addr, r->sqe.op_flags);
}

int prep_timeout(struct ureq *r)
{
	if (r->sqe.off > U32_MAX)
		return -EINVAL;
	return prep_timer(r);
}

s64 issue_timeout(struct ureq *r, bool may_block)
{
	struct uring *u = r->ring;

	spin_lock(&u->lock);
	if (r->is_cancelled) {
		spin_unlock(&u->lock);
		return -ECANCELED;
	}
	r->worker = NULL;
	r->state = UREQ_TIMER;
	r->left = (u32)r->sqe.off;
	if (r->left)
		list_add_tail(&r->wait_link, &u->counted);
	timeout_arm(&r->timer, r->deadline);
	spin_unlock(&u->lock);
	return URING_PENDING;
}

int prep_timeout_remove(struct ureq *r)
{
	u32 flags = r->sqe.op_flags;

	if (r->sqe.ioprio || r->sqe.buf_index || r->sqe.len || r->sqe.splice_fd_in)
		return -EINVAL;
	if (!(flags & TIMEOUT_UPDATE))
		return flags ? -EINVAL : 0;
	if (flags & ~(TIMEOUT_UPDATE | TIMEOUT_ABS | TIMEOUT_BOOTTIME | TIMEOUT_REALTIME))
		return -EINVAL;
	return read_timeout(r, r->sqe.off, flags);
}

s64 issue_timeout_remove(struct ureq *self, bool may_block)
{
	struct uring *u = self->ring;
	struct ureq *r;
	s64 err = 0;

	if (!(self->sqe.op_flags & TIMEOUT_UPDATE))
		return cancel_by_data(self, self->sqe.addr, UOP_TIMEOUT);
	spin_lock(&u->lock);
	r = find_request(u, self, self->sqe.addr, UOP_TIMEOUT);
	if (!r)
		err = -ENOENT;
	else if (r->state != UREQ_TIMER || !timeout_cancel(&r->timer))
		err = -EALREADY;
	else
		timeout_arm(&r->timer, self->deadline);
	spin_unlock(&u->lock);
	return err;
}

/* ---- link timeouts ---- */

int prep_link_timeout(struct ureq *r)
{
	return r->sqe.off || r->sqe.splice_fd_in ? -EINVAL : prep_timer(r);
}

/* Only if it stands behind nothing. */
s64 issue_link_timeout(struct ureq *r, bool may_block)
{
	return -EINVAL;
}

void ltimeout_start(struct ureq *lt)
{
	struct uring *u = lt->ring;

	spin_lock(&u->lock);
	if (lt->state == UREQ_IDLE && !lt->is_cancelled) {
		lt->state = UREQ_TIMER;
		timeout_arm(&lt->timer, lt->deadline);
	}
	spin_unlock(&u->lock);
}

s32 ltimeout_fired(struct ureq *lt)
{
	struct uring *u = lt->ring;
	s32 res = lt->result;

	spin_lock(&u->lock);
	if (lt->head) {
		(void)ureq_cancel_locked(lt->head);
		lt->head->ltimeout = NULL;
		lt->head = NULL;
	} else if (res == -ETIME) {
		res = -ECANCELED;	/* what it guarded was faster */
	}
	spin_unlock(&u->lock);
	return res;
}
