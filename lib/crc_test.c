/* SPDX-License-Identifier: GPL-2.0-only */
#include <tern/lib/crc.h>

#include "test_impl.h"

static u64 slow(u64 reg, u64 poly, const u8 *p, size_t n)
{
	while (n--) {
		reg ^= *p++;
		for (int i = 0; i < 8; i++)
			reg = reg >> 1 ^ (reg & 1 ? poly : 0);
	}
	return reg;
}

TEST(lib_crc, check_values)
{
	EXPECT_EQ(crc32_update(0, "123456789", 9), 0xcbf43926);
	EXPECT_EQ(crc32c_update(0, "123456789", 9), 0xe3069283);
	EXPECT_EQ(crc64_update(0, "123456789", 9), 0x995dc9bbdf1939faUL);
	EXPECT_EQ(crc16_raw(0, "123456789", 9), 0xbb3d);
}

TEST(lib_crc, all_lengths_and_splits)
{
	u8 buf[100];
	u64 rng = 4;

	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = (u8)test_random(&rng);
	for (size_t n = 0; n <= sizeof(buf); n++) {
		size_t k = n / 3;

		EXPECT_EQ(crc32_raw(1, buf, n), slow(1, 0xedb88320, buf, n));
		EXPECT_EQ(crc32c_raw(1, buf, n), slow(1, 0x82f63b78, buf, n));
		EXPECT_EQ(crc64_raw(1, buf, n), slow(1, 0xc96c5795d7870f42, buf, n));
		EXPECT_EQ(crc16_raw(1, buf, n), slow(1, 0xa001, buf, n));
		EXPECT_EQ(crc32_update(crc32_update(0, buf, k), buf + k, n - k),
			  crc32_update(0, buf, n));
	}
}
