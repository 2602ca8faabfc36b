// SPDX-License-Identifier: GPL-2.0-only
/* Interval timers: getitimer(2), setitimer(2), alarm(2); life of a process's timers. */
#include <asm/uaccess.h>
#include <tern/kernel/signal.h>
#include <tern/kernel/syscalls.h>
#include <tern/mm/slab.h>

#include "time_impl.h"

static void real_fire(struct timeout *t)
{
	struct posix_timers *pt = container_of(t, struct posix_timers, real);
	struct ksiginfo info;
	nsec_t next = 0;
	u64 flags = spin_lock_irqsave(&pt->lock);

	if (pt->real_interval) {
		nsec_t now = clock_ns();

		next = t->when + pt->real_interval;
		if (next <= now)
			next += (now - next) / pt->real_interval * pt->real_interval + pt->real_interval;
		timeout_arm(t, next);
	}
	spin_unlock_irqrestore(&pt->lock, flags);
	signal_fill_kernel(&info, SIGALRM);
	signal_send_process(pt->process, SIGALRM, &info);
}

static struct posix_timers *timers_make(struct process *p)
{
	struct posix_timers *pt = kmem_zalloc(sizeof(*pt), ALLOC_KERNEL);

	if (!pt)
		return NULL;
	pt->process = p;
	spin_init(&pt->lock, LOCKRANK_POSIXTIMER);
	kmutex_init(&pt->mutex, LOCKRANK_NONE);
	timeout_init(&pt->real, real_fire, 0);
	list_init(&pt->alarms);
	idmap_init(&pt->ids);
	return pt;
}

struct posix_timers *timers_of(struct process *p, bool create)
{
	struct posix_timers *pt = load_acquire(&p->p_timers), *mine;

	if (pt || !create)
		return pt;
	mine = timers_make(p);
	if (!mine)
		return ERR_PTR(-ENOMEM);
	if (cas(&p->p_timers, NULL, mine))
		return mine;
	kmem_free(mine);
	return p->p_timers;
}

void process_timers_exec(struct process *p)
{
	struct posix_timers *pt = timers_of(p, false);

	if (pt)
		posix_timers_delete_all(pt);
}

void process_timers_exit(struct process *p)
{
	struct posix_timers *pt = timers_of(p, false);

	if (!pt)
		return;
	pt->real_interval = 0;
	timeout_cancel_sync(&pt->real);
	posix_timers_delete_all(pt);
	WRITE_ONCE(p->p_timers, NULL);
	rcu_wait();	/* a tick may be looking */
	kmem_free(pt);
}

static u64 cpu_now(u32 which)
{
	return cpu_clock_ns(process_self(), NULL, which == ITIMER_VIRTUAL_ ? CPUCLOCK_VIRT_ : CPUCLOCK_PROF_);
}

static void get_state(struct posix_timers *pt, u32 which, u64 now, struct itimer_state *out)
{
	if (which == ITIMER_REAL_) {
		*out = (struct itimer_state){ timeout_left(&pt->real), pt->real_interval };
		if (timeout_is_armed(&pt->real) && !out->value)
			out->value = NSEC_PER_USEC;
		return;
	}
	*out = (struct itimer_state){ 0, pt->cpu[which - 1].interval };
	if (pt->cpu[which - 1].expires)
		out->value = pt->cpu[which - 1].expires > now ? pt->cpu[which - 1].expires - now
							       : NSEC_PER_USEC;
}

static void set_cpu(struct posix_timers *pt, u32 i, u64 now, const struct itimer_state *new)
{
	pt->nr_cpu -= pt->cpu[i].expires != 0;
	pt->cpu[i].expires = new->value ? now + new->value : 0;
	pt->cpu[i].interval = new->interval;
	pt->nr_cpu += pt->cpu[i].expires != 0;
}

/* Swap in @new; @old may be NULL. */
static int itimer_set(u32 which, const struct itimer_state *new, struct itimer_state *old)
{
	struct posix_timers *pt = timers_of(process_self(), new->value != 0);
	u64 now = which == ITIMER_REAL_ ? 0 : cpu_now(which), flags;

	if (IS_ERR(pt))
		return PTR_ERR(pt);
	if (!pt) {
		*old = (struct itimer_state){ 0, 0 };
		return 0;
	}
	flags = spin_lock_irqsave(&pt->lock);
	get_state(pt, which, now, old);
	if (which != ITIMER_REAL_) {
		set_cpu(pt, which - 1, now, new);
	} else {
		pt->real_interval = new->interval;
		if (new->value)
			timeout_arm(&pt->real, deadline_after(new->value));
		else
			timeout_cancel(&pt->real);
	}
	spin_unlock_irqrestore(&pt->lock, flags);
	return 0;
}

static struct timeval_ to_timeval(u64 ns)
{
	return (struct timeval_){ (s64)(ns / NSEC_PER_SEC), (s64)(ns % NSEC_PER_SEC / NSEC_PER_USEC) };
}

static bool from_timeval(struct timeval_ tv, u64 *ns)
{
	if (tv.sec < 0 || tv.usec < 0 || tv.usec >= 1000000)
		return false;
	*ns = timespec_to_ns((struct timespec64_){ tv.sec, tv.usec * 1000 });
	return true;
}

static long put_state(const struct itimer_state *s, struct itimerval_ __user *to)
{
	struct itimerval_ v = { to_timeval(s->interval), to_timeval(s->value) };

	return user_copyout(to, &v, sizeof(v));
}

long sys_getitimer(s32 which, struct itimerval_ __user *value)
{
	struct itimer_state now = { 0, 0 };
	struct posix_timers *pt;
	u64 flags;

	if (which < ITIMER_REAL_ || which > ITIMER_PROF_)
		return -EINVAL;
	pt = timers_of(process_self(), false);
	if (pt) {
		u64 cpu = which == ITIMER_REAL_ ? 0 : cpu_now((u32)which);

		flags = spin_lock_irqsave(&pt->lock);
		get_state(pt, (u32)which, cpu, &now);
		spin_unlock_irqrestore(&pt->lock, flags);
	}
	return put_state(&now, value);
}

long sys_setitimer(s32 which, const struct itimerval_ __user *value, struct itimerval_ __user *old)
{
	struct itimerval_ v = { { 0, 0 }, { 0, 0 } };
	struct itimer_state new, was = { 0, 0 };
	int err;

	if (value && user_copyin(&v, value, sizeof(v)))
		return -EFAULT;
	if (!from_timeval(v.value, &new.value) || !from_timeval(v.interval, &new.interval) ||
	    which < ITIMER_REAL_ || which > ITIMER_PROF_)
		return -EINVAL;
	err = itimer_set((u32)which, &new, &was);
	if (err || !old)
		return err;
	return put_state(&was, old);
}

long sys_alarm(u32 seconds)
{
	struct itimer_state new = { seconds * NSEC_PER_SEC, 0 }, was = { 0, 0 };

	if (itimer_set(ITIMER_REAL_, &new, &was))
		return 0;
	if (!was.value)
		return 0;
	/* Rounded, but a running alarm never reads as none. */
	return (long)max_t(u64, (was.value + NSEC_PER_SEC / 2) / NSEC_PER_SEC, 1);
}
