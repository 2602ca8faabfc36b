// SPDX-License-Identifier: GPL-2.0-only
/* Policies and priorities of threads; inherited priority; intervals and names. */
#include "sched_impl.h"

static int check_params(const struct sched_params *p)
{
	switch (p->policy) {
	case SCHED_POLICY_FIFO:
	case SCHED_POLICY_RR:
		return p->priority >= 1 && p->priority <= 99 ? 0 : -EINVAL;
	case SCHED_POLICY_NORMAL:
	case SCHED_POLICY_BATCH:
	case SCHED_POLICY_IDLE:
		return p->priority == 0 && p->nice >= -20 && p->nice <= 19 ? 0 : -EINVAL;
	case SCHED_POLICY_DEADLINE:
		break;
	default:
		return -EINVAL;
	}
	/* At least 1 us of runtime, and the top bit clear: differences are signed. */
	if (p->runtime < 1024 || !p->deadline || (s64)p->deadline < 0 || (s64)p->period < 0 ||
	    p->deadline < p->runtime || (p->period && p->period < p->deadline))
		return -EINVAL;
	return 0;
}

/*
 * Take @t off its class, let @change alter it, put it back. Classes take and get a running
 * thread as one that runs: rq->curr stays as it is, since its CPU reads it without the lock.
 */
static void change_class(struct thread *t, void (*change)(struct thread *t, const void *arg),
			 const void *arg)
{
	struct schedent *se = &t->t_sched;
	u64 flags;
	struct runq *rq = thread_rq_lock(t, &flags);
	bool is_queued = se->se_on_rq;

	if (is_queued)
		rq_dequeue(rq, t, 0);
	change(t, arg);
	se->se_class = sched_class_of(t);
	if (is_queued) {
		rq_enqueue(rq, t, ENQ_MOVE);
		if (rq->curr == t)
			rq_resched(rq);
		else
			rq_check_preempt(rq, t);
	}
	thread_rq_unlock(t, rq, flags);
}

static void apply_params(struct thread *t, const void *arg)
{
	const struct sched_params *p = arg;
	struct schedent *se = &t->t_sched;
	bool is_fair = p->policy == SCHED_POLICY_NORMAL || p->policy == SCHED_POLICY_BATCH ||
		       p->policy == SCHED_POLICY_IDLE;

	se->se_policy = (u8)p->policy;
	se->se_rt_prio = (u8)p->priority;
	se->se_reset_on_fork = p->flags & SCHED_PARAM_RESET_ON_FORK;
	if (is_fair)
		se->se_nice = (s8)p->nice;
	se->se_weight = p->policy == SCHED_POLICY_IDLE ? WEIGHT_IDLE : weight_of_nice(se->se_nice);
	se->se_slice_left = RR_SLICE_NS;
	if (p->policy == SCHED_POLICY_DEADLINE) {
		se->se_dl_runtime = p->runtime;
		se->se_dl_deadline = p->deadline;
		se->se_dl_period = p->period ? p->period : p->deadline;
		se->se_dl_abs = 0;
		se->se_dl_left = 0;
	}
}

int sched_set_params(struct thread *t, const struct sched_params *p)
{
	int err = check_params(p);

	if (err)
		return err;
	err = dl_admit(t, p->runtime, p->period ? p->period : p->deadline,
		       p->policy == SCHED_POLICY_DEADLINE);
	if (err)
		return err;
	change_class(t, apply_params, p);
	return 0;
}

static void apply_pi(struct thread *t, const void *arg)
{
	t->t_sched.se_pi_prio = *(const s32 *)arg;
}

void sched_set_pi(struct thread *t, s32 prio)
{
	if (READ_ONCE(t->t_sched.se_pi_prio) != prio)
		change_class(t, apply_pi, &prio);
}

void sched_get_params(struct thread *t, struct sched_params *p)
{
	const struct schedent *se = &t->t_sched;
	u64 flags;
	struct runq *rq = thread_rq_lock(t, &flags);

	*p = (struct sched_params){
		.policy = se->se_policy, .nice = se->se_nice, .priority = se->se_rt_prio,
		.flags = se->se_reset_on_fork ? SCHED_PARAM_RESET_ON_FORK : 0,
		.runtime = se->se_dl_runtime, .deadline = se->se_dl_deadline,
		.period = se->se_dl_period,
	};
	if (p->policy != SCHED_POLICY_DEADLINE)
		p->runtime = p->deadline = p->period = 0;
	thread_rq_unlock(t, rq, flags);
}

nsec_t sched_rr_interval(struct thread *t)
{
	u64 flags, slice = 0;
	struct runq *rq = thread_rq_lock(t, &flags);

	if (t->t_sched.se_policy == SCHED_POLICY_RR)
		slice = RR_SLICE_NS;
	else if (t->t_sched.se_class == &sched_class_fair)
		slice = TICK_NS;
	thread_rq_unlock(t, rq, flags);
	return slice;
}

const char *sched_policy_name(u32 policy)
{
	static const char *const names[] = {
		[SCHED_POLICY_NORMAL] = "SCHED_OTHER", [SCHED_POLICY_FIFO] = "SCHED_FIFO",
		[SCHED_POLICY_RR] = "SCHED_RR", [SCHED_POLICY_BATCH] = "SCHED_BATCH",
		[SCHED_POLICY_IDLE] = "SCHED_IDLE", [SCHED_POLICY_DEADLINE] = "SCHED_DEADLINE",
	};

	return policy < ARRAY_SIZE(names) && names[policy] ? names[policy] : "?";
}
