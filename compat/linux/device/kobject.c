// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects with names, parents, references and a directory in sysfs, and sets of them.
 *
 * A set (kset) gives its objects a parent and says what their uevents add; the list in it is the
 * vendor's, since modules walk it.
 */
#include "device_impl.h"

#include "../format.h"

#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/fs/sysfs.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

void lx_kobject_init(struct lx_kobject *k, const struct lx_kobj_type *type)
{
	k->kref.refcount.refs.counter = 1;
	k->entry.next = k->entry.prev = &k->entry;
	k->ktype = type;
	k->state_in_sysfs = 0;
	k->state_add_uevent_sent = 0;
	k->state_remove_uevent_sent = 0;
	k->state_initialized = 1;
}
LX_EXPORT(kobject_init);

struct lx_kobject *lx_kobject_get(struct lx_kobject *k)
{
	if (k)
		__atomic_add_fetch(&k->kref.refcount.refs.counter, 1, __ATOMIC_SEQ_CST);
	return k;
}
LX_EXPORT(kobject_get);

void lx_kobject_put(struct lx_kobject *k)
{
	while (k && __atomic_sub_fetch(&k->kref.refcount.refs.counter, 1, __ATOMIC_SEQ_CST) == 0) {
		const char *name = k->name;
		struct lx_kobject *parent;

		lx_kobject_del(k);
		parent = k->parent;
		if (k->ktype && k->ktype->release)
			k->ktype->release(k);
		kmem_free(name);
		k = parent;
	}
}
LX_EXPORT(kobject_put);

static int set_name(struct lx_kobject *k, const char *fmt, va_list ap)
{
	char *name = lx_kvasprintf(ALLOC_KERNEL, fmt, ap);

	if (!name)
		return -ENOMEM;
	for (char *at = strchr(name, '/'); at; at = strchr(at, '/'))
		*at = '!';
	kmem_free(k->name);
	k->name = name;
	return 0;
}

int lx_kobject_set_name(struct lx_kobject *k, const char *fmt, ...)
{
	va_list ap;
	int err;

	va_start(ap, fmt);
	err = set_name(k, fmt, ap);
	va_end(ap);
	return err;
}
LX_EXPORT(kobject_set_name);

/* ---- in a set and in sysfs ---- */

static void set_join(struct lx_kobject *k)
{
	struct lx_kset *s = k->kset;

	if (!s)
		return;
	lx_kobject_get(&s->kobj);
	lx__raw_spin_lock((struct lx_raw_spinlock *)&s->list_lock);
	k->entry.prev = s->list.prev;
	k->entry.next = &s->list;
	s->list.prev->next = &k->entry;
	s->list.prev = &k->entry;
	lx__raw_spin_unlock((struct lx_raw_spinlock *)&s->list_lock);
}

static void set_leave(struct lx_kobject *k)
{
	struct lx_kset *s = k->kset;

	if (!s || k->entry.next == &k->entry)
		return;
	lx__raw_spin_lock((struct lx_raw_spinlock *)&s->list_lock);
	k->entry.prev->next = k->entry.next;
	k->entry.next->prev = k->entry.prev;
	k->entry.next = k->entry.prev = &k->entry;
	lx__raw_spin_unlock((struct lx_raw_spinlock *)&s->list_lock);
	lx_kobject_put(&s->kobj);
}

static int object_add(struct lx_kobject *k)
{
	struct sysnode *where;
	int err;

	if (!k->name || !k->name[0])
		return -EINVAL;
	if (!k->parent && k->kset)
		k->parent = &k->kset->kobj;
	lx_kobject_get(k->parent);
	set_join(k);
	where = k->parent ? lx_object_dir(k->parent) : sysfs_root;
	err = where ? lx_object_open_dir(k, where) : -ENOENT;
	if (!err && k->ktype)
		err = lx_sysfs_create_groups(k, k->ktype->default_groups);
	if (!err)
		return 0;
	lx_object_close_dir(k);
	set_leave(k);
	lx_kobject_put(k->parent);
	k->parent = NULL;
	return err;
}

int lx_kobject_add(struct lx_kobject *k, struct lx_kobject *parent, const char *fmt, ...)
{
	va_list ap;
	int err;

	va_start(ap, fmt);
	err = set_name(k, fmt, ap);
	va_end(ap);
	k->parent = parent;
	return err ? err : object_add(k);
}
LX_EXPORT(kobject_add);

int lx_kobject_init_and_add(struct lx_kobject *k, const struct lx_kobj_type *type, struct lx_kobject *parent,
			    const char *fmt, ...)
{
	va_list ap;
	int err;

	lx_kobject_init(k, type);
	va_start(ap, fmt);
	err = set_name(k, fmt, ap);
	va_end(ap);
	k->parent = parent;
	return err ? err : object_add(k);
}
LX_EXPORT(kobject_init_and_add);

/* The parent's reference goes with the last of its own. */
void lx_kobject_del(struct lx_kobject *k)
{
	if (!k)
		return;
	lx_object_close_dir(k);
	set_leave(k);
}
LX_EXPORT(kobject_del);

static void plain_release(struct lx_kobject *k) { kmem_free(k); }

static long attr_show(struct lx_kobject *k, struct lx_attribute *a, char *buf)
{
	struct lx_kobj_attribute *ka = container_of(a, struct lx_kobj_attribute, attr);

	return ka->show ? ka->show(k, ka, buf) : -EIO;
}

static long attr_store(struct lx_kobject *k, struct lx_attribute *a, const char *buf, size_t n)
{
	struct lx_kobj_attribute *ka = container_of(a, struct lx_kobj_attribute, attr);

	return ka->store ? ka->store(k, ka, buf, n) : -EIO;
}

static const struct lx_sysfs_ops lx_kobj_sysfs_ops = { .show = attr_show, .store = attr_store };
LX_EXPORT_DATA(kobj_sysfs_ops);
static const struct lx_kobj_type plain_type = { .release = plain_release, .sysfs_ops = &lx_kobj_sysfs_ops };

struct lx_kobject *lx_kobject_create_and_add(const char *name, struct lx_kobject *parent)
{
	struct lx_kobject *k = kmem_zalloc(sizeof(*k), ALLOC_KERNEL);

	if (!k)
		return NULL;
	if (!lx_kobject_init_and_add(k, &plain_type, parent, "%s", name))
		return k;
	lx_kobject_put(k);
	return NULL;
}
LX_EXPORT(kobject_create_and_add);

/* ---- sets ---- */

int lx_kset_register(struct lx_kset *s)
{
	const char *name = s->kobj.name;
	struct lx_kobject *parent = s->kobj.parent;

	lx_kobject_init(&s->kobj, s->kobj.ktype);
	s->kobj.name = name;
	s->kobj.parent = parent;
	s->list.next = s->list.prev = &s->list;
	memset(&s->list_lock, 0, sizeof(s->list_lock));
	return object_add(&s->kobj);
}
LX_EXPORT(kset_register);

void lx_kset_unregister(struct lx_kset *s)
{
	if (!s)
		return;
	lx_kobject_del(&s->kobj);
	lx_kobject_put(&s->kobj);
}
LX_EXPORT(kset_unregister);

static void set_release(struct lx_kobject *k) { kmem_free(container_of(k, struct lx_kset, kobj)); }
static const struct lx_kobj_type set_type = { .release = set_release, .sysfs_ops = &lx_kobj_sysfs_ops };

struct lx_kset *lx_kset_create_and_add(const char *name, const struct lx_kset_uevent_ops *ops,
				       struct lx_kobject *parent)
{
	struct lx_kset *s = kmem_zalloc(sizeof(*s), ALLOC_KERNEL);

	if (!s || lx_kobject_set_name(&s->kobj, "%s", name)) {
		kmem_free(s);
		return NULL;
	}
	s->uevent_ops = ops;
	s->kobj.parent = parent;
	s->kobj.ktype = &set_type;
	if (!lx_kset_register(s))
		return s;
	lx_kobject_put(&s->kobj);
	return NULL;
}
LX_EXPORT(kset_create_and_add);

/* ---- text of attributes ---- */

int lx_sysfs_emit(char *buf, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = lx_vscnprintf(buf, PAGE_SIZE, fmt, ap);
	va_end(ap);
	return n;
}
LX_EXPORT(sysfs_emit);

int lx_sysfs_emit_at(char *buf, int at, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (at < 0 || (size_t)at >= PAGE_SIZE)
		return 0;
	va_start(ap, fmt);
	n = lx_vscnprintf(buf + at, PAGE_SIZE - (size_t)at, fmt, ap);
	va_end(ap);
	return n;
}
LX_EXPORT(sysfs_emit_at);

/* Equal but for a newline at the end. */
bool lx_sysfs_streq(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b || (!*a && *b == '\n' && !b[1]) || (*a == '\n' && !a[1] && !*b);
}
LX_EXPORT(sysfs_streq);

int lx___sysfs_match_string(const char **words, unsigned long n, const char *text)
{
	for (unsigned long i = 0; i < n && words[i]; i++)
		if (lx_sysfs_streq(words[i], text))
			return (int)i;
	return -EINVAL;
}
LX_EXPORT(__sysfs_match_string);

/* ---- well-known places: parents of modules' own objects ---- */

static struct lx_kobject fs_place, kernel_place;
static struct lx_kobject *lx_fs_kobj = &fs_place, *lx_kernel_kobj = &kernel_place;
LX_EXPORT_DATA(fs_kobj);
LX_EXPORT_DATA(kernel_kobj);

static void place_init(struct lx_kobject *k, struct lx_kernfs_node *n, const char *name, struct sysnode *dir)
{
	lx_kobject_init(k, &plain_type);
	lx_kobject_get(k);
	k->name = name;
	n->dir = dir;
	list_init(&n->files);
	k->sd = n;
	k->state_in_sysfs = 1;
}

static int places_init(void)
{
	static struct lx_kernfs_node fs_dir, kernel_dir;

	place_init(&fs_place, &fs_dir, "fs", sysfs_fs);
	place_init(&kernel_place, &kernel_dir, "kernel", sysfs_kernel);
	return 0;
}
INITCALL(BUS, places_init);
