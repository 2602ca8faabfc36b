// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ends of threads and processes. A thread first gives up what it holds alone
 * (locks of user space, memory, files), then leaves its process under
 * process_tree_lock. The last one makes the process a zombie, hands its
 * children over and tells the parent; what nobody waits for is released at
 * once (reap.c). The kernel stack goes after the last switch.
 *
 * p_nlive counts threads before they give things up, p_nthreads after: the
 * first tells who does what is done once a process, the second when the
 * parent may know.
 *
 * Lock order: process_tree_lock > S.
 */
#include "proc_impl.h"

#include <asm/uaccess.h>
#include <tern/base/upcall.h>
#include <tern/kernel/cgroup.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/futex.h>
#include <tern/kernel/keyring.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/persona.h>
#include <tern/kernel/procnews.h>
#include <tern/kernel/syscalls.h>
#include <tern/kernel/sysvipc.h>
#include <tern/kernel/trace.h>
#include <tern/kernel/vfsface.h>
#include <tern/mm/aspace.h>

/* Sets JOB_DYING; true for the last thread of its process. */
static bool exit_begin(struct thread *t, int status)
{
	struct process *p = t->t_proc;
	struct sigactions *a;
	u64 flags;
	bool is_last;

	flags = spin_lock_irqsave(&t->t_lock);
	t->t_flags |= TF_EXITING;
	spin_unlock_irqrestore(&t->t_lock, flags);
	thread_run_work();

	process_account_thread(p, t);
	a = signal_lock(p, &flags);
	t->t_job |= JOB_DYING;
	t->t_exit_code = status;
	signal_job_leave_locked(t);
	signal_retarget_locked(t, ~t->t_sig.blocked);
	is_last = --p->p_nlive == 0;
	if (is_last && !(p->p_flags & PROC_GROUP_EXIT)) {
		p->p_flags |= PROC_GROUP_EXIT;
		p->p_group_exit_code = t == p->p_leader ? status : p->p_leader->t_exit_code;
	}
	signal_unlock(a, flags);
	if (p->p_flags & PROC_COREDUMP)
		waitq_wake_all(&p->p_child_wait);	/* one less to wait for */
	return is_last;
}

/* pthread_join() and the like wait for the word to become 0. */
static void clear_child_tid(struct thread *t)
{
	u32 __user *p = t->t_clear_tid;

	t->t_clear_tid = NULL;
	if (!p || !t->t_as || ref_read(&t->t_as->as_users) <= 1)
		return;
	if (user_put(0u, p) == 0)
		futex_wake_user(p);
}

void thread_release_memory(struct thread *t)
{
	struct aspace *as = t->t_as;
	u64 flags, rss;

	if (!as) {
		thread_vfork_done(t);
		return;
	}
	rss = max_t(u64, as->hiwater_rss, aspace_rss(as));
	flags = spin_lock_irqsave(&t->t_proc->p_lock);
	t->t_proc->p_maxrss = max_t(u64, t->t_proc->p_maxrss, rss);
	spin_unlock_irqrestore(&t->t_proc->p_lock, flags);
	flags = spin_lock_irqsave(&t->t_lock);
	t->t_as = NULL;
	spin_unlock_irqrestore(&t->t_lock, flags);
	thread_vfork_done(t);
	aspace_put(as);
}

static void release_files(struct thread *t)
{
	struct fdtab *files;
	struct fsctx *fs;
	u64 flags = spin_lock_irqsave(&t->t_lock);

	files = t->t_files;
	fs = t->t_fs;
	t->t_files = NULL;
	t->t_fs = NULL;
	spin_unlock_irqrestore(&t->t_lock, flags);
	if (files)
		fdtab_put(files);
	if (fs)
		fsctx_put(fs);
}

static void release_process_parts(struct process *p)
{
	process_timers_exit(p);
	keys_process_exit(p, NULL);
	session_leader_exit(p);
}

/* Children made by this thread are henceforth a sibling's. */
static void hand_over_to_sibling_locked(struct process *p, struct thread *t)
{
	struct thread *other = NULL, *it;
	struct process *child;

	list_foreach(it, &p->p_threads, t_group_link)
		if (it != t && !(it->t_job & JOB_DYING))
			other = it;
	list_foreach(child, &p->p_children, p_sibling) {
		if (child->p_parent_serial != t->t_serial)
			continue;
		if (child->p_leader->t_pdeath_signal)
			signal_send_process(child, child->p_leader->t_pdeath_signal, NULL);
		child->p_parent_serial = other ? other->t_serial : 0;
	}
}

/* The last thread leaves: true if nobody will wait for the process. */
static bool end_process_locked(struct process *p, struct list *dead)
{
	process_reparent_children_locked(p, dead);
	pgrp_hangup_if_orphaned_locked(p);
	p->p_exit_state = PROCEXIT_ZOMBIE;
	if (trace_process_end_locked(p) || !process_notify_parent_locked(p))
		return false;
	p->p_exit_state = PROCEXIT_TAKEN;
	return true;
}

/* Leave the process; what is to be released afterwards comes back in @dead. */
static void exit_leave(struct thread *t, struct list *dead, bool *release_self)
{
	struct process *p = t->t_proc;
	u64 flags = spin_lock_irqsave(&process_tree_lock);
	bool is_last;

	spin_lock(&p->p_actions->lock);
	is_last = --p->p_nthreads == 0;
	spin_unlock(&p->p_actions->lock);
	if (p->p_cgroup)
		cgroup_thread_end_locked(t);
	if (!list_is_empty(&p->p_ptraced))
		trace_tracer_end_locked(t, dead);
	*release_self = t != p->p_leader;
	if (*release_self && t->t_trace)
		trace_thread_end_locked(t);
	if (*release_self)
		thread_release_locked(t);
	if (is_last) {
		cgroup_process_end_locked(p);
		if (end_process_locked(p, dead))
			list_add_tail(&p->p_sibling_dead, dead);
	} else if (!list_is_empty(&p->p_children)) {
		hand_over_to_sibling_locked(p, t);
	}
	if (p->p_exec_thread)
		waitq_wake_all(&p->p_child_wait);
	spin_unlock_irqrestore(&process_tree_lock, flags);
	if (*release_self)
		pidref_gone(t->t_pid);
}

static void kthread_exit(struct thread *t, int code) __noreturn;
static void kthread_exit(struct thread *t, int code)
{
	struct process *p = t->t_proc;
	u64 flags = spin_lock_irqsave(&process_tree_lock);

	spin_lock(&p->p_actions->lock);
	p->p_nthreads--;
	spin_unlock(&p->p_actions->lock);
	thread_release_locked(t);
	spin_unlock_irqrestore(&process_tree_lock, flags);
	pidref_gone(t->t_pid);
	release_files(t);
	kthread_finish(t, code);
	preempt_disable();
	thread_put(t);			/* existing; running is the scheduler's */
	t->t_state = THREAD_DEAD;
	preempt_enable_no_resched();
	sched_exit_final();
}

static void park_for_coredump(struct thread *t);

void thread_exit(int status)
{
	struct thread *t = thread_self();
	struct process *p = t->t_proc;
	LIST_HEAD(dead);
	bool release_self, ends_ns = false;

	if (in_interrupt() || (t->t_flags & TF_IDLE))
		kpanic("thread_exit in interrupt or idle context");
	if (p->p_flags & PROC_KERNEL)
		kthread_exit(t, status);
	if (t->t_flags & TF_EXITING)
		kpanic("thread %d failed while it was exiting", pidref_nr(t->t_pid));
	tracee_event(PTRACE_EVENT_EXIT, status);
	park_for_coredump(t);
	if (exit_begin(t, status)) {
		if (p == process_pid1)
			kpanic("init ended, status %#x", p->p_group_exit_code);
		acct_process_end(p, t);
		release_process_parts(p);
		ends_ns = process_is_init(p);
	}
	if (t->t_persona)
		t->t_persona->thread_exit(t);
	if (t->t_ioctx)
		face_uring_exit(t);
	futex_thread_exit(t);
	clear_child_tid(t);
	thread_release_memory(t);
	sysvsem_thread_exit(t);
	keys_thread_exit(t);
	release_files(t);
	seccomp_exit(t);
	nsset_switch(NULL);
	if (ends_ns)
		pidns_end(pidref_ns(p->p_pid));
	procnews_exit(t->t_exit_code);
	exit_leave(t, &dead, &release_self);
	process_release_list(&dead);
	preempt_disable();
	t->t_state = release_self ? THREAD_DEAD : THREAD_ZOMBIE;
	if (release_self)
		thread_put(t);
	preempt_enable_no_resched();
	sched_exit_final();
}

void thread_exit_kernel(int code)
{
	/* A first thread that never execs ends like any program. */
	thread_exit(thread_self()->t_proc->p_flags & PROC_KERNEL ? code : (code & 0xff) << 8);
}

void process_exit_group(int status)
{
	struct thread *t = thread_self();
	struct process *p = t->t_proc;
	struct sigactions *a;
	u64 flags;

	a = signal_lock(p, &flags);
	if (p->p_flags & PROC_GROUP_EXIT) {
		status = p->p_group_exit_code;
	} else if (p->p_exec_thread) {
		status = 0;
	} else {
		p->p_group_exit_code = status;
		p->p_flags = (p->p_flags & ~PROC_STOPPED) | PROC_GROUP_EXIT;
		if (p->p_nlive > 1)
			signal_kill_others_locked(p, t);
	}
	signal_unlock(a, flags);
	thread_exit(status);
}

void process_doom(int status)
{
	struct process *p = process_self();
	struct sigactions *a;
	u64 flags;

	a = signal_lock(p, &flags);
	if (!(p->p_flags & PROC_GROUP_EXIT)) {
		p->p_group_exit_code = status;
		p->p_flags = (p->p_flags & ~PROC_STOPPED) | PROC_GROUP_EXIT;
		signal_kill_others_locked(p, NULL);
	}
	signal_unlock(a, flags);
}

bool process_begin_coredump(int sig)
{
	struct thread *t = thread_self();
	struct process *p = t->t_proc;
	struct sigactions *a;
	bool ok = false;
	u64 flags;

	a = signal_lock(p, &flags);
	if (!(p->p_flags & PROC_GROUP_EXIT) && !p->p_exec_thread) {
		p->p_group_exit_code = sig;
		p->p_flags = (p->p_flags & ~PROC_STOPPED) | PROC_GROUP_EXIT | PROC_COREDUMP;
		p->p_exec_thread = t;
		signal_kill_others_locked(p, t);
		ok = true;
	}
	signal_unlock(a, flags);
	/* SIGKILL must end this wait, and with it the dump. */
	if (ok && waitq_wait_killable(&p->p_child_wait,
				      READ_ONCE(p->p_core_parked) + 1 >= READ_ONCE(p->p_nlive))) {
		process_end_coredump(false);
		ok = false;
	}
	return ok;
}

void process_end_coredump(bool ok)
{
	struct process *p = process_self();
	struct sigactions *a;
	u64 flags;

	a = signal_lock(p, &flags);
	if (ok)
		p->p_group_exit_code |= 0x80;
	p->p_exec_thread = NULL;
	p->p_core_done = true;
	signal_unlock(a, flags);
	waitq_wake_all(&p->p_child_wait);
}

/* Another thread dumps core: stay, so that our registers can be read. */
static void park_for_coredump(struct thread *t)
{
	struct process *p = t->t_proc;
	struct sigactions *a;
	bool must;
	u64 flags;

	if (!(READ_ONCE(p->p_flags) & PROC_COREDUMP))
		return;
	a = signal_lock(p, &flags);
	must = p->p_exec_thread && p->p_exec_thread != t && !p->p_core_done;
	p->p_core_parked += must;
	signal_unlock(a, flags);
	if (!must)
		return;
	waitq_wake_all(&p->p_child_wait);
	waitq_wait(&p->p_child_wait, READ_ONCE(p->p_core_done));
}

long sys_exit(int code)
{
	thread_exit((code & 0xff) << 8);
}

long sys_exit_group(int code)
{
	process_exit_group((code & 0xff) << 8);
}

__weak void face_uring_exit(struct thread *t)
{
}
