// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtio over PCI, modern interface: VIRTIO 1.1, 4.1. Devices without it (legacy
 * only) are left alone.
 *
 * Vendor capabilities say which BAR holds the common configuration, the doorbells and the
 * device's configuration. Each queue that wants interrupts has an MSI-X vector of its own
 * while there are enough; the others share the last one.
 */
#include "virtio_impl.h"

#include <generated/svc_driver.h>
#include <asm/io.h>
#include <tern/base/err.h>
#include <tern/kernel/klog.h>
#include <tern/lib/fmt.h>
#include <tern/mm/slab.h>

/* virtio_pci_cap, 4.1.4: offsets in the capability. */
#define CAP_TYPE	3
#define CAP_BAR		4
#define CAP_OFFSET	8
#define CAP_LENGTH	12
#define CAP_MULTIPLIER	16
enum { CFG_COMMON = 1, CFG_NOTIFY = 2, CFG_ISR = 3, CFG_DEVICE = 4 };

/* virtio_pci_common_cfg, 4.1.4.3. */
#define COMMON_FEATURE_SELECT	0x00
#define COMMON_FEATURE		0x04
#define COMMON_GUEST_SELECT	0x08
#define COMMON_GUEST_FEATURE	0x0c
#define COMMON_CONFIG_VECTOR	0x10
#define COMMON_STATUS		0x14
#define COMMON_GENERATION	0x15
#define COMMON_QUEUE_SELECT	0x16
#define COMMON_QUEUE_SIZE	0x18
#define COMMON_QUEUE_VECTOR	0x1a
#define COMMON_QUEUE_ENABLE	0x1c
#define COMMON_QUEUE_NOTIFY	0x1e
#define COMMON_QUEUE_DESC	0x20
#define COMMON_QUEUE_AVAIL	0x28
#define COMMON_QUEUE_USED	0x30
#define COMMON_SIZE		0x38
#define NO_VECTOR		0xffff

#define PCI_VENDOR_VIRTIO	0x1af4
#define PCI_DEVICE_MODERN	0x1040	/* plus the virtio device id */
#define VECTORS_WANTED		64

struct vpci {
	struct virtio_dev dev;
	struct pcifn *pci;
	u8 __iomem *common;
	u8 __iomem *notify;
	u8 __iomem *config;
	u32 notify_len, notify_multiplier, config_len;
	int nvectors, next_vector;
	int config_vector;			/* -1: none */
	void (*config_fn)(struct virtio_dev *v, void *arg);
	void *config_arg;
};

static struct vpci *vpci_of(struct virtio_dev *v)
{
	return container_of(v, struct vpci, dev);
}

static void write64(u8 __iomem *p, u64 v)
{
	mmio_write32(p, (u32)v);
	mmio_write32(p + 4, (u32)(v >> 32));
}

u64 vpci_features(struct virtio_dev *v)
{
	u8 __iomem *c = vpci_of(v)->common;
	u64 f;

	mmio_write32(c + COMMON_FEATURE_SELECT, 0);
	f = mmio_read32(c + COMMON_FEATURE);
	mmio_write32(c + COMMON_FEATURE_SELECT, 1);
	return f | (u64)mmio_read32(c + COMMON_FEATURE) << 32;
}

bool vpci_accept(struct virtio_dev *v, u64 features)
{
	u8 __iomem *c = vpci_of(v)->common;

	mmio_write32(c + COMMON_GUEST_SELECT, 0);
	mmio_write32(c + COMMON_GUEST_FEATURE, (u32)features);
	mmio_write32(c + COMMON_GUEST_SELECT, 1);
	mmio_write32(c + COMMON_GUEST_FEATURE, (u32)(features >> 32));
	return true;
}

void vpci_set_status(struct virtio_dev *v, u8 status)
{
	mmio_write8(vpci_of(v)->common + COMMON_STATUS, status);
}

u8 vpci_status(struct virtio_dev *v)
{
	return mmio_read8(vpci_of(v)->common + COMMON_STATUS);
}

void vpci_config_read(struct virtio_dev *v, u32 off, void *buf, u32 len)
{
	struct vpci *p = vpci_of(v);
	u8 *out = buf, before;

	do {
		before = mmio_read8(p->common + COMMON_GENERATION);
		for (u32 i = 0; i < len; i++)
			out[i] = p->config && off + i < p->config_len ? mmio_read8(p->config + off + i) : 0;
	} while (mmio_read8(p->common + COMMON_GENERATION) != before);
}

u32 vpci_queue_size(struct virtio_dev *v, u32 index)
{
	u8 __iomem *c = vpci_of(v)->common;

	mmio_write16(c + COMMON_QUEUE_SELECT, (u16)index);
	return mmio_read16(c + COMMON_QUEUE_SIZE);
}

static enum irq_result queue_interrupt(u32 irq, void *arg)
{
	struct vqueue *q = arg;

	q->callback(q, q->arg);
	return IRQ_DONE;
}

static enum irq_result config_interrupt(u32 irq, void *arg)
{
	struct vpci *p = arg;

	p->config_fn(&p->dev, p->config_arg);
	return IRQ_DONE;
}

void vpci_config_write(struct virtio_dev *v, u32 off, const void *buf, u32 len)
{
	struct vpci *p = vpci_of(v);

	if (!p->config || off + len > p->config_len)
		return;
	switch (len) {
	case 1:
		mmio_write8(p->config + off, *(const u8 *)buf);
		break;
	case 2:
		mmio_write16(p->config + off, *(const u16 *)buf);
		break;
	case 4:
		mmio_write32(p->config + off, *(const u32 *)buf);
		break;
	case 8:
		write64(p->config + off, *(const u64 *)buf);
		break;
	}
}

/* The device is told the vector; it answers NO_VECTOR if it cannot use it. */
static int set_vector(struct vpci *p, u32 reg, int vector)
{
	mmio_write16(p->common + reg, (u16)vector);
	return mmio_read16(p->common + reg) == NO_VECTOR ? -ENOSPC : 0;
}

int vpci_config_watch(struct virtio_dev *v, void (*fn)(struct virtio_dev *v, void *arg), void *arg)
{
	struct vpci *p = vpci_of(v);
	int err;

	if (p->next_vector >= p->nvectors)
		return -ENOSPC;
	p->config_fn = fn;
	p->config_arg = arg;
	err = pcifn_msix_attach(p->pci, (u32)p->next_vector, config_interrupt, "virtio-config", p);
	if (err)
		return err;
	p->config_vector = p->next_vector++;
	return set_vector(p, COMMON_CONFIG_VECTOR, p->config_vector);
}

static int attach_vector(struct vpci *p, struct vqueue *q, const char *name)
{
	int i = p->next_vector, err;

	if (i >= p->nvectors)
		return -ENOSPC;
	err = pcifn_msix_attach(p->pci, (u32)i, queue_interrupt, name, q);
	if (err)
		return err;
	p->next_vector++;
	q->vector = i;
	return set_vector(p, COMMON_QUEUE_VECTOR, i);
}

int vpci_queue_set_cpu(struct vqueue *q, u32 cpu)
{
	return pcifn_msix_set_cpu(vpci_of(q->dev)->pci, (u32)q->vector, cpu);
}

/* The queue is selected and its vector set: where its memory is. */
static void announce(struct vpci *p, struct vqueue *q)
{
	u8 __iomem *c = p->common;

	write64(c + COMMON_QUEUE_DESC, virt_to_phys(q->desc));
	write64(c + COMMON_QUEUE_AVAIL, virt_to_phys(q->avail));
	write64(c + COMMON_QUEUE_USED, virt_to_phys(q->used));
	mmio_write16(c + COMMON_QUEUE_ENABLE, 1);
}

int vpci_queue_reenable(struct vqueue *q)
{
	struct vpci *p = vpci_of(q->dev);
	u8 __iomem *c = p->common;
	int err = 0;

	if (p->config_vector >= 0)
		err = set_vector(p, COMMON_CONFIG_VECTOR, p->config_vector);
	mmio_write16(c + COMMON_QUEUE_SELECT, (u16)q->index);
	mmio_write16(c + COMMON_QUEUE_SIZE, (u16)q->size);
	if (!err && q->vector >= 0)
		err = set_vector(p, COMMON_QUEUE_VECTOR, q->vector);
	if (!err)
		announce(p, q);
	return err;
}

int vpci_queue_enable(struct vqueue *q, const char *name)
{
	struct vpci *p = vpci_of(q->dev);
	u8 __iomem *c = p->common;
	u64 off;
	int err;

	mmio_write16(c + COMMON_QUEUE_SELECT, (u16)q->index);
	mmio_write16(c + COMMON_QUEUE_SIZE, (u16)q->size);
	off = (u64)mmio_read16(c + COMMON_QUEUE_NOTIFY) * p->notify_multiplier;
	if (off + 2 > p->notify_len)
		return -EIO;
	q->notify = (void *)(p->notify + off);
	mmio_write16(c + COMMON_QUEUE_VECTOR, NO_VECTOR);
	err = q->callback ? attach_vector(p, q, name) : 0;
	if (!err)
		announce(p, q);
	return err;
}

/* Map the region that a vendor capability of @type names; NULL if there is none. */
static u8 __iomem *map_region(struct pcifn *f, u8 type, u32 *len, u32 *cap_off)
{
	for (u32 n = 0;; n++) {
		u32 cap = pcifn_capability(f, PCI_CAP_VENDOR, n);

		if (!cap)
			return NULL;
		if (pcifn_read8(f, cap + CAP_TYPE) != type)
			continue;
		*len = pcifn_read32(f, cap + CAP_LENGTH);
		*cap_off = cap;
		return pcifn_map_bar(f, pcifn_read8(f, cap + CAP_BAR),
				     pcifn_read32(f, cap + CAP_OFFSET), *len);
	}
}

static void unmap_all(struct vpci *p)
{
	if (p->common)
		pcifn_unmap_bar(p->common);
	if (p->notify)
		pcifn_unmap_bar(p->notify);
	if (p->config)
		pcifn_unmap_bar(p->config);
}

static int map_all(struct vpci *p)
{
	u32 len = 0, cap = 0;

	p->common = map_region(p->pci, CFG_COMMON, &len, &cap);
	if (!p->common || len < COMMON_SIZE)
		return -ENODEV;
	p->notify = map_region(p->pci, CFG_NOTIFY, &p->notify_len, &cap);
	if (!p->notify)
		return -ENODEV;
	p->notify_multiplier = pcifn_read32(p->pci, cap + CAP_MULTIPLIER);
	p->config = map_region(p->pci, CFG_DEVICE, &p->config_len, &cap);
	return 0;	/* not every device has a configuration */
}

static void vpci_release(struct devnode *d)
{
	struct vpci *p = vpci_of(virtio_of(d));

	unmap_all(p);
	kmem_free(p);
}

static int vpci_probe(struct devnode *d)
{
	struct pcifn *f = pcifn_of(d);
	struct vpci *p;
	int err;

	if (f->device < PCI_DEVICE_MODERN && f->subdevice == 0)
		return -ENODEV;
	p = kmem_zalloc(sizeof(*p), ALLOC_KERNEL);
	if (!p)
		return -ENOMEM;
	p->pci = f;
	p->config_vector = -1;
	/* Transitional devices (0x1000..) give the virtio id as subsystem id. */
	p->dev.id = f->device >= PCI_DEVICE_MODERN ? f->device - PCI_DEVICE_MODERN : f->subdevice;
	pcifn_enable(f);
	err = map_all(p);
	if (err)
		goto err_unmap;
	p->nvectors = pcifn_msix_setup(f, VECTORS_WANTED);
	if (p->nvectors < 0) {
		err = p->nvectors;
		goto err_unmap;
	}
	devnode_init(&p->dev.node, &virtio_bus, d, vpci_release);
	fmt_print(p->dev.node.name, sizeof(p->dev.node.name), "virtio-%s", d->name);
	d->driver_data = p;
	return devnode_add_nested(&p->dev.node);
err_unmap:
	unmap_all(p);
	pcifn_disable(f);
	kmem_free(p);
	return err;
}

static void vpci_remove(struct devnode *d)
{
	struct vpci *p = d->driver_data;

	devnode_remove_nested(&p->dev.node);
	pcifn_msix_teardown(pcifn_of(d));
	pcifn_disable(pcifn_of(d));
	devnode_put(&p->dev.node);
}

static const struct pci_id vpci_ids[] = {
	{ .vendor = PCI_VENDOR_VIRTIO, .device = PCI_ANY },
	{ 0 },
};

static struct driver_desc vpci_driver = {
	.name = "virtio-pci", .bus = &pci_bus, .ids = vpci_ids, .probe = vpci_probe,
	.remove = vpci_remove,
};
DRIVER(vpci_driver);
