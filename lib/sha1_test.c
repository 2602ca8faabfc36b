/* SPDX-License-Identifier: GPL-2.0-only */
#include <tern/lib/sha1.h>

#include "test_impl.h"

static const char *hex_of(const void *data, size_t len)
{
	static char text[2 * SHA1_SIZE + 1];
	u8 d[SHA1_SIZE];

	sha1_hash(data, len, d);
	for (int i = 0; i < SHA1_SIZE; i++)
		sprintf(text + 2 * i, "%02x", d[i]);
	return text;
}

TEST(lib_sha1, standard_vectors)
{
	static u8 a[1000000];

	EXPECT_STR(hex_of("", 0), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
	EXPECT_STR(hex_of("abc", 3), "a9993e364706816aba3e25717850c26c9cd0d89d");
	EXPECT_STR(hex_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56),
		   "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
	memset(a, 'a', sizeof(a));
	EXPECT_STR(hex_of(a, sizeof(a)), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

/* Where padding takes a block of its own, and where not. */
TEST(lib_sha1, lengths_around_a_block)
{
	static u8 a[65];

	memset(a, 'a', sizeof(a));
	EXPECT_STR(hex_of(a, 55), "c1c8bbdc22796e28c0e15163d20899b65621d65a");
	EXPECT_STR(hex_of(a, 56), "c2db330f6083854c99d4b5bfb6e8f29f201be699");
	EXPECT_STR(hex_of(a, 64), "0098ba824b5c16427bd7a1122a5a442a25ec644d");
}
