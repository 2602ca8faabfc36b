// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the first C instruction to tern_main(), on the boot CPU with interrupts
 * off: handoff, processor, memory map, firmware tables, per-CPU areas. What can
 * wait until memory allocation works is in arch_init_late().
 */
#include "boot_impl.h"

#include <asm/acpi.h>
#include <asm/boot.h>
#include <asm/early.h>
#include <asm/init.h>
#include <asm/page.h>
#include <asm/smp.h>
#include <asm/vmap.h>
#include <tern/base/bug.h>
#include <tern/base/upcall.h>
#include <tern/kernel/klog.h>

#include "../cpu_impl.h"
#include "../smp_impl.h"
#include "../apic_impl.h"
#include "../time_impl.h"

extern char _text[], _end[], boot_stack[];
DECLARE_PERCPU(u64, cpu_canary);

void arch_start(u32 magic) __noreturn;

static bool has_handoff __initdata;

bool __init boot_take_handoff(u32 magic, paddr_t info)
{
	switch (magic) {
	case BOOT_MAGIC_PVH:
		has_handoff = boot_parse_pvh(info);
		break;
	case BOOT_MAGIC_MULTIBOOT2:
		has_handoff = boot_parse_multiboot2(info);
		break;
	case BOOT_MAGIC_BZIMAGE:
		has_handoff = boot_parse_bzimage(info);
		break;
	}
	return has_handoff;
}

static void __init reserve_memory(void)
{
	/* The first MiB: BIOS data, AP start code; too small to be worth sorting out. */
	early_mem_reserve(0, 0x100000);
	early_mem_reserve(virt_to_phys(_text), _end - _text);
	for (u32 i = 0; i < bootinfo.ninitrd; i++)
		early_mem_reserve(bootinfo.initrd[i].start, bootinfo.initrd[i].len_bytes);
}

static void __init report_map(void)
{
	if (!bootinfo.nmem)
		kpanic("the loader gave no memory map");
	if (bootinfo.nmem_dropped)
		kwarn("memory map: %u entries ignored", bootinfo.nmem_dropped);
	for (u32 i = 0; i < bootinfo.nmem; i++)
		kdebug("memory %012lx-%012lx kind %u", bootinfo.mem[i].start,
		       bootinfo.mem[i].start + bootinfo.mem[i].len_bytes - 1,
		       bootinfo.mem[i].kind);
}

__attribute__((no_stack_protector)) void __init arch_start(u32 magic)
{
	early_console_init();
	idt_setup();
	cpu_detect(&cpu_boot_info);
	cpu_setup_control();
	entry_patch_smap();
	desc_setup_cpu(0);
	idt_load();
	this_cpu_write(cpu_canary, canary_random());
	if (!has_handoff)
		kpanic("unknown boot loader: magic %#x", magic);
	boot_finish_mem();
	report_map();
	reserve_memory();
	arch_mm_setup();
	acpi_setup();
	percpu_setup(smp_find_cpus());
	desc_setup_cpu(0);		/* again, in the area that stays */
	*this_cpu_ptr(cpu_info) = cpu_boot_info;
	this_cpu_write(cpu_idle_stack, boot_stack);
	smp_call_setup();
	fpu_setup_cpu();
	irq_stack_setup_boot();
	tern_main();
}

void __init arch_init_late(void)
{
	pic_disable();
	lapic_setup_boot();
	ioapic_setup();
	irq_vector_setup();
	time_setup();
	lapic_timer_setup();
}
