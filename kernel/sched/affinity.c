// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which CPUs a thread may use. A mask is immutable and belongs to one thread; readers
 * hold preemption off, so an old mask is freed after a grace period. A running thread
 * that may not stay is moved by the switch (must_move in core.c), a waiting one
 * here, a sleeping one when it wakes.
 */
#include "sched_impl.h"

#include <tern/base/rcu.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

static size_t mask_words(void)
{
	return BITMAP_WORDS(cpu_count_possible);
}

static u64 *mask_copy(const u64 *mask)
{
	return kmem_dup(mask, mask_words() * sizeof(u64), ALLOC_KERNEL);
}

static bool has_online(const u64 *mask)
{
	for_each_online_cpu(cpu)
		if (bitmap_test(mask, cpu))
			return true;
	return false;
}

/* se_lock and the queue are held; the queue's lock is dropped. */
static void leave_cpu(struct thread *t, struct runq *rq)
{
	if (!t->t_sched.se_on_rq) {
		rq_unlock(rq);
	} else if (rq->curr == t) {
		rq_resched(rq);
		rq_unlock(rq);
	} else {
		rq_dequeue(rq, t, 0);
		rq_unlock(rq);
		place_thread(t, select_cpu(t), ENQ_MOVE);
	}
}

static void set_mask(struct thread *t, u64 *mask)
{
	u64 *old, flags;
	struct runq *rq = thread_rq_lock(t, &flags);

	old = t->t_sched.se_affinity;
	store_release(&t->t_sched.se_affinity, mask);
	if (!cpu_allowed(t, t->t_sched.se_cpu))
		leave_cpu(t, rq);
	else
		rq_unlock(rq);
	spinword_unlock(&t->t_sched.se_lock);
	irq_restore(flags);
	preempt_enable();
	if (old) {
		rcu_wait();
		kmem_free(old);
	}
}

/* Does it still run where it may not? */
static bool is_astray(struct thread *t)
{
	bool is;

	preempt_disable();
	is = READ_ONCE(t->t_sched.se_on_cpu) && !cpu_allowed(t, READ_ONCE(t->t_sched.se_cpu));
	preempt_enable();
	return is;
}

int sched_set_affinity(struct thread *t, const u64 *mask)
{
	u64 *copy;

	might_sleep();
	if (!has_online(mask))
		return -EINVAL;
	copy = mask_copy(mask);
	if (!copy)
		return -ENOMEM;
	set_mask(t, copy);
	if (t == thread_self())
		sched_check();
	while (t != thread_self() && is_astray(t))
		sched_sleep_until(clock_ns() + 100 * NSEC_PER_USEC);
	return 0;
}

void sched_get_affinity(struct thread *t, u64 *mask)
{
	const u64 *own;

	memset(mask, 0, CPUSET_WORDS * sizeof(u64));
	preempt_disable();
	own = READ_ONCE(t->t_sched.se_affinity);
	for_each_online_cpu(cpu)
		if (!own || bitmap_test(own, cpu))
			bitmap_set_bit(mask, cpu);
	preempt_enable();
}

void kthread_pin(struct thread *t, u32 cpu)
{
	u64 *mask = kmem_zalloc(mask_words() * sizeof(u64), ALLOC_KERNEL);

	if (!mask)
		return;		/* runs anywhere: slower, not wrong */
	bitmap_set_bit(mask, cpu);
	if (READ_ONCE(t->t_state) == THREAD_NEW) {
		kmem_free(t->t_sched.se_affinity);
		t->t_sched.se_affinity = mask;
		fair_migrate(t, t->t_sched.se_cpu, cpu);
		t->t_sched.se_cpu = cpu;
		return;
	}
	set_mask(t, mask);
}

int sched_fork(struct thread *child, struct thread *parent)
{
	struct schedent *c = &child->t_sched, *p = &parent->t_sched;
	u64 *mask = NULL, flags;
	struct runq *rq;

	if (READ_ONCE(p->se_affinity) && !(child->t_flags & TF_KTHREAD)) {
		mask = kmem_alloc(mask_words() * sizeof(u64), ALLOC_KERNEL);
		if (!mask)
			return -ENOMEM;
		preempt_disable();	/* others may set the parent's meanwhile */
		memcpy(mask, READ_ONCE(p->se_affinity), mask_words() * sizeof(u64));
		preempt_enable();
	}
	memset(c, 0, sizeof(*c));
	rq = thread_rq_lock(parent, &flags);
	c->se_policy = p->se_policy;
	c->se_nice = p->se_nice;
	c->se_rt_prio = p->se_rt_prio;
	c->se_vruntime = p->se_vruntime;
	c->se_cpu = p->se_cpu;
	thread_rq_unlock(parent, rq, flags);
	if (p->se_reset_on_fork || (parent->t_flags & TF_IDLE) || (child->t_flags & TF_KTHREAD) ||
	    c->se_policy == SCHED_POLICY_DEADLINE) {
		c->se_policy = SCHED_POLICY_NORMAL;
		c->se_rt_prio = 0;
		c->se_nice = min_t(s8, c->se_nice, 0) < 0 || (child->t_flags & TF_KTHREAD) ? 0 : c->se_nice;
	}
	c->se_pi_prio = -1;
	c->se_weight = c->se_policy == SCHED_POLICY_IDLE ? WEIGHT_IDLE : weight_of_nice(c->se_nice);
	c->se_class = sched_class_of(child);
	c->se_affinity = mask;
	c->se_slice_left = RR_SLICE_NS;
	return 0;
}
