/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the per-CPU areas lie. Each CPU has PERCPU_STRIDE bytes of address space
 * at percpu_base[cpu] = PERCPU_WINDOW + cpu * PERCPU_STRIDE. Below
 * percpu_static_size() is the linked section, mapped before tern_main(). The rest
 * belongs to mm/percpu.c, which maps pages there with pt_map_kernel() as
 * percpu_alloc() needs them, at the same offsets for every possible CPU.
 * Owner arch/x86/cpu/percpu.c.
 */
#pragma once

#include <asm/percpu.h>

#define PERCPU_WINDOW	0xffffe90000000000UL
#define PERCPU_STRIDE	0x4000000UL		/* 64 MiB; 8192 CPUs fill 512 GiB */

/** percpu_static_size() - bytes of the linked part, rounded up to pages. */
size_t percpu_static_size(void);
