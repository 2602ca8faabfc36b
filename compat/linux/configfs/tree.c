// SPDX-License-Identifier: GPL-2.0-only
/*
 * configfs as files: a tree of sysfs's kind whose directories are the items of modules.
 *
 * Life of an item: mkdir(2) has the group that it is made in make it, links it and opens its directory,
 * with a file for each attribute and a directory for each default group. rmdir(2) closes the directory,
 * which waits for those in its files, unlinks the item and drops the group's reference; the last one's end
 * is the type's release(). From mkdir to rmdir the modules of the item and of its subsystem stay.
 *
 * What is being made counts as there: the parent is not empty. All mounts are one instance, so a
 * directory's lock is common to them.
 *
 * Lock order: vn_lock of the directory > the subsystem's su_mutex (a module's), which protects links below
 * it; tree_lock protects counts and links of the root, alone. Functions of modules run with su_mutex or
 * with nothing held.
 *
 * Limits: no symbolic links between items, no attributes of bytes.
 */
#include "configfs_impl.h"

#include "../task.h"

#include <tern/base/bug.h>
#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/base/lock.h>
#include <tern/fs/filesys.h>
#include <tern/fs/sysfs.h>
#include <tern/mm/slab.h>

#define CONFIGFS_MAGIC	0x62656570

struct conffile {
	struct sysattr text;
	struct lx_config_item *item;		/* I */
	struct lx_configfs_attribute *attr;	/* I */
};

/* Directory of an item, which knows it as its ci_dentry. */
struct confdir {
	struct sysnode *node;		/* I */
	struct lx_config_item *item;	/* I */
	bool is_group;			/* I */
	bool is_going;			/* tree_lock: nothing is made in it any more */
	u32 nmade;			/* tree_lock: directories made in it, or being made */
	struct conffile files[];
};

static struct kmutex tree_lock = KMUTEX_INIT(tree_lock, LOCKRANK_VFS_MISC);
static struct sysnode *conf_root;
static struct lx_config_group root_group;
static const struct sysdir made_item, made_group, fixed_group;

static struct confdir *dir_of(const struct lx_config_item *item) { return (struct confdir *)item->ci_dentry; }

/* ---- attributes ---- */

static int file_show(struct seqbuf *sb, void *arg)
{
	struct conffile *f = arg;
	ssize_t n = lx_task_enter();
	char *page;

	if (n)
		return (int)n;
	page = (char *)lx_get_zeroed_page(ALLOC_KERNEL);
	if (!page)
		return -ENOMEM;
	n = f->attr->show(f->item, page);
	if (n > 0)
		seqbuf_write(sb, page, min_t(size_t, (size_t)n, PAGE_SIZE - 1));
	lx_free_pages((unsigned long)page, 0);
	return n < 0 ? (int)n : 0;
}

static ssize_t file_store(const char *text, size_t n, void *arg)
{
	struct conffile *f = arg;
	int err = lx_task_enter();

	return err ? err : f->attr->store(f->item, text, n);
}

static int files_create(struct confdir *d, struct lx_configfs_attribute **attrs, u32 n)
{
	int err = 0;

	for (u32 i = 0; i < n && !err; i++) {
		struct lx_configfs_attribute *a = attrs[i];

		d->files[i] = (struct conffile){
			.text = { .name = a->ca_name, .mode = a->ca_mode & 0777, .show = a->show ? file_show : NULL,
				  .store = a->store ? file_store : NULL },
			.item = d->item, .attr = a,
		};
		err = sysfs_file_create(d->node, &d->files[i].text, &d->files[i]);
	}
	return err;
}

/* ---- directories ---- */

static void dir_close(struct lx_config_item *item)
{
	struct confdir *d = dir_of(item);

	sysfs_remove(d->node);
	item->ci_dentry = NULL;
	kmem_free(d);
}

static int dir_open(struct sysnode *parent, const char *name, struct lx_config_item *item, const struct sysdir *ops)
{
	struct lx_configfs_attribute **attrs = item->ci_type ? item->ci_type->ct_attrs : NULL;
	struct confdir *d;
	u32 n = 0;
	int err;

	if (item->ci_type && item->ci_type->ct_bin_attrs)
		return -EOPNOTSUPP;
	while (attrs && attrs[n])
		n++;
	d = kmem_zalloc(sizeof(*d) + n * sizeof(d->files[0]), ALLOC_KERNEL);
	if (!d)
		return -ENOMEM;
	d->item = item;
	d->is_group = ops != &made_item;
	d->node = sysfs_dir_create_as(parent, name, ops, d);
	if (IS_ERR(d->node)) {
		err = (int)PTR_ERR(d->node);
		kmem_free(d);
		return err;
	}
	item->ci_dentry = (struct lx_dentry *)d;
	err = files_create(d, attrs, n);
	if (err)
		dir_close(item);
	return err;
}

/* Those of its default groups that are open, too. */
static void group_close(struct lx_config_group *g)
{
	struct lx_config_group *child;

	conf_foreach_default(child, g)
		if (dir_of(&child->cg_item))
			group_close(child);
	dir_close(&g->cg_item);
}

static int group_open(struct sysnode *parent, const char *name, struct lx_config_group *g, const struct sysdir *ops)
{
	struct lx_config_group *child;
	int err = dir_open(parent, name, &g->cg_item, ops);

	if (err)
		return err;
	conf_foreach_default(child, g) {
		err = group_open(dir_of(&g->cg_item)->node, child->cg_item.ci_name, child, &fixed_group);
		if (err) {
			group_close(g);
			return err;
		}
	}
	return 0;
}

static int open_made(struct confdir *in, const char *name, struct lx_config_item *item, bool is_group)
{
	return is_group ? group_open(in->node, name, conf_group_of(item), &made_group) :
		dir_open(in->node, name, item, &made_item);
}

static void close_made(struct confdir *d)
{
	if (d->is_group)
		group_close(conf_group_of(d->item));
	else
		dir_close(d->item);
}

/* ---- mkdir ---- */

static bool child_begin(struct confdir *d)
{
	bool ok;

	kmutex_lock(&tree_lock);
	ok = !d->is_going;
	d->nmade += ok;
	kmutex_unlock(&tree_lock);
	return ok;
}

static void child_end(struct confdir *d)
{
	kmutex_lock(&tree_lock);
	d->nmade--;
	kmutex_unlock(&tree_lock);
}

/* The new child of @g, linked; or ERR_PTR. */
static struct lx_config_item *item_make(struct lx_config_group *g, const char *name, bool is_group)
{
	const struct lx_configfs_group_operations *ops = g->cg_item.ci_type->ct_group_ops;
	struct lx_config_group *made;
	struct lx_config_item *item;

	lx_mutex_lock(&g->cg_subsys->su_mutex);
	if (is_group) {
		made = ops->make_group(g, name);
		item = IS_ERR_OR_NULL(made) ? (struct lx_config_item *)made : &made->cg_item;
		if (!IS_ERR_OR_NULL(made))
			conf_link_group(g, made, g->cg_subsys);
	} else {
		item = ops->make_item(g, name);
		if (!IS_ERR_OR_NULL(item))
			conf_link(g, item);
	}
	lx_mutex_unlock(&g->cg_subsys->su_mutex);
	return item ? item : ERR_PTR(-ENOMEM);
}

/* Undo item_make(). */
static void item_drop(struct lx_config_group *g, struct lx_config_item *item, bool is_group)
{
	const struct lx_configfs_group_operations *ops = g->cg_item.ci_type->ct_group_ops;

	lx_mutex_lock(&g->cg_subsys->su_mutex);
	if (ops->disconnect_notify)
		ops->disconnect_notify(g, item);
	if (is_group)
		conf_unlink_group(conf_group_of(item));
	else
		conf_unlink(item);
	if (ops->drop_item)
		ops->drop_item(g, item);
	else
		lx_config_item_put(item);
	lx_mutex_unlock(&g->cg_subsys->su_mutex);
}

static int child_make(struct confdir *d, const char *name)
{
	struct lx_config_group *g = conf_group_of(d->item);
	bool is_group = g->cg_item.ci_type->ct_group_ops->make_group != NULL;
	struct lx_config_item *item = item_make(g, name, is_group);
	struct lx_module *owner;
	int err = -EINVAL;

	if (IS_ERR(item))
		return (int)PTR_ERR(item);
	owner = item->ci_type ? item->ci_type->ct_owner : NULL;
	if (item->ci_type && lx_try_module_get(owner)) {
		err = open_made(d, name, item, is_group);
		if (!err)
			return 0;
		lx_module_put(owner);
	}
	item_drop(g, item, is_group);
	return err;
}

static struct lx_module *subsystem_owner(const struct lx_config_group *g)
{
	return g->cg_subsys->su_group.cg_item.ci_type->ct_owner;
}

static int conf_mkdir(struct sysnode *node, const char *name, void *arg)
{
	struct confdir *d = arg;
	struct lx_config_group *g = conf_group_of(d->item);
	const struct lx_config_item_type *type = g->cg_item.ci_type;
	int err = lx_task_enter();

	if (err)
		return err;
	if (!type || !type->ct_group_ops || (!type->ct_group_ops->make_item && !type->ct_group_ops->make_group))
		return -EPERM;
	if (!child_begin(d))
		return -ENOENT;
	err = -EINVAL;
	if (g->cg_subsys->su_group.cg_item.ci_type && lx_try_module_get(subsystem_owner(g))) {
		err = child_make(d, name);
		if (err)
			lx_module_put(subsystem_owner(g));
	}
	if (err)
		child_end(d);
	return err;
}

/* ---- rmdir ---- */

static bool is_empty_locked(const struct confdir *d)
{
	struct lx_config_group *child;

	if (d->nmade)
		return false;
	if (!d->is_group)
		return true;
	conf_foreach_default(child, conf_group_of(d->item))
		if (!is_empty_locked(dir_of(&child->cg_item)))
			return false;
	return true;
}

static void going_locked(struct confdir *d)
{
	struct lx_config_group *child;

	d->is_going = true;
	if (!d->is_group)
		return;
	conf_foreach_default(child, conf_group_of(d->item))
		going_locked(dir_of(&child->cg_item));
}

static bool dir_retire(struct confdir *d)
{
	bool ok;

	kmutex_lock(&tree_lock);
	ok = is_empty_locked(d);
	if (ok)
		going_locked(d);
	kmutex_unlock(&tree_lock);
	return ok;
}

static int conf_rmdir(struct sysnode *node, void *arg)
{
	struct confdir *d = arg;
	struct lx_config_item *item = d->item;
	struct lx_config_group *g = item->ci_group;
	struct lx_module *owner = item->ci_type->ct_owner, *su_owner = subsystem_owner(g);
	bool is_group = d->is_group;
	int err = lx_task_enter();

	if (err)
		return err;
	if (!dir_retire(d))
		return -ENOTEMPTY;
	close_made(d);
	item_drop(g, item, is_group);
	child_end(dir_of(&g->cg_item));
	lx_module_put(owner);
	lx_module_put(su_owner);
	return 0;
}

static const struct sysdir made_item = { .rmdir = conf_rmdir };
static const struct sysdir made_group = { .mkdir = conf_mkdir, .rmdir = conf_rmdir };
static const struct sysdir fixed_group = { .mkdir = conf_mkdir };

/* ---- subsystems ---- */

int lx_configfs_register_subsystem(struct lx_configfs_subsystem *su)
{
	struct lx_config_group *g = &su->su_group;
	int err;

	if (!g->cg_item.ci_name)
		g->cg_item.ci_name = g->cg_item.ci_namebuf;
	kmutex_lock(&tree_lock);
	conf_link_group(&root_group, g, su);
	kmutex_unlock(&tree_lock);
	err = group_open(conf_root, g->cg_item.ci_name, g, &fixed_group);
	if (err)
		lx_configfs_unregister_subsystem(su);
	return err;
}
LX_EXPORT(configfs_register_subsystem);

/* Nothing is left in it: each of its items keeps its module here. */
void lx_configfs_unregister_subsystem(struct lx_configfs_subsystem *su)
{
	struct lx_config_group *g = &su->su_group;

	if (dir_of(&g->cg_item))
		group_close(g);
	kmutex_lock(&tree_lock);
	conf_unlink_group(g);
	kmutex_unlock(&tree_lock);
}
LX_EXPORT(configfs_unregister_subsystem);

/* ---- the file system ---- */

static struct filesys *conf_mount(struct fstype *t, const struct mount_args *args)
{
	static struct kmutex making = KMUTEX_INIT(making, LOCKRANK_FS);
	static struct filesys *instance;	/* with a reference once it is there; protected by making */
	struct filesys *fs;

	kmutex_lock(&making);
	fs = instance;
	if (!fs) {
		fs = systree_show(t, conf_root, CONFIGFS_MAGIC, 0);
		if (!IS_ERR(fs))
			instance = fs;
	}
	if (!IS_ERR(fs))
		filesys_get(fs);
	kmutex_unlock(&making);
	return fs;
}

static struct fstype conf_fstype = { .name = "configfs", .flags = FSTYPE_NODEV, .mount = conf_mount };
FILESYSTEM(conf_fstype);

static int configfs_start(void)
{
	struct sysnode *at = sysfs_dir_create(sysfs_kernel, "config");

	lx_config_group_init(&root_group);
	conf_root = systree_create(0755, -ENOENT);
	VERIFY(conf_root);
	return IS_ERR(at) ? (int)PTR_ERR(at) : 0;
}
INITCALL(FS, configfs_start);
