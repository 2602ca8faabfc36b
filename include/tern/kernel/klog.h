/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel log: a ring of records that drops the oldest, read by /dev/kmsg and
 * syslog(2), copied to consoles below the console level. Owner kernel/log/klog.c.
 */
#pragma once

#include <tern/base/bug.h>
#include <tern/base/types.h>

enum klog_level { KLOG_EMERG, KLOG_ALERT, KLOG_CRIT, KLOG_ERR, KLOG_WARNING, KLOG_NOTICE, KLOG_INFO, KLOG_DEBUG };

/**
 * klog() - add a record to the log
 * @level: how urgent
 * @fmt: printf-like, without a newline at the end; inner newlines begin new records
 * Context: any. In an NMI a record may be dropped.
 */
void klog(enum klog_level level, const char *fmt, ...) __printf(2, 3);
/** klog_va() - klog() with an argument list. */
void klog_va(enum klog_level level, const char *fmt, va_list ap) __printf(2, 0);
#define kerr(...)	klog(KLOG_ERR, __VA_ARGS__)
#define kwarn(...)	klog(KLOG_WARNING, __VA_ARGS__)
#define knotice(...)	klog(KLOG_NOTICE, __VA_ARGS__)
#define kinfo(...)	klog(KLOG_INFO, __VA_ARGS__)
#define kdebug(...)	klog(KLOG_DEBUG, __VA_ARGS__)

/** klog_user() - a record written to /dev/kmsg; @prio is facility * 8 + level. Sleeps not. */
void klog_user(u32 prio, const char *text, size_t len);

/* A place to print the log; registered by drivers (serial, frame buffer). */
struct kconsole {
	struct kconsole *next;
	const char *name;		/* "ttyS" */
	u32 index;
	void (*write)(struct kconsole *c, const char *s, size_t n);	/* any context, must not sleep */
	bool is_boot;			/* replaced when a real one comes */
	void *priv;
};
/**
 * kconsole_register() - add a console; the first real one gets the whole log
 * and ends the boot console.
 */
void kconsole_register(struct kconsole *c);
/** kconsole_unregister() - on return no CPU is in its write(). Sleeps. */
void kconsole_unregister(struct kconsole *c);
/** kconsole_foreach() - every registered console, for /proc/consoles; @fn must not sleep. */
void kconsole_foreach(void (*fn)(struct kconsole *c, void *arg), void *arg);
/** klog_set_console_level() - records with a lower number are printed. */
void klog_set_console_level(int level);
int klog_console_level(void);
/** klog_default_console_level() - what the command line asked for. */
int klog_default_console_level(void);

/* At most 10 per 5 s from one call site's state. */
struct ratelimit { u64 begin_ns; u32 printed, missed; };
/** ratelimit_ok() - may this call site speak now; logs how many were missed. Context: any. */
bool ratelimit_ok(struct ratelimit *r);
#define klog_ratelimited(level, ...) do {				\
	static struct ratelimit _rl;					\
	if (ratelimit_ok(&_rl))						\
		klog(level, __VA_ARGS__);				\
	} while (0)
#define klog_once(level, ...) do {					\
	static bool _said;						\
	if (!_said) {							\
		_said = true;						\
		klog(level, __VA_ARGS__);				\
	} } while (0)

/*
 * Settings: reading the log needs CAP_SYSLOG (1); kernel addresses are shown to who has that
 * capability (0, 1) or to nobody (2); warnings, broken invariants stop the machine.
 */
extern u64 klog_is_restricted, klog_hide_addresses, panic_on_warn, panic_on_oops;

/**
 * klog_read() - copy the record at sequence >= *seq in /dev/kmsg form; bytes, 0
 * none yet, -EPIPE lost, -EINVAL small.
 */
ssize_t klog_read(u64 *seq, char *buf, size_t size);
/**
 * klog_read_text() - "<level>[time] text\n" form for syslog(2); bytes, 0 none
 * yet, -EINVAL if @size is too small.
 */
ssize_t klog_read_text(u64 *seq, char *buf, size_t size);
u64 klog_first_seq(void);
u64 klog_next_seq(void);
/** klog_cleared_seq() - first record after what syslog(2) was told to clear. */
u64 klog_cleared_seq(void);
/** klog_ring_size() - bytes of text that the ring holds (SYSLOG_ACTION_SIZE_BUFFER). */
size_t klog_ring_size(void);
struct waitq;
extern struct waitq klog_waitq;		/* readers; woken by the tick or the idle loop after a record came */
/**
 * klog_wake_readers() - if a record came since the last call, wake klog_waitq.
 * Context: hard interrupt or idle.
 */
void klog_wake_readers(void);

/** klog_backtrace() - log the calls that led here. Context: any. */
void klog_backtrace(enum klog_level level);
struct thread;
/** klog_backtrace_thread() - the same of a thread that is switched out. */
void klog_backtrace_thread(enum klog_level level, const struct thread *t);
struct frame;
/** klog_frame() - log saved registers and the backtrace behind them. Context: any. */
void klog_frame(enum klog_level level, const struct frame *f);
/**
 * klog_taint() - remember that trust in this kernel is limited (TAINT_*), shown
 * with each report.
 */
void klog_taint(u32 bit);
u64 klog_taint_mask(void);
#define TAINT_DIE	7
#define TAINT_WARN	9

/**
 * kdie() - a fault in kernel mode that no exception table entry covers
 * @f: registers
 * @what: text, with the address if there is one
 * Ends the thread with SIGSEGV status if that is safe, else panics.
 */
void kdie(const struct frame *f, const char *what) __noreturn;
