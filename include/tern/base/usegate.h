/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A gate before an object that may be withdrawn while others call into it, such as what stands
 * behind a registered file. Users pass through for the time of one call; who withdraws the object
 * closes the gate and waits for those inside. The gate's own memory is kept by references of
 * another kind, which users hold before they enter and after they leave.
 */
#pragma once

#include <asm/atomic.h>
#include <tern/base/waitq.h>

struct usegate {
	bool is_closed;		/* A set once */
	atomic32 inside;	/* users */
	struct waitq idle;	/* closing waits for the last of them */
};

static inline void usegate_init(struct usegate *g)
{
	g->is_closed = false;
	atomic_set(&g->inside, 0);
	waitq_init(&g->idle);
}

/** usegate_is_closed() - a hint, unless the caller is inside. Context: any. */
static inline bool usegate_is_closed(const struct usegate *g)
{
	return READ_ONCE(g->is_closed);
}

/** usegate_leave() - after usegate_enter() said true. Context: nosleep. */
static inline void usegate_leave(struct usegate *g)
{
	if (atomic_dec_and_test(&g->inside) && unlikely(READ_ONCE(g->is_closed)))
		waitq_wake_all(&g->idle);
}

/** usegate_enter() - false if the gate is closed, and then nothing is to be left. Context: nosleep. */
static inline bool usegate_enter(struct usegate *g)
{
	atomic_inc(&g->inside);
	if (likely(!READ_ONCE(g->is_closed)))
		return true;
	usegate_leave(g);
	return false;
}

/** usegate_shut() - let nobody in from now on. Context: nosleep. */
static inline void usegate_shut(struct usegate *g)
{
	WRITE_ONCE(g->is_closed, true);
	smp_mb();		/* pairs with the full barrier of atomic_inc() in usegate_enter() */
}

/** usegate_drain() - wait for the last user of a gate that is shut. Context: sleeps; not from inside. */
static inline void usegate_drain(struct usegate *g)
{
	waitq_wait(&g->idle, !atomic_read(&g->inside));
}
