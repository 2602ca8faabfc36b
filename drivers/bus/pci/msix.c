// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSI-X: a table of message address, data and mask per vector in one of the
 * function's BARs. PCI Local Bus 3.0, 6.8.2.
 *
 * Life: setup maps the table, takes an interrupt line and writes a masked entry for
 * each vector, and enables MSI-X; attach puts a handler on a line and unmasks; teardown
 * undoes all. The driver of the function calls these from probe and remove only.
 */
#include "pci_impl.h"

#include <asm/io.h>
#include <tern/base/err.h>
#include <tern/mm/slab.h>

#define MSIX_CONTROL		2	/* offsets in the capability */
#define MSIX_TABLE		4
#define MSIX_CONTROL_SIZE	0x7ffu
#define MSIX_CONTROL_MASK_ALL	0x4000u
#define MSIX_CONTROL_ENABLE	0x8000u
#define ENTRY_SIZE		16
#define ENTRY_ADDR_LO		0
#define ENTRY_ADDR_HI		4
#define ENTRY_DATA		8
#define ENTRY_CONTROL		12
#define ENTRY_MASKED		1u

struct pcifn_vector {
	u32 irq;
	bool is_attached;
	void *arg;
};

static u8 __iomem *entry_of(struct pcifn *p, u32 i)
{
	return (u8 __iomem *)p->msix_table + i * ENTRY_SIZE;
}

static void write_entry(struct pcifn *p, u32 i, const struct msi_message *m)
{
	u8 __iomem *e = entry_of(p, i);

	mmio_write32(e + ENTRY_CONTROL, ENTRY_MASKED);
	mmio_write32(e + ENTRY_ADDR_LO, (u32)m->addr);
	mmio_write32(e + ENTRY_ADDR_HI, (u32)(m->addr >> 32));
	mmio_write32(e + ENTRY_DATA, m->data);
}

/* Lines for as many vectors as there are, up to @n; how many. */
static u32 take_lines(struct pcifn *p, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++) {
		struct msi_message m;
		int irq = arch_irq_alloc_msi(&m);

		if (irq < 0)
			break;
		p->msix[i].irq = (u32)irq;
		write_entry(p, i, &m);
	}
	return i;
}

int pcifn_msix_setup(struct pcifn *p, u32 want)
{
	u32 cap = pcifn_capability(p, PCI_CAP_MSIX, 0), table, n;
	u16 control;

	if (!cap)
		return -ENODEV;
	control = pcifn_read16(p, cap + MSIX_CONTROL);
	n = min_t(u32, (control & MSIX_CONTROL_SIZE) + 1u, want);
	table = pcifn_read32(p, cap + MSIX_TABLE);
	p->msix_table = pcifn_map_bar(p, table & 7, table & ~7u, (u64)n * ENTRY_SIZE);
	p->msix = kmem_calloc(n, sizeof(*p->msix), ALLOC_KERNEL);
	if (!p->msix_table || !p->msix)
		goto err_free;
	pcifn_write16(p, cap + MSIX_CONTROL,
		      control | MSIX_CONTROL_ENABLE | MSIX_CONTROL_MASK_ALL);
	p->msix_count = take_lines(p, n);
	if (!p->msix_count)
		goto err_disable;
	pcifn_write16(p, PCI_COMMAND, pcifn_read16(p, PCI_COMMAND) | PCI_COMMAND_NO_INTX);
	pcifn_write16(p, cap + MSIX_CONTROL,
		      (control | MSIX_CONTROL_ENABLE) & ~MSIX_CONTROL_MASK_ALL);
	return (int)p->msix_count;
err_disable:
	pcifn_write16(p, cap + MSIX_CONTROL, control & ~MSIX_CONTROL_ENABLE);
err_free:
	if (p->msix_table)
		pcifn_unmap_bar(p->msix_table);
	kmem_free(p->msix);
	p->msix = NULL;
	p->msix_table = NULL;
	return -ENOSPC;
}

int pcifn_msix_attach(struct pcifn *p, u32 i, irq_handler fn, const char *name, void *arg)
{
	int err;

	if (i >= p->msix_count || p->msix[i].is_attached)
		return -EINVAL;
	err = irqline_attach(p->msix[i].irq, fn, 0, name, arg);
	if (err)
		return err;
	p->msix[i].is_attached = true;
	p->msix[i].arg = arg;
	mmio_write32(entry_of(p, i) + ENTRY_CONTROL, 0);
	return 0;
}

void pcifn_msix_detach(struct pcifn *p, u32 i)
{
	if (i >= p->msix_count || !p->msix[i].is_attached)
		return;
	mmio_write32(entry_of(p, i) + ENTRY_CONTROL, ENTRY_MASKED);
	irqline_detach(p->msix[i].irq, p->msix[i].arg);
	p->msix[i].is_attached = false;
}

u32 pcifn_msix_irq(const struct pcifn *p, u32 i)
{
	return p->msix[i].irq;
}

int pcifn_msix_set_cpu(struct pcifn *p, u32 i, u32 cpu)
{
	struct msi_message m;
	int err;

	if (i >= p->msix_count)
		return -EINVAL;
	err = arch_irq_set_cpu(p->msix[i].irq, cpu);
	if (!err)
		err = arch_irq_msi_message(p->msix[i].irq, &m);
	if (err)
		return err;
	write_entry(p, i, &m);
	if (p->msix[i].is_attached)
		mmio_write32(entry_of(p, i) + ENTRY_CONTROL, 0);
	return 0;
}

void pcifn_msix_teardown(struct pcifn *p)
{
	u32 cap = pcifn_capability(p, PCI_CAP_MSIX, 0);

	if (!p->msix)
		return;
	for (u32 i = 0; i < p->msix_count; i++) {
		mmio_write32(entry_of(p, i) + ENTRY_CONTROL, ENTRY_MASKED);
		if (p->msix[i].is_attached)
			irqline_detach(p->msix[i].irq, p->msix[i].arg);
		arch_irq_free(p->msix[i].irq);
	}
	pcifn_write16(p, cap + MSIX_CONTROL,
		      pcifn_read16(p, cap + MSIX_CONTROL) & ~MSIX_CONTROL_ENABLE);
	pcifn_unmap_bar(p->msix_table);
	kmem_free(p->msix);
	p->msix = NULL;
	p->msix_table = NULL;
	p->msix_count = 0;
}
