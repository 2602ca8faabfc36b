// SPDX-License-Identifier: GPL-2.0-only
#include "record.h"

#include <tern/base/err.h>
#include <tern/lib/ktest.h>
#include <tern/lib/string.h>
#include <uapi/stat.h>

static u8 disk[64 * ISO_BLOCK];
static u64 rng = 5;

static u32 rnd(u32 n)
{
	rng = rng * 6364136223846793005UL + 1442695040888963407UL;
	return (u32)(rng >> 33) % n;
}

static int disk_read(void *ctx, u64 pos, void *buf, u32 len)
{
	if (pos > sizeof(disk) || len > sizeof(disk) - pos)
		return -EIO;
	memcpy(buf, disk + pos, len);
	return 0;
}

static const struct iso_source src = { disk_read, NULL, sizeof(disk) };

/* A record of @name with Rock Ridge fields @extra; its length. */
static u32 put_record(u8 *at, const char *name, u32 name_len, const void *extra, u32 extra_len)
{
	u32 sys = 33 + name_len + !(name_len & 1), len = sys + extra_len;

	memset(at, 0, len);
	at[0] = (u8)len;
	at[2] = 30;
	at[10] = 100;
	at[18] = 70;
	at[19] = at[20] = 1;
	at[32] = (u8)name_len;
	memcpy(at + 33, name, name_len);
	memcpy(at + sys, extra, extra_len);
	return len;
}

static void put_volume(void)
{
	memset(disk, 0, sizeof(disk));
	u8 *d = disk + 16 * ISO_BLOCK;

	d[0] = 1;
	memcpy(d + 1, "CD001", 5);
	d[128 + 1] = ISO_BLOCK >> 8;
	d[156 + 2] = 20;
	d[156 + 11] = ISO_BLOCK >> 8;
	d[ISO_BLOCK] = 255;
}

TEST(iso_record, rock_ridge_names_modes_and_links)
{
	static const u8 extra[] = "NM\x0a\x01\x00Hello" "SL\x0c\x01\x00" "\x00\x01" "a" "\x04\x00" "\x00" "x";
	struct iso_geo g;
	struct iso_entry e;

	put_volume();
	put_record(disk + 20 * ISO_BLOCK, "", 1, "SP\x07\x01\xbe\xef\x00", 7);
	EXPECT_EQ(iso_geo_parse(&src, &g), 0);
	EXPECT(g.rock && g.root_block == 20);
	put_record(disk + 20 * ISO_BLOCK, "HELLO.;1", 8, extra, 10 + 10);
	disk[20 * ISO_BLOCK + 33 + 9 + 10 + 2] = 10;
	EXPECT_EQ(iso_record_parse(&src, &g, disk + 20 * ISO_BLOCK, 0, &e), 1);
	EXPECT(e.name_len == 5 && !memcmp(e.name, "Hello", 5));
	EXPECT(e.link_len == 4 && !memcmp(e.link, "a/..", 4));
	EXPECT_EQ(e.mtime, 0);
	g.rock = false;
	EXPECT_EQ(iso_record_parse(&src, &g, disk + 20 * ISO_BLOCK, 0, &e), 1);
	EXPECT(e.name_len == 5 && !memcmp(e.name, "hello", 5));
}

TEST(iso_record, damage_is_survived)
{
	static const u8 extra[] = "CE\x1c\x01\x16\0\0\0\0\0\0\x16\0\0\0\0\0\0\0\0\0\x08\0\0\0\0\x08\0"
				  "NM\x06\x01\x00" "x";
	u8 sector[ISO_BLOCK];
	struct iso_geo g;
	struct iso_entry e;

	put_volume();
	put_record(disk + 20 * ISO_BLOCK, "", 1, "SP\x07\x01\xbe\xef\x00", 7);
	EXPECT_EQ(iso_geo_parse(&src, &g), 0);
	for (u32 i = 0; i < 20000; i++) {
		u32 off = 0;

		put_record(sector, "A", 1, extra, sizeof(extra) - 1);
		for (u32 k = 0; k < 200; k++)
			disk[22 * ISO_BLOCK + k] = (u8)(rnd(3) ? "NMSLTFPXCE\x05\x01"[rnd(12)] : rnd(256));
		for (u32 k = rnd(12); k; k--)
			sector[rnd(100)] = (u8)rnd(256);
		while (off < ISO_BLOCK && iso_record_parse(&src, &g, sector, off, &e) == 1) {
			EXPECT(e.name_len && e.name_len <= ISO_NAME_MAX && e.link_len < ISO_LINK_MAX && e.len >= 34);
			off += e.len;
		}
	}
}
