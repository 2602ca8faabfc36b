/* SPDX-License-Identifier: GPL-2.0-only */
/* Event objects: set, unset, waited for. Owner kernel/object/event.c. */
#pragma once

#include <tern/kernel/object.h>

struct event {
	struct object obj;
	struct waitq waitq;
	u32 is_set;		/* A 0 or 1 */
	bool is_auto_reset;	/* I */
	struct rcu_job rcu;
};

/**
 * event_create() - a new event
 * @is_auto_reset: the first waiter that passes unsets it
 * @is_set: to begin with
 * Context: sleeps.
 * Refs: returns one.
 * Return: event, or ERR_PTR(-ENOMEM).
 */
struct event *event_create(bool is_auto_reset, bool is_set);

/**
 * event_from_object() - downcast
 * Return: NULL if @o is of another kind.
 */
struct event *event_from_object(struct object *o);

/**
 * event_set() - set it and let waiters pass
 * Context: any but NMI.
 * Return: was it set before.
 */
bool event_set(struct event *e);

/**
 * event_reset() - unset it
 * Context: any.
 * Return: was it set before.
 */
bool event_reset(struct event *e);

/**
 * event_wait() - wait until it is set; an auto-reset event is taken
 * @deadline: clock_ns() time, WAIT_FOREVER
 * Context: sleeps.
 * Return: 0, -ETIMEDOUT, -ERESTARTSYS on a signal.
 */
int event_wait(struct event *e, nsec_t deadline);
