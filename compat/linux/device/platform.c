// SPDX-License-Identifier: GPL-2.0-only
/*
 * The platform bus: devices that no bus finds by itself. A module that knows of one makes it, another
 * has the driver, matched by name.
 */
#include "../lx.h"

#include "../runtime.h"

#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define ID_NONE		(-1)
#define ID_AUTO		(-2)
#define RES_TYPE_MASK	0x1f00u
#define RES_IRQ		0x400u

static struct lx_ida auto_ids;

static struct lx_platform_device *device_of(struct lx_device *dev)
{
	return container_of(dev, struct lx_platform_device, dev);
}
static struct lx_platform_driver *driver_of(struct lx_device_driver *drv)
{
	return container_of(drv, struct lx_platform_driver, driver);
}

static const struct lx_platform_device_id *match_id(const struct lx_platform_device_id *id,
						    struct lx_platform_device *p)
{
	for (; id && id->name[0]; id++)
		if (!strcmp(id->name, p->name))
			return id;
	return NULL;
}

static int bus_match(struct lx_device *dev, struct lx_device_driver *drv)
{
	struct lx_platform_device *p = device_of(dev);
	const struct lx_platform_device_id *ids = driver_of(drv)->id_table;

	if (p->driver_override)
		return !strcmp(p->driver_override, drv->name);
	if (!ids)
		return !strcmp(p->name, drv->name);
	p->id_entry = match_id(ids, p);
	return p->id_entry != NULL;
}

static int bus_probe(struct lx_device *dev)
{
	struct lx_platform_driver *d = driver_of(dev->driver);

	return d->probe ? d->probe(device_of(dev)) : 0;
}

static void bus_remove(struct lx_device *dev)
{
	struct lx_platform_driver *d = driver_of(dev->driver);

	if (d->remove_new)
		d->remove_new(device_of(dev));
	else if (d->remove)
		(void)d->remove(device_of(dev));
}

static int bus_uevent(struct lx_device *dev, struct lx_kobj_uevent_env *env)
{
	return lx_add_uevent_var(env, "MODALIAS=platform:%s", device_of(dev)->name);
}

static long modalias_show(struct lx_device *dev, struct lx_device_attribute *a, char *buf)
{
	return lx_sysfs_emit(buf, "platform:%s\n", device_of(dev)->name);
}

static struct lx_device_attribute modalias_attr = {
	.attr = { .name = "modalias", .mode = 0444 }, .show = modalias_show,
};
static struct lx_attribute *bus_attrs[] = { &modalias_attr.attr, NULL };
static const struct lx_attribute_group bus_group = { .attrs = bus_attrs };
static const struct lx_attribute_group *bus_groups[] = { &bus_group, NULL };

static struct lx_bus_type lx_platform_bus_type = {
	.name = "platform", .match = bus_match, .probe = bus_probe, .remove = bus_remove, .uevent = bus_uevent,
	.dev_groups = bus_groups,
};
LX_EXPORT_DATA(platform_bus_type);

static struct lx_device lx_platform_bus = { .init_name = "platform" };
LX_EXPORT_DATA(platform_bus);

/* ---- drivers ---- */

int lx___platform_driver_register(struct lx_platform_driver *d, struct lx_module *owner)
{
	d->driver.owner = owner;
	d->driver.bus = &lx_platform_bus_type;
	return lx_driver_register(&d->driver);
}
LX_EXPORT(__platform_driver_register);

void lx_platform_driver_unregister(struct lx_platform_driver *d) { lx_driver_unregister(&d->driver); }
LX_EXPORT(platform_driver_unregister);

static int note_bound(struct lx_device *dev, void *n)
{
	(*(u32 *)n)++;
	return 0;
}

/* For devices that are there already and never come later. */
int lx___platform_driver_probe(struct lx_platform_driver *d, int (*probe)(struct lx_platform_device *),
			       struct lx_module *owner)
{
	u32 n = 0;
	int err;

	d->probe = probe;
	err = lx___platform_driver_register(d, owner);
	if (err)
		return err;
	(void)lx_driver_for_each_device(&d->driver, NULL, &n, note_bound);
	d->probe = NULL;
	if (n)
		return 0;
	lx_platform_driver_unregister(d);
	return -ENODEV;
}
LX_EXPORT(__platform_driver_probe);

int lx___platform_register_drivers(struct lx_platform_driver **d, unsigned int n, struct lx_module *owner)
{
	for (unsigned int i = 0; i < n; i++) {
		int err = lx___platform_driver_register(d[i], owner);

		if (!err)
			continue;
		while (i--)
			lx_platform_driver_unregister(d[i]);
		return err;
	}
	return 0;
}
LX_EXPORT(__platform_register_drivers);

void lx_platform_unregister_drivers(struct lx_platform_driver **d, unsigned int n)
{
	while (n--)
		lx_platform_driver_unregister(d[n]);
}
LX_EXPORT(platform_unregister_drivers);

/* ---- devices ---- */

struct made {
	struct lx_platform_device p;
	char name[];
};

static void made_release(struct lx_device *dev)
{
	struct lx_platform_device *p = device_of(dev);

	kmem_free(p->dev.platform_data);
	kmem_free(p->resource);
	kmem_free(p->driver_override);
	kmem_free(container_of(p, struct made, p));
}

static void device_prepare(struct lx_platform_device *p)
{
	lx_device_initialize(&p->dev);
	if (!p->platform_dma_mask)
		p->platform_dma_mask = 0xffffffffUL;
	if (!p->dev.dma_mask)
		p->dev.dma_mask = &p->platform_dma_mask;
	if (!p->dev.coherent_dma_mask)
		p->dev.coherent_dma_mask = 0xffffffffUL;
	p->dev.dma_parms = &p->dma_parms;
}

struct lx_platform_device *lx_platform_device_alloc(const char *name, int id)
{
	struct made *m = kmem_zalloc(sizeof(*m) + strlen(name) + 1, ALLOC_KERNEL);

	if (!m)
		return NULL;
	strcpy(m->name, name);
	m->p.name = m->name;
	m->p.id = id;
	device_prepare(&m->p);
	m->p.dev.release = made_release;
	return &m->p;
}
LX_EXPORT(platform_device_alloc);

int lx_platform_device_add_data(struct lx_platform_device *p, const void *data, size_t n)
{
	void *copy = data ? kmem_dup(data, n, ALLOC_KERNEL) : NULL;

	if (data && !copy)
		return -ENOMEM;
	kmem_free(p->dev.platform_data);
	p->dev.platform_data = copy;
	return 0;
}
LX_EXPORT(platform_device_add_data);

int lx_platform_device_add_resources(struct lx_platform_device *p, const struct lx_resource *r, unsigned int n)
{
	struct lx_resource *copy = r ? kmem_dup(r, n * sizeof(*r), ALLOC_KERNEL) : NULL;

	if (r && n && !copy)
		return -ENOMEM;
	kmem_free(p->resource);
	p->resource = copy;
	p->num_resources = n;
	return 0;
}
LX_EXPORT(platform_device_add_resources);

static int name_device(struct lx_platform_device *p)
{
	int id;

	if (p->id == ID_NONE)
		return lx_dev_set_name(&p->dev, "%s", p->name);
	if (p->id != ID_AUTO)
		return lx_dev_set_name(&p->dev, "%s.%d", p->name, p->id);
	id = lx_ida_alloc_range(&auto_ids, 0, 0x7fffffff, ALLOC_KERNEL);
	if (id < 0)
		return id;
	p->id = id;
	p->id_auto = true;
	return lx_dev_set_name(&p->dev, "%s.%d.auto", p->name, id);
}

static void claims_drop(struct lx_platform_device *p, u32 n)
{
	while (n--)
		if (p->resource[n].parent)
			(void)lx_release_resource(&p->resource[n]);
}

static int claims_take(struct lx_platform_device *p)
{
	for (u32 i = 0; i < p->num_resources; i++) {
		struct lx_resource *r = &p->resource[i];
		struct lx_resource *in = r->flags & 0x100 ? &lx_ioport_resource :
			(r->flags & RES_TYPE_MASK) == 0x200 ? &lx_iomem_resource : NULL;

		if (!r->name)
			r->name = p->dev.kobj.name;
		if (in && !r->parent && lx_request_resource(in, r)) {
			claims_drop(p, i);
			return -EBUSY;
		}
	}
	return 0;
}

static void id_drop(struct lx_platform_device *p)
{
	if (!p->id_auto)
		return;
	lx_ida_free(&auto_ids, (unsigned int)p->id);
	p->id = ID_AUTO;
	p->id_auto = false;
}

int lx_platform_device_add(struct lx_platform_device *p)
{
	int err;

	if (!p->dev.parent)
		p->dev.parent = &lx_platform_bus;
	p->dev.bus = &lx_platform_bus_type;
	err = name_device(p);
	if (!err)
		err = claims_take(p);
	if (err)
		goto err_id;
	err = lx_device_add(&p->dev);
	if (!err)
		return 0;
	claims_drop(p, p->num_resources);
err_id:
	id_drop(p);
	return err;
}
LX_EXPORT(platform_device_add);

void lx_platform_device_put(struct lx_platform_device *p)
{
	if (!IS_ERR_OR_NULL(p))
		lx_put_device(&p->dev);
}
LX_EXPORT(platform_device_put);

void lx_platform_device_del(struct lx_platform_device *p)
{
	if (IS_ERR_OR_NULL(p))
		return;
	lx_device_del(&p->dev);
	id_drop(p);
	claims_drop(p, p->num_resources);
}
LX_EXPORT(platform_device_del);

int lx_platform_device_register(struct lx_platform_device *p)
{
	device_prepare(p);
	return lx_platform_device_add(p);
}
LX_EXPORT(platform_device_register);

void lx_platform_device_unregister(struct lx_platform_device *p)
{
	lx_platform_device_del(p);
	lx_platform_device_put(p);
}
LX_EXPORT(platform_device_unregister);

struct lx_platform_device *lx_platform_device_register_full(const struct lx_platform_device_info *info)
{
	struct lx_platform_device *p = lx_platform_device_alloc(info->name, info->id);
	int err;

	if (!p)
		return ERR_PTR(-ENOMEM);
	p->dev.parent = info->parent;
	p->dev.fwnode = info->fwnode;
	if (info->dma_mask) {
		p->platform_dma_mask = info->dma_mask;
		p->dev.coherent_dma_mask = info->dma_mask;
	}
	err = lx_platform_device_add_resources(p, info->res, info->num_res);
	if (!err)
		err = lx_platform_device_add_data(p, info->data, info->size_data);
	if (!err && info->properties)
		err = lx_device_create_managed_software_node(&p->dev, info->properties, NULL);
	if (!err)
		err = lx_platform_device_add(p);
	if (!err)
		return p;
	lx_platform_device_put(p);
	return ERR_PTR(err);
}
LX_EXPORT(platform_device_register_full);

struct lx_platform_device *lx___platform_create_bundle(struct lx_platform_driver *d,
						       int (*probe)(struct lx_platform_device *),
						       struct lx_resource *res, unsigned int nres, const void *data,
						       size_t size, struct lx_module *owner)
{
	struct lx_platform_device *p = lx_platform_device_alloc(d->driver.name, ID_NONE);
	int err = p ? lx_platform_device_add_resources(p, res, nres) : -ENOMEM;

	if (!err)
		err = lx_platform_device_add_data(p, data, size);
	if (!err)
		err = lx_platform_device_add(p);
	if (err) {
		lx_platform_device_put(p);
		return ERR_PTR(err);
	}
	err = lx___platform_driver_probe(d, probe, owner);
	if (!err)
		return p;
	lx_platform_device_unregister(p);
	return ERR_PTR(err);
}
LX_EXPORT(__platform_create_bundle);

/* ---- resources of a device ---- */

struct lx_resource *lx_platform_get_resource(struct lx_platform_device *p, unsigned int type, unsigned int n)
{
	for (u32 i = 0; i < p->num_resources; i++)
		if ((p->resource[i].flags & RES_TYPE_MASK) == type && !n--)
			return &p->resource[i];
	return NULL;
}
LX_EXPORT(platform_get_resource);

struct lx_resource *lx_platform_get_resource_byname(struct lx_platform_device *p, unsigned int type, const char *name)
{
	for (u32 i = 0; i < p->num_resources; i++)
		if ((p->resource[i].flags & RES_TYPE_MASK) == type && p->resource[i].name &&
		    !strcmp(p->resource[i].name, name))
			return &p->resource[i];
	return NULL;
}
LX_EXPORT(platform_get_resource_byname);

int lx_platform_get_irq_optional(struct lx_platform_device *p, unsigned int n)
{
	const struct lx_resource *r = lx_platform_get_resource(p, RES_IRQ, n);

	return r ? (int)r->start : -ENXIO;
}
LX_EXPORT(platform_get_irq_optional);

int lx_platform_get_irq(struct lx_platform_device *p, unsigned int n)
{
	int irq = lx_platform_get_irq_optional(p, n);

	if (irq < 0)
		lx__dev_err(&p->dev, "IRQ index %u not found\n", n);
	return irq;
}
LX_EXPORT(platform_get_irq);

static void platform_root_release(struct lx_device *dev) { }

static int platform_init(void)
{
	int err;

	lx_platform_bus.release = platform_root_release;
	err = lx_device_register(&lx_platform_bus);
	return err ? err : lx_bus_register(&lx_platform_bus_type);
}
INITCALL(BUS, platform_init);
