// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attribute containers and transport classes: class devices that follow devices of another kind.
 *
 * A container says which devices it matches; each of those gets a class device of the container's class,
 * made by transport_setup_device(), shown by transport_add_device(), hidden by transport_remove_device() and
 * dropped by transport_destroy_device(). A container may have none (flag NO_CLASSDEVS): then only the
 * class's functions are called.
 *
 * Life: a class device holds its device; the container's list holds the creation reference.
 * Lock order: containers_lock alone; match() runs under it and only looks, other functions of modules do not.
 */
#include "../lx.h"

#include <tern/base/err.h>
#include <tern/base/lock.h>
#include <tern/mm/slab.h>

#define NO_CLASSDEVS	1UL
#define AT_ONCE		16u	/* class devices of one device */

/* What one call is about: a container, and the class device that it has for the device. */
struct pick {
	struct lx_attribute_container *cont;
	struct lx_device *classdev;	/* with a reference; NULL: it has none */
};

static struct lx_list_head containers = { &containers, &containers };
/* protects containers and what they contain */
static struct kmutex containers_lock = KMUTEX_INIT(containers_lock, LOCKRANK_VFS_MISC);

static void add_tail(struct lx_list_head *n, struct lx_list_head *head)
{
	n->prev = head->prev;
	n->next = head;
	head->prev->next = n;
	head->prev = n;
}

static void remove(struct lx_list_head *n)
{
	n->prev->next = n->next;
	n->next->prev = n->prev;
	n->next = n->prev = n;
}

static bool is_linked(const struct lx_list_head *n) { return n->next != n; }

static struct lx_internal_container *inner_of(struct lx_device *classdev)
{
	return container_of(classdev, struct lx_internal_container, classdev);
}

static struct lx_transport_class *class_of(struct lx_attribute_container *c)
{
	return container_of(c->class, struct lx_transport_class, class);
}

static struct lx_transport_container *transport_of(struct lx_attribute_container *c)
{
	return container_of(c, struct lx_transport_container, ac);
}

/* ---- containers ---- */

int lx_attribute_container_register(struct lx_attribute_container *c)
{
	c->containers.k_list.next = c->containers.k_list.prev = &c->containers.k_list;
	kmutex_lock(&containers_lock);
	add_tail(&c->node, &containers);
	kmutex_unlock(&containers_lock);
	return 0;
}
LX_EXPORT(attribute_container_register);

int lx_attribute_container_unregister(struct lx_attribute_container *c)
{
	int err = 0;

	kmutex_lock(&containers_lock);
	if (is_linked(&c->containers.k_list))
		err = -EBUSY;
	else
		remove(&c->node);
	kmutex_unlock(&containers_lock);
	return err;
}
LX_EXPORT(attribute_container_unregister);

static struct lx_device *classdev_locked(struct lx_attribute_container *c, struct lx_device *dev)
{
	struct lx_list_head *head = &c->containers.k_list;

	for (struct lx_list_head *at = head->next; at != head; at = at->next) {
		struct lx_internal_container *ic = container_of(at, struct lx_internal_container, node.n_node);

		if (ic->classdev.parent == dev)
			return lx_get_device(&ic->classdev);
	}
	return NULL;
}

/* The containers that match, with what they have for @dev; how many. */
static u32 pick_all(struct lx_device *dev, struct pick *out)
{
	u32 n = 0;

	kmutex_lock(&containers_lock);
	for (struct lx_list_head *at = containers.next; at != &containers && n < AT_ONCE; at = at->next) {
		struct lx_attribute_container *c = container_of(at, struct lx_attribute_container, node);

		if (c->match && c->match(c, dev))
			out[n++] = (struct pick){ c, classdev_locked(c, dev) };
	}
	kmutex_unlock(&containers_lock);
	return n;
}

static void unpick(struct pick *p, u32 n)
{
	for (u32 i = 0; i < n; i++)
		lx_put_device(p[i].classdev);
}

/* ---- class devices ---- */

static void classdev_release(struct lx_device *classdev)
{
	struct lx_device *dev = classdev->parent;

	kmem_free(inner_of(classdev));
	lx_put_device(dev);
}

static void setup(struct lx_attribute_container *c, struct lx_device *dev)
{
	struct lx_internal_container *ic = kmem_zalloc(sizeof(*ic), ALLOC_KERNEL);

	if (!ic)
		return;		/* the device does without */
	ic->cont = c;
	lx_device_initialize(&ic->classdev);
	ic->classdev.parent = lx_get_device(dev);
	ic->classdev.class = c->class;
	ic->classdev.release = classdev_release;
	if (lx_dev_set_name(&ic->classdev, "%s", dev->kobj.name)) {
		lx_put_device(&ic->classdev);
		return;
	}
	kmutex_lock(&containers_lock);
	add_tail(&ic->node.n_node, &c->containers.k_list);
	kmutex_unlock(&containers_lock);
	if (class_of(c)->setup)
		(void)class_of(c)->setup(transport_of(c), dev, &ic->classdev);
}

void lx_transport_setup_device(struct lx_device *dev)
{
	struct pick p[AT_ONCE];
	u32 n = pick_all(dev, p);

	for (u32 i = 0; i < n; i++)
		if (!(p[i].cont->flags & NO_CLASSDEVS) && !p[i].classdev)
			setup(p[i].cont, dev);
	unpick(p, n);
}
LX_EXPORT(transport_setup_device);

static void attributes_remove(struct lx_attribute_container *c, struct lx_device *classdev)
{
	if (c->grp)
		lx_sysfs_remove_group(&classdev->kobj, c->grp);
	for (u32 i = 0; c->attrs && c->attrs[i]; i++)
		lx_device_remove_file(classdev, c->attrs[i]);
}

static int attributes_add(struct lx_attribute_container *c, struct lx_device *classdev)
{
	int err = c->grp ? lx_sysfs_create_group(&classdev->kobj, c->grp) : 0;

	for (u32 i = 0; !err && c->attrs && c->attrs[i]; i++)
		err = lx_device_create_file(classdev, c->attrs[i]);
	return err;
}

static void hide(struct lx_attribute_container *c, struct lx_device *classdev)
{
	if (transport_of(c)->statistics)
		lx_sysfs_remove_group(&classdev->kobj, transport_of(c)->statistics);
	attributes_remove(c, classdev);
	lx_device_del(classdev);
}

static int show(struct lx_attribute_container *c, struct lx_device *classdev)
{
	int err = lx_device_add(classdev);

	if (err)
		return err;
	err = attributes_add(c, classdev);
	if (!err && transport_of(c)->statistics)
		err = lx_sysfs_create_group(&classdev->kobj, transport_of(c)->statistics);
	if (err) {
		attributes_remove(c, classdev);
		lx_device_del(classdev);
	}
	return err;
}

int lx_transport_add_device(struct lx_device *dev)
{
	struct pick p[AT_ONCE];
	u32 n = pick_all(dev, p), i;
	int err = 0;

	for (i = 0; i < n; i++) {
		err = p[i].classdev ? show(p[i].cont, p[i].classdev) : 0;
		if (err)
			break;
	}
	while (err && i--)
		if (p[i].classdev)
			hide(p[i].cont, p[i].classdev);
	unpick(p, n);
	return err;
}
LX_EXPORT(transport_add_device);

void lx_transport_configure_device(struct lx_device *dev)
{
	struct pick p[AT_ONCE];
	u32 n = pick_all(dev, p);

	for (u32 i = 0; i < n; i++)
		if (class_of(p[i].cont)->configure && (p[i].classdev || (p[i].cont->flags & NO_CLASSDEVS)))
			(void)class_of(p[i].cont)->configure(transport_of(p[i].cont), dev, p[i].classdev);
	unpick(p, n);
}
LX_EXPORT(transport_configure_device);

void lx_transport_remove_device(struct lx_device *dev)
{
	struct pick p[AT_ONCE];
	u32 n = pick_all(dev, p);

	for (u32 i = 0; i < n; i++) {
		if (!p[i].classdev)
			continue;
		if (class_of(p[i].cont)->remove)
			(void)class_of(p[i].cont)->remove(transport_of(p[i].cont), dev, p[i].classdev);
		hide(p[i].cont, p[i].classdev);
	}
	unpick(p, n);
}
LX_EXPORT(transport_remove_device);

void lx_transport_destroy_device(struct lx_device *dev)
{
	struct pick p[AT_ONCE];
	u32 n = pick_all(dev, p);

	for (u32 i = 0; i < n; i++) {
		if (!p[i].classdev)
			continue;
		kmutex_lock(&containers_lock);
		remove(&inner_of(p[i].classdev)->node.n_node);
		kmutex_unlock(&containers_lock);
		lx_put_device(p[i].classdev);
	}
	unpick(p, n);
}
LX_EXPORT(transport_destroy_device);

int lx_transport_class_register(struct lx_transport_class *t) { return lx___class_register(&t->class, NULL); }
LX_EXPORT(transport_class_register);
void lx_transport_class_unregister(struct lx_transport_class *t) { lx_class_unregister(&t->class); }
LX_EXPORT(transport_class_unregister);
