// SPDX-License-Identifier: GPL-2.0-only
/* poll(2) and ppoll(2). */
#include "poll_impl.h"

#include <tern/kernel/syscalls.h>
#include <uapi/resource.h>

#define FDS_ON_STACK 32

static long do_poll(struct pollfd __user *ufds, u32 n, nsec_t deadline)
{
	struct pollfd few[FDS_ON_STACK], *fds = few;
	s16 few_old[FDS_ON_STACK], *old = few_old;
	struct poll_set set;
	long ready;

	if (n > rlimit_get(RLIMIT_NOFILE))
		return -EINVAL;
	if (n > FDS_ON_STACK) {
		fds = kmem_alloc_large(n * (sizeof(*fds) + sizeof(*old)), ALLOC_KERNEL);
		if (!fds)
			return -ENOMEM;
		old = (s16 *)(fds + n);
	}
	if (user_copyin(fds, ufds, n * sizeof(*fds))) {
		ready = -EFAULT;
		goto out;
	}
	for (u32 i = 0; i < n; i++)
		old[i] = fds[i].revents;
	poll_begin(&set);
	ready = poll_run(&set, fds, n, deadline);
	poll_end(&set);
	if (ready >= 0) {
		for (u32 i = 0; i < n; i++) {
			/* Usually nothing happened, and that is what stands there already. */
			if (fds[i].revents != old[i] && user_put(fds[i].revents, &ufds[i].revents)) {
				ready = -EFAULT;
				break;
			}
		}
	}
out:
	if (fds != few)
		kmem_free_large(fds);
	return ready;
}

/* After a signal without a handler, poll goes on with what is left of its time. */
static long poll_restart(struct restart_info *r)
{
	long n = do_poll((struct pollfd __user *)r->a[0], (u32)r->a[1], r->a[2]);

	return n == -ERESTARTNOHAND ? -ERESTART_BLOCK : n;
}

long sys_poll(struct pollfd __user *fds, u32 n, s32 timeout_ms)
{
	nsec_t deadline = timeout_ms < 0 ? WAIT_FOREVER :
			  timeout_ms ? deadline_after((u64)timeout_ms * NSEC_PER_MSEC) : 0;
	long ready = do_poll(fds, n, deadline);

	if (ready == -ERESTARTNOHAND) {
		thread_self()->t_restart = (struct restart_info){ poll_restart, { (u64)fds, n, deadline } };
		ready = -ERESTART_BLOCK;
	}
	return ready;
}

/* Time that is left goes back to the user, if it can be stored. */
void poll_put_rest(void __user *ts, nsec_t deadline, bool is_timeval)
{
	nsec_t now = clock_ns();
	u64 rest = deadline > now ? deadline - now : 0;
	s64 t[2] = { (s64)(rest / NSEC_PER_SEC), (s64)(rest % NSEC_PER_SEC) };

	if (is_timeval)
		t[1] /= (s64)NSEC_PER_USEC;
	if (user_copyout(ts, t, sizeof(t))) {
		/* read-only memory: the call itself did succeed */
	}
}

long sys_ppoll(struct pollfd __user *fds, u32 n, void __user *ts, const u64 __user *mask, size_t size)
{
	nsec_t deadline = WAIT_FOREVER;
	long ready;
	u64 ns;
	int err;

	if (ts) {
		err = user_get_timespec(&ns, ts);
		if (err)
			return err;
		deadline = ns ? deadline_after(ns) : 0;
	}
	err = signal_set_mask_temp(mask, size);
	if (err)
		return err;
	ready = do_poll(fds, n, deadline);
	signal_restore_mask_now(ready == -ERESTARTNOHAND);
	if (ts)
		poll_put_rest(ts, deadline, false);
	return ready;
}
