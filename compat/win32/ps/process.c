// SPDX-License-Identifier: GPL-2.0-only
/*
 * Life of processes and threads of this personality.
 *
 * struct nt_process stands beside struct process from execve on (or, made by
 * NtCreateUserProcess, from its own). It outlives it while handles to it exist:
 * then it is signaled and has an exit status. Each thread in it holds a reference,
 * and each struct nt_thread is held by its thread (t_compat) until that ends.
 *
 * The last thread closes the handles. Memory goes with the address space; the
 * records of it with the object.
 *
 * Lock order: processes_lock > nt_process.lock > W.
 */
#include "../ps.h"

#include <tern/kernel/clock.h>
#include <tern/kernel/persona.h>
#include <uapi/mman.h>

#include "../console.h"
#include "../image.h"
#include "../sync.h"

static LIST_HEAD(processes);
static struct kmutex processes_lock = KMUTEX_INIT(processes_lock, LOCKRANK_VFS_MISC);

/* ---- the two kinds of objects ---- */

static bool process_signaled(struct object *o, struct thread *t)
{
	return container_of(nt_object_of(o), struct nt_process, ob)->is_ended;
}

static void process_cleanup(struct nt_object *o)
{
	struct nt_process *p = container_of(o, struct nt_process, ob);

	if (p->vm)
		nt_vm_destroy(p->vm);
	if (p->handles)
		handle_table_destroy(p->handles);
	if (p->image)
		nt_image_put(p->image);
	if (p->ntdll)
		nt_image_put(p->ntdll);
	if (p->proc)
		process_put(p->proc);
	kmem_free(p->image_name);
}

const struct nt_type nt_process_type = {
	.ops = NT_TYPE_OPS("nt process", process_signaled, object_ignore_wait),
	.name = "Process", .all_access = 0x1fffff, .read_access = 0x21410,
	.write_access = 0x22bea, .exec_access = 0x121001, .can_wait = true,
	.cleanup = process_cleanup,
};

static bool thread_signaled(struct object *o, struct thread *t)
{
	return container_of(nt_object_of(o), struct nt_thread, ob)->is_ended;
}

static void thread_cleanup(struct nt_object *o)
{
	struct nt_thread *t = container_of(o, struct nt_thread, ob);

	kmem_free(t->name.text);
	if (t->token)
		nt_object_put(t->token);
	if (t->thread)
		thread_put(t->thread);
	if (t->proc)
		nt_object_put(&t->proc->ob);
}

const struct nt_type nt_thread_type = {
	.ops = NT_TYPE_OPS("nt thread", thread_signaled, object_ignore_wait),
	.name = "Thread", .all_access = 0x1fffff, .read_access = 0x20848,
	.write_access = 0x20437, .exec_access = 0x121800, .can_wait = true,
	.cleanup = thread_cleanup,
};

struct nt_process *nt_process_alloc(void)
{
	struct nt_process *p = nt_object_alloc(&nt_process_type, sizeof(*p));

	if (!p)
		return NULL;
	kmutex_init(&p->lock, LOCKRANK_PERSONA);
	list_init(&p->threads);
	list_init(&p->all_link);
	p->exit_status = STATUS_PENDING;
	p->priority_class = NT_PRIORITY_CLASS_NORMAL;
	return p;
}

struct nt_thread *nt_thread_alloc(struct nt_process *p)
{
	struct nt_thread *t = nt_object_alloc(&nt_thread_type, sizeof(*t));

	if (!t)
		return NULL;
	waitq_init(&t->alert);
	list_init(&t->apcs);
	list_init(&t->mutants);
	list_init(&t->link);
	t->exit_status = STATUS_PENDING;
	t->create_time = nt_time();
	nt_object_get(&p->ob);
	t->proc = p;
	return t;
}

void nt_process_adopt(struct nt_process *p, struct nt_thread *first)
{
	struct thread *t = thread_self();

	process_get(t->t_proc);
	p->proc = t->t_proc;
	p->pid = pidref_nr(t->t_proc->p_pid);
	p->create_time = nt_time();
	thread_get(t);
	first->thread = t;
	first->tid = pidref_nr(t->t_pid);
	list_add_tail(&first->link, &p->threads);
	p->nlive = 1;
	nt_object_get(&first->ob);
	t->t_compat = first;
	t->t_persona = &nt_persona;
	thread_work_set(t, WORK_PERSONA_CALL);
	kmutex_lock(&processes_lock);
	list_add_tail(&p->all_link, &processes);
	kmutex_unlock(&processes_lock);
	nt_kuser_use();
}

/* ---- finding them ---- */

struct nt_process *nt_process_find(u64 id)
{
	struct nt_process *p, *found = NULL;

	kmutex_lock(&processes_lock);
	list_foreach(p, &processes, all_link)
		if (nt_id(p->pid) == (id & ~3UL) && ref_get_unless_zero(&p->ob.obj.refs)) {
			found = p;
			break;
		}
	kmutex_unlock(&processes_lock);
	return found;
}

struct nt_process *nt_process_next(struct nt_process *p)
{
	struct nt_process *it, *found = NULL;
	bool is_behind = !p;

	kmutex_lock(&processes_lock);
	list_foreach(it, &processes, all_link) {
		if (is_behind && ref_get_unless_zero(&it->ob.obj.refs)) {
			found = it;
			break;
		}
		is_behind |= it == p;
	}
	kmutex_unlock(&processes_lock);
	if (p)
		nt_object_put(&p->ob);
	return found;
}

static struct nt_thread *thread_in(struct nt_process *p, u64 id)
{
	struct nt_thread *t, *found = NULL;

	kmutex_lock(&p->lock);
	list_foreach(t, &p->threads, link)
		if (nt_id(t->tid) == id && ref_get_unless_zero(&t->ob.obj.refs)) {
			found = t;
			break;
		}
	kmutex_unlock(&p->lock);
	return found;
}

struct nt_thread *nt_thread_find(u64 id)
{
	struct nt_thread *t = thread_in(nt_process_self(), id);
	struct nt_process *p = NULL;

	while (!t && (p = nt_process_next(p)) != NULL)
		t = thread_in(p, id);
	if (p)
		nt_object_put(&p->ob);
	return t;
}

/* ---- ends ---- */

static const struct { ntstatus status; u8 sig; } ends[] = {
	{ STATUS_ACCESS_VIOLATION, SIGSEGV },
	{ STATUS_STACK_OVERFLOW, SIGSEGV },
	{ STATUS_ILLEGAL_INSTRUCTION, SIGILL },
	{ STATUS_PRIVILEGED_INSTRUCTION, SIGILL },
	{ STATUS_INTEGER_DIVIDE_BY_ZERO, SIGFPE },
	{ STATUS_INTEGER_OVERFLOW, SIGFPE },
	{ STATUS_CONTROL_C_EXIT, SIGINT },
	{ STATUS_BREAKPOINT, SIGTRAP },
	{ STATUS_STACK_BUFFER_OVERRUN, SIGABRT },
};

/* What a Linux parent sees: what ended it by an exception is a signal, else the low byte. */
static int wait_status(ntstatus s)
{
	for (u32 i = 0; i < ARRAY_SIZE(ends); i++)
		if (ends[i].status == s)
			return ends[i].sig;
	return (int)(s & 0xff) << 8;
}

void nt_process_end(ntstatus status)
{
	struct nt_process *p = nt_process_self();

	kmutex_lock(&p->lock);
	if (!p->has_exit_status) {
		p->has_exit_status = true;
		p->exit_status = status;
	}
	status = p->exit_status;
	kmutex_unlock(&p->lock);
	process_exit_group(wait_status(status));
}

void nt_thread_end(ntstatus status)
{
	struct nt_thread *self = nt_self();
	struct nt_process *p = self->proc;
	bool is_last;
	u64 in_list;

	kmutex_lock(&p->lock);
	is_last = p->nlive == 1;
	kmutex_unlock(&p->lock);
	if (is_last)
		nt_process_end(status);
	self->end_status = status;
	self->must_end = true;
	if (self->stack && !READ_ONCE(self->leaves_memory)) {
		nt_vm_release(p->vm, self->stack);
		/* Without LdrShutdownThread() it stands in ntdll's list of TEBs: its neighbours point to it. */
		if (user_get(in_list, (u64 __user *)(self->teb + TEB_TLS_LINKS)) || !in_list)
			nt_vm_release(p->vm, self->teb);
	}
	thread_exit(wait_status(status));
}

/* A signal ended it, or the kernel. */
static ntstatus status_of_wait(int code)
{
	switch (code & 0x7f) {
	case 0:
		return code >> 8 & 0xff;
	case SIGINT:
		return STATUS_CONTROL_C_EXIT;
	}
	return 128 + (code & 0x7f);
}

static void process_over(struct nt_process *p, struct thread *t)
{
	u64 flags;

	nt_kuser_unuse();
	handle_table_close(p->handles);
	nt_console_leave(p);
	if (p->job)
		nt_job_leave(p);
	kmutex_lock(&processes_lock);
	list_del(&p->all_link);
	kmutex_unlock(&processes_lock);
	flags = spin_lock_irqsave(&p->ob.wq.lock);
	if (!p->has_exit_status)
		p->exit_status = status_of_wait(t->t_proc->p_group_exit_code);
	p->exit_time = nt_time();
	p->is_ended = true;
	waitq_wake_locked(&p->ob.wq, 0, 0);
	spin_unlock_irqrestore(&p->ob.wq.lock, flags);
}

static void free_apcs(struct nt_thread *t)
{
	while (!list_is_empty(&t->apcs)) {
		struct nt_apc *a = list_first_entry(&t->apcs, struct nt_apc, link);

		list_del(&a->link);
		kmem_free(a);
	}
}

void nt_thread_exit(struct thread *t)
{
	struct nt_thread *self = t->t_compat;
	struct nt_process *p;
	bool is_last;
	u64 flags;

	if (!self)
		return;
	p = self->proc;
	nt_mutants_abandon(self);
	nt_io_thread_exit(self);
	kmutex_lock(&p->lock);
	list_del(&self->link);
	is_last = --p->nlive == 0;
	kmutex_unlock(&p->lock);
	if (is_last)
		process_over(p, t);
	flags = spin_lock_irqsave(&self->ob.wq.lock);
	self->exit_time = nt_time();
	self->exit_status = self->must_end ? self->end_status : p->exit_status;
	self->is_ended = true;
	waitq_wake_locked(&self->ob.wq, 0, 0);
	spin_unlock_irqrestore(&self->ob.wq.lock, flags);
	flags = spin_lock_irqsave(&self->alert.lock);
	free_apcs(self);
	waitq_wake_locked(&self->alert, 0, 0);
	spin_unlock_irqrestore(&self->alert.lock, flags);
	t->t_compat = NULL;
	thread_work_clear(t, WORK_PERSONA | WORK_PERSONA_CALL);
	nt_object_put(&self->ob);
}

void nt_thread_exec(struct thread *t)
{
	nt_thread_exit(t);
}

int nt_thread_fork(struct thread *child, struct thread *parent)
{
	child->t_compat = NULL;
	if (child->t_flags & TF_KTHREAD)
		child->t_persona = NULL;	/* it will exec something of its own */
	else
		thread_work_set(child, WORK_PERSONA_CALL);
	return 0;
}

void nt_vm_drop(struct nt_process *p, uptr at, size_t n)
{
	(void)aspace_advise(p->vm->as, at, n, MADV_DONTNEED);
}
