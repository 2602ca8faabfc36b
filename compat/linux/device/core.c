// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices of the vendor's device model: names, references, places in sysfs, nodes in /dev.
 *
 * Who drives what is in bus.c, classes are in class.c, what a driver leaves to its device in devres.c.
 * Devices of native buses (PCI) come from the native device tree (pci.c), which calls lx_device_bind()
 * and lx_device_unbind() itself.
 *
 * Life: device_initialize() gives the first reference, device_add() a directory, links, a node in /dev,
 * a driver and interfaces; device_del() takes all that; the last put calls the owner's release.
 *
 * Lock order: device's own lock (the vendor's, held while probe and remove run) > lx_model_lock (lists;
 * nothing of a module runs under it: sets of devices are copied with references instead).
 */
#include "device_impl.h"

#include "../format.h"
#include "../runtime.h"
#include "../task.h"

#include <tern/base/err.h>
#include <tern/fs/devtmpfs.h>
#include <tern/fs/sysfs.h>
#include <tern/fs/vnode.h>
#include <tern/kernel/klog.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

/* The vendor's dev_t has 20 bits of minor number. */
#define DEVT_MAJOR(d)	((d) >> 20)
#define DEVT_MINOR(d)	((d) & 0xfffffu)
#define PM_POWERED	0	/* RPM_ACTIVE */

struct kmutex lx_model_lock = KMUTEX_INIT(lx_model_lock, LOCKRANK_VFS_MISC);

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

static long attr_show(struct lx_kobject *k, struct lx_attribute *a, char *buf)
{
	struct lx_device_attribute *da = container_of(a, struct lx_device_attribute, attr);

	return da->show ? da->show(container_of(k, struct lx_device, kobj), da, buf) : -EIO;
}

static long attr_store(struct lx_kobject *k, struct lx_attribute *a, const char *buf, size_t n)
{
	struct lx_device_attribute *da = container_of(a, struct lx_device_attribute, attr);

	return da->store ? da->store(container_of(k, struct lx_device, kobj), da, buf, n) : -EIO;
}

static const struct lx_sysfs_ops device_sysfs_ops = { .show = attr_show, .store = attr_store };
static const struct lx_kobj_type device_type = { .release = device_release, .sysfs_ops = &device_sysfs_ops };

struct lx_device *lx_device_of_object(struct lx_kobject *k)
{
	return k->ktype == &device_type ? container_of(k, struct lx_device, kobj) : NULL;
}

struct lx_device_private *lx_private_of(struct lx_device *dev)
{
	if (!dev->p) {
		struct lx_device_private *p = kmem_zalloc(sizeof(*p), ALLOC_KERNEL);

		if (!p)
			return NULL;
		list_init(&p->bus_link);
		list_init(&p->class_link);
		list_init(&p->children);
		list_init(&p->sibling);
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
	dev->links.suppliers.next = dev->links.suppliers.prev = &dev->links.suppliers;
	dev->links.consumers.next = dev->links.consumers.prev = &dev->links.consumers;
	dev->links.defer_sync.next = dev->links.defer_sync.prev = &dev->links.defer_sync;
	dev->msi.data = NULL;
	dev->numa_node = -1;
	/* Powered for good: the inline power helpers count on it. */
	dev->power.usage_count.counter = 1;
	dev->power.disable_depth = 1;
	dev->power.runtime_status = PM_POWERED;
	lx___init_waitqueue_head(&dev->power.wait_queue, "power", NULL);
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
	for (char *at = strchr(name, '/'); at; at = strchr(at, '/'))
		*at = '!';
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

/* ---- the node in /dev, what programs are told ---- */

/* Name and mode of the node; *made is to be freed. */
static const char *node_name(struct lx_device *dev, unsigned short *mode, uid_t *uid, gid_t *gid, char **made)
{
	struct lx_kuid_t kuid = { 0 };
	struct lx_kgid_t kgid = { 0 };
	const char *at;

	*made = NULL;
	*mode = 0;
	if (dev->type && dev->type->devnode)
		*made = dev->type->devnode(dev, mode, &kuid, &kgid);
	if (!*made && dev->class && dev->class->devnode)
		*made = dev->class->devnode(dev, mode);
	*uid = kuid.val;
	*gid = kgid.val;
	if (*made)
		return *made;
	at = strchr(dev->kobj.name, '!');
	if (!at)
		return dev->kobj.name;
	*made = kmem_strdup(dev->kobj.name, ALLOC_KERNEL);
	for (char *c = *made; c && (c = strchr(c, '!')); )
		*c = '/';
	return *made ? *made : dev->kobj.name;
}

static void node_add(struct lx_device *dev)
{
	u32 type = dev->class && !strcmp(dev->class->name, "block") ? S_IFBLK : S_IFCHR;
	unsigned short mode;
	const char *name;
	char *made;
	uid_t uid;
	gid_t gid;

	if (!DEVT_MAJOR(dev->devt))
		return;
	name = node_name(dev, &mode, &uid, &gid, &made);
	if (devtmpfs_add(name, type | (mode ? mode : 0600), uid, gid,
			 DEV_MAKE(DEVT_MAJOR(dev->devt), DEVT_MINOR(dev->devt))))
		kwarn("devtmpfs: no node %s", name);
	kmem_free(made);
}

static void node_remove(struct lx_device *dev)
{
	unsigned short mode;
	char *made;
	uid_t uid;
	gid_t gid;

	if (!DEVT_MAJOR(dev->devt))
		return;
	(void)devtmpfs_remove(node_name(dev, &mode, &uid, &gid, &made));
	kmem_free(made);
}

static int describe_node(struct lx_device *dev, struct lx_kobj_uevent_env *env)
{
	unsigned short mode;
	const char *name;
	char *made;
	uid_t uid;
	gid_t gid;
	int err;

	if (!DEVT_MAJOR(dev->devt))
		return 0;
	name = node_name(dev, &mode, &uid, &gid, &made);
	err = lx_add_uevent_var(env, "MAJOR=%u", DEVT_MAJOR(dev->devt));
	if (!err)
		err = lx_add_uevent_var(env, "MINOR=%u", DEVT_MINOR(dev->devt));
	if (!err)
		err = lx_add_uevent_var(env, "DEVNAME=%s", name);
	if (!err && mode)
		err = lx_add_uevent_var(env, "DEVMODE=%#o", mode & 0777);
	kmem_free(made);
	return err;
}

int lx_device_describe(struct lx_device *dev, struct lx_kobj_uevent_env *env)
{
	const char *subsystem = dev->bus ? dev->bus->name : dev->class ? dev->class->name : NULL;
	int err = subsystem ? lx_add_uevent_var(env, "SUBSYSTEM=%s", subsystem) : 0;

	if (!err)
		err = describe_node(dev, env);
	if (!err && dev->type && dev->type->name)
		err = lx_add_uevent_var(env, "DEVTYPE=%s", dev->type->name);
	if (!err && dev->driver)
		err = lx_add_uevent_var(env, "DRIVER=%s", dev->driver->name);
	if (!err && dev->bus && dev->bus->uevent)
		err = dev->bus->uevent(dev, env);
	if (!err && dev->class && dev->class->dev_uevent)
		err = dev->class->dev_uevent(dev, env);
	if (!err && dev->type && dev->type->uevent)
		err = dev->type->uevent(dev, env);
	return err;
}

static int show_uevent(struct seqbuf *sb, void *arg)
{
	struct lx_device *dev = arg;
	struct lx_kobj_uevent_env *env = kmem_zalloc(sizeof(*env), ALLOC_KERNEL);
	int err = env ? lx_task_enter() : -ENOMEM;

	if (!err)
		err = lx_device_describe(dev, env);
	for (int i = 0; !err && i < env->envp_idx; i++)
		if (strncmp(env->envp[i], "SUBSYSTEM=", 10))
			seqbuf_printf(sb, "%s\n", env->envp[i]);
	kmem_free(env);
	return err;
}

/* "add" and the like: the news once more, for programs that came late. */
static ssize_t store_uevent(const char *text, size_t n, void *arg)
{
	static const char *const words[] = { "add", "remove", "change" };
	struct lx_device *dev = arg;
	int err = lx_task_enter();

	for (u32 i = 0; !err && i < ARRAY_SIZE(words); i++)
		if (!strncmp(text, words[i], strlen(words[i]))) {
			err = lx_kobject_uevent(&dev->kobj, i);
			return err ? err : (ssize_t)n;
		}
	return err ? err : -EINVAL;
}

static int show_dev(struct seqbuf *sb, void *arg)
{
	const struct lx_device *dev = arg;

	seqbuf_printf(sb, "%u:%u\n", DEVT_MAJOR(dev->devt), DEVT_MINOR(dev->devt));
	return 0;
}

static const struct sysattr uevent_attr = { .name = "uevent", .show = show_uevent, .store = store_uevent };
static const struct sysattr dev_attr = { .name = "dev", .show = show_dev };

/* ---- place in sysfs ---- */

static struct sysnode *place_of(struct lx_device *dev)
{
	if (dev->class)
		return lx_class_subdir(dev);
	if (dev->parent)
		return lx_object_dir(&dev->parent->kobj) ? lx_object_dir(&dev->parent->kobj) : sysfs_devices;
	if (dev->bus && dev->bus->dev_root && lx_object_dir(&dev->bus->dev_root->kobj))
		return lx_object_dir(&dev->bus->dev_root->kobj);
	return sysfs_devices;
}

static int number_link(struct lx_device *dev, bool add)
{
	bool is_block = dev->class && !strcmp(dev->class->name, "block");
	struct sysnode *dir = is_block ? sysfs_dev_block : sysfs_dev_char;
	char number[24];

	if (!DEVT_MAJOR(dev->devt))
		return 0;
	fmt_print(number, sizeof(number), "%u:%u", DEVT_MAJOR(dev->devt), DEVT_MINOR(dev->devt));
	if (add)
		return sysfs_link_create(dir, number, dev->kobj.sd->dir);
	return sysfs_remove_name(dir, number);
}

static int groups_add(struct lx_device *dev)
{
	int err = dev->class ? lx_sysfs_create_groups(&dev->kobj, dev->class->dev_groups) : 0;

	if (!err && dev->type)
		err = lx_sysfs_create_groups(&dev->kobj, dev->type->groups);
	return err ? err : lx_sysfs_create_groups(&dev->kobj, dev->groups);
}

static int show_in_sysfs(struct lx_device *dev)
{
	struct sysnode *place = place_of(dev);
	int err = IS_ERR(place) ? (int)PTR_ERR(place) : lx_object_open_dir(&dev->kobj, place);

	if (err)
		return err;
	err = sysfs_file_create(dev->kobj.sd->dir, &uevent_attr, dev);
	if (!err && DEVT_MAJOR(dev->devt))
		err = sysfs_file_create(dev->kobj.sd->dir, &dev_attr, dev);
	if (!err)
		err = groups_add(dev);
	if (!err)
		err = number_link(dev, true);
	if (err)
		lx_object_close_dir(&dev->kobj);
	return err;
}

/* ---- adding and removing ---- */

static int give_name(struct lx_device *dev)
{
	int err = 0;

	if (dev->init_name)
		err = lx_dev_set_name(dev, "%s", dev->init_name);
	else if (!dev->kobj.name && dev->bus && dev->bus->dev_name)
		err = lx_dev_set_name(dev, "%s%u", dev->bus->dev_name, dev->id);
	dev->init_name = NULL;
	return err ? err : dev->kobj.name ? 0 : -EINVAL;
}

static void family_join(struct lx_device *dev)
{
	lx_get_device(dev->parent);
	kmutex_lock(&lx_model_lock);
	if (dev->parent && dev->parent->p)
		list_add_tail(&dev->p->sibling, &dev->parent->p->children);
	dev->p->is_dead = false;
	kmutex_unlock(&lx_model_lock);
}

static void family_leave(struct lx_device *dev)
{
	kmutex_lock(&lx_model_lock);
	list_del_init(&dev->p->sibling);
	kmutex_unlock(&lx_model_lock);
	lx_put_device(dev->parent);
}

int lx_device_add(struct lx_device *dev)
{
	int err = lx_private_of(dev) ? give_name(dev) : -ENOMEM;

	if (err)
		return err;
	lx_get_device(dev);
	if (dev->parent && dev->numa_node == -1)
		dev->numa_node = dev->parent->numa_node;
	family_join(dev);
	err = show_in_sysfs(dev);
	if (err)
		goto err_family;
	err = lx_class_enter(dev);
	if (err)
		goto err_sysfs;
	err = lx_bus_add_device(dev);
	if (err)
		goto err_class;
	node_add(dev);
	(void)lx_kobject_uevent(&dev->kobj, LX_KOBJ_ADD);
	if (dev->bus)
		(void)lx_device_attach(dev);
	lx_class_tell(dev, true);
	return 0;
err_class:
	lx_class_leave(dev);
err_sysfs:
	(void)number_link(dev, false);
	lx_object_close_dir(&dev->kobj);
err_family:
	family_leave(dev);
	lx_put_device(dev);
	return err;
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
	lx_mutex_lock(&dev->mutex);
	dev->p->is_dead = true;
	lx_mutex_unlock(&dev->mutex);
	lx_bus_tell(dev, 2);			/* BUS_NOTIFY_DEL_DEVICE */
	node_remove(dev);
	lx_class_tell(dev, false);
	lx_class_leave(dev);
	lx_bus_remove_device(dev);
	lx_devres_release_all(dev);
	(void)lx_kobject_uevent(&dev->kobj, LX_KOBJ_REMOVE);
	(void)number_link(dev, false);
	lx_object_close_dir(&dev->kobj);
	family_leave(dev);
	lx_put_device(dev);
}
LX_EXPORT(device_del);

void lx_device_unregister(struct lx_device *dev)
{
	lx_device_del(dev);
	lx_put_device(dev);
}
LX_EXPORT(device_unregister);

/* ---- files ---- */

int lx_device_create_file(struct lx_device *dev, const struct lx_device_attribute *a)
{
	return dev ? lx_sysfs_create_file_ns(&dev->kobj, &a->attr, NULL) : 0;
}
LX_EXPORT(device_create_file);

void lx_device_remove_file(struct lx_device *dev, const struct lx_device_attribute *a)
{
	if (dev)
		lx_sysfs_remove_file_ns(&dev->kobj, &a->attr, NULL);
}
LX_EXPORT(device_remove_file);

int lx_device_create_bin_file(struct lx_device *dev, const struct lx_bin_attribute *a)
{
	return dev ? lx_sysfs_create_bin_file(&dev->kobj, a) : -EINVAL;
}
LX_EXPORT(device_create_bin_file);

void lx_device_remove_bin_file(struct lx_device *dev, const struct lx_bin_attribute *a)
{
	if (dev)
		lx_sysfs_remove_bin_file(&dev->kobj, a);
}
LX_EXPORT(device_remove_bin_file);

int lx_device_add_groups(struct lx_device *dev, const struct lx_attribute_group **groups)
{
	return lx_sysfs_create_groups(&dev->kobj, groups);
}
LX_EXPORT(device_add_groups);

void lx_device_remove_groups(struct lx_device *dev, const struct lx_attribute_group **groups)
{
	lx_sysfs_remove_groups(&dev->kobj, groups);
}
LX_EXPORT(device_remove_groups);

/* ---- families ---- */

void lx_device_set_put(struct lx_device_set *s, struct lx_device *keep)
{
	for (u32 i = 0; s && i < s->n; i++)
		if (s->dev[i] != keep)
			lx_put_device(s->dev[i]);
	kmem_free(s);
}

struct lx_device *lx_device_set_find(struct lx_device_set *s, const void *data,
				     int (*match)(struct lx_device *, const void *))
{
	struct lx_device *found = NULL;

	for (u32 i = 0; s && i < s->n && !found; i++)
		if (match(s->dev[i], data))
			found = s->dev[i];
	lx_device_set_put(s, found);
	return found;
}

struct lx_device_set *lx_children_of(struct lx_device *dev)
{
	struct lx_device_private *p;
	struct lx_device_set *s;
	u32 n = 0;

	kmutex_lock(&lx_model_lock);
	if (dev->p)
		list_foreach(p, &dev->p->children, sibling)
			n++;
	s = kmem_alloc(sizeof(*s) + n * sizeof(s->dev[0]), ALLOC_KERNEL);
	if (s) {
		s->n = 0;
		if (n)
			list_foreach(p, &dev->p->children, sibling)
				s->dev[s->n++] = lx_get_device(p->dev);
	}
	kmutex_unlock(&lx_model_lock);
	return s;
}

int lx_device_for_each_child(struct lx_device *dev, void *data, int (*fn)(struct lx_device *, void *))
{
	struct lx_device_set *s = lx_children_of(dev);
	int err = 0;

	for (u32 i = 0; s && i < s->n && !err; i++)
		err = fn(s->dev[i], data);
	lx_device_set_put(s, NULL);
	return err;
}
LX_EXPORT(device_for_each_child);

struct lx_device *lx_device_find_child(struct lx_device *dev, void *data, int (*match)(struct lx_device *, void *))
{
	struct lx_device_set *s = lx_children_of(dev);
	struct lx_device *found = NULL;

	for (u32 i = 0; s && i < s->n && !found; i++)
		if (match(s->dev[i], data))
			found = s->dev[i];
	lx_device_set_put(s, found);
	return found;
}
LX_EXPORT(device_find_child);

int lx_device_match_name(struct lx_device *dev, const void *name)
{
	return lx_sysfs_streq(dev->kobj.name, name);
}
LX_EXPORT(device_match_name);
int lx_device_match_devt(struct lx_device *dev, const void *devt) { return dev->devt == *(const u32 *)devt; }
LX_EXPORT(device_match_devt);
int lx_device_match_fwnode(struct lx_device *dev, const void *node) { return dev->fwnode == node; }
LX_EXPORT(device_match_fwnode);
int lx_device_match_any(struct lx_device *dev, const void *unused) { return 1; }
LX_EXPORT(device_match_any);

struct lx_device *lx_device_find_child_by_name(struct lx_device *dev, const char *name)
{
	return lx_device_find_child(dev, (void *)name, (int (*)(struct lx_device *, void *))lx_device_match_name);
}
LX_EXPORT(device_find_child_by_name);
