// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page allocator's front: fast path from the per-CPU lists, fallback from
 * zone to zone, and what happens when memory is short.
 *
 * Short memory, in order: wake the reclaim thread below the low mark, dip to
 * the minimum mark, let urgent callers into the reserve, reclaim directly,
 * give the per-CPU lists back, and at last let oom_kill() choose a victim. Who is part of
 * reclaim (thread_set_memalloc()) may take the last page, to write others out.
 * A caller that may not sleep gets NULL at the point where sleeping begins.
 *
 * Limits: one node. Blocks above order 3 are never worth a kill.
 */
#include <tern/base/upcall.h>
#include <tern/base/waitq.h>
#include <tern/mm/aspace.h>
#include <tern/svc/fault.h>

#include "mm_impl.h"
#include "reclaim_impl.h"

#define COSTLY_ORDER	3
#define RETRY_MAX	16
#define ALLOC_FAULTS	(BIT(FAULT_ALLOC_FRAME) | BIT(FAULT_ALLOC_USER_FRAME))

static inline struct memzone *zone_preferred(alloc_flags flags)
{
	if (unlikely(flags & ALLOC_DMA32) || !zones[ZONE_NORMAL].managed)
		return &zones[ZONE_DMA32];
	return &zones[ZONE_NORMAL];
}

static struct page *try_zones(u32 order, alloc_flags flags, enum watermark wm)
{
	for (u32 id = zone_preferred(flags)->id; id >= ZONE_DMA32; id--) {
		struct memzone *z = &zones[id];
		struct page *p;

		if (!z->managed)
			continue;
		p = order < PCP_ORDERS ? pcp_alloc(z, order, wm) : buddy_take(z, order, wm);
		if (p)
			return p;
	}
	return NULL;
}

static enum watermark watermark_of(alloc_flags flags)
{
	const struct aspace *as = aspace_self();

	if (!in_interrupt() && ((as && as->oom_victim) || thread_is_memalloc()))
		return WM_NONE;
	return flags & ALLOC_HIGH ? WM_RESERVE : WM_MIN;
}

static bool may_kill(u32 order, alloc_flags flags)
{
	return order <= COSTLY_ORDER && !(flags & ALLOC_NORETRY) && (flags & ALLOC_FS) && !signal_is_fatal_pending();
}

/* A page that came back meanwhile, or NULL and a victim; *is_over: there is nobody left to die. */
static struct page *alloc_killing(u32 order, alloc_flags flags, u32 *naps, bool *is_over)
{
	struct page *p;

	*is_over = false;
	if (!oom_begin(naps))
		return NULL;
	p = try_zones(order, flags, watermark_of(flags));
	if (!p)
		*is_over = !oom_kill(1UL << order);
	oom_end();
	return p;
}

static struct page *alloc_reclaiming(u32 order, alloc_flags flags)
{
	u32 fruitless = 0, naps = 0;
	bool is_over = false;

	for (;;) {
		u64 got = reclaim_direct(order, flags);
		struct page *p;

		if (order || !got)
			pcp_drain_all();
		p = try_zones(order, flags, watermark_of(flags));
		if (p || is_over)
			return p;
		if (got && ++fruitless < RETRY_MAX)
			continue;
		fruitless = 0;
		if (may_kill(order, flags))
			p = alloc_killing(order, flags, &naps, &is_over);
		else if (!(flags & ALLOC_NOFAIL))
			return NULL;
		if (p)
			return p;
		if (flags & ALLOC_NOFAIL)
			is_over = false;
		if (!is_over)
			oom_nap();
	}
}

static struct page *alloc_slow(u32 order, alloc_flags flags)
{
	struct page *p = try_zones(order, flags, WM_LOW);

	if (p)
		return p;
	if (flags & ALLOC_KSWAPD)
		reclaim_wake();
	p = try_zones(order, flags, watermark_of(flags));
	/* Reclaim itself does not wait for reclaim. */
	if (p || !(flags & ALLOC_DIRECT) || in_atomic() || !irq_is_enabled() || thread_is_memalloc())
		return p;
	return alloc_reclaiming(order, flags);
}

static __noinline bool alloc_must_fail(alloc_flags flags)
{
	if (flags & ALLOC_NOFAIL)
		return false;
	return fault_inject(flags & (ALLOC_USER & ~ALLOC_KERNEL) ? FAULT_ALLOC_USER_FRAME :
								   FAULT_ALLOC_FRAME);
}

struct page *page_alloc(u32 order, alloc_flags flags)
{
	struct page *p = NULL;

	if (fault_any_armed(ALLOC_FAULTS) && alloc_must_fail(flags))
		return NULL;
	if (likely(order < PCP_ORDERS))
		p = pcp_alloc(zone_preferred(flags), order, WM_LOW);
	if (unlikely(!p)) {
		if (order > BUDDY_ORDER_MAX)
			return NULL;
		p = alloc_slow(order, flags);
		if (!p)
			return NULL;
	}
	page_prepare(p, order, flags);
	return p;
}

u32 page_alloc_bulk(u32 n, struct page **out, alloc_flags flags)
{
	u32 got = 0;

	if (!fault_any_armed(ALLOC_FAULTS))
		got = pcp_alloc_many(zone_preferred(flags), out, n);
	for (u32 i = 0; i < got; i++)
		page_prepare(out[i], 0, flags);
	for (; got < n; got++) {
		out[got] = page_alloc(0, flags);
		if (!out[got])
			break;
	}
	return got;
}

void *page_alloc_kva(u32 order, alloc_flags flags)
{
	struct page *p = page_alloc(order, flags);

	return p ? page_to_virt(p) : NULL;
}

void page_free_kva(void *va, u32 order)
{
	if (va)
		page_free(virt_to_page(va), order);
}

/*
 * A lock-free reader may hold a passing reference; then the first page goes
 * when that reader lets go and only the rest goes now.
 */
void page_free(struct page *page, u32 order)
{
	if (likely(atomic_dec_and_test(&page->refcount))) {
		page_release(page, order);
	} else if (!page_flag_test(page, PG_HEAD)) {
		while (order-- > 0)
			page_release(page + (1UL << order), order);
	}
}
