// SPDX-License-Identifier: GPL-2.0-only
/*
 * ptrace(2): finding the tracee, and keeping it still while a request works.
 *
 * A request other than ATTACH, SEIZE, KILL and INTERRUPT needs a tracee that
 * has stopped for the calling thread. The record is marked busy, the thread
 * awaited off its CPU; then its registers and memory are the caller's.
 */
#include "../proc_impl.h"

#include <asm/tracereg.h>
#include <tern/kernel/syscalls.h>

#include "trace_impl.h"

static struct thread *find_thread(s32 nr)
{
	struct thread *t;

	rcu_read_lock();
	t = pidref_thread(pidref_find(nr));
	if (t && !ref_get_unless_zero(&t->t_refs))
		t = NULL;
	rcu_read_unlock();
	return t;
}

/* 0: @t is held; -ESRCH: not ours, or not stopped. */
static int hold(struct thread *t, bool must_be_stopped)
{
	u64 flags = spin_lock_irqsave(&process_tree_lock);
	struct tracerec *tr = t->t_trace;
	int err = 0;

	if (!tr || tr->tracer_serial != thread_self()->t_serial)
		err = -ESRCH;
	else if (must_be_stopped && (!tr->is_stopped || tr->is_listening))
		err = -ESRCH;
	else if (must_be_stopped)
		tr->is_busy = true;
	spin_unlock_irqrestore(&process_tree_lock, flags);
	if (!err && must_be_stopped)
		thread_wait_inactive(t);
	return err;
}

static void let_go(struct thread *t)
{
	u64 flags = spin_lock_irqsave(&process_tree_lock);

	if (t->t_trace)
		t->t_trace->is_busy = false;
	spin_unlock_irqrestore(&process_tree_lock, flags);
	if (!waitq_is_empty(&t->t_proc->p_child_wait))
		waitq_wake_all(&t->t_proc->p_child_wait);
}

static long seize(struct thread *t, u64 addr, u64 options)
{
	if (addr || (options & ~(u64)PTRACE_O_MASK))
		return -EIO;
	if ((options & PTRACE_O_SUSPEND_SECCOMP) && !cap_has(CAP_SYS_ADMIN))
		return -EPERM;
	return trace_attach(t, true, options);
}

static long interrupt(struct thread *t)
{
	u64 flags = spin_lock_irqsave(&process_tree_lock);
	struct tracerec *tr = t->t_trace;
	long err = -EIO;

	if (tr && tr->is_seized) {
		spin_lock(&t->t_proc->p_actions->lock);
		t->t_job |= JOB_TRAP_STOP;
		signal_wake_thread(t, false);
		if (tr->is_listening)
			thread_wake_state(t, THREAD_TRACED);
		spin_unlock(&t->t_proc->p_actions->lock);
		err = 0;
	}
	spin_unlock_irqrestore(&process_tree_lock, flags);
	return err;
}

static long request_on(struct thread *t, u32 request, u64 addr, u64 data)
{
	bool needs_stop = request != PTRACE_KILL && request != PTRACE_INTERRUPT;
	long ret;

	if (request == PTRACE_ATTACH)
		return trace_attach(t, false, 0);
	if (request == PTRACE_SEIZE)
		return seize(t, addr, data);
	ret = hold(t, needs_stop);
	if (ret)
		return ret;
	if (request == PTRACE_INTERRUPT)
		return interrupt(t);
	if (request == PTRACE_KILL) {
		signal_send_process(t->t_proc, SIGKILL, NULL);
		return 0;
	}
	ret = trace_request(t, request, addr, data);
	let_go(t);
	return ret;
}

long sys_ptrace(u64 request, s32 pid, u64 addr, u64 data)
{
	struct thread *t;
	long ret;

	if (request == PTRACE_TRACEME)
		return trace_me();
	t = find_thread(pid);
	if (!t)
		return -ESRCH;
	ret = request > U32_MAX ? -EIO : request_on(t, request, addr, data);
	thread_put(t);
	return ret;
}
