// SPDX-License-Identifier: GPL-2.0-only
/* Classes: what devices are good for, in /sys/class; those who want to know of each device of one. */
#include "device_impl.h"

#include "../format.h"

#include <tern/base/err.h>
#include <tern/fs/sysfs.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

static struct lx_subsys_private *private_make(struct lx_class *class)
{
	struct lx_subsys_private *p = kmem_zalloc(sizeof(*p), ALLOC_KERNEL);

	if (!p)
		return NULL;
	p->class = class;
	list_init(&p->devices);
	list_init(&p->drivers);
	list_init(&p->interfaces);
	return p;
}

int lx___class_register(struct lx_class *class, struct lx_lock_class_key *key)
{
	struct lx_subsys_private *p = private_make(class);

	if (!p)
		return -ENOMEM;
	p->dir = lx_subdir(sysfs_class, class->name);
	if (IS_ERR(p->dir)) {
		int err = (int)PTR_ERR(p->dir);

		kmem_free(p);
		return err;
	}
	class->p = p;
	return 0;
}
LX_EXPORT(__class_register);

void lx_class_unregister(struct lx_class *class)
{
	struct lx_subsys_private *p = class->p;
	struct sysnode *virtual = sysfs_dir_find(sysfs_devices, "virtual");

	if (!p)
		return;
	class->p = NULL;
	if (virtual)
		(void)sysfs_remove_name(virtual, class->name);
	sysfs_remove(p->dir);
	kmem_free(p);
	if (class->class_release)
		class->class_release(class);
}
LX_EXPORT(class_unregister);

static void created_release(struct lx_class *class) { kmem_free(class); }

struct lx_class *lx___class_create(struct lx_module *owner, const char *name, struct lx_lock_class_key *key)
{
	struct lx_class *class = kmem_zalloc(sizeof(*class), ALLOC_KERNEL);
	int err;

	if (!class)
		return ERR_PTR(-ENOMEM);
	class->name = name;
	class->owner = owner;
	class->class_release = created_release;
	err = lx___class_register(class, key);
	if (!err)
		return class;
	kmem_free(class);
	return ERR_PTR(err);
}
LX_EXPORT(__class_create);

void lx_class_destroy(struct lx_class *class)
{
	if (!IS_ERR_OR_NULL(class))
		lx_class_unregister(class);
}
LX_EXPORT(class_destroy);

/* ---- devices of a class ---- */

struct sysnode *lx_class_subdir(struct lx_device *dev)
{
	struct sysnode *parent = dev->parent ? lx_object_dir(&dev->parent->kobj) : NULL;

	if (!parent)
		parent = lx_subdir(sysfs_devices, "virtual");
	else if (dev->parent->class && !dev->class->ns_type)
		return parent;
	return lx_subdir(parent, dev->class->name);
}

int lx_class_enter(struct lx_device *dev)
{
	struct lx_subsys_private *p = dev->class ? dev->class->p : NULL;
	int err;

	if (!p)
		return 0;
	err = sysfs_link_create(p->dir, dev->kobj.name, dev->kobj.sd->dir);
	if (!err)
		err = sysfs_link_create(dev->kobj.sd->dir, "subsystem", p->dir);
	if (!err && dev->parent && lx_object_dir(&dev->parent->kobj))
		err = sysfs_link_create(dev->kobj.sd->dir, "device", lx_object_dir(&dev->parent->kobj));
	if (err)
		return err;
	kmutex_lock(&lx_model_lock);
	list_add_tail(&dev->p->class_link, &p->devices);
	kmutex_unlock(&lx_model_lock);
	return 0;
}

void lx_class_leave(struct lx_device *dev)
{
	struct lx_subsys_private *p = dev->class ? dev->class->p : NULL;

	if (!p)
		return;
	kmutex_lock(&lx_model_lock);
	list_del_init(&dev->p->class_link);
	kmutex_unlock(&lx_model_lock);
	(void)sysfs_remove_name(p->dir, dev->kobj.name);
}

/* The vendor's list head of an interface is used as ours. */
static struct lx_class_interface *interface_at(struct list *at)
{
	return container_of((struct lx_list_head *)at, struct lx_class_interface, node);
}

void lx_class_tell(struct lx_device *dev, bool add)
{
	struct lx_subsys_private *p = dev->class ? dev->class->p : NULL;

	if (!p)
		return;
	for (struct list *at = p->interfaces.next; at != &p->interfaces; at = at->next) {
		struct lx_class_interface *i = interface_at(at);

		if (add && i->add_dev)
			(void)i->add_dev(dev, i);
		if (!add && i->remove_dev)
			i->remove_dev(dev, i);
	}
}

int lx_class_interface_register(struct lx_class_interface *i)
{
	struct lx_device_set *s;

	if (!i || !i->class || !i->class->p)
		return -ENODEV;
	s = lx_devices_of(i->class->p, NULL);
	if (!s)
		return -ENOMEM;
	kmutex_lock(&lx_model_lock);
	list_add_tail((struct list *)&i->node, &i->class->p->interfaces);
	kmutex_unlock(&lx_model_lock);
	for (u32 n = 0; i->add_dev && n < s->n; n++)
		(void)i->add_dev(s->dev[n], i);
	lx_device_set_put(s, NULL);
	return 0;
}
LX_EXPORT(class_interface_register);

void lx_class_interface_unregister(struct lx_class_interface *i)
{
	struct lx_device_set *s = lx_devices_of(i->class->p, NULL);

	kmutex_lock(&lx_model_lock);
	list_del((struct list *)&i->node);
	kmutex_unlock(&lx_model_lock);
	for (u32 n = 0; s && i->remove_dev && n < s->n; n++)
		i->remove_dev(s->dev[n], i);
	lx_device_set_put(s, NULL);
}
LX_EXPORT(class_interface_unregister);

struct lx_device *lx_class_find_device(struct lx_class *class, struct lx_device *start, const void *data,
				       int (*match)(struct lx_device *, const void *))
{
	return class->p ? lx_device_set_find(lx_devices_of(class->p, start), data, match) : NULL;
}
LX_EXPORT(class_find_device);

int lx_class_for_each_device(struct lx_class *class, struct lx_device *start, void *data,
			     int (*fn)(struct lx_device *, void *))
{
	struct lx_device_set *s = class->p ? lx_devices_of(class->p, start) : NULL;
	int err = s ? 0 : -EINVAL;

	for (u32 i = 0; s && i < s->n && !err; i++)
		err = fn(s->dev[i], data);
	lx_device_set_put(s, NULL);
	return err;
}
LX_EXPORT(class_for_each_device);

/* ---- devices that are nothing but a member of a class ---- */

static void created_device_release(struct lx_device *dev) { kmem_free(dev); }

static struct lx_device *create(struct lx_class *class, struct lx_device *parent, u32 devt, void *data,
				const struct lx_attribute_group **groups, const char *fmt, va_list ap)
{
	struct lx_device *dev;
	int err = -ENOMEM;

	if (IS_ERR_OR_NULL(class))
		return ERR_PTR(-ENODEV);
	dev = kmem_zalloc(sizeof(*dev), ALLOC_KERNEL);
	if (!dev)
		return ERR_PTR(-ENOMEM);
	lx_device_initialize(dev);
	dev->devt = devt;
	dev->class = class;
	dev->parent = parent;
	dev->groups = groups;
	dev->release = created_device_release;
	dev->driver_data = data;
	dev->kobj.name = lx_kvasprintf(ALLOC_KERNEL, fmt, ap);
	if (dev->kobj.name)
		err = lx_device_add(dev);
	if (!err)
		return dev;
	lx_put_device(dev);
	return ERR_PTR(err);
}

struct lx_device *lx_device_create(struct lx_class *class, struct lx_device *parent, unsigned int devt, void *data,
				   const char *fmt, ...)
{
	struct lx_device *dev;
	va_list ap;

	va_start(ap, fmt);
	dev = create(class, parent, devt, data, NULL, fmt, ap);
	va_end(ap);
	return dev;
}
LX_EXPORT(device_create);

struct lx_device *lx_device_create_with_groups(struct lx_class *class, struct lx_device *parent, unsigned int devt,
					       void *data, const struct lx_attribute_group **groups,
					       const char *fmt, ...)
{
	struct lx_device *dev;
	va_list ap;

	va_start(ap, fmt);
	dev = create(class, parent, devt, data, groups, fmt, ap);
	va_end(ap);
	return dev;
}
LX_EXPORT(device_create_with_groups);

void lx_device_destroy(struct lx_class *class, unsigned int devt)
{
	struct lx_device *dev = lx_class_find_device(class, NULL, &devt, lx_device_match_devt);

	if (!dev)
		return;
	lx_put_device(dev);
	lx_device_unregister(dev);
}
LX_EXPORT(device_destroy);
