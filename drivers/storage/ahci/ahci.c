// SPDX-License-Identifier: GPL-2.0-only
/*
 * AHCI host bus adapters: probing, interrupts, leaving. AHCI 1.3.1, 10.1.
 *
 * Each implemented port whose link comes up gets a structure, and its device becomes a disk or a
 * CD drive. Links take their time to come up, so ports are looked at by a work item while the
 * system goes on booting (blk_probe_wait() waits for it). What is plugged in later is not noticed.
 *
 * Life: the adapter's structure lives until the last port's disk is released.
 */
#include "ahci_impl.h"

#include <generated/svc_driver.h>
#include <generated/svc_storage.h>
#include <asm/io.h>
#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/sched.h>
#include <tern/mm/slab.h>

#define AHCI_BAR	5
#define REGS_SIZE	0x1100u
#define RESET_TIMEOUT	NSEC_PER_SEC
#define LINK_UP_NS	(10 * NSEC_PER_MSEC)

void ahci_put(struct ahci *hba)
{
	if (ref_put(&hba->refs))
		kmem_free(hba);
}

static enum irq_result ahci_interrupt(u32 irq, void *arg)
{
	struct ahci *hba = arg;
	u32 is = mmio_read32(hba->regs + HBA_IS);

	for (u32 i = 0; i < 32; i++)
		if ((is >> i & 1) && hba->ports[i])
			ahci_port_interrupt(hba->ports[i]);
	mmio_write32(hba->regs + HBA_IS, is);
	return is ? IRQ_DONE : IRQ_NOT_MINE;
}

static int host_reset(struct ahci *hba)
{
	nsec_t end = clock_ns() + RESET_TIMEOUT;

	mmio_write32(hba->regs + HBA_GHC, GHC_AHCI);
	mmio_write32(hba->regs + HBA_GHC, GHC_AHCI | GHC_RESET);
	while (mmio_read32(hba->regs + HBA_GHC) & GHC_RESET) {
		if (clock_ns() > end)
			return -EIO;
		sched_sleep_until(clock_ns() + NSEC_PER_MSEC);
	}
	mmio_write32(hba->regs + HBA_GHC, GHC_AHCI);
	hba->cap = mmio_read32(hba->regs + HBA_CAP);
	return CAP_SLOTS(hba->cap) > 1 ? 0 : -ENODEV;
}

static void power_up(struct ahci *hba, u32 i)
{
	u8 __iomem *regs = hba->regs + PORT_BASE(i);

	mmio_write32(regs + PORT_CMD, mmio_read32(regs + PORT_CMD) | CMD_SPIN_UP | CMD_POWER);
}

/* Is there anything at the other end, 10 ms after power_up()? */
static bool has_device(struct ahci *hba, u32 i)
{
	return mmio_read32(hba->regs + PORT_BASE(i) + PORT_SSTS) & 0xf;
}

static void add_port(struct ahci *hba, u32 i)
{
	struct ahci_port *p;
	int err;

	if (!has_device(hba, i) || ahci_port_create(hba, i, &p))
		return;
	hba->ports[i] = p;
	err = ahci_port_reset(p);
	if (!err) {
		u32 sig = mmio_read32(p->regs + PORT_SIG);

		p->is_atapi = sig == SIG_ATAPI;
		err = p->is_atapi ? atapi_disk_add(p) : sig == SIG_DISK ? ata_disk_add(p) : -ENODEV;
	}
	if (!err)
		return;
	if (err != -ENODEV)
		kwarn("ahci port %u: error %d", i, err);
	ahci_port_halt(p);
	hba->ports[i] = NULL;
	if (p->disk)
		ahci_disk_release(p->disk);	/* made, but could not be shown */
	else
		ahci_port_destroy(p);
}

static void scan_work(struct workitem *w)
{
	struct ahci *hba = container_of(w, struct ahci, scan_work);
	u32 ports = mmio_read32(hba->regs + HBA_PI);

	for (u32 i = 0; i < 32; i++) {
		if (PORT_BASE(i + 1) > hba->pci->bar[AHCI_BAR].size)
			ports &= ~(1u << i);
		if (ports >> i & 1)
			power_up(hba, i);
	}
	sched_sleep_until(clock_ns() + LINK_UP_NS);
	for (u32 i = 0; i < 32; i++)
		if (ports >> i & 1)
			add_port(hba, i);
	blk_probe_end();
}

static int ahci_probe(struct devnode *d)
{
	struct ahci *hba = kmem_zalloc(sizeof(*hba), ALLOC_KERNEL);
	int err = -ENODEV;

	if (!hba)
		return -ENOMEM;
	hba->pci = pcifn_of(d);
	ref_init(&hba->refs, 1);
	pcifn_enable(hba->pci);
	hba->regs = pcifn_map_bar(hba->pci, AHCI_BAR, 0, min_t(u64, hba->pci->bar[AHCI_BAR].size, REGS_SIZE));
	if (!hba->regs)
		goto err_disable;
	err = host_reset(hba);
	if (!err)
		err = pcifn_msi_attach(hba->pci, ahci_interrupt, "ahci", hba);
	if (err)
		goto err_unmap;
	d->driver_data = hba;
	mmio_write32(hba->regs + HBA_IS, U32_MAX);
	mmio_write32(hba->regs + HBA_GHC, GHC_AHCI | GHC_IRQ);
	workitem_init(&hba->scan_work, scan_work);
	blk_probe_begin();
	workpool_queue(workpool_long, &hba->scan_work);
	return 0;
err_unmap:
	pcifn_unmap_bar(hba->regs);
err_disable:
	pcifn_disable(hba->pci);
	ahci_put(hba);
	return err;
}

static void ahci_remove(struct devnode *d)
{
	struct ahci *hba = d->driver_data;

	if (workitem_cancel_sync(&hba->scan_work))
		blk_probe_end();
	for (u32 i = 0; i < 32; i++) {
		struct ahci_port *p = hba->ports[i];

		if (!p)
			continue;
		ahci_port_halt(p);
		(void)workitem_cancel_sync(&p->error_work);
		blkdisk_vanish(p->disk);
	}
	mmio_write32(hba->regs + HBA_GHC, GHC_AHCI);
	pcifn_msi_detach(hba->pci, hba);
	for (u32 i = 0; i < 32; i++)
		if (hba->ports[i])
			svc_storage_remove(hba->ports[i]->disk);
	pcifn_unmap_bar(hba->regs);
	pcifn_disable(hba->pci);
	ahci_put(hba);
}

static const struct pci_id ahci_ids[] = {
	{ .vendor = PCI_ANY, .device = PCI_ANY, .class = 0x010601, .class_mask = 0xffffff },
	{ 0 },
};

static struct driver_desc ahci_driver = {
	.name = "ahci", .bus = &pci_bus, .ids = ahci_ids, .probe = ahci_probe, .remove = ahci_remove,
};
DRIVER(ahci_driver);
