// SPDX-License-Identifier: GPL-2.0-only
/*
 * Delayed work: a timeout that queues an item. The item's PENDING bit is set from the
 * moment the timeout is armed, so whoever sets it owns both.
 */
#include <tern/kernel/clock.h>
#include <tern/kernel/irq.h>

#include "workq_impl.h"

static void delayed_fire(struct timeout *t)
{
	struct delayed_item *d = container_of(t, struct delayed_item, timer);

	workq_insert(d->pool, &d->work, ~0u);
}

void delayed_work_init(struct delayed_item *d, void (*fn)(struct workitem *w))
{
	workitem_init(&d->work, fn);
	timeout_init(&d->timer, delayed_fire, 0);
	d->pool = NULL;
}

static void start(struct delayed_item *d, struct workpool *p, nsec_t delay)
{
	d->pool = p;
	if (delay)
		timeout_arm(&d->timer, deadline_after(delay));
	else
		workq_insert(p, &d->work, ~0u);
}

bool workpool_queue_delayed(struct workpool *p, struct delayed_item *d, nsec_t delay)
{
	if (bit_test_and_set(0, &d->work.state))
		return false;
	start(d, p, delay);
	return true;
}

/* Own PENDING, whatever the work was doing; true if it was waiting. */
static bool grab(struct delayed_item *d)
{
	for (;;) {
		if (!bit_test_and_set(0, &d->work.state))
			return false;
		if (timeout_cancel(&d->timer))
			return true;
		/* On a queue, or between timer and queue. */
		if (workitem_unqueue(&d->work) && !bit_test_and_set(0, &d->work.state))
			return true;
		cpu_relax();
	}
}

bool workpool_rearm_delayed(struct workpool *p, struct delayed_item *d, nsec_t delay)
{
	bool was_waiting = grab(d);

	start(d, p, delay);
	return was_waiting;
}

bool delayed_work_cancel_sync(struct delayed_item *d)
{
	bool was_waiting = grab(d);

	bit_clear_atomic(0, &d->work.state);
	return workitem_cancel_sync(&d->work) || was_waiting;
}

void delayed_work_flush(struct delayed_item *d)
{
	if (timeout_cancel(&d->timer))
		workq_insert(d->pool, &d->work, ~0u);
	workitem_flush(&d->work);
}
