// SPDX-License-Identifier: GPL-2.0-only
/* might_sleep(): reports callers that may not block, once a place and ten in all. */
#include <asm/cpu.h>
#include <tern/base/preempt.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/sched.h>

void might_sleep_check(const char *file, int line)
{
	static u32 reports;

	if (likely(!in_atomic() && irq_is_enabled()) || !sched_is_running())
		return;
	if (__atomic_fetch_add(&reports, 1, __ATOMIC_RELAXED) >= 10)
		return;
	klog(KLOG_ERR, "sleeping call in atomic context: count %#x, interrupts %s", preempt_count(),
	     irq_is_enabled() ? "on" : "off");
	kwarn_at("might sleep", file, line);
}
