// SPDX-License-Identifier: GPL-2.0-only
/*
 * I/O APICs: each pin is a global system interrupt (GSI) with a redirection entry.
 * Without one in the tables there are no pins, and GSIs cannot be had.
 * Intel 82093AA data sheet.
 */
#include "../apic_impl.h"

#include <asm/acpi.h>
#include <asm/io.h>
#include <asm/vmap.h>
#include <tern/base/err.h>
#include <tern/base/spin.h>
#include <tern/kernel/klog.h>
#include <tern/mm/slab.h>

#define REG_VERSION	1u
#define REG_ENTRY(pin)	(0x10u + 2 * (pin))
#define ENTRY_MASKED	0x10000u
#define ENTRY_LEVEL	0x8000u
#define ENTRY_LOW	0x2000u

struct ioapic_unit {
	volatile u8 *regs;
	u32 gsi_base, npins;
};

static struct ioapic_unit *ioapics __ro_after_init;
static u32 nioapics __ro_after_init;
static struct { bool is_set, is_level, is_active_low; u32 gsi; } overrides[16] __ro_after_init;
static struct spin ioapic_lock = SPIN_INIT(LOCKRANK_HW);	/* protects select and window */

static u32 reg_read(const struct ioapic_unit *io, u32 reg)
{
	mmio_write32(io->regs, reg);
	return mmio_read32(io->regs + 0x10);
}

static void reg_write(const struct ioapic_unit *io, u32 reg, u32 v)
{
	mmio_write32(io->regs, reg);
	mmio_write32(io->regs + 0x10, v);
}

static void __init count_one(void *arg, const struct acpi_ioapic *io)
{
	++*(u32 *)arg;
}

static void __init add_one(void *arg, const struct acpi_ioapic *found)
{
	struct ioapic_unit *io = &ioapics[nioapics];

	io->regs = early_mmio_map(found->paddr, 0x20, PROT_NOCACHE);
	if (!io->regs)
		return;
	io->gsi_base = found->gsi_base;
	io->npins = (reg_read(io, REG_VERSION) >> 16 & 255) + 1;
	for (u32 pin = 0; pin < io->npins; pin++)
		reg_write(io, REG_ENTRY(pin), ENTRY_MASKED);
	nioapics++;
}

static void __init add_override(void *arg, const struct acpi_override *ov)
{
	overrides[ov->isa].is_set = true;
	overrides[ov->isa].is_level = ov->is_level;
	overrides[ov->isa].is_active_low = ov->is_active_low;
	overrides[ov->isa].gsi = ov->gsi;
}

void __init ioapic_setup(void)
{
	const struct acpi_header *madt = acpi_find("APIC", 0);
	u32 n = 0;
	struct madt_visitor count = { .ioapic = count_one, .arg = &n };
	struct madt_visitor add = { .ioapic = add_one, .override = add_override };

	if (!madt)
		return;
	madt_walk(madt, &count);
	ioapics = kmem_calloc(n, sizeof(*ioapics), ALLOC_NOWAIT);
	if (ioapics && !madt_walk(madt, &add))
		kwarn("ACPI: MADT is damaged");
}

static struct ioapic_unit *find(u32 gsi)
{
	for (u32 i = 0; i < nioapics; i++)
		if (gsi - ioapics[i].gsi_base < ioapics[i].npins)
			return &ioapics[i];
	return NULL;
}

bool ioapic_has(u32 gsi)
{
	return find(gsi) != NULL;
}

u32 ioapic_gsi_end(void)
{
	u32 end = 16;

	for (u32 i = 0; i < nioapics; i++)
		end = max(end, ioapics[i].gsi_base + ioapics[i].npins);
	return end;
}

void ioapic_route(u32 gsi, u32 cpu, u32 vector, bool is_level, bool is_active_low, bool is_masked)
{
	struct ioapic_unit *io = find(gsi);
	u32 low = vector | (is_level ? ENTRY_LEVEL : 0) | (is_active_low ? ENTRY_LOW : 0);
	u64 flags;

	if (!io)
		return;
	flags = spin_lock_irqsave(&ioapic_lock);
	reg_write(io, REG_ENTRY(gsi - io->gsi_base), low | ENTRY_MASKED);
	reg_write(io, REG_ENTRY(gsi - io->gsi_base) + 1, apic_id_of_cpu(cpu) << 24);
	if (!is_masked)
		reg_write(io, REG_ENTRY(gsi - io->gsi_base), low);
	spin_unlock_irqrestore(&ioapic_lock, flags);
}

void ioapic_set_mask(u32 gsi, bool is_masked)
{
	struct ioapic_unit *io = find(gsi);
	u64 flags;
	u32 v;

	if (!io)
		return;
	flags = spin_lock_irqsave(&ioapic_lock);
	v = reg_read(io, REG_ENTRY(gsi - io->gsi_base)) & ~ENTRY_MASKED;
	reg_write(io, REG_ENTRY(gsi - io->gsi_base), v | (is_masked ? ENTRY_MASKED : 0));
	spin_unlock_irqrestore(&ioapic_lock, flags);
}

u32 arch_isa_irq_to_gsi(u32 isa, bool *is_level, bool *is_active_low)
{
	*is_level = isa < 16 && overrides[isa].is_set && overrides[isa].is_level;
	*is_active_low = isa < 16 && overrides[isa].is_set && overrides[isa].is_active_low;
	return isa < 16 && overrides[isa].is_set ? overrides[isa].gsi : isa;
}
