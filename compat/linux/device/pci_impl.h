/* SPDX-License-Identifier: GPL-2.0-only */
/* A PCI function that a module drives: the vendor's structure and the native one. */
#pragma once

#include "irq_impl.h"

#include <tern/drivers/pci.h>

struct lx_pci {
	struct lx_pci_dev dev;		/* first: modules hold pointers to it */
	struct pcifn *fn;
	struct lx_pci_bus bus;
	struct lx_irq_source *irqs;	/* nirqs; vectors or the line */
	u32 nirqs;
	u64 dma_mask;
	u32 region_users;		/* bit n: resource n is requested */
	char name[16];
	struct list link;		/* of all; pci.c */
};

static inline struct lx_pci *lx_pci_of(const struct lx_pci_dev *d) { return (struct lx_pci *)d; }

/** lx_pci_next() - the next function behind @from with these ids (all ones: any), with a reference; NULL. */
struct lx_pci_dev *lx_pci_next(u32 vendor, u32 device, struct lx_pci_dev *from);
/** lx_pci_irq_line() - the function's line, as firmware set it up; 0: none. Sets dev.irq. */
void lx_pci_irq_line(struct lx_pci *p);
/** lx_pci_irq_release() - whatever interrupts it still has. Sleeps. */
void lx_pci_irq_release(struct lx_pci *p);
