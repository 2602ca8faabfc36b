// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers as programs see them (CONTEXT): to and from the frame that a thread
 * keeps at the border of user mode. Of another thread only while it is parked there.
 */
#include "../service.h"

#include "../ps.h"
#include "../sync.h"

#define RFLAGS_USER_NT	0x3f7fd7UL	/* what a program may set; the rest is made harmless */
#define THREAD_GET_CONTEXT 0x8u
#define THREAD_SET_CONTEXT 0x10u

static void save_control(const struct frame *f, struct nt_context *c)
{
	c->rip = f->rip;
	c->rsp = f->rsp;
	c->rflags = (u32)f->rflags;
	c->cs = SEL_USER_CODE_NT;
	c->ss = SEL_USER_DATA_NT;
}

static void save_integer(const struct frame *f, struct nt_context *c)
{
	c->rax = f->rax;
	c->rcx = f->rcx;
	c->rdx = f->rdx;
	c->rbx = f->rbx;
	c->rbp = f->rbp;
	c->rsi = f->rsi;
	c->rdi = f->rdi;
	c->r8 = f->r8;
	c->r9 = f->r9;
	c->r10 = f->r10;
	c->r11 = f->r11;
	c->r12 = f->r12;
	c->r13 = f->r13;
	c->r14 = f->r14;
	c->r15 = f->r15;
}

void nt_context_save(struct thread *t, u32 flags, struct nt_context *c)
{
	const struct frame *f = thread_frame(t);

	if (flags & CONTEXT_CONTROL)
		save_control(f, c);
	if (flags & CONTEXT_INTEGER)
		save_integer(f, c);
	if (flags & CONTEXT_SEGMENTS) {
		c->ds = c->es = c->gs = SEL_USER_DATA_NT;
		c->fs = 0x53;
	}
	if (flags & CONTEXT_FLOATING) {
		xstate_legacy_get(t, c->fxsave);
		memcpy(&c->mxcsr, c->fxsave + 24, sizeof(c->mxcsr));
	}
	if (flags & CONTEXT_DEBUG)
		c->dr0 = c->dr1 = c->dr2 = c->dr3 = c->dr6 = c->dr7 = 0;
	c->flags = (flags & 0x1f) | CONTEXT_AMD64;
}

static void load_integer(struct frame *f, const struct nt_context *c)
{
	f->rax = c->rax;
	f->rcx = c->rcx;
	f->rdx = c->rdx;
	f->rbx = c->rbx;
	f->rbp = c->rbp;
	f->rsi = c->rsi;
	f->rdi = c->rdi;
	f->r8 = c->r8;
	f->r9 = c->r9;
	f->r10 = c->r10;
	f->r11 = c->r11;
	f->r12 = c->r12;
	f->r13 = c->r13;
	f->r14 = c->r14;
	f->r15 = c->r15;
}

ntstatus nt_context_load(struct thread *t, const struct nt_context *c)
{
	struct frame *f = thread_frame(t);

	if (!(c->flags & CONTEXT_AMD64))
		return STATUS_INVALID_PARAMETER;
	if ((c->flags & CONTEXT_CONTROL) && c->rip >= USER_END)
		return STATUS_INVALID_PARAMETER;
	if (c->flags & CONTEXT_CONTROL) {
		f->rip = c->rip;
		f->rsp = c->rsp;
		f->rflags = c->rflags & RFLAGS_USER_NT;
	}
	if (c->flags & CONTEXT_INTEGER)
		load_integer(f, c);
	frame_sanitize(f);
	if (c->flags & CONTEXT_FLOATING) {
		u8 fx[512];

		memcpy(fx, c->fxsave, sizeof(fx));
		memcpy(fx + 24, &c->mxcsr, sizeof(c->mxcsr));
		xstate_legacy_set(t, fx);
	}
	return STATUS_SUCCESS;
}

/* ---- calls ---- */

/* What ntdll cleared below the first frame of a new thread is zero again without pages. */
static void drop_start_stack(struct nt_thread *self, uptr rsp)
{
	uptr limit, low, high = (rsp - 2 * PAGE_SIZE) & PAGE_MASK;

	if (user_get(limit, (uptr __user *)(self->teb + TEB_STACK_LIMIT)))
		return;
	low = ALIGN_UP(limit, PAGE_SIZE);
	if (rsp > low && high > low && high - low < (64UL << 20))
		nt_vm_drop(self->proc, low, high - low);
}

/* What lies behind an extended context: upper halves of the vector registers, zero if not in the mask. */
static ntstatus load_extended(struct thread *t, const struct nt_context __user *ctx)
{
	const struct nt_context_ex __user *uex = (const void __user *)(ctx + 1);
	struct nt_context_ex ex;
	struct nt_xstate *x;
	ntstatus s;

	NT_CHECK(nt_copyin(&ex, uex, sizeof(ex)));
	if (ex.xstate_length < sizeof(*x))
		return STATUS_SUCCESS;
	x = kmem_alloc(sizeof(*x), ALLOC_KERNEL);
	if (!x)
		return STATUS_NO_MEMORY;
	s = nt_copyin(x, (const u8 __user *)uex + ex.xstate_offset, sizeof(*x));
	if (!s && !(x->mask & NT_XSTATE_AVX))
		memset(x->ymm, 0, sizeof(x->ymm));
	if (!s)
		xstate_ymm_set(t, x->ymm);
	kmem_free(x);
	return s;
}

ntstatus nt_continue(const struct nt_context __user *ctx, u8 test_alert)
{
	struct nt_thread *self = nt_self();
	struct nt_context *c = kmem_alloc(sizeof(*c), ALLOC_KERNEL);
	ntstatus s;

	if (!c)
		return STATUS_NO_MEMORY;
	s = nt_copyin(c, ctx, sizeof(*c));
	if (!s)
		s = nt_context_load(self->thread, c);
	if (!s && (c->flags & CONTEXT_XSTATE))
		s = load_extended(self->thread, ctx);
	if (!s) {
		self->frame_is_set = true;
		if (!self->has_run)
			drop_start_stack(self, c->rsp);
		self->has_run = true;
		if (test_alert)
			(void)nt_alert_check(self, true);
	}
	kmem_free(c);
	return s;
}

/* Wait until a suspended thread stands at the border; STATUS_SUCCESS with its reference. */
static ntstatus get_parked(u64 handle, u32 access, struct nt_thread **out)
{
	struct nt_thread *t;
	struct nt_object *o;
	int err = 0;

	*out = NULL;
	NT_CHECK(nt_handle_get(handle, &nt_thread_type, access, &o));
	t = container_of(o, struct nt_thread, ob);
	if (t != nt_self())
		err = waitq_wait_intr(&t->alert, READ_ONCE(t->is_parked) || READ_ONCE(t->is_ended) ||
					    !READ_ONCE(t->suspends));
	if (!err && t != nt_self() && !READ_ONCE(t->is_parked)) {
		nt_object_put(o);
		return STATUS_UNSUCCESSFUL;
	}
	if (err) {
		nt_object_put(o);
		return nt_status_of(err);
	}
	if (t != nt_self())
		thread_wait_inactive(t->thread);
	*out = t;
	return STATUS_SUCCESS;
}

ntstatus nt_get_context_thread(u64 handle, struct nt_context __user *ctx)
{
	struct nt_context *c;
	struct nt_thread *t;
	ntstatus s;

	NT_CHECK(get_parked(handle, THREAD_GET_CONTEXT, &t));
	c = kmem_alloc(sizeof(*c), ALLOC_KERNEL);
	s = c ? nt_copyin(c, ctx, sizeof(*c)) : STATUS_NO_MEMORY;
	if (!s) {
		nt_context_save(t->thread, c->flags, c);
		s = nt_copyout(ctx, c, sizeof(*c));
	}
	kmem_free(c);
	nt_object_put(&t->ob);
	return s;
}

ntstatus nt_set_context_thread(u64 handle, const struct nt_context __user *ctx)
{
	struct nt_context *c;
	struct nt_thread *t;
	ntstatus s;

	NT_CHECK(get_parked(handle, THREAD_SET_CONTEXT, &t));
	c = kmem_alloc(sizeof(*c), ALLOC_KERNEL);
	s = c ? nt_copyin(c, ctx, sizeof(*c)) : STATUS_NO_MEMORY;
	if (!s)
		s = nt_context_load(t->thread, c);
	if (!s && t == nt_self())
		t->frame_is_set = true;
	kmem_free(c);
	nt_object_put(&t->ob);
	return s;
}
