/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory accounting: per-CPU counters that add up to /proc/meminfo. Owner mm/vmstat.c. */
#pragma once

#include <asm/percpu.h>
#include <tern/base/types.h>

enum vmstat_item {
	VMSTAT_FREE, VMSTAT_FILE, VMSTAT_ANON, VMSTAT_SHMEM, VMSTAT_MAPPED, VMSTAT_SLAB_RECLAIMABLE,
	VMSTAT_SLAB_UNRECLAIMABLE, VMSTAT_KSTACK, VMSTAT_PAGETABLE, VMSTAT_DIRTY, VMSTAT_WRITEBACK,
	VMSTAT_ACTIVE_ANON, VMSTAT_INACTIVE_ANON, VMSTAT_ACTIVE_FILE, VMSTAT_INACTIVE_FILE,
	VMSTAT_SWAPCACHED, VMSTAT_UNEVICTABLE, VMSTAT_MLOCKED, VMSTAT_KVA, VMSTAT_PERCPU, VMSTAT_COMMITTED,
	VMSTAT_ENDING,		/* address spaces that are being unmapped for good */
	/* event counts */
	VMSTAT_PGFAULT, VMSTAT_PGMAJFAULT, VMSTAT_PGALLOC, VMSTAT_PGFREE, VMSTAT_PGSTEAL,
	VMSTAT_PGSCAN, VMSTAT_PSWPIN, VMSTAT_PSWPOUT, VMSTAT_OOM_KILL,
	VMSTAT_COUNT,
};

DECLARE_PERCPU(s64, vmstat_cells[VMSTAT_COUNT]);

/** vmstat_add() - pages (or events) by @delta, on this CPU: one instruction. Context: any. */
static __always_inline void vmstat_add(enum vmstat_item item, s64 delta)
{
	this_cpu_add(vmstat_cells[item], delta);
}
/** vmstat_read() - sum over CPUs, never negative. VMSTAT_FREE is read from the allocator. */
s64 vmstat_read(enum vmstat_item item);

struct meminfo {	/* all in pages */
	u64 total, free, available, buffers, cached, swap_cached, active_anon, inactive_anon,
	    active_file, inactive_file, unevictable, mlocked, swap_total, swap_free, dirty, writeback,
	    anon, mapped, shmem, slab_reclaimable, slab_unreclaimable, kstack, pagetables, commit_limit,
	    committed, kva_used, percpu;
};
void meminfo_get(struct meminfo *mi);

/* One zone as /proc/zoneinfo and buddyinfo show it; numbers in pages, blocks by order. */
struct zoneinfo {
	const char *name;
	u64 start, end, managed, free, wm_min, wm_low, wm_high, blocks[11];
};
/** zoneinfo_get() - the @n-th zone, from 0; false past the last. */
bool zoneinfo_get(u32 n, struct zoneinfo *out);
/** page_pfn_end() - one past the last frame of memory. */
u64 page_pfn_end(void);
/** page_report_mapcount() - how often programs map a frame; 0 if it is no memory. */
u64 page_report_mapcount(u64 pfn);
/** page_report_flags() - KPF_* bits, as /proc/kpageflags has them. */
u64 page_report_flags(u64 pfn);
/** vm_min_free_kib() / vm_set_min_free_kib() - memory kept for the kernel; -EINVAL if too much. */
u64 vm_min_free_kib(void);
int vm_set_min_free_kib(u64 kib);
