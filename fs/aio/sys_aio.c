// SPDX-License-Identifier: GPL-2.0-only
/* Entry functions of Linux AIO: io_setup(2) and friends. */
#include "aio_impl.h"

#include <tern/kernel/clock.h>
#include <tern/kernel/signal.h>
#include <tern/kernel/syscalls.h>

#define NR_HARD		(0x10000000u / (u32)sizeof(struct ioevent_))
#define CB_KEY		0u

long sys_io_setup(u32 n, u64 __user *uctx)
{
	u64 old;
	long at;

	if (user_get(old, uctx))
		return -EFAULT;
	if (old || !n)
		return -EINVAL;
	if (n > NR_HARD)
		return -EINVAL;
	at = aioctx_create(n);
	if (at < 0)
		return at;
	if (!user_put((u64)at, uctx))
		return 0;
	(void)aspace_unmap(aspace_self(), (uptr)at, PAGE_SIZE);
	return -EFAULT;
}

long sys_io_destroy(u64 ctx)
{
	struct aioctx *c = aioctx_get(ctx);
	int err;

	if (IS_ERR(c))
		return PTR_ERR(c);
	err = aspace_unmap(aspace_self(), ctx, (size_t)c->npages << PAGE_SHIFT);
	if (!err)
		waitq_wait(&c->wait, !READ_ONCE(c->inflight));
	aioctx_put(c);
	return err;
}

static int submit_one(struct aioctx *c, struct iocb_ __user *ucb)
{
	struct iocb_ cb;
	int err;

	if (user_copyin(&cb, ucb, sizeof(cb)))
		return -EFAULT;
	if (cb.reserved2 || (ssize_t)cb.nbytes < 0)
		return -EINVAL;
	if (user_put(CB_KEY, &ucb->key))
		return -EFAULT;
	err = aioctx_reserve(c);
	if (err)
		return err;
	err = aioreq_submit(c, &cb, (u64)ucb);
	if (err)
		aioctx_unreserve(c);
	return err;
}

long sys_io_submit(u64 ctx, s64 n, struct iocb_ __user *__user *list)
{
	struct aioctx *c;
	s64 i = 0;
	int err = 0;

	if (n < 0)
		return -EINVAL;
	c = aioctx_get(ctx);
	if (IS_ERR(c))
		return PTR_ERR(c);
	for (n = min_t(s64, n, c->nr); i < n && !err; i += !err) {
		struct iocb_ __user *ucb;

		err = user_get(ucb, &list[i]);
		if (!err)
			err = submit_one(c, ucb);
	}
	aioctx_put(c);
	return i ? i : err;
}

long sys_io_cancel(u64 ctx, const struct iocb_ __user *ucb, void __user *result)
{
	struct aioctx *c;
	int err;
	u32 key;

	if (user_get(key, &ucb->key))
		return -EFAULT;
	if (key != CB_KEY)
		return -EINVAL;
	c = aioctx_get(ctx);
	if (IS_ERR(c))
		return PTR_ERR(c);
	err = aioreq_cancel(c, (u64)ucb);
	aioctx_put(c);
	return err;
}

static long get_events(u64 ctx, s64 min_nr, s64 n, struct ioevent_ __user *out, nsec_t deadline)
{
	struct aioctx *c = aioctx_get(ctx);
	long done = 0, got;
	int err = 0;

	if (IS_ERR(c))
		return PTR_ERR(c);
	if (min_nr > n || min_nr < 0) {
		aioctx_put(c);
		return -EINVAL;
	}
	for (;;) {
		got = aioctx_reap(c, out + done, (u32)min_t(s64, n - done, c->nr));
		if (got > 0)
			done += got;
		if (got < 0 || done >= min_nr || err || READ_ONCE(c->is_dead))
			break;
		err = waitq_wait_intr_until(&c->wait, aioctx_available(c) || READ_ONCE(c->is_dead), deadline);
	}
	aioctx_put(c);
	if (done)
		return done;
	return got < 0 ? got : err == -ERESTARTSYS ? -EINTR : 0;
}

static int deadline_get(const void __user *ts, nsec_t *out)
{
	u64 ns;
	int err;

	*out = WAIT_FOREVER;
	if (!ts)
		return 0;
	err = user_get_timespec(&ns, ts);
	if (!err)
		*out = deadline_after(ns);
	return err;
}

long sys_io_getevents(u64 ctx, s64 min_nr, s64 n, struct ioevent_ __user *out, const void __user *timeout)
{
	nsec_t deadline;
	int err = deadline_get(timeout, &deadline);

	return err ? err : get_events(ctx, min_nr, n, out, deadline);
}

struct aio_sigset { const u64 __user *mask; size_t size; };

long sys_io_pgetevents(u64 ctx, s64 min_nr, s64 n, struct ioevent_ __user *out,
		       const void __user *timeout, const struct aio_sigset __user *usig)
{
	struct aio_sigset sig = { 0 };
	nsec_t deadline;
	long ret = deadline_get(timeout, &deadline);

	if (ret)
		return ret;
	if (usig && user_copyin(&sig, usig, sizeof(sig)))
		return -EFAULT;
	if (sig.mask)
		ret = signal_set_mask_temp(sig.mask, sig.size);
	if (ret)
		return ret;
	ret = get_events(ctx, min_nr, n, out, deadline);
	if (sig.mask)
		signal_restore_mask_now(ret == -EINTR);
	return ret;
}
