// SPDX-License-Identifier: GPL-2.0-only
/*
 * A Linux program as a child: process and thread objects that stand for it. Its pidfd
 * becomes readable when it ends; then both are signaled with the exit status. They have neither
 * handles nor memory that a program could ask for.
 */
#include "../ps.h"

#include <tern/fs/pollwatch.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/irq.h>
#include <tern/kernel/vfsface.h>

struct linux_child {
	struct nt_process *p;		/* with a reference */
	struct nt_thread *t;		/* with a reference */
	struct ofile *pidfile;
	struct pollwatch watch;
	struct workitem work;
};

static void over(struct nt_object *o, bool *is_ended, u32 *status, u32 value)
{
	u64 flags = spin_lock_irqsave(&o->wq.lock);

	*status = value;
	*is_ended = true;
	waitq_wake_locked(&o->wq, 0, 0);
	spin_unlock_irqrestore(&o->wq.lock, flags);
}

static void ended(struct workitem *work)
{
	struct linux_child *c = container_of(work, struct linux_child, work);
	int code = c->p->proc->p_group_exit_code;
	u32 status = code & 0x7f ? 128 + (code & 0x7f) : code >> 8 & 0xff;

	pollwatch_disarm(&c->watch);
	c->p->exit_time = nt_time();
	over(&c->p->ob, &c->p->is_ended, &c->p->exit_status, status);
	over(&c->t->ob, &c->t->is_ended, &c->t->exit_status, status);
	ofile_put(c->pidfile);
	nt_object_put(&c->t->ob);
	nt_object_put(&c->p->ob);
	kmem_free(c);
}

static void fired(struct pollwatch *w)
{
	struct linux_child *c = container_of(w, struct linux_child, watch);

	workpool_queue(workpool_system, &c->work);
}

static struct linux_child *make(struct nt_spawn *s)
{
	struct linux_child *c = kmem_zalloc(sizeof(*c), ALLOC_KERNEL);
	struct nt_process *p = nt_process_alloc();
	struct nt_thread *t = p ? nt_thread_alloc(p) : NULL;
	struct ofile *f = c && t ? pidfd_create(s->linux_process->p_pid, 0) : ERR_PTR(-ENOMEM);

	if (IS_ERR(f)) {
		if (t)
			nt_object_put(&t->ob);
		if (p)
			nt_object_put(&p->ob);
		kmem_free(c);
		return NULL;
	}
	process_get(s->linux_process);
	p->proc = s->linux_process;
	p->pid = t->tid = pidref_nr(s->linux_process->p_pid);
	p->parent_pid = s->parent->pid;
	p->create_time = nt_time();
	c->p = p;
	c->t = t;
	c->pidfile = f;
	workitem_init(&c->work, ended);
	return c;
}

ntstatus nt_linux_child(struct nt_spawn *s)
{
	struct linux_child *c = make(s);

	if (!c)
		return STATUS_NO_MEMORY;
	nt_object_get(&c->p->ob);
	nt_object_get(&c->t->ob);
	s->child = c->p;
	s->child_thread = c->t;
	if (pollwatch_arm(&c->watch, c->pidfile, POLLIN, fired))
		workpool_queue(workpool_system, &c->work);
	return STATUS_SUCCESS;
}
