/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device tree: what hardware is there and who drives it. Owner drivers/core.
 *
 * A bus adds a devnode for each device it finds; a driver registers a driver_desc
 * for a bus; each pair that bus->match() accepts is offered to driver->probe() until one
 * takes the device. Devices and drivers may come in either order.
 *
 * Life: devnode_init() by the bus (embedded in its own structure), devnode_add()
 * publishes and binds, devnode_remove() unbinds and unpublishes; the last put calls release.
 *
 * Lock: devtree_lock (LOCKRANK_DEVTREE) protects the tree, bus lists and bindings; it is
 * held while probe and remove run; a bus that is itself a device (virtio on PCI) adds
 * and removes its devices from there by the _nested calls.
 */
#pragma once

#include <tern/base/initcall.h>
#include <tern/base/lock.h>
#include <tern/lib/list.h>

struct devnode;
struct seqbuf;

struct driver_desc {
	const char *name;
	struct bus *bus;
	const void *ids;			/* bus's own match table */
	int (*probe)(struct devnode *d);	/* 0: taken; -ENODEV: not mine after all; -errno */
	void (*remove)(struct devnode *d);
	bool is_loaded;				/* it came at run time: drivers.skip= does not mean it */
	struct list link;			/* bus->drivers */
};

struct bus {
	const char *name;			/* "pci" */
	bool (*match)(struct devnode *d, const struct driver_desc *drv);
	void (*print_alias)(struct devnode *d, struct seqbuf *sb);	/* modalias text */
	struct list devices, drivers;		/* devtree_lock */
};

struct devnode {
	char name[32];			/* I unique on its bus: "0000:00:03.0" */
	struct bus *bus;		/* I NULL: root */
	struct devnode *parent;		/* I with a reference */
	refcount refs;
	void (*release)(struct devnode *d);	/* I last reference */
	const struct driver_desc *driver;	/* devtree_lock; NULL: unbound */
	void *driver_data;		/* the bound driver's */
	struct list children, sibling;	/* devtree_lock */
	struct list bus_link;		/* devtree_lock */
};

extern struct devnode devtree_root;

void devbus_register(struct bus *b);
/** driver_add() - offer devices of the bus that have no driver; 0 or -EEXIST. Sleeps. */
int driver_add(struct driver_desc *drv);
void driver_drop(struct driver_desc *drv);

void devnode_init(struct devnode *d, struct bus *bus, struct devnode *parent,
		  void (*release)(struct devnode *d));
/** devnode_add() - publish and bind; 0 or -EEXIST (name). Sleeps. */
int devnode_add(struct devnode *d);
/** devnode_remove() - unbind, unpublish, drop the creation reference. Sleeps. */
void devnode_remove(struct devnode *d);
/**
 * devnode_add_nested() / devnode_remove_nested() - the same from a probe or
 * remove; remove keeps the reference.
 */
int devnode_add_nested(struct devnode *d);
void devnode_remove_nested(struct devnode *d);
static inline void devnode_get(struct devnode *d) { ref_get(&d->refs); }
void devnode_put(struct devnode *d);
/**
 * devnode_foreach() - visit devices of a bus in order of discovery; stops when
 * @fn returns non-zero and returns that. Sleeps.
 */
int devnode_foreach(struct bus *b, int (*fn)(struct devnode *d, void *arg), void *arg);

/** driver_is_skipped() - does the command line say that native driver @name leaves its devices to others. */
bool driver_is_skipped(const char *name);

/** DRIVER(desc) - register at INITLEVEL_DEVICE; the file includes <generated/svc_driver.h>. */
#define DRIVER(desc)							\
	static int driver_init_##desc(void) { return svc_driver_add(&(desc)); } \
	INITCALL(DEVICE, driver_init_##desc)
