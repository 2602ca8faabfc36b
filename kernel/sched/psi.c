// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pressure stall information.
 *
 * Each CPU counts, for the machine and for each control group, threads that
 * are runnable, that sleep for I/O and that wait for memory. From the counts
 * follow states: "some" thread stalls on a resource, or there are such threads
 * and none gets anything done ("full"). Whenever the set of states changes, the
 * time since the last change is added to those that held. The machine's counts
 * live in the run queue, where a change of state is all that costs anything.
 *
 * Every two seconds, while some CPU is busy, a work item collects the times of
 * all CPUs, each weighted by how long it was not idle, into a total and running
 * averages; readers do the same when it is due. A trigger fires when a total has
 * grown enough within its window; a group with triggers is collected ten times a
 * window from the moment a state that they watch begins until all is quiet.
 *
 * Lock order: groups_lock > g->lock > run queue lock.
 */
#include "sched_impl.h"

#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/base/waitq.h>
#include <tern/kernel/cpugroup.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/irq.h>
#include <tern/kernel/psi.h>
#include <tern/kernel/userns.h>
#include <tern/lib/seqbuf.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define PERIOD		(2 * NSEC_PER_SEC)
#define AVERAGES	3u
#define SHIFT		11
#define ONE		(1UL << SHIFT)
#define TOTALS		PSI_NONIDLE	/* states that are shown */
#define WINDOW_MIN_US	500000u
#define WINDOW_MAX_US	10000000u
#define CHECKS_A_WINDOW	10u

struct psigroup {
	struct kmutex lock;		/* protects what follows but cpus */
	u64 total[TOTALS];		/* us */
	u64 at_last[TOTALS];		/* total when the averages were made */
	u64 avg[TOTALS][AVERAGES];	/* percent, fixed point */
	nsec_t last, next;		/* when they were, when they are due */
	struct list triggers;
	struct delayed_item check;
	nsec_t check_every, check_until;
	u32 *watched;			/* I points to A BIT(PSI_*) that triggers wait for */
	u32 own_watched;		/* what it points to in control groups */
	bool is_checking;		/* A check is queued or runs */
	bool is_stopped;		/* its control group was removed */
	struct list link;		/* groups_lock */
	struct psicpu *cpus;		/* I NULL: the run queues' */
};

struct psitrigger {
	struct list link;
	struct psigroup *group;		/* I */
	u32 state;			/* I PSI_* */
	u64 threshold, window;		/* I us, ns */
	nsec_t began;			/* group lock: of this window */
	u64 at_begin, grown_before;	/* group lock: us */
	nsec_t fired;			/* group lock */
	bool is_fired;			/* A */
	struct waitq wait;
};

/* exp(-2 s / 10, 60, 300 s) in fixed point */
static const u64 decay[AVERAGES] = { 1677, 1981, 2034 };
static struct kmutex groups_lock = KMUTEX_INIT(groups_lock, LOCKRANK_VFS_MISC);	/* protects groups */
static LIST_HEAD(groups);
static nsec_t collect_at = U64_MAX;	/* A */
static struct workitem collect_work, wanted_work;

struct psigroup psi_system;
u32 psi_watched;

static void check_triggers(struct workitem *w);

/* ---- counting; the run queue is locked ---- */

static u32 states_of(const struct psicpu *c, bool is_machine)
{
	u32 m = 0;

	if (c->iowait)
		m |= BIT(PSI_IO_SOME) | (c->running ? 0 : BIT(PSI_IO_FULL));
	if (c->memstall)
		m |= BIT(PSI_MEM_SOME) | (c->running == c->memrun ? BIT(PSI_MEM_FULL) : 0);
	if (is_machine)
		m |= c->running > 1 ? BIT(PSI_CPU_SOME) : 0;
	else if (c->running > c->oncpu)
		m |= BIT(PSI_CPU_SOME) | (c->oncpu ? 0 : BIT(PSI_CPU_FULL));
	return m || c->running ? m | BIT(PSI_NONIDLE) : 0;
}

static void account(struct psicpu *c, u32 mask, nsec_t now)
{
	u64 delta = now > c->since ? now - c->since : 0;

	for (u32 m = c->mask; m; m &= m - 1)
		c->times[__builtin_ctz(m)] += delta;
	c->mask = mask;
	c->since = now;
}

/* A state that triggers wait for begins: the next tick here starts the checks. */
static void want_check(struct runq *rq, const struct psigroup *g, u32 mask)
{
	if (likely(!(READ_ONCE(*g->watched) & mask)) || READ_ONCE(g->is_checking))
		return;
	rq->psi_wants_check = true;
	if (rq->cpu == cpu_self())
		sched_arm(rq, rq->clock + TICK_NS);
}

static void apply(struct psicpu *c, struct psidelta d)
{
	c->running += d.running;
	c->oncpu += d.oncpu;
	c->iowait += d.iowait;
	c->memstall += d.memstall;
	c->memrun += d.memrun;
}

static void change_groups(struct runq *rq, struct cpugroup *g, struct psidelta d)
{
	for (; g; g = cpugroup_parent(g)) {
		struct psigroup *pg = cpugroup_psi(g);
		struct psicpu *c = &pg->cpus[rq->cpu];
		u32 mask;

		apply(c, d);
		mask = states_of(c, false);
		if (mask != c->mask) {
			account(c, mask, rq->clock);
			want_check(rq, pg, mask);
		}
	}
}

void psi_change(struct runq *rq, struct cpugroup *g, struct psidelta d)
{
	u32 mask;

	apply(&rq->psi, d);
	mask = states_of(&rq->psi, true);
	if (mask != rq->psi.mask) {
		account(&rq->psi, mask, rq->clock);
		want_check(rq, &psi_system, mask);
	}
	if (unlikely(g))
		change_groups(rq, g, d);
}

void psi_switch(struct runq *rq, struct thread *prev, struct thread *next)
{
	if (prev->t_sched.se_group == next->t_sched.se_group)
		return;
	change_groups(rq, prev->t_sched.se_group, (struct psidelta){ .oncpu = -1 });
	change_groups(rq, next->t_sched.se_group, (struct psidelta){ .oncpu = 1 });
}

void psi_move_locked(struct runq *rq, struct thread *t, struct cpugroup *from, struct cpugroup *to)
{
	struct schedent *se = &t->t_sched;
	bool sleeps = READ_ONCE(t->t_state) & THREAD_OFFQ;
	struct psidelta d = {
		.running = se->se_on_rq, .oncpu = rq->curr == t, .iowait = sleeps && se->se_in_io,
		.memstall = se->se_in_memstall && (se->se_on_rq || sleeps),
		.memrun = se->se_in_memstall && se->se_on_rq,
	};

	change_groups(rq, to, d);
	d = (struct psidelta){ (s8)-d.running, (s8)-d.oncpu, (s8)-d.iowait, (s8)-d.memstall, (s8)-d.memrun };
	change_groups(rq, from, d);
}

void psi_woken(struct runq *last, struct thread *t)
{
	struct schedent *se = &t->t_sched;

	spinword_lock(&se->se_lock);
	rq_lock(last);
	rq_clock_update(last);
	psi_change(last, se->se_group, (struct psidelta){ .iowait = (s8)-se->se_in_io,
							  .memstall = (s8)-se->se_in_memstall });
	rq_unlock(last);
	spinword_unlock(&se->se_lock);
}

static bool memstall_set(bool on)
{
	struct thread *self = thread_self();
	bool old = self->t_sched.se_in_memstall;
	struct psidelta d = { .memstall = on ? 1 : -1, .memrun = on ? 1 : -1 };
	struct runq *rq;
	u64 flags;

	if (old == on)
		return old;
	rq = thread_rq_lock(self, &flags);
	self->t_sched.se_in_memstall = on;
	psi_change(rq, self->t_sched.se_group, d);
	thread_rq_unlock(self, rq, flags);
	return old;
}

bool memstall_begin(void)
{
	return memstall_set(true);
}

void memstall_end(bool old)
{
	(void)memstall_set(old);
}

/* ---- collecting; g->lock held ---- */

/* Times of one CPU since the last collection. */
static void cpu_deltas(struct psigroup *g, u32 cpu, u64 out[PSI_STATES])
{
	struct runq *rq = cpu_rq(cpu);
	struct psicpu *c = g->cpus ? &g->cpus[cpu] : &rq->psi;
	u64 flags, now, t;

	preempt_disable();
	flags = irq_save();
	rq_lock(rq);
	now = clock_ns();
	for (u32 i = 0; i < PSI_STATES; i++) {
		t = c->times[i] + ((c->mask >> i & 1) && now > c->since ? now - c->since : 0);
		out[i] = t > c->seen[i] ? t - c->seen[i] : 0;
		c->seen[i] = t;
	}
	rq_unlock(rq);
	irq_restore(flags);
	preempt_enable();
}

static void collect(struct psigroup *g)
{
	u64 sum[TOTALS] = { 0 }, weights = 0;

	for_each_possible_cpu(cpu) {
		u64 d[PSI_STATES], weight;

		cpu_deltas(g, cpu, d);
		weight = d[PSI_NONIDLE] / NSEC_PER_MSEC;
		weights += weight;
		for (u32 i = 0; i < TOTALS; i++)
			sum[i] += d[i] / NSEC_PER_USEC * weight;
	}
	for (u32 i = 0; i < TOTALS; i++)
		g->total[i] += sum[i] / max_t(u64, weights, 1);
}

static u64 decayed(u64 avg, u64 k, u64 sample)
{
	u64 v = avg * k + sample * (ONE - k);

	if (sample >= avg)
		v += ONE - 1;
	return v >> SHIFT;
}

static void average(struct psigroup *g, u32 state, u64 missed, u64 period_us)
{
	u64 grown = min(g->total[state] - g->at_last[state], period_us);
	u64 sample = grown * 100 * ONE / max_t(u64, period_us, 1);

	g->at_last[state] += grown;
	for (u32 i = 0; i < AVERAGES; i++) {
		for (u64 n = min_t(u64, missed, 1000); n; n--)
			g->avg[state][i] = decayed(g->avg[state][i], decay[i], 0);
		g->avg[state][i] = decayed(g->avg[state][i], decay[i], sample);
	}
}

static void update(struct psigroup *g)
{
	nsec_t now = clock_ns();
	u64 missed, period;

	collect(g);
	if (now < g->next)
		return;
	missed = (now - g->next) / PERIOD;
	g->next += (missed + 1) * PERIOD;
	period = (now - g->last - missed * PERIOD) / NSEC_PER_USEC;
	g->last = now;
	for (u32 i = 0; i < TOTALS; i++)
		average(g, i, missed, period);
}

static void collect_all(struct workitem *w)
{
	struct psigroup *g;

	kmutex_lock(&groups_lock);
	list_foreach(g, &groups, link) {
		kmutex_lock(&g->lock);
		update(g);
		kmutex_unlock(&g->lock);
	}
	kmutex_unlock(&groups_lock);
}

/* A state that some trigger waits for began somewhere. */
static void start_checks(struct workitem *w)
{
	struct psigroup *g;

	kmutex_lock(&groups_lock);
	list_foreach(g, &groups, link) {
		kmutex_lock(&g->lock);
		if (!list_is_empty(&g->triggers) && !g->is_checking) {
			WRITE_ONCE(g->is_checking, true);
			g->check_until = clock_ns() + CHECKS_A_WINDOW * g->check_every;
			workpool_queue_delayed(workpool_system, &g->check, g->check_every);
		}
		kmutex_unlock(&g->lock);
	}
	kmutex_unlock(&groups_lock);
}

void psi_tick(struct runq *rq, nsec_t now)
{
	nsec_t at = READ_ONCE(collect_at);

	if (unlikely(rq->psi_wants_check)) {
		rq->psi_wants_check = false;
		workpool_queue(workpool_system, &wanted_work);
	}
	if (unlikely(now >= at) && cas(&collect_at, at, now + PERIOD))
		workpool_queue(workpool_system, &collect_work);
}

/* ---- showing ---- */

void psigroup_print(struct seqbuf *sb, struct psigroup *g, enum psires res)
{
	static const char *const names[] = { "some", "full" };

	kmutex_lock(&g->lock);
	update(g);
	for (u32 i = 0; i < 2; i++) {
		u32 state = 2 * res + i;

		seqbuf_puts(sb, names[i]);
		for (u32 k = 0; k < AVERAGES; k++) {
			static const u32 seconds[AVERAGES] = { 10, 60, 300 };
			u64 v = g->avg[state][k];

			seqbuf_printf(sb, " avg%u=%lu.%02lu", seconds[k], v >> SHIFT,
				      (v & (ONE - 1)) * 100 >> SHIFT);
		}
		seqbuf_printf(sb, " total=%lu\n", g->total[state]);
	}
	kmutex_unlock(&g->lock);
}

/* ---- triggers; g->lock held ---- */

static u64 growth(struct psitrigger *t, nsec_t now)
{
	u64 value = t->group->total[t->state], grown = value - t->at_begin, elapsed = now - t->began;

	if (elapsed > t->window) {
		t->began = now;
		t->at_begin = value;
		t->grown_before = grown;
		return grown;
	}
	return grown + t->grown_before / CHECKS_A_WINDOW * ((t->window - elapsed) * CHECKS_A_WINDOW / t->window);
}

static bool check_one(struct psitrigger *t, nsec_t now)
{
	u64 before = t->at_begin;
	bool moved = t->group->total[t->state] != before;

	if (growth(t, now) < t->threshold || now < t->fired + t->window)
		return moved;
	t->fired = now;
	WRITE_ONCE(t->is_fired, true);
	waitq_wake_all(&t->wait);
	return true;
}

static void check_triggers(struct workitem *w)
{
	struct psigroup *g = container_of(w, struct psigroup, check.work);
	nsec_t now = clock_ns();
	struct psitrigger *t;

	kmutex_lock(&g->lock);
	collect(g);
	list_foreach(t, &g->triggers, link)
		if (check_one(t, now))
			g->check_until = now + CHECKS_A_WINDOW * g->check_every;
	if (now < g->check_until && !list_is_empty(&g->triggers) && !g->is_stopped)
		workpool_queue_delayed(workpool_system, &g->check, g->check_every);
	else
		WRITE_ONCE(g->is_checking, false);
	kmutex_unlock(&g->lock);
}

static void triggers_changed(struct psigroup *g)
{
	struct psitrigger *t;
	u64 window = WINDOW_MAX_US * NSEC_PER_USEC;
	u32 watched = 0;

	list_foreach(t, &g->triggers, link) {
		window = min(window, t->window);
		watched |= BIT(t->state);
	}
	g->check_every = window / CHECKS_A_WINDOW;
	WRITE_ONCE(*g->watched, watched);
}

static int parse_trigger(const char *text, u32 *is_full, u32 *threshold, u32 *window)
{
	*is_full = !strncmp(text, "full ", 5);
	if (!*is_full && strncmp(text, "some ", 5))
		return -EINVAL;
	if (parse_u32(text + 5, 10, threshold, &text) || *text != ' ' || parse_u32(text + 1, 10, window, &text))
		return -EINVAL;
	if (*window < WINDOW_MIN_US || *window > WINDOW_MAX_US)
		return -EINVAL;
	return !*threshold || *threshold > *window ? -EINVAL : 0;
}

struct psitrigger *psitrigger_create(struct psigroup *g, enum psires res, const char *text,
				     const struct credset *cred)
{
	u32 is_full, threshold, window;
	struct psitrigger *t;

	if (parse_trigger(text, &is_full, &threshold, &window))
		return ERR_PTR(-EINVAL);
	if (window % (PERIOD / NSEC_PER_USEC) && !cap_has_cred(cred, &userns_initial, CAP_SYS_RESOURCE))
		return ERR_PTR(-EINVAL);
	t = kmem_zalloc(sizeof(*t), ALLOC_KERNEL);
	if (!t)
		return ERR_PTR(-ENOMEM);
	t->group = g;
	t->state = 2 * res + is_full;
	t->threshold = threshold;
	t->window = (u64)window * NSEC_PER_USEC;
	waitq_init(&t->wait);
	kmutex_lock(&g->lock);
	collect(g);
	t->began = clock_ns();
	t->at_begin = g->total[t->state];
	list_add_tail(&t->link, &g->triggers);
	triggers_changed(g);
	kmutex_unlock(&g->lock);
	workpool_queue(workpool_system, &wanted_work);	/* the state may hold already */
	return t;
}

void psitrigger_free(struct psitrigger *t)
{
	struct psigroup *g;

	if (!t)
		return;
	g = t->group;
	kmutex_lock(&g->lock);
	list_del(&t->link);
	triggers_changed(g);
	kmutex_unlock(&g->lock);
	kmem_free(t);
}

bool psitrigger_take(struct psitrigger *t)
{
	return xchg(&t->is_fired, false);
}

struct waitq *psitrigger_queue(struct psitrigger *t)
{
	return &t->wait;
}

/* ---- groups ---- */

static void group_init(struct psigroup *g, u32 *watched)
{
	kmutex_init(&g->lock, LOCKRANK_KEYRING);
	list_init(&g->triggers);
	list_init(&g->link);
	delayed_work_init(&g->check, check_triggers);
	g->watched = watched;
	g->last = clock_ns();
	g->next = g->last + PERIOD;
}

struct psigroup *psigroup_create(void)
{
	struct psigroup *g = kmem_zalloc(sizeof(*g), ALLOC_KERNEL);

	if (!g)
		return NULL;
	g->cpus = kmem_zalloc(cpu_count_possible * sizeof(g->cpus[0]), ALLOC_KERNEL);
	if (!g->cpus) {
		kmem_free(g);
		return NULL;
	}
	group_init(g, &g->own_watched);
	return g;
}

void psigroup_free(struct psigroup *g)
{
	if (!g)
		return;
	kmem_free(g->cpus);
	kmem_free(g);
}

void psigroup_start(struct psigroup *g)
{
	kmutex_lock(&groups_lock);
	list_add_tail(&g->link, &groups);
	kmutex_unlock(&groups_lock);
}

void psigroup_stop(struct psigroup *g)
{
	kmutex_lock(&groups_lock);
	list_del_init(&g->link);
	kmutex_unlock(&groups_lock);
	kmutex_lock(&g->lock);
	g->is_stopped = true;
	kmutex_unlock(&g->lock);
	(void)delayed_work_cancel_sync(&g->check);
}

static int psi_start(void)
{
	workitem_init(&collect_work, collect_all);
	workitem_init(&wanted_work, start_checks);
	group_init(&psi_system, &psi_watched);
	psigroup_start(&psi_system);
	WRITE_ONCE(collect_at, clock_ns() + PERIOD);
	return 0;
}
INITCALL(CORE, psi_start);
