// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much may be dirty: who writes is held up when too much of memory waits for disks.
 *
 * Above the background limit the flusher is woken; above the hard limit a writer waits until enough
 * was written. Both are shares of the memory that could be page cache, or absolute
 * numbers of bytes (vm.dirty_*). A control group with a limit is held to the same shares of that.
 */
#include <tern/base/upcall.h>
#include <tern/base/waitq.h>
#include <tern/mm/memgroup.h>
#include <tern/mm/vmstat.h>

#include "pagecache_impl.h"

#define KICK_AGAIN_NS	(1000 * 1000000UL)

struct dirty_settings dirty_settings = {
	.ratio = 20, .background_ratio = 10, .expire_cs = 3000, .interval_cs = 500,
};

static struct waitq throttled = WAITQ_INIT(throttled);

static u64 dirtyable(void)
{
	return page_count_free() + (u64)vmstat_read(VMSTAT_ACTIVE_FILE) +
	       (u64)vmstat_read(VMSTAT_INACTIVE_FILE);
}

static u64 limit_of(u64 bytes, u64 ratio, u64 all)
{
	return bytes ? DIV_ROUND_UP(bytes, PAGE_SIZE) : all * ratio / 100;
}

static u64 waiting_pages(void)
{
	return (u64)vmstat_read(VMSTAT_DIRTY) + (u64)vmstat_read(VMSTAT_WRITEBACK);
}

static u64 hard_limit(void)
{
	return max(limit_of(dirty_settings.bytes, dirty_settings.ratio, dirtyable()), 32UL);
}

bool dirty_over_background(void)
{
	return waiting_pages() > limit_of(dirty_settings.background_bytes, dirty_settings.background_ratio,
					  dirtyable());
}

void dirty_written(void)
{
	if (unlikely(!waitq_is_empty(&throttled)))
		waitq_wake_all(&throttled);
}

/* A group with a limit of its own may have the same share of that to write. */
static void balance_group(void)
{
	struct memgroup *g = memgroup_self();

	if (memgroup_dirty_over(g, dirty_settings.background_ratio))
		writeback_kick();
	/* A kick is for what is dirty now: others of the group may go on through mappings. */
	while (memgroup_dirty_over(g, dirty_settings.ratio) && !signal_is_fatal_pending()) {
		writeback_kick();
		(void)waitq_wait_common(&throttled, !memgroup_dirty_over(g, dirty_settings.ratio),
					THREAD_KILLABLE, false, clock_ns() + KICK_AGAIN_NS);
	}
	memgroup_put(g);
}

void dirty_balance(void)
{
	if (unlikely(READ_ONCE(memgroup_count)))
		balance_group();
	if (likely(!dirty_over_background()))
		return;
	writeback_kick();
	if (waiting_pages() <= hard_limit())
		return;
	/* A fatal signal ends the wait: the caller is about to stop writing. */
	(void)waitq_wait_killable(&throttled, waiting_pages() <= hard_limit());
}
