/* SPDX-License-Identifier: GPL-2.0-only */
#include "dirblock.h"

#include <tern/base/err.h>
#include <tern/lib/ktest.h>
#include <tern/lib/string.h>

#include <stdio.h>

static const struct ext4_geo geo = { .block_size = 1024, .block_bits = 10, .inodes = 100000, .csum_seed = 7,
	.ro_compat = EXT4_RO_METADATA_CSUM, .incompat = EXT4_INCOMPAT_FILETYPE, .hash_seed = { 1, 2, 3, 4 } };

static u64 next(u64 *s)
{
	*s = *s * 6364136223846793005UL + 1442695040888963407UL;
	return *s >> 33;
}

TEST(ext4_dirblock, agrees_with_a_plain_set)
{
	u8 block[1024];
	bool has[64] = { 0 };
	char name[16];
	u64 s = 42;

	ext4_dir_init(&geo, block);
	for (int i = 0; i < 20000; i++) {
		u32 n = (u32)(next(&s) % 64);
		u32 len = (u32)snprintf(name, sizeof(name), "n%u%.*s", n, (int)(n % 9), "xxxxxxxxx");
		int at = ext4_dir_find(&geo, block, name, len);

		EXPECT_EQ(at >= 0, has[n]);
		if (at >= 0) {
			EXPECT_EQ(ext4_dirent_at(block, (u32)at)->inode, 100 + n);
			EXPECT_EQ(ext4_dir_remove(&geo, block, (u32)at), 0);
			has[n] = false;
		} else if (ext4_dir_insert(&geo, block, name, len, 100 + n, EXT4_FT_REG) == 0) {
			has[n] = true;
		}
	}
	ext4_dir_csum_set(&geo, 5, block);
	EXPECT(ext4_dir_csum_ok(&geo, 5, block));
	block[9] ^= 1;
	EXPECT(!ext4_dir_csum_ok(&geo, 5, block));
}

TEST(ext4_dirblock, broken_chains_end)
{
	u8 block[1024];
	u64 s = 1;

	for (int i = 0; i < 5000; i++) {
		ext4_dir_init_dots(&geo, block, 12, 2);
		ext4_dir_insert(&geo, block, "name", 4, 33, EXT4_FT_DIR);
		for (int k = 0; k < 4; k++)
			block[next(&s) % 64] = (u8)next(&s);
		ext4_dir_find(&geo, block, "other", 5);
		ext4_dir_insert(&geo, block, "other", 5, 34, EXT4_FT_REG);
		ext4_dir_is_empty(&geo, block);
		ext4_dir_remove(&geo, block, (u32)(next(&s) % 1012));
	}
	memset(block, 0, sizeof(block));
	EXPECT_EQ(ext4_dir_find(&geo, block, "a", 1), -EUCLEAN);
	EXPECT_EQ(ext4_dir_is_empty(&geo, block), -EUCLEAN);
}

TEST(ext4_dirblock, split_keeps_every_name)
{
	u8 block[1024], low[1024], high[1024];
	struct ext4_dirmap map[1024 / 12];
	char name[16];
	int n, made = 0, found = 0;

	ext4_dir_init(&geo, block);
	while (ext4_dir_insert(&geo, block, name, (u32)snprintf(name, sizeof(name), "file-%d", made), 50,
			       EXT4_FT_REG) == 0)
		made++;
	n = ext4_dir_map(&geo, EXT4_HASH_HALF_MD4, block, 0, map);
	EXPECT_EQ(n, made);
	for (int i = 1; i < n; i++)
		EXPECT(map[i - 1].hash <= map[i].hash);
	ext4_dir_init(&geo, low);
	ext4_dir_init(&geo, high);
	ext4_dir_copy(&geo, block, low, map, (u32)n / 2);
	ext4_dir_copy(&geo, block, high, map + n / 2, (u32)(n - n / 2));
	for (int i = 0; i < made; i++) {
		u32 len = (u32)snprintf(name, sizeof(name), "file-%d", i);

		found += (ext4_dir_find(&geo, low, name, len) >= 0) + (ext4_dir_find(&geo, high, name, len) >= 0);
	}
	EXPECT_EQ(found, made);
	EXPECT_EQ(ext4_dir_insert(&geo, low, "fits", 4, 60, EXT4_FT_REG), 0);
}

TEST(ext4_dirblock, index_nodes)
{
	u8 block[1024];
	struct ext4_dxview v, again;

	ext4_dir_init_dots(&geo, block, 12, 2);
	ext4_dx_init_root(&geo, block, EXT4_HASH_HALF_MD4_UNSIGNED, 1, &v);
	EXPECT_EQ(ext4_dx_info(block)->hash_version, EXT4_HASH_HALF_MD4);
	EXPECT_EQ(v.limit, (1024 - 32 - 8) / 8);
	for (u32 i = 1; i < v.limit; i++)
		ext4_dx_insert(&v, ext4_dx_search(&v, i * 7919 % 1000 * 2), i * 7919 % 1000 * 2, i + 1);
	EXPECT_EQ(v.count, v.limit);
	ext4_dx_csum_set(&geo, 9, block, &v);
	EXPECT_EQ(ext4_dx_open(&geo, block, true, &again), 0);
	EXPECT(ext4_dx_csum_ok(&geo, 9, block, &again));
	for (u32 i = 2; i < v.count; i++)
		EXPECT(v.ents[i - 1].hash <= v.ents[i].hash);
	EXPECT_EQ(ext4_dx_search(&v, 0), 0);
	EXPECT_EQ(ext4_dx_search(&v, 0xffffffff), v.count - 1);
	((struct ext4_disk_dxcount *)v.ents)->count = 2000;
	EXPECT_EQ(ext4_dx_open(&geo, block, true, &again), -EUCLEAN);
}
