// SPDX-License-Identifier: GPL-2.0-only
/*
 * Getting memory back: pages from the lists, then caches that registered
 * a shrinker, then empty slabs.
 *
 * A pass takes the sets of lists in turn (those of the group that it is for, and below, or all),
 * from each so much as is its part of the pages; groups below memory.min are left alone,
 * those below memory.low as long as others have something.
 *
 * It isolates pages from the tail of an inactive list and judges each
 * under its lock: used since the last look -> active; under I/O -> back; a dirty one of
 * a file -> back (the flusher is told); mapped -> unmapped; then the reference count is frozen
 * and the page freed. The active list is aged when it outgrows the other.
 *
 * A page with nothing but swap behind it first gets a slot and is written; its users'
 * entries name the slot from then on. When the write has ended it goes to the tail of its
 * list and the next look frees it. vm.swappiness weighs such pages against those of files.
 *
 * One reclaim thread works from the low to the high mark; an allocation that
 * finds the minimum mark reached does a pass itself. Who reclaims may use the last pages
 * (thread_set_memalloc()): a swap device may need some to take others. Only when nothing can be
 * freed and no write is under way that will free something does the OOM killer choose.
 *
 * Lock order: shrinker_lock (sleeping) outermost; page lock > pc->lock > lru.lock.
 */
#include <tern/base/upcall.h>
#include <tern/base/waitq.h>
#include <tern/mm/memgroup.h>
#include <tern/mm/reclaim.h>

#include "pagecache_impl.h"
#include "swap_impl.h"

#define SCAN_BATCH	32
#define PRIORITY_MAX	12
#define WRITE_NAP_NS	(100 * 1000000UL)
#define SWAPPINESS_ALL	200u
#define SET_BATCHES	16u

static struct waitq kswapd_wait = WAITQ_INIT(kswapd_wait);
static u32 kswapd_wanted;
u64 vm_cache_pressure = 100;
static LIST_HEAD(shrinkers);
/* protects the registry; held for reading while a shrinker runs */
static struct rwsem shrinker_lock = RWSEM_INIT(shrinker_lock, LOCKRANK_NONE);

/* PAGE_WRITTEN: unlocked, on its way to swap. */
enum verdict { PAGE_KEEP, PAGE_ACTIVATE, PAGE_LOCKED_IN, PAGE_FREED, PAGE_WRITTEN };

/* What one caller wants, and the writes it gathers. */
struct scan {
	alloc_flags flags;
	struct memgroup *group;		/* only its pages; NULL: all */
	bool ignore_use;		/* asked for by name: used or not */
	bool ignore_low;		/* nothing else is left */
	bool passed_low;		/* a group was spared for its memory.low */
	u32 swap_credit;		/* batches of files that anonymous pages let pass */
	u32 nwriting;			/* pages seen whose write has not ended */
	u32 ndirty;			/* of files, which the flusher was told of */
	struct swap_batch batch;
};

/* Mapped: is it to stay. PAGE_FREED: no, it is mapped no more. */
static enum verdict judge_mapped(struct scan *s, struct page *p)
{
	bool locked_in = false, young = rmap_test_young(p, &locked_in);

	if (young && !s->ignore_use)
		return PAGE_ACTIVATE;
	if (locked_in)
		return PAGE_LOCKED_IN;
	return rmap_unmap_page(p) ? PAGE_FREED : PAGE_KEEP;
}

static bool may_swap(const struct scan *s)
{
	return (s->flags & ALLOC_IO) && swap_is_available();
}

/* An anonymous page gets a slot; false: there is none, or somebody else uses the page. */
static bool give_slot(struct page *p)
{
	swapent e;

	/* Ours, the entries'; more is a device or a pipe at work. */
	if (atomic_read(&p->refcount) != atomic_read(&p->mapcount) + 2)
		return false;
	e = swap_alloc(page_memgroup(p));
	if (!e.v)
		return false;
	if (swapcache_add(p, e, false)) {
		swap_free_unused(e);
		return false;
	}
	page_flag_set(p, PG_DIRTY);
	return true;
}

/* In the swap cache and mapped nowhere: free it, or write it first. */
static enum verdict judge_swapcache(struct scan *s, struct page *p)
{
	if (swapcache_try_del(p)) {
		/* Its users are gone: we hold the last reference, or whoever else has one does. */
		return PAGE_KEEP;
	}
	if (page_flag_test(p, PG_DIRTY)) {
		if (!(s->flags & ALLOC_IO))
			return PAGE_KEEP;
		swap_batch_add(&s->batch, p);
		return PAGE_WRITTEN;
	}
	return swapcache_del_frozen(p) ? PAGE_FREED : PAGE_KEEP;
}

/* A page with nothing but swap behind it. */
static enum verdict judge_swapbacked(struct scan *s, struct page *p)
{
	if (!page_flag_test(p, PG_UPTODATE))
		return PAGE_KEEP;
	if (!page_is_swapcache(p) && !may_swap(s))
		return PAGE_ACTIVATE;
	if (!page_is_mapped(p) && !s->ignore_use && bit_test_and_clear(PG_REFERENCED, &p->flags))
		return PAGE_KEEP;
	if (page_is_mapped(p)) {
		bool locked_in = false;

		if (rmap_test_young(p, &locked_in) && !s->ignore_use)
			return PAGE_ACTIVATE;
		if (locked_in)
			return PAGE_LOCKED_IN;
		if (page_is_anon(p) && !page_is_swapcache(p) && !give_slot(p))
			return PAGE_ACTIVATE;
		if (!rmap_unmap_page(p))
			return PAGE_KEEP;
	}
	if (!page_is_swapcache(p) && (!p->mapping || page_is_anon(p) || shmem_swap_out(p)))
		return PAGE_KEEP;
	return judge_swapcache(s, p);
}

/* Locked and with our reference. Frees it or says where it goes. */
static enum verdict judge(struct scan *s, struct page *p)
{
	enum verdict v;

	if (page_flag_test(p, PG_WRITEBACK)) {
		s->nwriting++;
		return PAGE_KEEP;
	}
	if (page_flag_test(p, PG_SWAPBACKED))
		return judge_swapbacked(s, p);
	if (!p->mapping || page_is_anon(p))
		return PAGE_KEEP;
	if (page_is_mapped(p)) {
		v = judge_mapped(s, p);
		if (v != PAGE_FREED)
			return v;
	} else if (bit_test_and_clear(PG_REFERENCED, &p->flags) && !s->ignore_use) {
		return PAGE_KEEP;
	}
	if (page_flag_test(p, PG_DIRTY)) {
		s->ndirty++;
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
			lru_count_unevictable(p, 1);
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
		lru_count_unevictable(p, -1);
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

/* Off the lists, with our reference each; freed or back on them. */
static u32 judge_all(struct scan *s, struct page **pages, u32 n)
{
	u32 freed = 0;

	for (u32 i = 0; i < n; i++) {
		struct page *p = pages[i];
		enum verdict v = PAGE_KEEP;

		if (page_trylock(p)) {
			v = judge(s, p);
			if (v == PAGE_FREED) {
				memgroup_count_page(p, MEMSTAT_PGSTEAL, 1);
				p->flags &= ~BIT(PG_LOCKED);
				page_release(p, 0);
				freed++;
				continue;
			}
			if (v != PAGE_WRITTEN)
				page_unlock(p);
		}
		put_back(p, v);
	}
	vmstat_add(VMSTAT_PGSTEAL, freed);
	return freed;
}

static u32 shrink_inactive(struct scan *s, struct lruset *set, enum lru_kind kind)
{
	struct page *pages[SCAN_BATCH];
	u32 n = isolate(&set->lists[kind][0], pages, SCAN_BATCH);

	vmstat_add(VMSTAT_PGSCAN, n);
	memgroup_count_stat(set->group, MEMSTAT_PGSCAN, n);
	return judge_all(s, pages, n);
}

static void age_active(struct lruset *set, enum lru_kind kind)
{
	struct page *pages[SCAN_BATCH];
	u32 n;

	if (READ_ONCE(set->n[kind][1]) <= READ_ONCE(set->n[kind][0]))
		return;
	n = isolate(&set->lists[kind][1], pages, SCAN_BATCH);
	for (u32 i = 0; i < n; i++) {
		page_flag_clear(pages[i], PG_REFERENCED);
		put_back(pages[i], PAGE_KEEP);
	}
}

static u64 list_total(enum lru_kind kind)
{
	return kind == LRU_ANON ? vmstat_read(VMSTAT_ACTIVE_ANON) + vmstat_read(VMSTAT_INACTIVE_ANON) :
				  vmstat_read(VMSTAT_ACTIVE_FILE) + vmstat_read(VMSTAT_INACTIVE_FILE);
}

static u64 set_total(const struct lruset *set, enum lru_kind kind)
{
	return READ_ONCE(set->n[kind][0]) + READ_ONCE(set->n[kind][1]);
}

/* Pages that wait to be freed after their write count, whatever is left of swap. */
static bool swap_helps(const struct scan *s, const struct memgroup *g)
{
	return (s->flags & ALLOC_IO) &&
	       ((swap_is_available() && memgroup_swap_room(g)) || vmstat_read(VMSTAT_SWAPCACHED));
}

/* Whose turn it is: batches in the ratio of swappiness to what is left of 200. */
static enum lru_kind next_kind(struct scan *s, const struct lruset *set)
{
	u32 swappiness = READ_ONCE(vm_swappiness);

	if (!swap_helps(s, set->group) || !set_total(set, LRU_ANON))
		return LRU_FILE;
	if (s->group ? !set_total(set, LRU_FILE) : list_total(LRU_FILE) < buddy_low_pages())
		return LRU_ANON;
	s->swap_credit += swappiness;
	if (s->swap_credit < SWAPPINESS_ALL)
		return LRU_FILE;
	s->swap_credit -= SWAPPINESS_ALL;
	return LRU_ANON;
}

/* lru.lock held. May @s take from the set; it has something, and its group's share is kept. */
static bool is_eligible(struct scan *s, const struct lruset *set)
{
	if (s->group && !memgroup_contains(s->group, set->group))
		return false;
	if (!set_total(set, LRU_FILE) && !set_total(set, LRU_ANON))
		return false;
	if (!set->group)
		return true;
	if (memgroup_is_guarded(set->group, s->group, MEMGUARD_MIN))
		return false;
	if (!memgroup_is_guarded(set->group, s->group, MEMGUARD_LOW))
		return true;
	s->passed_low = true;
	if (s->ignore_low)
		memgroup_event(set->group, MEMEVENT_LOW);
	return s->ignore_low;
}

/* The next set in turn, with a reference on its group; NULL: there is none. */
static struct lruset *next_set(struct scan *s)
{
	u64 flags = spin_lock_irqsave(&lru.lock);
	struct lruset *set, *found = NULL;

	list_foreach(set, &lru.sets, link) {
		if (!is_eligible(s, set) || (set->group && !ref_get_unless_zero(&set->group->refs)))
			continue;
		list_move_tail(&set->link, &lru.sets);
		found = set;
		break;
	}
	spin_unlock_irqrestore(&lru.lock, flags);
	return found;
}

/* Pages in which @s can look. */
static u64 scan_total(const struct scan *s)
{
	u64 n;

	if (!s->group)
		return list_total(LRU_FILE) + (swap_is_available() ? list_total(LRU_ANON) : 0);
	n = (u64)atomic_read(&s->group->stats[MEMSTAT_INACTIVE_FILE]) +
	    (u64)atomic_read(&s->group->stats[MEMSTAT_ACTIVE_FILE]);
	if (swap_helps(s, s->group))
		n += (u64)atomic_read(&s->group->stats[MEMSTAT_INACTIVE_ANON]) +
		     (u64)atomic_read(&s->group->stats[MEMSTAT_ACTIVE_ANON]);
	return n;
}

/* One visit: as many batches as are the set's part of @total. Pages looked at. */
static u64 shrink_set(struct scan *s, struct lruset *set, u64 total, u64 want, u64 *freed)
{
	u64 own = set_total(set, LRU_FILE) + set_total(set, LRU_ANON);
	u32 batches = 1 + (u32)min_t(u64, own * SET_BATCHES / max(total, 1UL), SET_BATCHES);
	u64 scanned = 0;

	while (batches-- && *freed < want && s->batch.nstarted < want * 2) {
		enum lru_kind kind = next_kind(s, set);

		age_active(set, kind);
		*freed += shrink_inactive(s, set, kind);
		scanned += SCAN_BATCH;
	}
	return scanned;
}

static u64 shrink_lists(struct scan *s, u64 want)
{
	u64 freed = 0, scanned = 0, total = scan_total(s);
	struct lruset *set;

	while (freed < want && scanned < total + SCAN_BATCH && s->batch.nstarted < want * 2) {
		set = next_set(s);
		if (!set && s->passed_low && !s->ignore_low) {
			s->ignore_low = true;
			continue;
		}
		if (!set)
			break;
		scanned += shrink_set(s, set, total, want, &freed);
		memgroup_put(set->group);
	}
	swap_batch_flush(&s->batch);
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
static u64 reclaim_pass(struct scan *s, u64 want, u32 priority)
{
	u64 freed = shrink_lists(s, want);

	if (freed < want && (s->flags & ALLOC_FS)) {
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
	bool was_stalled;
	bool was = thread_set_memalloc(true);

	might_sleep();
	was_stalled = memstall_begin();
	reclaim_wake();
	lru_drain_all();
	for (s32 priority = PRIORITY_MAX; priority >= 0 && freed < want; priority -= 3) {
		struct scan s = { .flags = flags };

		freed += reclaim_pass(&s, want - freed, priority);
		if (signal_is_fatal_pending())
			break;
		/* What is being written will be free: that is progress, and worth a wait. */
		if (freed < want && (flags & ALLOC_IO) && list_total(LRU_ANON)) {
			if (s.batch.nstarted || s.nwriting || vmstat_read(VMSTAT_SWAPCACHED))
				writeback_wait_some(WRITE_NAP_NS);
			freed += s.batch.nstarted + s.nwriting;
		}
	}
	memstall_end(was_stalled);
	thread_set_memalloc(was);
	return freed;
}

u64 reclaim_group(struct memgroup *g, u64 want, alloc_flags flags)
{
	struct scan s = { .flags = flags, .group = g };
	bool was = thread_set_memalloc(true);
	u64 freed = 0;

	lru_drain_all();
	/* Writes end; as long as some of the group's pages are on their way there is hope. */
	for (u32 fruitless = 0; fruitless < 3 && !signal_is_fatal_pending();) {
		s.nwriting = s.ndirty = 0;
		freed = shrink_lists(&s, want);
		if (freed)
			break;
		if (s.nwriting || s.ndirty || s.batch.nstarted)
			writeback_wait_some(WRITE_NAP_NS);
		if (!s.nwriting)
			fruitless++;
	}
	thread_set_memalloc(was);
	return freed + s.batch.nstarted;
}

/* Off its list, with a reference of ours; false: it is on none now. */
static bool isolate_page(struct page *p)
{
	u64 flags = spin_lock_irqsave(&lru.lock);
	bool ok = page_flag_test(p, PG_LRU);

	if (ok)
		lru_unlink_locked(p);
	spin_unlock_irqrestore(&lru.lock, flags);
	return ok;
}

void reclaim_pages(struct page **pages, u32 n)
{
	struct scan s = { .flags = ALLOC_KERNEL, .ignore_use = true };
	bool was = thread_set_memalloc(true);
	u32 got = 0;

	lru_drain_all();
	for (u32 i = 0; i < n; i++) {
		if (isolate_page(pages[i]))
			pages[got++] = pages[i];
		else
			page_put(pages[i]);
	}
	(void)judge_all(&s, pages, got);
	swap_batch_flush(&s.batch);
	thread_set_memalloc(was);
}

u64 reclaim_drop_caches(u32 what)
{
	u64 n = 0, got;

	might_sleep();
	if (what & 1) {
		lru_drain_all();
		for (u32 round = 0; round < 4; round++) {
			struct scan s = { .flags = ALLOC_FS };

			n += shrink_lists(&s, U64_MAX >> 2);
		}
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
		struct scan s = { .flags = ALLOC_KERNEL };

		if (reclaim_pass(&s, SCAN_BATCH * 4, PRIORITY_MAX - 4 * fruitless)) {
			fruitless = 0;
		} else if (s.batch.nstarted) {
			writeback_wait_some(WRITE_NAP_NS);
		} else {
			fruitless++;
		}
	}
}

static int kswapd(void *unused)
{
	thread_set_memalloc(true);
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
