// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads: their memory, start, suspension, alerts and APCs.
 *
 * A thread begins in ntdll's LdrInitializeThunk with a CONTEXT on its stack, which
 * that ends by continuing: RtlUserThreadStart(entry, argument).
 */
#include "../ps.h"

#include <asm/msr.h>

#include "../image.h"
#include "../service.h"
#include "../sync.h"

#define START_ROOM	0x28
#define NT_FPU_CONTROL	0x27f	/* 53 bits, all exceptions masked */
#define CREATE_SUSPENDED 1u
#define SUSPEND_MAX	127u
#define THREAD_TERMINATE 0x1u
#define THREAD_SUSPEND	0x2u
#define THREAD_SET_CONTEXT 0x10u
#define ATTRIBUTE_CLIENT_ID 0x10003u
#define ATTRIBUTE_TEB	0x10004u

static void start_context(struct nt_context *c, const struct nt_process *p, uptr top, u64 entry, u64 arg)
{
	memset(c, 0, sizeof(*c));
	c->flags = CONTEXT_FULL_;
	c->rcx = entry;
	c->rdx = arg;
	c->rsp = top - START_ROOM;
	c->rip = p->entries.thread_start;
	c->rflags = 0x200;
	c->cs = SEL_USER_CODE_NT;
	c->ss = c->ds = c->es = c->gs = SEL_USER_DATA_NT;
	c->fs = 0x53;
	c->mxcsr = 0x1f80;
	put_le16(c->fxsave, NT_FPU_CONTROL);
	put_le32(c->fxsave + 24, 0x1f80);
	put_le32(c->fxsave + 28, 0xffff);
}

static ntstatus fill_teb(const struct nt_thread *t, uptr stack, uptr limit, uptr top)
{
	uptr teb = t->teb;
	const struct { u32 offset; u64 value; } words[] = {
		{ 0, ~0UL },
		{ TEB_STACK_BASE, top },
		{ TEB_STACK_LIMIT, limit },
		{ TEB_SELF, teb },
		{ TEB_PEB, t->proc->peb },
		{ TEB_ACTCTX_STACK + 8, teb + TEB_ACTCTX_STACK + 8 },
		{ TEB_ACTCTX_STACK + 16, teb + TEB_ACTCTX_STACK + 8 },
		{ TEB_ACTCTX_POINTER, teb + TEB_ACTCTX_STACK },
		{ TEB_STATIC_STRING, 522UL << 16 },
		{ TEB_STATIC_STRING + 8, teb + TEB_STATIC_BUFFER },
		{ TEB_DEALLOCATION_STACK, stack },
	};

	for (u32 i = 0; i < ARRAY_SIZE(words); i++)
		NT_CHECK(nt_put(words[i].value, (u64 __user *)(teb + words[i].offset)));
	return STATUS_SUCCESS;
}

ntstatus nt_thread_memory(struct nt_thread *t, u64 reserve, u64 entry, u64 arg, struct frame *regs)
{
	struct nt_process *p = t->proc;
	uptr stack, limit, top, at;
	struct nt_context *c;
	ntstatus s;

	t->teb = nt_vm_alloc(p->vm, TEB_SIZE, PAGE_READWRITE);
	if (!t->teb)
		return STATUS_NO_MEMORY;
	s = nt_vm_stack(p->vm, reserve, &stack, &limit, &top);
	if (s) {
		nt_vm_release(p->vm, t->teb);
		return s;
	}
	t->stack = stack;
	at = ((top - START_ROOM) & ~15UL) - sizeof(*c);
	c = kmem_alloc(sizeof(*c), ALLOC_KERNEL);
	s = c ? fill_teb(t, stack, limit, top) : STATUS_NO_MEMORY;
	if (!s) {
		start_context(c, p, top, entry, arg);
		s = nt_copyout((void __user *)at, c, sizeof(*c));
	}
	kmem_free(c);
	if (s) {
		nt_vm_release(p->vm, stack);
		nt_vm_release(p->vm, t->teb);
		return s;
	}
	memset(regs, 0, sizeof(*regs));
	regs->rip = p->entries.ldr_init;
	regs->rsp = at - 8;
	regs->rcx = at;
	regs->orig_rax = -1UL;
	return STATUS_SUCCESS;
}

ntstatus nt_thread_ids(struct nt_thread *t)
{
	struct nt_client_id id = { nt_id(t->proc->pid), nt_id(t->tid) };

	NT_CHECK(nt_copyout((void __user *)(t->teb + TEB_CLIENT_ID), &id, sizeof(id)));
	return nt_copyout((void __user *)(t->teb + TEB_REAL_CLIENT_ID), &id, sizeof(id));
}

ntstatus nt_thread_start(u64 entry, u64 arg, u64 reserve, bool is_suspended, struct nt_thread **out)
{
	struct nt_process *p = nt_process_self();
	struct nt_thread *t = nt_thread_alloc(p);
	struct thread *kt;
	struct frame regs;
	u8 fx[512];
	ntstatus s;

	if (!t)
		return STATUS_NO_MEMORY;
	if (!reserve)
		reserve = p->image->info.stack_reserve;
	s = nt_thread_memory(t, reserve, entry, arg, &regs);
	if (s) {
		nt_object_put(&t->ob);
		return s;
	}
	kt = thread_create_user(&regs, t->teb);
	if (IS_ERR(kt)) {
		nt_vm_release(p->vm, t->stack);
		nt_vm_release(p->vm, t->teb);
		nt_object_put(&t->ob);
		return nt_status_of(PTR_ERR(kt));
	}
	xstate_legacy_get(kt, fx);
	put_le16(fx, NT_FPU_CONTROL);
	xstate_legacy_set(kt, fx);
	t->thread = kt;
	t->tid = pidref_nr(kt->t_pid);
	nt_object_get(&t->ob);
	kt->t_compat = t;
	if (is_suspended) {
		t->suspends = 1;
		thread_work_set(kt, WORK_PERSONA);
	}
	kmutex_lock(&p->lock);
	list_add_tail(&t->link, &p->threads);
	p->nlive++;
	kmutex_unlock(&p->lock);
	(void)nt_thread_ids(t);		/* its own memory, just written */
	*out = t;
	return STATUS_SUCCESS;
}

/* One output of an attribute list: client id or TEB address. */
static ntstatus answer_attribute(const struct nt_thread *t, const u64 a[4])
{
	struct nt_client_id id = { nt_id(t->proc->pid), nt_id(t->tid) };

	if (a[0] == ATTRIBUTE_CLIENT_ID && a[1] >= sizeof(id))
		return nt_copyout((void __user *)a[2], &id, sizeof(id));
	if (a[0] == ATTRIBUTE_TEB && a[1] >= sizeof(u64))
		return nt_put(t->teb, (u64 __user *)a[2]);
	return STATUS_SUCCESS;
}

/* List: total bytes, then {attribute, size, value, returned size *} each. */
static ntstatus answer_attributes(const struct nt_thread *t, const u64 __user *list)
{
	u64 bytes, a[4];

	if (!list)
		return STATUS_SUCCESS;
	if (user_get(bytes, list))
		return STATUS_ACCESS_VIOLATION;
	for (u64 at = 8; at + sizeof(a) <= bytes && at < PAGE_SIZE; at += sizeof(a)) {
		NT_CHECK(nt_copyin(a, (const u8 __user *)list + at, sizeof(a)));
		NT_CHECK(answer_attribute(t, a));
	}
	return STATUS_SUCCESS;
}

ntstatus nt_create_thread_ex(u64 __user *out, u32 access, const struct nt_object_attributes __user *attr,
			     u64 process, u64 entry, u64 arg, u32 flags, u64 zero_bits, u64 commit,
			     u64 reserve, const u64 __user *list)
{
	struct nt_object *o;
	struct nt_thread *t;
	struct thread *kt;
	u64 handle;
	ntstatus s;

	NT_CHECK(nt_handle_get(process, &nt_process_type, 0x2, &o));
	nt_object_put(o);
	if (o != &nt_process_self()->ob)
		return STATUS_NOT_SUPPORTED;
	NT_CHECK(nt_thread_start(entry, arg, max(reserve, commit), flags & CREATE_SUSPENDED, &t));
	kt = t->thread;
	s = nt_handle_add(&t->ob, access, 0, &handle);
	if (!s && (user_put(handle, out) || answer_attributes(t, list))) {
		nt_handle_close(handle);
		s = STATUS_ACCESS_VIOLATION;
	}
	if (s) {
		t->end_status = s;
		WRITE_ONCE(t->must_end, true);
		thread_work_set(kt, WORK_PERSONA);
	}
	thread_wake_new(kt);
	nt_object_put(&t->ob);
	return s;
}

/* ---- others are told ---- */

/* Something for the border to user mode, or for a wait. */
static void poke(struct nt_thread *t)
{
	thread_work_set(t->thread, WORK_PERSONA);
	if (t->thread != thread_self() && !thread_wake_state(t->thread, THREAD_SLEEPING))
		sched_kick(t->thread);
}

static ntstatus thread_get_access(u64 handle, u32 access, struct nt_thread **t)
{
	struct nt_object *o;

	NT_CHECK(nt_handle_get(handle, &nt_thread_type, access, &o));
	*t = container_of(o, struct nt_thread, ob);
	return STATUS_SUCCESS;
}

/*
 * Its stack and TEB stay: ntdll's lists may lead through them (waits on addresses,
 * the TEBs with TLS), and it had no chance to leave them.
 */
static void end_other(struct nt_thread *t, u32 status)
{
	t->end_status = status;
	WRITE_ONCE(t->leaves_memory, true);
	WRITE_ONCE(t->must_end, true);
	poke(t);
	waitq_wake_all(&t->alert);
}

ntstatus nt_terminate_thread(u64 handle, u32 status)
{
	struct nt_thread *t;

	if (!handle)
		nt_thread_end(status);
	NT_CHECK(thread_get_access(handle, THREAD_TERMINATE, &t));
	if (t == nt_self()) {
		nt_object_put(&t->ob);
		nt_thread_end(status);
	}
	end_other(t, status);
	nt_object_put(&t->ob);
	return STATUS_SUCCESS;
}

ntstatus nt_suspend_thread(u64 handle, u32 __user *was)
{
	ntstatus s = STATUS_SUCCESS;
	struct nt_thread *t;
	u32 old;
	u64 flags;

	NT_CHECK(thread_get_access(handle, THREAD_SUSPEND, &t));
	flags = spin_lock_irqsave(&t->alert.lock);
	old = t->suspends;
	if (t->is_ended)
		s = STATUS_THREAD_IS_TERMINATING;
	else if (old >= SUSPEND_MAX)
		s = STATUS_SUSPEND_COUNT_EXCEEDED;
	else
		t->suspends++;
	spin_unlock_irqrestore(&t->alert.lock, flags);
	if (!s)
		poke(t);
	/* It has stopped when we return, wherever it was. */
	if (!s && t != nt_self())
		(void)waitq_wait_killable(&t->alert, READ_ONCE(t->is_parked) ||
					  READ_ONCE(t->is_ended) || !READ_ONCE(t->suspends) ||
					  READ_ONCE(t->thread->t_state) & THREAD_NEW);
	nt_object_put(&t->ob);
	return s || !was ? s : nt_put(old, was);
}

static u32 resume(struct nt_thread *t)
{
	u64 flags = spin_lock_irqsave(&t->alert.lock);
	u32 old = t->suspends;

	if (old)
		t->suspends--;
	if (old == 1)
		waitq_wake_locked(&t->alert, 0, 0);
	spin_unlock_irqrestore(&t->alert.lock, flags);
	return old;
}

ntstatus nt_resume_thread(u64 handle, u32 __user *was)
{
	struct nt_thread *t;
	u32 old;

	NT_CHECK(thread_get_access(handle, THREAD_SUSPEND, &t));
	old = resume(t);
	nt_object_put(&t->ob);
	return was ? nt_put(old, was) : STATUS_SUCCESS;
}

static ntstatus alert(struct nt_thread *t)
{
	u64 flags = spin_lock_irqsave(&t->alert.lock);

	t->is_alerted = true;
	waitq_wake_locked(&t->alert, 0, 0);
	spin_unlock_irqrestore(&t->alert.lock, flags);
	return STATUS_SUCCESS;
}

ntstatus nt_alert_thread(u64 handle)
{
	struct nt_thread *t;
	ntstatus s;

	NT_CHECK(thread_get_access(handle, THREAD_TERMINATE, &t));
	s = alert(t);
	nt_object_put(&t->ob);
	return s;
}

ntstatus nt_alert_resume_thread(u64 handle, u32 __user *was)
{
	NT_CHECK(nt_alert_thread(handle));
	return nt_resume_thread(handle, was);
}

ntstatus nt_alert_thread_by_thread_id(u64 id)
{
	struct nt_thread *t = nt_thread_find(id);
	u64 flags;

	if (!t)
		return STATUS_INVALID_CID;
	flags = spin_lock_irqsave(&t->alert.lock);
	t->is_id_alerted = true;
	waitq_wake_locked(&t->alert, 0, 0);
	spin_unlock_irqrestore(&t->alert.lock, flags);
	nt_object_put(&t->ob);
	return STATUS_SUCCESS;
}

static bool take_id_alert(struct nt_thread *self)
{
	return xchg(&self->is_id_alerted, false);
}

ntstatus nt_wait_for_alert_by_thread_id(u64 address, const s64 __user *timeout)
{
	struct nt_thread *self = nt_self();
	nsec_t deadline;
	int err;

	NT_CHECK(nt_deadline(timeout, &deadline));
	if (take_id_alert(self))
		return STATUS_ALERTED;
	err = waitq_wait_intr_until(&self->alert, take_id_alert(self), deadline);
	if (err == -ETIMEDOUT)
		return STATUS_TIMEOUT;
	return err ? nt_status_of(err) : STATUS_ALERTED;
}

ntstatus nt_apc_queue(struct nt_thread *t, u64 fn, u64 a1, u64 a2, u64 a3)
{
	struct nt_apc *a = kmem_alloc(sizeof(*a), ALLOC_KERNEL);
	ntstatus s = STATUS_SUCCESS;
	u64 flags;

	if (!a)
		return STATUS_NO_MEMORY;
	*a = (struct nt_apc){ .fn = fn, .a1 = a1, .a2 = a2, .a3 = a3 };
	flags = spin_lock_irqsave(&t->alert.lock);
	if (t->is_ended) {
		s = STATUS_UNSUCCESSFUL;
	} else {
		list_add_tail(&a->link, &t->apcs);
		waitq_wake_locked(&t->alert, 0, 0);
	}
	spin_unlock_irqrestore(&t->alert.lock, flags);
	if (s)
		kmem_free(a);
	return s;
}

ntstatus nt_queue_apc_thread(u64 handle, u64 fn, u64 a1, u64 a2, u64 a3)
{
	struct nt_thread *t;
	ntstatus s;

	NT_CHECK(thread_get_access(handle, THREAD_SET_CONTEXT, &t));
	s = nt_apc_queue(t, fn, a1, a2, a3);
	nt_object_put(&t->ob);
	return s;
}

ntstatus nt_terminate_process(u64 handle, u32 status)
{
	struct nt_process *p = nt_process_self();
	struct nt_thread *t;
	struct nt_object *o;

	if (handle) {
		NT_CHECK(nt_handle_get(handle, &nt_process_type, 0x1, &o));
		if (o == &p->ob) {
			nt_object_put(o);
			nt_process_end(status);
		}
		p = container_of(o, struct nt_process, ob);
		kmutex_lock(&p->lock);
		if (!p->has_exit_status) {
			p->has_exit_status = true;
			p->exit_status = status;
		}
		kmutex_unlock(&p->lock);
		(void)signal_send_process(p->proc, SIGKILL, NULL);
		nt_object_put(o);
		return STATUS_SUCCESS;
	}
	/* All other threads of this process; then the caller cleans up and ends it. */
	kmutex_lock(&p->lock);
	list_foreach(t, &p->threads, link) {
		if (t != nt_self())
			end_other(t, status);
	}
	kmutex_unlock(&p->lock);
	return STATUS_SUCCESS;
}
