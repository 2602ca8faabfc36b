// SPDX-License-Identifier: GPL-2.0-only
/*
 * Binding devices to drivers. Whichever comes second, device or driver, looks for
 * the other; the first driver whose probe succeeds keeps the device. All of it
 * runs under devtree_lock.
 */
#include "core_impl.h"

#include <tern/base/bug.h>
#include <tern/base/err.h>
#include <tern/kernel/cmdline.h>
#include <tern/kernel/klog.h>
#include <tern/lib/string.h>

void devbus_register(struct bus *b)
{
	list_init(&b->devices);
	list_init(&b->drivers);
}

/*
 * drivers.skip=NAME,NAME: native drivers that are to leave their devices to others (modules of the
 * vendor).
 */
bool driver_is_skipped(const char *name)
{
	const char *p = cmdline_get("drivers.skip");
	size_t n = strlen(name);

	for (; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
		if (!strncmp(p, name, n) && (!p[n] || p[n] == ','))
			return true;
	return false;
}

/* True if @drv took @d. */
static bool try_driver(struct devnode *d, const struct driver_desc *drv)
{
	int err;

	if (!d->bus->match(d, drv) || (!drv->is_loaded && driver_is_skipped(drv->name)))
		return false;
	d->driver = drv;
	err = drv->probe(d);
	if (!err)
		return true;
	d->driver = NULL;
	d->driver_data = NULL;
	if (err != -ENODEV)
		kwarn("%s %s: driver %s failed: error %d", d->bus->name, d->name, drv->name, err);
	return false;
}

void devnode_bind(struct devnode *d)
{
	struct driver_desc *drv;

	list_foreach(drv, &d->bus->drivers, link)
		if (try_driver(d, drv))
			return;
}

void devnode_unbind(struct devnode *d)
{
	if (!d->driver)
		return;
	d->driver->remove(d);
	d->driver = NULL;
	d->driver_data = NULL;
}

int driver_add(struct driver_desc *drv)
{
	struct devnode *d;

	VERIFY(drv->probe && drv->remove && drv->bus);
	kmutex_lock(&devtree_lock);
	list_add_tail(&drv->link, &drv->bus->drivers);
	list_foreach(d, &drv->bus->devices, bus_link)
		if (!d->driver)
			try_driver(d, drv);
	kmutex_unlock(&devtree_lock);
	return 0;
}

void driver_drop(struct driver_desc *drv)
{
	struct devnode *d;

	kmutex_lock(&devtree_lock);
	list_foreach(d, &drv->bus->devices, bus_link)
		if (d->driver == drv)
			devnode_unbind(d);
	list_del_init(&drv->link);
	kmutex_unlock(&devtree_lock);
}
