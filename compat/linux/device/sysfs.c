// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects in sysfs: their directories, and attributes as files whose functions lie in modules.
 *
 * Life: lx_object_open_dir() when an object is added; a file for each attribute, remembered in the
 * object's list; closing the directory removes all files, and waits for those who are in them.
 *
 * Lock order: files_lock protects the lists of files and is held over nothing else.
 */
#include "device_impl.h"

#include "../runtime.h"
#include "../task.h"

#include <tern/base/err.h>
#include <tern/fs/sysfs.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

struct objfile {
	struct list link;		/* files_lock */
	struct sysnode *where;		/* I the object's directory or a group's */
	struct lx_kobject *k;		/* I */
	union {
		struct lx_attribute *attr;	/* I text */
		struct lx_bin_attribute *bin;	/* I bytes */
	};
	union {
		struct sysattr text;
		struct sysbin bytes;
	};
	const char *name;
};

static struct kmutex files_lock = KMUTEX_INIT(files_lock, LOCKRANK_VFS_MISC);

struct sysnode *lx_subdir(struct sysnode *parent, const char *name)
{
	struct sysnode *n;

	if (IS_ERR(parent))
		return parent;
	n = sysfs_dir_find(parent, name);
	return n ? n : sysfs_dir_create(parent, name);
}

struct sysnode *lx_object_dir(const struct lx_kobject *k)
{
	return k && k->sd ? k->sd->dir : NULL;
}

int lx_object_open_dir(struct lx_kobject *k, struct sysnode *parent)
{
	struct lx_kernfs_node *n = kmem_zalloc(sizeof(*n), ALLOC_KERNEL);

	if (!n)
		return -ENOMEM;
	list_init(&n->files);
	n->dir = sysfs_dir_create(parent, k->name);
	if (IS_ERR(n->dir)) {
		int err = (int)PTR_ERR(n->dir);

		kmem_free(n);
		return err;
	}
	k->sd = n;
	k->state_in_sysfs = 1;
	return 0;
}

static void forget_files(struct lx_kernfs_node *n)
{
	while (!list_is_empty(&n->files)) {
		struct objfile *f = list_first_entry(&n->files, struct objfile, link);

		list_del(&f->link);
		kmem_free(f);
	}
	kmem_free(n);
}

void lx_object_close_dir(struct lx_kobject *k)
{
	struct lx_kernfs_node *n = k->sd;

	if (!n)
		return;
	k->sd = NULL;
	k->state_in_sysfs = 0;
	sysfs_remove(n->dir);
	forget_files(n);
}

int lx_object_borrow_dir(struct lx_kobject *k, struct sysnode *dir)
{
	struct lx_kernfs_node *n = kmem_zalloc(sizeof(*n), ALLOC_KERNEL);

	if (!n)
		return -ENOMEM;
	list_init(&n->files);
	n->dir = dir;
	k->sd = n;
	return 0;
}

void lx_object_return_dir(struct lx_kobject *k)
{
	struct lx_kernfs_node *n = k->sd;

	if (!n)
		return;
	k->sd = NULL;
	forget_files(n);
}

/* ---- what a read or write of a file does ---- */

static int file_show(struct seqbuf *sb, void *arg)
{
	struct objfile *f = arg;
	const struct lx_sysfs_ops *ops = f->k->ktype->sysfs_ops;
	ssize_t n = lx_task_enter();
	char *page;

	if (n)
		return (int)n;
	if (!ops || !ops->show)
		return -EIO;
	page = (char *)lx_get_zeroed_page(ALLOC_KERNEL);
	if (!page)
		return -ENOMEM;
	n = ops->show(f->k, f->attr, page);
	if (n > 0)
		seqbuf_write(sb, page, min_t(size_t, (size_t)n, PAGE_SIZE - 1));
	lx_free_pages((unsigned long)page, 0);
	return n < 0 ? (int)n : 0;
}

static ssize_t file_store(const char *text, size_t n, void *arg)
{
	struct objfile *f = arg;
	const struct lx_sysfs_ops *ops = f->k->ktype->sysfs_ops;
	int err = lx_task_enter();

	if (err)
		return err;
	return ops && ops->store ? ops->store(f->k, f->attr, text, n) : -EIO;
}

static ssize_t bytes_read(void *arg, void *buf, size_t n, loff_t pos)
{
	struct objfile *f = arg;
	int err = lx_task_enter();

	if (err)
		return err;
	return f->bin->read ? f->bin->read(NULL, f->k, f->bin, buf, pos, n) : -EIO;
}

static ssize_t bytes_write(void *arg, const void *buf, size_t n, loff_t pos)
{
	struct objfile *f = arg;
	int err = lx_task_enter();

	return err ? err : f->bin->write(NULL, f->k, f->bin, (char *)buf, pos, n);
}

/* ---- making and removing files ---- */

static int file_keep(struct objfile *f, int err)
{
	if (err) {
		kmem_free(f);
		return err;
	}
	kmutex_lock(&files_lock);
	list_add(&f->link, &f->k->sd->files);
	kmutex_unlock(&files_lock);
	return 0;
}

static int text_make(struct lx_kobject *k, struct sysnode *dir, const struct lx_attribute *a, mode_t mode)
{
	struct objfile *f = kmem_zalloc(sizeof(*f), ALLOC_KERNEL);

	if (!f)
		return -ENOMEM;
	f->where = dir;
	f->k = k;
	f->attr = (struct lx_attribute *)a;
	f->name = a->name;
	f->text = (struct sysattr){ .name = a->name, .mode = mode & 0777, .show = file_show,
				    .store = mode & 0222 ? file_store : NULL };
	return file_keep(f, sysfs_file_create(dir, &f->text, f));
}

static int bytes_make(struct lx_kobject *k, struct sysnode *dir, const struct lx_bin_attribute *a, mode_t mode)
{
	struct objfile *f = kmem_zalloc(sizeof(*f), ALLOC_KERNEL);

	if (!f)
		return -ENOMEM;
	f->where = dir;
	f->k = k;
	f->bin = (struct lx_bin_attribute *)a;
	f->name = a->attr.name;
	f->bytes = (struct sysbin){ .name = a->attr.name, .mode = mode & 0777, .size = a->size,
				    .read = bytes_read, .write = a->write ? bytes_write : NULL };
	return file_keep(f, sysfs_bin_create(dir, &f->bytes, f));
}

static void file_drop(struct lx_kobject *k, struct sysnode *dir, const char *name)
{
	struct objfile *f, *found = NULL;

	if (!k->sd || !dir)
		return;
	kmutex_lock(&files_lock);
	list_foreach(f, &k->sd->files, link)
		if (f->where == dir && !strcmp(f->name, name))
			found = f;
	if (found)
		list_del(&found->link);
	kmutex_unlock(&files_lock);
	if (!found)
		return;
	(void)sysfs_remove_name(dir, name);
	kmem_free(found);
}

int lx_sysfs_create_file_ns(struct lx_kobject *k, const struct lx_attribute *a, const void *ns)
{
	return k->sd ? text_make(k, k->sd->dir, a, a->mode) : -ENOENT;
}
LX_EXPORT(sysfs_create_file_ns);

void lx_sysfs_remove_file_ns(struct lx_kobject *k, const struct lx_attribute *a, const void *ns)
{
	file_drop(k, lx_object_dir(k), a->name);
}
LX_EXPORT(sysfs_remove_file_ns);

int lx_sysfs_create_files(struct lx_kobject *k, const struct lx_attribute **attrs)
{
	for (u32 i = 0; attrs[i]; i++) {
		int err = lx_sysfs_create_file_ns(k, attrs[i], NULL);

		if (!err)
			continue;
		while (i--)
			lx_sysfs_remove_file_ns(k, attrs[i], NULL);
		return err;
	}
	return 0;
}
LX_EXPORT(sysfs_create_files);

void lx_sysfs_remove_files(struct lx_kobject *k, const struct lx_attribute **attrs)
{
	for (; *attrs; attrs++)
		lx_sysfs_remove_file_ns(k, *attrs, NULL);
}
LX_EXPORT(sysfs_remove_files);

int lx_sysfs_create_bin_file(struct lx_kobject *k, const struct lx_bin_attribute *a)
{
	return k->sd ? bytes_make(k, k->sd->dir, a, a->attr.mode) : -EINVAL;
}
LX_EXPORT(sysfs_create_bin_file);

void lx_sysfs_remove_bin_file(struct lx_kobject *k, const struct lx_bin_attribute *a)
{
	file_drop(k, lx_object_dir(k), a->attr.name);
}
LX_EXPORT(sysfs_remove_bin_file);

/* ---- groups ---- */

static void group_clear(struct lx_kobject *k, struct sysnode *dir, const struct lx_attribute_group *g)
{
	for (u32 i = 0; g->attrs && g->attrs[i]; i++)
		file_drop(k, dir, g->attrs[i]->name);
	for (u32 i = 0; g->bin_attrs && g->bin_attrs[i]; i++)
		file_drop(k, dir, g->bin_attrs[i]->attr.name);
}

static int group_fill(struct lx_kobject *k, struct sysnode *dir, const struct lx_attribute_group *g)
{
	int err = 0;

	for (int i = 0; !err && g->attrs && g->attrs[i]; i++) {
		mode_t mode = g->is_visible ? g->is_visible(k, g->attrs[i], i) : g->attrs[i]->mode;

		err = mode ? text_make(k, dir, g->attrs[i], mode) : 0;
	}
	for (int i = 0; !err && g->bin_attrs && g->bin_attrs[i]; i++) {
		mode_t mode = g->is_bin_visible ? g->is_bin_visible(k, g->bin_attrs[i], i) :
			g->bin_attrs[i]->attr.mode;

		err = mode ? bytes_make(k, dir, g->bin_attrs[i], mode) : 0;
	}
	if (err)
		group_clear(k, dir, g);
	return err;
}

int lx_sysfs_create_group(struct lx_kobject *k, const struct lx_attribute_group *g)
{
	struct sysnode *dir = lx_object_dir(k);
	int err;

	if (!dir)
		return -EINVAL;
	if (!g->name)
		return group_fill(k, dir, g);
	dir = sysfs_dir_create(dir, g->name);
	if (IS_ERR(dir))
		return (int)PTR_ERR(dir);
	err = group_fill(k, dir, g);
	if (err)
		sysfs_remove(dir);
	return err;
}
LX_EXPORT(sysfs_create_group);

static struct sysnode *group_dir(struct lx_kobject *k, const char *name)
{
	struct sysnode *dir = lx_object_dir(k);

	return dir && name ? sysfs_dir_find(dir, name) : dir;
}

void lx_sysfs_remove_group(struct lx_kobject *k, const struct lx_attribute_group *g)
{
	struct sysnode *dir = group_dir(k, g->name);

	if (!dir)
		return;
	group_clear(k, dir, g);
	if (g->name)
		sysfs_remove(dir);
}
LX_EXPORT(sysfs_remove_group);

int lx_sysfs_create_groups(struct lx_kobject *k, const struct lx_attribute_group **groups)
{
	for (u32 i = 0; groups && groups[i]; i++) {
		int err = lx_sysfs_create_group(k, groups[i]);

		if (!err)
			continue;
		while (i--)
			lx_sysfs_remove_group(k, groups[i]);
		return err;
	}
	return 0;
}
LX_EXPORT(sysfs_create_groups);

void lx_sysfs_remove_groups(struct lx_kobject *k, const struct lx_attribute_group **groups)
{
	for (; groups && *groups; groups++)
		lx_sysfs_remove_group(k, *groups);
}
LX_EXPORT(sysfs_remove_groups);

int lx_sysfs_update_group(struct lx_kobject *k, const struct lx_attribute_group *g)
{
	struct sysnode *dir = group_dir(k, g->name);

	if (!dir)
		return -ENOENT;
	group_clear(k, dir, g);
	return group_fill(k, dir, g);
}
LX_EXPORT(sysfs_update_group);

int lx_sysfs_merge_group(struct lx_kobject *k, const struct lx_attribute_group *g)
{
	struct sysnode *dir = group_dir(k, g->name);

	return dir ? group_fill(k, dir, g) : -ENOENT;
}
LX_EXPORT(sysfs_merge_group);

void lx_sysfs_unmerge_group(struct lx_kobject *k, const struct lx_attribute_group *g)
{
	struct sysnode *dir = group_dir(k, g->name);

	if (dir)
		group_clear(k, dir, g);
}
LX_EXPORT(sysfs_unmerge_group);

int lx_sysfs_add_file_to_group(struct lx_kobject *k, const struct lx_attribute *a, const char *group)
{
	struct sysnode *dir = group_dir(k, group);

	return dir ? text_make(k, dir, a, a->mode) : -ENOENT;
}
LX_EXPORT(sysfs_add_file_to_group);

void lx_sysfs_remove_file_from_group(struct lx_kobject *k, const struct lx_attribute *a, const char *group)
{
	file_drop(k, group_dir(k, group), a->name);
}
LX_EXPORT(sysfs_remove_file_from_group);

/* ---- links, news ---- */

int lx_sysfs_create_link(struct lx_kobject *k, struct lx_kobject *target, const char *name)
{
	struct sysnode *dir = k ? lx_object_dir(k) : sysfs_root;

	return dir && lx_object_dir(target) ? sysfs_link_create(dir, name, lx_object_dir(target)) : -ENOENT;
}
LX_EXPORT(sysfs_create_link);

int lx_sysfs_create_link_nowarn(struct lx_kobject *k, struct lx_kobject *target, const char *name)
{
	return lx_sysfs_create_link(k, target, name);
}
LX_EXPORT(sysfs_create_link_nowarn);

void lx_sysfs_remove_link(struct lx_kobject *k, const char *name)
{
	struct sysnode *dir = k ? lx_object_dir(k) : sysfs_root;

	if (dir)
		(void)sysfs_remove_name(dir, name);
}
LX_EXPORT(sysfs_remove_link);

void lx_sysfs_notify(struct lx_kobject *k, const char *group, const char *name)
{
	struct sysnode *dir = group_dir(k, group);

	if (dir && name)
		sysfs_wake(dir, name);
}
LX_EXPORT(sysfs_notify);

/*
 * A file cannot be removed from inside its own function here; callers take that as "somebody else
 * is removing it" and leave the rest to the other.
 */
bool lx_device_remove_file_self(struct lx_device *dev, const struct lx_device_attribute *a) { return false; }
LX_EXPORT(device_remove_file_self);
struct lx_kernfs_node *lx_sysfs_break_active_protection(struct lx_kobject *k, const struct lx_attribute *a)
{
	return NULL;
}
LX_EXPORT(sysfs_break_active_protection);
void lx_sysfs_unbreak_active_protection(struct lx_kernfs_node *n) { }
LX_EXPORT(sysfs_unbreak_active_protection);
