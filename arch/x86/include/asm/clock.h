/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine's clocks for kernel/time. Owner arch/x86/time.
 *
 * arch_clock_ns() is the one counter that everything derives from: ns since it was
 * started, never stepping back, the same on every CPU. It reads the TSC if that
 * is fit, else the HPET, else the ACPI timer.
 */
#pragma once

#include <asm/cpu.h>

/** arch_clock_ns() - ns since boot, not adjusted. Context: any, also NMI. */
nsec_t arch_clock_ns(void);
/** arch_clock_name() - "tsc", "hpet", "acpi_pm", "jiffies"-like names as sysfs shows them. */
const char *arch_clock_name(void);
/** arch_clock_resolution_ns() - of arch_clock_ns(), at least 1. */
u32 arch_clock_resolution_ns(void);
/** arch_rtc_read() - wall clock in seconds since 1970 from the CMOS clock; 0 if it has none. */
s64 arch_rtc_read(void);
/** arch_rtc_write() - set the CMOS clock; 0 or -EIO. */
int arch_rtc_write(s64 seconds);
/** clock_tsc_khz() - TSC frequency, 0 if unknown. */
u64 clock_tsc_khz(void);
/** arch_delay_ns() - busy wait. Context: any. */
void arch_delay_ns(u64 ns);
