/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ptrace from the tracee's side: what fork, exec, exit, signals and the entry
 * code call so that a tracer sees it. Owner kernel/proc/trace.
 *
 * All but tracee_tracer_nr() act on thread_self, may sleep (a stop lasts until
 * the tracer resumes the thread or it is killed), and cost one load where the
 * thread is not traced.
 */
#pragma once

#include <tern/kernel/thread.h>
#include <uapi/ptrace.h>

struct ksiginfo;
struct frame;
struct credset;

static inline bool tracee_is_traced(const struct thread *t) { return READ_ONCE(t->t_trace) != NULL; }

/**
 * tracee_signal() - signal-delivery-stop
 * @info: the signal just taken; the tracer may change it
 * Return: signal to deliver instead, 0 for none.
 */
int tracee_signal(int sig, struct ksiginfo *info);

/** tracee_job_trap() - stop because of a group stop, PTRACE_INTERRUPT or a new state of either. */
void tracee_job_trap(void);

/** tracee_wants() - has the tracer asked for PTRACE_EVENT_@event? */
bool tracee_wants(u32 event);
/** tracee_event() - stop and report PTRACE_EVENT_@event with @message, if asked for. */
void tracee_event(u32 event, u64 message);
/** tracee_exec() - after a successful exec: PTRACE_EVENT_EXEC, or the old plain SIGTRAP. */
void tracee_exec(s32 old_nr);

/**
 * tracee_syscall_enter() - syscall-entry-stop
 * Return: false: the call is not to be carried out.
 */
bool tracee_syscall_enter(struct frame *f);
/** tracee_syscall_exit() - syscall-exit-stop, or the report of a step over a call. */
void tracee_syscall_exit(struct frame *f);
/** tracee_step_handler() - a single step has just entered a signal handler. */
void tracee_step_handler(void);

/**
 * tracee_exec_is_safe() - may an exec of thread_self gain privileges?
 * Not if its tracer could use them and does not have CAP_SYS_PTRACE itself.
 */
bool tracee_exec_is_safe(void);

/** tracee_tracer_nr() - number of the process that traces @t, 0 if none. Any context. */
s32 tracee_tracer_nr(struct thread *t);
