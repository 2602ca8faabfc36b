// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls that send signals: kill family, queueing with a value, pidfds.
 */
#include "proc_impl.h"

#include <generated/svc_proc.h>
#include <asm/uaccess.h>
#include <tern/kernel/syscalls.h>
#include <tern/kernel/vfsface.h>

static bool sig_is_sendable(int sig)
{
	return sig >= 0 && sig <= NSIG;
}

static int send_checked(struct process *p, int sig, const struct ksiginfo *info)
{
	int err = signal_may_send(p, sig, true);

	return err ? err : signal_send_process(p, sig, info);
}

/* Process that a number names, by leader or by any thread; RCU held. */
static struct process *process_by_nr(s32 nr)
{
	struct pidref *ref = pidref_find(nr);
	struct process *p = pidref_process(ref);
	struct thread *t = p ? NULL : pidref_thread(ref);

	if (t)
		p = t->t_proc;
	return p && !(p->p_flags & PROC_KERNEL) ? p : NULL;
}

static int kill_one(s32 nr, int sig, const struct ksiginfo *info)
{
	struct process *p;
	int err = -ESRCH;

	rcu_read_lock();
	p = process_by_nr(nr);
	if (p)
		err = send_checked(p, sig, info);
	rcu_read_unlock();
	return err;
}

static int kill_pgrp_locked(struct pidref *pgrp, int sig, const struct ksiginfo *info)
{
	bool any_ok = false;
	int err = -ESRCH;
	struct hnode *n;

	for (n = pgrp ? pgrp->users[PIDROLE_PGRP].first : NULL; n; n = n->next) {
		err = send_checked(container_of(n, struct process, p_role_node[PIDROLE_PGRP]), sig,
				   info);
		any_ok |= !err;
	}
	return any_ok ? 0 : err;
}

/* The group of the first process and of those that did not leave it: it has no name. */
static int kill_first_group_locked(int sig, const struct ksiginfo *info)
{
	bool any_ok = false;
	struct process *p;
	int err = -ESRCH;

	list_foreach(p, &process_all, p_all_link) {
		if (p->p_pgrp || (p->p_flags & PROC_KERNEL))
			continue;
		err = send_checked(p, sig, info);
		any_ok |= !err;
	}
	return any_ok ? 0 : err;
}

static int kill_own_group_locked(int sig, const struct ksiginfo *info)
{
	struct pidref *pgrp = process_self()->p_pgrp;

	return pgrp ? kill_pgrp_locked(pgrp, sig, info) : kill_first_group_locked(sig, info);
}

static int kill_everybody_locked(int sig, const struct ksiginfo *info)
{
	struct process *p;
	int err = -ESRCH, e;

	list_foreach(p, &process_all, p_all_link) {
		if (p == process_self() || pidref_nr(p->p_pid) <= 1)
			continue;
		e = send_checked(p, sig, info);
		if (e != -EPERM || err == -ESRCH)
			err = e;
	}
	return err;
}

long signal_by_number(s32 pid, int sig, const struct ksiginfo *info)
{
	u64 flags;
	int err;

	if (pid > 0)
		return kill_one(pid, sig, info);
	if (pid == -S32_MAX - 1)	/* INT_MIN has no positive */
		return -ESRCH;
	flags = spin_lock_irqsave(&process_tree_lock);
	if (pid == 0)
		err = kill_own_group_locked(sig, info);
	else if (pid == -1)
		err = kill_everybody_locked(sig, info);
	else
		err = kill_pgrp_locked(pidref_find(-pid), sig, info);
	spin_unlock_irqrestore(&process_tree_lock, flags);
	return err;
}

long sys_kill(int pid, int sig)
{
	struct ksiginfo info;

	if (!sig_is_sendable(sig))
		return -EINVAL;
	signal_fill_user(&info, sig, SI_USER);
	return svc_proc_signal(pid, sig, &info);
}

/* @tgid 0: any. */
long signal_one_thread(s32 tgid, s32 tid, int sig, const struct ksiginfo *info)
{
	struct thread *t;
	long err = -ESRCH;

	rcu_read_lock();
	t = pidref_thread(pidref_find(tid));
	if (t && !(t->t_proc->p_flags & PROC_KERNEL) &&
	    (!tgid || pidref_nr(t->t_proc->p_pid) == tgid)) {
		err = signal_may_send(t->t_proc, sig, true);
		if (!err)
			err = signal_send_thread(t, sig, info);
	}
	rcu_read_unlock();
	return err;
}

long sys_tkill(int tid, int sig)
{
	struct ksiginfo info;

	if (tid <= 0 || !sig_is_sendable(sig))
		return -EINVAL;
	signal_fill_user(&info, sig, SI_TKILL);
	return svc_proc_signal_thread(0, tid, sig, &info);
}

long sys_tgkill(int tgid, int tid, int sig)
{
	struct ksiginfo info;

	if (tgid <= 0 || tid <= 0 || !sig_is_sendable(sig))
		return -EINVAL;
	signal_fill_user(&info, sig, SI_TKILL);
	return svc_proc_signal_thread(tgid, tid, sig, &info);
}

/* Only the kernel may claim to be the kernel, or kill(2), towards others. */
static int info_from_user(struct ksiginfo *info, const void __user *uinfo, int sig, bool is_self)
{
	if (user_copyin(info, uinfo, sizeof(*info)))
		return -EFAULT;
	info->user.si_signo = sig;
	if ((info->user.si_code >= 0 || info->user.si_code == SI_TKILL) && !is_self)
		return -EPERM;
	return 0;
}

long sys_rt_sigqueueinfo(int pid, int sig, const void *uinfo)
{
	struct ksiginfo info;
	int err = info_from_user(&info, uinfo, sig, pid == pidref_nr(process_self()->p_pid));

	if (err)
		return err;
	if (!sig_is_sendable(sig))
		return -EINVAL;
	return kill_one(pid, sig, &info);
}

long sys_rt_tgsigqueueinfo(int tgid, int tid, int sig, const void *uinfo)
{
	struct ksiginfo info;
	int err;

	if (tgid <= 0 || tid <= 0 || !sig_is_sendable(sig))
		return -EINVAL;
	err = info_from_user(&info, uinfo, sig, tgid == pidref_nr(process_self()->p_pid));
	return err ? err : svc_proc_signal_thread(tgid, tid, sig, &info);
}

/* ---- pidfds ---- */

static int pidfd_send(struct pidref *pid, int sig, struct ksiginfo *info, const void __user *uinfo)
{
	struct process *p;
	int err;

	rcu_read_lock();
	p = pidref_process(pid);
	rcu_read_unlock();
	if (uinfo) {
		err = info_from_user(info, uinfo, sig, p == process_self());
		if (err)
			return err;
	} else {
		signal_fill_user(info, sig, SI_USER);
	}
	rcu_read_lock();
	p = pidref_process(pid);
	err = p ? send_checked(p, sig, info) : -ESRCH;
	rcu_read_unlock();
	return err;
}

long sys_pidfd_send_signal(int pidfd, int sig, const void *uinfo, u32 flags)
{
	struct ksiginfo info;
	struct pidref *pid;
	struct ofile *f;
	int signo, err;

	if (flags)
		return -EINVAL;
	f = fd_get(pidfd);
	if (IS_ERR(f))
		return PTR_ERR(f);
	pid = pidfd_pid_of(f);
	if (!pid)
		pid = procdir_pid_of(f);
	err = pid ? 0 : -EBADF;
	if (!err && uinfo) {
		err = user_get(signo, (const int __user *)uinfo);
		if (!err && signo != sig)
			err = -EINVAL;
	}
	if (!err && !sig_is_sendable(sig))
		err = -EINVAL;
	if (!err)
		err = pidfd_send(pid, sig, &info, uinfo);
	ofile_put(f);
	return err;
}

#define PIDFD_NONBLOCK 04000u

long sys_pidfd_open(int pid, u32 flags)
{
	struct pidref *ref;
	struct ofile *f;
	bool is_process;
	int fd;

	if ((flags & ~PIDFD_NONBLOCK) || pid <= 0)
		return -EINVAL;
	ref = pidref_lookup(pid);
	if (!ref)
		return -ESRCH;
	rcu_read_lock();
	is_process = pidref_process(ref);
	fd = is_process ? 0 : pidref_thread(ref) ? -EINVAL : -ESRCH;
	rcu_read_unlock();
	if (!fd)
		fd = fd_reserve(0, true);
	if (fd < 0)
		goto out;
	f = pidfd_create(ref, flags);
	if (IS_ERR(f)) {
		fd_cancel(fd);
		fd = PTR_ERR(f);
		goto out;
	}
	fd_publish(fd, f);
out:
	pidref_put(ref);
	return fd;
}

long sys_pidfd_getfd(int pidfd, int fd, u32 flags)
{
	struct ofile *f, *target;
	struct pidref *pid;
	struct process *p;
	struct thread *t;
	long ret = -ESRCH;

	if (flags)
		return -EINVAL;
	f = fd_get(pidfd);
	if (IS_ERR(f))
		return PTR_ERR(f);
	pid = pidfd_pid_of(f);
	rcu_read_lock();
	p = pidref_process(pid);
	t = p ? rcu_load(p->p_leader) : NULL;
	if (t && ref_get_unless_zero(&t->t_refs))
		ret = 0;
	rcu_read_unlock();
	if (!pid)
		ret = -EBADF;
	ofile_put(f);
	if (ret)
		return ret;
	target = process_may_access(t->t_proc, true) ? fdtab_file_of(t, fd) : ERR_PTR(-EPERM);
	thread_put(t);
	if (IS_ERR_OR_NULL(target))
		return target ? PTR_ERR(target) : -EBADF;
	ret = fd_reserve(0, true);
	if (ret < 0)
		ofile_put(target);
	else
		fd_publish(ret, target);
	return ret;
}
