// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control groups and CPU time.
 *
 * Shares: there is one timeline for all threads of a CPU. What a thread's run
 * time counts depends on its effective weight: its share of its group's runnable
 * threads on this CPU, times the group's share of its parent, and so on up.
 * Each group keeps for each CPU the load of what is runnable in it: weights of
 * its own threads, and of its child groups that have any. A group has its full
 * weight on every CPU.
 *
 * Limits: run time is taken from the quota of each group above. When that is
 * used up, its threads stop at their next way to user mode (cpugroup_pause()),
 * where they hold no locks of the kernel; there they sleep until the period
 * ends. What was overdrawn is missing in the next period.
 *
 * Lock order: run queue lock > g->lock (a leaf).
 */
#include "sched_impl.h"

#include <tern/base/waitq.h>
#include <tern/kernel/cpugroup.h>
#include <tern/kernel/psi.h>
#include <tern/mm/slab.h>

#define WEIGHT_SCALE	10
#define WEIGHT_MAX	10000u
#define NO_QUOTA	U64_MAX

struct groupcpu {
	u64 load;		/* Q of this CPU */
	u32 nr;			/* Q threads and child groups */
	u64 usage, user, system;	/* C ns */
} __aligned(64);

struct cpugroup {
	struct cpugroup *parent;	/* I its cgroup holds the parent's */
	struct psigroup *psi;		/* I owned */
	u32 weight;		/* A cpu.weight */
	u32 share;		/* A in units of a thread's weight */
	bool is_idle;		/* A */
	spinword lock;		/* protects what follows; interrupts off */
	u64 quota, period, burst;
	s64 left;		/* of this period */
	nsec_t began;		/* start of the period */
	bool is_throttled;	/* read by others as a hint */
	nsec_t throttled_at;
	u64 nperiods, nthrottled, throttled;
	struct waitq pause;	/* I threads that wait for the next period */
	struct groupcpu cpu[];
};

static u32 share_of(const struct cpugroup *g)
{
	u32 s = (u64)g->weight * WEIGHT_NICE0 / CPUWEIGHT_DEFAULT;

	return g->is_idle ? WEIGHT_IDLE : max_t(u32, s, 2);
}

struct cpugroup *cpugroup_create(struct cpugroup *parent)
{
	struct cpugroup *g;

	g = kmem_zalloc(sizeof(*g) + cpu_count_possible * sizeof(g->cpu[0]), ALLOC_KERNEL);
	if (!g)
		return NULL;
	g->psi = psigroup_create();
	if (!g->psi) {
		kmem_free(g);
		return NULL;
	}
	g->parent = parent;
	g->weight = CPUWEIGHT_DEFAULT;
	g->share = WEIGHT_NICE0;
	g->quota = NO_QUOTA;
	g->period = 100 * NSEC_PER_MSEC;
	waitq_init(&g->pause);
	return g;
}

void cpugroup_free(struct cpugroup *g)
{
	if (!g)
		return;
	psigroup_free(g->psi);
	kmem_free(g);
}

struct psigroup *cpugroup_psi(struct cpugroup *g)
{
	return g->psi;
}

struct cpugroup *cpugroup_parent(const struct cpugroup *g)
{
	return g->parent;
}

/* ---- shares; Q held ---- */

void group_load_add(struct runq *rq, struct schedent *se)
{
	u64 weight = se->se_weight;

	for (struct cpugroup *g = se->se_group; g; g = g->parent) {
		struct groupcpu *gc = &g->cpu[rq->cpu];

		gc->load += weight;
		if (gc->nr++)
			break;		/* those above count it already */
		weight = READ_ONCE(g->share);
	}
}

void group_load_sub(struct runq *rq, struct schedent *se)
{
	u64 weight = se->se_weight;

	for (struct cpugroup *g = se->se_group; g; g = g->parent) {
		struct groupcpu *gc = &g->cpu[rq->cpu];

		gc->load -= weight;
		if (--gc->nr)
			break;
		weight = READ_ONCE(g->share);
	}
}

/* ns of virtual time for @delta ns on this CPU. */
u64 group_virtual(struct runq *rq, struct schedent *se, u64 delta)
{
	u64 w = (u64)se->se_weight << WEIGHT_SCALE;

	for (struct cpugroup *g = se->se_group; g; g = g->parent) {
		u64 load = g->cpu[rq->cpu].load;

		w = w * READ_ONCE(g->share) / max_t(u64, load, 1);
	}
	w = clamp_t(u64, w, 1, (u64)U32_MAX << WEIGHT_SCALE);
	return delta * WEIGHT_NICE0 / w * (1UL << WEIGHT_SCALE) +
	       delta * WEIGHT_NICE0 % w * (1UL << WEIGHT_SCALE) / w;
}

/* A group's share changes on every CPU where its parent counts it. */
static void set_share(struct cpugroup *g)
{
	u32 share = share_of(g), old = g->share;
	u64 flags;

	if (share == old)
		return;
	preempt_disable();
	flags = irq_save();
	for_each_online_cpu(cpu)
		rq_lock(cpu_rq(cpu));
	WRITE_ONCE(g->share, share);
	for_each_online_cpu(cpu) {
		if (g->parent && g->cpu[cpu].nr)
			g->parent->cpu[cpu].load += (s64)share - old;
	}
	for_each_online_cpu(cpu)
		rq_unlock(cpu_rq(cpu));
	irq_restore(flags);
	preempt_enable();
}

void cpugroup_set_weight(struct cpugroup *g, u32 weight)
{
	g->weight = clamp_t(u32, weight, 1, WEIGHT_MAX);
	set_share(g);
}

u32 cpugroup_weight(const struct cpugroup *g)
{
	return g->weight;
}

void cpugroup_set_idle(struct cpugroup *g, bool on)
{
	g->is_idle = on;
	set_share(g);
}

bool cpugroup_is_idle(const struct cpugroup *g)
{
	return g->is_idle;
}

void sched_set_group(struct thread *t, struct cpugroup *g)
{
	struct schedent *se = &t->t_sched;
	u64 flags;
	struct runq *rq = thread_rq_lock(t, &flags);
	bool counts = se->se_on_rq && se->se_class == &sched_class_fair;

	if (rq->curr == t)
		se->se_class->update(rq, t);
	if (counts)
		group_load_sub(rq, se);
	psi_move_locked(rq, t, se->se_group, g);
	se->se_group = g;
	if (counts)
		group_load_add(rq, se);
	thread_rq_unlock(t, rq, flags);
}

/* ---- limits ---- */

/* g->lock held: periods that ended bring new time. */
static void roll(struct cpugroup *g, nsec_t now)
{
	u64 n = (now - g->began) / g->period, room = g->quota + g->burst;

	if (g->quota == NO_QUOTA || !n)
		return;
	g->began += n * g->period;
	g->nperiods += n;
	g->left = n > room / g->quota + 1 - (g->left < 0 ? g->left / (s64)g->quota : 0) ?
		  (s64)room : min_t(s64, g->left + (s64)(n * g->quota), (s64)room);
	if (g->is_throttled && g->left > 0) {
		g->throttled += now - g->throttled_at;
		WRITE_ONCE(g->is_throttled, false);
	}
}

static bool is_throttled(const struct cpugroup *g)
{
	for (; g; g = g->parent)
		if (READ_ONCE(g->is_throttled))
			return true;
	return false;
}

static void take_quota(struct cpugroup *g, nsec_t now, u64 delta)
{
	spinword_lock(&g->lock);
	if (g->quota != NO_QUOTA) {
		roll(g, now);
		g->left -= (s64)delta;
		if (g->left <= 0 && !g->is_throttled) {
			g->throttled_at = now;
			g->nthrottled++;
			WRITE_ONCE(g->is_throttled, true);
		}
	}
	spinword_unlock(&g->lock);
}

void group_charge(struct runq *rq, struct thread *t, u64 delta)
{
	for (struct cpugroup *g = t->t_sched.se_group; g; g = g->parent) {
		g->cpu[rq->cpu].usage += delta;
		if (READ_ONCE(g->quota) != NO_QUOTA)
			take_quota(g, rq->clock, delta);
	}
	if (is_throttled(t->t_sched.se_group))
		thread_work_set(t, WORK_NOTIFY);
}

void group_check(struct thread *t)
{
	if (is_throttled(t->t_sched.se_group))
		thread_work_set(t, WORK_NOTIFY);
}

void group_tick(struct runq *rq, struct thread *t, u64 delta, bool was_user)
{
	for (struct cpugroup *g = t->t_sched.se_group; g; g = g->parent) {
		if (was_user)
			g->cpu[rq->cpu].user += delta;
		else
			g->cpu[rq->cpu].system += delta;
	}
}

/* When @g runs again; 0: now. */
static nsec_t resume_at(struct cpugroup *g)
{
	nsec_t when = 0;
	u64 flags = irq_save();

	spinword_lock(&g->lock);
	roll(g, clock_ns());
	if (g->is_throttled)
		when = g->began + g->period;
	spinword_unlock(&g->lock);
	irq_restore(flags);
	return when;
}

static void pause_in(struct cpugroup *g)
{
	nsec_t when;

	while ((when = resume_at(g)) && !signal_is_fatal_pending())
		(void)waitq_wait_common(&g->pause, !READ_ONCE(g->is_throttled), THREAD_KILLABLE,
					false, when);
}

void cpugroup_pause(void)
{
	struct cpugroup *g;

	/* Its cgroup lives as long as this thread's process, or until it is moved. */
	for (g = READ_ONCE(thread_self()->t_sched.se_group); g; g = g->parent)
		if (READ_ONCE(g->is_throttled))
			pause_in(g);
}

void cpugroup_set_max(struct cpugroup *g, u64 quota, u64 period, u64 burst)
{
	u64 flags;

	preempt_disable();
	flags = irq_save();
	spinword_lock(&g->lock);
	if (g->is_throttled)
		g->throttled += clock_ns() - g->throttled_at;
	WRITE_ONCE(g->quota, quota);
	g->period = period;
	g->burst = burst;
	g->left = quota == NO_QUOTA ? 0 : (s64)quota;
	g->began = clock_ns();
	WRITE_ONCE(g->is_throttled, false);
	spinword_unlock(&g->lock);
	irq_restore(flags);
	preempt_enable();
	waitq_wake_all(&g->pause);
}

void cpugroup_max(struct cpugroup *g, u64 *quota, u64 *period, u64 *burst)
{
	u64 flags = irq_save();

	spinword_lock(&g->lock);
	*quota = g->quota;
	*period = g->period;
	*burst = g->burst;
	spinword_unlock(&g->lock);
	irq_restore(flags);
}

void cpugroup_reset(struct cpugroup *g)
{
	g->is_idle = false;
	cpugroup_set_weight(g, CPUWEIGHT_DEFAULT);
	cpugroup_set_max(g, NO_QUOTA, 100 * NSEC_PER_MSEC, 0);
}

void cpugroup_stat(struct cpugroup *g, struct cpugroup_stat *st)
{
	u64 user = 0, system = 0, ticks, flags;

	*st = (struct cpugroup_stat){ 0 };
	for_each_possible_cpu(cpu) {
		st->usage += READ_ONCE(g->cpu[cpu].usage);
		user += READ_ONCE(g->cpu[cpu].user);
		system += READ_ONCE(g->cpu[cpu].system);
	}
	/* The use is exact; how it divides is sampled. */
	ticks = user + system;
	st->user = ticks ? st->usage / 1000 * (user / 1000) / max_t(u64, ticks / 1000, 1) * 1000 :
			   st->usage;
	st->user = min(st->user, st->usage);
	st->system = st->usage - st->user;
	flags = irq_save();
	spinword_lock(&g->lock);
	roll(g, clock_ns());
	st->nperiods = g->nperiods;
	st->nthrottled = g->nthrottled;
	st->throttled = g->throttled;
	spinword_unlock(&g->lock);
	irq_restore(flags);
}
