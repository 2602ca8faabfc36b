/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to kernel/irq: a line and its handlers. */
#pragma once

#include <tern/base/bug.h>
#include <tern/base/rcu.h>
#include <tern/kernel/irq.h>
#include <tern/kernel/thread.h>

/* One attached handler. Legend: I immutable, R walked under RCU, A atomic. */
struct irq_action {
	struct irq_action *next;	/* R */
	irq_handler fn, thread_fn;	/* I */
	void *arg;			/* I */
	const char *name;		/* I */
	struct irqline *line;		/* I */
	struct thread *thread;		/* I runs thread_fn, or NULL */
	u32 thread_due;			/* A the thread has to run */
	bool is_masking;		/* A the line is masked until the thread has run */
};

struct irqline {
	u32 irq;			/* I */
	u32 flags;			/* I of the first handler */
	struct spin lock;		/* protects depth and the list against change */
	struct irq_action *actions;	/* R */
	u32 depth;			/* disabled this many times */
	u32 unhandled, seen;		/* spurious detection */
	u64 *counts;			/* one for each possible CPU; C */
};

/** irq_thread_start() - thread of a threaded handler; 0 or -ENOMEM. Sleeps. */
int irq_thread_start(struct irq_action *a);
/** irq_thread_stop() - the action is unlinked and its handler not running. Sleeps. */
void irq_thread_stop(struct irq_action *a);
/** irq_thread_wake() - a handler asked for its thread. Hard interrupt. */
void irq_thread_wake(struct irq_action *a);
