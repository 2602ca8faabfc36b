/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to arch/x86: clock sources. */
#pragma once

#include <asm/clock.h>

#define TIMER_CALIBRATE_NS	2000000u

/** time_setup() - find the counters, calibrate the TSC, choose the clock. Boot. */
void time_setup(void);
/** clock_is_tsc() - arch_clock_ns() reads the TSC. */
bool clock_is_tsc(void);
/** clock_get_tsc() - how arch_clock_ns() follows from the TSC; false if it does not. */
bool clock_get_tsc(u64 *base, u64 *mult, u64 *base_ns);
/** vvar_tsc_lost() - from now on the vDSO asks the kernel. */
void vvar_tsc_lost(void);
/** clock_ns_to_tsc() - TSC value at an arch_clock_ns() time. */
u64 clock_ns_to_tsc(nsec_t ns);
/** tsc_check_*() - compare a new CPU's TSC with that of the CPU that starts it. */
void tsc_check_reset(void);	/* on the starter, before the new CPU goes on */
void tsc_check_start(void);	/* on the new CPU */
void tsc_check_wait(void);	/* on the starter */

/* A counter that runs at a known rate. */
bool hpet_setup(void);
u64 hpet_read(void);		/* full width */
u64 hpet_period_fs(void);	/* femtoseconds a count */
u32 hpet_bits(void);
bool pmtimer_is_there(void);
u32 pmtimer_read(void);		/* 24 bits at 3.579545 MHz */
/** pit_measure() - TSC counts during about 5 ms of the PIT; *ns is how long. */
u64 pit_measure(u64 *ns);
/** kvm_tsc_khz() - frequency that the hypervisor states, 0 if none. */
u64 hypervisor_tsc_khz(void);

/** mul_div() - a * b / c, exact in between; the quotient must fit in 64 bits. */
static inline u64 mul_div(u64 a, u64 b, u64 c)
{
	u64 lo, hi;

	__asm__("mulq %2" : "=a" (lo), "=d" (hi) : "r" (b), "0" (a) : "cc");
	__asm__("divq %2" : "+a" (lo), "+d" (hi) : "r" (c) : "cc");
	return lo;
}
