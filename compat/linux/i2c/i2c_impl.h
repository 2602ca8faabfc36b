/* SPDX-License-Identifier: GPL-2.0-only */
/* The I2C core for modules. */
#pragma once

#include "../lx.h"

#define I2C_M_RD	1u	/* message: from the device */
#define I2C_M_TEN	0x10u

extern struct lx_bus_type lx_i2c_bus_type;
