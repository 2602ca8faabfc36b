// SPDX-License-Identifier: GPL-2.0-only
/*
 * Latches. Opening and passing both happen under the queue's lock: a latch on the
 * waiter's stack may vanish the moment the waiter has passed, so the opener must be
 * done with it by then.
 */
#include <tern/base/lock.h>
#include <tern/kernel/sched.h>
#include <tern/kernel/thread.h>

void latch_init(struct latch *l)
{
	l->done = 0;
	waitq_init(&l->waitq);
}

void latch_open_one(struct latch *l)
{
	u64 flags = spin_lock_irqsave(&l->waitq.lock);

	if (l->done != LATCH_ALL)
		l->done++;
	waitq_wake_locked(&l->waitq, 1, 0);
	spin_unlock_irqrestore(&l->waitq.lock, flags);
}

void latch_open_all(struct latch *l)
{
	u64 flags = spin_lock_irqsave(&l->waitq.lock);

	l->done = LATCH_ALL;
	waitq_wake_locked(&l->waitq, 0, 0);
	spin_unlock_irqrestore(&l->waitq.lock, flags);
}

static bool latch_pass(struct latch *l)
{
	u64 flags = spin_lock_irqsave(&l->waitq.lock);
	bool is_open = l->done != 0;

	if (is_open && l->done != LATCH_ALL)
		l->done--;
	spin_unlock_irqrestore(&l->waitq.lock, flags);
	return is_open;
}

void latch_wait(struct latch *l)
{
	waitq_wait(&l->waitq, latch_pass(l));
}

int latch_wait_killable(struct latch *l)
{
	return latch_pass(l) ? 0 : waitq_wait_common(&l->waitq, latch_pass(l), THREAD_KILLABLE, false,
						     WAIT_FOREVER);
}

int latch_wait_intr(struct latch *l)
{
	return latch_pass(l) ? 0 : waitq_wait_common(&l->waitq, latch_pass(l), THREAD_SLEEPING, false,
						     WAIT_FOREVER);
}

int latch_wait_until(struct latch *l, nsec_t deadline)
{
	return latch_pass(l) ? 0 : waitq_wait_common(&l->waitq, latch_pass(l),
						     THREAD_UNINTERRUPTIBLE, false, deadline);
}
