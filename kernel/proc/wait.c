// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting for children: wait4, waitid. A scan over the children (or the one
 * that is asked for) under process_tree_lock finds a zombie, a stop or a
 * continuation to report; if there is none but could be, the caller sleeps on
 * its process's p_child_wait.
 *
 * Taking a zombie is a state change ZOMBIE -> TAKEN under the tree lock, so
 * exactly one waiter collects it.
 *
 * Lock order: process_tree_lock > S.
 */
#include "proc_impl.h"

#include <generated/svc_proc.h>
#include <asm/uaccess.h>
#include <tern/kernel/syscalls.h>
#include <tern/kernel/userns.h>
#include <tern/kernel/vfsface.h>
#include <tern/lib/string.h>
#include <uapi/wait.h>

#include "wait_impl.h"

#define WAIT_OPTIONS	(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL)

/* ---- resource sums ---- */

void wait_fill_usage(struct process *p, struct rusage_ *ru)
{
	struct tms_sum sum;
	u64 ut, st;

	process_cpu_time(p, &sum);
	ut = sum.utime + p->p_cutime;
	st = sum.stime + p->p_cstime;
	memset(ru, 0, sizeof(*ru));
	ru->utime_sec = ut / 1000000000;
	ru->utime_usec = ut % 1000000000 / 1000;
	ru->stime_sec = st / 1000000000;
	ru->stime_usec = st % 1000000000 / 1000;
	ru->maxrss = max_t(u64, p->p_maxrss, p->p_cmaxrss) << (PAGE_SHIFT - 10);
	ru->minflt = p->p_minflt + p->p_cminflt;
	ru->majflt = p->p_majflt + p->p_cmajflt;
	ru->inblock = p->p_inblock + p->p_cinblock;
	ru->oublock = p->p_oublock + p->p_coublock;
	ru->nvcsw = p->p_nvcsw + p->p_cnvcsw;
	ru->nivcsw = p->p_nivcsw + p->p_cnivcsw;
}

/* Waited-for children count for their parent. */
static void inherit_sums(struct process *parent, struct process *p)
{
	u64 flags = spin_lock_irqsave(&parent->p_lock);

	parent->p_cutime += p->p_utime + p->p_cutime;
	parent->p_cstime += p->p_stime + p->p_cstime;
	parent->p_cminflt += p->p_minflt + p->p_cminflt;
	parent->p_cmajflt += p->p_majflt + p->p_cmajflt;
	parent->p_cnvcsw += p->p_nvcsw + p->p_cnvcsw;
	parent->p_cnivcsw += p->p_nivcsw + p->p_cnivcsw;
	parent->p_cinblock += p->p_inblock + p->p_cinblock;
	parent->p_coublock += p->p_oublock + p->p_coublock;
	parent->p_cmaxrss = max(parent->p_cmaxrss, max(p->p_maxrss, p->p_cmaxrss));
	spin_unlock_irqrestore(&parent->p_lock, flags);
}

/* ---- one child ---- */

static bool child_matches(struct process *p, const struct wait_request *w)
{
	bool is_clone = p->p_exit_signal != SIGCHLD;

	if (w->which == P_PID && p->p_pid != w->pid)
		return false;
	if (w->which == P_PGID && p->p_pgrp != w->pid)
		return false;
	if ((w->options & __WNOTHREAD) && p->p_parent_serial != thread_self()->t_serial)
		return false;
	return (w->options & __WALL) || is_clone == !!(w->options & __WCLONE);
}

static void fill_common(struct process *p, struct wait_request *w)
{
	w->nr = pidref_nr(p->p_pid);
	w->uid = uid_show(p->p_leader->t_real_cred->uid);
}

static enum wait_result check_zombie(struct process *p, struct wait_request *w)
{
	int status = p->p_group_exit_code;

	if (!(w->options & WEXITED))
		return CHILD_NO;
	fill_common(p, w);
	w->status = status;
	w->code = status & 0x7f ? (status & 0x80 ? CLD_DUMPED : CLD_KILLED) : CLD_EXITED;
	wait_fill_usage(p, &w->ru);
	if (w->options & WNOWAIT)
		return CHILD_REPORTED;
	p->p_exit_state = PROCEXIT_TAKEN;
	return CHILD_REAP;
}

static enum wait_result check_stopped(struct process *p, struct wait_request *w)
{
	if (!(w->options & WSTOPPED) || !(p->p_flags & PROC_STOPPED) || !p->p_stop_code)
		return CHILD_NO;
	/* A tracer that is also the parent gets its tracee's stops one by one. */
	if (p->p_leader->t_trace && !trace_is_foreign_locked(p))
		return CHILD_NO;
	fill_common(p, w);
	w->code = CLD_STOPPED;
	w->status = p->p_stop_code << 8 | 0x7f;
	if (!(w->options & WNOWAIT))
		p->p_stop_code = 0;
	return CHILD_REPORTED;
}

static enum wait_result check_continued(struct process *p, struct wait_request *w)
{
	if (!(w->options & WCONTINUED) || !(p->p_flags & PROC_CONTINUED))
		return CHILD_NO;
	fill_common(p, w);
	w->code = CLD_CONTINUED;
	w->status = 0xffff;
	if (!(w->options & WNOWAIT))
		p->p_flags &= ~PROC_CONTINUED;
	return CHILD_REPORTED;
}

static enum wait_result check_child(struct process *p, struct wait_request *w)
{
	enum wait_result r;

	if (p->p_exit_state == PROCEXIT_TAKEN || !child_matches(p, w))
		return CHILD_NO;
	if (p->p_exit_state == PROCEXIT_ZOMBIE) {
		/* Its tracer sees the end first. */
		if (trace_is_foreign_locked(p))
			return w->options & (WEXITED | WCONTINUED) ? CHILD_MAYBE : CHILD_NO;
		r = check_zombie(p, w);
		/* It exists, though it will never do what is waited for. */
		return r == CHILD_NO ? CHILD_NO : r;
	}
	spin_lock(&p->p_actions->lock);
	r = check_stopped(p, w);
	if (r == CHILD_NO)
		r = check_continued(p, w);
	spin_unlock(&p->p_actions->lock);
	if (r == CHILD_REPORTED)
		wait_fill_usage(p, &w->ru);
	return r == CHILD_NO ? CHILD_MAYBE : r;
}

/* ---- all of them ---- */

static enum wait_result scan_children_locked(struct process *self, struct wait_request *w,
					     struct process **found)
{
	enum wait_result r, best = CHILD_NO;
	struct process *p;

	if (w->which == P_PID) {
		p = pidref_process(w->pid);
		*found = p;
		return p && p->p_parent == self ? check_child(p, w) : CHILD_NO;
	}
	list_foreach(p, &self->p_children, p_sibling) {
		r = check_child(p, w);
		if (r > best)
			best = r;
		if (r >= CHILD_REPORTED) {
			*found = p;
			return r;
		}
	}
	return best;
}

static enum wait_result scan_locked(struct process *self, struct wait_request *w,
				    struct process **found)
{
	enum wait_result r = scan_children_locked(self, w, found), traced;

	if (r >= CHILD_REPORTED || list_is_empty(&self->p_ptraced))
		return r;
	traced = trace_wait_locked(self, w, found);
	return max(r, traced);
}

/* 1: reported; 0: nothing yet; -ECHILD. */
static int scan(struct wait_request *w)
{
	struct process *self = process_self(), *p = NULL;
	u64 flags = spin_lock_irqsave(&process_tree_lock);
	enum wait_result r = scan_locked(self, w, &p);

	spin_unlock_irqrestore(&process_tree_lock, flags);
	if (r == CHILD_REAP) {
		if (p->p_parent == self)
			inherit_sums(self, p);
		process_release(p);
	}
	if (r >= CHILD_REPORTED)
		return 1;
	return r == CHILD_MAYBE ? 0 : -ECHILD;
}

int process_wait_child(struct wait_request *w)
{
	struct process *self = process_self();
	int r = scan(w);

	if (r || (w->options & WNOHANG))
		return r;
	if (waitq_wait_intr(&self->p_child_wait, (r = scan(w)) != 0))
		return -ERESTARTSYS;
	return r;
}

void process_reap_children(void)
{
	struct wait_request w;

	do {
		w = (struct wait_request){ .which = P_ALL, .options = WEXITED | WNOHANG | __WALL };
	} while (scan(&w) > 0);
}

/* ---- entry ---- */

static int wait_target(struct wait_request *w, int pid, struct pidref **ref)
{
	*ref = NULL;
	w->which = P_ALL;
	if (pid == -1)
		return 0;
	if (pid == -S32_MAX - 1)
		return -ESRCH;
	if (pid == 0) {
		w->which = P_PGID;
		rcu_read_lock();
		*ref = pidref_get(process_self()->p_pgrp);
		rcu_read_unlock();
	} else {
		w->which = pid < 0 ? P_PGID : P_PID;
		*ref = pidref_lookup(pid < 0 ? -pid : pid);
		if (!*ref)
			return -ECHILD;
	}
	w->pid = *ref;
	return 0;
}

long sys_wait4(int pid, int *ustatus, int options, void *ru)
{
	struct wait_request w = { .options = options | WEXITED };
	struct pidref *ref;
	int r;

	if ((u32)options & ~WAIT_OPTIONS)
		return -EINVAL;
	r = wait_target(&w, pid, &ref);
	if (!r)
		r = svc_proc_wait(&w);
	pidref_put(ref);
	if (r <= 0)
		return r;
	if (ustatus && user_put(w.status, ustatus))
		return -EFAULT;
	if (ru && user_copyout(ru, &w.ru, sizeof(w.ru)))
		return -EFAULT;
	return w.nr;
}

static int waitid_target(struct wait_request *w, int which, int id, struct pidref **ref)
{
	struct ofile *f;

	*ref = NULL;
	w->which = which == P_PIDFD ? P_PID : which;
	switch (which) {
	case P_ALL:
		return 0;
	case P_PID:
		if (id <= 0)
			return -EINVAL;
		break;
	case P_PGID:
		if (id < 0)
			return -EINVAL;
		if (id == 0)
			id = pidref_nr(process_self()->p_pgrp);
		break;
	case P_PIDFD:
		if (id < 0)
			return -EINVAL;
		f = fd_get(id);
		if (IS_ERR(f))
			return PTR_ERR(f);
		*ref = pidref_get(pidfd_pid_of(f));
		if (pidfd_is_nonblock(f))
			w->options |= WNOHANG;
		ofile_put(f);
		w->pid = *ref;
		return *ref ? 0 : -EBADF;
	default:
		return -EINVAL;
	}
	*ref = pidref_lookup(id);
	w->pid = *ref;
	return *ref ? 0 : -ECHILD;
}

static int put_waitid_info(void __user *uinfo, const struct wait_request *w, bool found)
{
	siginfo_t_ si;

	memset(&si, 0, sizeof(si));
	if (found) {
		si.si_signo = SIGCHLD;
		si.si_code = w->code;
		si.chld.pid = w->nr;
		si.chld.uid = w->uid;
		if (w->code == CLD_EXITED)
			si.chld.status = w->status >> 8 & 0xff;
		else if (w->code == CLD_STOPPED || w->code == CLD_TRAPPED)
			si.chld.status = w->status >> 8;
		else
			si.chld.status = w->code == CLD_CONTINUED ? SIGCONT : w->status & 0x7f;
	}
	/* As Linux: the union's tail stays as it was. */
	return user_copyout(uinfo, &si, offsetof(siginfo_t_, chld.utime));
}

long sys_waitid(int which, int id, void *uinfo, int options, void *ru)
{
	struct wait_request w = { .options = options };
	struct pidref *ref;
	bool nonblock;
	int r;

	if ((u32)options & ~(WAIT_OPTIONS | WNOWAIT | WEXITED))
		return -EINVAL;
	if (!(options & (WEXITED | WSTOPPED | WCONTINUED)))
		return -EINVAL;
	r = waitid_target(&w, which, id, &ref);
	nonblock = !(options & WNOHANG) && (w.options & WNOHANG);
	if (!r)
		r = svc_proc_wait(&w);
	pidref_put(ref);
	if (r < 0)
		return r;
	if (r == 0 && nonblock)
		return -EAGAIN;
	if (uinfo && put_waitid_info(uinfo, &w, r > 0))
		return -EFAULT;
	if (r > 0 && ru && user_copyout(ru, &w.ru, sizeof(w.ru)))
		return -EFAULT;
	return 0;
}
