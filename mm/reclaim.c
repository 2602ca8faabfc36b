// SPDX-License-Identifier: GPL-2.0-only
/*
 * Getting memory back: page cache from the lists, then caches that registered
 * a shrinker, then empty slabs.
 *
 * A pass isolates pages from the tail of the inactive list and judges each
 * under its lock: used since the last look -> active; dirty or under I/O -> back
 * (the flusher is told); mapped -> unmapped; then the reference count is frozen
 * and the page freed. The active list is aged when it outgrows the other.
 *
 * One reclaim thread works from the low to the high mark; an allocation that
 * finds the minimum mark reached does a pass itself. Neither allocates memory.
 *
 * Limits: anonymous and memory file pages stay: there is no swap.
 *
 * Lock order: shrinker_lock (sleeping) outermost; page lock > pc->lock > lru.lock.
 */
#include <tern/base/upcall.h>
#include <tern/base/waitq.h>
#include <tern/mm/reclaim.h>

#include "pagecache_impl.h"

#define SCAN_BATCH	32
#define PRIORITY_MAX	12

static struct waitq kswapd_wait = WAITQ_INIT(kswapd_wait);
static u32 kswapd_wanted;
u64 vm_cache_pressure = 100;
static LIST_HEAD(shrinkers);
/* protects the registry; held for reading while a shrinker runs */
static struct rwsem shrinker_lock = RWSEM_INIT(shrinker_lock, LOCKRANK_NONE);

enum verdict { PAGE_KEEP, PAGE_ACTIVATE, PAGE_LOCKED_IN, PAGE_FREED };

/* Locked and with our reference. Frees it or says where it goes. */
static enum verdict judge(struct page *p)
{
	bool locked_in = false;

	if (!p->mapping || page_is_anon(p))
		return PAGE_KEEP;
	if (page_flag_test(p, PG_WRITEBACK))
		return PAGE_KEEP;
	if (page_is_mapped(p)) {
		if (rmap_test_young(p, &locked_in))
			return PAGE_ACTIVATE;
		if (locked_in)
			return PAGE_LOCKED_IN;
		if (!rmap_unmap_page(p))
			return PAGE_KEEP;
	} else if (bit_test_and_clear(PG_REFERENCED, &p->flags)) {
		return PAGE_KEEP;
	}
	if (page_flag_test(p, PG_DIRTY)) {
		writeback_kick();
		return PAGE_KEEP;
	}
	if (page_flag_test(p, PG_PRIVATE) && !p->mapping->ops->release_page(p->mapping, p))
		return PAGE_KEEP;
	return pagecache_remove_frozen(p) ? PAGE_FREED : PAGE_KEEP;
}

static void put_back(struct page *p, enum verdict v)
{
	u64 flags = spin_lock_irqsave(&lru.lock);

	if (v == PAGE_LOCKED_IN) {
		if (!bit_test_and_set(PG_UNEVICTABLE, &p->flags))
			vmstat_add(VMSTAT_UNEVICTABLE, 1);
	} else {
		lru_link_locked(p, v == PAGE_ACTIVATE);
	}
	spin_unlock_irqrestore(&lru.lock, flags);
	page_put(p);
}

/* A locked-in page may leave again: it goes back to the lists. */
void lru_rescue(struct page *p)
{
	if (bit_test_and_clear(PG_UNEVICTABLE, &p->flags)) {
		vmstat_add(VMSTAT_UNEVICTABLE, -1);
		lru_add(p);
	}
}

static u32 isolate(struct list *from, struct page **out, u32 n)
{
	u64 flags = spin_lock_irqsave(&lru.lock);
	u32 got = 0;

	while (got < n && !list_is_empty(from)) {
		struct page *p = list_last_entry(from, struct page, lru);

		if (!page_get_unless_zero(p)) {
			/* Being freed: its owner unlinks it; look at another meanwhile. */
			list_move(&p->lru, from);
			break;
		}
		lru_unlink_locked(p);
		out[got++] = p;
	}
	spin_unlock_irqrestore(&lru.lock, flags);
	return got;
}

static u32 shrink_inactive(void)
{
	struct page *pages[SCAN_BATCH];
	u32 n = isolate(&lru.inactive, pages, SCAN_BATCH), freed = 0;

	vmstat_add(VMSTAT_PGSCAN, n);
	for (u32 i = 0; i < n; i++) {
		struct page *p = pages[i];
		enum verdict v = PAGE_KEEP;

		if (page_trylock(p)) {
			v = judge(p);
			if (v == PAGE_FREED) {
				p->flags &= ~BIT(PG_LOCKED);
				page_release(p, 0);
				freed++;
				continue;
			}
			page_unlock(p);
		}
		put_back(p, v);
	}
	vmstat_add(VMSTAT_PGSTEAL, freed);
	return freed;
}

static void age_active(void)
{
	struct page *pages[SCAN_BATCH];
	u32 n;

	if (vmstat_read(VMSTAT_ACTIVE_FILE) <= vmstat_read(VMSTAT_INACTIVE_FILE))
		return;
	n = isolate(&lru.active, pages, SCAN_BATCH);
	for (u32 i = 0; i < n; i++) {
		page_flag_clear(pages[i], PG_REFERENCED);
		put_back(pages[i], PAGE_KEEP);
	}
}

static u64 shrink_lists(u64 want)
{
	u64 freed = 0, scanned = 0;
	u64 limit = vmstat_read(VMSTAT_ACTIVE_FILE) + vmstat_read(VMSTAT_INACTIVE_FILE);

	while (freed < want && scanned < limit + SCAN_BATCH) {
		age_active();
		freed += shrink_inactive();
		scanned += SCAN_BATCH;
	}
	return freed;
}

static u64 run_shrinkers(u32 priority)
{
	struct cacheshrinker *s;
	u64 freed = 0;

	rwsem_read_lock(&shrinker_lock);
	list_foreach(s, &shrinkers, link) {
		u64 n = (s->count(s) >> priority) * READ_ONCE(vm_cache_pressure) / 100;

		if (n)
			freed += s->scan(s, n);
	}
	rwsem_read_unlock(&shrinker_lock);
	return freed;
}

/* One pass; @priority falls from PRIORITY_MAX to 0 as it gets urgent. */
static u64 reclaim_pass(u64 want, alloc_flags flags, u32 priority)
{
	u64 freed = shrink_lists(want);

	if (freed < want && (flags & ALLOC_FS)) {
		u64 objects = run_shrinkers(priority);

		/* Objects free pages by way of whole slabs. */
		if (objects) {
			slab_shrink_all();
			freed += objects / 16 + 1;
		}
	}
	return freed;
}

u64 reclaim_direct(u32 order, alloc_flags flags)
{
	u64 want = max(1UL << order, 32UL), freed = 0;

	might_sleep();
	reclaim_wake();
	lru_drain_all();
	for (s32 priority = PRIORITY_MAX; priority >= 0 && freed < want; priority -= 3) {
		freed += reclaim_pass(want - freed, flags, priority);
		if (signal_is_fatal_pending())
			break;
	}
	return freed;
}

u64 reclaim_drop_caches(u32 what)
{
	u64 n = 0, got;

	might_sleep();
	if (what & 1) {
		lru_drain_all();
		for (u32 round = 0; round < 4; round++)
			n += shrink_lists(U64_MAX >> 1);
	}
	if (what & 2) {
		do {
			got = run_shrinkers(0);
			n += got;
		} while (got > 10);
		slab_shrink_all();
	}
	return n;
}

/* ---- the thread ---- */
void reclaim_wake(void)
{
	if (READ_ONCE(kswapd_wanted))
		return;
	WRITE_ONCE(kswapd_wanted, 1);
	waitq_wake_if_any(&kswapd_wait);
}

static void balance(void)
{
	u32 fruitless = 0;

	if (!buddy_below(0, WM_LOW))
		return;
	lru_drain_all();
	while (buddy_below(0, WM_HIGH) && fruitless < 3) {
		if (reclaim_pass(SCAN_BATCH * 4, ALLOC_KERNEL, PRIORITY_MAX - 4 * fruitless))
			fruitless = 0;
		else
			fruitless++;
	}
}

static int kswapd(void *unused)
{
	for (;;) {
		waitq_wait(&kswapd_wait, READ_ONCE(kswapd_wanted));
		/* Before the work: what comes meanwhile is not lost. */
		WRITE_ONCE(kswapd_wanted, 0);
		smp_mb();
		kva_reap_deferred();
		balance();
	}
	return 0;
}

void reclaim_start(void)
{
	struct thread *t = kthread_start(kswapd, NULL, "kswapd0");

	VERIFY(!IS_ERR(t));
}

void shrinker_register(struct cacheshrinker *s)
{
	VERIFY(s->count && s->scan);
	rwsem_write_lock(&shrinker_lock);
	list_add_tail(&s->link, &shrinkers);
	rwsem_write_unlock(&shrinker_lock);
}

void shrinker_unregister(struct cacheshrinker *s)
{
	rwsem_write_lock(&shrinker_lock);
	list_del(&s->link);
	rwsem_write_unlock(&shrinker_lock);
}
