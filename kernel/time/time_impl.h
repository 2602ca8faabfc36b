/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to kernel/time. */
#pragma once

#include <tern/kernel/clock.h>
#include <tern/kernel/process.h>
#include <tern/kernel/thread.h>
#include <tern/kernel/timeout.h>
#include <tern/lib/idmap.h>
#include <uapi/time.h>

/** clock_tick_update() - refresh the coarse clocks; interrupts off. */
void clock_tick_update(void);

/* ---- clock.c for ntp.c; clock lock held, interrupts off ---- */
struct spin;
extern struct spin clock_lock;
/**
 * clock_set_rate_locked() - clock_ns() runs (2^32 + adj) / 2^32 as fast as the
 * counter from now on.
 */
void clock_set_rate_locked(s64 adj);
/** clock_step_realtime_locked() - move the wall clock by @delta ns. */
void clock_step_realtime_locked(s64 delta);
/** clock_step_realtime() - the same, takes the lock and tells the watchers. */
void clock_step_realtime(s64 delta);
extern s32 clock_tai_offset;
/** clock_tai_changed_locked() - after a change of clock_tai_offset: tell the vDSO. */
void clock_tai_changed_locked(void);

/* ---- ntp.c ---- */
/** ntp_adjust() - adjtimex(2) with kernel values; clock state or -errno. */
long ntp_adjust(struct timex_ *tx, bool may_set);
/** ntp_clear() - the clock was set: forget phase errors. */
void ntp_clear(void);

/* ---- clocks by number (CLOCK_*), kernel/time/sys_time.c ---- */
/** clock_read_id() - ns of clock @id; CPU clocks too. 0, -EINVAL. */
int clock_read_id(s32 id, s64 *ns);
/** clock_to_deadline() - clock_ns() time at which clock @id shows @ns. 0, -EINVAL, -EOPNOTSUPP. */
int clock_to_deadline(s32 id, s64 ns, bool is_absolute, nsec_t *deadline);
/** clock_is_wall() - does clock @id jump when the time is set? */
bool clock_is_wall(s32 id);
/** clock_may_wait() - may thread_self set timers by @id: 0, -EPERM: an alarm clock, without CAP_WAKE_ALARM. */
int clock_may_wait(s32 id);
bool clock_id_is_cpu(s32 id);
bool clock_id_is_valid(s32 id);

/* ---- sleep.c ---- */
/**
 * clock_sleep() - nanosleep core: interruptible; 0 or -ERESTARTNOHAND /
 * -ERESTART_BLOCK set up with @rmtp.
 */
long clock_sleep(s32 id, u64 ns, bool is_absolute, void __user *rmtp);


/* A moment of CPU time that somebody waits for; checked by the tick of the threads concerned. */
struct cpu_alarm {
	struct list link;	/* in struct posix_timers; next NULL: not armed */
	struct thread *thread;	/* clock of this thread, with a reference; NULL: of the whole process */
	u32 kind;		/* CPUCLOCK_* */
	u64 expires;		/* on that clock, ns */
	void (*fire)(struct cpu_alarm *a);	/* unlinked already; hard interrupt */
};

/* What a process has of timers; made by its first. Legend: L lock, M mutex. */
struct posix_timers {
	struct process *process;	/* I */
	struct spin lock;		/* protects itimers and alarms */
	struct timeout real;		/* ITIMER_REAL */
	u64 real_interval;		/* L */
	struct { u64 expires, interval; } cpu[2];	/* L ITIMER_VIRTUAL, ITIMER_PROF; 0: off */
	struct list alarms;		/* L of struct cpu_alarm */
	u32 nr_cpu;			/* L things that the tick has to look at */
	struct kmutex mutex;		/* protects the table of POSIX timers */
	struct idmap ids;		/* M */
	u32 next_id;			/* M */
};

/** timers_of() - a process's timers; made if @create: NULL or ERR_PTR(-ENOMEM). */
struct posix_timers *timers_of(struct process *p, bool create);
/**
 * cpu_alarm_arm() / cpu_alarm_disarm() - disarm: true if it had not fired;
 * fire() may be running.
 */
void cpu_alarm_arm(struct posix_timers *pt, struct cpu_alarm *a);
bool cpu_alarm_disarm(struct posix_timers *pt, struct cpu_alarm *a);
/** posix_timers_delete_all() - no POSIX timer of @pt fires afterwards. Sleeps. */
#ifdef CONFIG_POSIX_TIMERS
void posix_timers_delete_all(struct posix_timers *pt);
#else
static inline void posix_timers_delete_all(struct posix_timers *pt) { (void)pt; }
#endif

/* A CPU clock number taken apart. */
struct cpu_clock {
	struct process *process;	/* with a reference */
	struct thread *thread;		/* with a reference, or NULL: the process's clock */
	u32 kind;
};
/** cpu_clock_open() - 0, -EINVAL. cpu_clock_close() drops the references. */
int cpu_clock_open(s32 id, struct cpu_clock *c);
void cpu_clock_close(struct cpu_clock *c);
u64 cpu_clock_ns(struct process *p, struct thread *t, u32 kind);
