/* SPDX-License-Identifier: GPL-2.0-only */
/* SHA-256 (FIPS 180-4). */
#pragma once

#include <tern/base/types.h>

#define SHA256_SIZE	32

struct sha256 {
	u32 h[8];
	u64 total;
	u8 buf[64];
};

/**
 * sha256_begin() - start a new digest
 */
void sha256_begin(struct sha256 *s);

/**
 * sha256_add() - take in more bytes
 */
void sha256_add(struct sha256 *s, const void *data, size_t len);

/**
 * sha256_end() - the digest; @s must begin anew afterwards
 */
void sha256_end(struct sha256 *s, u8 out[SHA256_SIZE]);

/**
 * sha256_hash() - digest of one buffer
 */
void sha256_hash(const void *data, size_t len, u8 out[SHA256_SIZE]);
