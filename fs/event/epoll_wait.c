// SPDX-License-Identifier: GPL-2.0-only
/* Taking events out of a set: epoll_wait(2), epoll_pwait(2), epoll_pwait2(2). */
#include "epoll_impl.h"

#include <asm/uaccess.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/signal.h>
#include <tern/kernel/syscalls.h>
#include <tern/kernel/thread.h>

#define EVENTS_MAX	(S32_MAX / (int)sizeof(struct epoll_event))

static bool epset_is_ready(const struct epset *s)
{
	return !list_is_empty(&s->ready);
}

/* All ready items to @out; later wake-ups collect on the set's list again. */
static void ready_take(struct epset *s, struct list *out)
{
	u64 flags = spin_lock_irqsave(&s->wait.lock);

	list_splice_init(&s->ready, out);
	spin_unlock_irqrestore(&s->wait.lock, flags);
}

/* The rest of a scan goes back to the front; somebody else may want it. */
static void ready_give_back(struct epset *s, struct list *rest)
{
	u64 flags = spin_lock_irqsave(&s->wait.lock);

	list_splice_init(rest, &s->ready);
	if (epset_is_ready(s) && !waitq_is_empty(&s->wait))
		waitq_wake_locked(&s->wait, 1, POLLIN);
	spin_unlock_irqrestore(&s->wait.lock, flags);
}

/* Next item of a scan: from here on a wake-up marks it ready again. */
static struct epoll_item *ready_pop(struct epset *s, struct list *scan)
{
	struct epoll_item *item;
	u64 flags = spin_lock_irqsave(&s->wait.lock);

	item = list_first_entry_or_null(scan, struct epoll_item, ready_link);
	if (item) {
		list_del(&item->ready_link);
		item->is_ready = false;
	}
	spin_unlock_irqrestore(&s->wait.lock, flags);
	return item;
}

/* Back on the set's list without waking anybody. */
static void ready_again(struct epset *s, struct epoll_item *item)
{
	u64 flags = spin_lock_irqsave(&s->wait.lock);

	if (!item->is_ready) {
		item->is_ready = true;
		list_add_tail(&item->ready_link, &s->ready);
	}
	spin_unlock_irqrestore(&s->wait.lock, flags);
}

int epset_scan(struct epset *s, struct epoll_event __user *out, int max)
{
	struct epoll_item *item;
	LIST_HEAD(scan);
	int n = 0;

	kmutex_lock(&s->lock);
	ready_take(s, &scan);
	while (n < max && (item = ready_pop(s, &scan))) {
		struct epoll_event ev = { .events = item_poll(item, NULL), .data = item->data };

		if (!ev.events)
			continue;
		if (user_copyout(out + n, &ev, sizeof(ev))) {
			ready_again(s, item);
			n = n ? n : -EFAULT;
			break;
		}
		n++;
		if (item->events & EPOLLONESHOT)
			WRITE_ONCE(item->events, item->events & EPOLL_FLAGS);
		else if (!(item->events & EPOLLET))
			ready_again(s, item);
	}
	ready_give_back(s, &scan);
	kmutex_unlock(&s->lock);
	return n;
}

bool epset_has_events(struct epset *s, u32 depth)
{
	struct epoll_item *item;
	LIST_HEAD(scan);
	bool found = false;

	if (!epset_is_ready(s) || depth > EPOLL_NEST_MAX)
		return false;
	kmutex_lock_nested(&s->lock);
	ready_take(s, &scan);
	while (!found && (item = ready_pop(s, &scan))) {
		u32 events = ofile_is_epoll(item->file) ?
			(epset_has_events(item->file->of_priv, depth + 1) ? POLLIN | POLLRDNORM : 0) &
			item->events : item_poll(item, NULL);

		found = events != 0;
		if (found)
			ready_again(s, item);
	}
	ready_give_back(s, &scan);
	kmutex_unlock(&s->lock);
	return found;
}

/* @deadline 0: do not wait. */
static long wait_events(struct epset *s, struct epoll_event __user *out, int max, nsec_t deadline)
{
	int n, err;

	for (;;) {
		if (epset_is_ready(s)) {
			n = epset_scan(s, out, max);
			if (n)
				return n;
		}
		if (!deadline)
			return 0;
		if (signal_is_pending())
			return -EINTR;
		err = epset_is_ready(s) ? 0 :
		      waitq_wait_common(&s->wait, epset_is_ready(s), THREAD_SLEEPING, true, deadline);
		if (err == -ETIMEDOUT)
			return 0;
		if (err)
			return -EINTR;
	}
}

static long epoll_wait_fd(int epfd, struct epoll_event __user *out, int max, nsec_t deadline)
{
	struct fdref r;
	long n;

	if (max <= 0 || max > EVENTS_MAX)
		return -EINVAL;
	if (!user_range_ok(out, (size_t)max * sizeof(*out)))
		return -EFAULT;
	r = fd_borrow(epfd);
	if (!r.file)
		return -EBADF;
	n = ofile_is_epoll(r.file) ? wait_events(r.file->of_priv, out, max, deadline) : -EINVAL;
	fd_return(r);
	return n;
}

static nsec_t deadline_of_ms(int ms)
{
	if (ms < 0)
		return WAIT_FOREVER;
	return ms ? deadline_after((u64)ms * NSEC_PER_MSEC) : 0;
}

long sys_epoll_wait(int epfd, struct epoll_event __user *out, int max, int timeout_ms)
{
	return epoll_wait_fd(epfd, out, max, deadline_of_ms(timeout_ms));
}

static long pwait(int epfd, struct epoll_event __user *out, int max, nsec_t deadline,
		  const u64 __user *mask, size_t size)
{
	long n;
	int err = mask ? signal_set_mask_temp(mask, size) : 0;

	if (err)
		return err;
	n = epoll_wait_fd(epfd, out, max, deadline);
	if (mask)
		signal_restore_mask_now(n == -EINTR);
	return n;
}

long sys_epoll_pwait(int epfd, struct epoll_event __user *out, int max, int timeout_ms,
		     const u64 __user *mask, size_t size)
{
	return pwait(epfd, out, max, deadline_of_ms(timeout_ms), mask, size);
}

long sys_epoll_pwait2(int epfd, struct epoll_event __user *out, int max, const void __user *timeout,
		      const u64 __user *mask, size_t size)
{
	nsec_t deadline = WAIT_FOREVER;
	u64 ns;
	int err;

	if (timeout) {
		err = user_get_timespec(&ns, timeout);
		if (err)
			return err;
		deadline = ns ? deadline_after(ns) : 0;
	}
	return pwait(epfd, out, max, deadline, mask, size);
}
