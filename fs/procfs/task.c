// SPDX-License-Identifier: GPL-2.0-only
/* From a vnode to the process or thread that it shows, which may end at any time. */
#include "procfs_impl.h"

#include <tern/kernel/cred.h>
#include <tern/mm/aspace.h>

int task_get(const struct procvn *pv, struct task_ref *task)
{
	struct process *p = NULL;
	struct thread *t = NULL;

	rcu_read_lock();
	if (pv->is_thread) {
		t = pidref_thread(pv->pid);
		p = t ? t->t_proc : NULL;
	} else {
		p = pidref_process(pv->pid);
		t = p ? rcu_load(p->p_leader) : NULL;
	}
	if (t && !ref_get_unless_zero(&t->t_refs))
		t = NULL;
	if (t && !ref_get_unless_zero(&p->p_refs)) {
		rcu_read_unlock();
		thread_put(t);
		return -ESRCH;
	}
	rcu_read_unlock();
	if (!t)
		return -ESRCH;
	*task = (struct task_ref){ .t = t, .p = p, .is_thread = pv->is_thread, .pv = pv };
	return 0;
}

void task_put(struct task_ref *task)
{
	thread_put(task->t);
	process_put(task->p);
}

bool task_may_access(const struct task_ref *task, bool is_attach)
{
	/* Kernel threads have nothing to hide from who may look at anything. */
	if (task->p->p_flags & PROC_KERNEL)
		return cap_has(CAP_SYS_PTRACE);
	return process_may_access(task->p, is_attach);
}

bool task_may_look(const struct task_ref *task)
{
	return task_may_access(task, false);
}

struct aspace *task_aspace(const struct task_ref *task)
{
	return task->p->p_flags & PROC_KERNEL ? NULL : process_aspace(task->p);
}
