// SPDX-License-Identifier: GPL-2.0-only
/*
 * SMBus operations on I2C: by the adapter's own function, or as I2C messages (System Management
 * Bus 2.0, 5.5).
 */
#include "i2c_impl.h"

#include <tern/base/err.h>
#include <tern/lib/string.h>

enum { SMBUS_QUICK, SMBUS_BYTE, SMBUS_BYTE_DATA, SMBUS_WORD_DATA };
enum { SMBUS_WRITE, SMBUS_READ };

static int emulate(struct lx_i2c_adapter *a, u16 addr, u16 flags, bool is_read, u8 command, int kind,
		   union lx_i2c_smbus_data *data)
{
	u8 out[3] = { command }, in[2] = { 0 };
	int n = kind == SMBUS_WORD_DATA ? 2 : 1, count = 1, got;
	struct lx_i2c_msg m[2] = {
		{ .addr = addr, .flags = flags & I2C_M_TEN, .len = 1, .buf = out },
		{ .addr = addr, .flags = (flags & I2C_M_TEN) | I2C_M_RD, .len = (u16)n, .buf = in },
	};

	if (kind == SMBUS_QUICK) {
		m[0].len = 0;
		m[0].flags |= is_read ? I2C_M_RD : 0;
	} else if (kind == SMBUS_BYTE && is_read) {
		m[0] = m[1];
	} else if (kind != SMBUS_BYTE && is_read) {
		count = 2;
	} else if (kind != SMBUS_BYTE) {
		out[1] = (u8)data->word;
		out[2] = (u8)(data->word >> 8);
		m[0].len = (u16)(1 + n);
	}
	got = lx___i2c_transfer(a, m, count);
	if (got < 0)
		return got;
	if (got != count)
		return -EIO;
	if (is_read && kind != SMBUS_QUICK)
		data->word = (u16)(in[0] | in[1] << 8);
	return 0;
}

int lx___i2c_smbus_xfer(struct lx_i2c_adapter *a, unsigned short addr, unsigned short flags, char rw,
			unsigned char command, int kind, union lx_i2c_smbus_data *data)
{
	if (a->algo->smbus_xfer)
		return a->algo->smbus_xfer(a, addr, flags, rw, command, kind, data);
	if (kind < SMBUS_QUICK || kind > SMBUS_WORD_DATA)
		return -EOPNOTSUPP;
	return emulate(a, addr, flags, rw == SMBUS_READ, command, kind, data);
}
LX_EXPORT(__i2c_smbus_xfer);

int lx_i2c_smbus_xfer(struct lx_i2c_adapter *a, unsigned short addr, unsigned short flags, char rw,
		      unsigned char command, int kind, union lx_i2c_smbus_data *data)
{
	int err;

	lx_mutex_lock(&a->userspace_clients_lock);
	err = lx___i2c_smbus_xfer(a, addr, flags, rw, command, kind, data);
	lx_mutex_unlock(&a->userspace_clients_lock);
	return err;
}
LX_EXPORT(i2c_smbus_xfer);

static int client_xfer(const struct lx_i2c_client *c, char rw, u8 command, int kind,
		       union lx_i2c_smbus_data *data)
{
	return lx_i2c_smbus_xfer(c->adapter, c->addr, c->flags, rw, command, kind, data);
}

int lx_i2c_smbus_read_byte(const struct lx_i2c_client *c)
{
	union lx_i2c_smbus_data d;
	int err = client_xfer(c, SMBUS_READ, 0, SMBUS_BYTE, &d);

	return err < 0 ? err : d.byte;
}
LX_EXPORT(i2c_smbus_read_byte);

int lx_i2c_smbus_write_byte(const struct lx_i2c_client *c, unsigned char v)
{
	return client_xfer(c, SMBUS_WRITE, v, SMBUS_BYTE, NULL);
}
LX_EXPORT(i2c_smbus_write_byte);

int lx_i2c_smbus_read_byte_data(const struct lx_i2c_client *c, unsigned char command)
{
	union lx_i2c_smbus_data d;
	int err = client_xfer(c, SMBUS_READ, command, SMBUS_BYTE_DATA, &d);

	return err < 0 ? err : d.byte;
}
LX_EXPORT(i2c_smbus_read_byte_data);

int lx_i2c_smbus_write_byte_data(const struct lx_i2c_client *c, unsigned char command, unsigned char v)
{
	union lx_i2c_smbus_data d = { .word = v };

	return client_xfer(c, SMBUS_WRITE, command, SMBUS_BYTE_DATA, &d);
}
LX_EXPORT(i2c_smbus_write_byte_data);

int lx_i2c_smbus_read_word_data(const struct lx_i2c_client *c, unsigned char command)
{
	union lx_i2c_smbus_data d;
	int err = client_xfer(c, SMBUS_READ, command, SMBUS_WORD_DATA, &d);

	return err < 0 ? err : d.word;
}
LX_EXPORT(i2c_smbus_read_word_data);

int lx_i2c_smbus_write_word_data(const struct lx_i2c_client *c, unsigned char command, unsigned short v)
{
	union lx_i2c_smbus_data d = { .word = v };

	return client_xfer(c, SMBUS_WRITE, command, SMBUS_WORD_DATA, &d);
}
LX_EXPORT(i2c_smbus_write_word_data);
