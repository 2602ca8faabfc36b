// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: the simplest object that can be waited for. A manual-reset event
 * lets every waiter pass while it is set; an auto-reset one lets one pass and
 * is then unset. Behind NT's event handles; eventfd (fs/) is a counter of its own.
 *
 * Life: event_create(), references by handles and waiters, destroy after a
 * grace period since handle lookups are lock-free.
 *
 * Locks: none of its own. The state is one word; setting it comes before the
 * wake-up, taking it (auto-reset) is a compare-and-swap, so two waiters cannot
 * both take one signal.
 */
#include <tern/kernel/event.h>

#include <tern/lib/seqbuf.h>
#include <tern/mm/slab.h>

static struct event *event_of(struct object *o)
{
	return container_of(o, struct event, obj);
}

static void event_destroy(struct object *o)
{
	struct event *e = event_of(o);

	rcu_defer_free(&e->rcu, e);
}

static bool event_is_signaled(struct object *o, struct thread *t)
{
	return READ_ONCE(event_of(o)->is_set);
}

static void event_wait_satisfied(struct object *o, struct thread *t)
{
	struct event *e = event_of(o);

	if (e->is_auto_reset)
		WRITE_ONCE(e->is_set, 0);
}

static void event_describe(struct object *o, struct seqbuf *sb)
{
	struct event *e = event_of(o);

	seqbuf_printf(sb, "%s event, %s", e->is_auto_reset ? "auto-reset" : "manual-reset",
		      READ_ONCE(e->is_set) ? "set" : "unset");
}

static const struct object_ops event_ops = {
	.name = "event",
	.destroy = event_destroy,
	.is_signaled = event_is_signaled,
	.wait_satisfied = event_wait_satisfied,
	.describe = event_describe,
};

struct event *event_create(bool is_auto_reset, bool is_set)
{
	struct event *e = kmem_zalloc(sizeof(*e), ALLOC_KERNEL);

	if (!e)
		return ERR_PTR(-ENOMEM);
	waitq_init(&e->waitq);
	object_init(&e->obj, &event_ops, &e->waitq);
	e->is_auto_reset = is_auto_reset;
	e->is_set = is_set;
	return e;
}

struct event *event_from_object(struct object *o)
{
	return o->ops == &event_ops ? event_of(o) : NULL;
}

bool event_set(struct event *e)
{
	bool was_set = xchg(&e->is_set, 1);

	if (!was_set)
		waitq_wake(&e->waitq, e->is_auto_reset ? 1 : 0, 0);
	return was_set;
}

bool event_reset(struct event *e)
{
	return xchg(&e->is_set, 0);
}

static bool event_take(struct event *e)
{
	return e->is_auto_reset ? cas(&e->is_set, 1, 0) : READ_ONCE(e->is_set);
}

int event_wait(struct event *e, nsec_t deadline)
{
	if (event_take(e))
		return 0;
	return waitq_wait_common(&e->waitq, event_take(e), THREAD_SLEEPING, e->is_auto_reset,
				 deadline);
}
