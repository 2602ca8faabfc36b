// SPDX-License-Identifier: GPL-2.0-only
/*
 * Power off and reset. ACPI specification 6.4: 4.8.3.2 (PM1 control), 4.8.3.6
 * (reset register), 7.4.2 (_S5).
 */
#include <asm/power.h>

#include <asm/acpi.h>
#include <asm/clock.h>
#include <asm/desc.h>
#include <asm/io.h>
#include <asm/page.h>
#include <asm/smp.h>
#include <asm/vmap.h>
#include <tern/base/initcall.h>
#include <tern/kernel/klog.h>

#define PM1_SLP_EN	0x2000u
#define PM1_SCI_EN	0x1u
#define PM1_SLP_TYP(t)	((u32)(t) << 10)
#define AML_MAX		0x1000000u

static u8 s5_a, s5_b;
static bool has_s5;

/* The DSDT, then every SSDT, until one defines \_S5. */
static int power_init(void)
{
	const struct acpi_header *t;
	paddr_t pa = acpi_fadt.dsdt;
	u32 len = 0;

	if (!pa)
		return 0;
	t = paddr_in_direct_map(pa, sizeof(*t)) ? phys_to_virt(pa)
						: early_mmio_map(pa, sizeof(*t), 0);
	if (t)
		len = t->len;
	if (len > sizeof(*t) && len < AML_MAX) {
		t = paddr_in_direct_map(pa, len) ? phys_to_virt(pa) : early_mmio_map(pa, len, 0);
		if (t && acpi_checksum_ok(t, len))
			has_s5 = acpi_find_s5((const u8 *)(t + 1), len - sizeof(*t), &s5_a, &s5_b);
	}
	for (u32 i = 0; !has_s5 && (t = acpi_find("SSDT", i)); i++)
		has_s5 = acpi_find_s5((const u8 *)(t + 1), t->len - sizeof(*t), &s5_a, &s5_b);
	if (!has_s5)
		kwarn("ACPI: no \\_S5, power off only halts");
	return 0;
}
INITCALL(CORE, power_init);

static void enable_acpi_mode(void)
{
	const struct acpi_fixed_info *f = &acpi_fadt;

	if (!f->smi_command || !f->acpi_enable || (inw((u16)f->pm1a_control) & PM1_SCI_EN))
		return;
	outb(f->acpi_enable, (u16)f->smi_command);
	for (u32 i = 0; i < 300 && !(inw((u16)f->pm1a_control) & PM1_SCI_EN); i++)
		arch_delay_ns(1000000);
}

static void sleep_s5(void)
{
	u16 a = (u16)acpi_fadt.pm1a_control, b = (u16)acpi_fadt.pm1b_control;

	if (!has_s5 || !a)
		return;
	enable_acpi_mode();
	outw((u16)((inw(a) & 0xc3ff) | PM1_SLP_TYP(s5_a) | PM1_SLP_EN), a);
	if (b)
		outw((u16)((inw(b) & 0xc3ff) | PM1_SLP_TYP(s5_b) | PM1_SLP_EN), b);
	arch_delay_ns(1000000000);
}

void arch_poweroff(void)
{
	irq_disable();
	smp_stop_others();
	sleep_s5();
	kerr("power off failed; it is safe to switch the machine off");
	cpu_halt_forever();
}

static void reset_acpi(void)
{
	const struct acpi_fixed_info *f = &acpi_fadt;

	if (!f->has_reset)
		return;
	if (f->reset.space == 1)
		outb(f->reset_value, (u16)f->reset.addr);
	else if (f->reset.space == 0 && paddr_in_direct_map(f->reset.addr, 1))
		mmio_write8(phys_to_virt(f->reset.addr), f->reset_value);
	arch_delay_ns(50000000);
}

static void reset_keyboard(void)
{
	for (u32 i = 0; i < 10; i++) {
		for (u32 n = 0; n < 10000 && (inb(0x64) & 2); n++)
			cpu_relax();
		outb(0xfe, 0x64);
		arch_delay_ns(50000);
	}
}

void arch_reboot(void)
{
	struct table_ptr none = { 0, 0 };

	irq_disable();
	smp_stop_others();
	reset_acpi();
	reset_keyboard();
	__asm__ volatile("lidt %0; int3" : : "m" (none));	/* triple fault */
	cpu_halt_forever();
}
