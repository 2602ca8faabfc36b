/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of kernel/proc/trace share with each other, and with exit,
 * wait and fork in kernel/proc.
 *
 * A tracerec ties one thread (tracee) to the thread that traces it. It hangs on
 * the tracee (t_trace) and in the list p_ptraced of the tracer's process. When
 * a traced thread ends it stays in that list without a thread, and keeps the
 * number in use, until the tracer has waited for it.
 *
 * Legend: I immutable, P process_tree_lock, S the tracee's signal lock.
 */
#pragma once

#include <tern/kernel/trace.h>

#include "../proc_impl.h"

struct tracerec {
	struct list link;		/* P in tracer->p_ptraced */
	struct process *tracer;		/* I it removes the record before it ends */
	u64 tracer_serial;		/* I t_serial of the one thread that may make requests */
	const struct credset *cred;	/* I of the tracer when it attached; a reference */
	bool is_seized;			/* I PTRACE_SEIZE */
	struct thread *thread;		/* P NULL when it is gone */
	struct process *proc;		/* I the tracee's, with a reference */
	u32 options;			/* P PTRACE_O_* */

	/* while it is stopped: P */
	bool is_stopped;
	bool is_listening;		/* PTRACE_LISTEN: stopped, but not for requests */
	bool is_busy;			/* a request looks at it: it must not run */
	s32 stop_code;			/* for wait: signal and event; 0 once reported */
	u64 message;			/* PTRACE_GETEVENTMSG */
	struct ksiginfo *info;		/* on the tracee's stack, NULL in a group stop */

	/* when the thread is gone: P */
	struct pidref *pid;		/* a reference */
	struct hnode pid_node;		/* in its users (PIDROLE_REMAINS) */
	s32 exit_status;
	uid_t uid;
};

struct wait_request;

/* ---- attach.c ---- */
/** tracerec_alloc() - for thread_self as tracer (or @tracer); NULL if no memory. Sleeps. */
struct tracerec *tracerec_alloc(struct process *tracer, u64 tracer_serial, const struct credset *c);
/** tracerec_link_locked() - begin to trace @t with the filled record. Locks: P, S. */
void tracerec_link_locked(struct tracerec *tr, struct thread *t);
long trace_attach(struct thread *t, bool is_seize, u64 options);
long trace_me(void);

/* ---- stop.c ---- */
/**
 * tracee_stop() - stop thread_self until its tracer lets it go on
 * @code: for wait: a signal, or signal and event
 * @why: CLD_TRAPPED or CLD_STOPPED
 * @message: for PTRACE_GETEVENTMSG
 * @info: for PTRACE_GETSIGINFO, may be NULL
 * @fallback: returned if there is no tracer (any more) or the thread shall die
 * Return: signal that the tracer gave.
 */
int tracee_stop(s32 code, int why, u64 message, struct ksiginfo *info, int fallback);
/** tracee_notify() - tracee_stop() with a SIGTRAP that carries @code. */
int tracee_notify(s32 code, int why, u64 message);
/** tracee_must_die_locked() - SIGKILL is pending. Locks: S. */
bool tracee_must_die_locked(const struct thread *t);

/* ---- request.c, regset.c ---- */
/** trace_request() - one request on a stopped tracee that cannot run meanwhile. */
long trace_request(struct thread *t, u32 request, u64 addr, u64 data);
/** trace_resume() - continue: requests that end the stop; -EIO for a bad signal. */
long trace_resume(struct thread *t, u32 request, u64 signal);
long trace_regset(struct thread *t, u32 type, void __user *iov, bool is_write);
long trace_get_regs(struct thread *t, void __user *out);
long trace_set_regs(struct thread *t, const void __user *in);
long trace_get_fpregs(struct thread *t, void __user *out);
long trace_set_fpregs(struct thread *t, const void __user *in);
long trace_peek_user(struct thread *t, u64 offset, u64 __user *out);
long trace_poke_user(struct thread *t, u64 offset, u64 v);
