// SPDX-License-Identifier: GPL-2.0-only
/*
 * timerfd_create(2): a timer whose expirations are read as a number.
 *
 * The timer fires once; for periodic ones the reader counts the periods that
 * passed since and arms it again, so that a timer nobody reads costs nothing.
 *
 * Timers by the wall clock are on one list: when the clock is stepped,
 * absolute ones are armed anew and cancellable ones report ECANCELED.
 *
 * Lock order: wall_lock > a timer's lock > timer queues, wait queues.
 */
#include <tern/fs/event.h>

#include <asm/uaccess.h>
#include <tern/base/initcall.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/syscalls.h>
#include <tern/kernel/thread.h>
#include <tern/kernel/timeout.h>
#include <tern/kernel/timens.h>
#include <tern/lib/seqbuf.h>
#include <tern/mm/slab.h>
#include <tern/mm/uio.h>
#include <uapi/eventfd.h>
#include <uapi/fcntl.h>
#include <uapi/time.h>

struct timercount {
	struct spin lock;		/* protects the rest; taken in the timer interrupt */
	struct waitq wait;
	struct timeout timer;
	u64 ticks;			/* expirations not read yet */
	u64 interval;			/* ns, 0: once */
	s64 when;			/* ns on its clock */
	bool is_set, has_fired;		/* running; fired and not armed again */
	bool is_absolute, can_cancel, is_canceled;
	int settime_flags;
	int clockid;			/* I */
	struct list wall_link;		/* wall_lock: clocks that can be stepped */
};

static const struct ofile_ops timerfd_fops;
static struct spin wall_lock = SPIN_INIT(LOCKRANK_EVENT_LIST);	/* protects wall_list */
static LIST_HEAD(wall_list);

static bool is_wall(int clockid)
{
	return clockid == CLOCK_REALTIME_ || clockid == CLOCK_REALTIME_ALARM_;
}

static s64 now_on(int clockid)
{
	if (is_wall(clockid))
		return clock_realtime_ns();
	return clockid == CLOCK_MONOTONIC_ ? (s64)clock_ns() : (s64)clock_boot_ns();
}

/* Start the hardware timer for t->when. Locked. */
static void arm_locked(struct timercount *t)
{
	s64 now = now_on(t->clockid), delta = t->when - now;

	t->has_fired = false;
	timeout_arm(&t->timer, delta > 0 ? deadline_after(delta) : clock_ns());
}

static void timer_fired(struct timeout *timer)
{
	struct timercount *t = container_of(timer, struct timercount, timer);
	u64 flags = spin_lock_irqsave(&t->lock);

	/* Stepped or set again while this was on its way: the new arming stands. */
	if (t->is_set && !timeout_is_armed(timer)) {
		t->has_fired = true;
		t->ticks++;
		waitq_wake(&t->wait, 0, POLLIN | POLLRDNORM);
	}
	spin_unlock_irqrestore(&t->lock, flags);
}

/* Expirations so far, counting missed periods and starting the next. Locked. */
static u64 collect_locked(struct timercount *t)
{
	u64 n;

	if (t->has_fired && t->interval) {
		s64 late = now_on(t->clockid) - t->when;
		u64 missed = late > 0 ? (u64)late / t->interval : 0;

		t->ticks += missed;
		t->when += (missed + 1) * t->interval;
		arm_locked(t);
	} else if (t->has_fired) {
		t->is_set = false;
	}
	n = t->ticks;
	t->ticks = 0;
	return n;
}

/* The wall clock was stepped: absolute timers move, cancellable ones report. */
static void clock_stepped(struct clock_watch *w)
{
	struct timercount *t;
	u64 flags = spin_lock_irqsave(&wall_lock);

	list_foreach(t, &wall_list, wall_link) {
		spin_lock(&t->lock);
		if (t->can_cancel) {
			t->is_canceled = true;
			waitq_wake(&t->wait, 0, POLLIN | POLLRDNORM);
		}
		if (t->is_set && t->is_absolute && !t->has_fired)
			arm_locked(t);
		spin_unlock(&t->lock);
	}
	spin_unlock_irqrestore(&wall_lock, flags);
}

static bool has_news(const struct timercount *t)
{
	return READ_ONCE(t->ticks) || READ_ONCE(t->is_canceled);
}

static ssize_t timerfd_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct timercount *t = f->of_priv;
	u64 n;
	int err;

	if (u->resid < sizeof(n))
		return -EINVAL;
	for (;;) {
		bool canceled;

		spin_lock_irq(&t->lock);
		canceled = t->is_canceled;
		t->is_canceled = false;
		n = canceled ? 0 : t->ticks ? collect_locked(t) : 0;
		spin_unlock_irq(&t->lock);
		if (canceled)
			return -ECANCELED;
		if (n)
			break;
		if (f->of_flags & O_NONBLOCK)
			return -EAGAIN;
		err = waitq_wait_intr(&t->wait, has_news(t));
		if (err)
			return err;
	}
	return uio_put(u, &n, sizeof(n)) == sizeof(n) ? (ssize_t)sizeof(n) : -EFAULT;
}

static u32 timerfd_poll(struct ofile *f, struct poll_table *pt)
{
	struct timercount *t = f->of_priv;

	poll_wait(f, &t->wait, pt);
	return has_news(t) ? POLLIN | POLLRDNORM : 0;
}

static long timerfd_ioctl(struct ofile *f, u32 cmd, uptr arg)
{
	struct timercount *t = f->of_priv;
	u64 n;

	if (cmd != TFD_IOC_SET_TICKS)
		return -ENOTTY;
	if (user_copyin(&n, (void __user *)arg, sizeof(n)))
		return -EFAULT;
	if (!n)
		return -EINVAL;
	spin_lock_irq(&t->lock);
	t->ticks = n;
	waitq_wake(&t->wait, 0, POLLIN | POLLRDNORM);
	spin_unlock_irq(&t->lock);
	return 0;
}

static void timerfd_release(struct ofile *f)
{
	struct timercount *t = f->of_priv;
	u64 flags = spin_lock_irqsave(&wall_lock);

	list_del_init(&t->wall_link);
	spin_unlock_irqrestore(&wall_lock, flags);
	spin_lock_irq(&t->lock);
	t->is_set = false;
	spin_unlock_irq(&t->lock);
	timeout_cancel_sync(&t->timer);
	kmem_free(t);
}

/* Time left and interval. Locked. */
static void get_locked(struct timercount *t, u64 *value, u64 *interval)
{
	s64 left;

	if (t->has_fired && t->interval) {
		u64 ticks = collect_locked(t);

		t->ticks = ticks;
	}
	left = t->when - now_on(t->clockid);
	*value = !t->is_set || t->has_fired ? 0 : left > 0 ? (u64)left : 1;
	*interval = t->interval;
}

static void timerfd_show_fdinfo(struct ofile *f, struct seqbuf *sb)
{
	struct timercount *t = f->of_priv;
	u64 value, interval, ticks;

	spin_lock_irq(&t->lock);
	get_locked(t, &value, &interval);
	ticks = t->ticks;
	spin_unlock_irq(&t->lock);
	seqbuf_printf(sb, "clockid: %d\nticks: %lu\nsettime flags: 0%o\nit_value: (%lu, %lu)\n"
		      "it_interval: (%lu, %lu)\n", t->clockid, ticks, t->settime_flags,
		      value / NSEC_PER_SEC, value % NSEC_PER_SEC, interval / NSEC_PER_SEC,
		      interval % NSEC_PER_SEC);
}

static const struct ofile_ops timerfd_fops = {
	.open = fop_default_open,
	.flush = fop_default_flush,
	.release = timerfd_release,
	.read = timerfd_read,
	.write = fop_no_write,
	.seek = event_seek,
	.poll = timerfd_poll,
	.ioctl = timerfd_ioctl,
	.splice_read = fop_default_splice_read,
	.splice_write = fop_default_splice_write,
	.set_flags = fop_default_set_flags,
	.show_fdinfo = timerfd_show_fdinfo,
	FOPS_NO_STORAGE,
};

long sys_timerfd_create(int clockid, int flags)
{
	struct timercount *t;
	struct ofile *f;
	u64 irq;
	int fd;

	if ((u32)flags & ~(TFD_NONBLOCK | TFD_CLOEXEC) ||
	    (!is_wall(clockid) && clockid != CLOCK_MONOTONIC_ && clockid != CLOCK_BOOTTIME_ &&
	     clockid != CLOCK_BOOTTIME_ALARM_))
		return -EINVAL;
	if ((clockid == CLOCK_REALTIME_ALARM_ || clockid == CLOCK_BOOTTIME_ALARM_) && !cap_has(CAP_WAKE_ALARM))
		return -EPERM;
	t = kmem_zalloc(sizeof(*t), ALLOC_KERNEL);
	if (!t)
		return -ENOMEM;
	spin_init(&t->lock, LOCKRANK_EVENT);
	waitq_init(&t->wait);
	timeout_init(&t->timer, timer_fired, TIMEOUT_HARD);
	t->clockid = clockid;
	list_init(&t->wall_link);
	f = ofile_create_anon(&timerfd_fops, t, O_RDWR | (flags & TFD_NONBLOCK), "[timerfd]");
	if (IS_ERR(f)) {
		kmem_free(t);
		return PTR_ERR(f);
	}
	if (is_wall(clockid)) {
		irq = spin_lock_irqsave(&wall_lock);
		list_add_tail(&t->wall_link, &wall_list);
		spin_unlock_irqrestore(&wall_lock, irq);
	}
	fd = fd_add(f, (u32)flags & TFD_CLOEXEC);
	if (fd < 0)
		ofile_put(f);
	return fd;
}

static bool spec_is_valid(s64 sec, s64 nsec)
{
	return timespec_is_valid((struct timespec64_){ sec, nsec });
}

static void spec_fill(struct itimerspec_ *s, u64 value, u64 interval)
{
	*s = (struct itimerspec_){ { interval / NSEC_PER_SEC, interval % NSEC_PER_SEC },
				   { value / NSEC_PER_SEC, value % NSEC_PER_SEC } };
}

static void set_timer(struct timercount *t, int flags, u64 value, u64 interval, struct itimerspec_ *old)
{
	u64 old_value, old_interval;

	if (flags & TFD_TIMER_ABSTIME)
		value = timens_to_machine(t->clockid, value);
	timeout_cancel_sync(&t->timer);
	spin_lock_irq(&t->lock);
	get_locked(t, &old_value, &old_interval);
	timeout_cancel(&t->timer);	/* collecting may have started the next period */
	t->ticks = 0;
	t->has_fired = false;
	t->interval = interval;
	t->settime_flags = flags;
	t->is_set = value != 0;
	t->is_absolute = flags & TFD_TIMER_ABSTIME;
	t->is_canceled = false;
	t->can_cancel = is_wall(t->clockid) && (u32)flags & TFD_TIMER_ABSTIME &&
			(u32)flags & TFD_TIMER_CANCEL_ON_SET;
	if (value) {
		t->when = t->is_absolute ? (s64)value : now_on(t->clockid) + (s64)min_t(u64, value, S64_MAX / 2);
		arm_locked(t);
	}
	spin_unlock_irq(&t->lock);
	spec_fill(old, old_value, old_interval);
}

long sys_timerfd_settime(int fd, int flags, const struct itimerspec_ __user *unew,
			 struct itimerspec_ __user *uold)
{
	struct itimerspec_ s, old;
	struct ofile *f;
	long err = -EINVAL;

	if (user_copyin(&s, unew, sizeof(s)))
		return -EFAULT;
	if ((u32)flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET) ||
	    !spec_is_valid(s.value.sec, s.value.nsec) || !spec_is_valid(s.interval.sec, s.interval.nsec))
		return -EINVAL;
	f = fd_get(fd);
	if (IS_ERR(f))
		return PTR_ERR(f);
	if (f->of_ops == &timerfd_fops) {
		set_timer(f->of_priv, flags,
			  timespec_to_ns((struct timespec64_){ s.value.sec, s.value.nsec }),
			  timespec_to_ns((struct timespec64_){ s.interval.sec, s.interval.nsec }), &old);
		err = uold && user_copyout(uold, &old, sizeof(old)) ? -EFAULT : 0;
	}
	ofile_put(f);
	return err;
}

long sys_timerfd_gettime(int fd, struct itimerspec_ __user *ucur)
{
	struct ofile *f = fd_get(fd);
	struct itimerspec_ cur;
	struct timercount *t;
	u64 value, interval;
	long err = -EINVAL;

	if (IS_ERR(f))
		return PTR_ERR(f);
	if (f->of_ops == &timerfd_fops) {
		t = f->of_priv;
		spin_lock_irq(&t->lock);
		get_locked(t, &value, &interval);
		spin_unlock_irq(&t->lock);
		spec_fill(&cur, value, interval);
		err = user_copyout(ucur, &cur, sizeof(cur)) ? -EFAULT : 0;
	}
	ofile_put(f);
	return err;
}

static struct clock_watch clock_watch = { .stepped = clock_stepped };

static int timerfd_start(void)
{
	clock_watch_add(&clock_watch);
	return 0;
}
INITCALL(FS, timerfd_start);
