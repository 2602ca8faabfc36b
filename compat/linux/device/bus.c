// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buses and drivers of modules, and who drives what.
 *
 * Each pair of a device without a driver and a driver that bus->match() accepts is probed, with the
 * device's own lock held, until a driver takes the device. A device whose driver lacks something that comes
 * later (-EPROBE_DEFER) is tried again whenever another device got its driver.
 */
#include "device_impl.h"

#include "../runtime.h"
#include "../task.h"

#include <tern/base/err.h>
#include <tern/base/waitq.h>
#include <tern/fs/sysfs.h>
#include <tern/kernel/klog.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define LX_EPROBE_DEFER		517
#define NOTIFY_ADD_DEVICE	1
#define NOTIFY_REMOVED_DEVICE	3
#define NOTIFY_BIND_DRIVER	4
#define NOTIFY_BOUND_DRIVER	5
#define NOTIFY_UNBIND_DRIVER	6
#define NOTIFY_UNBOUND_DRIVER	7
#define NOTIFY_NOT_BOUND	8

static LIST_HEAD(buses);		/* lx_model_lock */
static struct waitq driver_idle = WAITQ_INIT(driver_idle);
static void retry_work(struct lx_work_struct *w);
static struct lx_work_struct retry = {
	.data.counter = 0xfffffffe0L, .entry = { &retry.entry, &retry.entry }, .func = retry_work,
};

void lx_bus_tell(struct lx_device *dev, unsigned long what)
{
	if (dev->bus && dev->bus->p)
		(void)lx_blocking_notifier_call_chain(&dev->bus->p->notifier, what, dev);
}

/* ---- binding ---- */

int lx_device_bind(struct lx_device *dev, struct lx_device_driver *drv, int (*probe)(struct lx_device *))
{
	int err = lx_private_of(dev) ? lx_task_enter() : -ENOMEM;

	if (err)
		return err;
	dev->driver = drv;
	lx_bus_tell(dev, NOTIFY_BIND_DRIVER);
	err = probe(dev);
	if (!err)
		err = lx_sysfs_create_groups(&dev->kobj, drv->dev_groups);
	if (!err) {
		if (drv->p)
			(void)lx_sysfs_create_link(&dev->kobj, &drv->p->kobj, "driver");
		lx_bus_tell(dev, NOTIFY_BOUND_DRIVER);
		return 0;
	}
	lx_devres_release_all(dev);
	dev->driver = NULL;
	dev->driver_data = NULL;
	lx_bus_tell(dev, NOTIFY_NOT_BOUND);
	return err;
}

void lx_device_unbind(struct lx_device *dev, void (*remove)(struct lx_device *))
{
	struct lx_device_driver *drv = dev->driver;

	if (!drv)
		return;
	lx_bus_tell(dev, NOTIFY_UNBIND_DRIVER);
	if (drv->p)
		lx_sysfs_remove_link(&dev->kobj, "driver");
	lx_sysfs_remove_groups(&dev->kobj, drv->dev_groups);
	if (remove)
		remove(dev);
	lx_devres_release_all(dev);
	dev->driver = NULL;
	dev->driver_data = NULL;
	lx_bus_tell(dev, NOTIFY_UNBOUND_DRIVER);
}

/*
 * Where a whole driver comes or goes, the parent is locked too if its bus asks for that. Where a single
 * device does, the caller may be the parent's own probe or remove.
 */
static void pair_lock(struct lx_device *dev)
{
	if (dev->parent && dev->bus->need_parent_lock)
		lx_mutex_lock(&dev->parent->mutex);
	lx_mutex_lock(&dev->mutex);
}

static void pair_unlock(struct lx_device *dev)
{
	lx_mutex_unlock(&dev->mutex);
	if (dev->parent && dev->bus->need_parent_lock)
		lx_mutex_unlock(&dev->parent->mutex);
}

static int no_probe(struct lx_device *dev) { return 0; }

/* 1: bound; 0: not; -errno. The device's lock held. */
static int try_driver(struct lx_device *dev, struct lx_device_driver *drv)
{
	int (*probe)(struct lx_device *) = dev->bus->probe ? dev->bus->probe : drv->probe;
	int err;

	if (dev->driver || dev->p->is_dead || (dev->bus->match && dev->bus->match(dev, drv) <= 0))
		return 0;
	err = lx_device_bind(dev, drv, probe ? probe : no_probe);
	if (!err) {
		(void)lx_kobject_uevent(&dev->kobj, LX_KOBJ_BIND);
		(void)lx_queue_work_on(0, lx_system_wq, &retry);
		return 1;
	}
	if (err == -LX_EPROBE_DEFER)
		dev->p->is_deferred = true;
	else if (err != -ENODEV && err != -ENXIO)
		kwarn("%s: probe of %s failed with error %d", drv->name, dev->kobj.name, err);
	return 0;
}

static void remove_by_driver(struct lx_device *dev)
{
	if (dev->bus && dev->bus->remove)
		dev->bus->remove(dev);
	else if (dev->driver->remove)
		(void)dev->driver->remove(dev);
}

/* ---- drivers held while they are looked at ---- */

static struct lx_driver_private *driver_after(struct lx_subsys_private *sp, struct lx_driver_private *last)
{
	struct list *at;
	struct lx_driver_private *next = NULL;

	kmutex_lock(&lx_model_lock);
	at = last ? last->link.next : sp->drivers.next;
	if (at != &sp->drivers) {
		next = container_of(at, struct lx_driver_private, link);
		next->users++;
	}
	if (last && !--last->users && last->is_leaving)
		waitq_wake_all(&driver_idle);
	kmutex_unlock(&lx_model_lock);
	return next;
}

static void driver_leave(struct lx_driver_private *p)
{
	kmutex_lock(&lx_model_lock);
	if (!--p->users && p->is_leaving)
		waitq_wake_all(&driver_idle);
	kmutex_unlock(&lx_model_lock);
}

int lx_bus_for_each_drv(struct lx_bus_type *bus, struct lx_device_driver *start, void *data,
			int (*fn)(struct lx_device_driver *, void *))
{
	struct lx_driver_private *d = NULL;
	int err = 0;

	while ((d = driver_after(bus->p, d))) {
		err = d->is_leaving ? 0 : fn(d->drv, data);
		if (err) {
			driver_leave(d);
			break;
		}
	}
	return err;
}
LX_EXPORT(bus_for_each_drv);

static int try_one(struct lx_device_driver *drv, void *dev) { return try_driver(dev, drv); }

int lx_device_attach(struct lx_device *dev)
{
	int bound = 0;

	if (!dev->bus || !dev->bus->p)
		return 0;
	lx_mutex_lock(&dev->mutex);
	if (dev->driver)
		bound = 1;
	else if (!dev->p->is_dead)
		bound = lx_bus_for_each_drv(dev->bus, NULL, dev, try_one);
	lx_mutex_unlock(&dev->mutex);
	return bound;
}
LX_EXPORT(device_attach);

/* The caller chose dev->driver and has probed it. */
int lx_device_bind_driver(struct lx_device *dev)
{
	if (dev->driver->p)
		(void)lx_sysfs_create_link(&dev->kobj, &dev->driver->p->kobj, "driver");
	lx_bus_tell(dev, NOTIFY_BOUND_DRIVER);
	return 0;
}
LX_EXPORT(device_bind_driver);

void lx_device_release_driver(struct lx_device *dev)
{
	if (!dev->bus)
		return;
	lx_mutex_lock(&dev->mutex);
	if (dev->driver)
		lx_device_unbind(dev, remove_by_driver);
	lx_mutex_unlock(&dev->mutex);
}
LX_EXPORT(device_release_driver);

int lx_device_reprobe(struct lx_device *dev)
{
	lx_device_release_driver(dev);
	return lx_device_attach(dev) < 0 ? -ENODEV : 0;
}
LX_EXPORT(device_reprobe);

int lx_driver_attach(struct lx_device_driver *drv)
{
	struct lx_device_set *s = lx_devices_of(drv->bus->p, NULL);

	if (!s)
		return -ENOMEM;
	for (u32 i = 0; i < s->n; i++) {
		pair_lock(s->dev[i]);
		(void)try_driver(s->dev[i], drv);
		pair_unlock(s->dev[i]);
	}
	lx_device_set_put(s, NULL);
	return 0;
}
LX_EXPORT(driver_attach);

/* ---- devices that wait for others ---- */

static struct lx_device_set *deferred_of(struct lx_subsys_private *sp)
{
	struct lx_device_set *all = lx_devices_of(sp, NULL);
	u32 n = 0;

	for (u32 i = 0; all && i < all->n; i++)
		if (xchg(&all->dev[i]->p->is_deferred, false))
			all->dev[n++] = all->dev[i];
		else
			lx_put_device(all->dev[i]);
	if (all)
		all->n = n;
	return all;
}

static void retry_work(struct lx_work_struct *w)
{
	struct lx_subsys_private *sp;
	struct lx_device_set *s;
	u32 turn = 0, at;

	for (;; turn++) {	/* buses may come and go meanwhile: by position */
		at = 0;
		s = NULL;
		kmutex_lock(&lx_model_lock);
		list_foreach(sp, &buses, link)
			if (at++ == turn)
				break;
		kmutex_unlock(&lx_model_lock);
		if (at <= turn)
			return;
		s = deferred_of(sp);
		for (u32 i = 0; s && i < s->n; i++)
			(void)lx_device_attach(s->dev[i]);
		lx_device_set_put(s, NULL);
	}
}

/* ---- drivers ---- */

static long driver_show(struct lx_kobject *k, struct lx_attribute *a, char *buf)
{
	struct lx_driver_attribute *da = container_of(a, struct lx_driver_attribute, attr);

	return da->show ? da->show(container_of(k, struct lx_driver_private, kobj)->drv, buf) : -EIO;
}

static long driver_store(struct lx_kobject *k, struct lx_attribute *a, const char *buf, size_t n)
{
	struct lx_driver_attribute *da = container_of(a, struct lx_driver_attribute, attr);

	return da->store ? da->store(container_of(k, struct lx_driver_private, kobj)->drv, buf, n) : -EIO;
}

static void driver_release(struct lx_kobject *k) { kmem_free(container_of(k, struct lx_driver_private, kobj)); }

static const struct lx_sysfs_ops driver_sysfs_ops = { .show = driver_show, .store = driver_store };
static const struct lx_kobj_type driver_type = { .release = driver_release, .sysfs_ops = &driver_sysfs_ops };

static int driver_show_dir(struct lx_driver_private *p, struct lx_device_driver *drv)
{
	int err;

	lx_kobject_init(&p->kobj, &driver_type);
	err = lx_kobject_set_name(&p->kobj, "%s", drv->name);
	if (!err)
		err = lx_object_open_dir(&p->kobj, drv->bus->p->drivers_dir);
	if (!err)
		err = lx_sysfs_create_groups(&p->kobj, drv->bus->drv_groups);
	return err ? err : lx_sysfs_create_groups(&p->kobj, drv->groups);
}

int lx_driver_register(struct lx_device_driver *drv)
{
	struct lx_driver_private *p;
	int err;

	if (!drv->bus || !drv->bus->p)
		return -EINVAL;
	p = kmem_zalloc(sizeof(*p), ALLOC_KERNEL);
	if (!p)
		return -ENOMEM;
	p->drv = drv;
	err = driver_show_dir(p, drv);
	if (err) {
		lx_kobject_put(&p->kobj);
		return err == -EEXIST ? -EBUSY : err;
	}
	drv->p = p;
	kmutex_lock(&lx_model_lock);
	list_add_tail(&p->link, &drv->bus->p->drivers);
	kmutex_unlock(&lx_model_lock);
	err = lx_driver_attach(drv);
	(void)lx_kobject_uevent(&p->kobj, LX_KOBJ_ADD);
	if (err)
		lx_driver_unregister(drv);
	return err;
}
LX_EXPORT(driver_register);

static void take_off_all(struct lx_device_driver *drv)
{
	struct lx_device_set *s = lx_devices_of(drv->bus->p, NULL);

	for (u32 i = 0; s && i < s->n; i++) {
		pair_lock(s->dev[i]);
		if (s->dev[i]->driver == drv)
			lx_device_unbind(s->dev[i], remove_by_driver);
		pair_unlock(s->dev[i]);
	}
	lx_device_set_put(s, NULL);
}

void lx_driver_unregister(struct lx_device_driver *drv)
{
	struct lx_driver_private *p = drv->p;

	if (!p)
		return;
	p->is_leaving = true;
	waitq_wait(&driver_idle, !READ_ONCE(p->users));
	kmutex_lock(&lx_model_lock);
	list_del(&p->link);
	kmutex_unlock(&lx_model_lock);
	take_off_all(drv);
	drv->p = NULL;
	lx_kobject_put(&p->kobj);
}
LX_EXPORT(driver_unregister);

int lx_driver_create_file(struct lx_device_driver *drv, const struct lx_driver_attribute *a)
{
	return drv->p ? lx_sysfs_create_file_ns(&drv->p->kobj, &a->attr, NULL) : -EINVAL;
}
LX_EXPORT(driver_create_file);

void lx_driver_remove_file(struct lx_device_driver *drv, const struct lx_driver_attribute *a)
{
	if (drv->p)
		lx_sysfs_remove_file_ns(&drv->p->kobj, &a->attr, NULL);
}
LX_EXPORT(driver_remove_file);

static int is_named(struct lx_device_driver *drv, void *arg)
{
	struct { const char *name; struct lx_device_driver *found; } *want = arg;

	if (strcmp(drv->name, want->name))
		return 0;
	want->found = drv;
	return 1;
}

struct lx_device_driver *lx_driver_find(const char *name, struct lx_bus_type *bus)
{
	struct { const char *name; struct lx_device_driver *found; } want = { name, NULL };

	(void)lx_bus_for_each_drv(bus, NULL, &want, is_named);
	return want.found;
}
LX_EXPORT(driver_find);

int lx_driver_for_each_device(struct lx_device_driver *drv, struct lx_device *start, void *data,
			      int (*fn)(struct lx_device *, void *))
{
	struct lx_device_set *s = lx_devices_of(drv->bus->p, start);
	int err = 0;

	for (u32 i = 0; s && i < s->n && !err; i++)
		if (s->dev[i]->driver == drv)
			err = fn(s->dev[i], data);
	lx_device_set_put(s, NULL);
	return err;
}
LX_EXPORT(driver_for_each_device);

struct lx_device *lx_driver_find_device(struct lx_device_driver *drv, struct lx_device *start, const void *data,
					int (*match)(struct lx_device *, const void *))
{
	struct lx_device_set *s = lx_devices_of(drv->bus->p, start);
	struct lx_device *found = NULL;

	for (u32 i = 0; s && i < s->n && !found; i++)
		if (s->dev[i]->driver == drv && match(s->dev[i], data))
			found = s->dev[i];
	lx_device_set_put(s, found);
	return found;
}
LX_EXPORT(driver_find_device);

/* ---- devices on a bus ---- */

static struct lx_device *device_at(struct lx_subsys_private *sp, struct list *at)
{
	return (sp->bus ? container_of(at, struct lx_device_private, bus_link) :
		container_of(at, struct lx_device_private, class_link))->dev;
}

struct lx_device_set *lx_devices_of(struct lx_subsys_private *sp, struct lx_device *start)
{
	struct lx_device_set *s;
	struct list *at;
	bool is_behind = !start;
	u32 n = 0;

	kmutex_lock(&lx_model_lock);
	for (at = sp->devices.next; at != &sp->devices; at = at->next)
		n++;
	s = kmem_alloc(sizeof(*s) + n * sizeof(s->dev[0]), ALLOC_KERNEL);
	if (s)
		s->n = 0;
	for (at = sp->devices.next; s && at != &sp->devices; at = at->next) {
		if (is_behind)
			s->dev[s->n++] = lx_get_device(device_at(sp, at));
		is_behind |= device_at(sp, at) == start;
	}
	kmutex_unlock(&lx_model_lock);
	return s;
}

int lx_bus_add_device(struct lx_device *dev)
{
	struct lx_subsys_private *sp = dev->bus ? dev->bus->p : NULL;
	int err;

	if (!sp)
		return 0;
	err = lx_sysfs_create_groups(&dev->kobj, dev->bus->dev_groups);
	if (!err)
		err = sysfs_link_create(dev->kobj.sd->dir, "subsystem", sp->dir);
	if (!err)
		err = sysfs_link_create(sp->devices_dir, dev->kobj.name, dev->kobj.sd->dir);
	if (err)
		return err;
	kmutex_lock(&lx_model_lock);
	list_add_tail(&dev->p->bus_link, &sp->devices);
	kmutex_unlock(&lx_model_lock);
	lx_bus_tell(dev, NOTIFY_ADD_DEVICE);
	return 0;
}

void lx_bus_remove_device(struct lx_device *dev)
{
	struct lx_subsys_private *sp = dev->bus ? dev->bus->p : NULL;

	if (!sp)
		return;
	kmutex_lock(&lx_model_lock);
	list_del_init(&dev->p->bus_link);
	kmutex_unlock(&lx_model_lock);
	lx_device_release_driver(dev);
	(void)sysfs_remove_name(sp->devices_dir, dev->kobj.name);
	lx_sysfs_remove_groups(&dev->kobj, dev->bus->dev_groups);
	lx_bus_tell(dev, NOTIFY_REMOVED_DEVICE);
}

int lx_bus_for_each_dev(struct lx_bus_type *bus, struct lx_device *start, void *data,
			int (*fn)(struct lx_device *, void *))
{
	struct lx_device_set *s = bus->p ? lx_devices_of(bus->p, start) : NULL;
	int err = s ? 0 : -EINVAL;

	for (u32 i = 0; s && i < s->n && !err; i++)
		err = fn(s->dev[i], data);
	lx_device_set_put(s, NULL);
	return err;
}
LX_EXPORT(bus_for_each_dev);

struct lx_device *lx_bus_find_device(struct lx_bus_type *bus, struct lx_device *start, const void *data,
				     int (*match)(struct lx_device *, const void *))
{
	return bus->p ? lx_device_set_find(lx_devices_of(bus->p, start), data, match) : NULL;
}
LX_EXPORT(bus_find_device);

static int rescan_one(struct lx_device *dev, void *unused)
{
	bool with_parent = dev->parent && dev->bus->need_parent_lock;
	int err = 0;

	if (with_parent)
		lx_mutex_lock(&dev->parent->mutex);
	if (!dev->driver)
		err = lx_device_attach(dev);
	if (with_parent)
		lx_mutex_unlock(&dev->parent->mutex);
	return err < 0 ? err : 0;
}

int lx_bus_rescan_devices(struct lx_bus_type *bus) { return lx_bus_for_each_dev(bus, NULL, NULL, rescan_one); }
LX_EXPORT(bus_rescan_devices);

int lx_bus_register_notifier(struct lx_bus_type *bus, struct lx_notifier_block *nb)
{
	return bus->p ? lx_blocking_notifier_chain_register(&bus->p->notifier, nb) : -EINVAL;
}
LX_EXPORT(bus_register_notifier);

int lx_bus_unregister_notifier(struct lx_bus_type *bus, struct lx_notifier_block *nb)
{
	return bus->p ? lx_blocking_notifier_chain_unregister(&bus->p->notifier, nb) : -EINVAL;
}
LX_EXPORT(bus_unregister_notifier);

/* ---- buses ---- */

int lx_bus_register(struct lx_bus_type *bus)
{
	struct lx_subsys_private *p = kmem_zalloc(sizeof(*p), ALLOC_KERNEL);
	int err;

	if (!p)
		return -ENOMEM;
	p->bus = bus;
	list_init(&p->devices);
	list_init(&p->drivers);
	list_init(&p->interfaces);
	lx___init_rwsem(&p->notifier.rwsem, "bus", NULL);
	p->dir = sysfs_dir_create(sysfs_bus, bus->name);
	if (IS_ERR(p->dir)) {
		err = (int)PTR_ERR(p->dir);
		kmem_free(p);
		return err;
	}
	p->devices_dir = sysfs_dir_create(p->dir, "devices");
	p->drivers_dir = sysfs_dir_create(p->dir, "drivers");
	if (IS_ERR(p->devices_dir) || IS_ERR(p->drivers_dir)) {
		sysfs_remove(p->dir);
		kmem_free(p);
		return -ENOMEM;
	}
	bus->p = p;
	kmutex_lock(&lx_model_lock);
	list_add_tail(&p->link, &buses);
	kmutex_unlock(&lx_model_lock);
	return 0;
}
LX_EXPORT(bus_register);

void lx_bus_unregister(struct lx_bus_type *bus)
{
	struct lx_subsys_private *p = bus->p;

	(void)lx_flush_work(&retry);
	kmutex_lock(&lx_model_lock);
	list_del(&p->link);
	kmutex_unlock(&lx_model_lock);
	bus->p = NULL;
	sysfs_remove(p->dir);
	kmem_free(p);
}
LX_EXPORT(bus_unregister);
