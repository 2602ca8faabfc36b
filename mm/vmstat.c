// SPDX-License-Identifier: GPL-2.0-only
/* Memory counters: per-CPU cells, summed by readers. */
#include <asm/cpu.h>
#include <tern/mm/swap.h>
#include <tern/mm/vmstat.h>

#include "mm_impl.h"
#include "reclaim_impl.h"

DEFINE_PERCPU(s64, vmstat_cells[VMSTAT_COUNT]);

s64 vmstat_read(enum vmstat_item item)
{
	s64 n = 0;

	if (item == VMSTAT_FREE)
		return page_count_free();
	for_each_possible_cpu(cpu)
		n += READ_ONCE((*percpu_ptr(vmstat_cells, cpu))[item]);
	return n > 0 ? n : 0;
}

u64 buddy_low_pages(void)
{
	u64 n = 0;

	for (u32 i = 0; i < ZONE_COUNT; i++)
		n += zones[i].wm_low;
	return n;
}

/*
 * What a program could get without swapping: free pages above the marks and
 * the larger part of what reclaim can drop.
 */
static u64 available_pages(const struct meminfo *mi)
{
	u64 low = buddy_low_pages();
	u64 cache = mi->active_file + mi->inactive_file;
	u64 slab = mi->slab_reclaimable;
	u64 n = mi->free > low ? mi->free - low : 0;

	return n + cache - min(cache / 2, low) + slab - min(slab / 2, low);
}

void meminfo_get(struct meminfo *mi)
{
	u64 file = vmstat_read(VMSTAT_FILE), shmem = vmstat_read(VMSTAT_SHMEM);

	*mi = (struct meminfo){
		.total = page_count_total(),
		.free = page_count_free(),
		.cached = file,
		.active_anon = vmstat_read(VMSTAT_ACTIVE_ANON),
		.active_file = vmstat_read(VMSTAT_ACTIVE_FILE),
		.inactive_file = vmstat_read(VMSTAT_INACTIVE_FILE),
		.unevictable = vmstat_read(VMSTAT_UNEVICTABLE),
		.mlocked = vmstat_read(VMSTAT_MLOCKED),
		.dirty = vmstat_read(VMSTAT_DIRTY),
		.writeback = vmstat_read(VMSTAT_WRITEBACK),
		.anon = vmstat_read(VMSTAT_ANON),
		.mapped = vmstat_read(VMSTAT_MAPPED),
		.shmem = shmem,
		.slab_reclaimable = vmstat_read(VMSTAT_SLAB_RECLAIMABLE),
		.slab_unreclaimable = vmstat_read(VMSTAT_SLAB_UNRECLAIMABLE),
		.kstack = vmstat_read(VMSTAT_KSTACK),
		.pagetables = vmstat_read(VMSTAT_PAGETABLE),
		.committed = vmstat_read(VMSTAT_COMMITTED),
		.kva_used = vmstat_read(VMSTAT_KVA),
		.percpu = vmstat_read(VMSTAT_PERCPU),
	};
	mi->inactive_anon = vmstat_read(VMSTAT_INACTIVE_ANON);
	mi->swap_cached = vmstat_read(VMSTAT_SWAPCACHED);
	swap_totals(&mi->swap_total, &mi->swap_free);
	mi->commit_limit = commit_limit_pages();
	mi->available = available_pages(mi);
}
