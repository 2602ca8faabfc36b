// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entry functions of the sched_*(2) calls: decode, check permission, call.
 *
 * Without CAP_SYS_NICE one may change threads of one's own user only, raise a
 * real-time priority up to RLIMIT_RTPRIO, and lower a nice value down to what RLIMIT_NICE
 * allows; the deadline policy always needs the capability.
 */
#include "sys_impl.h"

#include <asm/uaccess.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/sched.h>
#include <tern/kernel/cpuset.h>
#include <tern/kernel/syscalls.h>
#include <tern/lib/bitmap.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <uapi/sched.h>

struct thread *sched_find_thread(s32 tid)
{
	struct thread *t = NULL;
	struct pidref *ref;

	if (tid < 0)
		return ERR_PTR(-ESRCH);
	if (!tid) {
		t = thread_self();
		thread_get(t);
		return t;
	}
	rcu_read_lock();
	ref = pidref_find(tid);
	if (ref)
		t = pidref_thread(ref);
	if (t && !ref_get_unless_zero(&t->t_refs))
		t = NULL;
	rcu_read_unlock();
	return t ? t : ERR_PTR(-ESRCH);
}

bool sched_is_owner(struct thread *t)
{
	const struct credset *mine = cred_self(), *theirs;
	bool may;

	rcu_read_lock();
	theirs = rcu_load(t->t_real_cred);
	may = theirs && (mine->euid == theirs->euid || mine->euid == theirs->uid ||
			 cap_has_in(theirs->ns, CAP_SYS_NICE));
	rcu_read_unlock();
	return may;
}

bool sched_may_nice(struct thread *t, s32 nice)
{
	return nice >= t->t_sched.se_nice || (u64)(20 - nice) <= rlimit_of(t->t_proc, RLIMIT_NICE) ||
	       cap_has(CAP_SYS_NICE);
}

static bool is_rt(u32 policy)
{
	return policy == SCHED_POLICY_FIFO || policy == SCHED_POLICY_RR;
}

/* May an unprivileged caller make @old into @new? */
static bool is_within_limits(struct thread *t, const struct sched_params *old,
			     const struct sched_params *new)
{
	u64 rtprio = rlimit_of(t->t_proc, RLIMIT_RTPRIO);

	if (new->policy == SCHED_POLICY_DEADLINE)
		return false;
	if (is_rt(new->policy)) {
		if (new->policy != old->policy && !rtprio)
			return false;
		if (new->priority > old->priority && new->priority > rtprio)
			return false;
	} else if (new->nice < old->nice && !sched_may_nice(t, new->nice)) {
		return false;
	}
	if (old->policy == SCHED_POLICY_IDLE && new->policy != SCHED_POLICY_IDLE &&
	    (u64)(20 - old->nice) > rlimit_of(t->t_proc, RLIMIT_NICE))
		return false;
	return !(old->flags & SCHED_PARAM_RESET_ON_FORK) || (new->flags & SCHED_PARAM_RESET_ON_FORK);
}

static long change(struct thread *t, const struct sched_params *new)
{
	struct sched_params old;

	if (!sched_is_owner(t))
		return -EPERM;
	sched_get_params(t, &old);
	if (!is_within_limits(t, &old, new) && !cap_has(CAP_SYS_NICE))
		return -EPERM;
	return sched_set_params(t, new);
}

/* sched_setscheduler and sched_setparam; policy -1 keeps. */
static long set_simple(s32 tid, s32 policy, const s32 __user *param)
{
	struct sched_params p;
	struct thread *t;
	s32 prio;
	long err;

	if (!param || tid < 0)
		return -EINVAL;
	if (user_get(prio, param))
		return -EFAULT;
	t = sched_find_thread(tid);
	if (IS_ERR(t))
		return PTR_ERR(t);
	sched_get_params(t, &p);
	if (policy >= 0) {
		p.policy = (u32)(policy & ~SCHED_RESET_ON_FORK_);
		p.flags = policy & SCHED_RESET_ON_FORK_ ? SCHED_PARAM_RESET_ON_FORK : 0;
	}
	p.priority = (u32)prio;
	err = p.policy == SCHED_POLICY_DEADLINE ? -EINVAL : change(t, &p);
	thread_put(t);
	return err;
}

long sys_sched_yield(void)
{
	sched_yield_cpu();
	return 0;
}

long sys_sched_setparam(s32 tid, const s32 __user *param)
{
	return set_simple(tid, -1, param);
}

long sys_sched_setscheduler(s32 tid, s32 policy, const s32 __user *param)
{
	if (policy < 0)
		return -EINVAL;
	return set_simple(tid, policy, param);
}

static long get_params(s32 tid, struct sched_params *p)
{
	struct thread *t;

	if (tid < 0)
		return -EINVAL;
	t = sched_find_thread(tid);
	if (IS_ERR(t))
		return PTR_ERR(t);
	sched_get_params(t, p);
	thread_put(t);
	return 0;
}

long sys_sched_getparam(s32 tid, s32 __user *param)
{
	struct sched_params p;
	long err;

	if (!param)
		return -EINVAL;
	err = get_params(tid, &p);
	if (err)
		return err;
	return user_put((s32)p.priority, param);
}

long sys_sched_getscheduler(s32 tid)
{
	struct sched_params p;
	long err = get_params(tid, &p);

	if (err)
		return err;
	return p.policy | (p.flags & SCHED_PARAM_RESET_ON_FORK ? SCHED_RESET_ON_FORK_ : 0);
}

long sys_sched_get_priority_max(s32 policy)
{
	switch (policy) {
	case SCHED_POLICY_FIFO:
	case SCHED_POLICY_RR:
		return 99;
	case SCHED_POLICY_NORMAL:
	case SCHED_POLICY_BATCH:
	case SCHED_POLICY_IDLE:
	case SCHED_POLICY_DEADLINE:
		return 0;
	default:
		return -EINVAL;
	}
}

long sys_sched_get_priority_min(s32 policy)
{
	long max = sys_sched_get_priority_max(policy);

	return max > 0 ? 1 : max;
}

long sys_sched_rr_get_interval(s32 tid, void __user *ts)
{
	struct thread *t;
	nsec_t ns;

	if (tid < 0)
		return -EINVAL;
	t = sched_find_thread(tid);
	if (IS_ERR(t))
		return PTR_ERR(t);
	ns = sched_rr_interval(t);
	thread_put(t);
	return user_put_timespec((s64)ns, ts);
}

static u64 *mask_alloc(void)
{
	return kmem_zalloc(CPUSET_WORDS * sizeof(u64), ALLOC_KERNEL);
}

long sys_sched_setaffinity(s32 tid, u32 len, const u64 __user *user_mask)
{
	struct thread *t;
	u64 *mask;
	long err;

	mask = mask_alloc();
	if (!mask)
		return -ENOMEM;
	err = user_copyin(mask, user_mask, min_t(size_t, len, CPUSET_WORDS * sizeof(u64)));
	if (err)
		goto out_free;
	t = sched_find_thread(tid);
	err = PTR_ERR(t);
	if (IS_ERR(t))
		goto out_free;
	if (!sched_is_owner(t))
		err = -EPERM;
	else
		err = cpuset_narrow(t, mask) ? sched_set_affinity(t, mask) : -EINVAL;
	thread_put(t);
out_free:
	kmem_free(mask);
	return err;
}

long sys_sched_getaffinity(s32 tid, u32 len, u64 __user *user_mask)
{
	size_t size = BITMAP_WORDS(cpu_count_possible) * sizeof(u64);
	struct thread *t;
	u64 *mask;
	long err;

	if ((u64)len * 8 < cpu_count_possible || len % sizeof(u64))
		return -EINVAL;
	t = sched_find_thread(tid);
	if (IS_ERR(t))
		return PTR_ERR(t);
	mask = mask_alloc();
	err = -ENOMEM;
	if (mask) {
		sched_get_affinity(t, mask);
		size = min_t(size_t, len, size);
		err = user_copyout(user_mask, mask, size);
		kmem_free(mask);
	}
	thread_put(t);
	return err ? err : (long)size;
}

/* Any size from the first version on, if what we do not know is zero. */
static long attr_copyin(struct sched_attr_ *attr, struct sched_attr_ __user *uattr)
{
	u32 size;

	memset(attr, 0, sizeof(*attr));
	if (user_get(size, &uattr->size))
		return -EFAULT;
	if (!size)
		size = SCHED_ATTR_SIZE_VER0_;
	if (size < SCHED_ATTR_SIZE_VER0_ || size > PAGE_SIZE)
		goto err_size;
	for (u32 at = sizeof(*attr); at < size; at++) {
		u64 byte;

		if (user_get_1(&byte, (char __user *)uattr + at))
			return -EFAULT;
		if (byte)
			goto err_size;
	}
	if (user_copyin(attr, uattr, min_t(size_t, size, sizeof(*attr))))
		return -EFAULT;
	if ((attr->flags & (SCHED_FLAG_UTIL_CLAMP_MIN_ | SCHED_FLAG_UTIL_CLAMP_MAX_)) &&
	    size < SCHED_ATTR_SIZE_VER1_)
		return -EINVAL;
	attr->nice = clamp_t(s32, attr->nice, -20, 19);
	return 0;
err_size:
	return user_put((u32)sizeof(*attr), &uattr->size) ? -EFAULT : -E2BIG;
}

static long attr_to_params(const struct sched_attr_ *a, struct sched_params *p)
{
	u64 known = SCHED_FLAG_RESET_ON_FORK_ | SCHED_FLAG_KEEP_POLICY_ | SCHED_FLAG_KEEP_PARAMS_;

	if (a->flags & (SCHED_FLAG_UTIL_CLAMP_MIN_ | SCHED_FLAG_UTIL_CLAMP_MAX_))
		return -EOPNOTSUPP;
	if ((a->flags & ~known) || (s32)a->policy < 0)
		return -EINVAL;
	p->flags = a->flags & SCHED_FLAG_RESET_ON_FORK_ ? SCHED_PARAM_RESET_ON_FORK : 0;
	if (!(a->flags & SCHED_FLAG_KEEP_POLICY_))
		p->policy = a->policy;
	if (a->flags & SCHED_FLAG_KEEP_PARAMS_)
		return 0;
	p->priority = a->priority;
	if (p->policy == SCHED_POLICY_NORMAL || p->policy == SCHED_POLICY_BATCH)
		p->nice = a->nice;
	p->runtime = a->runtime;
	p->deadline = a->deadline;
	p->period = a->period;
	return 0;
}

long sys_sched_setattr(s32 tid, struct sched_attr_ __user *uattr, u32 flags)
{
	struct sched_params p;
	struct sched_attr_ attr;
	struct thread *t;
	long err;

	if (!uattr || tid < 0 || flags)
		return -EINVAL;
	err = attr_copyin(&attr, uattr);
	if (err)
		return err;
	t = sched_find_thread(tid);
	if (IS_ERR(t))
		return PTR_ERR(t);
	sched_get_params(t, &p);
	err = attr_to_params(&attr, &p);
	if (!err)
		err = change(t, &p);
	thread_put(t);
	return err;
}

long sys_sched_getattr(s32 tid, struct sched_attr_ __user *uattr, u32 usize, u32 flags)
{
	struct sched_attr_ attr = { 0 };
	struct sched_params p;
	long err;

	if (!uattr || tid < 0 || usize < SCHED_ATTR_SIZE_VER0_ || usize > PAGE_SIZE || flags)
		return -EINVAL;
	err = get_params(tid, &p);
	if (err)
		return err;
	attr.size = min_t(u32, usize, sizeof(attr));
	attr.policy = p.policy;
	attr.flags = p.flags & SCHED_PARAM_RESET_ON_FORK ? SCHED_FLAG_RESET_ON_FORK_ : 0;
	attr.nice = p.policy == SCHED_POLICY_NORMAL || p.policy == SCHED_POLICY_BATCH ? p.nice : 0;
	attr.priority = p.priority;
	attr.runtime = p.runtime;
	attr.deadline = p.deadline;
	attr.period = p.period;
	return user_copyout(uattr, &attr, attr.size);
}

long sys_getcpu(u32 __user *cpu, u32 __user *node, void __user *unused)
{
	u32 self = cpu_self();

	if (cpu && user_put(self, cpu))
		return -EFAULT;
	if (node && user_put(0u, node))
		return -EFAULT;
	return 0;
}
