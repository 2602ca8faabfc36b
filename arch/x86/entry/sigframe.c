// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signal frames on the user stack, laid out as Linux does for x86-64 since
 * programs, unwinders and debuggers read them:
 *
 *	high	extended state (XSAVE format, 64-aligned) + 4-byte end magic
 *		struct sigframe: return address, ucontext, siginfo
 *	low	rsp of the handler: 16-aligned minus 8, like after a call
 *
 * Everything that sigframe_pop() reads comes from user space: segment selectors
 * are not taken from it, flags are masked, extended state is checked as a whole
 * before it is used.
 */
#include "../entry_impl.h"

#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/thread.h>
#include <asm/uaccess.h>
#include <tern/base/preempt.h>
#include <tern/kernel/thread.h>
#include <tern/lib/string.h>

#include "../fpu_impl.h"

struct sigcontext_ {
	u64 r8, r9, r10, r11, r12, r13, r14, r15;
	u64 rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, eflags;
	u16 cs, gs, fs, ss;
	u64 err, trapno, oldmask, cr2, fpstate, reserved[8];
};
static_assert(sizeof(struct sigcontext_) == 256, "user ABI");

struct sigstack_ {
	u64 sp;
	u32 flags, pad;
	u64 size;
};

struct sigframe {
	u64 restorer;
	struct {
		u64 flags, link;
		struct sigstack_ stack;
		struct sigcontext_ mc;
		u64 mask;
	} uc;
	u8 info[128];
};
static_assert(sizeof(struct sigframe) == 440, "user ABI");

/* In the 48 bytes of the legacy area that are software's. */
struct fpx_bytes {
	u32 magic1, extended_size;
	u64 features;
	u32 xstate_size, pad[7];
};
static_assert(sizeof(struct fpx_bytes) == 48, "user ABI");

#define FPX_OFFSET	464
#define FPX_MAGIC1	0x46505853u
#define FPX_MAGIC2	0x46505845u
#define UC_FP_XSTATE	1u
#define UC_SIGCONTEXT_SS 2u
#define UC_STRICT_RESTORE_SS 4u
#define SS_ONSTACK_	1u
#define SS_DISABLE_	2u
#define SS_AUTODISARM_	(1u << 31)
#define RED_ZONE	128
/* AC OF DF TF SF ZF AF PF CF RF: what a handler's frame may set. */
#define FRAME_FLAGS	0x50dd5UL

static bool on_altstack(const struct thread *t, u64 sp)
{
	const struct sigthread *st = &t->t_sig;

	if (st->altstack_flags & SS_AUTODISARM_)
		return false;
	return st->altstack_size && sp > st->altstack_sp &&
	       sp - st->altstack_sp <= st->altstack_size;
}

static u64 fp_frame_size(void)
{
	return xstate_size() + (cpu_has(FEAT_XSAVE) ? 4 : 0);
}

/* Lowest address of the frame; *fp gets that of the extended state. 0: no room. */
static u64 place_frame(struct thread *t, const struct frame *f, const struct ksigaction *act,
		       u64 *fp)
{
	const struct sigthread *st = &t->t_sig;
	bool was_on = on_altstack(t, f->rsp), is_on = was_on;
	u64 sp = f->rsp - RED_ZONE;

	if ((act->flags & SA_ONSTACK) && st->altstack_size && !was_on) {
		sp = st->altstack_sp + st->altstack_size;
		is_on = true;
	}
	sp = ALIGN_DOWN(sp - fp_frame_size(), 64);
	*fp = sp;
	sp = ALIGN_DOWN(sp - sizeof(struct sigframe), 16) - 8;
	if (is_on && (sp < st->altstack_sp || sp > st->altstack_sp + st->altstack_size))
		return 0;
	return sp;
}

/* Bytes of the area that hold something: the rest is in its initial state. */
static size_t used_size(const void *area)
{
	u64 bv;

	if (!cpu_has(FEAT_XSAVE))
		return xstate_size();
	memcpy(&bv, (const u8 *)area + 512, sizeof(bv));
	return bv & ~3UL ? xstate_size() : 576;
}

static int put_xstate(struct thread *t, u64 fp)
{
	struct fpx_bytes sw = {
		.magic1 = FPX_MAGIC1, .extended_size = (u32)fp_frame_size(),
		.features = xstate_features(), .xstate_size = (u32)xstate_size(),
	};
	u8 *area = t->t_arch.xstate;
	u32 magic2 = FPX_MAGIC2;
	int err;

	xstate_sync(t);
	err = user_copyout((void __user *)fp, area, used_size(area));
	if (err || !cpu_has(FEAT_XSAVE))
		return err;
	err = user_copyout((void __user *)(fp + FPX_OFFSET), &sw, sizeof(sw));
	if (!err)
		err = user_copyout((void __user *)(fp + xstate_size()), &magic2, 4);
	return err;
}

static void fill_context(struct sigframe *sf, struct thread *t, const struct frame *f)
{
	sf->uc.mc = (struct sigcontext_){
		.r8 = f->r8, .r9 = f->r9, .r10 = f->r10, .r11 = f->r11, .r12 = f->r12,
		.r13 = f->r13, .r14 = f->r14, .r15 = f->r15, .rdi = f->rdi, .rsi = f->rsi,
		.rbp = f->rbp, .rbx = f->rbx, .rdx = f->rdx, .rax = f->rax, .rcx = f->rcx,
		.rsp = f->rsp, .rip = f->rip, .eflags = f->rflags, .cs = (u16)f->cs,
		.ss = (u16)f->ss, .err = t->t_arch.fault_code, .trapno = t->t_arch.trap_no,
		.cr2 = t->t_arch.fault_addr,
	};
	sf->uc.flags = (cpu_has(FEAT_XSAVE) ? UC_FP_XSTATE : 0) | UC_SIGCONTEXT_SS |
		       UC_STRICT_RESTORE_SS;
}

static u32 altstack_state(const struct thread *t, u64 sp)
{
	const struct sigthread *st = &t->t_sig;

	if (!st->altstack_size)
		return SS_DISABLE_;
	return (on_altstack(t, sp) ? SS_ONSTACK_ : 0) | (st->altstack_flags & SS_AUTODISARM_);
}

int sigframe_push(struct thread *t, int sig, const struct ksiginfo *info,
		  const struct ksigaction *act, u64 set)
{
	struct frame *f = thread_frame(t);
	struct sigframe sf = { .restorer = act->restorer };
	u64 fp, sp = place_frame(t, f, act, &fp);

	if (!sp || !(act->flags & SA_RESTORER))
		return -EFAULT;
	fill_context(&sf, t, f);
	sf.uc.mc.oldmask = set;
	sf.uc.mc.fpstate = fp;
	sf.uc.mask = set;
	sf.uc.stack = (struct sigstack_){ t->t_sig.altstack_sp, altstack_state(t, f->rsp), 0,
					  t->t_sig.altstack_size };
	memcpy(sf.info, info->raw, sizeof(sf.info));
	if (put_xstate(t, fp) || user_copyout((void __user *)sp, &sf, sizeof(sf)))
		return -EFAULT;
	if (t->t_sig.altstack_flags & SS_AUTODISARM_) {
		t->t_sig.altstack_sp = 0;
		t->t_sig.altstack_size = 0;
		t->t_sig.altstack_flags = SS_DISABLE_;
	}
	f->rdi = (u64)sig;
	f->rsi = sp + offsetof(struct sigframe, info);
	f->rdx = sp + offsetof(struct sigframe, uc);
	f->rax = 0;
	f->rsp = sp;
	f->rip = act->handler;
	f->rflags &= ~(RFLAGS_DF | RFLAGS_RF | RFLAGS_TF);
	f->cs = SEL_USER_CODE;
	f->ss = SEL_USER_DATA;
	return 0;
}

/* Replace the thread's extended state by the frame's; -EFAULT if it is no state. */
static int get_xstate(struct thread *t, u64 fp)
{
	struct fpx_bytes sw;
	bool has_header = false;
	u32 magic2;
	void *area;
	int err;

	if (!fp) {
		fpu_reset(t);
		return 0;
	}
	area = fpu_alloc();
	if (!area)
		return -EFAULT;
	if (cpu_has(FEAT_XSAVE)) {
		err = user_copyin(&sw, (void __user *)(fp + FPX_OFFSET), sizeof(sw));
		if (err)
			goto out;
		has_header = sw.magic1 == FPX_MAGIC1 && sw.xstate_size == xstate_size() &&
			     sw.extended_size == sw.xstate_size + 4 &&
			     !user_copyin(&magic2, (void __user *)(fp + sw.xstate_size), 4) &&
			     magic2 == FPX_MAGIC2;
	}
	err = user_copyin(area, (void __user *)fp, has_header ? 576 : 512);
	if (!err && !fpu_validate(area, has_header))
		err = -EFAULT;
	if (!err && has_header && used_size(area) > 576)
		err = user_copyin((u8 *)area + 576, (void __user *)(fp + 576),
				  xstate_size() - 576);
	if (!err) {
		preempt_disable();
		memcpy(t->t_arch.xstate, area, xstate_size());
		fpu_changed(t);
		preempt_enable();
	}
out:
	fpu_free(area);
	return err;
}

static void take_context(struct frame *f, const struct sigcontext_ *mc)
{
	f->r8 = mc->r8;
	f->r9 = mc->r9;
	f->r10 = mc->r10;
	f->r11 = mc->r11;
	f->r12 = mc->r12;
	f->r13 = mc->r13;
	f->r14 = mc->r14;
	f->r15 = mc->r15;
	f->rdi = mc->rdi;
	f->rsi = mc->rsi;
	f->rbp = mc->rbp;
	f->rbx = mc->rbx;
	f->rdx = mc->rdx;
	f->rax = mc->rax;
	f->rcx = mc->rcx;
	f->rsp = mc->rsp;
	f->rip = mc->rip;
	f->rflags = (f->rflags & ~FRAME_FLAGS) | (mc->eflags & FRAME_FLAGS);
	f->orig_rax = -1UL;	/* not in a call: nothing to restart */
	f->cs = SEL_USER_CODE;
	f->ss = SEL_USER_DATA;
}

int sigframe_pop(struct thread *t, u64 *set)
{
	struct frame *f = thread_frame(t);
	struct sigframe sf;

	if (user_copyin(&sf, (void __user *)(f->rsp - 8), offsetof(struct sigframe, info)))
		return -EFAULT;
	if (get_xstate(t, sf.uc.mc.fpstate))
		return -EFAULT;
	take_context(f, &sf.uc.mc);
	if (!(sf.uc.stack.flags & ~(SS_ONSTACK_ | SS_DISABLE_ | SS_AUTODISARM_)) &&
	    !on_altstack(t, f->rsp)) {
		bool is_off = sf.uc.stack.flags & SS_DISABLE_;

		t->t_sig.altstack_sp = is_off ? 0 : sf.uc.stack.sp;
		t->t_sig.altstack_size = is_off ? 0 : sf.uc.stack.size;
		t->t_sig.altstack_flags = is_off ? SS_DISABLE_
						 : sf.uc.stack.flags & SS_AUTODISARM_;
	}
	*set = sf.uc.mask;
	return 0;
}
