// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which CPUs a control group may use: cpuset.cpus. An empty set means the
 * parent's; a group can never use more than its parent. The threads in it get
 * that mask as their affinity; sched_setaffinity(2) can only narrow it.
 */
#include "cgroup_impl.h"

#include <tern/kernel/cpuset.h>
#include <tern/lib/bitmap.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

static size_t words(void)
{
	return BITMAP_WORDS(cpu_count_possible);
}

void cpuset_effective(struct cgnode *c, u64 *mask)
{
	memset(mask, 0, CPUSET_WORDS * sizeof(u64));
	for_each_online_cpu(cpu)
		bitmap_set_bit(mask, cpu);
	for (; c; c = c->parent) {
		bool meets = false;

		if (!c->cpus_wanted || !(cgnode_controllers(c) & CGCTL_CPUSET))
			continue;
		for (size_t i = 0; i < words(); i++)
			meets |= mask[i] & c->cpus_wanted[i];
		for (size_t i = 0; i < words() && meets; i++)
			mask[i] &= c->cpus_wanted[i];
	}
}

static void thread_apply(struct thread *t, const u64 *mask)
{
	/* Only a mask without any online CPU is refused, and this one has some. */
	if (sched_set_affinity(t, mask))
		return;
}

/* The @n-th thread of @p and later, by serial; with a reference. */
static struct thread *next_thread(struct process *p, u64 after)
{
	struct thread *t, *best = NULL;

	rcu_read_lock();
	process_thread_foreach_rcu(p, t)
		if (t->t_serial > after && (!best || t->t_serial < best->t_serial))
			best = t;
	if (best && !ref_get_unless_zero(&best->t_refs))
		best = NULL;
	rcu_read_unlock();
	return best;
}

static void process_apply(struct process *p, const u64 *mask)
{
	struct thread *t;
	u64 serial = 0;

	while ((t = next_thread(p, serial))) {
		serial = t->t_serial;
		thread_apply(t, mask);
		thread_put(t);
	}
}

void cpuset_apply(struct process *p, struct cgnode *c)
{
	u64 *mask;

	if (!READ_ONCE(cgroup_root.subtree) || !(cgroup_root.subtree & CGCTL_CPUSET))
		return;
	mask = kmem_alloc(CPUSET_WORDS * sizeof(u64), ALLOC_KERNEL);
	if (!mask)
		return;		/* it keeps the CPUs that it had */
	cpuset_effective(c, mask);
	process_apply(p, mask);
	kmem_free(mask);
}

/* Next process in @c or below at or after pid @nr; with a reference. */
static struct process *next_member(struct cgnode *c, s32 *nr)
{
	struct process *p = NULL;
	struct pidref *pid;

	rcu_read_lock();
	for (pid = pidref_next_in(&pidns_initial, nr); pid;
	     (*nr)++, pid = pidref_next_in(&pidns_initial, nr)) {
		struct cgnode *of;

		p = pidref_process(pid);
		of = p ? rcu_load(p->p_cgroup) : NULL;
		if (of && cgnode_is_within(of, c) && ref_get_unless_zero(&p->p_refs))
			break;
		p = NULL;
	}
	rcu_read_unlock();
	(*nr)++;
	return p;
}

int cpuset_set(struct cgnode *c, const u64 *mask)
{
	u64 *copy = NULL;
	struct process *p;
	s32 nr = 1;

	if (mask) {
		copy = kmem_dup(mask, words() * sizeof(u64), ALLOC_KERNEL);
		if (!copy)
			return -ENOMEM;
	}
	swap(copy, c->cpus_wanted);
	kmem_free(copy);
	while ((p = next_member(c, &nr))) {
		struct cgnode *of = cgroup_of(p);

		cpuset_apply(p, of);
		cgnode_put(of);
		process_put(p);
	}
	return 0;
}

bool cpuset_narrow(struct thread *t, u64 *mask)
{
	struct cgnode *c = cgroup_of(t->t_proc);
	bool any = false;
	u64 *may;

	if (!c->parent) {
		cgnode_put(c);
		return true;
	}
	may = kmem_alloc(CPUSET_WORDS * sizeof(u64), ALLOC_KERNEL);
	if (may) {
		cpuset_effective(c, may);
		for (size_t i = 0; i < CPUSET_WORDS; i++) {
			mask[i] &= may[i];
			any |= mask[i];
		}
		kmem_free(may);
	}
	cgnode_put(c);
	return any;
}
