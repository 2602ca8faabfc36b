// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers of modules, and the clock they read.
 *
 * A timer_list is linked into its CPU's list in order of expiry; one native timeout per CPU fires
 * for the first. Modules test entry.pprev inline (timer_pending()) and write expires before add.
 * The CPU whose lock guards a timer stands in the low bits of flags.
 *
 * jiffies is a variable that modules read inline: a periodic timeout moves it, from the moment on
 * when a first module that names it is loaded.
 *
 * Lock order: base->lock alone; functions run without it, in soft interrupt context.
 */
#include "../lx.h"

#include "../runtime.h"

#include <asm/cpu.h>
#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/base/upcall.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/irq.h>
#include <tern/kernel/sched.h>
#include <tern/kernel/timeout.h>

#define CLOCK_T_HZ	100UL	/* ticks that programs count in */
#define FLAG_CPU_MASK	0x3ffffu
#define JIFFIES_START	0xfffedb08UL	/* the vendor's: five minutes before 32 bits wrap */
#define NS_PER_JIFFY	(NSEC_PER_SEC / HZ)

struct base {
	struct spin lock;			/* protects the list; LOCKRANK_DRIVER */
	struct lx_hlist_node *first;
	struct lx_timer_list *running;
	struct timeout timeout;
};

static DEFINE_PERCPU(struct base, bases);
static u64 lx_jiffies = JIFFIES_START;
LX_EXPORT_DATA(jiffies);

/* ---- the tick ---- */

static struct timeout tick;
static u32 tick_is_on;

u64 lx_jiffies_now(void)
{
	return JIFFIES_START + clock_ns() / NS_PER_JIFFY;
}

static nsec_t jiffies_to_clock(u64 expires)
{
	s64 ticks = (s64)(expires - JIFFIES_START);

	return ticks <= 0 ? 0 : (nsec_t)ticks * NS_PER_JIFFY;
}

static void tick_fired(struct timeout *t)
{
	WRITE_ONCE(lx_jiffies, lx_jiffies_now());
	timeout_arm(t, jiffies_to_clock(lx_jiffies + 1));
}

void lx_tick_start(void)
{
	if (xchg(&tick_is_on, 1u))
		return;
	WRITE_ONCE(lx_jiffies, lx_jiffies_now());
	timeout_init(&tick, tick_fired, TIMEOUT_HARD);
	timeout_arm(&tick, clock_ns() + NS_PER_JIFFY);
}

/* ---- the lists ---- */

static struct lx_timer_list *timer_of(struct lx_hlist_node *n)
{
	return n ? container_of(n, struct lx_timer_list, entry) : NULL;
}

static bool is_pending(const struct lx_timer_list *t)
{
	return READ_ONCE(t->entry.pprev) != NULL;
}

static struct base *lock_base(struct lx_timer_list *t, u64 *flags)
{
	for (;;) {
		u32 cpu = READ_ONCE(t->flags) & FLAG_CPU_MASK;
		struct base *b = percpu_ptr(bases, cpu < cpu_count_possible ? cpu : 0);

		*flags = spin_lock_irqsave(&b->lock);
		if ((READ_ONCE(t->flags) & FLAG_CPU_MASK) == cpu)
			return b;
		spin_unlock_irqrestore(&b->lock, *flags);
	}
}

static void insert_locked(struct base *b, struct lx_timer_list *t)
{
	struct lx_hlist_node **at = &b->first;

	while (*at && (s64)(timer_of(*at)->expires - t->expires) <= 0)
		at = &(*at)->next;
	t->entry.next = *at;
	t->entry.pprev = at;
	if (*at)
		(*at)->pprev = &t->entry.next;
	*at = &t->entry;
}

static bool remove_locked(struct lx_timer_list *t)
{
	if (!is_pending(t))
		return false;
	*t->entry.pprev = t->entry.next;
	if (t->entry.next)
		t->entry.next->pprev = t->entry.pprev;
	t->entry.next = NULL;
	WRITE_ONCE(t->entry.pprev, NULL);
	return true;
}

static void rearm_locked(struct base *b, u32 cpu)
{
	if (b->first)
		timeout_arm_on(&b->timeout, jiffies_to_clock(timer_of(b->first)->expires), cpu);
}

static void base_fired(struct timeout *to)
{
	struct base *b = container_of(to, struct base, timeout);
	u64 flags = spin_lock_irqsave(&b->lock);
	u64 now = lx_jiffies_now();

	WRITE_ONCE(lx_jiffies, now);
	while (b->first && (s64)(now - timer_of(b->first)->expires) >= 0) {
		struct lx_timer_list *t = timer_of(b->first);
		void (*fn)(struct lx_timer_list *) = t->function;

		remove_locked(t);
		b->running = t;
		spin_unlock_irqrestore(&b->lock, flags);
		fn(t);
		flags = spin_lock_irqsave(&b->lock);
		b->running = NULL;
	}
	rearm_locked(b, cpu_self());
	spin_unlock_irqrestore(&b->lock, flags);
}

/* ---- what modules call ---- */

void lx_init_timer_key(struct lx_timer_list *t, void (*fn)(struct lx_timer_list *), unsigned int flags,
		       const char *name, struct lx_lock_class_key *key)
{
	t->entry.next = NULL;
	t->entry.pprev = NULL;
	t->function = fn;
	t->flags = flags | cpu_self();
}
LX_EXPORT(init_timer_key);

static bool timer_set(struct lx_timer_list *t, u64 expires, u32 cpu)
{
	u64 flags;
	struct base *b = lock_base(t, &flags), *to = percpu_ptr(bases, cpu);
	bool was = remove_locked(t);

	t->expires = expires;
	/* A running timer stays where it runs, so that timer_delete_sync() finds it. */
	if (b != to && b->running != t) {
		spin_unlock(&b->lock);
		spin_lock(&to->lock);
		WRITE_ONCE(t->flags, (t->flags & ~FLAG_CPU_MASK) | cpu);
		b = to;
	}
	if (t->function) {	/* else it was shut down */
		insert_locked(b, t);
		rearm_locked(b, t->flags & FLAG_CPU_MASK);
	}
	spin_unlock_irqrestore(&b->lock, flags);
	return was;
}

int lx_mod_timer(struct lx_timer_list *t, unsigned long expires)
{
	return timer_set(t, expires, cpu_self());
}
LX_EXPORT(mod_timer);

int lx_mod_timer_pending(struct lx_timer_list *t, unsigned long expires)
{
	return is_pending(t) ? timer_set(t, expires, cpu_self()) : 0;
}
LX_EXPORT(mod_timer_pending);

/* Whoever asks for the earliest time gets it. */
int lx_timer_reduce(struct lx_timer_list *t, unsigned long expires)
{
	if (is_pending(t) && (s64)(READ_ONCE(t->expires) - expires) <= 0)
		return 1;
	return timer_set(t, expires, cpu_self());
}
LX_EXPORT(timer_reduce);

void lx_add_timer(struct lx_timer_list *t)
{
	timer_set(t, t->expires, cpu_self());
}
LX_EXPORT(add_timer);

void lx_add_timer_on(struct lx_timer_list *t, int cpu)
{
	timer_set(t, t->expires, (u32)cpu);
}
LX_EXPORT(add_timer_on);

int lx_timer_delete(struct lx_timer_list *t)
{
	u64 flags;
	struct base *b = lock_base(t, &flags);
	bool was = remove_locked(t);

	spin_unlock_irqrestore(&b->lock, flags);
	return was;
}
LX_EXPORT(timer_delete);

int lx_timer_delete_sync(struct lx_timer_list *t)
{
	bool was = false, runs;

	do {
		u64 flags;
		struct base *b = lock_base(t, &flags);

		was |= remove_locked(t);
		runs = b->running == t && b != this_cpu_ptr(bases);
		/* On its own CPU it can only run above us if we are not in its soft interrupt. */
		runs |= b->running == t && b == this_cpu_ptr(bases) && !in_softirq_serving();
		spin_unlock_irqrestore(&b->lock, flags);
		if (runs)
			cpu_relax();
	} while (runs);
	return was;
}
LX_EXPORT(timer_delete_sync);

/* For good: a timer without a function is never armed again. */
int lx_timer_shutdown_sync(struct lx_timer_list *t)
{
	int was = lx_timer_delete_sync(t);

	t->function = NULL;
	return was | lx_timer_delete_sync(t);
}
LX_EXPORT(timer_shutdown_sync);

int lx_try_to_del_timer_sync(struct lx_timer_list *t)
{
	u64 flags;
	struct base *b = lock_base(t, &flags);
	int was = b->running == t ? -1 : remove_locked(t);

	spin_unlock_irqrestore(&b->lock, flags);
	return was;
}
LX_EXPORT(try_to_del_timer_sync);

/* ---- conversions ---- */

unsigned int lx_jiffies_to_msecs(const unsigned long j) { return (unsigned int)(j * (1000 / HZ)); }
LX_EXPORT(jiffies_to_msecs);
unsigned int lx_jiffies_to_usecs(const unsigned long j) { return (unsigned int)(j * (1000000 / HZ)); }
LX_EXPORT(jiffies_to_usecs);
long lx_jiffies_to_clock_t(unsigned long j) { return (long)(j * CLOCK_T_HZ / HZ); }
LX_EXPORT(jiffies_to_clock_t);
unsigned long lx_clock_t_to_jiffies(unsigned long t) { return t > ~0UL / HZ ? ~0UL : t * HZ / CLOCK_T_HZ; }
LX_EXPORT(clock_t_to_jiffies);

unsigned long lx___msecs_to_jiffies(const unsigned int ms)
{
	return (int)ms < 0 ? (unsigned long)S64_MAX >> 1 : DIV_ROUND_UP(ms, 1000 / HZ);
}
LX_EXPORT(__msecs_to_jiffies);

unsigned long lx___usecs_to_jiffies(const unsigned int us) { return DIV_ROUND_UP(us, 1000000 / HZ); }
LX_EXPORT(__usecs_to_jiffies);
unsigned long lx_nsecs_to_jiffies(unsigned long long ns) { return ns / NS_PER_JIFFY; }
LX_EXPORT(nsecs_to_jiffies);

/* To whole seconds, so that timers that need no precision fire together. */
static unsigned long round_to_second(unsigned long j, bool up)
{
	unsigned long rest = j % HZ, r = rest < HZ / 4 && !up ? j - rest : j - rest + HZ;

	return (long)(r - lx_jiffies) > 0 ? r : j;
}

unsigned long lx_round_jiffies(unsigned long j) { return round_to_second(j, false); }
LX_EXPORT(round_jiffies);
unsigned long lx_round_jiffies_up(unsigned long j) { return round_to_second(j, true); }
LX_EXPORT(round_jiffies_up);
unsigned long lx_round_jiffies_relative(unsigned long j)
{
	return round_to_second(j + lx_jiffies, false) - lx_jiffies;
}
LX_EXPORT(round_jiffies_relative);
unsigned long lx___round_jiffies_relative(unsigned long j, int cpu) { return lx_round_jiffies_relative(j); }
LX_EXPORT(__round_jiffies_relative);

/* ---- clocks ---- */

long long int lx_ktime_get(void) { return (long long)clock_ns(); }
LX_EXPORT(ktime_get);
long long int lx_ktime_get_raw(void) { return (long long)clock_raw_ns(); }
LX_EXPORT(ktime_get_raw);
u64 lx_sched_clock_ns(void);
u64 lx_sched_clock_ns(void) { return clock_ns(); }
LX_EXPORT_ALIAS(sched_clock, lx_sched_clock_ns);
LX_EXPORT_ALIAS(ktime_get_mono_fast_ns, lx_sched_clock_ns);
long long int lx_ktime_get_seconds(void) { return (long long)(clock_ns() / NSEC_PER_SEC); }
LX_EXPORT(ktime_get_seconds);
long long int lx_ktime_get_real_seconds(void) { return clock_realtime_ns() / (s64)NSEC_PER_SEC; }
LX_EXPORT(ktime_get_real_seconds);

long long int lx_ktime_get_with_offset(unsigned int which)
{
	return which == 0 ? clock_realtime_ns() : which == 1 ? (s64)clock_boot_ns() : clock_tai_ns();
}
LX_EXPORT(ktime_get_with_offset);

static void put_timespec(struct lx_timespec64 *ts, s64 ns)
{
	struct timespec64_ t = ns_to_timespec(ns);

	ts->tv_sec = t.sec;
	ts->tv_nsec = t.nsec;
}

void lx_ktime_get_ts64(struct lx_timespec64 *ts) { put_timespec(ts, (s64)clock_ns()); }
LX_EXPORT(ktime_get_ts64);
void lx_ktime_get_real_ts64(struct lx_timespec64 *ts) { put_timespec(ts, clock_realtime_ns()); }
LX_EXPORT(ktime_get_real_ts64);
void lx_ktime_get_coarse_real_ts64(struct lx_timespec64 *ts) { put_timespec(ts, clock_realtime_coarse_ns()); }
LX_EXPORT(ktime_get_coarse_real_ts64);

struct lx_timespec64 lx_ns_to_timespec64(long long ns)
{
	struct lx_timespec64 ts;

	put_timespec(&ts, ns);
	return ts;
}
LX_EXPORT(ns_to_timespec64);

void lx_set_normalized_timespec64(struct lx_timespec64 *ts, long long sec, long long ns)
{
	put_timespec(ts, ns);
	ts->tv_sec += sec;
}
LX_EXPORT(set_normalized_timespec64);

/* ---- short delays: the processor waits ---- */

static void spin_ns(u64 ns)
{
	nsec_t end = clock_ns() + ns;

	while (clock_ns() < end)
		cpu_relax();
}

void lx___udelay(unsigned long us) { spin_ns(us * NSEC_PER_USEC); }
LX_EXPORT(__udelay);
void lx___ndelay(unsigned long ns) { spin_ns(ns); }
LX_EXPORT(__ndelay);
/* The caller has multiplied microseconds by 2^32 / 10^6. */
void lx___const_udelay(unsigned long xloops)
{
	spin_ns((xloops * 1000000UL >> 32) * NSEC_PER_USEC + NSEC_PER_USEC);
}
LX_EXPORT(__const_udelay);

static int timers_init(void)
{
	for_each_possible_cpu(cpu) {
		struct base *b = percpu_ptr(bases, cpu);

		spin_init(&b->lock, LOCKRANK_DRIVER);
		timeout_init(&b->timeout, base_fired, 0);
	}
	return 0;
}
INITCALL(CORE, timers_init);
