/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scheduler interface. Owner kernel/sched. Classes from urgent to lazy:
 * stop, deadline, real-time (FIFO, RR), fair, idle; one const table each.
 */
#pragma once

#include <asm/atomic.h>
#include <asm/cpu.h>
#include <tern/base/annotate.h>
#include <tern/base/preempt.h>
#include <tern/base/spin.h>
#include <tern/lib/list.h>
#include <tern/lib/rbtree.h>

struct thread;
struct aspace;
struct cpugroup;
struct schedclass;

#define CPUSET_BITS	8192
#define CPUSET_WORDS	(CPUSET_BITS / 64)

#define SCHED_POLICY_NORMAL	0	/* SCHED_OTHER */
#define SCHED_POLICY_FIFO	1
#define SCHED_POLICY_RR		2
#define SCHED_POLICY_BATCH	3
#define SCHED_POLICY_IDLE	5
#define SCHED_POLICY_DEADLINE	6

#define SCHED_RR_SLICE_DEFAULT	100000000UL
/* What real-time threads may use of each CPU; a runtime of -1: all. */
extern s32 sched_rt_runtime_us, sched_rt_period_us;
extern u64 sched_rr_slice_ns;	/* of SCHED_RR threads of equal priority */

/*
 * Scheduling part of struct thread. Legend: Q run queue lock of se_cpu, L se_lock, A atomic,
 * T the tick and the switch on the CPU it runs on. What decides where and how a
 * thread runs (class, weight, affinity) changes under L and, if it is queued, Q too.
 */
struct schedent {
	spinword se_lock;	/* held by whoever wakes, moves or re-parameterises it; before Q */
	struct thread *se_wake_next;	/* in a CPU's list of remote wake-ups */
	const struct schedclass *se_class;
	u8 se_policy;		/* SCHED_POLICY_* */
	s8 se_nice;		/* -20 .. 19 */
	u8 se_rt_prio;		/* 1 .. 99, 0 for others */
	bool se_reset_on_fork;
	bool se_on_rq;		/* runnable and queued (or running) */
	bool se_on_cpu;		/* running, or its switch away is not finished (acquire/release) */
	u32 se_cpu;		/* A CPU it runs or last ran on */
	u32 se_wake_cpu;
	u32 se_weight;		/* from nice */
	struct cpugroup *se_group;	/* Q control group, NULL: the root */
	u64 se_vruntime;	/* ns, weighted */
	u64 se_exec_start;	/* ns of the last account */
	u64 se_sum_exec;	/* ns run in all */
	u64 se_prev_sum_exec;	/* se_sum_exec when picked */
	u64 se_slice_left;	/* RR, ns */
	u64 se_sleep_start;
	struct rbnode se_node;	/* fair timeline */
	struct list se_link;	/* real-time queue */
	u64 se_dl_runtime, se_dl_deadline, se_dl_period, se_dl_left, se_dl_abs;
	s32 se_pi_prio;		/* inherited priority, -1 none */
	u64 *se_affinity;	/* L bitmap, cpu_count_possible bits, shared and immutable; NULL: all */
	u32 se_migrate_disable;	/* written by the thread itself */
	bool se_in_load;	/* counted as uninterruptible in the load average */
	bool se_in_io;		/* the sleep is for I/O: sched_io_begin() */
	bool se_in_memstall;	/* Q it waits for memory: memstall_begin() */
	bool se_dl_throttled;	/* Q deadline budget used up */
	u64 se_wait_sum, se_nr_migrations, se_nr_runs;
	u64 se_queued_at;	/* Q ns; se_wait_sum counts from here */
	u64 se_tick_user, se_tick_sys;	/* T ns seen by ticks: ratio of user to kernel time */
	u64 se_shown_user, se_shown_sys;	/* what thread_cpu_time() said last: never less again */
	u64 se_burst_base;	/* T se_sum_exec at the last wake-up */
	u64 se_burst_avg;	/* T ns run from wake-up to sleep, moving average */
	u64 se_rt_timeout;	/* T ns run without sleeping, for RLIMIT_RTTIME */
};

/*
 * What thread_self does before it goes to sleep (t_sleephook): send I/O that it gathered. Runs in
 * the state that the sleep will have; must not sleep.
 */
struct sleephook { void (*before)(struct sleephook *h); };

/**
 * sched_init() - run queues; thread_self becomes the boot idle thread. Boot
 * CPU, interrupts off, after rcu_init.
 */
void sched_init(void);
/** sched_is_running() - has the boot CPU reached its idle loop: sleeping is possible. */
bool sched_is_running(void);
/** sched_block() - give up the CPU in the state set before (waitq_prepare); returns when woken. */
void sched_block(void);
/** sched_yield_cpu() - let others of the same class run (sched_yield(2)). */
void sched_yield_cpu(void);
/** sched_check() - reschedule point in long loops: cheap if nothing is due. Sleeps. */
#define sched_check() do { might_sleep(); if (unlikely(need_resched())) sched_preempt(); } while (0)
/** sched_sleep_until() - uninterruptible until @deadline ns. */
void sched_sleep_until(nsec_t deadline);
/**
 * thread_wake_state() - make a sleeping thread runnable if its state is in
 * @states; true if it was. Context: any but NMI.
 */
bool thread_wake_state(struct thread *t, u32 states);
/** thread_wake() - any sleep state but stopped/traced. */
bool thread_wake(struct thread *t);
/** thread_wake_new() - first run of a new thread. */
void thread_wake_new(struct thread *t);
/**
 * sched_fork() - child's scheduling state from the parent; before it is
 * visible. 0 or -ENOMEM (affinity mask).
 */
int sched_fork(struct thread *child, struct thread *parent) __must_check;
/** sched_exit_final() - last switch of a dead thread; never returns. */
void sched_exit_final(void) __noreturn;
/** sched_exec_balance() - exec is a cheap moment to move to an idle CPU. */
void sched_exec_balance(void);
/** thread_wait_inactive() - until @t is off its CPU (stopped, traced or dead). */
void thread_wait_inactive(struct thread *t);
/**
 * sched_use_aspace() - thread_self goes on in another address space
 * @as: to run in, its user reference is the caller's business; NULL: none (exit, kernel
 *	thread after borrowing one). The translations of the old space may stay loaded lazily, with a
 *	structure reference, so the caller may drop its user reference afterwards.
 * Context: interrupts on.
 */
void sched_use_aspace(struct aspace *as);
/**
 * migrate_disable() - stay on this CPU, though preemption stays on. Nests;
 * migrate_enable() ends it.
 */
void sched_migrate_disable(void);
void sched_migrate_enable(void);
/**
 * sched_set_pi() - lend @t real-time priority @prio (1 .. 99), or -1: none
 * (priority inheritance).
 */
void sched_set_pi(struct thread *t, s32 prio);
/** sched_kick() - make @t's CPU re-check t_work soon if it is running in user mode. */
void sched_kick(struct thread *t);

#define SCHED_PARAM_RESET_ON_FORK	0x1u
struct sched_params { u32 policy; u32 flags; s32 nice; u32 priority; u64 runtime, deadline, period; };
/** sched_set_params() - 0, -EINVAL, -EPERM is the caller's business. */
int sched_set_params(struct thread *t, const struct sched_params *p);
void sched_get_params(struct thread *t, struct sched_params *p);
/**
 * sched_set_affinity() - @mask has CPUSET_WORDS words; moves the thread; 0,
 * -EINVAL if no online CPU, -ENOMEM.
 */
int sched_set_affinity(struct thread *t, const u64 *mask);
void sched_get_affinity(struct thread *t, u64 *mask);
/** kthread_pin() - a kernel thread stays on @cpu. Before or after start. */
void kthread_pin(struct thread *t, u32 cpu);
nsec_t sched_rr_interval(struct thread *t);
/** thread_cpu_time() - ns of CPU used, exact now. */
void thread_cpu_time(struct thread *t, u64 *utime, u64 *stime);

/** sched_account_now() - bring thread_self's se_sum_exec up to date. */
void sched_account_now(void);
/**
 * sched_irq_poll() - at the end of a hard interrupt: remote wake-ups, remote
 * reschedule requests. Interrupts off.
 */
void sched_irq_poll(void);
/** sched_tick() - the scheduling event of this CPU is due; from trap_timer(), interrupts off. */
void sched_tick(nsec_t now, bool was_user);
/** thread_sum_exec() - ns that @t has run, exact now. */
u64 thread_sum_exec(struct thread *t);
/**
 * sched_loadavg() - fixed point 11 bits, 1/5/15 minutes; nr running and total
 * for /proc/loadavg.
 */
void sched_loadavg(u64 avg[3]);
u32 sched_nr_running(void);
u32 sched_nr_iowait(void);
u64 sched_nr_switches(void);
/** sched_policy_name() - "SCHED_OTHER" and so on, for reports. */
const char *sched_policy_name(u32 policy);
/**
 * sched_print_stat() - the cpu, ctxt, processes-independent lines of
 * /proc/stat: "cpu ...", "cpuN ...".
 */
struct seqbuf;
void sched_print_stat(struct seqbuf *sb);
/** sched_print_loadavg() - "0.00 0.01 0.05 1/123 " with the number of threads from the caller. */
void sched_print_loadavg(struct seqbuf *sb, u64 nthreads, s32 last_pid);

/* ns since boot spent by @cpu, as /proc/stat shows them. */
struct cpu_times { u64 user, nice, system, idle, iowait, irq, softirq, steal; };
void cpu_times_get(u32 cpu, struct cpu_times *ct);
