/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to compat/linux/device: what lies behind the vendor's opaque pointers of the device model. */
#pragma once

#include "../lx.h"

#include <tern/base/lock.h>
#include <tern/lib/list.h>

struct sysnode;

/* Behind kobject->sd: an object's directory and the files that were made in it. */
struct lx_kernfs_node {
	struct sysnode *dir;	/* I */
	struct list files;	/* of struct objfile; files_lock of sysfs.c */
};

/* Behind bus->p and class->p: what we know of a bus or a class. */
struct lx_subsys_private {
	struct lx_bus_type *bus;	/* I one of the two is NULL */
	struct lx_class *class;		/* I */
	struct list devices;		/* M of lx_device_private.bus_link or class_link */
	struct list drivers;		/* M of lx_driver_private */
	struct list interfaces;		/* M of struct lx_class_interface, by its node's pair */
	struct list link;		/* M all buses or all classes */
	struct sysnode *dir, *devices_dir, *drivers_dir;	/* I */
	struct lx_blocking_notifier_head notifier;
};

/* Behind device->p. */
struct lx_device_private {
	struct lx_device *dev;			/* I */
	struct list bus_link, class_link;	/* M */
	struct list children, sibling;		/* M */
	struct list resources;			/* device's own lock: of devres, last first */
	bool is_dead;				/* device's own lock: no driver is given to it any more */
	bool is_deferred;			/* A its driver waits for another device */
};

/* Behind driver->p. */
struct lx_driver_private {
	struct list link;		/* M */
	struct lx_device_driver *drv;	/* I */
	u32 users;			/* M those who look at it now; unregister waits */
	bool is_leaving;
	struct lx_kobject kobj;		/* its directory below the bus's "drivers" */
};

/* Protects the lists above (M); no code of a module runs under it. */
extern struct kmutex lx_model_lock;

/** lx_private_of() - @dev's private part, made if need be; NULL: no memory. Sleeps. */
struct lx_device_private *lx_private_of(struct lx_device *dev);

/* Devices with a reference each, so that functions of modules run on them without a lock held. */
struct lx_device_set { u32 n; struct lx_device *dev[]; };
/** lx_devices_of() - a set of @sp's devices from behind @start on (NULL: all); NULL: no memory. Sleeps. */
struct lx_device_set *lx_devices_of(struct lx_subsys_private *sp, struct lx_device *start);
/** lx_children_of() - the children of a device. */
struct lx_device_set *lx_children_of(struct lx_device *dev);
/** lx_device_set_put() - drop the references, and @keep of them not (NULL: all). */
void lx_device_set_put(struct lx_device_set *s, struct lx_device *keep);
/** lx_device_set_find() - the first that @match accepts, its reference the caller's, or NULL; the set is put. */
struct lx_device *lx_device_set_find(struct lx_device_set *s, const void *data,
				     int (*match)(struct lx_device *, const void *));

/** lx_bus_add_device() / lx_bus_remove_device() - links in sysfs, a driver is looked for, is taken off. */
int lx_bus_add_device(struct lx_device *dev);
void lx_bus_remove_device(struct lx_device *dev);
/** lx_bus_tell() - BUS_NOTIFY_* to those who registered with the bus. */
void lx_bus_tell(struct lx_device *dev, unsigned long what);

/** lx_class_enter() / lx_class_leave() - a device of a class: links, and its interfaces are told. */
int lx_class_enter(struct lx_device *dev);
void lx_class_leave(struct lx_device *dev);
/** lx_class_subdir() - directory of virtual devices of a class, or below @parent; ERR_PTR. */
/** lx_class_tell() - the interfaces of its class learn that it came (@add) or goes. Sleeps. */
void lx_class_tell(struct lx_device *dev, bool add);
struct sysnode *lx_class_subdir(struct lx_device *dev);

/** lx_object_open_dir() - give @k a directory in @parent; 0, -EEXIST, -ENOMEM. Sleeps. */
int lx_object_open_dir(struct lx_kobject *k, struct sysnode *parent);
/** lx_object_close_dir() - take it away with all below; on return none of its functions runs. */
void lx_object_close_dir(struct lx_kobject *k);
/** lx_object_dir() - its directory, NULL if it has none. */
struct sysnode *lx_object_dir(const struct lx_kobject *k);
/** lx_subdir() - @name below @parent, made if need be; an ERR_PTR as @parent is handed back. Sleeps. */
struct sysnode *lx_subdir(struct sysnode *parent, const char *name);

/** lx_device_of_object() - the device that @k is, NULL if it is something else. */
struct lx_device *lx_device_of_object(struct lx_kobject *k);
/** lx_device_describe() - what programs are told of a device; 0 or -errno. Sleeps. */
int lx_device_describe(struct lx_device *dev, struct lx_kobj_uevent_env *env);
