// SPDX-License-Identifier: GPL-2.0-only
/* Identity, limits, resource use, times: calls that read or set a few numbers. */
#include "proc_impl.h"

#include <asm/uaccess.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/syscalls.h>
#include <tern/kernel/timens.h>
#include <tern/lib/string.h>
#include <tern/mm/aspace.h>
#include <tern/mm/vmstat.h>
#include <uapi/rusage.h>
#include <uapi/time.h>

#define USER_TICK_NS	(NSEC_PER_SEC / USER_HZ)
#define NOFILE_MAX	1048576UL

long sys_getpid(void)
{
	return pidref_nr(process_self()->p_pid);
}

long sys_gettid(void)
{
	return pidref_nr(thread_self()->t_pid);
}

long sys_getppid(void)
{
	long ret;

	rcu_read_lock();
	ret = pidref_nr(rcu_load(process_self()->p_parent)->p_pid);
	rcu_read_unlock();
	return ret;
}

/* ---- limits ---- */

static int rlimit_check(u32 res, const struct rlimit64_ *n, const struct rlimit64_ *old)
{
	if (n->cur > n->max)
		return -EINVAL;
	if (res == RLIMIT_NOFILE && n->max > NOFILE_MAX)
		return -EPERM;
	if (n->max > old->max && !cap_has(CAP_SYS_RESOURCE))
		return -EPERM;
	return 0;
}

/* The address space keeps copies of what it checks on every mapping. */
static void aspace_take_limits(struct process *p)
{
	struct aspace *as = process_aspace(p);

	if (!as)
		return;
	as->limit_as = rlimit_of(p, RLIMIT_AS);
	as->limit_data = rlimit_of(p, RLIMIT_DATA);
	as->limit_stack = rlimit_of(p, RLIMIT_STACK);
	as->limit_memlock = rlimit_of(p, RLIMIT_MEMLOCK);
	aspace_put(as);
}

static int rlimit_change(struct process *p, u32 res, const struct rlimit64_ *n,
			 struct rlimit64_ *old)
{
	u64 flags;
	int err = 0;

	if (res >= RLIM_NLIMITS_)
		return -EINVAL;
	flags = spin_lock_irqsave(&p->p_lock);
	*old = p->p_rlimit[res];
	if (n)
		err = rlimit_check(res, n, old);
	if (n && !err)
		p->p_rlimit[res] = *n;
	spin_unlock_irqrestore(&p->p_lock, flags);
	if (err || !n)
		return err;
	if (res == RLIMIT_AS || res == RLIMIT_DATA || res == RLIMIT_STACK || res == RLIMIT_MEMLOCK)
		aspace_take_limits(p);
	if (res == RLIMIT_CPU)
		process_cpu_limit_changed(p);
	return 0;
}

long sys_getrlimit(u32 res, struct rlimit64_ *rlim)
{
	struct rlimit64_ old;
	int err = rlimit_change(process_self(), res, NULL, &old);

	return err ? err : user_copyout(rlim, &old, sizeof(old));
}

long sys_setrlimit(u32 res, const struct rlimit64_ *rlim)
{
	struct rlimit64_ n, old;

	if (user_copyin(&n, rlim, sizeof(n)))
		return -EFAULT;
	return rlimit_change(process_self(), res, &n, &old);
}

static int prlimit_may(struct process *p)
{
	const struct credset *c = cred_self(), *tc;
	struct thread *leader;
	int err = -EPERM;

	if (p == process_self())
		return 0;
	rcu_read_lock();
	leader = rcu_load(p->p_leader);
	if (!leader) {
		rcu_read_unlock();
		return -ESRCH;
	}
	tc = rcu_load(leader->t_real_cred);
	if ((c->uid == tc->euid && c->uid == tc->suid && c->uid == tc->uid && c->gid == tc->egid &&
	     c->gid == tc->sgid && c->gid == tc->gid) || cap_has_cred(c, tc->ns, CAP_SYS_RESOURCE))
		err = 0;
	rcu_read_unlock();
	return err;
}

/* With a reference. */
struct process *process_lookup(s32 nr)
{
	struct process *p;
	struct thread *t;
	struct pidref *ref;

	rcu_read_lock();
	ref = pidref_find(nr);
	p = pidref_process(ref);
	t = p ? NULL : pidref_thread(ref);
	if (t && !(t->t_proc->p_flags & PROC_KERNEL))
		p = t->t_proc;
	if (p && !ref_get_unless_zero(&p->p_refs))
		p = NULL;
	rcu_read_unlock();
	return p;
}

long sys_prlimit64(int pid, u32 res, const struct rlimit64_ *unew, struct rlimit64_ *uold)
{
	struct rlimit64_ n, old;
	struct process *p;
	int err;

	if (unew && user_copyin(&n, unew, sizeof(n)))
		return -EFAULT;
	p = pid ? process_lookup(pid) : process_self();
	if (!p)
		return -ESRCH;
	err = prlimit_may(p);
	if (!err)
		err = rlimit_change(p, res, unew ? &n : NULL, &old);
	if (pid)
		process_put(p);
	if (!err && uold)
		err = user_copyout(uold, &old, sizeof(old));
	return err;
}

/* ---- resource use ---- */

static void put_times(struct rusage_ *ru, u64 ut, u64 st)
{
	ru->utime_sec = ut / NSEC_PER_SEC;
	ru->utime_usec = ut % NSEC_PER_SEC / NSEC_PER_USEC;
	ru->stime_sec = st / NSEC_PER_SEC;
	ru->stime_usec = st % NSEC_PER_SEC / NSEC_PER_USEC;
}

static void add_thread(struct rusage_ *ru, struct thread *t)
{
	ru->minflt += t->t_minflt;
	ru->majflt += t->t_majflt;
	ru->inblock += t->t_inblock;
	ru->oublock += t->t_oublock;
	ru->nvcsw += t->t_nvcsw;
	ru->nivcsw += t->t_nivcsw;
}

static void rusage_self(struct process *p, struct rusage_ *ru)
{
	struct aspace *as = thread_self()->t_as;
	struct tms_sum sum;
	struct thread *t;
	u64 rss;

	process_cpu_time(p, &sum);
	put_times(ru, sum.utime, sum.stime);
	ru->minflt = p->p_minflt;
	ru->majflt = p->p_majflt;
	ru->inblock = p->p_inblock;
	ru->oublock = p->p_oublock;
	ru->nvcsw = p->p_nvcsw;
	ru->nivcsw = p->p_nivcsw;
	rcu_read_lock();
	process_thread_foreach_rcu(p, t)
		if (!(READ_ONCE(t->t_job) & JOB_DYING))
			add_thread(ru, t);
	rcu_read_unlock();
	rss = p->p_maxrss;
	if (as)
		rss = max(rss, max(as->hiwater_rss, aspace_rss(as)));
	ru->maxrss = rss << (PAGE_SHIFT - 10);
}

static void rusage_children(struct process *p, struct rusage_ *ru)
{
	put_times(ru, p->p_cutime, p->p_cstime);
	ru->minflt = p->p_cminflt;
	ru->majflt = p->p_cmajflt;
	ru->inblock = p->p_cinblock;
	ru->oublock = p->p_coublock;
	ru->nvcsw = p->p_cnvcsw;
	ru->nivcsw = p->p_cnivcsw;
	ru->maxrss = p->p_cmaxrss << (PAGE_SHIFT - 10);
}

long sys_getrusage(int who, void *uru)
{
	struct thread *t = thread_self();
	struct rusage_ ru;
	u64 ut, st;

	memset(&ru, 0, sizeof(ru));
	switch (who) {
	case RUSAGE_SELF:
		rusage_self(t->t_proc, &ru);
		break;
	case RUSAGE_CHILDREN:
		rusage_children(t->t_proc, &ru);
		break;
	case RUSAGE_THREAD:
		thread_cpu_time(t, &ut, &st);
		put_times(&ru, ut, st);
		add_thread(&ru, t);
		if (t->t_as)
			ru.maxrss = max(t->t_as->hiwater_rss, aspace_rss(t->t_as)) <<
				    (PAGE_SHIFT - 10);
		break;
	default:
		return -EINVAL;
	}
	return user_copyout(uru, &ru, sizeof(ru));
}

long sys_times(void *ubuf)
{
	struct process *p = process_self();
	struct tms_sum sum;
	s64 out[4];

	if (ubuf) {
		process_cpu_time(p, &sum);
		out[0] = sum.utime / USER_TICK_NS;
		out[1] = sum.stime / USER_TICK_NS;
		out[2] = p->p_cutime / USER_TICK_NS;
		out[3] = p->p_cstime / USER_TICK_NS;
		if (user_copyout(ubuf, out, sizeof(out)))
			return -EFAULT;
	}
	return clock_boot_ns() / USER_TICK_NS;
}

/* ---- the machine as a whole ---- */

struct sysinfo_ {
	s64 uptime;
	u64 loads[3], totalram, freeram, sharedram, bufferram, totalswap, freeswap;
	u16 procs, pad;
	u64 totalhigh, freehigh;
	u32 mem_unit;
	u32 pad2;
};
static_assert(sizeof(struct sysinfo_) == 112, "user ABI");

#define LOAD_SHIFT	(16 - 11)	/* ours has 11 fraction bits, the interface 16 */

long sys_sysinfo(void *uinfo)
{
	struct sysinfo_ si;
	struct meminfo mi;
	u64 load[3];
	int i;

	memset(&si, 0, sizeof(si));
	meminfo_get(&mi);
	sched_loadavg(load);
	si.uptime = DIV_ROUND_UP(clock_boot_ns() + (u64)timens_offset(CLOCK_BOOTTIME_), NSEC_PER_SEC);
	for (i = 0; i < 3; i++)
		si.loads[i] = load[i] << LOAD_SHIFT;
	si.totalram = mi.total * PAGE_SIZE;
	si.freeram = mi.free * PAGE_SIZE;
	si.sharedram = mi.shmem * PAGE_SIZE;
	si.bufferram = mi.buffers * PAGE_SIZE;
	si.totalswap = mi.swap_total * PAGE_SIZE;
	si.freeswap = mi.swap_free * PAGE_SIZE;
	si.procs = min_t(u64, thread_count(), 0xffff);
	si.mem_unit = 1;
	return user_copyout(uinfo, &si, sizeof(si));
}

long sys_personality(u32 persona)
{
	struct process *p = process_self();
	u32 old = p->p_personality;

	if (persona != 0xffffffff)
		p->p_personality = persona;
	return old;
}

/* Owner of timers replaces these when it is linked in. */
__weak void process_timers_exit(struct process *p)
{
}

__weak void process_cpu_limit_changed(struct process *p)
{
}
