/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI functions and what their drivers need. Owner drivers/bus/pci.
 * PCI Local Bus 3.0 (chapter 6), PCI Express Base 5.0 (7.2, ECAM), MSI-X (PCI 3.0, 6.8.2).
 *
 * Driver's order of calls: probe: pcifn_enable(), pcifn_map_bar(), pcifn_msix_setup(),
 * pcifn_msix_attach() per vector; remove: pcifn_msix_teardown(),
 * pcifn_unmap_bar(), pcifn_disable().
 */
#pragma once

#include <tern/drivers/devnode.h>
#include <tern/kernel/irq.h>

#define PCI_ANY		0xffffu

struct pci_id { u16 vendor, device, subvendor, subdevice; u32 class, class_mask; uptr data; };

struct pci_bar {
	u64 addr;	/* bus address; 0: not assigned */
	u64 size;	/* bytes, 0: none */
	bool is_io, is_64bit, is_prefetchable;
};

struct pcifn {
	struct devnode node;
	u16 segment;
	u8 bus, dev, fn;		/* I */
	u16 vendor, device, subvendor, subdevice;	/* I */
	u32 class;			/* I 24 bits: class, subclass, interface */
	u8 revision, header_type;	/* I */
	struct pci_bar bar[6];		/* I */
	struct pci_bar rom;
	u32 msix_count;			/* vectors set up */
	struct pcifn_vector *msix;	/* array of msix_count */
	void __iomem *msix_table;
	u32 msi_irq;			/* line of pcifn_msi_attach() */
	struct sysnode *sysdir;		/* I in /sys/devices, NULL: it has none */
};

extern struct bus pci_bus;
static inline struct pcifn *pcifn_of(struct devnode *d) { return container_of(d, struct pcifn, node); }

/* Configuration space; offsets must be aligned to the size. Context: any. */
u8 pcifn_read8(struct pcifn *p, u32 off);
u16 pcifn_read16(struct pcifn *p, u32 off);
u32 pcifn_read32(struct pcifn *p, u32 off);
void pcifn_write8(struct pcifn *p, u32 off, u8 v);
void pcifn_write16(struct pcifn *p, u32 off, u16 v);
void pcifn_write32(struct pcifn *p, u32 off, u32 v);

/** pcifn_capability() - offset of the @nth capability @id (0: first), 0 if absent. Bounded walk. */
u32 pcifn_capability(struct pcifn *p, u8 id, u32 nth);
#define PCI_CAP_MSI	0x05
#define PCI_CAP_VENDOR	0x09
#define PCI_CAP_EXPRESS	0x10
#define PCI_CAP_MSIX	0x11

/** pcifn_enable() - memory and I/O decoding, bus mastering on. pcifn_disable() - off. */
void pcifn_enable(struct pcifn *p);
void pcifn_disable(struct pcifn *p);
/**
 * pcifn_map_bar() - @len bytes at @off of memory BAR @bar; NULL if absent, too
 * small, or no memory. Sleeps.
 */
void __iomem *pcifn_map_bar(struct pcifn *p, u32 bar, u64 off, u64 len);
void pcifn_unmap_bar(void __iomem *va);

/**
 * pcifn_msi_attach() - one message interrupt (MSI) with handler; for functions without MSI-X
 * Return: 0, -ENODEV no MSI, -ENOSPC, -ENOMEM. Sleeps. pcifn_msi_detach() undoes it.
 */
int pcifn_msi_attach(struct pcifn *p, irq_handler fn, const char *name, void *arg);
void pcifn_msi_detach(struct pcifn *p, void *arg);
/**
 * pcifn_msix_setup() - up to @want vectors, masked; returns how many (at least
 * 1) or -ENODEV, -ENOMEM, -ENOSPC. Sleeps.
 */
int pcifn_msix_setup(struct pcifn *p, u32 want);
/** pcifn_msix_attach() - handler for vector @i, then unmask; 0 or -errno. Sleeps. */
int pcifn_msix_attach(struct pcifn *p, u32 i, irq_handler fn, const char *name, void *arg);
/** pcifn_msix_detach() - undo: masked, and the handler does not run any more. Sleeps. */
void pcifn_msix_detach(struct pcifn *p, u32 i);
/** pcifn_msix_irq() - interrupt line of vector @i < msix_count. */
u32 pcifn_msix_irq(const struct pcifn *p, u32 i);
/** pcifn_msix_set_cpu() - vector @i interrupts @cpu from now on; 0, -ENOSPC, -EINVAL. Sleeps. */
int pcifn_msix_set_cpu(struct pcifn *p, u32 i, u32 cpu);
/** pcifn_msix_teardown() - detach all handlers, disable. Sleeps. */
void pcifn_msix_teardown(struct pcifn *p);
