/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cyclic redundancy checks, least significant bit first. The _raw forms take
 * and give the register itself, for formats with their own start value; the
 * others start at 0, continue with their own result, and are the check sums
 * that gzip (crc32), iSCSI (crc32c) and xz (crc64) define.
 */
#pragma once

#include <tern/base/types.h>

/**
 * crc32_raw() - polynomial 0x04c11db7, no inversion
 */
u32 crc32_raw(u32 reg, const void *data, size_t len);

/**
 * crc32c_raw() - polynomial 0x1edc6f41 (Castagnoli), no inversion
 */
u32 crc32c_raw(u32 reg, const void *data, size_t len);

/**
 * crc64_raw() - polynomial 0x42f0e1eba9ea3693 (ECMA-182), no inversion
 */
u64 crc64_raw(u64 reg, const void *data, size_t len);

/**
 * crc16_raw() - polynomial 0x8005 (CRC-16/ARC), no inversion
 */
u16 crc16_raw(u16 reg, const void *data, size_t len);

static inline u32 crc32_update(u32 crc, const void *data, size_t len)
{
	return ~crc32_raw(~crc, data, len);
}

static inline u32 crc32c_update(u32 crc, const void *data, size_t len)
{
	return ~crc32c_raw(~crc, data, len);
}

static inline u64 crc64_update(u64 crc, const void *data, size_t len)
{
	return ~crc64_raw(~crc, data, len);
}
