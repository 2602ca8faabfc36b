// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes: allocation, the list of all, limits, time, and the two processes
 * that no fork made: process_kernel (pid 0, holds kernel threads) and pid 1.
 *
 * A process is referenced by each of its threads, by being in the tables (one,
 * dropped when it is collected) and by whoever asked for it.
 *
 * Lock order: process_tree_lock > p_actions->lock (S) > p_lock.
 */
#include "proc_impl.h"

#include <tern/kernel/cgroup.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/vfsface.h>
#include <tern/lib/string.h>
#include <tern/mm/aspace.h>
#include <tern/mm/slab.h>

struct spin process_tree_lock = SPIN_INIT(LOCKRANK_PROCTREE);
LIST_HEAD(process_all);
struct process *process_pid1;
static struct objcache *process_cache;
static atomic64 processes_live;

static struct sigactions kernel_actions = {
	.refs = { ATOMIC_INIT(1) },
	.lock = SPIN_INIT(LOCKRANK_SIGNAL),
	.signalfd_wait = WAITQ_INIT(kernel_actions.signalfd_wait),
};

struct process process_kernel = {
	.p_refs = { ATOMIC_INIT(1) },
	.p_threads = LIST_INIT(process_kernel.p_threads),
	.p_children = LIST_INIT(process_kernel.p_children),
	.p_sibling = LIST_INIT(process_kernel.p_sibling),
	.p_ptraced = LIST_INIT(process_kernel.p_ptraced),
	.p_parent = &process_kernel,
	.p_child_wait = WAITQ_INIT(process_kernel.p_child_wait),
	.p_all_link = LIST_INIT(process_kernel.p_all_link),
	.p_actions = &kernel_actions,
	.p_pending = { .queue = LIST_INIT(process_kernel.p_pending.queue) },
	.p_flags = PROC_KERNEL,
	.p_lock = SPIN_INIT(LOCKRANK_THREAD),
	.p_exec_lock = KMUTEX_INIT(process_kernel.p_exec_lock, LOCKRANK_EXEC),
	.p_rlimit = {
		[RLIMIT_CPU] = { RLIM_INFINITY_, RLIM_INFINITY_ },
		[RLIMIT_FSIZE] = { RLIM_INFINITY_, RLIM_INFINITY_ },
		[RLIMIT_DATA] = { RLIM_INFINITY_, RLIM_INFINITY_ },
		[RLIMIT_STACK] = { 8UL << 20, RLIM_INFINITY_ },
		[RLIMIT_CORE] = { 0, RLIM_INFINITY_ },
		[RLIMIT_RSS] = { RLIM_INFINITY_, RLIM_INFINITY_ },
		[RLIMIT_NPROC] = { 0, 0 },	/* by memory: process_cache_init() */
		[RLIMIT_NOFILE] = { 1024, 4096 },
		[RLIMIT_MEMLOCK] = { 8UL << 20, 8UL << 20 },
		[RLIMIT_AS] = { RLIM_INFINITY_, RLIM_INFINITY_ },
		[RLIMIT_LOCKS] = { RLIM_INFINITY_, RLIM_INFINITY_ },
		[RLIMIT_SIGPENDING] = { 0, 0 },
		[RLIMIT_MSGQUEUE] = { 819200, 819200 },
		[RLIMIT_NICE] = { 0, 0 },
		[RLIMIT_RTPRIO] = { 0, 0 },
		[RLIMIT_RTTIME] = { RLIM_INFINITY_, RLIM_INFINITY_ },
	},
};

u64 process_thread_max;

void process_cache_init(void)
{
	u64 n = page_count_total() * PAGE_SIZE / (KSTACK_SIZE * 8);

	process_cache = objcache_create("process", sizeof(struct process), 64, 0, NULL);
	VERIFY(process_cache);
	process_thread_max = clamp_t(u64, n, 64, 4194304 / 2);
	process_kernel.p_rlimit[RLIMIT_NPROC] =
		(struct rlimit64_){ process_thread_max / 2, process_thread_max / 2 };
	process_kernel.p_rlimit[RLIMIT_SIGPENDING] = process_kernel.p_rlimit[RLIMIT_NPROC];
}

struct process *process_alloc(void)
{
	struct process *p = objcache_zalloc(process_cache, ALLOC_KERNEL);

	if (!p)
		return NULL;
	ref_init(&p->p_refs, 2);	/* its first thread, the tables */
	list_init(&p->p_threads);
	list_init(&p->p_children);
	list_init(&p->p_sibling);
	list_init(&p->p_ptraced);
	list_init(&p->p_all_link);
	waitq_init(&p->p_child_wait);
	sigpending_init(&p->p_pending);
	spin_init(&p->p_lock, LOCKRANK_THREAD);
	kmutex_init(&p->p_exec_lock, LOCKRANK_EXEC);
	atomic_inc(&processes_live);
	return p;
}

static void process_free_rcu(struct rcu_job *job)
{
	objcache_free(process_cache, container_of(job, struct process, p_rcu));
}

void process_put(struct process *p)
{
	if (!ref_put(&p->p_refs))
		return;
	if (p->p_actions)
		sigactions_put(p->p_actions);
	pidref_put(p->p_pid);
	pidref_put(p->p_pgrp);
	pidref_put(p->p_session);
	cgroup_process_free(p);
	atomic_dec(&processes_live);
	rcu_defer(&p->p_rcu, process_free_rcu);
}

void process_list_add_locked(struct process *p)
{
	list_add_tail_rcu(&p->p_all_link, &process_all);
}

void process_list_del_locked(struct process *p)
{
	list_del_rcu(&p->p_all_link);
}

u64 process_count(void)
{
	return atomic_read(&processes_live);
}

u64 rlimit_of(struct process *p, u32 resource)
{
	return READ_ONCE(p->p_rlimit[resource].cur);
}

u64 rlimit_get(u32 resource)
{
	return rlimit_of(process_self(), resource);
}

/* ---- accounting ---- */

void process_account_thread(struct process *p, struct thread *t)
{
	u64 utime, stime, flags;

	thread_cpu_time(t, &utime, &stime);
	flags = spin_lock_irqsave(&p->p_lock);
	p->p_utime += utime;
	p->p_stime += stime;
	p->p_minflt += t->t_minflt;
	p->p_majflt += t->t_majflt;
	p->p_nvcsw += t->t_nvcsw;
	p->p_nivcsw += t->t_nivcsw;
	p->p_inblock += t->t_inblock;
	p->p_oublock += t->t_oublock;
	p->p_rchar += t->t_rchar;
	p->p_wchar += t->t_wchar;
	p->p_syscr += t->t_syscr;
	p->p_syscw += t->t_syscw;
	p->p_sum_exec += t->t_sched.se_sum_exec;
	spin_unlock_irqrestore(&p->p_lock, flags);
}

void process_cpu_time(struct process *p, struct tms_sum *out)
{
	struct thread *t;
	u64 utime, stime;

	*out = (struct tms_sum){ READ_ONCE(p->p_utime), READ_ONCE(p->p_stime) };
	rcu_read_lock();
	process_thread_foreach_rcu(p, t) {
		if (READ_ONCE(t->t_job) & JOB_DYING)
			continue;	/* in the sums already */
		thread_cpu_time(t, &utime, &stime);
		out->utime += utime;
		out->stime += stime;
	}
	rcu_read_unlock();
}

/* ---- looking at others ---- */

struct aspace *process_aspace(struct process *p)
{
	struct aspace *as = NULL;
	struct thread *t;
	u64 flags;

	rcu_read_lock();
	process_thread_foreach_rcu(p, t) {
		flags = spin_lock_irqsave(&t->t_lock);
		if (t->t_as && !(t->t_flags & TF_KTHREAD) && aspace_get_unless_zero(t->t_as))
			as = t->t_as;
		spin_unlock_irqrestore(&t->t_lock, flags);
		if (as)
			break;
	}
	rcu_read_unlock();
	return as;
}

static bool cred_covers(const struct credset *c, const struct credset *target, bool is_attach)
{
	uid_t uid = is_attach ? c->uid : c->fsuid;
	gid_t gid = is_attach ? c->gid : c->fsgid;

	if (uid == target->euid && uid == target->suid && uid == target->uid &&
	    gid == target->egid && gid == target->sgid && gid == target->gid)
		return true;
	return cap_has_cred(c, target->ns, CAP_SYS_PTRACE);
}

bool process_may_access(struct process *p, bool is_attach)
{
	const struct credset *self = cred_self(), *target;
	struct thread *t;
	struct aspace *as;
	bool ok;

	if (p == process_self())
		return true;
	rcu_read_lock();
	t = rcu_load(p->p_leader);
	target = t ? rcu_load(t->t_real_cred) : NULL;
	ok = target && cred_covers(self, target, is_attach) &&
	     landlayer_covers(self->landlock, target->landlock);
	if (ok && (self->ns != target->ns || (target->cap_permitted & ~self->cap_permitted)))
		ok = cap_has_cred(self, target->ns, CAP_SYS_PTRACE);
	rcu_read_unlock();
	if (!ok)
		return false;
	as = process_aspace(p);
	if (as) {
		ok = as->is_dumpable || cap_has(CAP_SYS_PTRACE);
		aspace_put(as);
	}
	return ok;
}

/* ---- start ---- */

void proc_init(void)
{
	pid_init();
	thread_cache_init();
	process_cache_init();
	signal_cache_init();
	cred_init();
	futex_init();
	binfmt_init();
}

int process_init_first(int (*fn)(void *arg), void *arg)
{
	struct clone_args_k a = { .kfn = fn, .karg = arg, .kname = "init", .want_pid = { 1 }, .nwant = 1,
				  .exit_signal = SIGCHLD };
	struct thread *t = process_clone_new(&a);

	if (IS_ERR(t))
		return PTR_ERR(t);
	process_pid1 = t->t_proc;
	pidns_initial.init = process_pid1;
	thread_wake_new(t);
	return 0;
}
