// SPDX-License-Identifier: GPL-2.0-only
/* One PCI function: configuration, capabilities, decoding, BAR mappings. */
#include "pci_impl.h"

#include <tern/mm/kva.h>

static u8 devfn_of(const struct pcifn *p)
{
	return (u8)(p->dev << 3 | p->fn);
}

u8 pcifn_read8(struct pcifn *p, u32 off)
{
	return (u8)pci_config_read(p->segment, p->bus, devfn_of(p), off, 1);
}

u16 pcifn_read16(struct pcifn *p, u32 off)
{
	return (u16)pci_config_read(p->segment, p->bus, devfn_of(p), off, 2);
}

u32 pcifn_read32(struct pcifn *p, u32 off)
{
	return pci_config_read(p->segment, p->bus, devfn_of(p), off, 4);
}

void pcifn_write8(struct pcifn *p, u32 off, u8 v)
{
	pci_config_write(p->segment, p->bus, devfn_of(p), off, 1, v);
}

void pcifn_write16(struct pcifn *p, u32 off, u16 v)
{
	pci_config_write(p->segment, p->bus, devfn_of(p), off, 2, v);
}

void pcifn_write32(struct pcifn *p, u32 off, u32 v)
{
	pci_config_write(p->segment, p->bus, devfn_of(p), off, 4, v);
}

u32 pcifn_capability(struct pcifn *p, u8 id, u32 nth)
{
	u32 off;

	if (!(pcifn_read16(p, PCI_STATUS) & PCI_STATUS_CAPS))
		return 0;
	off = pcifn_read8(p, PCI_CAP_POINTER) & ~3u;
	/* 48 capabilities fill the space: a longer chain is a loop. */
	for (u32 i = 0; off >= 0x40 && i < 48; i++) {
		if (pcifn_read8(p, off) == id && nth-- == 0)
			return off;
		off = pcifn_read8(p, off + 1) & ~3u;
	}
	return 0;
}

void pcifn_enable(struct pcifn *p)
{
	u16 cmd = pcifn_read16(p, PCI_COMMAND);

	pcifn_write16(p, PCI_COMMAND, cmd | PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

void pcifn_disable(struct pcifn *p)
{
	u16 cmd = pcifn_read16(p, PCI_COMMAND);

	pcifn_write16(p, PCI_COMMAND, cmd & ~PCI_COMMAND_MASTER);
}

void __iomem *pcifn_map_bar(struct pcifn *p, u32 bar, u64 off, u64 len)
{
	const struct pci_bar *b;
	u64 end;

	if (bar >= ARRAY_SIZE(p->bar))
		return NULL;
	b = &p->bar[bar];
	if (b->is_io || !b->addr || !len || check_add(off, len, &end) || end > b->size)
		return NULL;
	return mmio_map(b->addr + off, len, PROT_NOCACHE);
}

void pcifn_unmap_bar(void __iomem *va)
{
	mmio_unmap(va);
}
