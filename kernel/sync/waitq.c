// SPDX-License-Identifier: GPL-2.0-only
/*
 * Wait queues. Shared waiters stand at the front, exclusive ones at the end in
 * order of arrival, so one walk wakes all of the former and the wanted number of
 * the latter.
 *
 * A waker wakes the thread first and unlinks the entry last, with a release store:
 * the woken thread may leave waitq_finish() without the lock once it sees itself
 * unlinked, since the waker no longer touches the entry then.
 */
#include <asm/cpu.h>
#include <tern/base/waitq.h>
#include <tern/kernel/sched.h>
#include <tern/kernel/thread.h>

void waitq_init(struct waitq *q)
{
	spin_init(&q->lock, LOCKRANK_WAITQ);
	list_init(&q->entries);
}

static void waiter_link(struct waitq *q, struct waiter *w)
{
	if (w->is_exclusive)
		list_add_tail(&w->link, &q->entries);
	else
		list_add(&w->link, &q->entries);
}

static void waiter_unlink(struct waiter *w)
{
	list_unlink(&w->link);
	store_release(&w->link.next, NULL);
}

bool waiter_wake_thread(struct waiter *w, u64 key)
{
	if (!thread_wake(w->thread))
		return false;
	waiter_unlink(w);
	return true;
}

void waitq_add(struct waitq *q, struct waiter *w)
{
	u64 flags = spin_lock_irqsave(&q->lock);

	waiter_link(q, w);
	spin_unlock_irqrestore(&q->lock, flags);
}

void waitq_remove(struct waitq *q, struct waiter *w)
{
	u64 flags = spin_lock_irqsave(&q->lock);

	if (w->link.next)
		waiter_unlink(w);
	spin_unlock_irqrestore(&q->lock, flags);
}

void waitq_prepare(struct waitq *q, struct waiter *w, u32 state, bool is_exclusive)
{
	struct thread *self = thread_self();
	u64 flags = spin_lock_irqsave(&q->lock);

	if (!w->link.next) {
		w->thread = self;
		w->fn = waiter_wake_thread;
		w->is_exclusive = is_exclusive;
		waiter_link(q, w);
	}
	/* Full barrier: the state must be visible before the caller tests its condition. */
	xchg(&self->t_state, state);
	spin_unlock_irqrestore(&q->lock, flags);
}

bool waitq_finish(struct waitq *q, struct waiter *w)
{
	bool was_queued;
	u64 flags;

	WRITE_ONCE(thread_self()->t_state, THREAD_RUNNING);
	if (!waiter_is_queued(w))
		return true;
	flags = spin_lock_irqsave(&q->lock);
	was_queued = w->link.next;
	if (was_queued)
		waiter_unlink(w);
	spin_unlock_irqrestore(&q->lock, flags);
	return !was_queued;
}

void waitq_wake_locked(struct waitq *q, u32 nr_exclusive, u64 key)
{
	struct list *at = q->entries.next, *next;

	for (; at != &q->entries; at = next) {
		struct waiter *w = list_entry(at, struct waiter, link);
		bool is_exclusive = w->is_exclusive;

		next = at->next;
		if (w->fn(w, key) && is_exclusive && nr_exclusive && !--nr_exclusive)
			break;
	}
}

void waitq_wake(struct waitq *q, u32 nr_exclusive, u64 key)
{
	u64 flags = spin_lock_irqsave(&q->lock);

	waitq_wake_locked(q, nr_exclusive, key);
	spin_unlock_irqrestore(&q->lock, flags);
}
