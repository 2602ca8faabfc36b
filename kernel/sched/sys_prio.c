// SPDX-License-Identifier: GPL-2.0-only
/* getpriority(2), setpriority(2): nice values of a thread, a process group, a user. */
#include "sys_impl.h"

#include <tern/kernel/userns.h>

#include <tern/kernel/sched.h>
#include <tern/kernel/syscalls.h>
#include <uapi/sched.h>

/* What is wanted of each thread chosen, and the result so far. */
struct prio_op {
	s32 nice;
	long result;
};

static long set_one(struct thread *t, struct prio_op *op)
{
	struct sched_params p;

	if (!sched_is_owner(t))
		return -EPERM;
	if (op->nice < t->t_sched.se_nice && !sched_may_nice(t, op->nice))
		return -EACCES;
	sched_get_params(t, &p);
	if (p.policy == SCHED_POLICY_NORMAL || p.policy == SCHED_POLICY_BATCH ||
	    p.policy == SCHED_POLICY_IDLE) {
		p.nice = op->nice;
		return sched_set_params(t, &p);
	}
	/* Real-time threads keep it for the day they return to the fair class. */
	t->t_sched.se_nice = (s8)op->nice;
	return 0;
}

/* Later results replace the "nobody found"; an error sticks unless a success
 * follows, as on Linux.
 */
static void merge_set(struct prio_op *op, struct thread *t)
{
	long err = set_one(t, op);

	if (err || op->result == -ESRCH)
		op->result = err;
}

static void merge_get(struct prio_op *op, struct thread *t)
{
	op->result = max_t(long, op->result, 20 - t->t_sched.se_nice);
}

static void visit(struct prio_op *op, struct thread *t, bool is_set)
{
	if (is_set)
		merge_set(op, t);
	else
		merge_get(op, t);
}

static bool is_users(struct thread *t, uid_t uid)
{
	const struct credset *c = rcu_load(t->t_real_cred);

	return c && c->uid == uid;
}

/* Preemption is off under RCU: the work done per thread does not sleep. */
static void visit_many(struct prio_op *op, s32 which, s32 who, bool is_set)
{
	struct pidref *pgrp = NULL;
	struct process *p;
	struct thread *t;

	rcu_read_lock();
	/* The first process, and who does not leave its group, have none: that is a group too. */
	if (which == PRIO_PGRP_) {
		pgrp = who ? pidref_find(who) : READ_ONCE(process_self()->p_pgrp);
		if (who && !pgrp)
			goto out;
	}
	process_foreach_rcu(p) {
		if (which == PRIO_PGRP_ && READ_ONCE(p->p_pgrp) != pgrp)
			continue;
		process_thread_foreach_rcu(p, t)
			if (which == PRIO_PGRP_ || is_users(t, (uid_t)who))
				visit(op, t, is_set);
	}
out:
	rcu_read_unlock();
}

static long run(struct prio_op *op, s32 which, s32 who, bool is_set)
{
	struct thread *t;

	switch (which) {
	case PRIO_PROCESS_:
		t = sched_find_thread(who);
		if (IS_ERR(t))
			return PTR_ERR(t);
		visit(op, t, is_set);
		thread_put(t);
		break;
	case PRIO_USER_:
		if (!who)
			who = (s32)cred_self()->uid;
		else
			who = (s32)uid_in((uid_t)who);
		fallthrough;
	case PRIO_PGRP_:
		visit_many(op, which, who, is_set);
		break;
	default:
		return -EINVAL;
	}
	return op->result;
}

long sys_setpriority(s32 which, s32 who, s32 nice)
{
	struct prio_op op = { .nice = clamp_t(s32, nice, -20, 19), .result = -ESRCH };

	return run(&op, which, who, true);
}

long sys_getpriority(s32 which, s32 who)
{
	struct prio_op op = { .result = -ESRCH };

	return run(&op, which, who, false);
}
