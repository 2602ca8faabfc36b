// SPDX-License-Identifier: GPL-2.0-only
/*
 * Links between devices that need each other: they say in which order power changes. No device changes it,
 * so a link is a pair that keeps both devices.
 */
#include "../lx.h"

#include <tern/base/err.h>
#include <tern/base/lock.h>
#include <tern/lib/list.h>
#include <tern/mm/slab.h>

struct link {
	struct lx_device_link pub;
	struct list at;		/* links_lock */
};

static LIST_HEAD(links);
static struct kmutex links_lock = KMUTEX_INIT(links_lock, LOCKRANK_VFS_MISC);	/* protects links and their counts */

static struct link *find_locked(const struct lx_device *consumer, const struct lx_device *supplier)
{
	struct link *l;

	list_foreach(l, &links, at)
		if (l->pub.consumer == consumer && l->pub.supplier == supplier)
			return l;
	return NULL;
}

struct lx_device_link *lx_device_link_add(struct lx_device *consumer, struct lx_device *supplier, unsigned int flags)
{
	struct link *l;

	if (!consumer || !supplier || consumer == supplier)
		return NULL;
	kmutex_lock(&links_lock);
	l = find_locked(consumer, supplier);
	if (!l)
		l = kmem_zalloc(sizeof(*l), ALLOC_KERNEL);
	if (l && !l->pub.kref.refcount.refs.counter++) {
		l->pub.consumer = lx_get_device(consumer);
		l->pub.supplier = lx_get_device(supplier);
		l->pub.flags = flags;
		list_add(&l->at, &links);
	}
	kmutex_unlock(&links_lock);
	return l ? &l->pub : NULL;
}
LX_EXPORT(device_link_add);

void lx_device_link_remove(void *consumer, struct lx_device *supplier)
{
	struct link *l;

	kmutex_lock(&links_lock);
	l = find_locked(consumer, supplier);
	if (l && --l->pub.kref.refcount.refs.counter)
		l = NULL;
	if (l)
		list_del(&l->at);
	kmutex_unlock(&links_lock);
	if (!l)
		return;
	lx_put_device(l->pub.consumer);
	lx_put_device(l->pub.supplier);
	kmem_free(l);
}
LX_EXPORT(device_link_remove);
