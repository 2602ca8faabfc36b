// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exceptions and APCs: from faults of user code to ntdll's dispatchers.
 *
 * Registers and the record of what happened go onto the thread's own stack, then it
 * continues in KiUserExceptionDispatcher (KiUserApcDispatcher), which ends with
 * NtContinue. A stack that cannot take them ends the process with the code.
 */
#include "../service.h"

#include <asm/cpu.h>

#include "../ps.h"
#include "../sync.h"
#include "../vm.h"

#define TRAP_DE	0
#define TRAP_DB	1
#define TRAP_BP	3
#define TRAP_OF 4
#define TRAP_UD	6
#define TRAP_GP	13
#define TRAP_PF	14
#define TRAP_MF	16
#define TRAP_AC 17
#define TRAP_XM	19
#define RFLAGS_TF	0x100u
#define RFLAGS_CLEARED	(0x100UL | 0x400UL | 0x40000UL)	/* TF, DF, AC */
#define GP_IS_INT	2u
#define INT_FASTFAIL	0x29u
#define INT_DEBUG	0x2du
#define IN_PAGE_ERROR	0xc0000006u

/* On the stack of an exception, lowest address first. */
struct exception_frame {
	struct nt_context context;
	struct nt_context_ex ex;
	u64 pad;
	struct nt_exception_record record;
};
#define EXCEPTION_ROOM	(0x20 + 0x5c0)

struct apc_frame {
	u64 home[4];
	u64 fn, pad;
	struct nt_context context;
};
#define APC_ROOM	0x510

/* The stack may grow by this. */
static bool push(struct nt_vm *vm, uptr at, const void *data, size_t n)
{
	for (u32 tries = 0; tries < 4; tries++) {
		size_t left = user_copyout_partial((void __user *)at, data, n);

		if (!left)
			return true;
		if (nt_vm_guard_hit(vm, at + n - left) != STATUS_SUCCESS)
			return false;
	}
	return false;
}

bool nt_raise(struct frame *f, const struct nt_exception_record *r, const struct nt_context *c)
{
	struct nt_process *p = nt_process_self();
	struct exception_frame *e = kmem_zalloc(sizeof(*e), ALLOC_KERNEL);
	struct nt_xstate x = { .mask = NT_XSTATE_AVX };
	uptr xat = (c->rsp - sizeof(x)) & ~63UL, at = (xat - EXCEPTION_ROOM) & ~15UL;
	bool has_avx = xstate_ymm_get(thread_self(), x.ymm), ok;

	if (!e)
		return false;
	e->context = *c;
	e->record = *r;
	e->ex.all_offset = e->ex.legacy_offset = -(s32)sizeof(e->context);
	e->ex.legacy_length = sizeof(e->context);
	e->ex.all_length = sizeof(e->context) + sizeof(e->ex);
	e->ex.xstate_offset = sizeof(e->ex);
	if (has_avx) {
		e->context.flags |= CONTEXT_XSTATE;
		e->ex.xstate_offset = (s32)(xat - at - offsetof(struct exception_frame, ex));
		e->ex.xstate_length = sizeof(x);
		e->ex.all_length = (u32)(xat - at + sizeof(x));
	}
	ok = (!has_avx || push(p->vm, xat, &x, sizeof(x))) && push(p->vm, at, e, sizeof(*e));
	kmem_free(e);
	if (!ok)
		return false;
	f->rsp = at;
	f->rip = p->entries.exception;
	f->rflags &= ~RFLAGS_CLEARED;
	f->rcx = f->rip;	/* both as SYSRET wants them */
	f->r11 = f->rflags;
	return true;
}

/* ---- what happened ---- */

static void code1(struct nt_exception_record *r, u32 code)
{
	r->code = code;
}

static void access_violation(struct nt_exception_record *r, u64 kind, u64 addr)
{
	r->code = STATUS_ACCESS_VIOLATION;
	r->nparams = 2;
	r->params[0] = kind;
	r->params[1] = addr;
}

static u32 float_code(int si_code)
{
	switch (si_code) {
	case 3:
		return STATUS_FLOAT_DIVIDE_BY_ZERO;
	case 4:
		return STATUS_FLOAT_OVERFLOW;
	case 5:
		return STATUS_FLOAT_UNDERFLOW;
	case 6:
		return STATUS_FLOAT_INEXACT_RESULT;
	}
	return STATUS_FLOAT_INVALID_OPERATION;
}

/* One of the instructions that only a kernel may use? */
static bool is_privileged(uptr rip)
{
	u8 b[2];

	if (user_copyin(b, (void __user *)rip, sizeof(b)))
		return false;
	if (b[0] == 0x0f)
		return b[1] == 0x01 || b[1] == 0x06 || b[1] == 0x08 || b[1] == 0x09 ||
		       (b[1] >= 0x20 && b[1] <= 0x23) || b[1] == 0x30 || b[1] == 0x32 ||
		       b[1] == 0x33 || b[1] == 0x00;
	return b[0] == 0xf4 || b[0] == 0xfa || b[0] == 0xfb || (b[0] >= 0xe4 && b[0] <= 0xe7) ||
	       (b[0] >= 0xec && b[0] <= 0xef) || (b[0] >= 0x6c && b[0] <= 0x6f);
}

static void general_protection(struct nt_exception_record *r, struct nt_context *c, u32 code)
{
	if ((code & GP_IS_INT) && code >> 3 == INT_FASTFAIL) {
		r->code = STATUS_STACK_BUFFER_OVERRUN;
		r->flags = EXCEPTION_NONCONTINUABLE;
		r->nparams = 1;
		r->params[0] = c->rcx;
	} else if ((code & GP_IS_INT) && code >> 3 == INT_DEBUG) {
		code1(r, STATUS_BREAKPOINT);
		c->rip += 3;	/* the instruction and the byte behind it */
		r->nparams = 1;
		r->params[0] = c->rax;
	} else if (!(code & GP_IS_INT) && is_privileged(c->rip)) {
		code1(r, STATUS_PRIVILEGED_INSTRUCTION);
	} else {
		access_violation(r, 0, ~0UL);
	}
}

/* False: the fault is dealt with already. */
static bool page_fault(struct nt_exception_record *r, struct nt_process *p, int sig, u32 code,
		       uptr addr)
{
	ntstatus s = nt_vm_guard_hit(p->vm, addr);
	u64 kind = code & 16 ? 8 : code & 2 ? 1 : 0;

	if (s == STATUS_SUCCESS)
		return false;
	access_violation(r, kind, addr);
	if (s != STATUS_ACCESS_VIOLATION)
		r->code = s;
	if (sig == SIGBUS && s == STATUS_ACCESS_VIOLATION) {
		r->code = IN_PAGE_ERROR;
		r->nparams = 3;
		r->params[2] = STATUS_END_OF_FILE;
	}
	return true;
}

static bool describe(struct nt_exception_record *r, struct nt_context *c, int sig, int si_code,
		     uptr addr)
{
	const struct arch_thread *at = &thread_self()->t_arch;

	r->address = c->rip;
	switch (at->trap_no) {
	case TRAP_PF:
		return page_fault(r, nt_process_self(), sig, (u32)at->fault_code, addr);
	case TRAP_GP:
		general_protection(r, c, (u32)at->fault_code);
		break;
	case TRAP_BP:
		code1(r, STATUS_BREAKPOINT);
		c->rip--;
		r->nparams = 1;
		break;
	case TRAP_DB:
		code1(r, STATUS_SINGLE_STEP);
		c->rflags &= ~RFLAGS_TF;	/* one step was asked for */
		break;
	case TRAP_UD:
		code1(r, STATUS_ILLEGAL_INSTRUCTION);
		break;
	case TRAP_DE:
		code1(r, STATUS_INTEGER_DIVIDE_BY_ZERO);
		break;
	case TRAP_OF:
		code1(r, STATUS_INTEGER_OVERFLOW);
		break;
	case TRAP_MF:
	case TRAP_XM:
		code1(r, float_code(si_code));
		break;
	case TRAP_AC:
		code1(r, STATUS_DATATYPE_MISALIGNMENT);
		break;
	default:
		access_violation(r, 0, addr);
		break;
	}
	r->address = c->rip;
	return true;
}

bool nt_fault(struct frame *f, int sig, int si_code, uptr addr)
{
	struct nt_exception_record r = { 0 };
	struct nt_context *c = kmem_zalloc(sizeof(*c), ALLOC_KERNEL);

	if (!c)
		return false;
	nt_context_save(thread_self(), CONTEXT_ALL_, c);
	if (describe(&r, c, sig, si_code, addr) && !nt_raise(f, &r, c))
		nt_process_end(r.code);
	kmem_free(c);
	return true;
}

ntstatus nt_raise_exception(const struct nt_exception_record __user *record,
			    const struct nt_context __user *ctx, u8 first_chance)
{
	struct nt_thread *self = nt_self();
	struct nt_exception_record r;
	struct nt_context *c;
	ntstatus s;

	NT_CHECK(nt_copyin(&r, record, sizeof(r)));
	if (!first_chance)
		nt_process_end(r.code);
	c = kmem_alloc(sizeof(*c), ALLOC_KERNEL);
	s = c ? nt_copyin(c, ctx, sizeof(*c)) : STATUS_NO_MEMORY;
	if (!s)
		s = nt_context_load(self->thread, c);
	if (!s && !nt_raise(thread_frame(self->thread), &r, c))
		nt_process_end(r.code);
	if (!s)
		self->frame_is_set = true;
	kmem_free(c);
	return s;
}

/* ---- APCs ---- */

static struct nt_apc *apc_take(struct nt_thread *self)
{
	struct nt_apc *a = NULL;
	u64 flags = spin_lock_irqsave(&self->alert.lock);

	if (!list_is_empty(&self->apcs)) {
		a = list_first_entry(&self->apcs, struct nt_apc, link);
		list_del(&a->link);
	}
	spin_unlock_irqrestore(&self->alert.lock, flags);
	return a;
}

void nt_apc_deliver(struct frame *f)
{
	struct nt_thread *self = nt_self();
	struct nt_process *p = self->proc;
	struct nt_apc *a = apc_take(self);
	struct apc_frame *e;
	uptr at = (f->rsp & ~15UL) - APC_ROOM;

	self->apc_due = false;
	if (!a)
		return;
	e = kmem_zalloc(sizeof(*e), ALLOC_KERNEL);
	if (!e)
		nt_process_end(STATUS_NO_MEMORY);
	e->fn = a->fn;
	nt_context_save(self->thread, CONTEXT_ALL_, &e->context);
	if (!push(p->vm, at, e, sizeof(*e)))
		nt_process_end(STATUS_STACK_OVERFLOW);
	f->rsp = at - 8;
	f->rip = p->entries.apc;
	f->rcx = at + offsetof(struct apc_frame, context);
	f->rdx = a->a1;
	f->r8 = a->a2;
	f->r9 = a->a3;
	f->rflags &= ~RFLAGS_CLEARED;
	kmem_free(e);
	kmem_free(a);
}

ntstatus nt_test_alert(void)
{
	ntstatus s = nt_alert_check(nt_self(), true);

	return s == STATUS_ALERTED ? s : STATUS_SUCCESS;
}
