// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose memory is on its way back, when there is none.
 *
 * A victim is an address space whose users were told to die (oom_kill(), memgroup_oom(), or who
 * allocates while it ends). It is counted from then until its pages were given back. One
 * thread at a time may ask for another victim, and none does as long as a
 * victim has its time, or some address space is being unmapped for good: who had most may be
 * at that, and would no longer be found; the next best may be a shell. A victim that holds on for
 * longer than VICTIM_PATIENCE_NS is not waited for, nor chosen again.
 *
 * Lock order: oom_lock is only tried, from wherever memory may be waited for.
 */
#include <tern/base/lock.h>
#include <tern/base/upcall.h>
#include <tern/base/waitq.h>
#include <tern/mm/aspace.h>
#include <tern/mm/memgroup.h>
#include <tern/mm/vmstat.h>

#include "mm_impl.h"
#include "reclaim_impl.h"

#define NAP_NS			10000000UL
#define ENDING_NAPS_MAX		50u

/* one at a time looks for a victim; victim_since */
static struct kmutex oom_lock = KMUTEX_INIT(oom_lock, LOCKRANK_NONE);
static struct waitq oom_wait = WAITQ_INIT(oom_wait);
static atomic32 nvictims;
static u64 victim_since;	/* R ns of the last one */

void aspace_mark_victim(struct aspace *as, struct memgroup *g)
{
	if (xchg(&as->oom_victim, true))
		return;
	if (g) {
		ref_get(&g->refs);
		as->oom_group = g;
		atomic_inc(&g->nvictims);
	}
	WRITE_ONCE(victim_since, clock_ns());
	atomic_inc(&nvictims);
}

void oom_victim_gone(struct aspace *as)
{
	if (as->oom_group) {
		atomic_dec(&as->oom_group->nvictims);
		memgroup_put(as->oom_group);
	}
	atomic_dec(&nvictims);
	waitq_wake_if_any(&oom_wait);
}

static bool is_on_its_way(u32 *naps)
{
	if (atomic_read(&nvictims) && clock_ns() - READ_ONCE(victim_since) < VICTIM_PATIENCE_NS)
		return true;
	return vmstat_read(VMSTAT_ENDING) && (*naps)++ < ENDING_NAPS_MAX;
}

bool oom_begin(u32 *naps)
{
	if (!kmutex_trylock(&oom_lock))
		return false;
	if (!is_on_its_way(naps))
		return true;
	kmutex_unlock(&oom_lock);
	return false;
}

void oom_end(void)
{
	kmutex_unlock(&oom_lock);
}

void oom_nap(void)
{
	(void)waitq_wait_common(&oom_wait, false, THREAD_KILLABLE, false, clock_ns() + NAP_NS);
}
