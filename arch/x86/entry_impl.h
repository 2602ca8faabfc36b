/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to arch/x86/entry: C functions that assembly calls, and labels. */
#pragma once

#include <asm/frame.h>
#include <tern/base/compiler.h>

struct thread;

void trap_dispatch(u32 vector, struct frame *f, u32 code);
void trap_special(u32 vector, struct frame *f, u32 code);
struct frame *trap_move_to_top(const struct frame *f);
void irq_dispatch(u32 vector, struct frame *f);
void irq_return_kernel(struct frame *f);
void user_return(struct frame *f);
void syscall_exit_slow(struct frame *f);

/** extable_fixup() - continue at the fixup of the faulting instruction; false if it has none. */
bool extable_fixup(struct frame *f);
bool extable_has(uptr rip);

/** trap_oops() - report a fault of the kernel; kills the thread or stops the machine. */
void trap_oops(const struct frame *f, const char *what, u32 vector, u32 code) __noreturn;


struct thread *arch_switch_stack(u64 *save, u64 sp, struct thread *prev);
void thread_entry_kernel(void);
void thread_entry_user(void);
void entry_leave_to(struct frame *f) __noreturn;
