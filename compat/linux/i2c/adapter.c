// SPDX-License-Identifier: GPL-2.0-only
/*
 * I2C: adapters, drivers of chips, and messages. Chips are clients on the bus; one exists only after
 * somebody who knows the board made it, so a driver alone just waits.
 */
#include "i2c_impl.h"

#include "../runtime.h"

#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/lib/string.h>

static struct lx_ida numbers;

static struct lx_i2c_client *client_of(struct lx_device *dev)
{
	return container_of(dev, struct lx_i2c_client, dev);
}
static struct lx_i2c_driver *driver_of(struct lx_device_driver *d)
{
	return container_of(d, struct lx_i2c_driver, driver);
}

const struct lx_i2c_device_id *lx_i2c_match_id(const struct lx_i2c_device_id *id, const struct lx_i2c_client *c)
{
	for (; id && id->name[0]; id++)
		if (!strcmp(id->name, c->name))
			return id;
	return NULL;
}
LX_EXPORT(i2c_match_id);

static int bus_match(struct lx_device *dev, struct lx_device_driver *drv)
{
	return dev->type && lx_i2c_match_id(driver_of(drv)->id_table, client_of(dev)) != NULL;
}

static int bus_probe(struct lx_device *dev)
{
	struct lx_i2c_driver *d = driver_of(dev->driver);
	struct lx_i2c_client *c = client_of(dev);

	if (d->probe_new)
		return d->probe_new(c);
	return d->probe ? d->probe(c, lx_i2c_match_id(d->id_table, c)) : -EINVAL;
}

static void bus_remove(struct lx_device *dev)
{
	struct lx_i2c_driver *d = driver_of(dev->driver);

	if (d->remove)
		d->remove(client_of(dev));
}

struct lx_bus_type lx_i2c_bus_type = {
	.name = "i2c", .match = bus_match, .probe = bus_probe, .remove = bus_remove,
};
LX_EXPORT_DATA(i2c_bus_type);

int lx_i2c_register_driver(struct lx_module *owner, struct lx_i2c_driver *d)
{
	d->driver.owner = owner;
	d->driver.bus = &lx_i2c_bus_type;
	d->clients.next = d->clients.prev = &d->clients;
	return lx_driver_register(&d->driver);
}
LX_EXPORT(i2c_register_driver);

void lx_i2c_del_driver(struct lx_i2c_driver *d)
{
	lx_driver_unregister(&d->driver);
}
LX_EXPORT(i2c_del_driver);

/* ---- adapters ---- */

static void adapter_release(struct lx_device *dev)
{
	lx_complete(&container_of(dev, struct lx_i2c_adapter, dev)->dev_released);
}

static const struct lx_device_type adapter_type = { .name = "i2c_adapter", .release = adapter_release };

static int adapter_add(struct lx_i2c_adapter *a, unsigned int min, unsigned int max)
{
	int nr, err;

	if (!a->name[0] || !a->algo)
		return -EINVAL;
	nr = lx_ida_alloc_range(&numbers, min, max, 0xcc0);
	if (nr < 0)
		return nr == -ENOSPC ? -EBUSY : nr;
	a->nr = nr;
	if (!a->timeout)
		a->timeout = 250;
	lx___mutex_init(&a->userspace_clients_lock, "i2c", NULL);
	a->userspace_clients.next = a->userspace_clients.prev = &a->userspace_clients;
	lx_device_initialize(&a->dev);
	a->dev.type = &adapter_type;
	err = lx_dev_set_name(&a->dev, "i2c-%d", nr);
	if (!err)
		err = lx_device_add(&a->dev);
	if (err)
		lx_ida_free(&numbers, (unsigned int)nr);
	return err;
}

int lx_i2c_add_adapter(struct lx_i2c_adapter *a) { return adapter_add(a, 0, S32_MAX); }
LX_EXPORT(i2c_add_adapter);

int lx_i2c_add_numbered_adapter(struct lx_i2c_adapter *a)
{
	return a->nr < 0 ? lx_i2c_add_adapter(a) : adapter_add(a, (unsigned int)a->nr, (unsigned int)a->nr);
}
LX_EXPORT(i2c_add_numbered_adapter);

void lx_i2c_del_adapter(struct lx_i2c_adapter *a)
{
	a->dev_released.done = 0;
	lx___init_swait_queue_head(&a->dev_released.wait, "i2c", NULL);
	lx_device_unregister(&a->dev);
	lx_wait_for_completion(&a->dev_released);
	lx_ida_free(&numbers, (unsigned int)a->nr);
	memset(&a->dev, 0, sizeof(a->dev));
}
LX_EXPORT(i2c_del_adapter);

/* ---- messages ---- */

int lx___i2c_transfer(struct lx_i2c_adapter *a, struct lx_i2c_msg *msgs, int n)
{
	unsigned long end = lx_jiffies_now() + (unsigned long)a->timeout;
	int got = -EINVAL;

	if (!a->algo->master_xfer)
		return -EOPNOTSUPP;
	if (n <= 0)
		return -EINVAL;
	for (int try = 0; try <= a->retries; try++) {
		got = a->algo->master_xfer(a, msgs, n);
		if (got != -EAGAIN || (long)(lx_jiffies_now() - end) > 0)
			break;
	}
	return got;
}
LX_EXPORT(__i2c_transfer);

int lx_i2c_transfer(struct lx_i2c_adapter *a, struct lx_i2c_msg *msgs, int n)
{
	int got;

	lx_mutex_lock(&a->userspace_clients_lock);
	got = lx___i2c_transfer(a, msgs, n);
	lx_mutex_unlock(&a->userspace_clients_lock);
	return got;
}
LX_EXPORT(i2c_transfer);

int lx_i2c_transfer_buffer_flags(const struct lx_i2c_client *c, char *buf, int n, unsigned short flags)
{
	struct lx_i2c_msg m = { .addr = c->addr, .flags = flags | (c->flags & I2C_M_TEN),
				.len = (unsigned short)n, .buf = (unsigned char *)buf };
	int got = lx_i2c_transfer(c->adapter, &m, 1);

	return got == 1 ? n : got;
}
LX_EXPORT(i2c_transfer_buffer_flags);

static int i2c_init(void)
{
	return lx_bus_register(&lx_i2c_bus_type);
}
INITCALL(BUS, i2c_init);
