// SPDX-License-Identifier: GPL-2.0-only
/*
 * Per-CPU lists of small blocks in front of the buddy allocator.
 *
 * The owner works with preemption off and the busy mark up, interrupts stay
 * on: a handler that finds the mark goes to the buddy lists itself. So the
 * common case is plain loads and stores. Lists are stacks chained through
 * lru.next. A list that grew past its limit gives half back at once.
 */
#include <asm/cpu.h>
#include <tern/base/preempt.h>

#include "mm_impl.h"

struct pcp {
	struct page *head[PCP_ORDERS];
	u32 count[PCP_ORDERS];	/* blocks */
	u32 busy;
};
static DEFINE_PERCPU(struct pcp, pcp_cells[ZONE_COUNT]);

static const u16 pcp_batch[PCP_ORDERS] = { 32, 8, 8, 4 };
static const u16 pcp_limit[PCP_ORDERS] = { 128, 32, 16, 8 };

/* Enter: the mark must be read, not assumed, since we may be a handler. */
static __always_inline struct pcp *pcp_enter(enum zone_id zone)
{
	struct pcp *c;

	preempt_disable();
	c = &(*this_cpu_ptr(pcp_cells))[zone];
	if (unlikely(READ_ONCE(c->busy))) {
		preempt_enable();
		return NULL;
	}
	WRITE_ONCE(c->busy, 1);
	barrier();
	return c;
}

static __always_inline void pcp_leave(struct pcp *c)
{
	barrier();
	WRITE_ONCE(c->busy, 0);
	preempt_enable();
}

static struct page *pcp_refill(struct pcp *c, struct memzone *z, u32 order, enum watermark wm)
{
	struct page *p;

	if (!order) {
		c->count[0] += buddy_take_many(z, pcp_batch[0], wm, &p);
		c->head[0] = p;
		return p;
	}
	for (u32 i = 0; i < pcp_batch[order]; i++) {
		p = buddy_take(z, order, wm);
		if (!p)
			break;
		p->lru.next = (struct list *)c->head[order];
		c->head[order] = p;
		c->count[order]++;
	}
	return c->head[order];
}

struct page *pcp_alloc(struct memzone *z, u32 order, enum watermark wm)
{
	struct pcp *c = pcp_enter(z->id);
	struct page *p;

	if (unlikely(!c))
		return buddy_take(z, order, wm);
	p = c->head[order];
	if (unlikely(!p))
		p = pcp_refill(c, z, order, wm);
	if (likely(p)) {
		c->head[order] = (struct page *)p->lru.next;
		c->count[order]--;
	}
	pcp_leave(c);
	return p;
}

u32 pcp_alloc_many(struct memzone *z, struct page **out, u32 n)
{
	struct pcp *c = pcp_enter(z->id);
	u32 i = 0;

	if (unlikely(!c))
		return 0;
	for (; i < n; i++) {
		struct page *p = c->head[0];

		if (!p && !(p = pcp_refill(c, z, 0, WM_LOW)))
			break;
		c->head[0] = (struct page *)p->lru.next;
		c->count[0]--;
		out[i] = p;
	}
	pcp_leave(c);
	return i;
}

/* Give about half of a list back, in one lock hold for single pages. */
static void pcp_spill(struct pcp *c, struct memzone *z, u32 order, u32 n)
{
	struct page *chain = c->head[order], *last = NULL;
	u32 done = 0;

	for (struct page *p = chain; p && done < n; p = (struct page *)p->lru.next, done++)
		last = p;
	if (!last)
		return;
	c->head[order] = (struct page *)last->lru.next;
	c->count[order] -= done;
	last->lru.next = NULL;
	if (!order) {
		buddy_give_chain(z, chain);
		return;
	}
	while (chain) {
		struct page *next = (struct page *)chain->lru.next;

		buddy_give(chain, order);
		chain = next;
	}
}

void pcp_free(struct page *page, u32 order)
{
	enum zone_id id = page_zone_id(page);
	struct pcp *c = pcp_enter(id);

	if (unlikely(!c)) {
		buddy_give(page, order);
		return;
	}
	page->lru.next = (struct list *)c->head[order];
	c->head[order] = page;
	if (unlikely(++c->count[order] > pcp_limit[order]))
		pcp_spill(c, &zones[id], order, pcp_limit[order] / 2);
	pcp_leave(c);
}

u64 pcp_count(void)
{
	u64 n = 0;

	for_each_possible_cpu(cpu)
		for (u32 z = 0; z < ZONE_COUNT; z++)
			for (u32 o = 0; o < PCP_ORDERS; o++)
				n += (u64)READ_ONCE((*percpu_ptr(pcp_cells, cpu))[z].count[o]) << o;
	return n;
}

/* On the CPU whose lists they are, interrupts off. */
static void pcp_drain_this(void *unused)
{
	for (u32 z = 0; z < ZONE_COUNT; z++) {
		struct pcp *c = pcp_enter(z);

		if (!c)
			continue;
		for (u32 o = 0; o < PCP_ORDERS; o++)
			pcp_spill(c, &zones[z], o, U32_MAX);
		pcp_leave(c);
	}
}

void pcp_drain_all(void)
{
	smp_call(SMP_CALL_ALL, pcp_drain_this, NULL);
}
