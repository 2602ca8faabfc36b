// SPDX-License-Identifier: GPL-2.0-only
/* /sys/devices/system/cpu: C libraries count processors by it, lscpu shows it. */
#include "cpu_impl.h"

#include <asm/bugs.h>
#include <tern/base/initcall.h>
#include <tern/kernel/sched.h>
#include <tern/lib/fmt.h>

int sysfs_print_cpu_list(struct seqbuf *sb, seq_chooser is_in, const void *arg)
{
	seqbuf_ranges(sb, cpu_count_possible, is_in, arg);
	return 0;
}

int sysfs_print_cpu_map(struct seqbuf *sb, seq_chooser is_in, const void *arg)
{
	seqbuf_bitmap(sb, cpu_count_possible, is_in, arg);
	return 0;
}

static bool is_online(u32 cpu, const void *arg)
{
	return cpu_is_online(cpu);
}

static bool is_possible(u32 cpu, const void *arg)
{
	return true;
}

static bool is_offline(u32 cpu, const void *arg)
{
	return !cpu_is_online(cpu);
}

static int show_online(struct seqbuf *sb, void *arg)
{
	return sysfs_print_cpu_list(sb, is_online, NULL);
}

static int show_possible(struct seqbuf *sb, void *arg)
{
	return sysfs_print_cpu_list(sb, is_possible, NULL);
}

static int show_offline(struct seqbuf *sb, void *arg)
{
	return sysfs_print_cpu_list(sb, is_offline, NULL);
}

static int show_kernel_max(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "%d\n", CPUSET_BITS - 1);
	return 0;
}

/* "ven0000fam0006mod003A:feature:,0000,0003,": what udev and modprobe match. */
static int show_modalias(struct seqbuf *sb, void *arg)
{
	const struct cpu_info *ci = &cpu_boot_info;

	seqbuf_printf(sb, "cpu:type:x86,ven%04Xfam%04Xmod%04X:feature:",
		      ci->vendor_is_intel ? 0 : ci->vendor_is_amd ? 2 : 0xffff, ci->family, ci->model);
	for (u32 i = 0; i < CPU_FEATURE_WORDS * 32; i++)
		if (ci->caps[i / 32] >> (i % 32) & 1)
			seqbuf_printf(sb, ",%04X", i);
	seqbuf_putc(sb, '\n');
	return 0;
}

static const struct sysattr cpu_attrs[] = {
	{ .name = "kernel_max", .show = show_kernel_max },
	{ .name = "modalias", .show = show_modalias },
	{ .name = "offline", .show = show_offline },
	{ .name = "online", .show = show_online },
	{ .name = "possible", .show = show_possible },
	{ .name = "present", .show = show_possible },
};

/* ---- smt/ ---- */

static bool has_siblings(void)
{
	const struct cpu_info *ci = &cpu_boot_info;

	return ci->cores && ci->siblings > ci->cores;
}

static int show_smt_active(struct seqbuf *sb, void *arg)
{
	seqbuf_puts(sb, has_siblings() ? "1\n" : "0\n");
	return 0;
}

static int show_smt_control(struct seqbuf *sb, void *arg)
{
	seqbuf_puts(sb, has_siblings() ? "on\n" : "notsupported\n");
	return 0;
}

static const struct sysattr smt_attrs[] = {
	{ .name = "active", .show = show_smt_active },
	{ .name = "control", .show = show_smt_control },
};

/* ---- vulnerabilities/ ---- */

static int show_bug(struct seqbuf *sb, void *arg)
{
	const struct cpubug *bug = arg;

	seqbuf_printf(sb, "%s\n", bug->state());
	return 0;
}

static int bugs_create(struct sysnode *cpus)
{
	static struct sysattr attrs[CPUBUG_COUNT];
	struct sysnode *dir = sysfs_dir_create(cpus, "vulnerabilities");
	int err = IS_ERR(dir) ? (int)PTR_ERR(dir) : 0;

	for (u32 i = 0; i < CPUBUG_COUNT && !err; i++) {
		attrs[i] = (struct sysattr){ .name = cpubugs[i].name, .show = show_bug };
		err = sysfs_file_create(dir, &attrs[i], (void *)&cpubugs[i]);
	}
	return err;
}

/* A directory below @parent with files. */
static int subdir(struct sysnode *parent, const char *name, const struct sysattr *a, u32 n)
{
	struct sysnode *dir = sysfs_dir_create(parent, name);

	return IS_ERR(dir) ? (int)PTR_ERR(dir) : sysfs_files_create(dir, a, n, NULL);
}

static int cpu_dirs_start(void)
{
	struct sysnode *system = sysfs_dir_create(sysfs_devices, "system"), *dir, *one;
	char name[16];
	int err;

	if (IS_ERR(system))
		return PTR_ERR(system);
	dir = sysfs_dir_create(system, "cpu");
	if (IS_ERR(dir))
		return PTR_ERR(dir);
	err = sysfs_files_create(dir, cpu_attrs, ARRAY_SIZE(cpu_attrs), NULL);
	if (!err)
		err = subdir(dir, "smt", smt_attrs, ARRAY_SIZE(smt_attrs));
	if (!err)
		err = bugs_create(dir);
	for (u32 cpu = 0; cpu < cpu_count_possible && !err; cpu++) {
		fmt_print(name, sizeof(name), "cpu%u", cpu);
		one = sysfs_dir_create(dir, name);
		err = IS_ERR(one) ? (int)PTR_ERR(one) : 0;
		if (!err && cpu_is_online(cpu))
			err = cputopo_create(one, cpu);
	}
	return err ? err : memnodes_create(system, dir);
}
INITCALL(FS, cpu_dirs_start);
