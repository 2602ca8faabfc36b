/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of kernel/proc share. */
#pragma once

#include <tern/base/bug.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/loader.h>
#include <tern/kernel/pidns.h>
#include <tern/kernel/process.h>
#include <tern/lib/string.h>
#include <tern/mm/aspace.h>

/* ---- pid.c ---- */
void pid_init(void);
/**
 * pidref_alloc() - a number in @ns and each namespace above
 * @want: @nwant numbers from @ns upwards, 0: next free one
 * Return: ERR_PTR(-EAGAIN, -ENOMEM, -EEXIST).
 */
struct pidref *pidref_alloc(struct pidns *ns, const s32 *want, u32 nwant);
/** pidref_alloc_undo() - give back a number that never had a user, and its reference. */
/** pidns_close() - its init has ended: no new numbers; how many are in use. */
u32 pidns_close(struct pidns *ns);
void pidref_alloc_undo(struct pidref *p);
/** pidref_attach() / pidref_detach() - enter or leave a role. Locks: tree lock held. */
void pidref_attach(struct pidref *p, enum pid_role role, struct hnode *n);
void pidref_detach(struct pidref *p, enum pid_role role, struct hnode *n);
/** pidref_swap_threads() - exchange the numbers of two threads. Locks: tree lock held. */
void pidref_swap_threads(struct thread *a, struct thread *b);
extern u32 pid_limit;

/* ---- thread.c ---- */
void thread_cache_init(void);
/** thread_alloc() - zeroed thread with stack, two references, on no list; ERR_PTR(-ENOMEM). */
struct thread *thread_alloc(void);
/** thread_discard() - undo thread_alloc() for a thread that never ran. */
void thread_discard(struct thread *t);
void thread_list_add_locked(struct thread *t);
void thread_list_del_locked(struct thread *t);
void kthread_finish(struct thread *t, int code);
void thread_run_work(void);

/* ---- process.c ---- */
void process_cache_init(void);
/** process_alloc() - zeroed process with locks and lists set up; NULL if no memory. */
struct process *process_alloc(void);
void process_list_add_locked(struct process *p);
void process_list_del_locked(struct process *p);
extern struct process *process_pid1;
/** process_account_thread() - add a dying thread's numbers to its process. */
void process_account_thread(struct process *p, struct thread *t);

extern u64 process_thread_max;

/* ---- elsewhere in kernel/ ---- */
void futex_init(void);
void binfmt_init(void);

/* ---- exit.c ---- */
/** thread_release_memory() - thread_self leaves its address space for good. */
void thread_release_memory(struct thread *t);

/* ---- fork.c ---- */
struct clone_args_k {
	u64 flags;
	int __user *pidfd;
	u32 __user *child_tid;
	u32 __user *parent_tid;
	int exit_signal;
	u64 stack;			/* top, 0: the parent's */
	u64 tls;
	int (*kfn)(void *);		/* kernel-made process: runs this instead of user code */
	void *karg;
	const char *kname;
	s32 want_pid[PIDNS_DEPTH_MAX + 1];	/* from the child's namespace upwards, 0: any */
	u32 nwant;
	struct cgnode *cgroup;		/* borrowed; NULL: the parent's */
};
/** process_clone() - every kind of fork; number of the child or -errno. */
long process_clone(const struct clone_args_k *a);
/** process_clone_new() - as process_clone(), child not started; for kernel-made ones. */
struct thread *process_clone_new(const struct clone_args_k *a);

/** thread_vfork_done() - let the vfork parent of @t (thread_self) go on. */
void thread_vfork_done(struct thread *t);

/* ---- wait.c ---- */
/** process_reap_children() - collect all that have ended; does not wait. */
void process_reap_children(void);

/* ---- reap.c ---- */
/** thread_release() - take a dead thread out of all tables. Locks: tree lock held by caller. */
void thread_release_locked(struct thread *t);
/** process_release() - collect a dead process (leader included); drops its references. */
void process_release(struct process *p);
void process_reparent_children_locked(struct process *p, struct list *dead);
void process_release_list(struct list *dead);
/** process_notify_parent_locked() - a process ended; true: nobody will wait for it. */
bool process_notify_parent_locked(struct process *p);
void process_notify_job_locked(struct process *p, int why);
bool pgrp_will_be_orphaned_locked(struct pidref *pgrp, struct process *ignored);
void pgrp_hangup_if_orphaned_locked(struct process *p);
bool pgrp_has_stopped_locked(struct pidref *pgrp);
void process_wake_parent(struct process *parent);

/* ---- signal.c ---- */
void signal_cache_init(void);
struct sigactions *sigactions_alloc(void);
void sigactions_put(struct sigactions *a);
/** signal_lock() - lock the actions of @p, irqsave; stable until signal_unlock(). */
struct sigactions *signal_lock(struct process *p, u64 *flags);
static inline void signal_unlock(struct sigactions *a, u64 flags)
{
	spin_unlock_irqrestore(&a->lock, flags);
}
void sigpending_init(struct sigpendset *sp);
/** sigpending_flush() - free everything queued. Locks: S. */
void sigpending_flush(struct sigpendset *sp);
int signal_send_locked(int sig, const struct ksiginfo *info, struct thread *t, bool to_process);
/** signal_recalc_locked() - set or clear WORK_SIGNAL of thread_self. Locks: S. */
void signal_recalc_locked(void);
void signal_wake_thread(struct thread *t, bool is_fatal);
int signal_dequeue_locked(struct thread *t, ksigset mask, struct ksiginfo *info);
void signal_kill_others_locked(struct process *p, struct thread *self);
void signal_job_leave_locked(struct thread *t);
void signal_retarget_locked(struct thread *t, ksigset which);
u32 sigqueue_drop_mask(struct sigpendset *sp, ksigset mask);

#define SIGSET_KILLSTOP	(SIGBIT(SIGKILL) | SIGBIT(SIGSTOP))
#define SIGSET_STOP	(SIGBIT(SIGSTOP) | SIGBIT(SIGTSTP) | SIGBIT(SIGTTIN) | SIGBIT(SIGTTOU))
#define SIGSET_IGNORED	(SIGBIT(SIGCONT) | SIGBIT(SIGCHLD) | SIGBIT(SIGWINCH) | SIGBIT(SIGURG))
#define SIGSET_CORE	(SIGBIT(SIGQUIT) | SIGBIT(SIGILL) | SIGBIT(SIGTRAP) | SIGBIT(SIGABRT) | \
			 SIGBIT(SIGFPE) | SIGBIT(SIGSEGV) | SIGBIT(SIGBUS) | SIGBIT(SIGSYS) | \
			 SIGBIT(SIGXCPU) | SIGBIT(SIGXFSZ))
#define SIGSET_SYNC	(SIGBIT(SIGSEGV) | SIGBIT(SIGBUS) | SIGBIT(SIGILL) | SIGBIT(SIGTRAP) | \
			 SIGBIT(SIGFPE) | SIGBIT(SIGSYS))

/* ---- cred.c, user.c ---- */
void cred_init(void);
struct usercount *usercount_get(uid_t uid);
void usercount_put(struct usercount *u);
/** cred_publish_self() - commit without capability side effects (exec). */
void cred_publish_self(struct credset *c);

/* ---- trace ---- */
struct tracerec;
/**
 * trace_fork_prepare() - before a fork of thread_self that its tracer follows
 * @event: PTRACE_EVENT_* of this kind of fork
 * Return: record for the child; NULL: it will not be traced; ERR_PTR(-ENOMEM).
 */
struct tracerec *trace_fork_prepare(u64 clone_flags, u32 event);
/** trace_fork_locked() - the child @t becomes visible. Locks: tree lock, S. */
void trace_fork_locked(struct tracerec *tr, struct thread *t);
void tracerec_free(struct tracerec *tr);
/** tracerec_unlink_locked() - @t is taken out of the tables. Locks: tree lock. */
void tracerec_unlink_locked(struct tracerec *tr);
/** trace_thread_end_locked() - a traced thread that is no leader ends. Locks: tree lock. */
void trace_thread_end_locked(struct thread *t);
/**
 * trace_process_end_locked() - a process ended: tell a tracer that is not its parent
 * Return: false: there is none that wants to know; the parent is to be told.
 * Locks: tree lock.
 */
bool trace_process_end_locked(struct process *p);
/** trace_is_foreign_locked() - is @p's leader traced by another than @p's parent? */
bool trace_is_foreign_locked(const struct process *p);
/** trace_tracer_end_locked() - thread @t, a tracer, ends. Locks: tree lock. */
void trace_tracer_end_locked(struct thread *t, struct list *dead);
/**
 * trace_stop_news_locked() - a group stop begins or ends for @t
 * Return: false: @t is not traced by PTRACE_SEIZE. Locks: S.
 */
bool trace_stop_news_locked(struct thread *t);
/** signal_stop_count_locked() - @t has stopped; true: it was the last. Locks: S. */
bool signal_stop_count_locked(struct process *p, struct thread *t);
/** process_fill_end() - SIGCHLD's information for the end of @p or a thread of it. */
void process_fill_end(struct ksiginfo *info, struct process *p, int status);

/* ---- acct.c ---- */
/** acct_process_end() - @t, thread_self, is the last thread of @p to end and has its memory still. */
void acct_process_end(struct process *p, struct thread *t);

/* ---- seccomp.c ---- */
/** seccomp_prctl_set() - PR_SET_SECCOMP. */
long seccomp_prctl_set(u64 mode, u64 prog);
/** seccomp_trace_filter() - instructions of filter @n of @t; their number, or -errno. */
long seccomp_trace_filter(struct thread *t, u64 n, void __user *out);
long seccomp_trace_metadata(struct thread *t, u64 size, void __user *p);
/**
 * seccomp_raise() - SIGSYS in place of the call that thread_self is about to make
 * @code: SYS_SECCOMP or SYS_USER_DISPATCH, @data: si_errno, @is_final: no handler may run
 */
void seccomp_raise(struct frame *f, int code, u32 data, bool is_final);
/** userdispatch_prctl() - PR_SET_SYSCALL_USER_DISPATCH of thread_self. */
long userdispatch_prctl(u64 mode, u64 from, u64 len, u64 selector);
/** userdispatch_enter() - before a call, with WORK_USER_DISPATCH: true if it became a signal. */
bool userdispatch_enter(struct frame *f);
/** seccomp_exit() - @t, thread_self, makes no more calls. */
void seccomp_exit(struct thread *t);

/* ---- session.c ---- */
/** session_leader_exit() - hang up the terminal of a dying session leader. */
void session_leader_exit(struct process *p);
