// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reclaim lists: an active and an inactive one for pages of files, and for those that
 * only swap can take (anonymous ones, memory objects); such a set for the pages that are charged
 * to no control group, and one in each group. A page has its group before it gets here.
 *
 * A new page waits, with a reference, in its CPU's batch and then goes to the
 * head of the inactive list. A second use moves it to the active list. A page that
 * reclaim finds locked in memory leaves the lists as unevictable and comes back when it is unlocked.
 *
 * Lock order: lru_lock (irqsave) is inside pc->lock and outside zone locks.
 */
#include <asm/cpu.h>

#include "pagecache_impl.h"

#define BATCH	15

struct lru_batch {
	struct page *page[BATCH];
	u32 count;
};
static DEFINE_PERCPU(struct lru_batch, lru_batches);

struct lru_lists lru;

void lru_init(void)
{
	spin_init(&lru.lock, LOCKRANK_LRU);
	list_init(&lru.sets);
	lruset_init(&lru.root, NULL);
}

void lruset_init(struct lruset *set, struct memgroup *g)
{
	u64 flags;

	for (u32 k = 0; k < LRU_KINDS; k++) {
		list_init(&set->lists[k][0]);
		list_init(&set->lists[k][1]);
	}
	set->group = g;
	flags = spin_lock_irqsave(&lru.lock);
	list_add_tail(&set->link, &lru.sets);
	spin_unlock_irqrestore(&lru.lock, flags);
}

void lruset_fini(struct lruset *set)
{
	u64 flags = spin_lock_irqsave(&lru.lock);

	list_del(&set->link);
	spin_unlock_irqrestore(&lru.lock, flags);
}

static const enum vmstat_item counters[LRU_KINDS][2] = {
	[LRU_FILE] = { VMSTAT_INACTIVE_FILE, VMSTAT_ACTIVE_FILE },
	[LRU_ANON] = { VMSTAT_INACTIVE_ANON, VMSTAT_ACTIVE_ANON },
};

static const enum memstat group_counters[LRU_KINDS][2] = {
	[LRU_FILE] = { MEMSTAT_INACTIVE_FILE, MEMSTAT_ACTIVE_FILE },
	[LRU_ANON] = { MEMSTAT_INACTIVE_ANON, MEMSTAT_ACTIVE_ANON },
};

static inline enum lru_kind kind_of(const struct page *p)
{
	return page_flag_test(p, PG_SWAPBACKED) ? LRU_ANON : LRU_FILE;
}

static inline struct lruset *set_of(const struct page *p)
{
	struct memgroup *g = page_memgroup(p);

	return unlikely(g) ? &g->lru : &lru.root;
}

static void count(const struct page *p, struct lruset *set, bool is_active, s64 n)
{
	enum lru_kind kind = kind_of(p);

	set->n[kind][is_active] += (u64)n;
	vmstat_add(counters[kind][is_active], n);
	memgroup_count_page(p, group_counters[kind][is_active], n);
}

void lru_link_locked(struct page *p, bool is_active)
{
	struct lruset *set = set_of(p);

	if (bit_test_and_set(PG_LRU, &p->flags))
		return;
	if (is_active)
		page_flag_set(p, PG_ACTIVE);
	list_add(&p->lru, &set->lists[kind_of(p)][is_active]);
	count(p, set, is_active, 1);
}

void lru_count_unevictable(const struct page *p, s64 n)
{
	vmstat_add(VMSTAT_UNEVICTABLE, n);
	memgroup_count_page(p, MEMSTAT_UNEVICTABLE, n);
}

void lru_unlink_locked(struct page *p)
{
	bool is_active = page_flag_test(p, PG_ACTIVE);

	list_unlink(&p->lru);
	p->lru.next = NULL;
	__atomic_fetch_and(&p->flags, ~(BIT(PG_LRU) | BIT(PG_ACTIVE)), __ATOMIC_SEQ_CST);
	count(p, set_of(p), is_active, -1);
}

static void batch_flush(struct lru_batch *b)
{
	struct page *pages[BATCH];
	u32 n = b->count;

	for (u32 i = 0; i < n; i++)
		pages[i] = b->page[i];
	b->count = 0;
	spin_lock(&lru.lock);
	for (u32 i = 0; i < n; i++)
		lru_link_locked(pages[i], false);
	spin_unlock(&lru.lock);
	for (u32 i = 0; i < n; i++)
		page_put(pages[i]);
}

void lru_add(struct page *page)
{
	page_get(page);
	lru_add_new(page);
}

void lru_add_new(struct page *page)
{
	struct lru_batch *b;
	u64 flags = irq_save();

	b = this_cpu_ptr(lru_batches);
	b->page[b->count++] = page;
	if (b->count == BATCH)
		batch_flush(b);
	irq_restore(flags);
}

static void drain_this_cpu(void *unused)
{
	u64 flags = irq_save();

	batch_flush(this_cpu_ptr(lru_batches));
	irq_restore(flags);
}

void lru_drain_local(void)
{
	drain_this_cpu(NULL);
}

void lru_drain_all(void)
{
	smp_call(SMP_CALL_ALL, drain_this_cpu, NULL);
}

void lru_remove_final(struct page *page)
{
	u64 flags = spin_lock_irqsave(&lru.lock);

	if (page_flag_test(page, PG_LRU))
		lru_unlink_locked(page);
	spin_unlock_irqrestore(&lru.lock, flags);
}

void lru_rotate(struct page *page)
{
	u64 flags = spin_lock_irqsave(&lru.lock);

	if (page_flag_test(page, PG_LRU) && !page_flag_test(page, PG_ACTIVE))
		list_move_tail(&page->lru, &set_of(page)->lists[kind_of(page)][0]);
	spin_unlock_irqrestore(&lru.lock, flags);
}

void lru_deactivate(struct page *page)
{
	u64 flags = spin_lock_irqsave(&lru.lock);

	if (page_flag_test(page, PG_LRU) && page_flag_test(page, PG_ACTIVE)) {
		lru_unlink_locked(page);
		lru_link_locked(page, false);
	}
	spin_unlock_irqrestore(&lru.lock, flags);
}

static void activate(struct page *page)
{
	u64 flags = spin_lock_irqsave(&lru.lock);

	if (page_flag_test(page, PG_LRU) && !page_flag_test(page, PG_ACTIVE)) {
		lru_unlink_locked(page);
		lru_link_locked(page, true);
	}
	spin_unlock_irqrestore(&lru.lock, flags);
}

void lru_touch(struct page *page)
{
	u64 f = READ_ONCE(page->flags);

	if (!(f & BIT(PG_REFERENCED))) {
		page_flag_set(page, PG_REFERENCED);
	} else if ((f & (BIT(PG_LRU) | BIT(PG_ACTIVE))) == BIT(PG_LRU)) {
		page_flag_clear(page, PG_REFERENCED);
		activate(page);
	}
}
