/* SPDX-License-Identifier: GPL-2.0-only */
/* SHA-1 (FIPS 180-4), for names that formats make by it; it secures nothing any more. */
#pragma once

#include <tern/base/types.h>

#define SHA1_SIZE	20

/** sha1_hash() - digest of one buffer of @len bytes */
void sha1_hash(const void *data, size_t len, u8 out[SHA1_SIZE]);
