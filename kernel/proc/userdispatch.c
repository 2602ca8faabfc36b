// SPDX-License-Identifier: GPL-2.0-only
/*
 * PR_SET_SYSCALL_USER_DISPATCH: system calls made outside of a range of code become
 * SIGSYS, for programs that run another system's code; a byte of the program's memory, if
 * it names one, turns that on and off without a call.
 */
#include "proc_impl.h"

#include <asm/uaccess.h>
#include <tern/kernel/seccomp.h>
#include <tern/lib/string.h>
#include <uapi/prctl.h>
#include <uapi/seccomp.h>

long userdispatch_prctl(u64 mode, u64 from, u64 len, u64 selector)
{
	struct thread *t = thread_self();

	if (mode == PR_SYS_DISPATCH_OFF) {
		if (from || len || selector)
			return -EINVAL;
		thread_work_clear(t, WORK_USER_DISPATCH);
		return 0;
	}
	if (mode != PR_SYS_DISPATCH_ON || (from && from + len <= from))
		return -EINVAL;
	if (selector && !user_range_ok((void __user *)selector, 1))
		return -EFAULT;
	t->t_userdispatch.from = from;
	t->t_userdispatch.len = len;
	t->t_userdispatch.selector = (u8 __user *)selector;
	thread_work_set(t, WORK_USER_DISPATCH);
	return 0;
}

static void end_by(int sig)
{
	struct ksiginfo info;

	signal_fill_kernel(&info, sig);
	signal_force_fatal(sig, &info);
}

bool userdispatch_enter(struct frame *f)
{
	struct thread *t = thread_self();
	u8 state;

	if (f->rip - t->t_userdispatch.from < t->t_userdispatch.len)
		return false;
	if (t->t_userdispatch.selector) {
		if (user_get(state, t->t_userdispatch.selector)) {
			end_by(SIGSEGV);
			return true;
		}
		if (state == SYSCALL_DISPATCH_FILTER_ALLOW)
			return false;
		if (state != SYSCALL_DISPATCH_FILTER_BLOCK) {
			end_by(SIGSYS);
			return true;
		}
	}
	seccomp_raise(f, SYS_USER_DISPATCH, 0, false);
	return true;
}
