// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending signals. A signal goes to one thread or to a process; the latter is
 * queued in the shared set and some thread that does not block it is woken.
 * What a process ignores is not queued at all, unless it is blocked (the mask
 * may change before it is looked at).
 *
 * A signal whose default action ends the process is turned into a group exit
 * at once: every thread gets SIGKILL pending and is woken even from
 * THREAD_KILLABLE sleeps. Stop signals and SIGCONT cancel each other when sent.
 *
 * WORK_SIGNAL in t_work says "something may be deliverable"; it is a hint that
 * delivery (sigdeliver.c) checks under the lock.
 *
 * Lock order: process_tree_lock > S (p_actions->lock) > signalfd queue, run
 * queues. p_actions may be replaced by exec: take S by signal_lock() only.
 * Contexts: sending works in any context but NMI.
 */
#include "proc_impl.h"

#include <asm/uaccess.h>
#include <tern/base/upcall.h>
#include <tern/kernel/persona.h>
#include <tern/kernel/userns.h>
#include <tern/lib/string.h>

struct sigactions *signal_lock(struct process *p, u64 *flags)
{
	struct sigactions *a;

	for (;;) {
		rcu_read_lock();
		a = rcu_load(p->p_actions);
		*flags = spin_lock_irqsave(&a->lock);
		rcu_read_unlock();
		if (likely(a == READ_ONCE(p->p_actions)))
			return a;
		spin_unlock_irqrestore(&a->lock, *flags);
	}
}

void signal_wake_thread(struct thread *t, bool is_fatal)
{
	u32 states = THREAD_SLEEPING;

	if (is_fatal)
		states |= THREAD_KILL_BIT | THREAD_STOPPED | THREAD_TRACED;
	thread_work_set(t, WORK_SIGNAL);
	if (t == thread_self())
		return;
	if (!thread_wake_state(t, states))
		sched_kick(t);
}

void signal_nudge_locked(struct thread *t)
{
	if (!(t->t_job & JOB_DYING))
		signal_wake_thread(t, false);
}

void signal_recalc_locked(void)
{
	struct thread *t = thread_self();
	ksigset set = (t->t_sig.pending.set | t->t_proc->p_pending.set) & ~t->t_sig.blocked;

	if (set || (t->t_job & (JOB_STOP_PENDING | JOB_TRAP_STOP | JOB_TRAP_NOTIFY | JOB_FREEZE))) {
		if (!(t->t_work & WORK_SIGNAL))
			thread_work_set(t, WORK_SIGNAL);
	} else if (t->t_work & WORK_SIGNAL) {
		thread_work_clear(t, WORK_SIGNAL);
	}
}

/* ---- what is ignored ---- */

/* Only from above its namespace, or by the kernel, an init is killed or stopped. */
static bool may_hit_init(struct process *p, const struct ksiginfo *info)
{
	struct pidns *ns = pidref_ns(p->p_pid);

	return ns->level && (!info || info->user.si_code == SI_KERNEL ||
			     !pidns_sees(ns, process_self()->p_pid));
}

static bool action_ignores(struct process *p, int sig, const struct ksiginfo *info)
{
	u64 handler = p->p_actions->act[sig - 1].handler;

	if (handler == SIG_IGN)
		return true;
	if (handler != SIG_DFL)
		return false;
	if ((p->p_flags & PROC_INIT))
		/* nothing it did not ask for */
		return !(SIGBIT(sig) & SIGSET_KILLSTOP) || !may_hit_init(p, info);
	return SIGBIT(sig) & SIGSET_IGNORED;
}

static bool send_is_ignored(struct thread *t, int sig, const struct ksiginfo *info)
{
	if ((t->t_sig.blocked | t->t_sig.real_blocked) & SIGBIT(sig))
		return false;
	if (t->t_trace && sig != SIGKILL)
		return false;	/* its tracer may want to know */
	return action_ignores(t->t_proc, sig, info);
}

bool signal_is_ignored(struct process *p, int sig)
{
	struct thread *t = thread_self();

	if (p == t->t_proc && (t->t_sig.blocked & SIGBIT(sig)))
		return true;
	return READ_ONCE(p->p_actions->act[sig - 1].handler) == SIG_IGN ||
	       (READ_ONCE(p->p_actions->act[sig - 1].handler) == SIG_DFL &&
		(SIGBIT(sig) & SIGSET_IGNORED));
}

/* ---- job control on the sender's side ---- */

static void drop_everywhere(struct process *p, ksigset mask)
{
	struct thread *t;

	sigqueue_drop_mask(&p->p_pending, mask);
	list_foreach(t, &p->p_threads, t_group_link)
		sigqueue_drop_mask(&t->t_sig.pending, mask);
}

static void send_continue(struct process *p)
{
	struct thread *t;
	u32 why = 0;

	drop_everywhere(p, SIGSET_STOP);
	list_foreach(t, &p->p_threads, t_group_link) {
		t->t_job &= ~(JOB_STOP_PENDING | JOB_STOP_CONSUME | JOB_STOP_DEQUEUED);
		if (!trace_stop_news_locked(t))
			thread_wake_state(t, THREAD_STOPPED);
	}
	/* The parent is told by the first thread that wakes: it may take the tree lock. */
	if (p->p_flags & PROC_STOPPED)
		why = PROC_CLD_CONTINUED;
	else if (p->p_stop_count)
		why = PROC_CLD_STOPPED;
	if (why) {
		p->p_flags = (p->p_flags & ~(PROC_STOPPED | PROC_CLD_STOPPED | PROC_CLD_CONTINUED)) |
			     why | PROC_CONTINUED;
		p->p_stop_count = 0;
		p->p_stop_code = 0;
	}
}

/* False: nothing is to be queued. */
static bool send_prepare(struct process *p, struct thread *t, int sig,
			 const struct ksiginfo *info)
{
	if (p->p_flags & PROC_GROUP_EXIT)
		return (p->p_flags & PROC_COREDUMP) && sig == SIGKILL;
	if (SIGBIT(sig) & SIGSET_STOP)
		drop_everywhere(p, SIGBIT(SIGCONT));
	else if (sig == SIGCONT)
		send_continue(p);
	return !send_is_ignored(t, sig, info);
}

/* ---- choosing who takes it ---- */

static bool thread_wants(struct thread *t, int sig)
{
	if ((t->t_sig.blocked & SIGBIT(sig)) || (t->t_job & JOB_DYING))
		return false;
	if (sig == SIGKILL)
		return true;
	if (READ_ONCE(t->t_state) & (THREAD_STOPPED | THREAD_TRACED))
		return false;
	return t == thread_self() || !(t->t_work & WORK_SIGNAL);
}

static struct thread *choose_thread(struct process *p, struct thread *first, int sig)
{
	struct thread *t;

	if (thread_wants(first, sig))
		return first;
	list_foreach(t, &p->p_threads, t_group_link)
		if (thread_wants(t, sig))
			return t;
	return NULL;
}

void signal_kill_others_locked(struct process *p, struct thread *self)
{
	struct thread *t;

	p->p_stop_count = 0;
	list_foreach(t, &p->p_threads, t_group_link) {
		if (t == self || (t->t_job & JOB_DYING))
			continue;
		t->t_job = (t->t_job & ~(JOB_STOP_PENDING | JOB_STOP_CONSUME)) | JOB_SIGKILL;
		t->t_sig.pending.set |= SIGBIT(SIGKILL);
		signal_wake_thread(t, true);
	}
}

static bool is_fatal_now(struct process *p, struct thread *t, int sig)
{
	ksigset bit = SIGBIT(sig);

	if (sig == SIGKILL)
		return true;
	return p->p_actions->act[sig - 1].handler == SIG_DFL && !(p->p_flags & PROC_INIT) &&
	       !(bit & (SIGSET_IGNORED | SIGSET_STOP | SIGSET_CORE)) &&
	       !(t->t_sig.real_blocked & bit) && !t->t_trace;
}

static void send_complete(struct process *p, struct thread *t, int sig, bool to_process)
{
	t = to_process ? choose_thread(p, t, sig) : thread_wants(t, sig) ? t : NULL;
	if (!t)
		return;		/* found when somebody unblocks it */
	if (is_fatal_now(p, t, sig) && !(p->p_flags & PROC_GROUP_EXIT)) {
		p->p_flags = (p->p_flags & ~PROC_STOPPED) | PROC_GROUP_EXIT;
		p->p_group_exit_code = sig;
		signal_kill_others_locked(p, NULL);
		return;
	}
	signal_wake_thread(t, sig == SIGKILL);
}

/* ---- queueing ---- */

/* The sender as the receiver's namespaces see him. */
static void sender_show(struct ksiginfo *to, const struct ksiginfo *info, struct thread *t)
{
	struct userns *u = t->t_real_cred->ns;
	int code = info->user.si_code;

	*to = *info;
	if (code != SI_USER && code != SI_TKILL && code != SI_QUEUE)
		return;
	if (u != userns_self())
		to->user.kill.uid = uid_show_in(u, uid_in(info->user.kill.uid));
	if (!pidns_sees(pidref_ns(t->t_pid), process_self()->p_pid))
		to->user.kill.pid = 0;
}

static int send_queue(struct process *p, struct thread *t, struct sigpendset *sp, int sig,
		      const struct ksiginfo *info)
{
	bool is_kernel = !info || info->user.si_code == SI_KERNEL;
	bool must = is_kernel || (sig < SIGRTMIN && info->user.si_code >= 0);
	struct sigqueued *q;

	q = sigqueued_alloc(t->t_real_cred, rlimit_of(p, RLIMIT_SIGPENDING), must);
	if (!q) {
		/* Without information a plain signal still arrives. */
		if (sig >= SIGRTMIN && !is_kernel && info->user.si_code != SI_USER)
			return -EAGAIN;
		return 0;
	}
	if (info)
		sender_show(&q->info, info, t);
	else
		signal_fill_kernel(&q->info, sig);
	list_add_tail(&q->link, &sp->queue);
	return 0;
}

/*
 * S. Its leader comes first in the list, as long as that lives. NULL once the process was waited for: who holds
 * a reference only (the choice of a victim) may come too late, and p_leader is gone by then.
 */
static struct thread *first_thread(struct process *p)
{
	struct thread *t;

	list_foreach(t, &p->p_threads, t_group_link)
		if (!(t->t_job & JOB_DYING))
			return t;
	return NULL;
}

static void signalfd_wake(struct sigactions *a)
{
	if (!waitq_is_empty(&a->signalfd_wait))
		waitq_wake(&a->signalfd_wait, 0, 1);
}

int signal_send_locked(int sig, const struct ksiginfo *info, struct thread *t, bool to_process)
{
	struct process *p = t->t_proc;
	struct sigpendset *sp = to_process ? &p->p_pending : &t->t_sig.pending;
	int err;

	if ((p->p_flags & PROC_KERNEL) || !send_prepare(p, t, sig, info))
		return 0;
	if (sig < SIGRTMIN && (sp->set & SIGBIT(sig)))
		return 0;
	if (sig != SIGKILL) {
		err = send_queue(p, t, sp, sig, info);
		if (err)
			return err;
	}
	sp->set |= SIGBIT(sig);
	signalfd_wake(p->p_actions);
	send_complete(p, t, sig, to_process);
	return 0;
}

int signal_send_thread(struct thread *t, int sig, const struct ksiginfo *info)
{
	struct sigactions *a;
	u64 flags;
	int err = 0;

	if (!sig)
		return 0;
	a = signal_lock(t->t_proc, &flags);
	if (!(t->t_job & JOB_DYING))
		err = signal_send_locked(sig, info, t, false);
	signal_unlock(a, flags);
	return err;
}

int signal_send_process(struct process *p, int sig, const struct ksiginfo *info)
{
	struct sigactions *a;
	struct thread *t;
	u64 flags;
	int err = 0;

	if (!sig)
		return 0;
	a = signal_lock(p, &flags);
	t = first_thread(p);
	if (t)
		err = signal_send_locked(sig, info, t, true);
	signal_unlock(a, flags);
	return err;
}

int signal_send_pgrp(struct pidref *pgrp, int sig, const struct ksiginfo *info)
{
	u64 flags = spin_lock_irqsave(&process_tree_lock);
	struct hnode *n;
	int err = -ESRCH;

	for (n = pgrp ? pgrp->users[PIDROLE_PGRP].first : NULL; n; n = n->next) {
		struct process *p = container_of(n, struct process, p_role_node[PIDROLE_PGRP]);

		signal_send_process(p, sig, info);
		err = 0;
	}
	spin_unlock_irqrestore(&process_tree_lock, flags);
	return err;
}

int signal_send_queued(struct process *p, struct thread *t, struct sigqueued *q)
{
	bool to_process = !t;
	int sig = q->info.user.si_signo, ret = 1;
	struct sigactions *a;
	struct sigpendset *sp;
	u64 flags;

	a = signal_lock(p, &flags);
	if (!t)
		t = first_thread(p);
	if (!t || (t->t_job & JOB_DYING) || !list_is_empty(&q->link))
		goto out;
	if (!send_prepare(p, t, sig, &q->info))
		goto out;
	sp = to_process ? &p->p_pending : &t->t_sig.pending;
	list_add_tail(&q->link, &sp->queue);
	sp->set |= SIGBIT(sig);
	signalfd_wake(a);
	send_complete(p, t, sig, to_process);
	ret = 0;
out:
	signal_unlock(a, flags);
	return ret;
}

/* ---- faults ---- */

static void force(int sig, const struct ksiginfo *info, bool is_fatal)
{
	struct thread *t = thread_self();
	struct process *p = t->t_proc;
	struct ksigaction *act;
	struct sigactions *a;
	u64 flags;

	a = signal_lock(p, &flags);
	act = &a->act[sig - 1];
	if (is_fatal || act->handler == SIG_IGN || (t->t_sig.blocked & SIGBIT(sig))) {
		act->handler = SIG_DFL;
		t->t_sig.blocked &= ~SIGBIT(sig);
	}
	if (is_fatal)
		t->t_job |= JOB_FATAL_FORCED;
	if (act->handler == SIG_DFL)
		p->p_flags &= ~PROC_INIT;	/* even pid 1 dies of its own faults */
	signal_send_locked(sig, info, t, false);
	thread_work_set(t, WORK_SIGNAL);
	signal_unlock(a, flags);
}

void signal_force(int sig, const struct ksiginfo *info)
{
	force(sig, info, false);
}

void signal_force_fatal(int sig, const struct ksiginfo *info)
{
	force(sig, info, true);
}

void signal_force_simple(int sig)
{
	struct ksiginfo info;

	signal_fill_kernel(&info, sig);
	signal_force(sig, &info);
}

void trap_signal(int sig, int si_code, uptr addr, u32 trapno)
{
	struct thread *t = thread_self();
	struct ksiginfo info;

	memset(&info, 0, sizeof(info));
	info.user.si_signo = sig;
	info.user.si_code = si_code;
	info.user.fault.addr = (void *)addr;
	t->t_arch.trap_no = trapno;
	if (t->t_persona && t->t_persona->fault(thread_frame(t), sig, si_code, addr))
		return;
	signal_force(sig, &info);
}

void signal_fill_kernel(struct ksiginfo *info, int sig)
{
	memset(info, 0, sizeof(*info));
	info->user.si_signo = sig;
	info->user.si_code = SI_KERNEL;
}

void signal_fill_user(struct ksiginfo *info, int sig, int code)
{
	memset(info, 0, sizeof(*info));
	info->user.si_signo = sig;
	info->user.si_code = code;
	info->user.kill.pid = pidref_nr(process_self()->p_pid);
	info->user.kill.uid = uid_show(cred_self()->uid);
}

int signal_may_send(struct process *target, int sig, bool from_user)
{
	const struct credset *c = cred_self(), *tc;
	struct process *self = process_self();
	struct thread *leader;
	int err = -EPERM;

	if (!from_user || target == self)
		return 0;
	rcu_read_lock();
	leader = rcu_load(target->p_leader);
	if (!leader) {
		rcu_read_unlock();
		return -ESRCH;
	}
	tc = rcu_load(leader->t_real_cred);
	if (c->euid == tc->suid || c->euid == tc->uid || c->uid == tc->suid || c->uid == tc->uid ||
	    cap_has_cred(c, tc->ns, CAP_KILL) ||
	    (sig == SIGCONT && READ_ONCE(target->p_session) == READ_ONCE(self->p_session)))
		err = 0;
	rcu_read_unlock();
	return err;
}

/* ---- masks of thread_self ---- */

bool signal_is_pending(void)
{
	const struct thread *t = thread_self();

	return (READ_ONCE(t->t_work) & (WORK_SIGNAL | WORK_PERSONA)) ||
	       unlikely(READ_ONCE(t->t_nowait));
}

bool signal_is_fatal_pending(void)
{
	struct thread *t = thread_self();

	return (READ_ONCE(t->t_work) & WORK_SIGNAL) &&
	       (READ_ONCE(t->t_sig.pending.set) & SIGBIT(SIGKILL));
}

/* Somebody else shall look at shared signals that @t will not take any more. */
void signal_retarget_locked(struct thread *t, ksigset which)
{
	struct process *p = t->t_proc;
	struct thread *other;

	which &= p->p_pending.set;
	if (!which)
		return;
	list_foreach(other, &p->p_threads, t_group_link) {
		if (other == t || (other->t_job & JOB_DYING) || !(which & ~other->t_sig.blocked))
			continue;
		which &= other->t_sig.blocked;
		signal_wake_thread(other, false);
		if (!which)
			return;
	}
}

void signal_set_blocked(ksigset mask)
{
	struct thread *t = thread_self();
	struct process *p = t->t_proc;
	struct sigactions *a;
	u64 flags;

	mask &= ~SIGSET_KILLSTOP;
	if (mask == t->t_sig.blocked)
		return;
	a = signal_lock(p, &flags);
	if ((t->t_work & WORK_SIGNAL) && p->p_nthreads > 1)
		signal_retarget_locked(t, mask & ~t->t_sig.blocked);
	t->t_sig.blocked = mask;
	signal_recalc_locked();
	signal_unlock(a, flags);
}

int signal_set_mask_temp(const u64 __user *mask, size_t size)
{
	struct thread *t = thread_self();
	ksigset set;

	if (!mask)
		return 0;
	if (size != sizeof(set))
		return -EINVAL;
	if (user_get(set, mask))
		return -EFAULT;
	t->t_sig.saved_mask = t->t_sig.blocked;
	t->t_sig.restore_saved = true;
	signal_set_blocked(set);
	return 0;
}

void signal_restore_mask_now(bool was_interrupted)
{
	struct thread *t = thread_self();

	if (!t->t_sig.restore_saved)
		return;
	if (was_interrupted) {
		thread_work_set(t, WORK_NOTIFY);	/* the handler runs under the new mask first */
		return;
	}
	t->t_sig.restore_saved = false;
	signal_set_blocked(t->t_sig.saved_mask);
}
