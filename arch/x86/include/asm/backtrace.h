/* SPDX-License-Identifier: GPL-2.0-only */
/* Walking kernel stacks by frame pointer. Owner arch/x86/entry/backtrace.c. */
#pragma once

#include <asm/frame.h>

struct thread;

/**
 * arch_backtrace() - call @fn for each return address, innermost first
 * @f: registers to start from, or NULL for the caller
 * @fn: returns false to stop
 * Context: any; bad stacks end the walk.
 */
void arch_backtrace(const struct frame *f, bool (*fn)(void *arg, uptr addr), void *arg);

/** arch_backtrace_thread() - of a thread that is switched out. */
void arch_backtrace_thread(const struct thread *t, bool (*fn)(void *arg, uptr addr), void *arg);

/** arch_backtrace_log() - write a symbolised backtrace to the kernel log. */
void arch_backtrace_log(const struct frame *f);
