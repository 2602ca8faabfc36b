/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Timers. A timeout runs a function at a time, in soft interrupt context
 * (TIMEOUT_HARD: in the timer interrupt itself) on the CPU it was armed on.
 * Each CPU has one ordered queue; precision is the hardware's. Owner kernel/time/timeout.c.
 */
#pragma once

#include <tern/base/types.h>
#include <tern/lib/rbtree.h>

struct timeout;
typedef void (*timeout_fn)(struct timeout *t);

struct timeout {
	struct rbnode node;
	nsec_t when;		/* clock_ns() time */
	nsec_t slack;		/* may fire this much later, to share interrupts */
	timeout_fn fn;
	u32 cpu;		/* queue it is on + 1; 0: not armed */
	u32 flags;
};
#define TIMEOUT_HARD	0x1u

void timeout_init(struct timeout *t, timeout_fn fn, u32 flags);
/** timeout_arm() - (re)arm for @when; true if it was armed. Context: any but NMI. */
bool timeout_arm(struct timeout *t, nsec_t when);
/** timeout_cancel() - true if it was armed; it may still be running. */
bool timeout_cancel(struct timeout *t);
/** timeout_cancel_sync() - and it is not running when this returns. Not from its own function. */
bool timeout_cancel_sync(struct timeout *t);
static inline bool timeout_is_armed(const struct timeout *t) { return READ_ONCE(t->cpu) != 0; }
