// SPDX-License-Identifier: GPL-2.0-only
/* MSI, one vector a function: PCI Local Bus 3.0, 6.8.1. */
#include "pci_impl.h"

#include <tern/base/err.h>

#define MSI_CONTROL		2	/* offsets in the capability */
#define MSI_ADDR_LO		4
#define MSI_ADDR_HI		8	/* with 64-bit addresses; else the data is here */
#define MSI_CONTROL_ENABLE	0x1u
#define MSI_CONTROL_VECTORS	0x70u
#define MSI_CONTROL_64		0x80u

int pcifn_msi_attach(struct pcifn *p, irq_handler fn, const char *name, void *arg)
{
	u32 cap = pcifn_capability(p, PCI_CAP_MSI, 0);
	struct msi_message m;
	u16 control;
	int irq, err;

	if (!cap)
		return -ENODEV;
	irq = arch_irq_alloc_msi(&m);
	if (irq < 0)
		return irq;
	err = irqline_attach((u32)irq, fn, 0, name, arg);
	if (err) {
		arch_irq_free((u32)irq);
		return err;
	}
	control = pcifn_read16(p, cap + MSI_CONTROL) & (u16)~(MSI_CONTROL_VECTORS | MSI_CONTROL_ENABLE);
	pcifn_write32(p, cap + MSI_ADDR_LO, (u32)m.addr);
	if (control & MSI_CONTROL_64)
		pcifn_write32(p, cap + MSI_ADDR_HI, (u32)(m.addr >> 32));
	pcifn_write16(p, cap + (control & MSI_CONTROL_64 ? 12 : 8), (u16)m.data);
	p->msi_irq = (u32)irq;
	pcifn_write16(p, PCI_COMMAND, pcifn_read16(p, PCI_COMMAND) | PCI_COMMAND_NO_INTX);
	pcifn_write16(p, cap + MSI_CONTROL, control | MSI_CONTROL_ENABLE);
	return 0;
}

void pcifn_msi_detach(struct pcifn *p, void *arg)
{
	u32 cap = pcifn_capability(p, PCI_CAP_MSI, 0);

	pcifn_write16(p, cap + MSI_CONTROL, pcifn_read16(p, cap + MSI_CONTROL) & (u16)~MSI_CONTROL_ENABLE);
	irqline_detach(p->msi_irq, arg);
	arch_irq_free(p->msi_irq);
}
