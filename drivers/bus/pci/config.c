// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI configuration space: by memory (ECAM windows that the ACPI table MCFG names) or
 * by ports 0xcf8/0xcfc. PCI Firmware 3.2, 4.1.2 (MCFG); PCI 3.0, 3.2.2.3.2 (ports).
 *
 * A window is mapped a bus at a time, when the bus is first looked at: 1 MiB each.
 *
 * Lock: port_lock (LOCKRANK_HW, irqsave) protects the address/data port pair; memory accesses
 * need none.
 */
#include "pci_impl.h"

#include <asm/acpi.h>
#include <asm/io.h>
#include <tern/kernel/klog.h>
#include <tern/mm/kva.h>
#include <tern/mm/slab.h>
#include <tern/svc/fault.h>

#define ECAM_BUS_SIZE	(1UL << 20)
#define ADDRESS_PORT	0xcf8
#define DATA_PORT	0xcfc

struct mcfg_entry {
	u64 base;
	u16 segment;
	u8 first_bus, last_bus;
	u32 reserved;
} __packed;
static_assert(sizeof(struct mcfg_entry) == 16, "firmware layout");

struct window {
	struct mcfg_entry e;
	void __iomem *bus_va[256];	/* A mapped when first used */
};

static struct window *windows;	/* I after init; nwindows of them */
static u32 nwindows;
static struct spin port_lock = SPIN_INIT(LOCKRANK_HW);	/* protects the port pair */

void pci_config_init(void)
{
	const struct acpi_header *t = acpi_find("MCFG", 0);
	const struct mcfg_entry *e;
	u32 n;

	if (!t || t->len < sizeof(*t) + 8)
		return;
	n = (u32)((t->len - sizeof(*t) - 8) / sizeof(*e));
	e = (const void *)((const u8 *)t + sizeof(*t) + 8);
	windows = kmem_calloc(n, sizeof(*windows), ALLOC_KERNEL);
	if (!windows)
		return;		/* the ports still work */
	for (u32 i = 0; i < n; i++)
		if (e[i].last_bus >= e[i].first_bus && IS_ALIGNED(e[i].base, ECAM_BUS_SIZE))
			windows[nwindows++].e = e[i];
}

u32 pci_segments(void)
{
	u32 n = 1;

	for (u32 i = 0; i < nwindows; i++)
		n = max_t(u32, n, windows[i].e.segment + 1u);
	return n;
}

static struct window *find_window(u16 segment, u8 bus)
{
	for (u32 i = 0; i < nwindows; i++) {
		const struct mcfg_entry *e = &windows[i].e;

		if (e->segment == segment && bus >= e->first_bus && bus <= e->last_bus)
			return &windows[i];
	}
	return NULL;
}

/* Where a register lies in memory, or NULL. Only enumeration meets an unmapped
 * bus, and it may sleep.
 */
static void __iomem *ecam_addr(u16 segment, u8 bus, u8 devfn, u32 off)
{
	struct window *w = find_window(segment, bus);
	void __iomem *va;

	if (!w)
		return NULL;
	va = load_acquire(&w->bus_va[bus]);
	if (!va && !in_atomic() && irq_is_enabled()) {
		va = mmio_map(w->e.base + (u64)bus * ECAM_BUS_SIZE, ECAM_BUS_SIZE, PROT_NOCACHE);
		if (va)
			store_release(&w->bus_va[bus], va);
	}
	return va ? (u8 *)va + ((u32)devfn << 12) + off : NULL;
}

static u32 port_access(u8 bus, u8 devfn, u32 off, u32 size, bool is_write, u32 v)
{
	u16 data = (u16)(DATA_PORT + (off & 3));
	u64 flags = spin_lock_irqsave(&port_lock);

	outl(0x80000000u | (u32)bus << 16 | (u32)devfn << 8 | (off & 0xfc), ADDRESS_PORT);
	if (is_write && size == 1)
		outb((u8)v, data);
	else if (is_write && size == 2)
		outw((u16)v, data);
	else if (is_write)
		outl(v, data);
	else
		v = size == 1 ? inb(data) : size == 2 ? inw(data) : inl(data);
	spin_unlock_irqrestore(&port_lock, flags);
	return v;
}

u32 pci_config_read(u16 segment, u8 bus, u8 devfn, u32 off, u32 size)
{
	void __iomem *va = ecam_addr(segment, bus, devfn, off);

	if (fault_inject(FAULT_PCI_CONFIG_READ))
		return size == 1 ? 0xff : size == 2 ? 0xffff : U32_MAX;
	if (va)
		return size == 1 ? mmio_read8(va) : size == 2 ? mmio_read16(va) : mmio_read32(va);
	if (segment || off > 0xff)
		return size == 1 ? 0xff : size == 2 ? 0xffff : U32_MAX;
	return port_access(bus, devfn, off, size, false, 0);
}

void pci_config_write(u16 segment, u8 bus, u8 devfn, u32 off, u32 size, u32 v)
{
	void __iomem *va = ecam_addr(segment, bus, devfn, off);

	if (va && size == 1)
		mmio_write8(va, (u8)v);
	else if (va && size == 2)
		mmio_write16(va, (u16)v);
	else if (va)
		mmio_write32(va, v);
	else if (!segment && off <= 0xff)
		port_access(bus, devfn, off, size, true, v);
}
