// SPDX-License-Identifier: GPL-2.0-only
/* Chips on an I2C bus that a module knows of: made, looked for, taken away. */
#include "i2c_impl.h"

#include "../runtime.h"

#include <tern/base/err.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define ADDR_MAX	0x77u
#define END_OF_LIST	0xfffeu
#define BLOCK_MAX	32

static struct lx_i2c_client *client_of(struct lx_device *dev) { return container_of(dev, struct lx_i2c_client, dev); }
static void client_release(struct lx_device *dev) { kmem_free(client_of(dev)); }

static int client_uevent(struct lx_device *dev, struct lx_kobj_uevent_env *env)
{
	return lx_add_uevent_var(env, "MODALIAS=i2c:%s", client_of(dev)->name);
}

static long name_show(struct lx_device *dev, struct lx_device_attribute *a, char *buf)
{
	return lx_sysfs_emit(buf, "%s\n", client_of(dev)->name);
}
static struct lx_device_attribute name_attr = { .attr = { .name = "name", .mode = 0444 }, .show = name_show };
static struct lx_attribute *attrs[] = { &name_attr.attr, NULL };
static const struct lx_attribute_group group = { .attrs = attrs };
static const struct lx_attribute_group *groups[] = { &group, NULL };

static const struct lx_device_type client_type = {
	.name = "i2c_client", .groups = groups, .release = client_release, .uevent = client_uevent,
};

struct lx_i2c_client *lx_i2c_verify_client(struct lx_device *dev)
{
	return dev->type == &client_type ? client_of(dev) : NULL;
}
LX_EXPORT(i2c_verify_client);

static int is_at(struct lx_device *dev, void *addr)
{
	struct lx_i2c_client *c = lx_i2c_verify_client(dev);

	return c && c->addr == *(u16 *)addr;
}

struct lx_i2c_client *lx_i2c_new_client_device(struct lx_i2c_adapter *a, const struct lx_i2c_board_info *info)
{
	struct lx_i2c_client *c;
	u16 addr = info->addr;
	int err;

	if (addr > 0x3ff || (!(info->flags & I2C_M_TEN) && (!addr || addr > 0x7f)))
		return ERR_PTR(-EINVAL);
	if (lx_device_for_each_child(&a->dev, &addr, is_at))
		return ERR_PTR(-EBUSY);
	c = kmem_zalloc(sizeof(*c), ALLOC_KERNEL);
	if (!c)
		return ERR_PTR(-ENOMEM);
	c->adapter = a;
	c->flags = info->flags;
	c->addr = addr;
	c->init_irq = c->irq = info->irq;
	strlcpy(c->name, info->type, sizeof(c->name));
	lx_device_initialize(&c->dev);
	c->dev.parent = &a->dev;
	c->dev.bus = &lx_i2c_bus_type;
	c->dev.type = &client_type;
	c->dev.platform_data = info->platform_data;
	c->dev.fwnode = info->fwnode;
	err = info->dev_name ? lx_dev_set_name(&c->dev, "i2c-%s", info->dev_name) :
		lx_dev_set_name(&c->dev, "%d-%04x", a->nr, addr);
	if (!err)
		err = lx_device_add(&c->dev);
	if (!err)
		return c;
	lx_put_device(&c->dev);
	return ERR_PTR(err);
}
LX_EXPORT(i2c_new_client_device);

void lx_i2c_unregister_device(struct lx_i2c_client *c)
{
	if (!IS_ERR_OR_NULL(c))
		lx_device_unregister(&c->dev);
}
LX_EXPORT(i2c_unregister_device);

struct lx_i2c_client *lx_i2c_new_dummy_device(struct lx_i2c_adapter *a, unsigned short addr)
{
	struct lx_i2c_board_info info = { .type = "dummy", .addr = addr };

	return lx_i2c_new_client_device(a, &info);
}
LX_EXPORT(i2c_new_dummy_device);

static void devm_unregister(void *c) { lx_i2c_unregister_device(c); }

struct lx_i2c_client *lx_devm_i2c_new_dummy_device(struct lx_device *dev, struct lx_i2c_adapter *a, unsigned short addr)
{
	struct lx_i2c_client *c = lx_i2c_new_dummy_device(a, addr);
	int err = IS_ERR(c) ? 0 : lx_devm_add_action(dev, devm_unregister, c);

	if (!err)
		return c;
	lx_i2c_unregister_device(c);
	return ERR_PTR(err);
}
LX_EXPORT(devm_i2c_new_dummy_device);

/* Does something answer there: memories are read, others get an empty write. */
static int answers(struct lx_i2c_adapter *a, unsigned short addr)
{
	union lx_i2c_smbus_data data;
	bool is_memory = (addr & ~0x07) == 0x30 || (addr & ~0x0f) == 0x50;

	return lx_i2c_smbus_xfer(a, addr, 0, is_memory ? 1 : 0, 0, is_memory ? 1 : 0, &data) >= 0;
}

struct lx_i2c_client *lx_i2c_new_scanned_device(struct lx_i2c_adapter *a, struct lx_i2c_board_info *info,
						const unsigned short *list,
						int (*probe)(struct lx_i2c_adapter *, unsigned short))
{
	for (; *list != END_OF_LIST; list++) {
		u16 addr = *list;

		if (addr < 0x08 || addr > ADDR_MAX || lx_device_for_each_child(&a->dev, &addr, is_at))
			continue;
		if (!(probe ? probe : answers)(a, addr))
			continue;
		info->addr = addr;
		return lx_i2c_new_client_device(a, info);
	}
	return ERR_PTR(-ENODEV);
}
LX_EXPORT(i2c_new_scanned_device);

/* ---- blocks ---- */

int lx_i2c_smbus_read_i2c_block_data(const struct lx_i2c_client *c, unsigned char command, unsigned char n,
				     unsigned char *out)
{
	union lx_i2c_smbus_data data;
	int err;

	n = min_t(u8, n, BLOCK_MAX);
	if (!c->adapter->algo->smbus_xfer) {
		struct lx_i2c_msg m[2] = {
			{ .addr = c->addr, .flags = c->flags & I2C_M_TEN, .len = 1, .buf = &command },
			{ .addr = c->addr, .flags = (c->flags & I2C_M_TEN) | I2C_M_RD, .len = n, .buf = out },
		};

		err = lx_i2c_transfer(c->adapter, m, 2);
		return err < 0 ? err : err == 2 ? n : -EIO;
	}
	data.block[0] = n;
	err = lx_i2c_smbus_xfer(c->adapter, c->addr, c->flags, 1, command, 8, &data);
	if (err < 0)
		return err;
	n = min_t(u8, data.block[0], n);
	memcpy(out, &data.block[1], n);
	return n;
}
LX_EXPORT(i2c_smbus_read_i2c_block_data);

int lx_i2c_smbus_write_i2c_block_data(const struct lx_i2c_client *c, unsigned char command, unsigned char n,
				      const unsigned char *in)
{
	union lx_i2c_smbus_data data;
	u8 *frame = data.block;
	int err;

	n = min_t(u8, n, BLOCK_MAX);
	memcpy(&data.block[1], in, n);
	if (!c->adapter->algo->smbus_xfer) {
		frame[0] = command;
		err = lx_i2c_transfer_buffer_flags(c, (char *)frame, n + 1, 0);
		return err < 0 ? err : 0;
	}
	data.block[0] = n;
	return lx_i2c_smbus_xfer(c->adapter, c->addr, c->flags, 0, command, 8, &data);
}
LX_EXPORT(i2c_smbus_write_i2c_block_data);
