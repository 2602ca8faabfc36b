// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers of chips behind a bus, by number. Registers are asked of the chip each time; those that the
 * chip does not give back are remembered as they were written.
 *
 * Lock: the map's mutex, or a spin lock for buses that do not sleep.
 */
#include "../lx.h"

#include "../runtime.h"

#include <tern/base/err.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define WORD_MAX	4u
#define LITTLE		2u	/* REGMAP_ENDIAN_LITTLE */
#define NATIVE		3u

struct lx_regmap {
	struct lx_device *dev;
	const struct lx_regmap_bus *bus;
	void *context;
	struct lx_regmap_config config;
	u32 reg_bytes, val_bytes, stride;
	struct lx_mutex mutex;
	struct lx_raw_spinlock spin;
	unsigned long flags;
	struct lx_xarray written;	/* of registers that cannot be read: value as a number entry */
};

static void map_lock(struct lx_regmap *m)
{
	if (m->config.lock)
		m->config.lock(m->config.lock_arg);
	else if (m->bus && m->bus->fast_io)
		m->flags = lx__raw_spin_lock_irqsave(&m->spin);
	else
		lx_mutex_lock(&m->mutex);
}

static void map_unlock(struct lx_regmap *m)
{
	if (m->config.unlock)
		m->config.unlock(m->config.lock_arg);
	else if (m->bus && m->bus->fast_io)
		lx__raw_spin_unlock_irqrestore(&m->spin, m->flags);
	else
		lx_mutex_unlock(&m->mutex);
}

static bool is_readable(const struct lx_regmap *m, u32 reg)
{
	return !m->config.readable_reg || m->config.readable_reg(m->dev, reg);
}

static void word_put(u8 *out, u32 v, u32 n, bool is_little)
{
	for (u32 i = 0; i < n; i++)
		out[is_little ? i : n - 1 - i] = (u8)(v >> (8 * i));
}

static u32 word_get(const u8 *in, u32 n, bool is_little)
{
	u32 v = 0;

	for (u32 i = 0; i < n; i++)
		v |= (u32)in[is_little ? i : n - 1 - i] << (8 * i);
	return v;
}

static bool little(u32 endian) { return endian == LITTLE || endian == NATIVE; }

static int raw_read(struct lx_regmap *m, u32 reg, u32 *v)
{
	u8 where[WORD_MAX], data[WORD_MAX];
	int err;

	if (m->config.reg_read)
		return m->config.reg_read(m->context, reg, v);
	if (m->bus && m->bus->reg_read)
		return m->bus->reg_read(m->context, reg, v);
	if (!m->bus || !m->bus->read)
		return -EOPNOTSUPP;
	word_put(where, reg, m->reg_bytes, little(m->config.reg_format_endian));
	where[0] |= (u8)(m->config.read_flag_mask ? m->config.read_flag_mask : m->bus->read_flag_mask);
	err = m->bus->read(m->context, where, m->reg_bytes, data, m->val_bytes);
	if (!err)
		*v = word_get(data, m->val_bytes, little(m->config.val_format_endian));
	return err;
}

static int raw_write(struct lx_regmap *m, u32 reg, u32 v)
{
	u8 frame[2 * WORD_MAX];

	if (m->config.reg_write)
		return m->config.reg_write(m->context, reg, v);
	if (m->bus && m->bus->reg_write)
		return m->bus->reg_write(m->context, reg, v);
	if (!m->bus || !m->bus->write)
		return -EOPNOTSUPP;
	word_put(frame, reg, m->reg_bytes, little(m->config.reg_format_endian));
	frame[0] |= (u8)m->config.write_flag_mask;
	word_put(frame + m->reg_bytes, v, m->val_bytes, little(m->config.val_format_endian));
	return m->bus->write(m->context, frame, m->reg_bytes + m->val_bytes);
}

static int remembered(struct lx_regmap *m, u32 reg, u32 *v)
{
	void *e = lx_xa_load(&m->written, reg);

	if (e) {
		*v = (u32)((uptr)e >> 1);
		return 0;
	}
	for (u32 i = 0; i < m->config.num_reg_defaults; i++)
		if (m->config.reg_defaults[i].reg == reg) {
			*v = m->config.reg_defaults[i].def;
			return 0;
		}
	return -EIO;
}

static int check(const struct lx_regmap *m, u32 reg)
{
	return reg % m->stride ? -EINVAL : m->config.max_register && reg > m->config.max_register ? -EIO : 0;
}

static int read_locked(struct lx_regmap *m, u32 reg, u32 *v)
{
	int err = check(m, reg);

	return err ? err : is_readable(m, reg) ? raw_read(m, reg, v) : remembered(m, reg, v);
}

static int write_locked(struct lx_regmap *m, u32 reg, u32 v)
{
	int err = check(m, reg);

	if (!err && m->config.writeable_reg && !m->config.writeable_reg(m->dev, reg))
		err = -EIO;
	if (!err)
		err = raw_write(m, reg, v);
	if (!err && !is_readable(m, reg) && m->config.cache_type)
		(void)lx_xa_store(&m->written, reg, (void *)((uptr)v << 1 | 1), ALLOC_ATOMIC);
	return err;
}

int lx_regmap_read(struct lx_regmap *m, unsigned int reg, unsigned int *v)
{
	int err;

	map_lock(m);
	err = read_locked(m, reg, v);
	map_unlock(m);
	return err;
}
LX_EXPORT(regmap_read);

int lx_regmap_write(struct lx_regmap *m, unsigned int reg, unsigned int v)
{
	int err;

	map_lock(m);
	err = write_locked(m, reg, v);
	map_unlock(m);
	return err;
}
LX_EXPORT(regmap_write);

int lx_regmap_update_bits_base(struct lx_regmap *m, unsigned int reg, unsigned int mask, unsigned int v, bool *change,
			       bool async, bool force)
{
	u32 old = 0, new;
	int err;

	map_lock(m);
	err = read_locked(m, reg, &old);
	new = (old & ~mask) | (v & mask);
	if (!err && (force || new != old))
		err = write_locked(m, reg, new);
	map_unlock(m);
	if (change)
		*change = !err && new != old;
	return err;
}
LX_EXPORT(regmap_update_bits_base);

int lx_regmap_bulk_read(struct lx_regmap *m, unsigned int reg, void *out, size_t n)
{
	int err = 0;

	map_lock(m);
	for (size_t i = 0; i < n && !err; i++) {
		u32 v = 0;

		err = read_locked(m, reg + (u32)i * m->stride, &v);
		memcpy((u8 *)out + i * m->val_bytes, &v, m->val_bytes);
	}
	map_unlock(m);
	return err;
}
LX_EXPORT(regmap_bulk_read);

int lx_regmap_bulk_write(struct lx_regmap *m, unsigned int reg, const void *in, size_t n)
{
	int err = 0;

	map_lock(m);
	for (size_t i = 0; i < n && !err; i++) {
		u32 v = 0;

		memcpy(&v, (const u8 *)in + i * m->val_bytes, m->val_bytes);
		err = write_locked(m, reg + (u32)i * m->stride, v);
	}
	map_unlock(m);
	return err;
}
LX_EXPORT(regmap_bulk_write);

struct lx_device *lx_regmap_get_device(struct lx_regmap *m) { return m->dev; }
LX_EXPORT(regmap_get_device);

/* ---- making: goes with the binding ---- */

static void map_release(struct lx_device *dev, void *data)
{
	struct lx_regmap *m = data;

	lx_xa_destroy(&m->written);
	if (m->bus && m->bus->free_context)
		m->bus->free_context(m->context);
}

struct lx_regmap *lx___devm_regmap_init(struct lx_device *dev, const struct lx_regmap_bus *bus, void *context,
					const struct lx_regmap_config *config, struct lx_lock_class_key *key,
					const char *name)
{
	u32 reg_bytes = (u32)(config->reg_bits + 7) / 8, val_bytes = (u32)(config->val_bits + 7) / 8;
	struct lx_regmap *m;

	if (!reg_bytes || reg_bytes > WORD_MAX || !val_bytes || val_bytes > WORD_MAX ||
	    (config->reg_bits % 8) || (config->val_bits % 8))
		return ERR_PTR(-EINVAL);
	m = lx___devres_alloc_node(map_release, sizeof(*m), ALLOC_KERNEL, 0, "regmap");
	if (!m)
		return ERR_PTR(-ENOMEM);
	m->dev = dev;
	m->bus = bus;
	m->context = context;
	m->config = *config;
	m->reg_bytes = reg_bytes;
	m->val_bytes = val_bytes;
	m->stride = config->reg_stride > 0 ? (u32)config->reg_stride : 1;
	if (!m->config.val_format_endian && bus)
		m->config.val_format_endian = bus->val_format_endian_default;
	if (!m->config.reg_format_endian && bus)
		m->config.reg_format_endian = bus->reg_format_endian_default;
	lx___mutex_init(&m->mutex, "regmap", NULL);
	lx_devres_add(dev, m);
	return m;
}
LX_EXPORT(__devm_regmap_init);

/* ---- over I2C ---- */

static int i2c_write(void *context, const void *data, size_t n)
{
	int got = lx_i2c_transfer_buffer_flags(context, (char *)data, (int)n, 0);

	return got == (int)n ? 0 : got < 0 ? got : -EIO;
}

static int i2c_read(void *context, const void *reg, size_t nreg, void *out, size_t n)
{
	struct lx_i2c_client *c = context;
	struct lx_i2c_msg m[2] = {
		{ .addr = c->addr, .flags = c->flags & 0x10, .len = (u16)nreg, .buf = (u8 *)reg },
		{ .addr = c->addr, .flags = (c->flags & 0x10) | 1, .len = (u16)n, .buf = out },
	};
	int got = lx_i2c_transfer(c->adapter, m, 2);

	return got == 2 ? 0 : got < 0 ? got : -EIO;
}

static int smbus_read(void *context, unsigned int reg, unsigned int *v)
{
	int got = lx_i2c_smbus_read_byte_data(context, (u8)reg);

	if (got < 0)
		return got;
	*v = (u32)got;
	return 0;
}

static int smbus_write(void *context, unsigned int reg, unsigned int v)
{
	return lx_i2c_smbus_write_byte_data(context, (u8)reg, (u8)v);
}

static const struct lx_regmap_bus over_i2c = { .write = i2c_write, .read = i2c_read };
static const struct lx_regmap_bus over_smbus = { .reg_write = smbus_write, .reg_read = smbus_read };

struct lx_regmap *lx___devm_regmap_init_i2c(struct lx_i2c_client *c, const struct lx_regmap_config *config,
					    struct lx_lock_class_key *key, const char *name)
{
	const struct lx_regmap_bus *bus = c->adapter->algo->master_xfer ? &over_i2c :
		config->reg_bits == 8 && config->val_bits == 8 ? &over_smbus : NULL;

	return bus ? lx___devm_regmap_init(&c->dev, bus, c, config, key, name) : ERR_PTR(-EOPNOTSUPP);
}
LX_EXPORT(__devm_regmap_init_i2c);
