/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scheduler interface. Owner kernel/sched. Classes from urgent to lazy:
 * stop, deadline, real-time (FIFO, RR), fair, idle; one const table each.
 */
#pragma once

#include <asm/atomic.h>
#include <tern/base/annotate.h>
#include <tern/lib/list.h>
#include <tern/lib/rbtree.h>

struct thread;
struct sched_class;

#define CPUSET_BITS	8192
#define CPUSET_WORDS	(CPUSET_BITS / 64)

#define SCHED_POLICY_NORMAL	0	/* SCHED_OTHER */
#define SCHED_POLICY_FIFO	1
#define SCHED_POLICY_RR		2
#define SCHED_POLICY_BATCH	3
#define SCHED_POLICY_IDLE	5
#define SCHED_POLICY_DEADLINE	6

/* Scheduling part of struct thread; guarded by the run queue lock of se_cpu unless stated. */
struct sched_entity {
	const struct sched_class *se_class;
	u8 se_policy;		/* SCHED_POLICY_* */
	s8 se_nice;		/* -20 .. 19 */
	u8 se_rt_prio;		/* 1 .. 99, 0 for others */
	bool se_reset_on_fork;
	bool se_on_rq;		/* runnable and queued (or running) */
	bool se_on_cpu;		/* running, or its switch away is not finished (acquire/release) */
	u32 se_cpu;		/* A CPU it runs or last ran on */
	u32 se_wake_cpu;
	u32 se_weight;		/* from nice */
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
	u64 *se_affinity;	/* bitmap of CPUSET_WORDS words (cpu_count_possible used), NULL: all */
	u32 se_migrate_disable;
	u64 se_wait_sum, se_nr_migrations;
};

/** sched_init() - run queues; thread_self becomes the boot idle thread. Boot CPU, interrupts off. */
void sched_init(void);
/** sched_block() - give up the CPU in the state set before (waitq_prepare); returns when woken. */
void sched_block(void);
/** sched_yield_cpu() - let others of the same class run (sched_yield(2)). */
void sched_yield_cpu(void);
/** sched_check() - reschedule point in long loops: cheap if nothing is due. Sleeps. */
#define sched_check() do { might_sleep(); if (unlikely(need_resched())) sched_preempt(); } while (0)
/** sched_sleep_until() - uninterruptible until @deadline ns. */
void sched_sleep_until(nsec_t deadline);
/** thread_wake() - make a sleeping thread runnable if its state is in @states; true if it was. Context: any but NMI. */
bool thread_wake_state(struct thread *t, u32 states);
/** thread_wake() - any sleep state but stopped/traced. */
bool thread_wake(struct thread *t);
/** thread_wake_new() - first run of a new thread. */
void thread_wake_new(struct thread *t);
/** sched_fork() - child's scheduling state from the parent; before it is visible. */
void sched_fork(struct thread *child, struct thread *parent);
/** sched_exit_final() - last switch of a dead thread; never returns. */
void sched_exit_final(void) __noreturn;
/** sched_exec_balance() - exec is a cheap moment to move to an idle CPU. */
void sched_exec_balance(void);
/** thread_wait_inactive() - until @t is off its CPU (stopped, traced or dead). */
void thread_wait_inactive(struct thread *t);
/** sched_kick() - make @t's CPU re-check t_work soon if it is running in user mode. */
void sched_kick(struct thread *t);

struct sched_params { u32 policy; u32 flags; s32 nice; u32 priority; u64 runtime, deadline, period; };
/** sched_set_params() - 0, -EINVAL, -EPERM is the caller's business. */
int sched_set_params(struct thread *t, const struct sched_params *p);
void sched_get_params(struct thread *t, struct sched_params *p);
/** sched_set_affinity() - @mask has CPUSET_WORDS words; moves the thread; 0, -EINVAL if no online CPU, -ENOMEM. */
int sched_set_affinity(struct thread *t, const u64 *mask);
void sched_get_affinity(struct thread *t, u64 *mask);
/** kthread_bind() - a kernel thread stays on @cpu. Before or after start. */
void kthread_bind(struct thread *t, u32 cpu);
nsec_t sched_rr_interval(struct thread *t);
/** thread_cpu_time() - ns of CPU used, exact now. */
void thread_cpu_time(struct thread *t, u64 *utime, u64 *stime);

/* Accounting marks from entry code and the tick: who the time belongs to. */
void sched_account_now(void);
/** sched_loadavg() - fixed point 11 bits, 1/5/15 minutes; nr running and total for /proc/loadavg. */
void sched_loadavg(u64 avg[3]);
u32 sched_nr_running(void);
u64 sched_nr_switches(void);

/* ns since boot spent by @cpu, as /proc/stat shows them. */
struct cpu_times { u64 user, nice, system, idle, iowait, irq, softirq, steal; };
void cpu_times_get(u32 cpu, struct cpu_times *ct);
