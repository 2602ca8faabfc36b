// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making threads and processes. process_clone_new() builds a thread, and unless
 * CLONE_THREAD is given a process around it, part by part; each part has an
 * undo, so that any failure leaves nothing behind. The new thread becomes
 * visible in one step under process_tree_lock, after which nothing can fail.
 *
 * vfork: parent and child share a struct vforkwait; the child opens its latch
 * when it execs or exits, and whoever comes last frees it (the parent may be
 * killed while it waits).
 *
 * Lock order: process_tree_lock > S.
 */
#include "proc_impl.h"

#include <asm/uaccess.h>
#include <tern/kernel/cgroup.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/ctty.h>
#include <tern/kernel/keyring.h>
#include <tern/kernel/persona.h>
#include <tern/kernel/procnews.h>
#include <tern/kernel/seccomp.h>
#include <tern/kernel/sysvipc.h>
#include <tern/kernel/trace.h>
#include <tern/kernel/userns.h>
#include <tern/kernel/vfsface.h>
#include <tern/kernel/timens.h>
#include <tern/lib/string.h>
#include <tern/mm/aspace.h>
#include <tern/mm/slab.h>
#include <tern/svc/fault.h>
#include <uapi/clone.h>

struct vforkwait {
	struct latch latch;	/* first: t_vfork points here */
	refcount refs;
};

static void vforkwait_put(struct vforkwait *w)
{
	if (ref_put(&w->refs))
		kmem_free(w);
}

/* The child has its own memory again, or is gone. */
void thread_vfork_done(struct thread *t)
{
	struct vforkwait *w = (struct vforkwait *)t->t_vfork;

	if (!w)
		return;
	t->t_vfork = NULL;
	t->t_flags &= ~TF_VFORKED;
	latch_open_all(&w->latch);
	vforkwait_put(w);
}

/* ---- parts of a thread ---- */

static int limits_check(const struct credset *c)
{
	u64 limit = rlimit_get(RLIMIT_NPROC);

	if (thread_count() >= process_thread_max)
		return -EAGAIN;
	if ((u64)atomic_read(&c->user->nprocs) < limit || c->user->uid == 0)
		return 0;
	return cap_has(CAP_SYS_RESOURCE) || cap_has(CAP_SYS_ADMIN) ? 0 : -EAGAIN;
}

static void copy_plain(struct thread *t, const struct thread *self, const struct clone_args_k *a)
{
	t->t_flags = TF_FORKNOEXEC | (a->kfn ? TF_KTHREAD : 0);
	t->t_work = self->t_work & (WORK_SECCOMP | WORK_SVCMASK | WORK_AUDIT);
	t->t_persona = self->t_persona;
	t->t_svcmask = a->kfn ? U64_MAX : self->t_svcmask;
	t->t_timer_slack_ns = self->t_timer_slack_ns ? self->t_timer_slack_ns : 50000;
	t->t_ioprio = self->t_ioprio;
	t->t_mempolicy = self->t_mempolicy;
	t->t_start_ns = clock_ns();
	t->t_start_boot_ns = clock_boot_ns();
	t->t_sig.blocked = self->t_sig.blocked;
	if (!(a->flags & CLONE_VM) || (a->flags & CLONE_VFORK)) {
		t->t_sig.altstack_sp = self->t_sig.altstack_sp;
		t->t_sig.altstack_size = self->t_sig.altstack_size;
		t->t_sig.altstack_flags = self->t_sig.altstack_flags;
	}
	if (!(a->flags & CLONE_VM)) {
		t->t_rseq = self->t_rseq;
		t->t_rseq_len = self->t_rseq_len;
		t->t_rseq_sig = self->t_rseq_sig;
	}
	memcpy(t->t_comm, self->t_comm, sizeof(t->t_comm));
	if (a->kname)
		strlcpy(t->t_comm, a->kname, sizeof(t->t_comm));
	if (a->flags & CLONE_CHILD_CLEARTID)
		t->t_clear_tid = a->child_tid;
	if (a->flags & CLONE_CHILD_SETTID) {
		t->t_set_tid = a->child_tid;
		t->t_work |= WORK_NOTIFY;
	}
	if (t->t_rseq)
		t->t_work |= WORK_NOTIFY;
}

static int copy_files(struct thread *t, struct thread *self, const struct clone_args_k *a)
{
	if (a->flags & CLONE_FILES) {
		t->t_files = self->t_files;
		fdtab_get(t->t_files);
	} else {
		t->t_files = self->t_files ? fdtab_copy(self->t_files) : fdtab_create();
	}
	return t->t_files ? 0 : -ENOMEM;
}

static int copy_fs(struct thread *t, struct thread *self, const struct clone_args_k *a)
{
	if ((a->flags & CLONE_FS) && self->t_fs) {
		face_fsctx_get(self->t_fs);
		t->t_fs = self->t_fs;
		return 0;
	}
	t->t_fs = fsctx_copy(self->t_fs ? self->t_fs : &fsctx_initial);
	return t->t_fs ? 0 : -ENOMEM;
}

static int copy_aspace(struct thread *t, struct thread *self, const struct clone_args_k *a)
{
	struct aspace *as;

	if (!self->t_as)
		return 0;
	if (a->flags & CLONE_VM) {
		aspace_get(self->t_as);
		t->t_as = self->t_as;
		return 0;
	}
	as = aspace_fork(self->t_as);
	if (IS_ERR(as))
		return PTR_ERR(as);
	t->t_as = as;
	/* Who has memory of its own has its own clocks. */
	if (t->t_ns->time != nsset_self()->time)
		timens_enter(t->t_ns->time, as);
	return 0;
}

static int copy_arch(struct thread *t, const struct clone_args_k *a)
{
	if (a->kfn) {
		arch_thread_init_kernel(t, a->kfn, a->karg);
		return 0;
	}
	return arch_thread_init_user(t, thread_frame(thread_self()), a->stack, a->tls,
				     a->flags & CLONE_SETTLS);
}

/* Credentials; with CLONE_NEWUSER root's of a new user namespace. */
static int copy_cred(struct thread *t, struct thread *self, const struct clone_args_k *a)
{
	struct credset *c;
	int err;

	if (a->flags & CLONE_NEWUSER) {
		c = cred_copy(self->t_real_cred);
		if (!c)
			return -ENOMEM;
		err = userns_enter_new(c);
		if (err) {
			cred_put(c);
			return err;
		}
	} else {
		c = cred_get(self->t_real_cred);
	}
	t->t_cred = t->t_real_cred = c;
	atomic_inc(&c->user->nprocs);
	return 0;
}

static int copy_namespaces(struct thread *t, const struct clone_args_k *a)
{
	struct namespaces *s = nsset_self();
	bool leaves = !(a->flags & CLONE_VM) && s->time != s->time_children;

	if (a->flags & CLONE_NEWANY & ~CLONE_NEWUSER)
		s = nsset_clone(s, a->flags, t->t_real_cred->ns, t->t_fs);
	else
		s = leaves ? nsset_dup(s) : nsset_get(s);
	if (IS_ERR_OR_NULL(s))
		return s ? PTR_ERR(s) : -ENOMEM;
	t->t_ns = s;
	if (!(a->flags & CLONE_VM) && s->time != s->time_children) {
		nsbase_put(&s->time->base);
		s->time = s->time_children;
		nsbase_get(&s->time->base);
	}
	return 0;
}

static int want_check(const struct clone_args_k *a, struct pidns *ns)
{
	if (a->nwant > ns->level + 1)
		return -EINVAL;
	for (u32 i = 0; i < a->nwant; i++, ns = ns->parent) {
		if (a->want_pid[i] < 1 || (u32)a->want_pid[i] >= pid_limit)
			return -EINVAL;
		/* The first process of a namespace is number 1. */
		if (a->want_pid[i] != 1 && !READ_ONCE(ns->init))
			return -EINVAL;
		if (!a->kfn && !cap_has_in(ns->base.owner, CAP_SYS_ADMIN) &&
		    !cap_has_in(ns->base.owner, CAP_CHECKPOINT_RESTORE))
			return -EPERM;
	}
	return 0;
}

static int give_pid(struct thread *t, const struct clone_args_k *a)
{
	struct pidns *ns = t->t_ns->pid_children;
	struct pidref *pid;
	int err = want_check(a, ns);

	if (err)
		return err;
	pid = pidref_alloc(ns, a->want_pid, a->nwant);
	if (IS_ERR(pid))
		return PTR_ERR(pid);
	t->t_pid = pid;
	return 0;
}

/* ---- parts of a process ---- */

static struct sigactions *copy_actions(struct process *from, u64 clone_flags)
{
	struct sigactions *n, *old;
	u64 flags;
	int i;

	if (clone_flags & CLONE_SIGHAND) {
		ref_get(&from->p_actions->refs);
		return from->p_actions;
	}
	n = sigactions_alloc();
	if (!n)
		return NULL;
	old = signal_lock(from, &flags);
	memcpy(n->act, old->act, sizeof(n->act));
	signal_unlock(old, flags);
	for (i = 0; i < NSIG && (clone_flags & CLONE_CLEAR_SIGHAND); i++)
		if (n->act[i].handler != SIG_IGN)
			n->act[i].handler = SIG_DFL;
	return n;
}

static struct process *process_build(struct process *from, const struct clone_args_k *a)
{
	struct process *p = process_alloc();
	u64 flags;

	if (!p)
		return ERR_PTR(-ENOMEM);
	p->p_actions = copy_actions(from, a->flags);
	if (!p->p_actions) {
		ref_init(&p->p_refs, 1);
		process_put(p);
		return ERR_PTR(-ENOMEM);
	}
	flags = spin_lock_irqsave(&from->p_lock);
	memcpy(p->p_rlimit, from->p_rlimit, sizeof(p->p_rlimit));
	spin_unlock_irqrestore(&from->p_lock, flags);
	p->p_start_boot_ns = clock_boot_ns();
	p->p_personality = from->p_personality;
	p->p_oom_score_adj = from->p_oom_score_adj;
	p->p_oom_score_adj_min = from->p_oom_score_adj_min;
	p->p_exit_signal = a->exit_signal;
	return p;
}

static void process_unbuild(struct process *p)
{
	ref_init(&p->p_refs, 1);
	process_put(p);
}

/* ---- becoming visible ---- */

static void link_process_locked(struct process *p, struct thread *t, struct process *from,
				const struct clone_args_k *a)
{
	struct process *parent = from;

	p->p_leader = t;
	p->p_pid = pidref_get(t->t_pid);
	if (process_is_init(p)) {
		p->p_flags |= PROC_INIT;
		rcu_publish(pidref_ns(p->p_pid)->init, p);
	}
	p->p_parent_serial = thread_self()->t_serial;
	if (a->flags & CLONE_PARENT) {
		parent = from->p_parent;
		p->p_exit_signal = from->p_exit_signal;
		p->p_parent_serial = from->p_parent_serial;
	}
	p->p_parent = parent;
	p->p_has_subreaper = from->p_has_subreaper || from->p_is_subreaper;
	p->p_pgrp = pidref_get(from->p_pgrp);
	p->p_session = pidref_get(from->p_session);
	p->p_tty = from->p_tty;
	if (p->p_tty)
		ctty_ops->get(p->p_tty);
	list_add_tail_rcu(&p->p_sibling, &parent->p_children);
	pidref_attach(p->p_pid, PIDROLE_PROCESS, &p->p_role_node[PIDROLE_PROCESS]);
	if (p->p_pgrp)
		pidref_attach(p->p_pgrp, PIDROLE_PGRP, &p->p_role_node[PIDROLE_PGRP]);
	if (p->p_session)
		pidref_attach(p->p_session, PIDROLE_SESSION, &p->p_role_node[PIDROLE_SESSION]);
	process_list_add_locked(p);
}

static int link_thread(struct thread *t, const struct clone_args_k *a, struct tracerec *trace)
{
	struct thread *self = thread_self();
	struct process *from = self->t_proc, *p = t->t_proc;
	bool is_new = p != from;
	int err;
	u64 flags = spin_lock_irqsave(&process_tree_lock);

	spin_lock(&from->p_actions->lock);
	if (!(self->t_flags & TF_KTHREAD) &&
	    ((from->p_flags & PROC_GROUP_EXIT) || (self->t_job & JOB_SIGKILL) ||
	     (from->p_exec_thread && !is_new))) {
		spin_unlock(&from->p_actions->lock);
		spin_unlock_irqrestore(&process_tree_lock, flags);
		return -ERESTARTNOINTR;
	}
	if (READ_ONCE(pidref_ns(t->t_pid)->is_closed)) {
		spin_unlock(&from->p_actions->lock);
		spin_unlock_irqrestore(&process_tree_lock, flags);
		return -ENOMEM;
	}
	err = cgroup_fork_locked(t, from, a->cgroup);
	if (err) {
		spin_unlock(&from->p_actions->lock);
		spin_unlock_irqrestore(&process_tree_lock, flags);
		return err;
	}
	/* Now, as a sibling may have given us filters meanwhile. */
	t->t_seccomp = secfilter_get(self->t_seccomp);
	t->t_work |= self->t_work & WORK_SECCOMP;
	if (is_new)
		link_process_locked(p, t, from, a);
	list_add_tail_rcu(&t->t_group_link, &p->p_threads);
	p->p_nthreads++;
	p->p_nlive++;
	if (!is_new && (self->t_job & JOB_STOP_PENDING)) {
		t->t_job = JOB_STOP_PENDING | JOB_STOP_CONSUME;
		p->p_stop_count++;
		t->t_work |= WORK_SIGNAL;
	}
	if (trace)
		trace_fork_locked(trace, t);
	spin_unlock(&from->p_actions->lock);
	pidref_attach(t->t_pid, PIDROLE_THREAD, &t->t_pid_node);
	thread_list_add_locked(t);
	spin_unlock_irqrestore(&process_tree_lock, flags);
	return 0;
}

/* ---- the whole ---- */

static void drop_user_parts(struct thread *t)
{
	sysvsem_thread_exit(t);
	keys_thread_exit(t);
	if (t->t_as)
		aspace_put(t->t_as);
	if (t->t_fs)
		fsctx_put(t->t_fs);
	if (t->t_files)
		fdtab_put(t->t_files);
	nsset_put(t->t_ns);
	t->t_as = NULL;
	t->t_fs = NULL;
	t->t_files = NULL;
	t->t_ns = NULL;
}

static int build_thread(struct thread *t, struct thread *self, const struct clone_args_k *a)
{
	int err;

	copy_plain(t, self, a);
	keys_thread_fork(t, self);
	err = copy_cred(t, self, a);
	if (!err)
		err = sched_fork(t, self);
	if (!err)
		err = copy_files(t, self, a);
	if (!err)
		err = copy_fs(t, self, a);
	if (!err)
		err = copy_namespaces(t, a);
	if (!err)
		err = copy_aspace(t, self, a);
	if (!err && (a->flags & CLONE_SYSVSEM) && !a->kfn)
		err = sysvsem_thread_share(t, self);
	if (!err)
		err = copy_arch(t, a);
	if (!err && t->t_persona)
		err = t->t_persona->thread_fork(t, self);
	return err ? err : give_pid(t, a);
}

static void unbuild_thread(struct thread *t)
{
	struct pidref *pid = t->t_pid;

	t->t_pid = NULL;
	if (pid)
		pidref_alloc_undo(pid);
	drop_user_parts(t);
	if (t->t_real_cred)
		atomic_dec(&t->t_real_cred->user->nprocs);
	thread_discard(t);
}

static int attach_process(struct thread *t, struct process *from, const struct clone_args_k *a)
{
	struct process *p = from;

	if (a->flags & CLONE_THREAD) {
		process_get(from);
	} else {
		p = process_build(from, a);
		if (IS_ERR(p))
			return PTR_ERR(p);
	}
	t->t_proc = t->t_actor = p;
	return 0;
}

static void detach_process(struct thread *t, struct process *from)
{
	if (t->t_proc == from)
		process_put(from);
	else
		process_unbuild(t->t_proc);
}

/* A pidfd is made before the child is visible and installed after it. */
static int pidfd_prepare(struct thread *t, const struct clone_args_k *a, struct ofile **out)
{
	struct ofile *f;
	int fd = fd_reserve(0, true);

	if (fd < 0)
		return fd;
	f = pidfd_create(t->t_pid, 0);
	if (IS_ERR(f)) {
		fd_cancel(fd);
		return PTR_ERR(f);
	}
	if (user_put(fd, a->pidfd)) {
		fd_cancel(fd);
		ofile_put(f);
		return -EFAULT;
	}
	*out = f;
	return fd;
}

/* What a tracer calls this kind of fork. */
static u32 clone_event(const struct clone_args_k *a)
{
	if (a->flags & CLONE_VFORK)
		return PTRACE_EVENT_VFORK;
	return a->exit_signal == SIGCHLD ? PTRACE_EVENT_FORK : PTRACE_EVENT_CLONE;
}

struct thread *process_clone_new(const struct clone_args_k *a)
{
	struct thread *self = thread_self(), *t;
	struct process *from = self->t_proc;
	struct ofile *pidfile = NULL;
	struct tracerec *trace = NULL;
	int err, fd = -1;

	if (!(self->t_flags & TF_KTHREAD) && signal_is_pending())
		return ERR_PTR(-ERESTARTNOINTR);
	err = fault_inject(FAULT_PROCESS_SPAWN);
	if (!err)
		err = limits_check(self->t_real_cred);
	if (err)
		return ERR_PTR(err);
	t = thread_alloc();
	if (IS_ERR(t))
		return t;
	err = build_thread(t, self, a);
	if (err)
		goto err_thread;
	err = attach_process(t, from, a);
	if (err)
		goto err_thread;
	if (a->flags & CLONE_PIDFD) {
		fd = pidfd_prepare(t, a, &pidfile);
		err = fd < 0 ? fd : 0;
	}
	if (err)
		goto err_process;
	if (!a->kfn)
		trace = trace_fork_prepare(a->flags, clone_event(a));
	err = IS_ERR(trace) ? PTR_ERR(trace) : link_thread(t, a, trace);
	if (err)
		goto err_trace;
	if (pidfile)
		fd_publish(fd, pidfile);
	procnews_fork(t, a->flags & (CLONE_PARENT | CLONE_THREAD));
	return t;
err_trace:
	if (!IS_ERR(trace))
		tracerec_free(trace);
	if (pidfile) {
		fd_cancel(fd);
		ofile_put(pidfile);
	}
err_process:
	detach_process(t, from);
err_thread:
	unbuild_thread(t);
	return ERR_PTR(err);
}

struct thread *thread_create_user(const struct frame *regs, u64 gs_base)
{
	const struct clone_args_k a = {
		.flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
			 CLONE_SYSVSEM,
		.exit_signal = -1,
	};
	struct thread *t = process_clone_new(&a);
	struct frame *f;

	if (IS_ERR(t))
		return t;
	thread_get(t);
	f = thread_frame(t);
	*f = *regs;
	frame_sanitize(f);
	t->t_arch.gs_base = gs_base;
	return t;
}

struct thread *process_create_kernel(int (*fn)(void *arg), void *arg)
{
	const struct clone_args_k a = { .kfn = fn, .karg = arg, .exit_signal = SIGCHLD };
	struct thread *t = process_clone_new(&a);

	if (!IS_ERR(t))
		thread_get(t);
	return t;
}

/* False: a fatal signal ended the wait; the child then frees the latch. */
static bool vfork_wait(struct vforkwait *w)
{
	bool is_done = latch_wait_killable(&w->latch) == 0;

	vforkwait_put(w);
	return is_done;
}

long process_clone(const struct clone_args_k *a)
{
	u32 event = a->kfn || (a->flags & CLONE_UNTRACED) ? 0 : clone_event(a);
	struct vforkwait *w = NULL;
	struct thread *t;
	s32 nr;

	if (a->flags & CLONE_VFORK) {
		w = kmem_alloc(sizeof(*w), ALLOC_KERNEL);
		if (!w)
			return -ENOMEM;
		latch_init(&w->latch);
		ref_init(&w->refs, 2);
	}
	t = process_clone_new(a);
	if (IS_ERR(t)) {
		kmem_free(w);
		return PTR_ERR(t);
	}
	if (w) {
		t->t_vfork = &w->latch;
		t->t_flags |= TF_VFORKED;
	}
	nr = pidref_nr(t->t_pid);
	/* A bad address is the caller's affair: the child exists. */
	if ((a->flags & CLONE_PARENT_SETTID) && user_put(nr, a->parent_tid))
		nr = pidref_nr(t->t_pid);
	thread_wake_new(t);
	if (event && unlikely(tracee_is_traced(thread_self())))
		tracee_event(event, nr);
	if (w && vfork_wait(w) && event)
		tracee_event(PTRACE_EVENT_VFORK_DONE, nr);
	return nr;
}
