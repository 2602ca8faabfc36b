// SPDX-License-Identifier: GPL-2.0-only
/*
 * Charging pages to control groups. A charged page names its group in
 * memcg_data (bit 0: shared memory) and holds a reference on it until it is
 * freed. Counters are hierarchical: a charge that any group above refuses is
 * taken back. A group at its limit swaps out pages of its own; if none can go, it
 * loses a process (memgroup_oom()); who waits for that goes on above the limit
 * only to die. What is in swap is charged to nobody; who brings it back pays.
 */
#include <tern/mm/memgroup.h>

#include <tern/base/bug.h>
#include <tern/base/upcall.h>
#include <tern/base/waitq.h>
#include <tern/mm/slab.h>

#include "reclaim_impl.h"

#define NO_LIMIT	S64_MAX
#define SHARED_BIT	1UL
#define NAP_NS		(10 * 1000000UL)
#define RECLAIM_PAGES	32
#define NAP_SCALE	1024UL
#define HIGH_NAP_MAX_NS	(2000 * 1000000UL)	/* for RECLAIM_PAGES charges at twice memory.high */
#define RECLAIM_TRIES	256

u32 memgroup_count;
static struct waitq room_wait = WAITQ_INIT(room_wait);

struct memgroup *memgroup_create(struct memgroup *parent)
{
	struct memgroup *g = kmem_zalloc(sizeof(*g), ALLOC_KERNEL);

	if (!g)
		return NULL;
	ref_init(&g->refs, 1);
	g->max = g->high = NO_LIMIT;
	g->parent = parent;
	if (parent)
		ref_get(&parent->refs);
	__atomic_fetch_add(&memgroup_count, 1, __ATOMIC_RELAXED);
	return g;
}

static void memgroup_free_rcu(struct rcu_job *job)
{
	kmem_free(container_of(job, struct memgroup, rcu));
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
	WRITE_ONCE(g->kills_all, false);
}

bool memgroup_contains(const struct memgroup *g, const struct memgroup *of)
{
	while (of && of != g)
		of = of->parent;
	return of;
}

void memgroup_shrink(struct memgroup *g)
{
	s64 over;

	while ((over = atomic_read(&g->npages) - READ_ONCE(g->max)) > 0 && !signal_is_fatal_pending())
		if (!reclaim_group(g, (u64)over))
			break;
}

static void note_peak(struct memgroup *g, s64 n)
{
	s64 old = atomic_read(&g->peak);

	while (n > old && !atomic_cas(&g->peak, old, n))
		old = atomic_read(&g->peak);
}

static void count(struct memgroup *g, bool is_shared, s64 n)
{
	for (; g; g = g->parent)
		atomic_add(is_shared ? &g->nshmem : &g->nanon, n);
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
	}
	return NULL;
}

/*
 * Above memory.high a group gives pages back while it takes new ones; what cannot go makes
 * its threads wait, the longer the more it is.
 */
static void slow_down(struct memgroup *g)
{
	s64 high = READ_ONCE(g->high), over = atomic_read(&g->npages) - high;
	bool was_stalled;
	u64 share;

	if (over <= 0 || atomic_add_return(&g->nover, 1) % RECLAIM_PAGES)
		return;
	atomic_inc(&g->highs);
	was_stalled = memstall_begin();
	if (!reclaim_group(g, (u64)over)) {
		share = min_t(u64, (u64)over * NAP_SCALE / (u64)max_t(s64, high, 1), NAP_SCALE);
		(void)waitq_wait_common(&room_wait, atomic_read(&g->npages) <= READ_ONCE(g->high),
					THREAD_KILLABLE, false,
					clock_ns() + HIGH_NAP_MAX_NS * share / NAP_SCALE * share / NAP_SCALE);
	}
	memstall_end(was_stalled);
}

int memgroup_charge_slow(struct page *p, bool is_shared)
{
	struct memgroup *g = memgroup_self(), *full, *up;
	bool was_stalled;
	u32 tries = 0;

	if (!g)
		return 0;
	while ((full = try_charge(g, signal_is_fatal_pending()))) {
		atomic_inc(&full->hits);
		if (tries++ < RECLAIM_TRIES && reclaim_group(full, RECLAIM_PAGES))
			continue;
		if (!memgroup_oom(full)) {
			memgroup_put(g);
			return -ENOMEM;
		}
		/* The victim needs a moment; its pages wake us. */
		was_stalled = memstall_begin();
		(void)waitq_wait_common(&room_wait, atomic_read(&full->npages) < READ_ONCE(full->max),
					THREAD_KILLABLE, false, clock_ns() + NAP_NS);
		memstall_end(was_stalled);
	}
	for (up = g; up; up = up->parent)
		slow_down(up);
	count(g, is_shared, 1);
	atomic_inc(&g->nfaults);
	p->memcg_data = (u64)g | (is_shared ? SHARED_BIT : 0);	/* with our reference */
	return 0;
}

void memgroup_uncharge(struct page *p)
{
	struct memgroup *g = (struct memgroup *)(p->memcg_data & ~SHARED_BIT), *up;

	count(g, p->memcg_data & SHARED_BIT, -1);
	p->memcg_data = 0;
	for (up = g; up; up = up->parent)
		atomic_add(&up->npages, -1);
	waitq_wake_if_any(&room_wait);
	memgroup_put(g);
}
