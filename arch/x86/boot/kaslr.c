// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the image runs: 2 MiB steps in the window between its linked address
 * and the modules. It stays where it was loaded in physical memory; head.S
 * makes the new mapping and applies the relocations (scripts/gen-relocs.py).
 *
 * Runs before anything is set up, at the linked address, on the early tables.
 */
#include <asm/bootinfo.h>
#include <asm/page.h>

#include "boot_impl.h"

#define STEP		0x200000UL
#define CPUID_1_RDRAND	(1u << 30)

extern char _text[], _end[];

/* Hardware random if there is some, and the time since reset in any case. */
static __init u64 random_word(void)
{
	u32 a = 1, b, c = 0, d, lo, hi;
	u64 r = 0;

	__asm__ volatile("cpuid" : "+a" (a), "=b" (b), "+c" (c), "=d" (d));
	if (c & CPUID_1_RDRAND)
		__asm__ volatile("rdrand %0" : "=r" (r) : : "cc");
	__asm__ volatile("rdtsc" : "=a" (lo), "=d" (hi));
	r ^= (lo | (u64)hi << 32) * 0x9e3779b97f4a7c15UL;
	for (u32 i = 0; i < bootinfo.seed_len; i++)
		r = (r ^ bootinfo.seed[i]) * 0x100000001b3UL;
	return r ^ r >> 32;
}

__attribute__((no_stack_protector)) u64 __init boot_image_distance(u32 magic, paddr_t info)
{
	u64 room = MODULE_BASE - (u64)_text, size = (u64)(_end - _text);

	if (!boot_take_handoff(magic, info) || !IS_ENABLED(CONFIG_RANDOMIZE_BASE) ||
	    bootinfo_option("nokaslr", NULL, NULL))
		return 0;
	return random_word() % ((room - size) / STEP) * STEP;
}
