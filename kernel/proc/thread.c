// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads: allocation, references, names, kernel threads, task work.
 *
 * A thread has two references from birth: one for existing (dropped when it is
 * released from the tables) and one for running (dropped by the scheduler with
 * thread_reap_final() after the last switch away). The kernel stack goes with
 * the last of them; the structure itself waits for a grace period, since
 * lists of threads are walked under RCU.
 *
 * Kernel threads belong to process_kernel. kthread_end() is answered by
 * kthread_must_stop(); the result travels in struct kthreadrec, which is freed
 * with the thread.
 *
 * Lock order: process_tree_lock (list of all threads) > S. t_lock is a leaf.
 */
#include "proc_impl.h"

#include <tern/base/foreign.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/vfsface.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>
#include <tern/mm/aspace.h>
#include <tern/mm/kva.h>
#include <tern/mm/slab.h>

struct kthreadrec {
	int (*fn)(void *arg);
	void *arg;
	bool should_stop;
	int result;
	struct latch ended;
};

static struct objcache *thread_cache;
static atomic64 thread_serial;
static atomic64 threads_live;
LIST_HEAD(thread_all);
void *thread_view_default __ro_after_init;

void thread_cache_init(void)
{
	thread_cache = objcache_create("thread", sizeof(struct thread), 64, 0, NULL);
	VERIFY(thread_cache);
}

static void thread_setup(struct thread *t)
{
	t->t_state = THREAD_NEW;
	t->t_serial = atomic_add_return(&thread_serial, 1);
	spin_init(&t->t_lock, LOCKRANK_THREAD);
	spin_init(&t->t_pi_lock, LOCKRANK_THREAD);
	list_init(&t->t_pi_owned);
	list_init(&t->t_group_link);
	list_init(&t->t_all_link);
	list_init(&t->t_task_work);
	sigpending_init(&t->t_sig.pending);
	t->t_sig.altstack_flags = SS_DISABLE;
	t->t_exit_signal = -1;
}

struct thread *thread_alloc(void)
{
	struct thread *t = objcache_zalloc(thread_cache, ALLOC_KERNEL);

	if (!t)
		return ERR_PTR(-ENOMEM);
	t->t_kstack = kstack_alloc();
	if (!t->t_kstack) {
		objcache_free(thread_cache, t);
		return ERR_PTR(-ENOMEM);
	}
	ref_init(&t->t_refs, 2);
	thread_setup(t);
	atomic_inc(&threads_live);
	return t;
}

static void thread_free_parts(struct thread *t)
{
	arch_thread_fini(t);
	if (t->t_kstack)
		kstack_free(t->t_kstack);
	if (t->t_real_cred)
		cred_put(t->t_real_cred);
	pidref_put(t->t_pid);
	kmem_free(t->t_kthread);
	kmem_free(t->t_sched.se_affinity);
	atomic_dec(&threads_live);
}

void thread_discard(struct thread *t)
{
	thread_free_parts(t);
	objcache_free(thread_cache, t);
}

static void thread_free_rcu(struct rcu_job *job)
{
	struct thread *t = container_of(job, struct thread, t_rcu);

	if (t->t_view)
		foreign_code->free_view(t->t_view);
	objcache_free(thread_cache, t);
}

void thread_put(struct thread *t)
{
	struct process *p;

	if (!ref_put(&t->t_refs))
		return;
	p = t->t_proc;
	thread_free_parts(t);
	rcu_defer(&t->t_rcu, thread_free_rcu);
	process_put(p);
}

void thread_reap_final(struct thread *t)
{
	thread_put(t);
}

u64 thread_count(void)
{
	return atomic_read(&threads_live);
}

void thread_list_add_locked(struct thread *t)
{
	list_add_tail_rcu(&t->t_all_link, &thread_all);
}

void thread_list_del_locked(struct thread *t)
{
	list_del_rcu(&t->t_all_link);
}

void thread_set_comm(struct thread *t, const char *name)
{
	u64 flags = spin_lock_irqsave(&t->t_lock);

	strlcpy(t->t_comm, name, sizeof(t->t_comm));
	spin_unlock_irqrestore(&t->t_lock, flags);
}

void thread_get_comm(struct thread *t, char out[16])
{
	u64 flags = spin_lock_irqsave(&t->t_lock);

	memcpy(out, t->t_comm, sizeof(t->t_comm));
	spin_unlock_irqrestore(&t->t_lock, flags);
}

/* ---- kernel threads ---- */

void proc_set_idle(struct thread *t)
{
	thread_setup(t);
	t->t_flags |= TF_KTHREAD | TF_IDLE | TF_NOFREEZE;
	t->t_proc = t->t_actor = &process_kernel;
	t->t_cred = t->t_real_cred = &cred_init_set;
	t->t_svcmask = U64_MAX;
	t->t_state = THREAD_RUNNING;
}

static void kthread_link(struct thread *t)
{
	struct process *p = &process_kernel;
	u64 flags = spin_lock_irqsave(&process_tree_lock);

	spin_lock(&p->p_actions->lock);
	list_add_tail_rcu(&t->t_group_link, &p->p_threads);
	p->p_nthreads++;
	spin_unlock(&p->p_actions->lock);
	pidref_attach(t->t_pid, PIDROLE_THREAD, &t->t_pid_node);
	thread_list_add_locked(t);
	spin_unlock_irqrestore(&process_tree_lock, flags);
}

static struct thread *kthread_make(int (*fn)(void *arg), void *arg, const char *name)
{
	struct thread *t = thread_alloc();
	struct pidref *pid;

	if (IS_ERR(t))
		return t;
	t->t_kthread = kmem_zalloc(sizeof(*t->t_kthread), ALLOC_KERNEL);
	if (!t->t_kthread) {
		thread_discard(t);
		return ERR_PTR(-ENOMEM);
	}
	pid = pidref_alloc(&pidns_initial, NULL, 0);
	if (IS_ERR(pid)) {
		thread_discard(t);
		return ERR_CAST(pid);
	}
	t->t_pid = pid;
	t->t_kthread->fn = fn;
	t->t_kthread->arg = arg;
	latch_init(&t->t_kthread->ended);
	t->t_flags = TF_KTHREAD | TF_NOFREEZE;
	t->t_proc = t->t_actor = &process_kernel;
	process_get(&process_kernel);
	t->t_cred = t->t_real_cred = cred_get(&cred_init_set);
	t->t_svcmask = U64_MAX;
	t->t_start_ns = clock_ns();
	t->t_start_boot_ns = t->t_start_ns;
	t->t_sig.blocked = ~0UL;
	strlcpy(t->t_comm, name, sizeof(t->t_comm));
	VERIFY(!sched_fork(t, thread_self()));	/* kernel threads inherit no affinity to copy */
	arch_thread_init_kernel(t, fn, arg);
	kthread_link(t);
	return t;
}

/* The caller's reference is a third one, beside existing and running. */
struct thread *kthread_create(int (*fn)(void *arg), void *arg, const char *fmt, ...)
{
	struct thread *t;
	char name[16];
	va_list ap;

	va_start(ap, fmt);
	fmt_vprint(name, sizeof(name), fmt, ap);
	va_end(ap);
	t = kthread_make(fn, arg, name);
	if (!IS_ERR(t))
		thread_get(t);
	return t;
}

struct thread *kthread_start(int (*fn)(void *arg), void *arg, const char *fmt, ...)
{
	struct thread *t;
	char name[16];
	va_list ap;

	va_start(ap, fmt);
	fmt_vprint(name, sizeof(name), fmt, ap);
	va_end(ap);
	t = kthread_make(fn, arg, name);
	if (IS_ERR(t))
		return t;
	thread_get(t);
	thread_wake_new(t);
	return t;
}

bool kthread_must_stop(void)
{
	struct kthreadrec *k = thread_self()->t_kthread;

	return k && READ_ONCE(k->should_stop);
}

int kthread_end(struct thread *t)
{
	struct kthreadrec *k = t->t_kthread;
	int result;

	might_sleep();
	WRITE_ONCE(k->should_stop, true);
	smp_mb();
	thread_wake_state(t, THREAD_SLEEPING | THREAD_UNINTERRUPTIBLE | THREAD_PARKED);
	latch_wait(&k->ended);
	result = k->result;
	thread_put(t);
	return result;
}

void kthread_finish(struct thread *t, int code)
{
	struct kthreadrec *k = t->t_kthread;

	if (!k)
		return;
	k->result = code;
	latch_open_all(&k->ended);
}

/* ---- task work: run by the thread itself before it returns to user mode ---- */

int thread_add_work(struct thread *t, struct task_work *w)
{
	u64 flags = spin_lock_irqsave(&t->t_lock);
	int err = 0;

	if (t->t_flags & (TF_EXITING | TF_KTHREAD))
		err = -ESRCH;
	else
		list_add_tail(&w->link, &t->t_task_work);
	spin_unlock_irqrestore(&t->t_lock, flags);
	if (err)
		return err;
	thread_work_set(t, WORK_NOTIFY);
	if (t != thread_self())
		sched_kick(t);
	return 0;
}

/* Also after TF_EXITING is set: what was added before still runs. */
void thread_run_work(void)
{
	struct thread *t = thread_self();
	struct task_work *w;
	u64 flags;

	while (!list_is_empty(&t->t_task_work)) {
		flags = spin_lock_irqsave(&t->t_lock);
		w = list_first_entry(&t->t_task_work, struct task_work, link);
		list_del(&w->link);
		spin_unlock_irqrestore(&t->t_lock, flags);
		w->fn(w);
	}
}
