// SPDX-License-Identifier: GPL-2.0-only
/* meminfo, vmstat, slabinfo. */
#include "procfs_impl.h"

#include <asm/page.h>
#include <tern/mm/vmstat.h>

static void line(struct seqbuf *sb, const char *name, u64 pages)
{
	seqbuf_printf(sb, "%-16s%8lu kB\n", name, pages * (PAGE_SIZE / 1024));
}

static void print_meminfo(struct seqbuf *sb, void *arg)
{
	struct meminfo mi;

	meminfo_get(&mi);
	line(sb, "MemTotal:", mi.total);
	line(sb, "MemFree:", mi.free);
	line(sb, "MemAvailable:", mi.available);
	line(sb, "Buffers:", mi.buffers);
	line(sb, "Cached:", mi.cached);
	line(sb, "SwapCached:", mi.swap_cached);
	line(sb, "Active:", mi.active_anon + mi.active_file);
	line(sb, "Inactive:", mi.inactive_anon + mi.inactive_file);
	line(sb, "Active(anon):", mi.active_anon);
	line(sb, "Inactive(anon):", mi.inactive_anon);
	line(sb, "Active(file):", mi.active_file);
	line(sb, "Inactive(file):", mi.inactive_file);
	line(sb, "Unevictable:", mi.unevictable);
	line(sb, "Mlocked:", mi.mlocked);
	line(sb, "SwapTotal:", mi.swap_total);
	line(sb, "SwapFree:", mi.swap_free);
	line(sb, "Dirty:", mi.dirty);
	line(sb, "Writeback:", mi.writeback);
	line(sb, "AnonPages:", mi.anon);
	line(sb, "Mapped:", mi.mapped);
	line(sb, "Shmem:", mi.shmem);
	line(sb, "KReclaimable:", mi.slab_reclaimable);
	line(sb, "Slab:", mi.slab_reclaimable + mi.slab_unreclaimable);
	line(sb, "SReclaimable:", mi.slab_reclaimable);
	line(sb, "SUnreclaim:", mi.slab_unreclaimable);
	line(sb, "KernelStack:", mi.kstack);
	line(sb, "PageTables:", mi.pagetables);
	line(sb, "CommitLimit:", mi.commit_limit);
	line(sb, "Committed_AS:", mi.committed);
	seqbuf_printf(sb, "%-15s%8lu kB\n", "VmallocTotal:", (KVA_END - KVA_BASE) / 1024);
	line(sb, "VmallocUsed:", mi.kva_used);
	line(sb, "Percpu:", mi.percpu);
}
static struct procfile meminfo_file = { .path = "meminfo", .print = print_meminfo };
PROCFILE(meminfo_file);

static const struct { const char *name; enum vmstat_item item; } vmstat_rows[] = {
	{ "nr_free_pages", VMSTAT_FREE },
	{ "nr_inactive_anon", VMSTAT_INACTIVE_ANON },
	{ "nr_active_anon", VMSTAT_ACTIVE_ANON },
	{ "nr_inactive_file", VMSTAT_INACTIVE_FILE },
	{ "nr_active_file", VMSTAT_ACTIVE_FILE },
	{ "nr_unevictable", VMSTAT_UNEVICTABLE },
	{ "nr_mlock", VMSTAT_MLOCKED },
	{ "nr_slab_reclaimable", VMSTAT_SLAB_RECLAIMABLE },
	{ "nr_slab_unreclaimable", VMSTAT_SLAB_UNRECLAIMABLE },
	{ "nr_anon_pages", VMSTAT_ANON },
	{ "nr_mapped", VMSTAT_MAPPED },
	{ "nr_file_pages", VMSTAT_FILE },
	{ "nr_dirty", VMSTAT_DIRTY },
	{ "nr_writeback", VMSTAT_WRITEBACK },
	{ "nr_shmem", VMSTAT_SHMEM },
	{ "nr_page_table_pages", VMSTAT_PAGETABLE },
	{ "pswpin", VMSTAT_PSWPIN },
	{ "pswpout", VMSTAT_PSWPOUT },
	{ "pgalloc_normal", VMSTAT_PGALLOC },
	{ "pgfree", VMSTAT_PGFREE },
	{ "pgfault", VMSTAT_PGFAULT },
	{ "pgmajfault", VMSTAT_PGMAJFAULT },
	{ "pgsteal_kswapd", VMSTAT_PGSTEAL },
	{ "pgscan_kswapd", VMSTAT_PGSCAN },
	{ "oom_kill", VMSTAT_OOM_KILL },
};

static void print_vmstat(struct seqbuf *sb, void *arg)
{
	for (u32 i = 0; i < ARRAY_SIZE(vmstat_rows); i++)
		seqbuf_printf(sb, "%s %ld\n", vmstat_rows[i].name, vmstat_read(vmstat_rows[i].item));
}
static struct procfile vmstat_file = { .path = "vmstat", .print = print_vmstat };
PROCFILE(vmstat_file);

static void print_slabinfo(struct seqbuf *sb, void *arg)
{
	struct objcache_info i;

	seqbuf_puts(sb, "slabinfo - version: 2.1\n"
		    "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab>"
		    " : tunables <limit> <batchcount> <sharedfactor>"
		    " : slabdata <active_slabs> <num_slabs> <sharedavail>\n");
	for (u32 n = 0; objcache_next_info(n, &i) && !sb->is_full; n++)
		seqbuf_printf(sb, "%-17s %6lu %6lu %6lu %4lu %4lu : tunables %4u %4u %4u"
			      " : slabdata %6lu %6lu %6u\n", i.name, i.in_use, i.objects, i.stride,
			      i.per_slab, i.pages_per_slab, 0, 0, 0, i.slabs, i.slabs, 0);
}
static struct procfile slabinfo_file = { .path = "slabinfo", .mode = 0400, .print = print_slabinfo };
PROCFILE(slabinfo_file);
