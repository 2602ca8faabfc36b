/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel log: a ring of records that drops the oldest, read by /dev/kmsg and
 * syslog(2), copied to consoles below the console level. Owner kernel/log/klog.c.
 */
#pragma once

#include <tern/base/bug.h>
#include <tern/base/types.h>

enum klog_level { KLOG_EMERG, KLOG_ALERT, KLOG_CRIT, KLOG_ERR, KLOG_WARNING, KLOG_NOTICE, KLOG_INFO, KLOG_DEBUG };

/** klog() - one record; @fmt without a newline at the end. Context: any. */
void klog(enum klog_level level, const char *fmt, ...) __printf(2, 3);
#define kerr(...)	klog(KLOG_ERR, __VA_ARGS__)
#define kwarn(...)	klog(KLOG_WARNING, __VA_ARGS__)
#define knotice(...)	klog(KLOG_NOTICE, __VA_ARGS__)
#define kinfo(...)	klog(KLOG_INFO, __VA_ARGS__)
#define kdebug(...)	klog(KLOG_DEBUG, __VA_ARGS__)

/* A place to print the log; registered by drivers (serial, frame buffer). */
struct kconsole {
	struct kconsole *next;
	const char *name;		/* "ttyS" */
	u32 index;
	void (*write)(struct kconsole *c, const char *s, size_t n);	/* any context, must not sleep */
	bool is_boot;			/* replaced when a real one comes */
	void *priv;
};
void kconsole_register(struct kconsole *c);
void kconsole_unregister(struct kconsole *c);
/** klog_set_console_level() - records with a lower number are printed. */
void klog_set_console_level(int level);
int klog_console_level(void);
/** ratelimit_ok() - at most 10 per 5 s from one call site's state. */
struct ratelimit { u64 begin_ns; u32 printed, missed; };
bool ratelimit_ok(struct ratelimit *r);

/** klog_read() - copy the record at sequence >= *seq in /dev/kmsg form; bytes, 0 none yet, -EPIPE lost, -EINVAL small. */
ssize_t klog_read(u64 *seq, char *buf, size_t size);
/** klog_read_text() - "<level>[time] text\n" form for syslog(2). */
ssize_t klog_read_text(u64 *seq, char *buf, size_t size);
u64 klog_first_seq(void);
u64 klog_next_seq(void);
struct waitq;
extern struct waitq klog_waitq;
void klog_init_late(void);
