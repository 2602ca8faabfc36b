// SPDX-License-Identifier: GPL-2.0-only
/*
 * Plugs: a thread's ioreqs gathered, put in order of sectors and sent together, so that
 * neighbours become one command. What cannot be reordered with effect (flushes) never gets here.
 */
#include "blk_impl.h"

#include <asm/cpu.h>
#include <tern/fs/vnode.h>
#include <tern/kernel/thread.h>

#define PLUG_MAX	64u

static struct blkplug *active_plug(void)
{
	struct sleephook *h = thread_self()->t_sleephook;

	return h ? container_of(h, struct blkplug, hook) : NULL;
}

static bool goes_before(const struct ioreq *a, const struct ioreq *b)
{
	return a->dev->disk == b->dev->disk && a->op == b->op && a->abs_sector < b->abs_sector;
}

static void send(struct blkplug *p)
{
	LIST_HEAD(reqs);

	list_splice_tail_init(&p->reqs, &reqs);
	p->count = 0;
	ioreq_enqueue_list(&reqs);
}

bool blkplug_add(struct ioreq *r)
{
	struct blkplug *p;
	struct list *at;

	/* Not from interrupts: they borrow some thread's identity. */
	if (in_interrupt())
		return false;
	p = active_plug();
	if (!p)
		return false;
	/* Insertion sort from the end: most come in order. Same ranges keep their order. */
	for (at = p->reqs.prev; at != &p->reqs; at = at->prev)
		if (!goes_before(r, list_entry(at, struct ioreq, link)))
			break;
	list_add(&r->link, at);
	if (++p->count >= PLUG_MAX)
		send(p);
	return true;
}

static void before_sleep(struct sleephook *h)
{
	struct blkplug *p = container_of(h, struct blkplug, hook);

	if (p->count)
		send(p);
}

void blkplug_begin(struct blkplug *p)
{
	struct thread *t = thread_self();

	list_init(&p->reqs);
	p->count = 0;
	p->hook.before = before_sleep;
	p->is_active = !t->t_sleephook;
	if (p->is_active)
		t->t_sleephook = &p->hook;
}

void blkplug_end(struct blkplug *p)
{
	if (!p->is_active)
		return;
	thread_self()->t_sleephook = NULL;
	p->is_active = false;
	if (p->count)
		send(p);
}

void blkplug_read_ahead(struct pagecache *pc, u64 index, u32 n)
{
	u64 end = ((u64)vnode_size(pc->vnode) + PAGE_SIZE - 1) >> PAGE_SHIFT;
	struct blkplug plug;

	if (index >= end)
		return;
	blkplug_begin(&plug);
	pagecache_read_ahead_pages(pc, index, (u32)min_t(u64, n, end - index));
	blkplug_end(&plug);
}
