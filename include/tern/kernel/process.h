/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct process: identity, family, limits and shared signal state of a thread
 * group. Owner kernel/proc/process.c, pid.c, session.c.
 *
 * The tree (parent, children, groups, sessions, pid attachments) is changed
 * under process_tree_lock (LOCKRANK_PROCTREE, irqsave); pid lookups are RCU.
 *
 * Legend: I immutable, P tree lock, S p_actions->lock, A atomic, R RCU.
 */
#pragma once

#include <tern/lib/hlist.h>
#include <tern/kernel/thread.h>
#include <uapi/resource.h>

/* A pid number as an object: outlives its process as long as someone holds it. */
enum pid_role { PIDROLE_THREAD, PIDROLE_PROCESS, PIDROLE_PGRP, PIDROLE_SESSION,
		PIDROLE_REMAINS /* of a traced thread */, PIDROLE_COUNT };
struct cgnode;
struct pidns;
struct pidref {
	refcount refs;
	u32 level;			/* I depth of its namespace; as many numbers above */
	struct waitq exit_wait;		/* pidfd readers: woken when the process ends */
	struct hlist users[PIDROLE_COUNT];	/* P processes or threads in each role */
	u64 inode;			/* I for pidfs-like identity */
	struct spin views_lock;		/* protects views; LOCKRANK_FS_SPIN */
	struct list views;		/* what shows the number's users: directories of /proc */
	struct rcu_job rcu;
	/* I one per level, [0] is the first namespace's; a reference on the last */
	struct { s32 nr; struct pidns *ns; } at[1];
};
static inline struct pidref *pidref_get(struct pidref *p) { if (p) ref_get(&p->refs); return p; }
void pidref_put(struct pidref *p);
/** pidref_gone_hook - set by procfs: a process or thread of this number left; drop views. Sleeps. */
extern void (*pidref_gone_hook)(struct pidref *p);
/** pidref_gone() - call the hook if the number has views. No locks held. Sleeps. */
void pidref_gone(struct pidref *p);
/**
 * pidref_find() - by number in thread_self's namespace; RCU held by the caller,
 * no reference; NULL.
 */
struct pidref *pidref_find(s32 nr);
struct pidref *pidref_lookup(s32 nr);	/* with a reference */
/** pidref_nr() - number as thread_self's namespace sees it, 0 if it does not. */
s32 pidref_nr(const struct pidref *p);
/**
 * pidref_process() / pidref_thread() - NULL if gone; caller holds RCU or the
 * tree lock; no reference.
 */
struct process *pidref_process(struct pidref *p);
struct thread *pidref_thread(struct pidref *p);

/**
 * pidref_next() - first number in use at or after *@nr, which is updated; RCU
 * held; NULL at the end (/proc).
 */
struct pidref *pidref_next(s32 *nr);

struct itimer_state { u64 value, interval; };	/* ns */
struct posix_timers;
struct tty;

struct process {
	refcount p_refs;
	struct thread *p_leader;	/* P, read under RCU; NULL once it was waited for */
	struct list p_threads;		/* S of t_group_link; R for readers */
	u32 p_nlive;			/* S threads that have not begun to exit */
	u32 p_nthreads;			/* S threads that have not ended */
	struct pidref *p_pid;		/* I */
	struct pidref *p_pgrp, *p_session;	/* P */
	struct hnode p_role_node[PIDROLE_COUNT];	/* P */
	struct process *p_parent;	/* P, R */
	s32 p_exit_signal;		/* P sent to the parent when it ends; 0 none */
	u32 p_exit_state;		/* P PROCEXIT_* */
	u64 p_parent_serial;		/* P t_serial of the thread that made it */
	struct process *p_tracer_hint;	/* unused by native code */
	struct list p_children, p_sibling;	/* P */
	struct list p_sibling_dead;	/* P on a list of processes to release */
	struct list p_ptraced;		/* P of struct tracerec: threads that it traces */
	bool p_is_subreaper, p_has_subreaper;	/* P */
	struct waitq p_child_wait;	/* wait4 sleepers */
	struct list p_all_link;		/* P, R list of all processes */

	struct sigactions *p_actions;	/* I after fork (exec may unshare it) */
	struct sigpendset p_pending;	/* S shared */
	u32 p_flags;			/* S PF_* below */
	s32 p_group_exit_code;		/* S */
	s32 p_stop_count;		/* S threads still to stop */
	s32 p_stop_code;		/* S */
	struct thread *p_exec_thread;	/* S: exec kills the others; or dumps core */
	u32 p_core_parked;		/* S threads that wait for the end of a core dump */
	bool p_core_done;		/* S */

	struct tty *p_tty;		/* S controlling terminal, with a reference */
	struct rlimit64_ p_rlimit[RLIM_NLIMITS_];	/* p_lock */
	struct spin p_lock;		/* protects limits, timers' settings, accounting sums */
	struct kmutex p_exec_lock;	/* LOCKRANK_EXEC: credentials and aspace stay while held */

	u64 p_start_boot_ns;		/* I */
	/* of threads gone (p_lock) and of waited-for children (S) */
	u64 p_utime, p_stime, p_cutime, p_cstime, p_minflt, p_majflt, p_cminflt, p_cmajflt;
	u64 p_nvcsw, p_nivcsw, p_cnvcsw, p_cnivcsw, p_maxrss, p_cmaxrss, p_inblock, p_oublock,
	    p_cinblock, p_coublock, p_rchar, p_wchar, p_syscr, p_syscw, p_sum_exec;
	struct posix_timers *p_timers;	/* POSIX timers and itimers; kernel/time/posix_timer.c */
	s16 p_oom_score_adj, p_oom_score_adj_min;	/* A */
	struct keyobj *p_keys;		/* p_lock, its keyring with a reference (kernel/keys) */
	u32 p_personality;		/* personality(2) */
	struct cgnode *p_cgroup;	/* P R with a reference; NULL: the root of control groups */
	struct rcu_job p_rcu;
};

#define PROC_STOPPED	0x1u	/* job control stop in force */
#define PROC_CONTINUED	0x2u	/* to be reported by wait */
#define PROC_STOP_REPORTED 0x4u
#define PROC_GROUP_EXIT	0x8u	/* exit_group or fatal signal under way */
#define PROC_EXECED	0x10u	/* has run exec since fork (setpgid rule) */
#define PROC_COREDUMP	0x20u
#define PROC_INIT	0x40u	/* pid 1 of its namespace: protected from signals */
#define PROC_KERNEL	0x80u
#define PROC_CLD_STOPPED 0x100u	/* a thread shall tell the parent: stopped */
#define PROC_CLD_CONTINUED 0x200u /* ... continued */
#define PROC_SETSID_DONE 0x400u
#define PROC_VFORK_NOEXEC 0x800u

/* The first process of its pid namespace. */
static inline bool process_is_init(const struct process *p)
{
	return p->p_pid && p->p_pid->at[p->p_pid->level].nr == 1;
}
/** process_self() - the process that thread_self acts for; its own, but a pool thread's may be that of who asked. */
static inline struct process *process_self(void) { return thread_self()->t_actor; }
static inline void process_get(struct process *p) { ref_get(&p->p_refs); }
void process_put(struct process *p);
extern struct spin process_tree_lock;
extern struct process process_kernel;	/* holds kernel threads; pid 0 */
extern struct list process_all;		/* R */
#define process_foreach_rcu(p) list_foreach_rcu(p, &process_all, p_all_link)
#define process_thread_foreach_rcu(p, t) list_foreach_rcu(t, &(p)->p_threads, t_group_link)

enum { PROCEXIT_ALIVE, PROCEXIT_ZOMBIE, PROCEXIT_TAKEN };	/* TAKEN: being collected */

/**
 * proc_init() - caches, pid table, the kernel process, futex buckets, binary formats
 *
 * Order: after mm_init(), sched_init() and rcu; before the first kthread_start()
 * and so before workq_init() and every driver. Pid 1 is kept for process_init_first().
 */
void proc_init(void);
/** proc_set_idle() - complete an idle thread's identity (sched). */
void proc_set_idle(struct thread *t);

/** process_init_first() - make pid 1 as a kernel thread that runs @fn, which then execs. */
int process_init_first(int (*fn)(void *arg), void *arg);
/** kernel_exec() - from such a thread: replace it by a program; returns only -errno. */
int kernel_exec(const char *path, char *const argv[], char *const envp[]);
/**
 * helper_run() - start a program for the kernel and wait for its end
 * @argv: its path and up to five arguments, then NULL
 *
 * It has pid 1's root folder, all rights, no open files. Context: any process, no locks held. Sleeps.
 * Return: its status as wait(2) gives it, -errno if it could not be started, -ERESTARTSYS if the caller
 * was killed (the program goes on).
 */
int helper_run(const char *const argv[]);

/** rlimit_get() - soft limit of thread_self's process. */
u64 rlimit_get(u32 resource);
u64 rlimit_of(struct process *p, u32 resource);
bool process_is_orphaned_pgrp(struct pidref *pgrp);
u64 process_count(void);
u64 thread_count(void);
s32 pid_last_allocated(void);
/** pid_made_count() - numbers handed out since boot (threads and processes). */
u64 pid_made_count(void);
extern u32 pid_limit;			/* numbers stay below it: kernel.pid_max */
extern u64 process_thread_max;		/* kernel.threads-max */

struct tms_sum { u64 utime, stime; };
/** process_cpu_time() - all threads, living and gone, in ns. */
void process_cpu_time(struct process *p, struct tms_sum *out);

/**
 * ptrace_may_access() - may thread_self look into @p's memory and fds (/proc,
 * process_vm_*); bool.
 */
bool process_may_access(struct process *p, bool is_attach);
/** process_aspace() - address space of another process with a user reference, or NULL. */
struct aspace *process_aspace(struct process *p);

/** process_lookup() - by the number of it or of one of its threads, with a reference; NULL. */
struct process *process_lookup(s32 nr);
/** syscall_missing_count() - calls without an implementation so far. */
u64 syscall_missing_count(void);
/** syscall_missing_calls() - the same for one number. */
u32 syscall_missing_calls(u64 nr);

/*
 * Implemented by kernel/time, with empty weak defaults in kernel/proc.
 * process_timers_exit(): the last thread ends: no timer of @p may fire after it.
 * process_timers_exec(): execve: POSIX timers go, itimers stay.
 * process_cpu_limit_changed(): RLIMIT_CPU was set.
 */
void process_timers_exit(struct process *p);
void process_timers_exec(struct process *p);
void process_cpu_limit_changed(struct process *p);
/**
 * process_ctrl_alt_del() - from the keyboard: restart or SIGINT to pid 1, as
 * reboot(2) chose. Any context.
 */
void process_ctrl_alt_del(void);
extern u64 process_cad_restarts;	/* restart at once, or leave it to pid 1 */
/** process_oom_score() - 0 .. 2000, as /proc/PID/oom_score shows it. Sleeps. */
extern u64 oom_panics, oom_kills_asker;	/* out of memory: stop the machine; end who asked */
s64 process_oom_score(struct process *p);
