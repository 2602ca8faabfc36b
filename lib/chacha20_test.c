// SPDX-License-Identifier: GPL-2.0-only
#include <tern/lib/chacha20.h>

#include <tern/lib/string.h>

#include "test_impl.h"

/* RFC 8439 A.1, vectors 1 and 2: zero key, counters 0 and 1. */
static const u8 zero_key_0[16] = { 0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90,
	0x40, 0x5d, 0x6a, 0xe5, 0x53, 0x86, 0xbd, 0x28 };
static const u8 zero_key_1[16] = { 0x9f, 0x07, 0xe7, 0xbe, 0x55, 0x51, 0x38, 0x7a,
	0x98, 0xba, 0x97, 0x7c, 0x73, 0x2d, 0x08, 0x0d };

TEST(lib_chacha20, vectors_of_the_rfc)
{
	u8 key[32] = { 0 }, out[64];
	u32 s[16];

	chacha20_init(s, key);
	chacha20_block(s, out);
	EXPECT_BYTES(out, zero_key_0, 16);
	chacha20_block(s, out);
	EXPECT_BYTES(out, zero_key_1, 16);
}

TEST(lib_chacha20, counter_carries)
{
	u8 key[32] = { 1 }, a[64], b[64];
	u32 s[16];

	chacha20_init(s, key);
	s[12] = 0xffffffff;
	chacha20_block(s, a);
	EXPECT(s[12] == 0 && s[13] == 1);
	chacha20_block(s, b);
	EXPECT(memcmp(a, b, 64) != 0);
}
