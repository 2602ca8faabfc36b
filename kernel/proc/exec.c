// SPDX-License-Identifier: GPL-2.0-only
/*
 * execve: a new program in an old process.
 *
 * All that may fail on account of the file or the arguments is done on the
 * side, in a struct binprm with an address space of its own: opening, copying
 * strings to the new stack, finding a format. The format then calls
 * binprm_commit(), the point of no return: other threads die, the caller takes
 * the leader's number, memory and credentials change hands. What fails after
 * that ends the process with SIGSEGV.
 *
 * Lock order: p_exec_lock (held throughout) > process_tree_lock > S.
 */
#include "proc_impl.h"

#include <generated/svc_loader.h>
#include <asm/uaccess.h>
#include <tern/kernel/keyring.h>
#include <tern/kernel/futex.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/persona.h>
#include <tern/kernel/procnews.h>
#include <tern/kernel/syscalls.h>
#include <tern/kernel/trace.h>
#include <tern/kernel/vfsface.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#include "exec_impl.h"

#define AT_FDCWD		(-100)
#define AT_SYMLINK_NOFOLLOW	0x100
#define AT_EMPTY_PATH		0x1000
#define PERSONA_CLEAR_ON_SETID	0x0740000u	/* ADDR_NO_RANDOMIZE and the like */

int binprm_read_head(struct binprm *b)
{
	loff_t pos = 0;
	ssize_t n;

	memset(b->buf, 0, sizeof(b->buf));
	n = ofile_read_kernel(b->file, b->buf, sizeof(b->buf), &pos);
	return n < 0 ? n : 0;
}

void binprm_set_file(struct binprm *b, struct ofile *f, char *interp)
{
	if (b->flags & BINPRM_EXECFD) {
		execfile_allow_write(b->file);
		b->executable = b->file;
	} else {
		ofile_put(b->file);
	}
	b->file = f;
	kmem_free(b->interp_alloc);
	b->interp_alloc = interp;
	b->interp = interp;
	b->depth++;
}

static void binprm_free(struct binprm *b)
{
	binprm_flush_page(b);
	if (b->as)
		aspace_put(b->as);
	if (b->cred)
		cred_put(b->cred);
	if (!IS_ERR_OR_NULL(b->file))
		ofile_put(b->file);
	if (b->executable)
		ofile_put(b->executable);
	kmem_free(b->interp_alloc);
	if (b->flags & BINPRM_NAME_IS_FD)
		kmem_free(b->filename);
	kmem_free(b);
}

/* ---- alone in the process ---- */

static void take_leadership(struct process *p, struct thread *t)
{
	struct thread *old = p->p_leader;
	u64 flags = spin_lock_irqsave(&process_tree_lock);

	pidref_swap_threads(t, old);
	rcu_publish(p->p_leader, t);
	thread_release_locked(old);
	spin_unlock_irqrestore(&process_tree_lock, flags);
	pidref_gone(old->t_pid);
	thread_put(old);
}

/* S: end all other threads and wait until they are gone. */
static int become_single(struct process *p, struct thread *t)
{
	struct sigactions *a;
	u64 flags;
	int err;

	a = signal_lock(p, &flags);
	if (p->p_flags & PROC_GROUP_EXIT || p->p_exec_thread) {
		signal_unlock(a, flags);
		return -EAGAIN;		/* being killed, or another thread is faster */
	}
	if (p->p_nthreads == 1 && p->p_leader == t) {
		signal_unlock(a, flags);
		return 0;
	}
	p->p_exec_thread = t;
	signal_kill_others_locked(p, t);
	signal_unlock(a, flags);
	err = waitq_wait_killable(&p->p_child_wait, READ_ONCE(p->p_nthreads) == 1);
	if (!err && p->p_leader != t)
		take_leadership(p, t);
	a = signal_lock(p, &flags);
	p->p_exec_thread = NULL;
	signal_unlock(a, flags);
	return err ? -EAGAIN : 0;
}

/* CLONE_SIGHAND without CLONE_THREAD: the table is ours alone from now on. */
static int own_actions(struct process *p)
{
	struct sigactions *n, *old = p->p_actions;
	u64 flags;

	if (ref_read(&old->refs) == 1)
		return 0;
	n = sigactions_alloc();
	if (!n)
		return -ENOMEM;
	flags = spin_lock_irqsave(&process_tree_lock);
	spin_lock(&old->lock);
	memcpy(n->act, old->act, sizeof(n->act));
	rcu_publish(p->p_actions, n);
	spin_unlock(&old->lock);
	spin_unlock_irqrestore(&process_tree_lock, flags);
	sigactions_put(old);
	return 0;
}

/* ---- the point of no return ---- */

static void switch_memory(struct binprm *b, struct thread *t)
{
	struct aspace *old = t->t_as, *as = b->as;
	struct process *p = t->t_proc;
	u64 flags;

	binprm_flush_page(b);
	futex_exec(t);
	as->exe_file = b->file;
	face_ofile_get(b->file);
	as->limit_as = rlimit_of(p, RLIMIT_AS);
	as->limit_data = rlimit_of(p, RLIMIT_DATA);
	as->limit_stack = rlimit_of(p, RLIMIT_STACK);
	as->limit_memlock = rlimit_of(p, RLIMIT_MEMLOCK);
	if (old) {
		flags = spin_lock_irqsave(&p->p_lock);
		p->p_maxrss = max_t(u64, p->p_maxrss, max(old->hiwater_rss, aspace_rss(old)));
		spin_unlock_irqrestore(&p->p_lock, flags);
	}
	flags = spin_lock_irqsave(&t->t_lock);
	sched_use_aspace(as);
	t->t_flags &= ~(TF_FORKNOEXEC | TF_KTHREAD | TF_NOFREEZE);
	spin_unlock_irqrestore(&t->t_lock, flags);
	b->as = NULL;		/* the thread's now */
	thread_vfork_done(t);
	if (old)
		aspace_put(old);
}

static void set_name(struct binprm *b, struct thread *t)
{
	const char *base = strrchr(b->filename, '/');

	thread_set_comm(t, base ? base + 1 : b->filename);
}

static void switch_identity(struct binprm *b, struct thread *t)
{
	struct execfile_info info;

	execfile_stat(b->file, &info);
	t->t_as->is_dumpable = !b->secure_exec && info.is_readable;
	if (b->executable) {
		execfile_stat(b->executable, &info);
		t->t_as->is_dumpable &= info.is_readable;
	}
	if (b->secure_exec) {
		t->t_pdeath_signal = 0;
		t->t_proc->p_personality &= ~PERSONA_CLEAR_ON_SETID;
	}
	cred_publish_self(b->cred);
	b->cred = NULL;
}

/* AT_EXECFD: the interpreter reads what it shall run from a descriptor. */
static int open_executable(struct binprm *b)
{
	if (!b->executable)
		return 0;
	b->execfd = fd_reserve(0, false);
	if (b->execfd < 0)
		return b->execfd;
	fd_publish(b->execfd, b->executable);
	b->executable = NULL;
	return 0;
}

int binprm_commit(struct binprm *b)
{
	struct thread *t = thread_self();
	struct process *p = t->t_proc;
	struct sigactions *a;
	u64 flags;
	int err;

	err = exec_cred_compute(b);
	if (!err)
		err = become_single(p, t);
	if (err)
		return err;
	b->is_point_of_no_return = true;
	if (t->t_ioctx)
		face_uring_exit(t);
	keys_process_exit(p, t);
	err = fdtab_unshare();
	if (!err)
		err = own_actions(p);
	if (err)
		return err;
	if (t->t_persona)
		t->t_persona->thread_exec(t);
	t->t_persona = NULL;
	thread_work_clear(t, WORK_USER_DISPATCH);
	process_timers_exec(p);
	switch_memory(b, t);
	set_name(b, t);
	signal_exec_reset();
	/* Before descriptors close: a pipe that ends by exec tells others that it was done. */
	a = signal_lock(p, &flags);
	p->p_flags |= PROC_EXECED;
	signal_unlock(a, flags);
	switch_identity(b, t);
	fdtab_close_exec();
	p->p_exit_signal = SIGCHLD;
	return open_executable(b);
}

/* ---- from the call to the formats ---- */

/* Scripts are given a name that leads to the file; execveat may have none. */
static int choose_name(struct binprm *b, int dirfd, const char *name)
{
	char *s;

	b->filename = name;
	if (dirfd != AT_FDCWD && name[0] != '/') {
		size_t n = strlen(name) + 24;

		s = kmem_alloc(n, ALLOC_KERNEL);
		if (!s)
			return -ENOMEM;
		fmt_print(s, n, name[0] ? "/dev/fd/%d/%s" : "/dev/fd/%d", dirfd, name);
		b->filename = s;
		b->flags |= BINPRM_NAME_IS_FD;
		if (fd_is_cloexec(dirfd) == 1)
			b->flags |= BINPRM_NO_PATH;
	}
	b->interp = b->filename;
	return 0;
}

static int prepare(struct binprm *b, int dirfd, const char *name, u32 at_flags)
{
	int err = choose_name(b, dirfd, name);

	if (err)
		return err;
	b->file = execfile_open(dirfd, name, at_flags);
	if (IS_ERR(b->file))
		return PTR_ERR(b->file);
	b->cred = cred_prepare();
	b->as = aspace_create();
	if (!b->cred || !b->as)
		return -ENOMEM;
	binprm_layout(b);
	return aspace_stack_setup(b->as, b->stack_top, EXEC_STACK_START, false);
}

static int exec_locked(struct binprm *b, int dirfd, const char *name, const struct argsrc *argv,
		       const struct argsrc *envp, u32 at_flags)
{
	int err = prepare(b, dirfd, name, at_flags);

	if (!err)
		err = exec_push_strings(b, argv, envp);
	if (err)
		return err;
	sched_exec_balance();
	return binfmt_load(b);
}

int exec_run(int dirfd, const char *name, const struct argsrc *argv, const struct argsrc *envp,
	     u32 at_flags)
{
	struct process *p = process_self();
	struct binprm *b = kmem_zalloc(sizeof(*b), ALLOC_KERNEL);
	s32 nr = pidref_nr(thread_self()->t_pid);
	bool is_too_late;
	int err;

	if (!b)
		return -ENOMEM;
	err = kmutex_lock_intr(&p->p_exec_lock) ? -ERESTARTNOINTR : 0;
	if (!err) {
		err = exec_locked(b, dirfd, name, argv, envp, at_flags);
		kmutex_unlock(&p->p_exec_lock);
	}
	is_too_late = err && b->is_point_of_no_return;
	binprm_free(b);
	if (is_too_late)
		process_doom(SIGSEGV);	/* callers still have things to let go of */
	if (!err) {
		procnews_self(PROC_EVENT_EXEC);
		tracee_exec(nr);
	}
	return err;
}

static long exec_user(int dirfd, const char __user *uname, const void __user *uargv,
		      const void __user *uenvp, int at_flags)
{
	struct argsrc argv = { .user = uargv }, envp = { .user = uenvp };
	char *name;
	long err;

	if (at_flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	name = path_name_get(uname, at_flags & AT_EMPTY_PATH ? PATH_NAME_EMPTY : 0);
	if (IS_ERR(name))
		return PTR_ERR(name);
	err = svc_loader_exec(dirfd, name, &argv, &envp, at_flags);
	path_name_put(name);
	return err;
}

long sys_execve(const char *path, const void *argv, const void *envp)
{
	return exec_user(AT_FDCWD, path, argv, envp, 0);
}

long sys_execveat(int dirfd, const char *path, const void *argv, const void *envp, int flags)
{
	return exec_user(dirfd, path, argv, envp, flags);
}

int kernel_exec(const char *path, char *const argv[], char *const envp[])
{
	struct argsrc a = { .kernel = (const char *const *)argv };
	struct argsrc e = { .kernel = (const char *const *)envp };
	int err = exec_run(AT_FDCWD, path, &a, &e, 0);

	if (err)
		return err;
	arch_user_start(NULL);
	return 0;
}

__weak void process_timers_exec(struct process *p)
{
}
