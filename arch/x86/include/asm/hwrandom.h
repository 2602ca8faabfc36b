/* SPDX-License-Identifier: GPL-2.0-only */
/* The processor's random number instructions. */
#pragma once

#include <asm/cpufeature.h>

#define HWRANDOM_TRIES	10

/**
 * hwrandom_seed() - one word from the noise source itself (RDSEED); false if
 * there is none or it ran dry.
 */
static inline bool hwrandom_seed(u64 *out)
{
	bool ok = false;

	if (!cpu_has(FEAT_RDSEED))
		return false;
	for (int i = 0; i < HWRANDOM_TRIES && !ok; i++)
		__asm__ volatile("rdseed %0" : "=r" (*out), "=@ccc" (ok));
	return ok;
}

/** hwrandom_get() - one word from the processor's generator (RDRAND); false if there is none. */
static inline bool hwrandom_get(u64 *out)
{
	bool ok = false;

	if (!cpu_has(FEAT_RDRAND))
		return false;
	for (int i = 0; i < HWRANDOM_TRIES && !ok; i++)
		__asm__ volatile("rdrand %0" : "=r" (*out), "=@ccc" (ok));
	return ok;
}
