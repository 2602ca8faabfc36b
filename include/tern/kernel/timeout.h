/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Timers. A timeout runs a function at a time, in soft interrupt context
 * (TIMEOUT_HARD: in the timer interrupt itself) on the CPU it was armed on.
 * Each CPU has one ordered queue; precision is the hardware's. Owner kernel/time/timeout.c.
 */
#pragma once

#include <tern/base/types.h>
#include <tern/lib/rbtree.h>

struct thread;
struct timeout;
typedef void (*timeout_fn)(struct timeout *t);

/* All zero is a valid timeout that is not armed, but for fn. */
struct timeout {
	struct rbnode node;
	nsec_t when;		/* clock_ns() time */
	nsec_t slack;		/* may fire this much later, to share interrupts */
	timeout_fn fn;
	u32 cpu;		/* queue it is on + 1; 0: not armed */
	u32 home;		/* CPU whose queue lock guards it */
	u32 flags;
};
#define TIMEOUT_HARD	0x1u	/* fn runs in the timer interrupt: short, takes irq-safe locks only */

/**
 * timeout_init() - prepare a timeout
 * @fn: runs with no lock held; it may arm, cancel or free its own timeout
 */
void timeout_init(struct timeout *t, timeout_fn fn, u32 flags);
/** timeout_arm() - (re)arm for @when; true if it was armed. Context: any but NMI. */
bool timeout_arm(struct timeout *t, nsec_t when);
/** timeout_arm_on() - on the queue of @cpu, for work bound to it. */
bool timeout_arm_on(struct timeout *t, nsec_t when, u32 cpu);
/** timeout_cancel() - true if it was armed; it may still be running. */
bool timeout_cancel(struct timeout *t);
/** timeout_cancel_sync() - and it is not running when this returns. Not from its own function. */
bool timeout_cancel_sync(struct timeout *t);
static inline bool timeout_is_armed(const struct timeout *t) { return READ_ONCE(t->cpu) != 0; }
/** timeout_left() - ns until it fires, 0 if it is due or not armed. */
nsec_t timeout_left(const struct timeout *t);

/* For kernel/sched: one event for each CPU beside the timeouts. */
/** timeout_request_tick() - call sched_tick() on this CPU at @when or earlier. Interrupts off. */
void timeout_request_tick(nsec_t when);
/**
 * timeout_irq_poll() - on interrupt exit: another CPU may have armed something
 * here. Interrupts off.
 */
void timeout_irq_poll(void);
/** timeout_ticks() - timer interrupts of @cpu so far (/proc/interrupts LOC). */
u64 timeout_ticks(u32 cpu);
/** cputimer_tick() - CPU-time timers and limits of the running thread's process. Interrupts off. */
void cputimer_tick(struct thread *t);
