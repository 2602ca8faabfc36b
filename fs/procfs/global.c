// SPDX-License-Identifier: GPL-2.0-only
/* Files about the whole machine: time, processors, interrupts, names. */
#include "procfs_impl.h"

#include <asm/cpufeature.h>
#include <tern/base/foreign.h>
#include <tern/drivers/blkdev.h>
#include <tern/fs/chardev.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/cmdline.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/irq.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/version.h>
#include <tern/kernel/timens.h>
#include <uapi/time.h>

#define TICK_NS		(NSEC_PER_SEC / USER_HZ)
#define CPUINFO_MAX	4096

/* ---- stat ---- */

static void print_cpu_line(struct seqbuf *sb, const struct cpu_times *ct)
{
	seqbuf_printf(sb, " %lu %lu %lu %lu %lu %lu %lu %lu 0 0\n", ct->user / TICK_NS, ct->nice / TICK_NS,
		      ct->system / TICK_NS, ct->idle / TICK_NS, ct->iowait / TICK_NS, ct->irq / TICK_NS,
		      ct->softirq / TICK_NS, ct->steal / TICK_NS);
}

static void cpu_times_sum(struct cpu_times *sum)
{
	struct cpu_times ct;

	*sum = (struct cpu_times){ 0 };
	for_each_online_cpu(cpu) {
		cpu_times_get(cpu, &ct);
		sum->user += ct.user;
		sum->nice += ct.nice;
		sum->system += ct.system;
		sum->idle += ct.idle;
		sum->iowait += ct.iowait;
		sum->irq += ct.irq;
		sum->softirq += ct.softirq;
		sum->steal += ct.steal;
	}
}

static u32 count_blocked(void)
{
	struct thread *t;
	u32 n = 0;

	rcu_read_lock();
	thread_foreach_rcu(t)
		if (!(t->t_flags & TF_KTHREAD) && THREAD_STATE(t) & THREAD_UNINTERRUPTIBLE)
			n++;
	rcu_read_unlock();
	return n;
}

static void print_softirq_line(struct seqbuf *sb)
{
	u64 sum[SOFTIRQ_COUNT] = { 0 }, total = 0;

	for (u32 i = 0; i < SOFTIRQ_COUNT; i++) {
		for_each_online_cpu(cpu)
			sum[i] += softirq_count(i, cpu);
		total += sum[i];
	}
	seqbuf_printf(sb, "softirq %lu", total);
	for (u32 i = 0; i < SOFTIRQ_COUNT; i++)
		seqbuf_printf(sb, " %lu", sum[i]);
	seqbuf_putc(sb, '\n');
}

static void print_stat(struct seqbuf *sb, void *arg)
{
	struct cpu_times ct;

	cpu_times_sum(&ct);
	seqbuf_puts(sb, "cpu ");
	print_cpu_line(sb, &ct);
	for_each_online_cpu(cpu) {
		cpu_times_get(cpu, &ct);
		seqbuf_printf(sb, "cpu%u", cpu);
		print_cpu_line(sb, &ct);
	}
	seqbuf_printf(sb, "intr %lu\n", irqline_total());
	seqbuf_printf(sb, "ctxt %lu\nbtime %ld\nprocesses %lu\nprocs_running %u\nprocs_blocked %u\n",
		      sched_nr_switches(),
		      (clock_realtime_ns() - (s64)clock_boot_ns() - timens_offset(CLOCK_BOOTTIME_)) /
			      (s64)NSEC_PER_SEC, pid_made_count(),
		      sched_nr_running(), count_blocked());
	print_softirq_line(sb);
}
static struct procfile stat_file = { .path = "stat", .print = print_stat };
PROCFILE(stat_file);

/* ---- time ---- */

static void print_uptime(struct seqbuf *sb, void *arg)
{
	u64 up = (clock_boot_ns() + (u64)timens_offset(CLOCK_BOOTTIME_)) / (NSEC_PER_SEC / 100), idle;
	struct cpu_times ct;

	cpu_times_sum(&ct);
	idle = (ct.idle + ct.iowait) / (NSEC_PER_SEC / 100);
	seqbuf_printf(sb, "%lu.%02lu %lu.%02lu\n", up / 100, up % 100, idle / 100, idle % 100);
}
static struct procfile uptime_file = { .path = "uptime", .print = print_uptime };
PROCFILE(uptime_file);

static void print_loadavg(struct seqbuf *sb, void *arg)
{
	u64 avg[3];

	sched_loadavg(avg);
	for (int i = 0; i < 3; i++) {
		u64 v = avg[i] + (1 << 11) / 200;

		seqbuf_printf(sb, "%lu.%02lu ", v >> 11, (v & 2047) * 100 >> 11);
	}
	seqbuf_printf(sb, "%u/%lu %d\n", sched_nr_running(), thread_count(), pid_last_allocated());
}
static struct procfile loadavg_file = { .path = "loadavg", .print = print_loadavg };
PROCFILE(loadavg_file);

/* ---- names and versions ---- */

static void print_version(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "Linux version %s (Tern) (gcc %s) %s\n", version_release, __VERSION__,
		      version_text);
}
static struct procfile version_file = { .path = "version", .print = print_version };
PROCFILE(version_file);

static void print_cmdline(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "%s\n", cmdline_text());
}
static struct procfile cmdline_file = { .path = "cmdline", .print = print_cmdline };
PROCFILE(cmdline_file);

static void print_filesystems(struct seqbuf *sb, void *arg)
{
	filesystems_print(sb);
}
static struct procfile filesystems_file = { .path = "filesystems", .print = print_filesystems };
PROCFILE(filesystems_file);

static void print_devices(struct seqbuf *sb, void *arg)
{
	chardev_print(sb);	/* with its heading */
	seqbuf_puts(sb, "\nBlock devices:\n");
	blk_majors_print(sb);
}
static struct procfile devices_file = { .path = "devices", .print = print_devices };
PROCFILE(devices_file);

static void print_kallsyms(struct seqbuf *sb, void *arg)
{
	bool may_see = READ_ONCE(klog_hide_addresses) < 2 && cap_has(CAP_SYSLOG);
	struct ksym sym;

	for (u32 i = 0; i < ksym_count() && !sb->is_full; i++) {
		ksym_at(i, &sym);
		seqbuf_printf(sb, "%016lx %c %s\n", may_see ? sym.addr : 0, sym.type, sym.name);
	}
	foreign_code->print_symbols(sb, may_see);
}
static void print_modules(struct seqbuf *sb, void *arg)
{
	foreign_code->print_modules(sb, READ_ONCE(klog_hide_addresses) < 2 && cap_has(CAP_SYSLOG));
}
static struct procfile modules_file = { .path = "modules", .print = print_modules };
PROCFILE(modules_file);

static struct procfile kallsyms_file = { .path = "kallsyms", .print = print_kallsyms };
PROCFILE(kallsyms_file);

static void print_console(struct kconsole *c, void *arg)
{
	char name[24];

	fmt_put(name, sizeof(name), "%s%u", c->name, c->index);
	seqbuf_printf(arg, "%-21s-W- (E%s)\n", name, c->is_boot ? "B" : "");
}

static void print_consoles(struct seqbuf *sb, void *arg)
{
	kconsole_foreach(print_console, sb);
}
static struct procfile consoles_file = { .path = "consoles", .print = print_consoles };
PROCFILE(consoles_file);

/* ---- processors and interrupts ---- */

static void print_cpuinfo(struct seqbuf *sb, void *arg)
{
	char *buf = kmem_alloc(CPUINFO_MAX, ALLOC_KERNEL);

	if (!buf)
		return;
	for_each_online_cpu(cpu)
		if (arch_cpuinfo_print(cpu, buf, CPUINFO_MAX))
			seqbuf_puts(sb, buf);
	kmem_free(buf);
}
static struct procfile cpuinfo_file = { .path = "cpuinfo", .print = print_cpuinfo };
PROCFILE(cpuinfo_file);

static void print_interrupts(struct seqbuf *sb, void *arg)
{
	irqline_print(sb);
}
static struct procfile interrupts_file = { .path = "interrupts", .print = print_interrupts };
PROCFILE(interrupts_file);

static void print_softirqs(struct seqbuf *sb, void *arg)
{
	static const char *const names[SOFTIRQ_COUNT] = { "HI", "TIMER", "NET_TX", "NET_RX", "BLOCK",
		"IRQ_POLL", "TASKLET", "SCHED", "HRTIMER", "RCU" };

	seqbuf_printf(sb, "%20s", "");
	for_each_online_cpu(cpu)
		seqbuf_printf(sb, "CPU%-8u", cpu);
	for (u32 i = 0; i < SOFTIRQ_COUNT; i++) {
		seqbuf_printf(sb, "\n%12s:", names[i]);
		for_each_online_cpu(cpu)
			seqbuf_printf(sb, " %10lu", softirq_count(i, cpu));
	}
	seqbuf_putc(sb, '\n');
}
static struct procfile softirqs_file = { .path = "softirqs", .print = print_softirqs };
PROCFILE(softirqs_file);
