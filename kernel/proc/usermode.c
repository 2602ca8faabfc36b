// SPDX-License-Identifier: GPL-2.0-only
/*
 * The border to user mode: slow paths that entry code takes when a bit of the
 * work word is set, before a system call, after it, and before every return.
 */
#include "proc_impl.h"

#include <asm/uaccess.h>
#include <tern/base/upcall.h>
#include <tern/kernel/cpugroup.h>
#include <tern/kernel/futex.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/persona.h>
#include <tern/kernel/seccomp.h>
#include <tern/kernel/trace.h>
#include <tern/svc/svc.h>

#define WORK_HERE	(WORK_RESCHED | WORK_SIGNAL | WORK_NOTIFY | WORK_PERSONA)
#define SYSCALL_NR_MAX	512

static atomic64 missing_calls;
static atomic32 missing_by_nr[SYSCALL_NR_MAX];

/* First run of a child whose parent asked for its number in its own memory. */
static void set_child_tid(struct thread *t)
{
	u32 __user *p = t->t_set_tid;
	s32 nr = pidref_nr(t->t_pid);

	t->t_set_tid = NULL;
	if (user_put(nr, (s32 __user *)p))
		kdebug("child tid of %d went nowhere", nr);
}

static void notify_work(struct thread *t, struct frame *f)
{
	thread_work_clear(t, WORK_NOTIFY);
	if (t->t_set_tid)
		set_child_tid(t);
	if (!list_is_empty(&t->t_task_work))
		thread_run_work();
	if (unlikely(t->t_sched.se_group))
		cpugroup_pause();
	if (t->t_rseq)
		rseq_resume(f);
	/* With a signal pending its handler first runs under the temporary mask. */
	if (t->t_sig.restore_saved && !(READ_ONCE(t->t_work) & WORK_SIGNAL)) {
		t->t_sig.restore_saved = false;
		signal_set_blocked(t->t_sig.saved_mask);
	}
}

void trap_user_work(struct frame *f)
{
	struct thread *t = thread_self();
	u64 work;

	while ((work = READ_ONCE(t->t_work) & WORK_HERE) || need_resched()) {
		if (work & WORK_RESCHED)
			thread_work_clear(t, WORK_RESCHED);
		if (need_resched())
			sched_preempt();
		if (work & WORK_SIGNAL)
			signal_deliver(f);
		if (work & WORK_NOTIFY)
			notify_work(t, f);
		if (work & WORK_PERSONA)
			t->t_persona->user_work(f);
	}
}

long trap_syscall_enter(struct frame *f, u64 nr)
{
	struct thread *t = thread_self();

	if (t->t_work & WORK_PERSONA_CALL) {
		t->t_persona->syscall(f);
		return -1;
	}
	if ((t->t_work & WORK_USER_DISPATCH) && userdispatch_enter(f))
		return -1;
	if (t->t_work & WORK_TRACE_ENTRY) {
		if (!tracee_syscall_enter(f))
			return -1;
		nr = f->orig_rax;	/* the tracer may have chosen another call */
	}
	if (t->t_work & WORK_SECCOMP) {
		if (!seccomp_enter(f))
			return -1;
		nr = f->orig_rax;
	}
	if ((t->t_work & WORK_SVCMASK) && svc_check(t->t_svcmask & SVC_MASK_ALL, nr)) {
		f->rax = -EACCES;
		return -1;
	}
	return nr;
}

void trap_syscall_exit(struct frame *f)
{
	if (READ_ONCE(thread_self()->t_work) & (WORK_TRACE_EXIT | WORK_STEP))
		tracee_syscall_exit(f);
}

u64 syscall_missing_count(void)
{
	return atomic_read(&missing_calls);
}

u32 syscall_missing_calls(u64 nr)
{
	return nr < SYSCALL_NR_MAX ? (u32)atomic_read(&missing_by_nr[nr]) : 0;
}

long trap_syscall_missing(u64 nr)
{
	atomic_inc(&missing_calls);
	if (nr < SYSCALL_NR_MAX && atomic_fetch_add(&missing_by_nr[nr], 1) == 0) {
		const char *name = syscall_name(nr);

		kdebug("system call %lu (%s) is missing; first asked for by %s", nr,
		       name ? name : "unknown", thread_self()->t_comm);
	}
	return -ENOSYS;
}
