// SPDX-License-Identifier: GPL-2.0-only
/*
 * Per-CPU data that modules name, and allocation of more. Per-CPU symbols are offsets from zero
 * here as in the vendor's kernel, so the native objects are what modules use.
 */
#include "../lx.h"

#include <asm/cpu.h>
#include <asm/percpu.h>
#include <tern/base/initcall.h>
#include <tern/base/err.h>
#include <tern/base/percpu_alloc.h>
#include <tern/base/preempt.h>

#define LX_NR_CPUS	8192

/* Offset of each CPU's area; what lies past the last possible CPU is never looked at. */
static u64 lx___per_cpu_offset[LX_NR_CPUS] __ro_after_init;
static DEFINE_PERCPU(int, lx_numa_node);

LX_EXPORT_DATA(__per_cpu_offset);
LX_EXPORT_DATA(numa_node);
LX_EXPORT_ALIAS(this_cpu_off, cpu_area_base);
LX_EXPORT_ALIAS(cpu_number, cpu_id);
LX_EXPORT_ALIAS(__preempt_count, cpu_preempt_count);

void *lx___alloc_percpu(size_t size, size_t align)
{
	return percpu_alloc(size, align);
}
LX_EXPORT(__alloc_percpu);

void *lx___alloc_percpu_gfp(size_t size, size_t align, unsigned int gfp)
{
	return percpu_alloc(size, align);
}
LX_EXPORT(__alloc_percpu_gfp);

void lx_free_percpu(void *p)
{
	percpu_free(p);
}
LX_EXPORT(free_percpu);

static int offsets_init(void)
{
	for_each_possible_cpu(cpu)
		lx___per_cpu_offset[cpu] = percpu_base[cpu];
	return 0;
}
INITCALL(CORE, offsets_init);
