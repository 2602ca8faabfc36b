// SPDX-License-Identifier: GPL-2.0-only
/* /sys/devices/system/cpu: C libraries count processors by it. */
#include "sysfs_impl.h"

#include <asm/cpu.h>
#include <tern/base/initcall.h>
#include <tern/kernel/sched.h>
#include <tern/lib/fmt.h>

/* "0-2,5": the CPUs for which @is_in holds. */
static int print_cpus(struct seqbuf *sb, bool (*is_in)(u32 cpu))
{
	bool is_first = true;

	for (u32 i = 0; i < cpu_count_possible; i++) {
		u32 end = i;

		if (!is_in(i))
			continue;
		while (end + 1 < cpu_count_possible && is_in(end + 1))
			end++;
		seqbuf_printf(sb, "%s%u", is_first ? "" : ",", i);
		if (end > i)
			seqbuf_printf(sb, "-%u", end);
		is_first = false;
		i = end;
	}
	seqbuf_putc(sb, '\n');
	return 0;
}

static bool is_possible(u32 cpu)
{
	return true;
}

static bool is_offline(u32 cpu)
{
	return !cpu_is_online(cpu);
}

static int show_online(struct seqbuf *sb, void *arg)
{
	return print_cpus(sb, cpu_is_online);
}

static int show_possible(struct seqbuf *sb, void *arg)
{
	return print_cpus(sb, is_possible);
}

static int show_offline(struct seqbuf *sb, void *arg)
{
	return print_cpus(sb, is_offline);
}

static int show_kernel_max(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "%d\n", CPUSET_BITS - 1);
	return 0;
}

static const struct sysattr cpu_attrs[] = {
	{ .name = "kernel_max", .show = show_kernel_max },
	{ .name = "offline", .show = show_offline },
	{ .name = "online", .show = show_online },
	{ .name = "possible", .show = show_possible },
	{ .name = "present", .show = show_possible },
};

static int cpu_dirs_start(void)
{
	struct sysnode *system = sysfs_dir_create(sysfs_devices, "system"), *dir;
	char name[16];
	int err;

	if (IS_ERR(system))
		return PTR_ERR(system);
	dir = sysfs_dir_create(system, "cpu");
	if (IS_ERR(dir))
		return PTR_ERR(dir);
	for (u32 i = 0; i < ARRAY_SIZE(cpu_attrs); i++) {
		err = sysfs_file_create(dir, &cpu_attrs[i], NULL);
		if (err)
			return err;
	}
	for_each_possible_cpu(cpu) {
		fmt_print(name, sizeof(name), "cpu%u", cpu);
		if (IS_ERR(sysfs_dir_create(dir, name)))
			return -ENOMEM;
	}
	return 0;
}
INITCALL(FS, cpu_dirs_start);
