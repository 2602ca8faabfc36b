/* SPDX-License-Identifier: GPL-2.0-only */
/* Registers saved on kernel entry; same order as Linux's pt_regs (user ABI of ptrace). */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

struct frame {
	u64 r15, r14, r13, r12, rbp, rbx;
	u64 r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	u64 orig_rax;	/* system call number, or error code / ~vector */
	u64 rip, cs, rflags, rsp, ss;
};
static_assert(sizeof(struct frame) == 168, "ptrace ABI");

#define SEL_KERNEL_CODE	0x10
#define SEL_KERNEL_DATA	0x18
#define SEL_USER_DATA	0x2b
#define SEL_USER_CODE	0x33

static inline bool frame_is_user(const struct frame *f) { return f->cs & 3; }

/** frame_sanitize() - make registers from user space harmless to return to. */
void frame_sanitize(struct frame *f);

struct thread;
/** thread_frame() - the user registers of a thread that is in the kernel (top of its stack). */
struct frame *thread_frame(const struct thread *t);
