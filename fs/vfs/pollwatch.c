// SPDX-License-Identifier: GPL-2.0-only
/* One-shot watches of a file's readiness; see the header. */
#include <tern/fs/pollwatch.h>

static bool claim(struct pollwatch *w)
{
	return !__atomic_exchange_n(&w->claimed, 1, __ATOMIC_ACQ_REL);
}

static bool slot_woken(struct waiter *waiter, u64 key)
{
	struct pollwatch *w = container_of(waiter, struct pollwatch_slot, w)->watch;

	if (key && !(key & w->events))
		return false;
	if (claim(w))
		w->fire(w);
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
	if (!claim(w))
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
	w->nslots = 0;
	w->has_failed = false;
	w->pt = (struct poll_table){ .queue = slot_queue, .events = w->events };
	__atomic_store_n(&w->claimed, 0, __ATOMIC_RELEASE);
	ready = f->of_ops->poll(f, &w->pt) & w->events;
	if (!ready && !w->has_failed && w->nslots)
		return 0;
	if (!claim(w))
		return 0;
	pollwatch_disarm(w);
	return ready ? (int)ready : -EINVAL;
}
