/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One's complement sums: a chain of add-with-carry takes eight bytes an
 * instruction, which C cannot say. Pure.
 */
#pragma once

#include <tern/base/types.h>

#define ARCH_CARRYSUM_BLOCK	64u

/**
 * arch_carrysum() - add @nblocks blocks of ARCH_CARRYSUM_BLOCK bytes to @sum, carries around
 * @p: of any alignment
 * @nblocks: at least 1
 */
static inline u64 arch_carrysum(u64 sum, const void *p, size_t nblocks)
{
	__asm__ volatile("1:	addq	0*8(%[p]), %[sum]\n"
		     "	adcq	1*8(%[p]), %[sum]\n"
		     "	adcq	2*8(%[p]), %[sum]\n"
		     "	adcq	3*8(%[p]), %[sum]\n"
		     "	adcq	4*8(%[p]), %[sum]\n"
		     "	adcq	5*8(%[p]), %[sum]\n"
		     "	adcq	6*8(%[p]), %[sum]\n"
		     "	adcq	7*8(%[p]), %[sum]\n"
		     "	adcq	$0, %[sum]\n"
		     "	addq	$64, %[p]\n"
		     "	subq	$1, %[n]\n"
		     "	jnz	1b"
		     : [sum] "+r"(sum), [p] "+r"(p), [n] "+r"(nblocks)
		     :
		     : "memory", "cc");
	return sum;
}
