// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI drivers of modules. A pci_driver becomes a native driver of the native PCI bus; when that binds a
 * function, a pci_dev is made for it and the module's probe runs. A module with native competition
 * gets what the native driver does not hold: first come, first served.
 *
 * Contexts: probe and remove run under the lock of the native device tree.
 */
#include "pci_impl.h"

#include "../runtime.h"
#include "../task.h"

#include <tern/base/err.h>
#include <tern/kernel/klog.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define LX_ANY_ID		(~0u)
#define RES_IO			0x100u
#define RES_MEM			0x200u
#define RES_PREFETCH		0x2000u
#define RES_MEM64		0x100000u
#define PIO_MARK		0x10000UL
#define PCI_COMMAND		0x04u
#define PCI_MASTER		0x4u
#define CFG_SIZE		4096

/* A module's driver as the native bus sees it. */
struct driver_pair {
	struct driver_desc native;	/* first: probe finds the pair by it */
	struct lx_pci_driver *drv;
	struct pci_id ids[];
};

/* Drivers and devices look at its name and address; its lists are unused. */
static struct lx_bus_type lx_pci_bus_type = { .name = "pci" };
LX_EXPORT_DATA(pci_bus_type);

static u32 count_ids(const struct lx_pci_device_id *id)
{
	u32 n = 0;

	while (id && (id[n].vendor || id[n].subvendor || id[n].class_mask))
		n++;
	return n;
}

static u16 id16(u32 v)
{
	return v == LX_ANY_ID ? PCI_ANY : (u16)v;
}

static void convert_ids(struct driver_pair *pair, const struct lx_pci_device_id *id, u32 n)
{
	for (u32 i = 0; i < n; i++)
		pair->ids[i] = (struct pci_id){
			.vendor = id16(id[i].vendor), .device = id16(id[i].device),
			.subvendor = id16(id[i].subvendor), .subdevice = id16(id[i].subdevice),
			.class = id[i].class, .class_mask = id[i].class_mask,
		};
}

static const struct lx_pci_device_id *match_id(const struct lx_pci_device_id *id, const struct pcifn *f)
{
	for (u32 n = count_ids(id); n; n--, id++)
		if ((id->vendor == LX_ANY_ID || id->vendor == f->vendor) &&
		    (id->device == LX_ANY_ID || id->device == f->device) &&
		    (id->subvendor == LX_ANY_ID || id->subvendor == f->subvendor) &&
		    (id->subdevice == LX_ANY_ID || id->subdevice == f->subdevice) &&
		    !((id->class ^ f->class) & id->class_mask))
			return id;
	return NULL;
}

/* ---- making a pci_dev ---- */

/* What every function stands below: drivers look at its power state. */
static struct lx_device *root_device(void)
{
	static struct lx_device *root;
	struct lx_device *fresh;

	if (load_acquire(&root))
		return root;
	fresh = kmem_zalloc(sizeof(*fresh), ALLOC_KERNEL);
	if (!fresh)
		return NULL;
	lx_device_initialize(fresh);
	if (lx_dev_set_name(fresh, "pci0000:00")) {
		kmem_free(fresh);
		return NULL;
	}
	store_release(&root, fresh);	/* probes run one at a time, under the device tree's lock */
	return root;
}

static void fill_resources(struct lx_pci *p)
{
	for (u32 i = 0; i < 6; i++) {
		const struct pci_bar *b = &p->fn->bar[i];
		struct lx_resource *r = &p->dev.resource[i];

		if (!b->size || !b->addr)
			continue;
		r->start = b->addr;
		r->end = b->addr + b->size - 1;
		r->name = p->name;
		r->flags = b->is_io ? RES_IO : RES_MEM | (b->is_prefetchable ? RES_PREFETCH : 0) |
			(b->is_64bit ? RES_MEM64 : 0);
	}
}

static void fill_device(struct lx_pci *p)
{
	struct lx_pci_dev *d = &p->dev;
	struct pcifn *f = p->fn;

	d->vendor = f->vendor;
	d->device = f->device;
	d->subsystem_vendor = f->subvendor;
	d->subsystem_device = f->subdevice;
	d->class = f->class;
	d->revision = f->revision;
	d->hdr_type = f->header_type & 0x7f;
	d->devfn = (unsigned int)f->dev << 3 | f->fn;
	d->cfg_size = CFG_SIZE;
	d->bus = &p->bus;
	p->bus.number = f->bus;
	d->pcie_cap = (u8)pcifn_capability(f, PCI_CAP_EXPRESS, 0);
	d->msi_cap = (u8)pcifn_capability(f, PCI_CAP_MSI, 0);
	d->msix_cap = (u8)pcifn_capability(f, PCI_CAP_MSIX, 0);
	d->pm_cap = (u8)pcifn_capability(f, 1, 0);
	d->pin = pcifn_read8(f, 0x3d);
	d->error_state = 1;			/* pci_channel_io_normal */
	p->dma_mask = 0xffffffffUL;
	d->dma_mask = 0xffffffffUL;
	d->dev.dma_mask = &d->dma_mask;
	d->dev.coherent_dma_mask = 0xffffffffUL;
	d->dev.bus = &lx_pci_bus_type;
	d->dev.parent = root_device();
	d->dev.dma_parms = &d->dma_parms;
	d->dma_parms.max_segment_size = 65536;
	d->dma_parms.segment_boundary_mask = 0xffffffffUL;
	fill_resources(p);
}

static LIST_HEAD(functions);
static struct kmutex functions_lock = KMUTEX_INIT(functions_lock, LOCKRANK_VFS_MISC);	/* protects functions */

struct lx_pci_dev *lx_pci_next(u32 vendor, u32 device, struct lx_pci_dev *from)
{
	bool is_behind = !from;
	struct lx_pci *p, *found = NULL;

	kmutex_lock(&functions_lock);
	list_foreach(p, &functions, link) {
		if (is_behind && !found && (vendor == LX_ANY_ID || p->dev.vendor == vendor) &&
		    (device == LX_ANY_ID || p->dev.device == device))
			found = p;
		is_behind |= &p->dev == from;
	}
	if (found)
		(void)lx_pci_dev_get(&found->dev);
	kmutex_unlock(&functions_lock);
	return found ? &found->dev : NULL;
}

static void pci_dev_release(struct lx_device *dev)
{
	kmem_free(lx_pci_of(container_of(dev, struct lx_pci_dev, dev)));
}

static struct lx_pci *pci_make(struct pcifn *f)
{
	struct lx_pci *p = kmem_zalloc(sizeof(*p), ALLOC_KERNEL);

	if (!p)
		return NULL;
	p->fn = f;
	strlcpy(p->name, f->node.name, sizeof(p->name));
	lx_device_initialize(&p->dev.dev);
	p->dev.dev.release = pci_dev_release;
	fill_device(p);
	if (!lx_dev_set_name(&p->dev.dev, "%s", f->node.name) && !lx_device_add(&p->dev.dev)) {
		lx_pci_irq_line(p);
		kmutex_lock(&functions_lock);
		list_add_tail(&p->link, &functions);
		kmutex_unlock(&functions_lock);
		return p;
	}
	lx_put_device(&p->dev.dev);
	return NULL;
}

static void pci_unmake(struct lx_pci *p)
{
	kmutex_lock(&functions_lock);
	list_del(&p->link);
	kmutex_unlock(&functions_lock);
	lx_pci_irq_release(p);
	lx_device_unregister(&p->dev.dev);
}

/* ---- binding ---- */

static int call_probe(struct lx_device *dev)
{
	struct lx_pci_dev *d = container_of(dev, struct lx_pci_dev, dev);

	return d->driver->probe(d, match_id(d->driver->id_table, lx_pci_of(d)->fn));
}

static int native_probe(struct devnode *node)
{
	struct driver_pair *pair = (struct driver_pair *)node->driver;
	struct lx_pci *p = pci_make(pcifn_of(node));
	int err;

	if (!p)
		return -ENOMEM;
	p->dev.driver = pair->drv;
	lx_mutex_lock(&p->dev.dev.mutex);
	err = lx_device_bind(&p->dev.dev, &pair->drv->driver, call_probe);
	lx_mutex_unlock(&p->dev.dev.mutex);
	if (err) {
		pci_unmake(p);
		return err > 0 ? 0 : err;
	}
	node->driver_data = p;
	return 0;
}

static void call_remove(struct lx_device *dev)
{
	struct lx_pci_dev *d = container_of(dev, struct lx_pci_dev, dev);

	if (d->driver->remove)
		d->driver->remove(d);
}

static void native_remove(struct devnode *node)
{
	struct lx_pci *p = node->driver_data;

	if (lx_task_enter())
		kwarn("%s: no memory for a view of the thread that removes it", p->name);
	lx_mutex_lock(&p->dev.dev.mutex);
	lx_device_unbind(&p->dev.dev, call_remove);
	lx_mutex_unlock(&p->dev.dev.mutex);
	pci_unmake(p);
}

int lx___pci_register_driver(struct lx_pci_driver *drv, struct lx_module *owner, const char *name)
{
	u32 n = count_ids(drv->id_table);
	struct driver_pair *pair = kmem_zalloc(sizeof(*pair) + (n + 1) * sizeof(pair->ids[0]), ALLOC_KERNEL);
	int err;

	if (!pair)
		return -ENOMEM;
	convert_ids(pair, drv->id_table, n);
	pair->drv = drv;
	pair->native = (struct driver_desc){ .name = drv->name, .bus = &pci_bus, .ids = pair->ids,
					     .probe = native_probe, .remove = native_remove,
					     .is_loaded = true };
	drv->driver.name = drv->name;
	drv->driver.bus = &lx_pci_bus_type;
	drv->driver.owner = owner;
	drv->node.next = (struct lx_list_head *)pair;	/* unused otherwise: no dynamic ids */
	err = driver_add(&pair->native);
	if (err)
		kmem_free(pair);
	return err;
}
LX_EXPORT(__pci_register_driver);

void lx_pci_unregister_driver(struct lx_pci_driver *drv)
{
	struct driver_pair *pair = (struct driver_pair *)drv->node.next;

	driver_drop(&pair->native);
	kmem_free(pair);
}
LX_EXPORT(pci_unregister_driver);

const struct lx_pci_device_id *lx_pci_match_id(const struct lx_pci_device_id *ids, struct lx_pci_dev *d)
{
	return match_id(ids, lx_pci_of(d)->fn);
}
LX_EXPORT(pci_match_id);

struct lx_pci_dev *lx_pci_dev_get(struct lx_pci_dev *d)
{
	if (d)
		lx_get_device(&d->dev);
	return d;
}
LX_EXPORT(pci_dev_get);

void lx_pci_dev_put(struct lx_pci_dev *d)
{
	if (d)
		lx_put_device(&d->dev);
}
LX_EXPORT(pci_dev_put);

/* ---- enabling ---- */

static int enable(struct lx_pci_dev *d)
{
	if (__atomic_fetch_add(&d->enable_cnt.counter, 1, __ATOMIC_SEQ_CST) == 0) {
		u16 command = pcifn_read16(lx_pci_of(d)->fn, PCI_COMMAND);

		pcifn_enable(lx_pci_of(d)->fn);
		/* Bus mastering is the driver's own step. */
		if (!(command & PCI_MASTER))
			pcifn_write16(lx_pci_of(d)->fn, PCI_COMMAND, pcifn_read16(lx_pci_of(d)->fn, PCI_COMMAND) &
				      (u16)~PCI_MASTER);
	}
	return 0;
}

int lx_pci_enable_device(struct lx_pci_dev *d) { return enable(d); }
LX_EXPORT(pci_enable_device);
int lx_pci_enable_device_mem(struct lx_pci_dev *d) { return enable(d); }
LX_EXPORT(pci_enable_device_mem);
/* Its registers were lost: what somebody holds on is switched on again. */
int lx_pci_reenable_device(struct lx_pci_dev *d)
{
	if (d->enable_cnt.counter)
		pcifn_enable(lx_pci_of(d)->fn);
	return 0;
}
LX_EXPORT(pci_reenable_device);

void lx_pci_disable_device(struct lx_pci_dev *d)
{
	if (__atomic_sub_fetch(&d->enable_cnt.counter, 1, __ATOMIC_SEQ_CST) == 0) {
		pcifn_write16(lx_pci_of(d)->fn, PCI_COMMAND,
			      pcifn_read16(lx_pci_of(d)->fn, PCI_COMMAND) & (u16)~PCI_MASTER);
		d->is_busmaster = 0;
	}
}
LX_EXPORT(pci_disable_device);

static void devm_disable(void *d) { lx_pci_disable_device(d); }

int lx_pcim_enable_device(struct lx_pci_dev *d)
{
	int err = enable(d);

	if (!err)
		err = lx_devm_add_action(&d->dev, devm_disable, d);
	d->is_managed = 1;
	return err;
}
LX_EXPORT(pcim_enable_device);

void lx_pci_set_master(struct lx_pci_dev *d)
{
	pcifn_write16(lx_pci_of(d)->fn, PCI_COMMAND, pcifn_read16(lx_pci_of(d)->fn, PCI_COMMAND) | PCI_MASTER);
	d->is_busmaster = 1;
}
LX_EXPORT(pci_set_master);

void lx_pci_clear_master(struct lx_pci_dev *d)
{
	pcifn_write16(lx_pci_of(d)->fn, PCI_COMMAND,
		      pcifn_read16(lx_pci_of(d)->fn, PCI_COMMAND) & (u16)~PCI_MASTER);
	d->is_busmaster = 0;
}
LX_EXPORT(pci_clear_master);

bool lx_pci_device_is_present(struct lx_pci_dev *d)
{
	return pcifn_read16(lx_pci_of(d)->fn, 0) != 0xffff;
}
LX_EXPORT(pci_device_is_present);

/* No virtual functions. */
int lx_pci_enable_sriov(struct lx_pci_dev *d, int n) { return -ENODEV; }
LX_EXPORT(pci_enable_sriov);
void lx_pci_disable_sriov(struct lx_pci_dev *d) { }
LX_EXPORT(pci_disable_sriov);
int lx_pci_vfs_assigned(struct lx_pci_dev *d) { return 0; }
LX_EXPORT(pci_vfs_assigned);
int lx_pci_num_vf(struct lx_pci_dev *d) { return 0; }
LX_EXPORT(pci_num_vf);

/* ---- regions ---- */

int lx_pci_request_region(struct lx_pci_dev *d, int bar, const char *name)
{
	struct lx_pci *p = lx_pci_of(d);

	if (bar < 0 || bar >= 6 || !d->resource[bar].end)
		return 0;
	if (p->region_users & BIT(bar))
		return -EBUSY;
	p->region_users |= (u32)BIT(bar);
	return 0;
}
LX_EXPORT(pci_request_region);

void lx_pci_release_region(struct lx_pci_dev *d, int bar)
{
	if (bar >= 0 && bar < 6)
		lx_pci_of(d)->region_users &= ~(u32)BIT(bar);
}
LX_EXPORT(pci_release_region);

void lx_pci_release_selected_regions(struct lx_pci_dev *d, int bars)
{
	for (int i = 0; i < 6; i++)
		if (bars & (1 << i))
			lx_pci_release_region(d, i);
}
LX_EXPORT(pci_release_selected_regions);

int lx_pci_request_selected_regions(struct lx_pci_dev *d, int bars, const char *name)
{
	for (int i = 0; i < 6; i++) {
		if (!(bars & (1 << i)) || !lx_pci_request_region(d, i, name))
			continue;
		lx_pci_release_selected_regions(d, bars & ((1 << i) - 1));
		return -EBUSY;
	}
	return 0;
}
LX_EXPORT(pci_request_selected_regions);

int lx_pci_request_selected_regions_exclusive(struct lx_pci_dev *d, int bars, const char *name)
{
	return lx_pci_request_selected_regions(d, bars, name);
}
LX_EXPORT(pci_request_selected_regions_exclusive);

int lx_pci_request_regions(struct lx_pci_dev *d, const char *name)
{
	return lx_pci_request_selected_regions(d, 0x3f, name);
}
LX_EXPORT(pci_request_regions);

void lx_pci_release_regions(struct lx_pci_dev *d)
{
	lx_pci_release_selected_regions(d, 0x3f);
}
LX_EXPORT(pci_release_regions);

int lx_pci_select_bars(struct lx_pci_dev *d, unsigned long flags)
{
	int bars = 0;

	for (int i = 0; i < 6; i++)
		if (d->resource[i].flags & flags)
			bars |= 1 << i;
	return bars;
}
LX_EXPORT(pci_select_bars);

void *lx_pci_iomap_range(struct lx_pci_dev *d, int bar, unsigned long off, unsigned long max)
{
	const struct lx_resource *r = &d->resource[bar];
	u64 len = r->end ? r->end - r->start + 1 : 0;

	if (bar < 0 || bar >= 6 || len <= off || !r->start)
		return NULL;
	len -= off;
	if (max && len > max)
		len = max;
	if (r->flags & RES_IO)
		return (void *)((r->start + off) | PIO_MARK);
	return lx_ioremap(r->start + off, len);
}
LX_EXPORT(pci_iomap_range);

void *lx_pci_iomap(struct lx_pci_dev *d, int bar, unsigned long max)
{
	return lx_pci_iomap_range(d, bar, 0, max);
}
LX_EXPORT(pci_iomap);

void *lx_pci_ioremap_bar(struct lx_pci_dev *d, int bar)
{
	return d->resource[bar].flags & RES_MEM ? lx_pci_iomap(d, bar, 0) : NULL;
}
LX_EXPORT(pci_ioremap_bar);

void lx_pci_iounmap(struct lx_pci_dev *d, void *p)
{
	lx_iounmap(p);
}
LX_EXPORT(pci_iounmap);
