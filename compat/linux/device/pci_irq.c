// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts of PCI functions: vectors of MSI-X, one message of MSI, or the line.
 *
 * The line is the one that firmware wrote into the function's configuration (an ISA number): the
 * routing by ACPI needs an interpreter that is not there.
 */
#include "pci_impl.h"

#include <asm/cpu.h>
#include <tern/base/err.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define IRQ_LEGACY	1u
#define IRQ_MSI		2u
#define IRQ_MSIX	4u
#define REG_LINE	0x3c

/* ---- sources ---- */

static int msix_attach(struct lx_irq_source *s, irq_handler fn, irq_handler thread, u32 flags,
		       const char *name, void *arg)
{
	struct lx_pci *p = s->owner;

	return thread ? -EOPNOTSUPP : pcifn_msix_attach(p->fn, s->index, fn, name, arg);
}

static void msix_detach(struct lx_irq_source *s, void *arg)
{
	pcifn_msix_detach(((struct lx_pci *)s->owner)->fn, s->index);
}

static int msix_set_cpu(struct lx_irq_source *s, u32 cpu)
{
	return pcifn_msix_set_cpu(((struct lx_pci *)s->owner)->fn, s->index, cpu);
}

static int msi_attach(struct lx_irq_source *s, irq_handler fn, irq_handler thread, u32 flags,
		      const char *name, void *arg)
{
	struct lx_pci *p = s->owner;
	int err = thread ? -EOPNOTSUPP : pcifn_msi_attach(p->fn, fn, name, arg);

	if (!err)
		s->native = p->fn->msi_irq;
	return err;
}

static void msi_detach(struct lx_irq_source *s, void *arg)
{
	pcifn_msi_detach(((struct lx_pci *)s->owner)->fn, arg);
}

static int line_attach(struct lx_irq_source *s, irq_handler fn, irq_handler thread, u32 flags,
		       const char *name, void *arg)
{
	return irqline_attach_threaded(s->native, fn, thread, flags, name, arg);
}

static void line_detach(struct lx_irq_source *s, void *arg)
{
	irqline_detach(s->native, arg);
}

/* ---- the line ---- */

static u16 line_of_isa[16];	/* irq + 1 of lines that were set up already */

static int line_setup(u32 isa)
{
	bool is_level, is_low;
	u32 gsi = arch_isa_irq_to_gsi(isa, &is_level, &is_low);
	int irq;

	if (line_of_isa[isa])
		return line_of_isa[isa] - 1;
	irq = arch_irq_alloc_gsi(gsi, true, is_low);
	if (irq >= 0)
		line_of_isa[isa] = (u16)(irq + 1);
	return irq;
}

static int sources_make(struct lx_pci *p, u32 n)
{
	p->irqs = kmem_calloc(n, sizeof(*p->irqs), ALLOC_KERNEL);
	p->nirqs = p->irqs ? n : 0;
	return p->irqs ? 0 : -ENOMEM;
}

static void sources_drop(struct lx_pci *p)
{
	for (u32 i = 0; i < p->nirqs; i++)
		lx_irq_source_remove(&p->irqs[i]);
	kmem_free(p->irqs);
	p->irqs = NULL;
	p->nirqs = 0;
}

void lx_pci_irq_line(struct lx_pci *p)
{
	u32 isa = pcifn_read8(p->fn, REG_LINE);
	int irq;

	if (!p->dev.pin || !isa || isa >= ARRAY_SIZE(line_of_isa))
		return;
	irq = line_setup(isa);
	if (irq < 0 || sources_make(p, 1))
		return;
	p->irqs[0] = (struct lx_irq_source){ .number = (u32)irq, .native = (u32)irq, .is_line = true,
					     .attach = line_attach, .detach = line_detach, .owner = p };
	lx_irq_source_add(&p->irqs[0]);
	p->dev.irq = (u32)irq;
}

/* ---- messages ---- */

static int enable_msix(struct lx_pci *p, u32 min, u32 max)
{
	int n = pcifn_msix_setup(p->fn, max);
	int err;

	if (n < 0)
		return n;
	if ((u32)n < min) {
		pcifn_msix_teardown(p->fn);
		return -ENOSPC;
	}
	sources_drop(p);
	err = sources_make(p, (u32)n);
	if (err) {
		pcifn_msix_teardown(p->fn);
		return err;
	}
	for (u32 i = 0; i < (u32)n; i++) {
		u32 irq = pcifn_msix_irq(p->fn, i);

		p->irqs[i] = (struct lx_irq_source){ .number = irq, .native = irq, .attach = msix_attach,
			.detach = msix_detach, .set_cpu = msix_set_cpu, .owner = p, .index = i };
		lx_irq_source_add(&p->irqs[i]);
	}
	p->dev.msix_enabled = 1;
	return n;
}

static int enable_msi(struct lx_pci *p)
{
	int err;

	if (!p->dev.msi_cap)
		return -ENODEV;
	sources_drop(p);
	err = sources_make(p, 1);
	if (err)
		return err;
	p->irqs[0] = (struct lx_irq_source){ .number = LX_IRQS_MSI | (u32)p->fn->bus << 8 | p->dev.devfn,
		.attach = msi_attach, .detach = msi_detach, .owner = p };
	lx_irq_source_add(&p->irqs[0]);
	p->dev.irq = p->irqs[0].number;
	p->dev.msi_enabled = 1;
	return 1;
}

void lx_pci_irq_release(struct lx_pci *p)
{
	sources_drop(p);
	if (p->dev.msix_enabled)
		pcifn_msix_teardown(p->fn);
	p->dev.msix_enabled = p->dev.msi_enabled = 0;
}

static void back_to_line(struct lx_pci *p)
{
	lx_pci_irq_release(p);
	p->dev.irq = 0;
	lx_pci_irq_line(p);
}

int lx_pci_alloc_irq_vectors_affinity(struct lx_pci_dev *d, unsigned int min, unsigned int max,
				      unsigned int flags, struct lx_irq_affinity *affinity)
{
	struct lx_pci *p = lx_pci_of(d);
	int n = -ENOSPC;

	if (flags & IRQ_MSIX)
		n = enable_msix(p, min, max);
	if (n < 0 && (flags & IRQ_MSI) && min <= 1)
		n = enable_msi(p);
	if (n < 0 && (flags & IRQ_LEGACY) && min <= 1 && d->irq)
		n = 1;
	return n < 0 ? -ENOSPC : n;
}
LX_EXPORT(pci_alloc_irq_vectors_affinity);

void lx_pci_free_irq_vectors(struct lx_pci_dev *d)
{
	if (d->msix_enabled || d->msi_enabled)
		back_to_line(lx_pci_of(d));
}
LX_EXPORT(pci_free_irq_vectors);

int lx_pci_irq_vector(struct lx_pci_dev *d, unsigned int n)
{
	struct lx_pci *p = lx_pci_of(d);

	return n < p->nirqs ? (int)p->irqs[n].number : -EINVAL;
}
LX_EXPORT(pci_irq_vector);

const struct lx_cpumask *lx_pci_irq_get_affinity(struct lx_pci_dev *d, int n)
{
	return NULL;		/* vectors are not spread over processors by themselves */
}
LX_EXPORT(pci_irq_get_affinity);

int lx_pci_enable_msix_range(struct lx_pci_dev *d, struct lx_msix_entry *entries, int min, int max)
{
	int n = enable_msix(lx_pci_of(d), (u32)min, (u32)max);

	for (int i = 0; entries && i < n; i++)
		entries[i].vector = lx_pci_of(d)->irqs[i].number;
	return n;
}
LX_EXPORT(pci_enable_msix_range);

void lx_pci_disable_msix(struct lx_pci_dev *d)
{
	if (d->msix_enabled)
		back_to_line(lx_pci_of(d));
}
LX_EXPORT(pci_disable_msix);

int lx_pci_enable_msi(struct lx_pci_dev *d)
{
	int n = enable_msi(lx_pci_of(d));

	return n < 0 ? n : 0;
}
LX_EXPORT(pci_enable_msi);

void lx_pci_disable_msi(struct lx_pci_dev *d)
{
	if (d->msi_enabled)
		back_to_line(lx_pci_of(d));
}
LX_EXPORT(pci_disable_msi);

int lx_pci_msix_vec_count(struct lx_pci_dev *d)
{
	return d->msix_cap ? (pcifn_read16(lx_pci_of(d)->fn, d->msix_cap + 2u) & 0x7ff) + 1 : -EINVAL;
}
LX_EXPORT(pci_msix_vec_count);

int lx_pci_msi_enabled(void)
{
	return 1;
}
LX_EXPORT(pci_msi_enabled);
