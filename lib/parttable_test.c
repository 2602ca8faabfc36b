/* SPDX-License-Identifier: GPL-2.0-only */
#include <tern/lib/parttable.h>

#include <tern/lib/bits.h>
#include <tern/lib/crc.h>
#include <uapi/errno.h>

#include "test_impl.h"

#define LAST	9999u

static void put32(u8 *p, u32 v) { memcpy(p, &v, 4); }
static void put64(u8 *p, u64 v) { memcpy(p, &v, 8); }

static void put_entry(u8 *mbr, u32 i, u8 type, u32 start, u32 count)
{
	u8 *e = mbr + 0x1be + 16 * i;

	e[4] = type;
	put32(e + 8, start);
	put32(e + 12, count);
	mbr[510] = 0x55;
	mbr[511] = 0xaa;
}

TEST(lib_parttable, mbr_entries)
{
	u8 mbr[512] = { 0 };
	struct mbr_entry e[4];
	u32 id;

	EXPECT_EQ(mbr_parse(mbr, e, &id), -EINVAL);
	put_entry(mbr, 0, 0x83, 2048, 1000);
	put_entry(mbr, 3, 0x05, 4096, 2000);
	mbr[0x1be] = 0x80;
	put32(mbr + 0x1b8, 0xcafe);
	EXPECT_EQ(mbr_parse(mbr, e, &id), 0);
	EXPECT_EQ(id, 0xcafe);
	EXPECT(e[0].is_active && e[0].type == 0x83 && e[0].start == 2048 && e[0].count == 1000);
	EXPECT(!e[1].count && mbr_is_extended(e[3].type));
	mbr[0x1be + 16] = 0x81;
	EXPECT_EQ(mbr_parse(mbr, e, NULL), -EINVAL);
}

TEST(lib_parttable, fat_boot_sector_is_no_table)
{
	u8 s[512] = { 0xeb, 0x3c, 0x90 };
	struct mbr_entry e[4];

	s[510] = 0x55;
	s[511] = 0xaa;
	s[12] = 2;
	EXPECT_EQ(mbr_parse(s, e, NULL), 0);
	memcpy(s + 54, "FAT16", 5);
	EXPECT_EQ(mbr_parse(s, e, NULL), -EINVAL);
}

TEST(lib_parttable, chain_only_goes_forward)
{
	u8 s[512] = { 0 };
	struct mbr_entry e;
	u64 start = 0, next;

	put_entry(s, 0, 0x83, 63, 100);
	put_entry(s, 1, 0x05, 500, 400);
	EXPECT_EQ(mbr_chain_step(s, 1000, 1000, 2000, &e, &start, &next), 0);
	EXPECT_EQ(start, 1063);
	EXPECT_EQ(next, 1500);
	EXPECT_EQ(mbr_chain_step(s, 1500, 1000, 2000, &e, &start, &next), -EINVAL);
	EXPECT_EQ(mbr_chain_step(s, 1400, 1000, 499, &e, &start, &next), -EINVAL);
	put_entry(s, 0, 0x83, 63, 5000);
	EXPECT_EQ(mbr_chain_step(s, 1000, 1000, 2000, &e, &start, &next), -EINVAL);
}

static u8 table[128 * 4];

static void make_header(u8 *h, u64 lba)
{
	memset(h, 0, 512);
	memcpy(h, "EFI PART", 8);
	put32(h + 8, 0x10000);
	put32(h + 12, 92);
	put64(h + 24, lba);
	put64(h + 32, LAST);
	put64(h + 40, 34);
	put64(h + 48, LAST - 34);
	put64(h + 72, 2);
	put32(h + 80, 4);
	put32(h + 84, 128);
	put32(h + 88, crc32_update(0, table, sizeof(table)));
	put32(h + 16, crc32_update(0, h, 92));
}

TEST(lib_parttable, gpt_header_and_table)
{
	struct gpt_header h;
	struct gpt_entry e;
	u8 block[512];

	memset(table, 0, sizeof(table));
	memset(table + 128, 7, 32);
	put64(table + 128 + 32, 100);
	put64(table + 128 + 40, 199);
	table[128 + 56] = 'a';
	table[128 + 58] = 0xe4;
	make_header(block, 1);
	EXPECT_EQ(gpt_parse_header(block, 512, 1, LAST, &h), 0);
	EXPECT_EQ(gpt_check_table(&h, table), 0);
	EXPECT_EQ(gpt_parse_entry(&h, table, 0, &e), -ENOENT);
	EXPECT_EQ(gpt_parse_entry(&h, table, 1, &e), 0);
	EXPECT_EQ(e.first, 100);
	EXPECT_EQ(e.last, 199);
	EXPECT(!strcmp(e.name, "a\xc3\xa4"));
	table[500]++;
	EXPECT_EQ(gpt_check_table(&h, table), -EINVAL);
	put64(table + 128 + 40, LAST + 1);
	EXPECT_EQ(gpt_parse_entry(&h, table, 1, &e), -EINVAL);
}

TEST(lib_parttable, gpt_every_flipped_bit_is_seen)
{
	struct gpt_header h;
	u8 block[512];

	make_header(block, 1);
	for (u32 bit = 0; bit < 92 * 8; bit++) {
		block[bit / 8] ^= (u8)(1 << bit % 8);
		EXPECT_EQ(gpt_parse_header(block, 512, 1, LAST, &h), -EINVAL);
		block[bit / 8] ^= (u8)(1 << bit % 8);
	}
	EXPECT_EQ(gpt_parse_header(block, 512, 1, LAST, &h), 0);
	EXPECT_EQ(gpt_parse_header(block, 512, 2, LAST, &h), -EINVAL);
	EXPECT_EQ(gpt_parse_header(block, 512, 1, LAST / 2, &h), -EINVAL);
}

TEST(lib_parttable, guid_text)
{
	static const u8 esp[16] = { 0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11,
				    0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b };
	char text[GUID_TEXT];

	guid_print(esp, text);
	EXPECT(!strcmp(text, "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"));
}
