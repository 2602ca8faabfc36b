/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Signals. Owner kernel/proc/signal.c. A process shares one table of actions
 * (sigactions) and one pending set; each thread has a private set and a mask.
 */
#pragma once

#include <asm/atomic.h>
#include <tern/base/rcu.h>
#include <tern/base/spin.h>
#include <tern/base/waitq.h>
#include <tern/lib/list.h>
#include <uapi/signal.h>

struct thread;
struct process;
struct credset;
struct pidref;

typedef u64 ksigset;			/* bit n-1 is signal n */
#define SIGBIT(n)	(1UL << ((n) - 1))

/* Kernel's copy of siginfo: the user layout, 128 bytes. */
struct ksiginfo { union { siginfo_t_ user; u8 raw[128]; }; };

struct ksigaction {
	u64 handler;	/* user address, SIG_DFL 0, SIG_IGN 1 */
	u64 flags;	/* SA_* */
	u64 restorer;
	ksigset mask;
};

/* Shared by CLONE_SIGHAND. */
struct sigactions {
	refcount refs;
	struct spin lock;		/* protects act and all S members of the sharing processes; LOCKRANK_SIGNAL */
	struct waitq signalfd_wait;	/* signalfd readers */
	struct ksigaction act[64];
	struct rcu_job rcu;
};

/** signal_nudge_locked() - @t has something to do before user mode: its sleep ends. S held. */
void signal_nudge_locked(struct thread *t);

/* A queued signal; plain signals are queued once, real-time ones each. */
struct sigqueued {
	struct list link;
	struct ksiginfo info;
	void *owner_uid;		/* whose RLIMIT_SIGPENDING it counts against */
	void *timer;			/* POSIX timer it belongs to: preallocated */
};

struct sigpendset {
	struct list queue;		/* of struct sigqueued */
	ksigset set;
};

/* Per-thread part. */
struct sigthread {
	struct sigpendset pending;	/* S */
	ksigset blocked;		/* O writes under S */
	ksigset real_blocked;		/* S: sigtimedwait unblocked these for a while */
	ksigset saved_mask;		/* O: restore after sigsuspend/ppoll/... */
	bool restore_saved;
	u64 altstack_sp, altstack_size;
	u32 altstack_flags;
};

/**
 * sigqueued_alloc() - a queue entry counted against @c's user
 * @limit: RLIMIT_SIGPENDING; @must: beyond it too (signals from the kernel)
 * A POSIX timer sets ->timer afterwards: the entry then stays its own, and
 * @link is an empty list while it is not queued.
 * Return: NULL if over the limit or out of memory. Context: any but NMI.
 */
struct sigqueued *sigqueued_alloc(const struct credset *c, u64 limit, bool must);
void sigqueued_free(struct sigqueued *q);
/**
 * signal_send_queued() - queue a POSIX timer's own entry; 1 if it is queued
 * already (overrun) or ignored.
 */
int signal_send_queued(struct process *p, struct thread *t, struct sigqueued *q);

/**
 * signal_send_thread() - to one thread; 0, -EAGAIN if the queue limit is hit
 * (real-time with info).
 */
int signal_send_thread(struct thread *t, int sig, const struct ksiginfo *info);
/** signal_send_process() - to a process: some thread that does not block it takes it. */
int signal_send_process(struct process *p, int sig, const struct ksiginfo *info);
/**
 * signal_send_pgrp() - to every process of a group (from the kernel: no
 * permission check); -ESRCH if empty.
 */
int signal_send_pgrp(struct pidref *pgrp, int sig, const struct ksiginfo *info);
/** signal_force() - a fault of thread_self: unblocks, resets an ignored action. */
void signal_force(int sig, const struct ksiginfo *info);
void signal_force_simple(int sig);
/** signal_force_fatal() - the same, and no handler may stop it: the default action is taken. */
void signal_force_fatal(int sig, const struct ksiginfo *info);
/** signal_fill_kernel() - info with SI_KERNEL, or SI_USER of thread_self. */
void signal_fill_kernel(struct ksiginfo *info, int sig);
void signal_fill_user(struct ksiginfo *info, int sig, int code);
/** signal_may_send() - permission of thread_self's credentials; 0 or -EPERM. */
int signal_may_send(struct process *target, int sig, bool from_user);

/**
 * signal_set_mask_temp() - sigsuspend, ppoll, pselect, epoll_pwait: new mask
 * now, old one back on the way out.
 */
int signal_set_mask_temp(const u64 __user *mask, size_t size);
/** signal_restore_mask_now() - a call with a temporary mask ended without a signal. */
void signal_restore_mask_now(bool was_interrupted);
/** signal_set_blocked() - replace thread_self's mask (KILL and STOP dropped), rechecks pending. */
void signal_set_blocked(ksigset mask);

/** signal_dequeue() - take a pending signal in @mask of thread_self (sigwait, signalfd); 0 none. */
int signal_dequeue(ksigset mask, struct ksiginfo *info);
bool signal_any_pending(ksigset mask);
/**
 * signal_deliver() - from trap_user_work: handlers, defaults, stops. True if a
 * frame was pushed.
 */
struct frame;
bool signal_deliver(struct frame *f);
/**
 * signal_set_handler() - thread_self's process gets a handler of its personality for @sig
 * (persona_ops.signal is called), SIG_DFL or SIG_IGN.
 */
void signal_set_handler(int sig, u64 handler);
/** signal_exec_reset() - handlers to default, altstack off; exec. */
void signal_exec_reset(void);
/** signal_is_ignored() - by process @p: SIG_IGN or default-ignored. */
bool signal_is_ignored(struct process *p, int sig);

/** signal_frame_max() - bytes that a signal frame may take on the user stack (AT_MINSIGSTKSZ). */
u64 signal_frame_max(void);
/** sigactions_put() - drop a reference to a table of actions. Context: any. */
void sigactions_put(struct sigactions *a);
