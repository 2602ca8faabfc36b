// SPDX-License-Identifier: GPL-2.0-only
/*
 * The log ring.
 *
 * A record is a descriptor (number, time, level, place of its text) in a ring
 * of descriptors and text in a ring of bytes; a record's number selects its
 * descriptor, so any reader finds any record at once. Text never wraps: what does
 * not fit before the end begins at the start. When either ring is full the
 * oldest records go. One lock with interrupts off guards both; formatting is done
 * under it, into the ring's line buffer, which keeps stacks small.
 *
 * Lock order: ring_lock is the innermost but for console hardware. Nothing is
 * woken from here, since the caller may hold run queue locks: readers are woken by
 * the next tick (klog_wake_readers).
 *
 * Limits: NMI context only tries the lock for a moment. The rings are static, so that
 * the first line of C can log.
 */
#include "klog_impl.h"

#include <asm/cpu.h>
#include <tern/base/preempt.h>
#include <tern/base/spin.h>
#include <tern/base/upcall.h>
#include <tern/base/waitq.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/init.h>
#include <tern/kernel/process.h>
#include <tern/kernel/thread.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>

#define RING_BYTES	(128u << 10)
#define RING_RECORDS	2048u
#define NMI_TRIES	100000

struct desc {
	u64 ts_ns;
	u32 pos;	/* of the text, modulo RING_BYTES */
	u32 tid;
	u16 len;
	u16 prio;
	u32 span;	/* bytes taken from the text ring, padding included */
};
static_assert((RING_RECORDS & (RING_RECORDS - 1)) == 0, "index by mask");

static spinword ring_lock;
static struct desc descs[RING_RECORDS];
static char text_ring[RING_BYTES];
static char line_buf[KLOG_LINE_MAX];
static u64 first_seq, next_seq;	/* records [first_seq, next_seq) are held */
static u32 text_used, text_head;
static u64 dropped_nmi;
static u32 wake_due;

struct waitq klog_waitq = WAITQ_INIT(klog_waitq);

static bool ring_enter(u64 *flags)
{
	*flags = irq_save();
	if (!(preempt_count() & NMI_MASK)) {
		spinword_lock(&ring_lock);
		return true;
	}
	for (int i = 0; i < NMI_TRIES; i++) {
		if (spinword_trylock(&ring_lock))
			return true;
		cpu_relax();
	}
	dropped_nmi++;
	irq_restore(*flags);
	return false;
}

static void ring_leave(u64 flags)
{
	spinword_unlock(&ring_lock);
	irq_restore(flags);
}

void klog_ring_bust(void)
{
	ring_lock.v = 0;
}

static void drop_oldest(void)
{
	text_used -= descs[first_seq & (RING_RECORDS - 1)].span;
	first_seq++;
}

/* Room for n bytes in one piece; sets *span to what it costs. */
static u32 text_reserve(u32 n, u32 *span)
{
	u32 pos = text_head;

	*span = n;
	if (pos + n > RING_BYTES) {
		*span += RING_BYTES - pos;
		pos = 0;
	}
	while (first_seq != next_seq &&
	       (text_used + *span > RING_BYTES || next_seq - first_seq == RING_RECORDS))
		drop_oldest();
	text_used += *span;
	text_head = pos + n;
	return pos;
}

static u32 caller_tid(void)
{
	struct thread *t = thread_self();

	if (in_interrupt() || !t || !t->t_pid)
		return 0x80000000u | cpu_self();
	return (u32)t->t_pid->at[0].nr;
}

static void ring_add(u32 prio, const char *text, size_t len)
{
	struct desc d = { .ts_ns = clock_ns(), .len = (u16)len, .prio = (u16)prio };

	d.tid = caller_tid();
	d.pos = text_reserve((u32)len, &d.span);
	memcpy(text_ring + d.pos, text, len);
	descs[next_seq & (RING_RECORDS - 1)] = d;
	WRITE_ONCE(next_seq, next_seq + 1);
}

/* One record a line; empty lines at the end are dropped. */
static void ring_add_lines(u32 prio, const char *text, size_t len)
{
	while (len && text[len - 1] == '\n')
		len--;
	while (true) {
		const char *end = memchr(text, '\n', len);
		size_t n = end ? (size_t)(end - text) : len;

		ring_add(prio, text, min_t(size_t, n, KLOG_LINE_MAX));
		if (!end)
			break;
		text = end + 1;
		len -= n + 1;
	}
}

void klog_va(enum klog_level level, const char *fmt, va_list ap)
{
	u64 flags;

	if (!ring_enter(&flags))
		return;
	ring_add_lines((u32)level & 7, line_buf, (size_t)fmt_vput(line_buf, sizeof(line_buf), fmt, ap));
	ring_leave(flags);
	WRITE_ONCE(wake_due, 1);
	if ((int)level < klog_console_level())
		console_flush();
}

void klog(enum klog_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	klog_va(level, fmt, ap);
	va_end(ap);
}

void klog_user(u32 prio, const char *text, size_t len)
{
	u64 flags;

	if (!ring_enter(&flags))
		return;
	ring_add_lines(prio, text, min_t(size_t, len, KLOG_LINE_MAX));
	ring_leave(flags);
	WRITE_ONCE(wake_due, 1);
	if ((int)(prio & 7) < klog_console_level())
		console_flush();
}

void klog_wake_readers(void)
{
	if (!READ_ONCE(wake_due))
		return;
	WRITE_ONCE(wake_due, 0);
	waitq_wake_if_any(&klog_waitq);
}

bool klog_ring_get(u64 *seq, struct klog_record *out)
{
	bool found = false;
	u64 flags;

	if (!ring_enter(&flags))
		return false;
	if (*seq < first_seq)
		*seq = first_seq;
	if (*seq < next_seq) {
		const struct desc *d = &descs[*seq & (RING_RECORDS - 1)];

		out->seq = *seq;
		out->ts_ns = d->ts_ns;
		out->tid = d->tid;
		out->prio = d->prio;
		out->len = d->len;
		memcpy(out->text, text_ring + d->pos, d->len);
		found = true;
	}
	ring_leave(flags);
	return found;
}

u64 klog_first_seq(void)
{
	return READ_ONCE(first_seq);
}

u64 klog_next_seq(void)
{
	return READ_ONCE(next_seq);
}

size_t klog_ring_size(void)
{
	return RING_BYTES;
}

void klog_init(void)
{
	console_init();
}

bool ratelimit_ok(struct ratelimit *r)
{
	u64 now = clock_ns(), begin = READ_ONCE(r->begin_ns);
	u32 missed;

	if (!begin || now - begin > 5 * NSEC_PER_SEC) {
		missed = xchg(&r->missed, 0);
		WRITE_ONCE(r->begin_ns, now | 1);
		WRITE_ONCE(r->printed, 0);
		if (missed)
			klog(KLOG_WARNING, "%u similar messages suppressed", missed);
	}
	if (__atomic_fetch_add(&r->printed, 1, __ATOMIC_RELAXED) < 10)
		return true;
	__atomic_fetch_add(&r->missed, 1, __ATOMIC_RELAXED);
	return false;
}
