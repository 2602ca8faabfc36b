// SPDX-License-Identifier: GPL-2.0-only
/*
 * NVMe controllers on PCI: probing and leaving.
 *
 * Probe: registers mapped, an admin queue made, the controller enabled and identified, an I/O queue
 * for each CPU (as many as controller and vectors allow) with its interrupt there, and each active namespace
 * becomes a disk. Vector 0 is the admin queue's.
 *
 * Life: the controller's structure lives until the last namespace's disk is released.
 * Locks: admin_lock, one reset at a time; probe runs alone. queue->lock in queue.c.
 */
#include "nvme_impl.h"

#include <generated/svc_driver.h>
#include <generated/svc_storage.h>
#include <asm/cpu.h>
#include <asm/io.h>
#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/kernel/klog.h>
#include <tern/lib/bits.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define REGS_SIZE	0x1000u		/* before the doorbells */
#define ADMIN_ENTRIES	32u
#define QUEUE_ENTRIES	256u
#define NS_LIST_MAX	1024u

enum { CTRL_SERIAL = 4, CTRL_MODEL = 24, CTRL_MDTS = 77, CTRL_ONCS = 520, CTRL_VWC = 525 };

static u32 next_index;	/* devtree_lock */

void nvme_put(struct nvme *ctl)
{
	if (!ref_put(&ctl->refs))
		return;
	for (u32 i = 0; ctl->queues && i < ctl->nr_queues; i++)
		nvme_queue_free(&ctl->queues[i]);
	nvme_queue_free(&ctl->admin);
	kmem_free(ctl->queues);
	kmem_free(ctl);
}

/* @n bytes of text padded with blanks. */
static void get_text(char *out, const u8 *from, u32 n)
{
	memcpy(out, from, n);
	out[n] = 0;
	while (n && (out[n - 1] == ' ' || !out[n - 1]))
		out[--n] = 0;
}

static int identify(struct nvme *ctl)
{
	u8 *id = page_alloc_kva(0, ALLOC_KERNEL | ALLOC_ZERO);
	u32 page = 12 + (u32)(ctl->cap >> 48 & 15), mdts;
	int err = id ? nvme_identify(ctl, 1, 0, id) : -ENOMEM;

	if (!err) {
		get_text(ctl->serial, id + CTRL_SERIAL, 20);
		get_text(ctl->model, id + CTRL_MODEL, 40);
		ctl->oncs = get_le16(id + CTRL_ONCS);
		ctl->has_cache = id[CTRL_VWC] & 1;
		mdts = id[CTRL_MDTS];
		/* One page less than the list holds, for transfers that begin inside a page. */
		ctl->max_sectors = NVME_PRPS * (PAGE_SIZE >> SECTOR_SHIFT);
		if (mdts && mdts + page < 31)
			ctl->max_sectors = min(ctl->max_sectors, 1u << (mdts + page - SECTOR_SHIFT));
	}
	if (id)
		page_free_kva(id, 0);
	return err;
}

static int attach_vectors(struct nvme *ctl)
{
	int err = 0;

	for (u32 i = 0; i < ctl->nr_queues && !err; i++) {
		struct nvme_queue *q = &ctl->queues[i];

		err = pcifn_msix_attach(ctl->pci, q->vector, nvme_queue_interrupt, "nvme", q);
		if (!err && ctl->nr_queues > 1)
			(void)pcifn_msix_set_cpu(ctl->pci, q->vector, i);
	}
	return err;
}

/* Ask how many queues the device grants: it may be fewer than there are CPUs. */
static int count_queues(struct nvme *ctl, u32 want)
{
	struct nvme_sqe e = { .opcode = ADM_SET_FEATURES, .cdw10 = 7, .cdw11 = (want - 1) << 16 | (want - 1) };
	u32 granted = 0;
	int err = nvme_admin(ctl, &e, &granted);

	if (!err)
		ctl->nr_queues = min(want, min(granted & 0xffff, granted >> 16) + 1);
	return err;
}

static int make_queues(struct nvme *ctl)
{
	u32 entries = min((u32)(ctl->cap & 0xffff) + 1, QUEUE_ENTRIES);
	u32 want = min(cpu_count_possible, ctl->nr_vectors - 1);
	int err = want ? count_queues(ctl, want) : -ENOSPC;

	if (err)
		return err;
	ctl->queues = kmem_calloc(ctl->nr_queues, sizeof(*ctl->queues), ALLOC_KERNEL);
	if (!ctl->queues)
		return -ENOMEM;
	for (u32 i = 0; i < ctl->nr_queues && !err; i++)
		err = nvme_queue_alloc(ctl, &ctl->queues[i], i + 1, entries, i + 1);
	return err;
}

static int add_namespaces(struct nvme *ctl)
{
	u32 *list = page_alloc_kva(0, ALLOC_KERNEL | ALLOC_ZERO);
	int err = list ? nvme_identify(ctl, 2, 0, list) : -ENOMEM;

	for (u32 i = 0; !err && i < NS_LIST_MAX && list[i]; i++) {
		int e = nvme_ns_add(ctl, list[i]);

		if (e)
			kwarn("nvme%u: namespace %u: error %d", ctl->index, list[i], e);
	}
	if (list)
		page_free_kva(list, 0);
	return err;
}

static int map_registers(struct nvme *ctl)
{
	u32 queues = cpu_count_possible + 1;

	ctl->regs = pcifn_map_bar(ctl->pci, 0, 0, REGS_SIZE);
	if (!ctl->regs)
		return -ENODEV;
	ctl->cap = mmio_read32(ctl->regs + REG_CAP) | (u64)mmio_read32(ctl->regs + REG_CAP + 4) << 32;
	ctl->bell_stride = 4u << (ctl->cap >> 32 & 15);
	pcifn_unmap_bar(ctl->regs);
	ctl->regs = pcifn_map_bar(ctl->pci, 0, 0, REG_DOORBELLS + 2UL * queues * ctl->bell_stride);
	/* Pages of 4 KiB must be among those that it can do. */
	return ctl->regs && !(ctl->cap >> 48 & 15) ? 0 : -ENODEV;
}

static int bring_up(struct nvme *ctl)
{
	int n, err = map_registers(ctl);

	if (err)
		return err;
	n = pcifn_msix_setup(ctl->pci, cpu_count_possible + 1);
	if (n < 0)
		return n;
	ctl->nr_vectors = (u32)n;
	err = nvme_queue_alloc(ctl, &ctl->admin, 0, ADMIN_ENTRIES, 0);
	if (!err)
		err = pcifn_msix_attach(ctl->pci, 0, nvme_queue_interrupt, "nvme-admin", &ctl->admin);
	if (!err)
		err = nvme_enable(ctl);
	if (!err)
		err = identify(ctl);
	if (!err)
		err = make_queues(ctl);
	if (!err)
		err = attach_vectors(ctl);
	return err ? err : nvme_make_queues(ctl);
}

static void take_down(struct nvme *ctl)
{
	if (ctl->regs)
		(void)nvme_disable(ctl);
	pcifn_msix_teardown(ctl->pci);
	if (ctl->regs)
		pcifn_unmap_bar(ctl->regs);
	ctl->regs = NULL;
	pcifn_disable(ctl->pci);
}

static int nvme_probe(struct devnode *d)
{
	struct nvme *ctl = kmem_zalloc(sizeof(*ctl), ALLOC_KERNEL);
	int err;

	if (!ctl)
		return -ENOMEM;
	ctl->pci = pcifn_of(d);
	ctl->index = next_index;
	ref_init(&ctl->refs, 1);
	list_init(&ctl->namespaces);
	kmutex_init(&ctl->admin_lock, LOCKRANK_NONE);
	pcifn_enable(ctl->pci);
	err = bring_up(ctl);
	if (!err)
		err = add_namespaces(ctl);
	if (err) {
		take_down(ctl);
		nvme_put(ctl);
		return err;
	}
	next_index++;
	d->driver_data = ctl;
	return 0;
}

static void nvme_remove(struct devnode *d)
{
	struct nvme *ctl = d->driver_data;
	struct nvme_ns *ns, *tmp;

	ctl->is_gone = true;
	nvme_shut_down(ctl);
	(void)nvme_disable(ctl);
	list_foreach(ns, &ctl->namespaces, link)
		blkdisk_vanish(ns->disk);
	take_down(ctl);
	list_foreach_safe(ns, tmp, &ctl->namespaces, link) {
		list_del(&ns->link);
		svc_storage_remove(ns->disk);
	}
	nvme_put(ctl);
}

static const struct pci_id nvme_ids[] = {
	{ .vendor = PCI_ANY, .device = PCI_ANY, .class = 0x010802, .class_mask = 0xffffff },
	{ 0 },
};

static struct driver_desc nvme_driver = {
	.name = "nvme", .bus = &pci_bus, .ids = nvme_ids, .probe = nvme_probe, .remove = nvme_remove,
};
DRIVER(nvme_driver);
