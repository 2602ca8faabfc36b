// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a driver leaves to its device: released when the binding ends, last first. A group is a mark in the
 * list; releasing it releases what came after the mark.
 */
#include "device_impl.h"

#include "../format.h"
#include "../runtime.h"

#include <tern/base/err.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

struct devres {
	struct list link;
	void (*release)(struct lx_device *dev, void *data);
	u64 data[];
};

void *lx___devres_alloc_node(void (*release)(struct lx_device *, void *), size_t size, unsigned int gfp,
			     int node, const char *name)
{
	struct devres *r = kmem_alloc(sizeof(*r) + size, gfp | ALLOC_ZERO);

	if (!r)
		return NULL;
	r->release = release;
	list_init(&r->link);
	return r->data;
}
LX_EXPORT(__devres_alloc_node);

static struct devres *devres_of(void *data) { return container_of(data, struct devres, data); }

void lx_devres_add(struct lx_device *dev, void *data)
{
	if (lx_private_of(dev))
		list_add(&devres_of(data)->link, &dev->p->resources);
}
LX_EXPORT(devres_add);

void lx_devres_free(void *data)
{
	if (data)
		kmem_free(devres_of(data));
}
LX_EXPORT(devres_free);

int lx_devres_release_all(struct lx_device *dev)
{
	int n = 0;

	while (dev->p && !list_is_empty(&dev->p->resources)) {
		struct devres *r = list_first_entry(&dev->p->resources, struct devres, link);

		list_del(&r->link);
		r->release(dev, r->data);
		kmem_free(r);
		n++;
	}
	return n;
}

static struct devres *devres_search(struct lx_device *dev, void (*release)(struct lx_device *, void *),
				    int (*match)(struct lx_device *, void *, void *), void *arg)
{
	struct devres *r;

	if (dev->p)
		list_foreach(r, &dev->p->resources, link)
			if (r->release == release && (!match || match(dev, r->data, arg)))
				return r;
	return NULL;
}

void *lx_devres_find(struct lx_device *dev, void (*release)(struct lx_device *, void *),
		     int (*match)(struct lx_device *, void *, void *), void *arg)
{
	struct devres *r = devres_search(dev, release, match, arg);

	return r ? r->data : NULL;
}
LX_EXPORT(devres_find);

int lx_devres_release(struct lx_device *dev, void (*release)(struct lx_device *, void *),
		      int (*match)(struct lx_device *, void *, void *), void *arg)
{
	struct devres *r = devres_search(dev, release, match, arg);

	if (!r)
		return -ENOENT;
	list_del(&r->link);
	r->release(dev, r->data);
	kmem_free(r);
	return 0;
}
LX_EXPORT(devres_release);

int lx_devres_destroy(struct lx_device *dev, void (*release)(struct lx_device *, void *),
		      int (*match)(struct lx_device *, void *, void *), void *arg)
{
	struct devres *r = devres_search(dev, release, match, arg);

	if (!r)
		return -ENOENT;
	list_del(&r->link);
	kmem_free(r);
	return 0;
}
LX_EXPORT(devres_destroy);

static void devm_kmalloc_release(struct lx_device *dev, void *data) { }

void *lx_devm_kmalloc(struct lx_device *dev, size_t size, unsigned int gfp)
{
	struct devres *r = kmem_alloc(sizeof(*r) + size, gfp);

	if (!r)
		return NULL;
	r->release = devm_kmalloc_release;
	lx_devres_add(dev, r->data);
	return r->data;
}
LX_EXPORT(devm_kmalloc);

static int is_same(struct lx_device *dev, void *data, void *arg) { return data == arg; }

void lx_devm_kfree(struct lx_device *dev, const void *p)
{
	if (p)
		(void)lx_devres_destroy(dev, devm_kmalloc_release, is_same, (void *)p);
}
LX_EXPORT(devm_kfree);

void *lx_devm_kmemdup(struct lx_device *dev, const void *p, size_t n, unsigned int gfp)
{
	void *copy = lx_devm_kmalloc(dev, n, gfp);

	if (copy)
		memcpy(copy, p, n);
	return copy;
}
LX_EXPORT(devm_kmemdup);

char *lx_devm_kstrdup(struct lx_device *dev, const char *s, unsigned int gfp)
{
	return s ? lx_devm_kmemdup(dev, s, strlen(s) + 1, gfp) : NULL;
}
LX_EXPORT(devm_kstrdup);

struct action { void (*fn)(void *); void *arg; };

static void action_release(struct lx_device *dev, void *data)
{
	struct action *a = data;

	a->fn(a->arg);
}

int lx_devm_add_action(struct lx_device *dev, void (*fn)(void *), void *arg)
{
	struct action *a = lx___devres_alloc_node(action_release, sizeof(*a), ALLOC_KERNEL, 0, "action");

	if (!a)
		return -ENOMEM;
	*a = (struct action){ fn, arg };
	lx_devres_add(dev, a);
	return 0;
}
LX_EXPORT(devm_add_action);

static int is_action(struct lx_device *dev, void *data, void *arg) { return !memcmp(data, arg, sizeof(struct action)); }

void lx_devm_remove_action(struct lx_device *dev, void (*fn)(void *), void *arg)
{
	struct action a = { fn, arg };

	(void)lx_devres_destroy(dev, action_release, is_action, &a);
}
LX_EXPORT(devm_remove_action);

void lx_devm_release_action(struct lx_device *dev, void (*fn)(void *), void *arg)
{
	struct action a = { fn, arg };

	(void)lx_devres_release(dev, action_release, is_action, &a);
}
LX_EXPORT(devm_release_action);

char *lx_devm_kasprintf(struct lx_device *dev, unsigned int gfp, const char *fmt, ...)
{
	va_list ap, again;
	size_t n;
	char *s;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = (size_t)lx_vformat(NULL, 0, fmt, ap) + 1;
	va_end(ap);
	s = lx_devm_kmalloc(dev, n, gfp);
	if (s)
		(void)lx_vformat(s, n, fmt, again);
	va_end(again);
	return s;
}
LX_EXPORT(devm_kasprintf);

void *lx_devm_krealloc(struct lx_device *dev, void *p, size_t size, unsigned int gfp)
{
	size_t old;
	void *to;

	if (!p)
		return lx_devm_kmalloc(dev, size, gfp);
	old = kmem_size(devres_of(p)) - sizeof(struct devres);
	if (size <= old)
		return p;
	to = lx_devm_kmalloc(dev, size, gfp);
	if (to) {
		memcpy(to, p, old);
		lx_devm_kfree(dev, p);
	}
	return to;
}
LX_EXPORT(devm_krealloc);

static void pages_release(struct lx_device *dev, void *data)
{
	const unsigned long *block = data;

	lx_free_pages(block[0], (unsigned int)block[1]);
}

static int is_pages(struct lx_device *dev, void *data, void *arg)
{
	return *(unsigned long *)data == (unsigned long)arg;
}

unsigned long lx_devm_get_free_pages(struct lx_device *dev, unsigned int gfp, unsigned int order)
{
	unsigned long *block = lx___devres_alloc_node(pages_release, 2 * sizeof(*block), gfp, 0, "pages");
	unsigned long at = block ? lx___get_free_pages(gfp, order) : 0;

	if (!at) {
		lx_devres_free(block);
		return 0;
	}
	block[0] = at;
	block[1] = order;
	lx_devres_add(dev, block);
	return at;
}
LX_EXPORT(devm_get_free_pages);

void lx_devm_free_pages(struct lx_device *dev, unsigned long at)
{
	(void)lx_devres_release(dev, pages_release, is_pages, (void *)at);
}
LX_EXPORT(devm_free_pages);

static void groups_release(struct lx_device *dev, void *data)
{
	lx_sysfs_remove_groups(&dev->kobj, *(const struct lx_attribute_group ***)data);
}

int lx_devm_device_add_groups(struct lx_device *dev, const struct lx_attribute_group **groups)
{
	const struct lx_attribute_group ***kept =
		lx___devres_alloc_node(groups_release, sizeof(*kept), ALLOC_KERNEL, 0, "groups");
	int err = kept ? lx_sysfs_create_groups(&dev->kobj, groups) : -ENOMEM;

	if (err) {
		lx_devres_free(kept);
		return err;
	}
	*kept = groups;
	lx_devres_add(dev, kept);
	return 0;
}
LX_EXPORT(devm_device_add_groups);

static void group_release(struct lx_device *dev, void *data)
{
	lx_sysfs_remove_group(&dev->kobj, *(const struct lx_attribute_group **)data);
}

int lx_devm_device_add_group(struct lx_device *dev, const struct lx_attribute_group *g)
{
	const struct lx_attribute_group **kept =
		lx___devres_alloc_node(group_release, sizeof(*kept), ALLOC_KERNEL, 0, "group");
	int err = kept ? lx_sysfs_create_group(&dev->kobj, g) : -ENOMEM;

	if (err) {
		lx_devres_free(kept);
		return err;
	}
	*kept = g;
	lx_devres_add(dev, kept);
	return 0;
}
LX_EXPORT(devm_device_add_group);

/* ---- groups ---- */

static void mark_release(struct lx_device *dev, void *data) { }

static int is_mark(struct lx_device *dev, void *data, void *id) { return !id || *(void **)data == id; }

void *lx_devres_open_group(struct lx_device *dev, void *id, unsigned int gfp)
{
	void **mark = lx___devres_alloc_node(mark_release, sizeof(*mark), gfp, 0, "group");

	if (!mark)
		return NULL;
	*mark = id ? id : mark;
	lx_devres_add(dev, mark);
	return *mark;
}
LX_EXPORT(devres_open_group);

/* Everything after the mark belongs to it: groups are closed last first. */
void lx_devres_close_group(struct lx_device *dev, void *id) { }
LX_EXPORT(devres_close_group);

void lx_devres_remove_group(struct lx_device *dev, void *id)
{
	(void)lx_devres_destroy(dev, mark_release, is_mark, id);
}
LX_EXPORT(devres_remove_group);

int lx_devres_release_group(struct lx_device *dev, void *id)
{
	struct devres *mark = devres_search(dev, mark_release, is_mark, id);
	int n = 0;

	while (mark && !list_is_empty(&dev->p->resources)) {
		struct devres *r = list_first_entry(&dev->p->resources, struct devres, link);
		bool is_last = r == mark;

		list_del(&r->link);
		r->release(dev, r->data);
		kmem_free(r);
		n++;
		if (is_last)
			break;
	}
	return n;
}
LX_EXPORT(devres_release_group);
