// SPDX-License-Identifier: GPL-2.0-only
/*
 * One-shot watches of a file's readiness; see the header. A wake-up comes under a
 * queue's lock, below which hardly anything may be locked: it puts the watch on
 * its CPU's list, and a soft interrupt fires it.
 */
#include <tern/fs/pollwatch.h>

#include <tern/base/initcall.h>
#include <tern/kernel/irq.h>

static DEFINE_PERCPU(struct pollwatch *, fired);	/* C, interrupts off */

enum { WATCH_ARMED, WATCH_CLAIMED, WATCH_ARMING, WATCH_WOKEN /* while it was being armed */ };

static bool change(struct pollwatch *w, u32 from, u32 to)
{
	return __atomic_compare_exchange_n(&w->state, &from, to, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static void fire_all(void)
{
	struct pollwatch *w, *next;
	u64 flags = irq_save();

	w = this_cpu_read(fired);
	this_cpu_write(fired, NULL);
	irq_restore(flags);
	for (; w; w = next) {
		next = w->next;
		w->fire(w);
	}
}

static int pollwatch_start(void)
{
	softirq_register(SOFTIRQ_POLL, fire_all);
	return 0;
}
INITCALL(CORE, pollwatch_start);

/* A queue's lock is held, interrupts are off. */
static bool slot_woken(struct waiter *waiter, u64 key)
{
	struct pollwatch *w = container_of(waiter, struct pollwatch_slot, w)->watch;

	if (key && !(key & w->events))
		return false;
	if (change(w, WATCH_ARMING, WATCH_WOKEN) || !change(w, WATCH_ARMED, WATCH_CLAIMED))
		return false;
	w->next = this_cpu_read(fired);
	this_cpu_write(fired, w);
	softirq_raise(SOFTIRQ_POLL);
	return false;
}

static void slot_queue(struct poll_table *pt, struct ofile *f, struct waitq *q)
{
	struct pollwatch *w = container_of(pt, struct pollwatch, pt);
	struct pollwatch_slot *s = &w->slots[w->nslots];

	if (w->nslots == POLLWATCH_QUEUES) {
		w->has_failed = true;
		return;
	}
	*s = (struct pollwatch_slot){ .q = q, .watch = w, .w = { .fn = slot_woken } };
	w->nslots++;
	waitq_add(q, &s->w);
}

void pollwatch_disarm(struct pollwatch *w)
{
	for (u32 i = 0; i < w->nslots; i++)
		waitq_remove(w->slots[i].q, &w->slots[i].w);
	w->nslots = 0;
}

bool pollwatch_cancel(struct pollwatch *w)
{
	if (!change(w, WATCH_ARMED, WATCH_CLAIMED))
		return false;
	pollwatch_disarm(w);
	return true;
}

int pollwatch_arm(struct pollwatch *w, struct ofile *f, u32 events, void (*fire)(struct pollwatch *w))
{
	u32 ready;

	w->file = f;
	w->events = events | POLLERR | POLLHUP;
	w->fire = fire;
	w->pt = (struct poll_table){ .queue = slot_queue, .events = w->events };
	do {
		w->nslots = 0;
		w->has_failed = false;
		__atomic_store_n(&w->state, WATCH_ARMING, __ATOMIC_RELEASE);
		ready = f->of_ops->poll(f, &w->pt) & w->events;
		if (ready && w->tell) {
			w->tell(w, ready);
			ready = 0;
		}
		if (!ready && !w->has_failed && w->nslots && change(w, WATCH_ARMING, WATCH_ARMED))
			return 0;
		/* Ready, or woken meanwhile, or not to be watched. */
		__atomic_store_n(&w->state, WATCH_CLAIMED, __ATOMIC_RELEASE);
		ready = w->nslots && !w->has_failed ? ready : ready | 1u << 31;
		pollwatch_disarm(w);
	} while (!ready);
	ready &= ~(1u << 31);
	return ready ? (int)ready : -EINVAL;
}
