// SPDX-License-Identifier: GPL-2.0-only
/* Kernel threads of modules: a native thread whose view (task.h) is what the module holds. */
#include "../task.h"

#include "../format.h"

#include <tern/base/err.h>
#include <tern/base/preempt.h>
#include <tern/kernel/thread.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

/* What the new thread is to run; it frees this itself. */
struct start {
	int (*fn)(void *arg);
	void *arg;
};

static int run(void *arg)
{
	struct start s = *(struct start *)arg;

	kmem_free(arg);
	return kthread_must_stop() ? -EINTR : s.fn(s.arg);
}

struct lx_task_struct *lx_kthread_create_on_node(int (*fn)(void *), void *arg, int node,
						 const char *fmt, ...)
{
	struct start *s = kmem_zalloc(sizeof(*s), ALLOC_KERNEL);
	struct lx_task *view = lx_task_alloc();
	struct thread *t;
	char name[16];
	va_list ap;

	if (!s || !view)
		goto err_free;
	va_start(ap, fmt);
	lx_vformat(name, sizeof(name), fmt, ap);
	va_end(ap);
	s->fn = fn;
	s->arg = arg;
	t = kthread_create(run, s, "%s", name);
	if (IS_ERR(t))
		goto err_free;
	lx_task_attach(view, t);
	return &view->ts;
err_free:
	kmem_free(s);
	kmem_free(view);
	return ERR_PTR(-ENOMEM);
}
LX_EXPORT(kthread_create_on_node);

void lx_kthread_bind(struct lx_task_struct *ts, unsigned int cpu)
{
	kthread_pin(lx_task_of(ts)->thread, cpu);
}
LX_EXPORT(kthread_bind);

struct lx_task_struct *lx_kthread_create_on_cpu(int (*fn)(void *), void *arg, unsigned int cpu,
						const char *fmt)
{
	struct lx_task_struct *ts = lx_kthread_create_on_node(fn, arg, 0, fmt, cpu);

	if (!IS_ERR(ts))
		lx_kthread_bind(ts, cpu);
	return ts;
}
LX_EXPORT(kthread_create_on_cpu);

bool lx_kthread_should_stop(void)
{
	return (thread_self()->t_flags & TF_KTHREAD) && kthread_must_stop();
}
LX_EXPORT(kthread_should_stop);

int lx_kthread_stop(struct lx_task_struct *ts)
{
	struct thread *t = lx_task_of(ts)->thread;

	WRITE_ONCE(ts->__state, 0);
	if (t->t_state == THREAD_NEW)
		thread_wake_new(t);
	return kthread_end(t);
}
LX_EXPORT(kthread_stop);

void lx___put_task_struct(struct lx_task_struct *ts)
{
	kmem_free(lx_task_of(ts));
}
LX_EXPORT(__put_task_struct);
