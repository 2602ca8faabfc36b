// SPDX-License-Identifier: GPL-2.0-only
/*
 * pv_ops: privileged operations that modules call through a table (interrupt flag, ports, MSRs, page
 * table entries). Slots that no module of the vendor uses are empty: a call of one ends in a fault.
 */
#include "../lx.h"

#include <asm/cpu.h>
#include <asm/msr.h>
#include <tern/base/err.h>

/* thunks.S: they change no register but rax. */
extern char lx_pv_save_fl[], lx_pv_irq_disable[], lx_pv_irq_enable[], lx_pv_same[];

static void io_delay(void) { }
static void wbinvd(void) { __asm__ volatile("wbinvd" ::: "memory"); }
static void safe_halt(void) { __asm__ volatile("sti; hlt" ::: "memory"); }
static void halt(void) { __asm__ volatile("hlt" ::: "memory"); }

static unsigned long read_cr0(void)
{
	unsigned long v;

	__asm__ volatile("mov %%cr0, %0" : "=r" (v));
	return v;
}

static unsigned long read_cr3(void)
{
	unsigned long v;

	__asm__ volatile("mov %%cr3, %0" : "=r" (v));
	return v;
}

/* In: leaf in *a, sub-leaf in *c. */
static void read_cpuid(unsigned int *a, unsigned int *b, unsigned int *c, unsigned int *d)
{
	__asm__ volatile("cpuid" : "=a" (*a), "=b" (*b), "=c" (*c), "=d" (*d) : "0" (*a), "2" (*c) : "memory");
}

static unsigned long long read_msr(unsigned int msr)
{
	return msr_read(msr);
}

static void write_msr(unsigned int msr, unsigned int low, unsigned int high)
{
	msr_write(msr, (u64)high << 32 | low);
}

static struct lx_paravirt_patch_template lx_pv_ops __ro_after_init = {
	.cpu = { .io_delay = io_delay, .wbinvd = wbinvd, .cpuid = read_cpuid, .read_cr0 = read_cr0,
		 .read_msr = read_msr, .write_msr = write_msr },
	.irq = { .save_fl = { lx_pv_save_fl }, .irq_disable = { lx_pv_irq_disable },
		 .irq_enable = { lx_pv_irq_enable }, .safe_halt = safe_halt, .halt = halt },
	.mmu = { .read_cr3 = read_cr3, .pte_val = { lx_pv_same }, .make_pte = { lx_pv_same },
		 .pmd_val = { lx_pv_same }, .make_pmd = { lx_pv_same }, .pud_val = { lx_pv_same },
		 .make_pud = { lx_pv_same }, .p4d_val = { lx_pv_same }, .make_p4d = { lx_pv_same },
		 .pgd_val = { lx_pv_same }, .make_pgd = { lx_pv_same } },
};
LX_EXPORT_DATA(pv_ops);
