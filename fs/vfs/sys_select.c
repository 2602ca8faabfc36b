// SPDX-License-Identifier: GPL-2.0-only
/* select(2) and pselect6(2): three bitmaps in, three out; no limit on numbers but the table's. */
#include "poll_impl.h"

#include <tern/kernel/syscalls.h>
#include <tern/lib/bitmap.h>
#include <uapi/resource.h>

#define SELECT_IN  (POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR)
#define SELECT_OUT (POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR)
#define SELECT_EX  (POLLPRI)

#define WORDS_ON_STACK 24	/* six sets of 256 descriptors */

struct select_sets {
	u32 n;			/* descriptors looked at */
	u32 words;
	u64 *in[3];		/* read, write, exceptional */
	u64 *out[3];
};

static const u32 events_of[3] = { SELECT_IN, SELECT_OUT, SELECT_EX };

static int copy_in(struct select_sets *s, u64 __user *const *usets)
{
	for (int k = 0; k < 3; k++) {
		bitmap_zero(s->in[k], s->words * 64UL);
		if (usets[k] && user_copyin(s->in[k], usets[k], s->words * 8UL))
			return -EFAULT;
	}
	return 0;
}

static int copy_out(const struct select_sets *s, u64 __user *const *usets)
{
	for (int k = 0; k < 3; k++) {
		if (usets[k] && user_copyout(usets[k], s->out[k], s->words * 8UL))
			return -EFAULT;
	}
	return 0;
}

/* Ask one descriptor; bits found, or -EBADF. */
static int ask(struct select_sets *s, struct poll_set *ps, u32 fd, bool queue)
{
	u32 want = 0, got;
	struct fdref r;
	int found = 0;

	for (int k = 0; k < 3; k++) {
		if (bitmap_test(s->in[k], fd))
			want |= events_of[k];
	}
	if (!want)
		return 0;
	r = fd_borrow((int)fd);
	if (!r.file)
		return -EBADF;
	ps->pt.events = want | POLLERR | POLLHUP;
	got = r.file->of_ops->poll(r.file, queue ? &ps->pt : NULL);
	fd_return(r);
	for (int k = 0; k < 3; k++) {
		if (bitmap_test(s->in[k], fd) && (got & events_of[k])) {
			bitmap_set_bit(s->out[k], fd);
			found++;
		}
	}
	return found;
}

static long select_run(struct select_sets *s, struct poll_set *ps, nsec_t deadline)
{
	bool queue = deadline != 0, timed_out = deadline == 0;
	long ready;

	for (;;) {
		ready = 0;
		for (int k = 0; k < 3; k++)
			bitmap_zero(s->out[k], s->words * 64UL);
		for (u32 w = 0; w < s->words; w++) {
			u64 any = s->in[0][w] | s->in[1][w] | s->in[2][w];

			for (; any; any &= any - 1) {
				u32 fd = w * 64 + bit_lowest(any);
				int r = fd < s->n ? ask(s, ps, fd, queue && !ready) : 0;

				if (r < 0)
					return r;
				ready += r;
			}
		}
		queue = false;
		if (ready || timed_out || ps->err)
			return ready ? ready : ps->err;
		if (signal_is_pending())
			return -ERESTARTNOHAND;
		timed_out = poll_sleep(ps, deadline) == -ETIMEDOUT;
	}
}

static long do_select(s32 n, u64 __user *const *usets, nsec_t deadline)
{
	u64 few[WORDS_ON_STACK], *mem = few;
	struct select_sets s;
	struct poll_set ps;
	long ready;

	if (n < 0)
		return -EINVAL;
	s.n = min_t(u32, (u32)n, (u32)min_t(u64, rlimit_get(RLIMIT_NOFILE), sysctl_nr_open));
	s.words = DIV_ROUND_UP(s.n, 64);
	if (s.words * 6 > WORDS_ON_STACK) {
		mem = kmem_alloc_large(s.words * 6 * 8UL, ALLOC_KERNEL);
		if (!mem)
			return -ENOMEM;
	}
	for (u32 k = 0; k < 3; k++) {
		s.in[k] = mem + k * s.words;
		s.out[k] = mem + (k + 3) * s.words;
	}
	ready = copy_in(&s, usets);
	if (!ready) {
		poll_begin(&ps);
		ready = select_run(&s, &ps, deadline);
		poll_end(&ps);
		if (ready >= 0 && copy_out(&s, usets))
			ready = -EFAULT;
	}
	if (mem != few)
		kmem_free_large(mem);
	return ready;
}

long sys_select(s32 n, u64 __user *in, u64 __user *out, u64 __user *ex, void __user *tv)
{
	u64 __user *const sets[3] = { in, out, ex };
	nsec_t deadline = WAIT_FOREVER;
	s64 t[2];
	long ready;

	if (tv) {
		u64 ns;

		if (user_copyin(t, tv, sizeof(t)))
			return -EFAULT;
		if (t[0] < 0 || t[1] < 0)
			return -EINVAL;
		if (check_mul((u64)t[1], NSEC_PER_USEC, &ns))
			ns = (u64)S64_MAX;
		ns += timespec_to_ns((struct timespec64_){ t[0], 0 });
		deadline = ns ? deadline_after(min_t(u64, ns, (u64)S64_MAX)) : 0;
	}
	ready = do_select(n, sets, deadline);
	if (tv)
		poll_put_rest(tv, deadline, true);
	return ready;
}

long sys_pselect6(s32 n, u64 __user *in, u64 __user *out, u64 __user *ex, void __user *ts,
		  const void __user *sig)
{
	u64 __user *const sets[3] = { in, out, ex };
	struct { const u64 __user *mask; size_t size; } arg = { NULL, 0 };
	nsec_t deadline = WAIT_FOREVER;
	long ready;
	u64 ns;
	int err;

	if (sig && user_copyin(&arg, sig, sizeof(arg)))
		return -EFAULT;
	if (ts) {
		err = user_get_timespec(&ns, ts);
		if (err)
			return err;
		deadline = ns ? deadline_after(ns) : 0;
	}
	err = signal_set_mask_temp(arg.mask, arg.size);
	if (err)
		return err;
	ready = do_select(n, sets, deadline);
	signal_restore_mask_now(ready == -ERESTARTNOHAND);
	if (ts)
		poll_put_rest(ts, deadline, false);
	return ready;
}
