// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finding PCI functions: from bus 0 of each segment through bridges, depth first.
 * Firmware has numbered the buses and assigned the BARs; a bridge whose secondary
 * bus is not above its own bus is not followed, so that nonsense cannot loop.
 */
#include "pci_impl.h"

#include <generated/svc_devmgr.h>
#include <tern/base/err.h>
#include <tern/kernel/klog.h>
#include <tern/lib/fmt.h>
#include <tern/lib/seqbuf.h>
#include <tern/mm/slab.h>

static bool id_matches(const struct pci_id *id, const struct pcifn *p)
{
	return (id->vendor == PCI_ANY || id->vendor == p->vendor) &&
	       (id->device == PCI_ANY || id->device == p->device) &&
	       (!id->subvendor || id->subvendor == PCI_ANY || id->subvendor == p->subvendor) &&
	       (!id->subdevice || id->subdevice == PCI_ANY || id->subdevice == p->subdevice) &&
	       (p->class & id->class_mask) == id->class;
}

/* Tables end with an entry whose vendor is 0. */
static bool pci_match(struct devnode *d, const struct driver_desc *drv)
{
	for (const struct pci_id *id = drv->ids; id->vendor; id++)
		if (id_matches(id, pcifn_of(d)))
			return true;
	return false;
}

static void pci_print_alias(struct devnode *d, struct seqbuf *sb)
{
	struct pcifn *p = pcifn_of(d);

	seqbuf_printf(sb, "pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X", p->vendor, p->device,
		      p->subvendor, p->subdevice, p->class >> 16, (p->class >> 8) & 0xff,
		      p->class & 0xff);
}

struct bus pci_bus = { .name = "pci", .match = pci_match, .print_alias = pci_print_alias };

static void pcifn_release(struct devnode *d)
{
	kmem_free(pcifn_of(d));
}

/* Size of a base address register: write ones, see which stick. Decoding is off meanwhile. */
static u32 probe_bar(struct pcifn *p, u32 off, u32 old)
{
	u32 v;

	pcifn_write32(p, off, U32_MAX);
	v = pcifn_read32(p, off);
	pcifn_write32(p, off, old);
	return v;
}

/* Read BAR @i; returns how many registers it takes. */
static u32 read_bar(struct pcifn *p, u32 i)
{
	u32 off = PCI_BAR0 + 4 * i, lo = pcifn_read32(p, off), mask = probe_bar(p, off, lo);
	struct pci_bar *b = &p->bar[i];
	u64 size_mask;

	if (!mask || mask == U32_MAX)
		return 1;
	b->is_io = lo & 1;
	if (b->is_io) {
		b->addr = lo & ~3u;
		b->size = (u16)(~(mask & ~3u) + 1);
		return 1;
	}
	b->is_64bit = (lo & 6) == 4 && i < 5;
	b->is_prefetchable = lo & 8;
	b->addr = lo & ~0xfu;
	size_mask = (mask & ~0xfu) | 0xffffffff00000000UL;
	if (b->is_64bit) {
		u32 hi = pcifn_read32(p, off + 4);

		b->addr |= (u64)hi << 32;
		size_mask = (mask & ~0xfu) | (u64)probe_bar(p, off + 4, hi) << 32;
	}
	b->size = ~size_mask + 1;
	return b->is_64bit ? 2 : 1;
}

static void read_bars(struct pcifn *p)
{
	u32 n = (p->header_type & 0x7f) == 0 ? 6 : (p->header_type & 0x7f) == 1 ? 2 : 0;
	u16 cmd = pcifn_read16(p, PCI_COMMAND);

	pcifn_write16(p, PCI_COMMAND, cmd & ~(PCI_COMMAND_IO | PCI_COMMAND_MEMORY));
	for (u32 i = 0; i < n;)
		i += read_bar(p, i);
	pcifn_write16(p, PCI_COMMAND, cmd);
}

static struct pcifn *make_function(struct devnode *parent, u16 seg, u8 bus, u8 devfn)
{
	struct pcifn *p = kmem_zalloc(sizeof(*p), ALLOC_KERNEL);

	if (!p)
		return NULL;
	p->segment = seg;
	p->bus = bus;
	p->dev = devfn >> 3;
	p->fn = devfn & 7;
	p->vendor = pcifn_read16(p, PCI_VENDOR);
	p->device = pcifn_read16(p, PCI_DEVICE);
	p->class = pcifn_read32(p, PCI_REVISION) >> 8;
	p->revision = pcifn_read8(p, PCI_REVISION);
	p->header_type = pcifn_read8(p, PCI_HEADER);
	if ((p->header_type & 0x7f) == 0) {
		p->subvendor = pcifn_read16(p, PCI_SUBVENDOR);
		p->subdevice = pcifn_read16(p, PCI_SUBDEVICE);
	}
	read_bars(p);
	devnode_init(&p->node, &pci_bus, parent, pcifn_release);
	fmt_print(p->node.name, sizeof(p->node.name), "%04x:%02x:%02x.%x", seg, bus, p->dev, p->fn);
	return p;
}

static void scan_bus(struct devnode *parent, u16 seg, u8 bus);

/* Returns the header type, or 0xff if nothing is there. */
static u8 scan_function(struct devnode *parent, u16 seg, u8 bus, u8 devfn)
{
	struct pcifn *p;
	u8 header, secondary;

	if (pci_config_read(seg, bus, devfn, PCI_VENDOR, 2) == 0xffff)
		return 0xff;
	p = make_function(parent, seg, bus, devfn);
	if (!p) {
		kerr("pci: no memory for %04x:%02x:%02x", seg, bus, devfn >> 3);
		return 0xff;
	}
	header = p->header_type;
	kdebug("pci %s: %04x:%04x class %06x", p->node.name, p->vendor, p->device, p->class);
	if (svc_devmgr_add(&p->node)) {
		devnode_put(&p->node);
		return header;
	}
	if (pci_sysfs_add(p, parent == &devtree_root ? NULL : pcifn_of(parent)))
		kwarn("pci %s is not in /sys", p->node.name);
	if ((header & 0x7f) == 1) {
		secondary = pcifn_read8(p, PCI_SECONDARY);
		if (secondary > bus)
			scan_bus(&p->node, seg, secondary);
	}
	return header;
}

static void scan_bus(struct devnode *parent, u16 seg, u8 bus)
{
	for (u32 dev = 0; dev < 32; dev++) {
		u8 header = scan_function(parent, seg, bus, (u8)(dev << 3));

		if (header == 0xff || !(header & 0x80))
			continue;
		for (u32 fn = 1; fn < 8; fn++)
			scan_function(parent, seg, bus, (u8)(dev << 3 | fn));
	}
}

static int pci_init(void)
{
	devbus_register(&pci_bus);
	pci_config_init();
	for (u32 seg = 0; seg < pci_segments(); seg++)
		scan_bus(&devtree_root, (u16)seg, 0);
	return 0;
}
INITCALL(BUS, pci_init);
