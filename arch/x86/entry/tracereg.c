// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers of stopped threads for debuggers (asm/tracereg.h). General
 * registers lie in the frame at the top of the kernel stack, in the order of
 * user_regs_struct; bases and debug registers in struct arch_thread, from where
 * the next switch to the thread loads them; extended state in its XSAVE area.
 *
 * The trap flag is set in the frame by tracestep_set(); step_is_forced says
 * that it is the debugger's and not the program's own, so that reads hide it.
 * Intel SDM vol. 3B, 18.2 (debug registers); vol. 1, 13.4 (XSAVE area).
 */
#include "../entry_impl.h"

#include <asm/msr.h>
#include <asm/page.h>
#include <asm/tracereg.h>
#include <tern/base/err.h>
#include <tern/base/preempt.h>
#include <tern/kernel/thread.h>
#include <tern/lib/bits.h>
#include <tern/lib/string.h>

#include "../fpu_impl.h"

#define REG_FLAGS	18
#define REG_CS		17
#define REG_SS		20
#define REG_FS_BASE	21
#define REG_GS_BASE	22
/* Flags that a debugger may change: CF PF AF ZF SF TF DF OF RF AC. */
#define FLAGS_SETTABLE	0x00050dd5UL
#define FLAG_TF		0x100UL

#define XSTATE_HEADER	512
#define XSTATE_SW_BYTES	464
#define XMM_OFFSET	160
#define XMM_SIZE	256
#define MXCSR_OFFSET	24
#define X87_INIT_CW	0x37f

#define DR7_ENABLES	0xffUL
#define DR7_WRITABLE	0xffff03ffUL
#define DR7_FIXED	0x400UL

u64 tracereg_get(struct thread *t, u32 i)
{
	const u64 *f = (const u64 *)thread_frame(t);

	switch (i) {
	case REG_FLAGS:
		return t->t_arch.step_is_forced ? f[i] & ~FLAG_TF : f[i];
	case REG_FS_BASE:
		return t->t_arch.fs_base;
	case REG_GS_BASE:
		return t->t_arch.gs_base;
	}
	return i < REG_FS_BASE ? f[i] : 0;	/* the data segments are null */
}

static int set_flags(struct thread *t, u64 v)
{
	struct frame *f = thread_frame(t);

	if (v & FLAG_TF)
		t->t_arch.step_is_forced = false;
	else if (t->t_arch.step_is_forced)
		v |= FLAG_TF;
	f->rflags = (f->rflags & ~FLAGS_SETTABLE) | (v & FLAGS_SETTABLE);
	return 0;
}

int tracereg_set(struct thread *t, u32 i, u64 v)
{
	u64 *f = (u64 *)thread_frame(t);

	switch (i) {
	case REG_CS:
		return (u16)v == SEL_USER_CODE ? 0 : -EIO;
	case REG_SS:
		return (u16)v == SEL_USER_DATA ? 0 : -EIO;
	case REG_FLAGS:
		return set_flags(t, v);
	case REG_FS_BASE:
	case REG_GS_BASE:
		if (v >= USER_END)
			return -EIO;
		if (i == REG_FS_BASE)
			t->t_arch.fs_base = v;
		else
			t->t_arch.gs_base = v;
		return 0;
	}
	if (i > REG_GS_BASE)
		return (u16)v ? -EIO : 0;
	f[i] = v;
	return 0;
}

/* ---- extended state ---- */

/* XSAVEOPT leaves the bytes of components in their initial state alone. */
static void fill_initial(u8 *out, u64 present)
{
	if (!(present & BIT(0))) {
		memset(out, 0, MXCSR_OFFSET);
		put_le16(out, X87_INIT_CW);
		memset(out + MXCSR_OFFSET + 8, 0, XMM_OFFSET - MXCSR_OFFSET - 8);
	}
	if (!(present & BIT(1)))
		memset(out + XMM_OFFSET, 0, XMM_SIZE);
}

static u64 components_present(const struct thread *t)
{
	/* Without XSAVE the area has no header and all is there. */
	return xstate_size() > XSTATE_HEADER ?
	       get_le64((const u8 *)t->t_arch.xstate + XSTATE_HEADER) : ~0UL;
}

void tracereg_fp(struct thread *t, void *out)
{
	memset(out, 0, XSTATE_HEADER);
	if (!t->t_arch.xstate)
		return;
	xstate_sync(t);
	memcpy(out, t->t_arch.xstate, XSTATE_HEADER);
	fill_initial(out, components_present(t));
}

void tracereg_xstate(struct thread *t, void *out)
{
	memset(out, 0, xstate_size());
	if (!t->t_arch.xstate)
		return;
	xstate_sync(t);
	memcpy(out, t->t_arch.xstate, xstate_size());
	fill_initial(out, components_present(t));
	put_le64((u8 *)out + XSTATE_SW_BYTES, xstate_features());
}

int tracereg_fp_set(struct thread *t, const void *in)
{
	size_t size = xstate_size();
	u8 *area;
	int err;

	if (!t->t_arch.xstate)
		return -EINVAL;
	area = fpu_alloc();
	if (!area)
		return -ENOMEM;
	/* The other components stay. */
	memcpy(area, t->t_arch.xstate, size);
	memcpy(area, in, XSTATE_HEADER);
	if (size > XSTATE_HEADER)
		put_le64(area + XSTATE_HEADER, get_le64(area + XSTATE_HEADER) | 3);
	err = xstate_load_user(t, area, size);
	fpu_free(area);
	return err;
}

/* ---- debug registers ---- */

u64 tracereg_debug(struct thread *t, u32 i)
{
	return i == 4 || i == 5 ? 0 : t->t_arch.debug_reg[i];
}

/* One breakpoint's four bits in DR7: what it watches (low), how many bytes (high). */
static bool breakpoint_is_valid(u64 dr7, u32 n, u64 addr)
{
	u32 bits = dr7 >> (16 + 4 * n) & 0xf, kind = bits & 3, len = bits >> 2;
	static const u8 bytes[4] = { 1, 2, 8, 4 };

	if (kind == 2)			/* I/O ports */
		return false;
	if (kind == 0 && len != 0)	/* instructions have no length */
		return false;
	return !(addr & (bytes[len] - 1));
}

static int set_dr7(struct thread *t, u64 v)
{
	struct arch_thread *at = &t->t_arch;

	v &= DR7_WRITABLE;
	for (u32 n = 0; n < 4; n++)
		if ((v >> (2 * n) & 3) && !breakpoint_is_valid(v, n, at->debug_reg[n]))
			return -EINVAL;
	at->debug_reg[7] = v & DR7_ENABLES ? v | DR7_FIXED : v;
	at->has_debug_reg = (v & DR7_ENABLES) != 0;
	return 0;
}

int tracereg_debug_set(struct thread *t, u32 i, u64 v)
{
	struct arch_thread *at = &t->t_arch;

	if (i == 4 || i == 5)
		return -EIO;
	if (i == 7)
		return set_dr7(t, v);
	if (i == 6) {
		at->debug_reg[6] = v;
		return 0;
	}
	if (v >= USER_END)
		return -EINVAL;
	if ((at->debug_reg[7] >> (2 * i) & 3) && !breakpoint_is_valid(at->debug_reg[7], i, v))
		return -EINVAL;
	at->debug_reg[i] = v;
	return 0;
}

/* ---- single steps ---- */

void tracestep_set(struct thread *t, enum tracestep kind)
{
	struct frame *f = thread_frame(t);

	t->t_arch.step_by_branch = kind == TRACESTEP_BRANCH;
	if (kind != TRACESTEP_OFF) {
		if (!(f->rflags & FLAG_TF))
			t->t_arch.step_is_forced = true;
		f->rflags |= FLAG_TF;
		t->t_arch.is_stepping = true;
		thread_work_set(t, WORK_STEP);
		return;
	}
	if (t->t_arch.step_is_forced)
		f->rflags &= ~FLAG_TF;
	t->t_arch.step_is_forced = false;
	t->t_arch.is_stepping = false;
	thread_work_clear(t, WORK_STEP);
}

bool tracestep_is_on(const struct thread *t)
{
	return t->t_arch.is_stepping;
}
