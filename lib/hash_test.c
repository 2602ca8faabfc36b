/* SPDX-License-Identifier: GPL-2.0-only */
#include <tern/lib/hash.h>

#include <tern/lib/bits.h>
#include <tern/lib/string.h>

#include "test_impl.h"

/* A bit-exact SipHash-1-3 written the long way. */
static u64 slow_sip13(const u8 *p, size_t len, u64 k0, u64 k1)
{
	u64 v[4] = { k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d,
		     k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573 };
	size_t blocks = len / 8 + 1;

	for (size_t b = 0; b < blocks + 3; b++) {
		u64 m = 0;

		for (size_t i = 0; i < 8 && b < blocks; i++) {
			if (b * 8 + i < len)
				m |= (u64)p[b * 8 + i] << (8 * i);
			else if (i == 7)
				m |= (u64)(len & 255) << 56;
		}
		if (b == blocks)
			v[2] ^= 0xff;
		v[3] ^= m;
		v[0] += v[1]; v[2] += v[3];
		v[1] = rol64(v[1], 13); v[3] = rol64(v[3], 16);
		v[1] ^= v[0]; v[3] ^= v[2];
		v[0] = rol64(v[0], 32);
		v[2] += v[1]; v[0] += v[3];
		v[1] = rol64(v[1], 17); v[3] = rol64(v[3], 21);
		v[1] ^= v[2]; v[3] ^= v[0];
		v[2] = rol64(v[2], 32);
		v[0] ^= m;
	}
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

TEST(lib_hash, keyed_hash_is_siphash_1_3)
{
	struct hash_key key = { { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } };
	u8 data[64];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (u8)i;
	for (size_t n = 0; n <= sizeof(data); n++)
		EXPECT_EQ(hash_bytes(data, n, &key), slow_sip13(data, n, key.k[0], key.k[1]));
	/* first vector of the reference's 1-3 set: empty input */
	EXPECT_EQ(hash_bytes(data, 0, &key), 0xabac0158050fc4dcUL);
	EXPECT_EQ(hash_str("abc", &key), hash_bytes("abc", 3, &key));
}

TEST(lib_hash, names_spread)
{
	unsigned buckets[256] = { 0 }, worst = 0;
	char name[16];

	for (int i = 0; i < 25600; i++) {
		int n = snprintf(name, sizeof(name), "file%d", i);

		buckets[hash_name(name, (size_t)n, 1) & 255]++;
	}
	for (int i = 0; i < 256; i++)
		worst = max(worst, buckets[i]);
	EXPECT(worst < 150);
	EXPECT(hash_name("a", 1, 1) != hash_name("a", 1, 2));
	EXPECT(hash_name("a\0", 2, 1) != hash_name("a", 1, 1));
	EXPECT_EQ(hash_u64(123456, 10) >> 10, 0);
}
