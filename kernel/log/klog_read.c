// SPDX-License-Identifier: GPL-2.0-only
/* The log as readers see it: records of /dev/kmsg, lines of syslog(2). */
#include "klog_impl.h"

#include <tern/base/err.h>
#include <tern/kernel/clock.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>

/* Bytes that are not printable ASCII, and the backslash, go out as \xNN. */
static bool needs_escape(char c)
{
	return (u8)c < ' ' || (u8)c >= 127 || c == '\\';
}

static size_t escaped_len(const struct klog_record *r)
{
	size_t n = 0;

	for (u32 i = 0; i < r->len; i++)
		n += needs_escape(r->text[i]) ? 4 : 1;
	return n;
}

ssize_t klog_read(u64 *seq, char *buf, size_t size)
{
	struct klog_record r;
	u64 want = *seq;
	char head[80];
	size_t n;

	if (!klog_ring_get(&want, &r))
		return 0;
	if (want != *seq && *seq) {
		*seq = want;
		return -EPIPE;
	}
	n = (size_t)fmt_put(head, sizeof(head), "%u,%lu,%lu,-;", r.prio, r.seq,
			    r.ts_ns / NSEC_PER_USEC);
	if (n + escaped_len(&r) + 1 > size)
		return -EINVAL;
	memcpy(buf, head, n);
	for (u32 i = 0; i < r.len; i++) {
		if (needs_escape(r.text[i]))
			n += (size_t)fmt_put(buf + n, size - n, "\\x%02x", (u8)r.text[i]);
		else
			buf[n++] = r.text[i];
	}
	buf[n++] = '\n';
	*seq = want + 1;
	return (ssize_t)n;
}

ssize_t klog_read_text(u64 *seq, char *buf, size_t size)
{
	struct klog_record r;
	u64 want = *seq;
	char head[48];
	size_t n;

	if (!klog_ring_get(&want, &r))
		return 0;
	n = (size_t)fmt_put(head, sizeof(head), "<%u>[%5lu.%06lu] ", r.prio,
			    r.ts_ns / NSEC_PER_SEC, r.ts_ns % NSEC_PER_SEC / NSEC_PER_USEC);
	if (n + r.len + 1 > size)
		return -EINVAL;
	memcpy(buf, head, n);
	memcpy(buf + n, r.text, r.len);
	n += r.len;
	buf[n++] = '\n';
	*seq = want + 1;
	return (ssize_t)n;
}
