/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Registers of a stopped thread as debuggers see them: Linux's
 * user_regs_struct, user_fpregs_struct and XSAVE image, debug registers,
 * single steps. Owner arch/x86/entry/tracereg.c.
 *
 * All functions work on a thread that is off its CPU and stays so
 * (thread_wait_inactive()), or on thread_self; they do not sleep unless said.
 */
#pragma once

#include <uapi/ptrace.h>

struct thread;

/**
 * tracereg_get() - one general register
 * @i: index into user_regs_struct, below USER_REGS_COUNT
 */
u64 tracereg_get(struct thread *t, u32 i);
/**
 * tracereg_set() - write one general register
 * @i: as above
 * Return: 0; -EIO for a base outside user space or a segment that user code cannot have.
 */
int tracereg_set(struct thread *t, u32 i, u64 v);

/** tracereg_fp() - x87 and SSE state in FXSAVE's format into @out, 512 bytes. */
void tracereg_fp(struct thread *t, void *out);
/**
 * tracereg_xstate() - the XSAVE image, with components in their initial state
 * filled in where software relies on it and the mask of components in its
 * software bytes; xstate_size() bytes.
 */
void tracereg_xstate(struct thread *t, void *out);
/**
 * tracereg_fp_set() - replace x87 and SSE state from 512 bytes
 * Return: 0, -EINVAL if no processor would load it, -ENOMEM. Sleeps.
 */
int tracereg_fp_set(struct thread *t, const void *in);

/** tracereg_debug() - debug register @i, below 8; 4 and 5 read as 0. */
u64 tracereg_debug(struct thread *t, u32 i);
/**
 * tracereg_debug_set() - write debug register @i, below 8
 * Return: 0; -EINVAL for an address outside user space or a breakpoint of a
 * kind or length that there is not; -EIO for register 4 or 5.
 */
int tracereg_debug_set(struct thread *t, u32 i, u64 v);

enum tracestep { TRACESTEP_OFF, TRACESTEP_INSN, TRACESTEP_BRANCH };
/**
 * tracestep_set() - trap after the next instruction in user mode, after the next branch
 * taken (after each instruction on processors that cannot tell), or no more.
 */
void tracestep_set(struct thread *t, enum tracestep kind);
/** tracestep_is_on() - was it set for thread_self or a stopped thread? */
bool tracestep_is_on(const struct thread *t);
