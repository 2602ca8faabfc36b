/* SPDX-License-Identifier: GPL-2.0-only */
#include "extnode.h"

#include <tern/lib/ktest.h>
#include <tern/lib/string.h>

static const struct ext4_geo geo = { .block_size = 1024, .block_bits = 10, .blocks = 1 << 20, .first_data_block = 1 };

union node { struct ext4_disk_exthdr h; u8 bytes[1024]; };

TEST(ext4_extnode, open_search_close)
{
	union node n;

	ext4_xn_init(&n.h, ext4_xn_max(&geo), 0);
	EXPECT_EQ(ext4_xn_search(&n.h, 5), -1);
	for (u32 i = 0; i < 40; i++) {
		u32 lblk = (i * 17 % 40) * 10 + 5;

		ext4_ext_fill(ext4_xn_open(&n.h, (u32)(ext4_xn_search(&n.h, lblk) + 1)), lblk, 5, 1000 + lblk,
			      i & 1);
	}
	EXPECT(!ext4_xn_check(&geo, &n.h, 0, ext4_xn_max(&geo), 0, 1UL << 32));
	EXPECT_EQ(ext4_xn_search(&n.h, 4), -1);
	EXPECT_EQ(ext4_xn_search(&n.h, 5), 0);
	EXPECT_EQ(ext4_xn_search(&n.h, 14), 0);
	EXPECT_EQ(ext4_xn_search(&n.h, 15), 1);
	EXPECT_EQ(ext4_xn_search(&n.h, 100000), 39);
	ext4_xn_close(&n.h, 10, 5);
	EXPECT_EQ(n.h.eh_entries, 35);
	EXPECT(!ext4_xn_check(&geo, &n.h, 0, ext4_xn_max(&geo), 0, 1UL << 32));
	EXPECT_EQ(ext4_ext_first(&n.h)[10].ee_block, 155);
}

TEST(ext4_extnode, nonsense_is_seen)
{
	union node n;
	struct ext4_disk_extent *e = ext4_ext_first(&n.h);

	ext4_xn_init(&n.h, 4, 0);
	ext4_ext_fill(ext4_xn_open(&n.h, 0), 0, 10, 100, false);
	ext4_ext_fill(ext4_xn_open(&n.h, 1), 10, 10, 110, false);
	EXPECT(!ext4_xn_check(&geo, &n.h, 0, 4, 0, 1UL << 32));
	EXPECT(ext4_ext_can_join(&e[0], &e[1]));
	EXPECT(ext4_xn_check(&geo, &n.h, 1, 4, 0, 1UL << 32) != NULL);
	EXPECT(ext4_xn_check(&geo, &n.h, 0, 3, 0, 1UL << 32) != NULL);
	EXPECT(ext4_xn_check(&geo, &n.h, 0, 4, 1, 1UL << 32) != NULL);
	EXPECT(ext4_xn_check(&geo, &n.h, 0, 4, 0, 19) != NULL);
	e[1].ee_block = 9;
	EXPECT(ext4_xn_check(&geo, &n.h, 0, 4, 0, 1UL << 32) != NULL);
	ext4_ext_fill(&e[1], 10, 10, (1 << 20) - 5, false);
	EXPECT(ext4_xn_check(&geo, &n.h, 0, 4, 0, 1UL << 32) != NULL);
	ext4_ext_fill(&e[1], 10, 32767, 110, true);
	EXPECT_EQ(ext4_ext_len(&e[1]), 32767);
	EXPECT(ext4_ext_unwritten(&e[1]));
}
