// SPDX-License-Identifier: GPL-2.0-only
/* The vendor's views of threads (task.h): making, finding, freeing them. */
#include "../task.h"

#include <asm/percpu.h>
#include <tern/base/err.h>
#include <tern/kernel/process.h>
#include <tern/kernel/thread.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define PF_KTHREAD	0x00200000u

static struct lx_task *common_view __ro_after_init;

static void fill(struct lx_task *v, struct thread *t)
{
	struct lx_task_struct *ts = &v->ts;

	v->thread = t;
	ts->stack = t ? t->t_kstack : NULL;
	ts->flags = !t || (t->t_flags & TF_KTHREAD) ? PF_KTHREAD : 0;
	ts->group_leader = ts;
	ts->usage.refs.counter = 1;
	if (t) {
		thread_get_comm(t, ts->comm);
		ts->pid = pidref_nr(t->t_pid);
		ts->tgid = pidref_nr(t->t_proc->p_pid);
	}
}

int lx_task_init(void)
{
	common_view = kmem_zalloc(sizeof(*common_view), ALLOC_KERNEL);
	if (!common_view)
		return -ENOMEM;
	fill(common_view, NULL);
	thread_view_default = common_view;
	return 0;
}

struct lx_task *lx_task_alloc(void)
{
	return kmem_zalloc(sizeof(struct lx_task), ALLOC_KERNEL);
}

void lx_task_attach(struct lx_task *v, struct thread *t)
{
	fill(v, t);
	t->t_view = v;
}

int lx_task_enter(void)
{
	struct thread *t = thread_self();
	struct lx_task *v;

	if (likely(t->t_view))
		return 0;
	v = lx_task_alloc();
	if (!v)
		return -ENOMEM;
	fill(v, t);
	preempt_disable();
	t->t_view = v;
	this_cpu_write(cpu_view, v);
	preempt_enable();
	return 0;
}

/* Modules may hold references of their own (get_task_struct() is inline). */
void lx_task_free(void *view)
{
	struct lx_task *v = view;

	if (__atomic_sub_fetch(&v->ts.usage.refs.counter, 1, __ATOMIC_SEQ_CST) == 0)
		kmem_free(v);
}

struct lx_task *lx_task_self(void)
{
	struct lx_task *v = thread_self()->t_view;

	return v ? v : common_view;
}

LX_EXPORT_ALIAS(current_task, cpu_view);
