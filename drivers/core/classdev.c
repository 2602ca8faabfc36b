// SPDX-License-Identifier: GPL-2.0-only
/* Character devices in sysfs that belong to a class and to no device of a bus. */
#include <tern/drivers/classdev.h>

#include <tern/base/err.h>
#include <tern/base/lock.h>
#include <tern/fs/chardev.h>
#include <tern/fs/sysfs.h>
#include <tern/fs/vnode.h>
#include <tern/lib/fmt.h>
#include <tern/lib/list.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

struct classdev {
	struct list link;	/* devices_lock */
	struct sysnode *dir;	/* I */
	struct sysnode *class;	/* I where its link lies */
	u64 dev;		/* I */
	char name[];		/* I */
};

static LIST_HEAD(devices);
static struct kmutex devices_lock = KMUTEX_INIT(devices_lock, LOCKRANK_VFS_MISC);	/* protects devices */

static int show_dev(struct seqbuf *sb, void *arg)
{
	const struct classdev *c = arg;

	seqbuf_printf(sb, "%u:%u\n", DEV_MAJOR(c->dev), DEV_MINOR(c->dev));
	return 0;
}

static int show_uevent(struct seqbuf *sb, void *arg)
{
	const struct classdev *c = arg;

	seqbuf_printf(sb, "MAJOR=%u\nMINOR=%u\nDEVNAME=%s\n", DEV_MAJOR(c->dev), DEV_MINOR(c->dev), c->name);
	return 0;
}

static const struct sysattr dev_attr = { .name = "dev", .show = show_dev };
static const struct sysattr uevent_attr = { .name = "uevent", .show = show_uevent };

static struct sysnode *subdir(struct sysnode *parent, const char *name)
{
	struct sysnode *n;

	if (IS_ERR(parent))
		return parent;
	n = sysfs_dir_find(parent, name);
	return n ? n : sysfs_dir_create(parent, name);
}

static void number_name(u64 dev, char *out, size_t size)
{
	fmt_print(out, size, "%u:%u", DEV_MAJOR(dev), DEV_MINOR(dev));
}

static int fill(struct sysnode *dir, struct sysnode *class, struct classdev *c)
{
	char number[24];
	int err;

	number_name(c->dev, number, sizeof(number));
	err = sysfs_file_create(dir, &dev_attr, c);
	if (!err)
		err = sysfs_file_create(dir, &uevent_attr, c);
	if (!err)
		err = sysfs_link_create(dir, "subsystem", class);
	if (!err)
		err = sysfs_link_create(class, c->name, dir);
	if (!err)
		err = sysfs_link_create(sysfs_dev_char, number, dir);
	return err;
}

int classdev_add(const char *class, const char *name, u64 dev)
{
	struct sysnode *parent = subdir(subdir(sysfs_devices, "virtual"), class);
	struct sysnode *links = subdir(sysfs_class, class), *dir;
	struct classdev *c;
	int err;

	if (IS_ERR(parent) || IS_ERR(links))
		return IS_ERR(parent) ? PTR_ERR(parent) : PTR_ERR(links);
	dir = sysfs_dir_create(parent, name);
	if (IS_ERR(dir))
		return PTR_ERR(dir);
	c = kmem_zalloc(sizeof(*c) + strlen(name) + 1, ALLOC_KERNEL);
	if (!c) {
		sysfs_remove(dir);
		return -ENOMEM;
	}
	c->dev = dev;
	c->dir = dir;
	c->class = links;
	strcpy(c->name, name);
	err = fill(dir, links, c);
	if (err) {
		(void)sysfs_remove_name(links, name);
		sysfs_remove(dir);
		kmem_free(c);
		return err;
	}
	kmutex_lock(&devices_lock);
	list_add(&c->link, &devices);
	kmutex_unlock(&devices_lock);
	return 0;
}

static struct classdev *take(u64 dev)
{
	struct classdev *c, *found = NULL;

	kmutex_lock(&devices_lock);
	list_foreach(c, &devices, link)
		if (c->dev == dev)
			found = c;
	if (found)
		list_del(&found->link);
	kmutex_unlock(&devices_lock);
	return found;
}

void classdev_remove(u64 dev)
{
	struct classdev *c = take(dev);
	char number[24];

	if (!c)
		return;
	number_name(dev, number, sizeof(number));
	(void)sysfs_remove_name(sysfs_dev_char, number);
	(void)sysfs_remove_name(c->class, c->name);
	sysfs_remove(c->dir);
	kmem_free(c);
}
