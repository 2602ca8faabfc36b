// SPDX-License-Identifier: GPL-2.0-only
/* The device tree: nodes, references, publication. See tern/drivers/devnode.h. */
#include "core_impl.h"

#include <tern/base/bug.h>
#include <tern/base/err.h>
#include <tern/lib/string.h>

struct kmutex devtree_lock = KMUTEX_INIT(devtree_lock, LOCKRANK_DEVTREE);

struct devnode devtree_root = {
	.name = "devices",
	.refs = { ATOMIC_INIT(1) },
	.children = LIST_INIT(devtree_root.children),
	.sibling = LIST_INIT(devtree_root.sibling),
	.bus_link = LIST_INIT(devtree_root.bus_link),
};

void devnode_init(struct devnode *d, struct bus *bus, struct devnode *parent,
		  void (*release)(struct devnode *d))
{
	d->bus = bus;
	d->parent = parent;
	devnode_get(parent);
	ref_init(&d->refs, 1);
	d->release = release;
	d->driver = NULL;
	d->driver_data = NULL;
	list_init(&d->children);
	list_init(&d->sibling);
	list_init(&d->bus_link);
}

void devnode_put(struct devnode *d)
{
	while (d && ref_put(&d->refs)) {
		struct devnode *parent = d->parent;

		d->release(d);
		d = parent;
	}
}

static bool name_is_taken(const struct devnode *d)
{
	struct devnode *other;

	list_foreach(other, &d->bus->devices, bus_link)
		if (!strcmp(other->name, d->name))
			return true;
	return false;
}

int devnode_add_nested(struct devnode *d)
{
	ASSERT(kmutex_is_mine(&devtree_lock));
	if (name_is_taken(d))
		return -EEXIST;
	list_add_tail(&d->sibling, &d->parent->children);
	list_add_tail(&d->bus_link, &d->bus->devices);
	devnode_bind(d);
	return 0;
}

int devnode_add(struct devnode *d)
{
	int err;

	kmutex_lock(&devtree_lock);
	err = devnode_add_nested(d);
	kmutex_unlock(&devtree_lock);
	return err;
}

void devnode_remove_nested(struct devnode *d)
{
	ASSERT(kmutex_is_mine(&devtree_lock));
	devnode_unbind(d);
	list_del_init(&d->sibling);
	list_del_init(&d->bus_link);
}

void devnode_remove(struct devnode *d)
{
	kmutex_lock(&devtree_lock);
	devnode_remove_nested(d);
	kmutex_unlock(&devtree_lock);
	devnode_put(d);
}

int devnode_foreach(struct bus *b, int (*fn)(struct devnode *d, void *arg), void *arg)
{
	struct devnode *d;
	int r = 0;

	kmutex_lock(&devtree_lock);
	list_foreach(d, &b->devices, bus_link) {
		r = fn(d, arg);
		if (r)
			break;
	}
	kmutex_unlock(&devtree_lock);
	return r;
}
