/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct thread: what the scheduler runs. struct process (process.h) is the
 * container that user space calls a process (thread group).
 *
 * Life: thread_create_* makes it THREAD_NEW with one reference for existing and
 * one for running; thread_wake_new() runs it; thread_exit() makes it ZOMBIE or
 * DEAD; the reaper drops the last reference and the stack after the final switch.
 * Owner kernel/proc/thread.c; scheduling members kernel/sched.
 *
 * Legend: I immutable, O only the thread itself, Q run queue lock, S process
 * signal lock (ps_lock), P process tree lock, A atomic, R RCU.
 */
#pragma once

#include <asm/thread.h>
#include <tern/base/lock.h>
#include <tern/base/rcu.h>
#include <tern/kernel/sched.h>
#include <tern/kernel/signal.h>
#include <tern/lib/hlist.h>
#include <tern/lib/list.h>

struct process;
struct aspace;
struct fdtab;
struct fsctx;
struct namespaces;
struct credset;
struct pidref;
struct persona_ops;
struct tracerec;
struct secfilter;
struct semundos;
struct keyobj;

/* Work word bits: not zero means a slow path on the way in or out (t_work). */
#define WORK_RESCHED	BIT(0)	/* exit: sched_preempt */
#define WORK_SIGNAL	BIT(1)	/* exit: a signal may be deliverable */
#define WORK_NOTIFY	BIT(2)	/* exit: deferred work (task work list, rseq, restore sigmask) */
#define WORK_FPU	BIT(3)	/* exit: reload extended state */
#define WORK_PERSONA	BIT(4)	/* exit: persona_ops.user_work; ends interruptible sleeps */
#define WORK_TRACE_ENTRY BIT(8)	/* entry: ptrace syscall stop */
#define WORK_SECCOMP	BIT(9)	/* entry */
#define WORK_SVCMASK	BIT(10)	/* entry: some services were given up */
#define WORK_AUDIT	BIT(11)	/* entry */
#define WORK_TRACE_EXIT	BIT(12)	/* syscall exit */
#define WORK_STEP	BIT(13)	/* syscall exit: single step report */
#define WORK_PERSONA_CALL BIT(17) /* entry: calls are the personality's, not Linux's */
#define WORK_TRACE_EMULATE BIT(16) /* with TRACE_ENTRY: the tracer carries calls out */
#define WORK_USER_DISPATCH BIT(18) /* entry: calls may be the program's own (userdispatch.c) */
#define WORK_EXIT_MASK	0x00ffUL	/* checked on every return to user mode */
#define WORK_ENTRY_MASK	0x60f00UL	/* checked on system call entry */
#define WORK_SYSEXIT_MASK 0xf000UL	/* checked after a system call */

struct thread {
	/* assembly reads the first members by offset (asm-offsets) */
	u64 t_work;			/* A WORK_* */
	void *t_kstack;			/* I lowest address of the kernel stack */
	struct arch_thread t_arch;	/* O, Q while switched out */

	u32 t_state;			/* Q THREAD_* (waitq.h); set by O before blocking */
	u32 t_flags;			/* O TF_* */
	refcount t_refs;		/* A */
	struct schedent t_sched;	/* Q */

	struct process *t_proc;		/* I; the kernel process for kernel threads */
	struct process *t_actor;	/* O whom it acts for: t_proc, or who asked a pool thread (process_self) */
	struct aspace *t_as;		/* O user address space, NULL for kernel threads */
	struct aspace *t_active_as;	/* O what the page table register holds (lazy) */
	struct sleephook *t_sleephook;	/* O I/O it gathers, NULL */
	struct fdtab *t_files;		/* O, t_lock for others */
	struct fsctx *t_fs;		/* O, t_lock for others */
	struct namespaces *t_ns;	/* O, t_lock for others; NULL: the first ones, or ended */
	const struct credset *t_cred;	/* R changed only by O; what it acts as */
	const struct credset *t_real_cred;	/* R changed only by O; what others judge it by */
	const struct persona_ops *t_persona;	/* I NULL: Linux */
	struct spin t_lock;		/* protects t_files, t_fs pointers against readers; LOCKRANK_THREAD */
	struct pidref *t_pid;		/* P its own pid (tid) */
	struct hnode t_pid_node;	/* P in t_pid's users */
	struct list t_group_link;	/* S in p_threads */
	u64 t_serial;			/* I never reused; tells threads of equal numbers apart */
	u32 t_job;			/* S JOB_* */
	bool t_is_frozen;		/* P stands in cgroup_freeze_point() */
	char t_comm[16];		/* t_lock */

	struct sigthread t_sig;		/* S private pending set, mask, altstack (signal.h) */

	u64 t_svcmask;			/* O services given up are cleared bits; inherited */
	u64 t_start_ns, t_start_boot_ns;	/* I */
	u64 t_utime, t_stime;		/* Q ns of user and kernel time */
	u64 t_nvcsw, t_nivcsw, t_minflt, t_majflt;	/* O */
	u64 t_inblock, t_oublock, t_rchar, t_wchar, t_syscr, t_syscw;	/* O */

	u32 __user *t_clear_tid;	/* O CLONE_CHILD_CLEARTID / set_tid_address */
	u32 __user *t_set_tid;		/* O CLONE_CHILD_SETTID, first run */
	void __user *t_robust_list;	/* O futex robust list head */
	size_t t_robust_len;
	void __user *t_rseq; u32 t_rseq_len, t_rseq_sig;	/* O */
	struct latch *t_vfork;		/* A parent waits until exec or exit */
	struct list t_task_work;	/* t_lock: callbacks to run before user mode */
	struct restart_info { long (*fn)(struct restart_info *); u64 a[6]; } t_restart;	/* O */
	s32 t_exit_code;		/* S wait status of this thread */
	s32 t_exit_signal;		/* S sent to the parent; -1: none (thread) */
	s32 t_pdeath_signal;		/* O */
	u64 t_timer_slack_ns;
	u16 t_mempolicy;		/* O set_mempolicy(2): kind and flags */
	u16 t_ioprio;			/* A class << 13 | level of its disk requests; 0 none */
	struct tracerec *t_trace;	/* P, S; NULL if not traced (kernel/proc/trace) */
	s32 t_trace_signal;		/* P that the tracer lets it go on with */
	struct secfilter *t_seccomp;	/* S, O reads: filter chain, with a reference (seccomp.h) */
	struct kthreadrec *t_kthread;	/* I kernel threads: start and stop state */
	struct list t_pi_owned;		/* t_pi_lock: PI futex states that it owns */
	struct spin t_pi_lock;		/* LOCKRANK_THREAD */
	u64 t_rseq_seen;		/* O CPU that its rseq area names */
	struct { u64 from, len; u8 __user *selector; } t_userdispatch;	/* O calls outside of it */
	struct semundos *t_semundos;	/* O undo operations of semop(2), shared by CLONE_SYSVSEM */
	struct keyobj *t_session_keys, *t_own_keys;	/* O keyrings with references (kernel/keys) */
	void *t_ioctx;			/* O io_uring instances that it uses (fs/uring) */
	u8 t_nowait;			/* A interruptible waits end at once: io_uring (fs/uring) */
	void *t_journal;		/* O nesting of file system transactions */
	void *t_workq;			/* I of a worker: its queue (kernel/irq/workq.c) */
	void *t_blocked_on;		/* debug: lock or queue it sleeps on */
	void *t_lockcheck;		/* debug: held locks */
	void *t_compat;			/* O compat personality's per-thread state */
	void *t_view;			/* O what foreign code sees as the task that runs, NULL (foreign.h) */
	struct rcu_job t_rcu;
	struct list t_all_link;		/* in the list of all threads (RCU) */
};

#define TF_KTHREAD	0x1u
#define TF_IDLE		0x2u
#define TF_EXITING	0x4u	/* past the point of no return in thread_exit */
#define TF_FORKNOEXEC	0x8u
#define TF_NOFREEZE	0x10u
#define TF_MEMALLOC	0x20u	/* may use reserves: part of reclaim */
#define TF_OOM_VICTIM	0x40u
#define TF_SU_PRIV	0x80u	/* used super-user privileges */
#define TF_DUMPCORE	0x100u
#define TF_SIGNALED	0x200u
#define TF_WORKER	0x1000u	/* runs work items: t_workq is told when it blocks */
#define TF_RSEQ_BUSY	0x400u	/* rseq area is being brought up to date */
#define TF_VFORKED	0x800u	/* runs in its parent's address space until exec */

/* t_job */
#define JOB_STOP_PENDING 0x1u	/* must take part in a group stop */
#define JOB_STOP_CONSUME 0x2u	/* and is counted in p_stop_count */
#define JOB_DYING	0x4u	/* thread_exit has begun: no signals for it */
#define JOB_SIGKILL	0x8u	/* a fatal signal is on its way */
#define JOB_TRAP_STOP	0x20u	/* must stop for its tracer */
#define JOB_TRAP_NOTIFY	0x40u	/* ... again: a group stop began or ended meanwhile */
#define JOB_FREEZE	0x100u	/* its control group is to be frozen */
#define JOB_FATAL_FORCED 0x80u	/* the forced signal that ends it is not for a tracer */
#define JOB_STOP_SIG_SHIFT 24	/* signal of the last group stop that it took part in */
#define JOB_STOP_DEQUEUED 0x10u	/* took a stop signal; cleared if SIGCONT overtakes it */

static inline void thread_get(struct thread *t) { ref_get(&t->t_refs); }
/** thread_put() - last: frees after a grace period. Context: any. */
void thread_put(struct thread *t);

/* Set or clear work bits of any thread; a running target notices at its next
 * return (IPI if remote).
 */
static inline void thread_work_set(struct thread *t, u64 bits)
{
	__atomic_fetch_or(&t->t_work, bits, __ATOMIC_SEQ_CST);
}
static inline void thread_work_clear(struct thread *t, u64 bits)
{
	__atomic_fetch_and(&t->t_work, ~bits, __ATOMIC_SEQ_CST);
}

/**
 * kthread_start() - create and run a kernel thread
 * @fn: its code; the return value is the exit code
 * @fmt: name, cut to 15 characters
 * Return: thread with a reference for the caller, or ERR_PTR(-ENOMEM).
 */
struct thread *kthread_start(int (*fn)(void *arg), void *arg, const char *fmt, ...) __printf(3, 4);
/**
 * kthread_end() - ask it to end (kthread_must_stop()), wake it, wait;
 * returns its exit code; drops the reference.
 */
int kthread_end(struct thread *t);
bool kthread_must_stop(void);
/**
 * kthread_create() - kthread_start() without the first wake-up: the caller
 * binds it, then thread_wake_new().
 */
struct thread *kthread_create(int (*fn)(void *arg), void *arg, const char *fmt, ...) __printf(3, 4);

/**
 * thread_reap_final() - the scheduler has switched away from a dead thread for good
 * Drops the running reference. Context: any but NMI, no run queue lock held.
 */
void thread_reap_final(struct thread *t);

/**
 * thread_set_comm() - name of any thread, cut to 15 bytes. thread_get_comm()
 * copies it (16 bytes).
 */
void thread_set_comm(struct thread *t, const char *name);
void thread_get_comm(struct thread *t, char out[16]);

/* cpu_view of threads without a view; set once by the owner of foreign code. */
extern void *thread_view_default;

/** thread_all - every thread but idle ones; R, changed under process_tree_lock. */
extern struct list thread_all;
#define thread_foreach_rcu(t) list_foreach_rcu(t, &thread_all, t_all_link)

/**
 * thread_create_user() - one more thread of thread_self's process, not running yet
 * @regs: what it starts with; made harmless
 * @gs_base: user's GS base
 * The persona's thread_fork() sees it; thread_wake_new() starts it, then it may be gone.
 * Return: thread with a reference for the caller, or ERR_PTR(-EAGAIN, -ENOMEM ...). Sleeps.
 */
struct thread *thread_create_user(const struct frame *regs, u64 gs_base);
/**
 * process_create_kernel() - a child process of thread_self that runs @fn, which then execs
 * Open files and working directory are copies. thread_wake_new() starts it.
 * Return: its thread with a reference for the caller, or ERR_PTR.
 */
struct thread *process_create_kernel(int (*fn)(void *arg), void *arg);

/** thread_exit() - end thread_self with a wait status (code << 8 or signal). */
void thread_exit(int status) __noreturn;
/** process_doom() - as process_exit_group(), but each thread ends on its way to user mode. */
void process_doom(int status);
/** process_exit_group() - end all threads of the process. */
void process_exit_group(int status) __noreturn;

/* Callbacks run by O in its own context before it returns to user mode. */
struct task_work { struct list link; void (*fn)(struct task_work *w); };
/** thread_add_work() - 0, -ESRCH if it is past its last return. */
int thread_add_work(struct thread *t, struct task_work *w);
