// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that the kernel starts: a thread of the kernel's makes a process, which takes over the root
 * folder of pid 1, has the kernel's credentials, no open files and default signals, and executes.
 *
 * The caller waits for the program's end unless it is killed; the request belongs to both sides.
 */
#include "proc_impl.h"

#include <tern/base/err.h>
#include <tern/kernel/vfsface.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define HELPER_ARGS	6

struct helper {
	refcount refs;			/* A who asked, and who waits for the program, which so needs none */
	char *argv[HELPER_ARGS + 1];	/* I copies */
	int exec_error;			/* before @ended */
	int result;
	struct latch ended;
};

static char *const helper_env[] = { "HOME=/", "TERM=linux", "PATH=/sbin:/usr/sbin:/bin:/usr/bin", NULL };

static void helper_put(struct helper *h)
{
	if (!ref_put(&h->refs))
		return;
	for (u32 i = 0; h->argv[i]; i++)
		kmem_free(h->argv[i]);
	kmem_free(h);
}

static struct helper *helper_make(const char *const argv[])
{
	struct helper *h = kmem_zalloc(sizeof(*h), ALLOC_KERNEL);

	if (!h)
		return NULL;
	ref_init(&h->refs, 1);
	latch_init(&h->ended);
	for (u32 i = 0; argv[i] && i < HELPER_ARGS; i++) {
		h->argv[i] = kmem_strdup(argv[i], ALLOC_KERNEL);
		if (!h->argv[i]) {
			helper_put(h);
			return NULL;
		}
	}
	return h;
}

/* Kernel threads see what was mounted first; a program shall see what others see. */
static int take_root_of_init(void)
{
	struct thread *t = thread_self(), *first;
	struct fsctx *theirs = NULL, *mine, *old;
	u64 flags;

	rcu_read_lock();
	first = process_pid1 ? rcu_load(process_pid1->p_leader) : NULL;
	if (first) {
		flags = spin_lock_irqsave(&first->t_lock);
		theirs = first->t_fs;
		if (theirs)
			face_fsctx_get(theirs);
		spin_unlock_irqrestore(&first->t_lock, flags);
	}
	rcu_read_unlock();
	if (!theirs)
		return -ENOENT;
	mine = fsctx_copy(theirs);
	fsctx_put(theirs);
	if (!mine)
		return -ENOMEM;
	flags = spin_lock_irqsave(&t->t_lock);
	old = t->t_fs;
	t->t_fs = mine;
	spin_unlock_irqrestore(&t->t_lock, flags);
	fsctx_put(old);
	return 0;
}

static int helper_execute(void *arg)
{
	struct helper *h = arg;
	int err = take_root_of_init();

	thread_self()->t_sig.blocked = 0;
	if (!err)
		err = kernel_exec(h->argv[0], h->argv, helper_env);
	h->exec_error = err;	/* here only if it could not be executed */
	return err;
}

static int helper_main(void *arg)
{
	struct helper *h = arg;
	struct clone_args_k a = { .kfn = helper_execute, .karg = h, .kname = "helper", .exit_signal = SIGCHLD };
	struct thread *t;
	struct process *p;

	t = process_clone_new(&a);
	if (IS_ERR(t)) {
		h->result = (int)PTR_ERR(t);
	} else {
		p = t->t_proc;
		process_get(p);
		thread_wake_new(t);
		waitq_wait(&p->p_pid->exit_wait, READ_ONCE(p->p_exit_state) != PROCEXIT_ALIVE);
		h->result = h->exec_error ? h->exec_error : p->p_group_exit_code;
		process_put(p);
	}
	latch_open_all(&h->ended);
	helper_put(h);
	return 0;
}

int helper_run(const char *const argv[])
{
	struct helper *h = helper_make(argv);
	struct thread *t;
	int result;

	if (!h)
		return -ENOMEM;
	ref_get(&h->refs);
	t = kthread_start(helper_main, h, "helper");
	if (IS_ERR(t)) {
		helper_put(h);
		helper_put(h);
		return (int)PTR_ERR(t);
	}
	thread_put(t);
	result = latch_wait_killable(&h->ended);
	if (!result)
		result = h->result;
	helper_put(h);
	return result;
}
