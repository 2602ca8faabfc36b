// SPDX-License-Identifier: GPL-2.0-only
/*
 * Start-up as a list. tern_main() runs on the boot CPU's idle thread with
 * interrupts off until the scheduler can preempt; what may sleep runs in pid 1
 * before it becomes the user's init.
 */
#include "init_impl.h"

#include <asm/bootinfo.h>
#include <asm/cpu.h>
#include <asm/init.h>
#include <asm/smp.h>
#include <tern/base/initcall.h>
#include <tern/base/upcall.h>
#include <tern/fs/path.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/cmdline.h>
#include <tern/kernel/init.h>
#include <tern/kernel/irq.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/ktest.h>
#include <tern/kernel/process.h>
#include <tern/kernel/version.h>
#include <tern/mm/init.h>
#include <tern/svc/svc.h>

static void run_initcalls(enum initlevel level)
{
	TABLE_FOREACH(initcall, const struct initcall, ic) {
		int err;

		if (ic->level != level)
			continue;
		err = ic->fn();
		if (err)
			kwarn("%s failed: error %d", ic->name, err);
		if (preempt_count())
			kpanic("%s returned with preempt count %#x", ic->name, preempt_count());
	}
}

/* First thread of pid 1: may sleep, every CPU runs. */
static int init_thread(void *unused)
{
	smp_start_all();	/* other CPUs: after this, everything is concurrent */
	mm_init_late();		/* reclaim threads */
	for (int l = INITLEVEL_CORE; l < INITLEVEL_COUNT; l++)
		run_initcalls((enum initlevel)l);
	if (cmdline_has("ktest")) {
		u32 failed = ktest_run(cmdline_get("ktest"));

		if (failed)
			kerr("%u self tests failed", failed);
	}
	return userland_start(unused);
}

void tern_main(void)
{
	cmdline_init(bootinfo.cmdline);	/* options steer all that follows */
	klog_init();		/* console level; early messages are in the ring */
	kinfo("%s", version_banner);
	kinfo("Command line: %s", cmdline_text());
	mm_init();		/* kmem_alloc and kva_alloc work */
	arch_init_late();	/* ACPI tables, interrupt controllers, timer hardware */
	rcu_init();
	sched_init();		/* this is the boot CPU's idle thread now */
	softirq_init();
	clock_init();		/* clock_ns() is exact */
	timeout_init_cpu();
	proc_init();		/* process_kernel, pids, credentials */
	workq_init();
	vfs_init();		/* rootfs and the name cache */
	svc_verify();
	if (process_init_first(init_thread, NULL))
		kpanic("no memory for the first process");
	irq_enable();
	sched_idle_loop();
}
