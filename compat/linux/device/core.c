// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vendor's device model: buses, drivers, devices, and who drives what.
 *
 * A bus of a module (virtio) lives here alone: its devices and drivers are lists, and each pair
 * that bus->match() accepts is probed until a driver takes the device. Devices of native buses
 * (PCI) come from the native device tree (pci.c), which calls lx_device_bind() and
 * lx_device_unbind() itself.
 *
 * Lock order: model_lock (lists; LOCKRANK_VFS_MISC is not held while probe runs: model_lock is
 * recursive by owner instead, since a probe registers devices of its own).
 */
#include "../lx.h"

#include "../format.h"
#include "../runtime.h"
#include "../task.h"

#include <tern/base/err.h>
#include <tern/base/lock.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/thread.h>
#include <tern/lib/list.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

/* Behind bus->p: what we know of a bus. */
struct lx_subsys_private {
	struct lx_bus_type *bus;
	struct list devices;		/* of lx_device_private */
	struct list drivers;		/* of lx_driver_private */
	struct list link;
};

/* Behind device->p. */
struct lx_device_private {
	struct list link;
	struct lx_device *dev;
	struct list resources;		/* of devres, last first */
};

/* Behind driver->p. */
struct lx_driver_private {
	struct list link;
	struct lx_device_driver *drv;
};

struct devres {
	struct list link;
	void (*release)(struct lx_device *dev, void *data);
	u64 data[];
};

/* Recursive: a probe adds devices, whose probes add more. */
static struct kmutex model_lock = KMUTEX_INIT(model_lock, LOCKRANK_BLKCTL);
static u32 model_depth;

static void model_enter(void)
{
	if (!kmutex_is_mine(&model_lock))
		kmutex_lock(&model_lock);
	model_depth++;
}

static void model_leave(void)
{
	if (!--model_depth)
		kmutex_unlock(&model_lock);
}

/* ---- names and references ---- */

static void device_release(struct lx_kobject *k)
{
	struct lx_device *dev = container_of(k, struct lx_device, kobj);
	struct lx_device_private *p = dev->p;

	lx_devres_release_all(dev);
	if (dev->release)
		dev->release(dev);
	else if (dev->type && dev->type->release)
		dev->type->release(dev);
	else if (dev->class && dev->class->dev_release)
		dev->class->dev_release(dev);
	kmem_free(p);
}

static const struct lx_kobj_type device_type = { .release = device_release };

static struct lx_device_private *private_of(struct lx_device *dev)
{
	if (!dev->p) {
		struct lx_device_private *p = kmem_zalloc(sizeof(*p), ALLOC_KERNEL);

		if (!p)
			return NULL;
		list_init(&p->link);
		list_init(&p->resources);
		p->dev = dev;
		dev->p = p;
	}
	return dev->p;
}

void lx_device_initialize(struct lx_device *dev)
{
	lx_kobject_init(&dev->kobj, &device_type);
	lx___mutex_init(&dev->mutex, "device", NULL);
	dev->dma_pools.next = dev->dma_pools.prev = &dev->dma_pools;
	dev->devres_head.next = dev->devres_head.prev = &dev->devres_head;
	dev->msi.data = NULL;
	/* Powered for good: the inline power helpers count on it. */
	dev->power.usage_count.counter = 1;
	dev->power.disable_depth = 1;
}
LX_EXPORT(device_initialize);

struct lx_device *lx_get_device(struct lx_device *dev)
{
	if (dev)
		lx_kobject_get(&dev->kobj);
	return dev;
}
LX_EXPORT(get_device);

void lx_put_device(struct lx_device *dev)
{
	if (dev)
		lx_kobject_put(&dev->kobj);
}
LX_EXPORT(put_device);

int lx_dev_set_name(struct lx_device *dev, const char *fmt, ...)
{
	va_list ap;
	char *name;

	va_start(ap, fmt);
	name = lx_kvasprintf(ALLOC_KERNEL, fmt, ap);
	va_end(ap);
	if (!name)
		return -ENOMEM;
	kmem_free(dev->kobj.name);
	dev->kobj.name = name;
	return 0;
}
LX_EXPORT(dev_set_name);

const char *lx_dev_driver_string(const struct lx_device *dev)
{
	return dev->driver ? dev->driver->name : dev->bus ? dev->bus->name : dev->class ?
		dev->class->name : "";
}
LX_EXPORT(dev_driver_string);

/* ---- binding ---- */

int lx_device_bind(struct lx_device *dev, struct lx_device_driver *drv, int (*probe)(struct lx_device *))
{
	int err = private_of(dev) ? lx_task_enter() : -ENOMEM;

	if (err)
		return err;
	dev->driver = drv;
	err = probe(dev);
	if (!err)
		return 0;
	lx_devres_release_all(dev);
	dev->driver = NULL;
	dev->driver_data = NULL;
	return err;
}

void lx_device_unbind(struct lx_device *dev, void (*remove)(struct lx_device *))
{
	if (!dev->driver)
		return;
	if (remove)
		remove(dev);
	lx_devres_release_all(dev);
	dev->driver = NULL;
	dev->driver_data = NULL;
}

static void try_pair(struct lx_device *dev, struct lx_device_driver *drv)
{
	int (*probe)(struct lx_device *) = dev->bus->probe ? dev->bus->probe : drv->probe;
	int err;

	if (dev->driver || !dev->bus->match || !dev->bus->match(dev, drv) || !probe)
		return;
	err = lx_device_bind(dev, drv, probe);
	if (err && err != -ENODEV && err != -ENXIO)
		kwarn("%s: probe of %s failed with error %d", drv->name, dev->kobj.name, err);
}

static void unbind(struct lx_device *dev)
{
	lx_device_unbind(dev, dev->bus && dev->bus->remove ? dev->bus->remove : NULL);
}

int lx_bus_register(struct lx_bus_type *bus)
{
	struct lx_subsys_private *p = kmem_zalloc(sizeof(*p), ALLOC_KERNEL);

	if (!p)
		return -ENOMEM;
	p->bus = bus;
	list_init(&p->devices);
	list_init(&p->drivers);
	bus->p = p;
	return 0;
}
LX_EXPORT(bus_register);

void lx_bus_unregister(struct lx_bus_type *bus)
{
	kmem_free(bus->p);
	bus->p = NULL;
}
LX_EXPORT(bus_unregister);

int lx_driver_register(struct lx_device_driver *drv)
{
	struct lx_driver_private *p = kmem_zalloc(sizeof(*p), ALLOC_KERNEL);
	struct lx_device_private *d;

	if (!p)
		return -ENOMEM;
	if (!drv->bus->p) {
		kmem_free(p);
		return -EINVAL;
	}
	p->drv = drv;
	drv->p = p;
	model_enter();
	list_add_tail(&p->link, &drv->bus->p->drivers);
	list_foreach(d, &drv->bus->p->devices, link)
		try_pair(d->dev, drv);
	model_leave();
	return 0;
}
LX_EXPORT(driver_register);

void lx_driver_unregister(struct lx_device_driver *drv)
{
	struct lx_device_private *d;

	model_enter();
	list_foreach(d, &drv->bus->p->devices, link)
		if (d->dev->driver == drv)
			unbind(d->dev);
	list_del(&drv->p->link);
	model_leave();
	kmem_free(drv->p);
	drv->p = NULL;
}
LX_EXPORT(driver_unregister);

int lx_device_add(struct lx_device *dev)
{
	struct lx_device_private *p = private_of(dev);
	struct lx_driver_private *d;

	if (!p)
		return -ENOMEM;
	if (dev->init_name && !dev->kobj.name) {
		int err = lx_dev_set_name(dev, "%s", dev->init_name);

		if (err)
			return err;
		dev->init_name = NULL;
	}
	if (!dev->kobj.name)
		return -EINVAL;
	lx_get_device(dev);
	lx_get_device(dev->parent);
	if (!dev->bus || !dev->bus->p)
		return 0;
	model_enter();
	list_add_tail(&p->link, &dev->bus->p->devices);
	list_foreach(d, &dev->bus->p->drivers, link)
		try_pair(dev, d->drv);
	model_leave();
	return 0;
}
LX_EXPORT(device_add);

int lx_device_register(struct lx_device *dev)
{
	lx_device_initialize(dev);
	return lx_device_add(dev);
}
LX_EXPORT(device_register);

void lx_device_del(struct lx_device *dev)
{
	struct lx_device *parent = dev->parent;

	if (dev->bus && dev->bus->p) {
		model_enter();
		unbind(dev);
		list_del_init(&dev->p->link);
		model_leave();
	}
	lx_put_device(dev);
	lx_put_device(parent);
}
LX_EXPORT(device_del);

void lx_device_unregister(struct lx_device *dev)
{
	lx_device_del(dev);
	lx_put_device(dev);
}
LX_EXPORT(device_unregister);

int lx_bus_for_each_dev(struct lx_bus_type *bus, struct lx_device *start, void *data,
			int (*fn)(struct lx_device *, void *))
{
	struct lx_device_private *d;
	int err = 0;

	model_enter();
	list_foreach(d, &bus->p->devices, link) {
		err = fn(d->dev, data);
		if (err)
			break;
	}
	model_leave();
	return err;
}
LX_EXPORT(bus_for_each_dev);

/* ---- resources that go with the binding ---- */

void *lx___devres_alloc_node(void (*release)(struct lx_device *, void *), size_t size, unsigned int gfp,
			     int node, const char *name)
{
	struct devres *r = kmem_alloc(sizeof(*r) + size, gfp | ALLOC_ZERO);

	if (!r)
		return NULL;
	r->release = release;
	list_init(&r->link);
	return r->data;
}
LX_EXPORT(__devres_alloc_node);

static struct devres *devres_of(void *data) { return container_of(data, struct devres, data); }

void lx_devres_add(struct lx_device *dev, void *data)
{
	if (private_of(dev))
		list_add(&devres_of(data)->link, &dev->p->resources);
}
LX_EXPORT(devres_add);

void lx_devres_free(void *data)
{
	if (data)
		kmem_free(devres_of(data));
}
LX_EXPORT(devres_free);

int lx_devres_release_all(struct lx_device *dev)
{
	int n = 0;

	while (dev->p && !list_is_empty(&dev->p->resources)) {
		struct devres *r = list_first_entry(&dev->p->resources, struct devres, link);

		list_del(&r->link);
		r->release(dev, r->data);
		kmem_free(r);
		n++;
	}
	return n;
}

static struct devres *devres_search(struct lx_device *dev, void (*release)(struct lx_device *, void *),
				    int (*match)(struct lx_device *, void *, void *), void *arg)
{
	struct devres *r;

	if (dev->p)
		list_foreach(r, &dev->p->resources, link)
			if (r->release == release && (!match || match(dev, r->data, arg)))
				return r;
	return NULL;
}

void *lx_devres_find(struct lx_device *dev, void (*release)(struct lx_device *, void *),
		     int (*match)(struct lx_device *, void *, void *), void *arg)
{
	struct devres *r = devres_search(dev, release, match, arg);

	return r ? r->data : NULL;
}
LX_EXPORT(devres_find);

int lx_devres_release(struct lx_device *dev, void (*release)(struct lx_device *, void *),
		      int (*match)(struct lx_device *, void *, void *), void *arg)
{
	struct devres *r = devres_search(dev, release, match, arg);

	if (!r)
		return -ENOENT;
	list_del(&r->link);
	r->release(dev, r->data);
	kmem_free(r);
	return 0;
}
LX_EXPORT(devres_release);

int lx_devres_destroy(struct lx_device *dev, void (*release)(struct lx_device *, void *),
		      int (*match)(struct lx_device *, void *, void *), void *arg)
{
	struct devres *r = devres_search(dev, release, match, arg);

	if (!r)
		return -ENOENT;
	list_del(&r->link);
	kmem_free(r);
	return 0;
}
LX_EXPORT(devres_destroy);

static void devm_kmalloc_release(struct lx_device *dev, void *data) { }

void *lx_devm_kmalloc(struct lx_device *dev, size_t size, unsigned int gfp)
{
	struct devres *r = kmem_alloc(sizeof(*r) + size, gfp);

	if (!r)
		return NULL;
	r->release = devm_kmalloc_release;
	lx_devres_add(dev, r->data);
	return r->data;
}
LX_EXPORT(devm_kmalloc);

static int is_same(struct lx_device *dev, void *data, void *arg) { return data == arg; }

void lx_devm_kfree(struct lx_device *dev, const void *p)
{
	if (p)
		(void)lx_devres_destroy(dev, devm_kmalloc_release, is_same, (void *)p);
}
LX_EXPORT(devm_kfree);

void *lx_devm_kmemdup(struct lx_device *dev, const void *p, size_t n, unsigned int gfp)
{
	void *copy = lx_devm_kmalloc(dev, n, gfp);

	if (copy)
		memcpy(copy, p, n);
	return copy;
}
LX_EXPORT(devm_kmemdup);

char *lx_devm_kstrdup(struct lx_device *dev, const char *s, unsigned int gfp)
{
	return s ? lx_devm_kmemdup(dev, s, strlen(s) + 1, gfp) : NULL;
}
LX_EXPORT(devm_kstrdup);

struct action { void (*fn)(void *); void *arg; };

static void action_release(struct lx_device *dev, void *data)
{
	struct action *a = data;

	a->fn(a->arg);
}

int lx_devm_add_action(struct lx_device *dev, void (*fn)(void *), void *arg)
{
	struct action *a = lx___devres_alloc_node(action_release, sizeof(*a), ALLOC_KERNEL, 0, "action");

	if (!a)
		return -ENOMEM;
	*a = (struct action){ fn, arg };
	lx_devres_add(dev, a);
	return 0;
}
LX_EXPORT(devm_add_action);
