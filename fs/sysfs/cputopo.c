// SPDX-License-Identifier: GPL-2.0-only
/* cpuN/topology and cpuN/cache: who shares a core, a package, a cache with whom. */
#include "cpu_impl.h"

#include <tern/lib/fmt.h>

#define CACHES_MAX	8

/* A question about one CPU; lives as long as the machine runs. */
struct cputopo {
	u32 cpu;
	u32 ncaches;
	struct cputopo_cache { u32 cpu; struct cpu_cache c; } caches[CACHES_MAX];
};

static const struct cpu_info *info_of(u32 cpu)
{
	return percpu_ptr(cpu_info, cpu);
}

static bool in_package(u32 cpu, const void *arg)
{
	const struct cputopo *t = arg;

	return cpu_is_online(cpu) && info_of(cpu)->package_id == info_of(t->cpu)->package_id;
}

static bool in_core(u32 cpu, const void *arg)
{
	const struct cputopo *t = arg;

	return in_package(cpu, arg) && info_of(cpu)->core_id == info_of(t->cpu)->core_id;
}

static bool in_cache(u32 cpu, const void *arg)
{
	const struct cputopo_cache *k = arg;
	const struct cpu_info *mine = info_of(k->cpu), *other = info_of(cpu);

	if (!cpu_is_online(cpu))
		return false;
	if (k->c.share_shift >= 32)
		return mine->package_id == other->package_id;
	return mine->apic_id >> k->c.share_shift == other->apic_id >> k->c.share_shift;
}

#define CPU_SET_SHOW(id, chooser)							\
	static int show_##id##_map(struct seqbuf *sb, void *arg)			\
	{										\
		return sysfs_print_cpu_map(sb, chooser, arg);				\
	}										\
	static int show_##id##_list(struct seqbuf *sb, void *arg)			\
	{										\
		return sysfs_print_cpu_list(sb, chooser, arg);				\
	}
CPU_SET_SHOW(core, in_core)
CPU_SET_SHOW(package, in_package)
CPU_SET_SHOW(sharing, in_cache)

static int show_package_id(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "%u\n", info_of(((struct cputopo *)arg)->cpu)->package_id);
	return 0;
}

static int show_core_id(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "%u\n", info_of(((struct cputopo *)arg)->cpu)->core_id);
	return 0;
}

/* CPUID leaf 0xb knows no dies: each package is one. */
static int show_die_id(struct seqbuf *sb, void *arg)
{
	seqbuf_puts(sb, "0\n");
	return 0;
}

static const struct sysattr topology_attrs[] = {
	{ .name = "core_cpus", .show = show_core_map },
	{ .name = "core_cpus_list", .show = show_core_list },
	{ .name = "core_id", .show = show_core_id },
	{ .name = "core_siblings", .show = show_package_map },
	{ .name = "core_siblings_list", .show = show_package_list },
	{ .name = "die_cpus", .show = show_package_map },
	{ .name = "die_cpus_list", .show = show_package_list },
	{ .name = "die_id", .show = show_die_id },
	{ .name = "package_cpus", .show = show_package_map },
	{ .name = "package_cpus_list", .show = show_package_list },
	{ .name = "physical_package_id", .show = show_package_id },
	{ .name = "thread_siblings", .show = show_core_map },
	{ .name = "thread_siblings_list", .show = show_core_list },
};

/* ---- cache/indexN ---- */

#define CACHE_NUMBER(id, member, unit)							\
	static int show_##id(struct seqbuf *sb, void *arg)				\
	{										\
		seqbuf_printf(sb, "%u" unit "\n", ((struct cputopo_cache *)arg)->c.member);	\
		return 0;								\
	}
CACHE_NUMBER(level, level, "")
CACHE_NUMBER(line, line_bytes, "")
CACHE_NUMBER(sets, sets, "")
CACHE_NUMBER(ways, ways, "")
CACHE_NUMBER(partitions, partitions, "")
CACHE_NUMBER(size, size_kib, "K")

static int show_type(struct seqbuf *sb, void *arg)
{
	static const char *const names[] = { "", "Data", "Instruction", "Unified" };
	u32 type = ((struct cputopo_cache *)arg)->c.type;

	seqbuf_printf(sb, "%s\n", type < ARRAY_SIZE(names) ? names[type] : "");
	return 0;
}

static int show_cache_id(struct seqbuf *sb, void *arg)
{
	const struct cputopo_cache *k = arg;
	const struct cpu_info *ci = info_of(k->cpu);

	seqbuf_printf(sb, "%u\n", k->c.share_shift >= 32 ? ci->package_id : ci->apic_id >> k->c.share_shift);
	return 0;
}

static const struct sysattr cache_attrs[] = {
	{ .name = "coherency_line_size", .show = show_line },
	{ .name = "id", .show = show_cache_id },
	{ .name = "level", .show = show_level },
	{ .name = "number_of_sets", .show = show_sets },
	{ .name = "physical_line_partition", .show = show_partitions },
	{ .name = "shared_cpu_list", .show = show_sharing_list },
	{ .name = "shared_cpu_map", .show = show_sharing_map },
	{ .name = "size", .show = show_size },
	{ .name = "type", .show = show_type },
	{ .name = "ways_of_associativity", .show = show_ways },
};

static int caches_create(struct sysnode *dir, struct cputopo *t)
{
	struct sysnode *cache = sysfs_dir_create(dir, "cache"), *index;
	char name[16];
	int err = IS_ERR(cache) ? (int)PTR_ERR(cache) : 0;

	for (u32 i = 0; i < t->ncaches && !err; i++) {
		fmt_print(name, sizeof(name), "index%u", i);
		index = sysfs_dir_create(cache, name);
		err = IS_ERR(index) ? (int)PTR_ERR(index) :
			sysfs_files_create(index, cache_attrs, ARRAY_SIZE(cache_attrs), &t->caches[i]);
	}
	return err;
}

int cputopo_create(struct sysnode *dir, u32 cpu)
{
	struct cputopo *t = kmem_zalloc(sizeof(*t), ALLOC_KERNEL);
	struct sysnode *topology;
	int err;

	if (!t)
		return -ENOMEM;
	t->cpu = cpu;
	while (t->ncaches < CACHES_MAX && cpu_cache_get(t->ncaches, &t->caches[t->ncaches].c))
		t->caches[t->ncaches++].cpu = cpu;
	topology = sysfs_dir_create(dir, "topology");
	err = IS_ERR(topology) ? (int)PTR_ERR(topology) :
		sysfs_files_create(topology, topology_attrs, ARRAY_SIZE(topology_attrs), t);
	if (!err && t->ncaches)
		err = caches_create(dir, t);
	return err;	/* on errors too, files that exist refer to t */
}
