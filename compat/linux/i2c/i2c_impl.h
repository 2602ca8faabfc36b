/* SPDX-License-Identifier: GPL-2.0-only */
/* The I2C core for modules. */
#pragma once

#include "../lx.h"

#define I2C_M_RD	1u	/* message: from the device */
#define I2C_M_TEN	0x10u
