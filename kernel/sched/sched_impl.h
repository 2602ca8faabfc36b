/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to kernel/sched: run queues, classes, and the calls between the files. */
#pragma once

#include <asm/cpu.h>
#include <tern/base/bug.h>
#include <tern/base/upcall.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/sched.h>
#include <tern/kernel/thread.h>
#include <tern/kernel/timeout.h>
#include <tern/lib/bitmap.h>

#include "psi_impl.h"

#define TICK_NS		(NSEC_PER_SEC / HZ)
#define RT_LEVELS	100
#define RR_SLICE_NS	READ_ONCE(sched_rr_slice_ns)
#define WEIGHT_NICE0	1024u
#define WEIGHT_IDLE	3u

/* How a thread comes to a queue or leaves it. */
#define ENQ_WAKE	0x1u	/* after a sleep */
#define ENQ_NEW		0x2u	/* first time */
#define ENQ_MOVE	0x4u	/* from another CPU or another class */
#define DEQ_SLEEP	0x1u

struct fair_rq {
	struct rbtree tree;	/* by vruntime; the running thread is not in it */
	u64 min_vruntime;
	u64 load;		/* sum of weights, running one included */
	u32 nr;
};

struct rt_queue {
	u64 bitmap[2];		/* levels in use; 0 is the most urgent */
	u32 nr;
	struct list queue[RT_LEVELS];	/* the running thread stays in its list */
	u64 used;		/* ns run above what earlier periods allowed */
	nsec_t period_end;
};

struct dl_queue {
	struct rbtree tree;	/* by absolute deadline, running one included */
	struct list throttled;	/* budget used up, by arrival */
	u32 nr;
	nsec_t replenish_at;	/* earliest replenishment, 0: none */
};

/* One CPU's queue. Q: lock; C: own CPU, interrupts off; A: atomic. */
struct runq {
	spinword lock;
	u32 cpu;		/* I */
	u32 nr_running;		/* Q; read by others as a hint */
	bool wants_work;	/* A somebody asks this idle CPU to look for work */
	bool is_polling;	/* A its idle loop looks at WORK_RESCHED before it halts */
	bool wants_kick;	/* Q interrupt the CPU once the lock is released */
	struct thread *curr;	/* Q; changed by its own CPU alone, which reads it without */
	struct thread *idle;	/* I */
	nsec_t clock;		/* Q */
	struct fair_rq fair;	/* Q */
	struct dl_queue dl;	/* Q */
	struct thread *wake_list;	/* A threads to queue here once they are off this CPU */
	struct thread *after_push;	/* C thread to move after the switch */
	struct thread *after_reap;	/* C dead thread to drop after the switch */
	u64 nr_switches;	/* C */
	s64 nr_uninterruptible;	/* A; only the sum over CPUs means something */
	s64 nr_iowait;		/* A */
	nsec_t acct_at;		/* C times are accounted up to here */
	nsec_t idle_since;	/* C 0: not idle */
	nsec_t balance_at;	/* C */
	struct cpu_times times;	/* C */
	struct rt_queue rt;	/* Q */
	struct psicpu psi;	/* Q */
	bool psi_wants_check;	/* Q a state that triggers wait for began */
};

struct schedclass {
	const char *name;
	u32 rank;		/* 0 is the most urgent */
	void (*enqueue)(struct runq *rq, struct thread *t, u32 flags);
	void (*dequeue)(struct runq *rq, struct thread *t, u32 flags);
	/* Choose and mark as running; NULL: nothing of this class. */
	struct thread *(*pick)(struct runq *rq);
	/* @t stops running but stays runnable. */
	void (*put_prev)(struct runq *rq, struct thread *t);
	void (*update)(struct runq *rq, struct thread *t);	/* account the running thread */
	void (*tick)(struct runq *rq, struct thread *t);
	void (*yield)(struct runq *rq, struct thread *t);
	/* Should @t, just queued, run instead of the running thread of the same class? */
	bool (*preempts)(struct runq *rq, struct thread *t);
};

extern const struct schedclass sched_class_deadline, sched_class_rt, sched_class_fair,
	sched_class_idle;

DECLARE_PERCPU(struct runq, sched_rq);
extern u64 sched_idle_cpus[];	/* A bitmap of CPUs that run their idle thread */

static inline struct runq *cpu_rq(u32 cpu) { return percpu_ptr(sched_rq, cpu); }
static inline struct runq *this_rq(void) { return this_cpu_ptr(sched_rq); }
static inline struct thread *thread_of(struct schedent *se) { return container_of(se, struct thread, t_sched); }
static inline void rq_lock(struct runq *rq) { spinword_lock(&rq->lock); }

/* The interrupt goes out after the lock: the CPU that it wakes wants the lock at once. */
static inline void rq_unlock(struct runq *rq)
{
	bool kick = rq->wants_kick;

	rq->wants_kick = false;
	spinword_unlock(&rq->lock);
	if (unlikely(kick))
		smp_send_resched(rq->cpu);
}

static inline void rq_clock_update(struct runq *rq) { rq->clock = clock_ns(); }
static inline bool is_smp(void) { return cpu_count_online > 1; }
static inline bool is_idle_policy(const struct thread *t) { return t->t_sched.se_policy == SCHED_POLICY_IDLE; }

/* May @t run on @cpu? */
static inline bool cpu_allowed(const struct thread *t, u32 cpu)
{
	const u64 *mask = READ_ONCE(t->t_sched.se_affinity);

	return !mask || bitmap_test(mask, cpu);
}

/* A thread comes to the queue (@n = 1) or leaves it (-1), to sleep or not. Q held. */
static inline void psi_count(struct runq *rq, const struct schedent *se, s32 n, bool sleeps)
{
	struct psicpu *c = &rq->psi;
	u32 mask;
	u64 delta;

	if (unlikely(se->se_group || se->se_in_memstall || c->iowait || c->memstall || psi_watched)) {
		s8 stalls = se->se_in_memstall ? (s8)n : 0;

		psi_change(rq, se->se_group, (struct psidelta){ .running = (s8)n, .memrun = stalls,
			   .memstall = sleeps ? 0 : stalls, .iowait = sleeps && se->se_in_io });
		return;
	}
	c->running += n;
	mask = !c->running ? 0 : BIT(PSI_NONIDLE) | (c->running > 1 ? BIT(PSI_CPU_SOME) : 0);
	if (mask == c->mask)
		return;
	delta = rq->clock > c->since ? rq->clock - c->since : 0;
	c->since = rq->clock;
	if (c->mask & BIT(PSI_NONIDLE))
		c->times[PSI_NONIDLE] += delta;
	if (c->mask & BIT(PSI_CPU_SOME))
		c->times[PSI_CPU_SOME] += delta;
	c->mask = mask;
}

/* core.c */
void rq_resched(struct runq *rq);		/* the running thread should be reconsidered; Q held */
void rq_enqueue(struct runq *rq, struct thread *t, u32 flags);
void rq_dequeue(struct runq *rq, struct thread *t, u32 flags);
void rq_check_preempt(struct runq *rq, struct thread *t);
u64 exec_account(struct runq *rq, struct thread *t);	/* ns since the last time */
const struct schedclass *sched_class_of(const struct thread *t);
void sched_arm(struct runq *rq, nsec_t when);	/* an event of this CPU's scheduler; own CPU */
void sched_idle_switch(void);	/* from the idle loop, preempt count 1 */

/* wake.c: interrupts off */
void wake_list_drain(struct runq *rq);
void place_thread(struct thread *t, u32 cpu, u32 flags);	/* se_lock held; queue a thread that is nowhere */
void push_thread(struct thread *t);		/* find a place for a thread that left its CPU */
u32 select_cpu(struct thread *t);

/* fair.c */
u32 weight_of_nice(s32 nice);
void fair_migrate(struct thread *t, u32 from, u32 to);
struct thread *fair_stealable(struct runq *rq, u32 cpu);
/* rt.c */
/** rt_period_tick() - a new period of the real-time class may begin. Locks: rq. */
void rt_period_tick(struct runq *rq);
s32 rt_level(const struct thread *t);
struct thread *rt_stealable(struct runq *rq, u32 cpu);
/* deadline.c */
int dl_admit(struct thread *t, u64 runtime, u64 period, bool to_deadline);
void dl_replenish(struct runq *rq);
void dl_thread_gone(struct thread *t);
/* group.c: Q held */
void group_load_add(struct runq *rq, struct schedent *se);
void group_load_sub(struct runq *rq, struct schedent *se);
u64 group_virtual(struct runq *rq, struct schedent *se, u64 delta);
void group_charge(struct runq *rq, struct thread *t, u64 delta);
struct cpugroup *cpugroup_parent(const struct cpugroup *g);
void group_check(struct thread *t);	/* may it run in user mode */
void group_tick(struct runq *rq, struct thread *t, u64 delta, bool was_user);
/* balance.c */
bool balance_idle(struct runq *rq);		/* true if a thread was taken */
void balance_tick(struct runq *rq, nsec_t now);
void balance_init(void);
/* account.c: own CPU, interrupts off */
void account_tick(struct runq *rq, nsec_t now, bool was_user);
void account_idle_enter(struct runq *rq);
void account_idle_exit(struct runq *rq);
/* load.c */
void load_tick(nsec_t now);
/* idle.c */
void sched_setup_idle(u32 cpu);
void idle_mark(u32 cpu, bool is_idle);

/* Lock the queue that @t belongs to; its se_lock keeps it from being moved or woken. */
struct runq *thread_rq_lock(struct thread *t, u64 *flags);
void thread_rq_unlock(struct thread *t, struct runq *rq, u64 flags);
