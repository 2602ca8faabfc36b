// SPDX-License-Identifier: GPL-2.0-only
/*
 * The local APIC of each CPU: interrupts between CPUs, end of interrupt, and the
 * one-shot timer. x2APIC mode (registers are MSRs) if the processor has it, else
 * memory-mapped. Intel SDM vol. 3A chapter 11.
 */
#include "../apic_impl.h"

#include <asm/clock.h>
#include <asm/cpufeature.h>
#include <asm/io.h>
#include <asm/msr.h>
#include <asm/smp.h>
#include <asm/vmap.h>
#include <tern/base/bug.h>
#include <tern/kernel/klog.h>

#include "../smp_impl.h"
#include "../time_impl.h"

enum {
	LAPIC_ID = 0x20, LAPIC_VERSION = 0x30, LAPIC_TPR = 0x80, LAPIC_EOI = 0xb0,
	LAPIC_LDR = 0xd0, LAPIC_DFR = 0xe0, LAPIC_SVR = 0xf0, LAPIC_ESR = 0x280,
	LAPIC_ICR = 0x300, LAPIC_ICR_HI = 0x310, LAPIC_LVT_TIMER = 0x320,
	LAPIC_LVT_THERMAL = 0x330, LAPIC_LVT_PERF = 0x340, LAPIC_LVT_LINT0 = 0x350,
	LAPIC_LVT_LINT1 = 0x360, LAPIC_LVT_ERROR = 0x370, LAPIC_TIMER_INIT = 0x380,
	LAPIC_TIMER_NOW = 0x390, LAPIC_TIMER_DIV = 0x3e0,
};

#define APIC_BASE_ENABLE	0x800UL
#define APIC_BASE_X2		0x400UL
#define SVR_ENABLE		0x100u
#define ICR_NMI			0x400u
#define ICR_INIT		0x500u
#define ICR_STARTUP		0x600u
#define ICR_BUSY		0x1000u
#define ICR_ASSERT		0x4000u
#define LVT_MASKED		0x10000u
#define LVT_NMI			0x400u
#define LVT_DEADLINE		0x40000u
#define DIV_BY_1		0xbu

static volatile u8 *mmio __ro_after_init;
static bool is_x2 __ro_after_init;
static bool use_deadline __ro_after_init;
static u64 timer_mult __ro_after_init;	/* timer counts per ns, 32 bits of fraction */

static u32 reg_read(u32 reg)
{
	if (is_x2)
		return (u32)msr_read(MSR_X2APIC + (reg >> 4));
	return mmio_read32(mmio + reg);
}

static void reg_write(u32 reg, u32 v)
{
	if (is_x2)
		msr_write(MSR_X2APIC + (reg >> 4), v);
	else
		mmio_write32(mmio + reg, v);
}

bool lapic_is_x2(void) { return is_x2; }

void lapic_eoi(void)
{
	reg_write(LAPIC_EOI, 0);
}

u32 lapic_id(void)
{
	u32 v = reg_read(LAPIC_ID);

	return is_x2 ? v : v >> 24;
}

static void icr_write(u32 apic_id, u32 low)
{
	u64 flags;

	if (is_x2) {
		/* The MSR write does not order earlier stores. */
		__asm__ volatile("mfence; lfence" : : : "memory");
		msr_write(MSR_X2APIC + (LAPIC_ICR >> 4), (u64)apic_id << 32 | low);
		return;
	}
	flags = irq_save();
	while (reg_read(LAPIC_ICR) & ICR_BUSY)
		cpu_relax();
	reg_write(LAPIC_ICR_HI, apic_id << 24);
	reg_write(LAPIC_ICR, low);
	irq_restore(flags);
}

void lapic_send_ipi(u32 cpu, u32 vector)
{
	icr_write(apic_id_of_cpu(cpu), vector | ICR_ASSERT);
}

void lapic_send_nmi(u32 cpu)
{
	icr_write(apic_id_of_cpu(cpu), ICR_NMI | ICR_ASSERT);
}

void lapic_send_init(u32 apic_id)
{
	icr_write(apic_id, ICR_INIT | ICR_ASSERT);
}

void lapic_send_startup(u32 apic_id, u32 page)
{
	icr_write(apic_id, ICR_STARTUP | ICR_ASSERT | page);
}

void lapic_setup_cpu(void)
{
	u64 base = msr_read(MSR_APIC_BASE) | APIC_BASE_ENABLE;

	msr_write(MSR_APIC_BASE, base);
	if (is_x2)
		msr_write(MSR_APIC_BASE, base | APIC_BASE_X2);
	reg_write(LAPIC_TPR, 0);
	if (!is_x2) {
		reg_write(LAPIC_DFR, U32_MAX);
		reg_write(LAPIC_LDR, 1u << 24);
	}
	reg_write(LAPIC_LVT_TIMER, LVT_MASKED);
	reg_write(LAPIC_LVT_LINT0, LVT_MASKED);
	reg_write(LAPIC_LVT_LINT1, cpu_self() ? LVT_MASKED : LVT_NMI);
	reg_write(LAPIC_LVT_ERROR, VECTOR_ERROR);
	reg_write(LAPIC_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
	reg_write(LAPIC_ESR, 0);
	lapic_eoi();
}

void __init lapic_setup_boot(void)
{
	paddr_t base = msr_read(MSR_APIC_BASE) & PTE_PFN_MASK;

	if (!cpu_has(FEAT_APIC))
		kpanic("the processor has no local APIC");
	is_x2 = cpu_has(FEAT_X2APIC);
	if (!is_x2) {
		mmio = early_mmio_map(base, PAGE_SIZE, PROT_NOCACHE);
		VERIFY(mmio);
	}
	lapic_setup_cpu();
	smp_note_boot_apic(lapic_id());
}

void lapic_report_error(void)
{
	reg_write(LAPIC_ESR, 0);
	kerr("local APIC error %#x on CPU %u", reg_read(LAPIC_ESR), cpu_self());
}

/* ---- timer ---- */

/* Counts of the timer in a few milliseconds of the calibrated clock. */
static void __init calibrate(void)
{
	nsec_t start, end;
	u32 left;

	reg_write(LAPIC_TIMER_DIV, DIV_BY_1);
	reg_write(LAPIC_LVT_TIMER, LVT_MASKED);
	start = arch_clock_ns();
	reg_write(LAPIC_TIMER_INIT, U32_MAX);
	do {
		end = arch_clock_ns();
		left = reg_read(LAPIC_TIMER_NOW);
	} while (end - start < TIMER_CALIBRATE_NS);
	reg_write(LAPIC_TIMER_INIT, 0);
	timer_mult = ((u64)(U32_MAX - left) << 32) / (end - start);
	VERIFY(timer_mult);
}

void lapic_timer_setup(void)
{
	if (!timer_mult) {
		use_deadline = cpu_has(FEAT_TSC_DEADLINE) && clock_is_tsc();
		if (!use_deadline)
			calibrate();
		else
			timer_mult = 1;
	}
	reg_write(LAPIC_TIMER_DIV, DIV_BY_1);
	reg_write(LAPIC_LVT_TIMER, use_deadline ? VECTOR_TIMER | LVT_DEADLINE : VECTOR_TIMER);
	if (use_deadline)	/* the mode must be set before the first deadline */
		__asm__ volatile("mfence; lfence" : : : "memory");
}

void arch_timer_set(nsec_t deadline)
{
	nsec_t now;
	u64 counts;

	if (use_deadline) {
		msr_write(MSR_TSC_DEADLINE, deadline ? clock_ns_to_tsc(deadline) : 0);
		return;
	}
	if (!deadline) {
		reg_write(LAPIC_TIMER_INIT, 0);
		return;
	}
	now = arch_clock_ns();
	counts = deadline > now ?
		(u64)(((unsigned __int128)(deadline - now) * timer_mult) >> 32) : 0;
	/* Too far: it fires early and the caller sets it again. */
	reg_write(LAPIC_TIMER_INIT, (u32)clamp_t(u64, counts, 1, U32_MAX));
}
