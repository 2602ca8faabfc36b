/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to kernel/log: the ring behind klog(). */
#pragma once

#include <tern/kernel/klog.h>

#define KLOG_LINE_MAX	992	/* bytes of text in one record; longer text is cut */

/* A record copied out of the ring. */
struct klog_record {
	u64 seq;
	u64 ts_ns;
	u32 tid;
	u16 prio;		/* facility * 8 + level */
	u16 len;
	char text[KLOG_LINE_MAX];
};

/**
 * klog_ring_get() - copy the oldest record at or after *@seq
 * @seq: in the wanted number, out the number of the record found
 * Context: any. Return: false if there is none yet.
 */
bool klog_ring_get(u64 *seq, struct klog_record *out);
/** klog_ring_bust() - panic: make the ring usable whoever held its lock. */
void klog_ring_bust(void);

/** console_flush() - print what consoles have not seen yet, unless another CPU is at it. */
void console_flush(void);
/** console_flush_panic() - the same with no regard for who was at it. */
void console_flush_panic(void);
/** console_init() - level from the command line, boot console. */
void console_init(void);
