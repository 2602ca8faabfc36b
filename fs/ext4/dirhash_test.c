/* SPDX-License-Identifier: GPL-2.0-only */
/* Expected values are those that debugfs (dx_hash) prints. */
#include "dirhash.h"

#include <tern/lib/ktest.h>
#include <tern/lib/string.h>

#include "format.h"

static const u32 seed[4] = { 0x67452301, 0xefcdab89, 0x67452301, 0xefcdab89 };
static const char long_name[] = "a_rather_long_file_name_with_more_than_32_characters_in_it.tar.gz";

static const struct { u8 version; const char *name; u32 hash, minor; } known[] = {
	{ EXT4_HASH_LEGACY, "a", 0xe74b53e2, 0 },
	{ EXT4_HASH_LEGACY, "hello.txt", 0x65a05776, 0 },
	{ EXT4_HASH_LEGACY, "\xc3\xa4\xff\x80", 0xeff3487e, 0 },
	{ EXT4_HASH_HALF_MD4, "a", 0x35dc0cc4, 0x3f1dacef },
	{ EXT4_HASH_HALF_MD4, "file", 0x2fa08550, 0xa2347c70 },
	{ EXT4_HASH_HALF_MD4, long_name, 0xc4c5d15a, 0xfafc8889 },
	{ EXT4_HASH_HALF_MD4, "\xc3\xa4\xff\x80", 0xaeb41bc6, 0xc06fd71f },
	{ EXT4_HASH_TEA, "hello.txt", 0x5107c3f2, 0x3840cb7 },
	{ EXT4_HASH_TEA, long_name, 0x8bb401a6, 0xf0e84ebb },
	{ EXT4_HASH_TEA, "\xc3\xa4\xff\x80", 0xe8d9ee4a, 0x965ccc97 },
};

TEST(ext4_dirhash, known_values)
{
	struct ext4_hash h;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		EXPECT_EQ(ext4_name_hash(known[i].version, seed, known[i].name, (u32)strlen(known[i].name), &h), 0);
		EXPECT_EQ(h.hash, known[i].hash);
		EXPECT_EQ(h.minor, known[i].minor);
	}
}

TEST(ext4_dirhash, no_seed_and_unknown_versions)
{
	static const u32 none[4];
	struct ext4_hash h;

	EXPECT_EQ(ext4_name_hash(EXT4_HASH_HALF_MD4, none, "file", 4, &h), 0);
	EXPECT_EQ(h.hash, 0x19ccbc2);
	EXPECT_EQ(h.minor, 0xb9c649b1);
	EXPECT_EQ(ext4_name_hash(6, none, "file", 4, &h), -22);
	EXPECT_EQ(ext4_name_hash(EXT4_HASH_TEA_UNSIGNED, none, "file", 4, &h), 0);
}
