// SPDX-License-Identifier: GPL-2.0-only
/*
 * POSIX timers: timer_create(2) and friends.
 *
 * A timer runs on a timeout (wall and monotonic clocks) or on an alarm of a CPU-time
 * clock. Its signal has one queue entry, made with the timer: if that is still queued
 * at an expiry, the expiry counts as an overrun. A timer that nobody collects
 * the signals of is slowed down to UNSEEN_NS, its overruns are computed from the time.
 *
 * The process's mutex serialises all calls; the timer's lock only guards against the
 * expiry. A timer is freed when its timeout, alarm and clock watch are gone; a queue
 * entry that still waits for delivery is handed to the signal code.
 *
 * Lock order: posix_timers.mutex > timer lock; the lock is dropped before signals are sent.
 */
#include <asm/uaccess.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/signal.h>
#include <tern/kernel/syscalls.h>
#include <tern/kernel/timens.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <uapi/signal.h>

#include "time_impl.h"

#define UNSEEN_NS	(4 * NSEC_PER_MSEC)

/* Legend: I immutable, M mutex, L lock. */
struct posix_timer {
	struct posix_timers *pt;	/* I */
	s32 id, clock;			/* I */
	struct spin lock;		/* protects L */
	bool is_armed;			/* L */
	u64 when, interval;		/* L on the timer's clock */
	u32 overrun_now, overrun_last;	/* L of the signal that is queued, of the one before */
	struct timeout timeout;
	struct cpu_alarm alarm;
	struct cpu_clock cpu;		/* I of a CPU-time timer */
	bool is_cpu;			/* I */
	bool is_watching;		/* M */
	struct clock_watch watch;
	struct sigqueued *sig;		/* I NULL: SIGEV_NONE */
	struct thread *target;		/* I with a reference; NULL: the process */
};

static void *node_alloc(void *ctx, size_t size)
{
	return kmem_zalloc(size, ALLOC_KERNEL);
}

static void node_free(void *ctx, void *p, size_t size)
{
	kmem_free(p);
}

static const struct lib_alloc node_ops = { .alloc = node_alloc, .free = node_free };

static nsec_t mono_of(const struct posix_timer *t, u64 when)
{
	nsec_t at = 0;

	(void)clock_to_deadline(t->clock, (s64)when, true, &at);
	return at;
}

static u64 clock_now(const struct posix_timer *t)
{
	s64 ns = 0;

	if (t->is_cpu)
		return cpu_clock_ns(t->cpu.process, t->cpu.thread, t->cpu.kind);
	(void)clock_read_id(t->clock, &ns);
	return (u64)ns;
}

/* Lock held: the expiry at t->when has come; set the next one. Returns expiries missed. */
static u64 advance(struct posix_timer *t, u64 now)
{
	u64 missed;

	if (!t->interval) {
		t->is_armed = false;
		return 0;
	}
	missed = now > t->when ? (now - t->when) / t->interval : 0;
	t->when += (missed + 1) * t->interval;
	return missed;
}

static void rearm(struct posix_timer *t, bool is_unseen)
{
	nsec_t at;

	if (t->is_cpu) {
		t->alarm.expires = t->when;
		cpu_alarm_arm(t->pt, &t->alarm);
		return;
	}
	at = mono_of(t, t->when);
	if (is_unseen)
		at = max_t(nsec_t, at, clock_ns() + UNSEEN_NS);
	timeout_arm(&t->timeout, at);
}

static void count_overrun(struct posix_timer *t, u64 missed, bool is_unseen)
{
	if (!is_unseen) {
		t->overrun_last = t->overrun_now;
		t->overrun_now = 0;
	}
	missed += t->overrun_now + is_unseen;
	t->overrun_now = (u32)min_t(u64, missed, S32_MAX);
	if (t->sig)
		t->sig->info.user.timer.overrun = (int)t->overrun_now;
}

/* Soft interrupt, or hard for CPU clocks: no lock held. */
static void expire(struct posix_timer *t)
{
	bool is_unseen = false, is_periodic;
	u64 now = clock_now(t), missed, flags;

	if (t->sig)
		is_unseen = signal_send_queued(t->pt->process, t->target, t->sig) != 0;
	flags = spin_lock_irqsave(&t->lock);
	missed = advance(t, now);
	is_periodic = t->is_armed;
	count_overrun(t, missed, is_unseen);
	spin_unlock_irqrestore(&t->lock, flags);
	if (is_periodic)
		rearm(t, is_unseen);
}

static void timeout_fire(struct timeout *to)
{
	expire(container_of(to, struct posix_timer, timeout));
}

static void alarm_fire(struct cpu_alarm *a)
{
	expire(container_of(a, struct posix_timer, alarm));
}

/* The wall clock was set: the expiry stays at its wall time. */
static void wall_stepped(struct clock_watch *w)
{
	struct posix_timer *t = container_of(w, struct posix_timer, watch);

	if (timeout_is_armed(&t->timeout))
		timeout_arm(&t->timeout, mono_of(t, READ_ONCE(t->when)));
}

/* ---- process context, mutex held ---- */

static void stop(struct posix_timer *t)
{
	u64 flags;

	if (t->is_watching)
		clock_watch_remove(&t->watch);
	t->is_watching = false;
	flags = spin_lock_irqsave(&t->lock);
	t->interval = 0;
	t->is_armed = false;
	spin_unlock_irqrestore(&t->lock, flags);
	if (t->is_cpu) {
		/* An alarm being fired is over when every CPU has left its interrupt. */
		if (!cpu_alarm_disarm(t->pt, &t->alarm)) {
			rcu_wait();
			cpu_alarm_disarm(t->pt, &t->alarm);
		}
	} else {
		timeout_cancel_sync(&t->timeout);
	}
}

static void release_signal(struct posix_timer *t)
{
	struct spin *lock = &t->pt->process->p_actions->lock;
	bool is_queued;
	u64 flags;

	if (!t->sig)
		return;
	flags = spin_lock_irqsave(lock);
	t->sig->timer = NULL;
	is_queued = !list_is_empty(&t->sig->link);
	spin_unlock_irqrestore(lock, flags);
	if (!is_queued)
		sigqueued_free(t->sig);
}

static void destroy(struct posix_timer *t)
{
	stop(t);
	idmap_remove(&t->pt->ids, (u32)t->id, &node_ops);
	release_signal(t);
	if (t->target)
		thread_put(t->target);
	if (t->is_cpu)
		cpu_clock_close(&t->cpu);
	kmem_free(t);
}

void posix_timers_delete_all(struct posix_timers *pt)
{
	struct posix_timer *t;
	u32 id;

	kmutex_lock(&pt->mutex);
	idmap_foreach(t, &pt->ids, id)
		destroy(t);
	idmap_destroy(&pt->ids, &node_ops);
	kmutex_unlock(&pt->mutex);
}

static int check_clock(s32 clock)
{
	nsec_t unused;
	int err = clock_may_wait(clock);

	return err || clock_id_is_cpu(clock) ? err : clock_to_deadline(clock, 0, false, &unused);
}

/* A thread of this process, with a reference. */
static struct thread *own_thread(s32 tid)
{
	struct pidref *ref;
	struct thread *t;

	rcu_read_lock();
	ref = pidref_find(tid);
	t = ref ? pidref_thread(ref) : NULL;
	if (t && (t->t_proc != process_self() || !ref_get_unless_zero(&t->t_refs)))
		t = NULL;
	rcu_read_unlock();
	return t;
}

static int set_event(struct posix_timer *t, const struct sigevent_ *ev)
{
	s32 notify = ev->notify & ~SIGEV_THREAD_ID_;
	struct ksiginfo *info;

	if (notify != SIGEV_SIGNAL_ && notify != SIGEV_NONE_ && notify != SIGEV_THREAD_)
		return -EINVAL;
	if (notify == SIGEV_NONE_)
		return ev->notify & SIGEV_THREAD_ID_ ? -EINVAL : 0;
	if (ev->signo < 1 || ev->signo > 64)
		return -EINVAL;
	if (ev->notify & SIGEV_THREAD_ID_) {
		t->target = own_thread(ev->tid);
		if (!t->target)
			return -EINVAL;
	}
	t->sig = sigqueued_alloc(cred_self(), rlimit_get(RLIMIT_SIGPENDING), false);
	if (!t->sig)
		return -EAGAIN;
	list_init(&t->sig->link);
	t->sig->timer = t;
	info = &t->sig->info;
	memset(info, 0, sizeof(*info));
	info->user.si_signo = ev->signo;
	info->user.si_code = SI_TIMER;
	info->user.timer.value.sival_ptr = (void *)ev->value;
	return 0;
}

static int create(struct posix_timers *pt, s32 clock, struct sigevent_ *ev, bool has_event, s32 *id)
{
	struct posix_timer *t = kmem_zalloc(sizeof(*t), ALLOC_KERNEL);
	int err, nr;

	if (!t)
		return -ENOMEM;
	t->pt = pt;
	t->clock = clock;
	spin_init(&t->lock, LOCKRANK_POSIXTIMER);
	timeout_init(&t->timeout, timeout_fire, 0);
	t->watch.stepped = wall_stepped;
	nr = idmap_alloc_cyclic(&pt->ids, t, 0, S32_MAX - 1, &pt->next_id, &node_ops);
	if (nr < 0) {
		kmem_free(t);
		return nr == -ENOSPC ? -EAGAIN : nr;
	}
	t->id = nr;
	if (clock_id_is_cpu(clock)) {
		err = cpu_clock_open(clock, &t->cpu);
		if (err)
			goto err_destroy;
		t->is_cpu = true;
		t->alarm = (struct cpu_alarm){ .thread = t->cpu.thread, .kind = t->cpu.kind,
					       .fire = alarm_fire };
	}
	if (!has_event)
		ev->value = (u64)nr;
	err = set_event(t, ev);
	if (err)
		goto err_destroy;
	if (t->sig)
		t->sig->info.user.timer.tid = nr;
	*id = nr;
	return 0;
err_destroy:
	destroy(t);
	return err;
}

long sys_timer_create(s32 clock, const struct sigevent_ __user *event, s32 __user *out)
{
	struct sigevent_ ev = { .signo = SIGALRM, .notify = SIGEV_SIGNAL_ };
	struct posix_timers *pt;
	s32 id;
	int err = check_clock(clock);

	if (err)
		return err;
	if (event && user_copyin(&ev, event, sizeof(ev)))
		return -EFAULT;
	pt = timers_of(process_self(), true);
	if (IS_ERR(pt))
		return PTR_ERR(pt);
	kmutex_lock(&pt->mutex);
	err = create(pt, clock, &ev, event != NULL, &id);
	if (!err && user_put(id, out)) {
		destroy(idmap_find(&pt->ids, (u32)id));
		err = -EFAULT;
	}
	kmutex_unlock(&pt->mutex);
	return err;
}

/* With the mutex held; NULL: no such timer, nothing held. */
static struct posix_timer *timer_enter(s32 id)
{
	struct posix_timers *pt = timers_of(process_self(), false);
	struct posix_timer *t;

	if (!pt || id < 0)
		return NULL;
	kmutex_lock(&pt->mutex);
	t = idmap_find(&pt->ids, (u32)id);
	if (!t)
		kmutex_unlock(&pt->mutex);
	return t;
}

static void timer_leave(struct posix_timers *pt)
{
	kmutex_unlock(&pt->mutex);
}

static struct timespec_ to_spec(u64 ns)
{
	return (struct timespec_){ (s64)(ns / NSEC_PER_SEC), (s64)(ns % NSEC_PER_SEC) };
}

static void get_setting(struct posix_timer *t, struct itimerspec_ *out)
{
	u64 now = clock_now(t), left = 0, interval, flags;

	flags = spin_lock_irqsave(&t->lock);
	interval = t->interval;
	/* SIGEV_NONE timers do not fire; they are read as if they did. */
	if (t->is_armed && interval && now >= t->when)
		left = interval - (now - t->when) % interval;
	else if (t->is_armed)
		left = t->when > now ? t->when - now : t->sig ? 1 : 0;
	spin_unlock_irqrestore(&t->lock, flags);
	out->interval = to_spec(interval);
	out->value = to_spec(left);
}

static void set_setting(struct posix_timer *t, u64 value, u64 interval, bool is_absolute)
{
	u64 flags, now = clock_now(t), when = is_absolute ? value : now + value;

	if (when < now && !is_absolute)
		when = (u64)S64_MAX;
	stop(t);
	flags = spin_lock_irqsave(&t->lock);
	t->overrun_now = t->overrun_last = 0;
	t->when = when;
	t->interval = value ? interval : 0;
	t->is_armed = value != 0;
	spin_unlock_irqrestore(&t->lock, flags);
	if (!value)
		return;
	if (is_absolute && clock_is_wall(t->clock)) {
		clock_watch_add(&t->watch);
		t->is_watching = true;
	}
	rearm(t, false);
}

static bool spec_ns(struct timespec_ ts, u64 *ns)
{
	struct timespec64_ t = { ts.sec, ts.nsec };

	*ns = timespec_to_ns(t);
	return timespec_is_valid(t);
}

long sys_timer_settime(s32 id, s32 flags, const struct itimerspec_ __user *new,
		       struct itimerspec_ __user *old)
{
	struct itimerspec_ spec, was;
	struct posix_timers *pt;
	struct posix_timer *t;
	u64 value, interval;

	if (!new)
		return -EINVAL;
	if (user_copyin(&spec, new, sizeof(spec)))
		return -EFAULT;
	if (!spec_ns(spec.value, &value) || !spec_ns(spec.interval, &interval))
		return -EINVAL;
	t = timer_enter(id);
	if (!t)
		return -EINVAL;
	pt = t->pt;
	get_setting(t, &was);
	if (flags & TIMER_ABSTIME_)
		value = timens_to_machine(t->clock, value);
	set_setting(t, value, interval, flags & TIMER_ABSTIME_);
	timer_leave(pt);
	return old ? user_copyout(old, &was, sizeof(was)) : 0;
}

long sys_timer_gettime(s32 id, struct itimerspec_ __user *out)
{
	struct itimerspec_ now;
	struct posix_timer *t = timer_enter(id);

	if (!t)
		return -EINVAL;
	get_setting(t, &now);
	timer_leave(t->pt);
	return user_copyout(out, &now, sizeof(now));
}

long sys_timer_getoverrun(s32 id)
{
	struct posix_timer *t = timer_enter(id);
	long n;

	if (!t)
		return -EINVAL;
	/* Of the last signal delivered: the one now queued is not yet. */
	n = t->sig && !list_is_empty(&t->sig->link) ? t->overrun_last : t->overrun_now;
	timer_leave(t->pt);
	return n;
}

long sys_timer_delete(s32 id)
{
	struct posix_timer *t = timer_enter(id);
	struct posix_timers *pt;

	if (!t)
		return -EINVAL;
	pt = t->pt;
	destroy(t);
	timer_leave(pt);
	return 0;
}
