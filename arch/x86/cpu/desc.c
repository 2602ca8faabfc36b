// SPDX-License-Identifier: GPL-2.0-only
/*
 * GDT, TSS and system call registers of each CPU, one IDT for all.
 *
 * Non-maskable interrupts, double faults, machine checks and debug exceptions
 * run on stacks of their own (IST): the first three can hit at any instruction,
 * also while the user's stack pointer is still loaded; a debug exception can be
 * delayed by the user into the first instruction of the system call entry.
 * The boot CPU's IST stacks are in the image, the others' are allocated.
 */
#include "../cpu_impl.h"

#include <asm/desc.h>
#include <asm/msr.h>
#include <asm/pgtable.h>
#include <tern/base/err.h>
#include <tern/lib/string.h>
#include <tern/mm/page.h>

struct cpu_tables {
	u64 gdt[GDT_ENTRIES];
	struct tss tss;
	u8 iomap[IOMAP_SIZE + 1];	/* the processor reads one byte more */
	u64 iomap_version;		/* of what is in iomap */
};

#define IOMAP_BASE	(offsetof(struct cpu_tables, iomap) - offsetof(struct cpu_tables, tss))
#define TSS_LIMIT	(IOMAP_BASE + IOMAP_SIZE)

static DEFINE_PERCPU(struct cpu_tables, cpu_tables) __aligned(64);
DEFINE_PERCPU(u64, cpu_ist_top[IST_COUNT]);

static u8 boot_ist[IST_COUNT][IST_STACK_SIZE] __aligned(4096);

extern char entry_syscall64[], entry_syscall32[];

void desc_set_kstack(u64 top)
{
	this_cpu_write(cpu_kstack_top, top);
	this_cpu_ptr(cpu_tables)->tss.rsp[0] = top;
}

void desc_set_iomap(const u8 *map, u64 version)
{
	struct cpu_tables *ct = this_cpu_ptr(cpu_tables);

	if (version == IOMAP_NONE) {
		ct->tss.iomap_base = TSS_LIMIT + 1;
		return;
	}
	if (ct->iomap_version != version) {
		if (map)
			memcpy(ct->iomap, map, IOMAP_SIZE);
		else
			memset(ct->iomap, 0, IOMAP_SIZE);
		ct->iomap_version = version;
	}
	ct->tss.iomap_base = IOMAP_BASE;
}

int desc_alloc_stacks(u32 cpu)
{
	u64 *tops = *percpu_ptr(cpu_ist_top, cpu);

	for (u32 i = IST_DF; i < IST_COUNT; i++) {
		u8 *p = tops[i] ? (u8 *)tops[i] : page_alloc_kva(1, ALLOC_KERNEL);

		if (!p)
			return -ENOMEM;
		if (!tops[i])
			tops[i] = (u64)p + IST_STACK_SIZE;
	}
	return 0;
}

static void load_segments(struct cpu_tables *ct)
{
	struct table_ptr gdtr = { sizeof(ct->gdt) - 1, (u64)ct->gdt };
	u64 base = this_cpu_read(cpu_area_base);

	__asm__ volatile("lgdt %0\n\t"
			 "pushq %1\n\t"
			 "leaq 1f(%%rip), %%rax\n\t"
			 "pushq %%rax\n\t"
			 "lretq\n"
			 "1:\tmovl %2, %%ss\n\t"
			 "xorl %%eax, %%eax\n\t"
			 "movl %%eax, %%ds\n\t"
			 "movl %%eax, %%es\n\t"
			 "movl %%eax, %%fs\n\t"
			 "movl %%eax, %%gs"
			 : : "m" (gdtr), "i" (SEL_KERNEL_CODE), "r" (SEL_KERNEL_DATA)
			 : "rax", "memory");
	msr_write(MSR_GS_BASE, base);	/* the selector load cleared it */
	msr_write(MSR_FS_BASE, 0);
	msr_write(MSR_KERNEL_GS_BASE, 0);
	__asm__ volatile("lldt %w0" : : "r" (0));
	__asm__ volatile("ltr %w0" : : "r" (SEL_TSS));
}

void desc_setup_cpu(u32 cpu)
{
	struct cpu_tables *ct = this_cpu_ptr(cpu_tables);
	u64 *tops = *this_cpu_ptr(cpu_ist_top), t = (u64)&ct->tss;

	memset(ct, 0, sizeof(*ct));
	ct->gdt[2] = 0x00af9b000000ffff;	/* kernel code */
	ct->gdt[3] = 0x00cf93000000ffff;	/* kernel data */
	ct->gdt[4] = 0x00cffb000000ffff;	/* user 32-bit code */
	ct->gdt[5] = 0x00cff3000000ffff;	/* user data */
	ct->gdt[6] = 0x00affb000000ffff;	/* user code */
	ct->gdt[8] = TSS_LIMIT | (t & 0xffffff) << 16 | 0x89UL << 40 |
		     (t >> 24 & 0xff) << 56;
	ct->gdt[9] = t >> 32;
	ct->gdt[15] = 0x0040f50000000000UL | (cpu & 0xffff);	/* limit: CPU number */
	for (u32 i = IST_DF; i < IST_COUNT; i++)
		ct->tss.ist[i - 1] = cpu ? tops[i] : (u64)boot_ist[i] + IST_STACK_SIZE;
	ct->tss.rsp[0] = this_cpu_read(cpu_kstack_top);
	ct->tss.iomap_base = TSS_LIMIT + 1;
	ct->iomap[IOMAP_SIZE] = 0xff;
	load_segments(ct);
	if (cpu_has(FEAT_RDTSCP) || cpu_has(FEAT_RDPID))
		msr_write(MSR_TSC_AUX, cpu);
	/* SYSRET takes 0x20 | 3 as its base: code 0x33, stack 0x2b. */
	msr_write(MSR_STAR, 0x23UL << 48 | (u64)SEL_KERNEL_CODE << 32);
	msr_write(MSR_LSTAR, (u64)entry_syscall64);
	msr_write(MSR_CSTAR, (u64)entry_syscall32);
	msr_write(MSR_SFMASK, RFLAGS_TF | RFLAGS_DF | RFLAGS_IF | RFLAGS_IOPL | RFLAGS_NT |
			      RFLAGS_AC | RFLAGS_CF | 0x8d4);
}

/* ---- interrupt descriptor table ---- */

static struct idt_gate idt[256] __aligned(4096) __section(".data..ro_after_init");
extern char entry_vectors[];		/* 256 stubs of 16 bytes (entry/vectors.S) */

static u8 __init gate_ist(u32 vector)
{
	switch (vector) {
	case 1:
		return IST_DB;
	case 2:
		return IST_NMI;
	case 8:
		return IST_DF;
	case 18:
		return IST_MC;
	default:
		return IST_NONE;
	}
}

void __init idt_setup(void)
{
	for (u32 v = 0; v < 256; v++) {
		u64 at = (u64)entry_vectors + v * 16;
		bool is_user = v == 3 || v == 4;	/* int3, into */

		idt[v] = (struct idt_gate){
			.offset_lo = at, .selector = SEL_KERNEL_CODE, .ist = gate_ist(v),
			.type = 0x8e | (is_user ? 0x60 : 0), .offset_mid = at >> 16,
			.offset_hi = at >> 32,
		};
	}
}

void idt_load(void)
{
	struct table_ptr idtr = { sizeof(idt) - 1, (u64)idt };

	__asm__ volatile("lidt %0" : : "m" (idtr));
}
