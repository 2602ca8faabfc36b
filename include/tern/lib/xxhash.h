/* SPDX-License-Identifier: GPL-2.0-only */
/* XXH32 and XXH64 (xxHash specification 0.1.1), in one go and in pieces. */
#pragma once

#include <tern/base/types.h>

/**
 * xxh32_hash() - XXH32 of @len bytes
 */
u32 xxh32_hash(const void *data, size_t len, u32 seed);

/**
 * xxh64_hash() - XXH64 of @len bytes
 */
u64 xxh64_hash(const void *data, size_t len, u64 seed);

struct xxh32_ctx {
	u32 acc[4];
	u32 seed;
	u64 total;
	u8 buf[16];
};

struct xxh64_ctx {
	u64 acc[4];
	u64 seed;
	u64 total;
	u8 buf[32];
};

void xxh32_begin(struct xxh32_ctx *s, u32 seed);
void xxh32_add(struct xxh32_ctx *s, const void *data, size_t len);
u32 xxh32_end(const struct xxh32_ctx *s);

void xxh64_begin(struct xxh64_ctx *s, u64 seed);
void xxh64_add(struct xxh64_ctx *s, const void *data, size_t len);
u64 xxh64_end(const struct xxh64_ctx *s);
