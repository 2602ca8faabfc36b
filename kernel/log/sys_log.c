// SPDX-License-Identifier: GPL-2.0-only
/* syslog(2): the log for programs. Each action and its permission as on Linux. */
#include "klog_impl.h"

#include <asm/uaccess.h>
#include <tern/base/lock.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/syscalls.h>
#include <tern/kernel/thread.h>
#include <tern/mm/slab.h>

enum { LOG_CLOSE, LOG_OPEN, LOG_READ, LOG_READ_ALL, LOG_READ_CLEAR, LOG_CLEAR, LOG_CONSOLE_OFF,
	LOG_CONSOLE_ON, LOG_CONSOLE_LEVEL, LOG_SIZE_UNREAD, LOG_SIZE_BUFFER };

#define TEXT_MAX	(KLOG_LINE_MAX + 48)

static struct kmutex read_mutex = KMUTEX_INIT(read_mutex, LOCKRANK_NONE);	/* protects read_* */
static u64 read_seq;
static u32 read_skip;		/* bytes of record read_seq that were read already */
static u64 clear_seq;
static int saved_level = -1;

/* Next text at or after *seq into @buf; 0: none yet. */
static ssize_t next_text(u64 *seq, char *buf)
{
	return klog_read_text(seq, buf, TEXT_MAX);
}

static long read_some(char __user *to, size_t size, char *buf)
{
	size_t done = 0;

	while (done < size) {
		u64 at = read_seq;
		ssize_t n = next_text(&at, buf);
		size_t part;

		if (n <= 0)
			break;
		if (read_skip >= n || at != read_seq + 1)
			read_skip = 0;
		part = min_t(size_t, (size_t)n - read_skip, size - done);
		if (user_copyout(to + done, buf + read_skip, part))
			return done ? (long)done : -EFAULT;
		done += part;
		read_skip += (u32)part;
		if (read_skip == n) {
			read_seq = at;
			read_skip = 0;
		}
	}
	return (long)done;
}

static long log_read(char __user *to, size_t size)
{
	char *buf = kmem_alloc(TEXT_MAX, ALLOC_KERNEL);
	long err = 0;

	if (!buf)
		return -ENOMEM;
	do {
		err = waitq_wait_intr(&klog_waitq, klog_next_seq() > READ_ONCE(read_seq));
		if (err)
			break;
		err = kmutex_lock_intr(&read_mutex);
		if (err)
			break;
		err = read_some(to, size, buf);
		kmutex_unlock(&read_mutex);
	} while (!err);
	kmem_free(buf);
	return err;
}

/* First record such that all from it to the end fit in @size. */
static u64 first_fitting(size_t size, u64 from, u64 end, char *buf)
{
	size_t total = 0;
	u64 seq;
	ssize_t n;

	for (seq = from; seq < end && (n = next_text(&seq, buf)) > 0; )
		total += (size_t)n;
	for (seq = from; total > size && seq < end && (n = next_text(&seq, buf)) > 0; )
		total -= (size_t)n;
	return seq;
}

u64 klog_cleared_seq(void)
{
	return READ_ONCE(clear_seq);
}

static long log_read_all(char __user *to, size_t size, bool clears)
{
	char *buf = kmem_alloc(TEXT_MAX, ALLOC_KERNEL);
	u64 end = klog_next_seq(), seq;
	size_t done = 0;
	long err = 0;
	ssize_t n;

	if (!buf)
		return -ENOMEM;
	seq = first_fitting(size, max(READ_ONCE(clear_seq), klog_first_seq()), end, buf);
	while (!err && seq < end && (n = next_text(&seq, buf)) > 0 && done + (size_t)n <= size) {
		err = user_copyout(to + done, buf, (size_t)n);
		done += (size_t)n;
	}
	if (clears && !err)
		WRITE_ONCE(clear_seq, end);
	kmem_free(buf);
	return err ? err : (long)done;
}

static long unread_size(void)
{
	char *buf = kmem_alloc(TEXT_MAX, ALLOC_KERNEL);
	size_t total = 0;
	ssize_t n;
	u64 seq;

	if (!buf)
		return -ENOMEM;
	kmutex_lock(&read_mutex);
	seq = max(read_seq, klog_first_seq());
	while ((n = next_text(&seq, buf)) > 0)
		total += (size_t)n;
	if (total >= read_skip)
		total -= read_skip;
	kmutex_unlock(&read_mutex);
	kmem_free(buf);
	return (long)total;
}

static void console_on(bool is_on)
{
	if (!is_on) {
		if (saved_level < 0)
			saved_level = klog_console_level();
		klog_set_console_level(1);
	} else if (saved_level >= 0) {
		klog_set_console_level(saved_level);
		saved_level = -1;
	}
}

static long set_level(s32 level)
{
	if (level < 1 || level > 8)
		return -EINVAL;
	saved_level = -1;
	klog_set_console_level(level);
	return 0;
}

long sys_syslog(s32 action, char __user *buf, s32 len)
{
	bool has_buffer = action == LOG_READ || action == LOG_READ_ALL || action == LOG_READ_CLEAR;

	bool is_harmless = action == LOG_READ_ALL || action == LOG_SIZE_BUFFER;

	if ((READ_ONCE(klog_is_restricted) || !is_harmless) && !cap_has(CAP_SYSLOG) &&
	    !cap_has(CAP_SYS_ADMIN))
		return -EPERM;
	if (has_buffer && (!buf || len < 0))
		return -EINVAL;
	if (has_buffer && !len)
		return 0;
	switch (action) {
	case LOG_CLOSE:
	case LOG_OPEN:
		return 0;
	case LOG_READ:
		return log_read(buf, (size_t)len);
	case LOG_READ_ALL:
	case LOG_READ_CLEAR:
		return log_read_all(buf, (size_t)len, action == LOG_READ_CLEAR);
	case LOG_CLEAR:
		WRITE_ONCE(clear_seq, klog_next_seq());
		return 0;
	case LOG_CONSOLE_OFF:
	case LOG_CONSOLE_ON:
		console_on(action == LOG_CONSOLE_ON);
		return 0;
	case LOG_CONSOLE_LEVEL:
		return set_level(len);
	case LOG_SIZE_UNREAD:
		return unread_size();
	case LOG_SIZE_BUFFER:
		return (long)klog_ring_size();
	default:
		return -EINVAL;
	}
}
