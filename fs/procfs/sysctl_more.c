// SPDX-License-Identifier: GPL-2.0-only
/* /proc/sys: what the log, the scheduler, memory and restarting heed. */
#include "procfs_impl.h"

#include <tern/kernel/klog.h>
#include <tern/kernel/sched.h>
#include <tern/mm/reclaim.h>
#include <tern/mm/vmstat.h>

#define SETTING(var, file, ptr, lo, hi)					\
	static struct procint var = { .path = "sys/" file, .value = (ptr),	\
		.min = (u64)(lo), .max = (hi), .width = 8 };		\
	PROCINT(var)

SETTING(dmesg_restrict_int, "kernel/dmesg_restrict", &klog_is_restricted, 0, 1);
SETTING(kptr_restrict_int, "kernel/kptr_restrict", &klog_hide_addresses, 0, 2);
SETTING(panic_on_warn_int, "kernel/panic_on_warn", &panic_on_warn, 0, 1);
SETTING(panic_on_oops_int, "kernel/panic_on_oops", &panic_on_oops, 0, 1);
SETTING(cad_int, "kernel/ctrl-alt-del", &process_cad_restarts, 0, 1);
SETTING(cache_pressure_int, "vm/vfs_cache_pressure", &vm_cache_pressure, 0, 100000);
SETTING(panic_on_oom_int, "vm/panic_on_oom", &oom_panics, 0, 2);
SETTING(oom_self_int, "vm/oom_kill_allocating_task", &oom_kills_asker, 0, 1);

static void print_text(struct seqbuf *sb, void *arg)
{
	seqbuf_puts(sb, arg);
}
static struct procfile arch_file = { .path = "sys/kernel/arch", .print = print_text, .arg = "x86_64\n" };
PROCFILE(arch_file);

/* ---- the reserve ---- */

static void print_min_free(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "%lu\n", vm_min_free_kib());
}

static ssize_t min_free_write(const char *text, size_t n, void *arg)
{
	u64 kib;
	int err = parse_u64(str_trim((char *)text), 0, &kib, NULL);

	if (!err)
		err = vm_set_min_free_kib(kib);
	return err ? -EINVAL : (ssize_t)n;
}
static struct procfile min_free_file = { .path = "sys/vm/min_free_kbytes", .print = print_min_free,
	.write = min_free_write };
PROCFILE(min_free_file);

/* ---- the slice of SCHED_RR ---- */

static void print_rr(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "%lu\n", READ_ONCE(sched_rr_slice_ns) / 1000000);
}

/* Zero or less stands for the default. */
static ssize_t rr_write(const char *text, size_t n, void *arg)
{
	s64 ms;

	if (parse_s64(str_trim((char *)text), 0, &ms, NULL) || ms > 100000)
		return -EINVAL;
	WRITE_ONCE(sched_rr_slice_ns, ms > 0 ? (u64)ms * 1000000 : SCHED_RR_SLICE_DEFAULT);
	return n;
}
static struct procfile rr_file = { .path = "sys/kernel/sched_rr_timeslice_ms", .print = print_rr,
	.write = rr_write };
PROCFILE(rr_file);

/* ---- the share of real-time threads ---- */

static void print_s32(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "%d\n", READ_ONCE(*(s32 *)arg));
}

static ssize_t rt_runtime_write(const char *text, size_t n, void *arg)
{
	s64 us;

	if (parse_s64(str_trim((char *)text), 0, &us, NULL) || us < -1 || us > READ_ONCE(sched_rt_period_us))
		return -EINVAL;
	WRITE_ONCE(sched_rt_runtime_us, (s32)us);
	return n;
}

static ssize_t rt_period_write(const char *text, size_t n, void *arg)
{
	s64 us;

	if (parse_s64(str_trim((char *)text), 0, &us, NULL) || us < 1 || us > S32_MAX ||
	    us < READ_ONCE(sched_rt_runtime_us))
		return -EINVAL;
	WRITE_ONCE(sched_rt_period_us, (s32)us);
	return n;
}
static struct procfile rt_runtime_file = { .path = "sys/kernel/sched_rt_runtime_us", .print = print_s32,
	.write = rt_runtime_write, .arg = &sched_rt_runtime_us };
PROCFILE(rt_runtime_file);
static struct procfile rt_period_file = { .path = "sys/kernel/sched_rt_period_us", .print = print_s32,
	.write = rt_period_write, .arg = &sched_rt_period_us };
PROCFILE(rt_period_file);

/* ---- counts ---- */

static void print_dentry_state(struct seqbuf *sb, void *arg)
{
	u64 all, unused;

	ncent_counts(&all, &unused);
	seqbuf_printf(sb, "%lu\t%lu\t45\t0\t0\t0\n", all, unused);
}
static struct procfile dentry_state_file = { .path = "sys/fs/dentry-state", .print = print_dentry_state };
PROCFILE(dentry_state_file);
