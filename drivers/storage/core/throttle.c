// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests of control groups: whose each is, and those that their group's limit holds back.
 *
 * A request belongs to the group that its pages are charged to (a file's pages may be written by
 * anybody, later), else to that of the thread that submits it. What has to wait is on one
 * list in the order of its times; a timeout lets it go on.
 */
#include "blk_impl.h"

#include <asm/cpu.h>
#include <tern/base/rcu.h>
#include <tern/base/spin.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/iogroup.h>
#include <tern/kernel/timeout.h>
#include <tern/mm/memgroup.h>

static void release_due(struct timeout *t);

static LIST_HEAD(held);
static struct spin held_lock = SPIN_INIT(LOCKRANK_BLKHELD);	/* protects the list */
static struct timeout held_timer = { .fn = release_due };

static void release_due(struct timeout *t)
{
	LIST_HEAD(due);
	struct ioreq *r, *next;
	u64 now = clock_ns(), flags = spin_lock_irqsave(&held_lock);

	list_foreach_safe(r, next, &held, link) {
		if (r->start_ns > now) {
			timeout_arm(t, r->start_ns);
			break;
		}
		list_move_tail(&r->link, &due);
	}
	spin_unlock_irqrestore(&held_lock, flags);
	list_foreach_safe(r, next, &due, link) {
		list_del(&r->link);
		ioreq_begin(r);
	}
}

static void hold(struct ioreq *r, u64 when)
{
	u64 flags = spin_lock_irqsave(&held_lock);
	struct list *at;

	r->start_ns = when;
	for (at = held.prev; at != &held; at = at->prev)
		if (list_entry(at, struct ioreq, link)->start_ns <= when)
			break;
	list_add(&r->link, at);
	if (held.next == &r->link)
		timeout_arm(&held_timer, when);
	spin_unlock_irqrestore(&held_lock, flags);
}

static struct iogroup *owner_of(const struct ioreq *r)
{
	struct memgroup *m = r->nsegs ? page_memgroup(r->segs[0].page) : NULL;

	if (m)
		return m->io;
	/* An interrupt borrows some thread's identity. */
	return in_interrupt() ? NULL : iogroup_self();
}

static enum iokind kind_of(const struct ioreq *r)
{
	if (r->op == IOREQ_READ)
		return IOKIND_READ;
	return r->op == IOREQ_DISCARD ? IOKIND_DISCARD : IOKIND_WRITE;
}

bool blkthrottle_hold(struct ioreq *r)
{
	struct iogroup *g;
	u64 when = 0;

	rcu_read_lock();
	g = owner_of(r);
	if (g)
		when = iogroup_charge(g, r->dev->disk->whole->number, kind_of(r), r->nsectors << SECTOR_SHIFT);
	rcu_read_unlock();
	if (likely(!when))
		return false;
	hold(r, when);
	return true;
}
