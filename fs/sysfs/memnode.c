// SPDX-License-Identifier: GPL-2.0-only
/* /sys/devices/system/node: all memory and all processors are one node. */
#include "cpu_impl.h"

#include <tern/lib/fmt.h>
#include <tern/mm/page.h>
#include <tern/mm/vmstat.h>

static bool is_online(u32 cpu, const void *arg)
{
	return cpu_is_online(cpu);
}

static int show_cpulist(struct seqbuf *sb, void *arg)
{
	return sysfs_print_cpu_list(sb, is_online, NULL);
}

static int show_cpumap(struct seqbuf *sb, void *arg)
{
	return sysfs_print_cpu_map(sb, is_online, NULL);
}

/* Ten stands for the node's own memory. */
static int show_distance(struct seqbuf *sb, void *arg)
{
	seqbuf_puts(sb, "10\n");
	return 0;
}

static void line(struct seqbuf *sb, const char *name, u64 pages)
{
	seqbuf_printf(sb, "Node 0 %-15s%8lu kB\n", name, pages * (PAGE_SIZE / 1024));
}

static int show_meminfo(struct seqbuf *sb, void *arg)
{
	struct meminfo mi;

	meminfo_get(&mi);
	line(sb, "MemTotal:", mi.total);
	line(sb, "MemFree:", mi.free);
	line(sb, "MemUsed:", mi.total - min(mi.free, mi.total));
	line(sb, "Active:", mi.active_anon + mi.active_file);
	line(sb, "Inactive:", mi.inactive_anon + mi.inactive_file);
	line(sb, "Active(anon):", mi.active_anon);
	line(sb, "Inactive(anon):", mi.inactive_anon);
	line(sb, "Active(file):", mi.active_file);
	line(sb, "Inactive(file):", mi.inactive_file);
	line(sb, "Unevictable:", mi.unevictable);
	line(sb, "Mlocked:", mi.mlocked);
	line(sb, "Dirty:", mi.dirty);
	line(sb, "Writeback:", mi.writeback);
	line(sb, "FilePages:", mi.cached + mi.buffers);
	line(sb, "Mapped:", mi.mapped);
	line(sb, "AnonPages:", mi.anon);
	line(sb, "Shmem:", mi.shmem);
	line(sb, "KernelStack:", mi.kstack);
	line(sb, "PageTables:", mi.pagetables);
	line(sb, "KReclaimable:", mi.slab_reclaimable);
	line(sb, "Slab:", mi.slab_reclaimable + mi.slab_unreclaimable);
	line(sb, "SReclaimable:", mi.slab_reclaimable);
	line(sb, "SUnreclaim:", mi.slab_unreclaimable);
	return 0;
}

/* With one node every allocation is where it was wanted. */
static int show_numastat(struct seqbuf *sb, void *arg)
{
	s64 n = vmstat_read(VMSTAT_PGALLOC);

	seqbuf_printf(sb, "numa_hit %ld\nnuma_miss 0\nnuma_foreign 0\ninterleave_hit 0\n"
			  "local_node %ld\nother_node 0\n", n, n);
	return 0;
}

static const struct sysattr node_attrs[] = {
	{ .name = "cpulist", .show = show_cpulist },
	{ .name = "cpumap", .show = show_cpumap },
	{ .name = "distance", .show = show_distance },
	{ .name = "meminfo", .show = show_meminfo },
	{ .name = "numastat", .show = show_numastat },
};

static int show_node_list(struct seqbuf *sb, void *arg)
{
	seqbuf_puts(sb, "0\n");
	return 0;
}

static const struct sysattr dir_attrs[] = {
	{ .name = "has_cpu", .show = show_node_list },
	{ .name = "has_memory", .show = show_node_list },
	{ .name = "has_normal_memory", .show = show_node_list },
	{ .name = "online", .show = show_node_list },
	{ .name = "possible", .show = show_node_list },
};

int memnodes_create(struct sysnode *system, struct sysnode *cpus)
{
	struct sysnode *dir = sysfs_dir_create(system, "node"), *node, *cpu;
	char name[16];
	int err;

	if (IS_ERR(dir))
		return (int)PTR_ERR(dir);
	node = sysfs_dir_create(dir, "node0");
	if (IS_ERR(node))
		return (int)PTR_ERR(node);
	err = sysfs_files_create(dir, dir_attrs, ARRAY_SIZE(dir_attrs), NULL);
	if (!err)
		err = sysfs_files_create(node, node_attrs, ARRAY_SIZE(node_attrs), NULL);
	for (u32 i = 0; i < cpu_count_possible && !err; i++) {
		fmt_print(name, sizeof(name), "cpu%u", i);
		cpu = sysfs_dir_find(cpus, name);
		if (!cpu || !cpu_is_online(i))
			continue;
		err = sysfs_link_create(node, name, cpu);
		if (!err)
			err = sysfs_link_create(cpu, "node0", node);
	}
	return err ? err : membanks_create(system, node);
}
