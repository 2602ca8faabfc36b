/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to compat/linux/crypto. */
#pragma once

#include "../lx.h"

/* Types in cra_flags: macros of the vendor, so not in its type information. */
#define CRYPTO_TYPE_MASK	0x0fu
#define CRYPTO_TYPE_CIPHER	0x01u
#define CRYPTO_TYPE_COMPRESS	0x02u
#define CRYPTO_TYPE_SHASH	0x0eu

/** lx_crypto_alg_get() - the best algorithm @name whose masked flags are @type, with its module; NULL. Sleeps. */
struct lx_crypto_alg *lx_crypto_alg_get(const char *name, u32 type, u32 mask);
void lx_crypto_alg_put(struct lx_crypto_alg *a);
