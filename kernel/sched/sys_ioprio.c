// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioprio_get(2), ioprio_set(2): class and level of a thread's disk requests. A
 * child inherits them; one that has none is shown what its nice value stands for.
 */
#include "sys_impl.h"

#include <tern/kernel/sched.h>
#include <tern/kernel/syscalls.h>

enum { IOPRIO_NONE, IOPRIO_RT, IOPRIO_BE, IOPRIO_IDLE };
enum { IOPRIO_WHO_THREAD = 1, IOPRIO_WHO_GROUP, IOPRIO_WHO_USER };

#define IOPRIO_CLASS(v)		((u32)(v) >> 13 & 7)
#define IOPRIO_LEVEL(v)		((u32)(v) & 7)	/* bits above are a hint for the device */
#define IOPRIO(class, level)	((class) << 13 | (level))

struct ioprio_op {
	s32 value;
	bool is_set;
	long result;
};

static int check_value(s32 value)
{
	u32 level = IOPRIO_LEVEL(value);

	switch (IOPRIO_CLASS(value)) {
	case IOPRIO_RT:
		if (!cap_has(CAP_SYS_ADMIN) && !cap_has(CAP_SYS_NICE))
			return -EPERM;
		return 0;
	case IOPRIO_BE: case IOPRIO_IDLE:
		return 0;
	case IOPRIO_NONE:
		return level ? -EINVAL : 0;
	default:
		return -EINVAL;
	}
}

/* What a thread that asked for nothing gets. */
static s32 ioprio_effective(const struct thread *t)
{
	s32 value = READ_ONCE(t->t_ioprio);

	if (IOPRIO_CLASS(value) != IOPRIO_NONE)
		return value;
	switch (t->t_sched.se_policy) {
	case SCHED_POLICY_FIFO: case SCHED_POLICY_RR: case SCHED_POLICY_DEADLINE:
		return IOPRIO(IOPRIO_RT, (t->t_sched.se_nice + 20) / 5);
	case SCHED_POLICY_IDLE:
		return IOPRIO(IOPRIO_IDLE, (t->t_sched.se_nice + 20) / 5);
	default:
		return IOPRIO(IOPRIO_BE, (t->t_sched.se_nice + 20) / 5);
	}
}

/* False: stop, an error was met. */
static bool visit(struct ioprio_op *op, struct thread *t)
{
	s32 value;

	if (op->is_set) {
		op->result = sched_is_owner(t) ? 0 : -EPERM;
		if (!op->result)
			WRITE_ONCE(t->t_ioprio, (u16)op->value);
		return !op->result;
	}
	/* A lower number is more urgent; the most urgent of all is the answer. */
	value = ioprio_effective(t);
	if (op->result < 0 || value < op->result)
		op->result = value;
	return true;
}

static bool is_wanted(struct thread *t, s32 which, struct pidref *pgrp, uid_t uid)
{
	const struct credset *c;

	if (which == IOPRIO_WHO_GROUP)
		return READ_ONCE(t->t_proc->p_pgrp) == pgrp;
	c = rcu_load(t->t_real_cred);
	return c && c->uid == uid;
}

static void visit_many(struct ioprio_op *op, s32 which, s32 who)
{
	uid_t uid = which == IOPRIO_WHO_USER && !who ? cred_self()->uid : (uid_t)who;
	struct pidref *pgrp = NULL;
	struct process *p;
	struct thread *t;

	rcu_read_lock();
	/* The first process, and who does not leave its group, have none: that is a group too. */
	if (which == IOPRIO_WHO_GROUP) {
		pgrp = who ? pidref_find(who) : READ_ONCE(process_self()->p_pgrp);
		if (who && !pgrp)
			goto out;
	}
	process_foreach_rcu(p) {
		process_thread_foreach_rcu(p, t)
			if (is_wanted(t, which, pgrp, uid) && !visit(op, t))
				goto out;
	}
out:
	rcu_read_unlock();
}

static long run(struct ioprio_op *op, s32 which, s32 who)
{
	struct thread *t;

	switch (which) {
	case IOPRIO_WHO_THREAD:
		t = sched_find_thread(who);
		if (IS_ERR(t))
			return PTR_ERR(t);
		if (op->is_set)
			visit(op, t);
		else	/* of one thread: what was set, not what follows from it */
			op->result = READ_ONCE(t->t_ioprio);
		thread_put(t);
		return op->result;
	case IOPRIO_WHO_GROUP:
	case IOPRIO_WHO_USER:
		visit_many(op, which, who);
		return op->result;
	default:
		return -EINVAL;
	}
}

long sys_ioprio_set(s32 which, s32 who, s32 value)
{
	struct ioprio_op op = { .value = value, .is_set = true, .result = -ESRCH };
	int err = check_value(value);

	return err ? err : run(&op, which, who);
}

long sys_ioprio_get(s32 which, s32 who)
{
	struct ioprio_op op = { .result = -ESRCH };

	return run(&op, which, who);
}
