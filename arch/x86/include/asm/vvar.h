/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page through which the kernel tells user space the time, read by the vDSO.
 * Owner arch/x86/vdso; kernel/time publishes.
 */
#pragma once

#include <tern/base/types.h>

/* Layout shared with vdso/vdso.c, which is linked together with the kernel. */
struct vvar {
	u32 seq;		/* odd while it changes */
	u32 is_tsc;		/* 0: the TSC is no clock, use the system call */
	u64 tsc_base, tsc_mult;	/* arch ns = arch_base + (tsc - tsc_base) * tsc_mult >> 32 */
	u64 arch_base;
	u64 at;			/* arch ns that the values below belong to */
	u64 rate;		/* CLOCK_MONOTONIC ns per arch ns, 32 bits of fraction */
	u64 mono_ns, boot_ns;
	s64 real_ns, tai_offset_ns;
};

/* What kernel/time knows at one moment. */
struct vvar_update {
	nsec_t at;		/* arch_clock_ns() at that moment */
	u64 mono_ns, boot_ns;	/* the clocks at that moment */
	s64 real_ns, tai_offset_ns;
	u64 rate;		/* ns per arch_clock_ns() ns, 32 bits of fraction: 1UL << 32 */
};

/**
 * arch_vvar_publish() - make the vDSO's clocks go on from @u
 * Call after each change of a clock: step, rate, and when the clock source changed.
 * CLOCK_*_COARSE stay system calls. Context: any but NMI; the caller serialises.
 */
void arch_vvar_publish(const struct vvar_update *u);
