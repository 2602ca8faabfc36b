// SPDX-License-Identifier: GPL-2.0-only
/*
 * The border between Windows programs and the kernel: SYSCALL instructions, the work
 * before a return to user mode, and the table of services.
 *
 * A call's number is looked up in what was bound from the program's own ntdll, the
 * arguments are collected (r10, rdx, r8, r9, then the stack) and the generated
 * function converts them. NTSTATUS goes to rax; every other register but rcx and
 * r11 is as before. A call that a signal or a suspension interrupts is made
 * again: rip goes back to the instruction.
 */
#include "../service.h"

#include <tern/kernel/clock.h>
#include <tern/kernel/persona.h>
#include <tern/svc/svc.h>

#include "../ps.h"
#include "../unix.h"

#define ARGS_MAX	16
#define SYSCALL_INSN	2
#define STACK_ARGS	0x28	/* return address and home space lie before them */

#include <generated/nt_services.inc>

static atomic64 missing_calls;

const struct nt_service *nt_service_find(const char *name)
{
	u32 lo = 0, hi = ARRAY_SIZE(services);

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;
		int order = strcmp(name, services[mid].name);

		if (!order)
			return &services[mid];
		if (order < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

u64 nt_missing_count(void)
{
	return atomic_read(&missing_calls);
}

static ntstatus missing(const struct nt_binding *b, u32 i)
{
	atomic_inc(&missing_calls);
	kdebug("%s: %s is missing", thread_self()->t_comm, b->name[i]);
	return STATUS_NOT_IMPLEMENTED;
}

/* There is no graphical side: its calls fail as on a machine without one, with 0. */
static ntstatus missing_gui(const struct nt_binding *b, u32 i)
{
	atomic_inc(&missing_calls);
	kdebug("%s: %s is missing", thread_self()->t_comm, b->name[i]);
	return 0;
}

static ntstatus call(const struct nt_service *s, u64 *a, const struct frame *f)
{
	struct thread *t = thread_self();

	if ((t->t_work & WORK_SVCMASK) && !(t->t_svcmask & SVC_BIT(s->svc)))
		return STATUS_ACCESS_DENIED;
	if (s->nargs > 4 && user_copyin(a + 4, (void __user *)(f->rsp + STACK_ARGS),
					(s->nargs - 4) * sizeof(u64)))
		return STATUS_ACCESS_VIOLATION;
	return s->call(a);
}

static ntstatus dispatch(const struct frame *f, u32 number)
{
	struct nt_process *p = nt_process_self();
	const struct nt_binding *b = number < 0x1000 ? p->binding : READ_ONCE(p->binding_gui);
	u64 a[ARGS_MAX] = { f->r10, f->rdx, f->r8, f->r9 };
	u32 i;

	if (number == NT_SERVICE_UNIX)
		return nt_unix_call(a[0], (u32)a[1], a[2]);
	i = b ? number - b->first : 0;
	if (!b || i >= b->count || !b->name[i][0])
		return STATUS_INVALID_SYSTEM_SERVICE;
	if (!b->service[i])
		return b->first ? missing_gui(b, i) : missing(b, i);
	return call(b->service[i], a, f);
}

static void nt_entry(struct frame *f)
{
	struct nt_thread *self = nt_self();
	u32 number = (u32)f->orig_rax;
	ntstatus s;

	f->orig_rax = -1UL;		/* no call of Linux's to restart */
	self->frame_is_set = false;
	s = dispatch(f, number);
	if (s == STATUS_RESTART_CALL_) {
		f->rax = number;
		f->rip -= SYSCALL_INSN;
		return;
	}
	self->has_deadline = false;
	if (!self->frame_is_set)
		f->rax = s;
	if (self->apc_due)
		nt_apc_deliver(f);
}

/* ---- on the way to user mode ---- */

/* Suspended: stand here until the count is zero again, but let signals stop and end us. */
static void park(struct nt_thread *self)
{
	u64 flags = spin_lock_irqsave(&self->alert.lock);

	self->is_parked = true;
	waitq_wake_locked(&self->alert, 0, 0);
	spin_unlock_irqrestore(&self->alert.lock, flags);
	if (waitq_wait_common(&self->alert, !READ_ONCE(self->suspends) || READ_ONCE(self->must_end),
			      THREAD_SLEEPING, false, WAIT_FOREVER))
		thread_work_set(self->thread, WORK_PERSONA);
	flags = spin_lock_irqsave(&self->alert.lock);
	self->is_parked = false;
	spin_unlock_irqrestore(&self->alert.lock, flags);
}

static void nt_user_work(struct frame *f)
{
	struct nt_thread *self = nt_self();

	thread_work_clear(self->thread, WORK_PERSONA);
	if (READ_ONCE(self->pending_ctrl))
		nt_ctrl_deliver(self);
	if (READ_ONCE(self->must_end))
		nt_thread_end(self->end_status);
	if (READ_ONCE(self->suspends)) {
		/* A signal comes first: its work bit is looked at before we come here again. */
		if (READ_ONCE(self->thread->t_work) & WORK_SIGNAL)
			thread_work_set(self->thread, WORK_PERSONA);
		else
			park(self);
	}
}

struct persona_ops nt_persona = {
	.name = "win32",
	.thread_fork = nt_thread_fork,
	.thread_exec = nt_thread_exec,
	.thread_exit = nt_thread_exit,
	.syscall = nt_entry,
	.user_work = nt_user_work,
	.fault = nt_fault,
	.signal = nt_signal_taken,
};
