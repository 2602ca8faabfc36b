// SPDX-License-Identifier: GPL-2.0-only
/*
 * Per-CPU areas. The linker lays the section out at address 0 and stores its
 * contents at __percpu_load; until percpu_setup() the boot CPU runs on that
 * very template, afterwards each possible CPU has a copy in the per-CPU window
 * (asm/percpu_area.h). Copying happens before any subsystem has run, so the
 * template still is what the linker wrote except for the fixed head, which is
 * set here for each CPU.
 */
#include "../cpu_impl.h"

#include <asm/early.h>
#include <asm/msr.h>
#include <asm/pgtable.h>
#include <tern/base/bug.h>
#include <tern/lib/string.h>

extern char __percpu_load[], __percpu_start[], __percpu_end[];
DECLARE_PERCPU(u64, cpu_canary);
DEFINE_PERCPU(void *, cpu_view);

u32 cpu_count_possible __ro_after_init = 1;
u32 cpu_count_online = 1;

static u64 first_base[1] = { (u64)__percpu_load };
u64 *percpu_base __ro_after_init = first_base;

size_t percpu_static_size(void)
{
	size_t n;

	/* Hidden from the compiler: it would find the array at 0 strange. */
	__asm__("mov $__percpu_end, %0" : "=r" (n));
	return ALIGN_UP(n, PAGE_SIZE);
}

u64 canary_random(void)
{
	u64 v = cpu_tsc(), r = 0;
	char ok = 0;

	if (cpu_has(FEAT_RDRAND))
		__asm__ volatile("rdrand %0; setc %1" : "=r" (r), "=qm" (ok) : : "cc");
	v ^= ok ? r : 0;
	v *= 0x9e3779b97f4a7c15UL;
	v ^= v >> 29;
	return v & ~0xffUL;	/* a NUL byte first stops string overruns */
}

static void __init map_area(u64 base, size_t size)
{
	void *mem = early_mem_alloc(size, PAGE_SIZE);
	int err = pt_map_kernel(base, virt_to_phys(mem), size / PAGE_SIZE,
				PROT_R | PROT_W | PROT_GLOBAL);

	VERIFY(!err);
	memcpy(mem, __percpu_load, size);
}

void __init percpu_setup(u32 ncpus)
{
	size_t size = percpu_static_size();
	u64 *bases = early_mem_alloc(ncpus * sizeof(u64), 64);
	u64 canary = this_cpu_read(cpu_canary);

	for (u32 i = 0; i < ncpus; i++) {
		u64 base = PERCPU_WINDOW + i * PERCPU_STRIDE;
		struct { u64 base; u32 id, preempt; void *thread; u64 kstack, scratch, canary; } *head;

		bases[i] = base;
		map_area(base, size);
		head = (void *)base;
		head->base = base;
		head->id = i;
		head->preempt = 0x80000000;
		/* One canary for all: a thread may move while a function of it runs. */
		head->canary = canary;
		if (i) {
			head->thread = NULL;
			head->kstack = 0;
		}
	}
	msr_write(MSR_GS_BASE, bases[0]);
	percpu_base = bases;
	cpu_count_possible = ncpus;
}

/* The compiler calls this when a function's canary has changed. */
void __stack_chk_fail(void) __noreturn;
void __stack_chk_fail(void)
{
	kpanic("stack overwritten in a function called from %p", __builtin_return_address(0));
}
