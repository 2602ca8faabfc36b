// SPDX-License-Identifier: GPL-2.0-only
/*
 * Charging pages and slots in swap to control groups. A charged page names its group and what it
 * was charged as in memcg_data and holds a reference on the group until it is
 * freed; that never changes while the page is in use. Counters are hierarchical: a charge
 * that any group above refuses is taken back.
 *
 * A group at its limit gives up pages of its own (reclaim_group()); if none can go, it
 * loses a process (memgroup_oom()); who waits for that goes on above the limit
 * only to die. A page of a file is then charged above the limit: its reader may hold
 * locks that the victim needs.
 *
 * memory.min and memory.low: a group has of its share what its parent has to give; if the
 * groups of one parent want more than it has, each gets its part of it.
 *
 * What is in swap is charged to the group of the page, which gets the page when it comes back.
 */
#include <tern/mm/memgroup.h>

#include <tern/base/bug.h>
#include <tern/base/upcall.h>
#include <tern/base/waitq.h>
#include <tern/mm/slab.h>

#include "reclaim_impl.h"

#define NO_LIMIT	S64_MAX
#define NAP_NS		(10 * 1000000UL)
#define RECLAIM_PAGES	32
#define NAP_SCALE	1024UL
#define HIGH_NAP_MAX_NS	(2000 * 1000000UL)	/* for RECLAIM_PAGES charges at twice memory.high */
#define RECLAIM_TRIES	256
#define ASKED_TRIES	16

u32 memgroup_count;
static struct waitq room_wait = WAITQ_INIT(room_wait);

static_assert((int)MEMSTAT_ANON == MEMKIND_ANON && (int)MEMSTAT_SHMEM == MEMKIND_SHMEM &&
	      (int)MEMSTAT_FILE == MEMKIND_FILE, "kinds are counted by their own number");

struct memgroup *memgroup_create(struct memgroup *parent, struct iogroup *io)
{
	struct memgroup *g = kmem_zalloc(sizeof(*g), ALLOC_KERNEL);

	if (!g)
		return NULL;
	ref_init(&g->refs, 1);
	g->io = io;
	g->max = g->high = g->swap_max = g->swap_high = NO_LIMIT;
	g->parent = parent;
	if (parent)
		ref_get(&parent->refs);
	lruset_init(&g->lru, g);
	__atomic_fetch_add(&memgroup_count, 1, __ATOMIC_RELAXED);
	return g;
}

static void memgroup_free_rcu(struct rcu_job *job)
{
	struct memgroup *g = container_of(job, struct memgroup, rcu);

	lruset_fini(&g->lru);
	iogroup_put(g->io);
	kmem_free(g);
}

void memgroup_put(struct memgroup *g)
{
	struct memgroup *parent;

	while (g && ref_put(&g->refs)) {
		parent = g->parent;
		__atomic_fetch_sub(&memgroup_count, 1, __ATOMIC_RELAXED);
		rcu_defer(&g->rcu, memgroup_free_rcu);
		g = parent;
	}
}

void memgroup_reset(struct memgroup *g)
{
	WRITE_ONCE(g->max, NO_LIMIT);
	WRITE_ONCE(g->high, NO_LIMIT);
	WRITE_ONCE(g->swap_max, NO_LIMIT);
	WRITE_ONCE(g->swap_high, NO_LIMIT);
	for (u32 i = 0; i < MEMGUARDS; i++)
		memgroup_set_guard(g, i, 0);
	WRITE_ONCE(g->kills_all, false);
}

bool memgroup_contains(const struct memgroup *g, const struct memgroup *of)
{
	while (of && of != g)
		of = of->parent;
	return of;
}

void memgroup_event(struct memgroup *g, enum memevent what)
{
	atomic_inc(&g->events_local[what]);
	for (; g; g = g->parent)
		atomic_inc(&g->events[what]);
}

void memgroup_count_fault(bool is_major)
{
	struct memgroup *g = memgroup_self();

	memgroup_count_stat(g, MEMSTAT_PGFAULT, 1);
	if (is_major)
		memgroup_count_stat(g, MEMSTAT_PGMAJFAULT, 1);
	memgroup_put(g);
}

/* ---- memory.min and memory.low ---- */

static void guard_update(struct memgroup *g, struct memguarded *d)
{
	s64 now = min_t(s64, atomic_read(&g->npages), READ_ONCE(d->want)), old = atomic_xchg(&d->used, now);

	if (g->parent && now != old)
		atomic_add(&g->parent->guards[d - g->guards].children, now - old);
}

static inline void guards_update(struct memgroup *g)
{
	for (u32 i = 0; i < MEMGUARDS; i++)
		if (unlikely(READ_ONCE(g->guards[i].want)))
			guard_update(g, &g->guards[i]);
}

void memgroup_set_guard(struct memgroup *g, enum memguard which, s64 pages)
{
	WRITE_ONCE(g->guards[which].want, pages);
	guard_update(g, &g->guards[which]);
}

/* What @g really has of its share, seen from @top. */
static s64 guarded_pages(const struct memgroup *g, const struct memgroup *top, enum memguard which)
{
	const struct memguarded *d = &g->guards[which];
	s64 own, has, asked;

	if (g->parent == top)
		return READ_ONCE(d->want);
	own = min_t(s64, atomic_read(&g->npages), READ_ONCE(d->want));
	has = guarded_pages(g->parent, top, which);
	asked = atomic_read(&g->parent->guards[which].children);
	if (asked <= has || !asked)
		return own;
	return has > S64_MAX / max_t(s64, own, 1) ? own : own * has / asked;
}

bool memgroup_is_guarded(const struct memgroup *g, const struct memgroup *top, enum memguard which)
{
	if (!g || g == top || !READ_ONCE(g->guards[which].want))
		return false;
	return atomic_read(&g->npages) <= guarded_pages(g, top, which);
}

/* ---- limits ---- */

void memgroup_shrink(struct memgroup *g)
{
	s64 over;

	while ((over = atomic_read(&g->npages) - READ_ONCE(g->max)) > 0 && !signal_is_fatal_pending())
		if (!reclaim_group(g, (u64)over, ALLOC_KERNEL))
			break;
}

void memgroup_set_high(struct memgroup *g, s64 pages)
{
	s64 over;

	WRITE_ONCE(g->high, pages);
	while ((over = atomic_read(&g->npages) - pages) > 0 && !signal_is_fatal_pending())
		if (!reclaim_group(g, (u64)over, ALLOC_KERNEL))
			break;
}

int memgroup_reclaim(struct memgroup *g, u64 pages)
{
	u64 got = 0;

	for (u32 tries = 0; got < pages;) {
		u64 n = reclaim_group(g, min_t(u64, pages - got, 1024), ALLOC_KERNEL);

		if (signal_is_fatal_pending())
			return -EINTR;
		got += n;
		if (!n && ++tries == ASKED_TRIES)
			return -EAGAIN;
	}
	return 0;
}

bool memgroup_dirty_over(const struct memgroup *g, u64 percent)
{
	for (; g; g = g->parent) {
		s64 cap = min(READ_ONCE(g->max), READ_ONCE(g->high));
		s64 taken = atomic_read(&g->stats[MEMSTAT_ANON]) + atomic_read(&g->stats[MEMSTAT_SHMEM]);
		s64 waiting = atomic_read(&g->stats[MEMSTAT_DIRTY]) + atomic_read(&g->stats[MEMSTAT_WRITEBACK]);

		if (cap != NO_LIMIT && waiting > RECLAIM_PAGES &&
		    waiting > max_t(s64, cap - taken, 0) / 100 * (s64)percent)
			return true;
	}
	return false;
}

static void note_peak(struct memgroup *g, s64 n)
{
	s64 old = atomic_read(&g->peak);

	while (n > old && !atomic_cas(&g->peak, old, n))
		old = atomic_read(&g->peak);
}

/* NULL, or the group that has no room; @force: all have. */
static struct memgroup *try_charge(struct memgroup *g, bool force)
{
	struct memgroup *up, *u;

	for (up = g; up; up = up->parent) {
		s64 n = atomic_add_return(&up->npages, 1);

		if (n > READ_ONCE(up->max) && !force) {
			for (u = g; u != up->parent; u = u->parent)
				atomic_add(&u->npages, -1);
			return up;
		}
		note_peak(up, n);
		guards_update(up);
	}
	return NULL;
}

static void nap(struct memgroup *g, s64 over, s64 high)
{
	u64 share = min_t(u64, (u64)over * NAP_SCALE / (u64)max_t(s64, high, 1), NAP_SCALE);

	(void)waitq_wait_common(&room_wait, atomic_read(&g->npages) <= READ_ONCE(g->high) &&
				atomic_read(&g->nswap) <= READ_ONCE(g->swap_high),
				THREAD_KILLABLE, false,
				clock_ns() + HIGH_NAP_MAX_NS * share / NAP_SCALE * share / NAP_SCALE);
}

/*
 * Above memory.high a group gives pages back while it takes new ones; what cannot go makes
 * its threads wait, the longer the more it is. Above memory.swap.high they only wait.
 */
static void slow_down(struct memgroup *g)
{
	s64 high = READ_ONCE(g->high), over = atomic_read(&g->npages) - high;
	s64 swap_high = READ_ONCE(g->swap_high), swap_over = atomic_read(&g->nswap) - swap_high;
	bool was_stalled;

	if ((over <= 0 && swap_over <= 0) || atomic_add_return(&g->nover, 1) % RECLAIM_PAGES)
		return;
	was_stalled = memstall_begin();
	if (over > 0) {
		memgroup_event(g, MEMEVENT_HIGH);
		if (!reclaim_group(g, (u64)over, ALLOC_KERNEL))
			nap(g, over, high);
	} else {
		nap(g, swap_over, swap_high);
	}
	memstall_end(was_stalled);
}

/* The victim needs a moment; its pages wake us. */
static void wait_for_victim(struct memgroup *full)
{
	bool was_stalled = memstall_begin();

	(void)waitq_wait_common(&room_wait, atomic_read(&full->npages) < READ_ONCE(full->max),
				THREAD_KILLABLE, false, clock_ns() + NAP_NS);
	memstall_end(was_stalled);
}

/* Room for one page; a page of a file is never waited for. */
static int make_room(struct memgroup *g, enum memkind kind, alloc_flags flags)
{
	bool force = !(flags & (ALLOC_FS | ALLOC_NORETRY));
	struct memgroup *full;
	u32 tries = 0;

	while ((full = try_charge(g, force || signal_is_fatal_pending()))) {
		memgroup_event(full, MEMEVENT_MAX);
		if ((flags & ALLOC_DIRECT) && tries++ < RECLAIM_TRIES &&
		    reclaim_group(full, RECLAIM_PAGES, flags))
			continue;
		if (flags & ALLOC_NORETRY)
			return -ENOMEM;
		if (kind == MEMKIND_FILE && atomic_read(&full->stats[MEMSTAT_DIRTY]) +
		    atomic_read(&full->stats[MEMSTAT_WRITEBACK]) > 0) {
			force = true;
			continue;
		}
		if (!memgroup_oom(full))
			return -ENOMEM;
		if (kind == MEMKIND_FILE)
			force = true;
		else
			wait_for_victim(full);
	}
	return 0;
}

int memgroup_charge_to(struct memgroup *g, struct page *p, enum memkind kind, alloc_flags flags)
{
	if (make_room(g, kind, flags)) {
		memgroup_put(g);
		return -ENOMEM;
	}
	if (flags & ALLOC_FS)
		for (struct memgroup *up = g; up; up = up->parent)
			slow_down(up);
	memgroup_count_stat(g, (enum memstat)kind, 1);
	p->memcg_data = (u64)g | kind;	/* with our reference */
	return 0;
}

int memgroup_charge_slow(struct page *p, enum memkind kind, alloc_flags flags)
{
	struct memgroup *g = memgroup_self();

	return g ? memgroup_charge_to(g, p, kind, flags) : 0;
}

void memgroup_uncharge(struct page *p)
{
	struct memgroup *g = page_memgroup(p), *up;

	memgroup_count_stat(g, (enum memstat)(p->memcg_data & MEMKIND_MASK), -1);
	p->memcg_data = 0;
	for (up = g; up; up = up->parent) {
		atomic_add(&up->npages, -1);
		guards_update(up);
	}
	waitq_wake_if_any(&room_wait);
	memgroup_put(g);
}

/* ---- swap ---- */

bool memgroup_swap_room(const struct memgroup *g)
{
	for (; g; g = g->parent)
		if (atomic_read(&g->nswap) >= READ_ONCE(g->swap_max))
			return false;
	return true;
}

bool memgroup_swap_charge(struct memgroup *g)
{
	struct memgroup *up, *u;

	for (up = g; up; up = up->parent) {
		s64 n = atomic_add_return(&up->nswap, 1);

		if (n > READ_ONCE(up->swap_max)) {
			for (u = g; u != up->parent; u = u->parent)
				atomic_add(&u->nswap, -1);
			memgroup_event(up, MEMEVENT_SWAP_MAX);
			memgroup_event(g, MEMEVENT_SWAP_FAIL);
			return false;
		}
		if (n > READ_ONCE(up->swap_high))
			memgroup_event(up, MEMEVENT_SWAP_HIGH);
	}
	ref_get(&g->refs);
	return true;
}

void memgroup_swap_uncharge(struct memgroup *g)
{
	for (struct memgroup *up = g; up; up = up->parent)
		atomic_add(&up->nswap, -1);
	memgroup_put(g);
}
