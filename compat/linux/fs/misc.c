// SPDX-License-Identifier: GPL-2.0-only
/* Devices with one minor number each, on major 10. */
#include "../lx.h"

#include <tern/base/err.h>
#include <tern/fs/chardev.h>
#include <tern/lib/list.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define MISC_MAJOR	10u
#define DYNAMIC		255
#define DYNAMIC_FIRST	127

struct misc {
	struct list link;
	struct lx_miscdevice *dev;
	struct lx_cdev *cdev;
};

static LIST_HEAD(devices);
static struct kmutex misc_lock = KMUTEX_INIT(misc_lock, LOCKRANK_BLKCTL);
static struct lx_class *misc_class;

/* The driver finds its miscdevice in the file. */
static int misc_open(struct lx_inode *inode, struct lx_file *file)
{
	struct misc *m;
	u32 minor = inode->i_rdev & 0xfffffu;
	const struct lx_file_operations *ops = NULL;

	kmutex_lock(&misc_lock);
	list_foreach(m, &devices, link)
		if ((u32)m->dev->minor == minor && lx_try_module_get(m->dev->fops->owner)) {
			ops = m->dev->fops;
			file->private_data = m->dev;
		}
	kmutex_unlock(&misc_lock);
	if (!ops)
		return -ENODEV;
	file->f_op = ops;
	if (!ops->open)
		return 0;
	return ops->open(inode, file);
}

static const struct lx_file_operations misc_fops = { .open = misc_open };

static int dynamic_minor_locked(void)
{
	struct misc *m;

	for (int minor = DYNAMIC_FIRST; minor > 0; minor--) {
		bool is_used = chardev_is_used(MISC_MAJOR, (u32)minor);

		list_foreach(m, &devices, link)
			is_used |= m->dev->minor == minor;
		if (!is_used)
			return minor;
	}
	return -EBUSY;
}

static char *misc_devnode(struct lx_device *dev, unsigned short *mode)
{
	const struct lx_miscdevice *c = dev->driver_data;

	if (mode && c->mode)
		*mode = c->mode;
	return c->nodename ? kmem_strdup(c->nodename, ALLOC_KERNEL) : NULL;
}

static int class_make_locked(void)
{
	struct lx_class *class;

	if (misc_class)
		return 0;
	class = lx___class_create(NULL, "misc", NULL);
	if (IS_ERR(class))
		return (int)PTR_ERR(class);
	class->devnode = misc_devnode;
	misc_class = class;
	return 0;
}

static int add_locked(struct misc *m, struct lx_miscdevice *dev)
{
	u32 devt;
	int err;

	if (dev->minor == DYNAMIC)
		dev->minor = dynamic_minor_locked();
	if (dev->minor < 0) {
		err = dev->minor;
		dev->minor = DYNAMIC;
		return err;
	}
	devt = MISC_MAJOR << 20 | (u32)dev->minor;
	m->cdev = lx_cdev_alloc();
	if (!m->cdev)
		return -ENOMEM;
	m->cdev->ops = &misc_fops;
	err = lx_cdev_add(m->cdev, devt, 1);
	if (err) {
		lx_kobject_put(&m->cdev->kobj);
		return err;
	}
	m->dev = dev;
	list_add(&m->link, &devices);
	return 0;
}

static void take_out(struct lx_miscdevice *dev)
{
	struct misc *m, *found = NULL;

	kmutex_lock(&misc_lock);
	list_foreach(m, &devices, link)
		if (m->dev == dev)
			found = m;
	if (found)
		list_del(&found->link);
	kmutex_unlock(&misc_lock);
	if (!found)
		return;
	lx_cdev_del(found->cdev);
	kmem_free(found);
}

int lx_misc_register(struct lx_miscdevice *dev)
{
	struct misc *m = kmem_zalloc(sizeof(*m), ALLOC_KERNEL);
	int err;

	if (!m)
		return -ENOMEM;
	dev->list.next = dev->list.prev = &dev->list;
	kmutex_lock(&misc_lock);
	err = class_make_locked();
	if (!err)
		err = add_locked(m, dev);
	kmutex_unlock(&misc_lock);
	if (err) {
		kmem_free(m);
		return err;
	}
	dev->this_device = lx_device_create_with_groups(misc_class, dev->parent, MISC_MAJOR << 20 | (u32)dev->minor,
							dev, dev->groups, "%s", dev->name);
	if (!IS_ERR(dev->this_device))
		return 0;
	take_out(dev);
	return (int)PTR_ERR(dev->this_device);
}
LX_EXPORT(misc_register);

void lx_misc_deregister(struct lx_miscdevice *dev)
{
	lx_device_destroy(misc_class, MISC_MAJOR << 20 | (u32)dev->minor);
	take_out(dev);
	if (dev->minor <= DYNAMIC_FIRST)
		dev->minor = DYNAMIC;
}
LX_EXPORT(misc_deregister);
